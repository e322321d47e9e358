//! The first look at the elements of a segment: whether all is well. Nearly always it is, and
//! this is all that is done; [`super::element`] says what is wrong where it may not be.

use super::date;
use super::element::{Composite, Env, holds};
use super::layout::{HotRule, Kind, Known, Layout, PartRule};
use super::value;
use crate::edifact::Segment;
use crate::spec::little_endian;
use crate::spec::model::Class;

/// Whether there is nothing to say of the elements of a segment. `false` means that a closer look
/// is needed.
#[inline]
pub(super) fn is_good(env: Env<'_>, layout: &Layout, segment: &Segment<'_>) -> bool {
    let (data, separators, service) = segment.raw();
    if segment.has_specials() || (env.chars.is_some() && !segment.bytes().is_ascii()) {
        return false;
    }
    let (component_separator, element_separator) = (service.component, service.element);
    let tag_end = separators[0];
    let mut next = 1;
    let mut at = tag_end + 1;
    let mut present = 0u64;
    if data[tag_end as usize] != element_separator {
        // Explicit nesting, or nothing behind the tag.
        return separators.len() == 1 && satisfied(layout, 0);
    }
    if separators.len() == 1 {
        return false;
    }
    for (element, part) in layout.hot_parts.iter().enumerate() {
        let rules = &layout.hot_rules[usize::from(part.first)..][..usize::from(part.count)];
        let (start, first) = (at, next);
        let (mut found, mut component) = (0u64, 0);
        let (end, len) = loop {
            let Some(&position) = separators.get(next) else {
                return false;
            };
            let len = position - at;
            if len != 0 {
                let Some(rule) = rules.get(component) else {
                    return false;
                };
                let good = match rule.kind {
                    Kind::Text => rule.takes(len),
                    _ => fits(env, layout, *rule, data, at, len),
                };
                if !good {
                    return false;
                }
                found |= 1 << component;
            }
            at = position + 1;
            next += 1;
            let end = data[position as usize];
            if end != component_separator {
                break (end, len);
            }
            component += 1;
        };
        if found != 0 {
            if found & part.required != part.required || !part.used {
                return false;
            }
            if part.joined {
                let composite = Composite {
                    segment,
                    start,
                    first,
                    last: next - 1,
                };
                if !joined_fits(env, layout, &layout.parts[element], found, composite) {
                    return false;
                }
            }
            present |= u64::from(element < 64) << (element & 63);
        }
        if component > 0 && len == 0 {
            // A separator that nothing follows.
            return false;
        }
        if next == separators.len() {
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
    present & layout.mandatory == layout.mandatory
        && layout
            .dependencies
            .iter()
            .all(|dependency| holds(dependency, present))
}

impl HotRule {
    /// Whether a value may have so many bytes.
    #[inline]
    fn takes(&self, len: u32) -> bool {
        len.wrapping_sub(u32::from(self.min)) <= u32::from(self.span)
    }
}

/// Whether the value of `len` bytes at `at` is good.
#[inline]
fn fits(env: Env<'_>, layout: &Layout, rule: HotRule, data: &[u8], at: u32, len: u32) -> bool {
    let from = at as usize;
    let bytes = &data[from..from + len as usize];
    let word = word(data, from, len as usize);
    match rule.kind {
        Kind::Text => rule.takes(len),
        Kind::Code => rule.takes(len) && is_code(env, layout, rule, word, bytes),
        Kind::Number => is_number(env, rule, word, bytes),
        Kind::NumericCode => {
            is_number(env, rule, word, bytes) && is_code(env, layout, rule, word, bytes)
        }
        Kind::Alpha => rule.takes(len) && !bytes.iter().any(u8::is_ascii_digit),
        Kind::Never => false,
    }
}

/// The first eight bytes of a value as a number, the first lowest.
#[inline]
fn word(data: &[u8], from: usize, len: usize) -> u64 {
    match data.get(from..).and_then(<[u8]>::first_chunk) {
        Some(chunk) if len < 8 => u64::from_le_bytes(*chunk) & ((1 << (8 * len)) - 1),
        _ => little_endian(&data[from..from + len]),
    }
}

/// Whether a value is in its list, as far as that depends on nothing beside it.
#[inline]
fn is_code(env: Env<'_>, layout: &Layout, rule: HotRule, word: u64, bytes: &[u8]) -> bool {
    let Some(known) = layout.known(rule.known, env.specs) else {
        return false;
    };
    known.own.contains_packed(word, bytes)
        || (known.own.is_empty() && is_bound_code(known, None, word, bytes))
}

/// Whether a value is in the list that the element is bound to beside an agency; where there is
/// none, nothing is known.
#[inline]
fn is_bound_code(known: &Known, agency: Option<&[u8]>, word: u64, bytes: &[u8]) -> bool {
    known
        .bound
        .iter()
        .find(|bound| bound.agency.is_none() || bound.agency.as_deref() == agency)
        .is_none_or(|bound| bound.codes.contains_packed(word, bytes))
}

#[inline]
fn is_number(env: Env<'_>, rule: HotRule, word: u64, bytes: &[u8]) -> bool {
    let len = bytes.len();
    if len <= 8 && are_digits(word, len) {
        return rule.takes(len as u32);
    }
    let (min, span) = (u32::from(rule.min), u32::from(rule.span));
    value::check(
        Class::Numeric,
        (min, min + span),
        bytes,
        len as u32,
        env.marks,
    )
    .is_none()
}

/// Whether the lowest `len` bytes are digits.
#[inline]
fn are_digits(word: u64, len: usize) -> bool {
    const HIGH: u64 = 0xF0F0_F0F0_F0F0_F0F0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    // Zeros stand where no byte is.
    let word = word | ZEROS.checked_shl(8 * len as u32).unwrap_or(0);
    // Six more than a digit still begins with 3; no byte that begins with 3 carries over.
    word & HIGH == ZEROS && word.wrapping_add(0x0606_0606_0606_0606) & HIGH == ZEROS
}

/// Whether what can be said of a composite only when it is whole is good.
#[inline]
fn joined_fits(
    env: Env<'_>,
    layout: &Layout,
    part: &PartRule,
    found: u64,
    composite: Composite<'_, '_>,
) -> bool {
    for &at in &part.named {
        let bytes = composite.bytes(at);
        if !bytes.is_empty() && !is_named_code(env, layout, part, at, bytes, composite) {
            return false;
        }
    }
    if let Some((at, format)) = part.date {
        let (date, format) = (composite.bytes(at), composite.bytes(format));
        if !date.is_empty()
            && !format.is_empty()
            && let Some(pattern) = env.dates.pattern(format)
            && !date::matches(pattern, date)
        {
            return false;
        }
    }
    part.dependencies
        .iter()
        .all(|dependency| holds(dependency, found))
}

/// Whether a code is good whose list 1131 and 3055 may name.
#[inline]
fn is_named_code(
    env: Env<'_>,
    layout: &Layout,
    part: &PartRule,
    at: usize,
    bytes: &[u8],
    composite: Composite<'_, '_>,
) -> bool {
    let at = part.components.start + at;
    let known = layout.hot_rules[at].known;
    let Some(known) = layout.known(known, env.specs) else {
        return false;
    };
    let word = little_endian(bytes);
    if !known.own.is_empty() {
        return known.own.contains_packed(word, bytes);
    }
    if known.bound.is_empty() {
        return true;
    }
    let named = |at: Option<usize>| {
        let bytes = at.map_or(&b""[..], |at| composite.bytes(at));
        (!bytes.is_empty()).then_some(bytes)
    };
    let (list, agency) = layout.components[at].list_named_by;
    let (list, agency) = (named(list), named(agency));
    // Another list is not known, and nothing is said of it.
    let ours = (list.is_none() && matches!(agency, None | Some(b"6")))
        || known
            .bound
            .iter()
            .any(|bound| bound.agency.is_some() && bound.agency.as_deref() == agency);
    !ours || is_bound_code(known, agency, word, bytes)
}
