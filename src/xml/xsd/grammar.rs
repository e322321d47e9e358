//! What a schema document may hold: the schema for schemas (part 1, appendix A) as a table.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::dom::{Document, NodeId};
use crate::Result;
use crate::xml::chars;

const FACETS: &str = "(minExclusive|minInclusive|maxExclusive|maxInclusive|totalDigits|fractionDigits|length|minLength|maxLength|enumeration|whiteSpace|pattern)*";
const ATTRIBUTES: &str = "(attribute|attributeGroup)* anyAttribute?";

/// Element with its context, attributes (`!` for required ones), content.
fn rows() -> Vec<(&'static str, &'static str, String)> {
    let facet = "id value! fixed";
    let mut rows = vec![
        (
            "schema",
            "id targetNamespace version finalDefault blockDefault attributeFormDefault elementFormDefault",
            "(include|import|redefine|annotation)* ((simpleType|complexType|group|attributeGroup|element|attribute|notation) annotation*)*".to_owned(),
        ),
        ("include", "id schemaLocation!", "annotation?".to_owned()),
        ("import", "id namespace schemaLocation", "annotation?".to_owned()),
        (
            "redefine",
            "id schemaLocation!",
            "(annotation|simpleType|complexType|group|attributeGroup)*".to_owned(),
        ),
        ("annotation", "id", "(appinfo|documentation)*".to_owned()),
        ("appinfo", "source id", String::new()),
        ("documentation", "source id", String::new()),
        (
            "element/global",
            "id name! type substitutionGroup default fixed nillable abstract final block",
            "annotation? (simpleType|complexType)? (unique|key|keyref)*".to_owned(),
        ),
        (
            "element",
            "id name ref type minOccurs maxOccurs default fixed nillable block form",
            "annotation? (simpleType|complexType)? (unique|key|keyref)*".to_owned(),
        ),
        ("attribute/global", "id name! type default fixed", "annotation? simpleType?".to_owned()),
        ("attribute", "id name ref type use default fixed form", "annotation? simpleType?".to_owned()),
        ("group/global", "id name!", "annotation? (all|choice|sequence)".to_owned()),
        ("group", "id ref! minOccurs maxOccurs", "annotation?".to_owned()),
        ("attributeGroup", "id ref!", "annotation?".to_owned()),
        ("simpleContent", "id", "annotation? (restriction|extension)".to_owned()),
        ("complexContent", "id mixed", "annotation? (restriction|extension)".to_owned()),
        ("all", "id minOccurs maxOccurs", "annotation? element*".to_owned()),
        ("all/named", "id", "annotation? element*".to_owned()),
        ("any", "id minOccurs maxOccurs namespace processContents", "annotation?".to_owned()),
        ("anyAttribute", "id namespace processContents", "annotation?".to_owned()),
        ("simpleType/global", "id name! final", "annotation? (restriction|list|union)".to_owned()),
        ("simpleType", "id", "annotation? (restriction|list|union)".to_owned()),
        ("list", "id itemType", "annotation? simpleType?".to_owned()),
        ("union", "id memberTypes", "annotation? simpleType*".to_owned()),
        ("unique", "id name!", "annotation? selector field field*".to_owned()),
        ("key", "id name!", "annotation? selector field field*".to_owned()),
        ("keyref", "id name! refer!", "annotation? selector field field*".to_owned()),
        ("selector", "id xpath!", "annotation?".to_owned()),
        ("field", "id xpath!", "annotation?".to_owned()),
        ("notation", "id name! public system", "annotation?".to_owned()),
        ("pattern", "id value!", "annotation?".to_owned()),
        ("enumeration", "id value!", "annotation?".to_owned()),
    ];
    for name in [
        "minExclusive",
        "minInclusive",
        "maxExclusive",
        "maxInclusive",
        "totalDigits",
        "fractionDigits",
        "length",
        "minLength",
        "maxLength",
        "whiteSpace",
    ] {
        rows.push((name, facet, "annotation?".to_owned()));
    }
    let particle = "(group|all|choice|sequence)?";
    let complex = format!("annotation? (simpleContent|complexContent|({particle} {ATTRIBUTES}))");
    rows.push((
        "complexType/global",
        "id name! mixed abstract final block",
        complex.clone(),
    ));
    rows.push(("complexType", "id mixed", complex));
    rows.push((
        "restriction/simpleType",
        "id base",
        format!("annotation? simpleType? {FACETS}"),
    ));
    rows.push((
        "restriction/simpleContent",
        "id base!",
        format!("annotation? simpleType? {FACETS} {ATTRIBUTES}"),
    ));
    rows.push((
        "extension/simpleContent",
        "id base!",
        format!("annotation? {ATTRIBUTES}"),
    ));
    for key in ["restriction/complexContent", "extension/complexContent"] {
        rows.push((
            key,
            "id base!",
            format!("annotation? {particle} {ATTRIBUTES}"),
        ));
    }
    rows.push((
        "attributeGroup/global",
        "id name!",
        format!("annotation? {ATTRIBUTES}"),
    ));
    let group = "annotation? (element|group|choice|sequence|any)*";
    for (key, attributes) in [
        ("choice", "id minOccurs maxOccurs"),
        ("sequence", "id minOccurs maxOccurs"),
        ("choice/named", "id"),
        ("sequence/named", "id"),
    ] {
        rows.push((key, attributes, group.to_owned()));
    }
    rows
}

/// A pattern of children.
#[derive(Debug)]
enum Shape {
    Name(String),
    Sequence(Vec<Shape>),
    Choice(Vec<Shape>),
    /// Any number of times, or at most once.
    Repeat(Box<Shape>, bool),
}

impl Shape {
    fn parse(text: &str) -> Self {
        let mut chars: Vec<char> = text.chars().collect();
        chars.reverse();
        Self::choice(&mut chars)
    }

    fn choice(rest: &mut Vec<char>) -> Self {
        let mut branches = vec![Self::sequence(rest)];
        while rest.last() == Some(&'|') {
            rest.pop();
            branches.push(Self::sequence(rest));
        }
        Self::Choice(branches)
    }

    fn sequence(rest: &mut Vec<char>) -> Self {
        let mut parts = Vec::new();
        while let Some(c) = rest.last().copied() {
            let part = match c {
                ' ' => {
                    rest.pop();
                    continue;
                }
                '|' | ')' => break,
                '(' => {
                    rest.pop();
                    let inner = Self::choice(rest);
                    rest.pop();
                    inner
                }
                _ => {
                    let mut name = String::new();
                    while let Some(c) = rest.last().copied().filter(char::is_ascii_alphabetic) {
                        name.push(c);
                        rest.pop();
                    }
                    Self::Name(name)
                }
            };
            let part = match rest.last() {
                Some('*') => Self::Repeat(Box::new(part), true),
                Some('?') => Self::Repeat(Box::new(part), false),
                _ => {
                    parts.push(part);
                    continue;
                }
            };
            rest.pop();
            parts.push(part);
        }
        Self::Sequence(parts)
    }

    /// How many of `names` it takes from `at` on; no pattern here needs a second try.
    fn take(&self, names: &[&str], at: usize) -> Option<usize> {
        match self {
            Self::Name(name) => (names.get(at) == Some(&name.as_str())).then_some(at + 1),
            Self::Sequence(parts) => parts.iter().try_fold(at, |at, part| part.take(names, at)),
            Self::Choice(branches) => {
                let mut taken = branches.iter().filter_map(|branch| branch.take(names, at));
                taken.next()
            }
            Self::Repeat(inner, many) => {
                let mut at = at;
                while let Some(next) = inner.take(names, at).filter(|next| *next > at) {
                    at = next;
                    if !many {
                        break;
                    }
                }
                Some(at)
            }
        }
    }
}

struct Row {
    attributes: Vec<(&'static str, bool)>,
    shape: Shape,
}

fn table() -> &'static HashMap<&'static str, Row> {
    static TABLE: OnceLock<HashMap<&'static str, Row>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let rows = rows().into_iter().map(|(key, attributes, content)| {
            let attributes = attributes.split(' ').filter(|name| !name.is_empty());
            let attributes = attributes
                .map(|name| (name.trim_end_matches('!'), name.ends_with('!')))
                .collect();
            let shape = Shape::parse(&content);
            (key, Row { attributes, shape })
        });
        rows.collect()
    })
}

/// The key of an element in the table.
fn key(document: &Document, node: NodeId) -> String {
    let this = document.node(node);
    let parent = this
        .parent
        .map_or("", |parent| &*document.node(parent).name);
    let global = matches!(parent, "schema" | "redefine");
    match &*this.name {
        "element" | "attribute" | "complexType" | "simpleType" | "group" | "attributeGroup"
            if global =>
        {
            format!("{}/global", this.name)
        }
        "restriction" | "extension" => format!("{}/{parent}", this.name),
        "all" | "choice" | "sequence" if parent == "group" => format!("{}/named", this.name),
        name => name.to_owned(),
    }
}

/// Holds a document to the table.
pub(crate) fn check(document: &Document) -> Result<()> {
    let root = document.node(0);
    if &*root.name != "schema" {
        let message = format!(
            "a schema begins with the element schema of XML Schema, not {}",
            root.name
        );
        return Err(document.error_at(0, message));
    }
    let mut ids = HashSet::new();
    for node in 0..document.nodes.len() as NodeId {
        let this = document.node(node);
        let key = key(document, node);
        let Some(row) = table().get(key.as_str()) else {
            return Err(document.error_at(node, format!("{} is not known here", this.name)));
        };
        for attribute in &this.attributes {
            if *attribute.namespace == *crate::xml::names::XSD {
                let message = format!(
                    "attribute {} must not be in the namespace of XML Schema",
                    attribute.local
                );
                return Err(document.error_at(node, message));
            }
            if !attribute.namespace.is_empty() {
                continue;
            }
            if !row
                .attributes
                .iter()
                .any(|(name, _)| **name == *attribute.local)
            {
                let message = format!("{} has no attribute {} here", this.name, attribute.local);
                return Err(document.error_at(node, message));
            }
            if let Some(expected) = wrong(&key, &attribute.local, &attribute.value) {
                let message = format!(
                    "{}={:?} of {}: expected {expected}",
                    attribute.local, attribute.value, this.name
                );
                return Err(document.error_at(node, message));
            }
            if &*attribute.local == "id" && !ids.insert(chars::trim(&attribute.value)) {
                let message = format!("the id {:?} is used twice", attribute.value);
                return Err(document.error_at(node, message));
            }
        }
        for (name, required) in &row.attributes {
            if *required && this.get(name).is_none() {
                return Err(
                    document.error_at(node, format!("{} lacks the attribute {name}", this.name))
                );
            }
        }
        let names: Vec<&str> = this
            .children
            .iter()
            .map(|id| &*document.node(*id).name)
            .collect();
        let taken = row.shape.take(&names, 0);
        if taken != Some(names.len()) {
            let at = taken.unwrap_or(0);
            let message = match names.get(at) {
                Some(name) => format!("{name} cannot stand here in {}", this.name),
                None => format!("{} lacks content", this.name),
            };
            let place = this.children.get(at).copied().unwrap_or(node);
            return Err(document.error_at(place, message));
        }
    }
    Ok(())
}

/// What was expected, where the value of an attribute is not it.
fn wrong(key: &str, name: &str, value: &str) -> Option<&'static str> {
    let trimmed = chars::trim(value);
    let boolean = || matches!(trimmed, "true" | "false" | "1" | "0");
    let number = || {
        let digits = trimmed.strip_prefix('+').unwrap_or(trimmed);
        let zero = trimmed
            .strip_prefix('-')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte == b'0'));
        zero || !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let set = |allowed: &[&str]| {
        trimmed == "#all"
            || trimmed
                .split_ascii_whitespace()
                .all(|word| allowed.contains(&word))
    };
    let facet = matches!(
        key,
        "length" | "minLength" | "maxLength" | "totalDigits" | "fractionDigits"
    );
    let (fits, expected) = match name {
        "id" | "name" => (chars::is_ncname(trimmed), "a name without colon"),
        "ref" | "type" | "base" | "itemType" | "substitutionGroup" | "refer" => {
            (chars::is_qname(trimmed), "a name with or without prefix")
        }
        "memberTypes" => (
            trimmed.split_ascii_whitespace().all(chars::is_qname),
            "names",
        ),
        "minOccurs" => (number(), "a number"),
        "maxOccurs" => (trimmed == "unbounded" || number(), "a number or unbounded"),
        "nillable" | "abstract" | "mixed" => (boolean(), "true or false"),
        "fixed"
            if !matches!(
                key,
                "element" | "element/global" | "attribute" | "attribute/global"
            ) =>
        {
            (boolean(), "true or false")
        }
        "form" | "elementFormDefault" | "attributeFormDefault" => (
            matches!(trimmed, "qualified" | "unqualified"),
            "qualified or unqualified",
        ),
        "use" => (
            matches!(trimmed, "optional" | "required" | "prohibited"),
            "optional, required or prohibited",
        ),
        "processContents" => (
            matches!(trimmed, "strict" | "lax" | "skip"),
            "strict, lax or skip",
        ),
        "block" if key.starts_with("element") => (
            set(&["extension", "restriction", "substitution"]),
            "#all, or extension, restriction, substitution",
        ),
        "blockDefault" => (
            set(&["extension", "restriction", "substitution"]),
            "#all, or extension, restriction, substitution",
        ),
        "block" => (
            set(&["extension", "restriction"]),
            "#all, or extension, restriction",
        ),
        "final" if key.starts_with("simpleType") => (
            set(&["list", "union", "restriction"]),
            "#all, or list, union, restriction",
        ),
        "final" => (
            set(&["extension", "restriction"]),
            "#all, or extension, restriction",
        ),
        "finalDefault" => (
            set(&["extension", "restriction", "list", "union"]),
            "#all, or extension, restriction, list, union",
        ),
        "namespace" if key.starts_with("any") => {
            let words: Vec<&str> = trimmed.split_ascii_whitespace().collect();
            let listed = |word: &&str| {
                matches!(*word, "##targetNamespace" | "##local") || !word.starts_with("##")
            };
            let fits =
                matches!(words.as_slice(), ["##any"] | ["##other"]) || words.iter().all(listed);
            (
                fits,
                "##any, ##other, or namespaces, ##targetNamespace and ##local",
            )
        }
        "targetNamespace" | "namespace" => (!trimmed.is_empty(), "a namespace"),
        "value" if facet => {
            let positive =
                key != "totalDigits" || !trimmed.trim_start_matches(['+', '0']).is_empty();
            (number() && positive, "a number")
        }
        "value" if key == "whiteSpace" => (
            matches!(trimmed, "preserve" | "replace" | "collapse"),
            "preserve, replace or collapse",
        ),
        _ => (true, ""),
    };
    (!fits).then_some(expected)
}
