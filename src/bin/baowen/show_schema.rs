//! `baowen show --schema`: what an XML Schema says, element by element.

use std::io::Write;

use baowen::finding::Lang;
use baowen::spec::model::{Class, CodeList, Content, Model, Node, Particle, Role, Type};
use clap::ArgMatches;
use serde_json::{Map, Value, json};

use crate::lang::pick;
use crate::show_form::name_of;
use crate::{Failure, inputs};

/// Codes of a list that are shown in one line.
const MOST_CODES: usize = 12;

/// Shows the roots of the schema, or the element at a path.
pub(crate) fn run(out: &mut dyn Write, matches: &ArgMatches, lang: Lang) -> Result<(), Failure> {
    let as_json = matches
        .get_one::<String>("format")
        .is_some_and(|format| format == "json");
    let depth = matches.get_one::<u32>("depth").copied().unwrap_or(3);
    let Some(schema) = inputs::schema(matches)? else {
        return Ok(());
    };
    let model = schema.model();
    let Some(path) = matches.get_one::<String>("name") else {
        return roots(out, &model, as_json, lang);
    };
    show(out, &model, path, depth, as_json, lang)
}

/// The JSON Schema of the documents of one root.
pub(crate) fn json_schema(
    out: &mut dyn Write,
    matches: &ArgMatches,
    lang: Lang,
) -> Result<(), Failure> {
    let Some(schema) = inputs::schema(matches)? else {
        return Ok(());
    };
    let model = schema.model();
    let name = matches.get_one::<String>("name");
    let all = model.roots();
    let found = match name {
        Some(name) => all.iter().find(|root| *root.name == **name),
        None if all.len() == 1 => all.first(),
        None => None,
    };
    let Some(root) = found else {
        let names: Vec<&str> = all.iter().map(|root| &*root.name).collect();
        let message = pick(lang, "name one root:", "请指明一个根元素：");
        return Err(Failure::Message(format!("{message} {}", names.join(", "))));
    };
    write!(
        out,
        "{}",
        baowen::convert::json_schema(&model, root, &root.name)
    )?;
    Ok(())
}

fn roots(out: &mut dyn Write, model: &Model, as_json: bool, lang: Lang) -> Result<(), Failure> {
    if as_json {
        let roots: Vec<Value> = model
            .roots()
            .iter()
            .map(|root| {
                json!({"element": root.name, "namespace": root.namespace,
                    "name": name_of(&model.get(root.of).label, lang)})
            })
            .collect();
        writeln!(out, "{}", json!({"roots": roots}))?;
        return Ok(());
    }
    for root in model.roots() {
        let namespace = root.namespace.as_deref().unwrap_or("");
        let label = name_of(&model.get(root.of).label, lang);
        let line = format!("{}  {namespace}  {label}", root.name);
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Shows the element that `path` leads to: names with `/` between, from a root on.
pub(crate) fn show(
    out: &mut dyn Write,
    model: &Model,
    path: &str,
    depth: u32,
    as_json: bool,
    lang: Lang,
) -> Result<(), Failure> {
    let mut node: Option<&Node> = None;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let mut each: Vec<&Node> = Vec::new();
        match node {
            None => each.extend(model.roots()),
            Some(node) => match &model.get(node.of).content {
                Content::Children(particle) | Content::Mixed(particle) => {
                    nodes(particle, &mut each)
                }
                _ => {}
            },
        }
        let found = each.iter().find(|held| *held.name == *name);
        let found = found.or_else(|| {
            each.iter()
                .find(|held| held.name.eq_ignore_ascii_case(name))
        });
        node = Some(match found {
            Some(found) => found,
            None => {
                let mut names: Vec<&str> = each.iter().map(|held| &*held.name).collect();
                names.dedup();
                let message = pick(lang, "is not among", "不在其中：");
                return Err(Failure::Message(format!(
                    "{name:?} {message} {}",
                    names.join(", ")
                )));
            }
        });
    }
    let Some(node) = node else {
        return roots(out, model, as_json, lang);
    };
    let shown = Shown { model, lang };
    if as_json {
        let value = shown.element(node, 1, Some(1), depth);
        writeln!(out, "{value}")?;
    } else {
        shown.line(out, node, 1, Some(1), 0, depth)?;
    }
    Ok(())
}

/// Every node of a particle, in order.
fn nodes<'m>(particle: &'m Particle, found: &mut Vec<&'m Node>) {
    match particle {
        Particle::Node(node) => found.push(node),
        Particle::Sequence(items) | Particle::Choice(items) | Particle::All(items) => {
            items.iter().for_each(|item| nodes(item, found));
        }
        Particle::Repeat { of, .. } => nodes(of, found),
        Particle::Wildcard(_) => {}
    }
}

/// `an..35`, `n..14,2`, or the pattern of a date; nothing where no bound is known.
fn format_of(of: &Type) -> Option<String> {
    let Content::Value(simple) = &of.content else {
        return None;
    };
    if let Some(pattern) = simple.patterns.first() {
        return Some(pattern.to_string());
    }
    let class = match simple.class {
        Class::Alpha => "a",
        Class::Numeric => "n",
        _ => "an",
    };
    let decimals = simple
        .decimals
        .map(|decimals| format!(",{decimals}"))
        .unwrap_or_default();
    match simple.max {
        Some(max) if simple.min == max => Some(format!("{class}{max}{decimals}")),
        Some(max) if simple.min > 0 => Some(format!("{class}{}..{max}{decimals}", simple.min)),
        Some(max) => Some(format!("{class}..{max}{decimals}")),
        None if !decimals.is_empty() => Some(format!("{class}{decimals}")),
        None => None,
    }
}

fn codes(of: &Type) -> Vec<&str> {
    match &of.content {
        Content::Value(simple) => match &simple.codes {
            Some(CodeList::Values(values)) => values.iter().map(|(code, _)| &**code).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

struct Shown<'m> {
    model: &'m Model,
    lang: Lang,
}

impl Shown<'_> {
    fn line(
        &self,
        out: &mut dyn Write,
        node: &Node,
        min: u32,
        max: Option<u32>,
        level: usize,
        depth: u32,
    ) -> Result<(), Failure> {
        let of = self.model.get(node.of);
        let mut line = format!("{}{}  {}", "  ".repeat(level), node.name, bounds(min, max));
        self.describe(&mut line, of, true);
        let holds = matches!(of.content, Content::Children(_) | Content::Mixed(_));
        if depth == 0 && holds {
            line.push_str("  …");
        }
        writeln!(out, "{line}")?;
        for attribute in &of.attributes {
            let held = self.model.get(attribute.of);
            let indent = "  ".repeat(level + 1);
            let status = if attribute.required { "M" } else { "C" };
            let mut line = format!("{indent}@{}  {status}", attribute.name);
            self.describe(&mut line, held, true);
            writeln!(out, "{line}")?;
        }
        match &of.content {
            Content::Children(particle) | Content::Mixed(particle) if depth > 0 => {
                self.particle(out, particle, (1, Some(1)), level + 1, depth - 1)
            }
            _ => Ok(()),
        }
    }

    /// Type, format, codes and name.
    fn describe(&self, line: &mut String, of: &Type, named: bool) {
        if named && !of.name.is_empty() {
            line.push_str("  ");
            line.push_str(&of.name);
        }
        if let Some(format) = format_of(of) {
            line.push_str("  ");
            line.push_str(&format);
        }
        let codes = codes(of);
        if !codes.is_empty() {
            let more = if codes.len() > MOST_CODES { "|…" } else { "" };
            let first: Vec<&str> = codes.into_iter().take(MOST_CODES).collect();
            line.push_str(&format!("  {}{more}", first.join("|")));
        }
        let name = name_of(&of.label, self.lang);
        if !name.is_empty() {
            line.push_str("  ");
            line.push_str(name);
        }
    }

    fn particle(
        &self,
        out: &mut dyn Write,
        particle: &Particle,
        (min, max): (u32, Option<u32>),
        level: usize,
        depth: u32,
    ) -> Result<(), Failure> {
        let (word, items) = match particle {
            Particle::Node(node) => return self.line(out, node, min, max, level, depth),
            Particle::Repeat { min, max, of } => {
                return self.particle(out, of, (*min, *max), level, depth);
            }
            Particle::Wildcard(wildcard) => {
                let of = match &wildcard.namespaces {
                    Some(list) => list.join(" "),
                    None => String::new(),
                };
                let line = format!("{}*  {}  {of}", "  ".repeat(level), bounds(min, max));
                writeln!(out, "{}", line.trim_end())?;
                return Ok(());
            }
            Particle::Sequence(items) => ("sequence", items),
            Particle::Choice(items) => ("choice", items),
            Particle::All(items) => ("all", items),
        };
        let plain = word == "sequence" && (min, max) == (1, Some(1));
        if !plain {
            writeln!(out, "{}({word})  {}", "  ".repeat(level), bounds(min, max))?;
        }
        for item in items {
            let level = level + usize::from(!plain);
            self.particle(out, item, (1, Some(1)), level, depth)?;
        }
        Ok(())
    }

    fn element(&self, node: &Node, min: u32, max: Option<u32>, depth: u32) -> Value {
        let of = self.model.get(node.of);
        let mut object = Map::new();
        let kind = match node.role {
            Role::Xml => "element",
            _ => "id",
        };
        object.insert(kind.to_owned(), json!(node.name));
        if let Some(namespace) = &node.namespace {
            object.insert("namespace".to_owned(), json!(namespace));
        }
        self.fill(&mut object, of);
        object.insert("min".to_owned(), json!(min));
        object.insert("max".to_owned(), json!(max));
        if !of.attributes.is_empty() {
            let each = of.attributes.iter().map(|attribute| {
                let mut object = Map::new();
                object.insert("attribute".to_owned(), json!(attribute.name));
                object.insert("required".to_owned(), json!(attribute.required));
                self.fill(&mut object, self.model.get(attribute.of));
                Value::Object(object)
            });
            object.insert("attributes".to_owned(), each.collect());
        }
        if let Content::Children(particle) | Content::Mixed(particle) = &of.content {
            if matches!(of.content, Content::Mixed(_)) {
                object.insert("mixed".to_owned(), json!(true));
            }
            if depth > 0 {
                let content = self.content(particle, (1, Some(1)), depth - 1);
                object.insert("content".to_owned(), content);
            }
        }
        Value::Object(object)
    }

    fn fill(&self, object: &mut Map<String, Value>, of: &Type) {
        object.insert("type".to_owned(), json!(of.name));
        if let Some(format) = format_of(of) {
            object.insert("format".to_owned(), json!(format));
        }
        let codes = codes(of);
        if !codes.is_empty() {
            object.insert("codes".to_owned(), json!(codes));
        }
        let name = name_of(&of.label, self.lang);
        if !name.is_empty() {
            object.insert("name".to_owned(), json!(name));
        }
    }

    fn content(&self, particle: &Particle, (min, max): (u32, Option<u32>), depth: u32) -> Value {
        let (word, items) = match particle {
            Particle::Node(node) => return self.element(node, min, max, depth),
            Particle::Repeat { min, max, of } => return self.content(of, (*min, *max), depth),
            Particle::Wildcard(wildcard) => {
                return json!({"any": wildcard.namespaces, "except": wildcard.except,
                    "min": min, "max": max});
            }
            Particle::Sequence(items) => ("sequence", items),
            Particle::Choice(items) => ("choice", items),
            Particle::All(items) => ("all", items),
        };
        let items = items
            .iter()
            .map(|item| self.content(item, (1, Some(1)), depth));
        let items: Vec<Value> = items.collect();
        json!({word: items, "min": min, "max": max})
    }
}

/// Status and most occurrences: `M  1`, `C  *`.
fn bounds(min: u32, max: Option<u32>) -> String {
    let status = if min > 0 { "M" } else { "C" };
    match max {
        Some(max) => format!("{status}  {max}"),
        None => format!("{status}  *"),
    }
}
