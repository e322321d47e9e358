//! The files of a published directory: a folder, or an archive that may hold archives.

use std::io::{Cursor, Read};
use std::path::Path;

use crate::{Fault, Result};

/// A published file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path within the folder or archive.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Bounds on what is taken in.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of all files.
    pub total: u64,
    /// Files.
    pub files: usize,
    /// Archives within archives.
    pub depth: u32,
}

impl Default for Limits {
    /// 64 MiB a file, 512 MiB in all, 20,000 files, archives three deep: several times what the
    /// largest directory needs.
    fn default() -> Self {
        Self {
            file: 64 << 20,
            total: 512 << 20,
            files: 20_000,
            depth: 3,
        }
    }
}

/// The files of a published directory.
#[derive(Debug, Default)]
pub struct Source {
    /// Sorted by name.
    pub files: Vec<SourceFile>,
}

struct Taking {
    limits: Limits,
    files: Vec<SourceFile>,
    total: u64,
}

impl Source {
    /// Reads the folder or zip archive at `path`. Archives inside are opened too.
    ///
    /// # Errors
    /// When something cannot be read, when an archive holds absolute names, `..` or links, and
    /// when a limit is passed. Nothing is ever written.
    pub fn read(path: &Path, limits: Limits) -> Result<Self> {
        let mut taking = Taking {
            limits,
            files: Vec::new(),
            total: 0,
        };
        if path.is_dir() {
            taking.folder(path, "", 0)?;
        } else {
            let bytes = std::fs::read(path).map_err(|error| Fault::io(path, error))?;
            taking.archive(&path.display().to_string(), "", &bytes, 0)?;
        }
        let mut files = taking.files;
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { files })
    }
}

impl Taking {
    fn folder(&mut self, path: &Path, prefix: &str, depth: u32) -> Result<()> {
        const DEEPEST: u32 = 32;
        let refuse = |message: &str| Fault::Archive {
            archive: path.display().to_string(),
            message: message.to_owned(),
        };
        if depth > DEEPEST {
            return Err(refuse("folders are nested more than 32 deep"));
        }
        let entries = std::fs::read_dir(path).map_err(|error| Fault::io(path, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| Fault::io(path, error))?;
            let kind = entry
                .file_type()
                .map_err(|error| Fault::io(entry.path(), error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if kind.is_symlink() || name.starts_with('.') {
                continue;
            }
            let inner = format!("{prefix}{name}");
            if kind.is_dir() {
                self.folder(&entry.path(), &format!("{inner}/"), depth + 1)?;
            } else {
                let len = entry
                    .metadata()
                    .map_err(|error| Fault::io(entry.path(), error))?
                    .len();
                self.allow(&inner, len)?;
                let bytes =
                    std::fs::read(entry.path()).map_err(|error| Fault::io(entry.path(), error))?;
                self.take(inner, bytes, 0)?;
            }
        }
        Ok(())
    }

    fn allow(&self, name: &str, len: u64) -> Result<()> {
        let refuse = |message: String| Fault::Archive {
            archive: name.to_owned(),
            message,
        };
        if len > self.limits.file {
            return Err(refuse(format!(
                "a file of more than {} bytes",
                self.limits.file
            )));
        }
        if self.total + len > self.limits.total {
            return Err(refuse(format!(
                "more than {} bytes in all",
                self.limits.total
            )));
        }
        if self.files.len() >= self.limits.files {
            return Err(refuse(format!("more than {} files", self.limits.files)));
        }
        Ok(())
    }

    fn take(&mut self, name: String, bytes: Vec<u8>, depth: u32) -> Result<()> {
        if bytes.starts_with(b"PK\x03\x04") {
            let prefix = format!("{name}/");
            return self.archive(&name, &prefix, &bytes, depth + 1);
        }
        self.total += bytes.len() as u64;
        self.files.push(SourceFile { name, bytes });
        Ok(())
    }

    fn archive(&mut self, archive: &str, prefix: &str, bytes: &[u8], depth: u32) -> Result<()> {
        let refuse = |message: String| Fault::Archive {
            archive: archive.to_owned(),
            message,
        };
        if depth > self.limits.depth {
            return Err(refuse(format!(
                "archives are nested more than {} deep",
                self.limits.depth
            )));
        }
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| refuse(format!("not a zip archive: {error}")))?;
        for at in 0..zip.len() {
            let entry = zip
                .by_index(at)
                .map_err(|error| refuse(error.to_string()))?;
            if entry.is_dir() {
                continue;
            }
            let name = entry
                .name()
                .map_err(|error| refuse(error.to_string()))?
                .replace('\\', "/");
            let leaves = name.starts_with('/')
                || name.contains(':')
                || name.contains('\0')
                || name.split('/').any(|part| part == "..");
            if leaves {
                return Err(refuse(format!("the name {name:?} leaves the archive")));
            }
            if entry.is_symlink() {
                return Err(refuse(format!("{name:?} is a symbolic link")));
            }
            let name = format!("{prefix}{name}");
            self.allow(&name, 0)?;
            // The declared size may lie: what is read is what counts.
            let most = self.limits.file.min(self.limits.total - self.total);
            let mut bytes = Vec::new();
            entry
                .take(most + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| refuse(format!("{name}: {error}")))?;
            self.allow(&name, bytes.len() as u64)?;
            self.take(name, bytes, depth)?;
        }
        Ok(())
    }
}

/// Text of a published file. The UN has used ASCII, code page 437 and ISO 8859-1: bytes of the
/// box-drawing area become `-`, `|` and `+`, accented letters keep their meaning.
pub(crate) fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text
            .replace(['\u{2500}'], "-")
            .replace(['\u{2502}'], "|")
            .replace(|c: char| ('\u{2501}'..='\u{257F}').contains(&c), "+");
    }
    const LETTERS: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑ";
    bytes
        .iter()
        .map(|&byte| match byte {
            0..=0x7F => byte as char,
            0x91 | 0x92 => '\'',
            0x93 | 0x94 => '"',
            0x96 | 0x97 => '-',
            0x80..=0xA5 => LETTERS.chars().nth(byte as usize - 0x80).unwrap_or('?'),
            0xC4 | 0xCD => '-',
            0xB3 | 0xBA => '|',
            0xB4..=0xDA => '+',
            _ => byte as char,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer
                .start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn read(bytes: &[u8], limits: Limits) -> Result<Source> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.zip");
        std::fs::write(&path, bytes).unwrap();
        Source::read(&path, limits)
    }

    #[test]
    fn archives_within_archives_are_opened() {
        let inner = zip(&[("EDSD.93A", b"x")]);
        let source = read(
            &zip(&[("sub/inner.zip", &inner), ("README", b"r")]),
            Limits::default(),
        )
        .unwrap();
        let names: Vec<_> = source.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["README", "sub/inner.zip/EDSD.93A"]);
    }

    #[test]
    fn hostile_archives_are_refused() {
        for name in ["../evil", "/etc/passwd", "a/../../b", "c:\\x"] {
            let error = read(&zip(&[(name, b"x")]), Limits::default()).unwrap_err();
            assert!(error.to_string().contains("leaves the archive"), "{error}");
        }
        let bomb = zip(&[("zeros", &vec![0; 1 << 20])]);
        assert!(bomb.len() < 1 << 13);
        let limits = Limits {
            file: 1 << 16,
            ..Limits::default()
        };
        assert!(
            read(&bomb, limits)
                .unwrap_err()
                .to_string()
                .contains("more than 65536 bytes")
        );
        let mut nested = zip(&[("x", b"x")]);
        for _ in 0..5 {
            nested = zip(&[("deeper.zip", &nested)]);
        }
        assert!(
            read(&nested, Limits::default())
                .unwrap_err()
                .to_string()
                .contains("nested")
        );
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        writer
            .add_symlink(
                "link",
                "/etc/passwd",
                zip::write::SimpleFileOptions::default(),
            )
            .unwrap();
        let link = writer.finish().unwrap().into_inner();
        assert!(
            read(&link, Limits::default())
                .unwrap_err()
                .to_string()
                .contains("symbolic link")
        );
        assert!(
            read(b"PK\x03\x04 not", Limits::default())
                .unwrap_err()
                .to_string()
                .contains("zip")
        );
    }
}
