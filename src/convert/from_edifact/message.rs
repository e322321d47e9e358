//! A message: its segments in their groups.

use std::collections::VecDeque;

use super::plain::{Ahead, is_usual, write_usual};
use super::{At, FromEdifact, is_service, tag_text};
use crate::Result;
use crate::convert::event::{Sink, fault};
use crate::convert::names::Definition;
use crate::edifact::{Item, OwnedSegment, Peek};
use crate::finding::Code;
use crate::sequence::{Fault, GroupId, Limits, Placement, Sequencer, TagId};
use crate::span::LineColumn;

/// What waits for the place of a segment before it, or its own.
enum Held {
    Segment(OwnedSegment, LineColumn),
    Skipped(Box<[u8]>, bool),
}

/// The open groups of a message, the message itself first.
struct Open<'p> {
    definition: &'p Definition,
    groups: Vec<u16>,
}

impl<S: Sink> FromEdifact<'_, '_, '_, S> {
    /// A message of a known definition.
    pub(super) fn known(&mut self, definition: &Definition) -> Result<()> {
        self.out.start_known(&definition.root)?;
        let plan = &definition.plan;
        let mut sequencer = Sequencer::new(plan, Limits::default());
        let mut held: VecDeque<Held> = VecDeque::new();
        let mut open = Open {
            definition,
            groups: vec![0],
        };
        let mut first = true;
        // The tag that was seen ahead, which is the next to come.
        let mut ahead: (Option<u64>, Option<TagId>) = (None, None);
        loop {
            // The reader stands on a piece of the message.
            let peek = self.reader.peek();
            let mut kept = None;
            let next = match peek {
                Peek::Tag(tag) => Some(tag),
                Peek::Nothing => None,
                Peek::OutOfSight => {
                    let Some(segment) = self.reader.current_segment() else {
                        break;
                    };
                    let at = self.reader.locate(segment.offset());
                    kept = Some((OwnedSegment::from(segment), at));
                    self.reader.look_ahead()?;
                    match self.reader.peek() {
                        Peek::Tag(tag) => Some(tag),
                        _ => None,
                    }
                }
            };
            let next = next.filter(|packed| !ends_message(*packed));
            let segment = match &kept {
                Some((kept, _)) => kept.view(),
                None => match self.reader.current_segment() {
                    Some(segment) => segment,
                    None => break,
                },
            };
            let id = match segment.packed_tag() {
                None => None,
                packed if packed == ahead.0 => ahead.1,
                Some(packed) => plan.tag(packed),
            };
            ahead = (next, next.and_then(|packed| plan.tag(packed)));
            let next = ahead.1;
            let value = segment.first_value();
            let qualifier = |_: &str| value;
            let last = matches!(segment.tag(), b"UNT" | b"UIT");
            match sequencer.push(id, next, &qualifier) {
                Some(place) => {
                    enter(
                        self.out,
                        &mut open,
                        place.position,
                        place.keep,
                        place.repeat,
                    )?;
                    let layout = definition.layout(place.position);
                    if self.out.asks_places() {
                        let at = match &kept {
                            Some((_, at)) => *at,
                            None => self.reader.locate(segment.offset()),
                        };
                        self.out.place(segment.span(), at);
                    }
                    let clean = kept.is_none() && self.reader.is_clean();
                    // The first after a header of an interchange tells of separators.
                    if !(first && self.fresh) && is_usual(&segment, clean) {
                        let (beyond, charset) = (&self.beyond, self.charset);
                        let faults =
                            write_usual(self.out, beyond, &segment, layout, None, charset)?;
                        if !faults.is_empty() {
                            let at = match &kept {
                                Some((_, at)) => *at,
                                None => self.reader.locate(segment.offset()),
                            };
                            let tag = tag_text(&segment);
                            let (offset, len) = (segment.offset(), segment.span().len);
                            for finding in faults {
                                let finding = finding.with_content("segment", &tag);
                                self.tell(finding, offset, len, At::Known(at));
                            }
                        }
                    } else {
                        let at = kept.as_ref().map_or(LineColumn::default(), |(_, at)| *at);
                        let known = kept.is_some();
                        let owned = OwnedSegment::from(segment);
                        let at = if known { At::Known(at) } else { At::Reader };
                        self.segment(&owned.view(), Some(layout), at)?;
                    }
                }
                None => {
                    let at = match &kept {
                        Some((_, at)) => *at,
                        None => self.reader.locate(segment.offset()),
                    };
                    held.push_back(Held::Segment(OwnedSegment::from(segment), at));
                    self.settle(&mut sequencer, &mut held, &mut open)?;
                }
            }
            first = false;
            if !last && held.is_empty() {
                self.follow(&mut sequencer, &mut open)?;
            }
            if last || !self.next_of_message(&mut held)? {
                break;
            }
        }
        sequencer.finish();
        self.settle(&mut sequencer, &mut held, &mut open)?;
        self.skipped(&mut held)?;
        for group in open.groups.drain(1..).rev() {
            self.out.close(definition.group(group))?;
        }
        self.out.end()
    }

    /// Writes the segments in sight, as long as each is plain and has one place that is certain.
    fn follow(&mut self, sequencer: &mut Sequencer<'_>, open: &mut Open<'_>) -> Result<()> {
        if !self.reader.are_blocks_clean() || !sequencer.may_be_certain() {
            return Ok(());
        }
        let definition = open.definition;
        let plan = &definition.plan;
        let (lane, mut coming) = self.reader.lane();
        let Some(mut here) = lane.next(&mut coming).filter(|here| !here.is_service()) else {
            return Ok(());
        };
        let Some(mut tag) = plan.usual_tag(here.tag) else {
            return Ok(());
        };
        let Some(mut onward) = sequencer.onward(tag) else {
            return Ok(());
        };
        let mut segment = lane.segment(here, 0);
        let (mut reached, mut taken) = (None, 0);
        let mut told = None;
        let mut places = match self.out.asks_places() {
            true => Some(self.reader.counter_at(segment.offset())),
            false => None,
        };
        let mut ahead = places.as_ref().map(|_| Ahead::default());
        while let Some(next) = lane.next(&mut coming).filter(|next| !next.is_service())
            && let Some(next_tag) = plan.usual_tag(next.tag)
            && is_usual(&segment, true)
            && let Some(likely) = sequencer
                .only(onward)
                .or_else(|| sequencer.qualified((tag, onward), || segment.first_value()))
            && let Some((certain, next_onward)) = sequencer.certain(likely, next_tag)
        {
            let place = sequencer.take(certain);
            enter(self.out, open, place.position, place.keep, place.repeat)?;
            if let Some(places) = &mut places {
                // What was passed is plain: only between segments there may be line breaks.
                let (from, at) = (segment.start_offset(), segment.offset());
                places.advance_plain(from.saturating_sub(places.offset));
                self.out
                    .place(segment.span(), self.reader.count_on(places, at).at());
            }
            let layout = definition.layout(place.position);
            let text = ahead.as_mut().and_then(|ahead| ahead.of(&segment));
            let (beyond, charset) = (&self.beyond, self.charset);
            let faults = write_usual(self.out, beyond, &segment, layout, text, charset)?;
            reached = Some(here);
            taken += 1;
            if !faults.is_empty() {
                told = Some((faults, segment));
                break;
            }
            (here, tag, onward) = (next, next_tag, next_onward);
            segment = lane.segment(here, taken);
        }
        let reached = reached.map(|last| lane.behind(last, taken - 1));
        let told = told.map(|(faults, segment)| {
            let at = self.reader.locate(segment.offset());
            (faults, tag_text(&segment), segment.span(), at)
        });
        if let Some(reached) = reached {
            self.reader.leave_lane(reached);
        }
        if let Some((faults, tag, span, at)) = told {
            for finding in faults {
                let finding = finding.with_content("segment", &tag);
                self.tell(finding, span.start, span.len, At::Known(at));
            }
        }
        Ok(())
    }

    /// Moves to the next segment of the message; false where it ends.
    fn next_of_message(&mut self, held: &mut VecDeque<Held>) -> Result<bool> {
        loop {
            let more = self.reader.advance()?;
            if self.reader.has_findings() {
                self.findings_of();
            }
            if !more {
                return Ok(false);
            }
            if let Some(segment) = self.reader.current_segment() {
                let ends = segment.tag().first() == Some(&b'U') && is_service(segment.tag());
                if ends {
                    self.reader.unread();
                }
                return Ok(!ends);
            }
            let piece = match self.reader.current() {
                Some(Item::Skipped(piece)) => (piece.bytes.to_vec(), false),
                Some(Item::Object(piece)) => (piece.bytes.to_vec(), true),
                Some(Item::Una(_)) => {
                    self.reader.unread();
                    return Ok(false);
                }
                _ => continue,
            };
            if held.is_empty() {
                self.raw(if piece.1 { "b:Object" } else { "b:Skipped" }, &piece.0)?;
            } else {
                held.push_back(Held::Skipped(piece.0.into(), piece.1));
            }
        }
    }

    /// Writes what waited and stands first.
    fn skipped(&mut self, held: &mut VecDeque<Held>) -> Result<()> {
        while let Some(Held::Skipped(bytes, object)) = held.front() {
            let (bytes, object) = (bytes.clone(), *object);
            held.pop_front();
            self.raw(if object { "b:Object" } else { "b:Skipped" }, &bytes)?;
        }
        Ok(())
    }

    /// Writes segments whose places were decided.
    fn settle(
        &mut self,
        sequencer: &mut Sequencer<'_>,
        held: &mut VecDeque<Held>,
        open: &mut Open<'_>,
    ) -> Result<()> {
        if !sequencer.has_resolved() {
            return Ok(());
        }
        let placements: Vec<Placement> = sequencer.resolved().collect();
        for placement in placements {
            self.skipped(held)?;
            let Some(Held::Segment(kept, at)) = held.pop_front() else {
                return Ok(());
            };
            let segment = kept.view();
            let mut layout = None;
            if let Some(position) = placement.position.filter(|_| !placement.aside) {
                enter(self.out, open, position, placement.keep, placement.repeat)?;
                if !matches!(placement.faults.last(), Some(Fault::InsteadOf(_))) {
                    layout = Some(open.definition.layout(position));
                }
            }
            if layout.is_none() {
                let finding = fault(Code::CONVERT_UNPLACED)
                    .with_content("segment", tag_text(&segment))
                    .with("message", &open.definition.label);
                self.tell(finding, segment.offset(), segment.span().len, At::Known(at));
            }
            if self.out.asks_places() {
                self.out.place(segment.span(), at);
            }
            self.segment(&segment, layout, At::Known(at))?;
        }
        self.skipped(held)
    }

    /// A message without a definition: its header has names, the rest only numbers.
    pub(super) fn unknown(&mut self) -> Result<()> {
        self.out.start("b:Message", true)?;
        let mut held = VecDeque::new();
        while let Some(segment) = self.reader.current_segment() {
            let kept = OwnedSegment::from(segment);
            let segment = kept.view();
            let tag = segment.tag();
            let layout = match tag {
                b"UNH" | b"UIH" | b"UNT" | b"UIT" => self.service_layout(&segment)?,
                _ => None,
            };
            let last = matches!(tag, b"UNT" | b"UIT");
            self.segment(&segment, layout.as_deref(), At::Reader)?;
            if last || !self.next_of_message(&mut held)? {
                break;
            }
        }
        self.out.end()
    }
}

/// Closes and opens groups so that a segment at `position` can stand.
#[inline(always)]
fn enter<S: Sink>(
    out: &mut S,
    open: &mut Open<'_>,
    position: u16,
    keep: u16,
    repeat: bool,
) -> Result<()> {
    let stay = usize::from(keep).saturating_sub(usize::from(repeat)).max(1);
    let group = open.definition.around(position);
    if open.groups.len() == stay && open.groups.last() == Some(&group) {
        return Ok(());
    }
    enter_groups(out, open, group, stay)
}

fn enter_groups<S: Sink>(
    out: &mut S,
    open: &mut Open<'_>,
    group: GroupId,
    stay: usize,
) -> Result<()> {
    while open.groups.len() > stay {
        let group = open.groups.pop().unwrap_or_default();
        out.close(open.definition.group(group))?;
    }
    if open.groups.last() == Some(&group) {
        return Ok(());
    }
    let plan = &open.definition.plan;
    let from = open.groups.len();
    let path = plan.path_of(group);
    if from > 0 && path.get(from - 1) == open.groups.last() {
        for group in path.get(from..).unwrap_or_default() {
            open.groups.push(*group);
            out.open(open.definition.group(*group))?;
        }
        return Ok(());
    }
    let mut at = group;
    while at != 0 && !open.groups[..from].contains(&at) {
        open.groups.push(at);
        at = plan.group(at).parent;
    }
    open.groups[from..].reverse();
    for group in &open.groups[from..] {
        out.open(open.definition.group(*group))?;
    }
    Ok(())
}

/// Whether a packed tag is one of [`is_service`].
#[inline]
fn ends_message(packed: u64) -> bool {
    let [.., a, b, c] = packed.to_be_bytes();
    a == b'U' && is_service(&[a, b, c])
}
