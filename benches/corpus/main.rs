//! Writes corpora: `corpus mixed|bayplan|cuscar --size 20M [--seed 1] [--containers 9999] [--files N] OUT`.
//!
//! `OUT` is a file, `-` for standard output, or with `--files` a folder of so many files of that
//! size.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use baowen::spec::Specs;
use baowen_benches::corpus::{Kind, bayplan, folder, write};

const USAGE: &str =
    "corpus mixed|bayplan|cuscar --size 20M [--seed 1] [--containers 9999] [--files N] OUT|-";

struct Order {
    kind: Kind,
    size: u64,
    seed: u64,
    files: Option<u64>,
    out: String,
}

/// A size in bytes: `4096`, `64K`, `20M`, `1G` (powers of 1,000).
fn size(text: &str) -> Option<u64> {
    let (number, unit) = match text.as_bytes().last()? {
        b'K' => (&text[..text.len() - 1], 1_000),
        b'M' => (&text[..text.len() - 1], 1_000_000),
        b'G' => (&text[..text.len() - 1], 1_000_000_000),
        _ => (text, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

fn order(mut args: impl Iterator<Item = String>) -> Option<Order> {
    let name = args.next()?;
    let mut containers = bayplan::MOST_CONTAINERS;
    let (mut bytes, mut seed, mut files, mut out) = (20_000_000, 1, None, None);
    while let Some(arg) = args.next() {
        match &*arg {
            "--size" => bytes = size(&args.next()?)?,
            "--seed" => seed = args.next()?.parse().ok()?,
            "--containers" => containers = args.next()?.parse().ok()?,
            "--files" => files = Some(args.next()?.parse().ok()?),
            _ => out = Some(arg),
        }
    }
    let kind = match &*name {
        "mixed" => Kind::Mixed,
        "bayplan" => Kind::Bayplan(containers),
        "cuscar" => Kind::Cuscar,
        _ => return None,
    };
    Some(Order {
        kind,
        size: bytes,
        seed,
        files,
        out: out?,
    })
}

fn run(order: &Order) -> io::Result<u64> {
    let specs = Specs::base();
    if let Some(files) = order.files {
        return folder(
            &specs,
            order.kind,
            order.seed,
            files,
            order.size,
            Path::new(&order.out),
        );
    }
    let mut to: Box<dyn Write> = match &*order.out {
        "-" => Box::new(io::stdout().lock()),
        path => Box::new(BufWriter::new(std::fs::File::create(path)?)),
    };
    let written = write(&specs, order.kind, order.seed, order.size, &mut *to)?;
    to.flush()?;
    Ok(written)
}

fn main() -> ExitCode {
    let Some(order) = order(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&order) {
        Ok(written) => {
            eprintln!("{written} bytes");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", order.out);
            ExitCode::from(2)
        }
    }
}
