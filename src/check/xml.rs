//! XML documents: which schema holds for one, and the check against it.

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::xml_message::{choose, near_messages};
use super::{Checker, Totals};
use crate::finding::{Code, Finding, Sink, Syntax};
use crate::spec::Specs;
use crate::spec::xml::{Head, Message};
use crate::tree::gather::{Document, Known, XmlGatherer};
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
    made: HashMap<(String, String, String), Chosen>,
    /// Messages of the specs that were read, by their ids.
    read: HashMap<String, Arc<Message>>,
}

/// What a document is checked against.
#[derive(Clone, Debug, Default)]
struct Chosen {
    schema: Option<Arc<Schema>>,
    /// The message of the specs that it is, where that was asked for or makes the schema.
    message: Option<Arc<Message>>,
    /// Where there is no schema: messages that might be meant.
    near: Vec<String>,
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

    /// The schema for a document that begins with `start`; its message too where it is `watched`.
    fn find(&self, start: &[u8], options: &xml::Options, watched: bool) -> Result<Chosen> {
        let given = |schema: &Arc<Schema>| Chosen {
            schema: Some(schema.clone()),
            ..Chosen::default()
        };
        if let (Some(schema), false) = (&self.given, watched) {
            return Ok(given(schema));
        }
        let seen = xml::Beginning::of(start, options);
        let Some(root) = seen.root.clone() else {
            return Ok(self.given.as_ref().map_or_else(Chosen::default, given));
        };
        let other = match &self.given {
            Some(schema) => Some(schema.clone()),
            None => self.of_layers(&root)?,
        };
        match other {
            Some(schema) => Ok(Chosen {
                message: if watched {
                    self.message_of(&seen)?
                } else {
                    None
                },
                ..given(&schema)
            }),
            None => self.of_messages(&seen, root),
        }
    }

    fn head(&self, seen: &xml::Beginning) -> Result<Option<&Head>> {
        match &self.message {
            Some(name) => {
                let named = self.specs.xml_named(name)?;
                Ok(choose(&named, seen)?.or(named.first().copied()))
            }
            None => choose(&self.specs.xml_heads()?, seen),
        }
    }

    /// The message of the specs that a document is.
    fn message_of(&self, seen: &xml::Beginning) -> Result<Option<Arc<Message>>> {
        let Some(head) = self.head(seen)? else {
            return Ok(None);
        };
        let id = head.id();
        let lock = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(read) = lock().read.get(&id) {
            return Ok(Some(read.clone()));
        }
        let message = head.read()?;
        lock().read.insert(id, message.clone());
        Ok(Some(message))
    }

    /// The schema of a message of the specs.
    fn of_messages(&self, seen: &xml::Beginning, root: (String, String)) -> Result<Chosen> {
        let Some(head) = self.head(seen)? else {
            return Ok(Chosen {
                near: near_messages(&self.specs.xml_heads()?, seen),
                ..Chosen::default()
            });
        };
        let inside = seen.inside.as_deref();
        self.of_head(head, root, inside)
    }

    /// The schema of a message, for documents with that root, in which the first element is in the
    /// namespace `inside`.
    fn of_head(&self, head: &Head, root: (String, String), inside: Option<&str>) -> Result<Chosen> {
        let inside = match inside {
            // The elements are told by their own namespace, unless it is quite another.
            Some(of) if of.is_empty() || head.allows(of) || !head.allows(&root.0) => of,
            _ => &*root.0,
        };
        let usual = |namespace: &str| namespace.is_empty() || head.allows(namespace);
        let usual = *head.root == *root.1 && usual(&root.0) && usual(inside);
        // Documents may name any namespace: only what the specs expect is kept.
        let usual = usual && !head.namespaces.is_empty() || root.0.is_empty() && inside.is_empty();
        let key = (head.id(), root.0.clone(), inside.to_owned());
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = found.made.get(&key).filter(|_| usual) {
            return Ok(made.clone());
        }
        let message = head.read()?;
        let root = (&*root.0, &*root.1);
        let schema = Schema::of_message(&self.specs, &message, root, inside);
        // A pattern that is none, or elements that cannot be told apart, show here first.
        let what = format!("message {}", head.id());
        let schema = schema.map_err(|error| error.made_of(&head.file, head.line, &what))?;
        let chosen = Chosen {
            schema: Some(Arc::new(schema)),
            message: Some(message),
            near: Vec::new(),
        };
        if usual {
            found.made.insert(key, chosen.clone());
        }
        Ok(chosen)
    }

    /// The schema for documents of a message of the specs that are in its own namespace.
    fn of_message(&self, id: &str) -> Result<Option<Arc<Schema>>> {
        if let Some(schema) = &self.given {
            return Ok(Some(schema.clone()));
        }
        let heads = self.specs.xml_heads()?;
        let Some(head) = heads.into_iter().find(|head| head.id() == id) else {
            return Ok(None);
        };
        let namespace = head.namespaces.first().map_or("", |of| &**of);
        let root = (namespace.to_owned(), head.root.to_string());
        if let Some(schema) = self.of_layers(&root)? {
            return Ok(Some(schema));
        }
        Ok(self.of_head(head, root, Some(namespace))?.schema)
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
    /// The schema that documents of a message in XML are checked against, where they say no more than
    /// that they are of it: `MT1101_9@2019`. `None` where the specs have no such message.
    ///
    /// # Errors
    /// When a spec is broken.
    pub fn schema_of(&self, message: &str) -> Result<Option<Arc<Schema>>> {
        self.schemas.of_message(message)
    }

    /// Whether the check of a document that begins with `start` (64 KiB of it, where it is as long) is
    /// that against `schema`, and nothing else.
    ///
    /// # Errors
    /// When a spec is broken.
    pub fn is_against(&self, schema: &Arc<Schema>, start: &[u8]) -> Result<bool> {
        if self.watch.is_some() || self.syntax(start)? != Syntax::Xml {
            return Ok(false);
        }
        let chosen = self.schemas.find(start, &self.xml_options(), false)?;
        Ok(chosen.schema.is_some_and(|of| Arc::ptr_eq(&of, schema)))
    }

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
        let chosen = self.schemas.find(input, &options, self.watch.is_some())?;
        let beside = self.gatherer(&chosen)?;
        let counts = match (chosen.schema, beside) {
            (Some(schema), Some(mut beside)) => {
                schema.check_slice_beside(input, &options, &mut beside, sink)?
            }
            (Some(schema), None) => schema.check_slice(input, &options, sink)?,
            (None, _) => xml::read_slice(input, &options, &mut NoSchema::of(chosen.near), sink)?,
        };
        Ok(totals(&counts))
    }

    /// Gathers what a watcher wants of a document.
    fn gatherer(&self, chosen: &Chosen) -> Result<Option<XmlGatherer>> {
        let (Some(watch), Some(input), Some(message)) =
            (&self.watch, &self.watching, &chosen.message)
        else {
            return Ok(None);
        };
        let Some(wants) = watch.wants(Known::Xml(message))? else {
            return Ok(None);
        };
        let document = Document {
            syntax: "xml".into(),
            origin: input.origin().clone(),
            message: message.id().into(),
            ..Document::default()
        };
        Ok(Some(XmlGatherer::new(&*wants, input, document)))
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
        let chosen = self.schemas.find(&start, &options, self.watch.is_some())?;
        let beside = self.gatherer(&chosen)?;
        let stream = start.chain(rest);
        let counts = match (chosen.schema, beside) {
            (Some(schema), Some(mut beside)) => {
                schema.check_stream_beside(stream, &options, &mut beside, sink)?
            }
            (Some(schema), None) => schema.check_stream(stream, &options, sink)?,
            (None, _) => xml::read_stream(stream, &options, &mut NoSchema::of(chosen.near), sink)?,
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
        not_evaluated: counts.not_evaluated,
    }
}
