//! The elements of a placed segment against its layout: presence, repetition, representation,
//! codes, dates, dependencies.

use std::borrow::Cow;

use super::date::{self, DateFormats};
use super::layout::{ComponentRule, Layout, PartRule};
use super::value::{self, DecimalMarks, Wrong};
use crate::edifact::{End, Token};
use crate::finding::Code;
use crate::spec::Specs;
use crate::spec::model::{Dependency, DependencyKind};

/// What the check of elements depends on.
#[derive(Clone, Copy)]
pub(super) struct Env<'e> {
    pub specs: &'e Specs,
    pub marks: DecimalMarks,
    /// Counts characters where one may take several bytes.
    pub chars: Option<fn(&[u8]) -> usize>,
    pub dates: &'e DateFormats,
}

/// Something wrong in a segment's elements.
#[derive(Debug)]
pub(super) struct Trouble<'a> {
    pub code: Code,
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

/// The values of a composite, as far as they are needed together.
#[derive(Default)]
pub(super) struct Joined<'a>(Vec<Token<'a>>);

type Out<'o, 'a> = &'o mut dyn FnMut(Trouble<'a>);

/// Checks the elements of a segment: `tokens` are those behind its tag, `end` is the offset of
/// its terminator.
#[inline]
pub(super) fn check<'a>(
    env: Env<'_>,
    layout: &Layout,
    tokens: impl Iterator<Item = Token<'a>>,
    end: u64,
    joined: &mut Joined<'a>,
    out: Out<'_, 'a>,
) {
    let mut element = 0;
    let mut component = 0;
    let mut repetition = 1u32;
    let mut present = 0u64;
    let mut components = 0u64;
    joined.0.clear();
    let mut trailing = None;
    for token in tokens {
        match layout.parts.get(element) {
            Some(part) => {
                let rule = layout.components[part.components.clone()].get(component);
                if !token.bytes.is_empty() {
                    if component < 64 {
                        components |= 1 << component;
                    }
                    match rule {
                        Some(rule) => {
                            check_value(
                                env,
                                part,
                                rule,
                                token,
                                (element, repetition, component),
                                out,
                            );
                        }
                        None => out(Trouble {
                            code: Code::EXCESS_COMPONENT,
                            element,
                            repetition,
                            component: Some(component),
                            offset: token.offset,
                            raw: token.bytes,
                            value: token.value(),
                            args: vec![("expected", part.components.len().to_string().into())],
                        }),
                    }
                } else if token.end != End::Component && component > 0 {
                    trailing = Some(token);
                }
                if part.joined {
                    joined.0.push(token);
                }
                if token.end == End::Component {
                    component += 1;
                    continue;
                }
                if components != 0 {
                    end_composite(
                        env,
                        layout,
                        part,
                        (element, repetition),
                        components,
                        &token,
                        joined,
                        out,
                    );
                    if element < 64 {
                        present |= 1 << element;
                    }
                    if repetition > part.max {
                        if repetition == part.max + 1 {
                            out(Trouble {
                                code: Code::TOO_MANY_REPETITIONS,
                                element,
                                repetition,
                                component: None,
                                offset: token.offset,
                                raw: token.bytes,
                                value: token.value(),
                                args: vec![("max", part.max.to_string().into())],
                            });
                        }
                    }
                }
                components = 0;
                component = 0;
                joined.0.clear();
                if token.end == End::Repetition {
                    repetition += 1;
                    continue;
                }
                repetition = 1;
                if token.end == End::Terminator
                    && token.bytes.is_empty()
                    && element > 0
                    && present >> element.min(63) == 0
                {
                    trailing = Some(token);
                }
                element += 1;
            }
            None => {
                if !token.bytes.is_empty() {
                    out(Trouble {
                        code: Code::EXCESS_ELEMENT,
                        element,
                        repetition,
                        component: None,
                        offset: token.offset,
                        raw: token.bytes,
                        value: token.value(),
                        args: vec![("expected", layout.parts.len().to_string().into())],
                    });
                }
                if matches!(token.end, End::Element | End::Terminator) {
                    element += 1;
                }
            }
        }
    }
    if present & layout.mandatory != layout.mandatory {
        missing_elements(layout, present, end, out);
    }
    for dependency in &layout.dependencies {
        if !holds(dependency, present) {
            dependency_broken(layout, dependency, None, end, out);
        }
    }
    if let Some(token) = trailing {
        out(Trouble {
            code: Code::TRAILING_SEPARATOR,
            element: element.saturating_sub(1),
            repetition: 1,
            component: None,
            offset: token.offset,
            raw: token.bytes,
            value: token.value(),
            args: Vec::new(),
        });
    }
}

#[inline]
fn check_value<'a>(
    env: Env<'_>,
    part: &PartRule,
    rule: &ComponentRule,
    token: Token<'a>,
    (element, repetition, component): (usize, u32, usize),
    out: Out<'_, 'a>,
) {
    let cooked;
    let bytes = if token.escaped {
        cooked = token.value();
        &*cooked
    } else {
        token.bytes
    };
    let chars = match env.chars {
        Some(count) if !bytes.is_ascii() => count(bytes) as u32,
        _ => bytes.len() as u32,
    };
    if let Some(wrong) = value::check(rule.class, (rule.min, rule.max), bytes, chars, env.marks) {
        representation(rule, wrong, token, (element, repetition, component), out);
    }
    if let Some(codes) = &rule.codes
        && (!part.joined || rule.list_named_by == (None, None))
    {
        check_code(
            env,
            rule,
            codes,
            bytes,
            &[],
            token,
            (element, repetition, component),
            out,
        );
    }
    if rule.dropped {
        out(Trouble {
            code: Code::NOT_USED,
            element,
            repetition,
            component: part.composite.then_some(component),
            offset: token.offset,
            raw: token.bytes,
            value: token.value(),
            args: vec![("element", rule.id.to_string().into())],
        });
    }
}

/// Checks a code against the directory's list, else against the list the element is bound to;
/// `beside` are the components of its composite.
#[allow(clippy::too_many_arguments)]
fn check_code<'a>(
    env: Env<'_>,
    rule: &ComponentRule,
    codes: &super::layout::Codes,
    bytes: &[u8],
    beside: &[(&str, Cow<'a, [u8]>)],
    token: Token<'a>,
    (element, repetition, component): (usize, u32, usize),
    out: Out<'_, 'a>,
) {
    let own = codes.own(env.specs);
    if own.contains(bytes) {
        return;
    }
    let bound = codes.bound(env.specs, &rule.id).filter(|bound| {
        bound.when.as_ref().is_none_or(|(id, value)| {
            beside
                .iter()
                .any(|(held, found)| *held == &**id && **found == *value.as_bytes())
        })
    });
    let (code, list) = match bound {
        Some(bound) if bound.codes.contains(bytes) => return,
        Some(bound) if bound.open => (Code::NOT_IN_TABLE, Some(bound.table.to_string())),
        Some(_) => (Code::UNKNOWN_CODE, None),
        None if own.is_empty() => return,
        None => (Code::UNKNOWN_CODE, None),
    };
    let mut args: Vec<(&'static str, Cow<'a, str>)> = vec![("element", rule.id.to_string().into())];
    args.extend(list.map(|list| ("table", Cow::Owned(list))));
    out(Trouble {
        code,
        element,
        repetition,
        component: Some(component),
        offset: token.offset,
        raw: token.bytes,
        value: token.value(),
        args,
    });
}

fn representation<'a>(
    rule: &ComponentRule,
    wrong: Wrong,
    token: Token<'a>,
    (element, repetition, component): (usize, u32, usize),
    out: Out<'_, 'a>,
) {
    let (code, args) = match wrong {
        Wrong::TooLong(len) => (
            Code::TOO_LONG,
            vec![
                ("length", len.to_string().into()),
                ("max", rule.max.to_string().into()),
            ],
        ),
        Wrong::TooShort(len) => (
            Code::TOO_SHORT,
            vec![
                ("length", len.to_string().into()),
                ("min", rule.min.to_string().into()),
            ],
        ),
        Wrong::NotAlphabetic => (Code::NOT_ALPHABETIC, Vec::new()),
        Wrong::NotNumeric => (Code::NOT_NUMERIC, Vec::new()),
        Wrong::DecimalMark => (Code::DECIMAL_MARK, Vec::new()),
        Wrong::NoDigitBeforeMark => (Code::NO_DIGIT_BEFORE_MARK, Vec::new()),
    };
    let mut args = args;
    args.push(("element", rule.id.to_string().into()));
    out(Trouble {
        code,
        element,
        repetition,
        component: Some(component),
        offset: token.offset,
        raw: token.bytes,
        value: token.value(),
        args,
    });
}

/// What can be said of a composite (or a simple element) only when it is whole.
#[allow(clippy::too_many_arguments)]
#[inline]
fn end_composite<'a>(
    env: Env<'_>,
    layout: &Layout,
    part: &PartRule,
    (element, repetition): (usize, u32),
    present: u64,
    last: &Token<'a>,
    joined: &Joined<'a>,
    out: Out<'_, 'a>,
) {
    if part.composite && present & part.required != part.required {
        let rules = &layout.components[part.components.clone()];
        for (at, rule) in rules.iter().enumerate().take(64) {
            if rule.mandatory && present >> at & 1 == 0 {
                out(Trouble {
                    code: Code::MISSING_COMPONENT,
                    element,
                    repetition,
                    component: Some(at),
                    offset: last.offset + last.bytes.len() as u64,
                    raw: b"",
                    value: Cow::Borrowed(b""),
                    args: vec![("element", rule.id.to_string().into())],
                });
            }
        }
    }
    if part.joined {
        check_joined(
            env,
            layout,
            part,
            (element, repetition),
            present,
            last,
            joined,
            out,
        );
    }
}

#[allow(clippy::too_many_arguments)]
fn check_joined<'a>(
    env: Env<'_>,
    layout: &Layout,
    part: &PartRule,
    (element, repetition): (usize, u32),
    present: u64,
    last: &Token<'a>,
    joined: &Joined<'a>,
    out: Out<'_, 'a>,
) {
    let rules = &layout.components[part.components.clone()];
    let tokens = &joined.0;
    let value = |at: usize| {
        tokens
            .get(at)
            .map(Token::value)
            .filter(|value| !value.is_empty())
    };
    for (at, rule) in rules.iter().enumerate() {
        let (list, agency) = rule.list_named_by;
        let Some(codes) = rule
            .codes
            .as_ref()
            .filter(|_| (list, agency) != (None, None))
        else {
            continue;
        };
        let Some(code) = value(at) else { continue };
        let list = list.and_then(value);
        let agency = agency.and_then(value);
        let at_code = (element, repetition, at);
        match (&list, agency.as_deref()) {
            (None, None | Some(b"6")) => {
                let beside = agency.map(|agency| ("3055", agency));
                check_code(
                    env,
                    rule,
                    codes,
                    &code,
                    beside.as_slice(),
                    tokens[at],
                    at_code,
                    out,
                );
            }
            (_, agency_value) => {
                // Another list is named. The one we hold for it is used where it is bound.
                let bound =
                    codes
                        .binding(env.specs, &rule.id)
                        .flatten()
                        .is_some_and(|(id, wanted)| {
                            id == "3055" && agency_value == Some(wanted.as_bytes())
                        });
                if bound {
                    let beside = agency.map(|agency| ("3055", agency));
                    check_code(
                        env,
                        rule,
                        codes,
                        &code,
                        beside.as_slice(),
                        tokens[at],
                        at_code,
                        out,
                    );
                } else if !codes.own(env.specs).is_empty() && !codes.own(env.specs).contains(&code)
                {
                    let named = |value: Option<Cow<'a, [u8]>>| {
                        Cow::Owned(String::from_utf8_lossy(&value.unwrap_or_default()).into_owned())
                    };
                    out(Trouble {
                        code: Code::CODE_LIST_NOT_HELD,
                        element,
                        repetition,
                        component: Some(at),
                        offset: tokens[at].offset,
                        raw: tokens[at].bytes,
                        value: tokens[at].value(),
                        args: vec![
                            ("element", rule.id.to_string().into()),
                            ("list", named(list)),
                            ("agency", named(agency)),
                        ],
                    });
                }
            }
        }
    }
    if let Some((at, format)) = part.date
        && let (Some(date), Some(format)) = (value(at), value(format))
        && let Some(pattern) = env.dates.pattern(&format)
        && !date::matches(pattern, &date)
    {
        out(Trouble {
            code: Code::INVALID_DATE,
            element,
            repetition,
            component: Some(at),
            offset: tokens[at].offset,
            raw: tokens[at].bytes,
            value: tokens[at].value(),
            args: vec![
                (
                    "format",
                    Cow::Owned(String::from_utf8_lossy(&format).into_owned()),
                ),
                ("pattern", Cow::Owned(pattern.to_owned())),
            ],
        });
    }
    for dependency in &part.dependencies {
        if !holds(dependency, present) {
            let end = last.offset + last.bytes.len() as u64;
            dependency_broken(
                layout,
                dependency,
                Some((part, element, repetition)),
                end,
                out,
            );
        }
    }
}

#[cold]
fn missing_elements<'a>(layout: &Layout, present: u64, end: u64, out: Out<'_, 'a>) {
    for (at, part) in layout.parts.iter().enumerate().take(64) {
        if part.mandatory && present >> at & 1 == 0 {
            out(Trouble {
                code: Code::MISSING_ELEMENT,
                element: at,
                repetition: 1,
                component: None,
                offset: end,
                raw: b"",
                value: Cow::Borrowed(b""),
                args: vec![("element", part.id.to_string().into())],
            });
        }
    }
}

/// Whether the children present satisfy a dependency note.
fn holds(dependency: &Dependency, present: u64) -> bool {
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
    out(Trouble {
        code: Code::DEPENDENCY,
        element: within.map_or(0, |(_, element, _)| element),
        repetition: within.map_or(1, |(.., repetition)| repetition),
        component: None,
        offset: end,
        raw: b"",
        value: Cow::Borrowed(b""),
        args: vec![
            ("note", Cow::Borrowed(kind)),
            ("elements", Cow::Owned(names.join(", "))),
        ],
    });
}
