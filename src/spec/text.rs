//! The text form of specs: its grammar and what it says.
//!
//! A line whose first character is `#` is a comment. Two blanks of indentation are one level;
//! fields on a line are separated by blanks and a name is the rest of its line.
//!
//! ```text
//! element 1001
//!   D93A..D96B  an..3  Document/message name, coded
//!   D97A..      an..3  Document name code
//! composite C002
//!   D93A..D96B  Document/message name
//!     1001  C
//!     1131  C
//! segment BGM
//!   D97B..  Beginning of message
//!     C002  C
//!     1225  C  x9
//!     D5  2 1
//! message CUSCAR
//!   D93A..D95A  Customs cargo report message
//!     UNH  M  1
//!     group 1  C  9
//!       TDT  M  1
//! codes 1001
//!   380  D93A..  Commercial invoice
//! ```
//!
//! The files of a layer say in front of an entry what it does to the base: `new`, `restrict`,
//! `extends` or `replace` (see the module `layer`).

use nom::bytes::complete::{is_not, tag, take_while1};
use nom::character::complete::{char, digit1};
use nom::combinator::{all_consuming, map, map_opt, opt, rest};
use nom::multi::{many1, separated_list1};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};
use rustc_hash::FxHashMap;

use super::model::{Class, DependencyKind, Label};
use super::release::{Ranges, Until};
use crate::lines::find_near;
use crate::{Error, Result};

/// What an entry of a layer does to the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Nothing of that name may be there yet.
    New,
    /// Narrows what is there.
    Restrict,
    /// Changes what is there in any direction.
    Extends,
    /// Takes its place.
    Replace,
}

impl Verb {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Restrict => "restrict",
            Self::Extends => "extends",
            Self::Replace => "replace",
        }
    }
}

/// An entry and where it stands.
#[derive(Clone, Debug)]
pub struct Entry {
    pub verb: Option<Verb>,
    pub body: Body,
    /// 1-based line of its head.
    pub line: u32,
}

#[derive(Clone, Debug)]
pub enum Body {
    Release {
        name: Box<str>,
        codes_from: Vec<Box<str>>,
    },
    Element(Element),
    Parts(Parts),
    Message(Message),
    Codes(Codes),
    Bind(Bind),
    Identify(Identify),
    Patch(Patch),
}

/// A data element: format and name by release.
#[derive(Clone, Debug)]
pub struct Element {
    pub id: Box<str>,
    pub variants: Vec<(Ranges, Format, Box<str>)>,
}

/// Format of a data element: `an..3`, `n13`, `a3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Kind of characters.
    pub class: Class,
    /// Least length: that of a fixed format, else 0 (an absent value is not a short one).
    pub min: u32,
    /// Greatest length.
    pub max: u32,
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.class {
            Class::Alpha => "a",
            Class::Numeric => "n",
            Class::Alphanumeric | Class::Date | Class::Binary => "an",
        })?;
        if self.min < self.max {
            f.write_str("..")?;
        }
        write!(f, "{}", self.max)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartsKind {
    Segment,
    Composite,
}

/// A segment or a composite: its parts by release.
#[derive(Clone, Debug)]
pub struct Parts {
    pub kind: PartsKind,
    pub id: Box<str>,
    pub variants: Vec<PartsVariant>,
}

#[derive(Clone, Debug)]
pub struct PartsVariant {
    pub ranges: Ranges,
    pub name: Box<str>,
    pub parts: Vec<Part>,
    pub dependencies: Vec<(DependencyKind, Vec<u16>)>,
    pub line: u32,
}

/// A composite or element of a segment, or an element of a composite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub id: Box<str>,
    pub mandatory: bool,
    pub max: u32,
    /// A format of its own, when a layer narrows the element's.
    pub format: Option<Format>,
    pub dropped: bool,
}

/// A message: its structure by release.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: Box<str>,
    pub interactive: bool,
    pub variants: Vec<MessageVariant>,
}

#[derive(Clone, Debug)]
pub struct MessageVariant {
    pub ranges: Ranges,
    pub name: Box<str>,
    pub items: Vec<Item>,
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub kind: ItemKind,
    pub mandatory: bool,
    pub max: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    Segment(Box<str>),
    Group(u32, Vec<Item>),
}

/// Values of a code list by release.
#[derive(Clone, Debug)]
pub struct Codes {
    pub element: Box<str>,
    pub rows: Vec<CodeRow>,
}

#[derive(Clone, Debug)]
pub struct CodeRow {
    pub code: Box<str>,
    pub ranges: Ranges,
    pub name: Box<str>,
}

/// The table of `specs/codes` that holds an element's values when the directory's list is empty.
#[derive(Clone, Debug)]
pub struct Bind {
    pub element: Box<str>,
    pub table: Box<str>,
    /// Only beside this element with this value, in the same composite.
    pub when: Option<(Box<str>, Box<str>)>,
}

impl Bind {
    /// The table, and the element and value beside the code on which it depends.
    pub(crate) fn as_pair(&self) -> (&str, Option<(&str, &str)>) {
        let when = self.when.as_ref();
        (
            &self.table,
            when.map(|(element, value)| (&**element, &**value)),
        )
    }
}

/// Position, element, codes, line.
pub type IdentifyRow = (Box<str>, Box<str>, Vec<Box<str>>, u32);

/// Qualifiers that identify positions of a message.
#[derive(Clone, Debug)]
pub struct Identify {
    pub message: Box<str>,
    pub ranges: Ranges,
    pub rows: Vec<IdentifyRow>,
}

/// Changes of a layer to a base message, segment, composite or code list.
#[derive(Clone, Debug)]
pub struct Patch {
    pub target: Target,
    pub id: Box<str>,
    pub ranges: Ranges,
    /// Only in this message, and at this position of it.
    pub within: Option<(Box<str>, Option<Box<str>>)>,
    pub rows: Vec<PatchRow>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Message,
    Segment,
    Composite,
    Codes,
}

impl Target {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Segment => "segment",
            Self::Composite => "composite",
            Self::Codes => "codes",
        }
    }
}

#[derive(Clone, Debug)]
pub struct PatchRow {
    pub change: Change,
    pub line: u32,
}

#[derive(Clone, Debug)]
pub enum Change {
    /// Position, new status, new maximum, new format.
    Set {
        path: Box<str>,
        mandatory: bool,
        max: Option<u32>,
        format: Option<Format>,
    },
    /// Position taken away.
    Drop { path: Box<str> },
    /// A segment put in after a position.
    Add {
        tag: Box<str>,
        after: Box<str>,
        mandatory: bool,
        max: u32,
    },
    /// Only these codes remain.
    Only { codes: Vec<Box<str>> },
    /// A code added.
    Code { code: Box<str>, name: Box<str> },
}

/// Where a parser stood and what it expected.
#[derive(Debug)]
pub(crate) struct Fault<'a> {
    pub(crate) at: &'a str,
    pub(crate) expected: Option<&'static str>,
}

impl<'a> nom::error::ParseError<&'a str> for Fault<'a> {
    fn from_error_kind(at: &'a str, _: nom::error::ErrorKind) -> Self {
        Self { at, expected: None }
    }

    fn append(_: &'a str, _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }

    fn or(self, other: Self) -> Self {
        // The alternative that got furthest knows best what was meant.
        if other.at.len() < self.at.len() {
            other
        } else {
            self
        }
    }
}

pub(crate) type Parsed<'a, O> = IResult<&'a str, O, Fault<'a>>;

/// Runs `parser`; where it fails without saying what it expected, says `what`.
pub(crate) fn expect<'a, O>(
    what: &'static str,
    mut parser: impl Parser<&'a str, Output = O, Error = Fault<'a>>,
) -> impl Parser<&'a str, Output = O, Error = Fault<'a>> {
    move |input: &'a str| {
        parser.parse(input).map_err(|error| {
            error.map(|fault: Fault<'a>| Fault {
                at: fault.at,
                expected: fault.expected.or(Some(what)),
            })
        })
    }
}

pub(crate) fn word(input: &str) -> Parsed<'_, &str> {
    up_to(input, |byte| matches!(byte, b' ' | b'\t'))
}

/// One character or more up to a byte of ASCII, or to the end.
fn up_to(input: &str, ends: impl Fn(u8) -> bool) -> Parsed<'_, &str> {
    let end = input.bytes().position(ends).unwrap_or(input.len());
    if end == 0 {
        return Err(nom::Err::Error(Fault {
            at: input,
            expected: None,
        }));
    }
    Ok((&input[end..], &input[..end]))
}

/// Blanks, if there are some.
fn space0(input: &str) -> Parsed<'_, ()> {
    let blanks = input
        .bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'));
    Ok((&input[blanks.count()..], ()))
}

/// Blanks, of which there is one at least.
fn space1(input: &str) -> Parsed<'_, ()> {
    let (left, ()) = space0(input)?;
    if left.len() == input.len() {
        return Err(nom::Err::Error(Fault {
            at: input,
            expected: None,
        }));
    }
    Ok((left, ()))
}

fn name(input: &str) -> Parsed<'_, Box<str>> {
    map(name_text, Box::from).parse(input)
}

fn name_text(input: &str) -> Parsed<'_, &str> {
    map(preceded(space0, rest), str::trim).parse(input)
}

/// What an entry of a layer does to the base, where its line says so: one of `verbs` and a blank.
pub(crate) fn verb<'a>(
    verbs: &[Verb],
) -> impl Parser<&'a str, Output = Option<Verb>, Error = Fault<'a>> {
    opt(map_opt((word, space1), move |(text, _): (&str, _)| {
        verbs.iter().copied().find(|verb| verb.as_str() == text)
    }))
}

/// The keyword of a line and what stands behind it.
pub(crate) fn split(text: &str) -> (&str, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

/// The rest of a line as names for people: `English | 中文`; where only one is given, its characters
/// say which.
pub(crate) fn label(input: &str) -> Parsed<'_, Label> {
    map(preceded(space0, rest), |text: &str| {
        let (en, zh) = match text.split_once('|') {
            Some((en, zh)) => (en.trim(), zh.trim()),
            None if text.chars().any(|c| c >= '\u{2E80}') => ("", text.trim()),
            None => (text.trim(), ""),
        };
        Label {
            en: en.into(),
            zh: zh.into(),
        }
    })
    .parse(input)
}

pub(crate) fn number(input: &str) -> Parsed<'_, u32> {
    expect(
        "a number below 4294967296",
        map_opt(digit1, |digits: &str| digits.parse().ok()),
    )
    .parse(input)
}

pub(super) fn status(input: &str) -> Parsed<'_, bool> {
    expect("the status M or C", |input| {
        let (left, text) = word(input)?;
        match text {
            "M" => Ok((left, true)),
            "C" => Ok((left, false)),
            _ => Err(nom::Err::Error(Fault {
                at: input,
                expected: None,
            })),
        }
    })
    .parse(input)
}

fn release_name(input: &str) -> Parsed<'_, Box<str>> {
    map(take_while1(|c: char| c.is_ascii_alphanumeric()), Box::from).parse(input)
}

const RANGES: &str = "a range of releases, as D93A..D96B, D97A.. or D96A";

/// The text of ranges of releases.
fn ranges_text(input: &str) -> Parsed<'_, &str> {
    let bytes = input.as_bytes();
    let name = |from: usize| {
        let rest = bytes[from..].iter();
        from + rest.take_while(|byte| byte.is_ascii_alphanumeric()).count()
    };
    let (mut end, mut from) = (0, 0);
    loop {
        let mut to = name(from);
        if to == from {
            break;
        }
        if bytes[to..].starts_with(b"..") {
            to = name(to + 2);
        }
        end = to;
        if bytes.get(end) != Some(&b',') {
            break;
        }
        from = end + 1;
    }
    if end == 0 {
        return Err(nom::Err::Error(Fault {
            at: input,
            expected: Some(RANGES),
        }));
    }
    Ok((&input[end..], &input[..end]))
}

/// A row of a code list: its code, the text of its ranges, its name.
pub(super) type RowText<'a> = (&'a str, &'a str, &'a str);

fn code_row(input: &str) -> Parsed<'_, RowText<'_>> {
    let row = (code_text, space1, ranges_text, name_text);
    map(row, |(code, _, ranges, name)| (code, ranges, name)).parse(input)
}

pub(crate) fn ranges(input: &str) -> Parsed<'_, Ranges> {
    let range = (
        release_name,
        map(
            opt(preceded(tag(".."), opt(release_name))),
            |until| match until {
                None => Until::Same,
                Some(None) => Until::Open,
                Some(Some(to)) => Until::Release(to),
            },
        ),
    );
    expect(RANGES, map(separated_list1(char(','), range), Ranges)).parse(input)
}

fn format(input: &str) -> Parsed<'_, Format> {
    expect("a format, as an..3, n13 or a3", |input| {
        let (left, text) = word(input)?;
        parse_format(text)
            .map(|format| (left, format))
            .ok_or(nom::Err::Error(Fault {
                at: input,
                expected: None,
            }))
    })
    .parse(input)
}

/// Reads a format as directories write it: `an..3`, `n13`, `a3`.
pub fn parse_format(text: &str) -> Option<Format> {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let class = match &text[..text.len() - digits.len()] {
        "a" => Class::Alpha,
        "n" => Class::Numeric,
        "an" => Class::Alphanumeric,
        _ => return None,
    };
    let (variable, digits) = match digits.strip_prefix("..") {
        Some(digits) => (true, digits),
        None => (false, digits),
    };
    let max: u32 = digits.parse().ok().filter(|max| *max > 0)?;
    Some(Format {
        class,
        min: if variable { 0 } else { max },
        max,
    })
}

pub(super) fn code_value(input: &str) -> Parsed<'_, Box<str>> {
    map(code_text, Box::from).parse(input)
}

fn code_text(input: &str) -> Parsed<'_, &str> {
    let quoted = delimited(char('"'), is_not("\""), char('"'));
    expect("a code", nom::branch::alt((quoted, word))).parse(input)
}

/// A line of text with its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) text: &'a str,
    pub(crate) indent: usize,
    pub(crate) number: u32,
}

impl Line<'_> {
    /// What stands before a part of it: one taken out of its text, else of that length at its end.
    pub(crate) fn before(&self, part: &str) -> &str {
        let within = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let at_end = self.text.len().saturating_sub(part.len());
        let before = self.text.get(..within).or(self.text.get(..at_end));
        before.unwrap_or_default()
    }
}

/// The reader of one file.
pub(crate) struct Source<'a> {
    file: &'a str,
    lines: std::iter::Peekable<Said<'a>>,
}

/// Lines that say something.
struct Said<'a> {
    text: &'a str,
    lines: Lines<'a>,
}

impl<'a> Iterator for Said<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        loop {
            let (start, end, number) = self.lines.next()?;
            let text = self.text[start..end].trim_end();
            let indent = text.bytes().take_while(|byte| *byte == b' ').count();
            let body = &text[indent..];
            if !body.is_empty() && !body.starts_with('#') {
                return Some(Line {
                    text: body,
                    indent,
                    number,
                });
            }
        }
    }
}

/// Where lines begin and end, and their numbers.
struct Lines<'a> {
    text: &'a [u8],
    start: usize,
    number: u32,
}

impl Iterator for Lines<'_> {
    type Item = (usize, usize, u32);

    #[inline]
    fn next(&mut self) -> Option<(usize, usize, u32)> {
        let start = self.start;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let len = find_near(b'\n', rest).unwrap_or(rest.len());
        self.start = start + len + 1;
        self.number += 1;
        Some((start, start + len, self.number - 1))
    }
}

fn lines(text: &str, first_line: u32) -> Lines<'_> {
    Lines {
        text: text.as_bytes(),
        start: 0,
        number: first_line,
    }
}

impl<'a> Source<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str, first_line: u32) -> Self {
        let said = Said {
            text,
            lines: lines(text, first_line),
        };
        Self {
            file,
            lines: said.peekable(),
        }
    }

    pub(crate) fn error(&self, line: Line<'a>, at: &str, message: &str) -> Error {
        let column = line.indent + line.before(at).chars().count() + 1;
        if line.text.starts_with('\t') {
            let message = "a line is indented by blanks, not by a tab";
            return Error::spec(self.file, line.number, 1, message);
        }
        Error::spec(self.file, line.number, column as u32, message)
    }

    /// An error about a whole line.
    pub(crate) fn error_in(&self, line: Line<'_>, message: &str) -> Error {
        Error::spec(self.file, line.number, line.indent as u32 + 1, message)
    }

    /// The next line if it is at `indent`; one that is deeper is an error.
    pub(crate) fn next_at(&mut self, indent: usize) -> Result<Option<Line<'a>>> {
        match self.lines.peek().copied() {
            Some(line) if line.indent == indent => {
                self.lines.next();
                Ok(Some(line))
            }
            Some(line) if line.indent > indent => Err(self.error(
                line,
                line.text,
                &format!(
                    "indented by {} blanks; expected {indent} or fewer",
                    line.indent
                ),
            )),
            _ => Ok(None),
        }
    }

    /// The next line if it is at `indent`; it stays the next.
    pub(crate) fn peek_at(&mut self, indent: usize) -> Option<Line<'a>> {
        self.lines
            .peek()
            .copied()
            .filter(|line| line.indent == indent)
    }

    /// The next line if it is deeper than `indent`.
    pub(crate) fn next_below(&mut self, indent: usize) -> Option<Line<'a>> {
        self.lines.next_if(|line| line.indent > indent)
    }

    pub(crate) fn parse<O>(
        &self,
        line: Line<'a>,
        from: &'a str,
        parser: impl Parser<&'a str, Output = O, Error = Fault<'a>>,
    ) -> Result<O> {
        match all_consuming(parser).parse(from) {
            Ok((_, output)) => Ok(output),
            Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => {
                let expected = fault.expected.unwrap_or("the end of the line");
                let found = match fault.at.split_whitespace().next() {
                    Some(found) => format!("found {found:?}"),
                    None => "the line ends here".to_owned(),
                };
                Err(self.error(line, fault.at, &format!("{found}; expected {expected}")))
            }
            Err(nom::Err::Incomplete(_)) => unreachable!("complete parsers only"),
        }
    }

    /// That no line is left: what is indented without a head is an error.
    pub(crate) fn finish(&mut self) -> Result<()> {
        match self.lines.peek().copied() {
            Some(line) => {
                Err(self.error(line, line.text, "an indented line without a head above it"))
            }
            None => Ok(()),
        }
    }

    fn entry(&mut self) -> Result<Option<Entry>> {
        let Some(head) = self.next_at(0)? else {
            return Ok(None);
        };
        let all = [Verb::New, Verb::Restrict, Verb::Extends, Verb::Replace];
        let (text, verb) = verb(&all).parse(head.text).unwrap_or((head.text, None));
        let (keyword, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = if rest.is_empty() {
            &text[text.len()..]
        } else {
            rest.trim_start()
        };
        let patch = matches!(verb, Some(Verb::Restrict | Verb::Extends));
        let body = match keyword {
            "message" if patch => self.patch(head, rest, Target::Message)?,
            "segment" if patch => self.patch(head, rest, Target::Segment)?,
            "composite" if patch => self.patch(head, rest, Target::Composite)?,
            "codes" if patch => self.patch(head, rest, Target::Codes)?,
            _ if patch => {
                let expected =
                    "after restrict or extends, one of: message, segment, composite, codes";
                return Err(self.error(
                    head,
                    text,
                    &format!("found {keyword:?}; expected {expected}"),
                ));
            }
            "release" => self.release(head, rest)?,
            "element" => self.element(head, rest)?,
            "composite" => self.parts(head, rest, PartsKind::Composite)?,
            "segment" => self.parts(head, rest, PartsKind::Segment)?,
            "message" => self.message(head, rest, false)?,
            "interactive" => {
                let tail = self.parse(
                    head,
                    rest,
                    expect(
                        "message",
                        preceded((tag("message"), space1), nom::combinator::rest),
                    ),
                )?;
                self.message(head, tail, true)?
            }
            "codes" => self.codes(head, rest)?,
            "bind" => self.bind(head, rest)?,
            "identify" => self.identify(head, rest)?,
            _ => {
                let expected = "one of: release, element, composite, segment, message, interactive message, \
                     codes, bind, identify";
                return Err(self.error(
                    head,
                    text,
                    &format!("found {keyword:?}; expected {expected}"),
                ));
            }
        };
        Ok(Some(Entry {
            verb,
            body,
            line: head.number,
        }))
    }

    fn id(&self, head: Line<'a>, from: &'a str) -> Result<Box<str>> {
        self.parse(head, from, expect("an identifier", map(word, Box::from)))
    }

    fn release(&mut self, head: Line<'a>, rest: &'a str) -> Result<Body> {
        let names = separated_list1(char(','), release_name);
        let codes = opt(preceded((space1, tag("codes"), space1), names));
        let (name, codes_from) = self.parse(
            head,
            rest,
            (expect("a release name, as D95B", release_name), codes),
        )?;
        Ok(Body::Release {
            name,
            codes_from: codes_from.unwrap_or_default(),
        })
    }

    fn element(&mut self, head: Line<'a>, rest: &'a str) -> Result<Body> {
        let id = self.id(head, rest)?;
        let mut variants = Vec::new();
        while let Some(line) = self.next_at(2)? {
            variants.push(self.parse(
                line,
                line.text,
                map(
                    (ranges, space1, format, name),
                    |(ranges, _, format, name)| (ranges, format, name),
                ),
            )?);
        }
        Ok(Body::Element(Element { id, variants }))
    }

    fn parts(&mut self, head: Line<'a>, rest: &'a str, kind: PartsKind) -> Result<Body> {
        let id = self.id(head, rest)?;
        let mut variants = Vec::new();
        while let Some(line) = self.next_at(2)? {
            let (ranges, name) = self.parse(line, line.text, (ranges, name))?;
            let mut variant = PartsVariant {
                ranges,
                name,
                parts: Vec::new(),
                dependencies: Vec::new(),
                line: line.number,
            };
            while let Some(line) = self.next_at(4)? {
                if let Some(kind) = dependency_kind(line.text) {
                    let positions = preceded(
                        word,
                        many1(preceded(
                            space1,
                            map_opt(digit1, |d: &str| d.parse::<u16>().ok()),
                        )),
                    );
                    let positions = self.parse(
                        line,
                        line.text,
                        expect("positions counted from 1", positions),
                    )?;
                    variant.dependencies.push((kind, positions));
                } else {
                    variant.parts.push(self.parse(line, line.text, part)?);
                }
            }
            variants.push(variant);
        }
        Ok(Body::Parts(Parts { kind, id, variants }))
    }

    fn message(&mut self, head: Line<'a>, rest: &'a str, interactive: bool) -> Result<Body> {
        let id = self.id(head, rest)?;
        let mut variants = Vec::new();
        while let Some(variant) = self.message_variant()? {
            variants.push(variant);
        }
        Ok(Body::Message(Message {
            id,
            interactive,
            variants,
        }))
    }

    fn message_variant(&mut self) -> Result<Option<MessageVariant>> {
        let Some(line) = self.next_at(2)? else {
            return Ok(None);
        };
        let (ranges, name) = self.parse(line, line.text, (ranges, name))?;
        let items = self.items(4)?;
        Ok(Some(MessageVariant {
            ranges,
            name,
            items,
            line: line.number,
        }))
    }

    fn items(&mut self, indent: usize) -> Result<Vec<Item>> {
        // Deeper than any published message nests, and shallow enough for the stack.
        const DEEPEST: usize = 64;
        let mut items = Vec::new();
        while let Some(line) = self.next_at(indent)? {
            if indent > 2 * DEEPEST {
                return Err(self.error(line, line.text, "groups are nested more than 64 deep"));
            }
            let tail = |input| {
                map(
                    (space1, status, space1, number),
                    |(_, mandatory, _, max)| (mandatory, max),
                )
                .parse(input)
            };
            if let Some(rest) = line.text.strip_prefix("group ") {
                let (number, (mandatory, max)) = self.parse(
                    line,
                    rest.trim_start(),
                    (expect("a group number", number), tail),
                )?;
                let content = self.items(indent + 2)?;
                if content.is_empty() {
                    return Err(self.error(line, line.text, "a group without segments"));
                }
                items.push(Item {
                    kind: ItemKind::Group(number, content),
                    mandatory,
                    max,
                });
            } else {
                let (tag, (mandatory, max)) =
                    self.parse(line, line.text, (expect("a segment tag", word), tail))?;
                items.push(Item {
                    kind: ItemKind::Segment(tag.into()),
                    mandatory,
                    max,
                });
            }
        }
        Ok(items)
    }

    fn codes(&mut self, head: Line<'a>, rest: &'a str) -> Result<Body> {
        let element = self.id(head, rest)?;
        let mut rows = Vec::new();
        while let Some((line, (code, of, name))) = self.code_row()? {
            rows.push(CodeRow {
                code: code.into(),
                ranges: self.parse(line, of, ranges)?,
                name: name.into(),
            });
        }
        Ok(Body::Codes(Codes { element, rows }))
    }

    fn code_row(&mut self) -> Result<Option<(Line<'a>, RowText<'a>)>> {
        let Some(line) = self.next_at(2)? else {
            return Ok(None);
        };
        Ok(Some((line, self.parse(line, line.text, code_row)?)))
    }

    fn bind(&mut self, head: Line<'a>, rest: &'a str) -> Result<Body> {
        let when = opt(preceded(
            (space1, tag("when"), space1),
            expect(
                "an element and its value, as 3055 6",
                (word, preceded(space1, word)),
            ),
        ));
        let (element, _, table, when) = self.parse(
            head,
            rest,
            (
                expect("an element", word),
                space1,
                expect("a table of specs/codes", word),
                when,
            ),
        )?;
        Ok(Body::Bind(Bind {
            element: element.into(),
            table: table.into(),
            when: when.map(|(element, value)| (element.into(), value.into())),
        }))
    }

    fn identify(&mut self, head: Line<'a>, rest: &'a str) -> Result<Body> {
        let (message, _, ranges) =
            self.parse(head, rest, (expect("a message", word), space1, ranges))?;
        let mut rows = Vec::new();
        while let Some(line) = self.next_at(2)? {
            let (path, _, element, codes) = self.parse(
                line,
                line.text,
                (
                    expect("a position, as SG2/LOC", word),
                    space1,
                    expect("an element", word),
                    many1(preceded(space1, expect("a code", map(word, Box::from)))),
                ),
            )?;
            rows.push((path.into(), element.into(), codes, line.number));
        }
        Ok(Body::Identify(Identify {
            message: message.into(),
            ranges,
            rows,
        }))
    }

    fn patch(&mut self, head: Line<'a>, rest: &'a str, target: Target) -> Result<Body> {
        let within = opt((
            preceded((space1, tag("in"), space1), expect("a message", word)),
            opt(preceded(
                (space1, tag("at"), space1),
                expect("a position, as SG2/LOC", word),
            )),
        ));
        let (id, _, ranges, within) = self.parse(
            head,
            rest,
            (
                expect("an identifier", word),
                expect("a range of releases after two blanks", space1),
                ranges,
                within,
            ),
        )?;
        let mut rows = Vec::new();
        while let Some(line) = self.next_at(2)? {
            let change = self.parse(line, line.text, |input| change(input, target))?;
            rows.push(PatchRow {
                change,
                line: line.number,
            });
        }
        if rows.is_empty() {
            return Err(self.error(head, head.text, "a change of the base that says nothing"));
        }
        Ok(Body::Patch(Patch {
            target,
            id: id.into(),
            ranges,
            within: within.map(|(message, at)| (message.into(), at.map(Box::from))),
            rows,
        }))
    }
}

fn change(input: &str, target: Target) -> Parsed<'_, Change> {
    let (after_first, first) = expect("a position or a code", word).parse(input)?;
    match (first, target) {
        ("only", Target::Codes) => {
            let (left, codes) = many1(preceded(space1, code_value)).parse(after_first)?;
            Ok((left, Change::Only { codes }))
        }
        ("drop", _) => {
            let (left, path) = preceded(space1, expect("what to drop", word)).parse(after_first)?;
            Ok((left, Change::Drop { path: path.into() }))
        }
        ("add", Target::Codes) => {
            let (left, (code, name)) = (preceded(space1, code_value), name).parse(after_first)?;
            Ok((left, Change::Code { code, name }))
        }
        ("add", Target::Message) => {
            let (left, (tag_, mandatory, max, after)) = (
                preceded(space1, expect("a segment tag", word)),
                preceded(space1, status),
                preceded(space1, number),
                preceded(
                    (space1, expect("after", tag("after")), space1),
                    expect("a position", word),
                ),
            )
                .parse(after_first)?;
            Ok((
                left,
                Change::Add {
                    tag: tag_.into(),
                    after: after.into(),
                    mandatory,
                    max,
                },
            ))
        }
        (_, Target::Codes) => Err(nom::Err::Error(Fault {
            at: input,
            expected: Some("`only CODE …`, `drop CODE` or `add CODE  name`"),
        })),
        (path, _) => {
            let (left, (mandatory, max, format)) = (
                preceded(space1, status),
                opt(preceded((space1, opt(char('x'))), number)),
                opt(preceded(space1, format)),
            )
                .parse(after_first)?;
            Ok((
                left,
                Change::Set {
                    path: path.into(),
                    mandatory,
                    max,
                    format,
                },
            ))
        }
    }
}

fn part(input: &str) -> Parsed<'_, Part> {
    map(
        (
            expect("an element or composite", word),
            space1,
            status,
            opt(preceded((space1, char('x')), number)),
        ),
        |(id, _, mandatory, max)| Part {
            id: id.into(),
            mandatory,
            max: max.unwrap_or(1),
            format: None,
            dropped: false,
        },
    )
    .parse(input)
}

pub(super) fn dependency_kind(text: &str) -> Option<DependencyKind> {
    Some(match text.split(' ').next()? {
        "D1" => DependencyKind::OneAndOnlyOne,
        "D2" => DependencyKind::AllOrNone,
        "D3" => DependencyKind::OneOrMore,
        "D4" => DependencyKind::OneOrNone,
        "D5" => DependencyKind::IfFirstThenAll,
        "D6" => DependencyKind::IfFirstThenAtLeastOne,
        "D7" => DependencyKind::IfFirstThenNone,
        _ => return None,
    })
}

/// Reads all entries of a file whose first line is number `first_line`.
pub fn parse(file: &str, text: &str, first_line: u32) -> Result<Vec<Entry>> {
    let mut source = Source::new(file, text, first_line);
    let mut entries = Vec::new();
    while let Some(entry) = source.entry()? {
        entries.push(entry);
    }
    source.finish()?;
    Ok(entries)
}

/// The entries of a file by their heads, unread: text, and the number of its first line. Of several
/// with the same head the first.
pub(super) fn heads(text: &str) -> FxHashMap<&str, (&str, u32)> {
    let mut heads = FxHashMap::default();
    let mut open: Option<(usize, usize, u32)> = None;
    let mut close = |open: Option<(usize, usize, u32)>, end: usize| {
        if let Some((start, head_end, line)) = open {
            let entry = (&text[start..end], line);
            heads.entry(&text[start..head_end]).or_insert(entry);
        }
    };
    for (start, end, number) in lines(text, 1) {
        // What is indented, or a comment, belongs to the entry before.
        if !matches!(text.as_bytes().get(start), None | Some(b' ' | b'#' | b'\n')) {
            close(open.replace((start, end, number)), start);
        }
    }
    close(open, text.len());
    heads
}

/// The rows of the code list that a file holds, as they stand there.
pub(super) fn code_rows<'a>(file: &'a str, text: &'a str) -> Result<Vec<RowText<'a>>> {
    let mut source = Source::new(file, text, 1);
    let mut rows = Vec::new();
    source.next_at(0)?;
    while let Some((_, row)) = source.code_row()? {
        rows.push(row);
    }
    source.finish()?;
    Ok(rows)
}

/// Ranges of releases.
pub(super) fn ranges_of(text: &str) -> Option<Ranges> {
    let read = all_consuming(ranges).parse(text);
    read.ok().map(|(_, ranges)| ranges)
}

/// A variant of a message, unread but for its ranges.
pub(super) struct UnreadVariant<'a> {
    file: &'a str,
    pub ranges: Ranges,
    text: &'a str,
    /// Number of its first line.
    line: u32,
}

impl UnreadVariant<'_> {
    /// Reads it.
    pub(super) fn read(&self) -> Result<MessageVariant> {
        let mut source = Source::new(self.file, self.text, self.line);
        let read = source.message_variant()?;
        source.finish()?;
        read.ok_or_else(|| Error::spec(self.file, self.line, 1, "expected a variant of a message"))
    }
}

/// The variants of the message that a file holds and nothing else, and whether it is interactive.
pub(super) fn message_variants<'a>(
    file: &'a str,
    text: &'a str,
) -> Result<(bool, Vec<UnreadVariant<'a>>)> {
    let mut interactive = false;
    let mut variants: Vec<UnreadVariant<'a>> = Vec::new();
    let mut starts = Vec::new();
    for (start, end, number) in lines(text, 1) {
        match &text.as_bytes()[start..end] {
            [] | [b'#', ..] | [b' ', b' ', b' ' | b'#', ..] => {}
            [b' ', b' ', ..] => {
                let mut source = Source::new(file, &text[start..end], number);
                let Some(line) = source.next_at(2)? else {
                    continue;
                };
                let (ranges, _) = source.parse(line, line.text, (ranges, name_text))?;
                starts.push(start);
                variants.push(UnreadVariant {
                    file,
                    ranges,
                    text,
                    line: number,
                });
            }
            head => interactive |= head.starts_with(b"interactive "),
        }
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    for ((variant, start), end) in variants.iter_mut().zip(&starts).zip(ends) {
        variant.text = &text[*start..end];
    }
    Ok((interactive, variants))
}
