//! Bad input: nothing that it holds stops or breaks the engine, and every byte is accounted for.

use std::path::Path;

use baowen::check::{Checker, Options, Totals};
use baowen::finding::{Code, Finding, Lang};
use baowen::spec::Specs;

/// What both doors find, which is the same, in bounds and in words.
fn check(input: &[u8]) -> (Totals, Vec<Finding>) {
    let checker = Checker::new(&Specs::base(), Options::default()).unwrap();
    let (mut findings, mut streamed) = (Vec::new(), Vec::new());
    let totals = checker.slice(input, &mut findings).unwrap();
    let read = checker.read(input, &mut streamed).unwrap();
    assert_eq!((totals, &findings), (read, &streamed));
    assert_eq!(totals.bytes, input.len() as u64);
    for finding in &findings {
        assert!(finding.span.end() <= totals.bytes, "{finding:?}");
        assert!(finding.at.line > 0 && finding.at.column > 0, "{finding:?}");
        // No placeholder is left; what is shown escaped has braces, masked it has none.
        assert!(
            !finding.message(Lang::Zh, true).contains('{'),
            "{finding:?}"
        );
    }
    (totals, findings)
}

fn codes(input: &[u8]) -> Vec<Code> {
    check(input).1.iter().map(|finding| finding.code).collect()
}

const HEAD: &str = "UNB+UNOA:2+SENDER+RECEIVER+261123:0930+1'UNH+1+CUSCAR:D:95B:UN'BGM+785+M1+9'";

#[test]
fn nearly_nothing() {
    assert_eq!(codes(b""), [Code::EMPTY_INPUT]);
    assert_eq!(codes(b" \r\n\t"), [Code::EMPTY_INPUT]);
    for byte in 0..=255u8 {
        let blank = matches!(byte, b' ' | b'\r' | b'\n' | b'\t');
        let found = codes(&[byte]);
        assert!(
            !found.is_empty() && (!blank || found == [Code::EMPTY_INPUT]),
            "{byte}: {found:?}"
        );
    }
    for una in [
        "U",
        "UN",
        "UNA",
        "UNA:",
        "UNA:+.? ",
        "UNA:+.? '",
        "UNA:+.?*'\n",
    ] {
        let (totals, findings) = check(una.as_bytes());
        assert!(
            findings
                .iter()
                .any(|finding| finding.severity.as_str() == "error"),
            "{una}"
        );
        assert_eq!(totals.segments, 0, "{una}");
    }
}

/// An input that ends anywhere is findings, and only the whole one has none.
#[test]
fn cut_anywhere() {
    let whole: [&[u8]; 4] = [
        b"UNA:+.? 'UNB+UNOC:3+A+B+261123:0930+1'UNG+CUSCAR+A+B+261123:0930+7+UN+D:95B'UNH+1+CUSCAR:D:95B:UN'BGM+785+A?'B+9'UNT+3+1'UNE+1+7'UNZ+1+1'",
        b"UIB+UNOA:4+++++SENDER+RECEIVER+20261123:0930'UIH+RESREQ:D:00A::UN+1'MSD+25'UIT+1+3'UIZ++1'",
        b"UNB+UNOA:4+SENDER+RECEIVER+20261123:0930+1'UNO+1+1:1+1:1+9'A'+:B'C''UNP+9+1'UNZ+1+1'",
        b"UNB+UNOW:4+SENDER+RECEIVER+20261123:0930+1'UNH+1+CUSCAR:D:01B:UN'BGM+785+M1+9'FTX+AAA+++\xe7\xa4\xba\xe4\xbe\x8b'UNT+4+1'UNZ+1+1'",
    ];
    for input in whole {
        for len in 0..input.len() {
            assert!(
                !codes(&input[..len]).is_empty(),
                "{:?}",
                input[..len].escape_ascii().to_string()
            );
        }
    }
}

/// One byte of a message changed, at every place, to those that mean most.
#[test]
fn one_byte_changed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/messages/cuscar.edi");
    let input = std::fs::read(path).unwrap();
    for byte in *b"'+:?*U9a \n\0\xff" {
        for at in 0..input.len() {
            let mut changed = input.clone();
            changed[at] = byte;
            check(&changed);
        }
    }
}

#[test]
fn nul_bytes() {
    let (_, findings) = check(&vec![0; 100_000]);
    assert!(findings.iter().any(
        |finding| finding.code == Code::EMPTY_INPUT || finding.code == Code::UNRECOGNISED_INPUT
    ));
    let inside = format!("{HEAD}FTX+AAA+++A\0B'UNT+4+1'UNZ+1+1'");
    assert_eq!(codes(inside.as_bytes()), [Code::INVALID_CHARACTER]);
    let behind = format!("{HEAD}UNT+3+1'UNZ+1+1'{}", "\0".repeat(2000));
    assert_eq!(codes(behind.as_bytes()), [Code::TRAILING_PADDING]);
}

/// Inputs whose length is the mischief: what takes time that grows faster than the length would not end here.
#[test]
fn much_of_one_thing() {
    let many = |piece: &str, times: usize| format!("{HEAD}{}UNT+3+1'UNZ+1+1'", piece.repeat(times));
    let components = format!("{HEAD}FTX+AAA+++{}X'UNT+4+1'UNZ+1+1'", ":".repeat(10_000));
    assert!(codes(components.as_bytes()).contains(&Code::EXCESS_COMPONENT));
    let elements = format!("{HEAD}FTX+AAA{}X'UNT+4+1'UNZ+1+1'", "+".repeat(10_000));
    assert!(codes(elements.as_bytes()).contains(&Code::EXCESS_ELEMENT));
    // No more findings of one code than is said, then one with the count.
    let found = codes(many("'", 500_000).as_bytes());
    assert_eq!(
        found
            .iter()
            .filter(|code| **code == Code::EMPTY_SEGMENT)
            .count(),
        1000
    );
    assert_eq!(found.last(), Some(&Code::FINDINGS_CUT));
    let (totals, _) = check(many("ZZZ'", 200_000).as_bytes());
    assert_eq!(totals.segments, 200_005);
    check(many("UNH+1+CUSCAR:D:95B:UN'", 20_000).as_bytes());
    check(many("UNG+CUSCAR'", 20_000).as_bytes());
    check(many("UNB+UNOA:2'", 20_000).as_bytes());
    check(many("UNE+1+1'", 20_000).as_bytes());
    check(many("GID+1'", 20_000).as_bytes());
    check(many("LOC+9'DTM+132'", 20_000).as_bytes());
    check(many("?", 1_000_001).as_bytes());
    let endless = format!("{HEAD}FTX+AAA+++{}", "X".repeat(8 << 20));
    let found = codes(endless.as_bytes());
    assert!(found.contains(&Code::SEGMENT_TOO_LONG), "{found:?}");
}

#[test]
fn nested_groups() {
    let input = b"UNB+UNOA:2+A+B+261123:0930+1'UNG+CUSCAR+A+B+261123:0930+1+UN+D:95B'UNG+CUSCAR+A+B+261123:0930+2+UN+D:95B'UNH+1+CUSCAR:D:95B:UN'BGM+785+M1+9'UNT+3+1'UNE+1+2'UNE+1+1'UNZ+2+1'";
    let found = codes(input);
    assert!(found.contains(&Code::MISSING_TRAILER), "{found:?}");
    assert!(found.contains(&Code::TRAILER_WITHOUT_HEADER), "{found:?}");
}
