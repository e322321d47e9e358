//! What rules say, as they are written.

use super::join_text::JoinText;
use crate::Error;
use crate::finding::Severity;
use crate::spec::model::Label;
use crate::spec::release::Ranges;

/// What an entry of a layer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    New,
    Replace,
}

/// An entry of a file.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) verb: Option<Verb>,
    pub(crate) line: u32,
    pub(crate) body: Body,
}

/// What an entry is.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// A rule within one input.
    Rule(Box<RuleText>),
    /// A rule across documents.
    Join(Box<JoinText>),
    /// A rule of the base is not applied.
    Disable(Box<str>),
    /// A rule of the base has another severity.
    Severity(Box<str>, Severity),
}

/// A stretch of text and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// The lines, joined by line feeds.
    pub(crate) text: String,
    /// Where each of its lines begins: offset in `text`, line, and column of the first character.
    pub(super) pieces: Vec<(usize, u32, u32)>,
}

impl Phrase {
    /// Line and column of a byte of the text.
    pub(crate) fn place(&self, at: usize) -> (u32, u32) {
        let at = self.text.floor_char_boundary(at.min(self.text.len()));
        let piece = self.pieces.partition_point(|(from, ..)| *from <= at);
        let (from, line, column) = self.pieces[piece.max(1) - 1];
        (line, column + self.text[from..at].chars().count() as u32)
    }

    /// An error at a byte of the text.
    pub(crate) fn error(&self, file: &str, at: usize, message: impl Into<String>) -> Error {
        let (line, column) = self.place(at);
        Error::spec(file, line, column, message)
    }

    /// A part of it.
    pub(crate) fn part(&self, from: usize, to: usize) -> Self {
        let (line, column) = self.place(from);
        let mut pieces = vec![(0, line, column)];
        let inside = self.pieces.iter().filter(|(at, ..)| *at > from && *at < to);
        pieces.extend(inside.map(|(at, line, column)| (at - from, *line, *column)));
        Self {
            text: self.text[from..to].to_owned(),
            pieces,
        }
    }

    /// A text that stands nowhere, for an entry that begins at `line`.
    pub(crate) fn of(text: &str, line: u32) -> Self {
        Self {
            text: text.to_owned(),
            pieces: vec![(0, line, 1)],
        }
    }
}

/// Messages that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selector {
    /// Taken out of those selected before.
    pub(crate) except: bool,
    /// A flat file.
    pub(crate) flat: bool,
    /// Its name; `*` stands for any letters.
    pub(crate) name: Box<str>,
    /// The edition of an XML message, as written; `*` stands for any letters.
    pub(crate) edition: Option<Box<str>>,
    /// Releases of an UN/EDIFACT message, where `edition` reads so.
    pub(crate) releases: Option<Ranges>,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// How far a key is unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Within {
    /// In each occurrence of an element around.
    Element(Phrase),
    /// In the message.
    Message,
    /// In all messages of one input.
    Input,
}

/// What is gathered over a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gathers {
    Count,
    Sum,
    Min,
    Max,
    /// How many different values.
    Distinct,
}

impl Within {
    /// As it is written.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Element(phrase) => phrase.text.clone(),
            Self::Message => "message".to_owned(),
            Self::Input => "input".to_owned(),
        }
    }
}

impl Gathers {
    /// Its keyword.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Distinct => "distinct",
        }
    }
}

/// `let total = sum Item: this.Quantity where this.Kind == "1"`.
#[derive(Clone, Debug)]
pub(crate) struct LetText {
    pub(crate) name: Box<str>,
    pub(crate) gathers: Gathers,
    pub(crate) over: Phrase,
    pub(crate) value: Option<Phrase>,
    pub(crate) filter: Option<Phrase>,
}

/// An example.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// How many findings; `None` is one or more.
    pub(crate) findings: Option<u32>,
    /// Where one of them stands.
    pub(crate) at: Option<Box<str>>,
    /// The content, in JSON.
    pub(crate) text: String,
    pub(crate) line: u32,
}

impl Sample {
    /// The content, which was seen to be JSON.
    pub(crate) fn content(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// First and last day, `CCYY-MM-DD`.
pub(crate) type Days = (Option<Box<str>>, Option<Box<str>>);

/// What every kind of rule says of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) id: Box<str>,
    pub(crate) title: Label,
    pub(crate) severity: Option<Severity>,
    pub(crate) en: Option<Phrase>,
    pub(crate) zh: Option<Phrase>,
    pub(crate) sources: Vec<Box<str>>,
    /// Rows of a published collection.
    pub(crate) rows: Vec<Box<str>>,
    pub(crate) receipt: Option<Box<str>>,
    pub(crate) valid: Days,
    pub(crate) note: Vec<Box<str>>,
    pub(crate) line: u32,
}

/// A rule, as written.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleText {
    pub(crate) about: About,
    pub(crate) messages: Vec<Selector>,
    pub(crate) at: Vec<Phrase>,
    pub(crate) lets: Vec<LetText>,
    pub(crate) when: Vec<Phrase>,
    pub(crate) must: Vec<Phrase>,
    pub(crate) unique: Option<Phrase>,
    pub(crate) within: Option<Within>,
    pub(crate) on: Option<Phrase>,
    pub(crate) pass: Vec<Sample>,
    pub(crate) fail: Vec<Sample>,
}
