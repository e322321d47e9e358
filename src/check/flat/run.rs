//! One input: its messages, and what stands between them.

use std::sync::Arc;

use super::FlatChecker;
use super::compiled::{self, Compiled};
use super::message::MessageCheck;
use crate::Result;
use crate::charset::{Charset, decide};
use crate::check::message::Told;
use crate::check::out::{Context, Out, Totals};
use crate::expr::Spot;
use crate::finding::{Code, Finding};
use crate::flat::{Piece, Reader, Record, Separators};
use crate::lines::LineCounter;
use crate::span::Span;
use crate::spec::flat::Layout;
use crate::tree::gather::{Document, Known};

/// A record that was taken out of the reader's window.
#[derive(Debug)]
pub(super) struct Held {
    record: Record<'static>,
    bytes: Vec<u8>,
    /// Stands at its first byte.
    pub(super) lines: LineCounter,
}

impl Held {
    pub(super) fn record(&self) -> Record<'_> {
        self.record.with_bytes(&self.bytes)
    }

    pub(super) fn context(&self) -> Context<'_, '_> {
        Context::Bytes(&self.lines, &self.bytes)
    }
}

/// The check of one input.
pub(super) struct Run<'c, 's, 'd> {
    pub(super) checker: &'c FlatChecker,
    pub(super) out: Out<'s>,
    reader: Reader<'d>,
    separators: Separators,
    layouts: Vec<Arc<Layout>>,
    lines: LineCounter,
    /// The character set is chosen, or was seen.
    decided: bool,
    /// Buffers of records that are done with.
    spare: Vec<Vec<u8>>,
    unrecognised: bool,
}

/// The bytes that separators take.
pub(super) fn service(separators: Separators) -> impl Iterator<Item = u8> {
    let all = [
        Some(separators.field),
        Some(separators.terminator),
        separators.release,
    ];
    all.into_iter().flatten()
}

/// What a record begins.
enum Begins {
    Message(Arc<Compiled>),
    Unknown(Box<str>),
    Nothing,
}

impl<'c, 's, 'd> Run<'c, 's, 'd> {
    pub(super) fn new(
        checker: &'c FlatChecker,
        reader: Reader<'d>,
        separators: Separators,
        out: Out<'s>,
        charset: Option<Charset>,
    ) -> Self {
        let mut lines = LineCounter::new(0);
        lines.set_counting(out.charset.counter());
        Self {
            checker,
            out,
            reader,
            separators,
            layouts: Vec::new(),
            lines,
            decided: charset.is_some(),
            spare: Vec::new(),
            unrecognised: false,
        }
    }

    pub(super) fn all(&mut self) -> Result<Totals> {
        self.layouts = self.checker.specs.flats()?;
        if let Some(compiled) = &self.checker.forced {
            self.reader.set_starts(compiled.starts.clone());
        } else {
            let mut starts: Vec<Box<[u8]>> = Vec::new();
            for layout in &self.layouts {
                let id = layout.records[0].id.as_bytes();
                if starts.iter().all(|held| **held != *id) {
                    starts.push(id.into());
                }
            }
            self.reader.set_starts(starts.into());
        }
        let mut next = self.take()?;
        let any = next.is_some();
        while let Some(held) = next {
            next = match self.begins(&held)? {
                Begins::Message(compiled) => self.message(&compiled, held)?,
                Begins::Unknown(message) => {
                    self.begin(Some(&message));
                    // What follows is of the same message.
                    self.unrecognised = true;
                    let finding = Finding::new(Code::UNKNOWN_LAYOUT, whole(&held.record()));
                    let finding = finding.with_content("message", &message);
                    self.send_at(finding, &held);
                    self.pass(held)?
                }
                Begins::Nothing => {
                    if !std::mem::replace(&mut self.unrecognised, true) {
                        let finding = Finding::new(Code::UNRECOGNISED_INPUT, whole(&held.record()));
                        self.send_at(finding, &held);
                    }
                    self.pass(held)?
                }
            };
        }
        let end = self.reader.offset();
        if !any && self.out.totals.errors == 0 {
            let finding = Finding::new(Code::EMPTY_INPUT, Span::at(0));
            self.out
                .send(finding, &Context::Bytes(&LineCounter::new(0), &[]));
        }
        if let Some(input) = &self.checker.watching {
            let context = Context::Bytes(&LineCounter::new(0), &[]);
            input.finish(&mut Told {
                out: &mut self.out,
                context: &context,
            });
        }
        self.out.finish(end, self.lines.at());
        self.out.totals.bytes = end;
        Ok(self.out.totals)
    }

    /// Another message begins.
    fn begin(&mut self, message: Option<&str>) {
        self.out.totals.messages += 1;
        self.out.totals.interchanges += 1;
        self.out.interchange = Some(self.out.totals.interchanges);
        self.out.message_type = message.map(Into::into);
    }

    fn send_at(&mut self, mut finding: Finding, held: &Held) {
        let id = held.record().id().to_vec();
        finding.place.segment_number = Some(1);
        finding.place.segment = Some(self.out.charset.decode_lossy(&id).into());
        self.out.send(finding, &held.context());
    }

    /// Passes over a record that is not checked.
    fn pass(&mut self, held: Held) -> Result<Option<Held>> {
        self.out.totals.segments += 1;
        self.spare(held);
        self.take()
    }

    pub(super) fn spare(&mut self, held: Held) {
        if self.spare.len() < 4 {
            self.spare.push(held.bytes);
        }
    }

    /// What a record begins, where no message is open.
    fn begins(&self, held: &Held) -> Result<Begins> {
        let record = held.record();
        if let Some(compiled) = &self.checker.forced {
            return Ok(Begins::Message(compiled.clone()));
        }
        Ok(match self.layout_of(&record) {
            Some(layout) => Begins::Message(compiled::of(&self.checker.specs, layout)?),
            None => match crate::flat::header(&record) {
                Some(message) => Begins::Unknown(message),
                None => Begins::Nothing,
            },
        })
    }

    /// The layout whose first record this is: of several the one that says most.
    fn layout_of(&self, record: &Record<'_>) -> Option<&Arc<Layout>> {
        let mut best: Option<(usize, &Arc<Layout>)> = None;
        for layout in &self.layouts {
            if layout.separators == self.separators
                && let Some(marks) = crate::flat::matching(record, layout)
                && best.is_none_or(|(most, _)| marks > most)
            {
                best = Some((marks, layout));
            }
        }
        best.map(|(_, layout)| layout)
    }

    /// Whether a record begins another message while one of `compiled` is open.
    fn begins_anew(&self, compiled: &Compiled, record: &Record<'_>) -> bool {
        let id = record.id();
        let records = &compiled.layout.records;
        if records.iter().skip(1).any(|held| held.id.as_bytes() == id) {
            return false;
        }
        if self.checker.forced.is_some() {
            return records[0].id.as_bytes() == id;
        }
        self.layout_of(record).is_some() || crate::flat::header(record).is_some()
    }

    /// Checks a message from its first record on; gives the record that stands behind it.
    fn message(&mut self, compiled: &Compiled, first: Held) -> Result<Option<Held>> {
        self.begin(Some(&compiled.layout.message));
        self.reader.set_starts(compiled.starts.clone());
        let mut check = MessageCheck::new(compiled, self.checker);
        if let (Some(watch), Some(input)) = (&self.checker.watch, &self.checker.watching)
            && let Some(wants) = watch.wants(Known::Flat(&compiled.layout))?
        {
            let document = Document {
                syntax: "flat".into(),
                origin: input.origin().clone(),
                encoding: self.out.charset.name().into(),
                message: compiled.layout.message.clone(),
                ..Document::default()
            };
            let spot = Spot {
                span: whole(&first.record()),
                at: first.lines.at(),
            };
            check.watch(wants, input, &document, spot);
        }
        let mut current = first;
        loop {
            let next = self.take()?;
            let ends = match &next {
                Some(next) => self.begins_anew(compiled, &next.record()),
                None => true,
            };
            let ahead = next.as_ref().filter(|_| !ends);
            let mut end = current.lines;
            end.advance(&current.bytes);
            if let Some(done) = check.record(&mut self.out, current, ahead)? {
                self.spare(done);
            }
            match next {
                Some(next) if !ends => current = next,
                next => {
                    check.finish(&mut self.out, &end)?;
                    return Ok(next);
                }
            }
        }
    }

    /// The next record, taken out of the window; what stands between records is told.
    fn take(&mut self) -> Result<Option<Held>> {
        // A record that is too long comes in several pieces.
        let mut skipped: Option<(u64, LineCounter)> = None;
        let mut seen = None;
        loop {
            if let Some(charset) = seen.take() {
                self.tell_characters(charset);
            }
            let mut buffer = self.spare.pop().unwrap_or_default();
            buffer.clear();
            let Some(piece) = self.reader.next()? else {
                self.too_long(skipped);
                return Ok(None);
            };
            let lines = self.lines;
            if !self.decided
                && let Some(charset) = decide(piece.bytes())
            {
                self.decided = true;
                self.out.charset = charset;
                self.lines.set_counting(charset.counter());
                seen = Some(charset);
            }
            self.lines.advance(piece.bytes());
            match piece {
                Piece::Blank(_) => self.spare.push(buffer),
                Piece::ByteOrderMark(raw) => {
                    let finding = Finding::new(Code::BYTE_ORDER_MARK, Span::new(0, 3));
                    self.out.send(finding, &Context::Bytes(&lines, raw.bytes));
                    self.spare.push(buffer);
                }
                Piece::Skipped(_) => {
                    skipped.get_or_insert((lines.offset, lines));
                    self.spare.push(buffer);
                }
                Piece::Record(record) => {
                    buffer.extend_from_slice(record.bytes());
                    let held = Held {
                        record: record.with_bytes(&[]),
                        bytes: buffer,
                        lines,
                    };
                    self.too_long(skipped);
                    if let Some(charset) = seen {
                        self.tell_characters(charset);
                    }
                    return Ok(Some(held));
                }
            }
        }
    }

    /// Has the reader tell characters apart where separators may stand inside them.
    fn tell_characters(&mut self, charset: Charset) {
        let length = charset.character_length(service(self.separators));
        self.reader.set_character_length(length);
    }

    fn too_long(&mut self, skipped: Option<(u64, LineCounter)>) {
        if let Some((offset, lines)) = skipped {
            let limit = self.checker.options.reading.longest_segment;
            let finding = Finding::new(Code::RECORD_TOO_LONG, Span::at(offset));
            let finding = finding.with("limit", limit);
            self.out.send(finding, &Context::Bytes(&lines, &[]));
        }
    }
}

/// The span of a record without its terminator.
pub(super) fn whole(record: &Record<'_>) -> Span {
    Span::new(record.offset(), record.content().len() as u64)
}
