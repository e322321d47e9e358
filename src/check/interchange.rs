//! The envelope: interchanges, functional groups, messages and packages; their references and
//! counts (ISO 9735 clauses 6 and 8; -1:2002 clause 7).

use std::borrow::Cow;
use std::hash::RandomState;
use std::sync::Arc;

use super::compiled::CompiledMessage;
use super::element::{self, Env, Hear, Trouble};
use super::glance;
use super::layout::Layout;
use super::learned::{Definition, Learned};
use super::message::{MessageCheck, Spare, Told, Where, report, tag_text};
use super::out::{Context, Entry, Out};
use super::references::{Met, References};
use super::split::{Header, Split, Stretch};
use super::value::DecimalMarks;
use super::{Checker, repertoire};
use crate::Result;
use crate::charset::Charset;
use crate::edifact::{Ends, Item, OwnedSegment, Peek, Reader, Segment};
use crate::expr::Spot;
use crate::finding::{Code, Finding, Related, Severity};
use crate::span::Span;
use crate::spec::declared::{Choice, Declared};
use crate::spec::{Home, Specs};
use crate::tree::gather::{Document, Known, Wants};

/// Headers that differ in every message would fill the memory.
const MOST_DEFINITIONS: usize = 1_000;

/// Service segments whose layouts are at hand: there are not many more.
const MOST_SERVICES: usize = 32;

/// What opens and closes a part of the envelope: where references and counts stand.
#[derive(Debug)]
struct Pair {
    header: &'static str,
    trailer: &'static str,
    /// Elements, counted from 0, of the reference in the header and in the trailer.
    reference: (usize, usize),
    /// Element of the count in the trailer.
    count: Option<usize>,
}

/// Of an interchange.
const INTERCHANGE: Pair = Pair {
    header: "UNB",
    trailer: "UNZ",
    reference: (4, 1),
    count: Some(0),
};

/// Of a functional group.
const GROUP: Pair = Pair {
    header: "UNG",
    trailer: "UNE",
    reference: (4, 1),
    count: Some(0),
};

/// Of a message.
const MESSAGE: Pair = Pair {
    header: "UNH",
    trailer: "UNT",
    reference: (0, 1),
    count: Some(0),
};

/// Of an interactive interchange.
const INTERACTIVE_INTERCHANGE: Pair = Pair {
    header: "UIB",
    trailer: "UIZ",
    reference: (1, 0),
    count: Some(1),
};

/// Of an interactive message.
const INTERACTIVE_MESSAGE: Pair = Pair {
    header: "UIH",
    trailer: "UIT",
    reference: (1, 0),
    count: Some(1),
};

/// Of an object.
const OBJECT: Pair = Pair {
    header: "UNO",
    trailer: "UNP",
    reference: (0, 1),
    count: None,
};

const fn packed(tag: &[u8; 3]) -> u64 {
    (tag[0] as u64) << 16 | (tag[1] as u64) << 8 | tag[2] as u64
}

const UNB: u64 = packed(b"UNB");
const UNZ: u64 = packed(b"UNZ");
const UNG: u64 = packed(b"UNG");
const UNE: u64 = packed(b"UNE");
const UNH: u64 = packed(b"UNH");
const UNT: u64 = packed(b"UNT");
const UNO: u64 = packed(b"UNO");
const UNP: u64 = packed(b"UNP");
const UIB: u64 = packed(b"UIB");
const UIZ: u64 = packed(b"UIZ");
const UIH: u64 = packed(b"UIH");
const UIT: u64 = packed(b"UIT");

/// The pair that a header or trailer, whose tag is packed, is one of.
fn pair(tag: u64) -> Option<&'static Pair> {
    Some(match tag {
        UNB | UNZ => &INTERCHANGE,
        UNG | UNE => &GROUP,
        UNH | UNT => &MESSAGE,
        UIB | UIZ => &INTERACTIVE_INTERCHANGE,
        UIH | UIT => &INTERACTIVE_MESSAGE,
        UNO | UNP => &OBJECT,
        _ => return None,
    })
}

/// A part of the envelope that is open.
#[derive(Debug)]
struct Open {
    pair: &'static Pair,
    reference: Vec<u8>,
    span: Span,
    /// Messages, packages and groups in it.
    messages: u64,
    groups: u64,
}

/// The check of one input.
pub(super) struct Run<'c, 's> {
    checker: &'c Checker,
    pub out: Out<'s>,
    interchange: Option<Open>,
    group: Option<Open>,
    package: Option<Open>,
    messages: References,
    groups: References,
    syntax: u8,
    marks: DecimalMarks,
    chars: Option<fn(&[u8]) -> usize>,
    /// A segment outside messages was reported, and no message has come since.
    outside: bool,
    headless: bool,
    guessed: bool,
    /// The envelope is another thread's, which looks for references that come again, if these are
    /// to be told.
    counted: bool,
    referenced: bool,
    /// The tag behind what this thread reads, if it may be part of a message.
    behind: Option<u64>,
    /// Headers with a reference, for that thread.
    pub headers: Vec<Header>,
    pub learned: Learned,
    /// Room that the last message took, and its reference.
    spare: Spare,
    reference: Vec<u8>,
    /// Where messages go to be checked by other threads.
    pub split: Option<Split<'c>>,
}

impl<'c, 's> Run<'c, 's> {
    pub(super) fn new(checker: &'c Checker, mut out: Out<'s>, mut learned: Learned) -> Self {
        out.memory = std::mem::take(&mut learned.memory);
        Self {
            checker,
            out,
            interchange: None,
            group: None,
            package: None,
            messages: References::default(),
            groups: References::default(),
            syntax: 3,
            marks: DecimalMarks {
                first: b'.',
                second: b'.',
            },
            chars: None,
            outside: false,
            headless: false,
            guessed: false,
            counted: false,
            referenced: false,
            behind: None,
            headers: Vec::new(),
            learned,
            spare: Spare::default(),
            reference: Vec::new(),
            split: None,
        }
    }

    /// Ends the check: what was learned in it.
    pub(super) fn into_learned(self) -> Learned {
        Learned {
            memory: self.out.memory,
            ..self.learned
        }
    }

    fn env(&self) -> Env<'c> {
        Env {
            specs: &self.checker.specs,
            compiled: &self.checker.compiled,
            marks: self.marks,
            chars: self.chars,
            dates: &self.checker.dates,
            guessed: self.guessed,
        }
    }

    /// Checks all that the reader gives.
    pub(super) fn all(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        self.use_charset(reader, self.out.charset);
        self.learn_for(reader, self.syntax);
        while reader.advance()? {
            let tag = reader.current_tag();
            // What stands behind messages is told behind what is found in them.
            if (tag.is_some_and(|tag| !matches!(tag, UNH | UIH)) || reader.has_findings())
                && let Some(split) = &mut self.split
            {
                split.submit(&mut self.out)?;
            }
            self.findings_of(reader);
            let Some(tag) = tag else {
                continue;
            };
            if matches!(tag, UNB | UIB) {
                self.begin(reader)?;
                continue;
            }
            let Some(Item::Segment(segment)) = reader.current() else {
                continue;
            };
            let context = Context::Reader(reader);
            match tag {
                UNH | UIH if self.split.is_some() => self.pass_messages(reader)?,
                UNH | UIH => self.message(reader)?,
                UNZ | UIZ => self.end_interchange(&segment, &context)?,
                UNG => self.begin_group(&segment, &context)?,
                UNE => self.end_group(&segment, &context)?,
                UNO => self.begin_package(&segment, &context)?,
                UNP => self.end_package(&segment, &context)?,
                UNT | UIT => {
                    self.service(&segment, &context)?;
                    self.without_header(&segment, &context);
                }
                _ if self.checker.forced.is_some() && !self.outside => self.message(reader)?,
                _ => self.outside_message(&segment, &context)?,
            }
        }
        if let Some(split) = &mut self.split {
            split.submit(&mut self.out)?;
        }
        self.last_findings_of(reader);
        let (base, window) = reader.window();
        let end = base + window.len() as u64;
        self.out.totals.bytes = end;
        let context = Context::Reader(reader);
        self.close_group(end, &context);
        self.close_interchange(end, &context);
        if let Some(mut split) = self.split.take() {
            split.finish(&mut self.out)?;
            self.out.end_queue();
        }
        if self.out.totals.segments == 0 && self.out.totals.errors == 0 {
            self.out.send(
                Finding::new(Code::EMPTY_INPUT, Span::at(end)),
                &Context::Reader(reader),
            );
        }
        if let Some(input) = &self.checker.watching {
            let context = Context::Reader(reader);
            input.finish(&mut Told {
                out: &mut self.out,
                context: &context,
            });
        }
        self.out.finish(end, reader.locate(end));
        Ok(())
    }

    fn findings_of(&mut self, reader: &mut Reader<'_>) {
        if reader.has_findings() {
            for mut finding in reader.take_findings() {
                finding.place.interchange = self.out.interchange;
                let code = finding.code;
                self.out.send_located(finding, &Context::Reader(reader));
                // Of what others check the reader finds more than is told.
                if self.split.is_none() && !self.out.wants(code) {
                    reader.only_count(code);
                }
            }
        }
    }

    /// All findings of reading, those too that were only counted.
    fn last_findings_of(&mut self, reader: &mut Reader<'_>) {
        self.findings_of(reader);
        for (code, count) in reader.take_counted() {
            self.out.add_unsent(code, count);
        }
    }

    fn use_charset(&mut self, reader: &mut Reader<'_>, charset: Charset) {
        if self.split.is_none() {
            reader.set_watch(charset.watch());
        }
        self.out.charset = charset;
        self.chars = charset.is_multi_byte().then(|| charset.counter());
        reader.set_counting(charset.counter());
        let length = charset.character_length(reader.separators().bytes());
        if length.is_some() {
            reader.set_character_length(length);
        }
    }

    /// What depends on the syntax version and the service characters.
    fn use_syntax(&mut self, reader: &Reader<'_>) {
        self.learn_for(reader, reader.syntax());
        let separators = reader.separators();
        self.syntax = reader.syntax();
        self.marks = if self.syntax >= 4 {
            DecimalMarks {
                first: b'.',
                second: b',',
            }
        } else {
            DecimalMarks {
                first: separators.decimal,
                second: separators.decimal,
            }
        };
    }

    /// Forgets what was learned of messages that mean something else.
    fn learn_for(&mut self, reader: &Reader<'_>, syntax: u8) {
        if std::mem::replace(&mut self.learned.syntax, syntax) != syntax {
            self.learned.definitions.clear();
        }
        let meaning = (*reader.separators(), reader.syntax(), self.out.charset);
        if self.learned.meaning.replace(meaning) != Some(meaning) {
            self.out.memory.repeated.forget();
        }
    }

    /// UNB or UIB.
    fn begin(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        let Some(Item::Segment(segment)) = reader.current() else {
            return Ok(());
        };
        let charset = match self.checker.options.charset {
            Some(charset) => charset,
            None => {
                let identifier = segment.get(0, 0).unwrap_or_default();
                Charset::of_syntax_identifier(&identifier).unwrap_or(self.checker.usual)
            }
        };
        let separators = *reader.separators();
        if charset.character_length(separators.bytes()).is_some() && self.out.charset != charset {
            // The segment just read is read again, by characters.
            self.out.charset = charset;
            reader.restart_item(charset.character_length(separators.bytes()));
            return Ok(());
        }
        if self.out.charset != charset && self.split.is_none() {
            reader.set_watch(charset.watch());
        }
        self.out.charset = charset;
        self.chars = charset.is_multi_byte().then(|| charset.counter());
        reader.set_counting(charset.counter());
        self.use_syntax(reader);
        let Some(Item::Segment(segment)) = reader.current() else {
            return Ok(());
        };
        let context = Context::Reader(reader);
        self.close_group(segment.offset(), &context);
        self.close_interchange(segment.offset(), &context);
        self.out.totals.interchanges += 1;
        self.out.interchange = Some(self.out.totals.interchanges);
        self.out.begin_interchange();
        self.guessed = false;
        self.outside = false;
        self.messages.forget();
        self.groups.forget();
        self.out.queue(Entry::Begin);
        self.out.service(&segment, 0);
        self.service(&segment, &context)?;
        self.interchange = Some(open(&segment));
        Ok(())
    }

    fn end_interchange(&mut self, segment: &Segment<'_>, context: &Context<'_, '_>) -> Result<()> {
        self.close_group(segment.offset(), context);
        self.service(segment, context)?;
        match self.interchange.take() {
            None => self.without_header(segment, context),
            Some(open) => {
                let counted = if open.groups > 0 {
                    open.groups
                } else {
                    open.messages
                };
                self.compare(segment, &open, counted, None, context);
                if counted == 0 {
                    self.nothing_inside(segment, &open, context);
                }
            }
        }
        self.out.service(segment, 0);
        self.out.interchange = None;
        Ok(())
    }

    fn close_interchange(&mut self, at: u64, context: &Context<'_, '_>) {
        if let Some(open) = self.interchange.take() {
            self.missing_trailer(&open, at, context);
        }
    }

    fn begin_group(&mut self, segment: &Segment<'_>, context: &Context<'_, '_>) -> Result<()> {
        self.close_group(segment.offset(), context);
        self.out.service(segment, 0);
        self.service(segment, context)?;
        let open = open(segment);
        let mixed = self.interchange.as_mut().is_some_and(|interchange| {
            interchange.groups += 1;
            interchange.messages > 0
        });
        if mixed && !self.counts(Code::MIXED_GROUPS) {
            self.out
                .send(finding_at(Code::MIXED_GROUPS, segment), context);
        }
        let span = token_span(segment, 4, 0);
        self.reference(&open.reference, span, segment, context, true);
        self.messages.forget();
        self.out.queue(Entry::BeginGroup);
        self.group = Some(open);
        Ok(())
    }

    fn end_group(&mut self, segment: &Segment<'_>, context: &Context<'_, '_>) -> Result<()> {
        self.service(segment, context)?;
        match self.group.take() {
            None => self.without_header(segment, context),
            Some(open) => {
                self.compare(segment, &open, open.messages, None, context);
                if open.messages == 0 {
                    self.nothing_inside(segment, &open, context);
                }
            }
        }
        self.out.service(segment, 0);
        Ok(())
    }

    fn close_group(&mut self, at: u64, context: &Context<'_, '_>) {
        if let Some(open) = self.group.take() {
            self.missing_trailer(&open, at, context);
        }
    }

    fn begin_package(&mut self, segment: &Segment<'_>, context: &Context<'_, '_>) -> Result<()> {
        if let Some(open) = self.package.take() {
            self.missing_trailer(&open, segment.offset(), context);
        }
        self.out.service(segment, 0);
        self.service(segment, context)?;
        self.count_message(segment, context);
        self.package = Some(open(segment));
        Ok(())
    }

    fn end_package(&mut self, segment: &Segment<'_>, context: &Context<'_, '_>) -> Result<()> {
        self.service(segment, context)?;
        match self.package.take() {
            None => self.without_header(segment, context),
            Some(open) => self.compare(segment, &open, 0, None, context),
        }
        self.out.service(segment, 0);
        Ok(())
    }

    /// Counts a message or package in the group or interchange that is open.
    fn count_message(&mut self, segment: &Segment<'_>, context: &Context<'_, '_>) {
        let mixed = match (&mut self.group, &mut self.interchange) {
            (Some(group), _) => {
                group.messages += 1;
                false
            }
            (None, Some(interchange)) => {
                interchange.messages += 1;
                interchange.groups > 0 && interchange.messages == 1
            }
            (None, None) => {
                if !std::mem::replace(&mut self.headless, true) {
                    let header = if segment.tag().starts_with(b"UI") {
                        "UIB"
                    } else {
                        "UNB"
                    };
                    let finding =
                        Finding::new(Code::NO_INTERCHANGE_HEADER, Span::at(segment.offset()));
                    self.out.send(finding.with("header", header), context);
                }
                false
            }
        };
        if mixed && !self.counts(Code::MIXED_GROUPS) {
            self.out
                .send(finding_at(Code::MIXED_GROUPS, segment), context);
        }
    }

    /// A segment that is in no message.
    fn outside_message(&mut self, segment: &Segment<'_>, context: &Context<'_, '_>) -> Result<()> {
        self.repertoire(segment, context, None);
        if segment.tag().starts_with(b"US") && segment.tag() != b"UNS" && self.interchange.is_some()
        {
            // Security segments of the interchange or group.
            return self.service(segment, context);
        }
        self.out.totals.segments += 1;
        if !std::mem::replace(&mut self.outside, true) {
            let tag = tag_text(segment);
            let span = Span::new(segment.offset(), segment.tag().len() as u64);
            let mut finding =
                Finding::new(Code::OUTSIDE_MESSAGE, span).with_content("segment", &tag);
            finding.place.segment = Some(tag.into());
            self.out.send(finding, context);
        }
        Ok(())
    }

    /// What the header of a message has to do with the envelope.
    fn message_header(&mut self, segment: &Segment<'_>, opened: &Open, context: &Context<'_, '_>) {
        let span = token_span(segment, usize::from(opened.pair.header == "UIH"), 0);
        if self.counted {
            if self.referenced && !opened.reference.is_empty() {
                self.headers.push(Header {
                    offset: segment.offset(),
                    before: self.out.sent,
                    hash: self.messages.hash(&opened.reference),
                    span,
                });
            }
            return;
        }
        self.count_message(segment, context);
        if !opened.reference.is_empty() {
            self.reference(&opened.reference, span, segment, context, false);
        }
    }

    /// Passes over messages that other threads check, of which the first is not counted yet.
    fn pass_messages(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        let Some(segment) = reader.current_segment() else {
            return Ok(());
        };
        let offset = segment.offset();
        let opened = open(&segment);
        self.outside = false;
        {
            let context = Context::Reader(reader);
            let reference = &opened.reference;
            if !reference.is_empty() {
                self.out.message_ref.set(self.out.charset, reference);
            }
            let declared = declared(&segment, opened.pair.header == "UIH", true);
            self.out.message_type =
                (!declared.message.is_empty()).then(|| declared.message.as_str().into());
            self.count_message(&segment, &context);
            self.out.message_ref.clear();
            self.out.message_type = None;
        }
        let referenced = self.interchange.is_some() || self.group.is_some();
        let Some(split) = &mut self.split else {
            return Ok(());
        };
        let mut stretch = match split.open {
            Some(stretch) => stretch,
            None => Stretch {
                start: offset,
                end: offset,
                at: reader.locate(offset),
                continuation: reader.continuation(),
                charset: self.out.charset,
                interchange: self.out.interchange,
                syntax: self.syntax,
                marks: self.marks,
                referenced,
                behind: None,
                end_is: Ends::Input,
            },
        };
        stretch.behind = None;
        // UNA in a message without a trailer is understood with what follows it.
        let mut after_una = false;
        loop {
            let passed = reader.pass_messages(stretch.start + split.stretch)?;
            if let Some(open) = self.group.as_mut().or(self.interchange.as_mut()) {
                open.messages += passed.begun;
            }
            stretch.end = passed.ended.unwrap_or(stretch.end);
            if !passed.inside {
                stretch.behind = behind(reader)?;
                break;
            }
            let more = reader.advance()?;
            // Whoever checks the message finds the same.
            let found = reader.take_findings();
            let tag = reader.current_tag();
            if more && tag.is_none() {
                after_una |= matches!(reader.current(), Some(Item::Una(_)));
                continue;
            }
            let tag = tag.unwrap_or(0);
            if more && matches!(tag, UNT | UIT) {
                stretch.end = reader
                    .current_segment()
                    .map_or(stretch.end, |segment| segment.span().end());
                stretch.end_is = Ends::Segment;
                reader.forget_unended();
                stretch.behind = behind(reader)?;
                break;
            }
            if !more || matches!(tag, UNB | UIB | UNZ | UIZ | UNG | UNE | UNH | UIH | UNO) {
                let headed = matches!(tag, UNH | UIH);
                let begins = matches!(tag, UNB | UIB | UNG);
                stretch.end = match reader.current_segment() {
                    Some(segment) if more && after_una && begins => segment.span().end(),
                    Some(segment) if more => segment.offset(),
                    _ => {
                        let (base, window) = reader.window();
                        base + window.len() as u64
                    }
                };
                if !more {
                    stretch.end_is = Ends::Input;
                    break;
                }
                let unended = |found: &Finding| {
                    found.code == Code::UNTERMINATED_SEGMENT && found.span.start < stretch.end
                };
                stretch.end_is = match found.iter().any(unended) {
                    true => Ends::Segment,
                    false => Ends::Skipped,
                };
                reader.unread();
                split.open = Some(stretch);
                let found = found.into_iter();
                for mut finding in found.filter(|found| found.span.start >= stretch.end) {
                    split.submit(&mut self.out)?;
                    finding.place.interchange = self.out.interchange;
                    self.out.send_located(finding, &Context::Reader(reader));
                }
                if !(after_una && headed) && stretch.end - stretch.start >= split.stretch {
                    split.submit(&mut self.out)?;
                }
                return Ok(());
            }
        }
        split.open = Some(stretch);
        if stretch.end - stretch.start >= split.stretch {
            split.submit(&mut self.out)?;
        }
        Ok(())
    }

    /// Checks a stretch of messages whose headers were looked at by another thread.
    pub(super) fn stretch(
        &mut self,
        reader: &mut Reader<'_>,
        stretch: &Stretch,
        hasher: RandomState,
    ) -> Result<()> {
        self.messages = References::hashed_by(hasher);
        self.begin_stretch(reader, stretch);
        while reader.advance()? {
            self.findings_of(reader);
            if matches!(reader.current_tag(), Some(UNH | UIH)) {
                self.message(reader)?;
            }
        }
        self.last_findings_of(reader);
        Ok(())
    }

    fn begin_stretch(&mut self, reader: &mut Reader<'_>, stretch: &Stretch) {
        self.counted = true;
        self.referenced = stretch.referenced;
        self.behind = stretch.behind;
        self.out.interchange = stretch.interchange;
        self.use_charset(reader, stretch.charset);
        self.learn_for(reader, stretch.syntax);
        (self.syntax, self.marks) = (stretch.syntax, stretch.marks);
    }

    /// Says what became of the reference of the message whose header the reader comes to first.
    pub(super) fn reference_again(
        &mut self,
        reader: &mut Reader<'_>,
        stretch: &Stretch,
        met: Met,
    ) -> Result<()> {
        self.begin_stretch(reader, stretch);
        reader.advance()?;
        let Some(segment) = reader.current_segment() else {
            return Ok(());
        };
        let opened = open(&segment);
        let interactive = opened.pair.header == "UIH";
        let reference = &opened.reference;
        self.out.message_ref.set(self.out.charset, reference);
        let declared = declared(&segment, interactive, true);
        self.out.message_type = (!declared.message.is_empty()).then(|| declared.message.into());
        let span = token_span(&segment, usize::from(interactive), 0);
        let context = Context::Reader(reader);
        self.say_reference(met, reference, span, &segment, &context, false);
        Ok(())
    }

    /// A message: from the header that the reader stands on to its trailer, or to what cannot be
    /// part of it.
    fn message(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        let Some(Item::Segment(segment)) = reader.current() else {
            return Ok(());
        };
        let headed = matches!(segment.packed_tag(), Some(UNH | UIH));
        self.outside = false;
        self.out.totals.messages += 1;
        let opened = open_in(&segment, std::mem::take(&mut self.reference));
        let interactive = opened.pair.header == "UIH";
        self.out.message_ref.clear();
        if headed && !opened.reference.is_empty() {
            let charset = self.out.charset;
            self.out.message_ref.set(charset, &opened.reference);
        }
        if headed {
            self.out.service(&segment, 0);
        }
        let context = Context::Reader(reader);
        let identifier = if headed && self.checker.forced.is_none() && !segment.has_specials() {
            segment.raw_element(usize::from(!interactive))
        } else {
            None
        };
        let known =
            identifier.and_then(|identifier| self.learned.definitions.get(identifier).cloned());
        let definition = match known {
            Some(definition) => {
                self.out.message_type = Some(definition.message.clone());
                self.message_header(&segment, &opened, &context);
                Some(definition)
            }
            None => {
                let declared = declared(&segment, interactive, headed);
                let message: Arc<str> = declared.message.as_str().into();
                self.out.message_type = (!message.is_empty()).then(|| message.clone());
                if headed {
                    self.message_header(&segment, &opened, &context);
                }
                let (compiled, usual) = self.definition(&declared, &segment, &context)?;
                let definition = compiled.map(|compiled| {
                    Arc::new(Definition {
                        message,
                        name: (&*compiled.name).into(),
                        compiled,
                    })
                });
                if let (true, Some(identifier), Some(definition)) = (usual, identifier, &definition)
                    && self.learned.definitions.len() < MOST_DEFINITIONS
                {
                    let held = definition.clone();
                    self.learned.definitions.insert(identifier.into(), held);
                }
                definition
            }
        };
        if let Some(definition) = &definition {
            self.out.message_type = Some(definition.name.clone());
            let (memory, compiled) = (&mut self.out.memory, &definition.compiled);
            memory.reach(
                compiled.coded_end,
                compiled.listed_end,
                compiled.layouts_end,
            );
        }
        let compiled = definition.as_ref().map(|definition| &definition.compiled);
        let mut check = compiled.map(|compiled| {
            let spare = std::mem::take(&mut self.spare);
            MessageCheck::new(compiled, self.checker.options.sequence, spare)
        });
        if let (Some(check), Some(compiled)) = (&mut check, compiled)
            && let Some(input) = &self.checker.watching
        {
            let at = Context::Reader(reader).locate(segment.offset());
            let spot = Spot {
                span: Span::new(segment.offset(), segment.tag().len() as u64),
                at,
            };
            if let Some(wants) = self.wants(compiled)? {
                let document = Document {
                    syntax: "edifact".into(),
                    origin: input.origin().clone(),
                    encoding: self.out.charset.name().into(),
                    message: (&*compiled.name).into(),
                    ..Document::default()
                };
                check.watch(wants, input, &document, spot);
            }
        }
        let mut number = 0;
        loop {
            number += 1;
            // Its checking may have to look past it.
            let stands = reader.current_segment().map(|segment| segment.offset());
            let trailer = self.in_message(reader, &mut check, number, headed.then_some(&opened))?;
            if trailer {
                if let Some(check) = check.take() {
                    // What waits has its own place; nothing is missing behind the trailer.
                    let env = self.env();
                    let end = stands.unwrap_or(reader.window().0);
                    let context = Context::Reader(reader);
                    self.spare = check.finish(&env, &mut self.out, end, number, &context);
                }
                self.out.end_message(interactive, number);
                break;
            }
            while let Some(check) = &mut check {
                let env = self.env();
                let (taken, reached) = check.follow(&env, &mut self.out, reader, number);
                if let Some(reached) = reached {
                    reader.leave_lane(reached);
                    number += taken;
                    self.out.totals.segments += taken;
                }
                if !reader.lex_ahead()? {
                    break;
                }
            }
            let tag = loop {
                let more = reader.advance()?;
                if reader.has_findings() {
                    self.findings_of(reader);
                }
                let tag = reader.current_tag();
                if !more || tag.is_some() {
                    break tag;
                }
            };
            let more = tag.is_some();
            let tag = tag.unwrap_or(0);
            if more && !matches!(tag, UNB | UIB | UNZ | UIZ | UNG | UNE | UNH | UIH | UNO) {
                continue;
            }
            let at = match reader.current() {
                Some(Item::Segment(segment)) => segment.offset(),
                _ => {
                    let (base, window) = reader.window();
                    base + window.len() as u64
                }
            };
            let env = self.env();
            let context = Context::Reader(reader);
            if let Some(check) = check.take() {
                self.spare = check.finish(&env, &mut self.out, at, number, &context);
            }
            if headed {
                self.missing_trailer(&opened, at, &context);
            }
            if more {
                reader.unread();
            }
            break;
        }
        self.reference = opened.reference;
        self.out.message_ref.clear();
        self.out.message_type = None;
        Ok(())
    }

    /// What a watcher wants of a message.
    fn wants(&mut self, compiled: &Arc<CompiledMessage>) -> Result<Option<Arc<dyn Wants>>> {
        let Some(watch) = &self.checker.watch else {
            return Ok(None);
        };
        if let Some((held, wants)) = &self.learned.wanted
            && Arc::ptr_eq(held, compiled)
        {
            return Ok(wants.clone());
        }
        let (message, home, syntax) = &compiled.of;
        let wants = watch.wants(Known::Edifact(message, *home, *syntax))?;
        self.learned.wanted = Some((compiled.clone(), wants.clone()));
        Ok(wants)
    }

    /// Checks the segment that the reader stands on as part of a message; whether it is the
    /// trailer.
    #[inline]
    fn in_message(
        &mut self,
        reader: &mut Reader<'_>,
        check: &mut Option<MessageCheck<'_>>,
        number: u64,
        opened: Option<&Open>,
    ) -> Result<bool> {
        if reader.may_be_broken() {
            self.end_at_break(reader, check)?;
        }
        let next = match reader.peek() {
            Peek::Tag(tag) => part_of_message(tag),
            Peek::Nothing => None,
            Peek::OutOfSight => {
                let Some(Item::Segment(segment)) = reader.current() else {
                    return Ok(false);
                };
                let lines = reader.counter_at(segment.offset());
                let kept = OwnedSegment::from(segment);
                reader.look_ahead()?;
                let next = match reader.peek() {
                    Peek::Tag(tag) => part_of_message(tag),
                    Peek::OutOfSight => self.behind,
                    Peek::Nothing => None,
                };
                let segment = kept.view();
                return self.segment_in_message(
                    &segment,
                    false,
                    check,
                    number,
                    next,
                    opened,
                    &Context::Kept(&lines, segment),
                );
            }
        };
        let Some(segment) = reader.current_segment() else {
            return Ok(false);
        };
        let clean = reader.is_clean();
        let context = Context::Reader(reader);
        self.segment_in_message(&segment, clean, check, number, next, opened, &context)
    }

    /// Ends the segment that the reader stands on at a line break where its terminator is missing.
    /// Only where each segment has a line of its own.
    #[cold]
    #[inline(never)]
    fn end_at_break(
        &mut self,
        reader: &mut Reader<'_>,
        check: &Option<MessageCheck<'_>>,
    ) -> Result<()> {
        let (Some(segment), Some(check)) = (reader.current_segment(), check) else {
            return Ok(());
        };
        let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let begins_line = segment.blank().iter().any(is_break);
        if begins_line
            && !matches!(segment.packed_tag(), Some(UNH | UIH | UNT | UIT))
            && let Some(at) = check.lost_terminator(&self.env(), &segment)
            && reader.ends_line()?
        {
            reader.end_last(at);
        }
        Ok(())
    }

    #[inline]
    #[allow(clippy::too_many_arguments)]
    fn segment_in_message(
        &mut self,
        segment: &Segment<'_>,
        clean: bool,
        check: &mut Option<MessageCheck<'_>>,
        number: u64,
        next: Option<u64>,
        opened: Option<&Open>,
        context: &Context<'_, '_>,
    ) -> Result<bool> {
        if !clean {
            self.repertoire(segment, context, Some(number));
        }
        let tag = segment.packed_tag();
        let trailer = matches!(tag, Some(UNT | UIT));
        match check {
            Some(check) => {
                self.out.totals.segments += 1;
                let env = self.env();
                check.segment(&env, &mut self.out, segment, tag, number, next, context);
            }
            None if trailer || matches!(tag, Some(UNH | UIH)) => self.service(segment, context)?,
            None => self.out.totals.segments += 1,
        }
        if trailer {
            match opened {
                Some(opened) => self.compare(segment, opened, number, Some(number), context),
                None => self.without_header(segment, context),
            }
        }
        Ok(trailer)
    }

    /// The definition of a message, and whether nothing is to be said of it.
    fn definition(
        &mut self,
        declared: &Declared,
        segment: &Segment<'_>,
        context: &Context<'_, '_>,
    ) -> Result<(Option<Arc<CompiledMessage>>, bool)> {
        let specs = &self.checker.specs;
        if let Some((message, home)) = &self.checker.forced {
            let compiled = &self.checker.compiled;
            let compiled = compiled.message(specs, message, *home, self.syntax)?;
            return Ok((compiled, true));
        }
        let interactive = segment.tag() == b"UIH";
        let at = usize::from(!interactive);
        let choice = self.checker.compiled.choice(specs, declared);
        let (code, component, home) = match *choice {
            Choice::Home(home, false) => (None, 3, Some(home)),
            Choice::Home(home, true) => (Some(Code::RELEASE_READ_AS), 3, Some(home)),
            Choice::UnknownMessage(_) => (Some(Code::UNKNOWN_MESSAGE), 1, None),
            Choice::UnknownRelease(_) => (Some(Code::UNKNOWN_RELEASE), 3, None),
        };
        if let Some(code) = code
            && !self.counts(code)
        {
            let span = token_span(segment, at, component - 1);
            let finding = Finding::new(code, span);
            let mut finding = match &*choice {
                Choice::Home(Home::Edifact(release), _) => {
                    finding.with("release", specs.releases().name(*release))
                }
                Choice::Home(Home::Service, _) => finding.with("release", ""),
                Choice::UnknownMessage(release) => finding.with("release", release),
                Choice::UnknownRelease(release) => finding.with_content("release", release),
            }
            .with_content("message", &declared.message);
            finding.value = Some(self.out.value(declared.written().as_bytes()));
            finding.place.segment_number = Some(1);
            finding.place.element = Some(at as u32 + 1);
            finding.place.component = Some(component as u32);
            finding.place.segment = Some(tag_text(segment).into());
            let identifier = if interactive { "S306" } else { "S009" };
            finding.place.path = Some(format!("S_{}/C_{identifier}", tag_text(segment)).into());
            self.out.send(finding, context);
        }
        let compiled = match home {
            Some(home) => {
                self.checker
                    .compiled
                    .message(specs, declared.message.trim(), home, self.syntax)?
            }
            None => None,
        };
        Ok((compiled, code.is_none()))
    }

    /// Checks the elements of a service segment outside the structure of a message.
    fn service(&mut self, segment: &Segment<'_>, context: &Context<'_, '_>) -> Result<()> {
        self.out.totals.segments += 1;
        self.repertoire(segment, context, None);
        let Some(layout) = self.service_layout(segment)? else {
            return Ok(());
        };
        let env = self.env();
        let out = &mut self.out;
        out.memory
            .reach(layout.coded_end(), layout.listed_end(), layout.hot.id + 1);
        if glance::is_good(&env, &mut out.memory, &layout, segment) {
            return Ok(());
        }
        let tag = segment.packed_tag();
        // The identity of a message that is not known was told as a whole, and versions that other
        // agencies give theirs are not in the lists.
        let identity = match tag {
            Some(UNH) => Some(1),
            Some(UIH) => Some(0),
            Some(UNG) if segment.get(5, 0).is_some_and(|agency| &*agency != b"UN") => Some(6),
            _ => None,
        };
        let mut heard = Heard {
            specs: env.specs,
            out,
            layout: &layout,
            segment,
            identity,
            begins: matches!(tag, Some(UNB | UIB)),
            context,
        };
        element::check(env, &layout, segment, &mut heard);
        Ok(())
    }

    /// The layout of a service segment in the syntax version that is in force.
    fn service_layout(&mut self, segment: &Segment<'_>) -> Result<Option<Arc<Layout>>> {
        let tag = segment.packed_tag();
        let known = self.learned.services.iter();
        let mut known = known.filter(|held| Some(held.0) == tag && held.1 == self.syntax);
        if let Some((_, _, layout)) = known.next() {
            return Ok(layout.clone());
        }
        let specs = &self.checker.specs;
        let name = tag_text(segment);
        let layout = self.checker.compiled.segment(specs, &name, self.syntax)?;
        if let Some(tag) = tag
            && self.learned.services.len() < MOST_SERVICES
        {
            let services = &mut self.learned.services;
            services.push((tag, self.syntax, layout.clone()));
        }
        Ok(layout)
    }

    /// Says which characters of a segment are outside the character set.
    #[inline]
    fn repertoire(
        &mut self,
        segment: &Segment<'_>,
        context: &Context<'_, '_>,
        number: Option<u64>,
    ) {
        let (charset, bytes) = (self.out.charset, segment.bytes());
        if !charset.holds(bytes) || !self.guessed && charset.may_hide(bytes) {
            repertoire::report(&mut self.out, segment, context, number, &mut self.guessed);
        }
    }

    /// Compares count and reference of a trailer with what they should be.
    fn compare(
        &mut self,
        segment: &Segment<'_>,
        open: &Open,
        counted: u64,
        number: Option<u64>,
        context: &Context<'_, '_>,
    ) {
        let pair = open.pair;
        let place = |finding: &mut Finding, element: usize, id: &str| {
            finding.place.element = Some(element as u32 + 1);
            finding.place.segment_number = number;
            finding.place.segment = Some(pair.trailer.into());
            finding.place.path = Some(
                format!(
                    "S_{}/{}",
                    pair.trailer,
                    if id.is_empty() {
                        (element + 1).to_string()
                    } else {
                        id.to_owned()
                    }
                )
                .into(),
            );
        };
        let ids = match pair.trailer {
            "UNZ" => ("D_0036", "D_0020"),
            "UNE" => ("D_0060", "D_0048"),
            "UNT" => ("D_0074", "D_0062"),
            "UIZ" => ("D_0036", "C_S302"),
            "UIT" => ("D_0074", "D_0340"),
            _ => ("D_0810", "D_0800"),
        };
        if let Some(element) = pair.count
            && let Some(token) = segment.token(element, 0)
            && !token.bytes.is_empty()
        {
            let value = token.value();
            let said = std::str::from_utf8(&value)
                .ok()
                .and_then(|digits| digits.trim().parse::<u64>().ok());
            if said != Some(counted)
                && value.iter().all(u8::is_ascii_digit)
                && !self.counts(Code::CONTROL_COUNT)
            {
                let mut finding = Finding::new(
                    Code::CONTROL_COUNT,
                    Span::new(token.offset, token.bytes.len() as u64),
                )
                .with("trailer", pair.trailer)
                .with("counted", counted);
                finding.value = Some(self.out.value(&value));
                place(&mut finding, element, ids.0);
                self.out.send(finding, context);
            }
        }
        let element = pair.reference.1;
        let Some(token) = segment.token(element, 0) else {
            return;
        };
        let value: Cow<'_, [u8]> = token.value();
        if value.is_empty() || *value == *open.reference || self.counts(Code::REFERENCE_MISMATCH) {
            return;
        }
        let mut finding = Finding::new(
            Code::REFERENCE_MISMATCH,
            Span::new(token.offset, token.bytes.len() as u64),
        )
        .with("trailer", pair.trailer)
        .with("header", pair.header);
        finding.value = Some(self.out.value(&value));
        finding.related.push(Related {
            file: None,
            span: open.span,
            path: None,
            code: Code::HEADER_HERE,
        });
        place(&mut finding, element, ids.1);
        self.out.send(finding, context);
    }

    /// Counts a finding of which no more are shown.
    fn counts(&mut self, code: Code) -> bool {
        self.out.counts(code, code.severity())
    }

    fn missing_trailer(&mut self, open: &Open, at: u64, context: &Context<'_, '_>) {
        if self.counts(Code::MISSING_TRAILER) {
            return;
        }
        let pair = open.pair;
        let mut finding = Finding::new(Code::MISSING_TRAILER, Span::at(at))
            .with("header", pair.header)
            .with("trailer", pair.trailer);
        finding.related.push(Related {
            file: None,
            span: open.span,
            path: None,
            code: Code::HEADER_HERE,
        });
        finding.place.segment = Some(pair.trailer.into());
        finding.place.path = Some(format!("S_{}", pair.trailer).into());
        self.out.send(finding, context);
    }

    fn without_header(&mut self, segment: &Segment<'_>, context: &Context<'_, '_>) {
        let Some(pair) = segment.packed_tag().and_then(pair) else {
            return;
        };
        if self.counts(Code::TRAILER_WITHOUT_HEADER) {
            return;
        }
        let finding = finding_at(Code::TRAILER_WITHOUT_HEADER, segment)
            .with("header", pair.header)
            .with("trailer", pair.trailer);
        self.out.send(finding, context);
    }

    fn nothing_inside(&mut self, segment: &Segment<'_>, open: &Open, context: &Context<'_, '_>) {
        if self.counts(Code::NOTHING_INSIDE) {
            return;
        }
        let pair = open.pair;
        let finding = finding_at(Code::NOTHING_INSIDE, segment)
            .with("header", pair.header)
            .with("trailer", pair.trailer);
        self.out.send(finding, context);
    }

    /// Notes a reference; says when it was used before.
    fn reference(
        &mut self,
        reference: &[u8],
        span: Span,
        segment: &Segment<'_>,
        context: &Context<'_, '_>,
        group: bool,
    ) {
        if self.interchange.is_none() && self.group.is_none() && !group {
            return;
        }
        let most = self.checker.options.references;
        let references = if group {
            &mut self.groups
        } else {
            &mut self.messages
        };
        let met = references.meet(references.hash(reference), span, most);
        self.say_reference(met, reference, span, segment, context, group);
    }

    /// Says what became of a reference.
    fn say_reference(
        &mut self,
        met: Met,
        reference: &[u8],
        span: Span,
        segment: &Segment<'_>,
        context: &Context<'_, '_>,
        group: bool,
    ) {
        let first = match met {
            Met::Silent => return,
            Met::Full => {
                let finding = Finding::new(Code::REFERENCES_UNCHECKED, span);
                return self.out.send(finding, context);
            }
            Met::Before(_) if self.counts(Code::DUPLICATE_REFERENCE) => return,
            Met::Before(first) => first,
        };
        let tag = tag_text(segment);
        let mut finding = Finding::new(Code::DUPLICATE_REFERENCE, span);
        finding.value = Some(self.out.value(reference));
        finding.related.push(Related {
            file: None,
            span: first,
            path: None,
            code: Code::FIRST_USED,
        });
        finding.place.segment_number = (!group).then_some(1);
        finding.place.element = Some(if group { 5 } else { 1 });
        finding.place.path =
            Some(format!("S_{tag}/D_{}", if group { "0048" } else { "0062" }).into());
        finding.place.segment = Some(tag.into());
        self.out.send(finding, context);
    }
}

/// Hears of the elements of a service segment.
struct Heard<'h, 'a, 'd, 's> {
    specs: &'h Specs,
    out: &'h mut Out<'s>,
    layout: &'h Layout,
    segment: &'h Segment<'h>,
    /// The element whose unknown codes are told elsewhere.
    identity: Option<usize>,
    /// Whether the segment begins an interchange.
    begins: bool,
    context: &'h Context<'a, 'd>,
}

impl<'t> Hear<'t> for Heard<'_, '_, '_, '_> {
    fn has_enough(&mut self, code: Code, element: usize) -> bool {
        if code == Code::UNKNOWN_CODE && Some(element) == self.identity {
            return true;
        }
        // What a syntax identifier is, is judged by what it holds; of a list that is not held the
        // first only is looked at.
        let judged = self.begins && element == 0 && code == Code::UNKNOWN_CODE;
        !judged && code != Code::CODE_LIST_NOT_HELD && self.out.counts(code, code.severity())
    }

    fn hear(&mut self, mut trouble: Trouble<'t>) {
        if self.begins && trouble.element == 0 {
            judge_syntax(&mut trouble);
        }
        let tag = tag_text(self.segment);
        let place = Where {
            path: format!("S_{tag}"),
            tag,
            number: None,
        };
        report(
            self.specs,
            self.out,
            self.layout,
            trouble,
            place,
            self.context,
        );
    }
}

/// The tag, if it is not one that ends a message whose trailer is missing.
#[inline]
pub(super) fn part_of_message(tag: u64) -> Option<u64> {
    let service = tag >> 16 == u64::from(b'U')
        && matches!(tag, UNB | UIB | UNZ | UIZ | UNG | UNE | UNH | UIH | UNO);
    (!service).then_some(tag)
}

/// The tag of what comes behind the message that the reader has passed, if it may be part of one.
/// The last item is no longer there.
fn behind(reader: &mut Reader<'_>) -> Result<Option<u64>> {
    reader.look_ahead()?;
    Ok(match reader.peek() {
        Peek::Tag(tag) => part_of_message(tag),
        _ => None,
    })
}

/// The header as it opens a part of the envelope.
fn open(segment: &Segment<'_>) -> Open {
    open_in(segment, Vec::new())
}

/// The same, with room for the reference.
fn open_in(segment: &Segment<'_>, mut reference: Vec<u8>) -> Open {
    let is_header = |tag: &u64| matches!(*tag, UNB | UNG | UNH | UIB | UIH | UNO);
    let pair = segment.packed_tag().filter(is_header).and_then(pair);
    reference.clear();
    if let Some(pair) = pair
        && let Some(found) = segment.get(pair.reference.0, 0)
    {
        reference.extend_from_slice(&found);
    }
    Open {
        pair: pair.unwrap_or(&MESSAGE),
        reference,
        span: segment.span(),
        messages: 0,
        groups: 0,
    }
}

/// What the header of a message says of its definition.
fn declared(segment: &Segment<'_>, interactive: bool, headed: bool) -> Declared {
    if !headed {
        return Declared::default();
    }
    let mut parts: [String; 5] = Default::default();
    for (part, component) in parts.iter_mut().zip(0..) {
        let Some(token) = segment.token(usize::from(!interactive), component) else {
            break;
        };
        *part = String::from_utf8_lossy(&token.value()).into_owned();
    }
    let [message, version, release, third, fourth] = parts;
    Declared {
        message,
        version,
        release,
        agency: if interactive { fourth } else { third },
    }
}

fn token_span(segment: &Segment<'_>, element: usize, component: usize) -> Span {
    match segment.token(element, component) {
        Some(token) => Span::new(token.offset, token.bytes.len() as u64),
        None => Span::at(segment.end()),
    }
}

/// A finding at the tag of a segment.
fn finding_at(code: Code, segment: &Segment<'_>) -> Finding {
    let mut finding = Finding::new(
        code,
        Span::new(segment.offset(), segment.tag().len() as u64),
    );
    let tag = tag_text(segment);
    finding.place.path = Some(format!("S_{tag}").into());
    finding.place.segment = Some(tag.into());
    finding
}

/// Of a code of the syntax identifier (S001) that is not known, says which it is. One that is well formed
/// and of another agency than UN/ECE is not wrong.
fn judge_syntax(trouble: &mut Trouble<'_>) {
    trouble.code = match (trouble.code, trouble.component) {
        (Code::UNKNOWN_CODE, Some(0)) => Code::UNKNOWN_SYNTAX_IDENTIFIER,
        (Code::UNKNOWN_CODE, Some(1)) => Code::UNKNOWN_SYNTAX_VERSION,
        _ => return,
    };
    if trouble.code == Code::UNKNOWN_SYNTAX_IDENTIFIER && is_of_another_agency(&trouble.value) {
        trouble.severity = Severity::Warning;
    }
}

/// Whether a syntax identifier (0001) is well formed and names another agency than UN/ECE: three
/// letters for the agency, one for the level.
fn is_of_another_agency(identifier: &[u8]) -> bool {
    identifier.len() == 4
        && identifier.iter().all(u8::is_ascii_uppercase)
        && !identifier.starts_with(b"UNO")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::pack_tag;

    #[test]
    fn tags_are_packed_as_the_sequencer_packs_them() {
        assert_eq!(pack_tag(b"UNH"), Some(UNH));
    }
}
