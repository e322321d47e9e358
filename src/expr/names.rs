//! Names in backticks: CEL has letters, digits and `_ . - /` and space in them, messages have more (`@guid`).

use std::borrow::Cow;

use super::Fault;
use super::syntax::fault;

/// Names that the parser cannot read, each with one of the same length that it can.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Where the name begins, what stands for it, the name.
    stand_ins: Vec<(usize, String, String)>,
}

impl Names {
    /// Finds the names of `text`.
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let mut quoted: Vec<(usize, &str)> = Vec::new();
        let mut at = 0;
        while let Some(begin) = next_backtick(text, at) {
            let rest = &text[begin + 1..];
            let Some(length) = rest
                .find(['`', '\n'])
                .filter(|at| rest[*at..].starts_with('`'))
            else {
                break;
            };
            quoted.push((begin + 1, &rest[..length]));
            at = begin + length + 2;
        }
        let plain = |name: &str| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.-/ ".contains(&byte))
        };
        let mut names = Self::default();
        for (begin, name) in &quoted {
            if name.is_empty() || plain(name) {
                continue;
            }
            let known = names.stand_ins.iter().find(|(_, _, known)| known == name);
            let stand_in = match known {
                Some((_, stand_in, _)) => stand_in.clone(),
                None => {
                    let taken = |candidate: &String| {
                        quoted.iter().any(|(_, other)| other == candidate)
                            || names
                                .stand_ins
                                .iter()
                                .any(|(_, other, _)| other == candidate)
                    };
                    let candidates = (0..1_000).map(|number| stand_in(number, name.len()));
                    candidates
                        .flatten()
                        .find(|candidate| !taken(candidate))
                        .ok_or_else(|| {
                            fault(
                                *begin,
                                begin + name.len(),
                                "too many names in backticks",
                                "反引号名称过多",
                            )
                        })?
                }
            };
            names.stand_ins.push((*begin, stand_in, (*name).to_owned()));
        }
        Ok(names)
    }

    /// The text as the parser can read it; every byte stays where it was.
    pub(super) fn plain<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.stand_ins.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut plain = String::with_capacity(text.len());
        let mut at = 0;
        for (begin, stand_in, name) in &self.stand_ins {
            plain.push_str(&text[at..*begin]);
            plain.push_str(stand_in);
            at = begin + name.len();
        }
        plain.push_str(&text[at..]);
        Cow::Owned(plain)
    }

    /// The name that was written.
    pub(super) fn original<'n>(&'n self, name: &'n str) -> &'n str {
        let found = self
            .stand_ins
            .iter()
            .find(|(_, stand_in, _)| stand_in == name);
        found.map_or(name, |(_, _, original)| original)
    }
}

/// A name of `length` bytes that is none outside backticks; `None` where the number is too long for that.
fn stand_in(number: usize, length: usize) -> Option<String> {
    let digits = number.to_string();
    match length {
        1 => ["/", "-", ".", " "]
            .get(number)
            .map(|&name| name.to_owned()),
        _ => (digits.len() < length).then(|| format!("/{digits:0>width$}", width = length - 1)),
    }
}

/// The next backtick from `at` that is in no text and no comment.
fn next_backtick(text: &str, mut at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'`' => return Some(at),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n')?;
            }
            quote @ (b'\'' | b'"') => {
                // `r` before it, or `br`, is no part of a name.
                let word = bytes[..at]
                    .iter()
                    .rev()
                    .take_while(|byte| byte.is_ascii_alphanumeric())
                    .count();
                let raw = word <= 2
                    && bytes[at - word..at]
                        .iter()
                        .any(|byte| matches!(byte, b'r' | b'R'));
                at = after_text(bytes, at, quote, raw)?;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where a text ends that begins with `quote`.
fn after_text(bytes: &[u8], begin: usize, quote: u8, raw: bool) -> Option<usize> {
    let triple = bytes[begin..].starts_with(&[quote; 3]);
    let close: &[u8] = if triple { &[quote; 3] } else { &[quote] };
    let mut at = begin + close.len();
    while at < bytes.len() {
        if bytes[at] == b'\\' && !raw {
            at += 2;
        } else if bytes[at..].starts_with(close) {
            return Some(at + close.len());
        } else {
            at += 1;
        }
    }
    None
}
