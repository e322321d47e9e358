//! Writing records.

use std::io::Write;

use super::Separators;
use super::record::{Piece, is_break};
use crate::charset::CharacterLength;
use crate::{Error, Result};

/// Writes records and pieces.
#[derive(Debug)]
pub struct Writer<W> {
    sink: W,
    separators: Separators,
    line_break: &'static str,
    character_length: Option<CharacterLength>,
    line: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// A writer that puts a line feed behind every record it makes.
    pub fn new(sink: W, separators: Separators) -> Self {
        Self {
            sink,
            separators,
            line_break: "\n",
            character_length: None,
            line: Vec::new(),
        }
    }

    /// Puts CR LF behind every record.
    #[must_use]
    pub fn with_crlf(mut self) -> Self {
        self.line_break = "\r\n";
        self
    }

    /// Puts nothing behind a record.
    #[must_use]
    pub fn without_line_breaks(mut self) -> Self {
        self.line_break = "";
        self
    }

    /// Says how characters are told apart: needed where the second byte of one may look like a
    /// separator.
    #[must_use]
    pub fn with_character_length(mut self, length: Option<CharacterLength>) -> Self {
        self.character_length = length;
        self
    }

    /// Writes a piece as it was read.
    ///
    /// # Errors
    /// When writing fails.
    pub fn piece(&mut self, piece: &Piece<'_>) -> Result<()> {
        self.put(piece.bytes())
    }

    /// Writes a record of `fields`, the id first, each as bytes of the character set of the file;
    /// separators in them are released. Nothing is written when it fails.
    ///
    /// # Errors
    /// When writing fails. When a value cannot be written: it holds a line break, or a separator
    /// where there is no release character; or when the id is empty or begins with a blank.
    pub fn record<F: AsRef<[u8]>>(&mut self, fields: impl IntoIterator<Item = F>) -> Result<()> {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        for (at, field) in fields.into_iter().enumerate() {
            if at > 0 {
                line.push(self.separators.field);
            }
            self.value(field.as_ref(), &mut line)?;
        }
        let begins = line.first().copied();
        if begins.is_none_or(|byte| byte == self.separators.field || byte <= b' ') {
            return Err(Error::misuse("a record begins with its id"));
        }
        line.push(self.separators.terminator);
        if self.separators.terminator != b'\n' {
            line.extend_from_slice(self.line_break.as_bytes());
        }
        let put = self.put(&line);
        self.line = line;
        put
    }

    fn value(&self, value: &[u8], line: &mut Vec<u8>) -> Result<()> {
        let separators = &self.separators;
        let mut at = 0;
        while at < value.len() {
            let byte = value[at];
            let len = self
                .character_length
                .map_or(1, |length| length(value, at).max(1));
            let end = (at + len).min(value.len());
            if is_break(byte) {
                return Err(Error::misuse("a value that holds a line break"));
            }
            let special = byte == separators.field
                || byte == separators.terminator
                || Some(byte) == separators.release;
            if special {
                let release = separators.release.ok_or_else(|| {
                    Error::misuse("a value holds a separator, and there is no release character")
                })?;
                line.push(release);
            }
            line.extend_from_slice(&value[at..end]);
            at = end;
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.sink
            .write_all(bytes)
            .map_err(|error| Error::io("output", error))
    }

    /// Flushes, and gives back what was written to.
    ///
    /// # Errors
    /// When writing fails.
    pub fn finish(mut self) -> Result<W> {
        self.sink
            .flush()
            .map_err(|error| Error::io("output", error))?;
        Ok(self.sink)
    }
}
