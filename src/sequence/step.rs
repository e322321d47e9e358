//! The small parts of a plan, which are looked at for every segment.

use std::num::NonZeroU64;

use super::plan::{GroupId, PositionId};
use crate::spec::little_endian;

/// Where a position stands, and how often it may.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub max: u32,
    /// How often its group may be there.
    pub group_max: u32,
    pub group: GroupId,
    /// Depth of the group.
    pub depth: u16,
    pub index: u16,
}

/// Where a group stands, and how often it may.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupBounds {
    pub max: u32,
    pub parent: GroupId,
    pub index: u16,
}

/// Transitions on one tag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub start: u32,
    pub count: u16,
    /// The transition, where there is one only.
    pub only: Option<Step>,
    /// Whether the tag has positions that a qualifier identifies.
    pub identified: bool,
}

/// A transition to a position: one number, so that it goes from hand to hand in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Step(NonZeroU64);

impl Step {
    /// So many levels of open groups stay open, the message among them; if it is to `repeat`, the
    /// last of these begins anew.
    pub(super) fn new(to: PositionId, keep: u16, repeat: bool) -> Self {
        let number = u64::from(to) | u64::from(keep) << 16 | u64::from(repeat) << 32;
        // The lowest bit says no more than that there is a transition.
        Self(NonZeroU64::MIN | number << 1)
    }

    #[inline]
    pub(super) fn to(self) -> PositionId {
        (self.0.get() >> 1) as u16
    }

    /// So many levels of open groups, the message among them, stay open.
    #[inline]
    pub(super) fn keep(self) -> u16 {
        (self.0.get() >> 17) as u16
    }

    /// The last of these begins anew.
    #[inline]
    pub(super) fn repeat(self) -> bool {
        self.0.get() >> 33 & 1 == 1
    }
}

/// What a choice comes to without a look at anything else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hop(Option<Step>);

impl Hop {
    pub(super) fn of(choice: &Choice) -> Self {
        Self(choice.only.filter(|_| !choice.identified))
    }

    /// The only transition, if no qualifier has a say in it.
    #[inline(always)]
    pub(super) fn only(self) -> Option<Step> {
        self.0
    }
}

/// A value that identifies a position.
#[derive(Clone, Debug)]
pub(super) struct Qualifier {
    /// Its first bytes as a number.
    packed: u64,
    code: Box<str>,
}

impl Qualifier {
    pub(super) fn new(code: &str) -> Self {
        Self {
            packed: little_endian(code.as_bytes()),
            code: code.into(),
        }
    }

    /// Whether it is `value`, whose first bytes are `packed`.
    #[inline]
    fn is(&self, packed: u64, value: &[u8]) -> bool {
        self.packed == packed
            && self.code.len() == value.len()
            && (value.len() <= 8 || self.code.as_bytes() == value)
    }

    /// Whether one of `qualifiers` is `value`, whose first bytes are `packed`.
    #[inline]
    pub(super) fn among(qualifiers: &[Self], packed: u64, value: &[u8]) -> bool {
        qualifiers.iter().any(|held| held.is(packed, value))
    }
}
