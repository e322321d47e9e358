//! The text form of messages in XML.

use std::sync::OnceLock;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_till1};
use nom::character::complete::{char, digit1, space1};
use nom::combinator::{map, map_opt, opt, recognize, rest, verify};
use nom::multi::{many0, many0_count};
use nom::sequence::{delimited, preceded, terminated};

use super::super::text::{Fault, Line, Parsed, Source, expect, label, split, verb, word};
use super::patch;
use super::{
    Attribute, Bound, Codes, Element, Entry, Format, Head, Holds, Message, Occurs, Part, Status,
    Value, Verb, When, Whole,
};
use crate::Result;
use crate::spec::model::Label;

/// Elements nest no deeper.
const DEEPEST: usize = 64;

/// Reads all messages of a file.
pub(in crate::spec) fn parse(file: &str, text: &str) -> Result<Vec<Entry>> {
    let mut source = Source::new(file, text, 1);
    let mut entries = Vec::new();
    while let Some(line) = source.next_at(0)? {
        let verb = match split(line.text).0 {
            "restrict" => Some(Verb::Restrict),
            "extends" => Some(Verb::Extends),
            _ => None,
        };
        if let Some(verb) = verb {
            entries.push(Entry::Patch(patch::read(&mut source, line, verb)?));
            continue;
        }
        let (verb, mut message) = head(&mut source, line)?;
        let found = source.next_at(2)?;
        let Some(first) = found.filter(|first| first.text.starts_with('<')) else {
            let at = found.unwrap_or(line);
            return Err(source.error(at, at.text, "expected the root element, as <Name>  M  1"));
        };
        message.root = element(&mut source, first, 2, 1)?;
        if let Some(more) = source.next_at(2)? {
            return Err(source.error(more, more.text, "a message has one root element"));
        }
        check_paths(&source, line, &message)?;
        entries.push(Entry::Message {
            verb,
            message: Box::new(message),
            line: line.number,
        });
    }
    source.finish()?;
    Ok(entries)
}

/// Reads the heads of all messages of a file of the base, and the tags of their roots.
pub(super) fn heads(file: &'static str, text: &'static str) -> Result<Vec<Head>> {
    const BEGIN: &str = "message ";
    let after_line = text.match_indices('\n').map(|(at, _)| at + 1);
    let starts = std::iter::once(0).chain(after_line).zip(1..);
    let starts = starts.filter(|(at, _)| text[*at..].starts_with(BEGIN));
    let mut found = Vec::new();
    for (at, number) in starts {
        // What follows the line of the root is not looked at.
        let end = text[at..].find("\n  <").map_or(text.len(), |root| {
            let root = at + root + 1;
            text[root..].find('\n').map_or(text.len(), |end| root + end)
        });
        let mut source = Source::new(file, &text[at..end], number);
        let Some(line) = source.next_at(0)? else {
            continue;
        };
        let (_, message) = head(&mut source, line)?;
        let root = source.next_at(2)?.map_or("", |line| line.text);
        let root = root.trim_start_matches('<').split('>').next();
        found.push(Head {
            name: message.name,
            label: message.label,
            edition: message.edition,
            valid: message.valid,
            root: root.unwrap_or("").into(),
            namespaces: message.namespaces,
            when: message.when,
            file: file.into(),
            line: line.number,
            text: Whole::Embedded(file, text, OnceLock::new()),
        });
    }
    Ok(found)
}

/// The lines of a message above its root.
fn head<'a>(source: &mut Source<'a>, line: Line<'a>) -> Result<(Option<Verb>, Message)> {
    let (verb, _, _, name, label) = source.parse(
        line,
        line.text,
        (
            verb(&[Verb::New, Verb::Replace]),
            expect("`message` and a name", tag("message")),
            expect("a blank and a name", space1),
            expect("a name", verify(word, |name: &str| !name.contains('@'))),
            label,
        ),
    )?;
    let mut message = Message {
        name: name.into(),
        label,
        edition: "".into(),
        valid: "".into(),
        fidelity: "".into(),
        sources: Vec::new(),
        namespaces: Vec::new(),
        when: Vec::new(),
        root: Element {
            tag: "".into(),
            occurs: Occurs {
                status: Status::Mandatory,
                min: 1,
                max: Some(1),
            },
            label: Label::default(),
            attributes: Vec::new(),
            holds: Holds::Anything,
            condition: "".into(),
            wco: "".into(),
            required: "".into(),
        },
    };
    while let Some(line) = source.peek_at(2).filter(|line| !line.text.starts_with('<')) {
        source.next_at(2)?;
        let (keyword, text) = split(line.text);
        match keyword {
            "edition" => message.edition = source.parse(line, text, word)?.into(),
            "valid" => message.valid = text.into(),
            "fidelity" => {
                let known = alt((
                    tag("official"),
                    tag("data-items"),
                    tag("partial"),
                    tag("project"),
                ));
                let what = "official, data-items, partial or project";
                message.fidelity = source.parse(line, text, expect(what, known))?.into();
            }
            "source" => message.sources.push(text.into()),
            "namespace" => {
                let one = expect("a namespace, or none", word);
                let namespace = source.parse(line, text, one)?;
                let namespace = if namespace == "none" { "" } else { namespace };
                message.namespaces.push(namespace.into());
            }
            "when" => {
                let value = opt(preceded(space1, rest));
                let what = "a path, as Manifest/Head/FunctionCode, and a value";
                let (path, value) = source.parse(line, text, expect(what, (word, value)))?;
                let value = value.map(|value: &str| value.trim().into());
                message.when.push(When {
                    path: path.into(),
                    value,
                });
            }
            _ => {
                let message = format!(
                    "found {keyword:?}; expected one of: edition, valid, fidelity, source, namespace, when, <root element>"
                );
                return Err(source.error(line, line.text, &message));
            }
        }
    }
    Ok((verb, message))
}

/// What a message is known by is in it.
fn check_paths<'a>(source: &Source<'a>, line: Line<'a>, message: &Message) -> Result<()> {
    for when in &message.when {
        let mut names = when.path.split('/');
        let mut at = (names.next() == Some(&*message.root.tag)).then_some(&message.root);
        for name in names {
            at = at.and_then(|at| at.children().into_iter().find(|of| *of.tag == *name));
        }
        if at.is_none() {
            let fault = format!("when: the message has no element {}", when.path);
            return Err(source.error(line, line.text, &fault));
        }
    }
    Ok(())
}

fn element<'a>(
    source: &mut Source<'a>,
    line: Line<'a>,
    indent: usize,
    depth: usize,
) -> Result<Element> {
    if depth > DEEPEST {
        return Err(source.error(line, line.text, "elements are nested more than 64 deep"));
    }
    let tag_ = delimited(
        char('<'),
        verify(take_till1(|c: char| c == '>' || c.is_whitespace()), is_name),
        char('>'),
    );
    let (tag, _, occurs, kind, label) = source.parse(
        line,
        line.text,
        (
            expect("an element, as <Name>", tag_),
            space1,
            occurs,
            opt(preceded(space1, kind)),
            label,
        ),
    )?;
    let mut made = Element {
        tag: tag.into(),
        occurs,
        label,
        attributes: Vec::new(),
        holds: match &kind {
            Some(Kind::Anything) => Holds::Anything,
            Some(Kind::Value(format, empty)) => Holds::Value(Value {
                empty: *empty,
                ..Value::new(format.clone())
            }),
            _ => Holds::Parts {
                parts: Vec::new(),
                any_order: matches!(kind, Some(Kind::Unordered)),
            },
        },
        condition: "".into(),
        wco: "".into(),
        required: "".into(),
    };
    let indent = indent + 2;
    while let Some(line) = source.next_at(indent)? {
        let (keyword, text) = split(line.text);
        match keyword {
            "condition" => made.condition = text.into(),
            "wco" => made.wco = text.into(),
            "required" => made.required = text.into(),
            _ if keyword.starts_with('@') => {
                let made_of = attribute(source, line, indent)?;
                if made.attributes.iter().any(|held| held.name == made_of.name) {
                    return Err(source.error(line, line.text, "the attribute is there already"));
                }
                made.attributes.push(made_of);
            }
            _ => match &mut made.holds {
                Holds::Value(value) => qualify(source, line, value)?,
                Holds::Parts { parts, any_order } => {
                    let found = part(source, line, indent, depth + 1)?;
                    if *any_order && !matches!(found, Part::Element(_)) {
                        let message = "only elements may come in any order";
                        return Err(source.error(line, line.text, message));
                    }
                    parts.push(found);
                }
                Holds::Anything => {
                    let message = "an element that holds anything has attributes only";
                    return Err(source.error(line, line.text, message));
                }
            },
        }
    }
    if let Holds::Parts { parts, .. } = &made.holds
        && parts.is_empty() != matches!(kind, Some(Kind::Empty))
    {
        let message = match parts.is_empty() {
            true => "expected a format, as an..35, or anything, empty, or elements below",
            false => "an empty element has attributes only",
        };
        return Err(source.error(line, line.text, message));
    }
    if let Holds::Parts {
        parts,
        any_order: true,
    } = &made.holds
    {
        let mut seen: Vec<&str> = Vec::new();
        for part in parts {
            if let Part::Element(element) = part {
                if seen.contains(&&*element.tag) {
                    let message =
                        format!("<{}> stands twice among elements in any order", element.tag);
                    return Err(source.error(line, line.text, &message));
                }
                seen.push(&element.tag);
            }
        }
    }
    Ok(made)
}

/// Whether the name of an element would be read as what it holds.
pub(super) fn begins_with_kind(label: &str) -> bool {
    kind(label).is_ok()
}

fn kind(input: &str) -> Parsed<'_, Kind> {
    alt((
        map(terminated(tag("anything"), end_of_word), |_| Kind::Anything),
        map(terminated(tag("unordered"), end_of_word), |_| {
            Kind::Unordered
        }),
        map(terminated(tag("empty"), end_of_word), |_| Kind::Empty),
        map(format, |(format, empty)| Kind::Value(format, empty)),
    ))
    .parse(input)
}

enum Kind {
    Anything,
    Empty,
    Unordered,
    Value(Format, bool),
}

/// An element, `choice`, `sequence` or `*`.
pub(super) fn part<'a>(
    source: &mut Source<'a>,
    line: Line<'a>,
    indent: usize,
    depth: usize,
) -> Result<Part> {
    let (keyword, text) = split(line.text);
    match keyword {
        "choice" | "sequence" => {
            if depth > DEEPEST {
                return Err(source.error(line, line.text, "choices are nested more than 64 deep"));
            }
            let occurs = source.parse(line, text, occurs)?;
            let mut parts = Vec::new();
            while let Some(line) = source.next_at(indent + 2)? {
                parts.push(part(source, line, indent + 2, depth + 1)?);
            }
            if parts.is_empty() {
                let message = format!("a {keyword} of nothing");
                return Err(source.error(line, line.text, &message));
            }
            Ok(match keyword {
                "choice" => Part::Choice(occurs, parts),
                _ => Part::Sequence(occurs, parts),
            })
        }
        "*" => {
            let namespace = opt(preceded(space1, word));
            let (occurs, namespace) = source.parse(line, text, (occurs, namespace))?;
            Ok(Part::Anything(occurs, namespace.map(Into::into)))
        }
        _ if keyword.starts_with('<') => Ok(Part::Element(element(source, line, indent, depth)?)),
        _ => {
            let message = format!(
                "found {keyword:?}; expected one of: <element>, @attribute, choice, sequence, *, condition, wco, required"
            );
            Err(source.error(line, line.text, &message))
        }
    }
}

fn attribute<'a>(source: &mut Source<'a>, line: Line<'a>, indent: usize) -> Result<Attribute> {
    let (_, name, _, occurs, _, (format, empty), label) = source.parse(
        line,
        line.text,
        (
            char('@'),
            expect("the name of an attribute", verify(word, is_name)),
            space1,
            status,
            space1,
            format,
            label,
        ),
    )?;
    let mut value = Value {
        empty,
        ..Value::new(format)
    };
    while let Some(line) = source.next_at(indent + 2)? {
        qualify(source, line, &mut value)?;
    }
    Ok(Attribute {
        name: name.into(),
        mandatory: occurs == Status::Mandatory,
        label,
        value,
    })
}

/// A line below a value.
pub(super) fn qualify<'a>(source: &Source<'a>, line: Line<'a>, value: &mut Value) -> Result<()> {
    let (keyword, text) = split(line.text);
    let twice = || source.error(line, line.text, "the value has its codes already");
    match keyword {
        "is" => value.fixed = Some(text.into()),
        "default" => value.default = Some(text.into()),
        "pattern" if !text.is_empty() => value.patterns.push(text.into()),
        "means" if !text.is_empty() => value.means = text.into(),
        "table" | "in" => {
            let table = source.parse(line, text, tables)?;
            if value.codes != Codes::None {
                return Err(twice());
            }
            value.codes = match keyword {
                "in" => Codes::In(table),
                _ => Codes::Table(table),
            };
        }
        "code" => {
            let (code, label) = source.parse(line, text, (code, label))?;
            if value.codes == Codes::None {
                value.codes = Codes::Values(Vec::new());
            }
            match &mut value.codes {
                Codes::Values(values) => values.push((code, label)),
                _ => return Err(twice()),
            }
        }
        _ => {
            let bound = Bound::ALL.iter().find(|bound| bound.as_str() == keyword);
            let Some(bound) = bound.filter(|_| !text.is_empty()) else {
                let message = format!(
                    "found {keyword:?}; expected one of: is, default, code, table, in, pattern, means, min, max, above, below, condition, wco, required, @attribute"
                );
                return Err(source.error(line, line.text, &message));
            };
            value.bounds.push((*bound, text.into()));
        }
    }
    Ok(())
}

/// Tables of `specs/codes`, as `packaging`, `packaging:customs` for another column than that of the
/// codes, or several with `or` between them.
pub(in crate::spec) fn tables(input: &str) -> Parsed<'_, Box<str>> {
    let is_table = |text: &str| {
        let (table, column) = text.split_once(':').unwrap_or((text, "code"));
        *text != *"or" && !table.is_empty() && !column.is_empty() && !column.contains(':')
    };
    let what = "a table of specs/codes, as port or port:customs; several with or between them";
    let one = || expect(what, verify(word, move |text: &str| is_table(text)));
    let or = (space1, tag("or"), space1);
    let all = (one(), many0(preceded(or, one())));
    map(all, |(first, more)| {
        [&[first], &*more].concat().join(" or ").into()
    })
    .parse(input)
}

/// A code: a word, or in quotation marks, of which one inside is written twice.
fn code(input: &str) -> Parsed<'_, Box<str>> {
    let inside = recognize(many0_count(alt((tag("\"\""), is_not("\"")))));
    let quoted = delimited(char('"'), inside, terminated(char('"'), end_of_word));
    let quoted = map(quoted, |text: &str| text.replace("\"\"", "\"").into());
    let plain = verify(word, |text: &str| !text.starts_with('"'));
    expect("a code", alt((quoted, map(plain, Into::into)))).parse(input)
}

fn fault<'a, O>(at: &'a str) -> Parsed<'a, O> {
    Err(nom::Err::Error(Fault { at, expected: None }))
}

fn end_of_word(input: &str) -> Parsed<'_, ()> {
    match input.chars().next() {
        None => Ok((input, ())),
        Some(c) if c.is_whitespace() => Ok((input, ())),
        _ => fault(input),
    }
}

/// Whether a text may be a name of XML without prefix.
fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

pub(super) fn status(input: &str) -> Parsed<'_, Status> {
    let one = map_opt(word, |text| match text {
        "M" => Some(Status::Mandatory),
        "C" => Some(Status::Conditional),
        "O" => Some(Status::Optional),
        "N" => Some(Status::Absent),
        _ => None,
    });
    expect("the status M, C, O or N", one).parse(input)
}

/// Status and how often: `M  1`, `C  *`, `M  2..9`, `N`.
pub(super) fn occurs(input: &str) -> Parsed<'_, Occurs> {
    let (left, status) = status(input)?;
    if status == Status::Absent {
        let occurs = Occurs {
            status,
            min: 0,
            max: Some(0),
        };
        // A number may stand there as for all others.
        let (left, _) = opt((space1, recognize(digit1), end_of_word)).parse(left)?;
        return Ok((left, occurs));
    }
    let count = || map_opt(digit1, |digits: &str| digits.parse::<u32>().ok());
    let many = || alt((map(char('*'), |_| None), map(count(), Some)));
    let both = map((count(), tag(".."), many()), |(min, _, max)| {
        (Some(min), max)
    });
    let one = alt((both, map(many(), |max| (None, max))));
    let what = "how often it stands: a number, * for any, or 2..9";
    let (left, (min, max)) =
        expect(what, preceded(space1, terminated(one, end_of_word))).parse(left)?;
    let least = u32::from(status == Status::Mandatory);
    let min = min.unwrap_or(least);
    if max.is_some_and(|max| max < min.max(1)) {
        return expect("at most as often as at least, and once", fault).parse(left);
    }
    Ok((left, Occurs { status, min, max }))
}

/// A format, and whether the value may be empty.
pub(super) fn format(input: &str) -> Parsed<'_, (Format, bool)> {
    let one = map_opt(word, |text: &str| {
        let (text, empty) = match text.strip_suffix('?') {
            Some(text) => (text, true),
            None => (text, false),
        };
        Format::parse(text).map(|format| (format, empty))
    });
    let what = "a format, as an..35, n..14,4, CCYYMMDD or xs:dateTime";
    expect(what, one).parse(input)
}
