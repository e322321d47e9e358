//! XML: verdicts on small schemas and documents, the wording of every finding, bad input, and what
//! does not depend on how the input comes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use baowen::check::{self, Checker};
use baowen::finding::{Code, Finding, Lang};
use baowen::spec::Specs;
use baowen::xml::{Handler, Options, Scene, Schema, Start, Writer, read_slice, read_stream};
use proptest::prelude::*;

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

/// What a reader tells, one a line.
#[derive(Default)]
struct Told {
    lines: Vec<String>,
    text: String,
}

impl Told {
    fn line(&mut self, line: String) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            self.lines.push(format!("text {text:?}"));
        }
        self.lines.push(line);
    }
}

impl Handler for Told {
    fn start(&mut self, start: &Start<'_>, _: &mut Scene<'_, '_>) {
        let attributes: Vec<_> = start.attributes().collect();
        self.line(format!(
            "start {} {:?} {attributes:?}",
            start.name(),
            start.namespace()
        ));
    }

    fn text(&mut self, text: &str, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        self.text.push_str(text);
    }

    fn end(&mut self, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        self.line("end".to_owned());
    }

    fn comment(&mut self, text: &str, _: bool) {
        self.line(format!("comment {text:?}"));
    }

    fn instruction(&mut self, text: &str) {
        self.line(format!("instruction {text:?}"));
    }
}

fn told(document: &[u8], options: &Options) -> (Vec<String>, Vec<Finding>) {
    let (mut told, mut found) = (Told::default(), Vec::new());
    read_slice(document, options, &mut told, &mut found).unwrap();
    told.line("the end".to_owned());
    (told.lines, found)
}

/// Some characters: of markup, of one to four bytes, white space.
fn characters() -> impl Strategy<Value = String> {
    let some = "ab <>&\"']\t\n\r-é中\u{85}\u{2028}\u{20BB7}"
        .chars()
        .collect::<Vec<_>>();
    proptest::collection::vec(proptest::sample::select(some), 0..8)
        .prop_map(|all| all.into_iter().collect())
}

/// A document: elements within each other, attributes, text, comments, instructions.
fn body() -> impl Strategy<Value = Vec<(u8, String, String)>> {
    proptest::collection::vec((0u8..6, characters(), characters()), 0..20)
}

fn write(mut writer: Writer<Vec<u8>>, steps: &[(u8, String, String)]) -> Vec<u8> {
    writer.declaration().unwrap();
    writer.start("根").unwrap();
    writer.attribute("xmlns:n", "urn:n").unwrap();
    let mut depth = 0;
    for (step, a, b) in steps {
        match step {
            0 => {
                writer.start("n:e").unwrap();
                writer.attribute("a", a).unwrap();
                writer.attribute("n:b", b).unwrap();
                depth += 1;
            }
            1 if depth > 0 => {
                writer.end().unwrap();
                depth -= 1;
            }
            2 => writer.comment(a).unwrap(),
            3 => writer
                .instruction(&format!("go {}", a.replace('\r', "").replace("?>", "")))
                .unwrap(),
            _ => writer.text(a).unwrap(),
        }
    }
    for _ in 0..=depth {
        writer.end().unwrap();
    }
    writer.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What is written is read as it was given, in any encoding, and copying keeps it.
    #[test]
    fn written_is_read(steps in body(), label in prop_oneof![Just("utf-8"), Just("gb18030"), Just("utf-16"), Just("gbk")]) {
        let new = || Writer::new(Vec::new()).with_encoding(label).unwrap();
        let written = write(new(), &steps);
        let (lines, found) = told(&written, &Options::default());
        prop_assert!(found.is_empty(), "{found:?}");
        let mut texts = Vec::new();
        for line in &lines {
            if let Some(text) = line.strip_prefix("text ") {
                texts.push(text.to_owned());
            }
        }
        let mut given = Told::default();
        let mut depth = 0;
        for (step, a, _) in &steps {
            match step {
                0 => { depth += 1; given.line(String::new()) }
                1 if depth > 0 => { depth -= 1; given.line(String::new()) }
                2 | 3 => given.line(String::new()),
                _ => given.text.push_str(a),
            }
        }
        given.line(String::new());
        given.lines.retain(|line| !line.is_empty());
        let given: Vec<_> = given.lines.iter().map(|line| line[5..].to_owned()).collect();
        prop_assert_eq!(texts, given);
        let mut copy = new();
        copy.declaration().unwrap();
        read_slice(&written, &Options::default(), &mut copy, &mut Vec::new()).unwrap();
        prop_assert_eq!(copy.finish().unwrap(), written);
    }

    /// A stream in pieces of any size tells the same as the whole.
    #[test]
    fn pieces_do_not_matter(steps in body(), size in 1usize..40, cut in 0usize..400) {
        let mut written = write(Writer::new(Vec::new()), &steps);
        written.truncate(written.len().saturating_sub(cut));
        let (whole, found) = told(&written, &Options::default());
        let (mut told, mut said) = (Told::default(), Vec::new());
        let stream = Pieces { rest: &written, size };
        read_stream(stream, &Options::default(), &mut told, &mut said).unwrap();
        told.line("the end".to_owned());
        prop_assert_eq!(told.lines, whole);
        prop_assert_eq!(said, found);
    }

    /// Bytes that are no document are only findings, the same from both doors.
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        Just(b"<a>".to_vec()), Just(b"</a>".to_vec()), Just(b"<!--".to_vec()), Just(b"-->".to_vec()),
        Just(b"<![CDATA[".to_vec()), Just(b"]]>".to_vec()), Just(b"&#x".to_vec()), Just(b"&amp;".to_vec()),
        Just(b"<?xml ".to_vec()), Just(b"?>".to_vec()), Just(b"<!DOCTYPE a [".to_vec()), Just(b" a=\"".to_vec()),
        Just(b"xmlns:p='".to_vec()), Just(vec![0xEF, 0xBB, 0xBF]), Just(vec![0xFF, 0xFE]), Just(vec![0x81, 0x30]),
    ], 0..40), size in 1usize..9) {
        let document = bytes.concat();
        let schema = schema();
        let (mut slice, mut stream): (Vec<Finding>, Vec<Finding>) = Default::default();
        schema.check_slice(&document, &Options::default(), &mut slice).unwrap();
        let pieces = Pieces { rest: &document, size };
        schema.check_stream(pieces, &Options::default(), &mut stream).unwrap();
        prop_assert_eq!(&slice, &stream);
        for finding in &slice {
            prop_assert!(finding.span.start + finding.span.len <= document.len() as u64);
        }
    }
}

fn schema() -> &'static Schema {
    static SCHEMA: std::sync::OnceLock<Schema> = std::sync::OnceLock::new();
    SCHEMA.get_or_init(|| Schema::load(folder("layer/xml").join("shipment.xsd")).unwrap())
}

/// Gives a few bytes at a time.
struct Pieces<'a> {
    rest: &'a [u8],
    size: usize,
}

impl std::io::Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.size.min(self.rest.len()).min(buffer.len());
        buffer[..len].copy_from_slice(&self.rest[..len]);
        self.rest = &self.rest[len..];
        Ok(len)
    }
}
