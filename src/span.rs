//! Where something stands in the input.

/// A stretch of the original input in bytes: `start` is the 0-based offset of its first byte.
///
/// Offsets count the bytes as they came, also where the text was transcoded before it was read.
/// Something that is missing has length 0 and stands where it was expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// 0-based offset of the first byte.
    pub start: u64,
    /// Number of bytes.
    pub len: u64,
}

impl Span {
    /// The span of `len` bytes from `start`.
    #[must_use]
    pub const fn new(start: u64, len: u64) -> Self {
        Self { start, len }
    }

    /// The empty span at `start`: the place of something missing.
    #[must_use]
    pub const fn at(start: u64) -> Self {
        Self { start, len: 0 }
    }

    /// Offset of the byte after the last one.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.start + self.len
    }
}

/// A place as people count: 1-based line, 1-based column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineColumn {
    /// 1-based line; a line ends with LF.
    pub line: u64,
    /// 1-based column, counted in characters of the input's character set.
    pub column: u64,
}

impl Default for LineColumn {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}
