//! Messages and service segments made ready for checking, once for each spec, release and syntax
//! version.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use rustc_hash::FxHashMap;

use super::hot::Shapes;
use super::layout::Layout;
use crate::Result;
use crate::codes::CodeTable;
use crate::edifact::Segment;
use crate::sequence::{Plan, PositionId, TagId, pack_tag};
use crate::spec::declared::{Choice, Declared, choose};
use crate::spec::model::TypeId;
use crate::spec::{Home, Specs};

/// What a position is to the checks of a whole message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Plain,
    /// CNT of the message as a whole.
    ControlTotal,
    /// UNS.
    Section,
}

/// A message made ready.
#[derive(Debug)]
pub(crate) struct CompiledMessage {
    /// Its name, as `CUSCAR@D95B`.
    pub name: Arc<str>,
    /// Its type, where it is defined, and the syntax version of its service segments.
    pub of: (Box<str>, Home, u8),
    pub plan: Plan,
    layouts: Vec<Layout>,
    /// For each position, which of the layouts is its segment's.
    layout_of: Vec<u16>,
    /// The same for each plain position; of the others one that there is not.
    plain_layout_of: Vec<u16>,
    /// Of each tag the element and component that identify its positions.
    qualifiers: Vec<Option<(usize, usize)>>,
    roles: Vec<Role>,
    /// Positions of UNS.
    pub sections: Vec<PositionId>,
    /// Where the coded components of its layouts end among those of all layouts.
    pub coded_end: u32,
    /// One more than the number of its last layout.
    pub layouts_end: u32,
}

impl CompiledMessage {
    #[inline]
    pub(super) fn layout(&self, position: PositionId) -> &Layout {
        &self.layouts[self.layout_of[position as usize] as usize]
    }

    #[inline]
    pub(super) fn role(&self, position: PositionId) -> Role {
        self.roles[position as usize]
    }

    /// The layout of a segment that is nothing more to the checks of a whole message.
    #[inline(always)]
    pub(super) fn plain_layout(&self, position: PositionId) -> Option<&Layout> {
        let layout = self.plain_layout_of[position as usize];
        self.layouts.get(usize::from(layout))
    }

    /// The value of the element that identifies positions of a tag.
    #[inline]
    pub(super) fn qualifier<'a>(
        &self,
        tag: Option<TagId>,
        segment: &Segment<'a>,
    ) -> Option<&'a [u8]> {
        let (element, component) = self.qualifiers.get(tag?.index()).copied()??;
        match (element, component) {
            (0, 0) => segment.first_value(),
            _ => segment.token(element, component).map(|token| token.bytes),
        }
    }
}

/// Where the elements stand that identify positions of a tag.
fn qualifiers(plan: &Plan, layouts: &[Layout], layout_of: &[u16]) -> Vec<Option<(usize, usize)>> {
    let mut found = Vec::new();
    for (position, at) in plan.positions().iter().zip(layout_of) {
        let Some((id, _)) = &position.identified_by else {
            continue;
        };
        let layout = &layouts[*at as usize];
        let place = layout.parts.iter().enumerate().find_map(|(element, part)| {
            let components = &layout.components[part.components.clone()];
            components
                .iter()
                .position(|component| component.id == *id)
                .map(|component| (element, component))
        });
        if let (Some(tag), Some(place)) = (
            pack_tag(position.tag.as_bytes()).and_then(|tag| plan.tag(tag)),
            place,
        ) {
            found.resize(found.len().max(tag.index() + 1), None);
            found[tag.index()] = Some(place);
        }
    }
    found
}

type Cached<K, V> = Mutex<FxHashMap<K, Option<Arc<V>>>>;

/// What was made ready for some specs.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    messages: Cached<(Box<str>, Home, u8), CompiledMessage>,
    segments: Cached<(Box<str>, u8), Layout>,
    choices: Mutex<FxHashMap<Declared, Choice>>,
    control_totals: OnceLock<Option<Arc<CodeTable>>>,
    shapes: Mutex<Shapes>,
}

impl Compiled {
    /// The control totals that count segments.
    pub(super) fn control_totals(&self, specs: &Specs) -> Option<&CodeTable> {
        let table = self
            .control_totals
            .get_or_init(|| specs.table("control-total-6069").ok().flatten());
        table.as_deref()
    }

    fn shapes(&self) -> MutexGuard<'_, Shapes> {
        self.shapes
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Which definition a message header means.
    pub(crate) fn choice(&self, specs: &Specs, declared: &Declared) -> Choice {
        // Headers that differ in every message would fill the memory.
        const MOST: usize = 10_000;
        let mut choices = self
            .choices
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(held) = choices.get(declared) {
            return held.clone();
        }
        let choice = choose(specs, declared);
        if choices.len() < MOST {
            choices.insert(declared.clone(), choice.clone());
        }
        choice
    }

    /// The message of that type; `None` when the directory does not have it.
    pub(crate) fn message(
        &self,
        specs: &Specs,
        message: &str,
        home: Home,
        syntax: u8,
    ) -> Result<Option<Arc<CompiledMessage>>> {
        let key = (Box::from(message), home, syntax);
        if let Some(held) = lock(&self.messages).get(&key) {
            return Ok(held.clone());
        }
        let made = match specs.message(message, home, syntax)? {
            Some(spec) => {
                let plan = Plan::new(&spec.model)?;
                let release = match home {
                    Home::Edifact(release) => Some(release),
                    Home::Service => None,
                };
                let mut layouts: Vec<Layout> = Vec::new();
                let mut shapes = self.shapes();
                let mut known: FxHashMap<TypeId, u16> = FxHashMap::default();
                let mut layout_of = Vec::with_capacity(plan.positions().len());
                for position in plan.positions() {
                    let at = *known.entry(position.of).or_insert_with(|| {
                        let (model, of) = (&spec.model, position.of);
                        layouts.push(Layout::new(model, of, release, syntax, &mut shapes));
                        layouts.len() as u16 - 1
                    });
                    layout_of.push(at);
                }
                let name = format!("{}@{}", spec.message, spec.release).into();
                let qualifiers = qualifiers(&plan, &layouts, &layout_of);
                let roles = plan
                    .positions()
                    .iter()
                    .map(|position| match &*position.tag {
                        "CNT" if position.group == 0 => Role::ControlTotal,
                        "UNS" => Role::Section,
                        _ => Role::Plain,
                    });
                let roles: Vec<Role> = roles.collect();
                let sections = roles.iter().zip(0..);
                let sections = sections.filter(|(role, _)| **role == Role::Section);
                let plain = layout_of
                    .iter()
                    .zip(&roles)
                    .map(|(layout, role)| match role {
                        Role::Plain => *layout,
                        _ => u16::MAX,
                    });
                let coded_end = layouts.iter().map(Layout::coded_end).max();
                Some(Arc::new(CompiledMessage {
                    sections: sections.map(|(_, position)| position).collect(),
                    coded_end: coded_end.unwrap_or(0),
                    layouts_end: layouts.last().map_or(0, |layout| layout.hot.id + 1),
                    name,
                    of: (message.into(), home, syntax),
                    plan,
                    layouts,
                    plain_layout_of: plain.collect(),
                    layout_of,
                    qualifiers,
                    roles,
                }))
            }
            None => None,
        };
        lock(&self.messages).insert(key, made.clone());
        Ok(made)
    }

    /// The service segment of that tag in a syntax version.
    pub(crate) fn segment(
        &self,
        specs: &Specs,
        tag: &str,
        syntax: u8,
    ) -> Result<Option<Arc<Layout>>> {
        let key = (Box::from(tag), syntax);
        if let Some(held) = lock(&self.segments).get(&key) {
            return Ok(held.clone());
        }
        let model = specs.segment(tag, None, syntax)?;
        let made = model.and_then(|model| {
            let root = model.roots().first()?;
            let mut shapes = self.shapes();
            Some(Arc::new(Layout::new(
                &model,
                root.of,
                None,
                syntax,
                &mut shapes,
            )))
        });
        lock(&self.segments).insert(key, made.clone());
        Ok(made)
    }
}

/// What was put in before a panic elsewhere is whole all the same.
fn lock<K, V>(cached: &Cached<K, V>) -> std::sync::MutexGuard<'_, FxHashMap<K, Option<Arc<V>>>> {
    cached
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
