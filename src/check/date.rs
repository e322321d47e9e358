//! Dates, times and periods against the format that data element 2379 names.
//!
//! The patterns are data: table `date-format-2379` of `specs/codes`, whose column `pattern` is
//! made of CC (century), YY, MM (month), DD, hh, mm (minute), ss, ww (week), ZZZ (time zone), D
//! (day of the week), S, Q, T (half year, quarter, third), x (any digit) and `-` (from-to).

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::spec::Specs;

/// The formats of 2379, read once.
#[derive(Debug, Default)]
pub(super) struct DateFormats(std::sync::OnceLock<Formats>);

#[derive(Debug, Default)]
struct Formats {
    patterns: Vec<Pattern>,
    /// Which pattern is that of a code.
    by_code: FxHashMap<Box<[u8]>, u16>,
    /// The same of codes of three digits, as nearly all are, by their number.
    by_number: Vec<u16>,
}

/// The pattern of a format.
#[derive(Debug)]
pub(super) struct Pattern {
    pub text: Box<str>,
    fixed: Option<Fixed>,
}

impl DateFormats {
    pub(super) fn of(specs: &Specs) -> Arc<Self> {
        let formats: Arc<Self> = specs.compiled();
        formats.0.get_or_init(|| {
            let Ok(Some(table)) = specs.table("date-format-2379") else {
                return Formats::default();
            };
            let mut formats = Formats {
                by_number: vec![u16::MAX; 1000],
                ..Formats::default()
            };
            for mut row in table.rows() {
                let (Some(code), Some(text)) = (row.next(), row.next()) else {
                    continue;
                };
                if text.is_empty() {
                    continue;
                }
                let at = formats.patterns.len() as u16;
                formats.patterns.push(Pattern {
                    text: text.into(),
                    fixed: Fixed::new(text),
                });
                formats.by_code.insert(code.as_bytes().into(), at);
                if let Some(number) = number(code.as_bytes()) {
                    formats.by_number[number] = at;
                }
            }
            formats
        });
        formats
    }

    /// The pattern of a format code.
    #[inline]
    pub(super) fn pattern(&self, code: &[u8]) -> Option<&Pattern> {
        let formats = self.0.get()?;
        let at = match number(code).and_then(|number| formats.by_number.get(number)) {
            Some(at) => *at,
            None => *formats.by_code.get(code)?,
        };
        formats.patterns.get(usize::from(at))
    }
}

/// The number that three digits are.
#[inline]
fn number(code: &[u8]) -> Option<usize> {
    let digit = |byte: u8| byte.wrapping_sub(b'0');
    let [a, b, c] = *code else { return None };
    let [a, b, c] = [a, b, c].map(digit);
    (a < 10 && b < 10 && c < 10)
        .then(|| usize::from(a) * 100 + usize::from(b) * 10 + usize::from(c))
}

impl Pattern {
    /// Whether `value` is a date, time or period of the pattern which exists.
    #[inline]
    pub(super) fn matches(&self, value: &[u8]) -> bool {
        match &self.fixed {
            Some(fixed) => fixed.matches(value),
            None => matches(&self.text, value),
        }
    }
}

/// A pattern of nothing but numbers of two digits, each of another kind.
#[derive(Debug)]
struct Fixed {
    /// Length of a value.
    len: usize,
    /// Of each number the least and the greatest; behind the last any.
    least: [u8; MOST_NUMBERS],
    most: [u8; MOST_NUMBERS],
    /// Which of the numbers are of these kinds, one behind the last where there is none: century, year,
    /// month, day, and hour, minute, second.
    day: [u8; 4],
    time: [u8; 3],
}

/// Numbers of a pattern.
const MOST_NUMBERS: usize = 8;

impl Fixed {
    fn new(pattern: &str) -> Option<Self> {
        const NONE: u8 = MOST_NUMBERS as u8;
        let (pairs, rest) = pattern.as_bytes().as_chunks::<2>();
        let mut fixed = Self {
            len: pattern.len(),
            least: [0; _],
            most: [u8::MAX; _],
            day: [NONE; _],
            time: [NONE; _],
        };
        let twice = |at: usize| pairs[..at].contains(&pairs[at]);
        if !rest.is_empty() || pairs.len() > MOST_NUMBERS || (0..pairs.len()).any(twice) {
            return None;
        }
        for (at, pair) in pairs.iter().enumerate() {
            let number = at as u8;
            (fixed.least[at], fixed.most[at]) = match pair {
                b"CC" | b"YY" => (0, 99),
                b"MM" => (1, 12),
                b"DD" => (1, 31),
                b"hh" => (0, 24),
                b"mm" => (0, 59),
                b"ss" => (0, 60),
                b"ww" => (1, 53),
                _ => return None,
            };
            let days = [b"CC", b"YY", b"MM", b"DD"];
            let times = [b"hh", b"mm", b"ss"];
            if let Some(kind) = days.iter().position(|kind| *kind == pair) {
                fixed.day[kind] = number;
            }
            if let Some(kind) = times.iter().position(|kind| *kind == pair) {
                fixed.time[kind] = number;
            }
        }
        Some(fixed)
    }

    fn matches(&self, value: &[u8]) -> bool {
        if value.len() != self.len {
            return false;
        }
        let mut digits = [b'0'; 2 * MOST_NUMBERS];
        let Some(room) = digits.get_mut(..value.len()) else {
            return false;
        };
        room.copy_from_slice(value);
        // All numbers are looked at, so that the compiler makes vectors of them.
        let mut found = [u8::MAX; MOST_NUMBERS + 1];
        let mut wrong = false;
        let (pairs, _) = digits.as_chunks::<2>();
        let limits = self.least.iter().zip(&self.most);
        for ((pair, (least, most)), found) in pairs.iter().zip(limits).zip(&mut found) {
            let [tens, ones] = pair.map(|byte| byte.wrapping_sub(b'0'));
            let number = tens.wrapping_mul(10).wrapping_add(ones);
            wrong |= (tens > 9) | (ones > 9) | (number < *least) | (number > *most);
            *found = number;
        }
        let part = |at: u8| {
            let is_there = usize::from(at) < MOST_NUMBERS;
            is_there.then_some(u32::from(found[usize::from(at)]))
        };
        let [hour, minute, second] = self.time.map(part);
        // Nothing comes behind the end of a day.
        let beyond = hour == Some(24) && (minute > Some(0) || second > Some(0));
        let [century, year, month, day] = self.day.map(part);
        // Most days are in every month.
        let usual = month.is_none() || day.is_none_or(|day| day <= 28);
        !wrong && !beyond && (usual || valid_day(century, year, month, day))
    }
}

/// Whether `value` is a date, time or period of that pattern which exists.
pub(super) fn matches(pattern: &str, value: &[u8]) -> bool {
    let (mut rest, mut at) = (pattern.as_bytes(), value);
    let (mut century, mut year, mut month, mut day) = (None, None, None, None);
    let mut hour = None;
    while !rest.is_empty() {
        // What a piece of the pattern stands for: its length, and the range of its number.
        let (len, low, high) = match rest {
            [b'C', b'C', ..] => (2, 0, 99),
            [b'Y', b'Y', ..] => (2, 0, 99),
            [b'M', b'M', ..] => (2, 1, 12),
            [b'D', b'D', ..] => (2, 1, 31),
            [b'h', b'h', ..] => (2, 0, 24),
            [b'm', b'm', ..] => (2, 0, 59),
            [b's', b's', ..] => (2, 0, 60),
            [b'w', b'w', ..] => (2, 1, 53),
            [b'Z', b'Z', b'Z', ..] => {
                // A zone is three characters: letters, or a sign and two digits.
                let Some((zone, left)) = at.split_at_checked(3) else {
                    return false;
                };
                let named = zone.iter().all(u8::is_ascii_alphabetic);
                let offset =
                    matches!(zone[0], b'+' | b'-') && zone[1..].iter().all(u8::is_ascii_digit);
                if !(named || offset || zone.iter().all(u8::is_ascii_digit)) {
                    return false;
                }
                (rest, at) = (&rest[3..], left);
                continue;
            }
            [b'+', ..] => {
                let Some((b'+' | b'-', left)) = at.split_first() else {
                    return false;
                };
                (rest, at) = (&rest[1..], left);
                continue;
            }
            [b'*', ..] => {
                let Some((_, left)) = at.split_first() else {
                    return false;
                };
                (rest, at) = (&rest[1..], left);
                continue;
            }
            [b'n', ..] => {
                let number = at.strip_prefix(b"-").unwrap_or(at);
                return !number.is_empty()
                    && number
                        .iter()
                        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
            }
            [b'D', ..] => (1, 1, 7),
            [b'S', ..] => (1, 1, 2),
            [b'Q', ..] => (1, 1, 4),
            [b'T', ..] => (1, 1, 3),
            [b'x', ..] => (1, 0, 9),
            [b'-', ..] => {
                if !valid_day(century, year, month, day) {
                    return false;
                }
                (century, year, month, day, hour) = (None, None, None, None, None);
                rest = &rest[1..];
                // Written with or without the hyphen.
                at = at.strip_prefix(b"-").unwrap_or(at);
                continue;
            }
            _ => return true,
        };
        let Some((digits, left)) = at.split_at_checked(len) else {
            return false;
        };
        if !digits.iter().all(u8::is_ascii_digit) {
            return false;
        }
        let number = digits
            .iter()
            .fold(0u32, |n, digit| n * 10 + u32::from(digit - b'0'));
        if number < low || number > high {
            return false;
        }
        match rest[..len] {
            [b'C', b'C'] => century = Some(number),
            [b'Y', b'Y'] => year = Some(number),
            [b'M', b'M'] => month = Some(number),
            [b'D', b'D'] => day = Some(number),
            [b'h', b'h'] => hour = Some(number),
            [b'm', b'm'] | [b's', b's'] if hour == Some(24) && number > 0 => return false,
            _ => {}
        }
        (rest, at) = (&rest[len..], left);
    }
    at.is_empty() && valid_day(century, year, month, day)
}

/// Whether the day exists. Without a century a 29 February is taken as it is.
fn valid_day(
    century: Option<u32>,
    year: Option<u32>,
    month: Option<u32>,
    day: Option<u32>,
) -> bool {
    let (Some(month), Some(day)) = (month, day) else {
        return true;
    };
    let year = match (century, year) {
        (Some(century), Some(year)) => century * 100 + year,
        (None, Some(year)) => 2000 + year,
        // A leap year.
        _ => 2000,
    };
    let year = if century.is_none() && month == 2 && day == 29 && year % 4 == 0 {
        2000
    } else {
        year
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::{DateFormats, Fixed, matches};
    use crate::spec::Specs;

    #[test]
    fn fixed_patterns_take_what_all_patterns_take() {
        let formats = DateFormats::of(&Specs::base());
        let patterns = &formats.0.get().unwrap().patterns;
        let fixed = patterns
            .iter()
            .filter_map(|pattern| Some((&pattern.text, pattern.fixed.as_ref()?)));
        let fixed: Vec<_> = fixed.collect();
        assert!(fixed.len() > 10);
        // Numbers near to all bounds.
        let numbers = [
            "00", "01", "04", "12", "13", "19", "20", "24", "25", "29", "30", "31", "53", "59",
            "60", "61", "99", "1-", "x0",
        ];
        let mut seed = 1u64;
        for (text, fixed) in fixed {
            for round in 0..3000 {
                let mut value = String::new();
                while value.len() + 1 < text.len() {
                    seed = seed
                        .wrapping_mul(6364136223846793005)
                        .wrapping_add(1442695040888963407);
                    value.push_str(
                        numbers[(seed >> 33) as usize
                            % (numbers.len() - usize::from(round % 3 > 0) * 2)],
                    );
                }
                if round % 50 == 0 {
                    value.pop();
                }
                let value = value.as_bytes();
                assert_eq!(
                    fixed.matches(value),
                    matches(text, value),
                    "{text} {value:?}"
                );
            }
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for year in [0, 1600, 1900, 1999, 2000, 2023, 2024, 2100, 9999] {
            for month in 0..14 {
                for day in 0..33 {
                    let exists = chrono::NaiveDate::from_ymd_opt(year as i32, month, day).is_some();
                    let valid = super::valid_day(
                        Some(year / 100),
                        Some(year % 100),
                        Some(month),
                        Some(day),
                    );
                    assert_eq!(valid, exists, "{year}-{month}-{day}");
                }
            }
        }
        assert!(Fixed::new("CCYYMMDD-CCYYMMDD").is_none() && Fixed::new("YYYY").is_none());
    }

    #[test]
    fn dates() {
        let good = [
            ("CCYYMMDD", "20240229"),
            ("YYMMDD", "000229"),
            ("CCYYMMDDhhmm", "202402292359"),
            ("CCYYMMDDhhmm", "202402292400"),
            ("CCYYMMDDhhmmZZZ", "202402292359+08"),
            ("CCYYMMDDhhmmZZZ", "202402292359UTC"),
            ("CCYYMMDD-CCYYMMDD", "2024022920240301"),
            ("CCYYMMDD-CCYYMMDD", "20240229-20240301"),
            ("CCYYww", "202453"),
            ("CCYYMMDDhhmm+hhmm", "202402292359+0800"),
            ("n", "12.5"),
        ];
        for (pattern, value) in good {
            assert!(matches(pattern, value.as_bytes()), "{pattern} {value}");
        }
        let bad = [
            ("CCYYMMDD", "20230229"),
            ("CCYYMMDD", "2024022"),
            ("CCYYMMDD", "202402290"),
            ("CCYYMMDD", "20241301"),
            ("YYMMDD", "010229"),
            ("CCYYMMDDhhmm", "202402292401"),
            ("CCYYMMDDhhmm", "202402292560"),
            ("CCYYMMDD-CCYYMMDD", "2024022920240230"),
            ("hhmm", "12:5"),
            ("CCYYww", "202454"),
        ];
        for (pattern, value) in bad {
            assert!(!matches(pattern, value.as_bytes()), "{pattern} {value}");
        }
    }
}
