//! Translation by maps: one message becomes another, across syntaxes and code sets, both ways where
//! that is possible.
//!
//! A map is text in `specs/maps` or in the folder `maps` of a layer; `specs/maps/README.md` tells how it
//! is written. It names two messages and says row by row what of one is what of the other. Both
//! directions are made ready from the same rows: a row `left <-> right` whose steps can be turned
//! round, a row `->` or `<-` for one way only.
//!
//! ```
//! use baowen::finding::Syntax;
//! use baowen::map::{Direction, Options, Translator};
//! use baowen::spec::Specs;
//!
//! let map = Specs::base().map("cuscar-mt1101")?;
//! let options = Options::default()
//!     .with_param("sender", "EXAMPLELINE")
//!     .with_param("receiver", "2225")
//!     .with_param("carrier", "EXAMPLE LINE")
//!     .with_param("customs", "0000");
//! let translator = Translator::new(&map, Direction::Forth, options)?;
//! let input = b"UNH+1+CUSCAR:D:95B:UN'BGM+785+M1+9'UNT+3+1'";
//! let (mut out, mut findings) = (Vec::new(), Vec::new());
//! translator.slice(input, Syntax::Edifact, &mut out, &mut findings)?;
//! assert!(String::from_utf8(out).unwrap().contains("<MessageID>M1</MessageID>"));
//! # Ok::<(), baowen::Error>(())
//! ```
//!
//! A source is read as a stream. Of a message those values are kept that rows read, for as long as rows
//! may read them: where the loop that does most of the work reads only what stands in its groups and
//! before them, each group is written and forgotten when it ends. `baowen map explain` says which
//! maps run so, and why others do not.
//!
//! A message that is held as a whole, or a group of one that streams, takes memory up to a limit
//! ([`Options::memory`]): past it a finding says where, and the rest of the message is not translated.
//!
//! What no row reads is reported once for each path, with how many values there were; what the map
//! declares as not carried is told with its reason. The header and trailer of a message of UN/EDIFACT
//! (UNH, UNT, UNZ) and what flat files count are made anew and not reported.

mod ask;
pub mod ast;
mod carry;
mod class;
mod codes;
mod compile;
mod course;
mod date;
mod emit;
mod exec;
mod explain;
mod find;
mod gather;
mod keys;
mod lint;
mod load;
mod outbox;
mod page;
mod params;
mod program;
mod run;
mod segment;
mod side;
mod spool;
mod step;
mod target;
mod text;
mod transliterate;
mod unread;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

pub use ast::Direction;
pub use explain::{Explained, Row as ExplainedRow};
pub use params::Parameter;

use crate::charset::Charset;
use crate::convert::{self, Converter, Format};
use crate::finding::{Sink, Syntax};
use crate::span::{LineColumn, Span};
use crate::spec::model::Label;
use crate::spec::{Home, Specs};
use crate::tables::CodeTables;
use crate::xml::{Schema, Wants};
use crate::{Error, Result};
use codes::OnDay;
use exec::Work;
use gather::{Gather, Reading};
use load::{InPlace, Loaded};
use outbox::{End, Outbox, Shared};
use params::Params;
use program::Program;
use run::Run;
use side::{Of, Side};

/// A map as it is written, with all that it includes.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) map: ast::Map,
}

impl Text {
    /// The ISO 9735 syntax version of either side: what its UNB says of it, by a text or a parameter;
    /// `given` is what the caller gives for one.
    fn versions<'t>(&'t self, given: impl Fn(&str) -> Option<&'t str>) -> [u8; 2] {
        let version = |at: usize| {
            let mut rows = self.map.items.iter().filter_map(|item| match item {
                ast::Item::Row(row) => Some(&**row),
                _ => None,
            });
            let says = |row: &&ast::Row| matches!(&row.sides[at], ast::Operand::Path(path) if path.to_string() == VERSION);
            let value = match &rows.find(says)?.sides[1 - at] {
                ast::Operand::Text(text) => Some(&**text),
                ast::Operand::Param(name, _) => {
                    let mut params = self.map.params.iter();
                    let param = params.find(|param| param.name == *name)?;
                    given(name).or(param.default.as_deref())
                }
                _ => None,
            };
            value?
                .parse()
                .ok()
                .filter(|version| (1..=4).contains(version))
        };
        [0, 1].map(|at| version(at).unwrap_or(side::SYNTAX))
    }
}

/// Where the header of an interchange says its version of the syntax.
const VERSION: &str = "S_UNB/C_S001/D_0002";

/// Something of a map that is not wrong, but may not be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// Where.
    pub at: ast::At,
    /// What, in English.
    pub en: Box<str>,
    /// The same in Chinese.
    pub zh: Box<str>,
}

impl Lint {
    fn new(at: &ast::At, en: impl Into<Box<str>>, zh: impl Into<Box<str>>) -> Self {
        Self {
            at: at.clone(),
            en: en.into(),
            zh: zh.into(),
        }
    }
}

/// A map, checked against the specs of both sides and made ready in both directions.
#[derive(Debug)]
pub struct Map {
    specs: Specs,
    text: Text,
    sides: [Side; 2],
    /// Whether a side is JSON rather than XML.
    json: [bool; 2],
    forth: Option<Program>,
    back: Option<Program>,
    codes: CodeTables,
    lints: Vec<Lint>,
    params: Vec<Box<str>>,
    /// In which directions rows ask for each parameter.
    asked: Vec<[bool; 2]>,
    /// ISO 9735 syntax versions of the sides that are UN/EDIFACT.
    versions: [u8; 2],
    /// The same map for others, which parameters chose.
    others: Mutex<HashMap<[u8; 2], Arc<Map>>>,
}

impl Specs {
    /// The map of that name, with what layers change. It is made ready once for these specs.
    ///
    /// # Errors
    /// When there is no such map (with what is near), or it is broken: file, line, column and what was
    /// expected.
    pub fn map(&self, name: &str) -> Result<Arc<Map>> {
        let ready: Arc<Ready> = self.compiled();
        let held = ready.lock().get(name).cloned();
        if let Some(map) = held {
            return Ok(map);
        }
        let loaded = Loaded::of(self)?;
        let map = Arc::new(Map::new(self, loaded.text(name)?)?);
        ready.lock().insert(name.into(), map.clone());
        Ok(map)
    }

    /// All maps, by their names.
    ///
    /// # Errors
    /// When a file of maps is broken.
    pub fn maps(&self) -> Result<Vec<Listed>> {
        let loaded = Loaded::of(self)?;
        let side = |map: &ast::Map, at: usize| -> Box<str> {
            map.sides[at]
                .as_ref()
                .map_or("".into(), |side| side.name.clone())
        };
        let mut all: Vec<_> = loaded
            .maps
            .iter()
            .map(|map| {
                let sides = [side(map, 0), side(map, 1)];
                Listed {
                    name: map.name.clone(),
                    label: map.label.clone(),
                    sides,
                }
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// The maps of a text, as a file of the folder `maps` of the base or a layer has them: read in the
    /// place of the file or the maps of that name, not kept. Of a text of fragments only, the maps that
    /// include them.
    ///
    /// # Errors
    /// When it is broken.
    pub fn maps_of(&self, file: &str, text: &str) -> Result<Vec<Map>> {
        let loaded = Loaded::with(self, Some(InPlace { file, text }))?;
        let (mut names, mut fragments) = (Vec::new(), Vec::new());
        for entry in text::parse(file, text)? {
            match entry {
                ast::Entry::Map(_, map) => names.push(map.name),
                ast::Entry::Fragment(_, fragment) => fragments.push(fragment.name),
            }
        }
        if names.is_empty() {
            names = loaded.that_include(&fragments);
        }
        names
            .iter()
            .map(|name| Map::new(self, loaded.text(name)?))
            .collect()
    }
}

/// A map in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: Box<str>,
    /// Names for people.
    pub label: Label,
    /// The messages of its sides, left and right, as the map names them.
    pub sides: [Box<str>; 2],
}

/// Maps that were made ready.
#[derive(Debug, Default)]
struct Ready(Mutex<HashMap<Box<str>, Arc<Map>>>);

impl Ready {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, Arc<Map>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Map {
    fn new(specs: &Specs, text: Text) -> Result<Self> {
        let versions = text.versions(|_| None);
        Self::written_as(specs, text, versions)
    }

    /// The map, its sides with the service segments of these syntax versions.
    fn written_as(specs: &Specs, text: Text, versions: [u8; 2]) -> Result<Self> {
        let mut json = [false; 2];
        let mut side = |at: usize| -> Result<Side> {
            let Some(named) = &text.map.sides[at] else {
                return Err(Error::unknown(format!(
                    "map {} has no sides",
                    text.map.name
                )));
            };
            let name = match named.name.strip_prefix("json ") {
                Some(name) => {
                    json[at] = true;
                    name
                }
                None => &named.name,
            };
            Side::find(specs, name, versions[at]).map_err(|error| match error.is_spec() {
                true => error,
                false => {
                    let at = &named.at;
                    Error::spec(&*at.file, at.line, at.column, error.to_string())
                }
            })
        };
        let sides = [side(0)?, side(1)?];
        let codes = CodeTables::new(specs);
        let mut lints = Vec::new();
        let mut made = |direction| -> Result<Option<Program>> {
            let writes = text.map.items.iter().any(|item| runs(item, direction));
            if !writes {
                return Ok(None);
            }
            compile::compile(&text, &sides, direction, &codes, &mut lints).map(Some)
        };
        let (forth, back) = (made(Direction::Forth)?, made(Direction::Back)?);
        if forth.is_none() && back.is_none() {
            let at = &text.map.at;
            return Err(Error::spec(
                &*at.file,
                at.line,
                at.column,
                "a map without rows",
            ));
        }
        let asked = params::asked(&text.map, &mut lints)?;
        let params = text.map.params.iter().map(|param| param.name.clone());
        Ok(Self {
            specs: specs.clone(),
            params: params.collect(),
            asked,
            text,
            sides,
            json,
            forth,
            back,
            codes,
            lints,
            versions,
            others: Mutex::default(),
        })
    }

    /// The map for the syntax versions that the values of parameters choose.
    fn with_params(self: &Arc<Self>, params: &Params) -> Result<Arc<Self>> {
        let given = |name: &str| {
            let at = self.params.iter().position(|param| **param == *name)?;
            params.values.get(at).map(|value| &**value)
        };
        let versions = self.text.versions(given);
        if versions == self.versions {
            return Ok(self.clone());
        }
        let lock = || self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(map) = lock().get(&versions) {
            return Ok(map.clone());
        }
        let map = Self::written_as(&self.specs, self.text.clone(), versions)?;
        let map = Arc::new(map);
        lock().insert(versions, map.clone());
        Ok(map)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.text.map.name
    }

    /// Names for people.
    #[must_use]
    pub fn label(&self) -> &Label {
        &self.text.map.label
    }

    /// The messages of its sides, left and right, as `CUSCAR@D95B`.
    #[must_use]
    pub fn sides(&self) -> [&str; 2] {
        [&self.sides[0].name, &self.sides[1].name]
    }

    /// The values that callers give.
    pub fn params(&self) -> impl Iterator<Item = Parameter<'_>> {
        let params = self.text.map.params.iter().zip(&self.asked);
        params.map(|(param, asked)| Parameter::new(param, *asked))
    }

    /// Whether it has rows for a direction.
    #[must_use]
    pub fn runs(&self, direction: Direction) -> bool {
        self.program(direction).is_some()
    }

    /// The format that a direction writes.
    #[must_use]
    pub fn format(&self, direction: Direction) -> Format {
        let at = match direction {
            Direction::Forth => 1,
            Direction::Back => 0,
        };
        match &self.sides[at].of {
            Of::Edifact { .. } => Format::Edifact,
            Of::Flat(_) => Format::Flat,
            Of::Xml(_) if self.json[at] => Format::Json,
            Of::Xml(_) => Format::Xml,
        }
    }

    /// Who makes the signature that a direction leaves out: what it writes is a draft, to be checked as
    /// one ([`crate::xml::Options::unsigned`]). `None` where it leaves none out.
    #[must_use]
    pub fn unsigned(&self, direction: Direction) -> Option<&Label> {
        let at = usize::from(direction == Direction::Forth);
        self.text.map.unsigned[at].as_ref()
    }

    /// What is not wrong, but may not be meant.
    #[must_use]
    pub fn lints(&self) -> Vec<Lint> {
        let mut lints = self.lints.clone();
        for lint in lint::lints(self) {
            if !lints.contains(&lint) {
                lints.push(lint);
            }
        }
        lints
    }

    fn program(&self, direction: Direction) -> Option<&Program> {
        match direction {
            Direction::Forth => self.forth.as_ref(),
            Direction::Back => self.back.as_ref(),
        }
    }
}

/// Whether a row is run in a direction and writes something.
fn runs(item: &ast::Item, direction: Direction) -> bool {
    match item {
        ast::Item::Row(row) => {
            let at = match direction {
                Direction::Forth => 1,
                Direction::Back => 0,
            };
            row.arrow.runs(direction)
                && matches!(
                    row.sides[at],
                    ast::Operand::Path(_) | ast::Operand::Paths(_)
                )
        }
        ast::Item::Each(each) => {
            each.arrow.runs(direction)
                && (each.items.iter().any(|item| runs(item, direction)) || !each.by.is_empty())
        }
        _ => false,
    }
}

/// Settings of a translation.
#[derive(Clone, Debug)]
pub struct Options {
    /// Values for parameters of the map, by name; of several of one name the last holds.
    pub params: Vec<(Box<str>, Box<str>)>,
    /// The time of the run, as CCYYMMDDhhmmss; `None`: that of the clock.
    pub now: Option<Box<str>>,
    /// The character set that is written, whatever the map says.
    pub charset: Option<Charset>,
    /// The character set that is read, whatever the input says.
    pub source_charset: Option<Charset>,
    /// The definition by which every message of UN/EDIFACT is read, whatever its header says.
    pub message: Option<(Box<str>, Home)>,
    /// At most so many findings of one code are sent; the rest are counted. Default 1,000.
    pub most_findings: u64,
    /// How many times its own bytes a message may take in memory: what is kept of it, and what is made of
    /// it before it is written. Default 4.
    pub memory: usize,
    /// Bytes that it may take however short it is. Default 256 MiB.
    pub least_memory: usize,
    /// Whether UN/EDIFACT is written with a line feed behind every segment. Default no.
    pub line_breaks: bool,
    /// What is written instead of the format of the target.
    pub format: Option<Format>,
    /// The schema that documents in XML will be checked against, as `Checker::schema_of` gives it: they are
    /// held against it while they are written, and [`Outputs::fits`] is told of those that need not be read
    /// to be checked.
    pub schema: Option<Arc<Schema>>,
    /// Whether every path of the source that a map leaves out on purpose is told by itself. Default
    /// no: what is left out for one reason is one finding.
    pub each_left_out: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            params: Vec::new(),
            now: None,
            charset: None,
            source_charset: None,
            message: None,
            most_findings: 1000,
            memory: 4,
            least_memory: 256 << 20,
            line_breaks: false,
            format: None,
            schema: None,
            each_left_out: false,
        }
    }
}

impl Options {
    /// With a value for a parameter of the map.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: &str) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }
}

/// What was translated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Messages.
    pub messages: u64,
    /// Bytes of input.
    pub bytes: u64,
    /// Findings of severity error, of reading and of translating.
    pub errors: u64,
    /// Findings of severity warning.
    pub warnings: u64,
    /// Findings of severity hint.
    pub hints: u64,
}

/// Where a value of the target came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Which message of the input, from 1.
    pub message: u64,
    /// The place in the target: `Declaration/Consignment[2]/Consignee/Name`.
    pub target: Box<str>,
    /// The place in the source; `None` where the value is none of its.
    pub source: Option<Box<str>>,
    /// Bytes of the source.
    pub span: Span,
    /// Line and column of the first.
    pub at: LineColumn,
    /// The line of the map's row.
    pub line: u32,
}

/// Gives the outputs of a run, one after the other: one for each message, for UN/EDIFACT one for each
/// interchange.
pub trait Outputs<'o> {
    /// The output of that number, from 1.
    ///
    /// # Errors
    /// When there can be no such output.
    fn next(&mut self, number: u64) -> Result<Box<dyn Write + 'o>>;

    /// The document of that number is written as the [schema](Options::schema) wants it: to check it
    /// against that finds nothing. Of one about which something would be found, and of some others,
    /// nothing is told.
    fn fits(&mut self, number: u64) {
        let _ = number;
    }
}

impl<'o, F: FnMut(u64) -> Result<Box<dyn Write + 'o>>> Outputs<'o> for F {
    fn next(&mut self, number: u64) -> Result<Box<dyn Write + 'o>> {
        self(number)
    }
}

/// Settings as a run needs them.
struct Settings {
    now: Box<str>,
    charset: Option<Charset>,
    memory: usize,
    least_memory: usize,
    each_left_out: bool,
    /// What the schema wants of documents.
    wants: Option<Wants>,
}

impl Settings {
    /// Bytes that a message may take of which so many were read.
    fn limit(&self, read: u64) -> usize {
        let read = usize::try_from(read).unwrap_or(usize::MAX);
        self.memory.saturating_mul(read).max(self.least_memory)
    }
}

/// Translates inputs by a map, in one direction.
#[derive(Debug)]
pub struct Translator {
    map: Arc<Map>,
    direction: Direction,
    options: Options,
    params: Params,
    converter: Converter,
}

impl Translator {
    /// A translator.
    ///
    /// # Errors
    /// When the map has no rows for the direction, a parameter is missing, or one is not known.
    pub fn new(map: &Arc<Map>, direction: Direction, options: Options) -> Result<Self> {
        if !map.runs(direction) {
            let way = match direction {
                Direction::Forth => "from left to right",
                Direction::Back => "from right to left (--reverse)",
            };
            return Err(Error::misuse(format!(
                "map {} has no rows {way}",
                map.name()
            )));
        }
        let params = Params::new(map, direction, &options.params)?;
        let map = map.with_params(&params)?;
        let source = &map.sides[usize::from(direction == Direction::Back)];
        let converting = convert::Options {
            charset: options.source_charset,
            most_findings: options.most_findings,
            line_breaks: options.line_breaks,
            layout: match &source.of {
                Of::Flat(layout) => Some(layout.message.clone()),
                _ => None,
            },
            expected: Some(source.name.clone()),
            message: options.message.clone(),
            ..convert::Options::default()
        };
        Ok(Self {
            direction,
            converter: Converter::new(&map.specs, converting),
            map,
            options,
            params,
        })
    }

    /// The map.
    #[must_use]
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// The direction.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// What it writes.
    #[must_use]
    pub fn format(&self) -> Format {
        let usual = self.map.format(self.direction);
        self.options.format.unwrap_or(usual)
    }

    /// Translates bytes at hand to one output, as [`read`](Self::read) does a stream.
    ///
    /// # Errors
    /// As [`read`](Self::read), and when the input holds several messages and each is an output of its
    /// own.
    pub fn slice(
        &self,
        input: &[u8],
        from: Syntax,
        out: &mut dyn Write,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        let mut out = Some(out);
        let mut outputs = |_: u64| match out.take() {
            Some(out) => Ok(Box::new(out) as Box<dyn Write>),
            None => Err(Error::misuse(
                "the input holds several messages, and each is a document of its own",
            )),
        };
        self.read(input, from, &mut outputs, sink)
    }

    /// Translates a stream of syntax `from`. What the input holds wrong, what could not be carried or
    /// not as it was, goes to `sink`; all else is written to the outputs as it comes.
    ///
    /// # Errors
    /// When reading or writing fails, or a spec is broken. Content never is an error.
    pub fn read<'o>(
        &self,
        input: impl Read,
        from: Syntax,
        outputs: &mut dyn Outputs<'o>,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        self.run(input, from, outputs, sink, None)
    }

    /// As [`read`](Self::read), and tells for every value that is written where it came from.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn traced<'o>(
        &self,
        input: impl Read,
        from: Syntax,
        outputs: &mut dyn Outputs<'o>,
        sink: &mut dyn Sink,
        trace: &mut dyn FnMut(Trace),
    ) -> Result<Totals> {
        self.run(input, from, outputs, sink, Some(trace))
    }

    fn run<'o>(
        &self,
        input: impl Read,
        from: Syntax,
        outputs: &mut dyn Outputs<'o>,
        sink: &mut dyn Sink,
        trace: Option<&mut dyn FnMut(Trace)>,
    ) -> Result<Totals> {
        let Some(program) = self.map.program(self.direction) else {
            return Err(Error::misuse("the map has no rows for that direction"));
        };
        let settings = Settings {
            now: self.options.now.clone().unwrap_or_else(now),
            charset: self.options.charset,
            memory: self.options.memory,
            least_memory: self.options.least_memory,
            each_left_out: self.options.each_left_out,
            wants: {
                let schema = self.options.schema.as_ref();
                schema.and_then(|schema| program.target.wants(schema))
            },
        };
        let shared = Shared(RefCell::new(sink));
        let (mut of_reading, mut of_map) = (End(&shared), End(&shared));
        let most = self.options.most_findings;
        let outbox = Outbox::new(&mut of_map, most, from, self.map.name());
        let work = Work::new(
            program,
            OnDay::new(&self.map.codes, &settings.now),
            &self.map.params,
            outbox,
        );
        let format = self.format();
        let writing = convert::Options {
            charset: self.options.charset,
            line_breaks: self.options.line_breaks,
            ..convert::Options::default()
        };
        let writer = Converter::new(&self.map.specs, writing);
        let mut run = Run::new(
            work,
            program,
            &settings,
            &self.params,
            outputs,
            &writer,
            format,
            match trace {
                Some(trace) => Some(trace),
                None => None,
            },
        );
        let mut reading = Reading {
            run: &mut run,
            gather: Gather::default(),
            program,
        };
        let read = self
            .converter
            .feed(input, from, &mut reading, &mut of_reading)?;
        let gather = reading.gather;
        run.report(&gather);
        run.work.outbox.finish(read.bytes);
        let (errors, warnings, hints) = run.work.outbox.counts();
        Ok(Totals {
            messages: run.messages,
            bytes: read.bytes,
            errors: read.errors + errors,
            warnings: read.warnings + warnings,
            hints: read.hints + hints,
        })
    }
}

/// The time of the clock, as CCYYMMDDhhmmss in UTC.
fn now() -> Box<str> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    let time = chrono::DateTime::from_timestamp(seconds as i64, 0).unwrap_or_default();
    time.format("%Y%m%d%H%M%S").to_string().into()
}
