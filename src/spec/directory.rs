//! A directory of message standards: its releases, and what each says of messages, segments,
//! composites, elements and codes. Two ship: UN/EDIFACT (`specs/edifact`) and the service
//! directory of ISO 9735 (`specs/edifact/service`), whose releases are the syntax versions.
//!
//! The base is text, looked up and parsed entry by entry when asked for; layers lie over it.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use memchr::memmem;
use rustc_hash::FxHashMap;

use super::layer::Overlay;
use super::release::{Release, Releases};
use super::text::{
    Body, CodeRow, Element, Entry, Format, Message, MessageVariant, Parts, PartsKind, PartsVariant,
};
use super::{embedded, text};
use crate::{Error, Result};

/// A directory with the layers over it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    /// Folder below `specs/`, with a slash at its end.
    folder: &'static str,
    releases: Releases,
    pub(super) overlay: Overlay,
    /// The base code lists that were read: one is asked for in each release.
    held: Arc<Mutex<HeldCodes>>,
}

/// Rows of code lists by element; none where there is no list.
type HeldCodes = FxHashMap<Box<str>, Option<Arc<[CodeRow]>>>;

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
    fn base_entry(&self, file: &str, head: &str) -> Result<Option<Body>> {
        let path = format!("{}{file}", self.folder);
        let Some(text) = embedded::file(&path) else {
            return Ok(None);
        };
        let Some((entry, line)) = find_entry(text, head) else {
            return Ok(None);
        };
        Ok(text::parse(&path, entry, line)?
            .into_iter()
            .next()
            .map(|entry| entry.body))
    }

    fn base_message(&self, id: &str) -> Result<Option<Message>> {
        let path = format!("{}messages/{id}.txt", self.folder);
        let Some(text) = embedded::file(&path) else {
            return Ok(None);
        };
        Ok(text::parse(&path, text, 1)?
            .into_iter()
            .find_map(|entry| match entry.body {
                Body::Message(message) => Some(message),
                _ => None,
            }))
    }

    fn base_parts(&self, kind: PartsKind, mode: Mode, id: &str) -> Result<Option<Parts>> {
        let (word, file) = match kind {
            PartsKind::Segment => ("segment", "segments.txt"),
            PartsKind::Composite => ("composite", "composites.txt"),
        };
        let file = match mode {
            Mode::Batch => file.to_owned(),
            Mode::Interactive => format!("interactive/{file}"),
        };
        Ok(match self.base_entry(&file, &format!("{word} {id}"))? {
            Some(Body::Parts(parts)) => Some(parts),
            _ => None,
        })
    }

    fn base_element(&self, id: &str) -> Result<Option<Element>> {
        Ok(
            match self.base_entry("elements.txt", &format!("element {id}"))? {
                Some(Body::Element(element)) => Some(element),
                _ => None,
            },
        )
    }

    fn base_codes(&self, element: &str) -> Result<Option<Arc<[CodeRow]>>> {
        let lock = || {
            self.held
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        };
        if let Some(held) = lock().get(element) {
            return Ok(held.clone());
        }
        let path = format!("{}codes/{element}.txt", self.folder);
        let entries = match embedded::file(&path) {
            Some(text) => text::parse(&path, text, 1)?,
            None => Vec::new(),
        };
        let rows = entries.into_iter().find_map(|entry| match entry.body {
            Body::Codes(codes) => Some(codes.rows.into()),
            _ => None,
        });
        lock().insert(element.into(), rows.clone());
        Ok(rows)
    }

    /// Structure of a message in a release, layers applied; whether it is interactive.
    pub(crate) fn message(
        &self,
        id: &str,
        release: Release,
    ) -> Result<Option<(MessageVariant, Mode)>> {
        let found = match self.overlay.message(id, release, &self.releases) {
            Some((variant, interactive)) => Some((variant.clone(), interactive)),
            None => self.base_message(id)?.and_then(|message| {
                let interactive = message.interactive;
                let at = message
                    .variants
                    .into_iter()
                    .find(|variant| variant.ranges.contains(&self.releases, release));
                at.map(|variant| (variant, interactive))
            }),
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
    ) -> Result<Option<PartsVariant>> {
        let found = match self.overlay.parts(kind, id, release, &self.releases) {
            Some(variant) => Some(variant.clone()),
            None => self.base_parts(kind, mode, id)?.and_then(|parts| {
                let mut variants = parts.variants.into_iter();
                variants.find(|variant| variant.ranges.contains(&self.releases, release))
            }),
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
        Ok(self.base_element(id)?.and_then(|element| {
            let mut variants = element.variants.into_iter();
            let found = variants.find(|(ranges, ..)| ranges.contains(&self.releases, release));
            found.map(|(_, format, name)| (format, name))
        }))
    }

    /// Whether the directory has a code list for the element in any release.
    pub(crate) fn is_coded(&self, element: &str) -> bool {
        embedded::file(&format!("{}codes/{element}.txt", self.folder)).is_some()
            || self.overlay.has_codes(element)
    }

    /// Codes and names of an element in a release, layers applied; in the order of the file.
    /// Where a release was published without code lists, those that stand in are joined.
    pub(crate) fn codes(
        &self,
        element: &str,
        release: Release,
    ) -> Result<Vec<(Box<str>, Box<str>)>> {
        let from = self.releases.codes_of(release);
        let base;
        let rows = match self.overlay.codes(element, release, &self.releases) {
            Some(rows) => rows,
            None => {
                base = self.base_codes(element)?;
                base.as_deref().unwrap_or_default()
            }
        };
        let mut found: Vec<(Box<str>, Box<str>)> = Vec::new();
        for row in rows {
            let valid = from
                .iter()
                .chain([&release])
                .any(|release| row.ranges.contains(&self.releases, *release));
            if valid && found.last().is_none_or(|(code, _)| *code != row.code) {
                found.push((row.code.clone(), row.name.clone()));
            }
        }
        self.overlay
            .patch_codes(element, release, &self.releases, None, &mut found)?;
        Ok(found)
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

/// The text of the entry with that head line, and the number of its first line.
fn find_entry<'a>(text: &'a str, head: &str) -> Option<(&'a str, u32)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    let start = loop {
        let at = from + memmem::find(&bytes[from..], head.as_bytes())?;
        let end = at + head.len();
        let whole_line =
            (at == 0 || bytes[at - 1] == b'\n') && matches!(bytes.get(end), None | Some(b'\n'));
        if whole_line {
            break at;
        }
        from = end;
    };
    let mut end = start + head.len();
    // The entry ends before the next line that is not indented.
    while let Some(next) = memchr::memchr(b'\n', &bytes[end..]) {
        end += next + 1;
        if bytes
            .get(end)
            .is_none_or(|byte| !matches!(byte, b' ' | b'\n' | b'#'))
        {
            break;
        }
    }
    let line = memchr::memchr_iter(b'\n', &bytes[..start]).count() + 1;
    Some((&text[start..end], line as u32))
}
