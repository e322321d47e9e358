//! XML: parsing, checking against a schema, copying, and loading the schema.
//!
//! `BAOWEN_SCHEMA` and `BAOWEN_DOCUMENT` name the files; without them a small schema of the tests
//! and 20 MB made for it are taken.

mod measure;

use std::hint::black_box;
use std::path::PathBuf;

use baowen::finding::Finding;
use baowen::xml::{Handler, Options, Scene, Schema, Start, Writer, read_slice};
use criterion::{Criterion, criterion_group, criterion_main};

/// Counts elements and bytes of text.
#[derive(Default)]
struct Counted(u64, u64);

impl Handler for Counted {
    fn start(&mut self, start: &Start<'_>, _: &mut Scene<'_, '_>) {
        self.0 += u64::from(!start.local().is_empty());
    }

    fn text(&mut self, text: &str, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        self.1 += text.len() as u64;
    }

    fn end(&mut self, _: u64, _: u64, _: &mut Scene<'_, '_>) {}
}

fn inputs() -> (PathBuf, Vec<u8>) {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
    if let (Some(schema), Some(document)) = (named("BAOWEN_SCHEMA"), named("BAOWEN_DOCUMENT")) {
        let document = std::fs::read(document).expect("the document can be read");
        return (schema, document);
    }
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut document =
        String::from("<Shipment xmlns=\"urn:example:shipment\">\n  <When>2026-11-23</When>\n");
    for number in 0.. {
        document.push_str(&format!(
            "  <Box number=\"EXLU{number:07}\" unit=\"KGM\">\n    <Weight>{}.5</Weight>\n    <Seal>S{number}</Seal>\n  </Box>\n",
            number % 30_000 + 1
        ));
        if document.len() > 20_000_000 {
            break;
        }
    }
    document.push_str("</Shipment>\n");
    (
        root.join("testdata/xml/layer/xml/shipment.xsd"),
        document.into_bytes(),
    )
}

fn xml(criterion: &mut Criterion) {
    let (path, input) = inputs();
    let schema = Schema::load(&path).expect("the schema is sound");
    let options = Options::default();
    let mut found: Vec<Finding> = Vec::new();
    schema
        .check_slice(&input, &options, &mut found)
        .expect("content never fails");
    println!("{} findings in {} bytes", found.len(), input.len());
    let mut none = |_: Finding| {};
    let mut group = measure::group(criterion, "xml", "", &input);
    group.bench_function("parse", |bench| {
        bench.iter(|| {
            let mut counted = Counted::default();
            read_slice(black_box(&input), &options, &mut counted, &mut none).map(|_| counted.1)
        });
    });
    group.bench_function("parse and check, slice", |bench| {
        bench.iter(|| schema.check_slice(black_box(&input), &options, &mut none));
    });
    group.bench_function("parse and check, stream", |bench| {
        bench.iter(|| schema.check_stream(black_box(&input[..]), &options, &mut none));
    });
    group.bench_function("copy", |bench| {
        bench.iter(|| {
            let mut writer = Writer::new(Vec::with_capacity(input.len()));
            read_slice(black_box(&input), &options, &mut writer, &mut none).map(|_| writer.finish())
        });
    });
    group.finish();
    criterion.bench_function("load the schema", |bench| {
        bench.iter(|| Schema::load(black_box(&path)));
    });
}

criterion_group!(benches, xml);
criterion_main!(benches);
