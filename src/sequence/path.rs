//! Where in the structure a segment stands, by the names of ISO/TS 20625.

use std::fmt::Write as _;

use super::{GroupId, Place, Placement, Plan, PositionId};

#[derive(Clone, Copy, Debug)]
struct Level {
    group: GroupId,
    occurrence: u32,
    /// Which of all occurrences of groups it is.
    number: u32,
}

/// How often a position was met, in which of all occurrences of groups.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    number: u32,
    count: u32,
}

/// Follows the placements of a message.
#[derive(Debug)]
pub(crate) struct Path {
    open: Vec<Level>,
    /// Occurrences of groups so far.
    number: u32,
    /// For each position where it was met last.
    met: Vec<Met>,
}

impl Path {
    /// A path at the start of a message of so many positions.
    pub(crate) fn new(positions: usize) -> Self {
        Self {
            open: vec![Level {
                group: 0,
                occurrence: 1,
                number: 1,
            }],
            number: 1,
            met: vec![Met::default(); positions],
        }
    }

    /// Stands at the start of another message.
    pub(crate) fn begin_again(&mut self) {
        self.open.clear();
        self.open.push(Level {
            group: 0,
            occurrence: 1,
            number: 1,
        });
        self.number = 1;
        self.met.clear();
    }

    /// Makes room for so many positions.
    pub(crate) fn reach(&mut self, positions: usize) {
        if self.met.len() < positions {
            self.met.resize(positions, Met::default());
        }
    }

    /// Takes the next placement.
    #[inline]
    pub(crate) fn follow(&mut self, plan: &Plan, placement: &Placement) {
        let Some(position) = placement.position else {
            return;
        };
        if !placement.aside {
            self.place(
                plan,
                Place {
                    position,
                    keep: placement.keep,
                    repeat: placement.repeat,
                },
            );
        }
    }

    /// Takes the place of the next segment.
    #[inline]
    pub(crate) fn place(&mut self, plan: &Plan, place: Place) {
        let (position, keep) = (place.position, place.keep as usize);
        let bounds = plan.bounds[position as usize];
        if place.repeat || self.open.len() != keep || usize::from(bounds.depth) + 1 != keep {
            self.cross(plan, keep, place.repeat, bounds.group);
        }
        let number = self.open.last().map_or(0, |level| level.number);
        let met = &mut self.met[position as usize];
        let again = met.number == number;
        met.count = if again { met.count.wrapping_add(1) } else { 1 };
        met.number = number;
    }

    /// Leaves and enters groups.
    fn cross(&mut self, plan: &Plan, keep: usize, repeat: bool, group: GroupId) {
        self.open.truncate(keep);
        if repeat && let Some(level) = self.open.last_mut() {
            level.occurrence += 1;
            self.number = self.number.wrapping_add(1);
            level.number = self.number;
        }
        if self.open.last().is_some_and(|level| level.group != group) {
            self.enter(plan, group);
        }
    }

    fn enter(&mut self, plan: &Plan, group: GroupId) {
        let from = self.open.len();
        let mut at = group;
        while at != 0 && self.open[..from].iter().all(|level| level.group != at) {
            self.number = self.number.wrapping_add(1);
            self.open.push(Level {
                group: at,
                occurrence: 1,
                number: self.number,
            });
            at = plan.group_bounds[at as usize].parent;
        }
        // They were met from the innermost outwards.
        self.open[from..].reverse();
    }

    /// Occurrences of the open groups, outermost first, and of the position in its group.
    pub(crate) fn nesting(&self, plan: &Plan, position: PositionId) -> Vec<u32> {
        let mut nesting: Vec<u32> = self.open[1..]
            .iter()
            .map(|level| level.occurrence)
            .collect();
        nesting.push(self.occurrence(plan, position));
        nesting
    }

    /// Which segment of its name in its group occurrence this is, counted from 1.
    fn occurrence(&self, plan: &Plan, position: PositionId) -> u32 {
        let number = self.open.last().map_or(0, |level| level.number);
        let (name, group) = (&plan.position(position).name, plan.position(position).group);
        let met = plan
            .positions()
            .iter()
            .zip(&self.met)
            .filter(|(at, met)| met.number == number && at.group == group && at.name == *name);
        met.map(|(_, met)| met.count).sum::<u32>().max(1)
    }

    /// The open groups below the message and their occurrences, outermost first.
    pub(crate) fn open(&self) -> impl Iterator<Item = (GroupId, u32)> {
        self.open
            .iter()
            .skip(1)
            .map(|level| (level.group, level.occurrence))
    }

    /// The path of the groups that are open, as far as `depth` levels below the message.
    fn groups(&self, plan: &Plan, depth: usize) -> String {
        let mut path = String::new();
        for level in self.open.iter().skip(1).take(depth) {
            push(&mut path, &plan.group(level.group).name, level.occurrence);
        }
        path
    }

    /// The path of a segment at `position` that was just placed.
    pub(crate) fn segment(&self, plan: &Plan, position: PositionId) -> String {
        let mut path = self.groups(plan, usize::MAX);
        push(
            &mut path,
            &plan.position(position).name,
            self.occurrence(plan, position),
        );
        path
    }

    /// The path of a segment without a place: the open groups and its tag.
    pub(crate) fn stray(&self, plan: &Plan, tag: &str) -> String {
        self.unplaced(plan, &format!("S_{tag}"))
    }

    /// The path of something without a place that is called `name`: below the open groups.
    pub(crate) fn unplaced(&self, plan: &Plan, name: &str) -> String {
        let mut path = self.groups(plan, usize::MAX);
        push(&mut path, name, 1);
        path
    }

    /// The path of something that is missing in the groups that are open.
    pub(crate) fn missing(&self, plan: &Plan, group: GroupId, name: &str) -> String {
        let mut chain = Vec::new();
        let mut at = group;
        while at != 0 {
            chain.push(at);
            at = plan.group(at).parent;
        }
        chain.reverse();
        let mut path = String::new();
        let mut same = true;
        for (depth, group) in chain.iter().enumerate() {
            let level = self.open.get(depth + 1);
            same = same && level.is_some_and(|level| level.group == *group);
            let occurrence = level.filter(|_| same).map_or(1, |level| level.occurrence);
            push(&mut path, &plan.group(*group).name, occurrence);
        }
        push(&mut path, name, 1);
        path
    }
}

fn push(path: &mut String, name: &str, occurrence: u32) {
    // The first record of a group that is named as the group.
    if name.is_empty() {
        return;
    }
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(name);
    if occurrence > 1 {
        let _ = write!(path, "[{occurrence}]");
    }
}
