//! Messages and service segments made ready for checking, once for each spec, release and syntax
//! version.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use super::hot::Shapes;
use super::layout::Layout;
use crate::codes::CodeTable;
use crate::edifact::Segment;
use crate::sequence::{Plan, PositionId, TagId, pack_tag};
use crate::spec::declared::{Choice, Declared, choose};
use crate::spec::model::{Content, TypeId};
use crate::spec::release::Release;
use crate::spec::{Home, Specs};
use crate::{Error, Result};

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
    /// For each position the layout of its segment.
    layouts: Vec<Arc<Layout>>,
    /// The same for each plain position.
    plain_layouts: Vec<Option<Arc<Layout>>>,
    /// Of each tag the element and component that identify its positions.
    qualifiers: Vec<Option<(usize, usize)>>,
    roles: Vec<Role>,
    /// Positions of UNS.
    pub sections: Vec<PositionId>,
    /// Where the coded components of its layouts end among those of all layouts.
    pub coded_end: u32,
    /// Where their lists end among all that are not the same.
    pub listed_end: u32,
    /// One more than the greatest number of its layouts.
    pub layouts_end: u32,
}

impl CompiledMessage {
    #[inline]
    pub(super) fn layout(&self, position: PositionId) -> &Layout {
        &self.layouts[position as usize]
    }

    #[inline]
    pub(super) fn role(&self, position: PositionId) -> Role {
        self.roles[position as usize]
    }

    /// The layout of a segment that is nothing more to the checks of a whole message.
    #[inline(always)]
    pub(super) fn plain_layout(&self, position: PositionId) -> Option<&Layout> {
        self.plain_layouts[position as usize].as_deref()
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
fn qualifiers(plan: &Plan, layouts: &[Arc<Layout>]) -> Vec<Option<(usize, usize)>> {
    let mut found = Vec::new();
    for (position, layout) in plan.positions().iter().zip(layouts) {
        let Some((id, _)) = &position.identified_by else {
            continue;
        };
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

/// A message, and where it is made: who asks for it meanwhile waits.
type Making = Arc<Mutex<Option<Made>>>;

/// None where the directory does not have it.
type Made = Option<Arc<CompiledMessage>>;

/// Message type, directory, syntax version.
type MessageKey = (Box<str>, Home, u8);

/// Tag, directory, syntax version, and whether the messages are interactive.
type SharedKey = (Box<str>, Home, u8, bool);

/// All that is declared, joined behind a blank, and the lengths of its parts. To compare texts that
/// are empty may take longer than to compare long ones: this is never empty.
type DeclaredKey = (Box<str>, [usize; 4]);

/// What was made ready for some specs.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    messages: Mutex<FxHashMap<MessageKey, Making>>,
    /// The segments that all messages of a directory share.
    shared: Mutex<FxHashMap<SharedKey, Arc<Layout>>>,
    segments: Cached<(Box<str>, u8), Layout>,
    choices: Mutex<FxHashMap<DeclaredKey, Arc<Choice>>>,
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

    /// Which definition a message header means.
    pub(crate) fn choice(&self, specs: &Specs, declared: &Declared) -> Arc<Choice> {
        // Headers that differ in every message would fill the memory.
        const MOST: usize = 10_000;
        let Declared {
            message,
            version,
            release,
            agency,
        } = declared;
        let joined = [" ", message, version, release, agency].concat();
        let lengths = [message.len(), version.len(), release.len(), agency.len()];
        let key = (joined.into(), lengths);
        let mut choices = lock(&self.choices);
        if let Some(held) = choices.get(&key) {
            return held.clone();
        }
        let choice = Arc::new(choose(specs, declared));
        if choices.len() < MOST {
            choices.insert(key, choice.clone());
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
        let making = lock(&self.messages).entry(key).or_default().clone();
        let mut held = lock(&making);
        if let Some(held) = &*held {
            return Ok(held.clone());
        }
        let made = self.make(specs, message, home, syntax)?.map(Arc::new);
        *held = Some(made.clone());
        Ok(made)
    }

    fn make(
        &self,
        specs: &Specs,
        message: &str,
        home: Home,
        syntax: u8,
    ) -> Result<Option<CompiledMessage>> {
        let Some(spec) = specs.message_frame(message, home, syntax)? else {
            return Ok(None);
        };
        let plan = Plan::new(&spec.model)?;
        let release = match home {
            Home::Edifact(release) => Some(release),
            Home::Service => None,
        };
        let mut known: FxHashMap<TypeId, Arc<Layout>> = FxHashMap::default();
        let mut layouts = Vec::with_capacity(plan.positions().len());
        for position in plan.positions() {
            if let Some(known) = known.get(&position.of) {
                layouts.push(known.clone());
                continue;
            }
            let (model, of) = (&spec.model, position.of);
            let made = match model.get(of).content {
                Content::Empty => {
                    let key = (position.tag.clone(), home, syntax, spec.interactive);
                    self.shared_layout(specs, key, release)?
                }
                _ => {
                    let mut shapes = lock(&self.shapes);
                    Arc::new(Layout::new(model, of, release, syntax, &mut shapes))
                }
            };
            known.insert(of, made.clone());
            layouts.push(made);
        }
        let roles = plan.positions().iter();
        let roles = roles.map(|position| match &*position.tag {
            "CNT" if position.group == 0 => Role::ControlTotal,
            "UNS" => Role::Section,
            _ => Role::Plain,
        });
        let roles: Vec<Role> = roles.collect();
        let sections = roles.iter().zip(0..);
        let sections = sections.filter(|(role, _)| **role == Role::Section);
        let plain = layouts.iter().zip(&roles);
        let plain = plain.map(|(layout, role)| (*role == Role::Plain).then(|| layout.clone()));
        let coded_end = layouts.iter().map(|layout| layout.coded_end()).max();
        let listed_end = layouts.iter().map(|layout| layout.listed_end()).max();
        let last = layouts.iter().map(|layout| layout.hot.id).max();
        Ok(Some(CompiledMessage {
            sections: sections.map(|(_, position)| position).collect(),
            coded_end: coded_end.unwrap_or(0),
            listed_end: listed_end.unwrap_or(0),
            layouts_end: last.map_or(0, |last| last + 1),
            name: format!("{}@{}", spec.message, spec.release).into(),
            of: (message.into(), home, syntax),
            qualifiers: qualifiers(&plan, &layouts),
            plan,
            plain_layouts: plain.collect(),
            layouts,
            roles,
        }))
    }

    /// The layout of a segment that all messages of a directory share.
    fn shared_layout(
        &self,
        specs: &Specs,
        key: SharedKey,
        release: Option<Release>,
    ) -> Result<Arc<Layout>> {
        if let Some(held) = lock(&self.shared).get(&key) {
            return Ok(held.clone());
        }
        let (tag, home, syntax, interactive) = &key;
        let model = specs.segment_of_messages(tag, *home, *syntax, *interactive)?;
        let root = model
            .as_ref()
            .and_then(|model| Some((model, model.roots().first()?)));
        let (model, root) = root.ok_or_else(|| {
            Error::misuse(format!("the segment {tag} of a message is in no directory"))
        })?;
        let mut shapes = lock(&self.shapes);
        let made = Arc::new(Layout::new(model, root.of, release, *syntax, &mut shapes));
        drop(shapes);
        // Another thread may have been faster.
        let mut shared = lock(&self.shared);
        Ok(shared.entry(key).or_insert(made).clone())
    }

    /// The service segment of that tag in a syntax version.
    pub(crate) fn segment(
        &self,
        specs: &Specs,
        tag: &str,
        syntax: u8,
    ) -> Result<Option<Arc<Layout>>> {
        // Tags that are none would fill the memory.
        const MOST: usize = 10_000;
        let key = (Box::from(tag), syntax);
        if let Some(held) = lock(&self.segments).get(&key) {
            return Ok(held.clone());
        }
        let model = specs.segment(tag, None, syntax)?;
        let made = model.and_then(|model| {
            let root = model.roots().first()?;
            let mut shapes = lock(&self.shapes);
            Some(Arc::new(Layout::new(
                &model,
                root.of,
                None,
                syntax,
                &mut shapes,
            )))
        });
        let mut segments = lock(&self.segments);
        if made.is_some() || segments.len() < MOST {
            segments.insert(key, made.clone());
        }
        Ok(made)
    }
}

/// What was put in before a panic elsewhere is whole all the same.
fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
