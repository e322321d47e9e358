//! CEL's extension for mathematics, for expressions that were written for it.

use super::super::eval::Evaluation;
use super::super::{TroubleKind, Value, compute};
use super::want::{ANY, DOUBLE, INT, NUMBER, UINT};
use super::{Function, Outcome, any, bool, row, same, short};

/// Arguments that are any number of numbers or one list of them.
const SOME: &[u32] = &[ANY; 16];

pub(super) fn add(table: &mut Vec<Function>) {
    table.extend([
        short(
            1,
            row("math.greatest", SOME, any, |run, args| {
                extreme(run, args, true)
            }),
        ),
        short(
            1,
            row("math.least", SOME, any, |run, args| {
                extreme(run, args, false)
            }),
        ),
        row("math.ceil", &[DOUBLE], same, |_, args| {
            double(args, f64::ceil)
        }),
        row("math.floor", &[DOUBLE], same, |_, args| {
            double(args, f64::floor)
        }),
        row("math.round", &[DOUBLE], same, |_, args| {
            double(args, f64::round)
        }),
        row("math.trunc", &[DOUBLE], same, |_, args| {
            double(args, f64::trunc)
        }),
        row(
            "math.abs",
            &[NUMBER | DOUBLE],
            same,
            |run, args| match super::find("abs").next() {
                Some(function) => (function.run)(run, args),
                None => Err(TroubleKind::NoOverload),
            },
        ),
        row("math.sign", &[NUMBER | DOUBLE], same, sign),
        row("math.isNaN", &[DOUBLE], bool, |_, args| {
            test(args, f64::is_nan)
        }),
        row("math.isInf", &[DOUBLE], bool, |_, args| {
            test(args, f64::is_infinite)
        }),
        row("math.isFinite", &[DOUBLE], bool, |_, args| {
            test(args, f64::is_finite)
        }),
        row("math.bitAnd", &[INT | UINT, INT | UINT], same, |_, args| {
            bits(args, |a, b| a & b, |a, b| a & b)
        }),
        row("math.bitOr", &[INT | UINT, INT | UINT], same, |_, args| {
            bits(args, |a, b| a | b, |a, b| a | b)
        }),
        row("math.bitXor", &[INT | UINT, INT | UINT], same, |_, args| {
            bits(args, |a, b| a ^ b, |a, b| a ^ b)
        }),
        row("math.bitNot", &[INT | UINT], same, |_, args| {
            match args[0] {
                Value::Int(value) => Ok(Value::Int(!value)),
                Value::Uint(value) => Ok(Value::Uint(!value)),
                _ => Err(TroubleKind::NoOverload),
            }
        }),
        row("math.bitShiftLeft", &[INT | UINT, INT], same, |_, args| {
            shift(args, true)
        }),
        row("math.bitShiftRight", &[INT | UINT, INT], same, |_, args| {
            shift(args, false)
        }),
    ]);
}

fn extreme<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>], greatest: bool) -> Outcome<'a> {
    let values = match args {
        [list @ (Value::List(_) | Value::Nodes(..))] => compute::elements(run, list)?,
        args => args.to_vec(),
    };
    let mut found: Option<Value> = None;
    for value in values {
        let number = matches!(
            value,
            Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Number(_)
        );
        if !number {
            return Err(TroubleKind::NoOverload);
        }
        let better = match &found {
            None => true,
            Some(known) => compute::order(&value, known)
                .flatten()
                .is_some_and(|order| {
                    if greatest {
                        order.is_gt()
                    } else {
                        order.is_lt()
                    }
                }),
        };
        if better {
            found = Some(value);
        }
    }
    found.ok_or(TroubleKind::BadArgument)
}

fn double<'a>(args: &mut [Value<'a>], make: impl FnOnce(f64) -> f64) -> Outcome<'a> {
    match args[0] {
        Value::Double(value) => Ok(Value::Double(make(value))),
        _ => Err(TroubleKind::NoOverload),
    }
}

fn test<'a>(args: &mut [Value<'a>], test: impl FnOnce(f64) -> bool) -> Outcome<'a> {
    match args[0] {
        Value::Double(value) => Ok(Value::Bool(test(value))),
        _ => Err(TroubleKind::NoOverload),
    }
}

fn sign<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    Ok(match &args[0] {
        Value::Int(value) => Value::Int(value.signum()),
        Value::Uint(value) => Value::Uint((*value).min(1)),
        Value::Double(value) if *value == 0.0 || value.is_nan() => Value::Double(*value),
        Value::Double(value) => Value::Double(value.signum()),
        Value::Number(value) if value.0.is_zero() => Value::Int(0),
        Value::Number(value) => Value::Int(if value.0.is_sign_negative() { -1 } else { 1 }),
        _ => return Err(TroubleKind::NoOverload),
    })
}

fn bits<'a>(
    args: &mut [Value<'a>],
    int: impl FnOnce(i64, i64) -> i64,
    uint: impl FnOnce(u64, u64) -> u64,
) -> Outcome<'a> {
    match args {
        [Value::Int(a), Value::Int(b)] => Ok(Value::Int(int(*a, *b))),
        [Value::Uint(a), Value::Uint(b)] => Ok(Value::Uint(uint(*a, *b))),
        _ => Err(TroubleKind::NoOverload),
    }
}

fn shift<'a>(args: &mut [Value<'a>], left: bool) -> Outcome<'a> {
    let (Value::Int(_) | Value::Uint(_), Value::Int(by)) = (&args[0], &args[1]) else {
        return Err(TroubleKind::NoOverload);
    };
    let by = u32::try_from(*by).map_err(|_| TroubleKind::BadArgument)?;
    Ok(match args[0] {
        Value::Int(value) if left => Value::Int(value.checked_shl(by).unwrap_or(0)),
        // Bits move, the sign is one of them.
        Value::Int(value) => Value::Int((value as u64).checked_shr(by).unwrap_or(0) as i64),
        Value::Uint(value) if left => Value::Uint(value.checked_shl(by).unwrap_or(0)),
        Value::Uint(value) => Value::Uint(value.checked_shr(by).unwrap_or(0)),
        _ => return Err(TroubleKind::NoOverload),
    })
}
