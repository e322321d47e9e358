//! Finds what paths of the source lead to, and keeps which values were read.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::exec::Work;
use super::program::{Ask, Begin, Compare, Family, NONE, Pick, SourcePath, SourceStep, key};
use crate::expr::NodeId;

/// Records of one name that are looked through one by one; more get an index.
const FEW: usize = 8;
/// Records of one name that are looked at to find where a family of chains leads.
const MANY: usize = 64;

/// Of records by the value that a selector asks for.
pub(super) type Indexes = FxHashMap<(NodeId, u32), Index>;

/// Records by a value.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By values that are short enough to be numbers, which are found without a look elsewhere.
    short: FxHashMap<(u64, u64), Chosen>,
    long: FxHashMap<Box<str>, Chosen>,
}

/// What a selector chooses.
#[derive(Clone, Debug)]
enum Chosen {
    Nothing,
    One(NodeId),
    Several(Rc<[NodeId]>),
}

impl Chosen {
    fn all(&self) -> &[NodeId] {
        match self {
            Self::Nothing => &[],
            Self::One(node) => std::slice::from_ref(node),
            Self::Several(nodes) => nodes,
        }
    }
}

impl From<Vec<NodeId>> for Chosen {
    fn from(nodes: Vec<NodeId>) -> Self {
        match nodes.as_slice() {
            [] => Self::Nothing,
            [node] => Self::One(*node),
            _ => Self::Several(nodes.into()),
        }
    }
}

impl Index {
    /// A text as a number, where it has at most fifteen bytes.
    #[inline]
    fn short(text: &str) -> Option<(u64, u64)> {
        let (bytes, len) = (text.as_bytes(), text.len() as u64);
        match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) if (9..16).contains(&len) => {
                let rest = u64::from_le_bytes(*last) >> (8 * (16 - len));
                Some((u64::from_le_bytes(*first), rest | len << 56))
            }
            _ => (len <= 8).then(|| (key(text), len)),
        }
    }

    fn new(lists: FxHashMap<Box<str>, Vec<NodeId>>) -> Self {
        let mut made = Self::default();
        for (text, list) in lists {
            match Self::short(&text) {
                Some(text) => made.short.insert(text, list.into()),
                None => made.long.insert(text, list.into()),
            };
        }
        made
    }

    #[inline]
    fn get(&self, text: &str) -> Chosen {
        let found = match Self::short(text) {
            Some(text) => self.short.get(&text),
            None => self.long.get(text),
        };
        found.cloned().unwrap_or(Chosen::Nothing)
    }
}

/// Where a chain of a body leads in the group at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// The only node, as long as it is none of those below.
    node: u32,
    /// The value by which a family told it from others, until that counts as read.
    asked: u32,
}

impl Held {
    pub(super) const NOTHING: Self = Self::new(u32::MAX);
    const SEVERAL: Self = Self::new(u32::MAX - 1);
    /// What selectors asked for is to be looked for again.
    const UNKNOWN: u32 = u32::MAX;
    /// What selectors asked for counts as read.
    const MARKED: u32 = u32::MAX - 1;

    const fn new(node: u32) -> Self {
        Self {
            node,
            asked: Self::UNKNOWN,
        }
    }

    /// What it tells.
    #[inline]
    pub(super) fn lead(self) -> Lead {
        match self.node {
            node if node < Self::SEVERAL.node => Lead::One(NodeId::at(node as usize)),
            node if node == Self::NOTHING.node => Lead::Nothing,
            _ => Lead::Several,
        }
    }
}

/// Where a chain leads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lead {
    Nothing,
    One(NodeId),
    /// There are several, or it was not worth while to count them.
    Several,
}

impl<'p> Work<'p> {
    fn begin_of(&self, path: &SourcePath, scope: NodeId) -> Option<NodeId> {
        match path.from {
            Begin::Message => self.root,
            Begin::Up(levels) => self.above(scope, levels),
        }
    }

    fn above(&self, mut node: NodeId, levels: u32) -> Option<NodeId> {
        for _ in 0..levels {
            node = self.facts.parent(node)?;
        }
        Some(node)
    }

    /// The first value that a path leads to; it counts as read.
    #[inline]
    pub(super) fn find(&mut self, path: &'p SourcePath, scope: NodeId) -> Option<NodeId> {
        let found = match path.chain {
            NONE => self.whole_way(path, scope)?,
            chain => match self.lead(chain) {
                Lead::Nothing => return None,
                Lead::Several => self.whole_way(path, scope)?,
                Lead::One(node) => {
                    let last = &path.steps[path.steps.len() - 1..];
                    let found = match &last[0].pick {
                        Pick::Any => self.facts.first(node, last[0].slot)?,
                        _ => self.walk(last, node, scope)?,
                    };
                    self.mark_chain(chain);
                    found
                }
            },
        };
        self.read[found.index()] = true;
        self.facts.has_text(found).then_some(found)
    }

    fn whole_way(&mut self, path: &'p SourcePath, scope: NodeId) -> Option<NodeId> {
        let begin = self.begin_of(path, scope)?;
        self.walk(&path.steps, begin, scope)
    }

    /// Where a chain of the body at hand leads.
    #[inline]
    pub(super) fn lead(&self, chain: u32) -> Lead {
        self.held[self.held_at + chain as usize].lead()
    }

    /// Finds where the chains of the body at hand lead in a group.
    pub(super) fn lead_all(&mut self, scope: NodeId) {
        let body = self.body;
        let begin = self.held_at;
        self.held.extend_from_slice(&body.nowhere);
        let mut at = 0;
        while let Some(of) = body.chains.get(at) {
            let around = match of.before {
                NONE => match of.from {
                    Begin::Message => self.root,
                    Begin::Up(levels) => self.above(scope, levels),
                },
                // Others that go on from nothing or from several are passed over.
                before => Some(NodeId::at(self.held[begin + before as usize].node as usize)),
            };
            let held = match (around, &of.step.pick) {
                (None, _) => Held::NOTHING,
                (Some(around), Pick::Any) => match self.facts.first(around, of.step.slot) {
                    None => Held::NOTHING,
                    Some(first) => match self.facts.next(first) {
                        None => Held::new(first.index() as u32),
                        Some(_) => Held::SEVERAL,
                    },
                },
                (Some(around), _) if of.family == NONE => self.only(&of.step, around, scope),
                (Some(around), _) => {
                    // The first of a family tells of all.
                    let family = &body.families[of.family as usize];
                    if family.first as usize == at {
                        self.classify(family, around, scope);
                    }
                    self.held[begin + at]
                }
            };
            self.held[begin + at] = held;
            at = match held.lead() {
                Lead::One(_) => at + 1,
                Lead::Nothing => of.end as usize,
                Lead::Several => {
                    self.held[begin + at..begin + of.end as usize].fill(Held::SEVERAL);
                    of.end as usize
                }
            };
        }
    }

    /// Finds where all chains of a family lead.
    fn classify(&mut self, family: &'p Family, around: NodeId, scope: NodeId) {
        let body = self.body;
        let step = &body.chains[family.first as usize].step;
        let Pick::Where(asks) = &step.pick else {
            return;
        };
        let (mut at, mut seen) = (self.facts.first(around, step.slot), 0);
        while let Some(child) = at {
            seen += 1;
            if seen > MANY {
                for member in &family.members {
                    self.held[self.held_at + member.chain as usize] = Held::SEVERAL;
                }
                return;
            }
            if let Some(found) = self.walk(&asks[0].steps, child, scope) {
                let text = self.facts.text(found);
                if let Some(notes) = &mut self.notes {
                    notes.choice(found, text);
                }
                let (key, len) = (key(text), text.len());
                for member in &family.members {
                    if member.key != key
                        || member.value.len() != len
                        || len > 8 && *member.value != *self.facts.text(found)
                    {
                        continue;
                    }
                    if member.asks_more
                        && let Pick::Where(asks) = &body.chains[member.chain as usize].step.pick
                        && !self.fits(&asks[1..], child, scope)
                    {
                        continue;
                    }
                    let held = &mut self.held[self.held_at + member.chain as usize];
                    *held = match held.node {
                        node if node == Held::NOTHING.node => Held {
                            node: child.index() as u32,
                            asked: found.index() as u32,
                        },
                        _ => Held::SEVERAL,
                    };
                }
            }
            at = self.facts.next(child);
        }
    }

    /// Where a step leads; several too where there are many to be looked through.
    fn only(&mut self, step: &'p SourceStep, around: NodeId, scope: NodeId) -> Held {
        let one = |node: Option<NodeId>| {
            node.map_or(Held::NOTHING, |node| Held::new(node.index() as u32))
        };
        let first = self.facts.first(around, step.slot);
        match &step.pick {
            Pick::Any => match first.and_then(|first| self.facts.next(first)) {
                Some(_) => Held::SEVERAL,
                None => one(first),
            },
            Pick::Nth(nth) => {
                let mut children = self.facts.children(around, step.slot);
                one(children.nth(*nth as usize - 1))
            }
            Pick::Where(asks) => {
                if let Some(held) = self.indexed(asks, around, step.slot, scope) {
                    return match held.all() {
                        [] => Held::NOTHING,
                        [node] => one(Some(*node)),
                        _ => Held::SEVERAL,
                    };
                }
                let (mut found, mut seen) = (None, 0);
                let mut at = first;
                while let Some(child) = at {
                    seen += 1;
                    if seen > FEW || self.fits(asks, child, scope) && found.replace(child).is_some()
                    {
                        return Held::SEVERAL;
                    }
                    at = self.facts.next(child);
                }
                one(found)
            }
        }
    }

    /// What the selectors of a chain asked for counts as read.
    #[inline]
    pub(super) fn mark_chain(&mut self, chain: u32) {
        if self.held[self.held_at + chain as usize].asked != Held::MARKED {
            self.mark_all(chain);
        }
    }

    #[inline(never)]
    fn mark_all(&mut self, chain: u32) {
        let body = self.body;
        let mut chain = chain;
        while chain != NONE {
            let held = &mut self.held[self.held_at + chain as usize];
            let node = NodeId::at(held.node as usize);
            let asked = std::mem::replace(&mut held.asked, Held::MARKED);
            if asked == Held::MARKED {
                return;
            }
            let of = &body.chains[chain as usize];
            if let Pick::Where(asks) = &of.step.pick {
                match asked {
                    Held::UNKNOWN => self.mark(asks, node),
                    asked => {
                        self.read[asked as usize] = true;
                        self.mark(&asks[1..], node);
                    }
                }
            }
            chain = of.before;
        }
    }

    /// As [`mark_chain`](Self::mark_chain), of those steps of a chain that lead somewhere; it leads
    /// nowhere as a whole.
    pub(super) fn mark_beginning(&mut self, chain: u32) {
        let body = self.body;
        let mut chain = body.chains[chain as usize].before;
        while chain != NONE {
            if let Lead::One(_) = self.lead(chain) {
                return self.mark_chain(chain);
            }
            chain = body.chains[chain as usize].before;
        }
    }

    /// The first node that steps lead to.
    #[inline]
    fn walk(&mut self, steps: &'p [SourceStep], mut node: NodeId, scope: NodeId) -> Option<NodeId> {
        for (at, step) in steps.iter().enumerate() {
            let Pick::Any = step.pick else {
                return self.walk_on(&steps[at..], node, scope);
            };
            let child = self.facts.first(node, step.slot)?;
            if at + 1 < steps.len() && self.facts.next(child).is_some() {
                return self.walk_on(&steps[at..], node, scope);
            }
            node = child;
        }
        Some(node)
    }

    /// As [`walk`](Self::walk), where there may be several ways.
    #[inline(never)]
    fn walk_on(&mut self, steps: &'p [SourceStep], node: NodeId, scope: NodeId) -> Option<NodeId> {
        let Some((step, rest)) = steps.split_first() else {
            return Some(node);
        };
        match &step.pick {
            Pick::Any => {
                let mut child = self.facts.first(node, step.slot)?;
                if !rest.is_empty() {
                    while let Some(next) = self.facts.next(child) {
                        if let Some(found) = self.walk(rest, child, scope) {
                            return Some(found);
                        }
                        child = next;
                    }
                }
                self.walk(rest, child, scope)
            }
            Pick::Nth(nth) => {
                let child = self.facts.children(node, step.slot).nth(*nth as usize - 1);
                self.walk(rest, child?, scope)
            }
            Pick::Where(asks) => self.walk_where(step, asks, rest, node, scope),
        }
    }

    fn walk_where(
        &mut self,
        step: &'p SourceStep,
        asks: &'p [Ask],
        rest: &'p [SourceStep],
        node: NodeId,
        scope: NodeId,
    ) -> Option<NodeId> {
        if let Some(held) = self.indexed(asks, node, step.slot, scope) {
            return held.all().iter().copied().find_map(|child| {
                let found = self.walk(rest, child, scope)?;
                self.mark(asks, child);
                Some(found)
            });
        }
        let mut at = self.facts.first(node, step.slot);
        while let Some(child) = at {
            if self.fits(asks, child, scope)
                && let Some(found) = self.walk(rest, child, scope)
            {
                self.mark(asks, child);
                return Some(found);
            }
            at = self.facts.next(child);
        }
        None
    }

    /// All nodes that a path leads to; values count as read.
    pub(super) fn all(&mut self, path: &'p SourcePath, scope: NodeId, out: &mut Vec<NodeId>) {
        let lead = match path.chain {
            NONE => Lead::Several,
            chain => self.lead(chain),
        };
        match lead {
            Lead::Nothing => return self.mark_beginning(path.chain),
            Lead::One(node) => {
                self.mark_chain(path.chain);
                let last = &path.steps[path.steps.len() - 1..];
                self.walk_all(last, node, scope, out);
            }
            Lead::Several => {
                let Some(begin) = self.begin_of(path, scope) else {
                    return;
                };
                self.walk_all(&path.steps, begin, scope, out);
            }
        }
        // They are all of one name.
        let wanted = &self.program.wanted.nodes[path.node as usize];
        if wanted.children.is_empty() {
            for node in out.iter() {
                self.read[node.index()] = true;
            }
        }
    }

    fn walk_all(
        &mut self,
        steps: &'p [SourceStep],
        node: NodeId,
        scope: NodeId,
        out: &mut Vec<NodeId>,
    ) {
        let Some((step, rest)) = steps.split_first() else {
            out.push(node);
            return;
        };
        let mut nth = 0;
        if let Pick::Where(asks) = &step.pick
            && let Some(held) = self.indexed(asks, node, step.slot, scope)
        {
            for child in held.all().iter().copied() {
                self.mark(asks, child);
                self.walk_all(rest, child, scope, out);
            }
            return;
        }
        let mut at = self.facts.first(node, step.slot);
        while let Some(child) = at {
            nth += 1;
            let chosen = match &step.pick {
                Pick::Any => true,
                Pick::Nth(of) => nth == *of,
                Pick::Where(asks) => {
                    let fits = self.fits(asks, child, scope);
                    if fits {
                        self.mark(asks, child);
                    }
                    fits
                }
            };
            if chosen {
                self.walk_all(rest, child, scope, out);
            }
            at = self.facts.next(child);
        }
    }

    /// Whether the last step of a loop's path chooses a group.
    pub(super) fn chooses(&mut self, path: &'p SourcePath, node: NodeId, scope: NodeId) -> bool {
        match path.steps.last().map(|step| &step.pick) {
            Some(Pick::Where(asks)) => {
                let fits = self.fits(asks, node, scope);
                if fits {
                    self.mark(asks, node);
                }
                fits
            }
            Some(Pick::Nth(nth)) => self.facts.occurrence(node) == *nth,
            _ => true,
        }
    }

    fn fits(&mut self, asks: &'p [Ask], node: NodeId, scope: NodeId) -> bool {
        asks.iter().all(|ask| {
            let found = self.walk(&ask.steps, node, scope);
            if let Some(notes) = &mut self.notes {
                match (&ask.against, found) {
                    (Compare::Values(_) | Compare::NoneOf(_), Some(found)) => {
                        notes.choice(found, self.facts.text(found));
                    }
                    (Compare::This(_), _) => notes.failed = true,
                    _ => {}
                }
            }
            match &ask.against {
                Compare::Present => found.is_some(),
                Compare::Absent => found.is_none(),
                Compare::Values(values) => found.is_some_and(|node| {
                    let text = self.facts.text(node);
                    values.iter().any(|value| same(value, text))
                }),
                Compare::NoneOf(values) => found.is_some_and(|node| {
                    let text = self.facts.text(node);
                    values.iter().all(|value| !same(value, text))
                }),
                Compare::This(path) => {
                    let Some(found) = found else { return false };
                    let Some(begin) = self.begin_of(path, scope) else {
                        return false;
                    };
                    let Some(other) = self.walk(&path.steps, begin, scope) else {
                        return false;
                    };
                    self.facts.text(found) == self.facts.text(other)
                }
            }
        })
    }

    /// The values that a selector asked for count as read.
    fn mark(&mut self, asks: &'p [Ask], node: NodeId) {
        for ask in asks {
            if let Some(found) = self.walk(&ask.steps, node, node) {
                self.read[found.index()] = true;
            }
        }
    }

    /// The records that a selector by the value of another place chooses, from an index; `None` where
    /// there are few or the selector is another.
    fn indexed(
        &mut self,
        asks: &'p [Ask],
        node: NodeId,
        slot: u32,
        scope: NodeId,
    ) -> Option<Chosen> {
        let [ask] = asks else { return None };
        let Compare::This(path) = &ask.against else {
            return None;
        };
        self.note_nothing();
        if self.facts.seen(node, slot) as usize <= FEW {
            return None;
        }
        self.facts.children(node, slot).nth(FEW)?;
        let begin = self.begin_of(path, scope)?;
        let wanted = self.walk(&path.steps, begin, scope);
        let Some(wanted) = wanted else {
            return Some(Chosen::Nothing);
        };
        let local = usize::from(self.unit.is_some_and(|unit| node.index() as u32 >= unit));
        let key = (node, ask.index);
        if let Some(index) = self.indexes[local].get(&key) {
            return Some(index.get(self.facts.text(wanted)));
        }
        let mut lists: FxHashMap<Box<str>, Vec<NodeId>> = FxHashMap::default();
        let mut at = self.facts.first(node, slot);
        while let Some(child) = at {
            if let Some(found) = self.walk(&ask.steps, child, scope) {
                let text = self.facts.text(found);
                match lists.get_mut(text) {
                    Some(list) => list.push(child),
                    None => {
                        lists.insert(text.into(), vec![child]);
                    }
                }
            }
            at = self.facts.next(child);
        }
        let index = Index::new(lists);
        let found = index.get(self.facts.text(wanted));
        self.indexes[local].insert(key, index);
        Some(found)
    }
}

/// Whether two texts are the same: codes are short, and a call would cost more.
#[inline]
pub(super) fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use rustc_hash::FxHashMap;

    use super::Index;
    use crate::expr::NodeId;

    #[test]
    fn an_index_tells_values_of_all_lengths_from_each_other() {
        let mut texts = Vec::new();
        for len in 1..24 {
            texts.push("A".repeat(len));
            texts.push("\0".repeat(len));
            texts.push(format!("{}B", "A".repeat(len)));
            texts.push(format!("B{}", "A".repeat(len)));
        }
        let lists: FxHashMap<Box<str>, Vec<NodeId>> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| (text.as_str().into(), vec![NodeId::at(at); at % 3 + 1]))
            .collect();
        let index = Index::new(lists);
        for (at, text) in texts.iter().enumerate() {
            assert_eq!(index.get(text).all(), vec![NodeId::at(at); at % 3 + 1]);
        }
        for text in ["", "C", "AAAAAAAAAAAC", "AAAAAAAAAAAAAAAAAAAAC"] {
            assert!(index.get(text).all().is_empty(), "{text}");
        }
    }
}
