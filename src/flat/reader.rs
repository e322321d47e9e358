//! The two doors of reading: a slice and a stream.

use std::io::Read;
use std::sync::Arc;

use super::cut::{Kind, Options, State, cut};
use super::record::{Piece, Raw, Record};
use crate::charset::CharacterLength;
use crate::{Error, Result};

/// The pieces of a slice; nothing is copied.
#[derive(Clone, Debug)]
pub struct Pieces<'d> {
    input: &'d [u8],
    offset: u64,
    options: Options,
    state: State,
}

impl<'d> Pieces<'d> {
    /// Reads `input`.
    #[must_use]
    pub fn new(input: &'d [u8], options: Options) -> Self {
        Self {
            input,
            offset: 0,
            options,
            state: State::default(),
        }
    }
}

impl<'d> Iterator for Pieces<'d> {
    type Item = Piece<'d>;

    fn next(&mut self) -> Option<Piece<'d>> {
        let rest = &self.input[self.offset as usize..];
        let (len, kind) = cut(&self.options, &mut self.state, rest, true)?;
        let made = piece(&self.options, self.offset, &rest[..len], kind);
        self.offset += len as u64;
        Some(made)
    }
}

fn piece<'a>(options: &Options, offset: u64, bytes: &'a [u8], kind: Kind) -> Piece<'a> {
    match kind {
        Kind::Record(end) => Piece::Record(Record::new(
            offset,
            bytes,
            end,
            options.separators,
            options.character_length,
        )),
        Kind::Blank => Piece::Blank(Raw { offset, bytes }),
        Kind::ByteOrderMark => Piece::ByteOrderMark(Raw { offset, bytes }),
        Kind::Skipped => Piece::Skipped(Raw { offset, bytes }),
    }
}

/// Bytes asked of a stream at a time.
const BLOCK: usize = 32 * 1024;

/// Reads a slice or a stream piece by piece: of a stream through one buffer, which grows no
/// further than the longest record that is allowed.
///
/// Blanks, and the bytes of a record that is too long, may come in several pieces where a slice
/// has one.
pub struct Reader<'d> {
    source: Source<'d>,
    /// Where in the window the next piece begins.
    at: usize,
    /// Offset of that byte in the input.
    offset: u64,
    options: Options,
    state: State,
}

enum Source<'d> {
    Slice(&'d [u8]),
    Stream {
        read: Box<dyn Read + 'd>,
        buffer: Vec<u8>,
        ended: bool,
    },
}

impl<'d> Reader<'d> {
    /// Reads a slice.
    #[must_use]
    pub fn new(input: &'d [u8], options: Options) -> Self {
        Self::with(Source::Slice(input), options)
    }

    /// Reads a stream.
    #[must_use]
    pub fn from_read(read: impl Read + 'd, options: Options) -> Self {
        let source = Source::Stream {
            read: Box::new(read),
            buffer: Vec::new(),
            ended: false,
        };
        Self::with(source, options)
    }

    fn with(source: Source<'d>, options: Options) -> Self {
        Self {
            source,
            at: 0,
            offset: 0,
            options,
            state: State::default(),
        }
    }

    /// Offset of the next piece: so many bytes were read.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Ids of records from here on: see [`Options::starts`].
    pub fn set_starts(&mut self, starts: Arc<[Box<[u8]>]>) {
        self.options.starts = starts;
    }

    /// How characters are told apart from here on: see [`Options::character_length`].
    pub fn set_character_length(&mut self, length: Option<CharacterLength>) {
        self.options.character_length = length;
    }

    /// The next piece; `None` at the end of the input.
    ///
    /// # Errors
    /// When the stream cannot be read.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Piece<'_>>> {
        let found = loop {
            let (window, whole) = match &self.source {
                Source::Slice(input) => (&input[self.at..], true),
                Source::Stream { buffer, ended, .. } => (&buffer[self.at..], *ended),
            };
            if let Some(found) = cut(&self.options, &mut self.state, window, whole) {
                break found;
            }
            if whole {
                return Ok(None);
            }
            self.fill()?;
        };
        let (len, kind) = found;
        let window = match &self.source {
            Source::Slice(input) => &input[self.at..],
            Source::Stream { buffer, .. } => &buffer[self.at..],
        };
        let made = piece(&self.options, self.offset, &window[..len], kind);
        self.at += len;
        self.offset += len as u64;
        Ok(Some(made))
    }

    /// Takes in more of a stream.
    fn fill(&mut self) -> Result<()> {
        let Source::Stream {
            read,
            buffer,
            ended,
        } = &mut self.source
        else {
            return Ok(());
        };
        buffer.drain(..self.at);
        self.at = 0;
        let held = buffer.len();
        // More at a time for a long record, so that moving it costs no more than reading it.
        let more = BLOCK.max(held);
        buffer.resize(held + more, 0);
        let mut filled = 0;
        while filled == 0 {
            match read.read(&mut buffer[held..]) {
                Ok(0) => {
                    *ended = true;
                    break;
                }
                Ok(count) => filled = count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    buffer.truncate(held);
                    return Err(Error::io("input", error));
                }
            }
        }
        buffer.truncate(held + filled);
        Ok(())
    }
}
