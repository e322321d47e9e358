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
    // Without an end the region would be all of the line that is left.
    let inside = finding.excerpt.as_ref().filter(|held| !held.cut_inside);
    let columns = match inside {
        _ if finding.span.len == 0 => Some(0),
        Some(held) => Some(held.inside.chars().count() as u64),
        None => None,
    };
    if let Some(columns) = columns {
        region["endColumn"] = json!(finding.at.column + columns);
    }
    if let Some(excerpt) = finding.excerpt.as_ref().filter(|_| !redact) {
        region["snippet"] = json!({"text": &*excerpt.inside});
    }
    let (_, path) = finding.shown_place(redact);
    let mut result = json!({
        "ruleId": finding.name(),
        "level": level(finding.severity),
        "message": {"text": finding.message(lang, redact)},
        "locations": [location(file, region, path.as_deref())],
    });
    // Of a user's rules the driver knows nothing.
    if finding.rule.is_none()
        && let Some(at) = Code::all().position(|code| code == finding.code)
    {
        result["ruleIndex"] = json!(at);
    }
    if !finding.related.is_empty() {
        let related = finding.related.iter().map(|related| {
            let region = json!({"byteOffset": related.span.start, "byteLength": related.span.len});
            let file = related.file.as_deref().unwrap_or(file);
            let mut location = location(file, region, related.path.as_deref());
            location["message"] = json!({"text": related.code.wording(lang)});
            location
        });
        result["relatedLocations"] = related.collect();
    }
    write!(out, "{}{result}", if first { "" } else { "," })
}

fn location(file: &str, region: Value, path: Option<&str>) -> Value {
    let mut location = json!({
        "physicalLocation": {"artifactLocation": {"uri": uri(file)}, "region": region},
    });
    if let Some(path) = path {
        location["logicalLocations"] = json!([{"fullyQualifiedName": path}]);
    }
    location
}

/// Ends the document, with what could not be done.
pub(crate) fn end(out: &mut dyn Write, failures: &[String]) -> io::Result<()> {
    let told: Vec<Value> = failures
        .iter()
        .map(|failure| json!({"level": "error", "message": {"text": failure}}))
        .collect();
    let mut invocation = json!({"executionSuccessful": told.is_empty()});
    if !told.is_empty() {
        invocation["toolExecutionNotifications"] = told.into();
    }
    writeln!(out, "],\"invocations\":[{invocation}]}}]}}")
}

/// A path as a URI reference: what may not stand in one is percent-encoded.
fn uri(file: &str) -> String {
    let mut drive = file.bytes().take(3);
    let drive = match (drive.next(), drive.next(), drive.next()) {
        (Some(letter), Some(b':'), Some(b'\\' | b'/')) => letter.is_ascii_alphabetic(),
        _ => false,
    };
    // Nothing but a scheme says that a path begins at the root.
    let mut out = String::from(match (drive, file.starts_with('/')) {
        (true, _) => "file:///",
        (_, true) => "file://",
        _ => "",
    });
    for (at, byte) in file.bytes().enumerate() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char)
            }
            b':' if drive && at == 1 => out.push(':'),
            b'\\' if cfg!(windows) || drive => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_are_uri_references() {
        assert_eq!(uri("in/m 1#?.edi"), "in/m%201%23%3F.edi");
        assert_eq!(uri("报文.edi"), "%E6%8A%A5%E6%96%87.edi");
        assert_eq!(uri("/srv/m.edi"), "file:///srv/m.edi");
        assert_eq!(uri("C:\\in\\m.edi"), "file:///C:/in/m.edi");
        assert_eq!(uri("a:b.edi"), "a%3Ab.edi");
    }
}
