//! Writing XML.

use std::io::Write;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::chars;
use super::names::SIGNATURE;
use super::reader::{Handler, Start};
use super::scene::Scene;
use crate::finding::Code;
use crate::{Error, Result};

/// Bytes gathered before they are handed on.
const GATHER: usize = 32 << 10;

/// Writes a document whose values are, when read again, exactly those that were given: names keep
/// their prefixes, line breaks and blanks that reading would change are written as references.
///
/// As a [`Handler`] it writes what a reader tells it: the same elements, attributes, text, comments
/// and instructions. References and CDATA sections become plain text, quotation marks `"`, and an
/// element without content `<a/>`. What the reader found wrong in names and characters is written as
/// it is; what goes wrong in writing is told by [`finish`](Self::finish).
///
/// ```
/// use baowen::xml::Writer;
///
/// let mut writer = Writer::new(Vec::new()).with_indent(2);
/// writer.start("m:Manifest")?;
/// writer.attribute("xmlns:m", "urn:example")?;
/// writer.start("Goods")?;
/// writer.text("纸 < 1 t")?;
/// writer.end()?;
/// writer.end()?;
/// let written = String::from_utf8(writer.finish()?).unwrap();
/// assert_eq!(written, "<m:Manifest xmlns:m=\"urn:example\">\n  <Goods>纸 &lt; 1 t</Goods>\n</m:Manifest>\n");
/// # Ok::<(), baowen::Error>(())
/// ```
#[derive(Debug)]
pub struct Writer<W> {
    sink: W,
    encoding: &'static Encoding,
    indent: Option<usize>,
    /// What is layout is left out.
    compact: bool,
    out: String,
    encoded: Vec<u8>,
    /// Names of open elements, one after the other, and where each begins.
    open: String,
    frames: Vec<Frame>,
    /// White space that may be laid out anew.
    blank: String,
    within: Within,
    /// Whether the comment that is being written ends with a hyphen so far.
    hyphen: bool,
    any: bool,
    error: Option<Error>,
}

#[derive(Debug)]
struct Frame {
    name: usize,
    /// Whether text stands in it or around it, or white space has to be kept.
    mixed: bool,
    /// Whether anything stands in it.
    filled: bool,
}

/// What was begun and may be gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Content,
    Tag,
    Comment,
}

impl<W: Write> Writer<W> {
    /// A writer in UTF-8 that adds no white space and no declaration.
    pub fn new(sink: W) -> Self {
        Self {
            sink,
            encoding: UTF_8,
            indent: None,
            compact: false,
            out: String::new(),
            encoded: Vec::new(),
            open: String::new(),
            frames: Vec::new(),
            blank: String::new(),
            within: Within::Content,
            hyphen: false,
            any: false,
            error: None,
        }
    }

    /// Lays out elements one a line, `width` blanks deeper than the one around them. Elements that
    /// hold text are left as they are, from the first text on; so is what `xml:space="preserve"`
    /// holds.
    #[must_use]
    pub fn with_indent(mut self, width: usize) -> Self {
        self.indent = Some(width);
        self
    }

    /// Leaves out the white space that [`with_indent`](Self::with_indent) would lay out anew.
    #[must_use]
    pub fn without_layout(mut self) -> Self {
        (self.indent, self.compact) = (Some(0), true);
        self
    }

    /// Writes in another encoding, by its label in the WHATWG encoding standard, as `gb18030`;
    /// `None` where it is not known. Characters it does not have are written as references.
    #[must_use]
    pub fn with_encoding(mut self, label: &str) -> Option<Self> {
        self.encoding = match label.to_ascii_lowercase().as_str() {
            "utf-16" => UTF_16LE,
            _ => Encoding::for_label(label.as_bytes())?,
        };
        Some(self)
    }

    /// Writes the XML declaration, which says the encoding; of UTF-16 a byte order mark before it.
    ///
    /// # Errors
    /// When something was written before, or writing fails.
    pub fn declaration(&mut self) -> Result<()> {
        if self.any {
            return Err(Error::misuse("the XML declaration stands first"));
        }
        let name = match self.encoding {
            encoding if encoding == UTF_16LE || encoding == UTF_16BE => {
                self.out.push('\u{FEFF}');
                "UTF-16"
            }
            encoding => encoding.name(),
        };
        self.out.push_str("<?xml version=\"1.0\" encoding=\"");
        self.out.push_str(name);
        self.out.push_str("\"?>\n");
        self.give()
    }

    /// Begins an element. `name` is written as it is, with its prefix if it has one; declaring
    /// the prefix is up to the caller.
    ///
    /// # Errors
    /// When `name` is no name of Namespaces in XML, a second root element begins, or writing fails.
    pub fn start(&mut self, name: &str) -> Result<()> {
        self.check_name(name)?;
        if self.frames.is_empty() && self.within == Within::Content && self.open_ended() {
            return Err(Error::misuse("a document has one root element"));
        }
        self.begin(name)
    }

    fn check_name(&self, name: &str) -> Result<()> {
        if !chars::is_qname(name) {
            return Err(Error::misuse(format!("{name:?} is not a name of XML")));
        }
        // Names have no references.
        if !name.is_ascii() && self.encoding.encode(name).2 {
            let encoding = self.encoding.name();
            return Err(Error::misuse(format!("{encoding} cannot write {name:?}")));
        }
        Ok(())
    }

    /// Whether a root element was written and ended.
    fn open_ended(&self) -> bool {
        self.any && !self.open.is_empty() && self.frames.is_empty()
    }

    fn begin(&mut self, name: &str) -> Result<()> {
        self.child()?;
        self.out.push('<');
        self.out.push_str(name);
        let mixed = self.frames.last().is_some_and(|frame| frame.mixed);
        if self.frames.is_empty() {
            self.open.clear();
        }
        self.frames.push(Frame {
            name: self.open.len(),
            mixed,
            filled: false,
        });
        self.open.push_str(name);
        self.within = Within::Tag;
        self.any = true;
        self.give()
    }

    /// Adds an attribute to the element that has just begun.
    ///
    /// # Errors
    /// When no element has just begun, `name` is no name, or `value` holds a character that XML
    /// does not have.
    pub fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        if self.within != Within::Tag {
            return Err(Error::misuse("attributes stand in a start tag"));
        }
        self.check_name(name)?;
        check(value)?;
        self.put_attribute(name, value);
        Ok(())
    }

    fn put_attribute(&mut self, name: &str, value: &str) {
        if name == "xml:space"
            && let Some(frame) = self.frames.last_mut()
        {
            frame.mixed = value == "preserve";
        }
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(value, &IN_ATTRIBUTE, &mut self.out);
        self.out.push('"');
    }

    /// Writes text into the innermost open element.
    ///
    /// # Errors
    /// When no element is open, `text` holds a character that XML does not have, or writing fails.
    pub fn text(&mut self, text: &str) -> Result<()> {
        if self.frames.is_empty() {
            return Err(Error::misuse("text stands in an element"));
        }
        check(text)?;
        self.put_text(text)
    }

    fn put_text(&mut self, text: &str) -> Result<()> {
        let Some(frame) = self.frames.last_mut() else {
            return Ok(());
        };
        if text.is_empty() {
            return Ok(());
        }
        if self.indent.is_some() && !frame.mixed {
            if chars::is_blank(text) {
                self.blank.push_str(text);
                return Ok(());
            }
            frame.mixed = true;
        }
        frame.filled = true;
        self.close_tag();
        let blank = std::mem::take(&mut self.blank);
        escape(&blank, &IN_TEXT, &mut self.out);
        self.blank = blank;
        self.blank.clear();
        escape(text, &IN_TEXT, &mut self.out);
        self.give()
    }

    /// Ends the innermost open element.
    ///
    /// # Errors
    /// When none is open, or writing fails.
    pub fn end(&mut self) -> Result<()> {
        let Some(frame) = self.frames.pop() else {
            return Err(Error::misuse("no element is open"));
        };
        // White space that is all an element holds is its value.
        if !frame.filled && !self.blank.is_empty() {
            self.close_tag();
            let blank = std::mem::take(&mut self.blank);
            escape(&blank, &IN_TEXT, &mut self.out);
        } else if frame.filled && !frame.mixed {
            self.line_break();
        }
        self.blank.clear();
        if self.within == Within::Tag {
            self.out.push_str("/>");
        } else {
            self.out.push_str("</");
            self.out.push_str(&self.open[frame.name..]);
            self.out.push('>');
        }
        self.within = Within::Content;
        if !self.frames.is_empty() {
            self.open.truncate(frame.name);
        } else if self.indent.is_some() {
            self.out.push('\n');
        }
        self.give()
    }

    /// Writes a comment. Two hyphens in a row, which a comment cannot hold, get a blank between.
    ///
    /// # Errors
    /// When `text` holds a character that XML does not have, or writing fails.
    pub fn comment(&mut self, text: &str) -> Result<()> {
        check(text)?;
        self.put_comment(text, true)
    }

    fn put_comment(&mut self, text: &str, last: bool) -> Result<()> {
        if self.within != Within::Comment {
            self.child()?;
            self.out.push_str("<!--");
            self.within = Within::Comment;
        }
        for (at, part) in text.split('-').enumerate() {
            if at > 0 {
                self.out.push_str(if self.hyphen { " -" } else { "-" });
                self.hyphen = true;
            }
            if !part.is_empty() {
                self.out.push_str(part);
                self.hyphen = false;
            }
        }
        if !last {
            return self.give();
        }
        if std::mem::take(&mut self.hyphen) {
            self.out.push(' ');
        }
        self.out.push_str("-->");
        self.within = Within::Content;
        self.top_line()
    }

    /// Writes a processing instruction: its target, and what else stands in it.
    ///
    /// # Errors
    /// When it does not begin with a target, or holds `?>`, or writing fails.
    pub fn instruction(&mut self, text: &str) -> Result<()> {
        let target = text.split([' ', '\t', '\n', '\r']).next().unwrap_or("");
        if !chars::is_ncname(target) || target.eq_ignore_ascii_case("xml") || text.contains("?>") {
            return Err(Error::misuse(format!(
                "{text:?} is no processing instruction"
            )));
        }
        check(text)?;
        self.child()?;
        self.out.push_str("<?");
        self.out.push_str(text);
        self.out.push_str("?>");
        self.top_line()
    }

    /// Something begins inside the innermost open element, or outside the root.
    fn child(&mut self) -> Result<()> {
        self.close_tag();
        let mixed = match self.frames.last_mut() {
            Some(frame) => {
                frame.filled = true;
                frame.mixed
            }
            None => true,
        };
        if !mixed {
            self.line_break();
        } else if !self.blank.is_empty() {
            let blank = std::mem::take(&mut self.blank);
            escape(&blank, &IN_TEXT, &mut self.out);
        }
        self.blank.clear();
        self.any = true;
        Ok(())
    }

    fn close_tag(&mut self) {
        if self.within == Within::Tag {
            self.out.push('>');
            self.within = Within::Content;
        }
    }

    fn line_break(&mut self) {
        if let Some(width) = self.indent
            && !self.compact
        {
            self.out.push('\n');
            let blanks = width * self.frames.len();
            self.out.extend(std::iter::repeat_n(' ', blanks));
        }
    }

    /// Outside the root element comments and instructions stand one a line.
    fn top_line(&mut self) -> Result<()> {
        if self.frames.is_empty() && self.indent.is_some() && !self.compact {
            self.out.push('\n');
        }
        self.give()
    }

    /// Hands on what was gathered, where that is enough.
    fn give(&mut self) -> Result<()> {
        if self.out.len() < GATHER {
            return Ok(());
        }
        self.hand_on()
    }

    fn hand_on(&mut self) -> Result<()> {
        let told = |error| Error::io("output", error);
        match self.encoding {
            encoding if encoding == UTF_8 => {
                self.sink.write_all(self.out.as_bytes()).map_err(told)?
            }
            encoding if encoding == UTF_16LE || encoding == UTF_16BE => {
                self.encoded.clear();
                for unit in self.out.encode_utf16() {
                    let bytes = match encoding == UTF_16LE {
                        true => unit.to_le_bytes(),
                        false => unit.to_be_bytes(),
                    };
                    self.encoded.extend(bytes);
                }
                self.sink.write_all(&self.encoded).map_err(told)?;
            }
            encoding => {
                let encoded = encoding.encode(&self.out).0;
                self.sink.write_all(&encoded).map_err(told)?;
            }
        }
        self.out.clear();
        Ok(())
    }

    /// Ends the writing and gives the sink back.
    ///
    /// # Errors
    /// When an element is still open, there is no root element, or writing failed before.
    pub fn finish(mut self) -> Result<W> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if !self.frames.is_empty() || self.within != Within::Content {
            return Err(Error::misuse("an element is still open"));
        }
        if self.open.is_empty() {
            return Err(Error::misuse("a document has a root element"));
        }
        self.hand_on()?;
        self.sink
            .flush()
            .map_err(|error| Error::io("output", error))?;
        Ok(self.sink)
    }

    fn keep(&mut self, result: Result<()>) {
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }
}

impl<W: Write> Handler for Writer<W> {
    fn start(&mut self, start: &Start<'_>, scene: &mut Scene<'_, '_>) {
        if self.indent.is_some() && start.local() == "Signature" && start.namespace() == SIGNATURE {
            let (at, len) = start.place();
            scene.report(Code::CONVERT_SIGNATURE, at, len, |finding| finding);
        }
        let begun = self.begin(start.name());
        self.keep(begun);
        for (name, value) in start.attributes() {
            self.put_attribute(name, value);
        }
    }

    fn text(&mut self, text: &str, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        let put = self.put_text(text);
        self.keep(put);
    }

    fn end(&mut self, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        let ended = Writer::end(self);
        self.keep(ended);
    }

    fn comment(&mut self, text: &str, last: bool) {
        let put = self.put_comment(text, last);
        self.keep(put);
    }

    fn instruction(&mut self, text: &str) {
        let put = Writer::instruction(self, text);
        self.keep(put);
    }
}

/// A misuse error for a character that cannot stand in XML, not even as a reference.
fn check(text: &str) -> Result<()> {
    // Most text has neither control characters nor any of the two noncharacters.
    let plain = |byte: &u8| *byte >= b' ' && *byte != 0xEF;
    if text.as_bytes().iter().all(plain) {
        return Ok(());
    }
    match text.chars().find(|c| !chars::is_char(*c)) {
        None => Ok(()),
        Some(c) => Err(Error::misuse(format!(
            "the character U+{:04X} cannot stand in XML",
            c as u32
        ))),
    }
}

/// What bytes are written as: nothing where they stand for themselves.
type Escapes = [&'static str; 256];

const fn escapes(attribute: bool) -> Escapes {
    let mut all = [""; 256];
    all[b'<' as usize] = "&lt;";
    all[b'>' as usize] = "&gt;";
    all[b'&' as usize] = "&amp;";
    all[b'\r' as usize] = "&#13;";
    if attribute {
        all[b'"' as usize] = "&quot;";
        all[b'\t' as usize] = "&#9;";
        all[b'\n' as usize] = "&#10;";
    }
    all
}

static IN_TEXT: Escapes = escapes(false);
static IN_ATTRIBUTE: Escapes = escapes(true);

fn escape(text: &str, escapes: &Escapes, out: &mut String) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = escapes[byte as usize];
        if !escape.is_empty() {
            out.push_str(&text[from..at]);
            out.push_str(escape);
            from = at + 1;
        }
    }
    out.push_str(&text[from..]);
}
