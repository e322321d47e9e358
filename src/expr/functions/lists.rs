//! Functions of lists.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

use super::super::eval::Evaluation;
use super::super::op::Arithmetic;
use super::super::{Moment, Number, Period, TroubleKind, Type, Value, compute};
use super::want::{ANY, INT, LIST, NUMBERS, ORDERED};
use super::{Function, Outcome, bool, element, int, row, same, short};

pub(super) fn add(table: &mut Vec<Function>) {
    table.extend([
        row("count", &[LIST], int, |run, args| {
            Ok(Value::Int(count(run, &args[0])?))
        }),
        row("sum", &[NUMBERS], total, sum),
        row("min", &[ORDERED], element, |run, args| {
            extreme(run, args, Ordering::Less)
        }),
        row("max", &[ORDERED], element, |run, args| {
            extreme(run, args, Ordering::Greater)
        }),
        row("unique", &[LIST], same, unique),
        row("distinct", &[LIST], same, unique),
        row("isUnique", &[LIST], bool, is_unique),
        row("sorted", &[ORDERED], same, sorted),
        row("sort", &[ORDERED], same, sorted),
        row("isSorted", &[ORDERED], bool, is_sorted),
        row("first", &[LIST], perhaps, |run, args| end(run, args, false)),
        row("last", &[LIST], perhaps, |run, args| end(run, args, true)),
        row("slice", &[LIST, INT, INT], same, slice),
        short(1, row("flatten", &[LIST, INT], flat, flatten)),
        row(
            "lists.range",
            &[INT],
            |_| Type::List(Box::new(Type::Int)),
            range,
        ),
        row("optional.of", &[ANY], optional, |_, args| {
            Ok(Value::Optional(Some(Box::new(std::mem::replace(
                &mut args[0],
                Value::Null,
            )))))
        }),
        row("optional.none", &[], optional, |_, _| {
            Ok(Value::Optional(None))
        }),
        row("optional.ofNonZeroValue", &[ANY], optional, |_, args| {
            let value = std::mem::replace(&mut args[0], Value::Null);
            Ok(Value::Optional((!zero(&value)).then(|| Box::new(value))))
        }),
    ]);
}

fn optional(of: &[Type]) -> Type {
    Type::Optional(Box::new(same(of)))
}

fn perhaps(of: &[Type]) -> Type {
    Type::Optional(Box::new(element(of)))
}

/// The sum of whole numbers is one, that of others too.
fn total(of: &[Type]) -> Type {
    element(of)
}

/// What one `flatten` makes of a list of lists.
fn flat(of: &[Type]) -> Type {
    match element(of) {
        Type::List(of) if !matches!(*of, Type::List(_)) => Type::List(of),
        _ => Type::List(Box::new(Type::Any)),
    }
}

fn count<'a>(run: &mut Evaluation<'a>, list: &Value<'a>) -> Result<i64, TroubleKind> {
    let mut count = 0;
    match list {
        Value::List(values) => count = values.len() as i64,
        list => compute::each(run, list, &mut |_, _| {
            count += 1;
            Ok(())
        })?,
    }
    Ok(count)
}

fn sum<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let mut sum: Option<Value> = None;
    compute::each(run, &args[0], &mut |run, value| {
        sum = Some(match (sum.take(), value) {
            (
                None,
                value @ (Value::Int(_)
                | Value::Uint(_)
                | Value::Double(_)
                | Value::Number(_)
                | Value::Period(_)),
            ) => value,
            (None, _) => return Err(TroubleKind::NoOverload),
            (Some(Value::Number(a)), Value::Number(b)) => compute::decimal(Arithmetic::Add, a, b)?,
            (Some(sum), value) => compute::arithmetic(run, Arithmetic::Add, sum, value)?,
        });
        Ok(())
    })?;
    // Nothing is zero of either kind: whole numbers compare with decimals.
    Ok(sum.unwrap_or(Value::Int(0)))
}

fn extreme<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>], wanted: Ordering) -> Outcome<'a> {
    let mut found: Option<Value> = None;
    compute::each(run, &args[0], &mut |_, value| {
        let better = match &found {
            None => true,
            Some(known) => {
                compute::order(&value, known).ok_or(TroubleKind::NoOverload)? == Some(wanted)
            }
        };
        if better {
            found = Some(value);
        }
        Ok(())
    })?;
    found.ok_or(TroubleKind::Missing)
}

/// What two equal values have in common, to find them quickly.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Text(Cow<'a, str>),
    Number(Number),
    Bool(bool),
    Moment(Moment),
    Period(Period),
    Node(super::super::NodeId),
}

fn key<'a>(value: &Value<'a>) -> Option<Key<'a>> {
    Some(match value {
        Value::Text(text) => Key::Text(text.clone()),
        Value::Bool(value) => Key::Bool(*value),
        Value::Moment(moment) => Key::Moment(*moment),
        Value::Period(period) => Key::Period(*period),
        Value::Record(node) => Key::Node(*node),
        value => Key::Number(compute::exact(value)?.normal()),
    })
}

fn differing<'a>(
    run: &mut Evaluation<'a>,
    list: &Value<'a>,
) -> Result<(Vec<Value<'a>>, usize), TroubleKind> {
    let (mut seen, mut values, mut count) = (HashSet::new(), Vec::new(), 0);
    compute::each(run, list, &mut |run, value| {
        count += 1;
        let new = match key(&value) {
            Some(key) => {
                run.take(size_of::<Key>() * 2)?;
                seen.insert(key)
            }
            None => {
                run.step(values.len() as u64)?;
                !values
                    .iter()
                    .any(|known| compute::equal(run.facts, known, &value))
            }
        };
        if new {
            run.take(size_of::<Value>())?;
            values.push(value);
        }
        Ok(())
    })?;
    Ok((values, count))
}

fn unique<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let (values, _) = differing(run, &args[0])?;
    Ok(Value::List(values.into()))
}

fn is_unique<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let (values, count) = differing(run, &args[0])?;
    Ok(Value::Bool(values.len() == count))
}

fn sorted<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let mut values = compute::elements(run, &args[0])?;
    let length = values.len() as u64;
    run.step(length * u64::from(length.max(2).ilog2()))?;
    if let Some(first) = values.first() {
        for value in &values {
            compute::order(first, value).ok_or(TroubleKind::NoOverload)?;
        }
    }
    values.sort_by(|a, b| compute::order(a, b).flatten().unwrap_or(Ordering::Equal));
    run.list(values)
}

fn is_sorted<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let (mut before, mut sorted): (Option<Value>, bool) = (None, true);
    compute::each(run, &args[0], &mut |_, value| {
        if let Some(before) = &before {
            let order = compute::order(before, &value).ok_or(TroubleKind::NoOverload)?;
            sorted &= order.is_some_and(Ordering::is_le);
        }
        before = Some(value);
        Ok(())
    })?;
    Ok(Value::Bool(sorted))
}

fn end<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>], last: bool) -> Outcome<'a> {
    let mut found = None;
    compute::each(run, &args[0], &mut |_, value| {
        if last || found.is_none() {
            found = Some(value);
        }
        Ok(())
    })?;
    Ok(Value::Optional(found.map(Box::new)))
}

fn slice<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let (Value::Int(from), Value::Int(to)) = (&args[1], &args[2]) else {
        return Err(TroubleKind::NoOverload);
    };
    let values = compute::elements(run, &args[0])?;
    let (from, to) = (usize::try_from(*from), usize::try_from(*to));
    let (Ok(from), Ok(to)) = (from, to) else {
        return Err(TroubleKind::BadArgument);
    };
    let part = values.get(from..to).ok_or(TroubleKind::BadArgument)?;
    run.list(part.to_vec())
}

fn flatten<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let depth = match args.get(1) {
        None => 1,
        Some(Value::Int(depth)) if *depth >= 0 => *depth,
        Some(_) => return Err(TroubleKind::BadArgument),
    };
    let mut values = Vec::new();
    level(run, &args[0], depth.min(64), &mut values)?;
    run.list(values)
}

fn level<'a>(
    run: &mut Evaluation<'a>,
    list: &Value<'a>,
    depth: i64,
    values: &mut Vec<Value<'a>>,
) -> Result<(), TroubleKind> {
    compute::each(run, list, &mut |run, value| match value {
        list @ (Value::List(_) | Value::Nodes(..)) if depth > 0 => {
            level(run, &list, depth - 1, values)
        }
        value => {
            values.push(value);
            Ok(())
        }
    })
}

fn range<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let Value::Int(count) = args[0] else {
        return Err(TroubleKind::NoOverload);
    };
    run.take(
        usize::try_from(count)
            .unwrap_or(0)
            .saturating_mul(size_of::<Value>()),
    )?;
    Ok(Value::List((0..count).map(Value::Int).collect()))
}

/// What CEL calls the zero of a type.
fn zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(value) => *value == 0,
        Value::Uint(value) => *value == 0,
        Value::Double(value) => *value == 0.0,
        Value::Number(value) => value.0.is_zero(),
        Value::Text(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(values) => values.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Period(period) => period.0.is_zero(),
        Value::Optional(value) => value.is_none(),
        Value::Moment(_) | Value::Record(_) | Value::Row(_) | Value::Nodes(..) | Value::Type(_) => {
            false
        }
    }
}
