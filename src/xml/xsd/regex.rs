//! Regular expressions of XML Schema (part 2, appendix F): read here, matched by finite automata,
//! so that no expression takes more than linear time.

use std::sync::OnceLock;

use regex_automata::meta;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};

use super::blocks::BLOCKS;
use crate::xml::chars;

/// An expression.
pub(crate) struct Pattern {
    source: Box<str>,
    /// What is shown in its place.
    shown: Option<Box<str>>,
    hir: Hir,
    compiled: OnceLock<Option<meta::Regex>>,
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source)
    }
}

/// States of an automaton at most, roughly.
const MOST_STATES: u64 = 200_000;
/// Groups within each other at most.
const MOST_DEPTH: usize = 200;

impl Pattern {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, and where (in characters, from 0).
    pub(crate) fn new(source: &str) -> Result<Self, (usize, String)> {
        let mut parser = Parser {
            chars: source.chars().collect(),
            at: 0,
            depth: 0,
        };
        let (hir, size) = parser.alternatives()?;
        if parser.at < parser.chars.len() {
            return Err((parser.at, "unbalanced )".to_owned()));
        }
        if size > MOST_STATES {
            return Err((
                0,
                format!("too large: about {size} states, at most {MOST_STATES}"),
            ));
        }
        Ok(Self {
            source: source.into(),
            shown: None,
            hir: Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]),
            compiled: OnceLock::new(),
        })
    }

    /// The expression as written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The same, with another text for people.
    pub(crate) fn shown_as(mut self, text: Option<&str>) -> Self {
        self.shown = text.map(Into::into);
        self
    }

    /// What people are shown of it.
    pub(crate) fn shown(&self) -> &str {
        self.shown.as_deref().unwrap_or(&self.source)
    }

    /// The format of dates that it is made of.
    pub(crate) fn format(&self) -> Option<&str> {
        self.shown
            .as_deref()
            .filter(|text| text.contains("CCYY") || text.contains("hh"))
    }

    /// Whether it matches all of `text`.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let regex = self.compiled.get_or_init(|| {
            let config = meta::Config::new()
                .nfa_size_limit(Some(64 << 20))
                .onepass_size_limit(Some(1 << 20));
            meta::Builder::new()
                .configure(config)
                .build_from_hir(&self.hir)
                .ok()
        });
        match regex {
            Some(regex) => regex.is_match(Input::new(text).anchored(Anchored::Yes)),
            // The bound on its states makes this unreachable.
            None => true,
        }
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, (usize, String)>;

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err((self.at, message.into()))
    }

    fn alternatives(&mut self) -> Parsed<(Hir, u64)> {
        if self.depth > MOST_DEPTH {
            return self.fail("groups nested too deeply");
        }
        self.depth += 1;
        let (mut branches, mut size) = (Vec::new(), 0);
        loop {
            let (branch, part) = self.branch()?;
            branches.push(branch);
            size += part + 1;
            if self.peek() != Some('|') {
                break;
            }
            self.at += 1;
        }
        self.depth -= 1;
        Ok((Hir::alternation(branches), size))
    }

    fn branch(&mut self) -> Parsed<(Hir, u64)> {
        let (mut pieces, mut size) = (Vec::new(), 0u64);
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            let (atom, part) = self.atom()?;
            let (piece, part) = self.quantifier(atom, part)?;
            size = size.saturating_add(part);
            pieces.push(piece);
        }
        Ok((Hir::concat(pieces), size))
    }

    fn quantifier(&mut self, atom: Hir, size: u64) -> Parsed<(Hir, u64)> {
        let (min, max) = match self.peek() {
            Some('?') => (0, Some(1)),
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('{') => {
                self.at += 1;
                let min = self.number()?;
                let max = match self.peek() {
                    Some(',') => {
                        self.at += 1;
                        if self.peek() == Some('}') {
                            None
                        } else {
                            Some(self.number()?)
                        }
                    }
                    _ => Some(min),
                };
                if self.peek() != Some('}') {
                    return self.fail("} expected");
                }
                if max.is_some_and(|max| max < min) {
                    return self.fail("the greatest number is less than the least");
                }
                (min, max)
            }
            _ => return Ok((atom, size)),
        };
        self.at += 1;
        let times = u64::from(max.unwrap_or(min).max(1));
        let size = size.saturating_add(1).saturating_mul(times);
        if max == Some(0) || matches!(atom.kind(), HirKind::Empty) {
            return Ok((Hir::empty(), 1));
        }
        let hir = Hir::repetition(Repetition {
            min,
            max,
            greedy: true,
            sub: Box::new(atom),
        });
        Ok((hir, size))
    }

    fn number(&mut self) -> Parsed<u32> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        let digits: String = self.chars[start..self.at].iter().collect();
        match digits.parse() {
            Ok(number) => Ok(number),
            Err(_) => self.fail("a number expected"),
        }
    }

    fn atom(&mut self) -> Parsed<(Hir, u64)> {
        let Some(c) = self.peek() else {
            return self.fail("an expression expected");
        };
        match c {
            '(' => {
                self.at += 1;
                let inner = self.alternatives()?;
                if self.peek() != Some(')') {
                    return self.fail(") expected");
                }
                self.at += 1;
                Ok(inner)
            }
            '[' => {
                let class = self.class()?;
                let size = 1 + class.ranges().len() as u64 / 4;
                Ok((Hir::class(Class::Unicode(class)), size))
            }
            '.' => {
                self.at += 1;
                let mut class = range('\n', '\n');
                class.union(&range('\r', '\r'));
                class.negate();
                Ok((Hir::class(Class::Unicode(class)), 4))
            }
            '\\' => {
                let (class, _) = self.escape()?;
                let size = 1 + class.ranges().len() as u64 / 4;
                Ok((Hir::class(Class::Unicode(class)), size))
            }
            '?' | '*' | '+' | '{' | '}' | ']' => self.fail(format!("{c} must be escaped here")),
            _ => {
                self.at += 1;
                Ok((Hir::class(Class::Unicode(range(c, c))), 1))
            }
        }
    }

    /// An escape; with it the character, where it stands for one.
    fn escape(&mut self) -> Parsed<(ClassUnicode, Option<char>)> {
        self.at += 1;
        let Some(c) = self.peek() else {
            return self.fail("an escape expected after \\");
        };
        self.at += 1;
        let single = |c| Ok((range(c, c), Some(c)));
        match c {
            'n' => single('\n'),
            'r' => single('\r'),
            't' => single('\t'),
            '\\' | '|' | '.' | '?' | '*' | '+' | '(' | ')' | '{' | '}' | '-' | '[' | ']' | '^' => {
                single(c)
            }
            'p' | 'P' => {
                if self.peek() != Some('{') {
                    return self.fail("{ expected");
                }
                let start = self.at + 1;
                let Some(len) = self.chars[start..].iter().position(|c| *c == '}') else {
                    return self.fail("} expected");
                };
                let name: String = self.chars[start..start + len].iter().collect();
                let Some(mut class) = property(&name) else {
                    return self.fail(format!("{name} is no category or block"));
                };
                self.at = start + len + 1;
                if c == 'P' {
                    class.negate();
                }
                Ok((class, None))
            }
            _ => match multiple(c) {
                Some(class) => Ok((class, None)),
                None => {
                    self.at -= 1;
                    self.fail(format!("\\{c} is no escape"))
                }
            },
        }
    }

    /// A class expression, from its `[`.
    fn class(&mut self) -> Parsed<ClassUnicode> {
        if self.depth > MOST_DEPTH {
            return self.fail("classes nested too deeply");
        }
        self.depth += 1;
        self.at += 1;
        let negated = self.peek() == Some('^');
        if negated {
            self.at += 1;
        }
        let mut class = ClassUnicode::empty();
        let start = self.at;
        loop {
            let Some(c) = self.peek() else {
                return self.fail("] expected");
            };
            if c == ']' && self.at > start {
                break;
            }
            if c == '-' && self.at > start && self.chars.get(self.at + 1) == Some(&'[') {
                break;
            }
            let low = match c {
                '\\' => {
                    let (part, single) = self.escape()?;
                    match single {
                        Some(c) => c,
                        None => {
                            class.union(&part);
                            // A class cannot begin a range.
                            if self.peek() == Some('-')
                                && !matches!(self.chars.get(self.at + 1), Some(']' | '['))
                            {
                                return self.fail("a range begins with a character");
                            }
                            continue;
                        }
                    }
                }
                '[' | ']' => return self.fail(format!("{c} must be escaped in a class")),
                '-' if self.at > start && self.chars.get(self.at + 1) != Some(&']') => {
                    return self.fail("- must stand first or last in a class, or be escaped");
                }
                _ => {
                    self.at += 1;
                    c
                }
            };
            if self.peek() != Some('-')
                || matches!(self.chars.get(self.at + 1), Some(']' | '[') | None)
            {
                class.union(&range(low, low));
                continue;
            }
            if low == '-' && self.chars[self.at - 1] == '-' && self.at > start + 1 {
                return self.fail("- must stand first or last in a class, or be escaped");
            }
            self.at += 1;
            let high = match self.peek() {
                Some('\\') => match self.escape()? {
                    (_, Some(c)) => c,
                    _ => return self.fail("a range ends with a character"),
                },
                Some(c) if c != '[' && c != ']' => {
                    self.at += 1;
                    c
                }
                _ => return self.fail("a range ends with a character"),
            };
            if high < low {
                return self.fail("a range goes upwards");
            }
            class.union(&range(low, high));
        }
        if negated {
            class.negate();
        }
        if self.peek() == Some('-') {
            self.at += 1;
            let less = self.class()?;
            class.difference(&less);
            if self.peek() != Some(']') {
                return self.fail("] expected");
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(class)
    }
}

fn range(low: char, high: char) -> ClassUnicode {
    ClassUnicode::new([ClassUnicodeRange::new(low, high)])
}

fn of_predicate(holds: fn(char) -> bool) -> ClassUnicode {
    let mut ranges: Vec<(char, char)> = Vec::new();
    for c in ('\0'..=char::MAX).filter(|c| holds(*c)) {
        match ranges.last_mut() {
            Some((_, high)) if *high as u32 + 1 == c as u32 => *high = c,
            _ => ranges.push((c, c)),
        }
    }
    let ranges = ranges
        .into_iter()
        .map(|(low, high)| ClassUnicodeRange::new(low, high));
    ClassUnicode::new(ranges)
}

/// A general category of Unicode.
fn category(name: &str) -> Option<ClassUnicode> {
    let known = matches!(
        name.as_bytes(),
        [b'L' | b'M' | b'N' | b'P' | b'Z' | b'S' | b'C']
            | [b'L', b'u' | b'l' | b't' | b'm' | b'o']
            | [b'M', b'n' | b'c' | b'e']
            | [b'N', b'd' | b'l' | b'o']
            | [b'P', b'c' | b'd' | b's' | b'e' | b'i' | b'f' | b'o']
            | [b'Z', b's' | b'l' | b'p']
            | [b'S', b'm' | b'c' | b'k' | b'o']
            | [b'C', b'c' | b'f' | b'o' | b'n']
    );
    if !known {
        return None;
    }
    let hir = regex_syntax::parse(&format!("\\p{{{name}}}")).ok()?;
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        _ => None,
    }
}

fn property(name: &str) -> Option<ClassUnicode> {
    match name.strip_prefix("Is") {
        Some(block) => {
            let (_, low, high) = BLOCKS.iter().find(|(name, ..)| *name == block)?;
            // Surrogates are no characters.
            match (char::from_u32(*low), char::from_u32(*high)) {
                (Some(low), Some(high)) => Some(range(low, high)),
                _ => Some(ClassUnicode::empty()),
            }
        }
        None => category(name),
    }
}

/// The multi-character escapes (production 37).
fn multiple(c: char) -> Option<ClassUnicode> {
    static NAME_START: OnceLock<ClassUnicode> = OnceLock::new();
    static NAME: OnceLock<ClassUnicode> = OnceLock::new();
    let mut class = match c.to_ascii_lowercase() {
        's' => {
            let mut class = range('\t', '\n');
            class.union(&range('\r', '\r'));
            class.union(&range(' ', ' '));
            class
        }
        'i' => NAME_START
            .get_or_init(|| of_predicate(|c| c == ':' || chars::is_name_start(c)))
            .clone(),
        'c' => NAME
            .get_or_init(|| of_predicate(|c| c == ':' || chars::is_name_char(c)))
            .clone(),
        'd' => category("Nd")?,
        'w' => {
            let mut class = category("P")?;
            class.union(&category("Z")?);
            class.union(&category("C")?);
            class.negate();
            class
        }
        _ => return None,
    };
    if c.is_ascii_uppercase() {
        class.negate();
    }
    Some(class)
}
