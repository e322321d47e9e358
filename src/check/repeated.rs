//! Segments that were met before, byte for byte, at places of the same layout, and found good.
//! Manifests and bayplans say the same ports, parties and weights thousands of times: to find a
//! segment here takes less than the look at its elements, as long as nearly all are found.

/// Segments that were found good: a table in which each has one place.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    entries: Vec<Entry>,
    /// For each layout, whether its segments repeat.
    credits: Vec<Credit>,
    /// Counts what makes the same bytes mean something else.
    epoch: u16,
}

/// Fills one line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Entry {
    layout: u32,
    epoch: u16,
    len: u16,
    words: [u64; WORDS],
}

impl Entry {
    /// No segment is so long.
    const NONE: Self = Self {
        layout: 0,
        epoch: 0,
        len: u16::MAX,
        words: [0; WORDS],
    };
}

/// Whether it is worth it to look for segments of a layout.
#[derive(Clone, Copy, Debug)]
struct Credit {
    left: u8,
    /// So many segments are passed over before it is tried again, and the next time.
    rest: u16,
    wait: u16,
}

/// What a segment is looked for by.
#[derive(Clone, Copy, Debug)]
struct Key {
    layout: u32,
    place: usize,
    len: u16,
    words: [u64; WORDS],
}

/// Eight bytes each: longer segments seldom repeat.
const WORDS: usize = 7;
/// Entries of the table (128 KiB).
const ENTRIES: usize = 2048;
/// Layouts of more messages than this are not looked for.
const MOST_LAYOUTS: usize = 64 << 10;

const FIRST_CREDIT: u8 = 16;
/// Where it was not worth it, twice as many segments are passed over the next time, up to these.
const FIRST_WAIT: u16 = 256;
const LONGEST_WAIT: u16 = 1 << 10;
const MOST_CREDIT: u8 = 64;
/// One segment that is not found costs as much as so many found have saved.
const COSTS: u8 = 1;

impl Repeated {
    /// Makes room for layouts up to this one.
    pub(super) fn reach(&mut self, end: u32) {
        let wanted = (end as usize).min(MOST_LAYOUTS);
        if self.credits.len() < wanted {
            let new = Credit {
                left: FIRST_CREDIT,
                rest: 0,
                wait: FIRST_WAIT,
            };
            self.credits.resize(wanted, new);
        }
    }

    /// Forgets all: from here on the same bytes may mean something else.
    pub(super) fn forget(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.entries.clear();
        }
    }

    /// Whether it is worth it to look for the next segment of a layout.
    #[inline(always)]
    pub(super) fn is_worth(&mut self, layout: u32) -> bool {
        let Some(credit) = self.credits.get_mut(layout as usize) else {
            return false;
        };
        if credit.left == 0 {
            credit.rest = credit.rest.saturating_sub(1);
            if credit.rest == 0 {
                credit.left = FIRST_CREDIT;
            }
            return false;
        }
        true
    }

    /// What to look for a segment of a layout by, that has these separators in `data`; `None` where
    /// it is too long.
    #[inline(always)]
    fn key(layout: u32, data: &[u8], (from, to): (u32, u32)) -> Option<Key> {
        let (from, len) = (from as usize, (to - from) as usize);
        // Read in whole words, of which the last is cut.
        let text = data.get(from..from + WORDS * 8)?;
        let (chunks, _) = text.as_chunks::<8>();
        let mut words = [0; WORDS];
        let mut hash = u64::from(layout) ^ (len as u64) << 32;
        let mut left = len;
        for (word, chunk) in words.iter_mut().zip(chunks) {
            *word = u64::from_le_bytes(*chunk);
            if left < 8 {
                *word &= (1 << (8 * left)) - 1;
            }
            hash = (hash.rotate_left(23) ^ *word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            if left <= 8 {
                return Some(Key {
                    layout,
                    place: (hash >> 40) as usize % ENTRIES,
                    len: len as u16,
                    words,
                });
            }
            left -= 8;
        }
        None
    }

    /// Whether a segment of the layout was found good before.
    #[inline(never)]
    pub(super) fn holds(&mut self, layout: u32, data: &[u8], (from, to): (u32, u32)) -> bool {
        let Some(key) = Self::key(layout, data, (from, to)) else {
            return false;
        };
        let id = layout;
        let found = self.entries.get(key.place).is_some_and(|entry| {
            entry.layout == id
                && entry.len == key.len
                && entry.epoch == self.epoch
                && differences(&entry.words, &key.words) == 0
        });
        if let Some(credit) = self.credits.get_mut(id as usize) {
            if found {
                credit.left = (credit.left + 1).min(MOST_CREDIT);
                if credit.left == MOST_CREDIT {
                    credit.wait = FIRST_WAIT;
                }
            } else {
                credit.left = credit.left.saturating_sub(COSTS);
                if credit.left == 0 {
                    credit.rest = credit.wait;
                    credit.wait = credit.wait.saturating_mul(2).min(LONGEST_WAIT);
                }
            }
        }
        found
    }

    /// Keeps a segment that was found good.
    #[inline(never)]
    pub(super) fn keep(&mut self, layout: u32, data: &[u8], (from, to): (u32, u32)) {
        let Some(key) = Self::key(layout, data, (from, to)) else {
            return;
        };
        if self.entries.is_empty() {
            self.entries.resize(ENTRIES, Entry::NONE);
        }
        if let Some(entry) = self.entries.get_mut(key.place) {
            *entry = Entry {
                layout: key.layout,
                epoch: self.epoch,
                len: key.len,
                words: key.words,
            };
        }
    }
}

/// Bits that differ; all words are compared, so that the compiler makes vectors of them.
#[inline]
fn differences(one: &[u64; WORDS], other: &[u64; WORDS]) -> u64 {
    one.iter()
        .zip(other)
        .fold(0, |bits, (one, other)| bits | (one ^ other))
}

#[cfg(test)]
mod tests {
    use crate::check::{Checker, Options};
    use crate::finding::{Code, Finding};
    use crate::spec::Specs;

    /// How often each finding code is said of each interchange.
    fn said(input: &str, code: Code) -> [usize; 2] {
        let specs = Specs::base();
        let checker = Checker::new(&specs, Options::default()).unwrap();
        let mut said = [0; 2];
        let mut sink = |finding: Finding| {
            if finding.code == code {
                said[finding.place.interchange.unwrap() as usize - 1] += 1;
            }
        };
        checker.slice(input.as_bytes(), &mut sink).unwrap();
        said
    }

    fn interchange(una: &str, component: char, repeated: &str) -> String {
        let c = component;
        let segments: String = std::iter::repeat_n(repeated, 40).collect();
        format!(
            "{una}UNB+UNOA{c}2+A+B+261123{c}1200+1'UNH+1+APERAK{c}D{c}96A{c}UN'BGM++X+9'\
             {segments}UNT+43+1'UNZ+1+1'"
        )
    }

    #[test]
    fn the_same_bytes_under_other_separators_are_looked_at_again() {
        let repeated = "RFF+ACW:1'";
        let first = interchange("UNA:+.? '", ':', repeated);
        let second = interchange("UNA/+.? '", '/', repeated);
        let both = said(&format!("{first}{second}"), Code::TOO_LONG);
        assert_eq!(both, [0, 40]);
        let both = said(&format!("{second}{first}"), Code::TOO_LONG);
        assert_eq!(both, [40, 0]);
    }

    #[test]
    fn what_is_wrong_is_said_each_time() {
        let repeated = "RFF+ACW:1'RFF+QQQ:1'";
        let input = interchange("UNA:+.? '", ':', repeated);
        assert_eq!(said(&input, Code::UNKNOWN_CODE), [40, 0]);
    }
}
