//! Findings as JSON: one object a line.
//!
//! Fields are only ever added. What is absent is null.

use serde::Serialize;

use super::{Finding, Lang, Value};

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    code: &'static str,
    severity: &'static str,
    message: String,
    line: u64,
    column: u64,
    offset: u64,
    length: u64,
    interchange: Option<u64>,
    message_ref: Option<&'a str>,
    message_type: Option<&'a str>,
    segment_number: Option<u64>,
    segment: Option<&'a str>,
    path: Option<&'a str>,
    value: Option<String>,
    value_hex: Option<String>,
    syntax: &'static str,
    rule: Option<&'a str>,
    ack_code: Option<String>,
    related: Vec<RelatedLine<'a>>,
    element: Option<u32>,
    repetition: Option<u32>,
    component: Option<u32>,
}

#[derive(Serialize)]
struct RelatedLine<'a> {
    file: Option<&'a str>,
    offset: u64,
    length: u64,
    path: Option<&'a str>,
    message: &'static str,
}

/// What a person or a partner is not to see: as many asterisks as there are characters.
#[must_use]
pub fn mask(text: &str) -> String {
    "*".repeat(text.chars().count())
}

impl Finding {
    /// The finding as one line of JSON, without a line break at its end.
    ///
    /// `file` names the input as the user did. `offset` and `length` are bytes from 0, `line` and
    /// `column` count from 1, columns in characters. With `redact`, content is masked.
    #[must_use]
    pub fn to_json(&self, file: &str, lang: Lang, redact: bool) -> String {
        let (value, value_hex) = match &self.value {
            Some(Value::Text(text)) if redact => (Some(mask(text)), None),
            Some(Value::Text(text)) => (Some(text.to_string()), None),
            Some(Value::Bytes(bytes)) if redact => (None, Some("*".repeat(bytes.len() * 2))),
            Some(Value::Bytes(bytes)) => (
                None,
                Some(bytes.iter().map(|byte| format!("{byte:02X}")).collect()),
            ),
            None => (None, None),
        };
        let related = self.related.iter().map(|related| RelatedLine {
            file: related.file.as_deref(),
            offset: related.span.start,
            length: related.span.len,
            path: related.path.as_deref(),
            message: related.code.wording(lang),
        });
        let (segment, path) = self.shown_place(redact);
        let line = Line {
            file,
            code: self.code.as_str(),
            severity: self.severity.as_str(),
            message: self.message(lang, redact),
            line: self.at.line,
            column: self.at.column,
            offset: self.span.start,
            length: self.span.len,
            interchange: self.place.interchange,
            message_ref: self.place.message_ref.as_deref(),
            message_type: self.place.message_type.as_deref(),
            segment_number: self.place.segment_number,
            segment: segment.as_deref(),
            path: path.as_deref(),
            value,
            value_hex,
            syntax: self.syntax.as_str(),
            rule: self.rule.as_deref(),
            ack_code: match &self.ack_code {
                Some(code) => Some(code.to_string()),
                None => self.code.syntax_error().map(|code| code.to_string()),
            },
            related: related.collect(),
            element: self.place.element,
            repetition: self.place.repetition,
            component: self.place.component,
        };
        serde_json::to_string(&line).unwrap_or_default()
    }
}
