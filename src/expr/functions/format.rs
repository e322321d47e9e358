//! Text by a format (`"%s of %d".format([a, b])`), and base64.

use std::fmt::Write;

use rust_decimal::RoundingStrategy;

use super::super::eval::Evaluation;
use super::super::{TroubleKind, Type, Value, compute};
use super::want::{BYTES, LIST, TEXT};
use super::{Function, Outcome, convert, row, text};

pub(super) fn add(table: &mut Vec<Function>) {
    table.extend([
        row("format", &[TEXT, LIST], text, format),
        row("base64.encode", &[BYTES], text, |run, args| {
            match &args[0] {
                Value::Bytes(bytes) => {
                    let encoded = encode(bytes);
                    run.text(encoded)
                }
                _ => Err(TroubleKind::NoOverload),
            }
        }),
        row(
            "base64.decode",
            &[TEXT],
            |_| Type::Bytes,
            |run, args| match &args[0] {
                Value::Text(text) => {
                    run.take(text.len())?;
                    let decoded = decode(text).ok_or(TroubleKind::BadArgument)?;
                    Ok(Value::Bytes(decoded.into()))
                }
                _ => Err(TroubleKind::NoOverload),
            },
        ),
    ]);
}

fn format<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let values = compute::elements(run, &args[1])?;
    let Value::Text(pattern) = &args[0] else {
        return Err(TroubleKind::NoOverload);
    };
    let (mut made, mut values) = (String::new(), values.into_iter());
    let mut pieces = pattern.split('%');
    made.push_str(pieces.next().unwrap_or_default());
    let mut literal = false;
    for piece in pieces {
        if literal {
            literal = false;
            made.push_str(piece);
            continue;
        }
        if piece.is_empty() {
            made.push('%');
            literal = true;
            continue;
        }
        let digits = piece.strip_prefix('.').unwrap_or_default();
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        let (places, rest) = if piece.starts_with('.') {
            let places: usize = digits[..length]
                .parse()
                .map_err(|_| TroubleKind::BadArgument)?;
            (places, &digits[length..])
        } else {
            (6, piece)
        };
        let verb = rest.chars().next().ok_or(TroubleKind::BadArgument)?;
        let value = values.next().ok_or(TroubleKind::BadArgument)?;
        if places > 100 {
            return Err(TroubleKind::BadArgument);
        }
        let before = made.len();
        one(run, &mut made, verb, places, &value)?;
        run.take(made.len() - before)?;
        made.push_str(&rest[verb.len_utf8()..]);
    }
    if literal {
        return Err(TroubleKind::BadArgument);
    }
    run.text(made)
}

fn one(
    run: &mut Evaluation,
    made: &mut String,
    verb: char,
    places: usize,
    value: &Value,
) -> Result<(), TroubleKind> {
    let written = match (verb, value) {
        ('s', value) => return shown(run, made, value, 0),
        ('d', Value::Int(value)) => write!(made, "{value}"),
        ('d', Value::Uint(value)) => write!(made, "{value}"),
        ('d', Value::Number(value)) => write!(made, "{value}"),
        ('d', Value::Double(value)) => write!(made, "{}", double(*value)),
        ('f', Value::Double(value)) if value.is_finite() => write!(made, "{value:.places$}"),
        ('e' | 'f', Value::Double(value)) if !value.is_finite() => {
            write!(made, "{}", double(*value))
        }
        ('e', Value::Double(value)) => exponent(made, *value, places),
        ('f', value) => match compute::exact(value) {
            Some(number) => {
                let mode = RoundingStrategy::MidpointAwayFromZero;
                let rounded = number.0.round_dp_with_strategy(places as u32, mode);
                write!(made, "{rounded:.places$}")
            }
            None => return Err(TroubleKind::NoOverload),
        },
        ('b', Value::Bool(value)) => write!(made, "{}", u8::from(*value)),
        ('b', Value::Uint(value)) => write!(made, "{value:b}"),
        ('o', Value::Uint(value)) => write!(made, "{value:o}"),
        ('x', Value::Uint(value)) => write!(made, "{value:x}"),
        ('X', Value::Uint(value)) => write!(made, "{value:X}"),
        ('b' | 'o' | 'x' | 'X', Value::Int(value)) => {
            if *value < 0 {
                made.push('-');
            }
            return one(run, made, verb, places, &Value::Uint(value.unsigned_abs()));
        }
        ('x' | 'X', Value::Text(text)) => hex(made, text.as_bytes(), verb == 'X'),
        ('x' | 'X', Value::Bytes(bytes)) => hex(made, bytes, verb == 'X'),
        _ => return Err(TroubleKind::BadArgument),
    };
    written.map_err(|_| TroubleKind::BadArgument)
}

fn double(value: f64) -> String {
    match value {
        v if v == f64::INFINITY => "Infinity".to_owned(),
        v if v == f64::NEG_INFINITY => "-Infinity".to_owned(),
        v => convert::double(v),
    }
}

fn exponent(made: &mut String, value: f64, places: usize) -> std::fmt::Result {
    let text = format!("{value:.places$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(rest) => ('-', rest),
        None => ('+', exponent),
    };
    write!(made, "{digits}e{sign}{exponent:0>2}")
}

fn hex(made: &mut String, bytes: &[u8], upper: bool) -> std::fmt::Result {
    bytes.iter().try_for_each(|byte| {
        if upper {
            write!(made, "{byte:02X}")
        } else {
            write!(made, "{byte:02x}")
        }
    })
}

/// A value as `%s` shows it.
fn shown(
    run: &mut Evaluation,
    made: &mut String,
    value: &Value,
    depth: u32,
) -> Result<(), TroubleKind> {
    if depth > 32 {
        return Err(TroubleKind::BadArgument);
    }
    match value {
        Value::Null => made.push_str("null"),
        Value::Double(value) => made.push_str(&double(*value)),
        Value::Bytes(bytes) => made.push_str(&String::from_utf8_lossy(bytes)),
        Value::List(values) => {
            made.push('[');
            for (at, value) in values.iter().enumerate() {
                made.push_str(if at == 0 { "" } else { ", " });
                shown(run, made, value, depth + 1)?;
            }
            made.push(']');
        }
        Value::Map(entries) => {
            let mut words = Vec::with_capacity(entries.len());
            for (key, value) in entries.iter() {
                let (mut name, mut held) = (String::new(), String::new());
                shown(run, &mut name, key, depth + 1)?;
                shown(run, &mut held, value, depth + 1)?;
                words.push((name, held));
            }
            words.sort();
            let words: Vec<String> = words
                .into_iter()
                .map(|(key, value)| format!("{key}: {value}"))
                .collect();
            made.push('{');
            made.push_str(&words.join(", "));
            made.push('}');
        }
        value => made.push_str(&value.to_text().ok_or(TroubleKind::BadArgument)?),
    }
    run.step(1)
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 of RFC 4648 with padding.
fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}

/// The bytes of base64, with padding or without.
fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    if digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for four in digits.chunks(4) {
        let mut bits = 0u32;
        for at in 0..4 {
            let digit = match four.get(at) {
                Some(digit) => DIGITS.iter().position(|known| known == digit)? as u32,
                None => 0,
            };
            bits = bits << 6 | digit;
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    Some(bytes)
}
