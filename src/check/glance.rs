//! The first look at the elements of a segment: whether all is well. Nearly always it is, and
//! this is all that is done; [`super::element`] says what is wrong where it may not be.

use rustc_hash::FxHashSet;

use super::element::{self, Env, Hear, Trouble, holds};
use super::hot::{CloseRule, MOST_DIGITS, MOST_RULES, Shape, need, quick};
use super::layout::{Known, KnownBound, Layout};
use super::repeated::Repeated;
use super::short_lists::ShortLists;
use super::value;
use crate::edifact::{Bits, FirstSeparators, Segment, Separators, Work, on_this_machine};
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
    if env.chars.is_some() && !segment.bytes().is_ascii() {
        return false;
    }
    let good = if segment.has_specials() {
        let mut plain = std::mem::take(&mut memory.plain);
        let good = plain
            .write(segment)
            .is_some_and(|plain| are_good(env, memory, layout, plain));
        memory.plain = plain;
        good
    } else {
        are_good(env, memory, layout, segment.raw())
    };
    debug_assert!(!good || is_silent(env, layout, segment));
    good
}

/// A segment without its release characters.
#[derive(Debug, Default)]
struct Plain {
    data: Vec<u8>,
    separators: Vec<u32>,
}

impl Plain {
    /// Takes a segment; `None` where more is special in it, or it is long.
    fn write<'p>(&'p mut self, segment: &Segment<'p>) -> Option<Raw<'p>> {
        let (data, separators, service) = segment.raw();
        let release = service.release?;
        let is_special = |byte: &u8| *byte < b' ' || *byte == release;
        if separators.len() > MOST_RULES || segment.tag().iter().any(is_special) {
            return None;
        }
        self.data.clear();
        self.separators.clear();
        let mut from = *separators.first()?;
        for &to in separators {
            let mut value = data[from as usize..to as usize].iter();
            while let Some(mut byte) = value.next() {
                if *byte == release {
                    byte = value.next()?;
                }
                // A line break, or no character at all.
                if *byte < b' ' {
                    return None;
                }
                self.data.push(*byte);
            }
            self.separators.push(self.data.len() as u32);
            self.data.push(data[to as usize]);
            from = to + 1;
        }
        // Values are read in whole words.
        self.data.extend_from_slice(&[b' '; 8]);
        Some((&self.data, &self.separators, service))
    }
}

/// A segment as [`Segment::raw`] gives it.
type Raw<'r> = (&'r [u8], &'r [u32], &'r Separators);

/// Whether there is nothing to say of elements in which nothing is released.
fn are_good(
    env: &Env<'_>,
    memory: &mut Memory,
    layout: &Layout,
    (data, separators, service): Raw<'_>,
) -> bool {
    let mut bits = Bits::default();
    let mut before = None;
    let mut first: FirstSeparators = [0; _];
    for ((&position, at), room) in separators.iter().zip(0u32..).zip(&mut first) {
        *room = position;
        if at >= u64::BITS {
            break;
        }
        let ends = data[position as usize] != service.component;
        bits.ends |= u64::from(ends) << at;
        bits.empty |= u64::from(before == Some(position)) << at;
        before = Some(position + 1);
    }
    on_this_machine(Glance {
        env,
        memory,
        layout,
        seen: Seen {
            data,
            separators: &first,
            values: separators.len().wrapping_sub(1),
            bits,
            service,
        },
    })
}

/// Whether the close look has nothing to say either; that a list is not held is said once.
pub(super) fn is_silent(env: &Env<'_>, layout: &Layout, segment: &Segment<'_>) -> bool {
    let mut silence = Silence(true);
    element::check(*env, layout, segment, &mut silence);
    silence.0
}

/// Whether nothing was heard.
struct Silence(bool);

impl<'a> Hear<'a> for Silence {
    fn has_enough(&mut self, code: Code, _: usize) -> bool {
        self.0 &= code == Code::CODE_LIST_NOT_HELD;
        true
    }

    fn hear(&mut self, _: Trouble<'a>) {}
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

impl CloseRule {
    /// Whether a value may have so many bytes.
    #[inline]
    fn takes(&self, len: u32) -> bool {
        len.wrapping_sub(u32::from(self.min)) <= u32::from(self.span)
    }
}

/// The first `len` bytes of eight, where that is one to eight; of other lengths any.
#[inline(always)]
fn cut(word: u64, len: u32) -> u64 {
    word.wrapping_shl(beyond(len)).wrapping_shr(beyond(len))
}

/// By so many bits the first `len` of eight bytes are moved to the end, where that is one to
/// eight; all but the lowest six of the number count for nothing.
#[inline(always)]
fn beyond(len: u32) -> u32 {
    0u32.wrapping_sub(8 * len)
}

/// A value of up to eight bytes as a number, the first lowest; of longer ones any number.
#[inline(always)]
fn word(data: &[u8], from: u32, len: u32) -> u64 {
    if len == 0 {
        return 0;
    }
    let from = from as usize;
    match data.get(from..from + 8).and_then(<[u8]>::first_chunk) {
        Some(chunk) => cut(u64::from_le_bytes(*chunk), len),
        None => little_endian(&data[from..from + len as usize]),
    }
}

/// Which rule is that of the value behind separator `at`, and which component of its element the
/// value is, where elements end at `ends`.
#[inline(always)]
fn place(shape: &Shape, ends: u64, at: u32) -> (u32, u32) {
    let before = ends & !(u64::MAX << at);
    let component = at - (64 - before.leading_zeros());
    let first = shape.first[before.count_ones() as usize & (MOST_RULES - 1)];
    (u32::from(first) + component, component)
}

/// What is looked at of a segment.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub data: &'a [u8],
    /// Its first separators, the one behind its tag first; and what they are.
    pub separators: &'a FirstSeparators,
    pub bits: Bits,
    /// How many values it has, each with a separator before it.
    pub values: usize,
    pub service: &'a Separators,
}

/// What [`is_all_good`] is to do.
struct Glance<'g> {
    env: &'g Env<'g>,
    memory: &'g mut Memory,
    layout: &'g Layout,
    seen: Seen<'g>,
}

impl Work for Glance<'_> {
    type Result = bool;

    #[inline(always)]
    fn run(self) -> bool {
        is_all_good(self.env, self.memory, self.layout, self.seen)
    }
}

/// Whether there is nothing to say of the elements of a segment in which nothing is released; in
/// code that is compiled for this machine already.
///
/// Which elements stand in a segment, and how long they are, is different in each: what the
/// processor cannot foresee. So all values that are there are looked at in the same way first,
/// whatever they need; then those for which that was not enough.
#[inline(always)]
pub(super) fn is_all_good(
    env: &Env<'_>,
    memory: &mut Memory,
    layout: &Layout,
    segment: Seen<'_>,
) -> bool {
    let count = segment.values;
    // More values than there are rules, none, and explicit nesting.
    if count.wrapping_sub(1) >= MOST_RULES - 1 || segment.bits.ends & 1 == 0 {
        return count == 0 && nothing_is_good(layout);
    }
    let id = layout.hot.id;
    let worth = memory.repeated.is_worth(id);
    if worth && memory.repeated.holds(id, segment.data, segment.stretch()) {
        return true;
    }
    let good = are_values_good(env, memory, layout, segment);
    if good && worth {
        memory.repeated.keep(id, segment.data, segment.stretch());
    }
    good
}

impl Seen<'_> {
    /// From its first separator to its terminator, where it has no more values than rules may be.
    #[inline(always)]
    fn stretch(&self) -> (u32, u32) {
        let last = self.values & (MOST_RULES - 1);
        (self.separators[0], self.separators[last])
    }
}

/// Whether the values of a segment are, of which there are one at least and fewer than rules may be.
#[inline(always)]
fn are_values_good(env: &Env<'_>, memory: &mut Memory, layout: &Layout, segment: Seen<'_>) -> bool {
    let (data, separators, count) = (segment.data, segment.separators, segment.values);
    let all = u64::MAX >> (64 - count);
    let (ends, empty) = (segment.bits.ends >> 1 & all, segment.bits.empty >> 1 & all);
    let shape = &*layout.hot.shape;
    // A separator that nothing follows: one that ends an element of several values, and the
    // last, if it is not the only one.
    let dangling = empty & ends & !(ends << 1 | 1) | empty & (all ^ all >> 1) & !1;
    if dangling != 0 || ends.count_ones() > shape.elements {
        return false;
    }
    let (lists, listed_from) = (&memory.lists, layout.hot.listed_from);
    let (mut seen, mut wrong, mut closer) = (0u64, 0u32, 0u64);
    let mut left = all & !empty;
    while left != 0 {
        let at = left.trailing_zeros();
        left &= left - 1;
        let (rule_at, component) = place(shape, ends, at);
        // One that is not there comes down to one of an element before, whose component is less.
        let rule = &shape.rules[rule_at as usize & (MOST_RULES - 1)];
        let (from, len) = value_behind(separators, at);
        // Below zero where it is too short, too long, or one component too many.
        wrong |= len.wrapping_sub(u32::from(rule.least))
            | u32::from(rule.most).wrapping_sub(len)
            | u32::from(rule.component).wrapping_sub(component);
        seen |= 1 << (rule_at & 63);
        let Some(chunk) = eight(data, from) else {
            closer |= 1 << at;
            continue;
        };
        let word = u64::from_le_bytes(*chunk);
        let is_code = lists.hold(listed_from + u32::from(rule.list), word, len);
        let is_number = are_digits(word, len)
            & (len.wrapping_sub(u32::from(rule.least_digits)) <= u32::from(rule.more_digits));
        let is = quick::NOTHING
            | u8::from(is_code) << quick::CODE.trailing_zeros()
            | u8::from(is_number) << quick::DIGITS.trailing_zeros();
        closer |= u64::from(rule.quick & is == 0) << at;
    }
    if wrong.cast_signed() < 0 || !shape.is_met(seen) {
        return false;
    }
    if closer != 0 || layout.hot.dependent || segment.service.repetition.is_some() {
        // What is called takes a copy of it: so this one stays in registers.
        let copy = segment;
        return are_good_closely(env, memory, layout, &copy, (ends, seen, closer));
    }
    true
}

/// Whether those values of a segment are good for which the first look was not enough, `closer`;
/// elements end behind `ends`, and the rules `seen` found a value.
#[inline(never)]
fn are_good_closely(
    env: &Env<'_>,
    memory: &mut Memory,
    layout: &Layout,
    segment: &Seen<'_>,
    (ends, seen, mut closer): (u64, u64, u64),
) -> bool {
    let shape = &*layout.hot.shape;
    let look = Look {
        env,
        layout,
        data: segment.data,
        separators: &segment.separators[..=segment.values & (MOST_RULES - 1)],
        ends,
    };
    while closer != 0 {
        let at = closer.trailing_zeros();
        closer &= closer - 1;
        let (rule, _) = place(shape, ends, at);
        let value = look.value(at as usize);
        let Some(rule) = shape.close.get(rule as usize) else {
            return false;
        };
        if !look.fits(memory, rule, at as usize, value) {
            return false;
        }
    }
    let repetition = segment.service.repetition;
    (!layout.hot.dependent || notes_hold(layout, seen))
        && !repetition.is_some_and(|byte| look.has_separator(byte))
}

/// Where the value stands that begins behind separator `at`.
#[inline(always)]
fn value_behind(separators: &FirstSeparators, at: u32) -> Stretch {
    let at = at as usize & (separators.len() - 2);
    let from = separators[at] + 1;
    (from, separators[at + 1].wrapping_sub(from))
}

/// Eight bytes from a position on.
#[inline(always)]
fn eight(data: &[u8], from: u32) -> Option<&[u8; 8]> {
    let from = from as usize;
    data.get(from..from + 8)?.first_chunk()
}

/// What the closer look at values needs.
struct Look<'l, 'a> {
    env: &'l Env<'l>,
    layout: &'l Layout,
    data: &'a [u8],
    separators: &'a [u32],
    /// Behind which values elements end.
    ends: u64,
}

impl<'a> Look<'_, 'a> {
    #[cold]
    fn has_separator(&self, byte: u8) -> bool {
        let mut all = self.separators.iter();
        all.any(|at| self.data[*at as usize] == byte)
    }

    #[inline]
    fn bytes(&self, (from, len): Stretch) -> &'a [u8] {
        &self.data[from as usize..(from + len) as usize]
    }

    /// Where the value stands that begins behind separator `at`.
    #[inline]
    fn value(&self, at: usize) -> Stretch {
        let from = self.separators[at] + 1;
        (from, self.separators[at + 1] - from)
    }

    /// Whether a value of which more than the length is to be looked at is good.
    fn fits(&self, memory: &mut Memory, rule: &CloseRule, at: usize, value: Stretch) -> bool {
        let word = word(self.data, value.0, value.1);
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
            let list = self.layout.hot.listed_from + 1 + u32::from(rule.coded);
            if !memory.lists.has(list) {
                let short = self.layout.short(rule.coded, self.env.specs);
                memory.lists.take(list, short.as_ref());
            }
            let good = memory.lists.hold(list, word, value.1)
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
                    self.is_named_code(memory, rule.coded, value, list, agency)
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

    /// The value so many components behind the one behind separator `at`; an empty one where the
    /// element ends before it.
    #[inline]
    fn behind(&self, at: usize, by: usize) -> Stretch {
        let between = self.ends >> at & ((1 << by) - 1);
        if between == 0 && at + by + 1 < self.separators.len() {
            self.value(at + by)
        } else {
            (0, 0)
        }
    }

    #[inline(never)]
    fn is_unusual_code(&self, rule: &CloseRule, word: u64, value: Stretch) -> bool {
        let Some(known) = self.layout.known(rule.coded, self.env.specs) else {
            return false;
        };
        let bytes = self.bytes(value);
        known.own.contains_packed(word, bytes) || is_bound_code(known, None, word, bytes)
    }

    #[inline]
    fn is_number(&self, rule: &CloseRule, word: u64, at: u32, len: u32) -> bool {
        if len <= MOST_DIGITS && are_digits(word, len) {
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
    fn is_named_code(
        &self,
        memory: &mut Memory,
        coded: u16,
        code: Stretch,
        list: Stretch,
        agency: Stretch,
    ) -> bool {
        let place = Memory::place(self.layout, coded);
        // Together they are a number that is not zero and no other's.
        let mut key = None;
        if code.1 <= 5 && agency.1 <= 3 {
            const NOT_ASCII: u64 = 0x80_8080_8080;
            let code = word(self.data, code.0, code.1);
            let agency = word(self.data, agency.0, agency.1);
            if (code | agency) & NOT_ASCII == 0 {
                let found = code | agency << 40 | u64::from(list.1 != 0) << 7;
                if memory.holds(place, found) {
                    return true;
                }
                key = Some(found);
            }
        }
        self.is_listed_where_named(memory, coded, code, list, agency, key)
    }

    #[inline(never)]
    fn is_listed_where_named(
        &self,
        memory: &mut Memory,
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
            let before = said.is_some_and(|said| memory.holds(place, said));
            if let Some(said) = said.filter(|_| !before) {
                memory.keep(place, said);
                memory.said.insert(place);
            }
            return before;
        };
        if good && let Some(key) = key {
            memory.keep(place, key);
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

/// Whether a value of `len` bytes, one to eight, of which [`word`] gives the first eight, is
/// digits; what stands behind it in the word counts for nothing.
#[inline(always)]
fn are_digits(word: u64, len: u32) -> bool {
    const HIGH: u64 = 0xF0F0_F0F0_F0F0_F0F0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    // Digits are numbers below ten, six more is still below sixteen; where it is carried over, a
    // byte was no digit.
    let digits = (word ^ ZEROS).wrapping_shl(beyond(len));
    let more = digits.wrapping_add(0x0606_0606_0606_0606);
    (digits | more) & HIGH == 0
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
    /// Codes that are looked for first.
    lists: ShortLists,
    /// Room for a segment.
    plain: Plain,
    /// Where it is kept that something was said.
    said: FxHashSet<usize>,
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

    /// Forgets all that was said once: another input begins.
    pub(super) fn forget_said(&mut self) {
        for place in std::mem::take(&mut self.said) {
            if let Some(line) = self.held.get_mut(place) {
                *line = Line::default();
            }
        }
        self.repeated.forget();
        self.refused = None;
    }

    /// Makes room for coded components, lists and layouts up to these.
    pub(super) fn reach(&mut self, end: u32, lists: u32, layouts: u32) {
        self.repeated.reach(layouts);
        self.lists.reach(lists);
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
