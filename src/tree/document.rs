//! The tree of an XML document.

use std::collections::HashMap;

use super::Node;
use crate::Result;
use crate::finding::{Sink, Value};
use crate::xml::{Handler, Options, Scene, Start, read_slice};

/// The tree of an XML document: elements and attributes by their names as written, in order.
/// White space between elements is left out. `None` where there is no element. What is wrong with
/// the document goes to `sink`; the tree holds what could be read.
///
/// # Errors
/// When the document cannot be read in its encoding at all.
pub fn of_document(input: &[u8], options: &Options, sink: &mut dyn Sink) -> Result<Option<Node>> {
    let mut build = Build::default();
    read_slice(input, options, &mut build, sink)?;
    while build.open.len() > 1 {
        build.close();
    }
    Ok(build.open.pop().map(|open| open.node).or(build.root))
}

#[derive(Default)]
struct Build {
    open: Vec<Open>,
    root: Option<Node>,
}

struct Open {
    node: Node,
    text: String,
    /// How many children of each name there are.
    names: HashMap<Box<str>, u32>,
}

impl Open {
    /// What was gathered becomes a child, where it stands beside others.
    fn settle(&mut self, last: bool) {
        let text = std::mem::take(&mut self.text);
        let is_blank = text.trim_matches([' ', '\t', '\r', '\n']).is_empty();
        let alone = self.names.is_empty();
        if text.is_empty() || is_blank && !(last && alone) {
            return;
        }
        if last && alone {
            self.node.value = Some(Value::Text(text.into()));
        } else {
            self.add(leaf("#text", text));
        }
    }

    fn add(&mut self, mut node: Node) {
        let count = self.names.entry(node.name.clone()).or_default();
        *count += 1;
        node.occurrence = *count;
        self.node.children.push(node);
    }
}

fn leaf(name: &str, text: String) -> Node {
    Node {
        name: name.into(),
        label: Box::default(),
        occurrence: 1,
        value: Some(Value::Text(text.into())),
        meaning: None,
        children: Vec::new(),
    }
}

impl Build {
    fn close(&mut self) {
        let Some(mut ended) = self.open.pop() else {
            return;
        };
        ended.settle(true);
        match self.open.last_mut() {
            Some(around) => around.add(ended.node),
            None => self.root = self.root.take().or(Some(ended.node)),
        }
    }
}

impl Handler for Build {
    fn start(&mut self, start: &Start<'_>, _: &mut Scene<'_, '_>) {
        if let Some(around) = self.open.last_mut() {
            around.settle(false);
        }
        let attributes = start.attributes();
        let attributes =
            attributes.map(|(name, value)| leaf(&format!("@{name}"), value.to_owned()));
        self.open.push(Open {
            node: Node {
                children: attributes.collect(),
                value: None,
                ..leaf(start.name(), String::new())
            },
            text: String::new(),
            names: HashMap::new(),
        });
    }

    fn text(&mut self, text: &str, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        if let Some(around) = self.open.last_mut() {
            around.text.push_str(text);
        }
    }

    fn end(&mut self, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        self.close();
    }
}
