//! Identity constraints and references while a document is read (part 1, clauses 3.11.4, 3.15.4).

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use rustc_hash::FxHashMap;

use super::component::{Components, ConstraintKind};
use crate::finding::Code;
use crate::xml::names::{NameId, Names};
use crate::xml::scene::{Remembered, Scene, valued};

/// The values of a key, or of a reference, told apart by their hash.
type Key = u128;

fn key_of(text: &str) -> Key {
    // Two different hash functions, each with its own seed for this process.
    static SEEDS: std::sync::OnceLock<[std::hash::RandomState; 2]> = std::sync::OnceLock::new();
    let seeds =
        SEEDS.get_or_init(|| [std::hash::RandomState::new(), std::hash::RandomState::new()]);
    let half = |seed: &std::hash::RandomState| {
        let mut hasher = seed.build_hasher();
        hasher.write(text.as_bytes());
        u128::from(hasher.finish())
    };
    half(&seeds[0]) << 64 | half(&seeds[1])
}

/// Bytes that one key is taken to need.
const KEY_BYTES: usize = 48;

/// A reference to be looked up later.
struct Pending {
    key: Key,
    at: Remembered,
    shown: Box<str>,
}

/// A constraint in force.
struct Active {
    constraint: u32,
    /// Depth of the element it stands at.
    depth: usize,
    keys: FxHashMap<Key, ()>,
    pending: Vec<Pending>,
}

/// An element that a selector selects.
struct Row {
    active: usize,
    depth: usize,
    at: u64,
    len: u64,
    /// Of each field the key of its value, and as it is shown.
    fields: Vec<Option<(String, Box<str>)>>,
}

/// A field whose element is open.
struct Capture {
    row: usize,
    field: usize,
    depth: usize,
}

/// What identity demands to be kept of a document.
pub(super) struct Identities<'c> {
    components: &'c Components,
    active: Vec<Active>,
    rows: Vec<Row>,
    captures: Vec<Capture>,
    /// Keys of elements that ended, for references of those around them: by depth and constraint.
    closed: HashMap<(usize, u32), FxHashMap<Key, ()>>,
    /// Constraints that some reference names.
    referred: Vec<bool>,
    ids: FxHashMap<Key, ()>,
    references: Vec<Pending>,
    used: usize,
    limit: usize,
    /// Whether the limit was reached.
    full: bool,
}

impl<'c> Identities<'c> {
    pub(super) fn new(components: &'c Components, limit: usize) -> Self {
        let mut referred = vec![false; components.constraints.len()];
        for constraint in &components.constraints {
            if let ConstraintKind::KeyRef(of) = constraint.kind
                && let Some(referred) = referred.get_mut(of as usize)
            {
                *referred = true;
            }
        }
        Self {
            components,
            active: Vec::new(),
            rows: Vec::new(),
            captures: Vec::new(),
            closed: HashMap::new(),
            referred,
            ids: FxHashMap::default(),
            references: Vec::new(),
            used: 0,
            limit,
            full: false,
        }
    }

    /// Whether nothing is to be done for elements now.
    pub(super) fn is_idle(&self) -> bool {
        self.active.is_empty() && self.closed.is_empty()
    }

    /// Whether the value of an element at this depth is wanted.
    pub(super) fn wants_value(&self, depth: usize) -> bool {
        self.captures
            .last()
            .is_some_and(|capture| capture.depth == depth)
    }

    fn charge(&mut self, bytes: usize, at: u64, scene: &mut Scene<'_, '_>) -> bool {
        if self.full {
            return false;
        }
        self.used += bytes;
        if self.used > self.limit {
            self.full = true;
            let limit = self.limit;
            scene.report(Code::XSD_IDENTITY_LIMIT, at, 0, |finding| {
                finding.with("limit", limit)
            });
            return false;
        }
        true
    }

    /// The element at `depth` has constraints.
    pub(super) fn open(&mut self, constraints: &[u32], depth: usize) {
        for constraint in constraints {
            self.active.push(Active {
                constraint: *constraint,
                depth,
                keys: FxHashMap::default(),
                pending: Vec::new(),
            });
        }
    }

    /// An element begins; `path` are the names from the root down to it.
    pub(super) fn start(&mut self, names: &Names, path: &[NameId], at: u64, len: u64) {
        let depth = path.len() - 1;
        for (index, active) in self.active.iter().enumerate() {
            let constraint = &self.components.constraints[active.constraint as usize];
            let below = &path[active.depth + 1..];
            if constraint
                .selector
                .iter()
                .any(|selector| selector.leads_to(names, below))
            {
                self.rows.push(Row {
                    active: index,
                    depth,
                    at,
                    len,
                    fields: vec![None; constraint.fields.len()],
                });
            }
        }
        for (index, row) in self.rows.iter().enumerate() {
            let constraint = self.active[row.active].constraint as usize;
            let below = &path[row.depth + 1..];
            for (field, paths) in self.components.constraints[constraint]
                .fields
                .iter()
                .enumerate()
            {
                let leads = paths
                    .iter()
                    .any(|path| path.attribute.is_none() && path.leads_to(names, below));
                if leads {
                    self.captures.push(Capture {
                        row: index,
                        field,
                        depth,
                    });
                }
            }
        }
    }

    /// An attribute of the element that began last.
    pub(super) fn attribute(
        &mut self,
        names: &Names,
        path: &[NameId],
        name: NameId,
        value: &mut dyn FnMut() -> Option<(String, Box<str>)>,
        scene: &mut Scene<'_, '_>,
        at: u64,
    ) {
        for row in &mut self.rows {
            let constraint = self.active[row.active].constraint as usize;
            let constraint = &self.components.constraints[constraint];
            let below = &path[row.depth + 1..];
            for (field, paths) in constraint.fields.iter().enumerate() {
                let leads = |path: &super::identity::Path| {
                    path.names_attribute(names, name) && path.leads_to(names, below)
                };
                if !paths.iter().any(leads) {
                    continue;
                }
                if row.fields[field].is_some() {
                    let label = self.components.names.local(constraint.name);
                    scene.report(Code::XSD_FIELD_COUNT, at, 0, |finding| {
                        finding.with("constraint", label)
                    });
                } else {
                    row.fields[field] = value();
                }
            }
        }
    }

    /// The element at `depth` ends; `value` is its value, where it has a simple one that is not
    /// nil.
    pub(super) fn value(
        &mut self,
        depth: usize,
        value: Option<(String, Box<str>)>,
        simple: bool,
        at: u64,
        scene: &mut Scene<'_, '_>,
    ) {
        while let Some(capture) = self
            .captures
            .last()
            .filter(|capture| capture.depth == depth)
        {
            let (row, field) = (capture.row, capture.field);
            self.captures.pop();
            let row = &mut self.rows[row];
            if row.fields[field].is_some() || !simple {
                let constraint = self.active[row.active].constraint as usize;
                let label = self
                    .components
                    .names
                    .local(self.components.constraints[constraint].name);
                scene.report(Code::XSD_FIELD_COUNT, at, 0, |finding| {
                    finding.with("constraint", label)
                });
            } else {
                row.fields[field] = value.clone();
            }
        }
    }

    /// The element at `depth` ends: rows and constraints that stand at it are closed.
    pub(super) fn end(&mut self, depth: usize, at: u64, scene: &mut Scene<'_, '_>) {
        while self.rows.last().is_some_and(|row| row.depth == depth) {
            if let Some(row) = self.rows.pop() {
                self.close_row(row, scene);
            }
        }
        let own = self.active.iter().position(|active| active.depth == depth);
        if let Some(own) = own {
            let closing = self.active.split_off(own);
            self.close(closing, depth, scene);
        }
        self.rise(depth);
        let _ = at;
    }

    fn close_row(&mut self, row: Row, scene: &mut Scene<'_, '_>) {
        let index = self.active[row.active].constraint as usize;
        let constraint = &self.components.constraints[index];
        let label = self.components.names.local(constraint.name);
        if row.fields.iter().any(Option::is_none) {
            if constraint.kind == ConstraintKind::Key {
                scene.report(Code::XSD_KEY_FIELD, row.at, row.len, |finding| {
                    finding.with("constraint", label)
                });
            }
            return;
        }
        let (mut joined, mut shown) = (String::new(), String::new());
        for (key, text) in row.fields.iter().flatten() {
            joined.push_str(key);
            joined.push('\u{1F}');
            if !shown.is_empty() {
                shown.push_str(", ");
            }
            shown.push_str(text);
        }
        let key = key_of(&joined);
        if let ConstraintKind::KeyRef(_) = constraint.kind {
            if self.charge(KEY_BYTES * 2 + shown.len(), row.at, scene) {
                let at = scene.remember(row.at, row.len);
                self.active[row.active].pending.push(Pending {
                    key,
                    at,
                    shown: shown.into(),
                });
            }
            return;
        }
        if !self.charge(KEY_BYTES, row.at, scene) {
            return;
        }
        if self.active[row.active].keys.insert(key, ()).is_some() {
            scene.report(Code::XSD_DUPLICATE_KEY, row.at, row.len, |finding| {
                valued(finding, &shown).with("constraint", label)
            });
        }
    }

    fn close(&mut self, mut closing: Vec<Active>, depth: usize, scene: &mut Scene<'_, '_>) {
        for active in &mut closing {
            if self.referred[active.constraint as usize] {
                let keys = std::mem::take(&mut active.keys);
                self.closed
                    .entry((depth, active.constraint))
                    .or_default()
                    .extend(keys);
            }
        }
        for active in &closing {
            let constraint = &self.components.constraints[active.constraint as usize];
            let ConstraintKind::KeyRef(of) = constraint.kind else {
                continue;
            };
            if self.full {
                continue;
            }
            let known = self.closed.get(&(depth, of));
            for pending in &active.pending {
                if known.is_some_and(|keys| keys.contains_key(&pending.key)) {
                    continue;
                }
                let names = &self.components.names;
                let label = names.local(constraint.name);
                let expected = names.local(self.components.constraints[of as usize].name);
                scene.report_at(Code::XSD_KEYREF, pending.at, |finding| {
                    valued(finding, &pending.shown)
                        .with("constraint", label)
                        .with("expected", expected)
                });
            }
        }
    }

    /// Keys of an element that ended are those of the element around it.
    fn rise(&mut self, depth: usize) {
        if self.closed.is_empty() {
            return;
        }
        let own: Vec<u32> = self
            .closed
            .keys()
            .filter(|(at, _)| *at == depth)
            .map(|(_, of)| *of)
            .collect();
        for constraint in own {
            let Some(keys) = self.closed.remove(&(depth, constraint)) else {
                continue;
            };
            // They are wanted only where a reference may still look for them.
            let wanted = self.active.iter().any(|active| {
                let kind = self.components.constraints[active.constraint as usize].kind;
                active.depth < depth && kind == ConstraintKind::KeyRef(constraint)
            });
            if depth > 0 && wanted {
                let above = self.closed.entry((depth - 1, constraint)).or_default();
                if above.is_empty() {
                    *above = keys;
                } else {
                    above.extend(keys);
                }
            }
        }
    }

    /// A value of type ID.
    pub(super) fn id(&mut self, text: &str, at: u64, len: u64, scene: &mut Scene<'_, '_>) {
        if !self.charge(KEY_BYTES, at, scene) {
            return;
        }
        if self.ids.insert(key_of(text), ()).is_some() {
            scene.report(Code::XSD_ID, at, len, |finding| valued(finding, text));
        }
    }

    /// A value of type IDREF.
    pub(super) fn reference(&mut self, text: &str, at: u64, len: u64, scene: &mut Scene<'_, '_>) {
        let key = key_of(text);
        if self.ids.contains_key(&key) || !self.charge(KEY_BYTES * 2 + text.len(), at, scene) {
            return;
        }
        let at = scene.remember(at, len);
        self.references.push(Pending {
            key,
            at,
            shown: text.into(),
        });
    }

    /// The document ended: what refers to nothing is said.
    pub(super) fn finish(&mut self, scene: &mut Scene<'_, '_>) {
        if self.full {
            return;
        }
        for pending in std::mem::take(&mut self.references) {
            if !self.ids.contains_key(&pending.key) {
                scene.report_at(Code::XSD_IDREF, pending.at, |finding| {
                    valued(finding, &pending.shown)
                });
            }
        }
    }
}
