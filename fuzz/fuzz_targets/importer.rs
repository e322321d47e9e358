//! No archive makes the importer panic, and nothing it holds leaves the archive.
#![no_main]

use std::io::Write;

use baowen_codegen::{Limits, Source, edifact};
use libfuzzer_sys::fuzz_target;

/// Small enough that a bomb is refused at once.
const LIMITS: Limits = Limits {
    file: 1 << 20,
    total: 4 << 20,
    files: 100,
    depth: 2,
};

fuzz_target!(|data: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(data).expect("a temporary file takes it");
    let Ok(source) = Source::read(file.path(), LIMITS) else {
        return;
    };
    assert!(source.files.len() <= LIMITS.files);
    assert!(
        source
            .files
            .iter()
            .map(|file| file.bytes.len() as u64)
            .sum::<u64>()
            <= LIMITS.total
    );
    assert!(
        source
            .files
            .iter()
            .all(|file| !file.name.split('/').any(|part| part == ".."))
    );
    // A fault is an answer; a panic is not.
    let _ = edifact::read(&source);
});
