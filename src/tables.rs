//! The code tables and crosswalks of specs, as the expressions of rules and maps ask for them.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::codes::{CodeTable, Crosswalk, Side};
use crate::expr::{CrosswalkId, Day, TableId, Tables};
use crate::finding::Lang;
use crate::spec::Specs;

/// A side of a crosswalk from which another is asked.
pub(crate) type Way = (Arc<Crosswalk>, Side, Side);

/// A table by its name, loaded when it is first asked. One that is broken is told by whoever checks
/// the specs.
type Held = (Box<str>, OnceLock<Option<Arc<CodeTable>>>);

/// Crosswalks by the names of their sides.
type Ways = Vec<((Box<str>, Box<str>), Way)>;

/// The tables of specs, each loaded when it is first asked.
#[derive(Debug)]
pub(crate) struct CodeTables {
    specs: Specs,
    /// By name.
    tables: Vec<Held>,
    /// Those that expressions name: never taken out.
    ways: Mutex<Ways>,
}

impl CodeTables {
    pub(crate) fn new(specs: &Specs) -> Self {
        let names = specs.table_ids().into_iter();
        Self {
            tables: names.map(|name| (name.into(), OnceLock::new())).collect(),
            specs: specs.clone(),
            ways: Mutex::default(),
        }
    }

    /// The crosswalk between two sides; `Err` says what is missing.
    pub(crate) fn way(&self, from: &str, to: &str) -> Result<Way, String> {
        let found = self.specs.crosswalk_between(from, to);
        found.map_err(|error| error.to_string())
    }

    /// The table of that name.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<CodeTable>> {
        self.specs.table(name).ok().flatten()
    }

    /// Whether a code is in a table: on that day, or ever.
    pub(crate) fn holds(&self, table: TableId, code: &str, on: Option<Day>) -> bool {
        let Some(table) = self.held(table) else {
            return false;
        };
        let day = on
            .and_then(|on| crate::codes::Day::new(u16::try_from(on.year).ok()?, on.month, on.day));
        match day {
            Some(day) => table.get_on(code, day).is_some(),
            None => table.codes().contains(code.as_bytes()),
        }
    }

    /// The name of a code of a table.
    pub(crate) fn name(&self, table: TableId, code: &str, lang: Lang) -> Option<&str> {
        name_of(self.held(table)?, code, lang)
    }

    /// What a code is on the other side of a crosswalk.
    pub(crate) fn cross(&self, crosswalk: CrosswalkId, code: &str) -> Option<String> {
        let ways = self.ways();
        let (_, (of, from, to)) = ways.get(crosswalk.0 as usize)?;
        of.get(*from, *to, code).map(str::to_owned)
    }

    fn held(&self, table: TableId) -> Option<&CodeTable> {
        let (name, held) = self.tables.get(table.0 as usize)?;
        held.get_or_init(|| self.find(name)).as_deref()
    }

    fn ways(&self) -> MutexGuard<'_, Ways> {
        self.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a code, where one is published in that language.
pub(crate) fn name_of<'t>(table: &'t CodeTable, code: &str, lang: Lang) -> Option<&'t str> {
    let entry = table.get(code)?;
    let name = match lang {
        Lang::En => entry.en(),
        Lang::Zh => entry.zh(),
    };
    (!name.is_empty()).then_some(name)
}

impl Tables for CodeTables {
    fn table(&self, name: &str) -> Option<TableId> {
        let at = self.tables.binary_search_by(|(held, _)| (**held).cmp(name));
        at.ok().map(|at| TableId(at as u32))
    }

    fn crosswalk(&self, from: &str, to: &str) -> Option<CrosswalkId> {
        let mut ways = self.ways();
        let known = ways
            .iter()
            .position(|((a, b), _)| **a == *from && **b == *to);
        if let Some(at) = known {
            return Some(CrosswalkId(at as u32));
        }
        let way = self.way(from, to).ok()?;
        ways.push(((from.into(), to.into()), way));
        Some(CrosswalkId(ways.len() as u32 - 1))
    }

    fn table_names(&self) -> Vec<String> {
        self.tables
            .iter()
            .map(|(name, _)| name.to_string())
            .collect()
    }

    fn crosswalk_sides(&self) -> Vec<String> {
        let mut sides = Vec::new();
        for name in self.specs.crosswalk_names() {
            if let Ok(Some(crosswalk)) = self.specs.crosswalk(name) {
                sides.extend(crosswalk.sides().map(|(_, side)| format!("{name}:{side}")));
            }
        }
        sides
    }
}
