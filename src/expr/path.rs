//! The paths that an expression reads.

use super::{Name, Presence, Shape};

/// A path from a bound name: `this.G_SG7.S_LOC`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// The name it begins with.
    pub root: Name,
    /// Fields, outermost first; none where the name itself is the value.
    pub steps: Vec<Step>,
}

/// One field of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Shape of the record whose field it is.
    pub of: Shape,
    /// Its name.
    pub name: Box<str>,
    /// Its slot in that record.
    pub slot: u32,
    /// How often the spec has it.
    pub presence: Presence,
    /// Which one of a list, from 0; `None` is all of them, as a loop reads them, or the only one.
    pub index: Option<u32>,
}
