//! What was done with a group of the loop that streams is done again with others of the same facts in
//! the same places: what of it depends on values is told by where they stand, and by those values that
//! something was chosen by.
//!
//! Where this does not hold, or a value is not written as it was, the group goes the usual way.

use super::ast::Fold;
use super::exec::{Frame, Work};
use super::find::{Held, same};
use super::page::SHAPES;
use super::program::{
    Compare, Condition, EachOp, Known, Op, Pick, Quick, RowOp, Source, SourceStep,
};
use super::step::Act;
use super::target::{NONE, Stencil};
use crate::expr::{Mark, NodeId, Outline};

/// Courses of one message that are kept, and groups in a row of which none could be: then no more are
/// looked for.
const MOST: usize = 16;
/// A text of an expression that is longer goes the usual way.
const LONG: usize = 1 << 16;
/// Bytes of memory that a group needs besides what is written of it.
const BESIDES: usize = 1 << 20;

/// Courses of the groups of a message.
#[derive(Debug, Default)]
pub(super) struct Courses<'p> {
    known: Vec<Course<'p>>,
    /// Hashes of groups that came once.
    once: Vec<u64>,
    /// Hashes of groups that no course was found for, as some row varied.
    varied: Vec<u64>,
    /// How many facts and nodes of the target there are before each group.
    begin: (usize, usize),
    /// The one that was taken last.
    last: usize,
    failed: usize,
    /// Whether the loop can be told so at all, once that was looked at.
    able: Option<bool>,
    /// The values that are written: where each stands, and whether it is plain.
    texts: Vec<(usize, usize, bool)>,
}

/// What was done with a group.
#[derive(Debug)]
struct Course<'p> {
    outline: Outline,
    /// Values by which something was chosen.
    choices: Vec<(NodeId, Box<str>)>,
    values: Vec<Value<'p>>,
    stencil: Stencil,
    /// Loops that go the usual way, with what they have to know of the frame around: its slots, and where
    /// its chains lead.
    loops: Vec<&'p Op>,
    slots: Vec<u32>,
    held: Vec<Held>,
    /// Values that no row read, as far as those loops do not, and the wanted nodes they are of.
    left: Vec<(NodeId, u32)>,
}

/// A value that is written.
#[derive(Debug)]
struct Value<'p> {
    /// Its node; `NONE` where something stands there already, and it is only looked at.
    node: u32,
    from: From,
    row: &'p RowOp,
    limits: Quick,
}

/// What it is made of.
#[derive(Clone, Debug)]
enum From {
    Fact(NodeId),
    Facts(Box<[NodeId]>),
    Sum(Box<[NodeId]>),
    /// The number of the group.
    Number,
    /// Constant texts, and values behind them.
    Pieces(Box<[(String, Option<NodeId>)]>),
}

/// What is noted while a group goes the usual way.
#[derive(Debug)]
pub(super) struct Notes<'p> {
    /// Facts from here on are those of the group.
    begin: usize,
    choices: Vec<(NodeId, Box<str>)>,
    values: Vec<Value<'p>>,
    /// The facts of the row at hand.
    pub(super) facts: Vec<NodeId>,
    /// Loops that vary, and from where to where the nodes are that each wrote.
    loops: Vec<(&'p Op, u32, u32)>,
    /// What they read.
    read: Vec<bool>,
    /// The group that is written, the slots of its frame, and where the chains of that lead.
    frame: (u32, Vec<u32>, Vec<Held>),
    pub(super) failed: bool,
    /// How many findings are of loops that vary.
    told: u64,
    /// Loops go the usual way if only a row of theirs may vary with more than what is noted.
    strict: bool,
}

impl<'p> Notes<'p> {
    fn new((begin, end): (usize, usize), strict: bool) -> Self {
        Self {
            begin,
            choices: Vec::new(),
            values: Vec::new(),
            facts: Vec::new(),
            loops: Vec::new(),
            read: vec![false; end - begin],
            frame: (NONE, Vec::new(), Vec::new()),
            failed: false,
            told: 0,
            strict,
        }
    }

    /// A fact is one of the group.
    fn is_own(&self, fact: NodeId) -> bool {
        fact.index() >= self.begin
    }

    /// Something is chosen by a value.
    pub(super) fn choice(&mut self, fact: NodeId, text: &str) {
        if self.is_own(fact) && !self.choices.iter().any(|(of, _)| *of == fact) {
            self.choices.push((fact, text.into()));
        }
    }
}

/// Whether steps ask for the value of another place.
fn ask_beyond(steps: &[SourceStep]) -> bool {
    steps.iter().any(|step| match &step.pick {
        Pick::Any | Pick::Nth(_) => false,
        Pick::Where(asks) => asks
            .iter()
            .any(|ask| matches!(ask.against, Compare::This(_)) || ask_beyond(&ask.steps)),
    })
}

/// Whether what a row does depends on values only as [`Course`] tells.
fn is_steady_row(row: &RowOp, strict: bool) -> bool {
    let from = match &row.from {
        Source::Path(path) | Source::Fold(Fold::Sum | Fold::Count, path) => {
            !ask_beyond(&path.steps)
        }
        Source::Paths(paths) => !paths.iter().any(|path| ask_beyond(&path.steps)),
        Source::Text(_) | Source::Param(_) | Source::Number | Source::Now => true,
        Source::Expr(formula) => !strict || formula.expr.is_pieces(),
        Source::Total(_) | Source::Fold(..) => !strict,
    };
    let acts = matches!(
        row.acts.as_slice(),
        [] | [Act::Glue | Act::Decimals(_) | Act::Date(..)]
    );
    from && (!strict
        || acts && row.quick.is_some() && row.when.iter().all(|when| when.formula.has.is_some()))
}

fn is_steady(op: &Op, strict: bool) -> bool {
    let all_has = |when: &[Condition]| when.iter().all(|when| when.formula.has.is_some());
    match op {
        Op::Row(row) => is_steady_row(row, strict),
        Op::Each(each) => {
            each.by.is_empty()
                && !ask_beyond(&each.from.steps)
                && (!strict || all_has(&each.when))
                && each.body.ops.iter().all(|op| is_steady(op, strict))
        }
        Op::Known(known) => !ask_beyond(&known.path.steps),
        Op::Total(_) => false,
    }
}

/// Whether groups of the loop that streams may have a course.
fn is_able(each: &EachOp) -> bool {
    let may = |op: &Op| matches!(op, Op::Each(_)) || is_steady(op, false);
    !each.inline && each.sets.is_empty() && each.body.ops.iter().all(may)
}

impl<'p> Work<'p> {
    /// Runs the loop that streams for a group, whose facts begin at `mark`: as another was done where that is
    /// known. Gives the number of its course then.
    pub(super) fn streamed(
        &mut self,
        each: &'p EachOp,
        (node, mark): (NodeId, Mark),
        frames: &mut Vec<Frame<'p>>,
        number: &mut i64,
    ) -> Option<usize> {
        let mut courses = std::mem::take(&mut self.courses);
        let able = *courses.able.get_or_insert_with(|| is_able(each));
        let begin = (node.index(), self.tree.len());
        if !able || self.origins.is_some() {
            self.courses = courses;
            self.each(each, node, frames, number);
            return None;
        }
        if courses.begin != begin {
            courses.forget();
            courses.begin = begin;
        }
        let found = courses.find(self, mark);
        if let Some(at) = found
            && self.take_course(&mut courses, at, (each, node), frames, number)
        {
            courses.last = at;
            self.courses = courses;
            return Some(at);
        }
        let learns = found.is_none() && courses.may_learn();
        let hash = learns.then(|| self.facts.hash(mark));
        match hash.filter(|hash| courses.is_second(*hash)) {
            Some(hash) => self.learn(&mut courses, hash, (each, node, mark), frames, number),
            None => self.each(each, node, frames, number),
        }
        self.courses = courses;
        None
    }

    /// Courses of the message before do not hold any more.
    pub(super) fn forget_courses(&mut self) {
        self.courses.forget();
    }

    /// The values that no row read of a group that was done by a course, and the wanted nodes they are of.
    pub(super) fn left_of(&self, course: usize) -> impl Iterator<Item = (NodeId, u32)> + '_ {
        let left = self.courses.known.get(course).map(|course| &*course.left);
        let left = left.unwrap_or_default().iter().copied();
        left.filter(|(node, _)| !self.read[node.index()])
    }

    /// Runs the loop for a group and keeps how it went.
    #[cold]
    fn learn(
        &mut self,
        courses: &mut Courses<'p>,
        hash: u64,
        (each, node, mark): (&'p EachOp, NodeId, Mark),
        frames: &mut Vec<Frame<'p>>,
        number: &mut i64,
    ) {
        let (begin, nodes) = courses.begin;
        let strict = courses.varied.contains(&hash);
        let told = self.outbox.told();
        self.notes = Some(Notes::new((begin, self.facts.count()), strict).into());
        self.each(each, node, frames, number);
        let Some(notes) = self.notes.take() else {
            return;
        };
        // What is told of loops that vary is told of each group anew.
        let told = self.outbox.told() - told - notes.told;
        let failed = notes.failed || self.full.is_some() || told > 0;
        let course = (!failed)
            .then(|| self.course(&notes, mark, nodes))
            .flatten();
        for (read, by_loops) in self.read[begin..].iter_mut().zip(&notes.read) {
            *read |= by_loops;
        }
        match course {
            Some(course) => {
                courses.known.push(course);
                courses.failed = 0;
            }
            None if strict => courses.failed += 1,
            None => courses.varied.push(hash),
        }
    }

    /// The course of a group; `None` where it cannot be done again so.
    fn course(&self, notes: &Notes<'p>, mark: Mark, nodes: usize) -> Option<Course<'p>> {
        let (base, slots, held) = &notes.frame;
        if *base as usize != nodes {
            return None;
        }
        let by_loop = |node: u32| {
            let mut loops = notes.loops.iter();
            loops.any(|(_, from, to)| (*from..*to).contains(&node))
        };
        let made = |node: u32| notes.values.iter().any(|value| value.node == node);
        let (stencil, places) = self.tree.stencil(*base, by_loop, made)?;
        let place = |node: u32| match node {
            NONE => Some(NONE),
            node if (node as usize) < nodes => None,
            node => {
                let place = places.get(node as usize - nodes).copied();
                place.filter(|place| *place != NONE)
            }
        };
        // Loops that vary come last now: no others may write beside them what they write.
        for (op, ..) in &notes.loops {
            let Op::Each(each) = op else { return None };
            let parent = match each.parent {
                super::program::BASE => *base,
                slot => *slots.get(slot as usize)?,
            };
            let parent = place(parent)?;
            if self.program.target.get(each.field).again || stencil.has(parent, each.field) {
                return None;
            }
        }
        let mut values = Vec::new();
        for value in &notes.values {
            values.push(Value {
                node: place(value.node)?,
                from: value.from.clone(),
                row: value.row,
                limits: value.limits,
            });
        }
        let slots = match notes.loops.is_empty() {
            true => Vec::new(),
            false => slots
                .iter()
                .map(|node| place(*node))
                .collect::<Option<_>>()?,
        };
        let own = (notes.begin..self.facts.count()).map(NodeId::at);
        let left = own.filter(|node| self.facts.has_text(*node) && !self.read[node.index()]);
        Some(Course {
            outline: self.facts.outline(mark),
            choices: notes.choices.clone(),
            values,
            stencil,
            loops: notes.loops.iter().map(|(op, ..)| *op).collect(),
            slots,
            held: held.clone(),
            left: left.map(|node| (node, self.kind(node))).collect(),
        })
    }

    /// Does with a group what was done with another; false, and nothing is done, where a value is not
    /// written so.
    fn take_course(
        &mut self,
        courses: &mut Courses<'p>,
        at: usize,
        (each, node): (&'p EachOp, NodeId),
        frames: &mut Vec<Frame<'p>>,
        number: &mut i64,
    ) -> bool {
        let Courses { known, texts, .. } = courses;
        let Some(course) = known.get(at) else {
            return false;
        };
        let begin = self.tree.end();
        texts.clear();
        for value in &course.values {
            let from = self.tree.end();
            let Some(plain) = self.value_again(value, *number + 1) else {
                self.tree.text_mut().truncate(begin);
                return false;
            };
            match value.node {
                NONE => self.tree.text_mut().truncate(from),
                _ => texts.push((from, self.tree.end(), plain)),
            }
        }
        let more = course.stencil.bytes() + BESIDES;
        if self.facts.bytes() + self.tree.bytes() + more > self.limit || self.full.is_some() {
            self.tree.text_mut().truncate(begin);
            return false;
        }
        *number += 1;
        self.numbers.push(*number);
        let outer = frames.len() - 1;
        let slots = self.slots.len();
        frames.push(Frame {
            body: &each.body,
            base: NONE,
            make: Some((each, outer)),
            slots,
            scope: Some(node),
            merges: false,
        });
        self.base(frames, outer + 1);
        self.tree.add_stencil(&course.stencil);
        let written = course.values.iter().filter(|value| value.node != NONE);
        for (value, (from, to, plain)) in written.zip(&*texts) {
            self.tree.set_stretch(value.node, (*from, *to), *plain);
        }
        if !course.loops.is_empty() {
            self.slots.extend_from_slice(&course.slots);
            let held_at = std::mem::replace(&mut self.held_at, self.held.len());
            let body = std::mem::replace(&mut self.body, &each.body);
            self.held.extend_from_slice(&course.held);
            for op in &course.loops {
                self.op(op, frames, node);
            }
            self.slots.truncate(slots);
            self.held.truncate(self.held_at);
            (self.held_at, self.body) = (held_at, body);
        }
        frames.pop();
        self.numbers.pop();
        true
    }

    /// Puts a value behind the text of the target; tells whether it is plain, or `None` where it is not written
    /// as it was.
    #[inline]
    fn value_again(&mut self, value: &Value<'p>, number: i64) -> Option<bool> {
        let begin = self.tree.end();
        match &value.from {
            From::Fact(node) => {
                let (text, plain) = self.facts.plain_text(*node);
                if value.row.acts.is_empty() {
                    let plain = self.usual.takes(text, plain, value.limits)?;
                    self.tree.text_mut().push_str(text);
                    return Some(plain);
                }
                self.tree.text_mut().push_str(text);
            }
            From::Facts(nodes) => {
                for node in nodes {
                    self.tree.text_mut().push_str(self.facts.text(*node));
                }
            }
            From::Sum(nodes) => {
                let texts = nodes.iter().map(|node| self.facts.text(*node));
                let (sum, places) = super::carry::sum(texts)?;
                super::carry::put_number(self.tree.text_mut(), sum, places);
            }
            From::Number => {
                super::carry::put_number(self.tree.text_mut(), number.unsigned_abs(), 0);
            }
            From::Pieces(pieces) => {
                for (constant, node) in pieces {
                    self.tree.text_mut().push_str(constant);
                    if let Some(node) = node {
                        self.tree.text_mut().push_str(self.facts.text(*node));
                    }
                }
                if self.tree.end() - begin > LONG {
                    return None;
                }
            }
        }
        if !self.step(value.row, begin) {
            return None;
        }
        self.usual
            .takes(self.tree.text_from(begin), false, value.limits)
    }

    /// Notes that the row at hand takes a fact.
    #[inline]
    pub(super) fn note_fact(&mut self, fact: NodeId) {
        if let Some(notes) = &mut self.notes {
            notes.facts.push(fact);
        }
    }

    /// Notes that a row wrote its value to a node; `NONE`: it was only looked at.
    #[cold]
    pub(super) fn note(&mut self, row: &'p RowOp, node: u32, scope: NodeId) {
        let (Some(notes), Some(limits)) = (&mut self.notes, row.quick) else {
            return;
        };
        let any_own = notes.facts.iter().any(|fact| notes.is_own(*fact));
        let facts = || notes.facts.as_slice().into();
        let from = match &row.from {
            Source::Path(_) if any_own => From::Fact(notes.facts[0]),
            Source::Paths(_) if any_own => From::Facts(facts()),
            Source::Fold(Fold::Sum, _) if any_own => From::Sum(facts()),
            Source::Number if self.numbers.len() == 1 => From::Number,
            Source::Expr(formula) => {
                let Some(root) = self.root else { return };
                let parent = self.facts.parent(scope).unwrap_or(scope);
                let bound = [scope, parent, root];
                let pieces = formula.expr.places(&self.facts, &bound);
                let own = |(_, node): &(String, Option<NodeId>)| {
                    node.is_some_and(|node| notes.is_own(node))
                };
                match pieces {
                    Some(pieces) if pieces.iter().any(own) => From::Pieces(pieces.into()),
                    _ => return,
                }
            }
            // All others write the same each time.
            _ => return,
        };
        notes.values.push(Value {
            node,
            from,
            row,
            limits,
        });
    }

    /// Notes what a row does with a node that is made already: it writes its value, or where one stands there
    /// and it gives way to that, that is only looked at.
    #[cold]
    pub(super) fn note_again(&mut self, row: &'p RowOp, made: u32, scope: NodeId) {
        match self.tree.text(made).is_some() {
            false => self.note(row, made, scope),
            true if row.if_empty => self.note(row, NONE, scope),
            true => self.note_nothing(),
        }
    }

    /// Runs an operation whose loop varies with more than what is noted.
    #[cold]
    pub(super) fn note_loop(&mut self, op: &'p Op, frames: &mut Vec<Frame<'p>>, scope: NodeId) {
        let Some(mut notes) = self.notes.take() else {
            return;
        };
        let at = frames.len() - 1;
        let begin = self.tree.len() as u32;
        let slots_at = frames[at].slots;
        let is_plain = matches!(op, Op::Each(each)
            if !each.inline && self.made(frames, at, each.parent).is_some());
        let slots = frames[at].body.slots.len();
        let read = self.read[notes.begin..].to_vec();
        let held = self.held[self.held_at..].to_vec();
        let before = self.slots[slots_at..slots_at + slots].to_vec();
        let told = self.outbox.told();
        self.op(op, frames, scope);
        notes.told += self.outbox.told() - told;
        notes.failed |= !is_plain || before != self.slots[slots_at..slots_at + slots];
        let now = self.read[notes.begin..].iter_mut().zip(read);
        for ((now, before), by_loops) in now.zip(&mut notes.read) {
            *by_loops |= *now && !before;
            *now = before;
        }
        self.held[self.held_at..].copy_from_slice(&held);
        notes.loops.push((op, begin, self.tree.len() as u32));
        self.notes = Some(notes);
    }

    /// Notes what stands in the last frame, before it ends.
    #[cold]
    pub(super) fn note_frame(&mut self, frames: &[Frame<'p>]) {
        let (Some(notes), Some(frame)) = (&mut self.notes, frames.last()) else {
            return;
        };
        let mut slots = self.slots[frame.slots..].to_vec();
        // What is counted is counted anew.
        slots[frame.body.slots.len()..].fill(NONE);
        notes.frame = (frame.base, slots, self.held[self.held_at..].to_vec());
    }

    /// A value that is known was met.
    #[cold]
    pub(super) fn note_known(&mut self, known: &Known, node: NodeId) {
        if let Some(notes) = &mut self.notes {
            if known.value.is_some() {
                notes.choice(node, self.facts.text(node));
            }
            // What loops read that vary would come before it.
            notes.failed |= !notes.loops.is_empty();
        }
    }

    /// What is done with the group at hand depends on more than is noted.
    #[cold]
    pub(super) fn note_nothing(&mut self) {
        if let Some(notes) = &mut self.notes {
            notes.failed = true;
        }
    }

    /// Whether a loop of the group at hand, which is noted, varies with more than that.
    #[inline]
    pub(super) fn varies(&self, op: &Op) -> bool {
        self.notes
            .as_ref()
            .is_some_and(|notes| !is_steady(op, notes.strict))
    }
}

impl Courses<'_> {
    fn forget(&mut self) {
        self.known.clear();
        self.once.clear();
        self.last = 0;
    }

    fn may_learn(&self) -> bool {
        self.known.len() < MOST && self.failed < MOST && self.varied.len() < SHAPES
    }

    /// Whether a hash comes not for the first time.
    fn is_second(&mut self, hash: u64) -> bool {
        if self.once.is_empty() {
            self.once.resize(SHAPES, 0);
        }
        let slot = &mut self.once[(hash >> 32) as usize % SHAPES];
        std::mem::replace(slot, hash) == hash
    }

    /// The course of a group.
    fn find(&self, work: &Work<'_>, mark: Mark) -> Option<usize> {
        let is = |at: &usize| self.known.get(*at).is_some_and(|of| of.is_of(work, mark));
        let others = (0..self.known.len()).filter(|at| *at != self.last);
        std::iter::once(self.last).chain(others).find(is)
    }
}

impl Course<'_> {
    #[inline]
    fn is_of(&self, work: &Work<'_>, mark: Mark) -> bool {
        let facts = &work.facts;
        facts.is_like(mark, &self.outline)
            && (self.choices.iter()).all(|(node, text)| same(facts.text(*node), text))
    }
}
