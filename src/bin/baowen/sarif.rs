//! Findings as SARIF 2.1.0, the form that code hosting and editors read.

use std::io::{self, Write};

use baowen::finding::{Code, Finding, Lang, Severity};
use serde_json::{Value, json};

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

/// Begins the document; results follow one by one.
pub(crate) fn begin(out: &mut dyn Write, lang: Lang) -> io::Result<()> {
    let rules: Vec<Value> = Code::all()
        .map(|code| {
            json!({
                "id": code.as_str(),
                "shortDescription": {"text": code.listed_wording(lang)},
                "fullDescription": {"text": code.explanation(lang)},
                "defaultConfiguration": {"level": level(code.severity())},
            })
        })
        .collect();
    let driver = json!({
        "name": "baowen",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    write!(
        out,
        "{{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{driver}}},\"columnKind\":\"unicodeCodePoints\",\"results\":["
    )
}

/// One result; `first` says whether a comma is needed before it.
pub(crate) fn finding(
    out: &mut dyn Write,
    finding: &Finding,
    file: &str,
    lang: Lang,
    redact: bool,
    first: bool,
) -> io::Result<()> {
    let mut region = json!({
        "startLine": finding.at.line,
        "startColumn": finding.at.column,
        "byteOffset": finding.span.start,
        "byteLength": finding.span.len,
    });
    if let Some(excerpt) = finding.excerpt.as_ref().filter(|_| !redact) {
        region["snippet"] = json!({"text": &*excerpt.inside});
    }
    let mut location = json!({
        "physicalLocation": {"artifactLocation": {"uri": uri(file)}, "region": region},
    });
    if let (_, Some(path)) = finding.shown_place(redact) {
        location["logicalLocations"] = json!([{"fullyQualifiedName": path}]);
    }
    let result = json!({
        "ruleId": finding.name(),
        "level": level(finding.severity),
        "message": {"text": finding.message(lang, redact)},
        "locations": [location],
    });
    write!(out, "{}{result}", if first { "" } else { "," })
}

/// Ends the document.
pub(crate) fn end(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "]}}]}}")
}

/// A path as a URI reference: what may not stand in one is percent-encoded.
fn uri(file: &str) -> String {
    let mut out = String::new();
    for byte in file.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char)
            }
            b'\\' => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
