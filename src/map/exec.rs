//! Runs the rows and loops of a program over the facts of a message.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

use super::ast::{At, Fold, OnCharset, OnLong, OnMissing};
use super::codes::OnDay;
use super::compile::limits_of;
use super::outbox::Outbox;
use super::program::{
    Ask, BASE, Begin, Body, Compare, Condition, EachOp, Known, Op, Pick, Program, RowOp, Source,
    SourcePath, SourceStep, TotalOp,
};
use super::side::FieldId;
use super::step::{Carried, Told, Ways};
use super::target::{NONE, Origin, Tree, which};
use super::transliterate::transliterate;
use crate::charset::Charset;
use crate::expr::{Expr, Facts, Kind, Limits, NodeId, Number, Scope, Spot, TroubleKind, Value};
use crate::finding::{Code, Finding};

/// Records of one name that are looked through one by one; more get an index.
const FEW: usize = 8;

/// What is at work on a message.
pub(super) struct Work<'p> {
    pub(super) program: &'p Program,
    codes: OnDay<'p>,
    pub(super) facts: Facts,
    /// For every fact the node of what is wanted, and whether a row has read it.
    pub(super) kinds: Vec<u32>,
    pub(super) read: Vec<bool>,
    pub(super) root: Option<NodeId>,
    pub(super) tree: Tree,
    pub(super) params: Vec<Box<str>>,
    pub(super) names: &'p [Box<str>],
    pub(super) now: Box<str>,
    pub(super) charset: Option<Charset>,
    totals: Vec<Decimal>,
    /// Groups of the target written so far, by the group around and their field.
    counts: FxHashMap<(u32, FieldId), u32>,
    keyed: FxHashMap<(u32, u32, String), u32>,
    /// Of records by the value that a selector asks for: those that stay, and those of the unit.
    indexes: [Indexes; 2],
    /// Facts from here on belong to the unit that is at hand.
    pub(super) unit: Option<u32>,
    numbers: Vec<i64>,
    pub(super) outbox: Outbox<'p>,
    /// Origins of values, where they are asked for.
    pub(super) origins: Option<Vec<Origin>>,
    bound_params: Value<'static>,
}

type Indexes = FxHashMap<(NodeId, u32), FxHashMap<Box<str>, Rc<[NodeId]>>>;

/// A group of the target and what was written below it.
pub(super) struct Frame<'p> {
    body: &'p Body,
    base: u32,
    /// Where the base is made when something is written into it.
    make: Option<(&'p EachOp, usize)>,
    slots: Vec<u32>,
    /// The group of the source.
    scope: Option<NodeId>,
    /// The group may hold what another loop wrote.
    merges: bool,
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
            kinds: Vec::new(),
            read: Vec::new(),
            root: None,
            tree: Tree::default(),
            params: Vec::new(),
            names,
            now: "".into(),
            charset: None,
            totals: vec![Decimal::ZERO; program.totals.len()],
            counts: FxHashMap::default(),
            keyed: FxHashMap::default(),
            indexes: [FxHashMap::default(), FxHashMap::default()],
            unit: None,
            numbers: Vec::new(),
            outbox,
            origins: None,
            bound_params: Value::Null,
        }
    }

    /// A message begins: its tree is empty.
    pub(super) fn begin(&mut self, params: Vec<Box<str>>) -> Vec<Frame<'p>> {
        self.tree.clear();
        self.tree.add(NONE, 0, 0);
        self.totals.fill(Decimal::ZERO);
        self.counts.clear();
        self.keyed.clear();
        self.forget_unit();
        self.indexes[0].clear();
        self.numbers.clear();
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
            slots: vec![NONE; self.program.body.slots.len()],
            scope: None,
            merges: false,
        }]
    }

    /// What was known of a unit is forgotten.
    pub(super) fn forget_unit(&mut self) {
        self.indexes[1].clear();
        self.counts
            .retain(|(around, _), _| (*around as usize) < self.tree.len());
        self.keyed
            .retain(|(_, around, _), _| (*around as usize) < self.tree.len());
    }

    pub(super) fn run(&mut self, ops: &'p [Op], frames: &mut Vec<Frame<'p>>, scope: NodeId) {
        for op in ops {
            self.op(op, frames, scope);
        }
    }

    pub(super) fn op(&mut self, op: &'p Op, frames: &mut Vec<Frame<'p>>, scope: NodeId) {
        match op {
            Op::Row(row) => {
                if row.plain.is_some() && self.copy(row, frames, scope) {
                    return;
                }
                if let Some((text, origin)) = self.value_of(row, scope) {
                    self.write(row, text, origin, frames);
                }
            }
            Op::Each(each) => {
                let mut found = Vec::new();
                self.all(&each.from, scope, &mut found);
                let mut number = 0;
                for node in found {
                    self.each(each, node, frames, &mut number);
                }
            }
            Op::Total(total) => self.total(total, scope),
            Op::Known(known) => self.known(known, scope),
        }
    }

    /// Runs a loop for one group.
    pub(super) fn each(
        &mut self,
        each: &'p EachOp,
        node: NodeId,
        frames: &mut Vec<Frame<'p>>,
        number: &mut i64,
    ) {
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
            let mut text = String::new();
            for row in &each.by {
                if let Some((Carried::One(value), _)) = self.value_of(row, node) {
                    text.push_str(&value);
                }
                text.push('\u{1F}');
            }
            if text.trim_matches('\u{1F}').is_empty() {
                let spot = self.facts.spot(node);
                let finding = self.finding(Code::MAP_NO_KEY, spot, Some(node), &each.at);
                self.outbox.tell(finding);
                self.numbers.pop();
                return;
            }
            let around = frames[outer].base;
            let whole = (each.keyed, around, text);
            base = self.keyed.get(&whole).copied().unwrap_or(NONE);
            key = Some(whole);
        }
        let merges = key.is_some();
        if each.inline {
            base = self.base(frames, outer);
        }
        frames.push(Frame {
            body: &each.body,
            base,
            make: (!each.inline).then_some((each, outer)),
            slots: vec![NONE; each.body.slots.len()],
            scope: Some(node),
            merges,
        });
        if let Some(key) = key {
            let at = frames.len() - 1;
            let base = self.base(frames, at);
            self.keyed.insert(key, base);
            for row in &each.by {
                if let Some((text, origin)) = self.value_of(row, node) {
                    self.write(row, text, origin, frames);
                }
            }
        }
        self.run(&each.body.ops, frames, node);
        frames.pop();
        self.numbers.pop();
    }

    /// The group of a frame, made if it is not there.
    fn base(&mut self, frames: &mut [Frame<'p>], at: usize) -> u32 {
        if frames[at].base != NONE {
            return frames[at].base;
        }
        let Some((each, outer)) = frames[at].make else {
            return 0;
        };
        let parent = self.slot(frames, outer, each.parent);
        let count = self.counts.entry((parent, each.field)).or_default();
        *count += 1;
        let (count, max) = (*count, self.program.target.get(each.field).max);
        if max.is_some_and(|max| count == max + 1) {
            let max = max.unwrap_or(0);
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

    /// The node of a slot, made with what leads to it.
    pub(super) fn slot(&mut self, frames: &mut [Frame<'p>], at: usize, slot: u32) -> u32 {
        if slot == BASE {
            return self.base(frames, at);
        }
        let held = frames[at].slots[slot as usize];
        if held != NONE {
            return held;
        }
        let of = &frames[at].body.slots[slot as usize];
        let parent = self.slot(frames, at, of.parent);
        // What is written with the parent may be this one.
        let held = frames[at].slots[slot as usize];
        if held != NONE {
            return held;
        }
        let mark = which(&of.which);
        let found = match frames[at].merges {
            true => self.tree.child(parent, of.field, mark),
            false => None,
        };
        let is_new = found.is_none();
        let node = found.unwrap_or_else(|| self.tree.add(parent, of.field, mark));
        frames[at].slots[slot as usize] = node;
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

    /// The value of a row, after its steps.
    fn value_of(&mut self, row: &'p RowOp, scope: NodeId) -> Option<(Carried<'static>, Origin)> {
        if !row.when.iter().all(|when| self.holds(when, scope)) {
            return None;
        }
        let mut origin = Origin {
            line: row.at.line,
            ..Origin::default()
        };
        let owned = |text: &str| Carried::One(Cow::Owned(text.to_owned()));
        let found = match &row.from {
            Source::Path(path) => self.find(path, scope).map(|node| {
                origin.fact = Some(node);
                owned(self.facts.text(node))
            }),
            Source::Paths(paths) => {
                let mut values = Vec::with_capacity(paths.len());
                for path in paths {
                    let node = self.find(path, scope);
                    origin.fact = origin.fact.or(node);
                    let text = node.map_or("", |node| self.facts.text(node));
                    values.push(Cow::Owned(text.to_owned()));
                }
                let any = values.iter().any(|text: &Cow<'_, str>| !text.is_empty());
                any.then_some(Carried::Many(values))
            }
            Source::Text(text) => Some(owned(text)),
            Source::Param(at) => {
                let text = &self.params[*at];
                (!text.is_empty()).then(|| owned(text))
            }
            Source::Number => self.numbers.last().map(|number| owned(&number.to_string())),
            Source::Total(at) => Some(owned(&self.totals[*at].normalize().to_string())),
            Source::Now => Some(owned(&self.now)),
            Source::Fold(fold, path) => {
                let mut nodes = Vec::new();
                self.all(path, scope, &mut nodes);
                origin.fact = nodes.first().copied();
                self.fold(*fold, &nodes).map(|total| owned(&total))
            }
            Source::Expr(expr) => self.eval(expr, scope, &row.at, &mut origin),
        };
        if let Some(node) = origin.fact {
            origin.spot = self.facts.spot(node);
        }
        let Some(mut value) = found else {
            let default = row.default.as_deref()?;
            return Some((owned(default), origin));
        };
        if row.acts.is_empty() {
            return Some((value, origin));
        }
        let (_, missing, _) = limits_of(row.limits);
        let ways = Ways {
            charset: self.charset,
            keep: missing == OnMissing::Keep,
            places: row.to.len(),
        };
        let mut told = Vec::new();
        let mut failed = None;
        for act in &row.acts {
            match act.apply(value, &ways, &mut told) {
                Ok(next) => value = next,
                Err(wrong) => {
                    failed = Some(wrong);
                    value = Carried::One(Cow::Borrowed(""));
                    break;
                }
            }
        }
        let lost = failed.is_some();
        for told in told.into_iter().chain(failed) {
            self.told(told, row, &origin);
        }
        if lost {
            let default = row.default.as_deref()?;
            return Some((owned(default), origin));
        }
        Some((value, origin))
    }

    #[cold]
    fn told(&mut self, told: Told, row: &RowOp, origin: &Origin) {
        let mut finding = self.about(told.code, row, origin, &told.value);
        for (name, value) in told.args {
            finding = finding.with_content(name, value);
        }
        self.outbox.tell(finding);
    }

    /// A finding about a row's value.
    #[cold]
    fn about(&self, code: Code, row: &RowOp, origin: &Origin, value: &str) -> Finding {
        let target = row.to.first().map(|slot| self.target_name(row, *slot));
        let mut finding = self
            .finding(code, origin.spot, origin.fact, &row.at)
            .with("target", target.unwrap_or_default());
        let end = value.floor_char_boundary(value.len().min(4096));
        finding.value = Some(crate::finding::Value::Text(value[..end].into()));
        finding
    }

    fn target_name(&self, row: &RowOp, slot: u32) -> String {
        let at = row.to.iter().position(|of| *of == slot).unwrap_or(0);
        let field = row.fields.get(at);
        field.map_or_else(String::new, |field| self.program.target.path(*field))
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
            let kind = self.kinds[node.index()];
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

    /// Copies the value of a row without steps, as most are; false where more has to be looked at.
    #[inline]
    fn copy(&mut self, row: &'p RowOp, frames: &mut [Frame<'p>], scope: NodeId) -> bool {
        let (Source::Path(path), Some(plain)) = (&row.from, &row.plain) else {
            return false;
        };
        let Some(node) = self.find(path, scope) else {
            return true;
        };
        let text = self.facts.text(node);
        let usual = |byte: u8| match plain.numeric {
            true => byte.is_ascii_digit(),
            false => byte.is_ascii_alphanumeric() || byte == b' ',
        };
        // Letters, digits and blanks are in every character set but small ones in that of level A.
        let small = self.charset.is_some() && text.bytes().any(|byte| byte.is_ascii_lowercase());
        if text.len() > plain.max as usize || small || !text.bytes().all(usual) {
            return false;
        }
        let at = frames.len() - 1;
        let made = self.slot(frames, at, row.to[0]);
        if self.tree.text(made).is_some() {
            return false;
        }
        self.tree.set_text(made, self.facts.text(node));
        if let Some(origins) = &mut self.origins {
            origins.push(Origin {
                node: made,
                fact: Some(node),
                spot: self.facts.spot(node),
                line: row.at.line,
            });
        }
        true
    }

    fn write(
        &mut self,
        row: &'p RowOp,
        value: Carried<'static>,
        origin: Origin,
        frames: &mut [Frame<'p>],
    ) {
        match value {
            Carried::One(text) => self.put(row, row.to[0], row.fields[0], text, &origin, frames),
            Carried::Many(values) => {
                for ((slot, field), text) in row.to.iter().zip(&row.fields).zip(values) {
                    self.put(row, *slot, *field, text, &origin, frames);
                }
            }
        }
    }

    /// Writes a value at its place, within the limits of the target.
    fn put(
        &mut self,
        row: &'p RowOp,
        slot: u32,
        field: FieldId,
        text: Cow<'static, str>,
        origin: &Origin,
        frames: &mut [Frame<'p>],
    ) {
        if text.is_empty() {
            return;
        }
        let Some(text) = self.within_limits(row, field, text, origin) else {
            return;
        };
        let at = frames.len() - 1;
        let node = self.slot(frames, at, slot);
        if let Some(held) = self.tree.text(node) {
            if row.if_empty {
                return;
            }
            if row.adds {
                let sum = held
                    .parse::<Decimal>()
                    .ok()
                    .zip(text.parse::<Decimal>().ok())
                    .and_then(|(a, b)| a.checked_add(b));
                match sum {
                    Some(sum) => {
                        let sum = sum.normalize().to_string();
                        self.tree.set_text(node, &sum);
                    }
                    None => {
                        let finding = self.about(Code::MAP_NUMBER, row, origin, &text);
                        self.outbox.tell(finding);
                    }
                }
            } else if *held != *text {
                let held = held.to_owned();
                let finding = self
                    .about(Code::MAP_TWICE, row, origin, &text)
                    .with_content("held", held);
                self.outbox.tell(finding);
            }
            return;
        }
        self.tree.set_text(node, &text);
        if let Some(origins) = &mut self.origins {
            origins.push(Origin { node, ..*origin });
        }
    }

    fn within_limits(
        &mut self,
        row: &'p RowOp,
        field: FieldId,
        mut text: Cow<'static, str>,
        origin: &Origin,
    ) -> Option<Cow<'static, str>> {
        let (long, _, on_charset) = limits_of(row.limits);
        if let Some(charset) = self.charset
            && !(charset
                .encode(&text)
                .is_some_and(|bytes| charset.holds(&bytes)))
        {
            let code = match on_charset {
                OnCharset::Transliterate => Code::MAP_TRANSLITERATED,
                OnCharset::Keep | OnCharset::Drop => Code::MAP_CHARACTER,
            };
            let finding = self
                .about(code, row, origin, &text)
                .with("charset", charset.name());
            self.outbox.tell(finding);
            match on_charset {
                OnCharset::Keep => {}
                OnCharset::Drop => return None,
                OnCharset::Transliterate => text = transliterate(&text, charset).into(),
            }
        }
        let program = self.program;
        let target = &program.target;
        let value = target.get(field).value.as_ref()?;
        if value.numeric {
            return self.number_within(row, field, text, origin);
        }
        let Some(max) = value.max else {
            return Some(text);
        };
        if text.len() <= max as usize {
            return Some(text);
        }
        let gbk = |c: char| if c.is_ascii() { 1 } else { 2 };
        let size = |c: char| if value.in_bytes { gbk(c) } else { 1 };
        let length: usize = text.chars().map(size).sum();
        if length <= max as usize {
            return Some(text);
        }
        let code = match long {
            OnLong::Cut => Code::MAP_CUT,
            OnLong::Keep | OnLong::Drop => Code::MAP_TOO_LONG,
        };
        let finding = self
            .about(code, row, origin, &text)
            .with("length", length)
            .with("max", max);
        self.outbox.tell(finding);
        match long {
            OnLong::Keep => Some(text),
            OnLong::Drop => None,
            OnLong::Cut => {
                let mut left = max as usize;
                let fits = |c: &char| {
                    let size = size(*c);
                    let fits = size <= left;
                    left = left.saturating_sub(size);
                    fits
                };
                Some(text.chars().take_while(fits).collect::<String>().into())
            }
        }
    }

    fn number_within(
        &mut self,
        row: &'p RowOp,
        field: FieldId,
        text: Cow<'static, str>,
        origin: &Origin,
    ) -> Option<Cow<'static, str>> {
        let program = self.program;
        let target = &program.target;
        let value = target.get(field).value.as_ref()?;
        // Short whole numbers need no look.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if digits && value.max.is_none_or(|max| text.len() <= max as usize) {
            return Some(text);
        }
        let plain = text.strip_prefix('-').unwrap_or(&text);
        let (whole, behind) = plain.split_once('.').unwrap_or((plain, ""));
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_number = !plain.is_empty()
            && all_digits(whole)
            && all_digits(behind)
            && whole.len() + behind.len() > 0;
        if !is_number {
            let finding = self.about(Code::MAP_NUMBER, row, origin, &text);
            self.outbox.tell(finding);
            return None;
        }
        let decimals = behind.trim_end_matches('0').len();
        let total = whole.trim_start_matches('0').len().max(1) + decimals;
        let many = value.max.is_some_and(|max| total > max as usize);
        let fine = value
            .decimals
            .is_some_and(|most| decimals > most as usize && !target.is_edifact());
        if many || fine {
            let finding = self
                .about(Code::MAP_OUT_OF_RANGE, row, origin, &text)
                .with("max", value.max.unwrap_or(0))
                .with("decimals", value.decimals.unwrap_or(0));
            self.outbox.tell(finding);
        }
        Some(text)
    }

    fn total(&mut self, op: &'p TotalOp, scope: NodeId) {
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
    fn fold(&self, fold: Fold, nodes: &[NodeId]) -> Option<String> {
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
            // One that is different is reported as not carried.
            self.read[node.index()] = same;
        }
    }

    fn holds(&mut self, condition: &'p Condition, scope: NodeId) -> bool {
        let mut origin = Origin::default();
        match self.evaluate(&condition.expr, scope, &condition.at, &mut origin) {
            Some(Value::Bool(holds)) => holds,
            _ => false,
        }
    }

    fn eval(
        &mut self,
        expr: &'p Expr,
        scope: NodeId,
        at: &At,
        origin: &mut Origin,
    ) -> Option<Carried<'static>> {
        let value = self.evaluate(expr, scope, at, origin)?;
        let text = value.to_text()?.into_owned();
        (!text.is_empty()).then_some(Carried::One(Cow::Owned(text)))
    }

    /// The value of an expression; it is made to stand by itself where it is text.
    fn evaluate(
        &mut self,
        expr: &'p Expr,
        scope: NodeId,
        at: &At,
        origin: &mut Origin,
    ) -> Option<Value<'static>> {
        let root = self.root?;
        let parent = self.facts.parent(scope).unwrap_or(scope);
        for path in expr.paths() {
            let from = match path.root.0 {
                0 => scope,
                1 => parent,
                2 => root,
                _ => continue,
            };
            let read = &mut self.read;
            let mut first = None;
            self.facts.follow(from, &path.steps, &mut |node| {
                read[node.index()] = true;
                first = first.or(Some(node));
            });
            origin.fact = origin.fact.or(first);
        }
        let names = self.program.totals.iter().zip(&self.totals);
        let totals: Vec<(Value<'_>, Value<'_>)> = names
            .map(|(name, total)| {
                let name = Value::Text(Cow::Borrowed(&**name));
                let number = Number::read(&total.to_string());
                (name, number.map_or(Value::Null, Value::Number))
            })
            .collect();
        let record = |node: NodeId| {
            let kind = self.kinds[node.index()];
            let has_text = !self.facts.text(node).is_empty();
            let is_leaf = self.program.wanted.nodes[kind as usize].children.is_empty();
            match is_leaf && has_text {
                true => Value::Nodes(node, Kind::Text),
                false => Value::Record(node),
            }
        };
        let of = |node: NodeId| match record(node) {
            Value::Nodes(node, _) => Value::Text(Cow::Borrowed(self.facts.text(node))),
            other => other,
        };
        let bound = [
            of(scope),
            of(parent),
            Value::Record(root),
            self.bound_params.clone(),
            Value::Map(Arc::from(totals)),
            Value::Int(self.numbers.last().copied().unwrap_or(0)),
        ];
        let scope_of = Scope {
            facts: &self.facts,
            bound: &bound,
            host: &self.codes,
            limits: Limits::default(),
        };
        let trouble = match expr.eval(&scope_of) {
            Ok(Value::Bool(holds)) => return Some(Value::Bool(holds)),
            Ok(value) => {
                let text = value.to_text()?.into_owned();
                return Some(Value::Text(Cow::Owned(text)));
            }
            Err(trouble) => trouble,
        };
        if trouble.kind == TroubleKind::Missing {
            return None;
        }
        let spot = origin
            .fact
            .map_or(self.facts.spot(scope), |fact| self.facts.spot(fact));
        let words = |lang| trouble.kind.words(lang);
        let finding = self
            .finding(Code::MAP_EXPRESSION, spot, origin.fact.or(Some(scope)), at)
            .with("expression", expr.text())
            .with("trouble", words(crate::finding::Lang::En))
            .with("trouble_zh", words(crate::finding::Lang::Zh));
        self.outbox.tell(finding);
        None
    }

    fn begin_of(&self, path: &SourcePath, scope: NodeId) -> Option<NodeId> {
        match path.from {
            Begin::Message => self.root,
            Begin::Up(levels) => {
                let mut node = scope;
                for _ in 0..levels {
                    node = self.facts.parent(node)?;
                }
                Some(node)
            }
        }
    }

    /// The first value that a path leads to; it counts as read.
    fn find(&mut self, path: &'p SourcePath, scope: NodeId) -> Option<NodeId> {
        let begin = self.begin_of(path, scope)?;
        let found = self.walk(&path.steps, begin, scope)?;
        self.read[found.index()] = true;
        (!self.facts.text(found).is_empty()).then_some(found)
    }

    fn walk(&mut self, steps: &'p [SourceStep], node: NodeId, scope: NodeId) -> Option<NodeId> {
        let Some((step, rest)) = steps.split_first() else {
            return Some(node);
        };
        match &step.pick {
            Pick::Any => {
                let mut at = self.facts.first(node, step.slot);
                while let Some(child) = at {
                    if let Some(found) = self.walk(rest, child, scope) {
                        return Some(found);
                    }
                    at = self.facts.next(child);
                }
                None
            }
            Pick::Nth(nth) => {
                let child = self
                    .facts
                    .children(node, step.slot)
                    .nth(*nth as usize - 1)?;
                self.walk(rest, child, scope)
            }
            Pick::Where(asks) => {
                if let Some(held) = self.indexed(asks, node, step.slot, scope) {
                    return held.iter().copied().find_map(|child| {
                        let found = self.walk(rest, child, scope)?;
                        self.mark(asks, child);
                        Some(found)
                    });
                }
                let mut at = self.facts.first(node, step.slot);
                while let Some(child) = at {
                    if self.fits(asks, child, scope)
                        && let Some(found) = self.walk(rest, child, scope)
                    {
                        self.mark(asks, child);
                        return Some(found);
                    }
                    at = self.facts.next(child);
                }
                None
            }
        }
    }

    /// All nodes that a path leads to; values count as read.
    fn all(&mut self, path: &'p SourcePath, scope: NodeId, out: &mut Vec<NodeId>) {
        let Some(begin) = self.begin_of(path, scope) else {
            return;
        };
        self.walk_all(&path.steps, begin, scope, out);
        for node in out.iter() {
            self.read[node.index()] |= self.program.wanted.nodes[self.kinds[node.index()] as usize]
                .children
                .is_empty();
        }
    }

    fn walk_all(
        &mut self,
        steps: &'p [SourceStep],
        node: NodeId,
        scope: NodeId,
        out: &mut Vec<NodeId>,
    ) {
        let Some((step, rest)) = steps.split_first() else {
            out.push(node);
            return;
        };
        let mut nth = 0;
        if let Pick::Where(asks) = &step.pick
            && let Some(held) = self.indexed(asks, node, step.slot, scope)
        {
            for child in held.iter().copied() {
                self.mark(asks, child);
                self.walk_all(rest, child, scope, out);
            }
            return;
        }
        let mut at = self.facts.first(node, step.slot);
        while let Some(child) = at {
            nth += 1;
            let chosen = match &step.pick {
                Pick::Any => true,
                Pick::Nth(of) => nth == *of,
                Pick::Where(asks) => {
                    let fits = self.fits(asks, child, scope);
                    if fits {
                        self.mark(asks, child);
                    }
                    fits
                }
            };
            if chosen {
                self.walk_all(rest, child, scope, out);
            }
            at = self.facts.next(child);
        }
    }

    /// Whether the last step of a loop's path chooses a group.
    pub(super) fn chooses(&mut self, path: &'p SourcePath, node: NodeId, scope: NodeId) -> bool {
        match path.steps.last().map(|step| &step.pick) {
            Some(Pick::Where(asks)) => {
                let fits = self.fits(asks, node, scope);
                if fits {
                    self.mark(asks, node);
                }
                fits
            }
            Some(Pick::Nth(nth)) => self.facts.occurrence(node) == *nth,
            _ => true,
        }
    }

    fn fits(&mut self, asks: &'p [Ask], node: NodeId, scope: NodeId) -> bool {
        asks.iter().all(|ask| {
            let found = self.walk(&ask.steps, node, scope);
            match &ask.against {
                Compare::Present => found.is_some(),
                Compare::Absent => found.is_none(),
                Compare::Values(values) => found.is_some_and(|node| {
                    let text = self.facts.text(node);
                    values.iter().any(|value| **value == *text)
                }),
                Compare::NoneOf(values) => found.is_some_and(|node| {
                    let text = self.facts.text(node);
                    values.iter().all(|value| **value != *text)
                }),
                Compare::This(path) => {
                    let Some(found) = found else { return false };
                    let Some(begin) = self.begin_of(path, scope) else {
                        return false;
                    };
                    let Some(other) = self.walk(&path.steps, begin, scope) else {
                        return false;
                    };
                    self.facts.text(found) == self.facts.text(other)
                }
            }
        })
    }

    /// The values that a selector asked for count as read.
    fn mark(&mut self, asks: &'p [Ask], node: NodeId) {
        for ask in asks {
            if let Some(found) = self.walk(&ask.steps, node, node) {
                self.read[found.index()] = true;
            }
        }
    }

    /// The records that a selector by the value of another place chooses, from an index; `None` where
    /// there are few or the selector is another.
    fn indexed(
        &mut self,
        asks: &'p [Ask],
        node: NodeId,
        slot: u32,
        scope: NodeId,
    ) -> Option<Rc<[NodeId]>> {
        let [ask] = asks else { return None };
        let Compare::This(path) = &ask.against else {
            return None;
        };
        self.facts.children(node, slot).nth(FEW)?;
        let begin = self.begin_of(path, scope)?;
        let wanted = self.walk(&path.steps, begin, scope);
        let Some(wanted) = wanted else {
            return Some(Rc::default());
        };
        let local = usize::from(self.unit.is_some_and(|unit| node.index() as u32 >= unit));
        let key = (node, ask.index);
        if !self.indexes[local].contains_key(&key) {
            let mut lists: FxHashMap<Box<str>, Vec<NodeId>> = FxHashMap::default();
            let mut at = self.facts.first(node, slot);
            while let Some(child) = at {
                if let Some(found) = self.walk(&ask.steps, child, scope) {
                    let text = self.facts.text(found);
                    match lists.get_mut(text) {
                        Some(list) => list.push(child),
                        None => {
                            lists.insert(text.into(), vec![child]);
                        }
                    }
                }
                at = self.facts.next(child);
            }
            let index = lists.into_iter().map(|(text, list)| (text, list.into()));
            let index = index.collect();
            self.indexes[local].insert(key, index);
        }
        let text = self.facts.text(wanted);
        let found = self.indexes[local].get(&key)?.get(text);
        Some(found.cloned().unwrap_or_default())
    }
}
