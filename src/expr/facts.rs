//! The values that expressions ask for, of one message or of one repetition of a group.

use super::Step;
use crate::span::{LineColumn, Span};

/// A node of [`Facts`]: a record, a value, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    /// The node that was added as that number, from 0.
    pub(crate) const fn at(index: usize) -> Self {
        Self(index as u32)
    }

    /// How many nodes were there when it was added.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a node stands in the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// Bytes of the input.
    pub span: Span,
    /// Line and column of the first.
    pub at: LineColumn,
}

/// A moment to go back to, from [`Facts::mark`].
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    entries: u32,
    chains: u32,
    text: u32,
    added: u32,
}

const NONE: u32 = u32::MAX;
/// In place of the chains of what has no slots: its value is [plain](Facts::plain_text).
const PLAIN: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Entry {
    parent: u32,
    slot: u32,
    next: u32,
    previous: u32,
    occurrence: u32,
    chains: u32,
    slots: u32,
    text: u32,
    len: u32,
    place: Place,
}

/// A [`Spot`] in half its size: how far behind the first of the arena it stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u32,
    line: u32,
    column: u32,
    len: u32,
}

impl Place {
    /// Nowhere.
    const NONE: Self = Self::special(0);
    /// So far away that it stands in [`Facts::far`].
    const FAR: Self = Self::special(1);

    const fn special(start: u32) -> Self {
        Self {
            start,
            line: 0,
            column: 0,
            len: u32::MAX,
        }
    }

    #[inline]
    const fn is_far(self) -> bool {
        self.len == u32::MAX && self.start == 1
    }

    /// `None` where it is too far away.
    #[inline]
    fn new(spot: Spot, base: Spot) -> Option<Self> {
        // What stands before the base is very far behind it here.
        let start = spot.span.start.wrapping_sub(base.span.start);
        let line = spot.at.line.wrapping_sub(base.at.line);
        let (column, len) = (spot.at.column, spot.span.len);
        (start | line | column | len < u64::from(u32::MAX)).then_some(Self {
            start: start as u32,
            line: line as u32,
            column: column as u32,
            len: len as u32,
        })
    }
}

/// A place in the input, made ready for all nodes that stand there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    place: Place,
    spot: Spot,
}

/// A record with what stands in it, to be added again with other values: numbers of nodes and chains
/// count from those of the record.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    number: u32,
    /// Of the record.
    slot: u32,
    slots: u32,
    /// The nodes in it, and of those that stand beside others of their slot the next and the previous.
    entries: Vec<Entry>,
    links: Vec<(u32, u32, u32)>,
    /// Those of the nodes that have a value.
    values: Vec<u32>,
    /// Chains, and of those that are not empty the first and the last.
    chains: Vec<Chain>,
    filled: Vec<(u32, u32, u32)>,
}

/// What was added since a mark, but the values.
#[derive(Clone, Debug)]
pub(crate) struct Outline(Box<[Added]>);

/// What was added at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Added {
    parent: u32,
    /// `NONE`: no node, but a value of the one that is named as the parent.
    slot: u32,
    /// Of a node how many slots it has, twice, and 1 more where it has a value; of a form its number,
    /// above [`FORM`].
    what: u32,
}

const FORM: u32 = 1 << 31;

impl Form {
    /// How many values it has.
    pub(crate) fn values(&self) -> usize {
        self.values.len()
    }
}

impl At {
    /// Many nodes can stand there without more ado.
    #[inline]
    pub(crate) fn is_near(&self) -> bool {
        !self.place.is_far()
    }
}

/// The children of one slot of one record.
#[derive(Clone, Copy, Debug)]
struct Chain {
    first: u32,
    last: u32,
    /// How many there were, also those that are released.
    seen: u32,
}

/// Chains of a record that has no children yet.
static EMPTY: [Chain; 64] = [Chain {
    first: NONE,
    last: NONE,
    seen: 0,
}; 64];

/// An arena of records and values.
///
/// A record has a chain of children for every slot, so a path that is compiled to slots is read in as
/// many steps as it is deep. Nothing is allocated for a single value once the arena has grown. What was
/// added after a [mark](Self::mark) is given back by [`release`](Self::release): a group that closes
/// leaves nothing behind but the count of its occurrences.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    entries: Vec<Entry>,
    chains: Vec<Chain>,
    text: String,
    /// What was added, in this order, where that is asked for; and how many forms have a number.
    added: Vec<Added>,
    tells_added: bool,
    forms: u32,
    /// The first place that was told.
    base: Option<Spot>,
    /// Places of nodes that are far from that.
    far: Vec<(u32, Spot)>,
}

impl Facts {
    /// An empty arena.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.chains.clear();
        self.added.clear();
        self.text.clear();
        self.base = None;
        self.far.clear();
    }

    /// Adds a record with no parent and so many slots.
    pub fn root(&mut self, slots: u32) -> NodeId {
        self.add(NONE, NONE, slots, Spot::default(), (0, 0))
    }

    /// Adds a record with `slots` slots of its own to a slot of `parent`.
    ///
    /// Who builds facts does not open what is empty: a composite without a value is absent.
    pub fn open(&mut self, parent: NodeId, slot: u32, slots: u32, spot: Spot) -> NodeId {
        self.add(parent.0, slot, slots, spot, (0, 0))
    }

    /// Adds a value to a slot of `parent`. An empty value is absent: it counts as an occurrence and
    /// leaves no node.
    #[inline]
    pub fn value(&mut self, parent: NodeId, slot: u32, text: &str, spot: Spot) -> Option<NodeId> {
        if text.is_empty() {
            if let Some(chain) = self.chain_mut(parent.0, slot) {
                chain.seen += 1;
            }
            return None;
        }
        let stretch = self.put(text).unwrap_or((0, 0));
        Some(self.add(parent.0, slot, 0, spot, stretch))
    }

    /// A place for nodes that are added next: before anything is given back or forgotten.
    #[inline]
    pub(crate) fn at(&mut self, spot: Spot) -> At {
        let place = match spot == Spot::default() {
            true => Place::NONE,
            false => Place::new(spot, *self.base.get_or_insert(spot)).unwrap_or(Place::FAR),
        };
        At { place, spot }
    }

    /// The form of what was added since `mark`, if that is one record with all that stands in it.
    pub(crate) fn form(&mut self, mark: Mark) -> Option<Form> {
        let near = |id: u32| match id {
            NONE => NONE,
            id => id.wrapping_sub(mark.entries),
        };
        let (record, others) = self.entries.get(mark.entries as usize..)?.split_first()?;
        let inside = |id: u32| id == NONE || (near(id) as usize) <= others.len();
        let all_inside = others.iter().all(|entry| {
            let linked = inside(entry.next) && inside(entry.previous);
            linked && entry.parent != NONE && inside(entry.parent)
        });
        let mut form = Form {
            number: FORM | self.forms,
            slot: record.slot,
            slots: record.slots,
            entries: Vec::new(),
            links: Vec::new(),
            values: Vec::new(),
            chains: Vec::new(),
            filled: Vec::new(),
        };
        for (at, entry) in (0..).zip(others) {
            if (entry.next, entry.previous) != (NONE, NONE) {
                form.links
                    .push((at, near(entry.next), near(entry.previous)));
            }
            if entry.len > 0 {
                form.values.push(at);
            }
            form.entries.push(Entry {
                parent: near(entry.parent),
                next: NONE,
                previous: NONE,
                chains: match entry.slots {
                    0 => PLAIN,
                    _ => entry.chains.wrapping_sub(mark.chains),
                },
                text: 0,
                len: 0,
                ..*entry
            });
        }
        for (at, chain) in (0..).zip(self.chains.get(mark.chains as usize..)?) {
            if chain.last != NONE {
                form.filled.push((at, near(chain.first), near(chain.last)));
            }
            let (first, last) = (NONE, NONE);
            form.chains.push(Chain {
                first,
                last,
                ..*chain
            });
        }
        let number = self.forms + u32::from(all_inside);
        self.forms = number.min(FORM - 1);
        (all_inside && number < FORM).then_some(form)
    }

    /// Adds a record to `parent` with all that stood in it, each node at that place, and with other values,
    /// as of [`value_in`](Self::value_in), in the order of the nodes that have one.
    #[inline]
    pub(crate) fn add_form(
        &mut self,
        parent: NodeId,
        form: &Form,
        at: &At,
        values: impl Iterator<Item = (u32, u32)>,
    ) {
        let chains = self.chains.len();
        let NodeId(id) = self.add_node(parent.0, form.slot, 0, at, (0, 0));
        self.tell_added(|| Added {
            parent: parent.0,
            slot: form.slot,
            what: form.number,
        });
        if let Some(entry) = self.entries.last_mut() {
            entry.slots = form.slots;
        }
        self.chains.extend_from_slice(&form.chains);
        let added = &mut self.chains[chains..];
        for (chain, first, last) in &form.filled {
            if let Some(chain) = added.get_mut(*chain as usize) {
                (chain.first, chain.last) = (first.wrapping_add(id), last.wrapping_add(id));
            }
        }
        let begin = self.entries.len();
        self.entries.extend_from_slice(&form.entries);
        let added = &mut self.entries[begin..];
        for entry in added.iter_mut() {
            entry.parent = entry.parent.wrapping_add(id);
            if entry.slots > 0 {
                entry.chains = entry.chains.wrapping_add(chains as u32);
            }
            entry.place = at.place;
        }
        for (node, value) in form.values.iter().zip(values) {
            if let Some(entry) = added.get_mut(*node as usize) {
                (entry.text, entry.len) = value;
            }
        }
        let far = |of: u32| {
            if of == NONE {
                NONE
            } else {
                of.wrapping_add(id)
            }
        };
        for (node, next, previous) in &form.links {
            if let Some(entry) = added.get_mut(*node as usize) {
                (entry.next, entry.previous) = (far(*next), far(*previous));
            }
        }
    }

    /// What is added from now on is told by [`outline`](Self::outline) and its like.
    pub(crate) fn tells_added(&mut self) {
        self.tells_added = true;
    }

    #[inline]
    fn tell_added(&mut self, added: impl FnOnce() -> Added) {
        if self.tells_added {
            self.added.push(added());
        }
    }

    /// As [`open`](Self::open).
    #[inline]
    pub(crate) fn open_at(&mut self, parent: NodeId, slot: u32, slots: u32, at: &At) -> NodeId {
        self.add_at(parent.0, slot, slots, at, (0, 0))
    }

    /// Keeps a text that [values](Self::value_in) are pieces of; gives where it begins, or `None` where
    /// it no longer fits.
    #[inline]
    pub(crate) fn keep(&mut self, text: &str) -> Option<u32> {
        let begin = self.text.len();
        (begin + text.len() < NONE as usize).then(|| self.text.push_str(text))?;
        Some(begin as u32)
    }

    /// As [`value`](Self::value), of a value that is not empty and [plain](Self::plain_text): so many bytes of
    /// what was [kept](Self::keep), from the place `from` on.
    #[inline]
    pub(crate) fn value_in(
        &mut self,
        parent: NodeId,
        slot: u32,
        (from, len): (u32, u32),
        at: &At,
    ) -> NodeId {
        let node = self.add_at(parent.0, slot, 0, at, (from, len));
        if let Some(entry) = self.entries.last_mut() {
            entry.chains = PLAIN;
        }
        node
    }

    /// Gives a record a value of its own, as text of XML beside attributes; it replaces an earlier one.
    #[inline]
    pub fn set_text(&mut self, node: NodeId, text: &str) {
        if let Some((begin, len)) = self.put(text)
            && let Some(entry) = self.entries.get_mut(node.0 as usize)
        {
            (entry.text, entry.len) = (begin, len);
            if entry.slots == 0 {
                entry.chains = 0;
            }
            self.tell_added(|| Added {
                parent: node.0,
                slot: NONE,
                what: u32::from(len > 0),
            });
        }
    }

    /// Where a text stands that is put behind the others; ranges are 32 bits wide: what no longer fits
    /// is absent.
    #[inline]
    fn put(&mut self, text: &str) -> Option<(u32, u32)> {
        let begin = self.keep(text)?;
        Some((begin, text.len() as u32))
    }

    #[inline]
    fn add(
        &mut self,
        parent: u32,
        slot: u32,
        slots: u32,
        spot: Spot,
        stretch: (u32, u32),
    ) -> NodeId {
        let at = self.at(spot);
        self.add_at(parent, slot, slots, &at, stretch)
    }

    #[inline]
    fn add_at(
        &mut self,
        parent: u32,
        slot: u32,
        slots: u32,
        at: &At,
        stretch: (u32, u32),
    ) -> NodeId {
        self.tell_added(|| Added {
            parent,
            slot,
            what: slots << 1 | u32::from(stretch.1 > 0),
        });
        self.add_node(parent, slot, slots, at, stretch)
    }

    /// As [`add_at`](Self::add_at), of what is told otherwise to be added.
    #[inline]
    fn add_node(
        &mut self,
        parent: u32,
        slot: u32,
        slots: u32,
        at: &At,
        (text, len): (u32, u32),
    ) -> NodeId {
        let id = self.entries.len() as u32;
        let (mut previous, mut occurrence) = (NONE, 1);
        if let Some(chain) = self.chain_mut(parent, slot) {
            chain.seen += 1;
            occurrence = chain.seen;
            previous = std::mem::replace(&mut chain.last, id);
            if previous == NONE {
                chain.first = id;
            }
        }
        if previous != NONE
            && let Some(entry) = self.entries.get_mut(previous as usize)
        {
            entry.next = id;
        }
        if at.place.is_far() {
            self.far.push((id, at.spot));
        }
        let chains = self.chains.len();
        if slots > 0 {
            self.add_chains(slots as usize);
        }
        self.entries.push(Entry {
            parent,
            slot,
            next: NONE,
            previous,
            occurrence,
            chains: chains as u32,
            slots,
            text,
            len,
            place: at.place,
        });
        NodeId(id)
    }

    /// Adds the chains of a record.
    #[inline]
    fn add_chains(&mut self, slots: usize) {
        match EMPTY.get(..slots) {
            Some(empty) => self.chains.extend_from_slice(empty),
            None => self.chains.resize(self.chains.len() + slots, EMPTY[0]),
        }
    }

    #[inline]
    fn chain_mut(&mut self, parent: u32, slot: u32) -> Option<&mut Chain> {
        let entry = self.entries.get(parent as usize)?;
        if slot >= entry.slots {
            return None;
        }
        self.chains.get_mut((entry.chains + slot) as usize)
    }

    #[inline]
    fn chain(&self, node: NodeId, slot: u32) -> Option<&Chain> {
        let entry = self.entries.get(node.0 as usize)?;
        if slot >= entry.slots {
            return None;
        }
        self.chains.get((entry.chains + slot) as usize)
    }

    /// How many nodes there are.
    pub(crate) fn count(&self) -> usize {
        self.entries.len()
    }

    /// What was added since `mark`, but the values.
    pub(crate) fn outline(&self, mark: Mark) -> Outline {
        Outline(self.added_since(mark).into())
    }

    /// Whether [that](Self::outline) was added since `mark`, and nothing else.
    #[inline]
    pub(crate) fn is_like(&self, mark: Mark, outline: &Outline) -> bool {
        *self.added_since(mark) == *outline.0
    }

    /// A hash of what was added since `mark`, but the values.
    pub(crate) fn hash(&self, mark: Mark) -> u64 {
        self.added_since(mark).iter().fold(0, |hash: u64, added| {
            let Added { parent, slot, what } = *added;
            let part = u64::from(what) << 32 ^ u64::from(parent) << 8 ^ u64::from(slot);
            (hash.rotate_left(5) ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        })
    }

    #[inline]
    fn added_since(&self, mark: Mark) -> &[Added] {
        self.added.get(mark.added as usize..).unwrap_or_default()
    }

    /// The present moment.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            entries: self.entries.len() as u32,
            chains: self.chains.len() as u32,
            text: self.text.len() as u32,
            added: self.added.len() as u32,
        }
    }

    /// Gives back all that was added since `mark`, and takes it out of the records that stay. Marks are
    /// released last first.
    pub fn release(&mut self, mark: Mark) {
        // What stands inside others that are given back needs no look.
        match self.tells_added {
            true => {
                for at in (mark.added as usize..self.added.len()).rev() {
                    let Added { parent, slot, .. } = self.added[at];
                    if parent < mark.entries {
                        self.take_last(parent, slot, mark);
                    }
                }
            }
            false => {
                for at in (mark.entries as usize..self.entries.len()).rev() {
                    let Entry { parent, slot, .. } = self.entries[at];
                    if parent < mark.entries {
                        self.take_last(parent, slot, mark);
                    }
                }
            }
        }
        self.entries.truncate(mark.entries as usize);
        while self.far.last().is_some_and(|(at, _)| *at >= mark.entries) {
            self.far.pop();
        }
        self.added.truncate(mark.added as usize);
        self.chains.truncate(mark.chains as usize);
        self.text.truncate(mark.text as usize);
    }

    /// Takes the last child in a slot, which was added after `mark`, out of a record that stays.
    fn take_last(&mut self, parent: u32, slot: u32, mark: Mark) {
        let Some(Chain { last, .. }) = self.chain_mut(parent, slot).copied() else {
            return;
        };
        let previous = match self.entries.get(last as usize) {
            Some(entry) if last >= mark.entries => entry.previous,
            _ => return,
        };
        if let Some(chain) = self.chain_mut(parent, slot) {
            chain.last = previous;
            if previous == NONE {
                chain.first = NONE;
            }
        }
        if let Some(entry) = self.entries.get_mut(previous as usize) {
            entry.next = NONE;
        }
    }

    /// Bytes in use, to hold a limit against.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.entries.len() * size_of::<Entry>()
            + self.far.len() * size_of::<(u32, Spot)>()
            + self.chains.len() * size_of::<Chain>()
            + self.text.len()
    }

    /// The first child in a slot.
    #[must_use]
    #[inline]
    pub fn first(&self, node: NodeId, slot: u32) -> Option<NodeId> {
        let chain = self.chain(node, slot)?;
        (chain.first != NONE).then_some(NodeId(chain.first))
    }

    /// The last child in a slot.
    #[must_use]
    pub fn last(&self, node: NodeId, slot: u32) -> Option<NodeId> {
        let chain = self.chain(node, slot)?;
        (chain.last != NONE).then_some(NodeId(chain.last))
    }

    /// The next child in the same slot of the same record.
    #[must_use]
    #[inline]
    pub fn next(&self, node: NodeId) -> Option<NodeId> {
        let next = self.entries.get(node.0 as usize)?.next;
        (next != NONE).then_some(NodeId(next))
    }

    /// The children in a slot, in the order in which they came.
    #[inline]
    pub fn children(&self, node: NodeId, slot: u32) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.first(node, slot), |node| self.next(*node))
    }

    /// How many there were in a slot, absent and released ones too.
    #[must_use]
    pub fn seen(&self, node: NodeId, slot: u32) -> u32 {
        self.chain(node, slot).map_or(0, |chain| chain.seen)
    }

    /// The record around a node.
    #[must_use]
    #[inline]
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        let parent = self.entries.get(node.0 as usize)?.parent;
        (parent != NONE).then_some(NodeId(parent))
    }

    /// The slot in which a node stands.
    #[must_use]
    pub fn slot(&self, node: NodeId) -> Option<u32> {
        let slot = self.entries.get(node.0 as usize)?.slot;
        (slot != NONE).then_some(slot)
    }

    /// Where a node stands in the input.
    #[must_use]
    pub fn spot(&self, node: NodeId) -> Spot {
        let Some(Entry { place, .. }) = self.entries.get(node.0 as usize) else {
            return Spot::default();
        };
        if place.len == u32::MAX {
            let found = self.far.binary_search_by_key(&node.0, |(at, _)| *at);
            return found.map_or(Spot::default(), |at| self.far[at].1);
        }
        let base = self.base.unwrap_or_default();
        let start = base.span.start + u64::from(place.start);
        Spot {
            span: Span::new(start, u64::from(place.len)),
            at: LineColumn {
                line: base.at.line + u64::from(place.line),
                column: u64::from(place.column),
            },
        }
    }

    /// Which one it is of its slot, from 1.
    #[must_use]
    pub fn occurrence(&self, node: NodeId) -> u32 {
        self.entries
            .get(node.0 as usize)
            .map_or(1, |entry| entry.occurrence)
    }

    /// The value of a node; empty where it is a record without one.
    #[must_use]
    #[inline]
    pub fn text(&self, node: NodeId) -> &str {
        let Some(entry) = self.entries.get(node.0 as usize) else {
            return "";
        };
        let begin = entry.text as usize;
        self.text
            .get(begin..begin + entry.len as usize)
            .unwrap_or_default()
    }

    /// The value of a node, and whether it is known to be plain: printable ASCII that XML has no meaning for.
    #[inline]
    pub(crate) fn plain_text(&self, node: NodeId) -> (&str, bool) {
        let Some(entry) = self.entries.get(node.0 as usize) else {
            return ("", false);
        };
        let begin = entry.text as usize;
        let text = self.text.get(begin..begin + entry.len as usize);
        let plain = entry.slots == 0 && entry.chains == PLAIN;
        (text.unwrap_or_default(), plain)
    }

    /// Whether a node has a value.
    #[must_use]
    #[inline]
    pub fn has_text(&self, node: NodeId) -> bool {
        let entry = self.entries.get(node.0 as usize);
        entry.is_some_and(|entry| entry.len > 0)
    }

    /// The node that `steps` lead to from `from`, where there is one way at most; `None` where there may
    /// be several.
    pub(crate) fn only(&self, from: NodeId, steps: &[Step]) -> Option<Option<NodeId>> {
        let mut node = from;
        for step in steps {
            if step.index.is_some() {
                return None;
            }
            let Some(child) = self.first(node, step.slot) else {
                return Some(None);
            };
            if self.next(child).is_some() {
                return None;
            }
            node = child;
        }
        Some(Some(node))
    }

    /// Calls `visit` with every node that `steps` lead to from `from`: all of a list where a step
    /// names no index.
    pub fn follow(&self, from: NodeId, steps: &[Step], visit: &mut dyn FnMut(NodeId)) {
        let Some((step, rest)) = steps.split_first() else {
            return visit(from);
        };
        match step.index {
            Some(index) => {
                if let Some(child) = self.children(from, step.slot).nth(index as usize) {
                    self.follow(child, rest, visit);
                }
            }
            None => {
                for child in self.children(from, step.slot) {
                    self.follow(child, rest, visit);
                }
            }
        }
    }
}
