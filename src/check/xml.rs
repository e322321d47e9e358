//! XML documents: which schema holds for one, and the check against it.

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::xml_message::{choose, near_messages};
use super::{Checker, Totals};
use crate::finding::{Code, Finding, Sink};
use crate::spec::Specs;
use crate::xml::{self, Handler, Scene, Schema, Start};
use crate::{Error, Result};

/// The schemas that a checker knows.
#[derive(Debug)]
pub(super) struct Schemas {
    /// The one that holds for every document.
    given: Option<Arc<Schema>>,
    /// The message that holds for every document without.
    message: Option<Box<str>>,
    specs: Specs,
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
    /// Of messages of the specs, by their ids, the namespace of the root, and that inside.
    made: HashMap<(String, String, String), Arc<Schema>>,
}

/// What is known of a document.
enum Known {
    Schema(Arc<Schema>),
    /// No schema; messages that might be meant.
    Nothing(Vec<String>),
}

impl Schemas {
    pub(super) fn new(
        specs: &Specs,
        given: Option<Arc<Schema>>,
        message: Option<Box<str>>,
    ) -> Self {
        Self {
            given,
            message,
            specs: specs.clone(),
            paths: specs.schemas().to_vec(),
            found: Mutex::default(),
        }
    }

    /// The schema for a document that begins with `start`.
    fn find(&self, start: &[u8], options: &xml::Options) -> Result<Known> {
        if let Some(given) = &self.given {
            return Ok(Known::Schema(given.clone()));
        }
        let seen = xml::Beginning::of(start, options);
        let Some(root) = seen.root.clone() else {
            return Ok(Known::Nothing(Vec::new()));
        };
        if let Some(schema) = self.of_layers(&root)? {
            return Ok(Known::Schema(schema));
        }
        Ok(match self.of_messages(&seen, root)? {
            Some(schema) => Known::Schema(schema),
            None => Known::Nothing(near_messages(&self.specs.xml_heads()?, &seen)),
        })
    }

    /// The schema of a message of the specs.
    fn of_messages(
        &self,
        seen: &xml::Beginning,
        root: (String, String),
    ) -> Result<Option<Arc<Schema>>> {
        let head = match &self.message {
            Some(name) => {
                let named = self.specs.xml_named(name)?;
                choose(&named, seen)?.or(named.first().copied())
            }
            None => choose(&self.specs.xml_heads()?, seen)?,
        };
        let Some(head) = head else {
            return Ok(None);
        };
        let inside = match &seen.inside {
            // The elements are told by their own namespace, unless it is quite another.
            Some(of) if of.is_empty() || head.allows(of) || !head.allows(&root.0) => of,
            _ => &root.0,
        };
        let usual = |namespace: &str| namespace.is_empty() || head.allows(namespace);
        let usual = *head.root == *root.1 && usual(&root.0) && usual(inside);
        // Documents may name any namespace: only what the specs expect is kept.
        let usual = usual && !head.namespaces.is_empty() || root.0.is_empty() && inside.is_empty();
        let key = (head.id(), root.0.clone(), inside.clone());
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = found.made.get(&key).filter(|_| usual) {
            return Ok(Some(made.clone()));
        }
        let message = head.read()?;
        let root = (&*root.0, &*root.1);
        let schema = Schema::of_message(&self.specs, &message, root, inside);
        // A pattern that is none, or elements that cannot be told apart, show here first.
        let what = format!("message {}", head.id());
        let schema = schema.map_err(|error| error.made_of(&head.file, head.line, &what))?;
        let schema = Arc::new(schema);
        if usual {
            found.made.insert(key, schema.clone());
        }
        Ok(Some(schema))
    }

    /// The schema of a layer for documents with that root.
    fn of_layers(&self, root: &(String, String)) -> Result<Option<Arc<Schema>>> {
        if self.paths.is_empty() {
            return Ok(None);
        }
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
            .and_then(|roots| roots.get(root).copied());
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
struct NoSchema {
    root: Option<Box<str>>,
    near: Vec<String>,
}

impl NoSchema {
    fn of(near: Vec<String>) -> Self {
        Self { root: None, near }
    }
}

impl Handler for NoSchema {
    fn start(&mut self, start: &Start<'_>, scene: &mut Scene<'_, '_>) {
        if self.root.is_none() {
            self.root = Some(start.local().into());
            if self.near.is_empty() {
                scene.about_start(Code::XML_NO_SCHEMA, start);
                return;
            }
            let near = self.near.join(", ");
            let finding = |mut finding: Finding| {
                finding.place.path = Some(start.local().into());
                finding.place.segment = Some(start.local().into());
                finding
                    .with_content("element", start.local())
                    .with("expected", near)
            };
            let len = start.tag.len() as u64 + 2;
            scene.report(Code::XML_UNKNOWN_MESSAGE, start.at, len, finding);
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
            Known::Schema(schema) => schema.check_slice(input, &options, sink)?,
            Known::Nothing(near) => {
                xml::read_slice(input, &options, &mut NoSchema::of(near), sink)?
            }
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
            Known::Schema(schema) => schema.check_stream(stream, &options, sink)?,
            Known::Nothing(near) => {
                xml::read_stream(stream, &options, &mut NoSchema::of(near), sink)?
            }
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
