//! One message: its segments placed, their elements checked, its totals compared.

use std::collections::VecDeque;
use std::sync::Arc;

use super::compiled::{CompiledMessage, Role};
use super::element::{self, Env, Hear, Trouble};
use super::glance::{self, Seen};
use super::interchange::part_of_message;
use super::layout::Layout;
use super::out::{Context, Out};
use crate::charset::is_printable_ascii;
use crate::edifact::{
    FirstSeparators, Lane, LanePlace, LaneSegment, LineCounter, OwnedSegment, Reader, Segment,
    WRAPPED, Work, breaks, is_tag, on_this_machine,
};
use crate::expr::Spot;
use crate::finding::{Code, Finding, Severity};
use crate::sequence::{
    Fault, Likely, Limits, Onward, Path, Place, Placement, Plan, Position, PositionId, Room,
    Sequencer, TagId,
};
use crate::span::Span;
use crate::spec::Specs;
use crate::tree::gather::{Document, Say, SegmentGatherer, SegmentPlan, Wants, WatchInput};

/// A segment that waits for its placement.
struct Waiting {
    segment: OwnedSegment,
    lines: LineCounter,
    number: u64,
}

/// A control total that was met.
struct Control {
    qualifier: Vec<u8>,
    value: Vec<u8>,
    span: Span,
    lines: LineCounter,
    number: u64,
    /// Its path; or so many places of the trace were taken before it is known.
    path: std::result::Result<String, usize>,
}

/// Whether all characters of a segment may be there, and need no closer look.
#[cold]
fn is_plain(env: &Env<'_>, out: &Out<'_>, clean: bool, segment: &[u8]) -> bool {
    if out.charset.holds_ascii() && is_printable_ascii(segment) {
        return true;
    }
    (clean || out.charset.holds(segment) && (env.guessed || !out.charset.may_hide(segment)))
        && (env.chars.is_none() || segment.is_ascii())
}

/// What [`MessageCheck::follow`] is to do.
struct Follow<'f, 'c, 's, 'd> {
    check: &'f mut MessageCheck<'c>,
    env: &'f Env<'f>,
    out: &'f mut Out<'s>,
    reader: &'f Reader<'d>,
    number: u64,
}

impl Work for Follow<'_, '_, '_, '_> {
    type Result = (u64, Option<LanePlace>);

    #[inline(always)]
    fn run(self) -> Self::Result {
        let (env, out, reader) = (self.env, self.out, self.reader);
        self.check.follow_lane(env, out, reader, self.number)
    }
}

/// What the check of one message leaves to the next.
#[derive(Debug, Default)]
pub(super) struct Spare {
    trace: Vec<Place>,
    placed: Vec<u64>,
    path: Option<Path>,
    room: Room,
}

/// Places of the trace: then they are followed.
const LONGEST_TRACE: usize = 1024;

/// Control totals of a message that are kept for its end, where they are compared.
const MOST_CONTROLS: usize = 100_000;

/// The check of one message against its definition.
pub(super) struct MessageCheck<'c> {
    compiled: &'c CompiledMessage,
    sequencer: Sequencer<'c>,
    /// As far as it was followed, and the places behind: a path is seldom asked for.
    path: Path,
    trace: Vec<Place>,
    waiting: VecDeque<Waiting>,
    /// How many segments stand at each position, without those in the trace.
    placed: Vec<u64>,
    /// The tag that was looked up last, packed, and what it was found to be.
    ahead: (u64, Option<TagId>),
    controls: Vec<Control>,
    watched: Option<Watched>,
    /// That places are searched no more was said.
    told_given_up: bool,
    /// That more control totals are not compared was said.
    controls_full: bool,
}

/// A message that is watched.
struct Watched {
    wants: Arc<dyn Wants>,
    gatherer: SegmentGatherer,
}

/// Where what a watcher finds goes.
pub(super) struct Told<'o, 's, 'a, 'd> {
    pub(super) out: &'o mut Out<'s>,
    pub(super) context: &'o Context<'a, 'd>,
}

/// A tag as text.
pub(super) fn tag_text(segment: &Segment<'_>) -> String {
    let tag = segment
        .tag()
        .iter()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'));
    tag.map(|byte| char::from(*byte)).collect()
}

impl<'c> MessageCheck<'c> {
    pub(super) fn new(compiled: &'c CompiledMessage, limits: Limits, spare: Spare) -> Self {
        let plan = &compiled.plan;
        let Spare {
            mut trace,
            mut placed,
            path,
            room,
        } = spare;
        let path = match path {
            Some(mut path) => {
                path.begin_again();
                path
            }
            None => Path::new(0),
        };
        trace.clear();
        trace.reserve(LONGEST_TRACE);
        placed.clear();
        placed.resize(plan.positions().len(), 0);
        Self {
            compiled,
            sequencer: Sequencer::in_room(plan, limits, room),
            path,
            trace,
            waiting: VecDeque::new(),
            placed,
            ahead: (0, None),
            controls: Vec::new(),
            watched: None,
            told_given_up: false,
            controls_full: false,
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
        let (_, _, syntax) = self.compiled.of;
        let projection = wants.projection();
        let plans = &wants.plans().segments;
        plans.get_or_init(|| SegmentPlan::new(projection, &self.compiled.plan, syntax));
        let listener = wants.listener(input);
        let gatherer = SegmentGatherer::new(projection.clone(), listener, document, spot);
        self.watched = Some(Watched { wants, gatherer });
    }

    /// Takes the next place.
    #[inline(always)]
    fn trace(&mut self, place: Place) {
        self.trace.push(place);
        if self.trace.len() >= LONGEST_TRACE {
            self.follow_trace();
        }
    }

    /// Has the path reach to the last place.
    fn follow_trace(&mut self) {
        let plan = &self.compiled.plan;
        let counts = (&mut self.placed, &mut self.controls);
        follow(plan, &mut self.path, &mut self.trace, counts);
    }

    /// Tells a watcher of a segment that has its place.
    fn tell(
        &mut self,
        out: &mut Out<'_>,
        segment: &Segment<'_>,
        number: u64,
        place: Place,
        context: &Context<'_, '_>,
    ) {
        let Some(watched) = &mut self.watched else {
            return;
        };
        if let Some(plans) = watched.wants.plans().segments.get() {
            let charset = out.charset;
            watched.gatherer.segment(
                plans,
                &self.compiled.plan,
                place,
                segment,
                number,
                charset,
                &|offset| context.locate(offset),
                &mut Told { out, context },
            );
        }
    }

    /// The id of a tag in this message.
    #[inline]
    pub(super) fn tag(&self, packed: Option<u64>) -> Option<TagId> {
        packed.and_then(|packed| self.compiled.plan.tag(packed))
    }

    /// Where the next segment ends at a line break, though its terminator does not stand there: the
    /// tag behind the break is one of the message and fits there, or what stands on the two lines
    /// makes no segment. Lines that may have been wrapped need both.
    #[cold]
    pub(super) fn lost_terminator(&self, env: &Env<'_>, segment: &Segment<'_>) -> Option<u64> {
        let plan = &self.compiled.plan;
        let tag = self.tag(segment.packed_tag())?;
        let name = tag_text(segment);
        let mut wrong = None;
        let mut is_wrong = || {
            *wrong.get_or_insert_with(|| {
                let mut places = (0..).zip(plan.positions());
                !places.any(|(at, position)| {
                    let mut good = *position.tag == *name;
                    if good {
                        let layout = self.compiled.layout(at);
                        let mut errors = Errors(false);
                        element::check(*env, layout, segment, &mut errors);
                        good = !errors.0;
                    }
                    good
                })
            })
        };
        breaks(segment).find_map(|found| {
            let next = self.tag(Some(found.tag))?;
            let fits = self.sequencer.may_follow(tag, next);
            let ends = if found.line < WRAPPED {
                fits || is_wrong()
            } else {
                fits && is_wrong()
            };
            ends.then_some(found.at)
        })
    }

    /// Takes the next segment and its packed tag; `next` is that of the one after it.
    #[inline]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn segment(
        &mut self,
        env: &Env<'_>,
        out: &mut Out<'_>,
        segment: &Segment<'_>,
        tag: Option<u64>,
        number: u64,
        next: Option<u64>,
        context: &Context<'_, '_>,
    ) {
        let tag = match tag {
            Some(packed) if packed == self.ahead.0 => self.ahead.1,
            packed => self.tag(packed),
        };
        let next = match next {
            Some(packed) => {
                self.ahead = (packed, self.compiled.plan.tag(packed));
                self.ahead.1
            }
            None => None,
        };
        let qualifier = |_: &str| self.compiled.qualifier(tag, segment);
        match self.sequencer.push(tag, next, &qualifier) {
            Some(place) => {
                self.trace(place);
                self.elements(env, out, segment, number, place.position, context);
                if self.watched.is_some() {
                    self.tell(out, segment, number, place, context);
                }
            }
            // It was decided at once.
            None if self.waiting.is_empty() && self.sequencer.has_resolved() => {
                let placement = self.sequencer.resolved().next().unwrap_or_default();
                self.settle(env, out, segment, number, &placement, context);
            }
            None => {
                let lines = context.counter_at(segment.offset());
                self.waiting.push_back(Waiting {
                    segment: OwnedSegment::from(*segment),
                    lines,
                    number,
                });
                self.settle_waiting(env, out);
            }
        }
    }

    /// Takes the segments in sight of the reader behind segment `number`, as long as each has one
    /// place that is certain and nothing is to be said of it; how many, and where the reader is
    /// behind the last. All others go through [`segment`](Self::segment).
    pub(super) fn follow(
        &mut self,
        env: &Env<'_>,
        out: &mut Out<'_>,
        reader: &Reader<'_>,
        number: u64,
    ) -> (u64, Option<LanePlace>) {
        on_this_machine(Follow {
            check: self,
            env,
            out,
            reader,
            number,
        })
    }

    #[inline(always)]
    fn follow_lane(
        &mut self,
        env: &Env<'_>,
        out: &mut Out<'_>,
        reader: &Reader<'_>,
        number: u64,
    ) -> (u64, Option<LanePlace>) {
        let (mut taken, mut reached) = (0, None);
        if !self.sequencer.may_be_certain() {
            return (0, None);
        }
        let (lane, mut ahead) = reader.lane();
        let clean = reader.are_blocks_clean();
        let plain = clean && env.chars.is_none();
        let mut lines = None;
        let mut room: FirstSeparators = [0; _];
        let compiled = self.compiled;
        let plan = &compiled.plan;
        let Some(mut here) = lane.next(&mut ahead).filter(|here| !here.is_service()) else {
            return (0, None);
        };
        let Some(mut tag) = plan.usual_tag(here.tag) else {
            return (0, None);
        };
        let Some(mut onward) = self.sequencer.onward(tag) else {
            return (0, None);
        };
        // What is called with a segment takes a copy of it: so this one stays in registers.
        while let Some(next) = lane.next(&mut ahead)
            && let Some(next_tag) = plan.usual_tag(next.tag)
        {
            let last = next.is_service();
            if last && part_of_message(u64::from(next.tag)).is_none() {
                break;
            }
            if !plain && !is_plain(env, out, clean, lane.bytes_of(here)) {
                break;
            }
            let likely = match self.sequencer.only(onward) {
                Some(likely) => likely,
                None => match self.qualified((tag, onward), &lane, here, taken) {
                    Some(likely) => likely,
                    None => break,
                },
            };
            let Some((certain, next_onward)) = self.sequencer.certain(likely, next_tag) else {
                break;
            };
            let position = certain.position();
            let Some(layout) = compiled.plain_layout(position) else {
                break;
            };
            let (separators, bits) = lane.separators(here, &mut room);
            let seen = Seen {
                data: lane.bytes(),
                separators,
                bits,
                values: here.values(),
                service: lane.service(),
            };
            if !glance::is_all_good(env, &mut out.memory, layout, seen) {
                out.memory.refuse(lane.segment(here, taken).offset());
                break;
            }
            debug_assert!(glance::is_silent(env, layout, &lane.segment(here, taken)));
            let place = self.sequencer.take(certain);
            self.trace(place);
            if self.watched.is_some() {
                let segment = lane.segment(here, taken);
                let at = segment.offset();
                let lines = match &mut lines {
                    Some(lines) => reader.count_on(lines, at),
                    None => lines.insert(reader.counter_at(at)),
                };
                let context = Context::Ahead(reader, lines);
                self.tell(out, &segment, number + taken + 1, place, &context);
            }
            taken += 1;
            reached = Some(here);
            if last {
                break;
            }
            (here, tag, onward) = (next, next_tag, next_onward);
        }
        (taken, reached.map(|last| lane.behind(last, taken - 1)))
    }

    /// The transition that the qualifier of a segment of a lane leaves.
    #[inline(never)]
    fn qualified(
        &self,
        (tag, onward): (TagId, Onward),
        lane: &Lane<'_>,
        here: LaneSegment,
        number: u64,
    ) -> Option<Likely> {
        self.sequencer.qualified((tag, onward), || {
            self.compiled
                .qualifier(Some(tag), &lane.segment(here, number))
        })
    }

    fn settle_waiting(&mut self, env: &Env<'_>, out: &mut Out<'_>) {
        if !self.sequencer.has_resolved() {
            return;
        }
        let placements: Vec<Placement> = self.sequencer.resolved().collect();
        for placement in placements {
            let Some(waiting) = self.waiting.pop_front() else {
                return;
            };
            let segment = waiting.segment.view();
            let context = Context::Kept(&waiting.lines, segment);
            self.settle(env, out, &segment, waiting.number, &placement, &context);
        }
    }

    /// Checks a segment whose place was searched for.
    fn settle(
        &mut self,
        env: &Env<'_>,
        out: &mut Out<'_>,
        segment: &Segment<'_>,
        number: u64,
        placement: &Placement,
        context: &Context<'_, '_>,
    ) {
        self.follow_trace();
        if !placement.faults.is_empty() {
            self.missing(out, segment.offset(), number, &placement.faults, context);
        }
        self.path.follow(&self.compiled.plan, placement);
        if !placement.faults.is_empty() {
            self.faults(out, segment, number, placement, context);
            if !self.told_given_up && self.sequencer.has_given_up() {
                self.told_given_up = true;
                let span = Span::new(segment.offset(), segment.tag().len() as u64);
                let mut finding = Finding::new(Code::ORDER_GIVEN_UP, span);
                finding.place.segment_number = Some(number);
                finding.place.segment = Some(tag_text(segment).into());
                out.send(finding, context);
            }
        }
        if let Some(position) = placement.position
            && !matches!(placement.faults.last(), Some(Fault::InsteadOf(_)))
        {
            self.placed[position as usize] += 1;
            self.elements(env, out, segment, number, position, context);
            if self.watched.is_some() && !placement.aside {
                let place = Place {
                    position,
                    keep: placement.keep,
                    repeat: placement.repeat,
                };
                self.tell(out, segment, number, place, context);
            }
        }
    }

    /// Checks the elements of a segment at its position.
    #[inline]
    fn elements(
        &mut self,
        env: &Env<'_>,
        out: &mut Out<'_>,
        segment: &Segment<'_>,
        number: u64,
        position: PositionId,
        context: &Context<'_, '_>,
    ) {
        let layout = self.compiled.layout(position);
        let compiled = self.compiled;
        if !glance::is_good(env, &mut out.memory, layout, segment) {
            let mut heard = Heard {
                plan: &compiled.plan,
                path: &mut self.path,
                trace: &mut self.trace,
                counts: (&mut self.placed, &mut self.controls),
                layout,
                segment,
                at: (number, position),
                out,
                told: (env.specs, context),
            };
            element::check(*env, layout, segment, &mut heard);
            self.unusual(out, segment, number, position, context);
        }
        match compiled.role(position) {
            Role::ControlTotal if self.controls.len() >= MOST_CONTROLS => {
                if !std::mem::replace(&mut self.controls_full, true) {
                    let span = Span::new(segment.offset(), segment.tag().len() as u64);
                    let mut finding = Finding::new(Code::CONTROL_TOTALS_UNCHECKED, span);
                    self.follow_trace();
                    self.place(&mut finding, segment, number, position);
                    out.send(finding, context);
                }
            }
            Role::ControlTotal => {
                if let (Some(qualifier), Some(token)) = (segment.get(0, 0), segment.token(0, 1)) {
                    self.controls.push(Control {
                        qualifier: qualifier.into_owned(),
                        value: token.value().into_owned(),
                        span: Span::new(token.offset, token.bytes.len() as u64),
                        lines: context.counter_at(segment.offset()),
                        number,
                        path: match self.trace.len() {
                            0 => Ok(self.path.segment(&compiled.plan, position)),
                            taken => Err(taken),
                        },
                    });
                }
            }
            Role::Section => self.section(out, segment, number, position, context),
            Role::Plain => {}
        }
    }

    /// Line breaks in a segment, and explicit nesting.
    #[cold]
    fn unusual(
        &mut self,
        out: &mut Out<'_>,
        segment: &Segment<'_>,
        number: u64,
        position: PositionId,
        context: &Context<'_, '_>,
    ) {
        let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let broken = segment.has_specials().then_some(segment.bytes());
        if let Some(at) = broken
            .filter(|_| !out.has_break())
            .and_then(|bytes| bytes.iter().position(is_break))
            && out.first_break()
        {
            let span = Span::new(segment.offset() + at as u64, 1);
            let mut finding = Finding::new(Code::LINE_BREAK_IN_VALUE, span);
            self.follow_trace();
            self.place(&mut finding, segment, number, position);
            out.send(finding, context);
        }
        // Explicit nesting stands in the tag.
        let (data, separators, service) = segment.raw();
        if data[separators[0] as usize] == service.component {
            self.follow_trace();
            self.nesting(out, segment, number, position, context);
        }
    }

    fn place(
        &self,
        finding: &mut Finding,
        segment: &Segment<'_>,
        number: u64,
        position: PositionId,
    ) {
        finding.place.segment_number = Some(number);
        finding.place.segment = Some(tag_text(segment).into());
        finding.place.path = Some(self.path.segment(&self.compiled.plan, position).into());
    }

    /// What is missing before `at`, where the segment of number `before` stands or would.
    fn missing(
        &self,
        out: &mut Out<'_>,
        at: u64,
        before: u64,
        faults: &[Fault],
        context: &Context<'_, '_>,
    ) {
        let plan = &self.compiled.plan;
        for fault in faults {
            let code = match fault {
                Fault::MissingSegment(_) => Code::MISSING_SEGMENT,
                Fault::MissingGroup(_) => Code::MISSING_GROUP,
                _ => continue,
            };
            if out.counts(code, code.severity()) {
                continue;
            }
            let (finding, path, tag) = match *fault {
                Fault::MissingSegment(position) => {
                    let position = plan.position(position);
                    let finding = Finding::new(Code::MISSING_SEGMENT, Span::at(at))
                        .with("segment", &position.tag);
                    (
                        finding,
                        self.path.missing(plan, position.group, &position.name),
                        position.tag.clone(),
                    )
                }
                Fault::MissingGroup(group) => {
                    let held = plan.group(group);
                    let trigger = plan
                        .positions()
                        .iter()
                        .find(|position| position.group == group);
                    let tag = trigger.map_or("", |position| &*position.tag);
                    let finding = Finding::new(Code::MISSING_GROUP, Span::at(at))
                        .with("group", &held.id)
                        .with("segment", tag);
                    (
                        finding,
                        self.path.missing(plan, held.parent, &held.name),
                        tag.into(),
                    )
                }
                _ => continue,
            };
            let mut finding = finding;
            finding.place.segment_number = Some(before);
            finding.place.segment = Some(tag);
            finding.place.path = Some(path.into());
            out.send(finding, context);
        }
    }

    /// What is wrong with the place of a segment itself.
    fn faults(
        &self,
        out: &mut Out<'_>,
        segment: &Segment<'_>,
        number: u64,
        placement: &Placement,
        context: &Context<'_, '_>,
    ) {
        let plan = &self.compiled.plan;
        let mut tag = String::new();
        let has_tag = has_tag(segment);
        let span = Span::new(segment.offset(), segment.tag().len() as u64);
        for fault in &placement.faults {
            let code = match fault {
                Fault::MissingSegment(_) | Fault::MissingGroup(_) => continue,
                Fault::TooManySegments(_) => Code::TOO_MANY_SEGMENTS,
                Fault::TooManyGroups(_) => Code::TOO_MANY_GROUPS,
                Fault::OutOfOrder(_) => Code::OUT_OF_ORDER,
                Fault::Unexpected => Code::UNEXPECTED_SEGMENT,
                Fault::Unknown | Fault::InsteadOf(_) if !has_tag => Code::INVALID_TAG,
                Fault::Unknown => Code::UNKNOWN_SEGMENT,
                Fault::InsteadOf(_) => Code::INSTEAD_OF,
            };
            if out.counts(code, code.severity()) {
                continue;
            }
            if tag.is_empty() {
                tag = tag_text(segment);
            }
            let finding = match *fault {
                Fault::MissingSegment(_) | Fault::MissingGroup(_) => continue,
                Fault::TooManySegments(position) => Finding::new(Code::TOO_MANY_SEGMENTS, span)
                    .with("max", plan.position(position).max),
                Fault::TooManyGroups(group) => Finding::new(Code::TOO_MANY_GROUPS, span)
                    .with("group", &plan.group(group).id)
                    .with("max", plan.group(group).max),
                Fault::OutOfOrder(_) => Finding::new(Code::OUT_OF_ORDER, span),
                Fault::Unexpected => Finding::new(Code::UNEXPECTED_SEGMENT, span),
                Fault::Unknown if !has_tag => {
                    let mut finding = Finding::new(Code::INVALID_TAG, span);
                    finding.value = Some(out.value(segment.tag()));
                    finding
                }
                Fault::Unknown => Finding::new(Code::UNKNOWN_SEGMENT, span).with(
                    "message",
                    self.compiled.name.split('@').next().unwrap_or(""),
                ),
                Fault::InsteadOf(position) => {
                    let mut finding =
                        Finding::new(code, span).with("expected", &plan.position(position).tag);
                    finding.value = (code == Code::INVALID_TAG).then(|| out.value(segment.tag()));
                    finding
                }
            };
            let mut finding = finding.with_content("segment", &tag);
            finding.place.segment_number = Some(number);
            finding.place.segment = Some(tag.as_str().into());
            finding.place.path = Some(match (placement.position, fault) {
                (_, Fault::InsteadOf(_)) | (None, _) => self.path.stray(plan, &tag).into(),
                (Some(position), _) => self.path.segment(plan, position).into(),
            });
            out.send(finding, context);
        }
    }

    /// Explicit nesting and repetition in the tag (`LOC:1:2`; ISO 9735 clause 8.3) against the
    /// place of the segment: the repetitions of its groups, outermost first, and its own.
    fn nesting(
        &self,
        out: &mut Out<'_>,
        segment: &Segment<'_>,
        number: u64,
        position: PositionId,
        context: &Context<'_, '_>,
    ) {
        let parts = segment.nesting();
        let said: Option<Vec<u32>> = parts
            .iter()
            .map(|part| {
                std::str::from_utf8(part.bytes)
                    .ok()
                    .and_then(|digits| digits.parse().ok())
            })
            .collect();
        let place = self.path.nesting(&self.compiled.plan, position);
        // Trailing levels may be left out.
        if said.as_ref().is_some_and(|said| place.starts_with(said))
            || out.counts(Code::NESTING_MISMATCH, Code::NESTING_MISMATCH.severity())
        {
            return;
        }
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            return;
        };
        let len = last.offset + last.bytes.len() as u64 - first.offset;
        let from = (first.offset - segment.offset()) as usize;
        let mut finding = Finding::new(Code::NESTING_MISMATCH, Span::new(first.offset, len));
        finding.value = Some(out.value(&segment.bytes()[from..from + len as usize]));
        let expected: Vec<String> = place.iter().map(u32::to_string).collect();
        finding = finding.with("expected", expected.join(":"));
        self.place(&mut finding, segment, number, position);
        out.send(finding, context);
    }

    /// UNS names the section that begins: D where there are two, S for the last.
    fn section(
        &mut self,
        out: &mut Out<'_>,
        segment: &Segment<'_>,
        number: u64,
        position: PositionId,
        context: &Context<'_, '_>,
    ) {
        let sections = &self.compiled.sections;
        if sections.len() != 2 {
            return;
        }
        let expected: &[u8] = if sections.first() == Some(&position) {
            b"D"
        } else {
            b"S"
        };
        let Some(token) = segment.token(0, 0) else {
            return;
        };
        let code = Code::SECTION_ORDER;
        if token.bytes != expected && !token.bytes.is_empty() && !out.counts(code, code.severity())
        {
            let mut finding = Finding::new(code, Span::new(token.offset, token.bytes.len() as u64))
                .with("segment", "UNS")
                .with("expected", String::from_utf8_lossy(expected));
            finding.value = Some(out.value(token.bytes));
            self.follow_trace();
            self.place(&mut finding, segment, number, position);
            finding.place.element = Some(1);
            out.send(finding, context);
        }
    }

    /// Ends the message of so many `segments` at offset `at`: what waits is settled, what is missing is said, totals are
    /// compared.
    pub(super) fn finish(
        mut self,
        env: &Env<'_>,
        out: &mut Out<'_>,
        at: u64,
        segments: u64,
        context: &Context<'_, '_>,
    ) -> Spare {
        let faults = self.sequencer.finish();
        self.settle_waiting(env, out);
        if !faults.is_empty() {
            self.follow_trace();
            self.missing(out, at, segments + 1, &faults, context);
        }
        if let Some(mut watched) = self.watched.take() {
            watched.gatherer.end(&mut Told { out, context });
        }
        if !self.controls.is_empty() {
            self.totals(env, out);
        }
        Spare {
            trace: self.trace,
            placed: self.placed,
            path: Some(self.path),
            room: self.sequencer.into_room(),
        }
    }

    /// Compares the control totals with what was counted.
    fn totals(&mut self, env: &Env<'_>, out: &mut Out<'_>) {
        let Some(table) = env.compiled.control_totals(env.specs) else {
            return;
        };
        let plan = &self.compiled.plan;
        let mut at = 0;
        while at < self.controls.len() {
            let control = &self.controls[at];
            at += 1;
            let Some(row) = std::str::from_utf8(&control.qualifier)
                .ok()
                .and_then(|code| table.get(code))
            else {
                continue;
            };
            let (tag, what) = (row.get("segment"), row.en());
            let in_groups = row.get("place") == "group";
            let is_counted =
                |position: &Position| *position.tag == *tag && (!in_groups || position.group != 0);
            let positions = plan.positions();
            if !positions.iter().any(is_counted) {
                continue;
            }
            let followed = positions.iter().zip(&self.placed);
            let followed = followed.filter(|(position, _)| is_counted(position));
            let ahead = self.trace.iter();
            let ahead = ahead.filter(|place| is_counted(&positions[place.position as usize]));
            let counted = followed.map(|(_, count)| count).sum::<u64>() + ahead.count() as u64;
            let said = std::str::from_utf8(&control.value)
                .ok()
                .and_then(|digits| digits.trim().parse::<u64>().ok());
            if said.is_none_or(|said| said == counted) {
                continue;
            }
            self.follow_trace();
            let control = &self.controls[at - 1];
            let path = control.path.as_deref().unwrap_or_default();
            let mut finding = Finding::new(Code::CONTROL_TOTAL, control.span)
                .with("qualifier", row.code())
                .with("counted", counted)
                .with("what", what)
                .with("what_zh", if row.zh().is_empty() { what } else { row.zh() });
            finding.value = Some(out.value(&control.value));
            finding.place.segment_number = Some(control.number);
            finding.place.element = Some(1);
            finding.place.component = Some(2);
            finding.place.segment = Some("CNT".into());
            finding.place.path = Some(format!("{path}/C_C270/D_6066").into());
            let context = Context::Counted(&control.lines, control.span.start);
            out.send(finding, &context);
        }
    }
}

impl Say for Told<'_, '_, '_, '_> {
    fn wants(&mut self, rule: &str, severity: Severity) -> bool {
        self.out.count_rule(rule, severity)
    }

    fn say(&mut self, finding: Finding) {
        self.out.send_of_rule(finding, self.context);
    }

    fn not_evaluated(&mut self, count: u64) {
        self.out.totals.not_evaluated += count;
    }
}

/// Follows the places of a trace, which is empty then.
#[cold]
fn follow(
    plan: &Plan,
    path: &mut Path,
    trace: &mut Vec<Place>,
    (placed, controls): (&mut Vec<u64>, &mut Vec<Control>),
) {
    path.reach(plan.positions().len());
    // Those that have no path yet are the last.
    let known = controls.iter().rposition(|control| control.path.is_ok());
    let mut waiting = known.map_or(0, |at| at + 1);
    for (place, taken) in trace.drain(..).zip(1..) {
        path.place(plan, place);
        placed[place.position as usize] += 1;
        if let Some(control) = controls.get_mut(waiting)
            && control.path == Err(taken)
        {
            control.path = Ok(path.segment(plan, place.position));
            waiting += 1;
        }
    }
}

/// Whether the tag of a segment, without line breaks, is written as tags are.
fn has_tag(segment: &Segment<'_>) -> bool {
    let tag = segment.packed_tag().map(u64::to_be_bytes);
    tag.is_some_and(|[others @ .., a, b, c]| others == [0; 5] && is_tag(&[a, b, c]))
}

/// Hears of the elements of a segment, whose place is followed only as far as it is told.
struct Heard<'h, 'a, 'd, 's> {
    plan: &'h Plan,
    path: &'h mut Path,
    trace: &'h mut Vec<Place>,
    counts: (&'h mut Vec<u64>, &'h mut Vec<Control>),
    layout: &'h Layout,
    segment: &'h Segment<'h>,
    at: (u64, PositionId),
    out: &'h mut Out<'s>,
    told: (&'h Specs, &'h Context<'a, 'd>),
}

impl<'t> Hear<'t> for Heard<'_, '_, '_, '_> {
    fn has_enough(&mut self, code: Code, _: usize) -> bool {
        // Of a list that is not held the first only is looked at.
        code != Code::CODE_LIST_NOT_HELD && self.out.counts(code, code.severity())
    }

    fn hear(&mut self, trouble: Trouble<'t>) {
        let (plan, (number, position)) = (self.plan, self.at);
        let counts = (&mut *self.counts.0, &mut *self.counts.1);
        follow(plan, self.path, self.trace, counts);
        let place = Where {
            tag: tag_text(self.segment),
            number: Some(number),
            path: self.path.segment(plan, position),
        };
        let (specs, context) = self.told;
        report(specs, self.out, self.layout, trouble, place, context);
    }
}

/// Whether there was an error: nothing is told.
struct Errors(bool);

impl<'t> Hear<'t> for Errors {
    fn has_enough(&mut self, _: Code, _: usize) -> bool {
        self.0
    }

    fn hear(&mut self, trouble: Trouble<'t>) {
        self.0 |= trouble.severity == Severity::Error;
    }
}

/// Where a segment stands, for a finding about its elements.
pub(super) struct Where {
    pub tag: String,
    pub number: Option<u64>,
    pub path: String,
}

/// Makes a finding of what is wrong in a segment's elements.
#[cold]
#[inline(never)]
pub(super) fn report(
    specs: &Specs,
    out: &mut Out<'_>,
    layout: &Layout,
    trouble: Trouble<'_>,
    place: Where,
    context: &Context<'_, '_>,
) {
    let code = trouble.code;
    if code == Code::CODE_LIST_NOT_HELD && !out.first_of_list(&trouble.args) {
        return;
    }
    if out.counts(code, trouble.severity) {
        return;
    }
    let mut finding = Finding::new(code, Span::new(trouble.offset, trouble.raw.len() as u64));
    if !trouble.raw.is_empty() {
        finding.value = Some(out.value(&trouble.value));
    }
    let table = trouble.args.iter().find(|(name, _)| *name == "table");
    let near = match (table, std::str::from_utf8(&trouble.value)) {
        (Some((_, table)), Ok(value)) if out.wants(code) => specs.near_codes(table, value),
        _ => String::new(),
    };
    if !near.is_empty() {
        finding = finding.with_content("near", near);
    }
    for (name, text) in trouble.args {
        let content = matches!(name, "list" | "agency" | "format");
        finding = if content {
            finding.with_content(name, text)
        } else {
            finding.with(name, text)
        };
    }
    finding.severity = trouble.severity;
    finding.place.element = Some(trouble.element as u32 + 1);
    finding.place.repetition = (trouble.repetition > 1).then_some(trouble.repetition);
    let mut path = place.path;
    match layout.parts.get(trouble.element) {
        Some(part) => {
            path.push('/');
            path.push_str(&part.name);
            if trouble.repetition > 1 {
                path.push_str(&format!("[{}]", trouble.repetition));
            }
            if part.composite
                && let Some(component) = trouble.component
            {
                finding.place.component = Some(component as u32 + 1);
                path.push('/');
                match layout.components[part.components.clone()].get(component) {
                    Some(component) => path.push_str(&component.name),
                    None => path.push_str(&format!("{}", component + 1)),
                }
            }
        }
        None => path.push_str(&format!("/{}", trouble.element + 1)),
    }
    finding.place.segment_number = place.number;
    finding.place.segment = Some(place.tag.into());
    finding.place.path = Some(path.into());
    out.send(finding, context);
}
