//! Points in time and lengths of it.

use std::fmt;

use chrono::{DateTime, Datelike, SecondsFormat, TimeDelta, Utc};

use super::Day;

/// A point in time to the nanosecond, in years 1 to 9999: CEL's timestamp.
///
/// What a message writes without a time zone is taken as it stands: two such times differ by what a
/// calendar and a clock at one place say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub(super) DateTime<Utc>);

impl Moment {
    /// The beginning of a day; `None` where the calendar has no such day.
    #[must_use]
    pub fn of_day(day: Day) -> Option<Self> {
        let date = chrono::NaiveDate::from_ymd_opt(day.year, day.month.into(), day.day.into())?;
        (1..=9999)
            .contains(&day.year)
            .then(|| Self(date.and_time(chrono::NaiveTime::MIN).and_utc()))
    }

    /// Times of the years 1 to 9999.
    pub(super) fn checked(moment: DateTime<Utc>) -> Option<Self> {
        (1..=9999).contains(&moment.year()).then_some(Self(moment))
    }

    /// The day it is in.
    #[must_use]
    pub fn day(self) -> Day {
        Day {
            year: self.0.year(),
            month: self.0.month() as u8,
            day: self.0.day() as u8,
        }
    }
}

impl fmt::Display for Moment {
    /// As ISO 8601 (RFC 3339) writes it, in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// A length of time to the nanosecond: CEL's duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(pub(super) TimeDelta);

impl Period {
    /// Lengths of at most ten thousand years.
    pub(super) fn checked(length: TimeDelta) -> Option<Self> {
        (length.num_seconds().abs() <= 315_576_000_000).then_some(Self(length))
    }
}

impl fmt::Display for Period {
    /// Seconds and `s`, as CEL writes it: `86400s`, `1.5s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0.num_seconds(), self.0.subsec_nanos());
        if nanos == 0 {
            return write!(f, "{seconds}s");
        }
        let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
        let fraction = format!("{:09}", nanos.unsigned_abs());
        let fraction = fraction.trim_end_matches('0');
        write!(f, "{sign}{}.{fraction}s", seconds.unsigned_abs())
    }
}
