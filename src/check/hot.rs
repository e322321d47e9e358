//! What is looked at first of a segment: made from its layout, small, and the same for all
//! segments that are alike.

use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashSet;

use super::layout::{ComponentRule, Layout};
use crate::spec::ShortCodes;
use crate::spec::model::Class;

/// What is looked at first of a segment: small, and the same for all that are alike, so that it
/// stays in the cache.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Hot {
    /// Its elements, and last one that stands for all beyond them.
    pub parts: Arc<[HotPart]>,
    /// The components of each element, and behind them one that stands for all beyond them.
    pub rules: Arc<[HotRule]>,
    /// See [`Layout::mandatory`].
    pub mandatory: u64,
    /// Its number among all layouts.
    pub id: u32,
    /// Where its coded components begin among those of all layouts.
    pub coded_from: u32,
    /// Whether there are dependency notes of the segment.
    pub dependent: bool,
}

/// What is looked at first of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct HotPart {
    /// The first and the last of its components in [`Hot::rules`]: the last takes no value.
    pub first: u16,
    pub last: u16,
    /// Bit of each component that must be there when the element is. More than there are, where
    /// the element may not be there.
    pub required: u32,
    /// Whether there are dependency notes of the composite.
    pub dependent: bool,
}

/// What is looked at first of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct HotRule {
    /// Least length in bytes, and how much longer it may be.
    pub min: u16,
    pub span: u16,
    /// Which of the coded components of the layout it is; one more than there are, where it is
    /// none.
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

impl HotRule {
    /// Takes no value.
    const NONE: Self = Self {
        min: u16::MAX,
        span: 0,
        coded: 0,
        needs: need::NEVER,
        date_back: 0,
    };
}

/// Components of an element that are looked at first; more are looked at closely.
const MOST_COMPONENTS: usize = 31;

/// What the layouts of many messages have in common.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    parts: FxHashSet<Arc<[HotPart]>>,
    rules: FxHashSet<Arc<[HotRule]>>,
    /// How many layouts there are, and coded components of them.
    layouts: u32,
    coded: u32,
}

fn shared<T: Eq + Hash>(held: &mut FxHashSet<Arc<[T]>>, new: Vec<T>) -> Arc<[T]> {
    if let Some(found) = held.get(new.as_slice()) {
        return found.clone();
    }
    let new: Arc<[T]> = new.into();
    held.insert(new.clone());
    new
}

impl ComponentRule {
    /// `coded` is which of the coded components it is.
    fn hot(&self, coded: u16) -> HotRule {
        let (min, max) = (u16::try_from(self.min), u16::try_from(self.max));
        let (min, max) = (min.unwrap_or(u16::MAX), max.unwrap_or(u16::MAX));
        let mut needs = match self.class {
            _ if self.dropped || min == u16::MAX || max < min => need::NEVER,
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
        HotRule {
            min,
            span: max.saturating_sub(min),
            coded,
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
        let (mut parts, mut rules) = (Vec::new(), Vec::new());
        for part in &self.parts {
            let first = rules.len();
            let components = &self.components[part.components.clone()];
            let few = components.len() <= MOST_COMPONENTS;
            for (at, rule) in components.iter().enumerate().take(MOST_COMPONENTS) {
                let place = coded.binary_search(&(part.components.start + at));
                let mut hot = rule.hot(place.unwrap_or(coded.len()) as u16);
                if let Some((date, format)) = part.date
                    && format == at
                {
                    let back = format.checked_sub(date);
                    match back.and_then(|back| u8::try_from(back).ok()) {
                        Some(back) => hot.date_back = back,
                        None => hot.needs |= need::NEVER,
                    }
                    hot.needs |= need::DATE;
                }
                // A code that is checked with what names its list, and is a number or alphabetic,
                // is looked at closely; and all of a composite with very many components.
                if !few || (part.named.contains(&at) && !rule.named) {
                    hot.needs |= need::NEVER;
                }
                rules.push(hot);
            }
            let last = rules.len();
            rules.push(HotRule::NONE);
            parts.push(HotPart {
                first: first as u16,
                last: last as u16,
                required: match part.composite {
                    _ if part.max == 0 => u32::MAX,
                    true => part.required as u32,
                    false => 0,
                },
                dependent: !part.dependencies.is_empty(),
            });
        }
        let beyond = rules.len() as u16;
        rules.push(HotRule::NONE);
        parts.push(HotPart {
            first: beyond,
            last: beyond,
            required: 0,
            dependent: false,
        });
        if u16::try_from(rules.len()).is_err() {
            // More than can be numbered.
            rules = vec![HotRule::NONE];
            parts = vec![HotPart {
                first: 0,
                last: 0,
                required: 0,
                dependent: false,
            }];
        }
        self.known = coded.iter().map(|_| OnceLock::new()).collect();
        self.short = (0..=coded.len()).map(|_| OnceLock::new()).collect();
        self.short[coded.len()] = OnceLock::from(ShortCodes::default());
        self.hot = Hot {
            parts: shared(&mut shapes.parts, parts),
            rules: shared(&mut shapes.rules, rules),
            mandatory: self.mandatory,
            id: shapes.layouts,
            coded_from: shapes.coded,
            dependent: !self.dependencies.is_empty(),
        };
        shapes.coded += coded.len() as u32;
        shapes.layouts += 1;
        self.known_of = coded.into();
    }
}
