//! What the data says: located, coded, worded in English and Chinese.
//!
//! A [`Finding`] is a value, never an error. Its [`Code`] names a row of the one [`table`]
//! of findings; wording, severity and the error code of ISO 9735 data element 0085 stand there.

mod json;
pub mod table;
pub(crate) mod tally;

use std::borrow::Cow;

use crate::span::{LineColumn, Span};
pub use json::mask;
pub use table::Code;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Hint,
    /// Probably not meant, or against good practice; the message can be processed.
    Warning,
    /// Against the standard, the spec or a rule.
    Error,
}

impl Severity {
    /// `error`, `warning` or `hint`: the word used on the command line and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl std::str::FromStr for Severity {
    type Err = crate::Error;

    fn from_str(word: &str) -> crate::Result<Self> {
        match word {
            "hint" => Ok(Self::Hint),
            "warning" => Ok(Self::Warning),
            "error" => Ok(Self::Error),
            _ => Err(crate::Error::unknown(format!(
                "unknown severity {word:?}; expected error, warning or hint"
            ))),
        }
    }
}

/// How an input is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// UN/EDIFACT, ISO 9735.
    #[default]
    Edifact,
    /// XML 1.0.
    Xml,
    /// Flat files of Chinese ports (平台文件).
    Flat,
    /// JSON in the form of `convert`.
    Json,
}

impl Syntax {
    /// `edifact`, `xml`, `flat` or `json`: the word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edifact => "edifact",
            Self::Xml => "xml",
            Self::Flat => "flat",
            Self::Json => "json",
        }
    }
}

/// A language of the user-facing text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese (simplified).
    Zh,
}

/// A value as it stood in the data: text where it decodes, else its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// Decoded text, release characters removed.
    Text(Box<str>),
    /// Bytes that do not decode in the character set in force.
    Bytes(Box<[u8]>),
}

/// One value of a placeholder in a finding's wording.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Arg {
    /// Said by a spec, a standard or the engine: a tag, a count, a name.
    Known(Box<str>),
    /// Taken from the content: masked when output is redacted.
    Content(Box<str>),
}

/// Where in the structure a finding stands. What is not known is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// 1-based ordinal of the interchange in the input.
    pub interchange: Option<u64>,
    /// Message reference number (UNH data element 0062, or what the syntax has in its place).
    pub message_ref: Option<Box<str>>,
    /// Message type, as `CUSCAR@D95B`, or the type alone when no release is known.
    pub message_type: Option<Box<str>>,
    /// 1-based number of the segment (or record) in its message: UNH is 1.
    pub segment_number: Option<u64>,
    /// Segment tag (or record id, or element name).
    pub segment: Option<Box<str>>,
    /// Path by the names of ISO/TS 20625, `G_SG2[3]/S_LOC/C_C517/D_3225`: an index counts from 1
    /// and is left out for the first; positions that repeat a tag in a segment carry `_2`, `_3`.
    pub path: Option<Box<str>>,
    /// 1-based position of the data element in its segment, the tag not counted, as it stands
    /// there (or should).
    pub element: Option<u32>,
    /// 1-based repetition of the element.
    pub repetition: Option<u32>,
    /// 1-based position of the component in its composite.
    pub component: Option<u32>,
}

/// Another place that has to do with a finding.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Related {
    /// File, when it is another one than the finding's.
    pub file: Option<Box<str>>,
    /// Where.
    pub span: Span,
    /// Path there, in the grammar of [`Place::path`].
    pub path: Option<Box<str>>,
    /// What it has to do with the finding: a row of the table.
    pub code: Code,
}

/// The input around a finding, kept when the checker was asked to
/// (option `excerpts`), so that it can be shown after the input has
/// gone by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Excerpt {
    /// Decoded text before the span, at most 80 characters, of the same line.
    pub before: Box<str>,
    /// Decoded text of the span, at most 160 characters, of the same line.
    pub inside: Box<str>,
    /// Decoded text after the span, at most 80 characters, of the same line.
    pub after: Box<str>,
    /// Whether the line goes on before `before`.
    pub cut_before: bool,
    /// Whether the span goes on after `inside`.
    pub cut_inside: bool,
    /// Whether the line goes on after `after`.
    pub cut_after: bool,
}

/// The wording that a rule brings with it: pieces, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Said {
    /// In English.
    pub en: Box<[Arg]>,
    /// In Chinese.
    pub zh: Box<[Arg]>,
}

/// One thing the data says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Row of the table.
    pub code: Code,
    /// Severity: the table's, unless a spec or an option changed it.
    pub severity: Severity,
    /// Where, in bytes of the original input.
    pub span: Span,
    /// Where, in lines and columns.
    pub at: LineColumn,
    /// Where in the structure.
    pub place: Place,
    /// The value concerned.
    pub value: Option<Value>,
    /// Values of the wording's placeholders, by name.
    pub args: Vec<(&'static str, Arg)>,
    /// Other places concerned.
    pub related: Vec<Related>,
    /// How the input is written.
    pub syntax: Syntax,
    /// The rule that made the finding, when a rule did.
    pub rule: Option<Box<str>>,
    /// The code by which a partner's acknowledgement says what is wrong, where the finding was
    /// read from one; else the table's holds ([`Code::syntax_error`]).
    pub ack_code: Option<Box<str>>,
    /// How the rule words it: the placeholder `{wording}` of the table's row.
    pub said: Option<Box<Said>>,
    /// The input around it, when asked for.
    pub excerpt: Option<Box<Excerpt>>,
}

impl Finding {
    /// A finding of `code` at `span`, with the severity of the table and nothing else known.
    #[must_use]
    pub fn new(code: Code, span: Span) -> Self {
        Self {
            code,
            severity: code.severity(),
            span,
            at: LineColumn::default(),
            place: Place::default(),
            value: None,
            args: Vec::new(),
            related: Vec::new(),
            syntax: Syntax::default(),
            rule: None,
            ack_code: None,
            said: None,
            excerpt: None,
        }
    }

    /// The finding with placeholder `name` set to something a spec or the engine says.
    #[must_use]
    pub fn with(mut self, name: &'static str, known: impl ToString) -> Self {
        self.args.push((name, Arg::Known(known.to_string().into())));
        self
    }

    /// The finding with placeholder `name` set to something the content says.
    #[must_use]
    pub fn with_content(mut self, name: &'static str, content: impl ToString) -> Self {
        self.args
            .push((name, Arg::Content(content.to_string().into())));
        self
    }

    /// The wording in `lang`, placeholders filled; content is masked when `redact` is set.
    /// Control and bidirectional characters of content are escaped. What stands in brackets is left
    /// out where its placeholder is not known, and where it is content that is masked.
    #[must_use]
    pub fn message(&self, lang: Lang, redact: bool) -> String {
        let template = self.code.wording(lang);
        let mut out = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, (inside, behind))) = rest
            .split_once('[')
            .and_then(|(before, rest)| Some((before, rest.split_once(']')?)))
        {
            self.fill_in(before, lang, redact, &mut out);
            let name = inside
                .split_once('{')
                .and_then(|(_, rest)| rest.split_once('}'));
            let arg = self
                .args
                .iter()
                .find(|(key, _)| name.is_some_and(|(name, _)| name == *key));
            match arg {
                Some((_, Arg::Content(_))) if redact => {}
                Some(_) => self.fill_in(inside, lang, redact, &mut out),
                None => {}
            }
            rest = behind;
        }
        self.fill_in(rest, lang, redact, &mut out);
        out
    }

    /// Appends a piece of the wording, placeholders filled.
    fn fill_in(&self, mut rest: &str, lang: Lang, redact: bool, out: &mut String) {
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            let close = rest[open..].find('}').map_or(rest.len(), |at| open + at);
            let name = &rest[open + 1..close];
            if let Some((name, forms)) = name.split_once('|') {
                // A number and the noun it counts, one of them and several.
                let (one, several) = forms.split_once('|').unwrap_or((forms, forms));
                self.fill(name, redact, out);
                let is_one = self.args.iter().any(|(key, arg)| {
                    let (Arg::Known(text) | Arg::Content(text)) = arg;
                    *key == name && &**text == "1"
                });
                out.push(' ');
                out.push_str(if is_one { one } else { several });
            } else if name == "wording" {
                self.fill_wording(lang, redact, out);
            } else {
                self.fill(name, redact, out);
            }
            rest = rest.get(close + 1..).unwrap_or("");
        }
        out.push_str(rest);
    }

    fn fill_wording(&self, lang: Lang, redact: bool, out: &mut String) {
        let Some(said) = &self.said else {
            return;
        };
        let pieces = match lang {
            Lang::En => &said.en,
            Lang::Zh => &said.zh,
        };
        for piece in pieces {
            match piece {
                Arg::Known(text) => out.push_str(text),
                Arg::Content(text) => push_content(text, redact, out),
            }
        }
    }

    /// The tag of its segment and its path, as they are shown: what stands where a tag should and
    /// is none is content, masked when `redact` is set.
    #[must_use]
    pub fn shown_place(&self, redact: bool) -> (Option<Cow<'_, str>>, Option<Cow<'_, str>>) {
        let (segment, path) = (self.place.segment.as_deref(), self.place.path.as_deref());
        let content = segment.filter(|tag| {
            let is_tag = tag.len() == 3
                && tag.starts_with(|c: char| c.is_ascii_uppercase())
                && tag
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            redact && self.syntax == Syntax::Edifact && !is_tag
        });
        let Some(tag) = content.filter(|tag| !tag.is_empty()) else {
            return (segment.map(Cow::Borrowed), path.map(Cow::Borrowed));
        };
        let masked = mask(tag);
        let path = path.map(|path| path.replace(tag, &masked).into());
        (Some(masked.into()), path)
    }

    /// What names it: the rule that made it, else its code.
    #[must_use]
    pub fn name(&self) -> &str {
        self.rule.as_deref().unwrap_or(self.code.as_str())
    }

    fn fill(&self, name: &str, redact: bool, out: &mut String) {
        if name == "value" {
            match &self.value {
                Some(Value::Text(text)) if text.trim().len() != text.len() || text.is_empty() => {
                    out.push('"');
                    push_content(text, redact, out);
                    out.push('"');
                }
                Some(Value::Text(text)) => push_content(text, redact, out),
                Some(Value::Bytes(bytes)) if redact => {
                    push_content(&"*".repeat(bytes.len()), true, out)
                }
                Some(Value::Bytes(bytes)) => {
                    for byte in bytes.iter().take(MAX_SHOWN) {
                        out.push_str(&format!("\\x{byte:02X}"));
                    }
                }
                None => {}
            }
            return;
        }
        match self.args.iter().find(|(key, _)| *key == name) {
            Some((_, Arg::Known(text))) => out.push_str(text),
            Some((_, Arg::Content(text))) => push_content(text, redact, out),
            None => {}
        }
    }
}

/// Longest stretch of content shown inside a sentence, in characters.
const MAX_SHOWN: usize = 80;

/// Appends `text` cut to 80 characters, unprintable characters escaped, or masked.
fn push_content(text: &str, redact: bool, out: &mut String) {
    let mut chars = text.chars();
    for c in chars.by_ref().take(MAX_SHOWN) {
        if redact {
            out.push('*');
        } else {
            push_escaped(c, out);
        }
    }
    if chars.next().is_some() {
        out.push('…');
    }
}

/// Appends `c`, control characters and those that change the direction or the look of a terminal
/// line as `\u{…}`.
pub fn push_escaped(c: char, out: &mut String) {
    let bidi = matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}');
    if c.is_control() || bidi || ('\u{E0000}'..='\u{E007F}').contains(&c) {
        out.push_str(&format!("\\u{{{:x}}}", c as u32));
    } else {
        out.push(c);
    }
}

/// A header or trailer of the envelope (UNB, UNG, UNH, UNO, UNT, UNP, UNE, UNZ and their
/// interactive kin) as it goes by.
pub struct Service<'a> {
    /// Its tag.
    pub tag: &'a [u8],
    /// Where it stands; not said of the trailer of a message.
    pub span: Span,
    /// Of a message's trailer: the number of the trailer, which is the count of segments.
    pub segments: u64,
    /// The value of an element and component, counted from 0, decoded; `None` where it is empty,
    /// and of the trailer of a message always.
    pub value: &'a dyn Fn(usize, usize) -> Option<String>,
}

/// Where findings go as they are made.
pub trait Sink {
    /// Takes one finding.
    fn finding(&mut self, finding: Finding);

    /// Is told of a header before anything that is found in it or below it, of a trailer after
    /// all of that. Most sinks need not know. Messages that other threads check are not told.
    fn service(&mut self, _service: &Service<'_>) {}
}

impl Sink for Vec<Finding> {
    fn finding(&mut self, finding: Finding) {
        self.push(finding);
    }
}

impl<F: FnMut(Finding)> Sink for F {
    fn finding(&mut self, finding: Finding) {
        self(finding);
    }
}
