//! XML: verdicts on small schemas and documents, the wording of every finding, bad input, and what
//! does not depend on how the input comes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use baowen::check::{self, Checker};
use baowen::finding::{Code, Finding, Lang};
use baowen::spec::Specs;
use baowen::xml::{Options, Schema};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/xml")
        .join(name)
}

fn files(name: &str, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

/// A case of `verdicts/`.
struct Case {
    name: String,
    schema: String,
    lines: Vec<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for block in text.split("### ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        let (mut schema, mut extra, mut lines) = (String::new(), String::new(), Vec::new());
        for line in rest.lines() {
            match line.as_bytes().first() {
                Some(b'@') => extra.push_str(&line[1..]),
                Some(b'+' | b'-' | b'!') => lines.push(line.to_owned()),
                _ => schema.push_str(line),
            }
        }
        let schema = format!(
            "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"{extra}>{schema}</xs:schema>"
        );
        cases.push(Case {
            name: name.to_owned(),
            schema,
            lines,
        });
    }
    cases
}

fn findings(schema: &Schema, document: &[u8]) -> Vec<Finding> {
    let mut found = Vec::new();
    schema
        .check_slice(document, &Options::default(), &mut found)
        .unwrap();
    found
}

#[test]
fn verdicts() {
    let (mut wrong, mut count) = (String::new(), 0);
    for path in files("verdicts", "txt") {
        for case in cases(&std::fs::read_to_string(&path).unwrap()) {
            let schema = Schema::from_texts(&[("case.xsd", &case.schema)]);
            for line in &case.lines {
                count += 1;
                let (kind, rest) = line.split_at(2);
                let said = match (&schema, kind) {
                    (Err(error), "! ") if error.to_string().contains(rest) => continue,
                    (Err(error), _) => error.to_string(),
                    (Ok(schema), "+ ") => match findings(schema, rest.as_bytes()).first() {
                        None => continue,
                        Some(first) => first.message(Lang::En, false),
                    },
                    (Ok(schema), "- ") => {
                        let (code, document) = rest.split_once(' ').unwrap();
                        match findings(schema, document.as_bytes()).first() {
                            Some(first) if first.code.as_str() == code => continue,
                            Some(first) => {
                                format!("{}: {}", first.code, first.message(Lang::En, false))
                            }
                            None => "valid".to_owned(),
                        }
                    }
                    (Ok(_), _) => "the schema was accepted".to_owned(),
                };
                writeln!(wrong, "{} {line}\n    {said}", case.name).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count > 200);
}

/// A finding as a person would want it in a snapshot.
fn line(finding: &Finding) -> String {
    format!(
        "{}:{} +{} {} [{}]\n    {}\n    {}\n",
        finding.at.line,
        finding.at.column,
        finding.span.len,
        finding.code,
        finding.place.path.as_deref().unwrap_or(""),
        finding.message(Lang::En, false),
        finding.message(Lang::Zh, false),
    )
}

/// Findings that need more than a document.
const WITHOUT_CASE: [&str; 2] = [
    // No schema: `documents_without_a_schema`.
    "xml-no-schema",
    // A small limit: `identity_is_bounded`.
    "xsd-identity-limit",
];

#[test]
fn every_finding_has_a_case() {
    let schema = Schema::load(folder("layer/xml").join("shipment.xsd")).unwrap();
    let mut out = String::new();
    let mut held = Vec::new();
    for path in files("findings", "xml") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        writeln!(out, "== {name}").unwrap();
        let mut options = Options::default();
        options.depth = 20;
        let mut found: Vec<Finding> = Vec::new();
        schema.check_slice(&bytes, &options, &mut found).unwrap();
        for finding in &found {
            out.push_str(&line(finding));
        }
        let there = found.iter().any(|finding| finding.code.as_str() == name);
        assert!(there, "{name}:\n{out}");
        held.push(name);
    }
    for code in Code::all().map(Code::as_str) {
        if code.starts_with("xml-") || code.starts_with("xsd-") {
            let case = held.iter().any(|name| name == code);
            assert_ne!(case, WITHOUT_CASE.contains(&code), "{code}");
        }
    }
    insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("xml-findings", out);
    });
}

fn check(specs: &Specs, options: check::Options, document: &[u8]) -> Vec<Finding> {
    let checker = Checker::new(specs, options).unwrap();
    let (mut slice, mut stream): (Vec<Finding>, Vec<Finding>) = Default::default();
    checker.slice(document, &mut slice).unwrap();
    checker.read(document, &mut stream).unwrap();
    assert_eq!(slice, stream);
    slice
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|found| found.code.as_str()).collect()
}

#[test]
fn schemas_are_found_in_layers() {
    let sound = b"<Shipment xmlns='urn:example:shipment'><When>2026-11-23</When></Shipment>";
    let wrong = b"<Shipment xmlns='urn:example:shipment'><When/></Shipment>";
    let base = Specs::base();
    let found = check(&base, check::Options::default(), sound);
    assert_eq!(codes(&found), ["xml-no-schema"]);
    let layer = base.with_dir(folder("layer")).unwrap();
    let checked = |document| codes(&check(&layer, check::Options::default(), document));
    assert!(checked(sound).is_empty());
    assert_eq!(checked(wrong), ["xsd-union"]);
    // Another namespace is another root.
    assert_eq!(checked(b"<Shipment/>"), ["xml-no-schema"]);
    // What is broken in the text is said with and without a schema.
    assert_eq!(checked(b"<A>"), ["xml-no-schema", "xml-unclosed-element"]);
}

#[test]
fn identity_is_bounded() {
    let schema = Schema::load(folder("layer/xml").join("shipment.xsd")).unwrap();
    let mut document = "<Shipment xmlns='urn:example:shipment'><When>2026-11-23</When>".to_owned();
    for number in 0..1000 {
        write!(document, "<Box number='ABCU{number:07}'/>").unwrap();
    }
    document.push_str("</Shipment>");
    let mut options = Options::default();
    let mut found: Vec<Finding> = Vec::new();
    schema
        .check_slice(document.as_bytes(), &options, &mut found)
        .unwrap();
    assert!(found.is_empty());
    options.identity = 1000;
    schema
        .check_slice(document.as_bytes(), &options, &mut found)
        .unwrap();
    assert_eq!(codes(&found), ["xsd-identity-limit"]);
}
