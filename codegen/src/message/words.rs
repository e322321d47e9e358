//! English names of elements for which a publication has Chinese ones only: the words of the tag.

/// Abbreviations in tags, each with its meaning.
const WORDS: &str = include_str!("words.txt");

/// The words of a tag: `DeclarationOfficeID` is `Declaration office ID`.
pub(super) fn name(tag: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for part in tag.trim_start_matches('@').split(['_', '-', '.']) {
        words.extend(split(part));
    }
    let mut out = String::new();
    for word in words {
        let meaning = WORDS
            .lines()
            .filter(|line| !line.starts_with('#'))
            .find_map(|line| {
                let (short, long) = line.split_once(' ')?;
                short.eq_ignore_ascii_case(&word).then_some(long.trim())
            });
        let word = match meaning {
            Some(meaning) => meaning.to_owned(),
            None if word.len() > 1
                && word.bytes().all(|byte| byte.is_ascii_uppercase())
                && word.len() <= 3 =>
            {
                word
            }
            None => word.to_lowercase(),
        };
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    let mut chars = out.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => out,
    }
}

/// Where a capital begins a word: `DclETAData` is `Dcl`, `ETA`, `Data`.
fn split(part: &str) -> Vec<String> {
    let letters: Vec<char> = part.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let next_small = letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let before = at.checked_sub(1).map(|at| letters[at]);
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase() || (before.is_ascii_uppercase() && next_small)
            });
        if begins && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.push(*letter);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn tags_become_words() {
        for (tag, words) in [
            ("DeclarationOfficeID", "Declaration office ID"),
            ("RcvgdEtpsNm", "Receiving enterprise name"),
            ("IEFlag", "Import/export flag"),
            ("message_type", "Message type"),
            ("@guid", "GUID"),
        ] {
            assert_eq!(name(tag), words, "{tag}");
        }
    }
}
