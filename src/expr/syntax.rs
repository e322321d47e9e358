//! From text to the tree of CEL's grammar, under limits.

use crate::near::distance;
use cel::IdedExpr;
use cel::common::ast::SourceInfo;
use cel::parser::Parser;

use super::Fault;
use super::names::Names;

/// Bytes of an expression.
const LONGEST: usize = 32 << 10;
/// Operators, fields and indices of an expression: what the parser nests for each of them is bounded by it.
const MOST_OPERATORS: usize = 1_000;

/// Parses `text`.
pub(super) fn parse(text: &str) -> Result<(IdedExpr, SourceInfo, Names), Fault> {
    within_limits(text)?;
    let names = Names::read(text)?;
    let text = names.plain(text);
    let text = &*text;
    let parser = Parser::new()
        .enable_optional_syntax(true)
        .enable_ident_escape_syntax(true)
        .error_recovery_limit(1);
    let parsed = parser.parse_with_source_info(text).map_err(|errors| {
        let Some(error) = errors.errors.first() else {
            return fault(
                text.len(),
                text.len(),
                "the expression cannot be read",
                "无法解析表达式",
            );
        };
        let at = offset(text, error.pos);
        let message = error.msg.trim_start_matches("Syntax error: ");
        if message.contains("Recursion") || message.contains("recursion") {
            return fault(
                at,
                text.len(),
                "the expression is nested too deeply",
                "表达式嵌套过深",
            );
        }
        wrong(text, at, message)
    });
    parsed.map(|(tree, info)| (tree, info, names))
}

/// What the parser could not read, in words of our own: it speaks of tokens.
fn wrong(text: &str, at: usize, message: &str) -> Fault {
    let rest = text.get(at..).unwrap_or_default();
    let first = rest.chars().next();
    let (found, expected) = message.split_once(" expecting ").unwrap_or((message, ""));
    let quoted = found
        .split_once('\'')
        .map(|(_, quoted)| quoted.trim_end_matches('\''));
    let span = |length: usize| (at, at + length.max(1));
    let says = |(start, end): (usize, usize), en: String, zh: String| fault(start, end, en, zh);
    let instead = |right: &str| {
        let mut fault = says(
            span(1),
            format!("{} is no operator", first.unwrap_or_default()),
            format!("{} 不是运算符", first.unwrap_or_default()),
        );
        fault.expected = Some(right.to_owned());
        fault
    };
    if found.starts_with("token recognition error") {
        return match first {
            Some('=') => instead("=="),
            Some('&') => instead("&&"),
            Some('|') => instead("||"),
            Some('\'' | '"' | '`') => says(
                (at, text.len()),
                "the text in quotes does not end".to_owned(),
                "引号内的文本没有结束".to_owned(),
            ),
            first => {
                let first = first.map(String::from).unwrap_or_default();
                says(
                    span(first.len()),
                    format!("{first:?} means nothing here"),
                    format!("{first:?} 在此没有意义"),
                )
            }
        };
    }
    if let Some(missing) = found.strip_prefix("missing ") {
        let missing = missing.split(" at ").next().unwrap_or_default();
        return says(
            span(0),
            format!("{missing} is missing"),
            format!("缺少 {missing}"),
        );
    }
    let mut fault = match quoted {
        Some("<EOF>") => says(
            span(0),
            "the expression ends too early".to_owned(),
            "表达式没有写完".to_owned(),
        ),
        Some(token) if found.contains("input") => says(
            span(token.len()),
            format!("{token} is not expected here"),
            format!("此处不应为 {token}"),
        ),
        _ => says(span(1), found.to_owned(), found.to_owned()),
    };
    // A long list of what a value may begin with says no more than that.
    fault.expected = match expected.trim_matches(['{', '}']) {
        "" => None,
        value if value.contains("IDENTIFIER") => Some("a value".to_owned()),
        tokens => Some(
            tokens
                .replace("'<EOF>'", "the end")
                .replace("<EOF>", "the end"),
        ),
    };
    fault
}

fn within_limits(text: &str) -> Result<(), Fault> {
    if text.len() > LONGEST {
        return Err(fault(
            LONGEST,
            text.len(),
            "the expression is longer than 32 KiB",
            "表达式超过 32 KiB",
        ));
    }
    // In quotes too: what is a quote depends on what the parser makes of the text.
    let operators = text
        .bytes()
        .enumerate()
        .filter(|(_, byte)| b"+-*/%<>=!?.[{(".contains(byte));
    if let Some((at, _)) = operators.into_iter().nth(MOST_OPERATORS) {
        return Err(fault(
            at,
            text.len(),
            "the expression has more than 1,000 operators",
            "表达式的运算符超过 1000 个",
        ));
    }
    Ok(())
}

pub(super) fn fault(
    start: usize,
    end: usize,
    en: impl Into<String>,
    zh: impl Into<String>,
) -> Fault {
    Fault {
        span: start..end.max(start),
        message: en.into(),
        message_zh: zh.into(),
        expected: None,
        near: Vec::new(),
    }
}

/// The byte at a 1-based line and column in characters.
fn offset(text: &str, (line, column): (isize, isize)) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(usize::try_from(line - 1).unwrap_or(0))
        .map(str::len)
        .sum();
    let rest = text.get(before..).unwrap_or_default();
    let within = rest
        .char_indices()
        .nth(usize::try_from(column - 1).unwrap_or(0))
        .map_or(rest.len(), |(at, _)| at);
    (before + within).min(text.len())
}

/// Names of `known` that are like `name`, the likest first.
pub(super) fn near(name: &str, known: impl IntoIterator<Item = String>) -> Vec<String> {
    let wanted: Vec<char> = name.to_lowercase().chars().take(64).collect();
    let most = 1 + wanted.len() / 4;
    let mut found: Vec<(usize, String)> = known
        .into_iter()
        .filter_map(|other| {
            let lower: Vec<char> = other.to_lowercase().chars().collect();
            let after = |text: &str| text.split_once('_').map(|(_, id)| id.to_lowercase());
            let same_id = after(&other).is_some_and(|id| id == name.to_lowercase());
            let distance = if same_id {
                0
            } else {
                Some(distance(&wanted, &lower)).filter(|far| *far <= most)?
            };
            Some((distance, other))
        })
        .collect();
    found.sort();
    found.dedup();
    found.truncate(5);
    found.into_iter().map(|(_, name)| name).collect()
}
