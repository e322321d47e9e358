//! Which names are near one that is not known.

/// Names that differ from `wanted` in few letters, or begin as it does, the nearest first: at most
/// `most`, each once. Letters of either case are the same.
///
/// ```
/// use baowen::spec::near;
///
/// assert_eq!(near("CEB612", ["CEB621", "MT1401_9", "CEB62"], 2), ["CEB621", "CEB62"]);
/// ```
#[must_use]
pub fn near<'n>(
    wanted: &str,
    names: impl IntoIterator<Item = &'n str>,
    most: usize,
) -> Vec<&'n str> {
    let plain = |text: &str| -> Vec<char> { text.chars().flat_map(char::to_lowercase).collect() };
    let wanted = plain(wanted);
    let mut found: Vec<(usize, &str)> = Vec::new();
    for name in names {
        if found.iter().any(|(_, held)| *held == name) {
            continue;
        }
        let letters = plain(name);
        let shared = wanted.len().min(letters.len());
        let begins = shared >= 3 && wanted[..shared] == letters[..shared];
        let far = match distance(&wanted, &letters) {
            far if far <= (wanted.len() / 3).max(1) => far,
            _ if begins => wanted.len().abs_diff(letters.len()),
            _ => continue,
        };
        found.push((far, name));
    }
    found.sort_by_key(|(far, _)| *far);
    found.truncate(most);
    found.into_iter().map(|(_, name)| name).collect()
}

/// Letters to put in, take out, change or swap with their neighbour to make `b` of `a`. Long texts
/// are far from all.
pub(crate) fn distance(a: &[char], b: &[char]) -> usize {
    const LONGEST: usize = 64;
    if a.len().max(b.len()) > LONGEST {
        return usize::MAX;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, near};

    #[test]
    fn letters_are_counted() {
        let far = |a: &str, b: &str| {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            distance(&letters(a), &letters(b))
        };
        for (a, b, expected) in [
            ("", "", 0),
            ("ab", "ab", 0),
            ("ab", "ba", 1),
            ("CEB621", "CEB612", 1),
            ("CUSCARR", "CUSCAR", 1),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(far(a, b), expected, "{a} {b}");
            assert_eq!(far(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn what_is_far_is_not_near() {
        assert_eq!(near("XYZ", ["CUSCAR", "BAPLIE"], 3), [""; 0]);
        assert_eq!(
            near("cusdar", ["CUSREP", "CUSCAR", "CUSDEC", "CUSCAR"], 3),
            ["CUSCAR", "CUSDEC"]
        );
    }
}
