//! XML Schema: no text makes loading panic or run without end; an error says where; a schema that
//! loads can be asked for its model, and documents checked against it.
#![no_main]

use baowen::finding::Finding;
use baowen::xml::{Options, Schema};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    // A document stands behind the schema.
    let (schema, document) = text.split_once('\0').unwrap_or((&text, "<a/>"));
    match Schema::from_texts(&[("fuzz.xsd", schema)]) {
        Ok(schema) => {
            let _ = schema.model();
            let mut findings = Vec::<Finding>::new();
            schema
                .check_slice(document.as_bytes(), &Options::default(), &mut findings)
                .expect("content never fails");
        }
        Err(error) => assert!(error.position().is_some(), "{error}"),
    }
});
