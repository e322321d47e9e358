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
mod writer;
mod xsd;

pub use reader::{Counts, Handler, Options, Start};
pub use scene::Scene;
pub use writer::Writer;
pub use xsd::Schema;
pub(crate) use xsd::declared_roots;

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

/// Takes down what the root element is.
#[derive(Default)]
struct Root(Option<(String, String)>);

impl Handler for Root {
    fn start(&mut self, start: &Start<'_>, _: &mut Scene<'_, '_>) {
        let name = || (start.namespace().to_owned(), start.local().to_owned());
        self.0.get_or_insert_with(name);
    }

    fn text(&mut self, _: &str, _: u64, _: u64, _: &mut Scene<'_, '_>) {}

    fn end(&mut self, _: u64, _: u64, _: &mut Scene<'_, '_>) {}
}

/// Namespace and name of the root element of a document that begins with `start`.
pub(crate) fn root_of(start: &[u8], options: &Options) -> Option<(String, String)> {
    const NEAR: usize = 64 << 10;
    let near = &start[..start.len().min(NEAR)];
    let mut root = Root::default();
    let mut none = |_: crate::finding::Finding| {};
    read_slice(near, options, &mut root, &mut none).ok()?;
    root.0
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
