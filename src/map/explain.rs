//! A map as a table, for people: source, target, steps, direction.

use super::ast::{Arrow, Direction, Item, Path};
use super::program::{Class, Why};
use super::side::{FieldId, Side};
use super::{Map, ast};
use crate::finding::Lang;
use crate::spec::model::Label;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How deep it stands in loops.
    pub depth: usize,
    /// Whether it is a loop.
    pub is_loop: bool,
    /// What stands left, and its name for people.
    pub left: (String, Label),
    /// `<->`, `->` or `<-`.
    pub arrow: &'static str,
    /// What stands right, and its name for people.
    pub right: (String, Label),
    /// What happens on the way.
    pub steps: Vec<String>,
    /// Conditions, defaults, keys.
    pub notes: Vec<String>,
    /// What it may lose, where it is lossy.
    pub lossy: Option<Label>,
    /// The line of the text.
    pub line: u32,
}

/// A map as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its rows.
    pub rows: Vec<Row>,
    /// What is known not to be carried: side, path, why.
    pub uncarried: Vec<(&'static str, String, Label)>,
}

impl Map {
    /// The map as a table.
    #[must_use]
    pub fn explain(&self) -> Explained {
        let mut sides = self.sides.clone();
        let mut told = Explained {
            rows: Vec::new(),
            uncarried: Vec::new(),
        };
        explain(&self.text.map.items, &mut sides, [0, 0], 0, &mut told);
        told
    }

    /// How a direction runs, in words; `None` where the map has no rows for it.
    #[must_use]
    pub fn class(&self, direction: Direction, lang: Lang) -> Option<String> {
        let program = self.program(direction)?;
        let (en, zh) = match &program.class {
            Class::Streams { each, spools, .. } => {
                let super::program::Op::Each(op) = &program.body.ops[*each] else {
                    return None;
                };
                let field = program.wanted.nodes[op.from.node as usize].field;
                let path = program.source.path(field);
                match spools {
                    false => (
                        format!("streams: every {path} is written when it ends"),
                        format!("流式：每个 {path} 结束即写出"),
                    ),
                    true => (
                        format!(
                            "streams in two passes: every {path} is put aside, because what is written before it is known only behind it"
                        ),
                        format!("两遍流式：每个 {path} 先暂存，因为写在它之前的内容要到最后才知道"),
                    ),
                }
            }
            Class::Whole(why) => {
                let (en, zh) = match why {
                    Why::NoLoop => ("it has no loop", "没有循环"),
                    Why::ReadsBehind => (
                        "its loop reads what stands behind its groups or repeats around them",
                        "循环要读取其组之后的内容，或其外层会重复",
                    ),
                    Why::ReadInside => (
                        "a row outside the loop reads what stands in it",
                        "循环之外的行要读取循环内的内容",
                    ),
                    Why::Keyed => ("its loop puts groups together by keys", "循环按键归并"),
                };
                (
                    format!("holds a message as a whole: {en}"),
                    format!("整报文处理：{zh}"),
                )
            }
        };
        Some(match lang {
            Lang::En => en,
            Lang::Zh => zh,
        })
    }
}

fn explain(
    items: &[Item],
    sides: &mut [Side; 2],
    at: [FieldId; 2],
    depth: usize,
    told: &mut Explained,
) {
    for item in items {
        match item {
            Item::Row(row) => {
                let mut notes = Vec::new();
                for (arrow, cel) in &row.when {
                    notes.push(format!("when {}{}", way(*arrow, row.arrow), cel.text));
                }
                for (arrow, value) in &row.default {
                    notes.push(format!("default {}{value:?}", way(*arrow, row.arrow)));
                }
                if row.adds {
                    notes.push("add".to_owned());
                }
                told.rows.push(Row {
                    depth,
                    is_loop: false,
                    left: side(&row.sides[0], &mut sides[0], at[0]),
                    arrow: row.arrow.as_str(),
                    right: side(&row.sides[1], &mut sides[1], at[1]),
                    steps: row.steps.iter().map(ToString::to_string).collect(),
                    notes,
                    lossy: row.lossy.clone(),
                    line: row.at.line,
                });
            }
            Item::Each(each) => {
                let inner = [
                    field(&each.sides[0], &mut sides[0], at[0]).unwrap_or(0),
                    field(&each.sides[1], &mut sides[1], at[1]).unwrap_or(0),
                ];
                let mut notes = Vec::new();
                for (arrow, cel) in &each.when {
                    notes.push(format!("when {}{}", way(*arrow, each.arrow), cel.text));
                }
                for key in &each.by {
                    notes.push(format!("by {}", key.text));
                }
                let named =
                    |of: &Path, side: &Side, at: FieldId| (of.to_string(), side.label(at).clone());
                told.rows.push(Row {
                    depth,
                    is_loop: true,
                    left: named(&each.sides[0], &sides[0], inner[0]),
                    arrow: each.arrow.as_str(),
                    right: named(&each.sides[1], &sides[1], inner[1]),
                    steps: Vec::new(),
                    notes,
                    lossy: None,
                    line: each.at.line,
                });
                explain(&each.items, sides, inner, depth + 1, told);
            }
            Item::Uncarried(of) => {
                let name = if of.side == 0 { "left" } else { "right" };
                let side = &mut sides[of.side];
                let path = match field(&of.path, side, at[of.side]) {
                    Some(found) => side.path(found),
                    None => of.path.to_string(),
                };
                told.uncarried.push((name, path, of.reason.clone()));
            }
            Item::Total(_) | Item::Include { .. } => {}
        }
    }
}

fn way(arrow: Arrow, of: Arrow) -> String {
    match arrow == of {
        true => String::new(),
        false => format!("{} ", arrow.as_str()),
    }
}

fn side(operand: &ast::Operand, side: &mut Side, at: FieldId) -> (String, Label) {
    let path = match operand {
        ast::Operand::Path(path) => Some(path),
        ast::Operand::Paths(paths) => paths.first(),
        _ => None,
    };
    let found = path.and_then(|path| field(path, side, at));
    let label = found.map(|found| side.label(found).clone());
    (operand.to_string(), label.unwrap_or_default())
}

/// The field that a path leads to, its selectors aside.
pub(super) fn field(path: &Path, side: &mut Side, at: FieldId) -> Option<FieldId> {
    let mut field = match path.from {
        ast::From::Here => at,
        ast::From::Message => 0,
        ast::From::Up(levels) => {
            let mut field = at;
            for _ in 0..levels {
                field = side.get(field).parent;
            }
            field
        }
    };
    for step in &path.steps {
        field = match side.numbered(field, &step.name) {
            Some((found, _)) => found,
            None => side.child(field, &step.name)?,
        };
    }
    Some(field)
}
