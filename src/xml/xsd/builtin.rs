//! The built-in types of XML Schema 1.0 part 2.

use super::simple::{
    Bound, Identity, Lexical, MomentKind, Primitive, Simple, SimpleId, Simples, Space, Variety,
    fixed,
};
use super::value;
use crate::xml::names::XSD;

/// anySimpleType.
pub(crate) const ANY_SIMPLE: SimpleId = SimpleId(0);

/// Adds all built-in simple types, anySimpleType first; their names go to
/// `named`.
pub(crate) fn add(simples: &mut Simples, named: &mut dyn FnMut(&'static str, SimpleId)) {
    let mut define =
        |simples: &mut Simples, name: &'static str, base: Option<SimpleId>, mut simple: Simple| {
            simple.name = Some((XSD.into(), name.into()));
            simple.base = base;
            let id = simples.add(simple);
            named(name, id);
            id
        };
    let any = define(
        simples,
        "anySimpleType",
        None,
        Simple::new(Variety::Any, Space::Preserve),
    );
    use Primitive as P;
    let moment = |kind| P::Moment(kind);
    let primitives = [
        ("string", P::String, Space::Preserve),
        ("boolean", P::Boolean, Space::Collapse),
        ("decimal", P::Decimal, Space::Collapse),
        ("float", P::Float, Space::Collapse),
        ("double", P::Double, Space::Collapse),
        ("duration", P::Duration, Space::Collapse),
        ("dateTime", moment(MomentKind::DateTime), Space::Collapse),
        ("time", moment(MomentKind::Time), Space::Collapse),
        ("date", moment(MomentKind::Date), Space::Collapse),
        ("gYearMonth", moment(MomentKind::YearMonth), Space::Collapse),
        ("gYear", moment(MomentKind::Year), Space::Collapse),
        ("gMonthDay", moment(MomentKind::MonthDay), Space::Collapse),
        ("gDay", moment(MomentKind::Day), Space::Collapse),
        ("gMonth", moment(MomentKind::Month), Space::Collapse),
        ("hexBinary", P::HexBinary, Space::Collapse),
        ("base64Binary", P::Base64Binary, Space::Collapse),
        ("anyURI", P::AnyUri, Space::Collapse),
        ("QName", P::QName, Space::Collapse),
        ("NOTATION", P::Notation, Space::Collapse),
    ];
    let (mut string, mut decimal) = (any, any);
    for (name, primitive, space) in primitives {
        let mut simple = Simple::new(Variety::Atomic(primitive), space);
        if space == Space::Collapse {
            simple.fixed |= fixed::SPACE;
        }
        let id = define(simples, name, Some(any), simple);
        match primitive {
            P::String => string = id,
            P::Decimal => decimal = id,
            _ => {}
        }
    }
    let derived = |simples: &Simples, base: SimpleId| Simple {
        name: None,
        ..simples.get(base).clone()
    };
    let mut simple = derived(simples, string);
    simple.space = Space::Replace;
    let normalised = define(simples, "normalizedString", Some(string), simple);
    let mut simple = derived(simples, normalised);
    simple.space = Space::Collapse;
    let token = define(simples, "token", Some(normalised), simple);
    let mut lexical = |simples: &mut Simples, name, base, lexical, identity| {
        let mut simple = derived(simples, base);
        simple.lexical = lexical;
        simple.identity = identity;
        define(simples, name, Some(base), simple)
    };
    lexical(
        simples,
        "language",
        token,
        Lexical::Language,
        Identity::None,
    );
    let nmtoken = lexical(simples, "NMTOKEN", token, Lexical::NmToken, Identity::None);
    let name = lexical(simples, "Name", token, Lexical::Name, Identity::None);
    let ncname = lexical(simples, "NCName", name, Lexical::NcName, Identity::None);
    lexical(simples, "ID", ncname, Lexical::NcName, Identity::Id);
    let idref = lexical(simples, "IDREF", ncname, Lexical::NcName, Identity::IdRef);
    let entity = lexical(simples, "ENTITY", ncname, Lexical::NcName, Identity::Entity);
    for (name, item) in [
        ("NMTOKENS", nmtoken),
        ("IDREFS", idref),
        ("ENTITIES", entity),
    ] {
        let mut simple = Simple::new(Variety::List(item), Space::Collapse);
        simple.min_length = Some(1);
        simple.fixed |= fixed::SPACE;
        define(simples, name, Some(any), simple);
    }
    let mut simple = derived(simples, decimal);
    simple.lexical = Lexical::Integer;
    simple.fraction_digits = Some(0);
    simple.fixed |= fixed::FRACTION_DIGITS;
    let integer = define(simples, "integer", Some(decimal), simple);
    let bound = |text: &str| {
        value::decimal(text).map(|value| Bound {
            value,
            inclusive: true,
            lexical: text.into(),
        })
    };
    let mut ranged = |simples: &mut Simples, name, base, min: Option<&str>, max: Option<&str>| {
        let mut simple = derived(simples, base);
        if let Some(min) = min {
            simple.min = bound(min);
        }
        if let Some(max) = max {
            simple.max = bound(max);
        }
        define(simples, name, Some(base), simple)
    };
    let non_positive = ranged(simples, "nonPositiveInteger", integer, None, Some("0"));
    ranged(simples, "negativeInteger", non_positive, None, Some("-1"));
    let (min, max) = (Some("-9223372036854775808"), Some("9223372036854775807"));
    let long = ranged(simples, "long", integer, min, max);
    let int = ranged(
        simples,
        "int",
        long,
        Some("-2147483648"),
        Some("2147483647"),
    );
    let short = ranged(simples, "short", int, Some("-32768"), Some("32767"));
    ranged(simples, "byte", short, Some("-128"), Some("127"));
    let non_negative = ranged(simples, "nonNegativeInteger", integer, Some("0"), None);
    let max = Some("18446744073709551615");
    let unsigned = ranged(simples, "unsignedLong", non_negative, None, max);
    let unsigned = ranged(simples, "unsignedInt", unsigned, None, Some("4294967295"));
    let unsigned = ranged(simples, "unsignedShort", unsigned, None, Some("65535"));
    ranged(simples, "unsignedByte", unsigned, None, Some("255"));
    ranged(simples, "positiveInteger", non_negative, Some("1"), None);
}
