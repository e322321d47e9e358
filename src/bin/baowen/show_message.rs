//! `baowen show`: messages in XML.

use std::io::Write;
use std::sync::Arc;

use baowen::convert::message_json_schema;
use baowen::finding::Lang;
use baowen::spec::xml::{Codes, Element, Holds, Message, Occurs, Part, Status, Value as Rule};
use baowen::spec::{Specs, near};
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::lang::pick;
use crate::show_form::{Form, cell, head, name_of, no_such_form, row};

/// Names that are listed where one is not found.
const MOST: usize = 12;

/// Shows the messages that a name means, or what stands at a path inside one.
pub(crate) fn run(
    out: &mut dyn Write,
    specs: &Specs,
    found: &[Arc<Message>],
    inside: &[&str],
    (form, depth): (Form, Option<u32>),
    lang: Lang,
) -> Result<(), Failure> {
    let names = found.iter().any(|message| message.name != found[0].name);
    // Variants of a message that its name leaves open; of editions the latest is meant.
    if names {
        return variants(out, found, inside, form, lang);
    }
    let message = &found[0];
    let element = find(message, inside, lang)?;
    let is_root = inside.is_empty() || std::ptr::eq(element, &raw const message.root);
    match form {
        Form::Text => {
            let text = match is_root {
                true => message.to_text_in(lang),
                false => element.to_text_in(lang),
            };
            // Two blanks are a level.
            let deepest = depth.map(|depth| depth as usize + usize::from(is_root));
            for line in text.lines() {
                let level = (line.len() - line.trim_start().len()) / 2;
                if deepest.is_none_or(|deepest| level <= deepest) {
                    writeln!(out, "{line}")?;
                }
            }
        }
        Form::Json => {
            let shown = as_json(element, depth, lang);
            let value = match is_root {
                false => shown,
                true => json!({
                    "message": message.name, "edition": message.edition,
                    "name": name_of(&message.label, lang), "valid": message.valid,
                    "fidelity": message.fidelity, "sources": message.sources,
                    "namespaces": message.namespaces, "root": shown,
                }),
            };
            writeln!(out, "{value}")?;
        }
        Form::Markdown => {
            let id = cell(&message.id());
            let title = cell(name_of(&message.label, lang));
            let path = inside.join("/");
            let path = if path.is_empty() {
                path
            } else {
                format!(": {path}")
            };
            writeln!(out, "# {id} {title}{}", cell(&path))?;
            facts(out, message, lang)?;
            let names = match lang {
                Lang::En => [
                    "Element",
                    "Occurs",
                    "Format",
                    "Name",
                    "Codes and conditions",
                ],
                Lang::Zh => ["元素", "出现", "格式", "名称", "代码和条件"],
            };
            head(out, &names)?;
            rows(out, element, 0, lang)?;
        }
        Form::Xsd if is_root => {
            let text = message.to_xsd(&|table: &str| specs.table_list(table))?;
            write!(out, "{text}")?;
        }
        Form::JsonSchema if is_root => write!(out, "{}", message_json_schema(specs, message)?)?,
        Form::Xsd | Form::JsonSchema => return Err(no_such_form(lang)),
    }
    Ok(())
}

/// The messages that a name may mean.
fn variants(
    out: &mut dyn Write,
    found: &[Arc<Message>],
    inside: &[&str],
    form: Form,
    lang: Lang,
) -> Result<(), Failure> {
    let each = found
        .iter()
        .map(|message| (message.id(), name_of(&message.label, lang)));
    match form {
        Form::Text if inside.is_empty() => {
            for (id, name) in each {
                writeln!(out, "{id}  {name}")?;
            }
        }
        Form::Json if inside.is_empty() => {
            let each: Vec<Value> = each
                .map(|(id, name)| json!({"message": id, "name": name}))
                .collect();
            writeln!(out, "{}", json!({"messages": each}))?;
        }
        _ => {
            let names: Vec<String> = each.map(|(id, _)| id).collect();
            let message = pick(lang, "say which of these:", "请指明以下之一：");
            return Err(Failure::Message(format!("{message} {}", names.join(", "))));
        }
    }
    Ok(())
}

/// The element at a path of names, that of the root first or left out.
fn find<'m>(message: &'m Message, inside: &[&str], lang: Lang) -> Result<&'m Element, Failure> {
    let mut at = &message.root;
    let same = |element: &Element, name: &str| element.tag.eq_ignore_ascii_case(name);
    let mut names = inside;
    if let [first, rest @ ..] = inside
        && same(at, first)
        && !at.children().iter().any(|child| same(child, first))
    {
        names = rest;
    }
    for name in names {
        let children = at.children();
        let found = children.iter().find(|child| *child.tag == **name);
        let found = found.or_else(|| children.iter().find(|child| same(child, name)));
        let Some(found) = found else {
            let message = pick(lang, "is not among", "不在其中：");
            let all: Vec<&str> = children.iter().map(|child| &*child.tag).collect();
            let close = near(name, all.iter().copied(), 4);
            let listed = if close.is_empty() { &all } else { &close };
            let mut names = listed
                .iter()
                .take(MOST)
                .copied()
                .collect::<Vec<_>>()
                .join(", ");
            if listed.len() > MOST || !close.is_empty() {
                names.push_str(", …");
            }
            let text = match all.is_empty() {
                true => format!(
                    "{} {}",
                    at.tag,
                    pick(lang, "holds no elements", "不含子元素")
                ),
                false => format!("{name:?} {message} {names}"),
            };
            return Err(Failure::Message(text));
        };
        at = found;
    }
    Ok(at)
}

/// What is told of a message above its table.
fn facts(out: &mut dyn Write, message: &Message, lang: Lang) -> Result<(), Failure> {
    writeln!(out)?;
    let namespaces = message.namespaces.join(", ");
    let sources = message.sources.join("; ");
    for (en, zh, text) in [
        ("Edition", "版本", &*message.edition),
        ("Valid", "有效期", &*message.valid),
        ("Namespace", "命名空间", &*namespaces),
        ("Fidelity", "可信程度", &*message.fidelity),
        ("Source", "来源", &*sources),
    ] {
        if !text.is_empty() {
            writeln!(out, "- {}: {}", pick(lang, en, zh), cell(text))?;
        }
    }
    writeln!(out)?;
    Ok(())
}

/// Status and how often: `M 1`, `C 2..9`.
fn occurs(of: Occurs) -> String {
    let most = of.max.map_or("*".to_owned(), |max| max.to_string());
    let least = u32::from(of.status == Status::Mandatory);
    match of.max {
        Some(0) => of.status.as_str().to_owned(),
        _ if of.min == least => format!("{} {most}", of.status.as_str()),
        _ => format!("{} {}..{most}", of.status.as_str(), of.min),
    }
}

/// Codes, bounds and the one value of a value, in a line.
fn rule(value: &Rule) -> Vec<String> {
    let mut said = Vec::new();
    said.extend(value.fixed.iter().map(|text| format!("= {text}")));
    match value.means.is_empty() {
        true => said.extend(value.patterns.iter().map(ToString::to_string)),
        false => said.push(value.means.to_string()),
    }
    said.extend(
        value
            .bounds
            .iter()
            .map(|(bound, text)| format!("{} {text}", bound.as_str())),
    );
    match &value.codes {
        Codes::None => {}
        Codes::Table(table) | Codes::In(table) => said.push(table.to_string()),
        Codes::Values(values) => {
            let codes: Vec<&str> = values.iter().map(|(code, _)| &**code).collect();
            said.push(codes.join(" "));
        }
    }
    said
}

fn rows(out: &mut dyn Write, element: &Element, level: usize, lang: Lang) -> Result<(), Failure> {
    let (format, mut said) = match &element.holds {
        Holds::Value(value) => (value.format.to_string(), rule(value)),
        _ => (String::new(), Vec::new()),
    };
    let more = [&element.condition, &element.required];
    said.extend(
        more.iter()
            .filter(|text| !text.is_empty())
            .map(ToString::to_string),
    );
    let name = name_of(&element.label, lang);
    let times = occurs(element.occurs);
    row(
        out,
        level,
        &[&element.tag, &times, &format, name, &said.join("; ")],
    )?;
    for attribute in &element.attributes {
        let tag = format!("@{}", attribute.name);
        let status = if attribute.mandatory { "M" } else { "C" };
        let format = attribute.value.format.to_string();
        let said = rule(&attribute.value).join("; ");
        let name = name_of(&attribute.label, lang);
        row(out, level + 1, &[&tag, status, &format, name, &said])?;
    }
    if let Holds::Parts { parts, .. } = &element.holds {
        part_rows(out, parts, level + 1, lang)?;
    }
    Ok(())
}

fn part_rows(out: &mut dyn Write, parts: &[Part], level: usize, lang: Lang) -> Result<(), Failure> {
    for part in parts {
        let (word, bounds, parts) = match part {
            Part::Element(element) => {
                rows(out, element, level, lang)?;
                continue;
            }
            Part::Choice(bounds, parts) => (pick(lang, "(one of)", "（任选其一）"), bounds, parts),
            Part::Sequence(bounds, parts) => {
                (pick(lang, "(in order)", "（按顺序）"), bounds, parts)
            }
            Part::Anything(bounds, of) => {
                let of = of.as_deref().unwrap_or("");
                let word = pick(lang, "(anything)", "（任意内容）");
                row(out, level, &[word, &occurs(*bounds), "", "", of])?;
                continue;
            }
        };
        row(out, level, &[word, &occurs(*bounds), "", "", ""])?;
        part_rows(out, parts, level + 1, lang)?;
    }
    Ok(())
}

fn as_json(element: &Element, depth: Option<u32>, lang: Lang) -> Value {
    let mut object = Map::new();
    object.insert("element".to_owned(), json!(element.tag));
    object.insert("status".to_owned(), json!(element.occurs.status.as_str()));
    object.insert("min".to_owned(), json!(element.occurs.min));
    object.insert("max".to_owned(), json!(element.occurs.max));
    object.insert("name".to_owned(), json!(name_of(&element.label, lang)));
    for (key, text) in [
        ("condition", &element.condition),
        ("required", &element.required),
        ("wco", &element.wco),
    ] {
        if !text.is_empty() {
            object.insert(key.to_owned(), json!(text));
        }
    }
    if !element.attributes.is_empty() {
        let each = element.attributes.iter().map(|attribute| {
            let mut object = Map::new();
            object.insert("attribute".to_owned(), json!(attribute.name));
            object.insert("required".to_owned(), json!(attribute.mandatory));
            object.insert("name".to_owned(), json!(name_of(&attribute.label, lang)));
            fill(&mut object, &attribute.value);
            Value::Object(object)
        });
        object.insert("attributes".to_owned(), each.collect());
    }
    match &element.holds {
        Holds::Value(value) => fill(&mut object, value),
        Holds::Anything => {
            object.insert("anything".to_owned(), json!(true));
        }
        Holds::Parts { parts, any_order } => {
            let word = if *any_order { "all" } else { "sequence" };
            if depth != Some(0) {
                let depth = depth.map(|depth| depth - 1);
                object.insert(word.to_owned(), parts_json(parts, depth, lang));
            }
        }
    }
    Value::Object(object)
}

fn parts_json(parts: &[Part], depth: Option<u32>, lang: Lang) -> Value {
    let one = |part: &Part| {
        let (word, bounds, inner) = match part {
            Part::Element(element) => return as_json(element, depth, lang),
            Part::Choice(bounds, parts) => ("choice", bounds, parts_json(parts, depth, lang)),
            Part::Sequence(bounds, parts) => ("sequence", bounds, parts_json(parts, depth, lang)),
            Part::Anything(bounds, of) => ("any", bounds, json!(of)),
        };
        json!({word: inner, "min": bounds.min, "max": bounds.max})
    };
    parts.iter().map(one).collect()
}

fn fill(object: &mut Map<String, Value>, value: &Rule) {
    object.insert("format".to_owned(), json!(value.format.to_string()));
    if value.empty {
        object.insert("empty".to_owned(), json!(true));
    }
    for (key, text) in [("is", &value.fixed), ("default", &value.default)] {
        if let Some(text) = text {
            object.insert(key.to_owned(), json!(text));
        }
    }
    if !value.means.is_empty() {
        object.insert("means".to_owned(), json!(value.means));
    }
    if !value.patterns.is_empty() {
        object.insert("patterns".to_owned(), json!(value.patterns));
    }
    if !value.bounds.is_empty() {
        let each = value.bounds.iter();
        let each = each.map(|(bound, text)| (bound.as_str().to_owned(), json!(text)));
        object.insert("bounds".to_owned(), Value::Object(each.collect()));
    }
    match &value.codes {
        Codes::None => {}
        Codes::Table(table) => {
            object.insert("table".to_owned(), json!(table));
        }
        Codes::In(table) => {
            object.insert("in".to_owned(), json!(table));
        }
        Codes::Values(values) => {
            let each = values
                .iter()
                .map(|(code, label)| json!({"code": code, "en": label.en, "zh": label.zh}));
            object.insert("codes".to_owned(), each.collect());
        }
    }
}
