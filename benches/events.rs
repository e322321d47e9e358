//! Every segment, element and component of an input visited, and the same done by edifact-rs.

mod measure;

use std::hint::black_box;

use baowen::edifact::{End, Item, Reader};
use baowen_benches::corpus::inputs;
use criterion::{Criterion, criterion_group, criterion_main};
use edifact_rs::{ServiceStringAdvice, Token, Tokenizer};

/// What was visited: enough that nothing can be left out.
#[derive(Debug, Default, PartialEq, Eq)]
struct Visited {
    segments: u64,
    elements: u64,
    components: u64,
    value_bytes: u64,
}

fn visit(mut reader: Reader<'_>) -> Visited {
    let mut visited = Visited::default();
    while let Some(item) = reader.next().expect("memory can be read") {
        let Item::Segment(segment) = item else {
            continue;
        };
        visited.segments += 1;
        for token in segment.element_tokens() {
            visited.components += 1;
            visited.elements += u64::from(token.end != End::Component);
            visited.value_bytes += token.bytes.len() as u64;
        }
    }
    visited
}

/// The tokenizer of edifact-rs as its own benchmarks use it, its tokens counted, not kept.
fn rival(input: &[u8]) -> Visited {
    let mut visited = Visited::default();
    let service = ServiceStringAdvice::from_bytes_unchecked(input);
    for token in Tokenizer::new(input, service) {
        match token.expect("the corpora are valid") {
            Token::SegmentTag { .. } => visited.segments += 1,
            Token::DataElement { value, .. } | Token::RepeatElement { value, .. } => {
                visited.elements += 1;
                visited.components += 1;
                visited.value_bytes += value.len() as u64;
            }
            Token::ComponentElement { value, .. } => {
                visited.components += 1;
                visited.value_bytes += value.len() as u64;
            }
            Token::SegmentTerminator { .. } => {}
        }
    }
    visited
}

fn events(criterion: &mut Criterion) {
    for (name, input) in inputs() {
        let (ours, theirs) = (visit(Reader::new(&input)), rival(&input));
        println!("{name}: {ours:?}; edifact-rs: {theirs:?}");
        assert_eq!(ours.segments, theirs.segments, "both read all of it");
        let mut group = measure::group(criterion, "events", name, &input);
        group.bench_function("baowen slice", |bench| {
            bench.iter(|| visit(Reader::new(black_box(&input))))
        });
        group.bench_function("baowen stream", |bench| {
            bench.iter(|| {
                visit(Reader::from_read(
                    black_box(&input[..]),
                    baowen::edifact::Options::default(),
                ))
            });
        });
        group.bench_function("edifact-rs tokenizer", |bench| {
            bench.iter(|| rival(black_box(&input)))
        });
        group.finish();
    }
}

criterion_group!(benches, events);
criterion_main!(benches);
