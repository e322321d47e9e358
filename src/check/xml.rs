//! XML documents: which schema holds for one, and the check against it.

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Checker, Totals};
use crate::finding::{Code, Sink};
use crate::spec::Specs;
use crate::xml::{self, Handler, Scene, Schema, Start};
use crate::{Error, Result};

/// The schemas that a checker knows.
#[derive(Debug)]
pub(super) struct Schemas {
    /// The one that holds for every document.
    given: Option<Arc<Schema>>,
    /// Those of layers.
    paths: Vec<PathBuf>,
    /// What the first documents of layers declare, and schemas that were loaded.
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    /// Namespace and name of each root, and the last file that declares it: later layers count.
    roots: Option<HashMap<(String, String), usize>>,
    loaded: HashMap<usize, Arc<Schema>>,
}

impl Schemas {
    pub(super) fn new(specs: &Specs, given: Option<Arc<Schema>>) -> Self {
        Self {
            given,
            paths: specs.schemas().to_vec(),
            found: Mutex::default(),
        }
    }

    /// The schema for a document that begins with `start`.
    fn find(&self, start: &[u8], options: &xml::Options) -> Result<Option<Arc<Schema>>> {
        if self.given.is_some() || self.paths.is_empty() {
            return Ok(self.given.clone());
        }
        let Some(root) = xml::root_of(start, options) else {
            return Ok(None);
        };
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.roots.is_none() {
            let mut roots = HashMap::new();
            for (index, path) in self.paths.iter().enumerate() {
                for root in xml::declared_roots(path)? {
                    roots.insert(root, index);
                }
            }
            found.roots = Some(roots);
        }
        let index = found
            .roots
            .as_ref()
            .and_then(|roots| roots.get(&root).copied());
        let Some(index) = index else {
            return Ok(None);
        };
        if let Some(loaded) = found.loaded.get(&index) {
            return Ok(Some(loaded.clone()));
        }
        let schema = Arc::new(Schema::load(&self.paths[index])?);
        found.loaded.insert(index, schema.clone());
        Ok(Some(schema))
    }
}

/// What is done where no schema is known: nothing but to say so.
#[derive(Default)]
struct NoSchema {
    root: Option<Box<str>>,
}

impl Handler for NoSchema {
    fn start(&mut self, start: &Start<'_>, scene: &mut Scene<'_, '_>) {
        if self.root.is_none() {
            self.root = Some(start.local().into());
            scene.about_start(Code::XML_NO_SCHEMA, start);
        }
    }

    fn text(&mut self, _: &str, _: u64, _: u64, _: &mut Scene<'_, '_>) {}

    fn end(&mut self, _: u64, _: u64, _: &mut Scene<'_, '_>) {}

    fn message_type(&self) -> Option<Box<str>> {
        self.root.clone()
    }
}

impl Checker {
    fn xml_options(&self) -> xml::Options {
        let mut options = xml::Options {
            most_findings: self.options.most_findings,
            excerpts: self.options.excerpts,
            ..self.options.xml.clone()
        };
        if let Some(charset) = self.options.charset {
            options.charset = Some(charset.encoding());
        }
        options
    }

    pub(super) fn xml_slice(&self, input: &[u8], sink: &mut dyn Sink) -> Result<Totals> {
        let options = self.xml_options();
        let counts = match self.schemas.find(input, &options)? {
            Some(schema) => schema.check_slice(input, &options, sink)?,
            None => xml::read_slice(input, &options, &mut NoSchema::default(), sink)?,
        };
        Ok(totals(&counts))
    }

    /// Checks a stream of which the beginning was read.
    pub(super) fn xml_stream(
        &self,
        mut start: Vec<u8>,
        mut rest: impl Read,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        // The root element stands near the beginning, after comments perhaps.
        const NEAR: u64 = 64 << 10;
        rest.by_ref()
            .take(NEAR)
            .read_to_end(&mut start)
            .map_err(|error| Error::io("input", error))?;
        let options = self.xml_options();
        let schema = self.schemas.find(&start, &options)?;
        let stream = start.chain(rest);
        let counts = match schema {
            Some(schema) => schema.check_stream(stream, &options, sink)?,
            None => xml::read_stream(stream, &options, &mut NoSchema::default(), sink)?,
        };
        Ok(totals(&counts))
    }
}

fn totals(counts: &xml::Counts) -> Totals {
    Totals {
        interchanges: 0,
        messages: u64::from(counts.elements > 0),
        segments: counts.elements,
        bytes: counts.bytes,
        errors: counts.errors,
        warnings: counts.warnings,
        hints: counts.hints,
    }
}
