//! `baowen fmt`: the same segments or records, one a line; the same elements, indented.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use baowen::edifact::Segment;
use baowen::finding::{Code, Finding, Lang, Syntax};
use baowen::flat::{End, Piece as Flat, Reading};
use baowen::span::{LineColumn, Span};
use baowen::tree::{Piece, Pieces};
use baowen::xml::{Writer, read_slice};
use clap::ArgMatches;

use crate::{Failure, Outcome, inputs, output, tree};

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let (name, bytes) = inputs::whole_file(matches)?;
    let Some(path) = matches.get_one::<PathBuf>("output") else {
        let mut out = BufWriter::new(io::stdout().lock());
        let outcome = any(matches, lang, (&name, &bytes), &mut out)?;
        out.flush()?;
        return Ok(outcome);
    };
    output::whole(path, |file| {
        let mut out = BufWriter::new(file);
        let outcome = any(matches, lang, (&name, &bytes), &mut out)?;
        out.flush()?;
        Ok(outcome)
    })
}

/// Lays out a file of any syntax.
fn any(
    matches: &ArgMatches,
    lang: Lang,
    (name, bytes): (&str, &[u8]),
    out: &mut dyn Write,
) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let minify = matches.get_flag("minify");
    match inputs::syntax(matches, &specs, None, bytes)? {
        Syntax::Edifact => {
            let forced = tree::forced(matches, &specs)?;
            let mut signed = None;
            let mut pieces = Pieces::new(bytes, &specs, forced, None);
            write(out, &mut pieces, minify, &mut signed)?;
            if let Some(span) = signed {
                broken(bytes, span, (name, lang));
            }
        }
        Syntax::Xml => {
            // A document that is not sound is not laid out anew: what could not be read would be lost.
            let mut wrong = inputs::Wrong::new(name, lang, false);
            let options = inputs::reading(matches);
            let writer = Writer::new(Vec::new());
            let mut writer = match minify {
                true => writer.without_layout(),
                false => writer.with_indent(2),
            };
            writer.declaration()?;
            read_slice(bytes, &options, &mut writer, &mut wrong.sink())?;
            if wrong.any() {
                return Ok(Outcome::Found);
            }
            out.write_all(&writer.finish()?)?;
        }
        Syntax::Flat => {
            let layout = matches.get_one::<String>("as").map(String::as_str);
            let reading = Reading::of(bytes, &specs, layout, None)?;
            flat(out, bytes, reading, minify)?;
        }
        Syntax::Json => return Err(inputs::json_is_converted(name, lang)),
    }
    Ok(Outcome::Clean)
}

/// Tells that a signature does not hold for what is laid out anew.
fn broken(bytes: &[u8], span: Span, (name, lang): (&str, Lang)) {
    let before = &bytes[..(span.start as usize).min(bytes.len())];
    let lines = before.split(|byte| *byte == b'\n');
    let line = lines.clone().next_back().unwrap_or_default();
    let column = std::str::from_utf8(line).map_or(line.len(), |line| line.chars().count());
    let mut finding = Finding::new(Code::CONVERT_SIGNATURE, span);
    finding.at = LineColumn {
        line: lines.count() as u64,
        column: column as u64 + 1,
    };
    inputs::tell(name, &finding, lang, false);
}

/// One record a line.
fn flat(out: &mut dyn Write, bytes: &[u8], reading: Reading, minify: bool) -> io::Result<()> {
    let terminator = reading.options.separators.terminator;
    let end: &[u8] = match minify || terminator == b'\n' {
        true => b"",
        false => b"\n",
    };
    for piece in baowen::flat::Pieces::new(bytes, reading.options) {
        match piece {
            Flat::Blank(_) => {}
            Flat::ByteOrderMark(raw) => out.write_all(raw.bytes)?,
            Flat::Skipped(raw) => out.write_all(raw.bytes)?,
            Flat::Record(record) => {
                out.write_all(record.bytes())?;
                // Where the terminator is missing only the line tells that a record ends.
                let ended = record.end() == End::Terminator;
                out.write_all(if ended { end } else { b"\n" })?;
            }
        }
    }
    Ok(())
}

/// Lays out segments; `signed` gets the first that begins a signature.
fn write(
    out: &mut dyn Write,
    pieces: &mut Pieces<'_>,
    minify: bool,
    signed: &mut Option<Span>,
) -> Result<(), Failure> {
    let mut note = |segment: &Segment<'_>| {
        if segment.tag() == b"USH" {
            signed.get_or_insert(segment.span());
        }
    };
    let end: &[u8] = if minify { b"" } else { b"\n" };
    while let Some(piece) = pieces.next()? {
        match piece {
            Piece::Una(bytes) => {
                out.write_all(&bytes)?;
                out.write_all(end)?;
            }
            // The object follows its header at once.
            Piece::Segment(single) if single.segment.view().tag() == b"UNO" => {
                out.write_all(single.segment.view().bytes())?;
            }
            Piece::Segment(single) => {
                note(&single.segment.view());
                segment(out, single.segment.view().bytes())?;
                out.write_all(end)?;
            }
            Piece::Message(message) => {
                for placed in &message.segments {
                    if !minify {
                        out.write_all("  ".repeat(placed.groups.len()).as_bytes())?;
                    }
                    note(&placed.segment.view());
                    segment(out, placed.segment.view().bytes())?;
                    out.write_all(end)?;
                }
            }
            Piece::Object(bytes) => out.write_all(&bytes)?,
            Piece::Skipped(bytes) => {
                out.write_all(bytes.trim_ascii())?;
                out.write_all(end)?;
            }
        }
    }
    Ok(())
}

/// A segment without the line breaks inside it.
fn segment(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    let Some((terminator, body)) = bytes.split_last() else {
        return Ok(());
    };
    for piece in body.split(|byte| matches!(byte, b'\r' | b'\n')) {
        out.write_all(piece)?;
    }
    out.write_all(&[*terminator])
}
