//! The messages of one input on several cores: the input is split where messages end, stretches
//! of messages are checked by other threads, and what they find is sent on in order.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::Checker;
use super::interchange::Run;
use super::out::{Out, Totals};
use crate::charset::Charset;
use crate::edifact::{Continuation, Reader};
use crate::finding::{Code, Finding, Severity};
use crate::span::LineColumn;
use crate::{Error, Result};

/// Bytes of messages that go to a thread at once, unless one message is longer.
pub(super) const STRETCH: u64 = 1 << 20;

/// A stretch of whole messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub start: u64,
    pub end: u64,
    /// Line and column of its start.
    pub at: LineColumn,
    pub continuation: Continuation,
    pub charset: Charset,
    pub interchange: Option<u64>,
}

/// What a thread found in a stretch.
pub(super) struct Done {
    pub findings: Vec<Finding>,
    /// Findings of each code that were counted only.
    pub unsent: Vec<(Code, u64)>,
    /// Findings of each rule that were counted only.
    pub unsent_of_rules: Vec<(Box<str>, Severity, u64)>,
    pub totals: Totals,
}

/// What is to be sent on, in order.
pub(super) enum Entry {
    Finding(Box<Finding>),
    Stretch(usize),
}

/// Where stretches go and come back from.
pub(super) struct Split<'s> {
    submit: Box<dyn FnMut(usize, Stretch) + 's>,
    results: Receiver<(usize, Result<Done>)>,
    arrived: BTreeMap<usize, Done>,
    submitted: usize,
    outstanding: usize,
    most_outstanding: usize,
    /// The stretch that is being put together.
    pub open: Option<Stretch>,
}

/// Where the bytes of an input are.
pub(super) enum Source<'i> {
    Slice(&'i [u8]),
    #[cfg(unix)]
    File(&'i std::fs::File),
}

impl Source<'_> {
    fn reader(&self, checker: &Checker, stretch: &Stretch) -> Reader<'_> {
        let options = checker.options.reading;
        match self {
            Source::Slice(input) => {
                let bytes = &input[stretch.start as usize..stretch.end as usize];
                Reader::new(bytes).continue_at(stretch.start, &stretch.continuation, options)
            }
            #[cfg(unix)]
            Source::File(file) => {
                let range = Range {
                    file,
                    at: stretch.start,
                    end: stretch.end,
                };
                Reader::from_read(range, options).continue_at(
                    stretch.start,
                    &stretch.continuation,
                    options,
                )
            }
        }
    }
}

/// A part of a file, read beside others.
#[cfg(unix)]
struct Range<'f> {
    file: &'f std::fs::File,
    at: u64,
    end: u64,
}

#[cfg(unix)]
impl std::io::Read for Range<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        use std::os::unix::fs::FileExt;
        let len = buffer
            .len()
            .min(usize::try_from(self.end - self.at).unwrap_or(usize::MAX));
        let got = self.file.read_at(&mut buffer[..len], self.at)?;
        self.at += got as u64;
        Ok(got)
    }
}

impl<'s> Split<'s> {
    /// Sends what is put together to a thread.
    pub(super) fn submit(&mut self, out: &mut Out<'_>) -> Result<()> {
        let Some(stretch) = self.open.take() else {
            return Ok(());
        };
        (self.submit)(self.submitted, stretch);
        out.queue(Entry::Stretch(self.submitted));
        self.submitted += 1;
        self.outstanding += 1;
        while let Ok(result) = self.results.try_recv() {
            self.take(result)?;
        }
        while self.outstanding >= self.most_outstanding {
            self.wait()?;
        }
        out.flush(&mut self.arrived);
        Ok(())
    }

    fn wait(&mut self) -> Result<()> {
        let result = self
            .results
            .recv()
            .map_err(|_| Error::misuse("a thread that checks is gone"))?;
        self.take(result)
    }

    fn take(&mut self, (at, result): (usize, Result<Done>)) -> Result<()> {
        self.outstanding -= 1;
        self.arrived.insert(at, result?);
        Ok(())
    }

    /// Waits for all threads and sends on what they found.
    pub(super) fn finish(&mut self, out: &mut Out<'_>) -> Result<()> {
        self.submit(out)?;
        while self.outstanding > 0 {
            self.wait()?;
        }
        out.flush(&mut self.arrived);
        Ok(())
    }
}

#[cfg(feature = "parallel")]
/// Checks an input with `jobs` threads beside this one, which reads ahead.
pub(super) fn run(
    checker: &Checker,
    source: &Source<'_>,
    reader: &mut Reader<'_>,
    mut out: Out<'_>,
    jobs: usize,
) -> Result<Totals> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
    let pool =
        pool.map_err(|error| Error::misuse(format!("threads cannot be started: {error}")))?;
    let (sender, results): (Sender<(usize, Result<Done>)>, _) = channel();
    out.begin_queue();
    pool.in_place_scope(|scope| {
        let split = Split {
            submit: Box::new(move |at, stretch| {
                let sender = sender.clone();
                scope.spawn(move |_| {
                    // Nobody listens any more only after an error elsewhere.
                    let _ = sender.send((at, check(checker, source, &stretch)));
                });
            }),
            results,
            arrived: BTreeMap::new(),
            submitted: 0,
            outstanding: 0,
            most_outstanding: jobs * 4,
            open: None,
        };
        let mut run = Run::new(checker, out);
        run.split = Some(split);
        run.all(reader)?;
        Ok(run.out.totals)
    })
}

/// Checks a stretch of messages.
fn check(checker: &Checker, source: &Source<'_>, stretch: &Stretch) -> Result<Done> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut reader = source.reader(checker, stretch);
    let out = Out::new(
        &mut findings,
        checker.options.most_findings,
        checker.options.excerpts,
        stretch.charset,
    );
    let mut run = Run::new(checker, out);
    run.stretch(&mut reader, stretch)?;
    let unsent = run.out.unsent();
    let unsent_of_rules = run.out.unsent_of_rules();
    let totals = run.out.totals;
    for finding in &mut findings {
        // Lines were counted from the start of the stretch.
        if finding.at.line == 1 {
            finding.at.column += stretch.at.column - 1;
        }
        finding.at.line += stretch.at.line - 1;
    }
    Ok(Done {
        findings,
        unsent,
        unsent_of_rules,
        totals,
    })
}
