//! Lines and columns, counted no more often than needed.

use crate::span::LineColumn;

/// Counts the characters of a stretch that holds no line break.
pub(crate) type CountCharacters = fn(&[u8]) -> usize;

/// The line and column of an offset, moved forward over the bytes behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineCounter {
    /// Offset from the start of the input.
    pub(crate) offset: u64,
    at: LineColumn,
    count: CountCharacters,
}

impl LineCounter {
    pub(crate) fn new(offset: u64) -> Self {
        Self {
            offset,
            at: LineColumn::default(),
            count: <[u8]>::len,
        }
    }

    /// Counts characters otherwise from here on.
    pub(crate) fn set_counting(&mut self, count: CountCharacters) {
        self.count = count;
    }

    /// Moves over `bytes`, which begin at its offset.
    pub(crate) fn advance(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        let line = match memchr::memrchr(b'\n', bytes) {
            None => bytes,
            Some(last) => {
                self.at.line += memchr::memchr_iter(b'\n', &bytes[..=last]).count() as u64;
                self.at.column = 1;
                &bytes[last + 1..]
            }
        };
        self.at.column += (self.count)(line) as u64;
    }

    /// Moves over so many bytes, each of which is a character and no line break.
    #[inline]
    pub(crate) fn advance_plain(&mut self, len: u64) {
        self.offset += len;
        self.at.column += len;
    }

    pub(crate) fn at(&self) -> LineColumn {
        self.at
    }
}

/// Where a byte first stands, which is nearly always near: a cell or a line of text is short.
#[inline]
pub(crate) fn find_near(byte: u8, bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (at, chunk) in chunks.iter().enumerate() {
        // The first zero among these bytes has its highest bit set, and none before it has.
        let word = u64::from_le_bytes(*chunk) ^ (u64::from(byte) * ONES);
        let zeros = word.wrapping_sub(ONES) & !word & (ONES << 7);
        if zeros != 0 {
            return Some(8 * at + zeros.trailing_zeros() as usize / 8);
        }
    }
    let found = rest.iter().position(|other| *other == byte);
    found.map(|at| 8 * chunks.len() + at)
}

#[cfg(test)]
mod tests {
    use super::{LineCounter, find_near};

    #[test]
    fn a_byte_is_found_where_it_stands_first() {
        let text = b"ab\x7f\x80c\0\x01\xff0123456789\n\x0b\n";
        for from in 0..=text.len() {
            for byte in 0..=255 {
                let expected = text[from..].iter().position(|other| *other == byte);
                assert_eq!(find_near(byte, &text[from..]), expected, "{byte} {from}");
            }
        }
    }

    #[test]
    fn lines_end_with_line_feeds() {
        let mut counter = LineCounter::new(0);
        counter.advance(b"ab\ncd\r\ne");
        assert_eq!(
            (counter.at().line, counter.at().column, counter.offset),
            (3, 2, 8)
        );
        counter.advance(b"f");
        assert_eq!((counter.at().line, counter.at().column), (3, 3));
        counter.advance(b"\n");
        assert_eq!((counter.at().line, counter.at().column), (4, 1));
    }
}
