//! The floors of `src/ARCHITECTURE.md`: no room uses a higher one, none a sibling.

use std::path::{Path, PathBuf};

/// Floor and rooms. Of those on a floor, each may use the ones before it only where that is said.
const FLOORS: [(&str, u32); 8] = [
    ("span", 0),
    ("error", 0),
    ("finding", 0),
    ("edifact", 1),
    ("spec", 1),
    ("sequence", 2),
    ("tree", 2),
    ("check", 3),
];

/// Uses on one floor that are meant.
const MEANT: [(&str, &str); 4] = [
    ("finding", "span"),
    ("finding", "error"),
    ("tree", "sequence"),
    ("error", "finding"),
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

#[test]
fn no_room_uses_a_higher_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut edges = 0;
    for file in files {
        let name = file.strip_prefix(&root).unwrap();
        let room = name
            .iter()
            .next()
            .unwrap()
            .to_string_lossy()
            .trim_end_matches(".rs")
            .to_owned();
        let Some(own) = floor(&room) else { continue };
        let text = std::fs::read_to_string(&file).unwrap();
        for piece in text.split("crate::").skip(1) {
            let used: String = piece
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            let Some(other) = floor(&used) else { continue };
            if used == room {
                continue;
            }
            edges += 1;
            let meant = MEANT.contains(&(room.as_str(), used.as_str()));
            assert!(
                other < own || meant,
                "{}: {room} uses {used}",
                name.display()
            );
        }
    }
    assert!(edges > 50, "{edges}");
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
