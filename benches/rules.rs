//! Checking a batch of cross-border lists (CEB621), with and without rules.
//!
//! `BAOWEN_DOCUMENT` names another document.

mod measure;

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

use baowen::check::Checker;
use baowen::finding::Finding;
use baowen::rule::{Options, Rules};
use baowen::spec::Specs;
use baowen_benches::corpus::repeated;
use criterion::{Criterion, criterion_group, criterion_main};

fn input() -> Vec<u8> {
    if let Some(path) = std::env::var_os("BAOWEN_DOCUMENT") {
        return std::fs::read(PathBuf::from(path)).expect("the document can be read");
    }
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let sample = root.join("testdata/china/good/CEB621.xml");
    let sample = std::fs::read_to_string(sample).expect("the sample can be read");
    let mut document = Vec::new();
    repeated::write(&sample, "Inventory", 20_000_000, &mut document)
        .expect("the sample has that element");
    document
}

fn rules(criterion: &mut Criterion) {
    let input = input();
    let specs = Specs::base();
    let rules = Rules::load(&specs, Options::default()).expect("the rules are sound");
    let about = rules.list(Some("CEB621")).expect("the rules are sound");
    let without = Checker::new(&specs, Default::default()).expect("the specs are sound");
    let with = without.clone().with_watch(Arc::new(rules));
    println!("{} rules, {} bytes", about.len(), input.len());
    let mut none = |_: Finding| {};
    let mut group = measure::group(criterion, "rules", "", &input);
    group.bench_function("without", |bench| {
        bench.iter(|| without.slice(black_box(&input), &mut none));
    });
    group.bench_function("with", |bench| {
        bench.iter(|| with.slice(black_box(&input), &mut none));
    });
    group.finish();
}

criterion_group!(benches, rules);
criterion_main!(benches);
