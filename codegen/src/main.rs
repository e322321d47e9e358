//! `baowen-codegen`: imports published message standards into text specs.

use std::path::PathBuf;
use std::process::ExitCode;

use baowen_codegen::{
    Fault, History, Limits, Result, Source, codes, edifact, flat, message, service,
};

const USAGE: &str = "\
Imports published message standards into baowen's text specs.

Usage:
  baowen-codegen edifact --out DIR FOLDER|ZIP…   UN/EDIFACT directories as published, one or many
  baowen-codegen delta --out DIR --release D22A [--message TYPE]… FOLDER
                                                 a later release from XML: new codes, these messages
  baowen-codegen service --out DIR FOLDER        the service directory of ISO 9735
  baowen-codegen flat --out DIR [--additions FILE] TABLE…
                                                 layouts of flat files from tables of fields
  baowen-codegen xsd --out DIR [--message ROOT]… SCHEMA
                                                 messages in XML from an XML Schema
  baowen-codegen table --out DIR TABLE…          messages in XML from tables of fields
  baowen-codegen china --out DIR --codes DIR FOLDER
                                                 the Chinese messages from their collection
  baowen-codegen codes --out DIR FOLDER|FILE…    code tables: a folder of Chinese tables with INDEX.tsv, the
                                                 Harmonized System, UN numbers, terminals, airports, UN/LOCODE
  baowen-codegen counts FOLDER|ZIP…              what directories hold, nothing written

DIR is specs/edifact (or specs/edifact/service, specs/codes), or the same folder of a layer: its folder xml for
xsd and table, whose messages begin with new. Importing the same again changes nothing.
";

struct Arguments {
    out: Option<PathBuf>,
    additions: Option<PathBuf>,
    codes: Option<PathBuf>,
    release: Option<String>,
    messages: Vec<String>,
    paths: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    if command.is_empty() || command == "--help" || command == "-h" {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match arguments(words).and_then(|arguments| run(&command, &arguments)) {
        Ok(clean) => ExitCode::from(u8::from(!clean)),
        Err(fault) => {
            eprintln!("baowen-codegen: {fault}");
            ExitCode::from(2)
        }
    }
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<Arguments> {
    let mut found = Arguments {
        out: None,
        additions: None,
        codes: None,
        release: None,
        messages: Vec::new(),
        paths: Vec::new(),
    };
    while let Some(word) = words.next() {
        let mut value = || {
            words
                .next()
                .ok_or_else(|| Fault::Misuse(format!("{word} needs a value")))
        };
        match word.as_str() {
            "--out" => found.out = Some(value()?.into()),
            "--codes" => found.codes = Some(value()?.into()),
            "--additions" => found.additions = Some(value()?.into()),
            "--release" => found.release = Some(value()?),
            "--message" => found.messages.push(value()?),
            _ if word.starts_with("--") => {
                return Err(Fault::Misuse(format!("unknown option {word}; see --help")));
            }
            _ => found.paths.push(word.into()),
        }
    }
    if found.paths.is_empty() {
        return Err(Fault::Misuse(
            "nothing to read: name a folder or a zip archive".to_owned(),
        ));
    }
    Ok(found)
}

fn run(command: &str, arguments: &Arguments) -> Result<bool> {
    let out = || {
        arguments
            .out
            .as_deref()
            .ok_or_else(|| Fault::Misuse("--out is missing".to_owned()))
    };
    match command {
        "edifact" | "counts" => {
            let mut history = match command {
                "edifact" => History::read(out()?)?,
                _ => History::default(),
            };
            let mut faults = 0;
            for path in &arguments.paths {
                let (published, found) = edifact::read(&Source::read(path, Limits::default())?)?;
                let [
                    messages,
                    interactive,
                    segments,
                    isegments,
                    composites,
                    icomposites,
                    elements,
                    lists,
                    codes,
                ] = published.counts();
                println!(
                    "{}: {messages}+{interactive} messages, {segments}+{isegments} segments, \
                     {composites}+{icomposites} composites, {elements} elements, {lists} code lists, {codes} codes \
                     ({} listed twice)",
                    published.release, published.doubles
                );
                for fault in &found {
                    eprintln!("{fault}");
                }
                faults += found.len();
                history.import(&published);
            }
            if faults > 0 {
                eprintln!("{faults} differences; nothing was written");
                return Ok(false);
            }
            if command == "edifact" {
                println!("{} files written", history.write(out()?)?);
            }
            Ok(true)
        }
        "delta" => {
            let release = arguments.release.as_deref();
            let release =
                release.ok_or_else(|| Fault::Misuse("--release is missing".to_owned()))?;
            let mut history = History::read(out()?)?;
            let added = service::add_delta(
                &mut history,
                release,
                &arguments.paths[0],
                &arguments.messages,
            )?;
            println!(
                "{release}: {added} codes added; {} files written",
                history.write(out()?)?
            );
            Ok(true)
        }
        "service" => {
            let history = service::read_service(&arguments.paths[0])?;
            println!("{} files written", history.write(out()?)?);
            Ok(true)
        }
        "flat" => {
            let written =
                flat::import_files(&arguments.paths, arguments.additions.as_deref(), out()?)?;
            println!("{written} files written");
            Ok(true)
        }
        "xsd" => {
            let schema = &arguments.paths[0];
            let written = message::import_schema(schema, &arguments.messages, out()?)?;
            println!("{written} files written");
            Ok(true)
        }
        "table" => {
            let written = message::import_tables(&arguments.paths, out()?)?;
            println!("{written} files written");
            Ok(true)
        }
        "china" => {
            let codes = arguments.codes.as_deref();
            let codes = codes.ok_or_else(|| Fault::Misuse("--codes is missing".to_owned()))?;
            let report = message::china::import(&arguments.paths[0], out()?, codes)?;
            for list in &report.lists {
                eprintln!("{list}");
            }
            println!(
                "{} messages written, {} tables: {}",
                report.messages,
                report.tables.len(),
                report.tables.join(", ")
            );
            Ok(true)
        }
        "codes" => {
            let written = codes::import(&arguments.paths, out()?)?;
            println!("{written} files written");
            Ok(true)
        }
        _ => Err(Fault::Misuse(format!(
            "unknown command {command:?}; see --help"
        ))),
    }
}
