//! All releases together: read from `specs/`, changed by imports, written back with ranges.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use baowen::spec::Format;
use baowen::spec::model::DependencyKind;
use baowen::spec::release::{Ranges, Until};
use baowen::spec::text::{self, Body, Item, ItemKind, Part, PartsKind};

use crate::edifact::Published;
use crate::{Fault, Result};

/// A value for each release that has one.
type Timeline<T> = BTreeMap<usize, T>;
type MessageBody = (String, Vec<Item>);
type PartsBody = (String, Vec<Part>, Vec<(DependencyKind, Vec<u16>)>);

/// What a directory says, release by release.
#[derive(Debug, Default)]
pub struct History {
    releases: Vec<String>,
    /// Releases that have code lists of their own.
    with_codes: BTreeSet<usize>,
    elements: BTreeMap<String, Timeline<(Format, String)>>,
    parts: BTreeMap<(PartsKindKey, bool, String), Timeline<PartsBody>>,
    /// Whether it is interactive, name and structure.
    messages: BTreeMap<String, (bool, Timeline<MessageBody>)>,
    codes: BTreeMap<String, BTreeMap<CodeKey, Timeline<String>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PartsKindKey {
    Segment,
    Composite,
}

/// Codes sort as people look for them: numbers by value, then letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct CodeKey(bool, u64, String);

impl CodeKey {
    fn new(code: &str) -> Self {
        match code.parse::<u64>() {
            Ok(number) if code.len() < 19 => Self(false, number, code.to_owned()),
            _ => Self(true, 0, code.to_owned()),
        }
    }
}

/// A release's place among the others: `D93A` before `D00A`, `S1` before `S4`.
fn rank(release: &str) -> (u32, String) {
    let digits: String = release
        .chars()
        .skip(1)
        .take_while(char::is_ascii_digit)
        .collect();
    let year: u32 = digits.parse().unwrap_or(0);
    let century = if digits.len() == 2 && year < 90 {
        100
    } else {
        0
    };
    (century + year, release.to_owned())
}

impl History {
    /// Names of the releases, oldest first.
    #[must_use]
    pub fn releases(&self) -> &[String] {
        &self.releases
    }

    /// Reads a folder that an earlier import wrote; an empty history where there is none.
    ///
    /// # Errors
    /// When a file cannot be read or its text is broken.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut history = Self::default();
        let releases = folder.join("releases.txt");
        if !releases.exists() {
            return Ok(history);
        }
        for entry in parse(&releases)? {
            if let Body::Release { name, codes_from } = entry {
                if codes_from.is_empty() {
                    history.with_codes.insert(history.releases.len());
                }
                history.releases.push(name.into());
            }
        }
        for (file, interactive) in [
            ("elements.txt", false),
            ("composites.txt", false),
            ("segments.txt", false),
            ("interactive/composites.txt", true),
            ("interactive/segments.txt", true),
        ] {
            let path = folder.join(file);
            if path.exists() {
                for body in parse(&path)? {
                    history.take(body, interactive);
                }
            }
        }
        for sub in ["messages", "codes"] {
            let path = folder.join(sub);
            if !path.exists() {
                continue;
            }
            let entries = std::fs::read_dir(&path).map_err(|error| Fault::io(&path, error))?;
            for entry in entries {
                let entry = entry.map_err(|error| Fault::io(&path, error))?;
                for body in parse(&entry.path())? {
                    history.take(body, false);
                }
            }
        }
        Ok(history)
    }

    fn take(&mut self, body: Body, interactive: bool) {
        let releases = std::mem::take(&mut self.releases);
        let held = |ranges: &Ranges| -> Vec<usize> {
            (0..releases.len())
                .filter(|at| holds(ranges, &releases, *at))
                .collect()
        };
        match body {
            Body::Element(element) => {
                for (ranges, format, name) in element.variants {
                    for at in held(&ranges) {
                        self.elements
                            .entry(element.id.to_string())
                            .or_default()
                            .insert(at, (format, name.to_string()));
                    }
                }
            }
            Body::Parts(parts) => {
                let kind = match parts.kind {
                    PartsKind::Segment => PartsKindKey::Segment,
                    PartsKind::Composite => PartsKindKey::Composite,
                };
                for variant in parts.variants {
                    for at in held(&variant.ranges) {
                        let body = (
                            variant.name.to_string(),
                            variant.parts.clone(),
                            variant.dependencies.clone(),
                        );
                        self.parts
                            .entry((kind, interactive, parts.id.to_string()))
                            .or_default()
                            .insert(at, body);
                    }
                }
            }
            Body::Message(message) => {
                let entry = self.messages.entry(message.id.to_string()).or_default();
                entry.0 = message.interactive;
                for variant in message.variants {
                    for at in held(&variant.ranges) {
                        entry
                            .1
                            .insert(at, (variant.name.to_string(), variant.items.clone()));
                    }
                }
            }
            Body::Codes(codes) => {
                let list = self.codes.entry(codes.element.to_string()).or_default();
                for row in codes.rows {
                    for at in held(&row.ranges)
                        .into_iter()
                        .filter(|at| self.with_codes.contains(at))
                    {
                        list.entry(CodeKey::new(&row.code))
                            .or_default()
                            .insert(at, row.name.to_string());
                    }
                }
            }
            _ => {}
        }
        self.releases = releases;
    }

    /// The index of a release, which is added in its place where it is new.
    pub(crate) fn release(&mut self, name: &str) -> usize {
        if let Some(at) = self.releases.iter().position(|held| held == name) {
            return at;
        }
        let at = self
            .releases
            .partition_point(|held| rank(held) < rank(name));
        self.releases.insert(at, name.to_owned());
        self.with_codes = self
            .with_codes
            .iter()
            .map(|held| held + usize::from(*held >= at))
            .collect();
        for timeline in self.elements.values_mut() {
            shift(timeline, at);
        }
        for timeline in self.parts.values_mut() {
            shift(timeline, at);
        }
        for (_, timeline) in self.messages.values_mut() {
            shift(timeline, at);
        }
        for timeline in self.codes.values_mut().flat_map(BTreeMap::values_mut) {
            shift(timeline, at);
        }
        at
    }

    /// Takes in a published release; what an earlier import said of it is replaced.
    pub fn import(&mut self, published: &Published) {
        let at = self.release(&published.release);
        self.forget(at);
        for (id, (format, name)) in &published.elements {
            self.set_element(at, id, *format, name);
        }
        for (kind, map) in [
            (PartsKindKey::Segment, &published.segments),
            (PartsKindKey::Composite, &published.composites),
        ] {
            for ((interactive, id), parts) in map {
                let body = parts.parts.iter().map(|part| Part {
                    id: part.id.as_str().into(),
                    mandatory: part.mandatory,
                    max: part.max,
                    format: None,
                    dropped: false,
                });
                let dependencies = parts
                    .dependencies
                    .iter()
                    .map(|(kind, positions)| (dependency(kind), positions.clone()));
                let body = (parts.name.clone(), body.collect(), dependencies.collect());
                self.parts
                    .entry((kind, *interactive, id.clone()))
                    .or_default()
                    .insert(at, body);
            }
        }
        for (id, (interactive, name, items)) in &published.messages {
            self.set_message(at, id, *interactive, name, items.clone());
        }
        for (element, codes) in &published.codes {
            self.set_codes(at, element, codes);
        }
    }

    pub(crate) fn forget(&mut self, at: usize) {
        self.with_codes.remove(&at);
        for timeline in self.elements.values_mut() {
            timeline.remove(&at);
        }
        for timeline in self.parts.values_mut() {
            timeline.remove(&at);
        }
        for (_, timeline) in self.messages.values_mut() {
            timeline.remove(&at);
        }
        for timeline in self.codes.values_mut().flat_map(BTreeMap::values_mut) {
            timeline.remove(&at);
        }
    }

    /// Makes a release that says what the one before it says.
    ///
    /// # Errors
    /// When there is none before it.
    pub(crate) fn repeat_previous(&mut self, name: &str) -> Result<usize> {
        let at = self.release(name);
        self.forget(at);
        let Some(before) = at.checked_sub(1) else {
            return Err(Fault::Misuse(format!("{name} has no release before it")));
        };
        if self.with_codes.contains(&before) {
            self.with_codes.insert(at);
        }
        for timeline in self.elements.values_mut() {
            copy(timeline, before, at);
        }
        for timeline in self.parts.values_mut() {
            copy(timeline, before, at);
        }
        for (_, timeline) in self.messages.values_mut() {
            copy(timeline, before, at);
        }
        for timeline in self.codes.values_mut().flat_map(BTreeMap::values_mut) {
            copy(timeline, before, at);
        }
        Ok(at)
    }

    pub(crate) fn set_element(&mut self, at: usize, id: &str, format: Format, name: &str) {
        self.elements
            .entry(id.to_owned())
            .or_default()
            .insert(at, (format, name.to_owned()));
    }

    pub(crate) fn set_parts(
        &mut self,
        at: usize,
        segment: bool,
        id: &str,
        name: &str,
        parts: Vec<Part>,
    ) {
        let kind = if segment {
            PartsKindKey::Segment
        } else {
            PartsKindKey::Composite
        };
        self.parts
            .entry((kind, false, id.to_owned()))
            .or_default()
            .insert(at, (name.to_owned(), parts, Vec::new()));
    }

    pub(crate) fn set_message(
        &mut self,
        at: usize,
        id: &str,
        interactive: bool,
        name: &str,
        items: Vec<Item>,
    ) {
        let entry = self.messages.entry(id.to_owned()).or_default();
        entry.0 = interactive;
        entry.1.insert(at, (name.to_owned(), items));
    }

    pub(crate) fn message_name(&self, at: usize, id: &str) -> Option<&str> {
        self.messages
            .get(id)?
            .1
            .get(&at)
            .map(|(name, _)| name.as_str())
    }

    pub(crate) fn set_codes(&mut self, at: usize, element: &str, codes: &[(String, String)]) {
        self.with_codes.insert(at);
        let list = self.codes.entry(element.to_owned()).or_default();
        for (code, name) in codes {
            list.entry(CodeKey::new(code))
                .or_default()
                .entry(at)
                .or_insert_with(|| name.clone());
        }
    }

    /// Adds codes that the list does not have; gives how many were added.
    pub(crate) fn add_codes(
        &mut self,
        at: usize,
        element: &str,
        codes: &[(String, String)],
    ) -> usize {
        let Some(list) = self.codes.get_mut(element) else {
            return 0;
        };
        let mut added = 0;
        for (code, name) in codes {
            let timeline = list.entry(CodeKey::new(code)).or_default();
            timeline.entry(at).or_insert_with(|| {
                added += 1;
                name.clone()
            });
        }
        added
    }

    /// Writes the folder. Files that do not change are not touched; each of the others is written
    /// beside its place and renamed.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<usize> {
        let mut written = 0;
        for (name, text) in self.files() {
            let path = folder.join(name);
            if std::fs::read_to_string(&path).is_ok_and(|held| held == text) {
                continue;
            }
            let parent = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent).map_err(|error| Fault::io(parent, error))?;
            let mut file = tempfile::NamedTempFile::new_in(parent)
                .map_err(|error| Fault::io(parent, error))?;
            std::io::Write::write_all(&mut file, text.as_bytes())
                .map_err(|error| Fault::io(&path, error))?;
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                let usual = std::fs::Permissions::from_mode(0o644);
                file.as_file()
                    .set_permissions(usual)
                    .map_err(|error| Fault::io(&path, error))?;
            }
            file.persist(&path)
                .map_err(|error| Fault::io(&path, error.error))?;
            written += 1;
        }
        Ok(written)
    }

    /// Paths below the folder, and texts.
    fn files(&self) -> Vec<(String, String)> {
        let mut files = vec![
            ("releases.txt".to_owned(), self.releases_text()),
            ("elements.txt".to_owned(), self.elements_text()),
        ];
        for (kind, interactive, name) in [
            (PartsKindKey::Composite, false, "composites.txt"),
            (PartsKindKey::Segment, false, "segments.txt"),
            (PartsKindKey::Composite, true, "interactive/composites.txt"),
            (PartsKindKey::Segment, true, "interactive/segments.txt"),
        ] {
            let text = self.parts_text(kind, interactive);
            if !text.is_empty() {
                files.push((name.to_owned(), text));
            }
        }
        for (id, (interactive, timeline)) in &self.messages {
            if !timeline.is_empty() {
                files.push((
                    format!("messages/{id}.txt"),
                    self.message_text(id, *interactive, timeline),
                ));
            }
        }
        for (element, codes) in &self.codes {
            let text = self.codes_text(element, codes);
            if text.lines().count() > 1 {
                files.push((format!("codes/{element}.txt"), text));
            }
        }
        files
    }

    fn releases_text(&self) -> String {
        let mut out = String::new();
        for (at, name) in self.releases.iter().enumerate() {
            write_to(&mut out, format_args!("release {name}"));
            if !self.with_codes.contains(&at) {
                let before = self.with_codes.range(..at).next_back();
                let after = self.with_codes.range(at..).next();
                let names: Vec<&str> = before
                    .into_iter()
                    .chain(after)
                    .map(|at| self.releases[*at].as_str())
                    .collect();
                if !names.is_empty() {
                    write_to(&mut out, format_args!("  codes {}", names.join(",")));
                }
            }
            out.push('\n');
        }
        out
    }

    fn elements_text(&self) -> String {
        let mut out = String::new();
        for (id, timeline) in self
            .elements
            .iter()
            .filter(|(_, timeline)| !timeline.is_empty())
        {
            write_to(&mut out, format_args!("element {id}\n"));
            let rows: Vec<(String, &(Format, String))> = self.variants(timeline, |_| true);
            let wide = rows
                .iter()
                .map(|(ranges, _)| ranges.len())
                .max()
                .unwrap_or(0);
            let format_wide = rows
                .iter()
                .map(|(_, (format, _))| format.to_string().len())
                .max()
                .unwrap_or(0);
            for (ranges, (format, name)) in rows {
                write_to(
                    &mut out,
                    format_args!(
                        "  {ranges:wide$}  {:format_wide$}  {name}\n",
                        format.to_string()
                    ),
                );
            }
        }
        out
    }

    fn parts_text(&self, kind: PartsKindKey, interactive: bool) -> String {
        let word = match kind {
            PartsKindKey::Segment => "segment",
            PartsKindKey::Composite => "composite",
        };
        let mut out = String::new();
        for ((_, _, id), timeline) in self
            .parts
            .iter()
            .filter(|(key, timeline)| key.0 == kind && key.1 == interactive && !timeline.is_empty())
        {
            write_to(&mut out, format_args!("{word} {id}\n"));
            for (ranges, (name, parts, dependencies)) in self.variants(timeline, |_| true) {
                write_to(&mut out, format_args!("  {ranges}  {name}\n"));
                for part in parts {
                    let status = if part.mandatory { 'M' } else { 'C' };
                    write_to(&mut out, format_args!("    {}  {status}", part.id));
                    if part.max != 1 {
                        write_to(&mut out, format_args!("  x{}", part.max));
                    }
                    out.push('\n');
                }
                for (kind, positions) in dependencies {
                    let positions: Vec<String> = positions.iter().map(u16::to_string).collect();
                    write_to(
                        &mut out,
                        format_args!("    {}  {}\n", identifier(*kind), positions.join(" ")),
                    );
                }
            }
        }
        out
    }

    fn message_text(
        &self,
        id: &str,
        interactive: bool,
        timeline: &Timeline<(String, Vec<Item>)>,
    ) -> String {
        let mut out = format!(
            "{}message {id}\n",
            if interactive { "interactive " } else { "" }
        );
        for (ranges, (name, items)) in self.variants(timeline, |_| true) {
            write_to(&mut out, format_args!("  {ranges}  {name}\n"));
            write_items(&mut out, items, 4);
        }
        out
    }

    fn codes_text(&self, element: &str, codes: &BTreeMap<CodeKey, Timeline<String>>) -> String {
        let mut rows = Vec::new();
        for (code, timeline) in codes {
            let shown = if code.2.contains([' ', '#']) {
                format!("\"{}\"", code.2)
            } else {
                code.2.clone()
            };
            for (ranges, name) in self.variants(timeline, |at| self.with_codes.contains(&at)) {
                rows.push((shown.clone(), ranges, name));
            }
        }
        let code_wide = rows
            .iter()
            .map(|row| row.0.chars().count())
            .max()
            .unwrap_or(0);
        let mut out = format!("codes {element}\n");
        for (code, ranges, name) in rows {
            write_to(
                &mut out,
                format_args!("  {code:code_wide$}  {ranges:10}  {name}\n"),
            );
        }
        out
    }

    /// The different values of a timeline in the order in which they came up, each with the
    /// ranges of releases that have it. Releases that do not `count` neither end nor begin one.
    fn variants<'t, T: PartialEq>(
        &self,
        timeline: &'t Timeline<T>,
        count: impl Fn(usize) -> bool,
    ) -> Vec<(String, &'t T)> {
        let counted: Vec<usize> = (0..self.releases.len()).filter(|at| count(*at)).collect();
        let mut found: Vec<(&'t T, Vec<(usize, usize)>)> = Vec::new();
        for (order, at) in counted.iter().enumerate() {
            let Some(value) = timeline.get(at) else {
                continue;
            };
            let variant = match found.iter().position(|(held, _)| *held == value) {
                Some(variant) => variant,
                None => {
                    found.push((value, Vec::new()));
                    found.len() - 1
                }
            };
            let runs = &mut found[variant].1;
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == order => *last = order,
                _ => runs.push((order, order)),
            }
        }
        let name = |order: usize| self.releases[counted[order]].as_str();
        found
            .into_iter()
            .map(|(value, runs)| {
                let texts: Vec<String> = runs
                    .into_iter()
                    .map(|(first, last)| {
                        if last + 1 == counted.len() {
                            format!("{}..", name(first))
                        } else if first == last {
                            name(first).to_owned()
                        } else {
                            format!("{}..{}", name(first), name(last))
                        }
                    })
                    .collect();
                (texts.join(","), value)
            })
            .collect()
    }
}

fn write_to(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a string takes all");
}

fn write_items(out: &mut String, items: &[Item], indent: usize) {
    for item in items {
        let status = if item.mandatory { 'M' } else { 'C' };
        match &item.kind {
            ItemKind::Segment(tag) => write_to(
                out,
                format_args!("{:indent$}{tag}  {status}  {}\n", "", item.max),
            ),
            ItemKind::Group(number, inner) => {
                write_to(
                    out,
                    format_args!("{:indent$}group {number}  {status}  {}\n", "", item.max),
                );
                write_items(out, inner, indent + 2);
            }
        }
    }
}

fn parse(path: &Path) -> Result<Vec<Body>> {
    let text = std::fs::read_to_string(path).map_err(|error| Fault::io(path, error))?;
    let entries = text::parse(&path.display().to_string(), &text, 1)?;
    Ok(entries.into_iter().map(|entry| entry.body).collect())
}

fn holds(ranges: &Ranges, releases: &[String], at: usize) -> bool {
    let find = |name: &str| releases.iter().position(|held| held == name);
    ranges.0.iter().any(|(from, until)| {
        let Some(from) = find(from) else { return false };
        match until {
            Until::Same => from == at,
            Until::Open => from <= at,
            Until::Release(to) => from <= at && find(to).is_some_and(|to| at <= to),
        }
    })
}

fn shift<T>(timeline: &mut Timeline<T>, at: usize) {
    if timeline.keys().next_back().is_some_and(|last| *last >= at) {
        *timeline = std::mem::take(timeline)
            .into_iter()
            .map(|(held, value)| (held + usize::from(held >= at), value))
            .collect();
    }
}

fn copy<T: Clone>(timeline: &mut Timeline<T>, from: usize, to: usize) {
    if let Some(value) = timeline.get(&from).cloned() {
        timeline.insert(to, value);
    }
}

const DEPENDENCIES: [(&str, DependencyKind); 7] = [
    ("D1", DependencyKind::OneAndOnlyOne),
    ("D2", DependencyKind::AllOrNone),
    ("D3", DependencyKind::OneOrMore),
    ("D4", DependencyKind::OneOrNone),
    ("D5", DependencyKind::IfFirstThenAll),
    ("D6", DependencyKind::IfFirstThenAtLeastOne),
    ("D7", DependencyKind::IfFirstThenNone),
];

fn dependency(identifier: &str) -> DependencyKind {
    DEPENDENCIES
        .iter()
        .find(|(id, _)| *id == identifier)
        .map_or(DependencyKind::OneAndOnlyOne, |(_, kind)| *kind)
}

fn identifier(kind: DependencyKind) -> &'static str {
    DEPENDENCIES
        .iter()
        .find(|(_, held)| *held == kind)
        .map_or("D1", |(id, _)| id)
}
