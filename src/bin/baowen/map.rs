//! `baowen map`: lists, checks and explains maps.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use baowen::finding::Lang;
use baowen::map::{Direction, ExplainedRow, Map, Parameter};
use baowen::spec::Specs;
use baowen::spec::model::Label;
use clap::ArgMatches;

use crate::lang::pick;
use crate::{Failure, Outcome, inputs, text};

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = match matches.subcommand() {
        Some(("lint", matches)) => lint(matches, lang, &mut out)?,
        Some(("explain", matches)) => explain(matches, lang, &mut out)?,
        _ => list(&inputs::specs(matches)?, lang, &mut out)?,
    };
    out.flush()?;
    Ok(outcome)
}

fn name_of(label: &Label, lang: Lang) -> &str {
    let (first, second) = match lang {
        Lang::En => (&label.en, &label.zh),
        Lang::Zh => (&label.zh, &label.en),
    };
    if first.is_empty() { second } else { first }
}

/// Which ways a map goes.
fn arrow(map: &Map) -> &'static str {
    match (map.runs(Direction::Forth), map.runs(Direction::Back)) {
        (true, false) => "→",
        (false, true) => "←",
        _ => "⇄",
    }
}

fn list(specs: &Specs, lang: Lang, out: &mut impl Write) -> Result<Outcome, Failure> {
    let maps = specs.maps()?;
    let width = maps.iter().map(|map| map.name.len()).max().unwrap_or(0);
    for map in &maps {
        let (name, [left, right]) = (&map.name, &map.sides);
        let made = specs.map(name)?;
        let arrow = arrow(&made);
        writeln!(
            out,
            "{name:width$}  {left} {arrow} {right}  {}",
            name_of(&map.label, lang)
        )?;
    }
    Ok(Outcome::Clean)
}

/// The maps that a name or a file means.
fn maps(specs: &Specs, name: &str) -> baowen::Result<Vec<Arc<Map>>> {
    if !name.ends_with(".txt") {
        return Ok(vec![specs.map(name)?]);
    }
    let text = std::fs::read_to_string(name).map_err(|error| baowen::Error::io(name, error))?;
    let maps = specs.maps_of(name, &text)?;
    Ok(maps.into_iter().map(Arc::new).collect())
}

fn lint(matches: &ArgMatches, lang: Lang, out: &mut impl Write) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let mut names: Vec<String> = matches
        .get_many::<String>("names")
        .unwrap_or_default()
        .cloned()
        .collect();
    if names.is_empty() {
        names = specs
            .maps()?
            .into_iter()
            .map(|map| map.name.into())
            .collect();
    }
    let mut outcome = Outcome::Clean;
    for name in names {
        let maps = match maps(&specs, &name) {
            Ok(maps) => maps,
            Err(error) if error.is_spec() => {
                writeln!(out, "{error}")?;
                if let Outcome::Clean = outcome {
                    outcome = Outcome::Found;
                }
                continue;
            }
            Err(error) => {
                out.flush()?;
                text::say(&format!("baowen: {error}"));
                outcome = Outcome::Failed;
                continue;
            }
        };
        for map in maps {
            for lint in map.lints() {
                let said = if lang == Lang::Zh { &lint.zh } else { &lint.en };
                writeln!(
                    out,
                    "{}:{}:{}: {said}",
                    lint.at.file, lint.at.line, lint.at.column
                )?;
            }
            let explained = map.explain();
            for row in explained.rows.iter().filter(|row| row.lossy.is_some()) {
                let reason = row.lossy.as_ref().map_or("", |label| name_of(label, lang));
                writeln!(
                    out,
                    "{}:{}: {}: {} {} {}{}{reason}",
                    map.name(),
                    row.line,
                    pick(lang, "lossy", "有损"),
                    row.left.0,
                    row.arrow,
                    row.right.0,
                    if reason.is_empty() { "" } else { ": " },
                )?;
            }
            let rows = explained.rows.len() as u64;
            let remarks = map.lints().len() as u64;
            let (s, es) = (text::plural(rows), text::plural(remarks));
            let name = map.name();
            match (lang, remarks) {
                (Lang::En, 0) => writeln!(out, "{name}: {rows} row{s}, sound")?,
                (Lang::En, _) => {
                    writeln!(out, "{name}: {rows} row{s}, sound, {remarks} remark{es}")?
                }
                (Lang::Zh, 0) => writeln!(out, "{name}：{rows} 行，可用")?,
                (Lang::Zh, _) => writeln!(out, "{name}：{rows} 行，可用，{remarks} 处提示")?,
            }
        }
    }
    Ok(outcome)
}

fn explain(matches: &ArgMatches, lang: Lang, out: &mut impl Write) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let name = matches.get_one::<String>("name").map_or("", String::as_str);
    for map in maps(&specs, name)? {
        match matches.get_one::<String>("format").map(String::as_str) {
            Some("json") => json(&map, lang, out)?,
            Some("markdown") => markdown(&map, lang, out)?,
            _ => text(&map, lang, out)?,
        }
    }
    Ok(Outcome::Clean)
}

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Forth => "→",
        Direction::Back => "←",
    }
}

fn head(map: &Map, lang: Lang, out: &mut impl Write) -> io::Result<()> {
    for direction in [Direction::Forth, Direction::Back] {
        if let Some(class) = map.class(direction, lang) {
            writeln!(out, "{} {class}", way(direction))?;
        }
    }
    for param in map.params() {
        let kind = asked(map, &param, lang);
        let label = name_of(param.label, lang);
        writeln!(out, "--param {}=…  {label} ({kind})", param.name)?;
    }
    Ok(())
}

/// When a parameter is to be given.
fn asked(map: &Map, param: &Parameter<'_>, lang: Lang) -> String {
    let ways = [Direction::Forth, Direction::Back].into_iter();
    let ways: Vec<Direction> = ways.filter(|way| map.runs(*way)).collect();
    let read: Vec<Direction> = ways
        .iter()
        .copied()
        .filter(|way| param.is_read(*way))
        .collect();
    let kind = match param.default {
        _ if read.is_empty() => return pick(lang, "no row reads it", "没有行使用").to_owned(),
        _ if param.counts => pick(
            lang,
            "may be given, else counts from 1",
            "可以给出，否则从 1 起计",
        )
        .to_owned(),
        None => pick(lang, "must be given", "必须给出").to_owned(),
        Some(default) => format!(
            "{} {default:?}",
            pick(lang, "may be given, else", "可以给出，否则为")
        ),
    };
    match read.as_slice() {
        [only] if ways.len() > 1 => match lang {
            Lang::En => format!("{kind}; only {} reads it", way(*only)),
            Lang::Zh => format!("{kind}；仅 {} 方向使用", way(*only)),
        },
        _ => kind,
    }
}

/// Everything that stands with a row.
fn notes(row: &ExplainedRow, lang: Lang) -> String {
    let mut all = row.steps.clone();
    all.extend(row.notes.iter().cloned());
    if let Some(reason) = &row.lossy {
        let reason = name_of(reason, lang);
        let sign = if reason.is_empty() { "" } else { ": " };
        all.push(format!("{}{sign}{reason}", pick(lang, "lossy", "有损")));
    }
    all.join(" | ")
}

fn text(map: &Map, lang: Lang, out: &mut impl Write) -> io::Result<()> {
    let [left, right] = map.sides();
    writeln!(out, "{}  {}", map.name(), name_of(map.label(), lang))?;
    writeln!(out, "{left} {} {right}", arrow(map))?;
    head(map, lang, out)?;
    writeln!(out)?;
    let explained = map.explain();
    for row in &explained.rows {
        let indent = "  ".repeat(row.depth);
        let each = if row.is_loop { "each " } else { "" };
        writeln!(
            out,
            "{indent}{each}{} {} {}",
            row.left.0, row.arrow, row.right.0
        )?;
        let labels = [&row.left.1, &row.right.1].map(|label| name_of(label, lang));
        if labels.iter().any(|label| !label.is_empty()) {
            writeln!(out, "{indent}    {} {} {}", labels[0], row.arrow, labels[1])?;
        }
        let notes = notes(row, lang);
        if !notes.is_empty() {
            writeln!(out, "{indent}    {notes}")?;
        }
    }
    if !explained.uncarried.is_empty() {
        writeln!(out, "\n{}", pick(lang, "Not carried:", "不转换："))?;
        for (side, path, reason) in &explained.uncarried {
            writeln!(out, "  {side} {path}  {}", name_of(reason, lang))?;
        }
    }
    Ok(())
}

fn markdown(map: &Map, lang: Lang, out: &mut impl Write) -> io::Result<()> {
    let [left, right] = map.sides();
    let cell = |text: &str| text.replace('|', "\\|");
    writeln!(out, "# {}\n\n{}\n", map.name(), name_of(map.label(), lang))?;
    head(map, lang, out)?;
    writeln!(
        out,
        "\n| {left} | {} |  | {right} | {} | {} |\n|---|---|---|---|---|---|",
        pick(lang, "name", "名称"),
        pick(lang, "name", "名称"),
        pick(lang, "on the way", "转换"),
    )?;
    for row in &map.explain().rows {
        let indent = "  ".repeat(row.depth);
        let each = if row.is_loop { "each " } else { "" };
        writeln!(
            out,
            "| {indent}{each}`{}` | {} | {} | `{}` | {} | {} |",
            cell(&row.left.0),
            cell(name_of(&row.left.1, lang)),
            row.arrow,
            cell(&row.right.0),
            cell(name_of(&row.right.1, lang)),
            cell(&notes(row, lang)),
        )?;
    }
    for (side, path, reason) in &map.explain().uncarried {
        writeln!(
            out,
            "\n- {} {side} `{path}`: {}",
            pick(lang, "not carried:", "不转换："),
            name_of(reason, lang)
        )?;
    }
    Ok(())
}

fn json(map: &Map, lang: Lang, out: &mut impl Write) -> io::Result<()> {
    let [left, right] = map.sides();
    let explained = map.explain();
    let label = |label: &Label| serde_json::json!({"en": &*label.en, "zh": &*label.zh});
    let rows: Vec<_> = explained
        .rows
        .iter()
        .map(|row| {
            serde_json::json!({
                "depth": row.depth,
                "loop": row.is_loop,
                "left": row.left.0,
                "left_name": label(&row.left.1),
                "arrow": row.arrow,
                "right": row.right.0,
                "right_name": label(&row.right.1),
                "steps": row.steps,
                "notes": row.notes,
                "lossy": row.lossy.as_ref().map(label),
                "line": row.line,
            })
        })
        .collect();
    let uncarried: Vec<_> = explained
        .uncarried
        .iter()
        .map(|(side, path, reason)| serde_json::json!({"side": side, "path": path, "reason": label(reason)}))
        .collect();
    let params: Vec<_> = map
        .params()
        .map(|param| {
            serde_json::json!({
                "name": param.name,
                "must": param.must(Direction::Forth) || param.must(Direction::Back),
                "must_forth": param.must(Direction::Forth),
                "must_back": param.must(Direction::Back),
                "read_forth": param.is_read(Direction::Forth),
                "read_back": param.is_read(Direction::Back),
                "default": param.default,
                "counts": param.counts,
                "label": label(param.label),
            })
        })
        .collect();
    let whole = serde_json::json!({
        "name": map.name(),
        "label": label(map.label()),
        "left": left,
        "right": right,
        "forth": map.class(Direction::Forth, lang),
        "back": map.class(Direction::Back, lang),
        "params": params,
        "rows": rows,
        "uncarried": uncarried,
    });
    writeln!(out, "{whole}")
}
