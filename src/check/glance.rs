//! The first look at the elements of a segment: whether all is well. Nearly always it is, and
//! this is all that is done; [`super::element`] says what is wrong where it may not be.

use super::date;
use super::element::{self, Env, holds};
use super::hot::{HotRule, need};
use super::layout::{Known, KnownBound, Layout};
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
    let Some((&tag_end, ends)) = separators.split_first() else {
        return false;
    };
    if ends.is_empty() {
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
        ends,
        first: tag_end + 1,
        component: component_separator,
    };
    let hot = &layout.hot;
    let (parts, rules) = (&*hot.parts, &*hot.rules);
    let mut start = tag_end + 1;
    let mut present = 0u64;
    let mut at = 0;
    for (element, part) in parts.iter().enumerate() {
        let first = at;
        let mut rule_at = part.first;
        let mut found = 0u32;
        let (end, len) = loop {
            let Some(&position) = ends.get(at) else {
                return false;
            };
            let len = position - start;
            if len != 0 {
                let Some(rule) = rules.get(usize::from(rule_at)) else {
                    return false;
                };
                let good = if rule.needs == 0 {
                    rule.takes(len)
                } else {
                    look.fits(rule, (at, first), (start, len))
                };
                if !good {
                    return false;
                }
                found |= 1 << ((at - first) & 31);
            }
            at += 1;
            start = position + 1;
            let end = data[position as usize];
            if end != component_separator {
                break (end, len);
            }
            rule_at = part.last.min(rule_at + 1);
        };
        if found != 0 {
            if found & part.required != part.required
                || (part.dependent && !look.composite_holds(element, found))
            {
                return false;
            }
            present |= u64::from(element < 64) << (element & 63);
        }
        if len == 0 && at - first > 1 {
            // A separator that nothing follows.
            return false;
        }
        if at == ends.len() {
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
        Some(chunk) => u64::from_le_bytes(*chunk) & !u64::MAX.checked_shl(8 * len).unwrap_or(0),
        None => little_endian(&data[from..from + len as usize]),
    }
}

/// What the look at one segment needs.
struct Look<'l, 'a> {
    env: &'l Env<'l>,
    memory: &'l mut Memory,
    layout: &'l Layout,
    data: &'a [u8],
    /// The separators behind its tag.
    ends: &'a [u32],
    /// Where the first value begins.
    first: u32,
    /// What separates components.
    component: u8,
}

impl<'a> Look<'_, 'a> {
    #[inline]
    fn bytes(&self, (from, len): Stretch) -> &'a [u8] {
        &self.data[from as usize..(from + len) as usize]
    }

    /// Whether a value of which more than the length is to be looked at is good. It ends at
    /// separator `at`; its element's first component at `first`.
    #[inline(always)]
    fn fits(&mut self, rule: &HotRule, at: (usize, usize), value: Stretch) -> bool {
        if rule.needs & !(need::CODE | need::LIST | need::AGENCY) == 0 {
            let word = word(self.data, value.0, value.1);
            let short = self.layout.short(rule.coded);
            if short.is_some_and(|codes| codes.hold(word, value.1)) && rule.takes(value.1) {
                return true;
            }
        }
        self.fits_at_all(rule, at, value)
    }

    #[inline(never)]
    fn fits_at_all(&mut self, rule: &HotRule, (at, first): (usize, usize), value: Stretch) -> bool {
        let needs = rule.needs;
        let is = |need: u8| needs & need != 0;
        let word = word(self.data, value.0, value.1);
        let representation = if is(need::NUMBER) {
            self.is_number(rule, word, value.0, value.1)
        } else {
            rule.takes(value.1)
        };
        if !representation || is(need::NEVER) || (is(need::ALPHA) && !self.is_alphabetic(value)) {
            return false;
        }
        if is(need::CODE) {
            let short = self.layout.loaded_short(rule.coded, self.env.specs);
            let good = short.is_some_and(|codes| codes.hold(word, value.1))
                || if is(need::LIST | need::AGENCY) {
                    let list = if is(need::LIST) {
                        self.behind(at, 1)
                    } else {
                        (0, 0)
                    };
                    let agency = if is(need::AGENCY) {
                        self.behind(at, 1 + usize::from(is(need::LIST)))
                    } else {
                        (0, 0)
                    };
                    self.is_named_code(rule.coded, value, list, agency)
                } else {
                    self.is_unusual_code(rule, word, value)
                };
            if !good {
                return false;
            }
        }
        if is(need::DATE) {
            // The date stands in the same element.
            let date = at - usize::from(rule.date_back).min(at - first);
            let from = match date.checked_sub(1) {
                Some(before) => self.ends[before] + 1,
                None => self.first,
            };
            return self.is_date((from, self.ends[date] - from), value);
        }
        true
    }

    fn is_alphabetic(&self, value: Stretch) -> bool {
        !self.bytes(value).iter().any(u8::is_ascii_digit)
    }

    /// The value so many components behind the one that ends at separator `at`; an empty one
    /// where the element ends before it.
    #[inline]
    fn behind(&self, at: usize, by: usize) -> Stretch {
        let component = self.component;
        let goes_on = |end: &u32| self.data[*end as usize] == component;
        match self.ends.get(at..=at + by) {
            Some([between @ .., to]) if between.iter().all(goes_on) => {
                let from = between.last().map_or(0, |end| end + 1);
                (from, to - from)
            }
            _ => (0, 0),
        }
    }

    #[inline(never)]
    fn is_unusual_code(&self, rule: &HotRule, word: u64, value: Stretch) -> bool {
        let Some(known) = self.layout.known(rule.coded, self.env.specs) else {
            return false;
        };
        let bytes = self.bytes(value);
        known.own.contains_packed(word, bytes) || is_bound_code(known, None, word, bytes)
    }

    /// Whether the dependency notes of a composite hold, of which the components `found` are
    /// there.
    #[inline(never)]
    fn composite_holds(&self, element: usize, found: u32) -> bool {
        let part = self.layout.parts.get(element);
        found == 0
            || part.is_some_and(|part| {
                let mut notes = part.dependencies.iter();
                notes.all(|note| holds(note, u64::from(found)))
            })
    }

    #[inline]
    fn is_number(&self, rule: &HotRule, word: u64, at: u32, len: u32) -> bool {
        if are_digits(word, len) {
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

    /// Whether there is nothing to say of a code whose list 1131 and 3055 may name.
    #[inline]
    fn is_named_code(&mut self, coded: u16, code: Stretch, list: Stretch, agency: Stretch) -> bool {
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

/// Whether a value of `len` bytes, given as by [`word`], is digits and has eight at most.
#[inline]
fn are_digits(word: u64, len: u32) -> bool {
    const HIGH: u64 = 0xF0F0_F0F0_F0F0_F0F0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    // Zeros stand where no byte is.
    let word = word | ZEROS.checked_shl(8 * len).unwrap_or(0);
    // Six more than a digit still begins with 3; no byte that begins with 3 carries over.
    (len <= 8) & (word & HIGH == ZEROS) & (word.wrapping_add(0x0606_0606_0606_0606) & HIGH == ZEROS)
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
