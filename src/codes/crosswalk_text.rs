//! The text of crosswalks.
//!
//! ```text
//! crosswalk country
//!   title-en  Countries and regions
//!   title-zh  国别（地区）
//!   table  country
//!   side  alpha3  code
//!   side  customs  customs-old
//!   side  numeric  via alpha2 country-iso3166 numeric
//! ```
//!
//! A crosswalk has the rows of a table, whose columns its sides name, or `sides` and `rows` of
//! its own. A side `via` looks up the code of another side: in a table, whose column it gives, or
//! in another crosswalk (`via alpha2 other:alpha2 other:numeric`).

use super::text::Verb;
use super::{CodeTable, Crosswalk, Tables, Wording};
use crate::{Error, Result};

/// A crosswalk as it is written.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub verb: Verb,
    pub name: Box<str>,
    file: Box<str>,
    title: Wording,
    source: Box<str>,
    trust: Box<str>,
    table: Option<(Box<str>, u32)>,
    sides: Vec<PlannedSide>,
    rows: Vec<(Vec<Box<str>>, Box<str>, u32)>,
}

#[derive(Clone, Debug)]
struct PlannedSide {
    name: Box<str>,
    of: Of,
    line: u32,
}

#[derive(Clone, Debug)]
enum Of {
    /// A column of the table.
    Column(Box<str>),
    /// A cell of the rows.
    Own,
    /// A column of another table, or from a side to another of a crosswalk, for the code of a side.
    Via(Box<str>, Box<str>, Box<str>),
}

const EXPECTED: &str = "title-en, title-zh, source, trust, table, side, sides or rows";

/// Reads a crosswalk.
pub(super) fn parse(file: &str, text: &str) -> Result<Plan> {
    let mut plan = Plan {
        verb: Verb::None,
        name: "".into(),
        file: file.into(),
        title: Wording::default(),
        source: "".into(),
        trust: "".into(),
        table: None,
        sides: Vec::new(),
        rows: Vec::new(),
    };
    let mut rows = false;
    let mut last = 1;
    for (line, number) in text.lines().zip(1u32..) {
        last = number;
        let fault = |message: String| Error::spec(file, number, 1, message);
        if rows {
            plan.row(line, number)?;
            continue;
        }
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line == "rows" {
            rows = true;
            if plan.table.is_some() {
                return Err(fault(
                    "a crosswalk has a table or rows, not both".to_owned(),
                ));
            }
            if plan.sides.is_empty() && plan.verb != Verb::Extends {
                return Err(fault("expected a line `sides` before the rows".to_owned()));
            }
            continue;
        }
        if plan.name.is_empty() {
            let found = Verb::split(line, "crosswalk");
            let (verb, name) = found.filter(|(_, name)| !name.is_empty() && !name.contains([' ', ':'])).ok_or_else(|| {
                fault("expected `crosswalk` and its name; in a layer new, extends or replace before them".to_owned())
            })?;
            (plan.verb, plan.name) = (verb, name.into());
            continue;
        }
        let line = line.trim_start();
        let (key, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let value = value.trim();
        match key {
            "title-en" => plan.title.en = value.into(),
            "title-zh" => plan.title.zh = value.into(),
            "source" => plan.source = value.into(),
            "trust" => plan.trust = value.into(),
            "table" => plan.table = Some((value.into(), number)),
            "side" | "sides" => plan.side(key, value, number).map_err(fault)?,
            _ => return Err(fault(format!("found {key:?}; expected {EXPECTED}"))),
        }
    }
    let fault = |line: u32, message: &str| Error::spec(file, line, 1, message);
    if plan.name.is_empty() {
        return Err(fault(1, "expected `crosswalk` and its name"));
    }
    let with_column = plan
        .sides
        .iter()
        .find(|side| matches!(side.of, Of::Column(_)));
    if let (None, Some(side)) = (&plan.table, with_column) {
        return Err(fault(
            side.line,
            "expected `table` and the table of that column",
        ));
    }
    if !rows && plan.table.is_none() {
        return Err(fault(last, "expected `table`, or `sides` and `rows`"));
    }
    if plan.sides.len() < 2 && plan.verb != Verb::Extends {
        return Err(fault(last, "a crosswalk has two sides at least"));
    }
    Ok(plan)
}

impl Plan {
    fn side(&mut self, key: &str, value: &str, line: u32) -> std::result::Result<(), String> {
        let words: Vec<&str> = value.split_whitespace().collect();
        let found: Vec<(&str, Of)> = match (key, words.as_slice()) {
            ("sides", names) if !names.is_empty() => {
                names.iter().map(|name| (*name, Of::Own)).collect()
            }
            ("side", [name, "via", side, of, to]) => {
                vec![(*name, Of::Via((*side).into(), (*of).into(), (*to).into()))]
            }
            ("side", [name, column]) => vec![(*name, Of::Column((*column).into()))],
            ("side", _) => {
                return Err(
                    "expected a side and its column, or `via`, a side, a table and its column"
                        .to_owned(),
                );
            }
            _ => return Err("expected the names of the sides".to_owned()),
        };
        for (name, of) in found {
            if self.sides.iter().any(|side| *side.name == *name) {
                return Err(format!("the side {name} stands twice"));
            }
            let name = name.into();
            self.sides.push(PlannedSide { name, of, line });
        }
        Ok(())
    }

    fn row(&mut self, line: &str, number: u32) -> Result<()> {
        let own = self
            .sides
            .iter()
            .filter(|side| matches!(side.of, Of::Own))
            .count();
        let cells: Vec<Box<str>> = line.split('\t').map(Box::from).collect();
        let known = cells.iter().filter(|cell| !cell.is_empty()).count();
        if known == 0 || own > 0 && cells.len() > own {
            let message = format!(
                "a row of {} cells; expected {own} at most, one not empty",
                cells.len()
            );
            return Err(Error::spec(&*self.file, number, 1, message));
        }
        self.rows.push((cells, self.file.clone(), number));
        Ok(())
    }

    /// Takes in the rows of an extension.
    pub(super) fn extend(&mut self, added: Self) -> Result<()> {
        let fault = |line: u32, message: &str| Error::spec(&*added.file, line, 1, message);
        if self.table.is_some() {
            return Err(fault(
                1,
                "this crosswalk has the rows of a table: extend the table",
            ));
        }
        if let Some(side) = added.sides.first() {
            let same = |(a, b): (&PlannedSide, &PlannedSide)| a.name == b.name;
            if added.sides.len() > self.sides.len()
                || !self.sides.iter().zip(&added.sides).all(same)
            {
                return Err(fault(
                    side.line,
                    "the sides are not those of the base, in their order",
                ));
            }
        }
        let own = self
            .sides
            .iter()
            .filter(|side| matches!(side.of, Of::Own))
            .count();
        for row in added.rows {
            if row.0.len() > own {
                return Err(Error::spec(
                    &*added.file,
                    row.2,
                    1,
                    format!("more cells than the {own} sides of the base"),
                ));
            }
            self.rows.push(row);
        }
        Ok(())
    }

    /// An error of the crosswalk as a whole.
    pub(super) fn fault(&self, message: &str) -> Error {
        Error::spec(
            &*self.file,
            self.sides.first().map_or(1, |side| side.line),
            1,
            message,
        )
    }

    /// The crosswalk. `above` names those that are being made, which this one is for.
    pub(super) fn compile(&self, tables: &Tables, above: &mut Vec<Box<str>>) -> Result<Crosswalk> {
        let fault = |line: u32, message: String| Error::spec(&*self.file, line, 1, message);
        let mut rows = self.own_rows(tables)?;
        let width = self.sides.len();
        let mut made: Vec<bool> = self
            .sides
            .iter()
            .map(|side| !matches!(side.of, Of::Via(..)))
            .collect();
        while let Some(left) = made.iter().position(|made| !made) {
            let ready = self
                .sides
                .iter()
                .enumerate()
                .find_map(|(at, side)| match &side.of {
                    Of::Via(from, of, to) if !made[at] => {
                        let from = self.sides.iter().position(|side| side.name == *from)?;
                        made[from].then_some((at, from, of, to))
                    }
                    _ => None,
                });
            let Some((at, from, of, to)) = ready else {
                let side = &self.sides[left];
                let message = format!(
                    "the side {} is via a side that does not lead to a column: unknown, or a cycle",
                    side.name
                );
                return Err(fault(side.line, message));
            };
            let line = self.sides[at].line;
            let step = Step::new(tables, of, to, above).map_err(|message| match message {
                Cause::Said(message) => fault(line, message),
                Cause::Broken(error) => error,
            })?;
            let mut wider = Vec::with_capacity(rows.len());
            for mut row in rows {
                row.resize(width, "".into());
                let others: Vec<Box<str>> = match &*row[from] {
                    "" => Vec::new(),
                    code => step.all(code),
                };
                if others.is_empty() {
                    wider.push(row);
                } else {
                    for other in others {
                        row[at] = other;
                        wider.push(row.clone());
                    }
                }
            }
            rows = wider;
            made[at] = true;
        }
        for row in &mut rows {
            row.resize(width, "".into());
        }
        let head = (
            self.name.clone(),
            self.title.clone(),
            self.source.clone(),
            self.trust.clone(),
        );
        let names = self.sides.iter().map(|side| side.name.clone()).collect();
        Ok(Crosswalk::new(head, names, &rows))
    }

    /// The rows of the table or its own, a cell for each side; those that are `via` are empty.
    fn own_rows(&self, tables: &Tables) -> Result<Vec<Vec<Box<str>>>> {
        let fault = |line: u32, message: String| Error::spec(&*self.file, line, 1, message);
        let Some((id, line)) = &self.table else {
            let mut seen = rustc_hash::FxHashSet::default();
            let mut rows = Vec::with_capacity(self.rows.len());
            for (cells, file, line) in &self.rows {
                if !seen.insert(cells) {
                    let message = format!("the row {} stands twice", cells.join(" "));
                    return Err(Error::spec(&**file, *line, 1, message));
                }
                let mut cells = cells.iter().cloned();
                let row = self.sides.iter().map(|side| match side.of {
                    Of::Own => cells.next().unwrap_or_default(),
                    _ => "".into(),
                });
                rows.push(row.collect());
            }
            return Ok(rows);
        };
        let table = tables
            .get(id)?
            .ok_or_else(|| fault(*line, format!("there is no table {id}")))?;
        for side in &self.sides {
            if let Of::Column(column) = &side.of
                && !table.columns.contains(column)
            {
                let message = format!(
                    "table {id} has no column {column}; it has {}",
                    table.columns.join(" ")
                );
                return Err(fault(side.line, message));
            }
        }
        let cells = |entry: super::Entry<'_>| {
            let cell = |side: &PlannedSide| match &side.of {
                Of::Column(column) => entry.get(column).into(),
                _ => "".into(),
            };
            self.sides.iter().map(cell).collect()
        };
        Ok(table.entries().map(cells).collect())
    }
}

/// What a side `via` looks up in.
enum Step {
    Table(std::sync::Arc<CodeTable>, Box<str>),
    Crosswalk(std::sync::Arc<Crosswalk>, super::Side, super::Side),
}

/// Why it cannot be looked up.
enum Cause {
    Said(String),
    Broken(Error),
}

impl Step {
    fn new(
        tables: &Tables,
        of: &str,
        to: &str,
        above: &mut Vec<Box<str>>,
    ) -> std::result::Result<Self, Cause> {
        if let (Some((name, from)), Some((other, to))) = (of.split_once(':'), to.split_once(':')) {
            if name != other {
                return Err(Cause::Said(format!(
                    "{of} and {to} are sides of two crosswalks"
                )));
            }
            let found = tables.crosswalk_below(name, above).map_err(Cause::Broken)?;
            let found =
                found.ok_or_else(|| Cause::Said(format!("there is no crosswalk {name}")))?;
            let side = |side: &str| {
                let known = || {
                    found
                        .sides()
                        .map(|(_, name)| name)
                        .collect::<Vec<_>>()
                        .join(" ")
                };
                found.side(side).ok_or_else(|| {
                    Cause::Said(format!("{name} has no side {side}; it has {}", known()))
                })
            };
            let (from, to) = (side(from)?, side(to)?);
            return Ok(Self::Crosswalk(found, from, to));
        }
        let table = tables.get(of).map_err(Cause::Broken)?;
        let table = table.ok_or_else(|| Cause::Said(format!("there is no table {of}")))?;
        if table.columns.iter().all(|column| **column != *to) {
            return Err(Cause::Said(format!(
                "table {of} has no column {to}; it has {}",
                table.columns.join(" ")
            )));
        }
        Ok(Self::Table(table, to.into()))
    }

    fn all(&self, code: &str) -> Vec<Box<str>> {
        match self {
            Self::Table(table, column) => {
                let cell = table.get(code).map_or("", |entry| entry.get(column));
                (!cell.is_empty())
                    .then(|| cell.into())
                    .into_iter()
                    .collect()
            }
            Self::Crosswalk(held, from, to) => held.all(*from, *to, code).map(Box::from).collect(),
        }
    }
}
