//! Functions of text. Positions and lengths count characters, from 0.

use std::borrow::Cow;

use super::super::eval::Evaluation;
use super::super::{TroubleKind, Type, Value, compute};
use super::want::{ANY, BYTES, INT, LIST, MAP, TEXT, TEXTS};
use super::{Function, Outcome, bool, int, row, same, short, text, texts};

pub(super) fn add(table: &mut Vec<Function>) {
    table.extend([
        row("size", &[TEXT | BYTES | LIST | MAP], int, size),
        row("contains", &[TEXT, TEXT], bool, |_, args| {
            both(args, |a, b| a.contains(b))
        }),
        row("startsWith", &[TEXT, TEXT], bool, |_, args| {
            both(args, |a, b| a.starts_with(b))
        }),
        row("endsWith", &[TEXT, TEXT], bool, |_, args| {
            both(args, |a, b| a.ends_with(b))
        }),
        row("chars", &[TEXT], int, |_, args| {
            of(args, |text| Ok(Value::Int(text.chars().count() as i64)))
        }),
        row("bytes18030", &[TEXT], int, |_, args| {
            of(args, |text| Ok(Value::Int(gb18030(text) as i64)))
        }),
        row("upper", &[TEXT], text, |run, args| {
            made(run, args, str::to_uppercase)
        }),
        row("lower", &[TEXT], text, |run, args| {
            made(run, args, str::to_lowercase)
        }),
        row("upperAscii", &[TEXT], text, |run, args| {
            made(run, args, str::to_ascii_uppercase)
        }),
        row("lowerAscii", &[TEXT], text, |run, args| {
            made(run, args, str::to_ascii_lowercase)
        }),
        row("trim", &[TEXT], text, |_, args| {
            part(args, |text| Some(text.trim_matches(blank)))
        }),
        row("reverse", &[TEXT | LIST], same, reverse),
        short(2, row("substr", &[TEXT, INT, INT], text, substr)),
        short(2, row("substring", &[TEXT, INT, INT], text, substring)),
        row("charAt", &[TEXT, INT], text, char_at),
        short(
            2,
            row("indexOf", &[TEXT, TEXT, INT], int, |_, args| {
                index_of(args, false)
            }),
        ),
        short(
            2,
            row("lastIndexOf", &[TEXT, TEXT, INT], int, |_, args| {
                index_of(args, true)
            }),
        ),
        short(3, row("replace", &[TEXT, TEXT, TEXT, INT], text, replace)),
        short(2, row("split", &[TEXT, TEXT, INT], texts, split)),
        short(1, row("join", &[TEXTS, TEXT], text, join)),
        row("pad", &[TEXT, INT, TEXT], text, |run, args| {
            pad(run, args, true)
        }),
        row("padRight", &[TEXT, INT, TEXT], text, |run, args| {
            pad(run, args, false)
        }),
        row("strings.quote", &[TEXT], text, quote),
        row(
            "type",
            &[ANY],
            |_| Type::Type,
            |run, args| Ok(Value::Type(super::convert::type_name(run, &args[0]).into())),
        ),
    ]);
}

fn of<'a>(args: &mut [Value<'a>], give: impl FnOnce(&str) -> Outcome<'a>) -> Outcome<'a> {
    match args {
        [Value::Text(text), ..] => give(text),
        _ => Err(TroubleKind::NoOverload),
    }
}

fn both<'a>(args: &mut [Value<'a>], give: impl FnOnce(&str, &str) -> bool) -> Outcome<'a> {
    match args {
        [Value::Text(a), Value::Text(b)] => Ok(Value::Bool(give(a, b))),
        _ => Err(TroubleKind::NoOverload),
    }
}

fn made<'a>(
    run: &mut Evaluation<'a>,
    args: &mut [Value<'a>],
    make: impl FnOnce(&str) -> String,
) -> Outcome<'a> {
    match args {
        [Value::Text(text), ..] => {
            let made = make(text);
            run.text(made)
        }
        _ => Err(TroubleKind::NoOverload),
    }
}

/// A part of the first argument, borrowed where that is.
fn part<'a>(args: &mut [Value<'a>], take: impl Fn(&str) -> Option<&str>) -> Outcome<'a> {
    match args {
        [Value::Text(Cow::Borrowed(text)), ..] => {
            // The part of a borrowed text lives as long as that does.
            let text: &'a str = text;
            take(text)
                .map(|part| Value::Text(Cow::Borrowed(part)))
                .ok_or(TroubleKind::BadArgument)
        }
        [Value::Text(text), ..] => {
            let found = take(text).ok_or(TroubleKind::BadArgument)?;
            Ok(Value::Text(Cow::Owned(found.to_owned())))
        }
        _ => Err(TroubleKind::NoOverload),
    }
}

fn size<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let count = match &args[0] {
        Value::Text(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(values) => values.len(),
        Value::Map(entries) => entries.len(),
        Value::Nodes(first, _) => {
            let count = run.siblings(*first).count();
            run.step(count as u64)?;
            count
        }
        _ => return Err(TroubleKind::NoOverload),
    };
    Ok(Value::Int(count as i64))
}

/// Bytes of a text in GB 18030: one for ASCII, two for what GBK has, four for the rest.
fn gb18030(text: &str) -> usize {
    let rest = text
        .bytes()
        .position(|byte| !byte.is_ascii())
        .unwrap_or(text.len());
    if rest == text.len() {
        return rest;
    }
    let (bytes, _, _) = encoding_rs::GB18030.encode(&text[rest..]);
    rest + bytes.len()
}

/// Space as Unicode and CEL have it.
fn blank(c: char) -> bool {
    c.is_whitespace()
}

fn reverse<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    match &args[0] {
        Value::Text(text) => {
            let text = text.chars().rev().collect();
            run.text(text)
        }
        list => {
            let mut values = compute::elements(run, list)?;
            values.reverse();
            run.list(values)
        }
    }
}

/// The byte at which character `at` begins, the end included.
fn byte(text: &str, at: i64) -> Option<usize> {
    let at = usize::try_from(at).ok()?;
    if text.is_ascii() {
        return (at <= text.len()).then_some(at);
    }
    let mut begins = text.char_indices().map(|(at, _)| at);
    begins
        .by_ref()
        .nth(at)
        .or_else(|| (text.chars().count() == at).then_some(text.len()))
}

/// `substr(text, from, length)`: as much as there is.
fn substr<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let (from, length) = match &args[1..] {
        [Value::Int(from)] => (*from, i64::MAX),
        [Value::Int(from), Value::Int(length)] => (*from, *length),
        _ => return Err(TroubleKind::NoOverload),
    };
    if from < 0 || length < 0 {
        return Err(TroubleKind::BadArgument);
    }
    part(args, |text| {
        let begin = byte(text, from).unwrap_or(text.len());
        let rest = &text[begin..];
        Some(&rest[..byte(rest, length).unwrap_or(rest.len())])
    })
}

/// `substring(text, from, to)`, as CEL's extension has it.
fn substring<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let (from, to) = match &args[1..] {
        [Value::Int(from)] => (*from, None),
        [Value::Int(from), Value::Int(to)] => (*from, Some(*to)),
        _ => return Err(TroubleKind::NoOverload),
    };
    part(args, |text| {
        let begin = byte(text, from)?;
        let end = to.map_or(Some(text.len()), |to| byte(text, to))?;
        text.get(begin..end)
    })
}

fn char_at<'a>(_: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let Value::Int(at) = args[1] else {
        return Err(TroubleKind::NoOverload);
    };
    part(args, |text| {
        let rest = &text[byte(text, at)?..];
        Some(&rest[..rest.chars().next().map_or(0, char::len_utf8)])
    })
}

fn index_of<'a>(args: &mut [Value<'a>], last: bool) -> Outcome<'a> {
    let (text, wanted, from) = match args {
        [Value::Text(text), Value::Text(wanted)] => (text, wanted, None),
        [Value::Text(text), Value::Text(wanted), Value::Int(from)] => (text, wanted, Some(*from)),
        _ => return Err(TroubleKind::NoOverload),
    };
    let found = if last {
        let latest = match from {
            None => text.len(),
            Some(from) => byte(text, from).ok_or(TroubleKind::BadArgument)?,
        };
        // It may begin at `from` at the latest.
        let end = text[latest..]
            .char_indices()
            .map(|(at, _)| latest + at)
            .nth(wanted.chars().count())
            .unwrap_or(text.len());
        text[..end].rfind(&**wanted).filter(|at| *at <= latest)
    } else {
        let begin = byte(text, from.unwrap_or(0)).ok_or(TroubleKind::BadArgument)?;
        text[begin..].find(&**wanted).map(|at| begin + at)
    };
    Ok(Value::Int(
        found.map_or(-1, |at| text[..at].chars().count() as i64),
    ))
}

fn replace<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let (text, old, new, most) = match args {
        [Value::Text(text), Value::Text(old), Value::Text(new)] => (text, old, new, usize::MAX),
        [
            Value::Text(text),
            Value::Text(old),
            Value::Text(new),
            Value::Int(most),
        ] => (text, old, new, usize::try_from(*most).unwrap_or(usize::MAX)),
        _ => return Err(TroubleKind::NoOverload),
    };
    // How large it becomes is known before it is made.
    let count = text.matches(&**old).take(most).count();
    run.take(text.len() + count * new.len())?;
    Ok(Value::Text(Cow::Owned(text.replacen(&**old, new, most))))
}

fn split<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let (text, by, most) = match args {
        [Value::Text(text), Value::Text(by)] => (text, by, -1),
        [Value::Text(text), Value::Text(by), Value::Int(most)] => (text, by, *most),
        _ => return Err(TroubleKind::NoOverload),
    };
    let piece = |piece: &str| Value::Text(Cow::Owned(piece.to_owned()));
    run.take(text.len())?;
    let values: Vec<Value> = match usize::try_from(most) {
        Ok(0) => Vec::new(),
        Ok(most) if !by.is_empty() => text.splitn(most, &**by).map(piece).collect(),
        Ok(most) => {
            let cut = byte(text, most as i64 - 1).unwrap_or(text.len());
            let singles = text[..cut]
                .chars()
                .map(|c| Value::Text(Cow::Owned(c.to_string())));
            let rest = (cut < text.len()).then(|| piece(&text[cut..]));
            singles.chain(rest).collect()
        }
        Err(_) if by.is_empty() => text
            .chars()
            .map(|c| Value::Text(Cow::Owned(c.to_string())))
            .collect(),
        Err(_) => text.split(&**by).map(piece).collect(),
    };
    run.list(values)
}

fn join<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    let by = match args.get(1) {
        None => Cow::Borrowed(""),
        Some(Value::Text(by)) => by.clone(),
        Some(_) => return Err(TroubleKind::NoOverload),
    };
    let (mut joined, mut first) = (String::new(), true);
    compute::each(run, &args[0], &mut |run, value| {
        let Value::Text(text) = value else {
            return Err(TroubleKind::NoOverload);
        };
        run.take(text.len() + by.len())?;
        if !first {
            joined.push_str(&by);
        }
        first = false;
        joined.push_str(&text);
        Ok(())
    })?;
    Ok(Value::Text(Cow::Owned(joined)))
}

/// Fills a text up to a number of characters.
fn pad<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>], left: bool) -> Outcome<'a> {
    let [Value::Text(text), Value::Int(width), Value::Text(fill)] = args else {
        return Err(TroubleKind::NoOverload);
    };
    let mut chars = fill.chars();
    let (Some(fill), None) = (chars.next(), chars.next()) else {
        return Err(TroubleKind::BadArgument);
    };
    let missing = usize::try_from(*width)
        .unwrap_or(0)
        .saturating_sub(text.chars().count());
    run.take(missing.saturating_mul(4).saturating_add(text.len()))?;
    let filling = std::iter::repeat_n(fill, missing);
    let padded: String = if left {
        filling.chain(text.chars()).collect()
    } else {
        text.chars().chain(filling).collect()
    };
    Ok(Value::Text(Cow::Owned(padded)))
}

fn quote<'a>(run: &mut Evaluation<'a>, args: &mut [Value<'a>]) -> Outcome<'a> {
    made(run, args, |text| {
        let mut quoted = String::from("\"");
        for c in text.chars() {
            match c {
                '\u{7}' => quoted.push_str("\\a"),
                '\u{8}' => quoted.push_str("\\b"),
                '\u{c}' => quoted.push_str("\\f"),
                '\n' => quoted.push_str("\\n"),
                '\r' => quoted.push_str("\\r"),
                '\t' => quoted.push_str("\\t"),
                '\u{b}' => quoted.push_str("\\v"),
                '\\' => quoted.push_str("\\\\"),
                '"' => quoted.push_str("\\\""),
                c => quoted.push(c),
            }
        }
        quoted.push('"');
        quoted
    })
}
