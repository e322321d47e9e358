//! The same message in another syntax: UN/EDIFACT, XML, JSON, flat files.
//!
//! UN/EDIFACT in XML is ISO/TS 20625: `M_INVOIC`, `G_SG2`, `S_NAD`, `C_C082`, `D_3039`; the second of a
//! name in a segment or composite is `C_C206_2`, `D_3036_2`. Values are text without release
//! characters and without the line breaks of wrapped lines. Interchanges stand in `List`, with
//! `S_UNA`, `S_UNB`, `S_UNG`, `S_UNZ` beside the messages. A repetition (syntax version 4), or an
//! element that may stand in several places, is the same name again; an empty one stands only where
//! another of its name follows. What the standard has no name for is in the namespace
//! [`NAMESPACE`], prefix `b`:
//!
//! - `b:Message`: a message of which no definition is known.
//! - `b:Segment tag="XYZ"`: a segment without a place, where it came.
//! - `b:E at="3"`, in it `b:C at="2"`: an element or component by its number, counted from 1, where
//!   the definition has none, or one of another kind.
//! - `b:hex` on an element: bytes that no text of XML can stand for.
//! - `b:nesting` on a segment: explicit nesting, as `1:2`.
//! - `b:separators` on the first segment of an interchange: the service characters in the order of
//!   UNA, in hexadecimal, where UNA and syntax version do not tell them.
//! - `b:Una`, `b:Skipped`, `b:Object`: what is no segment, as text or as `hex`.
//!
//! The way back writes UNA where `S_UNA` stands and takes the separators from it; without it those
//! of the syntax version hold. Empty elements and components at the end of a segment are left out,
//! separators in values are released, nothing is counted anew.
//!
//! A flat file is `b:Flat` with records `R_10` and fields `F_2` by their numbers, one that stands several
//! times in a row so often; empty fields are left out but at the end and between those of one number.
//! Its form in JSON, and that of any XML, is told in [`json`].
//!
//! White space between elements of XML is layout, unless text stands beside it or `xml:space` says
//! otherwise; it is not carried over. CDATA sections and references become text.

pub(crate) mod buffer;
mod encoded;
pub(crate) mod event;
mod feed;
mod flat;
mod from_edifact;
pub mod json;
mod json_schema;
pub(crate) mod names;
mod places;
mod schema;
mod service;
pub(crate) mod slots;
mod to_edifact;
mod xml;

use std::io::{Read, Write};

use crate::charset::{Charset, Coding};
use crate::edifact::{self, Reader, transcode};
use crate::finding::tally::Tally;
use crate::finding::{Finding, Sink, Syntax};
use crate::flat::Reading;
use crate::span::Span;
use crate::spec::{Home, Specs};
use crate::{Error, Result};
use event::Sink as Events;
use flat::{Beginning, Rows, ToFlat};
use from_edifact::FromEdifact;
use json::{FromJson, ToJson};
pub use json_schema::{flat_json_schema, json_schema, message_json_schema};
use names::Definitions;
pub use names::NAMESPACE;
pub use places::Places;
use places::Placing;
pub use schema::xsd;
use to_edifact::ToEdifact;
use xml::{FromXml, ToDocument, ToXml};

/// What an input is to be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// UN/EDIFACT.
    Edifact,
    /// XML; of UN/EDIFACT by ISO/TS 20625.
    Xml,
    /// One document of JSON.
    Json,
    /// JSON Lines: each piece of an interchange, each record of a flat file a line.
    JsonLines,
    /// A flat file.
    Flat,
}

/// Settings of a conversion.
#[derive(Clone, Debug)]
pub struct Options {
    /// The definition of every message of UN/EDIFACT, whatever its header says.
    pub message: Option<(Box<str>, Home)>,
    /// The definition that whoever takes what is read is made for, as `CUSCAR@D95B`: that a message is of
    /// another directory is told.
    pub expected: Option<Box<str>>,
    /// The layout of a flat file, whatever it begins with.
    pub layout: Option<Box<str>>,
    /// The character set of UN/EDIFACT or of a flat file, read or written, whatever it says itself.
    pub charset: Option<Charset>,
    /// Whether UN/EDIFACT is written with a line feed behind every segment. Default no.
    pub line_breaks: bool,
    /// At most so many findings of one code are sent; the rest are counted. Default 1,000.
    pub most_findings: u64,
    /// Bounds of reading UN/EDIFACT.
    pub reading: edifact::Options,
    /// Bounds of reading XML.
    pub xml: crate::xml::Options,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            message: None,
            expected: None,
            layout: None,
            charset: None,
            line_breaks: false,
            most_findings: 1000,
            reading: edifact::Options::default(),
            xml: crate::xml::Options::default(),
        }
    }
}

/// What was converted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Interchanges of UN/EDIFACT.
    pub interchanges: u64,
    /// Messages of UN/EDIFACT; 1 for a document or flat file that holds something.
    pub messages: u64,
    /// Bytes of input.
    pub bytes: u64,
    /// Findings of severity error.
    pub errors: u64,
    /// Findings of severity warning.
    pub warnings: u64,
    /// Findings of severity hint.
    pub hints: u64,
}

/// Converts inputs by specs.
///
/// ```
/// use baowen::convert::{Converter, Format, Options};
/// use baowen::finding::Syntax;
/// use baowen::spec::Specs;
///
/// let converter = Converter::new(&Specs::base(), Options::default());
/// let (mut xml, mut findings) = (Vec::new(), Vec::new());
/// let input = b"UNH+1+CUSCAR:D:95B:UN'BGM+85+M?'1'UNT+3+1'";
/// converter.slice(input, Syntax::Edifact, Format::Xml, &mut xml, &mut findings)?;
/// let xml = String::from_utf8(xml).unwrap();
/// assert!(xml.contains("<S_BGM><C_C002><D_1001>85</D_1001></C_C002><D_1004>M'1</D_1004></S_BGM>"));
/// let mut back = Vec::new();
/// converter.slice(xml.as_bytes(), Syntax::Xml, Format::Edifact, &mut back, &mut findings)?;
/// assert_eq!(back, input);
/// # Ok::<(), baowen::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Converter {
    specs: Specs,
    options: Options,
}

/// Bytes of a flat file looked at for its layout and character set.
const SIGHT: u64 = 1 << 20;

impl Converter {
    /// A converter for `specs`.
    #[must_use]
    pub fn new(specs: &Specs, options: Options) -> Self {
        Self {
            specs: specs.clone(),
            options,
        }
    }

    /// Whether an input of that syntax can be written in that format without a map.
    #[must_use]
    pub fn can(from: Syntax, to: Format) -> bool {
        !matches!(
            (from, to),
            (Syntax::Edifact, Format::Edifact | Format::Flat)
                | (Syntax::Flat, Format::Flat | Format::Edifact)
                | (Syntax::Xml, Format::Xml)
        )
    }

    fn refuse(from: Syntax, to: Format) -> Result<()> {
        if Self::can(from, to) {
            return Ok(());
        }
        let same = matches!(
            (from, to),
            (Syntax::Edifact, Format::Edifact)
                | (Syntax::Flat, Format::Flat)
                | (Syntax::Xml, Format::Xml)
        );
        Err(Error::misuse(if same {
            "the input is of that syntax already; `baowen fmt` lays it out anew"
        } else {
            "a flat file and UN/EDIFACT have no names in common: that conversion needs a map"
        }))
    }

    /// Converts bytes at hand, as [`read`](Self::read) does a stream.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn slice(
        &self,
        input: &[u8],
        from: Syntax,
        to: Format,
        out: impl Write,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        Self::refuse(from, to)?;
        match from {
            Syntax::Edifact => match self.transcoded(input) {
                Some(coding) => self.as_utf8(input, coding, sink, |inner, reader, sink| {
                    inner.edifact(reader, to, out, sink)
                }),
                None => {
                    let reader = Reader::with_options(input, self.options.reading);
                    self.edifact(reader, to, out, sink)
                }
            },
            _ => self.read(input, from, to, out, sink),
        }
    }

    /// Converts a stream of syntax `from` and writes it to `out` as it goes, in memory that does
    /// not grow with it (but for UTF-16 and ISO 2022, which are taken in whole). What the input
    /// holds wrong, and what could not be said in the other syntax as it was, goes to `sink`;
    /// what no name is known for is written too, in the ways that the room's page tells.
    ///
    /// # Errors
    /// When reading or writing fails, a spec is broken, or there is no such conversion: between
    /// UN/EDIFACT and flat files, and from XML or JSON that is no UN/EDIFACT (or flat file) to that.
    pub fn read(
        &self,
        mut input: impl Read,
        from: Syntax,
        to: Format,
        out: impl Write,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        Self::refuse(from, to)?;
        let told = |error| Error::io("input", error);
        match from {
            Syntax::Edifact => {
                let mut start = Vec::new();
                let sight = input.by_ref().take(transcode::SIGHT as u64);
                { sight }.read_to_end(&mut start).map_err(told)?;
                if let Some(coding) = self.transcoded(&start) {
                    input.read_to_end(&mut start).map_err(told)?;
                    return self.as_utf8(&start, coding, sink, |inner, reader, sink| {
                        inner.edifact(reader, to, out, sink)
                    });
                }
                let input = start.as_slice().chain(input);
                let reader = Reader::from_read(input, self.options.reading);
                self.edifact(reader, to, out, sink)
            }
            Syntax::Flat => {
                let mut start = Vec::new();
                let sight = input.by_ref().take(SIGHT);
                { sight }.read_to_end(&mut start).map_err(told)?;
                let whole = start.as_slice().chain(input);
                self.flat(&start, whole, to, out, sink)
            }
            Syntax::Xml => match to {
                Format::Edifact => {
                    let mut out = self.to_edifact(out)?;
                    self.xml(input, &mut out, true, sink)
                }
                Format::Flat => self.xml(input, &mut self.to_flat(out)?, true, sink),
                Format::Xml => Err(Error::misuse("refused before")),
                Format::Json | Format::JsonLines => {
                    let mut out = ToJson::new(out, to == Format::JsonLines);
                    self.xml(input, &mut out, false, sink)
                }
            },
            Syntax::Json => match to {
                Format::Edifact => {
                    let mut out = self.to_edifact(out)?;
                    self.json(input, &mut out, sink)
                }
                Format::Flat => self.json(input, &mut self.to_flat(out)?, sink),
                Format::Xml => {
                    let writer = crate::xml::Writer::new(out);
                    self.json(input, &mut ToDocument::new(writer), sink)
                }
                Format::Json | Format::JsonLines => {
                    let mut out = ToJson::new(out, to == Format::JsonLines);
                    self.json(input, &mut out, sink)
                }
            },
        }
    }

    /// Converts a document of JSON to XML, as [`read`](Self::read) does, and tells where in the JSON
    /// each element and attribute stood, so that findings about the XML can be told of the JSON. Memory
    /// grows with the document.
    ///
    /// # Errors
    /// When reading or writing fails.
    pub fn json_places(
        &self,
        input: impl Read,
        out: impl Write,
        sink: &mut dyn Sink,
    ) -> Result<(Totals, Places)> {
        let mut places = Places::default();
        let writer = crate::xml::Writer::new(out);
        let mut placing = Placing::new(ToDocument::new(writer), &mut places);
        let totals = self.json(input, &mut placing, sink)?;
        Ok((totals, places))
    }

    fn definitions(&self) -> Definitions {
        Definitions::new(&self.specs, self.options.message.clone())
    }

    fn usual(label: &str) -> Result<Charset> {
        Charset::for_label(label).ok_or_else(|| Error::misuse(format!("no character set {label}")))
    }

    fn to_edifact<W: Write>(&self, out: W) -> Result<ToEdifact<W>> {
        let usual = Self::usual("UNOC")?;
        let line_breaks = self.options.line_breaks;
        Ok(ToEdifact::new(
            out,
            self.definitions(),
            self.options.charset,
            usual,
            line_breaks,
        ))
    }

    fn to_flat<W: Write>(&self, out: W) -> Result<ToFlat<W>> {
        let usual = Self::usual("gb18030")?;
        Ok(ToFlat::new(out, self.options.charset, usual))
    }

    /// How an input has to be transcoded.
    fn transcoded(&self, start: &[u8]) -> Option<Coding> {
        match self.options.charset {
            Some(charset) => charset.transcoded(),
            None => transcode::detect(start),
        }
    }

    /// Has an input read as UTF-8; what `reading` finds is told of the bytes of the original.
    fn as_utf8(
        &self,
        input: &[u8],
        coding: Coding,
        sink: &mut dyn Sink,
        reading: impl FnOnce(&Self, Reader<'_>, &mut dyn Sink) -> Result<Totals>,
    ) -> Result<Totals> {
        let transcoded = transcode::Transcoded::new(input, coding);
        let mut errors = 0;
        for finding in transcoded.findings(input, coding) {
            errors += 1;
            sink.finding(finding);
        }
        let mut back = |mut finding: Finding| {
            let start = transcoded.original(finding.span.start);
            let end = transcoded.original(finding.span.end());
            finding.span = Span::new(start, end - start);
            sink.finding(finding);
        };
        let inner = Self {
            options: Options {
                charset: Charset::for_label("utf-8"),
                ..self.options.clone()
            },
            specs: self.specs.clone(),
        };
        let reader = Reader::with_options(&transcoded.text, self.options.reading);
        let mut totals = reading(&inner, reader, &mut back)?;
        totals.bytes = input.len() as u64;
        totals.errors += errors;
        Ok(totals)
    }

    fn edifact(
        &self,
        reader: Reader<'_>,
        to: Format,
        out: impl Write,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        let tally = Tally::new(sink, self.options.most_findings, Syntax::Edifact);
        let mut definitions = self.definitions();
        let usual = Self::usual("UNOC")?;
        if to == Format::Xml {
            let mut out = ToXml::new(out);
            let from = FromEdifact::new(
                reader,
                &mut definitions,
                &mut out,
                tally,
                &self.options,
                usual,
            );
            return from.run();
        }
        let mut out = ToJson::new(out, to == Format::JsonLines);
        let from = FromEdifact::new(
            reader,
            &mut definitions,
            &mut out,
            tally,
            &self.options,
            usual,
        );
        from.run()
    }

    fn flat(
        &self,
        start: &[u8],
        input: impl Read,
        to: Format,
        out: impl Write,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        let (layout, charset) = (self.options.layout.as_deref(), self.options.charset);
        let mut reading = Reading::of(start, &self.specs, layout, charset)?;
        reading.options.longest_record = self.options.reading.longest_segment;
        let line_break = match memchr::memchr(b'\n', start) {
            Some(at) if at > 0 && start[at - 1] == b'\r' => "\r\n",
            Some(_) => "\n",
            None => "",
        };
        let beginning = Beginning {
            separators: reading.options.separators,
            charset: reading.charset,
            rows: Rows::of(&self.specs, &reading.message)?,
            message: reading.message,
            line_break,
            mark: start.starts_with(b"\xEF\xBB\xBF"),
        };
        let reader = crate::flat::Reader::from_read(input, reading.options);
        let tally = Tally::new(sink, self.options.most_findings, Syntax::Flat);
        if to == Format::Xml {
            let mut out = ToXml::new(out);
            return flat::from_flat(reader, &beginning, &mut out, tally);
        }
        let mut out = ToJson::new(out, to == Format::JsonLines);
        flat::from_flat(reader, &beginning, &mut out, tally)
    }

    fn xml<S: Events>(
        &self,
        input: impl Read,
        out: &mut S,
        local: bool,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        let mut options = self.options.xml.clone();
        options.most_findings = self.options.most_findings;
        let mut from = FromXml::new(out, local);
        let counts = crate::xml::read_stream(input, &options, &mut from, sink)?;
        from.finish()?;
        out.finish()?;
        let mut totals = Totals {
            messages: u64::from(counts.elements > 0),
            bytes: counts.bytes,
            errors: counts.errors,
            warnings: counts.warnings,
            hints: counts.hints,
            ..Totals::default()
        };
        for mut finding in std::mem::take(out.faults()) {
            finding.syntax = Syntax::Xml;
            finding.span = Span::at(counts.bytes);
            totals.errors += 1;
            sink.finding(finding);
        }
        Ok(totals)
    }

    fn json<S: Events>(
        &self,
        input: impl Read,
        out: &mut S,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        let tally = Tally::new(sink, self.options.most_findings, Syntax::Json);
        let (bytes, tally) = FromJson::new(input, out, tally).run()?;
        Ok(Totals {
            messages: u64::from(bytes > 0),
            bytes,
            errors: tally.errors,
            warnings: tally.warnings,
            hints: tally.hints,
            ..Totals::default()
        })
    }
}
