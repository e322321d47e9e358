//! From events to UN/EDIFACT: the way back.

mod elements;

use std::io::Write;
use std::sync::Arc;

use super::event::{Sink, fault, fault_about, from_hex};
use super::names::{Definition, Definitions};
use super::service::{self, Una};
use crate::charset::Charset;
use crate::edifact::Separators;
use crate::finding::{Code, Finding};
use crate::sequence::pack_tag;
use crate::spec::declared::Declared;
use crate::{Error, Result};
use elements::MOST_EMPTY;

const GATHER: usize = 64 << 10;

/// Writes segments.
pub(super) struct ToEdifact<W> {
    sink: W,
    out: Vec<u8>,
    definitions: Definitions,
    definition: Option<Arc<Definition>>,
    chosen: Option<Charset>,
    charset: Charset,
    separators: Separators,
    syntax: u8,
    una: Option<Una>,
    fresh: bool,
    line_breaks: bool,
    open: Vec<Kind>,
    segment: Held,
    faults: Vec<Finding>,
}

/// What an open element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Container,
    Segment,
    Element,
    Component,
    Una,
    Raw,
    Nothing,
}

/// A segment that is being gathered.
#[derive(Debug, Default)]
struct Held {
    tag: String,
    /// By its name, not only by its tag.
    named: bool,
    nesting: Option<String>,
    separators: Option<Separators>,
    bytes: Option<Vec<u8>>,
    parts: Vec<Part>,
    text: String,
}

/// An element, or a component of the element before it.
#[derive(Debug, Default)]
struct Part {
    name: String,
    at: Option<usize>,
    component: bool,
    /// Its text in that of the segment.
    from: usize,
    to: usize,
    bytes: Option<Vec<u8>>,
}

impl<W: Write> ToEdifact<W> {
    pub(super) fn new(
        sink: W,
        definitions: Definitions,
        chosen: Option<Charset>,
        usual: Charset,
        line_breaks: bool,
    ) -> Self {
        Self {
            sink,
            out: Vec::new(),
            definitions,
            definition: None,
            chosen,
            charset: chosen.unwrap_or(usual),
            separators: Separators::default(),
            syntax: 3,
            una: None,
            fresh: true,
            line_breaks,
            open: Vec::new(),
            segment: Held::default(),
            faults: Vec::new(),
        }
    }

    fn give(&mut self) -> Result<()> {
        let told = |error| Error::io("output", error);
        self.sink.write_all(&self.out).map_err(told)?;
        self.out.clear();
        Ok(())
    }

    fn child_of_container(&mut self, name: &str) -> Result<Kind> {
        Ok(match name {
            "S_UNA" => {
                self.segment = Held::default();
                Kind::Una
            }
            "b:Una" | "b:Skipped" | "b:Object" => {
                self.segment = Held::default();
                self.segment.tag = name.to_owned();
                Kind::Raw
            }
            "b:Segment" => {
                self.segment = Held::default();
                Kind::Segment
            }
            "List" | "b:Message" => {
                self.definition = None;
                Kind::Container
            }
            _ => match name.get(..2) {
                Some("S_") => {
                    self.segment = Held::default();
                    self.segment.tag = name[2..].to_owned();
                    self.segment.named = true;
                    Kind::Segment
                }
                Some("M_") => {
                    self.definition = None;
                    Kind::Container
                }
                Some("G_") => Kind::Container,
                _ if self.open.is_empty() => {
                    return Err(Error::misuse(format!(
                        "<{name}> is no message of UN/EDIFACT by ISO/TS 20625; \
                         to make one of another message needs a map"
                    )));
                }
                _ => {
                    self.unknown_name(name);
                    Kind::Container
                }
            },
        })
    }

    #[cold]
    fn unknown_name(&mut self, name: &str) {
        let inside = match self.open.last() {
            Some(Kind::Segment | Kind::Element) => self.segment.tag.clone(),
            _ => "-".to_owned(),
        };
        self.faults
            .push(fault_about(Code::CONVERT_NAME, name).with_content("segment", inside));
    }

    /// The value of the first component of that name.
    fn component(&self, name: &str) -> &str {
        let found = self.segment.parts.iter().find(|part| part.name == name);
        found.map_or("", |part| &self.segment.text[part.from..part.to])
    }

    /// What the header of an interchange says of those to come.
    fn begin(&mut self, interchange: bool) {
        let tag = self.segment.tag.as_str();
        let interactive = matches!(tag, "UIB" | "UIH");
        let usual = if interactive { 4 } else { 3 };
        self.syntax = match self.component("D_0002").as_bytes() {
            [digit @ b'1'..=b'4', ..] if interchange => digit - b'0',
            _ => usual,
        };
        let una = self.una.take();
        self.separators = match self.segment.separators {
            Some(separators) => separators,
            None => service::derived(una.as_ref(), self.syntax),
        };
        if interchange && self.chosen.is_none() {
            let identifier = self.component("D_0001");
            if let Some(charset) = Charset::of_syntax_identifier(identifier.as_bytes()) {
                self.charset = charset;
            }
        }
    }

    fn end_segment(&mut self) -> Result<()> {
        let interchange = matches!(self.segment.tag.as_str(), "UNB" | "UIB");
        if interchange || std::mem::take(&mut self.fresh) {
            self.begin(interchange);
            self.fresh = false;
        }
        if matches!(self.segment.tag.as_str(), "UNH" | "UIH") {
            let declared = Declared {
                message: self.component("D_0065").to_owned(),
                version: self.component("D_0052").to_owned(),
                release: self.component("D_0054").to_owned(),
                agency: self.component("D_0051").to_owned(),
            };
            self.definition = self.definitions.message(&declared, self.syntax)?;
        }
        let held = std::mem::take(&mut self.segment);
        if let Some(bytes) = &held.bytes {
            self.out.extend_from_slice(bytes);
        } else {
            let definition = self.definition.clone();
            let service;
            let mut layout = None;
            if held.named {
                let plan = definition.as_deref().map(|definition| &definition.plan);
                let tag = plan.zip(pack_tag(held.tag.as_bytes()));
                let position = tag.and_then(|(plan, packed)| {
                    plan.tag(packed).map(|tag| plan.first_position(tag))
                });
                layout = match (&definition, position) {
                    (Some(definition), Some(position)) => Some(definition.layout(position)),
                    _ => {
                        service = self.definitions.segment(&held.tag, self.syntax)?;
                        service.as_deref()
                    }
                };
            }
            let usual =
                !held.tag.is_empty() && held.tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !usual {
                self.faults
                    .push(fault_about(Code::CONVERT_SHAPE, &held.tag));
            }
            self.out.extend_from_slice(held.tag.as_bytes());
            for part in held.nesting.iter().flat_map(|nesting| nesting.split(':')) {
                self.out.push(self.separators.component);
                self.out.extend_from_slice(part.as_bytes());
            }
            self.parts(&held, layout);
        }
        self.out.push(self.separators.terminator);
        if self.line_breaks {
            self.out.push(b'\n');
        }
        if matches!(held.tag.as_str(), "UNT" | "UIT") {
            self.definition = None;
        }
        if self.out.len() >= GATHER {
            return self.give();
        }
        Ok(())
    }

    fn end_una(&mut self) {
        let text: Vec<u8> = self.segment.text.bytes().collect();
        let mut bytes = b"UNA".to_vec();
        bytes.extend(text);
        match Una::new(&bytes) {
            Some(una) => {
                self.una = Some(una);
                self.out.extend_from_slice(&bytes);
                if self.line_breaks {
                    self.out.push(b'\n');
                }
            }
            None => {
                let text = std::mem::take(&mut self.segment.text);
                self.faults.push(fault_about(Code::CONVERT_SHAPE, &text));
            }
        }
        self.fresh = true;
    }

    fn end_raw(&mut self) {
        let held = std::mem::take(&mut self.segment);
        match &held.bytes {
            Some(bytes) => self.out.extend_from_slice(bytes),
            None => self.out.extend_from_slice(held.text.as_bytes()),
        }
        if held.tag == "b:Una" {
            self.fresh = true;
            self.una = None;
        }
    }

    fn hex(&mut self, value: &str) -> Option<Vec<u8>> {
        let bytes = from_hex(value);
        if bytes.is_none() {
            self.faults.push(fault_about(Code::CONVERT_SHAPE, value));
        }
        bytes
    }
}

impl<W: Write> Sink for ToEdifact<W> {
    fn start(&mut self, name: &str, _: bool) -> Result<()> {
        let kind = match self.open.last() {
            None | Some(Kind::Container) => self.child_of_container(name)?,
            Some(kind @ (Kind::Segment | Kind::Element)) => {
                let component = *kind == Kind::Element;
                let at = self.segment.text.len();
                self.segment.parts.push(Part {
                    name: name.to_owned(),
                    at: None,
                    component,
                    from: at,
                    to: at,
                    bytes: None,
                });
                if component {
                    Kind::Component
                } else {
                    Kind::Element
                }
            }
            Some(Kind::Una) => Kind::Una,
            Some(_) => {
                self.unknown_name(name);
                Kind::Nothing
            }
        };
        self.open.push(kind);
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        let Some(kind) = self.open.last().copied() else {
            return Ok(());
        };
        match (kind, name) {
            (Kind::Segment, "tag") if !self.segment.named => {
                value.clone_into(&mut self.segment.tag)
            }
            (Kind::Segment, "b:nesting") => {
                let good = value
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b':');
                match good {
                    true => self.segment.nesting = Some(value.to_owned()),
                    false => self.faults.push(fault_about(Code::CONVERT_SHAPE, value)),
                }
            }
            (Kind::Segment, "b:separators") => {
                self.segment.separators = service::read(value);
                if self.segment.separators.is_none() {
                    self.faults.push(fault_about(Code::CONVERT_SHAPE, value));
                }
            }
            (Kind::Segment | Kind::Raw, "b:hex") => self.segment.bytes = self.hex(value),
            (Kind::Element | Kind::Component, "b:hex") => {
                let bytes = self.hex(value);
                if let Some(part) = self.segment.parts.last_mut() {
                    part.bytes = bytes;
                }
            }
            (Kind::Element | Kind::Component, "at") => {
                let at = value.parse::<usize>().ok();
                let at = at.filter(|at| (1..=MOST_EMPTY).contains(at));
                match (at, self.segment.parts.last_mut()) {
                    (Some(at), Some(part)) => part.at = Some(at - 1),
                    _ => self.faults.push(fault_about(Code::CONVERT_SHAPE, value)),
                }
            }
            (Kind::Container, _) => {}
            _ if name.starts_with("xml") => {}
            _ => self.unknown_name(name),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        match self.open.last() {
            Some(Kind::Element | Kind::Component) => {
                self.segment.text.push_str(text);
                let to = self.segment.text.len();
                if let Some(part) = self.segment.parts.last_mut() {
                    // Text behind components belongs to none.
                    part.to = to;
                }
            }
            Some(Kind::Una | Kind::Raw) => self.segment.text.push_str(text),
            _ if text.trim().is_empty() => {}
            _ => self.faults.push(fault_about(Code::CONVERT_SHAPE, text)),
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        match self.open.pop() {
            Some(Kind::Segment) => self.end_segment()?,
            Some(Kind::Una) if self.open.last() != Some(&Kind::Una) => self.end_una(),
            Some(Kind::Raw) => self.end_raw(),
            _ => {}
        }
        Ok(())
    }

    fn faults(&mut self) -> &mut Vec<Finding> {
        &mut self.faults
    }

    fn finish(&mut self) -> Result<()> {
        if self.open.is_empty() && self.out.is_empty() && self.fresh {
            self.faults.push(fault(Code::EMPTY_INPUT));
        }
        self.give()?;
        self.sink
            .flush()
            .map_err(|error| Error::io("output", error))
    }
}
