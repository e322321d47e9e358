//! What was found while files were written: in lines on standard error, and where it is asked for in a
//! file as well.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use baowen::finding::{Finding, Lang};
use clap::ArgMatches;

use crate::interrupt::Unnamed;
use crate::lang::pick;
use crate::{Failure, inputs, output, sarif};

/// Where findings go.
pub(crate) struct Report {
    lang: Lang,
    redact: bool,
    file: Option<RefCell<Written>>,
}

struct Written {
    to: PathBuf,
    out: BufWriter<File>,
    path: Unnamed,
    as_sarif: bool,
    first: bool,
    failed: Option<io::Error>,
}

impl Report {
    /// As `--lang`, `--redact` and `--report` say.
    pub(crate) fn new(matches: &ArgMatches, lang: Lang) -> Result<Self, Failure> {
        let path = matches.get_one::<PathBuf>("report");
        let file = path.map(|path| Written::new(path, lang)).transpose()?;
        Ok(Self {
            lang,
            redact: matches.get_flag("redact"),
            file: file.map(RefCell::new),
        })
    }

    /// Tells a finding of a file.
    pub(crate) fn tell(&self, name: &str, finding: &Finding) {
        inputs::tell(name, finding, self.lang, self.redact);
        if let Some(file) = &self.file {
            file.borrow_mut()
                .put(name, finding, (self.lang, self.redact));
        }
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.file {
            Some(file) => file.into_inner().finish(),
            None => Ok(()),
        }
    }
}

fn told(to: &Path) -> impl Fn(io::Error) -> Failure {
    move |error| Failure::Message(format!("{}: {error}", to.display()))
}

impl Written {
    fn new(to: &Path, lang: Lang) -> Result<Self, Failure> {
        let extension = to.extension().and_then(|extension| extension.to_str());
        let as_sarif = match extension {
            Some("json" | "jsonl") => false,
            Some("sarif") => true,
            _ => {
                let message = pick(
                    lang,
                    "a report is a .json or a .sarif file",
                    "报告须为 .json 或 .sarif 文件",
                );
                return Err(Failure::Message(format!("{}: {message}", to.display())));
            }
        };
        let (file, path) = output::unnamed(&output::folder_of(to)).map_err(told(to))?;
        let mut out = BufWriter::new(file);
        if as_sarif {
            sarif::begin(&mut out, lang).map_err(told(to))?;
        }
        Ok(Self {
            to: to.to_owned(),
            out,
            path,
            as_sarif,
            first: true,
            failed: None,
        })
    }

    fn put(&mut self, name: &str, finding: &Finding, (lang, redact): (Lang, bool)) {
        let put = match self.as_sarif {
            true => sarif::finding(&mut self.out, finding, name, lang, redact, self.first),
            false => writeln!(self.out, "{}", finding.to_json(name, lang, redact)),
        };
        self.first = false;
        if let Err(error) = put {
            self.failed.get_or_insert(error);
        }
    }

    fn finish(mut self) -> Result<(), Failure> {
        let told = told(&self.to);
        if let Some(error) = self.failed.take() {
            return Err(told(error));
        }
        if self.as_sarif {
            sarif::end(&mut self.out, &[]).map_err(&told)?;
        }
        let file = self
            .out
            .into_inner()
            .map_err(|error| told(error.into_error()))?;
        drop(file);
        output::name(self.path, &self.to).map_err(told)
    }
}
