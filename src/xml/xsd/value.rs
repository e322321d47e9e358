//! Values of the built-in types of XML Schema 1.0 part 2: their lexical forms and their order.

use std::cmp::Ordering;

/// A decimal number of any length, without zeros that mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal<'v> {
    pub(crate) negative: bool,
    pub(crate) whole: &'v str,
    pub(crate) fraction: &'v str,
}

impl<'v> Decimal<'v> {
    /// Reads `[+-]?(digits(.digits?)?|.digits)` (clause 3.2.3.1).
    pub(crate) fn parse(text: &'v str) -> Option<Self> {
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !all(whole) || !all(fraction) || whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        Some(Self {
            negative: negative && !(whole.is_empty() && fraction.is_empty()),
            whole,
            fraction,
        })
    }

    pub(crate) fn total_digits(self) -> u64 {
        (self.whole.len() + self.fraction.len()).max(1) as u64
    }

    fn owned(self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() {
            "0"
        } else {
            self.whole
        };
        format!("{sign}{whole}.{}", self.fraction)
    }

    pub(crate) fn compare(self, other: Decimal<'_>) -> Ordering {
        match (self.negative, other.negative) {
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            _ => {}
        }
        let size = (self.whole.len().cmp(&other.whole.len()))
            .then_with(|| self.whole.cmp(other.whole))
            .then_with(|| self.fraction.cmp(other.fraction));
        if self.negative { size.reverse() } else { size }
    }
}

/// A point of time, or what part of it a type has; parts it lacks are those of 1972-12-31.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moment {
    /// Seconds since a common origin, in the time zone written.
    seconds: i128,
    /// Decimals of the second, without zeros at the end.
    fraction: Box<str>,
    /// Minutes east of UTC.
    zone: Option<i32>,
}

impl Moment {
    fn key(&self, zone: i32) -> (i128, &str) {
        (self.seconds - i128::from(zone) * 60, &self.fraction)
    }

    /// The order of two moments; one with and one without a time zone may have none (clause
    /// 3.2.7.4).
    fn compare(&self, other: &Self) -> Option<Ordering> {
        const FAR: i32 = 14 * 60;
        match (self.zone, other.zone) {
            (Some(a), Some(b)) => Some(self.key(a).cmp(&other.key(b))),
            (None, None) => Some(self.key(0).cmp(&other.key(0))),
            (Some(a), None) => {
                let this = self.key(a);
                if this < other.key(FAR) {
                    Some(Ordering::Less)
                } else if this > other.key(-FAR) {
                    Some(Ordering::Greater)
                } else {
                    None
                }
            }
            (None, Some(_)) => other.compare(self).map(Ordering::reverse),
        }
    }
}

/// A value of a simple type.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(Box<str>),
    Boolean(bool),
    Decimal(Box<str>),
    Float(f32),
    Double(f64),
    Duration {
        months: i128,
        seconds: i128,
        fraction: Box<str>,
    },
    Moment(Moment),
    Bytes(Box<[u8]>),
    /// Namespace and local part.
    Name(Box<str>, Box<str>),
    List(Vec<Value>),
}

impl Value {
    /// The order of two values of one primitive type; `None` where there is none.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Decimal(a), Self::Decimal(b)) => {
                Some(Decimal::parse(a)?.compare(Decimal::parse(b)?))
            }
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Double(a), Self::Double(b)) => a.partial_cmp(b),
            (Self::Moment(a), Self::Moment(b)) => a.compare(b),
            (
                Self::Duration {
                    months,
                    seconds,
                    fraction,
                },
                Self::Duration {
                    months: months_b,
                    seconds: seconds_b,
                    fraction: fraction_b,
                },
            ) => compare_durations(
                (*months, *seconds, fraction),
                (*months_b, *seconds_b, fraction_b),
            ),
            _ => None,
        }
    }

    /// Whether two values are the same value.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b || a.is_nan() && b.is_nan(),
            (Self::Double(a), Self::Double(b)) => a == b || a.is_nan() && b.is_nan(),
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Name(a, b), Self::Name(c, d)) => a == c && b == d,
            (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b))
            }
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }

    /// A text that is the same for equal values and differs for others; appended to `key`.
    pub(crate) fn key(&self, key: &mut String) {
        use std::fmt::Write as _;
        let _ = match self {
            Self::Text(text) => write!(key, "s{}:{text}", text.len()),
            Self::Boolean(value) => write!(key, "b{value}"),
            Self::Decimal(value) => write!(key, "d{value}"),
            Self::Float(value) => write!(key, "f{}", if *value == 0.0 { 0.0 } else { *value }),
            Self::Double(value) => write!(key, "g{}", if *value == 0.0 { 0.0 } else { *value }),
            Self::Duration {
                months,
                seconds,
                fraction,
            } => write!(key, "p{months}/{seconds}.{fraction}"),
            Self::Moment(moment) => {
                let (seconds, fraction) = moment.key(moment.zone.unwrap_or(0));
                write!(
                    key,
                    "t{seconds}.{fraction}{}",
                    if moment.zone.is_some() { "Z" } else { "" }
                )
            }
            Self::Bytes(bytes) => write!(key, "x{bytes:02X?}"),
            Self::Name(namespace, local) => write!(key, "q{{{namespace}}}{local}"),
            Self::List(items) => {
                key.push('(');
                for item in items {
                    item.key(key);
                    key.push(' ');
                }
                write!(key, ")")
            }
        };
        key.push(';');
    }
}

fn compare_durations(a: (i128, i128, &str), b: (i128, i128, &str)) -> Option<Ordering> {
    // Clause 3.2.6.2: the order must be the same from each of these dates.
    let from = [(1696, 9), (1697, 2), (1903, 3), (1903, 7)];
    let at = |(months, seconds, _): (i128, i128, &str), (year, month): (i128, i128)| {
        let total = year * 12 + (month - 1) + months;
        days(total.div_euclid(12), total.rem_euclid(12) as u32 + 1, 1) * 86_400 + seconds
    };
    let mut found = None;
    for from in from {
        let order = at(a, from).cmp(&at(b, from)).then_with(|| {
            let negative = a.0 < 0 || a.1 < 0;
            let order = a.2.cmp(b.2);
            if negative { order.reverse() } else { order }
        });
        if found.is_some_and(|found| found != order) {
            return None;
        }
        found = Some(order);
    }
    found
}

/// Days of the proleptic Gregorian calendar since 0000-03-01.
fn days(year: i128, month: u32, day: u32) -> i128 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = i128::from((month + 9) % 12);
    year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (month * 306 + 5) / 10
        + i128::from(day)
}

fn days_in(year: i128, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.rem_euclid(4) == 0
            && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0) =>
        {
            29
        }
        2 => 28,
        _ => 31,
    }
}

/// Reads a boolean (clause 3.2.2).
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Reads a decimal as a value.
pub(crate) fn decimal(text: &str) -> Option<Value> {
    Some(Value::Decimal(Decimal::parse(text)?.owned().into()))
}

/// Reads the lexical form of float and double (clauses 3.2.4, 3.2.5) with `parse`.
pub(crate) fn float<T: std::str::FromStr>(text: &str) -> Option<T> {
    let text = match text {
        "INF" => "inf",
        "-INF" => "-inf",
        "NaN" => "NaN",
        _ => {
            let plain = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
            if !text.bytes().all(plain) {
                return None;
            }
            text
        }
    };
    text.parse().ok()
}

/// A cursor over the lexical form of dates and durations.
struct Cursor<'t>(&'t str);

impl<'t> Cursor<'t> {
    fn eat(&mut self, c: char) -> Option<()> {
        self.0 = self.0.strip_prefix(c)?;
        Some(())
    }

    fn digits(&mut self) -> &'t str {
        let end = self.0.bytes().position(|byte| !byte.is_ascii_digit());
        let (digits, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        digits
    }

    fn two(&mut self) -> Option<u32> {
        let both = self.0.as_bytes().get(..2)?;
        if !both.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = &self.0[2..];
        Some(u32::from(both[0] - b'0') * 10 + u32::from(both[1] - b'0'))
    }

    fn year(&mut self) -> Option<i128> {
        let negative = self.eat('-').is_some();
        let digits = self.digits();
        let long = digits.len() > 4 && digits.starts_with('0');
        if digits.len() < 4 || long || digits.len() > 30 {
            return None;
        }
        let year: i128 = digits.parse().ok()?;
        // Year 0 does not exist; -1 is the year before 1.
        match (year, negative) {
            (0, _) => None,
            (year, true) => Some(1 - year),
            (year, false) => Some(year),
        }
    }

    fn month(&mut self) -> Option<u32> {
        self.two().filter(|month| (1..=12).contains(month))
    }

    /// Seconds of the day, decimals, and whether the day is over.
    fn time(&mut self) -> Option<(i128, &'t str)> {
        let hour = self.two()?;
        self.eat(':')?;
        let minute = self.two()?;
        self.eat(':')?;
        let second = self.two()?;
        let mut fraction = "";
        if self.eat('.').is_some() {
            let digits = self.digits();
            if digits.is_empty() {
                return None;
            }
            fraction = digits.trim_end_matches('0');
        }
        let end = hour == 24 && minute == 0 && second == 0 && fraction.is_empty();
        if minute > 59 || second > 59 || hour > 23 && !end {
            return None;
        }
        Some((i128::from(hour * 3600 + minute * 60 + second), fraction))
    }

    fn zone(&mut self) -> Option<Option<i32>> {
        if self.0.is_empty() {
            return Some(None);
        }
        if self.0 == "Z" {
            self.0 = "";
            return Some(Some(0));
        }
        let sign = if self.eat('+').is_some() {
            1
        } else {
            self.eat('-')?;
            -1
        };
        let hours = self.two()? as i32;
        self.eat(':')?;
        let minutes = self.two()? as i32;
        if minutes > 59 || hours > 14 || hours == 14 && minutes > 0 || !self.0.is_empty() {
            return None;
        }
        Some(Some(sign * (hours * 60 + minutes)))
    }
}

/// Which parts of a moment a type has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parts {
    DateTime,
    Time,
    Date,
    YearMonth,
    Year,
    MonthDay,
    Day,
    Month,
}

/// Reads a value of one of the date and time types (clauses 3.2.7 to 3.2.14).
pub(crate) fn moment(text: &str, parts: Parts) -> Option<Moment> {
    use Parts::{Date, DateTime, Day, Month, MonthDay, Time, Year, YearMonth};
    let mut cursor = Cursor(text);
    let (mut year, mut month, mut day) = (1972, 12, 31);
    match parts {
        DateTime | Date | YearMonth | Year => {
            year = cursor.year()?;
            (month, day) = (1, 1);
            if parts != Year {
                cursor.eat('-')?;
                month = cursor.month()?;
            }
            if matches!(parts, DateTime | Date) {
                cursor.eat('-')?;
                day = cursor.two()?;
            }
        }
        MonthDay | Month => {
            cursor.eat('-')?;
            cursor.eat('-')?;
            month = cursor.month()?;
            day = 1;
            if parts == MonthDay {
                cursor.eat('-')?;
                day = cursor.two()?;
            }
        }
        Day => {
            cursor.eat('-')?;
            cursor.eat('-')?;
            cursor.eat('-')?;
            day = cursor.two()?;
        }
        Time => {}
    }
    if day < 1 || day > days_in(year, month) {
        return None;
    }
    let (mut seconds, mut fraction) = (0, "");
    if parts == DateTime {
        cursor.eat('T')?;
    }
    if matches!(parts, DateTime | Time) {
        (seconds, fraction) = cursor.time()?;
        if parts == Time {
            seconds %= 86_400;
        }
    }
    let zone = cursor.zone()?;
    Some(Moment {
        seconds: days(year, month, day) * 86_400 + seconds,
        fraction: fraction.into(),
        zone,
    })
}

/// Reads a duration (clause 3.2.6).
pub(crate) fn duration(text: &str) -> Option<Value> {
    let mut cursor = Cursor(text);
    let sign = if cursor.eat('-').is_some() { -1 } else { 1 };
    cursor.eat('P')?;
    let (mut months, mut seconds, mut fraction) = (0i128, 0i128, "");
    let step = |cursor: &mut Cursor<'_>, units: &[(char, i128)], total: &mut i128| {
        let mut any = false;
        for (unit, weight) in units {
            let before = cursor.0;
            let digits = cursor.digits();
            if digits.is_empty() || cursor.eat(*unit).is_none() {
                cursor.0 = before;
                continue;
            }
            let count = digits.parse::<i128>().ok().filter(|_| digits.len() < 25);
            *total += count? * weight;
            any = true;
        }
        Some(any)
    };
    let mut any = step(&mut cursor, &[('Y', 12), ('M', 1)], &mut months)?;
    any |= step(&mut cursor, &[('D', 86_400)], &mut seconds)?;
    if cursor.eat('T').is_some() {
        let mut timed = step(&mut cursor, &[('H', 3600), ('M', 60)], &mut seconds)?;
        let digits = cursor.digits();
        if !digits.is_empty() {
            if cursor.eat('.').is_some() {
                let decimals = cursor.digits();
                if decimals.is_empty() {
                    return None;
                }
                fraction = decimals.trim_end_matches('0');
            }
            cursor.eat('S')?;
            seconds += digits.parse::<i128>().ok().filter(|_| digits.len() < 25)?;
            timed = true;
        }
        if !timed {
            return None;
        }
        any = true;
    }
    if !any || !cursor.0.is_empty() {
        return None;
    }
    Some(Value::Duration {
        months: sign * months,
        seconds: sign * seconds,
        fraction: fraction.into(),
    })
}

/// Reads hexBinary (clause 3.2.15).
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}

/// Reads base64Binary (clause 3.2.16); spaces may stand between its characters.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut count, mut padding) = (0u32, 0, 0);
    for byte in text.bytes() {
        let six = match byte {
            b' ' => continue,
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if count >= 2 && padding < 2 => {
                padding += 1;
                count += 1;
                if count == 4 {
                    count = 0;
                }
                continue;
            }
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        held = held << 6 | u32::from(six);
        count += 1;
        if count == 4 {
            out.extend_from_slice(&held.to_be_bytes()[1..]);
            (held, count) = (0, 0);
        }
    }
    if count != 0 {
        return None;
    }
    match padding {
        0 => {}
        // Bits that belong to no byte must be zero.
        1 if held & 3 == 0 => out.extend_from_slice(&(held >> 2).to_be_bytes()[2..]),
        2 if held & 15 == 0 => out.push((held >> 4) as u8),
        _ => return None,
    }
    Some(out)
}

/// Whether `text` may be a reference to a resource (clause 3.2.17; RFC 2396 after escaping).
pub(crate) fn is_uri(text: &str) -> bool {
    let bytes = text.as_bytes();
    let escapes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    for (at, _) in escapes {
        let hex = bytes.get(at + 1..at + 3);
        if !hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
            return false;
        }
    }
    if bytes.iter().filter(|byte| **byte == b'#').count() > 1 {
        return false;
    }
    let end = text.find([':', '/', '?', '#']).unwrap_or(text.len());
    if text[end..].starts_with(':') {
        let scheme = &text[..end];
        let plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        return scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain);
    }
    true
}

/// Whether `text` is a language tag (RFC 3066).
pub(crate) fn is_language(text: &str) -> bool {
    text.split('-').enumerate().all(|(at, part)| {
        let fits = |byte: u8| byte.is_ascii_alphabetic() || at > 0 && byte.is_ascii_digit();
        (1..=8).contains(&part.len()) && part.bytes().all(fits)
    })
}
