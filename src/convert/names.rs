//! The names of a message by ISO/TS 20625, made ready once: as text, and as the tags of XML.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use super::slots::Slots;
use crate::Result;
use crate::sequence::{GroupId, Plan, PositionId};
use crate::spec::declared::{Choice, Declared, choose};
use crate::spec::model::{Content, Model, Particle, Type, TypeId};
use crate::spec::{Home, Specs};

/// The namespace of what ISO/TS 20625 has no name for.
pub const NAMESPACE: &str = "urn:baowen:tree";

/// A name that occurs again and again. It fills one line of the cache.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(crate) struct Name {
    /// Its start tag and end tag, with the line breaks that go before them.
    pub(super) open: Tag,
    pub(super) close: Tag,
    pub(crate) text: Box<str>,
    /// Whether it may occur several times in a row.
    pub(crate) many: bool,
    /// Whether its tags are so long that they have to be put together.
    pub(super) long: bool,
}

/// The bytes of a tag; none where it is too long, which no tag of ISO/TS 20625 is.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(super) bytes: [u8; 16],
    len: u8,
}

impl Tag {
    fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        let len = text.len() as u8;
        Some(Self { bytes, len })
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }
}

impl Name {
    pub(super) fn new(text: &str, many: bool) -> Self {
        const NONE: Tag = Tag {
            bytes: [0; 16],
            len: 0,
        };
        let (before, behind) = breaks(text);
        let open = Tag::new(&format!("{before}<{text}>"));
        let close = Tag::new(&format!("{behind}</{text}>"));
        let long = open.is_none() || close.is_none();
        Self {
            open: open.filter(|_| !long).unwrap_or(NONE),
            close: close.filter(|_| !long).unwrap_or(NONE),
            text: text.into(),
            many,
            long,
        }
    }
}

/// Line breaks before the start tag and the end tag: segments stand one a line.
pub(super) fn breaks(name: &str) -> (&'static str, &'static str) {
    match name.as_bytes() {
        [b'S', b'_', ..] | b"b:Segment" | b"b:Skipped" | b"b:Object" | b"b:Una" => ("\n", ""),
        [b'G' | b'M', b'_', ..] | b"b:Message" => ("\n", "\n"),
        b"List" => ("", "\n"),
        _ => ("", ""),
    }
}

/// The elements of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Its number among those of the specs.
    pub(crate) id: u32,
    pub(crate) name: Name,
    pub(super) parts: Vec<Part>,
    /// For each place of an element, where there is no repetition, the part it belongs to.
    pub(super) places: Vec<u16>,
    /// The same for segments as nearly all are; `None` where a name is too long.
    pub(crate) slots: Option<Slots>,
}

/// An element of a segment.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) name: Name,
    /// Places it takes where there is no repetition, and the first of them.
    pub(super) times: u32,
    pub(super) first: u32,
    /// The components of a composite.
    pub(super) components: Option<Vec<Name>>,
}

impl Layout {
    fn new(name: &str, many: bool, model: &Model, of: TypeId) -> Self {
        let mut layout = Self {
            id: 0,
            name: Name::new(name, many),
            parts: Vec::new(),
            places: Vec::new(),
            slots: None,
        };
        for (name, of, max) in children(model.get(of)) {
            let inner = model.get(of);
            let components = matches!(inner.content, Content::Children(_)).then(|| {
                let inner = children(inner).into_iter();
                inner.map(|(name, _, _)| Name::new(name, false)).collect()
            });
            let times = max.clamp(1, 999);
            let part = layout.parts.len() as u16;
            layout.parts.push(Part {
                name: Name::new(name, max > 1),
                times,
                first: layout.places.len() as u32,
                components,
            });
            layout
                .places
                .extend(std::iter::repeat_n(part, times as usize));
        }
        layout.slots = Slots::new(&layout.name, &layout.parts);
        layout
    }
}

impl Layout {
    /// The values that a segment may have: the name of the element, and of the component in a
    /// composite.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&Name, Option<&Name>)> {
        self.parts.iter().flat_map(|part| {
            let simple = part.components.is_none().then_some((&part.name, None));
            let components = part.components.iter().flatten();
            let inside = components.map(|component| (&part.name, Some(component)));
            simple.into_iter().chain(inside)
        })
    }

    /// All that tells it from others.
    fn says(&self) -> String {
        let mut all = String::new();
        let mut name = |name: &Name, times: u32, end: char| {
            let _ = write!(all, "{} {} {times}{end}", name.text, name.many);
        };
        name(&self.name, 1, ';');
        for part in &self.parts {
            name(&part.name, part.times, ':');
            for component in part.components.iter().flatten() {
                name(component, 1, ',');
            }
            // An empty composite is not an element.
            let end = if part.components.is_some() { '.' } else { ';' };
            name(&part.name, 0, end);
        }
        all
    }
}

/// The children of a type, in order: name, type, how often each may stand in a row.
pub(super) fn children(of: &Type) -> Vec<(&str, TypeId, u32)> {
    let Content::Children(Particle::Sequence(items)) = &of.content else {
        return Vec::new();
    };
    let child = |item| match item {
        &Particle::Repeat { max, ref of, .. } => match &**of {
            Particle::Node(node) => Some((&*node.name, node.of, max.unwrap_or(u32::MAX))),
            _ => None,
        },
        Particle::Node(node) => Some((&*node.name, node.of, 1)),
        _ => None,
    };
    items.iter().filter_map(child).collect()
}

/// A message that was made ready.
#[derive(Debug)]
pub(super) struct Definition {
    /// As `CUSCAR@D95B`.
    pub(super) label: Box<str>,
    pub(super) plan: Plan,
    pub(super) root: Name,
    groups: Vec<Name>,
    /// For each position the layout of its segment and the group around it.
    positions: Vec<(Arc<Layout>, GroupId)>,
}

impl Definition {
    #[inline]
    pub(super) fn layout(&self, position: PositionId) -> &Layout {
        &self.positions[usize::from(position)].0
    }

    /// The group around a position.
    #[inline]
    pub(super) fn around(&self, position: PositionId) -> GroupId {
        self.positions[usize::from(position)].1
    }

    pub(super) fn group(&self, group: GroupId) -> &Name {
        &self.groups[usize::from(group)]
    }
}

type Messages = HashMap<(Box<str>, Home, u8), Option<Arc<Definition>>>;
type Segments = HashMap<(Box<str>, u8), Option<Arc<Layout>>>;

/// What was made ready from specs.
#[derive(Debug, Default)]
struct Ready {
    messages: Mutex<Messages>,
    segments: Mutex<Segments>,
    /// Every layout once: the messages of a directory share their segments.
    layouts: Mutex<HashMap<String, Arc<Layout>>>,
}

impl Ready {
    /// The layout that says the same, where there is one.
    fn shared(&self, mut layout: Layout) -> Arc<Layout> {
        let says = layout.says();
        let mut layouts = lock(&self.layouts);
        layout.id = layouts.len() as u32;
        layouts
            .entry(says)
            .or_insert_with(|| Arc::new(layout))
            .clone()
    }
}

/// Definitions, each made ready when it is first asked for, and kept with the specs.
#[derive(Debug)]
pub(super) struct Definitions {
    specs: Specs,
    forced: Option<(Box<str>, Home)>,
    ready: Arc<Ready>,
    /// What headers that were met mean.
    met: FxHashMap<(Declared, u8), Option<Arc<Definition>>>,
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is inside is whole after a panic too.
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Definitions {
    pub(super) fn new(specs: &Specs, forced: Option<(Box<str>, Home)>) -> Self {
        Self {
            specs: specs.clone(),
            forced,
            ready: specs.compiled(),
            met: FxHashMap::default(),
        }
    }

    /// Whether one definition holds for every message.
    pub(super) fn is_forced(&self) -> bool {
        self.forced.is_some()
    }

    /// The definition that a message header means.
    pub(super) fn message(
        &mut self,
        declared: &Declared,
        syntax: u8,
    ) -> Result<Option<Arc<Definition>>> {
        // What content declares is not to fill the memory.
        const MOST: usize = 4096;
        let key = (declared.clone(), syntax);
        if let Some(held) = self.met.get(&key) {
            return Ok(held.clone());
        }
        let found = self.find(declared, syntax)?;
        if self.met.len() < MOST {
            self.met.insert(key, found.clone());
        }
        Ok(found)
    }

    fn find(&self, declared: &Declared, syntax: u8) -> Result<Option<Arc<Definition>>> {
        let (message, home) = match &self.forced {
            Some(forced) => forced.clone(),
            None => match choose(&self.specs, declared) {
                Choice::Home(home, _) => (declared.message.trim().into(), home),
                _ => return Ok(None),
            },
        };
        let key = (message, home, syntax);
        if let Some(held) = lock(&self.ready.messages).get(&key) {
            return Ok(held.clone());
        }
        let spec = self.specs.message(&key.0, home, syntax)?;
        let made = match spec {
            None => None,
            Some(spec) => {
                let plan = Plan::new(&spec.model)?;
                let mut known: HashMap<(TypeId, &str, bool), Arc<Layout>> = HashMap::new();
                let positions = plan.positions().iter().map(|position| {
                    let (name, many) = (&*position.name, position.max > 1);
                    let made = || {
                        self.ready
                            .shared(Layout::new(name, many, &spec.model, position.of))
                    };
                    let layout = known.entry((position.of, name, many)).or_insert_with(made);
                    (layout.clone(), position.group)
                });
                let positions = positions.collect();
                let groups = plan.groups().iter();
                Some(Arc::new(Definition {
                    label: format!("{}@{}", spec.message, spec.release).into(),
                    root: Name::new(&format!("M_{}", spec.message), true),
                    groups: groups
                        .map(|group| Name::new(&group.name, group.max > 1))
                        .collect(),
                    positions,
                    plan,
                }))
            }
        };
        lock(&self.ready.messages).insert(key, made.clone());
        Ok(made)
    }

    /// A service segment.
    pub(super) fn segment(&mut self, tag: &str, syntax: u8) -> Result<Option<Arc<Layout>>> {
        let key = (tag.into(), syntax);
        if let Some(held) = lock(&self.ready.segments).get(&key) {
            return Ok(held.clone());
        }
        // What content calls a tag is not to fill the memory.
        let model = match tag.len() {
            3 => self.specs.segment(tag, None, syntax)?,
            _ => return Ok(None),
        };
        let made = model.and_then(|model| {
            let root = model.roots().first()?;
            let layout = Layout::new(&root.name, false, &model, root.of);
            Some(self.ready.shared(layout))
        });
        lock(&self.ready.segments).insert(key, made.clone());
        Ok(made)
    }
}
