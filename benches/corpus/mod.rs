//! Corpora: valid interchanges of any size, made from the specs and a seed, the same for ever.

pub mod bayplan;
pub mod message;
pub mod random;
pub mod repeated;
pub mod segment;
pub mod values;

use std::io::{self, Write};
use std::path::Path;

use baowen::spec::Specs;

use bayplan::Bayplan;
use message::Plan;
use random::Random;
use segment::Writer;

/// Message types of the mixed corpus, those of customs and ports first.
pub const MIXED: [(&str, &str); 20] = [
    ("CUSCAR", "D95B"),
    ("BAPLIE", "D95B"),
    ("CUSDEC", "D96B"),
    ("COPARN", "D95B"),
    ("CODECO", "D95B"),
    ("COARRI", "D00B"),
    ("COPRAR", "D00B"),
    ("IFTMIN", "D99B"),
    ("IFTMBC", "D99B"),
    ("IFTMCS", "D03A"),
    ("IFCSUM", "D96A"),
    ("IFTSTA", "D07A"),
    ("IFTDGN", "D98A"),
    ("VERMAS", "D16A"),
    ("PAXLST", "D12B"),
    ("CUSRES", "D96B"),
    ("ORDERS", "D96A"),
    ("INVOIC", "D01B"),
    ("DESADV", "D97A"),
    ("APERAK", "D96A"),
];

/// What an input is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Interchanges of [`MIXED`] messages, about 64 KB each, a third of them with line breaks.
    Mixed,
    /// One interchange of bayplans with at most so many containers each.
    Bayplan(u64),
    /// One interchange of CUSCAR D.95B messages.
    Cuscar,
}

/// Writes an input of `bytes` bytes or a little more; what was written. Same `seed`, same bytes.
///
/// # Errors
/// When `to` cannot be written.
///
/// # Panics
/// When the specs lack one of the messages.
pub fn write(
    specs: &Specs,
    kind: Kind,
    seed: u64,
    bytes: u64,
    to: &mut dyn Write,
) -> io::Result<u64> {
    let mut random = Random::new(seed);
    let mut to = Counted { to, written: 0 };
    match kind {
        Kind::Mixed => {
            let plans: Vec<Plan> = MIXED
                .iter()
                .map(|(message, release)| plan(specs, message, release, seed))
                .collect();
            let mut number = 0;
            while to.written < bytes {
                number += 1;
                let mut out = Writer::default();
                out.line_break = if random.chance(33) { "\n" } else { "" };
                begin(number, &mut out);
                let mut messages = 0;
                while messages == 0 || out.bytes.len() < 64 << 10 {
                    messages += 1;
                    let bulk = random.range(2, 12);
                    random
                        .any(&plans)
                        .write(messages, bulk, &mut random, &mut out);
                }
                end(number, messages, &mut out);
                to.take(&mut out)?;
            }
        }
        Kind::Cuscar => {
            let plan = plan(specs, "CUSCAR", "D95B", seed);
            let mut out = Writer::default();
            begin(1, &mut out);
            let mut messages = 0;
            while messages == 0 || to.written + (out.bytes.len() as u64) < bytes {
                messages += 1;
                let bulk = random.range(4, 20);
                plan.write(messages, bulk, &mut random, &mut out);
                to.take_large(&mut out)?;
            }
            end(1, messages, &mut out);
            to.take(&mut out)?;
        }
        Kind::Bayplan(most) => {
            let mut bayplan = Bayplan::new(specs, seed);
            let mut out = Writer::default();
            out.bytes.extend_from_slice(b"UNA:+.? '");
            begin(1, &mut out);
            let mut messages = 0;
            while messages == 0 || to.written + (out.bytes.len() as u64) < bytes {
                messages += 1;
                let before = out.segments;
                bayplan.begin(messages, &mut random, &mut out);
                let mut containers = 0;
                while containers < most && to.written + (out.bytes.len() as u64) < bytes {
                    bayplan.container(&mut random, &mut out);
                    containers += 1;
                    to.take_large(&mut out)?;
                }
                let segments = out.segments - before + 1;
                out.raw(format_args!("UNT+{segments}+{messages}"));
            }
            end(1, messages, &mut out);
            to.take(&mut out)?;
        }
    }
    Ok(to.written)
}

/// The same, in memory.
///
/// # Panics
/// When the specs lack one of the messages.
#[must_use]
pub fn bytes(specs: &Specs, kind: Kind, seed: u64, bytes: u64) -> Vec<u8> {
    let mut held = Vec::with_capacity(bytes as usize + (1 << 20));
    write(specs, kind, seed, bytes, &mut held).expect("memory takes it");
    held
}

/// Writes a folder of `files` files, each an input of about `bytes` bytes with its own seed.
///
/// # Errors
/// When the folder or a file cannot be written.
pub fn folder(
    specs: &Specs,
    kind: Kind,
    seed: u64,
    files: u64,
    bytes: u64,
    dir: &Path,
) -> io::Result<u64> {
    std::fs::create_dir_all(dir)?;
    let mut written = 0;
    for file in 0..files {
        let mut to = std::fs::File::create(dir.join(format!("{file:06}.edi")))?;
        written += write(specs, kind, seed.wrapping_add(file), bytes, &mut to)?;
    }
    Ok(written)
}

fn plan(specs: &Specs, message: &str, release: &str, seed: u64) -> Plan {
    let plan = Plan::new(specs, message, release, seed).expect("the base is sound");
    plan.unwrap_or_else(|| panic!("the base has no {message} in {release}"))
}

fn begin(reference: u64, out: &mut Writer) {
    out.raw(format_args!(
        "UNB+UNOA:2+BAOWENSENDER:14+BAOWENPORT:14+261123:1200+BW{reference:08}"
    ));
}

fn end(reference: u64, messages: u64, out: &mut Writer) {
    out.raw(format_args!("UNZ+{messages}+BW{reference:08}"));
}

struct Counted<'w> {
    to: &'w mut dyn Write,
    written: u64,
}

impl Counted<'_> {
    fn take(&mut self, out: &mut Writer) -> io::Result<()> {
        self.to.write_all(&out.bytes)?;
        self.written += out.bytes.len() as u64;
        out.bytes.clear();
        Ok(())
    }

    fn take_large(&mut self, out: &mut Writer) -> io::Result<()> {
        if out.bytes.len() >= 1 << 20 {
            self.take(out)
        } else {
            Ok(())
        }
    }
}

/// What the benchmarks in one process run on: 20 MB of the mixed corpus and of the bayplan.
#[must_use]
pub fn inputs() -> [(&'static str, Vec<u8>); 2] {
    const SIZE: u64 = 20_000_000;
    const SEED: u64 = 1;
    let specs = Specs::base();
    let bay_plan = Kind::Bayplan(bayplan::MOST_CONTAINERS);
    [
        ("mixed", bytes(&specs, Kind::Mixed, SEED, SIZE)),
        ("bayplan", bytes(&specs, bay_plan, SEED, SIZE)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use baowen::check::{Checker, Options};
    use baowen::finding::{Finding, Severity};

    /// Nothing graver than a warning is found in any corpus.
    #[test]
    fn corpora_are_valid() {
        let specs = Specs::base();
        let checker = Checker::new(&specs, Options::default()).unwrap();
        for kind in [
            Kind::Mixed,
            Kind::Bayplan(bayplan::MOST_CONTAINERS),
            Kind::Cuscar,
        ] {
            let input = bytes(&specs, kind, 1, 500_000);
            let mut errors = Vec::new();
            let mut sink = |finding: Finding| {
                if finding.severity == Severity::Error {
                    errors.push(
                        finding
                            .to_json("", baowen::finding::Lang::En, false)
                            .to_string(),
                    );
                }
            };
            let totals = checker.slice(&input, &mut sink).unwrap();
            assert!(totals.messages > 0);
            let shown = errors
                .iter()
                .take(5)
                .cloned()
                .collect::<Vec<_>>()
                .join("\n");
            assert!(
                errors.is_empty(),
                "{kind:?}: {} errors\n{shown}",
                errors.len()
            );
        }
    }

    #[test]
    fn the_seed_decides() {
        let specs = Specs::base();
        for kind in [Kind::Mixed, Kind::Bayplan(50), Kind::Cuscar] {
            let first = bytes(&specs, kind, 1, 200_000);
            assert!(first.len() >= 200_000);
            assert_eq!(first, bytes(&specs, kind, 1, 200_000));
            assert_ne!(first, bytes(&specs, kind, 2, 200_000));
        }
    }
}
