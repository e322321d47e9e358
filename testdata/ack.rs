//! Acknowledgements: cases, and what holds for any input.

use std::path::{Path, PathBuf};

use baowen::ack::{Answered, Limits, Options, Report, Told, Writer, checking, read};
use baowen::charset::Charset;
use baowen::check::{self, Checker};
use baowen::edifact::{Item, Reader};
use baowen::finding::{Code, Finding, Lang, Service, Severity, Sink};
use baowen::spec::Specs;

fn testdata(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(folder)
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(testdata(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

fn report(input: &[u8], lang: Lang, limits: Limits) -> Report {
    report_by(&Specs::base(), input, (lang, limits))
}

fn report_by(specs: &Specs, input: &[u8], settings: (Lang, Limits)) -> Report {
    let checker = Checker::new(specs, checking(check::Options::default())).unwrap();
    Report::read(&checker, input, settings, &mut |_: Finding| {}).unwrap()
}

fn options() -> Options {
    Options {
        now: "2026-11-24T10:30:05.250".parse().unwrap(),
        ..Options::default()
    }
}

fn contrl(input: &[u8], options: Options) -> Answered {
    let report = report(input, Lang::En, Limits::default());
    Writer::new(&Specs::base(), options)
        .contrl(&report)
        .unwrap()
}

/// Findings of severity error.
fn errors(bytes: &[u8]) -> Vec<String> {
    let checker = Checker::new(&Specs::base(), check::Options::default()).unwrap();
    let mut findings: Vec<Finding> = Vec::new();
    checker.slice(bytes, &mut findings).unwrap();
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| format!("{} {:?}", finding.message(Lang::En, false), finding.place))
        .collect()
}

/// Segments a line each.
fn lines(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\'', "'\n")
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn contrl_cases() {
    let mut text = String::new();
    for path in files("ack/contrl", "edi") {
        let input = std::fs::read(&path).unwrap();
        for version in [None, Some(4)] {
            let options = Options {
                version,
                ..options()
            };
            let answered = contrl(&input, options);
            let none = answered.bytes.is_empty();
            assert!(
                none || errors(&answered.bytes).is_empty(),
                "{}: {:?}",
                path.display(),
                errors(&answered.bytes)
            );
            let version = version.map_or("", |_| " in version 4");
            text.push_str(&format!(
                "== {}{version}\n{}",
                name(&path),
                lines(&answered.bytes)
            ));
            for unanswered in &answered.unanswered {
                text.push_str(&format!("none: {unanswered:?}\n"));
            }
        }
    }
    snapshot("ack-contrl", &text);
}

/// A report to which rules have added: findings of these codes count as a rule's.
fn ruled(input: &[u8], lang: Lang) -> Report {
    struct Ruled(Report);
    impl Sink for Ruled {
        fn finding(&mut self, mut finding: Finding) {
            finding.rule = match finding.code.as_str() {
                "invalid-date" => Some("manifest.arrival-after-departure".into()),
                "control-total" => Some("CNT-7".into()),
                _ => None,
            };
            self.0.finding(finding);
        }
        fn service(&mut self, service: &Service<'_>) {
            self.0.service(service);
        }
    }
    let options = check::Options {
        most_findings: u64::MAX,
        ..check::Options::default()
    };
    let mut ruled = Ruled(Report::new(lang, Limits::default()));
    let checker = Checker::new(&Specs::base(), options).unwrap();
    let totals = checker.slice(input, &mut ruled).unwrap();
    ruled.0.finish(totals);
    ruled.0
}

#[test]
fn aperak_cases() {
    let mut text = String::new();
    let cases = [
        ("D96A", None, Lang::En),
        ("D01B", Some("UNOC"), Lang::En),
        ("D96A", None, Lang::Zh),
        ("D01B", Some("UNOY"), Lang::Zh),
    ];
    for path in files("ack/aperak", "edi") {
        let input = std::fs::read(&path).unwrap();
        for (release, charset, lang) in cases {
            let options = Options {
                release: release.to_owned(),
                charset: charset.map(str::to_owned),
                version: charset.filter(|set| *set == "UNOY").map(|_| 4),
                lang,
                ..options()
            };
            let writer = Writer::new(&Specs::base(), options);
            let answered = writer.aperak(&ruled(&input, lang)).unwrap();
            assert_eq!(errors(&answered.bytes), [""; 0]);
            text.push_str(&format!(
                "== {} {release} {charset:?} {lang:?}\n",
                name(&path)
            ));
            text.push_str(&lines(&answered.bytes));
            for finding in &answered.findings {
                text.push_str(&format!("{}\n", finding.message(Lang::En, false)));
            }
            for unanswered in &answered.unanswered {
                text.push_str(&format!("none: {unanswered:?}\n"));
            }
            for told in read(
                &Specs::base(),
                &answered.bytes,
                Some(&input),
                &check::Options::default(),
            )
            .unwrap()
            {
                text.push_str(&line(&told));
            }
        }
    }
    snapshot("ack-aperak", &text);
}

/// What an acknowledgement says, in a line.
fn line(told: &Told) -> String {
    let finding = &told.finding;
    format!(
        "{}{}:{} {} {} {}\n",
        if told.located { "" } else { "? " },
        finding.at.line,
        finding.at.column,
        finding.code,
        finding.place.path.as_deref().unwrap_or("-"),
        finding.message(Lang::En, false),
    )
}

#[test]
fn receipt_cases() {
    let specs = Specs::base();
    let mut text = String::new();
    let xml = files("ack/receipt", "xml").into_iter();
    for path in xml.chain(files("ack/receipt", "txt")) {
        let input = std::fs::read(&path).unwrap();
        let report = report(&input, Lang::Zh, Limits::default());
        let known: Vec<_> = specs.receipts().unwrap();
        let mut written = 0;
        for receipt in known {
            let writer = Writer::new(&specs, options());
            let answered = writer.receipt(
                &report,
                &input,
                &check::Options::default(),
                Some(&receipt.name),
            );
            let Ok(answered) = answered else { continue };
            written += 1;
            assert_eq!(errors(&answered.bytes), [""; 0], "{}", receipt.name);
            text.push_str(&format!("== {} {}\n", name(&path), receipt.name));
            let gbk = Charset::for_label("gb18030").unwrap();
            text.push_str(&match std::str::from_utf8(&answered.bytes) {
                Ok(xml) => xml.to_owned(),
                Err(_) => gbk.decode_lossy(&answered.bytes).into_owned(),
            });
            text.push('\n');
            for told in read(
                &specs,
                &answered.bytes,
                Some(&input),
                &check::Options::default(),
            )
            .unwrap()
            {
                text.push_str(&line(&told));
            }
        }
        assert!(written > 0, "{}", path.display());
    }
    snapshot("ack-receipts", &text);
}

#[test]
fn what_others_write_is_read() {
    let specs = Specs::base();
    let original = std::fs::read(testdata("ack/contrl/sound.edi")).unwrap();
    let mut text = String::new();
    let mut seen = Vec::new();
    let edifact = files("ack/read", "edi").into_iter();
    for path in edifact.chain(files("ack/read", "xml")) {
        let input = std::fs::read(&path).unwrap();
        text.push_str(&format!("== {}\n", name(&path)));
        for told in read(&specs, &input, Some(&original), &check::Options::default()).unwrap() {
            seen.push(told.finding.code);
            text.push_str(&line(&told));
        }
    }
    snapshot("ack-read", &text);
    // Findings of reading; those of writing are in the snapshots of APERAK and below.
    let of_reading = |code: &Code| {
        let name = code.as_str();
        name.starts_with("ack-") && !["ack-here", "ack-left-out", "ack-reworded"].contains(&name)
    };
    for code in Code::all().filter(of_reading) {
        assert!(seen.contains(&code), "{code}");
    }
}

#[test]
fn lists_are_cut_and_too_much_is_rejected_as_a_whole() {
    // 1,200 segments with an error: 999 of them are told.
    let faults = "FTX+QQQ'".repeat(1200);
    let input = format!(
        "UNB+UNOA:3+A+B+261124:0930+1'UNH+1+CUSCAR:D:95B:UN'BGM+785+M1+9'{faults}UNT+1203+1'UNZ+1+1'"
    );
    let bytes = contrl(input.as_bytes(), options()).bytes;
    assert_eq!(errors(&bytes), [""; 0]);
    assert_eq!(lines(&bytes).matches("UCS+").count(), 999);
    // 120 elements with an error in one segment: 99 of them are told.
    let input = format!(
        "UNB+UNOA:3+A+B+261124:0930+1'UNH+1+CUSCAR:D:95B:UN'BGM+785+M1+9{}'UNT+3+1'UNZ+1+1'",
        "+X".repeat(120)
    );
    let bytes = contrl(input.as_bytes(), options()).bytes;
    assert_eq!(errors(&bytes), [""; 0]);
    assert_eq!(lines(&bytes).matches("UCD+").count(), 99);
    // More than may be kept: no message may count as acknowledged.
    let limits = Limits {
        bytes: 10,
        ..Limits::default()
    };
    let report = report(input.as_bytes(), Lang::En, limits);
    let bytes = Writer::new(&Specs::base(), options())
        .contrl(&report)
        .unwrap()
        .bytes;
    assert!(
        lines(&bytes).contains("UCI+1+A+B+4+18'"),
        "{}",
        lines(&bytes)
    );
}

#[test]
fn what_a_receipt_has_no_room_for_is_told() {
    let input = std::fs::read_to_string(testdata("ack/receipt/payment.xml")).unwrap();
    let (start, end) = (
        input.find("  <Payment>").unwrap(),
        input.find("  <BaseTransfer>").unwrap(),
    );
    let many = format!(
        "{}{}{}",
        &input[..start],
        input[start..end].repeat(60),
        &input[end..]
    );
    let report = report(many.as_bytes(), Lang::En, Limits::default());
    let writer = Writer::new(&Specs::base(), options());
    let answered = writer
        .receipt(&report, many.as_bytes(), &check::Options::default(), None)
        .unwrap();
    let codes: Vec<Code> = answered
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert_eq!(codes, [Code::ACK_LEFT_OUT]);
    let text = String::from_utf8_lossy(&answered.bytes).into_owned();
    assert_eq!(text.matches("<PaymentReturn>").count(), 100);
    assert_eq!(errors(&answered.bytes), [""; 0]);
    // A message that nothing answers, and a receipt that does not answer this one.
    let none = writer
        .receipt(&report, b"<Other/>", &check::Options::default(), None)
        .unwrap();
    assert!(none.bytes.is_empty() && none.unanswered.len() == 1);
    let wrong = writer.receipt(
        &report,
        many.as_bytes(),
        &check::Options::default(),
        Some("CEB622"),
    );
    assert!(wrong.unwrap_err().to_string().contains("these do: CEB412"));
}

#[test]
fn receipts_of_a_layer() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("receipts")).unwrap();
    let write = |text: &str| {
        std::fs::write(folder.path().join("receipts/own.txt"), text).unwrap();
        Specs::base().with_dir(folder.path())
    };
    let own = "new receipt Reply\n  answers  Order\n  status  Reply/State\n  code  ok  accepted  Fine\n  code  no  rejected  Not fine\n  writes\n    Reply\n      Number  from Order/Number\n      State  \"ok\" | \"no\"\n";
    let specs = write(own).unwrap();
    let input = b"<Order><Number>7</Number></Order>";
    let settings = (Lang::En, Limits::default());
    let report = report_by(&specs, input, settings);
    let answered = Writer::new(&specs, options())
        .receipt(&report, input, &check::Options::default(), None)
        .unwrap();
    let text = String::from_utf8(answered.bytes).unwrap();
    assert!(
        text.contains("<Number>7</Number>") && text.contains("<State>ok</State>"),
        "{text}"
    );
    let fault = |text: &str| write(text).unwrap_err().to_string();
    assert!(fault(&own.replace("new receipt Reply", "new receipt CEB622")).contains("say replace"));
    assert!(fault(&own.replace("new receipt", "replace receipt")).contains("say new"));
    assert!(
        fault(&own.replace("new receipt", "receipt")).contains("must begin with new or replace")
    );
}

#[test]
fn settings() {
    let input = std::fs::read(testdata("ack/contrl/several.edi")).unwrap();
    let with = |options: Options| lines(&contrl(&input, options).bytes);
    let received = with(Options {
        received: true,
        reference: Some("MINE".to_owned()),
        ..options()
    });
    assert!(
        received.contains("UNB+UNOA:2+B+A+261124:1030+MINE'"),
        "{received}"
    );
    assert!(received.contains("UNZ+1+MINE-2'"), "{received}");
    assert!(received.contains("UCI+REF10+A+B+8'"), "{received}");
    let fault = |options: Options| {
        let report = report(&input, Lang::En, Limits::default());
        let failed = Writer::new(&Specs::base(), options).contrl(&report);
        failed.unwrap_err().to_string()
    };
    let long = Some("A-REFERENCE-TOO-LONG".to_owned());
    assert!(
        fault(Options {
            reference: long,
            ..options()
        })
        .contains("at most 14 characters")
    );
    assert!(
        fault(Options {
            version: Some(9),
            ..options()
        })
        .contains("syntax version 9")
    );
    // A report that lacks findings is no ground for an answer.
    let one = check::Options {
        most_findings: 0,
        ..check::Options::default()
    };
    let checker = Checker::new(&Specs::base(), one).unwrap();
    let mut partial = Report::new(Lang::En, Limits::default());
    let segments = std::fs::read(testdata("ack/contrl/segments.edi")).unwrap();
    let totals = checker.slice(&segments, &mut partial).unwrap();
    partial.finish(totals);
    assert!(
        Writer::new(&Specs::base(), options())
            .contrl(&partial)
            .is_err()
    );
}

/// A generator of numbers that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((self.0 >> 33) as usize) % below.max(1)
    }
}

/// Errors as they are to be told: level, code and position.
type Said = std::collections::BTreeSet<String>;

/// What CONTRL says, read without this library's reader of it.
fn said(bytes: &[u8]) -> Said {
    let mut reader = Reader::new(bytes);
    let (mut all, mut level) = (
        Said::new(),
        [String::new(), String::new(), String::new(), String::new()],
    );
    while let Some(item) = reader.next().unwrap() {
        let Item::Segment(segment) = item else {
            continue;
        };
        let text = |element, component| {
            let value = segment.get(element, component).unwrap_or_default();
            String::from_utf8_lossy(&value).into_owned()
        };
        let (at, code, place) = match segment.tag() {
            b"UCI" => (0, 4, 6),
            b"UCF" => (1, 4, 6),
            b"UCM" => (2, 3, 5),
            b"UCS" => (3, 1, 9),
            b"UCD" => (4, 0, 1),
            _ => continue,
        };
        if at < 4 {
            let package = segment.tag() == b"UCM" && text(0, 0).is_empty();
            level[at] = if package { text(6, 0) } else { text(0, 0) };
            level[at + 1..].iter_mut().for_each(String::clear);
        }
        let code = text(code, 0);
        if !code.is_empty() {
            let place: Vec<String> = (0..3).map(|component| text(place, component)).collect();
            all.insert(format!(
                "{} {} {code} {}",
                level[2],
                level[3],
                place.join(":")
            ));
        }
    }
    all
}

#[test]
fn what_is_written_is_sound_and_read_back() {
    let specs = Specs::base();
    let mut inputs: Vec<Vec<u8>> = Vec::new();
    for folder in ["ack/contrl", "dialects", "findings", "faulty", "messages"] {
        inputs.extend(
            files(folder, "edi")
                .iter()
                .map(|path| std::fs::read(path).unwrap()),
        );
    }
    let mut dice = Dice(7);
    let alphabet = b"'+:?*UNBHTZ0 9aZ\xC4\xE3\r\n";
    let mut told_errors = 0;
    for input in &inputs {
        for round in 0..12 {
            let mut input = input.clone();
            for _ in 0..round {
                let at = dice.roll(input.len());
                let byte = alphabet[dice.roll(alphabet.len())];
                match dice.roll(4) {
                    0 => input.insert(at, byte),
                    1 if !input.is_empty() => input[at] = byte,
                    2 if !input.is_empty() => _ = input.remove(at),
                    _ => input.truncate(input.len() - dice.roll(input.len() / 4)),
                }
            }
            for version in [None, Some(4)] {
                let options = Options {
                    version,
                    ..options()
                };
                let bytes = contrl(&input, options).bytes;
                if bytes.is_empty() {
                    continue;
                }
                let shown = || format!("{}\n{}", String::from_utf8_lossy(&input), lines(&bytes));
                assert_eq!(errors(&bytes), [""; 0], "{}", shown());
                let told = read(&specs, &bytes, Some(&input), &check::Options::default()).unwrap();
                let back: Said = told
                    .iter()
                    .map(|told| &told.finding)
                    .filter(|finding| finding.code == Code::ACK_ERROR)
                    .map(|finding| {
                        let place = &finding.place;
                        let text = |number: Option<u32>| {
                            number.map_or(String::new(), |number| number.to_string())
                        };
                        format!(
                            "{} {} {} {}:{}:{}",
                            place.message_ref.as_deref().unwrap_or(""),
                            place
                                .segment_number
                                .map_or(String::new(), |number| number.to_string()),
                            finding.ack_code.as_deref().unwrap(),
                            text(place.element.map(|element| element + 1)),
                            text(place.component),
                            text(place.repetition),
                        )
                    })
                    .collect();
                assert_eq!(back, said(&bytes), "{}", shown());
                told_errors += back.len();
                for told in &told {
                    assert!(told.finding.span.end() <= (input.len() + 1).max(bytes.len()) as u64);
                }
            }
        }
    }
    assert!(told_errors > 1000, "{told_errors}");
}

#[test]
fn errors_are_located_where_they_were_found() {
    let specs = Specs::base();
    let input = std::fs::read(testdata("ack/contrl/segments.edi")).unwrap();
    let bytes = contrl(&input, options()).bytes;
    let told = read(&specs, &bytes, Some(&input), &check::Options::default()).unwrap();
    let back: Vec<(u64, u64)> = told
        .iter()
        .filter(|told| {
            told.finding.code == Code::ACK_ERROR && told.finding.ack_code.as_deref() != Some("13")
        })
        .map(|told| (told.finding.at.line, told.finding.at.column))
        .collect();
    let checker = Checker::new(&specs, check::Options::default()).unwrap();
    let mut findings: Vec<Finding> = Vec::new();
    checker.slice(&input, &mut findings).unwrap();
    let found: Vec<(u64, u64)> = findings
        .iter()
        .filter(|finding| {
            finding.severity == Severity::Error && finding.code.syntax_error() != Some(13)
        })
        .map(|finding| (finding.at.line, finding.at.column))
        .collect();
    assert_eq!(back, found);
}

#[test]
fn what_rules_find_is_told_by_their_names() {
    let specs = Specs::base();
    let input = br#"<DecMessage xmlns="http://www.chinaport.gov.cn/dec"><DecHead><NetWt>3</NetWt><GrossWet>2</GrossWet></DecHead></DecMessage>"#;
    let checker = baowen::checker(&specs, checking(check::Options::default())).unwrap();
    let settings = (Lang::Zh, Limits::default());
    let report = Report::read(&checker, &input[..], settings, &mut |_: Finding| {}).unwrap();
    let writer = Writer::new(&specs, options());
    let answered = writer
        .receipt(&report, input, &check::Options::default(), None)
        .unwrap();
    let text = String::from_utf8(answered.bytes).unwrap();
    assert!(text.contains("毛重"), "{text}");
}
