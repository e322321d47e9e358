//! `baowen rules`, and the options of `check` that choose rules.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use baowen::finding::Lang;
use baowen::rule::{Choice, Info, Options, Register, Rules, TableRegister};
use baowen::spec::Specs;
use clap::ArgMatches;
use serde_json::json;

use crate::lang::pick;
use crate::{Failure, Outcome, inputs, text};

fn many(matches: &ArgMatches, name: &str) -> Vec<String> {
    let values = matches.try_get_many::<String>(name).ok().flatten();
    values.into_iter().flatten().cloned().collect()
}

/// `name=value`.
fn pair(text: &str, lang: Lang) -> Result<(&str, &str), Failure> {
    text.split_once('=').ok_or_else(|| {
        let expected = pick(lang, "expected NAME=VALUE, found", "应为 名称=值，而不是");
        Failure::Message(format!("{expected} {text:?}"))
    })
}

/// The rules that the arguments choose; `None`: none.
pub(crate) fn load(
    matches: &ArgMatches,
    specs: &Specs,
    lang: Lang,
) -> Result<Option<Rules>, Failure> {
    let sets = many(matches, "rules");
    if sets.iter().any(|set| set == "none") {
        return Ok(None);
    }
    let mut registers: HashMap<Box<str>, Arc<dyn Register>> = HashMap::new();
    for said in many(matches, "register") {
        let (name, path) = pair(&said, lang)?;
        let register = TableRegister::load(path)?;
        registers.insert(name.into(), Arc::new(register));
    }
    let mut context = HashMap::new();
    for said in many(matches, "context") {
        let (name, value) = pair(&said, lang)?;
        context.insert(name.into(), value.into());
    }
    let on = matches.try_get_one::<String>("on").ok().flatten().cloned();
    let today = today();
    let together = matches.try_get_one::<bool>("together").ok().flatten();
    let options = Options {
        choice: Choice {
            sets,
            disable: many(matches, "disable"),
            on: Some(on.clone().unwrap_or_else(|| today.clone())),
        },
        registers,
        context,
        today: Some(on.unwrap_or(today)),
        together: together.copied().unwrap_or(false),
        ..Options::default()
    };
    Ok(Some(Rules::load(specs, options)?))
}

/// Today, by universal time.
fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = now.map_or(0, |since| since.as_secs() as i64);
    chrono::DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .date_naive()
        .to_string()
}

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let Some(rules) = load(matches, &specs, lang)? else {
        return Ok(Outcome::Clean);
    };
    let name = matches.get_one::<String>("message");
    if matches.get_flag("test") {
        return test(&rules, lang);
    }
    let list = rules.list(name.map(String::as_str))?;
    let mut out = BufWriter::new(io::stdout().lock());
    if matches
        .get_one::<String>("format")
        .is_some_and(|format| format == "json")
    {
        for info in &list {
            writeln!(out, "{}", as_json(info))?;
        }
    } else {
        for info in &list {
            let severity = text::severity(info.severity, lang);
            let off = if info.enforced {
                ""
            } else {
                pick(lang, "  (not applied)", "  （未启用）")
            };
            writeln!(
                out,
                "{:24}  {severity}  {:9}  {}{off}",
                info.id,
                class(info, lang),
                info.title(lang),
            )?;
        }
        let applied = list.iter().filter(|info| info.enforced).count();
        match lang {
            Lang::En => {
                let s = text::plural(list.len() as u64);
                writeln!(out, "{} rule{s}, {applied} applied", list.len())?;
            }
            Lang::Zh => writeln!(out, "{} 条规则，其中 {applied} 条启用", list.len())?,
        }
    }
    out.flush()?;
    Ok(Outcome::Clean)
}

fn class(info: &Info, lang: Lang) -> &'static str {
    match (info.class.as_str(), lang) {
        ("local", Lang::Zh) => "局部",
        ("aggregate", Lang::Zh) => "累计",
        ("whole", Lang::Zh) => "全文",
        ("join", Lang::Zh) => "跨单证",
        (class, _) => class,
    }
}

fn as_json(info: &Info) -> serde_json::Value {
    json!({
        "id": info.id,
        // The row of the published collection; a rule may stand for several.
        "source_rule": info.rows.first(),
        "source_rules": info.rows,
        "title_en": info.title.0,
        "title_zh": info.title.1,
        "messages": info.messages,
        "severity": info.severity.as_str(),
        "class": info.class.as_str(),
        "enforced": info.enforced,
        "sources": info.sources,
        "receipt": info.receipt,
        "valid_from": info.valid.0,
        "valid_to": info.valid.1,
        "file": info.place.0,
        "line": info.place.1,
    })
}

/// Compiles every rule for every message it is about, and runs its samples.
fn test(rules: &Rules, lang: Lang) -> Result<Outcome, Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut samples, mut wrong, mut count) = (0, 0, 0);
    for id in rules.ids() {
        count += 1;
        match rules.verify(id).and_then(|()| rules.try_samples(id)) {
            Ok(more) => samples += more,
            Err(error) => {
                wrong += 1;
                writeln!(out, "{error}")?;
            }
        }
    }
    match lang {
        Lang::En => writeln!(
            out,
            "{count} rule{}, {samples} sample{} as they say, {wrong} rule{} wrong",
            text::plural(count as u64),
            text::plural(samples as u64),
            text::plural(wrong as u64)
        )?,
        Lang::Zh => writeln!(
            out,
            "{count} 条规则，{samples} 个样例符合预期，{wrong} 条规则有误"
        )?,
    }
    out.flush()?;
    Ok(if wrong > 0 {
        Outcome::Found
    } else {
        Outcome::Clean
    })
}

/// Writes all that a rule says of itself.
pub(crate) fn explain(out: &mut dyn Write, info: &Info, lang: Lang) -> io::Result<()> {
    let severity = text::severity(info.severity, lang);
    writeln!(out, "{} ({severity})  {}", info.id, info.title(lang))?;
    let wording = match lang {
        Lang::En => &info.wording.0,
        Lang::Zh => &info.wording.1,
    };
    writeln!(out, "  {wording}")?;
    writeln!(out)?;
    let mut line = |name: &str, text: &str| -> io::Result<()> {
        let text = text.replace('\n', "\n              ");
        writeln!(out, "  {name:10}  {text}")
    };
    for (keyword, text) in &info.parts {
        line(keyword, text)?;
    }
    line("class", class(info, lang))?;
    for source in &info.sources {
        line("source", source)?;
    }
    if !info.rows.is_empty() {
        line("row", &info.rows.join(", "))?;
    }
    if let Some(receipt) = &info.receipt {
        line("receipt", receipt)?;
    }
    if let (from, to) = &info.valid
        && (from.is_some() || to.is_some())
    {
        let (from, to) = (from.as_deref().unwrap_or(""), to.as_deref().unwrap_or(""));
        line("valid", &format!("{from}..{to}"))?;
    }
    for note in &info.notes {
        line("note", note)?;
    }
    for (keyword, samples) in [("pass", &info.samples.0), ("fail", &info.samples.1)] {
        for sample in samples {
            line(keyword, sample)?;
        }
    }
    line("file", &format!("{}:{}", info.place.0, info.place.1))
}
