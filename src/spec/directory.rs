//! A directory of message standards: its releases, and what each says of messages, segments,
//! composites, elements and codes. Two ship: UN/EDIFACT (`specs/edifact`) and the service
//! directory of ISO 9735 (`specs/edifact/service`), whose releases are the syntax versions.
//!
//! The base is text, looked up and parsed entry by entry when asked for; layers lie over it.

use std::borrow::Cow;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::layer::Overlay;
use super::release::{Ranges, Release, Releases, Spans};
use super::text::{Body, Entry, Format, MessageVariant, PartsKind, PartsVariant};
use super::{embedded, text};
use crate::{Error, Result};

/// A directory with the layers over it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    /// Folder below `specs/`, with a slash at its end.
    folder: &'static str,
    releases: Releases,
    pub(super) overlay: Overlay,
    /// What was read of the base: it is asked for in each release.
    held: Arc<Held>,
}

/// What was read of base files; none where there is nothing of that name.
#[derive(Debug, Default)]
struct Held {
    /// Files by their path below the folder.
    heads: HeldBy<&'static str, Heads>,
    parts: HeldBy<(PartsKind, Mode, Box<str>), BaseParts>,
    elements: HeldBy<Box<str>, BaseElement>,
    codes: HeldBy<Box<str>, BaseCodes>,
    /// The elements that have a code list.
    coded: OnceLock<FxHashSet<&'static str>>,
}

type HeldBy<K, T> = Mutex<FxHashMap<K, Option<Arc<T>>>>;

/// Unread entries by their heads.
type Heads = FxHashMap<&'static str, (&'static str, u32)>;

/// A segment or composite by release.
type BaseParts = Vec<(Spans, Arc<PartsVariant>)>;

/// Format and name of an element by release.
type BaseElement = Vec<(Spans, Format, Box<str>)>;

/// What is held under a key, made when first asked for.
fn held<K: Eq + Hash + Clone, T>(
    held: &HeldBy<K, T>,
    key: &K,
    make: impl FnOnce() -> Result<Option<T>>,
) -> Result<Option<Arc<T>>> {
    let lock = || held.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = lock().get(key) {
        return Ok(found.clone());
    }
    let made = make()?.map(Arc::new);
    lock().insert(key.clone(), made.clone());
    Ok(made)
}

/// A base code list as it stands in its file.
#[derive(Debug)]
pub(super) struct BaseCodes {
    rows: Vec<BaseRow>,
    /// All ranges that its rows have.
    spans: Vec<Spans>,
}

#[derive(Debug)]
struct BaseRow {
    code: &'static str,
    name: &'static str,
    /// Which of the ranges hold for it.
    spans: u32,
    /// The first of the rows of this code that stand together.
    first: u32,
}

/// Which rows of a base code list are in force, each code once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct InForce(Box<[u64]>);

impl BaseCodes {
    fn new(read: Vec<text::RowText<'static>>, releases: &Releases) -> Self {
        let mut known: FxHashMap<&str, u32> = FxHashMap::default();
        let mut spans = Vec::new();
        let mut rows: Vec<BaseRow> = Vec::with_capacity(read.len());
        for (at, (code, ranges, name)) in (0..).zip(read) {
            let spans = *known.entry(ranges).or_insert_with(|| {
                let ranges = text::ranges_of(ranges).unwrap_or(Ranges(Vec::new()));
                spans.push(releases.spans(&ranges));
                spans.len() as u32 - 1
            });
            let before = rows.last().filter(|before| before.code == code);
            let first = before.map_or(at, |before| before.first);
            rows.push(BaseRow {
                code,
                name,
                spans,
                first,
            });
        }
        Self { rows, spans }
    }

    /// Rows that are good in one of `releases`; of those of one code that stand together the first.
    fn valid(&self, releases: &[Release]) -> impl Iterator<Item = &BaseRow> {
        let valid = |spans: &Spans| releases.iter().any(|release| spans.contain(*release));
        let valid: Vec<bool> = self.spans.iter().map(valid).collect();
        let mut before = None;
        self.rows.iter().filter(move |row| {
            valid[row.spans as usize] && before.replace(row.first) != Some(row.first)
        })
    }

    /// The codes in force.
    pub(super) fn codes(&self, in_force: &InForce) -> impl Iterator<Item = &'static str> {
        let words = in_force.0.iter().zip(self.rows.chunks(64));
        words.flat_map(|(word, rows)| {
            let rows = rows.iter().enumerate();
            let rows = rows.filter(move |(at, _)| word >> at & 1 == 1);
            rows.map(|(_, row)| row.code)
        })
    }
}

/// Batch messages and interactive ones have their own segments and composites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    Batch,
    Interactive,
}

impl Directory {
    pub(super) fn load(folder: &'static str) -> Result<Self> {
        let path = format!("{folder}releases.txt");
        let mut releases = Releases::default();
        let mut pending = Vec::new();
        for entry in text::parse(&path, embedded::file(&path).unwrap_or(""), 1)? {
            if let Body::Release { name, codes_from } = entry.body {
                let release = releases.push(&name);
                pending.push((release, codes_from, entry.line));
            }
        }
        for (release, names, line) in pending {
            let from = names.iter().map(|name| {
                releases
                    .find(name)
                    .ok_or_else(|| Error::spec(&path, line, 1, format!("unknown release {name:?}")))
            });
            let from = from.collect::<Result<Vec<_>>>()?;
            releases.set_codes_from(release, from);
        }
        Ok(Self {
            folder,
            releases,
            overlay: Overlay::default(),
            held: Arc::default(),
        })
    }

    pub(crate) fn releases(&self) -> &Releases {
        &self.releases
    }

    pub(super) fn add_release(&mut self, name: &str, codes_from: &[Release]) -> Release {
        let release = self.releases.push(name);
        self.releases.set_codes_from(release, codes_from.to_vec());
        release
    }

    /// The entry whose head is `head` in a base file.
    fn base_entry(&self, file: &'static str, head: &str) -> Result<Option<Body>> {
        let path = || format!("{}{file}", self.folder);
        let heads = held(&self.held.heads, &file, || {
            Ok(embedded::file(&path()).map(text::heads))
        })?;
        let Some((entry, line)) = heads.and_then(|heads| heads.get(head).copied()) else {
            return Ok(None);
        };
        let entry = text::parse(&path(), entry, line)?.into_iter().next();
        Ok(entry.map(|entry| entry.body))
    }

    fn base_parts(
        &self,
        kind: PartsKind,
        mode: Mode,
        id: &str,
        release: Release,
    ) -> Result<Option<Arc<PartsVariant>>> {
        let (word, file) = match (kind, mode) {
            (PartsKind::Segment, Mode::Batch) => ("segment", "segments.txt"),
            (PartsKind::Composite, Mode::Batch) => ("composite", "composites.txt"),
            (PartsKind::Segment, Mode::Interactive) => ("segment", "interactive/segments.txt"),
            (PartsKind::Composite, Mode::Interactive) => {
                ("composite", "interactive/composites.txt")
            }
        };
        let parts = held(&self.held.parts, &(kind, mode, id.into()), || {
            let Some(Body::Parts(parts)) = self.base_entry(file, &format!("{word} {id}"))? else {
                return Ok(None);
            };
            let variants = parts.variants.into_iter();
            let variants =
                variants.map(|variant| (self.releases.spans(&variant.ranges), variant.into()));
            Ok(Some(variants.collect()))
        })?;
        let found = parts.and_then(|parts: Arc<BaseParts>| {
            let found = parts.iter().find(|(spans, _)| spans.contain(release));
            found.map(|(_, variant)| variant.clone())
        });
        Ok(found)
    }

    fn base_element(&self, id: &str) -> Result<Option<Arc<BaseElement>>> {
        held(&self.held.elements, &id.into(), || {
            let entry = self.base_entry("elements.txt", &format!("element {id}"))?;
            let Some(Body::Element(element)) = entry else {
                return Ok(None);
            };
            let variants = element.variants.into_iter();
            let variants =
                variants.map(|(ranges, format, name)| (self.releases.spans(&ranges), format, name));
            Ok(Some(variants.collect()))
        })
    }

    fn base_codes(&self, element: &str) -> Result<Option<Arc<BaseCodes>>> {
        held(&self.held.codes, &element.into(), || {
            let path = format!("{}codes/{element}.txt", self.folder);
            let Some((path, text)) = embedded::entry(&path) else {
                return Ok(None);
            };
            let rows = text::code_rows(path, text)?;
            Ok(Some(BaseCodes::new(rows, &self.releases)))
        })
    }

    /// The variant of a base message in a release, and whether it is interactive: others are not read.
    fn base_message<T>(
        &self,
        id: &str,
        release: Release,
        read: impl FnOnce(&text::UnreadVariant<'_>) -> Result<T>,
    ) -> Result<Option<(T, bool)>> {
        let path = format!("{}messages/{id}.txt", self.folder);
        let Some(text) = embedded::file(&path) else {
            return Ok(None);
        };
        let (interactive, variants) = text::message_variants(&path, text)?;
        let mut variants = variants.iter();
        let found = variants.find(|variant| variant.ranges.contains(&self.releases, release));
        let read = found.map(read).transpose()?;
        Ok(read.map(|variant| (variant, interactive)))
    }

    /// Whether there is a message in a release.
    pub(crate) fn has_message(&self, id: &str, release: Release) -> bool {
        // What layers say is tried.
        if self.overlay.touches_message(id) {
            return self.message(id, release).is_ok_and(|found| found.is_some());
        }
        let found = self.base_message(id, release, |_| Ok(()));
        found.is_ok_and(|found| found.is_some())
    }

    /// Structure of a message in a release, layers applied; whether it is interactive.
    pub(crate) fn message(
        &self,
        id: &str,
        release: Release,
    ) -> Result<Option<(MessageVariant, Mode)>> {
        let found = match self.overlay.message(id, release, &self.releases) {
            Some((variant, interactive)) => Some((variant.clone(), interactive)),
            None => self.base_message(id, release, |variant| variant.read())?,
        };
        let Some((mut variant, interactive)) = found else {
            return Ok(None);
        };
        self.overlay
            .patch_message(id, release, &self.releases, &mut variant)?;
        Ok(Some((
            variant,
            if interactive {
                Mode::Interactive
            } else {
                Mode::Batch
            },
        )))
    }

    /// Parts of a segment or composite in a release, layers applied.
    pub(crate) fn parts(
        &self,
        kind: PartsKind,
        mode: Mode,
        id: &str,
        release: Release,
    ) -> Result<Option<Arc<PartsVariant>>> {
        let found = match self.overlay.parts(kind, id, release, &self.releases) {
            Some(variant) => Some(Arc::new(variant.clone())),
            None => self.base_parts(kind, mode, id, release)?,
        };
        let Some(mut variant) = found else {
            return Ok(None);
        };
        self.overlay
            .patch_parts(kind, id, release, &self.releases, &mut variant)?;
        Ok(Some(variant))
    }

    /// Format and name of an element in a release.
    pub(crate) fn element(&self, id: &str, release: Release) -> Result<Option<(Format, Box<str>)>> {
        if let Some((format, name)) = self.overlay.element(id, release, &self.releases) {
            return Ok(Some((format, name.into())));
        }
        Ok(self.base_element(id)?.and_then(|variants| {
            let found = variants.iter().find(|(spans, ..)| spans.contain(release));
            found.map(|(_, format, name)| (*format, name.clone()))
        }))
    }

    /// Whether the directory has a code list for the element in any release.
    pub(crate) fn is_coded(&self, element: &str) -> bool {
        let base = self.held.coded.get_or_init(|| {
            let files = embedded::slice(&format!("{}codes/", self.folder)).iter();
            let names = files.filter_map(|(path, _)| path.rsplit('/').next());
            names.filter_map(|name| name.strip_suffix(".txt")).collect()
        });
        base.contains(element) || self.overlay.has_codes(element)
    }

    /// The releases whose codes are those of `release`. Where a release was published without code lists,
    /// those that stand in are joined.
    fn releases_of_codes(&self, release: Release) -> Vec<Release> {
        let mut releases = self.releases.codes_of(release);
        releases.push(release);
        releases
    }

    /// Codes and names of an element in a release, layers applied; in the order of the file.
    pub(crate) fn codes(
        &self,
        element: &str,
        release: Release,
    ) -> Result<Vec<(Box<str>, Box<str>)>> {
        let releases = self.releases_of_codes(release);
        let mut found: Vec<(Box<str>, Box<str>)> = Vec::new();
        match self.overlay.codes(element, release, &self.releases) {
            Some(rows) => {
                for row in rows {
                    let mut of = releases.iter();
                    let valid = of.any(|release| row.ranges.contains(&self.releases, *release));
                    if valid && found.last().is_none_or(|(code, _)| *code != row.code) {
                        found.push((row.code.clone(), row.name.clone()));
                    }
                }
            }
            None => {
                if let Some(base) = self.base_codes(element)? {
                    let rows = base.valid(&releases);
                    found.extend(rows.map(|row| (row.code.into(), row.name.into())));
                }
            }
        }
        self.overlay
            .patch_codes(element, release, &self.releases, None, &mut found)?;
        Ok(found)
    }

    /// The same codes, where no layer says anything of them: which of a base list.
    pub(super) fn codes_in_force(
        &self,
        element: &str,
        release: Release,
    ) -> Result<Option<(Arc<BaseCodes>, InForce)>> {
        if self.overlay.touches_codes(element) {
            return Ok(None);
        }
        let Some(base) = self.base_codes(element)? else {
            return Ok(None);
        };
        let mut words = vec![0u64; base.rows.len().div_ceil(64)];
        for row in base.valid(&self.releases_of_codes(release)) {
            // Whichever row of a code is in force, it has the bit of the first.
            words[row.first as usize / 64] |= 1 << (row.first % 64);
        }
        Ok(Some((base, InForce(words.into()))))
    }

    /// Whether a base entry exists for any of the releases that `ranges` names; used to check
    /// that a layer's `new` is new and that what it changes is there.
    pub(super) fn base_has(&self, body: &Body, release: Release) -> Result<bool> {
        Ok(match body {
            Body::Message(message) => self.message(&message.id, release)?.is_some(),
            Body::Parts(parts) => {
                self.parts(parts.kind, Mode::Batch, &parts.id, release)?
                    .is_some()
                    || self
                        .parts(parts.kind, Mode::Interactive, &parts.id, release)?
                        .is_some()
            }
            Body::Element(element) => self.element(&element.id, release)?.is_some(),
            Body::Codes(codes) => !self.codes(&codes.element, release)?.is_empty(),
            _ => false,
        })
    }

    /// Message types of a release, sorted.
    pub(crate) fn messages(&self, release: Release) -> Result<Vec<(Box<str>, Box<str>)>> {
        let prefix = format!("{}messages/", self.folder);
        let base = embedded::files(&prefix)
            .filter_map(|(path, _)| path[prefix.len()..].strip_suffix(".txt").map(Cow::Borrowed));
        let mut ids: Vec<Cow<'_, str>> = base.collect();
        ids.extend(
            self.overlay
                .message_ids()
                .map(|id| Cow::Owned(id.to_owned())),
        );
        ids.sort();
        ids.dedup();
        let mut found = Vec::new();
        for id in ids {
            if let Some((variant, _)) = self.message(&id, release)? {
                found.push((id.into(), variant.name));
            }
        }
        Ok(found)
    }

    /// Whether any release has a message of that type.
    pub(crate) fn knows_message(&self, id: &str) -> bool {
        embedded::file(&format!("{}messages/{id}.txt", self.folder)).is_some()
            || self.overlay.message_ids().any(|known| known == id)
    }

    /// The entries of a base file, all of them.
    pub(super) fn base_file(&self, file: &str) -> Result<Vec<Entry>> {
        let path = format!("{}{file}", self.folder);
        text::parse(&path, embedded::file(&path).unwrap_or(""), 1)
    }
}
