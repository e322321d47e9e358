//! What lies outside of messages: code tables, registers, facts of the transmission, the day.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::expr::{Answer, Day, Host, TableId, Tables};
use crate::finding::Lang;
use crate::spec::{CodeSet, Specs};

/// What a register answers. A host may supply its own.
pub trait Register: Send + Sync + std::fmt::Debug {
    /// The row of that key: names and values of its columns.
    fn row(&self, key: &str) -> Option<Vec<(Box<str>, Box<str>)>>;
}

/// What lies outside of messages.
#[derive(Debug)]
pub(crate) struct Outside {
    specs: Specs,
    tables: Vec<(Box<str>, OnceLock<Arc<CodeSet>>)>,
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
        let names = specs.table_names().into_iter();
        Self {
            specs: specs.clone(),
            tables: names.map(|name| (name, OnceLock::new())).collect(),
            registers,
            context,
            today,
        }
    }

    fn set(&self, table: TableId) -> Option<&CodeSet> {
        let (name, set) = self.tables.get(table.0 as usize)?;
        let set = set.get_or_init(|| {
            let found = self.specs.table_codes(name);
            found.map(|(set, _)| set).unwrap_or_default()
        });
        Some(set)
    }
}

impl Tables for Outside {
    fn table(&self, name: &str) -> Option<TableId> {
        let at = self.tables.binary_search_by(|(held, _)| (**held).cmp(name));
        at.ok().map(|at| TableId(at as u32))
    }

    fn table_names(&self) -> Vec<String> {
        self.tables.iter().map(|(name, _)| name.to_string()).collect()
    }
}

impl Host for Outside {
    fn lookup(&self, table: TableId, code: &str, _: Option<Day>) -> bool {
        self.set(table).is_some_and(|set| set.contains(code.as_bytes()))
    }

    fn name(&self, table: TableId, code: &str, lang: Lang) -> Option<Cow<'_, str>> {
        let (id, _) = self.tables.get(table.0 as usize)?;
        let table = self.specs.table(id).ok()??;
        let column = match lang {
            Lang::En => "en",
            Lang::Zh => "zh",
        };
        let at = table.columns.iter().position(|name| &**name == column)?;
        let name = table.row(code)?.get(at)?.to_string();
        Some(name.into())
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
