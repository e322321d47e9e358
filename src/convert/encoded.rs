//! Text in another character set than UTF-8 on its way out.

use std::io::{self, Write};

use encoding_rs::{Encoder, Encoding};

/// Encodes the UTF-8 that is written to it; a character that the encoding lacks becomes a numeric
/// reference, as XML reads it.
pub(super) struct Encoded<W> {
    sink: W,
    encoder: Encoder,
    /// The beginning of a character whose other bytes are still to come.
    begun: Vec<u8>,
    out: Vec<u8>,
}

impl<W: Write> Encoded<W> {
    /// A writer in an encoding that can be written: not UTF-16.
    pub(super) fn new(sink: W, encoding: &'static Encoding) -> Self {
        Self {
            sink,
            encoder: encoding.new_encoder(),
            begun: Vec::new(),
            out: Vec::new(),
        }
    }

    fn encode(&mut self, mut text: &str) -> io::Result<()> {
        while !text.is_empty() {
            let room = self
                .encoder
                .max_buffer_length_from_utf8_if_no_unmappables(text.len());
            self.out.clear();
            self.out.reserve(room.unwrap_or(text.len()).max(64));
            let (_, read, _) = self
                .encoder
                .encode_from_utf8_to_vec(text, &mut self.out, false);
            self.sink.write_all(&self.out)?;
            text = &text[read..];
        }
        Ok(())
    }
}

impl<W: Write> Write for Encoded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let (text, left) = match std::str::from_utf8(&all) {
            Ok(text) => (text, &[][..]),
            Err(error) if error.error_len().is_none() => {
                let (whole, left) = all.split_at(error.valid_up_to());
                (std::str::from_utf8(whole).unwrap_or_default(), left)
            }
            Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        };
        self.encode(text)?;
        self.begun = left.to_vec();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_may_come_in_pieces_or_be_lacking() {
        let whole = "<a>上海 é 𠮷</a>";
        let encode = |encoding: &'static Encoding, step: usize| {
            let mut bytes = Vec::new();
            let mut out = Encoded::new(&mut bytes, encoding);
            for piece in whole.as_bytes().chunks(step) {
                out.write_all(piece).unwrap();
            }
            bytes
        };
        for step in [1, 2, 3, 100] {
            let bytes = encode(encoding_rs::GB18030, step);
            let (text, _) = encoding_rs::GB18030.decode_without_bom_handling(&bytes);
            assert_eq!(text, whole, "{step}");
            let latin = encode(encoding_rs::WINDOWS_1252, step);
            assert_eq!(latin, b"<a>&#19978;&#28023; \xE9 &#134071;</a>", "{step}");
        }
    }
}
