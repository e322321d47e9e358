//! Registers (底账) from files: tables of CSV or JSON, whose first column is the key.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::outside::{Columns, Register};
use crate::{Error, Result};

/// Rows by key.
#[derive(Clone, Debug, Default)]
pub struct TableRegister {
    columns: Vec<Box<str>>,
    rows: HashMap<Box<str>, Vec<Box<str>>>,
}

impl TableRegister {
    /// Reads a file: `.json` (an array of objects, or an object of them by key), else CSV of RFC 4180
    /// with a head line. The first column is the key; a later row with the same key counts.
    ///
    /// # Errors
    /// When the file cannot be read, or is not of that form: with line and column.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| Error::io(path, error))?;
        let name = path.display().to_string();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            Self::from_json(&name, &text)
        } else {
            Self::from_csv(&name, &text)
        }
    }

    /// Reads CSV.
    ///
    /// # Errors
    /// A quoted field that is not closed, a row with more or fewer fields than the head, no head.
    pub fn from_csv(file: &str, text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = csv(file, text)?.into_iter();
        let (_, columns) = lines
            .next()
            .ok_or_else(|| Error::spec(file, 1, 1, "the file is empty; expected a head line"))?;
        let mut register = Self {
            columns,
            rows: HashMap::new(),
        };
        for (line, fields) in lines {
            if fields.len() != register.columns.len() {
                let message = format!(
                    "found {} fields; expected {}, as the head line has",
                    fields.len(),
                    register.columns.len()
                );
                return Err(Error::spec(file, line, 1, message));
            }
            register.rows.insert(fields[0].clone(), fields);
        }
        Ok(register)
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// What is no JSON, or neither an array nor an object of objects.
    pub fn from_json(file: &str, text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line() as u32, error.column() as u32);
            Error::spec(
                file,
                line,
                column.max(1),
                format!("this is no JSON: {error}"),
            )
        })?;
        let wrong = || {
            let message = "expected an array of objects, or an object of objects by key";
            Error::spec(file, 1, 1, message)
        };
        let mut register = Self::default();
        match &value {
            Value::Array(rows) => {
                for row in rows {
                    let row = row.as_object().ok_or_else(wrong)?;
                    let key = row.values().next().map(text_of).unwrap_or_default();
                    register.add(key, row);
                }
            }
            Value::Object(rows) => {
                for (key, row) in rows {
                    register.add(key.as_str().into(), row.as_object().ok_or_else(wrong)?);
                }
            }
            _ => return Err(wrong()),
        }
        Ok(register)
    }

    fn add(&mut self, key: Box<str>, row: &serde_json::Map<String, Value>) {
        let mut fields: Vec<Box<str>> = vec!["".into(); self.columns.len()];
        for (name, value) in row {
            let at = self.columns.iter().position(|held| **held == **name);
            let at = at.unwrap_or_else(|| {
                self.columns.push(name.as_str().into());
                fields.push("".into());
                self.columns.len() - 1
            });
            fields[at] = text_of(value);
        }
        self.rows.insert(key, fields);
    }
}

impl Register for TableRegister {
    fn row(&self, key: &str) -> Option<Columns> {
        let fields = self.rows.get(key)?;
        let pairs = self.columns.iter().cloned().zip(fields.iter().cloned());
        Some(pairs.collect())
    }
}

fn text_of(value: &Value) -> Box<str> {
    match value {
        Value::String(text) => text.as_str().into(),
        Value::Null => "".into(),
        value => value.to_string().into(),
    }
}

/// The lines of a file, each with its number and fields.
fn csv(file: &str, text: &str) -> Result<Vec<(u32, Vec<Box<str>>)>> {
    let mut lines = Vec::new();
    let mut fields: Vec<Box<str>> = Vec::new();
    let mut field = String::new();
    let (mut line, mut begin) = (1, 1);
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => fields.push(std::mem::take(&mut field).into()),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                fields.push(std::mem::take(&mut field).into());
                let whole = std::mem::take(&mut fields);
                if whole.len() > 1 || !whole[0].is_empty() {
                    lines.push((begin, whole));
                }
                line += 1;
                begin = line;
            }
            c => {
                line += u32::from(c == '\n');
                field.push(c);
            }
        }
    }
    if quoted {
        return Err(Error::spec(
            file,
            begin,
            1,
            "a quoted field is not closed; expected \"",
        ));
    }
    if !field.is_empty() || !fields.is_empty() {
        fields.push(field.into());
        lines.push((begin, fields));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::super::Register;
    use super::TableRegister;

    #[test]
    fn csv_and_json_say_the_same() {
        let csv = "no,balance,holder\n1,10,\"A, B\"\r\n\n2,\"5\",\"say \"\"x\"\"\"\n";
        let csv = TableRegister::from_csv("r.csv", csv).unwrap();
        let json = r#"[{"no": 1, "balance": 10, "holder": "A, B"},
            {"no": "2", "balance": "5", "holder": "say \"x\""}]"#;
        let json = TableRegister::from_json("r.json", json).unwrap();
        for key in ["1", "2", "3"] {
            assert_eq!(csv.row(key), json.row(key));
        }
        assert_eq!(csv.row("1").unwrap()[1].1, "10".into());
        assert!(csv.row("3").is_none());
    }

    #[test]
    fn mistakes_have_a_place() {
        let error = TableRegister::from_csv("r.csv", "a,b\n1\n").unwrap_err();
        assert_eq!(error.position(), Some(("r.csv", 2, 1)));
        let error = TableRegister::from_csv("r.csv", "a,b\n1,\"2\n").unwrap_err();
        assert_eq!(error.position(), Some(("r.csv", 2, 1)));
        assert!(TableRegister::from_json("r.json", "[1]").is_err());
    }
}
