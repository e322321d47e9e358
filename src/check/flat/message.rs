//! One message: its records placed, their fields checked, its counts compared.

use std::collections::VecDeque;
use std::sync::Arc;

use super::FlatChecker;
use super::compiled::Compiled;
use super::field::{self, Fields};
use super::run::{Held, whole};
use crate::Result;
use crate::check::message::Told;
use crate::check::out::{Context, Out};
use crate::expr::Spot;
use crate::finding::{Code, Finding};
use crate::flat::{End, Record};
use crate::lines::LineCounter;
use crate::sequence::{Fault, Path, Place, Placement, PositionId, Sequencer, TagId, pack_tag};
use crate::span::Span;
use crate::spec::flat::Counted;
use crate::tree::gather::{Document, RecordGatherer, RecordPlan, Wants, WatchInput};

/// A count that was met; it is compared when the message ends.
pub(super) struct Count {
    pub(super) finding: Finding,
    pub(super) said: u64,
    pub(super) counted: Vec<Counted>,
    pub(super) lines: LineCounter,
    pub(super) bytes: Vec<u8>,
}

/// The check of one message against its layout.
pub(super) struct MessageCheck<'c> {
    pub(super) compiled: &'c Compiled,
    pub(super) checker: &'c FlatChecker,
    sequencer: Sequencer<'c>,
    pub(super) path: Path,
    /// Records that wait for their place, with their numbers.
    waiting: VecDeque<(Held, u64)>,
    records: u64,
    /// Records of each id of the layout, by index.
    by_record: Vec<u64>,
    pub(super) counts: Vec<Count>,
    broken: bool,
    partial: bool,
    watched: Option<Watched>,
}

/// A message that is watched.
struct Watched {
    wants: Arc<dyn Wants>,
    gatherer: RecordGatherer,
}

impl<'c> MessageCheck<'c> {
    pub(super) fn new(compiled: &'c Compiled, checker: &'c FlatChecker) -> Self {
        Self {
            compiled,
            checker,
            sequencer: Sequencer::of_records(&compiled.plan, checker.options.sequence),
            path: Path::new(compiled.plan.positions().len()),
            waiting: VecDeque::new(),
            records: 0,
            by_record: vec![0; compiled.layout.records.len()],
            counts: Vec::new(),
            broken: false,
            partial: false,
            watched: None,
        }
    }

    /// Has what the message holds told to a watcher from here on.
    pub(super) fn watch(
        &mut self,
        wants: Arc<dyn Wants>,
        input: &Arc<dyn WatchInput>,
        document: &Document,
        spot: Spot,
    ) {
        let projection = wants.projection();
        let plans = &wants.plans().records;
        plans.get_or_init(|| RecordPlan::new(projection, &self.compiled.plan));
        let listener = wants.listener(input);
        let gatherer = RecordGatherer::new(projection.clone(), listener, document, spot);
        self.watched = Some(Watched { wants, gatherer });
    }

    /// Tells a watcher of a record that has its place.
    fn tell(&mut self, out: &mut Out<'_>, held: &Held, number: u64, place: Place) {
        let Some(watched) = &mut self.watched else {
            return;
        };
        if let Some(plans) = watched.wants.plans().records.get() {
            let charset = out.charset;
            let context = held.context();
            watched.gatherer.record(
                plans,
                &self.compiled.plan,
                place,
                &held.record(),
                number,
                charset,
                &|offset| context.locate(offset),
                &mut Told {
                    out,
                    context: &context,
                },
            );
        }
    }

    fn tag(&self, record: &Record<'_>) -> Option<TagId> {
        self.compiled.plan.tag(pack_tag(record.id())?)
    }

    /// Takes the next record; `next` is the one after it. A record that is done with is given
    /// back.
    pub(super) fn record(
        &mut self,
        out: &mut Out<'_>,
        held: Held,
        next: Option<&Held>,
    ) -> Result<Option<Held>> {
        self.records += 1;
        out.totals.segments += 1;
        let number = self.records;
        let record = held.record();
        self.shape(out, &held, &record, number);
        if record.content().is_empty() {
            return Ok(Some(held));
        }
        let tag = self.tag(&record);
        if tag.is_none() && self.compiled.layout.open {
            let id = text(out, record.id());
            let what = (format!("record {id}"), format!("记录 {id}"));
            self.not_whole(out, &held, number, whole(&record), what);
            return Ok(Some(held));
        }
        let ids = &self.compiled.layout.records;
        if let Some(at) = ids
            .iter()
            .position(|held| held.id.as_bytes() == record.id())
        {
            self.by_record[at] += 1;
        }
        let ahead = next.and_then(|next| self.tag(&next.record()));
        match self.sequencer.push(tag, ahead, &|_| None) {
            Some(place) => {
                self.place(out, &held, number, place)?;
                Ok(Some(held))
            }
            None => {
                self.waiting.push_back((held, number));
                self.settle_waiting(out)?;
                Ok(None)
            }
        }
    }

    /// What is wrong with a record whatever it is.
    fn shape(&mut self, out: &mut Out<'_>, held: &Held, record: &Record<'_>, number: u64) {
        let content = record.content();
        if content.is_empty() {
            let finding = Finding::new(Code::EMPTY_RECORD, Span::new(record.offset(), 1));
            self.send(out, finding, held, number, "");
            return;
        }
        let id = text(out, record.id());
        if record.end() != End::Terminator {
            let at = record.offset() + content.len() as u64;
            let terminator = match self.compiled.layout.separators.terminator {
                b'\n' => "LF".to_owned(),
                byte => char::from(byte).to_string(),
            };
            let finding = Finding::new(Code::UNTERMINATED_RECORD, Span::at(at))
                .with_content("record", &id)
                .with("terminator", terminator);
            self.send(out, finding, held, number, &id);
        }
        let broken = content
            .iter()
            .position(|byte| matches!(byte, b'\r' | b'\n'));
        if let Some(at) = broken
            && !std::mem::replace(&mut self.broken, true)
        {
            let span = Span::new(record.offset() + at as u64, 1);
            let finding = Finding::new(Code::LINE_BREAK_IN_RECORD, span);
            self.send(out, finding, held, number, &id);
        }
    }

    fn send(&self, out: &mut Out<'_>, mut finding: Finding, held: &Held, number: u64, id: &str) {
        finding.place.segment_number = Some(number);
        finding.place.segment = (!id.is_empty()).then(|| id.into());
        out.send(finding, &held.context());
    }

    /// Says once that something is beyond what is known of the layout.
    pub(super) fn not_whole(
        &mut self,
        out: &mut Out<'_>,
        held: &Held,
        number: u64,
        span: Span,
        (what, what_zh): (String, String),
    ) {
        if std::mem::replace(&mut self.partial, true) {
            return;
        }
        let finding = Finding::new(Code::PARTIAL_LAYOUT, span)
            .with("message", &self.compiled.layout.message)
            .with_content("what", what)
            .with_content("what_zh", what_zh);
        let id = text(out, held.record().id());
        self.send(out, finding, held, number, &id);
    }

    fn place(&mut self, out: &mut Out<'_>, held: &Held, number: u64, place: Place) -> Result<()> {
        self.path.place(&self.compiled.plan, place);
        self.fields(out, held, number, place.position)?;
        self.tell(out, held, number, place);
        Ok(())
    }

    fn settle_waiting(&mut self, out: &mut Out<'_>) -> Result<()> {
        if !self.sequencer.has_resolved() {
            return Ok(());
        }
        let placements: Vec<Placement> = self.sequencer.resolved().collect();
        for placement in placements {
            let Some((held, number)) = self.waiting.pop_front() else {
                return Ok(());
            };
            self.settle(out, &held, number, &placement)?;
        }
        Ok(())
    }

    /// Checks a record whose place was searched for.
    fn settle(
        &mut self,
        out: &mut Out<'_>,
        held: &Held,
        number: u64,
        placement: &Placement,
    ) -> Result<()> {
        let offset = held.record().offset();
        let context = held.context();
        self.missing(out, offset, Some(number), &placement.faults, &context);
        self.path.follow(&self.compiled.plan, placement);
        self.faults(out, held, number, placement);
        let instead = matches!(placement.faults.last(), Some(Fault::InsteadOf(_)));
        match placement.position {
            Some(position) if !instead => {
                self.fields(out, held, number, position)?;
                if !placement.aside {
                    let place = Place {
                        position,
                        keep: placement.keep,
                        repeat: placement.repeat,
                    };
                    self.tell(out, held, number, place);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Checks the fields of a record at its position.
    fn fields(
        &mut self,
        out: &mut Out<'_>,
        held: &Held,
        number: u64,
        position: PositionId,
    ) -> Result<()> {
        let (at, spec) = self.compiled.record(position);
        let fields = Fields {
            at,
            spec,
            position,
            number,
        };
        field::check(self, out, held, &fields)
    }

    /// What is missing before `at`.
    fn missing(
        &self,
        out: &mut Out<'_>,
        at: u64,
        number: Option<u64>,
        faults: &[Fault],
        context: &Context<'_, '_>,
    ) {
        let plan = &self.compiled.plan;
        for fault in faults {
            let (id, path) = match *fault {
                Fault::MissingSegment(position) => {
                    let held = plan.position(position);
                    let path = self.path.missing(plan, held.group, &held.name);
                    (&held.tag, path)
                }
                Fault::MissingGroup(group) => {
                    let held = plan.group(group);
                    (&held.id, self.path.missing(plan, held.parent, &held.name))
                }
                _ => continue,
            };
            let mut finding = Finding::new(Code::MISSING_RECORD, Span::at(at)).with("record", id);
            finding.place.segment_number = number;
            finding.place.segment = Some(id.clone());
            finding.place.path = Some(path.into());
            out.send(finding, context);
        }
    }

    /// What is wrong with the place of a record itself.
    fn faults(&self, out: &mut Out<'_>, held: &Held, number: u64, placement: &Placement) {
        let plan = &self.compiled.plan;
        let record = held.record();
        let id = text(out, record.id());
        let span = Span::new(record.offset(), record.id().len() as u64);
        for fault in &placement.faults {
            let finding = match *fault {
                Fault::MissingSegment(_) | Fault::MissingGroup(_) => continue,
                Fault::TooManySegments(position) => Finding::new(Code::TOO_MANY_RECORDS, span)
                    .with("max", plan.position(position).max),
                Fault::TooManyGroups(group) => {
                    Finding::new(Code::TOO_MANY_RECORDS, span).with("max", plan.group(group).max)
                }
                Fault::OutOfOrder(_) => Finding::new(Code::RECORD_OUT_OF_ORDER, span),
                Fault::Unexpected => Finding::new(Code::UNEXPECTED_RECORD, span),
                Fault::Unknown => Finding::new(Code::UNKNOWN_RECORD, span)
                    .with("message", &self.compiled.layout.message),
                Fault::InsteadOf(position) => Finding::new(Code::RECORD_INSTEAD_OF, span)
                    .with("expected", &plan.position(position).tag),
            };
            let mut finding = finding.with_content("record", &id);
            let path = match (placement.position, fault) {
                (_, Fault::InsteadOf(_)) | (None, _) => {
                    // What is no id is no name in a path: that of what is around it remains.
                    let good = id.len() <= 8 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
                    let name = if good {
                        format!("R_{id}")
                    } else {
                        String::new()
                    };
                    self.path.unplaced(plan, &name)
                }
                (Some(position), _) => self.path.segment(plan, position),
            };
            finding.place.path = (!path.is_empty()).then(|| path.into());
            self.send(out, finding, held, number, &id);
        }
    }

    /// Ends the message; `end` stands behind its last record.
    pub(super) fn finish(&mut self, out: &mut Out<'_>, end: &LineCounter) -> Result<()> {
        let faults = self.sequencer.finish_all();
        self.settle_waiting(out)?;
        let context = Context::Bytes(end, &[]);
        self.missing(out, end.offset, None, &faults, &context);
        if let Some(mut watched) = self.watched.take() {
            let context = &context;
            watched.gatherer.end(&mut Told { out, context });
        }
        for count in std::mem::take(&mut self.counts) {
            let may: Vec<u64> = count.counted.iter().map(|of| self.counted(of)).collect();
            if may.contains(&count.said) {
                continue;
            }
            let may: Vec<String> = may.iter().map(u64::to_string).collect();
            let finding = count.finding.with("counted", may.join("/"));
            out.send(finding, &Context::Bytes(&count.lines, &count.bytes));
        }
        Ok(())
    }

    fn counted(&self, of: &Counted) -> u64 {
        match of {
            Counted::All => self.records,
            Counted::Between => self.records.saturating_sub(2),
            Counted::Record(id) => {
                let records = self.compiled.layout.records.iter().zip(&self.by_record);
                // An id that stands at several places is counted at the first.
                let mut found = records.filter(|(record, _)| record.id == *id);
                found.next().map_or(0, |(_, count)| *count)
            }
        }
    }
}

/// Bytes of an id as text.
pub(super) fn text(out: &Out<'_>, bytes: &[u8]) -> String {
    let kept: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    out.charset.decode_lossy(&kept).into_owned()
}
