//! Writes trees of a message in XML straight as text, an element a line.
//!
//! The bytes are those that [`crate::convert`] writes of the events of the same tree; here tags are made
//! once, and no one is told of single elements.

use std::io::Write;
use std::rc::Rc;

use super::emit::sorted;
use super::side::{FieldId, Side};
use super::target::{NONE, Tree};
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
    /// be that of one that is finished.
    pub(super) fn new(
        side: &'s Side,
        tags: Rc<Tags>,
        out: Box<dyn Write + 's>,
        mut buffer: Buffer,
        mut along: Option<Box<Along<'s>>>,
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
        }
    }

    /// What it was gathered in and held against, for the next.
    pub(super) fn into_parts(self) -> (Buffer, Option<Box<Along<'s>>>) {
        (self.buffer, self.along)
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
        match self.buffer.is_full() {
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
            self.buffer.escaped(text, false);
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
        let is_attribute =
            |at: u32| !bare && tags.0[tree.get(at).field as usize].attribute;
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
                self.buffer.escaped(text, true);
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
