//! Means of transport, equipment and places.

use super::{digit, digits, is_capital_or_digit, shaped};

/// Container number, ISO 6346: three letters of the owner, U, J or Z, six digits and a check digit.
/// A number whose remainder is 10 has check digit 0; the standard asks owners not to use those.
#[must_use]
pub fn container(text: &str) -> bool {
    if !shaped(text, "aaaaddddddd") || !matches!(text.as_bytes()[3], b'U' | b'J' | b'Z') {
        return false;
    }
    let value = |byte: u8| match byte {
        // From 10 on, without 11, 22 and 33.
        b'A' => 10,
        b'B'..=b'K' => u32::from(byte - b'B') + 12,
        b'L'..=b'U' => u32::from(byte - b'L') + 23,
        b'V'..=b'Z' => u32::from(byte - b'V') + 34,
        _ => u32::from(byte - b'0'),
    };
    let body = text.bytes().take(10).enumerate();
    let sum: u32 = body.map(|(at, byte)| value(byte) << at).sum();
    Some(sum % 11 % 10) == digit(text.as_bytes()[10])
}

/// IMO ship number: seven digits, `IMO` before them or not; the last is computed.
#[must_use]
pub fn imo(text: &str) -> bool {
    let number = text.strip_prefix("IMO").map_or(text, str::trim_start);
    if !digits(number, 7) {
        return false;
    }
    let body = number.bytes().filter_map(digit).zip([7, 6, 5, 4, 3, 2]);
    let sum: u32 = body.map(|(value, weight)| value * weight).sum();
    Some(sum % 10) == digit(number.as_bytes()[6])
}

/// Maritime mobile service identity: nine digits. Ships begin with the country's three (201 to
/// 775), coast stations with 00, groups with 0, aids and craft with 8 and 9.
#[must_use]
pub fn mmsi(text: &str) -> bool {
    if !digits(text, 9) {
        return false;
    }
    let country = |at: usize| (201..=775).contains(&text[at..at + 3].parse::<u32>().unwrap_or(0));
    match text.as_bytes() {
        [b'0', b'0', ..] => country(2),
        [b'0', ..] => country(1),
        // Satellite search and rescue transmitters, craft of a parent ship, aids to navigation.
        [b'9', b'7', b'0' | b'2' | b'4', ..] => true,
        [b'9', b'8' | b'9', ..] => country(2),
        // Aircraft in search and rescue; portable sets.
        [b'1', b'1', b'1', ..] => country(3),
        [b'8', ..] => country(1),
        _ => country(0),
    }
}

/// Vehicle identification number, GB 16735 and ISO 3779: 17 characters without I, O and Q, the
/// ninth computed modulo 11. Makers outside North America and China may not compute it.
#[must_use]
pub fn vin(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    if text.len() != 17 {
        return false;
    }
    let mut sum = 0;
    for (byte, weight) in text.bytes().zip(WEIGHTS) {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'H' => byte - b'A' + 1,
            b'J'..=b'N' => byte - b'J' + 1,
            b'P' => 7,
            b'R' => 9,
            b'S'..=b'Z' => byte - b'S' + 2,
            _ => return false,
        };
        sum += u32::from(value) * weight;
    }
    text.as_bytes()[8] == b"0123456789X"[sum as usize % 11]
}

/// Air waybill number: three digits of the airline, seven and their remainder by 7.
#[must_use]
pub fn air_waybill(text: &str) -> bool {
    let number = match text.as_bytes().get(3) {
        Some(b'-') => text.replacen('-', "", 1),
        _ => text.to_owned(),
    };
    let (Some(serial), true) = (number.get(3..10), digits(&number, 11)) else {
        return false;
    };
    let serial: u32 = serial.parse().unwrap_or(0);
    Some(serial % 7) == digit(number.as_bytes()[10])
}

/// Stowage position of a container: three digits of the bay, two of the row, two of the tier.
#[must_use]
pub fn bay_position(text: &str) -> bool {
    digits(text, 7)
}

/// Container size and type code: length, height with width, and two characters of the type.
/// Table `container-size-type` holds those that are assigned.
#[must_use]
pub fn container_type(text: &str) -> bool {
    let [length, height, group, kind] = *text.as_bytes() else {
        return false;
    };
    let sized =
        b"123456789ABCDEFGHKLMNPR".contains(&length) && b"0245689CDEFLMNP".contains(&height);
    let numbered = b"GVBSRHUPTNAK".contains(&group) && is_capital_or_digit(kind);
    sized && (numbered || group.is_ascii_uppercase() && kind.is_ascii_uppercase())
}

/// UN/LOCODE: two letters of the country, three letters or digits from 2 to 9. Table `unlocode`
/// holds those that are assigned.
#[must_use]
pub fn unlocode(text: &str) -> bool {
    let place = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'9');
    text.len() == 5
        && text.bytes().take(2).all(|byte| byte.is_ascii_uppercase())
        && text.bytes().skip(2).all(place)
}

/// Place code of a port that has none: four characters of the customs district and a digit.
#[must_use]
pub fn unlisted_port(text: &str) -> bool {
    shaped(text, "ddxxd")
}

/// Container seal of the manifest: `M/` or `E/`, a number, `@`, and who sealed (list CN017).
#[must_use]
pub fn seal(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("M/").or_else(|| text.strip_prefix("E/")) else {
        return false;
    };
    let Some((number, agency)) = rest.split_once('@') else {
        return false;
    };
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 35 && numbered && matches!(agency, "AA" | "AB" | "AC" | "CA" | "CU" | "SH" | "TO")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn container_numbers() {
        // The example of the standard, and two that were computed by hand.
        for good in ["CSQU3054383", "ZEPU0037255", "EXLU1234560"] {
            let body = &good[..10];
            let right = (0..10)
                .filter(|digit| container(&format!("{body}{digit}")))
                .count();
            assert_eq!(right, 1, "{body} has one check digit");
        }
        assert!(container("CSQU3054383") && container("ZEPU0037255"));
        for wrong in [
            "CSQU3054384",
            "CSQX3054383",
            "CSQ03054383",
            "csqu3054383",
            "CSQU305438",
            "CSQU30543833",
        ] {
            assert!(!container(wrong), "{wrong}");
        }
    }

    #[test]
    fn letters_of_containers_leave_out_multiples_of_eleven() {
        // A 10, B 12, K 21, L 23, U 32, V 34, Z 38: each as the first letter of …AAU000000, whose
        // other letters give 10*2 + 10*4 + 32*8 = 316.
        for (letter, value) in [
            ('A', 10),
            ('B', 12),
            ('K', 21),
            ('L', 23),
            ('U', 32),
            ('V', 34),
            ('Z', 38),
        ] {
            let check = (value + 316) % 11 % 10;
            assert!(container(&format!("{letter}AAU000000{check}")), "{letter}");
        }
    }

    #[test]
    fn ships() {
        // 9*7+0*6+7*5+4*4+7*3+2*2 = 139.
        assert!(imo("9074729") && imo("IMO9074729") && imo("IMO 9074729"));
        assert!(!imo("9074728") && !imo("907472") && !imo("imo9074729"));
        for good in [
            "412345678",
            "004120001",
            "041234567",
            "111412001",
            "970112345",
            "974001234",
            "984121234",
            "994121234",
            "841234567",
        ] {
            assert!(mmsi(good), "{good}");
        }
        for wrong in [
            "112345678",
            "199999999",
            "776000000",
            "41234567",
            "000000000",
            "111000001",
        ] {
            assert!(!mmsi(wrong), "{wrong}");
        }
    }

    #[test]
    fn vehicles_and_waybills() {
        // The example of 49 CFR 565.
        assert!(vin("1M8GDM9AXKP042788") && vin("11111111111111111"));
        assert!(
            !vin("1M8GDM9A1KP042788") && !vin("1M8GDM9AXKP04278O") && !vin("1m8gdm9axkp042788")
        );
        // 1234567 mod 7 = 5.
        assert!(air_waybill("999-12345675") && air_waybill("99912345675"));
        assert!(
            !air_waybill("999-12345674")
                && !air_waybill("999--1234567")
                && !air_waybill("9991234567")
        );
    }

    #[test]
    fn forms() {
        for good in ["22G1", "45R1", "L5G1", "22GP", "4EG1"] {
            assert!(container_type(good), "{good}");
        }
        for wrong in ["40HC1", "0000", "22g1", "22", "J2G1"] {
            assert!(!container_type(wrong), "{wrong}");
        }
        assert!(
            unlocode("CNSHA")
                && unlocode("US2NY")
                && !unlocode("CN1HA")
                && !unlocode("CNSH")
                && !unlocode("cnsha")
        );
        assert!(unlisted_port("53451") && !unlisted_port("5345"));
        assert!(bay_position("0010482") && !bay_position("010482"));
        assert!(seal("M/ABC123@CA") && seal("E/1@SH"));
        assert!(
            !seal("X/1@CA")
                && !seal("M/@CA")
                && !seal("M/1@ZZ")
                && !seal("M/1")
                && !seal(&format!("M/{}@CA", "1".repeat(40)))
        );
    }
}
