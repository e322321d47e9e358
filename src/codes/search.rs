//! Entries by name.

use super::pinyin;
use super::{CodeTable, Entry};

/// How well an entry fits, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The code, or a name, whole.
    Whole,
    /// A name begins so.
    Begins,
    /// A word of a name begins so.
    Word,
    /// A name has it somewhere.
    Has,
    /// The pinyin begins with these letters.
    Initials,
    /// The pinyin has these letters.
    HasInitials,
    /// Another cell is this.
    Cell,
}

/// Entries that fit, the closest first, and as they stand in the table among equals.
pub(super) fn search<'t>(table: &'t CodeTable, words: &str) -> Vec<Entry<'t>> {
    let wanted = words.trim().to_lowercase();
    if wanted.is_empty() {
        return Vec::new();
    }
    let letters = wanted.bytes().all(|byte| byte.is_ascii_alphanumeric()) && wanted.len() <= 12;
    let mut found: Vec<(Fit, Entry<'_>)> = table
        .entries()
        .filter_map(|entry| Some((fit(entry, &wanted, letters)?, entry)))
        .collect();
    found.sort_by_key(|(fit, _)| *fit);
    found.into_iter().map(|(_, entry)| entry).collect()
}

fn fit(entry: Entry<'_>, wanted: &str, letters: bool) -> Option<Fit> {
    let names = [entry.en(), entry.zh()];
    let named = names
        .into_iter()
        .filter_map(|name| in_name(name, wanted))
        .min();
    let coded = entry
        .code()
        .eq_ignore_ascii_case(wanted)
        .then_some(Fit::Whole);
    let spelt = || {
        letters
            .then(|| by_initials(entry.zh(), wanted.as_bytes()))
            .flatten()
    };
    let cell = || {
        let mut cells = entry.line().split('\t');
        cells
            .any(|cell| cell.eq_ignore_ascii_case(wanted))
            .then_some(Fit::Cell)
    };
    coded.or(named).or_else(spelt).or_else(cell)
}

fn in_name(name: &str, wanted: &str) -> Option<Fit> {
    if name.is_empty() {
        return None;
    }
    let name = name.to_lowercase();
    let at = name.find(wanted)?;
    let word = |at: usize| !name[..at].ends_with(char::is_alphanumeric);
    Some(match at {
        0 if name.len() == wanted.len() => Fit::Whole,
        0 => Fit::Begins,
        _ if name.match_indices(wanted).any(|(at, _)| word(at)) => Fit::Word,
        _ => Fit::Has,
    })
}

fn by_initials(name: &str, wanted: &[u8]) -> Option<Fit> {
    if name.is_empty() {
        return None;
    }
    let initials = pinyin::initials(name);
    let same = |window: &[u8]| {
        let mut pairs = window.iter().zip(wanted);
        // One whose letter is not known is any, but not the first.
        window[0] == wanted[0]
            && pairs.all(|(held, wanted)| held == wanted || *held == pinyin::UNKNOWN)
    };
    let at = initials.windows(wanted.len()).position(same)?;
    Some(if at == 0 {
        Fit::Initials
    } else {
        Fit::HasInitials
    })
}
