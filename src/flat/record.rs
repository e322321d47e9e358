//! Views on the bytes of records.

use std::borrow::Cow;

use super::Separators;
use crate::charset::CharacterLength;

/// A piece of the input. Together the pieces are the whole input, byte for byte.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// A record.
    Record(Record<'a>),
    /// Blanks, line breaks and padding (NUL, control-Z) between records.
    Blank(Raw<'a>),
    /// The byte order mark of UTF-8 at the beginning.
    ByteOrderMark(Raw<'a>),
    /// Bytes of a record that is longer than the limit.
    Skipped(Raw<'a>),
}

impl<'a> Piece<'a> {
    /// Offset of its first byte in the input.
    #[must_use]
    pub fn offset(&self) -> u64 {
        match self {
            Self::Record(record) => record.offset(),
            Self::Blank(raw) | Self::ByteOrderMark(raw) | Self::Skipped(raw) => raw.offset,
        }
    }

    /// Its bytes, terminator included.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        match self {
            Self::Record(record) => record.bytes(),
            Self::Blank(raw) | Self::ByteOrderMark(raw) | Self::Skipped(raw) => raw.bytes,
        }
    }
}

/// Bytes and where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    /// Offset of the first byte in the input.
    pub offset: u64,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// How a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With its terminator.
    Terminator,
    /// Without: a record begins on the next line.
    LineBreak,
    /// Without: the input ends.
    Input,
}

/// A record: a view on its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    offset: u64,
    bytes: &'a [u8],
    end: End,
    separators: Separators,
    character_length: Option<CharacterLength>,
}

impl<'a> Record<'a> {
    pub(crate) fn new(
        offset: u64,
        bytes: &'a [u8],
        end: End,
        separators: Separators,
        character_length: Option<CharacterLength>,
    ) -> Self {
        Self {
            offset,
            bytes,
            end,
            separators,
            character_length,
        }
    }

    /// Offset of its first byte in the input.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Its bytes, the terminator included.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How it ends.
    #[must_use]
    pub fn end(&self) -> End {
        self.end
    }

    /// Its bytes without the terminator; where that is a line feed, without a carriage return
    /// before it too.
    #[must_use]
    pub fn content(&self) -> &'a [u8] {
        match self.end {
            End::Terminator => {
                let content = &self.bytes[..self.bytes.len() - 1];
                match content {
                    [line @ .., b'\r'] if self.separators.terminator == b'\n' => line,
                    _ => content,
                }
            }
            End::LineBreak | End::Input => self.bytes,
        }
    }

    /// The record with the same bytes somewhere else: a copy that was kept.
    pub(crate) fn with_bytes<'b>(&self, bytes: &'b [u8]) -> Record<'b> {
        Record {
            offset: self.offset,
            bytes,
            end: self.end,
            separators: self.separators,
            character_length: self.character_length,
        }
    }

    /// Its id, the first field, as it stands.
    #[must_use]
    pub fn id(&self) -> &'a [u8] {
        self.fields().next().map_or(&[], |field| field.raw)
    }

    /// Its fields, the id first.
    #[must_use]
    pub fn fields(&self) -> Fields<'a> {
        Fields {
            rest: Some(self.content()),
            offset: self.offset,
            separators: self.separators,
            character_length: self.character_length,
        }
    }

    /// The field of that number; the id is 1.
    #[must_use]
    pub fn field(&self, number: usize) -> Option<Field<'a>> {
        self.fields().nth(number.checked_sub(1)?)
    }
}

/// The fields of a record.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: Option<&'a [u8]>,
    offset: u64,
    separators: Separators,
    character_length: Option<CharacterLength>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let rest = self.rest?;
        let end = field_end(rest, self.separators, self.character_length);
        let field = Field {
            offset: self.offset,
            raw: &rest[..end],
            release: self.separators.release,
            character_length: self.character_length,
        };
        self.rest = rest.get(end + 1..);
        self.offset += end as u64 + 1;
        Some(field)
    }
}

/// Where the first field of a stretch ends.
fn field_end(bytes: &[u8], separators: Separators, length: Option<CharacterLength>) -> usize {
    let mut at = 0;
    if let Some(length) = length {
        while at < bytes.len() {
            if bytes[at] == separators.field {
                return at;
            }
            if Some(bytes[at]) == separators.release {
                at = after_release(bytes, at, Some(length));
            } else {
                at += length(bytes, at).max(1);
            }
        }
        return bytes.len();
    }
    let Some(release) = separators.release else {
        return memchr::memchr(separators.field, bytes).unwrap_or(bytes.len());
    };
    while let Some(found) = memchr::memchr2(separators.field, release, &bytes[at..]) {
        if bytes[at + found] == separators.field {
            return at + found;
        }
        at = after_release(bytes, at + found, None);
    }
    bytes.len()
}

/// Behind the character that a release character at `at` releases: the next that is no line
/// break.
fn after_release(bytes: &[u8], at: usize, length: Option<CharacterLength>) -> usize {
    let skipped = bytes[at + 1..].iter().position(|byte| !is_break(*byte));
    skipped.map_or(bytes.len(), |skipped| {
        let released = at + 1 + skipped;
        let len = length.map_or(1, |length| length(bytes, released).max(1));
        (released + len).min(bytes.len())
    })
}

pub(super) fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// A field of a record.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Offset of its first byte in the input.
    pub offset: u64,
    /// Its bytes as they stand.
    pub raw: &'a [u8],
    release: Option<u8>,
    character_length: Option<CharacterLength>,
}

impl<'a> Field<'a> {
    /// Its value: release characters and line breaks removed.
    #[must_use]
    pub fn value(&self) -> Cow<'a, [u8]> {
        let special = |byte: &u8| is_break(*byte) || Some(*byte) == self.release;
        if !self.raw.iter().any(special) {
            return Cow::Borrowed(self.raw);
        }
        let mut value = Vec::with_capacity(self.raw.len());
        let (mut at, mut released) = (0, false);
        while at < self.raw.len() {
            let byte = self.raw[at];
            let len = self
                .character_length
                .map_or(1, |length| length(self.raw, at).max(1));
            let end = (at + len).min(self.raw.len());
            if is_break(byte) {
            } else if Some(byte) == self.release && !released {
                released = true;
            } else {
                value.extend_from_slice(&self.raw[at..end]);
                released = false;
            }
            at = end;
        }
        // A release character that releases nothing is itself.
        if released {
            value.extend(self.release);
        }
        Cow::Owned(value)
    }

    /// Whether line breaks stand inside it.
    #[must_use]
    pub fn has_breaks(&self) -> bool {
        memchr::memchr2(b'\r', b'\n', self.raw).is_some()
    }
}
