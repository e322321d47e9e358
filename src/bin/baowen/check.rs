//! `baowen check`.

use std::cell::Cell;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use baowen::check::{Checker, Options, Totals};
use baowen::finding::{Code, Finding, Lang, Severity, Sink};
use baowen::span::Span;
use clap::ArgMatches;
use serde_json::json;

use crate::archive::Entry;
use crate::inputs::{self, Input};
use crate::lang::pick;
use crate::{Failure, Outcome, rules, sarif, text};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
    Sarif,
}

/// How findings are printed.
#[derive(Clone, Copy)]
struct Printer {
    format: Format,
    level: Severity,
    lang: Lang,
    redact: bool,
    quiet: bool,
    style: text::Style,
}

impl Printer {
    /// Prints a finding of `file`; `first` is whether none was printed before it.
    fn finding(
        &self,
        out: &mut dyn Write,
        finding: &Finding,
        file: &str,
        first: &Cell<bool>,
    ) -> io::Result<()> {
        // What says that others were left out has their severity.
        if self.quiet || finding.severity < self.level && finding.code != Code::FINDINGS_CUT {
            return Ok(());
        }
        match self.format {
            Format::Text => {
                if !first.get() {
                    out.write_all(b"\n")?;
                }
                text::finding(out, finding, file, self.lang, self.redact, self.style)?;
            }
            Format::Json => writeln!(out, "{}", finding.to_json(file, self.lang, self.redact))?,
            Format::Sarif => {
                sarif::finding(out, finding, file, self.lang, self.redact, first.get())?
            }
        }
        first.set(false);
        Ok(())
    }
}

/// What became of one file.
struct Checked {
    totals: Totals,
    error: Option<String>,
    /// Findings as they are printed, where they were kept back.
    printed: Vec<Finding>,
}

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let format = match matches.get_one::<String>("format").map(String::as_str) {
        Some("json") => Format::Json,
        Some("sarif") => Format::Sarif,
        _ => Format::Text,
    };
    let printer = Printer {
        format,
        level: matches
            .get_one::<String>("level")
            .and_then(|level| level.parse().ok())
            .unwrap_or(Severity::Hint),
        lang,
        redact: matches.get_flag("redact"),
        quiet: matches.get_flag("quiet"),
        style: text::Style::of_stdout(),
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = matches
        .get_one::<u16>("jobs")
        .map_or(cores, |jobs| usize::from(*jobs));
    let mut options = Options {
        message: match matches.get_one::<String>("as") {
            Some(name) => Some(name.parse()?),
            None => None,
        },
        schema: inputs::schema(matches)?,
        charset: inputs::charset(matches, lang)?,
        most_findings: matches
            .get_one::<u64>("max-findings")
            .copied()
            .unwrap_or(1000),
        excerpts: format != Format::Json && !printer.quiet,
        jobs,
        ..Options::default()
    };
    options.xml.unsigned = matches.get_flag("unsigned");
    let specs = inputs::specs(matches)?;
    let mut checker = Checker::new(&specs, options)?;
    let rules = rules::load(matches, &specs, lang)?;
    if let Some(rules) = &rules {
        checker = checker.with_watch(std::sync::Arc::new(rules.clone()));
    }
    let mut paths: Vec<PathBuf> = matches
        .get_many::<PathBuf>("paths")
        .unwrap_or_default()
        .cloned()
        .collect();
    if paths.is_empty() {
        if io::stdin().is_terminal() {
            let message = pick(
                lang,
                "nothing to check: name files or folders, or pipe something in (see baowen check --help)",
                "没有要校验的内容：请指定文件或文件夹，或通过管道输入（见 baowen check --help）",
            );
            return Err(Failure::Message(message.to_owned()));
        }
        paths.push("-".into());
    }
    let mut failures: Vec<String> = Vec::new();
    let mut unread = |path: &Path, error: &io::Error| {
        let failure = format!("{}: {error}", path.display());
        text::say(&format!("baowen: {failure}"));
        failures.push(failure);
    };
    let files = inputs::files(&paths, &mut unread);
    let files = inputs::unpacked(files, &mut unread);
    let mut out = BufWriter::new(io::stdout().lock());
    if format == Format::Sarif && !printer.quiet {
        sarif::begin(&mut out, lang)?;
    }
    let mut totals = Totals::default();
    let mut read = 0;
    let first = Cell::new(true);
    let progress = progress(&files);
    let mut each = |out: &mut BufWriter<io::StdoutLock<'_>>,
                    input: &Input,
                    checked: &Checked|
     -> io::Result<()> {
        for finding in &checked.printed {
            printer.finding(out, finding, &input.name, &first)?;
        }
        totals.add(&checked.totals);
        match &checked.error {
            Some(error) => {
                out.flush()?;
                text::say(&format!("baowen: {error}"));
                failures.push(error.clone());
            }
            None => read += 1,
        }
        Ok(())
    };
    // A long file keeps all threads busy by itself; short ones are checked side by side.
    let is_long = |input: &Input| jobs == 1 || input.entry.is_none() && input.len >= LONG;
    for files in files.chunk_by(|one, other| !is_long(one) && !is_long(other)) {
        if files.len() > 1 {
            many(&checker, files, jobs, &progress, &mut |input, checked| {
                each(&mut out, input, checked)
            })?;
            continue;
        }
        for input in files {
            // One file after the other: its findings are printed as they come.
            let mut written = Ok(());
            let checked = one(&checker, input, &progress, &mut |finding: Finding| {
                if written.is_ok() {
                    written = printer.finding(&mut out, &finding, &input.name, &first);
                }
            });
            written?;
            each(&mut out, input, &checked)?;
        }
    }
    progress.finish_and_clear();
    if let Some(rules) = &rules {
        let mut written = Ok(());
        let mut counts = Totals::default();
        let finished = rules.finish(&mut |file, finding| {
            match finding.severity {
                Severity::Error => counts.errors += 1,
                Severity::Warning => counts.warnings += 1,
                Severity::Hint => counts.hints += 1,
            }
            if written.is_ok() {
                written = printer.finding(&mut out, &finding, file, &first);
            }
        });
        written?;
        match finished {
            Ok(not_evaluated) => counts.not_evaluated = not_evaluated,
            Err(error) => {
                text::say(&format!("baowen: {error}"));
                failures.push(error.to_string());
            }
        }
        totals.add(&counts);
    }
    if !printer.quiet {
        match format {
            Format::Text => {
                if !first.get() {
                    out.write_all(b"\n")?;
                }
                text::summary(&mut out, read, &totals, lang, printer.style)?;
            }
            Format::Json => {
                let seconds = (started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
                let summary = json!({"summary": {
                    "files": read,
                    "interchanges": totals.interchanges,
                    "messages": totals.messages,
                    "segments": totals.segments,
                    "bytes": totals.bytes,
                    "errors": totals.errors,
                    "warnings": totals.warnings,
                    "not_evaluated": totals.not_evaluated,
                    "seconds": seconds,
                }});
                writeln!(out, "{summary}")?;
            }
            Format::Sarif => sarif::end(&mut out, &failures)?,
        }
    }
    out.flush()?;
    Ok(if !failures.is_empty() {
        Outcome::Failed
    } else if totals.errors > 0 {
        Outcome::Found
    } else {
        Outcome::Clean
    })
}

/// Checks one file; findings go to `sink` as they are made.
fn one(
    checker: &Checker,
    input: &Input,
    progress: &indicatif::ProgressBar,
    sink: &mut dyn FnMut(Finding),
) -> Checked {
    let mut sink = |finding: Finding| sink(finding);
    if let Some(code) = input.wrong {
        return wrong(code, input, Totals::default(), &mut sink);
    }
    if let Some(entry) = &input.entry {
        return packed(checker, input, entry, progress, &mut sink);
    }
    let checker = &checker.named(&input.name);
    let told = |error: &baowen::Error| match error.io_error() {
        Some(error) => format!("{}: {error}", input.name),
        None => error.to_string(),
    };
    let outcome = match &input.path {
        Some(path) => std::fs::File::open(path)
            .map_err(|error| format!("{}: {error}", input.name))
            .and_then(|file| {
                let totals = if progress.is_hidden() {
                    checker.file(&file, &mut sink)
                } else {
                    checker.read(progress.wrap_read(file), &mut sink)
                };
                totals.map_err(|error| told(&error))
            }),
        None => checker
            .read(io::stdin(), &mut sink)
            .map_err(|error| told(&error)),
    };
    let (totals, error) = match outcome {
        Ok(totals) => (totals, None),
        Err(error) => (Totals::default(), Some(error)),
    };
    Checked {
        totals,
        error,
        printed: Vec::new(),
    }
}

/// Bytes of a file that is split among threads, where there are others.
const LONG: u64 = 16 << 20;

/// Tells what is wrong with an archive, or with a file inside it.
fn wrong(code: Code, input: &Input, mut totals: Totals, sink: &mut dyn Sink) -> Checked {
    sink.finding(Finding::new(code, Span::new(0, 0)));
    totals.errors += 1;
    if input.entry.is_none() {
        totals.bytes += input.len;
    }
    Checked {
        totals,
        error: None,
        printed: Vec::new(),
    }
}

/// Checks a file inside an archive.
fn packed(
    checker: &Checker,
    input: &Input,
    entry: &Entry,
    progress: &indicatif::ProgressBar,
    sink: &mut dyn Sink,
) -> Checked {
    let failed = |error: String| Checked {
        totals: Totals::default(),
        error: Some(format!("{}: {error}", input.name)),
        printed: Vec::new(),
    };
    let archive = &*entry.archive_name;
    let checker = checker.unpacked(&entry.name, archive, entry.archive_bytes, entry.entries);
    let read = entry.read(|file| checker.read(progress.wrap_read(file), sink));
    let (read, code) = match read {
        Ok(told) => told,
        Err(error) => return failed(error.to_string()),
    };
    let totals = match read.transpose() {
        Ok(totals) => totals.unwrap_or_default(),
        Err(error) => return failed(error.to_string()),
    };
    match code {
        Some(code) => wrong(code, input, totals, sink),
        None => Checked {
            totals,
            error: None,
            printed: Vec::new(),
        },
    }
}

/// Checks many files at once, some at a time, and gives them in order.
fn many(
    checker: &Checker,
    files: &[Input],
    jobs: usize,
    progress: &indicatif::ProgressBar,
    each: &mut dyn FnMut(&Input, &Checked) -> io::Result<()>,
) -> Result<(), Failure> {
    use rayon::prelude::*;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
    let pool = pool.map_err(|error| Failure::Message(error.to_string()))?;
    let checker = &checker.clone().with_jobs(1);
    for batch in files.chunks(jobs * 32) {
        let checked: Vec<Checked> = pool.install(|| {
            batch
                .par_iter()
                .with_max_len(1)
                .map(|input| {
                    let mut printed = Vec::new();
                    let checked = one(checker, input, progress, &mut |finding| {
                        printed.push(finding)
                    });
                    Checked { printed, ..checked }
                })
                .collect()
        });
        for (input, checked) in batch.iter().zip(&checked) {
            each(input, checked)?;
        }
    }
    Ok(())
}

/// A bar for long work, at a terminal only.
fn progress(files: &[Input]) -> indicatif::ProgressBar {
    const LONG: u64 = 64 << 20;
    // What archives say of lengths may be anything.
    let lens = files.iter().map(|file| file.len);
    let len = lens.fold(0, u64::saturating_add);
    if len < LONG || !io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let bar = indicatif::ProgressBar::new(len);
    let style = indicatif::ProgressStyle::with_template(
        "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    );
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
