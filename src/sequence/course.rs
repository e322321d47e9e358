//! The courses that a message may take with its next segment, each at its price. Short messages in
//! disorder come to the same places again and again: what was found of a place is remembered.

use std::cmp::Reverse;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::Fault;
use super::plan::{GroupId, ItemId, Plan, PositionId, TagId};
use super::search::{Level, START, State, index};
use super::step::Step;

/// Cost of an error. Preferences between repairs that cost as many errors are fractions of it.
pub(super) const ERROR: u32 = 16;
/// A hypothesis that costs so much more than the best is given up.
pub(super) const MARGIN: u32 = 2 * ERROR + 8;
/// Courses that are remembered: then all are forgotten.
const MOST_COURSES: usize = 1 << 16;
/// So deep a place is remembered.
const DEEPEST: usize = 8;

/// How a message may go on with the segment at hand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Course {
    /// The segment takes a position.
    Step(Step),
    /// The segment has no place, or one, at a depth, that moves nothing.
    Aside(Option<(PositionId, u16)>),
    /// As that, and it was counted as missing before.
    Found(PositionId, u16),
}

/// A course, and what it costs more than to stand where the message does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Priced {
    pub course: Course,
    pub cost: u32,
    /// Whether it is given up where it costs more than the best hypothesis before it, and the
    /// margin.
    pub costly: bool,
    /// Its faults, as a range of those that were noted down.
    faults: (u32, u32),
}

/// The courses from one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Onwards([u32; 4]);

impl Onwards {
    /// Those without an error; they are all where one of them goes on without one. The cheapest
    /// come first, here and among the others.
    #[inline]
    pub(super) fn sound(self) -> Range<u32> {
        self.0[0]..self.0[1]
    }

    /// Those with errors that take a position.
    #[inline]
    pub(super) fn placed(self) -> Range<u32> {
        self.0[1]..self.0[2]
    }

    /// Those that come last.
    #[inline]
    pub(super) fn last(self) -> Range<u32> {
        self.0[2]..self.0[3]
    }
}

/// All that the courses from a place depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    /// What each level has reached, 16 bits each. How many are open its position says.
    reached: u128,
    /// Positions of the tag that the qualifier of the segment identifies.
    identified: u64,
    at: u16,
    tag: u16,
    /// How the counters stand to their limits: two bits for each level, and the highest for the
    /// position.
    full: u32,
}

/// What the segment at hand may be.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowed {
    /// Positions that it may take, and at what price.
    pub positions: Vec<(PositionId, u32)>,
    /// Which of the positions of its tag its qualifier identifies; `None` where these are too many
    /// to tell.
    pub identified: Option<u64>,
}

impl Allowed {
    pub(super) fn price(&self, to: PositionId) -> Option<u32> {
        let mut positions = self.positions.iter();
        let found = positions.find(|(position, _)| *position == to);
        found.map(|(_, price)| *price)
    }
}

/// Courses and their faults, those of the segment at hand and what is remembered.
#[derive(Debug)]
pub(super) struct Courses {
    /// A hypothesis that costs so much more than the best is given up.
    pub margin: u32,
    /// Whether a tag that the message has may stand for another.
    pub mistypes: bool,
    /// The number of the plan that they are of.
    plan: u64,
    known: FxHashMap<Place, Onwards>,
    priced: Vec<Priced>,
    noted: Vec<Fault>,
    /// The least that a course of the place at hand costs.
    cheapest: u32,
    /// Targets, nearest first.
    targets: Vec<(bool, usize, PositionId)>,
}

impl Default for Courses {
    fn default() -> Self {
        Self {
            margin: MARGIN,
            mistypes: true,
            plan: 0,
            known: FxHashMap::default(),
            priced: Vec::new(),
            noted: Vec::new(),
            cheapest: u32::MAX,
            targets: Vec::new(),
        }
    }
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

    fn is_full(&self) -> bool {
        self.faults.len() >= self.most
    }

    fn push(&mut self, fault: Fault) {
        self.faults.push(fault);
    }
}

impl Courses {
    /// Begins with a segment: what is remembered is of this plan, and not too much.
    pub(super) fn begin(&mut self, plan: &Plan) {
        // Where it counts how often an item was there, hardly two places are the same.
        let all = plan.counts_matter || self.priced.len() > MOST_COURSES;
        if all || std::mem::replace(&mut self.plan, plan.number) != plan.number {
            self.plan = plan.number;
            self.known.clear();
            self.priced.clear();
            self.noted.clear();
        }
    }

    #[inline]
    pub(super) fn priced(&self, at: usize) -> &Priced {
        &self.priced[at]
    }

    #[inline]
    pub(super) fn faults(&self, of: &Priced) -> &[Fault] {
        &self.noted[of.faults.0 as usize..of.faults.1 as usize]
    }

    /// The courses from where a message stands.
    pub(super) fn of(
        &mut self,
        plan: &Plan,
        state: &State,
        tag: Option<TagId>,
        allowed: &Allowed,
    ) -> Onwards {
        let place = place(plan, state, tag, allowed);
        if let Some(place) = &place
            && let Some(known) = self.known.get(place)
        {
            return *known;
        }
        let found = self.find(plan, state, tag, allowed);
        for part in [found.sound(), found.placed(), found.last()] {
            self.priced[part.start as usize..part.end as usize].sort_by_key(|held| held.cost);
        }
        if let Some(place) = place {
            self.known.insert(place, found);
        }
        found
    }

    #[inline(never)]
    fn find(
        &mut self,
        plan: &Plan,
        state: &State,
        tag: Option<TagId>,
        allowed: &Allowed,
    ) -> Onwards {
        self.cheapest = u32::MAX;
        let start = self.priced.len() as u32;
        let Some(tag) = tag else {
            self.stay(Fault::Unknown, ERROR, None);
            self.instead(plan, state, None);
            return Onwards([start, start, start, self.priced.len() as u32]);
        };
        for &step in plan.steps(index(plan, state.at), tag) {
            let Some(price) = allowed.price(step.to()) else {
                continue;
            };
            if fits(plan, state, step) && !leaves_too_few(plan, state, step) {
                self.place(step, self.noted.len(), price, false);
            }
        }
        let sound = self.priced.len() as u32;
        // Of repairs that cost the same the nearest is taken: one more of what stands here rather
        // than another group whose beginning is missing.
        let mut targets = std::mem::take(&mut self.targets);
        targets.clear();
        let free = allowed.positions.iter().filter(|(_, price)| *price == 0);
        targets.extend(free.map(|(to, _)| {
            let here = *to as usize == state.at;
            (here, common_levels(plan.path_to(*to), &state.open), *to)
        }));
        targets.sort_by_key(|(here, common, _)| Reverse((*here, *common)));
        for &(_, common, to) in &targets {
            self.with_errors(plan, state, (to, common));
        }
        self.targets = targets;
        let placed = self.priced.len() as u32;
        self.stay(Fault::Unexpected, ERROR + 2, None);
        if self.mistypes {
            self.instead(plan, state, Some(tag));
        }
        Onwards([start, sound, placed, self.priced.len() as u32])
    }

    /// Whether a course would be given up at once.
    fn is_too_costly(&mut self, cost: u32) -> bool {
        self.cheapest = self.cheapest.min(cost);
        cost > self.cheapest + self.margin
    }

    /// Takes in a course with the faults that were noted from `start` on.
    fn add(&mut self, course: Course, cost: u32, start: usize, costly: bool) {
        let faults = (start as u32, self.noted.len() as u32);
        self.priced.push(Priced {
            course,
            cost,
            costly,
            faults,
        });
    }

    /// The segment has no place, or none that moves the state.
    fn stay(&mut self, fault: Fault, cost: u32, position: Option<(PositionId, u16)>) {
        if self.is_too_costly(cost) {
            return;
        }
        let start = self.noted.len();
        self.noted.push(fault);
        self.add(Course::Aside(position), cost, start, false);
    }

    /// The segment stands for a mandatory one, or for the first of a group.
    fn instead(&mut self, plan: &Plan, state: &State, tag: Option<TagId>) {
        let cost = ERROR + 4;
        if cost > self.cheapest.saturating_add(self.margin) {
            return;
        }
        for &step in plan.awaited(index(plan, state.at)) {
            if !tag.is_some_and(|tag| plan.tagged(tag).positions.contains(&step.to()))
                && fits(plan, state, step)
            {
                let start = self.noted.len();
                self.noted.push(Fault::InsteadOf(step.to()));
                self.place(step, start, cost, false);
            }
        }
    }

    /// The segment takes a position, with the faults that were noted from `start` on.
    fn place(&mut self, step: Step, start: usize, cost: u32, costly: bool) {
        if self.is_too_costly(cost) {
            self.noted.truncate(start);
            return;
        }
        self.add(Course::Step(step), cost, start, costly);
    }

    fn place_costly(&mut self, step: Step, start: usize) {
        let cost = (self.noted.len() - start) as u32 * ERROR;
        if cost > 0 && cost <= self.margin {
            self.place(step, start, cost, true);
        } else {
            self.noted.truncate(start);
        }
    }

    /// Ways to reach `to` with something missing, too often, or late. So many of the open groups
    /// are also those of its path.
    fn with_errors(&mut self, plan: &Plan, state: &State, (to, common): (PositionId, usize)) {
        let path = plan.path_to(to);
        let open = &state.open;
        let item_at = |depth: usize| match path.get(depth + 1) {
            Some(&inner) => plan.group(inner).index,
            None => plan.position(to).index,
        };
        // In the occurrence of the innermost common group that is open.
        let depth = common - 1;
        let reached = if open.len() == common {
            if state.at == START {
                -1
            } else {
                i32::from(plan.positions[state.at].index)
            }
        } else {
            i32::from(plan.group(open[common].group).index)
        };
        let target = i32::from(item_at(depth));
        let step = Step::new(to, common as u16, false);
        let mut one_too_many = false;
        let start = self.noted.len();
        // With more faults than this it would be given up.
        let most_faults = (self.margin / ERROR) as usize + 1;
        let faults = &mut Noted::new(&mut self.noted, most_faults);
        if target > reached {
            missing_after(plan, state, common, faults);
            missing_between(plan, path[depth], open[depth].reached, target, faults);
            missing_on_entry(plan, path, depth + 1, to, faults);
            self.place_costly(step, start);
        } else if to as usize == state.at {
            let position = plan.position(to);
            if state.count == position.max {
                // The first of a group that is full is one group too many: that is said below.
                let level = open[depth];
                let full = level.occurrence >= plan.group(level.group).max;
                if position.index == 0 && depth > 0 && full {
                    one_too_many = true;
                } else {
                    faults.push(Fault::TooManySegments(to));
                    self.place_costly(step, start);
                }
            } else if state.count > position.max {
                // Said once.
                self.place(step, start, 0, false);
            }
        } else if path.len() == common {
            let place = Some((to, depth as u16));
            self.stay(Fault::OutOfOrder(to), ERROR + 1, place);
        } else if target < reached {
            // A whole group that comes late: go back to it, what was reached stays reached.
            faults.push(Fault::OutOfOrder(to));
            missing_on_entry(plan, path, depth + 1, to, faults);
            self.place_costly(step, start);
        }
        // In a new occurrence of one of the open groups.
        for (depth, level) in open.iter().enumerate().take(common).skip(1).rev() {
            let group = plan.group(level.group);
            let start = self.noted.len();
            let faults = &mut Noted::new(&mut self.noted, most_faults);
            missing_after(plan, state, depth, faults);
            let over = level.occurrence >= group.max;
            if level.occurrence == group.max {
                faults.push(Fault::TooManyGroups(level.group));
            }
            let first = item_at(depth);
            missing_between(plan, level.group, -1, i32::from(first), faults);
            missing_on_entry(plan, path, depth + 1, to, faults);
            let step = Step::new(to, depth as u16 + 1, true);
            if self.noted.len() > start {
                self.place_costly(step, start);
            } else if over {
                self.place(step, start, 1, false);
            }
        }
        if one_too_many {
            let start = self.noted.len();
            self.noted.push(Fault::TooManySegments(to));
            self.place_costly(step, start);
        }
    }
}

/// The place where a message stands, if it can be remembered: the groups that are open are those
/// around its position, and of each counter it matters only how it stands to its limit.
fn place(plan: &Plan, state: &State, tag: Option<TagId>, allowed: &Allowed) -> Option<Place> {
    if plan.counts_matter || state.open.len() > DEEPEST {
        return None;
    }
    let to_limit = |count: u32, most: u32| u32::from(count >= most) + u32::from(count > most);
    let (at, mut full) = match state.at {
        START => (u16::MAX, 0),
        at => (at as u16, to_limit(state.count, plan.bounds[at].max)),
    };
    let mut reached = 0;
    for level in &state.open {
        let most = plan.group_bounds[usize::from(level.group)].max;
        full = full << 2 | to_limit(level.occurrence, most);
        reached = reached << 16 | u128::from(level.reached as u16);
    }
    Some(Place {
        reached,
        identified: allowed.identified?,
        at,
        tag: tag.map_or(u16::MAX, |tag| tag.index() as u16),
        full,
    })
}

/// How many of the open groups, outermost first, are also those of `path`.
fn common_levels(path: &[GroupId], open: &[Level]) -> usize {
    path.iter()
        .zip(open)
        .take_while(|(group, level)| **group == level.group)
        .count()
}

/// Whether the counters allow a transition that needs nothing else. What is beyond its limit
/// already was said to be.
fn fits(plan: &Plan, state: &State, step: Step) -> bool {
    if step.repeat() {
        let level = state.open[step.keep() as usize - 1];
        return level.occurrence != plan.group_bounds[level.group as usize].max;
    }
    step.to() as usize != state.at || state.count != plan.bounds[step.to() as usize].max
}

/// Whether a transition leaves an item behind that must occur more often.
fn leaves_too_few(plan: &Plan, state: &State, step: Step) -> bool {
    if !plan.counts_matter || state.at == START {
        return false;
    }
    if step.to() as usize != state.at || step.repeat() {
        return state.count < plan.positions[state.at].min;
    }
    false
}

/// What is missing in the open groups when the message ends here.
pub(super) fn missing_at_end(plan: &Plan, state: &State) -> Vec<Fault> {
    let mut missing = Vec::new();
    let most = usize::MAX;
    let faults = &mut Noted {
        faults: &mut missing,
        most,
    };
    missing_after(plan, state, 0, faults);
    missing
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
