//! Finds the text of a map: files of the base and of layers, extensions, fragments.

use super::Text;
use super::ast::{Arrow, At, Each, Entry, Fragment, Item, Map, Operand, Row};
use super::side::near;
use super::text;
use crate::spec::Specs;
use crate::spec::text::Verb;
use crate::{Error, Result};

/// Fragments include others no deeper.
const DEEPEST: usize = 8;

/// All maps and fragments in force.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) maps: Vec<Map>,
    /// What extensions do to rows of maps, in their order: their rows and what they drop. The rows of
    /// fragments are known when the text of a map is asked for, so extensions are taken in then.
    extensions: Vec<Map>,
    fragments: Vec<Fragment>,
}

/// A file that is read in the place of what the base or a layer has.
#[derive(Clone, Copy)]
pub(super) struct InPlace<'f> {
    pub(super) file: &'f str,
    pub(super) text: &'f str,
}

impl Loaded {
    /// What the base and its layers have.
    pub(super) fn of(specs: &Specs) -> Result<Self> {
        Self::with(specs, None)
    }

    /// What the base and its layers have, one file read in its place: one whose maps say what they do
    /// as the layer that it is of, one whose maps say nothing before all layers.
    pub(super) fn with(specs: &Specs, one: Option<InPlace<'_>>) -> Result<Self> {
        let mut loaded = Self::default();
        let mut one = match one {
            Some(InPlace { file, text }) => Some((file, text::parse(file, text)?)),
            None => None,
        };
        let names = match &one {
            Some((_, entries)) if entries.iter().all(|entry| entry.verb().is_none()) => {
                let names = entries
                    .iter()
                    .map(|entry| (entry.kind(), entry.name().into()));
                Some(names.collect::<Vec<(&str, Box<str>)>>())
            }
            _ => None,
        };
        for (file, text, layer) in specs.map_files() {
            match &names {
                // A shipped file, or one that is to be shipped: below all layers.
                Some(names) => {
                    if layer && let Some((_, entries)) = one.take() {
                        loaded.take(entries, false)?;
                    }
                    let mut entries = text::parse(&file, &text)?;
                    let stays = |entry: &Entry| {
                        entry.verb() == Some(Verb::Extends)
                            || !names.iter().any(|(kind, name)| {
                                *kind == entry.kind() && **name == *entry.name()
                            })
                    };
                    entries.retain(stays);
                    loaded.take(entries, layer)?;
                }
                None => match one.take_if(|(own, _)| layer && is_same_file(own, &file)) {
                    Some((_, entries)) => loaded.take(entries, true)?,
                    None => loaded.take(text::parse(&file, &text)?, layer)?,
                },
            }
        }
        if let Some((_, entries)) = one {
            loaded.take(entries, names.is_none())?;
        }
        // What an extension changes must be there, whether its map is asked for or not.
        for extension in &loaded.extensions {
            loaded.text(&extension.name)?;
        }
        Ok(loaded)
    }

    /// Takes in the entries of a file.
    fn take(&mut self, entries: Vec<Entry>, layer: bool) -> Result<()> {
        for entry in entries {
            match entry {
                Entry::Map(verb, map) => self.map(verb, *map, layer)?,
                Entry::Fragment(verb, fragment) => {
                    let held = self.fragments.iter();
                    let held = held.clone().position(|of| of.name == fragment.name);
                    let at = &fragment.at;
                    check(
                        verb,
                        held.is_some(),
                        layer,
                        &format!("fragment {}", fragment.name),
                    )
                    .map_err(|message| Error::spec(&*at.file, at.line, 1, message))?;
                    if let Some(held) = held {
                        self.fragments.remove(held);
                    }
                    self.fragments.push(fragment);
                }
            }
        }
        Ok(())
    }

    fn map(&mut self, verb: Option<Verb>, map: Map, layer: bool) -> Result<()> {
        let held = self.maps.iter().position(|of| of.name == map.name);
        let fault = |message: String| Error::spec(&*map.at.file, map.at.line, 1, message);
        check(verb, held.is_some(), layer, &format!("map {}", map.name)).map_err(fault)?;
        match (verb, held) {
            (Some(Verb::Extends), Some(held)) => {
                let extension = extend_head(&mut self.maps[held], map);
                self.extensions.push(extension);
            }
            (_, held) => {
                for (at, side) in ["left", "right"].iter().enumerate() {
                    if map.sides[at].is_none() {
                        let message = format!("map {} does not say its {side} message", map.name);
                        return Err(fault(message));
                    }
                }
                if let Some(held) = held {
                    self.maps.remove(held);
                    self.extensions.retain(|of| of.name != map.name);
                }
                self.maps.push(map);
            }
        }
        Ok(())
    }

    /// Names of the maps that include one of these fragments, or one that does.
    pub(super) fn that_include(&self, fragments: &[Box<str>]) -> Vec<Box<str>> {
        let mut known = fragments.to_vec();
        let mut at = 0;
        while at < known.len() {
            for fragment in &self.fragments {
                if !known.contains(&fragment.name) && fragment.includes(&known[at]) {
                    known.push(fragment.name.clone());
                }
            }
            at += 1;
        }
        let maps = self.maps.iter().chain(&self.extensions);
        let mut names = Vec::new();
        for map in maps.filter(|map| includes(&map.items, &known)) {
            if !names.contains(&map.name) {
                names.push(map.name.clone());
            }
        }
        names
    }

    /// The text of a map, its fragments put in.
    pub(super) fn text(&self, name: &str) -> Result<Text> {
        let Some(map) = self.maps.iter().find(|map| *map.name == *name) else {
            let known: Vec<String> = self.maps.iter().map(|map| map.name.to_string()).collect();
            let near = near(name, &known);
            let hint = match near.is_empty() {
                true => "; `baowen map` lists them".to_owned(),
                false => format!("; did you mean {}?", near.join(", ")),
            };
            return Err(Error::unknown(format!("no map {name}{hint}")));
        };
        let mut map = map.clone();
        map.items = self.included(map.items, 0)?;
        for extension in self.extensions.iter().filter(|of| *of.name == *name) {
            let items = self.included(extension.items.clone(), 0)?;
            extend_rows(&mut map, &extension.drops, items)?;
        }
        Ok(Text { map })
    }

    fn included(&self, items: Vec<Item>, depth: usize) -> Result<Vec<Item>> {
        let mut all = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::Include { name, with, at } => {
                    let fault =
                        |message: String| Error::spec(&*at.file, at.line, at.column, message);
                    if depth >= DEEPEST {
                        return Err(fault("fragments include each other".to_owned()));
                    }
                    let found = self.fragments.iter().find(|of| of.name == name);
                    let Some(fragment) = found else {
                        let known = self.fragments.iter().map(|of| of.name.to_string());
                        let near = near(&name, &known.collect::<Vec<_>>());
                        let hint = match near.is_empty() {
                            true => String::new(),
                            false => format!("; did you mean {}?", near.join(", ")),
                        };
                        return Err(fault(format!("no fragment {name}{hint}")));
                    };
                    let rows = text::rows_of(fragment, &with, 0)?;
                    all.extend(self.included(rows, depth + 1)?);
                }
                Item::Each(mut each) => {
                    each.items = self.included(std::mem::take(&mut each.items), depth)?;
                    all.push(Item::Each(each));
                }
                other => all.push(other),
            }
        }
        Ok(all)
    }
}

/// Whether an entry may say what it does.
fn check(
    verb: Option<Verb>,
    held: bool,
    layer: bool,
    what: &str,
) -> std::result::Result<(), String> {
    match (verb, held) {
        (None, false) if !layer => Ok(()),
        (None, true) if !layer => Err(format!("{what} is there twice")),
        (None, _) => Err(format!(
            "what a layer does to {what} must be said: new, extends or replace"
        )),
        (Some(Verb::Restrict), _) => Err(format!("{what} cannot be restricted; say extends")),
        (Some(Verb::New), false) | (Some(Verb::Replace | Verb::Extends), true) => Ok(()),
        (Some(Verb::New), true) => Err(format!("{what} is already there; say extends or replace")),
        (Some(_), false) => Err(format!("there is no {what}; say new")),
    }
}

fn includes(items: &[Item], fragments: &[Box<str>]) -> bool {
    items.iter().any(|item| match item {
        Item::Include { name, .. } => fragments.contains(name),
        Item::Each(each) => includes(&each.items, fragments),
        _ => false,
    })
}

/// Whether two names are of one file.
fn is_same_file(a: &str, b: &str) -> bool {
    let found = |name: &str| std::fs::canonicalize(name).ok();
    a == b || found(a).is_some_and(|a| found(b) == Some(a))
}

/// Takes what an extension says of messages, parameters and limits into a base; gives what is left:
/// its rows.
fn extend_head(base: &mut Map, mut extension: Map) -> Map {
    for (at, side) in extension.sides.iter_mut().enumerate() {
        if side.is_some() {
            base.sides[at] = side.take();
        }
    }
    for (at, reason) in extension.unsigned.iter_mut().enumerate() {
        if reason.is_some() {
            base.unsigned[at] = reason.take();
        }
    }
    for param in std::mem::take(&mut extension.params) {
        match base.params.iter_mut().find(|held| held.name == param.name) {
            Some(held) => *held = param,
            None => base.params.push(param),
        }
    }
    base.limits = extension.limits.or(base.limits);
    extension
}

/// Puts the rows of an extension in the place of those of a base, or beside them.
fn extend_rows(base: &mut Map, drops: &[(Box<str>, At)], items: Vec<Item>) -> Result<()> {
    for (path, at) in drops {
        if !drop_row(&mut base.items, path) {
            let message = format!(
                "map {} has no row that writes {path}, or of that name",
                base.name
            );
            return Err(Error::spec(&*at.file, at.line, at.column, message));
        }
    }
    merge(&mut base.items, items);
    Ok(())
}

/// An item of a base, or of an extension in its place.
struct Slot {
    item: Item,
    /// Of a row of an extension: that row and the one that it took the place of.
    rows: Vec<Row>,
}

impl Slot {
    fn new(item: Item) -> Self {
        let rows = Vec::new();
        Self { item, rows }
    }

    /// Whether it is a row of the base that writes what another writes.
    fn is_held(&self, new: &Row) -> bool {
        matches!(&self.item, Item::Row(held) if self.rows.is_empty() && is_same(held, new))
    }

    /// Whether a row that writes the same was put here.
    fn is_put(&self, new: &Row) -> bool {
        self.rows.iter().any(|row| is_same(row, new))
    }
}

/// The items of an extension take the place of those that write the same: of several rows each takes
/// the place of one, and what is more stands behind them. Second choices (`if-empty`) stand for second
/// choices, unless there is nothing else.
fn merge(base: &mut Vec<Item>, items: Vec<Item>) {
    let mut all: Vec<Slot> = base.drain(..).map(Slot::new).collect();
    for item in items {
        match item {
            Item::Row(row) => put(&mut all, *row),
            Item::Each(each) => {
                let held = all.iter_mut().find_map(|slot| match &mut slot.item {
                    Item::Each(held) if same_loop(held, &each) => Some(held),
                    _ => None,
                });
                match held {
                    Some(held) => {
                        if !each.when.is_empty() {
                            held.when = each.when;
                        }
                        if !each.by.is_empty() {
                            held.by = each.by;
                        }
                        merge(&mut held.items, each.items);
                    }
                    None => all.push(Slot::new(Item::Each(each))),
                }
            }
            other => all.push(Slot::new(other)),
        }
    }
    base.extend(all.into_iter().map(|slot| slot.item));
}

fn put(all: &mut Vec<Slot>, row: Row) {
    let alike = |slot: &Slot| {
        matches!(&slot.item, Item::Row(held) if held.if_empty == row.if_empty) && slot.is_held(&row)
    };
    let put = all.iter().rposition(|slot| slot.is_put(&row));
    let held = all.iter().position(alike);
    let held = held.or_else(|| match put {
        Some(_) => None,
        None => all.iter().position(|slot| slot.is_held(&row)),
    });
    let mut slot = Slot::new(Item::Row(Box::new(row.clone())));
    slot.rows.push(row);
    match (held, put) {
        (Some(at), _) => {
            if let Item::Row(old) = std::mem::replace(&mut all[at], slot).item {
                all[at].rows.push(*old);
            }
        }
        (None, Some(at)) => all.insert(at + 1, slot),
        (None, None) => all.push(slot),
    }
}

fn same_loop(a: &Each, b: &Each) -> bool {
    let sides = |each: &Each| [each.sides[0].to_string(), each.sides[1].to_string()];
    (a.name.is_some() && a.name == b.name) || sides(a) == sides(b)
}

/// What a row writes, by side.
fn written(row: &Row) -> impl Iterator<Item = (usize, String)> + '_ {
    let sides: &[usize] = match row.arrow {
        Arrow::Both => &[0, 1],
        Arrow::Forth => &[1],
        Arrow::Back => &[0],
    };
    let place = |at: &usize| {
        let operand = &row.sides[*at];
        let is_place = matches!(operand, Operand::Path(_) | Operand::Paths(_));
        is_place.then(|| (*at, operand.to_string()))
    };
    sides.iter().filter_map(place)
}

fn is_same(held: &Row, new: &Row) -> bool {
    if new.name.is_some() {
        return held.name == new.name;
    }
    written(held).any(|place| written(new).any(|other| other == place))
}

fn drop_row(items: &mut Vec<Item>, path: &str) -> bool {
    let before = items.len();
    items.retain(|item| match item {
        Item::Row(row) => {
            row.name.as_deref() != Some(path) && !written(row).any(|(_, place)| place == path)
        }
        Item::Each(each) => {
            each.name.as_deref() != Some(path)
                && each.sides.iter().all(|side| side.to_string() != path)
        }
        _ => true,
    });
    let mut dropped = items.len() < before;
    for item in items {
        if let Item::Each(each) = item {
            dropped |= drop_row(&mut each.items, path);
        }
    }
    dropped
}
