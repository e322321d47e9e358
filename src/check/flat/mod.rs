//! Flat files (平台文件): records, fields, values and counts against their layout.
//!
//! ```
//! use baowen::check::{FlatChecker, Options};
//! use baowen::spec::Specs;
//!
//! let input = b"00:DANACK::9:SENDER:RECEIVER:202611231200'\n99:2'\n";
//! let checker = FlatChecker::new(&Specs::base(), Options::default())?;
//! let mut findings = Vec::new();
//! let totals = checker.slice(input, &mut findings)?;
//! assert_eq!((totals.messages, totals.segments), (1, 2));
//! assert_eq!(findings[0].code.as_str(), "missing-record");
//! assert_eq!(findings[0].place.path.as_deref(), Some("R_10"));
//! # Ok::<(), baowen::Error>(())
//! ```

mod compiled;
mod field;
mod message;
mod run;

use std::io::Read;

use super::out::{Out, Totals};
use super::{Options, transcoded};
use crate::charset::Charset;
use crate::edifact::transcode;
use crate::finding::{Sink, Syntax};
use crate::flat::{self, Detected, Reader, SIGHT};
use crate::spec::Specs;
use crate::tree::gather::{Watch, WatchInput};
use crate::{Error, Result};
use compiled::Compiled;
use run::Run;
use std::sync::Arc;

/// Checks flat files against their layouts. Cheap to clone, and to use from several threads.
///
/// In [`Totals`] a message is also an interchange, and a record is a segment. Of the
/// [`Options`] those of EDIFACT's envelope have no meaning here.
#[derive(Clone, Debug)]
pub struct FlatChecker {
    specs: Specs,
    options: Options,
    forced: Option<Arc<Compiled>>,
    watch: Option<Arc<dyn Watch>>,
    watching: Option<Arc<dyn WatchInput>>,
}

impl FlatChecker {
    /// A checker for `specs`; [`Options::message`] names a layout, whatever a header says.
    ///
    /// # Errors
    /// When `options.message` names a layout that the specs do not have, or a spec is broken.
    pub fn new(specs: &Specs, options: Options) -> Result<Self> {
        let forced = match &options.message {
            Some(name) => {
                let layout = specs.flat(&name.message)?;
                let layout = layout.ok_or_else(|| {
                    Error::unknown(format!("no flat file {:?} is known", name.message))
                })?;
                Some(compiled::of(specs, &layout)?)
            }
            None => None,
        };
        Ok(Self {
            specs: specs.clone(),
            options,
            forced,
            watch: None,
            watching: None,
        })
    }

    /// Has what messages hold told to a watcher, who watches one input.
    pub(super) fn watch(
        &mut self,
        watch: Option<Arc<dyn Watch>>,
        watching: Option<Arc<dyn WatchInput>>,
    ) {
        (self.watch, self.watching) = (watch, watching);
    }

    /// Checks bytes at hand and sends what is found to `sink`, in the order of the input.
    ///
    /// # Errors
    /// When a spec is broken; never for what the input holds.
    pub fn slice(&self, input: &[u8], sink: &mut dyn Sink) -> Result<Totals> {
        let encoding = match self.options.charset {
            Some(charset) => charset.transcoded(),
            None => transcode::detect(input),
        };
        let Some(encoding) = encoding else {
            return self.run(input, |options| Reader::new(input, options), sink);
        };
        let inner = Self {
            options: Options {
                charset: Charset::for_label("utf-8"),
                ..self.options.clone()
            },
            ..self.clone()
        };
        let most = self.options.most_findings;
        transcoded::run(input, encoding, Syntax::Flat, most, sink, |text, sink| {
            inner.run(text, |options| Reader::new(text, options), sink)
        })
    }

    /// Checks a stream: memory stays flat whatever its length, but for UTF-16, which is taken
    /// into memory.
    ///
    /// # Errors
    /// When the stream cannot be read, or a spec is broken.
    pub fn read(&self, mut read: impl Read, sink: &mut dyn Sink) -> Result<Totals> {
        let mut start = Vec::new();
        let told = |error| Error::io("input", error);
        let sight = read.by_ref().take(SIGHT as u64);
        { sight }.read_to_end(&mut start).map_err(told)?;
        let encoding = match self.options.charset {
            Some(charset) => charset.transcoded(),
            None => transcode::detect(&start),
        };
        if encoding.is_some() {
            read.read_to_end(&mut start).map_err(told)?;
            return self.slice(&start, sink);
        }
        let whole = start.as_slice().chain(read);
        self.run(&start, |options| Reader::from_read(whole, options), sink)
    }

    /// `start` is the beginning of the input.
    fn run<'d>(
        &self,
        start: &[u8],
        reader: impl FnOnce(flat::Options) -> Reader<'d>,
        sink: &mut dyn Sink,
    ) -> Result<Totals> {
        let start = &start[..start.len().min(SIGHT)];
        let layout = match &self.forced {
            Some(compiled) => Some(compiled.layout.clone()),
            None => match flat::detect(start, &self.specs)? {
                Some(Detected::Layout(layout)) => Some(layout),
                _ => None,
            },
        };
        let charset = match self.options.charset {
            Some(charset) => Some(charset),
            None => crate::charset::decide(start),
        };
        let usual = charset.or_else(|| Charset::for_label("gb18030"));
        let usual = usual.ok_or_else(|| Error::misuse("GB18030 is a character set"))?;
        let separators = layout.map(|layout| layout.separators).unwrap_or_default();
        let options = flat::Options {
            separators,
            longest_record: self.options.reading.longest_segment,
            character_length: usual.character_length(run::service(separators)),
            starts: Arc::default(),
        };
        let mut out = Out::new(
            sink,
            self.options.most_findings,
            self.options.excerpts,
            usual,
        );
        out.syntax = Syntax::Flat;
        let mut run = Run::new(self, reader(options), separators, out, charset);
        run.all()
    }
}
