//! Acknowledgements: cases, and what holds for any input.

use std::path::{Path, PathBuf};

use baowen::ack::{Answered, Limits, Options, Report, Writer};
use baowen::check::{self, Checker};
use baowen::finding::{Finding, Lang, Severity};
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
    let specs = Specs::base();
    let settings = (lang, limits);
    let mut none = |_: Finding| {};
    Report::read(&specs, check::Options::default(), input, settings, &mut none).unwrap()
}

fn options() -> Options {
    Options {
        now: "2026-11-24T10:30:05.250".parse().unwrap(),
        ..Options::default()
    }
}

fn contrl(input: &[u8], options: Options) -> Answered {
    let report = report(input, Lang::En, Limits::default());
    Writer::new(&Specs::base(), options).contrl(&report).unwrap()
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
            assert!(none || errors(&answered.bytes).is_empty(), "{}: {:?}", path.display(), errors(&answered.bytes));
            let version = version.map_or("", |_| " in version 4");
            text.push_str(&format!("== {}{version}\n{}", name(&path), lines(&answered.bytes)));
            for unanswered in &answered.unanswered {
                text.push_str(&format!("none: {unanswered:?}\n"));
            }
        }
    }
    snapshot("ack-contrl", &text);
}
