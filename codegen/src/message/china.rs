//! The messages of Chinese customs and the single window, from the collection of tables and schemas
//! that `specs/SOURCES.md` names, into `specs/china`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use baowen::spec::model::Label;
use baowen::spec::xml::{
    Codes, Element, Format, Holds, Message, Occurs, Part, Status, Value, When,
};
use baowen::xml::Schema;

use super::each_element;
use super::table::{self, Order, Row, read_table, rows};
use crate::{Fault, Result};

/// What an import did.
#[derive(Debug, Default)]
pub struct Report {
    /// Messages written.
    pub messages: usize,
    /// Tables written because a message takes its values from them.
    pub tables: Vec<String>,
    /// Lists of a schema that are not those of the table, with both sizes: they stand in the
    /// message itself.
    pub lists: Vec<String>,
}

/// Folder of a family.
fn folder(family: &str) -> &str {
    match family {
        "cross-border-ecommerce" | "transport-envelope" => "cross-border",
        "origin-certificate" => "origin",
        "manifest-road" | "manifest-sea" | "declaration" | "processing-trade" | "inspection" => {
            family
        }
        _ => "data-items",
    }
}

/// Name and edition of a message by the name of its table.
fn edition<'n>(name: &'n str, family: &str) -> (&'n str, &'n str) {
    for edition in ["2018-113", "2022-05"] {
        if let Some(name) = name.strip_suffix(edition) {
            return (name.trim_end_matches('_'), edition);
        }
    }
    if let Some(name) = name.strip_suffix("_v2019") {
        return (name, "2019");
    }
    match family {
        "manifest-road" if name.starts_with("MT") => (name, "V1.0"),
        "manifest-sea" => (name, "V1.1"),
        "declaration" => (name, "2018"),
        _ => (name, ""),
    }
}

/// From which year until which an edition holds, by the announcements that brought and replaced it.
fn valid(edition: &str, source: &str) -> String {
    match edition {
        "2018-113" => return "2018..2022-05".to_owned(),
        "2022-05" => return "2022-05..".to_owned(),
        "V1.1" => return "2010..2019".to_owned(),
        "2019" => return "2019..".to_owned(),
        "V1.0" => return "2013..".to_owned(),
        _ => {}
    }
    let after = source.split("GACC ").nth(1).unwrap_or("");
    let year = after.trim_start_matches("公告");
    let year: String = year.chars().take(4).collect();
    match year.bytes().all(|byte| byte.is_ascii_digit()) && year.len() == 4 {
        true => format!("{year}.."),
        false => String::new(),
    }
}

fn fidelity(text: &str) -> &'static str {
    if text.contains("data items") {
        "data-items"
    } else if text == "official" || text.starts_with("derived: official") {
        "official"
    } else {
        "partial"
    }
}

/// Imports all messages in XML of the collection in `from` into `out`; tables that they name with
/// `in` are written to `codes` where they are not there yet.
///
/// # Errors
/// When something cannot be read or written, or a table says what it may not.
pub fn import(from: &Path, out: &Path, codes: &Path) -> Result<Report> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| Fault::io(path, error));
    let index_path = from.join("messages/INDEX.tsv");
    let index = read(&index_path)?;
    let mut report = Report::default();
    let mut tables = Tables {
        from,
        known: BTreeMap::new(),
    };
    for entry in rows(
        &index_path.to_string_lossy(),
        &index,
        &["message", "family", "xsd"],
    )? {
        let (name, family) = (entry.get("message"), entry.get("family"));
        // Records of flat files, and a list of lengths that is no message.
        if family == "platform-file" || name == "Dcl_B_Io_Decl" {
            continue;
        }
        let path = from.join(format!("messages/{name}.tsv"));
        let text = read(&path)?;
        let mut message = message(
            from,
            &entry,
            &path.to_string_lossy(),
            &text,
            &mut tables,
            &mut report,
        )?;
        let (plain, edition) = edition(name, family);
        message.name = plain.into();
        message.edition = edition.into();
        message.valid = valid(edition, entry.get("source")).into();
        message.fidelity = fidelity(entry.get("fidelity")).into();
        message.label = Label {
            en: title(plain).into(),
            zh: entry.get("title_zh").replace('|', "/").into(),
        };
        if family.starts_with("cross-border") || family == "transport-envelope" {
            message.root.label.en = message.label.en.clone();
        }
        add(&mut message)?;
        message.sources.push(entry.get("source").into());
        message.sources.retain(|source| !source.is_empty());
        let namespace = entry.get("namespace");
        if family == "processing-trade" {
            message.namespaces = Vec::new();
        } else if !namespace.is_empty() {
            message.namespaces = vec![namespace.into()];
        }
        known_by(&mut message);
        let mut file = out.join(folder(family));
        if !edition.is_empty() && family != "manifest-road" && family != "declaration" {
            file = file.join(edition);
        }
        std::fs::create_dir_all(&file).map_err(|error| Fault::io(&file, error))?;
        let file = file.join(format!("{}.txt", message.name));
        let text = format!(
            "# Made by codegen from published tables and schemas.\n{}",
            message.to_text()
        );
        std::fs::write(&file, text).map_err(|error| Fault::io(&file, error))?;
        report.messages += 1;
        note_tables(&mut message.root, &mut report);
    }
    std::mem::take(&mut report.tables)
        .into_iter()
        .try_for_each(|table| {
            let path = codes.join(format!("{table}.txt"));
            if !path.exists() {
                std::fs::write(&path, tables.text(&table)?)
                    .map_err(|error| Fault::io(&path, error))?;
                report.tables.push(table);
            }
            Ok::<(), Fault>(())
        })?;
    Ok(report)
}

/// The English title of a message.
fn title(name: &str) -> &'static str {
    const TITLES: &str = include_str!("titles.txt");
    let found = TITLES.lines().find_map(|line| {
        let (known, title) = line.split_once(' ')?;
        (known == name).then_some(title)
    });
    found.unwrap_or("")
}

/// Changes what the table of a message has otherwise than messages in traffic.
fn add(message: &mut Message) -> Result<()> {
    const FILE: &str = "china-additions.txt";
    const ADDITIONS: &str = include_str!("china-additions.txt");
    for (number, line) in ADDITIONS.lines().enumerate() {
        let said = line.split('#').next().unwrap_or("");
        let words: Vec<&str> = said.split_whitespace().collect();
        let [name, place, keyword, value @ ..] = &*words else {
            continue;
        };
        if **name != *message.name {
            continue;
        }
        let root = message.root.tag.to_string();
        let mut met = false;
        each_element(&mut message.root, &root, &mut |element, path| {
            let here = path.ends_with(place)
                && (path.len() == place.len()
                    || path.as_bytes()[path.len() - place.len() - 1] == b'/');
            if !here {
                return;
            }
            match (*keyword, value) {
                ("tag", [tag]) => {
                    element.tag = (*tag).into();
                    met = true;
                }
                ("empty", []) => {
                    if let Holds::Value(value) = &mut element.holds {
                        value.empty = true;
                        met = true;
                    }
                }
                ("uncoded", []) => {
                    if let Holds::Value(value) = &mut element.holds {
                        value.codes = Codes::None;
                        met = true;
                    }
                }
                ("table", tables) => {
                    if let Holds::Value(value) = &mut element.holds {
                        value.codes = Codes::Table(tables.join(" ").into());
                        met = true;
                    }
                }
                ("add", [tag, format]) => {
                    let (Some(format), Holds::Parts { parts, .. }) =
                        (Format::parse(format), &mut element.holds)
                    else {
                        return;
                    };
                    parts.push(Part::Element(optional(tag, format)));
                    met = true;
                }
                ("gather", [first, tag, count, zh]) => {
                    let (count, most) = match count.strip_suffix('*') {
                        Some(count) => (count, None),
                        None => (*count, Some(1)),
                    };
                    met |= count.parse().is_ok_and(|count| {
                        gather(element, first, count, &|group| {
                            group.tag = (*tag).into();
                            group.label.zh = (*zh).into();
                            group.label.en = super::words::name(tag).into();
                            group.occurs.max = most;
                        })
                    });
                }
                _ => {}
            }
        });
        if !met {
            let message = format!(
                "{place} is not there, or {keyword} is none of tag, add, empty, uncoded, gather"
            );
            return Err(Fault::published(FILE, number + 1, message));
        }
    }
    Ok(())
}

/// Puts `count` elements from `first` on into a group of which `say` says name and number, where the numbers are dropped
/// that kept their names apart; what stands beside it and in it is there once. `false` where there
/// are not so many.
fn gather(element: &mut Element, first: &str, count: usize, say: &dyn Fn(&mut Element)) -> bool {
    let Holds::Parts { parts, any_order } = &mut element.holds else {
        return false;
    };
    let named = |part: &Part, name: &str| matches!(part, Part::Element(of) if *of.tag == *name);
    let Some(start) = parts.iter().position(|part| named(part, first)) else {
        return false;
    };
    if start + count > parts.len() {
        return false;
    }
    for part in parts.iter_mut() {
        if let Part::Element(Element {
            occurs,
            holds: Holds::Value(_),
            ..
        }) = part
        {
            occurs.max = occurs.max.or(Some(1));
        }
    }
    let mut inner: Vec<Part> = parts.drain(start..start + count).collect();
    for at in 0..inner.len() {
        let Part::Element(element) = &inner[at] else {
            continue;
        };
        let plain = element.tag.trim_end_matches(|c: char| c.is_ascii_digit());
        let plain: Box<str> = plain.into();
        if inner.iter().all(|part| !named(part, &plain))
            && let Part::Element(element) = &mut inner[at]
        {
            element.tag = plain;
        }
    }
    let mut group = optional(first, Format::Builtin("string".into()));
    group.occurs.status = Status::Conditional;
    say(&mut group);
    group.holds = Holds::Parts {
        parts: inner,
        any_order: *any_order,
    };
    parts.insert(start, Part::Element(group));
    true
}

/// An optional element of a value.
fn optional(tag: &str, format: Format) -> Element {
    Element {
        tag: tag.into(),
        occurs: Occurs {
            status: Status::Optional,
            min: 0,
            max: Some(1),
        },
        label: Label {
            en: super::words::name(tag).into(),
            zh: "".into(),
        },
        attributes: Vec::new(),
        holds: Holds::Value(Value::new(format)),
        condition: "".into(),
        wco: "".into(),
        required: "".into(),
    }
}

/// The tables that a message takes its values from.
fn note_tables(root: &mut Element, report: &mut Report) {
    let mut note = |value: &Value| {
        if let Codes::In(table) = &value.codes
            && report.tables.iter().all(|held| **held != **table)
        {
            report.tables.push(table.to_string());
        }
    };
    each_element(root, "", &mut |element, _| {
        if let Holds::Value(value) = &element.holds {
            note(value);
        }
        for attribute in &element.attributes {
            note(&attribute.value);
        }
    });
}

fn message(
    from: &Path,
    entry: &Row<'_>,
    file: &str,
    text: &str,
    tables: &mut Tables<'_>,
    report: &mut Report,
) -> Result<Message> {
    let family = entry.get("family");
    let xsd = entry.get("xsd");
    let order = match family {
        "manifest-sea" | "manifest-road" | "origin-certificate" => Order::AsListed,
        _ => Order::Any,
    };
    let data_items = entry.get("fidelity").contains("data items");
    // Schemas of the sea manifest have no types, those of the declaration are known to be wrong.
    let usable = !xsd.is_empty() && !xsd.contains('(') && family != "manifest-sea";
    if !usable {
        let order = if data_items { Order::Any } else { order };
        return read_table(file, entry.get("message"), text, order);
    }
    let schema = Schema::load(from.join(xsd))?;
    let listed = rows(file, text, &["path", "kind", "status"])?;
    let root = listed.first().map_or("", |row| row.get("path"));
    let namespaces: Vec<String> = schema
        .roots()
        .iter()
        .filter(|(_, local)| *local == root)
        .map(|(namespace, _)| (*namespace).to_owned())
        .collect();
    let namespace = namespaces.first().map_or("", |of| &**of);
    let outline = schema.outline(namespace, root);
    let mut message = outline?;
    let by_path: BTreeMap<&str, &Row<'_>> =
        listed.iter().map(|row| (row.get("path"), row)).collect();
    let mut fault = None;
    each_element(&mut message.root, root, &mut |element, path| {
        element.label = Label::default();
        let row = by_path.get(path);
        if let Some(row) = row {
            element.label = table::label(row, &element.tag);
            element.wco = row.get("wco_id").into();
        } else {
            element.label.en = super::words::name(&element.tag).into();
        }
        if let Holds::Value(value) = &mut element.holds {
            value.means = means(value).into();
            let table = table_of(family, row);
            if let Err(error) = list(value, table, tables, report, path) {
                fault.get_or_insert(error);
            }
        }
        for attribute in &mut element.attributes {
            let path = format!("{path}/@{}", attribute.name);
            let row = by_path.get(&*path);
            attribute.label = match row {
                Some(row) => table::label(row, &attribute.name),
                None => Label {
                    en: super::words::name(&attribute.name).into(),
                    zh: "".into(),
                },
            };
            let table = table_of(family, row);
            if let Err(error) = list(&mut attribute.value, table, tables, report, &path) {
                fault.get_or_insert(error);
            }
        }
    });
    match fault {
        Some(fault) => Err(fault),
        None => Ok(message),
    }
}

/// The table of a row. Messages of e-commerce have the older codes of countries and currencies, of
/// three digits, which no table has in its first column.
fn table_of<'t>(family: &str, row: Option<&&Row<'t>>) -> &'t str {
    let table = row.map_or("", |row| table::code_table(row));
    let older = family.starts_with("cross-border") && matches!(table, "country" | "currency");
    if older { "" } else { table }
}

/// The formats of dates that a long expression stands for.
fn means(value: &Value) -> &'static str {
    let Some(pattern) = value
        .patterns
        .iter()
        .find(|pattern| pattern.contains("0229"))
    else {
        return "";
    };
    if pattern.ends_with("{0,1}") {
        "CCYYMMDD/CCYYMMDDhhmmss/CCYYMMDDhhmmssfff/CCYYMMDDhhmm086"
    } else if pattern.contains("086") {
        "CCYYMMDDhhmmss/CCYYMMDDhhmmssfff/CCYYMMDDhhmm086"
    } else {
        "CCYYMMDDhhmmssfff"
    }
}

/// Codes of a schema: those of a table are taken from there, others get their names from it.
fn list(
    value: &mut Value,
    table: &str,
    tables: &mut Tables<'_>,
    report: &mut Report,
    path: &str,
) -> Result<()> {
    if table.is_empty() {
        return Ok(());
    }
    let Codes::Values(values) = &mut value.codes else {
        value.codes = Codes::Table(table.into());
        return Ok(());
    };
    let Some(rows) = tables.get(table)? else {
        return Ok(());
    };
    if value.fixed.is_some() {
        // The one value says more than the list.
        value.codes = Codes::None;
        return Ok(());
    }
    let within = values.iter().all(|(code, _)| rows.contains_key(&**code));
    // A list as published has a few codes that the schema of the same edition lacks.
    let same = within && rows.len() <= values.len() + 5;
    if same && values.len() > 3 {
        value.codes = Codes::In(table.into());
        return Ok(());
    }
    if !same && values.len() > 40 {
        let known = values
            .iter()
            .filter(|(code, _)| rows.contains_key(&**code))
            .count();
        report.lists.push(format!(
            "{path}: {} codes, {known} of them in {table} of {}",
            values.len(),
            rows.len()
        ));
    }
    for (code, label) in values {
        if let Some(known) = rows.get(&**code) {
            *label = known.clone();
        }
    }
    Ok(())
}

/// Code tables of the collection, read when they are first asked for.
struct Tables<'f> {
    from: &'f Path,
    known: BTreeMap<String, Option<BTreeMap<String, Label>>>,
}

impl Tables<'_> {
    fn get(&mut self, table: &str) -> Result<Option<&BTreeMap<String, Label>>> {
        if !self.known.contains_key(table) {
            let read = self.read(table)?;
            self.known.insert(table.to_owned(), read);
        }
        Ok(self.known[table].as_ref())
    }

    fn read(&self, table: &str) -> Result<Option<BTreeMap<String, Label>>> {
        let path = self.from.join(format!("codes/{table}.tsv"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            return Ok(None);
        };
        let rows = rows(&path.to_string_lossy(), &text, &["code"])?;
        let each = rows.iter().map(|row| {
            let label = Label {
                en: row.get("name_en").into(),
                zh: row.get("name_zh").into(),
            };
            (row.get("code").to_owned(), label)
        });
        Ok(Some(each.collect()))
    }

    /// A table as `specs/codes` has it.
    fn text(&self, table: &str) -> Result<String> {
        let index_path = self.from.join("codes/INDEX.tsv");
        let index =
            std::fs::read_to_string(&index_path).map_err(|error| Fault::io(&index_path, error))?;
        let index = rows(&index_path.to_string_lossy(), &index, &["table"])?;
        let entry = index.iter().find(|row| row.get("table") == table);
        let said = |column: &str| entry.map_or("", |row| row.get(column));
        let path = self.from.join(format!("codes/{table}.tsv"));
        let text = std::fs::read_to_string(&path).map_err(|error| Fault::io(&path, error))?;
        let mut out = format!(
            "table {table}\n  title-zh  {}\n  source  {}\n  columns  code  en  zh\nrows\n",
            said("title_zh"),
            said("source")
        );
        for row in rows(&path.to_string_lossy(), &text, &["code"])? {
            let _ = writeln!(
                out,
                "{}\t{}\t{}",
                row.get("code"),
                row.get("name_en"),
                row.get("name_zh")
            );
        }
        Ok(out)
    }
}

/// What tells a message from others with the same root: its kind in the head, or the element that
/// is named as it.
fn known_by(message: &mut Message) {
    let mut found: Vec<When> = Vec::new();
    let root = message.root.tag.to_string();
    let name = message.name.to_string();
    each_element(&mut message.root.clone(), &root, &mut |element, path| {
        let fixed = match &element.holds {
            Holds::Value(value) => value.fixed.clone(),
            _ => None,
        };
        let in_head = path
            .strip_suffix("Head/FunctionCode")
            .or(path.strip_suffix("Head/MessageType"));
        let value = match &fixed {
            Some(value) if in_head.is_some() => Some(value.clone()),
            _ if path.ends_with("/EnvelopInfo/message_type") => Some(name.clone().into()),
            _ if *element.tag == *name && path.contains('/') => None,
            _ if path == "Manifest/Response" || path == "Manifest/Declaration" => None,
            _ => return,
        };
        found.push(When {
            path: path.into(),
            value,
        });
    });
    // What the message is called by is said first.
    found.sort_by_key(|when| match &*when.path {
        path if path.ends_with("essageType") || path.ends_with("/message_type") => 0,
        path if path.ends_with("FunctionCode") => 2,
        _ => 1,
    });
    message.when = found;
}
