//! What an expression is compiled to: a tree of operations over slots.

use std::sync::Arc;

use regex_automata::meta::Regex;

use super::functions::Function;
use super::{Check, CrosswalkId, Number, TableId, Trouble, TroubleKind, Value};

/// An operation and the stretch of the text that it stands for.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) op: Op,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Node {
    pub(super) const fn trouble(&self, kind: TroubleKind) -> Trouble {
        Trouble {
            kind,
            start: self.start,
            end: self.end,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Op {
    Const(Value<'static>),
    Bound(u32),
    /// A bound value that may be absent, taken as present.
    BoundGiven(u32),
    Local(u32),
    /// What a path leads to; trouble where that is absent.
    Read(Read),
    /// Whether a path leads anywhere.
    Present(Read),
    /// What a path leads to as an optional value.
    Perhaps(Read),
    /// What a path leads to, or another value.
    ReadOr(Read, Box<Node>),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    Not(Box<Node>),
    If(Box<[Node; 3]>),
    Compare(Relation, Box<[Node; 2]>),
    /// Both sides are exact decimals or whole numbers.
    CompareNumbers(Relation, Box<[Node; 2]>),
    /// Both sides are text; equal or not.
    SameText(bool, Box<[Node; 2]>),
    TextIs(bool, Read, Box<str>),
    NumberIs(Relation, Read, Number),
    In(Box<[Node; 2]>),
    /// Whether text is one of some; they are in order.
    InTexts(Box<Node>, Box<[Box<str>]>),
    Arithmetic(Arithmetic, Box<[Node; 2]>),
    Minus(Box<Node>),
    AsNumber(Box<Node>),
    AsText(Box<Node>),
    Index(Box<[Node; 2]>),
    IndexPerhaps(Box<[Node; 2]>),
    Field(Box<Node>, Box<str>),
    FieldPresent(Box<Node>, Box<str>),
    FieldPerhaps(Box<Node>, Box<str>),
    List(Box<[Item]>),
    Map(Box<[Entry]>),
    Loop(Box<Loop>),
    /// A value that the next operation has as a local one.
    Bind(Box<[Node; 2]>),
    OptMap(Box<[Node; 2]>),
    OptFlatMap(Box<[Node; 2]>),
    OrValue(Box<[Node; 2]>),
    OrOptional(Box<[Node; 2]>),
    Call(&'static Function, Box<[Node]>),
    Check(Check, Box<Node>),
    Matches(Box<Node>, Arc<Regex>),
    Lookup(TableId, Box<Node>, Option<Box<Node>>),
    Crosswalk(CrosswalkId, Box<Node>),
    NameOf(TableId, Box<Node>, crate::finding::Lang),
    Register(Box<str>, Box<Node>),
    Context(Box<str>),
    Today,
    /// What plain CEL finds wrong only when it gets there.
    Never(TroubleKind),
}

/// A path: where it begins, the slots, what is read at its end.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) base: Base,
    pub(super) slots: Box<[u32]>,
    pub(super) leaf: Leaf,
}

#[derive(Clone, Debug)]
pub(super) enum Base {
    Bound(u32),
    Local(u32),
    Node(Box<Node>),
    /// One node of a list of them.
    Nth(Box<(Read, Node)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    Record,
    Text,
    Number,
    /// The list of all in the last slot.
    Nodes(super::Kind),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Relation {
    pub(super) fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterEqual => order.is_ge(),
        }
    }

    /// The relation of the right side to the left.
    pub(super) const fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
            same => same,
        }
    }

    pub(super) const fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// An element of a list literal; an optional one is left out where it is absent.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) value: Node,
    pub(super) optional: bool,
}

/// An entry of a map literal.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Node,
    pub(super) value: Node,
    pub(super) optional: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Loop {
    pub(super) over: Node,
    /// There is a variable for the place or key before that for the value.
    pub(super) two: bool,
    /// The variable is the node, and read when it is used.
    pub(super) lazy: bool,
    pub(super) test: Option<Node>,
    pub(super) body: Option<Node>,
    pub(super) what: Turn,
    /// Steps that one turn counts for.
    pub(super) cost: u32,
}

/// What a loop makes of its turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    All,
    Exists,
    ExistsOne,
    /// A list of the bodies where the test holds; of the elements where there is no body.
    List,
    /// A map of the bodies where the test holds.
    Map,
}
