//! A map made ready for one direction.

use std::sync::Arc;

use super::ast::{At, Fold, Limits};
use super::find::Held;
use super::side::{FieldId, Side};
use super::step::Act;
use crate::expr::Expr;
use crate::spec::model::Label;

/// No slot: the group of the loop itself.
pub(super) const BASE: u32 = u32::MAX;
pub(super) const NONE: u32 = u32::MAX;

/// A map made ready for one direction.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) source: Arc<Side>,
    pub(super) target: Arc<Side>,
    pub(super) wanted: Wanted,
    pub(super) body: Body,
    /// Paths of the source that are known not to be carried.
    pub(super) uncarried: Vec<(FieldId, Label)>,
    /// Names of totals, by their number.
    pub(super) totals: Vec<Box<str>>,
    pub(super) class: Class,
    /// Of a target of UN/EDIFACT.
    pub(super) envelope: Option<Envelope>,
    /// The target is written without its signature, and who makes that.
    pub(super) unsigned: Option<Label>,
    /// Records of a flat file that hold only what is counted, and are written without rows.
    pub(super) counting: Vec<FieldId>,
}

/// The fields of the header and trailer of a message of UN/EDIFACT.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    pub(super) header: FieldId,
    pub(super) reference: FieldId,
    pub(super) identifier: FieldId,
    /// Type, version, release, agency.
    pub(super) parts: [FieldId; 4],
    pub(super) trailer: FieldId,
    pub(super) count: FieldId,
    pub(super) reference_again: FieldId,
}

impl Envelope {
    /// Whether a field is one of these: they are written without rows.
    pub(super) fn holds(&self, field: FieldId) -> bool {
        let own = [
            self.header,
            self.reference,
            self.identifier,
            self.trailer,
            self.count,
            self.reference_again,
        ];
        own.contains(&field) || self.parts.contains(&field)
    }
}

/// How a map runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// The message is held as a whole, and why.
    Whole(Why),
    /// This loop of the outermost rows runs whenever its group closes; so many rows can run before it.
    Streams {
        each: usize,
        /// For each of the outermost rows whether it runs before the loop.
        early: Vec<bool>,
        /// Something that is written before the loop is known only behind it.
        spools: bool,
    },
}

/// Why a message has to be held as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// There is no loop.
    NoLoop,
    /// A row of the loop reads what stands behind its groups.
    ReadsBehind,
    /// A row outside reads what is inside the loop.
    ReadInside,
    /// The loop puts groups together by keys.
    Keyed,
}

/// What a program reads of its source: a tree of names.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) nodes: Vec<WantedNode>,
    /// The children of all nodes by node and name, where they fit; made when all are there.
    table: Vec<Found>,
}

/// A child of a node.
#[derive(Clone, Copy, Debug)]
struct Found {
    node: u32,
    slot: u32,
    child: u32,
    key: u64,
}

/// Places of the table that are looked at for a name.
const LOOKS: usize = 4;

/// A name that is read, or something below it.
#[derive(Debug)]
pub(super) struct WantedNode {
    pub(super) field: FieldId,
    pub(super) parent: u32,
    pub(super) name: Box<str>,
    /// The children; each's place is its slot.
    pub(super) children: Vec<u32>,
    /// The names of the children as numbers, for a quick look.
    keys: Vec<u64>,
    /// Its value is a number of UN/EDIFACT, whose decimal mark may be a comma.
    pub(super) comma: bool,
    /// Its record is opened when it begins, not when a value comes.
    pub(super) eager: bool,
    /// A loop runs for it, and it holds no value: it is opened though nothing is read inside.
    pub(super) is_loop: bool,
}

/// Rows and loops of a map or of a loop.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) slots: Vec<Slot>,
    /// The beginnings of the paths of its rows.
    pub(super) chains: Vec<Chain>,
    /// That all of them lead nowhere.
    pub(super) nowhere: Vec<Held>,
    /// Chains that the value of one field tells from each other.
    pub(super) families: Vec<Family>,
    pub(super) ops: Vec<Op>,
    /// For each of them the chain without which it does nothing; `NONE`: it has to be tried.
    pub(super) guards: Vec<u32>,
    /// Slots and fields of which groups below are counted.
    pub(super) counters: Vec<(u32, FieldId)>,
}

/// A place of the target below the group of a body.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) parent: u32,
    pub(super) field: FieldId,
    /// What tells it from other slots of the field: its selector.
    pub(super) which: Box<str>,
    /// The same as a number.
    pub(super) mark: u32,
    /// Values that are written with it.
    pub(super) sets: Vec<(u32, Box<str>)>,
}

/// What is done.
#[derive(Debug)]
pub(super) enum Op {
    Row(Box<RowOp>),
    Each(Box<EachOp>),
    Total(TotalOp),
    /// A value of the source that is known: it is not reported when it is not carried.
    Known(Known),
}

/// A row in one direction.
#[derive(Debug)]
pub(super) struct RowOp {
    pub(super) from: Source,
    pub(super) acts: Vec<Act>,
    /// Slots that are written, and their fields.
    pub(super) to: Vec<u32>,
    pub(super) fields: Vec<FieldId>,
    /// A value is added to the one that is there.
    pub(super) adds: bool,
    /// It writes only where nothing stands yet.
    pub(super) if_empty: bool,
    /// It copies a value, under no condition and without a change.
    pub(super) copies: bool,
    /// One value goes to one place with hardly a change.
    pub(super) quick: Option<Quick>,
    pub(super) when: Vec<Condition>,
    pub(super) default: Option<Box<str>>,
    pub(super) limits: Limits,
    pub(super) at: At,
}

/// What a value may be that is written without a closer look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quick {
    /// The slot that is written.
    pub(super) to: u32,
    pub(super) numeric: bool,
    pub(super) max: u32,
    pub(super) decimals: u32,
}

/// An expression.
#[derive(Debug)]
pub(super) struct Formula {
    pub(super) expr: Expr,
    /// It may ask for parameters or totals.
    pub(super) asks_maps: bool,
    /// It says only that something is there: the path that leads there, and whether it is a value.
    pub(super) has: Option<(crate::expr::Path, bool)>,
}

impl Formula {
    pub(super) fn new(expr: Expr) -> Self {
        let asks_maps = ["param", "total"]
            .iter()
            .any(|name| expr.text().contains(name));
        let has = expr.presence();
        let has = has.filter(|(path, _)| !path.steps.is_empty() && path.root.0 < 3);
        let has = has.map(|(path, is_value)| (path.clone(), is_value));
        Self {
            expr,
            asks_maps,
            has,
        }
    }
}

/// A condition.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) formula: Formula,
    pub(super) at: At,
}

/// What a row writes.
#[derive(Debug)]
pub(super) enum Source {
    Path(SourcePath),
    Paths(Vec<SourcePath>),
    Text(Box<str>),
    Param(usize),
    Number,
    Total(usize),
    Now,
    Fold(Fold, SourcePath),
    Expr(Box<Formula>),
}

/// A value that is known.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) path: SourcePath,
    /// The value it has to have; `None`: any.
    pub(super) value: Option<Box<str>>,
}

/// A loop in one direction.
#[derive(Debug)]
pub(super) struct EachOp {
    pub(super) from: SourcePath,
    /// Of the chains of the body around that which leads to its group; `NONE`: there is none.
    pub(super) chain: u32,
    pub(super) when: Vec<Condition>,
    /// Where in the body around it the groups are written: their parent, their field, and what is
    /// written with each.
    pub(super) parent: u32,
    pub(super) field: FieldId,
    /// Slots of this loop's body and their values.
    pub(super) sets: Vec<(u32, Box<str>)>,
    /// No new group is written: the body writes into the one around it.
    pub(super) inline: bool,
    /// Keys; their rows are part of the body too.
    pub(super) by: Vec<RowOp>,
    /// Loops that write the same keyed groups have the same number.
    pub(super) keyed: u32,
    /// Of the counters of the body around that of its groups; `NONE`: other bodies may write the same.
    pub(super) counter: u32,
    pub(super) body: Body,
    pub(super) at: At,
}

/// A total in one direction.
#[derive(Debug)]
pub(super) struct TotalOp {
    pub(super) total: usize,
    pub(super) fold: Fold,
    pub(super) of: Option<SourcePath>,
}

/// A path of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourcePath {
    pub(super) from: Begin,
    pub(super) steps: Vec<SourceStep>,
    /// Where it leads.
    pub(super) node: u32,
    /// Of the body's chains that which leads to what is around its last step; `NONE`: it has none.
    pub(super) chain: u32,
}

/// A step that paths of a body have in common, with all that stand before it.
#[derive(Debug)]
pub(super) struct Chain {
    /// The chain up to the step before; `NONE`: the path begins here.
    pub(super) before: u32,
    pub(super) from: Begin,
    pub(super) step: SourceStep,
    /// Up to here chains go on from it.
    pub(super) end: u32,
    /// The family that it belongs to; `NONE`: it stands by itself.
    pub(super) family: u32,
}

/// Chains whose last steps choose records of one name by the value of the same field, as qualifiers
/// do: who looks at each record once knows where all of them lead.
#[derive(Debug)]
pub(super) struct Family {
    /// The first of them; all begin where it does.
    pub(super) first: u32,
    pub(super) members: Vec<Member>,
}

/// A value that a chain of a family asks for.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) chain: u32,
    pub(super) key: u64,
    pub(super) value: Box<str>,
    /// It asks for more than this value.
    pub(super) asks_more: bool,
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// So many groups around that of the loop.
    Up(u32),
    Message,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceStep {
    pub(super) slot: u32,
    pub(super) pick: Pick,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    Any,
    Nth(u32),
    Where(Vec<Ask>),
}

#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) steps: Vec<SourceStep>,
    pub(super) against: Compare,
    /// Asks of one program whose answers may be kept in an index have a number of their own.
    pub(super) index: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Values(Vec<Box<str>>),
    NoneOf(Vec<Box<str>>),
    This(Box<SourcePath>),
    Present,
    Absent,
}

/// What is asked counts, not by which number it is known.
impl PartialEq for Ask {
    fn eq(&self, other: &Self) -> bool {
        self.steps == other.steps && self.against == other.against
    }
}

impl Eq for Ask {}

impl RowOp {
    /// It takes values as they are and under no condition.
    pub(super) fn bare(&self) -> bool {
        self.acts.is_empty() && self.when.is_empty() && self.default.is_none()
    }
}

impl SourcePath {
    /// Puts its beginning among the chains of a body, where what it asks for is told by plain paths.
    pub(super) fn share(&mut self, body: &mut Body) {
        if let Some((_, around)) = self.steps.split_last() {
            self.chain = body.chain(self.from, around);
        }
    }
}

impl SourceStep {
    fn is_plain(&self) -> bool {
        !matches!(self.pick, Pick::Where(_))
    }

    /// Whether what its selector asks for is told by plain paths.
    fn asks_plainly(&self) -> bool {
        let Pick::Where(asks) = &self.pick else {
            return true;
        };
        let is_plain = |ask: &Ask| {
            let beyond = match &ask.against {
                Compare::This(path) => path.steps.iter().all(Self::is_plain),
                _ => true,
            };
            beyond && ask.steps.iter().all(Self::is_plain)
        };
        asks.iter().all(is_plain)
    }

    /// What it asks for first, where that is one of some values.
    fn qualifier(&self) -> Option<(&[SourceStep], &[Box<str>])> {
        let Pick::Where(asks) = &self.pick else {
            return None;
        };
        match asks.first() {
            Some(Ask {
                steps,
                against: Compare::Values(values),
                ..
            }) => Some((steps, values)),
            _ => None,
        }
    }
}

impl Body {
    /// The chain of such steps; `NONE` where what they ask for is not told by plain paths.
    pub(super) fn chain(&mut self, from: Begin, steps: &[SourceStep]) -> u32 {
        let mut at = NONE;
        for step in steps {
            if !step.asks_plainly() {
                return NONE;
            }
            let same = |of: &Chain| of.before == at && of.from == from && of.step == *step;
            let known = self.chains.iter().position(same);
            at = known.unwrap_or_else(|| {
                self.chains.push(Chain {
                    before: at,
                    from,
                    step: step.clone(),
                    end: NONE,
                    family: NONE,
                });
                self.chains.len() - 1
            }) as u32;
        }
        at
    }

    /// The counter of groups of a field below a slot.
    pub(super) fn counter(&mut self, slot: u32, field: FieldId) -> u32 {
        let known = self.counters.iter().position(|of| *of == (slot, field));
        let at = known.unwrap_or_else(|| {
            self.counters.push((slot, field));
            self.counters.len() - 1
        });
        at as u32
    }

    /// All its operations are there: chains that are told from each other by one value become
    /// families, and operations that do nothing without a chain are told from others.
    pub(super) fn finish(&mut self) {
        self.order();
        self.find_families();
        self.nowhere = vec![Held::NOTHING; self.chains.len()];
        self.guards = self.ops.iter().map(|op| self.guard(op)).collect();
    }

    /// Puts behind each chain those that go on from it.
    fn order(&mut self) {
        let mut below = vec![Vec::new(); self.chains.len()];
        let mut left = Vec::new();
        for (at, of) in self.chains.iter().enumerate().rev() {
            match below.get_mut(of.before as usize) {
                Some(below) => below.push(at as u32),
                None => left.push(at as u32),
            }
        }
        let mut places = vec![NONE; self.chains.len()];
        let mut order = Vec::new();
        while let Some(at) = left.pop() {
            places[at as usize] = order.len() as u32;
            order.push(at);
            left.append(&mut below[at as usize]);
        }
        let place = |chain: u32| places.get(chain as usize).copied().unwrap_or(NONE);
        let mut chains: Vec<_> = std::mem::take(&mut self.chains)
            .into_iter()
            .enumerate()
            .collect();
        chains.sort_by_key(|(at, _)| places[*at]);
        self.chains = chains.into_iter().map(|(_, chain)| chain).collect();
        for (at, chain) in self.chains.iter_mut().enumerate() {
            (chain.before, chain.end) = (place(chain.before), at as u32 + 1);
        }
        for at in (0..self.chains.len()).rev() {
            let of = &self.chains[at];
            let (before, end) = (of.before, of.end);
            if let Some(before) = self.chains.get_mut(before as usize) {
                before.end = before.end.max(end);
            }
        }
        for op in &mut self.ops {
            match op {
                Op::Row(row) => {
                    let paths = match &mut row.from {
                        Source::Path(path) | Source::Fold(_, path) => std::slice::from_mut(path),
                        Source::Paths(paths) => paths,
                        _ => &mut [],
                    };
                    for path in paths {
                        path.chain = place(path.chain);
                    }
                }
                Op::Each(each) => each.chain = place(each.chain),
                Op::Known(known) => known.path.chain = place(known.path.chain),
                Op::Total(_) => {}
            }
        }
    }

    fn find_families(&mut self) {
        for at in 0..self.chains.len() {
            let of = &self.chains[at];
            let Some((steps, values)) = of.step.qualifier() else {
                continue;
            };
            let same = |other: &Chain| {
                (other.before, other.from, other.step.slot) == (of.before, of.from, of.step.slot)
                    && other.step.qualifier().is_some_and(|(of, _)| of == steps)
            };
            let asks_more = matches!(&of.step.pick, Pick::Where(asks) if asks.len() > 1);
            let members = values.iter().map(|value| Member {
                chain: at as u32,
                key: key(value),
                value: value.clone(),
                asks_more,
            });
            let members: Vec<_> = members.collect();
            match self.chains.iter().position(same) {
                Some(first) if first < at => {
                    let family = self.chains[first].family;
                    self.chains[at].family = family;
                    self.families[family as usize].members.extend(members);
                }
                _ => {
                    self.chains[at].family = self.families.len() as u32;
                    self.families.push(Family {
                        first: at as u32,
                        members,
                    });
                }
            }
        }
    }

    /// The chain without which an operation does nothing.
    fn guard(&self, op: &Op) -> u32 {
        match op {
            Op::Row(row) if row.when.is_empty() && row.default.is_none() => match &row.from {
                Source::Path(path) => path.chain,
                Source::Paths(paths) => {
                    let first = paths.first().map_or(NONE, |path| path.chain);
                    match paths.iter().all(|path| path.chain == first) {
                        true => first,
                        false => NONE,
                    }
                }
                Source::Fold(fold, path) if *fold != Fold::Count => self.unmarked(path.chain),
                _ => NONE,
            },
            Op::Each(each) => self.unmarked(each.chain),
            Op::Known(known) => self.unmarked(known.path.chain),
            Op::Row(_) | Op::Total(_) => NONE,
        }
    }

    /// A chain, where no selector on the way to its last step finds what counts as read.
    fn unmarked(&self, chain: u32) -> u32 {
        let mut at = chain;
        while at != NONE {
            at = self.chains[at as usize].before;
            if at != NONE && !self.chains[at as usize].step.is_plain() {
                return NONE;
            }
        }
        chain
    }
}

/// A name as a number: itself where it is short, else its first bytes and its length.
#[inline]
pub(super) fn key(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let len = bytes.len();
    if let Some(eight) = bytes.first_chunk::<8>() {
        let long = if len > 8 { len as u64 } else { 0 };
        return u64::from_le_bytes(*eight) ^ long << 56;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << (8 * (len - 4));
    }
    let packed = bytes.iter().rev();
    packed.fold(0, |key, byte| key << 8 | u64::from(*byte))
}

/// Where a name of a node stands in a table of so many places.
#[inline]
fn place(node: u32, key: u64, len: usize) -> usize {
    let mixed = (key ^ u64::from(node).rotate_left(40)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as usize & (len - 1)
}

impl Wanted {
    pub(super) fn new(side: &Side) -> Self {
        let root = WantedNode {
            field: 0,
            parent: NONE,
            name: side.get(0).name.clone(),
            children: Vec::new(),
            keys: Vec::new(),
            comma: false,
            eager: true,
            is_loop: false,
        };
        Self {
            nodes: vec![root],
            table: Vec::new(),
        }
    }

    /// The slot and node of a child of a node, made if it is not there.
    pub(super) fn want(&mut self, node: u32, field: FieldId, side: &Side) -> (u32, u32) {
        let held = &self.nodes[node as usize].children;
        let found = held
            .iter()
            .position(|child| self.nodes[*child as usize].field == field);
        if let Some(slot) = found {
            return (slot as u32, held[slot]);
        }
        let id = self.nodes.len() as u32;
        let of = side.get(field);
        self.nodes.push(WantedNode {
            field,
            parent: node,
            name: of.name.clone(),
            children: Vec::new(),
            keys: Vec::new(),
            comma: side.is_edifact() && of.value.as_ref().is_some_and(|value| value.numeric),
            eager: of.role != crate::spec::model::Role::Composite,
            is_loop: false,
        });
        let key = key(&of.name);
        let around = &mut self.nodes[node as usize];
        around.children.push(id);
        around.keys.push(key);
        (around.children.len() as u32 - 1, id)
    }

    /// All that is wanted is there: names are found quickly from now on.
    pub(super) fn finish(&mut self) {
        let len = (self.nodes.len() * 4).next_power_of_two();
        let none = Found {
            node: NONE,
            slot: 0,
            child: NONE,
            key: 0,
        };
        let mut table = vec![none; len + LOOKS];
        for (node, of) in self.nodes.iter().enumerate() {
            for (slot, (child, key)) in of.children.iter().zip(&of.keys).enumerate() {
                let begin = place(node as u32, *key, len);
                let free = (begin..begin + LOOKS).find(|at| table[*at].node == NONE);
                let Some(free) = free else {
                    // Too many names at one place: they are looked for one by one.
                    return;
                };
                table[free] = Found {
                    node: node as u32,
                    slot: slot as u32,
                    child: *child,
                    key: *key,
                };
            }
        }
        self.table = table;
    }

    /// The child of that name.
    #[inline]
    pub(super) fn child(&self, node: u32, name: &str) -> Option<(u32, u32)> {
        let key = key(name);
        // A short name is its key; of long ones several may have the same.
        let same = |child: u32| {
            let found = &self.nodes[child as usize].name;
            found.len() == name.len() && (name.len() <= 8 || **found == *name)
        };
        let Some(len) = self.table.len().checked_sub(LOOKS) else {
            let of = &self.nodes[node as usize];
            let of_key = |slot: &usize| of.keys[*slot] == key && same(of.children[*slot]);
            let slot = (0..of.keys.len()).find(of_key)?;
            return Some((slot as u32, of.children[slot]));
        };
        let begin = place(node, key, len);
        let mut near = self.table[begin..begin + LOOKS].iter();
        let found = near.find(|of| of.node == node && of.key == key && same(of.child))?;
        Some((found.slot, found.child))
    }

    /// Whether a node is another or below it.
    pub(super) fn is_within(&self, mut node: u32, outer: u32) -> bool {
        loop {
            if node == outer {
                return true;
            }
            if node == NONE || node == 0 {
                return false;
            }
            node = self.nodes[node as usize].parent;
        }
    }

    /// The places of the fields that lead to a node.
    pub(super) fn orders(&self, mut node: u32, side: &Side) -> Vec<u32> {
        let mut orders = Vec::new();
        while node != 0 && node != NONE {
            orders.push(side.get(self.nodes[node as usize].field).order);
            node = self.nodes[node as usize].parent;
        }
        orders.reverse();
        orders
    }
}
