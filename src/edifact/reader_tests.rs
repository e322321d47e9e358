//! Tests of the reader: its pieces are the input, and both doors find the same.

use proptest::prelude::*;

use super::{Item, Options, Reader};
use crate::finding::Finding;

/// Gives its bytes in small pieces.
struct Dribble<'d>(&'d [u8], usize);

impl std::io::Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.0.len().min(self.1).min(buffer.len());
        buffer[..len].copy_from_slice(&self.0[..len]);
        self.0 = &self.0[len..];
        Ok(len)
    }
}

fn run(mut reader: Reader<'_>) -> (Vec<String>, Vec<u8>, Vec<Finding>) {
    let (mut items, mut bytes, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(item) = reader.next().unwrap() {
        let shown = |what: &str, bytes: &[u8], offset: u64| {
            format!("{what} {offset} {:?}", String::from_utf8_lossy(bytes))
        };
        match item {
            Item::Segment(segment) => {
                assert_eq!(
                    segment.offset(),
                    (bytes.len() + segment.blank().len()) as u64
                );
                bytes.extend_from_slice(segment.blank());
                bytes.extend_from_slice(segment.bytes());
                let values: Vec<_> = segment
                    .tokens()
                    .map(|token| {
                        (
                            String::from_utf8_lossy(&token.value()).into_owned(),
                            token.end,
                        )
                    })
                    .collect();
                items.push(format!(
                    "{} {values:?}",
                    shown("segment", segment.tag(), segment.offset())
                ));
            }
            Item::Una(piece) | Item::Object(piece) | Item::Blank(piece) | Item::Skipped(piece) => {
                assert_eq!(piece.offset, bytes.len() as u64);
                bytes.extend_from_slice(piece.bytes);
                let what = match item {
                    Item::Una(_) => "una",
                    Item::Object(_) => "object",
                    Item::Blank(_) => "blank",
                    _ => "skipped",
                };
                items.push(shown(what, piece.bytes, piece.offset));
            }
        }
        findings.extend(reader.take_findings());
    }
    findings.extend(reader.take_findings());
    (items, bytes, findings)
}

fn options() -> Options {
    Options {
        longest_segment: 400,
        ..Options::default()
    }
}

/// The kinds of the pieces and the codes of the findings of an input.
fn kinds(input: &[u8]) -> (Vec<String>, Vec<&'static str>) {
    let (items, bytes, findings) = run(Reader::new(input));
    assert_eq!(bytes, input);
    let kinds = items
        .iter()
        .map(|item| item.split(" [").next().unwrap_or("").to_owned())
        .collect();
    (
        kinds,
        findings
            .iter()
            .map(|finding| finding.code.as_str())
            .collect(),
    )
}

#[test]
fn pieces_and_findings() {
    let check = |input: &[u8], items: &[&str], codes: &[&str]| {
        let (found, findings) = kinds(input);
        assert_eq!(
            (found, findings),
            (
                items.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>(),
                codes.to_vec()
            ),
            "{}",
            String::from_utf8_lossy(input)
        );
    };
    check(b"", &[], &["empty-input"]);
    check(b" \r\n", &["blank 0 \" \\r\\n\""], &["empty-input"]);
    check(b"\x00", &["skipped 0 \"\\0\""], &["unrecognised-input"]);
    check(
        b"UNA",
        &["skipped 0 \"UNA\""],
        &["incomplete-una", "unrecognised-input"],
    );
    check(b"UNA:+.? '", &["una 0 \"UNA:+.? '\""], &[]);
    check(
        b"UNH+1'\nBGM'",
        &["segment 0 \"UNH\"", "segment 7 \"BGM\""],
        &[],
    );
    check(
        b"UNH+1'BGM+3",
        &["segment 0 \"UNH\"", "segment 6 \"BGM\""],
        &["unterminated-segment"],
    );
    check(
        b"UNH+1'''",
        &["segment 0 \"UNH\"", "blank 6 \"'\"", "blank 7 \"'\""],
        &["empty-segment", "empty-segment"],
    );
    check(
        b"junk UNB+UNOA:1'UNZ'",
        &[
            "skipped 0 \"junk \"",
            "segment 5 \"UNB\"",
            "segment 16 \"UNZ\"",
        ],
        &["skipped-bytes"],
    );
    check(
        b"UNB+UNOA:1'UNZ'junk\nUNA|^.? ~UNB^UNOA|1~UNZ~\x1a",
        &[
            "segment 0 \"UNB\"",
            "segment 11 \"UNZ\"",
            "skipped 15 \"junk\\n\"",
            "una 20 \"UNA|^.? ~\"",
            "segment 29 \"UNB\"",
            "segment 40 \"UNZ\"",
            "blank 44 \"\\u{1a}\"",
        ],
        &["skipped-bytes", "trailing-padding"],
    );
}

#[test]
fn objects_are_read_by_their_length() {
    let input = b"UNB+UNOA:4'UNO+1+2+3+9'A'+:B'C''UNP+9+1'UNZ'";
    let (items, codes) = kinds(input);
    assert_eq!(codes, [""; 0]);
    assert_eq!(
        items,
        [
            "segment 0 \"UNB\"",
            "segment 11 \"UNO\"",
            "object 23 \"A'+:B'C''\"",
            "segment 32 \"UNP\"",
            "segment 40 \"UNZ\""
        ]
    );
    let wrong = b"UNB+UNOA:4'UNO+1+2+3+7'A'+:B'C''UNP+9+1'UNZ'";
    let (items, codes) = kinds(wrong);
    assert_eq!(codes, ["object-length"]);
    assert_eq!(items[2], "object 23 \"A'+:B'C''\"");
}

#[test]
fn a_segment_beyond_the_limit_is_passed_over() {
    let mut input = b"UNB+UNOA:1'FTX+".to_vec();
    input.resize(100_000, b'x');
    input.extend_from_slice(b"'UNZ+1'");
    let (items, bytes, findings) = run(Reader::with_options(&input, options()));
    assert_eq!(bytes, input);
    assert_eq!(findings.len(), 1);
    assert_eq!(
        (
            findings[0].code.as_str(),
            findings[0].span.start,
            findings[0].span.len
        ),
        ("segment-too-long", 11, 99_990)
    );
    assert!(
        items.last().unwrap().starts_with("segment 100001 \"UNZ\""),
        "{items:?}"
    );
}

fn fragment() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::sample::select(vec![
            &b"UNB+UNOA:3+A+B'"[..], b"UNA:+.? '", b"UNA|^.\\*~", b"UNB^UNOC|4^A~", b"UNZ+1+1'", b"UNH+1+CUSCAR:D:95B:UN'",
            b"UNO+1+2+3+5'a'b+cUNP+5+1'", b"UNO+1+2+3+900'", b"UNO+1++", b"BGM+380?'+9'", b"\r\n", b"'", b"FTX+a?", b"UN\r\nT+1'", b"garbage", b"\x1a\0",
            b"UNT+2+1\nUNZ+1+1\n", b"\r\nUNH+1+CUSCAR:D:95B:UN\r\nBGM+380'\r\n", b"UNZ+1+1\nUNA:+.? '\nUNB+UNOA:3+A\n",
        ]).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (1usize..900).prop_map(|len| vec![b'x'; len]),
    ]
}

proptest! {
    #[test]
    fn both_doors_agree_and_lose_nothing(
        fragments in prop::collection::vec(fragment(), 0..14),
        piece in 1usize..700,
    ) {
        let input = fragments.concat();
        let (items, bytes, findings) = run(Reader::with_options(&input, options()));
        prop_assert_eq!(&bytes, &input);
        let (streamed, bytes, found) = run(Reader::from_read(Dribble(&input, piece), options()));
        prop_assert_eq!(&bytes, &input);
        prop_assert_eq!(streamed, items);
        prop_assert_eq!(found, findings);
    }
}

#[test]
fn a_blank_that_separates_stands_before_a_tag() {
    for input in [
        &b"UNA +.? 'UNB UNOA+2'  BGM 380'  'UNZ 0'"[..],
        b"UNA: .? ' :LOC 1' BGM 380'",
    ] {
        let mut reader = Reader::new(input);
        let mut tags = Vec::new();
        let mut length = 0;
        while let Some(item) = reader.next().unwrap() {
            length += match item {
                Item::Segment(segment) => {
                    tags.push(segment.tag().to_vec());
                    assert!(segment.element_tokens().count() < segment.tokens().count());
                    segment.blank().len() + segment.bytes().len()
                }
                Item::Una(piece)
                | Item::Object(piece)
                | Item::Blank(piece)
                | Item::Skipped(piece) => piece.bytes.len(),
            };
        }
        assert_eq!(length, input.len());
        assert!(tags.contains(&b"BGM".to_vec()), "{tags:?}");
    }
}
