//! The files of `specs/` as they are embedded in the library.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Text of the file at `path` below `specs/`.
pub(super) fn file(path: &str) -> Option<&'static str> {
    entry(path).map(|(_, text)| text)
}

/// The same with its path.
pub(super) fn entry(path: &str) -> Option<(&'static str, &'static str)> {
    let at = FILES.binary_search_by(|(name, _)| (*name).cmp(path));
    at.ok().map(|at| FILES[at])
}

/// Paths and texts of the files whose path begins with `prefix`, sorted.
pub(super) fn slice(prefix: &str) -> &'static [(&'static str, &'static str)] {
    let from = FILES.partition_point(|(name, _)| *name < prefix);
    let behind = FILES[from..].partition_point(|(name, _)| name.starts_with(prefix));
    &FILES[from..from + behind]
}

/// The same, one by one.
pub(super) fn files(prefix: &str) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    slice(prefix).iter().copied()
}
