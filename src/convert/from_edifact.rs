//! From UN/EDIFACT to events: messages by ISO/TS 20625, and all that it has no name for.

use std::collections::VecDeque;
use std::sync::Arc;

use super::event::{Sink, fault, fault_about, is_text, to_hex};
use super::names::{Definition, Definitions, Layout, NAMESPACE, Name, Part};
use super::service::{self, Una};
use super::{Options, Totals};
use crate::Result;
use crate::charset::Charset;
use crate::edifact::{End, Item, OwnedSegment, Peek, Reader, Segment, Token};
use crate::finding::tally::Tally;
use crate::finding::{Code, Finding};
use crate::sequence::{Fault, Limits, Placement, Sequencer, TagId};
use crate::span::{LineColumn, Span};
use crate::spec::declared::Declared;

/// Converts one input.
pub(super) struct FromEdifact<'r, 'd, 's, S: Sink> {
    pub(super) reader: Reader<'d>,
    pub(super) definitions: &'r mut Definitions,
    pub(super) out: &'r mut S,
    pub(super) tally: Tally<'s>,
    totals: Totals,
    chosen: Option<Charset>,
    charset: Charset,
    una: Option<Una>,
    /// The next segment tells which separators are in force.
    fresh: bool,
    beyond: BeyondNames,
    message_type: Option<Box<str>>,
}

/// Names of what a definition does not have.
struct BeyondNames {
    element: Name,
    component: Name,
}

/// What waits for the place of a segment before it, or its own.
enum Held {
    Segment(OwnedSegment, LineColumn),
    Skipped(Box<[u8]>, bool),
}

/// Where the segment at hand stands.
#[derive(Clone, Copy)]
enum At {
    /// The reader stands on it.
    Reader,
    Known(LineColumn),
}

/// The open groups of a message, the message itself first.
struct Open<'p> {
    definition: &'p Definition,
    groups: Vec<u16>,
}

impl<'r, 'd, 's, S: Sink> FromEdifact<'r, 'd, 's, S> {
    pub(super) fn new(
        reader: Reader<'d>,
        definitions: &'r mut Definitions,
        out: &'r mut S,
        tally: Tally<'s>,
        options: &Options,
        usual: Charset,
    ) -> Self {
        Self {
            reader,
            definitions,
            out,
            tally,
            totals: Totals::default(),
            chosen: options.charset,
            charset: usual,
            una: None,
            fresh: true,
            beyond: BeyondNames {
                element: Name::new("b:E", true),
                component: Name::new("b:C", true),
            },
            message_type: None,
        }
    }

    pub(super) fn run(mut self) -> Result<Totals> {
        self.out.begin_pieces("List", &[("xmlns:b", NAMESPACE)])?;
        self.reader.set_watch(is_plain_block);
        if let Some(charset) = self.chosen {
            self.use_charset(charset);
        }
        while self.reader.advance()? {
            self.findings_of();
            let segment = match self.reader.current() {
                None | Some(Item::Blank(_)) => continue,
                Some(Item::Una(piece)) => {
                    let bytes = piece.bytes.trim_ascii_start().to_vec();
                    self.una(&bytes)?;
                    continue;
                }
                Some(Item::Object(piece)) => {
                    let bytes = piece.bytes.to_vec();
                    self.raw("b:Object", &bytes)?;
                    continue;
                }
                Some(Item::Skipped(piece)) => {
                    let bytes = piece.bytes.to_vec();
                    self.raw("b:Skipped", &bytes)?;
                    continue;
                }
                Some(Item::Segment(segment)) => segment,
            };
            let tag = segment.tag();
            if matches!(tag, b"UNB" | b"UIB") {
                let identifier = segment.get(0, 0).unwrap_or_default().into_owned();
                self.totals.interchanges += 1;
                if self.begin(&identifier) {
                    continue;
                }
            } else if matches!(tag, b"UNH" | b"UIH")
                || (self.definitions.is_forced() && !is_service(tag))
            {
                self.message()?;
                continue;
            }
            let Some(Item::Segment(segment)) = self.reader.current() else {
                continue;
            };
            let kept = OwnedSegment::from(segment);
            self.single(&kept)?;
        }
        self.findings_of();
        let (base, window) = self.reader.window();
        let end = base + window.len() as u64;
        self.out.end_pieces()?;
        self.out.finish()?;
        let faults = std::mem::take(self.out.faults());
        for finding in faults {
            self.tell(finding, end, 0, At::Reader);
        }
        self.tally.finish(end, self.reader.locate(end));
        self.totals.bytes = end;
        self.totals.errors = self.tally.errors;
        self.totals.warnings = self.tally.warnings;
        self.totals.hints = self.tally.hints;
        Ok(self.totals)
    }

    fn findings_of(&mut self) {
        if !self.reader.has_findings() {
            return;
        }
        for finding in self.reader.take_findings() {
            if self.tally.count(finding.code) {
                self.tally.send(finding);
            }
        }
    }

    #[cold]
    fn tell(&mut self, mut finding: Finding, offset: u64, len: u64, at: At) {
        if !self.tally.count(finding.code) {
            return;
        }
        finding.span = Span::new(offset, len);
        finding.at = match at {
            At::Reader => self.reader.locate(offset),
            At::Known(at) => at,
        };
        finding.place.message_type = self.message_type.clone();
        self.tally.send(finding);
    }

    /// Sends what the other side found wrong.
    fn faults(&mut self, segment: &Segment<'_>, at: At) {
        if self.out.faults().is_empty() {
            return;
        }
        for finding in std::mem::take(self.out.faults()) {
            self.tell(finding, segment.offset(), segment.span().len, at);
        }
    }

    fn use_charset(&mut self, charset: Charset) {
        self.charset = charset;
        self.reader.set_counting(charset.counter());
        let length = charset.character_length(self.reader.separators().bytes());
        if length.is_some() {
            self.reader.set_character_length(length);
        }
    }

    /// An interchange begins; whether its header has to be read again, by characters.
    fn begin(&mut self, identifier: &[u8]) -> bool {
        let charset = self
            .chosen
            .or_else(|| Charset::of_syntax_identifier(identifier));
        let Some(charset) = charset.filter(|charset| *charset != self.charset) else {
            return false;
        };
        let length = charset.character_length(self.reader.separators().bytes());
        if length.is_some() {
            self.charset = charset;
            self.reader.restart_item(length);
            self.totals.interchanges -= 1;
            return true;
        }
        self.use_charset(charset);
        false
    }

    fn una(&mut self, bytes: &[u8]) -> Result<()> {
        self.fresh = true;
        self.una = Una::new(bytes);
        match &self.una {
            Some(una) => una.write(self.out),
            None => self.raw("b:Una", bytes),
        }
    }

    /// Bytes that no segment has.
    fn raw(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.out.start(name, true)?;
        match std::str::from_utf8(bytes) {
            Ok(text) if is_text(text) && !text.contains(['\r', '\n']) && !bytes.is_empty() => {
                self.out.text(text)?;
            }
            _ => self.out.attribute("b:hex", &to_hex(bytes))?,
        }
        self.out.end()
    }

    /// A segment outside messages.
    fn single(&mut self, kept: &OwnedSegment) -> Result<()> {
        let segment = kept.view();
        let at = At::Reader;
        let layout = self.service_layout(&segment)?;
        if layout.is_none() {
            let finding = fault(Code::CONVERT_UNPLACED)
                .with_content("segment", tag_text(&segment))
                .with("message", "-");
            self.tell(finding, segment.offset(), segment.span().len, at);
        }
        self.segment(&segment, layout.as_deref(), at)
    }

    fn service_layout(&mut self, segment: &Segment<'_>) -> Result<Option<Arc<Layout>>> {
        let syntax = self.reader.syntax();
        match std::str::from_utf8(segment.tag()) {
            Ok(tag) => self.definitions.segment(tag, syntax),
            Err(_) => Ok(None),
        }
    }

    /// A message, on whose first segment the reader stands.
    fn message(&mut self) -> Result<()> {
        let Some(Item::Segment(header)) = self.reader.current() else {
            return Ok(());
        };
        self.totals.messages += 1;
        let (offset, len) = (header.offset(), header.span().len);
        let declared = declared(&header);
        let definition = self.definitions.message(&declared, self.reader.syntax())?;
        match definition {
            Some(definition) => {
                self.message_type = Some(definition.label.clone());
                self.known(&definition)?;
            }
            None => {
                let finding = fault(Code::CONVERT_UNKNOWN_MESSAGE).with_content(
                    "message",
                    format!("{} {}", declared.message, declared.written()),
                );
                self.tell(finding, offset, len, At::Reader);
                self.unknown()?;
            }
        }
        self.message_type = None;
        Ok(())
    }

    /// A message of a known definition.
    fn known(&mut self, definition: &Definition) -> Result<()> {
        self.out.start_known(&definition.root)?;
        let plan = &definition.plan;
        let mut sequencer = Sequencer::new(plan, Limits::default());
        let mut held: VecDeque<Held> = VecDeque::new();
        let mut open = Open {
            definition,
            groups: vec![0],
        };
        let mut first = true;
        // The tag that was seen ahead, which is the next to come.
        let mut ahead: (Option<u64>, Option<TagId>) = (None, None);
        loop {
            // The reader stands on a piece of the message.
            let peek = self.reader.peek();
            let mut kept = None;
            let next = match peek {
                Peek::Tag(tag) => Some(tag),
                Peek::Nothing => None,
                Peek::OutOfSight => {
                    let Some(segment) = self.reader.current_segment() else {
                        break;
                    };
                    let at = self.reader.locate(segment.offset());
                    kept = Some((OwnedSegment::from(segment), at));
                    self.reader.look_ahead()?;
                    match self.reader.peek() {
                        Peek::Tag(tag) => Some(tag),
                        _ => None,
                    }
                }
            };
            let next = next.filter(|packed| !ends_message(*packed));
            let segment = match &kept {
                Some((kept, _)) => kept.view(),
                None => match self.reader.current_segment() {
                    Some(segment) => segment,
                    None => break,
                },
            };
            let id = match segment.packed_tag() {
                None => None,
                packed if packed == ahead.0 => ahead.1,
                Some(packed) => plan.tag(packed),
            };
            ahead = (next, next.and_then(|packed| plan.tag(packed)));
            let next = ahead.1;
            let value = segment.first_value();
            let qualifier = |_: &str| value;
            let last = matches!(segment.tag(), b"UNT" | b"UIT");
            match sequencer.push(id, next, &qualifier) {
                Some(place) => {
                    enter(
                        self.out,
                        &mut open,
                        place.position,
                        place.keep,
                        place.repeat,
                    )?;
                    let layout = definition.layout(place.position);
                    let clean = kept.is_none() && self.reader.is_clean();
                    if !first && is_usual(&segment, clean) {
                        let mut faults = Vec::new();
                        write_plain(
                            self.out,
                            &self.beyond,
                            &segment,
                            layout,
                            self.charset,
                            &mut faults,
                        )?;
                        if !faults.is_empty() {
                            let at = match &kept {
                                Some((_, at)) => *at,
                                None => self.reader.locate(segment.offset()),
                            };
                            let tag = tag_text(&segment);
                            let (offset, len) = (segment.offset(), segment.span().len);
                            for finding in faults {
                                let finding = finding.with_content("segment", &tag);
                                self.tell(finding, offset, len, At::Known(at));
                            }
                        }
                    } else {
                        let at = kept.as_ref().map_or(LineColumn::default(), |(_, at)| *at);
                        let known = kept.is_some();
                        let owned = OwnedSegment::from(segment);
                        let at = if known { At::Known(at) } else { At::Reader };
                        self.segment(&owned.view(), Some(layout), at)?;
                    }
                }
                None => {
                    let at = match &kept {
                        Some((_, at)) => *at,
                        None => self.reader.locate(segment.offset()),
                    };
                    held.push_back(Held::Segment(OwnedSegment::from(segment), at));
                    self.settle(&mut sequencer, &mut held, &mut open)?;
                }
            }
            first = false;
            if last || !self.next_of_message(&mut held)? {
                break;
            }
        }
        sequencer.finish();
        self.settle(&mut sequencer, &mut held, &mut open)?;
        self.skipped(&mut held)?;
        for _ in 0..open.groups.len() {
            self.out.end()?;
        }
        Ok(())
    }

    /// Moves to the next segment of the message; false where it ends.
    fn next_of_message(&mut self, held: &mut VecDeque<Held>) -> Result<bool> {
        loop {
            let more = self.reader.advance()?;
            if self.reader.has_findings() {
                self.findings_of();
            }
            if !more {
                return Ok(false);
            }
            if let Some(segment) = self.reader.current_segment() {
                let ends = segment.tag().first() == Some(&b'U') && is_service(segment.tag());
                if ends {
                    self.reader.unread();
                }
                return Ok(!ends);
            }
            let piece = match self.reader.current() {
                Some(Item::Skipped(piece)) => (piece.bytes.to_vec(), false),
                Some(Item::Object(piece)) => (piece.bytes.to_vec(), true),
                Some(Item::Una(_)) => {
                    self.reader.unread();
                    return Ok(false);
                }
                _ => continue,
            };
            if held.is_empty() {
                self.raw(if piece.1 { "b:Object" } else { "b:Skipped" }, &piece.0)?;
            } else {
                held.push_back(Held::Skipped(piece.0.into(), piece.1));
            }
        }
    }

    /// Writes what waited and stands first.
    fn skipped(&mut self, held: &mut VecDeque<Held>) -> Result<()> {
        while let Some(Held::Skipped(bytes, object)) = held.front() {
            let (bytes, object) = (bytes.clone(), *object);
            held.pop_front();
            self.raw(if object { "b:Object" } else { "b:Skipped" }, &bytes)?;
        }
        Ok(())
    }

    /// Writes segments whose places were decided.
    fn settle(
        &mut self,
        sequencer: &mut Sequencer<'_>,
        held: &mut VecDeque<Held>,
        open: &mut Open<'_>,
    ) -> Result<()> {
        if !sequencer.has_resolved() {
            return Ok(());
        }
        let placements: Vec<Placement> = sequencer.resolved().collect();
        for placement in placements {
            self.skipped(held)?;
            let Some(Held::Segment(kept, at)) = held.pop_front() else {
                return Ok(());
            };
            let segment = kept.view();
            let mut layout = None;
            if let Some(position) = placement.position.filter(|_| !placement.aside) {
                enter(self.out, open, position, placement.keep, placement.repeat)?;
                if !matches!(placement.faults.last(), Some(Fault::InsteadOf(_))) {
                    layout = Some(open.definition.layout(position));
                }
            }
            if layout.is_none() {
                let finding = fault(Code::CONVERT_UNPLACED)
                    .with_content("segment", tag_text(&segment))
                    .with("message", &open.definition.label);
                self.tell(finding, segment.offset(), segment.span().len, At::Known(at));
            }
            self.segment(&segment, layout, At::Known(at))?;
        }
        self.skipped(held)
    }

    /// A message without a definition: its header has names, the rest only numbers.
    fn unknown(&mut self) -> Result<()> {
        self.out.start("b:Message", true)?;
        let mut held = VecDeque::new();
        while let Some(segment) = self.reader.current_segment() {
            let kept = OwnedSegment::from(segment);
            let segment = kept.view();
            let tag = segment.tag();
            let layout = match tag {
                b"UNH" | b"UIH" | b"UNT" | b"UIT" => self.service_layout(&segment)?,
                _ => None,
            };
            let last = matches!(tag, b"UNT" | b"UIT");
            self.segment(&segment, layout.as_deref(), At::Reader)?;
            if last || !self.next_of_message(&mut held)? {
                break;
            }
        }
        self.out.end()
    }

    /// Writes a segment with all that it has.
    fn segment(&mut self, segment: &Segment<'_>, layout: Option<&Layout>, at: At) -> Result<()> {
        let mut attributes: Vec<(&str, String)> = Vec::new();
        let interchange = matches!(segment.tag(), b"UNB" | b"UIB");
        if std::mem::take(&mut self.fresh) || interchange {
            let una = self.una.take();
            let separators = segment.separators();
            if service::derived(una.as_ref(), self.reader.syntax()) != *separators {
                attributes.push(("b:separators", service::written(separators)));
            }
        }
        let mut layout = layout;
        let nesting = segment.nesting();
        if !nesting.is_empty() {
            let numbers: Option<Vec<String>> = nesting
                .iter()
                .map(|token| {
                    let digits = token.bytes.iter().all(u8::is_ascii_digit);
                    let usual = digits
                        && matches!(token.end, End::Component | End::Element | End::Terminator);
                    let text = || String::from_utf8_lossy(token.bytes).into_owned();
                    usual.then(text)
                })
                .collect();
            match numbers {
                Some(numbers) => attributes.push(("b:nesting", numbers.join(":"))),
                None => return self.as_bytes(segment, at),
            }
        }
        let tag = segment.tag();
        let usual = !tag.is_empty() && tag.iter().all(u8::is_ascii_alphanumeric);
        if !usual && segment.packed_tag().is_none() || tag.is_empty() {
            return self.as_bytes(segment, at);
        }
        let text = tag_text(segment);
        if !usual && !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return self.as_bytes(segment, at);
        }
        if layout.is_some_and(|layout| layout.name.text.get(2..) != Some(&*text)) {
            layout = None;
        }
        match layout {
            Some(layout) => self.out.start_known(&layout.name)?,
            None => {
                self.out.start("b:Segment", true)?;
                self.out.attribute("tag", &text)?;
            }
        }
        for (name, value) in attributes {
            self.out.attribute(name, &value)?;
        }
        let mut faults = Vec::new();
        write_elements(
            self.out,
            &self.beyond,
            segment,
            layout,
            self.charset,
            &mut faults,
        )?;
        self.out.end()?;
        for finding in faults {
            let finding = finding.with_content("segment", &text);
            self.tell(finding, segment.offset(), segment.span().len, at);
        }
        self.faults(segment, at);
        Ok(())
    }

    /// A segment that cannot be told but by its bytes.
    fn as_bytes(&mut self, segment: &Segment<'_>, at: At) -> Result<()> {
        let bytes = segment.bytes();
        let body = if segment.is_cut() {
            bytes
        } else {
            &bytes[..bytes.len() - 1]
        };
        self.out.start("b:Segment", true)?;
        self.out.attribute("b:hex", &to_hex(body))?;
        self.out.end()?;
        let text = String::from_utf8_lossy(segment.bytes()).into_owned();
        let finding = fault_about(Code::CONVERT_BYTES, &text);
        self.tell(finding, segment.offset(), segment.span().len, at);
        Ok(())
    }
}

/// Closes and opens groups so that a segment at `position` can stand.
#[inline]
fn enter<S: Sink>(
    out: &mut S,
    open: &mut Open<'_>,
    position: u16,
    keep: u16,
    repeat: bool,
) -> Result<()> {
    let stay = usize::from(keep).saturating_sub(usize::from(repeat)).max(1);
    while open.groups.len() > stay {
        out.end()?;
        open.groups.pop();
    }
    let group = open.definition.around(position);
    if open.groups.last() == Some(&group) {
        return Ok(());
    }
    let plan = &open.definition.plan;
    let from = open.groups.len();
    let mut at = group;
    while at != 0 && !open.groups[..from].contains(&at) {
        open.groups.push(at);
        at = plan.group(at).parent;
    }
    open.groups[from..].reverse();
    for group in &open.groups[from..] {
        out.start_known(open.definition.group(*group))?;
    }
    Ok(())
}

/// Whether a segment is printable ASCII that XML has no meaning for, with its elements and no more;
/// `clean` says that the bytes were looked at.
#[inline]
fn is_usual(segment: &Segment<'_>, clean: bool) -> bool {
    let (data, separators, service) = segment.raw();
    !segment.has_specials()
        && data[separators[0] as usize] != service.component
        && (clean || is_plain(segment.bytes()))
}

/// Whether all bytes are printable ASCII that XML has no meaning for, or line breaks.
fn is_plain_block(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |plain, &byte| {
        let printable = byte.wrapping_sub(0x20) < 0x5F;
        let markup = (byte == b'<') | (byte == b'>') | (byte == b'&');
        plain & ((printable & !markup) | (byte == b'\r') | (byte == b'\n'))
    })
}

/// Writes a segment that is as usual: what [`write_elements`] writes of it, in one pass.
#[inline]
fn write_plain<S: Sink>(
    out: &mut S,
    beyond: &BeyondNames,
    segment: &Segment<'_>,
    layout: &Layout,
    charset: Charset,
    faults: &mut Vec<Finding>,
) -> Result<()> {
    let (data, separators, service) = segment.raw();
    let repeats = service.repetition.is_some();
    let mut at = Cursor::default();
    out.open(&layout.name)?;
    let mut from = separators[0] as usize + 1;
    for (index, &position) in separators.iter().enumerate().skip(1) {
        let to = position as usize;
        let byte = data[to];
        if to > from {
            let number = match repeats {
                true => at.place,
                false => layout
                    .places
                    .get(at.place)
                    .copied()
                    .map_or(NO_PART, usize::from),
            };
            match layout.parts.get(number).filter(|_| !at.is_by_number()) {
                Some(part) => match &part.components {
                    None if at.component == 0 && byte != service.component => {
                        at.begin(out, number, part, repeats)?;
                        out.plain_leaf(&part.name, data, from, to)?;
                    }
                    Some(names) => {
                        if !at.open {
                            at.begin(out, number, part, repeats)?;
                            out.open(&part.name)?;
                            at.open = true;
                        }
                        match names.get(at.component) {
                            Some(name) => out.plain_leaf(name, data, from, to)?,
                            None => {
                                beyond_spec(&at, faults);
                                let token = segment.token_between(from as u32, index);
                                numbered(out, &beyond.component, &at, &token, charset, faults)?;
                            }
                        }
                    }
                    None => {
                        let token = segment.token_between(from as u32, index);
                        by_number(out, beyond, &mut at, &token, charset, faults, true)?;
                    }
                },
                None => {
                    let token = segment.token_between(from as u32, index);
                    by_number(out, beyond, &mut at, &token, charset, faults, true)?;
                }
            }
        }
        from = to + 1;
        if byte == service.component {
            at.component += 1;
            continue;
        }
        if std::mem::take(&mut at.open) {
            match layout.parts.get(at.part) {
                Some(part) => out.close(&part.name)?,
                None => out.end()?,
            }
        } else if at.component > 0 {
            empty_composite(out, layout, &mut at, repeats)?;
        }
        at.component = 0;
        if byte == service.element {
            (at.place, at.repetition) = (at.place + 1, 0);
        } else {
            at.repetition += 1;
        }
    }
    out.close(&layout.name)
}

/// Where writing stands among the elements of a segment.
#[derive(Default)]
struct Cursor {
    /// The element, its repetition, its component.
    place: usize,
    repetition: u32,
    component: usize,
    /// An element of components is open.
    open: bool,
    /// What the element is written as, and how many of the same were written before.
    part: usize,
    written: u32,
}

impl Cursor {
    /// Whether a repetition of this element before was written by its number: so are the others.
    #[inline]
    fn is_by_number(&self) -> bool {
        self.part == BY_NUMBER + self.place
    }

    /// An element of `part` is to be written: those of its name before it that are empty are first.
    #[inline]
    fn begin<S: Sink>(
        &mut self,
        out: &mut S,
        number: usize,
        part: &Part,
        repeats: bool,
    ) -> Result<()> {
        let nth = match repeats {
            true => self.repetition,
            false => self.place as u32 - part.first,
        };
        if self.part != number {
            (self.part, self.written) = (number, 0);
        }
        for _ in self.written..nth {
            out.leaf(&part.name, "")?;
        }
        self.written = nth + 1;
        Ok(())
    }
}

const NO_PART: usize = usize::MAX;
/// Elements by number have numbers of parts that no layout has.
const BY_NUMBER: usize = NO_PART / 2;

#[inline]
fn write_elements<S: Sink>(
    out: &mut S,
    beyond: &BeyondNames,
    segment: &Segment<'_>,
    layout: Option<&Layout>,
    charset: Charset,
    faults: &mut Vec<Finding>,
) -> Result<()> {
    let repeats = segment.separators().repetition.is_some();
    let mut at = Cursor::default();
    for token in segment.element_tokens() {
        if !token.bytes.is_empty() {
            let part = layout.and_then(|layout| {
                let part = match repeats {
                    true => at.place,
                    false => usize::from(*layout.places.get(at.place)?),
                };
                Some((part, layout.parts.get(part)?))
            });
            match part {
                Some((number, part))
                    if !at.is_by_number()
                        && (part.components.is_some() || is_simple(&at, &token)) =>
                {
                    if !at.open {
                        at.begin(out, number, part, repeats)?;
                    }
                    match &part.components {
                        None => value(out, &part.name, &token, charset, faults)?,
                        Some(names) => {
                            if !at.open {
                                out.start_known(&part.name)?;
                                at.open = true;
                            }
                            match names.get(at.component) {
                                Some(name) => value(out, name, &token, charset, faults)?,
                                None => {
                                    beyond_spec(&at, faults);
                                    numbered(out, &beyond.component, &at, &token, charset, faults)?;
                                }
                            }
                        }
                    }
                }
                _ => by_number(
                    out,
                    beyond,
                    &mut at,
                    &token,
                    charset,
                    faults,
                    layout.is_some(),
                )?,
            }
        }
        match token.end {
            End::Component => at.component += 1,
            end => {
                if std::mem::take(&mut at.open) {
                    out.end()?;
                } else if at.component > 0
                    && let Some(layout) = layout
                {
                    empty_composite(out, layout, &mut at, repeats)?;
                }
                at.component = 0;
                if end == End::Repetition {
                    at.repetition += 1;
                } else {
                    (at.place, at.repetition) = (at.place + 1, 0);
                }
            }
        }
    }
    Ok(())
}

/// A composite that is there, with its separators, and holds nothing.
#[cold]
fn empty_composite<S: Sink>(
    out: &mut S,
    layout: &Layout,
    at: &mut Cursor,
    repeats: bool,
) -> Result<()> {
    let number = match repeats {
        true => at.place,
        false => layout
            .places
            .get(at.place)
            .copied()
            .map_or(NO_PART, usize::from),
    };
    let Some(part) = layout.parts.get(number) else {
        return Ok(());
    };
    if part.components.is_none() {
        return Ok(());
    }
    at.begin(out, number, part, repeats)?;
    out.leaf(&part.name, "")
}

/// Whether a token is all of its element.
#[inline]
fn is_simple(at: &Cursor, token: &Token<'_>) -> bool {
    at.component == 0 && token.end != End::Component
}

#[cold]
fn beyond_spec(at: &Cursor, faults: &mut Vec<Finding>) {
    if faults.iter().all(|held| held.code != Code::CONVERT_BEYOND) {
        faults.push(fault(Code::CONVERT_BEYOND).with("position", at.place + 1));
    }
}

/// An element for which there is no name, or which is not of the kind that its name says.
#[cold]
fn by_number<S: Sink>(
    out: &mut S,
    beyond: &BeyondNames,
    at: &mut Cursor,
    token: &Token<'_>,
    charset: Charset,
    faults: &mut Vec<Finding>,
    known: bool,
) -> Result<()> {
    let number = BY_NUMBER + at.place;
    if known {
        beyond_spec(at, faults);
    }
    if !at.open {
        if at.part != number {
            // Repetitions that were written by name count.
            if at.part != at.place || at.repetition == 0 {
                at.written = 0;
            }
            at.part = number;
        }
        for _ in at.written..at.repetition {
            out.start(&beyond.element.text, true)?;
            out.attribute("at", &(at.place + 1).to_string())?;
            out.end()?;
        }
        at.written = at.repetition + 1;
        if is_simple(at, token) {
            return numbered_at(out, &beyond.element, at.place + 1, token, charset, faults);
        }
        out.start_known(&beyond.element)?;
        out.attribute("at", &(at.place + 1).to_string())?;
        at.open = true;
    }
    numbered(out, &beyond.component, at, token, charset, faults)
}

#[cold]
fn numbered<S: Sink>(
    out: &mut S,
    name: &Name,
    at: &Cursor,
    token: &Token<'_>,
    charset: Charset,
    faults: &mut Vec<Finding>,
) -> Result<()> {
    numbered_at(out, name, at.component + 1, token, charset, faults)
}

fn numbered_at<S: Sink>(
    out: &mut S,
    name: &Name,
    number: usize,
    token: &Token<'_>,
    charset: Charset,
    faults: &mut Vec<Finding>,
) -> Result<()> {
    out.start_known(name)?;
    out.attribute("at", &number.to_string())?;
    content(out, token, charset, faults)?;
    out.end()
}

#[inline]
fn value<S: Sink>(
    out: &mut S,
    name: &Name,
    token: &Token<'_>,
    charset: Charset,
    faults: &mut Vec<Finding>,
) -> Result<()> {
    out.start_known(name)?;
    content(out, token, charset, faults)?;
    out.end()
}

/// The text of a token; its bytes where they are no text.
fn content<S: Sink>(
    out: &mut S,
    token: &Token<'_>,
    charset: Charset,
    faults: &mut Vec<Finding>,
) -> Result<()> {
    let value = token.value();
    let text = match charset.decode(&value) {
        Some(text) => Some(text),
        None => std::str::from_utf8(&value).ok().map(Into::into),
    };
    match text {
        Some(text) if is_text(&text) => out.text(&text),
        _ => {
            let told = charset.decode_lossy(&value).into_owned();
            faults.push(fault_about(Code::CONVERT_BYTES, &told));
            out.attribute("b:hex", &to_hex(&value))
        }
    }
}

/// Whether all bytes are printable ASCII that XML has no meaning for.
#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    // Comparisons only, so that the compiler makes vectors of them.
    bytes.iter().fold(true, |plain, &byte| {
        plain & (byte.wrapping_sub(0x20) < 0x5F) & (byte != b'<') & (byte != b'>') & (byte != b'&')
    })
}

fn tag_text(segment: &Segment<'_>) -> String {
    String::from_utf8_lossy(segment.tag()).replace(['\r', '\n'], "")
}

/// What a message header says.
fn declared(header: &Segment<'_>) -> Declared {
    let at = usize::from(header.tag() != b"UIH");
    let part = |component: usize| {
        String::from_utf8_lossy(&header.get(at, component).unwrap_or_default()).into_owned()
    };
    Declared {
        message: part(0),
        version: part(1),
        release: part(2),
        agency: part(3),
    }
}

/// Whether a packed tag is one of [`is_service`].
#[inline]
fn ends_message(packed: u64) -> bool {
    let [.., a, b, c] = packed.to_be_bytes();
    a == b'U' && is_service(&[a, b, c])
}

/// Segments that end a message whose trailer is missing.
pub(super) fn is_service(tag: &[u8]) -> bool {
    matches!(
        tag,
        b"UNB" | b"UIB" | b"UNZ" | b"UIZ" | b"UNG" | b"UNE" | b"UNH" | b"UIH" | b"UNO" | b"UNP"
    )
}
