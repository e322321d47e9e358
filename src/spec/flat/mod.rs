//! Layouts of flat files (平台文件): records of fields, as text and as a model.
//!
//! ```text
//! flat GATEIN  Gate-in report | 进闸报文
//!   edition  2026
//!   fidelity  project
//!   record 00  M  1  Header | 头记录
//!     2  M  X(6)  Message type | 报文类型
//!       is  GATEIN
//!     3  M  YYMMDDhhmm/CCYYMMDDhhmm  Created at | 建立时间
//!   record 50  C  *  Container | 箱
//!     2  M  X(12)  Container number | 箱号
//!     3  C  9(9).9(3)  Gross weight | 毛重
//!     record 51  C  3  Seal | 铅封
//!       2  M  X(10)  Seal number | 铅封号
//!   record 99  M  1  Trailer | 尾记录
//!     2  M  9(6)  Records | 记录总数
//!       count  all
//! ```
//!
//! `specs/china/flat/README.md` says what every line means.

mod text;

use std::sync::{Arc, OnceLock};

use super::embedded;
use super::model::{
    Class, CodeList, Content, Dependency, Label, Model, Node, Particle, Role, Simple, Type, TypeId,
};
use super::text::Verb;
use crate::Result;

pub(super) use text::parse;

/// The layout of the flat file of one message.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Message type, as `IFCSUM`.
    pub message: Box<str>,
    /// Names for people.
    pub label: Label,
    /// Which edition of the publication it is; empty where not known.
    pub edition: Box<str>,
    /// From when until when it holds, as the publication says; empty where not known.
    pub valid: Box<str>,
    /// How well it is known: `official`, `partial`, `project`.
    pub fidelity: Box<str>,
    /// Where it comes from.
    pub sources: Vec<Box<str>>,
    /// What separates records and fields.
    pub separators: Separators,
    /// What `X(n)` counts.
    pub lengths: Lengths,
    /// Whether a file may hold records that are not known here.
    pub open: bool,
    /// Its records in order, each before those inside it.
    pub records: Vec<Record>,
    /// The same as a graph of types; its one root is the message.
    pub model: Model,
}

/// What separates records and fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Separators {
    /// Between fields.
    pub field: u8,
    /// After a record.
    pub terminator: u8,
    /// Gives the character after it its plain meaning; `None` where there is none.
    pub release: Option<u8>,
}

impl Default for Separators {
    /// `:`, `'` and `?`.
    fn default() -> Self {
        Self {
            field: b':',
            terminator: b'\'',
            release: Some(b'?'),
        }
    }
}

/// What the length of `X(n)` counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lengths {
    /// Bytes of GBK, whatever the character set of the file: one for a character of ASCII, two for
    /// a Chinese one (four for a rare one that only GB18030 has).
    #[default]
    Bytes,
    /// Characters.
    Characters,
}

/// A record.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its id, the first field: `00`.
    pub id: Box<str>,
    /// Names for people.
    pub label: Label,
    /// Whether it must be there, once the record around it is.
    pub mandatory: bool,
    /// At most so often; `None` is no bound.
    pub max: Option<u32>,
    /// The record around it, as an index of [`Layout::records`].
    pub parent: Option<usize>,
    /// Whether it may have fields behind the last that is known.
    pub open: bool,
    /// Where it comes from, when it is not from the layout's source.
    pub source: Box<str>,
    /// Its fields, the id first.
    pub fields: Vec<Field>,
    /// Conditions between fields, by their numbers.
    pub dependencies: Vec<Dependency>,
    /// Its type in the model.
    pub of: TypeId,
}

impl Record {
    /// The field that stands at a place, the id at 1, and which of it: `F_4[2]` of a field 4 that stands
    /// several times stands at place 5. `None` behind the last.
    #[must_use]
    pub fn field_at(&self, place: usize) -> Option<(&Field, usize)> {
        let mut fields = self.fields.iter();
        let inside = |field: &&Field| {
            let first = usize::from(field.number);
            let end = field.max.map(|max| first + max as usize);
            place >= first && end.is_none_or(|end| place < end)
        };
        let field = fields.find(inside)?;
        Some((field, place - usize::from(field.number) + 1))
    }
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its number: the id is 1.
    pub number: u16,
    /// Names for people.
    pub label: Label,
    /// Whether it must be there.
    pub mandatory: bool,
    /// At most so often in a row; `None` is no bound.
    pub max: Option<u32>,
    /// What its value looks like.
    pub picture: Picture,
    /// The list its values come from.
    pub codes: Option<CodeList>,
    /// What it counts.
    pub counts: Vec<Counted>,
    /// A condition in words; empty where there is none. It is told, not checked.
    pub condition: Box<str>,
}

/// What a value looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picture {
    /// `X(n)`: at most `n` of what [`Lengths`] says.
    Text(u32),
    /// `9(n)` or `9(n).9(m)`: digits, at most so many before and behind the point.
    Number(u32, Option<u32>),
    /// A date or time of one of these patterns: CC YY MM DD hh mm ss.
    Date(Vec<Box<str>>),
}

impl std::fmt::Display for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(max) => write!(f, "X({max})"),
            Self::Number(max, None) => write!(f, "9({max})"),
            Self::Number(max, Some(decimals)) => write!(f, "9({max}).9({decimals})"),
            Self::Date(patterns) => f.write_str(&patterns.join("/")),
        }
    }
}

/// What a field may count: where ports differ, several are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// All records of the message.
    All,
    /// All but its first and its last.
    Between,
    /// Those of this id.
    Record(Box<str>),
}

/// A layout and where it stands.
#[derive(Debug)]
pub(super) struct Entry {
    pub verb: Option<Verb>,
    pub layout: Layout,
    pub line: u32,
}

/// The layouts of a text, whatever it does to the base.
#[doc(hidden)]
pub fn read(file: &str, text: &str) -> Result<Vec<Layout>> {
    Ok(parse(file, text)?
        .into_iter()
        .map(|entry| entry.layout)
        .collect())
}

/// The layouts that ship with the crate.
pub(super) fn base() -> Result<&'static [Arc<Layout>]> {
    static BASE: OnceLock<Vec<Arc<Layout>>> = OnceLock::new();
    if let Some(held) = BASE.get() {
        return Ok(held);
    }
    let mut all = Vec::new();
    for (path, text) in embedded::files("china/flat/") {
        for entry in parse(path, text)? {
            all.push(Arc::new(entry.layout));
        }
    }
    Ok(BASE.get_or_init(|| all))
}

impl Layout {
    /// The fields by which its first record is known to be of this message: number and value. The
    /// id is always one of them.
    pub fn marks(&self) -> impl Iterator<Item = (u16, &str)> {
        let first = self.records.first();
        let fields = first.map_or(&[][..], |record| &record.fields);
        fields.iter().filter_map(|field| match &field.codes {
            Some(CodeList::Values(values)) if values.len() == 1 && field.mandatory => {
                Some((field.number, &*values[0].0))
            }
            _ => None,
        })
    }

    /// The record of a type of the model.
    #[must_use]
    pub fn record(&self, of: TypeId) -> Option<&Record> {
        self.records.iter().find(|record| record.of == of)
    }

    /// Makes the model from the records.
    fn build(&mut self) {
        let mut model = Model::new();
        let content = self.inside(None, &mut model);
        let name = format!("M_{}", self.message);
        let of = model.add(Type {
            label: self.label.clone(),
            ..Type::new(&name, Content::Children(Particle::Sequence(content)))
        });
        model.add_root(node(&name, Role::Message, &self.message, of));
        self.model = model;
    }

    /// The records inside another, as particles.
    fn inside(&mut self, parent: Option<usize>, model: &mut Model) -> Vec<Particle> {
        let mut particles = Vec::new();
        for at in 0..self.records.len() {
            if self.records[at].parent != parent {
                continue;
            }
            let mut content: Vec<Particle> = Vec::new();
            for field in &self.records[at].fields {
                let name = format!("F_{}", field.number);
                let of = model.add(Type {
                    label: field.label.clone(),
                    ..Type::new(&name, Content::Value(field.simple()))
                });
                let number = field.number.to_string();
                content.push(Particle::Repeat {
                    min: u32::from(field.mandatory),
                    max: field.max,
                    of: Box::new(Particle::Node(node(&name, Role::Field, &number, of))),
                });
            }
            content.extend(self.inside(Some(at), model));
            let record = &mut self.records[at];
            let name = format!("R_{}", record.id);
            record.of = model.add(Type {
                label: record.label.clone(),
                dependencies: record.dependencies.clone(),
                ..Type::new(&name, Content::Children(Particle::Sequence(content)))
            });
            particles.push(Particle::Repeat {
                min: u32::from(record.mandatory),
                max: record.max,
                of: Box::new(Particle::Node(node(
                    &name,
                    Role::Record,
                    &record.id,
                    record.of,
                ))),
            });
        }
        particles
    }
}

impl Field {
    fn simple(&self) -> Simple {
        let (class, max, decimals, patterns) = match &self.picture {
            Picture::Text(max) => (Class::Alphanumeric, Some(*max), None, Vec::new()),
            Picture::Number(max, decimals) => (
                Class::Numeric,
                Some(max.saturating_add(decimals.unwrap_or(0))),
                Some(decimals.unwrap_or(0)),
                Vec::new(),
            ),
            Picture::Date(patterns) => {
                let longest = patterns.iter().map(|pattern| pattern.len() as u32).max();
                (Class::Date, longest, None, patterns.clone())
            }
        };
        Simple {
            class,
            min: 0,
            max,
            decimals,
            codes: self.codes.clone(),
            patterns,
        }
    }
}

fn node(name: &str, role: Role, id: &str, of: TypeId) -> Node {
    Node {
        name: name.into(),
        namespace: None,
        role,
        id: id.into(),
        of,
        identified_by: None,
    }
}
