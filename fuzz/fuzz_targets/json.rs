#![no_main]
//! JSON to every syntax: whatever the bytes are, conversion ends with findings and no panic; what
//! JSON gives as XML is read back.
use baowen::convert::{Converter, Format, Options};
use baowen::finding::{Finding, Syntax};
use baowen::spec::Specs;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let converter = Converter::new(&Specs::base(), Options::default());
    let mut findings: Vec<Finding> = Vec::new();
    for format in [
        Format::Edifact,
        Format::Xml,
        Format::Json,
        Format::JsonLines,
        Format::Flat,
    ] {
        let mut out = Vec::new();
        findings.clear();
        let _ = converter.slice(data, Syntax::Json, format, &mut out, &mut findings);
        if format == Format::Xml {
            let mut again = Vec::new();
            findings.clear();
            let _ = converter.slice(&out, Syntax::Xml, Format::Json, &mut again, &mut findings);
        }
    }
});
