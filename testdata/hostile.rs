//! Hostile sources and entries: the samples of maps and services with parts of them broken, and bytes of
//! any kind, through the bodies of the fuzz targets.

#[path = "../fuzz/bodies/declare.rs"]
mod declare;
#[path = "../fuzz/bodies/translate.rs"]
mod translate;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use baowen::check::Checker;
use baowen::finding::{Code, Finding, Lang, Syntax};
use baowen::map::{Direction, Options, Trace, Translator};
use baowen::spec::Specs;
use proptest::prelude::*;

fn room(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

/// The files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

/// A change of bytes: where, as a part of the whole, and what.
#[derive(Clone, Debug)]
enum Change {
    Set(u8),
    Drop(u8),
    /// So many bytes once more.
    Again(u16),
    /// What stands there is put at another place.
    Move(u16, u16),
    Put(&'static str),
    Cut,
}

/// What means something to one syntax or another.
const SIGNS: [&str; 18] = [
    "'", "+", ":", "?", "<", "</", "&#0;", "]]>", "\"", "{", "]", "null", "1e999", "\u{0}", "|",
    "\r\n", "\u{FFFF}", "-0.0",
];

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<u8>().prop_map(Change::Set),
        (1..40u8).prop_map(Change::Drop),
        (1..300u16).prop_map(Change::Again),
        (1..300u16, any::<u16>()).prop_map(|(len, to)| Change::Move(len, to)),
        prop::sample::select(&SIGNS[..]).prop_map(Change::Put),
        Just(Change::Cut),
    ]
}

fn changes() -> impl Strategy<Value = Vec<(u16, Change)>> {
    prop::collection::vec((any::<u16>(), change()), 0..6)
}

fn changed(mut bytes: Vec<u8>, changes: &[(u16, Change)]) -> Vec<u8> {
    for (place, change) in changes {
        let part = |of: u16, len: usize| len * usize::from(of) / (1 << 16);
        let at = part(*place, bytes.len());
        let until = |len: usize| (at + len).min(bytes.len());
        match change {
            Change::Set(byte) if at < bytes.len() => bytes[at] = *byte,
            Change::Set(byte) => bytes.push(*byte),
            Change::Drop(len) => drop(bytes.drain(at..until(usize::from(*len)))),
            Change::Again(len) => {
                let piece = bytes[at..until(usize::from(*len))].to_vec();
                bytes.splice(at..at, piece);
            }
            Change::Move(len, to) => {
                let piece: Vec<u8> = bytes.drain(at..until(usize::from(*len))).collect();
                let to = part(*to, bytes.len());
                bytes.splice(to..to, piece);
            }
            Change::Put(sign) => drop(bytes.splice(at..at, sign.bytes())),
            Change::Cut => bytes.truncate(at),
        }
    }
    bytes
}

/// A sample of a map: which, the way, how it is written, and what it says.
type Sample = (usize, Direction, Syntax, Vec<u8>);

fn samples() -> &'static [Sample] {
    static SAMPLES: OnceLock<Vec<Sample>> = OnceLock::new();
    SAMPLES.get_or_init(|| {
        let mut samples = Vec::new();
        for (at, map) in translate::maps().iter().enumerate() {
            for (way, direction) in [("forth", Direction::Forth), ("back", Direction::Back)] {
                let folder = room("maps/shipped").join(map.name()).join(way);
                if !folder.is_dir() {
                    continue;
                }
                for path in files(&folder) {
                    let syntax = match path.extension().and_then(|of| of.to_str()) {
                        Some("edi") => Syntax::Edifact,
                        Some("xml") => Syntax::Xml,
                        Some("json") => Syntax::Json,
                        _ => Syntax::Flat,
                    };
                    samples.push((at, direction, syntax, std::fs::read(path).unwrap()));
                }
            }
        }
        assert!(samples.len() > 20, "{}", samples.len());
        samples
    })
}

fn entries() -> &'static [Vec<u8>] {
    static ENTRIES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let paths = files(&room("systems"));
        paths
            .iter()
            .map(|path| std::fs::read(path).unwrap())
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn a_broken_source_is_translated(which in any::<prop::sample::Index>(), piece in 1..2000usize, changes in changes()) {
        let (map, direction, syntax, source) = &samples()[which.index(samples().len())];
        let source = changed(source.clone(), &changes);
        translate::translate(&translate::maps()[*map], *direction, *syntax, &source, piece);
    }

    #[test]
    fn any_source_is_translated(data in prop::collection::vec(any::<u8>(), 0..400)) {
        translate::run(&data);
    }

    #[test]
    fn a_source_of_signs_is_translated(which in any::<u8>(), how in any::<u8>(), signs in prop::collection::vec(prop::sample::select(&SIGNS[..]), 0..60)) {
        let mut data = vec![which, how];
        signs.iter().for_each(|sign| data.extend(sign.bytes()));
        translate::run(&data);
    }

    #[test]
    fn any_entry_is_declared(data in prop::collection::vec(any::<u8>(), 0..400)) {
        declare::run(&data);
    }
}

/// What is found in a document in XML; places are those behind `from`, less `len`.
fn found(checker: &Checker, document: &[u8], from: u64, len: u64) -> Vec<String> {
    let mut found: Vec<Finding> = Vec::new();
    checker.slice(document, &mut found).unwrap();
    let line = |finding: &Finding| {
        let start = finding.span.start;
        let start = if start > from { start - len } else { start };
        let path = finding.place.path.as_deref().unwrap_or("");
        let said = finding.message(Lang::En, false);
        format!(
            "{start} {} {} {path} {said}",
            finding.span.len,
            finding.code.as_str()
        )
    };
    found.iter().map(line).collect()
}

fn documents() -> &'static [Vec<u8>] {
    static DOCUMENTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    DOCUMENTS.get_or_init(|| {
        let in_xml = samples()
            .iter()
            .filter(|(_, _, syntax, _)| *syntax == Syntax::Xml);
        let mut documents: Vec<Vec<u8>> = in_xml.map(|(.., source)| source.clone()).collect();
        let forms = files(&room("china/good")).into_iter();
        let forms = forms.filter(|path| path.extension().is_some_and(|of| of == "xml"));
        documents.extend(forms.map(|path| std::fs::read(path).unwrap()));
        documents.retain(|document| document.len() < 60_000);
        assert!(documents.len() > 20, "{}", documents.len());
        documents
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    /// Where `]]>` stands somewhere, every element is taken apart; the same has to be found of those that
    /// are looked at quickly.
    #[test]
    fn a_glance_finds_what_a_long_look_does(which in any::<prop::sample::Index>(), changes in changes()) {
        static CHECKER: OnceLock<Checker> = OnceLock::new();
        let checker = CHECKER.get_or_init(|| Checker::new(&Specs::base(), Default::default()).unwrap());
        let document = changed(documents()[which.index(documents().len())].clone(), &changes);
        if !document.starts_with(b"<") {
            return Ok(());
        }
        let declared = document.starts_with(b"<?xml").then(|| {
            let head = &document[..document.len().min(100)];
            head.windows(2).position(|pair| pair == b"?>")
        });
        let at = match declared {
            None => 0,
            Some(Some(end)) => end + 2,
            // What is no declaration may be anything.
            Some(None) => return Ok(()),
        };
        const COMMENT: &[u8] = b"<!--]]>-->";
        let mut other = document.clone();
        other.splice(at..at, COMMENT.iter().copied());
        let quick = found(checker, &document, u64::MAX, 0);
        let long = found(checker, &other, at as u64, COMMENT.len() as u64);
        prop_assert_eq!(quick, long, "{}", String::from_utf8_lossy(&document));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn a_broken_entry_is_declared(service in any::<prop::sample::Index>(), which in any::<prop::sample::Index>(), changes in changes()) {
        let entry = changed(entries()[which.index(entries().len())].clone(), &changes);
        declare::declare(&declare::services()[service.index(declare::services().len())], &entry);
    }
}

#[test]
fn every_sample_is_traced() {
    for (at, direction, syntax, source) in samples() {
        let map = &translate::maps()[*at];
        let mut options = Options::default();
        for param in map.params() {
            if param.must(*direction) {
                options = options.with_param(param.name, "1");
            }
        }
        let translator = Translator::new(map, *direction, options).unwrap();
        let mut from_source = 0;
        let mut trace = |trace: Trace| from_source += usize::from(trace.source.is_some());
        let mut outputs =
            |_: u64| -> baowen::Result<Box<dyn Write>> { Ok(Box::new(std::io::sink())) };
        let mut findings: Vec<Finding> = Vec::new();
        translator
            .traced(&**source, *syntax, &mut outputs, &mut findings, &mut trace)
            .unwrap();
        assert!(from_source > 0, "{}", map.name());
    }
}

/// What a run by `cuscar-mt1101` wrote and found under limits of memory.
fn limited(direction: Direction, source: &[u8], memory: usize, least: usize) -> Limited {
    let map = translate::maps()
        .iter()
        .find(|map| map.name() == "cuscar-mt1101")
        .unwrap();
    let mut options = Options {
        now: Some("20261125093000".into()),
        memory,
        least_memory: least,
        ..Options::default()
    };
    for name in ["sender", "receiver", "carrier", "customs"] {
        options = options.with_param(name, "1");
    }
    let from = match direction {
        Direction::Forth => Syntax::Edifact,
        Direction::Back => Syntax::Xml,
    };
    let translator = Translator::new(map, direction, options).unwrap();
    let (outputs, findings) = translate::outputs(&translator, from, source);
    let told = findings
        .into_iter()
        .filter(|finding| finding.code == Code::MAP_MEMORY);
    (outputs, told.collect())
}

type Limited = (Vec<Vec<u8>>, Vec<Finding>);

fn is_manifest(bytes: &[u8]) -> bool {
    let mut found: Vec<Finding> = Vec::new();
    let checker = Checker::new(&Specs::base(), Default::default()).unwrap();
    checker.slice(bytes, &mut found).unwrap();
    bytes.ends_with(b"</Manifest>\n")
        && found
            .iter()
            .all(|finding| !finding.code.as_str().starts_with("xml-"))
}

/// A report of consignments with so many goods items each, and where each begins.
fn report(messages: &[&[usize]]) -> (Vec<u8>, Vec<usize>) {
    use std::fmt::Write as _;
    let mut text = "UNB+UNOC:3+A+B+261123:0930+1'".to_owned();
    let mut begins = Vec::new();
    for (at, consignments) in messages.iter().enumerate() {
        let _ = write!(text, "UNH+{}+CUSCAR:D:95B:UN'BGM+785+M{at}+9'", at + 1);
        for (nth, items) in consignments.iter().enumerate() {
            begins.push(text.len());
            let _ = write!(
                text,
                "CNI+{}+B{at}{nth}'RFF+BM:B{at}{nth}'LOC+9+KRPUS'",
                nth + 1
            );
            for item in 1..=*items {
                let _ = write!(
                    text,
                    "GID+{item}+1:CT'FTX+AAA+++COTTON SHIRTS'MEA+AAE+G+KGM:5'"
                );
            }
        }
        let _ = write!(text, "UNT+9+{}'", at + 1);
    }
    text.push_str("UNZ+1+1'");
    (text.into_bytes(), begins)
}

#[test]
fn a_message_that_is_held_takes_memory_by_its_bytes() {
    let sample = samples().iter().find(|(map, direction, syntax, _)| {
        translate::maps()[*map].name() == "cuscar-mt1101"
            && (*direction, *syntax) == (Direction::Back, Syntax::Xml)
    });
    let (.., source) = sample.unwrap();
    let (outputs, told) = limited(Direction::Back, source, 4, 64 << 20);
    assert_eq!((outputs.len(), told.len()), (1, 0));
    // Too little for any: nothing is written, and the place is told.
    let (outputs, told) = limited(Direction::Back, source, 0, 1000);
    assert!(outputs.iter().all(Vec::is_empty), "{outputs:?}");
    let [finding] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert!(finding.span.start > 0 && finding.span.end() <= source.len() as u64);
    assert!(finding.at.line > 1, "{finding:?}");
    assert_eq!(finding.place.message_type.as_deref(), Some("MT1101_9@2019"));
    let said = finding.message(Lang::En, false);
    assert!(said.contains("1000 bytes"), "{said}");
    let said = finding.message(Lang::Zh, false);
    assert!(said.contains("1000字节"), "{said}");
}

#[test]
fn what_was_written_of_a_message_that_streams_is_closed() {
    let (source, begins) = report(&[&[2, 2, 400, 2], &[3]]);
    let (outputs, told) = limited(Direction::Forth, &source, 4, 64 << 20);
    assert_eq!((outputs.len(), told.len()), (2, 0));
    let (outputs, told) = limited(Direction::Forth, &source, 1, 30_000);
    let [finding] = told.as_slice() else {
        panic!("{told:?}");
    };
    let within = begins[2] as u64..begins[3] as u64;
    assert!(within.contains(&finding.span.start), "{finding:?}");
    // The consignments before it are there, and so is the next message.
    let count = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.matches("<Consignment>").count()
    };
    let [first, second] = outputs.as_slice() else {
        panic!("{}", outputs.len());
    };
    assert_eq!((count(first), count(second)), (2, 1));
    assert!(is_manifest(first) && is_manifest(second));
}
