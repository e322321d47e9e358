//! No text makes the parser of specs panic, and what it cannot read it says with its place.
#![no_main]

use baowen::spec::{flat, text, xml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    if let Err(error) = text::parse("input.txt", data, 1) {
        assert!(error.to_string().contains("input.txt"), "{error}");
    }
    match xml::read("input.txt", data) {
        Err(error) => assert!(error.to_string().contains("input.txt"), "{error}"),
        Ok(messages) => {
            for message in messages {
                // What is printed says the same when it is read again.
                let printed = message.to_text();
                let again = xml::read("input.txt", &printed).expect("what is printed is read");
                assert_eq!(again[0].to_text(), printed);
                let _ = message.to_xsd(&|_: &str| Ok(None));
            }
        }
    }
    if let Err(error) = flat::read("input.txt", data) {
        assert!(error.to_string().contains("input.txt"), "{error}");
    }
});
