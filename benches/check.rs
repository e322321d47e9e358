//! Checking an input, and what edifact-rs has of it: placement and formats, without code lists,
//! envelope, dates and character sets.

mod measure;
mod rival;

use std::hint::black_box;

use baowen::check::{Checker, Options, Totals};
use baowen::finding::{Finding, Severity};
use baowen::spec::Specs;
use baowen_benches::corpus::inputs;
use criterion::{Criterion, criterion_group, criterion_main};

/// Counts errors; the corpora have none.
fn check(run: impl FnOnce(&mut dyn FnMut(Finding)) -> baowen::Result<Totals>) -> (Totals, u64) {
    let mut errors = 0;
    let totals = run(&mut |finding| errors += u64::from(finding.severity == Severity::Error));
    (totals.expect("the base is sound"), errors)
}

fn checks(criterion: &mut Criterion) {
    let specs = Specs::base();
    let checker = Checker::new(&specs, Options::default()).expect("the base is sound");
    let rival = rival::Rival::new(&specs);
    for (name, input) in inputs() {
        let (totals, errors) = check(|mut sink| checker.slice(&input, &mut sink));
        let (messages, report) = rival.validate(&input);
        println!(
            "{name}: {} messages, {} segments, {errors} errors; edifact-rs: {messages} messages, {} errors",
            totals.messages,
            totals.segments,
            report.errors().len()
        );
        for issue in report.errors().iter().take(3) {
            println!(
                "  edifact-rs: {:?} {:?}: {}",
                issue.segment_tag, issue.segment_position, issue.message
            );
        }
        assert_eq!(
            (errors, totals.messages),
            (0, messages),
            "both check all of it, and it is valid"
        );
        let mut group = measure::group(criterion, "check", name, &input);
        group.bench_function("baowen slice", |bench| {
            bench.iter(|| check(|mut sink| checker.slice(black_box(&input), &mut sink)));
        });
        group.bench_function("baowen stream", |bench| {
            bench.iter(|| check(|mut sink| checker.read(black_box(&input[..]), &mut sink)));
        });
        group.sample_size(10);
        group.bench_function("edifact-rs placement and formats", |bench| {
            bench.iter(|| rival.validate(black_box(&input)));
        });
        group.finish();
    }
}

criterion_group!(benches, checks);
criterion_main!(benches);
