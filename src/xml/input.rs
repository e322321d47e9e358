//! Bytes to text: encodings, one window of text over a slice or a stream, and the way back to the
//! offsets, lines and columns of the input.

use std::io::{ErrorKind, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::span::LineColumn;
use crate::{Error, Result};

/// Bytes taken at a time.
const CHUNK: usize = 128 << 10;

/// Where the bytes come from.
pub(crate) enum Source<'i> {
    /// At hand.
    Slice(&'i [u8]),
    /// Read as they are needed.
    Read(Box<dyn Read + 'i>),
}

/// What was seen about the encoding of a document.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The encoding that the XML declaration names.
    pub(crate) declared: Option<String>,
    /// Whether that is one we do not know.
    pub(crate) unknown: bool,
    /// Whether the bytes contradict it.
    pub(crate) mismatch: bool,
}

/// A stretch of text whose offsets in the input are known at its beginning.
struct Mark {
    /// Offset in the text.
    text: u64,
    /// Offset in the input.
    original: u64,
    /// Whether one byte of text is one byte of input from here to the next mark.
    same: bool,
}

/// A byte sequence that is no character.
pub(crate) struct Malformed {
    /// Offset in the text, where U+FFFD stands for it.
    pub(crate) text: u64,
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
}

/// The input as text, seen through a window.
pub(crate) struct Input<'i> {
    source: Source<'i>,
    /// How many bytes of a slice were taken.
    taken: usize,
    ended: bool,
    encoding: &'static Encoding,
    decoder: Decoder,
    /// Bytes of the window, kept where offsets differ from those of the text; else empty.
    original: Vec<u8>,
    original_base: u64,
    /// Bytes read and not decoded: the beginning of a character.
    undecoded: Vec<u8>,
    /// What bytes are read into.
    room: Vec<u8>,
    /// Bytes decoded.
    decoded: u64,
    marks: Vec<Mark>,
    /// Whether the next byte to be decoded begins a character, for all that is known.
    aligned: bool,
    text: String,
    /// Offset of `text` in all text.
    base: u64,
    line: u64,
    column: u64,
    /// The place that was located last: offset in the text, line, column.
    cursor: std::cell::Cell<(u64, u64, u64)>,
    /// What no character is, in the text of the window and after.
    pub(crate) malformed: Vec<Malformed>,
    /// Offsets in the text of characters that XML does not have.
    pub(crate) illegal: Vec<u64>,
    /// Whether a carriage return, or `]]>`, stands anywhere in the text up to here.
    pub(crate) has_return: bool,
    pub(crate) has_section_end: bool,
    pub(crate) seen: Seen,
}

/// Findings of one kind kept for one window at most.
const MOST_BAD: usize = 4096;

impl<'i> Input<'i> {
    /// The text of `source`, in `charset` where that is said.
    pub(crate) fn new(mut source: Source<'i>, charset: Option<&'static Encoding>) -> Result<Self> {
        let mut start = Vec::new();
        match &mut source {
            Source::Slice(bytes) => start.extend_from_slice(&bytes[..bytes.len().min(1024)]),
            Source::Read(read) => {
                read.by_ref()
                    .take(1024)
                    .read_to_end(&mut start)
                    .map_err(|error| Error::io("input", error))?;
            }
        }
        let mut seen = Seen::default();
        let (encoding, bom) = detect(&start, charset, &mut seen);
        let (taken, undecoded) = match &source {
            Source::Slice(_) => (bom, Vec::new()),
            Source::Read(_) => (0, start[bom..].to_vec()),
        };
        Ok(Self {
            source,
            taken,
            ended: false,
            encoding,
            decoder: encoding.new_decoder_without_bom_handling(),
            original: Vec::new(),
            original_base: bom as u64,
            undecoded,
            room: Vec::new(),
            decoded: bom as u64,
            marks: Vec::new(),
            aligned: true,
            text: String::new(),
            base: 0,
            line: 1,
            column: 1,
            cursor: std::cell::Cell::new((0, 1, 1)),
            malformed: Vec::new(),
            illegal: Vec::new(),
            has_return: false,
            has_section_end: false,
            seen,
        })
    }

    /// The text that was not passed over yet, as far as it was read.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Offset of [`text`](Self::text) in all text.
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// Whether no more text will come.
    pub(crate) fn is_last(&self) -> bool {
        self.ended
    }

    /// The name of the encoding in force.
    pub(crate) fn encoding(&self) -> &'static str {
        self.encoding.name()
    }

    /// Passes over the first `len` bytes of the text.
    pub(crate) fn consume(&mut self, len: usize) {
        let place = self.locate(self.base + len as u64);
        (self.line, self.column) = (place.line, place.column);
        self.text.drain(..len);
        self.base += len as u64;
        let keep = self.marks.partition_point(|mark| mark.text <= self.base);
        self.marks.drain(..keep.saturating_sub(1));
        if let Some(mark) = self.marks.first()
            && !self.original.is_empty()
        {
            let drop = (mark.original - self.original_base) as usize;
            self.original.drain(..drop);
            self.original_base = mark.original;
        }
        let base = self.base;
        self.malformed.retain(|bad| bad.text >= base);
        self.illegal.retain(|at| *at >= base);
    }

    /// Takes in more text; at the end of the input [`is_last`](Self::is_last) becomes true.
    pub(crate) fn more(&mut self) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        let from = self.text.len();
        let mut held = std::mem::take(&mut self.undecoded);
        match &mut self.source {
            Source::Slice(bytes) => {
                let end = bytes.len().min(self.taken + CHUNK);
                let (start, whole) = (self.taken, *bytes);
                self.taken = end;
                self.ended = end == whole.len();
                if held.is_empty() {
                    self.decode(&whole[start..end]);
                } else {
                    held.extend_from_slice(&whole[start..end]);
                    self.decode(&held);
                }
            }
            Source::Read(read) => {
                let mut room = std::mem::take(&mut self.room);
                room.resize(held.len() + CHUNK, 0);
                room[..held.len()].copy_from_slice(&held);
                let mut filled = held.len();
                while filled < room.len() {
                    match read.read(&mut room[filled..]) {
                        Ok(0) => break,
                        Ok(len) => filled += len,
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        Err(error) => return Err(Error::io("input", error)),
                    }
                }
                self.ended = filled < room.len();
                self.decode(&room[..filled]);
                self.room = room;
            }
        }
        self.look_at(from);
        Ok(())
    }

    fn decode(&mut self, bytes: &[u8]) {
        if self.encoding == UTF_8 {
            self.decode_utf8(bytes);
        } else {
            self.decode_other(bytes);
        }
    }

    fn mark(&mut self, same: bool) {
        self.marks.push(Mark {
            text: self.base + self.text.len() as u64,
            original: self.decoded,
            same,
        });
    }

    fn decode_utf8(&mut self, mut bytes: &[u8]) {
        loop {
            self.mark(true);
            let valid = match std::str::from_utf8(bytes) {
                Ok(text) => {
                    self.text.push_str(text);
                    self.decoded += text.len() as u64;
                    return;
                }
                Err(error) => error,
            };
            let good = valid.valid_up_to();
            if let Ok(text) = std::str::from_utf8(&bytes[..good]) {
                self.text.push_str(text);
            }
            self.decoded += good as u64;
            let bad = match valid.error_len() {
                Some(len) => len,
                None if self.ended => bytes.len() - good,
                None => {
                    self.undecoded = bytes[good..].to_vec();
                    return;
                }
            };
            self.replace(&bytes[good..good + bad]);
            bytes = &bytes[good + bad..];
            if bytes.is_empty() {
                return;
            }
        }
    }

    fn replace(&mut self, bytes: &[u8]) {
        self.mark(false);
        if self.malformed.len() < MOST_BAD {
            self.malformed.push(Malformed {
                text: self.base + self.text.len() as u64,
                bytes: bytes.to_vec(),
            });
        }
        self.text.push('\u{FFFD}');
        self.decoded += bytes.len() as u64;
    }

    fn decode_other(&mut self, bytes: &[u8]) {
        // A mark every so often, from where the way back is walked a character at a time.
        const STEP: usize = 1024;
        self.original.extend_from_slice(bytes);
        let mut at = 0;
        while at < bytes.len() || self.ended && at == bytes.len() {
            if self.aligned {
                self.mark(false);
            }
            let most = bytes.len().min(at + STEP);
            let boundary = boundary(self.encoding, &bytes[at..most]);
            let stop = boundary.map_or(most, |len| at + len);
            self.aligned = boundary.is_some();
            let last = self.ended && stop == bytes.len();
            let room = self
                .decoder
                .max_utf8_buffer_length_without_replacement(stop - at)
                .unwrap_or(STEP * 4);
            self.text.reserve(room + 4);
            let (result, read) = self.decoder.decode_to_string_without_replacement(
                &bytes[at..stop],
                &mut self.text,
                last,
            );
            at += read;
            self.decoded += read as u64;
            if let encoding_rs::DecoderResult::Malformed(len, after) = result {
                let (len, after) = (usize::from(len), usize::from(after));
                let end = at.saturating_sub(after);
                let bad = bytes[end.saturating_sub(len)..end].to_vec();
                if self.malformed.len() < MOST_BAD {
                    self.malformed.push(Malformed {
                        text: self.base + self.text.len() as u64,
                        bytes: bad,
                    });
                }
                self.text.push('\u{FFFD}');
                self.aligned = after == 0;
                continue;
            }
            if at == bytes.len() {
                break;
            }
        }
    }

    /// Looks at the text from `from` of the window for what is rare.
    fn look_at(&mut self, from: usize) {
        let bytes = &self.text.as_bytes()[from..];
        let noncharacter = memchr::memchr(0xEF, bytes).is_some()
            && memchr::memmem::find(bytes, b"\xEF\xBF").is_some();
        // In nearly all chunks there is nothing of the rest, which one pass tells.
        let rare = |byte: u8| (byte < 0x20) & (byte != b'\t') & (byte != b'\n') | (byte == b']');
        let any = bytes.iter().fold(false, |any, byte| any | rare(*byte));
        let behind = self.text[..from].ends_with(']');
        if !any && !behind && !noncharacter {
            return;
        }
        // Three bytes may stand across the border of two chunks.
        let near = from.saturating_sub(2);
        let bytes = &self.text.as_bytes()[near..];
        self.has_return |= memchr::memchr(b'\r', bytes).is_some();
        self.has_section_end |=
            memchr::memchr(b']', bytes).is_some() && memchr::memmem::find(bytes, b"]]>").is_some();
        let bytes = &self.text.as_bytes()[from..];
        let control = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
        let any = bytes.iter().fold(false, |any, byte| any | control(*byte));
        if !any && !noncharacter {
            return;
        }
        for (at, c) in self.text[from..].char_indices() {
            if !super::chars::is_char(c) && self.illegal.len() < MOST_BAD {
                self.illegal.push(self.base + (from + at) as u64);
            }
        }
    }

    /// The offset in the input of an offset in the text, which the window still holds.
    pub(crate) fn original(&self, text: u64) -> u64 {
        let at = self.marks.partition_point(|mark| mark.text <= text);
        let Some(mark) = self.marks.get(at.saturating_sub(1)) else {
            return text;
        };
        let ahead = text.saturating_sub(mark.text);
        if mark.same || ahead == 0 {
            return mark.original + ahead;
        }
        let from = (mark.original.saturating_sub(self.original_base)) as usize;
        let Some(bytes) = self.original.get(from..) else {
            return mark.original;
        };
        walk(self.encoding, bytes, ahead as usize) + mark.original
    }

    /// Line and column of an offset in the text; one that the window has left stands where the
    /// window begins.
    pub(crate) fn locate(&self, text: u64) -> LineColumn {
        let len = (text.saturating_sub(self.base) as usize).min(self.text.len());
        // Most places are asked for in the order of the text.
        let (at, line, column) = self.cursor.get();
        let before = at.saturating_sub(self.base) as usize;
        let (from, line, column) = if at >= self.base && before <= len {
            (before, line, column)
        } else {
            (0, self.line, self.column)
        };
        let (line, column) = advance(line, column, &self.text.as_bytes()[from..len]);
        self.cursor.set((self.base + len as u64, line, column));
        LineColumn { line, column }
    }

    /// Passes over all that is left, and gives the length of the input in bytes.
    pub(crate) fn drain(&mut self) -> Result<u64> {
        while !self.ended {
            self.consume(self.text.len());
            self.more()?;
        }
        Ok(self.decoded)
    }

    /// How many bytes of the input were decoded.
    pub(crate) fn decoded(&self) -> u64 {
        self.decoded
    }
}

/// Line and column after `passed`.
fn advance(line: u64, column: u64, passed: &[u8]) -> (u64, u64) {
    let characters = |bytes: &[u8]| {
        let count = bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        count as u64
    };
    match memchr::memrchr(b'\n', passed) {
        None => (line, column + characters(passed)),
        Some(last) => {
            let breaks = memchr::memchr_iter(b'\n', &passed[..=last]).count() as u64;
            (line + breaks, 1 + characters(&passed[last + 1..]))
        }
    }
}

/// How many of `bytes`, which begin with a character, end with a character for certain. No trail
/// byte of the multi-byte encodings is below 0x30, nor one of `:;<=>?`.
fn boundary(encoding: &'static Encoding, bytes: &[u8]) -> Option<usize> {
    if encoding == UTF_16LE || encoding == UTF_16BE {
        let high = usize::from(encoding == UTF_16LE);
        let units = bytes.chunks_exact(2);
        let surrogate = units.last().is_some_and(|unit| unit[high] & 0xF8 == 0xD8);
        let len = bytes.len() & !1;
        return Some(len - if surrogate { 2 } else { 0 }).filter(|len| *len > 0);
    }
    if encoding.is_single_byte() {
        return Some(bytes.len()).filter(|len| *len > 0);
    }
    let certain = |byte: &u8| *byte < 0x30 || (0x3A..=0x3F).contains(byte);
    bytes.iter().rposition(certain).map(|at| at + 1)
}

/// How many of `bytes` make the first `ahead` bytes of text.
fn walk(encoding: &'static Encoding, bytes: &[u8], ahead: usize) -> u64 {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut out = [0u8; 16];
    let (mut made, mut used) = (0, 0);
    let mut whole = 0;
    while made < ahead && used < bytes.len() {
        let one = [bytes[used]];
        let (result, _, written, _) = decoder.decode_to_utf8(&one, &mut out, false);
        used += 1;
        debug_assert_ne!(result, CoderResult::OutputFull);
        made += written;
        if written > 0 {
            whole = used;
        }
    }
    whole as u64
}

/// The encoding of a document that begins with `start`, and the length of its byte order mark
/// (XML 1.0 appendix F).
fn detect(
    start: &[u8],
    charset: Option<&'static Encoding>,
    seen: &mut Seen,
) -> (&'static Encoding, usize) {
    let marked = Encoding::for_bom(start);
    if let Some(charset) = charset {
        let bom = marked.filter(|(encoding, _)| *encoding == charset);
        return (charset, bom.map_or(0, |(_, len)| len));
    }
    if let Some((encoding, len)) = marked {
        let text = encoding.decode_without_bom_handling(&start[len..]).0;
        seen.declared = declared(&text);
        seen.mismatch = seen
            .declared
            .as_deref()
            .is_some_and(|name| !fits(name, encoding));
        return (encoding, len);
    }
    let wide = match start {
        [b'<', 0, _, 0, ..] => Some(UTF_16LE),
        [0, b'<', 0, _, ..] => Some(UTF_16BE),
        _ => None,
    };
    if let Some(encoding) = wide {
        let text = encoding.decode_without_bom_handling(start).0;
        seen.declared = declared(&text);
        seen.mismatch = seen
            .declared
            .as_deref()
            .is_some_and(|name| !fits(name, encoding));
        return (encoding, 0);
    }
    let end = memchr::memchr(b'>', start).unwrap_or(start.len());
    let Some(name) = declared(&String::from_utf8_lossy(&start[..end])) else {
        return (UTF_8, 0);
    };
    let encoding = Encoding::for_label(name.as_bytes());
    seen.declared = Some(name);
    match encoding {
        None => {
            seen.unknown = true;
            (UTF_8, 0)
        }
        // One byte for a character was just seen.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
            seen.mismatch = true;
            (UTF_8, 0)
        }
        // A superset; both decode alike.
        Some(encoding) if encoding == encoding_rs::GBK => (encoding_rs::GB18030, 0),
        Some(encoding) => (encoding, 0),
    }
}

/// Whether an encoding may be declared by that name.
fn fits(name: &str, encoding: &'static Encoding) -> bool {
    if name.eq_ignore_ascii_case("utf-16") {
        return encoding == UTF_16LE || encoding == UTF_16BE;
    }
    Encoding::for_label(name.as_bytes()) == Some(encoding)
}

/// The encoding that an XML declaration at the beginning of `text` names.
fn declared(text: &str) -> Option<String> {
    let rest = text.strip_prefix("<?xml")?;
    let rest = &rest[..rest.find("?>").unwrap_or(rest.len())];
    let at = rest.find("encoding")?;
    let rest = rest[at + 8..].trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let rest = &rest[1..];
    Some(rest[..rest.find(quote)?].to_owned())
}
