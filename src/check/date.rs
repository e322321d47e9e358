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
pub(super) struct DateFormats(std::sync::OnceLock<FxHashMap<Box<[u8]>, Box<str>>>);

impl DateFormats {
    pub(super) fn of(specs: &Specs) -> Arc<Self> {
        let formats: Arc<Self> = specs.compiled();
        formats.0.get_or_init(|| {
            let Ok(Some(table)) = specs.table("date-format-2379") else {
                return FxHashMap::default();
            };
            let rows = table.rows().filter_map(|mut row| {
                let code = row.next()?;
                let pattern = row.next().filter(|pattern| !pattern.is_empty())?;
                Some((code.as_bytes().into(), pattern.into()))
            });
            rows.collect()
        });
        formats
    }

    /// The pattern of a format code.
    pub(super) fn pattern(&self, code: &[u8]) -> Option<&str> {
        self.0.get()?.get(code).map(|pattern| &**pattern)
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
    chrono::NaiveDate::from_ymd_opt(year as i32, month, day).is_some()
}

#[cfg(test)]
mod tests {
    use super::matches;

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
