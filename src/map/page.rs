//! Writes trees of a message in XML straight as text, an element a line.
//!
//! The bytes are those that [`crate::convert`] writes of the events of the same tree; here tags are made
//! once, and no one is told of single elements.

use std::io::Write;
use std::rc::Rc;

use super::emit::sorted;
use super::side::{FieldId, Side};
use super::target::{NONE, Node, Tree};
use crate::convert::buffer::{Buffer, LINE, is_special};
use crate::convert::event::Sink;
use crate::finding::Finding;
use crate::xml::Along;
use crate::{Error, Result};

/// A line break, blanks and a tag so long are copied in one go.
const LINED: usize = 64;
/// As much of an end tag.
const TAG: usize = 32;
/// A value so long is copied in one go.
const VALUE: usize = 16;
/// An element with a value so short is written inside so many bytes.
const PIECE: usize = LINED + VALUE + TAG;

/// Groups of so many nodes are remembered by their shapes, and so many shapes are.
const MOST_NODES: usize = 4096;
pub(super) const SHAPES: usize = 256;

/// The tags of a side, by field.
pub(super) struct Tags(Vec<Tag>);

struct Tag {
    /// On a line of its own the start tag, and the end tag.
    open: [u8; LINED],
    close_line: [u8; LINED],
    close: [u8; TAG],
    /// How long the tags on their lines are, and the end tag alone; 0 where they are too long.
    open_len: u8,
    close_line_len: u8,
    close_len: u8,
    again: bool,
    attribute: bool,
    order: u32,
}

/// What was written of groups that came again and again: of those of one shape all is the same but the
/// values.
#[derive(Default)]
pub(super) struct Shapes {
    /// By their hashes; a shape is kept when it comes the second time.
    known: Vec<(u64, Option<Box<Shape>>)>,
    /// The shape that came last.
    last: usize,
}

/// A group that was written.
struct Shape {
    field: FieldId,
    /// Those inside.
    nodes: Box<[Part]>,
    /// All that was written but the values.
    bytes: Box<[u8]>,
    holes: Box<[Hole]>,
    /// It was held against the schema and found good.
    held: bool,
}

/// A value of a group.
#[derive(Clone, Copy)]
struct Hole {
    /// Which of the nodes.
    node: u32,
    field: FieldId,
    /// Up to here is written what stands before it.
    until: u32,
    attribute: bool,
    /// Its element has no attributes.
    bare: bool,
}

/// A document that is written.
pub(super) struct Page<'s> {
    side: &'s Side,
    tags: Rc<Tags>,
    out: Box<dyn Write + 's>,
    buffer: Buffer,
    /// The names of the open elements, one after the other, and where each begins.
    names: String,
    begins: Vec<usize>,
    /// The last byte ends a start tag.
    in_tag: bool,
    /// The last thing written was an end tag.
    ended: bool,
    faults: Vec<Finding>,
    /// Holds what is written against its schema.
    along: Option<Box<Along<'s>>>,
    /// The field of what is told next.
    next: Option<FieldId>,
    shapes: Shapes,
    /// The values that were written of a group whose shape is to be kept: its node, and where its values
    /// begin in the buffer and end.
    noted: Option<(u32, Vec<(Hole, usize)>)>,
}

/// What is the same of nodes in groups of one shape.
#[derive(Clone, Copy)]
struct Part {
    field: FieldId,
    parent: u32,
    /// It has a value, which is or is not empty.
    value: (bool, bool),
}

impl Part {
    /// What a node is in a group whose nodes begin at `first`.
    #[inline]
    fn of(node: &Node, first: u32) -> Self {
        Self {
            field: node.field,
            parent: node.parent.wrapping_sub(first),
            value: (node.has_value(), node.len() > 0),
        }
    }

    #[inline]
    fn is(&self, node: &Node, first: u32) -> bool {
        (self.field == node.field)
            & (self.parent.wrapping_add(first) == node.parent)
            & (self.value == (node.has_value(), node.len() > 0))
    }
}

/// A hash of the shape of a group, whose nodes begin at `first`.
fn hash(nodes: &[Node], first: u32) -> u64 {
    let others = nodes.get(1..).unwrap_or_default().iter();
    others.fold(0, |hash: u64, node| {
        let Part {
            field,
            parent,
            value: (is_there, is_long),
        } = Part::of(node, first);
        let value = u64::from(is_there) << 1 | u64::from(is_long);
        let part = u64::from(field) << 32 ^ u64::from(parent) << 2 ^ value;
        (hash.rotate_left(5) ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    })
}

impl Shape {
    /// Whether a group whose nodes begin at `first` has this shape: then how long its values are.
    #[inline]
    fn fits(&self, nodes: &[Node], first: u32) -> Option<usize> {
        let (node, others) = nodes.split_first()?;
        if others.len() != self.nodes.len() || node.field != self.field || node.has_value() {
            return None;
        }
        let mut text = 0;
        for (node, of) in others.iter().zip(&self.nodes) {
            if !of.is(node, first) {
                return None;
            }
            text += node.len();
        }
        Some(text)
    }
}

impl Tags {
    pub(super) fn of(side: &Side) -> Self {
        let mut depths: Vec<usize> = Vec::new();
        let tags = side.fields.iter().enumerate().map(|(at, field)| {
            // What a field stands in comes before it.
            let around = depths.get(field.parent as usize).filter(|_| at > 0);
            let depth = around.map_or(0, |depth| depth + 1);
            depths.push(depth);
            let mut tag = Tag {
                open: [0; LINED],
                close_line: [0; LINED],
                close: [0; TAG],
                open_len: 0,
                close_line_len: 0,
                close_len: 0,
                again: field.again,
                attribute: field.attribute,
                order: field.order,
            };
            let (name, line) = (field.name.as_bytes(), LINE.get(..1 + 2 * depth));
            if depth > 0
                && let Some(line) = line
                && line.len() + name.len() + 3 <= LINED
                && name.len() + 3 <= TAG
            {
                tag.open_len = put(&mut tag.open, &[line, b"<", name, b">"]);
                tag.close_line_len = put(&mut tag.close_line, &[line, b"</", name, b">"]);
                tag.close_len = put(&mut tag.close, &[b"</", name, b">"]);
            }
            tag
        });
        Self(tags.collect())
    }
}

/// Puts pieces, which fit, one behind the other; gives their length.
fn put(to: &mut [u8], pieces: &[&[u8]]) -> u8 {
    let mut at = 0;
    for piece in pieces {
        to[at..at + piece.len()].copy_from_slice(piece);
        at += piece.len();
    }
    at as u8
}

impl<'s> Page<'s> {
    /// A document that is written to `out`, and held against its schema where there is one; `buffer` may
    /// be that of one that is finished, and so may `shapes`.
    pub(super) fn new(
        side: &'s Side,
        tags: Rc<Tags>,
        out: Box<dyn Write + 's>,
        mut buffer: Buffer,
        mut along: Option<Box<Along<'s>>>,
        shapes: Shapes,
    ) -> Self {
        if let Some(along) = &mut along {
            along.begin();
        }
        buffer.cut(0);
        buffer.put(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        Self {
            side,
            tags,
            out,
            buffer,
            names: String::new(),
            begins: Vec::new(),
            in_tag: false,
            ended: false,
            faults: Vec::new(),
            along,
            next: None,
            shapes,
            noted: None,
        }
    }

    /// What it was gathered in and held against, for the next.
    pub(super) fn into_parts(self) -> (Buffer, Option<Box<Along<'s>>>, Shapes) {
        (self.buffer, self.along, self.shapes)
    }

    /// The element or attribute that is told next is of that field.
    pub(super) fn is_of(&mut self, field: FieldId) {
        self.next = Some(field);
    }

    /// What holds against the schema, as long as there is nothing to be said.
    #[inline]
    fn along(&mut self) -> Option<&mut Along<'s>> {
        self.along.as_deref_mut().filter(|along| along.is_good())
    }

    fn hand_on(&mut self) -> Result<()> {
        match self.buffer.is_full() && self.noted.is_none() {
            true => self.buffer.give(&mut self.out),
            false => Ok(()),
        }
    }

    /// Writes a node with all that is in it.
    pub(super) fn whole(&mut self, tree: &Tree, at: u32) -> Result<()> {
        let tags = self.tags.clone();
        self.element(&tags, tree, at, self.begins.len())?;
        (self.in_tag, self.ended) = (false, true);
        Ok(())
    }

    /// As [`whole`](Self::whole), of a group of which many are written, whose nodes are the last of the
    /// tree.
    pub(super) fn unit(&mut self, tree: &Tree, at: u32) -> Result<()> {
        let nodes = tree.from(at);
        let last = self.shapes.last;
        if self.again(last, nodes, tree, at) {
            return self.hand_on();
        }
        let inside = |(nth, node): (usize, &Node)| (node.parent.wrapping_sub(at) as usize) <= nth;
        let mut others = nodes.iter().skip(1).enumerate();
        if nodes.len() > MOST_NODES || tree.get(at).has_value() || !others.all(inside) {
            return self.whole(tree, at);
        }
        if self.shapes.known.is_empty() {
            self.shapes.known.resize_with(SHAPES, Default::default);
        }
        let hash = hash(nodes, at);
        let slot = (hash >> 32) as usize % SHAPES;
        let (of, shape) = &mut self.shapes.known[slot];
        if *of != hash {
            (*of, *shape) = (hash, None);
            return self.whole(tree, at);
        }
        self.shapes.last = slot;
        if shape.is_none() {
            let shape = self.note(tree, at)?;
            self.shapes.known[slot].1 = shape.map(Box::new);
            return Ok(());
        }
        match slot != last && self.again(slot, nodes, tree, at) {
            true => self.hand_on(),
            false => self.whole(tree, at),
        }
    }

    /// Writes a group, and keeps how it came out.
    fn note(&mut self, tree: &Tree, at: u32) -> Result<Option<Shape>> {
        let begin = self.buffer.len();
        self.noted = Some((at, Vec::new()));
        let was_good = self.along().is_some();
        let written = self.whole(tree, at);
        let noted = self.noted.take();
        written?;
        let shape = noted.and_then(|(_, noted)| {
            let all = self.buffer.from(begin)?;
            let (mut bytes, mut holes, mut from) = (Vec::new(), Vec::new(), begin);
            for (mut hole, end) in noted {
                let value = hole.until as usize;
                bytes.extend_from_slice(all.get(from - begin..value - begin)?);
                hole.until = bytes.len() as u32;
                holes.push(hole);
                from = end;
            }
            bytes.extend_from_slice(all.get(from - begin..)?);
            let (_, others) = tree.from(at).split_first()?;
            Some(Shape {
                field: tree.get(at).field,
                nodes: others.iter().map(|node| Part::of(node, at)).collect(),
                bytes: bytes.into(),
                holes: holes.into(),
                held: was_good && self.along().is_some(),
            })
        });
        self.hand_on()?;
        Ok(shape)
    }

    /// Writes a group as one of a shape was; false, and nothing written, where that cannot be.
    fn again(&mut self, slot: usize, nodes: &[Node], tree: &Tree, at: u32) -> bool {
        let Some((_, Some(shape))) = self.shapes.known.get(slot) else {
            return false;
        };
        let Some(text) = shape.fits(nodes, at) else {
            return false;
        };
        let along = self.along.as_deref_mut();
        let mut along = along.filter(|along| along.is_good());
        let held = |along: &&mut Along<'s>| shape.held && along.is_inside();
        if along.as_ref().is_some_and(|along| !held(along)) {
            return false;
        }
        let room = self.buffer.room(shape.bytes.len() + text + VALUE);
        let (mut from, mut to) = (0, 0);
        for hole in &shape.holes {
            let Some(node) = nodes.get(hole.node as usize) else {
                return false;
            };
            let (text, tail) = tree.value(node);
            let odd = |any: bool, byte: u8| any | is_special(byte, hole.attribute);
            if (!node.plain || hole.attribute) && text.bytes().fold(false, odd) {
                return false;
            }
            let until = hole.until as usize;
            let value = to + (until - from);
            room[to..value].copy_from_slice(&shape.bytes[from..until]);
            (from, to) = (until, value + text.len());
            match (room[value..].first_chunk_mut::<VALUE>(), tail.first_chunk()) {
                (Some(place), Some(first)) if text.len() <= VALUE => *place = *first,
                _ => room[value..to].copy_from_slice(text.as_bytes()),
            }
            if let Some(along) = &mut along {
                match hole.attribute {
                    true => along.attribute_again(hole.field, text),
                    false => along.value_again(hole.field, text, node.plain && hole.bare),
                }
            }
        }
        let rest = &shape.bytes[from..];
        room[to..to + rest.len()].copy_from_slice(rest);
        if let Some(along) = along {
            along.again(tree.get(at).field);
        }
        self.buffer.advance(to + rest.len());
        (self.in_tag, self.ended) = (false, true);
        true
    }

    /// A value was written, from `begin` on; what was written of it ends where the buffer does.
    #[inline]
    fn noted(&mut self, node: u32, field: FieldId, len: usize, begin: usize, attribute: bool) {
        let end = self.buffer.len();
        if let Some((first, noted)) = &mut self.noted {
            let hole = Hole {
                node: node - *first,
                field,
                until: begin as u32,
                attribute,
                bare: false,
            };
            noted.push((hole, end));
            // What was escaped is no value as it stands.
            if end - begin != len {
                self.noted = None;
            }
        }
    }

    #[inline]
    fn element(&mut self, tags: &Tags, tree: &Tree, at: u32, depth: usize) -> Result<()> {
        let node = tree.get(at);
        if node.first != NONE {
            return self.around(tags, tree, at, depth);
        }
        let tag = &tags.0[node.field as usize];
        let (text, tail) = tree.value(node);
        let Some(written) = self.leaf(tag, text, node.plain, tail) else {
            return self.around(tags, tree, at, depth);
        };
        if let Some((first, noted)) = &mut self.noted {
            let begin = self.buffer.len() + usize::from(tag.open_len);
            let hole = Hole {
                node: at - *first,
                field: node.field,
                until: begin as u32,
                attribute: false,
                bare: true,
            };
            noted.push((hole, begin + text.len()));
        }
        self.buffer.advance(written);
        if let Some(along) = self.along() {
            along.leaf(node.field, text, node.plain);
        }
        self.hand_on()
    }

    /// Writes an element that is not written as [`leaf`](Self::leaf).
    fn around(&mut self, tags: &Tags, tree: &Tree, at: u32, depth: usize) -> Result<()> {
        let node = tree.get(at);
        let tag = &tags.0[node.field as usize];
        let (text, _) = tree.value(node);
        if let Some(along) = self.along() {
            along.open(node.field);
        }
        // Attributes first; whether the others stand in their order is seen on the way.
        let (mut last, mut any, mut bare, mut in_order) = (0, false, true, true);
        for child in tree.children(at) {
            let tag = &tags.0[tree.get(child).field as usize];
            if tag.attribute {
                bare = false;
                continue;
            }
            any = true;
            in_order &= !tag.again && tag.order >= last;
            last = tag.order;
        }
        let name: &'s str = &self.side.get(node.field).name;
        let short = tag.open_len > 0;
        if short && any && bare {
            self.on_line(&tag.open, tag.open_len);
        } else {
            if depth > 0 {
                self.buffer.line(depth);
            }
            self.buffer.put(b"<");
            self.buffer.put(name.as_bytes());
            if !bare {
                self.attributes(tags, tree, at);
            }
            if !any && text.is_empty() {
                self.buffer.put(b"/>");
                if let Some(along) = self.along() {
                    along.close();
                }
                return self.hand_on();
            }
            self.buffer.put(b">");
        }
        if !text.is_empty() {
            let begin = self.buffer.len();
            self.buffer.escaped(text, false);
            self.noted(at, node.field, text.len(), begin, false);
        }
        if any {
            self.children(tags, tree, at, in_order, bare, depth + 1)?;
            if let Some(along) = self.along() {
                along.close_around(text);
            }
            if short {
                self.on_line(&tag.close_line, tag.close_line_len);
                return self.hand_on();
            }
            self.buffer.line(depth);
        } else if let Some(along) = self.along() {
            along.close_with(text);
        }
        self.buffer.put(b"</");
        self.buffer.put(name.as_bytes());
        self.buffer.put(b">");
        self.hand_on()
    }

    fn children(
        &mut self,
        tags: &Tags,
        tree: &Tree,
        of: u32,
        in_order: bool,
        bare: bool,
        depth: usize,
    ) -> Result<()> {
        let is_attribute = |at: u32| !bare && tags.0[tree.get(at).field as usize].attribute;
        if in_order {
            for child in tree.children(of) {
                if !is_attribute(child) {
                    self.element(tags, tree, child, depth)?;
                }
            }
            return Ok(());
        }
        let mut children = Vec::new();
        sorted(self.side, tree, of, None, &mut children);
        for child in children {
            if !is_attribute(child) {
                self.element(tags, tree, child, depth)?;
            }
        }
        Ok(())
    }

    fn attributes(&mut self, tags: &Tags, tree: &Tree, of: u32) {
        for child in tree.children(of) {
            let field = tree.get(child).field;
            if !tags.0[field as usize].attribute {
                continue;
            }
            if let Some(text) = tree.text(child) {
                let name: &'s str = &self.side.get(field).name;
                self.buffer.put(b" ");
                self.buffer.put(&name.as_bytes()[1..]);
                self.buffer.put(b"=\"");
                let begin = self.buffer.len();
                self.buffer.escaped(text, true);
                self.noted(child, field, text.len(), begin, true);
                self.buffer.put(b"\"");
                if let Some(along) = self.along() {
                    along.attribute(field, text);
                }
            }
        }
    }

    /// A short tag on a line of its own.
    #[inline]
    fn on_line(&mut self, tag: &[u8; LINED], len: u8) {
        if let Some(room) = self.buffer.room(LINED).first_chunk_mut() {
            *room = *tag;
        }
        self.buffer.advance(usize::from(len));
    }

    /// Writes an element without children behind what was gathered, where its tags are short and its
    /// value, with which `tail` begins, needs no escapes; gives the length.
    #[inline]
    fn leaf(&mut self, tag: &Tag, text: &str, plain: bool, tail: &[u8]) -> Option<usize> {
        let odd = |any: bool, byte: u8| any | is_special(byte, false);
        let len = text.len();
        if tag.open_len == 0 || len == 0 || !plain && text.bytes().fold(false, odd) {
            return None;
        }
        let room = self.buffer.room(PIECE + len);
        // The masks change nothing; with them the compiler sees that all stays inside.
        let begin = usize::from(tag.open_len) & (2 * LINED - 1);
        let close_len = usize::from(tag.close_len);
        let (Some(piece), Some(first)) = (room.first_chunk_mut::<PIECE>(), tail.first_chunk())
        else {
            return self.long_leaf(tag, text);
        };
        if len > VALUE || begin > LINED {
            return self.long_leaf(tag, text);
        }
        *piece.first_chunk_mut::<LINED>()? = tag.open;
        *piece[begin..].first_chunk_mut::<VALUE>()? = *first;
        *piece[begin + len..].first_chunk_mut::<TAG>()? = tag.close;
        Some(begin + len + close_len)
    }

    /// As [`leaf`](Self::leaf), of a longer value.
    #[inline]
    fn long_leaf(&mut self, tag: &Tag, text: &str) -> Option<usize> {
        let (begin, len) = (usize::from(tag.open_len), text.len());
        let room = self.buffer.room(PIECE + len);
        *room.first_chunk_mut::<LINED>()? = tag.open;
        room[begin..begin + len].copy_from_slice(text.as_bytes());
        *room[begin + len..].first_chunk_mut::<TAG>()? = tag.close;
        Some(begin + len + usize::from(tag.close_len))
    }
}

impl Sink for Page<'_> {
    fn start(&mut self, name: &str, _: bool) -> Result<()> {
        let field = self.next.take();
        if let Some(along) = self.along() {
            match field {
                Some(field) => along.open(field),
                None => along.give_up(),
            }
        }
        if !self.begins.is_empty() {
            self.buffer.line(self.begins.len());
        }
        self.buffer.put(b"<");
        self.buffer.put(name.as_bytes());
        self.buffer.put(b">");
        self.begins.push(self.names.len());
        self.names.push_str(name);
        (self.in_tag, self.ended) = (true, false);
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        let field = self.next.take();
        if let Some(along) = self.along() {
            match field {
                Some(field) => along.attribute(field, value),
                // The namespace of the document is that of the schema.
                None if name == "xmlns" => {}
                None => along.give_up(),
            }
        }
        self.buffer.pop();
        self.buffer.put(b" ");
        self.buffer.put(name.as_bytes());
        self.buffer.put(b"=\"");
        self.buffer.escaped(value, true);
        self.buffer.put(b"\">");
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        self.in_tag &= text.is_empty();
        if let Some(along) = self.along() {
            along.text(text);
        }
        self.buffer.escaped(text, false);
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let begin = self.begins.pop().unwrap_or(0);
        if let Some(along) = self.along() {
            along.close();
        }
        if self.in_tag {
            self.buffer.pop();
            self.buffer.put(b"/>");
            self.in_tag = false;
        } else {
            if self.ended {
                self.buffer.line(self.begins.len());
            }
            let names = std::mem::take(&mut self.names);
            self.buffer.put(b"</");
            self.buffer.put(&names.as_bytes()[begin..]);
            self.buffer.put(b">");
            self.names = names;
        }
        self.ended = true;
        self.names.truncate(begin);
        self.hand_on()
    }

    fn faults(&mut self) -> &mut Vec<Finding> {
        &mut self.faults
    }

    fn finish(&mut self) -> Result<()> {
        self.buffer.put(b"\n");
        self.buffer.give(&mut self.out)?;
        let flushed = self.out.flush();
        flushed.map_err(|error| Error::io("output", error))
    }
}
