//! The service string advice (UNA) and what holds without it (ISO 9735 clause 7 and annex;
//! -1:2002 clause 8.1).

use super::segment::is_tag;

/// The characters that separate and release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Separators {
    /// Between components.
    pub component: u8,
    /// Between elements.
    pub element: u8,
    /// Decimal mark that UNA names.
    pub decimal: u8,
    /// Gives the character after it its plain meaning; `None` where there is none.
    pub release: Option<u8>,
    /// Between repetitions of an element (syntax version 4 only).
    pub repetition: Option<u8>,
    /// After a segment.
    pub terminator: u8,
}

impl Default for Separators {
    /// `:` `+` `.` `?` and `'`, no repetition: level A, syntax versions 1 to 3.
    fn default() -> Self {
        Self {
            component: b':',
            element: b'+',
            decimal: b'.',
            release: Some(b'?'),
            repetition: None,
            terminator: b'\'',
        }
    }
}

impl Separators {
    /// IS1, IS3 and IS4, which level B uses where UNA does not say otherwise.
    #[must_use]
    pub const fn level_b() -> Self {
        Self {
            component: 0x1F,
            element: 0x1D,
            decimal: b'.',
            release: None,
            repetition: None,
            terminator: 0x1C,
        }
    }

    /// All that are in force but the decimal mark.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = u8> + use<> {
        let all = [
            Some(self.component),
            Some(self.element),
            Some(self.terminator),
            self.release,
            self.repetition,
        ];
        all.into_iter().flatten()
    }

    /// Whether one character has two meanings, or a letter or digit has one.
    #[must_use]
    pub(super) fn clash(&self) -> Option<u8> {
        let all = [
            Some(self.component),
            Some(self.element),
            self.release,
            self.repetition,
            Some(self.terminator),
        ];
        let given: Vec<u8> = all.into_iter().flatten().collect();
        let last = given.len() - 1;
        given.iter().enumerate().find_map(|(at, byte)| {
            (byte.is_ascii_alphanumeric()
                || given[..at].contains(byte)
                || (at < last && is_line_break(*byte)))
            .then_some(*byte)
        })
    }

    /// Whether a letter or digit separates.
    pub(super) fn are_alphanumeric(&self) -> bool {
        let separating = [self.component, self.element, self.terminator];
        let mut all = separating.into_iter().chain(self.repetition);
        all.any(|byte| byte.is_ascii_alphanumeric())
    }

    /// The separators without a meaning that would leave nothing to read: a segment is not ended
    /// by what separates its parts, and line breaks stand between segments.
    fn readable(mut self) -> Self {
        let usual = Self::default();
        let rare = Self::level_b();
        let bad = |byte: u8| byte == self.terminator || is_line_break(byte);
        let instead = |usual: u8, rare: u8, other: u8| {
            let free = usual != other && usual != self.terminator && Some(usual) != self.release;
            if free { usual } else { rare }
        };
        if bad(self.component) {
            self.component = instead(usual.component, rare.component, self.element);
        }
        if bad(self.element) {
            self.element = instead(usual.element, rare.element, self.component);
        }
        self.release = self.release.filter(|byte| !bad(*byte));
        self.repetition = self.repetition.filter(|byte| !bad(*byte));
        self
    }
}

/// What an interchange (or a message without one) begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    pub separators: Separators,
    /// Bytes of UNA; 0 where there is none.
    pub una: usize,
    /// Syntax version, 1 to 4.
    pub syntax: u8,
    /// UNA had five characters, not six.
    pub five: bool,
    /// UNA's fifth character, where versions 1 to 3 pay it no heed.
    pub unheeded: Option<u8>,
    /// A character with two meanings.
    pub clash: Option<u8>,
}

/// Bytes that must be in sight to judge an opening: UNA, line breaks, and UNB as far as its
/// syntax version.
pub(super) const SIGHT: usize = 64;

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b'\t')
}

fn begins_with_tag(bytes: &[u8]) -> bool {
    bytes.get(..3).is_some_and(is_tag)
}

fn skip_breaks(bytes: &[u8]) -> &[u8] {
    let blanks = bytes
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t'))
        .count();
    &bytes[blanks..]
}

/// Judges what begins at `bytes`, which begins with a tag. `None` where nothing that could be
/// EDIFACT begins.
pub(super) fn opening(bytes: &[u8]) -> Option<Opening> {
    let mut opening = Opening {
        separators: Separators::default(),
        una: 0,
        syntax: 3,
        five: false,
        unheeded: None,
        clash: None,
    };
    let mut fifth = None;
    let mut first = bytes;
    if bytes.starts_with(b"UNA") {
        let service = bytes.get(3..)?;
        // Five characters and a segment that begins at once: the reserved place is not there.
        let five = service.len() >= 8
            && begins_with_tag(&service[5..])
            && matches!(&service[5..8], b"UNB" | b"UNG" | b"UNH" | b"UIB" | b"UIH")
            && service.get(8).is_none_or(|byte| *byte == service[1]);
        let len = if five { 5 } else { 6 };
        let service = service.get(..len)?;
        if service[..2].iter().any(u8::is_ascii_alphanumeric) {
            return None;
        }
        opening.una = 3 + len;
        opening.five = five;
        opening.separators = Separators {
            component: service[0],
            element: service[1],
            decimal: service[2],
            release: (service[3] != b' ').then_some(service[3]),
            repetition: None,
            terminator: service[len - 1],
        };
        fifth = (!five).then_some(service[4]);
        first = skip_breaks(&bytes[opening.una..]);
    } else if matches!(
        bytes.get(..3),
        Some(b"UNB" | b"UIB" | b"UNG" | b"UNH" | b"UIH")
    ) && bytes.get(3) == Some(&0x1D)
    {
        opening.separators = Separators::level_b();
    }
    let Separators {
        element,
        component,
        terminator,
        ..
    } = opening.separators;
    if opening.una == 0
        && !(begins_with_tag(first)
            && matches!(first.get(3), Some(&byte) if byte == element || byte == component || byte == terminator))
    {
        return None;
    }
    opening.syntax = syntax_version(first, element, component);
    if opening.syntax >= 4 {
        opening.separators.repetition = match fifth {
            Some(b' ') => None,
            Some(byte) => Some(byte),
            None => (opening.separators.element != 0x1D).then_some(b'*'),
        };
    } else if let Some(byte) = fifth.filter(|byte| *byte != b' ') {
        opening.unheeded = Some(byte);
    }
    opening.clash = opening.separators.clash();
    if opening.clash.is_some() && opening.separators.repetition == opening.clash {
        opening.separators.repetition = None;
    }
    if opening.clash.is_some() {
        opening.separators = opening.separators.readable();
    }
    Some(opening)
}

/// The syntax version that UNB or UIB names in S001/0002; 4 for interactive segments without
/// one, else 3.
fn syntax_version(first: &[u8], element: u8, component: u8) -> u8 {
    let interactive = first.starts_with(b"UIB") || first.starts_with(b"UIH");
    let usual = if interactive { 4 } else { 3 };
    if !(first.starts_with(b"UNB") || first.starts_with(b"UIB")) || first.get(3) != Some(&element) {
        return usual;
    }
    let identifier = &first[4..];
    let version = identifier
        .iter()
        .take(16)
        .position(|byte| *byte == component)
        .and_then(|at| identifier.get(at + 1));
    match version {
        Some(digit @ b'1'..=b'4') => digit - b'0',
        _ => usual,
    }
}

/// Where in `bytes` an interchange or message could begin: `UNA` before UNB, `UNB`, `UIB`, `UNG`,
/// `UNH` or `UIH` with a separator behind.
pub(super) fn find_opening(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'U', &bytes[from..]).map(|at| from + at) {
        let rest = &bytes[at..];
        let starts = matches!(
            rest.get(..3),
            Some(b"UNA" | b"UNB" | b"UIB" | b"UNG" | b"UNH" | b"UIH")
        );
        let letter_before = at > 0 && bytes[at - 1].is_ascii_alphanumeric();
        if starts && !letter_before && opening(rest).is_some() {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_strings() {
        let at = |text: &str| opening(text.as_bytes());
        let plain = at("UNB+UNOA:2+A+B'").unwrap();
        assert_eq!(
            (plain.una, plain.syntax, plain.separators),
            (0, 2, Separators::default())
        );
        let v4 = at("UNB+UNOC:4+A+B'").unwrap();
        assert_eq!(v4.separators.repetition, Some(b'*'));
        let v3 = at("UNA:+.?*'UNB+UNOC:3+A+B'").unwrap();
        assert_eq!((v3.separators.repetition, v3.unheeded), (None, Some(b'*')));
        let other = at("UNA|^,\\!~\r\nUNB^UNOC|4^A").unwrap();
        assert_eq!(other.separators.repetition, Some(b'!'));
        assert_eq!(
            (other.separators.release, other.separators.decimal),
            (Some(b'\\'), b',')
        );
        let five = at("UNA:+.?'UNB+UNOA:1+A+B'").unwrap();
        assert!(five.five && five.una == 8 && five.separators.terminator == b'\'');
        let none = at("UNA:+.  'UNB+UNOA:1+A+B'").unwrap();
        assert_eq!(none.separators.release, None);
        let level_b = at("UNB\x1dUNOB\x1f1\x1dA").unwrap();
        assert_eq!(
            (level_b.separators, level_b.syntax),
            (Separators::level_b(), 1)
        );
        assert_eq!(at("UIB+UNOA:4+A'").unwrap().syntax, 4);
        assert_eq!(at("BGM+380'").unwrap().syntax, 3);
        assert_eq!(at("UNA::.? 'UNB+UNOA:1").unwrap().clash, Some(b':'));
        for una in [
            "UNA'+.? '",
            "UNA:'.? '",
            "UNA\n+.? '",
            "UNA:\t.? '",
            "UNA:+.\r '",
        ] {
            let opening = at(&format!("{una}UNB+UNOA:1")).unwrap();
            assert!(opening.clash.is_some());
            let read = opening.separators;
            assert_eq!((read.component, read.element), (b':', b'+'), "{una}");
        }
        assert!(at("UNA:+.? \n").unwrap().clash.is_none());
        for nothing in ["<xml/>", "hello", "UNA", "UNA:+", "", "UN"] {
            assert_eq!(at(nothing), None, "{nothing}");
        }
        assert_eq!(
            find_opening(b"Subject: UNBELIEVABLE\r\n\r\nUNB+UNOA:1+A+B'"),
            Some(25)
        );
    }
}
