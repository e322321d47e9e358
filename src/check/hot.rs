//! What is looked at first of a segment: made from its layout, small, and the same for all
//! segments that are alike.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::layout::{ComponentRule, Layout, ListKey, Lists};
use crate::spec::model::Class;

/// What is looked at first of a segment: small, so that it stays in the cache.
///
/// Aligned, so that it lies in one line of the cache.
#[derive(Clone, Debug)]
#[repr(align(32))]
pub(super) struct Hot {
    pub shape: Arc<Shape>,
    /// The code lists of its coded components.
    pub lists: Arc<Lists>,
    /// Where these begin among all lists.
    pub listed_from: u32,
    /// Where its coded components begin among those of all layouts.
    pub coded_from: u32,
    /// Whether there are dependency notes of the segment or of a composite.
    pub dependent: bool,
    /// Its number among all layouts.
    pub id: u32,
}

/// What the segments of many layouts have in common: a rule for each component, and bits of rules.
///
/// Behind the rules of the components of each element stands one for all beyond them, which takes
/// nothing; so that bits of an element that are added carry no further than to its bit.
///
/// What every segment needs comes first and fills one line of the cache.
#[derive(Debug, PartialEq, Eq, Hash)]
#[repr(C, align(64))]
pub(super) struct Shape {
    /// Those whose component must be there.
    must: u64,
    /// All that stand for components, and those that stand behind them.
    components: u64,
    beyond: u64,
    /// Those whose component must be there where its element is.
    required: u64,
    /// Of the elements that must be there in any part, those behind.
    any: u64,
    /// How many elements there are.
    pub elements: u32,
    /// What is looked at closely of the components.
    pub close: Box<[CloseRule]>,
    /// The first rule of each element, and of all beyond.
    pub first: [u8; MOST_RULES],
    /// The components of its elements, and behind these such as stand for all beyond.
    pub rules: [HotRule; MOST_RULES],
}

impl Default for Shape {
    /// Takes nothing.
    fn default() -> Self {
        Self {
            must: 0,
            components: 0,
            beyond: 0,
            required: 0,
            any: 0,
            elements: 0,
            close: [].into(),
            first: [0; MOST_RULES],
            rules: [HotRule::NONE; MOST_RULES],
        }
    }
}

impl Shape {
    /// Whether all that must be there is, where these rules have found a value.
    #[inline(always)]
    pub(super) fn is_met(&self, seen: u64) -> bool {
        let filled = |bits: u64| ((bits & self.components) + self.components) & self.beyond;
        let (there, lacking) = (filled(seen), filled(self.required & !seen));
        (seen & self.must == self.must) & (there & lacking == 0) & (there & self.any == self.any)
    }
}

/// What is looked at first of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(align(8))]
pub(super) struct HotRule {
    /// Least and greatest length in bytes, where the length of all is counted in bytes; otherwise
    /// any.
    pub least: u8,
    /// What is enough for a value to be good: see [`quick`].
    pub quick: u8,
    pub most: u16,
    /// Which of the lists of the layout is its own; the first is empty, for what is not coded.
    pub list: u8,
    /// Which component of its element it is.
    pub component: u8,
    /// How many digits a number may have at least, and how many more, as far as the first look
    /// takes digits.
    pub least_digits: u8,
    pub more_digits: u8,
}

/// What is looked at of a value where the first look was not enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CloseRule {
    /// Least length of what is counted, and how much longer it may be.
    pub min: u16,
    pub span: u16,
    /// Which of the coded components of the layout it is, if it is one.
    pub coded: u16,
    /// What is to be looked at besides its length: see [`need`].
    pub needs: u8,
    /// How many components before it the date stands whose format it is.
    pub date_back: u8,
}

/// What may be looked at of a value besides its length, a bit each.
pub(super) mod need {
    /// It is in its list.
    pub(in super::super) const CODE: u8 = 1;
    /// It is a number, whose length is not counted in bytes.
    pub(in super::super) const NUMBER: u8 = 2;
    /// It has no digits.
    pub(in super::super) const ALPHA: u8 = 4;
    /// The component behind it (1131) may name another list for it.
    pub(in super::super) const LIST: u8 = 8;
    /// So may the one behind that, or the one behind it where there is no 1131 (3055).
    pub(in super::super) const AGENCY: u8 = 16;
    /// It is the format of a date before it.
    pub(in super::super) const DATE: u8 = 32;
    /// It is always looked at closely.
    pub(in super::super) const NEVER: u8 = 64;
}

/// What is enough for a value of a good length, a bit each: one of them is.
pub(super) mod quick {
    /// Nothing else.
    pub(in super::super) const NOTHING: u8 = 1;
    /// It is one of the short codes of its list.
    pub(in super::super) const CODE: u8 = 2;
    /// It is eight digits at most, and not too many.
    pub(in super::super) const DIGITS: u8 = 4;
}

impl HotRule {
    /// Takes no value.
    const NONE: Self = Self {
        least: u8::MAX,
        quick: 0,
        most: 0,
        list: 0,
        component: 0,
        least_digits: 0,
        more_digits: 0,
    };

    /// Takes what needs no closer look than a rule asks for.
    fn of(close: &CloseRule, component: u8) -> Self {
        let (min, max) = close.bounds();
        let (least, most) = (min.max(1), max.min(MOST_DIGITS));
        let quick = match close.needs & !(need::LIST | need::AGENCY) {
            0 => quick::NOTHING,
            need::CODE => quick::CODE,
            need::NUMBER if least <= most => quick::DIGITS,
            _ => 0,
        };
        let (min, max) = match close.needs & (need::NUMBER | need::NEVER) {
            0 => (min, max),
            _ => (0, u32::from(u16::MAX)),
        };
        let is_number = quick == quick::DIGITS;
        Self {
            least: u8::try_from(min).unwrap_or(u8::MAX),
            quick,
            most: u16::try_from(max).unwrap_or(u16::MAX),
            // There are no more of them than rules.
            list: close.coded.wrapping_add(1) as u8,
            component,
            least_digits: if is_number { least as u8 } else { 0 },
            more_digits: if is_number { (most - least) as u8 } else { 0 },
        }
    }
}

impl CloseRule {
    /// Takes no value.
    const NONE: Self = Self {
        min: u16::MAX,
        span: 0,
        coded: u16::MAX,
        needs: need::NEVER,
        date_back: 0,
    };

    /// Least and greatest length.
    #[inline]
    pub(super) fn bounds(&self) -> (u32, u32) {
        let min = u32::from(self.min);
        (min, min + u32::from(self.span))
    }
}

/// The first look takes no more digits of a number.
pub(super) const MOST_DIGITS: u32 = 8;

/// Rules of a layout, those that take nothing included; what more elements hold is looked at
/// closely.
pub(super) const MOST_RULES: usize = 64;

/// What the layouts of many messages have in common.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    shapes: FxHashSet<Arc<Shape>>,
    /// The lists of layouts, and where they begin among all.
    lists: FxHashMap<Vec<ListKey>, (Arc<Lists>, u32)>,
    /// How many layouts there are, coded components of them, and lists that are not the same.
    layouts: u32,
    coded: u32,
    listed: u32,
}

impl ComponentRule {
    /// `coded` is which of the coded components it is.
    fn close(&self, coded: Option<usize>) -> CloseRule {
        let (min, max) = (u16::try_from(self.min), u16::try_from(self.max));
        let (min, max) = (min.unwrap_or(u16::MAX), max.unwrap_or(u16::MAX));
        let mut needs = match self.class {
            // Lengths of more than a byte are never the least.
            _ if self.dropped || min > u16::from(u8::MAX) || max < min => need::NEVER,
            Class::Alphanumeric => 0,
            Class::Numeric => need::NUMBER,
            Class::Alpha => need::ALPHA,
            Class::Date | Class::Binary => need::NEVER,
        };
        if self.codes.is_some() {
            needs |= need::CODE;
        }
        if self.codes.is_some() && self.named {
            let (list, agency) = self.list_named_by;
            needs |= if list.is_some() { need::LIST } else { 0 };
            needs |= if agency.is_some() { need::AGENCY } else { 0 };
        }
        CloseRule {
            min,
            span: max.saturating_sub(min),
            coded: coded.map_or(u16::MAX, |at| at as u16),
            needs,
            date_back: 0,
        }
    }
}

impl Layout {
    /// Makes what is looked at first. Where that is not enough for all that the layout says, it
    /// takes no value.
    pub(super) fn prepare(&mut self, shapes: &mut Shapes) {
        let coded = self.components.iter().enumerate();
        let coded = coded.filter(|(_, rule)| rule.codes.is_some());
        let coded: Vec<usize> = coded.map(|(at, _)| at).collect();
        let mut close = Vec::new();
        let mut shape = Shape::default();
        for (element, part) in self.parts.iter().enumerate() {
            let first = close.len();
            let components = &self.components[part.components.clone()];
            // One that takes nothing stands behind them, and another behind all elements.
            if first + components.len() + 2 > MOST_RULES {
                if self.parts[element..].iter().any(|part| part.mandatory) {
                    // It is not told whether it is there.
                    close.clear();
                    shape = Shape::default();
                }
                break;
            }
            for (at, rule) in components.iter().enumerate() {
                let place = coded.binary_search(&(part.components.start + at));
                let mut rule_of = rule.close(place.ok());
                if let Some((date, format)) = part.date
                    && format == at
                {
                    match format.checked_sub(date) {
                        Some(back) => rule_of.date_back = back as u8,
                        None => rule_of.needs |= need::NEVER,
                    }
                    rule_of.needs |= need::DATE;
                }
                // A code that is checked with what names its list, and is a number or alphabetic,
                // is looked at closely.
                if part.max == 0 || (part.named.contains(&at) && !rule.named) {
                    rule_of.needs |= need::NEVER;
                }
                shape.rules[close.len()] = HotRule::of(&rule_of, at as u8);
                close.push(rule_of);
            }
            shape.rules[close.len()].component = components.len() as u8;
            close.push(CloseRule::NONE);
            let all = ((1u64 << components.len()) - 1) << first;
            shape.components |= all;
            shape.beyond |= 1 << (first + components.len());
            let required = match part.composite {
                true => part.required << first & all,
                false => 0,
            };
            match (part.mandatory, required) {
                (true, 0) if components.len() == 1 => shape.must |= all,
                (true, 0) => shape.any |= 1 << (first + components.len()),
                (true, required) => shape.must |= required,
                (false, required) => shape.required |= required,
            }
            shape.elements += 1;
            shape.first[element + 1] = close.len() as u8;
        }
        shape.close = close.into();
        let dependent = !self.dependencies.is_empty()
            || self.parts.iter().any(|part| !part.dependencies.is_empty());
        let keys = coded.iter().filter_map(|at| {
            let rule = &self.components[*at];
            rule.codes.as_ref().map(|codes| codes.key(&rule.id))
        });
        let keys: Vec<ListKey> = keys.collect();
        let lists = shapes.lists.entry(keys);
        let (lists, listed_from) = lists.or_insert_with(|| {
            let from = shapes.listed;
            // One more, which is empty, stands for all components that are not coded.
            shapes.listed += coded.len() as u32 + 1;
            (Arc::new(Lists::new(coded.len())), from)
        });
        let shape = match shapes.shapes.get(&shape) {
            Some(held) => held.clone(),
            None => {
                let shape = Arc::new(shape);
                shapes.shapes.insert(shape.clone());
                shape
            }
        };
        self.hot = Hot {
            id: shapes.layouts,
            shape,
            coded_from: shapes.coded,
            dependent,
            lists: lists.clone(),
            listed_from: *listed_from,
        };
        shapes.coded += coded.len() as u32;
        shapes.layouts += 1;
        self.known_of = coded.into();
    }
}
