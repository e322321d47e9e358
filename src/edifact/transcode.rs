//! Inputs whose separators cannot be looked for in their bytes (UTF-16, ISO 2022) as UTF-8, with
//! the way back to the offsets of the original.

use encoding_rs::{CoderResult, Encoding};

/// A stretch of characters that each take as many bytes in the original, and in UTF-8.
#[derive(Clone, Copy, Debug)]
struct Run {
    out: u64,
    original: u64,
    out_len: u64,
    original_len: u64,
}

/// An input as UTF-8.
#[derive(Debug)]
pub(crate) struct Transcoded {
    pub(crate) text: Vec<u8>,
    /// Offsets in the original of what is no character.
    pub(crate) malformed: Vec<u64>,
    runs: Vec<Run>,
    len: u64,
}

/// The encoding that the first bytes of an input show, when it has to be transcoded.
pub(crate) fn detect(start: &[u8]) -> Option<&'static Encoding> {
    match start {
        [0xFF, 0xFE, ..] => Some(encoding_rs::UTF_16LE),
        [0xFE, 0xFF, ..] => Some(encoding_rs::UTF_16BE),
        [b'U', 0, b'N' | b'I', 0, ..] => Some(encoding_rs::UTF_16LE),
        [0, b'U', 0, b'N' | b'I', ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

impl Transcoded {
    /// Decodes all of `input`; a byte order mark is left out.
    pub(crate) fn new(input: &[u8], encoding: &'static Encoding) -> Self {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mark = match input {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => 2,
            _ => 0,
        };
        let mut made = Self {
            text: Vec::with_capacity(input.len()),
            malformed: Vec::new(),
            runs: Vec::new(),
            len: input.len() as u64,
        };
        let mut from = mark;
        let mut buffer = [0u8; 16];
        for at in mark..=input.len() {
            // Byte by byte, so that every character is known to come from where it stands.
            let last = at == input.len();
            let piece = if last { &[][..] } else { &input[at..=at] };
            let (result, _, written, replaced) = decoder.decode_to_utf8(piece, &mut buffer, last);
            debug_assert_eq!(result, CoderResult::InputEmpty);
            if written == 0 {
                continue;
            }
            let end = (at + 1).min(input.len());
            if replaced {
                made.malformed.push(from as u64);
            }
            made.add(&buffer[..written], from as u64, (end - from) as u64);
            from = end;
        }
        made
    }

    fn add(&mut self, bytes: &[u8], original: u64, original_len: u64) {
        let (out, out_len) = (self.text.len() as u64, bytes.len() as u64);
        let goes_on = self.runs.last().is_some_and(|run| {
            (run.out_len, run.original_len) == (out_len, original_len)
                && run.original + (out - run.out) / out_len * original_len == original
        });
        if !goes_on {
            self.runs.push(Run {
                out,
                original,
                out_len,
                original_len,
            });
        }
        self.text.extend_from_slice(bytes);
    }

    /// The offset in the original of an offset in the text.
    pub(crate) fn original(&self, offset: u64) -> u64 {
        if offset >= self.text.len() as u64 {
            return self.len;
        }
        let at = self.runs.partition_point(|run| run.out <= offset);
        at.checked_sub(1).map_or(0, |at| {
            let run = self.runs[at];
            run.original + (offset - run.out) / run.out_len * run.original_len
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back() {
        let text = "UNB+上海'x";
        let input: Vec<u8> = std::iter::once(0xFEFFu16)
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let made = Transcoded::new(&input, detect(&input).unwrap());
        assert_eq!(made.text, text.as_bytes());
        let back: Vec<u64> = text
            .char_indices()
            .map(|(at, _)| made.original(at as u64))
            .collect();
        assert_eq!(back, [2, 4, 6, 8, 10, 12, 14, 16]);
        assert_eq!(made.original(made.text.len() as u64), input.len() as u64);
        assert!(made.malformed.is_empty());
        let cut = Transcoded::new(&input[..input.len() - 1], encoding_rs::UTF_16LE);
        assert_eq!(cut.malformed.len(), 1);
    }
}
