//! An expression: compiled once, evaluated often.

use std::sync::Arc;

use super::compile::{Compiler, Place, Root};
use super::eval::Evaluation;
use super::op::{Base, Leaf, Node, Op};
use super::pieces::{self, Piece};
use super::{Env, Facts, Fault, Host, Name, NodeId, Path, Presence, Trouble, Type, Value, syntax};

/// What one evaluation may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps: about one for every operation in every turn of a loop.
    pub steps: u64,
    /// Bytes of lists, maps and text that it makes.
    pub memory: usize,
}

impl Default for Limits {
    /// Ten million steps, 64 MiB.
    fn default() -> Self {
        Self {
            steps: 10_000_000,
            memory: 64 << 20,
        }
    }
}

/// What an expression is evaluated in.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The values of the message.
    pub facts: &'a Facts,
    /// The value of every bound name, by [`Name`](super::Name).
    pub bound: &'a [Value<'a>],
    /// Tables, registers, context.
    pub host: &'a dyn Host,
    /// What it may take.
    pub limits: Limits,
}

/// An expression that was compiled.
#[derive(Clone, Debug)]
pub struct Expr {
    text: Arc<str>,
    root: Arc<Node>,
    of: Type,
    paths: Vec<Path>,
    present: Vec<Path>,
    cost: u32,
    pieces: Option<Arc<[Piece]>>,
}

impl Expr {
    /// Compiles `text`: parses it, resolves names, paths, tables and patterns, checks types and presence.
    ///
    /// # Errors
    /// A [`Fault`] says where in `text`, what was found and what was expected.
    pub fn compile(text: &str, env: &mut Env) -> Result<Self, Fault> {
        Self::build(text, env, false)
    }

    /// Compiles `text`, which has to be true or false.
    ///
    /// # Errors
    /// As [`compile`](Self::compile); also where its type is not boolean.
    pub fn condition(text: &str, env: &mut Env) -> Result<Self, Fault> {
        Self::build(text, env, true)
    }

    fn build(text: &str, env: &mut Env, condition: bool) -> Result<Self, Fault> {
        Self::built(text, env, condition).map_err(|mut fault| {
            // Whole characters of the text.
            let mut end = fault.span.end.min(text.len());
            while !text.is_char_boundary(end) {
                end += 1;
            }
            let mut start = fault.span.start.min(end);
            while !text.is_char_boundary(start) {
                start -= 1;
            }
            fault.span = start..end;
            fault
        })
    }

    fn built(text: &str, env: &mut Env, condition: bool) -> Result<Self, Fault> {
        let (tree, info, names) = syntax::parse(text)?;
        let mut compiler = Compiler::new(env, text, (&info, &names));
        let typed = if condition {
            compiler.truth(&tree)?
        } else {
            compiler.value(&tree)?
        };
        let optional = |at: u32| compiler.env.bound[at as usize].presence == Presence::Maybe;
        let path = |place: Place| match place.root {
            Root::Bound(at) if place.steps.is_empty() && !optional(at) => None,
            Root::Bound(at) => Some(Path {
                root: Name(at),
                steps: place.steps,
            }),
            Root::Local(_) => None,
        };
        Ok(Self {
            text: text.into(),
            pieces: typed.node.pieces().map(Arc::from),
            root: Arc::new(typed.node),
            of: typed.of,
            present: typed.yes.into_iter().filter_map(path).collect(),
            paths: std::mem::take(&mut compiler.paths),
            cost: compiler.cost,
        })
    }

    /// Its value.
    ///
    /// # Errors
    /// A [`Trouble`] says what kept it from having one. No data make it panic.
    pub fn eval<'a>(&'a self, scope: &Scope<'a>) -> Result<Value<'a>, Trouble> {
        Evaluation::new(scope).value(&self.root)
    }

    /// Whether a condition holds.
    ///
    /// # Errors
    /// As [`eval`](Self::eval); what is no boolean is [`NoOverload`](super::TroubleKind::NoOverload).
    pub fn holds<'a>(&'a self, scope: &Scope<'a>) -> Result<bool, Trouble> {
        Evaluation::new(scope).truth(&self.root)
    }

    /// Where it says no more than that something is there: the path that leads there, by the first of
    /// what there are several of, and whether there has to be a value at its end.
    pub(crate) fn presence(&self) -> Option<(&Path, bool)> {
        let Op::Present(read) = &self.root.op else {
            return None;
        };
        match (&read.base, self.paths.as_slice()) {
            (Base::Bound(at), [path]) if path.root == Name(*at) => {
                let slots = path.steps.iter().map(|step| step.slot);
                let is_value = matches!(read.leaf, Leaf::Text | Leaf::Number);
                slots
                    .eq(read.slots.iter().copied())
                    .then_some((path, is_value))
            }
            _ => None,
        }
    }

    /// Whether [`write`](Self::write) may write it.
    pub(crate) const fn is_pieces(&self) -> bool {
        self.pieces.is_some()
    }

    /// Puts its value at the end of `out`, where it is text that is put together of fields of bound
    /// records: these, by their names, are `bound`. `None` where it is anything else or very long; then
    /// and with trouble a part of it may stand there.
    pub(crate) fn write(
        &self,
        facts: &Facts,
        bound: &[NodeId],
        out: &mut String,
    ) -> Option<Result<(), Trouble>> {
        pieces::write(self.pieces.as_ref()?, facts, bound, out)
    }

    /// What its text is put together of as long as the same is there: each time constant text, and the node
    /// whose value stands behind it. `None` where it is not put together so, or has no value.
    pub(crate) fn places(
        &self,
        facts: &Facts,
        bound: &[NodeId],
    ) -> Option<Vec<(String, Option<NodeId>)>> {
        pieces::places(self.pieces.as_ref()?, facts, bound)
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The type of its value.
    #[must_use]
    pub fn kind(&self) -> &Type {
        &self.of
    }

    /// Every path that it reads. Inside a loop over a path these go on from that path.
    #[must_use]
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The paths that are present whenever it is true, as `has(..)` says in it.
    #[must_use]
    pub fn presence_facts(&self) -> &[Path] {
        &self.present
    }

    /// How many operations it is made of; a loop counts its body once.
    #[must_use]
    pub const fn cost(&self) -> u32 {
        self.cost
    }
}
