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
        self.all
            .push(format!("<{} {{{}}}", start.name(), start.namespace()));
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
        let leaf = self
            .all
            .last()
            .is_some_and(|last| last.starts_with(['<', '@']));
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
    if findings
        .iter()
        .any(|finding| finding.severity == baowen::finding::Severity::Error)
    {
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
        let from = if to == Format::Xml {
            Syntax::Xml
        } else {
            Syntax::Json
        };
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
        if path
            .extension()
            .is_some_and(|extension| other.iter().any(|other| extension == *other))
        {
            continue;
        }
        match checker.syntax(&bytes).unwrap() {
            Syntax::Edifact if values(&bytes).len() > 1 => {
                // Their values are those of other bytes: UTF-16, and ISO 2022.
                if bytes.starts_with(b"\xFF\xFE")
                    || bytes.starts_with(b"\xFE\xFF")
                    || bytes.contains(&0x1B)
                {
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
    assert!(
        edifact > 80 && xml > 20 && flat > 10,
        "{edifact} {xml} {flat}"
    );
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
    assert!(total[0] > 250 && total[1] > 200, "{total:?}");
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
        // One has bytes that are not in the character set it names.
        let charset = columns[0].contains("EXAMPLE8").then_some("UNOC");
        let options = Options {
            charset: charset.and_then(baowen::charset::Charset::for_label),
            ..Options::default()
        };
        let converter = Converter::new(&Specs::base(), options);
        let way = |input: &[u8], from: Syntax, to: Format| {
            let mut out = Vec::new();
            let mut none = |_: Finding| {};
            let totals = converter.slice(input, from, to, &mut out, &mut none);
            totals.unwrap();
            out
        };
        let xml = way(&edifact, Syntax::Edifact, Format::Xml);
        let message = |xml: &[u8]| -> Vec<String> {
            let all = canonical(xml);
            let from = all
                .iter()
                .position(|event| event.starts_with("<M_"))
                .unwrap();
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
        let mut ours = ours;
        if let Some(at) = ours.iter().position(|event| event.starts_with("<D_0110")) {
            let kept: Vec<String> = ours.drain(at..at + 3).collect();
            assert!(kept[1].starts_with("text"), "{kept:?}");
        }
        // In two of them amounts are written as 4000 and 140.8 where the interchange has more zeros.
        let shorter = columns[0].contains("EXAMPLE5") || columns[0].contains("EXAMPLE8");
        let amounts = |event: String| match event.strip_suffix("\"") {
            Some(text) if shorter && text.contains('.') => {
                let digits = text.trim_end_matches('0').trim_end_matches('.');
                format!("{digits}\"")
            }
            _ => event,
        };
        let ours: Vec<String> = ours.into_iter().map(amounts).collect();
        let theirs: Vec<String> = theirs.into_iter().map(amounts).collect();
        same(columns[0], "oracle", &theirs, &ours);
        // And from theirs the segments of the interchange.
        let back = way(&oracle, Syntax::Xml, Format::Edifact);
        let inner = |all: Vec<String>| -> Vec<String> {
            // The oracle has no package either.
            let service = ["UNA", "UNB", "UNZ", "UNO", "UNP", "bytes"];
            let outside = |line: &String| service.iter().any(|tag| line.starts_with(tag));
            let all = all.into_iter().filter(|line| !outside(line));
            let all = all.map(|line| line.split(" 1.0.5=").next().unwrap().to_owned());
            let amounts = |line: String| match shorter {
                true => {
                    let part = |part: &str| match part.split_once('=') {
                        Some((place, value)) => format!(" {place}={}", amounts(value.to_owned())),
                        None => part.to_owned(),
                    };
                    line.split(' ').map(part).collect()
                }
                false => line,
            };
            all.map(amounts).collect()
        };
        same(
            columns[0],
            "oracle's way back",
            &inner(values(&edifact)),
            &inner(values(&back)),
        );
        pairs += 1;
    }
    assert_eq!(pairs, 9);
}

/// A file of ours.
fn own(name: &str) -> Vec<u8> {
    std::fs::read(testdata().join("convert").join(name)).unwrap()
}

#[test]
fn pairs_of_ours() {
    let input = own("invoic.edi");
    let (xml, findings) = convert(&input, Syntax::Edifact, Format::Xml);
    assert_eq!(text(&xml), text(&own("invoic.xml")));
    let codes: Vec<Code> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::CONVERT_UNPLACED]);
    assert_eq!((findings[0].at.line, findings[0].at.column), (17, 1));
    let (json, _) = convert(&input, Syntax::Edifact, Format::Json);
    assert_eq!(text(&json), text(&own("invoic.json")));
    let (lines, _) = convert(&input, Syntax::Edifact, Format::JsonLines);
    assert_eq!(text(&lines), text(&own("invoic.jsonl")));
    for (bytes, from) in [
        (xml, Syntax::Xml),
        (json, Syntax::Json),
        (lines, Syntax::Json),
    ] {
        let (back, findings) = convert(&bytes, from, Format::Edifact);
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(text(&back), text(&input).replace('\n', ""));
    }
}

#[test]
fn json_has_one_form() {
    let (json, _) = convert(&own("mixed.xml"), Syntax::Xml, Format::Json);
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("convert_mixed", text(&json));
        let (json, _) = convert(&own("flat.txt"), Syntax::Flat, Format::JsonLines);
        insta::assert_snapshot!("convert_flat", text(&json));
    });
    // What people write is read too.
    let (xml, findings) = convert(
        br##"{"a": [{"@x": 1, "b": [true, null, 1.50], "c\u00e9": {"#text": "\ud83d\ude00"}}]}"##,
        Syntax::Json,
        Format::Xml,
    );
    assert!(findings.is_empty(), "{findings:?}");
    let all = canonical(&xml);
    let expected = [
        "<a {}",
        "@x=\"1\"",
        "<b {}",
        "text \"true\"",
        ">",
        "<b {}",
        ">",
        "<b {}",
        "text \"1.50\"",
        ">",
        "<cé {}",
        "text \"😀\"",
        ">",
        ">",
    ];
    assert_eq!(all, expected);
}

#[test]
fn an_element_longer_than_the_limit_is_an_array() {
    let long = "x".repeat(300 << 10);
    let xml = format!("<r><a><b>{long}</b></a><c>1</c></r>");
    let (json, _) = convert(xml.as_bytes(), Syntax::Xml, Format::Json);
    let json = text(&json);
    assert!(json.contains("\"a\":[{\"b\":[\""), "{}", &json[..40]);
    let (back, _) = convert(json.as_bytes(), Syntax::Json, Format::Xml);
    assert_eq!(canonical(&back), canonical(xml.as_bytes()));
}

/// Every finding of conversion, where it is made.
#[test]
fn every_finding_has_a_case() {
    let head = "UNB+UNOC:3+A+B+261123:0930+1'UNH+1+CUSCAR:D:95B:UN'";
    let tree = |inside: &str| {
        format!(
            "<List xmlns:b=\"urn:baowen:tree\"><S_UNB><C_S001><D_0001>UNOC</D_0001><D_0002>3</D_0002></C_S001></S_UNB>{inside}</List>"
        )
    };
    let edifact = |rest: &str| {
        (
            format!("{head}{rest}").into_bytes(),
            Syntax::Edifact,
            Format::Xml,
        )
    };
    let xml = |inside: &str| (tree(inside).into_bytes(), Syntax::Xml, Format::Edifact);
    let json = |text: &str| (text.as_bytes().to_vec(), Syntax::Json, Format::Xml);
    let cases = [
        (
            "convert-unplaced",
            edifact("BGM+785+1'XYZ+1'UNT+4+1'"),
            "XYZ",
        ),
        (
            "convert-unknown-message",
            edifact("UNT+2+1'UNH+2+NOSUCH:D:95B:UN'BGM+1'UNT+3+2'"),
            "b:Message",
        ),
        (
            "convert-signature",
            edifact("USH+1+1+3'BGM+785+1'UST+1+2'UNT+5+1'"),
            "tag=\"USH\"",
        ),
        (
            "convert-beyond-spec",
            edifact("BGM+785+1+9+AB+5+6+7'UNT+3+1'"),
            "<b:E at=\"7\">7</b:E>",
        ),
        (
            "convert-bytes",
            edifact("BGM+785+a\u{1}b'UNT+3+1'"),
            "b:hex=\"610162\"",
        ),
        (
            "convert-unknown-name",
            xml("<S_UNG><D_9999>x</D_9999></S_UNG>"),
            "UNG+x'",
        ),
        ("convert-shape", xml("<S_UNG>text</S_UNG>"), "UNG'"),
        (
            "convert-character",
            xml("<S_UNG><D_0038>纸</D_0038></S_UNG>"),
            "UNG+纸'",
        ),
        (
            "convert-line-break",
            xml("<S_UNG><D_0038>a\nb</D_0038></S_UNG>"),
            "UNG+a\nb'",
        ),
        (
            "convert-separator",
            xml("<S_UNB b:separators=\"3A2B2E000027\"><D_0020>a+b</D_0020></S_UNB>"),
            "UNB+++++a+b'",
        ),
        ("json-syntax", json("{\"a\": {\"b\": 1,}}"), "<b>1</b>"),
    ];
    for (code, (input, from, to), part) in &cases {
        let (out, findings) = convert(input, *from, *to);
        let found = findings
            .iter()
            .find(|finding| finding.code.as_str() == *code);
        let found = found.unwrap_or_else(|| panic!("{code}: {findings:?} {}", text(&out)));
        for lang in [Lang::En, Lang::Zh] {
            let message = found.message(lang, false).replace("\\u{", "");
            assert!(!message.contains('{'), "{message}");
        }
        assert!(text(&out).contains(part), "{code}: {}", text(&out));
        if *from == Syntax::Edifact {
            let (back, _) = convert(&out, Syntax::Xml, Format::Edifact);
            same(code, "XML", &values(input), &values(&back));
        }
    }
    let told: BTreeSet<&str> = cases.iter().map(|case| case.0).collect();
    let all = Code::all().map(Code::as_str);
    let all: BTreeSet<&str> = all
        .filter(|code| code.starts_with("convert-") || code.starts_with("json-"))
        .collect();
    assert_eq!(told, all);
}

#[test]
fn what_needs_a_map_is_refused() {
    let converter = Converter::new(&Specs::base(), Options::default());
    let refused = |input: &[u8], from: Syntax, to: Format| {
        let mut none = |_: Finding| {};
        let told = converter.slice(input, from, to, Vec::new(), &mut none);
        told.unwrap_err().to_string()
    };
    let flat = own("flat.txt");
    assert!(refused(&flat, Syntax::Flat, Format::Edifact).contains("needs a map"));
    assert!(refused(b"UNH+1'", Syntax::Edifact, Format::Flat).contains("needs a map"));
    assert!(refused(b"<DecMessage/>", Syntax::Xml, Format::Edifact).contains("needs a map"));
    assert!(refused(b"{\"a\":1}", Syntax::Json, Format::Flat).contains("needs a map"));
    assert!(refused(b"<a/>", Syntax::Xml, Format::Xml).contains("already"));
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            3 => "[A-Z0-9]{0,5}",
            2 => "[ -~]{0,8}",
            1 => "[ -~é纸<&>?+:'*]{0,6}",
        ]
    }

    /// A segment: elements of repetitions of components.
    fn segment() -> impl Strategy<Value = (String, Vec<Vec<Vec<String>>>)> {
        let tag = prop_oneof![
            "BGM", "NAD", "FTX", "LOC", "GIR", "PIA", "UNS", "QQQ", "[A-Z]{3}"
        ];
        let component = proptest::collection::vec(value(), 1..5);
        let repetition = proptest::collection::vec(component, 1..3);
        let elements = proptest::collection::vec(repetition, 0..8);
        (
            tag.prop_filter("no service segment", |tag| {
                !tag.starts_with('U') || tag == "UNS"
            }),
            elements,
        )
    }

    fn written(value: &str, repetition: bool) -> String {
        let mut text = String::new();
        for c in value.chars() {
            if matches!(c, '?' | '+' | ':' | '\'') || (c == '*' && repetition) {
                text.push('?');
            }
            text.push(c);
        }
        text
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn any_segments_go_there_and_back(
            segments in proptest::collection::vec(segment(), 0..12),
            message in prop_oneof!["CUSCAR:D:95B", "INVOIC:D:14B", "ORDERS:D:96A", "NOSUCH:X:1"],
            version in 1..5u8,
        ) {
            let mut input = format!("UNB+UNOW:{version}+A+B+261123:0930+1'UNH+1+{message}:UN'");
            let repetition = version == 4;
            for (tag, elements) in &segments {
                input.push_str(tag);
                for element in elements {
                    let mut repetitions = Vec::new();
                    for components in element {
                        let components: Vec<String> =
                            components.iter().map(|value| written(value, repetition)).collect();
                        repetitions.push(components.join(":"));
                    }
                    input.push('+');
                    input.push_str(&match repetition {
                        true => repetitions.join("*"),
                        false => repetitions[0].clone(),
                    });
                }
                input.push('\'');
            }
            input.push_str("UNT+1+1'UNZ+1+1'");
            edifact_round_trip(&input, input.as_bytes());
        }

        #[test]
        fn any_bytes_make_sound_trees(
            bytes in proptest::collection::vec(
                prop_oneof![Just(b'\''), Just(b'+'), Just(b':'), Just(b'?'), any::<u8>()], 0..200,
            ),
            head in prop_oneof!["UNB+UNOC:4+A+B+1:1+1'UNH+1+CUSCAR:D:95B:UN'", "UNA:+.?*'UNH+1'", ""],
        ) {
            let mut input = head.into_bytes();
            input.extend(bytes);
            for to in [Format::Xml, Format::Json, Format::JsonLines] {
                let (out, _) = convert(&input, Syntax::Edifact, to);
                let from = if to == Format::Xml { Syntax::Xml } else { Syntax::Json };
                let (_, findings) = convert(&out, from, Format::Edifact);
                let wrong = |finding: &&Finding| finding.code != Code::EMPTY_INPUT;
                let wrong: Vec<&Finding> = findings.iter().filter(wrong).collect();
                // A line break or separator that nothing can release stays a finding.
                let known = [Code::CONVERT_SEPARATOR, Code::CONVERT_LINE_BREAK];
                prop_assert!(wrong.iter().all(|held| known.contains(&held.code)), "{wrong:?}");
            }
        }

        #[test]
        fn any_json_is_read_to_its_end(text in "[\\[\\]{}\",:a-c1#@ \\\\nu0-]{0,60}") {
            for to in [Format::Xml, Format::JsonLines] {
                let (_, findings) = convert(text.as_bytes(), Syntax::Json, to);
                let sound = serde_json::Deserializer::from_str(&text)
                    .into_iter::<serde_json::Value>()
                    .all(|value| value.is_ok_and(|value| value.is_object()));
                if sound {
                    let syntax = findings.iter().any(|held| held.code == Code::JSON_SYNTAX);
                    prop_assert!(!syntax, "{text} {findings:?}");
                }
            }
        }

        #[test]
        fn any_document_goes_there_and_back(document in element(4)) {
            xml_round_trip(&document, document.as_bytes());
        }
    }

    /// An element of random content.
    fn element(depth: u32) -> impl Strategy<Value = String> {
        let text = || "[a-c &#;]{0,3}".prop_map(|text| text.replace(['&', '#', ';'], "&lt;"));
        let leaf = ("[a-c]", text()).prop_map(|(name, text)| format!("<{name}>{text}</{name}>"));
        leaf.prop_recursive(depth, 32, 5, move |inner| {
            let child = prop_oneof![
                4 => inner,
                1 => text(),
                1 => Just("<!--c-->".to_owned()),
                1 => Just("<?p i?>".to_owned()),
                1 => Just("\n  ".to_owned()),
            ];
            let attributes = prop_oneof![
                Just(String::new()),
                "[a-c<]{0,3}".prop_map(|value| format!(" x=\"{}\"", value.replace('<', "&lt;"))),
            ];
            ("[a-c]", attributes, proptest::collection::vec(child, 0..5)).prop_map(
                |(name, attributes, children)| {
                    format!("<{name}{attributes}>{}</{name}>", children.concat())
                },
            )
        })
    }
}
