//! Messages in XML, from tables of fields and from XML Schema.
//!
//! A table has tab-separated columns named in its first line: `path` (names from the root on, joined
//! by `/`), `kind` (group, element, attribute), `type` (`an..35`, `n..14,4`, `date CCYYMMDD`),
//! `status` (M, C, O, N), and where known `name_zh`, `name_en`, `min_occurs`, `max_occurs` (`*` is
//! any), `code_table`, `condition`, `wco_id`, and `req:` with the name of a case.

pub mod china;
mod formats;
mod table;
mod words;

use std::path::{Path, PathBuf};

use baowen::spec::xml::{Element, Holds, Message, Part};
use baowen::xml::Schema;

use crate::{Fault, Result};
pub use table::{Order, read_table};

/// Writes a message for a layer, where it must say what it does.
fn write(message: &Message, folder: &Path) -> Result<()> {
    let path = folder.join(format!("{}.txt", message.name));
    let text = format!("new {}", message.to_text());
    std::fs::create_dir_all(folder).map_err(|error| Fault::io(folder, error))?;
    std::fs::write(&path, text).map_err(|error| Fault::io(&path, error))
}

/// Writes the messages of a schema, one for each of `roots` (all that it declares where none is
/// named), into a folder of a layer. Returns how many.
///
/// # Errors
/// When the schema is not valid, has no such root, or a file cannot be written.
pub fn import_schema(path: &Path, roots: &[String], folder: &Path) -> Result<usize> {
    let schema = Schema::load(path)?;
    let known: Vec<(String, String)> = schema
        .roots()
        .into_iter()
        .map(|(namespace, local)| (namespace.to_owned(), local.to_owned()))
        .collect();
    let mut written = 0;
    for root in roots {
        if known.iter().all(|(_, local)| local != root) {
            let names: Vec<&str> = known.iter().map(|(_, local)| &**local).collect();
            let message = format!("the schema has no root {root}; it has {}", names.join(", "));
            return Err(Fault::Misuse(message));
        }
    }
    for (namespace, local) in &known {
        if !roots.is_empty() && !roots.contains(local) {
            continue;
        }
        let outline = schema.outline(namespace, local);
        let mut message = outline?;
        message.fidelity = "project".into();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        message.sources.push(file.into());
        write(&message, folder)?;
        written += 1;
    }
    Ok(written)
}

/// Writes the messages of tables of fields, each named as its file, into a folder of a layer.
/// Returns how many.
///
/// # Errors
/// When a table cannot be read, lacks a column, or says what is none of its values.
pub fn import_tables(tables: &[PathBuf], folder: &Path) -> Result<usize> {
    for path in tables {
        let text = std::fs::read_to_string(path).map_err(|error| Fault::io(path, error))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut message = read_table(&path.to_string_lossy(), &name, &text, Order::AsListed)?;
        message.fidelity = "project".into();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        message.sources.push(file.into());
        write(&message, folder)?;
    }
    Ok(tables.len())
}

/// Every element with its path, for what changes them.
fn each_element(element: &mut Element, path: &str, visit: &mut dyn FnMut(&mut Element, &str)) {
    fn each_part(parts: &mut [Part], path: &str, visit: &mut dyn FnMut(&mut Element, &str)) {
        for part in parts {
            match part {
                Part::Element(element) => {
                    let path = format!("{path}/{}", element.tag);
                    each_element(element, &path, visit);
                }
                Part::Choice(_, parts) | Part::Sequence(_, parts) => each_part(parts, path, visit),
                Part::Anything(..) => {}
            }
        }
    }
    visit(element, path);
    if let Holds::Parts { parts, .. } = &mut element.holds {
        each_part(parts, path, visit);
    }
}
