//! Facts from the segments of a message in UN/EDIFACT, each told when it has been placed.

use std::sync::Arc;

use super::groups::{self, OpenGroups};
use super::{Document, Gathering, Listener, Projection, Say, WantedId};
use crate::charset::Charset;
use crate::edifact::{End, Segment};
use crate::expr::Spot;
use crate::sequence::{Place, Plan};
use crate::span::{LineColumn, Span};

/// A component that is wanted.
#[derive(Clone, Copy, Debug)]
struct Component {
    at: usize,
    wanted: WantedId,
}

/// What is wanted of the element at one place of a segment.
#[derive(Clone, Debug)]
struct Element {
    at: usize,
    wanted: WantedId,
    /// Where it is a composite.
    components: Option<Box<[Component]>>,
}

/// What a position gives.
#[derive(Clone, Debug)]
struct Given {
    segment: WantedId,
    elements: Box<[Element]>,
}

/// What the positions and groups of a plan give.
#[derive(Debug)]
pub(crate) struct SegmentPlan {
    positions: Vec<Option<Given>>,
    groups: Vec<Option<WantedId>>,
}

/// Places that an element may take in a segment before syntax version 4.
const MOST_PLACES: u32 = 999;

impl SegmentPlan {
    pub(crate) fn new(projection: &Projection, plan: &Plan, syntax: u8) -> Self {
        let groups = groups::wanted(projection, plan);
        let positions = plan.positions().iter().map(|position| {
            let around = groups[position.group as usize]?;
            let segment = projection.find(around, &position.name)?;
            Some(Given {
                segment,
                elements: elements(projection, segment, syntax),
            })
        });
        Self {
            positions: positions.collect(),
            groups,
        }
    }
}

fn elements(projection: &Projection, segment: WantedId, syntax: u8) -> Box<[Element]> {
    let mut found = Vec::new();
    let mut at = 0;
    for child in projection.outlined(segment) {
        let places = if syntax >= 4 {
            1
        } else {
            child.max.clamp(1, MOST_PLACES)
        };
        if let Some(wanted) = projection.find(segment, &child.name) {
            let is_composite = matches!(projection.kind(wanted), crate::expr::Kind::Record(_));
            let components = is_composite.then(|| {
                let inner = projection.outlined(wanted).iter().enumerate();
                let inner = inner.filter_map(|(at, child)| {
                    let wanted = projection.find(wanted, &child.name)?;
                    Some(Component { at, wanted })
                });
                inner.collect()
            });
            for place in 0..places as usize {
                found.push(Element {
                    at: at + place,
                    wanted,
                    components: components.clone(),
                });
            }
        }
        at += places as usize;
    }
    found.into()
}

/// Gathers from one message.
pub(crate) struct SegmentGatherer {
    gathering: Gathering,
    groups: OpenGroups,
}

impl SegmentGatherer {
    /// A message begins at `spot`.
    pub(crate) fn new(
        projection: Arc<Projection>,
        listener: Box<dyn Listener>,
        document: &Document,
        spot: Spot,
    ) -> Self {
        let mut gathering = Gathering::new(projection, listener);
        gathering.begin(document, spot);
        Self {
            gathering,
            groups: OpenGroups::new(),
        }
    }

    /// A segment has been placed.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn segment(
        &mut self,
        plans: &SegmentPlan,
        plan: &Plan,
        place: Place,
        segment: &Segment<'_>,
        number: u64,
        charset: Charset,
        locate: &dyn Fn(u64) -> LineColumn,
        say: &mut dyn Say,
    ) {
        let group = plan.position(place.position).group;
        let moves = self.groups.moves(place, group);
        let given = plans.positions[place.position as usize].as_ref();
        if !moves && given.is_none() {
            return;
        }
        let head = || Spot {
            span: Span::new(segment.offset(), segment.tag().len() as u64),
            at: locate(segment.offset()),
        };
        self.gathering.set_number(Some(number));
        if moves {
            let gathering = &mut self.gathering;
            self.groups
                .move_to(gathering, &plans.groups, plan, place, &head, say);
        }
        if let Some(given) = given {
            self.gathering.open(given.segment, head());
            self.elements(given, segment, charset, locate, say);
            self.gathering.close(say);
        }
    }

    fn elements(
        &mut self,
        given: &Given,
        segment: &Segment<'_>,
        charset: Charset,
        locate: &dyn Fn(u64) -> LineColumn,
        say: &mut dyn Say,
    ) {
        let Some(last) = given.elements.last().map(|element| element.at) else {
            return;
        };
        let (mut element, mut component) = (0, 0);
        // Whether a composite is open: it is opened by its first value.
        let mut open = false;
        for token in segment.element_tokens() {
            if element > last {
                break;
            }
            let wanted = given.elements.binary_search_by_key(&element, |of| of.at);
            if let Ok(at) = wanted
                && !token.bytes.is_empty()
            {
                let of = &given.elements[at];
                let to = match &of.components {
                    None => (component == 0).then_some(of.wanted),
                    Some(components) => {
                        if !std::mem::replace(&mut open, true) {
                            let spot = Spot {
                                span: Span::new(token.offset, token.bytes.len() as u64),
                                at: locate(token.offset),
                            };
                            self.gathering.open(of.wanted, spot);
                        }
                        let found = components.iter().find(|held| held.at == component);
                        found.map(|held| held.wanted)
                    }
                };
                if let Some(to) = to {
                    let bytes = token.value();
                    let text = charset.decode_lossy(&bytes);
                    let spot = Spot {
                        span: Span::new(token.offset, token.bytes.len() as u64),
                        at: locate(token.offset),
                    };
                    self.gathering.value(to, &text, spot, say);
                }
            }
            match token.end {
                End::Component => component += 1,
                End::Repetition | End::Element | End::Terminator => {
                    if std::mem::take(&mut open) {
                        self.gathering.close(say);
                    }
                    component = 0;
                    element += usize::from(token.end != End::Repetition);
                }
            }
        }
        if open {
            self.gathering.close(say);
        }
    }

    /// The message ends.
    pub(crate) fn end(&mut self, say: &mut dyn Say) {
        self.gathering.end(say);
    }
}
