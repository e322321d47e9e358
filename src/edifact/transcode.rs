//! Inputs whose separators cannot be looked for in their bytes (UTF-16, ISO 2022) as UTF-8, with
//! the way back to the offsets of the original.

use encoding_rs::{CoderResult, Encoding};

use super::iso2022::{Piece, Switching};
use crate::charset::Coding;
use crate::finding::{Code, Finding, Value};
use crate::lines::LineCounter;
use crate::span::Span;

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
    /// What is no character, in the original.
    pub(crate) malformed: Vec<Span>,
    /// Escape sequences that are not known, in the original.
    pub(crate) unknown: Vec<Span>,
    runs: Vec<Run>,
    len: u64,
}

/// How an input has to be transcoded, by its first bytes: UTF-16, and what says UNOX and switches
/// by escape sequences in sight.
pub(crate) fn detect(start: &[u8]) -> Option<Coding> {
    match start {
        [0xFF, 0xFE, ..] | [b'U', 0, b'N' | b'I', 0, ..] => {
            Some(Coding::Encoding(encoding_rs::UTF_16LE))
        }
        [0xFE, 0xFF, ..] | [0, b'U', 0, b'N' | b'I', ..] => {
            Some(Coding::Encoding(encoding_rs::UTF_16BE))
        }
        _ => {
            let start = &start[..start.len().min(SIGHT)];
            let header = start.get(..HEADER).unwrap_or(start);
            let switches = start.contains(&0x1B) && header.windows(4).any(|at| at == b"UNOX");
            switches.then_some(Coding::Switching("ISO-2022"))
        }
    }
}

/// So far from the start escape sequences are looked for.
pub(crate) const SIGHT: usize = 64 << 10;
/// So far from the start an interchange says what its characters are.
const HEADER: usize = 64;

impl Transcoded {
    /// Decodes all of `input`; a byte order mark is left out.
    pub(crate) fn new(input: &[u8], coding: Coding) -> Self {
        let mut made = Self {
            text: Vec::with_capacity(input.len()),
            malformed: Vec::new(),
            unknown: Vec::new(),
            runs: Vec::new(),
            len: input.len() as u64,
        };
        match coding {
            Coding::Encoding(encoding) => made.decode(input, encoding),
            Coding::Switching(name) => made.switch(input, name),
        }
        made
    }

    fn decode(&mut self, input: &[u8], encoding: &'static Encoding) {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mark = match input {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => 2,
            _ => 0,
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
                self.malformed.push(Span::new(from as u64, 1));
            }
            self.add(&buffer[..written], from as u64, (end - from) as u64);
            from = end;
        }
    }

    fn switch(&mut self, input: &[u8], name: &str) {
        let mut switching = Switching::new(name);
        let mut at = 0;
        while at < input.len() {
            let span = |len: usize| Span::new(at as u64, len as u64);
            at += match switching.next(&input[at..]) {
                Piece::Char(found, len) => {
                    let mut buffer = [0; 4];
                    self.add(
                        found.encode_utf8(&mut buffer).as_bytes(),
                        at as u64,
                        len as u64,
                    );
                    len
                }
                Piece::Switch(len) => len,
                Piece::Unknown(len) => {
                    self.unknown.push(span(len));
                    len
                }
                Piece::Malformed(len) => {
                    self.malformed.push(span(len));
                    self.add("\u{FFFD}".as_bytes(), at as u64, len as u64);
                    len
                }
            };
        }
    }

    /// What is to be said of bytes that are no text, in their order: no characters of `coding`, and
    /// escape sequences that are not known. Lines and columns are those of the text.
    pub(crate) fn findings<'s>(
        &'s self,
        input: &'s [u8],
        coding: Coding,
    ) -> impl Iterator<Item = Finding> + 's {
        let (mut malformed, mut unknown) = (self.malformed.iter(), self.unknown.iter());
        let mut lines = LineCounter::new(0);
        lines.set_counting(|bytes| String::from_utf8_lossy(bytes).chars().count());
        std::iter::from_fn(move || {
            let next = |spans: &std::slice::Iter<'_, Span>| {
                spans.as_slice().first().map_or(u64::MAX, |span| span.start)
            };
            let mut finding = if next(&unknown) < next(&malformed) {
                let span = *unknown.next()?;
                let mut finding = Finding::new(Code::UNKNOWN_ESCAPE, span);
                let bytes = &input[span.start as usize..span.end() as usize];
                finding.value = Some(Value::Text(String::from_utf8_lossy(bytes).into()));
                finding
            } else {
                let span = *malformed.next()?;
                Finding::new(Code::UNDECODABLE, span).with("charset", coding.name())
            };
            let to = self.text_at(finding.span.start);
            let between = self.text.get(lines.offset as usize..to);
            lines.advance(between.unwrap_or_default());
            finding.at = lines.at();
            Some(finding)
        })
    }

    /// The offset in the text of an offset in the original.
    fn text_at(&self, original: u64) -> usize {
        let at = self.runs.partition_point(|run| run.original <= original);
        let Some(run) = at.checked_sub(1).map(|at| self.runs[at]) else {
            return 0;
        };
        let end = self
            .runs
            .get(at)
            .map_or(self.text.len() as u64, |next| next.out);
        let chars = (original - run.original) / run.original_len;
        (run.out + chars * run.out_len).min(end) as usize
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
        let cut = Transcoded::new(
            &input[..input.len() - 1],
            Coding::Encoding(encoding_rs::UTF_16LE),
        );
        assert_eq!(cut.malformed.len(), 1);
    }
}
