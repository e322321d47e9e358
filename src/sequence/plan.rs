//! A message structure made ready for placing segments: positions in the order of the standard,
//! and for each position which ones may follow without an error.

use rustc_hash::FxHashMap;

use crate::spec::model::{Content, Model, Node, Particle, Role, TypeId};
use crate::{Error, Result};

/// A position: a place of the structure where a segment (or record) may stand, counted from 0 in
/// the order of the standard.
pub type PositionId = u16;

/// A group, counted from 0 in the order of the standard; 0 is the message itself.
pub type GroupId = u16;

/// A tag that occurs in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TagId(u16);

/// The structure of a message.
#[derive(Debug)]
pub struct Plan {
    pub(super) positions: Vec<Position>,
    pub(super) groups: Vec<Group>,
    tags: FxHashMap<u64, TagId>,
    pub(super) by_tag: Vec<Tagged>,
    /// For each position (and, last, for the start) and each tag, where in `steps` its
    /// transitions begin and how many there are.
    table: Vec<(u32, u32)>,
    steps: Vec<Step>,
    /// Some item must occur more than once: leaving one early needs a look at its counter.
    pub(super) counts_matter: bool,
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
}

/// A transition to a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub to: PositionId,
    /// So many levels of open groups, the message among them, stay open.
    pub keep: u16,
    /// The last of these begins anew.
    pub repeat: bool,
}

/// A tag of up to 8 bytes as a number; longer ones have none and occur in no message.
#[must_use]
pub fn pack_tag(tag: &[u8]) -> Option<u64> {
    (!tag.is_empty() && tag.len() <= 8).then(|| {
        tag.iter()
            .fold(0u64, |packed, &byte| packed << 8 | u64::from(byte))
    })
}

impl Plan {
    /// Makes the root message of `model` ready.
    ///
    /// # Errors
    /// When the model has no root, or holds what segments cannot be placed against (a choice,
    /// an unordered set, a wildcard), more than 65,535 positions, or a tag longer than 8 bytes.
    pub fn new(model: &Model) -> Result<Self> {
        let root = model
            .roots()
            .first()
            .ok_or_else(|| Error::misuse("a model without a root"))?;
        let mut plan = Self {
            positions: Vec::new(),
            groups: Vec::new(),
            tags: FxHashMap::default(),
            by_tag: Vec::new(),
            table: Vec::new(),
            steps: Vec::new(),
            counts_matter: false,
        };
        plan.add_group(model, root, (0, 0, 0), (1, 1))?;
        plan.connect();
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
    fn connect(&mut self) {
        let tags = self.by_tag.len();
        for from in 0..=self.positions.len() {
            let mut found: Vec<Step> = Vec::new();
            self.followers(from, &mut found);
            for tag in 0..tags {
                let start = self.steps.len() as u32;
                let of_tag = &self.by_tag[tag].positions;
                self.steps
                    .extend(found.iter().filter(|step| of_tag.contains(&step.to)));
                self.table.push((start, self.steps.len() as u32 - start));
            }
        }
    }

    /// What may follow `from` (the number of positions: the start) with nothing missing, in the
    /// order of the standard.
    fn followers(&self, from: usize, found: &mut Vec<Step>) {
        let (mut group, mut after) = match self.positions.get(from) {
            Some(position) => {
                let depth = self.groups[position.group as usize].depth;
                found.push(Step {
                    to: from as u16,
                    keep: depth + 1,
                    repeat: false,
                });
                (position.group, position.index as usize + 1)
            }
            None => (0, 0),
        };
        loop {
            let at = &self.groups[group as usize];
            if !self.enter(
                group,
                after,
                Step {
                    to: 0,
                    keep: at.depth + 1,
                    repeat: false,
                },
                found,
            ) {
                return;
            }
            if group == 0 {
                return;
            }
            self.enter(
                group,
                0,
                Step {
                    to: 0,
                    keep: at.depth + 1,
                    repeat: true,
                },
                found,
            );
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
                        found.push(Step { to, ..step });
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
        self.tags.get(&packed).copied()
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
        let mut open = Vec::new();
        let mut group = self.position(position).group;
        loop {
            open.push(group);
            if group == 0 {
                break;
            }
            group = self.group(group).parent;
        }
        open.reverse();
        open
    }

    /// Transitions from `from` (the number of positions: the start) on a tag, nothing missing.
    #[inline]
    pub(super) fn steps(&self, from: usize, tag: TagId) -> &[Step] {
        let (start, count) = self.table[from * self.by_tag.len() + tag.0 as usize];
        &self.steps[start as usize..(start + count) as usize]
    }

    /// All transitions from `from`, nothing missing.
    pub(super) fn all_steps(&self, from: usize) -> &[Step] {
        let tags = self.by_tag.len();
        let (start, _) = self.table[from * tags];
        let (last, count) = self.table[from * tags + tags - 1];
        &self.steps[start as usize..(last + count) as usize]
    }

    #[inline]
    pub(super) fn tagged(&self, tag: TagId) -> &Tagged {
        &self.by_tag[tag.0 as usize]
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
