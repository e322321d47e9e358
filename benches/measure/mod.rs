//! What the benchmarks have in common: the corpora and how long is measured.

use std::time::Duration;

use baowen::spec::Specs;
use baowen_benches::corpus::{self, Kind, bayplan};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput};

/// Bytes of each corpus.
const SIZE: u64 = 20_000_000;
const SEED: u64 = 1;

/// The mixed corpus and the bayplan.
pub(crate) fn inputs() -> [(&'static str, Vec<u8>); 2] {
    let specs = Specs::base();
    [
        ("mixed", corpus::bytes(&specs, Kind::Mixed, SEED, SIZE)),
        (
            "bayplan",
            corpus::bytes(&specs, Kind::Bayplan(bayplan::MOST_CONTAINERS), SEED, SIZE),
        ),
    ]
}

/// A group of benchmarks over one input.
pub(crate) fn group<'c>(
    criterion: &'c mut Criterion,
    what: &str,
    name: &str,
    input: &[u8],
) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(format!("{what} {name}"));
    group
        .throughput(Throughput::Bytes(input.len() as u64))
        .sampling_mode(SamplingMode::Flat)
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    group
}
