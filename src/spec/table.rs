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
        let codes = self.rows.iter().flat_map(|text| {
            let mut from = 0;
            memchr::memchr_iter(b'\n', text.as_bytes())
                .chain([text.len()])
                .map(move |end| {
                    let line = &text[from..end];
                    from = end + 1;
                    memchr::memchr(b'\t', line.as_bytes()).map_or(line, |tab| &line[..tab])
                })
        });
        CodeSet::new(codes)
    }
}

/// Tables of layers over those of the base.
#[derive(Clone, Debug, Default)]
pub(super) struct Layered(BTreeMap<Box<str>, Arc<Table>>);

impl Layered {
    /// The ids of all tables, sorted.
    pub(super) fn names(&self) -> Vec<Box<str>> {
        let base = embedded::files("codes/").filter_map(|(path, _)| {
            let name = path.strip_prefix("codes/")?.strip_suffix(".txt")?;
            (!name.contains('/')).then(|| Box::from(name))
        });
        let mut names: Vec<Box<str>> = base.chain(self.0.keys().cloned()).collect();
        names.sort();
        names.dedup();
        names
    }

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
        let cells = memchr::memchr_iter(b'\t', line.as_bytes()).count() + 1;
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

#[cfg(test)]
mod tests {
    use super::embedded;
    use crate::spec::Specs;

    #[test]
    fn every_table_that_ships_is_whole() {
        let specs = Specs::base();
        let mut seen = 0;
        for (path, _) in embedded::files("codes/") {
            let id = path
                .strip_prefix("codes/")
                .and_then(|name| name.strip_suffix(".txt"))
                .unwrap();
            let table = specs.table(id).unwrap().unwrap();
            assert_eq!(&*table.id, id);
            assert!(!table.title_en.is_empty(), "{id}: title-en");
            assert!(!table.title_zh.is_empty(), "{id}: title-zh");
            assert!(!table.source.is_empty(), "{id}: source");
            let rows = table.rows().count();
            assert!(rows > 0, "{id}");
            assert_eq!(table.code_set().len(), rows, "{id}: a code stands twice");
            for mut row in table.rows() {
                assert!(
                    row.all(|cell| cell == cell.trim()),
                    "{id}: blanks at an end"
                );
            }
            seen += 1;
        }
        assert!(seen >= 10, "{seen} tables");
    }

    #[test]
    fn every_binding_names_a_table() {
        let specs = Specs::base();
        for bind in specs.binds() {
            let table = specs.table(&bind.table).unwrap();
            assert!(table.is_some(), "{} {}", bind.element, bind.table);
        }
    }

    #[test]
    fn tables_hold_current_and_historic_codes() {
        let specs = Specs::base();
        let row = |table: &str, code: &str| {
            let table = specs.table(table).unwrap().unwrap();
            table.row(code).map(|row| {
                row.iter()
                    .map(|cell| (*cell).to_owned())
                    .collect::<Vec<_>>()
            })
        };
        let column = |table: &str, code: &str, column: &str| {
            let columns = specs.table(table).unwrap().unwrap().columns;
            let at = columns.iter().position(|name| &**name == column).unwrap();
            row(table, code)
                .unwrap()
                .get(at)
                .cloned()
                .unwrap_or_default()
        };
        assert_eq!(column("country-iso3166", "CN", "alpha3"), "CHN");
        assert_eq!(column("country-iso3166", "CN", "status"), "");
        assert_eq!(column("country-iso3166", "YU", "status"), "withdrawn");
        assert_eq!(column("country-iso3166", "XK", "status"), "user-assigned");
        assert_eq!(column("currency-iso4217", "CNY", "zh"), "人民币");
        assert_eq!(column("currency-iso4217", "JPY", "minor-unit"), "0");
        assert_eq!(column("currency-iso4217", "DEM", "status"), "historic");
        assert_eq!(column("unit-rec20", "KGM", "symbol"), "kg");
        assert_eq!(column("unit-rec20", "XBX", "status"), "package");
        assert_eq!(column("package-rec21", "CT", "en"), "Carton");
        assert_eq!(column("incoterms", "DDU", "status"), "historic");
        assert_eq!(column("transport-mode-rec19", "30", "status"), "two-digit");
        assert_eq!(column("unlocode", "USNYC", "en"), "New York");
        for code in ["22G1", "45R1", "L5G1", "22GP", "42G9", "4500", "2210"] {
            assert!(row("container-size-type", code).is_some(), "{code}");
        }
        for (table, code) in [
            ("country-iso3166", "CHN"),
            ("currency-iso4217", "RMB"),
            ("unit-rec20", "PCS"),
            ("container-size-type", "40HC"),
            ("unlocode", "CNXXX"),
        ] {
            assert_eq!(row(table, code), None, "{table} {code}");
        }
    }
}
