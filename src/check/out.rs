//! Where findings are finished and sent: place, line and column, excerpt, and how many of a code.

use std::collections::VecDeque;
use std::sync::Arc;

use super::glance::Memory;
use crate::charset::Charset;
use crate::edifact::{LineCounter, Reader, Segment};
use crate::finding::tally::RuleTally;
use crate::finding::{Arg, Code, Excerpt, Finding, Place, Service, Severity, Sink, Syntax, Value};
use crate::span::{LineColumn, Span};

/// Totals of a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Interchanges, begun by UNB or UIB.
    pub interchanges: u64,
    /// Messages, begun by UNH or UIH; or documents.
    pub messages: u64,
    /// Segments, service segments included; or elements of XML.
    pub segments: u64,
    /// Bytes of input.
    pub bytes: u64,
    /// Findings of each severity, those that were not shown included.
    pub errors: u64,
    /// See [`errors`](Self::errors).
    pub warnings: u64,
    /// See [`errors`](Self::errors).
    pub hints: u64,
    /// Evaluations of rules that could not be made: a register or a fact of the transmission was not
    /// given, or a value was missing or not readable.
    pub not_evaluated: u64,
}

impl Totals {
    /// Adds the totals of another input.
    pub fn add(&mut self, other: &Self) {
        self.interchanges += other.interchanges;
        self.messages += other.messages;
        self.segments += other.segments;
        self.bytes += other.bytes;
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.hints += other.hints;
        self.not_evaluated += other.not_evaluated;
    }
}

/// Where the bytes around a finding are.
pub(super) enum Context<'a, 'd> {
    /// In the reader's window.
    Reader(&'a Reader<'d>),
    /// In the reader's window, before which the counter stands; behind its last item.
    Ahead(&'a Reader<'d>, &'a LineCounter),
    /// In a segment that was kept; the counter stands at its tag.
    Kept(&'a LineCounter, Segment<'a>),
    /// Bytes that were kept, as of a record; the counter stands at the first.
    Bytes(&'a LineCounter, &'a [u8]),
    /// Gone: only where the segment around it began, and the offset, are known.
    Counted(&'a LineCounter, u64),
}

impl Context<'_, '_> {
    pub(super) fn locate(&self, offset: u64) -> LineColumn {
        match self {
            Self::Reader(reader) => reader.locate(offset),
            Self::Ahead(reader, counter) => reader.count_on(&mut { **counter }, offset).at(),
            // A line break inside a control total is not worth keeping the segment for.
            Self::Counted(counter, _) => {
                let at = counter.at();
                LineColumn {
                    column: at.column + offset.saturating_sub(counter.offset),
                    ..at
                }
            }
            Self::Kept(counter, segment) => locate_in(counter, segment.bytes(), offset),
            Self::Bytes(counter, bytes) => locate_in(counter, bytes, offset),
        }
    }

    pub(super) fn counter_at(&self, offset: u64) -> LineCounter {
        match self {
            Self::Reader(reader) => reader.counter_at(offset),
            Self::Ahead(reader, counter) => *reader.count_on(&mut { **counter }, offset),
            Self::Kept(counter, _) | Self::Bytes(counter, _) | Self::Counted(counter, _) => {
                **counter
            }
        }
    }

    fn bytes(&self) -> (u64, &[u8]) {
        match self {
            Self::Reader(reader) | Self::Ahead(reader, _) => reader.window(),
            Self::Kept(counter, segment) => (counter.offset, segment.bytes()),
            Self::Bytes(counter, bytes) => (counter.offset, bytes),
            Self::Counted(_, offset) => (*offset, &[]),
        }
    }
}

/// Line and column of an offset in `bytes`, at whose first the counter stands.
fn locate_in(counter: &LineCounter, bytes: &[u8], offset: u64) -> LineColumn {
    let mut counter = *counter;
    let len = (offset - counter.offset.min(offset)) as usize;
    counter.advance(&bytes[..len.min(bytes.len())]);
    counter.at()
}

/// What waits to be sent on, in order.
pub(super) enum Entry {
    Finding(Box<Finding>),
    /// What another thread finds in this stretch of messages.
    Stretch(usize),
    /// An interchange begins.
    Begin,
    /// A group begins.
    BeginGroup,
}

/// The reference of the message at hand, as it was read: findings ask for its text.
#[derive(Debug, Default)]
pub(super) struct MessageRef(Option<Charset>, Vec<u8>);

impl MessageRef {
    /// It is these bytes, in that character set.
    pub(super) fn set(&mut self, charset: Charset, bytes: &[u8]) {
        self.0 = Some(charset);
        self.1.clear();
        self.1.extend_from_slice(bytes);
    }

    /// There is none.
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    fn text(&self) -> Option<Box<str>> {
        let charset = self.0?;
        Some(charset.decode_lossy(&self.1).into())
    }
}

/// Finishes findings and sends them on.
pub(super) struct Out<'s> {
    sink: &'s mut dyn Sink,
    /// Findings that were sent.
    pub sent: usize,
    /// Where findings wait for those of other threads.
    waiting: Option<VecDeque<Entry>>,
    pub totals: Totals,
    /// Findings of each code.
    seen: Vec<u64>,
    most: u64,
    /// Findings of each rule.
    rules: RuleTally,
    excerpts: bool,
    pub charset: Charset,
    pub syntax: Syntax,
    pub interchange: Option<u64>,
    pub message_ref: MessageRef,
    pub message_type: Option<Arc<str>>,
    /// Code lists that were said not to be held.
    lists: std::collections::HashSet<String>,
    broken: bool,
    /// Of what several threads say: what was said once for an interchange, and the code lists that
    /// were said not to be held.
    said: Vec<Code>,
    said_lists: std::collections::HashSet<String>,
    /// Codes that were found good.
    pub memory: Memory,
    /// Where the last finding stood, and the character set then in force.
    near: Option<(Charset, LineCounter)>,
}

impl<'s> Out<'s> {
    pub(super) fn new(sink: &'s mut dyn Sink, most: u64, excerpts: bool, charset: Charset) -> Self {
        Self {
            sink,
            sent: 0,
            waiting: None,
            totals: Totals::default(),
            seen: vec![0; Code::all().len()],
            most,
            rules: RuleTally::default(),
            excerpts,
            charset,
            syntax: Syntax::Edifact,
            interchange: None,
            message_ref: MessageRef::default(),
            message_type: None,
            lists: std::collections::HashSet::new(),
            broken: false,
            said: Vec::new(),
            said_lists: std::collections::HashSet::new(),
            memory: Memory::default(),
            near: None,
        }
    }

    /// Whether a line break inside a segment of the interchange was seen.
    pub(super) fn has_break(&self) -> bool {
        self.broken
    }

    /// Whether this is the first line break inside a segment of the interchange.
    pub(super) fn first_break(&mut self) -> bool {
        !std::mem::replace(&mut self.broken, true)
    }

    /// Another interchange begins.
    pub(super) fn begin_interchange(&mut self) {
        self.broken = false;
    }

    /// Whether this code list is named for the first time. Of very many only some are kept.
    pub(super) fn first_of_list(
        &mut self,
        args: &[(&'static str, std::borrow::Cow<'_, str>)],
    ) -> bool {
        const MOST: usize = 10_000;
        let key: String = args
            .iter()
            .map(|(name, text)| format!("{name}{text}\0"))
            .collect();
        self.lists.len() < MOST && self.lists.insert(key)
    }

    /// Whether a finding of `code` would still be shown. It is counted in any case.
    pub(super) fn wants(&self, code: Code) -> bool {
        self.seen[code.index()] < self.most
    }

    /// Counts a finding of `code` if no more of it are shown: then it need not be made.
    #[inline]
    pub(super) fn counts(&mut self, code: Code, severity: Severity) -> bool {
        let enough = !self.wants(code);
        if enough {
            self.count(code, severity);
        }
        enough
    }

    /// Counts a finding that is not shown.
    #[cold]
    pub(super) fn count(&mut self, code: Code, severity: Severity) {
        self.seen[code.index()] += 1;
        self.add(severity, 1);
    }

    fn add(&mut self, severity: Severity, count: u64) {
        match severity {
            Severity::Error => self.totals.errors += count,
            Severity::Warning => self.totals.warnings += count,
            Severity::Hint => self.totals.hints += count,
        }
    }

    /// Counts a finding of a rule, where findings are sent on at once; whether it is shown.
    pub(super) fn count_rule(&mut self, rule: &str, severity: Severity) -> bool {
        if self.waiting.is_some() {
            return true;
        }
        self.add(severity, 1);
        self.rules.count(rule, severity, self.most)
    }

    /// Sends a finding of a rule that was counted, placed but for the message around it.
    pub(super) fn send_of_rule(&mut self, mut finding: Finding, context: &Context<'_, '_>) {
        finding.place = Place {
            interchange: finding.place.interchange.or(self.interchange),
            message_ref: finding
                .place
                .message_ref
                .or_else(|| self.message_ref.text()),
            message_type: self.message_type.as_deref().map(Box::from),
            ..finding.place
        };
        finding.syntax = self.syntax;
        if self.excerpts {
            let (base, bytes) = context.bytes();
            finding.excerpt = excerpt(self.charset, finding.span, base, bytes).map(Box::new);
        }
        match self.waiting.is_some() {
            true => self.queue(Entry::Finding(Box::new(finding))),
            false => self.hand_over(finding),
        }
    }

    /// Tells of a header or trailer.
    pub(super) fn service(&mut self, segment: &Segment<'_>, segments: u64) {
        let charset = self.charset;
        let value = |element: usize, component: usize| {
            let value = segment.get(element, component)?;
            Some(charset.decode_lossy(&value).into_owned())
        };
        self.sink.service(&Service {
            tag: segment.tag(),
            span: segment.span(),
            segments,
            value: &value,
        });
    }

    /// Tells of the trailer of a message, when all that was found in the message has been sent;
    /// the trailer itself may have gone by.
    pub(super) fn end_message(&mut self, interactive: bool, segments: u64) {
        let tag: &[u8] = if interactive { b"UIT" } else { b"UNT" };
        self.sink.service(&Service {
            tag,
            span: Span::default(),
            segments,
            value: &|_, _| None,
        });
    }

    /// Line and column of an offset. A segment may hold very many findings: one near to the last
    /// is counted from there.
    fn locate(&mut self, offset: u64, context: &Context<'_, '_>) -> LineColumn {
        const NEAR: u64 = 64 << 10;
        let (base, bytes) = context.bytes();
        let mut counter = match self.near {
            Some((charset, near))
                if charset == self.charset
                    && near.offset >= base
                    && near.offset <= offset
                    && offset - near.offset < NEAR
                    && !matches!(context, Context::Counted(..)) =>
            {
                near
            }
            _ => match context {
                Context::Reader(reader) => reader.counter_at(offset),
                Context::Ahead(..) | Context::Kept(..) | Context::Bytes(..) => {
                    context.counter_at(offset)
                }
                Context::Counted(..) => return context.locate(offset),
            },
        };
        let at = |offset: u64| (offset.saturating_sub(base) as usize).min(bytes.len());
        if counter.offset < offset {
            counter.advance(&bytes[at(counter.offset)..at(offset)]);
        }
        self.near = Some((self.charset, counter));
        counter.at()
    }

    /// Finishes a finding and sends it.
    #[cold]
    pub(super) fn send(&mut self, mut finding: Finding, context: &Context<'_, '_>) {
        if self.wants(finding.code) {
            finding.at = self.locate(finding.span.start, context);
            finding.place = Place {
                interchange: self.interchange,
                message_ref: self.message_ref.text(),
                message_type: self.message_type.as_deref().map(Box::from),
                ..finding.place
            };
            if self.excerpts {
                let (base, bytes) = context.bytes();
                finding.excerpt = excerpt(self.charset, finding.span, base, bytes).map(Box::new);
            }
            self.forward(finding);
        } else {
            self.count(finding.code, finding.severity);
        }
    }

    /// Sends a finding whose line and column are known.
    #[cold]
    pub(super) fn send_located(&mut self, mut finding: Finding, context: &Context<'_, '_>) {
        if self.excerpts && self.wants(finding.code) {
            let (base, bytes) = context.bytes();
            finding.excerpt = excerpt(self.charset, finding.span, base, bytes).map(Box::new);
        }
        self.forward(finding);
    }

    /// Sends a finding that is finished, as another thread has made it.
    pub(super) fn forward(&mut self, mut finding: Finding) {
        finding.syntax = self.syntax;
        if self.waiting.is_some() {
            return self.queue(Entry::Finding(Box::new(finding)));
        }
        let shown = match &finding.rule {
            Some(rule) => {
                self.add(finding.severity, 1);
                self.rules.count(rule, finding.severity, self.most)
            }
            None => {
                let shown = self.wants(finding.code);
                self.count(finding.code, finding.severity);
                shown
            }
        };
        if shown {
            self.hand_over(finding);
        }
    }

    fn hand_over(&mut self, finding: Finding) {
        self.sent += 1;
        self.sink.finding(finding);
    }

    /// Has findings wait from here on for those of other threads.
    #[cfg_attr(not(feature = "parallel"), allow(dead_code))]
    pub(super) fn begin_queue(&mut self) {
        self.waiting = Some(VecDeque::new());
    }

    /// Ends the waiting: all was sent on.
    pub(super) fn end_queue(&mut self) {
        self.waiting = None;
    }

    /// Adds to what waits.
    pub(super) fn queue(&mut self, entry: Entry) {
        if let Some(waiting) = &mut self.waiting {
            waiting.push_back(entry);
        }
    }

    /// How much waits.
    #[cfg_attr(not(feature = "parallel"), allow(dead_code))]
    pub(super) fn waits(&self) -> usize {
        self.waiting.as_ref().map_or(0, VecDeque::len)
    }

    /// Takes what waits, to send it on; [`wait_again`](Self::wait_again) gives back the rest.
    pub(super) fn take_waiting(&mut self) -> VecDeque<Entry> {
        self.waiting.take().unwrap_or_default()
    }

    /// Has the rest wait.
    pub(super) fn wait_again(&mut self, waiting: VecDeque<Entry>) {
        self.waiting = Some(waiting);
    }

    /// An interchange begins in what several threads found.
    pub(super) fn join_interchange(&mut self) {
        self.said.clear();
    }

    /// Sends on a finding of one of several threads, unless it is said once only and was said.
    pub(super) fn join(&mut self, finding: Finding) {
        if self.is_first(&finding) {
            self.forward(finding);
        }
    }

    /// Adds what another thread counted and did not send.
    pub(super) fn join_counts(
        &mut self,
        unsent: Vec<(Code, u64)>,
        of_rules: Vec<(Box<str>, Severity, u64)>,
        totals: &Totals,
    ) {
        for (code, count) in unsent {
            self.add_unsent(code, count);
        }
        for (rule, severity, count) in of_rules {
            self.rules.add(&rule, severity, count);
            self.add(severity, count);
        }
        self.totals.not_evaluated += totals.not_evaluated;
        self.totals.messages += totals.messages;
        self.totals.segments += totals.segments;
    }

    /// Whether a finding is not one that is said once only and was said.
    fn is_first(&mut self, finding: &Finding) -> bool {
        if finding.code == Code::LINE_BREAK_IN_VALUE || finding.code == Code::LOOKS_LIKE {
            let first = !self.said.contains(&finding.code);
            self.said.extend(first.then_some(finding.code));
            return first;
        }
        if finding.code == Code::CODE_LIST_NOT_HELD {
            const MOST: usize = 10_000;
            let key: String = finding
                .args
                .iter()
                .map(|(name, Arg::Known(text) | Arg::Content(text))| format!("{name}{text}\0"))
                .collect();
            return self.said_lists.len() < MOST && self.said_lists.insert(key);
        }
        true
    }

    /// Counts findings that were not made, or not kept.
    pub(super) fn add_unsent(&mut self, code: Code, count: u64) {
        self.seen[code.index()] += count;
        self.add(code.severity(), count);
    }

    /// Findings of each rule that were counted and not sent.
    pub(super) fn unsent_of_rules(&self) -> Vec<(Box<str>, Severity, u64)> {
        self.rules.unsent(self.most)
    }

    /// Findings of each code that were counted and not sent.
    pub(super) fn unsent(&self) -> Vec<(Code, u64)> {
        let more = Code::all().filter(|code| self.seen[code.index()] > self.most);
        more.map(|code| (code, self.seen[code.index()] - self.most))
            .collect()
    }

    /// Says at the end how many findings were not shown.
    pub(super) fn finish(&mut self, end: u64, at: LineColumn) {
        for (code, count) in self.unsent() {
            let mut finding = Finding::new(Code::FINDINGS_CUT, Span::at(end))
                .with("count", count)
                .with("code", code);
            finding.at = at;
            self.sink.finding(finding);
        }
        for (rule, _, count) in self.unsent_of_rules() {
            let mut finding = Finding::new(Code::FINDINGS_CUT, Span::at(end))
                .with("count", count)
                .with("code", rule);
            finding.at = at;
            self.sink.finding(finding);
        }
    }

    /// A value as it is shown: release characters and line breaks removed, decoded.
    pub(super) fn value(&self, bytes: &[u8]) -> Value {
        match self.charset.decode(bytes) {
            Some(text) => Value::Text(text.into()),
            // Text that says it is something else is still text.
            None => match std::str::from_utf8(bytes) {
                Ok(text) => Value::Text(text.into()),
                Err(_) => Value::Bytes(bytes.into()),
            },
        }
    }
}

/// Characters shown before and after a span.
const AROUND: usize = 80;
/// Characters shown of a span.
const INSIDE: usize = 160;

/// The text of the line around a span, cut to what a person can look at.
fn excerpt(charset: Charset, span: Span, base: u64, bytes: &[u8]) -> Option<Excerpt> {
    let at = usize::try_from(span.start.checked_sub(base)?).ok()?;
    let end = at.checked_add(usize::try_from(span.len).ok()?)?;
    let (at, end) = (at.min(bytes.len()), end.min(bytes.len()));
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    // More bytes than characters are taken, and cut after decoding.
    let near = at.saturating_sub(AROUND * 4);
    let broken = bytes[near..at].iter().rposition(is_break);
    let goes_on = broken.is_none() && near > 0;
    let near = broken.map_or(near, |found| near + found + 1);
    let near = (near..at)
        .find(|at| bytes[*at] & 0xC0 != 0x80)
        .unwrap_or(at);
    let before = charset.decode_lossy(&bytes[near..at]);
    let skip = before.chars().count().saturating_sub(AROUND);
    let before: String = before.chars().skip(skip).collect();
    // A line may be as long as the input: it is looked at no further than is shown.
    let line_end = |from: usize| {
        let limit = bytes.len().min(from + INSIDE * 4 + 1);
        let found = bytes[from..limit].iter().position(is_break);
        found.map_or(limit, |found| from + found)
    };
    let stop = line_end(at).min(end);
    let inside = charset.decode_lossy(&bytes[at..stop.min(at + INSIDE * 4)]);
    let shown: String = inside.chars().take(INSIDE).collect();
    let cut_inside = stop < end || shown.len() < inside.len() || stop > at + INSIDE * 4;
    let (after, cut_after) = if cut_inside {
        (String::new(), false)
    } else {
        let stop = line_end(end);
        let text = charset.decode_lossy(&bytes[end..stop.min(end + AROUND * 4)]);
        let shown: String = text.chars().take(AROUND).collect();
        let cut = shown.len() < text.len() || stop > end + AROUND * 4;
        (shown, cut)
    };
    Some(Excerpt {
        cut_before: skip > 0 || goes_on,
        before: before.into(),
        inside: shown.into(),
        after: after.into(),
        cut_inside,
        cut_after,
    })
}
