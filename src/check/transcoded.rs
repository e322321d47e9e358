//! Inputs that are read as UTF-8 and were something else: findings are of the original's bytes.

use super::out::Totals;
use crate::Result;
use crate::charset::Coding;
use crate::edifact::transcode;
use crate::finding::{Finding, Service, Sink, Syntax};
use crate::span::Span;

/// Transcodes `input` and has it checked by `check`; what that finds is told of `input`'s own
/// bytes. `most` findings of bytes that are no character are sent.
pub(super) fn run(
    input: &[u8],
    coding: Coding,
    syntax: Syntax,
    most: u64,
    sink: &mut dyn Sink,
    check: impl FnOnce(&[u8], &mut dyn Sink) -> Result<Totals>,
) -> Result<Totals> {
    let transcoded = transcode::Transcoded::new(input, coding);
    let mut errors = 0;
    for mut finding in transcoded.findings(input, coding) {
        errors += 1;
        if errors <= most {
            finding.syntax = syntax;
            sink.finding(finding);
        }
    }
    let mut back = Back {
        transcoded: &transcoded,
        sink,
    };
    let mut totals = check(&transcoded.text, &mut back)?;
    totals.bytes = input.len() as u64;
    totals.errors += errors;
    Ok(totals)
}

/// Tells of the original's bytes.
struct Back<'s> {
    transcoded: &'s transcode::Transcoded,
    sink: &'s mut dyn Sink,
}

impl Back<'_> {
    fn original(&self, span: Span) -> Span {
        let start = self.transcoded.original(span.start);
        Span::new(start, self.transcoded.original(span.end()) - start)
    }
}

impl Sink for Back<'_> {
    fn finding(&mut self, mut finding: Finding) {
        finding.span = self.original(finding.span);
        for related in &mut finding.related {
            related.span = self.original(related.span);
        }
        self.sink.finding(finding);
    }

    fn service(&mut self, service: &Service<'_>) {
        self.sink.service(&Service {
            span: self.original(service.span),
            ..*service
        });
    }
}
