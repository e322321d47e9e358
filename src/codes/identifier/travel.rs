//! Travel documents: the machine readable zone of ICAO Doc 9303.

/// The value of a character of the zone, and the check digit over several parts: weights 7, 3, 1.
fn check_digit<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Option<u8> {
    let mut sum = 0;
    let weights = [7, 3, 1].into_iter().cycle();
    for (byte, weight) in parts.into_iter().flatten().zip(weights) {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'<' => 0,
            _ => return None,
        };
        sum += u32::from(value) * weight;
    }
    Some(b'0' + (sum % 10) as u8)
}

fn field(line: &[u8], from: usize, len: usize) -> bool {
    check_digit([&line[from..from + len]]) == Some(line[from + len])
}

/// A field that may be empty, and then has `<` or 0 for its check digit.
fn optional(line: &[u8], from: usize, len: usize) -> bool {
    let empty = line[from..from + len].iter().all(|byte| *byte == b'<');
    field(line, from, len) || empty && line[from + len] == b'<'
}

/// Letters of the country or nationality, filled with `<`.
fn state(code: &[u8]) -> bool {
    let letters = code
        .iter()
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    letters > 0 && code[letters..].iter().all(|byte| *byte == b'<')
}

fn sex(byte: u8) -> bool {
    matches!(byte, b'M' | b'F' | b'X' | b'<')
}

/// Number, nationality, birth, sex and expiry as the second line of a passport has them.
fn person(line: &[u8]) -> bool {
    field(line, 0, 9)
        && state(&line[10..13])
        && field(line, 13, 6)
        && sex(line[20])
        && field(line, 21, 6)
}

/// The second line of the zone of a passport (TD3): 44 characters, five check digits.
#[must_use]
pub fn mrz_line2(text: &str) -> bool {
    let line = text.as_bytes();
    line.len() == 44 && person(line) && optional(line, 28, 14) && {
        let all = [&line[0..10], &line[13..20], &line[21..43]];
        check_digit(all) == Some(line[43])
    }
}

/// A whole zone: of a passport (TD3, two lines of 44), a visa (MRV-A two of 44, MRV-B two of 36), a
/// card (TD1, three of 30; TD2, two of 36). The lines follow one another, with line ends or not.
#[must_use]
pub fn mrz(text: &str) -> bool {
    let zone: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    let known = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'<';
    if !zone.iter().all(known) || text.lines().count() > 3 {
        return false;
    }
    match (zone.len(), zone.first()) {
        (88, Some(b'P')) => {
            state(&zone[2..5]) && std::str::from_utf8(&zone[44..]).is_ok_and(mrz_line2)
        }
        (88, Some(b'V')) => state(&zone[2..5]) && person(&zone[44..]),
        (72, Some(b'V')) => state(&zone[2..5]) && person(&zone[36..]),
        (72, Some(b'A' | b'C' | b'I' | b'P')) => {
            let line = &zone[36..];
            let all = [&line[0..10], &line[13..20], &line[21..35]];
            state(&zone[2..5]) && person(line) && check_digit(all) == Some(line[35])
        }
        (90, Some(b'A' | b'C' | b'I')) => {
            let (first, second) = (&zone[..30], &zone[30..60]);
            let all = [
                &first[5..30],
                &second[0..7],
                &second[8..15],
                &second[18..29],
            ];
            state(&first[2..5])
                && numbered(first)
                && field(second, 0, 6)
                && sex(second[7])
                && field(second, 8, 6)
                && state(&second[15..18])
                && check_digit(all) == Some(second[29])
        }
        _ => false,
    }
}

/// The document number of a card: nine characters, or longer and then going on in what follows.
fn numbered(first: &[u8]) -> bool {
    if first[14] != b'<' {
        return field(first, 5, 9);
    }
    let rest = &first[15..30];
    let end = rest
        .iter()
        .position(|byte| *byte == b'<')
        .unwrap_or(rest.len());
    let Some((check, more)) = rest[..end].split_last() else {
        return false;
    };
    check_digit([&first[5..14], more]) == Some(*check)
}

/// Number of a travel document: up to nine capitals and digits.
#[must_use]
pub fn passport(text: &str) -> bool {
    (5..=9).contains(&text.len())
        && text.bytes().all(super::is_capital_or_digit)
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    // The specimens of Doc 9303, of Utopia.
    const TD3: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
    const TD1: &str = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<";
    const TD2: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6";

    #[test]
    fn specimens_and_one_changed_character() {
        for zone in [TD3, TD1, TD2] {
            assert!(mrz(zone), "{zone}");
            assert!(mrz(&zone.replace('\n', "")) && mrz(&zone.replace('\n', "\r\n")));
        }
        assert!(mrz_line2(TD3.lines().nth(1).unwrap()));
        for (zone, of) in [
            (TD3, "408122"),
            (TD1, "408122"),
            (TD2, "408122"),
            (TD3, "1204159"),
            (TD1, "D2314"),
            (TD3, "ZE184"),
        ] {
            let digit = of.chars().nth(2).unwrap();
            let other = if digit == '9' { '8' } else { '9' };
            let changed = of.replacen(digit, &other.to_string(), 1);
            assert!(!mrz(&zone.replace(of, &changed)), "{of} {changed}");
        }
        assert!(!mrz(&TD3.replace("UTO7", "1TO7")) && !mrz(&TD3.to_lowercase()) && !mrz(&TD3[1..]));
    }

    #[test]
    fn visas() {
        let a = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<";
        let b = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<";
        assert!(mrz(a) && mrz(b) && !mrz(&a.replace("4009078", "4009088")));
    }

    #[test]
    fn long_numbers_of_cards_go_on() {
        // D23145890 and 7345 behind it; 2 over all thirteen is computed here.
        let check = check_digit([&b"D231458907345"[..]]).unwrap() as char;
        let first = format!("I<UTOD23145890<7345{check}<<<<<<<<<<");
        assert_eq!(first.len(), 30);
        assert!(numbered(first.as_bytes()));
        assert!(!numbered(first.replace("7345", "7354").as_bytes()));
    }

    #[test]
    fn document_numbers() {
        assert!(passport("E12345678") && passport("L898902C3"));
        assert!(
            !passport("e12345678")
                && !passport("ABCDEFGHI")
                && !passport("E123456789")
                && !passport("E123")
        );
    }
}
