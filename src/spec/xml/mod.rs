//! Messages in XML, as text.
//!
//! ```text
//! message GATEIN  Gate-in report | 进闸报文
//!   edition  2026-1
//!   fidelity  project
//!   namespace  urn:example-port:gate-in
//!   <GateIn>  M  1  Gate-in report | 进闸报文
//!     @version  M  an..3  Version | 版本
//!     <Head>  M  1  Head | 报文头
//!       <MessageID>  M  1  an1..35  Message number | 报文编号
//!       <SendTime>  M  1  CCYYMMDDhhmmss  Time of sending | 发送时间
//!     <Container>  M  *  Container | 集装箱
//!       <Number>  M  1  an11  Container number | 箱号
//!         pattern  [A-Z]{4}[0-9]{7}
//!       <Weight>  C  1  n..9,3  Gross weight | 毛重
//!         above  0
//! ```
//!
//! `specs/china/README.md` says what every line means. A message becomes an XML Schema in memory,
//! which checks the document.

mod format;
mod patch;
mod print;
mod schema;
mod text;

use std::sync::{Arc, OnceLock};

use super::embedded;
use super::model::Label;
use super::text::Verb;
use crate::Result;
use crate::finding::Lang;

pub use format::Format;
pub(super) use patch::Patch;
pub(crate) use schema::{Lookup, TABLE};
pub(super) use text::{parse, tables};

/// One edition of a message in XML.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its name, as `MT1401_9`.
    pub name: Box<str>,
    /// Names for people.
    pub label: Label,
    /// Which edition of the publication it is.
    pub edition: Box<str>,
    /// From when until when it holds, as the publication says; empty where not known.
    pub valid: Box<str>,
    /// How well it is known: `official`, `data-items` (official content under tags of this
    /// project), `partial` or `project`.
    pub fidelity: Box<str>,
    /// Where it comes from.
    pub sources: Vec<Box<str>>,
    /// Namespaces its documents may have, `""` for none; empty where that is not told.
    pub namespaces: Vec<Box<str>>,
    /// What tells its documents from others with the same root.
    pub when: Vec<When>,
    /// The root.
    pub root: Element,
}

/// A value by which a message is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// Names from the root on: `Manifest/Head/FunctionCode`.
    pub path: Box<str>,
    /// The value; `None`: that element is there.
    pub value: Option<Box<str>>,
}

/// Whether and how often something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurs {
    /// As it is published.
    pub status: Status,
    /// At least so often.
    pub min: u32,
    /// At most so often; no bound is `None`.
    pub max: Option<u32>,
}

/// The status of an element, as Chinese field tables have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `M`: mandatory.
    Mandatory,
    /// `C`: conditional.
    Conditional,
    /// `O`: optional.
    Optional,
    /// `N`: not to be given.
    Absent,
}

impl Status {
    /// Its letter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mandatory => "M",
            Self::Conditional => "C",
            Self::Optional => "O",
            Self::Absent => "N",
        }
    }
}

/// An element.
#[derive(Clone, Debug)]
pub struct Element {
    /// Its tag.
    pub tag: Box<str>,
    /// Whether and how often it stands.
    pub occurs: Occurs,
    /// Names for people.
    pub label: Label,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// What it holds.
    pub holds: Holds,
    /// A condition, for people.
    pub condition: Box<str>,
    /// Its number in the data model of the World Customs Organization; empty where not known.
    pub wco: Box<str>,
    /// What is required in which case, for people.
    pub required: Box<str>,
}

impl Element {
    /// The element and what it holds as text, with names in one language alone.
    #[must_use]
    pub fn to_text_in(&self, lang: Lang) -> String {
        print::element(self, Some(lang))
    }

    /// The first of the elements that may stand in it of that name.
    pub(crate) fn child(&self, tag: &str) -> Option<&Self> {
        fn among<'e>(parts: &'e [Part], tag: &str) -> Option<&'e Element> {
            parts.iter().find_map(|part| match part {
                Part::Element(element) => (*element.tag == *tag).then_some(element),
                Part::Choice(_, parts) | Part::Sequence(_, parts) => among(parts, tag),
                Part::Anything(..) => None,
            })
        }
        match &self.holds {
            Holds::Parts { parts, .. } => among(parts, tag),
            _ => None,
        }
    }

    /// The elements that may stand in it, in order, those of choices among them.
    #[must_use]
    pub fn children(&self) -> Vec<&Self> {
        fn gather<'e>(parts: &'e [Part], found: &mut Vec<&'e Element>) {
            for part in parts {
                match part {
                    Part::Element(element) => found.push(element),
                    Part::Choice(_, parts) | Part::Sequence(_, parts) => gather(parts, found),
                    Part::Anything(..) => {}
                }
            }
        }
        let mut found = Vec::new();
        if let Holds::Parts { parts, .. } = &self.holds {
            gather(parts, &mut found);
        }
        found
    }
}

/// What an element holds.
#[derive(Clone, Debug)]
pub enum Holds {
    /// A value.
    Value(Value),
    /// Elements, in this order or in any; none are an empty element.
    Parts {
        /// The elements.
        parts: Vec<Part>,
        /// Whether they may come in any order.
        any_order: bool,
    },
    /// Anything.
    Anything,
}

/// What stands inside an element.
#[derive(Clone, Debug)]
// Nearly all are elements.
#[allow(clippy::large_enum_variant)]
pub enum Part {
    /// An element.
    Element(Element),
    /// One of several.
    Choice(Occurs, Vec<Part>),
    /// All of them in order, repeated as a whole.
    Sequence(Occurs, Vec<Part>),
    /// Any element: of that namespace, or of any where it is `None`.
    Anything(Occurs, Option<Box<str>>),
}

/// An attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name, without `@`.
    pub name: Box<str>,
    /// Whether it must be there.
    pub mandatory: bool,
    /// Names for people.
    pub label: Label,
    /// Its value.
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// How it is written.
    pub format: Format,
    /// Whether it may also be empty.
    pub empty: bool,
    /// The one value it has.
    pub fixed: Option<Box<str>>,
    /// The value that is meant where it is empty.
    pub default: Option<Box<str>>,
    /// Where its codes stand.
    pub codes: Codes,
    /// Regular expressions of XML Schema, all of which it must match.
    pub patterns: Vec<Box<str>>,
    /// What people are shown in place of the patterns, as `CCYYMMDDhhmm`; empty: themselves.
    pub means: Box<str>,
    /// Bounds.
    pub bounds: Vec<(Bound, Box<str>)>,
}

impl Value {
    /// A value of that format, and nothing more.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self {
            format,
            empty: false,
            fixed: None,
            default: None,
            codes: Codes::None,
            patterns: Vec::new(),
            means: Box::default(),
            bounds: Vec::new(),
        }
    }
}

/// The kinds of bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// No less than.
    Min,
    /// No more than.
    Max,
    /// More than.
    Above,
    /// Less than.
    Below,
}

impl Bound {
    const ALL: [Self; 4] = [Self::Min, Self::Max, Self::Above, Self::Below];

    /// Its keyword.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

/// Where the codes of a value stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codes {
    /// It has none.
    None,
    /// These, and their names.
    Values(Vec<(Box<str>, Label)>),
    /// A table of `specs/codes`, as `port`; a column of it other than that of the codes, as
    /// `port:customs`; or several of these with ` or ` between them. A value they lack is a warning.
    Table(Box<str>),
    /// The same; a value they lack is an error.
    In(Box<str>),
}

impl Message {
    /// Name and edition, as `CEB621@2022-05`.
    #[must_use]
    pub fn id(&self) -> String {
        match &*self.edition {
            "" => self.name.to_string(),
            edition => format!("{}@{edition}", self.name),
        }
    }

    /// The message as a file of `specs/` has it.
    #[must_use]
    pub fn to_text(&self) -> String {
        print::message(self, None)
    }

    /// The same with names in one language alone (in the other where there is none), to be read.
    #[must_use]
    pub fn to_text_in(&self, lang: Lang) -> String {
        print::message(self, Some(lang))
    }

    /// Its XML Schema, for other programs: in its first namespace, codes of tables that must hold
    /// listed. `codes` gives the codes of a table.
    ///
    /// What may come in any order and more than once is a choice that repeats, which is wider than
    /// what this crate checks: XML Schema 1.0 cannot say it.
    ///
    /// # Errors
    /// What `codes` returns.
    pub fn to_xsd(&self, codes: Lookup<'_>) -> Result<String> {
        let namespace = self.namespaces.first().map_or("", |of| &**of);
        schema::write(self, namespace, true, codes)
    }

    /// Its XML Schema for the checks of this crate, with another namespace where a document is
    /// taken for this message in spite of its own.
    pub(crate) fn to_checked_xsd(&self, namespace: &str, codes: Lookup<'_>) -> Result<String> {
        schema::write(self, namespace, false, codes)
    }

    /// Whether a document in that namespace is one of these.
    #[must_use]
    pub fn allows_namespace(&self, namespace: &str) -> bool {
        self.namespaces.is_empty() || self.namespaces.iter().any(|of| **of == *namespace)
    }
}

/// A message in a list of them.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Name and edition, as `CEB621@2022-05`.
    pub id: String,
    /// Names for people.
    pub label: Label,
    /// The folder of `specs/china` that it is from, as `manifest-road`; `entry` for entry
    /// documents, `layer` for those of layers.
    pub family: &'static str,
}

/// What the head of a file says of a message, which is enough to choose it.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) name: Box<str>,
    pub(crate) label: Label,
    pub(crate) edition: Box<str>,
    pub(crate) valid: Box<str>,
    pub(crate) root: Box<str>,
    pub(crate) namespaces: Vec<Box<str>>,
    pub(crate) when: Vec<When>,
    /// Where it stands.
    pub(crate) file: Box<str>,
    pub(crate) line: u32,
    /// Where the whole of it is.
    text: Whole,
}

#[derive(Clone, Debug)]
enum Whole {
    /// In a file of the base: its path and its text; and the message, once it was asked for.
    Embedded(&'static str, &'static str, OnceLock<Arc<Message>>),
    /// It was read already.
    Read(Arc<Message>),
}

impl Head {
    /// Whether a document in that namespace is one of these.
    pub(crate) fn allows(&self, namespace: &str) -> bool {
        self.namespaces.is_empty() || self.namespaces.iter().any(|of| **of == *namespace)
    }

    pub(super) fn of(message: Arc<Message>, file: &str, line: u32) -> Self {
        Self {
            file: file.into(),
            line,
            name: message.name.clone(),
            label: message.label.clone(),
            edition: message.edition.clone(),
            valid: message.valid.clone(),
            root: message.root.tag.clone(),
            namespaces: message.namespaces.clone(),
            when: message.when.clone(),
            text: Whole::Read(message),
        }
    }

    /// Name and edition, as `CEB621@2022-05`.
    pub(crate) fn id(&self) -> String {
        match &*self.edition {
            "" => self.name.to_string(),
            edition => format!("{}@{edition}", self.name),
        }
    }

    /// The folder of `specs/china` that it is from, `entry` for entry documents, `layer` for those of
    /// layers.
    pub(crate) fn family(&self) -> &'static str {
        match &self.text {
            Whole::Read(_) => "layer",
            Whole::Embedded(path, ..) if path.starts_with("entry/") => "entry",
            Whole::Embedded(path, ..) => path.split('/').nth(1).unwrap_or(""),
        }
    }

    /// The message itself, read when it is first asked for.
    pub(crate) fn read(&self) -> Result<Arc<Message>> {
        match &self.text {
            Whole::Read(message) => Ok(message.clone()),
            Whole::Embedded(file, text, held) => {
                if let Some(message) = held.get() {
                    return Ok(message.clone());
                }
                let messages = read(file, text)?.into_iter();
                let same = |of: &Message| of.name == self.name && of.edition == self.edition;
                let mut found = messages.filter(same);
                let message = found.next().expect("its head was read from there");
                Ok(held.get_or_init(|| Arc::new(message)).clone())
            }
        }
    }
}

/// An entry of a file.
#[derive(Debug)]
pub(super) enum Entry {
    /// A whole message.
    Message {
        verb: Option<Verb>,
        message: Box<Message>,
        line: u32,
    },
    /// What is changed of one.
    Patch(patch::Patch),
}

/// The messages of a text, whatever it does to the base; what it changes of others is read only.
///
/// # Errors
/// Where the text is not one of messages: file, line, column and what was expected.
#[doc(hidden)]
pub fn read(file: &str, text: &str) -> Result<Vec<Message>> {
    let entries = parse(file, text)?.into_iter();
    let messages = entries.filter_map(|entry| match entry {
        Entry::Message { message, .. } => Some(*message),
        Entry::Patch(_) => None,
    });
    Ok(messages.collect())
}

/// The heads of the messages that ship, in the order of their files.
pub(super) fn base() -> Result<&'static [Head]> {
    static HEADS: OnceLock<Vec<Head>> = OnceLock::new();
    if let Some(heads) = HEADS.get() {
        return Ok(heads);
    }
    let mut heads = Vec::new();
    for (path, file) in embedded::files("china/").chain(embedded::files("entry/")) {
        if path.starts_with("china/flat/") {
            continue;
        }
        heads.extend(text::heads(path, file)?);
    }
    Ok(HEADS.get_or_init(|| heads))
}
