//! Simple types from their definitions, and the constraints on facets (part 2, clause 4.3).

use std::cmp::Ordering;
use std::sync::Arc;

use super::build::{Builder, Place, Scope};
use super::builtin::ANY_SIMPLE;
use super::component::{Derivations, TypeId};
use super::regex::Pattern;
use super::simple::{Bound, Primitive, Simple, SimpleId, Space, Variety, fixed, normalise};
use crate::Result;

const FACETS: [(&str, u16); 10] = [
    ("length", fixed::LENGTH),
    ("minLength", fixed::MIN_LENGTH),
    ("maxLength", fixed::MAX_LENGTH),
    ("whiteSpace", fixed::SPACE),
    ("maxInclusive", fixed::MAX_INCLUSIVE),
    ("maxExclusive", fixed::MAX_EXCLUSIVE),
    ("minInclusive", fixed::MIN_INCLUSIVE),
    ("minExclusive", fixed::MIN_EXCLUSIVE),
    ("totalDigits", fixed::TOTAL_DIGITS),
    ("fractionDigits", fixed::FRACTION_DIGITS),
];

impl Builder<'_> {
    /// The simple type that an element defines.
    pub(super) fn simple_type(&mut self, place: Place) -> Result<SimpleId> {
        let Some((how, node)) = self.children(place).next() else {
            return Err(self.error(place, "a simple type lacks content"));
        };
        const ALL: u8 = Derivations::RESTRICTION | Derivations::LIST | Derivations::UNION;
        let closed = self.ways(place, "final", "finalDefault", ALL);
        let id = match &*node.name {
            "restriction" => {
                let inner = self.child(how, "simpleType");
                let base = match (node.get("base"), inner) {
                    (Some(text), None) => self.simple_named(how, text)?,
                    (None, Some(inner)) => self.simple_at(inner)?,
                    _ => return Err(self.error(how, "a restriction has either base or simpleType")),
                };
                if base == ANY_SIMPLE {
                    return Err(self.error(how, "anySimpleType cannot be restricted"));
                }
                if self.out.simples.get(base).closed & Derivations::RESTRICTION != 0 {
                    return Err(self.error(how, "the base type is final for restriction"));
                }
                return self.restrict_closed(how, base, closed);
            }
            "list" => {
                let inner = self.child(how, "simpleType");
                let item = match (node.get("itemType"), inner) {
                    (Some(text), None) => self.simple_named(how, text)?,
                    (None, Some(inner)) => self.simple_at(inner)?,
                    _ => return Err(self.error(how, "a list has either itemType or simpleType")),
                };
                if self.out.simples.get(item).closed & Derivations::LIST != 0 {
                    return Err(self.error(how, "the item type is final for lists"));
                }
                if self.holds_list(item) {
                    return Err(self.error(how, "a list cannot hold lists"));
                }
                let mut list = Simple::new(Variety::List(item), Space::Collapse);
                list.fixed |= fixed::SPACE;
                list
            }
            _ => {
                let mut members = Vec::new();
                for text in node
                    .get("memberTypes")
                    .unwrap_or("")
                    .split_ascii_whitespace()
                {
                    members.push(self.simple_named(how, text)?);
                }
                let inner: Vec<Place> = self.children(how).map(|(place, _)| place).collect();
                for inner in inner {
                    members.push(self.simple_at(inner)?);
                }
                if members.is_empty() {
                    return Err(self.error(how, "a union has memberTypes or simpleTypes"));
                }
                for member in &members {
                    if self.out.simples.get(*member).closed & Derivations::UNION != 0 {
                        return Err(self.error(how, "a member type is final for unions"));
                    }
                }
                Simple::new(Variety::Union(members), Space::Collapse)
            }
        };
        let mut simple = id;
        simple.base = Some(ANY_SIMPLE);
        simple.closed = closed;
        Ok(self.out.simples.add(simple))
    }

    fn simple_at(&mut self, place: Place) -> Result<SimpleId> {
        match self.type_at(place)? {
            TypeId::Simple(id) => Ok(id),
            TypeId::Complex(_) => Err(self.error(place, "a simple type expected")),
        }
    }

    fn holds_list(&self, id: SimpleId) -> bool {
        match self.variety(id) {
            Variety::List(_) => true,
            Variety::Union(members) => members.iter().any(|member| self.holds_list(*member)),
            _ => false,
        }
    }

    /// A restriction of `base` by the facets among the children of an element.
    pub(super) fn restrict(&mut self, place: Place, base: SimpleId) -> Result<SimpleId> {
        self.restrict_closed(place, base, 0)
    }

    fn restrict_closed(&mut self, place: Place, base: SimpleId, closed: u8) -> Result<SimpleId> {
        let mut simple = Simple {
            name: None,
            base: Some(base),
            closed,
            ..self.out.simples.get(base).clone()
        };
        let (mut given, mut patterns, mut values) = (0u16, Vec::new(), Vec::new());
        let facets: Vec<_> = self.children(place).collect();
        for (place, node) in facets {
            let name = &*node.name;
            if matches!(
                name,
                "simpleType" | "attribute" | "attributeGroup" | "anyAttribute"
            ) {
                continue;
            }
            self.check_applies(place, name, &simple.variety)?;
            let text = node.get("value").unwrap_or("");
            match name {
                "pattern" => {
                    let pattern = Pattern::new(text).map_err(|(at, message)| {
                        self.error(
                            place,
                            format!("pattern {text:?}, character {}: {message}", at + 1),
                        )
                    })?;
                    patterns.push(pattern.shown_as(node.own("shown")));
                    continue;
                }
                "enumeration" => {
                    values.push((place, text));
                    continue;
                }
                _ => {}
            }
            let Some((_, bit)) = FACETS.iter().find(|(known, _)| *known == name) else {
                continue;
            };
            if given & bit != 0 {
                return Err(self.error(place, format!("{name} is given twice")));
            }
            given |= bit;
            self.facet(place, name, *bit, text, base, &mut simple)?;
            if matches!(node.get("fixed"), Some("true" | "1")) {
                simple.fixed |= bit;
            }
        }
        self.check_facets(place, given, base, &simple)?;
        if !patterns.is_empty() {
            simple.patterns.push(Arc::from(patterns));
        }
        if !values.is_empty() {
            let mut listed = Vec::new();
            let notation = self.out.simples.is_notation(base);
            for (place, text) in values {
                if notation && !self.is_notation(place, text) {
                    return Err(self.error(place, format!("{text} is no notation")));
                }
                let scope = self.node(place);
                let valid = self.out.simples.check(base, text, &Scope(scope));
                let value = self
                    .out
                    .simples
                    .value(base, text, &Scope(scope))
                    .filter(|_| valid.is_ok());
                let Some(value) = value else {
                    let label = self.out.simples.label(base);
                    return Err(self.error(place, format!("{text:?} is not a valid {label}")));
                };
                let text = normalise(text, simple.space);
                listed.push((value, text.into_owned().into_boxed_str()));
            }
            simple.values = Some(listed.into());
        }
        Ok(self.out.simples.add(simple))
    }

    /// Which facets a type may have (part 2, clause 4.1.5).
    fn check_applies(&self, place: Place, name: &str, variety: &Variety) -> Result<()> {
        let lengths = ["length", "minLength", "maxLength"];
        let bounds = [
            "maxInclusive",
            "maxExclusive",
            "minInclusive",
            "minExclusive",
        ];
        let applies = match (name, variety) {
            ("pattern" | "enumeration", Variety::Atomic(Primitive::Boolean)) => name == "pattern",
            ("pattern" | "enumeration", _) => true,
            (_, Variety::Union(_) | Variety::Any) => false,
            ("whiteSpace", _) => true,
            (_, Variety::List(_)) => lengths.contains(&name),
            (_, Variety::Atomic(primitive)) => match primitive {
                Primitive::String
                | Primitive::HexBinary
                | Primitive::Base64Binary
                | Primitive::AnyUri
                | Primitive::QName
                | Primitive::Notation => lengths.contains(&name),
                Primitive::Boolean => false,
                Primitive::Decimal => {
                    bounds.contains(&name) || matches!(name, "totalDigits" | "fractionDigits")
                }
                _ => bounds.contains(&name),
            },
        };
        if applies {
            return Ok(());
        }
        Err(self.error(place, format!("{name} does not apply to this type")))
    }

    fn facet(
        &mut self,
        place: Place,
        name: &str,
        bit: u16,
        text: &str,
        base: SimpleId,
        simple: &mut Simple,
    ) -> Result<()> {
        let of = self.out.simples.get(base).clone();
        let number = || {
            let digits = text
                .trim_matches([' ', '\t', '\n', '\r', '+'])
                .trim_start_matches('0');
            let digits = digits.strip_prefix('-').unwrap_or(digits);
            if digits.trim_matches('0').is_empty() && digits.len() < 2 {
                0
            } else {
                digits.parse::<u64>().unwrap_or(u64::MAX)
            }
        };
        let fixed = of.fixed & bit != 0;
        let wrong = |message: &str| Err(self.error(place, format!("{name} {text}: {message}")));
        const WIDER: &str = "allows more than the base type";
        const FIXED: &str = "the base type has fixed another value";
        match name {
            "length" => {
                let value = number();
                if of.length.is_some_and(|of| of != value) {
                    return wrong(WIDER);
                }
                if of.min_length.is_some_and(|min| value < min)
                    || of.max_length.is_some_and(|max| value > max)
                {
                    return wrong(WIDER);
                }
                simple.length = Some(value);
            }
            "minLength" => {
                let value = number();
                if of.min_length.is_some_and(|of| value < of)
                    || of.max_length.is_some_and(|max| value > max)
                {
                    return wrong(WIDER);
                }
                if of.length.is_some_and(|length| value > length) {
                    return wrong(WIDER);
                }
                if fixed && of.min_length != Some(value) {
                    return wrong(FIXED);
                }
                simple.min_length = Some(value);
            }
            "maxLength" => {
                let value = number();
                if of.max_length.is_some_and(|of| value > of)
                    || of.min_length.is_some_and(|min| value < min)
                {
                    return wrong(WIDER);
                }
                if of.length.is_some_and(|length| value < length) {
                    return wrong(WIDER);
                }
                if fixed && of.max_length != Some(value) {
                    return wrong(FIXED);
                }
                simple.max_length = Some(value);
            }
            "totalDigits" => {
                let value = u32::try_from(number()).unwrap_or(u32::MAX);
                if of.total_digits.is_some_and(|of| value > of) {
                    return wrong(WIDER);
                }
                if fixed && of.total_digits != Some(value) {
                    return wrong(FIXED);
                }
                simple.total_digits = Some(value);
            }
            "fractionDigits" => {
                let value = u32::try_from(number()).unwrap_or(u32::MAX);
                if of.fraction_digits.is_some_and(|of| value > of) {
                    return wrong(WIDER);
                }
                if fixed && of.fraction_digits != Some(value) {
                    return wrong(FIXED);
                }
                simple.fraction_digits = Some(value);
            }
            "whiteSpace" => {
                let value = match text.trim() {
                    "preserve" => Space::Preserve,
                    "replace" => Space::Replace,
                    _ => Space::Collapse,
                };
                if value < of.space {
                    return wrong(WIDER);
                }
                if fixed && of.space != value {
                    return wrong(FIXED);
                }
                simple.space = value;
            }
            _ => {
                let scope = self.node(place);
                let unbounded = self.out.simples.value(base, text, &Scope(scope));
                let Some(value) = unbounded else {
                    let label = self.out.simples.label(base);
                    return wrong(&format!("not a valid {label}"));
                };
                if of.lexical == super::simple::Lexical::Integer && text.contains('.') {
                    return wrong("not a valid integer");
                }
                let inclusive = name.ends_with("Inclusive");
                let low = name.starts_with("min");
                let bound = Bound {
                    value,
                    inclusive,
                    lexical: text.trim().into(),
                };
                // It must lie within the bounds of the base; the base's own exclusive bound may
                // be said again.
                for (other, other_low) in [(&of.min, true), (&of.max, false)] {
                    let Some(other) = other else { continue };
                    let order = bound.value.compare(&other.value);
                    let inner = if other_low {
                        Ordering::Greater
                    } else {
                        Ordering::Less
                    };
                    let same_kind = low == other_low && !inclusive;
                    let fits = order == Some(inner)
                        || order == Some(Ordering::Equal)
                            && (same_kind || other.inclusive && inclusive);
                    if !fits {
                        return wrong(WIDER);
                    }
                }
                let known = if low { &of.min } else { &of.max };
                if fixed
                    && !known.as_ref().is_some_and(|known| {
                        known.inclusive == inclusive && known.value.equals(&bound.value)
                    })
                {
                    return wrong(FIXED);
                }
                if low {
                    simple.min = Some(bound);
                } else {
                    simple.max = Some(bound);
                }
            }
        }
        Ok(())
    }

    /// Facets that contradict each other.
    fn check_facets(
        &self,
        place: Place,
        given: u16,
        base: SimpleId,
        simple: &Simple,
    ) -> Result<()> {
        let wrong = |message: &str| Err(self.error(place, message));
        let both = |a: u16, b: u16| given & a != 0 && given & b != 0;
        if both(fixed::MAX_INCLUSIVE, fixed::MAX_EXCLUSIVE) {
            return wrong("maxInclusive and maxExclusive exclude each other");
        }
        if both(fixed::MIN_INCLUSIVE, fixed::MIN_EXCLUSIVE) {
            return wrong("minInclusive and minExclusive exclude each other");
        }
        if both(fixed::LENGTH, fixed::MIN_LENGTH | fixed::MAX_LENGTH) {
            let of = self.out.simples.get(base);
            let inherited =
                of.length.is_some() || of.min_length.is_some() || of.max_length.is_some();
            if !inherited || both(fixed::LENGTH, fixed::MIN_LENGTH) && of.min_length.is_none() {
                return wrong("length excludes minLength and maxLength");
            }
        }
        if let (Some(min), Some(max)) = (simple.min_length, simple.max_length)
            && min > max
        {
            return wrong("minLength is greater than maxLength");
        }
        if let (Some(total), Some(fraction)) = (simple.total_digits, simple.fraction_digits)
            && fraction > total
        {
            return wrong("fractionDigits is greater than totalDigits");
        }
        if let (Some(min), Some(max)) = (&simple.min, &simple.max) {
            let order = min.value.compare(&max.value);
            let empty = match order {
                Some(Ordering::Greater) => true,
                Some(Ordering::Equal) => min.inclusive != max.inclusive,
                _ => false,
            };
            if empty {
                return wrong("the lower bound is above the upper one");
            }
        }
        Ok(())
    }
}
