//! Findings counted and sent on, of one code only so many.

use super::{Code, Finding, Severity, Sink, Syntax};
use crate::span::{LineColumn, Span};

/// Counts findings by code and severity, and sends the first ones of each code on.
pub(crate) struct Tally<'s> {
    sink: &'s mut dyn Sink,
    syntax: Syntax,
    seen: Vec<u64>,
    most: u64,
    /// Findings of severity error, sent or not.
    pub(crate) errors: u64,
    /// Findings of severity warning.
    pub(crate) warnings: u64,
    /// Findings of severity hint.
    pub(crate) hints: u64,
}

impl<'s> Tally<'s> {
    /// Sends at most `most` findings of each code to `sink`.
    pub(crate) fn new(sink: &'s mut dyn Sink, most: u64, syntax: Syntax) -> Self {
        Self {
            sink,
            syntax,
            seen: vec![0; Code::all().len()],
            most,
            errors: 0,
            warnings: 0,
            hints: 0,
        }
    }

    /// Counts a finding; whether it is to be sent.
    pub(crate) fn count(&mut self, code: Code) -> bool {
        match code.severity() {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Hint => self.hints += 1,
        }
        self.seen[code.index()] += 1;
        self.seen[code.index()] <= self.most
    }

    /// Sends a finding that was counted.
    pub(crate) fn send(&mut self, mut finding: Finding) {
        finding.syntax = self.syntax;
        self.sink.finding(finding);
    }

    /// Says at the end of the input how many findings were not sent.
    pub(crate) fn finish(&mut self, end: u64, at: LineColumn) {
        for code in Code::all() {
            let seen = self.seen[code.index()];
            if seen > self.most {
                let mut finding = Finding::new(Code::FINDINGS_CUT, Span::at(end))
                    .with("count", seen - self.most)
                    .with("code", code);
                finding.at = at;
                self.send(finding);
            }
        }
    }
}
