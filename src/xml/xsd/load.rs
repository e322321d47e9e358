//! Finding the documents of a schema. Nothing is fetched, and no include leaves the folder.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::dom::Document;
use super::grammar;
use crate::xml::names::{XML, XSD};
use crate::{Error, Result};

/// Where documents come from.
#[derive(Clone, Debug)]
pub(crate) enum Files {
    /// Files below this folder, which is canonical.
    Folder(PathBuf),
    /// Texts by name.
    Memory(HashMap<String, Arc<[u8]>>),
}

/// Documents of one schema at most.
const MOST_DOCUMENTS: usize = 10_000;

/// How one document refers to others.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) document: Arc<Document>,
    /// Its own target namespace, or that of the document which includes it.
    pub(crate) target: Box<str>,
    /// Whether it has none of its own and took that one.
    pub(crate) chameleon: bool,
    /// Namespaces that it may refer to.
    pub(crate) visible: Vec<Box<str>>,
    /// Documents that it redefines parts of, with the element that says so.
    pub(crate) redefines: Vec<(u32, usize)>,
}

/// All documents of a schema.
#[derive(Debug)]
pub(crate) struct Set {
    files: Files,
    parsed: HashMap<String, Arc<Document>>,
    pub(crate) loaded: Vec<Loaded>,
    known: HashMap<(String, Box<str>), usize>,
}

impl Set {
    pub(crate) fn new(files: Files) -> Self {
        Self {
            files,
            parsed: HashMap::new(),
            loaded: Vec::new(),
            known: HashMap::new(),
        }
    }

    fn parse(&mut self, key: &str) -> Result<Option<Arc<Document>>> {
        if let Some(parsed) = self.parsed.get(key) {
            return Ok(Some(parsed.clone()));
        }
        let bytes: Arc<[u8]> = match &self.files {
            Files::Memory(texts) => match texts.get(key) {
                Some(bytes) => bytes.clone(),
                None => return Ok(None),
            },
            Files::Folder(_) => match std::fs::read(key) {
                Ok(bytes) => bytes.into(),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(Error::io(key, error)),
            },
        };
        let document = Document::parse(key.to_owned(), bytes)?;
        if document.nodes.is_empty() {
            return Err(Error::spec(key, 1, 1, "a schema expected"));
        }
        grammar::check(&document)?;
        let document = Arc::new(document);
        self.parsed.insert(key.to_owned(), document.clone());
        Ok(Some(document))
    }

    /// Loads a document and all it refers to.
    pub(crate) fn load(&mut self, key: &str) -> Result<usize> {
        let Some(document) = self.parse(key)? else {
            let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(Error::io(key, missing));
        };
        let target = document.node(0).get("targetNamespace").unwrap_or("").into();
        let mut waiting = Vec::new();
        let first = self.enter(key, document, target, &mut waiting)?;
        while let Some((from, node)) = waiting.pop() {
            self.follow(from, node, &mut waiting)?;
        }
        Ok(first)
    }

    fn enter(
        &mut self,
        key: &str,
        document: Arc<Document>,
        target: Box<str>,
        waiting: &mut Vec<(usize, u32)>,
    ) -> Result<usize> {
        if let Some(known) = self.known.get(&(key.to_owned(), target.clone())) {
            return Ok(*known);
        }
        if self.loaded.len() >= MOST_DOCUMENTS {
            return Err(document.error_at(0, format!("more than {MOST_DOCUMENTS} documents")));
        }
        let index = self.loaded.len();
        self.known.insert((key.to_owned(), target.clone()), index);
        let own = document.node(0).get("targetNamespace");
        let mut visible: Vec<Box<str>> = vec![target.clone(), XSD.into()];
        for (id, node) in document.children(0) {
            match &*node.name {
                "import" => {
                    let namespace = node.get("namespace").unwrap_or("");
                    if namespace == own.unwrap_or("") {
                        let message = "a schema cannot import its own namespace";
                        return Err(document.error_at(id, message));
                    }
                    visible.push(namespace.into());
                    waiting.push((index, id));
                }
                "include" | "redefine" => waiting.push((index, id)),
                _ => {}
            }
        }
        self.loaded.push(Loaded {
            chameleon: own.is_none() && !target.is_empty(),
            document,
            target,
            visible,
            redefines: Vec::new(),
        });
        Ok(index)
    }

    fn follow(&mut self, from: usize, id: u32, waiting: &mut Vec<(usize, u32)>) -> Result<()> {
        let document = self.loaded[from].document.clone();
        let node = document.node(id);
        let import = &*node.name == "import";
        let namespace = node.get("namespace").unwrap_or("");
        // Its attributes are built in, wherever the document says they are.
        if import && namespace == XML {
            return Ok(());
        }
        let Some(location) = node.get("schemaLocation") else {
            return Ok(());
        };
        let key = self.locate(&document, id, location)?;
        let Some(found) = self.parse(&key)? else {
            // An import is a hint; what is missing is said where it is referred to.
            let substantial = &*node.name == "include" || document.children(id).next().is_some();
            return if import || !substantial {
                Ok(())
            } else {
                Err(document.error_at(id, format!("{location} does not exist")))
            };
        };
        let own = found.node(0).get("targetNamespace").unwrap_or("");
        let target: Box<str> = if import {
            if own != namespace {
                let message = format!("{location} has the namespace {own:?}, not {namespace:?}");
                return Err(document.error_at(id, message));
            }
            own.into()
        } else {
            let target = self.loaded[from].target.clone();
            if !own.is_empty() && *own != *target {
                let message = format!("{location} has the namespace {own:?}, not {target:?}");
                return Err(document.error_at(id, message));
            }
            target
        };
        let index = self.enter(&key, found, target, waiting)?;
        if &*node.name == "redefine" {
            self.loaded[from].redefines.push((id, index));
        }
        Ok(())
    }

    /// The key of the document at a location, seen from another.
    fn locate(&self, from: &Document, node: u32, location: &str) -> Result<String> {
        let location = decode(location).replace('\\', "/");
        let drive = location.as_bytes().get(1) == Some(&b':');
        let scheme = location.split_once(':').is_some_and(|(scheme, _)| {
            scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        if scheme || drive || location.starts_with('/') {
            let message =
                format!("{location}: a schema is never fetched; name a file in its own folder");
            return Err(from.error_at(node, message));
        }
        let location = location.split('#').next().unwrap_or("");
        let outside = || {
            let message = format!("{location} leaves the folder of the schema");
            from.error_at(node, message)
        };
        let mut path = Path::new(&from.name).to_path_buf();
        path.pop();
        for part in Path::new(location).components() {
            match part {
                Component::ParentDir => {
                    if !path.pop() {
                        return Err(outside());
                    }
                }
                Component::Normal(part) => path.push(part),
                Component::CurDir => {}
                _ => return Err(outside()),
            }
        }
        if let Files::Folder(root) = &self.files {
            // A link may lead elsewhere.
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            if !path.starts_with(root) || !real.starts_with(root) {
                return Err(outside());
            }
            path = real;
        }
        Ok(path.to_string_lossy().into_owned())
    }
}

/// Percent-encoded characters decoded.
fn decode(location: &str) -> String {
    let bytes = location.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| location.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escaped {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
