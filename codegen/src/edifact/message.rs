//! The segment table of a message.

use baowen::spec::text::{Item, ItemKind};

use super::parts::is_segment;
use super::patches::Patches;
use crate::{Fault, Result};

/// A line of a segment table.
enum Row<'a> {
    Group {
        number: u32,
        mandatory: bool,
        max: u32,
        tail: &'a str,
        deleted: bool,
    },
    Segment {
        tag: &'a str,
        mandatory: bool,
        max: u32,
        tail: &'a str,
        deleted: bool,
    },
}

fn tail_of(text: &str) -> Option<(bool, u32, &str)> {
    // Status and repetitions are followed by the drawing only.
    let drawing = text.trim_end_matches([' ', '|', '+', '-']);
    let tail = &text[drawing.len()..];
    let digits = drawing.len() - drawing.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let max: u32 = drawing[drawing.len() - digits..].parse().ok()?;
    let before = drawing[..drawing.len() - digits].trim_end();
    let mandatory = match before.chars().next_back()? {
        'M' | 'm' => true,
        'C' | 'c' => false,
        _ => return None,
    };
    let before = &before[..before.len() - 1];
    before
        .ends_with([' ', '-'])
        .then_some((mandatory, max, tail))
}

fn row(text: &str) -> Option<Row<'_>> {
    let (mandatory, max, tail) = tail_of(text)?;
    let body = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let unmarked = super::blocks::marks(body);
    // A mark stands in the first columns; hyphens further on belong to the drawing.
    let deleted = body[..body.len() - unmarked.len()]
        .get(..4)
        .is_some_and(|marks| marks.contains('-'));
    let body = unmarked;
    let lower = text.to_ascii_lowercase();
    if let Some(at) = lower.find("segment group") {
        let rest = text[at + "segment group".len()..].trim_start();
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if text[..at].contains("--") || body.to_ascii_lowercase().starts_with("segment group") {
            return Some(Row::Group {
                number: rest[..digits].parse().ok()?,
                mandatory,
                max,
                tail,
                deleted,
            });
        }
    }
    let (tag, _) = body.split_once(' ')?;
    is_segment(tag).then_some(Row::Segment {
        tag,
        mandatory,
        max,
        tail,
        deleted,
    })
}

struct Open {
    number: u32,
    /// Marked as deleted: its segments stand in the group around it.
    deleted: bool,
    mandatory: bool,
    max: u32,
    items: Vec<Item>,
}

/// Reads the structure from the text of a message file.
pub(super) fn structure(
    file: &str,
    text: &str,
    release: &str,
    message: &str,
    patches: &Patches,
) -> Result<Vec<Item>> {
    let heading = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim();
        line.ends_with("Segment table") && line.starts_with(|c: char| c.is_ascii_digit())
    });
    let from = heading.last().map_or(0, |(at, _)| at + 1);
    let mut open = vec![Open {
        number: 0,
        deleted: false,
        mandatory: true,
        max: 1,
        items: Vec::new(),
    }];
    let mut groups = 0;
    let mut ended = false;
    let deletes = patches.marks_deletions(release);
    let renumber = patches.numbers_are_wrong(release, message);
    for (at, text) in text.lines().enumerate().skip(from) {
        let text = text.trim_end_matches(['\r', ' ', '\u{1a}']);
        let fault = |message: String| Fault::published(file, at + 1, message);
        let patched = patches.table_line(release, message, text);
        let Some(row) = row(patched.as_deref().unwrap_or(text)) else {
            continue;
        };
        match row {
            Row::Group {
                number,
                mandatory,
                max,
                tail,
                deleted,
            } => {
                let deleted = deleted && deletes;
                groups += u32::from(!deleted);
                let number = if renumber { groups } else { number };
                if !deleted && number != groups {
                    return Err(fault(format!(
                        "segment group {number} follows segment group {}",
                        groups - 1
                    )));
                }
                let bars = tail.matches('|').count();
                let around = open.len() - 1;
                if bars != around && !patches.drawing_is_broken(release, message) {
                    return Err(fault(format!(
                        "the drawing shows {bars} groups around this one; {around} are open"
                    )));
                }
                open.push(Open {
                    number,
                    deleted,
                    mandatory,
                    max,
                    items: Vec::new(),
                });
            }
            Row::Segment {
                tag,
                mandatory,
                max,
                tail,
                deleted,
            } => {
                if matches!(tag, "UNH" | "UIH") {
                    // The table begins again: what came before is a stray piece of it.
                    open.truncate(1);
                    last(&mut open).items.clear();
                    groups = 0;
                }
                let closes = tail.matches('+').count();
                let bars = tail.matches('|').count();
                let inside = open.len() - 1;
                if closes + bars != inside && !patches.drawing_is_broken(release, message) {
                    return Err(fault(format!(
                        "the drawing shows {} groups around {tag}; {inside} are open",
                        closes + bars
                    )));
                }
                let item = Item {
                    kind: ItemKind::Segment(tag.into()),
                    mandatory,
                    max,
                };
                if !(deleted && deletes) {
                    last(&mut open).items.push(item);
                }
                for _ in 0..closes {
                    if open.len() < 2 {
                        return Err(fault(
                            "the drawing closes a group that is not open".to_owned(),
                        ));
                    }
                    close(&mut open);
                }
                ended = matches!(tag, "UNT" | "UIT");
            }
        }
        if ended {
            // An informative table may follow.
            break;
        }
    }
    let fault = |message: &str| Fault::published(file, text.lines().count(), message);
    if open.len() > 1 {
        return Err(fault("a group of the segment table is never closed"));
    }
    let items = open.pop().map(|open| open.items).unwrap_or_default();
    if items.len() < 2 || !ended {
        return Err(fault(
            "expected a segment table from the header to the trailer of the message",
        ));
    }
    Ok(items)
}

fn last(open: &mut [Open]) -> &mut Open {
    open.last_mut().expect("the message is open")
}

fn close(open: &mut Vec<Open>) {
    if let Some(group) = open.pop() {
        if group.deleted {
            last(open).items.extend(group.items);
            return;
        }
        let kind = ItemKind::Group(group.number, group.items);
        last(open).items.push(Item {
            kind,
            mandatory: group.mandatory,
            max: group.max,
        });
    }
}

/// The published name: the title above `Message Type`.
pub(super) fn name(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().take(60).map(str::trim).collect();
    let end = lines.iter().position(|line| {
        line.starts_with("Message Type") || line.len() >= 50 && line.bytes().all(|b| b == b'-')
    })?;
    let words: Vec<&str> = lines[..end]
        .iter()
        .filter(|line| {
            !line.is_empty()
                && !line.starts_with("UN/EDIFACT")
                && !line.contains("STANDARD MESSAGE")
                && !line.contains("RECOMMENDATION")
                && !line.contains("ISO 9735")
        })
        .copied()
        .collect();
    (!words.is_empty()).then(|| super::blocks::tidy(&words.join(" ")))
}
