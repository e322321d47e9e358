//! What a message may contain: one model for every syntax, read from text.
//!
//! [`Specs`] is the base that ships with the crate plus the layers of a user: folders with the
//! layout of `specs/` (see [`Specs::with_dir`]).

pub(crate) mod declared;
mod directory;
mod embedded;
pub mod flat;
mod layer;
mod message;
pub mod model;
pub mod receipt;
pub mod release;
mod tables;
#[doc(hidden)]
#[allow(missing_docs)]
pub mod text;
pub mod xml;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

pub use crate::codes::CodeSet;
pub(crate) use crate::codes::{ShortCodes, ShortLine, little_endian};
pub use crate::near::near;
pub use layer::Override;
pub use message::{Home, MessageSpec};
pub use text::Format;

use crate::codes::{CodeTable, Crosswalk, Side, Tables};
use crate::{Error, Result};
use directory::{Directory, Mode};
use release::{Release, Releases};
use text::{Body, PartsKind, Verb};

/// All specs in force: the base and the layers over it. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Specs(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    edifact: Directory,
    service: Directory,
    tables: Tables,
    /// Layouts of flat files that layers bring, latest last.
    flats: Vec<Arc<flat::Layout>>,
    /// Messages in XML that layers bring, latest last.
    messages: Vec<xml::Head>,
    /// Services that layers bring, in order: their files and texts.
    systems: Vec<(Arc<str>, Arc<str>)>,
    /// Files of maps that layers bring, in order: name and text.
    maps: Vec<(Arc<str>, Arc<str>)>,
    /// Receipts that layers bring, latest last.
    receipts: Vec<Arc<receipt::Receipt>>,
    binds: Vec<text::Bind>,
    /// Rules that layers bring: the layer, file and text of each.
    rules: Vec<RuleFile>,
    layers: u32,
    overrides: Vec<Override>,
    /// Schemas in the folder `xml` of layers.
    schemas: Vec<std::path::PathBuf>,
    /// What others have compiled from these specs, by type.
    compiled: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

/// A file of rules.
#[derive(Clone, Debug)]
pub(crate) struct RuleFile {
    /// Which layer it is from, counted from 1; 0 is the base.
    pub(crate) layer: u32,
    /// The file as errors name it.
    pub(crate) file: Arc<str>,
    /// Its path below `rules/`, without its extension.
    pub(crate) name: Box<str>,
    pub(crate) text: std::borrow::Cow<'static, str>,
}

impl Clone for Inner {
    /// Without what was compiled: it may no longer hold once a layer is added.
    fn clone(&self) -> Self {
        Self {
            edifact: self.edifact.clone(),
            service: self.service.clone(),
            tables: self.tables.clone(),
            flats: self.flats.clone(),
            messages: self.messages.clone(),
            systems: self.systems.clone(),
            maps: self.maps.clone(),
            receipts: self.receipts.clone(),
            binds: self.binds.clone(),
            rules: self.rules.clone(),
            layers: self.layers,
            overrides: self.overrides.clone(),
            schemas: self.schemas.clone(),
            compiled: Mutex::default(),
        }
    }
}

impl Specs {
    /// The specs that ship with the crate.
    ///
    /// # Panics
    /// Never with the specs that ship: the crate's tests load them all.
    #[must_use]
    pub fn base() -> Self {
        static BASE: OnceLock<Specs> = OnceLock::new();
        BASE.get_or_init(|| {
            Self(Arc::new(
                Inner::load().expect("the specs that ship are sound"),
            ))
        })
        .clone()
    }

    /// These specs with the folder `dir` layered over them.
    ///
    /// The folder has the layout of `specs/`: `edifact/` (with `messages/`, `codes/`, `service/`),
    /// `codes/`, `rules/`, `maps/`, `receipts/`, `flat/`, `entry/` and `xml/` (or `china/`, as in the base), of which
    /// every `.txt` file is read, and `systems/` with its `.toml` files, all in the order of their paths;
    /// hidden files and symbolic links are passed over. An entry begins with `new`, `replace`, `restrict` or
    /// `extends`.
    ///
    /// # Errors
    /// When a file cannot be read, is not UTF-8, or says something that the grammar or the base
    /// does not allow: with file, line, column and what was expected.
    pub fn with_dir(&self, dir: impl AsRef<Path>) -> Result<Self> {
        let mut inner = Inner::clone(&self.0);
        inner.add_layer(dir.as_ref())?;
        Ok(Self(Arc::new(inner)))
    }

    /// Everything that layers changed, in the order in which they were read.
    #[must_use]
    pub fn overrides(&self) -> &[Override] {
        &self.0.overrides
    }

    /// The XML schemas in the folder `xml` of layers, in order; they are loaded when a document
    /// asks for them.
    #[must_use]
    pub fn schemas(&self) -> &[std::path::PathBuf] {
        &self.0.schemas
    }

    /// The releases of UN/EDIFACT.
    #[must_use]
    pub fn releases(&self) -> &Releases {
        self.0.edifact.releases()
    }

    /// The versions of ISO 9735 that have service segments: `S1` to `S4`.
    #[must_use]
    pub fn syntax_versions(&self) -> &Releases {
        self.0.service.releases()
    }

    /// Message types of a release and their names, sorted by type.
    ///
    /// # Errors
    /// When a spec file is broken.
    pub fn messages(&self, release: Release) -> Result<Vec<(Box<str>, Box<str>)>> {
        self.0.edifact.messages(release)
    }

    /// Service messages of a syntax version (CONTRL, AUTACK, KEYMAN) and their names.
    ///
    /// # Errors
    /// When a spec file is broken.
    pub fn service_messages(&self, syntax: u8) -> Result<Vec<(Box<str>, Box<str>)>> {
        self.0.service.messages(self.syntax_release(syntax)?)
    }

    /// Whether any release has a message of that type.
    #[must_use]
    pub fn knows_message(&self, message: &str) -> bool {
        self.0.edifact.knows_message(message) || self.0.service.knows_message(message)
    }

    /// Whether a directory has a message, with the service segments of `syntax`. A broken spec
    /// has none.
    #[must_use]
    pub fn has_message(&self, message: &str, home: Home, syntax: u8) -> bool {
        match home {
            Home::Edifact(release) => self.0.edifact.has_message(message, release),
            Home::Service => {
                let version = self.syntax_versions().find(&format!("S{syntax}"));
                version.is_some_and(|version| self.0.service.has_message(message, version))
            }
        }
    }

    /// The code table of that id, as `country-iso3166`: read once, then shared.
    ///
    /// # Errors
    /// When its file is broken.
    pub fn table(&self, id: &str) -> Result<Option<Arc<CodeTable>>> {
        self.0.tables.get(id)
    }

    /// The files of rules: those of the base, then those of layers.
    pub(crate) fn rule_files(&self) -> Vec<RuleFile> {
        let base = embedded::files("rules/").map(|(path, text)| {
            let name = path.trim_start_matches("rules/");
            RuleFile {
                layer: 0,
                file: path.into(),
                name: name.strip_suffix(".txt").unwrap_or(name).into(),
                text: text.into(),
            }
        });
        base.chain(self.0.rules.iter().cloned()).collect()
    }

    /// The ids of all code tables, sorted.
    #[must_use]
    pub fn table_ids(&self) -> Vec<&str> {
        self.0.tables.ids()
    }

    /// The crosswalk of that name, as `country`: compiled once, then shared.
    ///
    /// # Errors
    /// When its file is broken.
    pub fn crosswalk(&self, name: &str) -> Result<Option<Arc<Crosswalk>>> {
        self.0.tables.crosswalk(name)
    }

    /// The names of all crosswalks, sorted.
    #[must_use]
    pub fn crosswalk_names(&self) -> Vec<&str> {
        self.0.tables.crosswalk_names()
    }

    /// Looks at every row of every code table, every parent and every crosswalk, also of those that
    /// ship; [`with_dir`](Self::with_dir) looks at those of layers.
    ///
    /// # Errors
    /// When one is not as it should be: with file, line, column and what was expected.
    pub fn verify_codes(&self) -> Result<()> {
        self.0.tables.verify()
    }

    /// The crosswalk that leads from a side to another, named as `country:alpha3`, and the two
    /// sides.
    ///
    /// # Errors
    /// When there is no such crosswalk or side, when the two are of different crosswalks, or when
    /// a file is broken.
    pub fn crosswalk_between(&self, from: &str, to: &str) -> Result<(Arc<Crosswalk>, Side, Side)> {
        let split = |name: &str| {
            let parts = name
                .split_once(':')
                .map(|(of, side)| (of.to_owned(), side.to_owned()));
            parts.ok_or_else(|| {
                Error::unknown(format!(
                    "{name:?} is no side of a crosswalk, as country:alpha3"
                ))
            })
        };
        let ((name, from), (other, to)) = (split(from)?, split(to)?);
        if name != other {
            let message =
                format!("{name} and {other} are two crosswalks: none leads from one to the other");
            return Err(Error::misuse(message));
        }
        let found = self.crosswalk(&name)?.ok_or_else(|| {
            let all = self.crosswalk_names().join(", ");
            Error::unknown(format!("there is no crosswalk {name:?}; there are {all}"))
        })?;
        let side = |side: &str| {
            found.side(side).ok_or_else(|| {
                let all: Vec<&str> = found.sides().map(|(_, side)| side).collect();
                Error::unknown(format!(
                    "{name} has no side {side:?}; it has {}",
                    all.join(", ")
                ))
            })
        };
        let (from, to) = (side(&from)?, side(&to)?);
        Ok((found, from, to))
    }

    /// Layouts of flat files (平台文件): those of layers first, the latest before all others.
    ///
    /// # Errors
    /// When a spec file is broken.
    pub fn flats(&self) -> Result<Vec<Arc<flat::Layout>>> {
        let mut all: Vec<_> = self.0.flats.iter().rev().cloned().collect();
        for layout in flat::base()? {
            if all.iter().all(|held| held.message != layout.message) {
                all.push(layout.clone());
            }
        }
        Ok(all)
    }

    /// The layout of the flat file of that message.
    ///
    /// # Errors
    /// When a spec file is broken.
    pub fn flat(&self, message: &str) -> Result<Option<Arc<flat::Layout>>> {
        let mut all = self.flats()?.into_iter();
        Ok(all.find(|layout| &*layout.message == message))
    }

    /// The services of `specs/systems` as text, each with its file: those that ship, then those of
    /// layers in their order, with whether they are of a layer.
    pub(crate) fn systems(&self) -> Vec<(Arc<str>, Arc<str>, bool)> {
        let base =
            embedded::files("systems/").map(|(path, text)| (path.into(), text.into(), false));
        let layers = self.0.systems.iter();
        base.chain(layers.map(|(file, text)| (file.clone(), text.clone(), true)))
            .collect()
    }

    /// The receipts: those of layers first, the latest before all others.
    ///
    /// # Errors
    /// When a spec file is broken.
    pub fn receipts(&self) -> Result<Vec<Arc<receipt::Receipt>>> {
        let mut all: Vec<_> = self.0.receipts.iter().rev().cloned().collect();
        for receipt in receipt::base()? {
            if all.iter().all(|held| held.name != receipt.name) {
                all.push(receipt.clone());
            }
        }
        Ok(all)
    }

    /// The messages in XML: those of layers first, the latest before all others; then those that
    /// ship, the latest edition of a message first.
    pub(crate) fn xml_heads(&self) -> Result<Vec<&xml::Head>> {
        let mut all: Vec<&xml::Head> = self.0.messages.iter().rev().collect();
        let own = all.len();
        for head in xml::base()? {
            let replaced = all[..own].iter();
            let mut replaced = replaced.filter(|of| of.name == head.name);
            if replaced.all(|of| of.edition != head.edition) {
                all.push(head);
            }
        }
        // What holds since later is the later edition.
        let key = |of: &xml::Head| (of.valid.clone(), of.edition.clone());
        all[own..].sort_by(|a, b| a.name.cmp(&b.name).then_with(|| key(b).cmp(&key(a))));
        Ok(all)
    }

    /// The messages in XML: those of layers first.
    ///
    /// # Errors
    /// When a spec file is broken.
    pub fn xml_messages(&self) -> Result<Vec<xml::Listed>> {
        let heads = self.xml_heads()?.into_iter();
        let each = heads.map(|head| xml::Listed {
            id: head.id(),
            label: head.label.clone(),
            family: head.family(),
        });
        Ok(each.collect())
    }

    /// The messages in XML that a name means, best first: `CEB621@2022-05`, `CEB621` (its latest
    /// edition first), or `MT1401` (`MT1401_9` and what else begins so). Letters of either case.
    ///
    /// # Errors
    /// When a spec file is broken.
    pub fn xml_message(&self, name: &str) -> Result<Vec<Arc<xml::Message>>> {
        let found = self.xml_named(name)?.into_iter();
        found.map(xml::Head::read).collect()
    }

    /// The heads of [`xml_message`](Self::xml_message).
    pub(crate) fn xml_named(&self, name: &str) -> Result<Vec<&xml::Head>> {
        let (name, edition) = match name.split_once('@') {
            Some((name, edition)) => (name, Some(edition)),
            None => (name, None),
        };
        let mut found = self.xml_heads()?;
        // Dots are left out where users name releases.
        let plain = |text: &str| text.replace('.', "").to_ascii_lowercase();
        found.retain(|head| edition.is_none_or(|of| plain(&head.edition) == plain(of)));
        let whole = |head: &&xml::Head| head.name.eq_ignore_ascii_case(name);
        if found.iter().any(whole) {
            found.retain(whole);
        } else {
            let begins = |head: &&xml::Head| {
                let parts = head.name.split_at_checked(name.len());
                parts.is_some_and(|(start, rest)| {
                    start.eq_ignore_ascii_case(name) && rest.starts_with('_')
                })
            };
            found.retain(begins);
        }
        Ok(found)
    }

    /// What `T` has compiled from these specs: made once, then shared by all clones.
    ///
    /// # Panics
    /// When another thread panicked while it was in here.
    #[must_use]
    pub fn compiled<T: Any + Send + Sync + Default>(&self) -> Arc<T> {
        let mut compiled = self.0.compiled.lock().expect("no panic inside");
        let entry = compiled
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Arc::new(T::default()));
        Arc::downcast(entry.clone()).expect("kept under its own type")
    }

    /// Files of maps: name, text, and whether a layer brings it. Those of the base first.
    pub(crate) fn map_files(&self) -> Vec<(Arc<str>, Arc<str>, bool)> {
        let base = embedded::files("maps/").map(|(file, text)| (file.into(), text.into(), false));
        let layers = self.0.maps.iter();
        let layers = layers.map(|(file, text)| (file.clone(), text.clone(), true));
        base.chain(layers).collect()
    }

    pub(crate) fn edifact(&self) -> &Directory {
        &self.0.edifact
    }

    pub(crate) fn service(&self) -> &Directory {
        &self.0.service
    }

    pub(crate) fn binds(&self) -> impl Iterator<Item = &text::Bind> {
        self.0
            .edifact
            .overlay
            .binds()
            .iter()
            .rev()
            .chain(&self.0.binds)
    }
}

impl Inner {
    fn load() -> Result<Self> {
        let mut inner = Self {
            edifact: Directory::load("edifact/")?,
            service: Directory::load("edifact/service/")?,
            tables: Tables::new(embedded::slice("codes/")),
            ..Self::default()
        };
        for entry in inner.edifact.base_file("bindings.txt")? {
            if let Body::Bind(bind) = entry.body {
                inner.binds.push(bind);
            }
        }
        let file: Arc<str> = "edifact/identify.txt".into();
        for entry in inner.edifact.base_file("identify.txt")? {
            inner.edifact.overlay.add(&file, entry);
        }
        Ok(inner)
    }

    fn add_layer(&mut self, dir: &Path) -> Result<()> {
        let mut files = Vec::new();
        collect(dir, &mut files, 0)?;
        let mut known = false;
        self.layers += 1;
        for path in files {
            let name = path.strip_prefix(dir).unwrap_or(&path);
            let first = name
                .iter()
                .next()
                .and_then(|part| part.to_str())
                .unwrap_or("");
            if path.extension().is_some_and(|extension| extension == "xsd") {
                known = true;
                if first == "xml" {
                    self.schemas.push(path);
                }
                continue;
            }
            let service = name.iter().nth(1).is_some_and(|part| part == "service");
            let text = std::fs::read_to_string(&path).map_err(|error| Error::io(&path, error))?;
            let shown = path.display().to_string();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                if first == "systems" {
                    known = true;
                    self.overrides.extend(of_system(&shown, &text));
                    self.systems.push((shown.into(), text.into()));
                }
                continue;
            }
            let second = name.iter().nth(1).filter(|_| name.iter().count() > 2);
            match first {
                _ if first == "flat" || second.is_some_and(|part| part == "flat") => {
                    known = true;
                    self.add_flat(&shown, &text)?;
                }
                "receipts" => {
                    known = true;
                    self.add_receipts(&shown, &text)?;
                }
                "xml" | "china" | "entry" => {
                    known = true;
                    self.add_messages(&shown, &text)?;
                }
                "maps" => {
                    known = true;
                    self.overrides.extend(of_maps(&shown, &text));
                    self.maps.push((shown.into(), text.into()));
                }
                "edifact" => {
                    known = true;
                    self.add_file(&shown, &text, service)?;
                }
                "rules" => {
                    known = true;
                    self.add_rules(&shown, name, text);
                }
                "codes" => {
                    known = true;
                    let (verb, what) = self.tables.add(&shown, &text)?;
                    self.overrides.push(Override {
                        file: shown.into(),
                        line: 1,
                        verb,
                        what: what.into(),
                    });
                }
                _ => {}
            }
        }
        self.tables.compare()?;
        if !known && !dir.is_dir() {
            return Err(Error::io(
                dir,
                std::io::Error::new(std::io::ErrorKind::NotADirectory, "not a folder of specs"),
            ));
        }
        Ok(())
    }

    /// Takes in receipts from a layer.
    fn add_receipts(&mut self, file: &str, text: &str) -> Result<()> {
        for entry in receipt::parse(file, text)? {
            let name = entry.receipt.name.clone();
            let same = |receipt: &Arc<receipt::Receipt>| receipt.name == name;
            let held = self.receipts.iter().any(same) || receipt::base()?.iter().any(same);
            let fault = |message: String| Error::spec(file, entry.line, 1, message);
            let verb = match (entry.verb, held) {
                (Some(Verb::New), false) => "new",
                (Some(Verb::Replace), true) => "replace",
                (Some(Verb::New), true) => {
                    return Err(fault(format!(
                        "receipt {name} is already there; say replace"
                    )));
                }
                (Some(Verb::Replace), false) => {
                    return Err(fault(format!(
                        "there is no receipt {name} to replace; say new"
                    )));
                }
                _ => {
                    return Err(fault(format!(
                        "receipt {name} of a layer must begin with new or replace"
                    )));
                }
            };
            self.overrides.push(Override {
                file: file.into(),
                line: entry.line,
                verb,
                what: format!("receipt {name}").into(),
            });
            self.receipts.retain(|receipt| receipt.name != name);
            self.receipts.push(Arc::new(entry.receipt));
        }
        Ok(())
    }

    /// Takes in rules from a layer. They are read when rules are loaded; what they do to others is
    /// told by the words at the margin.
    fn add_rules(&mut self, file: &str, path: &Path, text: String) {
        for (line, said) in (1..).zip(text.lines()) {
            let mut words = said.split_whitespace();
            let (verb, what) = match (words.next(), words.next(), words.next()) {
                _ if said.starts_with([' ', '#']) => continue,
                (Some("new"), Some("rule" | "join"), Some(id)) => ("new", format!("rule {id}")),
                (Some("replace"), Some("rule" | "join"), Some(id)) => {
                    ("replace", format!("rule {id}"))
                }
                (Some("rule" | "join"), Some(id), _) => ("new", format!("rule {id}")),
                (Some("disable"), Some(id), _) => ("disable", format!("rule {id}")),
                (Some("severity"), Some(id), Some(word)) => {
                    ("severity", format!("rule {id}: {word}"))
                }
                _ => continue,
            };
            self.overrides.push(Override {
                file: file.into(),
                line,
                verb,
                what: what.into(),
            });
        }
        let inside: Vec<_> = path
            .iter()
            .skip(1)
            .map(|part| part.to_string_lossy())
            .collect();
        let name = inside.join("/");
        self.rules.push(RuleFile {
            layer: self.layers,
            file: file.into(),
            name: name.strip_suffix(".txt").unwrap_or(&name).into(),
            text: text.into(),
        });
    }

    /// Takes in messages in XML from a layer.
    fn add_messages(&mut self, file: &str, text: &str) -> Result<()> {
        for entry in xml::parse(file, text)? {
            let (verb, message, line) = match entry {
                xml::Entry::Patch(patch) => {
                    self.change_message(file, &patch)?;
                    continue;
                }
                xml::Entry::Message {
                    verb,
                    message,
                    line,
                } => (verb, *message, line),
            };
            let id = message.id();
            let held = self.messages.iter().any(|head| head.id() == id);
            let held = held || xml::base()?.iter().any(|head| head.id() == id);
            let fault = |message: String| Error::spec(file, line, 1, message);
            let verb = match (verb, held) {
                (Some(verb @ Verb::New), false) | (Some(verb @ Verb::Replace), true) => verb,
                (Some(Verb::New), true) => {
                    return Err(fault(format!("message {id} is already there; say replace")));
                }
                (Some(Verb::Replace), false) => {
                    return Err(fault(format!(
                        "there is no message {id} to replace; say new"
                    )));
                }
                _ => {
                    let message =
                        "a message of a layer begins with new, replace, restrict or extends";
                    return Err(fault(message.to_owned()));
                }
            };
            self.note(file, line, verb, format!("message {id}"));
            self.put_message(message, file, line);
        }
        Ok(())
    }

    /// Changes a message in XML that is there.
    fn change_message(&mut self, file: &str, patch: &xml::Patch) -> Result<()> {
        let (name, edition) = match patch.message.split_once('@') {
            Some((name, edition)) => (name, Some(edition)),
            None => (&*patch.message, None),
        };
        let same = |head: &&xml::Head| {
            *head.name == *name && edition.is_none_or(|of| *head.edition == *of)
        };
        let own = self.messages.iter().rev().find(same);
        let mut base: Vec<&xml::Head> = xml::base()?.iter().filter(same).collect();
        base.sort_by_key(|head| (&head.valid, &head.edition));
        let Some(head) = own.or(base.last().copied()) else {
            let names = xml::base()?.iter().map(|head| &*head.name);
            let near = near(name, names, 4).join(", ");
            let message = format!(
                "there is no message {} to change; near: {near}",
                patch.message
            );
            return Err(Error::spec(file, patch.line, 1, message));
        };
        let mut message = (*head.read()?).clone();
        patch.apply(&mut message, file)?;
        let id = message.id();
        for change in &patch.changes {
            let what = format!("message {id} {}", change.path);
            self.note(file, change.line, patch.verb, what);
        }
        self.put_message(message, file, patch.line);
        Ok(())
    }

    /// Takes a message in XML in, in the place of that of its name and edition.
    fn put_message(&mut self, message: xml::Message, file: &str, line: u32) {
        let id = message.id();
        self.messages.retain(|head| head.id() != id);
        self.messages
            .push(xml::Head::of(Arc::new(message), file, line));
    }

    fn note(&mut self, file: &str, line: u32, verb: Verb, what: String) {
        self.overrides.push(Override {
            file: file.into(),
            line,
            verb: verb.as_str(),
            what: what.into(),
        });
    }

    /// Takes in layouts of flat files from a layer.
    fn add_flat(&mut self, file: &str, text: &str) -> Result<()> {
        for entry in flat::parse(file, text)? {
            let message = &entry.layout.message;
            let held = self.flats.iter().any(|layout| layout.message == *message)
                || flat::base()?
                    .iter()
                    .any(|layout| layout.message == *message);
            let fault = |message: String| Error::spec(file, entry.line, 1, message);
            let verb = match (entry.verb, held) {
                (Some(verb @ Verb::New), false) | (Some(verb @ Verb::Replace), true) => verb,
                (Some(Verb::New), true) => {
                    return Err(fault(format!(
                        "flat {message} is already there; say replace"
                    )));
                }
                (Some(Verb::Replace), false) => {
                    return Err(fault(format!(
                        "there is no flat {message} to replace; say new"
                    )));
                }
                _ => {
                    let message = "a layout of a layer begins with new or replace";
                    return Err(fault(message.to_owned()));
                }
            };
            self.overrides.push(Override {
                file: file.into(),
                line: entry.line,
                verb: verb.as_str(),
                what: format!("flat {message}").into(),
            });
            self.flats.retain(|layout| layout.message != *message);
            self.flats.push(Arc::new(entry.layout));
        }
        Ok(())
    }

    fn add_file(&mut self, file: &str, text: &str, service: bool) -> Result<()> {
        let shared: Arc<str> = file.into();
        let entries = text::parse(file, text, 1)?;
        for entry in entries {
            let directory = if service {
                &mut self.service
            } else {
                &mut self.edifact
            };
            let (line, verb) = (entry.line, entry.verb);
            let fault = |message: String| Error::spec(file, line, 1, message);
            if let Body::Release { name, codes_from } = &entry.body {
                if directory.releases().find(name).is_some() {
                    return Err(fault(format!("release {name} is already there")));
                }
                let mut from = Vec::new();
                for code in codes_from {
                    let found = directory.releases().find(code);
                    from.push(found.ok_or_else(|| fault(format!("unknown release {code:?}")))?);
                }
                directory.add_release(name, &from);
                continue;
            }
            let verb_needed = !matches!(entry.body, Body::Bind(_) | Body::Identify(_));
            let Some(verb) = verb.or((!verb_needed).then_some(Verb::New)) else {
                let message = "an entry of a layer begins with new, replace, restrict or extends";
                return Err(fault(message.to_owned()));
            };
            check_against_base(directory, &entry.body, verb, file, line)?;
            let what = describe(&entry.body);
            self.overrides.push(Override {
                file: file.into(),
                line,
                verb: verb.as_str(),
                what: what.into(),
            });
            let patch = match &entry.body {
                Body::Patch(patch) => Some(patch.clone()),
                _ => None,
            };
            let identify = matches!(entry.body, Body::Identify(_));
            directory.overlay.add(&shared, entry);
            // A change is tried at once on everything it holds for.
            if let Some(patch) = patch {
                try_patch(directory, &patch, file, line)?;
            }
            if identify {
                message::check_identify(directory)?;
            }
        }
        Ok(())
    }
}

/// The ranges an entry holds for, by each of its variants.
fn ranges_of(body: &Body) -> Vec<(&release::Ranges, u32)> {
    match body {
        Body::Message(message) => message
            .variants
            .iter()
            .map(|v| (&v.ranges, v.line))
            .collect(),
        Body::Parts(parts) => parts.variants.iter().map(|v| (&v.ranges, v.line)).collect(),
        Body::Element(element) => element
            .variants
            .iter()
            .map(|(ranges, ..)| (ranges, 0))
            .collect(),
        Body::Codes(codes) => codes.rows.iter().map(|row| (&row.ranges, 0)).collect(),
        Body::Identify(identify) => vec![(&identify.ranges, 0)],
        Body::Patch(patch) => vec![(&patch.ranges, 0)],
        Body::Bind(_) | Body::Release { .. } => Vec::new(),
    }
}

fn check_against_base(
    directory: &Directory,
    body: &Body,
    verb: Verb,
    file: &str,
    line: u32,
) -> Result<()> {
    let releases = directory.releases();
    for (ranges, at) in ranges_of(body) {
        let line = if at == 0 { line } else { at };
        if let Some(unknown) = ranges.unknown(releases) {
            return Err(Error::spec(
                file,
                line,
                1,
                format!("unknown release {unknown:?}"),
            ));
        }
        if matches!(body, Body::Patch(_) | Body::Identify(_)) {
            continue;
        }
        let held: Vec<_> = releases
            .iter()
            .filter(|release| ranges.contains(releases, *release))
            .collect();
        let mut there = Vec::new();
        for release in held {
            if directory.base_has(body, release)? {
                there.push(release);
            }
        }
        match (verb, there.first()) {
            (Verb::New, Some(release)) => {
                let message = format!(
                    "{} is already there in {}; say replace or extends",
                    describe(body),
                    releases.name(*release)
                );
                return Err(Error::spec(file, line, 1, message));
            }
            (Verb::Replace, None) => {
                let message = format!("there is no {} to replace; say new", describe(body));
                return Err(Error::spec(file, line, 1, message));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Applies a patch to every release it names; an error where it does not apply.
fn try_patch(directory: &Directory, patch: &text::Patch, file: &str, line: u32) -> Result<()> {
    let releases = directory.releases();
    let mut found = false;
    for release in releases
        .iter()
        .filter(|release| patch.ranges.contains(releases, *release))
    {
        found |= match patch.target {
            text::Target::Message => directory.message(&patch.id, release)?.is_some(),
            text::Target::Segment | text::Target::Composite => {
                let kind = if patch.target == text::Target::Segment {
                    PartsKind::Segment
                } else {
                    PartsKind::Composite
                };
                let mut any = false;
                for mode in [Mode::Batch, Mode::Interactive] {
                    any |= directory.parts(kind, mode, &patch.id, release)?.is_some();
                }
                any
            }
            text::Target::Codes => match &patch.within {
                None => !directory.codes(&patch.id, release)?.is_empty(),
                Some((message, at)) => {
                    let mut codes = directory.codes(&patch.id, release)?;
                    let there = !codes.is_empty();
                    let within = Some((&**message, at.as_deref().unwrap_or("")));
                    directory
                        .overlay
                        .patch_codes(&patch.id, release, releases, within, &mut codes)?;
                    there
                }
            },
        };
        if let Some((message, _)) = &patch.within
            && directory.message(message, release)?.is_none()
        {
            let message = format!(
                "the base has no message {message} in {}",
                releases.name(release)
            );
            return Err(Error::spec(file, line, 1, message));
        }
    }
    if found {
        return Ok(());
    }
    let message = format!(
        "the base has no {} {} in those releases",
        patch.target.as_str(),
        patch.id
    );
    Err(Error::spec(file, line, 1, message))
}

fn describe(body: &Body) -> String {
    match body {
        Body::Release { name, .. } => format!("release {name}"),
        Body::Element(element) => format!("element {}", element.id),
        Body::Parts(parts) if parts.kind == PartsKind::Segment => format!("segment {}", parts.id),
        Body::Parts(parts) => format!("composite {}", parts.id),
        Body::Message(message) => format!("message {}", message.id),
        Body::Codes(codes) => format!("codes {}", codes.element),
        Body::Bind(bind) => format!("bind {} {}", bind.element, bind.table),
        Body::Identify(identify) => format!("identify {}", identify.message),
        Body::Patch(patch) => {
            let mut text = format!("{} {}", patch.target.as_str(), patch.id);
            if let Some((message, at)) = &patch.within {
                text.push_str(&format!(" in {message}"));
                if let Some(at) = at {
                    text.push_str(&format!(" at {at}"));
                }
            }
            text
        }
    }
}

/// What a file of a service changes, by the lines at its head; whether they are sound is told when the
/// service is asked for.
fn of_system(file: &str, text: &str) -> Option<Override> {
    let said = |key: &str| {
        let mut lines = text
            .lines()
            .zip(1..)
            .take_while(|(line, _)| !line.starts_with('['));
        lines.find_map(|(line, number)| {
            let (name, value) = line.split_once('=')?;
            let value = value.split('"').nth(1)?;
            (name.trim() == key).then_some((value, number))
        })
    };
    let (layer, _) = said("layer")?;
    let (name, line) = said("name")?;
    let verbs = [Verb::New, Verb::Replace, Verb::Extends].map(Verb::as_str);
    Some(Override {
        file: file.into(),
        line,
        verb: verbs.into_iter().find(|verb| *verb == layer)?,
        what: format!("service {name}").into(),
    })
}

/// What a file of maps changes, by the words at the margin, and of an extension each of its lines; whether
/// they are sound is told when maps are loaded.
fn of_maps(file: &str, text: &str) -> Vec<Override> {
    let mut found = Vec::new();
    let mut extended = None;
    for (line, said) in (1..).zip(text.lines()) {
        let body = said.trim();
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        let (verb, what) = match said.len() - said.trim_start().len() {
            0 => {
                let mut words = body.split_whitespace();
                let verbs = [Verb::New, Verb::Replace, Verb::Extends];
                let word = words.next().unwrap_or_default();
                let verb = verbs.into_iter().find(|verb| verb.as_str() == word);
                let (Some(verb), Some(kind), Some(name)) = (verb, words.next(), words.next())
                else {
                    continue;
                };
                let what = format!("{kind} {name}");
                extended = (verb == Verb::Extends).then(|| what.clone());
                (verb, what)
            }
            2 => match &extended {
                Some(map) => {
                    let words: Vec<&str> = body.split_whitespace().collect();
                    (Verb::Extends, format!("{map}: {}", words.join(" ")))
                }
                None => continue,
            },
            _ => continue,
        };
        found.push(Override {
            file: file.into(),
            line,
            verb: verb.as_str(),
            what: what.into(),
        });
    }
    found
}

/// Paths of the `.txt` files below `dir`, sorted; links and hidden files are passed over.
fn collect(dir: &Path, files: &mut Vec<std::path::PathBuf>, depth: u32) -> Result<()> {
    const DEEPEST: u32 = 16;
    let mut entries = std::fs::read_dir(dir)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .map_err(|error| Error::io(dir, error))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| Error::io(&path, error))?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() && depth < DEEPEST {
            collect(&path, files, depth + 1)?;
        } else if kind.is_file()
            && path.extension().is_some_and(|extension| {
                ["txt", "xsd", "toml"]
                    .iter()
                    .any(|known| extension == *known)
            })
        {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Specs;

    #[test]
    fn every_binding_names_a_table() {
        let specs = Specs::base();
        for bind in specs.binds() {
            let table = specs.table(&bind.table).unwrap();
            assert!(table.is_some(), "{} {}", bind.element, bind.table);
        }
    }
}
