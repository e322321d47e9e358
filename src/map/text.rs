//! The text form of maps: its grammar.
//!
//! Two blanks of indentation are one level, `#` begins a comment, what is two blanks apart are two
//! things. `specs/maps/README.md` says what every line means.

use std::sync::Arc;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while1};
use nom::character::complete::{char, digit1, space0, space1};
use nom::combinator::{cut, map, map_opt, opt, recognize, rest, value, verify};
use nom::multi::{many0, many0_count, many1, separated_list1};
use nom::sequence::{delimited, pair, preceded, separated_pair, terminated};

use super::ast::{
    Against, Arrow, At, Cel, Each, Entry, Fold, Fragment, From, Item, Limits, Map, Named,
    OnCharset, OnLong, OnMissing, Operand, Param, Path, PathStep, Row, Selector, Step, Test, Total,
    Uncarried, Unit,
};
use crate::Result;
use crate::spec::text::{
    Fault, Line, Parsed, Source, Verb, expect, label, number, split, verb, word,
};

/// Loops nest no deeper.
const DEEPEST: usize = 16;

/// Reads all maps and fragments of a file.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Entry>> {
    let mut source = Source::new(file, text, 1);
    let file: Arc<str> = file.into();
    let mut entries = Vec::new();
    while let Some(head) = source.next_at(0)? {
        let reader = Reader { file: file.clone() };
        entries.push(reader.entry(&mut source, head)?);
    }
    source.finish()?;
    Ok(entries)
}

/// The rows of a fragment, with what its `$names` stand for put in.
pub(super) fn rows_of(
    fragment: &Fragment,
    with: &[(Box<str>, Box<str>)],
    depth: usize,
) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    // Lines keep their numbers: each is padded to where it stands.
    let mut text = String::new();
    let mut line = fragment.lines.first().map_or(1, |(_, number, _)| *number);
    let first = line;
    for (indent, number, body) in &fragment.lines {
        while line < *number {
            text.push('\n');
            line += 1;
        }
        text.push_str(&" ".repeat(*indent));
        let mut filled = body.to_string();
        for (name, value) in with {
            filled = filled.replace(&format!("${name}"), value);
        }
        if let Some(at) = filled.find('$') {
            let rest = &filled[at + 1..];
            let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
            if end > 0 {
                let message = format!(
                    "${} is not given where fragment {} is included",
                    &rest[..end],
                    fragment.name
                );
                return Err(crate::Error::spec(&*fragment.at.file, *number, 1, message));
            }
        }
        text.push_str(&filled);
    }
    let file: Arc<str> = fragment.at.file.clone();
    let mut source = Source::new(&fragment.at.file, &text, first);
    let reader = Reader { file };
    while let Some(line) = source.next_at(2)? {
        items.push(reader.item(&mut source, line, 2, depth)?);
    }
    source.finish()?;
    Ok(items)
}

struct Reader {
    file: Arc<str>,
}

/// What a line of a map begins with, for messages.
const HEADS: &str = "left, right, param, on-long, on-missing, on-charset, each, total, include, uncarried, unsigned, drop, or a row with <->, -> or <-";

impl Reader {
    fn at(&self, line: Line<'_>, from: &str) -> At {
        At {
            file: self.file.clone(),
            line: line.number,
            column: (line.indent + line.before(from).chars().count() + 1) as u32,
        }
    }

    fn entry<'a>(&self, source: &mut Source<'a>, head: Line<'a>) -> Result<Entry> {
        let verb = verb(&[Verb::New, Verb::Replace, Verb::Extends]);
        let kind = expect("map or fragment", alt((tag("map"), tag("fragment"))));
        let named = expect("a name of letters, digits and hyphens", name);
        let (verb, kind, _, name, label) = source.parse(
            head,
            head.text,
            (
                verb,
                kind,
                expect("a blank and a name", space1),
                named,
                label,
            ),
        )?;
        let at = self.at(head, head.text);
        if kind == "fragment" {
            let mut lines = Vec::new();
            while let Some(line) = source.next_below(0) {
                lines.push((line.indent, line.number, line.text.into()));
            }
            let name = name.into();
            return Ok(Entry::Fragment(verb, Fragment { name, lines, at }));
        }
        let mut map = Map {
            name: name.into(),
            label,
            sides: [None, None],
            params: Vec::new(),
            limits: Limits::default(),
            items: Vec::new(),
            unsigned: [None, None],
            drops: Vec::new(),
            at,
        };
        while let Some(line) = source.next_at(2)? {
            self.statement(source, line, verb, &mut map)?;
        }
        Ok(Entry::Map(verb, Box::new(map)))
    }

    fn statement<'a>(
        &self,
        source: &mut Source<'a>,
        line: Line<'a>,
        verb: Option<Verb>,
        map: &mut Map,
    ) -> Result<()> {
        let (keyword, text) = split(line.text);
        if arrow_in(line.text).is_none() || matches!(keyword, "each" | "total") {
            match keyword {
                "left" | "right" if !text.is_empty() => {
                    let named = Named {
                        name: text.split_whitespace().collect::<Vec<_>>().join(" ").into(),
                        at: self.at(line, text),
                    };
                    map.sides[usize::from(keyword == "right")] = Some(named);
                    return Ok(());
                }
                "param" => {
                    let param = source.parse(line, text, param(self.at(line, text)))?;
                    if map.params.iter().any(|held| held.name == param.name) {
                        let message = format!("parameter {} is already there", param.name);
                        return Err(source.error(line, text, &message));
                    }
                    map.params.push(param);
                    return Ok(());
                }
                "unsigned" => {
                    let side = expect("left or right", alt((tag("left"), tag("right"))));
                    let (side, reason) = source.parse(line, text, (side, label))?;
                    map.unsigned[usize::from(side == "right")] = Some(reason);
                    return Ok(());
                }
                "drop" if verb == Some(Verb::Extends) && !text.is_empty() => {
                    map.drops.push((text.into(), self.at(line, text)));
                    return Ok(());
                }
                _ => {}
            }
            if limit(source, line, keyword, text, &mut map.limits)? {
                return Ok(());
            }
        }
        map.items.push(self.item(source, line, 2, 0)?);
        Ok(())
    }

    fn item<'a>(
        &self,
        source: &mut Source<'a>,
        line: Line<'a>,
        indent: usize,
        depth: usize,
    ) -> Result<Item> {
        let (keyword, text) = split(line.text);
        match keyword {
            "each" => return self.each(source, line, text, indent, depth).map(Item::Each),
            "total" => return self.total(source, line, text).map(Item::Total),
            "uncarried" => {
                let side = expect("left or right", alt((tag("left"), tag("right"))));
                let (side, _, path, reason) =
                    source.parse(line, text, (side, space1, path(self, line), label))?;
                return Ok(Item::Uncarried(Uncarried {
                    side: usize::from(side == "right"),
                    path,
                    reason,
                }));
            }
            "include" => {
                let pairs = many0(preceded(
                    space1,
                    separated_pair(name, char('='), alt((quoted, map(word, Box::from)))),
                ));
                let named = expect("the name of a fragment", name);
                let pairs = expect("name=value", pairs);
                let (name, with) = source.parse(line, text, (named, pairs))?;
                return Ok(Item::Include {
                    name: name.into(),
                    with: with
                        .into_iter()
                        .map(|(name, value)| (name.into(), value))
                        .collect(),
                    at: self.at(line, text),
                });
            }
            _ => {}
        }
        let mut row = self.row(source, line, line.text)?;
        while let Some(below) = source.next_at(indent + 2)? {
            self.option(source, below, &mut row)?;
        }
        Ok(Item::Row(Box::new(row)))
    }

    fn row<'a>(&self, source: &Source<'a>, line: Line<'a>, text: &'a str) -> Result<Row> {
        let Some((arrow, left, right)) = arrow_in(text) else {
            let (keyword, _) = split(text);
            let message = format!("found {keyword:?}; expected {HEADS}");
            return Err(source.error(line, text, &message));
        };
        let steps_left = arrow != Arrow::Back;
        let (first, steps_a) = source.parse(line, left, operand(self, line, steps_left))?;
        let (second, steps_b) = source.parse(line, right, operand(self, line, !steps_left))?;
        let mut steps = steps_a;
        steps.extend(steps_b);
        let is_place = |of: &Operand| matches!(of, Operand::Path(_) | Operand::Paths(_));
        let target = match arrow {
            Arrow::Forth => Some((&second, right)),
            Arrow::Back => Some((&first, left)),
            Arrow::Both => None,
        };
        if let Some((target, at)) = target
            && !is_place(target)
        {
            return Err(source.error(line, at, "what is written to must be a path"));
        }
        if arrow == Arrow::Both {
            for (operand, other, at) in [(&first, &second, left), (&second, &first, right)] {
                if let Operand::Cel(_) | Operand::Fold(..) = operand {
                    let message = "an expression cannot be turned round: write -> or <-, and a row for each direction";
                    return Err(source.error(line, at, message));
                }
                if !is_place(operand) && !is_place(other) {
                    return Err(source.error(line, at, "one side must be a path"));
                }
            }
        }
        Ok(Row {
            sides: [first, second],
            arrow,
            steps,
            when: Vec::new(),
            default: Vec::new(),
            lossy: None,
            adds: false,
            if_empty: false,
            limits: Limits::default(),
            name: None,
            at: self.at(line, text),
            text: text.into(),
        })
    }

    /// A line below a row.
    fn option<'a>(&self, source: &Source<'a>, line: Line<'a>, row: &mut Row) -> Result<()> {
        let (keyword, text) = split(line.text);
        match keyword {
            "when" => {
                let condition = self.condition(source, line, text, row.arrow)?;
                row.when.push(condition);
            }
            "default" => {
                let (arrow, value) = source.parse(
                    line,
                    text,
                    (one_way(row.arrow), expect("a value in quotes", quoted)),
                )?;
                row.default.push((arrow, value));
            }
            "add" if text.is_empty() => row.adds = true,
            "if-empty" if text.is_empty() => row.if_empty = true,
            "lossy" => row.lossy = Some(source.parse(line, text, label)?),
            "as" => {
                let named = expect("a name of letters, digits and hyphens", name);
                row.name = Some(source.parse(line, text, named)?.into());
            }
            _ if limit(source, line, keyword, text, &mut row.limits)? => {}
            _ => {
                let mut message = format!(
                    "found {keyword:?}; expected one of: when, default, add, if-empty, lossy, on-long, on-missing, on-charset, as"
                );
                if step(line.text).is_ok() {
                    message = format!(
                        "a step stands in the row, behind what is read: … | {}",
                        line.text
                    );
                }
                return Err(source.error(line, line.text, &message));
            }
        }
        Ok(())
    }

    fn condition<'a>(
        &self,
        source: &Source<'a>,
        line: Line<'a>,
        text: &'a str,
        of: Arrow,
    ) -> Result<(Arrow, Cel)> {
        let what = "an expression";
        let body = expect(what, verify(rest, |text: &str| !text.trim().is_empty()));
        let (arrow, body) = source.parse(line, text, (one_way(of), body))?;
        let cel = Cel {
            text: body.into(),
            at: self.at(line, body),
        };
        Ok((arrow, cel))
    }

    fn each<'a>(
        &self,
        source: &mut Source<'a>,
        line: Line<'a>,
        text: &'a str,
        indent: usize,
        depth: usize,
    ) -> Result<Box<Each>> {
        if depth >= DEEPEST {
            return Err(source.error(line, line.text, "loops are nested more than 16 deep"));
        }
        let Some((arrow, left, right)) = arrow_in(text) else {
            let message = "expected a path, <->, -> or <-, and a path";
            return Err(source.error(line, text, message));
        };
        let mut each = Each {
            sides: [
                source.parse(line, left, path(self, line))?,
                source.parse(line, right, path(self, line))?,
            ],
            arrow,
            when: Vec::new(),
            by: Vec::new(),
            items: Vec::new(),
            name: None,
            at: self.at(line, line.text),
            text: text.into(),
        };
        while let Some(below) = source.next_at(indent + 2)? {
            let (keyword, text) = split(below.text);
            match keyword {
                "when" => {
                    let condition = self.condition(source, below, text, arrow)?;
                    each.when.push(condition);
                }
                "as" if arrow_in(below.text).is_none() => {
                    let named = expect("a name of letters, digits and hyphens", name);
                    each.name = Some(source.parse(below, text, named)?.into());
                }
                "by" => {
                    if arrow == Arrow::Both {
                        let message = "groups are put together by keys one way: write -> or <-, and a loop for each direction";
                        return Err(source.error(below, below.text, message));
                    }
                    let mut row = self.row(source, below, text)?;
                    if row.arrow != arrow {
                        let message = format!("a key goes the way of its loop: {}", arrow.as_str());
                        return Err(source.error(below, text, &message));
                    }
                    while let Some(option) = source.next_at(indent + 4)? {
                        self.option(source, option, &mut row)?;
                    }
                    each.by.push(row);
                }
                _ => {
                    let item = self.item(source, below, indent + 2, depth + 1)?;
                    each.items.push(item);
                }
            }
        }
        Ok(Box::new(each))
    }

    fn total<'a>(&self, source: &Source<'a>, line: Line<'a>, text: &'a str) -> Result<Total> {
        let (arrow, name, _, fold, of) = source.parse(
            line,
            text,
            (
                one_way(Arrow::Both),
                expect("a name", name),
                space1,
                expect("count, sum, min or max", fold_word),
                opt(preceded(space1, path(self, line))),
            ),
        )?;
        if arrow == Arrow::Both {
            let message = "a total says which way it is kept: -> or <-, and its name";
            return Err(source.error(line, text, message));
        }
        if of.is_none() && fold != Fold::Count {
            return Err(source.error(line, line.text, "expected the path of the values"));
        }
        Ok(Total {
            name: name.into(),
            arrow,
            fold,
            of,
            at: self.at(line, text),
        })
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn name(input: &str) -> Parsed<'_, &str> {
    take_while1(is_name).parse(input)
}

/// The arrow of a row with what stands before and behind it; quoted text holds none.
fn arrow_in(text: &str) -> Option<(Arrow, &str, &str)> {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match quote {
            Some(_) if byte == b'\\' => at += 1,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'"' | b'\'' | b'`') => quote = Some(byte),
            None if byte == b' ' => {
                for arrow in [Arrow::Both, Arrow::Forth, Arrow::Back] {
                    let sign = arrow.as_str();
                    if let Some(behind) = text[at + 1..].strip_prefix(sign)
                        && behind.starts_with(' ')
                    {
                        return Some((arrow, text[..at].trim_end(), behind.trim_start()));
                    }
                }
            }
            None => {}
        }
        at += 1;
    }
    None
}

/// `->` or `<-` before what holds for that way only; none is the way of the row.
fn one_way<'a>(of: Arrow) -> impl Parser<&'a str, Output = Arrow, Error = Fault<'a>> {
    let arrow = alt((
        value(Arrow::Forth, tag("->")),
        value(Arrow::Back, tag("<-")),
    ));
    map(opt(terminated(arrow, space1)), move |arrow| {
        arrow.unwrap_or(of)
    })
}

/// Text in quotes, `\"` and `\\` in it, `\n` for a line break.
fn quoted(input: &str) -> Parsed<'_, Box<str>> {
    let inside = recognize(many0_count(alt((
        recognize(is_not("\"\\")),
        recognize(pair(char('\\'), alt((char('"'), char('\\'), char('n'))))),
    ))));
    map(
        delimited(char('"'), inside, expect("a closing \"", char('"'))),
        |text: &str| {
            let mut out = String::with_capacity(text.len());
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                out.push(match c {
                    '\\' => match chars.next() {
                        Some('n') => '\n',
                        Some(other) => other,
                        None => break,
                    },
                    other => other,
                });
            }
            out.into()
        },
    )
    .parse(input)
}

/// `sender  M  Sender | 发送方`, `version  "1.0"  Version`, `reference  counter  Number`.
fn param<'a>(at: At) -> impl Parser<&'a str, Output = Param, Error = Fault<'a>> {
    let said = (
        expect("the name of a parameter", name),
        space1,
        expect(
            "M, counter, or a value in quotes",
            alt((
                value((None, true), tag("counter")),
                value((None, false), tag("M")),
                map(quoted, |text| (Some(text), false)),
            )),
        ),
        label,
    );
    map(said, move |(name, _, (default, counter), label)| Param {
        name: name.into(),
        default,
        counter,
        label,
        at: at.clone(),
    })
}

/// Takes in what a line says of the target's limits; whether it did.
fn limit<'a>(
    source: &Source<'a>,
    line: Line<'a>,
    keyword: &str,
    text: &'a str,
    limits: &mut Limits,
) -> Result<bool> {
    match keyword {
        "on-long" => {
            let of = alt((
                value(OnLong::Keep, tag("keep")),
                value(OnLong::Cut, tag("cut")),
                value(OnLong::Drop, tag("drop")),
            ));
            limits.long = Some(source.parse(line, text, expect("keep, cut or drop", of))?);
        }
        "on-missing" => {
            let of = alt((
                value(OnMissing::Keep, tag("keep")),
                value(OnMissing::Drop, tag("drop")),
            ));
            limits.missing = Some(source.parse(line, text, expect("keep or drop", of))?);
        }
        "on-charset" => {
            let of = alt((
                value(OnCharset::Keep, tag("keep")),
                value(OnCharset::Transliterate, tag("transliterate")),
                value(OnCharset::Drop, tag("drop")),
            ));
            let what = "keep, transliterate or drop";
            limits.charset = Some(source.parse(line, text, expect(what, of))?);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// A side of a row, and its steps where it may have any.
fn operand<'r, 'a: 'r>(
    reader: &'r Reader,
    line: Line<'a>,
    steps: bool,
) -> impl Parser<&'a str, Output = (Operand, Vec<Step>), Error = Fault<'a>> + 'r {
    move |input: &'a str| {
        if let Some(text) = input.strip_prefix('=') {
            let body = text.trim_start();
            if body.is_empty() {
                return expect("an expression", fail).parse(body);
            }
            let cel = Cel {
                text: body.trim_end().into(),
                at: reader.at(line, body),
            };
            return Ok(("", (Operand::Cel(cel), Vec::new())));
        }
        let list = delimited(
            pair(char('('), space0),
            separated_list1((space0, char(','), space0), path(reader, line)),
            pair(space0, expect(", or )", char(')'))),
        );
        let named = |prefix: &'static str| {
            preceded(tag(prefix), move |text: &'a str| {
                let (left, found) = expect("a name", name).parse(text)?;
                Ok((left, (Box::from(found), reader.at(line, text))))
            })
        };
        let end = |input: &'a str| -> Parsed<'a, ()> {
            match input.chars().next() {
                Some(c) if is_name(c) || matches!(c, '/' | '[' | '.') => {
                    Err(nom::Err::Error(Fault {
                        at: input,
                        expected: None,
                    }))
                }
                _ => Ok((input, ())),
            }
        };
        let base = alt((
            map(quoted, Operand::Text),
            map(list, Operand::Paths),
            map(named("param."), |(name, at)| Operand::Param(name, at)),
            map(named("total."), |(name, at)| Operand::Total(name, at)),
            value(Operand::Number, terminated(tag("number"), end)),
            value(Operand::Now, terminated(tag("now"), end)),
            map(
                (fold_word, space1, path(reader, line)),
                |(fold, _, path)| Operand::Fold(fold, path),
            ),
            map(path_or_range(reader, line), |mut paths| match paths.len() {
                1 => Operand::Path(paths.remove(0)),
                _ => Operand::Paths(paths),
            }),
        ));
        let what = "a path, \"text\", param.NAME, total.NAME, number, now, sum and a path, or = and an expression";
        let (left, operand) = expect(what, base).parse(input)?;
        let (left, found) = match steps {
            true => many0(preceded((space0, char('|'), space0), cut(step))).parse(left)?,
            false if left.trim_start().starts_with('|') => {
                let what = "steps behind what is read, on the other side of the arrow";
                return expect(what, fail).parse(left);
            }
            false => (left, Vec::new()),
        };
        Ok((left, (operand, found)))
    }
}

fn fold_word(input: &str) -> Parsed<'_, Fold> {
    alt((
        value(Fold::Count, tag("count")),
        value(Fold::Sum, tag("sum")),
        value(Fold::Min, tag("min")),
        value(Fold::Max, tag("max")),
    ))
    .parse(input)
}

fn fail<O>(at: &str) -> Parsed<'_, O> {
    Err(nom::Err::Error(Fault { at, expected: None }))
}

/// A path, or one that ends in `D_4440..5`: five places of one name.
fn path_or_range<'r, 'a: 'r>(
    reader: &'r Reader,
    line: Line<'a>,
) -> impl Parser<&'a str, Output = Vec<Path>, Error = Fault<'a>> + 'r {
    move |input: &'a str| {
        let (left, first) = path(reader, line).parse(input)?;
        let (left, many) = opt(preceded(
            tag(".."),
            expect(
                "a number from 2 to 99",
                verify(number, |n| (2..=99).contains(n)),
            ),
        ))
        .parse(left)?;
        let mut paths = vec![first];
        for nth in 2..=many.unwrap_or(1) {
            let mut next = paths[0].clone();
            if let Some(step) = next.steps.last_mut() {
                step.name = format!("{}_{nth}", step.name).into();
            }
            paths.push(next);
        }
        Ok((left, paths))
    }
}

/// `/G_SG7/S_LOC[D_3227 == "9"]/C_C517/D_3225`, `../S_CNI/D_1490`, `.`.
fn path<'r, 'a: 'r>(
    reader: &'r Reader,
    line: Line<'a>,
) -> impl Parser<&'a str, Output = Path, Error = Fault<'a>> + 'r {
    move |input: &'a str| {
        let at = reader.at(line, input);
        let (left, from) = alt((
            map(many1(tag("../")), |up: Vec<&str>| From::Up(up.len() as u32)),
            value(From::Message, char('/')),
            |input| Ok((input, From::Here)),
        ))
        .parse(input)?;
        let dot = terminated(char('.'), |input: &'a str| match input.chars().next() {
            Some(c) if c == '.' || c == '/' || is_name(c) => fail(input),
            _ => Ok((input, ())),
        });
        let (left, dot) = opt(dot).parse(left)?;
        if dot.is_some() {
            let path = Path {
                from,
                steps: Vec::new(),
                at,
            };
            return Ok((left, path));
        }
        let (left, steps) = expect(
            "a path",
            separated_list1(char('/'), path_step(reader, line)),
        )
        .parse(left)?;
        Ok((left, Path { from, steps, at }))
    }
}

fn path_step<'r, 'a: 'r>(
    reader: &'r Reader,
    line: Line<'a>,
) -> impl Parser<&'a str, Output = PathStep, Error = Fault<'a>> + 'r {
    move |input: &'a str| {
        let at = reader.at(line, input);
        let plain = recognize(pair(
            opt(char('@')),
            take_while1(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':')),
        ));
        let ticked = delimited(char('`'), is_not("`"), char('`'));
        let (left, name) = expect("a name", alt((plain, ticked))).parse(input)?;
        let (left, selector) = opt(preceded(
            pair(char('['), space0),
            cut(terminated(
                selector(reader, line),
                pair(space0, expect("&& or ]", char(']'))),
            )),
        ))
        .parse(left)?;
        let step = PathStep {
            name: name.into(),
            selector,
            at,
        };
        Ok((left, step))
    }
}

fn selector<'r, 'a: 'r>(
    reader: &'r Reader,
    line: Line<'a>,
) -> impl Parser<&'a str, Output = Selector, Error = Fault<'a>> + 'r {
    move |input: &'a str| {
        let nth = terminated(
            map_opt(digit1, |text: &str| text.parse().ok().filter(|n| *n > 0)),
            |input: &'a str| match input.trim_start().starts_with(']') {
                true => Ok((input, ())),
                false => fail(input),
            },
        );
        let tests = separated_list1((space0, tag("&&"), space0), test(reader, line));
        let what = "a number, or a path, == and \"a value\"";
        expect(
            what,
            alt((map(nth, Selector::Nth), map(tests, Selector::All))),
        )
        .parse(input)
    }
}

fn test<'r, 'a: 'r>(
    reader: &'r Reader,
    line: Line<'a>,
) -> impl Parser<&'a str, Output = Test, Error = Fault<'a>> + 'r {
    move |input: &'a str| {
        let (left, not) = opt(char('!')).parse(input)?;
        let step = |input: &'a str| path_step(reader, line).parse(input);
        let (left, path) = separated_list1(char('/'), step).parse(left)?;
        if not.is_some() {
            let against = Against::Absent;
            return Ok((left, Test { path, against }));
        }
        let values =
            |input: &'a str| separated_list1((space0, char('|'), space0), quoted).parse(input);
        let this = preceded(tag("this/"), |input: &'a str| {
            super::text::path(reader, line).parse(input)
        });
        let against = alt((
            preceded(
                (space0, tag("=="), space0),
                cut(expect(
                    "\"a value\" or this/ and a path",
                    alt((map(values, Against::Values), map(this, Against::This))),
                )),
            ),
            preceded(
                (space0, tag("!="), space0),
                cut(expect("\"a value\"", map(values, Against::NoneOf))),
            ),
        ));
        let (left, against) = opt(against).parse(left)?;
        let against = against.unwrap_or(Against::Present);
        Ok((left, Test { path, against }))
    }
}

/// A step and what it needs.
fn step(input: &str) -> Parsed<'_, Step> {
    let (left, keyword) = expect("a step", name).parse(input)?;
    let one = |input| preceded(space1, expect("text in quotes", quoted)).parse(input);
    // Numbers of characters and places, within what a value of a message may be.
    let from_to = |what: &'static str, from: u32, to: u32| {
        let within = verify(number, move |n: &u32| (from..=to).contains(n));
        preceded(space1, expect(what, within))
    };
    let count = |input| from_to("a number from 1 to 100000", 1, 100_000).parse(input);
    let plain = |input| preceded(space1, expect("a name", step_word)).parse(input);
    let unit = |input| {
        map(opt(preceded(space1, tag("bytes"))), |bytes| match bytes {
            Some(_) => Unit::Bytes,
            None => Unit::Characters,
        })
        .parse(input)
    };
    match keyword {
        "crosswalk" => map((plain, plain), |(from, to): (&str, &str)| {
            Step::Crosswalk(from.into(), to.into())
        })
        .parse(left),
        "codes" => {
            let pairs = many1(preceded(space1, separated_pair(quoted, char('='), quoted)));
            let what = "pairs as \"1\"=\"A\"";
            map(expect(what, pairs), Step::Codes).parse(left)
        }
        "date" => map((plain, plain), |(from, to): (&str, &str)| {
            Step::Date(from.into(), to.into())
        })
        .parse(left),
        "decimals" => {
            let places = from_to("a number from 0 to 28", 0, 28);
            map(places, Step::Decimals).parse(left)
        }
        "times" => map(plain, |factor: &str| Step::Times(factor.into())).parse(left),
        "pad" => {
            let one = map_opt(one, |text: Box<str>| {
                let mut chars = text.chars();
                chars.next().filter(|_| chars.next().is_none())
            });
            map((count, expect("one character in quotes", one)), |(n, c)| {
                Step::Pad(n, c)
            })
            .parse(left)
        }
        "prefix" => map(one, Step::Prefix).parse(left),
        "strip-prefix" => map(one, Step::StripPrefix).parse(left),
        "suffix" => map(one, Step::Suffix).parse(left),
        "strip-suffix" => map(one, Step::StripSuffix).parse(left),
        "join" => map(one, Step::Join).parse(left),
        "split" => map(one, Step::Split).parse(left),
        "cut" => map((count, unit), |(n, unit)| Step::Cut(n, unit)).parse(left),
        "glue" => map((count, unit), |(n, unit)| Step::Glue(n, unit)).parse(left),
        "upper" => Ok((left, Step::Upper)),
        "lower" => Ok((left, Step::Lower)),
        "trim" => Ok((left, Step::Trim)),
        "part" => map((count, count), |(from, len)| Step::Part(from, len)).parse(left),
        "name" => map((plain, plain), |(table, lang): (&str, &str)| {
            Step::Name(table.into(), lang.into())
        })
        .parse(left),
        _ => expect(
            "a step: crosswalk, codes, date, decimals, times, pad, prefix, strip-prefix, suffix, strip-suffix, join, split, cut, glue, upper, lower, trim, part or name",
            fail,
        )
        .parse(input),
    }
}

fn step_word(input: &str) -> Parsed<'_, &str> {
    is_not(" \t|\"").parse(input)
}
