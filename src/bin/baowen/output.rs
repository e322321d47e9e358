//! Files that are written whole or not at all.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::Builder;

use crate::Failure;
use crate::interrupt::Unnamed;

/// A file that has no name yet, to be one of `folder`: others may read it as the umask has it.
pub(crate) fn unnamed(folder: &Path) -> io::Result<(File, Unnamed)> {
    // The name of a file that never was says nothing to anyone.
    std::fs::metadata(folder)?;
    let mut builder = Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    Unnamed::new(|| builder.tempfile_in(folder))
}

/// Where a file is written that gets the name `to`.
pub(crate) fn folder_of(to: &Path) -> PathBuf {
    match there(to) {
        Some(at) if at.is_file() => parent(&real(to)).to_owned(),
        // A device or pipe stands where nothing else is to be written.
        Some(at) if !at.is_dir() => std::env::temp_dir(),
        _ => parent(to).to_owned(),
    }
}

/// Gives a file its name: what stands there is replaced, with its permissions; a link goes on to lead where
/// it leads, and a device or pipe gets the bytes.
pub(crate) fn name(file: Unnamed, to: &Path) -> io::Result<()> {
    let Some(at) = there(to) else {
        return file.persist(to);
    };
    if at.is_file() {
        let _ = std::fs::set_permissions(&file, at.permissions());
        return file.persist(&real(to));
    }
    let mut out = File::options().write(true).open(to)?;
    io::copy(&mut File::open(&file)?, &mut out).map(drop)
}

/// Writes a file by `writing`, all of it or nothing.
pub(crate) fn whole<R>(
    to: &Path,
    writing: impl FnOnce(&mut File) -> Result<R, Failure>,
) -> Result<R, Failure> {
    let told = |error: io::Error| Failure::Message(format!("{}: {error}", to.display()));
    let (mut file, path) = unnamed(&folder_of(to)).map_err(told)?;
    let written = writing(&mut file)?;
    drop(file);
    name(path, to).map_err(told)?;
    Ok(written)
}

fn there(path: &Path) -> Option<Metadata> {
    std::fs::metadata(path).ok()
}

fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The folder that a path is in.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
