//! Representation of values: characters, lengths, numbers (ISO 9735 clause 10; -1:2002 clause 10).

use crate::spec::model::Class;

/// What is wrong with a value's representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Longer than allowed: its length as counted.
    TooLong(u32),
    /// Shorter than the fixed length.
    TooShort(u32),
    /// A digit in an alphabetic value.
    NotAlphabetic,
    /// Not a number.
    NotNumeric,
    /// The decimal mark is not the one in force, stands twice, or has no digit after it.
    DecimalMark,
    /// No digit before the decimal mark.
    NoDigitBeforeMark,
}

/// The decimal marks that a number may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DecimalMarks {
    pub first: u8,
    pub second: u8,
}

/// Checks `value` (release characters removed) of `chars` characters.
#[inline]
pub(super) fn check(
    class: Class,
    (min, max): (u32, u32),
    value: &[u8],
    chars: u32,
    marks: DecimalMarks,
) -> Option<Wrong> {
    match class {
        Class::Numeric => return number((min, max), value, marks),
        Class::Alpha if value.iter().any(u8::is_ascii_digit) => return Some(Wrong::NotAlphabetic),
        _ => {}
    }
    if chars > max {
        Some(Wrong::TooLong(chars))
    } else if chars < min {
        Some(Wrong::TooShort(chars))
    } else {
        None
    }
}

/// Sign, decimal mark and exponent mark are not counted in the length of a number.
#[inline]
fn number((min, max): (u32, u32), value: &[u8], marks: DecimalMarks) -> Option<Wrong> {
    // Nearly all numbers are digits only.
    if value.iter().all(u8::is_ascii_digit) {
        let len = value.len() as u32;
        return if len > max {
            Some(Wrong::TooLong(len))
        } else if len < min {
            Some(Wrong::TooShort(len))
        } else {
            None
        };
    }
    let body = value.strip_prefix(b"-").unwrap_or(value);
    let (mantissa, exponent) = match body.iter().position(|byte| *byte == b'E') {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(b"-").unwrap_or(exponent);
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Some(Wrong::NotNumeric);
        }
    }
    let is_mark = |byte: u8| byte == b'.' || byte == b',';
    let digits = mantissa.iter().filter(|byte| byte.is_ascii_digit()).count() as u32;
    if digits == 0
        || !mantissa
            .iter()
            .all(|byte| byte.is_ascii_digit() || is_mark(*byte))
    {
        return Some(Wrong::NotNumeric);
    }
    let mut found = mantissa
        .iter()
        .enumerate()
        .filter(|(_, byte)| is_mark(**byte));
    if let Some((at, mark)) = found.next() {
        let known = *mark == marks.first || *mark == marks.second;
        if !known || found.next().is_some() || at + 1 == mantissa.len() {
            return Some(Wrong::DecimalMark);
        }
        if at == 0 {
            return Some(Wrong::NoDigitBeforeMark);
        }
    }
    let counted = digits
        + exponent.map_or(0, |e| {
            e.iter().filter(|b| b.is_ascii_digit()).count() as u32
        });
    if counted > max {
        Some(Wrong::TooLong(counted))
    } else if counted < min {
        Some(Wrong::TooShort(counted))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINT: DecimalMarks = DecimalMarks {
        first: b'.',
        second: b'.',
    };
    const BOTH: DecimalMarks = DecimalMarks {
        first: b'.',
        second: b',',
    };

    fn numeric(value: &str, max: u32, marks: DecimalMarks) -> Option<Wrong> {
        check(
            Class::Numeric,
            (0, max),
            value.as_bytes(),
            value.len() as u32,
            marks,
        )
    }

    #[test]
    fn numbers() {
        for good in ["0", "007", "-5", "12.5", "-0.25", "1E5", "1.5E-3"] {
            assert_eq!(numeric(good, 6, POINT), None, "{good}");
        }
        assert_eq!(numeric("12,5", 6, POINT), Some(Wrong::DecimalMark));
        assert_eq!(numeric("12,5", 6, BOTH), None);
        assert_eq!(numeric(".5", 6, POINT), Some(Wrong::NoDigitBeforeMark));
        assert_eq!(numeric("5.", 6, POINT), Some(Wrong::DecimalMark));
        assert_eq!(numeric("1.2.3", 6, POINT), Some(Wrong::DecimalMark));
        for bad in ["-", "+5", "1 000", "12A", "E5", "1E", "--1", "."] {
            assert_eq!(numeric(bad, 6, POINT), Some(Wrong::NotNumeric), "{bad}");
        }
        assert_eq!(numeric("-123456.7", 7, POINT), None);
        assert_eq!(numeric("-123456.78", 7, POINT), Some(Wrong::TooLong(8)));
        assert_eq!(
            check(Class::Numeric, (6, 6), b"12345", 5, POINT),
            Some(Wrong::TooShort(5))
        );
    }

    #[test]
    fn text() {
        assert_eq!(
            check(Class::Alpha, (0, 3), b"AB1", 3, POINT),
            Some(Wrong::NotAlphabetic)
        );
        assert_eq!(check(Class::Alpha, (3, 3), b"ABC", 3, POINT), None);
        assert_eq!(
            check(Class::Alphanumeric, (0, 3), b"ABCD", 4, POINT),
            Some(Wrong::TooLong(4))
        );
        assert_eq!(
            check(Class::Alphanumeric, (4, 4), b"ABC", 3, POINT),
            Some(Wrong::TooShort(3))
        );
    }
}
