//! Characters that a character set lacks, written by others that look alike.

use crate::charset::Charset;

/// `text` in characters of `charset`: forms of full width as usual ones, letters without their marks,
/// capital letters for small ones; what is like none is `?`, or `.` where that is no letter of the
/// set either.
pub(super) fn transliterate(text: &str, charset: Charset) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let mut buffer = [0; 4];
        if holds(charset, c.encode_utf8(&mut buffer)) {
            out.push(c);
            continue;
        }
        let like = alike(c);
        if !like.is_empty() && holds(charset, like) {
            out.push_str(like);
            continue;
        }
        let plain = plain_of(c);
        let upper = match like.is_empty() {
            true => plain.to_uppercase().collect::<String>(),
            false => like.to_uppercase(),
        };
        let mut buffer = [0; 4];
        let small: &str = plain.encode_utf8(&mut buffer);
        if holds(charset, small) {
            out.push(plain);
        } else if holds(charset, &upper) {
            out.push_str(&upper);
        } else {
            out.push('.');
        }
    }
    out
}

fn holds(charset: Charset, text: &str) -> bool {
    charset
        .encode(text)
        .is_some_and(|bytes| charset.holds(&bytes))
}

/// The usual form of a character of full width; others stay as they are.
fn plain_of(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' | '\u{A0}' => ' ',
        '、' => ',',
        '。' => '.',
        '—' | '–' | '_' | '~' => '-',
        '“' | '”' | '"' | '‘' | '’' | '`' => '\'',
        '【' | '〔' | '[' | '{' => '(',
        '】' | '〕' | ']' | '}' => ')',
        '|' | '\\' => '/',
        ';' => ',',
        other => other,
    }
}

/// Letters without their marks (Latin-1 and what is next to it).
fn alike(c: char) -> &'static str {
    match c {
        'À'..='Å' | 'Ā' | 'Ă' | 'Ą' => "A",
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'Æ' => "AE",
        'æ' => "ae",
        'Ç' | 'Ć' | 'Č' => "C",
        'ç' | 'ć' | 'č' => "c",
        'È'..='Ë' | 'Ē' | 'Ę' | 'Ě' => "E",
        'è'..='ë' | 'ē' | 'ę' | 'ě' => "e",
        'Ì'..='Ï' | 'Ī' | 'İ' => "I",
        'ì'..='ï' | 'ī' | 'ı' => "i",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ñ' | 'ń' | 'ň' => "n",
        'Ò'..='Ö' | 'Ø' | 'Ō' | 'Ő' => "O",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'Œ' => "OE",
        'œ' => "oe",
        'ß' => "ss",
        'Š' | 'Ś' | 'Ş' => "S",
        'š' | 'ś' | 'ş' => "s",
        'Ù'..='Ü' | 'Ū' | 'Ű' => "U",
        'ù'..='ü' | 'ū' | 'ű' => "u",
        'Ý' | 'Ÿ' => "Y",
        'ý' | 'ÿ' => "y",
        'Ž' | 'Ź' | 'Ż' => "Z",
        'ž' | 'ź' | 'ż' => "z",
        'Ł' => "L",
        'ł' => "l",
        'Ğ' => "G",
        'ğ' => "g",
        '…' => "...",
        '№' => "NO",
        '℃' => "C",
        '×' => "X",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::transliterate;
    use crate::charset::Charset;

    #[test]
    fn what_looks_alike_is_written() {
        let to = |label: &str, text: &str| transliterate(text, Charset::for_label(label).unwrap());
        assert_eq!(to("UNOA", "Größe ＡＢ１２，x"), "GROSSE AB12,X");
        assert_eq!(to("UNOB", "Größe №5"), "Grosse NO5");
        assert_eq!(to("UNOC", "Größe 上海"), "Größe ..");
        assert_eq!(to("UNOA", "上海 A"), ".. A");
    }
}
