//! XML: reading, writing, and XML Schema 1.0.
//!
//! Documents are held to XML 1.0 (fifth edition) and Namespaces in XML 1.0. Document type
//! declarations are refused, and nothing is ever fetched.

mod attributes;
mod chars;
mod input;
mod names;
mod reader;
mod scene;
mod xsd;

pub use reader::{Counts, Handler, Options, Start};
pub use scene::Scene;
pub use xsd::Schema;

use std::io::Read;

use crate::Result;
use crate::finding::Sink;
use input::Source;
use names::Names;
use reader::Reader;

/// Reads a document at hand and tells `handler` what it holds; what is wrong goes to `sink`.
///
/// # Errors
/// Never for what the document holds.
pub fn read_slice(
    bytes: &[u8],
    options: &Options,
    handler: &mut impl Handler,
    sink: &mut dyn Sink,
) -> Result<Counts> {
    Reader::new(Names::default(), options).run(Source::Slice(bytes), handler, sink)
}

/// Reads a document from a stream, in memory that does not grow with it.
///
/// # Errors
/// When the stream cannot be read.
pub fn read_stream(
    stream: impl Read,
    options: &Options,
    handler: &mut impl Handler,
    sink: &mut dyn Sink,
) -> Result<Counts> {
    Reader::new(Names::default(), options).run(Source::Read(Box::new(stream)), handler, sink)
}

/// Whether bytes begin an XML document, as far as their first few tell.
#[must_use]
pub fn looks_like_xml(start: &[u8]) -> bool {
    let text = match start {
        [0xEF, 0xBB, 0xBF, rest @ ..] => rest,
        [0xFF, 0xFE, b'<', 0, ..] | [0xFE, 0xFF, 0, b'<', ..] => return true,
        [b'<', 0, _, 0, ..] | [0, b'<', 0, _, ..] => return true,
        _ => start,
    };
    let at = text.iter().position(|byte| !chars::is_space(*byte));
    at.is_some_and(|at| text[at] == b'<')
}
