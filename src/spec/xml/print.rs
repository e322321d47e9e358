//! A message as text.

use std::fmt::Write as _;

use super::{Codes, Element, Holds, Message, Occurs, Part, Value};
use crate::finding::Lang;
use crate::spec::model::Label;

/// A message as its file has it; with a language, names are in that alone, to be read by people.
pub(super) fn message(message: &Message, lang: Option<Lang>) -> String {
    let mut out = Out {
        text: String::new(),
        lang,
    };
    out.message(message);
    out.text
}

/// An element and what it holds.
pub(super) fn element(element: &Element, lang: Option<Lang>) -> String {
    let mut out = Out {
        text: String::new(),
        lang,
    };
    out.element(0, element);
    out.text
}

struct Out {
    text: String,
    lang: Option<Lang>,
}

impl Out {
    fn message(&mut self, message: &Message) {
        self.line(0, &format!("message {}", message.name), &message.label);
        for (keyword, text) in [
            ("edition", &message.edition),
            ("valid", &message.valid),
            ("fidelity", &message.fidelity),
        ] {
            self.fact(2, keyword, text);
        }
        for source in &message.sources {
            self.fact(2, "source", source);
        }
        for namespace in &message.namespaces {
            let namespace = if namespace.is_empty() {
                "none"
            } else {
                namespace
            };
            self.fact(2, "namespace", namespace);
        }
        for when in &message.when {
            let value = when.value.as_deref().unwrap_or("");
            self.fact(2, "when", format!("{}  {value}", when.path).trim());
        }
        self.element(2, &message.root);
    }

    fn line(&mut self, indent: usize, text: &str, label: &Label) {
        let out = &mut self.text;
        let _ = write!(out, "{:indent$}{text}", "");
        let (en, zh) = (&*label.en, &*label.zh);
        let shown = match self.lang {
            None => (en, zh),
            Some(Lang::En) if !en.is_empty() => (en, ""),
            Some(Lang::Zh) if zh.is_empty() => (en, ""),
            Some(_) => (zh, ""),
        };
        match shown {
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

    fn fact(&mut self, indent: usize, keyword: &str, text: &str) {
        let out = &mut self.text;
        if !text.is_empty() {
            let _ = writeln!(out, "{:indent$}{keyword}  {text}", "");
        }
    }

    fn element(&mut self, indent: usize, element: &Element) {
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
        self.line(indent, &head, &label);
        let indent = indent + 2;
        if let Holds::Value(value) = &element.holds {
            self.facets(indent, value);
        }
        self.fact(indent, "condition", &element.condition);
        self.fact(indent, "required", &element.required);
        self.fact(indent, "wco", &element.wco);
        for attribute in &element.attributes {
            let status = if attribute.mandatory { "M" } else { "C" };
            let value = &attribute.value;
            let head = format!(
                "@{}  {status}  {}{}",
                attribute.name,
                value.format,
                empty(value)
            );
            self.line(indent, &head, &attribute.label);
            self.facets(indent + 2, value);
        }
        if let Holds::Parts { parts, .. } = &element.holds {
            self.parts(indent, parts);
        }
    }

    fn parts(&mut self, indent: usize, of: &[Part]) {
        for part in of {
            match part {
                Part::Element(inner) => self.element(indent, inner),
                Part::Choice(bounds, inner) => {
                    self.fact(indent, "choice", &occurs(*bounds));
                    self.parts(indent + 2, inner);
                }
                Part::Sequence(bounds, inner) => {
                    self.fact(indent, "sequence", &occurs(*bounds));
                    self.parts(indent + 2, inner);
                }
                Part::Anything(bounds, namespace) => {
                    let namespace = namespace.as_deref().unwrap_or("");
                    let text = format!("{}  {namespace}", occurs(*bounds));
                    self.fact(indent, "*", text.trim_end());
                }
            }
        }
    }

    fn facets(&mut self, indent: usize, value: &Value) {
        self.fact(indent, "is", value.fixed.as_deref().unwrap_or(""));
        self.fact(indent, "default", value.default.as_deref().unwrap_or(""));
        for pattern in &value.patterns {
            self.fact(indent, "pattern", pattern);
        }
        self.fact(indent, "means", &value.means);
        for (bound, text) in &value.bounds {
            self.fact(indent, bound.as_str(), text);
        }
        match &value.codes {
            Codes::None => {}
            Codes::Table(table) => self.fact(indent, "table", table),
            Codes::In(table) => self.fact(indent, "in", table),
            Codes::Values(values) => {
                for (code, label) in values {
                    let blank = code.is_empty() || code.contains([' ', '\t', '"']);
                    let code = match blank {
                        true => format!("code  \"{}\"", code.replace('"', "\"\"")),
                        false => format!("code  {code}"),
                    };
                    self.line(indent, &code, label);
                }
            }
        }
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

fn empty(value: &Value) -> &'static str {
    if value.empty { "?" } else { "" }
}
