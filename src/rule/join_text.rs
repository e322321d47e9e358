//! The text form of rules across documents: two sides, and what is asked of both.

use nom::character::complete::space1;

use super::text::{
    About, Phrase, Said, Sample, Selector, assigned, name, sample, selectors, severity,
};
use crate::finding::Severity;
use crate::spec::text::{Line, Source};
use crate::{Error, Result};

/// One side of a join, as written.
#[derive(Clone, Debug)]
pub(crate) struct SideText {
    pub(crate) name: Box<str>,
    pub(crate) messages: Vec<Selector>,
    pub(crate) at: Vec<Phrase>,
    pub(crate) when: Vec<Phrase>,
    pub(crate) key: Option<Phrase>,
    pub(crate) takes: Vec<(Box<str>, Phrase)>,
    pub(crate) line: u32,
}

/// A rule across documents, as written.
#[derive(Clone, Debug, Default)]
pub(crate) struct JoinText {
    pub(crate) about: About,
    pub(crate) sides: Vec<SideText>,
    /// What it means when a side is missing, and how that is worded.
    pub(crate) missing: Vec<Lack>,
    /// What it means when a side comes twice.
    pub(crate) doubled: Vec<Lack>,
    pub(crate) when: Vec<Phrase>,
    pub(crate) must: Vec<Phrase>,
    pub(crate) pass: Vec<Sample>,
    pub(crate) fail: Vec<Sample>,
}

/// `missing tally  warning` and its wording.
#[derive(Clone, Debug)]
pub(crate) struct Lack {
    pub(crate) side: Box<str>,
    pub(crate) severity: Severity,
    pub(crate) en: Option<Phrase>,
    pub(crate) zh: Option<Phrase>,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

const JOIN_KEYWORDS: &str = "side, missing, doubled, when, must, severity, en, zh, source, row, receipt, valid, note, pass, fail";

pub(super) fn join<'a>(
    file: &str,
    source: &mut Source<'a>,
    head: Line<'a>,
    about: About,
) -> Result<JoinText> {
    let mut join = JoinText {
        about,
        ..JoinText::default()
    };
    while let Some(line) = source.peek_at(2) {
        // The lines of a side stand below it, each for itself.
        if let Some(tail) = line.text.strip_prefix("side")
            && tail.starts_with([' ', '\t'])
        {
            source.next_below(0);
            let made = side(source, line, tail.trim_start())?;
            join.sides.push(made);
            continue;
        }
        if line.text.starts_with("missing ") || line.text.starts_with("doubled ") {
            source.next_below(0);
            let (keyword, tail) = line.text.split_at("missing".len());
            let made = lack(source, line, tail.trim_start())?;
            match keyword {
                "missing" => join.missing.push(made),
                _ => join.doubled.push(made),
            }
            continue;
        }
        let Some(said) = Said::next(source) else {
            break;
        };
        if join.about.take(source, &said)? {
            continue;
        }
        match said.keyword {
            "when" => join.when.push(said.phrase(source, "an expression")?),
            "must" => join.must.push(said.phrase(source, "an expression")?),
            "pass" => join.pass.push(sample(file, source, &said)?),
            "fail" => join.fail.push(sample(file, source, &said)?),
            other => {
                let message = format!("found {other:?}; expected one of: {JOIN_KEYWORDS}");
                return Err(source.error(said.line, said.line.text, &message));
            }
        }
    }
    join.about.whole(source, head)?;
    if join.sides.len() != 2 {
        return Err(source.error_in(head, "a join has two sides"));
    }
    for lack in join.missing.iter().chain(&join.doubled) {
        if join.sides.iter().all(|side| side.name != lack.side) {
            let names: Vec<&str> = join.sides.iter().map(|side| &*side.name).collect();
            let message = format!(
                "found {:?}; expected one of the sides: {}",
                lack.side,
                names.join(", ")
            );
            return Err(Error::spec(file, lack.line, lack.column, message));
        }
    }
    if join.must.is_empty() && join.missing.is_empty() && join.doubled.is_empty() {
        return Err(source.error_in(head, "a join asks something: must, missing or doubled"));
    }
    if join.pass.is_empty() || join.fail.is_empty() {
        return Err(source.error_in(head, "a join has samples: at least one pass and one fail"));
    }
    Ok(join)
}

fn side<'a>(source: &mut Source<'a>, line: Line<'a>, tail: &'a str) -> Result<SideText> {
    let name = source.parse(line, tail, name)?;
    let mut side = SideText {
        name: name.into(),
        messages: Vec::new(),
        at: Vec::new(),
        when: Vec::new(),
        key: None,
        takes: Vec::new(),
        line: line.number,
    };
    while let Some(line) = source.peek_at(4) {
        source.next_below(2);
        let end = line.text.find(char::is_whitespace);
        let end = end.unwrap_or(line.text.len());
        let mut said = Said {
            line,
            keyword: &line.text[..end],
            tail: line.text[end..].trim_start(),
            more: Vec::new(),
        };
        while let Some(more) = source.next_below(4) {
            said.more.push(more);
        }
        match said.keyword {
            "message" => selectors(source, &said, &mut side.messages)?,
            "at" => side.at.push(said.phrase(source, "a path")?),
            "when" => side.when.push(said.phrase(source, "an expression")?),
            "key" => {
                said.once(source, &side.key)?;
                side.key = Some(said.phrase(source, "an expression")?);
            }
            "take" => {
                let (name, tail) = assigned(source, &said)?;
                let value = said.phrase_from(source, tail, "an expression")?;
                side.takes.push((name.into(), value));
            }
            other => {
                let message =
                    format!("found {other:?}; expected one of: message, at, when, key, take");
                return Err(source.error(line, line.text, &message));
            }
        }
    }
    let lacks = if side.messages.is_empty() {
        "message"
    } else if side.key.is_none() {
        "key"
    } else {
        return Ok(side);
    };
    Err(source.error(line, tail, &format!("side {name} lacks {lacks}")))
}

fn lack<'a>(source: &mut Source<'a>, line: Line<'a>, tail: &'a str) -> Result<Lack> {
    let (side, _, severity) = source.parse(line, tail, (name, space1, severity))?;
    let mut lack = Lack {
        side: side.into(),
        severity,
        en: None,
        zh: None,
        line: line.number,
        column: (line.indent + line.text.len() - tail.len() + 1) as u32,
    };
    while let Some(line) = source.peek_at(4) {
        source.next_below(2);
        let end = line.text.find(char::is_whitespace);
        let end = end.unwrap_or(line.text.len());
        let said = Said {
            line,
            keyword: &line.text[..end],
            tail: line.text[end..].trim_start(),
            more: Vec::new(),
        };
        match said.keyword {
            "en" => lack.en = Some(said.phrase(source, "the wording in English")?),
            "zh" => lack.zh = Some(said.phrase(source, "the wording in Chinese")?),
            other => {
                let message = format!("found {other:?}; expected en or zh");
                return Err(source.error(line, line.text, &message));
            }
        }
    }
    Ok(lack)
}
