//! A message as XML Schema 1.0.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::{Attribute, Bound, Codes, Element, Format, Holds, Message, Occurs, Part, Value};
use crate::Result;

/// Gives the codes of a table, `None` where there is no such table.
pub(crate) type Lookup<'l> = &'l dyn Fn(&str) -> Result<Option<Vec<String>>>;

/// Namespace of what the checks of this crate read beside XML Schema: `table`, the table that a
/// value is looked up in; `repeats`, which lets elements in any order stand several times; and `shown`,
/// what people are shown of a pattern or type.
pub(crate) const TABLE: &str = "urn:baowen:spec";

/// Writes the schema of a message. For other programs (`published`) nothing stands in it that is
/// not XML Schema.
pub(super) fn write(
    message: &Message,
    namespace: &str,
    published: bool,
    codes: Lookup<'_>,
) -> Result<String> {
    let mut writer = Writer {
        prefix: if namespace.is_empty() { "" } else { "m:" },
        published,
        codes,
        named: HashMap::new(),
        types: String::new(),
    };
    let body = writer.element(&message.root, true)?;
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"",
    );
    if !namespace.is_empty() {
        let namespace = escaped(namespace);
        let _ = write!(
            out,
            " xmlns:m=\"{namespace}\" targetNamespace=\"{namespace}\""
        );
    }
    if !published {
        let _ = write!(out, " xmlns:b=\"{TABLE}\"");
    }
    out.push_str(" elementFormDefault=\"qualified\">\n");
    out.push_str(&body);
    out.push_str(&writer.types);
    out.push_str("</xs:schema>\n");
    Ok(out)
}

struct Writer<'l> {
    /// Prefix of the message's own types.
    prefix: &'static str,
    published: bool,
    codes: Lookup<'l>,
    /// Names of types by what they are, so that the same is written once.
    named: HashMap<String, String>,
    types: String,
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

fn occurs(of: Occurs) -> String {
    let mut out = String::new();
    if of.min != 1 {
        let _ = write!(out, " minOccurs=\"{}\"", of.min);
    }
    match of.max {
        Some(1) => {}
        Some(max) => {
            let _ = write!(out, " maxOccurs=\"{max}\"");
        }
        None => out.push_str(" maxOccurs=\"unbounded\""),
    }
    out
}

/// What the value's type does not say: presets.
fn preset(value: &Value) -> String {
    match (&value.fixed, &value.default) {
        (Some(fixed), _) => format!(" fixed=\"{}\"", escaped(fixed)),
        (None, Some(default)) => format!(" default=\"{}\"", escaped(default)),
        (None, None) => String::new(),
    }
}

impl Writer<'_> {
    /// The name of a type that is `body`; `kind` is `simpleType` or `complexType`, and `shown` what
    /// people are told of it.
    fn named(&mut self, kind: &str, body: &str, shown: &str) -> String {
        let shown = match shown.is_empty() || self.published {
            true => String::new(),
            false => format!(" b:shown=\"{}\"", escaped(shown)),
        };
        let key = format!("{kind}{shown}{body}");
        if let Some(name) = self.named.get(&key) {
            return name.clone();
        }
        let letter = if kind == "simpleType" { 'V' } else { 'T' };
        let name = format!("{letter}{}", self.named.len() + 1);
        let _ = write!(
            self.types,
            "<xs:{kind} name=\"{name}\"{shown}>\n{body}</xs:{kind}>\n"
        );
        let name = format!("{}{name}", self.prefix);
        self.named.insert(key, name.clone());
        name
    }

    /// The declaration of an element.
    fn element(&mut self, element: &Element, is_root: bool) -> Result<String> {
        let mut out = format!("<xs:element name=\"{}\"", element.tag);
        if !is_root {
            out.push_str(&occurs(element.occurs));
        }
        match &element.holds {
            Holds::Anything if element.attributes.is_empty() => {}
            Holds::Anything => {
                let attributes = self.attributes(&element.attributes)?;
                let body = format!(
                    "<xs:complexContent><xs:extension base=\"xs:anyType\">\n{attributes}</xs:extension></xs:complexContent>\n"
                );
                let _ = write!(out, " type=\"{}\"", self.named("complexType", &body, ""));
            }
            Holds::Value(value) => {
                let simple = self.simple(value)?;
                let of = if element.attributes.is_empty() {
                    simple
                } else {
                    let attributes = self.attributes(&element.attributes)?;
                    let body = format!(
                        "<xs:simpleContent><xs:extension base=\"{simple}\">\n{attributes}</xs:extension></xs:simpleContent>\n"
                    );
                    self.named("complexType", &body, "")
                };
                let _ = write!(out, " type=\"{of}\"{}{}", preset(value), self.table(value));
            }
            Holds::Parts { parts, any_order } => {
                let mut body = self.content(parts, *any_order)?;
                body.push_str(&self.attributes(&element.attributes)?);
                let _ = write!(out, " type=\"{}\"", self.named("complexType", &body, ""));
            }
        }
        self.label(&mut out, element);
        Ok(out)
    }

    /// Names for people, which only other programs need.
    fn label(&self, out: &mut String, element: &Element) {
        let label = &element.label;
        if !self.published || (label.en.is_empty() && label.zh.is_empty()) {
            out.push_str("/>\n");
            return;
        }
        out.push_str("><xs:annotation>");
        for (lang, text) in [("en", &label.en), ("zh", &label.zh)] {
            if !text.is_empty() {
                let _ = write!(
                    out,
                    "<xs:documentation xml:lang=\"{lang}\">{}</xs:documentation>",
                    escaped(text)
                );
            }
        }
        out.push_str("</xs:annotation></xs:element>\n");
    }

    fn table(&self, value: &Value) -> String {
        match &value.codes {
            Codes::Table(table) if !self.published => format!(" b:table=\"{}\"", escaped(table)),
            _ => String::new(),
        }
    }

    fn content(&mut self, parts: &[Part], any_order: bool) -> Result<String> {
        if parts.is_empty() {
            return Ok(String::new());
        }
        let mut inner = String::new();
        if !any_order {
            for part in parts {
                inner.push_str(&self.part(part)?);
            }
            return Ok(format!("<xs:sequence>\n{inner}</xs:sequence>\n"));
        }
        let repeats = parts.iter().any(|part| {
            matches!(part, Part::Element(element) if element.occurs.max.is_none_or(|max| max > 1))
        });
        let choice = repeats && self.published;
        for part in parts {
            match part {
                Part::Element(element) if choice && element.occurs.max != Some(0) => {
                    let one = Occurs {
                        min: 1,
                        max: Some(1),
                        ..element.occurs
                    };
                    let single = Element {
                        occurs: one,
                        ..element.clone()
                    };
                    inner.push_str(&self.element(&single, false)?);
                }
                Part::Element(element) if !choice => inner.push_str(&self.element(element, false)?),
                _ => {}
            }
        }
        Ok(if choice {
            format!("<xs:choice minOccurs=\"0\" maxOccurs=\"unbounded\">\n{inner}</xs:choice>\n")
        } else if repeats {
            format!("<xs:all b:repeats=\"yes\">\n{inner}</xs:all>\n")
        } else {
            format!("<xs:all>\n{inner}</xs:all>\n")
        })
    }

    fn part(&mut self, part: &Part) -> Result<String> {
        let (name, bounds, parts) = match part {
            Part::Element(element) => return self.element(element, false),
            Part::Anything(bounds, namespace) => {
                let of = match namespace {
                    Some(namespace) => format!(" namespace=\"{}\"", escaped(namespace)),
                    None => String::new(),
                };
                return Ok(format!(
                    "<xs:any{of} processContents=\"lax\"{}/>\n",
                    occurs(*bounds)
                ));
            }
            Part::Choice(bounds, parts) => ("choice", bounds, parts),
            Part::Sequence(bounds, parts) => ("sequence", bounds, parts),
        };
        let mut out = format!("<xs:{name}{}>\n", occurs(*bounds));
        for part in parts {
            out.push_str(&self.part(part)?);
        }
        let _ = writeln!(out, "</xs:{name}>");
        Ok(out)
    }

    fn attributes(&mut self, attributes: &[Attribute]) -> Result<String> {
        let mut out = String::new();
        for attribute in attributes {
            let of = self.simple(&attribute.value)?;
            let required = if attribute.mandatory {
                " use=\"required\""
            } else {
                ""
            };
            let _ = writeln!(
                out,
                "<xs:attribute name=\"{}\" type=\"{of}\"{required}{}{}/>",
                attribute.name,
                preset(&attribute.value),
                self.table(&attribute.value)
            );
        }
        Ok(out)
    }

    /// A pattern, and what people are shown of it.
    fn pattern(&self, out: &mut String, pattern: &str, shown: Option<&str>) {
        match shown.filter(|_| !self.published) {
            None => facet(out, "pattern", pattern),
            Some(shown) => {
                let (pattern, shown) = (escaped(pattern), escaped(shown));
                let _ = writeln!(out, "<xs:pattern value=\"{pattern}\" b:shown=\"{shown}\"/>");
            }
        }
    }

    /// The type of a value.
    fn simple(&mut self, value: &Value) -> Result<String> {
        let mut facets = String::new();
        let base = match &value.format {
            Format::Text { min, max, .. } => {
                match (min, max) {
                    (min, Some(max)) if min == max => {
                        facet(&mut facets, "length", &max.to_string());
                    }
                    (min, max) => {
                        if *min > 0 {
                            facet(&mut facets, "minLength", &min.to_string());
                        }
                        if let Some(max) = max {
                            facet(&mut facets, "maxLength", &max.to_string());
                        }
                    }
                }
                "string"
            }
            Format::Number { digits, decimals } => {
                if let Some(digits) = digits {
                    facet(&mut facets, "totalDigits", &digits.to_string());
                }
                if let Some(decimals) = decimals {
                    facet(&mut facets, "fractionDigits", &decimals.to_string());
                }
                "decimal"
            }
            Format::Moment(_) => "string",
            Format::Builtin(name) => name,
        };
        for (bound, text) in &value.bounds {
            let name = match bound {
                Bound::Min => "minInclusive",
                Bound::Max => "maxInclusive",
                Bound::Above => "minExclusive",
                Bound::Below => "maxExclusive",
            };
            facet(&mut facets, name, text);
        }
        match &value.codes {
            Codes::Values(values) => {
                for (code, _) in values {
                    facet(&mut facets, "enumeration", code);
                }
            }
            Codes::In(table) => {
                for code in (self.codes)(table)?.unwrap_or_default() {
                    facet(&mut facets, "enumeration", &code);
                }
            }
            Codes::None | Codes::Table(_) => {}
        }
        // Patterns of one step are alternatives: all but the first are steps of their own.
        let of_format = value.format.pattern();
        // A format is easier to read than its expression.
        let shown = of_format.is_some().then(|| value.format.to_string());
        let own = (!value.means.is_empty()).then(|| value.means.to_string());
        let own = value
            .patterns
            .iter()
            .map(|pattern| (pattern.to_string(), own.clone()));
        let of_format = of_format
            .into_iter()
            .map(|pattern| (pattern, shown.clone()));
        let patterns: Vec<_> = of_format.chain(own).collect();
        if let Some((first, shown)) = patterns.first() {
            self.pattern(&mut facets, first, shown.as_deref());
        }
        let format = value.format.to_string();
        let mut of = format!("xs:{base}");
        if !facets.is_empty() {
            let body = format!("<xs:restriction base=\"{of}\">\n{facets}</xs:restriction>\n");
            of = self.named("simpleType", &body, &format);
        }
        for (pattern, shown) in patterns.iter().skip(1) {
            let mut facets = String::new();
            self.pattern(&mut facets, pattern, shown.as_deref());
            let body = format!("<xs:restriction base=\"{of}\">\n{facets}</xs:restriction>\n");
            of = self.named("simpleType", &body, &format);
        }
        if value.empty {
            let none =
                "<xs:restriction base=\"xs:string\"><xs:length value=\"0\"/></xs:restriction>\n";
            let none = self.named("simpleType", none, "");
            let body = format!("<xs:union memberTypes=\"{of} {none}\"/>\n");
            of = self.named("simpleType", &body, &format);
        }
        Ok(of)
    }
}

fn facet(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "<xs:{name} value=\"{}\"/>", escaped(value));
}
