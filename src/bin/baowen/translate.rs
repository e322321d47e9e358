//! `baowen translate`: one message becomes another by a map.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baowen::check::{Checker, home};
use baowen::convert::{Converter, Format};
use baowen::finding::{Finding, Lang, Severity, Syntax};
use baowen::map::{Direction, Map, Options, Outputs, Totals, Trace, Translator};
use baowen::spec::Specs;
use baowen::spec::release::MessageName;
use baowen::xml::Schema;
use clap::ArgMatches;

use crate::folder::{Filled, holds_several};
use crate::interrupt::Unnamed;
use crate::lang::pick;
use crate::report::Report;
use crate::{Failure, Outcome, inputs, output, text};

/// Bytes of an input looked at to tell its syntax.
const BEGINNING: u64 = baowen::flat::SIGHT as u64;

/// Bytes of JSON that are checked: it is held in memory, and so are the places of all its values.
const LONGEST_JSON: u64 = 64 << 20;

/// Bytes of a document looked at to tell its schema.
const NEAR: u64 = 64 << 10;

/// Findings of one code told of a file; the rest are counted.
const MOST_FINDINGS: u64 = 100;

/// As many where they are kept in a file: every path that is not carried, as a rule.
const MOST_REPORTED: u64 = 10_000;

struct Translate {
    translator: Translator,
    /// Tells the syntax of what is read, and checks it where nothing may be wrong.
    reader: Checker,
    /// Checks what is written, which is held against this schema while it is.
    checker: Checker,
    /// Makes of JSON what is checked.
    converter: Converter,
    schema: Option<Arc<Schema>>,
    check: bool,
    strict: bool,
    trace: bool,
    lang: Lang,
    report: Report,
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
    let now = matches.get_one::<String>("now").map(String::as_str);
    if let Some(now) = now.filter(|now| !is_moment(now)) {
        let message = pick(
            lang,
            "a date and time that exist are given as CCYYMMDDhhmmss",
            "须为存在的日期和时间，写作 CCYYMMDDhhmmss",
        );
        return Err(Failure::Message(format!("--now {now}: {message}")));
    }
    let mut options = Options {
        charset: written,
        source_charset: charset,
        now: now.map(Into::into),
        most_findings: match matches.contains_id("report") {
            true => MOST_REPORTED,
            false => MOST_FINDINGS,
        },
        line_breaks: matches.get_flag("lines"),
        format: match matches.get_one::<String>("format").map(String::as_str) {
            Some("xml") => Some(Format::Xml),
            Some("json") => Some(Format::Json),
            Some(_) => Some(Format::JsonLines),
            None => None,
        },
        ..Options::default()
    };
    if let Some(name) = matches.get_one::<String>("as") {
        let name: MessageName = name.parse()?;
        options.message = Some((name.message.clone(), home(&specs, &name)?));
    }
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
    let as_message = matches.get_one::<String>("as");
    let reading = baowen::check::Options {
        charset,
        message: as_message.map(|name| name.parse()).transpose()?,
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
        converter: Converter::new(&specs, baowen::convert::Options::default()),
        check,
        strict: matches.get_flag("strict"),
        trace: matches.get_flag("trace"),
        lang,
        report: Report::new(matches, lang)?,
    };
    let paths: Vec<PathBuf> = matches
        .get_many("paths")
        .unwrap_or_default()
        .cloned()
        .collect();
    let out = matches.get_one::<PathBuf>("out").map(PathBuf::as_path);
    let outcome = match (paths.as_slice(), out) {
        ([path], out) if !holds_several(path) => translate.one(path, out),
        (_, Some(out)) => translate.many(&paths, out),
        (_, None) => Err(Failure::Message(
            pick(
                lang,
                "several files are translated into a folder: say which with --out",
                "转换多个文件须用 --out 指定输出文件夹",
            )
            .to_owned(),
        )),
    }?;
    translate.report.finish()?;
    Ok(outcome)
}

/// Whether it is CCYYMMDDhhmmss, and there is such a time.
fn is_moment(text: &str) -> bool {
    text.len() == 14 && chrono::NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S").is_ok()
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

/// Files without names in a folder. An input may hold more messages than a process may have files open.
struct Files<'f> {
    folder: &'f Path,
    written: Vec<Unnamed>,
    /// Whether each was held against its schema and found good.
    good: Vec<bool>,
}

impl<'o> Outputs<'o> for Files<'_> {
    fn next(&mut self, _: u64) -> baowen::Result<Box<dyn Write + 'o>> {
        let made = output::unnamed(self.folder);
        let (writer, path) = made.map_err(|error| baowen::Error::io(self.folder, error))?;
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
            Some(out) => output::folder_of(out),
            None => std::env::temp_dir(),
        };
        let (written, outcome) = self.translate(&name, input, &folder)?;
        match out {
            None => {
                let mut stdout = BufWriter::with_capacity(64 << 10, io::stdout().lock());
                for piece in written {
                    io::copy(&mut File::open(&piece)?, &mut stdout)?;
                }
                stdout.flush()?;
            }
            Some(out) if out.is_dir() => {
                let file = path.file_name().filter(|name| *name != "-");
                let file = Path::new(file.unwrap_or("stdin".as_ref()));
                let file = file.with_extension(self.extension());
                self.keep(written, &out.join(file))?;
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
                self.keep(written, out)?;
            }
        }
        Ok(outcome)
    }

    /// Files, folders and archives into a folder, which gets the same folders inside.
    fn many(&self, paths: &[PathBuf], out: &Path) -> Result<Outcome, Failure> {
        let filled = Filled {
            out,
            extension: self.extension(),
            report: &self.report,
        };
        filled.from(paths, &mut |name, input, to| {
            let (written, outcome) = self.translate(name, input, output::parent(to))?;
            self.keep(written, to)?;
            Ok(outcome)
        })
    }

    /// Gives files their names; of several each gets a number.
    fn keep(&self, written: Vec<Unnamed>, to: &Path) -> Result<(), Failure> {
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
            output::name(piece, &to).map_err(told)?;
        }
        Ok(())
    }

    /// Translates an input; what is written stands in files of `folder` that have no names yet.
    fn translate(
        &self,
        name: &str,
        mut input: impl Read,
        folder: &Path,
    ) -> Result<(Vec<Unnamed>, Outcome), Failure> {
        let told = |error: String| Failure::Message(format!("{name}: {error}"));
        let mut start = Vec::new();
        let sight = input.by_ref().take(BEGINNING);
        { sight }
            .read_to_end(&mut start)
            .map_err(|error| told(error.to_string()))?;
        let from = self.syntax(&start)?;
        let mut input: Box<dyn Read> = Box::new(start.as_slice().chain(input));
        if self.strict && from != Syntax::Json {
            let mut held = tempfile::tempfile()?;
            io::copy(&mut input, &mut held).map_err(|error| told(error.to_string()))?;
            if !self.is_sound(name, &mut held)? {
                self.nothing_written(name);
                return Ok((Vec::new(), Outcome::Found));
            }
            held.rewind()?;
            input = Box::new(held);
        }
        let mut outputs = Files {
            folder,
            written: Vec::new(),
            good: Vec::new(),
        };
        let mut sink = |finding: Finding| self.report.tell(name, &finding);
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
        if self.strict && errors > 0 && !files.is_empty() {
            files.clear();
            self.nothing_written(name);
        }
        Ok((files, outcome))
    }

    /// Whether a source has no error by its own spec; those it has are told.
    fn is_sound(&self, name: &str, held: &mut File) -> Result<bool, Failure> {
        held.rewind()?;
        let mut sound = true;
        let mut tell = |finding: Finding| {
            if finding.severity == Severity::Error {
                sound = false;
                self.report.tell(name, &finding);
            }
        };
        self.reader.read(held, &mut tell)?;
        Ok(sound)
    }

    fn nothing_written(&self, name: &str) {
        let message = pick(
            self.lang,
            "nothing is written: there are errors (--strict)",
            "存在错误，未写出任何文件（--strict）",
        );
        text::say(&format!("{name}: {message}"));
    }

    fn outcome(&self, name: &str, totals: &Totals, errors: u64) -> Outcome {
        if totals.messages == 0 {
            let message = pick(
                self.lang,
                "nothing was translated: no message of the map's source",
                "未转换任何内容：没有映射的源报文",
            );
            text::say(&format!("{name}: {message}"));
            return Outcome::Found;
        }
        match errors {
            0 => Outcome::Clean,
            _ => Outcome::Found,
        }
    }

    /// Whether what was written is checked against the schema that it was held against.
    fn is_against_schema(&self, file: &Unnamed) -> Result<bool, Failure> {
        let Some(schema) = &self.schema else {
            return Ok(false);
        };
        let mut start = Vec::new();
        File::open(file)?.take(NEAR).read_to_end(&mut start)?;
        Ok(self.checker.is_against(schema, &start)?)
    }

    /// Checks what was written; gives the number of errors.
    fn checked(&self, name: &str, at: usize, of: usize, file: &Unnamed) -> Result<u64, Failure> {
        let input = File::open(file)?;
        let label = match of {
            0 | 1 => format!("{name} → {}", self.target()),
            _ => format!("{name} → {} {}", self.target(), at + 1),
        };
        let mut errors = 0;
        let mut tell = |finding: Finding| {
            if finding.severity == Severity::Error {
                errors += 1;
            }
            if finding.severity >= Severity::Warning {
                self.report.tell(&label, &finding);
            }
        };
        match self.translator.format() {
            Format::Json => self.checked_json(input, &label, &mut tell)?,
            // Each line is a piece of a message.
            Format::JsonLines => {}
            _ => {
                self.checker.read(input, &mut tell)?;
            }
        }
        Ok(errors)
    }

    /// Checks JSON as the XML that it stands for; findings are of the JSON.
    fn checked_json(
        &self,
        input: File,
        label: &str,
        tell: &mut dyn FnMut(Finding),
    ) -> Result<(), Failure> {
        if input.metadata()?.len() > LONGEST_JSON {
            let message = pick(
                self.lang,
                "too long to be checked as JSON; write --format xml, and check that",
                "JSON 过长，未作校验；可写为 --format xml 后再校验",
            );
            text::say(&format!("{label}: {message}"));
            return Ok(());
        }
        let mut xml = Vec::new();
        let mut wrong = |finding: Finding| tell(finding);
        let (_, places) = self.converter.json_places(input, &mut xml, &mut wrong)?;
        let mut placed = |mut finding: Finding| {
            let path = finding.place.path.as_deref().unwrap_or_default();
            if let Some((_, span, at)) = places.nearest(path) {
                (finding.span, finding.at) = (span, at);
            }
            tell(finding);
        };
        self.checker.slice(&xml, &mut placed)?;
        Ok(())
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
        text::say(&format!(
            "{} {}: {place} ({} {})",
            trace.message,
            trace.target,
            self.translator.map().name(),
            trace.line,
        ));
    }

    fn syntax(&self, start: &[u8]) -> Result<Syntax, Failure> {
        let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
        if matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return Ok(Syntax::Json);
        }
        Ok(self.reader.syntax(start)?)
    }
}
