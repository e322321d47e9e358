//! `baowen convert`: the same messages in another syntax.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use baowen::check::{Checker, home};
use baowen::convert::{Converter, Format, Options, Totals};
use baowen::finding::{Finding, Lang, Syntax};
use baowen::spec::release::MessageName;
use clap::ArgMatches;

use crate::folder::{Filled, holds_several};
use crate::lang::pick;
use crate::report::Report;
use crate::{Failure, Outcome, inputs, output};

/// Bytes of an input looked at to tell its syntax.
const BEGINNING: u64 = baowen::flat::SIGHT as u64;

/// Findings of one code told of a file; the rest are counted. `baowen check` tells all.
const MOST_FINDINGS: u64 = 10;

struct Convert {
    checker: Checker,
    converter: Converter,
    to: Format,
    report: Report,
}

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let charset = inputs::charset(matches, lang)?;
    let to = match matches.get_one::<String>("to").map(String::as_str) {
        Some("edifact") => Format::Edifact,
        Some("xml") => Format::Xml,
        Some("json") => Format::Json,
        Some("jsonl") => Format::JsonLines,
        _ => Format::Flat,
    };
    let name: Option<MessageName> = match matches.get_one::<String>("as") {
        Some(name) => Some(name.parse()?),
        None => None,
    };
    let mut options = Options {
        charset,
        line_breaks: matches.get_flag("lines"),
        most_findings: MOST_FINDINGS,
        ..Options::default()
    };
    if let Some(name) = &name {
        let is_flat = name.release.is_none() && specs.flat(&name.message)?.is_some();
        match home(&specs, name) {
            Ok(home) => options.message = Some((name.message.clone(), home)),
            Err(error) if !is_flat => return Err(error.into()),
            Err(_) => {}
        }
        options.layout = is_flat.then(|| name.message.clone());
    }
    if let Some(label) = matches.get_one::<String>("charset") {
        let with = options.xml.clone().with_charset(label);
        options.xml = with.unwrap_or(options.xml);
    }
    let checking = baowen::check::Options {
        message: name,
        charset,
        ..Default::default()
    };
    let convert = Convert {
        checker: Checker::new(&specs, checking)?,
        converter: Converter::new(&specs, options),
        to,
        report: Report::new(matches, lang)?,
    };
    let paths: Vec<PathBuf> = matches
        .get_many("paths")
        .unwrap_or_default()
        .cloned()
        .collect();
    let out = matches.get_one::<PathBuf>("out");
    let outcome = match paths.as_slice() {
        [path] if !holds_several(path) => convert.one(path, out.map(PathBuf::as_path)),
        _ => match out {
            Some(out) => convert.many(&paths, out),
            None => Err(Failure::Message(
                pick(
                    lang,
                    "several files are converted into a folder: say which with --out",
                    "转换多个文件须用 --out 指定输出文件夹",
                )
                .to_owned(),
            )),
        },
    }?;
    convert.report.finish()?;
    Ok(outcome)
}

/// The extension of files in a format.
fn extension(to: Format) -> &'static str {
    match to {
        Format::Edifact => "edi",
        Format::Xml => "xml",
        Format::Json => "json",
        Format::JsonLines => "jsonl",
        Format::Flat => "txt",
    }
}

impl Convert {
    /// One file or standard input, to a file or standard output.
    fn one(&self, path: &Path, out: Option<&Path>) -> Result<Outcome, Failure> {
        let name = path.display().to_string();
        let told = |error: io::Error| Failure::Message(format!("{name}: {error}"));
        let input: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(path).map_err(told)?)
        };
        let totals = match out {
            Some(out) if out.is_dir() => {
                let file = path.file_name().filter(|name| *name != "-");
                let file = Path::new(file.unwrap_or("stdin".as_ref()));
                let file = file.with_extension(extension(self.to));
                self.to_file(&name, input, &out.join(file))?
            }
            Some(out) => self.to_file(&name, input, out)?,
            None => {
                let mut out = BufWriter::with_capacity(64 << 10, io::stdout().lock());
                let totals = self.convert(&name, input, &mut out)?;
                out.flush()?;
                totals
            }
        };
        Ok(outcome(&totals))
    }

    /// Files, folders and archives into a folder, which gets the same folders inside.
    fn many(&self, paths: &[PathBuf], out: &Path) -> Result<Outcome, Failure> {
        let filled = Filled {
            out,
            extension: extension(self.to),
            report: &self.report,
        };
        filled.from(paths, &mut |name, input, to| {
            self.to_file(name, input, to).map(|totals| outcome(&totals))
        })
    }

    /// Writes a file, all of it or nothing.
    fn to_file(&self, name: &str, input: impl Read, out: &Path) -> Result<Totals, Failure> {
        output::whole(out, |file| self.convert(name, input, file))
    }

    fn convert(
        &self,
        name: &str,
        mut input: impl Read,
        out: impl Write,
    ) -> Result<Totals, Failure> {
        let told = |error: String| Failure::Message(format!("{name}: {error}"));
        let mut start = Vec::new();
        let sight = input.by_ref().take(BEGINNING);
        { sight }
            .read_to_end(&mut start)
            .map_err(|error| told(error.to_string()))?;
        let from = self.syntax(&start)?;
        let mut out = Told { out, error: None };
        let mut sink = |finding: Finding| self.tell(name, &finding);
        let input = start.as_slice().chain(input);
        let converted = self
            .converter
            .read(input, from, self.to, &mut out, &mut sink);
        if let Some(error) = out.error {
            return Err(error.into());
        }
        converted.map_err(|error| told(error.to_string()))
    }

    fn syntax(&self, start: &[u8]) -> Result<Syntax, Failure> {
        let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
        if matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return Ok(Syntax::Json);
        }
        Ok(self.checker.syntax(start)?)
    }

    fn tell(&self, name: &str, finding: &Finding) {
        self.report.tell(name, finding);
    }
}

/// Keeps the error of writing as it was, so that a closed pipe is told from others.
struct Told<W> {
    out: W,
    error: Option<io::Error>,
}

impl<W: Write> Told<W> {
    fn keep(&mut self, error: io::Error) -> io::Error {
        let kind = error.kind();
        self.error.get_or_insert(error);
        kind.into()
    }
}

impl<W: Write> Write for &mut Told<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.out.write(bytes) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(self.keep(error)),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(|error| self.keep(error))
    }
}

fn outcome(totals: &Totals) -> Outcome {
    match totals.errors {
        0 => Outcome::Clean,
        _ => Outcome::Found,
    }
}
