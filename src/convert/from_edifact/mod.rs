//! From UN/EDIFACT to events: messages by ISO/TS 20625, and all that it has no name for.

mod elements;
mod message;
mod plain;

use std::sync::Arc;

use super::event::{Sink, fault, fault_about, is_text, to_hex};
use super::names::{Definitions, Layout, NAMESPACE};
use super::service::{self, Una};
use super::{Options, Totals};
use crate::Result;
use crate::charset::{Charset, Watch};
use crate::edifact::{End, Item, OwnedSegment, Reader, Segment};
use crate::finding::tally::Tally;
use crate::finding::{Code, Finding};
use crate::span::{LineColumn, Span};
use crate::spec::declared::Declared;
use elements::{BeyondNames, Elements};
use plain::is_plain_block;

/// Converts one input.
pub(super) struct FromEdifact<'r, 'd, 's, S: Sink> {
    reader: Reader<'d>,
    definitions: &'r mut Definitions,
    out: &'r mut S,
    tally: Tally<'s>,
    totals: Totals,
    chosen: Option<Charset>,
    charset: Charset,
    una: Option<Una>,
    /// The next segment tells which separators are in force.
    fresh: bool,
    beyond: BeyondNames,
    message_type: Option<Box<str>>,
    /// The definition that whoever takes the events is made for.
    expected: Option<&'r str>,
    /// It was said of this interchange that its bytes look like another character set.
    guessed: bool,
}

/// Where the segment at hand stands.
#[derive(Clone, Copy)]
enum At {
    /// The reader stands on it.
    Reader,
    Known(LineColumn),
}

impl<'r, 'd, 's, S: Sink> FromEdifact<'r, 'd, 's, S> {
    pub(super) fn new(
        reader: Reader<'d>,
        definitions: &'r mut Definitions,
        out: &'r mut S,
        tally: Tally<'s>,
        options: &'r Options,
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
            beyond: BeyondNames::new(),
            message_type: None,
            expected: options.expected.as_deref(),
            guessed: false,
        }
    }

    pub(super) fn run(mut self) -> Result<Totals> {
        self.out.begin_pieces("List", &[("xmlns:b", NAMESPACE)])?;
        self.reader.set_watch(Watch {
            good: is_plain_block,
            usual: [(b' ', b'%'), (b'\'', b';'), (b'=', b'='), (b'?', b'~')],
        });
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
        if finding.code == Code::LOOKS_LIKE && std::mem::replace(&mut self.guessed, true) {
            return;
        }
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
        if self.out.asks_places() {
            let at = self.reader.locate(segment.offset());
            self.out.place(segment.span(), at);
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
                if let Some(expected) = self.expected.filter(|of| is_other(of, &definition.label)) {
                    let finding = Finding::new(Code::MAP_OTHER_RELEASE, Span::at(offset))
                        .with("message", &definition.label)
                        .with("expected", expected);
                    self.tell(finding, offset, len, At::Reader);
                }
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

    /// Writes a segment with all that it has.
    fn segment(&mut self, segment: &Segment<'_>, layout: Option<&Layout>, at: At) -> Result<()> {
        let mut attributes: Vec<(&str, String)> = Vec::new();
        let interchange = matches!(segment.tag(), b"UNB" | b"UIB");
        self.guessed &= !interchange;
        if std::mem::take(&mut self.fresh) || interchange {
            let una = self.una.take();
            let separators = segment.separators();
            if service::derived(una.as_ref(), self.reader.syntax()) != *separators {
                attributes.push(("b:separators", service::written(separators)));
            }
        }
        // Who asks for places tells of signatures by itself.
        if segment.tag() == b"USH" && !self.out.asks_places() {
            let finding = Finding::new(Code::CONVERT_SIGNATURE, segment.span());
            self.tell(finding, segment.offset(), segment.span().len, at);
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
        let mut elements = Elements::new(self.out, &self.beyond, segment, layout, self.charset);
        elements.write(segment)?;
        let faults = elements.faults;
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

/// Whether two definitions are of one message in two directories.
fn is_other(one: &str, other: &str) -> bool {
    one != other && one.split('@').next() == other.split('@').next()
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

/// Segments that end a message whose trailer is missing.
pub(super) fn is_service(tag: &[u8]) -> bool {
    matches!(
        tag,
        b"UNB" | b"UIB" | b"UNZ" | b"UIZ" | b"UNG" | b"UNE" | b"UNH" | b"UIH" | b"UNO" | b"UNP"
    )
}
