//! Names like one that is not known.

/// At most three of `names` that differ from `name` by few letters, the nearest first.
pub(crate) fn near<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    const MOST: usize = 3;
    let wanted = name.to_lowercase();
    let most = (wanted.chars().count() / 3).clamp(1, 4);
    let ranked = names.filter_map(|name| {
        let far = distance(&wanted, &name.to_lowercase(), most)?;
        Some((far, name))
    });
    let mut ranked: Vec<(usize, &str)> = ranked.collect();
    ranked.sort();
    ranked.dedup();
    let nearest = ranked.into_iter().take(MOST);
    nearest.map(|(_, name)| name.to_owned()).collect()
}

/// How many letters are to be put in, left out or changed, if no more than `most`.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    let far = row[b.len()];
    (far <= most).then_some(far)
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn the_nearest_come_first() {
        let names = ["NetWt", "GrossWet", "NetWeight"];
        assert_eq!(near("NetWgt", names.into_iter()), ["NetWt"]);
        assert_eq!(near("grosswt", names.into_iter()), ["GrossWet"]);
        assert!(near("x", names.into_iter()).is_empty());
    }
}
