//! A map made ready for one direction.

use std::sync::Arc;

use super::ast::{At, Fold, Limits};
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
}

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
    pub(super) ops: Vec<Op>,
}

/// A place of the target below the group of a body.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) parent: u32,
    pub(super) field: FieldId,
    /// What tells it from other slots of the field: its selector.
    pub(super) which: Box<str>,
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
    /// One value goes to one place as it is.
    pub(super) plain: Option<Plain>,
    pub(super) when: Vec<Condition>,
    pub(super) default: Option<Box<str>>,
    pub(super) limits: Limits,
    pub(super) at: At,
}

/// What a value may be that is copied as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain {
    pub(super) numeric: bool,
    pub(super) max: u32,
}

/// A condition.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) expr: Expr,
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
    Expr(Box<Expr>),
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
#[derive(Clone, Debug)]
pub(super) struct SourcePath {
    pub(super) from: Begin,
    pub(super) steps: Vec<SourceStep>,
    /// Where it leads.
    pub(super) node: u32,
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// So many groups around that of the loop.
    Up(u32),
    Message,
}

#[derive(Clone, Debug)]
pub(super) struct SourceStep {
    pub(super) slot: u32,
    pub(super) pick: Pick,
}

#[derive(Clone, Debug)]
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

#[derive(Clone, Debug)]
pub(super) enum Compare {
    Values(Vec<Box<str>>),
    NoneOf(Vec<Box<str>>),
    This(Box<SourcePath>),
    Present,
    Absent,
}

/// A name as a number: itself where it is short, else its first bytes and its length.
#[inline]
fn key(name: &str) -> u64 {
    let bytes = name.as_bytes();
    if let Some(eight) = bytes.first_chunk::<8>() {
        let len = if bytes.len() > 8 {
            bytes.len() as u64
        } else {
            0
        };
        return u64::from_le_bytes(*eight) ^ len << 56;
    }
    let packed = bytes.iter().rev();
    packed.fold(0, |key, byte| key << 8 | u64::from(*byte))
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
        Self { nodes: vec![root] }
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

    /// The child of that name.
    #[inline]
    pub(super) fn child(&self, node: u32, name: &str) -> Option<(u32, u32)> {
        let of = &self.nodes[node as usize];
        let key = key(name);
        let of_key = |slot: &usize| of.keys[*slot] == key;
        // A short name is its key; of long ones several may have the same.
        let same = |slot: &usize| {
            let found = &self.nodes[of.children[*slot] as usize].name;
            found.len() == name.len() && (name.len() <= 8 || **found == *name)
        };
        let slot = (0..of.keys.len()).filter(of_key).find(same)?;
        Some((slot as u32, of.children[slot]))
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
