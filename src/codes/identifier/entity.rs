//! Enterprises and persons.

use super::{digit, digits, is_capital_or_digit, is_day};

/// Unified social credit identifier (统一社会信用代码), GB 32100-2015: 18 characters without I, O,
/// S, V and Z; the last is computed modulo 31.
#[must_use]
pub fn uscc(text: &str) -> bool {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    if text.len() != 18
        || !text
            .bytes()
            .skip(2)
            .take(6)
            .all(|byte| byte.is_ascii_digit())
    {
        return false;
    }
    let (mut sum, mut weight) = (0, 1);
    for byte in text.bytes() {
        let Some(value) = ALPHABET.iter().position(|held| *held == byte) else {
            return false;
        };
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    // 3 to the 17th is 22 modulo 31: the check character counts once, not so often.
    let last = ALPHABET
        .iter()
        .position(|held| Some(*held) == text.bytes().next_back())
        .unwrap_or(0);
    let before = sum - last * 22;
    (31 - before % 31) % 31 == last
}

/// Organization code (组织机构代码), GB 11714-1997: eight characters and a check character, written
/// together or with a hyphen between.
#[must_use]
pub fn organization(text: &str) -> bool {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let code: Vec<u8> = match text.as_bytes() {
        bytes if bytes.len() == 9 => bytes.to_vec(),
        [body @ .., b'-', check] if body.len() == 8 => {
            body.iter().chain([check]).copied().collect()
        }
        _ => return false,
    };
    let mut sum = 0;
    for (byte, weight) in code.iter().zip(WEIGHTS) {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            _ => return false,
        };
        sum += u32::from(value) * weight;
    }
    let check = match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        number => b'0' + number as u8,
    };
    code[8] == check
}

/// Citizen identity number (公民身份号码), GB 11643-1999: place, day of birth, sequence, and a
/// check character after ISO 7064 MOD 11-2.
#[must_use]
pub fn identity18(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let (Some(body), Some(born), Some(check)) = (text.get(..17), text.get(6..14), text.get(17..))
    else {
        return false;
    };
    if !digits(body, 17)
        || body.starts_with('0')
        || !(born.starts_with("19") || born.starts_with("20"))
        || !is_day(born)
    {
        return false;
    }
    let sum: u32 = body
        .bytes()
        .filter_map(digit)
        .zip(WEIGHTS)
        .map(|(value, weight)| value * weight)
        .sum();
    check.as_bytes() == [b"10X98765432"[sum as usize % 11]]
}

/// Citizen identity number of the form of 1989: 15 digits, the year of birth of two.
#[must_use]
pub fn identity15(text: &str) -> bool {
    digits(text, 15) && !text.starts_with('0') && is_day(&format!("19{}", &text[6..12]))
}

/// Customs registration code (海关注册编码): four digits of place, one of the kind of area, then five
/// capitals or digits.
#[must_use]
pub fn customs_registration(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(is_capital_or_digit) && digits(&text[..5], 5)
}

/// Inspection registration number of an enterprise (检验检疫备案号): ten digits.
#[must_use]
pub fn ciq_registration(text: &str) -> bool {
    digits(text, 10)
}

/// AEO code of a foreign party: its country, then the number under mutual recognition.
#[must_use]
pub fn aeo(text: &str) -> bool {
    (7..=22).contains(&text.len())
        && text.bytes().take(2).all(|byte| byte.is_ascii_uppercase())
        && text.bytes().all(is_capital_or_digit)
}

/// Plate number of a vehicle registered on the mainland (GA 36): a province, a letter, and five
/// characters, or six for new energy.
#[must_use]
pub fn plate(text: &str) -> bool {
    const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
    const LAST: &str = "挂学警港澳领";
    let mut characters = text.chars();
    let starts = characters
        .next()
        .is_some_and(|first| PROVINCES.contains(first))
        && characters
            .next()
            .is_some_and(|letter| letter.is_ascii_uppercase());
    let rest: Vec<char> = characters.take(7).collect();
    let usual = |c: &char| c.is_ascii_digit() || c.is_ascii_uppercase() && !matches!(c, 'I' | 'O');
    let Some((last, before)) = rest.split_last() else {
        return false;
    };
    let ends = usual(last) || rest.len() == 5 && LAST.contains(*last);
    starts && ends && matches!(rest.len(), 5 | 6) && before.iter().all(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_identifiers() {
        // The body is made up; the check character by hand: sum of value times 3^i modulo 31.
        for good in ["91350100M000100Y43", "91110000MA00000012"] {
            let body = &good[..17];
            let right: Vec<char> = "0123456789ABCDEFGHJKLMNPQRTUWXY"
                .chars()
                .filter(|c| uscc(&format!("{body}{c}")))
                .collect();
            assert_eq!(right.len(), 1, "{body} has one check character");
        }
        assert!(uscc("91350100M000100Y43"), "the example of the standard");
        for wrong in [
            "91350100M000100Y44",
            "91350100M000100Y4",
            "91350100m000100Y43",
            "91350100M00O100Y43",
            "9135X100M000100Y43",
            "19350100M000100Y43",
        ] {
            assert!(!uscc(wrong), "{wrong}");
        }
    }

    #[test]
    fn organization_codes() {
        // D2143569: 13*3+2*7+1*9+4*10+3*5+5*8+6*4+9*2 = 199, 199 mod 11 = 1, 11-1 = 10 is X.
        assert!(organization("D2143569X") && organization("D2143569-X"));
        // 00000000: the sum is 0, 11 is 0. 00000001: 2, so 9.
        assert!(organization("000000000") && organization("000000019"));
        for wrong in [
            "D21435690",
            "d2143569X",
            "D2143569",
            "D2143569--X",
            "D214356-9X",
        ] {
            assert!(!organization(wrong), "{wrong}");
        }
    }

    #[test]
    fn identity_numbers() {
        // The example of the standard.
        assert!(identity18("11010519491231002X"));
        // One digit or two neighbours changed.
        for wrong in [
            "11010519491231003X",
            "11010519491213002X",
            "110105194912310021",
            "01010519491231002X",
            "11010519490229002X",
            "11010519491231002x",
        ] {
            assert!(!identity18(wrong), "{wrong}");
        }
        assert!(
            identity15("110105491231002")
                && !identity15("110105491331002")
                && !identity15("11010549123100X")
        );
    }

    #[test]
    fn forms_of_registrations() {
        assert!(customs_registration("4403160001") && customs_registration("44031600A1"));
        assert!(
            !customs_registration("44O3160001")
                && !customs_registration("440316001")
                && !customs_registration("44031600a1")
        );
        assert!(ciq_registration("4403160001") && !ciq_registration("44031600A1"));
        assert!(
            aeo("SG123456789012")
                && aeo("KR1234567")
                && !aeo("sg123456789012")
                && !aeo("S1234567")
                && !aeo("KR1234")
        );
        for plated in [
            "粤B12345",
            "粤ZA123港",
            "京A12345",
            "粤BD12345",
            "沪A1234挂",
        ] {
            assert!(plate(plated), "{plated}");
        }
        for wrong in [
            "粤B1234",
            "粤112345",
            "B12345",
            "粤BI2345",
            "粤B1234567",
            "粤B123港5",
            "粤B12345港",
            "国A12345",
        ] {
            assert!(!plate(wrong), "{wrong}");
        }
    }
}
