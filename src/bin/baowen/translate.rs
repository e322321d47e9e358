//! `baowen translate`: one message becomes another by a map.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baowen::check::Checker;
use baowen::convert::Format;
use baowen::finding::{Finding, Lang, Severity, Syntax};
use baowen::map::{Direction, Map, Options, Outputs, Totals, Trace, Translator};
use baowen::spec::Specs;
use baowen::xml::Schema;
use clap::ArgMatches;
use tempfile::{NamedTempFile, TempPath};

use crate::lang::pick;
use crate::{Failure, Outcome, inputs};

/// Bytes of an input looked at to tell its syntax.
const BEGINNING: u64 = baowen::flat::SIGHT as u64;

/// Bytes of a document looked at to tell its schema.
const NEAR: u64 = 64 << 10;

/// Findings of one code told of a file; the rest are counted.
const MOST_FINDINGS: u64 = 100;

struct Translate {
    translator: Translator,
    /// Tells the syntax of what is read.
    reader: Checker,
    /// Checks what is written, which is held against this schema while it is.
    checker: Checker,
    schema: Option<Arc<Schema>>,
    check: bool,
    strict: bool,
    trace: bool,
    lang: Lang,
    redact: bool,
}

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let name = matches.get_one::<String>("map").map_or("", String::as_str);
    let map = find(&specs, name)?;
    let direction = match matches.get_flag("reverse") {
        true => Direction::Back,
        false => Direction::Forth,
    };
    let charset = inputs::charset(matches, lang)?;
    let written = inputs::charset_of(matches, "to-charset", lang)?;
    let mut options = Options {
        charset: written,
        source_charset: charset,
        now: matches
            .get_one::<String>("now")
            .map(|now| now.as_str().into()),
        most_findings: MOST_FINDINGS,
        line_breaks: matches.get_flag("lines"),
        format: match matches.get_one::<String>("format").map(String::as_str) {
            Some("xml") => Some(Format::Xml),
            Some("json") => Some(Format::Json),
            Some(_) => Some(Format::JsonLines),
            None => None,
        },
        ..Options::default()
    };
    if let Some(times) = matches.get_one::<u32>("memory") {
        options.memory = *times as usize;
    }
    for pair in matches.get_many::<String>("param").unwrap_or_default() {
        let Some((name, value)) = pair.split_once('=') else {
            let message = pick(
                lang,
                "a parameter is given as NAME=VALUE",
                "参数须写作 名称=值",
            );
            return Err(Failure::Message(format!("--param {pair}: {message}")));
        };
        options = options.with_param(name.trim(), value);
    }
    let mut checking = baowen::check::Options {
        charset: written,
        ..Default::default()
    };
    checking.xml.unsigned = map.unsigned(direction).is_some();
    let reading = baowen::check::Options {
        charset,
        ..Default::default()
    };
    let checker = Checker::new(&specs, checking)?;
    let check = !matches.get_flag("no-check");
    if check && options.format.unwrap_or(map.format(direction)) == Format::Xml {
        let target = map.sides()[usize::from(direction == Direction::Forth)];
        options.schema = checker.schema_of(target)?;
    }
    let schema = options.schema.clone();
    let translator = Translator::new(&map, direction, options)?;
    if let Some(of) = written
        && translator.format() == Format::Edifact
        && of.is_syntax_identifier()
    {
        let message = pick(
            lang,
            "the header of an interchange names its character set: give it as the parameter of the map (baowen map explain), if it has one",
            "交换头会声明字符集：请用映射的参数指定（见 baowen map explain），若该映射有此参数",
        );
        return Err(Failure::Message(format!(
            "--to-charset {}: {message}",
            of.name()
        )));
    }
    let translate = Translate {
        translator,
        reader: Checker::new(&specs, reading)?,
        checker,
        schema,
        check,
        strict: matches.get_flag("strict"),
        trace: matches.get_flag("trace"),
        lang,
        redact: matches.get_flag("redact"),
    };
    let paths: Vec<PathBuf> = matches
        .get_many("paths")
        .unwrap_or_default()
        .cloned()
        .collect();
    let out = matches.get_one::<PathBuf>("out").map(PathBuf::as_path);
    match (paths.as_slice(), out) {
        ([path], out) if !path.is_dir() => translate.one(path, out),
        (_, Some(out)) => translate.many(&paths, out),
        (_, None) => Err(Failure::Message(
            pick(
                lang,
                "several files are translated into a folder: say which with --out",
                "转换多个文件须用 --out 指定输出文件夹",
            )
            .to_owned(),
        )),
    }
}

/// The map of that name, or the one of a file.
fn find(specs: &Specs, name: &str) -> Result<Arc<Map>, Failure> {
    if !name.ends_with(".txt") {
        return Ok(specs.map(name)?);
    }
    let text = std::fs::read_to_string(name)
        .map_err(|error| Failure::Message(format!("{name}: {error}")))?;
    match specs.maps_of(name, &text)?.pop() {
        Some(map) => Ok(Arc::new(map)),
        None => Err(Failure::Message(format!("{name}: no map"))),
    }
}

/// What was written of one message or interchange, in a file that is not there yet.
struct Written {
    file: TempPath,
}

/// Files without names in a folder. An input may hold more messages than a process may have files open.
struct Files<'f> {
    folder: &'f Path,
    written: Vec<TempPath>,
    /// Whether each was held against its schema and found good.
    good: Vec<bool>,
}

impl<'o> Outputs<'o> for Files<'_> {
    fn next(&mut self, _: u64) -> baowen::Result<Box<dyn Write + 'o>> {
        let made = NamedTempFile::new_in(self.folder);
        let made = made.map_err(|error| baowen::Error::io(self.folder, error))?;
        let (writer, path) = made.into_parts();
        self.written.push(path);
        self.good.push(false);
        Ok(Box::new(writer))
    }

    fn fits(&mut self, number: u64) {
        let at = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
        if let Some(good) = self.good.get_mut(at) {
            *good = true;
        }
    }
}

impl Translate {
    fn extension(&self) -> &'static str {
        match self.translator.format() {
            Format::Edifact => "edi",
            Format::Xml => "xml",
            Format::Json => "json",
            Format::JsonLines => "jsonl",
            Format::Flat => "txt",
        }
    }

    /// One file or standard input, to a file, a folder or standard output.
    fn one(&self, path: &Path, out: Option<&Path>) -> Result<Outcome, Failure> {
        let name = path.display().to_string();
        let told = |error: io::Error| Failure::Message(format!("{name}: {error}"));
        let input: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(path).map_err(told)?)
        };
        let folder = match out {
            Some(out) if out.is_dir() => out.to_owned(),
            Some(out) => parent(out).to_owned(),
            None => std::env::temp_dir(),
        };
        let (written, mut outcome) = self.translate(&name, input, &folder)?;
        match out {
            None => {
                let mut stdout = BufWriter::with_capacity(64 << 10, io::stdout().lock());
                for piece in written {
                    io::copy(&mut File::open(&piece.file)?, &mut stdout)?;
                }
                stdout.flush()?;
            }
            Some(out) if out.is_dir() => {
                let file = path.file_name().unwrap_or("stdin".as_ref());
                let file = Path::new(file).with_extension(self.extension());
                self.keep(written, &out.join(file), &mut outcome)?;
            }
            Some(out) => {
                if written.len() > 1 {
                    let message = pick(
                        self.lang,
                        "the input holds several messages, each a document of its own: --out must be a folder",
                        "输入含多个报文，各为一个文档：--out 须为文件夹",
                    );
                    return Err(Failure::Message(format!("{name}: {message}")));
                }
                self.keep(written, out, &mut outcome)?;
            }
        }
        Ok(outcome)
    }

    /// Files and folders into a folder, which gets the same folders inside.
    fn many(&self, paths: &[PathBuf], out: &Path) -> Result<Outcome, Failure> {
        let mut worst = Outcome::Clean;
        let mut taken = std::collections::HashSet::new();
        for path in paths {
            let mut failed = false;
            let found = inputs::files(std::slice::from_ref(path), &mut |path, error| {
                let _ = writeln!(io::stderr(), "baowen: {}: {error}", path.display());
                failed = true;
            });
            if failed {
                worst = Outcome::Failed;
            }
            for input in found {
                let Some(from) = &input.path else { continue };
                let inside = match from.strip_prefix(path) {
                    Ok(inside) if inside.as_os_str().is_empty() => from.file_name().map(Path::new),
                    Ok(inside) => Some(inside),
                    Err(_) => from.file_name().map(Path::new),
                };
                let Some(inside) = inside else { continue };
                let mut to = out.join(inside).with_extension(self.extension());
                let mut number = 2;
                while !taken.insert(to.clone()) {
                    let stem = inside.file_stem().unwrap_or_default().to_string_lossy();
                    to.set_file_name(format!("{stem}-{number}.{}", self.extension()));
                    number += 1;
                }
                let made = File::open(from)
                    .map_err(|error| Failure::Message(format!("{}: {error}", input.name)))
                    .and_then(|file| {
                        std::fs::create_dir_all(parent(&to))?;
                        let (written, mut outcome) =
                            self.translate(&input.name, file, parent(&to))?;
                        self.keep(written, &to, &mut outcome)?;
                        Ok(outcome)
                    });
                match (made, &worst) {
                    (Ok(Outcome::Found), Outcome::Clean) => worst = Outcome::Found,
                    (Ok(_), _) => {}
                    (Err(Failure::Message(message)), _) => {
                        let _ = writeln!(io::stderr(), "baowen: {message}");
                        worst = Outcome::Failed;
                    }
                    (Err(closed), _) => return Err(closed),
                }
            }
        }
        Ok(worst)
    }

    /// Gives files their names; of several each gets a number.
    fn keep(&self, written: Vec<Written>, to: &Path, _: &mut Outcome) -> Result<(), Failure> {
        let several = written.len() > 1;
        for (at, piece) in written.into_iter().enumerate() {
            let mut to = to.to_owned();
            if several {
                let stem = to
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                to.set_file_name(format!("{stem}-{}.{}", at + 1, self.extension()));
            }
            let told = |error: io::Error| Failure::Message(format!("{}: {error}", to.display()));
            piece.file.persist(&to).map_err(|error| told(error.error))?;
        }
        Ok(())
    }

    /// Translates an input; what is written stands in files of `folder` that have no names yet.
    fn translate(
        &self,
        name: &str,
        mut input: impl Read,
        folder: &Path,
    ) -> Result<(Vec<Written>, Outcome), Failure> {
        let told = |error: String| Failure::Message(format!("{name}: {error}"));
        let mut start = Vec::new();
        let sight = input.by_ref().take(BEGINNING);
        { sight }
            .read_to_end(&mut start)
            .map_err(|error| told(error.to_string()))?;
        let from = self.syntax(&start)?;
        let mut outputs = Files {
            folder,
            written: Vec::new(),
            good: Vec::new(),
        };
        let mut sink = |finding: Finding| inputs::tell(name, &finding, self.lang, self.redact);
        let input = start.as_slice().chain(input);
        let totals = match self.trace {
            false => self.translator.read(input, from, &mut outputs, &mut sink),
            true => {
                let mut trace = |trace: Trace| self.traced(name, &trace);
                self.translator
                    .traced(input, from, &mut outputs, &mut sink, &mut trace)
            }
        };
        let totals = totals.map_err(|error| told(error.to_string()))?;
        let mut errors = totals.errors;
        let Files {
            written: mut files,
            good,
            ..
        } = outputs;
        if self.check {
            for (at, file) in files.iter().enumerate() {
                if !(good[at] && self.is_against_schema(file)?) {
                    errors += self.checked(name, at, files.len(), file)?;
                }
            }
        }
        let outcome = self.outcome(name, &totals, errors);
        if self.strict && errors > 0 {
            files.clear();
        }
        let written = files.into_iter().map(|file| Written { file }).collect();
        Ok((written, outcome))
    }

    fn outcome(&self, name: &str, totals: &Totals, errors: u64) -> Outcome {
        if totals.messages == 0 {
            let message = pick(
                self.lang,
                "nothing was translated: no message of the map's source",
                "未转换任何内容：没有映射的源报文",
            );
            let _ = writeln!(io::stderr(), "{name}: {message}");
            return Outcome::Found;
        }
        match errors {
            0 => Outcome::Clean,
            _ => Outcome::Found,
        }
    }

    /// Whether what was written is checked against the schema that it was held against.
    fn is_against_schema(&self, file: &TempPath) -> Result<bool, Failure> {
        let Some(schema) = &self.schema else {
            return Ok(false);
        };
        let mut start = Vec::new();
        File::open(file)?.take(NEAR).read_to_end(&mut start)?;
        Ok(self.checker.is_against(schema, &start)?)
    }

    /// Checks what was written; gives the number of errors.
    fn checked(&self, name: &str, at: usize, of: usize, file: &TempPath) -> Result<u64, Failure> {
        let input = File::open(file)?;
        let label = match of {
            0 | 1 => format!("{name} → {}", self.target()),
            _ => format!("{name} → {} {}", self.target(), at + 1),
        };
        if matches!(self.translator.format(), Format::Json | Format::JsonLines) {
            return Ok(0);
        }
        let mut errors = 0;
        let mut sink = |finding: Finding| {
            if finding.severity == Severity::Error {
                errors += 1;
            }
            if finding.severity >= Severity::Warning {
                inputs::tell(&label, &finding, self.lang, self.redact);
            }
        };
        self.checker.read(input, &mut sink)?;
        Ok(errors)
    }

    fn target(&self) -> &str {
        let [left, right] = self.translator.map().sides();
        match self.translator.direction() {
            Direction::Forth => right,
            Direction::Back => left,
        }
    }

    fn traced(&self, name: &str, trace: &Trace) {
        let place = match &trace.source {
            Some(source) => format!("{name}:{}:{} {source}", trace.at.line, trace.at.column),
            None => "-".to_owned(),
        };
        let _ = writeln!(
            io::stderr(),
            "{} {}: {place} ({} {})",
            trace.message,
            trace.target,
            self.translator.map().name(),
            trace.line,
        );
    }

    fn syntax(&self, start: &[u8]) -> Result<Syntax, Failure> {
        let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
        if matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return Ok(Syntax::Json);
        }
        Ok(self.reader.syntax(start)?)
    }
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
