//! `baowen specs`.

use std::io::{self, BufWriter, Write};

use baowen::check::{Checker, Options};
use baowen::finding::{Finding, Lang};
use clap::ArgMatches;

use crate::lang::pick;
use crate::{Failure, Outcome, inputs, text};

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
    // What a message of a layer says wrong of its values shows when it is used.
    for listed in specs.xml_messages()? {
        if listed.family != "layer" {
            continue;
        }
        let options = Options {
            message: Some(listed.id.parse()?),
            ..Options::default()
        };
        for message in specs.xml_message(&listed.id)? {
            let document = format!("<{}/>", message.root.tag);
            let checker = Checker::new(&specs, options.clone())?;
            checker.slice(document.as_bytes(), &mut |_: Finding| {})?;
        }
    }
    // So do its maps.
    for change in overrides {
        if let Some(name) = change.what.strip_prefix("map ")
            && !name.contains(':')
        {
            specs.map(name)?;
        }
    }
    let releases = specs.releases().iter().len();
    let count = overrides.len() as u64;
    match lang {
        Lang::En => writeln!(
            out,
            "{releases} releases, {count} override{}",
            text::plural(count)
        )?,
        Lang::Zh => writeln!(out, "{releases} 版目录，{count} 项覆盖")?,
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
