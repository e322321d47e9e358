//! Files, folders and archives, each file of them into a file of one folder.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use baowen::finding::Finding;
use baowen::span::Span;

use crate::archive::is_archive;
use crate::report::Report;
use crate::{Failure, Outcome, inputs, output, text};

/// Whether a path stands for several files.
pub(crate) fn holds_several(path: &Path) -> bool {
    path.is_dir() || is_archive(path)
}

/// A folder that is filled.
pub(crate) struct Filled<'f> {
    /// The folder.
    pub(crate) out: &'f Path,
    /// The extension of what is written.
    pub(crate) extension: &'static str,
    pub(crate) report: &'f Report,
}

/// Reads an input, of that name, and writes to a path.
type Each<'e> = &'e mut dyn FnMut(&str, &mut dyn Read, &Path) -> Result<Outcome, Failure>;

impl Filled<'_> {
    /// Gives each file to `each`, with the place that its output gets: the same folders as it has in the
    /// path that was named. An archive is a folder.
    pub(crate) fn from(&self, paths: &[PathBuf], each: Each<'_>) -> Result<Outcome, Failure> {
        let mut worst = Outcome::Clean;
        let mut taken = HashSet::new();
        for path in paths {
            let mut failed = false;
            let mut unread = |path: &Path, error: &io::Error| {
                text::say(&format!("baowen: {}: {error}", path.display()));
                failed = true;
            };
            let found = inputs::files(std::slice::from_ref(path), &mut unread);
            let found = inputs::unpacked(found, &mut unread);
            if failed {
                worst = Outcome::Failed;
            }
            for input in found {
                let Some(from) = &input.path else { continue };
                let mut inside = match from.strip_prefix(path) {
                    Ok(inside) if !inside.as_os_str().is_empty() => inside.to_owned(),
                    _ => from.file_name().map(PathBuf::from).unwrap_or_default(),
                };
                if let Some(entry) = &input.entry {
                    inside.set_extension("");
                    inside.push(within(&entry.name));
                }
                let mut to = self.out.join(&inside).with_extension(self.extension);
                let mut number = 2;
                while !taken.insert(to.clone()) {
                    let stem = inside.file_stem().unwrap_or_default().to_string_lossy();
                    to.set_file_name(format!("{stem}-{number}.{}", self.extension));
                    number += 1;
                }
                match (self.one(&input, from, &to, each), &worst) {
                    (Ok(Outcome::Found), Outcome::Clean) => worst = Outcome::Found,
                    (Ok(Outcome::Failed), _) => worst = Outcome::Failed,
                    (Ok(_), _) => {}
                    (Err(Failure::Message(message)), _) => {
                        text::say(&format!("baowen: {message}"));
                        worst = Outcome::Failed;
                    }
                    (Err(closed), _) => return Err(closed),
                }
            }
        }
        Ok(worst)
    }

    fn one(
        &self,
        input: &inputs::Input,
        from: &Path,
        to: &Path,
        each: Each<'_>,
    ) -> Result<Outcome, Failure> {
        let told = |error: io::Error| Failure::Message(format!("{}: {error}", input.name));
        let wrong = |code| {
            let finding = Finding::new(code, Span::at(0));
            self.report.tell(&input.name, &finding);
            Ok(Outcome::Found)
        };
        if let Some(code) = input.wrong {
            return wrong(code);
        }
        std::fs::create_dir_all(output::parent(to))?;
        let Some(entry) = &input.entry else {
            let mut file = File::open(from).map_err(told)?;
            return each(&input.name, &mut file, to);
        };
        let (outcome, code) = entry
            .read(|file| each(&input.name, file, to))
            .map_err(told)?;
        match (outcome, code) {
            (Some(Err(failure)), _) => Err(failure),
            (Some(Ok(outcome)), None) => Ok(outcome),
            (_, Some(code)) => wrong(code),
            (None, None) => Ok(Outcome::Clean),
        }
    }
}

/// The name of a file in an archive as a path that stays inside.
fn within(name: &str) -> PathBuf {
    let parts = Path::new(name).components();
    parts
        .filter_map(|part| match part {
            Component::Normal(part) => Some(part),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::within;
    use std::path::Path;

    #[test]
    fn names_of_archives_stay_inside() {
        assert_eq!(within("a/b.xml"), Path::new("a/b.xml"));
        assert_eq!(within("../../etc/x"), Path::new("etc/x"));
        assert_eq!(within("/etc/./x"), Path::new("etc/x"));
    }
}
