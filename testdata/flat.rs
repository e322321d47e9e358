//! Flat files: layouts, reading and writing, and what is found in files that break them.

use std::io::Read;
use std::path::{Path, PathBuf};

use baowen::charset::Charset;
use baowen::check::{FlatChecker, Options, Totals};
use baowen::finding::{Code, Finding, Lang};
use baowen::flat::{self, Detected, End, Pieces, Reader, Separators, Writer};
use baowen::sequence::Plan;
use baowen::spec::Specs;
use baowen::spec::flat::{Layout, Lengths, Picture};
use baowen::spec::model::{CodeList, Content, Particle, Role};
use proptest::prelude::*;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

fn files(name: &str) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder(name)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let name = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    paths
        .iter()
        .map(|path| (name(path), std::fs::read(path).unwrap()))
        .collect()
}

/// A stream that gives a few bytes at a time.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let len = self.1.min(self.0.len()).min(into.len());
        into[..len].copy_from_slice(&self.0[..len]);
        self.0 = &self.0[len..];
        Ok(len)
    }
}

/// What all doors find, which is the same, in bounds and in words.
fn check_with(specs: &Specs, options: &Options, input: &[u8]) -> (Totals, Vec<Finding>) {
    let checker = FlatChecker::new(specs, options.clone()).unwrap();
    let mut findings = Vec::new();
    let totals = checker.slice(input, &mut findings).unwrap();
    for step in [1, 7, usize::MAX] {
        let mut streamed = Vec::new();
        let read = checker.read(Trickle(input, step), &mut streamed).unwrap();
        assert_eq!((totals, &findings), (read, &streamed), "{step}");
    }
    assert_eq!(totals.bytes, input.len() as u64);
    for finding in &findings {
        assert!(finding.span.end() <= totals.bytes, "{finding:?}");
        assert!(finding.at.line > 0 && finding.at.column > 0, "{finding:?}");
        for lang in [Lang::En, Lang::Zh] {
            assert!(!finding.message(lang, true).contains('{'), "{finding:?}");
        }
    }
    (totals, findings)
}

fn check(input: &[u8]) -> Vec<Finding> {
    check_with(&Specs::base(), &Options::default(), input).1
}

fn codes(input: &[u8]) -> Vec<Code> {
    check(input).iter().map(|finding| finding.code).collect()
}

/// A finding as a reviewer reads it.
fn line(finding: &Finding) -> String {
    format!(
        "{}:{} {}+{} {} {} {}\n  {}\n  {}\n",
        finding.at.line,
        finding.at.column,
        finding.span.start,
        finding.span.len,
        finding.severity.as_str(),
        finding.code,
        finding.place.path.as_deref().unwrap_or("-"),
        finding.message(Lang::En, false),
        finding.message(Lang::Zh, false),
    )
}

#[test]
fn findings() {
    let mut text = String::new();
    for (name, input) in files("flat/findings") {
        let findings = check(&input);
        text.push_str(&format!("== {name}\n"));
        findings
            .iter()
            .for_each(|finding| text.push_str(&line(finding)));
        if Code::find(&name).is_some() {
            let there = findings.iter().any(|finding| finding.code.as_str() == name);
            assert!(there, "{name}: {findings:?}");
        }
    }
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("flat", text);
    });
}

#[test]
fn sound_messages_have_no_findings() {
    for (name, input) in files("flat/messages") {
        assert_eq!(check(&input), [], "{name}");
        assert!(flat::looks_like(&input, &Specs::base()), "{name}");
        let mut all = Vec::new();
        let mut writer = Writer::new(&mut all, Separators::default());
        for piece in Pieces::new(&input, flat::Options::default()) {
            writer.piece(&piece).unwrap();
        }
        writer.finish().unwrap();
        assert_eq!(all, input, "{name}");
    }
}

/// Every byte of a sound message changed, one by one: nothing breaks, and what is found is the
/// same in a slice and in streams.
#[test]
fn sound_messages_damaged_anywhere() {
    for (name, input) in files("flat/messages") {
        for at in 0..input.len() {
            for byte in [b'\'', b':', b'?', b'\n', 0xFF] {
                let mut damaged = input.clone();
                damaged[at] = byte;
                let checker = FlatChecker::new(&Specs::base(), Options::default()).unwrap();
                let (mut findings, mut streamed) = (Vec::new(), Vec::new());
                checker.slice(&damaged, &mut findings).unwrap();
                checker.read(Trickle(&damaged, 5), &mut streamed).unwrap();
                assert_eq!(findings, streamed, "{name} {at} {byte}");
            }
        }
    }
}

#[test]
fn a_record_too_long_is_passed_over() {
    let mut input = b"00:DANACK::9:A:B:202611230930'\n10:1:1:X:202611222359::Y::".to_vec();
    input.extend(std::iter::repeat_n(b'x', 5000));
    input.extend(b"?'xx'\n99:3'\n");
    let mut options = Options::default();
    options.reading.longest_segment = 1000;
    let (totals, findings) = check_with(&Specs::base(), &options, &input);
    let found: Vec<Code> = findings.iter().map(|finding| finding.code).collect();
    // It is not counted either.
    assert_eq!(
        found,
        [
            Code::RECORD_TOO_LONG,
            Code::MISSING_RECORD,
            Code::CONTROL_COUNT
        ]
    );
    assert_eq!((findings[0].span.start, findings[0].at.line), (31, 2));
    assert_eq!(totals.segments, 2);
}

#[test]
fn findings_that_need_an_option() {
    let input = b"00:DANACK::9:A:B:202611230930'\n10:1:1:X:202611222359::Y'\n99:9'\n";
    let options = |message: &str| Options {
        message: Some(message.parse().unwrap()),
        excerpts: true,
        ..Options::default()
    };
    let (_, findings) = check_with(&Specs::base(), &options("CTNJJD"), input);
    assert_eq!(findings[0].code, Code::UNKNOWN_CODE);
    let excerpt = findings[0].excerpt.as_ref().unwrap();
    assert_eq!((&*excerpt.before, &*excerpt.inside), ("00:", "DANACK"));
    assert!(FlatChecker::new(&Specs::base(), options("NOSUCH")).is_err());
    let few = Options {
        most_findings: 0,
        ..Options::default()
    };
    let (totals, findings) = check_with(&Specs::base(), &few, input);
    assert_eq!((totals.errors, findings[0].code), (1, Code::FINDINGS_CUT));
}

#[test]
fn character_sets() {
    let text = "00:DANACK::9:A:B:202611230930'\n10:1:1:X:202611222359::Y::意见'\n20:一二三四五六七八九十:X:E'\n99:4'\n";
    let gbk = encoding_rs::GBK.encode(text).0.into_owned();
    let mut utf16 = vec![0xFF, 0xFE];
    utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    for (name, input) in [
        ("utf-8", text.as_bytes()),
        ("gbk", &gbk),
        ("utf-16", &utf16),
    ] {
        assert_eq!(check(input), [], "{name}");
    }
    // Columns count characters; offsets are of the original.
    let wrong = text.replace(":X:E'", ":X:E:Z'");
    let gbk = encoding_rs::GBK.encode(&wrong).0.into_owned();
    let found = check(&gbk);
    assert_eq!(
        (found[0].code, found[0].at.line, found[0].at.column),
        (Code::EXCESS_FIELD, 3, 19)
    );
    assert_eq!(&gbk[found[0].span.start as usize..][..1], b"Z");
    // One character of two bytes may be both: it is Chinese.
    let pair = b"00:DANACK::9:A:B:202611230930'\n10:1:1:X:202611222359::Q::\xD6\xA3'\n99:3'\n";
    let found = check(pair);
    assert_eq!(
        found.iter().map(|f| f.code).collect::<Vec<_>>(),
        [Code::UNKNOWN_CODE]
    );
    let big5 = Options {
        charset: Charset::for_label("big5"),
        ..Options::default()
    };
    let text =
        "00:DANACK::9:A:B:202611230930'\n10:1:1:X:202611222359::Y::\u{529f}\u{8a31}'\n99:3'\n";
    let input = encoding_rs::BIG5.encode(text).0.into_owned();
    assert_eq!(check_with(&Specs::base(), &big5, &input).1, []);
}

#[test]
fn a_ports_own_layout() {
    let specs = Specs::base().with_dir(folder("layers/port-flat")).unwrap();
    assert_eq!(&*specs.overrides()[0].what, "flat GATEIN");
    let layout = specs.flat("GATEIN").unwrap().unwrap();
    assert_eq!(
        (layout.lengths, &*layout.valid),
        (Lengths::Characters, "2026-07-01..")
    );
    // 亅 is 81 7C in GBK: its second byte is the separator.
    let text = "HD|GATEIN|202611230930\r\nTR|沪A00001||亅亅|车\r\nCN|EXAU1234560|F\r\nTR|B1|12.50\r\nND|1\r\n";
    let input = encoding_rs::GBK.encode(text).0.into_owned();
    assert!(input.windows(2).any(|pair| pair == b"\x81\x7C"));
    let (totals, findings) = check_with(&specs, &Options::default(), &input);
    assert_eq!(
        (findings, totals.segments, totals.messages),
        (Vec::new(), 5, 1)
    );
    let (_, findings) = check_with(&specs, &Options::default(), text.as_bytes());
    assert_eq!(findings, []);
    let wrong = text
        .replace("12.50", "12.505|a|b|c|d")
        .replace("|F", "|X")
        .replace("ND|1", "ND|2");
    let input = encoding_rs::GBK.encode(&wrong).0.into_owned();
    let (_, findings) = check_with(&specs, &Options::default(), &input);
    let shown: Vec<String> = findings
        .iter()
        .map(|f| format!("{} {}", f.code, f.place.path.as_deref().unwrap_or("")))
        .collect();
    assert_eq!(
        shown,
        [
            "unknown-code R_TR/R_CN/F_3",
            "field-format R_TR[2]/F_3",
            "excess-field R_TR[2]",
            "dependency-note R_TR[2]/F_3",
            "control-count R_ND/F_2",
        ]
    );
}

#[test]
fn what_an_input_is() {
    let specs = Specs::base();
    let name = |input: &[u8]| match flat::detect(input, &specs).unwrap() {
        Some(Detected::Layout(layout)) => layout.message.to_string(),
        Some(Detected::Unknown(message)) => format!("?{message}"),
        None => String::new(),
    };
    assert_eq!(name(b"\xEF\xBB\xBF\r\n00:IFCSUM:"), "IFCSUM");
    assert_eq!(name(b"00:BAPLIE:BAYPLAN:9"), "BAPLIE");
    assert_eq!(name(b"00:COARRI:X:9"), "?COARRI");
    for other in [
        &b"UNB+UNOA:2+A+B"[..],
        b"UNA:+.? 'UNB",
        b"<?xml version='1.0'?>",
        b"",
        b"00",
        b"00:",
        b"{\"a\":1}",
        b"10:IFCSUM:X'",
        b"IFCSUM",
    ] {
        assert_eq!(name(other), "", "{}", String::from_utf8_lossy(other));
    }
}

/// Every layout that ships is a model that records can be placed against.
#[test]
fn layouts_that_ship() {
    let specs = Specs::base();
    let layouts = specs.flats().unwrap();
    let names: Vec<&str> = layouts.iter().map(|layout| &*layout.message).collect();
    assert_eq!(names, ["BAPLIE", "CTNJJD", "DANACK", "IFCSUM", "IFTIAG"]);
    for layout in &layouts {
        let plan = Plan::new(&layout.model).unwrap();
        assert_eq!(
            plan.positions().len(),
            layout.records.len(),
            "{}",
            layout.message
        );
        assert!(!layout.sources.is_empty() && !layout.label.en.is_empty());
        assert_eq!(layout.marks().count(), 2, "{}", layout.message);
        for record in &layout.records {
            assert!(
                !record.label.en.is_empty() && !record.label.zh.is_empty(),
                "{}",
                record.id
            );
            let Content::Children(Particle::Sequence(inside)) =
                &layout.model.get(record.of).content
            else {
                panic!("{}", record.id);
            };
            let fields = inside.iter().filter(|particle| match particle {
                Particle::Repeat { of, .. } => {
                    matches!(&**of, Particle::Node(node) if node.role == Role::Field)
                }
                _ => false,
            });
            assert_eq!(fields.count(), record.fields.len());
        }
    }
    let ifcsum = specs.flat("IFCSUM").unwrap().unwrap();
    let parent = |id: &str| {
        let record = ifcsum
            .records
            .iter()
            .find(|record| &*record.id == id)
            .unwrap();
        record.parent.map(|at| &*ifcsum.records[at].id)
    };
    assert_eq!(
        (parent("12"), parent("18"), parent("51"), parent("99")),
        (None, Some("12"), Some("41"), None)
    );
}

/// Layouts in the documentation are layouts.
#[test]
fn layouts_that_are_shown() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in [
        "README.md",
        "README.zh-CN.md",
        "specs/china/flat/README.md",
        "specs/china/flat/README.zh-CN.md",
    ] {
        let text = std::fs::read_to_string(root.join(name)).unwrap();
        let start = text.find("```text\nnew flat ").unwrap() + 8;
        let end = start + text[start..].find("```").unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("flat")).unwrap();
        std::fs::write(folder.path().join("flat/GATEIN.txt"), &text[start..end]).unwrap();
        let specs = Specs::base().with_dir(folder.path()).unwrap();
        let input = b"00:GATEIN:202611230930'\n50:EXAU1234560:E'\n99:3'\n";
        let found = check_with(&specs, &Options::default(), input).1;
        assert_eq!(found, [], "{name}");
        let found = check_with(&specs, &Options::default(), &input[..46]).1;
        assert_eq!(found.len(), 1, "{name}: {found:?}");
    }
}

/// Mistakes in the text of a layout are told where they stand.
#[test]
fn mistakes_in_layouts() {
    let told = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("flat");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(inside.join("x.txt"), text).unwrap();
        let error = Specs::base()
            .with_dir(folder.path())
            .unwrap_err()
            .to_string();
        error.rsplit_once("x.txt:").unwrap().1.to_owned()
    };
    let cases = [
        (
            "flat X\n  record 00  M  1\n",
            "1:1: a layout of a layer begins with new or replace",
        ),
        (
            "new flat IFCSUM\n  record 00  M  1\n",
            "1:1: flat IFCSUM is already there; say replace",
        ),
        (
            "replace flat X\n  record 00  M  1\n",
            "1:1: there is no flat X to replace; say new",
        ),
        ("new flat X\n", "1:1: a layout without records"),
        (
            "new layout X\n",
            "1:5: found \"layout\"; expected `flat` and a message",
        ),
        (
            "new flat X\n  colour red\n",
            "2:3: found \"colour\"; expected one of: edition, valid, fidelity, source, separators, lengths, open, record",
        ),
        (
            "new flat X\n  fidelity good\n",
            "2:12: found \"good\"; expected official, partial or project",
        ),
        (
            "new flat X\n  separators : : ?\n",
            "2:14: found \":\"; expected three different characters",
        ),
        (
            "new flat X\n  separators a ' ?\n",
            "2:14: found \"a\"; expected a character that is no letter or digit, or tab",
        ),
        (
            "new flat X\n  record 0-0  M  1\n",
            "2:10: found \"0-0\"; expected an id of at most 8 letters and digits",
        ),
        (
            "new flat X\n  record 00  N  1\n",
            "2:14: found \"N\"; expected the status M or C",
        ),
        (
            "new flat X\n  record 00  M  many\n",
            "2:17: found \"many\"; expected a number, or * for any",
        ),
        (
            "new flat X\n  record 00  M  1\n    3  M  X(1)\n",
            "3:5: found field 3; expected 2",
        ),
        (
            "new flat X\n  record 00  M  1\n    2  M  X\n",
            "3:11: found \"X\"; expected a format, as X(35), 9(6), 9(9).9(3) or CCYYMMDDhhmm",
        ),
        (
            "new flat X\n  record 00  M  1\n    2  M  X(0)\n",
            "3:11: found \"X(0)\"; expected a format, as X(35), 9(6), 9(9).9(3) or CCYYMMDDhhmm",
        ),
        (
            "new flat X\n  record 00  M  1\n    2  M  X(1)  x*\n    3  M  X(1)\n",
            "4:5: a field of any number stands before it; nothing can follow",
        ),
        (
            "new flat X\n  record 00  M  1\n    2  M  X(1)\n      is  A\n      table  b\n",
            "5:7: the field has its values already",
        ),
        (
            "new flat X\n  record 00  M  1\n    2  M  X(1)\n      pattern  A\n",
            "4:7: found \"pattern\"; expected one of: is, code, table, condition, count",
        ),
        (
            "new flat X\n  record 00  M  1\n    2  M  X(1)\n      count  every\n",
            "4:14: found \"every\"; expected all, between or record and its id",
        ),
        (
            "new flat X\n  record 00  M  1\n    2  M  X(1)\n      count  record 7\n",
            "1:1: record 7 is counted, but it is not in the layout",
        ),
        (
            "new flat X\n  record 00  M  1\n    2  M  X(1)\n    D3 2 3\n",
            "2:3: record 00 has no field 3",
        ),
        (
            "new flat X\n  record 00  M  1\n      2  M  X(1)\n",
            "3:7: indented by 6 blanks; expected 4 or fewer",
        ),
    ];
    let wrong = cases.map(|(text, expected)| (told(text), expected));
    let wrong: Vec<_> = wrong
        .iter()
        .filter(|(told, expected)| told != expected)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One value that a field of a layout may have.
fn value(specs: &Specs, field: &baowen::spec::flat::Field, seed: u32) -> Vec<u8> {
    match &field.codes {
        Some(CodeList::Values(values)) => {
            return values[seed as usize % values.len()].0.as_bytes().to_vec();
        }
        Some(CodeList::Table(table)) => {
            if let Some(table) = specs.table(table).unwrap() {
                let nth = seed as usize % 20;
                let code = table
                    .rows()
                    .nth(nth)
                    .and_then(|mut row| row.next().map(str::to_owned));
                return code.unwrap().into_bytes();
            }
        }
        _ => {}
    }
    let digits = |count: u32| -> String {
        (0..count)
            .map(|at| char::from(b'0' + ((seed >> at) % 10) as u8))
            .collect()
    };
    match &field.picture {
        Picture::Text(max) => {
            let all = ["A", "z", ":", "'", "?", " ", "中", "é", "/", "0"];
            let mut text = String::from("T");
            for at in 0..seed % 9 {
                let next = all[(seed as usize >> at) % all.len()];
                if encoding_rs::GB18030.encode(&text).0.len()
                    + encoding_rs::GB18030.encode(next).0.len()
                    > *max as usize
                {
                    break;
                }
                text.push_str(next);
            }
            encoding_rs::GB18030.encode(&text).0.into_owned()
        }
        Picture::Number(max, None) => digits(1 + seed % max).into_bytes(),
        Picture::Number(max, Some(decimals)) => format!(
            "{}.{}",
            digits(seed % (max + 1)),
            digits(1 + seed % decimals)
        )
        .into_bytes(),
        Picture::Date(patterns) => {
            let pattern = &patterns[seed as usize % patterns.len()];
            let mut date = String::new();
            for part in pattern.as_bytes().chunks(2) {
                date.push_str(match part {
                    b"CC" => "20",
                    b"YY" => "24",
                    b"MM" => "02",
                    b"DD" => "29",
                    b"hh" => "23",
                    _ => "59",
                });
            }
            date.into_bytes()
        }
    }
}

/// Records of a layout, filled from `seeds`.
fn document(
    specs: &Specs,
    layout: &Layout,
    seeds: &mut dyn Iterator<Item = u32>,
) -> Vec<Vec<Vec<u8>>> {
    fn inside(
        specs: &Specs,
        layout: &Layout,
        parent: Option<usize>,
        seeds: &mut dyn Iterator<Item = u32>,
        all: &mut Vec<Vec<Vec<u8>>>,
    ) {
        for (at, record) in layout
            .records
            .iter()
            .enumerate()
            .filter(|(_, record)| record.parent == parent)
        {
            let most = record.max.unwrap_or(3).min(3);
            let times = seeds.next().unwrap() % (most + 1);
            for _ in 0..times.max(u32::from(record.mandatory)) {
                let mut fields = Vec::new();
                for field in &record.fields {
                    let seed = seeds.next().unwrap();
                    let needed = field.mandatory
                        || record
                            .dependencies
                            .iter()
                            .any(|d| d.positions.contains(&field.number));
                    let repeat = if needed {
                        1
                    } else {
                        seed % (field.max.unwrap_or(3).min(3) + 1)
                    };
                    for _ in 0..repeat {
                        fields.push(value(specs, field, seed));
                    }
                    // What follows keeps its number.
                    if let Some(max) = field.max {
                        fields.extend((repeat..max).map(|_| Vec::new()));
                    }
                }
                all.push(fields);
                inside(specs, layout, Some(at), seeds, all);
            }
        }
    }
    let mut all = Vec::new();
    inside(specs, layout, None, seeds, &mut all);
    let count = all.len().to_string().into_bytes();
    for record in &layout.records {
        let counting = record
            .fields
            .iter()
            .filter(|field| !field.counts.is_empty());
        for field in counting {
            for fields in all
                .iter_mut()
                .filter(|fields| *fields[0] == *record.id.as_bytes())
            {
                fields[usize::from(field.number) - 1] = count.clone();
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// A document of a layout, written and read, is the same, and nothing is found in it.
    #[test]
    fn written_is_read(which in 0usize..5, seeds in prop::collection::vec(any::<u32>(), 64), ends in 0..3) {
        let specs = Specs::base();
        let layout = specs.flats().unwrap()[which].clone();
        let mut cycle = seeds.iter().enumerate().map(|(at, seed)| seed ^ at as u32).collect::<Vec<_>>().into_iter().cycle();
        let records = document(&specs, &layout, &mut cycle);
        let writer = Writer::new(Vec::new(), layout.separators);
        let mut writer = match ends {
            0 => writer,
            1 => writer.with_crlf(),
            _ => writer.without_line_breaks(),
        };
        for record in &records {
            writer.record(record).unwrap();
        }
        let written = writer.finish().unwrap();
        let read: Vec<Vec<Vec<u8>>> = Pieces::new(&written, flat::Options::default())
            .filter_map(|piece| match piece {
                flat::Piece::Record(record) => Some(record.fields().map(|field| field.value().into_owned()).collect()),
                _ => None,
            })
            .collect();
        prop_assert_eq!(&read, &records);
        // GB18030 text can be UTF-8 by chance.
        let options = Options { charset: Charset::for_label("gb18030"), ..Options::default() };
        let (_, findings) = check_with(&specs, &options, &written);
        prop_assert!(findings.is_empty(), "{}\n{:?}", String::from_utf8_lossy(&written), findings);
    }

    /// Whatever the bytes: the pieces are the input, and both doors give the same records.
    #[test]
    fn pieces_are_the_input(input in prop::collection::vec(prop::sample::select(&b"00:IFCSUM'\n\r? 'A\xD6\x3A\x27\xEF\xBB\xBF\0"[..]), 0..200), step in 1usize..9, longest in 1usize..60, lines in any::<bool>(), gb in any::<bool>()) {
        let options = flat::Options {
            longest_record: longest,
            character_length: gb.then_some(|bytes: &[u8], at: usize| match bytes.get(at) { Some(0x81..) => 2, _ => 1 }),
            starts: if lines { vec![b"00".as_slice().into(), b"10".as_slice().into()].into() } else { Vec::new().into() },
            ..flat::Options::default()
        };
        let mut all = Vec::new();
        let mut sliced: Vec<(u64, Vec<u8>, End)> = Vec::new();
        for piece in Pieces::new(&input, options.clone()) {
            prop_assert_eq!(piece.offset(), all.len() as u64);
            all.extend_from_slice(piece.bytes());
            if let flat::Piece::Record(record) = piece {
                prop_assert!(record.content().len() <= longest);
                sliced.push((record.offset(), record.bytes().to_vec(), record.end()));
            }
        }
        prop_assert_eq!(&all, &input);
        let mut reader = Reader::from_read(Trickle(&input, step), options);
        let (mut all, mut streamed) = (Vec::new(), Vec::new());
        while let Some(piece) = reader.next().unwrap() {
            all.extend_from_slice(piece.bytes());
            if let flat::Piece::Record(record) = piece {
                streamed.push((record.offset(), record.bytes().to_vec(), record.end()));
            }
        }
        prop_assert_eq!(&all, &input);
        prop_assert_eq!(streamed, sliced);
    }
}

#[test]
fn what_cannot_be_written() {
    let write = |separators: Separators, fields: &[&str]| {
        let mut writer = Writer::new(Vec::new(), separators);
        writer.record(fields).map_err(|error| error.to_string())?;
        Ok::<_, String>(String::from_utf8(writer.finish().unwrap()).unwrap())
    };
    let usual = Separators::default();
    assert_eq!(
        write(usual, &["47", "A:B", "it's ?"]).unwrap(),
        "47:A?:B:it?'s ??'\n"
    );
    assert_eq!(
        write(usual, &["47", "A\nB"]).unwrap_err(),
        "a value that holds a line break"
    );
    assert_eq!(
        write(usual, &["", "A"]).unwrap_err(),
        "a record begins with its id"
    );
    assert_eq!(
        write(usual, &[]).unwrap_err(),
        "a record begins with its id"
    );
    let none = Separators {
        release: None,
        ..usual
    };
    assert_eq!(
        write(none, &["47", "A:B"]).unwrap_err(),
        "a value holds a separator, and there is no release character"
    );
}

#[test]
fn nearly_nothing() {
    assert_eq!(codes(b""), [Code::EMPTY_INPUT]);
    assert_eq!(codes(b" \r\n\0\x1A"), [Code::EMPTY_INPUT]);
    assert_eq!(
        codes(b"\xEF\xBB\xBF"),
        [Code::BYTE_ORDER_MARK, Code::EMPTY_INPUT]
    );
    for byte in 0..=255u8 {
        assert!(!codes(&[byte]).is_empty(), "{byte}");
    }
    let whole = b"00:DANACK::9:A:B:202611230930'\n10:1:1:X:202611222359::Y'\n99:3'";
    for len in 0..whole.len() {
        assert!(!codes(&whole[..len]).is_empty(), "{len}");
    }
    assert_eq!(codes(whole), []);
}

/// With the published tables at hand: the layouts are what the importer makes of them, and what is
/// found in the published samples is what is written here.
#[test]
fn published_samples() {
    let Some(shared) = std::env::var_os("BAOWEN_SHARED") else {
        return;
    };
    let samples = Path::new(&shared).join("data/china/samples/platform-file");
    let mut text = String::new();
    for name in [
        "BAPLIE.txt",
        "IFCSUM_2026_style.txt",
        "IFCSUM_ningbo_2003.txt",
    ] {
        text.push_str(&format!("== {name}\n"));
        for finding in check(&std::fs::read(samples.join(name)).unwrap()) {
            let path = finding.place.path.as_deref().unwrap_or("-");
            text.push_str(&format!(
                "{}:{} {} {path}\n",
                finding.at.line, finding.at.column, finding.code
            ));
        }
    }
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("flat-published", text);
    });
}
