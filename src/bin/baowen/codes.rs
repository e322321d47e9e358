//! `baowen codes`: code tables, their codes, and what a code is elsewhere.

use std::io::{self, BufWriter, Write};

use baowen::codes::{CodeTable, Crosswalk, Day, Entry, Side};
use baowen::finding::Lang;
use baowen::spec::Specs;
use clap::ArgMatches;
use serde_json::{Map, Value, json};

use crate::lang::pick;
use crate::{Failure, Outcome, inputs, text};

/// Near codes that are named where one is not known.
const NEAR: usize = 5;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
    Csv,
}

/// What is asked, and how the answer is written.
struct Asked<'a> {
    specs: &'a Specs,
    format: Format,
    on: Option<Day>,
    lang: Lang,
}

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let on = matches.get_one::<String>("on").map(|text| {
        Day::parse(text).ok_or_else(|| {
            let message = pick(
                lang,
                "is no day, as 2024-01-31",
                "不是日期，应如 2024-01-31",
            );
            Failure::Message(format!("{text:?} {message}"))
        })
    });
    let asked = Asked {
        specs: &specs,
        format: match matches.get_one::<String>("format").map(String::as_str) {
            Some("json") => Format::Json,
            Some("csv") => Format::Csv,
            _ => Format::Text,
        },
        on: on.transpose()?,
        lang,
    };
    let names: Vec<&str> = matches
        .get_many::<String>("names")
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let mut out = BufWriter::new(io::stdout().lock());
    let sides: Vec<&String> = matches
        .get_many::<String>("crosswalk")
        .into_iter()
        .flatten()
        .collect();
    let outcome = if let [from, to] = sides[..] {
        asked.translate(&mut out, from, to, &names)
    } else if matches.get_flag("crosswalks") {
        asked.crosswalks(&mut out)
    } else {
        match (names.as_slice(), matches.get_one::<String>("search")) {
            ([], None) => asked.tables(&mut out),
            ([], Some(_)) => {
                let message = pick(
                    lang,
                    "--search needs a table, as: baowen codes country --search Korea",
                    "--search 需要指定代码表，如 baowen codes country --search 韩国",
                );
                Err(Failure::Message(message.to_owned()))
            }
            ([id, rest @ ..], words) if rest.is_empty() || words.is_none() => {
                let table = asked.table(id)?;
                match words {
                    Some(words) => asked.search(&mut out, &table, words),
                    None if rest.is_empty() => asked.whole(&mut out, &table),
                    None => asked.codes(&mut out, &table, rest),
                }
            }
            _ => {
                let message = pick(
                    lang,
                    "--search takes the place of codes",
                    "--search 与代码不能同时使用",
                );
                Err(Failure::Message(message.to_owned()))
            }
        }
    }?;
    out.flush()?;
    Ok(outcome)
}

impl Asked<'_> {
    /// The table of that id.
    fn table(&self, id: &str) -> Result<std::sync::Arc<CodeTable>, Failure> {
        if let Some(table) = self.specs.table(id)? {
            return Ok(table);
        }
        let alike = baowen::spec::near(id, self.specs.table_ids(), 5);
        let mut near = Vec::new();
        for known in self.specs.table_ids() {
            let titled = self.specs.table(known)?.is_some_and(|table| {
                table.title.zh.contains(id)
                    || table.title.en.to_lowercase().contains(&id.to_lowercase())
            });
            let named = titled || known.contains(&id.to_lowercase());
            if !id.is_empty() && named || alike.contains(&known) {
                near.push(known.to_owned());
            }
        }
        let message = pick(self.lang, "there is no table", "没有代码表");
        let all = pick(
            self.lang,
            "; baowen codes lists all",
            "；baowen codes 可列出全部",
        );
        Err(Failure::Message(format!(
            "{message} {id:?}{}{all}",
            self.meant(&near)
        )))
    }

    /// What may have been meant.
    fn meant<S: AsRef<str>>(&self, near: &[S]) -> String {
        if near.is_empty() {
            return String::new();
        }
        let near: Vec<&str> = near.iter().map(AsRef::as_ref).collect();
        format!(
            "{} {}",
            pick(self.lang, "; did you mean", "；是否指"),
            near.join(", ")
        )
    }

    /// All tables.
    fn tables(&self, out: &mut dyn Write) -> Result<Outcome, Failure> {
        if self.format == Format::Csv {
            csv(
                out,
                ["table", "title_en", "title_zh", "rows", "trust", "source"],
            )?;
        }
        for id in self.specs.table_ids() {
            let Some(table) = self.specs.table(id)? else {
                continue;
            };
            let rows = table.len().to_string();
            match self.format {
                Format::Json => writeln!(out, "{}", about(&table))?,
                Format::Csv => csv(
                    out,
                    [
                        id,
                        &table.title.en,
                        &table.title.zh,
                        &rows,
                        &table.trust,
                        &table.source,
                    ],
                )?,
                Format::Text => {
                    let trust = trust(&table, self.lang);
                    writeln!(
                        out,
                        "{id:30} {rows:>6}  {}  [{trust}]  {}",
                        self.said(&table.title.en, &table.title.zh),
                        table.source
                    )?;
                }
            }
        }
        Ok(Outcome::Clean)
    }

    fn said<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        match self.lang {
            Lang::Zh if !zh.is_empty() => zh,
            _ if en.is_empty() => zh,
            _ => en,
        }
    }

    /// A table and its entries.
    fn whole(&self, out: &mut dyn Write, table: &CodeTable) -> Result<Outcome, Failure> {
        if self.format == Format::Text {
            writeln!(
                out,
                "{}  {}",
                table.id,
                self.said(&table.title.en, &table.title.zh)
            )?;
            writeln!(
                out,
                "  {}  {}",
                pick(self.lang, "source", "来源"),
                table.source
            )?;
            writeln!(
                out,
                "  {}  {}",
                pick(self.lang, "trust", "可信度"),
                trust(table, self.lang)
            )?;
            for gap in &table.gaps {
                writeln!(
                    out,
                    "  {}  {}",
                    pick(self.lang, "gap", "缺口"),
                    self.said(&gap.en, &gap.zh)
                )?;
            }
            writeln!(
                out,
                "  {}  {}",
                pick(self.lang, "columns", "列"),
                table.columns.join(" ")
            )?;
        }
        self.list(out, table, table.entries())
    }

    /// Entries, one a line; those of the day that is asked for.
    fn list<'t>(
        &self,
        out: &mut dyn Write,
        table: &CodeTable,
        entries: impl Iterator<Item = Entry<'t>>,
    ) -> Result<Outcome, Failure> {
        if self.format == Format::Csv {
            csv(out, table.columns.iter().map(|column| &**column))?;
        }
        let mut found = false;
        for entry in entries.filter(|entry| self.on.is_none_or(|day| entry.is_valid_on(day))) {
            found = true;
            match self.format {
                Format::Json => writeln!(out, "{}", object(table, entry))?,
                Format::Csv => csv(out, table.columns.iter().map(|column| entry.get(column)))?,
                Format::Text => {
                    let names = [entry.code(), entry.en(), entry.zh()];
                    let names: Vec<&str> =
                        names.into_iter().filter(|name| !name.is_empty()).collect();
                    writeln!(out, "{}{}", names.join("  "), self.validity(entry))?;
                }
            }
        }
        Ok(if found {
            Outcome::Clean
        } else {
            Outcome::Found
        })
    }

    /// `  (valid to 2003-07-31)`, or nothing.
    fn validity(&self, entry: Entry<'_>) -> String {
        match (self.lang, entry.valid_from(), entry.valid_to()) {
            (_, None, None) => String::new(),
            (Lang::En, Some(from), None) => format!("  (valid from {from})"),
            (Lang::En, None, Some(to)) => format!("  (valid to {to})"),
            (Lang::En, Some(from), Some(to)) => format!("  (valid from {from} to {to})"),
            (Lang::Zh, Some(from), None) => format!("  （{from} 起有效）"),
            (Lang::Zh, None, Some(to)) => format!("  （有效至 {to}）"),
            (Lang::Zh, Some(from), Some(to)) => format!("  （有效期 {from} 至 {to}）"),
        }
    }

    fn search(
        &self,
        out: &mut dyn Write,
        table: &CodeTable,
        words: &str,
    ) -> Result<Outcome, Failure> {
        let found = table.search(words);
        let outcome = self.list(out, table, found.into_iter())?;
        if matches!(outcome, Outcome::Found) {
            let message = pick(
                self.lang,
                "has no name, pinyin or code like",
                "中没有名称、拼音首字母或代码符合",
            );
            self.say(&format!("{} {message} {words:?}", table.id));
        }
        Ok(outcome)
    }

    fn say(&self, message: &str) {
        text::say(&format!("baowen: {message}"));
    }

    /// Single codes with all that is known of them.
    fn codes(
        &self,
        out: &mut dyn Write,
        table: &CodeTable,
        codes: &[&str],
    ) -> Result<Outcome, Failure> {
        if self.format == Format::Csv {
            csv(out, table.columns.iter().map(|column| &**column))?;
        }
        let mut all = true;
        for code in codes {
            let entry = match self.on {
                Some(day) => table.get_on(code, day),
                None => table.get(code),
            };
            let Some(entry) = entry else {
                all = false;
                self.not_found(table, code);
                continue;
            };
            match self.format {
                Format::Json => writeln!(out, "{}", object(table, entry))?,
                Format::Csv => csv(out, table.columns.iter().map(|column| entry.get(column)))?,
                Format::Text => {
                    writeln!(
                        out,
                        "{}  {}",
                        entry.code(),
                        [entry.en(), entry.zh()].join("  ").trim()
                    )?;
                    let known = entry
                        .cells()
                        .filter(|(column, _)| !["code", "en", "zh", "parent"].contains(column));
                    for (column, cell) in known {
                        writeln!(out, "  {column}  {cell}")?;
                    }
                    if let Some(parent) = entry.parent() {
                        let above = table
                            .parent
                            .as_ref()
                            .map(|of| self.specs.table(&of.table))
                            .transpose()?
                            .flatten();
                        let named = above.as_ref().and_then(|above| above.get(parent));
                        let name = named.map_or("", |named| self.said(named.en(), named.zh()));
                        writeln!(out, "  parent  {parent}  {name}")?;
                    }
                }
            }
        }
        Ok(if all { Outcome::Clean } else { Outcome::Found })
    }

    fn not_found(&self, table: &CodeTable, code: &str) {
        if let (Some(entry), Some(day)) = (table.get(code), self.on) {
            let message = pick(self.lang, "is not valid on", "无效，日期");
            self.say(&format!(
                "{} {message} {day}{}",
                entry.code(),
                self.validity(entry)
            ));
            return;
        }
        let mut near: Vec<String> = table
            .near(code, NEAR)
            .into_iter()
            .map(str::to_owned)
            .collect();
        // A code of another kind: `CN` is no code of `country`, but CHN has it.
        let elsewhere = table.entries().filter_map(|entry| {
            let (column, _) = entry.cells().skip(1).find(|(_, cell)| *cell == code)?;
            Some(format!("{} ({column} {code})", entry.code()))
        });
        let elsewhere: Vec<String> = elsewhere.take(NEAR).collect();
        near.retain(|code| {
            elsewhere
                .iter()
                .all(|held| !held.starts_with(&format!("{code} ")))
        });
        near.splice(0..0, elsewhere);
        near.truncate(NEAR);
        let message = pick(self.lang, "is not a code of", "不是代码，代码表");
        self.say(&format!(
            "{code:?} {message} {}{}",
            table.id,
            self.meant(&near)
        ));
    }

    /// All crosswalks, from each side to each other.
    fn crosswalks(&self, out: &mut dyn Write) -> Result<Outcome, Failure> {
        if self.format == Format::Csv {
            csv(
                out,
                [
                    "from",
                    "to",
                    "relation",
                    "codes",
                    "with_counterpart",
                    "trust",
                ],
            )?;
        }
        for name in self.specs.crosswalk_names() {
            let Some(held) = self.specs.crosswalk(name)? else {
                continue;
            };
            if self.format == Format::Text {
                writeln!(
                    out,
                    "{name}  {}  [{}]  {}",
                    self.said(&held.title.en, &held.title.zh),
                    held.trust,
                    held.source
                )?;
            }
            for (from, from_name) in held.sides() {
                for (to, to_name) in held.sides().filter(|(to, _)| *to != from) {
                    let codes = held.codes(from).count();
                    let with = held
                        .codes(from)
                        .filter(|code| held.all(from, to, code).next().is_some())
                        .count();
                    let (from_name, to_name) =
                        (format!("{name}:{from_name}"), format!("{name}:{to_name}"));
                    let relation = held.relation(from, to).as_str();
                    match self.format {
                        Format::Text => {
                            writeln!(out, "  {from_name} → {to_name}  {relation}  {with}/{codes}")?
                        }
                        Format::Csv => csv(
                            out,
                            [
                                &from_name,
                                &to_name,
                                relation,
                                &codes.to_string(),
                                &with.to_string(),
                                &held.trust,
                            ],
                        )?,
                        Format::Json => writeln!(
                            out,
                            "{}",
                            json!({"from": from_name, "to": to_name, "relation": relation, "codes": codes, "with_counterpart": with, "trust": held.trust})
                        )?,
                    }
                }
            }
        }
        Ok(Outcome::Clean)
    }

    /// What codes of one side are on another; without codes, all.
    fn translate(
        &self,
        out: &mut dyn Write,
        from: &str,
        to: &str,
        codes: &[&str],
    ) -> Result<Outcome, Failure> {
        let (held, one, other) = self.specs.crosswalk_between(from, to)?;
        if self.format == Format::Csv {
            csv(out, [from, to])?;
        }
        if codes.is_empty() {
            if self.format == Format::Text {
                writeln!(out, "{from} → {to}  {}", held.relation(one, other).as_str())?;
            }
            for code in held.codes(one) {
                self.pairs(out, &held, (from, one), (to, other), code)?;
            }
            return Ok(Outcome::Clean);
        }
        let mut all = true;
        for code in codes {
            if self.pairs(out, &held, (from, one), (to, other), code)? {
                continue;
            }
            all = false;
            if held.has(one, code) {
                let message = pick(self.lang, "has no counterpart in", "没有对应代码，目标");
                self.say(&format!("{code} {message} {to}"));
            } else {
                let message = pick(self.lang, "is not a code of", "不是代码，代码表");
                self.say(&format!(
                    "{code:?} {message} {from}{}",
                    self.meant(&held.near(one, code, NEAR))
                ));
            }
        }
        Ok(if all { Outcome::Clean } else { Outcome::Found })
    }

    /// The counterparts of a code; whether there are any.
    fn pairs(
        &self,
        out: &mut dyn Write,
        held: &Crosswalk,
        (from, one): (&str, Side),
        (to, other): (&str, Side),
        code: &str,
    ) -> Result<bool, Failure> {
        let found: Vec<&str> = held.all(one, other, code).collect();
        match self.format {
            _ if found.is_empty() => {}
            Format::Json => writeln!(
                out,
                "{}",
                json!({"from": from, "to": to, "code": code, "counterparts": found, "relation": held.relation(one, other).as_str()})
            )?,
            Format::Csv => {
                for counterpart in &found {
                    csv(out, [code, counterpart])?;
                }
            }
            Format::Text => {
                for counterpart in &found {
                    writeln!(out, "{code}  {counterpart}")?;
                }
            }
        }
        Ok(!found.is_empty())
    }
}

/// The word for how far a table can be trusted.
fn trust(table: &CodeTable, lang: Lang) -> String {
    let word = table.trust.split_whitespace().next().unwrap_or("");
    let shown = match (lang, word) {
        (Lang::Zh, "official") => "官方",
        (Lang::Zh, "official-copy") => "官方文本的副本",
        (Lang::Zh, "third-party") => "第三方",
        (Lang::Zh, "mixed") => "多种来源",
        (Lang::Zh, "ours") => "自行编制",
        (Lang::Zh, "") => "未说明",
        (Lang::En, "") => "not said",
        _ => &table.trust,
    };
    shown.to_owned()
}

/// A table as JSON.
fn about(table: &CodeTable) -> Value {
    let gaps: Vec<Value> = table
        .gaps
        .iter()
        .map(|gap| json!({"en": gap.en, "zh": gap.zh}))
        .collect();
    json!({
        "table": table.id, "title_en": table.title.en, "title_zh": table.title.zh, "rows": table.len(),
        "source": table.source, "trust": table.trust, "open": table.open, "gaps": gaps,
        "parent": table.parent.as_ref().map(|parent| &parent.table), "columns": table.columns,
    })
}

/// An entry as JSON: every column, null where nothing is known.
fn object(table: &CodeTable, entry: Entry<'_>) -> Value {
    let known = |cell: &str| {
        if cell.is_empty() {
            Value::Null
        } else {
            json!(cell)
        }
    };
    let mut object = Map::new();
    object.insert("table".to_owned(), json!(table.id));
    for name in ["code", "en", "zh"] {
        object.insert(name.to_owned(), known(entry.get(name)));
    }
    for column in &table.columns {
        object.insert(column.to_string(), known(entry.get(column)));
    }
    object.insert("parent".to_owned(), json!(entry.parent()));
    Value::Object(object)
}

/// A line of comma-separated values (RFC 4180).
fn csv<'c>(out: &mut dyn Write, cells: impl IntoIterator<Item = &'c str>) -> io::Result<()> {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        if cell.contains([',', '"', '\n', '\r']) {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\r\n")
}
