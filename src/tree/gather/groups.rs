//! The groups of a message that are open while its segments or records are gathered.

use super::{Gathering, Projection, ROOT, Say, WantedId};
use crate::expr::Spot;
use crate::sequence::{GroupId, Place, Plan};

/// What is wanted of each group of `plan`.
pub(super) fn wanted(projection: &Projection, plan: &Plan) -> Vec<Option<WantedId>> {
    let mut groups: Vec<Option<WantedId>> = Vec::with_capacity(plan.groups().len());
    for (at, group) in plan.groups().iter().enumerate() {
        let found = if at == 0 {
            Some(ROOT)
        } else {
            groups[group.parent as usize].and_then(|of| projection.find(of, &group.name))
        };
        groups.push(found);
    }
    groups
}

/// The open groups, the message first, and whether anything of each is wanted.
pub(super) struct OpenGroups(Vec<(GroupId, bool)>);

impl OpenGroups {
    /// Of a message that has just begun.
    pub(super) fn new() -> Self {
        Self(vec![(0, true)])
    }

    /// Whether what stands at `place`, a position of `group`, ends or begins a group.
    pub(super) fn moves(&self, place: Place, group: GroupId) -> bool {
        self.0.len() > place.keep as usize
            || place.repeat
            || self.0.last().is_none_or(|(open, _)| *open != group)
    }

    /// Ends and begins groups until the one of `place` is the innermost. `head` is where what stands
    /// there begins.
    pub(super) fn move_to(
        &mut self,
        gathering: &mut Gathering,
        wanted: &[Option<WantedId>],
        plan: &Plan,
        place: Place,
        head: &dyn Fn() -> Spot,
        say: &mut dyn Say,
    ) {
        let keep = place.keep as usize;
        self.leave(gathering, keep, say);
        if place.repeat
            && let Some((repeated, _)) = self.0.last().copied()
            && repeated != 0
        {
            self.leave(gathering, keep - 1, say);
            self.enter(gathering, wanted, repeated, head);
        }
        let mut chain: Vec<GroupId> = Vec::new();
        let mut at = plan.position(place.position).group;
        while at != 0 && self.0.iter().all(|(open, _)| *open != at) {
            chain.push(at);
            at = plan.group(at).parent;
        }
        for group in chain.into_iter().rev() {
            self.enter(gathering, wanted, group, head);
        }
    }

    fn leave(&mut self, gathering: &mut Gathering, keep: usize, say: &mut dyn Say) {
        while self.0.len() > keep.max(1) {
            if self.0.pop().is_some_and(|(_, wanted)| wanted) {
                gathering.close(say);
            }
        }
    }

    fn enter(
        &mut self,
        gathering: &mut Gathering,
        wanted: &[Option<WantedId>],
        group: GroupId,
        head: &dyn Fn() -> Spot,
    ) {
        let wanted = wanted[group as usize];
        if let Some(wanted) = wanted {
            gathering.open(wanted, head());
        }
        self.0.push((group, wanted.is_some()));
    }
}
