//! `baowen specs`.

use std::io::{self, BufWriter, Write};

use baowen::finding::Lang;
use clap::ArgMatches;

use crate::lang::pick;
use crate::{Failure, Outcome, inputs};

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let overrides = specs.overrides();
    if matches.get_flag("layers") {
        for change in overrides {
            writeln!(
                out,
                "{}:{}: {} {}",
                change.file, change.line, change.verb, change.what
            )?;
        }
    }
    let releases = specs.releases().iter().len();
    match lang {
        Lang::En => writeln!(out, "{releases} releases, {} overrides", overrides.len())?,
        Lang::Zh => writeln!(out, "{releases} 版目录，{} 项覆盖", overrides.len())?,
    }
    if overrides.is_empty() && matches.get_flag("layers") {
        writeln!(
            out,
            "{}",
            pick(
                lang,
                "no layer changes anything; name one with --specs",
                "没有任何层作出改动；可用 --specs 指定"
            )
        )?;
    }
    out.flush()?;
    Ok(Outcome::Clean)
}
