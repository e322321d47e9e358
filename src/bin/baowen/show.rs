//! `baowen show`: the published standards as the engine has them.

use std::io::{self, BufWriter, Write};

use baowen::finding::Lang;
use baowen::spec::Specs;
use clap::ArgMatches;
use serde_json::{Value, json};

use crate::lang::pick;
use crate::show_form::{Form, name_of, no_code, no_such_form};
use crate::{Failure, Outcome, inputs, show_edifact, show_flat, show_message, show_schema};

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let form = Form::of(matches);
    let mut out = BufWriter::new(io::stdout().lock());
    let name = matches.get_one::<String>("name").map(String::as_str);
    if matches.contains_id("schema") {
        match form {
            Form::Text | Form::Json => show_schema::run(&mut out, matches, lang)?,
            Form::JsonSchema => show_schema::json_schema(&mut out, matches, lang)?,
            Form::Markdown | Form::Xsd => return Err(no_such_form(lang)),
        }
    } else if let Some(name) = name {
        one(&mut out, &specs, name, matches, form, lang)?;
    } else {
        all(&mut out, &specs, form, lang)?;
    }
    out.flush()?;
    Ok(Outcome::Clean)
}

/// What a name means: the layout of a flat file where it ends with `@flat` or no other standard has
/// it, a message in XML, or something of UN/EDIFACT.
fn one(
    out: &mut dyn Write,
    specs: &Specs,
    name: &str,
    matches: &ArgMatches,
    form: Form,
    lang: Lang,
) -> Result<(), Failure> {
    let flat = name.strip_suffix("@flat");
    if let Some(layout) = specs.flat(&flat.unwrap_or(name).to_ascii_uppercase())?
        && (flat.is_some() || !show_edifact::has(specs, name))
    {
        no_code(matches, name, lang)?;
        return show_flat::run(out, &layout, form, lang);
    }
    if let Some(layout) = flat {
        let names = specs.flats()?;
        let names = names.iter().map(|of| &*of.message);
        let wording = ("no flat file is called", "没有名为此的平台文件：");
        return Err(unknown(lang, wording, layout, names));
    }
    let path: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
    if let Some((message, inside)) = path.split_first() {
        let found = specs.xml_message(message)?;
        if !found.is_empty() && !show_edifact::has(specs, name) {
            no_code(matches, name, lang)?;
            let depth = matches.get_one::<u32>("depth").copied();
            return show_message::run(out, specs, &found, inside, (form, depth), lang);
        }
    }
    // A message that there is, in an edition that there is not.
    let (message, edition) = path.first().and_then(|of| of.split_once('@')).unzip();
    if let (Some(message), Some(edition)) = (message, edition)
        && !show_edifact::has(specs, message)
    {
        let ids = specs.xml_messages()?;
        let ids = ids.iter().filter_map(|of| of.id.split_once('@'));
        let has = ids.filter(|(name, _)| name.eq_ignore_ascii_case(message));
        let has: Vec<&str> = has.map(|(_, edition)| edition).collect();
        if !has.is_empty() {
            let has = has.join(", ");
            return Err(Failure::Message(match lang {
                Lang::En => format!("{message} has no edition {edition:?}; it has {has}"),
                Lang::Zh => format!("{message} 没有 {edition:?} 版；现有 {has}"),
            }));
        }
    }
    show_edifact::run(out, specs, name, matches, form, lang)
}

/// Of a name that is not known, and which are near to it.
fn unknown<'n>(
    lang: Lang,
    (en, zh): (&'static str, &'static str),
    name: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Failure {
    let near = baowen::spec::near(name, names, 4);
    let near = match near.is_empty() {
        true => String::new(),
        false => format!(
            "{} {}",
            pick(lang, "; near:", "；相近的有："),
            near.join(", ")
        ),
    };
    Failure::Message(format!("{} {name:?}{near}", pick(lang, en, zh)))
}

/// All that there is: releases, messages in XML by family, layouts of flat files.
fn all(out: &mut dyn Write, specs: &Specs, form: Form, lang: Lang) -> Result<(), Failure> {
    let releases: Vec<&str> = [specs.releases(), specs.syntax_versions()]
        .iter()
        .flat_map(|of| of.iter().map(|release| of.name(release)))
        .collect();
    let mut messages = specs.xml_messages()?;
    messages.sort_by_key(|listed| listed.family);
    let flats = specs.flats()?;
    match form {
        Form::Text => {}
        Form::Json => {
            let messages: Vec<Value> = messages
                .iter()
                .map(|of| json!({"family": of.family, "message": of.id, "name": name_of(&of.label, lang)}))
                .collect();
            let flats: Vec<Value> = flats
                .iter()
                .map(|of| json!({"message": of.message, "name": name_of(&of.label, lang)}))
                .collect();
            let value = json!({"releases": releases, "messages": messages, "flat": flats});
            writeln!(out, "{value}")?;
            return Ok(());
        }
        _ => return Err(no_such_form(lang)),
    }
    for name in releases {
        writeln!(out, "{name}")?;
    }
    let mut family = "";
    for listed in &messages {
        if listed.family != family {
            family = listed.family;
            writeln!(out, "\n{}", title(family, lang))?;
        }
        writeln!(out, "  {}  {}", listed.id, name_of(&listed.label, lang))?;
    }
    writeln!(out, "\n{}", pick(lang, "Flat files", "平台文件"))?;
    for layout in &flats {
        let name = name_of(&layout.label, lang);
        writeln!(out, "  {}@flat  {name}", layout.message)?;
    }
    Ok(())
}

/// The title of a family, which is a folder of the specs.
fn title(family: &str, lang: Lang) -> &str {
    let (en, zh) = match family {
        "layer" => ("Your own messages", "自有报文"),
        "cross-border" => ("Cross-border e-commerce", "跨境电商"),
        "data-items" => ("Data items of announcements", "公告数据项"),
        "declaration" => ("Goods declaration", "报关单"),
        "entry" => ("Entry documents of services", "服务的录入单证"),
        "inspection" => ("Inspection and quarantine", "检验检疫"),
        "manifest-road" => ("Road manifest", "公路舱单"),
        "manifest-sea" => ("Sea manifest", "海运舱单"),
        "origin" => ("Certificate of origin", "原产地证"),
        "processing-trade" => ("Processing trade and special areas", "加工贸易和特殊区域"),
        other => return other,
    };
    pick(lang, en, zh)
}
