//! Carries values: from where a row takes them, through its steps, to their places in the target.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::ask::Written;
use super::ast::{OnCharset, OnLong, OnMissing};
use super::compile::limits_of;
use super::exec::{Frame, Work};
use super::program::{Quick, RowOp, Source};
use super::side::FieldId;
use super::step::{Act, Carried, Told, Ways, is_plain_number};
use super::target::Origin;
use super::transliterate::transliterate;
use crate::charset::Charset;
use crate::convert::buffer::is_special;
use crate::expr::NodeId;
use crate::finding::{Code, Finding};

/// It may stand in a text of the target.
const FIT: u8 = 1;
/// It needs no escape in XML.
const BARE: u8 = 2;
const DIGIT: u8 = 4;

/// What a text of the target may be made of.
#[derive(Clone, Debug)]
pub(super) struct Usual {
    charset: Option<Charset>,
    kinds: [u8; 256],
}

impl Usual {
    pub(super) fn of(charset: Option<Charset>) -> Self {
        let fits = |byte: u8| {
            // What is no character by itself is told of another way.
            let Some(charset) = charset else { return true };
            let mut buffer = [0; 4];
            let text: &str = char::from(byte).encode_utf8(&mut buffer);
            let bytes = charset.encode(text);
            (b' '..=b'~').contains(&byte) && bytes.is_some_and(|bytes| charset.holds(&bytes))
        };
        let mut kinds = [0; 256];
        for (byte, kind) in (0..=u8::MAX).zip(&mut kinds) {
            *kind |= if fits(byte) { FIT } else { 0 };
            *kind |= if is_special(byte, false) { 0 } else { BARE };
            *kind |= if byte.is_ascii_digit() { DIGIT } else { 0 };
        }
        Self { charset, kinds }
    }

    /// Is from now on that of another character set.
    pub(super) fn follow(&mut self, charset: Option<Charset>) {
        if self.charset != charset {
            *self = Self::of(charset);
        }
    }

    /// What all bytes of a text have in common.
    #[inline]
    fn common(&self, text: &str) -> u8 {
        let kinds = text.bytes().map(|byte| self.kinds[usize::from(byte)]);
        kinds.fold(FIT | BARE | DIGIT, |all, kind| all & kind)
    }

    /// Whether a text is written as it is; and if so, whether it needs no escapes.
    #[inline]
    fn takes(&self, text: &str, limits: Quick) -> Option<bool> {
        if text.len() > limits.max as usize {
            // The point of a number does not count.
            return None;
        }
        if !limits.numeric && self.charset.is_none() {
            let special = |any: bool, byte: u8| any | is_special(byte, false);
            return Some(!text.bytes().fold(false, special));
        }
        let common = self.common(text);
        let fits = match limits.numeric {
            false => common & FIT != 0,
            true => common & DIGIT != 0 || is_decimal(text, limits.decimals),
        };
        fits.then_some(common & BARE != 0)
    }
}

/// Whether a text is digits with a point between them, and at most so many behind it.
fn is_decimal(text: &str, decimals: u32) -> bool {
    let digits = |of: &str| !of.is_empty() && of.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(whole, behind)| {
        digits(whole) && digits(behind) && behind.len() <= decimals as usize
    })
}

impl<'p> Work<'p> {
    /// The value of a row, after its steps.
    pub(super) fn value_of(
        &mut self,
        row: &'p RowOp,
        scope: NodeId,
    ) -> Option<(Carried<'static>, Origin)> {
        if !self.all_hold(&row.when, scope) {
            return None;
        }
        let mut origin = Origin {
            line: row.at.line,
            ..Origin::default()
        };
        let owned = |text: &str| Carried::One(Cow::Owned(text.to_owned()));
        let found = match &row.from {
            Source::Path(path) => self.find(path, scope).map(|node| {
                origin.fact = Some(node);
                owned(self.facts.text(node))
            }),
            Source::Paths(paths) => {
                let mut values = Vec::with_capacity(paths.len());
                for path in paths {
                    let node = self.find(path, scope);
                    origin.fact = origin.fact.or(node);
                    let text = node.map_or("", |node| self.facts.text(node));
                    values.push(Cow::Owned(text.to_owned()));
                }
                let any = values.iter().any(|text: &Cow<'_, str>| !text.is_empty());
                any.then_some(Carried::Many(values))
            }
            Source::Text(text) => Some(owned(text)),
            Source::Param(at) => {
                let text = &self.params[*at];
                (!text.is_empty()).then(|| owned(text))
            }
            Source::Number => self.numbers.last().map(|number| owned(&number.to_string())),
            Source::Total(at) => Some(owned(&self.totals[*at].normalize().to_string())),
            Source::Now => Some(owned(&self.now)),
            Source::Fold(fold, path) => {
                let mut nodes = Vec::new();
                self.all(path, scope, &mut nodes);
                origin.fact = nodes.first().copied();
                self.fold(*fold, &nodes).map(|total| owned(&total))
            }
            Source::Expr(expr) => self.eval(expr, scope, &row.at, &mut origin),
        };
        if let Some(node) = origin.fact {
            origin.spot = self.facts.spot(node);
        }
        let Some(mut value) = found else {
            let default = row.default.as_deref()?;
            return Some((owned(default), origin));
        };
        if row.acts.is_empty() {
            return Some((value, origin));
        }
        let (_, missing, _) = limits_of(row.limits);
        let ways = Ways {
            charset: self.charset,
            keep: missing == OnMissing::Keep,
            places: row.to.len(),
        };
        let mut told = Vec::new();
        let mut failed = None;
        for act in &row.acts {
            match act.apply(value, &ways, &mut told) {
                Ok(next) => value = next,
                Err(wrong) => {
                    failed = Some(wrong);
                    value = Carried::One(Cow::Borrowed(""));
                    break;
                }
            }
        }
        let lost = failed.is_some();
        for told in told.into_iter().chain(failed) {
            self.told(told, row, &origin);
        }
        if lost {
            let default = row.default.as_deref()?;
            return Some((owned(default), origin));
        }
        Some((value, origin))
    }

    #[cold]
    fn told(&mut self, told: Told, row: &RowOp, origin: &Origin) {
        let mut finding = self.about(told.code, row, origin, &told.value);
        for (name, value) in told.args {
            finding = finding.with_content(name, value);
        }
        self.outbox.tell(finding);
    }

    /// A finding about a row's value.
    #[cold]
    fn about(&self, code: Code, row: &RowOp, origin: &Origin, value: &str) -> Finding {
        let target = row.to.first().map(|slot| self.target_name(row, *slot));
        let mut finding = self
            .finding(code, origin.spot, origin.fact, &row.at)
            .with("target", target.unwrap_or_default());
        let end = value.floor_char_boundary(value.len().min(4096));
        finding.value = Some(crate::finding::Value::Text(value[..end].into()));
        finding
    }

    fn target_name(&self, row: &RowOp, slot: u32) -> String {
        let at = row.to.iter().position(|of| *of == slot).unwrap_or(0);
        let field = row.fields.get(at);
        field.map_or_else(String::new, |field| self.program.target.path(*field))
    }

    /// Writes the value of a row that hardly changes on its way, as most do; false where more has to be
    /// looked at: then nothing was written or told.
    #[inline]
    pub(super) fn quick(
        &mut self,
        row: &'p RowOp,
        frames: &mut [Frame<'p>],
        scope: NodeId,
    ) -> bool {
        let Some(limits) = row.quick else {
            return false;
        };
        if !self.all_hold(&row.when, scope) {
            return true;
        }
        let at = frames.len() - 1;
        let mut origin = Origin::default();
        let begin = self.tree.end();
        match &row.from {
            Source::Path(path) => {
                origin.fact = self.find(path, scope);
                if let Some(node) = origin.fact {
                    self.tree.text_mut().push_str(self.facts.text(node));
                }
            }
            Source::Paths(paths) => {
                for path in paths {
                    if let Some(node) = self.find(path, scope) {
                        origin.fact = origin.fact.or(Some(node));
                        self.tree.text_mut().push_str(self.facts.text(node));
                    }
                }
            }
            Source::Text(text) => self.tree.text_mut().push_str(text),
            Source::Param(at) => self.tree.text_mut().push_str(&self.params[*at]),
            Source::Number => {
                if let Some(number) = self.numbers.last() {
                    put_number(self.tree.text_mut(), *number);
                }
            }
            Source::Now => self.tree.text_mut().push_str(&self.now),
            Source::Fold(fold, path) => {
                let mut nodes = self.lists.pop().unwrap_or_default();
                self.all(path, scope, &mut nodes);
                origin.fact = nodes.first().copied();
                let made = self.made(frames, at, row.to[0]);
                let held = made.is_some_and(|node| self.tree.text(node).is_some());
                // Where something stands already, it need not be known what does not replace it.
                let is_needed = !(held && row.if_empty && row.acts.is_empty());
                if is_needed && let Some(total) = self.fold(*fold, &nodes) {
                    self.tree.text_mut().push_str(&total);
                }
                nodes.clear();
                self.lists.push(nodes);
                if !is_needed {
                    return true;
                }
            }
            Source::Expr(formula) => {
                match self.write_formula(formula, scope, &row.at, &mut origin) {
                    Written::Text | Written::Nothing => {}
                    Written::Not => return false,
                }
            }
            Source::Total(_) => return false,
        }
        if self.tree.end() == begin {
            let is_there = matches!(row.from, Source::Text(_) | Source::Now);
            if let Some(default) = row.default.as_ref().filter(|_| !is_there) {
                self.tree.text_mut().push_str(default);
            }
        } else if !self.change(row, begin) {
            self.tree.text_mut().truncate(begin);
            return false;
        }
        let end = self.tree.end();
        if end == begin {
            return true;
        }
        let Some(bare) = self.usual.takes(self.tree.text_from(begin), limits) else {
            self.tree.text_mut().truncate(begin);
            return false;
        };
        let made = self.slot(frames, at, row.to[0]);
        if let Some(held) = self.tree.text(made) {
            let same = held == &self.tree.text_from(begin)[..end - begin];
            if self.tree.end() == end {
                self.tree.text_mut().truncate(begin);
            }
            return row.if_empty || !row.adds && same;
        }
        self.tree.set_stretch(made, (begin, end), bare);
        if let Some(origins) = &mut self.origins {
            if let Some(fact) = origin.fact {
                origin.spot = self.facts.spot(fact);
            }
            origins.push(Origin {
                node: made,
                line: row.at.line,
                ..origin
            });
        }
        true
    }

    /// Takes the text of the target from `begin` on through the steps of a row; false where they say
    /// something of it.
    fn change(&mut self, row: &RowOp, begin: usize) -> bool {
        match row.acts.as_slice() {
            [] | [Act::Glue] => true,
            [Act::Decimals(places)] => {
                is_plain_number(self.tree.text_from(begin), *places as usize)
            }
            [Act::Date(from, to, _)] => {
                let Some(moment) = from.read(self.tree.text_from(begin)) else {
                    return false;
                };
                let text = self.tree.text_mut();
                text.truncate(begin);
                to.write(&moment, text);
                true
            }
            _ => false,
        }
    }

    pub(super) fn write(
        &mut self,
        row: &'p RowOp,
        value: Carried<'static>,
        origin: Origin,
        frames: &mut [Frame<'p>],
    ) {
        match value {
            Carried::One(text) => self.put(row, row.to[0], row.fields[0], text, &origin, frames),
            Carried::Many(values) => {
                for ((slot, field), text) in row.to.iter().zip(&row.fields).zip(values) {
                    self.put(row, *slot, *field, text, &origin, frames);
                }
            }
        }
    }

    /// Writes a value at its place, within the limits of the target.
    fn put(
        &mut self,
        row: &'p RowOp,
        slot: u32,
        field: FieldId,
        text: Cow<'static, str>,
        origin: &Origin,
        frames: &mut [Frame<'p>],
    ) {
        if text.is_empty() {
            return;
        }
        let Some(text) = self.within_limits(row, field, text, origin) else {
            return;
        };
        let at = frames.len() - 1;
        let node = self.slot(frames, at, slot);
        if let Some(held) = self.tree.text(node) {
            if row.if_empty {
                return;
            }
            if row.adds {
                let sum = held
                    .parse::<Decimal>()
                    .ok()
                    .zip(text.parse::<Decimal>().ok())
                    .and_then(|(a, b)| a.checked_add(b));
                match sum {
                    Some(sum) => {
                        let sum = sum.normalize().to_string();
                        self.tree.set_text(node, &sum);
                    }
                    None => {
                        let finding = self.about(Code::MAP_NUMBER, row, origin, &text);
                        self.outbox.tell(finding);
                    }
                }
            } else if *held != *text {
                let held = held.to_owned();
                let finding = self
                    .about(Code::MAP_TWICE, row, origin, &text)
                    .with_content("held", held);
                self.outbox.tell(finding);
            }
            return;
        }
        self.tree.set_text(node, &text);
        if let Some(origins) = &mut self.origins {
            origins.push(Origin { node, ..*origin });
        }
    }

    fn within_limits(
        &mut self,
        row: &'p RowOp,
        field: FieldId,
        mut text: Cow<'static, str>,
        origin: &Origin,
    ) -> Option<Cow<'static, str>> {
        let (long, _, on_charset) = limits_of(row.limits);
        if let Some(charset) = self.charset
            && !(charset
                .encode(&text)
                .is_some_and(|bytes| charset.holds(&bytes)))
        {
            let code = match on_charset {
                OnCharset::Transliterate => Code::MAP_TRANSLITERATED,
                OnCharset::Keep | OnCharset::Drop => Code::MAP_CHARACTER,
            };
            let finding = self
                .about(code, row, origin, &text)
                .with("charset", charset.name());
            self.outbox.tell(finding);
            match on_charset {
                OnCharset::Keep => {}
                OnCharset::Drop => return None,
                OnCharset::Transliterate => text = transliterate(&text, charset).into(),
            }
        }
        let program = self.program;
        let target = &program.target;
        let value = target.get(field).value.as_ref()?;
        if value.numeric {
            return self.number_within(row, field, text, origin);
        }
        let Some(max) = value.max else {
            return Some(text);
        };
        if text.len() <= max as usize {
            return Some(text);
        }
        let gbk = |c: char| if c.is_ascii() { 1 } else { 2 };
        let size = |c: char| if value.in_bytes { gbk(c) } else { 1 };
        let length: usize = text.chars().map(size).sum();
        if length <= max as usize {
            return Some(text);
        }
        let code = match long {
            OnLong::Cut => Code::MAP_CUT,
            OnLong::Keep | OnLong::Drop => Code::MAP_TOO_LONG,
        };
        let finding = self
            .about(code, row, origin, &text)
            .with("length", length)
            .with("max", max);
        self.outbox.tell(finding);
        match long {
            OnLong::Keep => Some(text),
            OnLong::Drop => None,
            OnLong::Cut => {
                let mut left = max as usize;
                let fits = |c: &char| {
                    let size = size(*c);
                    let fits = size <= left;
                    left = left.saturating_sub(size);
                    fits
                };
                Some(text.chars().take_while(fits).collect::<String>().into())
            }
        }
    }

    fn number_within(
        &mut self,
        row: &'p RowOp,
        field: FieldId,
        text: Cow<'static, str>,
        origin: &Origin,
    ) -> Option<Cow<'static, str>> {
        let program = self.program;
        let target = &program.target;
        let value = target.get(field).value.as_ref()?;
        // Short whole numbers need no look.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if digits && value.max.is_none_or(|max| text.len() <= max as usize) {
            return Some(text);
        }
        let plain = text.strip_prefix('-').unwrap_or(&text);
        let (whole, behind) = plain.split_once('.').unwrap_or((plain, ""));
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_number = !plain.is_empty()
            && all_digits(whole)
            && all_digits(behind)
            && whole.len() + behind.len() > 0;
        if !is_number {
            let finding = self.about(Code::MAP_NUMBER, row, origin, &text);
            self.outbox.tell(finding);
            return None;
        }
        let decimals = behind.trim_end_matches('0').len();
        let total = whole.trim_start_matches('0').len().max(1) + decimals;
        let many = value.max.is_some_and(|max| total > max as usize);
        let fine = value
            .decimals
            .is_some_and(|most| decimals > most as usize && !target.is_edifact());
        if many || fine {
            let finding = self
                .about(Code::MAP_OUT_OF_RANGE, row, origin, &text)
                .with("max", value.max.unwrap_or(0))
                .with("decimals", value.decimals.unwrap_or(0));
            self.outbox.tell(finding);
        }
        Some(text)
    }
}

/// Puts a number at the end of a text.
fn put_number(out: &mut String, number: i64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut left = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if number < 0 {
        out.push('-');
    }
    out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
}
