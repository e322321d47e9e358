//! Layouts made ready for checking, once for all messages.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::Result;
use crate::sequence::{Plan, PositionId};
use crate::spec::flat::{Field, Layout, Record};
use crate::spec::model::CodeList;
use crate::spec::{CodeSet, Specs};

/// A layout and its plan.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) layout: Arc<Layout>,
    pub(super) plan: Plan,
    /// The record of each position of the plan.
    records: Vec<usize>,
    pub(super) starts: Arc<[Box<[u8]>]>,
    /// Tables of fields, by record and field, loaded when a value is first looked up.
    tables: Vec<Vec<OnceLock<Arc<CodeSet>>>>,
}

/// Compiled layouts by message.
#[derive(Debug, Default)]
struct Held(Mutex<HashMap<Box<str>, Arc<Compiled>>>);

/// The layout made ready.
pub(super) fn of(specs: &Specs, layout: &Arc<Layout>) -> Result<Arc<Compiled>> {
    let held: Arc<Held> = specs.compiled();
    let mut held = held.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(made) = held.get(&layout.message) {
        return Ok(made.clone());
    }
    let made = Arc::new(Compiled::new(layout)?);
    held.insert(layout.message.clone(), made.clone());
    Ok(made)
}

impl Compiled {
    fn new(layout: &Arc<Layout>) -> Result<Self> {
        let plan = Plan::new(&layout.model)?;
        let record = |of| layout.records.iter().position(|record| record.of == of);
        let records = plan.positions().iter();
        let records = records
            .map(|position| record(position.of).unwrap_or(0))
            .collect();
        let starts = layout
            .records
            .iter()
            .map(|record| record.id.as_bytes().into());
        let tables = layout.records.iter();
        Ok(Self {
            layout: layout.clone(),
            records,
            starts: starts.collect(),
            tables: tables
                .map(|record| record.fields.iter().map(|_| OnceLock::new()).collect())
                .collect(),
            plan,
        })
    }

    /// The record at a position, and its index.
    pub(super) fn record(&self, position: PositionId) -> (usize, &Record) {
        let at = self.records[position as usize];
        (at, &self.layout.records[at])
    }

    /// Whether a table lacks `value`. One that is not held lacks nothing.
    pub(super) fn lacks(
        &self,
        specs: &Specs,
        (record, at): (usize, usize),
        field: &Field,
        value: &[u8],
    ) -> Result<bool> {
        let Some(CodeList::Table(table)) = &field.codes else {
            return Ok(false);
        };
        let set = match self.tables[record][at].get() {
            Some(set) => set,
            None => {
                let (set, _) = specs.table_codes(table)?;
                self.tables[record][at].get_or_init(|| set)
            }
        };
        Ok(!set.is_empty() && !set.contains(value))
    }
}
