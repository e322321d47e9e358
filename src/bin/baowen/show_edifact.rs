//! `baowen show`: directories of UN/EDIFACT.

use std::io::{self, Write};

use baowen::check::home;
use baowen::convert::{json_schema, xsd};
use baowen::finding::Lang;
use baowen::spec::model::{Class, Content, DependencyKind, Model, Node, Particle, Role, Type};
use baowen::spec::release::{MessageName, Release};
use baowen::spec::{Format, Home, Specs, near};
use baowen::xml::Schema;
use clap::ArgMatches;
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::lang::pick;
use crate::show_form::{Form, head, no_code, no_such_form, row};

/// Where something is looked up: a release of UN/EDIFACT, or a version of the syntax.
#[derive(Clone, Copy)]
struct Place<'n> {
    name: &'n str,
    release: Option<Release>,
    syntax: u8,
}

/// Whether a name is one of a directory.
pub(crate) fn has(specs: &Specs, name: &str) -> bool {
    let name: Result<MessageName, _> = name.parse();
    name.is_ok_and(|name| home(specs, &name).is_ok())
}

pub(crate) fn run(
    out: &mut dyn Write,
    specs: &Specs,
    name: &str,
    matches: &ArgMatches,
    form: Form,
    lang: Lang,
) -> Result<(), Failure> {
    if matches!(form, Form::Xsd | Form::JsonSchema) {
        return schema(out, specs, name, form, lang);
    }
    let name = name.to_ascii_uppercase();
    let id = name.split('@').next().unwrap_or_default();
    if !is_element(id) {
        no_code(matches, &name, lang)?;
    }
    let shown = Shown {
        specs,
        is_placed: name.contains('@'),
        code: matches.get_one::<String>("code"),
        form,
        lang,
    };
    if let Some((what, at)) = name.split_once('@') {
        let at = at.replace('.', "");
        return shown.one(out, what, &place(specs, &at, lang)?);
    }
    let text = name.replace('.', "");
    if specs.releases().find(&text).is_some() || specs.syntax_versions().find(&text).is_some() {
        return shown.release(out, &place(specs, &text, lang)?);
    }
    // Without a release the newest is meant.
    let newest = specs.releases().newest();
    let newest = newest
        .map(|newest| specs.releases().name(newest).to_owned())
        .unwrap_or_default();
    let at = if text.starts_with('U') { "S4" } else { &newest };
    shown.one(out, &text, &place(specs, at, lang)?)
}

/// Whether an id is one of a data element.
fn is_element(id: &str) -> bool {
    id.len() == 4 && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// A schema of a message: by ISO/TS 20625, or of the JSON form of that.
fn schema(
    out: &mut dyn Write,
    specs: &Specs,
    name: &str,
    form: Form,
    lang: Lang,
) -> Result<(), Failure> {
    let name: MessageName = name.to_ascii_uppercase().parse()?;
    let is_release = name.release.is_none() && specs.releases().find(&name.message).is_some();
    if is_release {
        return Err(no_such_form(lang));
    }
    let home = home(specs, &name)?;
    let text = xsd(specs, &name.message, home)?.ok_or_else(|| no_such_form(lang))?;
    if form == Form::Xsd {
        out.write_all(text.as_bytes())?;
        return Ok(());
    }
    let model = Schema::from_texts(&[("message.xsd", &text)])?.model();
    let list = model.roots().iter().find(|root| &*root.name == "List");
    let list = list.ok_or_else(|| no_such_form(lang))?;
    let title = name.to_string();
    write!(out, "{}", json_schema(&model, list, &title))?;
    Ok(())
}

/// What is asked for.
struct Shown<'s> {
    specs: &'s Specs,
    /// Whether a release was named.
    is_placed: bool,
    code: Option<&'s String>,
    form: Form,
    lang: Lang,
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

impl Shown<'_> {
    fn release(&self, out: &mut dyn Write, place: &Place<'_>) -> Result<(), Failure> {
        let specs = self.specs;
        let messages = match place.release {
            Some(release) => specs.messages(release)?,
            None => specs.service_messages(place.syntax)?,
        };
        if self.form == Form::Json {
            let messages: Vec<Value> = messages
                .iter()
                .map(|(id, name)| json!({"message": id, "name": name}))
                .collect();
            writeln!(
                out,
                "{}",
                json!({"release": place.name, "messages": messages})
            )?;
        } else if self.form == Form::Markdown {
            writeln!(out, "# {}\n", place.name)?;
            head(
                out,
                &match self.lang {
                    Lang::En => ["Message", "Name"],
                    Lang::Zh => ["报文", "名称"],
                },
            )?;
            for (id, name) in messages {
                row(out, 0, &[&id, &name])?;
            }
        } else {
            for (id, name) in messages {
                writeln!(out, "{id}  {name}")?;
            }
        }
        Ok(())
    }

    /// A message, segment, composite or element.
    fn one(&self, out: &mut dyn Write, what: &str, place: &Place<'_>) -> Result<(), Failure> {
        let (specs, lang) = (self.specs, self.lang);
        let home = place.release.map_or(Home::Service, Home::Edifact);
        let found = match what.len() {
            _ if is_element(what) => return self.element(out, what, place),
            3 => specs.segment(what, place.release, place.syntax)?,
            4 => specs.composite(what, place.release, place.syntax)?,
            _ => specs
                .message(what, home, place.syntax)?
                .map(|spec| spec.model),
        };
        let not_found = || {
            let near = near_names(specs, what, place, lang);
            let message = match (self.is_placed, lang) {
                (true, Lang::En) => format!("{} does not have {what:?}", place.name),
                (true, Lang::Zh) => format!("{} 中没有 {what:?}", place.name),
                (false, Lang::En) => format!("nothing is called {what:?}"),
                (false, Lang::Zh) => format!("没有名为 {what:?} 的内容"),
            };
            Failure::Message(format!("{message}{near}"))
        };
        let model = found.ok_or_else(not_found)?;
        let root = model.roots().first().ok_or_else(not_found)?;
        if self.form == Form::Json {
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
        } else if self.form == Form::Markdown {
            let title = &model.get(root.of).label.en;
            writeln!(out, "# {}@{} {title}\n", root.id, place.name)?;
            let names = match lang {
                Lang::En => ["Tag", "Status", "Max", "Format", "Name"],
                Lang::Zh => ["标识", "状态", "次数", "格式", "名称"],
            };
            head(out, &names)?;
            rows(out, &model, model.get(root.of), 0)?;
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

    fn element(&self, out: &mut dyn Write, id: &str, place: &Place<'_>) -> Result<(), Failure> {
        let (specs, lang, code) = (self.specs, self.lang, self.code);
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
        if self.form == Form::Json {
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
        if self.form == Form::Markdown {
            writeln!(out, "# {id}@{} {name}\n\n{format}\n", place.name)?;
            head(
                out,
                &[pick(lang, "Code", "代码"), pick(lang, "Name", "名称")],
            )?;
            for (code, name) in codes {
                row(out, 0, &[&code, &name])?;
            }
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
}

/// What is near a name that a release does not have.
fn near_names(specs: &Specs, what: &str, place: &Place<'_>, lang: Lang) -> String {
    let mut names: Vec<String> = Vec::new();
    if let Some(release) = place.release {
        let all = specs.messages(release).unwrap_or_default();
        names.extend(all.into_iter().map(|(id, _)| id.to_string()));
    }
    let messages = specs.xml_messages().unwrap_or_default();
    names.extend(
        messages
            .iter()
            .filter_map(|of| of.id.split('@').next().map(str::to_owned)),
    );
    let found = near(what, names.iter().map(String::as_str), 4);
    match found.is_empty() {
        true => String::new(),
        false => format!(
            "{} {}",
            pick(lang, "; near:", "；相近的有："),
            found.join(", ")
        ),
    }
}

/// The rows of a table of Markdown.
fn rows(out: &mut dyn Write, model: &Model, of: &Type, level: usize) -> io::Result<()> {
    for child in children(of) {
        let held = model.get(child.node.of);
        let format = format_of(held).unwrap_or_default();
        let max = child.max.to_string();
        let cells = [
            &*child.node.id,
            status(child.mandatory),
            &max,
            &format,
            &held.label.en,
        ];
        row(out, level, &cells)?;
        if matches!(child.node.role, Role::Group | Role::Composite) {
            rows(out, model, held, level + 1)?;
        }
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
