//! Converting an interchange, and the way back.

mod measure;

use std::hint::black_box;
use std::io;

use baowen::convert::{Converter, Format, Options};
use baowen::finding::{Finding, Severity, Syntax};
use baowen::spec::Specs;
use baowen_benches::corpus::inputs;
use criterion::{Criterion, criterion_group, criterion_main};

fn convert(converter: &Converter, input: &[u8], from: Syntax, to: Format, out: impl io::Write) {
    let mut errors = 0;
    let mut sink = |finding: Finding| errors += u64::from(finding.severity == Severity::Error);
    let totals = converter.slice(input, from, to, out, &mut sink);
    totals.expect("the base is sound");
    assert_eq!(errors, 0, "the corpora are valid");
}

fn conversions(criterion: &mut Criterion) {
    let converter = Converter::new(&Specs::base(), Options::default());
    for (name, input) in inputs() {
        let mut group = measure::group(criterion, "convert", name, &input);
        let edifact = Syntax::Edifact;
        for (to, label) in [
            (Format::Xml, "EDIFACT to XML"),
            (Format::JsonLines, "EDIFACT to JSON Lines"),
        ] {
            group.bench_function(label, |bench| {
                bench.iter(|| convert(&converter, black_box(&input), edifact, to, io::sink()));
            });
        }
        group.finish();
        let mut xml = Vec::new();
        convert(&converter, &input, edifact, Format::Xml, &mut xml);
        println!(
            "{name}: {} bytes of EDIFACT are {} of XML",
            input.len(),
            xml.len()
        );
        let mut group = measure::group(criterion, "convert", &format!("{name} as XML"), &xml);
        for (to, label) in [
            (Format::Edifact, "XML to EDIFACT"),
            (Format::Json, "XML to JSON"),
        ] {
            group.bench_function(label, |bench| {
                bench.iter(|| convert(&converter, black_box(&xml), Syntax::Xml, to, io::sink()));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, conversions);
criterion_main!(benches);
