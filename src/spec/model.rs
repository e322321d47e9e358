//! The model: a graph of named types (cycles allowed) whose content is a particle.
//!
//! EDIFACT, flat files and JSON use sequences and repetition; XML Schema uses all of it. Rules,
//! maps and types see only names, children and values. Occurrence bounds are counters, never
//! unrolled.

/// A message (or a document, or a set of records): types that refer to each other.
#[derive(Clone, Debug, Default)]
pub struct Model {
    types: Vec<Type>,
    roots: Vec<Node>,
}

/// A type of a [`Model`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(u32);

impl TypeId {
    /// Its index in [`Model::types`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Names for people. Empty where none is published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// English.
    pub en: Box<str>,
    /// Chinese.
    pub zh: Box<str>,
}

/// A named type.
#[derive(Clone, Debug)]
pub struct Type {
    /// Its name in the model: `C_C517`, `G_SG2`, or an XML type's name.
    pub name: Box<str>,
    /// Target namespace, for XML.
    pub namespace: Option<Box<str>>,
    /// Names for people.
    pub label: Label,
    /// What it holds.
    pub content: Content,
    /// Attributes, for XML.
    pub attributes: Vec<Attribute>,
    /// Conditions between children by position (ISO 9735 dependency notes).
    pub dependencies: Vec<Dependency>,
}

/// What a type holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// Nothing.
    Empty,
    /// A value.
    Value(Simple),
    /// Children.
    Children(Particle),
    /// Children with text between them (XML).
    Mixed(Particle),
}

/// A pattern of children.
#[derive(Clone, Debug)]
pub enum Particle {
    /// One child.
    Node(Node),
    /// All of them, in order.
    Sequence(Vec<Particle>),
    /// One of them.
    Choice(Vec<Particle>),
    /// All of them, in any order.
    All(Vec<Particle>),
    /// From `min` to `max` times in a row; no `max` is no bound.
    Repeat {
        /// At least so often.
        min: u32,
        /// At most so often.
        max: Option<u32>,
        /// What is repeated.
        of: Box<Particle>,
    },
    /// Any child of some namespaces (XML).
    Wildcard(Wildcard),
}

/// A named child.
#[derive(Clone, Debug)]
pub struct Node {
    /// Name in paths: `S_LOC`, `C_C212_2`, `D_3225`, `G_SG2`, a record id or an XML local name.
    pub name: Box<str>,
    /// Namespace, for XML.
    pub namespace: Option<Box<str>>,
    /// What it is.
    pub role: Role,
    /// Identifier in the standard: `LOC`, `C212`, `3225`, `SG2`.
    pub id: Box<str>,
    /// Its type.
    pub of: TypeId,
    /// Qualifiers that identify this position among others with the same tag: only a segment
    /// whose element `.0` has one of `.1` stands here. Empty: any.
    pub identified_by: Option<(Box<str>, Vec<Box<str>>)>,
}

/// What a child is in its standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A whole message.
    Message,
    /// A segment group.
    Group,
    /// A segment.
    Segment,
    /// A composite data element.
    Composite,
    /// A simple or component data element.
    Element,
    /// A record of a flat file.
    Record,
    /// A field of a record.
    Field,
    /// An element of an XML document.
    Xml,
}

/// An attribute of an XML type.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Local name.
    pub name: Box<str>,
    /// Namespace.
    pub namespace: Option<Box<str>>,
    /// Whether it must be there.
    pub required: bool,
    /// Type of its value.
    pub of: TypeId,
}

/// A wildcard of XML Schema.
#[derive(Clone, Debug)]
pub struct Wildcard {
    /// Namespaces allowed; `None` is any. An empty string is "no namespace".
    pub namespaces: Option<Vec<Box<str>>>,
    /// Namespaces excluded.
    pub except: Vec<Box<str>>,
    /// Whether what it matches must be declared and valid, may be, or is not looked at.
    pub process: Process,
}

/// How content below a wildcard is validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// Must be declared.
    Strict,
    /// Validated where declared.
    Lax,
    /// Not looked at.
    Skip,
}

/// A type of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simple {
    /// Kind of characters or value.
    pub class: Class,
    /// Least length in characters (EDIFACT: sign, decimal mark not counted).
    pub min: u32,
    /// Greatest length; no bound is `None`.
    pub max: Option<u32>,
    /// Decimal places allowed, where bounded.
    pub decimals: Option<u32>,
    /// The code list its values come from.
    pub codes: Option<CodeList>,
    /// Patterns of a date, of which one must fit: `CCYYMMDD`, `YYMMDDhhmm`.
    pub patterns: Vec<Box<str>>,
}

/// Kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// `a`: letters (ISO 9735: alphabetic characters, space among them).
    Alpha,
    /// `n`: a number.
    Numeric,
    /// `an`: any characters.
    Alphanumeric,
    /// A date or time written by a pattern of the spec (flat files, Chinese messages).
    Date,
    /// Bytes.
    Binary,
}

/// Where the codes of a value stand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CodeList {
    /// The list of this data element in the directory the message uses.
    Directory(Box<str>),
    /// A table of `specs/codes`.
    Table(Box<str>),
    /// These values and their names, said just here.
    Values(Vec<(Box<str>, Box<str>)>),
}

/// A dependency note of ISO 9735-1 (syntax version 4), clause 11 and annex: which of the children
/// at these positions (counted from 1) must or may be present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The rule.
    pub kind: DependencyKind,
    /// Positions, counted from 1; for D5, D6 and D7 the first is the one that governs.
    pub positions: Vec<u16>,
}

/// The seven dependency identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DependencyKind {
    /// D1: one and only one.
    OneAndOnlyOne,
    /// D2: all or none.
    AllOrNone,
    /// D3: one or more.
    OneOrMore,
    /// D4: one or none.
    OneOrNone,
    /// D5: if the first, then all.
    IfFirstThenAll,
    /// D6: if the first, then at least one more.
    IfFirstThenAtLeastOne,
    /// D7: if the first, then none of the others.
    IfFirstThenNone,
}

impl Dependency {
    /// Whether it is satisfied, where `there` says which positions are present.
    #[must_use]
    pub fn holds(&self, there: impl Fn(u16) -> bool) -> bool {
        let count = |positions: &[u16]| positions.iter().filter(|at| there(**at)).count();
        let Some((first, others)) = self.positions.split_first() else {
            return true;
        };
        let (all, other) = (count(&self.positions), count(others));
        match self.kind {
            DependencyKind::OneAndOnlyOne => all == 1,
            DependencyKind::AllOrNone => all == 0 || all == self.positions.len(),
            DependencyKind::OneOrMore => all >= 1,
            DependencyKind::OneOrNone => all <= 1,
            DependencyKind::IfFirstThenAll => !there(*first) || other == others.len(),
            DependencyKind::IfFirstThenAtLeastOne => !there(*first) || other >= 1,
            DependencyKind::IfFirstThenNone => !there(*first) || other == 0,
        }
    }
}

impl DependencyKind {
    /// Its identifier, `D1` to `D7`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneAndOnlyOne => "D1",
            Self::AllOrNone => "D2",
            Self::OneOrMore => "D3",
            Self::OneOrNone => "D4",
            Self::IfFirstThenAll => "D5",
            Self::IfFirstThenAtLeastOne => "D6",
            Self::IfFirstThenNone => "D7",
        }
    }
}

impl Model {
    /// A model with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a type and returns its id. Types may refer to ids given out earlier; for a cycle,
    /// [`reserve`](Self::reserve) first and [`define`](Self::define) later.
    pub fn add(&mut self, of: Type) -> TypeId {
        let id = TypeId(u32::try_from(self.types.len()).expect("fewer than 2^32 types"));
        self.types.push(of);
        id
    }

    /// An id for a type that is defined later; until then it is empty.
    pub fn reserve(&mut self, name: &str) -> TypeId {
        self.add(Type::new(name, Content::Empty))
    }

    /// Defines a reserved type.
    pub fn define(&mut self, id: TypeId, of: Type) {
        self.types[id.index()] = of;
    }

    /// Declares a root: what a whole message or document may be.
    pub fn add_root(&mut self, node: Node) {
        self.roots.push(node);
    }

    /// The type of that id.
    #[must_use]
    pub fn get(&self, id: TypeId) -> &Type {
        &self.types[id.index()]
    }

    /// All types, by id.
    #[must_use]
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// What a whole message or document may be.
    #[must_use]
    pub fn roots(&self) -> &[Node] {
        &self.roots
    }
}

impl Type {
    /// A type without attributes, labels and dependencies.
    #[must_use]
    pub fn new(name: &str, content: Content) -> Self {
        Self {
            name: name.into(),
            namespace: None,
            label: Label::default(),
            content,
            attributes: Vec::new(),
            dependencies: Vec::new(),
        }
    }
}
