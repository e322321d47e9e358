//! The command line: `baowen check`, `convert`, `translate`, `map`, `declare`, `ack`, `tree`, `fmt`, `explain`,
//! `rules`, `show`, `codes`, `specs`.
//!
//! Each command is a file; this one reads the arguments and turns what could not be done into
//! exit code 2.

mod ack;
mod archive;
mod args;
mod check;
mod codes;
mod convert;
mod declare;
mod explain;
mod fmt;
mod folder;
mod inputs;
mod interrupt;
mod lang;
mod map;
mod output;
mod pages;
mod report;
mod rules;
mod sarif;
mod show;
mod show_edifact;
mod show_flat;
mod show_form;
mod show_message;
mod show_schema;
mod specs;
mod text;
mod translate;
mod tree;
mod usage;

use std::io;
use std::process::ExitCode;

use baowen::finding::Lang;
use clap::ArgMatches;

/// How a command ended.
pub(crate) enum Outcome {
    /// Nothing of severity error.
    Clean,
    /// Something of severity error was found.
    Found,
    /// Something could not be done; it was said on standard error.
    Failed,
}

/// What a command could not do.
pub(crate) enum Failure {
    /// Standard output is closed: whoever reads it has enough.
    Closed,
    /// Said to the user.
    Message(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Message(error.to_string()),
        }
    }
}

impl From<baowen::Error> for Failure {
    fn from(error: baowen::Error) -> Self {
        Self::Message(error.to_string())
    }
}

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let lang = lang::choose(&words[1..]);
    let matches = match args::command(lang).try_get_matches_from(&words) {
        Ok(matches) => matches,
        Err(error) => {
            let said = match lang {
                Lang::Zh if error.use_stderr() => usage::in_chinese(&error),
                _ => None,
            };
            match said {
                Some(said) => text::say(&format!("baowen: {said}")),
                None => drop(error.print()),
            }
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match run(&matches, lang) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Ok(Outcome::Failed) => ExitCode::from(2),
        // As a program ends that the signal of a closed pipe reaches.
        Err(Failure::Closed) => ExitCode::from(141),
        Err(Failure::Message(message)) => {
            text::say(&format!("baowen: {message}"));
            ExitCode::from(2)
        }
    }
}

fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    match matches.subcommand() {
        Some(("ack", matches)) => ack::run(matches, lang),
        Some(("check", matches)) => check::run(matches, lang),
        Some(("convert", matches)) => convert::run(matches, lang),
        Some(("translate", matches)) => translate::run(matches, lang),
        Some(("map", matches)) => map::run(matches, lang),
        Some(("declare", matches)) => declare::run(matches, lang),
        Some(("tree", matches)) => tree::run(matches, lang),
        Some(("fmt", matches)) => fmt::run(matches, lang),
        Some(("explain", matches)) => explain::run(matches, lang),
        Some(("rules", matches)) => rules::run(matches, lang),
        Some(("show", matches)) => show::run(matches, lang),
        Some(("codes", matches)) => codes::run(matches, lang),
        Some(("specs", matches)) => specs::run(matches, lang),
        Some(("completions", matches)) => pages::completions(matches, lang),
        Some(("man", matches)) => pages::man(matches, lang),
        _ => Ok(Outcome::Failed),
    }
}
