//! Code tables of `specs/codes`.
//!
//! ```text
//! table incoterms
//!   title-en  Terms of delivery
//!   title-zh  贸易术语
//!   source  UNECE …
//!   columns  code  en  zh
//! rows
//! EXW<tab>Ex works<tab>工厂交货
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::codeset::CodeSet;
use super::embedded;
use crate::{Error, Result};

/// A code table: its head and the rows of its text.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its id, as `country-iso3166`.
    pub id: Box<str>,
    /// English title.
    pub title_en: Box<str>,
    /// Chinese title.
    pub title_zh: Box<str>,
    /// Where it comes from.
    pub source: Box<str>,
    /// Whether codes come up between editions, so that one that is not here may be good.
    pub open: bool,
    /// Names of the columns; the first is `code`.
    pub columns: Vec<Box<str>>,
    rows: Vec<Cow<'static, str>>,
}

impl Table {
    /// The rows, each as its cells in the order of [`columns`](Self::columns); an empty cell is
    /// not known.
    pub fn rows(&self) -> impl Iterator<Item = impl Iterator<Item = &str>> {
        self.rows
            .iter()
            .flat_map(|text| text.lines())
            .map(|line| line.split('\t'))
    }

    /// The row of `code`.
    #[must_use]
    pub fn row(&self, code: &str) -> Option<Vec<&str>> {
        let mut lines = self.rows.iter().rev().flat_map(|text| text.lines());
        let line = lines.find(|line| line.split('\t').next() == Some(code))?;
        Some(line.split('\t').collect())
    }

    /// The set of its codes.
    #[must_use]
    pub fn code_set(&self) -> CodeSet {
        CodeSet::new(
            self.rows
                .iter()
                .flat_map(|text| text.lines())
                .filter_map(|line| line.split('\t').next()),
        )
    }
}

/// Tables of layers over those of the base.
#[derive(Clone, Debug, Default)]
pub(super) struct Layered(BTreeMap<Box<str>, Arc<Table>>);

impl Layered {
    pub(super) fn get(&self, id: &str) -> Result<Option<Table>> {
        if let Some(table) = self.0.get(id) {
            return Ok(Some(Table::clone(table)));
        }
        let path = format!("codes/{id}.txt");
        let Some(text) = embedded::file(&path) else {
            return Ok(None);
        };
        parse(&path, Cow::Borrowed(text)).map(|(_, table)| Some(table))
    }

    /// Takes in a table of a layer; gives its verb and what it changes.
    pub(super) fn add(&mut self, file: &str, text: &str) -> Result<(&'static str, String)> {
        let (verb, mut table) = parse(file, Cow::Owned(text.to_owned()))?;
        let base = self.get(&table.id)?;
        let fault = |message: String| Error::spec(file, 1, 1, message);
        let verb = match (verb, base) {
            ("new", None) | ("replace", Some(_)) => verb,
            ("extends", Some(base)) => {
                if table.columns != base.columns {
                    return Err(fault(format!(
                        "the columns are {}; those of the base are {}",
                        table.columns.join(" "),
                        base.columns.join(" ")
                    )));
                }
                let added = std::mem::take(&mut table.rows);
                table = Table {
                    rows: base.rows.into_iter().chain(added).collect(),
                    ..base
                };
                verb
            }
            ("new", Some(_)) => {
                return Err(fault(format!(
                    "table {} is already there; say extends or replace",
                    table.id
                )));
            }
            ("replace" | "extends", None) => {
                return Err(fault(format!(
                    "the base has no table {}; say new",
                    table.id
                )));
            }
            _ => {
                return Err(fault(
                    "a table of a layer begins with new, extends or replace".to_owned(),
                ));
            }
        };
        let what = format!("table {}", table.id);
        self.0.insert(table.id.clone(), Arc::new(table));
        Ok((verb, what))
    }
}

fn parse(file: &str, text: Cow<'static, str>) -> Result<(&'static str, Table)> {
    let fault = |line: usize, message: &str| Error::spec(file, line as u32, 1, message);
    let mut table = Table {
        id: "".into(),
        title_en: "".into(),
        title_zh: "".into(),
        source: "".into(),
        open: false,
        columns: Vec::new(),
        rows: Vec::new(),
    };
    let mut verb = "";
    let mut offset = 0;
    let mut body = None;
    for (number, raw) in text.split_inclusive('\n').enumerate() {
        offset += raw.len();
        let line = raw.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line == "rows" {
            body = Some((offset, number + 2));
            break;
        }
        let (key, value) = line
            .trim_start()
            .split_once(char::is_whitespace)
            .unwrap_or((line, ""));
        let value = value.trim();
        match key {
            "table" => table.id = value.into(),
            "new" | "extends" | "replace" => {
                verb = match key {
                    "new" => "new",
                    "extends" => "extends",
                    _ => "replace",
                };
                let id = value.strip_prefix("table ").map(str::trim);
                table.id = id
                    .ok_or_else(|| fault(number + 1, "expected `table` and its id"))?
                    .into();
            }
            "title-en" => table.title_en = value.into(),
            "title-zh" => table.title_zh = value.into(),
            "source" => table.source = value.into(),
            "open" => {
                table.open = match value {
                    "yes" => true,
                    "no" => false,
                    _ => {
                        return Err(fault(
                            number + 1,
                            &format!("found {value:?}; expected yes or no"),
                        ));
                    }
                }
            }
            "columns" => table.columns = value.split_whitespace().map(Box::from).collect(),
            _ => {
                let message = format!(
                    "found {key:?}; expected table, title-en, title-zh, source, open, columns or rows"
                );
                return Err(fault(number + 1, &message));
            }
        }
    }
    let Some((start, first_row)) = body else {
        return Err(fault(
            1,
            "expected a line `rows` after the head of the table",
        ));
    };
    if table.id.is_empty()
        || table
            .columns
            .first()
            .is_none_or(|column| &**column != "code")
    {
        return Err(fault(
            1,
            "a table has an id, and columns of which the first is `code`",
        ));
    }
    let width = table.columns.len();
    for (number, line) in text[start..].lines().enumerate() {
        let cells = line.split('\t').count();
        if cells > width || line.is_empty() || line.starts_with('\t') {
            let message =
                format!("a row of {cells} cells; expected from 1 to {width}, the first not empty");
            return Err(fault(first_row + number, &message));
        }
    }
    table.rows.push(match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start..]),
        Cow::Owned(text) => Cow::Owned(text[start..].to_owned()),
    });
    Ok((verb, table))
}
