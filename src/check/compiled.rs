//! Messages and service segments made ready for checking, once for each spec, release and syntax
//! version.

use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::layout::Layout;
use crate::Result;
use crate::edifact::Segment;
use crate::sequence::{Plan, PositionId, TagId};
use crate::spec::model::TypeId;
use crate::spec::{Home, Specs};

/// A message made ready.
#[derive(Debug)]
pub(crate) struct CompiledMessage {
    /// Its name, as `CUSCAR@D95B`.
    pub name: Box<str>,
    pub plan: Plan,
    layouts: Vec<Layout>,
    /// For each position, which of the layouts is its segment's.
    layout_of: Vec<u16>,
}

impl CompiledMessage {
    #[inline]
    pub(super) fn layout(&self, position: PositionId) -> &Layout {
        &self.layouts[self.layout_of[position as usize] as usize]
    }

    /// The value of the first element `id` of a segment with that tag.
    pub(super) fn qualifier<'a>(
        &self,
        tag: Option<TagId>,
        id: &str,
        segment: &Segment<'a>,
    ) -> Option<&'a [u8]> {
        let position = self.plan.first_position(tag?);
        let layout = self.layout(position);
        let (element, part) = layout.parts.iter().enumerate().find(|(_, part)| {
            layout.components[part.components.clone()]
                .iter()
                .any(|component| &*component.id == id)
        })?;
        let component = layout.components[part.components.clone()]
            .iter()
            .position(|component| &*component.id == id)?;
        segment.token(element, component).map(|token| token.bytes)
    }
}

type Cached<K, V> = Mutex<FxHashMap<K, Option<Arc<V>>>>;

/// What was made ready for some specs.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    messages: Cached<(Box<str>, Home, u8), CompiledMessage>,
    segments: Cached<(Box<str>, u8), Layout>,
}

impl Compiled {
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
                let mut layouts = Vec::new();
                let mut known: FxHashMap<TypeId, u16> = FxHashMap::default();
                let mut layout_of = Vec::with_capacity(plan.positions().len());
                for position in plan.positions() {
                    let at = *known.entry(position.of).or_insert_with(|| {
                        layouts.push(Layout::new(&spec.model, position.of, release, syntax));
                        layouts.len() as u16 - 1
                    });
                    layout_of.push(at);
                }
                let name = format!("{}@{}", spec.message, spec.release).into();
                Some(Arc::new(CompiledMessage {
                    name,
                    plan,
                    layouts,
                    layout_of,
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
            Some(Arc::new(Layout::new(&model, root.of, None, syntax)))
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
