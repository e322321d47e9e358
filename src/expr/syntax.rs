//! From text to the tree of CEL's grammar, under limits.

use cel::IdedExpr;
use cel::common::ast::SourceInfo;
use cel::parser::Parser;

use super::Fault;

/// Bytes of an expression.
const LONGEST: usize = 32 << 10;
/// Operators, fields and indices of an expression: what the parser nests for each of them is bounded by it.
const MOST_OPERATORS: usize = 1_000;

/// Parses `text`.
pub(super) fn parse(text: &str) -> Result<(IdedExpr, SourceInfo), Fault> {
    within_limits(text)?;
    let parser = Parser::new()
        .enable_optional_syntax(true)
        .enable_ident_escape_syntax(true)
        .error_recovery_limit(1);
    parser.parse_with_source_info(text).map_err(|errors| {
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
        let (found, expected) = match message.split_once(" expecting ") {
            Some((found, expected)) => (found, Some(words_of(expected))),
            None => (message, None),
        };
        let mut fault = fault(at, at + 1, "", "");
        fault.message = format!("syntax: {found}");
        fault.message_zh = format!("语法错误：{found}");
        fault.expected = expected;
        fault
    })
}

/// What the parser expected, without its names for tokens.
fn words_of(expected: &str) -> String {
    let names = [
        ("NUM_FLOAT, NUM_INT, NUM_UINT", "a number"),
        ("STRING, BYTES", "a text"),
        ("IDENTIFIER", "a name"),
        ("<EOF>", "the end"),
    ];
    let mut words = expected.trim_matches(['{', '}']).to_owned();
    for (token, word) in names {
        words = words.replace(token, word);
    }
    words
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
                distance(&wanted, &lower, most)?
            };
            Some((distance, other))
        })
        .collect();
    found.sort();
    found.dedup();
    found.truncate(5);
    found.into_iter().map(|(_, name)| name).collect()
}

/// Edit distance of two names, if it is at most `most`.
fn distance(a: &[char], b: &[char], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let best = (diagonal + usize::from(x != y))
                .min(row[j] + 1)
                .min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    (row[b.len()] <= most).then_some(row[b.len()])
}
