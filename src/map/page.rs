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

/// A tag so long is copied in one go.
const TAG: usize = 32;
/// A value so long is copied in one go.
const VALUE: usize = 16;
/// A line break and blanks so long are copied in one go.
const INDENT: usize = 32;

/// The tags of a side, by field.
pub(super) struct Tags(Vec<Tag>);

struct Tag {
    open: [u8; TAG],
    close: [u8; TAG],
    /// Length of the name.
    len: usize,
    order: u32,
    again: bool,
    attribute: bool,
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
        let tags = side.fields.iter().map(|field| {
            let name = field.name.as_bytes();
            let (mut open, mut close) = ([0; TAG], [0; TAG]);
            if name.len() + 3 <= TAG {
                open[0] = b'<';
                open[1..=name.len()].copy_from_slice(name);
                open[name.len() + 1] = b'>';
                close[..2].copy_from_slice(b"</");
                close[2..name.len() + 2].copy_from_slice(name);
                close[name.len() + 2] = b'>';
            }
            Tag {
                open,
                close,
                len: name.len(),
                order: field.order,
                again: field.again,
                attribute: field.attribute,
            }
        });
        Self(tags.collect())
    }
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

    fn element(&mut self, tags: &Tags, tree: &Tree, at: u32, depth: usize) -> Result<()> {
        let node = tree.get(at);
        let tag = &tags.0[node.field as usize];
        let text = tree.text(at).unwrap_or_default();
        if node.first == NONE
            && let Some(written) = self.leaf(tag, text, node.plain, tree.tail(at), depth)
        {
            self.buffer.advance(written);
            if let Some(along) = self.along() {
                along.leaf(node.field, text, node.plain);
            }
            return self.hand_on();
        }
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
        let short = tag.len + 3 <= TAG && (1..INDENT / 2).contains(&depth);
        if short && any && bare {
            self.on_line(&tag.open, tag.len + 2, depth);
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
            self.children(tags, tree, at, in_order, depth + 1)?;
            if let Some(along) = self.along() {
                along.close_around(text);
            }
            if short {
                self.on_line(&tag.close, tag.len + 3, depth);
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
        depth: usize,
    ) -> Result<()> {
        let is_attribute = |at: u32| tags.0[tree.get(at).field as usize].attribute;
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
    fn on_line(&mut self, tag: &[u8; TAG], len: usize, depth: usize) {
        let behind = 1 + depth * 2;
        let room = self.buffer.room(INDENT + TAG);
        if let (Some(line), Some(blanks)) = (room.first_chunk_mut::<INDENT>(), LINE.first_chunk()) {
            *line = *blanks;
        }
        if let Some(place) = room[behind..].first_chunk_mut::<TAG>() {
            *place = *tag;
        }
        self.buffer.advance(behind + len);
    }

    /// Writes an element without children behind what was gathered, where its tags are short and its
    /// value, with which `tail` begins, needs no escapes; gives the length.
    #[inline]
    fn leaf(
        &mut self,
        tag: &Tag,
        text: &str,
        plain: bool,
        tail: &[u8],
        depth: usize,
    ) -> Option<usize> {
        let odd = |any: bool, byte: u8| any | is_special(byte, false);
        let short = tag.len + 3 <= TAG && (1..INDENT / 2).contains(&depth);
        if !short || text.is_empty() || !plain && text.bytes().fold(false, odd) {
            return None;
        }
        let len = text.len();
        let room = self.buffer.room(INDENT + 2 * TAG + len + VALUE);
        let mut at = 1 + depth * 2;
        *room.first_chunk_mut::<INDENT>()? = *LINE.first_chunk()?;
        *room[at..].first_chunk_mut::<TAG>()? = tag.open;
        at += tag.len + 2;
        match tail.first_chunk::<VALUE>() {
            Some(first) if len <= VALUE => *room[at..].first_chunk_mut()? = *first,
            _ => room[at..at + len].copy_from_slice(text.as_bytes()),
        }
        at += len;
        *room[at..].first_chunk_mut::<TAG>()? = tag.close;
        Some(at + tag.len + 3)
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
