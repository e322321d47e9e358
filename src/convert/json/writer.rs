//! From events to JSON.

use std::io::Write;

use rustc_hash::FxHashMap;

use super::super::event::Sink;
use crate::finding::Finding;
use crate::{Error, Result};

/// Bytes gathered before they are handed on, if nothing in them is open to change.
const GATHER: usize = 64 << 10;
/// An element whose JSON is longer is written as an array, without waiting for what follows.
const LONGEST: usize = 256 << 10;

/// Writes JSON, or JSON Lines.
pub(in super::super) struct ToJson<W> {
    sink: W,
    lines: bool,
    out: Vec<u8>,
    /// Offset of the first byte of `out` in all that is written.
    base: u64,
    frames: Vec<Frame>,
    /// Frames that are done with, to be used again.
    spare: Vec<Frame>,
    /// Text of the innermost element that was not written yet.
    text: String,
    faults: Vec<Finding>,
}

#[derive(Default)]
struct Frame {
    /// A brace was written.
    object: bool,
    any: bool,
    /// The name of the run that is open, whether its array is, and where its bracket would stand.
    run: String,
    running: bool,
    array: bool,
    mark: u64,
    /// How many runs of each name there were.
    runs: FxHashMap<Box<str>, u32>,
}

impl Frame {
    fn clear(&mut self) {
        (self.object, self.any, self.running, self.array) = (false, false, false, false);
        self.run.clear();
        if !self.runs.is_empty() {
            self.runs = FxHashMap::default();
        }
    }
}

impl<W: Write> ToJson<W> {
    pub(in super::super) fn new(sink: W, lines: bool) -> Self {
        let mut made = Self {
            sink,
            lines,
            out: Vec::new(),
            base: 0,
            frames: Vec::new(),
            spare: Vec::new(),
            text: String::new(),
            faults: Vec::new(),
        };
        made.frames.push(Frame::default());
        made
    }

    fn give(&mut self, len: usize) -> Result<()> {
        let told = |error| Error::io("output", error);
        self.sink.write_all(&self.out[..len]).map_err(told)?;
        self.out.drain(..len);
        self.base += len as u64;
        Ok(())
    }

    /// Hands on what nothing can change any more.
    fn hand_on(&mut self) -> Result<()> {
        let end = self.base + self.out.len() as u64;
        let mut first = end;
        for frame in &mut self.frames {
            if !frame.running || frame.array {
                continue;
            }
            if end - frame.mark > LONGEST as u64 {
                self.out[(frame.mark - self.base) as usize] = b'[';
                frame.array = true;
            } else {
                first = first.min(frame.mark);
            }
        }
        let ready = (first - self.base) as usize;
        if ready >= GATHER || first == end {
            return self.give(ready);
        }
        Ok(())
    }

    /// Begins a member of the innermost element: after this its value is written.
    fn member(&mut self, name: &str, many: bool) -> Result<()> {
        self.flush_text();
        self.member_only(name, many);
        if self.out.len() >= GATHER {
            self.hand_on()?;
        }
        Ok(())
    }

    fn member_only(&mut self, name: &str, many: bool) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        if !frame.object {
            frame.object = true;
            self.out.push(b'{');
        }
        if frame.running && frame.run == name {
            if !frame.array {
                self.out[(frame.mark - self.base) as usize] = b'[';
                frame.array = true;
            }
            self.out.push(b',');
            return;
        }
        if frame.running {
            if frame.array {
                self.out.push(b']');
            }
            match frame.runs.get_mut(frame.run.as_str()) {
                Some(count) => *count += 1,
                None => {
                    frame.runs.insert(frame.run.as_str().into(), 1);
                }
            }
        }
        if std::mem::replace(&mut frame.any, true) {
            self.out.push(b',');
        }
        frame.run.clear();
        frame.run.push_str(name);
        let before = frame.runs.get(name).copied().unwrap_or(0);
        self.out.push(b'"');
        escape(name, &mut self.out);
        if before > 0 {
            self.out
                .extend_from_slice(format!("#{}", before + 1).as_bytes());
        }
        self.out.extend_from_slice(b"\":");
        frame.running = true;
        frame.array = many;
        frame.mark = self.base + self.out.len() as u64;
        self.out.push(if many { b'[' } else { b' ' });
    }

    fn flush_text(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        self.member_only("#text", false);
        string(&text, &mut self.out);
        self.text = text;
        self.text.clear();
    }

    fn aside(&mut self, name: &str, text: &str) -> Result<()> {
        self.root();
        self.member(name, false)?;
        string(text, &mut self.out);
        Ok(())
    }

    /// At the beginning of a document nothing is open; one a line is a document of its own.
    fn root(&mut self) {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
    }

    fn close(&mut self) {
        let Some(mut frame) = self.frames.pop() else {
            return;
        };
        if frame.object {
            if frame.running && frame.array {
                self.out.push(b']');
            }
            self.out.push(b'}');
        }
        frame.clear();
        self.spare.push(frame);
    }
}

impl<W: Write> Sink for ToJson<W> {
    fn start(&mut self, name: &str, many: bool) -> Result<()> {
        let root = self.frames.len() <= 1;
        self.root();
        self.member(name, many && !root)?;
        let frame = self.spare.pop().unwrap_or_default();
        self.frames.push(frame);
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        let Some(frame) = self.frames.last_mut() else {
            return Ok(());
        };
        self.out.push(if frame.object { b',' } else { b'{' });
        (frame.object, frame.any) = (true, true);
        self.out.extend_from_slice(b"\"@");
        escape(name, &mut self.out);
        self.out.extend_from_slice(b"\": ");
        string(value, &mut self.out);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        self.text.push_str(text);
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if self.frames.last().is_some_and(|frame| frame.object) {
            self.flush_text();
        } else {
            string(&self.text, &mut self.out);
            self.text.clear();
        }
        self.close();
        if self.lines && self.frames.len() == 1 {
            self.close();
            self.out.push(b'\n');
        }
        if self.out.len() >= GATHER {
            return self.hand_on();
        }
        Ok(())
    }

    fn begin_pieces(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<()> {
        self.start(name, false)?;
        for (name, value) in attributes {
            self.attribute(name, value)?;
        }
        if self.lines {
            self.end()?;
        }
        Ok(())
    }

    fn end_pieces(&mut self) -> Result<()> {
        if self.lines {
            return Ok(());
        }
        self.end()
    }

    fn comment(&mut self, text: &str) -> Result<()> {
        self.aside("#comment", text)
    }

    fn instruction(&mut self, text: &str) -> Result<()> {
        self.aside("#pi", text)
    }

    fn faults(&mut self) -> &mut Vec<Finding> {
        &mut self.faults
    }

    fn finish(&mut self) -> Result<()> {
        if let Some(frame) = self.frames.first()
            && frame.object
        {
            self.close();
            self.out.push(b'\n');
        }
        self.give(self.out.len())?;
        self.sink
            .flush()
            .map_err(|error| Error::io("output", error))
    }
}

fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    escape(text, out);
    out.push(b'"');
}

fn escape(text: &str, out: &mut Vec<u8>) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            // Terminals obey DEL too.
            0..0x20 | 0x7F => b"",
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[from..at]);
        from = at + 1;
        if escaped.is_empty() {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.extend_from_slice(escaped);
        }
    }
    out.extend_from_slice(&text.as_bytes()[from..]);
}
