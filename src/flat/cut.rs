//! The kernel of reading: where the next piece of a window ends.

use std::sync::Arc;

use super::Separators;
use super::record::{End, is_break};
use crate::charset::CharacterLength;

/// Bounds and settings of reading.
#[derive(Clone, Debug)]
pub struct Options {
    /// What separates records and fields.
    pub separators: Separators,
    /// Longest record in bytes; a longer one is skipped. Default 1 MiB.
    pub longest_record: usize,
    /// For character sets in which the second byte of a character may look like a separator:
    /// gives the length of the character at a place. Default none; with the usual separators none
    /// is needed, for GBK, GB18030 and UTF-8 have no such byte.
    pub character_length: Option<CharacterLength>,
    /// Ids of records. A line that begins with one of them, and a field separator or terminator
    /// behind it, begins a record even where the terminator before it is missing. Default none.
    pub starts: Arc<[Box<[u8]>]>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            separators: Separators::default(),
            longest_record: 1 << 20,
            character_length: None,
            starts: Arc::default(),
        }
    }
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Record(End),
    Blank,
    ByteOrderMark,
    Skipped,
}

/// Where reading stands between pieces, and inside one that is not whole yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    /// Bytes of the window that were looked at and hold no end of the record.
    scanned: usize,
    /// The rest of a record that is too long is passed over.
    skipping: bool,
    /// Something was read: a byte order mark can no longer stand here.
    begun: bool,
}

const MARK: &[u8] = b"\xEF\xBB\xBF";

/// What stands at the beginning of `window`: its length and kind. `None` when more of the input
/// is needed, which cannot be when `whole` says that the window reaches to its end.
pub(super) fn cut(
    options: &Options,
    state: &mut State,
    window: &[u8],
    whole: bool,
) -> Option<(usize, Kind)> {
    if window.is_empty() {
        return None;
    }
    if !state.begun {
        if window.len() < MARK.len() && MARK.starts_with(window) && !whole {
            return None;
        }
        state.begun = true;
        if window.starts_with(MARK) {
            return Some((MARK.len(), Kind::ByteOrderMark));
        }
    }
    if !state.skipping && state.scanned == 0 {
        let blank = window.iter().take_while(|byte| is_blank(options, **byte));
        let blank = blank.count();
        if blank > 0 {
            return Some((blank, Kind::Blank));
        }
    }
    let trimmed = |at: usize| {
        let last = window[..at]
            .iter()
            .rposition(|byte| !is_blank(options, *byte));
        last.map_or(at, |last| last + 1)
    };
    let (at, end) = scan(options, state.scanned, window, whole);
    let end = end.or(whole.then_some(End::Input));
    let long = at > options.longest_record;
    let Some(end) = end else {
        if (long || state.skipping) && at > 0 {
            state.skipping = true;
            state.scanned = 0;
            return Some((at, Kind::Skipped));
        }
        state.scanned = at;
        return None;
    };
    state.scanned = 0;
    let len = match end {
        End::Terminator => at,
        End::LineBreak | End::Input => trimmed(at),
    };
    let skipped = std::mem::take(&mut state.skipping) || long;
    let kind = if skipped {
        Kind::Skipped
    } else {
        Kind::Record(end)
    };
    Some((len, kind))
}

/// Whether a byte between records means nothing.
fn is_blank(options: &Options, byte: u8) -> bool {
    let separators = &options.separators;
    let blank = matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x1A);
    let line = byte == b'\n' && separators.terminator == b'\n';
    blank && (line || (byte != separators.field && byte != separators.terminator))
}

/// Looks for the end of a record from `at` on: its length and how it ends, or how far was looked.
fn scan(options: &Options, mut at: usize, window: &[u8], whole: bool) -> (usize, Option<End>) {
    let separators = &options.separators;
    let release = separators.release.unwrap_or(separators.terminator);
    let watch_lines = !options.starts.is_empty() && separators.terminator != b'\n';
    let line = if watch_lines {
        b'\n'
    } else {
        separators.terminator
    };
    loop {
        let found = match options.character_length {
            Some(length) => {
                let mut found = None;
                while at < window.len() {
                    let byte = window[at];
                    if byte == separators.terminator || byte == release || byte == line {
                        found = Some(0);
                        break;
                    }
                    let next = at + length(window, at).max(1);
                    if next > window.len() && !whole {
                        return (at, None);
                    }
                    at = next.min(window.len());
                }
                found
            }
            None => memchr::memchr3(separators.terminator, release, line, &window[at..]),
        };
        let Some(found) = found else {
            return (window.len(), None);
        };
        at += found;
        let byte = window[at];
        if byte == separators.terminator {
            return (at + 1, Some(End::Terminator));
        }
        if byte == release {
            // What it releases is the next character that is no line break.
            let next = window[at + 1..].iter().position(|byte| !is_break(*byte));
            let Some(next) = next else {
                return (if whole { window.len() } else { at }, None);
            };
            let released = at + 1 + next;
            let len = options
                .character_length
                .map_or(1, |length| length(window, released).max(1));
            if released + len > window.len() && !whole {
                return (at, None);
            }
            at = (released + len).min(window.len());
            continue;
        }
        match begins_record(options, &window[at + 1..], whole) {
            None => return (at, None),
            Some(true) => {
                let record = window[..at]
                    .iter()
                    .rposition(|byte| !is_blank(options, *byte));
                return (record.map_or(at, |last| last + 1), Some(End::LineBreak));
            }
            Some(false) => at += 1,
        }
    }
}

/// Whether a record begins on the line that begins with `text`; `None` when that is not in sight.
fn begins_record(options: &Options, text: &[u8], whole: bool) -> Option<bool> {
    let blank = text.iter().take_while(|byte| is_blank(options, **byte));
    let text = &text[blank.count()..];
    let mut cut_off = text.is_empty();
    for id in options.starts.iter() {
        match text.strip_prefix(&**id) {
            Some([next, ..]) => {
                if *next == options.separators.field || *next == options.separators.terminator {
                    return Some(true);
                }
            }
            Some([]) => cut_off = true,
            None => cut_off |= id.starts_with(text),
        }
    }
    (!cut_off || whole).then_some(false)
}
