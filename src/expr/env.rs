//! What an expression may use: names, the spec, tables, functions.

use super::calls::SPECIAL;
use super::{Kind, NoTables, Path, Presence, Shapes, Tables, Type, functions};

/// A bound name, as an index into [`Scope::bound`](super::Scope::bound).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub u32);

/// A check of text that an expression calls by name: `valid.uscc(this.code)`.
pub type Check = fn(&str) -> bool;

/// Functions beyond those of the language.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    pub(super) checks: Vec<(&'static str, Check)>,
}

impl Functions {
    /// Checks of one text each, by their full name (`valid.uscc`); a name that is given twice means the
    /// later one.
    #[must_use]
    pub fn with_checks(checks: &[(&'static str, Check)]) -> Self {
        Self {
            checks: checks.to_vec(),
        }
    }

    /// The names of all functions that expressions may call, those of the language and the checks.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        let checks = self.checks.iter().map(|(name, _)| *name);
        functions::names().chain(SPECIAL).chain(checks)
    }

    pub(super) fn check(&self, name: &str) -> Option<Check> {
        let found = self.checks.iter().rev().find(|(known, _)| *known == name);
        found.map(|(_, check)| *check)
    }
}

/// A name that expressions may use.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) name: Box<str>,
    pub(super) of: Type,
    pub(super) presence: Presence,
}

static NO_FUNCTIONS: Functions = Functions { checks: Vec::new() };

/// What an expression is compiled with.
pub struct Env<'e> {
    pub(super) shapes: &'e mut dyn Shapes,
    pub(super) tables: &'e dyn Tables,
    pub(super) functions: &'e Functions,
    pub(super) bound: Vec<Bound>,
    pub(super) known: Vec<Path>,
    pub(super) absent: bool,
    pub(super) plain: bool,
}

impl<'e> Env<'e> {
    /// With a spec, and no tables, checks or names yet.
    pub fn new(shapes: &'e mut dyn Shapes) -> Self {
        Self {
            shapes,
            tables: &NoTables,
            functions: &NO_FUNCTIONS,
            bound: Vec::new(),
            known: Vec::new(),
            absent: false,
            plain: false,
        }
    }

    /// With tables and crosswalks.
    #[must_use]
    pub fn with_tables(mut self, tables: &'e dyn Tables) -> Self {
        self.tables = tables;
        self
    }

    /// With checks.
    #[must_use]
    pub fn with_functions(mut self, functions: &'e Functions) -> Self {
        self.functions = functions;
        self
    }

    /// Expressions mean what they mean in plain CEL: a literal with a point is binary, not an exact
    /// decimal, and divides. For conformance.
    #[must_use]
    pub fn plain(mut self) -> Self {
        self.plain = true;
        self
    }

    /// Binds a name (`this`, `parent`, `message`, a parameter). Names are numbered from 0 in the order
    /// of these calls; a later one hides an earlier one that is called the same.
    ///
    /// A value of [`Presence::Maybe`] is bound as [`Value::Optional`](super::Value::Optional), one of
    /// [`Presence::Many`] as a list.
    pub fn bind(&mut self, name: &str, kind: Kind, presence: Presence) -> Name {
        self.bind_type(name, kind.into(), presence)
    }

    /// Binds a name to a value of any type, as [`bind`](Self::bind) does.
    pub fn bind_type(&mut self, name: &str, of: Type, presence: Presence) -> Name {
        self.bound.push(Bound {
            name: name.into(),
            of,
            presence,
        });
        Name(self.bound.len() as u32 - 1)
    }

    /// Says that paths are present, as the `when` of a rule has established for its `must`
    /// ([`Expr::presence_facts`](super::Expr::presence_facts)). It adds to what was known.
    pub fn know(&mut self, paths: &[Path]) {
        self.known.extend_from_slice(paths);
    }

    /// Forgets what was known.
    pub fn forget(&mut self) {
        self.known.clear();
    }

    /// Whether an optional path may stand without saying what holds where it is absent. Then an
    /// expression that meets it absent is not evaluated, with [`TroubleKind::Missing`](super::TroubleKind::Missing): a map writes
    /// nothing in that case. By default it is a fault.
    pub fn let_absent(&mut self, absent: bool) {
        self.absent = absent;
    }
}
