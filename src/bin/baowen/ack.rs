//! `baowen ack`: acknowledgements, and what they say.

use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baowen::ack::{self, Answered, Limits, Moment, Reason, Report, Told, Writer};
use baowen::check::{self, Checker};
use baowen::finding::{Finding, Lang, Severity};
use baowen::spec::Specs;
use clap::ArgMatches;

use crate::lang::pick;
use crate::{Failure, Outcome, inputs, output, rules, text};

/// Bytes of an input that are kept for a receipt, which mirrors values of it.
const LARGEST: u64 = 256 << 20;

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let checking = check::Options {
        message: match matches.get_one::<String>("as") {
            Some(name) => Some(name.parse()?),
            None => None,
        },
        charset: inputs::charset(matches, lang)?,
        xml: inputs::reading(matches),
        ..check::Options::default()
    };
    let path: &PathBuf = match matches.get_one::<PathBuf>("read") {
        Some(path) => return read(path, matches, &specs, &checking, lang),
        None => matches.get_one("file").ok_or_else(|| {
            Failure::Message(
                pick(
                    lang,
                    "name a file to acknowledge, or an acknowledgement with --read (see baowen ack --help)",
                    "请指定要回执的文件，或用 --read 指定回执（见 baowen ack --help）",
                )
                .to_owned(),
            )
        })?,
    };
    let kind = matches
        .get_one::<String>("kind")
        .map_or("contrl", String::as_str);
    // APERAK goes to a partner, who need not share the user's locale; receipts are Chinese.
    let told = match matches.get_one::<String>("lang").map(String::as_str) {
        Some("zh") => Lang::Zh,
        Some(_) => Lang::En,
        None if kind == "receipt" => Lang::Zh,
        None => Lang::En,
    };
    let mut options = ack::Options {
        version: matches.get_one::<u8>("version").copied(),
        reference: matches.get_one::<String>("reference").cloned(),
        received: matches.get_flag("received"),
        charset: matches.get_one::<String>("write-charset").cloned(),
        lang: told,
        ..ack::Options::default()
    };
    if let Some(release) = matches.get_one::<String>("release") {
        options.release.clone_from(release);
    }
    if let Some(now) = matches.get_one::<String>("now") {
        options.now = now.parse::<Moment>()?;
    }
    let writer = Writer::new(&specs, options);
    let mut checker = Checker::new(&specs, ack::checking(checking.clone()))?;
    // CONTRL tells of syntax only.
    if kind != "contrl"
        && let Some(rules) = rules::load(matches, &specs, lang)?
    {
        checker = checker.with_watch(Arc::new(rules));
    }
    let settings = (told, Limits::default());
    let name = path.display().to_string();
    let mut none = |_: Finding| {};
    let (report, answered) = if kind == "receipt" {
        let bytes = whole(path, lang)?;
        let report = Report::read(&checker, &bytes[..], settings, &mut none)?;
        let wanted = matches.get_one::<String>("receipt").map(String::as_str);
        let answered = writer.receipt(&report, &bytes, &checking, wanted)?;
        (report, answered)
    } else {
        let input = open(path)?;
        let report = Report::read(&checker, input, settings, &mut none);
        let report = report.map_err(|error| match error.io_error() {
            Some(error) => Failure::Message(format!("{name}: {error}")),
            None => error.into(),
        })?;
        let answered = match kind {
            "aperak" => writer.aperak(&report)?,
            _ => writer.contrl(&report)?,
        };
        (report, answered)
    };
    let failed = tell(&name, &answered, lang, matches.get_flag("redact"));
    write(matches, &answered.bytes)?;
    Ok(if failed {
        Outcome::Failed
    } else if report.totals().errors > 0 {
        Outcome::Found
    } else {
        Outcome::Clean
    })
}

fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    match std::fs::File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Failure::Message(format!("{}: {error}", path.display()))),
    }
}

fn whole(path: &Path, lang: Lang) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let name = path.display();
    let read = open(path)?.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Message(format!("{name}: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        let message = pick(lang, "larger than 256 MiB", "超过 256 MiB");
        return Err(Failure::Message(format!("{name}: {message}")));
    }
    Ok(bytes)
}

/// Says on standard error what got no answer; whether that is a failure.
fn tell(name: &str, answered: &Answered, lang: Lang, redact: bool) -> bool {
    for finding in &answered.findings {
        inputs::tell(name, finding, lang, redact);
    }
    let mut failed = false;
    for unanswered in &answered.unanswered {
        let why = match unanswered.reason {
            Reason::Control => pick(lang, "a CONTRL is never acknowledged", "CONTRL 不再回执"),
            Reason::Interactive => pick(
                lang,
                "an interactive interchange is not acknowledged so",
                "交互式交换不以此方式回执",
            ),
            Reason::Header => pick(
                lang,
                "no acknowledgement: sender, recipient or reference of the interchange header are missing or cannot be mirrored",
                "无法回执：交换头中的发送方、接收方或参考号缺失或无法写入回执",
            ),
            Reason::Nothing => pick(
                lang,
                "nothing here calls for this kind of acknowledgement",
                "没有需要此类回执的内容",
            ),
        };
        failed |= matches!(unanswered.reason, Reason::Header | Reason::Interactive);
        let place = match unanswered.interchange {
            0 => String::new(),
            number => format!(" {} {number}:", pick(lang, "interchange", "交换")),
        };
        text::say(&format!("baowen: {name}:{place} {why}"));
    }
    failed
}

/// Writes to `--out`, all of it or nothing, or to standard output.
fn write(matches: &ArgMatches, bytes: &[u8]) -> Result<(), Failure> {
    let Some(out) = matches.get_one::<PathBuf>("out") else {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        if !bytes.is_empty() && !bytes.ends_with(b"\n") {
            stdout.write_all(b"\n")?;
        }
        return Ok(stdout.flush()?);
    };
    if bytes.is_empty() {
        return Ok(());
    }
    let told = |error: io::Error| Failure::Message(format!("{}: {error}", out.display()));
    output::whole(out, |file| file.write_all(bytes).map_err(told))
}

/// `--read`: what an acknowledgement says.
fn read(
    path: &Path,
    matches: &ArgMatches,
    specs: &Specs,
    checking: &check::Options,
    lang: Lang,
) -> Result<Outcome, Failure> {
    let own = path.display().to_string();
    let bytes = whole(path, lang)?;
    let original = matches.get_one::<PathBuf>("original");
    let held = original.map(|path| whole(path, lang)).transpose()?;
    let told = ack::read(specs, &bytes, held.as_deref(), checking)?;
    let original = original.map_or(String::new(), |path| path.display().to_string());
    let json = matches
        .get_one::<String>("format")
        .is_some_and(|format| format == "json");
    let redact = matches.get_flag("redact");
    let style = text::Style::of_stdout();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut errors = false;
    for Told {
        mut finding,
        located,
    } in told
    {
        errors |= finding.severity == Severity::Error;
        let file = if located { &original } else { &own };
        if located {
            for related in &mut finding.related {
                related.file = Some(own.as_str().into());
            }
        }
        if json {
            writeln!(out, "{}", finding.to_json(file, lang, redact))?;
        } else {
            text::finding(&mut out, &finding, file, lang, redact, style)?;
        }
    }
    out.flush()?;
    Ok(if errors {
        Outcome::Found
    } else {
        Outcome::Clean
    })
}
