//! The values of an XML document or flat file and where they stand.

use crate::Result;
use crate::finding::Finding;
use crate::flat::{Piece, Pieces, Reading};
use crate::lines::LineCounter;
use crate::span::{LineColumn, Span};
use crate::xml::{self, Handler, Scene};

/// An element, attribute, record or field.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Local name; `@name` of an attribute, `R_10` of a record, `F_2` of a field.
    pub(super) name: Box<str>,
    pub(super) text: String,
    pub(super) span: Span,
    pub(super) at: LineColumn,
    pub(super) children: Vec<Node>,
}

impl Node {
    /// The nodes at a path from here on: names, and `*` for any, also none, between two others.
    pub(super) fn find<'n>(&'n self, path: &str, each: &mut dyn FnMut(&'n Node)) {
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        if name == "*" {
            for child in &self.children {
                child.find(path, each);
            }
            return self.find(rest, each);
        }
        for child in self.children.iter().filter(|child| *child.name == *name) {
            match rest {
                "" => each(child),
                rest => child.find(rest, each),
            }
        }
    }

    /// The first of the nodes at a path that has a text.
    pub(super) fn first(&self, path: &str) -> Option<&Node> {
        let mut found: Option<&Node> = None;
        self.find(path, &mut |node| {
            if !node.text.trim().is_empty() {
                found.get_or_insert(node);
            }
        });
        found
    }
}

/// A document as a node whose one child is the root.
pub(super) fn of_document(input: &[u8], options: &xml::Options) -> Result<Node> {
    let mut build = Build {
        open: vec![Node::default()],
    };
    let mut none = |_: Finding| {};
    xml::read_slice(input, options, &mut build, &mut none)?;
    while build.open.len() > 1 {
        build.close(input.len() as u64);
    }
    Ok(build.open.pop().unwrap_or_default())
}

struct Build {
    open: Vec<Node>,
}

impl Build {
    fn close(&mut self, end: u64) {
        if self.open.len() > 1
            && let Some(mut node) = self.open.pop()
        {
            node.span = Span::new(node.span.start, end.saturating_sub(node.span.start));
            if let Some(around) = self.open.last_mut() {
                around.children.push(node);
            }
        }
    }
}

impl Handler for Build {
    fn start(&mut self, start: &xml::Start<'_>, scene: &mut Scene<'_, '_>) {
        let (at, len) = start.place();
        let place = scene.remember(at, len);
        let attributes = start.attributes().map(|(name, value)| Node {
            name: format!("@{name}").into(),
            text: value.to_owned(),
            span: place.span,
            at: place.at,
            children: Vec::new(),
        });
        self.open.push(Node {
            name: start.local().into(),
            text: String::new(),
            span: place.span,
            at: place.at,
            children: attributes.collect(),
        });
    }

    fn text(&mut self, text: &str, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        if let Some(open) = self.open.last_mut() {
            open.text.push_str(text);
        }
    }

    fn end(&mut self, at: u64, len: u64, scene: &mut Scene<'_, '_>) {
        let end = scene.remember(at, len).span.end();
        self.close(end);
    }
}

/// A flat file as a node whose children are its records.
pub(super) fn of_records(input: &[u8], reading: &Reading) -> Node {
    let mut root = Node::default();
    let mut lines = LineCounter::new(0);
    lines.set_counting(reading.charset.counter());
    let mut counted = 0;
    for piece in Pieces::new(input, reading.options.clone()) {
        let Piece::Record(record) = piece else {
            continue;
        };
        if record.content().is_empty() {
            continue;
        }
        let mut locate = |offset: u64| {
            let to = usize::try_from(offset)
                .unwrap_or(usize::MAX)
                .min(input.len());
            lines.advance(&input[counted..to.max(counted)]);
            counted = to.max(counted);
            lines.at()
        };
        let text = |bytes: &[u8]| reading.charset.decode_lossy(bytes).into_owned();
        let at = locate(record.offset());
        let mut node = Node {
            name: format!("R_{}", text(record.id())).into(),
            text: String::new(),
            span: Span::new(record.offset(), record.content().len() as u64),
            at,
            children: Vec::new(),
        };
        for (number, field) in record.fields().enumerate().skip(1) {
            node.children.push(Node {
                name: format!("F_{}", number + 1).into(),
                text: text(&field.value()),
                span: Span::new(field.offset, field.raw.len() as u64),
                at: locate(field.offset),
                children: Vec::new(),
            });
        }
        root.children.push(node);
    }
    root
}
