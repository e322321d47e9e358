//! Finds the text of a map: files of the base and of layers, extensions, fragments.

use super::Text;
use super::ast::{Arrow, Each, Entry, Fragment, Item, Map, Operand, Row};
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
    fragments: Vec<Fragment>,
}

impl Loaded {
    /// What the base and its layers have.
    pub(super) fn of(specs: &Specs) -> Result<Self> {
        let mut loaded = Self::default();
        for (file, text, layer) in specs.map_files() {
            loaded.add(&file, &text, layer)?;
        }
        Ok(loaded)
    }

    /// Takes in a file.
    pub(super) fn add(&mut self, file: &str, text: &str, layer: bool) -> Result<()> {
        for entry in text::parse(file, text)? {
            match entry {
                Entry::Map(verb, map) => self.map(verb, map, layer)?,
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
                let base = self.maps.remove(held);
                self.maps.push(extended(base, map)?);
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
                }
                self.maps.push(map);
            }
        }
        Ok(())
    }

    /// Forgets maps, so that others of their names can be taken in.
    pub(super) fn forget(&mut self, names: &[Box<str>]) {
        self.maps.retain(|map| !names.contains(&map.name));
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

/// A base with the rows of an extension in the place of its own.
fn extended(mut base: Map, extension: Map) -> Result<Map> {
    for (path, at) in &extension.drops {
        if !drop_row(&mut base.items, path) {
            let message = format!(
                "map {} has no row that writes {path}, or of that name",
                base.name
            );
            return Err(Error::spec(&*at.file, at.line, at.column, message));
        }
    }
    for (at, side) in extension.sides.into_iter().enumerate() {
        if side.is_some() {
            base.sides[at] = side;
        }
    }
    for param in extension.params {
        match base.params.iter_mut().find(|held| held.name == param.name) {
            Some(held) => *held = param,
            None => base.params.push(param),
        }
    }
    base.limits = extension.limits.or(base.limits);
    base.uncarried.extend(extension.uncarried);
    merge(&mut base.items, extension.items);
    Ok(base)
}

fn merge(base: &mut Vec<Item>, items: Vec<Item>) {
    for item in items {
        match item {
            Item::Row(row) => {
                let same = |item: &Item| matches!(item, Item::Row(held) if is_same(held, &row));
                match base.iter().position(same) {
                    Some(at) => base[at] = Item::Row(row),
                    None => base.push(Item::Row(row)),
                }
            }
            Item::Each(each) => {
                let held = base.iter_mut().find_map(|item| match item {
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
                    None => base.push(Item::Each(each)),
                }
            }
            other => base.push(other),
        }
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
