//! Bytes that are gathered before they are handed on.

use std::io::Write;

use super::names::{Name, Tag};
use crate::{Error, Result};

/// Bytes gathered before they are handed on.
const GATHER: usize = 64 << 10;
/// A leaf of short tags and a short value is written inside so many bytes.
const LEAF: usize = 96;
/// A value so short is copied in one go.
const SHORT: usize = 16;

/// Gathers bytes for a writer. What is kept is always longer than what was gathered, so that short
/// pieces are copied as wholes of a fixed length, of which what is too much is written over.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    at: usize,
}

impl Buffer {
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; GATHER + (8 << 10)],
            at: 0,
        }
    }

    /// Room for `len` bytes more.
    #[inline]
    fn room(&mut self, len: usize) -> &mut [u8] {
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

    pub(super) fn push(&mut self, byte: u8) {
        self.room(1)[0] = byte;
        self.at += 1;
    }

    /// Takes the last byte back.
    pub(super) fn pop(&mut self) {
        self.at -= 1;
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Adds a tag.
    #[inline]
    pub(super) fn tag(&mut self, tag: &Tag) {
        if let Some(room) = self.room(SHORT).first_chunk_mut() {
            *room = tag.bytes;
        }
        self.at += tag.len();
    }

    /// Adds, if `there`, an element of short tags whose value is `data[from..to]`; false where it is
    /// too long.
    #[inline(always)]
    pub(super) fn leaf_if(
        &mut self,
        there: bool,
        name: &Name,
        data: &[u8],
        from: usize,
        to: usize,
    ) -> bool {
        // Most values are short; what stands behind them is copied with them and written over.
        let near = data
            .get(from..)
            .and_then(|rest| rest.first_chunk::<SHORT>());
        let len = to - from;
        let (Some(near), true) = (near, len <= SHORT) else {
            return false;
        };
        let Some(room) = self.room(LEAF).first_chunk_mut::<LEAF>() else {
            return false;
        };
        // The masks change nothing; with them the compiler sees that all stays inside.
        let behind = name.open.len() & 31;
        let last = behind + (len & 31);
        room[..SHORT].copy_from_slice(&name.open.bytes);
        room[behind..behind + SHORT].copy_from_slice(near);
        room[last..last + SHORT].copy_from_slice(&name.close.bytes);
        self.at += (last + name.close.len()) * usize::from(there);
        true
    }

    pub(super) fn is_full(&self) -> bool {
        self.at >= GATHER
    }

    /// Hands on what was gathered.
    #[cold]
    #[inline(never)]
    pub(super) fn give(&mut self, to: &mut impl Write) -> Result<()> {
        let told = |error| Error::io("output", error);
        to.write_all(&self.bytes[..self.at]).map_err(told)?;
        self.at = 0;
        Ok(())
    }

    /// How many bytes there are; with [`cut`](Self::cut) and [`from`](Self::from) it serves as a stack.
    pub(super) fn len(&self) -> usize {
        self.at
    }

    /// Drops all from `at` on.
    pub(super) fn cut(&mut self, at: usize) {
        self.at = at;
    }

    /// The bytes from `at` on; `None` where there were more and they were handed on.
    #[inline]
    pub(super) fn from(&self, at: usize) -> Option<&[u8]> {
        self.bytes.get(at..self.at)
    }
}
