//! The text form of layouts.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{char, digit1, space1};
use nom::combinator::{map, map_opt, opt};
use nom::multi::{many1, separated_list1};
use nom::sequence::preceded;

use super::super::text::{
    Fault, Line, Parsed, Source, code_value, dependency_kind, expect, label, number, split, status,
    verb, word,
};
use super::super::xml::tables;
use super::{Counted, Entry, Field, Layout, Lengths, Picture, Record, Separators, Verb};
use crate::Result;
use crate::spec::model::{CodeList, Dependency, Label, Model};

/// Records nest no deeper than segment groups may.
const DEEPEST: usize = 32;
/// Longest id that a record may have: the sequencer packs it into a number.
const LONGEST_ID: usize = 8;

/// Reads all layouts of a file.
pub(in crate::spec) fn parse(file: &str, text: &str) -> Result<Vec<Entry>> {
    let mut source = Source::new(file, text, 1);
    let mut entries = Vec::new();
    while let Some(head) = source.next_at(0)? {
        entries.push(entry(&mut source, head)?);
    }
    source.finish()?;
    Ok(entries)
}

fn entry<'a>(source: &mut Source<'a>, head: Line<'a>) -> Result<Entry> {
    let (verb, _, _, message, label) = source.parse(
        head,
        head.text,
        (
            verb(&[Verb::New, Verb::Replace, Verb::Restrict, Verb::Extends]),
            expect("`flat` and a message", tag("flat")),
            expect("a blank and a message", space1),
            expect("a message", word),
            label,
        ),
    )?;
    let mut layout = Layout {
        message: message.into(),
        label,
        edition: "".into(),
        valid: "".into(),
        fidelity: "".into(),
        sources: Vec::new(),
        separators: Separators::default(),
        lengths: Lengths::default(),
        open: false,
        records: Vec::new(),
        model: Model::new(),
    };
    while let Some(line) = source.next_at(2)? {
        let (keyword, text) = split(line.text);
        match keyword {
            "record" => record(source, line, text, None, &mut layout)?,
            "edition" => layout.edition = text.into(),
            "valid" => layout.valid = text.into(),
            "fidelity" => {
                let known = alt((tag("official"), tag("partial"), tag("project")));
                let what = "official, partial or project";
                layout.fidelity = source.parse(line, text, expect(what, known))?.into();
            }
            "source" => layout.sources.push(text.into()),
            "separators" => layout.separators = source.parse(line, text, separators)?,
            "lengths" => {
                let of = alt((
                    map(tag("bytes"), |_| Lengths::Bytes),
                    map(tag("characters"), |_| Lengths::Characters),
                ));
                layout.lengths = source.parse(line, text, expect("bytes or characters", of))?;
            }
            "open" if text.is_empty() => layout.open = true,
            _ => {
                let message = format!(
                    "found {keyword:?}; expected one of: edition, valid, fidelity, source, separators, lengths, open, record"
                );
                return Err(source.error(line, line.text, &message));
            }
        }
    }
    if layout.records.is_empty() {
        return Err(source.error(head, head.text, "a layout without records"));
    }
    check_counts(source, head, &layout)?;
    layout.build();
    Ok(Entry {
        verb,
        layout,
        line: head.number,
    })
}

fn record<'a>(
    source: &mut Source<'a>,
    line: Line<'a>,
    text: &'a str,
    parent: Option<usize>,
    layout: &mut Layout,
) -> Result<()> {
    let depth = depth(layout, parent);
    if depth > DEEPEST {
        return Err(source.error(line, line.text, "records are nested more than 32 deep"));
    }
    let (id, _, mandatory, _, max, label) = source.parse(
        line,
        text,
        (
            expect("the id of a record", id),
            space1,
            status,
            space1,
            maximum,
            label,
        ),
    )?;
    let at = layout.records.len();
    layout.records.push(Record {
        id: id.into(),
        label,
        mandatory,
        max,
        parent,
        open: false,
        source: "".into(),
        fields: vec![id_field(id)],
        dependencies: Vec::new(),
        of: super::TypeId::default(),
    });
    let indent = 4 + 2 * depth;
    while let Some(line) = source.next_at(indent)? {
        let (keyword, text) = split(line.text);
        match keyword {
            "record" => record(source, line, text, Some(at), layout)?,
            "open" if text.is_empty() => layout.records[at].open = true,
            "source" => layout.records[at].source = text.into(),
            _ if dependency_kind(line.text).is_some() => {
                let positions = many1(preceded(space1, field_number));
                let what = "numbers of fields";
                let positions =
                    source.parse(line, line.text, preceded(word, expect(what, positions)))?;
                let kind = dependency_kind(line.text).expect("just seen");
                layout.records[at]
                    .dependencies
                    .push(Dependency { kind, positions });
            }
            _ => {
                let made = field(source, line, indent, &layout.records[at].fields)?;
                layout.records[at].fields.push(made);
            }
        }
    }
    let fields = &layout.records[at].fields;
    let last = fields.last().map_or(1, |field| field.number);
    for dependency in &layout.records[at].dependencies {
        if let Some(beyond) = dependency.positions.iter().find(|number| **number > last) {
            let message = format!("record {id} has no field {beyond}");
            return Err(source.error(line, line.text, &message));
        }
    }
    Ok(())
}

fn depth(layout: &Layout, mut parent: Option<usize>) -> usize {
    let mut depth = 0;
    while let Some(at) = parent {
        depth += 1;
        parent = layout.records[at].parent;
    }
    depth
}

/// The first field of every record, which no layout needs to list.
fn id_field(id: &str) -> Field {
    Field {
        number: 1,
        label: Label {
            en: "Record id".into(),
            zh: "记录类型标识".into(),
        },
        mandatory: true,
        max: Some(1),
        picture: Picture::Text(id.len() as u32),
        codes: Some(CodeList::Values(vec![(id.into(), "".into())])),
        counts: Vec::new(),
        condition: "".into(),
    }
}

fn field<'a>(
    source: &mut Source<'a>,
    line: Line<'a>,
    indent: usize,
    before: &[Field],
) -> Result<Field> {
    let (number, _, mandatory, _, picture, max, label) = source.parse(
        line,
        line.text,
        (
            expect(
                "the number of a field, record, open, source or D1 to D7",
                field_number,
            ),
            space1,
            status,
            space1,
            picture,
            opt(preceded((space1, char('x')), maximum)),
            label,
        ),
    )?;
    let last = before.last().expect("the id is there");
    let Some(held) = last.max else {
        let message = "a field of any number stands before it; nothing can follow";
        return Err(source.error(line, line.text, message));
    };
    let expected = u32::from(last.number) + held;
    if u32::from(number) != expected {
        let message = format!("found field {number}; expected {expected}");
        return Err(source.error(line, line.text, &message));
    }
    let mut made = Field {
        number,
        label,
        mandatory,
        max: max.unwrap_or(Some(1)),
        picture,
        codes: None,
        counts: Vec::new(),
        condition: "".into(),
    };
    if made.max == Some(0) {
        return Err(source.error(line, line.text, "a field that may stand 0 times"));
    }
    while let Some(line) = source.next_at(indent + 2)? {
        qualify(source, line, &mut made)?;
    }
    Ok(made)
}

/// A line below a field.
fn qualify<'a>(source: &Source<'a>, line: Line<'a>, field: &mut Field) -> Result<()> {
    let (keyword, text) = split(line.text);
    let twice = || source.error(line, line.text, "the field has its values already");
    match keyword {
        "is" => {
            let value = source.parse(line, text, code_value)?;
            if field.codes.is_some() {
                return Err(twice());
            }
            field.codes = Some(CodeList::Values(vec![(value, "".into())]));
        }
        "code" => {
            let (value, label) = source.parse(line, text, (code_value, label))?;
            let name = match (&*label.en, &*label.zh) {
                ("", zh) => zh.into(),
                (en, "") => en.into(),
                (en, zh) => format!("{en} {zh}").into(),
            };
            match field
                .codes
                .get_or_insert_with(|| CodeList::Values(Vec::new()))
            {
                CodeList::Values(values) => values.push((value, name)),
                _ => return Err(twice()),
            }
        }
        "table" => {
            let table = source.parse(line, text, tables)?;
            if field.codes.is_some() {
                return Err(twice());
            }
            field.codes = Some(CodeList::Table(table));
        }
        "condition" if !text.is_empty() => field.condition = text.into(),
        "count" => {
            let plain = map_opt(word, |text| match text {
                "all" => Some(Counted::All),
                "between" => Some(Counted::Between),
                _ => None,
            });
            let of = alt((
                plain,
                map((tag("record"), space1, id), |(_, _, id)| {
                    Counted::Record(id.into())
                }),
            ));
            let what = "all, between or record and its id";
            field.counts = source.parse(line, text, separated_list1(space1, expect(what, of)))?;
        }
        _ => {
            let message =
                format!("found {keyword:?}; expected one of: is, code, table, condition, count");
            return Err(source.error(line, line.text, &message));
        }
    }
    Ok(())
}

/// A count of records names records that are there.
fn check_counts<'a>(source: &Source<'a>, head: Line<'a>, layout: &Layout) -> Result<()> {
    let fields = layout.records.iter().flat_map(|record| &record.fields);
    for counted in fields.flat_map(|field| &field.counts) {
        if let Counted::Record(id) = counted
            && layout.records.iter().all(|record| record.id != *id)
        {
            let message = format!("record {id} is counted, but it is not in the layout");
            return Err(source.error(head, head.text, &message));
        }
    }
    Ok(())
}

fn fault<'a, O>(at: &'a str) -> Parsed<'a, O> {
    Err(nom::Err::Error(Fault { at, expected: None }))
}

fn id(input: &str) -> Parsed<'_, &str> {
    let (left, id) = word(input)?;
    if id.len() <= LONGEST_ID && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok((left, id));
    }
    expect("an id of at most 8 letters and digits", fault).parse(input)
}

fn field_number(input: &str) -> Parsed<'_, u16> {
    map_opt(digit1, |digits: &str| {
        digits.parse().ok().filter(|n| *n > 0)
    })
    .parse(input)
}

/// At most so often: a number, or `*`.
fn maximum(input: &str) -> Parsed<'_, Option<u32>> {
    let what = "a number, or * for any";
    expect(what, alt((map(char('*'), |_| None), map(number, Some)))).parse(input)
}

/// Field separator, terminator, and release character or `none`.
fn separators(input: &str) -> Parsed<'_, Separators> {
    let one = |text: &str| match text {
        "tab" => Some(b'\t'),
        "lf" => Some(b'\n'),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii_graphic() && !byte.is_ascii_alphanumeric() => Some(*byte),
            _ => None,
        },
    };
    let what = "a character that is no letter or digit, or tab";
    let (left, (field, _, terminator, _, release)) = (
        expect(what, map_opt(word, one)),
        space1,
        expect(
            "a character that is no letter or digit, or lf",
            map_opt(word, one),
        ),
        space1,
        expect(
            "a character that is no letter or digit, or none",
            alt((map(tag("none"), |_| None), map(map_opt(word, one), Some))),
        ),
    )
        .parse(input)?;
    if field == terminator || release.is_some_and(|it| it == field || it == terminator) {
        return expect("three different characters", fault).parse(input);
    }
    Ok((
        left,
        Separators {
            field,
            terminator,
            release,
        },
    ))
}

/// `X(35)`, `9(6)`, `9(9).9(3)`, or patterns of dates joined by `/`.
fn picture(input: &str) -> Parsed<'_, Picture> {
    let what = "a format, as X(35), 9(6), 9(9).9(3) or CCYYMMDDhhmm";
    expect(what, map_opt(word, read_picture)).parse(input)
}

fn read_picture(text: &str) -> Option<Picture> {
    let length = |text: &str| -> Option<u32> {
        let digits = text.strip_prefix('(')?.strip_suffix(')')?;
        let digits = digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(digits)?;
        digits.parse().ok().filter(|length| *length > 0)
    };
    if let Some(rest) = text.strip_prefix('X') {
        return length(rest).map(Picture::Text);
    }
    if let Some(rest) = text.strip_prefix('9') {
        return match rest.split_once(".9") {
            Some((whole, decimals)) => {
                Some(Picture::Number(length(whole)?, Some(length(decimals)?)))
            }
            None => Some(Picture::Number(length(rest)?, None)),
        };
    }
    let patterns: Vec<Box<str>> = text.split('/').map(Box::from).collect();
    let good = patterns.iter().all(|pattern| is_pattern(pattern));
    good.then_some(Picture::Date(patterns))
}

/// Whether a text is a pattern of a date or time.
fn is_pattern(text: &str) -> bool {
    let mut rest = text;
    while let Some(left) = ["CC", "YY", "MM", "DD", "hh", "mm", "ss"]
        .iter()
        .find_map(|part| rest.strip_prefix(part))
    {
        rest = left;
    }
    rest.is_empty() && text.len() >= 4
}
