//! What the reader gives for a slice it gives for a stream, however the stream is cut (only what
//! belongs to no segment may come in more pieces), and every byte is in one piece.
#![no_main]

use std::io::Read;

use baowen::edifact::{Item, Options, Reader};
use libfuzzer_sys::fuzz_target;

/// A stream that gives a few bytes at a time.
struct Drops<'d> {
    rest: &'d [u8],
    most: usize,
}

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.most.min(buffer.len()).min(self.rest.len());
        let (now, rest) = self.rest.split_at(len);
        buffer[..len].copy_from_slice(now);
        self.rest = rest;
        Ok(len)
    }
}

/// A piece: its kind, its bytes, and the tokens of a segment with their offsets.
type Piece = (u8, Vec<u8>, Vec<(u64, Vec<u8>)>);

/// Everything read; neighbours of one kind that are no segments are joined.
fn all(mut reader: Reader<'_>) -> (Vec<Piece>, Vec<String>) {
    let mut items: Vec<Piece> = Vec::new();
    let mut findings = Vec::new();
    loop {
        let item = match reader.next().expect("memory can be read") {
            None => break,
            Some(Item::Segment(segment)) => {
                let bytes = [segment.blank(), segment.bytes()].concat();
                let tokens = segment
                    .tokens()
                    .map(|token| (token.offset, token.value().into_owned()));
                (0, bytes, tokens.collect())
            }
            Some(Item::Una(piece)) => (1, piece.bytes.to_vec(), Vec::new()),
            Some(Item::Object(piece)) => (2, piece.bytes.to_vec(), Vec::new()),
            Some(Item::Blank(piece)) => (3, piece.bytes.to_vec(), Vec::new()),
            Some(Item::Skipped(piece)) => (4, piece.bytes.to_vec(), Vec::new()),
        };
        match items.last_mut() {
            Some(last) if last.0 == item.0 && item.0 >= 2 => last.1.extend_from_slice(&item.1),
            _ => items.push(item),
        }
        findings.extend(
            reader
                .take_findings()
                .into_iter()
                .map(|finding| format!("{:?} {:?}", finding.code, finding.span)),
        );
    }
    findings.extend(
        reader
            .take_findings()
            .into_iter()
            .map(|finding| format!("{:?} {:?}", finding.code, finding.span)),
    );
    (items, findings)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (most, data) = input;
    let slice = all(Reader::new(data));
    let drops = Drops {
        rest: data,
        most: usize::from(most).max(1),
    };
    let stream = all(Reader::from_read(drops, Options::default()));
    assert_eq!(slice, stream);
    let bytes: Vec<u8> = slice
        .0
        .iter()
        .flat_map(|(_, bytes, _)| bytes.iter().copied())
        .collect();
    assert_eq!(bytes, data, "every byte is in one piece");
});
