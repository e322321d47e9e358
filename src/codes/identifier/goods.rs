//! Goods.

use super::{digit, digits};

/// The check digit of GS1 numbers: weights 3 and 1 from the right, modulo 10.
fn gs1(text: &str, len: usize) -> bool {
    if !digits(text, len) {
        return false;
    }
    let weighted = text
        .bytes()
        .rev()
        .filter_map(digit)
        .zip([1, 3].into_iter().cycle());
    weighted
        .map(|(value, weight)| value * weight)
        .sum::<u32>()
        .is_multiple_of(10)
}

/// GTIN of 8, 12, 13 or 14 digits.
#[must_use]
pub fn gtin(text: &str) -> bool {
    matches!(text.len(), 8 | 12 | 13 | 14)
        && gs1(text, text.len())
        && text.bytes().any(|byte| byte != b'0')
}

/// EAN-13 (GB 12904).
#[must_use]
pub fn ean13(text: &str) -> bool {
    gs1(text, 13) && gtin(text)
}

/// EAN-8 (GB 12904).
#[must_use]
pub fn ean8(text: &str) -> bool {
    gs1(text, 8) && gtin(text)
}

/// Serial shipping container code.
#[must_use]
pub fn sscc(text: &str) -> bool {
    gs1(text, 18)
}

/// Commodity code (商品编号): 8 digits of the tariff, 10 with those of supervision, 13 with those of
/// inspection. Whether the tariff has it is not looked at.
#[must_use]
pub fn commodity(text: &str) -> bool {
    matches!(text.len(), 8 | 10 | 13) && digits(text, text.len())
}

/// UN number of dangerous goods: its form.
#[must_use]
pub fn undg(text: &str) -> bool {
    digits(text.strip_prefix("UN").unwrap_or(text), 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn article_numbers() {
        // 400638133393: 4+0*3+0+6*3+3+8*3+1+3*3+3+3*3+9+3*3 = 89, so 1.
        assert!(ean13("4006381333931") && gtin("4006381333931") && !ean13("4006381333932"));
        // 6901234567892: 6+27+0+3+2+9+4+15+6+21+8+27 = 128, so 2.
        assert!(ean13("6901234567892"));
        // 7351353: 21+3+15+1+9+5+9 = 63, so 7.
        assert!(ean8("73513537") && gtin("73513537") && !ean8("73513536"));
        // UPC-A 036000291452.
        assert!(gtin("036000291452") && gtin("10614141000415"));
        assert!(sscc("106141412345678908") && !sscc("106141412345678909"));
        for wrong in [
            "00000000",
            "400638133393",
            "40063813339311",
            "400638133393X",
        ] {
            assert!(!gtin(wrong), "{wrong}");
        }
    }

    #[test]
    fn forms() {
        assert!(commodity("84713000") && commodity("8471300000") && commodity("8471300000101"));
        assert!(!commodity("847130") && !commodity("8471300A"));
        assert!(undg("1203") && undg("UN1203") && !undg("NA1993") && !undg("120"));
    }
}
