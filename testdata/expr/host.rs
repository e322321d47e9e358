//! A spec, a message and a world for tests of expressions.

use std::borrow::Cow;
use std::cell::RefCell;

use baowen::expr::{
    Answer, Column, CrosswalkId, Day, Facts, Field, Functions, Host, Kind, NodeId, Number,
    Presence, Row, Shape, Shapes, TableId, Tables, Value,
};
use baowen::finding::Lang;

/// Records with their fields, read from `spec.txt`.
pub(crate) struct Spec {
    records: Vec<(String, Vec<Known>)>,
}

struct Known {
    name: String,
    kind: Kind,
    presence: Presence,
    beside: Option<Shape>,
    slot: Option<u32>,
}

impl Spec {
    pub(crate) fn read(text: &str) -> Self {
        let names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("record "))
            .collect();
        let shape =
            |name: &str| Shape(names.iter().position(|known| *known == name).unwrap() as u32);
        let mut records: Vec<(String, Vec<Known>)> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix("record ") {
                records.push((name.to_owned(), Vec::new()));
                continue;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            records.last_mut().unwrap().1.push(Known {
                name: words[0].to_owned(),
                kind: match words[1] {
                    "text" => Kind::Text,
                    "number" => Kind::Number,
                    "any" => Kind::Any,
                    name => Kind::Record(shape(name)),
                },
                presence: match words[2] {
                    "once" => Presence::Always,
                    "maybe" => Presence::Maybe,
                    _ => Presence::Many,
                },
                beside: words.get(3).map(|name| shape(&name[1..])),
                slot: None,
            });
        }
        Self { records }
    }

    fn slots(&self, of: Shape) -> u32 {
        let known = &self.records[of.0 as usize].1;
        known.iter().filter(|known| known.slot.is_some()).count() as u32
    }

    /// The slot of a field that some expression has named.
    fn named(&self, of: Shape, name: &str) -> Option<(u32, Kind, Option<Shape>)> {
        let known = self.records[of.0 as usize]
            .1
            .iter()
            .find(|known| known.name == name)?;
        Some((known.slot?, known.kind, known.beside))
    }
}

/// The spec while expressions name its fields.
pub(crate) struct Naming<'s>(pub(crate) &'s RefCell<Spec>);

impl Shapes for Naming<'_> {
    fn field(&mut self, of: Shape, name: &str) -> Option<Field> {
        let mut spec = self.0.borrow_mut();
        let slots = spec.slots(of);
        let known = &mut spec.records[of.0 as usize].1;
        if !known.iter().any(|known| known.name == name)
            && known.iter().any(|known| known.name == "*")
        {
            known.push(Known {
                name: name.to_owned(),
                kind: Kind::Any,
                presence: Presence::Maybe,
                beside: None,
                slot: None,
            });
        }
        let found = known.iter_mut().find(|known| known.name == name)?;
        let slot = *found.slot.get_or_insert(slots);
        Some(Field {
            slot,
            kind: found.kind,
            presence: found.presence,
            beside: found.beside,
        })
    }

    fn names(&self, of: Shape) -> Vec<String> {
        let spec = self.0.borrow();
        spec.records[of.0 as usize]
            .1
            .iter()
            .map(|known| known.name.clone())
            .collect()
    }

    fn label(&self, of: Shape) -> String {
        self.0.borrow().records[of.0 as usize].0.clone()
    }
}

/// The message of `facts.txt` with what the spec has slots for.
pub(crate) fn message(spec: &Spec, text: &str) -> (Facts, NodeId) {
    let mut facts = Facts::new();
    let root = facts.root(spec.slots(Shape(0)));
    let mut open = vec![Some((root, Shape(0)))];
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let depth = (line.len() - line.trim_start().len()) / 2;
        open.truncate(depth + 1);
        let (name, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let found = open[depth].and_then(|(parent, shape)| {
            let (slot, kind, beside) = spec.named(shape, name)?;
            Some((parent, slot, kind, beside))
        });
        open.push(None);
        let Some((parent, slot, kind, beside)) = found else {
            continue;
        };
        let spot = Default::default();
        if let Kind::Record(shape) = kind {
            let node = facts.open(parent, slot, spec.slots(shape), spot);
            open[depth + 1] = Some((node, shape));
            continue;
        }
        let (value, attribute) = rest.split_once(" @").unwrap_or((rest, ""));
        let Some(beside) = beside else {
            facts.value(parent, slot, value, spot);
            continue;
        };
        let node = facts.open(parent, slot, spec.slots(beside), spot);
        facts.set_text(node, value);
        if let Some((name, value)) = attribute.split_once('=')
            && let Some((slot, ..)) = spec.named(beside, &format!("@{name}"))
        {
            facts.value(node, slot, value, spot);
        }
    }
    (facts, root)
}

/// A world with one table, one crosswalk, one register.
pub(crate) struct World;

impl Tables for World {
    fn table(&self, name: &str) -> Option<TableId> {
        (name == "country").then_some(TableId(7))
    }

    fn crosswalk(&self, from: &str, to: &str) -> Option<CrosswalkId> {
        (from == "country:alpha2" && to == "country:customs").then_some(CrosswalkId(3))
    }

    fn table_names(&self) -> Vec<String> {
        vec!["country".to_owned()]
    }

    fn crosswalk_sides(&self) -> Vec<String> {
        vec!["country:alpha2".to_owned(), "country:customs".to_owned()]
    }
}

impl Host for World {
    fn lookup(&self, table: TableId, code: &str, on: Option<Day>) -> bool {
        let ended = on.is_some_and(|day| day.year > 1991);
        table == TableId(7) && (matches!(code, "CN" | "US") || code == "SU" && !ended)
    }

    fn name(&self, _: TableId, code: &str, lang: Lang) -> Option<Cow<'_, str>> {
        match (code, lang) {
            ("CN", Lang::En) => Some("China".into()),
            ("CN", Lang::Zh) => Some("中国".into()),
            _ => None,
        }
    }

    fn crosswalk(&self, _: CrosswalkId, code: &str) -> Option<Cow<'_, str>> {
        (code == "CN").then(|| "142".into())
    }

    fn register(&self, name: &str, key: &str) -> Answer<'_> {
        match (name, key) {
            ("licence", "M2026-001") => Answer::Row(Cow::Owned(Row {
                columns: vec![
                    ("holder".into(), Column::Text("A".into())),
                    ("balance".into(), Column::Text("40.5".into())),
                    ("used".into(), Column::Number(Number::from(2))),
                ],
            })),
            ("licence", _) => Answer::NoSuchKey,
            _ => Answer::NotAvailable,
        }
    }

    fn context(&self, key: &str) -> Option<Cow<'_, str>> {
        (key == "sender").then(|| "PORT".into())
    }

    fn today(&self) -> Option<Day> {
        Some(Day {
            year: 2026,
            month: 3,
            day: 1,
        })
    }
}

pub(crate) fn checks() -> Functions {
    Functions::with_checks(&[("valid.even", |text| text.len().is_multiple_of(2))])
}

/// A value in words.
pub(crate) fn words(value: &Value) -> String {
    match value {
        Value::List(values) => {
            let words: Vec<String> = values.iter().map(words).collect();
            format!("[{}]", words.join(", "))
        }
        Value::Optional(None) => "absent".to_owned(),
        Value::Optional(Some(value)) => format!("present {}", words(value)),
        Value::Text(text) => format!("{text:?}"),
        value => value
            .to_text()
            .map_or_else(|| format!("{value:?}"), Cow::into_owned),
    }
}
