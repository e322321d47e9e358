//! Findings of a translation on their way out: counted, of one code only so many.

use std::cell::RefCell;

use crate::finding::tally::Tally;
use crate::finding::{Finding, Sink, Syntax};
use crate::span::LineColumn;

/// A sink that reading and translating share.
pub(super) struct Shared<'s>(pub(super) RefCell<&'s mut dyn Sink>);

/// One end of a [`Shared`] sink.
pub(super) struct End<'e, 's>(pub(super) &'e Shared<'s>);

impl Sink for End<'_, '_> {
    fn finding(&mut self, finding: Finding) {
        self.0.0.borrow_mut().finding(finding);
    }
}

/// Takes findings of a translation.
pub(super) struct Outbox<'s> {
    tally: Tally<'s>,
    map: Box<str>,
    told: u64,
}

impl<'s> Outbox<'s> {
    pub(super) fn new(sink: &'s mut dyn Sink, most: u64, syntax: Syntax, map: &str) -> Self {
        Self {
            tally: Tally::new(sink, most, syntax),
            map: map.into(),
            told: 0,
        }
    }

    #[cold]
    pub(super) fn tell(&mut self, finding: Finding) {
        self.told += 1;
        if self.tally.count(finding.code) {
            let finding = finding.with("map", &self.map);
            self.tally.send(finding);
        }
    }

    /// How many findings there were, sent or not.
    pub(super) fn told(&self) -> u64 {
        self.told
    }

    /// Errors, warnings and hints so far.
    pub(super) fn counts(&self) -> (u64, u64, u64) {
        (self.tally.errors, self.tally.warnings, self.tally.hints)
    }

    pub(super) fn finish(&mut self, end: u64) {
        self.tally.finish(end, LineColumn::default());
    }
}
