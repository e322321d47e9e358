//! Elements and code lists.

use baowen::spec::Format;
use baowen::spec::text::parse_format;

use super::blocks::Block;
use crate::{Fault, Result};

/// Format of an element.
pub(super) fn format(file: &str, block: &Block<'_>) -> Result<Format> {
    let mut lines = block
        .body
        .iter()
        .skip_while(|line| !line.text.trim_start().starts_with("Repr"));
    let found = lines.next().and_then(|line| {
        let text = line.text.split_once(':')?.1.trim();
        parse_format(&text.replace(' ', ""))
    });
    found.ok_or_else(|| {
        Fault::published(
            file,
            block.line,
            format!("element {}: expected Repr: and a format", block.id),
        )
    })
}

/// Codes and names of a list, each once, and how many were listed again.
pub(super) fn codes(block: &Block<'_>, deletes: bool) -> (Vec<(String, String)>, usize) {
    // Old files: code up to column 9, name from 10. New ones: code from 5, name from 11.
    let old = block.column < 5;
    let name_at = if old { 10 } else { 11 };
    let body = block
        .body
        .iter()
        .skip_while(|line| !line.text.trim_start().starts_with("Repr"))
        .skip(1);
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open = false;
    let mut note = false;
    for line in body {
        let text = line.text;
        let indent = text.len() - text.trim_start().len();
        if text.trim().is_empty() {
            (open, note) = (false, false);
            continue;
        }
        if indent >= 10 {
            if indent <= 11 && open {
                if let Some((_, name)) = found.last_mut() {
                    name.push(' ');
                    name.push_str(text.trim());
                }
            } else {
                open = false;
            }
            continue;
        }
        let (front, rest) = split_marks(text, old);
        let body = rest.trim_start();
        if body.starts_with("Note") && body[4..].trim_start().starts_with(':') {
            (open, note) = (false, true);
            continue;
        }
        let column = text.len() - body.len();
        let fixed = text.is_char_boundary(name_at)
            && text.is_char_boundary(name_at - 1)
            && text.as_bytes().get(name_at - 1) == Some(&b' ')
            && text
                .as_bytes()
                .get(name_at)
                .is_some_and(|byte| *byte != b' ')
            && column < name_at - 1;
        // A note ends where the columns of a code begin.
        if note && !(fixed && old) {
            continue;
        }
        note = false;
        let (code, name) = if fixed {
            (text[column..name_at - 1].trim(), text[name_at..].trim())
        } else {
            match body.split_once(' ') {
                Some((code, name)) => (code, name.trim()),
                None => continue,
            }
        };
        open = true;
        if (deletes && front.contains('-')) || code.is_empty() || name.is_empty() {
            open = false;
            continue;
        }
        found.push((code.to_owned(), name.to_owned()));
    }
    for (_, name) in &mut found {
        *name = name
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace('\u{a9}', "(c)");
    }
    let listed = found.len();
    let mut seen = std::collections::HashSet::new();
    found.retain(|(code, _)| seen.insert(code.clone()));
    let doubled = listed - found.len();
    (found, doubled)
}

/// The change indicators in the first columns, and the rest.
fn split_marks(text: &str, old: bool) -> (&str, &str) {
    let most = if old { 3 } else { 5 };
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if at >= most || !matches!(c, ' ' | '+' | '*' | '#' | '|' | 'X' | '-') {
            break;
        }
        end = at + c.len_utf8();
    }
    text.split_at(end)
}
