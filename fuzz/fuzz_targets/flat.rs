//! Flat files: no content makes the check fail, slice and stream find the same, the pieces are the
//! input byte for byte, and what is written of the records read is read again as the same.
#![no_main]

use std::sync::OnceLock;

use baowen::check::{FlatChecker, Options};
use baowen::finding::{Finding, Lang};
use baowen::flat::{self, Piece, Pieces, Separators, Writer};
use baowen::spec::Specs;
use libfuzzer_sys::fuzz_target;

fn checker() -> &'static FlatChecker {
    static CHECKER: OnceLock<FlatChecker> = OnceLock::new();
    CHECKER.get_or_init(|| {
        FlatChecker::new(&Specs::base(), Options::default()).expect("the base is sound")
    })
}

/// Values of the records of an input.
fn records(input: &[u8]) -> Vec<Vec<Vec<u8>>> {
    Pieces::new(input, flat::Options::default())
        .filter_map(|piece| match piece {
            Piece::Record(record) => Some(record.fields()),
            _ => None,
        })
        .map(|fields| fields.map(|field| field.value().into_owned()).collect())
        .collect()
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
    let mut all = Vec::new();
    for piece in Pieces::new(data, flat::Options::default()) {
        assert_eq!(piece.offset(), all.len() as u64);
        all.extend_from_slice(piece.bytes());
    }
    assert_eq!(all, data);
    let mut writer = Writer::new(Vec::new(), Separators::default());
    let held: Vec<_> = records(data)
        .into_iter()
        // What begins with nothing or a blank is no record that can be written.
        .filter(|record| writer.record(record).is_ok())
        .collect();
    let written = writer.finish().expect("memory takes it");
    if !written.starts_with(b"\xEF\xBB\xBF") {
        assert_eq!(records(&written), held);
    }
});
