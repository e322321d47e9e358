//! Look-ups in code tables and crosswalks, one call at a time.

use std::hint::black_box;

use baowen::codes::{Day, identifier};
use baowen::spec::Specs;
use criterion::{Criterion, criterion_group, criterion_main};

/// One look-up of each kind; the codes are asked in an order that caches do not foresee.
fn look_ups(c: &mut Criterion) {
    let specs = Specs::base();
    let mut group = c.benchmark_group("codes");
    for id in ["country", "unit-rec20", "hs2022", "unlocode"] {
        let table = specs.table(id).unwrap().unwrap();
        let codes: Vec<&str> = table.entries().map(|entry| entry.code()).collect();
        let mut at = 0;
        let mut next = || {
            at = (at + 7919) % codes.len();
            codes[at]
        };
        group.bench_function(format!("get {id}"), |b| {
            b.iter(|| black_box(table.get(black_box(next())).is_some()))
        });
        group.bench_function(format!("name {id}"), |b| {
            b.iter(|| black_box(table.get(black_box(next())).map(|entry| entry.en().len())))
        });
        let set = table.codes();
        group.bench_function(format!("contains {id}"), |b| {
            b.iter(|| black_box(set.contains(black_box(next().as_bytes()))))
        });
    }
    let currencies = specs.table("currency-iso4217").unwrap().unwrap();
    let day = Day::parse("2024-01-31").unwrap();
    group.bench_function("get_on currency-iso4217", |b| {
        b.iter(|| black_box(currencies.get_on(black_box("CNY"), day).is_some()))
    });
    for (from, to) in [
        ("country:alpha3", "country:customs"),
        ("port:unified", "port:unlocode"),
        ("unit:customs", "unit:rec20"),
    ] {
        let (held, one, other) = specs.crosswalk_between(from, to).unwrap();
        let codes: Vec<&str> = held.codes(one).collect();
        let mut at = 0;
        group.bench_function(format!("{from} to {to}"), |b| {
            b.iter(|| {
                at = (at + 7919) % codes.len();
                black_box(held.get(one, other, black_box(codes[at])).is_some())
            });
        });
    }
    for name in ["valid.uscc", "valid.container", "valid.identity18"] {
        let check = identifier::find(name).unwrap().check;
        let text = match name {
            "valid.uscc" => "91350100M000100Y43",
            "valid.container" => "CSQU3054383",
            _ => "11010519491231002X",
        };
        group.bench_function(name, |b| b.iter(|| black_box(check(black_box(text)))));
    }
    group.finish();
}

/// What is asked now and then: near codes and a search by name.
fn larger(c: &mut Criterion) {
    let specs = Specs::base();
    let mut group = c.benchmark_group("codes-once");
    group.sample_size(10);
    let table = specs.table("unlocode").unwrap().unwrap();
    group.bench_function("near unlocode", |b| {
        b.iter(|| black_box(table.near(black_box("CNSAH"), 5).len()))
    });
    group.bench_function("search unlocode", |b| {
        b.iter(|| black_box(table.search(black_box("shanghai")).len()))
    });
    let countries = specs.table("country").unwrap().unwrap();
    group.bench_function("search country by pinyin", |b| {
        b.iter(|| black_box(countries.search(black_box("hg")).len()))
    });
    group.finish();
}

criterion_group!(benches, look_ups, larger);
criterion_main!(benches);
