//! Inputs that are read as UTF-8 and were something else: findings are of the original's bytes.

use super::out::Totals;
use crate::Result;
use crate::charset::Coding;
use crate::edifact::transcode;
use crate::finding::{Code, Finding, Service, Sink, Syntax};
use crate::span::Span;

/// Transcodes `input` and has it checked by `check`; what that finds is told of `input`'s own
/// bytes. Of each code about bytes
/// that are no text `most` findings are sent, then how many more there are.
pub(super) fn run(
    input: &[u8],
    coding: Coding,
    syntax: Syntax,
    most: u64,
    sink: &mut dyn Sink,
    check: impl FnOnce(&[u8], &mut dyn Sink) -> Result<Totals>,
) -> Result<Totals> {
    let transcoded = transcode::Transcoded::new(input, coding);
    let (mut errors, mut last) = (0, None);
    let mut told = [(Code::UNDECODABLE, 0), (Code::UNKNOWN_ESCAPE, 0)];
    for mut finding in transcoded.findings(input, coding) {
        errors += 1;
        last = Some((finding.span, finding.at));
        for (code, count) in &mut told {
            *count += u64::from(*code == finding.code);
            if *code == finding.code && *count <= most {
                finding.syntax = syntax;
                sink.finding(finding);
                break;
            }
        }
    }
    let cut = told.into_iter().filter(|(_, count)| *count > most);
    for ((code, count), (span, at)) in cut.filter_map(|told| Some((told, last?))) {
        let mut cut = Finding::new(Code::FINDINGS_CUT, Span::at(span.end()))
            .with("count", count - most)
            .with("code", code);
        cut.at = at;
        cut.syntax = syntax;
        sink.finding(cut);
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
