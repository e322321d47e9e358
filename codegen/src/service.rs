//! XML forms of directories: the service directory of ISO 9735, and the deltas of late releases.

use std::collections::BTreeMap;
use std::path::Path;

use baowen::spec::Format;
use baowen::spec::model::Class;
use baowen::spec::text::{Item, ItemKind, Part, parse_format};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::{Fault, History, Result};

/// An XML element.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Element>,
}

impl Element {
    fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

fn element(start: &BytesStart<'_>, path: &Path) -> Result<Element> {
    let broken = |message: String| Fault::published(&path.display().to_string(), 1, message);
    let name = start.local_name().as_ref().to_owned();
    let mut attributes = BTreeMap::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| broken(error.to_string()))?;
        let value = quick_xml::escape::unescape(&attribute.value)
            .map_err(|error| broken(error.to_string()))?
            .into_owned();
        attributes.insert(attribute.key.local_name().as_ref().to_owned(), value);
    }
    Ok(Element {
        name,
        attributes,
        children: Vec::new(),
    })
}

fn parse(path: &Path) -> Result<Element> {
    const DEEPEST: usize = 64;
    let text = std::fs::read_to_string(path).map_err(|error| Fault::io(path, error))?;
    let mut reader = Reader::from_str(&text);
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|error| {
            let line = text[..(reader.error_position() as usize).min(text.len())]
                .matches('\n')
                .count()
                + 1;
            Fault::published(&path.display().to_string(), line, error.to_string())
        })?;
        match event {
            Event::Start(start) if open.len() < DEEPEST => open.push(element(&start, path)?),
            Event::Empty(start) => {
                let child = element(&start, path)?;
                if let Some(parent) = open.last_mut() {
                    parent.children.push(child);
                }
            }
            Event::End(_) if open.len() > 1 => {
                if let Some(child) = open.pop()
                    && let Some(parent) = open.last_mut()
                {
                    parent.children.push(child);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let root = open
        .into_iter()
        .next()
        .and_then(|root| root.children.into_iter().next());
    root.ok_or_else(|| Fault::published(&path.display().to_string(), 1, "expected an XML document"))
}

/// `syntaxVersionNumber` as words.
fn words(camel: &str) -> String {
    let mut out = String::new();
    for (at, c) in camel.chars().enumerate() {
        if at == 0 {
            out.extend(c.to_uppercase());
        } else if c.is_ascii_uppercase() {
            out.push(' ');
            out.extend(c.to_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}

fn items(parent: &Element) -> Vec<Item> {
    let mut found = Vec::new();
    for child in &parent.children {
        let mandatory = child.get("required") == "true";
        let max = child.get("maxrepeat").parse().unwrap_or(1);
        match child.name.as_str() {
            "segment" => found.push(Item {
                kind: ItemKind::Segment(child.get("id").into()),
                mandatory,
                max,
            }),
            "group" => {
                let number = child
                    .get("id")
                    .trim_start_matches("SG")
                    .parse()
                    .unwrap_or(0);
                found.push(Item {
                    kind: ItemKind::Group(number, items(child)),
                    mandatory,
                    max,
                });
            }
            _ => {}
        }
    }
    found
}

fn code_lists(path: &Path) -> Result<BTreeMap<String, Vec<(String, String)>>> {
    let root = parse(path)?;
    let mut lists = BTreeMap::new();
    for element in root.named("data_element") {
        let codes = element.named("code").map(|code| {
            let name = code
                .get("title")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            (code.get("id").to_owned(), name)
        });
        lists.insert(element.get("id").to_owned(), codes.collect());
    }
    Ok(lists)
}

fn format(element: &Element) -> Option<Format> {
    let class = match element.get("type") {
        "a" => Class::Alpha,
        "n" => Class::Numeric,
        _ => Class::Alphanumeric,
    };
    if let Ok(length) = element.get("length").parse() {
        return Some(Format {
            class,
            min: length,
            max: length,
        });
    }
    Some(Format {
        class,
        min: 0,
        max: element.get("maxlength").parse().ok()?,
    })
}

fn part(id: &str, mandatory: bool, max: u32) -> Part {
    Part {
        id: id.into(),
        mandatory,
        max,
        format: None,
        dropped: false,
    }
}

/// Reads the service directory of ISO 9735 from the folder that holds `Service_V1` to
/// `Service_V4`, the schema of version 4.1 and the code lists of versions 3 and 4.
///
/// # Errors
/// When a file is missing or cannot be understood.
pub fn read_service(folder: &Path) -> Result<History> {
    let mut history = History::default();
    for version in 1..=4u8 {
        let at = history.release(&format!("S{version}"));
        let base = folder.join(format!("Service_V{version}"));
        let path = base.join("segments.xml");
        for segment in parse(&path)?.named("segment") {
            let mut parts = Vec::new();
            for child in &segment.children {
                let mandatory = child.get("required") == "true";
                let id = child.get("id");
                if child.name == "composite_data_element" {
                    let mut components = Vec::new();
                    for component in child.named("data_element") {
                        define(&mut history, at, component, &path)?;
                        components.push(part(
                            component.get("id"),
                            component.get("required") == "true",
                            1,
                        ));
                    }
                    history.set_parts(at, false, id, &words(child.get("name")), components);
                } else {
                    define(&mut history, at, child, &path)?;
                }
                parts.push(part(id, mandatory, 1));
            }
            history.set_parts(
                at,
                true,
                segment.get("id"),
                &words(segment.get("name")),
                parts,
            );
        }
        if version == 4 {
            schema(
                &mut history,
                at,
                &folder.join("EDIFACT-Service-Segments-4.1.xsd"),
            )?;
        }
        let messages = base.join("messages");
        let entries = std::fs::read_dir(&messages).map_err(|error| Fault::io(&messages, error))?;
        for entry in entries {
            let path = entry.map_err(|error| Fault::io(&messages, error))?.path();
            let id = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .to_ascii_uppercase();
            let name = match id.as_str() {
                "CONTRL" => "Syntax and service report message",
                "AUTACK" => "Secure authentication and acknowledgement message",
                "KEYMAN" => "Security key and certificate management message",
                _ => "",
            };
            history.set_message(at, &id, false, name, items(&parse(&path)?));
        }
        let codes = match version {
            4 => "service_codes_v4.xml",
            _ => "service_codes_v3.xml",
        };
        for (element, codes) in code_lists(&folder.join(codes))? {
            // Message types and releases: the directories themselves say which there are.
            if !matches!(element.as_str(), "0054" | "0065") {
                history.set_codes(at, &element, &codes);
            }
        }
    }
    for line in include_str!("service-additions.txt").lines() {
        let cells: Vec<&str> = line.splitn(4, ' ').collect();
        if let ["element", release, id, rest] = cells[..]
            && let Some((format, name)) = rest.split_once(' ')
            && let Some(format) = parse_format(format)
        {
            let at = history.release(release);
            history.set_element(at, id, format, name);
        }
    }
    Ok(history)
}

fn define(history: &mut History, at: usize, element: &Element, path: &Path) -> Result<()> {
    let id = element.get("id");
    let format = format(element).ok_or_else(|| {
        Fault::published(
            &path.display().to_string(),
            1,
            format!("element {id} has no length"),
        )
    })?;
    history.set_element(at, id, format, &words(element.get("name")));
    Ok(())
}

/// The schema of version 4.1 says how often composites repeat, and has what the other source lacks.
fn schema(history: &mut History, at: usize, path: &Path) -> Result<()> {
    for kind in parse(path)?.named("complexType") {
        let Some((id, name)) = kind.get("name").split_once('-') else {
            continue;
        };
        let segment = id.len() == 3 && id != "UNA";
        let composite = id.len() == 4 && id.starts_with('S');
        if !segment && !composite {
            continue;
        }
        let mut parts = Vec::new();
        collect(kind, &mut |element| {
            let named = element.get("name");
            let id = named.strip_prefix('E').unwrap_or(named);
            let max: u32 = element.get("maxOccurs").parse().unwrap_or(1);
            let mandatory = element.get("minOccurs") != "0";
            if composite {
                // Within a composite every occurrence has its own place.
                parts.extend((0..max).map(|nth| part(id, mandatory && nth == 0, 1)));
            } else {
                parts.push(part(id, mandatory, max));
            }
        });
        if parts.iter().all(|part| part.id.len() == 4) && !parts.is_empty() {
            history.set_parts(at, segment, id, &words(name), parts);
        }
    }
    Ok(())
}

fn collect<'a>(element: &'a Element, each: &mut impl FnMut(&'a Element)) {
    for child in &element.children {
        match child.name.as_str() {
            "element" => each(child),
            "sequence" | "choice" => collect(child, each),
            _ => {}
        }
    }
}

/// Adds a release of which only a mapping project's XML is at hand: it says what the one before it
/// says, but for the structure of `messages` and for codes that are new. Gives the number of new
/// codes.
///
/// # Errors
/// When a file is missing or cannot be understood, or there is no release before it.
pub fn add_delta(
    history: &mut History,
    release: &str,
    folder: &Path,
    messages: &[String],
) -> Result<usize> {
    let at = history.repeat_previous(release)?;
    for message in messages {
        let path = folder
            .join("messages")
            .join(format!("{}.xml", message.to_ascii_lowercase()));
        let name = history
            .message_name(at, message)
            .unwrap_or_default()
            .to_owned();
        let structure = items(&parse(&path)?);
        history.set_message(at, message, false, &name, structure);
    }
    let mut added = 0;
    for (element, codes) in code_lists(&folder.join("codes.xml"))? {
        added += history.add_codes(at, &element, &codes);
    }
    Ok(added)
}
