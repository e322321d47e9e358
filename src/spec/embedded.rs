//! The files of `specs/` as they are embedded in the library.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Text of the file at `path` below `specs/`.
pub(super) fn file(path: &str) -> Option<&'static str> {
    FILES
        .binary_search_by(|(name, _)| (*name).cmp(path))
        .ok()
        .map(|at| FILES[at].1)
}

/// Paths of the files whose path begins with `prefix`, sorted.
pub(super) fn files(prefix: &str) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    let from = FILES.partition_point(|(name, _)| *name < prefix);
    let prefix = prefix.to_owned();
    FILES[from..]
        .iter()
        .copied()
        .take_while(move |(name, _)| name.starts_with(&prefix))
}
