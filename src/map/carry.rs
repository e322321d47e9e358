//! Carries values: from where a row takes them, through its steps, to their places in the target.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::ask::Written;
use super::ast::{Fold, OnCharset, OnLong, OnMissing};
use super::compile::limits_of;
use super::exec::{Frame, Work};
use super::program::{Quick, RowOp, Source, key};
use super::side::FieldId;
use super::step::{Act, Carried, Told, Ways, is_plain_number};
use super::target::Origin;
use super::transliterate::transliterate;
use crate::charset::Charset;
use crate::expr::NodeId;
use crate::finding::{Code, Finding};

/// What a text of the target may be made of.
#[derive(Clone, Debug)]
pub(super) struct Usual {
    charset: Option<Charset>,
    /// Of bytes whether they may stand in it, where they are characters.
    fits: [bool; 256],
}

impl Usual {
    pub(super) fn of(charset: Option<Charset>) -> Self {
        let mut fits = [charset.is_none(); 256];
        if let Some(charset) = charset {
            for byte in b' '..=b'~' {
                let mut buffer = [0; 4];
                let text: &str = char::from(byte).encode_utf8(&mut buffer);
                let bytes = charset.encode(text);
                fits[usize::from(byte)] = bytes.is_some_and(|bytes| charset.holds(&bytes));
            }
        }
        Self { charset, fits }
    }

    /// Is from now on that of another character set.
    pub(super) fn follow(&mut self, charset: Option<Charset>) {
        if self.charset != charset {
            *self = Self::of(charset);
        }
    }

    /// Whether a text is written as it is; and if so, whether it is printable ASCII that needs no escapes,
    /// as it is known to be where `plain` says so.
    #[inline]
    pub(super) fn takes(&self, text: &str, plain: bool, limits: Quick) -> Option<bool> {
        if text.len() > limits.max as usize {
            // The point of a number does not count.
            return None;
        }
        if limits.numeric {
            return (is_digits(text) || is_decimal(text, limits.decimals)).then_some(true);
        }
        if self.charset.is_none() {
            return Some(plain || is_bare(text));
        }
        let fits = text.bytes().all(|byte| self.fits[usize::from(byte)]);
        fits.then(|| plain || is_bare(text))
    }
}

/// A number that has a byte in each of its eight.
const fn eight(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Whether one of eight bytes is this one.
const fn has(eight_of: u64, byte: u8) -> bool {
    let rest = eight_of ^ eight(byte);
    rest.wrapping_sub(eight(1)) & !rest & eight(0x80) != 0
}

/// Whether one of eight bytes, none of which is above 0x7F, is less than 0x20.
const fn has_control(eight_of: u64) -> bool {
    eight_of.wrapping_sub(eight(0x20)) & !eight_of & eight(0x80) != 0
}

/// Whether a text is printable ASCII without what XML writes as something else: see [`is_special`].
///
/// [`is_special`]: crate::convert::buffer::is_special
fn is_bare(text: &str) -> bool {
    // The signs `<` and `>` differ in one bit.
    let special = |of: u64| {
        has(of | eight(2), b'>')
            | has(of, b'&')
            | has(of, 0x7F)
            | has_control(of)
            | (of & eight(0x80) != 0)
    };
    let (whole, rest) = text.as_bytes().as_chunks::<8>();
    let among = |any: bool, of: &[u8; 8]| any | special(u64::from_le_bytes(*of));
    let mut any = whole.iter().fold(false, among);
    if !rest.is_empty() {
        any |= match text.as_bytes().last_chunk::<8>() {
            Some(last) => special(u64::from_le_bytes(*last)),
            // What the number has more bytes than the text is filled with blanks.
            None => special(key(text) | eight(b' ') << (8 * text.len())),
        };
    }
    !any
}

/// Whether a text is digits, at least one.
fn is_digits(text: &str) -> bool {
    let len = text.len();
    if !(1..=8).contains(&len) {
        return len > 0 && text.bytes().all(|byte| byte.is_ascii_digit());
    }
    // What the number has more bytes than the text is filled with noughts.
    let of = key(text) | eight(b'0').checked_shl(8 * len as u32).unwrap_or(0);
    let high = eight(0xF0);
    (of & high | (of.wrapping_add(eight(6)) & high) >> 4) == eight(0x33)
}

/// Whether a text is digits with a point between them, and at most so many behind it.
fn is_decimal(text: &str, decimals: u32) -> bool {
    let point = text.bytes().position(|byte| byte == b'.');
    point.is_some_and(|point| {
        let (whole, behind) = (&text[..point], &text[point + 1..]);
        is_digits(whole) && is_digits(behind) && behind.len() <= decimals as usize
    })
}

/// The sum of numbers that are digits, some with a point between them, and its digits behind the point;
/// `None` where one is anything else or there are none.
pub(super) fn sum<'t>(texts: impl Iterator<Item = &'t str>) -> Option<(u64, u32)> {
    let (mut sum, mut places) = (0_u64, 0);
    let mut any = false;
    for text in texts {
        let (mut value, mut behind, mut point) = (0_u64, 0, false);
        if text.len() > 15 || !is_digits(text) && !is_decimal(text, u32::MAX) {
            return None;
        }
        for byte in text.bytes() {
            match byte {
                b'.' => point = true,
                digit => {
                    value = value * 10 + u64::from(digit - b'0');
                    behind += u32::from(point);
                }
            }
        }
        while behind < places {
            value = value.checked_mul(10)?;
            behind += 1;
        }
        while places < behind {
            sum = sum.checked_mul(10)?;
            places += 1;
        }
        sum = sum.checked_add(value)?;
        any = true;
    }
    while places > 0 && sum % 10 == 0 {
        sum /= 10;
        places -= 1;
    }
    any.then_some((sum, places))
}

impl<'p> Work<'p> {
    /// The value of a row, after its steps.
    pub(super) fn value_of(
        &mut self,
        row: &'p RowOp,
        scope: NodeId,
    ) -> Option<(Carried<'static>, Origin)> {
        self.note_nothing();
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
        if let Some(notes) = &mut self.notes {
            notes.facts.clear();
        }
        match &row.from {
            Source::Path(path) => {
                origin.fact = self.find(path, scope);
                if let Some(node) = origin.fact {
                    self.note_fact(node);
                    self.tree.text_mut().push_str(self.facts.text(node));
                }
            }
            Source::Paths(paths) => {
                for path in paths {
                    if let Some(node) = self.find(path, scope) {
                        origin.fact = origin.fact.or(Some(node));
                        self.note_fact(node);
                        self.tree.text_mut().push_str(self.facts.text(node));
                    }
                }
            }
            Source::Text(text) => self.tree.text_mut().push_str(text),
            Source::Param(at) => self.tree.text_mut().push_str(&self.params[*at]),
            Source::Number => {
                if let Some(number) = self.numbers.last() {
                    put_number(self.tree.text_mut(), number.unsigned_abs(), 0);
                }
            }
            Source::Now => self.tree.text_mut().push_str(&self.now),
            Source::Fold(fold, path) => {
                let mut nodes = self.lists.pop().unwrap_or_default();
                self.all(path, scope, &mut nodes);
                origin.fact = nodes.first().copied();
                let made = self.made(frames, at, limits.to);
                let held = made.is_some_and(|node| self.tree.text(node).is_some());
                // Where something stands already, it need not be known what does not replace it.
                let is_needed = !(held && row.if_empty && row.acts.is_empty());
                let texts = nodes.iter().map(|node| self.facts.text(*node));
                let quick = match fold {
                    Fold::Sum if is_needed => sum(texts),
                    Fold::Count if is_needed => Some((nodes.len() as u64, 0)),
                    _ => None,
                };
                match quick {
                    Some((total, places)) => put_number(self.tree.text_mut(), total, places),
                    None if is_needed => {
                        if !nodes.is_empty() {
                            self.note_nothing();
                        }
                        let total = self.fold(*fold, &nodes).unwrap_or_default();
                        self.tree.text_mut().push_str(&total);
                    }
                    None => {}
                }
                if let Some(notes) = &mut self.notes {
                    notes.facts.extend_from_slice(&nodes);
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
        } else if !self.step(row, begin) {
            self.tree.text_mut().truncate(begin);
            return false;
        }
        let end = self.tree.end();
        if end == begin {
            return true;
        }
        let Some(bare) = self.usual.takes(self.tree.text_from(begin), false, limits) else {
            self.tree.text_mut().truncate(begin);
            return false;
        };
        if let Some(place) = self.free(frames, at, limits.to) {
            let made = self.tree.add_stretch(place, (begin, end), bare);
            self.fill(frames, at, limits.to, made);
            self.came_from(row, made, origin.fact);
            if self.notes.is_some() {
                self.note(row, made, scope);
            }
            return true;
        }
        let made = self.slot(frames, at, limits.to);
        if self.notes.is_some() {
            self.note_again(row, made, scope);
        }
        if let Some(held) = self.tree.text(made) {
            let same = held == &self.tree.text_from(begin)[..end - begin];
            if self.tree.end() == end {
                self.tree.text_mut().truncate(begin);
            }
            return row.if_empty || !row.adds && same;
        }
        self.tree.set_stretch(made, (begin, end), bare);
        self.came_from(row, made, origin.fact);
        true
    }

    /// Writes the value of a row that only copies; false where there is none and it writes another, or
    /// as of [`quick`](Self::quick).
    #[inline]
    pub(super) fn copy(&mut self, row: &'p RowOp, frames: &mut [Frame<'p>], scope: NodeId) -> bool {
        let (Source::Path(path), Some(limits)) = (&row.from, row.quick) else {
            return false;
        };
        let Some(node) = self.find(path, scope) else {
            return row.default.is_none();
        };
        if let Some(notes) = &mut self.notes {
            notes.facts.clear();
            notes.facts.push(node);
        }
        let (text, plain) = self.facts.plain_text(node);
        let Some(bare) = self.usual.takes(text, plain, limits) else {
            return false;
        };
        let at = frames.len() - 1;
        if let Some(place) = self.free(frames, at, limits.to) {
            let made = self.tree.add_value(place, self.facts.text(node), bare);
            self.fill(frames, at, limits.to, made);
            self.came_from(row, made, Some(node));
            if self.notes.is_some() {
                self.note(row, made, scope);
            }
            return true;
        }
        let made = self.slot(frames, at, limits.to);
        if self.notes.is_some() {
            self.note_again(row, made, scope);
        }
        let text = self.facts.text(node);
        if let Some(held) = self.tree.text(made) {
            return row.if_empty || !row.adds && held == text;
        }
        self.tree.set_value(made, text, bare);
        self.came_from(row, made, Some(node));
        true
    }

    /// Keeps where a value came from, where that is asked for.
    #[inline]
    fn came_from(&mut self, row: &RowOp, node: u32, fact: Option<NodeId>) {
        if let Some(origins) = &mut self.origins {
            let spot = fact.map_or_else(Default::default, |fact| self.facts.spot(fact));
            origins.push(Origin {
                node,
                fact,
                spot,
                line: row.at.line,
            });
        }
    }

    /// Takes the text of the target from `begin` on through the steps of a row; false where they say
    /// something of it.
    pub(super) fn step(&mut self, row: &RowOp, begin: usize) -> bool {
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

/// Puts a number at the end of a text, with a point before its last `places` digits.
pub(super) fn put_number(out: &mut String, number: u64, places: u32) {
    let mut digits = [0; 24];
    let mut at = digits.len();
    let mut left = number;
    let mut written = 0;
    while left > 0 || written <= places {
        if written == places && places > 0 {
            at -= 1;
            digits[at] = b'.';
        }
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        written += 1;
    }
    out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
}

#[cfg(test)]
mod tests {
    use super::{is_bare, is_decimal, is_digits, put_number, sum};
    use crate::convert::buffer::is_special;

    #[test]
    fn special_characters_are_seen_wherever_they_stand() {
        for byte in 1..=0x7F_u8 {
            for len in 1..20 {
                for at in 0..len {
                    let mut text = "x".repeat(len);
                    text.replace_range(at..=at, std::str::from_utf8(&[byte]).unwrap());
                    let is_plain = (b' '..0x7F).contains(&byte) && !is_special(byte, false);
                    assert_eq!(is_bare(&text), is_plain, "{text:?}");
                    let is_digit = len == 1 && byte.is_ascii_digit();
                    assert_eq!(is_digits(&text), is_digit, "{text:?}");
                    let text = text.replace('x', "7");
                    assert_eq!(
                        is_digits(&text),
                        byte == b'x' || byte.is_ascii_digit(),
                        "{text:?}"
                    );
                }
            }
        }
        assert!(is_bare("") && !is_bare("箱号与封志号") && !is_bare("箱号<封志号"));
        assert!(!is_digits("") && !is_digits("１２"));
    }

    #[test]
    fn sums_are_those_of_decimals() {
        let total = |texts: &[&str]| {
            let (sum, places) = sum(texts.iter().copied())?;
            let mut out = String::new();
            put_number(&mut out, sum, places);
            Some(out)
        };
        for (texts, expected) in [
            (&["1", "2.50", "0.005"][..], Some("3.505")),
            (&["0"], Some("0")),
            (&["0.5", "0.5"], Some("1")),
            (&["007"], Some("7")),
            (&["0.01"], Some("0.01")),
            (&["999999999999999", "1"], Some("1000000000000000")),
            (&["1.5", "-2"], None),
            (&["1e3"], None),
            (&[".5"], None),
            (&["5."], None),
            (&[], None),
        ] {
            assert_eq!(total(texts).as_deref(), expected, "{texts:?}");
        }
        assert!(is_decimal("1.25", 2) && !is_decimal("1.25", 1) && !is_decimal("1.2.5", 9));
    }
}
