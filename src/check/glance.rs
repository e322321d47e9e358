//! The first look at the elements of a segment: whether all is well. Nearly always it is, and
//! this is all that is done; [`super::element`] says what is wrong where it may not be.

use super::date;
use super::element::{self, Env, holds};
use super::hot::{HotJoined, HotPart, HotRule, Kind};
use super::layout::{Known, KnownBound, Layout, PartRule};
use super::repeated::Repeated;
use super::value;
use crate::edifact::Segment;
use crate::finding::Code;
use crate::spec::little_endian;
use crate::spec::model::Class;

/// Whether there is nothing to say of the elements of a segment. `false` means that a closer look
/// is needed.
#[inline]
pub(super) fn is_good(
    env: &Env<'_>,
    memory: &mut Memory,
    layout: &Layout,
    segment: &Segment<'_>,
) -> bool {
    let (data, separators, _) = segment.raw();
    if segment.has_specials() || (env.chars.is_some() && !segment.bytes().is_ascii()) {
        return false;
    }
    let (Some(&tag_end), Some(&terminator)) = (separators.first(), separators.last()) else {
        return false;
    };
    let key = memory.repeated.key(layout, data, (tag_end, terminator));
    if let Some(key) = &key
        && memory.repeated.holds(layout, key)
    {
        return true;
    }
    let good = are_good(env, memory, layout, segment);
    debug_assert!(!good || is_silent(env, layout, segment));
    if good && let Some(key) = &key {
        memory.repeated.keep(layout, key);
    }
    good
}

/// Whether the close look has nothing to say either; that a list is not held is said once.
fn is_silent(env: &Env<'_>, layout: &Layout, segment: &Segment<'_>) -> bool {
    let mut silent = true;
    element::check(*env, layout, segment, &mut |trouble| {
        silent &= trouble.code == Code::CODE_LIST_NOT_HELD;
    });
    silent
}

/// Whether there is nothing to say of elements in which nothing is released.
#[inline]
fn are_good(env: &Env<'_>, memory: &mut Memory, layout: &Layout, segment: &Segment<'_>) -> bool {
    let (data, separators, service) = segment.raw();
    let (component_separator, element_separator) = (service.component, service.element);
    let Some((&tag_end, behind)) = separators.split_first() else {
        return false;
    };
    if behind.is_empty() {
        return satisfied(layout, 0);
    }
    if data[tag_end as usize] != element_separator {
        // Explicit nesting.
        return false;
    }
    let mut look = Look {
        env,
        memory,
        layout,
        data,
    };
    let hot = &layout.hot;
    let mut ends = behind.iter();
    let mut at = tag_end + 1;
    let mut present = 0u64;
    for (element, part) in hot.parts.iter().enumerate() {
        let rules = &hot.rules[usize::from(part.first)..][..usize::from(part.count)];
        let first = Components {
            start: at,
            ends: ends.as_slice(),
        };
        let (mut found, mut component) = (0u32, 0);
        let (end, len) = loop {
            let Some(&position) = ends.next() else {
                return false;
            };
            let len = position - at;
            if len != 0 {
                let Some(rule) = rules.get(component) else {
                    return false;
                };
                let good = match rule.kind {
                    Kind::Text => rule.takes(len),
                    Kind::Code => rule.takes(len) && look.is_code(rule, at, len),
                    _ => look.fits(rule, at, len),
                };
                if !good {
                    return false;
                }
                found |= 1 << component;
            }
            component += 1;
            at = position + 1;
            let end = data[position as usize];
            if end != component_separator {
                break (end, len);
            }
        };
        if found != 0 {
            if found & part.required != part.required
                || (part.joined != 0 && !look.is_whole(part, element, found, first))
            {
                return false;
            }
            present |= u64::from(element < 64) << (element & 63);
        }
        if len == 0 && component > 1 {
            // A separator that nothing follows.
            return false;
        }
        if ends.as_slice().is_empty() {
            return (found != 0 || element == 0) && satisfied(layout, present);
        }
        if end != element_separator {
            return false;
        }
    }
    false
}

/// Whether the elements that are there are those that must be.
#[inline]
fn satisfied(layout: &Layout, present: u64) -> bool {
    let mandatory = layout.hot.mandatory;
    present & mandatory == mandatory
        && (!layout.hot.dependent || layout.dependencies.iter().all(|note| holds(note, present)))
}

/// Where a value begins, and its length.
type Stretch = (u32, u32);

/// Components of an element: where the first begins, and the separators behind it.
#[derive(Clone, Copy)]
struct Components<'a> {
    start: u32,
    ends: &'a [u32],
}

impl Components<'_> {
    /// The component at `at`, if it is one of those that were found.
    #[inline]
    fn get(&self, found: u32, at: u8) -> Stretch {
        let place = usize::from(at);
        if found >> (at & 31) & 1 == 0 {
            return (0, 0);
        }
        let from = match place {
            0 => self.start,
            _ => self.ends[place - 1] + 1,
        };
        (from, self.ends[place] - from)
    }
}

impl HotRule {
    /// Whether a value may have so many bytes.
    #[inline]
    fn takes(&self, len: u32) -> bool {
        len.wrapping_sub(u32::from(self.min)) <= u32::from(self.span)
    }
}

/// The first eight bytes of a value as a number, the first lowest.
#[inline]
fn word(data: &[u8], from: u32, len: u32) -> u64 {
    let from = from as usize;
    match data.get(from..from + 8).and_then(<[u8]>::first_chunk) {
        Some(chunk) if len < 8 => u64::from_le_bytes(*chunk) & ((1 << (8 * len)) - 1),
        _ => little_endian(&data[from..from + len as usize]),
    }
}

/// What the look at one segment needs.
struct Look<'l, 'a> {
    env: &'l Env<'l>,
    memory: &'l mut Memory,
    layout: &'l Layout,
    data: &'a [u8],
}

impl<'a> Look<'_, 'a> {
    #[inline]
    fn bytes(&self, (from, len): Stretch) -> &'a [u8] {
        &self.data[from as usize..(from + len) as usize]
    }

    /// Whether a value that is neither text nor only a code is good.
    #[inline(never)]
    fn fits(&self, rule: &HotRule, at: u32, len: u32) -> bool {
        let word = word(self.data, at, len);
        match rule.kind {
            Kind::Text => rule.takes(len),
            Kind::Code => rule.takes(len) && self.is_code(rule, at, len),
            Kind::Number => self.is_number(rule, word, at, len),
            Kind::NumericCode => self.is_number(rule, word, at, len) && self.is_code(rule, at, len),
            Kind::Alpha => rule.takes(len) && self.is_alphabetic(at, len),
            Kind::AlphaCode => {
                rule.takes(len) && self.is_alphabetic(at, len) && self.is_code(rule, at, len)
            }
            Kind::Never => false,
        }
    }

    fn is_alphabetic(&self, at: u32, len: u32) -> bool {
        !self.bytes((at, len)).iter().any(u8::is_ascii_digit)
    }

    /// Whether a value is in its list, as far as that depends on nothing beside it.
    #[inline(never)]
    fn is_code(&self, rule: &HotRule, at: u32, len: u32) -> bool {
        let word = word(self.data, at, len);
        let short = self.layout.short(rule.coded, self.env.specs);
        (len <= 4 && short.is_some_and(|codes| codes.hold(word)))
            || self.is_unusual_code(rule, word, (at, len))
    }

    #[inline(never)]
    fn is_unusual_code(&self, rule: &HotRule, word: u64, value: Stretch) -> bool {
        let Some(known) = self.layout.known(rule.coded, self.env.specs) else {
            return false;
        };
        let bytes = self.bytes(value);
        known.own.contains_packed(word, bytes) || is_bound_code(known, None, word, bytes)
    }

    /// Whether what can be said of a composite only when it is whole is good.
    #[inline(never)]
    fn is_whole(
        &mut self,
        part: &HotPart,
        element: usize,
        found: u32,
        components: Components<'_>,
    ) -> bool {
        let get = |at: u8| components.get(found, at);
        match self.layout.hot.joined.get(usize::from(part.joined) - 1) {
            Some(&HotJoined::Named(code, list, agency)) => {
                let component = usize::from(part.first) + usize::from(code);
                let (list, agency) = (list.map_or((0, 0), get), agency.map_or((0, 0), get));
                self.is_named_code(component, get(code), list, agency)
            }
            Some(&HotJoined::Date(date, format)) => self.is_date(get(date), get(format)),
            _ => self.joined_fits(&self.layout.parts[element], found, components),
        }
    }

    #[inline]
    fn is_number(&self, rule: &HotRule, word: u64, at: u32, len: u32) -> bool {
        if len <= 8 && are_digits(word, len) {
            return rule.takes(len);
        }
        let (min, span) = (u32::from(rule.min), u32::from(rule.span));
        let (bytes, marks) = (self.bytes((at, len)), self.env.marks);
        value::check(Class::Numeric, (min, min + span), bytes, len, marks).is_none()
    }

    /// Whether a date is one that exists, in its format.
    fn is_date(&self, date: Stretch, format: Stretch) -> bool {
        let (date, format) = (self.bytes(date), self.bytes(format));
        date.is_empty()
            || format.is_empty()
            || self
                .env
                .dates
                .pattern(format)
                .is_none_or(|pattern| date::matches(pattern, date))
    }

    /// Whether what can be said of a composite only when it is whole is good.
    #[inline(never)]
    fn joined_fits(&mut self, part: &PartRule, found: u32, composite: Components<'_>) -> bool {
        if part.components.len() > 31 {
            return false;
        }
        let get = |at: usize| composite.get(found, at as u8);
        for &at in &part.named {
            let component = part.components.start + at;
            let (list, agency) = self.layout.components[component].list_named_by;
            let [list, agency] = [list, agency].map(|at| at.map_or((0, 0), get));
            if !self.is_named_code(component, get(at), list, agency) {
                return false;
            }
        }
        part.date
            .is_none_or(|(date, format)| self.is_date(get(date), get(format)))
            && part
                .dependencies
                .iter()
                .all(|note| holds(note, u64::from(found)))
    }

    /// Whether there is nothing to say of a code whose list 1131 and 3055 may name.
    #[inline]
    fn is_named_code(
        &mut self,
        component: usize,
        code: Stretch,
        list: Stretch,
        agency: Stretch,
    ) -> bool {
        if code.1 == 0 {
            return true;
        }
        let coded = self.layout.hot.rules[component].coded;
        let place = Memory::place(self.layout, coded);
        // Together they are a number that is not zero and no other's.
        let mut key = None;
        if code.1 <= 5 && agency.1 <= 3 {
            const NOT_ASCII: u64 = 0x80_8080_8080;
            let code = word(self.data, code.0, code.1);
            let agency = word(self.data, agency.0, agency.1);
            if (code | agency) & NOT_ASCII == 0 {
                let found = code | agency << 40 | u64::from(list.1 != 0) << 7;
                if self.memory.holds(place, found) {
                    return true;
                }
                key = Some(found);
            }
        }
        self.is_listed_where_named(coded, code, list, agency, key)
    }

    #[inline(never)]
    fn is_listed_where_named(
        &mut self,
        coded: u16,
        code: Stretch,
        list: Stretch,
        agency: Stretch,
        key: Option<u64>,
    ) -> bool {
        let place = Memory::place(self.layout, coded);
        let word = word(self.data, code.0, code.1);
        let [code, list, agency] = [code, list, agency].map(|value| self.bytes(value));
        let Some(known) = self.layout.known(coded, self.env.specs) else {
            return false;
        };
        let named = (!agency.is_empty()).then_some(agency);
        let bound = |held: &KnownBound| held.agency.is_some() && held.agency.as_deref() == named;
        let good = if known.own.contains_packed(word, code) {
            true
        } else if (list.is_empty() && matches!(named, None | Some(b"6")))
            || known.bound.iter().any(bound)
        {
            is_bound_code(known, named, word, code)
        } else if known.own.is_empty() {
            // Another list is not known, and nothing is said of it. Its codes may be very many.
            return true;
        } else {
            // That the other list is not held is said once.
            let said = said_key(list, agency);
            let before = said.is_some_and(|said| self.memory.holds(place, said));
            if let Some(said) = said.filter(|_| !before) {
                self.memory.keep(place, said);
            }
            return before;
        };
        if good && let Some(key) = key {
            self.memory.keep(place, key);
        }
        good
    }
}

/// Whether a value that the directory's own list lacks is in the list that the element is bound to
/// beside an agency; where there is neither list, nothing is known.
fn is_bound_code(known: &Known, agency: Option<&[u8]>, word: u64, bytes: &[u8]) -> bool {
    let bound = known
        .bound
        .iter()
        .find(|bound| bound.agency.is_none() || bound.agency.as_deref() == agency);
    match bound {
        Some(bound) => bound.codes.contains_packed(word, bytes),
        None => known.own.is_empty(),
    }
}

/// Whether the lowest `len` bytes are digits.
#[inline]
fn are_digits(word: u64, len: u32) -> bool {
    const HIGH: u64 = 0xF0F0_F0F0_F0F0_F0F0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    // Zeros stand where no byte is.
    let word = word | ZEROS.checked_shl(8 * len).unwrap_or(0);
    // Six more than a digit still begins with 3; no byte that begins with 3 carries over.
    word & HIGH == ZEROS && word.wrapping_add(0x0606_0606_0606_0606) & HIGH == ZEROS
}

/// A list and agency whose codes are not held, as a number that is not that of a code.
fn said_key(list: &[u8], agency: &[u8]) -> Option<u64> {
    let fits = list.len() <= 3 && agency.len() <= 3;
    fits.then(|| little_endian(list) | little_endian(agency) << 24 | 1 << 63)
}

/// Codes that were found good in this run together with what names their list. Messages use few
/// places and parties again and again: to find these here takes one line of the cache, where the
/// list and what it hangs on take several.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// For each coded component.
    held: Vec<Line>,
    /// Whole segments that were found good.
    pub repeated: Repeated,
}

#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Line([u64; 8]);

/// Coded components of more messages than this are not remembered (2 MiB).
const MOST_HELD: usize = 32 << 10;

impl Memory {
    /// Makes room for coded components and layouts up to these.
    pub(super) fn reach(&mut self, end: u32, layouts: u32) {
        self.repeated.reach(layouts);
        let wanted = (end as usize).min(MOST_HELD);
        if self.held.len() < wanted {
            self.held.resize(wanted, Line::default());
        }
    }

    #[inline]
    fn place(layout: &Layout, coded: u16) -> usize {
        layout.hot.coded_from as usize + usize::from(coded)
    }

    /// Where in a line a number may be.
    #[inline]
    fn slot(key: u64) -> usize {
        (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 61) as usize
    }

    #[inline]
    fn holds(&self, place: usize, key: u64) -> bool {
        let line = self.held.get(place);
        line.is_some_and(|line| line.0[Self::slot(key)] == key)
    }

    /// Keeps a number in the place of another.
    fn keep(&mut self, place: usize, key: u64) {
        if let Some(line) = self.held.get_mut(place) {
            line.0[Self::slot(key)] = key;
        }
    }
}
