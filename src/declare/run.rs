//! From an entry to its messages: what is due, written, checked, and told of the entry's fields.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;

use super::due::Due;
use super::entry::Entry;
use super::origin::Origins;
use super::system::{Message, System};
use crate::check::{self, Checker};
use crate::convert::Format;
use crate::finding::{Arg, Code, Finding, Related, Severity, Sink, Syntax};
use crate::map::{self, Direction, Map, Trace, Translator};
use crate::rule::{self, Rules};
use crate::span::Span;
use crate::spec::{Specs, near};
use crate::{Error, Result};

/// Settings of a declaration.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Values of the service's parameters.
    pub params: Vec<(Box<str>, Box<str>)>,
    /// Whether no message is written that has an error, and none at all where the entry has one.
    pub strict: bool,
    /// What rules are loaded with. With [`rule::Options::together`] the messages are held against each
    /// other and against documents that [`Declarer::take_in`] was given.
    pub rules: rule::Options,
}

/// What came of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Messages that were written.
    pub messages: u64,
    /// Findings of severity error.
    pub errors: u64,
    /// Findings of severity warning.
    pub warnings: u64,
    /// Findings of severity hint.
    pub hints: u64,
    /// Rules across documents that could not be judged: no document of their other side was given.
    pub not_evaluated: u64,
}

/// What became of a message of the service.
#[derive(Debug)]
pub struct Sent<'s> {
    /// The message.
    pub message: &'s Message,
    /// The name of its file: `crew-list.edi`.
    pub file: String,
    /// The message as it is written; `None`: it is not due, or was not to be written.
    pub bytes: Option<&'s [u8]>,
}

/// Makes the messages of a service from entries.
#[derive(Debug)]
pub struct Declarer {
    specs: Specs,
    system: System,
    options: Options,
    messages: Vec<Ready>,
    rules: Rules,
    entry: Checker,
    checker: Checker,
    /// Checks what is to be signed still.
    drafts: Checker,
}

/// A message made ready.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) map: Arc<Map>,
    due: Due,
    pub(super) origins: Origins,
}

impl Declarer {
    /// A declarer of a service.
    ///
    /// # Errors
    /// When a parameter is missing or not known, or the service, one of its maps or conditions, the
    /// specs or rules they need are broken: with file, line and column.
    pub fn new(specs: &Specs, system: System, options: Options) -> Result<Self> {
        let entry = specs.xml_message(&system.entry.text)?;
        let Some(entry) = entry.first() else {
            let message = format!("no entry document is called {}", system.entry.text);
            return Err(system.entry.fault(message));
        };
        for (name, _) in &options.params {
            let known = system.params.iter().map(|param| &*param.name);
            if !known.clone().any(|known| *known == **name) {
                let near = near(name, known, 3);
                let hint = match near.is_empty() {
                    true => String::new(),
                    false => format!("; did you mean {}?", near.join(", ")),
                };
                let message = format!("the service {} has no parameter {name}{hint}", system.name);
                return Err(Error::misuse(message));
            }
        }
        let missing: Vec<String> = system
            .params
            .iter()
            .filter(|param| param.default.is_none())
            .filter(|param| options.params.iter().all(|(name, _)| *name != param.name))
            .map(|param| format!("--param {}=…", param.name))
            .collect();
        if !missing.is_empty() {
            let message = format!("the service {} needs {}", system.name, missing.join(" "));
            return Err(Error::misuse(message));
        }
        let rules = Rules::load(specs, options.rules.clone())?;
        let mut messages = Vec::new();
        for message in &system.messages {
            let map = specs
                .map(&message.map.text)
                .map_err(|error| match error.is_spec() {
                    true => error,
                    false => message.map.fault(error.to_string()),
                })?;
            if map.sides()[0] != entry.id() {
                let [left, _] = map.sides();
                let text = format!("map {} is from {left}, not from {}", map.name(), entry.id());
                return Err(message.map.fault(text));
            }
            let due = Due::new(entry, message)?;
            let origins = Origins::new(&map);
            messages.push(Ready { map, due, origins });
        }
        let watch = Arc::new(rules.clone());
        let checking = |message| check::Options {
            message,
            ..check::Options::default()
        };
        let mut draft = checking(None);
        draft.xml.unsigned = true;
        let as_entry = Some(entry.id().parse()?);
        Ok(Self {
            specs: specs.clone(),
            entry: Checker::new(specs, checking(as_entry))?.with_watch(watch.clone()),
            checker: Checker::new(specs, checking(None))?.with_watch(watch.clone()),
            drafts: Checker::new(specs, draft)?.with_watch(watch),
            system,
            options,
            messages,
            rules,
        })
    }

    /// The service.
    #[must_use]
    pub fn system(&self) -> &System {
        &self.system
    }

    /// The rules that entries and messages are held to.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Takes in a document of others, as a tally or a declaration, that the messages of the next entry
    /// are held against by the rules across documents. What is wrong with it by itself is not told.
    ///
    /// # Errors
    /// When it cannot be read, a spec or rule is broken, or rules across documents are not asked for.
    pub fn take_in(&self, name: &str, input: impl Read) -> Result<()> {
        if !self.options.rules.together {
            return Err(Error::misuse(
                "documents are held against each other where rules are loaded together",
            ));
        }
        let clash = |message: &Message| {
            let rest = name.strip_prefix(&*message.name.text);
            rest.is_some_and(|rest| rest.starts_with(['.', '-']))
        };
        // Files of messages have names without a folder.
        let named = match self.system.messages.iter().any(clash) {
            true => format!("./{name}"),
            false => name.to_owned(),
        };
        let mut silent = |_: Finding| {};
        self.checker.named(&named).read(input, &mut silent)?;
        Ok(())
    }

    /// Makes the messages of an entry and tells `sent` what becomes of each, in their order. What is
    /// wrong goes to `sink`, located in the entry: a finding about a message names the field that the
    /// value came from, and where in the message it is.
    ///
    /// # Errors
    /// When the entry is no JSON at all, `sent` fails, or a spec is broken; never for what the entry
    /// holds.
    pub fn declare(
        &self,
        entry: &[u8],
        sent: &mut dyn FnMut(&Sent<'_>) -> Result<()>,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        let mut run = Run {
            of: self,
            sink,
            totals: Totals::default(),
            faulty: BTreeSet::new(),
            told: BTreeSet::new(),
            misshapen: false,
            unused: None,
            found: Vec::new(),
            written: Vec::new(),
        };
        run.all(entry, sent)?;
        run.tell_found();
        Ok(run.totals)
    }

    /// The parameters of a map for a message, of those that it knows.
    fn params(&self, map: &Map, message: &Message) -> map::Options {
        let mut options = map::Options {
            each_left_out: true,
            ..map::Options::default()
        };
        let known = |name: &str| map.params().any(|of| of.name == name);
        let defaults = self
            .system
            .params
            .iter()
            .filter_map(|param| Some((&param.name, param.default.as_ref()?)));
        let given = self
            .options
            .params
            .iter()
            .map(|(name, value)| (name, value));
        let own = message.params.iter().map(|(name, value)| (name, value));
        for (name, value) in defaults.chain(own).chain(given) {
            if known(name) {
                options = options.with_param(name, value);
            }
        }
        options
    }
}

/// Findings that are looked at for one that says the same of the same field.
const NEAR: usize = 4096;

/// The extension of files of a format.
const fn extension(format: Format) -> &'static str {
    match format {
        Format::Edifact => "edi",
        Format::Xml => "xml",
        Format::Json | Format::JsonLines => "json",
        Format::Flat => "txt",
    }
}

pub(super) struct Run<'r> {
    pub(super) of: &'r Declarer,
    sink: &'r mut dyn Sink,
    pub(super) totals: Totals,
    /// Fields that the entry's own check found wrong, by their offsets.
    faulty: BTreeSet<u64>,
    /// What it told of fields.
    told: BTreeSet<(u64, Code)>,
    /// The entry is not of the form of its document: what is left out may follow from that.
    misshapen: bool,
    /// Paths that no message so far carries; `None` before the first.
    unused: Option<BTreeSet<Box<str>>>,
    /// What was found in messages: the same of one field once, with the places of the others.
    found: Vec<Finding>,
    /// The messages, written or not due.
    pub(super) written: Vec<Written<'r>>,
}

/// A message of the service as it was made.
pub(super) struct Written<'r> {
    pub(super) ready: &'r Ready,
    message: &'r Message,
    pub(super) file: String,
    /// `None`: it is not due.
    bytes: Option<Vec<u8>>,
    pub(super) traces: Vec<Trace>,
    /// Something is wrong with it.
    pub(super) refused: bool,
}

impl Written<'_> {
    /// The name of the message.
    pub(super) fn target(&self) -> &str {
        self.ready.map.sides()[1]
    }
}

impl<'r> Run<'r> {
    fn tell(&mut self, finding: Finding) {
        match finding.severity {
            Severity::Error => self.totals.errors += 1,
            Severity::Warning => self.totals.warnings += 1,
            Severity::Hint => self.totals.hints += 1,
        }
        self.sink.finding(finding);
    }

    /// Takes a finding about a message.
    pub(super) fn take(&mut self, finding: Finding) {
        let same = |held: &&mut Finding| {
            held.code == finding.code
                && held.rule == finding.rule
                && held.span == finding.span
                && held.value == finding.value
                && held.span.len > 0
        };
        match self.found.iter_mut().rev().take(NEAR).find(same) {
            Some(held) => held.related.extend(finding.related),
            None => self.found.push(finding),
        }
    }

    /// Sends what was found in messages, in the order of the entry.
    fn tell_found(&mut self) {
        let mut found = std::mem::take(&mut self.found);
        found.sort_by_key(|finding| finding.span.start);
        found.into_iter().for_each(|finding| self.tell(finding));
    }

    fn all(&mut self, json: &[u8], sent: &mut dyn FnMut(&Sent<'_>) -> Result<()>) -> Result<()> {
        let of = self.of;
        let mut found: Vec<Finding> = Vec::new();
        let entry = Entry::read(json, &of.specs, &mut found)?;
        let readable = found
            .iter()
            .all(|finding| finding.severity < Severity::Error);
        found.into_iter().for_each(|finding| self.tell(finding));
        let wanted = of.specs.xml_message(&of.system.entry.text)?;
        let wanted = wanted.first().map_or("", |message| &*message.root.tag);
        if *entry.root != *wanted {
            if readable {
                let mut finding = Finding::new(Code::ENTRY_OTHER, entry.at("").0);
                finding.value = Some(crate::finding::Value::Text(entry.root.clone()));
                entry.put(&mut finding);
                let finding = finding
                    .with("system", &of.system.name)
                    .with("expected", wanted);
                self.tell(finding);
            }
            return self.nothing(sent);
        }
        let Some(content) = entry.content().filter(|_| readable) else {
            return self.nothing(sent);
        };
        self.check_entry(&entry)?;
        if of.options.strict && self.totals.errors > 0 {
            return self.nothing(sent);
        }
        for (ready, message) in of.messages.iter().zip(&of.system.messages) {
            let names = ready.due.of(&content);
            let extension = extension(ready.map.format(Direction::Forth));
            let file = |number: usize| match &message.each {
                Some(_) => format!("{}-{number}.{extension}", message.name.text),
                None => format!("{}.{extension}", message.name.text),
            };
            for (at, value) in names.iter().enumerate() {
                let value = value.as_deref();
                let written = self.message(&entry, ready, message, value, file(at + 1))?;
                self.written.push(written);
            }
            if names.is_empty() {
                self.written.push(Written {
                    ready,
                    message,
                    file: file(1),
                    bytes: None,
                    traces: Vec::new(),
                    refused: false,
                });
            }
        }
        self.across(&entry)?;
        for written in std::mem::take(&mut self.written) {
            let bytes = written.bytes.as_deref();
            let bytes = bytes.filter(|_| !(of.options.strict && written.refused));
            self.totals.messages += u64::from(bytes.is_some());
            sent(&Sent {
                message: written.message,
                file: written.file,
                bytes,
            })?;
        }
        if !self.misshapen {
            self.tell_unused(&entry);
        }
        Ok(())
    }

    /// No message is made; documents that it was to be held against are forgotten.
    fn nothing(&mut self, sent: &mut dyn FnMut(&Sent<'_>) -> Result<()>) -> Result<()> {
        self.of.rules.finish(&mut |_, _| {})?;
        for (ready, message) in self.of.messages.iter().zip(&self.of.system.messages) {
            let extension = extension(ready.map.format(Direction::Forth));
            let number = if message.each.is_some() { "-1" } else { "" };
            sent(&Sent {
                message,
                file: format!("{}{number}.{extension}", message.name.text),
                bytes: None,
            })?;
        }
        Ok(())
    }

    /// Checks the entry by its spec and its rules.
    fn check_entry(&mut self, entry: &Entry<'_>) -> Result<()> {
        let mut found: Vec<Finding> = Vec::new();
        self.of.entry.slice(&entry.xml, &mut found)?;
        for mut finding in found {
            entry.put(&mut finding);
            if finding.severity == Severity::Error {
                self.faulty.insert(finding.span.start);
                self.misshapen |= finding.rule.is_none();
            }
            self.told.insert((finding.span.start, finding.code));
            self.tell(finding);
        }
        Ok(())
    }

    /// Writes one message and checks it.
    fn message(
        &mut self,
        entry: &Entry<'_>,
        ready: &'r Ready,
        message: &'r Message,
        each: Option<&str>,
        file: String,
    ) -> Result<Written<'r>> {
        let mut options = self.of.params(&ready.map, message);
        if let (Some(each), Some(value)) = (&message.each, each) {
            options = options.with_param(&each.param, value);
        }
        let translator = Translator::new(&ready.map, Direction::Forth, options);
        let translator = translator.map_err(|error| message.map.fault(error.to_string()))?;
        let (mut bytes, mut found) = (Vec::new(), Vec::<Finding>::new());
        let mut traces = Vec::new();
        {
            let mut out = Some(&mut bytes);
            let mut outputs = |_: u64| match out.take() {
                Some(out) => Ok(Box::new(out) as Box<dyn std::io::Write + '_>),
                None => Err(Error::misuse("an entry is one document")),
            };
            let mut trace = |trace| traces.push(trace);
            translator.traced(
                entry.json,
                Syntax::Json,
                &mut outputs,
                &mut found,
                &mut trace,
            )?;
        }
        let mut refused = false;
        let mut left = BTreeSet::new();
        let mut told = self.faulty.clone();
        let [_, target] = ready.map.sides();
        for mut finding in found {
            // What is wrong with the JSON was told when the entry was read.
            if finding.args.iter().all(|(name, _)| *name != "map") {
                continue;
            }
            if finding.code == Code::MAP_NOT_CARRIED || finding.code == Code::MAP_LEFT_OUT {
                // Of a path that stands several times another may be carried.
                let path = finding.place.path.take().unwrap_or_default();
                if count(&finding) >= entry.count(&path) {
                    left.insert(path);
                }
                continue;
            }
            let path = finding.place.path.take().unwrap_or_default();
            entry.tell_of(&mut finding, &path, target);
            // The row stands for itself: the finding is about the field.
            finding.rule = None;
            finding.related.push(written(&file, &finding));
            if finding.severity == Severity::Error {
                refused = true;
                if self.faulty.contains(&finding.span.start) {
                    continue;
                }
                told.insert(finding.span.start);
            }
            self.take(finding);
        }
        self.unused = Some(match self.unused.take() {
            Some(unused) => unused.intersection(&left).cloned().collect(),
            None => left,
        });
        let mut found: Vec<Finding> = Vec::new();
        let checker = match ready.map.unsigned(Direction::Forth) {
            Some(_) => &self.of.drafts,
            None => &self.of.checker,
        };
        let checker = checker.named(&file);
        checker.slice(&bytes, &mut found)?;
        for mut finding in found {
            let path = finding.place.path.clone().unwrap_or_default();
            let missing = missing(&finding);
            let origin = ready
                .origins
                .of(&path, missing.as_deref(), finding.syntax, &traces);
            let related = there(&file, &finding);
            refused |= finding.severity == Severity::Error;
            entry.tell_of(&mut finding, &origin.path, target);
            let start = finding.span.start;
            let same = self.told.contains(&(start, finding.code));
            if origin.exact && (same || told.contains(&start)) {
                continue;
            }
            finding.related.push(related);
            self.take(finding);
        }
        Ok(Written {
            ready,
            message,
            file,
            bytes: Some(bytes),
            traces,
            refused,
        })
    }

    /// Says what of the entry is in no message.
    fn tell_unused(&mut self, entry: &Entry<'_>) {
        let due = self.of.messages.iter().map(|ready| &ready.due);
        let asked: BTreeSet<&str> = due.flat_map(Due::asks).collect();
        let mut unused = self.unused.take().unwrap_or_default();
        unused.retain(|path| !asked.contains(&**path));
        for path in unused {
            let mut finding = Finding::new(Code::ENTRY_UNUSED, Span::at(0));
            entry.tell_of(&mut finding, &entry.first(&path), &entry.root);
            self.take(finding.with("path", path));
        }
    }
}

/// The name of the one element that a finding misses.
fn missing(finding: &Finding) -> Option<Box<str>> {
    if finding.code != Code::XSD_MISSING {
        return None;
    }
    let expected = finding.args.iter().find(|(name, _)| *name == "expected");
    match expected {
        Some((_, Arg::Known(text))) if !text.contains(',') => Some(text.clone()),
        _ => None,
    }
}

/// How many values a finding counts.
fn count(finding: &Finding) -> usize {
    let counted = finding.args.iter().find(|(name, _)| *name == "count");
    match counted {
        Some((_, Arg::Known(text))) => text.parse().unwrap_or(usize::MAX),
        _ => usize::MAX,
    }
}

/// Where in a message a row writes what a finding is about.
fn written(file: &str, finding: &Finding) -> Related {
    let target = finding.args.iter().find(|(name, _)| *name == "target");
    Related {
        file: Some(file.into()),
        span: Span::at(0),
        path: match target {
            Some((_, Arg::Known(path))) => Some(path.clone()),
            _ => None,
        },
        code: Code::ENTRY_MESSAGE,
    }
}

/// Where in a message a finding is.
fn there(file: &str, finding: &Finding) -> Related {
    Related {
        file: Some(file.into()),
        span: finding.span,
        path: finding.place.path.clone(),
        code: Code::ENTRY_MESSAGE,
    }
}
