//! The floors of `src/ARCHITECTURE.md`: no room uses a higher one, none a sibling.

use std::path::{Path, PathBuf};

/// Floor and rooms. Of those on a floor, each may use the ones before it only where that is said.
const FLOORS: [(&str, u32); 21] = [
    ("span", 0),
    ("error", 0),
    ("finding", 0),
    ("charset", 0),
    ("lines", 0),
    ("near", 0),
    ("codes", 1),
    ("edifact", 1),
    ("expr", 1),
    ("flat", 1),
    ("spec", 1),
    ("xml", 1),
    ("sequence", 2),
    ("tables", 2),
    ("tree", 2),
    ("check", 3),
    ("convert", 3),
    ("map", 3),
    ("rule", 3),
    ("declare", 4),
    ("ack", 4),
];

/// Uses on one floor that are meant.
const MEANT: [(&str, &str); 9] = [
    ("finding", "span"),
    ("finding", "error"),
    ("lines", "span"),
    // A syntax may read the model of its specs.
    ("flat", "spec"),
    // What a message may contain is also which codes.
    ("spec", "codes"),
    ("tree", "sequence"),
    // The model of all syntaxes.
    ("xml", "spec"),
    ("error", "finding"),
    // A map stands between what reads events and what writes them.
    ("map", "convert"),
];

fn floor(room: &str) -> Option<u32> {
    FLOORS
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, floor)| *floor)
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What is no room: the crate's root and the binary, which may use all.
const ABOVE: [&str; 2] = ["lib", "bin"];

/// What the root gives on under its own name, and the room it is from.
const GIVEN_ON: [(&str, &str); 2] = [("Error", "error"), ("Result", "error")];

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The first names of what follows `crate::`: one, or those of a group in braces.
fn first_names(text: &str) -> Vec<&str> {
    let Some(group) = text.strip_prefix('{') else {
        return vec![identifier(text)];
    };
    let (mut depth, mut begin, mut names) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(identifier(group[begin..at].trim_start()));
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Names that a file takes from the crate's root. `depth` is how many `super` lead there.
fn taken_from_root(text: &str, depth: usize) -> Vec<&str> {
    let mut names: Vec<&str> = text
        .split("crate::")
        .skip(1)
        .flat_map(first_names)
        .collect();
    let up = "super::".repeat(depth);
    for piece in text.split(&up).skip(1).filter(|_| depth > 0) {
        // What goes up from the root is inside a module of the file, and stays in the room.
        names.extend(
            first_names(piece)
                .into_iter()
                .filter(|name| *name != "super" && floor(name).is_some()),
        );
    }
    names
}

#[test]
fn names_are_found_in_all_forms() {
    let text = "use crate::{Error, spec::{Home, text}, check};\nlet x = crate::tree::Piece;";
    assert_eq!(taken_from_root(text, 1), ["Error", "spec", "check", "tree"]);
    assert_eq!(
        taken_from_root("use super::super::check::Checker;", 2),
        ["check"]
    );
    assert_eq!(
        taken_from_root("use super::super::reader::Reader;", 2),
        [""; 0]
    );
}

#[test]
fn no_room_uses_a_higher_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut edges = std::collections::BTreeSet::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap();
        let parts: Vec<String> = name
            .iter()
            .map(|part| part.to_string_lossy().trim_end_matches(".rs").to_owned())
            .collect();
        let room = parts[0].as_str();
        if ABOVE.contains(&room) {
            continue;
        }
        let own = floor(room).unwrap_or_else(|| panic!("{room} is on no floor"));
        let in_file = parts.last().is_some_and(|last| last != "mod");
        let depth = parts.len() - usize::from(!in_file);
        let text = std::fs::read_to_string(&file).unwrap();
        for used in taken_from_root(&text, depth) {
            let given_on = GIVEN_ON.iter().find(|(name, _)| *name == used);
            let used = given_on.map_or(used, |(_, from)| *from);
            let other = floor(used);
            let other = other.unwrap_or_else(|| panic!("{}: {used} is no room", name.display()));
            if used == room {
                continue;
            }
            let meant = MEANT.contains(&(room, used));
            assert!(
                other < own || meant,
                "{}: {room} uses {used}",
                name.display()
            );
            edges.insert((room.to_owned(), used.to_owned()));
        }
    }
    assert!(edges.len() > 15, "{edges:?}");
    // What is allowed but not used would hide the next mistake.
    for (room, used) in MEANT {
        let there = edges.contains(&(room.to_owned(), used.to_owned()));
        assert!(there, "{room} does not use {used}");
    }
}

#[test]
fn only_the_simd_lexer_is_unsafe() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        if text.contains("unsafe {") || text.contains("unsafe fn") {
            assert!(file.ends_with("edifact/lex/simd.rs"), "{}", file.display());
        }
    }
}
