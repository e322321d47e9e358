//! Takes the events of a source into facts: what the program wants as values, all else as counts.

use super::program::{NONE, Program};
use super::run::Run;
use super::segment::Segments;
use super::side::Of;
use super::unread::Unread;
use crate::Result;
use crate::convert::event::Sink;
use crate::convert::names::{Layout, Name};
use crate::edifact::Segment;
use crate::expr::{Mark, NodeId, Spot};
use crate::finding::{Code, Finding};
use crate::span::{LineColumn, Span};

/// Elements within each other at most.
pub(super) const DEEPEST: usize = 4096;

/// What is open of the source.
#[derive(Default)]
pub(super) struct Gather {
    pub(super) frames: Vec<Open>,
    /// How many open elements are passed over.
    pub(super) passed: u32,
    /// Containers around the message.
    around: u32,
    /// Elements that are open in a flat file.
    depth: u32,
    text: String,
    pub(super) spot: Spot,
    pub(super) unread: Unread,
    /// How segments are taken.
    pub(super) segments: Segments,
    message: Option<(Mark, usize)>,
    /// Where the message begins.
    begin: u64,
    unit: Option<(Mark, usize)>,
    /// Records that are open, by their numbers in the layout.
    records: Vec<usize>,
    envelope: bool,
    pub(super) signed: bool,
    pub(super) full: bool,
    faults: Vec<Finding>,
}

/// An open element of the source.
#[derive(Clone, Copy)]
pub(super) struct Open {
    /// The wanted node; `NONE` where it is not wanted.
    pub(super) node: u32,
    /// Its slot; where it is not wanted the wanted node around it.
    pub(super) slot: u32,
    pub(super) fact: Option<NodeId>,
    pub(super) unwanted: u32,
    text: usize,
    spot: Spot,
}

/// A run and what is open of its source.
pub(super) struct Reading<'a, 'r, 'o> {
    pub(super) run: &'a mut Run<'r, 'o>,
    pub(super) gather: Gather,
    pub(super) program: &'r Program,
}

impl<'r, 'o: 'r> Reading<'_, 'r, 'o> {
    /// The fact of an open element, made with those around it.
    #[inline]
    pub(super) fn fact(&mut self, at: usize) -> NodeId {
        match self.gather.frames[at].fact {
            Some(fact) => fact,
            None => self.make_fact(at),
        }
    }

    #[inline(never)]
    fn make_fact(&mut self, at: usize) -> NodeId {
        let open = self.gather.frames[at];
        let parent = match at {
            0 => self.root(),
            at => self.fact(at - 1),
        };
        let slots = self.program.wanted.nodes[open.node as usize].children.len();
        let work = &mut self.run.work;
        let fact = work.facts.open(parent, open.slot, slots as u32, open.spot);
        self.gather.frames[at].fact = Some(fact);
        fact
    }

    /// The record of the message, made if it is not there.
    fn root(&mut self) -> NodeId {
        let work = &mut self.run.work;
        if let Some(root) = work.root {
            return root;
        }
        work.facts.clear();
        work.read.clear();
        let slots = self.program.wanted.nodes[0].children.len();
        let root = work.facts.root(slots as u32);
        work.read.push(true);
        work.root = Some(root);
        root
    }

    #[inline]
    fn value(&mut self, parent: NodeId, node: u32, slot: u32, text: &str, spot: Spot) {
        let facts = &mut self.run.work.facts;
        match self.program.wanted.nodes[node as usize].comma && text.contains(',') {
            true => facts.value(parent, slot, &text.replace(',', "."), spot),
            false => facts.value(parent, slot, text, spot),
        };
    }

    fn begin_message(&mut self, spot: Spot) {
        let root = self.root();
        self.gather.signed = false;
        self.gather.full = false;
        self.gather.begin = spot.span.start;
        let facts = &self.run.work.facts;
        self.gather.message = Some((facts.mark(), facts.count()));
        self.run.begin(root);
        self.gather.frames.push(Open {
            node: 0,
            slot: 0,
            fact: Some(root),
            unwanted: NONE,
            text: self.gather.text.len(),
            spot,
        });
    }

    fn end_message(&mut self) -> Result<()> {
        let Some((mark, count)) = self.gather.message.take() else {
            return Ok(());
        };
        if self.gather.signed {
            let spot = self.gather.spot;
            let mut finding = Finding::new(Code::MAP_SIGNATURE, spot.span);
            finding.at = spot.at;
            self.run.work.outbox.tell(finding);
        }
        let root = self.run.work.root;
        match std::mem::take(&mut self.gather.full) || self.run.work.full.is_some() {
            true => self.run.give_up()?,
            false => self.run.end(count)?,
        }
        if let Some(reason) = &self.program.unsigned {
            let (en, zh) = super::run::reasons(reason);
            let spot = self.gather.spot;
            let finding = Finding::new(Code::MAP_UNSIGNED, Span::at(spot.span.start));
            let mut finding = finding.with("reason", en).with("reason_zh", zh);
            finding.at = spot.at;
            self.run.work.outbox.tell(finding);
        }
        let work = &mut self.run.work;
        work.facts.release(mark);
        work.read.truncate(count);
        // What the interchange says stays for its other messages.
        work.root = root.filter(|_| self.gather.envelope);
        Ok(())
    }

    /// An element outside messages.
    fn outside(&mut self, name: &str) -> Result<()> {
        let spot = self.gather.spot;
        let is_message = match &self.program.source.of {
            Of::Edifact { message, .. } => {
                if name == "List" {
                    self.gather.around += 1;
                    return Ok(());
                }
                if matches!(name, "S_UNB" | "S_UNG") {
                    if name == "S_UNB" {
                        self.run.end_interchange()?;
                        self.run.work.root = None;
                    }
                    self.gather.envelope = true;
                    let root = self.root();
                    return self.inside(root, 0, NONE, name);
                }
                if name.starts_with("S_") || name == "b:Una" {
                    self.gather.passed = 1;
                    return Ok(());
                }
                name.strip_prefix("M_") == Some(message)
            }
            Of::Flat(layout) => {
                let _ = layout;
                if name == "b:Flat" {
                    self.gather.depth = 1;
                    true
                } else {
                    false
                }
            }
            Of::Xml(_) => *name == *self.program.source.get(0).name,
        };
        if is_message {
            self.begin_message(spot);
            return Ok(());
        }
        self.gather.passed = 1;
        // What is no message was told by the reader.
        if matches!(name, "b:Skipped" | "b:Object") {
            return Ok(());
        }
        let found = name.strip_prefix("M_").unwrap_or(name);
        let mut finding = Finding::new(Code::MAP_OTHER_MESSAGE, spot.span)
            .with_content("found", found)
            .with("expected", &self.program.source.name);
        finding.at = spot.at;
        self.run.work.outbox.tell(finding);
        Ok(())
    }

    /// An element inside one that is open (or the record of the message).
    #[inline]
    fn inside(&mut self, root: NodeId, node: u32, unwanted: u32, name: &str) -> Result<()> {
        let spot = self.gather.spot;
        let text = self.gather.text.len();
        let mut open = Open {
            node: NONE,
            slot: 0,
            fact: None,
            unwanted: NONE,
            text,
            spot,
        };
        if unwanted == NONE
            && let Some((slot, child)) = self.program.wanted.child(node, name)
        {
            (open.node, open.slot) = (child, slot);
            let of = &self.program.wanted.nodes[child as usize];
            let eager = of.eager && !of.children.is_empty()
                || self.run.streams() == Some(child)
                || of.is_loop;
            if eager {
                let parent = match self.gather.frames.len() {
                    0 => root,
                    len => self.fact(len - 1),
                };
                let slots = of.children.len() as u32;
                let streams = self.run.streams() == Some(child);
                let work = &mut self.run.work;
                if streams {
                    self.gather.unit = Some((work.facts.mark(), work.facts.count()));
                }
                open.fact = Some(work.facts.open(parent, slot, slots, spot));
            }
        } else {
            let service = node == 0 && unwanted == NONE && matches!(name, "S_UNH" | "S_UNT");
            if service || self.gather.frames.len() >= DEEPEST {
                self.gather.passed = 1;
                return Ok(());
            }
            open.unwanted = self.gather.unread.entry(node, unwanted, name);
            // The wanted node around stays known for names further in.
            open.slot = node;
            self.gather.signed |= matches!(name, "SignedInfo" | "S_USH");
        }
        self.gather.frames.push(open);
        Ok(())
    }

    fn begin(&mut self, name: &str) -> Result<()> {
        if self.gather.passed > 0 {
            self.gather.passed += 1;
            return Ok(());
        }
        if matches!(self.program.source.of, Of::Flat(_)) && self.gather.depth > 0 {
            self.gather.depth += 1;
            if self.gather.depth == 2 {
                self.nest(name)?;
            }
        }
        let Some(open) = self.gather.frames.last().copied() else {
            return self.outside(name);
        };
        let root = match open.fact {
            Some(fact) => fact,
            None => self.root(),
        };
        match open.node {
            NONE => self.inside(root, open.slot, open.unwanted, name),
            node => self.inside(root, node, NONE, name),
        }
    }

    /// Closes the records of a flat file that the next does not belong to.
    fn nest(&mut self, name: &str) -> Result<()> {
        let Of::Flat(layout) = &self.program.source.of else {
            return Ok(());
        };
        let id = name.strip_prefix("R_").unwrap_or(name);
        let open = &self.gather.records;
        let depth = |at: usize| {
            let parent = layout.records[at].parent?;
            open.iter().rposition(|held| *held == parent)
        };
        let same = (0..layout.records.len()).filter(|at| *layout.records[*at].id == *id);
        let found = same.max_by_key(|at| depth(*at));
        let stay = found.and_then(depth).map_or(0, |depth| depth + 1);
        while self.gather.records.len() > stay {
            self.gather.records.pop();
            self.end_element()?;
        }
        self.gather.records.push(found.unwrap_or(usize::MAX));
        Ok(())
    }

    /// Takes in the text of an element that ends.
    fn own_text(&mut self, open: Open) {
        let text = std::mem::take(&mut self.gather.text);
        let own = &text[open.text..];
        if open.node == NONE {
            if !own.trim().is_empty() {
                self.gather.unread.count(open.unwanted, || own, open.spot);
            }
        } else if let Some(fact) = open.fact {
            if !own.trim().is_empty() {
                self.run.work.facts.set_text(fact, own);
            }
        } else if self.program.wanted.nodes[open.node as usize]
            .children
            .is_empty()
        {
            let parent = match self.gather.frames.len() {
                0 => self.root(),
                len => self.fact(len - 1),
            };
            self.value(parent, open.node, open.slot, own, open.spot);
        } else if !own.trim().is_empty() {
            self.gather.frames.push(open);
            let at = self.gather.frames.len() - 1;
            let fact = self.fact(at);
            self.gather.frames.pop();
            self.run.work.facts.set_text(fact, own);
        }
        self.gather.text = text;
        self.gather.text.truncate(open.text);
    }

    fn end_element(&mut self) -> Result<()> {
        let Some(open) = self.gather.frames.pop() else {
            return Ok(());
        };
        if self.gather.text.len() > open.text {
            self.own_text(open);
        }
        if open.node == 0 {
            return self.end_message();
        }
        if Some(open.node) == self.run.streams()
            && let Some((mark, count)) = self.gather.unit.take()
            && let Some(fact) = open.fact
        {
            return self.run.unit(fact, mark, count);
        }
        Ok(())
    }
}

impl<'r, 'o: 'r> Sink for Reading<'_, 'r, 'o> {
    fn asks_places(&self) -> bool {
        true
    }

    fn place(&mut self, span: Span, at: LineColumn) {
        let spot = Spot { span, at };
        self.gather.spot = spot;
        if self.gather.message.is_some() && !self.gather.full {
            let end = span.start + span.len;
            let read = end.saturating_sub(self.gather.begin);
            self.gather.full = self.run.is_full(read, spot);
        }
    }

    fn start(&mut self, name: &str, _: bool) -> Result<()> {
        if self.gather.full {
            // The message is passed over; what is open still ends.
            self.gather.passed += 1;
            return Ok(());
        }
        self.begin(name)
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        let skipped = name.starts_with("xmlns")
            || name.starts_with("xml:")
            || name.starts_with("xsi:")
            || name.starts_with("b:");
        if self.gather.passed > 0 || skipped {
            return Ok(());
        }
        let Some(open) = self.gather.frames.last().copied() else {
            return Ok(());
        };
        if name == "tag" && value == "USH" {
            self.gather.signed = true;
        }
        if matches!(self.program.source.of, Of::Flat(_)) {
            return Ok(());
        }
        if value.is_empty() {
            return Ok(());
        }
        let spot = self.gather.spot;
        let full = format!("@{name}");
        if open.node != NONE
            && let Some((slot, child)) = self.program.wanted.child(open.node, &full)
        {
            let at = self.gather.frames.len() - 1;
            let fact = self.fact(at);
            self.value(fact, child, slot, value, spot);
            return Ok(());
        }
        let at = match open.node {
            NONE => self.gather.unread.entry(open.slot, open.unwanted, &full),
            node => self.gather.unread.entry(node, NONE, &full),
        };
        self.gather.unread.count(at, || value, spot);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        if self.gather.passed == 0 && !self.gather.frames.is_empty() {
            self.gather.text.push_str(text);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if self.gather.passed > 0 {
            self.gather.passed -= 1;
            return Ok(());
        }
        if matches!(self.program.source.of, Of::Flat(_)) && self.gather.depth > 0 {
            self.gather.depth -= 1;
            match self.gather.depth {
                // A record stays open: others may belong to it.
                1 => return Ok(()),
                0 => {
                    while self.gather.records.pop().is_some() {
                        self.end_element()?;
                    }
                }
                _ => {}
            }
        }
        if self.gather.frames.is_empty() {
            self.gather.around = self.gather.around.saturating_sub(1);
            return Ok(());
        }
        self.end_element()
    }

    #[inline]
    fn leaf(&mut self, name: &Name, text: &str) -> Result<()> {
        if self.gather.passed > 0 || self.gather.full {
            return Ok(());
        }
        let Some(open) = self.gather.frames.last() else {
            self.start(&name.text, name.many)?;
            self.text(text)?;
            return self.end();
        };
        let (node, slot, unwanted, fact) = (open.node, open.slot, open.unwanted, open.fact);
        let spot = self.gather.spot;
        if node != NONE
            && let Some((slot, child)) = self.program.wanted.child(node, &name.text)
        {
            let of = &self.program.wanted.nodes[child as usize];
            if !of.children.is_empty() || of.is_loop {
                self.start(&name.text, name.many)?;
                self.text(text)?;
                return self.end();
            }
            let fact = match fact {
                Some(fact) => fact,
                None => self.fact(self.gather.frames.len() - 1),
            };
            self.value(fact, child, slot, text, spot);
            return Ok(());
        }
        if text.is_empty() {
            return Ok(());
        }
        let at = match node {
            NONE => self.gather.unread.entry(slot, unwanted, &name.text),
            node => self.gather.unread.entry(node, NONE, &name.text),
        };
        self.gather.unread.count(at, || text, spot);
        Ok(())
    }

    #[inline]
    fn plain_segment(
        &mut self,
        layout: &Layout,
        segment: &Segment<'_>,
        text: Option<&str>,
    ) -> Result<bool> {
        Ok(self.segment(layout, segment, text))
    }

    fn faults(&mut self) -> &mut Vec<Finding> {
        &mut self.gather.faults
    }

    fn finish(&mut self) -> Result<()> {
        self.run.end_interchange()
    }
}
