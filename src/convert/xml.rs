//! XML: to and from events.

use std::io::Write;

use super::buffer::Buffer;
use super::event::{Sink, fault_about, is_text, to_hex};
use super::names::{Layout, NAMESPACE, Name, breaks};
use crate::edifact::Segment;
use crate::finding::{Code, Finding};
use crate::xml::{Handler, SIGNATURE, Scene, Start, Writer};
use crate::{Error, Result};

/// Writes events whose names are known to be names of XML: segments one a line.
pub(super) struct ToXml<W> {
    sink: W,
    out: Buffer,
    /// End tags of the open elements, one after the other, and where each begins.
    ends: Buffer,
    begins: Vec<u32>,
    /// The last byte ends a start tag.
    in_tag: bool,
    /// Elements stand a line each, and the last thing written was an end tag.
    laid_out: bool,
    ended: bool,
    faults: Vec<Finding>,
}

impl<W: Write> ToXml<W> {
    pub(super) fn new(sink: W) -> Self {
        Self::declaring(sink, "UTF-8")
    }

    /// One whose XML declaration names an encoding, which `sink` sees to.
    pub(super) fn declaring(sink: W, encoding: &str) -> Self {
        let mut out = Buffer::new();
        out.put(format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n").as_bytes());
        Self {
            sink,
            out,
            ends: Buffer::new(),
            begins: Vec::new(),
            in_tag: false,
            laid_out: false,
            ended: false,
            faults: Vec::new(),
        }
    }

    /// With every element on a line of its own, indented by its depth.
    pub(super) fn laid_out(mut self) -> Self {
        self.laid_out = true;
        self
    }

    #[inline]
    fn hand_on(&mut self) -> Result<()> {
        match self.out.is_full() {
            true => self.out.give(&mut self.sink),
            false => Ok(()),
        }
    }
}

impl<W: Write> Sink for ToXml<W> {
    fn start(&mut self, name: &str, _: bool) -> Result<()> {
        if self.laid_out {
            if !self.begins.is_empty() {
                self.out.line(self.begins.len());
            }
            self.out.push(b'<');
            self.out.put(name.as_bytes());
            self.out.push(b'>');
            self.begins.push(self.ends.len() as u32);
            self.ends.put(b"</");
            self.ends.put(name.as_bytes());
            self.ends.push(b'>');
            (self.in_tag, self.ended) = (true, false);
            return Ok(());
        }
        let (before, behind) = breaks(name);
        self.out.put(before.as_bytes());
        self.out.push(b'<');
        self.out.put(name.as_bytes());
        self.out.push(b'>');
        self.begins.push(self.ends.len() as u32);
        self.ends.put(behind.as_bytes());
        self.ends.put(b"</");
        self.ends.put(name.as_bytes());
        self.ends.push(b'>');
        self.in_tag = true;
        Ok(())
    }

    #[inline]
    fn start_known(&mut self, name: &Name) -> Result<()> {
        if name.long {
            return self.start(&name.text, name.many);
        }
        self.out.tag(&name.open);
        self.begins.push(self.ends.len() as u32);
        self.ends.tag(&name.close);
        self.in_tag = true;
        Ok(())
    }

    #[inline]
    fn open(&mut self, name: &Name) -> Result<()> {
        if name.long {
            return self.start(&name.text, name.many);
        }
        self.out.tag(&name.open);
        self.in_tag = false;
        Ok(())
    }

    #[inline]
    fn close(&mut self, name: &Name) -> Result<()> {
        if name.long {
            return self.end();
        }
        self.out.tag(&name.close);
        self.in_tag = false;
        self.hand_on()
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        self.out.pop();
        self.out.push(b' ');
        self.out.put(name.as_bytes());
        self.out.put(b"=\"");
        self.out.escaped(value, true);
        self.out.put(b"\">");
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        self.in_tag &= text.is_empty();
        self.out.escaped(text, false);
        Ok(())
    }

    #[inline]
    fn end(&mut self) -> Result<()> {
        let begin = self.begins.pop().unwrap_or(0) as usize;
        if self.in_tag {
            self.out.pop();
            self.out.put(b"/>");
            self.in_tag = false;
        } else {
            if self.laid_out && self.ended {
                self.out.line(self.begins.len());
            }
            self.out.put(self.ends.from(begin).unwrap_or_default());
        }
        self.ended = true;
        self.ends.cut(begin);
        self.hand_on()
    }

    #[inline]
    fn plain_segment(
        &mut self,
        layout: &Layout,
        segment: &Segment<'_>,
        _: Option<&str>,
    ) -> Result<bool> {
        let Some(slots) = &layout.slots else {
            return Ok(false);
        };
        if !slots.write(&mut self.out, segment) {
            return Ok(false);
        }
        self.in_tag = false;
        self.hand_on()?;
        Ok(true)
    }

    #[inline]
    fn plain_leaf(&mut self, name: &Name, data: &[u8], from: usize, to: usize) -> Result<()> {
        if name.long {
            self.start(&name.text, name.many)?;
            self.in_tag = false;
            self.out.put(&data[from..to]);
            return self.end();
        }
        self.out.tag(&name.open);
        self.out.put(&data[from..to]);
        self.out.tag(&name.close);
        self.in_tag = false;
        Ok(())
    }

    fn faults(&mut self) -> &mut Vec<Finding> {
        &mut self.faults
    }

    fn finish(&mut self) -> Result<()> {
        self.out.push(b'\n');
        self.out.give(&mut self.sink)?;
        self.sink
            .flush()
            .map_err(|error| Error::io("output", error))
    }
}

/// Writes any events as a document.
pub(super) struct ToDocument<W: Write> {
    writer: Option<Writer<W>>,
    /// For each open element whether it was written.
    open: Vec<bool>,
    /// Pieces stand inside an element that was put around them.
    wrapped: bool,
    any: bool,
    /// The root may be the first line of JSON Lines; it holds something.
    of_pieces: bool,
    filled: bool,
    faults: Vec<Finding>,
}

impl<W: Write> ToDocument<W> {
    pub(super) fn new(writer: Writer<W>) -> Self {
        Self {
            writer: Some(writer),
            open: Vec::new(),
            wrapped: false,
            any: false,
            of_pieces: false,
            filled: false,
            faults: Vec::new(),
        }
    }

    /// Writes the declaration, before all else; whether this was the first element.
    fn begin(&mut self) -> Result<bool> {
        if std::mem::replace(&mut self.any, true) {
            return Ok(false);
        }
        self.put("", Writer::declaration)
    }

    /// Has the writer do something; whether it could. What it refuses is a finding.
    fn put(&mut self, about: &str, act: impl FnOnce(&mut Writer<W>) -> Result<()>) -> Result<bool> {
        let Some(writer) = &mut self.writer else {
            return Ok(false);
        };
        match act(writer) {
            Ok(()) => Ok(true),
            Err(error) if error.is_io() => Err(error),
            Err(_) => {
                self.faults.push(fault_about(Code::CONVERT_SHAPE, about));
                Ok(false)
            }
        }
    }
}

impl<W: Write> Sink for ToDocument<W> {
    fn start(&mut self, name: &str, _: bool) -> Result<()> {
        if self.open.is_empty() {
            if self.begin()? {
                // Pieces of JSON Lines have nothing around them.
                let piece = name.starts_with("S_") || name.starts_with("b:") && name != "b:Flat";
                if piece {
                    self.wrapped = true;
                    self.put("List", |writer| writer.start("List"))?;
                    self.put("List", |writer| writer.attribute("xmlns:b", NAMESPACE))?;
                }
            }
            if self.wrapped {
                self.put(name, |writer| writer.text("\n"))?;
            }
        }
        self.filled |= self.wrapped || !self.open.is_empty();
        if self.open.is_empty() && !self.wrapped {
            self.of_pieces = matches!(name, "List" | "b:Flat");
        }
        let written = self.put(name, |writer| writer.start(name))?;
        self.open.push(written);
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        if self.open.last() == Some(&true) {
            self.put(value, |writer| writer.attribute(name, value))?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        if self.open.last() == Some(&false) && text.trim().is_empty() {
            return Ok(());
        }
        if is_text(text) {
            self.put(text, |writer| writer.text(text))?;
        } else {
            self.faults.push(fault_about(Code::CONVERT_BYTES, text));
            let hex = to_hex(text.as_bytes());
            self.put(text, |writer| writer.attribute("b:hex", &hex))?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let written = self.open.pop() == Some(true);
        if self.open.is_empty() && self.of_pieces && !self.filled {
            // The first line of JSON Lines: the others stand inside.
            self.wrapped = true;
        } else if written {
            self.put("", Writer::end)?;
        }
        Ok(())
    }

    fn comment(&mut self, text: &str) -> Result<()> {
        self.begin()?;
        self.filled = true;
        self.put(text, |writer| writer.comment(text)).map(|_| ())
    }

    fn instruction(&mut self, text: &str) -> Result<()> {
        self.begin()?;
        self.filled = true;
        self.put(text, |writer| writer.instruction(text))
            .map(|_| ())
    }

    fn faults(&mut self) -> &mut Vec<Finding> {
        &mut self.faults
    }

    fn finish(&mut self) -> Result<()> {
        if self.wrapped {
            self.put("List", |writer| writer.text("\n"))?;
            self.put("List", Writer::end)?;
        }
        let Some(writer) = self.writer.take() else {
            return Ok(());
        };
        match writer.finish() {
            Ok(mut sink) => {
                let end = sink.write_all(b"\n").and_then(|()| sink.flush());
                end.map_err(|error| Error::io("output", error))
            }
            Err(error) if error.is_io() => Err(error),
            // The input had no root element, which was told.
            Err(_) => Ok(()),
        }
    }
}

/// Gives on what a document holds.
pub(super) struct FromXml<'o, S: Sink + ?Sized> {
    out: &'o mut S,
    /// Whether names are those of ISO/TS 20625, whatever their prefix.
    local: bool,
    frames: Vec<Frame>,
    /// White space that may be layout.
    blank: String,
    comment: String,
    error: Option<Error>,
}

#[derive(Clone, Copy, Default)]
struct Frame {
    /// Text stands in it, or its white space is to be kept.
    mixed: bool,
    preserve: bool,
    /// Something that is no text stands in it.
    filled: bool,
}

impl<'o, S: Sink + ?Sized> FromXml<'o, S> {
    pub(super) fn new(out: &'o mut S, local: bool) -> Self {
        Self {
            out,
            local,
            frames: Vec::new(),
            blank: String::new(),
            comment: String::new(),
            error: None,
        }
    }

    /// Ends the elements that the document left open.
    pub(super) fn finish(mut self) -> Result<()> {
        while self.frames.pop().is_some() {
            let ended = self.out.end();
            self.keep(ended);
        }
        match self.error {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn keep(&mut self, result: Result<()>) {
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }

    fn child(&mut self) {
        self.blank.clear();
        if let Some(frame) = self.frames.last_mut() {
            frame.filled = true;
        }
    }

    #[inline]
    fn tell(&mut self, at: u64, len: u64, scene: &mut Scene<'_, '_>) {
        if self.out.faults().is_empty() {
            return;
        }
        for held in std::mem::take(self.out.faults()) {
            scene.report(held.code, at, len, |finding| Finding {
                args: held.args,
                value: held.value,
                ..finding
            });
        }
    }
}

impl<S: Sink + ?Sized> Handler for FromXml<'_, S> {
    fn start(&mut self, start: &Start<'_>, scene: &mut Scene<'_, '_>) {
        if self.error.is_some() {
            return;
        }
        self.child();
        if self.out.asks_places() {
            let (at, len) = start.place();
            let place = scene.remember(at, len);
            self.out.place(place.span, place.at);
        }
        let held;
        let name = match self.local {
            false => start.name(),
            true if start.namespace() == NAMESPACE => {
                held = format!("b:{}", start.local());
                &held
            }
            true => start.local(),
        };
        let begun = self.out.start(name, false);
        self.keep(begun);
        // Who asks for places tells of signatures by itself.
        if start.local() == "Signature" && start.namespace() == SIGNATURE && !self.out.asks_places()
        {
            let (at, len) = start.place();
            scene.report(Code::CONVERT_SIGNATURE, at, len, |finding| finding);
        }
        let mut preserve = self.frames.last().is_some_and(|frame| frame.preserve);
        for (name, value) in start.attributes() {
            match (name, value) {
                ("xml:space", "preserve") => preserve = true,
                ("xml:space", _) => preserve = false,
                _ => {}
            }
            let held;
            let name = match name.split_once(':') {
                Some((prefix, rest)) if self.local && start.is_bound(prefix, NAMESPACE) => {
                    held = format!("b:{rest}");
                    &held
                }
                _ => name,
            };
            let put = self.out.attribute(name, value);
            self.keep(put);
        }
        self.frames.push(Frame {
            mixed: preserve,
            preserve,
            filled: false,
        });
        let (at, len) = start.place();
        self.tell(at, len, scene);
    }

    fn text(&mut self, text: &str, at: u64, len: u64, scene: &mut Scene<'_, '_>) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        if self.error.is_some() {
            return;
        }
        let is_blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        if !frame.mixed && text.chars().all(is_blank) {
            self.blank.push_str(text);
            return;
        }
        frame.mixed = true;
        if !self.blank.is_empty() {
            let blank = std::mem::take(&mut self.blank);
            let put = self.out.text(&blank);
            self.keep(put);
        }
        let put = self.out.text(text);
        self.keep(put);
        self.tell(at, len, scene);
    }

    fn end(&mut self, at: u64, len: u64, scene: &mut Scene<'_, '_>) {
        if self.error.is_some() {
            return;
        }
        let frame = self.frames.pop().unwrap_or_default();
        if !frame.filled && !self.blank.is_empty() {
            let blank = std::mem::take(&mut self.blank);
            let put = self.out.text(&blank);
            self.keep(put);
        }
        self.blank.clear();
        let ended = self.out.end();
        self.keep(ended);
        self.tell(at, len, scene);
    }

    fn comment(&mut self, text: &str, last: bool) {
        self.comment.push_str(text);
        if last && self.error.is_none() {
            self.child();
            let comment = std::mem::take(&mut self.comment);
            let put = self.out.comment(&comment);
            self.keep(put);
        }
    }

    fn instruction(&mut self, text: &str) {
        if self.error.is_none() {
            self.child();
            let put = self.out.instruction(text);
            self.keep(put);
        }
    }
}
