//! Text that switches between character sets by escape sequences (ISO/IEC 2022), as UNOX allows.
//!
//! The sets are those of the International Register that the encodings of the WHATWG standard
//! hold: ASCII, JIS X 0201, JIS X 0208 and 0212, GB 2312, KS X 1001, and the right halves of ISO
//! 8859; and UTF-8, entered by `ESC % G`. Bytes with the highest bit where no set was called for
//! them are read as UTF-8.

use encoding_rs::Encoding;

/// A set of characters that was called to one of the four places G0 to G3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    None,
    Ascii,
    /// JIS X 0201, left half: ASCII but for the yen sign and the overline.
    Roman,
    /// JIS X 0201, right half.
    Katakana,
    /// Bytes which an encoding has at 0xA0 and above.
    Right(&'static Encoding),
    /// Characters of two bytes which an encoding has at 0xA1 and above, behind some byte or none.
    Double(&'static Encoding, Option<u8>),
}

/// What comes next in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A character of so many bytes.
    Char(char, usize),
    /// So many bytes that switch.
    Switch(usize),
    /// An escape sequence of so many bytes that is not known.
    Unknown(usize),
    /// So many bytes that are no character.
    Malformed(usize),
}

/// Where a text stands among its sets.
#[derive(Clone, Debug)]
pub(super) struct Switching {
    sets: [Set; 4],
    /// Which of them bytes without and with the highest bit are of.
    left: usize,
    right: usize,
    /// The next character is of this one.
    single: Option<usize>,
    utf8: bool,
}

const ESC: u8 = 0x1B;
const KS: Set = Set::Double(encoding_rs::EUC_KR, None);
const GB: Set = Set::Double(encoding_rs::GBK, None);
const JIS: Set = Set::Double(encoding_rs::EUC_JP, None);
/// JIS X 0212, which EUC-JP has behind 0x8F.
const JIS_MORE: Set = Set::Double(encoding_rs::EUC_JP, Some(0x8F));

impl Switching {
    /// The start of a text of the encoding that is called `name`.
    pub(super) fn new(name: &str) -> Self {
        let called = match name {
            "ISO-2022-KR" => KS,
            "ISO-2022-CN" => GB,
            _ => Set::None,
        };
        Self {
            sets: [Set::Ascii, called, Set::None, Set::None],
            left: 0,
            right: 1,
            single: None,
            utf8: false,
        }
    }

    /// What `bytes`, which are not empty, begin with.
    pub(super) fn next(&mut self, bytes: &[u8]) -> Piece {
        let first = bytes[0];
        match first {
            ESC => return self.escape(bytes),
            // Shift out and shift in.
            0x0E | 0x0F if !self.utf8 => {
                self.left = usize::from(first == 0x0E);
                return Piece::Switch(1);
            }
            // Single shifts.
            0x8E | 0x8F if !self.utf8 && self.sets[usize::from(first) - 0x8C] != Set::None => {
                self.single = Some(usize::from(first) - 0x8C);
                return Piece::Switch(1);
            }
            // Controls and the space are of no set.
            0..=0x20 | 0x7F => return Piece::Char(char::from(first), 1),
            _ => {}
        }
        let place = match self.single.take() {
            Some(place) => place,
            None if self.utf8 => return utf8(bytes),
            None if first < 0x80 => self.left,
            None => self.right,
        };
        match self.sets[place] {
            Set::None if first >= 0x80 => utf8(bytes),
            Set::None => Piece::Malformed(1),
            Set::Ascii if first < 0x80 => Piece::Char(char::from(first), 1),
            Set::Roman if first < 0x80 => Piece::Char(
                match first {
                    b'\\' => '\u{A5}',
                    b'~' => '\u{203E}',
                    _ => char::from(first),
                },
                1,
            ),
            Set::Ascii | Set::Roman => Piece::Malformed(1),
            Set::Katakana => {
                let at = u32::from(first & 0x7F)
                    .checked_sub(0x21)
                    .filter(|at| *at < 63);
                let found = at.and_then(|at| char::from_u32(0xFF61 + at));
                found.map_or(Piece::Malformed(1), |found| Piece::Char(found, 1))
            }
            Set::Right(encoding) => decoded(encoding, &[first | 0x80], 1),
            Set::Double(encoding, before) => {
                let Some(&second) = bytes.get(1) else {
                    return Piece::Malformed(1);
                };
                if second & 0x7F <= 0x20 || second & 0x80 != first & 0x80 {
                    return Piece::Malformed(1);
                }
                let pair = [first | 0x80, second | 0x80];
                match before {
                    Some(before) => decoded(encoding, &[before, pair[0], pair[1]], 2),
                    None => decoded(encoding, &pair, 2),
                }
            }
        }
    }

    /// An escape sequence: ESC, bytes from 0x20 to 0x2F, and a last byte.
    fn escape(&mut self, bytes: &[u8]) -> Piece {
        let between = bytes[1..]
            .iter()
            .take_while(|byte| (0x20..=0x2F).contains(*byte))
            .count();
        let Some(&last) = bytes
            .get(1 + between)
            .filter(|byte| (0x30..=0x7E).contains(*byte))
        else {
            return Piece::Unknown(1 + between);
        };
        let len = between + 2;
        let place = |byte: u8| usize::from(byte & 3);
        let known = match (&bytes[1..=between], last) {
            // Announcements say which of these will be met.
            ([b' '], _) => Some(()),
            (b"%", b'G') => {
                self.utf8 = true;
                Some(())
            }
            (b"%", b'@') => {
                self.utf8 = false;
                Some(())
            }
            ([], b'N' | b'O') => {
                self.single = Some(usize::from(last - b'N') + 2);
                Some(())
            }
            ([], b'n' | b'o') => {
                self.left = usize::from(last - b'n') + 2;
                Some(())
            }
            // From | to ~ they call G3 to G1.
            ([], b'|'..=b'~') => {
                self.right = usize::from(b'~' - last) + 1;
                Some(())
            }
            ([byte @ b'('..=b'+'], _) => set_of_94(last).map(|set| self.sets[place(*byte)] = set),
            ([byte @ b'-'..=b'/'], _) => set_of_96(last).map(|set| self.sets[place(*byte)] = set),
            (b"$", b'@' | b'A' | b'B') => set_of_pairs(last).map(|set| self.sets[0] = set),
            ([b'$', byte @ b'('..=b'+'], _) => {
                set_of_pairs(last).map(|set| self.sets[place(*byte)] = set)
            }
            _ => None,
        };
        match known {
            Some(()) => Piece::Switch(len),
            None => Piece::Unknown(len),
        }
    }
}

/// A set of 94 characters by the last byte of its escape sequence.
fn set_of_94(last: u8) -> Option<Set> {
    match last {
        b'@' | b'B' => Some(Set::Ascii),
        b'J' | b'H' => Some(Set::Roman),
        b'I' => Some(Set::Katakana),
        _ => None,
    }
}

/// A set of 96 characters: the right half of a part of ISO 8859.
fn set_of_96(last: u8) -> Option<Set> {
    let encoding = match last {
        // From 0xA0 on it is as ISO 8859-1.
        b'A' => encoding_rs::WINDOWS_1252,
        b'B' => encoding_rs::ISO_8859_2,
        b'C' => encoding_rs::ISO_8859_3,
        b'D' => encoding_rs::ISO_8859_4,
        b'F' => encoding_rs::ISO_8859_7,
        b'G' => encoding_rs::ISO_8859_6,
        b'H' => encoding_rs::ISO_8859_8,
        b'L' => encoding_rs::ISO_8859_5,
        // And so is this as ISO 8859-9.
        b'M' => encoding_rs::WINDOWS_1254,
        b'V' => encoding_rs::ISO_8859_10,
        b'Y' => encoding_rs::ISO_8859_13,
        b'_' => encoding_rs::ISO_8859_14,
        b'b' => encoding_rs::ISO_8859_15,
        b'f' => encoding_rs::ISO_8859_16,
        _ => return None,
    };
    Some(Set::Right(encoding))
}

/// A set of characters of two bytes.
fn set_of_pairs(last: u8) -> Option<Set> {
    match last {
        b'@' | b'B' => Some(JIS),
        b'A' => Some(GB),
        b'C' => Some(KS),
        b'D' => Some(JIS_MORE),
        _ => None,
    }
}

/// The one character that an encoding has there.
fn decoded(encoding: &'static Encoding, bytes: &[u8], len: usize) -> Piece {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    let mut chars = text.iter().flat_map(|text| text.chars());
    match (chars.next(), chars.next()) {
        (Some(found), None) => Piece::Char(found, len),
        _ => Piece::Malformed(len),
    }
}

fn utf8(bytes: &[u8]) -> Piece {
    let sight = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(sight) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&sight[..error.valid_up_to()]).unwrap_or(""),
    };
    match valid.chars().next() {
        Some(found) => Piece::Char(found, found.len_utf8()),
        None => Piece::Malformed(1),
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, Switching};

    /// The text, with `<` and `>` around what is not known and `!` for what is no character.
    fn read(name: &str, mut bytes: &[u8]) -> String {
        let mut switching = Switching::new(name);
        let mut text = String::new();
        while !bytes.is_empty() {
            let len = match switching.next(bytes) {
                Piece::Char(found, len) => {
                    text.push(found);
                    len
                }
                Piece::Switch(len) => len,
                Piece::Unknown(len) => {
                    text.push_str("<>");
                    len
                }
                Piece::Malformed(len) => {
                    text.push('!');
                    len
                }
            };
            bytes = &bytes[len..];
        }
        text
    }

    #[test]
    fn sets_are_switched() {
        for (bytes, text) in [
            (&b"A\x1b$B%\"%$\x1b(BZ"[..], "A\u{30A2}\u{30A4}Z"),
            (b"\x1b(J\\~\x1b(B\\~", "\u{A5}\u{203E}\\~"),
            (b"\x1b(I12\x1b(B1", "\u{FF71}\u{FF72}1"),
            // Shanghai in GB 2312, by shifting and with the highest bit.
            (b"\x1b$)A\x0eIO:#\x0f'", "\u{4E0A}\u{6D77}'"),
            (b"\x1b$)A\xc9\xcf\xba\xa3'", "\u{4E0A}\u{6D77}'"),
            (b"\x1b$)C\x0e<-?o\x0f", "\u{C11C}\u{C6B8}"),
            (b"\x1b-A\xe9+\x1b-L\xe9", "\u{E9}+\u{449}"),
            (b"\x1b.A\x1bN\x69i", "\u{E9}i"),
            (b"\x1b%G\xe4\xb8\x8a\x1b%@A", "\u{4E0A}A"),
            ("\u{4E0A}'".as_bytes(), "\u{4E0A}'"),
        ] {
            assert_eq!(read("UNOX", bytes), text);
        }
        assert_eq!(read("ISO-2022-KR", b"\x0e<-?o\x0f+"), "\u{C11C}\u{C6B8}+");
        assert_eq!(read("ISO-2022-CN", b"\x0eIO:#\x0f+"), "\u{4E0A}\u{6D77}+");
    }

    #[test]
    fn what_is_not_known_is_passed_by() {
        for (bytes, text) in [
            (&b"A\x1b$(QB"[..], "A<>B"),
            (b"A\x1b", "A<>"),
            (b"A\x1b$", "A<>"),
            (b"A\x1b\xffB", "A<>!B"),
            (b"\x1b$B%", "!"),
            (b"\x1b$B%\x1b(B", "!"),
            (b"\x80\xff", "!!"),
        ] {
            assert_eq!(read("UNOX", bytes), text);
        }
    }
}
