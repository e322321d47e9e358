//! What is looked at first of a segment: made from its layout, small, and the same for all
//! segments that are alike.

use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashSet;

use super::layout::{ComponentRule, Layout, PartRule};
use crate::spec::model::Class;

/// What is looked at first of a segment: small, and the same for all that are alike, so that it
/// stays in the cache.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Hot {
    pub parts: Arc<[HotPart]>,
    pub rules: Arc<[HotRule]>,
    pub joined: Arc<[HotJoined]>,
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
    /// Its components, in [`Hot::rules`].
    pub first: u16,
    pub count: u8,
    /// One more than its place in [`Hot::joined`]; 0 where no component needs others.
    pub joined: u8,
    /// Bit of each component that must be there when the element is. More than there are, where
    /// the element may not be there.
    pub required: u32,
}

/// What is looked at first of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct HotRule {
    /// Least length in bytes, and how much longer it may be.
    pub min: u16,
    pub span: u16,
    /// Which of the coded components of the layout it is.
    pub coded: u16,
    pub kind: Kind,
}

/// What is looked at first of a composite whose components need each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum HotJoined {
    /// A date and its format.
    Date(u8, u8),
    /// A code, and the components that may name its list: 1131 and 3055.
    Named(u8, Option<u8>, Option<u8>),
    /// More than that.
    Other,
}

/// Components of an element that are looked at first; more are looked at closely.
const MOST_COMPONENTS: usize = 31;

/// What the layouts of many messages have in common.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    parts: FxHashSet<Arc<[HotPart]>>,
    rules: FxHashSet<Arc<[HotRule]>>,
    joined: FxHashSet<Arc<[HotJoined]>>,
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

/// What is to be looked at of a value besides its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Nothing: text, and a code that is checked with what names its list.
    Text,
    /// It is in its list.
    Code,
    /// It is a number, whose length is not counted in bytes.
    Number,
    /// Both.
    NumericCode,
    /// It has no digits.
    Alpha,
    /// It has no digits and is in its list.
    AlphaCode,
    /// It is always looked at closely.
    Never,
}

impl PartRule {
    fn hot_joined(&self, components: &[ComponentRule]) -> HotJoined {
        let small = |at: usize| at as u8;
        match (self.date, self.named.as_slice()) {
            _ if !self.dependencies.is_empty() || self.components.len() > MOST_COMPONENTS => {
                HotJoined::Other
            }
            (Some((date, format)), []) => HotJoined::Date(small(date), small(format)),
            (None, &[at]) => {
                let (list, agency) = components[self.components.start + at].list_named_by;
                HotJoined::Named(small(at), list.map(small), agency.map(small))
            }
            _ => HotJoined::Other,
        }
    }
}

impl Layout {
    /// Makes what is looked at first. Where that is not enough for all that the layout says, it
    /// takes no value.
    pub(super) fn prepare(&mut self, shapes: &mut Shapes) {
        let mut coded = Vec::new();
        let small = u16::try_from(self.components.len()).is_ok()
            && self
                .parts
                .iter()
                .all(|part| part.components.len() <= MOST_COMPONENTS);
        let hot = |(at, rule): (usize, &ComponentRule)| {
            let has_codes = rule.codes.is_some() && !rule.named;
            if rule.codes.is_some() {
                coded.push(at);
            }
            let (min, max) = (u16::try_from(rule.min), u16::try_from(rule.max));
            let (min, max) = (min.unwrap_or(u16::MAX), max.unwrap_or(u16::MAX));
            let kind = match rule.class {
                _ if rule.dropped || !small || min == u16::MAX || max < min => Kind::Never,
                Class::Alphanumeric if has_codes => Kind::Code,
                Class::Alphanumeric => Kind::Text,
                Class::Numeric if has_codes => Kind::NumericCode,
                Class::Numeric => Kind::Number,
                Class::Alpha if has_codes => Kind::AlphaCode,
                Class::Alpha => Kind::Alpha,
                Class::Date | Class::Binary => Kind::Never,
            };
            HotRule {
                min,
                span: max.saturating_sub(min),
                coded: coded.len().saturating_sub(1) as u16,
                kind,
            }
        };
        let rules: Vec<HotRule> = self.components.iter().enumerate().map(hot).collect();
        let mut joined = Vec::new();
        let hot = |part: &PartRule| {
            if part.joined {
                joined.push(part.hot_joined(&self.components));
            }
            HotPart {
                first: part.components.start as u16,
                count: part.components.len().min(MOST_COMPONENTS) as u8,
                // Of those that cannot be counted each is looked at closely.
                joined: if part.joined {
                    u8::try_from(joined.len()).unwrap_or(u8::MAX)
                } else {
                    0
                },
                required: match part.composite {
                    _ if part.max == 0 => u32::MAX,
                    true => part.required as u32,
                    false => 0,
                },
            }
        };
        let parts: Vec<HotPart> = self.parts.iter().map(hot).collect();
        joined.truncate(usize::from(u8::MAX) - 1);
        self.known = coded.iter().map(|_| OnceLock::new()).collect();
        self.short = coded.iter().map(|_| OnceLock::new()).collect();
        self.hot = Hot {
            parts: shared(&mut shapes.parts, parts),
            rules: shared(&mut shapes.rules, rules),
            joined: shared(&mut shapes.joined, joined),
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
