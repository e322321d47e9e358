//! Text that is put together of pieces: they are written one behind the other, and no text is made of
//! those so far.

use super::op::{Arithmetic, Base, Leaf, Node, Op, Read};
use super::{Facts, NodeId, Trouble, TroubleKind, Value};

/// Longer texts are made as other values are, whose steps and bytes are counted.
const LONG: usize = 1 << 20;

/// One of the pieces that a text is put together of, in the order in which they are written.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(Box<str>),
    /// What a path leads to; trouble where that is absent.
    Value(Way, Trouble),
    /// Where a path leads nowhere, it goes on with another piece; `true`: to a value.
    Has(Way, bool, usize),
    /// It goes on with another piece.
    Go(usize),
}

/// A path from a bound record.
#[derive(Clone, Debug)]
pub(super) struct Way {
    bound: u32,
    slots: Box<[u32]>,
}

impl Way {
    fn of(read: &Read) -> Option<Self> {
        let Base::Bound(bound) = read.base else {
            return None;
        };
        Some(Self {
            bound,
            slots: read.slots.clone(),
        })
    }

    #[inline]
    fn node(&self, facts: &Facts, bound: &[NodeId]) -> Option<NodeId> {
        let mut node = *bound.get(self.bound as usize)?;
        for slot in &self.slots {
            node = facts.first(node, *slot)?;
        }
        Some(node)
    }
}

impl Node {
    /// The pieces of a text; `None` where it is anything else than fields, constants, concatenations and
    /// choices by what is there.
    pub(super) fn pieces(&self) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        self.put(&mut pieces)?;
        Some(pieces)
    }

    fn put(&self, pieces: &mut Vec<Piece>) -> Option<()> {
        match &self.op {
            Op::Const(Value::Text(text)) => pieces.push(Piece::Text((&**text).into())),
            Op::Read(read) if read.leaf == Leaf::Text => {
                let trouble = self.trouble(TroubleKind::Missing);
                pieces.push(Piece::Value(Way::of(read)?, trouble));
            }
            Op::ReadOr(read, other) if read.leaf == Leaf::Text => {
                let way = Way::of(read)?;
                let trouble = self.trouble(TroubleKind::Missing);
                let has = pieces.len();
                pieces.push(Piece::Has(way.clone(), true, 0));
                pieces.push(Piece::Value(way, trouble));
                turn(pieces, &[has], other)?;
            }
            Op::If(parts) => {
                let [test, yes, no] = &**parts;
                let begin = pieces.len();
                test.put_test(pieces)?;
                let tests: Vec<usize> = (begin..pieces.len()).collect();
                yes.put(pieces)?;
                turn(pieces, &tests, no)?;
            }
            Op::Arithmetic(Arithmetic::Add, pair) => {
                pair[0].put(pieces)?;
                pair[1].put(pieces)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn put_test(&self, pieces: &mut Vec<Piece>) -> Option<()> {
        match &self.op {
            Op::Present(read) => {
                let is_value = matches!(read.leaf, Leaf::Text | Leaf::Number);
                pieces.push(Piece::Has(Way::of(read)?, is_value, 0));
            }
            Op::And(pair) => {
                pair[0].put_test(pieces)?;
                pair[1].put_test(pieces)?;
            }
            _ => return None,
        }
        Some(())
    }
}

/// Ends what is written where `tests` hold, and puts behind it what is written else.
fn turn(pieces: &mut Vec<Piece>, tests: &[usize], other: &Node) -> Option<()> {
    let go = pieces.len();
    pieces.push(Piece::Go(0));
    for test in tests {
        if let Piece::Has(_, _, on) = &mut pieces[*test] {
            *on = go + 1;
        }
    }
    other.put(pieces)?;
    pieces[go] = Piece::Go(pieces.len());
    Some(())
}

/// What stands in a text, as far as it is there.
enum Part<'p> {
    Constant(&'p str),
    /// The value of a node, and what is wrong where there is none.
    Value(Option<NodeId>, Trouble),
}

/// The parts of a text, its paths beginning at the records of `bound`.
fn parts<'p>(
    pieces: &'p [Piece],
    facts: &'p Facts,
    bound: &'p [NodeId],
) -> impl Iterator<Item = Part<'p>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let piece = pieces.get(at)?;
            at += 1;
            match piece {
                Piece::Text(text) => return Some(Part::Constant(text)),
                Piece::Value(way, trouble) => {
                    return Some(Part::Value(way.node(facts, bound), *trouble));
                }
                Piece::Has(way, is_value, on) => {
                    let node = way.node(facts, bound);
                    if !node.is_some_and(|node| !is_value || facts.has_text(node)) {
                        at = *on;
                    }
                }
                Piece::Go(on) => at = *on,
            }
        }
    })
}

/// What a text is put together of as long as the same is there: each time constant text, and the node whose
/// value stands behind it. `None` where there is no text.
pub(super) fn places(
    pieces: &[Piece],
    facts: &Facts,
    bound: &[NodeId],
) -> Option<Vec<(String, Option<NodeId>)>> {
    let (mut places, mut constant) = (Vec::new(), String::new());
    for part in parts(pieces, facts, bound) {
        match part {
            Part::Constant(text) => constant.push_str(text),
            Part::Value(node, _) => {
                let node = node.filter(|node| facts.has_text(*node))?;
                places.push((std::mem::take(&mut constant), Some(node)));
            }
        }
    }
    if !constant.is_empty() {
        places.push((constant, None));
    }
    Some(places)
}

/// Puts a text at the end of `out`, its paths beginning at the records of `bound`; `None` where it is too
/// long to be made like this.
pub(super) fn write(
    pieces: &[Piece],
    facts: &Facts,
    bound: &[NodeId],
    out: &mut String,
) -> Option<Result<(), Trouble>> {
    let begin = out.len();
    for part in parts(pieces, facts, bound) {
        match part {
            Part::Constant(text) => out.push_str(text),
            Part::Value(node, trouble) => {
                let text = node.map_or("", |node| facts.text(node));
                if text.is_empty() {
                    return Some(Err(trouble));
                }
                if out.len() - begin + text.len() > LONG {
                    return None;
                }
                out.push_str(text);
            }
        }
    }
    Some(Ok(()))
}
