//! The message that is being made: a tree of what rows have written so far.

use std::hash::{Hash, Hasher};

use super::side::FieldId;
use crate::expr::Spot;

pub(super) const NONE: u32 = u32::MAX;

/// A group, element or value that is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) field: FieldId,
    /// What tells it from others of its field: a hash of its selector, 0 for none.
    pub(super) which: u32,
    pub(super) parent: u32,
    pub(super) first: u32,
    last: u32,
    next: u32,
    text: (u32, u32),
    has_text: bool,
    /// Its value is printable ASCII that needs no escapes in XML.
    pub(super) plain: bool,
    /// It was handed on.
    pub(super) done: bool,
}

/// A place of the tree where nothing stands yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Free {
    pub(super) parent: u32,
    pub(super) field: FieldId,
    pub(super) which: u32,
}

impl Node {
    #[inline]
    const fn new(parent: u32, field: FieldId, which: u32) -> Self {
        Self {
            field,
            which,
            parent,
            first: NONE,
            last: NONE,
            next: NONE,
            text: (0, 0),
            has_text: false,
            plain: false,
            done: false,
        }
    }

    /// Whether it has a value, which may be empty.
    #[inline]
    pub(super) fn has_value(&self) -> bool {
        self.has_text
    }

    /// How long its value is.
    #[inline]
    pub(super) fn len(&self) -> usize {
        (self.text.1 - self.text.0) as usize
    }
}

/// Nodes to be written again below a group, with those values that are always the same.
#[derive(Debug, Default)]
pub(super) struct Stencil {
    /// The group first.
    nodes: Vec<Node>,
    /// Which of them have such a value.
    constants: Vec<u32>,
    text: String,
}

impl Stencil {
    /// Whether a field stands below a node.
    pub(super) fn has(&self, parent: u32, field: FieldId) -> bool {
        let mut nodes = self.nodes.iter();
        nodes.any(|node| node.parent == parent && node.field == field)
    }

    /// Bytes in use once it is written.
    pub(super) fn bytes(&self) -> usize {
        self.nodes.len() * size_of::<Node>() + self.text.len()
    }
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Origin {
    /// The node of the tree.
    pub(super) node: u32,
    /// The fact it was made of, and where that stands.
    pub(super) fact: Option<crate::expr::NodeId>,
    pub(super) spot: Spot,
    pub(super) line: u32,
}

/// A tree of [`Node`]s; 0 is the message.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    text: String,
}

/// What a selector is told from others by.
pub(super) fn which(text: &str) -> u32 {
    if text.is_empty() {
        return 0;
    }
    let mut hasher = rustc_hash::FxHasher::default();
    text.hash(&mut hasher);
    (hasher.finish() as u32).max(1)
}

impl Tree {
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.text.clear();
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> &Node {
        &self.nodes[at as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Bytes in use.
    pub(super) fn bytes(&self) -> usize {
        self.nodes.len() * size_of::<Node>() + self.text.len()
    }

    #[inline]
    pub(super) fn add(&mut self, parent: u32, field: FieldId, which: u32) -> u32 {
        self.add_node(parent, Node::new(parent, field, which))
    }

    /// Adds a node with a value: as of [`add`](Self::add) and [`set_value`](Self::set_value).
    #[inline]
    pub(super) fn add_value(&mut self, of: Free, text: &str, plain: bool) -> u32 {
        let begin = self.text.len();
        self.text.push_str(text);
        self.add_stretch(of, (begin, self.text.len()), plain)
    }

    /// Adds a node with a stretch of text: as of [`add`](Self::add) and
    /// [`set_stretch`](Self::set_stretch).
    #[inline]
    pub(super) fn add_stretch(
        &mut self,
        of: Free,
        (begin, end): (usize, usize),
        plain: bool,
    ) -> u32 {
        let node = Node {
            text: (begin as u32, end as u32),
            has_text: true,
            plain,
            ..Node::new(of.parent, of.field, of.which)
        };
        self.add_node(of.parent, node)
    }

    #[inline]
    fn add_node(&mut self, parent: u32, node: Node) -> u32 {
        let at = self.nodes.len() as u32;
        self.nodes.push(node);
        if parent != NONE {
            let last = self.nodes[parent as usize].last;
            match last {
                NONE => self.nodes[parent as usize].first = at,
                last => self.nodes[last as usize].next = at,
            }
            self.nodes[parent as usize].last = at;
        }
        at
    }

    /// The nodes from one on.
    pub(super) fn from(&self, at: u32) -> &[Node] {
        self.nodes.get(at as usize..).unwrap_or_default()
    }

    /// The value of a node, where it has one.
    #[inline]
    pub(super) fn text(&self, at: u32) -> Option<&str> {
        let node = &self.nodes[at as usize];
        let (from, to) = node.text;
        node.has_text
            .then(|| &self.text[from as usize..to as usize])
    }

    /// The value of a node, empty where it has none, and what begins with it: the bytes that happen to
    /// stand behind it too.
    #[inline]
    pub(super) fn value(&self, node: &Node) -> (&str, &[u8]) {
        let (from, to) = (node.text.0 as usize, node.text.1 as usize);
        let text = self.text.get(from..to).unwrap_or_default();
        (text, self.text.as_bytes().get(from..).unwrap_or_default())
    }

    pub(super) fn set_text(&mut self, at: u32, text: &str) {
        let from = self.text.len() as u32;
        self.text.push_str(text);
        let node = &mut self.nodes[at as usize];
        node.text = (from, self.text.len() as u32);
        node.has_text = true;
        node.plain = false;
    }

    /// As [`set_text`](Self::set_text); `plain`: it is printable ASCII that needs no escapes.
    #[inline]
    pub(super) fn set_value(&mut self, at: u32, text: &str, plain: bool) {
        let begin = self.text.len();
        self.text.push_str(text);
        self.set_stretch(at, (begin, self.text.len()), plain);
    }

    /// Where the text ends that was written so far.
    #[inline]
    pub(super) fn end(&self) -> usize {
        self.text.len()
    }

    /// Text that belongs to no node yet is put behind all other.
    pub(super) fn text_mut(&mut self) -> &mut String {
        &mut self.text
    }

    /// The text from `begin` on.
    #[inline]
    pub(super) fn text_from(&self, begin: usize) -> &str {
        &self.text[begin..]
    }

    /// A stretch of text becomes the value of a node; `plain`: it is printable ASCII that needs no escapes.
    #[inline]
    pub(super) fn set_stretch(&mut self, at: u32, (begin, end): (usize, usize), plain: bool) {
        let node = &mut self.nodes[at as usize];
        node.text = (begin as u32, end as u32);
        node.has_text = true;
        node.plain = plain;
    }

    /// What was written from the node `base` on, which stands around it, but for nodes that `skips` names:
    /// as it is written again before anything else stands there. Nodes with values that `made` names come
    /// without them. Gives for each of the nodes where it stands then.
    pub(super) fn stencil(
        &self,
        base: u32,
        skips: impl Fn(u32) -> bool,
        made: impl Fn(u32) -> bool,
    ) -> Option<(Stencil, Vec<u32>)> {
        let mut scratch = Self::default();
        let mut stencil = Stencil::default();
        let mut places: Vec<u32> = Vec::new();
        for (at, node) in (base..).zip(self.from(base)) {
            if skips(at) {
                places.push(NONE);
                continue;
            }
            let parent = match at == base {
                true => NONE,
                false => *places.get(node.parent.checked_sub(base)? as usize)?,
            };
            if at != base && parent == NONE || node.done {
                return None;
            }
            let place = scratch.add(parent, node.field, node.which);
            places.push(place);
            if let Some(text) = self.text(at).filter(|_| !made(at)) {
                scratch.set_value(place, text, node.plain);
                stencil.constants.push(place);
            }
        }
        let id = |at: u32| if at == NONE { NONE } else { at + base };
        for node in &mut scratch.nodes {
            for link in [
                &mut node.parent,
                &mut node.first,
                &mut node.last,
                &mut node.next,
            ] {
                *link = id(*link);
            }
        }
        let places = places.into_iter().map(id).collect();
        (stencil.nodes, stencil.text) = (scratch.nodes, scratch.text);
        Some((stencil, places))
    }

    /// Writes what stood in a node into the last one, which is empty and stands where that did.
    pub(super) fn add_stencil(&mut self, of: &Stencil) {
        let (Some(base), Some((first, others))) = (self.nodes.last_mut(), of.nodes.split_first())
        else {
            return;
        };
        (base.first, base.last) = (first.first, first.last);
        let begin = self.nodes.len() - 1;
        self.nodes.extend_from_slice(others);
        let text = self.text.len() as u32;
        self.text.push_str(&of.text);
        for at in &of.constants {
            if let Some(node) = self.nodes.get_mut(begin + *at as usize) {
                let (from, to) = of.nodes[*at as usize].text;
                node.text = (from + text, to + text);
                (node.has_text, node.plain) = (true, of.nodes[*at as usize].plain);
            }
        }
    }

    pub(super) fn set_done(&mut self, at: u32) {
        self.nodes[at as usize].done = true;
    }

    pub(super) fn children(&self, of: u32) -> impl Iterator<Item = u32> + '_ {
        let first = self.nodes[of as usize].first;
        let some = |at: u32| (at != NONE).then_some(at);
        std::iter::successors(some(first), move |at| some(self.nodes[*at as usize].next))
    }

    /// The child of that field and selector.
    pub(super) fn child(&self, of: u32, field: FieldId, which: u32) -> Option<u32> {
        self.children(of).find(|at| {
            let node = &self.nodes[*at as usize];
            node.field == field && node.which == which
        })
    }

    pub(super) fn mark(&self) -> (usize, usize) {
        (self.nodes.len(), self.text.len())
    }

    /// Gives back what was added since `mark`; of what stays, `parent` is the only one that got
    /// children since then, and its last child before was `last`.
    pub(super) fn release(&mut self, mark: (usize, usize), parent: u32, last: u32) {
        self.nodes.truncate(mark.0);
        self.text.truncate(mark.1);
        if let Some(parent) = self.nodes.get_mut(parent as usize) {
            parent.last = last;
            if last == NONE {
                parent.first = NONE;
            }
        }
        if let Some(last) = self.nodes.get_mut(last as usize) {
            last.next = NONE;
        }
    }

    pub(super) fn last_child(&self, of: u32) -> u32 {
        self.nodes[of as usize].last
    }
}
