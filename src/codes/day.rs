//! Days, as the validity of a code needs them.

/// A day of the Gregorian calendar. Days compare by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u32);

impl Day {
    /// The day of that year (0 to 9999), month and day; `None` where there is none.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let there = year <= 9999 && (1..=12).contains(&month) && day >= 1;
        (there && day <= days(year, month))
            .then(|| Self(u32::from(year) * 10_000 + u32::from(month) * 100 + u32::from(day)))
    }

    /// Reads `2024-01-31` or `20240131`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month, day) = split(text)?;
        Self::new(year, month?, day?)
    }

    /// The first day that a cell `valid-from` means: a day, a month (`2024-01`) or a year.
    pub(super) fn first(text: &str) -> Option<Self> {
        let (year, month, day) = split(text)?;
        Self::new(year, month.unwrap_or(1), day.unwrap_or(1))
    }

    /// The last day that a cell `valid-to` means.
    pub(super) fn last(text: &str) -> Option<Self> {
        let (year, month, day) = split(text)?;
        let month = month.unwrap_or(12);
        Self::new(year, month, day.unwrap_or_else(|| days(year, month)))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(day) = self;
        write!(
            f,
            "{:04}-{:02}-{:02}",
            day / 10_000,
            day / 100 % 100,
            day % 100
        )
    }
}

/// Days of a month; 0 where there is no such month.
pub(super) fn days(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(400) || year.is_multiple_of(4) && !year.is_multiple_of(100) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

/// Year, and month and day where they are there.
fn split(text: &str) -> Option<(u16, Option<u8>, Option<u8>)> {
    let digits = |text: &str, len: usize| {
        let all = text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
        all.then(|| text.parse().ok()).flatten()
    };
    if text.len() == 8 && !text.contains('-') {
        let (year, rest) = text.split_at_checked(4)?;
        let (month, day) = rest.split_at_checked(2)?;
        return Some((
            digits(year, 4)?,
            small(digits(month, 2)?),
            small(digits(day, 2)?),
        ));
    }
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)?;
    let mut two = || match parts.next() {
        None => Some(None),
        Some(part) => digits(part, 2).map(small),
    };
    let (month, day) = (two()?, two()?);
    parts.next().is_none().then_some((year, month, day))
}

fn small(number: u16) -> Option<u8> {
    u8::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::Day;

    #[test]
    fn days_of_all_forms() {
        let day = |text| Day::parse(text).map(|day| day.to_string());
        assert_eq!(day("2024-02-29").as_deref(), Some("2024-02-29"));
        assert_eq!(day("20240229").as_deref(), Some("2024-02-29"));
        for wrong in [
            "",
            "2024",
            "2024-02",
            "2023-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-1-1",
            "202402299",
            "１２３４-01-01",
            "2024-02-29-1",
            "2100-02-29",
        ] {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Day::first("2003-07"), Day::parse("2003-07-01"));
        assert_eq!(Day::last("2003-07"), Day::parse("2003-07-31"));
        assert_eq!(Day::last("2000-02"), Day::parse("2000-02-29"));
        assert_eq!(Day::first("1977"), Day::parse("1977-01-01"));
        assert_eq!(Day::last("1977"), Day::parse("1977-12-31"));
        assert!(Day::parse("2003-07-31") < Day::parse("2003-08-01"));
    }
}
