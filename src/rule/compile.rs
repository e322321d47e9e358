//! A rule made ready for one message: paths resolved, expressions compiled, and when it is judged.

use super::place::{self, Timing};
use super::set::{Held, Kind};
use super::text::{About, Gathers, LetText, Phrase, RuleText, Within};
use super::wording::{Wording, fault};
use crate::expr::{Env, Expr, Functions, Name, Path, Presence, Shape, Tables, Type};
use crate::finding::Severity;
use crate::tree::gather::{DOCUMENT, Projection, ROOT, WantedId};
use crate::{Error, Result};

/// How much of a message a rule needs at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// One repetition, and values that stand before it.
    Local,
    /// Counters or keys, which are kept while the message goes by.
    Aggregate,
    /// Lists of the whole message.
    Whole,
    /// Keys and compared columns of several documents.
    Join,
}

impl Class {
    /// `local`, `aggregate`, `whole` or `join`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Aggregate => "aggregate",
            Self::Whole => "whole",
            Self::Join => "join",
        }
    }
}

/// What the names of expressions stand for.
pub(crate) const THIS: u32 = 0;
const PARENT: u32 = 1;
const MESSAGE: u32 = 2;
const DOCUMENT_NAME: u32 = 3;

/// Something gathered over a list while it goes by.
#[derive(Clone, Debug)]
pub(crate) struct Let {
    pub(crate) gathers: Gathers,
    pub(crate) item: WantedId,
    pub(crate) value: Option<Expr>,
    pub(crate) filter: Option<Expr>,
}

/// Where a finding points.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Levels above the anchor to begin from; `None` is the message.
    pub(crate) from: WantedId,
    /// From there.
    pub(crate) steps: Vec<WantedId>,
}

/// What a rule asks.
#[derive(Clone, Debug)]
pub(crate) enum Asks {
    /// All of these.
    Must(Vec<Expr>),
    /// That a key comes once within an element.
    Unique { key: Expr, within: Reach },
}

/// How far a key reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Element(WantedId),
    Input,
}

/// A rule at one place of one message.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    /// Its place among the rules in force.
    pub(crate) of: usize,
    pub(crate) anchor: WantedId,
    pub(crate) when: Vec<Expr>,
    pub(crate) asks: Asks,
    pub(crate) lets: Vec<Let>,
    pub(crate) target: Target,
    pub(crate) en: Wording,
    pub(crate) zh: Wording,
    pub(crate) severity: Severity,
    /// When this closes it is judged.
    pub(crate) judged: WantedId,
    pub(crate) class: Class,
    /// It reads lists, which are given back where memory ends.
    pub(crate) lists: bool,
}

/// One side of a join at one place of one message.
#[derive(Clone, Debug)]
pub(crate) struct ReadySide {
    /// The join's place among the rules in force.
    pub(crate) of: usize,
    /// 0 or 1.
    pub(crate) side: usize,
    pub(crate) anchor: WantedId,
    pub(crate) when: Vec<Expr>,
    pub(crate) key: Expr,
    pub(crate) takes: Vec<Expr>,
    pub(crate) judged: WantedId,
    pub(crate) target: Target,
}

/// What compiling needs of the world.
pub(crate) struct World<'w> {
    pub(crate) tables: &'w dyn Tables,
    pub(crate) functions: &'w Functions,
}

/// What a rule is compiled in.
struct Place<'p> {
    projection: &'p mut Projection,
    world: &'p World<'p>,
    file: &'p str,
    /// The message, for errors.
    message: &'p str,
}

impl Place<'_> {
    /// Runs `compile` with the names of a node bound, and then `lets`.
    fn with_env<R>(
        &mut self,
        anchor: WantedId,
        lets: &[(Box<str>, Type, Presence)],
        known: &[Path],
        compile: impl FnOnce(&mut Env<'_>) -> R,
    ) -> R {
        let this = self.projection.kind(anchor);
        let parent = self.projection.kind(self.projection.wanted(anchor).parent);
        let message = self.projection.kind(ROOT);
        let document = crate::expr::Kind::Record(Shape(DOCUMENT));
        let mut env = Env::new(self.projection)
            .with_tables(self.world.tables)
            .with_functions(self.world.functions);
        env.bind("this", this, Presence::Always);
        env.bind("parent", parent, Presence::Always);
        env.bind("message", message, Presence::Always);
        env.bind("document", document, Presence::Always);
        for (name, of, presence) in lets {
            env.bind_type(name, of.clone(), *presence);
        }
        env.know(known);
        compile(&mut env)
    }

    fn error(&self, phrase: &Phrase, error: &crate::expr::Fault) -> Error {
        let told = fault(phrase, self.file, error);
        self.about_message(told)
    }

    /// The error with the message for which it was met.
    fn about_message(&self, error: Error) -> Error {
        match error.position() {
            Some((file, line, column)) => {
                let text = error.to_string();
                let prefix = format!("{file}:{line}:{column}: ");
                let text = text.strip_prefix(&prefix).unwrap_or(&text);
                Error::spec(file, line, column, format!("{text} (in {})", self.message))
            }
            None => error,
        }
    }

    fn conditions(
        &mut self,
        phrases: &[Phrase],
        anchor: WantedId,
        lets: &[(Box<str>, Type, Presence)],
        known: &mut Vec<Path>,
    ) -> Result<Vec<Expr>> {
        let mut made = Vec::new();
        for phrase in phrases {
            let expr = self.with_env(anchor, lets, known, |env| {
                Expr::condition(&phrase.text, env)
            });
            let expr = expr.map_err(|error| self.error(phrase, &error))?;
            known.extend_from_slice(expr.presence_facts());
            made.push(expr);
        }
        Ok(made)
    }

    /// The places that paths lead to, from the message on.
    fn anchors(&mut self, at: &[Phrase], line: u32) -> Result<Vec<WantedId>> {
        if at.is_empty() {
            return Ok(vec![ROOT]);
        }
        let mut found = Vec::new();
        let mut first = None;
        for phrase in at {
            match place::anchors(self.projection, phrase, self.file) {
                Ok(anchors) => found.extend(anchors),
                // One of several paths may be missing in a message.
                Err(error) => first = first.or(Some(error)),
            }
        }
        found.dedup();
        match (found.is_empty(), first) {
            (true, Some(error)) => Err(self.about_message(error)),
            (true, None) => Err(Error::spec(self.file, line, 1, "at leads nowhere")),
            _ => Ok(found),
        }
    }

    fn lets(&mut self, texts: &[LetText], anchor: WantedId) -> Result<Lets> {
        let mut lets = Lets::default();
        for text in texts {
            let item = place::inside(self.projection, anchor, &text.over, self.file)
                .map_err(|error| self.about_message(error))?;
            let mut known = Vec::new();
            let filter = match &text.filter {
                Some(phrase) => {
                    let phrases = std::slice::from_ref(phrase);
                    self.conditions(phrases, item, &[], &mut known)?.pop()
                }
                None => None,
            };
            let value = match &text.value {
                Some(phrase) => {
                    // What is absent in an item is passed over.
                    let expr = self.with_env(item, &[], &known, |env| {
                        env.let_absent(true);
                        Expr::compile(&phrase.text, env)
                    });
                    let expr = expr.map_err(|error| self.error(phrase, &error))?;
                    let number = matches!(
                        inner(expr.kind()),
                        Type::Number | Type::Int | Type::Uint | Type::Loose | Type::Any
                    );
                    let any = matches!(text.gathers, Gathers::Count | Gathers::Distinct);
                    if !number && !any {
                        let message = "found a text; expected a number, as decimal(..) makes one";
                        let error = phrase.error(self.file, 0, message);
                        return Err(self.about_message(error));
                    }
                    Some(expr)
                }
                None => None,
            };
            let exprs = value.iter().chain(&filter);
            let timing = Timing::of(self.projection, item, exprs);
            if timing.judged != item {
                let phrase = text.value.as_ref().or(text.filter.as_ref());
                let message = format!(
                    "the value is taken when {} ends: what it reads has to stand inside it, or before it",
                    self.projection.path(item)
                );
                let error = phrase.unwrap_or(&text.over).error(self.file, 0, message);
                return Err(self.about_message(error));
            }
            timing.keep(self.projection);
            let (of, presence) = match text.gathers {
                Gathers::Count | Gathers::Distinct => (Type::Int, Presence::Always),
                Gathers::Sum => (Type::Number, Presence::Always),
                Gathers::Min | Gathers::Max => (Type::Number, Presence::Maybe),
            };
            lets.types.push((text.name.clone(), of, presence));
            lets.made.push(Let {
                gathers: text.gathers,
                item,
                value,
                filter,
            });
        }
        Ok(lets)
    }

    /// Where findings point: what is said, else the first path that is read (with `own`, one inside the
    /// anchor before others), else the anchor.
    fn target(
        &mut self,
        on: Option<&Phrase>,
        anchor: WantedId,
        exprs: &[&Expr],
        own: bool,
    ) -> Result<Target> {
        if let Some(on) = on {
            let found = place::steps(self.projection, anchor, on, self.file);
            let (from, steps) = found.map_err(|error| self.about_message(error))?;
            return Ok(Target { from, steps });
        }
        let paths = exprs.iter().flat_map(|expr| expr.paths());
        let mut paths: Vec<&Path> = paths.collect();
        if own {
            paths.sort_by_key(|path| path.root != Name(THIS));
        }
        for path in paths {
            let Some(from) = base(self.projection, anchor, path.root) else {
                continue;
            };
            if from == DOCUMENT {
                continue;
            }
            let (mut at, mut steps) = (from, Vec::new());
            for step in &path.steps {
                // A list is pointed at by what holds it.
                if step.presence == Presence::Many && step.index.is_none() {
                    break;
                }
                at = self.projection.wanted(at).children[step.slot as usize];
                steps.push(at);
            }
            if from == anchor || !steps.is_empty() {
                return Ok(Target { from, steps });
            }
        }
        Ok(Target {
            from: anchor,
            steps: Vec::new(),
        })
    }

    fn wordings(
        &mut self,
        about: &About,
        anchor: WantedId,
        lets: &[(Box<str>, Type, Presence)],
        known: &[Path],
    ) -> Result<(Wording, Wording)> {
        let file = self.file;
        let mut compile = |phrase: &Option<Phrase>| -> Result<Wording> {
            let empty;
            let phrase = match phrase {
                Some(phrase) => phrase,
                None => {
                    empty = Phrase::of("", about.line);
                    &empty
                }
            };
            let made = self.with_env(anchor, lets, known, |env| {
                env.let_absent(true);
                Wording::compile(phrase, env, file)
            });
            made.map_err(|error| self.about_message(error))
        };
        Ok((compile(&about.en)?, compile(&about.zh)?))
    }

    fn rule(&mut self, of: usize, rule: &RuleText, severity: Severity) -> Result<Vec<Ready>> {
        let mut made = Vec::new();
        for anchor in self.anchors(&rule.at, rule.about.line)? {
            let lets = self.lets(&rule.lets, anchor)?;
            let mut known = Vec::new();
            let when = self.conditions(&rule.when, anchor, &lets.types, &mut known)?;
            let asks = match &rule.unique {
                Some(phrase) => {
                    let key = self.with_env(anchor, &lets.types, &known, |env| {
                        env.let_absent(true);
                        Expr::compile(&phrase.text, env)
                    });
                    let key = key.map_err(|error| self.error(phrase, &error))?;
                    Asks::Unique {
                        key,
                        within: self.within(rule.within.as_ref(), anchor)?,
                    }
                }
                None => {
                    let mut within = known.clone();
                    Asks::Must(self.conditions(&rule.must, anchor, &lets.types, &mut within)?)
                }
            };
            let (en, zh) = self.wordings(&rule.about, anchor, &lets.types, &known)?;
            let asked: Vec<&Expr> = match &asks {
                Asks::Must(all) => all.iter().collect(),
                Asks::Unique { key, .. } => vec![key],
            };
            let target = self.target(rule.on.as_ref(), anchor, &asked, false)?;
            let exprs = when.iter().chain(asked).chain(en.exprs()).chain(zh.exprs());
            let mut timing = Timing::of(self.projection, anchor, exprs);
            timing.reach(self.projection, anchor, target.from, &target.steps);
            timing.keep(self.projection);
            let mut class = timing.class;
            if !lets.made.is_empty() || matches!(asks, Asks::Unique { .. }) {
                class = class.max(Class::Aggregate);
            }
            if let Asks::Unique {
                within: Reach::Element(within),
                ..
            } = asks
                && self.projection.depth(timing.judged) < self.projection.depth(within)
            {
                let message = "the key reads what stands outside the element in which it is unique";
                let error = rule
                    .unique
                    .as_ref()
                    .map(|key| key.error(self.file, 0, message));
                if let Some(error) = error {
                    return Err(self.about_message(error));
                }
            }
            made.push(Ready {
                of,
                anchor,
                when,
                asks,
                lets: lets.made,
                target,
                en,
                zh,
                severity,
                judged: timing.judged,
                class,
                lists: timing.lists,
            });
        }
        Ok(made)
    }

    fn within(&mut self, within: Option<&Within>, anchor: WantedId) -> Result<Reach> {
        Ok(match within {
            None | Some(Within::Message) => Reach::Element(ROOT),
            Some(Within::Input) => Reach::Input,
            Some(Within::Element(phrase)) => {
                let found = place::around(self.projection, anchor, phrase, self.file);
                Reach::Element(found.map_err(|error| self.about_message(error))?)
            }
        })
    }
}

#[derive(Default)]
struct Lets {
    made: Vec<Let>,
    types: Vec<(Box<str>, Type, Presence)>,
}

/// The type of what an optional holds.
fn inner(of: &Type) -> &Type {
    match of {
        Type::Optional(of) => of,
        of => of,
    }
}

/// What a bound name stands for; `None` where it is no node.
pub(crate) fn base(projection: &Projection, anchor: WantedId, name: Name) -> Option<WantedId> {
    match name.0 {
        THIS => Some(anchor),
        PARENT => Some(projection.wanted(anchor).parent),
        MESSAGE => Some(ROOT),
        DOCUMENT_NAME => Some(DOCUMENT),
        _ => None,
    }
}

/// Compiles a rule for a message that it is about.
pub(crate) fn rule(
    of: usize,
    held: &Held,
    projection: &mut Projection,
    world: &World<'_>,
    message: &str,
) -> Result<Vec<Ready>> {
    let Kind::Rule(text) = &held.body else {
        return Ok(Vec::new());
    };
    let mut place = Place {
        projection,
        world,
        file: &held.file,
        message,
    };
    place.rule(of, text, held.severity)
}

/// Compiles one side of a join for a message.
pub(crate) fn side(
    (of, side): (usize, usize),
    held: &Held,
    projection: &mut Projection,
    world: &World<'_>,
    message: &str,
) -> Result<Vec<ReadySide>> {
    let Kind::Join(join) = &held.body else {
        return Ok(Vec::new());
    };
    let text = &join.sides[side];
    let mut place = Place {
        projection,
        world,
        file: &held.file,
        message,
    };
    let mut made = Vec::new();
    for anchor in place.anchors(&text.at, text.line)? {
        let mut known = Vec::new();
        let when = place.conditions(&text.when, anchor, &[], &mut known)?;
        let mut compile = |phrase: &Phrase| {
            let expr = place.with_env(anchor, &[], &known, |env| {
                env.let_absent(true);
                Expr::compile(&phrase.text, env)
            });
            expr.map_err(|error| place.error(phrase, &error))
        };
        let Some(key) = &text.key else {
            continue;
        };
        let key = compile(key)?;
        let takes = text.takes.iter().map(|(_, phrase)| compile(phrase));
        let takes = takes.collect::<Result<Vec<_>>>()?;
        let target = place.target(None, anchor, &[&key], true)?;
        let exprs = when.iter().chain([&key]).chain(&takes);
        let mut timing = Timing::of(place.projection, anchor, exprs);
        timing.reach(place.projection, anchor, target.from, &target.steps);
        timing.keep(place.projection);
        made.push(ReadySide {
            of,
            side,
            anchor,
            when,
            key,
            takes,
            judged: timing.judged,
            target,
        });
    }
    Ok(made)
}
