//! The messages of one input on several cores: the input is split where messages end, stretches
//! of messages are checked by other threads, and what they find is sent on in order.

use std::collections::BTreeMap;
#[cfg(unix)]
use std::collections::VecDeque;
use std::hash::RandomState;
#[cfg(unix)]
use std::sync::MutexGuard;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::Checker;
use super::interchange::Run;
use super::learned::Learned;
use super::out::{Entry, Out, Totals};
use super::references::{Met, References};
use super::value::DecimalMarks;
use crate::charset::Charset;
use crate::edifact::{self, Continuation, Ends, LineCounter, Reader};
use crate::finding::{Code, Finding, Severity};
use crate::span::{LineColumn, Span};
use crate::tree::gather::WatchInput;
use crate::{Error, Result};

/// Bytes of messages that go to a thread at once, unless one message is longer.
pub(super) const STRETCH: u64 = 512 << 10;
/// A longer stretch is read piece by piece: pieces stay in the cache until they are looked at.
#[cfg(unix)]
const LONG: u64 = 256 << 10;

/// Bytes of a file that are read at once, and how many such blocks are kept (4 MiB): more than those
/// who check are behind.
#[cfg(unix)]
const BLOCK: usize = 256 << 10;
#[cfg(unix)]
const MOST_RECENT: usize = 16;

/// Findings between messages that wait at most for those of the messages before them.
const MOST_WAITING: usize = 1000;

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
    /// Syntax version and decimal marks of the interchange.
    pub syntax: u8,
    pub marks: DecimalMarks,
    /// Whether references may not come again.
    pub referenced: bool,
    /// The tag of the segment behind it, if that may be part of a message.
    pub behind: Option<u64>,
    /// What becomes of its end, if no terminator stands there.
    pub end_is: Ends,
}

/// The header of a message, as far as others may have its reference.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub offset: u64,
    /// Findings that were sent before those of its message.
    pub before: usize,
    /// Hash of its reference, and where that stands.
    pub hash: u64,
    pub span: Span,
}

/// What a thread found in a stretch.
struct Done {
    stretch: Stretch,
    findings: Vec<Finding>,
    headers: Vec<Header>,
    /// Findings of each code that were counted only.
    unsent: Vec<(Code, u64)>,
    /// Findings of each rule that were counted only.
    unsent_of_rules: Vec<(Box<str>, Severity, u64)>,
    totals: Totals,
    /// Who watched it apart from what comes before it.
    apart: Option<Arc<dyn WatchInput>>,
}

/// Where stretches go and come back from.
pub(super) struct Split<'s> {
    checker: &'s Checker,
    source: &'s Source<'s>,
    stretches: Sender<(usize, Stretch)>,
    /// Those that no thread has taken yet.
    waiting: &'s Mutex<Receiver<(usize, Stretch)>>,
    results: Receiver<(usize, Result<Done>)>,
    arrived: BTreeMap<usize, Done>,
    submitted: usize,
    outstanding: usize,
    most_outstanding: usize,
    /// References of messages, in the order of the input.
    references: References,
    /// What was learned of stretches that were checked here, and of those that were checked again.
    own: Learned,
    learned: Learned,
    /// Bytes that are sent at once.
    pub stretch: u64,
    /// The stretch that is being put together.
    pub open: Option<Stretch>,
}

/// Where the bytes of an input are.
pub(super) enum Source<'i> {
    Slice(&'i [u8]),
    #[cfg(unix)]
    File(&'i std::fs::File, Recent),
}

impl Source<'_> {
    /// A reader of all.
    pub(super) fn whole(&self, options: edifact::Options) -> Reader<'_> {
        match self {
            Source::Slice(input) => Reader::with_options(input, options),
            #[cfg(unix)]
            Source::File(file, recent) => Reader::from_read(Ahead::new(file, recent), options),
        }
    }

    /// A reader of a stretch. What is read from a file is kept in `room`, unless it is long.
    #[cfg_attr(not(unix), allow(unused_variables, reason = "only files need room"))]
    fn reader<'r>(
        &'r self,
        checker: &Checker,
        stretch: &Stretch,
        room: &'r mut Room,
    ) -> Result<Reader<'r>> {
        let options = checker.options.reading;
        let reader = match self {
            Source::Slice(input) => {
                Reader::new(&input[stretch.start as usize..stretch.end as usize])
            }
            #[cfg(unix)]
            Source::File(file, recent) => {
                let Room { bytes, block } = room;
                *block = recent.holding(stretch.start);
                let held = block.as_ref().and_then(|block| {
                    let at = (stretch.start - block.start) as usize;
                    let len = (stretch.end - stretch.start) as usize;
                    block.bytes.get(at..at + len)
                });
                let mut range = Range {
                    file,
                    recent,
                    at: stretch.start,
                    end: stretch.end,
                };
                if let Some(held) = held {
                    Reader::new(held)
                } else if stretch.end - stretch.start > LONG {
                    Reader::from_read(range, options)
                } else {
                    let len = (stretch.end - stretch.start) as usize;
                    if bytes.len() < len {
                        bytes.resize(len, 0);
                    }
                    let bytes = &mut bytes[..len];
                    std::io::Read::read_exact(&mut range, bytes)
                        .map_err(|error| Error::io("input", error))?;
                    Reader::new(bytes)
                }
            }
        };
        Ok(reader.continue_at(
            stretch.start,
            &stretch.continuation,
            options,
            stretch.end_is,
        ))
    }

    /// Moves a counter on to `offset`.
    fn count(&self, lines: &mut LineCounter, offset: u64) -> Result<()> {
        match self {
            Source::Slice(input) => {
                lines.advance(&input[lines.offset as usize..offset as usize]);
            }
            #[cfg(unix)]
            Source::File(file, recent) => {
                let mut range = Range {
                    file,
                    recent,
                    at: lines.offset,
                    end: offset,
                };
                let mut bytes = vec![0; 64 << 10];
                while lines.offset < offset {
                    let got = std::io::Read::read(&mut range, &mut bytes);
                    let got = got.map_err(|error| Error::io("input", error))?;
                    if got == 0 {
                        break;
                    }
                    lines.advance(&bytes[..got]);
                }
            }
        }
        Ok(())
    }
}

/// Where the bytes of a stretch of a file are, unless it is long: the block that it stands in still, or
/// bytes of its own.
#[derive(Default)]
struct Room {
    bytes: Vec<u8>,
    #[cfg(unix)]
    block: Option<Arc<Block>>,
}

/// What was read of a file last: it need not be read again by those who check it.
#[cfg(unix)]
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<VecDeque<Arc<Block>>>);

/// Bytes of a file, and the offset of the first.
#[cfg(unix)]
#[derive(Debug, Default)]
struct Block {
    start: u64,
    bytes: Vec<u8>,
}

#[cfg(unix)]
impl Recent {
    fn blocks(&self) -> MutexGuard<'_, VecDeque<Arc<Block>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The block that holds the byte at `offset`.
    fn holding(&self, offset: u64) -> Option<Arc<Block>> {
        let blocks = self.blocks();
        let mut blocks = blocks.iter().rev();
        let before = blocks.find(|block| block.start <= offset)?;
        let len = before.bytes.len() as u64;
        (offset - before.start < len).then(|| before.clone())
    }

    /// Keeps a block; gives one that is not needed any more.
    fn keep(&self, block: &Arc<Block>) -> Option<Block> {
        let mut blocks = self.blocks();
        blocks.push_back(block.clone());
        let first = match blocks.len() > MOST_RECENT {
            true => blocks.pop_front(),
            false => None,
        };
        drop(blocks);
        first.and_then(|first| Arc::try_unwrap(first).ok())
    }
}

/// A file that is read from its start, of which the last blocks are kept.
#[cfg(unix)]
struct Ahead<'f> {
    file: &'f std::fs::File,
    recent: &'f Recent,
    block: Arc<Block>,
    /// So much of the block was read.
    at: usize,
    spare: Option<Block>,
}

#[cfg(unix)]
impl<'f> Ahead<'f> {
    fn new(file: &'f std::fs::File, recent: &'f Recent) -> Self {
        Self {
            file,
            recent,
            block: Arc::default(),
            at: 0,
            spare: None,
        }
    }
}

#[cfg(unix)]
impl std::io::Read for Ahead<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        use std::os::unix::fs::FileExt;
        if self.at >= self.block.bytes.len() {
            let mut next = self.spare.take().unwrap_or_default();
            next.start = self.block.start + self.block.bytes.len() as u64;
            next.bytes.resize(BLOCK, 0);
            match self.file.read_at(&mut next.bytes, next.start) {
                Ok(len) => next.bytes.truncate(len),
                Err(error) => {
                    self.spare = Some(next);
                    return Err(error);
                }
            }
            self.block = Arc::new(next);
            self.at = 0;
            self.spare = self.recent.keep(&self.block);
        }
        let rest = &self.block.bytes[self.at..];
        let len = buffer.len().min(rest.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        self.at += len;
        Ok(len)
    }
}

/// A part of a file, read beside others.
#[cfg(unix)]
struct Range<'f> {
    file: &'f std::fs::File,
    recent: &'f Recent,
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
        let got = match self.recent.holding(self.at) {
            Some(block) => {
                let held = &block.bytes[(self.at - block.start) as usize..];
                let got = len.min(held.len());
                buffer[..got].copy_from_slice(&held[..got]);
                got
            }
            None => self.file.read_at(&mut buffer[..len], self.at)?,
        };
        self.at += got as u64;
        Ok(got)
    }
}

impl Split<'_> {
    /// Sends what is put together to a thread.
    pub(super) fn submit(&mut self, out: &mut Out<'_>) -> Result<()> {
        let Some(stretch) = self.open.take() else {
            if out.waits() < MOST_WAITING {
                return Ok(());
            }
            while self.outstanding > 0 {
                self.wait()?;
            }
            return self.flush(out);
        };
        let sent = self.stretches.send((self.submitted, stretch));
        sent.map_err(|_| gone())?;
        out.queue(Entry::Stretch(self.submitted));
        self.submitted += 1;
        self.outstanding += 1;
        while let Ok(result) = self.results.try_recv() {
            self.take(result)?;
        }
        while self.outstanding >= self.most_outstanding {
            self.wait()?;
        }
        self.flush(out)
    }

    /// Has one stretch more done: this thread checks the next that waits, as long as there is one.
    fn wait(&mut self) -> Result<()> {
        // Where another thread is about to take one, or waits for one, there is none for this.
        let next = match self.waiting.try_lock() {
            Ok(waiting) => waiting.try_recv().ok(),
            Err(_) => None,
        };
        if let Some((at, stretch)) = next {
            let (own, hasher) = (std::mem::take(&mut self.own), self.references.hasher());
            let (done, own) = check(self.checker, self.source, &stretch, own, hasher.clone());
            self.own = own;
            return self.take((at, done));
        }
        let result = self.results.recv().map_err(|_| gone())?;
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
        self.checker.keep(std::mem::take(&mut self.own));
        self.flush(out)
    }

    /// Sends on what waits, as far as the threads are done.
    fn flush(&mut self, out: &mut Out<'_>) -> Result<()> {
        let mut waiting = out.take_waiting();
        while let Some(entry) = waiting.pop_front() {
            match entry {
                Entry::Finding(finding) => out.join(*finding),
                Entry::Begin => {
                    self.references.forget();
                    out.join_interchange();
                }
                Entry::BeginGroup => self.references.forget(),
                Entry::Stretch(at) => match self.arrived.remove(&at) {
                    Some(done) => self.join(done, out)?,
                    None => {
                        waiting.push_front(Entry::Stretch(at));
                        break;
                    }
                },
            }
        }
        out.wait_again(waiting);
        Ok(())
    }

    /// Sends on what was found in a stretch, and what its references are to those before.
    fn join(&mut self, mut done: Done, out: &mut Out<'_>) -> Result<()> {
        let apart = done.apart.take();
        let watching = self.checker.watching.clone().zip(apart);
        if let Some(again) = watching.and_then(|(watching, apart)| watching.follow(apart)) {
            let checker = self.checker.watched_by(Some(again));
            let hasher = self.references.hasher().clone();
            let learned = std::mem::take(&mut self.learned);
            let stretch = done.stretch;
            (done, self.learned) =
                look_at(&checker, self.source, &stretch, learned, |run, reader| {
                    run.stretch(reader, &stretch, hasher)
                })?;
        }
        let stretch = &done.stretch;
        let mut lines = LineCounter::new(stretch.start);
        lines.set_counting(stretch.charset.counter());
        let mut findings = done.findings.into_iter();
        let mut joined = 0;
        for header in &done.headers {
            let most = self.checker.options.references;
            let met = self.references.meet(header.hash, header.span, most);
            let code = match met {
                Met::Silent => continue,
                Met::Before(_) => Code::DUPLICATE_REFERENCE,
                Met::Full => Code::REFERENCES_UNCHECKED,
            };
            let before = header.before - joined;
            findings.by_ref().take(before).for_each(|f| out.join(f));
            joined = header.before;
            if !out.wants(code) {
                out.count(code, code.severity());
                continue;
            }
            self.source.count(&mut lines, header.offset)?;
            let at = within(stretch.at, lines.at());
            let stretch = Stretch {
                start: header.offset,
                at,
                ..*stretch
            };
            let look = |run: &mut Run<'_, '_>, reader: &mut Reader<'_>| {
                run.reference_again(reader, &stretch, met)
            };
            let (found, _) = look_at(
                self.checker,
                self.source,
                &stretch,
                Learned::default(),
                look,
            )?;
            found.findings.into_iter().for_each(|f| out.forward(f));
        }
        findings.for_each(|finding| out.join(finding));
        out.join_counts(done.unsent, done.unsent_of_rules, &done.totals);
        Ok(())
    }
}

fn gone() -> Error {
    Error::misuse("a thread that checks is gone")
}

/// A place that was counted from another.
fn within(start: LineColumn, mut at: LineColumn) -> LineColumn {
    if at.line == 1 {
        at.column += start.column - 1;
    }
    at.line += start.line - 1;
    at
}

/// Checks an input with `jobs` threads. This one reads ahead, and checks as the others do where it is
/// far enough.
pub(super) fn run(
    checker: &Checker,
    source: &Source<'_>,
    reader: &mut Reader<'_>,
    mut out: Out<'_>,
    (jobs, stretch): (usize, u64),
) -> Result<Totals> {
    let (stretches, waiting) = channel();
    let waiting = Mutex::new(waiting);
    let (sender, results) = channel();
    let references = References::default();
    out.begin_queue();
    std::thread::scope(|scope| {
        for _ in 1..jobs {
            let (waiting, sender) = (&waiting, sender.clone());
            let hasher = references.hasher().clone();
            let work = move || work(checker, source, hasher, waiting, &sender);
            let thread = std::thread::Builder::new().name("baowen-check".into());
            let started = thread.spawn_scoped(scope, work);
            started
                .map_err(|error| Error::misuse(format!("threads cannot be started: {error}")))?;
        }
        drop(sender);
        let mut run = Run::new(checker, out, Learned::default());
        run.split = Some(Split {
            checker,
            source,
            stretches,
            waiting: &waiting,
            results,
            arrived: BTreeMap::new(),
            submitted: 0,
            outstanding: 0,
            most_outstanding: jobs * 4,
            references,
            own: checker.learned(),
            learned: Learned::default(),
            stretch,
            open: None,
        });
        let done = run.all(reader);
        // Threads that wait for a stretch end when none can come.
        run.split = None;
        done?;
        Ok(run.out.totals)
    })
}

/// What a thread does: it checks one stretch after the other. What it learned of one it knows of
/// those that follow; they come in the order of the input, so that what is said once is said where
/// it comes first.
fn work(
    checker: &Checker,
    source: &Source<'_>,
    hasher: RandomState,
    waiting: &Mutex<Receiver<(usize, Stretch)>>,
    sender: &Sender<(usize, Result<Done>)>,
) {
    let mut learned = checker.learned();
    loop {
        let next = {
            let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.recv()
        };
        let Ok((at, stretch)) = next else {
            break;
        };
        let answer = Answer(at, sender);
        let done;
        (done, learned) = check(checker, source, &stretch, learned, hasher.clone());
        // Nobody listens any more only after an error elsewhere.
        let _ = sender.send((answer.0, done));
    }
    checker.keep(learned);
}

/// Checks a stretch, which is watched apart from others: what is found in it, and what was learned.
fn check(
    checker: &Checker,
    source: &Source<'_>,
    stretch: &Stretch,
    learned: Learned,
    hasher: RandomState,
) -> (Result<Done>, Learned) {
    let apart = checker.watching.as_ref().and_then(|input| input.apart());
    let own = apart.is_some().then(|| checker.watched_by(apart.clone()));
    let checker = own.as_ref().unwrap_or(checker);
    let checked = look_at(checker, source, stretch, learned, |run, reader| {
        run.stretch(reader, stretch, hasher)
    });
    match checked {
        Ok((done, learned)) => (Ok(Done { apart, ..done }), learned),
        Err(error) => (Err(error), Learned::default()),
    }
}

/// Answers for a thread that breaks off, so that nobody waits for it.
struct Answer<'t>(usize, &'t Sender<(usize, Result<Done>)>);

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.1.send((self.0, Err(gone())));
        }
    }
}

/// Looks at a stretch: what is found in it.
fn look_at(
    checker: &Checker,
    source: &Source<'_>,
    stretch: &Stretch,
    mut learned: Learned,
    look: impl FnOnce(&mut Run<'_, '_>, &mut Reader<'_>) -> Result<()>,
) -> Result<(Done, Learned)> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut room = Room {
        bytes: std::mem::take(&mut learned.bytes),
        ..Room::default()
    };
    let mut reader = source.reader(checker, stretch, &mut room)?;
    let out = Out::new(
        &mut findings,
        checker.options.most_findings,
        checker.options.excerpts,
        stretch.charset,
    );
    let mut run = Run::new(checker, out, learned);
    look(&mut run, &mut reader)?;
    let unsent = run.out.unsent();
    let unsent_of_rules = run.out.unsent_of_rules();
    let totals = run.out.totals;
    let headers = std::mem::take(&mut run.headers);
    let learned = run.into_learned();
    drop(reader);
    for finding in &mut findings {
        // Lines were counted from the start of the stretch.
        finding.at = within(stretch.at, finding.at);
    }
    let done = Done {
        stretch: *stretch,
        findings,
        headers,
        unsent,
        unsent_of_rules,
        totals,
        apart: None,
    };
    let bytes = room.bytes;
    Ok((done, Learned { bytes, ..learned }))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::super::{Checker, Options, Totals};
    use super::{Out, Recent, Source, run};
    use crate::finding::Finding;
    use crate::spec::Specs;

    /// What is found, and the totals.
    type Found = (Vec<Finding>, Totals);

    /// By several threads, so many bytes of messages at once.
    fn split(checker: &Checker, input: &[u8], file: bool, stretch: u64) -> Found {
        let mut findings: Vec<Finding> = Vec::new();
        let options = &checker.options;
        let out = Out::new(&mut findings, options.most_findings, false, checker.usual);
        let mut kept = tempfile::tempfile().unwrap();
        let (source, mut reader);
        if file {
            kept.write_all(input).unwrap();
            std::io::Seek::rewind(&mut kept).unwrap();
            source = Source::File(&kept, Recent::default());
            reader = source.whole(options.reading);
        } else {
            source = Source::Slice(input);
            reader = source.whole(options.reading);
        }
        let totals = run(checker, &source, &mut reader, out, (2, stretch)).unwrap();
        (findings, totals)
    }

    fn alone(checker: &Checker, input: &[u8]) -> Found {
        let mut findings: Vec<Finding> = Vec::new();
        let totals = checker.slice(input, &mut findings).unwrap();
        (findings, totals)
    }

    fn pieces() -> impl Strategy<Value = String> {
        let message = (0u32..12, 0usize..6).prop_map(|(number, kind)| {
            let body = match kind {
                0 => "BGM+785+A+9'CNI+1+A'",
                1 => "BGM+999+A+9'DTM+137:20261399:102'CNI+1+A'",
                2 => "BGM+785+A'FTX+AAA+++IT?'S\r\n A UN?+'XYZ+1'CNI+1'",
                3 => "\nBGM+785+A\n+9'\nCNI+1+A'\n",
                4 => "BGM+785:12:34+A\n+9'CNI+1+A'RFF+AAA:UNH+1'",
                _ => "",
            };
            let count = 2 + body.matches("'").count() - body.matches("?'").count();
            format!("UNH+{number}+CUSCAR:D:95B:UN'{body}UNT+{count}+{number}'")
        });
        // A segment a line, of which one or two lack their terminator.
        let unended = (message.clone(), 0usize..8, 0usize..8, any::<bool>());
        let unended = unended.prop_map(|(message, one, other, both)| {
            let lines = message.split_inclusive('\'').enumerate();
            let line = |(at, line): (usize, &str)| {
                let lost = at == one || both && at == other;
                let line = if lost {
                    line.trim_end_matches('\'')
                } else {
                    line
                };
                format!("{}\n", line.trim_start())
            };
            lines.map(line).collect::<String>()
        });
        let piece = prop_oneof![
            24 => message,
            12 => unended,
            2 => Just("UNZ+1+1\nUNB+UNOA:2+A+B+261123:1200+1\n".to_owned()),
            1 => Just("\nUNZ+1+1\r\nUNA:+,? '\nUNB+UNOC:3+A+B+261123:1200+1'".to_owned()),
            1 => Just("UNE+1+7\nUNG+CUSCAR+A+B+261123:1200+7+UN+D:95B\n".to_owned()),
            1 => Just("UNZ+1+1\n".to_owned()),
            2 => Just("UNZ+1+1'UNB+UNOA:2+A+B+261123:1200+1'".to_owned()),
            1 => Just("UNZ+1+1'\nUNA:+,? '\nUNB+UNOC:3+A+B+261123:1200+1'".to_owned()),
            1 => Just("UNA:+.?'UNB+UNOC:4+A+B+261123:1200+1'".to_owned()),
            1 => Just("UNA|^,! ~UNB^UNOA|2^A^B^261123|1200^1~".to_owned()),
            1 => Just("UNG+CUSCAR+A+B+261123:1200+7+UN+D:95B'".to_owned()),
            1 => Just("UNE+1+7'".to_owned()),
            1 => Just("UNZ+1+1'".to_owned()),
            1 => Just("UNZ+1\n+1'UNB+UNOA:2+A\n+B+261123:1200+1'".to_owned()),
            1 => Just("UNA:+.? 'UNO+1+R+F+5'a'b'cUNP+5+1'".to_owned()),
            1 => Just("UNH+2+CUSCAR:D:95B:UN'BGM+785+A'".to_owned()),
            1 => Just("UNH+2+NOSUCH:D:95B:UN'BGM+785+A'".to_owned()),
            1 => Just("UNT+3+1'".to_owned()),
            2 => Just("BGM+785+A'CNI+1'".to_owned()),
            1 => Just("UNH+3+IFTMIN:D:99B:UN'BGM+335+A+9'TDT+20'UNT+4+3'".to_owned()),
            1 => Just("UNH+4+CUSCAR:D:95B:UN'BGM+785+A+9'GID+1'RFF+1'UNT+4+9+CUSCAR'".to_owned()),
            1 => Just("UNO+1+R+F+5'a'b'cUNP+5+1'".to_owned()),
            1 => Just("UNA:+.? 'UNH+2+CUSCAR:D:95B:UN'BGM+785+A'MEA+WT++KGM:1,5'".to_owned()),
            1 => Just("??".to_owned()),
            1 => Just("?'".to_owned()),
            1 => Just("~~junk UNB+UNOA:2+A'".to_owned()),
            1 => Just("'\n'".to_owned()),
            1 => "[ \r\n'?+:UNTBHZIA*]{1,9}",
        ];
        (any::<bool>(), prop::collection::vec(piece, 0..50)).prop_map(|(begun, pieces)| {
            let header = if begun {
                "UNB+UNOA:2+A+B+261123:1200+1'"
            } else {
                ""
            };
            format!("{header}{}", pieces.concat())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn several_threads_find_what_one_finds_in_the_same_order(
            text in pieces(),
            stretch in 1u64..1500,
            most_findings in prop_oneof![Just(1000u64), Just(2)],
            references in prop_oneof![Just(1000usize), Just(3)],
            file in any::<bool>(),
        ) {
            let options = Options { most_findings, references, ..Options::default() };
            let checker = Checker::new(&Specs::base(), options).unwrap();
            let input = text.as_bytes();
            let expected = alone(&checker, input);
            let mut streamed: Vec<Finding> = Vec::new();
            checker.read(input, &mut streamed).unwrap();
            prop_assert_eq!(&streamed, &expected.0);
            let found = split(&checker, input, file, stretch);
            prop_assert_eq!(&found.0, &expected.0);
            prop_assert_eq!(found.1, expected.1);
        }
    }
}
