//! The JSON Schema (draft 2020-12) of the JSON form that [`Converter`](super::Converter) writes.
//!
//! It says which members an object may have and must have, which are arrays, and how values are
//! written. JSON has no order of members, so that order and choices are not in it, nor how often
//! something stands that may stand in several places: an XML Schema says that. Names are allowed
//! with any prefix where the message has a namespace.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use crate::spec::Specs;
use crate::spec::flat::Layout;
use crate::spec::model::{
    Class, CodeList, Content, Label, Model, Node, Particle, Simple, Type, TypeId,
};
use crate::spec::xml::Message;
use crate::xml::Schema;
use crate::{Error, Result};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
/// A prefix that a name may have.
const PREFIX: &str = "([^:@#]+:)?";
/// Declarations of namespaces and what XML itself brings, which may stand on any element.
const DECLARED: &str =
    "^@(xmlns(:.+)?|xml:.+|[^:]+:schemaLocation|[^:]+:noNamespaceSchemaLocation|[^:]+:nil)$";
/// What follows a name that comes again after others.
const AGAIN: &str = "(#[1-9][0-9]*)?";

/// The JSON Schema of documents whose root is `root`, as text. `model` is that of an XML Schema
/// ([`Schema::model`](crate::xml::Schema::model)): of a message in XML, or of a message of UN/EDIFACT
/// by [`xsd`](super::xsd), whose root is `List`.
///
/// ```
/// use baowen::convert::{json_schema, xsd};
/// use baowen::spec::{Home, Specs};
/// use baowen::xml::Schema;
///
/// let specs = Specs::base();
/// let d95b = specs.releases().find("D95B").unwrap();
/// let text = xsd(&specs, "CUSCAR", Home::Edifact(d95b))?.unwrap();
/// let model = Schema::from_texts(&[("cuscar.xsd", &text)])?.model();
/// let list = model.roots().iter().find(|root| &*root.name == "List").unwrap();
/// assert!(json_schema(&model, list, "CUSCAR@D95B").contains("\"M_CUSCAR\""));
/// # Ok::<(), baowen::Error>(())
/// ```
#[must_use]
pub fn json_schema(model: &Model, root: &Node, title: &str) -> String {
    let mut writer = Writer {
        model,
        prefixed: root.namespace.is_some(),
        names: HashMap::new(),
        used: BTreeMap::new(),
        left: Vec::new(),
        types: BTreeMap::new(),
    };
    let inner = writer.element(root.of);
    let mut out = head(title);
    let mut members = Members::default();
    members.add(&root.name, inner, true);
    members.finish(&mut out, writer.prefixed);
    while let Some((name, of)) = writer.left.pop() {
        let body = writer.body(of);
        writer.types.insert(name, body);
    }
    if !writer.types.is_empty() {
        let types = std::mem::take(&mut writer.types).into_iter();
        out.insert("$defs".to_owned(), Value::Object(types.collect()));
    }
    pretty(out)
}

/// The JSON Schema of a message in XML, in its first namespace, as text.
///
/// # Errors
/// When a table that it takes codes from is broken.
pub fn message_json_schema(specs: &Specs, message: &Message) -> Result<String> {
    let codes = |table: &str| specs.table_list(table);
    let namespace = message.namespaces.first().map_or("", |of| &**of);
    let text = message.to_checked_xsd(namespace, &codes)?;
    let id = message.id();
    let model = Schema::from_texts(&[(&id, &text)])?.model();
    let root = model.roots().first();
    let root = root.ok_or_else(|| Error::misuse("a message has a root"))?;
    Ok(json_schema(&model, root, &id))
}

/// The JSON Schema of flat files of a layout, as text.
#[must_use]
pub fn flat_json_schema(layout: &Layout) -> String {
    let mut records = Members::default();
    for record in &layout.records {
        let mut fields = Members::default();
        // The id is the name of the record.
        for field in record.fields.iter().filter(|field| field.number > 1) {
            let of = find_field(&layout.model, record.of, field.number);
            let mut one = of.map_or_else(
                || json!({"type": "string"}),
                |of| match &of.content {
                    Content::Value(simple) => flat_value(simple),
                    _ => json!({"type": "string"}),
                },
            );
            label(&mut one, &field.label);
            let is_many = field.max.is_none_or(|max| max > 1);
            let one = if is_many { many(one) } else { one };
            fields.add(&format!("F_{}", field.number), one, field.mandatory);
        }
        let mut object = object();
        label_of(&mut object, &record.label);
        fields.finish(&mut object, false);
        // An empty field at the end is written.
        let more = if record.open {
            json!({"type": "string"})
        } else {
            json!({"const": ""})
        };
        object.insert("additionalProperties".to_owned(), more);
        let must = record.mandatory && record.parent.is_none();
        let name = format!("R_{}", record.id);
        let rows = json!({"type": "array", "items": object});
        records.add_again(&name, rows, must);
    }
    let mut inner = object();
    label_of(&mut inner, &layout.label);
    records.finish(&mut inner, false);
    if layout.open {
        inner.insert("additionalProperties".to_owned(), json!(true));
    }
    let mut own = Map::new();
    own.insert(DECLARED.to_owned(), json!({"type": "string"}));
    own.insert(
        "^@(message|separators|charset|lines)$".to_owned(),
        json!({"type": "string"}),
    );
    // What has no place in the layout is written under names of this project.
    own.insert("^b:".to_owned(), json!(true));
    merge(&mut inner, own);
    let mut out = head(&layout.message);
    let mut members = Members::default();
    members.add("b:Flat", Value::Object(inner), true);
    members.finish(&mut out, false);
    pretty(out)
}

fn find_field(model: &Model, record: TypeId, number: u16) -> Option<&Type> {
    let name = format!("F_{number}");
    let Content::Children(Particle::Sequence(items)) = &model.get(record).content else {
        return None;
    };
    items.iter().find_map(|item| match item {
        Particle::Repeat { of, .. } => match &**of {
            Particle::Node(node) if *node.name == *name => Some(model.get(node.of)),
            _ => None,
        },
        _ => None,
    })
}

fn head(title: &str) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("$schema".to_owned(), json!(DRAFT));
    out.insert("title".to_owned(), json!(title));
    out.insert("type".to_owned(), json!("object"));
    out
}

fn object() -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("type".to_owned(), json!("object"));
    out
}

fn pretty(out: Map<String, Value>) -> String {
    let mut text = format!("{:#}", Value::Object(out));
    text.push('\n');
    text
}

/// Adds patterns of members to an object.
fn merge(object: &mut Map<String, Value>, more: Map<String, Value>) {
    let held = object
        .entry("patternProperties")
        .or_insert_with(|| json!({}));
    if let Value::Object(held) = held {
        held.extend(more);
    }
}

fn label(of: &mut Value, names: &Label) {
    if let Value::Object(object) = of {
        label_of(object, names);
    }
}

fn label_of(object: &mut Map<String, Value>, names: &Label) {
    for (key, text) in [("title", &names.en), ("description", &names.zh)] {
        if !text.is_empty() {
            object.insert(key.to_owned(), json!(text));
        }
    }
}

/// One, or an array of them.
fn many(one: Value) -> Value {
    json!({"anyOf": [one, {"type": "array", "items": one}]})
}

/// A text as a regular expression.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(
            c,
            '.' | '-'
                | '$'
                | '('
                | ')'
                | '+'
                | '*'
                | '?'
                | '['
                | ']'
                | '{'
                | '}'
                | '|'
                | '^'
                | '\\'
                | '/'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The members of an object.
#[derive(Default)]
struct Members {
    each: Vec<Member>,
    any: bool,
}

struct Member {
    name: String,
    of: Value,
    required: bool,
    /// It may come again after others.
    again: bool,
}

impl Members {
    fn add(&mut self, name: &str, of: Value, required: bool) {
        self.each.push(Member {
            name: name.to_owned(),
            of,
            required,
            again: false,
        });
    }

    fn add_again(&mut self, name: &str, of: Value, required: bool) {
        self.add(name, of, required);
        if let Some(last) = self.each.last_mut() {
            last.again = true;
        }
    }

    /// Writes them into an object. Names may have a prefix where `prefixed`.
    fn finish(self, object: &mut Map<String, Value>, prefixed: bool) {
        let (mut properties, mut patterns) = (Map::new(), Map::new());
        let (mut required, mut all) = (Vec::new(), Vec::new());
        for member in self.each {
            let is_attribute = member.name.starts_with('@') || member.name.starts_with('#');
            if !is_attribute && (prefixed || member.again) {
                let name = quoted(&member.name);
                let prefix = if prefixed { PREFIX } else { "" };
                let again = if member.again { AGAIN } else { "" };
                if member.required {
                    // Some name is it.
                    let pattern = format!("^{prefix}{name}$");
                    all.push(json!({"not": {"propertyNames": {"not": {"pattern": pattern}}}}));
                }
                patterns.insert(format!("^{prefix}{name}{again}$"), member.of);
            } else {
                if member.required {
                    required.push(json!(member.name));
                }
                properties.insert(member.name, member.of);
            }
        }
        patterns.insert(DECLARED.to_owned(), json!({"type": "string"}));
        if !properties.is_empty() {
            object.insert("properties".to_owned(), Value::Object(properties));
        }
        object.insert("patternProperties".to_owned(), Value::Object(patterns));
        if !required.is_empty() {
            object.insert("required".to_owned(), Value::Array(required));
        }
        if !all.is_empty() {
            object.insert("allOf".to_owned(), Value::Array(all));
        }
        object.insert("additionalProperties".to_owned(), json!(self.any));
    }
}

struct Writer<'m> {
    model: &'m Model,
    prefixed: bool,
    names: HashMap<TypeId, String>,
    used: BTreeMap<String, u32>,
    left: Vec<(String, TypeId)>,
    types: BTreeMap<String, Value>,
}

/// How a child stands in its parent.
struct Seen {
    of: TypeId,
    required: bool,
    many: bool,
    again: bool,
}

impl Writer<'_> {
    /// What an element of that type is.
    fn element(&mut self, id: TypeId) -> Value {
        let of = self.model.get(id);
        if let (Content::Value(simple), true) = (&of.content, of.attributes.is_empty()) {
            let mut one = value(simple);
            label(&mut one, &of.label);
            return one;
        }
        if let Some(name) = self.names.get(&id) {
            return json!({"$ref": format!("#/$defs/{name}")});
        }
        let plain: String = of
            .name
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        let plain = if plain.is_empty() {
            "T".to_owned()
        } else {
            plain
        };
        let count = self.used.entry(plain.clone()).or_default();
        *count += 1;
        let name = match *count {
            1 => plain,
            more => format!("{plain}.{more}"),
        };
        self.names.insert(id, name.clone());
        self.left.push((name.clone(), id));
        json!({"$ref": format!("#/$defs/{name}")})
    }

    /// The definition of a type.
    fn body(&mut self, id: TypeId) -> Value {
        let model = self.model;
        let of = model.get(id);
        let mut members = Members::default();
        let bare = match &of.content {
            Content::Empty => Some(json!({"const": ""})),
            Content::Value(simple) => {
                let one = value(simple);
                members.add("#text", one.clone(), false);
                Some(one)
            }
            Content::Children(particle) | Content::Mixed(particle) => {
                let mut seen: Vec<(String, Seen)> = Vec::new();
                walk(particle, true, false, &mut seen, &mut members.any);
                members.any |= matches!(of.content, Content::Mixed(_));
                let nothing = seen.iter().all(|(_, seen)| !seen.required);
                for (name, child) in seen {
                    let one = self.element(child.of);
                    let one = if child.many || child.again {
                        many(one)
                    } else {
                        one
                    };
                    match child.again {
                        true => members.add_again(&name, one, child.required),
                        false => members.add(&name, one, child.required),
                    }
                }
                // An element with nothing in it is an empty text.
                nothing.then(|| json!({"const": ""}))
            }
        };
        let must = of.attributes.iter().any(|attribute| attribute.required);
        for attribute in &of.attributes {
            let one = match &model.get(attribute.of).content {
                Content::Value(simple) => value(simple),
                _ => json!({"type": "string"}),
            };
            members.add(&format!("@{}", attribute.name), one, attribute.required);
        }
        let mut object = object();
        members.finish(&mut object, self.prefixed);
        let mut out = match bare.filter(|_| !must) {
            Some(bare) => json!({"anyOf": [bare, object]}),
            None => Value::Object(object),
        };
        label(&mut out, &of.label);
        out
    }
}

/// Takes down the children of a particle. `required`: it must stand; `again`: it may repeat with
/// others between.
fn walk(
    particle: &Particle,
    required: bool,
    again: bool,
    seen: &mut Vec<(String, Seen)>,
    any: &mut bool,
) {
    match particle {
        Particle::Node(node) => {
            let held = seen.iter_mut().find(|(name, _)| **name == *node.name);
            match held {
                Some((_, held)) => {
                    held.required |= required;
                    held.again = true;
                }
                None => seen.push((
                    node.name.to_string(),
                    Seen {
                        of: node.of,
                        required,
                        many: false,
                        again,
                    },
                )),
            }
        }
        Particle::Sequence(items) => {
            items
                .iter()
                .for_each(|item| walk(item, required, again, seen, any));
        }
        Particle::Choice(items) => {
            let only = items.len() == 1;
            items
                .iter()
                .for_each(|item| walk(item, required && only, again, seen, any));
        }
        Particle::All(items) => {
            for item in items {
                let repeats =
                    matches!(item, Particle::Repeat { max, .. } if max.is_none_or(|max| max > 1));
                walk(item, required, again || repeats, seen, any);
            }
        }
        Particle::Repeat { min, max, of } => {
            if *max == Some(0) {
                return;
            }
            let repeats = max.is_none_or(|max| max > 1);
            let alone = matches!(&**of, Particle::Node(_));
            let from = seen.len();
            walk(
                of,
                required && *min > 0,
                again || repeats && !alone,
                seen,
                any,
            );
            if repeats {
                seen[from..]
                    .iter_mut()
                    .for_each(|(_, child)| child.many = true);
                if let Particle::Node(node) = &**of
                    && let Some((_, held)) = seen.iter_mut().find(|(name, _)| **name == *node.name)
                {
                    held.many = true;
                }
            }
        }
        Particle::Wildcard(_) => *any = true,
    }
}

/// A value of a flat file: lengths are those of the format, where they are characters.
fn flat_value(simple: &Simple) -> Value {
    let mut out = value(simple);
    if let Value::Object(object) = &mut out {
        // X(n) counts bytes, a text here characters: never fewer.
        object.remove("minLength");
        if object.remove("enum").is_some() {
            object.insert("type".to_owned(), json!("string"));
        }
        if simple.class == Class::Numeric {
            let digits = simple.max.unwrap_or(18) - simple.decimals.unwrap_or(0);
            let decimals = simple.decimals.unwrap_or(0);
            let pattern = format!("^([0-9]{{0,{digits}}}(\\.[0-9]{{0,{decimals}}})?)?$");
            object.insert("pattern".to_owned(), json!(pattern));
        }
    }
    out
}

/// A value.
fn value(simple: &Simple) -> Value {
    let mut out = Map::new();
    out.insert("type".to_owned(), json!("string"));
    if let Some(CodeList::Values(values)) = &simple.codes {
        let codes: Vec<&str> = values.iter().map(|(code, _)| &**code).collect();
        out.insert("enum".to_owned(), json!(codes));
        return Value::Object(out);
    }
    match simple.class {
        Class::Numeric => {
            // Signs, leading and closing zeros are not counted.
            let decimals = simple.decimals.map_or(String::new(), |of| of.to_string());
            let digits = simple.max.map_or(String::new(), |of| of.to_string());
            let before = format!("[0-9]{{0,{digits}}}");
            let after = format!("[0-9]{{0,{decimals}}}");
            let pattern = format!("^\\s*[+-]?0*{before}(\\.{after}0*)?([eE][+-]?[0-9]+)?\\s*$");
            out.insert("pattern".to_owned(), json!(pattern));
        }
        Class::Date => {
            let each: Vec<String> = simple.patterns.iter().filter_map(|of| moment(of)).collect();
            if !each.is_empty() && each.len() == simple.patterns.len() {
                let pattern = format!("^\\s*({})\\s*$", each.join("|"));
                out.insert("pattern".to_owned(), json!(pattern));
            }
        }
        _ => {
            if simple.min > 0 {
                out.insert("minLength".to_owned(), json!(simple.min));
            }
            if let Some(max) = simple.max {
                out.insert("maxLength".to_owned(), json!(max));
            }
        }
    }
    Value::Object(out)
}

/// The pattern of a date or time as a regular expression: digits where it has letters. What XML
/// Schema allows more (zones, fractions, signs) follows.
fn moment(pattern: &str) -> Option<String> {
    const LETTERS: &str = "CYMDhmsf";
    if !pattern
        .chars()
        .all(|c| LETTERS.contains(c) || matches!(c, '-' | ':' | 'T' | '.'))
    {
        return None;
    }
    let digits: String = pattern
        .chars()
        .map(|c| match c {
            '-' | '.' => format!("\\{c}"),
            ':' | 'T' => c.to_string(),
            _ => "[0-9]".to_owned(),
        })
        .collect();
    let of_xml = pattern.contains(['-', ':']);
    let more = if of_xml {
        "(\\.[0-9]+)?(Z|[+\\-][0-9:]+)?"
    } else {
        ""
    };
    Some(format!("{digits}{more}"))
}
