//! No table of fields makes the importer panic, and what it makes of one can be read.
#![no_main]

use baowen::spec::xml;
use baowen_codegen::message::{Order, read_table};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    for order in [Order::AsListed, Order::Any] {
        match read_table("input.tsv", "X", data, order) {
            Err(error) => assert!(error.to_string().contains("input.tsv"), "{error}"),
            Ok(message) => {
                // A tag or type of a table may be none of the text form: then its place is told.
                if let Err(error) = xml::read("input.txt", &message.to_text()) {
                    assert!(error.to_string().contains("input.txt"), "{error}");
                }
            }
        }
    }
});
