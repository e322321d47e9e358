//! Findings of a document, located in the input.

use super::input::Input;
use crate::finding::tally::Tally;
use crate::finding::{Code, Excerpt, Finding, Place, Value};
use crate::span::{LineColumn, Span};

/// Where findings about the text at hand are made.
pub struct Scene<'a, 's> {
    pub(crate) input: &'a Input<'a>,
    pub(crate) tally: &'a mut Tally<'s>,
    pub(crate) excerpts: bool,
    pub(crate) message_type: &'a Option<Box<str>>,
    /// The names of open elements, one after the other, and where each begins.
    pub(crate) open: (&'a str, &'a [u32]),
}

/// Characters of an excerpt before and after, and inside.
const AROUND: usize = 80;
const INSIDE: usize = 160;

/// A place in the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Remembered {
    pub(crate) span: Span,
    pub(crate) at: LineColumn,
}

impl Scene<'_, '_> {
    /// Makes a finding about `len` bytes of text at offset `at`; `fill` says more of it, and is
    /// not called where it would not be shown.
    #[cold]
    pub(crate) fn report(
        &mut self,
        code: Code,
        at: u64,
        len: u64,
        fill: impl FnOnce(Finding) -> Finding,
    ) {
        if !self.tally.count(code) {
            return;
        }
        let start = self.input.original(at);
        let end = self.input.original(at + len).max(start);
        let mut finding = fill(Finding::new(code, Span::new(start, end - start)));
        finding.at = self.input.locate(at);
        if finding.place.path.is_none() {
            finding.place.path = self.path().map(Into::into);
        }
        if finding.place.message_type.is_none() {
            finding.place.message_type.clone_from(self.message_type);
        }
        if self.excerpts {
            finding.excerpt = excerpt(self.input, at, len).map(Box::new);
        }
        self.tally.send(finding);
    }

    /// The names of the open elements; `None` outside the root.
    fn path(&self) -> Option<String> {
        let (names, begins) = self.open;
        let ends = begins.iter().skip(1).copied();
        let ends = ends.chain([names.len() as u32]);
        let each = begins.iter().zip(ends);
        let each: Vec<&str> = each
            .map(|(from, to)| &names[*from as usize..to as usize])
            .collect();
        (!each.is_empty()).then(|| each.join("/"))
    }

    /// Makes a finding about a start tag.
    pub(crate) fn about_start(&mut self, code: Code, start: &super::Start<'_>) {
        self.report(code, start.at, start.tag.len() as u64 + 2, |mut finding| {
            finding.place.segment = Some(start.local().into());
            finding.place.path = Some(start.local().into());
            finding.with_content("element", start.local())
        });
    }

    /// A place of the text, to make a finding about it when the text has gone by.
    pub(crate) fn remember(&self, at: u64, len: u64) -> Remembered {
        let start = self.input.original(at);
        let end = self.input.original(at + len).max(start);
        Remembered {
            span: Span::new(start, end - start),
            at: self.input.locate(at),
        }
    }

    /// Makes a finding about a place remembered.
    pub(crate) fn report_at(
        &mut self,
        code: Code,
        place: Remembered,
        fill: impl FnOnce(Finding) -> Finding,
    ) {
        if !self.tally.count(code) {
            return;
        }
        let mut finding = fill(Finding::new(code, place.span));
        finding.at = place.at;
        finding.place = Place {
            message_type: self.message_type.clone(),
            ..finding.place
        };
        self.tally.send(finding);
    }

    /// The text around a place remembered, where findings carry it and it is still at hand; offsets of
    /// a text that was transcoded do not lead back.
    pub(crate) fn excerpt_of(&self, span: Span) -> Option<Excerpt> {
        let end = self.input.base() + self.input.text().len() as u64;
        let there = self.excerpts && span.start >= self.input.base() && span.end() <= end;
        if !there || self.input.original(span.start) != span.start {
            return None;
        }
        excerpt(self.input, span.start, span.len)
    }

    /// Makes a finding of which the text is the value.
    pub(crate) fn about(&mut self, code: Code, at: u64, value: &str) {
        self.report(code, at, value.len() as u64, |finding| {
            valued(finding, value)
        });
    }
}

/// Characters of a value that a finding keeps.
const MOST_VALUE: usize = 4096;

/// The finding with a value, cut where it is very long.
pub(crate) fn valued(mut finding: Finding, value: &str) -> Finding {
    let end = value.floor_char_boundary(value.len().min(MOST_VALUE));
    finding.value = Some(Value::Text(value[..end].into()));
    finding
}

/// The text of the line around a place.
fn excerpt(input: &Input<'_>, at: u64, len: u64) -> Option<Excerpt> {
    let text = input.text();
    let from = usize::try_from(at.checked_sub(input.base())?).ok()?;
    let from = text.floor_char_boundary(from.min(text.len()));
    let near = text[..from]
        .rfind(['\n', '\r'])
        .map_or(0, |found| found + 1);
    let all_before = &text[near..from];
    let skip = all_before
        .char_indices()
        .rev()
        .nth(AROUND - 1)
        .map_or(0, |(at, _)| at);
    let to = text.ceil_char_boundary((from as u64 + len).min(text.len() as u64) as usize);
    let inside = &text[from..to];
    let line = inside.find(['\n', '\r']).unwrap_or(inside.len());
    let most = inside
        .char_indices()
        .nth(INSIDE)
        .map_or(inside.len(), |(at, _)| at);
    let stop = line.min(most);
    let cut_inside = stop < inside.len();
    let (after, cut_after) = if cut_inside {
        ("", false)
    } else {
        let rest = &text[to..];
        let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let most = rest
            .char_indices()
            .nth(AROUND)
            .map_or(rest.len(), |(at, _)| at);
        (&rest[..line.min(most)], most < line)
    };
    Some(Excerpt {
        before: all_before[skip..].into(),
        inside: inside[..stop].into(),
        after: after.into(),
        cut_before: skip > 0,
        cut_inside,
        cut_after,
    })
}
