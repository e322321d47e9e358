//! The text of a code table: its head, line by line, up to its rows.
//!
//! ```text
//! table incoterms
//!   title-en  Terms of delivery
//!   title-zh  贸易术语
//!   source  UNECE …
//!   columns  code  en  zh
//! rows
//! EXW<tab>Ex works<tab>工厂交货
//! ```
//!
//! `specs/codes/README.md` says what every line means.

use super::Day;
use crate::{Error, Result};

/// Text in both languages; empty where it is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    /// English.
    pub en: Box<str>,
    /// Chinese.
    pub zh: Box<str>,
}

impl Wording {
    /// `English | 中文`, or one wording for both.
    pub(super) fn parse(text: &str) -> Self {
        let (en, zh) = text.split_once(" | ").unwrap_or((text, text));
        Self {
            en: en.trim().into(),
            zh: zh.trim().into(),
        }
    }
}

/// What a column `parent` holds, or how a code names its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The table that the parents are codes of.
    pub table: Box<str>,
    /// The parent of a code without a cell `parent` is so many characters that it begins with,
    /// the longest that are fewer than the whole.
    pub first: Box<[usize]>,
    /// Where it is said.
    pub(super) line: u32,
}

/// What an entry of a file does to what was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Said in the base: nothing was there.
    None,
    /// There must be none yet.
    New,
    /// Rows come to those that are there, or end them.
    Extends,
    /// All that was there goes.
    Replace,
}

impl Verb {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::New => "new",
            Self::Extends => "extends",
            Self::Replace => "replace",
        }
    }

    /// The verb and what follows it on the first line of an entry of `kind`.
    pub(super) fn split<'t>(line: &'t str, kind: &str) -> Option<(Self, &'t str)> {
        let word = |line: &'t str| {
            let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            (word, rest.trim())
        };
        let (first, rest) = word(line);
        let verb = match first {
            "new" => Self::New,
            "extends" => Self::Extends,
            "replace" => Self::Replace,
            _ if first == kind => return Some((Self::None, rest)),
            _ => return None,
        };
        let (second, rest) = word(rest);
        (second == kind).then_some((verb, rest))
    }
}

/// The head of a table.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub verb: Verb,
    pub id: Box<str>,
    pub title: Wording,
    pub source: Box<str>,
    pub trust: Box<str>,
    pub gaps: Vec<Wording>,
    pub open: bool,
    pub columns: Vec<Box<str>>,
    pub parent: Option<Parent>,
    /// Codes whose validity an extension ends, the day, and the line.
    pub ends: Vec<(Box<str>, Day, Box<str>, u32)>,
    /// Where the rows begin, and on which line.
    pub rows: Option<(usize, u32)>,
}

const HEAD: &str = "title-en, title-zh, source, trust, gap, open, parent, columns, ends or rows";

/// What stands before the rows.
pub(super) fn head(file: &str, text: &str) -> Result<Head> {
    let mut head = Head {
        verb: Verb::None,
        id: "".into(),
        title: Wording::default(),
        source: "".into(),
        trust: "".into(),
        gaps: Vec::new(),
        open: false,
        columns: Vec::new(),
        parent: None,
        ends: Vec::new(),
        rows: None,
    };
    let mut offset = 0;
    let mut ends = false;
    for (number, raw) in text.split_inclusive('\n').enumerate() {
        offset += raw.len();
        let number = number as u32 + 1;
        let line = raw.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let fault =
            |column: usize, message: String| Error::spec(file, number, column as u32, message);
        if line == "rows" {
            head.rows = Some((offset, number + 1));
            break;
        }
        if head.id.is_empty() {
            let Some((verb, id)) = Verb::split(line, "table") else {
                let message =
                    "expected `table` and its id; in a layer new, extends or replace before them";
                return Err(fault(1, message.to_owned()));
            };
            if id.is_empty() || id.contains(char::is_whitespace) {
                return Err(fault(1, "expected the id of the table".to_owned()));
            }
            head.verb = verb;
            head.id = id.into();
            continue;
        }
        let (key, value) = line
            .trim_start()
            .split_once(char::is_whitespace)
            .unwrap_or((line.trim_start(), ""));
        let value = value.trim();
        let at = indent + 1;
        if ends && indent == 0 && key != "ends" {
            let day = Day::last(value).ok_or_else(|| {
                fault(1, format!("found {value:?}; expected a code and the last day it is good, as CNABC 2024-12-31"))
            })?;
            head.ends.push((key.into(), day, value.into(), number));
            continue;
        }
        match key {
            "title-en" => head.title.en = value.into(),
            "title-zh" => head.title.zh = value.into(),
            "source" => head.source = value.into(),
            "trust" => head.trust = value.into(),
            "gap" => head.gaps.push(Wording::parse(value)),
            "ends" if value.is_empty() => ends = true,
            "parent" => {
                head.parent = Some(parent(value, number).map_err(|message| fault(at, message))?)
            }
            "open" => {
                head.open = match value {
                    "yes" => true,
                    "no" => false,
                    _ => return Err(fault(at, format!("found {value:?}; expected yes or no"))),
                }
            }
            "columns" => {
                head.columns = value.split_whitespace().map(Box::from).collect();
                for (at_column, column) in head.columns.iter().enumerate() {
                    if head.columns[..at_column].contains(column) {
                        return Err(fault(at, format!("the column {column} stands twice")));
                    }
                }
            }
            _ => return Err(fault(at, format!("found {key:?}; expected {HEAD}"))),
        }
    }
    if head.id.is_empty() {
        return Err(Error::spec(file, 1, 1, "expected `table` and its id"));
    }
    let extends = head.verb == Verb::Extends;
    if let (false, Some((.., line))) = (extends, head.ends.first()) {
        let message = "only `extends table` ends codes of the table it extends";
        return Err(Error::spec(file, *line, 1, message));
    }
    if head.rows.is_none() && (!extends || head.ends.is_empty()) {
        let message = "expected a line `rows` after the head of the table";
        return Err(Error::spec(file, 1, 1, message));
    }
    let first = head.columns.first().map_or("", |column| column);
    if head.rows.is_some() && first != "code" {
        let message = "a table has columns, of which the first is `code`";
        return Err(Error::spec(file, 1, 1, message));
    }
    Ok(head)
}

/// `TABLE`, or `TABLE first N…`.
fn parent(value: &str, line: u32) -> std::result::Result<Parent, String> {
    let mut words = value.split_whitespace();
    let expected = || {
        format!(
            "found {value:?}; expected a table, or a table and `first` with numbers of characters"
        )
    };
    let table = words.next().ok_or_else(expected)?;
    let mut first = Vec::new();
    match words.next() {
        None => {}
        Some("first") => {
            for word in words {
                let number = word.parse::<usize>().ok().filter(|number| *number > 0);
                first.push(number.ok_or_else(expected)?);
            }
            if first.is_empty() {
                return Err(expected());
            }
        }
        Some(_) => return Err(expected()),
    }
    first.sort_unstable_by(|a, b| b.cmp(a));
    Ok(Parent {
        table: table.into(),
        first: first.into(),
        line,
    })
}
