//! Rules across documents: of each only keys and compared columns are kept, and they are judged when
//! all documents have been read, so that the order of files does not matter. Keys that are unique in
//! an input are so in all that are read together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::compile::World;
use super::join_text::{JoinText, Lack};
use super::outside::Outside;
use super::set::{Held, Kind};
use super::text::Phrase;
use super::wording::{Wording, fault};
use crate::expr::{Env, Expr, Facts, Field, Limits, Presence, Scope, Shape, Shapes, Value};
use crate::finding::{Arg, Code, Finding, Related, Said, Severity, Syntax};
use crate::span::{LineColumn, Span};
use crate::{Error, Result};

/// What is kept of one side of a join.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) takes: Box<[Option<Box<str>>]>,
    pub(crate) file: u32,
    pub(crate) span: Span,
    pub(crate) at: LineColumn,
    pub(crate) path: Box<str>,
    pub(crate) message: Arc<str>,
    pub(crate) syntax: Syntax,
}

/// A key that is to be unique: the file it first stands in there, and what is said if another has it.
type Unique = (u32, Box<Finding>);

/// Bytes that a key takes beside its text: what would be said of it.
const UNIQUE: usize = 1 << 10;

/// Rows by key, of both sides.
type Rows = [BTreeMap<String, Vec<Row>>; 2];

#[derive(Debug, Default)]
struct Kept {
    files: Vec<Box<str>>,
    rows: BTreeMap<usize, Rows>,
    /// Keys that are to be unique, by rule.
    unique: BTreeMap<usize, BTreeMap<String, Vec<Unique>>>,
    /// Sides of which a document was read.
    seen: BTreeMap<usize, [bool; 2]>,
    bytes: usize,
}

/// What is kept of documents that are checked together.
#[derive(Debug, Default)]
pub(crate) struct Together(Mutex<Kept>);

/// Bytes that keys and columns may take.
const MOST: usize = 128 << 20;

impl Together {
    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another file; gives its number.
    pub(crate) fn file(&self, name: &str) -> u32 {
        let mut kept = self.lock();
        kept.files.push(name.into());
        kept.files.len() as u32 - 1
    }

    /// A document of a side is read.
    pub(crate) fn see(&self, of: usize, side: usize) {
        self.lock().seen.entry(of).or_default()[side] = true;
    }

    /// Takes in a row; `false` where there is no room for more.
    pub(crate) fn take(&self, of: usize, side: usize, key: String, row: Row) -> bool {
        let mut kept = self.lock();
        let columns: usize = row.takes.iter().flatten().map(|text| text.len()).sum();
        let size = key.len() + columns + row.path.len() + size_of::<Row>() + 64;
        if kept.bytes + size > MOST {
            return false;
        }
        kept.bytes += size;
        let rows = kept.rows.entry(of).or_default();
        rows[side].entry(key).or_default().push(row);
        true
    }

    /// Takes in a key that is to be unique in all files, with what is said if an earlier one has it;
    /// `false` where there is no room for more.
    pub(crate) fn meet(&self, of: usize, key: &str, file: u32, finding: Finding) -> bool {
        let mut kept = self.lock();
        let size = key.len() + UNIQUE;
        if kept.bytes + size > MOST {
            return false;
        }
        kept.bytes += size;
        let keys = kept.unique.entry(of).or_default();
        let met = keys.entry(key.to_owned()).or_default();
        met.push((file, Box::new(finding)));
        true
    }

    /// Judges what was kept, and forgets it. Findings come in the order of files and places, each with
    /// the name of its file; the result counts what could not be judged.
    pub(crate) fn finish(
        &self,
        joins: &BTreeMap<usize, Join>,
        held: &[Held],
        outside: &Outside,
    ) -> (Vec<(Box<str>, Finding)>, u64) {
        let kept = std::mem::take(&mut *self.lock());
        let mut judged = Judged {
            files: &kept.files,
            outside,
            found: Vec::new(),
            not_evaluated: 0,
        };
        for (of, rows) in kept.rows {
            let Some(join) = joins.get(&of) else {
                continue;
            };
            let seen = kept.seen.get(&of).copied().unwrap_or_default();
            judged.join(join, &held[of], rows, seen);
        }
        for met in kept.unique.into_values().flat_map(BTreeMap::into_values) {
            judged.unique(met);
        }
        let mut found = judged.found;
        found.sort_by(|a, b| {
            let place = |(file, finding): &(Box<str>, Finding)| {
                (file.clone(), finding.span.start, finding.rule.clone())
            };
            place(a).cmp(&place(b))
        });
        (found, judged.not_evaluated)
    }
}

/// A join made ready.
#[derive(Debug)]
pub(crate) struct Join {
    when: Vec<Expr>,
    must: Vec<Expr>,
    en: Wording,
    zh: Wording,
    missing: Vec<ReadyLack>,
    doubled: Vec<ReadyLack>,
}

#[derive(Debug)]
struct ReadyLack {
    /// The side that is missing or comes twice.
    side: usize,
    severity: Severity,
    en: Wording,
    zh: Wording,
}

/// The columns of both sides as records.
struct Columns<'j> {
    join: &'j JoinText,
    /// Of each side, what its columns are.
    kinds: &'j [Vec<crate::expr::Kind>; 2],
}

impl Shapes for Columns<'_> {
    fn field(&mut self, of: Shape, name: &str) -> Option<Field> {
        let side = of.0 as usize;
        let takes = &self.join.sides.get(side)?.takes;
        let at = takes.iter().position(|(held, _)| **held == *name)?;
        Some(Field::new(at as u32, self.kinds[side][at], Presence::Maybe))
    }

    fn names(&self, of: Shape) -> Vec<String> {
        let side = self.join.sides.get(of.0 as usize);
        let takes = side.map_or(&[][..], |side| &side.takes);
        takes.iter().map(|(name, _)| name.to_string()).collect()
    }

    fn label(&self, of: Shape) -> String {
        let side = self.join.sides.get(of.0 as usize);
        side.map_or_else(String::new, |side| side.name.to_string())
    }
}

impl Join {
    /// Compiles what is asked of both sides; `kinds` says what their columns are.
    pub(crate) fn compile(
        join: &JoinText,
        file: &str,
        kinds: &[Vec<crate::expr::Kind>; 2],
        world: &World<'_>,
    ) -> Result<Self> {
        let mut columns = Columns { join, kinds };
        let mut env = Env::new(&mut columns)
            .with_tables(world.tables)
            .with_functions(world.functions);
        for (at, side) in (0..).zip(&join.sides) {
            let kind = crate::expr::Kind::Record(Shape(at));
            env.bind(&side.name, kind, Presence::Always);
        }
        env.bind("key", crate::expr::Kind::Text, Presence::Always);
        env.let_absent(true);
        let conditions = |phrases: &[Phrase], env: &mut Env<'_>| {
            let each = phrases.iter().map(|phrase| {
                Expr::condition(&phrase.text, env).map_err(|error| fault(phrase, file, &error))
            });
            each.collect::<Result<Vec<_>>>()
        };
        let when = conditions(&join.when, &mut env)?;
        let must = conditions(&join.must, &mut env)?;
        let word = |phrase: &Option<Phrase>, other: &str, env: &mut Env<'_>| match phrase {
            Some(phrase) => Wording::compile(phrase, env, file),
            None => Wording::compile(&Phrase::of(other, join.about.line), env, file),
        };
        let en = word(&join.about.en, "", &mut env)?;
        let zh = word(&join.about.zh, "", &mut env)?;
        let lacks = |lacks: &[Lack], usual: (&str, &str), env: &mut Env<'_>| {
            let each = lacks.iter().map(|lack| {
                let side = join.sides.iter().position(|side| side.name == lack.side);
                let fill = |usual: &str, title: &str| {
                    let title = title.replace('{', "{{").replace('}', "}}");
                    usual.replace("TITLE", &title).replace("SIDE", &lack.side)
                };
                Ok(ReadyLack {
                    side: side.unwrap_or(0),
                    severity: lack.severity,
                    en: word(&lack.en, &fill(usual.0, &join.about.title.en), env)?,
                    zh: word(&lack.zh, &fill(usual.1, &join.about.title.zh), env)?,
                })
            });
            each.collect::<Result<Vec<ReadyLack>>>()
        };
        let missing = (
            "TITLE: no SIDE has the key {key}",
            "TITLE：没有与 {key} 对应的 SIDE",
        );
        let doubled = (
            "TITLE: SIDE has the key {key} more than once",
            "TITLE：SIDE 中 {key} 重复",
        );
        let missing = lacks(&join.missing, missing, &mut env)?;
        let doubled = lacks(&join.doubled, doubled, &mut env)?;
        Ok(Self {
            when,
            must,
            en,
            zh,
            missing,
            doubled,
        })
    }
}

struct Judged<'k> {
    files: &'k [Box<str>],
    outside: &'k Outside,
    found: Vec<(Box<str>, Finding)>,
    not_evaluated: u64,
}

/// Pairs of rows with the same key that are compared at most.
const MOST_PAIRS: usize = 10_000;

impl Judged<'_> {
    fn join(&mut self, join: &Join, held: &Held, mut rows: Rows, seen: [bool; 2]) {
        let Kind::Join(_) = &held.body else {
            return;
        };
        for rows in rows.iter_mut().flat_map(BTreeMap::values_mut) {
            rows.sort_by(|a, b| self.place(a).cmp(&self.place(b)));
        }
        for lack in &join.missing {
            let other = 1 - lack.side;
            let alone = rows[other]
                .iter()
                .filter(|(key, _)| !rows[lack.side].contains_key(*key));
            for (key, rows) in alone {
                if !seen[lack.side] {
                    // No document of the other side was given.
                    self.not_evaluated += rows.len() as u64;
                    continue;
                }
                for row in rows {
                    let pair = pair(other, Some(row), None);
                    self.say(
                        held,
                        lack.severity,
                        (&lack.en, &lack.zh),
                        key,
                        pair,
                        row,
                        None,
                    );
                }
            }
        }
        for lack in &join.doubled {
            for (key, rows) in &rows[lack.side] {
                for row in &rows[1..] {
                    let pair = pair(lack.side, Some(row), None);
                    let first = Some((&rows[0], Code::FIRST_USED));
                    self.say(
                        held,
                        lack.severity,
                        (&lack.en, &lack.zh),
                        key,
                        pair,
                        row,
                        first,
                    );
                }
            }
        }
        for (key, first) in &rows[0] {
            let Some(second) = rows[1].get(key) else {
                continue;
            };
            let pairs = first
                .iter()
                .flat_map(|a| second.iter().map(move |b| (a, b)));
            for (a, b) in pairs.take(MOST_PAIRS) {
                self.compare(join, held, key, a, b);
            }
        }
    }

    /// A key that stands in several files: all but the first are told.
    fn unique(&mut self, mut met: Vec<Unique>) {
        let files = self.files;
        met.sort_by_key(|(file, finding)| (&*files[*file as usize], finding.span.start));
        let mut met = met.into_iter();
        let Some((first, before)) = met.next() else {
            return;
        };
        for (file, mut finding) in met {
            finding.related.push(Related {
                file: (file != first).then(|| files[first as usize].clone()),
                span: before.span,
                path: before.place.path.clone(),
                code: Code::FIRST_USED,
            });
            self.found.push((files[file as usize].clone(), *finding));
        }
    }

    fn place(&self, row: &Row) -> (&str, u64) {
        (&self.files[row.file as usize], row.span.start)
    }

    fn compare(&mut self, join: &Join, held: &Held, key: &str, a: &Row, b: &Row) {
        let verdict = with_scope(self.outside, key, [Some(a), Some(b)], |scope| {
            for when in &join.when {
                if !when.holds(scope)? {
                    return Ok(true);
                }
            }
            for must in &join.must {
                if !must.holds(scope)? {
                    return Ok(false);
                }
            }
            Ok::<bool, crate::expr::Trouble>(true)
        });
        match verdict {
            Ok(true) => {}
            Ok(false) => {
                let other = Some((b, Code::COMPARED_HERE));
                let words = (&join.en, &join.zh);
                self.say(
                    held,
                    held.severity,
                    words,
                    key,
                    [Some(a), Some(b)],
                    a,
                    other,
                );
            }
            Err(_) => self.not_evaluated += 1,
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn say(
        &mut self,
        held: &Held,
        severity: Severity,
        (en, zh): (&Wording, &Wording),
        key: &str,
        pair: [Option<&Row>; 2],
        at: &Row,
        other: Option<(&Row, Code)>,
    ) {
        let (en, zh): (Box<[Arg]>, Box<[Arg]>) = with_scope(self.outside, key, pair, |scope| {
            (en.fill(scope), zh.fill(scope))
        });
        let mut finding = Finding::new(Code::RULE_BROKEN, at.span);
        finding.at = at.at;
        finding.severity = severity;
        finding.syntax = at.syntax;
        finding.place.segment = Some(super::run::segment(&at.path).into());
        finding.place.path = Some(at.path.clone());
        finding.place.message_type = Some((&*at.message).into());
        finding.rule = Some(held.about().id.clone());
        finding.said = Some(Box::new(Said { en, zh }));
        if let Some(receipt) = &held.about().receipt {
            finding = finding.with("receipt", receipt);
        }
        finding.related.extend(other.map(|(row, code)| Related {
            file: (row.file != at.file).then(|| self.files[row.file as usize].clone()),
            span: row.span,
            path: Some(row.path.clone()),
            code,
        }));
        self.found
            .push((self.files[at.file as usize].clone(), finding));
    }
}

fn pair<'r>(side: usize, row: Option<&'r Row>, other: Option<&'r Row>) -> [Option<&'r Row>; 2] {
    match side {
        0 => [row, other],
        _ => [other, row],
    }
}

/// Runs `judge` with the columns of both sides.
fn with_scope<R>(
    outside: &Outside,
    key: &str,
    pair: [Option<&Row>; 2],
    judge: impl FnOnce(&Scope<'_>) -> R,
) -> R {
    let mut facts = Facts::new();
    let nodes = pair.map(|row| {
        let takes = row.map_or(&[][..], |row| &row.takes);
        let node = facts.root(takes.len() as u32);
        for (slot, text) in (0..).zip(takes) {
            let text = text.as_deref().unwrap_or("");
            facts.value(node, slot, text, crate::expr::Spot::default());
        }
        node
    });
    let key = key.trim_end_matches('\u{1f}').replace('\u{1f}', " / ");
    let bound = [
        Value::Record(nodes[0]),
        Value::Record(nodes[1]),
        Value::Text(key.into()),
    ];
    judge(&Scope {
        facts: &facts,
        bound: &bound,
        host: outside,
        limits: Limits::default(),
    })
}

/// What a join's columns are, from the expressions of one message on each side.
pub(crate) fn kind_of(expr: &Expr) -> crate::expr::Kind {
    use crate::expr::{Kind, Type};
    let of = match expr.kind() {
        Type::Optional(of) => of,
        of => of,
    };
    match of {
        Type::Number | Type::Int | Type::Uint => Kind::Number,
        _ => Kind::Text,
    }
}

/// An error where a join has no message on one side.
pub(crate) fn no_message(held: &Held, side: usize) -> Error {
    let line = match &held.body {
        Kind::Join(join) => join.sides[side].line,
        Kind::Rule(rule) => rule.about.line,
    };
    Error::spec(&*held.file, line, 1, "this side has no message")
}
