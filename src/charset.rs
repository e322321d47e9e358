//! Character sets, shared by all syntaxes: those of ISO 9735 and any other by its label. Their
//! repertoire, decoding, and what bytes look like.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// Gives the length in bytes of the character at a place, for character sets in which the second
/// byte of a character may look like a separator.
pub type CharacterLength = fn(&[u8], usize) -> usize;

/// A character set: one that a syntax identifier (data element 0001) names, or one chosen instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset {
    name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Level A of ISO 9735: capital letters.
    LevelA,
    /// Level B: capital and small letters.
    LevelB,
    /// ISO 8859-1.
    Latin1,
    /// ISO 8859-9: ISO 8859-1 with six Turkish letters.
    Latin5,
    /// Any other, decoded by encoding_rs.
    Encoding(&'static Encoding),
}

use Kind::{Latin1, Latin5, LevelA, LevelB};

/// The syntax identifiers of ISO 9735 and their character sets. UNOX is decoded as UTF-8 here:
/// input that switches by ISO 2022 escape sequences is transcoded before it is read.
const IDENTIFIERS: [(&str, Kind); 15] = [
    ("UNOA", LevelA),
    ("UNOB", LevelB),
    ("UNOC", Latin1),
    ("UNOD", Kind::Encoding(encoding_rs::ISO_8859_2)),
    ("UNOE", Kind::Encoding(encoding_rs::ISO_8859_5)),
    ("UNOF", Kind::Encoding(encoding_rs::ISO_8859_7)),
    ("UNOG", Kind::Encoding(encoding_rs::ISO_8859_3)),
    ("UNOH", Kind::Encoding(encoding_rs::ISO_8859_4)),
    ("UNOI", Kind::Encoding(encoding_rs::ISO_8859_6)),
    ("UNOJ", Kind::Encoding(encoding_rs::ISO_8859_8)),
    ("UNOK", Latin5),
    ("UNOL", Kind::Encoding(encoding_rs::ISO_8859_15)),
    ("UNOW", Kind::Encoding(encoding_rs::UTF_8)),
    ("UNOX", Kind::Encoding(encoding_rs::UTF_8)),
    ("UNOY", Kind::Encoding(encoding_rs::UTF_8)),
];

/// How bytes are made UTF-8 before separators are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// By an encoding.
    Encoding(&'static Encoding),
    /// By the escape sequences of ISO 2022; its name.
    Switching(&'static str),
}

impl Coding {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Encoding(encoding) => encoding.name(),
            Self::Switching(name) => name,
        }
    }
}

/// Names of texts that switch by the escape sequences of ISO 2022. They are read as UTF-8 when
/// they were transcoded.
const SWITCHING: [&str; 4] = ["ISO-2022", "ISO-2022-JP", "ISO-2022-KR", "ISO-2022-CN"];

/// Whether the bytes of a block are as they should be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    /// Says so.
    pub(crate) good: fn(&[u8]) -> bool,
    /// It says so of all blocks of bytes in these ranges, both ends included, and line breaks: who
    /// has seen that a block is one does not ask.
    pub(crate) usual: [(u8, u8); 4],
}

impl Watch {
    /// No byte but line breaks.
    pub(crate) const NONE: (u8, u8) = (b'\n', b'\n');
}

impl Charset {
    /// The character set that a syntax identifier names, as `UNOC`.
    #[must_use]
    pub fn of_syntax_identifier(identifier: &[u8]) -> Option<Self> {
        let (name, kind) = IDENTIFIERS
            .iter()
            .find(|(name, _)| name.as_bytes() == identifier)?;
        Some(Self { name, kind: *kind })
    }

    /// The character set that people call `label`: a syntax identifier, or a label of the WHATWG
    /// encoding standard (`gb18030`, `utf-8`, `big5`, …).
    #[must_use]
    pub fn for_label(label: &str) -> Option<Self> {
        let upper = label.trim().to_ascii_uppercase();
        if let Some(found) = Self::of_syntax_identifier(upper.as_bytes()) {
            return Some(found);
        }
        if let Some(name) = SWITCHING.iter().find(|name| **name == upper) {
            return Some(Self {
                name,
                kind: Kind::Encoding(encoding_rs::UTF_8),
            });
        }
        let kind = match upper.as_str() {
            "ISO-8859-1" | "ISO8859-1" | "LATIN1" => Kind::Latin1,
            "ISO-8859-9" | "ISO8859-9" | "LATIN5" => Kind::Latin5,
            _ => {
                let encoding = Encoding::for_label(label.trim().as_bytes())?;
                return Some(Self {
                    name: encoding.name(),
                    kind: Kind::Encoding(encoding),
                });
            }
        };
        let name = if kind == Kind::Latin1 {
            "ISO-8859-1"
        } else {
            "ISO-8859-9"
        };
        Some(Self { name, kind })
    }

    /// Whether it is named by a syntax identifier of ISO 9735, as `UNOC`.
    #[must_use]
    pub fn is_syntax_identifier(&self) -> bool {
        Self::of_syntax_identifier(self.name.as_bytes()).is_some()
    }

    /// Its name: the syntax identifier, or the name of the encoding.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The encoding that decodes it, for syntaxes that are read as text.
    pub(crate) fn encoding(self) -> &'static Encoding {
        match self.kind {
            Kind::Encoding(encoding) => encoding,
            // ASCII is a part of it, and what people write beside it mostly is too.
            LevelA | LevelB => encoding_rs::UTF_8,
            Latin1 => encoding_rs::WINDOWS_1252,
            Latin5 => encoding_rs::WINDOWS_1254,
        }
    }

    fn is_utf8(self) -> bool {
        self.kind == Kind::Encoding(encoding_rs::UTF_8)
    }

    /// Whether bytes of it are to be transcoded before separators are looked for.
    #[cfg_attr(not(feature = "parallel"), allow(dead_code))]
    pub(crate) fn transcoded(self) -> Option<Coding> {
        if SWITCHING.contains(&self.name) {
            return Some(Coding::Switching(self.name));
        }
        match self.kind {
            Kind::Encoding(encoding)
                if encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE =>
            {
                Some(Coding::Encoding(encoding))
            }
            _ => None,
        }
    }

    /// Whether it is one of the levels of ISO 9735 that are parts of ASCII.
    pub(crate) fn is_level(self) -> bool {
        matches!(self.kind, Kind::LevelA | Kind::LevelB)
    }

    fn is_double_byte(self) -> bool {
        let double = [
            encoding_rs::GB18030,
            encoding_rs::GBK,
            encoding_rs::BIG5,
            encoding_rs::SHIFT_JIS,
            encoding_rs::EUC_KR,
            encoding_rs::EUC_JP,
        ];
        matches!(self.kind, Kind::Encoding(encoding) if double.contains(&encoding))
    }

    /// The text of `bytes`; `None` where they are no characters of this set.
    #[must_use]
    pub fn decode<'b>(&self, bytes: &'b [u8]) -> Option<Cow<'b, str>> {
        match self.kind {
            Kind::Encoding(encoding) => {
                encoding.decode_without_bom_handling_and_without_replacement(bytes)
            }
            _ if bytes.is_ascii() => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Kind::Latin5 => Some(
                bytes
                    .iter()
                    .map(|byte| latin5(*byte))
                    .collect::<String>()
                    .into(),
            ),
            Kind::LevelA | Kind::LevelB => None,
            Kind::Latin1 => Some(
                bytes
                    .iter()
                    .map(|byte| char::from(*byte))
                    .collect::<String>()
                    .into(),
            ),
        }
    }

    /// The bytes of `text`, which [`decode`](Self::decode) gives back; `None` where the set does
    /// not have all its characters.
    #[must_use]
    pub fn encode<'t>(&self, text: &'t str) -> Option<Cow<'t, [u8]>> {
        if text.is_ascii() {
            return Some(Cow::Borrowed(text.as_bytes()));
        }
        let bytes = match self.kind {
            Kind::LevelA | Kind::LevelB => return None,
            Kind::Latin1 => text
                .chars()
                .map(|c| u8::try_from(u32::from(c)).ok())
                .collect::<Option<Vec<u8>>>()?,
            Kind::Latin5 => text
                .chars()
                .map(|c| (0..=u8::MAX).find(|byte| latin5(*byte) == c))
                .collect::<Option<Vec<u8>>>()?,
            Kind::Encoding(encoding) => {
                let (bytes, used, failed) = encoding.encode(text);
                // UTF-16 is written as UTF-8.
                if failed || used != encoding {
                    return (!failed).then_some(bytes);
                }
                return (self.decode(&bytes)? == text).then_some(bytes);
            }
        };
        Some(Cow::Owned(bytes))
    }

    /// The text of `bytes` for people: what does not decode is taken for UTF-8 or replaced.
    #[must_use]
    pub fn decode_lossy<'b>(&self, bytes: &'b [u8]) -> Cow<'b, str> {
        match self.kind {
            Kind::Encoding(encoding) => encoding.decode_without_bom_handling(bytes).0,
            _ => self
                .decode(bytes)
                .unwrap_or_else(|| String::from_utf8_lossy(bytes)),
        }
    }

    /// Whether every byte of a segment is in the repertoire, line breaks set aside. The service
    /// characters are part of levels A and B.
    #[inline]
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        // Comparisons only, so that the compiler makes vectors of them.
        let is_break = |byte: u8| (byte == b'\r') | (byte == b'\n');
        let common = |byte: u8| {
            (byte.wrapping_sub(0x20) <= 2)
                | (byte.wrapping_sub(0x25) <= 0x1A)
                | (byte.wrapping_sub(b'A') < 26)
                | is_break(byte)
        };
        match self.kind {
            Kind::LevelA => all(bytes, common),
            Kind::LevelB => all(bytes, |byte| common(byte) | (byte.wrapping_sub(b'a') < 26)),
            Kind::Latin1 | Kind::Latin5 => all(bytes, |byte| {
                ((byte & 0x7F >= 0x20) & (byte != 0x7F)) | is_break(byte)
            }),
            Kind::Encoding(encoding) => {
                all(bytes, |byte| {
                    (byte.wrapping_sub(0x20) < 0x5F) | is_break(byte)
                }) || self.decodes(encoding, bytes)
            }
        }
    }

    fn decodes(self, encoding: &'static Encoding, bytes: &[u8]) -> bool {
        let control = bytes
            .iter()
            .any(|byte| (*byte < 0x20 || *byte == 0x7F) && !matches!(byte, b'\r' | b'\n'));
        if control {
            return false;
        }
        if self.is_utf8() {
            return std::str::from_utf8(bytes).is_ok();
        }
        encoding
            .decode_without_bom_handling_and_without_replacement(bytes)
            .is_some()
    }

    /// A quick look at a block of text: whether all of it is in the repertoire. Blocks cut
    /// characters of several bytes, so of other sets only ASCII passes.
    pub(crate) fn watch(self) -> Watch {
        const ASCII: [(u8, u8); 4] = [(b' ', b'~'), Watch::NONE, Watch::NONE, Watch::NONE];
        const COMMON: [(u8, u8); 3] = [(b' ', b'"'), (b'%', b'?'), (b'A', b'Z')];
        let [first, second, third] = COMMON;
        let usual = match self.kind {
            Kind::LevelA => [first, second, third, Watch::NONE],
            Kind::LevelB => [first, second, third, (b'a', b'z')],
            // What looks like other text than accented letters is looked at.
            Kind::Latin1 | Kind::Latin5 => ASCII,
            Kind::Encoding(_) => ASCII,
        };
        let good: fn(&[u8]) -> bool = match self.kind {
            Kind::LevelA => |block| {
                Charset {
                    name: "",
                    kind: Kind::LevelA,
                }
                .holds(block)
            },
            Kind::LevelB => |block| {
                Charset {
                    name: "",
                    kind: Kind::LevelB,
                }
                .holds(block)
            },
            Kind::Latin1 | Kind::Latin5 | Kind::Encoding(_) => |block| {
                block.iter().fold(true, |all, byte| {
                    all & ((byte.wrapping_sub(0x20) < 0x5F) | (*byte == b'\r') | (*byte == b'\n'))
                })
            },
        };
        Watch { good, usual }
    }

    /// Counts the characters of a stretch of text.
    pub(crate) fn counter(self) -> fn(&[u8]) -> usize {
        if self.is_utf8() {
            |bytes| bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
        } else if self.kind == Kind::Encoding(encoding_rs::GB18030)
            || self.kind == Kind::Encoding(encoding_rs::GBK)
        {
            |bytes| count(gb18030_length, bytes)
        } else if self.is_double_byte() {
            |bytes| count(double_byte_length, bytes)
        } else {
            // Files in UTF-8 that say otherwise are common: their columns count characters too.
            |bytes| {
                if bytes.is_ascii() {
                    return bytes.len();
                }
                std::str::from_utf8(bytes).map_or(bytes.len(), |text| text.chars().count())
            }
        }
    }

    /// Whether a character may take several bytes, so that lengths are counted in characters.
    pub(crate) fn is_multi_byte(self) -> bool {
        self.is_utf8() || self.is_double_byte()
    }

    /// What a reader needs when a byte of a character behind its first may be one of `separators`.
    pub(crate) fn character_length(
        self,
        separators: impl IntoIterator<Item = u8>,
    ) -> Option<CharacterLength> {
        let trail = |byte: u8| byte.is_ascii_digit() || byte >= 0x40;
        if !self.is_double_byte() || !separators.into_iter().any(trail) {
            return None;
        }
        let gb = self.kind == Kind::Encoding(encoding_rs::GB18030)
            || self.kind == Kind::Encoding(encoding_rs::GBK);
        Some(if gb {
            gb18030_length
        } else {
            double_byte_length
        })
    }
}

/// Whether every byte is good. Blocks of fixed length, so that the compiler makes vectors of them.
#[inline(always)]
fn all(bytes: &[u8], good: impl Fn(u8) -> bool) -> bool {
    let bad = |block: &[u8]| {
        block
            .iter()
            .fold(0u8, |bad, byte| bad | u8::from(!good(*byte)))
    };
    let (blocks, rest) = bytes.as_chunks::<64>();
    blocks.iter().all(|block| bad(block) == 0) && bad(rest) == 0
}

fn latin5(byte: u8) -> char {
    match byte {
        0xD0 => 'Ğ',
        0xDD => 'İ',
        0xDE => 'Ş',
        0xF0 => 'ğ',
        0xFD => 'ı',
        0xFE => 'ş',
        _ => char::from(byte),
    }
}

/// Length of the GB18030 character at `at`: one, two or four bytes.
fn gb18030_length(bytes: &[u8], at: usize) -> usize {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(0x81..=0xFE), Some(0x30..=0x39)) => 4,
        (Some(0x81..=0xFE), Some(0x40..=0x7E | 0x80..=0xFE)) => 2,
        // At the end of a stretch the second byte is not in sight yet.
        (Some(0x81..=0xFE), None) => 2,
        _ => 1,
    }
}

fn double_byte_length(bytes: &[u8], at: usize) -> usize {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(0x81..=0xFE), Some(0x40..) | None) => 2,
        _ => 1,
    }
}

fn count(length: CharacterLength, bytes: &[u8]) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < bytes.len() {
        at += length(bytes, at);
        count += 1;
    }
    count
}

/// The character set of a flat file, by text in which characters outside ASCII stand: UTF-8 where it is that,
/// else GB18030, which GB 2312 and GBK are parts of. A character cut off at the end does not
/// count.
pub(crate) fn decide(bytes: &[u8]) -> Option<Charset> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").map_or(bytes, |rest| {
        // What says so itself needs no look.
        if rest.is_ascii() {
            b"\xE2\x80\x8B"
        } else {
            rest
        }
    });
    if bytes.is_ascii() {
        return None;
    }
    let utf8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && !bytes[..error.valid_up_to()].is_ascii(),
    };
    // Chinese text in UTF-8 takes three bytes a character; two at a time may be GB 2312.
    let wide = bytes.iter().any(|byte| *byte >= 0xE0);
    let hanzi = bytes.iter().any(|byte| (0xB0..=0xF7).contains(byte));
    Charset::for_label(if utf8 && (wide || !hanzi) {
        "utf-8"
    } else {
        "gb18030"
    })
}

impl Charset {
    /// What a value rather is that this set of accented letters holds too: UTF-8, or Chinese text as GB 18030 has it,
    /// whose characters are pairs of high bytes. In words of European languages accented letters do not
    /// stand in pairs only, two of them and more.
    pub(crate) fn hides(self, bytes: &[u8]) -> Option<Charset> {
        if bytes.is_ascii() {
            return None;
        }
        if !self.is_accented() {
            return None;
        }
        let mut pairs = 0;
        for run in high_runs(bytes) {
            if !run.chunks(2).all(is_chinese) {
                return None;
            }
            pairs += run.len() / 2;
        }
        let label = match std::str::from_utf8(bytes) {
            Ok(_) => "utf-8",
            Err(_) => "gb18030",
        };
        (pairs > 1).then(|| Charset::for_label(label)).flatten()
    }

    /// Whether bytes may hold a value that [`hides`](Self::hides) something: a quick look.
    pub(crate) fn may_hide(self, bytes: &[u8]) -> bool {
        !bytes.is_ascii()
            && self.is_accented()
            && high_runs(bytes).any(|run| run.chunks(2).all(is_chinese))
    }

    /// Whether all printable characters of ASCII are in the repertoire.
    #[inline]
    pub(crate) fn holds_ascii(self) -> bool {
        !matches!(self.kind, Kind::LevelA | Kind::LevelB)
    }

    /// Whether a set of accented letters, each of one byte.
    fn is_accented(self) -> bool {
        match self.kind {
            Kind::Latin1 | Kind::Latin5 => true,
            Kind::Encoding(encoding) => matches!(
                encoding.name(),
                "ISO-8859-2"
                    | "ISO-8859-3"
                    | "ISO-8859-4"
                    | "ISO-8859-10"
                    | "ISO-8859-14"
                    | "ISO-8859-15"
            ),
            _ => false,
        }
    }
}

/// Whether all bytes, without control characters below the space among them, are printable characters
/// of ASCII.
#[inline]
pub(crate) fn is_printable_ascii(bytes: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // DEL and one more is no ASCII either.
    let other = |word: u64| (word | word.wrapping_add(ONES)) & (ONES << 7);
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut found = chunks
        .iter()
        .fold(0, |found, chunk| found | other(u64::from_le_bytes(*chunk)));
    match bytes.last_chunk::<8>() {
        Some(chunk) => found |= other(u64::from_le_bytes(*chunk)),
        None => found |= u64::from(rest.iter().any(|byte| *byte >= 0x7F)),
    }
    found == 0
}

/// Runs of bytes outside ASCII.
fn high_runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let runs = bytes.split(|byte| byte.is_ascii());
    runs.filter(|run| !run.is_empty())
}

/// A character of the rows of GB 2312 that hold Chinese characters, 16 to 87.
fn is_chinese(pair: &[u8]) -> bool {
    matches!(pair, [0xB0..=0xF7, 0xA1..=0xFE])
}

/// The other sets in which bytes that can be read as GB 18030 make words as well, behind each other;
/// `None` where there is none. Of Big5 and EUC-KR those rows count in which nearly all characters of
/// running text are, of windows-1251 the letters of Russian.
pub(crate) fn alternatives(bytes: &[u8]) -> Option<String> {
    let (mut big5, mut korean) = (true, true);
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii() {
            at += 1;
            continue;
        }
        let (lead, trail) = (bytes[at], bytes.get(at + 1).copied().unwrap_or(0));
        big5 &= matches!(lead, 0xA4..=0xC6) && matches!(trail, 0x40..=0x7E | 0xA1..=0xFE);
        korean &= matches!(lead, 0xB0..=0xC8) && trail >= 0xA1;
        at += 2;
    }
    let mut high = bytes.iter().filter(|byte| !byte.is_ascii());
    let russian = high.all(|byte| matches!(byte, 0xA8 | 0xB8 | 0xC0..));
    let sets = [
        (big5, "Big5"),
        (korean, "EUC-KR"),
        (russian, "windows-1251"),
    ];
    let names = sets
        .into_iter()
        .filter_map(|(fits, name)| fits.then_some(name));
    let names = names.collect::<Vec<_>>().join("/");
    (!names.is_empty()).then_some(names)
}

/// What bytes outside ASCII look like.
#[must_use]
pub fn guess(bytes: &[u8]) -> Option<Charset> {
    if bytes.is_ascii() {
        return None;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return Charset::for_label("utf-8");
    }
    // Chinese text keeps to the rows of GB 2312 (16 to 87): both bytes are high. Accented letters
    // of single-byte sets rarely stand in pairs.
    let (mut at, mut pairs) = (0, 0);
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (0..=0x7F, _) => at += 1,
            (0xA1..=0xF7, Some(0xA1..=0xFE)) => {
                pairs += 1;
                at += 2;
            }
            (0x81..=0xFE, Some(0x40..=0x7E | 0x80..=0xFE)) => at += 2,
            _ => return None,
        }
    }
    (pairs > 0).then(|| Charset::for_label("gb18030")).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repertoires() {
        let of = |name: &str| Charset::of_syntax_identifier(name.as_bytes()).unwrap();
        assert!(of("UNOA").holds(b"ABC 019 .,-()/='+:?!\"%&*;<>\r\n"));
        for outside in ["a", "#", "@", "[", "\u{e9}", "\t", "$", "{"] {
            assert!(!of("UNOA").holds(outside.as_bytes()), "{outside}");
        }
        assert!(of("UNOB").holds(b"Abc") && !of("UNOB").holds(b"a#"));
        assert!(
            of("UNOC").holds(b"a#\xE9") && !of("UNOC").holds(b"\x85") && !of("UNOC").holds(b"\x7F")
        );
        assert!(of("UNOY").holds("中".as_bytes()) && !of("UNOY").holds(b"\xE9"));
        assert!(of("UNOE").holds(b"\xB0") && !of("UNOE").holds(b"\x01"));
    }

    #[test]
    fn decoding() {
        let of = |label: &str| Charset::for_label(label).unwrap();
        assert_eq!(
            of("UNOC").decode(b"caf\xE9\x85").unwrap(),
            "caf\u{e9}\u{85}"
        );
        assert_eq!(of("UNOK").decode(b"\xD0\xFD").unwrap(), "Ğı");
        assert_eq!(of("UNOD").decode(b"\xA3").unwrap(), "Ł");
        assert_eq!(of("gb18030").decode(b"\xD6\xD0\xB9\xFA").unwrap(), "中国");
        assert_eq!(of("UNOA").decode(b"\xD6\xD0"), None);
        assert_eq!(of("utf-8").decode(b"\xD6"), None);
        assert!(Charset::for_label("no-such-set").is_none());
        assert_eq!(of("gb18030").counter()(b"a\xD6\xD0\x81\x30\x81\x30"), 3);
        assert_eq!(of("utf-8").counter()("a中".as_bytes()), 2);
    }

    #[test]
    fn encoding_is_the_way_back() {
        for label in ["UNOC", "UNOD", "UNOE", "UNOK", "UNOL"] {
            let set = Charset::for_label(label).unwrap();
            for byte in 0..=u8::MAX {
                if let Some(text) = set.decode(&[byte]) {
                    assert_eq!(set.encode(&text).as_deref(), Some(&[byte][..]), "{label}");
                }
            }
        }
        let of = |label: &str| Charset::for_label(label).unwrap();
        assert_eq!(of("gb18030").encode("中").unwrap(), &b"\xD6\xD0"[..]);
        assert_eq!(of("UNOC").encode("中"), None);
        assert_eq!(of("UNOA").encode("é"), None);
        assert_eq!(of("utf-8").encode("中").unwrap(), "中".as_bytes());
    }

    #[test]
    fn printable_ascii() {
        for len in 0..40 {
            let text = vec![b'~'; len];
            assert!(is_printable_ascii(&text));
            for at in 0..len {
                for byte in 0x7F..=0xFF {
                    let mut text = text.clone();
                    text[at] = byte;
                    assert!(!is_printable_ascii(&text), "{byte:x} at {at} of {len}");
                }
            }
        }
    }

    #[test]
    fn chinese_under_a_set_of_accented_letters() {
        let of = |name: &str| Charset::of_syntax_identifier(name.as_bytes()).unwrap();
        let (shanghai, cyrillic) = (b"NAD \xC9\xCF\xBA\xA3", of("UNOE"));
        assert_eq!(
            of("UNOC").hides(shanghai).map(|of| of.name()),
            Some("gb18030")
        );
        assert!(cyrillic.hides(shanghai).is_none());
        for text in [
            &b"caf\xE9 cr\xE8me"[..],
            b"\xC9T\xC9",
            b"Stra\xDFe",
            b"cr\xE9\xE9",
            b"\xC4\xD6\xDC",
        ] {
            assert!(of("UNOC").hides(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn text_in_utf8_under_a_set_of_accented_letters() {
        let set = Charset::for_label("UNOC").unwrap();
        let hidden = set.hides("Geschäftsführer".as_bytes());
        assert_eq!(hidden.map(|of| of.name()), Some("UTF-8"));
    }

    #[test]
    fn what_may_be_chinese_or_other() {
        let in_set = |label: &str, text: &str| {
            let bytes = Charset::for_label(label).unwrap();
            alternatives(&bytes.encode(text).unwrap()).unwrap_or_default()
        };
        assert_eq!(in_set("gb18030", "上海某某国际货运代理有限公司"), "");
        assert!(in_set("big5", "中文").contains("Big5"));
        assert!(in_set("euc-kr", "서울특별시").contains("EUC-KR"));
        assert_eq!(in_set("windows-1251", "МОСКВА"), "windows-1251");
    }

    #[test]
    fn guesses() {
        let name = |bytes: &[u8]| guess(bytes).map(|charset| charset.name());
        assert_eq!(name(b"plain"), None);
        assert_eq!(name("上海".as_bytes()), Some("UTF-8"));
        assert_eq!(name(b"NAD \xC9\xCF\xBA\xA3"), Some("gb18030"));
        assert_eq!(name(b"caf\xE9 cr\xE8me"), None);
    }
}
