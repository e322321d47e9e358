//! Segments against a structure: where each one stands, and what is wrong with the order.
//!
//! Placement is a search for the fewest errors. While the segments fit and only one place is
//! possible, each is placed at once; where more than one place is possible, or none, a bounded set
//! of hypotheses is kept until the segments that follow decide. The earliest position wins a tie.

mod course;
mod path;
mod plan;
mod search;
mod step;

pub(crate) use path::Path;
pub use plan::{Group, GroupId, Plan, Position, PositionId, TagId, pack_tag};
pub(crate) use search::{Likely, Onward, Room};
pub use search::{Limits, Sequencer};

/// The place of a segment that stands where it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its position.
    pub position: PositionId,
    /// So many levels of the groups that were open, the message among them, stay open.
    pub keep: u16,
    /// The last of these begins anew with this segment.
    pub repeat: bool,
}

impl From<Place> for Placement {
    fn from(place: Place) -> Self {
        Self {
            position: Some(place.position),
            keep: place.keep,
            repeat: place.repeat,
            ..Self::default()
        }
    }
}

/// Where a segment stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Its position; `None` when it has no place in the message.
    pub position: Option<PositionId>,
    /// So many levels of the groups that were open, the message among them, stay open.
    pub keep: u16,
    /// The last of these begins anew with this segment.
    pub repeat: bool,
    /// Whether the segment stands outside the order: the current position does not move.
    pub aside: bool,
    /// What is wrong just before or at this segment.
    pub faults: Vec<Fault>,
}

/// What is wrong with the order of segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A mandatory segment is missing before this place.
    MissingSegment(PositionId),
    /// A mandatory group is missing before this place.
    MissingGroup(GroupId),
    /// The segment occurs more often than it may.
    TooManySegments(PositionId),
    /// The group occurs more often than it may.
    TooManyGroups(GroupId),
    /// The segment comes later than its place.
    OutOfOrder(PositionId),
    /// The tag is known in this message, but cannot stand here.
    Unexpected,
    /// The tag does not occur in this message.
    Unknown,
    /// The segment stands where this one was expected.
    InsteadOf(PositionId),
}
