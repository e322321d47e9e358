//! What we could not do.
//!
//! Content never makes the engine fail: it yields [findings](crate::finding). An [`Error`] says
//! that a file could not be read or written, that a spec is broken, or that a call was misused.

use std::path::{Path, PathBuf};

/// What could not be done, with the file and the place in it where that is known.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Kind>);

#[derive(Debug, thiserror::Error)]
enum Kind {
    #[error("{path}: {source}", path = .path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{file}:{line}:{column}: {message}")]
    Spec {
        file: String,
        line: u32,
        column: u32,
        message: String,
    },
    #[error("{0}")]
    Unknown(String),
    #[error("{0}")]
    Misuse(String),
}

/// A result whose error is [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An input or output operation on `path` failed.
    pub fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self(Box::new(Kind::Io {
            path: path.as_ref().to_owned(),
            source,
        }))
    }

    /// A spec, schema, rule or map text is broken at 1-based `line` and `column` (in characters)
    /// of `file`; `message` says what was found and what was expected.
    pub fn spec(
        file: impl Into<String>,
        line: u32,
        column: u32,
        message: impl Into<String>,
    ) -> Self {
        Self(Box::new(Kind::Spec {
            file: file.into(),
            line,
            column,
            message: message.into(),
        }))
    }

    /// The same fault of a text that was made of another: the place is in that one.
    pub(crate) fn made_of(self, file: &str, line: u32, what: &str) -> Self {
        match *self.0 {
            Kind::Spec { message, .. } => Self::spec(file, line, 1, format!("{what}: {message}")),
            other => Self(Box::new(other)),
        }
    }

    /// Something was asked for by a name that is not known (a release, a message, a table).
    pub fn unknown(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Unknown(message.into())))
    }

    /// A call that cannot mean anything.
    pub fn misuse(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Misuse(message.into())))
    }

    /// Whether reading or writing failed.
    #[must_use]
    pub fn is_io(&self) -> bool {
        matches!(*self.0, Kind::Io { .. })
    }

    /// The underlying input/output error, if that is what failed.
    #[must_use]
    pub fn io_error(&self) -> Option<&std::io::Error> {
        match &*self.0 {
            Kind::Io { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Whether a spec, schema, rule or map text is broken.
    #[must_use]
    pub fn is_spec(&self) -> bool {
        matches!(*self.0, Kind::Spec { .. })
    }

    /// Whether a name was not known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(*self.0, Kind::Unknown(_))
    }

    /// File, 1-based line and column of the fault in a spec, where that is what failed.
    #[must_use]
    pub fn position(&self) -> Option<(&str, u32, u32)> {
        match &*self.0 {
            Kind::Spec {
                file, line, column, ..
            } => Some((file, *line, *column)),
            _ => None,
        }
    }
}
