//! From directory text to the model of one message.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::directory::{Directory, InForce, Mode};
use super::model::{
    CodeList, Content, Dependency, Label, Model, Node, Particle, Role, Simple, Type, TypeId,
};
use super::release::Release;
use super::text::{Format, Item, ItemKind, Part, PartsKind, PartsVariant};
use super::{CodeSet, Specs, layer};
use crate::{Error, Result};

/// The directory a message is defined in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Home {
    /// UN/EDIFACT, in that release.
    Edifact(Release),
    /// The service messages of ISO 9735 (CONTRL, AUTACK, KEYMAN).
    Service,
}

/// A message in a release, with the service segments of a syntax version.
#[derive(Clone, Debug)]
pub struct MessageSpec {
    /// Message type.
    pub message: Box<str>,
    /// Name of the release (`D95B`), or of the syntax version for service messages (`S4`).
    pub release: Box<str>,
    /// Its published name.
    pub name: Box<str>,
    /// Where it is defined.
    pub home: Home,
    /// Whether it is interactive (UIH to UIT).
    pub interactive: bool,
    /// Structure, segments, composites and elements; its one root is the message.
    pub model: Model,
}

type SetsKey = (CodeList, Option<Release>, u8);

/// Sets of codes, made when first asked for.
#[derive(Debug, Default)]
struct CodeSets(std::sync::Mutex<HeldSets>);

#[derive(Debug, Default)]
struct HeldSets {
    asked: FxHashMap<SetsKey, Arc<CodeSet>>,
    /// By their codes: most lists are the same in many releases, and what is looked up there is then the
    /// same memory. Those of the base by element and which of its codes, those of layers by all codes.
    of_base: FxHashMap<(Box<str>, InForce), Arc<CodeSet>>,
    made: FxHashMap<Box<[Box<str>]>, Arc<CodeSet>>,
}

/// Names by code.
type Names = FxHashMap<Box<str>, Box<str>>;
type NamesKey = (Box<str>, Option<Release>, u8);

/// Names of codes, list by list, loaded when first asked for.
#[derive(Debug, Default)]
struct CodeNames(std::sync::Mutex<FxHashMap<NamesKey, Names>>);

impl Specs {
    /// The message of that type in a directory, with the service segments of `syntax` (ISO 9735
    /// syntax version, 1 to 4). `None` when the directory does not have it.
    ///
    /// # Errors
    /// When a spec is broken: a message names a segment that its release does not have, a patch
    /// does not apply.
    pub fn message(&self, message: &str, home: Home, syntax: u8) -> Result<Option<MessageSpec>> {
        self.message_with(message, home, syntax, false)
    }

    /// The same, but segments that no layer changes in this message are empty, as they are the same in
    /// all messages of its directory: [`segment_of_messages`](Self::segment_of_messages) gives them.
    pub(crate) fn message_frame(
        &self,
        message: &str,
        home: Home,
        syntax: u8,
    ) -> Result<Option<MessageSpec>> {
        self.message_with(message, home, syntax, true)
    }

    fn message_with(
        &self,
        message: &str,
        home: Home,
        syntax: u8,
        frame: bool,
    ) -> Result<Option<MessageSpec>> {
        let version = self.syntax_release(syntax)?;
        let (directory, release) = match home {
            Home::Edifact(release) => (self.edifact(), release),
            Home::Service => (self.service(), version),
        };
        let Some((variant, mode)) = directory.message(message, release)? else {
            return Ok(None);
        };
        let mut builder = Builder::new(self, home, version, mode);
        builder.message = message;
        builder.frame = frame;
        let content = builder.items(&variant.items, "")?;
        let mut model = builder.model;
        let name = format!("M_{message}");
        let of = model.add(Type {
            label: Label {
                en: variant.name.clone(),
                zh: "".into(),
            },
            ..Type::new(&name, Content::Children(Particle::Sequence(content)))
        });
        model.add_root(Node {
            name: name.into(),
            namespace: None,
            role: Role::Message,
            id: message.into(),
            of,
            identified_by: None,
        });
        Ok(Some(MessageSpec {
            message: message.into(),
            release: directory.releases().name(release).into(),
            name: variant.name,
            home,
            interactive: mode == Mode::Interactive,
            model,
        }))
    }

    /// A segment by itself: the model's one root. Service segments come from the directory of
    /// `syntax`, all others from `release`, batch first.
    ///
    /// # Errors
    /// When a spec is broken.
    pub fn segment(
        &self,
        tag: &str,
        release: Option<Release>,
        syntax: u8,
    ) -> Result<Option<Model>> {
        let version = self.syntax_release(syntax)?;
        let home = release.map_or(Home::Service, Home::Edifact);
        for mode in [Mode::Batch, Mode::Interactive] {
            if let Some(model) = self.segment_in(tag, home, version, mode)? {
                return Ok(Some(model));
            }
        }
        Ok(None)
    }

    /// The segment that all messages of a directory have, but where a layer changes it in one: the
    /// model's one root.
    pub(crate) fn segment_of_messages(
        &self,
        tag: &str,
        home: Home,
        syntax: u8,
        interactive: bool,
    ) -> Result<Option<Model>> {
        let mode = match interactive {
            true => Mode::Interactive,
            false => Mode::Batch,
        };
        self.segment_in(tag, home, self.syntax_release(syntax)?, mode)
    }

    fn segment_in(
        &self,
        tag: &str,
        home: Home,
        version: Release,
        mode: Mode,
    ) -> Result<Option<Model>> {
        let mut builder = Builder::new(self, home, version, mode);
        let Some(of) = builder.segment(tag, "")? else {
            return Ok(None);
        };
        let mut model = builder.model;
        model.add_root(Node {
            name: ["S_", tag].concat().into(),
            namespace: None,
            role: Role::Segment,
            id: tag.into(),
            of,
            identified_by: None,
        });
        Ok(Some(model))
    }

    /// A composite by itself: the model's one root.
    ///
    /// # Errors
    /// When a spec is broken.
    pub fn composite(
        &self,
        id: &str,
        release: Option<Release>,
        syntax: u8,
    ) -> Result<Option<Model>> {
        let version = self.syntax_release(syntax)?;
        let home = release.map_or(Home::Service, Home::Edifact);
        for mode in [Mode::Batch, Mode::Interactive] {
            let mut builder = Builder::new(self, home, version, mode);
            if let Some(of) = builder.composite(id, None)? {
                let mut model = builder.model;
                model.add_root(Node {
                    name: ["C_", id].concat().into(),
                    namespace: None,
                    role: Role::Composite,
                    id: id.into(),
                    of,
                    identified_by: None,
                });
                return Ok(Some(model));
            }
        }
        Ok(None)
    }

    /// Format and name of a data element.
    ///
    /// # Errors
    /// When a spec is broken.
    pub fn element(
        &self,
        id: &str,
        release: Option<Release>,
        syntax: u8,
    ) -> Result<Option<(Format, Box<str>)>> {
        let version = self.syntax_release(syntax)?;
        match release {
            Some(release) if !id.starts_with('0') => self.edifact().element(id, release),
            _ => self.service().element(id, version),
        }
    }

    /// Codes and names of a data element, in the order of the directory; empty when it is not
    /// coded, or when its list lives elsewhere ([`Self::bound_table`]).
    ///
    /// # Errors
    /// When a spec is broken.
    pub fn codes(
        &self,
        element: &str,
        release: Option<Release>,
        syntax: u8,
    ) -> Result<Vec<(Box<str>, Box<str>)>> {
        let (directory, release) = self.directory_of(element, release, syntax)?;
        directory.codes(element, release)
    }

    /// Where a data element is defined.
    fn directory_of(
        &self,
        element: &str,
        release: Option<Release>,
        syntax: u8,
    ) -> Result<(&Directory, Release)> {
        Ok(match release {
            Some(release) if !element.starts_with('0') => (self.edifact(), release),
            _ => (self.service(), self.syntax_release(syntax)?),
        })
    }

    /// The published name of a code of an element, from the directory's own list or the table the
    /// element is bound to; `None` where it is not known.
    #[must_use]
    pub fn code_name(
        &self,
        element: &str,
        code: &str,
        release: Option<Release>,
        syntax: u8,
    ) -> Option<Box<str>> {
        let names: Arc<CodeNames> = self.compiled();
        let mut held = names
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let key = (Box::from(element), release, syntax);
        let list = held.entry(key).or_insert_with(|| {
            let codes = self.codes(element, release, syntax).unwrap_or_default();
            codes.into_iter().collect()
        });
        if let Some(name) = list.get(code) {
            return Some(name.clone());
        }
        drop(held);
        let (table, _) = self.bound_table(element)?;
        let table = self.table(table).ok()??;
        let name = table.get(code)?.en();
        (!name.is_empty()).then(|| name.into())
    }

    /// The table of `specs/codes` that holds an element's values where the directory's own list
    /// is empty, and the element and value beside it on which that depends.
    #[must_use]
    pub fn bound_table(&self, element: &str) -> Option<(&str, Option<(&str, &str)>)> {
        let bind = self.binds().find(|bind| &*bind.element == element)?;
        Some(bind.as_pair())
    }

    /// All tables an element is bound to, those of layers first.
    pub(crate) fn bound_tables<'s>(
        &'s self,
        element: &'s str,
    ) -> impl Iterator<Item = (&'s str, Option<(&'s str, &'s str)>)> {
        let binds = self.binds().filter(move |bind| &*bind.element == element);
        binds.map(|bind| bind.as_pair())
    }

    /// The set of values of a code list; empty when nothing is known about it.
    ///
    /// # Errors
    /// When a spec is broken.
    pub fn code_set(
        &self,
        list: &CodeList,
        release: Option<Release>,
        syntax: u8,
    ) -> Result<Arc<CodeSet>> {
        let sets: Arc<CodeSets> = self.compiled();
        let key = match list {
            CodeList::Directory(_) => (list.clone(), release, syntax),
            _ => (list.clone(), None, 0),
        };
        let lock = || {
            sets.0
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        };
        if let Some(held) = lock().asked.get(&key) {
            return Ok(held.clone());
        }
        if let CodeList::Directory(element) = list
            && let (directory, release) = self.directory_of(element, release, syntax)?
            && let Some((base, in_force)) = directory.codes_in_force(element, release)?
        {
            let mut held = lock();
            let made = held.of_base.entry((element.clone(), in_force));
            let made = match made {
                Entry::Occupied(made) => made.get().clone(),
                Entry::Vacant(place) => {
                    let made = CodeSet::new(base.codes(&place.key().1));
                    place.insert(Arc::new(made)).clone()
                }
            };
            held.asked.insert(key, made.clone());
            return Ok(made);
        }
        let codes = match list {
            CodeList::Directory(element) => self.codes(element, release, syntax)?,
            CodeList::Values(values) => values.clone(),
            CodeList::Table(table) => {
                let codes = self.table_codes(table)?.0;
                lock().asked.insert(key, codes.clone());
                return Ok(codes);
            }
        };
        let codes: Box<[Box<str>]> = codes.into_iter().map(|(code, _)| code).collect();
        let mut held = lock();
        let made = held.made.get(&codes).cloned().unwrap_or_else(|| {
            let made = Arc::new(CodeSet::new(codes.iter().map(|code| &**code)));
            held.made.insert(codes, made.clone());
            made
        });
        held.asked.insert(key, made.clone());
        Ok(made)
    }

    /// The release of the service directory for a syntax version; versions outside 1 to 4 are
    /// read as the nearest.
    pub(crate) fn syntax_release(&self, syntax: u8) -> Result<Release> {
        let name = format!("S{}", syntax.clamp(1, 4));
        let found = self.syntax_versions().find(&name);
        found.ok_or_else(|| {
            Error::unknown(format!("no service directory for syntax version {syntax}"))
        })
    }
}

/// Builds the types of one message.
struct Builder<'a> {
    specs: &'a Specs,
    home: Home,
    version: Release,
    mode: Mode,
    message: &'a str,
    /// Segments that no layer changes stay empty.
    frame: bool,
    model: Model,
    composites: FxHashMap<(bool, Box<str>), TypeId>,
    elements: FxHashMap<Box<str>, TypeId>,
    segments: FxHashMap<Box<str>, TypeId>,
}

impl<'a> Builder<'a> {
    fn new(specs: &'a Specs, home: Home, version: Release, mode: Mode) -> Self {
        Self {
            specs,
            home,
            version,
            mode,
            message: "",
            frame: false,
            model: Model::new(),
            composites: FxHashMap::default(),
            elements: FxHashMap::default(),
            segments: FxHashMap::default(),
        }
    }

    fn items(&mut self, items: &[Item], group: &str) -> Result<Vec<Particle>> {
        let mut particles = Vec::with_capacity(items.len());
        let mut seen: FxHashMap<&str, u32> = FxHashMap::default();
        for item in items {
            let node = match &item.kind {
                ItemKind::Segment(tag) => {
                    let nth = seen.entry(tag).and_modify(|n| *n += 1).or_insert(1);
                    let mut position = if group.is_empty() {
                        String::new()
                    } else {
                        format!("{group}/")
                    };
                    position.push_str(tag);
                    if *nth > 1 {
                        position.push_str(&format!("#{nth}"));
                    }
                    let of = match self.segment(tag, &position)? {
                        Some(of) => of,
                        None => {
                            let message = format!(
                                "message {} has segment {tag}, which its release does not define",
                                self.message
                            );
                            return Err(Error::unknown(message));
                        }
                    };
                    Node {
                        name: ["S_", tag].concat().into(),
                        namespace: None,
                        role: Role::Segment,
                        id: tag.clone(),
                        of,
                        identified_by: self.identified_by(&position),
                    }
                }
                ItemKind::Group(number, content) => {
                    let id = format!("SG{number}");
                    let content = self.items(content, &id)?;
                    let name = format!("G_{id}");
                    let of = self.model.add(Type::new(
                        &name,
                        Content::Children(Particle::Sequence(content)),
                    ));
                    Node {
                        name: name.into(),
                        namespace: None,
                        role: Role::Group,
                        id: id.into(),
                        of,
                        identified_by: None,
                    }
                }
            };
            particles.push(Particle::Repeat {
                min: u32::from(item.mandatory),
                max: Some(item.max),
                of: Box::new(Particle::Node(node)),
            });
        }
        Ok(particles)
    }

    fn identified_by(&self, position: &str) -> Option<(Box<str>, Vec<Box<str>>)> {
        let Home::Edifact(release) = self.home else {
            return None;
        };
        let directory = self.specs.edifact();
        directory
            .overlay
            .identify(self.message, release, directory.releases())
            .filter(|(at, ..)| &**at == position)
            .map(|(_, element, codes, _)| (element.clone(), codes.clone()))
            .last()
    }

    /// Where a tag or element is looked for: service ones in the directory of the syntax version.
    fn places(
        &self,
        service: bool,
    ) -> impl Iterator<Item = (&'a Directory, Release, Mode)> + use<'a> {
        let specs = self.specs;
        let of_service = move |version| (specs.service(), version, Mode::Batch);
        let own = match self.home {
            Home::Edifact(release) => Some((specs.edifact(), release, self.mode)),
            Home::Service => None,
        };
        // A segment of a later syntax version is known by its own definition.
        let later = service.then(|| specs.syntax_versions().iter().rev());
        let first = service.then_some(self.version).map(of_service);
        let later = later.into_iter().flatten().map(of_service);
        first.into_iter().chain(own).chain(later)
    }

    fn segment(&mut self, tag: &str, position: &str) -> Result<Option<TypeId>> {
        let changed = self.is_changed_at(tag, position);
        if !changed && let Some(of) = self.segments.get(tag) {
            return Ok(Some(*of));
        }
        for (directory, release, mode) in self.places(tag.starts_with('U')) {
            if let Some(variant) = directory.parts(PartsKind::Segment, mode, tag, release)? {
                let name = ["S_", tag].concat();
                let of = match self.frame && !changed {
                    true => self.model.add(Type::new(&name, Content::Empty)),
                    false => self.parts_type(&name, variant, changed.then_some((tag, position)))?,
                };
                if !changed {
                    self.segments.insert(tag.into(), of);
                }
                return Ok(Some(of));
            }
        }
        Ok(None)
    }

    /// Whether a layer changes this segment, or codes in it, just here.
    fn is_changed_at(&self, tag: &str, position: &str) -> bool {
        let Home::Edifact(release) = self.home else {
            return false;
        };
        let directory = self.specs.edifact();
        let releases = directory.releases();
        let overlay = &directory.overlay;
        overlay
            .segment_changes(tag, release, releases, self.message, position)
            .next()
            .is_some()
            || overlay.changes_codes_within(release, releases, self.message, position)
    }

    fn composite(&mut self, id: &str, at: Option<(&str, &str)>) -> Result<Option<TypeId>> {
        let key = (false, Box::from(id));
        if at.is_none()
            && let Some(of) = self.composites.get(&key)
        {
            return Ok(Some(*of));
        }
        for (directory, release, mode) in self.places(id.starts_with('S')) {
            if let Some(variant) = directory.parts(PartsKind::Composite, mode, id, release)? {
                let of = self.parts_type(&["C_", id].concat(), variant, at)?;
                if at.is_none() {
                    self.composites.insert(key, of);
                }
                return Ok(Some(of));
            }
        }
        Ok(None)
    }

    fn parts_type(
        &mut self,
        name: &str,
        mut variant: Arc<PartsVariant>,
        at: Option<(&str, &str)>,
    ) -> Result<TypeId> {
        if let Some((tag, position)) = at {
            self.change_parts_at(name, &mut variant, tag, position)?;
        }
        let mut seen: FxHashMap<&str, u32> = FxHashMap::default();
        let mut particles = Vec::with_capacity(variant.parts.len());
        for part in &variant.parts {
            let nth = *seen.entry(&part.id).and_modify(|n| *n += 1).or_insert(1);
            particles.push(self.part(part, nth, at, name)?);
        }
        let dependencies = variant
            .dependencies
            .iter()
            .map(|(kind, positions)| Dependency {
                kind: *kind,
                positions: positions.clone(),
            })
            .collect();
        let content = Content::Children(Particle::Sequence(particles));
        Ok(self.model.add(Type {
            label: Label {
                en: variant.name.clone(),
                zh: "".into(),
            },
            dependencies,
            ..Type::new(name, content)
        }))
    }

    /// Applies the changes that a layer makes at this position: to the segment itself, or to the
    /// composite of it that `name` says.
    fn change_parts_at(
        &self,
        name: &str,
        variant: &mut Arc<PartsVariant>,
        tag: &str,
        position: &str,
    ) -> Result<()> {
        let Home::Edifact(release) = self.home else {
            return Ok(());
        };
        let directory = self.specs.edifact();
        let changes: Vec<_> = directory
            .overlay
            .segment_changes(tag, release, directory.releases(), self.message, position)
            .collect();
        for (change, verb, file, line) in changes {
            let composite = match layer::change_path(change).and_then(|path| path.rsplit_once('/'))
            {
                Some((composite, _)) => format!("C_{}", composite.split('#').next().unwrap_or("")),
                None => ["S_", tag].concat(),
            };
            if composite != name {
                continue;
            }
            let last = layer::change_path(change)
                .and_then(|path| path.rsplit('/').next())
                .unwrap_or("");
            let format = directory.element(last.split('#').next().unwrap_or(""), release)?;
            layer::change_parts(
                Arc::make_mut(variant),
                change,
                verb,
                format.map(|(format, _)| format),
            )
            .map_err(|message| Error::spec(file, line, 3, message))?;
        }
        Ok(())
    }

    fn part(
        &mut self,
        part: &Part,
        nth: u32,
        at: Option<(&str, &str)>,
        parent: &str,
    ) -> Result<Particle> {
        let suffix = if nth > 1 {
            format!("_{nth}")
        } else {
            String::new()
        };
        let is_element = part.id.bytes().all(|byte| byte.is_ascii_digit());
        let (role, prefix, of) = if is_element {
            (
                Role::Element,
                "D",
                Some(self.element(&part.id, part.format, at)?),
            )
        } else {
            (Role::Composite, "C", self.composite(&part.id, at)?)
        };
        let of = of.ok_or_else(|| {
            Error::unknown(format!(
                "{parent} holds {}, which its release does not define",
                part.id
            ))
        })?;
        let node = Node {
            name: format!("{prefix}_{}{suffix}", part.id).into(),
            namespace: None,
            role,
            id: part.id.clone(),
            of,
            identified_by: None,
        };
        let (min, max) = if part.dropped {
            (0, 0)
        } else {
            (u32::from(part.mandatory), part.max)
        };
        Ok(Particle::Repeat {
            min,
            max: Some(max),
            of: Box::new(Particle::Node(node)),
        })
    }

    fn element(
        &mut self,
        id: &str,
        own: Option<Format>,
        at: Option<(&str, &str)>,
    ) -> Result<TypeId> {
        if own.is_none()
            && at.is_none()
            && let Some(of) = self.elements.get(id)
        {
            return Ok(*of);
        }
        let mut found = None;
        for (directory, release, _) in self.places(id.starts_with('0')) {
            found = directory.element(id, release)?;
            if found.is_some() {
                break;
            }
        }
        let (format, label) = found.ok_or_else(|| {
            Error::unknown(format!(
                "element {id} is used, but its release does not define it"
            ))
        })?;
        let format = own.unwrap_or(format);
        let simple = Simple {
            class: format.class,
            min: format.min,
            max: Some(format.max),
            decimals: None,
            codes: self.code_list(id, at)?,
            patterns: Vec::new(),
        };
        let of = self.model.add(Type {
            label: Label {
                en: label,
                zh: "".into(),
            },
            ..Type::new(&["D_", id].concat(), Content::Value(simple))
        });
        if own.is_none() && at.is_none() {
            self.elements.insert(id.into(), of);
        }
        Ok(of)
    }

    fn code_list(&self, id: &str, at: Option<(&str, &str)>) -> Result<Option<CodeList>> {
        let service = id.starts_with('0');
        let directory = if service {
            self.specs.service()
        } else {
            self.specs.edifact()
        };
        if let (Some((_, position)), Home::Edifact(release)) = (at, self.home) {
            let releases = directory.releases();
            let overlay = &directory.overlay;
            if overlay.code_changes_within(id, release, releases, self.message, position) {
                let mut codes = directory.codes(id, release)?;
                overlay.patch_codes(
                    id,
                    release,
                    releases,
                    Some((self.message, position)),
                    &mut codes,
                )?;
                return Ok(Some(CodeList::Values(codes)));
            }
        }
        let coded = directory.is_coded(id) || (!service && self.specs.bound_table(id).is_some());
        Ok(coded.then(|| CodeList::Directory(id.into())))
    }
}

/// Checks that the positions named by the latest `identify` entry exist in every release it
/// holds for.
pub(super) fn check_identify(directory: &Directory) -> Result<()> {
    let releases = directory.releases();
    let Some((identify, file, line)) = directory.overlay.last_identify() else {
        return Ok(());
    };
    for release in releases
        .iter()
        .filter(|release| identify.ranges.contains(releases, *release))
    {
        let Some((variant, _)) = directory.message(&identify.message, release)? else {
            let message = format!(
                "the base has no message {} in {}",
                identify.message,
                releases.name(release)
            );
            return Err(Error::spec(file, line, 1, message));
        };
        let mut items = variant.items;
        for (path, _, _, line) in &identify.rows {
            if layer::find_item(&mut items, path).is_none() {
                let message = format!("{} has no position {path}", identify.message);
                return Err(Error::spec(file, *line, 3, message));
            }
        }
    }
    Ok(())
}
