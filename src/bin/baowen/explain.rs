//! `baowen explain`.

use std::io::{self, BufWriter, Write};

use baowen::finding::{Code, Lang};
use baowen::rule::{Options, Rules};
use clap::ArgMatches;

use crate::lang::pick;
use crate::{Failure, Outcome, inputs, text};

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let rules = Rules::load(&inputs::specs(matches)?, Options::default())?;
    let mut out = BufWriter::new(io::stdout().lock());
    match matches.get_one::<String>("code") {
        None => {
            for code in Code::all() {
                writeln!(
                    out,
                    "{:30}  {}  {}",
                    code.as_str(),
                    text::severity(code.severity(), lang),
                    code.listed_wording(lang)
                )?;
            }
        }
        Some(name) => {
            if Code::find(name).is_none() && rules.has(name) {
                crate::rules::explain(&mut out, &rules.get(name)?, lang)?;
                out.flush()?;
                return Ok(Outcome::Clean);
            }
            let code = Code::find(name).ok_or_else(|| {
                let unknown = pick(
                    lang,
                    "no finding and no rule is called ",
                    "没有名为此的问题代码或规则：",
                );
                let mut message = format!("{unknown}{name:?}");
                let mut names: Vec<&str> = Code::all().map(Code::as_str).collect();
                names.extend(rules.ids());
                let mut near: Vec<&str> = names
                    .iter()
                    .copied()
                    .filter(|known| !name.is_empty() && known.contains(name.as_str()))
                    .take(12)
                    .collect();
                if near.is_empty() {
                    near = baowen::spec::near(name, names, 3);
                }
                if !near.is_empty() {
                    message.push_str(&format!(
                        " ({}: {})",
                        pick(lang, "did you mean", "是否指"),
                        near.join(", ")
                    ));
                }
                Failure::Message(message)
            })?;
            writeln!(
                out,
                "{} ({})",
                code.as_str(),
                text::severity(code.severity(), lang)
            )?;
            writeln!(out, "  {}", code.listed_wording(lang))?;
            writeln!(out)?;
            writeln!(out, "{}", code.explanation(lang))?;
            if let Some(error) = code.syntax_error() {
                writeln!(
                    out,
                    "{}{error}",
                    pick(
                        lang,
                        "ISO 9735 data element 0085: ",
                        "ISO 9735 数据元 0085："
                    )
                )?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Clean)
}
