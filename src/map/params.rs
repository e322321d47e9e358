//! The values that callers give: which rows ask for them, and what each message gets.

use super::ast::{self, Cel, Direction, Item, Operand, Row};
use super::side::near;
use super::{Lint, Map};
use crate::spec::model::Label;
use crate::{Error, Result};

/// A value that callers give to a map.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'m> {
    /// Its name.
    pub name: &'m str,
    /// Names for people.
    pub label: &'m Label,
    /// What it is where none is given.
    pub default: Option<&'m str>,
    /// Whether it counts on with every message, from 1 where none is given.
    pub counts: bool,
    asked: [bool; 2],
}

impl<'m> Parameter<'m> {
    pub(super) fn new(param: &'m ast::Param, asked: [bool; 2]) -> Self {
        Self {
            name: &param.name,
            label: &param.label,
            default: param.default.as_deref(),
            counts: param.counter,
            asked,
        }
    }

    /// Whether rows or conditions of a direction read it.
    #[must_use]
    pub fn is_read(&self, direction: Direction) -> bool {
        self.asked[way(direction)]
    }

    /// Whether a direction cannot do without a value from the caller.
    #[must_use]
    pub fn must(&self, direction: Direction) -> bool {
        self.default.is_none() && !self.counts && self.is_read(direction)
    }
}

fn way(direction: Direction) -> usize {
    match direction {
        Direction::Forth => 0,
        Direction::Back => 1,
    }
}

/// In which directions rows ask for each parameter of a map; of one that nothing reads a lint says so.
///
/// # Errors
/// When an expression names a parameter that is not there.
pub(super) fn asked(map: &ast::Map, lints: &mut Vec<Lint>) -> Result<Vec<[bool; 2]>> {
    let mut asked = Asked {
        map,
        found: vec![[false; 2]; map.params.len()],
    };
    for direction in [Direction::Forth, Direction::Back] {
        asked.items(&map.items, direction)?;
    }
    for (param, _) in map
        .params
        .iter()
        .zip(&asked.found)
        .filter(|(_, of)| **of == [false; 2])
    {
        let en = format!("no row reads param.{}", param.name);
        let zh = format!("没有行读取 param.{}", param.name);
        lints.push(Lint::new(&param.at, en, zh));
    }
    Ok(asked.found)
}

struct Asked<'m> {
    map: &'m ast::Map,
    found: Vec<[bool; 2]>,
}

impl Asked<'_> {
    fn items(&mut self, items: &[Item], direction: Direction) -> Result<()> {
        for item in items {
            match item {
                Item::Row(row) => self.row(row, direction)?,
                Item::Each(each) if each.arrow.runs(direction) => {
                    for (arrow, cel) in &each.when {
                        if arrow.runs(direction) {
                            self.expression(cel, direction)?;
                        }
                    }
                    for row in &each.by {
                        self.row(row, direction)?;
                    }
                    self.items(&each.items, direction)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn row(&mut self, row: &Row, direction: Direction) -> Result<()> {
        if !row.arrow.runs(direction) {
            return Ok(());
        }
        for (arrow, cel) in &row.when {
            if arrow.runs(direction) {
                self.expression(cel, direction)?;
            }
        }
        match &row.sides[way(direction)] {
            Operand::Param(name, _) => self.reads(name, direction),
            Operand::Cel(cel) => self.expression(cel, direction)?,
            _ => {}
        }
        Ok(())
    }

    fn reads(&mut self, name: &str, direction: Direction) {
        let known = self.map.params.iter();
        for (param, found) in known.zip(&mut self.found) {
            found[way(direction)] |= *param.name == *name;
        }
    }

    /// What an expression names as `param.NAME`; one that takes all parameters as a whole reads all.
    fn expression(&mut self, cel: &Cel, direction: Direction) -> Result<()> {
        for (at, name) in named(&cel.text) {
            let Some(name) = name else {
                self.found
                    .iter_mut()
                    .for_each(|found| found[way(direction)] = true);
                continue;
            };
            if self.map.params.iter().all(|param| *param.name != *name) {
                let known = self.map.params.iter().map(|param| param.name.to_string());
                let near = near(name, &known.collect::<Vec<_>>());
                let hint = match near.is_empty() {
                    true => String::new(),
                    false => format!("; did you mean {}?", near.join(", ")),
                };
                let before = cel.text[..at].chars().count() as u32;
                let message = format!("no parameter {name}{hint}");
                return Err(Error::spec(
                    &*cel.at.file,
                    cel.at.line,
                    cel.at.column + before,
                    message,
                ));
            }
            self.reads(name, direction);
        }
        Ok(())
    }
}

/// Where an expression says `param`, and which name behind a point; texts in quotes are passed over.
fn named(text: &str) -> Vec<(usize, Option<&str>)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let (mut quote, mut before) = (None, ' ');
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match quote {
            Some(_) if c == '\\' => drop(chars.next()),
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if text[at..].starts_with("param") && !is_word(before) && before != '.' => {
                let rest = &text[at + "param".len()..];
                match rest.strip_prefix('.').or_else(|| rest.strip_prefix(".?")) {
                    Some(name) => {
                        let name = name.trim_start_matches('?');
                        let (name, end) = match name.strip_prefix('`') {
                            Some(name) => (name, name.find('`')),
                            None => (name, name.find(|c| !is_word(c))),
                        };
                        found.push((at, Some(&name[..end.unwrap_or(name.len())])));
                    }
                    None if rest.starts_with(is_word) => {}
                    None => found.push((at, None)),
                }
            }
            None => {}
        }
        before = c;
    }
    found
}

/// Values of parameters.
#[derive(Debug)]
pub(super) struct Params {
    pub(super) values: Vec<Box<str>>,
    /// Which of them count on, and from what.
    counters: Vec<(usize, u64, usize)>,
}

impl Params {
    pub(super) fn new(
        map: &Map,
        direction: Direction,
        given: &[(Box<str>, Box<str>)],
    ) -> Result<Self> {
        let known = &map.text.map.params;
        for (name, _) in given {
            if known.iter().all(|param| param.name != *name) {
                let names: Vec<String> = known.iter().map(|of| of.name.to_string()).collect();
                let near = super::side::near(name, &names);
                let hint = match near.is_empty() {
                    true => format!("; it has {}", names.join(", ")),
                    false => format!("; did you mean {}?", near.join(", ")),
                };
                return Err(Error::unknown(format!(
                    "map {} has no parameter {name}{hint}",
                    map.name()
                )));
            }
        }
        let (mut values, mut counters) = (Vec::new(), Vec::new());
        let mut missing = Vec::new();
        for (at, param) in known.iter().enumerate() {
            let found = given.iter().rev().find(|(name, _)| *name == param.name);
            let found = found.map(|(_, value)| value.clone());
            let value = match (found, &param.default, param.counter) {
                (Some(value), ..) => value,
                (None, Some(default), _) => default.clone(),
                (None, None, true) => "1".into(),
                (None, None, false) if map.asked[at][way(direction)] => {
                    missing.push(&*param.name);
                    continue;
                }
                // No row of this direction reads it.
                (None, None, false) => "".into(),
            };
            if param.counter {
                let start = value.parse().map_err(|_| {
                    Error::misuse(format!(
                        "parameter {} counts: {value:?} is no number",
                        param.name
                    ))
                })?;
                counters.push((at, start, value.len()));
            }
            values.push(value);
        }
        if !missing.is_empty() {
            return Err(Error::misuse(format!(
                "map {} needs {}",
                map.name(),
                missing
                    .iter()
                    .map(|name| format!("--param {name}=…"))
                    .collect::<Vec<_>>()
                    .join(" ")
            )));
        }
        Ok(Self { values, counters })
    }

    /// The values for the message of that number.
    pub(super) fn of_message(&self, number: u64) -> Vec<Box<str>> {
        let mut values = self.values.clone();
        for (at, start, width) in &self.counters {
            let value = start.saturating_add(number.saturating_sub(1));
            values[*at] = format!("{value:0width$}").into();
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn parameters_of_expressions() {
        let of = |text| {
            named(text)
                .into_iter()
                .map(|(_, name)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(of("param.a == 'param.b' && x.param.c"), [Some("a")]);
        assert_eq!(of("has(param.a) || parameter.x"), [Some("a")]);
        assert_eq!(of("param.`a-b` + param.c-1"), [Some("a-b"), Some("c")]);
        assert_eq!(of("param.?a.orValue('') + param['b']"), [Some("a"), None]);
    }
}
