#![no_main]
//! Services: whatever an entry is, declaring it ends with findings and no panic.
#[path = "../bodies/declare.rs"]
mod declare;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| declare::run(data));
