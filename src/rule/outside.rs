//! What lies outside of messages: code tables, registers, facts of the transmission, the day.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::codes::{CodeTable, Crosswalk, Side};
use crate::expr::{Answer, CrosswalkId, Day, Host, TableId, Tables};
use crate::finding::Lang;
use crate::spec::Specs;

/// What a register answers. A host may supply its own.
pub trait Register: Send + Sync + std::fmt::Debug {
    /// The row of that key: names and values of its columns.
    fn row(&self, key: &str) -> Option<Columns>;
}

/// A side of a crosswalk from which another is asked.
type Way = (Arc<Crosswalk>, Side, Side);
/// The names of both sides, and the way between them.
type Named = ((Box<str>, Box<str>), Way);
/// A table by its name, once it was asked.
type Table = (Box<str>, OnceLock<Option<Arc<CodeTable>>>);
/// Names and values of the columns of a row.
pub type Columns = Vec<(Box<str>, Box<str>)>;

/// What lies outside of messages.
#[derive(Debug)]
pub(crate) struct Outside {
    specs: Specs,
    /// By name, each loaded when it is first asked.
    tables: Vec<Table>,
    /// Those that expressions name: never taken out.
    ways: Arc<Mutex<Vec<Named>>>,
    registers: HashMap<Box<str>, Arc<dyn Register>>,
    context: HashMap<Box<str>, Box<str>>,
    today: Option<Day>,
}

impl Outside {
    pub(crate) fn new(
        specs: &Specs,
        registers: HashMap<Box<str>, Arc<dyn Register>>,
        context: HashMap<Box<str>, Box<str>>,
        today: Option<Day>,
    ) -> Self {
        let names = specs.table_ids().into_iter();
        Self {
            tables: names.map(|name| (name.into(), OnceLock::new())).collect(),
            specs: specs.clone(),
            ways: Arc::default(),
            registers,
            context,
            today,
        }
    }

    /// Others outside, for expressions that were compiled with these: the crosswalks they name are
    /// numbered alike.
    pub(crate) fn other(
        &self,
        registers: HashMap<Box<str>, Arc<dyn Register>>,
        context: HashMap<Box<str>, Box<str>>,
        today: Option<Day>,
    ) -> Self {
        Self {
            ways: self.ways.clone(),
            ..Self::new(&self.specs, registers, context, today)
        }
    }

    fn held(&self, table: TableId) -> Option<&CodeTable> {
        let (name, held) = self.tables.get(table.0 as usize)?;
        // A table that is broken is told by whoever checks the specs.
        let held = held.get_or_init(|| self.specs.table(name).ok().flatten());
        held.as_deref()
    }

    fn ways(&self) -> MutexGuard<'_, Vec<Named>> {
        self.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A day as tables count them.
fn day(on: Day) -> Option<crate::codes::Day> {
    crate::codes::Day::new(u16::try_from(on.year).ok()?, on.month, on.day)
}

impl Tables for Outside {
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
        let way = self.specs.crosswalk_between(from, to).ok()?;
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

impl Host for Outside {
    fn lookup(&self, table: TableId, code: &str, on: Option<Day>) -> bool {
        let Some(table) = self.held(table) else {
            return false;
        };
        match on.and_then(day) {
            Some(on) => table.get_on(code, on).is_some(),
            None => table.codes().contains(code.as_bytes()),
        }
    }

    fn name(&self, table: TableId, code: &str, lang: Lang) -> Option<Cow<'_, str>> {
        let entry = self.held(table)?.get(code)?;
        let name = match lang {
            Lang::En => entry.en(),
            Lang::Zh => entry.zh(),
        };
        (!name.is_empty()).then_some(Cow::Borrowed(name))
    }

    fn crosswalk(&self, crosswalk: CrosswalkId, code: &str) -> Option<Cow<'_, str>> {
        let ways = self.ways();
        let (_, (of, from, to)) = ways.get(crosswalk.0 as usize)?;
        of.get(*from, *to, code)
            .map(|found| found.to_owned().into())
    }

    fn register(&self, name: &str, key: &str) -> Answer<'_> {
        let Some(register) = self.registers.get(name) else {
            return Answer::NotAvailable;
        };
        match register.row(key) {
            None => Answer::NoSuchKey,
            Some(columns) => {
                let columns = columns.into_iter();
                let columns = columns
                    .filter(|(_, value)| !value.is_empty())
                    .map(|(name, value)| (name, crate::expr::Column::Text(value)));
                Answer::Row(Cow::Owned(crate::expr::Row {
                    columns: columns.collect(),
                }))
            }
        }
    }

    fn context(&self, key: &str) -> Option<Cow<'_, str>> {
        self.context.get(key).map(|value| Cow::Borrowed(&**value))
    }

    fn today(&self) -> Option<Day> {
        self.today
    }
}
