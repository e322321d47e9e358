//! Facts from the records of a flat file, each told when it has been placed.

use std::sync::Arc;

use super::groups::{self, OpenGroups};
use super::{Document, Gathering, Listener, Projection, Say, WantedId};
use crate::charset::Charset;
use crate::expr::Spot;
use crate::flat::Record;
use crate::sequence::{Place, Plan};
use crate::span::{LineColumn, Span};

/// What a position gives.
#[derive(Clone, Debug)]
struct Given {
    /// The record; `None` where it begins the group around it, and its fields are the group's.
    record: Option<WantedId>,
    /// Places of fields from 0, and what is wanted of them.
    fields: Box<[(usize, WantedId)]>,
}

/// What the positions and groups of a plan give.
#[derive(Debug)]
pub(crate) struct RecordPlan {
    positions: Vec<Option<Given>>,
    groups: Vec<Option<WantedId>>,
}

/// Places that a field may take in a row.
const MOST_PLACES: u32 = 999;

impl RecordPlan {
    pub(crate) fn new(projection: &Projection, plan: &Plan) -> Self {
        let groups = groups::wanted(projection, plan);
        let positions = plan.positions().iter().map(|position| {
            let around = groups[position.group as usize]?;
            let record = match &*position.name {
                "" => None,
                name => Some(projection.find(around, name)?),
            };
            Some(Given {
                record,
                fields: fields(projection, record.unwrap_or(around)),
            })
        });
        Self {
            positions: positions.collect(),
            groups,
        }
    }
}

fn fields(projection: &Projection, record: WantedId) -> Box<[(usize, WantedId)]> {
    let mut found = Vec::new();
    let mut at = 0;
    for child in projection.outlined(record) {
        if !child.name.starts_with("F_") {
            break;
        }
        let wanted = projection.find(record, &child.name);
        let places = child.max.clamp(1, MOST_PLACES) as usize;
        found.extend(
            wanted
                .into_iter()
                .flat_map(|wanted| (at..at + places).map(move |place| (place, wanted))),
        );
        at += places;
    }
    found.into()
}

/// Gathers from one message.
pub(crate) struct RecordGatherer {
    gathering: Gathering,
    groups: OpenGroups,
}

impl RecordGatherer {
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

    /// A record has been placed.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn record(
        &mut self,
        plans: &RecordPlan,
        plan: &Plan,
        place: Place,
        record: &Record<'_>,
        number: u64,
        charset: Charset,
        locate: &dyn Fn(u64) -> LineColumn,
        say: &mut dyn Say,
    ) {
        let head = || Spot {
            span: Span::new(record.offset(), record.id().len() as u64),
            at: locate(record.offset()),
        };
        self.gathering.set_number(Some(number));
        let gathering = &mut self.gathering;
        self.groups
            .move_to(gathering, &plans.groups, plan, place, &head, say);
        let Some(given) = &plans.positions[place.position as usize] else {
            return;
        };
        if let Some(record) = given.record {
            self.gathering.open(record, head());
        }
        let mut wanted = given.fields.iter().peekable();
        for (at, field) in record.fields().enumerate() {
            let Some((next, to)) = wanted.peek() else {
                break;
            };
            if at < *next {
                continue;
            }
            wanted.next();
            let bytes = field.value();
            let text = charset.decode_lossy(&bytes);
            let spot = Spot {
                span: Span::new(field.offset, field.raw.len() as u64),
                at: locate(field.offset),
            };
            self.gathering
                .value(*to, text.trim_end_matches(' '), spot, say);
        }
        if given.record.is_some() {
            self.gathering.close(say);
        }
    }

    /// The message ends.
    pub(crate) fn end(&mut self, say: &mut dyn Say) {
        self.gathering.end(say);
    }
}
