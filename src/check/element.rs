//! The elements of a placed segment against its layout: presence, repetition, representation,
//! codes, dates, dependencies.

use std::borrow::Cow;

use super::compiled::Compiled;
use super::date::DateFormats;
use super::layout::{ComponentRule, Layout, PartRule};
use super::value::{self, DecimalMarks, Wrong};
use crate::edifact::{Segment, Token};
use crate::finding::{Code, Severity};
use crate::spec::Specs;
use crate::spec::model::{Dependency, DependencyKind};

/// What the check of elements depends on.
#[derive(Clone, Copy)]
pub(super) struct Env<'e> {
    pub specs: &'e Specs,
    pub compiled: &'e Compiled,
    pub marks: DecimalMarks,
    /// Counts characters where one may take several bytes.
    pub chars: Option<fn(&[u8]) -> usize>,
    pub dates: &'e DateFormats,
    /// What values look like was said.
    pub guessed: bool,
}

/// Something wrong in a segment's elements.
#[derive(Debug)]
pub(super) struct Trouble<'a> {
    pub code: Code,
    pub severity: Severity,
    /// Element (a part of the layout, or beyond its end), counted from 0.
    pub element: usize,
    /// Repetition of the element, counted from 1.
    pub repetition: u32,
    /// Component, counted from 0.
    pub component: Option<usize>,
    /// Offset in bytes, from the start of the input.
    pub offset: u64,
    pub raw: &'a [u8],
    /// `raw` with release characters and line breaks removed.
    pub value: Cow<'a, [u8]>,
    pub args: Vec<(&'static str, Cow<'a, str>)>,
}

/// Who hears of troubles.
pub(super) trait Hear<'a> {
    /// Whether a trouble of that code in that element need not be made: it is counted, if it counts.
    fn has_enough(&mut self, code: Code, element: usize) -> bool;

    fn hear(&mut self, trouble: Trouble<'a>);
}

type Out<'o, 'a> = &'o mut dyn Hear<'a>;

/// Where in a segment a value stands: element, repetition, component.
type At = (usize, u32, usize);

impl<'a> Trouble<'a> {
    fn at_token(code: Code, (element, repetition, component): At, token: &Token<'a>) -> Self {
        Self {
            code,
            severity: code.severity(),
            element,
            repetition,
            component: Some(component),
            offset: token.offset,
            raw: token.bytes,
            value: token.value(),
            args: Vec::new(),
        }
    }

    /// Something that is missing at `offset`, or is wrong with an element as a whole.
    fn at_offset(code: Code, element: usize, repetition: u32, offset: u64) -> Self {
        Self {
            code,
            severity: code.severity(),
            element,
            repetition,
            component: None,
            offset,
            raw: b"",
            value: Cow::Borrowed(b""),
            args: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, text: impl Into<Cow<'a, str>>) -> Self {
        self.args.push((name, text.into()));
        self
    }
}

/// The components of one repetition of an element, as places in a segment.
#[derive(Clone, Copy)]
struct Composite<'s, 'a> {
    segment: &'s Segment<'a>,
    /// Where the first begins, and which separators end them.
    start: u32,
    first: usize,
    last: usize,
}

impl<'a> Composite<'_, 'a> {
    /// The bytes of the component at `at`; empty where it is not there.
    fn bytes(&self, at: usize) -> &'a [u8] {
        let (data, separators, _) = self.segment.raw();
        let separator = self.first + at;
        if separator > self.last {
            return b"";
        }
        let from = if at == 0 {
            self.start
        } else {
            separators[separator - 1] + 1
        };
        &data[from as usize..separators[separator] as usize]
    }

    /// The component at `at`, if it is not empty.
    fn get(&self, at: usize) -> Option<Token<'a>> {
        let separator = self.first + at;
        if separator > self.last {
            return None;
        }
        let from = if at == 0 {
            self.start
        } else {
            self.segment.separator(separator - 1) + 1
        };
        let token = self.segment.token_between(from, separator);
        (!token.bytes.is_empty()).then_some(token)
    }

    fn end(&self) -> u64 {
        let from = self.segment.separator(self.last);
        self.segment.token_between(from, self.last).offset
    }
}

/// Says what is wrong in the elements of a segment, where the first look was not enough.
#[inline(never)]
pub(super) fn check<'a>(env: Env<'_>, layout: &Layout, segment: &Segment<'a>, out: Out<'_, 'a>) {
    let (data, separators, service) = segment.raw();
    let mut next = 0;
    // The tag, with explicit nesting its parts.
    while next + 1 < separators.len() && data[separators[next] as usize] == service.component {
        next += 1;
    }
    let mut at = separators[next] + 1;
    next += 1;
    let (mut written, mut again, mut present) = (0, 1u32, 0u64);
    let mut trailing = None;
    while next < separators.len() {
        let first = next;
        let start = at;
        let (element, repetition, beyond) = place(layout, written, again);
        if beyond && written == layout.parts.len() && again == 1 {
            repeated_as_element(layout, segment.token_between(start, first), out);
        }
        let part = layout.parts.get(element);
        let mut component = 0;
        let mut found = 0u64;
        let end = loop {
            let position = separators[next];
            if position > at {
                found |= 1 << component.min(63);
                let token = segment.token_between(at, next);
                value(env, layout, (element, repetition, component), &token, out);
            }
            at = position + 1;
            next += 1;
            let end = data[position as usize];
            if end != service.component || next == separators.len() {
                break end;
            }
            component += 1;
        };
        if let Some(part) = part {
            if found != 0 {
                if element < 64 {
                    present |= 1 << element;
                }
                if part.composite && (part.joined || found & part.required != part.required) {
                    let composite = Composite {
                        segment,
                        start,
                        first,
                        last: next - 1,
                    };
                    let place = (element, repetition);
                    whole_composite(env, layout, part, place, found, composite, out);
                }
                // Of a simple element that is not used, its value says so.
                let not_used = part.max == 0;
                let code = if not_used {
                    Code::NOT_USED
                } else {
                    Code::TOO_MANY_REPETITIONS
                };
                if repetition == part.max.saturating_add(1)
                    && (!not_used || part.composite)
                    && !out.has_enough(code, element)
                {
                    let token = segment.token_between(start, first);
                    let mut trouble = Trouble::at_token(code, (element, repetition, 0), &token);
                    trouble.component = None;
                    out.hear(if not_used {
                        trouble.with("element", part.id.to_string())
                    } else {
                        trouble.with("max", part.max.to_string())
                    });
                }
            }
            if component > 0 && separators[next - 1] == separators[next - 2] + 1 {
                trailing = Some((element, next - 1));
            }
        }
        if Some(end) == service.repetition && end != service.element && end != service.terminator {
            again += 1;
            continue;
        }
        if end == service.terminator && found == 0 && written > 0 {
            trailing = Some((element, next - 1));
        }
        again = 1;
        written += 1;
    }
    if present & layout.mandatory != layout.mandatory {
        missing_elements(layout, present, segment.end(), out);
    }
    for dependency in &layout.dependencies {
        if !holds(dependency, present) {
            dependency_broken(layout, dependency, None, segment.end(), out);
        }
    }
    if let Some((element, separator)) = trailing
        && !out.has_enough(Code::TRAILING_SEPARATOR, element)
    {
        let offset = segment
            .token_between(segment.separator(separator), separator)
            .offset;
        out.hear(Trouble::at_offset(
            Code::TRAILING_SEPARATOR,
            element,
            1,
            offset,
        ));
    }
}

/// Which element of a layout stands at the place `written`, and which repetition of it is the one
/// counted `again` there: beyond the last element those of an element that may be repeated are
/// taken to go on, each written as an element of its own.
fn place(layout: &Layout, written: usize, again: u32) -> (usize, u32, bool) {
    match layout.parts.last() {
        Some(last) if written >= layout.parts.len() && last.max > 1 => {
            let beyond = (written - layout.parts.len() + 1) as u32;
            (layout.parts.len() - 1, again.saturating_add(beyond), true)
        }
        _ => (written, again, false),
    }
}

/// Says that repetitions are written as elements, where the first of them stands.
#[cold]
fn repeated_as_element<'a>(layout: &Layout, token: Token<'a>, out: Out<'_, 'a>) {
    let element = layout.parts.len() - 1;
    if out.has_enough(Code::REPETITION_AS_ELEMENT, element) {
        return;
    }
    let id = &layout.parts[element].id;
    let trouble = Trouble::at_offset(Code::REPETITION_AS_ELEMENT, element, 2, token.offset);
    out.hear(trouble.with("element", id.to_string()));
}

/// Checks a value.
fn value<'a>(env: Env<'_>, layout: &Layout, at: At, token: &Token<'a>, out: Out<'_, 'a>) {
    let (element, _, component) = at;
    let Some(part) = layout.parts.get(element) else {
        if component == 0 && !out.has_enough(Code::EXCESS_ELEMENT, element) {
            let trouble = Trouble::at_token(Code::EXCESS_ELEMENT, at, token);
            out.hear(trouble.with("expected", layout.parts.len().to_string()));
        }
        return;
    };
    let rules = layout.components_of(part);
    let Some(rule) = rules.get(component) else {
        if !out.has_enough(Code::EXCESS_COMPONENT, element) {
            let trouble = Trouble::at_token(Code::EXCESS_COMPONENT, at, token);
            out.hear(trouble.with("expected", rules.len().to_string()));
        }
        return;
    };
    let value = token.value();
    let bytes = &*value;
    let chars = match env.chars {
        Some(count) if !bytes.is_ascii() => count(bytes) as u32,
        _ => bytes.len() as u32,
    };
    // What is no code by its characters or length is not looked up too.
    let wrong = value::check(rule.class, (rule.min, rule.max), bytes, chars, env.marks);
    if let Some(wrong) = wrong {
        representation(rule, wrong, token, at, out);
    } else if let Some(codes) = &rule.codes
        && !rule.named
    {
        check_code(env, rule, codes, bytes, &[], token, at, out);
    }
    if rule.dropped && !out.has_enough(Code::NOT_USED, element) {
        let mut trouble = Trouble::at_token(Code::NOT_USED, at, token);
        trouble.component = part.composite.then_some(component);
        out.hear(trouble.with("element", rule.id.to_string()));
    }
}

/// Checks a code against the directory's list and the list the element is bound to; `beside` are
/// the components of its composite on which the binding may depend.
#[allow(clippy::too_many_arguments)]
fn check_code<'a>(
    env: Env<'_>,
    rule: &ComponentRule,
    codes: &super::layout::Codes,
    bytes: &[u8],
    beside: &[(&str, Cow<'a, [u8]>)],
    token: &Token<'a>,
    at: At,
    out: Out<'_, 'a>,
) {
    let own = codes.own(env.specs);
    if own.contains(bytes) {
        return;
    }
    let bound = codes
        .bound(env.specs, &rule.id)
        .iter()
        .find(|bound| bound.applies(beside));
    let (code, list) = match bound.map(|bound| (bound, bound.codes(env.specs))) {
        Some((_, (codes, _))) if codes.contains(bytes) => return,
        Some((bound, (_, true))) => (Code::NOT_IN_TABLE, Some(bound.table.to_string())),
        Some(_) => (Code::UNKNOWN_CODE, None),
        None if own.is_empty() => return,
        None => (Code::UNKNOWN_CODE, None),
    };
    if out.has_enough(code, at.0) {
        return;
    }
    let mut trouble = Trouble::at_token(code, at, token).with("element", rule.id.to_string());
    if let Some(list) = list {
        trouble = trouble.with("table", list);
    }
    out.hear(trouble);
}

fn representation<'a>(
    rule: &ComponentRule,
    wrong: Wrong,
    token: &Token<'a>,
    at: At,
    out: Out<'_, 'a>,
) {
    let code = match wrong {
        Wrong::TooLong(_) => Code::TOO_LONG,
        Wrong::TooShort(_) => Code::TOO_SHORT,
        Wrong::NotAlphabetic => Code::NOT_ALPHABETIC,
        Wrong::NotNumeric => Code::NOT_NUMERIC,
        Wrong::DecimalMark => Code::DECIMAL_MARK,
        Wrong::NoDigitBeforeMark => Code::NO_DIGIT_BEFORE_MARK,
    };
    if out.has_enough(code, at.0) {
        return;
    }
    let trouble = Trouble::at_token(code, at, token);
    let trouble = match wrong {
        Wrong::TooLong(len) => trouble
            .with("length", len.to_string())
            .with("max", rule.max.to_string()),
        Wrong::TooShort(len) => trouble
            .with("length", len.to_string())
            .with("min", rule.min.to_string()),
        _ => trouble,
    };
    out.hear(trouble.with("element", rule.id.to_string()));
}

/// What can be said of a composite only when it is whole.
#[inline]
fn whole_composite<'a>(
    env: Env<'_>,
    layout: &Layout,
    part: &PartRule,
    (element, repetition): (usize, u32),
    found: u64,
    composite: Composite<'_, 'a>,
    out: Out<'_, 'a>,
) {
    if found & part.required != part.required {
        for (at, rule) in layout.components_of(part).iter().enumerate().take(64) {
            if rule.mandatory
                && found >> at & 1 == 0
                && !out.has_enough(Code::MISSING_COMPONENT, element)
            {
                let mut trouble = Trouble::at_offset(
                    Code::MISSING_COMPONENT,
                    element,
                    repetition,
                    composite.end(),
                );
                trouble.component = Some(at);
                out.hear(trouble.with("element", rule.id.to_string()));
            }
        }
    }
    for &at in &part.named {
        let bytes = composite.bytes(at);
        if bytes.is_empty() {
            continue;
        }
        let rule = &layout.components_of(part)[at];
        let Some(codes) = &rule.codes else { continue };
        if composite.segment.has_specials() || !codes.own(env.specs).contains(bytes) {
            named_code(env, rule, codes, (element, repetition, at), composite, out);
        }
    }
    if let Some((at, format)) = part.date
        && let (Some(token), Some(format)) = (composite.get(at), composite.get(format))
    {
        let format = format.value();
        if let Some(pattern) = env.dates.pattern(&format)
            && !pattern.matches(&token.value())
            && !out.has_enough(Code::INVALID_DATE, element)
        {
            let format = String::from_utf8_lossy(&format).into_owned();
            let trouble = Trouble::at_token(Code::INVALID_DATE, (element, repetition, at), &token);
            out.hear(
                trouble
                    .with("format", format)
                    .with("pattern", pattern.text.to_string()),
            );
        }
    }
    for dependency in &part.dependencies {
        if !holds(dependency, found) {
            dependency_broken(
                layout,
                dependency,
                Some((part, element, repetition)),
                composite.end(),
                out,
            );
        }
    }
}

/// A code that the directory's own list does not have, where 1131 and 3055 may name another list.
#[inline(never)]
fn named_code<'a>(
    env: Env<'_>,
    rule: &ComponentRule,
    codes: &super::layout::Codes,
    at: At,
    composite: Composite<'_, 'a>,
    out: Out<'_, 'a>,
) {
    let Some(token) = composite.get(at.2) else {
        return;
    };
    let token = &token;
    let value = |at: usize| composite.get(at).map(|token| token.value());
    let (list, agency) = rule.list_named_by;
    let list = list.and_then(value);
    let agency = agency.and_then(value);
    let code = token.value();
    // That it is none by its characters or length was said.
    let chars = env.chars.filter(|_| !code.is_ascii());
    let len = chars.map_or(code.len(), |count| count(&code)) as u32;
    if value::check(rule.class, (rule.min, rule.max), &code, len, env.marks).is_some() {
        return;
    }
    let own = list.is_none() && matches!(agency.as_deref(), None | Some(b"6"));
    let bound = codes.bound(env.specs, &rule.id).iter().any(|bound| {
        bound.when.as_ref().is_some_and(|(id, wanted)| {
            &**id == "3055" && agency.as_deref() == Some(wanted.as_bytes())
        })
    });
    if own || bound {
        let beside = agency.map(|agency| ("3055", agency));
        check_code(env, rule, codes, &code, beside.as_slice(), token, at, out);
    } else if !codes.own(env.specs).is_empty() && !codes.own(env.specs).contains(&code) {
        let trouble = Trouble::at_token(Code::CODE_LIST_NOT_HELD, at, token);
        let mut trouble = trouble.with("element", rule.id.to_string());
        for (name, value) in [("list", list), ("agency", agency)] {
            if let Some(value) = value {
                trouble = trouble.with(name, String::from_utf8_lossy(&value).into_owned());
            }
        }
        out.hear(trouble);
    }
}

#[cold]
fn missing_elements<'a>(layout: &Layout, present: u64, end: u64, out: Out<'_, 'a>) {
    for (at, part) in layout.parts.iter().enumerate().take(64) {
        if part.mandatory && present >> at & 1 == 0 && !out.has_enough(Code::MISSING_ELEMENT, at) {
            let trouble = Trouble::at_offset(Code::MISSING_ELEMENT, at, 1, end);
            out.hear(trouble.with("element", part.id.to_string()));
        }
    }
}

/// Whether the children present satisfy a dependency note.
pub(super) fn holds(dependency: &Dependency, present: u64) -> bool {
    let there = |position: &u16| (1..=64).contains(position) && present >> (position - 1) & 1 == 1;
    let count = dependency
        .positions
        .iter()
        .filter(|position| there(position))
        .count();
    let Some((first, others)) = dependency.positions.split_first() else {
        return true;
    };
    let other = others.iter().filter(|position| there(position)).count();
    match dependency.kind {
        DependencyKind::OneAndOnlyOne => count == 1,
        DependencyKind::AllOrNone => count == 0 || count == dependency.positions.len(),
        DependencyKind::OneOrMore => count >= 1,
        DependencyKind::OneOrNone => count <= 1,
        DependencyKind::IfFirstThenAll => !there(first) || other == others.len(),
        DependencyKind::IfFirstThenAtLeastOne => !there(first) || other >= 1,
        DependencyKind::IfFirstThenNone => !there(first) || other == 0,
    }
}

#[cold]
fn dependency_broken<'a>(
    layout: &Layout,
    dependency: &Dependency,
    within: Option<(&PartRule, usize, u32)>,
    end: u64,
    out: Out<'_, 'a>,
) {
    let first = dependency
        .positions
        .first()
        .map_or(0, |position| usize::from(*position).saturating_sub(1));
    let element = within.map_or(first, |(_, element, _)| element);
    if out.has_enough(Code::DEPENDENCY, element) {
        return;
    }
    let name = |position: &u16| -> String {
        let at = usize::from(*position).wrapping_sub(1);
        match within {
            Some((part, ..)) => layout.components[part.components.clone()]
                .get(at)
                .map(|c| c.id.to_string()),
            None => layout.parts.get(at).map(|part| part.id.to_string()),
        }
        .unwrap_or_else(|| position.to_string())
    };
    let kind = match dependency.kind {
        DependencyKind::OneAndOnlyOne => "D1",
        DependencyKind::AllOrNone => "D2",
        DependencyKind::OneOrMore => "D3",
        DependencyKind::OneOrNone => "D4",
        DependencyKind::IfFirstThenAll => "D5",
        DependencyKind::IfFirstThenAtLeastOne => "D6",
        DependencyKind::IfFirstThenNone => "D7",
    };
    let names: Vec<String> = dependency.positions.iter().map(name).collect();
    let repetition = within.map_or(1, |(.., repetition)| repetition);
    let trouble = Trouble::at_offset(Code::DEPENDENCY, element, repetition, end);
    out.hear(
        trouble
            .with("note", kind)
            .with("elements", names.join(", ")),
    );
}
