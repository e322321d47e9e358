//! `baowen show`: the published standards as the engine has them.

use std::io::{self, BufWriter, Write};

use baowen::check::home;
use baowen::finding::Lang;
use baowen::spec::model::{Class, Content, DependencyKind, Model, Node, Particle, Role, Type};
use baowen::spec::release::{MessageName, Release};
use baowen::spec::{Format, Home, Specs};
use clap::ArgMatches;
use serde_json::{Map, Value, json};

use crate::lang::pick;
use crate::{Failure, Outcome, inputs, show_schema};

/// Where something is looked up: a release of UN/EDIFACT, or a version of the syntax.
#[derive(Clone, Copy)]
struct Place<'n> {
    name: &'n str,
    release: Option<Release>,
    syntax: u8,
}

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let as_json = matches
        .get_one::<String>("format")
        .is_some_and(|format| format == "json");
    let as_xsd = matches
        .get_one::<String>("format")
        .is_some_and(|format| format == "xsd");
    let mut out = BufWriter::new(io::stdout().lock());
    if as_xsd {
        xsd(&mut out, &specs, matches, lang)?;
        out.flush()?;
        return Ok(Outcome::Clean);
    }
    if matches.contains_id("schema") {
        show_schema::run(&mut out, matches, lang)?;
        out.flush()?;
        return Ok(Outcome::Clean);
    }
    let name = matches
        .get_one::<String>("name")
        .map(|name| name.to_ascii_uppercase());
    match name.as_deref().map(|name| name.split_once('@')) {
        None => releases(&mut out, &specs, as_json)?,
        Some(None) => {
            let text = name.as_deref().unwrap_or_default().replace('.', "");
            if specs.releases().find(&text).is_some()
                || specs.syntax_versions().find(&text).is_some()
            {
                release(&mut out, &specs, &place(&specs, &text, lang)?, as_json)?;
            } else {
                // Without a release the newest is meant.
                let newest = specs.releases().newest();
                let newest = newest
                    .map(|newest| specs.releases().name(newest).to_owned())
                    .unwrap_or_default();
                let place = place(
                    &specs,
                    if text.starts_with('U') { "S4" } else { &newest },
                    lang,
                )?;
                one(&mut out, &specs, &text, &place, matches, as_json, lang)?;
            }
        }
        Some(Some((what, at))) => {
            let at = at.replace('.', "");
            let place = place(&specs, &at, lang)?;
            one(&mut out, &specs, what, &place, matches, as_json, lang)?;
        }
    }
    out.flush()?;
    Ok(Outcome::Clean)
}

/// The XML Schema of a message.
fn xsd(
    out: &mut dyn Write,
    specs: &Specs,
    matches: &ArgMatches,
    lang: Lang,
) -> Result<(), Failure> {
    let name = matches.get_one::<String>("name");
    let found = match name {
        Some(name) if !matches.contains_id("schema") => {
            let name: MessageName = name.to_ascii_uppercase().parse()?;
            let home = home(specs, &name)?;
            baowen::convert::xsd(specs, &name.message, home)?
        }
        _ => None,
    };
    let Some(text) = found else {
        let message = pick(
            lang,
            "--format xsd shows a message of UN/EDIFACT, as INVOIC@D14B",
            "--format xsd 用于显示 UN/EDIFACT 报文，如 INVOIC@D14B",
        );
        return Err(Failure::Message(message.to_owned()));
    };
    out.write_all(text.as_bytes())?;
    Ok(())
}

fn place<'n>(specs: &Specs, name: &'n str, lang: Lang) -> Result<Place<'n>, Failure> {
    if let Some(release) = specs.releases().find(name) {
        return Ok(Place {
            name,
            release: Some(release),
            syntax: 4,
        });
    }
    if specs.syntax_versions().find(name).is_some() {
        let syntax = name[1..].parse().unwrap_or(4);
        return Ok(Place {
            name,
            release: None,
            syntax,
        });
    }
    let message = pick(
        lang,
        "no release of that name (baowen show lists them):",
        "没有此版目录（baowen show 可列出）：",
    );
    Err(Failure::Message(format!("{message} {name:?}")))
}

fn releases(out: &mut dyn Write, specs: &Specs, as_json: bool) -> Result<(), Failure> {
    let all = [specs.releases(), specs.syntax_versions()];
    let names: Vec<&str> = all
        .iter()
        .flat_map(|of| of.iter().map(|release| of.name(release)))
        .collect();
    if as_json {
        writeln!(out, "{}", json!({"releases": names}))?;
    } else {
        for name in names {
            writeln!(out, "{name}")?;
        }
    }
    Ok(())
}

fn release(
    out: &mut dyn Write,
    specs: &Specs,
    place: &Place<'_>,
    as_json: bool,
) -> Result<(), Failure> {
    let messages = match place.release {
        Some(release) => specs.messages(release)?,
        None => specs.service_messages(place.syntax)?,
    };
    if as_json {
        let messages: Vec<Value> = messages
            .iter()
            .map(|(id, name)| json!({"message": id, "name": name}))
            .collect();
        writeln!(
            out,
            "{}",
            json!({"release": place.name, "messages": messages})
        )?;
    } else {
        for (id, name) in messages {
            writeln!(out, "{id}  {name}")?;
        }
    }
    Ok(())
}

/// A message, segment, composite or element.
fn one(
    out: &mut dyn Write,
    specs: &Specs,
    what: &str,
    place: &Place<'_>,
    matches: &ArgMatches,
    as_json: bool,
    lang: Lang,
) -> Result<(), Failure> {
    let home = place.release.map_or(Home::Service, Home::Edifact);
    let found = match what.len() {
        4 if what.bytes().all(|byte| byte.is_ascii_digit()) => {
            return element(
                out,
                specs,
                what,
                place,
                matches.get_one::<String>("code"),
                as_json,
                lang,
            );
        }
        3 => specs.segment(what, place.release, place.syntax)?,
        4 => specs.composite(what, place.release, place.syntax)?,
        _ => specs
            .message(what, home, place.syntax)?
            .map(|spec| spec.model),
    };
    let not_found = || {
        let message = pick(lang, "does not have", "中没有");
        Failure::Message(format!("{} {message} {what:?}", place.name))
    };
    let model = found.ok_or_else(not_found)?;
    let root = model.roots().first().ok_or_else(not_found)?;
    if as_json {
        let mut object = Map::new();
        let (kind, content) = match root.role {
            Role::Segment => ("segment", "elements"),
            Role::Composite => ("composite", "components"),
            _ => ("message", "structure"),
        };
        object.insert(kind.to_owned(), json!(root.id));
        object.insert("release".to_owned(), json!(place.name));
        object.insert("name".to_owned(), json!(model.get(root.of).label.en));
        let items = children(model.get(root.of))
            .map(|item| to_json(&model, &item))
            .collect();
        object.insert(content.to_owned(), Value::Array(items));
        add_dependencies(&mut object, model.get(root.of));
        writeln!(out, "{}", Value::Object(object))?;
    } else {
        writeln!(
            out,
            "{}@{}  {}",
            root.id,
            place.name,
            model.get(root.of).label.en
        )?;
        to_text(out, &model, model.get(root.of), 1)?;
    }
    Ok(())
}

/// A child with its bounds.
struct Child<'m> {
    node: &'m Node,
    mandatory: bool,
    max: u32,
}

fn children(of: &Type) -> impl Iterator<Item = Child<'_>> {
    let items: &[Particle] = match &of.content {
        Content::Children(Particle::Sequence(items)) => items,
        _ => &[],
    };
    items.iter().filter_map(|item| match item {
        Particle::Repeat { min, max, of } => match &**of {
            Particle::Node(node) => Some(Child {
                node,
                mandatory: *min > 0,
                max: max.unwrap_or(u32::MAX),
            }),
            _ => None,
        },
        _ => None,
    })
}

fn format_of(of: &Type) -> Option<String> {
    let Content::Value(simple) = &of.content else {
        return None;
    };
    let class = match simple.class {
        Class::Alpha => "a",
        Class::Numeric => "n",
        _ => "an",
    };
    let max = simple.max.unwrap_or(0);
    let dots = if simple.min < max { ".." } else { "" };
    Some(format!("{class}{dots}{max}"))
}

fn status(mandatory: bool) -> &'static str {
    if mandatory { "M" } else { "C" }
}

fn to_json(model: &Model, child: &Child<'_>) -> Value {
    let of = model.get(child.node.of);
    let mut object = Map::new();
    match child.node.role {
        Role::Group => {
            let number: u32 = child.node.id.trim_start_matches("SG").parse().unwrap_or(0);
            object.insert("group".to_owned(), json!(number));
            object.insert("status".to_owned(), json!(status(child.mandatory)));
            object.insert("max".to_owned(), json!(child.max));
            let content = children(of).map(|item| to_json(model, &item)).collect();
            object.insert("content".to_owned(), Value::Array(content));
        }
        Role::Segment => {
            object.insert("segment".to_owned(), json!(child.node.id));
            object.insert("status".to_owned(), json!(status(child.mandatory)));
            object.insert("max".to_owned(), json!(child.max));
            if let Some((element, codes)) = &child.node.identified_by {
                object.insert(
                    "identified_by".to_owned(),
                    json!({"element": element, "codes": codes}),
                );
            }
        }
        role => {
            object.insert("id".to_owned(), json!(child.node.id));
            object.insert("status".to_owned(), json!(status(child.mandatory)));
            object.insert("max".to_owned(), json!(child.max));
            object.insert("name".to_owned(), json!(of.label.en));
            if role == Role::Composite {
                let components = children(of).map(|item| to_json(model, &item)).collect();
                object.insert("components".to_owned(), Value::Array(components));
                add_dependencies(&mut object, of);
            } else {
                object.insert("format".to_owned(), json!(format_of(of)));
            }
        }
    }
    Value::Object(object)
}

fn dependency(kind: DependencyKind) -> &'static str {
    match kind {
        DependencyKind::OneAndOnlyOne => "D1",
        DependencyKind::AllOrNone => "D2",
        DependencyKind::OneOrMore => "D3",
        DependencyKind::OneOrNone => "D4",
        DependencyKind::IfFirstThenAll => "D5",
        DependencyKind::IfFirstThenAtLeastOne => "D6",
        DependencyKind::IfFirstThenNone => "D7",
    }
}

fn add_dependencies(object: &mut Map<String, Value>, of: &Type) {
    if !of.dependencies.is_empty() {
        let notes = of
            .dependencies
            .iter()
            .map(|note| json!({"note": dependency(note.kind), "positions": note.positions}));
        object.insert("dependencies".to_owned(), notes.collect());
    }
}

fn to_text(out: &mut dyn Write, model: &Model, of: &Type, depth: usize) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    for child in children(of) {
        let held = model.get(child.node.of);
        let id = match child.node.role {
            Role::Group => child.node.id.replace("SG", "group "),
            _ => child.node.id.to_string(),
        };
        let times = if child.max == 1 && !matches!(child.node.role, Role::Group | Role::Segment) {
            String::new()
        } else {
            format!("  {}", child.max)
        };
        let format = format_of(held)
            .map(|format| format!("  {format}"))
            .unwrap_or_default();
        let name = if held.label.en.is_empty() {
            String::new()
        } else {
            format!("  {}", held.label.en)
        };
        writeln!(
            out,
            "{indent}{id}  {}{times}{format}{name}",
            status(child.mandatory)
        )?;
        if matches!(child.node.role, Role::Group | Role::Composite) {
            to_text(out, model, held, depth + 1)?;
        }
    }
    for note in &of.dependencies {
        let positions: Vec<String> = note.positions.iter().map(u16::to_string).collect();
        writeln!(
            out,
            "{indent}{}  {}",
            dependency(note.kind),
            positions.join(" ")
        )?;
    }
    Ok(())
}

fn element(
    out: &mut dyn Write,
    specs: &Specs,
    id: &str,
    place: &Place<'_>,
    code: Option<&String>,
    as_json: bool,
    lang: Lang,
) -> Result<(), Failure> {
    let Some((format, name)): Option<(Format, Box<str>)> =
        specs.element(id, place.release, place.syntax)?
    else {
        let message = pick(lang, "does not have element", "中没有数据元");
        return Err(Failure::Message(format!("{} {message} {id:?}", place.name)));
    };
    let mut codes = specs.codes(id, place.release, place.syntax)?;
    let table = specs.bound_table(id).map(|(table, _)| table.to_owned());
    if let Some(table) = &table
        && let Some(table) = specs.table(table)?
    {
        codes.extend(
            table
                .entries()
                .map(|entry| (entry.code().into(), entry.en().into())),
        );
    }
    if let Some(code) = code {
        codes.retain(|(held, _)| **held == **code);
        if codes.is_empty() {
            let message = pick(lang, "is not a code of", "不是代码，数据元");
            return Err(Failure::Message(format!(
                "{code:?} {message} {id}@{}",
                place.name
            )));
        }
    }
    if as_json {
        let codes: Map<String, Value> = codes
            .into_iter()
            .map(|(code, name)| (code.into(), json!(name)))
            .collect();
        let value = json!({
            "element": id, "release": place.name, "name": name, "format": format.to_string(),
            "table": table, "codes": codes,
        });
        writeln!(out, "{value}")?;
        return Ok(());
    }
    if code.is_none() {
        let from = table
            .map(|table| format!("  {} {table}", pick(lang, "table", "代码表")))
            .unwrap_or_default();
        writeln!(out, "{id}@{}  {format}  {name}{from}", place.name)?;
    }
    for (code, name) in codes {
        writeln!(out, "  {code}  {name}")?;
    }
    Ok(())
}
