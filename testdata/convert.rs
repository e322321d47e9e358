//! Conversion: pairs of our own, round trips of all that is at hand, and properties.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use baowen::check::Checker;
use baowen::convert::{Converter, Format, Options};
use baowen::edifact::{Item, Reader};
use baowen::finding::{Code, Finding, Lang, Syntax};
use baowen::spec::Specs;

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn convert(input: &[u8], from: Syntax, to: Format) -> (Vec<u8>, Vec<Finding>) {
    let converter = Converter::new(&Specs::base(), Options::default());
    let (mut out, mut findings) = (Vec::new(), Vec::new());
    let totals = converter.slice(input, from, to, &mut out, &mut findings);
    totals.unwrap();
    let mut streamed = Vec::new();
    let mut none = |_: Finding| {};
    converter
        .read(Slow(input), from, to, &mut streamed, &mut none)
        .unwrap();
    assert!(out == streamed, "a stream gives what a slice gives");
    (out, findings)
}

/// Gives a few bytes at a time.
struct Slow<'a>(&'a [u8]);

impl std::io::Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.0.len().min(buffer.len()).min(4093);
        buffer[..len].copy_from_slice(&self.0[..len]);
        self.0 = &self.0[len..];
        Ok(len)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What an interchange says: for each segment its tag with nesting, and the values that are not
/// empty with their places; and the bytes that are no segment.
fn values(input: &[u8]) -> Vec<String> {
    let mut reader = Reader::new(input);
    let mut all = Vec::new();
    while let Some(item) = reader.next().unwrap() {
        match item {
            Item::Blank(_) => {}
            Item::Una(piece) => all.push(format!("UNA {:?}", piece.bytes.trim_ascii_start())),
            Item::Object(piece) | Item::Skipped(piece) => {
                match all.last_mut() {
                    // A window may cut them.
                    Some(last) if last.starts_with("bytes ") => {
                        last.push_str(&format!("{:?}", piece.bytes));
                    }
                    _ => all.push(format!("bytes {:?}", piece.bytes)),
                }
            }
            Item::Segment(segment) => {
                let mut line = text(segment.tag()).replace(['\r', '\n'], "");
                for part in segment.nesting() {
                    line.push_str(&format!(":{}", text(&part.value())));
                }
                let (mut element, mut repetition, mut component) = (0, 0, 0);
                for token in segment.element_tokens() {
                    let value = token.value();
                    if !value.is_empty() {
                        line.push_str(&format!(
                            " {element}.{repetition}.{component}={:?}",
                            value.escape_ascii().to_string()
                        ));
                    }
                    use baowen::edifact::End;
                    match token.end {
                        End::Component => component += 1,
                        End::Repetition => (repetition, component) = (repetition + 1, 0),
                        _ => (element, repetition, component) = (element + 1, 0, 0),
                    }
                }
                all.push(line);
            }
        }
    }
    all
}

fn same(name: &str, way: &str, before: &[String], after: &[String]) {
    if before == after {
        return;
    }
    for (before, after) in before.iter().zip(after) {
        assert_eq!(before, after, "{name} by {way}");
    }
    let rest = &before[before.len().min(after.len())..];
    assert_eq!(before.len(), after.len(), "{name} by {way}: {rest:?}");
}

/// There and back by XML, JSON, JSON Lines, and by both.
fn edifact_round_trip(name: &str, input: &[u8]) -> Vec<Finding> {
    let before = values(input);
    let (xml, findings) = convert(input, Syntax::Edifact, Format::Xml);
    let mut none = |finding: Finding| panic!("{name}: {finding:?}");
    let counted = baowen::xml::read_slice(&xml, &Default::default(), &mut Whole, &mut none);
    counted.unwrap();
    let (back, _) = convert(&xml, Syntax::Xml, Format::Edifact);
    same(name, "XML", &before, &values(&back));
    for to in [Format::Json, Format::JsonLines] {
        let (json, _) = convert(input, Syntax::Edifact, to);
        let parsed = serde_json::Deserializer::from_slice(&json).into_iter::<serde_json::Value>();
        for value in parsed {
            value.unwrap_or_else(|error| panic!("{name} {to:?} {error}"));
        }
        let (back, _) = convert(&json, Syntax::Json, Format::Edifact);
        same(name, "JSON", &before, &values(&back));
        let (as_xml, _) = convert(&json, Syntax::Json, Format::Xml);
        same(name, "JSON to XML", &canonical(&xml), &canonical(&as_xml));
    }
    let (json, _) = convert(&xml, Syntax::Xml, Format::Json);
    let (back, _) = convert(&json, Syntax::Json, Format::Edifact);
    same(name, "XML and JSON", &before, &values(&back));
    findings
}

/// There and back by XML only, for what takes long.
fn by_xml(name: &str, input: &[u8]) {
    let converter = Converter::new(&Specs::base(), Options::default());
    let (mut xml, mut back) = (Vec::new(), Vec::new());
    let mut none = |_: Finding| {};
    let there = converter.slice(input, Syntax::Edifact, Format::Xml, &mut xml, &mut none);
    there.unwrap();
    let again = converter.slice(&xml, Syntax::Xml, Format::Edifact, &mut back, &mut none);
    again.unwrap();
    same(name, "XML", &values(input), &values(&back));
}

struct Whole;

impl baowen::xml::Handler for Whole {
    fn start(&mut self, _: &baowen::xml::Start<'_>, _: &mut baowen::xml::Scene<'_, '_>) {}
    fn text(&mut self, _: &str, _: u64, _: u64, _: &mut baowen::xml::Scene<'_, '_>) {}
    fn end(&mut self, _: u64, _: u64, _: &mut baowen::xml::Scene<'_, '_>) {}
}

/// A document as a list of what it holds, white space that is layout left out.
#[derive(Default)]
struct Events {
    all: Vec<String>,
    text: String,
    mixed: Vec<(bool, bool)>,
}

impl Events {
    fn settle(&mut self, leaf: bool) {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return;
        }
        let (mixed, preserve) = self.mixed.last().copied().unwrap_or_default();
        if mixed || preserve || leaf || !text.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            self.all.push(format!("text {text:?}"));
            if let Some(last) = self.mixed.last_mut() {
                last.0 = true;
            }
        }
    }
}

impl baowen::xml::Handler for Events {
    fn start(&mut self, start: &baowen::xml::Start<'_>, _: &mut baowen::xml::Scene<'_, '_>) {
        self.settle(false);
        self.all.push(format!("<{} {{{}}}", start.name(), start.namespace()));
        let mut preserve = self.mixed.last().is_some_and(|last| last.1);
        for (name, value) in start.attributes() {
            self.all.push(format!("@{name}={value:?}"));
            if name == "xml:space" {
                preserve = value == "preserve";
            }
        }
        self.mixed.push((false, preserve));
    }

    fn text(&mut self, text: &str, _: u64, _: u64, _: &mut baowen::xml::Scene<'_, '_>) {
        self.text.push_str(text);
    }

    fn end(&mut self, _: u64, _: u64, _: &mut baowen::xml::Scene<'_, '_>) {
        let leaf = self.all.last().is_some_and(|last| last.starts_with(['<', '@']));
        self.settle(leaf);
        self.mixed.pop();
        self.all.push(">".to_owned());
    }

    fn comment(&mut self, text: &str, last: bool) {
        assert!(last);
        self.settle(false);
        self.all.push(format!("comment {text:?}"));
    }

    fn instruction(&mut self, text: &str) {
        self.settle(false);
        self.all.push(format!("pi {text:?}"));
    }
}

fn canonical(xml: &[u8]) -> Vec<String> {
    let mut events = Events::default();
    let mut none = |_: Finding| {};
    baowen::xml::read_slice(xml, &Default::default(), &mut events, &mut none).unwrap();
    events.all
}

fn xml_round_trip(name: &str, xml: &[u8]) {
    let (json, findings) = convert(xml, Syntax::Xml, Format::Json);
    if findings.iter().any(|finding| finding.severity == baowen::finding::Severity::Error) {
        return;
    }
    let parsed: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(&json);
    parsed.unwrap_or_else(|error| panic!("{name}: {error}"));
    let (back, findings) = convert(&json, Syntax::Json, Format::Xml);
    assert!(findings.is_empty(), "{name}: {findings:?}");
    let (before, after) = (canonical(xml), canonical(&back));
    same(name, "JSON", &before, &after);
}

fn flat_round_trip(name: &str, input: &[u8]) {
    let fields = |input: &[u8]| -> Vec<Vec<Vec<u8>>> {
        let pieces = baowen::flat::Pieces::new(input, baowen::flat::Options::default());
        let records = pieces.filter_map(|piece| match piece {
            baowen::flat::Piece::Record(record) => {
                let fields = record.fields().map(|field| field.value().into_owned());
                Some(fields.collect())
            }
            _ => None,
        });
        records.collect()
    };
    let before = fields(input);
    for to in [Format::Json, Format::JsonLines, Format::Xml] {
        let (tree, _) = convert(input, Syntax::Flat, to);
        let from = if to == Format::Xml { Syntax::Xml } else { Syntax::Json };
        let (back, findings) = convert(&tree, from, Format::Flat);
        assert!(findings.is_empty(), "{name}: {findings:?}");
        if name.contains("unterminated-record") {
            // Only the layout tells where its records end.
            continue;
        }
        assert_eq!(before, fields(&back), "{name} by {to:?}");
        let (again, _) = convert(&back, Syntax::Flat, to);
        assert_eq!(text(&tree), text(&again), "{name} by {to:?}");
    }
}

/// All files below a folder, sorted.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Round trips of every file in a folder; how many of each syntax.
fn all_of(folder: &Path) -> [usize; 3] {
    let checker = Checker::new(&Specs::base(), baowen::check::Options::default()).unwrap();
    let mut found = Vec::new();
    files(folder, &mut found);
    let mut counts = [0; 3];
    for path in found {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.display().to_string();
        // Prose and programs are no messages.
        let other = ["md", "rs", "tsv", "snap", "proptest-regressions", "csv"];
        if path.extension().is_some_and(|extension| other.iter().any(|other| extension == *other)) {
            continue;
        }
        match checker.syntax(&bytes).unwrap() {
            Syntax::Edifact if values(&bytes).len() > 1 => {
                if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
                    continue;
                }
                if bytes.len() < 1_000_000 {
                    edifact_round_trip(&name, &bytes);
                } else {
                    by_xml(&name, &bytes);
                }
                counts[0] += 1;
            }
            Syntax::Xml => {
                xml_round_trip(&name, &bytes);
                counts[1] += 1;
            }
            Syntax::Flat => {
                flat_round_trip(&name, &bytes);
                counts[2] += 1;
            }
            _ => {}
        }
    }
    counts
}

#[test]
fn everything_of_ours_goes_there_and_back() {
    let [edifact, xml, flat] = all_of(&testdata());
    assert!(edifact > 80 && xml > 20 && flat > 10, "{edifact} {xml} {flat}");
}

#[test]
fn everything_shared_goes_there_and_back() {
    let Some(shared) = std::env::var_os("BAOWEN_SHARED").map(PathBuf::from) else {
        return;
    };
    let mut total = [0; 3];
    for folder in ["samples", "data/china/samples", "data/xml"] {
        let counts = all_of(&shared.join(folder));
        for (sum, count) in total.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    println!("there and back: {total:?} of EDIFACT, XML, flat");
    assert!(total[0] > 150, "{total:?}");
}

#[test]
fn an_oracle_agrees() {
    let Some(shared) = std::env::var_os("BAOWEN_SHARED").map(PathBuf::from) else {
        return;
    };
    let index = std::fs::read_to_string(shared.join("samples/INDEX.tsv")).unwrap();
    let mut pairs = 0;
    for line in index.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let Some(oracle) = columns.last().filter(|last| last.contains("EN16931")) else {
            continue;
        };
        let edifact = std::fs::read(shared.join("samples").join(columns[0])).unwrap();
        let oracle = std::fs::read(shared.join("samples").join(oracle)).unwrap();
        let (xml, _) = convert(&edifact, Syntax::Edifact, Format::Xml);
        let message = |xml: &[u8]| -> Vec<String> {
            let all = canonical(xml);
            let from = all.iter().position(|event| event.starts_with("<M_")).unwrap();
            let mut depth = 0;
            let len = all[from..].iter().position(|event| {
                depth += i32::from(event.starts_with('<')) - i32::from(event == ">");
                depth == 0
            });
            all[from..=from + len.unwrap()]
                .iter()
                .filter(|event| !event.starts_with('@'))
                .cloned()
                .collect()
        };
        let (ours, theirs) = (message(&xml), message(&oracle));
        // The oracle leaves 0110 of the message header out; here it is kept.
        let at = ours.iter().position(|event| event.starts_with("<D_0110"));
        let kept = ours.get(at.unwrap()..at.unwrap() + 3).unwrap().to_vec();
        assert!(kept[1].starts_with("text"), "{kept:?}");
        let ours: Vec<String> = ours[..at.unwrap()]
            .iter()
            .chain(&ours[at.unwrap() + 3..])
            .cloned()
            .collect();
        // Two amounts are written as 4000 and 675 there.
        let five = |event: String| match event.as_str() {
            "text \"4000.00\"" if columns[0].contains("EXAMPLE5") => "text \"4000\"".to_owned(),
            "text \"675.00\"" if columns[0].contains("EXAMPLE5") => "text \"675\"".to_owned(),
            _ => event,
        };
        let ours: Vec<String> = ours.into_iter().map(five).collect();
        let theirs: Vec<String> = theirs.into_iter().map(five).collect();
        same(columns[0], "oracle", &theirs, &ours);
        // And from theirs the segments of the interchange.
        let (back, _) = convert(&oracle, Syntax::Xml, Format::Edifact);
        let inner = |all: Vec<String>| -> Vec<String> {
            // The oracle has no package either.
            let service = ["UNA", "UNB", "UNZ", "UNO", "UNP", "bytes"];
            let outside = |line: &String| service
                .iter().any(|tag| line.starts_with(tag));
            let all = all.into_iter().filter(|line| !outside(line));
            let all = all.map(|line| line.split(" 1.0.5=").next().unwrap().to_owned());
            all.map(|line| line.replace("\"4000.00\"", "\"4000\"").replace("\"675.00\"", "\"675\""))
                .collect()
        };
        same(columns[0], "oracle's way back", &inner(values(&edifact)), &inner(values(&back)));
        pairs += 1;
    }
    assert_eq!(pairs, 9);
}
