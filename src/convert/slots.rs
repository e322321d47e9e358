//! The tags around every value of a segment, made ready once: a segment as nearly all are is written
//! in one pass over its separators, without a branch on what it holds.

use std::ops::Range;

use super::buffer::Buffer;
use super::names::{Name, Part};
use crate::edifact::Segment;

/// The tags of a layout, where all are short.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    open: Tag,
    close: Tag,
    slots: Box<[Slot]>,
    /// One for each component of each place of an element; the last is behind them all.
    states: Box<[State]>,
    /// The same where elements repeat in one place.
    repeating: Box<[State]>,
}

/// The tags around one value: they fill one line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Slot {
    /// Of the composite it stands in; empty around a simple element.
    outer_open: Tag,
    open: Tag,
    close: Tag,
    outer_close: Tag,
}

/// A value of a segment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Value {
    /// Which of the values of its layout it is, as [`Layout::values`](super::names::Layout::values)
    /// counts them.
    pub(crate) slot: u16,
    /// The place of the element it stands in: another for every element of a segment.
    pub(crate) place: u16,
    /// Where it stands in what positions of the segment count in.
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// Where writing stands among the values that a segment may have.
#[derive(Clone, Copy, Debug)]
struct State {
    /// The slot of the value; none that there is behind the last.
    slot: u16,
    /// The state of the first value of this place.
    place: u16,
    /// What follows the separator of elements, and that of components.
    next: [u16; 2],
    /// A component stands before it.
    later: bool,
    /// Another place of the same element stands before it.
    again: bool,
}

/// Bytes of a tag; the last says how many.
#[derive(Clone, Copy, Debug)]
struct Tag([u8; TAG]);

const TAG: usize = 16;
/// A value so short is copied in one go.
const SHORT: usize = 32;
/// Four tags and a short value are written inside so many bytes.
const PIECE: usize = 128;
/// Segments of more separators are written otherwise.
const MOST_SEPARATORS: usize = 1024;

impl Tag {
    fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; TAG];
        bytes[..TAG - 1]
            .get_mut(..text.len())?
            .copy_from_slice(text);
        bytes[TAG - 1] = text.len() as u8;
        Some(Self(bytes))
    }

    #[inline(always)]
    fn len(&self) -> usize {
        // The mask changes nothing; with it the compiler sees that all stays inside.
        usize::from(self.0[TAG - 1]) & (TAG - 1)
    }
}

/// The start tag and the end tag of a name.
fn tags(name: &Name) -> Option<(Tag, Tag)> {
    let open = name.open.bytes.get(..name.open.len())?;
    let close = name.close.bytes.get(..name.close.len())?;
    (!name.long).then_some(())?;
    Some((Tag::new(open)?, Tag::new(close)?))
}

impl Slots {
    /// `None` where a tag is too long.
    pub(super) fn new(name: &Name, parts: &[Part]) -> Option<Self> {
        let none = Tag::new(b"")?;
        let (open, close) = tags(name)?;
        let mut slots = Vec::new();
        // For each element the slots of its values, and how many places it takes.
        let mut elements = Vec::new();
        for part in parts {
            let first = slots.len();
            let (outer_open, outer_close) = match &part.components {
                Some(_) => tags(&part.name)?,
                None => (none, none),
            };
            let simple = std::slice::from_ref(&part.name);
            for name in part.components.as_deref().unwrap_or(simple) {
                let (open, close) = tags(name)?;
                slots.push(Slot {
                    outer_open,
                    open,
                    close,
                    outer_close,
                });
            }
            elements.push((first..slots.len(), part.times));
        }
        Some(Self {
            open,
            close,
            slots: slots.into(),
            states: states(elements.iter().cloned())?,
            repeating: states(elements.iter().map(|(slots, _)| (slots.clone(), 1)))?,
        })
    }

    /// Writes a segment whose bytes are plain. False, and nothing written, where it is not as its
    /// layout says, elements repeat in one place, or tags without a value are due.
    #[inline(never)]
    pub(super) fn write(&self, out: &mut Buffer, segment: &Segment<'_>) -> bool {
        let (data, separators, service) = segment.raw();
        let (Some((&tag_end, rest)), Some(&end)) = (separators.split_first(), separators.last())
        else {
            return false;
        };
        if rest.len() > MOST_SEPARATORS {
            return false;
        }
        let component = service.component;
        let (states, repetition) = match service.repetition {
            Some(repetition) => (&self.repeating, repetition),
            None => (&self.states, component),
        };
        let room = out.room((end - tag_end) as usize + separators.len() * PIECE + PIECE);
        put(room, 0, &self.open);
        let mut at = self.open.len();
        let mut from = tag_end as usize + 1;
        let mut state_at = 0;
        // Which values are empty, and what separates them, cannot be foretold: all is written in any
        // case and then left, and masks, of which each is all ones or none, stand for branches.
        // Whether a value was written of this element, and of the one before.
        let (mut filled, mut before) = (0_usize, !0_usize);
        let mut odd = 0;
        for &to in rest {
            let to = to as usize;
            let near = data
                .get(from..)
                .and_then(|rest| rest.first_chunk::<SHORT>());
            let piece = room
                .get_mut(at..)
                .and_then(|room| room.first_chunk_mut::<PIECE>());
            let state = states.get(usize::from(state_at));
            let slot = state.and_then(|state| self.slots.get(usize::from(state.slot)));
            let separator = data.get(to);
            let (Some(near), Some(piece), Some(state), Some(slot), Some(separator)) =
                (near, piece, state, slot, separator)
            else {
                return false;
            };
            let len = to - from;
            let there = ((from as isize).wrapping_sub(to as isize) >> (isize::BITS - 1)) as usize;
            let inner = usize::from(*separator == component);
            let last = inner.wrapping_sub(1);
            put_inside(piece, 0, &slot.outer_open);
            let opened = slot.outer_open.len() & !filled;
            put_inside(piece, opened, &slot.open);
            let begin = opened + slot.open.len();
            filled |= there;
            let closes = slot.outer_close.len() & filled & last;
            if len <= SHORT {
                // The mask changes nothing; with it the compiler sees that all stays inside.
                let behind = begin + (len & (2 * SHORT - 1));
                if let Some(value) = piece[begin..].first_chunk_mut::<SHORT>() {
                    *value = *near;
                }
                put_inside(piece, behind, &slot.close);
                let written = (behind + slot.close.len()) & there;
                put_inside(piece, written, &slot.outer_close);
                at += written + closes;
            } else {
                let behind = at + begin + len;
                room[at + begin..behind].copy_from_slice(&data[from..to]);
                put(room, behind, &slot.close);
                at = behind + slot.close.len();
                put(room, at, &slot.outer_close);
                at += closes;
            }
            // Separators alone are an empty composite; an empty element before another is written.
            odd |= last & usize::from(*separator == repetition);
            odd |= last & !filled & usize::from(state.later);
            odd |= last & filled & !before & usize::from(state.again);
            before = (before & !last) | (filled & last);
            filled &= !last;
            state_at = state.next[inner & 1];
            from = to + 1;
        }
        if odd != 0 {
            return false;
        }
        put(room, at, &self.close);
        out.advance(at + self.close.len());
        true
    }

    /// Puts the values of a segment into `values`, those that are empty left out, and gives how many
    /// there are; `None` where [`write`](Self::write) would not write it.
    #[inline(never)]
    pub(crate) fn values(&self, segment: &Segment<'_>, values: &mut Vec<Value>) -> Option<usize> {
        let (data, separators, service) = segment.raw();
        let (&tag_end, rest) = separators.split_first()?;
        if rest.len() > MOST_SEPARATORS {
            return None;
        }
        if values.len() < rest.len() {
            values.resize(rest.len(), Value::default());
        }
        let component = service.component;
        let (states, repetition) = match service.repetition {
            Some(repetition) => (&self.repeating, repetition),
            None => (&self.states, component),
        };
        let mut from = tag_end + 1;
        let (mut state_at, mut count) = (0, 0);
        // As in `write`, masks stand for branches.
        let (mut filled, mut before) = (0_usize, !0_usize);
        let mut odd = 0;
        for &to in rest {
            let state = states.get(usize::from(state_at))?;
            let separator = *data.get(to as usize)?;
            if usize::from(state.slot) >= self.slots.len() {
                return None;
            }
            *values.get_mut(count)? = Value {
                slot: state.slot,
                place: state.place,
                from,
                to,
            };
            let there = usize::from(from < to);
            count += there;
            filled |= there.wrapping_neg();
            let inner = usize::from(separator == component);
            let last = inner.wrapping_sub(1);
            odd |= last & usize::from(separator == repetition);
            odd |= last & !filled & usize::from(state.later);
            odd |= last & filled & !before & usize::from(state.again);
            before = (before & !last) | (filled & last);
            filled &= !last;
            state_at = state.next[inner & 1];
            from = to + 1;
        }
        (odd == 0).then_some(count)
    }
}

/// The states of elements that have these slots and take so many places.
fn states(elements: impl Iterator<Item = (Range<usize>, u32)> + Clone) -> Option<Box<[State]>> {
    let count = |(slots, times): (Range<usize>, u32)| slots.len() * times as usize;
    let end = u16::try_from(elements.clone().map(count).sum::<usize>()).ok()?;
    let mut states = Vec::new();
    for (slots, times) in elements {
        if slots.is_empty() {
            return None;
        }
        for nth in 0..times {
            let place = states.len() as u16;
            let next_place = place + slots.len() as u16;
            for slot in slots.clone() {
                let next = states.len() as u16 + 1;
                let component = if next < next_place { next } else { end };
                states.push(State {
                    slot: u16::try_from(slot).ok()?,
                    place,
                    next: [next_place, component],
                    later: slot > slots.start,
                    again: nth > 0,
                });
            }
        }
    }
    states.push(State {
        slot: u16::MAX,
        place: end,
        next: [end; 2],
        later: false,
        again: false,
    });
    Some(states.into())
}

/// As [`put`].
#[inline(always)]
fn put_inside(piece: &mut [u8; PIECE], at: usize, tag: &Tag) {
    if let Some(place) = piece[at..].first_chunk_mut::<TAG>() {
        *place = tag.0;
    }
}

/// Writes a tag at a place, and bytes behind it that are to be written over.
#[inline(always)]
fn put(room: &mut [u8], at: usize, tag: &Tag) {
    if let Some(place) = room[at..].first_chunk_mut::<TAG>() {
        *place = tag.0;
    }
}
