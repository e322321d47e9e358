//! The first letter of a Chinese character's pinyin.
//!
//! The 3,755 characters of level one of GB 2312 stand in the order of their pinyin: where a
//! letter begins is all there is to know of them. Characters of level two stand by radical;
//! theirs is not known.

/// Where each letter begins in GB 2312 (I, U and V begin no syllable).
const BEGINS: [(u16, u8); 23] = [
    (0xB0A1, b'a'),
    (0xB0C5, b'b'),
    (0xB2C1, b'c'),
    (0xB4EE, b'd'),
    (0xB6EA, b'e'),
    (0xB7A2, b'f'),
    (0xB8C1, b'g'),
    (0xB9FE, b'h'),
    (0xBBF7, b'j'),
    (0xBFA6, b'k'),
    (0xC0AC, b'l'),
    (0xC2E8, b'm'),
    (0xC4C3, b'n'),
    (0xC5B6, b'o'),
    (0xC5BE, b'p'),
    (0xC6DA, b'q'),
    (0xC8BB, b'r'),
    (0xC8F6, b's'),
    (0xCBFA, b't'),
    (0xCDDA, b'w'),
    (0xCEF4, b'x'),
    (0xD1B9, b'y'),
    (0xD4D1, b'z'),
];
/// The last character of level one.
const LAST: u16 = 0xD7F9;
/// A character whose letter is not known.
pub(super) const UNKNOWN: u8 = b'?';

/// The initials of the letters and characters of `text`, in small letters; what is neither is
/// left out.
pub(super) fn initials(text: &str) -> Vec<u8> {
    text.chars().filter_map(initial).collect()
}

fn initial(character: char) -> Option<u8> {
    if character.is_ascii_alphanumeric() {
        return Some(character.to_ascii_lowercase() as u8);
    }
    if !('\u{4E00}'..='\u{9FFF}').contains(&character) {
        return None;
    }
    let mut buffer = [0; 4];
    let (bytes, _, wrong) = encoding_rs::GBK.encode(character.encode_utf8(&mut buffer));
    let [high, low] = *bytes else {
        return Some(UNKNOWN);
    };
    let place = u16::from_be_bytes([high, low]);
    // GBK has characters of its own between those of GB 2312.
    if wrong || low < 0xA1 || !(BEGINS[0].0..=LAST).contains(&place) {
        return Some(UNKNOWN);
    }
    let after = BEGINS.partition_point(|(begin, _)| *begin <= place);
    Some(BEGINS[after - 1].1)
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_of_names() {
        for (name, letters) in [
            ("中国", "zg"),
            ("韩国", "hg"),
            ("俄罗斯", "els"),
            ("阿富汗", "afh"),
            ("北京 1区", "bj1q"),
            ("做座", "zz"),
            ("（德国）", "dg"),
            ("鄂", "e"),
            ("鹂", "?"),
        ] {
            assert_eq!(
                String::from_utf8(initials(name)).unwrap(),
                letters,
                "{name}"
            );
        }
    }
}
