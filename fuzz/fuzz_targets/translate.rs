#![no_main]
//! Maps: whatever their source is, a translation ends with findings and no panic.
#[path = "../bodies/translate.rs"]
mod translate;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| translate::run(data));
