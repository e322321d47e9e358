//! What every syntax is turned into and made from: elements that begin and end, attributes, text.

use crate::Result;
use crate::edifact::Segment;
use crate::finding::{Code, Finding, Value};
use crate::span::{LineColumn, Span};

use super::names::{Layout, Name};

/// Takes the events of a tree, in its order, and writes them in one syntax.
pub(crate) trait Sink {
    /// Whether it asks where things stand in the input.
    fn asks_places(&self) -> bool {
        false
    }

    /// Where the segment, record, tag or member stands whose events follow.
    fn place(&mut self, _: Span, _: LineColumn) {}

    /// An element begins. `many` says that its kind may occur several times in a row.
    fn start(&mut self, name: &str, many: bool) -> Result<()>;

    /// An attribute of the element that has just begun.
    fn attribute(&mut self, name: &str, value: &str) -> Result<()>;

    /// Text of the innermost open element.
    fn text(&mut self, text: &str) -> Result<()>;

    /// The innermost open element ends.
    fn end(&mut self) -> Result<()>;

    /// A comment; a syntax without comments leaves it out.
    fn comment(&mut self, _text: &str) -> Result<()> {
        Ok(())
    }

    /// A processing instruction; a syntax without leaves it out.
    fn instruction(&mut self, _text: &str) -> Result<()> {
        Ok(())
    }

    /// What holds several pieces begins: an element that a syntax of its own for many pieces does
    /// not need.
    fn begin_pieces(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<()> {
        self.start(name, false)?;
        attributes
            .iter()
            .try_for_each(|(name, value)| self.attribute(name, value))
    }

    /// What [`begin_pieces`](Self::begin_pieces) began ends.
    fn end_pieces(&mut self) -> Result<()> {
        self.end()
    }

    /// An element of a known name begins.
    #[inline]
    fn start_known(&mut self, name: &Name) -> Result<()> {
        self.start(&name.text, name.many)
    }

    /// An element that holds text only.
    #[inline]
    fn leaf(&mut self, name: &Name, text: &str) -> Result<()> {
        self.start_known(name)?;
        self.text(text)?;
        self.end()
    }

    /// As [`start_known`](Self::start_known); [`close`](Self::close) ends it, and it gets no
    /// attributes.
    #[inline]
    fn open(&mut self, name: &Name) -> Result<()> {
        self.start_known(name)
    }

    /// Ends what [`open`](Self::open) began.
    #[inline]
    fn close(&mut self, _name: &Name) -> Result<()> {
        self.end()
    }

    /// A leaf whose text stands in `data` and is printable ASCII without `<`, `>` and `&`.
    #[inline]
    fn plain_leaf(&mut self, name: &Name, data: &[u8], from: usize, to: usize) -> Result<()> {
        let text = std::str::from_utf8(&data[from..to]).unwrap_or_default();
        self.leaf(name, text)
    }

    /// Writes a segment of printable ASCII without `<`, `>` and `&` in one go, if it is in all as its
    /// layout says; otherwise nothing, and gives false.
    #[inline]
    fn plain_segment(&mut self, _: &Layout, _: &Segment<'_>, _: Option<&str>) -> Result<bool> {
        Ok(false)
    }

    /// What was found wrong since it was asked last; where is up to who asks.
    fn faults(&mut self) -> &mut Vec<Finding>;

    /// Writes out what is held back. All elements have ended.
    fn finish(&mut self) -> Result<()>;
}

/// A finding whose place is not known here.
#[cold]
pub(crate) fn fault(code: Code) -> Finding {
    Finding::new(code, Span::at(0))
}

/// A finding about a value.
#[cold]
pub(crate) fn fault_about(code: Code, value: &str) -> Finding {
    const MOST: usize = 4096;
    let mut finding = fault(code);
    let end = value.floor_char_boundary(value.len().min(MOST));
    finding.value = Some(Value::Text(value[..end].into()));
    finding
}

/// Bytes in hexadecimal, two digits each.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// The bytes of a hexadecimal text; `None` where it is none.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| Some((digit(&pair[0])? << 4 | digit(&pair[1])?) as u8))
        .collect()
}

/// Whether every character may stand in XML as it is.
pub(super) fn is_text(text: &str) -> bool {
    let usual = |byte: u8| (byte >= b' ' && byte != 0xEF) || byte == b'\t' || byte == b'\n';
    text.bytes().all(usual)
        || text.chars().all(|c| {
            !matches!(c, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}')
        })
}
