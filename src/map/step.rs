//! What happens to a value on its way: steps, made ready for one direction.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use rust_decimal::{Decimal, RoundingStrategy};

use super::ast::{Step, Unit};
use super::date::Patterns;
use crate::charset::Charset;
use crate::codes::{CodeTable, Relation};
use crate::finding::{Code, Lang};
use crate::tables::{CodeTables, Way, name_of};

/// A step in one direction.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Crosswalk(Way, Box<str>),
    Codes(HashMap<Box<str>, Box<str>>),
    Date(Patterns, Patterns, Box<str>),
    Decimals(u32),
    Times(Decimal),
    Divide(Decimal),
    Pad(u32, char),
    Unpad(char),
    Prefix(Box<str>),
    StripPrefix(Box<str>),
    Suffix(Box<str>),
    StripSuffix(Box<str>),
    Join(Box<str>),
    Split(Box<str>),
    Cut(u32, Unit),
    Glue,
    Upper,
    Lower,
    Trim,
    Part(u32, u32),
    Name(Arc<CodeTable>, Lang),
}

/// A value on its way.
#[derive(Debug)]
pub(super) enum Carried<'v> {
    One(Cow<'v, str>),
    Many(Vec<Cow<'v, str>>),
}

/// What is told of a value on its way. `goes_on` says that it is written all the same.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) code: Code,
    pub(super) value: Box<str>,
    pub(super) args: Vec<(&'static str, String)>,
}

impl Told {
    fn new(code: Code, value: &str) -> Self {
        Self {
            code,
            value: value.into(),
            args: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }
}

/// Why a step cannot be made ready.
pub(super) struct Unready(pub(super) String);

impl Step {
    /// The step on the way from left to right.
    pub(super) fn forth(&self, codes: &CodeTables) -> Result<Act, Unready> {
        Ok(match self {
            Self::Crosswalk(from, to) => crosswalk(codes, from, to)?,
            Self::Codes(pairs) => Act::Codes(pairs.iter().cloned().collect()),
            Self::Date(from, to) => Act::Date(patterns(from)?, patterns(to)?, from.clone()),
            Self::Decimals(places) => Act::Decimals(*places),
            Self::Times(factor) => Act::Times(number(factor)?),
            Self::Pad(len, with) => Act::Pad(*len, *with),
            Self::Prefix(text) => Act::Prefix(text.clone()),
            Self::StripPrefix(text) => Act::StripPrefix(text.clone()),
            Self::Suffix(text) => Act::Suffix(text.clone()),
            Self::StripSuffix(text) => Act::StripSuffix(text.clone()),
            Self::Join(text) => Act::Join(text.clone()),
            Self::Split(text) => Act::Split(text.clone()),
            Self::Cut(len, unit) => Act::Cut(*len, *unit),
            Self::Glue(..) => Act::Glue,
            Self::Upper => Act::Upper,
            Self::Lower => Act::Lower,
            Self::Trim => Act::Trim,
            Self::Part(from, len) => Act::Part(*from, *len),
            Self::Name(table, lang) => Act::Name(
                codes
                    .find(table)
                    .ok_or_else(|| Unready(format!("there is no table {table}")))?,
                match &**lang {
                    "en" => Lang::En,
                    "zh" => Lang::Zh,
                    _ => return Err(Unready(format!("found {lang:?}; expected en or zh"))),
                },
            ),
        })
    }

    /// The step on the way back; `None` where it leaves the value as it is.
    pub(super) fn back(&self, codes: &CodeTables) -> Result<Option<Act>, Unready> {
        Ok(Some(match self {
            Self::Crosswalk(from, to) => crosswalk(codes, to, from)?,
            Self::Codes(pairs) => {
                let mut back = HashMap::new();
                for (from, to) in pairs {
                    if let Some(other) = back.insert(to.clone(), from.clone()) {
                        return Err(Unready(format!(
                            "{to:?} stands for both {other:?} and {from:?}: that cannot be turned round"
                        )));
                    }
                }
                Act::Codes(back)
            }
            Self::Date(from, to) => Act::Date(patterns(to)?, patterns(from)?, to.clone()),
            Self::Times(factor) => Act::Divide(number(factor)?),
            Self::Pad(_, with) => Act::Unpad(*with),
            Self::Prefix(text) => Act::StripPrefix(text.clone()),
            Self::StripPrefix(text) => Act::Prefix(text.clone()),
            Self::Suffix(text) => Act::StripSuffix(text.clone()),
            Self::StripSuffix(text) => Act::Suffix(text.clone()),
            Self::Join(text) => Act::Split(text.clone()),
            Self::Split(text) => Act::Join(text.clone()),
            Self::Cut(..) => Act::Glue,
            Self::Glue(len, unit) => Act::Cut(*len, *unit),
            Self::Decimals(_)
            | Self::Upper
            | Self::Lower
            | Self::Trim
            | Self::Part(..)
            | Self::Name(..) => return Ok(None),
        }))
    }

    /// Why it cannot be turned round, where it may lose something.
    pub(super) fn narrows(&self, codes: &CodeTables) -> Option<String> {
        match self {
            Self::Crosswalk(from, to) => {
                let (of, a, b) = codes.way(from, to).ok()?;
                let relation = of.relation(a, b);
                (relation != Relation::OneToOne)
                    .then(|| format!("`{self}` is {}", relation.as_str()))
            }
            Self::Upper | Self::Lower | Self::Trim | Self::Part(..) | Self::Name(..) => {
                Some(format!("`{self}` cannot be turned round"))
            }
            Self::Cut(..) | Self::Glue(..) => Some(format!(
                "`{self}` may cut a text in other places on the way back"
            )),
            Self::Date(from, to) => {
                let parts = |text| Patterns::parse(text).map(|patterns| patterns.parts());
                let (from, to) = (parts(from), parts(to));
                (from != to).then(|| format!("`{self}`: one side has parts that the other lacks"))
            }
            _ => None,
        }
    }

    /// Whether it makes one value of several (`Some(false)`), or several of one (`Some(true)`).
    pub(super) fn many(&self) -> Option<bool> {
        match self {
            Self::Join(_) | Self::Glue(..) => Some(false),
            Self::Split(_) | Self::Cut(..) => Some(true),
            _ => None,
        }
    }
}

fn crosswalk(codes: &CodeTables, from: &str, to: &str) -> Result<Act, Unready> {
    let way = codes.way(from, to).map_err(Unready)?;
    Ok(Act::Crosswalk(way, format!("{from} → {to}").into()))
}

fn patterns(text: &str) -> Result<Patterns, Unready> {
    Patterns::parse(text).ok_or_else(|| {
        Unready(format!(
            "found {text:?}; expected a pattern of CC YY MM DD hh mm ss fff and - : . T, as CCYYMMDDhhmm"
        ))
    })
}

fn number(text: &str) -> Result<Decimal, Unready> {
    let number = text
        .parse()
        .ok()
        .filter(|number: &Decimal| !number.is_zero());
    number.ok_or_else(|| Unready(format!("found {text:?}; expected a number, and not 0")))
}

/// What steps need of a run.
pub(super) struct Ways {
    /// The character set in which lengths in bytes are counted.
    pub(super) charset: Option<Charset>,
    /// A code without a counterpart stays as it is.
    pub(super) keep: bool,
    /// Places that a text may be cut into.
    pub(super) places: usize,
}

impl Act {
    /// Does the step. `Err` is what is told where the value is left out.
    pub(super) fn apply<'v>(
        &self,
        value: Carried<'v>,
        ways: &Ways,
        told: &mut Vec<Told>,
    ) -> Result<Carried<'v>, Told> {
        let text = match (self, value) {
            (Self::Join(sign), value) => {
                let values = value.all();
                if let Some(inside) = values.iter().find(|text| text.contains(&**sign)) {
                    told.push(Told::new(Code::MAP_SEPARATOR, inside).with("separator", sign));
                }
                return Ok(one(values.join(sign)));
            }
            (Self::Glue, value) => {
                let mut values = value.all();
                return Ok(match values.len() {
                    1 => Carried::One(values.remove(0)),
                    _ => one(values.concat()),
                });
            }
            (Self::Split(sign), Carried::One(text)) => {
                let mut pieces: Vec<Cow<'_, str>> = Vec::new();
                let mut rest = &*text;
                // The last place takes what is left.
                while pieces.len() + 1 < ways.places
                    && let Some((piece, behind)) = rest.split_once(&**sign)
                {
                    pieces.push(piece.to_owned().into());
                    rest = behind;
                }
                pieces.push(rest.to_owned().into());
                return Ok(Carried::Many(pieces));
            }
            (Self::Cut(len, unit), Carried::One(text)) => {
                let (pieces, left) = cut(&text, *len, *unit, ways);
                if !left.is_empty() {
                    told.push(
                        Told::new(Code::MAP_CUT, left)
                            .with("length", text.chars().count())
                            .with("max", ways.places * *len as usize),
                    );
                }
                return Ok(Carried::Many(pieces));
            }
            // Each of several goes the same way.
            (_, Carried::Many(values)) => {
                let each = values.into_iter().map(|text| {
                    match self.apply(Carried::One(text), ways, told)? {
                        Carried::One(text) => Ok(text),
                        Carried::Many(_) => Ok(Cow::Borrowed("")),
                    }
                });
                return Ok(Carried::Many(each.collect::<Result<_, _>>()?));
            }
            (_, Carried::One(text)) => text,
        };
        if text.is_empty() {
            return Ok(Carried::One(text));
        }
        Ok(Carried::One(self.one(text, ways, told)?))
    }

    fn one<'v>(
        &self,
        text: Cow<'v, str>,
        ways: &Ways,
        told: &mut Vec<Told>,
    ) -> Result<Cow<'v, str>, Told> {
        let missing = |text: Cow<'v, str>, table: &str, told: &mut Vec<Told>| {
            let code = if ways.keep {
                Code::MAP_CODE_KEPT
            } else {
                Code::MAP_NO_CODE
            };
            let of = Told::new(code, &text).with("table", table);
            if !ways.keep {
                return Err(of);
            }
            told.push(of);
            Ok(text)
        };
        Ok(match self {
            Self::Crosswalk((of, from, to), name) => match of.get(*from, *to, &text) {
                Some(found) => found.to_owned().into(),
                None => missing(text, name, told)?,
            },
            Self::Codes(pairs) => match pairs.get(&*text) {
                Some(found) => found.to_string().into(),
                None => missing(text, "codes", told)?,
            },
            Self::Name(table, lang) => match name_of(table, &text, *lang) {
                Some(found) => found.to_owned().into(),
                None => missing(text, &table.id, told)?,
            },
            Self::Date(from, to, pattern) => match from.read(&text) {
                Some(moment) => {
                    let mut text = String::new();
                    to.write(&moment, &mut text);
                    text.into()
                }
                None => return Err(Told::new(Code::MAP_DATE, &text).with("pattern", pattern)),
            },
            Self::Decimals(places) if is_plain_number(&text, *places as usize) => text,
            Self::Decimals(places) => {
                let number = decimal(&text)?;
                let plain = number.normalize();
                if plain.scale() <= *places {
                    return Ok(match number.scale() <= *places {
                        true => text,
                        false => plain.to_string().into(),
                    });
                }
                let rounded =
                    plain.round_dp_with_strategy(*places, RoundingStrategy::MidpointAwayFromZero);
                told.push(Told::new(Code::MAP_ROUNDED, &text).with("places", places));
                rounded.normalize().to_string().into()
            }
            Self::Times(factor) => match decimal(&text)?.checked_mul(*factor) {
                Some(number) => number.normalize().to_string().into(),
                None => return Err(Told::new(Code::MAP_NUMBER, &text)),
            },
            Self::Divide(factor) => match decimal(&text)?.checked_div(*factor) {
                Some(number) => number.normalize().to_string().into(),
                None => return Err(Told::new(Code::MAP_NUMBER, &text)),
            },
            Self::Pad(len, with) => {
                let there = text.chars().count();
                let more = (*len as usize).saturating_sub(there);
                let mut padded: String = std::iter::repeat_n(*with, more).collect();
                padded.push_str(&text);
                padded.into()
            }
            Self::Unpad(with) => {
                let bare = text.trim_start_matches(*with);
                // A number of zeros only stays one.
                match bare.is_empty() {
                    true => with.to_string().into(),
                    false => bare.to_owned().into(),
                }
            }
            Self::Prefix(prefix) => format!("{prefix}{text}").into(),
            Self::Suffix(suffix) => format!("{text}{suffix}").into(),
            Self::StripPrefix(prefix) => match text.strip_prefix(&**prefix) {
                Some(bare) => bare.to_owned().into(),
                None => text,
            },
            Self::StripSuffix(suffix) => match text.strip_suffix(&**suffix) {
                Some(bare) => bare.to_owned().into(),
                None => text,
            },
            Self::Upper => text.to_uppercase().into(),
            Self::Lower => text.to_lowercase().into(),
            Self::Trim => text.trim().to_owned().into(),
            Self::Part(from, len) => {
                let from = (*from as usize).saturating_sub(1);
                let chars = text.chars().skip(from).take(*len as usize);
                chars.collect::<String>().into()
            }
            Self::Join(_) | Self::Glue | Self::Split(_) | Self::Cut(..) => text,
        })
    }
}

impl<'v> Carried<'v> {
    fn all(self) -> Vec<Cow<'v, str>> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(mut values) => {
                while values.last().is_some_and(|text| text.is_empty()) {
                    values.pop();
                }
                values
            }
        }
    }
}

fn one<'v>(text: String) -> Carried<'v> {
    Carried::One(text.into())
}

/// Whether a text is digits, with at most `places` behind a point: it is a number that stays as it is.
pub(super) fn is_plain_number(text: &str, places: usize) -> bool {
    let digits = |of: &str, most: usize| {
        (1..=most).contains(&of.len()) && of.bytes().all(|byte| byte.is_ascii_digit())
    };
    match text.bytes().position(|byte| byte == b'.') {
        Some(at) => digits(&text[..at], 14) && digits(&text[at + 1..], places.min(12)),
        None => digits(text, 14),
    }
}

fn decimal(text: &str) -> Result<Decimal, Told> {
    let number = Decimal::from_str_exact(text);
    number.map_err(|_| Told::new(Code::MAP_NUMBER, text))
}

/// The pieces of a text, at a blank where one is near, and what no place is left for.
fn cut<'v>(text: &str, len: u32, unit: Unit, ways: &Ways) -> (Vec<Cow<'v, str>>, &'static str) {
    let size = |c: char| match (unit, ways.charset) {
        (Unit::Characters, _) => 1,
        (Unit::Bytes, Some(charset)) => {
            let mut buffer = [0; 4];
            let text: &str = c.encode_utf8(&mut buffer);
            charset.encode(text).map_or(text.len(), |bytes| bytes.len())
        }
        (Unit::Bytes, None) => c.len_utf8(),
    };
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut filled = 0;
    for c in text.chars() {
        let more = size(c);
        if filled + more > len as usize && !piece.is_empty() {
            pieces.push(Cow::Owned(std::mem::take(&mut piece)));
            filled = 0;
            if pieces.len() == ways.places {
                return (pieces, "…");
            }
        }
        piece.push(c);
        filled += more;
    }
    if !piece.is_empty() {
        pieces.push(piece.into());
    }
    (pieces, "")
}
