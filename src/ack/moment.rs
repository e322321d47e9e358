//! A date and time as acknowledgements write it.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{Error, Result};

/// When an acknowledgement is made. No time zone: what is written is what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(chrono::NaiveDateTime);

impl Moment {
    /// The present, in Coordinated Universal Time.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
        let made = chrono::DateTime::from_timestamp(seconds, since.subsec_nanos());
        Self(made.unwrap_or_default().naive_utc())
    }

    /// The moment written by a pattern of `CC YY MM DD hh mm ss fff` and anything else as it is.
    pub(super) fn written(self, pattern: &str) -> String {
        const WORDS: [(&str, &str); 8] = [
            ("CCYY", "%Y"),
            ("YY", "%y"),
            ("MM", "%m"),
            ("DD", "%d"),
            ("hh", "%H"),
            ("mm", "%M"),
            ("ss", "%S"),
            ("fff", "%3f"),
        ];
        let (mut format, mut rest) = (String::new(), pattern);
        while let Some(c) = rest.chars().next() {
            let word = WORDS.iter().find(|(word, _)| rest.starts_with(word));
            match word {
                Some((word, code)) => {
                    format.push_str(code);
                    rest = &rest[word.len()..];
                }
                None => {
                    if c == '%' {
                        format.push('%');
                    }
                    format.push(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        self.0.format(&format).to_string()
    }
}

impl std::str::FromStr for Moment {
    type Err = Error;

    /// Reads `2026-11-24T10:30`, with seconds and decimals of them where given.
    fn from_str(text: &str) -> Result<Self> {
        const FORMS: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
        let read = FORMS
            .iter()
            .find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok());
        // Years of four digits only: what is written has no room for others.
        let read = read.filter(|_| text.as_bytes().get(4) == Some(&b'-'));
        read.map(Self).ok_or_else(|| {
            Error::unknown(format!(
                "{text:?} is no date and time; expected as 2026-11-24T10:30 or 2026-11-24T10:30:05.250"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_written() {
        let moment: Moment = "2026-11-24T10:30:05.250".parse().unwrap();
        assert_eq!(moment.written("CCYYMMDDhhmmssfff"), "20261124103005250");
        assert_eq!(moment.written("YYMMDD"), "261124");
        assert_eq!(
            moment.written("CCYY-MM-DDThh:mm:ss%"),
            "2026-11-24T10:30:05%"
        );
        assert!("2026-02-30T10:30".parse::<Moment>().is_err());
        assert!("20261124".parse::<Moment>().is_err());
    }
}
