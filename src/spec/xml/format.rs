//! How values are written: `an..35`, `n..14,4`, `CCYYMMDD`, `xs:dateTime`.

use std::fmt;

use crate::spec::model::Class;

/// The format of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// `an..35`, `an3..17`, `a3`, `n18`: characters, letters or digits, at least and at most so
    /// many; no bound is `None`.
    Text {
        /// Characters (`an`), letters (`a`) or digits (`n`, where the length is fixed or has a
        /// lower bound).
        class: Class,
        /// At least so many.
        min: u32,
        /// At most so many.
        max: Option<u32>,
    },
    /// `n`, `n..14`, `n..14,4`: a number of at most so many digits, and so many decimals.
    Number {
        /// Digits in all.
        digits: Option<u32>,
        /// Digits behind the point.
        decimals: Option<u32>,
    },
    /// `CCYYMMDD/CCYYMMDDhhmmss`: a date or time of one of these patterns.
    Moment(Vec<Box<str>>),
    /// `xs:dateTime`: a built-in type of XML Schema.
    Builtin(Box<str>),
}

/// Parts of patterns of dates and times, and what each is as a regular expression.
const PARTS: [(&str, &str); 7] = [
    ("CCYY", "[0-9]{4}"),
    ("MM", "(0[1-9]|1[0-2])"),
    ("DD", "(0[1-9]|[12][0-9]|3[01])"),
    ("hh", "([01][0-9]|2[0-3])"),
    ("mm", "[0-5][0-9]"),
    ("ss", "[0-5][0-9]"),
    ("fff", "[0-9]{3}"),
];

/// Signs that may stand between parts.
const SIGNS: [char; 4] = ['-', ':', 'T', '.'];

/// A day that is in the calendar, as a regular expression.
const DAY: &str = "([0-9]{4}(((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01]))|((0[469]|11)(0[1-9]|[12][0-9]|30))|02(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)0229)";

/// Types of XML Schema that a format may name.
const BUILTIN: [&str; 24] = [
    "anySimpleType",
    "string",
    "normalizedString",
    "token",
    "language",
    "Name",
    "NCName",
    "NMTOKEN",
    "ID",
    "IDREF",
    "boolean",
    "decimal",
    "integer",
    "nonNegativeInteger",
    "positiveInteger",
    "long",
    "int",
    "short",
    "double",
    "float",
    "dateTime",
    "date",
    "time",
    "base64Binary",
];

/// Further types that are rare.
const RARE: [&str; 6] = [
    "hexBinary",
    "anyURI",
    "duration",
    "gYear",
    "gYearMonth",
    "unsignedInt",
];

impl Format {
    /// Reads a format; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix("xs:") {
            let known = BUILTIN.contains(&name) || RARE.contains(&name);
            return known.then(|| Self::Builtin(name.into()));
        }
        if text.starts_with("CCYY") || text.starts_with("hh") {
            let patterns: Vec<Box<str>> = text.split('/').map(Box::from).collect();
            let good = patterns.iter().all(|pattern| moment(pattern).is_some());
            return good.then_some(Self::Moment(patterns));
        }
        let rest = text.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let class = match &text[..text.len() - rest.len()] {
            "a" => Class::Alpha,
            "an" => Class::Alphanumeric,
            "n" => Class::Numeric,
            _ => return None,
        };
        let count = |text: &str| -> Option<u32> {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten()
        };
        if class == Class::Numeric && (rest.is_empty() || rest.starts_with("..")) {
            let rest = rest.strip_prefix("..").unwrap_or(rest);
            let (digits, decimals) = match rest.split_once(',') {
                Some((digits, decimals)) => (digits, Some(count(decimals)?)),
                None => (rest, None),
            };
            let digits = match digits {
                "" => None,
                digits => Some(count(digits).filter(|digits| *digits > 0)?),
            };
            let fits = digits.is_none_or(|digits| decimals.is_none_or(|of| of <= digits));
            return fits.then_some(Self::Number { digits, decimals });
        }
        let (min, max) = match rest.split_once("..") {
            Some(("", "")) => (0, None),
            Some(("", max)) => (0, Some(count(max)?)),
            Some((min, "")) => (count(min)?, None),
            Some((min, max)) => (count(min)?, Some(count(max)?)),
            None if rest.is_empty() => (0, None),
            None => (count(rest)?, Some(count(rest)?)),
        };
        let fits = max.is_none_or(|max| max > 0 && min <= max);
        fits.then_some(Self::Text { class, min, max })
    }

    /// What a value must look like beyond the length, as a regular expression of XML Schema.
    pub(super) fn pattern(&self) -> Option<String> {
        match self {
            Self::Text {
                class: Class::Alpha,
                ..
            } => Some("[A-Za-z ]*".to_owned()),
            Self::Text {
                class: Class::Numeric,
                ..
            } => Some("[0-9]*".to_owned()),
            Self::Moment(patterns) => {
                let each = patterns.iter().filter_map(|pattern| moment(pattern));
                Some(each.collect::<Vec<_>>().join("|"))
            }
            _ => None,
        }
    }
}

/// A pattern of a date or time as a regular expression; `None` where it is none.
fn moment(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern;
    if let Some(after) = rest.strip_prefix("CCYYMMDD") {
        out.push_str(DAY);
        rest = after;
    }
    while !rest.is_empty() {
        if let Some((part, expression)) = PARTS.iter().find(|(part, _)| rest.starts_with(part)) {
            out.push_str(expression);
            rest = &rest[part.len()..];
            continue;
        }
        let sign = rest.chars().next().filter(|sign| SIGNS.contains(sign))?;
        if sign == '.' {
            out.push('\\');
        }
        out.push(sign);
        rest = &rest[1..];
    }
    (!out.is_empty()).then_some(out)
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { class, min, max } => {
                f.write_str(match class {
                    Class::Alpha => "a",
                    Class::Numeric => "n",
                    _ => "an",
                })?;
                match (min, max) {
                    (0, None) => Ok(()),
                    (0, Some(max)) => write!(f, "..{max}"),
                    (min, None) => write!(f, "{min}.."),
                    (min, Some(max)) if min == max => write!(f, "{max}"),
                    (min, Some(max)) => write!(f, "{min}..{max}"),
                }
            }
            Self::Number { digits, decimals } => {
                f.write_str("n")?;
                if digits.is_some() || decimals.is_some() {
                    f.write_str("..")?;
                }
                if let Some(digits) = digits {
                    write!(f, "{digits}")?;
                }
                match decimals {
                    Some(decimals) => write!(f, ",{decimals}"),
                    None => Ok(()),
                }
            }
            Self::Moment(patterns) => f.write_str(&patterns.join("/")),
            Self::Builtin(name) => write!(f, "xs:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_read_and_written_the_same() {
        for text in [
            "an",
            "an..35",
            "an5",
            "an3..17",
            "an1..",
            "a3",
            "a..2",
            "n",
            "n..8",
            "n..14,4",
            "n..8,0",
            "n..,2",
            "n18",
            "n1..5",
            "CCYYMMDD",
            "CCYYMMDD/CCYYMMDDhhmmssfff",
            "hhmm",
            "CCYY-MM-DDThh:mm:ss",
            "xs:dateTime",
            "xs:base64Binary",
        ] {
            let format = Format::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(format.to_string(), text);
        }
        for text in [
            "",
            "x",
            "an0",
            "an..0",
            "an5..3",
            "n..2,4",
            "an-1",
            "CCYYMMDDx",
            "xs:foo",
            "n..+5",
        ] {
            assert_eq!(Format::parse(text), None, "{text}");
        }
    }
}
