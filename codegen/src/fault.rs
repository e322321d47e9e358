//! What an import could not do.

use std::path::{Path, PathBuf};

/// What an import could not do, and where.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Reading or writing failed.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A published file says something that cannot be right, or cannot be understood.
    #[error("{file}:{line}: {message}")]
    Published {
        /// The file, as named in the folder or archive.
        file: String,
        /// 1-based line.
        line: usize,
        /// What was found and what was expected.
        message: String,
    },
    /// An archive that is not taken in: names that leave the folder, links, too much data.
    #[error("{archive}: {message}")]
    Archive {
        /// The archive.
        archive: String,
        /// What is wrong with it.
        message: String,
    },
    /// A text of `specs/` is broken.
    #[error(transparent)]
    Spec(#[from] baowen::Error),
    /// A call that cannot mean anything.
    #[error("{0}")]
    Misuse(String),
}

/// A result whose error is [`Fault`].
pub type Result<T> = std::result::Result<T, Fault>;

impl Fault {
    pub(crate) fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io {
            path: path.as_ref().to_owned(),
            source,
        }
    }

    pub(crate) fn published(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self::Published {
            file: file.to_owned(),
            line,
            message: message.into(),
        }
    }
}
