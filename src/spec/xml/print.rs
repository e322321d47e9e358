//! A message as text.

use std::fmt::Write as _;

use super::{Codes, Element, Holds, Message, Occurs, Part, Value};
use crate::spec::model::Label;

pub(super) fn message(message: &Message) -> String {
    let mut out = String::new();
    line(
        &mut out,
        0,
        &format!("message {}", message.name),
        &message.label,
    );
    for (keyword, text) in [
        ("edition", &message.edition),
        ("valid", &message.valid),
        ("fidelity", &message.fidelity),
    ] {
        fact(&mut out, 2, keyword, text);
    }
    for source in &message.sources {
        fact(&mut out, 2, "source", source);
    }
    for namespace in &message.namespaces {
        let namespace = if namespace.is_empty() {
            "none"
        } else {
            namespace
        };
        fact(&mut out, 2, "namespace", namespace);
    }
    for when in &message.when {
        let value = when.value.as_deref().unwrap_or("");
        fact(
            &mut out,
            2,
            "when",
            format!("{}  {value}", when.path).trim(),
        );
    }
    element(&mut out, 2, &message.root);
    out
}

fn line(out: &mut String, indent: usize, text: &str, label: &Label) {
    let _ = write!(out, "{:indent$}{text}", "");
    match (&*label.en, &*label.zh) {
        ("", "") => {}
        ("", zh) => {
            let _ = write!(out, "  | {zh}");
        }
        (en, "") => {
            let _ = write!(out, "  {en}");
        }
        (en, zh) => {
            let _ = write!(out, "  {en} | {zh}");
        }
    }
    out.push('\n');
}

fn fact(out: &mut String, indent: usize, keyword: &str, text: &str) {
    if !text.is_empty() {
        let _ = writeln!(out, "{:indent$}{keyword}  {text}", "");
    }
}

fn occurs(of: Occurs) -> String {
    let status = of.status.as_str();
    let least = u32::from(status == "M");
    match (of.min, of.max) {
        (_, Some(0)) => status.to_owned(),
        (min, Some(max)) if min == least => format!("{status}  {max}"),
        (min, None) if min == least => format!("{status}  *"),
        (min, Some(max)) => format!("{status}  {min}..{max}"),
        (min, None) => format!("{status}  {min}..*"),
    }
}

fn element(out: &mut String, indent: usize, element: &Element) {
    let mut head = format!("<{}>  {}", element.tag, occurs(element.occurs));
    match &element.holds {
        Holds::Anything => head.push_str("  anything"),
        Holds::Parts {
            any_order: true, ..
        } => head.push_str("  unordered"),
        Holds::Parts { parts, .. } if parts.is_empty() => head.push_str("  empty"),
        Holds::Parts { .. } => {}
        Holds::Value(value) => {
            let _ = write!(head, "  {}{}", value.format, empty(value));
        }
    }
    let mut label = element.label.clone();
    // What stands behind how often it stands would be read as what it holds.
    if matches!(&element.holds, Holds::Parts { any_order: false, parts } if !parts.is_empty())
        && super::text::begins_with_kind(&label.en)
    {
        let mut letters = label.en.chars();
        let first: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        label.en = format!("{first}{}", letters.as_str()).into();
    }
    line(out, indent, &head, &label);
    let indent = indent + 2;
    if let Holds::Value(value) = &element.holds {
        facets(out, indent, value);
    }
    fact(out, indent, "condition", &element.condition);
    fact(out, indent, "required", &element.required);
    fact(out, indent, "wco", &element.wco);
    for attribute in &element.attributes {
        let status = if attribute.mandatory { "M" } else { "C" };
        let value = &attribute.value;
        let head = format!(
            "@{}  {status}  {}{}",
            attribute.name,
            value.format,
            empty(value)
        );
        line(out, indent, &head, &attribute.label);
        facets(out, indent + 2, value);
    }
    if let Holds::Parts { parts, .. } = &element.holds {
        self::parts(out, indent, parts);
    }
}

fn parts(out: &mut String, indent: usize, of: &[Part]) {
    for part in of {
        match part {
            Part::Element(inner) => element(out, indent, inner),
            Part::Choice(bounds, inner) => {
                fact(out, indent, "choice", &occurs(*bounds));
                parts(out, indent + 2, inner);
            }
            Part::Sequence(bounds, inner) => {
                fact(out, indent, "sequence", &occurs(*bounds));
                parts(out, indent + 2, inner);
            }
            Part::Anything(bounds, namespace) => {
                let namespace = namespace.as_deref().unwrap_or("");
                let text = format!("{}  {namespace}", occurs(*bounds));
                fact(out, indent, "*", text.trim_end());
            }
        }
    }
}

fn empty(value: &Value) -> &'static str {
    if value.empty { "?" } else { "" }
}

fn facets(out: &mut String, indent: usize, value: &Value) {
    fact(out, indent, "is", value.fixed.as_deref().unwrap_or(""));
    fact(
        out,
        indent,
        "default",
        value.default.as_deref().unwrap_or(""),
    );
    for pattern in &value.patterns {
        fact(out, indent, "pattern", pattern);
    }
    for (bound, text) in &value.bounds {
        fact(out, indent, bound.as_str(), text);
    }
    match &value.codes {
        Codes::None => {}
        Codes::Table(table) => fact(out, indent, "table", table),
        Codes::In(table) => fact(out, indent, "in", table),
        Codes::Values(values) => {
            for (code, label) in values {
                let blank = code.is_empty() || code.contains([' ', '"']);
                let code = match blank {
                    true => format!("code  \"{code}\""),
                    false => format!("code  {code}"),
                };
                line(out, indent, &code, label);
            }
        }
    }
}
