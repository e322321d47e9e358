//! Writes corpora: `corpus mixed|bayplan|cuscar --size 20M [--seed 1] [--containers 9999] [--files N] OUT`,
//! and large XML documents: `corpus repeated SAMPLE.xml ELEMENT --size 20M OUT`.
//!
//! `OUT` is a file, `-` for standard output, or with `--files` a folder of so many files of that
//! size.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use baowen::spec::Specs;
use baowen_benches::corpus::{Kind, bayplan, folder, repeated, write};

const USAGE: &str = "\
corpus mixed|bayplan|cuscar --size 20M [--seed 1] [--containers 9999] [--files N] OUT|-
corpus repeated SAMPLE.xml ELEMENT --size 20M OUT|-";

enum What {
    Generated(Kind),
    /// An element of a sample.
    Repeated(String, String),
}

struct Order {
    what: What,
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
    let sample = match &*name {
        "repeated" => Some((args.next()?, args.next()?)),
        _ => None,
    };
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
    let what = match (&*name, sample) {
        (_, Some((sample, element))) => What::Repeated(sample, element),
        ("mixed", _) => What::Generated(Kind::Mixed),
        ("bayplan", _) => What::Generated(Kind::Bayplan(containers)),
        ("cuscar", _) => What::Generated(Kind::Cuscar),
        _ => return None,
    };
    Some(Order {
        what,
        size: bytes,
        seed,
        files,
        out: out?,
    })
}

fn run(order: &Order) -> io::Result<u64> {
    let mut to: Box<dyn Write> = match (&*order.out, order.files) {
        (_, Some(_)) => Box::new(io::sink()),
        ("-", _) => Box::new(io::stdout().lock()),
        (path, _) => Box::new(BufWriter::new(std::fs::File::create(path)?)),
    };
    let kind = match &order.what {
        What::Generated(kind) => *kind,
        What::Repeated(sample, element) => {
            let sample = std::fs::read_to_string(sample)?;
            let written = repeated::write(&sample, element, order.size, &mut *to)?;
            to.flush()?;
            return Ok(written);
        }
    };
    let specs = Specs::base();
    if let Some(files) = order.files {
        return folder(
            &specs,
            kind,
            order.seed,
            files,
            order.size,
            Path::new(&order.out),
        );
    }
    let written = write(&specs, kind, order.seed, order.size, &mut *to)?;
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
