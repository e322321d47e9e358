//! Where elements stand in a segment, and how their values are written.

use std::io::Write;

use super::{Held, Part, ToEdifact};
use crate::convert::event::fault_about;
use crate::convert::names::Layout;
use crate::finding::Code;

/// Separators in a row at most; content cannot ask for more.
pub(super) const MOST_EMPTY: usize = 10_000;

/// Where writing stands in a segment.
#[derive(Default)]
struct At {
    want: (usize, u32),
    /// Element separators written, and what of the element is.
    elements: usize,
    repetition: u32,
    component: usize,
}

/// The place of an element.
#[derive(Clone, Copy, Default)]
struct Placed {
    any: bool,
    element: usize,
    repetition: u32,
    /// Its part in the layout, which of it this is, and the first part that may follow.
    part: usize,
    nth: u32,
    behind: usize,
}

impl<W: Write> ToEdifact<W> {
    /// Writes the elements of a segment.
    pub(super) fn parts(&mut self, held: &Held, layout: Option<&Layout>) {
        let mut at = At::default();
        let mut placed = Placed::default();
        let mut composite: Option<(usize, u32)> = None;
        let mut next_component = 0;
        for (number, part) in held.parts.iter().enumerate() {
            if part.component {
                let Some((part_number, _)) = composite else {
                    continue;
                };
                let names = layout
                    .and_then(|layout| layout.parts.get(part_number))
                    .and_then(|part| part.components.as_deref())
                    .unwrap_or_default();
                let named = || names.iter().position(|name| *name.text == *part.name);
                let component = match part.at.filter(|_| part.name == "b:C").or_else(named) {
                    Some(component) => component,
                    None => {
                        self.unknown_part(&held.tag, &part.name);
                        next_component
                    }
                };
                next_component = component + 1;
                self.put(held, part, &mut at, Some(component));
                continue;
            }
            let place = self.place(part, layout, &mut placed, &held.tag);
            composite = Some((place.part, place.repetition));
            next_component = 0;
            at.want = (place.element, place.repetition);
            let has_components = held
                .parts
                .get(number + 1)
                .is_some_and(|next| next.component);
            if !has_components {
                self.put(held, part, &mut at, None);
            }
        }
    }

    #[cold]
    fn unknown_part(&mut self, tag: &str, name: &str) {
        let finding = fault_about(Code::CONVERT_NAME, name);
        self.faults.push(finding.with_content("segment", tag));
    }

    /// The place that an element takes.
    fn place(
        &mut self,
        part: &Part,
        layout: Option<&Layout>,
        placed: &mut Placed,
        tag: &str,
    ) -> Placed {
        let repeats = self.separators.repetition.is_some();
        if part.name == "b:E"
            && let Some(element) = part.at
        {
            let again = placed.any && placed.element == element;
            let repetition = if again { placed.repetition + 1 } else { 0 };
            *placed = Placed {
                any: true,
                element,
                repetition,
                part: usize::MAX,
                nth: 0,
                behind: layout.map_or(0, |layout| match repeats {
                    true => element + 1,
                    false => layout
                        .places
                        .get(element)
                        .map_or(layout.parts.len(), |part| usize::from(*part) + 1),
                }),
            };
            return *placed;
        }
        let parts = layout.map_or(&[][..], |layout| &layout.parts);
        let is = |at: &usize| *parts[*at].name.text == *part.name;
        let again = placed.any && placed.part < parts.len() && is(&placed.part);
        let found = match again {
            true => Some(placed.part),
            false => (placed.behind..parts.len()).find(is),
        };
        let found = found.filter(|at| repeats || !again || placed.nth + 1 < parts[*at].times);
        let Some(number) = found else {
            // What has no place is written behind what stands there.
            self.unknown_part(tag, &part.name);
            let element = if placed.any { placed.element + 1 } else { 0 };
            *placed = Placed {
                any: true,
                element,
                repetition: 0,
                part: usize::MAX - 1,
                nth: 0,
                behind: placed.behind,
            };
            return *placed;
        };
        let nth = if again { placed.nth + 1 } else { 0 };
        let (element, repetition) = match repeats {
            true => (number, nth),
            false => ((parts[number].first + nth) as usize, 0),
        };
        *placed = Placed {
            any: true,
            element,
            repetition,
            part: number,
            nth,
            behind: number + 1,
        };
        *placed
    }

    /// Writes a value at its place, with the separators that lead there.
    fn put(&mut self, held: &Held, part: &Part, at: &mut At, component: Option<usize>) {
        let text = &held.text[part.from..part.to];
        if text.is_empty() && part.bytes.as_ref().is_none_or(Vec::is_empty) {
            return;
        }
        let (element, repetition) = at.want;
        let component = component.unwrap_or(0);
        // The tag stands before the first element.
        let elements = (element + 1).saturating_sub(at.elements);
        if elements > 0 {
            let more = std::iter::repeat_n(self.separators.element, elements.min(MOST_EMPTY));
            self.out.extend(more);
            (at.elements, at.repetition, at.component) = (element + 1, 0, 0);
        }
        if repetition > at.repetition {
            let byte = self
                .separators
                .repetition
                .unwrap_or(self.separators.element);
            let more = (repetition - at.repetition) as usize;
            self.out
                .extend(std::iter::repeat_n(byte, more.min(MOST_EMPTY)));
            (at.repetition, at.component) = (repetition, 0);
        }
        if component > at.component {
            let more = (component - at.component).min(MOST_EMPTY);
            let byte = self.separators.component;
            self.out.extend(std::iter::repeat_n(byte, more));
            at.component = component;
        }
        match &part.bytes {
            Some(bytes) => self.escaped(bytes),
            None => self.value(text),
        }
    }

    fn value(&mut self, text: &str) {
        if text.contains(['\r', '\n']) {
            self.faults
                .push(fault_about(Code::CONVERT_LINE_BREAK, text));
        }
        match self.charset.encode(text) {
            Some(bytes) => self.escaped(&bytes),
            None => {
                let finding = fault_about(Code::CONVERT_CHARACTER, text);
                if !self.charset.is_level() {
                    self.faults
                        .push(finding.with("charset", self.charset.name()));
                }
                self.escaped(text.as_bytes());
            }
        }
    }

    fn escaped(&mut self, bytes: &[u8]) {
        let separators = self.separators;
        let special = |byte: u8| {
            byte == separators.component
                || byte == separators.element
                || byte == separators.terminator
                || Some(byte) == separators.release
                || Some(byte) == separators.repetition
        };
        if !bytes.iter().any(|byte| special(*byte)) {
            self.out.extend_from_slice(bytes);
            return;
        }
        let length = self.charset.character_length(separators.bytes());
        let mut at = 0;
        let mut unreleased = false;
        while at < bytes.len() {
            let len = length.map_or(1, |length| length(bytes, at).max(1));
            if special(bytes[at]) {
                match separators.release {
                    Some(release) => self.out.push(release),
                    None => unreleased = true,
                }
            }
            let end = (at + len).min(bytes.len());
            self.out.extend_from_slice(&bytes[at..end]);
            at = end;
        }
        if unreleased {
            let text = String::from_utf8_lossy(bytes).into_owned();
            self.faults
                .push(fault_about(Code::CONVERT_SEPARATOR, &text));
        }
    }
}
