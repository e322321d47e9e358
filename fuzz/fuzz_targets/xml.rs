//! XML: no content makes reading or checking fail, slice and stream find the same, spans lie within
//! the input, and what is copied of a sound document is read again as the same.
#![no_main]

use std::sync::OnceLock;

use baowen::finding::{Finding, Severity};
use baowen::xml::{Handler, Options, Scene, Schema, Start, Writer, read_slice};
use libfuzzer_sys::fuzz_target;

const SCHEMA: &str = include_str!("../../testdata/xml/layer/xml/shipment.xsd");

fn schema() -> &'static Schema {
    static KEPT: OnceLock<Schema> = OnceLock::new();
    KEPT.get_or_init(|| {
        Schema::from_texts(&[("shipment.xsd", SCHEMA)]).expect("the schema is sound")
    })
}

/// What a reader tells, pieces of text joined.
#[derive(Default)]
struct Told(String);

impl Handler for Told {
    fn start(&mut self, start: &Start<'_>, _: &mut Scene<'_, '_>) {
        let attributes: Vec<_> = start.attributes().collect();
        self.0
            .push_str(&format!("\u{1}{} {attributes:?}\u{2}", start.name()));
    }

    fn text(&mut self, text: &str, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        self.0.push_str(text);
    }

    fn end(&mut self, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        self.0.push('\u{3}');
    }
}

fn told(document: &[u8]) -> String {
    let (mut told, mut findings) = (Told::default(), Vec::<Finding>::new());
    read_slice(document, &Options::default(), &mut told, &mut findings)
        .expect("content never fails");
    told.0
}

fuzz_target!(|data: &[u8]| {
    let (mut slice, mut stream) = (Vec::<Finding>::new(), Vec::<Finding>::new());
    let options = Options::default();
    schema()
        .check_slice(data, &options, &mut slice)
        .expect("content never fails");
    schema()
        .check_stream(data, &options, &mut stream)
        .expect("content never fails");
    assert_eq!(slice, stream);
    for finding in &slice {
        assert!(finding.span.end() <= data.len() as u64, "{finding:?}");
    }
    let mut writer = Writer::new(Vec::new());
    let mut findings = Vec::<Finding>::new();
    read_slice(data, &options, &mut writer, &mut findings).expect("content never fails");
    if findings
        .iter()
        .all(|finding| finding.severity != Severity::Error)
    {
        let copy = writer.finish().expect("a sound document is written");
        assert_eq!(told(&copy), told(data));
    }
});
