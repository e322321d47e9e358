//! Segments of printable ASCII at their places, which nearly all are: written in one pass over the
//! separators.

use super::elements::{BeyondNames, Elements};
use crate::Result;
use crate::charset::Charset;
use crate::convert::event::{Again, Sink};
use crate::convert::names::{Layout, Name, Part};
use crate::edifact::{End, Segment};
use crate::finding::Finding;

/// Whether a segment is printable ASCII that XML has no meaning for, with its elements and no more;
/// `clean` says that the bytes were looked at.
#[inline]
pub(super) fn is_usual(segment: &Segment<'_>, clean: bool) -> bool {
    let (data, separators, service) = segment.raw();
    !segment.has_specials()
        && data[separators[0] as usize] != service.component
        && (clean || is_plain(segment.bytes()))
}

/// Whether all bytes are printable ASCII that XML has no meaning for, or line breaks.
pub(super) fn is_plain_block(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |plain, &byte| {
        let printable = byte.wrapping_sub(0x20) < 0x5F;
        let markup = (byte == b'<') | (byte == b'>') | (byte == b'&');
        plain & ((printable & !markup) | (byte == b'\r') | (byte == b'\n'))
    })
}

/// Whether all bytes are printable ASCII that XML has no meaning for.
#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    // Comparisons only, so that the compiler makes vectors of them.
    bytes.iter().fold(true, |plain, &byte| {
        plain & (byte.wrapping_sub(0x20) < 0x5F) & (byte != b'<') & (byte != b'>') & (byte != b'&')
    })
}

/// Writes a segment that is as usual; gives what is to be told of it.
#[inline]
pub(super) fn write_usual<S: Sink>(
    out: &mut S,
    beyond: &BeyondNames,
    segment: &Segment<'_>,
    layout: &Layout,
    charset: Charset,
) -> Result<Vec<Finding>> {
    let (data, separators, _) = segment.raw();
    let (from, to) = (separators[0], separators[separators.len() - 1]);
    let key = match out.again(layout.id, data, from as usize, to as usize) {
        Again::Yes => return Ok(Vec::new()),
        Again::No(key) => key,
    };
    let mut elements = Elements::new(out, beyond, segment, Some(layout), charset);
    write_plain(&mut elements, segment, layout)?;
    let faults = elements.faults;
    if let Some(key) = key.filter(|_| faults.is_empty()) {
        out.remember(key);
    }
    Ok(faults)
}

/// As [`write_usual`], of what was not written before.
#[inline]
fn write_plain<S: Sink>(
    elements: &mut Elements<'_, S>,
    segment: &Segment<'_>,
    layout: &Layout,
) -> Result<()> {
    let (data, separators, service) = segment.raw();
    elements.out.open(&layout.name)?;
    let mut separator = 1;
    while separator < separators.len() {
        let from = separators[separator - 1] as usize + 1;
        let to = separators[separator] as usize;
        let is_simple = data[to] != service.component;
        if from < to || !is_simple {
            match elements.part().filter(|_| !elements.is_by_number()) {
                Some((number, part)) => match &part.components {
                    None if is_simple => {
                        elements.begin(number, part)?;
                        elements.out.plain_leaf(&part.name, data, from, to)?;
                    }
                    Some(names) => {
                        elements.begin(number, part)?;
                        separator = composite(elements, part, names, segment, separator)?;
                    }
                    None => separator = by_tokens(elements, segment, separator)?,
                },
                None => separator = by_tokens(elements, segment, separator)?,
            }
        }
        if data[separators[separator] as usize] == service.element {
            (elements.at.place, elements.at.repetition) = (elements.at.place + 1, 0);
        } else {
            elements.at.repetition += 1;
        }
        separator += 1;
    }
    elements.out.close(&layout.name)
}

/// Writes a composite whose first value ends at `separator`; gives the separator behind it.
#[inline]
fn composite<S: Sink>(
    elements: &mut Elements<'_, S>,
    part: &Part,
    names: &[Name],
    segment: &Segment<'_>,
    separator: usize,
) -> Result<usize> {
    let (data, separators, service) = segment.raw();
    let mut at = separator;
    let mut from = separators[at - 1] as usize + 1;
    if from == separators[at] as usize {
        let end = element_end(segment, at);
        if separators[end] as usize - from == end - at {
            // Its separators are all there is.
            elements.out.leaf(&part.name, "")?;
            return Ok(end);
        }
    }
    elements.out.open(&part.name)?;
    for name in names {
        let to = separators[at] as usize;
        elements.out.plain_component(name, data, from, to)?;
        if data[to] != service.component {
            elements.out.close(&part.name)?;
            return Ok(at);
        }
        at += 1;
        from = to + 1;
    }
    let end = element_end(segment, at);
    for at in at..=end {
        let token = segment.token_between(separators[at - 1] + 1, at);
        if !token.bytes.is_empty() {
            elements.beyond_component(at - separator, &token)?;
        }
    }
    elements.out.close(&part.name)?;
    Ok(end)
}

/// The separator behind the element in which `separator` stands.
fn element_end(segment: &Segment<'_>, separator: usize) -> usize {
    let (data, separators, service) = segment.raw();
    let mut at = separator;
    while data[separators[at] as usize] == service.component {
        at += 1;
    }
    at
}

/// Writes an element that has no name, or is not what its name says; gives the separator behind it.
#[cold]
fn by_tokens<S: Sink>(
    elements: &mut Elements<'_, S>,
    segment: &Segment<'_>,
    separator: usize,
) -> Result<usize> {
    let (_, separators, _) = segment.raw();
    let end = element_end(segment, separator);
    for at in separator..=end {
        let token = segment.token_between(separators[at - 1] + 1, at);
        if !token.bytes.is_empty() {
            elements.token(&token)?;
        }
        if at < end {
            elements.behind(End::Component)?;
        }
    }
    elements.end_element()?;
    Ok(end)
}
