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

#[cfg(test)]
mod tests {
    use super::LineCounter;

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
