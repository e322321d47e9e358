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

pub(crate) use names::SIGNATURE;
pub use reader::{Counts, Handler, Options, Start};
pub use scene::Scene;
pub use writer::Writer;
pub use xsd::Schema;
pub(crate) use xsd::{Along, Wants, Written, declared_roots};

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

/// What a document begins with: its root, and the elements that follow.
#[derive(Debug, Default)]
pub(crate) struct Beginning {
    /// Namespace and name of the root; `None` where no element was met.
    pub(crate) root: Option<(String, String)>,
    /// Namespace of the first element inside the root.
    pub(crate) inside: Option<String>,
    /// The first elements: names from the root on, joined by `/`, and their text.
    elements: Vec<(String, String)>,
    /// The open ones, as far as they are taken down.
    open: Vec<usize>,
    path: String,
}

impl Beginning {
    /// Elements that are taken down.
    const MOST: usize = 400;
    /// Bytes of text that are kept of each.
    const LONGEST: usize = 200;

    /// Takes down the beginning of a document.
    pub(crate) fn of(start: &[u8], options: &Options) -> Self {
        const NEAR: usize = 64 << 10;
        let near = &start[..start.len().min(NEAR)];
        let mut found = Self::default();
        let mut none = |_: crate::finding::Finding| {};
        // What cannot be read has no beginning.
        let _ = read_slice(near, options, &mut found, &mut none);
        found
    }

    /// The paths of the first elements.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.elements.iter().map(|(path, _)| &**path)
    }

    /// The text of the first element at that path, without blanks around it.
    pub(crate) fn value(&self, path: &str) -> Option<&str> {
        let found = self.elements.iter().find(|(held, _)| held == path);
        found.map(|(_, text)| text.trim())
    }
}

impl Handler for Beginning {
    fn start(&mut self, start: &Start<'_>, _: &mut Scene<'_, '_>) {
        let name = || (start.namespace().to_owned(), start.local().to_owned());
        if self.root.is_some() {
            self.inside
                .get_or_insert_with(|| start.namespace().to_owned());
        }
        self.root.get_or_insert_with(name);
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(start.local());
        self.open.push(self.elements.len());
        if self.elements.len() < Self::MOST {
            self.elements.push((self.path.clone(), String::new()));
        }
    }

    fn text(&mut self, text: &str, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        let open = self.open.last().and_then(|at| self.elements.get_mut(*at));
        if let Some((_, held)) = open
            && held.len() < Self::LONGEST
        {
            held.push_str(&text[..text.floor_char_boundary(Self::LONGEST.min(text.len()))]);
        }
    }

    fn end(&mut self, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        self.open.pop();
        let parent = self.path.rfind('/').unwrap_or(0);
        self.path.truncate(parent);
    }
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
