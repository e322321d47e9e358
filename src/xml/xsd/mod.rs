//! XML Schema 1.0: schemas are loaded, checked and compiled; documents are validated as they are
//! read.

mod blocks;
mod build;
mod builtin;
mod component;
mod constraints;
mod content;
mod dom;
mod facets;
mod grammar;
mod identity;
mod load;
mod particles;
mod regex;
mod schema;
mod simple;
mod validate;
mod value;

pub use schema::Schema;

use std::io::Read;

use super::input::Source;
use super::reader::{Counts, Options, Reader};
use crate::Result;
use crate::finding::Sink;

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

    fn check(&self, source: Source<'_>, options: &Options, sink: &mut dyn Sink) -> Result<Counts> {
        let mut validator = validate::Validator::new(self, options.identity);
        Reader::new(self.components.names.clone(), options).run(source, &mut validator, sink)
    }
}
