//! `baowen declare`: one entry, and every message a service makes of it.

use std::cell::Cell;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use baowen::declare::{Declarer, Options, Sent, System, Totals, system, systems};
use baowen::finding::{Finding, Lang};
use baowen::span::Span;
use baowen::spec::Specs;
use baowen::spec::model::Label;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use crate::lang::pick;
use crate::{Failure, Outcome, inputs, output, text};

/// The arguments, beside those that other commands have too.
pub(crate) fn command(lang: Lang, common: [Arg; 2]) -> Command {
    let t = |en, zh| pick(lang, en, zh);
    Command::new("declare")
        .about(t(
            "Writes every message of a service from one entry",
            "一次录入、分别申报：由一份录入单证写出服务的全部报文",
        ))
        .long_about(t(
            "Writes every message of a service from one entry, checks each, and reports on the entry's fields.\n\n  baowen declare                 the services\n  baowen declare vessel-call     its entry document, messages and parameters\n  baowen declare vessel-call entry.json --out out --param sender=AGENT\n  baowen declare road-manifest entry.json --out out --against tally.xml\n\nThe folder gets the messages and nothing else, each whole or not at all; a message that an earlier run wrote there and that is not due any more is taken away.",
            "由一份录入单证写出服务的全部报文，逐一校验，并就录入单证的字段给出报告。\n\n  baowen declare                 列出各服务\n  baowen declare vessel-call     该服务的录入单证、报文和参数\n  baowen declare vessel-call entry.json --out out --param sender=AGENT\n  baowen declare road-manifest entry.json --out out --against tally.xml\n\n输出文件夹只写入报文，每个文件要么完整写出，要么不写；上次写出而本次不再需要的报文会被移除。",
        ))
        .arg(
            Arg::new("system")
                .value_name("SYSTEM")
                .help(t("A service, as vessel-call; none lists them", "服务，如 vessel-call；省略则列出全部")),
        )
        .arg(
            Arg::new("entry")
                .value_name("ENTRY")
                .requires("out")
                .value_parser(value_parser!(PathBuf))
                .help(t("The entry document, JSON; - is standard input", "录入单证（JSON）；- 表示标准输入")),
        )
        .arg(
            Arg::new("out")
                .long("out")
                .short('o')
                .value_name("DIR")
                .requires("entry")
                .value_parser(value_parser!(PathBuf))
                .help(t("The folder that gets the messages", "写入报文的文件夹")),
        )
        .arg(
            Arg::new("param")
                .long("param")
                .value_name("NAME=VALUE")
                .action(ArgAction::Append)
                .help(t("A parameter of the service; may be repeated", "服务的参数；可重复")),
        )
        .arg(
            Arg::new("against")
                .long("against")
                .value_name("FILE|DIR")
                .requires("entry")
                .action(ArgAction::Append)
                .value_parser(value_parser!(PathBuf))
                .help(t(
                    "Documents of others (a tally, a declaration) that the messages have to agree with, by the rules across documents; may be repeated",
                    "须与所写报文一致的他方单证（理货报告、报关单等），按跨单证规则核对；可重复",
                )),
        )
        .arg(
            Arg::new("strict")
                .long("strict")
                .action(ArgAction::SetTrue)
                .help(t(
                    "Write no message that has an error, and none where the entry has one",
                    "有错误的报文不写出；录入单证有错误时全部不写出",
                )),
        )
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .default_value("text")
                .value_parser(PossibleValuesParser::new(["text", "json"]))
                .help(t("How to print", "输出格式")),
        )
        .args(common)
}

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let as_json = matches
        .get_one::<String>("format")
        .is_some_and(|format| format == "json");
    let Some(name) = matches.get_one::<String>("system") else {
        return list(&specs, lang, as_json);
    };
    let system = system(&specs, name)?;
    let (Some(entry), Some(out)) = (
        matches.get_one::<PathBuf>("entry"),
        matches.get_one::<PathBuf>("out"),
    ) else {
        return describe(&system, lang, as_json);
    };
    let mut params = Vec::new();
    for given in matches.get_many::<String>("param").unwrap_or_default() {
        let Some((name, value)) = given.split_once('=') else {
            return Err(Failure::Message(format!(
                "--param {given}: {}",
                pick(lang, "expected NAME=VALUE", "应为 名称=值")
            )));
        };
        params.push((name.into(), value.into()));
    }
    let others: Vec<PathBuf> = matches
        .get_many::<PathBuf>("against")
        .unwrap_or_default()
        .cloned()
        .collect();
    let options = Options {
        params,
        strict: matches.get_flag("strict"),
        rules: baowen::rule::Options {
            together: !others.is_empty(),
            ..Default::default()
        },
    };
    let declarer = Declarer::new(&specs, system, options)?;
    let (name, bytes) = read(entry)?;
    take_in(&declarer, &others, lang)?;
    std::fs::create_dir_all(out)
        .map_err(|error| Failure::Message(format!("{}: {error}", out.display())))?;
    let report = Report {
        name: &name,
        lang,
        as_json,
        redact: matches.get_flag("redact"),
        style: text::Style::of_stdout(),
        first: Cell::new(true),
    };
    report.run(&declarer, &bytes, out)
}

/// Takes in the documents that messages are held against, those in archives too.
fn take_in(declarer: &Declarer, paths: &[PathBuf], lang: Lang) -> Result<(), Failure> {
    let mut failed = None;
    let mut unread = |path: &Path, error: &io::Error| {
        failed.get_or_insert_with(|| format!("{}: {error}", path.display()));
    };
    let files = inputs::files(paths, &mut unread);
    let files = inputs::unpacked(files, &mut unread);
    if let Some(message) = failed {
        return Err(Failure::Message(message));
    }
    for input in &files {
        let told =
            |error: &dyn std::fmt::Display| Failure::Message(format!("{}: {error}", input.name));
        let wrong = |code| told(&Finding::new(code, Span::at(0)).message(lang, false));
        if let Some(code) = input.wrong {
            return Err(wrong(code));
        }
        let taken = match (&input.entry, &input.path) {
            (Some(entry), _) => {
                let read = entry.read(|file| declarer.take_in(&input.name, file));
                let (taken, code) = read.map_err(|error| told(&error))?;
                if let Some(code) = code {
                    return Err(wrong(code));
                }
                taken.transpose().map(|_| ())
            }
            (None, Some(path)) => {
                let file = std::fs::File::open(path).map_err(|error| told(&error))?;
                declarer.take_in(&input.name, file)
            }
            (None, None) => declarer.take_in(&input.name, io::stdin()),
        };
        taken.map_err(|error| told(&error))?;
    }
    Ok(())
}

/// All of a file or of standard input.
fn read(path: &Path) -> Result<(String, Vec<u8>), Failure> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let read = match path.as_os_str() == "-" {
        true => io::Read::read_to_end(&mut io::stdin(), &mut bytes).map(|_| ()),
        false => std::fs::read(path).map(|read| bytes = read),
    };
    read.map_err(|error| Failure::Message(format!("{name}: {error}")))?;
    Ok((name, bytes))
}

/// The name in the language, or in the other where there is none.
fn shown(label: &Label, lang: Lang) -> &str {
    let (own, other) = match lang {
        Lang::En => (&label.en, &label.zh),
        Lang::Zh => (&label.zh, &label.en),
    };
    if own.is_empty() { other } else { own }
}

fn names(label: &Label) -> Value {
    json!({"en": label.en, "zh": label.zh})
}

fn list(specs: &Specs, lang: Lang, as_json: bool) -> Result<Outcome, Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let all = systems(specs)?;
    if as_json {
        for system in &all {
            writeln!(out, "{}", of_system(system))?;
        }
    } else {
        let width = all
            .iter()
            .map(|system| system.name.len())
            .max()
            .unwrap_or(0);
        for system in &all {
            writeln!(
                out,
                "{:width$}  {}  ({} → {})",
                system.name,
                shown(&system.label, lang),
                system.entry.text,
                system.messages.len()
            )?;
        }
    }
    out.flush()?;
    Ok(Outcome::Clean)
}

fn of_system(system: &System) -> Value {
    let messages = system.messages.iter().map(|message| {
        json!({
            "name": message.name.text,
            "title": names(&message.label),
            "to": names(&message.to),
            "map": message.map.text,
            "when": message.when.as_ref().map(|when| &when.text),
            "each": message.each.as_ref().map(|each| &each.path.text),
        })
    });
    let params = system.params.iter().map(
        |param| json!({"name": param.name, "title": names(&param.label), "default": param.default}),
    );
    let against = system
        .against
        .iter()
        .map(|against| json!({"message": against.message, "by": names(&against.by)}));
    json!({
        "name": system.name,
        "title": names(&system.label),
        "entry": system.entry.text,
        "messages": messages.collect::<Vec<_>>(),
        "params": params.collect::<Vec<_>>(),
        "tables": system.tables,
        "against": against.collect::<Vec<_>>(),
    })
}

fn describe(system: &System, lang: Lang, as_json: bool) -> Result<Outcome, Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    if as_json {
        writeln!(out, "{}", of_system(system))?;
        out.flush()?;
        return Ok(Outcome::Clean);
    }
    let t = |en, zh| pick(lang, en, zh);
    writeln!(out, "{}  {}", system.name, shown(&system.label, lang))?;
    writeln!(
        out,
        "{} {}  (baowen show {}, --format json-schema)",
        t("entry:", "录入单证："),
        system.entry.text,
        system.entry.text
    )?;
    writeln!(out, "{}", t("messages:", "报文："))?;
    let width = system
        .messages
        .iter()
        .map(|message| message.name.text.len());
    let width = width.max().unwrap_or(0);
    for message in &system.messages {
        write!(
            out,
            "  {:width$}  {}",
            message.name.text,
            shown(&message.label, lang)
        )?;
        let to = shown(&message.to, lang);
        if !to.is_empty() {
            write!(out, " → {to}")?;
        }
        if let Some(each) = &message.each {
            write!(out, "  {} {}", t("for each", "每个"), each.path.text)?;
        }
        if let Some(when) = &message.when {
            write!(out, "  {} {}", t("when", "条件"), when.text)?;
        }
        writeln!(out)?;
    }
    if !system.params.is_empty() {
        writeln!(out, "{}", t("parameters:", "参数："))?;
    }
    for param in &system.params {
        write!(out, "  {}  {}", param.name, shown(&param.label, lang))?;
        match &param.default {
            Some(default) => writeln!(out, "  {} {default:?}", t("default", "缺省"))?,
            None => writeln!(out, "  {}", t("(must be given)", "（必须给出）"))?,
        }
    }
    if !system.tables.is_empty() {
        writeln!(
            out,
            "{} {}",
            t("code tables:", "代码表："),
            system.tables.join(", ")
        )?;
    }
    for against in &system.against {
        writeln!(
            out,
            "{} {} ({})",
            t("to agree with:", "须与之一致："),
            against.message,
            shown(&against.by, lang)
        )?;
    }
    out.flush()?;
    Ok(Outcome::Clean)
}

/// What a run prints.
struct Report<'r> {
    name: &'r str,
    lang: Lang,
    as_json: bool,
    redact: bool,
    style: text::Style,
    first: Cell<bool>,
}

impl Report<'_> {
    fn run(&self, declarer: &Declarer, entry: &[u8], folder: &Path) -> Result<Outcome, Failure> {
        let out = std::cell::RefCell::new(BufWriter::new(io::stdout().lock()));
        let failed: Cell<Option<io::Error>> = Cell::new(None);
        let mut lines: Vec<(String, Option<u64>, Label, Label)> = Vec::new();
        let mut put = |sent: &Sent<'_>| -> baowen::Result<()> {
            let path = folder.join(&sent.file);
            let told = |error| baowen::Error::io(&path, error);
            match sent.bytes {
                Some(bytes) => {
                    let (mut file, unnamed) = output::unnamed(folder).map_err(told)?;
                    file.write_all(bytes).map_err(told)?;
                    drop(file);
                    output::name(unnamed, &path).map_err(told)?;
                }
                None => match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(told(error));
                    }
                    _ => {}
                },
            }
            lines.push((
                sent.file.clone(),
                sent.bytes.map(|bytes| bytes.len() as u64),
                sent.message.label.clone(),
                sent.message.to.clone(),
            ));
            Ok(())
        };
        let mut sink = |finding: Finding| {
            if let Err(error) = self.finding(&mut *out.borrow_mut(), &finding) {
                failed.set(Some(error));
            }
        };
        let totals = declarer.declare(entry, &mut put, &mut sink);
        let due: Vec<&str> = lines.iter().map(|(file, ..)| file.as_str()).collect();
        take_away(declarer.system(), folder, &due)?;
        let mut out = out.into_inner();
        if let Some(error) = failed.take() {
            return Err(error.into());
        }
        let totals = match totals {
            Ok(totals) => totals,
            Err(error) => {
                out.flush()?;
                return Err(error.into());
            }
        };
        self.end(&mut out, &lines, &totals, declarer)?;
        out.flush()?;
        Ok(match totals.errors {
            0 => Outcome::Clean,
            _ => Outcome::Found,
        })
    }

    fn finding(&self, out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        if self.as_json {
            return writeln!(
                out,
                "{}",
                finding.to_json(self.name, self.lang, self.redact)
            );
        }
        if !self.first.replace(false) {
            out.write_all(b"\n")?;
        }
        text::finding(out, finding, self.name, self.lang, self.redact, self.style)
    }

    fn end(
        &self,
        out: &mut dyn Write,
        lines: &[(String, Option<u64>, Label, Label)],
        totals: &Totals,
        declarer: &Declarer,
    ) -> io::Result<()> {
        if self.as_json {
            for (file, bytes, title, to) in lines {
                let line = json!({"message": {
                    "file": file, "written": bytes.is_some(), "bytes": bytes,
                    "title": names(title), "to": names(to),
                }});
                writeln!(out, "{line}")?;
            }
            let summary = json!({"summary": {
                "system": declarer.system().name,
                "messages": totals.messages,
                "errors": totals.errors,
                "warnings": totals.warnings,
                "hints": totals.hints,
                "not_evaluated": totals.not_evaluated,
            }});
            return writeln!(out, "{summary}");
        }
        let t = |en, zh| pick(self.lang, en, zh);
        if !self.first.get() {
            out.write_all(b"\n")?;
        }
        let width = lines.iter().map(|(file, ..)| file.len()).max().unwrap_or(0);
        for (file, bytes, title, to) in lines {
            let what = match bytes {
                Some(_) => t("written", "已写出"),
                None => t("not written", "未写出"),
            };
            write!(out, "{what}  {file:width$}  {}", shown(title, self.lang))?;
            let to = shown(to, self.lang);
            if !to.is_empty() {
                write!(out, " → {to}")?;
            }
            writeln!(out)?;
        }
        if totals.not_evaluated > 0 {
            let (count, s) = (totals.not_evaluated, text::plural(totals.not_evaluated));
            match self.lang {
                Lang::En => writeln!(
                    out,
                    "{count} comparison{s} could not be made: no document of the other side was given"
                )?,
                Lang::Zh => writeln!(out, "{count} 项核对未能进行：未给出对方单证")?,
            }
        }
        match self.lang {
            Lang::En => {
                let count = |count: u64, what: &str| match count {
                    1 => format!("1 {what}"),
                    count => format!("{count} {what}s"),
                };
                writeln!(
                    out,
                    "{}, {}, {}: {}",
                    count(totals.errors, "error"),
                    count(totals.warnings, "warning"),
                    count(totals.hints, "hint"),
                    count(totals.messages, "message")
                )
            }
            Lang::Zh => writeln!(
                out,
                "{} 个错误，{} 个警告，{} 个提示：{} 个报文",
                totals.errors, totals.warnings, totals.hints, totals.messages
            ),
        }
    }
}

/// Takes away messages that an earlier run wrote for values that are no longer there.
fn take_away(system: &System, folder: &Path, due: &[&str]) -> Result<(), Failure> {
    let each = system
        .messages
        .iter()
        .filter(|message| message.each.is_some());
    let each: Vec<String> = each
        .map(|message| format!("{}-", message.name.text))
        .collect();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let earlier = each.iter().any(|begin| {
            let rest = name.strip_prefix(begin.as_str());
            let number = rest.and_then(|rest| rest.split_once('.'));
            number.is_some_and(|(number, _)| is_number(number))
        });
        if earlier && !due.contains(&name.as_str()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
