//! Codes that a wrong code may have been meant as.
//!
//! Not by comparing with every code: what one slip makes of the wrong code is looked up, so that
//! a table of a hundred thousand codes costs no more than one of ten.

/// Longer values are no slip of a code.
const LONGEST: usize = 24;
/// Replacing a character makes neighbours of everything where codes are dense.
const MANY: usize = 4;

/// The likeliest first: another case, blanks or zeros too many or too few, characters that look
/// alike, two that changed places, one too many, one missing, one that is wrong.
pub(super) fn near<'t>(
    code: &str,
    limit: usize,
    held: impl Fn(&str) -> Option<&'t str>,
) -> Vec<&'t str> {
    let mut found: Vec<&str> = Vec::new();
    let wrong = code.trim();
    if wrong.is_empty() || wrong.len() > LONGEST || limit == 0 {
        return found;
    }
    let try_one = |candidate: &str, found: &mut Vec<&'t str>| {
        if candidate == code || candidate.is_empty() {
            return;
        }
        if let Some(held) = held(candidate)
            && !found.contains(&held)
        {
            found.push(held);
        }
    };
    try_one(wrong, &mut found);
    try_one(&wrong.to_uppercase(), &mut found);
    try_one(&wrong.to_lowercase(), &mut found);
    try_one(&wrong.replace([' ', '-', '.', '/'], ""), &mut found);
    try_one(wrong.trim_start_matches('0'), &mut found);
    for zeros in 1..=3 {
        try_one(&format!("{}{wrong}", "0".repeat(zeros)), &mut found);
    }
    let upper: Vec<char> = wrong.to_uppercase().chars().collect();
    let word = |characters: &[char]| characters.iter().collect::<String>();
    let mut changed = upper.clone();
    for at in 0..upper.len() {
        for like in alike(upper[at]) {
            changed[at] = like;
            try_one(&word(&changed), &mut found);
        }
        changed[at] = upper[at];
    }
    for at in 1..upper.len() {
        changed.swap(at - 1, at);
        try_one(&word(&changed), &mut found);
        changed.swap(at - 1, at);
    }
    for at in (0..upper.len()).rev() {
        let mut shorter = upper.clone();
        shorter.remove(at);
        try_one(&word(&shorter), &mut found);
    }
    let alphabet = || ('0'..='9').chain('A'..='Z');
    let mut slips = Vec::new();
    for at in (0..=upper.len()).rev() {
        let mut longer = upper.clone();
        longer.insert(at, '0');
        for letter in alphabet() {
            longer[at] = letter;
            try_one(&word(&longer), &mut slips);
        }
    }
    for at in (0..upper.len()).rev() {
        for letter in alphabet() {
            changed[at] = letter;
            try_one(&word(&changed), &mut slips);
        }
        changed[at] = upper[at];
    }
    slips.retain(|code| !found.contains(code));
    if slips.len() <= MANY || found.is_empty() {
        found.extend(slips);
    }
    found.truncate(limit);
    found
}

/// Characters that are taken for one another.
fn alike(character: char) -> impl Iterator<Item = char> {
    const PAIRS: [(char, char); 8] = [
        ('0', 'O'),
        ('1', 'I'),
        ('1', 'L'),
        ('2', 'Z'),
        ('5', 'S'),
        ('8', 'B'),
        ('0', 'Q'),
        ('U', 'V'),
    ];
    PAIRS.into_iter().filter_map(move |(a, b)| match character {
        _ if character == a => Some(b),
        _ if character == b => Some(a),
        _ => None,
    })
}
