//! Code tables into `specs/codes`.
//!
//! [`china`] reads a folder of tab-separated tables with an index; [`international`] reads what
//! publishers outside China give out; [`ports`] joins customs ports with UN/LOCODE by name.

pub mod china;
mod csv;
pub mod international;
pub mod ports;

use std::path::Path;

use crate::{Fault, Result};

/// A table as it is written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) id: String,
    pub(crate) title_en: String,
    pub(crate) title_zh: String,
    pub(crate) source: String,
    pub(crate) trust: String,
    /// Remarks for those who read the file.
    pub(crate) notes: Vec<String>,
    /// What is known to be missing: `English | 中文`.
    pub(crate) gaps: Vec<String>,
    pub(crate) open: bool,
    pub(crate) parent: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Written {
    /// The text of the file. Rows are sorted unless their order means something.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for note in &self.notes {
            text.push_str(&format!("# {note}\n"));
        }
        text.push_str(&format!("table {}\n", self.id));
        let heads = [
            ("title-en", &self.title_en),
            ("title-zh", &self.title_zh),
            ("source", &self.source),
            ("trust", &self.trust),
        ];
        for (key, value) in heads {
            text.push_str(&format!("  {key}  {value}\n"));
        }
        for gap in &self.gaps {
            text.push_str(&format!("  gap  {gap}\n"));
        }
        if self.open {
            text.push_str("  open  yes\n");
        }
        if !self.parent.is_empty() {
            text.push_str(&format!("  parent  {}\n", self.parent));
        }
        text.push_str(&format!("  columns  {}\nrows\n", self.columns.join("  ")));
        for row in &self.rows {
            let known = row
                .iter()
                .rposition(|cell| !cell.is_empty())
                .map_or(0, |last| last + 1);
            text.push_str(&row[..known].join("\t"));
            text.push('\n');
        }
        text
    }
}

/// A cell without what would end it: blanks at its ends, tabs, several blanks in a row.
pub(crate) fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writes a file where it differs from what is there; gives whether it did.
pub(crate) fn write(path: &Path, text: &str) -> Result<bool> {
    if std::fs::read_to_string(path).is_ok_and(|held| held == text) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Fault::io(folder, error))?;
    }
    std::fs::write(path, text).map_err(|error| Fault::io(path, error))?;
    Ok(true)
}

pub(crate) fn read(path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path).map_err(|error| Fault::io(path, error))?;
    Ok(text.trim_start_matches('\u{FEFF}').to_owned())
}

/// Imports files and folders, told by their names; gives how many files were written.
///
/// # Errors
/// When one cannot be read or written, or is none that is known.
pub fn import(paths: &[std::path::PathBuf], out: &Path) -> Result<usize> {
    let mut written = 0;
    for path in paths {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("");
        let tables = match name {
            _ if path.is_dir() => {
                let (tables, gaps) = china::tables(path)?;
                written += usize::from(write(&out.join("GAPS.md"), &gaps)?);
                tables
            }
            "harmonized-system.csv" => vec![international::harmonized_system(path)?],
            "smdg-terminals.csv" => vec![international::terminals(path)?],
            "airports.csv" => vec![international::airports(path)?],
            _ if name.starts_with("un-numbers") => vec![international::un_numbers(path)?],
            _ if name.starts_with("unlocode") => {
                let text = ports::crosswalk(path)?;
                written += usize::from(write(&out.join("crosswalks/port-unlocode.txt"), &text)?);
                Vec::new()
            }
            _ => {
                let message = format!(
                    "{name}: expected a folder with INDEX.tsv, harmonized-system.csv (sections.csv beside it), \
                     smdg-terminals.csv, airports.csv, un-numbers….xsd or unlocode….csv"
                );
                return Err(Fault::Misuse(message));
            }
        };
        for table in tables {
            written += usize::from(write(
                &out.join(format!("{}.txt", table.id)),
                &table.text(),
            )?);
        }
    }
    Ok(written)
}
