//! Translating a cargo report into a manifest.

mod measure;

use std::fmt::Write as _;
use std::hint::black_box;
use std::io;

use baowen::finding::{Finding, Severity, Syntax};
use baowen::map::{Direction, Options, Translator};
use baowen::spec::Specs;
use criterion::{Criterion, criterion_group, criterion_main};

/// An interchange of cargo reports as carriers send them, of at least so many bytes.
fn reports(size: usize) -> Vec<u8> {
    let mut text = "UNB+UNOC:3+EXAMPLELINE+2225+261123:0930+1'".to_owned();
    let mut messages = 0;
    let mut bill = 0;
    while text.len() < size {
        messages += 1;
        let _ = write!(
            text,
            "UNH+{messages}+CUSCAR:D:95B:UN'BGM+785+MAN{messages:08}+9'TDT+20+0{messages:03}E+1++EXLN+++9074729:::EXAMPLE STAR'DTM+132:202611260600:203'DTM+133:202611241830:203'"
        );
        let mut segments = 5;
        for container in 0..500 {
            let _ = write!(
                text,
                "EQD+CN+EXLU{container:07}+22G1+2++5'SEL+S{container:06}+CA'"
            );
            segments += 2;
        }
        for nth in 1..=2000 {
            bill += 1;
            let box_of = bill % 500;
            let (count, weight) = (bill % 900 + 1, bill % 20_000 + 100);
            let _ = write!(
                text,
                "CNI+{nth}+EXLN{bill:08}'CNT+7:{weight}.5:KGM'CNT+11:{count}'RFF+BM:EXLN{bill:08}'LOC+9+KRPUS'LOC+11+CNSHA'CPI++ZZZ'NAD+CN+++SAMPLE IMPORTS {box_of} INC+{box_of} TEST STREET+SHANGHAI++200000+CN'NAD+CZ+++EXAMPLE TEXTILES {bill} LTD+{nth} SAMPLE ROAD+BUSAN++48900+KR'GID+1+{count}:CT'FTX+AAA+++COTTON SHIRTS, PRINTED, FOR CHILDREN AND ADULTS, LOT {bill}'MEA+AAE+G+KGM:{weight}.5'SGP+EXLU{box_of:07}'CST++61091000'"
            );
            segments += 14;
        }
        let _ = write!(text, "UNT+{}+{messages}'", segments + 2);
    }
    let _ = write!(text, "UNZ+{messages}+1'");
    text.into_bytes()
}

fn maps(criterion: &mut Criterion) {
    let map = Specs::base().map("cuscar-mt1101").expect("it ships");
    let options = Options::default()
        .with_param("sender", "EXAMPLELINE")
        .with_param("receiver", "2225")
        .with_param("carrier", "EXAMPLE LINE")
        .with_param("customs", "0000");
    let translator = Translator::new(&map, Direction::Forth, options).expect("it has rows");
    let input = reports(20_000_000);
    let mut group = measure::group(criterion, "map", "cuscar", &input);
    group.bench_function("CUSCAR to manifest", |bench| {
        bench.iter(|| {
            let mut errors = 0;
            let mut sink =
                |finding: Finding| errors += u64::from(finding.severity == Severity::Error);
            let mut outputs =
                |_: u64| -> baowen::Result<Box<dyn io::Write>> { Ok(Box::new(io::sink())) };
            let totals = translator
                .read(black_box(&*input), Syntax::Edifact, &mut outputs, &mut sink)
                .expect("the base is sound");
            assert_eq!((totals.errors, errors), (0, 0), "the corpus is valid");
        });
    });
    group.finish();
}

criterion_group!(benches, maps);
criterion_main!(benches);
