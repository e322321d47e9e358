//! Operations on values: arithmetic, comparison, parts.

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::TimeDelta;
use rust_decimal::Decimal;

use super::eval::{Evaluation, column, leaf_of};
use super::op::{Arithmetic, Leaf, Relation};
use super::{Facts, Kind, Moment, NodeId, Number, Period, TroubleKind, Value};

type Outcome<'a> = Result<Value<'a>, TroubleKind>;

/// A whole number or decimal as a decimal.
pub(super) fn exact(value: &Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Int(value) => Some(Number::from_int(*value)),
        Value::Uint(value) => Some(Number(Decimal::from(*value))),
        _ => None,
    }
}

/// An element of a list of nodes.
pub(super) fn element(facts: &Facts, node: NodeId, kind: Kind) -> Outcome<'_> {
    match leaf_of(kind) {
        Leaf::Number => {
            let number = Number::read(facts.text(node)).ok_or(TroubleKind::NotANumber)?;
            Ok(Value::Number(number))
        }
        Leaf::Text => Ok(Value::Text(Cow::Borrowed(facts.text(node)))),
        _ => Ok(Value::Record(node)),
    }
}

pub(super) fn arithmetic<'a>(
    run: &mut Evaluation<'a>,
    of: Arithmetic,
    a: Value<'a>,
    b: Value<'a>,
) -> Outcome<'a> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => whole(of, a, b),
        (Value::Number(a), Value::Number(b)) => decimal(of, a, b),
        (a @ Value::Number(_), b @ (Value::Int(_) | Value::Uint(_)))
        | (a @ (Value::Int(_) | Value::Uint(_)), b @ Value::Number(_)) => {
            match (exact(&a), exact(&b)) {
                (Some(a), Some(b)) => decimal(of, a, b),
                _ => Err(TroubleKind::NoOverload),
            }
        }
        (Value::Uint(a), Value::Uint(b)) => match of {
            Arithmetic::Divide | Arithmetic::Remainder if b == 0 => {
                Err(TroubleKind::DivisionByZero)
            }
            Arithmetic::Add => a
                .checked_add(b)
                .map(Value::Uint)
                .ok_or(TroubleKind::Overflow),
            Arithmetic::Subtract => a
                .checked_sub(b)
                .map(Value::Uint)
                .ok_or(TroubleKind::Overflow),
            Arithmetic::Multiply => a
                .checked_mul(b)
                .map(Value::Uint)
                .ok_or(TroubleKind::Overflow),
            Arithmetic::Divide => Ok(Value::Uint(a / b)),
            Arithmetic::Remainder => Ok(Value::Uint(a % b)),
        },
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(match of {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
            Arithmetic::Divide => a / b,
            Arithmetic::Remainder => return Err(TroubleKind::NoOverload),
        })),
        (a, b) if of == Arithmetic::Add => add(run, a, b),
        (a, b) if of == Arithmetic::Subtract => subtract(a, b),
        _ => Err(TroubleKind::NoOverload),
    }
}

fn whole<'a>(of: Arithmetic, a: i64, b: i64) -> Outcome<'a> {
    let result = match of {
        Arithmetic::Divide | Arithmetic::Remainder if b == 0 => {
            return Err(TroubleKind::DivisionByZero);
        }
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Remainder => a.checked_rem(b),
    };
    result.map(Value::Int).ok_or(TroubleKind::Overflow)
}

/// Exactly, or not at all.
pub(super) fn decimal<'a>(of: Arithmetic, a: Number, b: Number) -> Outcome<'a> {
    let result = match of {
        Arithmetic::Add => a.plus(b),
        Arithmetic::Subtract => a.plus(Number(-b.0)),
        Arithmetic::Multiply => a.times(b),
        Arithmetic::Remainder if b.0.is_zero() => return Err(TroubleKind::DivisionByZero),
        Arithmetic::Remainder => a.0.checked_rem(b.0).map(Number),
        Arithmetic::Divide => return Err(TroubleKind::NoOverload),
    };
    result.map(Value::Number).ok_or(TroubleKind::Overflow)
}

fn add<'a>(run: &mut Evaluation<'a>, a: Value<'a>, b: Value<'a>) -> Outcome<'a> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => {
            run.take(a.len() + b.len())?;
            Ok(Value::Text(a + b))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            run.take(a.len() + b.len())?;
            Ok(Value::Bytes([a, b].concat().into()))
        }
        (Value::Moment(a), Value::Period(b)) | (Value::Period(b), Value::Moment(a)) => {
            later(a, b.0)
        }
        (Value::Period(a), Value::Period(b)) => period(a.0.checked_add(&b.0)),
        (a @ (Value::List(_) | Value::Nodes(..)), b @ (Value::List(_) | Value::Nodes(..))) => {
            let mut values = elements(run, &a)?;
            values.extend(elements(run, &b)?);
            run.list(values)
        }
        _ => Err(TroubleKind::NoOverload),
    }
}

fn subtract<'a>(a: Value<'a>, b: Value<'a>) -> Outcome<'a> {
    match (a, b) {
        (Value::Moment(a), Value::Period(b)) => later(a, -b.0),
        (Value::Moment(a), Value::Moment(b)) => period(Some(a.0.signed_duration_since(b.0))),
        (Value::Period(a), Value::Period(b)) => period(a.0.checked_sub(&b.0)),
        _ => Err(TroubleKind::NoOverload),
    }
}

fn later<'a>(moment: Moment, by: TimeDelta) -> Outcome<'a> {
    let moment = moment.0.checked_add_signed(by).and_then(Moment::checked);
    moment.map(Value::Moment).ok_or(TroubleKind::Overflow)
}

fn period<'a>(length: Option<TimeDelta>) -> Outcome<'a> {
    let period = length.and_then(Period::checked);
    period.map(Value::Period).ok_or(TroubleKind::Overflow)
}

pub(super) fn minus(value: Value) -> Outcome {
    match value {
        Value::Int(value) => value
            .checked_neg()
            .map(Value::Int)
            .ok_or(TroubleKind::Overflow),
        Value::Double(value) => Ok(Value::Double(-value)),
        Value::Number(value) => Ok(Value::Number(Number(-value.0))),
        Value::Period(value) => period(Some(-value.0)),
        _ => Err(TroubleKind::NoOverload),
    }
}

/// All elements of a list.
pub(super) fn elements<'a>(
    run: &mut Evaluation<'a>,
    list: &Value<'a>,
) -> Result<Vec<Value<'a>>, TroubleKind> {
    let mut values = Vec::new();
    each(run, list, &mut |run, value| {
        run.take(size_of::<Value>())?;
        values.push(value);
        Ok(())
    })?;
    Ok(values)
}

/// Calls `visit` with every element of a list.
pub(super) fn each<'a>(
    run: &mut Evaluation<'a>,
    list: &Value<'a>,
    visit: &mut dyn FnMut(&mut Evaluation<'a>, Value<'a>) -> Result<(), TroubleKind>,
) -> Result<(), TroubleKind> {
    match list {
        Value::List(values) => {
            run.step(values.len() as u64)?;
            values
                .iter()
                .try_for_each(|value| visit(run, value.clone()))
        }
        Value::Nodes(first, kind) => {
            for node in run.siblings(*first) {
                run.step(1)?;
                let value = element(run.facts, node, *kind)?;
                visit(run, value)?;
            }
            Ok(())
        }
        _ => Err(TroubleKind::NoOverload),
    }
}

/// Whether a relation holds.
pub(super) fn relation(
    run: &mut Evaluation,
    of: Relation,
    a: &Value,
    b: &Value,
) -> Result<bool, TroubleKind> {
    if of.is_equality() {
        run.step(weight(a).min(weight(b)))?;
        return Ok(equal(run.facts, a, b) == (of == Relation::Equal));
    }
    match order(a, b) {
        Some(Some(order)) => Ok(of.holds(order)),
        // What is not a number is neither less nor greater.
        Some(None) => Ok(false),
        None => Err(TroubleKind::NoOverload),
    }
}

/// About how much there is to compare.
fn weight(value: &Value) -> u64 {
    match value {
        Value::List(values) => values.iter().map(weight).sum::<u64>() + 1,
        Value::Map(entries) => entries.len().pow(2) as u64 + 1,
        Value::Text(text) => text.len() as u64 / 64,
        _ => 0,
    }
}

/// Whether two values are equal; values of different types are not.
pub(super) fn equal(facts: &Facts, a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Record(a), Value::Record(b)) => a == b,
        (Value::Row(a), Value::Row(b)) => a == b,
        (Value::Optional(None), Value::Optional(None)) => true,
        (Value::Optional(Some(a)), Value::Optional(Some(b))) => equal(facts, a, b),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(facts, a, b))
        }
        (Value::Nodes(first, kind), other) | (other, Value::Nodes(first, kind)) => {
            nodes_equal(facts, *first, *kind, other)
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| {
                    b.iter().any(|(other, known)| {
                        equal(facts, key, other) && equal(facts, value, known)
                    })
                })
        }
        _ => matches!(order(a, b), Some(Some(Ordering::Equal))),
    }
}

fn nodes_equal(facts: &Facts, first: NodeId, kind: Kind, other: &Value) -> bool {
    let mut nodes = std::iter::successors(Some(first), |node| facts.next(*node));
    let same = |node: NodeId, other: &Value| {
        element(facts, node, kind).is_ok_and(|value| equal(facts, &value, other))
    };
    match other {
        Value::List(values) => {
            values
                .iter()
                .all(|value| nodes.next().is_some_and(|node| same(node, value)))
                && nodes.next().is_none()
        }
        Value::Nodes(second, other) => {
            let mut others = std::iter::successors(Some(*second), |node| facts.next(*node));
            loop {
                match (nodes.next(), others.next()) {
                    (None, None) => return true,
                    (Some(node), Some(second)) => {
                        let second = element(facts, second, *other);
                        if !second.is_ok_and(|second| same(node, &second)) {
                            return false;
                        }
                    }
                    _ => return false,
                }
            }
        }
        _ => false,
    }
}

/// The order of two values: `None` where there is no such operation, `Some(None)` where one is not a number.
pub(super) fn order(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    Some(Some(match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Uint(a), Value::Uint(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Moment(a), Value::Moment(b)) => a.cmp(b),
        (Value::Period(a), Value::Period(b)) => a.cmp(b),
        (Value::Double(a), Value::Double(b)) => return Some(a.partial_cmp(b)),
        (Value::Int(a), Value::Uint(b)) => u64::try_from(*a).map_or(Ordering::Less, |a| a.cmp(b)),
        (Value::Uint(a), Value::Int(b)) => {
            u64::try_from(*b).map_or(Ordering::Greater, |b| a.cmp(&b))
        }
        (Value::Int(a), Value::Double(b)) => return Some(whole_to_double(i128::from(*a), *b)),
        (Value::Uint(a), Value::Double(b)) => return Some(whole_to_double(i128::from(*a), *b)),
        (Value::Double(a), Value::Int(b)) => {
            return Some(whole_to_double(i128::from(*b), *a).map(Ordering::reverse));
        }
        (Value::Double(a), Value::Uint(b)) => {
            return Some(whole_to_double(i128::from(*b), *a).map(Ordering::reverse));
        }
        (a, b) => exact(a)?.cmp(&exact(b)?),
    }))
}

/// A whole number against a binary fraction.
fn whole_to_double(a: i128, b: f64) -> Option<Ordering> {
    (a as f64).partial_cmp(&b)
}

/// `a in list`, or a key of a map.
pub(super) fn within<'a>(
    run: &mut Evaluation<'a>,
    of: &Value<'a>,
    list: &Value<'a>,
) -> Result<bool, TroubleKind> {
    match list {
        Value::List(values) => {
            run.step(values.len() as u64)?;
            Ok(values.iter().any(|value| equal(run.facts, of, value)))
        }
        Value::Map(entries) => {
            run.step(entries.len() as u64)?;
            Ok(entries.iter().any(|(key, _)| equal(run.facts, of, key)))
        }
        Value::Nodes(first, kind) => {
            for node in run.siblings(*first) {
                run.step(1)?;
                if equal(run.facts, of, &element(run.facts, node, *kind)?) {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(TroubleKind::NoOverload),
    }
}

/// `of[key]`; `None` where there is none.
pub(super) fn index<'a>(
    run: &mut Evaluation<'a>,
    of: &Value<'a>,
    key: &Value<'a>,
) -> Result<Option<Value<'a>>, TroubleKind> {
    let at = || match key {
        Value::Int(at) => Ok(usize::try_from(*at).unwrap_or(usize::MAX)),
        Value::Uint(at) => Ok(usize::try_from(*at).unwrap_or(usize::MAX)),
        Value::Double(at) if at.fract() == 0.0 && *at >= 0.0 => Ok(*at as usize),
        _ => Err(TroubleKind::NoOverload),
    };
    match of {
        Value::List(values) => Ok(values.get(at()?).cloned()),
        Value::Nodes(first, kind) => {
            let at = at()?;
            let mut left = at;
            for node in run.siblings(*first) {
                run.step(1)?;
                if left == 0 {
                    return element(run.facts, node, *kind).map(Some);
                }
                left -= 1;
            }
            Ok(None)
        }
        Value::Map(entries) => {
            if !matches!(
                key,
                Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Text(_)
            ) {
                return Err(TroubleKind::NoOverload);
            }
            run.step(entries.len() as u64)?;
            let found = entries
                .iter()
                .find(|(known, _)| equal(run.facts, known, key));
            Ok(found.map(|(_, value)| value.clone()))
        }
        Value::Row(_) => match key {
            Value::Text(name) => field(of, name),
            _ => Err(TroubleKind::NoOverload),
        },
        _ => Err(TroubleKind::NoOverload),
    }
}

/// A field of a row, a map, or an optional one of these.
pub(super) fn field<'a>(of: &Value<'a>, name: &str) -> Result<Option<Value<'a>>, TroubleKind> {
    match of {
        Value::Map(entries) => {
            let found = entries
                .iter()
                .find(|(key, _)| matches!(key, Value::Text(key) if key == name));
            Ok(found.map(|(_, value)| value.clone()))
        }
        Value::Row(Cow::Borrowed(row)) => Ok(column(row, name)),
        Value::Row(Cow::Owned(row)) => Ok(column(row, name).map(owned)),
        Value::Optional(None) => Ok(Some(Value::Optional(None))),
        Value::Optional(Some(of)) => Ok(Some(Value::Optional(field(of, name)?.map(Box::new)))),
        _ => Err(TroubleKind::NoOverload),
    }
}

fn owned<'a>(value: Value) -> Value<'a> {
    match value {
        Value::Text(text) => Value::Text(text.into_owned().into()),
        Value::Number(number) => Value::Number(number),
        _ => Value::Null,
    }
}
