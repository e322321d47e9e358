//! What the arguments name: files, folders, standard input, specs.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baowen::charset::Charset;
use baowen::check::Checker;
use baowen::finding::{Code, Finding, Lang, Severity, Sink, Syntax};
use baowen::spec::Specs;
use baowen::xml::Schema;
use clap::ArgMatches;

use crate::archive::{Entry, entries, is_archive};
use crate::lang::pick;
use crate::{Failure, text};

/// A file to read, or why it cannot be.
pub(crate) struct Input {
    /// As the user would name it.
    pub(crate) name: String,
    pub(crate) path: Option<PathBuf>,
    pub(crate) len: u64,
    /// Which file of the archive at `path` is meant.
    pub(crate) entry: Option<Entry>,
    /// Why the archive at `path` gives no files.
    pub(crate) wrong: Option<Code>,
}

impl Input {
    fn new(path: PathBuf, len: u64) -> Self {
        Self {
            name: path.display().to_string(),
            path: Some(path),
            len,
            entry: None,
            wrong: None,
        }
    }
}

/// The same inputs with the files of archives in the place of these.
pub(crate) fn unpacked(
    inputs: Vec<Input>,
    failed: &mut dyn FnMut(&Path, &io::Error),
) -> Vec<Input> {
    let mut found = Vec::with_capacity(inputs.len());
    for input in inputs {
        let Some(path) = input.path.as_deref().filter(|path| is_archive(path)) else {
            found.push(input);
            continue;
        };
        match entries(path, input.len) {
            Err(error) => failed(path, &error),
            Ok(Err(code)) => found.push(Input {
                wrong: Some(code),
                ..input
            }),
            Ok(Ok(entries)) => found.extend(entries.into_iter().map(|entry| Input {
                name: format!("{}/{}", input.name, entry.name),
                path: input.path.clone(),
                len: entry.len,
                entry: Some(entry),
                wrong: None,
            })),
        }
    }
    found
}

/// The files that the paths name: folders are walked in order, hidden files and links in them
/// passed over. What cannot be read is said, and the rest is given.
pub(crate) fn files(paths: &[PathBuf], failed: &mut dyn FnMut(&Path, &io::Error)) -> Vec<Input> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            found.push(Input {
                name: "-".to_owned(),
                path: None,
                len: 0,
                entry: None,
                wrong: None,
            });
            continue;
        }
        match std::fs::metadata(path) {
            Err(error) => failed(path, &error),
            Ok(metadata) if metadata.is_dir() => walk(path, &mut found, failed),
            Ok(metadata) => found.push(Input::new(path.clone(), metadata.len())),
        }
    }
    found
}

fn walk(folder: &Path, found: &mut Vec<Input>, failed: &mut dyn FnMut(&Path, &io::Error)) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return failed(folder, &error),
    };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let path = entry.path();
        if hidden || kind.is_symlink() {
            continue;
        }
        if kind.is_dir() {
            walk(&path, found, failed);
        } else if kind.is_file() {
            let len = entry.metadata().map_or(0, |metadata| metadata.len());
            found.push(Input::new(path, len));
        }
    }
}

/// All of the file that the argument `file` names.
pub(crate) fn whole_file(matches: &ArgMatches) -> Result<(String, Vec<u8>), Failure> {
    let path: &PathBuf = matches.get_one("file").expect("a required argument");
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|read| bytes = read)
    };
    read.map_err(|error| Failure::Message(format!("{name}: {error}")))?;
    Ok((name, bytes))
}

/// The specs that ship with the folders of `--specs` over them.
pub(crate) fn specs(matches: &ArgMatches) -> Result<Specs, Failure> {
    let mut specs = Specs::base();
    for folder in matches.get_many::<PathBuf>("specs").unwrap_or_default() {
        specs = specs.with_dir(folder)?;
    }
    Ok(specs)
}

/// The schema of `--schema`.
pub(crate) fn schema(matches: &ArgMatches) -> Result<Option<Arc<Schema>>, Failure> {
    let paths: Vec<&PathBuf> = matches.get_many("schema").unwrap_or_default().collect();
    if paths.is_empty() {
        return Ok(None);
    }
    Ok(Some(Arc::new(Schema::load_all(&paths)?)))
}

/// The character set of `--charset`.
pub(crate) fn charset(matches: &ArgMatches, lang: Lang) -> Result<Option<Charset>, Failure> {
    charset_of(matches, "charset", lang)
}

/// The character set that an option names.
pub(crate) fn charset_of(
    matches: &ArgMatches,
    option: &str,
    lang: Lang,
) -> Result<Option<Charset>, Failure> {
    let Some(label) = matches.get_one::<String>(option) else {
        return Ok(None);
    };
    match Charset::for_label(label) {
        Some(charset) => Ok(Some(charset)),
        None => Err(Failure::Message(format!(
            "{} {label:?}",
            pick(
                lang,
                "unknown character set (try gb18030, utf-8, UNOC, iso-8859-2, big5):",
                "未知的字符集（可用 gb18030、utf-8、UNOC、iso-8859-2、big5 等）："
            )
        ))),
    }
}

/// How a file is written that begins with `start`.
pub(crate) fn syntax(
    matches: &ArgMatches,
    specs: &Specs,
    charset: Option<Charset>,
    start: &[u8],
) -> Result<Syntax, Failure> {
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    if matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return Ok(Syntax::Json);
    }
    let message = matches.get_one::<String>("as");
    let message = message.map(|name| name.parse()).transpose()?;
    let options = baowen::check::Options {
        message,
        charset,
        ..Default::default()
    };
    Ok(Checker::new(specs, options)?.syntax(start)?)
}

/// How XML is read, in the character set of `--charset`.
pub(crate) fn reading(matches: &ArgMatches) -> baowen::xml::Options {
    let options = baowen::xml::Options::default();
    let label = matches.try_get_one::<String>("charset").ok().flatten();
    let with = label.and_then(|label| options.clone().with_charset(label));
    with.unwrap_or(options)
}

/// Why nothing is done with a file of JSON.
pub(crate) fn json_is_converted(name: &str, lang: Lang) -> Failure {
    let message = pick(
        lang,
        "this is JSON; baowen convert writes it as EDIFACT, XML or a flat file",
        "这是 JSON；可用 baowen convert 转换为 EDIFACT、XML 或平台文件",
    );
    Failure::Message(format!("{name}: {message}"))
}

/// Says of a file that it holds no segment, record or element.
pub(crate) fn nothing_found(name: &str, lang: Lang) {
    let message = pick(
        lang,
        "no segment was found; baowen check says why",
        "没有找到任何段；可用 baowen check 查看原因",
    );
    text::say(&format!("baowen: {name}: {message}"));
}

/// Tells on standard error what is wrong with a file.
pub(crate) struct Wrong<'n> {
    name: &'n str,
    lang: Lang,
    redact: bool,
    errors: u64,
}

impl<'n> Wrong<'n> {
    pub(crate) fn new(name: &'n str, lang: Lang, redact: bool) -> Self {
        Self {
            name,
            lang,
            redact,
            errors: 0,
        }
    }

    /// Whether something of severity error was told.
    pub(crate) fn any(&self) -> bool {
        self.errors > 0
    }

    pub(crate) fn sink(&mut self) -> impl Sink + '_ {
        |finding: Finding| {
            self.errors += u64::from(finding.severity == Severity::Error);
            tell(self.name, &finding, self.lang, self.redact);
        }
    }
}

/// Tells a finding in one line on standard error.
pub(crate) fn tell(name: &str, finding: &Finding, lang: Lang, redact: bool) {
    text::say(&format!(
        "{name}:{}:{}: {}[{}]: {}",
        finding.at.line,
        finding.at.column,
        finding.severity.as_str(),
        finding.code,
        finding.message(lang, redact)
    ));
}
