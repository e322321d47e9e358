//! The search for the placement with the fewest errors.

use std::num::NonZeroU16;
use std::ops::Range;

use super::course::{Allowed, Course, Courses, ERROR, MARGIN, missing_at_end};
use super::plan::{GroupId, Plan, PositionId, TagId};
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
pub(super) const START: usize = usize::MAX;
const NONE: u32 = u32::MAX;

/// Where a message stands: the last segment that was placed, how often it has occurred, and for
/// each open group which occurrence it is and how far it has come.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub at: usize,
    pub count: u32,
    pub open: Vec<Level>,
}

impl Clone for State {
    fn clone(&self) -> Self {
        Self {
            open: self.open.clone(),
            ..*self
        }
    }

    /// Keeps the room that there is.
    #[inline]
    fn clone_from(&mut self, from: &Self) {
        (self.at, self.count) = (from.at, from.count);
        self.open.clone_from(&from.open);
    }
}

impl State {
    /// A number that few other states have.
    #[inline]
    fn mark(&self) -> u32 {
        let mut mark = (self.at as u32) << 16 ^ self.count;
        for level in &self.open {
            let held = level.occurrence << 8 ^ level.reached as u32;
            mark = mark.rotate_left(5).wrapping_mul(0x9E37_79B1) ^ held;
        }
        mark
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub group: GroupId,
    pub occurrence: u32,
    /// Index of the last item reached, so that one that came early is not missed later.
    pub reached: i32,
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
    course: Which,
    /// So many levels are open after it.
    open: u16,
}

/// How a hypothesis may go on with the segment at hand. What it leads to is made only when it is
/// kept: most are not.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    /// The hypothesis that it goes on, by its index.
    from: u32,
    course: Which,
    /// The next that costs as much.
    next: u32,
}

/// The course that a candidate takes.
#[derive(Clone, Copy, Debug)]
enum Which {
    /// One of those from the place of the hypothesis.
    Of(u32),
    /// To a segment that was missing, at a depth.
    Found(PositionId, u16),
}

/// What a search works with, which the next takes over.
#[derive(Debug, Default)]
struct Search {
    /// Hypotheses, and behind so many the room of others.
    hypotheses: Vec<Hypothesis>,
    held: usize,
    /// Marks of the states of those that are held.
    marks: Vec<u32>,
    /// Those before the segment at hand.
    before: Vec<Hypothesis>,
    decisions: Vec<Decision>,
    courses: Courses,
    /// Candidates for the segment at hand, and the least that one of them costs.
    candidates: Vec<Candidate>,
    cheapest: u32,
    /// What the best hypothesis before it costs.
    best: u32,
    /// The first and the last of those that cost so much more than the best hypothesis did.
    chains: Vec<(u32, u32)>,
    allowed: Allowed,
}

/// Places the segments of one message.
#[derive(Debug)]
pub struct Sequencer<'p> {
    plan: &'p Plan,
    limits: Limits,
    /// As of the last decision; `standing` says where it has come to.
    state: State,
    standing: Standing,
    /// What was searched with, if a place was searched for.
    search: Option<Box<Search>>,
    waiting: usize,
    /// For so many segments the best hypothesis has been ahead of the others.
    ahead: usize,
    resolved: Vec<Placement>,
    /// Whether the segments are records of a flat file.
    of_records: bool,
    /// Stretches that had errors.
    faulty: u32,
    /// Segments that had errors.
    wrong: u32,
}

/// Room that a sequencer takes for every message.
#[derive(Debug, Default)]
pub(crate) struct Room {
    open: Vec<Level>,
    occurrences: Vec<u32>,
    search: Option<Box<Search>>,
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
            search,
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
            search,
            waiting: 0,
            ahead: 0,
            resolved: Vec::new(),
            of_records: false,
            faulty: 0,
            wrong: 0,
        }
    }

    /// The room it took.
    pub(crate) fn into_room(self) -> Room {
        Room {
            open: self.state.open,
            occurrences: self.standing.occurrences,
            search: self.search,
        }
    }

    /// A sequencer for records of a flat file. They are made by programs, which leave records out
    /// and never mistype an id: many may be missing in a row, none stands for another that the
    /// layout has.
    #[must_use]
    pub fn of_records(plan: &'p Plan, limits: Limits) -> Self {
        Self {
            of_records: true,
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
        if self.waiting > 0
            && let Some(mut search) = self.search.take()
        {
            for hypothesis in &mut search.hypotheses[..search.held] {
                let rest = missing_at_end(self.plan, &hypothesis.state).len();
                hypothesis.cost += rest as u32 * ERROR;
            }
            self.decide(&mut search);
            self.search = Some(search);
        }
        self.standing.bring(self.plan, &mut self.state);
        missing_at_end(self.plan, &self.state)
    }

    #[cold]
    #[inline(never)]
    fn search<'s>(
        &mut self,
        tag: Option<TagId>,
        next: Option<TagId>,
        qualifier: &dyn Fn(&str) -> Option<&'s [u8]>,
    ) {
        let mut search = match self.search.take() {
            Some(search) => search,
            None => self.new_search(),
        };
        if self.waiting == 0 {
            search.begin();
            search.courses.begin(self.plan);
            self.standing.bring(self.plan, &mut self.state);
            let first = search.room();
            first.state.clone_from(&self.state);
            (first.cost, first.last) = (0, NONE);
            first.missing.clear();
            search.held = 1;
        }
        self.waiting += 1;
        if let Some(tag) = tag {
            allow(self.plan, tag, qualifier, &mut search.allowed);
        } else {
            search.allowed.identified = Some(0);
        }
        let best = search.held().iter().map(|h| h.cost).min().unwrap_or(0);
        let (hypotheses, long) = self.effort(best);
        search.go_on(self.plan, (tag, next), best, hypotheses);
        // The best come first. One that stays ahead of all others for a while is taken.
        let ahead = match search.held() {
            [first, second, ..] => first.cost == best && first.cost < second.cost,
            _ => true,
        };
        self.ahead = if ahead { self.ahead + 1 } else { 0 };
        if search.held == 1 || self.ahead >= long || self.waiting >= self.limits.waiting {
            self.decide(&mut search);
        }
        self.search = Some(search);
    }

    #[cold]
    fn new_search(&self) -> Box<Search> {
        let mut search = Box::<Search>::default();
        if self.of_records {
            search.courses.margin = 4 * MARGIN;
            search.courses.mistypes = false;
        }
        search
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

    /// Takes the best hypothesis: all that waited are placed.
    fn decide(&mut self, search: &mut Search) {
        let Some(best) = search.held().iter().min_by_key(|h| h.cost) else {
            return;
        };
        self.state.clone_from(&best.state);
        self.standing.stand(&self.state);
        let mut at = best.last;
        let mut found = Vec::new();
        let start = self.resolved.len();
        let mut faulty = false;
        while at != NONE {
            let decision = &search.decisions[at as usize];
            let is_said = |fault: &&Fault| {
                let Fault::MissingSegment(position) = fault else {
                    return true;
                };
                let late = found.iter().position(|found| found == position);
                late.map(|at| found.swap_remove(at)).is_none()
            };
            let out_of_order;
            let (course, faults) = match decision.course {
                Which::Of(course) => {
                    let held = search.courses.priced(course as usize);
                    (held.course, search.courses.faults(held))
                }
                Which::Found(position, depth) => {
                    out_of_order = [Fault::OutOfOrder(position)];
                    (Course::Found(position, depth), &out_of_order[..])
                }
            };
            let faults: Vec<Fault> = faults.iter().filter(is_said).copied().collect();
            faulty |= !faults.is_empty();
            self.wrong = self.wrong.saturating_add(u32::from(!faults.is_empty()));
            let aside = |position: Option<PositionId>, keep: u16| Placement {
                position,
                keep,
                aside: true,
                ..Placement::default()
            };
            let place = match course {
                // What stands for another moves the state as that would.
                Course::Step(step) => Placement {
                    position: Some(step.to()),
                    keep: step.keep(),
                    repeat: step.repeat(),
                    ..Placement::default()
                },
                Course::Aside(None) => aside(None, decision.open),
                Course::Aside(Some((position, depth))) | Course::Found(position, depth) => {
                    aside(Some(position), depth.min(decision.open - 1) + 1)
                }
            };
            if let Course::Found(position, _) = course {
                found.push(position);
            }
            self.resolved.push(Placement { faults, ..place });
            at = decision.before;
        }
        self.resolved[start..].reverse();
        self.faulty = self.faulty.saturating_add(u32::from(faulty));
        search.begin();
        self.waiting = 0;
        self.ahead = 0;
    }
}

/// Positions a segment may take by its qualifiers.
fn allow<'s>(
    plan: &Plan,
    tag: TagId,
    qualifier: &dyn Fn(&str) -> Option<&'s [u8]>,
    allowed: &mut Allowed,
) {
    let positions = &mut allowed.positions;
    positions.clear();
    allowed.identified = Some(0);
    let tagged = plan.tagged(tag);
    let all = tagged.positions.iter().copied();
    if !tagged.identified {
        positions.extend(all.map(|position| (position, 0)));
        return;
    }
    let qualifiers = |position: PositionId| &plan.qualifiers[usize::from(position)];
    let value = qualifier(&tagged.element);
    let packed = value.map_or(0, little_endian);
    let matches = |position: PositionId| {
        let held = qualifiers(position).as_deref().zip(value);
        held.is_some_and(|(held, value)| Qualifier::among(held, packed, value))
    };
    let mut identified = 0u64;
    for (position, at) in all.clone().zip(0..) {
        if matches(position) {
            positions.push((position, 0));
            identified |= 1u64.checked_shl(at).unwrap_or(0);
        }
    }
    allowed.identified = (all.len() <= 64).then_some(identified);
    if !positions.is_empty() {
        return;
    }
    // Positions that need another qualifier come last, at a price: the qualifier may be wrong.
    let is_free = |position: &PositionId| qualifiers(*position).is_none();
    positions.extend(all.clone().filter(is_free).map(|position| (position, 0)));
    let others = all.filter(|position| !is_free(position));
    positions.extend(others.map(|position| (position, OTHER_QUALIFIER)));
}

impl Search {
    /// Begins anew: nothing waits.
    fn begin(&mut self) {
        self.held = 0;
        self.decisions.clear();
    }

    fn held(&self) -> &[Hypothesis] {
        &self.hypotheses[..self.held]
    }

    /// The room of the next hypothesis.
    fn room(&mut self) -> &mut Hypothesis {
        if self.held == self.hypotheses.len() {
            self.hypotheses.push(Hypothesis::default());
        }
        &mut self.hypotheses[self.held]
    }

    /// Has the hypotheses, of which the best costs `best`, go on with a segment, and keeps so many.
    fn go_on(
        &mut self,
        plan: &Plan,
        (tag, next): (Option<TagId>, Option<TagId>),
        best: u32,
        hypotheses: usize,
    ) {
        let mut before = std::mem::take(&mut self.before);
        std::mem::swap(&mut before, &mut self.hypotheses);
        let live = std::mem::take(&mut self.held);
        (self.cheapest, self.best) = (u32::MAX, best);
        self.candidates.clear();
        self.chains.clear();
        self.chains
            .resize(2 * self.courses.margin as usize, (NONE, NONE));
        let most = best + self.courses.margin;
        for (hypothesis, at) in before[..live].iter().zip(0..) {
            self.expand(plan, (at, hypothesis), (tag, next), most);
        }
        self.keep_best(plan, &before, hypotheses);
        self.before = before;
    }

    /// Takes in how a hypothesis may go on. Of courses with errors those are given up that come to
    /// cost more than `most`.
    fn expand(
        &mut self,
        plan: &Plan,
        (at, from): (u32, &Hypothesis),
        (tag, next): (Option<TagId>, Option<TagId>),
        most: u32,
    ) {
        let onwards = self.courses.of(plan, &from.state, tag, &self.allowed);
        // Without an error, when that does not lead into one with the next segment.
        let smooth = onwards.sound().any(|course| {
            let held = self.courses.priced(course as usize);
            let Course::Step(step) = held.course else {
                return false;
            };
            held.cost == 0 && next.is_none_or(|next| plan.follows(step.to() as usize, next))
        });
        self.offer((at, from), onwards.sound(), most);
        if smooth {
            return;
        }
        self.offer((at, from), onwards.placed(), most);
        if let Some(&(position, depth)) = from.missing.iter().rev().find(|(position, depth)| {
            self.allowed.price(*position).is_some()
                && from
                    .state
                    .open
                    .get(*depth as usize)
                    .is_some_and(|level| level.group == plan.position(*position).group)
        }) && tag.is_some()
        {
            // It was counted as missing; now it is only late.
            self.take_in(at, from.cost, Which::Found(position, depth));
        }
        self.offer((at, from), onwards.last(), most);
    }

    /// Takes in courses of a hypothesis that are not given up at once.
    fn offer(&mut self, (at, from): (u32, &Hypothesis), courses: Range<u32>, most: u32) {
        for course in courses {
            let held = self.courses.priced(course as usize);
            let (cost, costly) = (from.cost + held.cost, held.costly);
            if cost > self.cheapest.saturating_add(self.courses.margin) {
                // Those that follow cost no less.
                break;
            }
            if !costly || cost <= most {
                self.take_in(at, cost, Which::Of(course));
            }
        }
    }

    fn take_in(&mut self, from: u32, cost: u32, course: Which) {
        self.cheapest = self.cheapest.min(cost);
        let candidate = self.candidates.len() as u32;
        self.candidates.push(Candidate {
            from,
            course,
            next: NONE,
        });
        let at = (cost - self.best) as usize;
        if at >= self.chains.len() {
            self.chains.resize(at + 1, (NONE, NONE));
        }
        let (first, last) = &mut self.chains[at];
        match self.candidates.get_mut(*last as usize) {
            Some(last) => last.next = candidate,
            None => *first = candidate,
        }
        *last = candidate;
    }

    /// Makes hypotheses of the best candidates, one for each state, in the order of preference.
    fn keep_best(&mut self, plan: &Plan, before: &[Hypothesis], most: usize) {
        self.marks.clear();
        let first = (self.cheapest - self.best) as usize;
        let end = self.chains.len();
        let end = end.min(first + self.courses.margin as usize + 1);
        // Of those that cost the same, the one that came first stays first.
        for at in first..end {
            let mut next = self.chains[at].0;
            while let Some(&candidate) = self.candidates.get(next as usize) {
                if self.held == most {
                    return;
                }
                next = candidate.next;
                let from = &before[candidate.from as usize];
                let course = match candidate.course {
                    Which::Of(course) => self.courses.priced(course as usize).course,
                    Which::Found(position, depth) => Course::Found(position, depth),
                };
                let state = &mut self.room().state;
                state.clone_from(&from.state);
                if let Course::Step(step) = course {
                    apply(plan, state, step);
                }
                let mark = state.mark();
                if !self.marks.contains(&mark) || self.is_new(mark) {
                    self.marks.push(mark);
                    let cost = self.best + at as u32;
                    self.follow(plan, from, (candidate.course, course, cost));
                }
            }
        }
    }

    /// Whether no hypothesis stands where that in the room of the next does, whose mark this is.
    fn is_new(&self, mark: u32) -> bool {
        let state = &self.hypotheses[self.held].state;
        let mut held = self.marks.iter().zip(&self.hypotheses);
        !held.any(|(held, hypothesis)| *held == mark && hypothesis.state == *state)
    }

    /// Takes in the hypothesis in the room of the next, which goes on with a course.
    fn follow(
        &mut self,
        plan: &Plan,
        from: &Hypothesis,
        (which, course, cost): (Which, Course, u32),
    ) {
        let next = &mut self.hypotheses[self.held];
        let missing = &mut next.missing;
        missing.clone_from(&from.missing);
        match course {
            Course::Step(step) => {
                if !missing.is_empty() {
                    let stays = |depth: u16| {
                        depth < step.keep() && !(step.repeat() && depth + 1 == step.keep())
                    };
                    missing.retain(|(_, depth)| stays(*depth));
                }
                if let Which::Of(course) = which {
                    let faults = self.courses.faults(self.courses.priced(course as usize));
                    for fault in faults {
                        let Fault::MissingSegment(position) = *fault else {
                            continue;
                        };
                        let bounds = &plan.bounds[usize::from(position)];
                        let level = next.state.open.get(usize::from(bounds.depth));
                        if level.is_some_and(|level| level.group == bounds.group) {
                            missing.push((position, bounds.depth));
                        }
                    }
                }
            }
            Course::Aside(_) => {}
            Course::Found(position, depth) => missing.retain(|held| *held != (position, depth)),
        }
        next.cost = cost;
        next.last = self.decisions.len() as u32;
        self.decisions.push(Decision {
            before: from.last,
            course: which,
            open: next.state.open.len() as u16,
        });
        self.held += 1;
    }
}

#[inline]
pub(super) fn index(plan: &Plan, at: usize) -> usize {
    if at == START {
        plan.positions.len()
    } else {
        at
    }
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
