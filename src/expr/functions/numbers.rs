//! Functions of exact decimals. What rounds says how.

use rust_decimal::{Decimal, RoundingStrategy};

use super::super::eval::Evaluation;
use super::super::{Number, TroubleKind, Type, Value, compute};
use super::want::{BOOL, DOUBLE, INT, NUMBER, TEXT, UINT};
use super::{Function, Outcome, bool, number, row, short};

pub(super) fn add(table: &mut Vec<Function>) {
    table.extend([
        row("decimal", &[TEXT | NUMBER | DOUBLE | BOOL], number, decimal),
        row("isDecimal", &[TEXT | NUMBER], bool, |_, args| {
            match &args[0] {
                Value::Text(text) => Ok(Value::Bool(Number::read(text).is_some())),
                value => Ok(Value::Bool(compute::exact(value).is_some())),
            }
        }),
        short(2, row("round", &[NUMBER, INT, TEXT], number, round)),
        row("div", &[NUMBER, NUMBER, INT, TEXT], number, div),
        row("abs", &[INT | UINT | NUMBER | DOUBLE], super::same, abs),
        row(
            "places",
            &[NUMBER],
            |_| Type::Int,
            |_, args| match compute::exact(&args[0]) {
                Some(number) => Ok(Value::Int(i64::from(number.normal().places()))),
                None => Err(TroubleKind::NoOverload),
            },
        ),
    ]);
}

fn decimal<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let number = match &args[0] {
        Value::Text(text) => Number::read(text.trim()).ok_or(TroubleKind::NotANumber)?,
        Value::Double(value) => {
            Number::read_scientific(&value.to_string()).ok_or(TroubleKind::Overflow)?
        }
        Value::Bool(value) => Number::from_int(i64::from(*value)),
        value => compute::exact(value).ok_or(TroubleKind::NoOverload)?,
    };
    Ok(Value::Number(number))
}

/// A rounding by its name.
fn mode(name: Option<&Value>) -> Result<RoundingStrategy, TroubleKind> {
    let name = match name {
        None => "half-up",
        Some(Value::Text(name)) => name,
        Some(_) => return Err(TroubleKind::NoOverload),
    };
    Ok(match name {
        "half-up" => RoundingStrategy::MidpointAwayFromZero,
        "half-even" => RoundingStrategy::MidpointNearestEven,
        "half-down" => RoundingStrategy::MidpointTowardZero,
        "up" => RoundingStrategy::AwayFromZero,
        "down" => RoundingStrategy::ToZero,
        "ceiling" => RoundingStrategy::ToPositiveInfinity,
        "floor" => RoundingStrategy::ToNegativeInfinity,
        _ => return Err(TroubleKind::BadArgument),
    })
}

fn digits(places: &Value) -> Result<u32, TroubleKind> {
    match places {
        Value::Int(places) => u32::try_from(*places)
            .ok()
            .filter(|places| *places <= 28)
            .ok_or(TroubleKind::BadArgument),
        _ => Err(TroubleKind::NoOverload),
    }
}

fn round<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let number = compute::exact(&args[0]).ok_or(TroubleKind::NoOverload)?;
    let rounded = number
        .0
        .round_dp_with_strategy(digits(&args[1])?, mode(args.get(2))?);
    Ok(Value::Number(Number(rounded)))
}

/// The quotient to some places. It is worked out from whole numbers, so that it is rounded once.
fn div<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let (Some(a), Some(b)) = (compute::exact(&args[0]), compute::exact(&args[1])) else {
        return Err(TroubleKind::NoOverload);
    };
    let (places, mode) = (digits(&args[2])?, mode(args.get(3))?);
    if b.0.is_zero() {
        return Err(TroubleKind::DivisionByZero);
    }
    let quotient = quotient(a.0, b.0, places, mode).ok_or(TroubleKind::Overflow)?;
    Ok(Value::Number(Number(quotient)))
}

fn quotient(a: Decimal, b: Decimal, places: u32, mode: RoundingStrategy) -> Option<Decimal> {
    let (a, b) = (a.normalize(), b.normalize());
    // a / b = (ma / mb) × 10^(sb - sa); to `places` digits that is ma × 10^(places + sb - sa) / mb.
    let shift = i64::from(places) + i64::from(b.scale()) - i64::from(a.scale());
    let power = |by: i64| 10i128.checked_pow(u32::try_from(by).ok()?);
    let (mut over, mut under) = (a.mantissa(), b.mantissa());
    if shift >= 0 {
        over = over.checked_mul(power(shift)?)?;
    } else {
        under = under.checked_mul(power(-shift)?)?;
    }
    let negative = (over < 0) != (under < 0);
    let (over, under) = (over.unsigned_abs(), under.unsigned_abs());
    let (whole, rest) = (over / under, over % under);
    let half = rest.checked_mul(2)?.cmp(&under);
    use RoundingStrategy as Mode;
    let up = match mode {
        Mode::MidpointAwayFromZero => half.is_ge(),
        Mode::MidpointTowardZero => half.is_gt(),
        Mode::MidpointNearestEven => half.is_gt() || half.is_eq() && whole % 2 == 1,
        Mode::AwayFromZero => rest != 0,
        Mode::ToPositiveInfinity => rest != 0 && !negative,
        Mode::ToNegativeInfinity => rest != 0 && negative,
        _ => false,
    };
    let value = i128::try_from(whole + u128::from(up)).ok()?;
    Decimal::try_from_i128_with_scale(if negative { -value } else { value }, places).ok()
}

fn abs<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    Ok(match args[0] {
        Value::Int(value) => Value::Int(value.checked_abs().ok_or(TroubleKind::Overflow)?),
        Value::Uint(value) => Value::Uint(value),
        Value::Double(value) => Value::Double(value.abs()),
        Value::Number(value) => Value::Number(Number(value.0.abs())),
        _ => return Err(TroubleKind::NoOverload),
    })
}
