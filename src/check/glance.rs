//! The first look at the elements of a segment: whether all is well. Nearly always it is, and
//! this is all that is done; [`super::element`] says what is wrong where it may not be.

use super::element::{self, Env, holds};
use super::hot::{HotRule, MOST_RULES, need};
use super::layout::{Known, KnownBound, Layout};
use super::repeated::Repeated;
use super::value;
use crate::edifact::Segment;
use crate::finding::Code;
use crate::spec::little_endian;
use crate::spec::model::Class;

/// Whether there is nothing to say of the elements of a segment. `false` means that a closer look
/// is needed.
#[inline(never)]
pub(super) fn is_good(
    env: &Env<'_>,
    memory: &mut Memory,
    layout: &Layout,
    segment: &Segment<'_>,
) -> bool {
    // It was looked at already, and to look again would not be the same: what is said once only
    // is said now.
    if memory.refused.take() == Some(segment.offset()) {
        return false;
    }
    is_good_inline(env, memory, layout, segment)
}

/// The same, made a part of where it is called.
#[inline(always)]
pub(super) fn is_good_inline(
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
#[inline(always)]
fn are_good(env: &Env<'_>, memory: &mut Memory, layout: &Layout, segment: &Segment<'_>) -> bool {
    let (data, separators, service) = segment.raw();
    let (component_separator, element_separator) = (service.component, service.element);
    let Some((&tag_end, ends)) = separators.split_first() else {
        return false;
    };
    if ends.is_empty() {
        return nothing_is_good(layout);
    }
    if data[tag_end as usize] != element_separator {
        // Explicit nesting.
        return false;
    }
    let hot = &layout.hot;
    let rules = &*hot.rules;
    let mut look = Look {
        env,
        memory,
        layout,
        data,
        ends,
        first: tag_end + 1,
        component: component_separator,
    };
    let (mut seen, mut strange) = (0u64, 0u32);
    let mut start = tag_end + 1;
    let mut rule_at = 0u8;
    for (at, &position) in ends.iter().enumerate() {
        let (Some(rule), Some(&end)) =
            (rules.get(usize::from(rule_at)), data.get(position as usize))
        else {
            return false;
        };
        let len = position - start;
        let ended = end != component_separator;
        if len != 0 {
            seen |= 1 << (rule_at & 63);
            let good = if rule.needs == 0 {
                rule.takes(len)
            } else {
                look.fits(rule, at, (start, len))
            };
            if !good {
                return false;
            }
        } else if ended && rule.component != 0 {
            // A separator that nothing follows.
            return false;
        }
        strange += u32::from(ended & (end != element_separator));
        start = position + 1;
        rule_at = rule.next[usize::from(ended)];
    }
    // Only the terminator is neither a component separator nor an element separator.
    let mut good = (strange == 1) & (seen & hot.must == hot.must);
    if let [.., before, last] = ends {
        // The last element is there.
        good &= before + 1 != *last;
    }
    for demands in &*hot.demands {
        good &= demands
            .iter()
            .fold(true, |met, demand| met & demand.is_met(seen));
    }
    good && (!hot.dependent || notes_hold(layout, seen))
}

/// Whether the elements of an empty segment are those that must be there.
#[cold]
fn nothing_is_good(layout: &Layout) -> bool {
    layout.mandatory == 0 && layout.dependencies.iter().all(|note| holds(note, 0))
}

/// Whether the dependency notes of a segment and its composites hold, of which `seen` is there.
#[cold]
fn notes_hold(layout: &Layout, seen: u64) -> bool {
    let (mut present, mut first) = (0u64, 0);
    for (element, part) in layout.parts.iter().enumerate() {
        let count = part.components.len();
        if first + count > MOST_RULES {
            break;
        }
        let found = seen >> first & !u64::MAX.checked_shl(count as u32).unwrap_or(0);
        present |= u64::from(found != 0 && element < 64) << (element & 63);
        if found != 0 && !part.dependencies.iter().all(|note| holds(note, found)) {
            return false;
        }
        first += count + 1;
    }
    layout.dependencies.iter().all(|note| holds(note, present))
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

    /// Where the value stands that ends at separator `at`.
    #[inline]
    fn value(&self, at: usize) -> Stretch {
        let from = match at.checked_sub(1) {
            Some(before) => self.ends[before] + 1,
            None => self.first,
        };
        (from, self.ends[at] - from)
    }

    /// Whether a value of which more than the length is to be looked at is good: the one that ends
    /// at separator `at`.
    #[inline(always)]
    fn fits(&mut self, rule: &HotRule, at: usize, value: Stretch) -> bool {
        let word = word(self.data, value.0, value.1);
        if rule.needs & !(need::CODE | need::LIST | need::AGENCY) == 0 {
            let short = self.layout.short(rule.coded);
            if short.is_some_and(|codes| codes.hold(word, value.1)) && rule.takes(value.1) {
                return true;
            }
        } else if rule.needs == need::NUMBER && are_digits(word, value.1) && rule.takes(value.1) {
            return true;
        }
        self.fits_at_all(rule, at, value, word)
    }

    #[inline(never)]
    fn fits_at_all(&mut self, rule: &HotRule, at: usize, value: Stretch, word: u64) -> bool {
        let needs = rule.needs;
        let is = |need: u8| needs & need != 0;
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
            let date = self.value(at - usize::from(rule.date_back).min(at));
            return self.is_date(date, value);
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

    #[inline]
    fn is_number(&self, rule: &HotRule, word: u64, at: u32, len: u32) -> bool {
        if are_digits(word, len) {
            return rule.takes(len);
        }
        let (bytes, marks) = (self.bytes((at, len)), self.env.marks);
        value::check(Class::Numeric, rule.bounds(), bytes, len, marks).is_none()
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
                .is_none_or(|pattern| pattern.matches(date))
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
    /// Where the segment begins of which the first look said last that a closer one is needed.
    refused: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Line([u64; 8]);

/// Coded components of more messages than this are not remembered (2 MiB).
const MOST_HELD: usize = 32 << 10;

impl Memory {
    /// A closer look is needed at the segment that begins at `offset`.
    pub(super) fn refuse(&mut self, offset: u64) {
        self.refused = Some(offset);
    }

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
