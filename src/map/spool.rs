//! Events that are kept until what stands before them is known: in memory, then in a file.

use std::cell::RefCell;
use std::io::{Read, Seek, SeekFrom, Write};
use std::rc::Rc;

use super::emit::Out;
use super::side::FieldId;
use crate::convert::event::Sink;
use crate::finding::Finding;
use crate::{Error, Result};

/// A spool that its writer and its reader hold.
#[derive(Clone, Default)]
pub(super) struct Shared(Rc<RefCell<Spool>>, Vec<Finding>);

impl Shared {
    /// Hands all events on.
    pub(super) fn replay(self, out: &mut Out<'_>) -> Result<()> {
        self.0.take().replay(out)
    }

    /// The element or attribute that is told next is of that field.
    pub(super) fn is_of(&mut self, field: FieldId) -> Result<()> {
        let mut spool = self.0.borrow_mut();
        spool.put(b'#', field.to_string().as_str())
    }
}

/// Bytes that are kept in memory.
const MOST: usize = 8 << 20;

/// Keeps events.
#[derive(Default)]
struct Spool {
    bytes: Vec<u8>,
    file: Option<std::fs::File>,
}

impl Spool {
    fn put(&mut self, kind: u8, text: &str) -> Result<()> {
        self.bytes.push(kind);
        self.bytes
            .extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
        if self.bytes.len() < MOST {
            return Ok(());
        }
        let told = |error| Error::io("temporary file", error);
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile().map_err(told)?),
        };
        file.write_all(&self.bytes).map_err(told)?;
        self.bytes.clear();
        Ok(())
    }

    fn replay(mut self, out: &mut Out<'_>) -> Result<()> {
        let told = |error| Error::io("temporary file", error);
        let mut names = Vec::new();
        if let Some(mut file) = self.file.take() {
            file.seek(SeekFrom::Start(0)).map_err(told)?;
            let mut reader = std::io::BufReader::with_capacity(1 << 20, file);
            let mut head = [0; 5];
            let mut text = Vec::new();
            loop {
                let first = reader.read(&mut head[..1]).map_err(told)?;
                if first == 0 {
                    break;
                }
                reader.read_exact(&mut head[1..]).map_err(told)?;
                let len = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
                text.resize(len, 0);
                reader.read_exact(&mut text).map_err(told)?;
                let event = std::str::from_utf8(&text).unwrap_or_default();
                tell(head[0], event, &mut names, out)?;
            }
        }
        let mut rest = self.bytes.as_slice();
        while let Some((head, behind)) = rest.split_first_chunk::<5>() {
            let len = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
            let (text, behind) = behind.split_at(len.min(behind.len()));
            let event = std::str::from_utf8(text).unwrap_or_default();
            tell(head[0], event, &mut names, out)?;
            rest = behind;
        }
        Ok(())
    }
}

fn tell(kind: u8, text: &str, names: &mut Vec<String>, out: &mut Out<'_>) -> Result<()> {
    match kind {
        b'#' => match text.parse() {
            Ok(field) => out.is_of(field),
            Err(_) => Ok(()),
        },
        b'<' => out.start(text, false),
        b'+' => out.start(text, true),
        b't' => out.text(text),
        b'@' => {
            names.push(text.to_owned());
            Ok(())
        }
        b'=' => out.attribute(&names.pop().unwrap_or_default(), text),
        _ => out.end(),
    }
}

impl Sink for Shared {
    fn start(&mut self, name: &str, many: bool) -> Result<()> {
        self.0
            .borrow_mut()
            .put(if many { b'+' } else { b'<' }, name)
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        self.0.borrow_mut().put(b'@', name)?;
        self.0.borrow_mut().put(b'=', value)
    }

    fn text(&mut self, text: &str) -> Result<()> {
        self.0.borrow_mut().put(b't', text)
    }

    fn end(&mut self) -> Result<()> {
        self.0.borrow_mut().put(b'>', "")
    }

    fn faults(&mut self) -> &mut Vec<Finding> {
        &mut self.1
    }

    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}
