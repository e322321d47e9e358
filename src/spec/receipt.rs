//! Receipts as text: which receipt answers which message, and how its fields are filled and read.
//!
//! `specs/receipts/README.md` says what every line means.

use std::sync::{Arc, OnceLock};

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_until};
use nom::character::complete::{char, space0, space1};
use nom::combinator::{map, opt};
use nom::multi::separated_list1;
use nom::sequence::{delimited, preceded};

use super::embedded;
use super::model::Label;
use super::text::{Line, Parsed, Source, Verb, expect, label, number, split, verb, word};
use crate::Result;

/// Parts of a receipt nest no deeper.
const DEEPEST: usize = 32;

/// A receipt.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Its name: that of the message it is an instance of.
    pub name: Box<str>,
    /// Names for people.
    pub label: Label,
    /// Where its facts come from.
    pub sources: Vec<Box<str>>,
    /// Values of the messages it answers: one of them must be there.
    pub answers: Vec<Known>,
    /// Values that the messages it answers do not have.
    pub unless: Vec<Known>,
    /// The namespace of its root; empty for none.
    pub namespace: Box<str>,
    /// Whether it is a flat file: parts `R_10` are records, `F_2` their fields.
    pub flat: bool,
    /// Where its status stands.
    pub status: Box<str>,
    /// Where it says more.
    pub text: Box<str>,
    /// Where it names what it answers: the first of these that is there.
    pub names: Vec<Box<str>>,
    /// What a status means.
    pub codes: Vec<Code>,
    /// Its root, or the records of a flat file; none where it is only read.
    pub parts: Vec<Part>,
}

/// A value by which a message is known.
#[derive(Clone, Debug)]
pub struct Known {
    /// Names from the root on.
    pub path: Box<str>,
    /// One of these; empty: whatever stands there.
    pub values: Vec<Box<str>>,
}

/// What a status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Taken in, or approved.
    Accepted,
    /// Refused.
    Rejected,
    /// On its way, or held.
    Progress,
}

/// A status and its meaning.
#[derive(Clone, Debug)]
pub struct Code {
    /// The status; with `*` behind it, whatever begins so.
    pub code: Box<str>,
    /// What it says.
    pub outcome: Outcome,
    /// Names for people.
    pub label: Label,
}

/// An element, attribute, record or field that is written.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its name; attributes begin with `@`.
    pub name: Box<str>,
    /// Once for each of these in the message that is answered, at most so often.
    pub each: Option<(Box<str>, u32)>,
    /// What it holds: parts, or a value when accepted and when rejected.
    pub holds: Holds,
}

/// What a part holds.
#[derive(Clone, Debug)]
pub enum Holds {
    /// Other parts.
    Parts(Vec<Part>),
    /// The first of these that gives something, when accepted and when rejected.
    Value(Vec<Given>, Vec<Given>),
}

/// What a value is taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// This text. An empty one writes an empty element.
    Text(Box<str>),
    /// The value of the message that is answered; `./` begins at what `each` is at.
    From(Box<str>),
    /// The time, by a pattern.
    Now(Box<str>),
    /// A new identifier of so many letters and digits; none is a GUID.
    New(Option<u32>),
    /// The findings behind some text, within so many characters, or bytes as GBK has them.
    Findings(u32, bool, Box<str>),
    /// The code of the first finding.
    Code,
    /// The number of records of a flat file.
    Records,
}

/// An entry of a file.
pub(super) struct Entry {
    pub(super) verb: Option<Verb>,
    pub(super) receipt: Receipt,
    pub(super) line: u32,
}

/// The receipts that ship with the crate.
pub(super) fn base() -> Result<&'static [Arc<Receipt>]> {
    static BASE: OnceLock<Vec<Arc<Receipt>>> = OnceLock::new();
    if let Some(held) = BASE.get() {
        return Ok(held);
    }
    let mut all = Vec::new();
    for (path, text) in embedded::files("receipts/") {
        for entry in parse(path, text)? {
            all.push(Arc::new(entry.receipt));
        }
    }
    Ok(BASE.get_or_init(|| all))
}

/// Reads all receipts of a file.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Entry>> {
    let mut source = Source::new(file, text, 1);
    let mut entries = Vec::new();
    let mut outcomes: Vec<(&str, Vec<Code>)> = Vec::new();
    while let Some(head) = source.next_at(0)? {
        match split(head.text) {
            ("outcomes", name) => {
                let name = source.parse(head, name, expect("a name", word))?;
                let mut codes = Vec::new();
                while let Some(line) = source.next_at(2)? {
                    let code = preceded((expect("`code`", tag("code")), space1), code);
                    codes.push(source.parse(line, line.text, code)?);
                }
                outcomes.push((name, codes));
            }
            _ => entries.push(entry(&mut source, head, &outcomes)?),
        }
    }
    source.finish()?;
    Ok(entries)
}

fn entry<'a>(
    source: &mut Source<'a>,
    head: Line<'a>,
    outcomes: &[(&str, Vec<Code>)],
) -> Result<Entry> {
    let (verb, _, _, name, label) = source.parse(
        head,
        head.text,
        (
            verb(&[Verb::New, Verb::Replace]),
            expect("`receipt` and a name", tag("receipt")),
            expect("a blank and a name", space1),
            expect("a name", word),
            label,
        ),
    )?;
    let mut receipt = Receipt {
        name: name.into(),
        label,
        sources: Vec::new(),
        answers: Vec::new(),
        unless: Vec::new(),
        namespace: "".into(),
        flat: false,
        status: "".into(),
        text: "".into(),
        names: Vec::new(),
        codes: Vec::new(),
        parts: Vec::new(),
    };
    while let Some(line) = source.next_at(2)? {
        let (keyword, text) = split(line.text);
        match keyword {
            "source" => receipt.sources.push(text.into()),
            "answers" => receipt.answers.push(source.parse(line, text, known)?),
            "unless" => receipt.unless.push(source.parse(line, text, known)?),
            "namespace" => receipt.namespace = text.into(),
            "flat" if text.is_empty() => receipt.flat = true,
            "status" => receipt.status = source.parse(line, text, path)?.into(),
            "text" => receipt.text = source.parse(line, text, path)?.into(),
            "names" => receipt.names.push(source.parse(line, text, path)?.into()),
            "outcomes" => match outcomes.iter().find(|(name, _)| *name == text) {
                Some((_, codes)) => receipt.codes.extend_from_slice(codes),
                None => {
                    let message = format!("no outcomes {text:?} stand above");
                    return Err(source.error(line, text, &message));
                }
            },
            "code" => receipt.codes.push(source.parse(line, text, code)?),
            "writes" if text.is_empty() => receipt.parts = parts(source, 4)?,
            _ => {
                let message = format!(
                    "found {keyword:?}; expected one of: source, answers, unless, namespace, flat, status, text, names, code, outcomes, writes"
                );
                return Err(source.error(line, line.text, &message));
            }
        }
    }
    let lacks = match &receipt {
        Receipt { status, .. } if status.is_empty() => Some("status"),
        Receipt { answers, parts, .. } if answers.is_empty() && !parts.is_empty() => {
            Some("answers")
        }
        Receipt {
            flat: false, parts, ..
        } if parts.len() > 1 => Some("only one root below writes"),
        _ => None,
    };
    if let Some(lacks) = lacks {
        return Err(source.error(head, head.text, &format!("a receipt needs {lacks}")));
    }
    Ok(Entry {
        verb,
        receipt,
        line: head.number,
    })
}

fn path(input: &str) -> Parsed<'_, &str> {
    expect("a path", word).parse(input)
}

fn known(input: &str) -> Parsed<'_, Known> {
    map(
        (path, opt(preceded(space1, separated_list1(space1, word)))),
        |(path, values): (&str, Option<Vec<&str>>)| Known {
            path: path.into(),
            values: values
                .unwrap_or_default()
                .into_iter()
                .map(Into::into)
                .collect(),
        },
    )
    .parse(input)
}

fn code(input: &str) -> Parsed<'_, Code> {
    let outcome = alt((
        map(tag("accepted"), |_| Outcome::Accepted),
        map(tag("rejected"), |_| Outcome::Rejected),
        map(tag("progress"), |_| Outcome::Progress),
    ));
    map(
        (
            expect("a status", word),
            space1,
            expect("accepted, rejected or progress", outcome),
            label,
        ),
        |(code, _, outcome, label)| Code {
            code: code.into(),
            outcome,
            label,
        },
    )
    .parse(input)
}

fn parts<'a>(source: &mut Source<'a>, indent: usize) -> Result<Vec<Part>> {
    let mut all = Vec::new();
    while let Some(line) = source.next_at(indent)? {
        if indent > 2 * DEEPEST {
            return Err(source.error(line, line.text, "parts are nested more than 32 deep"));
        }
        let (name, text) = split(line.text);
        let (each, text) = match text.strip_prefix("each") {
            Some(after) if text.starts_with("each ") => {
                let each = (
                    preceded(space0, path),
                    opt(preceded((space1, tag("most"), space1), number)),
                );
                let (path, most) = source.parse(line, after, each)?;
                (Some((path.into(), most.unwrap_or(u32::MAX))), "")
            }
            _ => (None, text),
        };
        let holds = if text.is_empty() {
            Holds::Parts(parts(source, indent + 2)?)
        } else {
            let one = |input| separated_list1((space1, tag("or"), space1), given).parse(input);
            let both = (one, opt(preceded((space1, char('|'), space1), one)));
            let (accepted, rejected) = source.parse(line, text, both)?;
            let rejected = rejected.unwrap_or_else(|| accepted.clone());
            Holds::Value(accepted, rejected)
        };
        all.push(Part {
            name: name.into(),
            each,
            holds,
        });
    }
    Ok(all)
}

fn quoted(input: &str) -> Parsed<'_, &str> {
    delimited(char('"'), take_until("\""), char('"')).parse(input)
}

fn given(input: &str) -> Parsed<'_, Given> {
    let findings = (
        preceded((tag("findings"), space1), number),
        opt(preceded(space1, tag("bytes"))),
        opt(preceded((space1, tag("behind"), space1), quoted)),
    );
    let new = preceded(
        (tag("new"), space1),
        alt((map(tag("guid"), |_| None), map(number, Some))),
    );
    expect(
        "\"text\", from PATH, now PATTERN, new guid, new N, findings N, findings N bytes, code or records",
        alt((
            map(quoted, |text: &str| Given::Text(text.into())),
            map(preceded((tag("from"), space1), word), |path: &str| {
                Given::From(path.into())
            }),
            map(preceded((tag("now"), space1), word), |pattern: &str| {
                Given::Now(pattern.into())
            }),
            map(new, Given::New),
            map(findings, |(most, bytes, behind)| {
                Given::Findings(most, bytes.is_some(), behind.unwrap_or_default().into())
            }),
            map(tag("code"), |_| Given::Code),
            map(tag("records"), |_| Given::Records),
        )),
    )
    .parse(input)
}

impl Receipt {
    /// What a status says, where it is known.
    #[must_use]
    pub fn meaning(&self, status: &str) -> Option<&Code> {
        let exact = self.codes.iter().find(|code| *code.code == *status);
        exact.or_else(|| {
            self.codes.iter().find(|code| {
                let begin = code.code.strip_suffix('*');
                begin.is_some_and(|begin| status.starts_with(begin))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_located() {
        let fault = |text: &str| parse("r.txt", text).err().unwrap().to_string();
        assert_eq!(
            fault("receipt A\n  status  A/B\n  writes\n    A\n      B  form A\n"),
            "r.txt:5:10: found \"form\"; expected \"text\", from PATH, now PATTERN, new guid, new N, findings N, findings N bytes, code or records"
        );
        assert_eq!(
            fault("receipt A\n  code  1  good\n"),
            "r.txt:2:12: found \"good\"; expected accepted, rejected or progress"
        );
        assert_eq!(fault("receipt A\n"), "r.txt:1:1: a receipt needs status");
        assert_eq!(
            fault("receipt A\n  stats  B\n"),
            "r.txt:2:3: found \"stats\"; expected one of: source, answers, unless, namespace, flat, status, text, names, code, outcomes, writes"
        );
    }

    #[test]
    fn what_ships_loads() {
        assert!(base().unwrap().len() > 5);
    }
}
