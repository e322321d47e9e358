#![no_main]
//! Maps: whatever their text is, it is a map or an error with its place; whatever their source is, a
//! translation ends with findings and no panic.
use std::sync::{Arc, OnceLock};

use baowen::finding::{Finding, Syntax};
use baowen::map::{Direction, Map, Options, Translator};
use baowen::spec::Specs;
use libfuzzer_sys::fuzz_target;

fn map() -> &'static Arc<Map> {
    static MAP: OnceLock<Arc<Map>> = OnceLock::new();
    MAP.get_or_init(|| Specs::base().map("cuscar-mt1101").unwrap())
}

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Specs::base().maps_of("fuzz.txt", text);
    }
    for direction in [Direction::Forth, Direction::Back] {
        let options = Options::default()
            .with_param("sender", "A")
            .with_param("receiver", "B")
            .with_param("carrier", "C")
            .with_param("customs", "0000");
        let translator = Translator::new(map(), direction, options).unwrap();
        for from in [Syntax::Edifact, Syntax::Xml, Syntax::Json] {
            let mut outputs = |_: u64| -> baowen::Result<Box<dyn std::io::Write>> {
                Ok(Box::new(std::io::sink()))
            };
            let mut findings: Vec<Finding> = Vec::new();
            translator
                .read(data, from, &mut outputs, &mut findings)
                .unwrap();
        }
    }
});
