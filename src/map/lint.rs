//! What maps write or ask that the specs of their sides do not know: codes, and codes for numbers. Asked
//! for by those who write maps, not when one runs.

use super::ast::{Against, Arrow, At, Each, Item, Operand, Path, PathStep, Row, Selector, Step};
use super::explain::field;
use super::side::{FieldId, Of, Side};
use super::{Lint, Map};
use crate::spec::Specs;
use crate::spec::model::CodeList;
use crate::spec::release::Release;

/// Codes named at most in one lint.
const SHOWN: usize = 5;

/// What is not wrong in a map, but may not be meant, as far as codes and numbers go.
pub(super) fn lints(map: &Map) -> Vec<Lint> {
    let mut found = Found {
        specs: &map.specs,
        sides: map.sides.clone(),
        versions: map.versions,
        lints: Vec::new(),
    };
    found.items(&map.text.map.items, [0, 0]);
    found.lints
}

struct Found<'m> {
    specs: &'m Specs,
    sides: [Side; 2],
    versions: [u8; 2],
    lints: Vec<Lint>,
}

impl Found<'_> {
    fn items(&mut self, items: &[Item], at: [FieldId; 2]) {
        for item in items {
            match item {
                Item::Row(row) => self.row(row, at),
                Item::Each(each) => self.each(each, at),
                _ => {}
            }
        }
    }

    fn each(&mut self, each: &Each, at: [FieldId; 2]) {
        let mut inner = [0, 0];
        for side in [0, 1] {
            self.selectors(side, &each.sides[side], at[side]);
            inner[side] = field(&each.sides[side], &mut self.sides[side], at[side]).unwrap_or(0);
        }
        for row in &each.by {
            self.row(row, inner);
        }
        self.items(&each.items, inner);
    }

    fn row(&mut self, row: &Row, at: [FieldId; 2]) {
        let mut fields = [None, None];
        for side in [0, 1] {
            let paths = match &row.sides[side] {
                Operand::Path(path) => std::slice::from_ref(path),
                Operand::Paths(paths) => paths,
                _ => &[],
            };
            for path in paths {
                self.selectors(side, path, at[side]);
            }
            if let [path] = paths {
                fields[side] = field(path, &mut self.sides[side], at[side]);
            }
        }
        for side in [0, 1] {
            if let (Operand::Text(text), Some(other)) = (&row.sides[side], fields[1 - side])
                && row.steps.is_empty()
            {
                self.codes(1 - side, other, &[text], &row.at);
            }
        }
        // The codes of the first step are those of what is read from the left, of the last what is
        // written to the right; of a row that goes left it is the other way round.
        let ends = match row.arrow {
            Arrow::Back => [row.steps.last(), row.steps.first()],
            _ => [row.steps.first(), row.steps.last()],
        };
        for side in [0, 1] {
            let (Some(Step::Codes(pairs)), Some(of)) = (ends[side], fields[side]) else {
                continue;
            };
            let left = (side == 0) == (row.arrow != Arrow::Back);
            let codes = pairs
                .iter()
                .map(|(a, b)| &**if left { a } else { b })
                .collect::<Vec<_>>();
            self.codes(side, of, &codes, &row.at);
        }
        if row.steps.is_empty()
            && let [Some(left), Some(right)] = fields
        {
            self.kinds(row, [left, right]);
        }
    }

    /// Values that selectors ask for or write.
    fn selectors(&mut self, side: usize, path: &Path, at: FieldId) {
        let mut so_far = Path {
            from: path.from,
            steps: Vec::new(),
            at: path.at.clone(),
        };
        for step in &path.steps {
            so_far.steps.push(PathStep {
                selector: None,
                ..step.clone()
            });
            let Some(Selector::All(tests)) = &step.selector else {
                continue;
            };
            for test in tests {
                let (Against::Values(values) | Against::NoneOf(values)) = &test.against else {
                    continue;
                };
                let mut tested = so_far.clone();
                tested.steps.extend(test.path.iter().cloned());
                if let Some(of) = field(&tested, &mut self.sides[side], at) {
                    let values: Vec<&str> = values.iter().map(|value| &**value).collect();
                    self.codes(side, of, &values, &step.at);
                }
            }
        }
    }

    /// Says which of these are no codes of a field.
    fn codes(&mut self, side: usize, of: FieldId, codes: &[&str], at: &At) {
        let of_side = &self.sides[side];
        let Some(list) = of_side
            .get(of)
            .value
            .as_ref()
            .and_then(|value| value.codes.as_ref())
        else {
            return;
        };
        let release = self.release(side);
        let Ok(known) = self.specs.code_set(list, release, self.versions[side]) else {
            return;
        };
        if known.is_empty() {
            return;
        }
        let unknown: Vec<String> = codes
            .iter()
            .filter(|code| !known.contains(code.as_bytes()))
            .map(|code| format!("{code:?}"))
            .collect();
        if unknown.is_empty() {
            return;
        }
        let name = of_side.path(of);
        let from = match list {
            CodeList::Table(table) => [format!(" (table {table})"), format!("（代码表 {table}）")],
            _ => [String::new(), String::new()],
        };
        let more = if unknown.len() > SHOWN { ", …" } else { "" };
        let shown = unknown[..unknown.len().min(SHOWN)].join(", ");
        let en = match unknown.len() {
            1 => format!("{shown} is none of the codes of {name}{}", from[0]),
            _ => format!("{shown}{more} are none of the codes of {name}{}", from[0]),
        };
        let zh = format!("{shown}{more} 不在 {name} 的代码之列{}", from[1]);
        self.say(Lint::new(at, en, zh));
    }

    /// Says where codes that are no numbers are written for a number.
    fn kinds(&mut self, row: &Row, fields: [FieldId; 2]) {
        for (from, to, runs) in [(0, 1, Arrow::Forth), (1, 0, Arrow::Back)] {
            if row.arrow != Arrow::Both && row.arrow != runs {
                continue;
            }
            let number = self.sides[to].get(fields[to]).value.as_ref();
            if !number.is_some_and(|value| value.numeric && value.patterns.is_empty()) {
                continue;
            }
            let Some(code) = self.no_number(from, fields[from]) else {
                continue;
            };
            let names = [from, to].map(|side| self.sides[side].path(fields[side]));
            let en = format!(
                "{} holds codes as {code:?}, {} is a number",
                names[0], names[1]
            );
            let zh = format!("{} 是代码（如 {code:?}），{} 是数字", names[0], names[1]);
            self.say(Lint::new(&row.at, en, zh));
        }
    }

    /// A code of a field that is no number.
    fn no_number(&self, side: usize, of: FieldId) -> Option<Box<str>> {
        let of_side = &self.sides[side];
        let codes = match of_side.get(of).value.as_ref()?.codes.as_ref()? {
            CodeList::Values(values) => values.clone(),
            CodeList::Directory(element) => {
                let version = self.versions[side];
                self.specs
                    .codes(element, self.release(side), version)
                    .ok()?
            }
            CodeList::Table(_) => return None,
        };
        let mut codes = codes.into_iter().map(|(code, _)| code);
        codes.find(|code| {
            !code
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte))
        })
    }

    fn release(&self, side: usize) -> Option<Release> {
        match &self.sides[side].of {
            Of::Edifact { release, .. } => self.specs.releases().find(release),
            _ => None,
        }
    }

    fn say(&mut self, lint: Lint) {
        if !self.lints.contains(&lint) {
            self.lints.push(lint);
        }
    }
}
