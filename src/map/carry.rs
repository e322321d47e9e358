//! Carries values: from where a row takes them, through its steps, to their places in the target.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::ast::{OnCharset, OnLong, OnMissing};
use super::compile::limits_of;
use super::exec::{Frame, Work};
use super::program::{RowOp, Source};
use super::side::FieldId;
use super::step::{Carried, Told, Ways};
use super::target::Origin;
use super::transliterate::transliterate;
use crate::expr::NodeId;
use crate::finding::{Code, Finding};

const DIGIT: u8 = 1;
const LARGE: u8 = 2;
const SMALL: u8 = 4;

/// What kind of character a byte is; blanks count as large letters.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' | b' ' => LARGE,
            b'a'..=b'z' => SMALL,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

impl<'p> Work<'p> {
    /// The value of a row, after its steps.
    pub(super) fn value_of(
        &mut self,
        row: &'p RowOp,
        scope: NodeId,
    ) -> Option<(Carried<'static>, Origin)> {
        if !row.when.iter().all(|when| self.holds(when, scope)) {
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

    /// Copies the value of a row without steps, as most are; false where more has to be looked at.
    #[inline]
    pub(super) fn copy(&mut self, row: &'p RowOp, frames: &mut [Frame<'p>], scope: NodeId) -> bool {
        let Some(plain) = &row.plain else {
            return false;
        };
        if !row.when.iter().all(|when| self.holds(when, scope)) {
            return true;
        }
        let (mut fact, mut text) = (None, None);
        match &row.from {
            Source::Path(path) => fact = self.find(path, scope),
            Source::Text(held) => text = Some(&**held),
            _ => return false,
        }
        if fact.is_none() && text.is_none() {
            text = row.default.as_deref();
        }
        let value = match (fact, text) {
            (Some(node), _) => self.facts.text(node),
            (None, Some(text)) => text,
            (None, None) => return true,
        };
        // Letters, digits and blanks are in every character set but small ones in that of level A.
        let usual = match (plain.numeric, self.charset.is_some()) {
            (true, _) => DIGIT,
            (false, true) => DIGIT | LARGE,
            (false, false) => DIGIT | LARGE | SMALL,
        };
        let kinds = value.bytes().map(|byte| KINDS[usize::from(byte)]);
        let is_usual = kinds.fold(true, |all, kind| all & (kind & usual != 0));
        if value.len() > plain.max as usize || !is_usual {
            return false;
        }
        if value.is_empty() {
            return true;
        }
        let at = frames.len() - 1;
        let made = self.slot(frames, at, row.to[0]);
        if let Some(held) = self.tree.text(made) {
            return row.if_empty
                || !row.adds
                    && held == fact.map_or(text.unwrap_or_default(), |node| self.facts.text(node));
        }
        match fact {
            Some(node) => self.tree.set_plain(made, self.facts.text(node)),
            None => self.tree.set_plain(made, text.unwrap_or_default()),
        }
        if let Some(origins) = &mut self.origins {
            let spot = fact.map_or_else(Default::default, |node| self.facts.spot(node));
            origins.push(Origin {
                node: made,
                fact,
                spot,
                line: row.at.line,
            });
        }
        true
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
