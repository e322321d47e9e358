//! What an expression gives.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::{Kind, Moment, NodeId, Number, Period, Row, Shape};

/// The type of an expression, as far as it is known before it is evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Not known before: a bound value of any type, an element of a mixed list.
    Any,
    /// Text whose use decides whether it is read as text or as a number ([`Kind::Any`]).
    Loose,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number of 64 bits with sign.
    Int,
    /// A whole number of 64 bits without sign.
    Uint,
    /// A binary fraction of 64 bits; only where an expression asks for one by `double(..)`, or in plain CEL.
    Double,
    /// An exact decimal.
    Number,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A point in time.
    Moment,
    /// A length of time.
    Period,
    /// A record of the message.
    Record(Shape),
    /// A row of a register.
    Row,
    /// A list.
    List(Box<Type>),
    /// A map.
    Map(Box<Type>, Box<Type>),
    /// A value that may be absent.
    Optional(Box<Type>),
    /// A type.
    Type,
}

impl fmt::Display for Type {
    /// As faults and documentation name it: `text`, `number`, `list(text)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "dyn",
            Self::Loose => "text or number",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::Number => "number",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Moment => "time",
            Self::Period => "duration",
            Self::Record(_) => "record",
            Self::Row => "row",
            Self::Type => "type",
            Self::List(of) => return write!(f, "list({of})"),
            Self::Map(key, value) => return write!(f, "map({key}, {value})"),
            Self::Optional(of) => return write!(f, "optional({of})"),
        })
    }
}

impl From<Kind> for Type {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Record(shape) => Self::Record(shape),
            Kind::Text => Self::Text,
            Kind::Number => Self::Number,
            Kind::Any => Self::Loose,
        }
    }
}

/// A value. It borrows from the expression and the facts where it can.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number without sign.
    Uint(u64),
    /// A binary fraction.
    Double(f64),
    /// An exact decimal.
    Number(Number),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// A point in time.
    Moment(Moment),
    /// A length of time.
    Period(Period),
    /// A record of the facts.
    Record(NodeId),
    /// A row of a register.
    Row(Cow<'a, Row>),
    /// A node of the facts and all that follow it in its slot; `Kind` is what each of them is.
    Nodes(NodeId, Kind),
    /// A list.
    List(Arc<[Value<'a>]>),
    /// A map, in the order in which it was written.
    Map(Arc<[(Value<'a>, Value<'a>)]>),
    /// A value that may be absent.
    Optional(Option<Box<Value<'a>>>),
    /// A type, by the name CEL has for it.
    Type(Cow<'a, str>),
}

impl Value<'_> {
    /// Whether it is `true`; `None` where it is no boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// It as text, as a message or a finding shows it: text as it is, numbers and times in their usual
    /// spelling, an optional as what it holds. `None` for what is absent and for what has no such form
    /// (records, lists, maps).
    #[must_use]
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Text(text) => Cow::Borrowed(&**text),
            Self::Bool(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
            Self::Int(value) => value.to_string().into(),
            Self::Uint(value) => value.to_string().into(),
            Self::Double(value) => value.to_string().into(),
            Self::Number(value) => value.to_string().into(),
            Self::Moment(value) => value.to_string().into(),
            Self::Period(value) => value.to_string().into(),
            Self::Optional(Some(value)) => return value.to_text(),
            Self::Type(name) => Cow::Borrowed(&**name),
            Self::Null
            | Self::Bytes(_)
            | Self::Record(_)
            | Self::Row(_)
            | Self::Nodes(..)
            | Self::List(_)
            | Self::Map(_)
            | Self::Optional(None) => return None,
        })
    }
}
