//! Rules: data-normative checks as data, judged while messages go by.
//!
//! Rules are text in `specs/rules` and in the folder `rules` of layers; `specs/rules/README.md` says how
//! one is written. [`Rules`] holds those in force and watches a checker:
//!
//! ```
//! use std::sync::Arc;
//! use baowen::check::{Checker, Options};
//! use baowen::rule::{self, Rules};
//! use baowen::spec::Specs;
//!
//! let specs = Specs::base();
//! let rules = Rules::load(&specs, rule::Options::default())?;
//! let checker = Checker::new(&specs, Options::default())?.with_watch(Arc::new(rules));
//! # Ok::<(), baowen::Error>(())
//! ```
//!
//! No rule knows a syntax, and no code of this room names a message.

mod compile;
mod fold;
mod input;
mod join_text;
mod keys;
mod list;
mod outside;
mod place;
mod program;
mod register;
mod run;
mod sample;
mod select;
mod set;
mod text;
mod together;
mod wording;
mod written;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::expr::{Day, Functions};
use crate::finding::Finding;
use crate::spec::Specs;
use crate::tree::gather::{Known, Origin, Wants, Watch, WatchInput};
use crate::{Error, Result};
pub use compile::Class;
use compile::World;
use input::Input;
pub use list::Info;
use outside::Outside;
pub use outside::{Columns, Register};
use program::{Program, Shared, Wish};
pub use register::TableRegister;
pub use sample::Outcome;
use select::{Key, expand, may_be_edifact};
pub use set::Choice;
use set::{Held, Kind};
use text::Within;
use together::{Join, Together};

/// What rules are loaded with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which rules are applied.
    pub choice: Choice,
    /// Registers (底账) by name.
    pub registers: HashMap<Box<str>, Arc<dyn Register>>,
    /// Facts of the transmission.
    pub context: HashMap<Box<str>, Box<str>>,
    /// The day that counts as today, `CCYY-MM-DD`; without one, what asks for it is not evaluated.
    pub today: Option<String>,
    /// Bytes that the values of one message may take; past them lists of the whole message are no longer
    /// kept, and a finding says so. Default 64 MiB.
    pub memory: Option<usize>,
    /// Whether rules across documents are judged, when [`Rules::finish`] is called.
    pub together: bool,
    /// Keep everything and judge each rule when the message ends: the slow twin that tests hold the
    /// other against.
    #[doc(hidden)]
    pub at_the_end: bool,
}

/// The rules in force. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Rules(Arc<Inner>);

/// Programs by message and syntax version, once one was met; `None` where no rule is about it.
type Programs = HashMap<(Key, u8), Option<Arc<Program>>>;

#[derive(Debug)]
struct Inner {
    specs: Specs,
    held: Arc<[Held]>,
    functions: Functions,
    outside: Arc<Outside>,
    together: Option<Arc<Together>>,
    /// Whether rules remember something from one message of UN/EDIFACT to the next.
    ordered: bool,
    memory: usize,
    at_the_end: bool,
    programs: Mutex<Programs>,
}

/// The checks of numbers with a structure, which expressions call by name.
fn checks() -> Functions {
    let checks = crate::codes::identifier::CHECKS.iter();
    let checks: Vec<_> = checks.map(|check| (check.name, check.check)).collect();
    Functions::with_checks(&checks)
}

/// Reads a day as `CCYY-MM-DD`.
fn day(text: &str) -> Option<Day> {
    use chrono::Datelike;
    let day: chrono::NaiveDate = text.parse().ok()?;
    Some(Day {
        year: day.year(),
        month: day.month() as u8,
        day: day.day() as u8,
    })
}

impl Rules {
    /// The rules of the specs that `options` choose. Those of layers and of files that are named are
    /// compiled for every message they are about; those that ship when a message is first met.
    ///
    /// # Errors
    /// A file that cannot be read, an id or a set that is not known, and what is wrong with a rule: file,
    /// line, column, and what was expected.
    pub fn load(specs: &Specs, options: Options) -> Result<Self> {
        let held: Arc<[Held]> = set::load(specs, &options.choice)?.into();
        let today = match &options.today {
            Some(text) => Some(
                day(text)
                    .ok_or_else(|| Error::unknown(format!("{text:?} is no day, as 2026-11-25")))?,
            ),
            None => None,
        };
        let ordered = held.iter().any(|held| match &held.body {
            Kind::Rule(rule) => {
                !held.disabled
                    && rule.within == Some(Within::Input)
                    && may_be_edifact(&rule.messages, specs)
            }
            Kind::Join(_) => false,
        });
        let outside = Outside::new(specs, options.registers, options.context, today);
        let rules = Self(Arc::new(Inner {
            specs: specs.clone(),
            held,
            functions: checks(),
            outside: Arc::new(outside),
            together: options.together.then(Arc::default),
            ordered,
            memory: options.memory.unwrap_or(64 << 20),
            at_the_end: options.at_the_end,
            programs: Mutex::default(),
        }));
        for (of, held) in rules.held().iter().enumerate() {
            if held.own && !held.disabled {
                rules.verify_at(of)?;
            }
        }
        Ok(rules)
    }

    fn specs(&self) -> &Specs {
        &self.0.specs
    }

    fn held(&self) -> &[Held] {
        &self.0.held
    }

    fn held_arc(&self) -> &Arc<[Held]> {
        &self.0.held
    }

    fn functions(&self) -> &Functions {
        &self.0.functions
    }

    fn world(&self) -> World<'_> {
        World {
            tables: self.0.outside.tables(),
            functions: &self.0.functions,
        }
    }

    fn find(&self, id: &str) -> Result<usize> {
        let mut held = self.held().iter();
        if let Some(at) = held.position(|held| *held.about().id == *id) {
            return Ok(at);
        }
        let mut message = format!("there is no rule {id}");
        let names = self.held().iter().map(|held| &*held.about().id);
        let near = crate::near::near(id, names, 3);
        if !near.is_empty() {
            message.push_str("; did you mean ");
            message.push_str(&near.join(", "));
        }
        Err(Error::unknown(message))
    }

    /// Compiles a rule for every message that it is about.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify(&self, id: &str) -> Result<()> {
        self.verify_at(self.find(id)?)
    }

    fn verify_at(&self, of: usize) -> Result<()> {
        let held = &self.held()[of];
        match &held.body {
            Kind::Rule(rule) => {
                for key in expand(&rule.messages, self.specs(), &held.file)? {
                    self.compile(&key, of, false)?;
                }
            }
            Kind::Join(join) => {
                for side in &join.sides {
                    for key in expand(&side.messages, self.specs(), &held.file)? {
                        self.compile(&key, of, true)?;
                    }
                }
                self.joins(Some(of))?;
            }
        }
        Ok(())
    }

    /// One rule for one message.
    fn compile(&self, key: &Key, of: usize, joins: bool) -> Result<Option<Program>> {
        let Some(projection) = program::projection(self.specs(), key)? else {
            return Ok(None);
        };
        let world = self.world();
        Program::new(
            self.specs(),
            &self.0.held,
            key,
            projection,
            &world,
            Wish::one(of, joins),
        )
    }

    /// Joins made ready: one of them, or all in force.
    fn joins(&self, only: Option<usize>) -> Result<BTreeMap<usize, Join>> {
        let mut joins = BTreeMap::new();
        for (of, held) in self.held().iter().enumerate() {
            let Kind::Join(join) = &held.body else {
                continue;
            };
            if only.map_or(held.disabled, |only| only != of) {
                continue;
            }
            let mut kinds = [Vec::new(), Vec::new()];
            for (side, kinds) in kinds.iter_mut().enumerate() {
                let messages = &join.sides[side].messages;
                let keys = expand(messages, self.specs(), &held.file)?;
                let key = keys
                    .first()
                    .ok_or_else(|| together::no_message(held, side))?;
                let program = self.compile(key, of, true)?;
                let sides = program.iter().flat_map(|program| &program.sides);
                let made = sides.clone().find(|made| made.side == side);
                let made = made.ok_or_else(|| together::no_message(held, side))?;
                kinds.extend(made.takes.iter().map(together::kind_of));
            }
            let made = Join::compile(join, &held.file, &kinds, &self.world())?;
            joins.insert(of, made);
        }
        Ok(joins)
    }

    /// Runs the samples of a rule, in every message it is about.
    ///
    /// # Errors
    /// When the rule is broken; samples that are not as they say are in the outcomes.
    pub fn samples(&self, id: &str) -> Result<Vec<Outcome>> {
        sample::run(self, self.find(id)?)
    }

    /// Runs the samples of a rule; the first that is not as it says is an error with its place.
    ///
    /// # Errors
    /// When the rule is broken, or a sample is not as it says.
    pub fn try_samples(&self, id: &str) -> Result<usize> {
        let of = self.find(id)?;
        let outcomes = sample::run(self, of)?;
        let held = &self.held()[of];
        match outcomes.iter().find_map(|one| sample::error(held, one)) {
            Some(error) => Err(error),
            None => Ok(outcomes.len()),
        }
    }

    /// Judges rules across documents, when all have been read; `sink` gets the name of a file and a
    /// finding in it. The result counts what could not be evaluated.
    ///
    /// # Errors
    /// When a rule is broken.
    pub fn finish(&self, sink: &mut dyn FnMut(&str, Finding)) -> Result<u64> {
        let Some(together) = &self.0.together else {
            return Ok(0);
        };
        let joins = self.joins(None)?;
        let (found, not_evaluated) = together.finish(&joins, self.held(), &self.0.outside);
        for (file, finding) in found {
            sink(&file, finding);
        }
        Ok(not_evaluated)
    }
}

impl Watch for Rules {
    fn wants(&self, message: Known<'_>) -> Result<Option<Arc<dyn Wants>>> {
        let shared =
            |program: &Arc<Program>| -> Arc<dyn Wants> { Arc::new(Shared(program.clone())) };
        let (key, syntax) = match message {
            Known::Edifact(name, home, syntax) => (Key::Edifact(name.into(), home), syntax),
            Known::Xml(message) => {
                let key = Key::Xml(message.name.clone(), message.edition.clone());
                (key, 0)
            }
            Known::Flat(layout) => (Key::Flat(layout.message.clone()), 0),
        };
        let key = (key, syntax);
        let programs = || {
            let programs = self.0.programs.lock();
            programs.unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(made) = programs().get(&key) {
            return Ok(made.as_ref().map(shared));
        }
        let about = self.held().iter().any(|held| {
            !held.disabled
                && match &held.body {
                    Kind::Rule(rule) => select::selects(&rule.messages, self.specs(), &key.0),
                    Kind::Join(join) => join
                        .sides
                        .iter()
                        .any(|side| select::selects(&side.messages, self.specs(), &key.0)),
                }
        });
        let made = match about
            .then(|| program::met(self.specs(), message))
            .transpose()?
        {
            Some(Some((met, projection, syntax))) => Program::new(
                self.specs(),
                &self.0.held,
                &met,
                (projection, syntax),
                &self.world(),
                Wish {
                    only: None,
                    joins: self.0.together.is_some(),
                    at_the_end: self.0.at_the_end,
                },
            )?
            .map(Arc::new),
            _ => None,
        };
        programs().insert(key, made.clone());
        Ok(made.as_ref().map(shared))
    }

    fn input(&self, name: &str, origin: &Arc<Origin>) -> Arc<dyn WatchInput> {
        Arc::new(Input::new(
            name,
            origin,
            &self.0.outside,
            self.0.together.as_ref(),
            self.0.memory,
            self.0.ordered,
        ))
    }
}
