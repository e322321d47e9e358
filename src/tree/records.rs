//! The tree of a flat file.

use super::Node;
use crate::Result;
use crate::charset::Charset;
use crate::finding::{Lang, Value};
use crate::flat::{Piece, Pieces, Reading, Record};
use crate::spec::flat::{self, Layout};
use crate::spec::model::{CodeList, Label};

/// The tree of a flat file: its records, each in the nearest record before it that may hold it, and
/// their fields. Names for people are in the language asked for. `baowen check` says what is
/// wrong with it.
///
/// # Errors
/// None today: bytes that are no record are left out.
pub fn of_records(input: &[u8], reading: &Reading, lang: Lang) -> Result<Node> {
    let layout = reading.layout.as_deref();
    let name = if reading.message.is_empty() {
        "Flat"
    } else {
        &*reading.message
    };
    let mut root = node(name);
    if let Some(layout) = layout {
        root.label = label(&layout.label, lang);
    }
    // The open records, outermost first, with their numbers in the layout.
    let mut open: Vec<(Option<usize>, Node)> = Vec::new();
    for piece in Pieces::new(input, reading.options.clone()) {
        let Piece::Record(record) = piece else {
            continue;
        };
        if record.content().is_empty() {
            continue;
        }
        let of = layout.and_then(|layout| find(layout, &record, &open));
        let parent = of.and_then(|of| layout?.records[of].parent);
        let depth = match parent {
            Some(parent) => open.iter().rposition(|held| held.0 == Some(parent)),
            None => None,
        };
        close(&mut root, &mut open, depth.map_or(0, |depth| depth + 1));
        let spec = of.and_then(|of| layout.map(|layout| &layout.records[of]));
        open.push((of, tree(&record, spec, reading.charset, lang)));
    }
    close(&mut root, &mut open, 0);
    Ok(root)
}

/// The record of the layout that one with this id is: of several the one whose parent is open
/// deepest.
fn find(layout: &Layout, record: &Record<'_>, open: &[(Option<usize>, Node)]) -> Option<usize> {
    let records = layout.records.iter().enumerate();
    let same = records.filter(|(_, held)| held.id.as_bytes() == record.id());
    let depth = |of: &flat::Record| {
        let parent = of.parent?;
        open.iter().rposition(|held| held.0 == Some(parent))
    };
    same.max_by_key(|(_, held)| depth(held)).map(|(at, _)| at)
}

/// Puts open records into those around them until so many are open.
fn close(root: &mut Node, open: &mut Vec<(Option<usize>, Node)>, depth: usize) {
    while open.len() > depth {
        let Some((_, mut ended)) = open.pop() else {
            return;
        };
        let around = open.last_mut().map_or(&mut *root, |held| &mut held.1);
        let same = around.children.iter().rev();
        let before = same
            .filter(|child| child.name == ended.name)
            .map(|child| child.occurrence);
        ended.occurrence = before.max().unwrap_or(0) + 1;
        around.children.push(ended);
    }
}

fn node(name: &str) -> Node {
    Node {
        name: name.into(),
        label: Box::default(),
        occurrence: 1,
        value: None,
        meaning: None,
        children: Vec::new(),
    }
}

fn label(label: &Label, lang: Lang) -> Box<str> {
    let (first, second) = match lang {
        Lang::En => (&label.en, &label.zh),
        Lang::Zh => (&label.zh, &label.en),
    };
    if first.is_empty() { second } else { first }.clone()
}

fn tree(record: &Record<'_>, spec: Option<&flat::Record>, charset: Charset, lang: Lang) -> Node {
    let mut held = node(&format!("R_{}", String::from_utf8_lossy(record.id())));
    if let Some(spec) = spec {
        held.label = label(&spec.label, lang);
    }
    for (at, field) in record.fields().enumerate().skip(1) {
        let value = field.value();
        if value.is_empty() {
            continue;
        }
        let place = at + 1;
        let spec = spec.and_then(|spec| spec.field_at(place));
        let number = spec.map_or(place, |(field, _)| usize::from(field.number));
        let mut child = node(&format!("F_{number}"));
        child.occurrence = spec.map_or(1, |(_, nth)| nth as u32);
        let text = charset.decode(&value);
        if let Some((spec, _)) = spec {
            child.label = label(&spec.label, lang);
            if let Some(CodeList::Values(values)) = &spec.codes {
                let mut values = values.iter();
                let found = values.find(|(code, _)| text.as_deref() == Some(&**code));
                let meaning = found.map(|(_, meaning)| meaning.clone());
                child.meaning = meaning.filter(|meaning| !meaning.is_empty());
            }
        }
        child.value = Some(match text {
            Some(text) => Value::Text(text.into()),
            None => Value::Bytes(value.into()),
        });
        held.children.push(child);
    }
    held
}
