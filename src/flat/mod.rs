//! Flat files (平台文件): from bytes to records and back.
//!
//! Records of fields, as ports and customs brokers exchange them: `00:IFCSUM:MANIFEST:9:…'`. A
//! field ends with `:`, a record with `'`, and `?` gives the character after it its plain meaning;
//! a layout may say otherwise. Line breaks between records mean nothing, those inside a value are
//! no part of it. Nothing here knows a message.
//!
//! [`Pieces`] reads a slice without copying, [`Reader`] a stream through one buffer, and
//! [`Writer`] writes; what was read is written back byte for byte.

mod cut;
mod detect;
mod reader;
mod record;
mod writer;

pub use crate::spec::flat::Separators;
pub use cut::Options;
pub use detect::{Detected, Reading, SIGHT, detect, looks_like};
pub(crate) use detect::{header, matching};
pub use reader::{Pieces, Reader};
pub use record::{End, Field, Fields, Piece, Raw, Record};
pub use writer::Writer;
