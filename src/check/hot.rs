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
    /// The components of its elements, behind those of each element one that stands for all beyond
    /// them, and last one that stands for all beyond the elements.
    pub rules: Arc<[HotRule]>,
    /// Which components need others. Some of them need nothing: they come in fours.
    pub demands: Arc<[[Demand; 4]]>,
    /// Bit of each rule whose component must be there.
    pub must: u64,
    /// Its number among all layouts.
    pub id: u32,
    /// Where its coded components begin among those of all layouts.
    pub coded_from: u32,
    /// Whether there are dependency notes of the segment or of a composite.
    pub dependent: bool,
}

/// What must be there where one of some components is: bits of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Demand {
    /// Where one of these is there,
    pub when: u64,
    /// all of these must be.
    pub all: u64,
    /// One of these must be there anyway.
    pub any: u64,
}

impl Demand {
    /// Something must be there at all.
    const NONE: Self = Self {
        when: 0,
        all: 0,
        any: u64::MAX,
    };

    /// Whether it is met where these rules have found a value.
    #[inline]
    pub(super) fn is_met(&self, seen: u64) -> bool {
        ((seen & self.when == 0) | (seen & self.all == self.all)) & (seen & self.any != 0)
    }
}

/// What is looked at first of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(align(16))]
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
    /// Which rule is next: behind a component separator, and behind an element separator.
    pub next: [u8; 2],
    /// Which component of its element it is.
    pub component: u8,
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
        next: [0; 2],
        component: 1,
    };

    /// Least and greatest length.
    #[inline]
    pub(super) fn bounds(&self) -> (u32, u32) {
        let min = u32::from(self.min);
        (min, min + u32::from(self.span))
    }
}

/// Rules of a layout, those that take nothing included; what more elements hold is looked at
/// closely.
pub(super) const MOST_RULES: usize = 64;

/// What the layouts of many messages have in common.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    rules: FxHashSet<Arc<[HotRule]>>,
    demands: FxHashSet<Arc<[[Demand; 4]]>>,
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
            next: [0; 2],
            component: 0,
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
        let (mut rules, mut demands) = (Vec::new(), Vec::new());
        let mut must = 0u64;
        for (element, part) in self.parts.iter().enumerate() {
            let first = rules.len();
            let components = &self.components[part.components.clone()];
            // One that takes nothing stands behind them, and another behind all elements.
            if first + components.len() + 2 > MOST_RULES {
                if self.parts[element..].iter().any(|part| part.mandatory) {
                    // It is not told whether it is there.
                    rules.clear();
                }
                break;
            }
            for (at, rule) in components.iter().enumerate() {
                let place = coded.binary_search(&(part.components.start + at));
                let mut hot = rule.hot(place.unwrap_or(coded.len()) as u16);
                if let Some((date, format)) = part.date
                    && format == at
                {
                    match format.checked_sub(date) {
                        Some(back) => hot.date_back = back as u8,
                        None => hot.needs |= need::NEVER,
                    }
                    hot.needs |= need::DATE;
                }
                // A code that is checked with what names its list, and is a number or alphabetic,
                // is looked at closely.
                if part.max == 0 || (part.named.contains(&at) && !rule.named) {
                    hot.needs |= need::NEVER;
                }
                hot.component = at as u8;
                rules.push(hot);
            }
            rules.push(HotRule {
                component: components.len() as u8,
                ..HotRule::NONE
            });
            let next = rules.len() as u8;
            for (at, rule) in (first..).zip(&mut rules[first..]) {
                rule.next = [(at as u8 + 1).min(next - 1), next];
            }
            let all = ((1u64 << components.len()) - 1) << first;
            let required = if part.composite {
                part.required << first & all
            } else {
                0
            };
            match (part.mandatory, required) {
                (true, 0) if components.len() == 1 => must |= all,
                (true, 0) => demands.push(Demand {
                    any: all,
                    ..Demand::NONE
                }),
                (true, required) => must |= required,
                (false, 0) => {}
                (false, required) => demands.push(Demand {
                    when: all,
                    all: required,
                    ..Demand::NONE
                }),
            }
        }
        let beyond = rules.len() as u8;
        rules.push(HotRule {
            next: [beyond; 2],
            ..HotRule::NONE
        });
        let rest = demands.len().next_multiple_of(4);
        demands.resize(rest, Demand::NONE);
        let (demands, _) = demands.as_chunks::<4>();
        let dependent = !self.dependencies.is_empty()
            || self.parts.iter().any(|part| !part.dependencies.is_empty());
        self.known = coded.iter().map(|_| OnceLock::new()).collect();
        self.short = (0..=coded.len()).map(|_| OnceLock::new()).collect();
        self.short[coded.len()] = OnceLock::from(ShortCodes::default());
        self.hot = Hot {
            rules: shared(&mut shapes.rules, rules),
            demands: shared(&mut shapes.demands, demands.to_vec()),
            must,
            id: shapes.layouts,
            coded_from: shapes.coded,
            dependent,
        };
        shapes.coded += coded.len() as u32;
        shapes.layouts += 1;
        self.known_of = coded.into();
    }
}
