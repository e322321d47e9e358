//! The forms in which `baowen show` shows something, and what they have in common.

use std::io::{self, Write};

use baowen::finding::Lang;
use baowen::spec::model::Label;
use clap::ArgMatches;

use crate::Failure;
use crate::lang::pick;

/// How something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Json,
    Markdown,
    JsonSchema,
    Xsd,
}

impl Form {
    /// Names as `--format` takes them.
    pub(crate) const NAMES: [&'static str; 5] = ["text", "json", "markdown", "json-schema", "xsd"];

    pub(crate) fn of(matches: &ArgMatches) -> Self {
        match matches.get_one::<String>("format").map(String::as_str) {
            Some("json") => Self::Json,
            Some("markdown") => Self::Markdown,
            Some("json-schema") => Self::JsonSchema,
            Some("xsd") => Self::Xsd,
            _ => Self::Text,
        }
    }
}

pub(crate) fn no_such_form(lang: Lang) -> Failure {
    let message = pick(
        lang,
        "--format markdown, json-schema and xsd show one message, as CUSCAR@D95B, MT1401_9 or IFCSUM@flat; a schema has json-schema, a flat file no xsd",
        "--format markdown、json-schema 和 xsd 用于显示单个报文，如 CUSCAR@D95B、MT1401_9 或 IFCSUM@flat；XML Schema 可输出 json-schema，平台文件没有 xsd",
    );
    Failure::Message(message.to_owned())
}

/// A code was asked for of something that has none.
pub(crate) fn no_code(matches: &ArgMatches, name: &str, lang: Lang) -> Result<(), Failure> {
    let Some(code) = matches.get_one::<String>("code") else {
        return Ok(());
    };
    let message = pick(
        lang,
        "data elements have codes, as 1001@D95B 85",
        "只有数据元有代码，如 1001@D95B 85",
    );
    Err(Failure::Message(format!("{name} {code}: {message}")))
}

/// The name in the language asked for, where it is known.
pub(crate) fn name_of(label: &Label, lang: Lang) -> &str {
    let (first, second) = match lang {
        Lang::En => (&label.en, &label.zh),
        Lang::Zh => (&label.zh, &label.en),
    };
    if first.is_empty() { second } else { first }
}

/// A cell of a table of Markdown.
pub(crate) fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '<' | '*' | '_' | '`' | '[' => out.extend(['\\', c]),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A row of a table of Markdown, its first cell indented by `level`.
pub(crate) fn row(out: &mut dyn Write, level: usize, cells: &[&str]) -> io::Result<()> {
    write!(out, "|")?;
    for (at, text) in cells.iter().enumerate() {
        let indent = "&emsp;".repeat(if at == 0 { level } else { 0 });
        write!(out, " {indent}{} |", cell(text))?;
    }
    writeln!(out)
}

/// The head of a table of Markdown.
pub(crate) fn head(out: &mut dyn Write, cells: &[&str]) -> io::Result<()> {
    writeln!(out, "| {} |", cells.join(" | "))?;
    writeln!(out, "|{}", " --- |".repeat(cells.len()))
}
