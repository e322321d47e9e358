//! Content models compiled: a tree of nodes, walked from one child to the next. Occurrence bounds
//! are counters, so that memory does not depend on them.

use std::sync::Arc;

use super::component::{Components, Compositor, ElementId, Particle, Term, UNBOUNDED, Wildcard};
use crate::xml::names::{NameId, NamespaceId};

/// A node: index into [`Model::nodes`].
type NodeId = u32;

/// Before the first child.
pub(crate) const START: NodeId = u32::MAX;

#[derive(Debug)]
enum Kind {
    Element {
        declaration: ElementId,
        name: NameId,
    },
    Wildcard(Arc<Wildcard>),
    Sequence,
    Choice,
    All,
}

#[derive(Debug)]
struct Node {
    kind: Kind,
    min: u32,
    max: u32,
    parent: NodeId,
    /// Its place among the children of its parent.
    index: u32,
    /// Nodes above it.
    depth: u32,
    /// Whether its content may be nothing, its own bounds left out.
    empty: bool,
    children: Vec<NodeId>,
    /// Names that its content may begin with, and the child that takes them; sorted.
    first: Vec<(NameId, u32)>,
    /// Children that may begin with a wildcard.
    wild: Vec<u32>,
    /// Of a sequence: how many of the children before each place must hold something.
    needed: Vec<u32>,
}

impl Node {
    fn least(&self) -> u32 {
        if self.empty { 0 } else { self.min }
    }
}

/// A compiled content model.
#[derive(Debug)]
pub(crate) struct Model {
    nodes: Vec<Node>,
    /// Nodes above the deepest, and one.
    depth: usize,
    /// Whether counting is not certain: several states are kept.
    ambiguous: bool,
    /// Whether a choice of nothing makes every content wrong.
    impossible: bool,
}

/// What a child was taken for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Taken<'m> {
    /// An element of this declaration, or one that may stand for it.
    Element(ElementId),
    Wildcard(&'m Wildcard),
}

/// Where a content model stands: node and counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    at: NodeId,
    counts: Vec<u32>,
    /// Members of an all group that were seen.
    seen: Vec<u64>,
}

/// States kept at once.
const MOST_STATES: usize = 256;
/// Groups within each other at most.
const MOST_DEPTH: u32 = 2000;

impl Model {
    pub(crate) fn compile(components: &Components, particle: &Particle) -> Self {
        let mut model = Self {
            nodes: Vec::new(),
            depth: 0,
            ambiguous: false,
            impossible: false,
        };
        model.add(components, particle, START, 0, 0);
        model.ambiguous = model.is_ambiguous();
        model
    }

    fn add(
        &mut self,
        components: &Components,
        particle: &Particle,
        parent: NodeId,
        index: u32,
        depth: u32,
    ) -> NodeId {
        let id = self.nodes.len() as NodeId;
        self.depth = self.depth.max(depth as usize + 1);
        let kind = match &particle.term {
            Term::Element(element) => Kind::Element {
                declaration: *element,
                name: components.element(*element).name,
            },
            Term::Wildcard(wildcard) => Kind::Wildcard(wildcard.clone()),
            Term::Group(Compositor::Sequence, _) => Kind::Sequence,
            Term::Group(Compositor::Choice, _) => Kind::Choice,
            Term::Group(Compositor::All, _) => Kind::All,
        };
        self.nodes.push(Node {
            kind,
            min: particle.min,
            max: particle.max,
            parent,
            index,
            depth,
            empty: false,
            children: Vec::new(),
            first: Vec::new(),
            wild: Vec::new(),
            needed: Vec::new(),
        });
        match &particle.term {
            Term::Element(element) => {
                let members = components
                    .members
                    .get(element)
                    .map_or(&[][..], Vec::as_slice);
                let each = std::iter::once(element).chain(members);
                let mut first: Vec<_> = each.map(|id| (components.element(*id).name, 0)).collect();
                first.sort_unstable();
                first.dedup();
                self.nodes[id as usize].first = first;
            }
            Term::Wildcard(_) => self.nodes[id as usize].wild = vec![0],
            Term::Group(compositor, parts) if depth < MOST_DEPTH => {
                self.group(components, *compositor, parts, id, depth);
            }
            Term::Group(..) => {}
        }
        id
    }

    fn group(
        &mut self,
        components: &Components,
        compositor: Compositor,
        parts: &[Particle],
        id: NodeId,
        depth: u32,
    ) {
        let (mut children, mut first, mut wild) = (Vec::new(), Vec::new(), Vec::new());
        let mut needed = vec![0];
        let mut empty = compositor != Compositor::Choice;
        if parts.is_empty() && compositor == Compositor::Choice {
            self.impossible = true;
        }
        for (index, part) in parts.iter().enumerate() {
            let index = index as u32;
            let child = self.add(components, part, id, index, depth + 1);
            let node = &self.nodes[child as usize];
            let nullable = node.least() == 0;
            first.extend(node.first.iter().map(|(name, _)| (*name, index)));
            if !node.wild.is_empty() {
                wild.push(index);
            }
            if compositor == Compositor::Choice {
                empty |= nullable;
            } else {
                empty &= nullable;
            }
            let before = needed[needed.len() - 1];
            needed.push(before + u32::from(!nullable));
            children.push(child);
        }
        first.sort_unstable();
        first.dedup();
        let node = &mut self.nodes[id as usize];
        // What a sequence begins with also tells where its later parts begin.
        (node.children, node.first, node.wild) = (children, first, wild);
        (node.needed, node.empty) = (needed, empty);
    }

    /// Whether the same child may be counted by an inner or by an outer repetition.
    fn is_ambiguous(&self) -> bool {
        let repeats = |node: &Node| node.max > 1;
        let simple = |node: &Node| node.least() <= 1 && node.max == UNBOUNDED;
        self.nodes.iter().any(|node| {
            if !repeats(node) {
                return false;
            }
            let mut at = node.parent;
            while at != START {
                let outer = &self.nodes[at as usize];
                if repeats(outer) && !(simple(node) && simple(outer)) {
                    let shared = node.first.iter().any(|(name, _)| {
                        outer
                            .first
                            .binary_search_by(|(other, _)| other.cmp(name))
                            .is_ok()
                    });
                    if shared || !node.wild.is_empty() {
                        return true;
                    }
                }
                at = outer.parent;
            }
            false
        })
    }

    /// The state before the first child.
    pub(crate) fn start(&self) -> State {
        let all = self
            .nodes
            .iter()
            .filter(|node| matches!(node.kind, Kind::All))
            .map(|node| node.children.len())
            .max();
        State {
            at: START,
            counts: vec![0; self.depth],
            seen: vec![0; all.unwrap_or(0).div_ceil(64)],
        }
    }

    /// Puts a state back to before the first child.
    pub(crate) fn reset(&self, state: &mut State) {
        state.at = START;
        state.counts.clear();
        state.counts.resize(self.depth, 0);
        let all = match self.nodes.first() {
            Some(Node {
                kind: Kind::All,
                children,
                ..
            }) => children.len().div_ceil(64),
            _ => 0,
        };
        state.seen.clear();
        state.seen.resize(all, 0);
    }

    /// The first declaration of an element of that name.
    pub(crate) fn declaration(&self, of: NameId) -> Option<ElementId> {
        self.nodes.iter().find_map(|node| match &node.kind {
            Kind::Element { declaration, name } if *name == of => Some(*declaration),
            _ => None,
        })
    }

    pub(crate) fn is_ambiguous_model(&self) -> bool {
        self.ambiguous
    }

    /// Takes the next child; `None` where it cannot stand here, and the state stays as it was.
    #[inline]
    pub(crate) fn step(
        &self,
        state: &mut State,
        name: NameId,
        namespace: NamespaceId,
    ) -> Option<Taken<'_>> {
        // The same element once more is what comes most.
        if let Some(node) = self.nodes.get(state.at as usize)
            && let Kind::Element {
                declaration,
                name: own,
            } = &node.kind
            && *own == name
        {
            let count = &mut state.counts[node.depth as usize];
            if *count < node.max {
                *count += 1;
                return Some(Taken::Element(*declaration));
            }
        }
        self.advance(state, name, namespace)
    }

    fn advance(
        &self,
        state: &mut State,
        name: NameId,
        namespace: NamespaceId,
    ) -> Option<Taken<'_>> {
        let mut at = state.at;
        if at == START {
            return self.enter(state, 0, name, namespace);
        }
        loop {
            let node = &self.nodes[at as usize];
            let count = state.counts[node.depth as usize];
            if count < node.max && self.begins(node, state, name, namespace) {
                let held = count;
                state.counts[node.depth as usize] = held + 1;
                if matches!(node.kind, Kind::All) {
                    state.seen.fill(0);
                }
                if let Some(taken) = self.descend(state, at, name, namespace) {
                    return Some(taken);
                }
                state.counts[node.depth as usize] = held;
            }
            if count < node.least() || node.parent == START {
                return None;
            }
            let parent = &self.nodes[node.parent as usize];
            match parent.kind {
                Kind::Sequence => {
                    if let Some(next) = self.later(parent, node.index + 1, name, namespace) {
                        return self.enter(state, parent.children[next as usize], name, namespace);
                    }
                    let rest = parent.needed[parent.children.len()]
                        - parent.needed[node.index as usize + 1];
                    if rest > 0 {
                        return None;
                    }
                }
                Kind::All => {
                    if let Some(taken) = self.member(state, node.parent, name, namespace) {
                        return Some(taken);
                    }
                    if !self.all_seen(parent, state) {
                        return None;
                    }
                }
                _ => {}
            }
            at = node.parent;
        }
    }

    fn begins(&self, node: &Node, state: &State, name: NameId, namespace: NamespaceId) -> bool {
        let _ = state;
        match &node.kind {
            Kind::Wildcard(wildcard) => wildcard.namespaces.allows(namespace),
            Kind::Sequence => self.later(node, 0, name, namespace).is_some(),
            _ => {
                let at = node.first.partition_point(|(other, _)| *other < name);
                node.first.get(at).is_some_and(|(other, _)| *other == name)
                    || node
                        .wild
                        .iter()
                        .any(|child| self.wild_begins(node.children[*child as usize], namespace))
            }
        }
    }

    /// Whether a node may begin with a wildcard that allows the namespace.
    fn wild_begins(&self, at: NodeId, namespace: NamespaceId) -> bool {
        let node = &self.nodes[at as usize];
        match &node.kind {
            Kind::Wildcard(wildcard) => wildcard.namespaces.allows(namespace),
            Kind::Element { .. } => false,
            Kind::Sequence => node.wild.iter().any(|child| {
                node.needed[*child as usize] == 0
                    && self.wild_begins(node.children[*child as usize], namespace)
            }),
            _ => node
                .wild
                .iter()
                .any(|child| self.wild_begins(node.children[*child as usize], namespace)),
        }
    }

    /// Whether a node may begin with a name.
    fn name_begins(&self, at: NodeId, name: NameId) -> bool {
        let node = &self.nodes[at as usize];
        if let Kind::Element { name: own, .. } = &node.kind
            && *own == name
        {
            return true;
        }
        let from = node.first.partition_point(|(other, _)| *other < name);
        let mut found = node.first[from..]
            .iter()
            .take_while(|(other, _)| *other == name);
        match node.kind {
            Kind::Element { .. } => found.next().is_some(),
            Kind::Wildcard(_) => false,
            Kind::Sequence => found.any(|(_, child)| {
                node.needed[*child as usize] == 0
                    && self.name_begins(node.children[*child as usize], name)
            }),
            _ => found.any(|(_, child)| self.name_begins(node.children[*child as usize], name)),
        }
    }

    /// The next part of a sequence, from `from` on, that begins so, where those between may be
    /// left out.
    fn later(&self, parent: &Node, from: u32, name: NameId, namespace: NamespaceId) -> Option<u32> {
        let allowed = parent.needed[from as usize];
        // Parts that stand next to each other follow each other mostly.
        if let Some(next) = parent.children.get(from as usize)
            && let Kind::Element { name: own, .. } = &self.nodes[*next as usize].kind
            && *own == name
        {
            return Some(from);
        }
        let at = parent.first.partition_point(|entry| *entry < (name, from));
        for (other, child) in &parent.first[at..] {
            if *other != name || parent.needed[*child as usize] != allowed {
                break;
            }
            if self.name_begins(parent.children[*child as usize], name) {
                return Some(*child);
            }
        }
        parent.wild.iter().copied().find(|child| {
            *child >= from
                && parent.needed[*child as usize] == allowed
                && self.wild_begins(parent.children[*child as usize], namespace)
        })
    }

    /// Begins a node with a child that it may begin with.
    fn enter(
        &self,
        state: &mut State,
        at: NodeId,
        name: NameId,
        namespace: NamespaceId,
    ) -> Option<Taken<'_>> {
        let node = &self.nodes[at as usize];
        if node.max == 0 {
            return None;
        }
        state.counts[node.depth as usize] = 1;
        if matches!(node.kind, Kind::All) {
            state.seen.fill(0);
        }
        self.descend(state, at, name, namespace)
    }

    fn descend(
        &self,
        state: &mut State,
        at: NodeId,
        name: NameId,
        namespace: NamespaceId,
    ) -> Option<Taken<'_>> {
        let node = &self.nodes[at as usize];
        match &node.kind {
            Kind::Element { declaration, .. } => {
                if !self.name_begins(at, name) {
                    return None;
                }
                state.at = at;
                Some(Taken::Element(*declaration))
            }
            Kind::Wildcard(wildcard) => {
                if !wildcard.namespaces.allows(namespace) {
                    return None;
                }
                state.at = at;
                Some(Taken::Wildcard(wildcard))
            }
            Kind::Sequence => {
                let next = self.later(node, 0, name, namespace)?;
                self.enter(state, node.children[next as usize], name, namespace)
            }
            Kind::Choice => {
                let from = node.first.partition_point(|(other, _)| *other < name);
                let named = node.first[from..]
                    .iter()
                    .take_while(|(other, _)| *other == name);
                let mut named = named.map(|(_, child)| node.children[*child as usize]);
                let branch = named
                    .find(|child| self.name_begins(*child, name))
                    .or_else(|| {
                        let wild = node.wild.iter().map(|child| node.children[*child as usize]);
                        let mut wild = wild.filter(|child| self.wild_begins(*child, namespace));
                        wild.next()
                    })?;
                self.enter(state, branch, name, namespace)
            }
            Kind::All => self.member(state, at, name, namespace),
        }
    }

    fn member(
        &self,
        state: &mut State,
        at: NodeId,
        name: NameId,
        namespace: NamespaceId,
    ) -> Option<Taken<'_>> {
        let node = &self.nodes[at as usize];
        let from = node.first.partition_point(|(other, _)| *other < name);
        let (_, child) = node.first.get(from).filter(|(other, _)| *other == name)?;
        let (word, bit) = (*child as usize / 64, 1 << (child % 64));
        if state.seen[word] & bit != 0 {
            return None;
        }
        state.seen[word] |= bit;
        self.enter(state, node.children[*child as usize], name, namespace)
    }

    fn all_seen(&self, node: &Node, state: &State) -> bool {
        node.children.iter().enumerate().all(|(at, child)| {
            state.seen[at / 64] & (1 << (at % 64)) != 0 || self.nodes[*child as usize].least() == 0
        })
    }

    /// Whether the content may end here.
    pub(crate) fn accepts(&self, state: &State) -> bool {
        let mut at = state.at;
        if at == START {
            return self.nodes[0].least() == 0
                && !(self.impossible && self.nodes[0].min > 0 && !self.nodes[0].empty);
        }
        loop {
            let node = &self.nodes[at as usize];
            if state.counts[node.depth as usize] < node.least() {
                return false;
            }
            if node.parent == START {
                return true;
            }
            let parent = &self.nodes[node.parent as usize];
            let complete = match parent.kind {
                Kind::Sequence => {
                    parent.needed[parent.children.len()] == parent.needed[node.index as usize + 1]
                }
                Kind::All => self.all_seen(parent, state),
                _ => true,
            };
            if !complete {
                return false;
            }
            at = node.parent;
        }
    }

    /// Takes the next child in every state, where counting is not certain.
    pub(crate) fn step_all(
        &self,
        states: &mut Vec<State>,
        name: NameId,
        namespace: NamespaceId,
    ) -> Option<Taken<'_>> {
        let (mut next, mut taken) = (Vec::new(), None);
        for state in states.iter() {
            self.successors(state, name, namespace, &mut next, &mut taken);
        }
        if next.is_empty() {
            return None;
        }
        next.truncate(MOST_STATES);
        *states = next;
        taken
    }

    /// Every state that the next child may lead to.
    fn successors<'m>(
        &'m self,
        state: &State,
        name: NameId,
        namespace: NamespaceId,
        next: &mut Vec<State>,
        taken: &mut Option<Taken<'m>>,
    ) {
        let mut keep = |state: State, found: Option<Taken<'m>>| {
            if found.is_some() && next.len() < MOST_STATES && !next.contains(&state) {
                next.push(state);
                *taken = found;
            }
        };
        let mut at = state.at;
        if at == START {
            let mut own = state.clone();
            let found = self.enter(&mut own, 0, name, namespace);
            return keep(own, found);
        }
        loop {
            let node = &self.nodes[at as usize];
            let count = state.counts[node.depth as usize];
            if count < node.max {
                let mut own = state.clone();
                own.counts[node.depth as usize] = count + 1;
                let found = self.descend(&mut own, at, name, namespace);
                keep(own, found);
            }
            if count < node.least() || node.parent == START {
                return;
            }
            let parent = &self.nodes[node.parent as usize];
            if let Kind::Sequence = parent.kind {
                if let Some(later) = self.later(parent, node.index + 1, name, namespace) {
                    let mut own = state.clone();
                    let found =
                        self.enter(&mut own, parent.children[later as usize], name, namespace);
                    keep(own, found);
                }
                if parent.needed[parent.children.len()] > parent.needed[node.index as usize + 1] {
                    return;
                }
            }
            at = node.parent;
        }
    }

    /// The elements that may come next, the nearest first; `any` is told of wildcards.
    pub(crate) fn expected(&self, state: &State, each: &mut dyn FnMut(Option<ElementId>)) {
        const MOST: usize = 24;
        let mut said = 0;
        let mut say = |id: Option<ElementId>| {
            said += 1;
            if said <= MOST {
                each(id);
            }
        };
        let mut at = state.at;
        if at == START {
            self.firsts(0, &mut say);
            return;
        }
        loop {
            let node = &self.nodes[at as usize];
            let count = state.counts[node.depth as usize];
            if count < node.max && !matches!(node.kind, Kind::All) {
                self.firsts(at, &mut say);
            }
            if count < node.least() || node.parent == START {
                return;
            }
            let parent = &self.nodes[node.parent as usize];
            match parent.kind {
                Kind::Sequence => {
                    for child in &parent.children[node.index as usize + 1..] {
                        self.firsts(*child, &mut say);
                        if self.nodes[*child as usize].least() > 0 {
                            return;
                        }
                    }
                }
                Kind::All => {
                    for (at, child) in parent.children.iter().enumerate() {
                        if state.seen[at / 64] & (1 << (at % 64)) == 0 {
                            self.firsts(*child, &mut say);
                        }
                    }
                    if !self.all_seen(parent, state) {
                        return;
                    }
                }
                _ => {}
            }
            at = node.parent;
        }
    }

    fn firsts(&self, at: NodeId, say: &mut dyn FnMut(Option<ElementId>)) {
        let node = &self.nodes[at as usize];
        match &node.kind {
            Kind::Element { declaration, .. } => say(Some(*declaration)),
            Kind::Wildcard(_) => say(None),
            Kind::Sequence => {
                for child in &node.children {
                    self.firsts(*child, say);
                    if self.nodes[*child as usize].least() > 0 {
                        return;
                    }
                }
            }
            _ => {
                for child in &node.children {
                    self.firsts(*child, say);
                }
            }
        }
    }

    /// The greatest number of the element that the state stands at, where it was reached and the
    /// element has that name. `None` too where groups around it repeat: more of the element is then
    /// not what is wrong.
    pub(crate) fn exhausted(&self, state: &State, name: NameId) -> Option<u32> {
        let node = self.nodes.get(state.at as usize)?;
        let own = matches!(&node.kind, Kind::Element { name: own, .. } if *own == name);
        let above = std::iter::successors(self.nodes.get(node.parent as usize), |node| {
            self.nodes.get(node.parent as usize)
        });
        (own && state.counts[node.depth as usize] >= node.max
            && above.into_iter().all(|n| n.max <= 1))
        .then_some(node.max)
    }

    /// Whether a child of that name has its place further on.
    pub(crate) fn leads_to(&self, state: &State, name: NameId) -> bool {
        let found = self.resume(&mut state.clone(), name);
        found.is_some_and(|(_, later)| later)
    }

    /// After a child that cannot stand here: its declaration, where the model has one of that
    /// name, and whether it has its place further on; the state goes there then.
    pub(crate) fn resume(&self, state: &mut State, name: NameId) -> Option<(ElementId, bool)> {
        let own = |node: &Node| match &node.kind {
            Kind::Element {
                declaration,
                name: own,
            } if *own == name => Some(*declaration),
            _ => None,
        };
        let from = if state.at == START {
            0
        } else {
            state.at as usize + 1
        };
        let later = (from..self.nodes.len()).find(|at| own(&self.nodes[*at]).is_some());
        if let Some(at) = later
            && !matches!(self.nodes[0].kind, Kind::All)
        {
            let found = own(&self.nodes[at])?;
            let mut above = at as NodeId;
            // Groups that are entered on the way have begun once.
            while above != START {
                let node = &self.nodes[above as usize];
                let count = &mut state.counts[node.depth as usize];
                *count = if above == at as NodeId {
                    1
                } else {
                    (*count).max(1)
                };
                above = node.parent;
            }
            state.at = at as NodeId;
            return Some((found, true));
        }
        let before = self.nodes.iter().find_map(own)?;
        Some((before, false))
    }
}
