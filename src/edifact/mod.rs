//! UN/EDIFACT (ISO 9735 syntax versions 1 to 4): from bytes to segments.
//!
//! The lexer finds the separators, the reader cuts segments, objects and what is neither, and
//! a segment is a view on its bytes. Nothing here knows a message.

mod iso2022;
mod lex;
mod other;
mod reader;
mod segment;
pub(crate) mod transcode;
mod una;
mod writer;

pub use crate::charset::CharacterLength;
pub(crate) use crate::lines::LineCounter;
pub(crate) use lex::{Bits, Work, on_this_machine};
pub(crate) use reader::{
    Continuation, Ends, FirstSeparators, Lane, LanePlace, LaneSegment, Peek, WRAPPED, breaks,
};
pub use reader::{Item, Options, Piece, Reader};
pub use segment::{End, OwnedSegment, Segment, Token, Tokens};
pub(crate) use segment::{is_tag, pack};
pub use una::Separators;
pub use writer::Writer;

#[cfg(test)]
mod reader_tests;
