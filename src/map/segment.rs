//! Segments of UN/EDIFACT as nearly all are, taken into facts in one pass over their values: what is
//! wanted of a segment, and what is only counted, is found once for each place where it stands.

use rustc_hash::FxHashMap;

use super::gather::{DEEPEST, Reading};
use super::program::{NONE, Program};
use super::unread::Unread;
use crate::convert::names::Layout;
use crate::convert::slots::Value;
use crate::edifact::Segment;
use crate::expr::{At, Form, NodeId};

/// How segments are taken.
#[derive(Default)]
pub(super) struct Segments {
    /// The number of the taking, by what stands around the segment and its layout.
    known: FxHashMap<(Around, u32), u32>,
    /// Of each layout the one that was met last.
    last: Vec<Option<(Around, u32)>>,
    takings: Vec<Taking>,
    /// The values of the segment at hand.
    values: Vec<Value>,
}

/// What stands around a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Around {
    Wanted(u32),
    /// A name that is not wanted, in a node that is.
    Unwanted(u32, u32),
}

/// How a segment is taken.
enum Taking {
    /// By its events.
    Events,
    /// It is not looked at.
    Passed,
    Values(Box<Values>),
}

/// What is done with the values of a segment.
struct Values {
    segment: Named,
    /// Its record is opened when it begins.
    opens: bool,
    /// The values of a signature.
    signs: bool,
    composites: Vec<Composite>,
    /// By the slots of the layout.
    values: Box<[One]>,
    /// What was taken in of it so far.
    forms: Vec<Taken>,
}

/// How a segment was taken in: so are all that have values in the same places.
struct Taken {
    /// Slot and place of each value.
    places: Box<[(u16, u16)]>,
    form: Form,
    /// Which values are those of the form, and which of them may have a comma.
    wanted: Box<[u32]>,
    commas: Box<[u32]>,
    /// Which values are only counted, and under which entries.
    unread: Box<[(u32, u32)]>,
}

/// So many forms of one segment in one place are kept.
const FORMS: usize = 8;

/// A name, wanted or not.
struct Named {
    name: Box<str>,
    /// `NONE` where it is not wanted.
    node: u32,
    slot: u32,
    /// How many slots its record has.
    slots: u32,
    /// The entry of what is not wanted, once it was met.
    entry: u32,
}

struct Composite {
    named: Named,
    opens: bool,
}

struct One {
    named: Named,
    /// The composite it stands in, or `NONE`.
    composite: u32,
    comma: bool,
}

impl Named {
    fn of(program: &Program, around: u32, name: &str) -> Self {
        let found = match around {
            NONE => None,
            around => program.wanted.child(around, name),
        };
        let (slot, node) = found.unwrap_or((0, NONE));
        let children = |node: u32| program.wanted.nodes[node as usize].children.len() as u32;
        Self {
            name: name.into(),
            node,
            slot,
            slots: found.map_or(0, |_| children(node)),
            entry: NONE,
        }
    }

    #[inline]
    fn is_wanted(&self) -> bool {
        self.node != NONE
    }

    /// It is not wanted, and was met: in the wanted node `inside`, and there in `outer`.
    #[inline]
    fn meet(&mut self, unread: &mut Unread, inside: u32, outer: u32) {
        if self.entry == NONE {
            self.entry = unread.entry(inside, outer, &self.name);
        }
    }
}

impl Taken {
    /// The form of a segment that was taken in; `None` where not every value found its place.
    fn new(form: Form, values: &[Value], all: &[One]) -> Option<Self> {
        let of = |value: &Value| all.get(usize::from(value.slot));
        let numbered = || (0_u32..).zip(values);
        let is_wanted = |value: &Value| of(value).is_some_and(|one| one.named.is_wanted());
        let wanted = numbered().filter(|(_, value)| is_wanted(value));
        let commas = wanted.clone();
        let commas = commas.filter(|(_, value)| of(value).is_some_and(|one| one.comma));
        let unread = numbered().filter(|(_, value)| !is_wanted(value));
        let wanted: Box<[u32]> = wanted.map(|(at, _)| at).collect();
        (form.values() == wanted.len()).then(|| Self {
            places: values
                .iter()
                .map(|value| (value.slot, value.place))
                .collect(),
            form,
            wanted,
            commas: commas.map(|(at, _)| at).collect(),
            unread: unread
                .filter_map(|(at, value)| Some((at, of(value)?.named.entry)))
                .collect(),
        })
    }

    /// Whether a segment has its values in the same places.
    #[inline]
    fn is_of(&self, values: &[Value]) -> bool {
        let same = |(place, value): (&(u16, u16), &Value)| *place == (value.slot, value.place);
        self.places.len() == values.len() && self.places.iter().zip(values).all(same)
    }
}

impl Taking {
    fn new(program: &Program, streams: Option<u32>, around: Around, layout: &Layout) -> Self {
        let node = match around {
            Around::Wanted(node) => node,
            Around::Unwanted(..) => NONE,
        };
        let nodes = &program.wanted.nodes;
        let is_loop = |named: &Named| named.is_wanted() && nodes[named.node as usize].is_loop;
        let streams = |named: &Named| named.is_wanted() && streams == Some(named.node);
        let segment = Named::of(program, node, &layout.name.text);
        if !segment.is_wanted() && node == 0 && matches!(&*segment.name, "S_UNH" | "S_UNT") {
            return Self::Passed;
        }
        if streams(&segment) {
            return Self::Events;
        }
        let mut composites: Vec<Composite> = Vec::new();
        let mut values = Vec::new();
        let (mut last, mut keeps) = (None, false);
        for (element, component) in layout.values() {
            let (mut inside, mut composite) = (segment.node, NONE);
            if component.is_some() {
                // Components of one element follow each other.
                if last != Some(std::ptr::from_ref(element)) {
                    let named = Named::of(program, segment.node, &element.text);
                    if streams(&named) {
                        return Self::Events;
                    }
                    let opens = is_loop(&named);
                    composites.push(Composite { named, opens });
                }
                composite = composites.len() as u32 - 1;
                inside = composites[composite as usize].named.node;
            }
            last = Some(std::ptr::from_ref(element));
            let named = Named::of(program, inside, &component.unwrap_or(element).text);
            if is_loop(&named) || streams(&named) || named.slots > 0 {
                return Self::Events;
            }
            keeps |= named.is_wanted();
            let comma = named.is_wanted() && nodes[named.node as usize].comma;
            values.push(One {
                named,
                composite,
                comma,
            });
        }
        let eager = segment.is_wanted() && nodes[segment.node as usize].eager;
        let opens = eager && segment.slots > 0 || is_loop(&segment);
        let within = composites.iter().any(|of| of.opens);
        if (keeps || within) && !opens {
            return Self::Events;
        }
        Self::Values(Box::new(Values {
            opens,
            signs: !segment.is_wanted() && *segment.name == *"S_USH",
            segment,
            composites,
            values: values.into(),
            forms: Vec::new(),
        }))
    }
}

impl<'r, 'o: 'r> Reading<'_, 'r, 'o> {
    /// Takes a segment of printable ASCII in, if it is in all as its layout says; otherwise nothing, and
    /// gives false. `text` is its text behind the tag, where that is known.
    pub(super) fn segment(
        &mut self,
        layout: &Layout,
        segment: &Segment<'_>,
        text: Option<&str>,
    ) -> bool {
        let Some(slots) = &layout.slots else {
            return false;
        };
        let mut values = std::mem::take(&mut self.gather.segments.values);
        let taken = match slots.values(segment, &mut values) {
            None => false,
            Some(_) if self.gather.passed > 0 || self.gather.full => true,
            Some(count) => self.take(layout, segment, text, &values[..count]),
        };
        self.gather.segments.values = values;
        taken
    }

    fn take(
        &mut self,
        layout: &Layout,
        segment: &Segment<'_>,
        text: Option<&str>,
        values: &[Value],
    ) -> bool {
        let depth = self.gather.frames.len();
        let Some(open) = self.gather.frames.last().copied() else {
            return false;
        };
        // A composite and its values stand in it.
        if depth + 2 >= DEEPEST {
            return false;
        }
        let around = match open.node {
            NONE => Around::Unwanted(open.slot, open.unwanted),
            node => Around::Wanted(node),
        };
        let number = match self.gather.segments.last.get(layout.id as usize) {
            Some(Some((of, number))) if *of == around => *number,
            _ => self.taking(around, layout),
        };
        let mut taking = std::mem::replace(
            &mut self.gather.segments.takings[number as usize],
            Taking::Passed,
        );
        let taken = match &mut taking {
            Taking::Events => false,
            Taking::Passed => true,
            Taking::Values(of) => {
                self.values(of, around, (segment, text), values);
                true
            }
        };
        self.gather.segments.takings[number as usize] = taking;
        taken
    }

    #[inline(never)]
    fn taking(&mut self, around: Around, layout: &Layout) -> u32 {
        let segments = &mut self.gather.segments;
        let known = segments.known.get(&(around, layout.id)).copied();
        let number = known.unwrap_or_else(|| {
            let taking = Taking::new(self.program, self.run.streams(), around, layout);
            let number = segments.takings.len() as u32;
            segments.takings.push(taking);
            segments.known.insert((around, layout.id), number);
            number
        });
        let at = layout.id as usize;
        if segments.last.len() <= at {
            segments.last.resize(at + 1, None);
        }
        segments.last[at] = Some((around, number));
        number
    }

    fn values(
        &mut self,
        of: &mut Values,
        around: Around,
        (segment, text): (&Segment<'_>, Option<&str>),
        values: &[Value],
    ) {
        let spot = self.gather.spot;
        let (data, separators, _) = segment.raw();
        let (inside, outer) = match around {
            Around::Wanted(node) => (node, NONE),
            Around::Unwanted(node, outer) => (node, outer),
        };
        let parent = match of.opens {
            true => Some(self.fact(self.gather.frames.len() - 1)),
            false => None,
        };
        let at = self.run.work.facts.at(spot);
        if let Some(parent) = parent
            && at.is_near()
            && let Some(taken) = of.forms.iter().find(|taken| taken.is_of(values))
            && self.again(taken, parent, &at, (segment, text), values)
        {
            return;
        }
        let mark = self.run.work.facts.mark();
        let Values {
            segment: named,
            composites,
            values: all,
            forms,
            ..
        } = of;
        let record = parent.map(|parent| self.record(parent, named, &at));
        if !named.is_wanted() {
            named.meet(&mut self.gather.unread, inside, outer);
            self.gather.signed |= of.signs;
        }
        // Around names inside that are not wanted.
        let (inside, outer) = match named.is_wanted() {
            true => (named.node, NONE),
            false => (inside, named.entry),
        };
        let mut begin = None;
        let first = values.first().map_or(0, |value| value.from);
        let last = values.last().map_or(0, |value| value.to);
        let (mut place, mut held) = (None, None);
        for value in values {
            let Some(one) = all.get_mut(usize::from(value.slot)) else {
                continue;
            };
            let mut parent = record;
            let (mut inside, mut outer) = (inside, outer);
            if let Some(composite) = composites.get_mut(one.composite as usize) {
                let named = &mut composite.named;
                if place != Some(value.place) {
                    (place, held) = (Some(value.place), None);
                    match record.filter(|_| composite.opens) {
                        Some(record) => held = Some(self.record(record, named, &at)),
                        None if !named.is_wanted() => {
                            named.meet(&mut self.gather.unread, inside, outer);
                        }
                        None => {}
                    }
                }
                if one.named.is_wanted() && held.is_none() {
                    held = record.map(|record| self.record(record, named, &at));
                }
                parent = held;
                (inside, outer) = match named.is_wanted() {
                    true => (named.node, NONE),
                    false => (inside, named.entry),
                };
            }
            let bytes = || &data[value.from as usize..value.to as usize];
            if !one.named.is_wanted() {
                let unread = &mut self.gather.unread;
                one.named.meet(unread, inside, outer);
                let text = || std::str::from_utf8(bytes()).unwrap_or_default();
                unread.count(one.named.entry, text, spot);
                continue;
            }
            let Some(parent) = parent else { continue };
            let facts = &mut self.run.work.facts;
            if one.comma && memchr::memchr(b',', bytes()).is_some() {
                let text = String::from_utf8_lossy(bytes()).replace(',', ".");
                facts.value(parent, one.named.slot, &text, spot);
            } else {
                // The values of a segment are kept in one piece.
                let begin = *begin.get_or_insert_with(|| {
                    let behind = |at: u32| (at - separators[0]) as usize;
                    let text = match text {
                        Some(text) => text.get(behind(first)..behind(last)),
                        None => std::str::from_utf8(&data[first as usize..last as usize]).ok(),
                    };
                    facts.keep(text.unwrap_or_default())
                });
                let place = begin.map_or((0, 0), |begin| {
                    (begin + (value.from - first), value.to - value.from)
                });
                facts.value_in(parent, one.named.slot, place, &at);
            }
        }
        if record.is_some() && at.is_near() && forms.len() < FORMS {
            let form = self.run.work.facts.form(mark);
            forms.extend(form.and_then(|form| Taken::new(form, values, all)));
        }
    }

    /// Takes a segment in as one with values in the same places was; false, and nothing is taken, where
    /// it cannot be.
    fn again(
        &mut self,
        taken: &Taken,
        parent: NodeId,
        at: &At,
        (segment, text): (&Segment<'_>, Option<&str>),
        values: &[Value],
    ) -> bool {
        let (data, separators, _) = segment.raw();
        let bytes = |at: u32| {
            let value = &values[at as usize];
            &data[value.from as usize..value.to as usize]
        };
        let mut commas = taken.commas.iter();
        if commas.any(|at| memchr::memchr(b',', bytes(*at)).is_some()) {
            return false;
        }
        let (Some(text), Some(start)) = (text, separators.first()) else {
            return false;
        };
        let facts = &mut self.run.work.facts;
        let mut begin = 0;
        if let (false, Some(first), Some(last)) =
            (taken.wanted.is_empty(), values.first(), values.last())
        {
            let text = text.get((first.from - start) as usize..(last.to - start) as usize);
            let Some(kept) = facts.keep(text.unwrap_or_default()) else {
                return false;
            };
            begin = kept.wrapping_sub(first.from);
        }
        let wanted = taken.wanted.iter().map(|at| {
            let value = &values[*at as usize];
            (begin.wrapping_add(value.from), value.to - value.from)
        });
        facts.add_form(parent, &taken.form, at, wanted);
        for (at, entry) in &taken.unread {
            let text = || std::str::from_utf8(bytes(*at)).unwrap_or_default();
            self.gather.unread.count(*entry, text, self.gather.spot);
        }
        true
    }

    /// Opens a record.
    #[inline]
    fn record(&mut self, parent: NodeId, named: &Named, at: &At) -> NodeId {
        let facts = &mut self.run.work.facts;
        facts.open_at(parent, named.slot, named.slots, at)
    }
}
