//! Code tables and crosswalks, as maps ask for them.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::codes::{CodeTable, Crosswalk, Side};
use crate::expr::{CrosswalkId, Day, Host, TableId, Tables};
use crate::finding::Lang;
use crate::spec::Specs;

/// A side of a crosswalk from which another is asked.
pub(super) type Way = (Arc<Crosswalk>, Side, Side);

/// A table by its name, loaded when it is first asked.
type Held = (Box<str>, OnceLock<Option<Arc<CodeTable>>>);

/// Crosswalks by the names of their sides.
type Ways = Vec<((Box<str>, Box<str>), Way)>;

/// The tables of specs, each loaded when it is first asked.
#[derive(Debug)]
pub(super) struct Codes {
    specs: Specs,
    tables: Vec<Held>,
    /// Those that expressions name: never taken out.
    ways: Mutex<Ways>,
}

/// The tables as a run asks them: with its day.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnDay<'c> {
    pub(super) codes: &'c Codes,
    today: Option<Day>,
}

impl Codes {
    pub(super) fn new(specs: &Specs) -> Self {
        let names = specs.table_ids().into_iter();
        Self {
            tables: names.map(|name| (name.into(), OnceLock::new())).collect(),
            specs: specs.clone(),
            ways: Mutex::default(),
        }
    }

    /// The crosswalk between two sides; `Err` says what is missing.
    pub(super) fn way(&self, from: &str, to: &str) -> Result<Way, String> {
        let found = self.specs.crosswalk_between(from, to);
        found.map_err(|error| error.to_string())
    }

    /// The table of that name.
    pub(super) fn find(&self, name: &str) -> Option<Arc<CodeTable>> {
        self.specs.table(name).ok().flatten()
    }

    /// These with the day that expressions take as today, of CCYYMMDD….
    pub(super) fn on(&self, now: &str) -> OnDay<'_> {
        let part = |from: usize, to: usize| now.get(from..to)?.parse::<u16>().ok();
        let day = || {
            Some(Day {
                year: i32::from(part(0, 4)?),
                month: u8::try_from(part(4, 6)?).ok()?,
                day: u8::try_from(part(6, 8)?).ok()?,
            })
        };
        OnDay {
            codes: self,
            today: day(),
        }
    }

    fn held(&self, table: TableId) -> Option<&CodeTable> {
        let (name, held) = self.tables.get(table.0 as usize)?;
        held.get_or_init(|| self.find(name)).as_deref()
    }

    fn ways(&self) -> std::sync::MutexGuard<'_, Ways> {
        self.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of a code.
pub(super) fn name_of(table: &CodeTable, code: &str, lang: Lang) -> Option<String> {
    let entry = table.get(code)?;
    let name = match lang {
        Lang::En => entry.en(),
        Lang::Zh => entry.zh(),
    };
    (!name.is_empty()).then(|| name.to_owned())
}

impl Tables for Codes {
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

impl Host for OnDay<'_> {
    fn lookup(&self, table: TableId, code: &str, on: Option<Day>) -> bool {
        let Some(table) = self.codes.held(table) else {
            return false;
        };
        let day = on
            .and_then(|on| crate::codes::Day::new(u16::try_from(on.year).ok()?, on.month, on.day));
        match day {
            Some(day) => table.get_on(code, day).is_some(),
            None => table.codes().contains(code.as_bytes()),
        }
    }

    fn name(&self, table: TableId, code: &str, lang: Lang) -> Option<Cow<'_, str>> {
        name_of(self.codes.held(table)?, code, lang).map(Into::into)
    }

    fn crosswalk(&self, crosswalk: CrosswalkId, code: &str) -> Option<Cow<'_, str>> {
        let ways = self.codes.ways();
        let (_, (of, from, to)) = ways.get(crosswalk.0 as usize)?;
        of.get(*from, *to, code)
            .map(|found| found.to_owned().into())
    }

    fn today(&self) -> Option<Day> {
        self.today
    }
}
