//! Code tables and crosswalks with the day of a run.

use std::borrow::Cow;

use crate::expr::{CrosswalkId, Day, Host, TableId};
use crate::finding::Lang;
use crate::tables::CodeTables;

/// The tables as a run asks them.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnDay<'c> {
    pub(super) codes: &'c CodeTables,
    today: Option<Day>,
}

impl<'c> OnDay<'c> {
    /// Tables with the day that expressions take as today, of CCYYMMDD….
    pub(super) fn new(codes: &'c CodeTables, now: &str) -> Self {
        let part = |from: usize, to: usize| now.get(from..to)?.parse::<u16>().ok();
        let day = || {
            Some(Day {
                year: i32::from(part(0, 4)?),
                month: u8::try_from(part(4, 6)?).ok()?,
                day: u8::try_from(part(6, 8)?).ok()?,
            })
        };
        Self {
            codes,
            today: day(),
        }
    }
}

impl Host for OnDay<'_> {
    fn lookup(&self, table: TableId, code: &str, on: Option<Day>) -> bool {
        self.codes.holds(table, code, on)
    }

    fn name(&self, table: TableId, code: &str, lang: Lang) -> Option<Cow<'_, str>> {
        self.codes.name(table, code, lang).map(Cow::Borrowed)
    }

    fn crosswalk(&self, crosswalk: CrosswalkId, code: &str) -> Option<Cow<'_, str>> {
        self.codes.cross(crosswalk, code).map(Cow::Owned)
    }

    fn today(&self) -> Option<Day> {
        self.today
    }
}
