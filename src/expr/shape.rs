//! What expressions may name: records and their fields, as whoever knows the spec tells them.

/// A kind of record that the host knows: a message, a segment group, a composite, an element of XML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shape(pub u32);

/// What the value of a field or of a bound name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A record with fields.
    Record(Shape),
    /// Text, a code too.
    Text,
    /// Text that is read as an exact decimal when it is asked for.
    Number,
    /// Text of which the spec does not say more (below a wildcard, a column of a register): its use
    /// decides whether it is read as text or as a number. To allow any name below a wildcard, give a
    /// shape whose [`Shapes::field`] knows every name.
    Any,
}

/// How often a field is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Once: the spec demands it.
    Always,
    /// Once or not at all: an expression has to say what holds without it.
    Maybe,
    /// Any number of times: a list.
    Many,
}

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// Where [`Facts`](super::Facts) keep it: an index below the number of slots that a record of the
    /// shape is opened with.
    pub slot: u32,
    /// What it is.
    pub kind: Kind,
    /// How often it is there.
    pub presence: Presence,
    /// Fields beside a value: the attributes of an element of XML that holds text.
    pub beside: Option<Shape>,
}

impl Field {
    /// A field with nothing beside its value.
    #[must_use]
    pub const fn new(slot: u32, kind: Kind, presence: Presence) -> Self {
        Self {
            slot,
            kind,
            presence,
            beside: None,
        }
    }
}

/// The spec as expressions see it.
///
/// Naming a field takes it into the projection: the host gives it a slot then, and builds facts with it
/// from then on. The same field always has the same slot.
pub trait Shapes {
    /// The field `name` of a record of shape `of`; `None` where the spec has none.
    fn field(&mut self, of: Shape, name: &str) -> Option<Field>;

    /// The names of all fields of a shape, to suggest near misses from.
    fn names(&self, of: Shape) -> Vec<String>;

    /// What a fault calls a record of this shape.
    fn label(&self, of: Shape) -> String;
}

/// No spec: every name is unknown.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoShapes;

impl Shapes for NoShapes {
    fn field(&mut self, _: Shape, _: &str) -> Option<Field> {
        None
    }

    fn names(&self, _: Shape) -> Vec<String> {
        Vec::new()
    }

    fn label(&self, _: Shape) -> String {
        String::new()
    }
}
