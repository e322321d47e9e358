//! Views of a segment: borrowed from the input, made from the index, nothing copied.

use std::borrow::Cow;

use super::una::Separators;

/// How a token ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By a component separator: another component of the same composite follows.
    Component,
    /// By a repetition separator: another repetition of the same element follows.
    Repetition,
    /// By an element separator: the next element follows.
    Element,
    /// By the segment terminator.
    Terminator,
}

/// A component, a simple element, or a part of a tag: what stands between two separators.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    /// Its bytes as they came, release characters and line breaks among them.
    pub bytes: &'a [u8],
    /// Offset of its first byte from the start of the input.
    pub offset: u64,
    /// How it ended.
    pub end: End,
    /// Whether it may hold release characters or line breaks, so that [`value`](Self::value)
    /// may differ from `bytes`.
    pub escaped: bool,
    release: Option<u8>,
}

impl<'a> Token<'a> {
    /// Its value: release characters and the line breaks of wrapped lines removed.
    #[must_use]
    pub fn value(&self) -> Cow<'a, [u8]> {
        if self.escaped {
            unescape(self.bytes, self.release)
        } else {
            Cow::Borrowed(self.bytes)
        }
    }
}

fn unescape(bytes: &[u8], release: Option<u8>) -> Cow<'_, [u8]> {
    let special = |byte: &u8| Some(*byte) == release || matches!(byte, b'\r' | b'\n');
    let Some(first) = bytes.iter().position(special) else {
        return Cow::Borrowed(bytes);
    };
    let mut value = bytes[..first].to_vec();
    let mut escaping = false;
    for &byte in &bytes[first..] {
        match byte {
            b'\r' | b'\n' => {}
            _ if escaping => {
                value.push(byte);
                escaping = false;
            }
            _ if Some(byte) == release => escaping = true,
            _ => value.push(byte),
        }
    }
    Cow::Owned(value)
}

/// A segment: its tag, elements, repetitions and components.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// The input from which positions count.
    pub(super) data: &'a [u8],
    /// Offset of `data` from the start of the input.
    pub(super) base: u64,
    /// Where the segment begins in `data`, blanks before its tag included.
    pub(super) start: u32,
    /// Where its tag begins in `data`.
    pub(super) tag_at: u32,
    /// Positions of its separators in `data`; the last is its terminator.
    pub(super) separators: &'a [u32],
    /// Whether release characters or control characters stand in it.
    pub(super) has_specials: bool,
    /// The input ended before its terminator, which was put there by the reader.
    pub(super) cut: bool,
    pub(super) service: &'a Separators,
}

/// Whether a tag is written as those of segments are: three capital letters and digits, a letter first.
pub(crate) fn is_tag(tag: &[u8]) -> bool {
    tag.len() == 3
        && tag[0].is_ascii_uppercase()
        && tag
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// A tag of up to eight bytes as a number, as [`Segment::packed_tag`] gives it.
pub(crate) fn pack(tag: &[u8]) -> u64 {
    tag.iter()
        .fold(0, |packed, byte| packed << 8 | u64::from(*byte))
}

impl<'a> Segment<'a> {
    /// Offset of the first byte of its tag.
    #[inline]
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.base + u64::from(self.tag_at)
    }

    /// Offset of the first byte of the blanks before its tag, or of that.
    #[inline]
    pub(crate) fn start_offset(&self) -> u64 {
        self.base + u64::from(self.start)
    }

    /// Offset of its terminator.
    #[inline]
    #[must_use]
    pub fn end(&self) -> u64 {
        self.base + u64::from(self.terminator())
    }

    fn terminator(&self) -> u32 {
        *self.separators.last().unwrap_or(&self.tag_at)
    }

    /// From its tag to its terminator, which is included.
    #[must_use]
    pub fn span(&self) -> crate::span::Span {
        crate::span::Span::new(self.offset(), self.bytes().len() as u64)
    }

    /// Its bytes, from its tag to its terminator, which is included where it stands.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        let end = self.terminator() as usize + usize::from(!self.cut);
        &self.data[self.tag_at as usize..end]
    }

    /// Line breaks, blanks and tabs between the last segment and its tag.
    #[must_use]
    pub fn blank(&self) -> &'a [u8] {
        &self.data[self.start as usize..self.tag_at as usize]
    }

    /// The characters that separate in it.
    #[must_use]
    pub fn separators(&self) -> &'a Separators {
        self.service
    }

    /// Its tag as it came, without explicit nesting.
    #[inline]
    #[must_use]
    pub fn tag(&self) -> &'a [u8] {
        let end = *self.separators.first().unwrap_or(&self.tag_at);
        &self.data[self.tag_at as usize..end as usize]
    }

    /// Its tag as a number, line breaks inside left out; `None` when it is longer than 8 bytes.
    #[inline]
    #[must_use]
    pub fn packed_tag(&self) -> Option<u64> {
        match *self.tag() {
            [a, b, c] => Some(u64::from(a) << 16 | u64::from(b) << 8 | u64::from(c)),
            ref tag => {
                let (mut packed, mut len) = (0, 0);
                for byte in tag.iter().filter(|b| !matches!(b, b'\r' | b'\n')) {
                    packed = packed << 8 | u64::from(*byte);
                    len += 1;
                    if len > 8 {
                        return None;
                    }
                }
                (len > 0).then_some(packed)
            }
        }
    }

    /// All its tokens: the tag first (with explicit nesting, its parts), then those of its
    /// elements. The way to go through a segment once.
    #[inline]
    pub fn tokens(&self) -> Tokens<'a> {
        Tokens {
            data: self.data,
            base: self.base,
            at: self.tag_at,
            separators: self.separators.iter(),
            service: self.service,
            escaped: self.has_specials,
        }
    }

    /// Its tokens behind the tag. With explicit nesting (`LOC:1:2`) those of the tag are passed
    /// over too.
    #[inline]
    pub fn element_tokens(&self) -> Tokens<'a> {
        let mut tokens = self.tokens();
        for token in tokens.by_ref() {
            if matches!(token.end, End::Element | End::Terminator) {
                break;
            }
        }
        tokens
    }

    /// What it is made of: the bytes that positions count in, the positions of its separators (the
    /// terminator last), and the characters that separate.
    #[inline]
    pub(crate) fn raw(&self) -> (&'a [u8], &'a [u32], &'a Separators) {
        (self.data, self.separators, self.service)
    }

    /// The position of a separator.
    #[inline]
    pub(crate) fn separator(&self, at: usize) -> u32 {
        self.separators[at]
    }

    /// The token from a position to the separator `at`.
    #[inline]
    pub(crate) fn token_between(&self, from: u32, at: usize) -> Token<'a> {
        let position = self.separators[at];
        let byte = self.data[position as usize];
        let end = if byte == self.service.component {
            End::Component
        } else if byte == self.service.element {
            End::Element
        } else if byte == self.service.terminator {
            End::Terminator
        } else {
            End::Repetition
        };
        Token {
            bytes: &self.data[from as usize..position as usize],
            offset: self.base + u64::from(from),
            end,
            escaped: self.has_specials,
            release: self.service.release,
        }
    }

    /// The value of a component: `element` and `component` count from 0, first repetition.
    /// Empty values are `None`.
    #[must_use]
    pub fn get(&self, element: usize, component: usize) -> Option<Cow<'a, [u8]>> {
        self.token(element, component)
            .map(|token| token.value())
            .filter(|value| !value.is_empty())
    }

    /// The token at an element and component, both counted from 0, in the first repetition.
    #[must_use]
    pub fn token(&self, element: usize, component: usize) -> Option<Token<'a>> {
        let (mut at_element, mut at_component, mut repeated) = (0, 0, false);
        for token in self.element_tokens() {
            if !repeated && at_element == element && at_component == component {
                return Some(token);
            }
            match token.end {
                End::Component => at_component += 1,
                End::Repetition => repeated = true,
                End::Element => {
                    if at_element == element {
                        return None;
                    }
                    (at_element, at_component, repeated) = (at_element + 1, 0, false);
                }
                End::Terminator => return None,
            }
        }
        None
    }

    /// The bytes of an element as they came, from its first component to its last; `element`
    /// counts from 0.
    pub(crate) fn raw_element(&self, element: usize) -> Option<&'a [u8]> {
        let mut ends = self.separators.iter().filter(|at| {
            let byte = self.data[**at as usize];
            byte == self.service.element || byte == self.service.terminator
        });
        let (start, end) = (ends.nth(element)?, ends.next()?);
        self.data.get(*start as usize + 1..*end as usize)
    }

    /// The bytes of its first component: those of `token(0, 0)`.
    #[inline]
    pub(crate) fn first_value(&self) -> Option<&'a [u8]> {
        match *self.separators {
            // Nothing of the tag stands behind it.
            [tag_end, end, ..] if self.data[tag_end as usize] == self.service.element => {
                Some(&self.data[tag_end as usize + 1..end as usize])
            }
            _ => self.token(0, 0).map(|token| token.bytes),
        }
    }

    /// Whether the input ended before its terminator.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Whether release characters or control characters stand in it.
    #[must_use]
    pub fn has_specials(&self) -> bool {
        self.has_specials
    }

    /// The parts of the tag behind it: explicit nesting and repetition (`LOC:1:2`).
    #[must_use]
    pub fn nesting(&self) -> Vec<Token<'a>> {
        let mut parts = Vec::new();
        let mut more = false;
        for token in self.tokens() {
            if more {
                parts.push(token);
            }
            if token.end != End::Component {
                break;
            }
            more = true;
        }
        parts
    }
}

/// The tokens of a segment.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    data: &'a [u8],
    base: u64,
    at: u32,
    separators: std::slice::Iter<'a, u32>,
    service: &'a Separators,
    escaped: bool,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    #[inline]
    fn next(&mut self) -> Option<Token<'a>> {
        let position = *self.separators.next()?;
        let byte = self.data[position as usize];
        let end = if byte == self.service.component {
            End::Component
        } else if byte == self.service.element {
            End::Element
        } else if byte == self.service.terminator {
            End::Terminator
        } else {
            End::Repetition
        };
        let token = Token {
            bytes: &self.data[self.at as usize..position as usize],
            offset: self.base + u64::from(self.at),
            end,
            escaped: self.escaped,
            release: self.service.release,
        };
        self.at = position + 1;
        Some(token)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.separators.size_hint()
    }
}

/// A segment that owns its bytes: one that waits for its placement, or that was made.
#[derive(Clone, Debug)]
pub struct OwnedSegment {
    data: Box<[u8]>,
    base: u64,
    tag_at: u32,
    separators: Box<[u32]>,
    has_specials: bool,
    cut: bool,
    service: Separators,
}

impl OwnedSegment {
    /// A segment at the end of the input that has no terminator: `data` begins at `base`, its
    /// separators stand at `separators`.
    pub(super) fn cut(
        data: &[u8],
        base: u64,
        tag_at: u32,
        separators: &[u32],
        has_specials: bool,
        service: Separators,
    ) -> Self {
        let mut data = data.to_vec();
        let mut separators = separators.to_vec();
        separators.push(data.len() as u32);
        data.push(service.terminator);
        Self {
            data: data.into(),
            base,
            tag_at,
            separators: separators.into(),
            has_specials,
            cut: true,
            service,
        }
    }

    /// The beginning of a segment, up to offset `at`, where its terminator should stand.
    pub(super) fn ended_at(segment: &Segment<'_>, at: u64) -> Self {
        let start = segment.start;
        let end = (at - segment.base) as u32;
        let separators: Vec<u32> = segment
            .separators
            .iter()
            .filter(|at| **at < end)
            .map(|at| at - start)
            .collect();
        let inside = &segment.data[segment.tag_at as usize..end as usize];
        let special = |byte: &u8| *byte < b' ' || Some(*byte) == segment.service.release;
        Self::cut(
            &segment.data[start as usize..end as usize],
            segment.start_offset(),
            segment.tag_at - start,
            &separators,
            inside.iter().any(special),
            *segment.service,
        )
    }

    /// The segment as a view.
    #[must_use]
    pub fn view(&self) -> Segment<'_> {
        Segment {
            data: &self.data,
            base: self.base,
            start: 0,
            tag_at: self.tag_at,
            separators: &self.separators,
            has_specials: self.has_specials,
            cut: self.cut,
            service: &self.service,
        }
    }
}

impl From<Segment<'_>> for OwnedSegment {
    fn from(segment: Segment<'_>) -> Self {
        let start = segment.start;
        Self {
            data: segment.data[start as usize..=segment.terminator() as usize].into(),
            base: segment.base + u64::from(start),
            tag_at: segment.tag_at - start,
            separators: segment.separators.iter().map(|at| at - start).collect(),
            has_specials: segment.has_specials,
            cut: segment.cut,
            service: *segment.service,
        }
    }
}
