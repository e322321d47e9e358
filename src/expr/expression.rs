//! An expression: compiled once, evaluated often.

use super::{Env, Facts, Fault, Host, Path, Trouble, TroubleKind, Type, Value};

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
    text: Box<str>,
    of: Type,
    paths: Vec<Path>,
    present: Vec<Path>,
    cost: u32,
}

impl Expr {
    /// Compiles `text`: parses it, resolves names, paths, tables and patterns, checks types and presence.
    ///
    /// # Errors
    /// A [`Fault`] says where in `text`, what was found and what was expected.
    pub fn compile(text: &str, env: &mut Env) -> Result<Self, Fault> {
        let _ = env;
        Err(Fault {
            span: 0..text.len(),
            message: "expressions are not compiled yet".to_owned(),
            message_zh: "尚不能编译表达式".to_owned(),
            expected: None,
            near: Vec::new(),
        })
    }

    /// Compiles `text`, which has to be true or false.
    ///
    /// # Errors
    /// As [`compile`](Self::compile); also where its type is not boolean.
    pub fn condition(text: &str, env: &mut Env) -> Result<Self, Fault> {
        Self::compile(text, env)
    }

    /// Its value.
    ///
    /// # Errors
    /// A [`Trouble`] says what kept it from having one. No data make it panic.
    pub fn eval<'a>(&'a self, scope: &Scope<'a>) -> Result<Value<'a>, Trouble> {
        let _ = scope;
        Err(Trouble {
            kind: TroubleKind::Missing,
            start: 0,
            end: self.text.len() as u32,
        })
    }

    /// Whether a condition holds.
    ///
    /// # Errors
    /// As [`eval`](Self::eval); what is no boolean is [`TroubleKind::NoOverload`].
    pub fn holds<'a>(&'a self, scope: &Scope<'a>) -> Result<bool, Trouble> {
        self.eval(scope)?.as_bool().ok_or(Trouble {
            kind: TroubleKind::NoOverload,
            start: 0,
            end: self.text.len() as u32,
        })
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
