//! Checks: envelope, structure, representation, code lists. What they say is findings.
//!
//! ```
//! use baowen::check::{Checker, Options};
//! use baowen::spec::Specs;
//!
//! let input = b"UNB+UNOA:2+SENDER+RECEIVER+261123:1200+1'UNH+1+CUSCAR:D:95B:UN'UNT+2+1'UNZ+1+1'";
//! let checker = Checker::new(&Specs::base(), Options::default())?;
//! let mut findings = Vec::new();
//! let totals = checker.slice(input, &mut findings)?;
//! assert_eq!(totals.messages, 1);
//! assert_eq!(findings[0].code.as_str(), "missing-segment");
//! assert_eq!(findings[0].place.path.as_deref(), Some("S_BGM"));
//! # Ok::<(), baowen::Error>(())
//! ```

mod compiled;
mod date;
mod element;
mod flat;
mod glance;
mod hot;
mod interchange;
mod layout;
mod learned;
mod message;
mod out;
mod references;
mod repeated;
mod repertoire;
mod short_lists;
#[cfg_attr(not(feature = "parallel"), allow(dead_code, unused_imports))]
mod split;
mod transcoded;
mod value;
mod xml;
mod xml_message;

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use crate::charset::{Charset, Coding};
use crate::edifact::{self, Reader, transcode};
use crate::finding::{Sink, Syntax};
use crate::sequence;
use crate::spec::release::MessageName;
use crate::spec::{Home, Specs, near};
use crate::tree::gather::{Origin, Watch, WatchInput};
use crate::{Error, Result};
use compiled::Compiled;
use date::DateFormats;
pub use flat::FlatChecker;
use interchange::Run;
use learned::Learned;
use out::Out;
pub use out::Totals;

/// Bytes looked at to tell how an input is written.
const BEGINNING: u64 = crate::flat::SIGHT as u64;

/// Settings of a check.
#[derive(Clone, Debug)]
pub struct Options {
    /// Check every message as this one, whatever its header says.
    pub message: Option<MessageName>,
    /// The character set, whatever the interchange says.
    pub charset: Option<Charset>,
    /// At most so many findings of one code are sent for an input; the rest are counted. Default
    /// 1,000.
    pub most_findings: u64,
    /// Whether findings carry the text around them.
    pub excerpts: bool,
    /// Bounds of reading.
    pub reading: edifact::Options,
    /// Bounds of the search for the place of a segment.
    pub sequence: sequence::Limits,
    /// Threads for the messages of one input. Default 1.
    pub jobs: usize,
    /// Bounds of reading XML.
    pub xml: crate::xml::Options,
    /// Check every XML document against this schema.
    pub schema: Option<Arc<crate::xml::Schema>>,
    /// References that are kept to find duplicates, 32 bytes each. Default 2,000,000 (64 MB).
    pub references: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            message: None,
            charset: None,
            most_findings: 1000,
            excerpts: false,
            reading: edifact::Options::default(),
            sequence: sequence::Limits::default(),
            jobs: 1,
            xml: crate::xml::Options::default(),
            schema: None,
            references: 2_000_000,
        }
    }
}

/// Checks inputs against specs. Cheap to clone, and to use from several threads.
#[derive(Clone, Debug)]
pub struct Checker {
    specs: Specs,
    options: Options,
    compiled: Arc<Compiled>,
    dates: Arc<DateFormats>,
    forced: Option<(Box<str>, Home)>,
    flat: FlatChecker,
    /// Whether [`Options::message`] names the layout of a flat file and nothing else.
    as_flat: bool,
    /// The character set where none is known.
    usual: Charset,
    schemas: Arc<xml::Schemas>,
    watch: Option<Arc<dyn Watch>>,
    /// Watches the input at hand.
    watching: Option<Arc<dyn WatchInput>>,
    /// What the input at hand is called, and where it comes from.
    name: Box<str>,
    origin: Arc<Origin>,
    /// What was learned of inputs before, for those that follow.
    learned: Arc<Mutex<Vec<Learned>>>,
}

impl Checker {
    /// A checker for `specs`. Inputs may be of any syntax: each is looked at.
    ///
    /// [`Options::message`] names a message of UN/EDIFACT, the layout of a flat file, a message in XML
    /// (`CEB621@2022-05`), or several of these: it holds for the inputs of that syntax.
    ///
    /// # Errors
    /// When `options.message` names a message or release that the specs do not have.
    pub fn new(specs: &Specs, options: Options) -> Result<Self> {
        let (mut forced, mut of_flat) = (None, options.clone());
        let (mut of_xml, mut as_flat) = (None, false);
        if let Some(name) = &options.message {
            let is_flat = name.release.is_none() && specs.flat(&name.message)?.is_some();
            let text = name.to_string();
            of_xml = (!specs.xml_named(&text)?.is_empty()).then(|| text.into());
            match home(specs, name) {
                Ok(home) => forced = Some((name.message.clone(), home)),
                Err(error) if !is_flat && of_xml.is_none() => {
                    return Err(unknown(specs, name, &error));
                }
                Err(_) => as_flat = is_flat,
            }
            if !is_flat {
                of_flat.message = None;
            }
        }
        let flat = FlatChecker::new(specs, of_flat)?;
        let usual = options.charset.or_else(|| Charset::for_label("UNOC"));
        Ok(Self {
            specs: specs.clone(),
            compiled: specs.compiled(),
            dates: DateFormats::of(specs),
            schemas: Arc::new(xml::Schemas::new(specs, options.schema.clone(), of_xml)),
            forced,
            as_flat,
            flat,
            usual: usual.ok_or_else(|| Error::misuse("UNOC is a character set"))?,
            options,
            watch: None,
            watching: None,
            name: Box::default(),
            origin: Arc::default(),
            learned: Arc::default(),
        })
    }

    /// The checker with someone who is told of the values of messages, as rules are.
    #[must_use]
    pub fn with_watch(mut self, watch: Arc<dyn Watch>) -> Self {
        self.watch = Some(watch);
        // What the watcher wants was learned as well.
        self.learned = Arc::default();
        self
    }

    /// The checker for a stretch of an input, watched by someone of its own.
    #[cfg_attr(not(feature = "parallel"), allow(dead_code))]
    fn watched_by(&self, watching: Option<Arc<dyn WatchInput>>) -> Self {
        Self {
            watching,
            ..self.clone()
        }
    }

    /// What was learned of another input.
    fn learned(&self) -> Learned {
        let kept = self.learned.lock();
        let kept = kept.unwrap_or_else(PoisonError::into_inner).pop();
        let mut learned = kept.unwrap_or_default();
        learned.memory.forget_said();
        learned
    }

    /// Keeps what was learned for inputs that follow: of as many as are checked at a time.
    fn keep(&self, learned: Learned) {
        const MOST: usize = 64;
        let mut kept = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST {
            kept.push(learned);
        }
    }

    /// The checker with so many threads for the messages of one input ([`Options::jobs`]).
    #[must_use]
    pub fn with_jobs(mut self, jobs: usize) -> Self {
        self.options.jobs = jobs;
        self
    }

    /// The checker for a file of that name, which rules may ask for.
    #[must_use]
    pub fn named(&self, file: &str) -> Self {
        let origin = Origin {
            file: last_name(file).into(),
            ..Origin::default()
        };
        Self {
            name: file.into(),
            origin: Arc::new(origin),
            ..self.clone()
        }
    }

    /// The checker for a file that was taken out of an archive, which rules may ask for.
    ///
    /// `entry` is its name inside, with folders, `archive` that of the archive, which has `bytes` bytes
    /// and holds `entries` files and folders.
    #[must_use]
    pub fn unpacked(&self, entry: &str, archive: &str, bytes: u64, entries: usize) -> Self {
        let origin = Origin {
            file: last_name(entry).into(),
            archive: last_name(archive).into(),
            archive_bytes: bytes.to_string().into(),
            archive_entries: entries.to_string().into(),
            entry: entry.into(),
        };
        Self {
            name: format!("{archive}/{entry}").into(),
            origin: Arc::new(origin),
            ..self.clone()
        }
    }

    /// The checker for one input.
    fn for_input(&self) -> Self {
        let watch = self.watch.as_ref();
        let watching = watch.map(|watch| watch.input(&self.name, &self.origin));
        let mut checker = self.clone();
        checker.flat.watch(self.watch.clone(), watching.clone());
        checker.watching = watching;
        checker
    }

    /// Checks bytes at hand and sends what is found to `sink`, in the order of the input.
    ///
    /// # Errors
    /// When a spec is broken; never for what the input holds.
    pub fn slice(&self, input: &[u8], sink: &mut dyn Sink) -> Result<Totals> {
        match self.watch {
            Some(_) => self.for_input().slice_in(input, sink),
            None => self.slice_in(input, sink),
        }
    }

    fn slice_in(&self, input: &[u8], sink: &mut dyn Sink) -> Result<Totals> {
        match self.syntax(input)? {
            Syntax::Xml => return self.xml_slice(input, sink),
            Syntax::Flat => return self.flat.slice(input, sink),
            Syntax::Edifact | Syntax::Json => {}
        }
        if let Some(encoding) = self.transcoded(input) {
            return self.transcoded_slice(input, encoding, sink);
        }
        #[cfg(feature = "parallel")]
        if self.is_worth_splitting(input.len() as u64) {
            return self.split(&split::Source::Slice(input), sink);
        }
        self.run(Reader::with_options(input, self.options.reading), sink)
    }

    /// Checks a stream: memory stays flat whatever its length. UTF-16 and ISO 2022 are the
    /// exception: they are taken into memory, and transcoded before they are read.
    ///
    /// # Errors
    /// When the stream cannot be read, or a spec is broken.
    pub fn read(&self, read: impl Read, sink: &mut dyn Sink) -> Result<Totals> {
        match self.watch {
            Some(_) => self.for_input().read_in(read, sink),
            None => self.read_in(read, sink),
        }
    }

    fn read_in(&self, mut read: impl Read, sink: &mut dyn Sink) -> Result<Totals> {
        let mut start = Vec::new();
        let told = |error| Error::io("input", error);
        read.by_ref()
            .take(BEGINNING)
            .read_to_end(&mut start)
            .map_err(told)?;
        match self.syntax(&start)? {
            Syntax::Xml => return self.xml_stream(start, read, sink),
            Syntax::Flat => return self.flat.read(start.chain(read), sink),
            Syntax::Edifact | Syntax::Json => {}
        }
        if self.transcoded(&start).is_some() {
            read.read_to_end(&mut start).map_err(told)?;
            return self.slice_in(&start, sink);
        }
        let read = start.chain(read);
        self.run(Reader::from_read(read, self.options.reading), sink)
    }

    /// Checks a file: as [`read`](Self::read), with several threads where
    /// [`jobs`](Options::jobs) says so.
    ///
    /// # Errors
    /// When the file cannot be read, or a spec is broken.
    pub fn file(&self, file: &std::fs::File, sink: &mut dyn Sink) -> Result<Totals> {
        match self.watch {
            Some(_) => self.for_input().file_in(file, sink),
            None => self.file_in(file, sink),
        }
    }

    fn file_in(&self, mut file: &std::fs::File, sink: &mut dyn Sink) -> Result<Totals> {
        use std::io::Seek;
        let regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
        if regular {
            let mut start = Vec::new();
            let told = |error| Error::io("input", error);
            file.take(BEGINNING).read_to_end(&mut start).map_err(told)?;
            file.rewind().map_err(told)?;
            if self.syntax(&start)? != Syntax::Edifact || self.transcoded(&start).is_some() {
                return self.read_in(file, sink);
            }
        }
        #[cfg(all(feature = "parallel", unix))]
        if file
            .metadata()
            .is_ok_and(|metadata| metadata.is_file() && self.is_worth_splitting(metadata.len()))
        {
            let source = split::Source::File(file, split::Recent::default());
            return self.split(&source, sink);
        }
        self.read_in(file, sink)
    }

    /// How an input that begins with `start` is written; UN/EDIFACT where nothing says more.
    ///
    /// # Errors
    /// When a spec is broken.
    pub fn syntax(&self, start: &[u8]) -> Result<Syntax> {
        const SERVICE: [&[u8]; 6] = [b"UNA", b"UNB", b"UNG", b"UNH", b"UIB", b"UIH"];
        if crate::xml::looks_like_xml(start) {
            return Ok(Syntax::Xml);
        }
        let start = &start[..start.len().min(BEGINNING as usize)];
        let decoded = self
            .transcoded(start)
            .map(|coding| transcode::Transcoded::new(start, coding).text);
        let text = decoded.as_deref().unwrap_or(start);
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let first = text.trim_ascii_start();
        if SERVICE.iter().any(|tag| first.starts_with(tag)) {
            return Ok(Syntax::Edifact);
        }
        let is_flat = self.as_flat || crate::flat::detect(text, &self.specs)?.is_some();
        Ok(if is_flat {
            Syntax::Flat
        } else {
            Syntax::Edifact
        })
    }

    /// How an input that begins with `start` has to be transcoded.
    fn transcoded(&self, start: &[u8]) -> Option<Coding> {
        match self.options.charset {
            Some(charset) => charset.transcoded(),
            None => transcode::detect(start),
        }
    }

    /// Checks an input as UTF-8; findings are of its own bytes.
    fn transcoded_slice(
        &self,
        input: &[u8],
        coding: Coding,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        let options = Options {
            charset: Charset::for_label("utf-8"),
            ..self.options.clone()
        };
        let checker = Self {
            options,
            ..self.clone()
        };
        let most = self.options.most_findings;
        transcoded::run(input, coding, Syntax::Edifact, most, sink, |text, sink| {
            checker.run(Reader::with_options(text, self.options.reading), sink)
        })
    }

    #[cfg(feature = "parallel")]
    fn is_worth_splitting(&self, len: u64) -> bool {
        self.options.jobs > 1
            && len >= 2 * split::STRETCH
            && self.forced.is_none()
            && self
                .options
                .charset
                .is_none_or(|charset| charset.transcoded().is_none())
    }

    #[cfg(feature = "parallel")]
    fn split(&self, source: &split::Source<'_>, sink: &mut dyn Sink) -> Result<Totals> {
        let out = Out::new(
            sink,
            self.options.most_findings,
            self.options.excerpts,
            self.usual,
        );
        let size = (self.options.jobs, split::STRETCH);
        let mut reader = source.whole(self.options.reading);
        split::run(self, source, &mut reader, out, size)
    }

    fn run(&self, mut reader: Reader<'_>, sink: &mut dyn Sink) -> Result<Totals> {
        let out = Out::new(
            sink,
            self.options.most_findings,
            self.options.excerpts,
            self.usual,
        );
        let mut run = Run::new(self, out, self.learned());
        run.all(&mut reader)?;
        let totals = run.out.totals;
        self.keep(run.into_learned());
        Ok(totals)
    }
}

/// That a name is unknown, with what is near it.
pub(crate) fn unknown(specs: &Specs, name: &MessageName, error: &Error) -> Error {
    let Ok(messages) = specs.xml_messages() else {
        return Error::unknown(error.to_string());
    };
    let plain = |id: &str| id.split('@').next().unwrap_or("").to_owned();
    let (mut names, mut editions) = (Vec::new(), Vec::new());
    for listed in &messages {
        let held = plain(&listed.id);
        if held.eq_ignore_ascii_case(&name.message) {
            editions.push(listed.id.as_str());
        }
        names.push(held);
    }
    if !editions.is_empty() {
        let editions = editions.join(", ");
        return Error::unknown(format!("no message {name} is known; there is {editions}"));
    }
    let flats = specs.flats().unwrap_or_default();
    names.extend(flats.iter().map(|layout| layout.message.to_string()));
    let release = name.release.as_deref();
    let release = release.and_then(|of| specs.releases().find(of));
    let said = match release.or(specs.releases().newest()) {
        Some(release) => {
            let all = specs.messages(release).unwrap_or_default();
            let is_there = all.iter().any(|(id, _)| **id == *name.message);
            names.extend(all.into_iter().map(|(id, _)| id.to_string()));
            is_there.then(|| error.to_string())
        }
        None => None,
    };
    if let Some(said) = said {
        return Error::unknown(said);
    }
    let said = format!("no message {name} is known; `baowen show` lists them");
    let found = near(&name.message, names.iter().map(String::as_str), 4);
    Error::unknown(match found.is_empty() {
        true => said,
        false => format!("{said}; near: {}", found.join(", ")),
    })
}

/// The directory that a name means: the newest that has the message where none is named.
///
/// # Errors
/// When the specs have no such release, or it has no such message.
pub fn home(specs: &Specs, name: &MessageName) -> Result<Home> {
    let message = &*name.message;
    match name.release.as_deref() {
        Some(release) => {
            if specs.syntax_versions().find(release).is_some()
                && specs.has_message(message, Home::Service, 4)
            {
                return Ok(Home::Service);
            }
            let found = specs.releases().find(release);
            let found = found.ok_or_else(|| {
                Error::unknown(format!(
                    "no release {release:?} is known; `baowen show` lists them"
                ))
            })?;
            if !specs.has_message(message, Home::Edifact(found), 4) {
                return Err(Error::unknown(format!(
                    "release {release} has no message {message:?}; `baowen show {release}` lists them"
                )));
            }
            Ok(Home::Edifact(found))
        }
        None => {
            let mut releases = specs
                .releases()
                .iter()
                .rev()
                .map(Home::Edifact)
                .chain([Home::Service]);
            releases
                .find(|home| specs.has_message(message, *home, 4))
                .ok_or_else(|| {
                    Error::unknown(format!(
                        "no release has a message {message:?}; `baowen show` lists the releases"
                    ))
                })
        }
    }
}

/// A file's name without its folders.
fn last_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
