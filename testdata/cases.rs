//! Every case of `findings/` and `dialects/`: what is found is snapshot, both doors and one or
//! several threads find the same, and nothing of the input is lost.

use std::collections::HashMap;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use baowen::check::{Checker, Options};
use baowen::edifact::{Item, Reader};
use baowen::finding::{Code, Finding, Lang};
use baowen::spec::Specs;

/// The cases of a room, sorted.
fn cases(room: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(room);
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "edi"))
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

fn check(input: &[u8]) -> Vec<Finding> {
    let checker = Checker::new(&Specs::base(), Options::default()).unwrap();
    let mut findings = Vec::new();
    checker.slice(input, &mut findings).unwrap();
    findings
}

/// A finding as a reviewer reads it.
fn line(finding: &Finding) -> String {
    format!(
        "{}:{} {} {} {} {}\n  {}\n  {}",
        finding.at.line,
        finding.at.column,
        finding.span.start,
        finding.severity.as_str(),
        finding.code,
        finding.place.path.as_deref().unwrap_or("-"),
        finding.message(Lang::En, false),
        finding.message(Lang::Zh, false),
    )
}

fn snapshot(room: &str) -> Vec<(String, Vec<Finding>)> {
    let mut found = Vec::new();
    let mut text = String::new();
    for path in cases(room) {
        let findings = check(&std::fs::read(&path).unwrap());
        text.push_str(&format!("== {}\n", name(&path)));
        for finding in &findings {
            text.push_str(&line(finding));
            text.push('\n');
        }
        found.push((name(&path), findings));
    }
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(room, text);
    });
    found
}

/// Findings that no case file can hold, and why.
const WITHOUT_CASE: [&str; 9] = [
    // A layer drops the element: `findings_that_need_a_layer`.
    "not-used",
    // An option, or an input beyond a default bound: `findings_that_need_an_option`.
    "segment-too-long",
    "record-too-long",
    "references-unchecked",
    "findings-cut",
    // A message of very many segments: `a_message_that_is_wrong_as_a_whole_is_told_in_bounds`.
    "order-given-up",
    "control-totals-unchecked",
    // Only beside another finding: `related_places_are_told`.
    "first-used",
    "header-here",
];

#[test]
fn every_finding_has_a_case() {
    let cases = snapshot("findings");
    for (name, findings) in &cases {
        let there = findings.iter().any(|finding| finding.code.as_str() == name);
        assert!(
            there,
            "{name}: {:?}",
            findings.iter().map(|f| f.code).collect::<Vec<_>>()
        );
    }
    // Those of XML, of flat files, of conversion and of acknowledgements are held by the cases of those rooms.
    let of_xml =
        |code: &Code| code.as_str().starts_with("xml-") || code.as_str().starts_with("xsd-");
    let of_convert =
        |code: &Code| code.as_str().starts_with("convert-") || code.as_str().starts_with("json-");
    // Those of rules by `testdata/rules.rs`.
    let of_rules =
        |code: &Code| code.as_str().starts_with("rule-") || code.as_str() == "compared-here";
    // Those of maps by `testdata/maps.rs`.
    let of_maps = |code: &Code| code.as_str().starts_with("map-");
    let of_ack = |code: &Code| code.as_str().starts_with("ack-");
    // Those of entry documents by `testdata/declare.rs`.
    let of_entries = |code: &Code| code.as_str().starts_with("entry-");
    // Those of archives by `testdata/cli.rs`.
    let of_archives = |code: &Code| code.as_str().starts_with("archive-");
    let elsewhere = |code: &Code| {
        of_xml(code)
            || of_convert(code)
            || of_rules(code)
            || of_ack(code)
            || of_maps(code)
            || of_entries(code)
            || of_archives(code)
    };
    let others = |code: &Code| !elsewhere(code);
    for code in Code::all().filter(others) {
        let flat = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/flat/findings");
        let held = cases.iter().any(|(name, _)| name == code.as_str())
            || flat.join(format!("{code}.txt")).is_file();
        assert_ne!(held, WITHOUT_CASE.contains(&code.as_str()), "{code}");
    }
}

#[test]
fn dialects() {
    snapshot("dialects");
}

#[test]
fn sound_messages_have_no_findings() {
    for path in cases("messages") {
        let findings = check(&std::fs::read(&path).unwrap());
        assert!(findings.is_empty(), "{}: {findings:?}", path.display());
    }
}

#[test]
fn findings_that_need_an_option() {
    let input = b"UNB+UNOA:2+A+B+261123:0930+1'UNH+1+CUSCAR:D:95B:UN'BGM+QQ1+1'FTX+AAA+++XXXXXXXXXXXXXXXXXXXXXXXXX'UNT+4+1'UNH+2+CUSCAR:D:95B:UN'BGM+QQ2+1'UNT+3+2'UNZ+2+1'";
    let codes = |options: Options| {
        let mut findings: Vec<Finding> = Vec::new();
        Checker::new(&Specs::base(), options)
            .unwrap()
            .slice(input, &mut findings)
            .unwrap();
        findings
            .iter()
            .map(|finding| finding.code.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(Options::default()), ["unknown-code", "unknown-code"]);
    assert_eq!(
        codes(Options {
            most_findings: 1,
            ..Options::default()
        }),
        ["unknown-code", "findings-cut"]
    );
    assert_eq!(
        codes(Options {
            references: 1,
            ..Options::default()
        }),
        ["unknown-code", "references-unchecked", "unknown-code"]
    );
    let mut short = Options::default();
    short.reading.longest_segment = 40_000;
    let long = format!(
        "UNH+1+CUSCAR:D:95B:UN'BGM+785+1'FTX+AAA+++{}'UNT+4+1'",
        "X".repeat(100_000)
    );
    let mut findings: Vec<Finding> = Vec::new();
    Checker::new(&Specs::base(), short)
        .unwrap()
        .slice(long.as_bytes(), &mut findings)
        .unwrap();
    assert!(
        findings
            .iter()
            .any(|finding| finding.code == Code::SEGMENT_TOO_LONG && finding.span.len > 100_000)
    );
}

#[test]
fn findings_that_need_a_layer() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("edifact")).unwrap();
    let text = "restrict segment BGM  D95B  in CUSCAR\n  drop 4343\nrestrict segment NAD  D95B  in CUSCAR\n  drop C058\n";
    std::fs::write(folder.path().join("edifact/bgm.txt"), text).unwrap();
    let specs = Specs::base().with_dir(folder.path()).unwrap();
    let checker = Checker::new(&specs, Options::default()).unwrap();
    let mut findings: Vec<Finding> = Vec::new();
    let input =
        b"UNB+UNOA:2+A+B+261123:0930+1'UNH+1+CUSCAR:D:95B:UN'BGM+785+M1+9+AB'NAD+CA++EXAMPLE LINE'UNT+4+1'UNZ+1+1'";
    checker.slice(input, &mut findings).unwrap();
    let said: Vec<_> = findings
        .iter()
        .map(|finding| {
            let path = finding.place.path.as_deref().unwrap();
            let from = finding.span.start as usize;
            (
                finding.code,
                path,
                &input[from..from + finding.span.len as usize],
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            (Code::NOT_USED, "S_BGM/D_4343", &b"AB"[..]),
            (Code::NOT_USED, "S_NAD/C_C058", b"EXAMPLE LINE"),
        ]
    );
}

#[test]
fn related_places_are_told() {
    let input = b"UNB+UNOA:2+A+B+261123:0930+1'UNH+R7+CUSCAR:D:95B:UN'BGM+785+M1+9'UNT+3+R7'UNH+R7+CUSCAR:D:95B:UN'BGM+785+M1+9'UNT+3+R8'UNZ+2+1'";
    let findings = check(input);
    let said: Vec<(Code, Code, u64)> = findings
        .iter()
        .flat_map(|finding| {
            let of = |related: &baowen::finding::Related| {
                (finding.code, related.code, related.span.start)
            };
            finding.related.iter().map(of).collect::<Vec<_>>()
        })
        .collect();
    let first = input
        .windows(6)
        .position(|bytes| bytes == b"UNH+R7")
        .unwrap() as u64;
    let second = input
        .windows(6)
        .rposition(|bytes| bytes == b"UNH+R7")
        .unwrap() as u64;
    assert_eq!(
        said,
        [
            (Code::DUPLICATE_REFERENCE, Code::FIRST_USED, first + 4),
            (Code::REFERENCE_MISMATCH, Code::HEADER_HERE, second),
        ]
    );
}

/// Gives its bytes a few at a time.
struct Dribble<'d>(&'d [u8], usize);

impl std::io::Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.0.len().min(self.1).min(buffer.len());
        buffer[..len].copy_from_slice(&self.0[..len]);
        self.0 = &self.0[len..];
        Ok(len)
    }
}

/// The bytes of all that a reader gives.
fn rejoined(input: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(input.len());
    let mut reader = Reader::new(input);
    while let Some(item) = reader.next().unwrap() {
        match item {
            Item::Segment(segment) => {
                bytes.extend_from_slice(segment.blank());
                bytes.extend_from_slice(segment.bytes());
            }
            Item::Una(piece) | Item::Object(piece) | Item::Blank(piece) | Item::Skipped(piece) => {
                bytes.extend_from_slice(piece.bytes)
            }
        }
    }
    bytes
}

#[test]
fn both_doors_find_the_same_and_lose_nothing() {
    let checker = Checker::new(&Specs::base(), Options::default()).unwrap();
    for room in ["findings", "dialects", "messages", "faulty"] {
        for path in cases(room) {
            let input = std::fs::read(&path).unwrap();
            let (mut from_slice, mut from_stream) = (Vec::new(), Vec::new());
            let totals = checker.slice(&input, &mut from_slice).unwrap();
            let streamed = checker.read(Dribble(&input, 7), &mut from_stream).unwrap();
            assert_eq!(from_slice, from_stream, "{}", path.display());
            assert_eq!(totals, streamed);
            assert_eq!(totals.bytes, input.len() as u64);
            assert_eq!(rejoined(&input), input, "{}", path.display());
        }
    }
}

/// What the check of an input finds, by both doors: codes and offsets.
fn told(checker: &Checker, input: &[u8]) -> Vec<(Code, u64)> {
    let (mut from_slice, mut from_stream): (Vec<Finding>, Vec<Finding>) = Default::default();
    checker.slice(input, &mut from_slice).unwrap();
    checker.read(Dribble(input, 61), &mut from_stream).unwrap();
    assert_eq!(
        from_slice,
        from_stream,
        "{}",
        String::from_utf8_lossy(input)
    );
    let told = |finding: &Finding| (finding.code, finding.span.start);
    from_slice.iter().map(told).collect()
}

/// A file of one segment a line in which one terminator was forgotten, each in turn.
#[test]
fn a_forgotten_terminator_is_one_finding() {
    let checker = Checker::new(&Specs::base(), Options::default()).unwrap();
    let mut inputs: Vec<Vec<u8>> = Vec::new();
    for path in cases("messages") {
        inputs.push(std::fs::read(&path).unwrap());
    }
    let una = [b"UNA:+.? '\n", &inputs[0][..]].concat();
    let shown = String::from_utf8(inputs[0].clone()).unwrap();
    let again = format!(
        "{shown}\nUNA;*.? ~\n{}",
        shown.replace('\'', "~").replace(':', ";").replace('+', "*")
    );
    inputs.extend([una, again.into_bytes()]);
    for input in inputs {
        let lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
        for end in [&b"\n"[..], b"\r\n"] {
            let whole: Vec<u8> = lines.join(end);
            assert_eq!(
                told(&checker, &whole),
                [],
                "{}",
                String::from_utf8_lossy(&whole)
            );
            let ends = lines.iter().scan(0, |at, line| {
                *at += line.len() + end.len();
                Some(*at - end.len())
            });
            let named = |line: &&[u8]| !line.is_empty() && !line.starts_with(b"UNA");
            for (line, at) in lines.iter().zip(ends).filter(|(line, _)| named(line)) {
                let mut broken = whole.clone();
                assert!(matches!(broken.remove(at - 1), b'\'' | b'~'));
                let expected = [(Code::UNTERMINATED_SEGMENT, at as u64 - 1)];
                let line = String::from_utf8_lossy(line);
                assert_eq!(told(&checker, &broken), expected, "{line}");
                assert_eq!(rejoined(&broken), broken, "{line}");
            }
        }
    }
}

/// Lines that are wrapped, wherever that may be, hold the same.
#[test]
fn wrapped_lines_are_no_ends_of_segments() {
    let checker = Checker::new(&Specs::base(), Options::default()).unwrap();
    let wrapped = |text: &[u8], width: usize| text.chunks(width).collect::<Vec<_>>().join(&b'\n');
    let mut tags = 0;
    for path in cases("messages") {
        let text = std::fs::read(&path).unwrap();
        let flat: Vec<u8> = text.into_iter().filter(|byte| *byte != b'\n').collect();
        for width in [20, 35, 43, 64, 70, 72, 80, 132] {
            let broken = wrapped(&flat, width);
            let found = told(&checker, &broken);
            let ended = |(code, _): &(Code, u64)| *code == Code::UNTERMINATED_SEGMENT;
            assert!(!found.iter().any(ended), "{width}: {found:?}");
        }
    }
    // A segment a line, of which long ones are wrapped before what could be a tag.
    let head = "UNB+UNOA:2+A+B+261123:1200+1'\nUNH+1+CUSCAR:D:95B:UN'\nBGM+785+M1+9'\n";
    for (text, language) in [("LOC", "EN"), ("RFF", "ZH"), ("TDT", "EN")] {
        for width in [70, 72, 80] {
            let line = "X".repeat(width - 46);
            let segment = format!("FTX+AAA+++{}:{line}{text}+{language}'", "X".repeat(35));
            let broken = [
                head.as_bytes(),
                &wrapped(segment.as_bytes(), width),
                b"\nUNT+4+1'\nUNZ+1+1'\n",
            ];
            let found = told(&checker, &broken.concat());
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].0, Code::LINE_BREAK_IN_VALUE);
            tags += 1;
        }
    }
    assert_eq!(tags, 9);
}

#[test]
fn one_and_several_threads_find_the_same() {
    let mut input = b"UNB+UNOA:2+SENDER+RECEIVER+261123:0930+1'\n".to_vec();
    for number in 0..40_000u32 {
        let faulty = number % 977 == 0;
        let code = if faulty {
            "BGM+999+M1+9'"
        } else {
            "BGM+785+M1+9'"
        };
        let drop = if number % 1999 == 0 { "" } else { "CNI+1+A'" };
        let count = if number % 3001 == 0 {
            9
        } else {
            5 + u32::from(!drop.is_empty())
        };
        // Some references come again, near by and far away.
        let number = match number % 4001 {
            17 => 3,
            20 => number - 1,
            _ => number,
        };
        let text = format!(
            "UNH+{number}+CUSCAR:D:95B:UN'\n{code}DTM+137:20261123:102'\n{drop}RFF+BM:1'UNT+{count}+{number}'\n"
        );
        input.extend_from_slice(text.as_bytes());
        if number % 9001 == 0 {
            input.extend_from_slice(b"FTX+AAA'UNT+1+1'");
        }
    }
    input.extend_from_slice(b"UNZ+40000+1'");
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&input).unwrap();
    let run = |jobs: usize, from_file: bool| {
        let options = Options {
            jobs,
            excerpts: true,
            ..Options::default()
        };
        let mut findings: Vec<Finding> = Vec::new();
        let checker = Checker::new(&Specs::base(), options).unwrap();
        let totals = if from_file {
            (&file).rewind().unwrap();
            checker.file(&file, &mut findings)
        } else {
            checker.slice(&input, &mut findings)
        };
        (totals.unwrap(), findings)
    };
    let (totals, findings) = run(1, false);
    assert!(findings.len() > 60, "{}", findings.len());
    let again = |finding: &&Finding| finding.code == Code::DUPLICATE_REFERENCE;
    assert!(findings.iter().filter(again).count() > 10);
    for (split, found) in [run(3, false), run(2, true)] {
        assert_eq!(totals, split);
        assert_eq!(findings.len(), found.len());
        for (one, other) in findings.iter().zip(&found) {
            let bare = |finding: &Finding| Finding {
                excerpt: None,
                ..finding.clone()
            };
            assert_eq!(bare(one), bare(other));
        }
    }
}

#[test]
fn a_message_that_is_wrong_as_a_whole_is_told_in_bounds() {
    let checker = Checker::new(&Specs::base(), Options::default()).unwrap();
    let found = |segments: &str, times: usize| {
        let mut input = "UNB+UNOA:2+A+B+261123:1200+1'UNH+1+CUSCAR:D:95B:UN'".to_owned();
        input.push_str(&segments.repeat(times));
        let mut findings: Vec<Finding> = Vec::new();
        let totals = checker.slice(input.as_bytes(), &mut findings).unwrap();
        (totals, findings)
    };
    let of = |findings: &[Finding], code: Code| {
        let mut found = findings.iter().filter(|finding| finding.code == code);
        let first = found.next().map(|finding| finding.span.start);
        assert!(found.next().is_none(), "{code} is said once");
        first
    };
    let mess = "XYZ+1'";
    let (totals, findings) = found(mess, 100);
    assert_eq!(of(&findings, Code::ORDER_GIVEN_UP), None);
    assert!(totals.errors >= 100);
    let (totals, findings) = found(mess, 6_000);
    let from = of(&findings, Code::ORDER_GIVEN_UP).unwrap();
    let segments = from as usize / mess.len();
    assert!((3_700..4_500).contains(&segments), "{segments}");
    // Every error is counted, before and behind.
    let unknown = findings
        .iter()
        .filter(|finding| finding.code == Code::UNKNOWN_SEGMENT);
    assert_eq!(unknown.count(), 1_000);
    assert!(totals.errors >= 6_000);
    let (_, findings) = found("CNT+7:1'", 100_000);
    assert_eq!(of(&findings, Code::CONTROL_TOTALS_UNCHECKED), None);
    let (_, findings) = found("CNT+7:1'", 100_001);
    assert!(of(&findings, Code::CONTROL_TOTALS_UNCHECKED).is_some());
}

/// Service strings one after another, objects that never end: each piece is the whole input's.
#[test]
fn what_opens_again_and_again_is_read_once() {
    let head = "UNB+UNOA:4+A+B+261123:1200+1'";
    for (piece, items) in [
        // One right behind another is a segment like others.
        ("UNA:+.? '", 1_500),
        ("UNA:+.? '\n", 1_500),
        ("UNA;+.? 'BGM'UNA:+.? 'BGM'", 3_000),
    ] {
        let input = format!("{head}{}", piece.repeat(3_000));
        assert_eq!(rejoined(input.as_bytes()), input.as_bytes(), "{piece:?}");
        let mut reader = Reader::new(input.as_bytes());
        let mut una = 0;
        while let Some(item) = reader.next().unwrap() {
            una += usize::from(matches!(item, Item::Una(_)));
        }
        assert!(una >= items, "{piece:?}: {una}");
    }
    for piece in ["UNO+1+RFF:1+2+1'", "UNO+1+RFF:1+2+3'abcUNP+3+1'"] {
        let input = format!("{head}{}UNP+1+1'UNZ+1+1'", piece.repeat(3_000));
        assert_eq!(rejoined(input.as_bytes()), input.as_bytes(), "{piece:?}");
    }
}

#[test]
fn truncation_anywhere_is_only_a_finding() {
    let input =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/messages/cuscar.edi"))
            .unwrap();
    let checker = Checker::new(&Specs::base(), Options::default()).unwrap();
    for len in 0..input.len() {
        let mut findings: Vec<Finding> = Vec::new();
        let totals = checker.slice(&input[..len], &mut findings).unwrap();
        assert_eq!(totals.bytes, len as u64);
        let whole = input[len..].trim_ascii().is_empty();
        assert_eq!(findings.is_empty(), whole, "at {len}");
    }
}

#[test]
fn real_messages_if_there_are_any() {
    let Some(shared) = std::env::var_os("BAOWEN_SHARED") else {
        return;
    };
    let checker = Checker::new(&Specs::base(), Options::default()).unwrap();
    let mut folders = vec![PathBuf::from(shared).join("samples/edifact")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let input = std::fs::read(&path).unwrap();
            let mut findings: Vec<Finding> = Vec::new();
            let totals = checker.slice(&input, &mut findings).unwrap();
            assert_eq!(totals.bytes, input.len() as u64, "{}", path.display());
            assert_eq!(rejoined(&input), input, "{}", path.display());
            let mut streamed: Vec<Finding> = Vec::new();
            let read = checker.read(Dribble(&input, 4093), &mut streamed).unwrap();
            assert_eq!((read, &streamed), (totals, &findings), "{}", path.display());
            for finding in &findings {
                assert!(
                    finding.span.end() <= totals.bytes,
                    "{}: {finding:?}",
                    path.display()
                );
                assert!(!finding.message(Lang::Zh, false).is_empty());
            }
            files += 1;
        }
    }
    assert!(files > 100);
}

/// Storms: what is wrong in nearly every byte, in the envelope, in messages and in elements.
const STORMS: [&str; 14] = [
    "UNB'",
    "UNB+UNOX:9'UNZ+7+8'",
    "UNG+CUSCAR+A+B+261123:1200+7+UN+D:95B'",
    "UNG'UNE+9+9'",
    "UNH'",
    "UNH+1+NOSUCH:D:95B:UN'UNT+9+2'",
    "UNH+1+CUSCAR:Q:1:UN'UNT+2+1'",
    "UIB+UNOA:4'UIH'UIT+3+4'",
    "UNO+1+R+F+99999999999'UNP+5+2'",
    "UNH+1+CUSCAR:D:95B:UN'RFF+AAA:1:2:3:4:5:6:7'BGM++++++'DTM+137:20261399:102'UNT+5+1'",
    "UNH+1+CUSCAR:D:95B:UN'BGM+785+A+9'LOC:9:9'+'*'QTY'ABC'A'TDT+20+'UNS+X'UNT+7+1'",
    "UNH+1+INVOIC:D:96A:UN'UNS+X'NAD'LIN'UNS+D'MOA'UNT+7+1'",
    "USX+1'''?",
    "UNH+1+CUSCAR:D:95B:UN'FTX+AAA+++\u{1}\u{2}'UNT+3+1'",
];

/// What is past the number of findings that are shown is only counted, and no other than if it were
/// shown.
#[test]
fn what_is_only_counted_is_counted_as_what_is_shown() {
    let specs = Specs::base();
    let checker = |most_findings| {
        let options = Options {
            most_findings,
            ..Options::default()
        };
        Checker::new(&specs, options).unwrap()
    };
    let (all, few) = (checker(u64::MAX), checker(3));
    let mixed: String = STORMS.concat();
    for storm in STORMS.iter().copied().chain([&*mixed]) {
        let input = format!("UNB+UNOA:2+A+B+261123:1200+1'{}", storm.repeat(20));
        let mut shown: Vec<Finding> = Vec::new();
        let totals = all.slice(input.as_bytes(), &mut shown).unwrap();
        let mut first: Vec<Finding> = Vec::new();
        assert_eq!(totals, few.slice(input.as_bytes(), &mut first).unwrap());
        let mut seen: HashMap<Code, u64> = HashMap::new();
        let expected = shown.iter().filter(|finding| {
            let seen = seen.entry(finding.code).or_default();
            *seen += 1;
            *seen <= 3
        });
        let expected: Vec<&Finding> = expected.collect();
        let is_told = |finding: &&Finding| finding.code != Code::FINDINGS_CUT;
        let told: Vec<&Finding> = first.iter().filter(is_told).collect();
        assert_eq!(told, expected, "{storm}");
        let cut = first.iter().filter(|finding| !is_told(finding)).count();
        assert_eq!(cut, seen.values().filter(|seen| **seen > 3).count());
    }
}

/// A message is placed as if it were alone, whatever was remembered of those before it.
#[test]
fn what_is_remembered_of_other_messages_changes_nothing() {
    const TAGS: [&str; 15] = [
        "BGM+785+A+9",
        "DTM+137:20261123:102",
        "LOC+9+CNSHA",
        "FTX+AAA+++A",
        "RFF+ABO:1",
        "NAD+CA+A",
        "TDT+20+1",
        "CNI+1+A",
        "CNT+7:1",
        "GIS+23",
        "EQD+CN+A",
        "SEL+1",
        "MEA+WT++KGM:1",
        "GID+1",
        "ABC+1",
    ];
    let specs = Specs::base();
    let check = |input: &str| {
        let checker = Checker::new(&specs, Options::default()).unwrap();
        let mut findings: Vec<Finding> = Vec::new();
        checker.slice(input.as_bytes(), &mut findings).unwrap();
        let told = findings.iter().map(|finding| {
            let place = &finding.place;
            let (number, path) = (place.segment_number, &place.path);
            format!("{} {number:?} {path:?} {:?}", finding.code, finding.args)
        });
        told.collect::<Vec<String>>()
    };
    let mut random = 7u64;
    let mut next = |below: usize| {
        random = random
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (random >> 33) as usize % below
    };
    let messages = (0..120).map(|number| {
        let kind = ["CUSCAR:D:95B:UN", "IFTMIN:D:99B:UN"][number / 60];
        let segments: Vec<&str> = (0..next(14)).map(|_| TAGS[next(TAGS.len())]).collect();
        let (count, segments) = (segments.len() + 2, segments.join("'"));
        let end = if segments.is_empty() { "" } else { "'" };
        format!("UNH+{number}+{kind}'{segments}{end}UNT+{count}+{number}'")
    });
    let messages: Vec<String> = messages.collect();
    let wrap = |messages: &[String]| {
        let (count, messages) = (messages.len(), messages.concat());
        format!("UNB+UNOA:2+A+B+261123:1200+1'{messages}UNZ+{count}+1'")
    };
    let alone: Vec<String> = messages
        .iter()
        .flat_map(|message| check(&wrap(std::slice::from_ref(message))))
        .collect();
    assert!(alone.len() > 300, "{}", alone.len());
    assert_eq!(check(&wrap(&messages)), alone);
}
