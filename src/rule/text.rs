//! The text form of rules.
//!
//! An entry begins at the margin; its lines are indented by two blanks; what is indented deeper
//! goes on with the line above. `specs/rules/README.md` says what every line means.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, space0, space1};
use nom::combinator::{map, map_opt, opt, rest};
use nom::multi::separated_list1;
use nom::sequence::{preceded, terminated};

use super::join_text::join;
pub(crate) use super::written::{
    About, Body, Days, Entry, Gathers, LetText, Phrase, RuleText, Sample, Selector, Verb, Within,
};
use crate::Result;
use crate::finding::Severity;
use crate::spec::model::Label;
use crate::spec::text::{Line, Parsed, Source, expect, number, ranges, word};

/// Reads all entries of a file.
///
/// # Errors
/// What the grammar does not allow: file, line, column and what was expected.
pub(crate) fn parse(file: &str, text: &str) -> Result<Vec<Entry>> {
    let mut source = Source::new(file, text, 1);
    let mut entries = Vec::new();
    while let Some(head) = source.next_at(0)? {
        entries.push(entry(file, &mut source, head)?);
    }
    source.finish()?;
    Ok(entries)
}

/// The id of a rule: letters, digits and `-._`.
fn id(input: &str) -> Parsed<'_, &str> {
    expect(
        "the id of a rule, as PORT-001",
        take_while1(|c: char| c.is_ascii_alphanumeric() || "-._".contains(c)),
    )
    .parse(input)
}

pub(super) fn severity(input: &str) -> Parsed<'_, Severity> {
    expect(
        "error, warning or hint",
        map_opt(word, |text| text.parse().ok()),
    )
    .parse(input)
}

/// `English | 中文`.
fn label(input: &str) -> Parsed<'_, Label> {
    map(preceded(space0, rest), |text: &str| {
        let (en, zh) = text.split_once('|').unwrap_or((text, ""));
        Label {
            en: en.trim().into(),
            zh: zh.trim().into(),
        }
    })
    .parse(input)
}

/// A name as expressions have it.
pub(super) fn name(input: &str) -> Parsed<'_, &str> {
    expect("a name of letters, digits and _", |input| {
        let (left, text) =
            take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_').parse(input)?;
        let first: Parsed<'_, char> =
            nom::character::complete::satisfy(|c| c.is_ascii_alphabetic() || c == '_').parse(input);
        first.map(|_| (left, text))
    })
    .parse(input)
}

fn entry<'a>(file: &str, source: &mut Source<'a>, head: Line<'a>) -> Result<Entry> {
    let verb = opt(map_opt((word, space1), |(text, _)| match text {
        "new" => Some(Verb::New),
        "replace" => Some(Verb::Replace),
        _ => None,
    }));
    let kind = expect(
        "rule, join, disable or severity",
        map_opt((word, space1), |(text, _)| {
            ["rule", "join", "disable", "severity"]
                .into_iter()
                .find(|known| *known == text)
        }),
    );
    let (verb, kind, tail) = source.parse(head, head.text, (verb, kind, rest))?;
    let about = |(id, title): (&str, Label)| About {
        id: id.into(),
        title,
        line: head.number,
        ..About::default()
    };
    let titled = (id, label);
    let body = match kind {
        "rule" => {
            let about = about(source.parse(head, tail, titled)?);
            Body::Rule(Box::new(rule(file, source, head, about)?))
        }
        "join" => {
            let about = about(source.parse(head, tail, titled)?);
            Body::Join(Box::new(join(file, source, head, about)?))
        }
        "disable" => Body::Disable(source.parse(head, tail, terminated(id, rest))?.into()),
        _ => {
            let (id, _, severity) = source.parse(head, tail, (id, space1, severity))?;
            Body::Severity(id.into(), severity)
        }
    };
    if verb.is_some() && matches!(body, Body::Disable(_) | Body::Severity(..)) {
        return Err(source.error(head, head.text, "disable and severity stand by themselves"));
    }
    Ok(Entry {
        verb,
        line: head.number,
        body,
    })
}

/// A line, and what goes on with it.
pub(super) struct Said<'a> {
    pub(super) line: Line<'a>,
    pub(super) keyword: &'a str,
    /// What stands behind the keyword on the same line.
    pub(super) tail: &'a str,
    pub(super) more: Vec<Line<'a>>,
}

impl<'a> Said<'a> {
    /// The next line of an entry.
    pub(super) fn next(source: &mut Source<'a>) -> Option<Self> {
        let line = source.peek_at(2)?;
        source.next_below(0)?;
        let end = line.text.find(char::is_whitespace);
        let end = end.unwrap_or(line.text.len());
        let mut more = Vec::new();
        while let Some(line) = source.next_below(2) {
            more.push(line);
        }
        Some(Self {
            line,
            keyword: &line.text[..end],
            tail: line.text[end..].trim_start(),
            more,
        })
    }

    /// The text from `tail` on, which is an end of the first line.
    pub(super) fn phrase_from(
        &self,
        source: &Source<'a>,
        tail: &'a str,
        what: &str,
    ) -> Result<Phrase> {
        let mut phrase = Phrase {
            text: String::new(),
            pieces: Vec::new(),
        };
        let offset = self.line.text.len() - tail.len();
        let column = self.line.indent + self.line.text[..offset].chars().count() + 1;
        let first = (tail, self.line.number, column as u32);
        let more = self.more.iter();
        let more = more.map(|line| (line.text, line.number, line.indent as u32 + 1));
        for (text, line, column) in std::iter::once(first).chain(more) {
            if text.is_empty() && phrase.pieces.is_empty() {
                continue;
            }
            if !phrase.pieces.is_empty() {
                phrase.text.push('\n');
            }
            phrase.pieces.push((phrase.text.len(), line, column));
            phrase.text.push_str(text);
        }
        if phrase.pieces.is_empty() {
            let message = format!("the line ends here; expected {what}");
            return Err(source.error(self.line, tail, &message));
        }
        Ok(phrase)
    }

    pub(super) fn phrase(&self, source: &Source<'a>, what: &str) -> Result<Phrase> {
        self.phrase_from(source, self.tail, what)
    }

    /// One line of words, blanks between lines.
    fn words(&self, source: &Source<'a>, what: &str) -> Result<Box<str>> {
        Ok(self.phrase(source, what)?.text.replace('\n', " ").into())
    }

    pub(super) fn once<T>(&self, source: &Source<'a>, held: &Option<T>) -> Result<()> {
        if held.is_some() {
            let message = format!("{} is said twice", self.keyword);
            return Err(source.error(self.line, self.line.text, &message));
        }
        Ok(())
    }
}

impl About {
    /// Takes a line that every rule may have; whether it is one.
    pub(super) fn take<'a>(&mut self, source: &Source<'a>, said: &Said<'a>) -> Result<bool> {
        match said.keyword {
            "severity" => {
                said.once(source, &self.severity)?;
                self.severity = Some(source.parse(said.line, said.tail, severity)?);
            }
            "en" => {
                said.once(source, &self.en)?;
                self.en = Some(said.phrase(source, "the wording in English")?);
            }
            "zh" => {
                said.once(source, &self.zh)?;
                self.zh = Some(said.phrase(source, "the wording in Chinese")?);
            }
            "source" => self
                .sources
                .push(said.words(source, "where it comes from")?),
            "row" => {
                let rows = separated_list1((char(','), space0), id);
                let rows = source.parse(said.line, said.tail, rows)?;
                self.rows.extend(rows.into_iter().map(Box::from));
            }
            "receipt" => {
                said.once(source, &self.receipt)?;
                self.receipt = Some(said.words(source, "a code")?);
            }
            "valid" => self.valid = source.parse(said.line, said.tail, valid)?,
            "note" => self.note.push(said.words(source, "a remark")?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// That it has what it must have.
    pub(super) fn whole(&self, source: &Source<'_>, head: Line<'_>) -> Result<()> {
        let lacks = if self.title.en.is_empty() || self.title.zh.is_empty() {
            "a title in both languages: English | 中文"
        } else if self.en.is_none() {
            "en: the wording in English"
        } else if self.zh.is_none() {
            "zh: the wording in Chinese"
        } else if self.sources.is_empty() {
            "source: where it comes from"
        } else {
            return Ok(());
        };
        let message = format!("{} lacks {lacks}", self.id);
        Err(source.error_in(head, &message))
    }
}

const KEYWORDS: &str = "message, at, let, when, must, unique, within, on, severity, en, zh, source, row, receipt, valid, note, pass, fail";

fn rule<'a>(file: &str, source: &mut Source<'a>, head: Line<'a>, about: About) -> Result<RuleText> {
    let mut rule = RuleText {
        about,
        ..RuleText::default()
    };
    while let Some(said) = Said::next(source) {
        if rule.about.take(source, &said)? {
            continue;
        }
        match said.keyword {
            "message" => selectors(source, &said, &mut rule.messages)?,
            "at" => rule.at.push(said.phrase(source, "a path")?),
            "let" => {
                let made = gathered(source, &said)?;
                rule.lets.push(made);
            }
            "when" => rule.when.push(said.phrase(source, "an expression")?),
            "must" => rule.must.push(said.phrase(source, "an expression")?),
            "unique" => {
                said.once(source, &rule.unique)?;
                rule.unique = Some(said.phrase(source, "an expression")?);
            }
            "within" => {
                said.once(source, &rule.within)?;
                let of = said.phrase(source, "message, input or a path")?;
                rule.within = Some(match of.text.as_str() {
                    "message" => Within::Message,
                    "input" => Within::Input,
                    _ => Within::Element(of),
                });
            }
            "on" => {
                said.once(source, &rule.on)?;
                rule.on = Some(said.phrase(source, "a path")?);
            }
            "pass" => rule.pass.push(sample(file, source, &said)?),
            "fail" => rule.fail.push(sample(file, source, &said)?),
            other => {
                let message = format!("found {other:?}; expected one of: {KEYWORDS}");
                return Err(source.error(said.line, said.line.text, &message));
            }
        }
    }
    rule.about.whole(source, head)?;
    let id = rule.about.id.clone();
    let lacks = |what: &str| Err(source.error_in(head, &format!("{id} lacks {what}")));
    if rule.messages.is_empty() {
        return lacks("message: the messages it is about");
    }
    match (rule.must.is_empty(), &rule.unique) {
        (true, None) => return lacks("must or unique: what it asks"),
        (false, Some(_)) => {
            let message = "must and unique are two rules";
            return Err(source.error_in(head, message));
        }
        _ => {}
    }
    if rule.within.is_some() && rule.unique.is_none() {
        return Err(source.error_in(head, "within says where something is unique"));
    }
    if rule.pass.is_empty() || rule.fail.is_empty() {
        return lacks("samples: at least one pass and one fail");
    }
    Ok(rule)
}

/// `name = …`: the name, and what follows.
pub(super) fn assigned<'a>(source: &Source<'a>, said: &Said<'a>) -> Result<(&'a str, &'a str)> {
    let sign = expect("=", (space0, char('='), space0));
    source.parse(
        said.line,
        said.tail,
        map((name, sign, rest), |(name, _, tail)| (name, tail)),
    )
}

/// `total = sum Item: this.Quantity where this.Kind == "1"`.
fn gathered<'a>(source: &Source<'a>, said: &Said<'a>) -> Result<LetText> {
    let (name, tail) = assigned(source, said)?;
    let known = [
        ("count", Gathers::Count),
        ("sum", Gathers::Sum),
        ("min", Gathers::Min),
        ("max", Gathers::Max),
        ("distinct", Gathers::Distinct),
    ];
    let of = expect(
        "count, sum, min, max or distinct",
        map_opt((word, space1), |(text, _)| {
            let found = known.iter().find(|(word, _)| *word == text);
            found.map(|(_, gathers)| *gathers)
        }),
    );
    let (gathers, tail) = source.parse(said.line, tail, (of, rest))?;
    let whole = said.phrase_from(source, tail, "a path")?;
    let end = whole.text.len();
    let filter_at = whole
        .text
        .find(" where ")
        .or_else(|| whole.text.find("\nwhere "));
    let value_end = filter_at.unwrap_or(end);
    let colon = whole.text[..value_end].find(':');
    let trimmed = |from: usize, to: usize| {
        let text = &whole.text[from..to];
        let from = from + (text.len() - text.trim_start().len());
        let to = from + whole.text[from..to].trim_end().len();
        whole.part(from, to)
    };
    let over = trimmed(0, colon.unwrap_or(value_end));
    let value = colon.map(|at| trimmed(at + 1, value_end));
    let filter = filter_at.map(|at| trimmed(at + " where ".len(), end));
    if value.is_none() && gathers != Gathers::Count {
        let message = "expected a colon behind the path, and the value: sum Item: this.Quantity";
        return Err(source.error(said.line, tail, message));
    }
    Ok(LetText {
        name: name.into(),
        gathers,
        over,
        value,
        filter,
    })
}

/// `2018-08-01..2020-12-31`, either of which may be left out.
fn valid(input: &str) -> Parsed<'_, Days> {
    let day = |input| {
        map_opt(
            take_while1(|c: char| c.is_ascii_digit() || c == '-'),
            |text: &str| {
                let day: chrono::NaiveDate = text.parse().ok()?;
                (day.to_string() == text).then(|| Box::from(text))
            },
        )
        .parse(input)
    };
    expect(
        "days, as 2018-08-01.. or 2018-08-01..2020-12-31",
        (terminated(opt(day), tag("..")), opt(day)),
    )
    .parse(input)
}

/// Messages, each a word: `DecMessage MT14* !MT1403_9 CEB621@2022-05 CUSCAR@D95B.. flat IFCSUM`.
pub(super) fn selectors<'a>(
    source: &Source<'a>,
    said: &Said<'a>,
    into: &mut Vec<Selector>,
) -> Result<()> {
    let parse_line = |line: Line<'a>, text: &'a str, into: &mut Vec<Selector>| -> Result<()> {
        let mut left = text;
        while !left.is_empty() {
            let parser = (selector, space0, rest);
            let ((except, flat, name, edition), _, tail) = source.parse(line, left, parser)?;
            let at = line.indent + line.text.len() - left.len() + 1;
            into.push(Selector {
                except,
                flat,
                name: name.into(),
                releases: edition.and_then(|text| match ranges(text) {
                    Ok(("", ranges)) => Some(ranges),
                    _ => None,
                }),
                edition: edition.map(Box::from),
                line: line.number,
                column: at as u32,
            });
            left = tail;
        }
        Ok(())
    };
    if said.tail.is_empty() && said.more.is_empty() {
        let message = "the line ends here; expected a message, as DecMessage, MT14*, CUSCAR@D95B.. or flat IFCSUM";
        return Err(source.error(said.line, said.tail, message));
    }
    parse_line(said.line, said.tail, into)?;
    for line in &said.more {
        parse_line(*line, line.text, into)?;
    }
    Ok(())
}

type SelectorParts<'a> = (bool, bool, &'a str, Option<&'a str>);

fn selector(input: &str) -> Parsed<'_, SelectorParts<'_>> {
    let letters = |c: char| c.is_alphanumeric() || "_-*".contains(c);
    let (left, except) = opt(char('!')).parse(input)?;
    let (left, flat) = opt((tag("flat"), space1)).parse(left)?;
    let (left, name) = expect(
        "a message, as DecMessage, MT14*, CUSCAR@D95B.. or flat IFCSUM",
        take_while1(letters),
    )
    .parse(left)?;
    let edition = preceded(
        char('@'),
        expect(
            "an edition or releases, as 2022-05 or D95B..",
            take_while1(|c: char| letters(c) || ".,".contains(c)),
        ),
    );
    let (left, edition) = opt(edition).parse(left)?;
    Ok((left, (except.is_some(), flat.is_some(), name, edition)))
}

/// `fail  2 at DecHead/NetWt  {…}`.
pub(super) fn sample<'a>(file: &str, source: &Source<'a>, said: &Said<'a>) -> Result<Sample> {
    let blank = |input: &'a str| -> Parsed<'a, &'a str> { space0.parse(input) };
    let findings = opt(terminated(number, blank));
    let path = preceded(
        (tag("at"), space1),
        terminated(
            map(take_while1(|c: char| !c.is_whitespace()), Box::from),
            blank,
        ),
    );
    let at = opt(alt((path,)));
    let begins = expect(
        "the content, as JSON in braces",
        nom::combinator::peek(alt((tag("{"), nom::combinator::eof))),
    );
    let head = (findings, at, begins, take_while(|_| true));
    let (findings, at, _, tail) = source.parse(said.line, said.tail, head)?;
    let phrase = said.phrase_from(source, tail, "the content, as JSON in braces")?;
    // Only whoever runs the sample needs its content.
    let read = serde_json::from_str::<serde::de::IgnoredAny>(&phrase.text);
    read.map_err(|error| {
        let lines = phrase.text.split('\n');
        let before: usize = lines
            .take(error.line().max(1) - 1)
            .map(|line| line.len() + 1)
            .sum();
        let told = error.to_string();
        let told = told.split(" at line").next().unwrap_or(&told);
        phrase.error(
            file,
            before + error.column().max(1) - 1,
            format!("this is no JSON: {told}"),
        )
    })?;
    Ok(Sample {
        findings,
        at,
        text: phrase.text,
        line: said.line.number,
    })
}
