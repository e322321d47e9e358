//! The common form of directory files: entries between lines of hyphens.

/// A line and its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub number: usize,
    pub text: &'a str,
}

/// An entry: its head (marks removed) and the lines after it.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub id: &'a str,
    pub name: String,
    pub line: usize,
    pub deleted: bool,
    /// Column of the identifier: the layout of the file follows from it.
    pub column: usize,
    pub body: Vec<Line<'a>>,
}

pub(super) fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 50 && line.bytes().all(|byte| byte == b'-')
}

/// Change indicators in front of an entry.
pub(super) fn marks(text: &str) -> &str {
    let rest = text.trim_start_matches([' ', '+', '*', '#', '|', '-']);
    match rest.strip_prefix(['X', 'S']) {
        Some(after) if after.starts_with([' ', '+', '*', '#', '|']) => marks(after),
        _ => rest,
    }
}

/// The entries whose identifier satisfies `is_id`.
pub(super) fn blocks<'a>(text: &'a str, is_id: impl Fn(&str) -> bool) -> Vec<Block<'a>> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate().map(|(at, text)| Line {
        number: at + 1,
        text: text.trim_end_matches(['\r', ' ', '\u{1a}', '\u{c}']),
    });
    let mut group: Vec<Line<'a>> = Vec::new();
    loop {
        let line = lines.next();
        match line {
            Some(line) if !is_rule(line.text) => group.push(line),
            _ => {
                if let Some(block) = block(&group, &is_id) {
                    found.push(block);
                }
                group.clear();
                if line.is_none() {
                    return found;
                }
            }
        }
    }
}

fn block<'a>(lines: &[Line<'a>], is_id: &impl Fn(&str) -> bool) -> Option<Block<'a>> {
    let first = lines.iter().position(|line| !line.text.trim().is_empty())?;
    let head = lines[first].text;
    let rest = marks(head);
    let (id, name) = rest.split_once(' ')?;
    if !is_id(id) || name.trim().is_empty() {
        return None;
    }
    let column = head.len() - rest.len();
    let deleted = head[..column].contains('-');
    let mut name = name.trim().to_owned();
    let mut after = first + 1;
    while let Some(line) = lines.get(after).filter(|line| !line.text.trim().is_empty()) {
        name.push(' ');
        name.push_str(line.text.trim());
        after += 1;
    }
    for usage in ["[B]", "[I]", "[C]"] {
        name = name.replace(usage, "");
    }
    Some(Block {
        id,
        name: tidy(&name),
        line: lines[first].number,
        deleted,
        column,
        body: lines[after..].to_vec(),
    })
}

/// One blank between words; a name in capitals only becomes a sentence.
pub(super) fn tidy(name: &str) -> String {
    let name = name
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('\u{a9}', "(c)");
    if name.chars().any(char::is_lowercase) {
        return name;
    }
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_string() + &chars.as_str().to_lowercase()
    })
}
