//! `baowen fmt`: the same segments or records, one a line; the same elements, indented.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use baowen::charset::Charset;
use baowen::edifact::Segment;
use baowen::finding::{Code, Finding, Lang, Syntax};
use baowen::flat::{End, Piece as Flat, Reading};
use baowen::span::{LineColumn, Span};
use baowen::tree::{Piece, Pieces};
use baowen::xml::{Writer, read_slice};
use clap::ArgMatches;

use crate::lang::pick;
use crate::{Failure, Outcome, inputs, output, text, tree};

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let charset = inputs::charset(matches, lang)?;
    let (name, bytes) = inputs::whole_file(matches)?;
    let input = (name.as_str(), bytes.as_slice(), charset);
    let Some(path) = matches.get_one::<PathBuf>("output") else {
        let mut out = BufWriter::new(io::stdout().lock());
        let outcome = any(matches, lang, input, &mut out)?;
        out.flush()?;
        return Ok(outcome);
    };
    // What could not be laid out takes the place of nothing.
    let mut laid_out = Vec::new();
    let outcome = any(matches, lang, input, &mut laid_out)?;
    if let Outcome::Clean = outcome {
        output::whole(path, |file| Ok(file.write_all(&laid_out)?))?;
    }
    Ok(outcome)
}

/// Lays out a file of any syntax.
fn any(
    matches: &ArgMatches,
    lang: Lang,
    (name, bytes, charset): (&str, &[u8], Option<Charset>),
    out: &mut dyn Write,
) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let minify = matches.get_flag("minify");
    let any = match inputs::syntax(matches, &specs, charset, bytes)? {
        Syntax::Edifact => {
            let forced = tree::forced(matches, &specs)?;
            let mut signed = None;
            let mut pieces = Pieces::new(bytes, &specs, forced, charset);
            let any = write(out, &mut pieces, minify, &mut signed)?;
            if any && pieces.is_transcoded() {
                let message = pick(
                    lang,
                    "the characters are written as UTF-8",
                    "字符以 UTF-8 写出",
                );
                text::say(&format!("{name}: {message}"));
            }
            if let Some(span) = signed {
                broken(bytes, span, (name, lang));
            }
            any
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
            true
        }
        Syntax::Flat => {
            let layout = matches.get_one::<String>("as").map(String::as_str);
            let reading = Reading::of(bytes, &specs, layout, charset)?;
            flat(out, bytes, reading, minify)?
        }
        Syntax::Json => return Err(inputs::json_is_converted(name, lang)),
    };
    if any {
        return Ok(Outcome::Clean);
    }
    inputs::nothing_found(name, lang);
    Ok(Outcome::Found)
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

/// One record a line; whether there is any.
fn flat(out: &mut dyn Write, bytes: &[u8], reading: Reading, minify: bool) -> io::Result<bool> {
    let mut any = false;
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
                any = true;
                out.write_all(record.bytes())?;
                // Where the terminator is missing only the line tells that a record ends.
                let ended = record.end() == End::Terminator;
                out.write_all(if ended { end } else { b"\n" })?;
            }
        }
    }
    Ok(any)
}

/// Lays out segments; gives whether there is any, and `signed` gets the first that begins a signature.
fn write(
    out: &mut dyn Write,
    pieces: &mut Pieces<'_>,
    minify: bool,
    signed: &mut Option<Span>,
) -> Result<bool, Failure> {
    // What stands before the first segment is written with it: where there is none, nothing is.
    let mut before = Some(Vec::new());
    let mut note = |segment: &Segment<'_>| {
        if segment.tag() == b"USH" {
            signed.get_or_insert(segment.span());
        }
    };
    let end: &[u8] = if minify { b"" } else { b"\n" };
    while let Some(piece) = pieces.next()? {
        let is_segment = matches!(piece, Piece::Segment(_) | Piece::Message(_));
        if is_segment && let Some(before) = before.take() {
            out.write_all(&before)?;
        }
        let out: &mut dyn Write = match &mut before {
            Some(before) => before,
            None => out,
        };
        match piece {
            Piece::Una(bytes) => {
                out.write_all(&bytes)?;
                // A line break behind five characters would be the sixth, the terminator.
                if bytes.len() >= b"UNA:+.? '".len() {
                    out.write_all(end)?;
                }
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
    Ok(before.is_none())
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
