//! Layers: what a folder of the user's own says over the base.
//!
//! An entry says *new* (nothing of that name may be there), *replace* (it must be there),
//! *restrict* (may only narrow) or *extends* (may change in any direction). A change whose base
//! is gone, or a restriction that widens, is an error when the layer loads.
//!
//! ```text
//! restrict message BAPLIE  D95B
//!   drop SG1/FTX
//!   SG2  C  500
//!   SG2/LOC#2  M  4
//! extends message BAPLIE  D95B
//!   add HAN  C  9  after SG2/FTX
//! restrict segment DGS  D95B  in BAPLIE
//!   C234/7124  M  n4
//! restrict codes 3227  D95B  in BAPLIE at SG2/LOC#2
//!   only 9 11 147
//! extends codes 8053  D95B
//!   add XPB  Port's own barge
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use super::release::{Ranges, Release, Releases};
use super::text::{
    Bind, Body, Change, CodeRow, Entry, Format, Identify, Item, ItemKind, MessageVariant, Part,
    PartsKind, PartsVariant, Patch, Target, Verb,
};
use crate::{Error, Result};

/// Format and name of an element, and for which releases.
type ElementVariant = (Ranges, Format, Box<str>);

/// What the layers over a directory say, latest last.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlay {
    messages: BTreeMap<Box<str>, Vec<(MessageVariant, bool)>>,
    parts: BTreeMap<(bool, Box<str>), Vec<PartsVariant>>,
    elements: BTreeMap<Box<str>, Vec<ElementVariant>>,
    codes: BTreeMap<Box<str>, Vec<(Ranges, Vec<CodeRow>)>>,
    patches: Vec<Placed<(Patch, Verb)>>,
    binds: Vec<Bind>,
    identify: Vec<Placed<Identify>>,
}

/// Something and the place in a layer's file where it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    file: Arc<str>,
    line: u32,
    what: T,
}

/// One override of a layer, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// File of the layer.
    pub file: Box<str>,
    /// 1-based line there.
    pub line: u32,
    /// `new`, `restrict`, `extends`, `replace`; for rules `disable` and `severity` too.
    pub verb: &'static str,
    /// What is changed: `message BAPLIE D95B`, `codes 8053`.
    pub what: Box<str>,
}

fn in_force<'a, T>(
    variants: Option<&'a Vec<T>>,
    ranges: impl Fn(&T) -> &Ranges,
    release: Release,
    releases: &Releases,
) -> Option<&'a T> {
    variants?
        .iter()
        .rev()
        .find(|variant| ranges(variant).contains(releases, release))
}

impl Overlay {
    pub(super) fn message(
        &self,
        id: &str,
        release: Release,
        releases: &Releases,
    ) -> Option<(&MessageVariant, bool)> {
        in_force(
            self.messages.get(id),
            |(variant, _)| &variant.ranges,
            release,
            releases,
        )
        .map(|(variant, interactive)| (variant, *interactive))
    }

    pub(super) fn message_ids(&self) -> impl Iterator<Item = &str> {
        self.messages.keys().map(|id| &**id)
    }

    pub(super) fn parts(
        &self,
        kind: PartsKind,
        id: &str,
        release: Release,
        releases: &Releases,
    ) -> Option<&PartsVariant> {
        // A handful of entries: a scan costs nothing and needs no owned key.
        let key = kind == PartsKind::Segment;
        let variants = self
            .parts
            .iter()
            .find(|((segment, name), _)| *segment == key && &**name == id);
        in_force(
            variants.map(|(_, variants)| variants),
            |variant| &variant.ranges,
            release,
            releases,
        )
    }

    pub(super) fn element(
        &self,
        id: &str,
        release: Release,
        releases: &Releases,
    ) -> Option<(Format, &str)> {
        in_force(
            self.elements.get(id),
            |(ranges, ..)| ranges,
            release,
            releases,
        )
        .map(|(_, format, name)| (*format, &**name))
    }

    pub(super) fn has_codes(&self, element: &str) -> bool {
        self.codes.contains_key(element)
    }

    pub(super) fn codes(
        &self,
        element: &str,
        release: Release,
        releases: &Releases,
    ) -> Option<&[CodeRow]> {
        in_force(
            self.codes.get(element),
            |(ranges, _)| ranges,
            release,
            releases,
        )
        .map(|(_, rows)| &**rows)
    }

    pub(super) fn binds(&self) -> &[Bind] {
        &self.binds
    }

    /// Qualifiers that identify positions of a message: position, element, codes.
    pub(super) fn identify(
        &self,
        message: &str,
        release: Release,
        releases: &Releases,
    ) -> impl Iterator<Item = &(Box<str>, Box<str>, Vec<Box<str>>, u32)> {
        self.identify
            .iter()
            .filter(move |placed| {
                &*placed.what.message == message && placed.what.ranges.contains(releases, release)
            })
            .flat_map(|placed| &placed.what.rows)
    }

    fn patches<'a>(
        &'a self,
        target: Target,
        id: &'a str,
        release: Release,
        releases: &'a Releases,
    ) -> impl Iterator<Item = &'a Placed<(Patch, Verb)>> {
        self.patches.iter().filter(move |placed| {
            let patch = &placed.what.0;
            patch.target == target && &*patch.id == id && patch.ranges.contains(releases, release)
        })
    }

    pub(super) fn patch_message(
        &self,
        id: &str,
        release: Release,
        releases: &Releases,
        variant: &mut MessageVariant,
    ) -> Result<()> {
        for placed in self.patches(Target::Message, id, release, releases) {
            for row in &placed.what.0.rows {
                change_items(&mut variant.items, &row.change, placed.what.1)
                    .map_err(|message| Error::spec(&*placed.file, row.line, 3, message))?;
            }
        }
        Ok(())
    }

    /// Applies the changes that hold for every use of a segment or composite.
    pub(super) fn patch_parts(
        &self,
        kind: PartsKind,
        id: &str,
        release: Release,
        releases: &Releases,
        variant: &mut Arc<PartsVariant>,
    ) -> Result<()> {
        let target = match kind {
            PartsKind::Segment => Target::Segment,
            PartsKind::Composite => Target::Composite,
        };
        for placed in self.patches(target, id, release, releases) {
            let (patch, verb) = &placed.what;
            for row in &patch.rows {
                // Changes below a composite and those for one message are made where it is used.
                if patch.within.is_none()
                    && !change_path(&row.change).is_some_and(|path| path.contains('/'))
                {
                    change_parts(Arc::make_mut(variant), &row.change, *verb, None)
                        .map_err(|message| Error::spec(&*placed.file, row.line, 3, message))?;
                }
            }
        }
        Ok(())
    }

    /// Whether a message of that type is in a layer, or changed by one, in whatever release.
    pub(super) fn touches_message(&self, id: &str) -> bool {
        self.messages.contains_key(id) || self.changes(Target::Message, id)
    }

    /// The same of the codes of an element, anywhere.
    pub(super) fn touches_codes(&self, element: &str) -> bool {
        self.codes.contains_key(element) || self.changes(Target::Codes, element)
    }

    fn changes(&self, target: Target, id: &str) -> bool {
        let mut patches = self.patches.iter();
        patches.any(|placed| placed.what.0.target == target && &*placed.what.0.id == id)
    }

    /// Changes to a segment at a position of a message, as (composite, change): those that reach
    /// into a composite, and those for this message or position only.
    pub(super) fn segment_changes<'a>(
        &'a self,
        tag: &'a str,
        release: Release,
        releases: &'a Releases,
        message: &'a str,
        position: &'a str,
    ) -> impl Iterator<Item = (&'a Change, Verb, &'a str, u32)> {
        self.patches(Target::Segment, tag, release, releases)
            .flat_map(move |placed| {
                let (patch, verb) = &placed.what;
                let here = match &patch.within {
                    None => true,
                    Some((of, at)) => {
                        &**of == message
                            && at.as_deref().is_none_or(|at| same_position(at, position))
                    }
                };
                let rows = patch.rows.iter().filter(move |row| {
                    here && (patch.within.is_some()
                        || change_path(&row.change).is_some_and(|path| path.contains('/')))
                });
                rows.map(move |row| (&row.change, *verb, &*placed.file, row.line))
            })
    }

    /// Whether some change holds only at one position or message for that element's codes.
    pub(super) fn code_changes_within(
        &self,
        element: &str,
        release: Release,
        releases: &Releases,
        message: &str,
        position: &str,
    ) -> bool {
        self.patches(Target::Codes, element, release, releases)
            .any(|placed| {
                placed.what.0.within.as_ref().is_some_and(|(of, at)| {
                    &**of == message && at.as_deref().is_none_or(|at| same_position(at, position))
                })
            })
    }

    /// Applies the changes to a code list: those for every message, or, with `within`, those for
    /// that message and position.
    pub(super) fn patch_codes(
        &self,
        element: &str,
        release: Release,
        releases: &Releases,
        within: Option<(&str, &str)>,
        codes: &mut Vec<(Box<str>, Box<str>)>,
    ) -> Result<()> {
        for placed in self.patches(Target::Codes, element, release, releases) {
            let (patch, verb) = &placed.what;
            let here = match (&patch.within, within) {
                (None, None) => true,
                (Some((of, at)), Some((message, position))) => {
                    &**of == message && at.as_deref().is_none_or(|at| same_position(at, position))
                }
                _ => false,
            };
            for row in patch.rows.iter().filter(|_| here) {
                change_codes(codes, &row.change, *verb)
                    .map_err(|message| Error::spec(&*placed.file, row.line, 3, message))?;
            }
        }
        Ok(())
    }

    /// Takes in an entry of a layer; the caller has checked its verb against the base.
    pub(super) fn add(&mut self, file: &Arc<str>, entry: Entry) {
        match entry.body {
            Body::Message(message) => {
                let interactive = message.interactive;
                self.messages.entry(message.id).or_default().extend(
                    message
                        .variants
                        .into_iter()
                        .map(|variant| (variant, interactive)),
                );
            }
            Body::Parts(parts) => {
                let key = (parts.kind == PartsKind::Segment, parts.id);
                self.parts.entry(key).or_default().extend(parts.variants);
            }
            Body::Element(element) => self
                .elements
                .entry(element.id)
                .or_default()
                .extend(element.variants),
            Body::Codes(codes) => {
                // The list holds wherever one of its rows does.
                let ranges = Ranges(
                    codes
                        .rows
                        .iter()
                        .flat_map(|row| row.ranges.0.clone())
                        .collect(),
                );
                self.codes
                    .entry(codes.element)
                    .or_default()
                    .push((ranges, codes.rows));
            }
            Body::Bind(bind) => self.binds.push(bind),
            Body::Identify(what) => {
                self.identify.push(Placed {
                    file: file.clone(),
                    line: entry.line,
                    what,
                });
            }
            Body::Patch(patch) => {
                let verb = entry.verb.unwrap_or(Verb::Restrict);
                self.patches.push(Placed {
                    file: file.clone(),
                    line: entry.line,
                    what: (patch, verb),
                });
            }
            Body::Release { .. } => {}
        }
    }

    pub(super) fn last_identify(&self) -> Option<(&Identify, &str, u32)> {
        self.identify
            .last()
            .map(|placed| (&placed.what, &*placed.file, placed.line))
    }

    /// Whether some change of a code list holds only for this message or position.
    pub(super) fn changes_codes_within(
        &self,
        release: Release,
        releases: &Releases,
        message: &str,
        position: &str,
    ) -> bool {
        self.patches.iter().any(|placed| {
            let patch = &placed.what.0;
            patch.target == Target::Codes
                && patch.ranges.contains(releases, release)
                && patch.within.as_ref().is_some_and(|(of, at)| {
                    &**of == message && at.as_deref().is_none_or(|at| same_position(at, position))
                })
        })
    }
}

pub(super) fn change_path(change: &Change) -> Option<&str> {
    match change {
        Change::Set { path, .. } | Change::Drop { path } => Some(path),
        _ => None,
    }
}

/// Whether a position as a layer writes it (`LOC` or `LOC#1`, `SG2/LOC#2`) is `position`, in
/// which every repeated tag carries its number.
fn same_position(written: &str, position: &str) -> bool {
    let plain = |path: &str| path.strip_suffix("#1").unwrap_or(path).to_owned();
    plain(written) == plain(position)
}

/// Splits `LOC#2` into tag and ordinal.
fn ordinal(step: &str) -> (&str, usize) {
    match step.split_once('#') {
        Some((tag, number)) => (tag, number.parse().unwrap_or(0)),
        None => (step, 1),
    }
}

/// The list that holds the item at `path` and its index there. A group is found wherever it
/// nests: its number is unique in a message.
pub(super) fn find_item<'a>(
    items: &'a mut Vec<Item>,
    path: &str,
) -> Option<(&'a mut Vec<Item>, usize)> {
    let (group, last) = match path.rsplit_once('/') {
        Some((group, last)) => (Some(group), last),
        None => (None, path),
    };
    if let Some(number) = last.strip_prefix("SG").and_then(|n| n.parse::<u32>().ok()) {
        return find_group(items, number);
    }
    let list = match group {
        None => items,
        Some(group) => {
            let number = group.rsplit('/').next()?.strip_prefix("SG")?.parse().ok()?;
            let (list, at) = find_group(items, number)?;
            match &mut list[at].kind {
                ItemKind::Group(_, content) => content,
                ItemKind::Segment(_) => return None,
            }
        }
    };
    let (tag, nth) = ordinal(last);
    let at = list
        .iter()
        .enumerate()
        .filter(|(_, item)| matches!(&item.kind, ItemKind::Segment(found) if &**found == tag))
        .map(|(at, _)| at)
        .nth(nth.checked_sub(1)?)?;
    Some((list, at))
}

fn find_group(items: &mut Vec<Item>, number: u32) -> Option<(&mut Vec<Item>, usize)> {
    if let Some(at) = items
        .iter()
        .position(|item| matches!(item.kind, ItemKind::Group(n, _) if n == number))
    {
        return Some((items, at));
    }
    items.iter_mut().find_map(|item| match &mut item.kind {
        ItemKind::Group(_, content) => find_group(content, number),
        ItemKind::Segment(_) => None,
    })
}

type Changed = std::result::Result<(), String>;

fn narrows(old: (bool, u32), new: (bool, u32), what: &str) -> Changed {
    if old.0 && !new.0 {
        return Err(format!(
            "{what} is mandatory in the base; a restriction cannot make it conditional (use extends)"
        ));
    }
    if new.1 > old.1 {
        return Err(format!(
            "{what} may occur {} times in the base; a restriction cannot allow {} (use extends)",
            old.1, new.1
        ));
    }
    Ok(())
}

fn change_items(items: &mut Vec<Item>, change: &Change, verb: Verb) -> Changed {
    let gone = |path: &str| format!("the base has no position {path}");
    match change {
        Change::Set {
            path,
            mandatory,
            max,
            format,
        } => {
            if format.is_some() {
                return Err("a segment has no format".to_owned());
            }
            let (list, at) = find_item(items, path).ok_or_else(|| gone(path))?;
            let item = &mut list[at];
            let max = max.unwrap_or(item.max);
            if verb == Verb::Restrict {
                narrows((item.mandatory, item.max), (*mandatory, max), path)?;
            }
            item.mandatory = *mandatory;
            item.max = max;
        }
        Change::Drop { path } => {
            let (list, at) = find_item(items, path).ok_or_else(|| gone(path))?;
            if verb == Verb::Restrict && list[at].mandatory {
                return Err(format!(
                    "{path} is mandatory in the base; a restriction cannot drop it"
                ));
            }
            list.remove(at);
        }
        Change::Add {
            tag,
            after,
            mandatory,
            max,
        } => {
            if verb == Verb::Restrict {
                return Err("a restriction cannot add a segment (use extends)".to_owned());
            }
            let (list, at) = find_item(items, after).ok_or_else(|| gone(after))?;
            let kind = ItemKind::Segment(tag.clone());
            list.insert(
                at + 1,
                Item {
                    kind,
                    mandatory: *mandatory,
                    max: *max,
                },
            );
        }
        Change::Only { .. } | Change::Code { .. } => {
            return Err("a message has no codes".to_owned());
        }
    }
    Ok(())
}

/// Changes a segment's or composite's parts. `format_of` gives an element's own format, for
/// checking that a new one is narrower.
pub(super) fn change_parts(
    variant: &mut PartsVariant,
    change: &Change,
    verb: Verb,
    format_of: Option<Format>,
) -> Changed {
    let find = |parts: &[Part], path: &str| {
        let (id, nth) = ordinal(path.rsplit('/').next().unwrap_or(path));
        parts
            .iter()
            .enumerate()
            .filter(|(_, part)| &*part.id == id)
            .map(|(at, _)| at)
            .nth(nth.wrapping_sub(1))
    };
    match change {
        Change::Set {
            path,
            mandatory,
            max,
            format,
        } => {
            let at = find(&variant.parts, path).ok_or_else(|| format!("the base has no {path}"))?;
            let part = &mut variant.parts[at];
            let max = max.unwrap_or(part.max);
            if verb == Verb::Restrict {
                narrows((part.mandatory, part.max), (*mandatory, max), path)?;
                if let (Some(new), Some(old)) = (format, part.format.or(format_of)) {
                    narrows_format(old, *new)?;
                }
            }
            part.mandatory = *mandatory;
            part.max = max;
            part.format = format.or(part.format);
        }
        Change::Drop { path } => {
            let at = find(&variant.parts, path).ok_or_else(|| format!("the base has no {path}"))?;
            if verb == Verb::Restrict && variant.parts[at].mandatory {
                return Err(format!(
                    "{path} is mandatory in the base; a restriction cannot drop it"
                ));
            }
            // Its position stays, or those behind it would move.
            variant.parts[at].dropped = true;
        }
        _ => return Err("expected a position with its status, or drop".to_owned()),
    }
    Ok(())
}

fn narrows_format(old: Format, new: Format) -> Changed {
    use super::model::Class;
    let class = old.class == new.class || old.class == Class::Alphanumeric;
    if class && new.max <= old.max && new.min >= old.min {
        Ok(())
    } else {
        Err(format!(
            "the format is {old} in the base; a restriction cannot make it {new} (use extends)"
        ))
    }
}

fn change_codes(codes: &mut Vec<(Box<str>, Box<str>)>, change: &Change, verb: Verb) -> Changed {
    let held =
        |codes: &[(Box<str>, Box<str>)], code: &str| codes.iter().any(|(held, _)| &**held == code);
    match change {
        Change::Only { codes: only } => {
            if let Some(gone) = only.iter().find(|code| !held(codes, code)) {
                return Err(format!("the base has no code {gone}"));
            }
            codes.retain(|(code, _)| only.contains(code));
        }
        Change::Drop { path } => {
            if !held(codes, path) {
                return Err(format!("the base has no code {path}"));
            }
            codes.retain(|(code, _)| code != path);
        }
        Change::Code { code, name } => {
            if verb == Verb::Restrict {
                return Err("a restriction cannot add a code (use extends)".to_owned());
            }
            if held(codes, code) {
                return Err(format!("the base already has code {code}"));
            }
            codes.push((code.clone(), name.clone()));
        }
        Change::Set { .. } | Change::Add { .. } => {
            return Err("expected `only CODE …`, `drop CODE` or `add CODE  name`".to_owned());
        }
    }
    Ok(())
}
