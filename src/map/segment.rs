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

/// How a segment was taken in: so are all that have values in the same places. Values are told by the
/// separators before them, counted from the one behind the tag.
struct Taken {
    pattern: Pattern,
    /// Its record, where that is wanted, and which values are those of it.
    form: Option<Form>,
    wanted: Box<[u32]>,
    /// Which of them may have a comma.
    commas: Box<[u32]>,
    /// Which values are only counted, and under which entries.
    unread: Box<[(u32, u32)]>,
    /// The first and the last value.
    first: u32,
    last: u32,
}

/// Which separators a segment has, and between which of them something stands.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pattern {
    len: u32,
    /// Bits of those that separate components.
    inner: u32,
    /// Bits of those before which a value stands.
    there: u32,
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

impl Pattern {
    /// `None` where a segment is too long, or elements may repeat in one place.
    #[inline]
    fn of(segment: &Segment<'_>) -> Option<Self> {
        let (data, separators, service) = segment.raw();
        let (&tag_end, rest) = separators.split_first()?;
        if rest.len() > u32::BITS as usize || service.repetition.is_some() {
            return None;
        }
        let (mut from, mut inner, mut there) = (tag_end + 1, 0, 0);
        for &to in rest {
            let separator = *data.get(to as usize)?;
            inner = inner << 1 | u32::from(separator == service.component);
            there = there << 1 | u32::from(from < to);
            from = to + 1;
        }
        let len = rest.len() as u32;
        Some(Self { len, inner, there })
    }
}

impl Taken {
    /// How a segment was taken in; `None` where not every value found its place.
    fn new(
        pattern: Pattern,
        form: Option<Form>,
        separators: &[u32],
        values: &[Value],
        all: &[One],
    ) -> Option<Self> {
        let of = |value: &Value| all.get(usize::from(value.slot));
        let (mut wanted, mut commas, mut unread) = (Vec::new(), Vec::new(), Vec::new());
        let mut places = Vec::new();
        for value in values {
            let at = separators.iter().position(|at| *at + 1 == value.from)? as u32;
            places.push(at);
            match of(value) {
                Some(one) if one.named.is_wanted() => {
                    wanted.push(at);
                    commas.extend(one.comma.then_some(at));
                }
                Some(one) => unread.push((at, one.named.entry)),
                None => {}
            }
        }
        let all_there = match &form {
            Some(form) => form.values() == wanted.len(),
            None => wanted.is_empty(),
        };
        all_there.then(|| Self {
            pattern,
            form,
            wanted: wanted.into(),
            commas: commas.into(),
            unread: unread.into(),
            first: places.first().copied().unwrap_or(0),
            last: places.last().copied().unwrap_or(0),
        })
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
        let goes_on = self.gather.passed == 0 && !self.gather.full;
        if goes_on && self.again(layout, segment, text) {
            return true;
        }
        let mut values = std::mem::take(&mut self.gather.segments.values);
        let taken = match slots.values(segment, &mut values) {
            None => false,
            Some(_) if !goes_on => true,
            Some(count) => self.take(layout, segment, text, &values[..count]),
        };
        self.gather.segments.values = values;
        taken
    }

    /// What stands around the segment at hand; `None` where it has to be taken by its events.
    #[inline]
    fn around(&self) -> Option<Around> {
        let open = self.gather.frames.last()?;
        // A composite and its values stand in it.
        (self.gather.frames.len() + 2 < DEEPEST).then_some(match open.node {
            NONE => Around::Unwanted(open.slot, open.unwanted),
            node => Around::Wanted(node),
        })
    }

    fn take(
        &mut self,
        layout: &Layout,
        segment: &Segment<'_>,
        text: Option<&str>,
        values: &[Value],
    ) -> bool {
        let Some(around) = self.around() else {
            return false;
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
        if forms.len() < FORMS
            && at.is_near()
            && let Some(pattern) = Pattern::of(segment)
        {
            let form = record.and_then(|_| self.run.work.facts.form(mark));
            if form.is_some() == record.is_some() {
                forms.extend(Taken::new(pattern, form, separators, values, all));
            }
        }
    }

    /// Takes a segment in as one of its pattern was; false, and nothing is taken, where it cannot be.
    fn again(&mut self, layout: &Layout, segment: &Segment<'_>, text: Option<&str>) -> bool {
        let (Some(pattern), Some(around)) = (Pattern::of(segment), self.around()) else {
            return false;
        };
        let number = match self.gather.segments.last.get(layout.id as usize) {
            Some(Some((of, number))) if *of == around => *number,
            _ => self.taking(around, layout),
        } as usize;
        let takings = &mut self.gather.segments.takings;
        let taking = std::mem::replace(&mut takings[number], Taking::Passed);
        let taken = match &taking {
            Taking::Values(of) => {
                let mut forms = of.forms.iter();
                let taken = forms.find(|taken| taken.pattern == pattern);
                taken.is_some_and(|taken| self.take_again(taken, segment, text, of.signs))
            }
            _ => false,
        };
        self.gather.segments.takings[number] = taking;
        taken
    }

    #[inline]
    fn take_again(
        &mut self,
        taken: &Taken,
        segment: &Segment<'_>,
        text: Option<&str>,
        signs: bool,
    ) -> bool {
        let (data, separators, _) = segment.raw();
        let value = |at: u32| match separators.get(at as usize..) {
            Some([before, behind, ..]) => (before + 1, *behind),
            _ => (0, 0),
        };
        let bytes = |at: u32| {
            let (from, to) = value(at);
            data.get(from as usize..to as usize).unwrap_or_default()
        };
        let spot = self.gather.spot;
        let at = self.run.work.facts.at(spot);
        let mut commas = taken.commas.iter();
        if !at.is_near() || commas.any(|at| memchr::memchr(b',', bytes(*at)).is_some()) {
            return false;
        }
        if let Some(form) = &taken.form {
            let (Some(text), Some(start)) = (text, separators.first()) else {
                return false;
            };
            let mut begin = 0;
            if !taken.wanted.is_empty() {
                // The values of a segment are kept in one piece.
                let (first, last) = (value(taken.first).0, value(taken.last).1);
                let text = text.get((first - start) as usize..(last - start) as usize);
                let Some(kept) = self.run.work.facts.keep(text.unwrap_or_default()) else {
                    return false;
                };
                begin = kept.wrapping_sub(first);
            }
            let wanted = taken.wanted.iter().map(|at| {
                let (from, to) = value(*at);
                (begin.wrapping_add(from), to - from)
            });
            let parent = self.fact(self.gather.frames.len() - 1);
            let facts = &mut self.run.work.facts;
            facts.add_form(parent, form, &at, wanted);
        }
        self.gather.signed |= signs;
        for (at, entry) in &taken.unread {
            let text = || std::str::from_utf8(bytes(*at)).unwrap_or_default();
            self.gather.unread.count(*entry, text, spot);
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
