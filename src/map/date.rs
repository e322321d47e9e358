//! Dates and times by patterns: CC YY MM DD hh mm ss fff, and the signs between them.

/// A pattern, or several of which one is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patterns(Vec<Pattern>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    tokens: Vec<Token>,
    /// Which parts of a moment it has.
    parts: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// CCYY.
    Year,
    /// YY.
    ShortYear,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
    Sign(char),
}

/// A date, a time, or both. What is not there is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    parts: [Option<u32>; 7],
}

const TOKENS: [(&str, Token); 8] = [
    ("CCYY", Token::Year),
    ("YY", Token::ShortYear),
    ("MM", Token::Month),
    ("DD", Token::Day),
    ("hh", Token::Hour),
    ("mm", Token::Minute),
    ("ss", Token::Second),
    ("fff", Token::Fraction),
];

impl Token {
    /// Its part of a moment.
    const fn part(self) -> Option<usize> {
        match self {
            Self::Year | Self::ShortYear => Some(0),
            Self::Month => Some(1),
            Self::Day => Some(2),
            Self::Hour => Some(3),
            Self::Minute => Some(4),
            Self::Second => Some(5),
            Self::Fraction => Some(6),
            Self::Sign(_) => None,
        }
    }

    const fn len(self) -> usize {
        match self {
            Self::Year => 4,
            Self::Fraction => 3,
            Self::Sign(sign) => sign.len_utf8(),
            _ => 2,
        }
    }
}

impl Patterns {
    /// Reads `CCYYMMDD/CCYYMMDDhhmm`; `None` where it is no pattern.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let each = text.split('/').map(|text| {
            let tokens = tokens(text)?;
            let parts = tokens.iter().filter_map(|token| token.part());
            let parts = parts.fold(0, |parts, part| parts | 1 << part);
            Some(Pattern { tokens, parts })
        });
        each.collect::<Option<Vec<_>>>().map(Self)
    }

    /// The parts that a value may have: of every pattern.
    pub(super) fn parts(&self) -> [bool; 7] {
        let all = self.0.iter().fold(0, |all, pattern| all | pattern.parts);
        std::array::from_fn(|part| all >> part & 1 != 0)
    }

    /// Length of the longest.
    pub(super) fn longest(&self) -> usize {
        let len = |of: &Pattern| of.tokens.iter().map(|token| token.len()).sum();
        self.0.iter().map(len).max().unwrap_or(0)
    }

    /// Reads a value; `None` where it fits no pattern or is not in the calendar.
    pub(super) fn read(&self, text: &str) -> Option<Moment> {
        self.0.iter().find_map(|of| read(&of.tokens, text))
    }

    /// Writes a moment by the pattern that has just its parts, else by the first.
    pub(super) fn write(&self, moment: &Moment, out: &mut String) {
        let there = (0..7).filter(|part| moment.parts[*part].is_some());
        let there = there.fold(0, |there, part| there | 1 << part);
        let fitting = self.0.iter().find(|pattern| pattern.parts == there);
        let Some(pattern) = fitting.or(self.0.first()) else {
            return;
        };
        for token in &pattern.tokens {
            let least = u32::from(matches!(token, Token::Month | Token::Day));
            let value = token.part().map(|part| moment.parts[part].unwrap_or(least));
            match (token, value) {
                (Token::Sign(sign), _) => out.push(*sign),
                (Token::ShortYear, Some(value)) => digits(value % 100, 2, out),
                (token, Some(value)) => digits(value, token.len(), out),
                (_, None) => {}
            }
        }
    }
}

/// Writes the last so many digits of a number.
fn digits(value: u32, len: usize, out: &mut String) {
    let mut text = [b'0'; 4];
    let (mut left, len) = (value, len.min(text.len()));
    for digit in text[..len].iter_mut().rev() {
        *digit += (left % 10) as u8;
        left /= 10;
    }
    out.push_str(std::str::from_utf8(&text[..len]).unwrap_or_default());
}

fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut rest = pattern;
    let mut found = Vec::new();
    while !rest.is_empty() {
        if let Some((text, token)) = TOKENS.iter().find(|(text, _)| rest.starts_with(text)) {
            found.push(*token);
            rest = &rest[text.len()..];
            continue;
        }
        let sign = rest.chars().next()?;
        if !matches!(sign, '-' | ':' | 'T' | '.' | '_' | 'Z') {
            return None;
        }
        // A blank is written as `_`: patterns hold none.
        found.push(Token::Sign(if sign == '_' { ' ' } else { sign }));
        rest = &rest[sign.len_utf8()..];
    }
    let parts: Vec<usize> = found.iter().filter_map(|token| token.part()).collect();
    let twice = (1..parts.len()).any(|at| parts[at..].contains(&parts[at - 1]));
    (!parts.is_empty() && !twice).then_some(found)
}

fn read(tokens: &[Token], text: &str) -> Option<Moment> {
    let mut moment = Moment::default();
    let mut rest = text;
    for token in tokens {
        if let Token::Sign(sign) = token {
            rest = rest.strip_prefix(*sign)?;
            continue;
        }
        let digits = rest.get(..token.len())?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = digits.bytes().map(|digit| u32::from(digit - b'0'));
        let value = digits.fold(0, |value, digit| value * 10 + digit);
        let value = match token {
            // Years of two digits are those around this century's first half.
            Token::ShortYear => value + if value < 80 { 2000 } else { 1900 },
            _ => value,
        };
        moment.parts[token.part()?] = Some(value);
        rest = &rest[token.len()..];
    }
    (rest.is_empty() && moment.exists()).then_some(moment)
}

impl Moment {
    /// Whether it is in the calendar and on the clock.
    fn exists(&self) -> bool {
        let [year, month, day, hour, minute, second, _] = self.parts;
        let (year, known) = (year.unwrap_or(2000), month.unwrap_or(1));
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match known {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        (1..=12).contains(&known)
            && day.is_none_or(|day| (1..=days).contains(&day))
            && hour.is_none_or(|hour| hour <= 23)
            && minute.is_none_or(|minute| minute <= 59)
            && second.is_none_or(|second| second <= 60)
    }
}

#[cfg(test)]
mod tests {
    use super::Patterns;

    #[test]
    fn dates_are_read_and_written() {
        let change = |from: &str, to: &str, text: &str| {
            let moment = Patterns::parse(from).unwrap().read(text)?;
            let mut out = String::new();
            Patterns::parse(to).unwrap().write(&moment, &mut out);
            Some(out)
        };
        for (from, to, text, expected) in [
            ("CCYYMMDD", "CCYY-MM-DD", "20261125", Some("2026-11-25")),
            (
                "YYMMDDhhmm",
                "CCYYMMDDhhmm",
                "2611250930",
                Some("202611250930"),
            ),
            (
                "CCYYMMDD/CCYYMMDDhhmm",
                "CCYYMMDDhhmmss",
                "20261125",
                Some("20261125000000"),
            ),
            (
                "CCYYMMDDhhmm",
                "CCYYMMDD/CCYYMMDDhhmm",
                "202611250930",
                Some("202611250930"),
            ),
            ("CCYYMMDD", "CCYYMMDD", "20250229", None),
            ("CCYYMMDD", "CCYYMMDD", "2024022", None),
            ("CCYYMMDD", "CCYYMMDD", "202402299", None),
            ("hhmm", "hh:mm", "2400", None),
            (
                "CCYY-MM-DDThh:mm:ss",
                "CCYYMMDDhhmmssfff",
                "2026-11-25T09:30:05",
                Some("20261125093005000"),
            ),
        ] {
            assert_eq!(change(from, to, text).as_deref(), expected, "{from} {text}");
        }
        assert!(Patterns::parse("YYYYMMDD").is_none());
        assert!(Patterns::parse("-").is_none());
    }
}
