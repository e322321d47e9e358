//! What lies outside of messages: code tables, registers, facts of the transmission, the day.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::expr::{Answer, CrosswalkId, Day, Host, TableId};
use crate::finding::Lang;
use crate::spec::Specs;
use crate::tables::CodeTables;

/// What a register answers. A host may supply its own.
pub trait Register: Send + Sync + std::fmt::Debug {
    /// The row of that key: names and values of its columns.
    fn row(&self, key: &str) -> Option<Columns>;
}

/// Names and values of the columns of a row.
pub type Columns = Vec<(Box<str>, Box<str>)>;

/// What lies outside of messages.
#[derive(Debug)]
pub(crate) struct Outside {
    /// Those of other runs too, for expressions that were compiled with them number them alike.
    tables: Arc<CodeTables>,
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
        Self {
            tables: Arc::new(CodeTables::new(specs)),
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
            tables: self.tables.clone(),
            registers,
            context,
            today,
        }
    }

    /// The tables, as expressions are compiled with them.
    pub(crate) fn tables(&self) -> &CodeTables {
        &self.tables
    }
}

impl Host for Outside {
    fn lookup(&self, table: TableId, code: &str, on: Option<Day>) -> bool {
        self.tables.holds(table, code, on)
    }

    fn name(&self, table: TableId, code: &str, lang: Lang) -> Option<Cow<'_, str>> {
        self.tables.name(table, code, lang).map(Cow::Borrowed)
    }

    fn crosswalk(&self, crosswalk: CrosswalkId, code: &str) -> Option<Cow<'_, str>> {
        self.tables.cross(crosswalk, code).map(Cow::Owned)
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
