//! Segments in canonical spelling: separators of level A, no UNA, nothing empty at the end of a
//! composite or segment, release characters only where they are needed.

use std::io::Write;

use super::Separators;
use crate::charset::Charset;
use crate::{Error, Result};

/// Writes segments of UN/EDIFACT one after the other.
///
/// ```
/// use baowen::charset::Charset;
/// use baowen::edifact::Writer;
///
/// let charset = Charset::of_syntax_identifier(b"UNOB").ok_or("UNOB")?;
/// let mut writer = Writer::new(Vec::new(), charset, 3);
/// writer.segment("RFF", &[&["ACW", "it's", ""], &[]])?;
/// assert_eq!(writer.into_inner(), b"RFF+ACW:it?'s'");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer<W> {
    sink: W,
    charset: Charset,
    separators: Separators,
    segments: u64,
}

impl<W: Write> Writer<W> {
    /// Writes to `sink` in `charset`, by the rules of `syntax` (ISO 9735 syntax version, 1 to 4).
    pub fn new(sink: W, charset: Charset, syntax: u8) -> Self {
        let separators = Separators {
            repetition: (syntax >= 4).then_some(b'*'),
            ..Separators::default()
        };
        Self {
            sink,
            charset,
            separators,
            segments: 0,
        }
    }

    /// Writes a segment: its tag, and its elements as their components; a simple element has one.
    ///
    /// # Errors
    /// When writing fails, or the character set lacks a character of a value.
    pub fn segment(&mut self, tag: &str, elements: &[&[&str]]) -> Result<()> {
        let mut line = tag.as_bytes().to_vec();
        let last = elements
            .iter()
            .rposition(|components| components.iter().any(|value| !value.is_empty()));
        for components in &elements[..last.map_or(0, |last| last + 1)] {
            line.push(self.separators.element);
            let last = components.iter().rposition(|value| !value.is_empty());
            for (at, value) in components[..last.map_or(0, |last| last + 1)]
                .iter()
                .enumerate()
            {
                if at > 0 {
                    line.push(self.separators.component);
                }
                self.value(value, &mut line)?;
            }
        }
        line.push(self.separators.terminator);
        self.segments += 1;
        self.sink
            .write_all(&line)
            .map_err(|error| Error::io("output", error))
    }

    fn value(&self, text: &str, line: &mut Vec<u8>) -> Result<()> {
        let Some(bytes) = self.charset.encode(text) else {
            return Err(Error::misuse(format!(
                "the character set {} does not have all characters of {text:?}",
                self.charset.name()
            )));
        };
        let separators = &self.separators;
        let length = self.charset.character_length(separators.bytes());
        let release = separators.release.unwrap_or(b'?');
        let mut at = 0;
        while at < bytes.len() {
            let len = length.map_or(1, |length| length(&bytes, at).max(1));
            if separators.bytes().any(|byte| byte == bytes[at]) {
                line.push(release);
            }
            let end = (at + len).min(bytes.len());
            line.extend_from_slice(&bytes[at..end]);
            at = end;
        }
        Ok(())
    }

    /// Segments written so far.
    #[must_use]
    pub fn segments(&self) -> u64 {
        self.segments
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.sink
    }
}
