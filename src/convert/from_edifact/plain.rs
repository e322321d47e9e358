//! Segments of printable ASCII at their places, which nearly all are: written in one pass over the
//! separators.

use super::elements::{BeyondNames, Elements};
use crate::Result;
use crate::charset::Charset;
use crate::convert::event::Sink;
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

/// Bytes looked at in one go whether they are text.
const AHEAD: usize = 2048;

/// What is known to be text of what is in sight: looking at many segments in one go is cheaper.
#[derive(Default)]
pub(super) struct Ahead<'d> {
    text: &'d str,
    /// Where it begins in what positions count in.
    begin: usize,
}

impl<'d> Ahead<'d> {
    /// The text of a segment from the first of its separators to its last.
    #[inline]
    pub(super) fn of(&mut self, segment: &Segment<'d>) -> Option<&'d str> {
        let (data, separators, _) = segment.raw();
        let from = *separators.first()? as usize;
        let to = *separators.last()? as usize;
        let near = from.wrapping_sub(self.begin)..to.wrapping_sub(self.begin);
        match self.text.get(near) {
            Some(text) => Some(text),
            None => self.look(data, from, to),
        }
    }

    #[inline(never)]
    fn look(&mut self, data: &'d [u8], from: usize, to: usize) -> Option<&'d str> {
        let bytes = data.get(from..to.max(data.len().min(from + AHEAD)))?;
        self.text = std::str::from_utf8(bytes).unwrap_or_else(|error| {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        });
        self.begin = from;
        self.text.get(..to - from)
    }
}

/// Writes a segment that is as usual, `text` as [`Ahead`] tells it; gives what is to be told of it.
#[inline]
pub(super) fn write_usual<S: Sink>(
    out: &mut S,
    beyond: &BeyondNames,
    segment: &Segment<'_>,
    layout: &Layout,
    text: Option<&str>,
    charset: Charset,
) -> Result<Vec<Finding>> {
    if out.plain_segment(layout, segment, text)? {
        return Ok(Vec::new());
    }
    let mut elements = Elements::new(out, beyond, segment, Some(layout), charset);
    write_plain(&mut elements, segment, layout)?;
    Ok(elements.faults)
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
        if from < to {
            elements.out.plain_leaf(name, data, from, to)?;
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::convert::names::Definitions;
    use crate::convert::xml::ToXml;
    use crate::edifact::{Item, Reader};
    use crate::spec::Specs;
    use crate::spec::declared::Declared;

    /// What a segment is written as, and whether it was written in one pass.
    fn written(layout: &Layout, head: &str, body: &str) -> (String, bool) {
        let tag = &layout.name.text[2..];
        let input = format!("{head}{tag}{body}'{}", " ".repeat(64));
        let mut reader = Reader::new(input.as_bytes());
        let charset = Charset::of_syntax_identifier(b"UNOC").unwrap();
        let beyond = BeyondNames::new();
        while let Some(item) = reader.next().unwrap() {
            let Item::Segment(segment) = item else {
                continue;
            };
            if segment.tag() != tag.as_bytes() {
                continue;
            }
            let mut out = Vec::new();
            let mut to = ToXml::new(&mut out);
            let whole = to.plain_segment(layout, &segment, None).unwrap();
            if !whole {
                write_usual(&mut to, &beyond, &segment, layout, None, charset).unwrap();
            }
            to.finish().unwrap();
            drop(to);
            return (String::from_utf8(out).unwrap(), whole);
        }
        panic!("no segment in {input}");
    }

    const HEADS: [&str; 2] = [
        "UNB+UNOC:3+A+B+261123:1200+1'",
        "UNA:+.?*'UNB+UNOC:4+A+B+20261123:1200+1'",
    ];

    fn layouts() -> Vec<Layout> {
        let mut layouts: Vec<Layout> = Vec::new();
        for (message, release) in [("CUSCAR", "95B"), ("BAPLIE", "95B"), ("IFTMIN", "16A")] {
            let declared = Declared {
                message: message.to_owned(),
                version: "D".to_owned(),
                release: release.to_owned(),
                agency: "UN".to_owned(),
            };
            let mut definitions = Definitions::new(&Specs::base(), None);
            let definition = definitions.message(&declared, 3).unwrap().unwrap();
            for position in 0..definition.plan.positions().len() {
                let layout = definition.layout(position as u16);
                if layouts
                    .iter()
                    .all(|held| held.name.text != layout.name.text)
                {
                    layouts.push(layout.clone());
                }
            }
        }
        assert!(layouts.len() > 30);
        layouts
    }

    #[test]
    fn one_pass_equals_one_token_after_the_other() {
        let layouts = layouts();
        let value = prop_oneof![
            4 => Just(""),
            6 => Just("9"),
            4 => Just("CNSHA"),
            1 => Just("exactly thirty-two bytes of text"),
            1 => Just("a value of more than thirty-two bytes"),
        ];
        let separator = prop_oneof![4 => Just("+"), 4 => Just(":"), 1 => Just("*")];
        let body = prop::collection::vec((separator, value), 0..14);
        let all = (0..layouts.len(), 0..HEADS.len(), body);
        let mut runner = proptest::test_runner::TestRunner::default();
        let outcome = runner.run(&all, |(layout, head, body)| {
            let body: String = body
                .iter()
                .map(|(sign, value)| format!("{sign}{value}"))
                .collect();
            let body = match body.strip_prefix([':', '*']) {
                Some(rest) => format!("+{rest}"),
                None => body,
            };
            let layout = &layouts[layout];
            let without = Layout {
                slots: None,
                ..layout.clone()
            };
            let (slow, whole) = written(&without, HEADS[head], &body);
            prop_assert!(!whole);
            prop_assert_eq!(written(layout, HEADS[head], &body).0, slow, "{}", body);
            Ok(())
        });
        outcome.unwrap();
    }

    #[test]
    fn one_pass_takes_what_is_as_usual_and_no_more() {
        let layouts = layouts();
        let of = |name: &str| {
            layouts
                .iter()
                .find(|layout| &*layout.name.text == name)
                .unwrap()
        };
        for (name, body, whole) in [
            ("S_LOC", "+9+CNSHA:139:6", true),
            ("S_LOC", "+9++:::X", true),
            (
                "S_NAD",
                "+CZ+++A NAME THAT IS LONGER THAN THIRTY-TWO BYTES:B",
                true,
            ),
            ("S_LOC", "+9+::", false),
            ("S_LOC", "+9:1", false),
            ("S_LOC", "+9+CNSHA:139:6:X:Y", false),
            ("S_CNT", "+7:1+8:2", false),
        ] {
            for head in HEADS {
                assert_eq!(written(of(name), head, body).1, whole, "{name}{body}");
            }
        }
    }
}
