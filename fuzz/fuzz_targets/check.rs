//! No content makes the check fail; the same is found in a slice and in a stream, and a place
//! that is named lies within the input.
#![no_main]

use std::sync::OnceLock;

use baowen::check::{Checker, Options};
use baowen::finding::{Finding, Lang};
use baowen::spec::Specs;
use libfuzzer_sys::fuzz_target;

fn checker() -> &'static Checker {
    static CHECKER: OnceLock<Checker> = OnceLock::new();
    CHECKER.get_or_init(|| {
        Checker::new(&Specs::base(), Options::default()).expect("the base is sound")
    })
}

fuzz_target!(|data: &[u8]| {
    let (mut slice, mut stream) = (Vec::<Finding>::new(), Vec::<Finding>::new());
    checker()
        .slice(data, &mut slice)
        .expect("content never fails");
    checker()
        .read(data, &mut stream)
        .expect("content never fails");
    let shown = |findings: &[Finding]| -> Vec<String> {
        findings
            .iter()
            .map(|finding| finding.to_json("input", Lang::En, false).to_string())
            .collect()
    };
    assert_eq!(shown(&slice), shown(&stream));
    for finding in &slice {
        assert!(finding.span.end() <= data.len() as u64, "{finding:?}");
    }
});
