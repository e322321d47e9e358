//! From one type to another.

use std::borrow::Cow;

use chrono::DateTime;

use super::super::eval::Evaluation;
use super::super::{Moment, TroubleKind, Type, Value};
use super::want::{BOOL, BYTES, DOUBLE, INT, MOMENT, NUMBER, PERIOD, TEXT};
use super::{Function, Outcome, bool, dates, int, moment, row, text};

/// Names of types that an expression may use as values.
pub(crate) const TYPES: [&str; 13] = [
    "bool",
    "bytes",
    "double",
    "duration",
    "int",
    "list",
    "map",
    "null_type",
    "optional_type",
    "string",
    "timestamp",
    "type",
    "uint",
];

pub(super) fn add(table: &mut Vec<Function>) {
    table.extend([
        row("int", &[NUMBER | DOUBLE | TEXT | MOMENT], int, to_int),
        row("uint", &[NUMBER | DOUBLE | TEXT], |_| Type::Uint, to_uint),
        row(
            "double",
            &[NUMBER | DOUBLE | TEXT],
            |_| Type::Double,
            to_double,
        ),
        row(
            "string",
            &[NUMBER | DOUBLE | TEXT | BYTES | BOOL | MOMENT | PERIOD],
            text,
            to_text,
        ),
        row("bytes", &[TEXT | BYTES], |_| Type::Bytes, to_bytes),
        row("bool", &[BOOL | TEXT], bool, to_bool),
        row("timestamp", &[TEXT | INT | MOMENT], moment, to_moment),
        row("duration", &[TEXT | PERIOD], |_| Type::Period, to_period),
    ]);
}

/// The name of the type of a value.
pub(super) fn type_name(_: &Evaluation, value: &Value) -> &'static str {
    match value {
        Value::Null => "null_type",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Uint(_) => "uint",
        Value::Double(_) => "double",
        Value::Number(_) => "number",
        Value::Text(_) => "string",
        Value::Bytes(_) => "bytes",
        Value::Moment(_) => "google.protobuf.Timestamp",
        Value::Period(_) => "google.protobuf.Duration",
        Value::Record(_) => "record",
        Value::List(_) | Value::Nodes(..) => "list",
        Value::Map(_) | Value::Row(_) => "map",
        Value::Optional(_) => "optional_type",
        Value::Type(_) => "type",
    }
}

fn to_int<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let value = match &args[0] {
        Value::Int(value) => Some(*value),
        Value::Uint(value) => i64::try_from(*value).ok(),
        // The bounds themselves are not whole numbers that were meant.
        Value::Double(value) => {
            (value.abs() < 9_223_372_036_854_775_807.0).then_some(*value as i64)
        }
        Value::Number(value) => value.to_int(),
        Value::Moment(value) => Some(value.0.timestamp()),
        Value::Text(text) => {
            return text
                .parse()
                .map(Value::Int)
                .map_err(|_| TroubleKind::NotANumber);
        }
        _ => return Err(TroubleKind::NoOverload),
    };
    value.map(Value::Int).ok_or(TroubleKind::Overflow)
}

fn to_uint<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let value = match &args[0] {
        Value::Int(value) => u64::try_from(*value).ok(),
        Value::Uint(value) => Some(*value),
        Value::Double(value) => {
            (*value >= 0.0 && *value < 18_446_744_073_709_551_615.0).then_some(*value as u64)
        }
        Value::Number(value) => value.to_int().and_then(|value| u64::try_from(value).ok()),
        Value::Text(text) => {
            return text
                .parse()
                .map(Value::Uint)
                .map_err(|_| TroubleKind::NotANumber);
        }
        _ => return Err(TroubleKind::NoOverload),
    };
    value.map(Value::Uint).ok_or(TroubleKind::Overflow)
}

fn to_double<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let value = match &args[0] {
        Value::Int(value) => *value as f64,
        Value::Uint(value) => *value as f64,
        Value::Double(value) => *value,
        Value::Number(value) => value.to_string().parse().unwrap_or(f64::NAN),
        Value::Text(text) => {
            return text
                .parse()
                .map(Value::Double)
                .map_err(|_| TroubleKind::NotANumber);
        }
        _ => return Err(TroubleKind::NoOverload),
    };
    Ok(Value::Double(value))
}

fn to_text<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let text = match &mut args[0] {
        Value::Text(text) => return Ok(Value::Text(std::mem::take(text))),
        Value::Bytes(bytes) => {
            String::from_utf8(bytes.to_vec()).map_err(|_| TroubleKind::BadArgument)?
        }
        Value::Double(value) => double(*value),
        value @ (Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::Number(_)
        | Value::Moment(_)
        | Value::Period(_)) => value.to_text().unwrap_or_default().into_owned(),
        _ => return Err(TroubleKind::NoOverload),
    };
    run.text(text)
}

/// A binary fraction as CEL writes it: with an exponent where it is very large or small.
pub(super) fn double(value: f64) -> String {
    let exponent = value.abs().log10();
    if value == 0.0 || !value.is_finite() || (-5.0..21.0).contains(&exponent) {
        return match value {
            v if v == f64::INFINITY => "+Inf".to_owned(),
            v if v == f64::NEG_INFINITY => "-Inf".to_owned(),
            v => v.to_string(),
        };
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(rest) => ('-', rest),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

fn to_bytes<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    match &mut args[0] {
        Value::Text(Cow::Borrowed(text)) => Ok(Value::Bytes(Cow::Borrowed(text.as_bytes()))),
        Value::Text(text) => Ok(Value::Bytes(Cow::Owned(text.as_bytes().to_vec()))),
        Value::Bytes(bytes) => Ok(Value::Bytes(std::mem::take(bytes))),
        _ => Err(TroubleKind::NoOverload),
    }
}

fn to_bool<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        Value::Bool(value) => Ok(Value::Bool(*value)),
        Value::Text(text) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(TroubleKind::BadArgument),
        },
        _ => Err(TroubleKind::NoOverload),
    }
}

fn to_moment<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let moment = match &args[0] {
        Value::Moment(moment) => Some(*moment),
        Value::Text(text) => dates::read_moment(text),
        Value::Int(seconds) => DateTime::from_timestamp(*seconds, 0).and_then(Moment::checked),
        _ => return Err(TroubleKind::NoOverload),
    };
    moment.map(Value::Moment).ok_or(TroubleKind::NotADate)
}

fn to_period<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        Value::Period(period) => Ok(Value::Period(*period)),
        Value::Text(text) => dates::read_period(text)
            .map(Value::Period)
            .ok_or(TroubleKind::NotADate),
        _ => Err(TroubleKind::NoOverload),
    }
}
