//! From the tree of the target to events of its syntax: the envelope, the order of the spec, what is
//! counted on the way.

use std::ops::{Deref, DerefMut};

use super::page::Page;
use super::side::{FieldId, Of, Side};
use super::spool::Shared;
use super::target::{NONE, Tree};
use crate::Result;
use crate::convert::event::Sink;
use crate::spec::flat::Counted;
use crate::spec::model::Role;

/// Where what is written goes.
pub(super) enum Out<'s> {
    /// Whoever takes events.
    Events(Box<dyn Sink + 's>),
    /// A document in XML, without events.
    Page(Box<Page<'s>>),
    /// Events are kept.
    Spool(Shared),
}

impl Out<'_> {
    /// The element or attribute that is told next is of that field.
    pub(super) fn is_of(&mut self, field: FieldId) -> Result<()> {
        match self {
            Self::Events(_) => {}
            Self::Page(page) => page.is_of(field),
            Self::Spool(spool) => return spool.is_of(field),
        }
        Ok(())
    }
}

impl<'s> Deref for Out<'s> {
    type Target = dyn Sink + 's;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Events(sink) => &**sink,
            Self::Page(page) => &**page,
            Self::Spool(spool) => spool,
        }
    }
}

impl DerefMut for Out<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Events(sink) => &mut **sink,
            Self::Page(page) => &mut **page,
            Self::Spool(spool) => spool,
        }
    }
}

/// Writes trees of one side.
pub(super) struct Emitter<'s> {
    side: &'s Side,
    pub(super) out: Out<'s>,
    /// Segments or records written of the message.
    pieces: u64,
    /// The same by the id of the record.
    by_id: std::collections::HashMap<FieldId, u64>,
    /// A message is open around which the envelope stands.
    interchange: bool,
    messages: u64,
    reference: String,
    /// The groups that are open, outermost first.
    chain: Vec<u32>,
    scratch: Vec<Vec<u32>>,
    /// Names and occurrences of what is open, where they are asked for.
    pub(super) trail: Option<Trail>,
}

/// The path of what is written.
#[derive(Default)]
pub(super) struct Trail {
    open: Vec<(FieldId, u32)>,
    seen: Vec<std::collections::HashMap<FieldId, u32>>,
    /// Tree node and path of every value.
    pub(super) paths: Vec<(u32, String)>,
}

impl<'s> Emitter<'s> {
    pub(super) fn new(side: &'s Side, out: Out<'s>) -> Self {
        Self {
            side,
            out,
            pieces: 0,
            by_id: std::collections::HashMap::new(),
            interchange: false,
            messages: 0,
            reference: String::new(),
            chain: Vec::new(),
            scratch: Vec::new(),
            trail: None,
        }
    }

    fn is_service(&self, field: FieldId) -> bool {
        matches!(&*self.side.get(field).name, "S_UNB" | "S_UNG") && self.side.get(field).parent == 0
    }

    fn is_trailer(&self, field: FieldId) -> bool {
        matches!(&*self.side.get(field).name, "S_UNE" | "S_UNZ") && self.side.get(field).parent == 0
    }

    /// Opens the groups of `chain` (the message first), and writes what stands in them before the
    /// next; in the last what stands before `field`.
    pub(super) fn open(&mut self, tree: &mut Tree, chain: &[u32], field: FieldId) -> Result<()> {
        self.begin(tree)?;
        for (at, group) in chain.iter().enumerate() {
            if at > 0 || !matches!(self.side.of, Of::Flat(_)) {
                self.start(tree, *group)?;
            }
            self.chain.push(*group);
            tree.set_done(*group);
            let until = match chain.get(at + 1) {
                Some(next) => self.side.get(tree.get(*next).field).order,
                None => self.side.get(field).order,
            };
            self.inside(tree, *group, Some(until))?;
        }
        Ok(())
    }

    /// Writes what is left, and closes what is open.
    pub(super) fn close(&mut self, tree: &mut Tree) -> Result<()> {
        if self.chain.is_empty() {
            self.open_root(tree)?;
        }
        while let Some(group) = self.chain.pop() {
            self.inside(tree, group, None)?;
            if !(self.chain.is_empty() && matches!(self.side.of, Of::Flat(_))) {
                self.end()?;
            }
        }
        Ok(())
    }

    /// The message is written: counting begins again.
    pub(super) fn reset(&mut self) {
        self.pieces = 0;
        self.by_id.clear();
    }

    fn open_root(&mut self, tree: &mut Tree) -> Result<()> {
        self.begin(tree)?;
        if !matches!(self.side.of, Of::Flat(_)) {
            self.start(tree, 0)?;
        }
        self.chain.push(0);
        Ok(())
    }

    /// The message begins: what stands before it.
    fn begin(&mut self, tree: &mut Tree) -> Result<()> {
        match &self.side.of {
            Of::Edifact { .. } => {
                if !self.interchange {
                    self.out.begin_pieces("List", &[])?;
                    self.interchange = true;
                    let header: Vec<u32> = self.sorted(tree, 0, None);
                    for at in header {
                        if self.is_service(tree.get(at).field) {
                            if let Some(found) = self.value_below(tree, at, "D_0020") {
                                self.reference = found;
                            }
                            self.whole(tree, at)?;
                        }
                    }
                }
                self.messages += 1;
                Ok(())
            }
            Of::Flat(layout) => {
                let separators = layout.separators;
                let release = separators.release.unwrap_or(0);
                let hex = format!(
                    "{:02X}{:02X}{release:02X}",
                    separators.field, separators.terminator
                );
                self.out
                    .begin_pieces("b:Flat", &[("separators", hex.as_str())])
            }
            Of::Xml(_) => Ok(()),
        }
    }

    fn value_below(&self, tree: &Tree, at: u32, name: &str) -> Option<String> {
        let of = tree
            .children(at)
            .find(|child| *self.side.get(tree.get(*child).field).name == *name);
        Some(tree.text(of?)?.to_owned())
    }

    /// All messages are written: what stands behind them.
    pub(super) fn finish(&mut self) -> Result<()> {
        if self.interchange {
            if !self.reference.is_empty() {
                self.out.start("S_UNZ", false)?;
                self.leaf("D_0036", &self.messages.to_string())?;
                let reference = std::mem::take(&mut self.reference);
                self.leaf("D_0020", &reference)?;
                self.out.end()?;
            }
            self.out.end_pieces()?;
            (self.interchange, self.messages) = (false, 0);
        }
        Ok(())
    }

    /// The document is written: nothing follows it.
    pub(super) fn end_document(&mut self) -> Result<()> {
        if matches!(self.side.of, Of::Flat(_)) {
            self.out.end_pieces()?;
        }
        Ok(())
    }

    fn leaf(&mut self, name: &str, text: &str) -> Result<()> {
        self.out.start(name, false)?;
        self.out.text(text)?;
        self.out.end()
    }

    fn sorted(&mut self, tree: &Tree, group: u32, until: Option<u32>) -> Vec<u32> {
        let mut children = self.scratch.pop().unwrap_or_default();
        children.clear();
        sorted(self.side, tree, group, until, &mut children);
        children
    }

    fn inside(&mut self, tree: &mut Tree, group: u32, until: Option<u32>) -> Result<()> {
        let children = self.sorted(tree, group, until);
        for at in &children {
            let field = tree.get(*at).field;
            if group == 0 && (self.is_service(field) || self.is_trailer(field)) {
                tree.set_done(*at);
                continue;
            }
            if !self.side.get(field).attribute {
                self.whole(tree, *at)?;
            }
            tree.set_done(*at);
        }
        self.scratch.push(children);
        Ok(())
    }

    /// As [`whole`](Self::whole), of a group of which many are written, whose nodes are the last of the
    /// tree.
    pub(super) fn unit(&mut self, tree: &mut Tree, at: u32) -> Result<()> {
        match &mut self.out {
            Out::Page(page) => page.unit(tree, at),
            _ => self.whole(tree, at),
        }
    }

    /// Writes a node with all that is in it.
    pub(super) fn whole(&mut self, tree: &mut Tree, at: u32) -> Result<()> {
        if let Out::Page(page) = &mut self.out {
            return page.whole(tree, at);
        }
        let field = tree.get(at).field;
        let role = self.side.get(field).role;
        self.start(tree, at)?;
        if let Some(text) = tree.text(at) {
            self.out.text(text)?;
        }
        if role == Role::Record {
            return self.record(tree, at);
        }
        self.inside(tree, at, None)?;
        self.end()
    }

    /// A record: its fields stand in it, its records behind it.
    fn record(&mut self, tree: &mut Tree, at: u32) -> Result<()> {
        let children = self.sorted(tree, at, None);
        let is_field =
            |this: &Self, child: u32| this.side.get(tree.get(child).field).role == Role::Field;
        let (fields, records): (Vec<u32>, Vec<u32>) = children
            .iter()
            .copied()
            .partition(|child| is_field(self, *child));
        let counted = self.counted(tree.get(at).field);
        let written = |this: &Self, number: u16| {
            let name = format!("F_{number}");
            fields
                .iter()
                .any(|child| *this.side.get(tree.get(*child).field).name == *name)
        };
        let mut missing: Vec<(u16, u64)> = counted
            .into_iter()
            .filter(|(number, _)| !written(self, *number))
            .collect();
        missing.sort_unstable();
        let mut missing = missing.into_iter().peekable();
        let number = |this: &Self, child: u32| -> u16 {
            let name = &this.side.get(tree.get(child).field).name;
            name.strip_prefix("F_")
                .and_then(|number| number.parse().ok())
                .unwrap_or(0)
        };
        let mut plan: Vec<(u16, Option<u32>, u64)> = Vec::new();
        for child in &fields {
            let own = number(self, *child);
            while let Some((other, count)) = missing.next_if(|(other, _)| *other < own) {
                plan.push((other, None, count));
            }
            plan.push((own, Some(*child), 0));
        }
        plan.extend(missing.map(|(other, count)| (other, None, count)));
        for (number, child, count) in plan {
            match child {
                // The id is the name of the record.
                Some(_) if number == 1 => {}
                Some(child) => self.whole(tree, child)?,
                None => self.leaf(&format!("F_{number}"), &count.to_string())?,
            }
        }
        self.end()?;
        for child in records {
            self.whole(tree, child)?;
        }
        self.scratch.push(children);
        Ok(())
    }

    /// What the fields of a record count, by their numbers.
    fn counted(&self, field: FieldId) -> Vec<(u16, u64)> {
        let Of::Flat(layout) = &self.side.of else {
            return Vec::new();
        };
        let name = &self.side.get(field).name;
        let id = name.strip_prefix("R_").unwrap_or(name);
        let record = layout.records.iter().find(|record| *record.id == *id);
        let fields = record.into_iter().flat_map(|record| &record.fields);
        let count = |counted: &Counted| match counted {
            Counted::All => self.pieces,
            Counted::Between => self.pieces.saturating_sub(2),
            Counted::Record(id) => {
                let name = format!("R_{id}");
                let same = self.by_id.iter();
                same.filter(|(field, _)| *self.side.get(**field).name == *name)
                    .map(|(_, count)| count)
                    .sum()
            }
        };
        fields
            .filter_map(|field| Some((field.number, count(field.counts.first()?))))
            .collect()
    }

    fn start(&mut self, tree: &mut Tree, at: u32) -> Result<()> {
        let field = tree.get(at).field;
        let side = self.side;
        let of = side.get(field);
        if let Some(trail) = &mut self.trail {
            trail.start(side, field, at, tree.text(at).is_some());
        }
        match &side.of {
            Of::Edifact { message, .. } if at == 0 => {
                return self.out.start(&format!("M_{message}"), true);
            }
            Of::Edifact { .. } if of.role == Role::Segment && !self.is_service(field) => {
                self.pieces += 1;
                if of.parent == 0 && &*of.name == "S_UNT" {
                    let count = self.pieces.to_string();
                    for child in tree.children(at).collect::<Vec<_>>() {
                        if &*side.get(tree.get(child).field).name == "D_0074" {
                            tree.set_text(child, &count);
                        }
                    }
                }
            }
            Of::Flat(_) if of.role == Role::Record => {
                self.pieces += 1;
                *self.by_id.entry(field).or_default() += 1;
            }
            _ => {}
        }
        self.out.is_of(field)?;
        self.out.start(&of.name, of.max != Some(1))?;
        if at == 0
            && let Of::Xml(message) = &side.of
            && let Some(namespace) = message.namespaces.first().filter(|of| !of.is_empty())
        {
            self.out.attribute("xmlns", namespace)?;
        }
        if of.role == Role::Xml || of.role == Role::Message {
            for child in tree.children(at) {
                let attribute = side.get(tree.get(child).field);
                if attribute.attribute {
                    if let Some(text) = tree.text(child) {
                        self.out.is_of(tree.get(child).field)?;
                        self.out.attribute(&attribute.name[1..], text)?;
                    }
                    if let Some(trail) = &mut self.trail {
                        trail.start(side, tree.get(child).field, child, true);
                        trail.end();
                    }
                }
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if let Some(trail) = &mut self.trail {
            trail.end();
        }
        self.out.end()
    }
}

/// Puts the children of a group that were not written into `children`, in the order of the spec; those
/// before `until` only.
pub(super) fn sorted(
    side: &Side,
    tree: &Tree,
    group: u32,
    until: Option<u32>,
    children: &mut Vec<u32>,
) {
    let mut last = 0;
    let mut in_order = true;
    // Of names that stand in several places: how many there are so far, written ones too.
    let mut again: Vec<(FieldId, u32)> = Vec::new();
    let mut places: Vec<(u32, u32)> = Vec::new();
    for at in tree.children(group) {
        let node = tree.get(at);
        let field = side.get(node.field);
        let mut order = field.order;
        if field.again {
            match again.iter_mut().find(|(of, _)| *of == node.field) {
                Some((_, before)) => {
                    *before += 1;
                    order = side.place(node.field, *before);
                }
                None => again.push((node.field, 0)),
            }
            places.push((at, order));
        }
        if node.done || until.is_some_and(|until| order >= until) {
            continue;
        }
        in_order &= order >= last;
        last = order;
        children.push(at);
    }
    if !in_order {
        children.sort_by_key(|at| match places.iter().find(|(of, _)| of == at) {
            Some((_, order)) => *order,
            None => side.get(tree.get(*at).field).order,
        });
    }
}

impl Trail {
    /// What is written next stands in these groups, which are themselves written later.
    pub(super) fn stand_in(&mut self, groups: impl Iterator<Item = FieldId>) {
        if self.open.is_empty() {
            for field in groups {
                self.open.push((field, 1));
                self.seen.push(std::collections::HashMap::new());
            }
        }
    }

    /// The groups around are written now.
    pub(super) fn stand_out(&mut self) {
        self.open.clear();
        self.seen.clear();
    }

    fn start(&mut self, side: &Side, field: FieldId, node: u32, value: bool) {
        let nth = match self.seen.last_mut() {
            Some(seen) => {
                let nth = seen.entry(field).or_default();
                *nth += 1;
                *nth
            }
            None => 1,
        };
        self.open.push((field, nth));
        self.seen.push(std::collections::HashMap::new());
        if value && node != NONE {
            let mut path = String::new();
            for (field, nth) in &self.open {
                if *field == 0 {
                    continue;
                }
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(&side.get(*field).name);
                if *nth > 1 {
                    path.push_str(&format!("[{nth}]"));
                }
            }
            self.paths.push((node, path));
        }
    }

    fn end(&mut self) {
        self.open.pop();
        self.seen.pop();
    }
}
