//! Simple types: what makes a value valid (part 2 of XML Schema 1.0).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use super::regex::Pattern;
use super::value::{self, Decimal, Parts, Value};
use crate::finding::Code;
use crate::xml::chars;

/// A simple type: index into [`Simples`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SimpleId(pub(crate) u32);

/// The primitive types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Primitive {
    String,
    Boolean,
    Decimal,
    Float,
    Double,
    Duration,
    Moment(MomentKind),
    HexBinary,
    Base64Binary,
    AnyUri,
    QName,
    Notation,
}

/// The types of dates and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MomentKind {
    DateTime,
    Time,
    Date,
    YearMonth,
    Year,
    MonthDay,
    Day,
    Month,
}

impl MomentKind {
    fn parts(self) -> Parts {
        match self {
            Self::DateTime => Parts::DateTime,
            Self::Time => Parts::Time,
            Self::Date => Parts::Date,
            Self::YearMonth => Parts::YearMonth,
            Self::Year => Parts::Year,
            Self::MonthDay => Parts::MonthDay,
            Self::Day => Parts::Day,
            Self::Month => Parts::Month,
        }
    }
}

/// How values are made of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Variety {
    /// anySimpleType: anything.
    Any,
    Atomic(Primitive),
    List(SimpleId),
    Union(Vec<SimpleId>),
}

/// What becomes of white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Space {
    Preserve,
    Replace,
    Collapse,
}

/// What a built-in derived type adds to its primitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lexical {
    Any,
    Integer,
    Language,
    NmToken,
    Name,
    NcName,
}

/// What a value means to the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    None,
    Id,
    IdRef,
    Entity,
}

/// A bound of an ordered type.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) value: Value,
    pub(crate) inclusive: bool,
    pub(crate) lexical: Box<str>,
}

/// Names of facets, for what is fixed.
pub(crate) mod fixed {
    pub(crate) const LENGTH: u16 = 1;
    pub(crate) const MIN_LENGTH: u16 = 2;
    pub(crate) const MAX_LENGTH: u16 = 4;
    pub(crate) const SPACE: u16 = 8;
    pub(crate) const MAX_INCLUSIVE: u16 = 16;
    pub(crate) const MAX_EXCLUSIVE: u16 = 32;
    pub(crate) const MIN_INCLUSIVE: u16 = 64;
    pub(crate) const MIN_EXCLUSIVE: u16 = 128;
    pub(crate) const TOTAL_DIGITS: u16 = 256;
    pub(crate) const FRACTION_DIGITS: u16 = 512;
}

/// A value of an enumeration, and as it is written.
pub(crate) type Listed = (Value, Box<str>);

/// A simple type with all that it inherits.
#[derive(Clone, Debug)]
pub(crate) struct Simple {
    /// Name, where it has one.
    pub(crate) name: Option<(Box<str>, Box<str>)>,
    pub(crate) base: Option<SimpleId>,
    pub(crate) variety: Variety,
    pub(crate) space: Space,
    pub(crate) lexical: Lexical,
    pub(crate) identity: Identity,
    pub(crate) length: Option<u64>,
    pub(crate) min_length: Option<u64>,
    pub(crate) max_length: Option<u64>,
    /// Of each step of derivation, the patterns of which one must match.
    pub(crate) patterns: Vec<Arc<[Pattern]>>,
    pub(crate) values: Option<Arc<[Listed]>>,
    pub(crate) min: Option<Bound>,
    pub(crate) max: Option<Bound>,
    pub(crate) total_digits: Option<u32>,
    pub(crate) fraction_digits: Option<u32>,
    /// Facets that a derived type may not change.
    pub(crate) fixed: u16,
    /// Ways of derivation that are closed: a set of [`super::component::Derivations`].
    pub(crate) closed: u8,
}

impl Simple {
    pub(crate) fn new(variety: Variety, space: Space) -> Self {
        Self {
            name: None,
            base: None,
            variety,
            space,
            lexical: Lexical::Any,
            identity: Identity::None,
            length: None,
            min_length: None,
            max_length: None,
            patterns: Vec::new(),
            values: None,
            min: None,
            max: None,
            total_digits: None,
            fraction_digits: None,
            fixed: 0,
            closed: 0,
        }
    }

    fn has_facets(&self) -> bool {
        self.length.is_some()
            || self.min_length.is_some()
            || self.max_length.is_some()
            || !self.patterns.is_empty()
            || self.values.is_some()
            || self.min.is_some()
            || self.max.is_some()
            || self.total_digits.is_some()
            || self.fraction_digits.is_some()
    }

    /// Whether every text is valid as it stands.
    fn takes_all(&self) -> bool {
        match self.variety {
            Variety::Any => true,
            Variety::Atomic(Primitive::String) => {
                self.lexical == Lexical::Any
                    && self.identity == Identity::None
                    && !self.has_facets()
            }
            _ => false,
        }
    }
}

/// Why a value is not valid.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) code: Code,
    /// Type or limit, in words for the wording's placeholder.
    pub(crate) expected: String,
    pub(crate) length: Option<u64>,
}

/// Resolves the prefix of a name: namespace, or `None` where it is not bound.
pub(crate) trait Prefixes {
    fn namespace(&self, prefix: &str) -> Option<&str>;
}

/// No prefix is bound.
pub(crate) struct NoPrefixes;

impl Prefixes for NoPrefixes {
    fn namespace(&self, _: &str) -> Option<&str> {
        None
    }
}

/// What is enough to know that a text is valid.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Quick {
    /// Nothing is.
    Never,
    /// ASCII of so many bytes, without white space that might be taken away.
    Text { min: usize, max: usize },
    /// So many digits, and so many of them behind a point.
    Digits { max: usize, behind: usize },
}

impl Quick {
    #[inline]
    pub(crate) fn takes(self, text: &str) -> bool {
        self.takes_of(text, false)
    }

    /// As [`takes`](Self::takes); `plain` says that the text is printable ASCII.
    #[inline]
    pub(crate) fn takes_of(self, text: &str, plain: bool) -> bool {
        // Without a way out, so that the compiler makes vectors of it.
        let all = |of: fn(u8) -> bool| text.bytes().fold(true, |all, byte| all & of(byte));
        match self {
            Self::Never => false,
            Self::Text { min, max } => {
                (min..=max).contains(&text.len())
                    && (plain || all(|byte| (b' '..0x7F).contains(&byte)))
                    && (min == 0 || !text.starts_with(' ') && !text.ends_with(' '))
                    && (min <= 1 || !text.contains("  "))
            }
            Self::Digits { max, behind } => {
                (1..=max).contains(&text.len()) && all(|byte| byte.is_ascii_digit())
                    || behind > 0 && is_decimal(text, max, behind)
            }
        }
    }
}

/// Whether a text is so many digits at most with a point between them, and so many behind it.
fn is_decimal(text: &str, max: usize, most_behind: usize) -> bool {
    let (mut digits, mut behind, mut points) = (0, 0, 0);
    for byte in text.bytes() {
        let digit = usize::from(byte.is_ascii_digit());
        digits += digit;
        behind += digit & points;
        points += usize::from(byte == b'.');
    }
    points == 1
        && digits + 1 == text.len()
        && digits <= max
        && (1..=most_behind).contains(&behind)
        && behind < digits
}

/// All simple types of a schema.
#[derive(Debug, Default)]
pub(crate) struct Simples {
    types: Vec<Simple>,
    traits: Vec<Traits>,
}

/// What is asked of a type for every value.
#[derive(Clone, Copy, Debug)]
struct Traits {
    /// Every text is valid as it stands.
    plain: bool,
    /// Values may be IDs or refer to them.
    identity: bool,
    /// Values are names, with prefixes.
    names: bool,
}

/// White space normalised.
pub(crate) fn normalise(text: &str, space: Space) -> Cow<'_, str> {
    let odd = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r');
    match space {
        Space::Preserve => Cow::Borrowed(text),
        Space::Replace if text.bytes().any(odd) => {
            Cow::Owned(text.replace(['\t', '\n', '\r'], " "))
        }
        Space::Replace => Cow::Borrowed(text),
        Space::Collapse => {
            let trimmed = chars::trim(text);
            let bytes = trimmed.as_bytes();
            let double = |pair: &[u8]| pair[0] == b' ' && pair[1] == b' ';
            if bytes.iter().any(|byte| odd(*byte)) || bytes.windows(2).any(double) {
                let words: Vec<&str> = words(trimmed).collect();
                return Cow::Owned(words.join(" "));
            }
            Cow::Borrowed(trimmed)
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', '\n', '\r'])
        .filter(|word| !word.is_empty())
}

impl Simples {
    pub(crate) fn add(&mut self, simple: Simple) -> SimpleId {
        let id = SimpleId(self.types.len() as u32);
        let parts: &[SimpleId] = match &simple.variety {
            Variety::List(item) => std::slice::from_ref(item),
            Variety::Union(members) => members,
            _ => &[],
        };
        let primitive = Variety::Atomic(Primitive::QName);
        let notation = Variety::Atomic(Primitive::Notation);
        let of = |id: &SimpleId| self.traits[id.0 as usize];
        self.traits.push(Traits {
            plain: simple.takes_all(),
            identity: simple.identity != Identity::None || parts.iter().any(|id| of(id).identity),
            names: simple.variety == primitive
                || simple.variety == notation
                || parts.iter().any(|id| of(id).names),
        });
        self.types.push(simple);
        id
    }

    pub(crate) fn get(&self, id: SimpleId) -> &Simple {
        &self.types[id.0 as usize]
    }

    /// Whether it is a type of XML Schema itself.
    pub(crate) fn is_builtin(&self, id: SimpleId) -> bool {
        let name = self.get(id).name.as_ref();
        name.is_some_and(|(namespace, _)| **namespace == *crate::xml::names::XSD)
    }

    pub(crate) fn set_name(&mut self, id: SimpleId, name: (Box<str>, Box<str>)) {
        self.types[id.0 as usize].name = Some(name);
    }

    /// A name for people: its own, or that of the nearest type it is derived from.
    pub(crate) fn label(&self, id: SimpleId) -> String {
        let mut at = Some(id);
        while let Some(id) = at {
            let simple = self.get(id);
            if let Some((namespace, local)) = &simple.name {
                let own = **namespace == *crate::xml::names::XSD;
                return if own {
                    format!("xs:{local}")
                } else {
                    local.to_string()
                };
            }
            if let Variety::Union(_) = simple.variety {
                break;
            }
            at = simple.base;
        }
        "value".to_owned()
    }

    /// The name of a type, and that of the built-in type it is derived from.
    fn label_and_origin(&self, id: SimpleId) -> String {
        let label = self.label(id);
        let above = std::iter::successors(Some(id), |id| self.get(*id).base);
        let origin = above
            .map(|id| self.label(id))
            .find(|label| label.starts_with("xs:"));
        match origin {
            Some(origin) if origin != label && origin != "xs:anySimpleType" => {
                format!("{label} ({origin})")
            }
            _ => label,
        }
    }

    /// Whether `id` is `base` or derived from it.
    pub(crate) fn derives(&self, id: SimpleId, base: SimpleId) -> bool {
        let mut at = Some(id);
        while let Some(id) = at {
            if id == base {
                return true;
            }
            at = self.get(id).base;
        }
        false
    }

    /// What is enough to know that a text is valid.
    pub(crate) fn quick(&self, id: SimpleId) -> Quick {
        let simple = self.get(id);
        if simple.takes_all() {
            return Quick::Text {
                min: 0,
                max: usize::MAX,
            };
        }
        let listed = simple.values.is_some() || simple.min.is_some() || simple.max.is_some();
        if listed || !simple.patterns.is_empty() {
            return Quick::Never;
        }
        let bound = |of: Option<u64>| of.map(|of| usize::try_from(of).unwrap_or(usize::MAX));
        match simple.variety {
            Variety::Atomic(Primitive::String) if simple.lexical == Lexical::Any => Quick::Text {
                min: bound(simple.length.max(simple.min_length)).unwrap_or(0),
                max: bound(simple.length)
                    .into_iter()
                    .chain(bound(simple.max_length))
                    .min()
                    .unwrap_or(usize::MAX),
            },
            Variety::Atomic(Primitive::Decimal)
                if simple.length.is_none()
                    && simple.min_length.is_none()
                    && simple.max_length.is_none()
                    && matches!(simple.lexical, Lexical::Any | Lexical::Integer) =>
            {
                Quick::Digits {
                    max: simple.total_digits.map_or(64, |most| most as usize),
                    behind: match simple.lexical {
                        Lexical::Any => simple.fraction_digits.map_or(64, |most| most as usize),
                        _ => 0,
                    },
                }
            }
            _ => Quick::Never,
        }
    }

    /// Checks a text as it stands in the document.
    pub(crate) fn check(
        &self,
        id: SimpleId,
        text: &str,
        prefixes: &dyn Prefixes,
    ) -> Result<(), Fault> {
        if self.traits[id.0 as usize].plain {
            return Ok(());
        }
        let simple = self.get(id);
        let text = normalise(text, simple.space);
        self.check_normalised(simple, id, &text, prefixes)
    }

    fn check_normalised(
        &self,
        simple: &Simple,
        id: SimpleId,
        text: &str,
        prefixes: &dyn Prefixes,
    ) -> Result<(), Fault> {
        let wrong = || Fault {
            code: Code::XSD_VALUE,
            expected: self.label_and_origin(id),
            length: None,
        };
        match &simple.variety {
            Variety::Any => return Ok(()),
            Variety::Atomic(primitive) => {
                let mut needs_value =
                    simple.values.is_some() || simple.min.is_some() || simple.max.is_some();
                if !lexical(simple.lexical, text) {
                    return Err(wrong());
                }
                if let Primitive::Decimal = primitive {
                    let number = Decimal::parse(text).ok_or_else(wrong)?;
                    self.check_digits(simple, number)?;
                    if simple.values.is_none() {
                        self.check_bounds(simple, &|bound| match bound {
                            Value::Decimal(bound) => Some(number.compare(Decimal::parse(bound)?)),
                            _ => None,
                        })?;
                        needs_value = false;
                    }
                } else if !needs_value && !is_valid(*primitive, text, prefixes) {
                    return Err(wrong());
                }
                if needs_value {
                    let value = read(*primitive, text, prefixes).ok_or_else(wrong)?;
                    self.check_value(simple, &value)?;
                }
                let unit = match primitive {
                    Primitive::HexBinary => Some(text.len() as u64 / 2),
                    Primitive::Base64Binary => value::base64(text).map(|bytes| bytes.len() as u64),
                    // Lengths of names mean nothing (part 2, clauses 3.2.18 and 3.2.19).
                    Primitive::QName | Primitive::Notation => None,
                    _ => {
                        let any = simple.length.is_some()
                            || simple.min_length.is_some()
                            || simple.max_length.is_some();
                        any.then(|| text.chars().count() as u64)
                    }
                };
                if let Some(length) = unit {
                    check_length(simple, length)?;
                }
            }
            Variety::List(item) => {
                let mut count = 0;
                for word in words(text) {
                    self.check(*item, word, prefixes)?;
                    count += 1;
                }
                check_length(simple, count)?;
                if simple.values.is_some() {
                    let value = self.value(id, text, prefixes).ok_or_else(wrong)?;
                    self.check_value(simple, &value)?;
                }
            }
            Variety::Union(members) => {
                let fits = |member: &&SimpleId| self.check(**member, text, prefixes).is_ok();
                if !members.iter().any(|member| fits(&member)) {
                    // A value that may be empty: what is wrong with it is said of the other type.
                    let filled = |member: &&SimpleId| self.get(**member).length != Some(0);
                    let mut others = members.iter().filter(filled);
                    if let (Some(one), None, true) =
                        (others.next(), others.next(), members.len() == 2)
                    {
                        return self.check(*one, text, prefixes);
                    }
                    let names: Vec<String> = members.iter().map(|id| self.label(*id)).collect();
                    return Err(Fault {
                        code: Code::XSD_UNION,
                        expected: names.join(", "),
                        length: None,
                    });
                }
                if simple.values.is_some() {
                    let value = self.value(id, text, prefixes).ok_or_else(wrong)?;
                    self.check_value(simple, &value)?;
                }
            }
        }
        for step in &simple.patterns {
            if !step.iter().any(|pattern| pattern.matches(text)) {
                let sources = step.iter().map(|step| match step.shown() {
                    "" => "\"\"",
                    source => source,
                });
                let sources: Vec<&str> = sources.collect();
                return Err(Fault {
                    code: Code::XSD_PATTERN,
                    expected: sources.join(" | "),
                    length: None,
                });
            }
        }
        Ok(())
    }

    fn check_digits(&self, simple: &Simple, number: Decimal<'_>) -> Result<(), Fault> {
        let fraction = number.fraction.len() as u64;
        if let Some(most) = simple.fraction_digits
            && fraction > u64::from(most)
        {
            return Err(Fault {
                code: Code::XSD_FRACTION_DIGITS,
                expected: most.to_string(),
                length: Some(fraction),
            });
        }
        if let Some(most) = simple.total_digits
            && number.total_digits() > u64::from(most)
        {
            return Err(Fault {
                code: Code::XSD_TOTAL_DIGITS,
                expected: most.to_string(),
                length: Some(number.total_digits()),
            });
        }
        Ok(())
    }

    /// Bounds and listed values.
    pub(crate) fn check_value(&self, simple: &Simple, value: &Value) -> Result<(), Fault> {
        if let Some(values) = &simple.values
            && !values.iter().any(|(listed, _)| listed.equals(value))
        {
            const SHOWN: usize = 12;
            let mut expected: Vec<&str> =
                values.iter().take(SHOWN).map(|(_, text)| &**text).collect();
            if values.len() > SHOWN {
                expected.push("…");
            }
            return Err(Fault {
                code: Code::XSD_ENUMERATION,
                expected: expected.join(", "),
                length: None,
            });
        }
        self.check_bounds(simple, &|bound| value.compare(bound))
    }

    /// Bounds; `order` compares the value with one.
    fn check_bounds(
        &self,
        simple: &Simple,
        order: &dyn Fn(&Value) -> Option<Ordering>,
    ) -> Result<(), Fault> {
        if let Some(min) = &simple.min {
            let order = order(&min.value);
            if !(order == Some(Ordering::Greater)
                || min.inclusive && order == Some(Ordering::Equal))
            {
                return Err(Fault {
                    code: Code::XSD_MINIMUM,
                    expected: format!("{} {}", if min.inclusive { "≥" } else { ">" }, min.lexical),
                    length: None,
                });
            }
        }
        if let Some(max) = &simple.max {
            let order = order(&max.value);
            if !(order == Some(Ordering::Less) || max.inclusive && order == Some(Ordering::Equal)) {
                return Err(Fault {
                    code: Code::XSD_MAXIMUM,
                    expected: format!("{} {}", if max.inclusive { "≤" } else { "<" }, max.lexical),
                    length: None,
                });
            }
        }
        Ok(())
    }

    /// The value of a text; `None` where it has none, or is not valid as a member of a union.
    pub(crate) fn value(&self, id: SimpleId, text: &str, prefixes: &dyn Prefixes) -> Option<Value> {
        let simple = self.get(id);
        let text = normalise(text, simple.space);
        match &simple.variety {
            Variety::Any => Some(Value::Text((*text).into())),
            Variety::Atomic(primitive) => read(*primitive, &text, prefixes),
            Variety::List(item) => {
                let items = words(&text).map(|word| self.value(*item, word, prefixes));
                items.collect::<Option<Vec<_>>>().map(Value::List)
            }
            Variety::Union(members) => {
                let member = members
                    .iter()
                    .find(|member| self.check(**member, &text, prefixes).is_ok());
                self.value(*member?, &text, prefixes)
            }
        }
    }

    /// Tells `each` of every ID, IDREF and ENTITY in a valid text.
    pub(crate) fn identities(
        &self,
        id: SimpleId,
        text: &str,
        prefixes: &dyn Prefixes,
        each: &mut dyn FnMut(Identity, &str),
    ) {
        let simple = self.get(id);
        match &simple.variety {
            Variety::List(item) => {
                for word in words(text) {
                    self.identities(*item, word, prefixes, each);
                }
            }
            Variety::Union(members) => {
                let member = members
                    .iter()
                    .find(|member| self.check(**member, text, prefixes).is_ok());
                if let Some(member) = member {
                    self.identities(*member, text, prefixes, each);
                }
            }
            _ if simple.identity != Identity::None => each(simple.identity, chars::trim(text)),
            _ => {}
        }
    }

    /// Whether values of the type may be IDs or refer to them.
    pub(crate) fn has_identity(&self, id: SimpleId) -> bool {
        self.traits[id.0 as usize].identity
    }

    /// Whether values of the type are names, whose prefixes must be known to read them.
    pub(crate) fn has_names(&self, id: SimpleId) -> bool {
        self.traits[id.0 as usize].names
    }

    /// Whether values of the type may be IDs.
    pub(crate) fn is_id(&self, id: SimpleId) -> bool {
        let simple = self.get(id);
        match &simple.variety {
            Variety::Union(members) => members.iter().any(|member| self.is_id(*member)),
            _ => simple.identity == Identity::Id,
        }
    }

    /// Whether the type is NOTATION or derived from it.
    pub(crate) fn is_notation(&self, id: SimpleId) -> bool {
        self.get(id).variety == Variety::Atomic(Primitive::Notation)
    }
}

fn check_length(simple: &Simple, length: u64) -> Result<(), Fault> {
    let fault = |code, expected: u64| Fault {
        code,
        expected: expected.to_string(),
        length: Some(length),
    };
    if let Some(expected) = simple.length
        && length != expected
    {
        return Err(fault(Code::XSD_LENGTH, expected));
    }
    if let Some(expected) = simple.min_length
        && length < expected
    {
        return Err(fault(Code::XSD_MIN_LENGTH, expected));
    }
    if let Some(expected) = simple.max_length
        && length > expected
    {
        return Err(fault(Code::XSD_MAX_LENGTH, expected));
    }
    Ok(())
}

fn lexical(lexical: Lexical, text: &str) -> bool {
    match lexical {
        Lexical::Any => true,
        Lexical::Integer => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        Lexical::Language => value::is_language(text),
        Lexical::NmToken => chars::is_nmtoken(text),
        Lexical::Name => chars::is_name(text),
        Lexical::NcName => chars::is_ncname(text),
    }
}

fn is_valid(primitive: Primitive, text: &str, prefixes: &dyn Prefixes) -> bool {
    match primitive {
        Primitive::String => true,
        Primitive::Boolean => value::boolean(text).is_some(),
        Primitive::Decimal => Decimal::parse(text).is_some(),
        Primitive::Float => value::float::<f32>(text).is_some(),
        Primitive::Double => value::float::<f64>(text).is_some(),
        Primitive::Duration => value::duration(text).is_some(),
        Primitive::Moment(kind) => value::moment(text, kind.parts()).is_some(),
        Primitive::HexBinary => {
            text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
        Primitive::Base64Binary => value::base64(text).is_some(),
        Primitive::AnyUri => value::is_uri(text),
        Primitive::QName | Primitive::Notation => name(text, prefixes).is_some(),
    }
}

fn name(text: &str, prefixes: &dyn Prefixes) -> Option<Value> {
    if !chars::is_qname(text) {
        return None;
    }
    let (prefix, local) = text.split_once(':').unwrap_or(("", text));
    let namespace = match prefixes.namespace(prefix) {
        Some(namespace) => namespace,
        None if prefix.is_empty() => "",
        None => return None,
    };
    Some(Value::Name(namespace.into(), local.into()))
}

fn read(primitive: Primitive, text: &str, prefixes: &dyn Prefixes) -> Option<Value> {
    match primitive {
        Primitive::String => Some(Value::Text(text.into())),
        Primitive::AnyUri => value::is_uri(text).then(|| Value::Text(text.into())),
        Primitive::Boolean => value::boolean(text).map(Value::Boolean),
        Primitive::Decimal => value::decimal(text),
        Primitive::Float => value::float(text).map(Value::Float),
        Primitive::Double => value::float(text).map(Value::Double),
        Primitive::Duration => value::duration(text),
        Primitive::Moment(kind) => value::moment(text, kind.parts()).map(Value::Moment),
        Primitive::HexBinary => value::hex(text).map(|bytes| Value::Bytes(bytes.into())),
        Primitive::Base64Binary => value::base64(text).map(|bytes| Value::Bytes(bytes.into())),
        Primitive::QName | Primitive::Notation => name(text, prefixes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_at_once_is_valid() {
        let mut simples = Simples::default();
        let decimal = || Simple::new(Variety::Atomic(Primitive::Decimal), Space::Collapse);
        let ids = [
            simples.add(Simple {
                total_digits: Some(5),
                fraction_digits: Some(2),
                ..decimal()
            }),
            simples.add(Simple {
                total_digits: Some(4),
                ..decimal()
            }),
            simples.add(Simple {
                lexical: Lexical::Integer,
                fraction_digits: Some(0),
                ..decimal()
            }),
            simples.add(decimal()),
        ];
        let signs = ["", "0", "1", "9", ".", "-", "00", "123", "x"];
        let (mut taken, mut left) = (0, 0);
        for number in 0..signs.len().pow(4) {
            let sign = |power: u32| signs[number / signs.len().pow(power) % signs.len()];
            let text = [sign(0), sign(1), sign(2), sign(3)].concat();
            for id in ids {
                if simples.quick(id).takes(&text) {
                    assert!(simples.check(id, &text, &NoPrefixes).is_ok(), "{text}");
                    taken += 1;
                } else {
                    left += u32::from(simples.check(id, &text, &NoPrefixes).is_ok());
                }
            }
        }
        // Signs, noughts that count for nothing, and points at an end are for the closer look.
        assert!(taken > left && left > 0, "{taken} {left}");
    }
}
