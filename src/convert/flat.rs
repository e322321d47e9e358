//! Flat files (平台文件): to and from events.

use std::collections::HashMap;
use std::io::Write;

use super::Totals;
use super::event::{Sink, fault_about, from_hex, is_text, to_hex};
use super::names::{NAMESPACE, Name};
use crate::charset::Charset;
use crate::finding::tally::Tally;
use crate::finding::{Code, Finding};
use crate::flat::{Piece, Reader, Record, Separators, Writer};
use crate::lines::LineCounter;
use crate::span::Span;
use crate::spec::Specs;
use crate::spec::flat::Record as Layout;
use crate::{Error, Result};

/// What is known of a flat file before its first record.
pub(super) struct Beginning {
    pub(super) separators: Separators,
    pub(super) charset: Charset,
    /// Its message; empty where none is known.
    pub(super) message: Box<str>,
    /// How lines end behind records.
    pub(super) line_break: &'static str,
    /// A byte order mark stands before it.
    pub(super) mark: bool,
    /// Where its fields stand.
    pub(super) rows: Rows,
}

/// The records of a layout in which fields may stand several times in a row, by their ids.
#[derive(Debug, Default)]
pub(super) struct Rows(HashMap<Box<str>, Layout>);

impl Rows {
    /// Those of a layout by its message; none where it is not known.
    pub(super) fn of(specs: &Specs, message: &str) -> Result<Self> {
        let Some(layout) = specs.flat(message)? else {
            return Ok(Self::default());
        };
        let repeats = |record: &&Layout| record.fields.iter().any(|field| field.max != Some(1));
        let records = layout.records.iter().filter(repeats);
        let rows = records.map(|record| (record.id.clone(), record.clone()));
        Ok(Self(rows.collect()))
    }

    fn row(&self, id: &[u8]) -> Option<&Layout> {
        // Most layouts have none.
        match self.0.is_empty() {
            true => None,
            false => self.0.get(std::str::from_utf8(id).ok()?),
        }
    }
}

/// The number of the field that stands at a place, and whether it may stand several times.
fn field_at(row: Option<&Layout>, place: usize) -> (usize, bool) {
    match row.and_then(|row| row.field_at(place)) {
        Some((field, _)) => (usize::from(field.number), field.max != Some(1)),
        None => (place, false),
    }
}

fn written(separators: Separators) -> String {
    let release = separators.release.unwrap_or(0);
    to_hex(&[separators.field, separators.terminator, release])
}

/// Gives on what a flat file holds.
pub(super) fn from_flat<S: Sink>(
    mut reader: Reader<'_>,
    beginning: &Beginning,
    out: &mut S,
    mut tally: Tally<'_>,
) -> Result<Totals> {
    let separators = written(beginning.separators);
    let mut attributes = vec![("xmlns:b", NAMESPACE)];
    if !beginning.message.is_empty() {
        attributes.push(("message", &*beginning.message));
    }
    attributes.push(("separators", &separators));
    attributes.push(("charset", beginning.charset.name()));
    attributes.push((
        "lines",
        match beginning.line_break {
            "\r\n" => "crlf",
            "\n" => "lf",
            _ => "none",
        },
    ));
    if beginning.mark {
        attributes.push(("mark", "yes"));
    }
    out.begin_pieces("b:Flat", &attributes)?;
    let mut lines = LineCounter::new(0);
    lines.set_counting(beginning.charset.counter());
    let mut names: Vec<Name> = Vec::new();
    let mut totals = Totals::default();
    while let Some(piece) = reader.next()? {
        let (offset, len) = (piece.offset(), piece.bytes().len() as u64);
        let mut faults = Vec::new();
        match &piece {
            Piece::Record(record) => {
                if out.asks_places() {
                    out.place(Span::new(offset, len), lines.at());
                }
                write_record(out, record, beginning, &mut names, &mut faults)?;
                totals.messages = 1;
            }
            Piece::Skipped(raw) => {
                write_bytes(out, raw.bytes, beginning.charset)?;
            }
            Piece::Blank(_) | Piece::ByteOrderMark(_) => {}
        }
        faults.append(out.faults());
        for mut finding in faults {
            if tally.count(finding.code) {
                finding.span = Span::new(offset, len);
                finding.at = lines.at();
                tally.send(finding);
            }
        }
        lines.advance(piece.bytes());
    }
    out.end_pieces()?;
    out.finish()?;
    let end = reader.offset();
    tally.finish(end, lines.at());
    totals.bytes = end;
    (totals.errors, totals.warnings, totals.hints) = (tally.errors, tally.warnings, tally.hints);
    Ok(totals)
}

/// Bytes that are no record with an id.
fn write_bytes<S: Sink>(out: &mut S, bytes: &[u8], charset: Charset) -> Result<()> {
    out.start("b:Skipped", true)?;
    match charset.decode(bytes) {
        Some(text) if is_text(&text) && !text.contains('\r') && !text.trim().is_empty() => {
            out.text(&text)?;
        }
        _ => out.attribute("b:hex", &to_hex(bytes))?,
    }
    out.end()
}

fn write_record<S: Sink>(
    out: &mut S,
    record: &Record<'_>,
    beginning: &Beginning,
    names: &mut Vec<Name>,
    faults: &mut Vec<Finding>,
) -> Result<()> {
    let charset = beginning.charset;
    let id = record.id();
    let usual = !id.is_empty() && id.len() <= 32 && id.iter().all(u8::is_ascii_alphanumeric);
    if !usual {
        return write_bytes(out, record.bytes(), charset);
    }
    out.start(&format!("R_{}", String::from_utf8_lossy(id)), true)?;
    let row = beginning.rows.row(id);
    // Empty ones of a field that others of it may follow.
    let (mut empty, mut of) = (0, 0);
    let mut fields = record.fields().enumerate().skip(1).peekable();
    while let Some((place, field)) = fields.next() {
        let (number, many) = field_at(row, place + 1);
        if number != of {
            (empty, of) = (0, number);
        }
        let value = field.value();
        // What stands between is counted by the numbers of the fields, the last shows how many.
        if value.is_empty() && fields.peek().is_some() {
            empty += usize::from(many);
            continue;
        }
        if many {
            let name = format!("F_{number}");
            for _ in 0..std::mem::take(&mut empty) {
                out.start(&name, true)?;
                out.end()?;
            }
            out.start(&name, true)?;
        } else {
            let index = number - 1;
            if names.len() <= index && index < 4096 {
                let more = names.len()..=index;
                names.extend(more.map(|index| Name::new(&format!("F_{}", index + 1), false)));
            }
            match names.get(index) {
                Some(name) => out.start_known(name)?,
                None => out.start(&format!("F_{number}"), false)?,
            }
        }
        let text = match charset.decode(&value) {
            Some(text) => Some(text),
            None => std::str::from_utf8(&value).ok().map(Into::into),
        };
        match text {
            Some(text) if is_text(&text) => out.text(&text)?,
            _ => {
                let told = charset.decode_lossy(&value).into_owned();
                faults.push(fault_about(Code::CONVERT_BYTES, &told));
                out.attribute("b:hex", &to_hex(&value))?;
            }
        }
        out.end()?;
    }
    out.end()
}

/// Writes records.
pub(super) struct ToFlat<W: Write> {
    sink: Option<W>,
    writer: Option<Writer<W>>,
    charset: Charset,
    chosen: Option<Charset>,
    separators: Separators,
    line_break: &'static str,
    mark: bool,
    open: Vec<Kind>,
    fields: Vec<Vec<u8>>,
    /// The place of the field that is open.
    field: usize,
    /// Its number, and which of that number in a row it is.
    nth: (usize, usize),
    text: String,
    bytes: Option<Vec<u8>>,
    faults: Vec<Finding>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Whole,
    Record,
    Field,
    Skipped,
    Nothing,
}

/// Fields of a record at most; content cannot ask for more.
const MOST_FIELDS: usize = 10_000;

impl<W: Write> ToFlat<W> {
    pub(super) fn new(sink: W, chosen: Option<Charset>, usual: Charset) -> Self {
        Self {
            sink: Some(sink),
            writer: None,
            charset: chosen.unwrap_or(usual),
            chosen,
            separators: Separators::default(),
            line_break: "\n",
            mark: false,
            open: Vec::new(),
            fields: Vec::new(),
            field: 0,
            nth: (0, 0),
            text: String::new(),
            bytes: None,
            faults: Vec::new(),
        }
    }

    fn writer(&mut self) -> Result<Option<&mut Writer<W>>> {
        if let Some(mut sink) = self.sink.take() {
            if self.mark {
                let mark = sink.write_all("\u{FEFF}".as_bytes());
                mark.map_err(|error| Error::io("output", error))?;
            }
            let writer = Writer::new(sink, self.separators);
            let writer = match self.line_break {
                "\r\n" => writer.with_crlf(),
                "" => writer.without_line_breaks(),
                _ => writer,
            };
            let separators = [self.separators.field, self.separators.terminator];
            let all = separators.into_iter().chain(self.separators.release);
            let length = self.charset.character_length(all);
            self.writer = Some(writer.with_character_length(length));
        }
        Ok(self.writer.as_mut())
    }

    fn wrong(&mut self, value: &str) {
        self.faults.push(fault_about(Code::CONVERT_SHAPE, value));
    }

    /// Where a field of the record that is open stands: one of the number before stands behind it.
    fn place(&mut self, number: usize) -> Option<usize> {
        self.nth = match self.nth {
            (before, nth) if before == number => (number, nth + 1),
            _ => (number, 1),
        };
        if !(1..=MOST_FIELDS).contains(&number) {
            return None;
        }
        let place = number + self.nth.1 - 2;
        (place < MOST_FIELDS).then_some(place)
    }

    fn end_field(&mut self) {
        let text = std::mem::take(&mut self.text);
        let bytes = match self.bytes.take() {
            Some(bytes) => bytes,
            None => match self.charset.encode(&text) {
                Some(bytes) => bytes.into_owned(),
                None => {
                    let finding = fault_about(Code::CONVERT_CHARACTER, &text);
                    self.faults
                        .push(finding.with("charset", self.charset.name()));
                    text.as_bytes().to_vec()
                }
            },
        };
        if self.fields.len() <= self.field {
            self.fields.resize(self.field + 1, Vec::new());
        }
        self.fields[self.field] = bytes;
    }

    fn end_record(&mut self) -> Result<()> {
        let mut fields = std::mem::take(&mut self.fields);
        let Some(writer) = self.writer()? else {
            return Ok(());
        };
        match writer.record(&fields) {
            Ok(()) => {}
            Err(error) if error.is_io() => return Err(error),
            Err(_) => {
                let text = String::from_utf8_lossy(&fields.join(&b':')).into_owned();
                self.faults
                    .push(fault_about(Code::CONVERT_SEPARATOR, &text));
            }
        }
        fields.clear();
        self.fields = fields;
        Ok(())
    }
}

impl<W: Write> Sink for ToFlat<W> {
    fn start(&mut self, name: &str, _: bool) -> Result<()> {
        let kind = match self.open.last() {
            None if name == "b:Flat" => Kind::Whole,
            None | Some(Kind::Whole) if name.starts_with("R_") => {
                self.fields.clear();
                if let Some(id) = name.strip_prefix("R_") {
                    self.fields.push(id.as_bytes().to_vec());
                }
                self.nth = (0, 0);
                Kind::Record
            }
            None | Some(Kind::Whole) if name == "b:Skipped" => Kind::Skipped,
            None => {
                return Err(Error::misuse(format!(
                    "<{name}> is no flat file; to make one of another message needs a map"
                )));
            }
            Some(Kind::Record) => {
                let number = name
                    .strip_prefix("F_")
                    .and_then(|number| number.parse().ok());
                let place = number.and_then(|number| self.place(number));
                match place {
                    Some(place) => {
                        self.field = place;
                        self.text.clear();
                        Kind::Field
                    }
                    None => {
                        self.wrong(name);
                        Kind::Nothing
                    }
                }
            }
            Some(_) => {
                self.wrong(name);
                Kind::Nothing
            }
        };
        self.open.push(kind);
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        match (self.open.last(), name) {
            (Some(Kind::Whole), "separators") => match from_hex(value).as_deref() {
                Some([field, terminator, release]) => {
                    self.separators = Separators {
                        field: *field,
                        terminator: *terminator,
                        release: Some(*release).filter(|byte| *byte != 0),
                    };
                }
                _ => self.wrong(value),
            },
            (Some(Kind::Whole), "charset") => match Charset::for_label(value) {
                Some(charset) if self.chosen.is_none() => self.charset = charset,
                Some(_) => {}
                None => self.wrong(value),
            },
            (Some(Kind::Whole), "mark") => self.mark = value == "yes",
            (Some(Kind::Whole), "lines") => {
                self.line_break = match value {
                    "crlf" => "\r\n",
                    "none" => "",
                    _ => "\n",
                };
            }
            (Some(Kind::Field | Kind::Skipped), "b:hex") => {
                self.bytes = from_hex(value);
                if self.bytes.is_none() {
                    self.wrong(value);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        match self.open.last() {
            Some(Kind::Field | Kind::Skipped) => self.text.push_str(text),
            _ if text.trim().is_empty() => {}
            _ => self.wrong(text),
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        match self.open.pop() {
            Some(Kind::Field) => self.end_field(),
            Some(Kind::Record) => self.end_record()?,
            Some(Kind::Skipped) => {
                let text = std::mem::take(&mut self.text);
                let bytes = match self.bytes.take() {
                    Some(bytes) => bytes,
                    None => match self.charset.encode(&text) {
                        Some(bytes) => bytes.into_owned(),
                        None => text.into_bytes(),
                    },
                };
                if let Some(writer) = self.writer()? {
                    let raw = crate::flat::Raw {
                        offset: 0,
                        bytes: &bytes,
                    };
                    writer.piece(&Piece::Skipped(raw))?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn faults(&mut self) -> &mut Vec<Finding> {
        &mut self.faults
    }

    fn finish(&mut self) -> Result<()> {
        self.writer()?;
        match self.writer.take() {
            Some(writer) => writer.finish().map(|_| ()),
            None => Ok(()),
        }
    }
}
