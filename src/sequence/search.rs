//! The search for the placement with the fewest errors.

use std::num::NonZeroU16;

use super::plan::{GroupId, ItemId, Plan, PositionId, TagId};
use super::step::{Bounds, Choice, Qualifier, Step};
use super::{Fault, Place, Placement};
use crate::spec::little_endian;

/// Bounds of the search.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Hypotheses kept at a time.
    pub hypotheses: usize,
    /// Segments that may wait for a decision.
    pub waiting: usize,
}

impl Default for Limits {
    /// 24 hypotheses, 256 segments.
    fn default() -> Self {
        Self {
            hypotheses: 24,
            waiting: 256,
        }
    }
}

/// Cost of an error. Preferences between repairs that cost as many errors are fractions of it.
const ERROR: u32 = 16;
/// A hypothesis that costs so much more than the best is given up.
const MARGIN: u32 = 2 * ERROR + 8;
/// What it costs to stand where another qualifier is needed.
const OTHER_QUALIFIER: u32 = ERROR - 4;
/// For so many segments a hypothesis must stay ahead to be taken.
const LONG_AHEAD: usize = 12;
/// A message in which so many stretches had errors, or so many errors wait for a decision, is out of
/// order as a whole: there less is tried, and sooner decided.
const STORM: u32 = 64;
const STORM_COST: u32 = 6 * ERROR;
const STORM_HYPOTHESES: usize = 8;
const STORM_AHEAD: usize = 4;
/// Where so many segments had errors nothing is searched: a segment takes the nearest place.
const GIVEN_UP: u32 = 4000;
const START: usize = usize::MAX;
const NONE: u32 = u32::MAX;

/// Where a message stands: the last segment that was placed, how often it has occurred, and for
/// each open group which occurrence it is and how far it has come.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    at: usize,
    count: u32,
    open: Vec<Level>,
}

impl Clone for State {
    fn clone(&self) -> Self {
        Self {
            open: self.open.clone(),
            ..*self
        }
    }

    /// Keeps the room that there is.
    fn clone_from(&mut self, from: &Self) {
        (self.at, self.count) = (from.at, from.count);
        self.open.clone_from(&from.open);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Level {
    group: GroupId,
    occurrence: u32,
    /// Index of the last item reached, so that one that came early is not missed later.
    reached: i32,
}

/// Where a message stands, as far as that is needed while nothing is wrong: so little that a
/// segment moves it in a few steps, always the same. The rest of its [`State`] follows from that.
#[derive(Debug)]
struct Standing {
    at: usize,
    count: u32,
    /// Which occurrence each group is that is open.
    occurrences: Vec<u32>,
    /// So many levels of the state, outermost first, are still the same occurrences.
    kept: u16,
}

impl Standing {
    /// Stands where a state does.
    fn stand(&mut self, state: &State) {
        (self.at, self.count) = (state.at, state.count);
        for level in &state.open {
            self.occurrences[level.group as usize] = level.occurrence;
        }
        self.kept = state.open.len() as u16;
    }

    /// Has a state, which stood where this did when it came from there, come to stand here.
    fn bring(&self, plan: &Plan, state: &mut State) {
        if self.at == START {
            return;
        }
        let bounds = plan.bounds[self.at];
        let path = plan.path_of(bounds.group);
        state.open.truncate(usize::from(self.kept));
        for &group in path.iter().skip(state.open.len()) {
            state.open.push(Level {
                group,
                occurrence: self.occurrences[group as usize],
                reached: -1,
            });
        }
        let inside = path.iter().skip(1);
        let inside = inside.map(|group| plan.group_bounds[*group as usize].index);
        for (level, index) in state.open.iter_mut().zip(inside.chain([bounds.index])) {
            level.reached = level.reached.max(i32::from(index));
        }
        (state.at, state.count) = (self.at, self.count);
    }

    /// Whether the counters allow a transition that needs nothing else, as
    /// [`fits`](Sequencer::fits) says.
    #[inline(always)]
    fn fits(&self, plan: &Plan, step: Step, bounds: &Bounds) -> bool {
        let to = usize::from(step.to());
        let repeats = step.repeat();
        let (mut group, mut most) = (usize::from(bounds.group), bounds.group_max);
        if repeats & (bounds.depth + 1 != step.keep()) {
            (group, most) = self.repeated(plan, step);
        }
        // All is looked at, as no processor foresees which of it counts.
        let full = self.occurrences[group] == most;
        let again = (to == self.at) & (self.count == bounds.max);
        !((repeats & full) | (!repeats & again))
    }

    /// The group that begins anew, where the transition leads to one inside, and how often it may.
    #[cold]
    fn repeated(&self, plan: &Plan, step: Step) -> (usize, u32) {
        let path = plan.path_to(step.to());
        let group = usize::from(path[usize::from(step.keep()) - 1]);
        (group, plan.group_bounds[group].max)
    }

    /// Moves over a transition.
    #[inline(always)]
    fn take(&mut self, plan: &Plan, step: Step, bounds: &Bounds) {
        let to = usize::from(step.to());
        let (keep, repeats) = (step.keep(), step.repeat());
        let enters = bounds.depth >= keep;
        if (bounds.depth > keep) | (enters & repeats) {
            self.enter(plan, step);
        } else {
            // One where it is entered, one more where it repeats: no processor foresees which.
            let held = &mut self.occurrences[usize::from(bounds.group)];
            let before = *held * u32::from(!enters);
            *held = before.saturating_add(u32::from(enters | repeats));
        }
        let again = (to == self.at) & !repeats;
        let next = self.count.saturating_add(1);
        self.count = if again { next } else { 1 };
        self.at = to;
        self.kept = self.kept.min(keep - u16::from(repeats));
    }

    /// Enters groups, several at once or one in another that begins anew.
    #[cold]
    fn enter(&mut self, plan: &Plan, step: Step) {
        let path = plan.path_to(step.to());
        let keep = usize::from(step.keep());
        if step.repeat() {
            let held = &mut self.occurrences[usize::from(path[keep - 1])];
            *held = held.saturating_add(1);
        }
        for group in &path[keep..] {
            self.occurrences[usize::from(*group)] = 1;
        }
    }
}

/// A place that is certain, by the transition to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Certain<'p> {
    step: Step,
    bounds: &'p Bounds,
}

impl Certain<'_> {
    #[inline]
    pub(crate) fn position(self) -> PositionId {
        self.step.to()
    }
}

/// A transition that nothing speaks against yet but the counters and what comes next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Likely(Step);

/// The transitions on a tag from a position: there are some.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Onward(NonZeroU16);

/// One way in which the segments so far may stand.
#[derive(Debug, Default)]
struct Hypothesis {
    state: State,
    cost: u32,
    /// Its last decision, in the arena.
    last: u32,
    /// Segments missing so far that may still turn up out of order: position and depth.
    missing: Vec<(PositionId, u16)>,
}

#[derive(Debug)]
struct Decision {
    before: u32,
    /// The placement, but for its faults: a range of those of all decisions.
    position: Option<PositionId>,
    keep: u16,
    repeat: bool,
    aside: bool,
    faults: (usize, usize),
    /// A missing segment that turned up after all.
    found: Option<PositionId>,
}

/// Faults that are noted down, up to as many as are of use.
struct Noted<'n> {
    faults: &'n mut Vec<Fault>,
    most: usize,
}

impl<'n> Noted<'n> {
    /// `most` more than there are.
    fn new(faults: &'n mut Vec<Fault>, most: usize) -> Self {
        let most = faults.len() + most;
        Self { faults, most }
    }

    fn all(faults: &'n mut Vec<Fault>) -> Self {
        let most = usize::MAX;
        Self { faults, most }
    }

    fn is_full(&self) -> bool {
        self.faults.len() >= self.most
    }

    fn push(&mut self, fault: Fault) {
        self.faults.push(fault);
    }
}

/// How a hypothesis may go on with the segment at hand. What it leads to is made only when it is
/// kept: most are not.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    /// The hypothesis that it goes on, by its index.
    from: usize,
    cost: u32,
    course: Course,
    /// Its faults, as a range of those that were noted down.
    faults: (usize, usize),
}

#[derive(Clone, Copy, Debug)]
enum Course {
    /// The segment takes a position.
    Step(Step),
    /// The segment has no place, or one, at a depth, that moves nothing.
    Aside(Option<(PositionId, u16)>),
    /// As that, and it was counted as missing before.
    Found(PositionId, u16),
}

/// Places the segments of one message.
#[derive(Debug)]
pub struct Sequencer<'p> {
    plan: &'p Plan,
    limits: Limits,
    /// As of the last decision; `standing` says where it has come to.
    state: State,
    standing: Standing,
    hypotheses: Vec<Hypothesis>,
    /// Those before the segment at hand, and room of others.
    before: Vec<Hypothesis>,
    spare: Vec<Hypothesis>,
    moved: State,
    decisions: Vec<Decision>,
    /// Faults of decisions.
    decided: Vec<Fault>,
    waiting: usize,
    /// For so many segments the best hypothesis has been ahead of the others.
    ahead: usize,
    resolved: Vec<Placement>,
    /// A hypothesis that costs so much more than the best is given up.
    margin: u32,
    /// Whether a tag that the message has may stand for another.
    mistypes: bool,
    /// The least that a hypothesis about the segment at hand has cost.
    cheapest: u32,
    /// Stretches that had errors.
    faulty: u32,
    /// Segments that had errors.
    wrong: u32,
    /// Candidates for the segment at hand, and their faults.
    candidates: Vec<Candidate>,
    noted: Vec<Fault>,
    /// Indexes of the candidates, cheapest first.
    order: Vec<u32>,
    /// How many candidates cost so much more than the best.
    places: Vec<u32>,
    /// Positions that the segment at hand may take, and at what price.
    allowed: Vec<(PositionId, u32)>,
    /// Targets of a hypothesis, nearest first.
    targets: Vec<(bool, usize, PositionId)>,
}

/// Room that a sequencer takes for every message.
#[derive(Debug, Default)]
pub(crate) struct Room {
    open: Vec<Level>,
    occurrences: Vec<u32>,
}

impl<'p> Sequencer<'p> {
    /// A sequencer at the start of a message.
    #[must_use]
    pub fn new(plan: &'p Plan, limits: Limits) -> Self {
        Self::in_room(plan, limits, Room::default())
    }

    /// The same in the room of another, whose message has ended.
    pub(crate) fn in_room(plan: &'p Plan, limits: Limits, room: Room) -> Self {
        let Room {
            mut open,
            mut occurrences,
        } = room;
        open.clear();
        open.push(Level {
            group: 0,
            occurrence: 1,
            reached: -1,
        });
        occurrences.clear();
        occurrences.resize(plan.group_bounds.len(), 1);
        Self {
            plan,
            limits,
            state: State {
                at: START,
                count: 0,
                open,
            },
            standing: Standing {
                at: START,
                count: 0,
                occurrences,
                kept: 1,
            },
            hypotheses: Vec::new(),
            before: Vec::new(),
            spare: Vec::new(),
            moved: State::default(),
            decisions: Vec::new(),
            decided: Vec::new(),
            waiting: 0,
            ahead: 0,
            resolved: Vec::new(),
            margin: MARGIN,
            mistypes: true,
            cheapest: u32::MAX,
            faulty: 0,
            wrong: 0,
            candidates: Vec::new(),
            noted: Vec::new(),
            order: Vec::new(),
            places: Vec::new(),
            allowed: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// The room it took.
    pub(crate) fn into_room(self) -> Room {
        Room {
            open: self.state.open,
            occurrences: self.standing.occurrences,
        }
    }

    /// A sequencer for records of a flat file. They are made by programs, which leave records out
    /// and never mistype an id: many may be missing in a row, none stands for another that the
    /// layout has.
    #[must_use]
    pub fn of_records(plan: &'p Plan, limits: Limits) -> Self {
        Self {
            margin: 4 * MARGIN,
            mistypes: false,
            ..Self::new(plan, limits)
        }
    }

    /// How many segments wait for their placement.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Takes the next segment. `tag` is `None` for a tag that the message does not have;
    /// `next` is the tag after it when that is known and the message has it; `qualifier` gives
    /// the value of an element of the segment; all positions of a tag are told apart by one.
    ///
    /// A placement that is certain at once is returned. Otherwise the segment waits, and when it
    /// is decided [`resolved`](Self::resolved) has the placements of all that waited, in order.
    #[inline]
    pub fn push<'s>(
        &mut self,
        tag: Option<TagId>,
        next: Option<TagId>,
        qualifier: &dyn Fn(&str) -> Option<&'s [u8]>,
    ) -> Option<Place> {
        if self.waiting == 0
            && let Some(tag) = tag
            && let Some(step) = self.only_step(tag, qualifier)
            && !self.plan.counts_matter
            && let bounds = &self.plan.bounds[usize::from(step.to())]
            && self.standing.fits(self.plan, step, bounds)
            && next.is_none_or(|next| self.plan.follows(step.to() as usize, next))
        {
            self.standing.take(self.plan, step, bounds);
            return Some(Place {
                position: step.to(),
                keep: step.keep(),
                repeat: step.repeat(),
            });
        }
        self.search(tag, next, qualifier);
        None
    }

    /// How the message may go on with a tag from where it stands; `None` where it may not.
    #[inline]
    pub(crate) fn onward(&self, tag: TagId) -> Option<Onward> {
        let from = index(self.plan, self.standing.at);
        NonZeroU16::new(self.plan.onward(from, tag)).map(Onward)
    }

    /// The only one of some transitions, if no qualifier has a say in it.
    #[inline(always)]
    pub(crate) fn only(&self, onward: Onward) -> Option<Likely> {
        self.plan.hop(onward.0.get()).only().map(Likely)
    }

    /// The only one of some transitions on `tag` that a qualifier leaves.
    #[inline]
    pub(crate) fn qualified<'s>(
        &self,
        (tag, onward): (TagId, Onward),
        qualifier: impl Fn() -> Option<&'s [u8]>,
    ) -> Option<Likely> {
        let choice = self.plan.choice_of(onward.0.get());
        self.step_of(choice, tag, &|_| qualifier()).map(Likely)
    }

    /// The one place of the next segment, if it is certain at once: nothing waits, the transition
    /// needs no error, and `next` may follow it; and how it goes on with that. Nothing moves before
    /// [`take`](Self::take).
    #[inline(always)]
    pub(crate) fn certain(
        &self,
        Likely(step): Likely,
        next: TagId,
    ) -> Option<(Certain<'p>, Onward)> {
        let plan = self.plan;
        let bounds = &plan.bounds[usize::from(step.to())];
        let next = NonZeroU16::new(plan.onward(usize::from(step.to()), next))?;
        self.standing
            .fits(plan, step, bounds)
            .then_some((Certain { step, bounds }, Onward(next)))
    }

    /// Whether `next` may stand behind a segment of `tag` that comes now; where that one has no
    /// certain place, whether it may anywhere.
    pub(crate) fn may_follow(&self, tag: TagId, next: TagId) -> bool {
        let plan = self.plan;
        let steps = match self.waiting {
            0 => plan.steps(index(plan, self.standing.at), tag),
            _ => &[],
        };
        if steps.is_empty() {
            return plan.stands_behind(next, tag);
        }
        let mut steps = steps.iter();
        steps.any(|step| plan.follows(step.to() as usize, next))
    }

    /// Whether [`certain`](Self::certain) may be asked.
    #[inline]
    pub(crate) fn may_be_certain(&self) -> bool {
        self.waiting == 0 && !self.plan.counts_matter
    }

    /// Takes the next segment at the place that is certain.
    #[inline(always)]
    pub(crate) fn take(&mut self, Certain { step, bounds }: Certain<'_>) -> Place {
        self.standing.take(self.plan, step, bounds);
        Place {
            position: step.to(),
            keep: step.keep(),
            repeat: step.repeat(),
        }
    }

    /// The one transition that a tag, with its qualifier, allows without an error.
    #[inline]
    fn only_step<'s>(
        &self,
        tag: TagId,
        qualifier: &dyn Fn(&str) -> Option<&'s [u8]>,
    ) -> Option<Step> {
        let choice = self.plan.choice(index(self.plan, self.standing.at), tag);
        match choice.only {
            Some(step) if !choice.identified => Some(step),
            _ => self.step_of(choice, tag, qualifier),
        }
    }

    #[inline(never)]
    fn step_of<'s>(
        &self,
        choice: &Choice,
        tag: TagId,
        qualifier: &dyn Fn(&str) -> Option<&'s [u8]>,
    ) -> Option<Step> {
        let steps = self.plan.steps_of(choice);
        if choice.identified {
            return self.identified_step(steps, tag, qualifier);
        }
        // All others may be used up.
        let (mut fitting, mut found) = (0, None);
        for &step in steps {
            let bounds = &self.plan.bounds[usize::from(step.to())];
            if self.standing.fits(self.plan, step, bounds) {
                fitting += 1;
                found = Some(step);
            }
        }
        found.filter(|_| fitting == 1)
    }

    fn identified_step<'s>(
        &self,
        steps: &[Step],
        tag: TagId,
        qualifier: &dyn Fn(&str) -> Option<&'s [u8]>,
    ) -> Option<Step> {
        let tagged = self.plan.tagged(tag);
        let value = qualifier(&tagged.element);
        let packed = value.map_or(0, little_endian);
        let (mut matching, mut others) = (None, None);
        let (mut matches, mut free) = (0, 0);
        for &step in steps {
            match &self.plan.qualifiers[step.to() as usize] {
                Some(qualifiers) => {
                    if Qualifier::among(qualifiers, packed, value?) {
                        matches += 1;
                        matching = Some(step);
                    }
                }
                None => {
                    free += 1;
                    others = Some(step);
                }
            }
        }
        // Another position may be the one that the qualifier needs.
        let is_elsewhere =
            || value.is_some_and(|value| Qualifier::among(&tagged.qualifiers, packed, value));
        match (matches, free) {
            (1, _) => matching,
            (0, 1) if !is_elsewhere() => others,
            _ => None,
        }
    }

    /// Placements that were decided since the last call, in the order of their segments.
    pub fn resolved(&mut self) -> std::vec::Drain<'_, Placement> {
        self.resolved.drain(..)
    }

    /// Whether placements were decided that nobody has taken.
    #[must_use]
    pub fn has_resolved(&self) -> bool {
        !self.resolved.is_empty()
    }

    /// Ends the message: decides what waits, and returns what is missing at its end, the
    /// trailer (its last position) excepted.
    pub fn finish(&mut self) -> Vec<Fault> {
        let mut faults = self.finish_all();
        let trailer = self.plan.positions.len().saturating_sub(1) as PositionId;
        faults.retain(|fault| *fault != Fault::MissingSegment(trailer));
        faults
    }

    /// As [`finish`](Self::finish), with the last position too.
    pub fn finish_all(&mut self) -> Vec<Fault> {
        if self.waiting > 0 {
            for at in 0..self.hypotheses.len() {
                let state = &self.hypotheses[at].state;
                let mut rest = Vec::new();
                missing_after(self.plan, state, 0, &mut Noted::all(&mut rest));
                self.hypotheses[at].cost += rest.len() as u32 * ERROR;
            }
            self.decide();
        }
        self.standing.bring(self.plan, &mut self.state);
        let mut missing = Vec::new();
        missing_after(self.plan, &self.state, 0, &mut Noted::all(&mut missing));
        missing
    }

    /// Whether the counters allow a transition that needs nothing else. What is beyond its limit
    /// already was said to be.
    #[inline]
    fn fits(&self, state: &State, step: Step) -> bool {
        if step.repeat() {
            let level = state.open[step.keep() as usize - 1];
            return level.occurrence != self.plan.group_bounds[level.group as usize].max;
        }
        step.to() as usize != state.at || state.count != self.plan.bounds[step.to() as usize].max
    }

    #[cold]
    #[inline(never)]
    fn search<'s>(
        &mut self,
        tag: Option<TagId>,
        next: Option<TagId>,
        qualifier: &dyn Fn(&str) -> Option<&'s [u8]>,
    ) {
        if self.waiting == 0 {
            self.spare.append(&mut self.hypotheses);
            self.decisions.clear();
            self.decided.clear();
            self.standing.bring(self.plan, &mut self.state);
            let mut first = self.spare.pop().unwrap_or_default();
            first.state.clone_from(&self.state);
            (first.cost, first.last) = (0, NONE);
            first.missing.clear();
            self.hypotheses.push(first);
        }
        self.waiting += 1;
        let mut allowed = std::mem::take(&mut self.allowed);
        if let Some(tag) = tag {
            self.allow(tag, qualifier, &mut allowed);
        }
        let best = self.hypotheses.iter().map(|h| h.cost).min().unwrap_or(0);
        let (hypotheses, long) = self.effort(best);
        let mut before = std::mem::take(&mut self.before);
        std::mem::swap(&mut before, &mut self.hypotheses);
        self.cheapest = u32::MAX;
        for (at, hypothesis) in before.iter().enumerate() {
            let most = best + self.margin;
            self.expand((at, hypothesis), tag, &allowed, next, most);
        }
        self.allowed = allowed;
        self.keep_best(&before, hypotheses);
        self.spare.append(&mut before);
        self.before = before;
        // The best come first. One that stays ahead of all others for a while is taken.
        let ahead = match self.hypotheses.as_slice() {
            [first, second, ..] => first.cost == best && first.cost < second.cost,
            _ => true,
        };
        self.ahead = if ahead { self.ahead + 1 } else { 0 };
        if self.hypotheses.len() == 1 || self.ahead >= long || self.waiting >= self.limits.waiting {
            self.decide();
        }
    }

    /// How many hypotheses are kept where the best costs so much, and for how many segments one
    /// must stay ahead to be taken.
    fn effort(&self, best: u32) -> (usize, usize) {
        let most = self.limits.hypotheses;
        if self.has_given_up() {
            (1, 1)
        } else if self.faulty >= STORM || best >= STORM_COST {
            (most.min(STORM_HYPOTHESES), STORM_AHEAD)
        } else {
            (most, LONG_AHEAD)
        }
    }

    /// Whether so many segments had errors that the search is given up: each takes the nearest
    /// place from here on.
    #[must_use]
    pub fn has_given_up(&self) -> bool {
        self.wrong >= GIVEN_UP
    }

    /// Whether a hypothesis would be given up at once.
    fn is_too_costly(&mut self, cost: u32) -> bool {
        self.cheapest = self.cheapest.min(cost);
        cost > self.cheapest + self.margin
    }

    /// Positions a segment may take by its qualifiers.
    fn allow<'s>(
        &self,
        tag: TagId,
        qualifier: &dyn Fn(&str) -> Option<&'s [u8]>,
        allowed: &mut Vec<(PositionId, u32)>,
    ) {
        allowed.clear();
        let tagged = self.plan.tagged(tag);
        let all = tagged.positions.iter().copied();
        if !tagged.identified {
            allowed.extend(all.map(|position| (position, 0)));
            return;
        }
        let qualifiers = |position: PositionId| &self.plan.qualifiers[usize::from(position)];
        let value = qualifier(&tagged.element);
        let packed = value.map_or(0, little_endian);
        let matches = |position: &PositionId| {
            let held = qualifiers(*position).as_deref().zip(value);
            held.is_some_and(|(held, value)| Qualifier::among(held, packed, value))
        };
        allowed.extend(all.clone().filter(matches).map(|position| (position, 0)));
        if !allowed.is_empty() {
            return;
        }
        // Positions that need another qualifier come last, at a price: the qualifier may be wrong.
        let is_free = |position: &PositionId| qualifiers(*position).is_none();
        allowed.extend(all.clone().filter(is_free).map(|position| (position, 0)));
        let others = all.filter(|position| !is_free(position));
        allowed.extend(others.map(|position| (position, OTHER_QUALIFIER)));
    }

    fn expand(
        &mut self,
        (at, from): (usize, &Hypothesis),
        tag: Option<TagId>,
        allowed: &[(PositionId, u32)],
        next: Option<TagId>,
        most: u32,
    ) {
        let plan = self.plan;
        let Some(tag) = tag else {
            self.stay((at, from), Fault::Unknown, ERROR, None);
            self.instead((at, from), None);
            return;
        };
        // Without an error, when that does not lead into one with the next segment.
        let mut smooth = false;
        let steps = plan.steps(index(plan, from.state.at), tag);
        let price = |to: PositionId| {
            allowed
                .iter()
                .find(|(position, _)| *position == to)
                .map(|(_, price)| *price)
        };
        for &step in steps {
            let Some(price) = price(step.to()) else {
                continue;
            };
            if self.fits(&from.state, step) && !self.leaves_too_few(&from.state, step) {
                let onward = next.is_none_or(|next| plan.follows(step.to() as usize, next));
                smooth |= onward && price == 0;
                self.place((at, from), step, self.noted.len(), price);
            }
        }
        if smooth {
            return;
        }
        // Of repairs that cost the same the nearest is taken: one more of what stands here rather
        // than another group whose beginning is missing.
        let mut targets = std::mem::take(&mut self.targets);
        targets.clear();
        let free = allowed.iter().filter(|(_, price)| *price == 0);
        targets.extend(free.map(|(to, _)| {
            let here = *to as usize == from.state.at;
            (
                here,
                common_levels(plan.path_to(*to), &from.state.open),
                *to,
            )
        }));
        targets.sort_by_key(|(here, common, _)| std::cmp::Reverse((*here, *common)));
        for &(_, common, to) in &targets {
            self.with_errors((at, from), (to, common), most);
        }
        self.targets = targets;
        if let Some(&(position, depth)) = from.missing.iter().rev().find(|(position, depth)| {
            price(*position).is_some()
                && from
                    .state
                    .open
                    .get(*depth as usize)
                    .is_some_and(|level| level.group == plan.position(*position).group)
        }) {
            // It was counted as missing; now it is only late.
            self.cheapest = self.cheapest.min(from.cost);
            let start = self.noted.len();
            self.noted.push(Fault::OutOfOrder(position));
            self.add(at, from.cost, Course::Found(position, depth), start);
        }
        self.stay((at, from), Fault::Unexpected, ERROR + 2, None);
        if self.mistypes {
            self.instead((at, from), Some(tag));
        }
    }

    /// Takes a course with the faults that were noted from `start` on.
    fn add(&mut self, from: usize, cost: u32, course: Course, start: usize) {
        let faults = (start, self.noted.len());
        self.candidates.push(Candidate {
            from,
            cost,
            course,
            faults,
        });
    }

    /// The segment has no place, or none that moves the state.
    fn stay(
        &mut self,
        (at, from): (usize, &Hypothesis),
        fault: Fault,
        cost: u32,
        position: Option<(PositionId, u16)>,
    ) {
        if self.is_too_costly(from.cost + cost) {
            return;
        }
        let start = self.noted.len();
        self.noted.push(fault);
        self.add(at, from.cost + cost, Course::Aside(position), start);
    }

    /// The segment stands for a mandatory one, or for the first of a group.
    fn instead(&mut self, (at, from): (usize, &Hypothesis), tag: Option<TagId>) {
        let plan = self.plan;
        let cost = ERROR + 4;
        if from.cost + cost > self.cheapest.saturating_add(self.margin) {
            return;
        }
        for &step in plan.awaited(index(plan, from.state.at)) {
            if !tag.is_some_and(|tag| plan.tagged(tag).positions.contains(&step.to()))
                && self.fits(&from.state, step)
            {
                let start = self.noted.len();
                self.noted.push(Fault::InsteadOf(step.to()));
                self.place((at, from), step, start, cost);
            }
        }
    }

    /// The segment takes a position, with the faults that were noted from `start` on.
    fn place(&mut self, (at, from): (usize, &Hypothesis), step: Step, start: usize, cost: u32) {
        if self.is_too_costly(from.cost + cost) {
            self.noted.truncate(start);
            return;
        }
        self.add(at, from.cost + cost, Course::Step(step), start);
    }

    /// Ways to reach `to` with something missing, too often, or late. So many of the open groups
    /// are also those of its path.
    fn with_errors(
        &mut self,
        (at, from): (usize, &Hypothesis),
        (to, common): (PositionId, usize),
        most: u32,
    ) {
        let plan = self.plan;
        let path = plan.path_to(to);
        let open = &from.state.open;
        let item_at = |depth: usize| match path.get(depth + 1) {
            Some(&inner) => plan.group(inner).index,
            None => plan.position(to).index,
        };
        // In the occurrence of the innermost common group that is open.
        let depth = common - 1;
        let reached = if open.len() == common {
            if from.state.at == START {
                -1
            } else {
                i32::from(plan.positions[from.state.at].index)
            }
        } else {
            i32::from(plan.group(open[common].group).index)
        };
        let target = i32::from(item_at(depth));
        let step = Step::new(to, common as u16, false);
        let mut one_too_many = false;
        let start = self.noted.len();
        // With more faults than this it would be given up.
        let most_faults = (most.saturating_sub(from.cost) / ERROR) as usize + 1;
        let faults = &mut Noted::new(&mut self.noted, most_faults);
        if target > reached {
            missing_after(plan, &from.state, common, faults);
            missing_between(plan, path[depth], open[depth].reached, target, faults);
            missing_on_entry(plan, path, depth + 1, to, faults);
            self.place_costly((at, from), step, start, most);
        } else if to as usize == from.state.at {
            let position = plan.position(to);
            if from.state.count == position.max {
                // The first of a group that is full is one group too many: that is said below.
                let level = open[depth];
                let full = level.occurrence >= plan.group(level.group).max;
                if position.index == 0 && depth > 0 && full {
                    one_too_many = true;
                } else {
                    faults.push(Fault::TooManySegments(to));
                    self.place_costly((at, from), step, start, most);
                }
            } else if from.state.count > position.max {
                // Said once.
                self.place((at, from), step, start, 0);
            }
        } else if path.len() == common {
            let place = Some((to, depth as u16));
            self.stay((at, from), Fault::OutOfOrder(to), ERROR + 1, place);
        } else if target < reached {
            // A whole group that comes late: go back to it, what was reached stays reached.
            faults.push(Fault::OutOfOrder(to));
            missing_on_entry(plan, path, depth + 1, to, faults);
            self.place_costly((at, from), step, start, most);
        }
        // In a new occurrence of one of the open groups.
        for (depth, level) in open.iter().enumerate().take(common).skip(1).rev() {
            let group = plan.group(level.group);
            let start = self.noted.len();
            let faults = &mut Noted::new(&mut self.noted, most_faults);
            missing_after(plan, &from.state, depth, faults);
            let over = level.occurrence >= group.max;
            if level.occurrence == group.max {
                faults.push(Fault::TooManyGroups(level.group));
            }
            let first = item_at(depth);
            missing_between(plan, level.group, -1, i32::from(first), faults);
            missing_on_entry(plan, path, depth + 1, to, faults);
            let step = Step::new(to, depth as u16 + 1, true);
            if self.noted.len() > start {
                self.place_costly((at, from), step, start, most);
            } else if over {
                self.place((at, from), step, start, 1);
            }
        }
        if one_too_many {
            let start = self.noted.len();
            self.noted.push(Fault::TooManySegments(to));
            self.place_costly((at, from), step, start, most);
        }
    }

    fn place_costly(
        &mut self,
        (at, from): (usize, &Hypothesis),
        step: Step,
        start: usize,
        most: u32,
    ) {
        let cost = (self.noted.len() - start) as u32 * ERROR;
        if cost > 0 && from.cost + cost <= most {
            self.place((at, from), step, start, cost);
        } else {
            self.noted.truncate(start);
        }
    }

    /// Whether a transition leaves an item behind that must occur more often.
    fn leaves_too_few(&self, state: &State, step: Step) -> bool {
        if !self.plan.counts_matter || state.at == START {
            return false;
        }
        if step.to() as usize != state.at || step.repeat() {
            return state.count < self.plan.positions[state.at].min;
        }
        false
    }

    /// Makes hypotheses of the best candidates, one for each state, in the order of preference.
    fn keep_best(&mut self, before: &[Hypothesis], most: usize) {
        let mut candidates = std::mem::take(&mut self.candidates);
        let best = candidates.iter().map(|c| c.cost).min().unwrap_or(0);
        // Of those that cost the same, the one that came first stays first.
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        let near = |candidate: &&Candidate| candidate.cost <= best + self.margin;
        if most == 1 {
            let first = candidates.iter().position(|c| c.cost == best);
            order.extend(first.map(|at| at as u32));
        } else {
            let mut places = std::mem::take(&mut self.places);
            places.clear();
            places.resize(self.margin as usize + 2, 0);
            for candidate in candidates.iter().filter(near) {
                places[(candidate.cost - best) as usize + 1] += 1;
            }
            for at in 1..places.len() {
                places[at] += places[at - 1];
            }
            order.resize(places[places.len() - 1] as usize, 0);
            for (at, candidate) in (0..).zip(&candidates) {
                if near(&candidate) {
                    let place = &mut places[(candidate.cost - best) as usize];
                    order[*place as usize] = at;
                    *place += 1;
                }
            }
            self.places = places;
        }
        let mut moved = std::mem::take(&mut self.moved);
        for &at in &order {
            if self.hypotheses.len() == most {
                break;
            }
            let candidate = &candidates[at as usize];
            let from = &before[candidate.from];
            let state = match candidate.course {
                Course::Step(step) => {
                    moved.clone_from(&from.state);
                    apply(self.plan, &mut moved, step);
                    &moved
                }
                _ => &from.state,
            };
            if !self.hypotheses.iter().any(|held| held.state == *state) {
                self.follow(from, candidate, state);
            }
        }
        self.moved = moved;
        candidates.clear();
        self.candidates = candidates;
        self.order = order;
        self.noted.clear();
    }

    /// Adds the hypothesis that goes on with a candidate, which leads to `state`.
    fn follow(&mut self, from: &Hypothesis, candidate: &Candidate, state: &State) {
        let mut next = self.spare.pop().unwrap_or_default();
        next.state.clone_from(state);
        next.missing.clone_from(&from.missing);
        let faults = &self.noted[candidate.faults.0..candidate.faults.1];
        let start = self.decided.len();
        self.decided.extend_from_slice(faults);
        let open = state.open.len() as u16;
        let aside = |position: Option<PositionId>, keep: u16| Decision {
            before: from.last,
            position,
            keep,
            repeat: false,
            aside: true,
            faults: (start, start + faults.len()),
            found: None,
        };
        let decision = match candidate.course {
            Course::Step(step) => {
                next.missing.retain(|(_, depth)| {
                    *depth < step.keep() && !(step.repeat() && *depth + 1 == step.keep())
                });
                for fault in faults {
                    if let Fault::MissingSegment(position) = *fault {
                        let group = self.plan.position(position).group;
                        let depth = self.plan.group(group).depth;
                        if state
                            .open
                            .get(depth as usize)
                            .is_some_and(|level| level.group == group)
                        {
                            next.missing.push((position, depth));
                        }
                    }
                }
                // What stands for another moves the state as that would.
                Decision {
                    repeat: step.repeat(),
                    aside: false,
                    ..aside(Some(step.to()), step.keep())
                }
            }
            Course::Aside(None) => aside(None, open),
            Course::Aside(Some((position, depth))) => {
                aside(Some(position), depth.min(open - 1) + 1)
            }
            Course::Found(position, depth) => {
                next.missing.retain(|held| *held != (position, depth));
                Decision {
                    found: Some(position),
                    ..aside(Some(position), depth.min(open - 1) + 1)
                }
            }
        };
        next.cost = candidate.cost;
        next.last = self.decisions.len() as u32;
        self.decisions.push(decision);
        self.hypotheses.push(next);
    }

    /// Takes the best hypothesis: all that waited are placed.
    fn decide(&mut self) {
        let Some(best) = self.hypotheses.iter().min_by_key(|h| h.cost) else {
            return;
        };
        self.state.clone_from(&best.state);
        self.standing.stand(&self.state);
        let mut at = best.last;
        let mut found = Vec::new();
        let start = self.resolved.len();
        let mut faulty = false;
        while at != NONE {
            let decision = &self.decisions[at as usize];
            let is_said = |fault: &&Fault| {
                let Fault::MissingSegment(position) = fault else {
                    return true;
                };
                let late = found.iter().position(|found| found == position);
                late.map(|at| found.swap_remove(at)).is_none()
            };
            let faults = &self.decided[decision.faults.0..decision.faults.1];
            let faults: Vec<Fault> = faults.iter().filter(is_said).copied().collect();
            found.extend(decision.found);
            faulty |= !faults.is_empty();
            self.wrong = self.wrong.saturating_add(u32::from(!faults.is_empty()));
            self.resolved.push(Placement {
                position: decision.position,
                keep: decision.keep,
                repeat: decision.repeat,
                aside: decision.aside,
                faults,
            });
            at = decision.before;
        }
        self.resolved[start..].reverse();
        self.faulty = self.faulty.saturating_add(u32::from(faulty));
        self.spare.append(&mut self.hypotheses);
        self.decisions.clear();
        self.decided.clear();
        self.waiting = 0;
        self.ahead = 0;
    }
}

#[inline]
fn index(plan: &Plan, at: usize) -> usize {
    if at == START {
        plan.positions.len()
    } else {
        at
    }
}

/// How many of the open groups, outermost first, are also those of `path`.
fn common_levels(path: &[GroupId], open: &[Level]) -> usize {
    path.iter()
        .zip(open)
        .take_while(|(group, level)| **group == level.group)
        .count()
}

/// Moves a state over a transition.
#[inline]
fn apply(plan: &Plan, state: &mut State, step: Step) {
    let position = plan.bounds[step.to() as usize];
    let keep = usize::from(step.keep());
    if !step.repeat() && state.open.len() == keep && usize::from(position.depth) + 1 == keep {
        // In the same occurrences of the same groups.
        if let Some(level) = state.open.last_mut() {
            level.reached = level.reached.max(i32::from(position.index));
        }
        let again = step.to() as usize == state.at;
        state.count = if again {
            state.count.saturating_add(1)
        } else {
            1
        };
        state.at = step.to() as usize;
        return;
    }
    cross(plan, state, step, position);
}

/// Moves a state into other groups.
fn cross(plan: &Plan, state: &mut State, step: Step, position: Bounds) {
    if step.to() as usize == state.at && !step.repeat() && state.open.len() == step.keep() as usize
    {
        state.count = state.count.saturating_add(1);
        return;
    }
    state.open.truncate(step.keep() as usize);
    if step.repeat()
        && let Some(level) = state.open.last_mut()
    {
        level.occurrence = level.occurrence.saturating_add(1);
        level.reached = -1;
    }
    let depth = usize::from(position.depth);
    if state.open.len() <= depth {
        // The groups between, innermost last.
        let from = state.open.len();
        while state.open.len() <= depth {
            state.open.push(Level {
                group: position.group,
                occurrence: 1,
                reached: -1,
            });
        }
        let mut group = position.group;
        for level in (from..=depth).rev() {
            state.open[level].group = group;
            let at = plan.group_bounds[group as usize];
            let reached = &mut state.open[level - 1].reached;
            *reached = (*reached).max(i32::from(at.index));
            group = at.parent;
        }
    }
    let reached = &mut state.open[depth].reached;
    *reached = (*reached).max(i32::from(position.index));
    state.at = step.to() as usize;
    state.count = 1;
}

/// Adds what is missing in the open groups from `depth` inwards when they end here.
fn missing_after(plan: &Plan, state: &State, depth: usize, faults: &mut Noted<'_>) {
    for level in state.open.iter().skip(depth).rev() {
        if faults.is_full() {
            return;
        }
        let items = plan.group(level.group).items.len();
        missing_between(plan, level.group, level.reached, items as i32, faults);
    }
}

/// Mandatory items of a group between two indexes, both excluded.
fn missing_between(plan: &Plan, group: GroupId, after: i32, before: i32, faults: &mut Noted<'_>) {
    let items = &plan.group(group).items;
    let from = (after + 1).max(0) as usize;
    for item in items.iter().take(before.max(0) as usize).skip(from) {
        if faults.is_full() {
            return;
        }
        match *item {
            ItemId::Position(position) if plan.position(position).min > 0 => {
                faults.push(Fault::MissingSegment(position));
            }
            ItemId::Group(inner) if plan.group(inner).min > 0 => {
                faults.push(Fault::MissingGroup(inner))
            }
            _ => {}
        }
    }
}

/// What is missing before `to` in the groups of its path from `depth` inwards, which begin here.
fn missing_on_entry(
    plan: &Plan,
    path: &[GroupId],
    depth: usize,
    to: PositionId,
    faults: &mut Noted<'_>,
) {
    for at in depth..path.len() {
        let target = match path.get(at + 1) {
            Some(&inner) => plan.group(inner).index,
            None => plan.position(to).index,
        };
        missing_between(plan, path[at], -1, i32::from(target), faults);
    }
}
