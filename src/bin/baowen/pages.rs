//! Shell completions and man pages.

use std::io::{self, Write};
use std::path::PathBuf;

use baowen::finding::Lang;
use clap::ArgMatches;

use crate::{Failure, Outcome, args};

pub(crate) fn completions(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let shell: clap_complete::Shell = *matches.get_one("shell").expect("a required argument");
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(lang), "baowen", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Outcome::Clean)
}

pub(crate) fn man(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let folder: &PathBuf = matches.get_one("folder").expect("a required argument");
    let told = |error: io::Error| Failure::Message(format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(told)?;
    clap_mangen::generate_to(args::command(lang), folder).map_err(told)?;
    Ok(Outcome::Clean)
}
