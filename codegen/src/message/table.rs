//! A table of fields as a message.

use std::collections::BTreeMap;

use baowen::spec::model::Label;
use baowen::spec::xml::{
    Attribute, Bound, Codes, Element, Format, Holds, Message, Occurs, Part, Status, Value,
};

use super::{formats, words};
use crate::{Fault, Result};

/// Whether the order of rows is that of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It is.
    AsListed,
    /// It is not known.
    Any,
}

/// A row, cells by the names of their columns.
pub(super) struct Row<'t> {
    line: usize,
    cells: BTreeMap<&'t str, &'t str>,
}

impl<'t> Row<'t> {
    pub(super) fn get(&self, column: &str) -> &'t str {
        self.cells.get(column).copied().unwrap_or("").trim()
    }

    /// Cells of columns that begin with `prefix`: the rest of the name, and the cell.
    fn each(&self, prefix: &str) -> impl Iterator<Item = (&'t str, &'t str)> {
        let found = self.cells.iter().filter_map(move |(name, cell)| {
            let rest = name.strip_prefix(prefix)?;
            (!cell.is_empty()).then_some((rest, *cell))
        });
        found.collect::<Vec<_>>().into_iter()
    }
}

/// The rows of a table.
pub(super) fn rows<'t>(file: &str, text: &'t str, needed: &[&str]) -> Result<Vec<Row<'t>>> {
    let mut lines = text.trim_start_matches('\u{FEFF}').lines().enumerate();
    let (_, head) = lines
        .next()
        .ok_or_else(|| Fault::published(file, 1, "the table is empty"))?;
    let columns: Vec<&str> = head.split('\t').collect();
    for needed in needed {
        if !columns.contains(needed) {
            return Err(Fault::published(file, 1, format!("no column {needed}")));
        }
    }
    let mut found = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let cells = columns.iter().copied().zip(line.split('\t'));
        found.push(Row {
            line: number + 1,
            cells: cells.collect(),
        });
    }
    Ok(found)
}

/// Reads the table of a message.
///
/// # Errors
/// When a column is missing, a row stands below none, or a cell is none of its values.
pub fn read_table(file: &str, name: &str, text: &str, order: Order) -> Result<Message> {
    let rows = rows(file, text, &["path", "kind", "status"])?;
    let first = rows
        .first()
        .ok_or_else(|| Fault::published(file, 1, "the table has no rows"))?;
    let tag = first.get("path").split('/').next().unwrap_or("");
    let mut root = group(tag);
    root.occurs = once();
    for row in &rows {
        place(file, row, &mut root, order)?;
    }
    settle(&mut root, order);
    let mut when = Vec::new();
    for row in &rows {
        let path = row.get("path");
        let fixed = row.get("condition").strip_prefix("fixed=");
        if let Some(value) = fixed
            && path.split('/').count() == 3
            && path.contains("/Head/")
        {
            when.push(baowen::spec::xml::When {
                path: path.into(),
                value: Some(value.into()),
            });
        }
    }
    Ok(Message {
        name: name.into(),
        label: root.label.clone(),
        edition: "".into(),
        valid: "".into(),
        fidelity: "".into(),
        sources: Vec::new(),
        namespaces: Vec::new(),
        when,
        root,
    })
}

const fn once() -> Occurs {
    Occurs {
        status: Status::Mandatory,
        min: 1,
        max: Some(1),
    }
}

fn group(tag: &str) -> Element {
    Element {
        tag: tag.into(),
        occurs: Occurs {
            status: Status::Conditional,
            min: 0,
            max: Some(1),
        },
        label: Label::default(),
        attributes: Vec::new(),
        holds: Holds::Parts {
            parts: Vec::new(),
            any_order: false,
        },
        condition: "".into(),
        wco: "".into(),
        required: "".into(),
    }
}

/// The names of a row; English ones are the words of the tag where none is published.
pub(super) fn label(row: &Row<'_>, tag: &str) -> Label {
    let zh = row.get("name_zh");
    let en = match row.get("name_en") {
        "" => words::name(tag),
        en => en.to_owned(),
    };
    Label {
        en: en.replace('|', "/").into(),
        zh: zh.replace('|', "/").into(),
    }
}

/// A name without the number in front of it, which is that of a list.
fn without_number(name: &str) -> &str {
    let (number, rest) = name.split_once(' ').unwrap_or(("", name));
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { rest } else { name }
}

/// Puts a row into its place.
fn place(file: &str, row: &Row<'_>, root: &mut Element, order: Order) -> Result<()> {
    let fault = |message: String| Fault::published(file, row.line, message);
    let mut names = row.get("path").split('/');
    if names.next() != Some(&*root.tag) {
        return Err(fault(format!(
            "{} is not below {}",
            row.get("path"),
            root.tag
        )));
    }
    let names: Vec<&str> = names.collect();
    let Some((tag, above)) = names.split_last() else {
        root.label = label(row, &root.tag);
        return Ok(());
    };
    let mut at = root;
    for name in above {
        let Holds::Parts { parts, .. } = &mut at.holds else {
            return Err(fault(format!("{} is below a value", row.get("path"))));
        };
        let found = parts.iter_mut().rev().find_map(|part| match part {
            Part::Element(element) if *element.tag == **name => Some(element),
            _ => None,
        });
        at = found.ok_or_else(|| fault(format!("no row {name} stands above it")))?;
    }
    let least = row.get("min_occurs").parse::<u32>().ok();
    let status = match row.get("status") {
        // A draft may lack what a declaration must have.
        "M" if row.get("draft_required") == "N" && least == Some(0) => Status::Conditional,
        "M" => Status::Mandatory,
        "O" => Status::Optional,
        "N" => Status::Absent,
        _ => Status::Conditional,
    };
    let value = || -> Result<Value> {
        let format = formats::format(row.get("type"));
        let format = format.ok_or_else(|| fault(format!("unknown type {:?}", row.get("type"))))?;
        let mut value = Value::new(format);
        facets(row, &mut value);
        if status == Status::Mandatory {
            if let Format::Text { min, .. } = &mut value.format {
                *min = (*min).max(1);
            }
        } else {
            value.empty = !matches!(value.format, Format::Text { min: 0, .. })
                || !value.patterns.is_empty()
                || matches!(value.codes, Codes::Values(_));
        }
        Ok(value)
    };
    if let Some(name) = tag.strip_prefix('@') {
        if at.attributes.iter().all(|held| *held.name != *name) {
            at.attributes.push(Attribute {
                name: name.into(),
                mandatory: status == Status::Mandatory,
                label: label(row, tag),
                value: value()?,
            });
        }
        return Ok(());
    }
    // A tag of this project that begins with a digit would be no name.
    let tag = tag.trim_start_matches(|c: char| c.is_ascii_digit());
    let mut element = group(tag);
    element.label = label(row, tag);
    element.label.en = without_number(&element.label.en).into();
    let mandatory = u32::from(status == Status::Mandatory);
    let min = least.map_or(mandatory, |least| least.max(mandatory));
    let max = match row.get("max_occurs") {
        // How often is not published.
        "" if order == Order::Any => None,
        "" => Some(1),
        "*" => None,
        text => Some(
            text.parse()
                .map_err(|_| fault(format!("max_occurs {text:?}")))?,
        ),
    };
    element.occurs = match status {
        Status::Absent => Occurs {
            status,
            min: 0,
            max: Some(0),
        },
        status if max == Some(0) => Occurs {
            status: if status == Status::Mandatory {
                Status::Absent
            } else {
                status
            },
            min: 0,
            max: Some(0),
        },
        status => Occurs { status, min, max },
    };
    if element.occurs.max == Some(0) {
        element.occurs.status = Status::Absent;
    }
    if row.get("kind") != "group" {
        element.holds = Holds::Value(value()?);
    }
    element.wco = row.get("wco_id").into();
    let condition = row.get("condition");
    if condition.starts_with("if ") || condition.contains("exists(") {
        element.condition = condition.into();
    }
    let cases: Vec<String> = row
        .each("req:")
        .map(|(case, said)| format!("{case} {said}"))
        .collect();
    let draft = ["draft", "declare"].into_iter().filter_map(|case| {
        match (status, row.get(&format!("{case}_required"))) {
            (Status::Optional, _) | (_, "") => None,
            (_, said) => Some(format!("{case} {said}")),
        }
    });
    element.required = cases
        .into_iter()
        .chain(draft)
        .collect::<Vec<_>>()
        .join(", ")
        .into();
    let Holds::Parts { parts, .. } = &mut at.holds else {
        return Err(fault(format!("{} is below a value", row.get("path"))));
    };
    parts.push(Part::Element(element));
    Ok(())
}

/// What a row says of a value beside its format.
fn facets(row: &Row<'_>, value: &mut Value) {
    let condition = row.get("condition");
    match condition.split_once('=') {
        Some(("pattern", text)) => value.patterns.push(text.into()),
        Some(("fixed", text)) => value.fixed = Some(text.into()),
        Some(("default", text)) => value.default = Some(text.into()),
        Some(("enum", text)) => {
            let codes = text
                .split('|')
                .map(|code| (code.trim().into(), Label::default()));
            value.codes = Codes::Values(codes.collect());
        }
        _ if condition == ">0" && matches!(value.format, Format::Number { .. }) => {
            value.bounds.push((Bound::Above, "0".into()));
        }
        _ => {}
    }
    let table = code_table(row);
    if !table.is_empty() && value.codes == Codes::None {
        value.codes = Codes::Table(table.into());
    }
}

/// The table of a row, the first where there are several, by its name in `specs/codes`.
pub(super) fn code_table<'t>(row: &Row<'t>) -> &'t str {
    let cell = row.get("code_table");
    match cell.split([' ', ',', ';', '|']).next().unwrap_or("") {
        // Letters are the codes since 2018; digits are the older ones.
        "country" | "currency" if row.get("type").starts_with("n") => "",
        "container-type" => "container-size-type",
        "port-unlocode" => "unlocode",
        table => table,
    }
}

/// Groups without rows below hold anything; the order is set.
fn settle(element: &mut Element, order: Order) {
    let Holds::Parts { parts, any_order } = &mut element.holds else {
        return;
    };
    for part in parts.iter_mut() {
        if let Part::Element(element) = part {
            settle(element, order);
        }
    }
    if parts.is_empty() {
        element.holds = Holds::Anything;
    } else {
        let mut tags: Vec<&str> = Vec::new();
        let mut twice = false;
        for part in parts.iter() {
            if let Part::Element(element) = part {
                twice |= tags.contains(&&*element.tag);
                tags.push(&element.tag);
            }
        }
        *any_order = order == Order::Any && !twice && parts.len() > 1;
    }
}
