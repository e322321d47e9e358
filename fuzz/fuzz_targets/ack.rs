//! No content makes acknowledging or reading acknowledgements fail, and what is written is sound.
#![no_main]

use baowen::ack::{Limits, Options, Report, Writer, checking, read};
use baowen::check::{self, Checker};
use baowen::finding::{Finding, Lang, Severity};
use baowen::spec::Specs;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let specs = Specs::base();
    let settings = (Lang::En, Limits::default());
    let mut none = |_: Finding| {};
    let checker = Checker::new(&specs, checking(check::Options::default())).expect("the base is sound");
    let report = Report::read(&checker, data, settings, &mut none).expect("content never fails");
    let writer = Writer::new(&specs, Options::default());
    let answered = writer.contrl(&report).expect("content never fails");
    if !answered.bytes.is_empty() {
        let mut findings: Vec<Finding> = Vec::new();
        let checked = checker.slice(&answered.bytes, &mut findings);
        checked.expect("content never fails");
        findings.retain(|finding| finding.severity == Severity::Error);
        assert!(findings.is_empty(), "{findings:?}");
        read(&specs, &answered.bytes, Some(data), &check::Options::default())
            .expect("content never fails");
    }
    read(&specs, data, None, &check::Options::default()).expect("content never fails");
});
