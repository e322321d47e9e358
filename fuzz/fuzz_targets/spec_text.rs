//! No text makes the parser of specs panic, and what it cannot read it says with its place.
#![no_main]

use baowen::spec::{flat, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    if let Err(error) = text::parse("input.txt", data, 1) {
        assert!(error.to_string().contains("input.txt"), "{error}");
    }
    if let Err(error) = flat::read("input.txt", data) {
        assert!(error.to_string().contains("input.txt"), "{error}");
    }
});
