//! The tables and crosswalks in force: those that ship, and what layers make of them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::crosswalk_text::{self, Plan};
use super::text::{self, Verb};
use super::{CodeTable, Crosswalk, table};
use crate::{Error, Result};

/// Tables and crosswalks by their names. Clones share what was read of the base.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    /// The files that ship: their paths below `specs/`, sorted, and their texts.
    base: &'static [(&'static str, &'static str)],
    read: Arc<Mutex<HashMap<Box<str>, Arc<CodeTable>>>>,
    layered: BTreeMap<Box<str>, Arc<CodeTable>>,
    plans: BTreeMap<Box<str>, Plan>,
    /// Compiled, as long as no layer is added.
    crosswalks: Crosswalks,
    /// Tables that a layer brought and that were not yet compared with others.
    new: BTreeSet<Box<str>>,
    new_plans: BTreeSet<Box<str>>,
}

/// Compiled crosswalks. A clone has none: they may no longer hold.
#[derive(Debug, Default)]
struct Crosswalks(Mutex<HashMap<Box<str>, Arc<Crosswalk>>>);

impl Clone for Crosswalks {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Where crosswalks stand, below `specs/`.
const CROSSWALKS: &str = "codes/crosswalks/";

impl Tables {
    /// The tables of the files that ship, whose paths begin with `codes/`.
    pub(crate) fn new(base: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            base,
            ..Self::default()
        }
    }

    fn base_file(&self, path: &str) -> Option<&'static str> {
        let at = self
            .base
            .binary_search_by(|(name, _)| (*name).cmp(path))
            .ok()?;
        Some(self.base[at].1)
    }

    fn names(&self, crosswalks: bool) -> impl Iterator<Item = &str> {
        self.base.iter().filter_map(move |(path, _)| {
            let name = match (path.strip_prefix(CROSSWALKS), crosswalks) {
                (Some(name), true) => name,
                (None, false) => path.strip_prefix("codes/")?,
                _ => return None,
            };
            name.strip_suffix(".txt").filter(|name| !name.contains('/'))
        })
    }

    /// Ids of all tables, sorted.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let own = self.layered.keys().map(|id| &**id);
        let all: BTreeSet<&str> = self.names(false).chain(own).collect();
        all.into_iter().collect()
    }

    /// Names of all crosswalks, sorted.
    pub(crate) fn crosswalk_names(&self) -> Vec<&str> {
        let own = self.plans.keys().map(|name| &**name);
        let all: BTreeSet<&str> = self.names(true).chain(own).collect();
        all.into_iter().collect()
    }

    /// The table of that id.
    pub(crate) fn get(&self, id: &str) -> Result<Option<Arc<CodeTable>>> {
        if let Some(table) = self.layered.get(id) {
            return Ok(Some(table.clone()));
        }
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = read.get(id) {
            return Ok(Some(table.clone()));
        }
        let path = format!("codes/{id}.txt");
        let Some(text) = self.base_file(&path) else {
            return Ok(None);
        };
        let (_, table) = CodeTable::parse(&path, Cow::Borrowed(text))?;
        let table = Arc::new(table);
        read.insert(id.into(), table.clone());
        Ok(Some(table))
    }

    /// The crosswalk of that name.
    pub(crate) fn crosswalk(&self, name: &str) -> Result<Option<Arc<Crosswalk>>> {
        self.crosswalk_below(name, &mut Vec::new())
    }

    /// The crosswalk of that name, which those of `above` need.
    pub(super) fn crosswalk_below(
        &self,
        name: &str,
        above: &mut Vec<Box<str>>,
    ) -> Result<Option<Arc<Crosswalk>>> {
        let held = || {
            self.crosswalks
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(made) = held().get(name) {
            return Ok(Some(made.clone()));
        }
        let Some(plan) = self.plan(name)? else {
            return Ok(None);
        };
        if above.iter().any(|other| **other == *name) {
            return Err(plan.fault(&format!(
                "a cycle of crosswalks: {} {name}",
                above.join(" ")
            )));
        }
        above.push(name.into());
        let made = Arc::new(plan.compile(self, above)?);
        above.pop();
        held().insert(name.into(), made.clone());
        Ok(Some(made))
    }

    fn plan(&self, name: &str) -> Result<Option<Cow<'_, Plan>>> {
        if let Some(plan) = self.plans.get(name) {
            return Ok(Some(Cow::Borrowed(plan)));
        }
        let path = format!("{CROSSWALKS}{name}.txt");
        let text = self.base_file(&path);
        text.map(|text| crosswalk_text::parse(&path, text).map(Cow::Owned))
            .transpose()
    }

    /// Takes in a file of a layer, a table or a crosswalk; gives its verb and what it changes.
    /// [`compare`](Self::compare) looks at what needs other files.
    pub(crate) fn add(&mut self, file: &str, text: &str) -> Result<(&'static str, String)> {
        let said = text
            .lines()
            .find(|line| !line.trim().is_empty() && !line.starts_with('#'));
        let crosswalk = said.is_some_and(|line| {
            line.split_whitespace()
                .take(2)
                .any(|word| word == "crosswalk")
        });
        let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n");
        // What was compiled may no longer hold.
        self.crosswalks = Crosswalks::default();
        if crosswalk {
            self.add_crosswalk(file, &text)
        } else {
            self.add_table(file, text)
        }
    }

    fn add_table(&mut self, file: &str, text: String) -> Result<(&'static str, String)> {
        let (head, own) = CodeTable::parse(file, Cow::Owned(text))?;
        own.verify()?;
        let base = self.get(&head.id)?;
        let made = match (
            allowed(file, head.verb, "table", &head.id, base)?,
            head.verb,
        ) {
            (Some(base), Verb::Extends) => {
                let made = table::extend(&base, file, &head, &own)?;
                made.verify()?;
                made
            }
            _ => own,
        };
        let what = what(&head, &made);
        self.new.insert(head.id.clone());
        self.layered.insert(head.id, Arc::new(made));
        Ok((head.verb.as_str(), what))
    }

    fn add_crosswalk(&mut self, file: &str, text: &str) -> Result<(&'static str, String)> {
        let plan = crosswalk_text::parse(file, text)?;
        let (verb, name) = (plan.verb, plan.name.clone());
        let base = self.plan(&name)?.map(Cow::into_owned);
        let plan = match (allowed(file, verb, "crosswalk", &name, base)?, verb) {
            (Some(mut base), Verb::Extends) => {
                base.extend(plan)?;
                base
            }
            _ => plan,
        };
        self.new_plans.insert(name.clone());
        let what = format!("crosswalk {name}");
        self.plans.insert(name, plan);
        Ok((verb.as_str(), what))
    }

    /// Looks at what the files of a layer say of others: parents, and the tables and crosswalks
    /// that crosswalks are made of.
    pub(crate) fn compare(&mut self) -> Result<()> {
        for id in std::mem::take(&mut self.new) {
            let Some(table) = self.get(&id)? else {
                continue;
            };
            let Some(parent) = &table.parent else {
                continue;
            };
            let parents = self.parents(&table, parent)?;
            table.verify_parents(&parents)?;
        }
        for name in std::mem::take(&mut self.new_plans) {
            self.crosswalk(&name)?;
        }
        Ok(())
    }
}

impl Tables {
    /// Looks at every row of every table, every parent and every crosswalk, also of the base.
    pub(crate) fn verify(&self) -> Result<()> {
        for id in self.ids() {
            let Some(table) = self.get(id)? else { continue };
            if *table.id != *id {
                let message = format!("the table is named {}, its file {id}", table.id);
                return Err(Error::spec(&*table.file, 1, 1, message));
            }
            table.verify()?;
            if let Some(parent) = &table.parent {
                let parents = self.parents(&table, parent)?;
                table.verify_parents(&parents)?;
            }
        }
        for name in self.crosswalk_names() {
            self.crosswalk(name)?;
        }
        Ok(())
    }

    fn parents(&self, table: &CodeTable, parent: &super::Parent) -> Result<Arc<CodeTable>> {
        self.get(&parent.table)?.ok_or_else(|| {
            let message = format!(
                "the parents are of table {}, which is not there",
                parent.table
            );
            Error::spec(&*table.file, parent.line, 1, message)
        })
    }
}

/// What was there, where the verb allows that.
fn allowed<T>(
    file: &str,
    verb: Verb,
    kind: &str,
    name: &str,
    base: Option<T>,
) -> Result<Option<T>> {
    let message = match (verb, base) {
        (Verb::New, None) => return Ok(None),
        (Verb::Extends | Verb::Replace, Some(base)) => return Ok(Some(base)),
        (Verb::New, Some(_)) => format!("{kind} {name} is already there; say extends or replace"),
        (Verb::None, _) => format!("a {kind} of a layer begins with new, extends or replace"),
        (_, None) => format!("the base has no {kind} {name}; say new"),
    };
    Err(Error::spec(file, 1, 1, message))
}

fn what(head: &text::Head, made: &CodeTable) -> String {
    let mut what = format!("table {}", head.id);
    if head.verb == Verb::Extends {
        let added = made.len() - made.base_len();
        what.push_str(&format!(": {added} added, {} ended", head.ends.len()));
    }
    what
}
