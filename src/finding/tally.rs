//! Findings counted and sent on, of one code only so many.

use std::collections::HashMap;

use super::{Code, Finding, Severity, Sink, Syntax};
use crate::span::{LineColumn, Span};

/// Findings of each rule, counted.
#[derive(Debug, Default)]
pub(crate) struct RuleTally {
    seen: HashMap<Box<str>, (u64, Severity)>,
    /// Evaluations that could not be made.
    pub(crate) not_evaluated: u64,
}

impl RuleTally {
    /// Counts a finding of a rule; whether it is one of the first `most`.
    pub(crate) fn count(&mut self, rule: &str, severity: Severity, most: u64) -> bool {
        let seen = match self.seen.get_mut(rule) {
            Some((seen, _)) => seen,
            None => {
                let entry = self.seen.entry(rule.into()).or_insert((0, severity));
                &mut entry.0
            }
        };
        *seen += 1;
        *seen <= most
    }

    /// Rules of which more were counted than `most`, and how many more, in the order of their ids.
    pub(crate) fn unsent(&self, most: u64) -> Vec<(Box<str>, Severity, u64)> {
        let more = self.seen.iter().filter(|(_, (seen, _))| *seen > most);
        let mut more: Vec<_> = more
            .map(|(rule, (seen, severity))| (rule.clone(), *severity, seen - most))
            .collect();
        more.sort();
        more
    }

    /// Adds findings that another thread has counted and not kept.
    pub(crate) fn add(&mut self, rule: &str, severity: Severity, count: u64) {
        self.seen.entry(rule.into()).or_insert((0, severity)).0 += count;
    }
}

/// Counts findings by code and severity, and sends the first ones of each code on.
pub(crate) struct Tally<'s> {
    sink: &'s mut dyn Sink,
    syntax: Syntax,
    seen: Vec<u64>,
    most: u64,
    /// Those of rules.
    pub(crate) rules: RuleTally,
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
            rules: RuleTally::default(),
            errors: 0,
            warnings: 0,
            hints: 0,
        }
    }

    /// Counts a finding; whether it is to be sent.
    pub(crate) fn count(&mut self, code: Code) -> bool {
        self.add(code.severity());
        self.seen[code.index()] += 1;
        self.seen[code.index()] <= self.most
    }

    fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Hint => self.hints += 1,
        }
    }

    /// Counts a finding of a rule; whether it is to be sent.
    pub(crate) fn count_rule(&mut self, rule: &str, severity: Severity) -> bool {
        self.add(severity);
        self.rules.count(rule, severity, self.most)
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
        for (rule, _, count) in self.rules.unsent(self.most) {
            let mut finding = Finding::new(Code::FINDINGS_CUT, Span::at(end))
                .with("count", count)
                .with("code", rule);
            finding.at = at;
            self.send(finding);
        }
    }
}
