//! Segments and composites.

use baowen::spec::Format;
use baowen::spec::text::parse_format;

use super::blocks::{Block, Line, marks};
use crate::{Fault, Result};

/// A published segment or composite.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub id: String,
    pub name: String,
    pub parts: Vec<Part>,
    /// Dependency identifier and positions counted from 1.
    pub dependencies: Vec<(String, Vec<u16>)>,
}

/// An element of a segment (with its components) or of a composite.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub id: String,
    pub line: usize,
    pub mandatory: bool,
    pub max: u32,
    pub format: Option<Format>,
    pub components: Vec<Part>,
    place: Option<u16>,
}

pub(super) fn is_composite(id: &str) -> bool {
    id.len() == 4
        && id.starts_with(['C', 'E', 'S'])
        && id[1..].bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn is_element(id: &str) -> bool {
    id.len() == 4 && id.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn is_segment(id: &str) -> bool {
    id.len() == 3
        && id.starts_with(|c: char| c.is_ascii_uppercase())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// What a line says of a part; `None` where it is not one. `Err` holds what looks like the
/// beginning of one whose name goes on in the next line.
fn part(text: &str, line: usize) -> Option<std::result::Result<(Part, bool), ()>> {
    let mut rest = text.trim_start();
    let mut place = None;
    if let Some((first, tail)) = rest.split_once(' ')
        && first.len() == 3
        && let Ok(number) = first.parse::<u16>()
    {
        place = Some(number);
        rest = tail;
    }
    let body = marks(rest);
    let deleted = rest[..rest.len() - body.len()].contains('-');
    let (id, tail) = body.split_once(' ')?;
    if !is_composite(id) && !is_element(id) {
        return None;
    }
    let mut words: Vec<&str> = tail.split_whitespace().collect();
    let format = words.last().and_then(|word| parse_format(word));
    if format.is_some() {
        words.pop();
    }
    let max = words.last().and_then(|word| word.parse::<u32>().ok());
    if max.is_some() {
        words.pop();
    }
    let mandatory = match words.last() {
        Some(&"M") => true,
        Some(&"C") => false,
        _ => return Some(Err(())),
    };
    if words.len() < 2 || (format.is_none() && is_element(id)) {
        return Some(Err(()));
    }
    let part = Part {
        id: id.to_owned(),
        line,
        mandatory,
        max: max.unwrap_or(1),
        format,
        components: Vec::new(),
        place,
    };
    Some(Ok((part, deleted)))
}

/// Reads the parts of an entry of file `file`.
pub(super) fn parts(file: &str, block: &Block<'_>, segment: bool) -> Result<Parts> {
    let mut found = Parts {
        id: block.id.to_owned(),
        name: block.name.clone(),
        parts: Vec::new(),
        dependencies: Vec::new(),
    };
    let mut open = false;
    let mut at = 0;
    let numbered = block
        .body
        .iter()
        .any(|line| part(line.text, 0).is_some_and(|p| p.is_ok_and(|(p, _)| p.place.is_some())));
    let mut text_before = true;
    let mut part_before = false;
    while at < block.body.len() {
        let line = block.body[at];
        at += 1;
        if line.text.trim().is_empty() {
            open = open && numbered;
            text_before = false;
            part_before = false;
            continue;
        }
        if let Some(dependency) = dependency(line.text) {
            found.dependencies.push(dependency);
            continue;
        }
        // Text of a function or note may begin with four digits: parts follow a blank line.
        if text_before {
            continue;
        }
        let parsed = match part(line.text, line.number) {
            // The rest of a name whose status and format stand in its first line.
            None if part_before => continue,
            None => {
                repeats(&mut found, &block.body, at - 1);
                text_before = true;
                continue;
            }
            Some(Ok(parsed)) => parsed,
            Some(Err(())) => {
                let mut joined = line.text.to_owned();
                let mut parsed = None;
                for more in block.body.iter().skip(at).take(3) {
                    joined.push(' ');
                    joined.push_str(more.text.trim());
                    at += 1;
                    if let Some(Ok(whole)) = part(&joined, line.number) {
                        parsed = Some(whole);
                        break;
                    }
                }
                parsed.ok_or_else(|| {
                    Fault::published(
                        file,
                        line.number,
                        format!("{}: expected a status and a format", block.id),
                    )
                })?
            }
        };
        part_before = true;
        let (part, deleted) = parsed;
        let inside = segment && open && is_element(&part.id) && part.place.is_none();
        if deleted {
            open = false;
            continue;
        }
        if inside {
            if let Some(composite) = found.parts.last_mut() {
                composite.components.push(part);
            }
        } else {
            open = segment && is_composite(&part.id);
            found.parts.push(part);
        }
    }
    let mut faults = None;
    for (_, positions) in &mut found.dependencies {
        for position in positions {
            match found
                .parts
                .iter()
                .position(|part| part.place == Some(*position))
            {
                Some(at) => *position = at as u16 + 1,
                None => faults = Some(*position),
            }
        }
    }
    match faults {
        Some(position) => {
            let message = format!(
                "{}: a dependency note names position {position:03}, which is not there",
                block.id
            );
            Err(Fault::published(file, block.line, message))
        }
        None => Ok(found),
    }
}

/// `040  D5(040,030) If first, then all`.
fn dependency(text: &str) -> Option<(String, Vec<u16>)> {
    let open = text.find('(')?;
    let kind = text[..open].split_whitespace().next_back()?;
    let known =
        kind.len() == 2 && kind.starts_with('D') && matches!(kind.as_bytes()[1], b'1'..=b'7');
    let inside = text[open + 1..].split_once(')')?.0;
    let positions: Option<Vec<u16>> = inside.split(',').map(|p| p.trim().parse().ok()).collect();
    known.then_some((kind.to_owned(), positions?))
}

/// Notes that say how often a component occurs: `The component 4440 - Free text value - occurs 20
/// times`.
fn repeats(found: &mut Parts, body: &[Line<'_>], at: usize) {
    let words: Vec<&str> = body[at..]
        .iter()
        .take(4)
        .take_while(|line| !line.text.trim().is_empty())
        .flat_map(|line| line.text.split_whitespace())
        .collect();
    let Some(start) = words
        .windows(2)
        .position(|pair| pair[0].eq_ignore_ascii_case("component"))
    else {
        return;
    };
    let id = words[start + 1];
    let Some(times) = words
        .windows(3)
        .find(|three| three[0] == "occurs" && three[2] == "times")
        .and_then(|three| three[1].parse().ok())
    else {
        return;
    };
    for part in found
        .parts
        .iter_mut()
        .flat_map(|part| std::iter::once(&mut part.max).zip(std::iter::once(&part.id)))
        .filter(|(_, own)| *own == id)
    {
        *part.0 = times;
    }
}
