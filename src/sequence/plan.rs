//! A message structure made ready for placing segments: positions in the order of the standard,
//! and for each position which ones may follow without an error.

use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashMap;

use super::step::{Bounds, Choice, GroupBounds, Hop, Qualifier, Step};
use crate::edifact::pack;
use crate::spec::model::{Content, Model, Node, Particle, Role, TypeId};
use crate::{Error, Result};

/// The number of the next plan.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// A position: a place of the structure where a segment (or record) may stand, counted from 0 in
/// the order of the standard.
pub type PositionId = u16;

/// A group, counted from 0 in the order of the standard; 0 is the message itself.
pub type GroupId = u16;

/// A tag that occurs in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TagId(u16);

impl TagId {
    /// Its number among the tags of the message.
    #[inline]
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The structure of a message.
#[derive(Debug)]
pub struct Plan {
    pub(super) positions: Vec<Position>,
    pub(super) groups: Vec<Group>,
    tags: FxHashMap<u64, TagId>,
    /// Tags of three characters where nothing has to be looked for.
    short_tags: ShortTags,
    pub(super) by_tag: Vec<Tagged>,
    /// What is needed of positions and groups for every segment: small, so that it stays in the
    /// cache.
    pub(super) bounds: Vec<Bounds>,
    pub(super) group_bounds: Vec<GroupBounds>,
    /// The groups around each group, from the message inwards, itself the last.
    paths: Vec<Box<[GroupId]>>,
    /// The values that identify a position.
    pub(super) qualifiers: Vec<Option<Box<[Qualifier]>>>,
    /// For each position (and, last, for the start) and each tag, which of `choices` are its
    /// transitions.
    table: Vec<u16>,
    /// All that occur; the first is none.
    choices: Vec<Choice>,
    /// What each of them comes to at once.
    hops: Vec<Hop>,
    steps: Vec<Step>,
    /// For each position (and, last, for the start) its transitions to what is mandatory or begins
    /// a group, in `awaited`.
    awaited_from: Vec<u32>,
    awaited: Vec<Step>,
    /// Some item must occur more than once: leaving one early needs a look at its counter.
    pub(super) counts_matter: bool,
    /// No other plan of the process has this number.
    pub(super) number: u64,
}

/// A place where a segment may stand.
#[derive(Debug)]
pub struct Position {
    /// Tag.
    pub tag: Box<str>,
    /// Name in paths.
    pub name: Box<str>,
    /// Type of its content, in the model.
    pub of: TypeId,
    /// The group it stands in.
    pub group: GroupId,
    /// At least so often in one occurrence of its group.
    pub min: u32,
    /// At most so often.
    pub max: u32,
    /// Its index among the items of its group.
    pub(super) index: u16,
    /// Whether an earlier position of the same group has the same name.
    pub shares_name: bool,
    /// Element and values of it that identify this position among others with its tag.
    pub identified_by: Option<(Box<str>, Vec<Box<str>>)>,
}

/// A segment group, or the message itself.
#[derive(Debug)]
pub struct Group {
    /// Name in paths; the message's for group 0.
    pub name: Box<str>,
    /// Identifier in the standard, as `SG2`.
    pub id: Box<str>,
    /// The group around it; 0 is in itself.
    pub parent: GroupId,
    /// At least so often in one occurrence of its parent.
    pub min: u32,
    /// At most so often.
    pub max: u32,
    /// Depth: 0 for the message.
    pub(super) depth: u16,
    /// Its index among the items of its parent.
    pub(super) index: u16,
    pub(super) items: Vec<ItemId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemId {
    Position(PositionId),
    Group(GroupId),
}

/// The positions of a tag.
#[derive(Debug, Default)]
pub(super) struct Tagged {
    pub positions: Vec<PositionId>,
    pub identified: bool,
    /// The element that tells them apart, and all values of it that identify some of them.
    pub element: Box<str>,
    pub qualifiers: Vec<Qualifier>,
}

/// A tag of up to 8 bytes as a number; longer ones have none and occur in no message.
#[must_use]
pub fn pack_tag(tag: &[u8]) -> Option<u64> {
    (!tag.is_empty() && tag.len() <= 8).then(|| pack(tag))
}

impl Plan {
    /// Makes the root message of `model` ready.
    ///
    /// # Errors
    /// When the model has no root, or holds what segments cannot be placed against (a choice,
    /// an unordered set, a wildcard), more than 65,535 positions or different
    /// transitions, or a tag longer than 8 bytes.
    pub fn new(model: &Model) -> Result<Self> {
        let root = model
            .roots()
            .first()
            .ok_or_else(|| Error::misuse("a model without a root"))?;
        let mut plan = Self {
            positions: Vec::new(),
            groups: Vec::new(),
            tags: FxHashMap::default(),
            short_tags: ShortTags::default(),
            by_tag: Vec::new(),
            bounds: Vec::new(),
            group_bounds: Vec::new(),
            paths: Vec::new(),
            qualifiers: Vec::new(),
            table: Vec::new(),
            choices: Vec::new(),
            hops: Vec::new(),
            steps: Vec::new(),
            awaited_from: Vec::new(),
            awaited: Vec::new(),
            counts_matter: false,
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
        };
        plan.add_group(model, root, (0, 0, 0), (1, 1))?;
        plan.connect()?;
        plan.prepare();
        Ok(plan)
    }

    /// A plan of one position, for a segment by itself: the model's root.
    ///
    /// # Errors
    /// When the model has no root.
    pub(crate) fn of_segment(model: &Model) -> Result<Self> {
        let root = model
            .roots()
            .first()
            .ok_or_else(|| Error::misuse("a model without a root"))?;
        let mut message = Model::new();
        let content = Content::Children(Particle::Sequence(vec![Particle::Node(root.clone())]));
        let of = message.add(crate::spec::model::Type::new("M", content));
        message.add_root(Node {
            role: Role::Message,
            of,
            ..root.clone()
        });
        Self::new(&message)
    }

    fn add_group(
        &mut self,
        model: &Model,
        node: &Node,
        (parent, depth, index): (GroupId, u16, u16),
        (min, max): (u32, u32),
    ) -> Result<GroupId> {
        const DEEPEST: u16 = 64;
        let id = u16::try_from(self.groups.len())
            .ok()
            .filter(|_| depth < DEEPEST);
        let id = id.ok_or_else(|| Error::misuse("too many groups, or groups nested too deep"))?;
        self.groups.push(Group {
            name: node.name.clone(),
            id: node.id.clone(),
            parent,
            min,
            max,
            depth,
            index,
            items: Vec::new(),
        });
        self.counts_matter |= min > 1;
        let Content::Children(content) = &model.get(node.of).content else {
            return Err(Error::misuse(format!("{} has no segments", node.name)));
        };
        if node.role == Role::Record {
            // A record with others inside is a group that it begins: its own place has no name,
            // so that its path is the group's.
            let own = Node {
                name: "".into(),
                ..node.clone()
            };
            self.add_position(&own, id, (1, 1))?;
        }
        self.add_items(model, content, id, depth)?;
        Ok(id)
    }

    fn add_items(
        &mut self,
        model: &Model,
        particle: &Particle,
        group: GroupId,
        depth: u16,
    ) -> Result<()> {
        match particle {
            Particle::Sequence(items) => items
                .iter()
                .try_for_each(|item| self.add_items(model, item, group, depth)),
            Particle::Node(node) => self.add_item(model, node, group, depth, (1, 1)),
            Particle::Repeat { min, max, of } => match &**of {
                Particle::Node(node) => {
                    self.add_item(model, node, group, depth, (*min, max.unwrap_or(u32::MAX)))
                }
                _ => Err(Error::misuse(
                    "only a named item can repeat in a sequence of segments",
                )),
            },
            _ => Err(Error::misuse("segments are placed in sequences only")),
        }
    }

    fn add_item(
        &mut self,
        model: &Model,
        node: &Node,
        group: GroupId,
        depth: u16,
        (min, max): (u32, u32),
    ) -> Result<()> {
        let index = self.groups[group as usize].items.len() as u16;
        if node.role == Role::Group || begins_group(model, node) {
            let inner = self.add_group(model, node, (group, depth + 1, index), (min, max))?;
            self.groups[group as usize].items.push(ItemId::Group(inner));
            return Ok(());
        }
        if node.role == Role::Field {
            return Ok(());
        }
        self.add_position(node, group, (min, max))
    }

    fn add_position(&mut self, node: &Node, group: GroupId, (min, max): (u32, u32)) -> Result<()> {
        let index = self.groups[group as usize].items.len() as u16;
        let id = u16::try_from(self.positions.len())
            .ok()
            .filter(|id| *id < u16::MAX)
            .ok_or_else(|| Error::misuse("more than 65,534 positions"))?;
        let packed = pack_tag(node.id.as_bytes())
            .ok_or_else(|| Error::misuse(format!("the tag {:?} is empty or too long", node.id)))?;
        let next = TagId(self.by_tag.len() as u16);
        let tag = *self.tags.entry(packed).or_insert(next);
        if tag == next {
            self.by_tag.push(Tagged::default());
        }
        let tagged = &mut self.by_tag[tag.0 as usize];
        tagged.positions.push(id);
        tagged.identified |= node.identified_by.is_some();
        let shares_name = self.groups[group as usize]
            .items
            .iter()
            .any(|item| match item {
                ItemId::Position(at) => self.positions[*at as usize].name == node.name,
                ItemId::Group(_) => false,
            });
        self.counts_matter |= min > 1;
        self.positions.push(Position {
            tag: node.id.clone(),
            name: node.name.clone(),
            of: node.of,
            group,
            min,
            max,
            index,
            shares_name,
            identified_by: node.identified_by.clone(),
        });
        self.groups[group as usize].items.push(ItemId::Position(id));
        Ok(())
    }

    /// Fills the table of transitions.
    fn connect(&mut self) -> Result<()> {
        let mut known: FxHashMap<Vec<Step>, u16> = FxHashMap::default();
        self.choices.push(Choice {
            start: 0,
            count: 0,
            only: None,
            identified: false,
        });
        let mut tag_of = vec![0; self.positions.len()];
        for (tag, tagged) in self.by_tag.iter().enumerate() {
            for position in &tagged.positions {
                tag_of[usize::from(*position)] = tag;
            }
        }
        let mut found: Vec<Step> = Vec::new();
        let mut by_tag: Vec<Vec<Step>> = vec![Vec::new(); self.by_tag.len()];
        self.table = vec![0; (self.positions.len() + 1) * self.by_tag.len()];
        for from in 0..=self.positions.len() {
            self.followers(from, &mut found);
            for step in found.drain(..) {
                by_tag[tag_of[usize::from(step.to())]].push(step);
            }
            self.awaited_from.push(self.awaited.len() as u32);
            for (tag, steps) in by_tag.iter_mut().enumerate() {
                if steps.is_empty() {
                    continue;
                }
                let is_awaited = |step: &&Step| {
                    let position = &self.positions[usize::from(step.to())];
                    position.min > 0 || (position.index == 0 && position.group != 0)
                };
                self.awaited.extend(steps.iter().filter(is_awaited));
                // Those of two tags are never the same.
                let at = match known.get(&**steps) {
                    Some(at) => *at,
                    None => {
                        let at = u16::try_from(self.choices.len());
                        let at = at.map_err(|_| Error::misuse("too many transitions"))?;
                        self.choices.push(Choice {
                            start: self.steps.len() as u32,
                            count: steps.len() as u16,
                            only: (steps.len() == 1).then(|| steps[0]),
                            identified: self.by_tag[tag].identified,
                        });
                        self.steps.extend(&*steps);
                        known.insert(steps.clone(), at);
                        at
                    }
                };
                let place = self.place(from, TagId(tag as u16));
                self.table[place] = at;
                steps.clear();
            }
        }
        self.awaited_from.push(self.awaited.len() as u32);
        Ok(())
    }

    /// Makes the small tables.
    fn prepare(&mut self) {
        let bounds = |position: &Position| Bounds {
            max: position.max,
            group_max: self.groups[position.group as usize].max,
            group: position.group,
            depth: self.groups[position.group as usize].depth,
            index: position.index,
        };
        self.bounds = self.positions.iter().map(bounds).collect();
        let bounds = |group: &Group| GroupBounds {
            max: group.max,
            parent: group.parent,
            index: group.index,
        };
        self.group_bounds = self.groups.iter().map(bounds).collect();
        for (group, at) in (0..).zip(&self.groups) {
            // Groups come behind those around them.
            let around = self
                .paths
                .get(usize::from(at.parent))
                .map_or(&[][..], |path| path);
            self.paths.push([around, &[group]].concat().into());
        }
        for position in &self.positions {
            let qualifiers = position.identified_by.as_ref().map(|(_, codes)| {
                let codes = codes.iter().map(|code| Qualifier::new(code));
                codes.collect::<Box<[_]>>()
            });
            self.qualifiers.push(qualifiers);
        }
        for tagged in &mut self.by_tag {
            let of_tag = tagged.positions.iter();
            let mut elements = of_tag.clone().filter_map(|at| {
                let (element, _) = self.positions[*at as usize].identified_by.as_ref()?;
                Some(element.clone())
            });
            tagged.element = elements.next().unwrap_or_default();
            let qualifiers = of_tag.filter_map(|at| self.qualifiers[*at as usize].as_deref());
            tagged.qualifiers = qualifiers.flatten().cloned().collect();
        }
        self.short_tags = ShortTags::new(&self.tags);
        self.hops = self.choices.iter().map(Hop::of).collect();
    }

    /// What may follow `from` (the number of positions: the start) with nothing missing, in the
    /// order of the standard.
    fn followers(&self, from: usize, found: &mut Vec<Step>) {
        let (mut group, mut after) = match self.positions.get(from) {
            Some(position) => {
                let depth = self.groups[position.group as usize].depth;
                found.push(Step::new(from as u16, depth + 1, false));
                (position.group, position.index as usize + 1)
            }
            None => (0, 0),
        };
        loop {
            let at = &self.groups[group as usize];
            if !self.enter(group, after, Step::new(0, at.depth + 1, false), found) {
                return;
            }
            if group == 0 {
                return;
            }
            self.enter(group, 0, Step::new(0, at.depth + 1, true), found);
            after = at.index as usize + 1;
            group = at.parent;
        }
    }

    /// Adds what may come first among the items of `group` from index `from`; whether all of
    /// them may be left out.
    fn enter(&self, group: GroupId, from: usize, step: Step, found: &mut Vec<Step>) -> bool {
        for item in &self.groups[group as usize].items[from..] {
            let min = match *item {
                ItemId::Position(to) => {
                    let position = &self.positions[to as usize];
                    if position.max > 0 {
                        found.push(Step::new(to, step.keep(), step.repeat()));
                    }
                    position.min
                }
                ItemId::Group(inner) => {
                    let at = &self.groups[inner as usize];
                    if at.max > 0 {
                        self.enter(inner, 0, step, found);
                    }
                    at.min
                }
            };
            if min > 0 {
                return false;
            }
        }
        true
    }

    /// The tag's id, when it occurs in the message.
    #[inline]
    #[must_use]
    pub fn tag(&self, packed: u64) -> Option<TagId> {
        if let Some(tag) = self.short_tags.get(packed) {
            return Some(tag);
        }
        if self.short_tags.all {
            return None;
        }
        self.tags.get(&packed).copied()
    }

    /// The same of a tag of three capital letters and digits, of the messages that have no other
    /// tags; `None` as well where it is not known without a search.
    #[inline(always)]
    pub(crate) fn usual_tag(&self, packed: u32) -> Option<TagId> {
        self.short_tags.get(u64::from(packed))
    }

    /// The first position of a tag.
    #[must_use]
    pub fn first_position(&self, tag: TagId) -> PositionId {
        self.by_tag[tag.0 as usize].positions[0]
    }

    /// A position.
    #[inline]
    #[must_use]
    pub fn position(&self, id: PositionId) -> &Position {
        &self.positions[id as usize]
    }

    /// All positions.
    #[must_use]
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// A group.
    #[inline]
    #[must_use]
    pub fn group(&self, id: GroupId) -> &Group {
        &self.groups[id as usize]
    }

    /// All groups, the message first.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Groups around a position, from the message inwards.
    #[must_use]
    pub fn open_at(&self, position: PositionId) -> Vec<GroupId> {
        self.path_to(position).to_vec()
    }

    /// The same, lent.
    #[inline]
    pub(super) fn path_to(&self, position: PositionId) -> &[GroupId] {
        &self.paths[self.position(position).group as usize]
    }

    /// The groups around a group, from the message inwards, itself the last.
    #[inline]
    pub(crate) fn path_of(&self, group: GroupId) -> &[GroupId] {
        &self.paths[group as usize]
    }

    /// Transitions from `from` (the number of positions: the start) on a tag, nothing missing.
    #[inline]
    pub(super) fn choice(&self, from: usize, tag: TagId) -> &Choice {
        self.choice_of(self.onward(from, tag))
    }

    /// Transitions from a position, or the start, on a tag, as a number; zero where there are none.
    #[inline(always)]
    pub(super) fn onward(&self, from: usize, tag: TagId) -> u16 {
        self.table[self.place(from, tag)]
    }

    /// Where in the table the transitions are from a position, or the start, on a tag: those on a tag
    /// are next to each other, as it mostly comes behind few positions that are near.
    #[inline(always)]
    fn place(&self, from: usize, tag: TagId) -> usize {
        tag.index() * (self.positions.len() + 1) + from
    }

    /// What such transitions come to at once.
    #[inline(always)]
    pub(super) fn hop(&self, onward: u16) -> Hop {
        self.hops[usize::from(onward)]
    }

    /// Such transitions.
    #[inline]
    pub(super) fn choice_of(&self, onward: u16) -> &Choice {
        &self.choices[usize::from(onward)]
    }

    /// The same as a list.
    #[inline]
    pub(super) fn steps(&self, from: usize, tag: TagId) -> &[Step] {
        self.steps_of(self.choice(from, tag))
    }

    #[inline]
    pub(super) fn steps_of(&self, choice: &Choice) -> &[Step] {
        &self.steps[choice.start as usize..choice.start as usize + usize::from(choice.count)]
    }

    /// Whether a tag may come behind `from`.
    #[inline]
    pub(super) fn follows(&self, from: usize, tag: TagId) -> bool {
        self.onward(from, tag) != 0
    }

    /// Whether `next` may come behind a segment of `tag` in some place.
    pub(super) fn stands_behind(&self, next: TagId, tag: TagId) -> bool {
        let name = &self.position(self.first_position(tag)).tag;
        let mut places = (0..).zip(self.positions());
        places.any(|(at, position)| position.tag == *name && self.follows(at, next))
    }

    /// Transitions from `from`, nothing missing, to what is mandatory or begins a group.
    pub(super) fn awaited(&self, from: usize) -> &[Step] {
        let (start, end) = (self.awaited_from[from], self.awaited_from[from + 1]);
        &self.awaited[start as usize..end as usize]
    }

    #[inline]
    pub(super) fn tagged(&self, tag: TagId) -> &Tagged {
        &self.by_tag[tag.0 as usize]
    }
}

/// Tags of three capital letters and digits, each in the one place where it can be.
#[derive(Debug, Default)]
struct ShortTags {
    /// A tag and, in the lowest eight bits, its number. Where none belongs stands one that belongs
    /// elsewhere.
    places: Box<[u32]>,
    multiplier: u32,
    shift: u32,
    /// Whether no tag is missing here.
    all: bool,
}

impl ShortTags {
    fn new(tags: &FxHashMap<u64, TagId>) -> Self {
        const MOST_PLACES: usize = 4096;
        const TRIES: u32 = 256;
        let usual = |packed: u64| {
            let bytes = packed.to_be_bytes();
            bytes[..5] == [0; 5]
                && bytes[5..]
                    .iter()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        let held: Vec<u32> = tags
            .iter()
            .filter(|(packed, tag)| usual(**packed) && tag.0 < 256)
            .map(|(packed, tag)| (*packed as u32) << 8 | u32::from(tag.0))
            .collect();
        let Some(&filler) = held.first() else {
            return Self::default();
        };
        let mut size = (held.len() * 2).next_power_of_two().max(8);
        while size <= MOST_PLACES {
            for attempt in 0..TRIES {
                let mut table = Self {
                    places: vec![0; size].into(),
                    multiplier: (2 * attempt + 1).wrapping_mul(0x9E37_79B1),
                    shift: 32 - size.trailing_zeros(),
                    all: held.len() == tags.len(),
                };
                let alone = held.iter().all(|entry| {
                    let at = table.place(entry >> 8);
                    std::mem::replace(&mut table.places[at], *entry) == 0
                });
                if alone {
                    for place in table.places.iter_mut().filter(|place| **place == 0) {
                        *place = filler;
                    }
                    return table;
                }
            }
            size *= 2;
        }
        Self::default()
    }

    #[inline(always)]
    fn place(&self, tag: u32) -> usize {
        (tag.wrapping_mul(self.multiplier) >> self.shift) as usize
    }

    #[inline(always)]
    fn get(&self, packed: u64) -> Option<TagId> {
        let held = *self.places.get(self.place(packed as u32))?;
        (u64::from(held >> 8) == packed).then_some(TagId((held & 0xFF) as u16))
    }
}

/// Whether a node is a record that has other records inside.
fn begins_group(model: &Model, node: &Node) -> bool {
    fn has_record(particle: &Particle) -> bool {
        match particle {
            Particle::Node(node) => node.role == Role::Record,
            Particle::Sequence(items) => items.iter().any(has_record),
            Particle::Repeat { of, .. } => has_record(of),
            _ => false,
        }
    }
    node.role == Role::Record
        && matches!(&model.get(node.of).content, Content::Children(inside) if has_record(inside))
}
