//! From JSON (RFC 8259) to events, through one small buffer.

use std::io::{BufRead, BufReader, Read};

use super::super::event::{Sink, fault, fault_about};
use crate::finding::tally::Tally;
use crate::finding::{Code, Finding};
use crate::span::{LineColumn, Span};
use crate::{Error, Result};

/// Bytes of one string at most.
const LONGEST: usize = 64 << 20;
/// Objects and arrays within each other at most.
const DEEPEST: usize = 2000;

/// Reads JSON and JSON Lines.
pub(in super::super) struct FromJson<'r, 's, R, S: Sink + ?Sized> {
    read: BufReader<R>,
    offset: u64,
    at: LineColumn,
    out: &'r mut S,
    tally: Tally<'s>,
    open: Vec<Open>,
    /// The names of open arrays, one after the other.
    names: String,
    /// Whether the next member would be the first.
    first: bool,
    text: Vec<u8>,
}

/// What is open.
enum Open {
    /// The object of a document: its members are roots.
    Root,
    /// The object of an element.
    Element,
    /// An array, whose values have the name that begins there.
    Array(usize),
    /// An array of documents.
    Documents,
    /// An object that is passed over.
    Nothing,
}

/// Reading cannot go on here.
enum Stop {
    Wrong(&'static str, &'static str),
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

type Step<T = ()> = std::result::Result<T, Stop>;

impl<'r, 's, R: Read, S: Sink + ?Sized> FromJson<'r, 's, R, S> {
    pub(in super::super) fn new(read: R, out: &'r mut S, tally: Tally<'s>) -> Self {
        Self {
            read: BufReader::with_capacity(64 << 10, read),
            offset: 0,
            at: LineColumn { line: 1, column: 1 },
            out,
            tally,
            open: Vec::new(),
            names: String::new(),
            first: true,
            text: Vec::new(),
        }
    }

    /// Reads all; gives the count of bytes and the findings counted.
    pub(in super::super) fn run(mut self) -> Result<(u64, Tally<'s>)> {
        if self.peek_raw()? == Some(0xEF) {
            for expected in [0xEF, 0xBB, 0xBF] {
                if self.peek_raw()? == Some(expected) {
                    self.offset += 1;
                    self.read.consume(1);
                }
            }
        }
        loop {
            match self.document() {
                Ok(true) => {}
                Ok(false) => break,
                Err(Stop::Error(error)) => return Err(error),
                Err(Stop::Wrong(en, zh)) => {
                    let finding = fault(Code::JSON_SYNTAX)
                        .with("expected", en)
                        .with("expected_zh", zh);
                    self.tell(finding, self.offset, self.at);
                    self.close_all()?;
                    // The next line may be a document of its own.
                    if !self.next_line()? {
                        break;
                    }
                }
            }
        }
        self.out.finish()?;
        self.told();
        self.tally.finish(self.offset, self.at);
        Ok((self.offset, self.tally))
    }

    fn tell(&mut self, mut finding: Finding, offset: u64, at: LineColumn) {
        if self.tally.count(finding.code) {
            finding.span = Span::at(offset);
            finding.at = at;
            self.tally.send(finding);
        }
    }

    fn told(&mut self) {
        for finding in std::mem::take(self.out.faults()) {
            self.tell(finding, self.offset, self.at);
        }
    }

    fn close_all(&mut self) -> Result<()> {
        while let Some(open) = self.open.pop() {
            if matches!(open, Open::Element) {
                self.out.end()?;
            }
        }
        self.names.clear();
        Ok(())
    }

    fn next_line(&mut self) -> Result<bool> {
        while let Some(byte) = self.peek_raw()? {
            if byte == b'\n' {
                return Ok(true);
            }
            self.pass(byte);
        }
        Ok(false)
    }

    #[inline]
    fn peek_raw(&mut self) -> Result<Option<u8>> {
        loop {
            match self.read.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io("input", error)),
            }
        }
    }

    #[inline]
    fn pass(&mut self, byte: u8) {
        self.read.consume(1);
        self.offset += 1;
        if byte == b'\n' {
            self.at.line += 1;
            self.at.column = 1;
        } else if byte & 0xC0 != 0x80 {
            self.at.column += 1;
        }
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            match self.peek_raw()? {
                Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) => self.pass(byte),
                other => return Ok(other),
            }
        }
    }

    fn expect(&mut self, byte: u8, en: &'static str, zh: &'static str) -> Step {
        if self.peek()? == Some(byte) {
            self.pass(byte);
            return Ok(());
        }
        Err(Stop::Wrong(en, zh))
    }

    /// Reads one document; false at the end of the input.
    fn document(&mut self) -> Step<bool> {
        match self.peek()? {
            None => return Ok(false),
            Some(b'{') => {
                self.pass(b'{');
                self.open.push(Open::Root);
            }
            Some(b'[') => {
                self.pass(b'[');
                self.open.push(Open::Documents);
            }
            Some(_) => return Err(Stop::Wrong("an object", "对象")),
        }
        self.first = true;
        while let Some(open) = self.open.last() {
            match open {
                Open::Root | Open::Element | Open::Nothing => self.member()?,
                Open::Array(_) | Open::Documents => self.item()?,
            }
            if !self.out.faults().is_empty() {
                self.told();
            }
        }
        Ok(true)
    }

    /// Passes over a comma where one has to stand; whether the end of what is open stands here.
    fn between(&mut self, end: u8) -> Step<bool> {
        let first = std::mem::take(&mut self.first);
        match self.peek()? {
            Some(byte) if byte == end => {
                self.pass(byte);
                Ok(true)
            }
            Some(b',') if !first => {
                self.pass(b',');
                Ok(false)
            }
            Some(_) if first => Ok(false),
            _ if end == b'}' => Err(Stop::Wrong("a comma or }", "逗号或 }")),
            _ => Err(Stop::Wrong("a comma or ]", "逗号或 ]")),
        }
    }

    /// The next member of an object.
    fn member(&mut self) -> Step {
        if self.between(b'}')? {
            if matches!(self.open.pop(), Some(Open::Element)) {
                self.out.end()?;
            }
            return Ok(());
        }
        let name = self.string()?;
        self.expect(b':', "a colon", "冒号")?;
        // The number of a name that comes again.
        let name = match name.rsplit_once('#') {
            Some((before, number))
                if !before.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                before.to_owned()
            }
            _ => name,
        };
        self.value(&name)
    }

    /// The next value of an array.
    fn item(&mut self) -> Step {
        if self.between(b']')? {
            if let Some(Open::Array(from)) = self.open.pop() {
                self.names.truncate(from);
            }
            return Ok(());
        }
        match self.open.last() {
            Some(Open::Array(from)) => {
                let name = self.names[*from..].to_owned();
                self.value(&name)
            }
            _ => {
                if self.peek()? != Some(b'{') {
                    return Err(Stop::Wrong("an object", "对象"));
                }
                self.pass(b'{');
                self.open.push(Open::Root);
                self.first = true;
                Ok(())
            }
        }
    }

    /// A value under a name.
    fn value(&mut self, name: &str) -> Step {
        let (offset, at) = (self.offset, self.at);
        let special = name.starts_with(['@', '#']);
        if self.out.asks_places() {
            self.out.place(Span::at(offset), at);
        }
        if self.open.len() >= DEEPEST {
            return Err(Stop::Wrong("less depth", "较浅的嵌套"));
        }
        match self.peek()? {
            Some(b'{') => {
                self.pass(b'{');
                self.first = true;
                let skipped = special || matches!(self.open.last(), Some(Open::Nothing));
                if skipped {
                    if special {
                        self.tell(fault_about(Code::CONVERT_SHAPE, name), offset, at);
                    }
                    self.open.push(Open::Nothing);
                } else {
                    self.out.start(name, false)?;
                    self.open.push(Open::Element);
                }
                Ok(())
            }
            Some(b'[') => {
                self.pass(b'[');
                self.first = true;
                self.open.push(Open::Array(self.names.len()));
                self.names.push_str(name);
                Ok(())
            }
            Some(b'"') => {
                let text = self.string()?;
                self.scalar(name, &text, offset, at)
            }
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                let word = self.word()?;
                let text = if word == "null" { "" } else { &word };
                self.scalar(name, text, offset, at)
            }
            _ => Err(Stop::Wrong("a value", "值")),
        }
    }

    fn scalar(&mut self, name: &str, text: &str, offset: u64, at: LineColumn) -> Step {
        // Arrays between do not matter.
        let holder = self.open.iter().rev();
        let holder = { holder }.find(|open| !matches!(open, Open::Array(_)));
        let in_root = matches!(holder, Some(Open::Root));
        if matches!(holder, Some(Open::Nothing)) {
            return Ok(());
        }
        match name {
            "#text" if !in_root => self.out.text(text)?,
            "#comment" => self.out.comment(text)?,
            "#pi" => self.out.instruction(text)?,
            _ if name.starts_with('@') && !in_root => self.out.attribute(&name[1..], text)?,
            _ if name.starts_with(['@', '#']) => {
                self.tell(fault_about(Code::CONVERT_SHAPE, name), offset, at);
            }
            _ => {
                self.out.start(name, false)?;
                if !text.is_empty() {
                    self.out.text(text)?;
                }
                self.out.end()?;
            }
        }
        Ok(())
    }

    /// A number, or one of three words.
    fn word(&mut self) -> Step<String> {
        let mut word = String::new();
        while let Some(byte @ (b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E')) =
            self.peek_raw()?
        {
            if word.len() > 4096 {
                break;
            }
            word.push(char::from(byte));
            self.pass(byte);
        }
        match matches!(word.as_str(), "true" | "false" | "null") || is_number(&word) {
            true => Ok(word),
            false => Err(Stop::Wrong("a value", "值")),
        }
    }

    fn string(&mut self) -> Step<String> {
        const STRING: Stop = Stop::Wrong("a string", "字符串");
        self.expect(b'"', "a string", "字符串")?;
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        loop {
            // What needs no look is taken as one.
            let (taken, line) = match self.read.fill_buf() {
                Ok(buffer) => {
                    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
                    let len = buffer.iter().position(special).unwrap_or(buffer.len());
                    text.extend_from_slice(&buffer[..len]);
                    let starts = buffer[..len].iter().filter(|byte| **byte & 0xC0 != 0x80);
                    (len, starts.count())
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::io("input", error).into()),
            };
            self.read.consume(taken);
            self.offset += taken as u64;
            self.at.column += line as u64;
            if text.len() > LONGEST {
                return Err(Stop::Wrong("a shorter string", "较短的字符串"));
            }
            match self.peek_raw()? {
                Some(b'"') => {
                    self.pass(b'"');
                    break;
                }
                Some(b'\\') => {
                    self.pass(b'\\');
                    let c = self.escape()?;
                    text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(0..0x20) | None => return Err(STRING),
                Some(_) => {}
            }
        }
        let string = match std::str::from_utf8(&text) {
            Ok(string) => string.to_owned(),
            Err(_) => {
                let finding = fault(Code::UNDECODABLE).with("charset", "UTF-8");
                self.tell(finding, self.offset, self.at);
                String::from_utf8_lossy(&text).into_owned()
            }
        };
        self.text = text;
        Ok(string)
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Step<char> {
        const ESCAPE: Stop = Stop::Wrong("an escape of JSON", "JSON 转义");
        let Some(byte) = self.peek_raw()? else {
            return Err(ESCAPE);
        };
        self.pass(byte);
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                let low = match unit {
                    0xD800..0xDC00 => {
                        for expected in [b'\\', b'u'] {
                            match self.peek_raw()? {
                                Some(byte) if byte == expected => self.pass(byte),
                                _ => return Err(ESCAPE),
                            }
                        }
                        Some(self.unit()?)
                    }
                    _ => None,
                };
                let units = [unit, low.unwrap_or(0)];
                let len = 1 + usize::from(low.is_some());
                let mut decoded = char::decode_utf16(units.into_iter().take(len));
                match decoded.next() {
                    Some(Ok(c)) => c,
                    _ => return Err(ESCAPE),
                }
            }
            _ => return Err(ESCAPE),
        })
    }

    fn unit(&mut self) -> Step<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.peek_raw()?;
            let digit = byte.and_then(|byte| char::from(byte).to_digit(16));
            let (Some(byte), Some(digit)) = (byte, digit) else {
                return Err(Stop::Wrong("four hexadecimal digits", "四位十六进制数字"));
            };
            self.pass(byte);
            unit = unit << 4 | digit as u16;
        }
        Ok(unit)
    }
}

/// Whether a word is a number of JSON.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (word, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}
