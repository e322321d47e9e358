//! What expressions ask of the world: code tables, registers, the context of a transmission.

use std::borrow::Cow;

use super::Number;
use crate::finding::Lang;

/// A code table that the host holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub u32);

/// A crosswalk that the host holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CrosswalkId(pub u32);

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day {
    /// Year of the Gregorian calendar.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// The names of tables and crosswalks, asked when an expression is compiled: a name that is not held is
/// a fault then. Where an interface may change what it holds, ids stay as they are.
pub trait Tables {
    /// The table of this name.
    fn table(&self, name: &str) -> Option<TableId> {
        let _ = name;
        None
    }

    /// The crosswalk from one side to another, such as `country:alpha3` to `country:customs`.
    fn crosswalk(&self, from: &str, to: &str) -> Option<CrosswalkId> {
        let _ = (from, to);
        None
    }

    /// The names of all tables, to suggest near misses from.
    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// The names of all sides of crosswalks, to suggest near misses from.
    fn crosswalk_sides(&self) -> Vec<String> {
        Vec::new()
    }
}

/// No tables.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTables;

impl Tables for NoTables {}

/// What a register (底账) says of a key.
#[derive(Clone, Debug, Default)]
pub enum Answer<'a> {
    /// There is no such register: what asked for it is not evaluated.
    #[default]
    NotAvailable,
    /// The register is there and has no such key.
    NoSuchKey,
    /// A row of it.
    Row(Cow<'a, Row>),
}

/// A row of a register: columns by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Name and value of each column; an empty value is absent.
    pub columns: Vec<(Box<str>, Column)>,
}

/// A value of a [`Row`].
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Text, read as a number where an expression uses it as one.
    Text(Box<str>),
    /// A number.
    Number(Number),
}

/// The world, asked when an expression is evaluated. By default it holds nothing.
pub trait Host {
    /// Whether `code` is in a table, on a day where that is said.
    fn lookup(&self, table: TableId, code: &str, on: Option<Day>) -> bool {
        let _ = (table, code, on);
        false
    }

    /// The name of a code.
    fn name(&self, table: TableId, code: &str, lang: Lang) -> Option<Cow<'_, str>> {
        let _ = (table, code, lang);
        None
    }

    /// What a crosswalk makes of `code`; `None` where it has no such pair.
    fn crosswalk(&self, crosswalk: CrosswalkId, code: &str) -> Option<Cow<'_, str>> {
        let _ = (crosswalk, code);
        None
    }

    /// What the register `name` says of `key`.
    fn register(&self, name: &str, key: &str) -> Answer<'_> {
        let _ = (name, key);
        Answer::NotAvailable
    }

    /// A fact about the transmission, such as its sender or the name of the file.
    fn context(&self, key: &str) -> Option<Cow<'_, str>> {
        let _ = key;
        None
    }

    /// The day that checking takes as today; without one, `today()` is not evaluated. Expressions
    /// never ask a clock.
    fn today(&self) -> Option<Day> {
        None
    }
}

/// A host that holds nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {}
