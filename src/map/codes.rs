//! Code tables and crosswalks, as maps ask for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Result;
use crate::expr::{CrosswalkId, Host, TableId, Tables};
use crate::finding::Lang;
use crate::spec::Specs;

type Pairs = HashMap<Box<str>, Box<str>>;

/// The tables of specs, each made ready when it is first asked for.
#[derive(Debug)]
pub(super) struct Codes {
    specs: Specs,
    crosswalks: Mutex<HashMap<(Box<str>, Box<str>), Arc<Pairs>>>,
    names: Mutex<HashMap<(Box<str>, Lang), Arc<Pairs>>>,
    /// Names of tables and crosswalks that expressions were compiled with.
    tables: Mutex<Vec<Box<str>>>,
    ids: Mutex<Vec<(Box<str>, Box<str>)>>,
}

impl Codes {
    pub(super) fn new(specs: &Specs) -> Self {
        Self {
            specs: specs.clone(),
            crosswalks: Mutex::default(),
            names: Mutex::default(),
            tables: Mutex::default(),
            ids: Mutex::default(),
        }
    }

    /// Whether there is such a crosswalk; `Err` says what is missing.
    pub(super) fn check(&self, from: &str, to: &str) -> Result<std::result::Result<(), String>> {
        for side in [from, to] {
            let Some((table, column)) = side.split_once(':') else {
                return Ok(Err(format!(
                    "found {side:?}; expected a table and a column, as country:alpha2"
                )));
            };
            let Some(held) = self.specs.table(table)? else {
                return Ok(Err(format!("there is no table {table}")));
            };
            if held.columns.iter().all(|name| **name != *column) {
                return Ok(Err(format!(
                    "table {table} has no column {column}; it has {}",
                    held.columns.join(", ")
                )));
            }
        }
        match from.split(':').next() == to.split(':').next() {
            true => Ok(Ok(())),
            false => Ok(Err(format!("{from} and {to} are not of one table"))),
        }
    }

    /// What stands for a code of one side on the other.
    pub(super) fn crosswalk(&self, from: &str, to: &str, code: &str) -> Option<String> {
        let key = (from.into(), to.into());
        let held = {
            let mut all = lock(&self.crosswalks);
            let made = || Arc::new(self.pairs(from, to).unwrap_or_default());
            all.entry(key).or_insert_with(made).clone()
        };
        held.get(code).map(|found| found.to_string())
    }

    fn pairs(&self, from: &str, to: &str) -> Option<Pairs> {
        let (table, from) = from.split_once(':')?;
        let (_, to) = to.split_once(':')?;
        let held = self.specs.table(table).ok()??;
        let column = |name: &str| held.columns.iter().position(|of| **of == *name);
        let (from, to) = (column(from)?, column(to)?);
        let mut pairs = Pairs::new();
        for row in held.rows() {
            let row: Vec<&str> = row.collect();
            if let (Some(key), Some(value)) = (row.get(from), row.get(to))
                && !key.is_empty()
                && !value.is_empty()
            {
                pairs
                    .entry((*key).into())
                    .or_insert_with(|| (*value).into());
            }
        }
        Some(pairs)
    }

    /// What a code of a table means.
    pub(super) fn name(&self, table: &str, code: &str, lang: Lang) -> Option<String> {
        let held = {
            let mut all = lock(&self.names);
            let made = || Arc::new(self.names_of(table, lang).unwrap_or_default());
            all.entry((table.into(), lang)).or_insert_with(made).clone()
        };
        held.get(code).map(|found| found.to_string())
    }

    fn names_of(&self, table: &str, lang: Lang) -> Option<Pairs> {
        let held = self.specs.table(table).ok()??;
        let wanted = if lang == Lang::En { "en" } else { "zh" };
        let at = held.columns.iter().position(|of| **of == *wanted)?;
        let named = held.rows().filter_map(|row| {
            let row: Vec<&str> = row.collect();
            Some(((*row.first()?).into(), (*row.get(at)?).into()))
        });
        Some(named.collect())
    }
}

impl Tables for Codes {
    fn table(&self, name: &str) -> Option<TableId> {
        self.specs.table(name).ok()??;
        let mut tables = lock(&self.tables);
        let at = tables.iter().position(|held| **held == *name);
        let at = at.unwrap_or_else(|| {
            tables.push(name.into());
            tables.len() - 1
        });
        Some(TableId(at as u32))
    }

    fn crosswalk(&self, from: &str, to: &str) -> Option<CrosswalkId> {
        self.check(from, to).ok()?.ok()?;
        let mut ids = lock(&self.ids);
        let same = |(a, b): &(Box<str>, Box<str>)| **a == *from && **b == *to;
        let at = ids.iter().position(same).unwrap_or_else(|| {
            ids.push((from.into(), to.into()));
            ids.len() - 1
        });
        Some(CrosswalkId(at as u32))
    }
}

impl Host for Codes {
    fn lookup(&self, table: TableId, code: &str, _: Option<crate::expr::Day>) -> bool {
        let name = lock(&self.tables).get(table.0 as usize).cloned();
        name.is_some_and(|table| self.name(&table, code, Lang::En).is_some())
    }

    fn name(&self, table: TableId, code: &str, lang: Lang) -> Option<std::borrow::Cow<'_, str>> {
        let name = lock(&self.tables).get(table.0 as usize).cloned()?;
        Codes::name(self, &name, code, lang).map(Into::into)
    }

    fn crosswalk(&self, id: CrosswalkId, code: &str) -> Option<std::borrow::Cow<'_, str>> {
        let (from, to) = lock(&self.ids).get(id.0 as usize).cloned()?;
        Codes::crosswalk(self, &from, &to, code).map(Into::into)
    }
}

fn lock<T>(held: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
