//! Runs the rows and loops of a program over the facts of a message.

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use super::ast::{At, Fold};
use super::carry::Usual;
use super::codes::OnDay;
use super::course::{Courses, Notes};
use super::find::{Held, Indexes, Lead};
use super::keys::Keys;
use super::outbox::Outbox;
use super::program::{self, BASE, Body, EachOp, Known, Op, Program, RowOp, Source, TotalOp};
use super::side::FieldId;
use super::step::Carried;
use super::target::{Free, NONE, Origin, Tree};
use crate::charset::Charset;
use crate::expr::{Facts, NodeId, Spot, Value};
use crate::finding::{Code, Finding};

/// What is at work on a message.
pub(super) struct Work<'p> {
    pub(super) program: &'p Program,
    pub(super) codes: OnDay<'p>,
    pub(super) facts: Facts,
    /// For every fact whether a row has read it; see [`Work::see`].
    pub(super) read: Vec<bool>,
    pub(super) root: Option<NodeId>,
    pub(super) tree: Tree,
    pub(super) params: Vec<Box<str>>,
    pub(super) names: &'p [Box<str>],
    pub(super) now: Box<str>,
    pub(super) charset: Option<Charset>,
    /// What texts may be written without a closer look.
    pub(super) usual: Usual,
    pub(super) totals: Vec<Decimal>,
    /// Groups of the target written so far, by the group around and their field.
    counts: FxHashMap<(u32, FieldId), u32>,
    /// What is in `counts`, and how many of these outlive the unit at hand.
    counted: Vec<(u32, FieldId)>,
    counted_before: usize,
    keys: Keys,
    /// Of records by the value that a selector asks for: those that stay, and those of the unit.
    pub(super) indexes: [Indexes; 2],
    /// Facts from here on belong to the unit that is at hand.
    pub(super) unit: Option<u32>,
    pub(super) numbers: Vec<i64>,
    /// Of the frames, one after the other, the nodes of their slots.
    pub(super) slots: Vec<u32>,
    /// Of the frames, one after the other, where their chains lead, and where those of the last begin.
    pub(super) held: Vec<Held>,
    pub(super) held_at: usize,
    /// The body of the last.
    pub(super) body: &'p Body,
    /// Lists of nodes that are at hand again.
    pub(super) lists: Vec<Vec<NodeId>>,
    pub(super) outbox: Outbox<'p>,
    pub(super) courses: Courses<'p>,
    /// What is noted for a course of the group at hand.
    pub(super) notes: Option<Box<Notes<'p>>>,
    /// Bytes that facts and tree may take, and the place where they took more.
    pub(super) limit: usize,
    pub(super) full: Option<Spot>,
    /// Origins of values, where they are asked for.
    pub(super) origins: Option<Vec<Origin>>,
    pub(super) bound_params: Value<'static>,
    /// The totals as expressions see them; made when it is asked for.
    pub(super) bound_totals: Option<Value<'static>>,
}

/// A group of the target and what was written below it.
pub(super) struct Frame<'p> {
    pub(super) body: &'p Body,
    pub(super) base: u32,
    /// Where the base is made when something is written into it.
    pub(super) make: Option<(&'p EachOp, usize)>,
    /// Where its slots begin.
    pub(super) slots: usize,
    /// The group of the source.
    pub(super) scope: Option<NodeId>,
    /// The group may hold what another loop wrote.
    pub(super) merges: bool,
}

impl<'p> Work<'p> {
    pub(super) fn new(
        program: &'p Program,
        codes: OnDay<'p>,
        names: &'p [Box<str>],
        outbox: Outbox<'p>,
    ) -> Self {
        Self {
            program,
            codes,
            facts: Facts::new(),
            read: Vec::new(),
            root: None,
            tree: Tree::default(),
            params: Vec::new(),
            names,
            now: "".into(),
            charset: None,
            usual: Usual::of(None),
            totals: vec![Decimal::ZERO; program.totals.len()],
            counts: FxHashMap::default(),
            counted: Vec::new(),
            counted_before: 0,
            keys: Keys::default(),
            indexes: [FxHashMap::default(), FxHashMap::default()],
            unit: None,
            numbers: Vec::new(),
            slots: Vec::new(),
            held: Vec::new(),
            held_at: 0,
            body: &program.body,
            lists: Vec::new(),
            outbox,
            courses: Courses::default(),
            notes: None,
            limit: usize::MAX,
            full: None,
            origins: None,
            bound_params: Value::Null,
            bound_totals: None,
        }
    }

    /// A message begins: its tree is empty.
    pub(super) fn begin(&mut self, params: Vec<Box<str>>) -> Vec<Frame<'p>> {
        self.tree.clear();
        self.tree.add(NONE, 0, 0);
        self.full = None;
        self.totals.fill(Decimal::ZERO);
        self.bound_totals = None;
        self.counts.clear();
        self.counted.clear();
        self.counted_before = 0;
        self.keys.clear();
        self.usual.follow(self.charset);
        self.forget_courses();
        self.forget_unit();
        self.indexes[0].clear();
        self.numbers.clear();
        self.held.clear();
        self.held_at = 0;
        self.body = &self.program.body;
        self.slots.clear();
        let body = &self.program.body;
        self.slots
            .resize(body.slots.len() + body.counters.len(), NONE);
        if let Some(origins) = &mut self.origins {
            origins.clear();
        }
        let text = |text: &str| Value::Text(Cow::Owned(text.to_owned()));
        let both = self.names.iter().zip(&params);
        let pairs: Vec<_> = both
            .map(|(name, value)| (text(name), text(value)))
            .collect();
        self.bound_params = Value::Map(Arc::from(pairs));
        self.params = params;
        vec![Frame {
            body: &self.program.body,
            base: 0,
            make: None,
            slots: 0,
            scope: None,
            merges: false,
        }]
    }

    /// Facts that came since are not read yet: before anything is run.
    pub(super) fn see(&mut self) {
        self.read.resize(self.facts.count(), false);
    }

    /// The node of what is wanted that a fact is of.
    pub(super) fn kind(&self, fact: NodeId) -> u32 {
        match (self.facts.parent(fact), self.facts.slot(fact)) {
            (Some(parent), Some(slot)) => {
                let around = &self.program.wanted.nodes[self.kind(parent) as usize];
                around.children[slot as usize]
            }
            _ => 0,
        }
    }

    /// What was known of a unit is forgotten.
    pub(super) fn forget_unit(&mut self) {
        self.indexes[1].clear();
        let nodes = self.tree.len() as u32;
        let begin = self.counted_before;
        let mut stay = begin;
        for at in begin..self.counted.len() {
            let of = self.counted[at];
            if of.0 < nodes {
                self.counted[stay] = of;
                stay += 1;
            } else {
                self.counts.remove(&of);
            }
        }
        self.counted.truncate(stay);
        self.counted_before = stay;
        self.keys.forget(nodes);
    }

    pub(super) fn run(&mut self, ops: &'p [Op], frames: &mut Vec<Frame<'p>>, scope: NodeId) {
        for op in ops {
            self.op(op, frames, scope);
        }
    }

    /// Runs what is in a loop for the group of the last frame.
    fn inside(&mut self, body: &'p Body, frames: &mut Vec<Frame<'p>>, scope: NodeId) {
        for (op, guard) in body.ops.iter().zip(&body.guards) {
            if *guard != program::NONE
                && let Lead::Nothing = self.lead(*guard)
            {
                continue;
            }
            match op {
                Op::Row(row) => self.row(row, frames, scope),
                _ if self.varies(op) => self.note_loop(op, frames, scope),
                _ => self.op(op, frames, scope),
            }
        }
    }

    pub(super) fn op(&mut self, op: &'p Op, frames: &mut Vec<Frame<'p>>, scope: NodeId) {
        match op {
            Op::Row(row) => {
                self.row(row, frames, scope);
            }
            Op::Each(each) => {
                let lead = match each.chain {
                    program::NONE => Lead::Several,
                    chain => self.lead(chain),
                };
                match lead {
                    Lead::Nothing => return self.mark_beginning(each.chain),
                    Lead::One(node) => {
                        self.mark_chain(each.chain);
                        let wanted = &self.program.wanted.nodes[each.from.node as usize];
                        self.read[node.index()] |= wanted.children.is_empty();
                        return self.each(each, node, frames, &mut 0);
                    }
                    Lead::Several => {}
                }
                let mut found = self.lists.pop().unwrap_or_default();
                self.all(&each.from, scope, &mut found);
                let mut number = 0;
                for node in found.drain(..) {
                    self.each(each, node, frames, &mut number);
                }
                self.lists.push(found);
            }
            Op::Total(total) => self.total(total, scope),
            Op::Known(known) => self.known(known, scope),
        }
    }

    #[inline]
    fn row(&mut self, row: &'p RowOp, frames: &mut Vec<Frame<'p>>, scope: NodeId) {
        if !(row.copies && self.copy(row, frames, scope)) {
            self.change(row, frames, scope);
        }
    }

    #[inline(never)]
    fn change(&mut self, row: &'p RowOp, frames: &mut Vec<Frame<'p>>, scope: NodeId) {
        if self.quick(row, frames, scope) {
            return;
        }
        if let Some((text, origin)) = self.value_of(row, scope) {
            self.write(row, text, origin, frames);
        }
    }

    /// Whether facts and tree take more than they may; what is being made of `node` is not finished then.
    fn is_full(&mut self, node: NodeId) -> bool {
        if self.full.is_none() && self.facts.bytes() + self.tree.bytes() > self.limit {
            self.full = Some(self.facts.spot(node));
        }
        self.full.is_some()
    }

    /// Runs a loop for one group.
    pub(super) fn each(
        &mut self,
        each: &'p EachOp,
        node: NodeId,
        frames: &mut Vec<Frame<'p>>,
        number: &mut i64,
    ) {
        if self.is_full(node) {
            return;
        }
        self.numbers.push(*number + 1);
        let holds = each.when.iter().all(|when| self.holds(when, node));
        if !holds {
            self.numbers.pop();
            return;
        }
        *number += 1;
        let mut base = NONE;
        let outer = frames.len() - 1;
        let mut key = None;
        if !each.by.is_empty() {
            let mut text = self.keys.take();
            for row in &each.by {
                match &row.from {
                    Source::Path(path) if row.bare() => {
                        if let Some(found) = self.find(path, node) {
                            text.push_str(self.facts.text(found));
                        }
                    }
                    _ => {
                        if let Some((Carried::One(value), _)) = self.value_of(row, node) {
                            text.push_str(&value);
                        }
                    }
                }
                text.push('\u{1F}');
            }
            if text.bytes().all(|byte| byte == 0x1F) {
                let spot = self.facts.spot(node);
                let finding = self.finding(Code::MAP_NO_KEY, spot, Some(node), &each.at);
                self.outbox.tell(finding);
                self.numbers.pop();
                return;
            }
            let around = self.base(frames, outer);
            base = self.keys.find(each.keyed, around, &text).unwrap_or(NONE);
            key = Some((around, text));
        }
        let merges = key.is_some();
        if each.inline {
            base = self.base(frames, outer);
        }
        let slots = self.slots.len();
        let more = each.body.slots.len() + each.body.counters.len();
        self.slots.resize(slots + more, NONE);
        let held_at = std::mem::replace(&mut self.held_at, self.held.len());
        let body = std::mem::replace(&mut self.body, &each.body);
        self.lead_all(node);
        frames.push(Frame {
            body: &each.body,
            base,
            make: (!each.inline).then_some((each, outer)),
            slots,
            scope: Some(node),
            merges,
        });
        if let Some((around, text)) = key {
            let at = frames.len() - 1;
            let held = base;
            let base = self.base(frames, at);
            match held {
                NONE => self.keys.add(each.keyed, around, text, base),
                _ => self.keys.put_back(text),
            }
            for row in &each.by {
                self.row(row, frames, node);
            }
        }
        self.inside(&each.body, frames, node);
        if self.notes.is_some() && frames.len() == 2 {
            self.note_frame(frames);
        }
        frames.pop();
        self.slots.truncate(slots);
        self.held.truncate(self.held_at);
        (self.held_at, self.body) = (held_at, body);
        self.numbers.pop();
    }

    /// The group of a frame, made if it is not there.
    pub(super) fn base(&mut self, frames: &mut [Frame<'p>], at: usize) -> u32 {
        if frames[at].base != NONE {
            return frames[at].base;
        }
        let Some((each, outer)) = frames[at].make else {
            return 0;
        };
        let parent = self.slot(frames, outer, each.parent);
        let mut too_many = None;
        if let Some(max) = self.program.target.get(each.field).max {
            let count = match each.counter {
                program::NONE => {
                    let of = (parent, each.field);
                    self.counts.entry(of).or_insert_with(|| {
                        self.counted.push(of);
                        NONE
                    })
                }
                counter => {
                    let Frame { body, slots, .. } = &frames[outer];
                    &mut self.slots[slots + body.slots.len() + counter as usize]
                }
            };
            // The first is number 0.
            *count = count.wrapping_add(1);
            too_many = (*count == max).then_some(max);
        }
        if let Some(max) = too_many {
            let name = self.program.target.path(each.field);
            let scope = frames[at].scope;
            let spot = scope.map_or(Spot::default(), |scope| self.facts.spot(scope));
            let finding = self
                .finding(Code::MAP_TOO_MANY, spot, scope, &each.at)
                .with("target", name)
                .with("max", max);
            self.outbox.tell(finding);
        }
        let base = self.tree.add(parent, each.field, 0);
        frames[at].base = base;
        for (slot, value) in &each.sets {
            let node = self.slot(frames, at, *slot);
            self.tree.set_text(node, value);
        }
        base
    }

    /// The node of a slot where it is made already.
    pub(super) fn made(&self, frames: &[Frame<'p>], at: usize, slot: u32) -> Option<u32> {
        let node = match slot {
            BASE => frames[at].base,
            slot => self.slots[frames[at].slots + slot as usize],
        };
        (node != NONE).then_some(node)
    }

    /// The node of a slot, made with what leads to it.
    #[inline]
    pub(super) fn slot(&mut self, frames: &mut [Frame<'p>], at: usize, slot: u32) -> u32 {
        if slot == BASE {
            return self.base(frames, at);
        }
        match self.slots[frames[at].slots + slot as usize] {
            NONE => self.make(frames, at, slot),
            held => held,
        }
    }

    /// The place of a slot, where nothing stands in it and nothing else is written with it; what it stands
    /// in is made.
    #[inline]
    pub(super) fn free(&mut self, frames: &mut [Frame<'p>], at: usize, slot: u32) -> Option<Free> {
        let frame = &frames[at];
        let place = frame.slots + slot as usize;
        if slot == BASE || frame.merges || self.slots[place] != NONE {
            return None;
        }
        let of = &frame.body.slots[slot as usize];
        if !of.sets.is_empty() {
            return None;
        }
        let parent = self.slot(frames, at, of.parent);
        // What is written with the parent may be this one.
        (self.slots[place] == NONE).then_some(Free {
            parent,
            field: of.field,
            which: of.mark,
        })
    }

    /// A node stands in a slot from now on.
    #[inline]
    pub(super) fn fill(&mut self, frames: &[Frame<'p>], at: usize, slot: u32, node: u32) {
        self.slots[frames[at].slots + slot as usize] = node;
    }

    fn make(&mut self, frames: &mut [Frame<'p>], at: usize, slot: u32) -> u32 {
        let Frame {
            body,
            slots,
            merges,
            ..
        } = frames[at];
        let place = slots + slot as usize;
        let of = &body.slots[slot as usize];
        let parent = self.slot(frames, at, of.parent);
        // What is written with the parent may be this one.
        match self.slots[place] {
            NONE => {}
            held => return held,
        }
        let mark = of.mark;
        let found = match merges {
            true => self.tree.child(parent, of.field, mark),
            false => None,
        };
        let is_new = found.is_none();
        let node = found.unwrap_or_else(|| self.tree.add(parent, of.field, mark));
        self.slots[place] = node;
        if is_new {
            for (set, value) in &of.sets {
                let node = self.slot(frames, at, *set);
                if self.tree.text(node).is_none() {
                    self.tree.set_text(node, value);
                }
            }
        }
        node
    }

    /// A finding at a place of the source, which names the row.
    #[cold]
    pub(super) fn finding(&self, code: Code, spot: Spot, fact: Option<NodeId>, at: &At) -> Finding {
        let mut finding = Finding::new(code, spot.span);
        finding.at = spot.at;
        finding.place.path = fact.map(|fact| self.path_of(fact).into());
        finding.place.message_type = Some(self.program.source.name.clone());
        finding.rule = Some(format!("{}:{}", at.file, at.line).into());
        finding
    }

    /// The path of a fact, with occurrences.
    pub(super) fn path_of(&self, fact: NodeId) -> String {
        let mut names = Vec::new();
        let mut at = Some(fact);
        while let Some(node) = at {
            let kind = self.kind(node);
            if kind == 0 {
                break;
            }
            let name = &self.program.wanted.nodes[kind as usize].name;
            names.push(match self.facts.occurrence(node) {
                1 => name.to_string(),
                nth => format!("{name}[{nth}]"),
            });
            at = self.facts.parent(node);
        }
        names.reverse();
        names.join("/")
    }

    fn total(&mut self, op: &'p TotalOp, scope: NodeId) {
        self.note_nothing();
        self.bound_totals = None;
        let mut values = Vec::new();
        match &op.of {
            None => {
                self.totals[op.total] += Decimal::ONE;
                return;
            }
            Some(path) => self.all(path, scope, &mut values),
        }
        for node in values {
            if op.fold == Fold::Count {
                self.totals[op.total] += Decimal::ONE;
                continue;
            }
            let Ok(value) = Decimal::from_str_exact(self.facts.text(node)) else {
                continue;
            };
            let held = self.totals[op.total];
            self.totals[op.total] = match op.fold {
                Fold::Sum => held.checked_add(value).unwrap_or(held),
                Fold::Min if held.is_zero() => value,
                Fold::Min => held.min(value),
                _ => held.max(value),
            };
        }
    }

    /// Values as one number; nothing where there are none to be added.
    pub(super) fn fold(&self, fold: Fold, nodes: &[NodeId]) -> Option<String> {
        if fold == Fold::Count {
            return Some(nodes.len().to_string());
        }
        let values = nodes
            .iter()
            .filter_map(|node| Decimal::from_str_exact(self.facts.text(*node)).ok());
        let total = match fold {
            Fold::Min => values.min(),
            Fold::Max => values.max(),
            _ => values.fold(None, |sum: Option<Decimal>, value| {
                sum.unwrap_or_default().checked_add(value).or(sum)
            }),
        };
        total.map(|total| total.normalize().to_string())
    }

    fn known(&mut self, known: &'p Known, scope: NodeId) {
        let mut found = Vec::new();
        self.all(&known.path, scope, &mut found);
        for node in found {
            let same = known
                .value
                .as_deref()
                .is_none_or(|value| value == self.facts.text(node));
            if self.notes.is_some() {
                self.note_known(known, node);
            }
            // One that is different is reported as not carried.
            self.read[node.index()] = same;
        }
    }
}
