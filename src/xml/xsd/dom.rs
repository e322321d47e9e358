//! A schema document as a tree, with the prefixes in scope of each element.

use std::sync::Arc;

use crate::finding::{Finding, Lang, Severity};
use crate::spec::model::Label;
use crate::xml::input::{Input, Source};
use crate::xml::names::{Names, XSD};
use crate::xml::reader::{Handler, Options, Reader, Start};
use crate::xml::{Scene, chars};
use crate::{Error, Result};

/// An element of a document: index into its nodes.
pub(crate) type NodeId = u32;

/// Prefixes in scope.
type Scope = Arc<[(Box<str>, Box<str>)]>;

/// An attribute of a schema element.
#[derive(Debug)]
pub(crate) struct Attribute {
    /// Empty for those of XML Schema itself.
    pub(crate) namespace: Box<str>,
    pub(crate) local: Box<str>,
    pub(crate) value: Box<str>,
}

/// An element of a schema document.
#[derive(Debug)]
pub(crate) struct Node {
    /// Local name, where it is in the namespace of XML Schema; else with its namespace.
    pub(crate) name: Box<str>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) children: Vec<NodeId>,
    pub(crate) parent: Option<NodeId>,
    /// Offset in the text.
    pub(crate) at: u64,
    /// What its annotation says.
    pub(crate) label: Label,
    scope: Scope,
}

impl Node {
    /// The value of an attribute that is ours, beside XML Schema.
    pub(crate) fn own(&self, name: &str) -> Option<&str> {
        let mut own = self.attributes.iter();
        let found = own.find(|of| *of.local == *name && *of.namespace == *crate::spec::xml::TABLE);
        found.map(|of| &*of.value)
    }

    /// The value of an attribute, white space collapsed where it has no meaning.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self
            .attributes
            .iter()
            .find(|attribute| *attribute.local == *name && attribute.namespace.is_empty());
        let value = &*found?.value;
        Some(
            if matches!(
                name,
                "value" | "default" | "fixed" | "xpath" | "public" | "system"
            ) {
                value
            } else {
                chars::trim(value)
            },
        )
    }

    /// The namespace that a prefix stands for here.
    pub(crate) fn namespace(&self, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some(crate::xml::names::XML);
        }
        let found = self
            .scope
            .iter()
            .rev()
            .find(|(bound, _)| **bound == *prefix);
        found.map(|(_, uri)| &**uri)
    }
}

/// A schema document.
#[derive(Debug)]
pub(crate) struct Document {
    /// As a user knows it.
    pub(crate) name: String,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) nodes: Vec<Node>,
}

impl Document {
    /// Reads a schema document.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub(crate) fn parse(name: String, bytes: Arc<[u8]>) -> Result<Self> {
        let mut builder = Builder {
            nodes: Vec::new(),
            open: Vec::new(),
            skipped: 0,
            text: None,
            said: String::new(),
        };
        let options = Options {
            depth: 400,
            most_findings: 1,
            entities: true,
            ..Options::default()
        };
        let mut findings: Vec<Finding> = Vec::new();
        let mut reader = Reader::new(Names::default(), &options);
        reader.run(Source::Slice(&bytes), &mut builder, &mut findings)?;
        let document = Self {
            name,
            nodes: builder.nodes,
            bytes,
        };
        let wrong = findings
            .iter()
            .find(|finding| finding.severity == Severity::Error);
        if let Some(wrong) = wrong {
            let message = wrong.message(Lang::En, false);
            let (line, column) = (wrong.at.line as u32, wrong.at.column as u32);
            return Err(Error::spec(&document.name, line, column, message));
        }
        if let Some(at) = builder.text {
            return Err(document.error(at, "text is not allowed between the elements of a schema"));
        }
        Ok(document)
    }

    /// An error at an offset of the text.
    pub(crate) fn error(&self, at: u64, message: impl Into<String>) -> Error {
        let (mut line, mut column) = (1, 1);
        if let Ok(mut input) = Input::new(Source::Slice(&self.bytes), None) {
            while !input.is_last() && input.base() + (input.text().len() as u64) < at {
                input.consume(input.text().len());
                if input.more().is_err() {
                    break;
                }
            }
            let place = input.locate(at);
            (line, column) = (place.line as u32, place.column as u32);
        }
        Error::spec(&self.name, line, column, message)
    }

    /// An error at an element.
    pub(crate) fn error_at(&self, node: NodeId, message: impl Into<String>) -> Error {
        self.error(self.nodes[node as usize].at, message)
    }

    pub(crate) fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node as usize]
    }

    /// The children of an element, annotations left out.
    pub(crate) fn children(&self, node: NodeId) -> impl Iterator<Item = (NodeId, &Node)> {
        let children = self.node(node).children.iter();
        children
            .map(|id| (*id, self.node(*id)))
            .filter(|(_, node)| &*node.name != "annotation")
    }
}

struct Builder {
    nodes: Vec<Node>,
    open: Vec<NodeId>,
    /// Depth inside the content of `appinfo` and `documentation`, which may be anything.
    skipped: usize,
    text: Option<u64>,
    /// The text of the documentation that is open.
    said: String,
}

/// Bytes of documentation that are kept.
const MOST_SAID: usize = 300;

impl Builder {
    /// Documentation ended: it speaks of the element that holds the annotation, in Chinese where
    /// it is marked so or has Chinese characters.
    fn label(&mut self) {
        let Some((documentation, parent)) = self.nodes.last().zip(self.open.last().copied()) else {
            return;
        };
        let of = self.nodes[parent as usize].parent.unwrap_or(parent);
        let marked = documentation
            .attributes
            .iter()
            .any(|attribute| &*attribute.local == "lang" && attribute.value.starts_with("zh"));
        let words: Vec<&str> = self.said.split_whitespace().collect();
        let words = words.join(" ");
        let han = |c| matches!(c, '\u{4E00}'..='\u{9FFF}');
        let label = &mut self.nodes[of as usize].label;
        let place = match marked || words.contains(han) {
            true => &mut label.zh,
            false => &mut label.en,
        };
        if place.is_empty() {
            *place = words.into();
        }
    }
}

impl Handler for Builder {
    fn start(&mut self, start: &Start<'_>, _: &mut Scene<'_, '_>) {
        if self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        let parent = self.open.last().copied();
        let mut scope = match parent {
            Some(parent) => self.nodes[parent as usize].scope.clone(),
            None => Arc::from([]),
        };
        let mut attributes = Vec::new();
        let mut declared = Vec::new();
        for attribute in start.attributes {
            let value = start.value(attribute);
            let name = start.attribute_name(attribute);
            if attribute.declares {
                let prefix = name.strip_prefix("xmlns:").unwrap_or("");
                declared.push((prefix.into(), value.into()));
                continue;
            }
            let (namespace, local) = start.names.parts(attribute.id);
            attributes.push(Attribute {
                namespace: start.names.uri(namespace).into(),
                local: local.into(),
                value: value.into(),
            });
        }
        if !declared.is_empty() {
            scope = scope.iter().cloned().chain(declared).collect();
        }
        let name = if start.namespace() == XSD {
            start.local().into()
        } else {
            format!("{{{}}}{}", start.namespace(), start.local()).into()
        };
        let id = self.nodes.len() as NodeId;
        if matches!(start.local(), "appinfo" | "documentation") && start.namespace() == XSD {
            self.skipped = 1;
            self.said.clear();
        } else {
            self.open.push(id);
        }
        self.nodes.push(Node {
            name,
            attributes,
            children: Vec::new(),
            parent,
            at: start.at,
            label: Label::default(),
            scope,
        });
        if let Some(parent) = parent {
            self.nodes[parent as usize].children.push(id);
        }
    }

    fn text(&mut self, text: &str, at: u64, _: u64, _: &mut Scene<'_, '_>) {
        if self.skipped == 0 && self.text.is_none() && !chars::is_blank(text) {
            self.text = Some(at);
        }
        if self.skipped == 1 && self.said.len() < MOST_SAID {
            let most = text.floor_char_boundary(text.len().min(MOST_SAID));
            self.said.push_str(&text[..most]);
        }
    }

    fn end(&mut self, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        if self.skipped > 0 {
            self.skipped -= 1;
            if self.skipped == 0 {
                self.label();
            }
        } else {
            self.open.pop();
        }
    }
}
