//! `baowen fmt`: the same segments, one a line.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use baowen::finding::Lang;
use baowen::tree::{Piece, Pieces};
use clap::ArgMatches;

use crate::{Failure, Outcome, inputs, tree};

pub(crate) fn run(matches: &ArgMatches, _: Lang) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let forced = tree::forced(matches, &specs)?;
    let (_, bytes) = inputs::whole_file(matches)?;
    let minify = matches.get_flag("minify");
    let mut pieces = Pieces::new(&bytes, &specs, forced, None);
    match matches.get_one::<PathBuf>("output") {
        Some(path) => {
            let told = |error: io::Error| Failure::Message(format!("{}: {error}", path.display()));
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or(Path::new("."));
            let mut file = tempfile::NamedTempFile::new_in(folder).map_err(told)?;
            let mut out = BufWriter::new(&mut file);
            write(&mut out, &mut pieces, minify)?;
            out.flush()?;
            drop(out);
            file.persist(path).map_err(|error| told(error.error))?;
        }
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            write(&mut out, &mut pieces, minify)?;
            out.flush()?;
        }
    }
    Ok(Outcome::Clean)
}

fn write(out: &mut dyn Write, pieces: &mut Pieces<'_>, minify: bool) -> Result<(), Failure> {
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
                segment(out, single.segment.view().bytes())?;
                out.write_all(end)?;
            }
            Piece::Message(message) => {
                for placed in &message.segments {
                    if !minify {
                        out.write_all("  ".repeat(placed.groups.len()).as_bytes())?;
                    }
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
