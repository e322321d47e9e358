//! Files inside ZIP archives, as messages are sent to customs: read where they lie, never unpacked to disk.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use baowen::finding::{Code, push_escaped};
use zip::ZipArchive;
use zip::result::ZipError;

/// Bytes that any file may unpack to, and how many for each packed byte may come on top: deflate packs
/// messages to a tenth or a fiftieth, a bomb to a thousandth.
const ALWAYS: u64 = 64 << 20;
const FOR_EACH: u64 = 200;

/// A file in an archive.
#[derive(Clone)]
pub(crate) struct Entry {
    archive: ZipArchive<Reopened>,
    /// What the archive is called.
    pub(crate) archive_name: Arc<str>,
    number: usize,
    /// Its name inside, with folders.
    pub(crate) name: String,
    /// What the archive says of its length.
    pub(crate) len: u64,
    /// Bytes of the archive.
    pub(crate) archive_bytes: u64,
    /// Files and folders in the archive.
    pub(crate) entries: usize,
}

/// Whether the name is one of an archive.
pub(crate) fn is_archive(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}

/// The files of an archive in its order, hidden ones passed over; or what is wrong with it.
pub(crate) fn entries(path: &Path, archive_bytes: u64) -> io::Result<Result<Vec<Entry>, Code>> {
    let file = Reopened {
        file: Some(File::open(path)?),
        path: path.into(),
        at: 0,
    };
    let mut archive = match ZipArchive::new(file) {
        Ok(archive) => archive,
        Err(error) => return wrong(error).map(Err),
    };
    let archive_name: Arc<str> = path.display().to_string().into();
    let closed = archive.clone();
    let count = archive.len();
    let mut found = Vec::new();
    for number in 0..count {
        let file = match archive.by_index_raw(number) {
            Ok(file) => file,
            Err(error) => return wrong(error).map(Err),
        };
        let name = name(file.name_raw());
        let mut folders = name.split('/');
        if !file.is_dir() && !folders.any(|part| part.starts_with('.') || part == "__MACOSX") {
            found.push(Entry {
                archive: closed.clone(),
                archive_name: archive_name.clone(),
                number,
                name,
                len: file.size(),
                archive_bytes,
                entries: count,
            });
        }
    }
    Ok(match found.is_empty() {
        true => Err(Code::EMPTY_INPUT),
        false => Ok(found),
    })
}

/// A name as archives hold it: UTF-8, or GB 18030 as Chinese systems write it.
fn name(raw: &[u8]) -> String {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::GB18030.decode(raw).0,
    };
    let mut name = String::with_capacity(text.len());
    for c in text.chars() {
        push_escaped(if c == '\\' { '/' } else { c }, &mut name);
    }
    name
}

/// What an error of the archive says, unless it is one of reading.
fn wrong(error: ZipError) -> io::Result<Code> {
    match error {
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Ok(Code::ARCHIVE_ENCRYPTED),
        _ => Ok(Code::ARCHIVE_DAMAGED),
    }
}

impl Entry {
    /// Gives the file to `reading`, which sees it end where it is damaged or unpacks to too much: that is
    /// told beside what `reading` gives.
    pub(crate) fn read<R>(
        &self,
        reading: impl FnOnce(&mut dyn Read) -> R,
    ) -> io::Result<(Option<R>, Option<Code>)> {
        let mut archive = self.archive.clone();
        let file = match archive.by_index(self.number) {
            Ok(file) => file,
            Err(error) => return Ok((None, Some(wrong(error)?))),
        };
        // Headers may say anything; no more is packed than the archive has bytes.
        let packed = file.compressed_size().min(self.archive_bytes);
        let most = ALWAYS.saturating_add(packed.saturating_mul(FOR_EACH));
        let mut bounded = Bounded {
            file,
            left: most,
            wrong: Cell::new(None),
        };
        let read = reading(&mut bounded);
        Ok((Some(read), bounded.wrong.get()))
    }
}

/// A file that is read up to a limit.
struct Bounded<R> {
    file: R,
    left: u64,
    wrong: Cell<Option<Code>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.wrong.get().is_some() {
            return Ok(0);
        }
        match self.file.read(buffer) {
            Ok(count) if count as u64 > self.left => {
                self.wrong.set(Some(Code::ARCHIVE_TOO_LARGE));
                Ok(std::mem::take(&mut self.left) as usize)
            }
            Ok(count) => {
                self.left -= count as u64;
                Ok(count)
            }
            // One of the system, not of what is packed.
            Err(error) if error.raw_os_error().is_some() => Err(error),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(_) => {
                self.wrong.set(Some(Code::ARCHIVE_DAMAGED));
                Ok(0)
            }
        }
    }
}

/// A file that a clone opens anew when it is first read: what is known of an archive is shared, its
/// open file is not.
struct Reopened {
    path: Arc<Path>,
    at: u64,
    file: Option<File>,
}

impl Clone for Reopened {
    fn clone(&self) -> Self {
        Self {
            path: self.path.clone(),
            at: self.at,
            file: None,
        }
    }
}

impl Reopened {
    fn file(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(self.at))?;
            self.file = Some(file);
        }
        self.file
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Read for Reopened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file()?.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Reopened {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.file()?.seek(to)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fails(Option<i32>);

    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(match self.0 {
                Some(number) => io::Error::from_raw_os_error(number),
                None => io::Error::new(io::ErrorKind::InvalidData, "Invalid checksum"),
            })
        }
    }

    fn read(file: Fails) -> (io::Result<usize>, Option<Code>) {
        let mut bounded = Bounded {
            file,
            left: ALWAYS,
            wrong: Cell::new(None),
        };
        (bounded.read(&mut [0; 8]), bounded.wrong.get())
    }

    #[test]
    fn errors_of_the_disk_are_no_damage() {
        let (told, wrong) = read(Fails(Some(5)));
        assert_eq!((told.unwrap_err().raw_os_error(), wrong), (Some(5), None));
        let (told, wrong) = read(Fails(None));
        assert_eq!((told.unwrap(), wrong), (0, Some(Code::ARCHIVE_DAMAGED)));
    }
}
