//! Bytes that are gathered before they are handed on.

use std::io::Write;

use super::names::Tag;
use crate::{Error, Result};

/// Bytes gathered before they are handed on.
const GATHER: usize = 64 << 10;
/// Bytes of a tag, which is copied in one go.
const TAG: usize = 16;

/// A line break, and blanks behind it.
pub(crate) const LINE: &[u8; 65] =
    b"\n                                                                ";

/// Whether a byte of text is written otherwise in XML; see [`Buffer::escaped`].
#[inline]
pub(crate) fn is_special(byte: u8, quotes: bool) -> bool {
    matches!(byte, b'<' | b'>' | b'&' | b'\r') || quotes && matches!(byte, b'"' | b'\n' | b'\t')
}

/// Gathers bytes for a writer. What is kept is always longer than what was gathered, so that short
/// pieces are copied as wholes of a fixed length, of which what is too much is written over.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    at: usize,
}

impl Buffer {
    pub(crate) fn new() -> Self {
        Self {
            bytes: vec![0; GATHER + (8 << 10)],
            at: 0,
        }
    }

    /// Room for `len` bytes more.
    #[inline]
    pub(crate) fn room(&mut self, len: usize) -> &mut [u8] {
        if self.bytes.len() - self.at < len {
            self.grow(len);
        }
        &mut self.bytes[self.at..]
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, len: usize) {
        let wanted = (self.at + len).max(self.bytes.len() * 2);
        self.bytes.resize(wanted, 0);
    }

    /// Keeps `len` bytes of the room that were written.
    #[inline]
    pub(crate) fn advance(&mut self, len: usize) {
        self.at += len;
    }

    pub(crate) fn push(&mut self, byte: u8) {
        self.room(1)[0] = byte;
        self.at += 1;
    }

    /// Takes the last byte back.
    pub(crate) fn pop(&mut self) {
        self.at -= 1;
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Adds a tag.
    #[inline]
    pub(crate) fn tag(&mut self, tag: &Tag) {
        if let Some(room) = self.room(TAG).first_chunk_mut() {
            *room = tag.bytes;
        }
        self.at += tag.len();
    }

    /// Adds a line break, and blanks for so many levels.
    pub(crate) fn line(&mut self, depth: usize) {
        let len = 1 + (depth * 2).min(LINE.len() - 1);
        self.put(&LINE[..len]);
    }

    /// Adds text of XML; `quotes` is whether it stands in quotes, as the value of an attribute.
    pub(crate) fn escaped(&mut self, text: &str, quotes: bool) {
        let mut rest = text.as_bytes();
        while let Some(at) = rest.iter().position(|byte| is_special(*byte, quotes)) {
            self.put(&rest[..at]);
            self.put(match rest[at] {
                b'<' => b"&lt;",
                b'>' => b"&gt;",
                b'&' => b"&amp;",
                b'\r' => b"&#13;",
                b'"' => b"&quot;",
                b'\n' => b"&#10;",
                _ => b"&#9;",
            });
            rest = &rest[at + 1..];
        }
        self.put(rest);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.at >= GATHER
    }

    /// Hands on what was gathered.
    #[cold]
    #[inline(never)]
    pub(crate) fn give(&mut self, to: &mut impl Write) -> Result<()> {
        let told = |error| Error::io("output", error);
        to.write_all(&self.bytes[..self.at]).map_err(told)?;
        self.at = 0;
        Ok(())
    }

    /// How many bytes there are; with [`cut`](Self::cut) and [`from`](Self::from) it serves as a stack.
    pub(crate) fn len(&self) -> usize {
        self.at
    }

    /// Drops all from `at` on.
    pub(crate) fn cut(&mut self, at: usize) {
        self.at = at;
    }

    /// The bytes from `at` on; `None` where there were more and they were handed on.
    #[inline]
    pub(crate) fn from(&self, at: usize) -> Option<&[u8]> {
        self.bytes.get(at..self.at)
    }
}
