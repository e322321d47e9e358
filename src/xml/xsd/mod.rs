//! XML Schema 1.0: schemas are loaded, checked and compiled; documents are validated as they are
//! read.

mod along;
mod blocks;
mod build;
mod builtin;
mod component;
mod constraints;
mod content;
mod dom;
mod facets;
mod glance;
mod grammar;
mod identity;
mod load;
mod model;
mod outline;
mod particles;
mod regex;
mod schema;
mod simple;
mod validate;
mod value;

pub(crate) use along::{Along, Wants, Written};
pub use schema::Schema;

use std::io::Read;

use super::input::Source;
use super::reader::{Beside, Counts, Handler, Options, Reader};
use crate::Result;
use crate::finding::Sink;

/// Namespace and name of the elements that a schema document itself declares at its top.
///
/// # Errors
/// When the file cannot be read, or is no schema.
pub(crate) fn declared_roots(path: &std::path::Path) -> Result<Vec<(String, String)>> {
    let bytes = std::fs::read(path).map_err(|error| crate::Error::io(path, error))?;
    let document = dom::Document::parse(path.display().to_string(), bytes.into())?;
    if document.nodes.is_empty() {
        return Err(crate::Error::spec(document.name, 1, 1, "a schema expected"));
    }
    let target = document.node(0).get("targetNamespace").unwrap_or("");
    let elements = document
        .children(0)
        .filter(|(_, node)| &*node.name == "element");
    let roots =
        elements.filter_map(|(_, node)| Some((target.to_owned(), node.get("name")?.to_owned())));
    Ok(roots.collect())
}

impl Schema {
    /// Checks a document at hand; what is wrong goes to `sink`.
    ///
    /// # Errors
    /// Never for what the document holds.
    pub fn check_slice(
        &self,
        bytes: &[u8],
        options: &Options,
        sink: &mut dyn Sink,
    ) -> Result<Counts> {
        self.check(Source::Slice(bytes), options, sink)
    }

    /// Checks a document from a stream, in memory that does not grow with it but for what identity
    /// constraints keep.
    ///
    /// # Errors
    /// When the stream cannot be read.
    pub fn check_stream(
        &self,
        stream: impl Read,
        options: &Options,
        sink: &mut dyn Sink,
    ) -> Result<Counts> {
        self.check(Source::Read(Box::new(stream)), options, sink)
    }

    /// Checks a document at hand, and tells `beside` what it holds too.
    pub(crate) fn check_slice_beside(
        &self,
        bytes: &[u8],
        options: &Options,
        beside: &mut impl Handler,
        sink: &mut dyn Sink,
    ) -> Result<Counts> {
        self.check_beside(Source::Slice(bytes), options, beside, sink)
    }

    /// Checks a document from a stream, and tells `beside` what it holds too.
    pub(crate) fn check_stream_beside(
        &self,
        stream: impl Read,
        options: &Options,
        beside: &mut impl Handler,
        sink: &mut dyn Sink,
    ) -> Result<Counts> {
        self.check_beside(Source::Read(Box::new(stream)), options, beside, sink)
    }

    fn check_beside(
        &self,
        source: Source<'_>,
        options: &Options,
        beside: &mut impl Handler,
        sink: &mut dyn Sink,
    ) -> Result<Counts> {
        let mut validator = validate::Validator::new(self, options);
        let mut both = Beside(&mut validator, beside);
        Reader::new(self.components.names.clone(), options).run(source, &mut both, sink)
    }

    fn check(&self, source: Source<'_>, options: &Options, sink: &mut dyn Sink) -> Result<Counts> {
        let mut validator = validate::Validator::new(self, options);
        Reader::new(self.components.names.clone(), options).run(source, &mut validator, sink)
    }
}
