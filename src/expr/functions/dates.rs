//! Functions of dates and times.

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc,
};

use super::super::eval::Evaluation;
use super::super::{Moment, Period, TroubleKind, Value};
use super::want::{MOMENT, PERIOD, TEXT};
use super::{Function, Outcome, bool, int, moment, row, short, text};

pub(super) fn add(table: &mut Vec<Function>) {
    table.extend(
        [
            row("date", &[TEXT, TEXT], moment, |_, args| {
                let (text, pattern) = pair(args)?;
                read(text, pattern)?
                    .map(Value::Moment)
                    .ok_or(TroubleKind::NotADate)
            }),
            row("isDate", &[TEXT, TEXT], bool, |_, args| {
                let (text, pattern) = pair(args)?;
                Ok(Value::Bool(read(text, pattern)?.is_some()))
            }),
            row("formatDate", &[MOMENT, TEXT], text, format),
            row("days", &[MOMENT | PERIOD, MOMENT], int, |_, args| {
                between(args, 86_400)
            }),
            row("hours", &[MOMENT | PERIOD, MOMENT], int, |_, args| {
                between(args, 3_600)
            }),
            row("minutes", &[MOMENT | PERIOD, MOMENT], int, |_, args| {
                between(args, 60)
            }),
            row("getFullYear", &[MOMENT, TEXT], int, |_, args| {
                part(args, |at| i64::from(at.year()))
            }),
            row("getMonth", &[MOMENT, TEXT], int, |_, args| {
                part(args, |at| i64::from(at.month0()))
            }),
            row("getDate", &[MOMENT, TEXT], int, |_, args| {
                part(args, |at| i64::from(at.day()))
            }),
            row("getDayOfMonth", &[MOMENT, TEXT], int, |_, args| {
                part(args, |at| i64::from(at.day0()))
            }),
            row("getDayOfWeek", &[MOMENT, TEXT], int, |_, args| {
                part(args, |at| i64::from(at.weekday().num_days_from_sunday()))
            }),
            row("getDayOfYear", &[MOMENT, TEXT], int, |_, args| {
                part(args, |at| i64::from(at.ordinal0()))
            }),
            row("getHours", &[MOMENT | PERIOD, TEXT], int, |_, args| {
                clock(args, 3_600_000, |at| i64::from(at.hour()))
            }),
            row("getMinutes", &[MOMENT | PERIOD, TEXT], int, |_, args| {
                clock(args, 60_000, |at| i64::from(at.minute()))
            }),
            row("getSeconds", &[MOMENT | PERIOD, TEXT], int, |_, args| {
                clock(args, 1_000, |at| i64::from(at.second()))
            }),
            row(
                "getMilliseconds",
                &[MOMENT | PERIOD, TEXT],
                int,
                milliseconds,
            ),
        ]
        .map(|function| match function.name {
            "days" | "hours" | "minutes" => short(1, function),
            name if name.starts_with("get") => short(1, function),
            _ => function,
        }),
    );
}

fn pair<'v>(args: &'v [Value]) -> Result<(&'v str, &'v str), TroubleKind> {
    match args {
        [Value::Text(a), Value::Text(b)] => Ok((a, b)),
        _ => Err(TroubleKind::NoOverload),
    }
}

/// The pattern of a code of data element 2379 of UN/EDIFACT.
fn pattern_of(code: &str) -> Option<&'static str> {
    Some(match code {
        "2" => "DDMMYY",
        "3" => "MMDDYY",
        "4" => "DDMMCCYY",
        "5" => "DDMMCCYYhhmm",
        "101" => "YYMMDD",
        "102" => "CCYYMMDD",
        "201" => "YYMMDDhhmm",
        "202" => "YYMMDDhhmmss",
        "203" => "CCYYMMDDhhmm",
        "204" => "CCYYMMDDhhmmss",
        _ => return None,
    })
}

/// The time that a text says by a pattern; `None` where it says none that exists.
fn read(text: &str, pattern: &str) -> Result<Option<Moment>, TroubleKind> {
    if matches!(pattern, "ISO 8601" | "ISO8601") {
        return Ok(iso(text).and_then(Moment::checked));
    }
    let pattern = pattern_of(pattern).unwrap_or(pattern);
    let (mut year, mut month, mut day) = (None, None, None);
    let (mut hour, mut minute, mut second, mut nano) = (0, 0, 0, 0);
    let (mut rest, mut left) = (text, pattern);
    while let Some(first) = left.chars().next() {
        let token = token(left);
        let Some(token) = token else {
            // Anything else stands for itself.
            let Some(after) = rest.strip_prefix(first) else {
                return Ok(None);
            };
            rest = after;
            left = &left[first.len_utf8()..];
            continue;
        };
        left = &left[token.len()..];
        let digits = rest
            .get(..token.len())
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(number) = digits.and_then(|digits| digits.parse::<u32>().ok()) else {
            return Ok(None);
        };
        rest = &rest[token.len()..];
        match token {
            "CCYY" | "YYYY" | "yyyy" => year = Some(number),
            // Fifty years either way of 2000.
            "YY" | "yy" => {
                year = Some(if number < 50 {
                    2000 + number
                } else {
                    1900 + number
                })
            }
            "MM" => month = Some(number),
            "DD" | "dd" => day = Some(number),
            "hh" | "HH" => hour = number,
            "mm" => minute = number,
            "ss" => second = number,
            fraction => nano = number * 10u32.pow(9 - fraction.len() as u32),
        }
    }
    let (Some(year), Some(month), Some(day)) = (year, month, day) else {
        return Err(TroubleKind::BadArgument);
    };
    if !rest.is_empty() {
        return Ok(None);
    }
    let date = NaiveDate::from_ymd_opt(year as i32, month, day);
    let time = NaiveTime::from_hms_nano_opt(hour, minute, second, nano);
    Ok(date
        .zip(time)
        .and_then(|(date, time)| Moment::checked(date.and_time(time).and_utc())))
}

/// The token that a pattern begins with.
fn token(pattern: &str) -> Option<&str> {
    let names = [
        "CCYY", "YYYY", "yyyy", "YY", "yy", "MM", "DD", "dd", "hh", "HH", "mm", "ss",
    ];
    if let Some(name) = names.iter().find(|name| pattern.starts_with(**name)) {
        return Some(&pattern[..name.len()]);
    }
    let fraction = pattern.bytes().take_while(|byte| *byte == b'f').count();
    let fraction = if fraction == 0 {
        pattern.bytes().take_while(|byte| *byte == b'S').count()
    } else {
        fraction
    };
    (1..=9).contains(&fraction).then(|| &pattern[..fraction])
}

/// ISO 8601: a calendar date, perhaps with a time, perhaps with a zone; extended or basic.
fn iso(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    for pattern in [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y%m%dT%H%M%S%.f",
        "%Y%m%dT%H%M",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, pattern) {
            return Some(time.and_utc());
        }
    }
    for pattern in [
        "%Y-%m-%dT%H:%M:%S%.f%#z",
        "%Y-%m-%dT%H:%M%#z",
        "%Y%m%dT%H%M%S%.f%#z",
        "%Y%m%dT%H%M%#z",
    ] {
        if let Ok(time) = DateTime::parse_from_str(text, pattern) {
            return Some(time.to_utc());
        }
    }
    // Digits are counted: chrono reads a year of any length.
    let date = match text.len() {
        10 => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?,
        8 if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            NaiveDate::parse_from_str(text, "%Y%m%d").ok()?
        }
        _ => return None,
    };
    Some(date.and_time(NaiveTime::MIN).and_utc())
}

fn format<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let [Value::Moment(moment), Value::Text(pattern)] = args else {
        return Err(TroubleKind::NoOverload);
    };
    if matches!(&**pattern, "ISO 8601" | "ISO8601") {
        return run.text(moment.to_string());
    }
    let at = moment.0;
    let mut left = pattern_of(pattern).unwrap_or(pattern);
    let mut text = String::with_capacity(left.len());
    while let Some(first) = left.chars().next() {
        let Some(token) = token(left) else {
            text.push(first);
            left = &left[first.len_utf8()..];
            continue;
        };
        left = &left[token.len()..];
        match token {
            "CCYY" | "YYYY" | "yyyy" => text.push_str(&format!("{:04}", at.year())),
            "YY" | "yy" => text.push_str(&format!("{:02}", at.year() % 100)),
            "MM" => text.push_str(&format!("{:02}", at.month())),
            "DD" | "dd" => text.push_str(&format!("{:02}", at.day())),
            "hh" | "HH" => text.push_str(&format!("{:02}", at.hour())),
            "mm" => text.push_str(&format!("{:02}", at.minute())),
            "ss" => text.push_str(&format!("{:02}", at.second())),
            fraction => {
                text.push_str(&format!("{:09}", at.nanosecond() % 1_000_000_000)[..fraction.len()])
            }
        }
    }
    run.text(text)
}

/// Whole units in a length of time, or from one time to another.
fn between<'a>(args: &mut [Value<'a>], unit: i64) -> Outcome<'a> {
    let length = match args {
        [Value::Period(period)] => period.0,
        [Value::Moment(from), Value::Moment(to)] => to.0.signed_duration_since(from.0),
        _ => return Err(TroubleKind::NoOverload),
    };
    Ok(Value::Int(length.num_seconds() / unit))
}

/// A zone by its distance from UTC: `+08:00`, `UTC`.
fn zone(value: Option<&Value>) -> Result<FixedOffset, TroubleKind> {
    let zero = FixedOffset::east_opt(0).ok_or(TroubleKind::BadArgument)?;
    let name = match value {
        None => return Ok(zero),
        Some(Value::Text(name)) => &**name,
        Some(_) => return Err(TroubleKind::NoOverload),
    };
    if matches!(name, "UTC" | "Z" | "") {
        return Ok(zero);
    }
    let (negative, rest) = match name.as_bytes().first() {
        Some(b'-') => (true, &name[1..]),
        Some(b'+') => (false, &name[1..]),
        _ => (false, name),
    };
    let (hours, minutes) = rest.split_once(':').ok_or(TroubleKind::BadArgument)?;
    let number = |text: &str| {
        let digits =
            (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| text.parse::<i32>().ok())
            .flatten()
            .ok_or(TroubleKind::BadArgument)
    };
    let seconds = number(hours)? * 3_600 + number(minutes)? * 60;
    FixedOffset::east_opt(if negative { -seconds } else { seconds }).ok_or(TroubleKind::BadArgument)
}

fn part<'a>(
    args: &mut [Value<'a>],
    take: impl FnOnce(DateTime<FixedOffset>) -> i64,
) -> Outcome<'a> {
    match args {
        [Value::Moment(moment), rest @ ..] => Ok(Value::Int(take(
            moment.0.with_timezone(&zone(rest.first())?),
        ))),
        _ => Err(TroubleKind::NoOverload),
    }
}

/// A part of a time of day, or all of a length of time in that unit.
fn clock<'a>(
    args: &mut [Value<'a>],
    unit: i64,
    take: impl FnOnce(DateTime<FixedOffset>) -> i64,
) -> Outcome<'a> {
    match args {
        [Value::Period(period)] => Ok(Value::Int(period.0.num_milliseconds() / unit)),
        args => part(args, take),
    }
}

fn milliseconds<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Period(period)] => Ok(Value::Int(i64::from(period.0.subsec_nanos() / 1_000_000))),
        args => part(args, |at| i64::from(at.timestamp_subsec_millis())),
    }
}

/// CEL's spelling of a length of time: `1h30m`, `-1.5s`.
pub(super) fn read_period(text: &str) -> Option<Period> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(Period(TimeDelta::zero()));
    }
    let mut nanos: i128 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
            .count();
        let (number, after) = rest.split_at(length);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || whole.len() > 18 || fraction.contains('.') {
            return None;
        }
        let units = [
            ("ns", 1),
            ("us", 1_000),
            ("µs", 1_000),
            ("ms", 1_000_000),
            ("s", 1_000_000_000),
            ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
        ];
        let (unit, size) = units.iter().find(|(unit, _)| after.starts_with(unit))?;
        let value = |digits: &str| {
            if digits.is_empty() {
                Some(0)
            } else {
                digits.parse::<i128>().ok()
            }
        };
        let fraction = &fraction[..fraction.len().min(15)];
        nanos += value(whole)? * size + value(fraction)? * size / 10i128.pow(fraction.len() as u32);
        rest = &after[unit.len()..];
    }
    let nanos = if negative { -nanos } else { nanos };
    let (seconds, rest) = (
        nanos.div_euclid(1_000_000_000),
        nanos.rem_euclid(1_000_000_000),
    );
    TimeDelta::new(i64::try_from(seconds).ok()?, u32::try_from(rest).ok()?)
        .and_then(Period::checked)
}

/// CEL's spelling of a time: RFC 3339.
pub(super) fn read_moment(text: &str) -> Option<Moment> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Moment::checked(time.to_utc())
}
