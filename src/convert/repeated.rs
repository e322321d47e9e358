//! Segments that were written before, byte for byte, at places of the same layout: their XML is
//! copied. Manifests and bayplans say the same ports, parties and weights thousands of times.

/// What was written of segments: a table in which each has one place.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    entries: Vec<Entry>,
    /// For each layout, whether its segments repeat.
    credits: Vec<Credit>,
    /// Counts what makes the same bytes mean something else.
    epoch: u16,
}

#[derive(Clone, Debug)]
#[repr(align(64))]
struct Entry {
    layout: u32,
    epoch: u16,
    /// Bytes of the segment, and of what was written.
    len: u8,
    written: u8,
    words: [u64; WORDS],
    text: [u8; MOST_WRITTEN],
}

/// Whether it is worth it to look for segments of a layout.
#[derive(Clone, Copy, Debug)]
struct Credit {
    left: u8,
    /// So many segments are passed over before it is tried again.
    rest: u8,
}

/// What a segment is looked for by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    layout: u32,
    place: usize,
    len: u8,
    words: [u64; WORDS],
}

/// Eight bytes each: longer segments seldom repeat.
const WORDS: usize = 5;
/// Bytes of XML that are kept of a segment at most, so that an entry fills four lines of the cache.
const MOST_WRITTEN: usize = 192 + 15;
/// Entries of the table (256 KiB).
const ENTRIES: usize = 1024;
/// Layouts of more than this are not looked for.
const MOST_LAYOUTS: usize = 64 << 10;

const FIRST_CREDIT: u8 = 16;
const MOST_CREDIT: u8 = 64;
/// One segment found pays for so many that are not.
const PAYS: u8 = 3;

impl Repeated {
    /// Forgets all: from here on the same bytes may mean something else.
    pub(super) fn forget(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.entries.clear();
        }
    }

    /// What to look for a segment by, whose bytes behind its tag are `data[from..to]`; `None`
    /// where it is not worth it.
    #[inline]
    pub(super) fn key(&mut self, layout: u32, data: &[u8], from: usize, to: usize) -> Option<Key> {
        let Some(credit) = self.credits.get_mut(layout as usize) else {
            self.reach(layout);
            return None;
        };
        if credit.left == 0 {
            credit.rest = credit.rest.wrapping_sub(1);
            if credit.rest == 0 {
                credit.left = FIRST_CREDIT;
            }
            return None;
        }
        let len = to - from;
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
                    len: len as u8,
                    words,
                });
            }
            left -= 8;
        }
        None
    }

    #[cold]
    fn reach(&mut self, layout: u32) {
        if (layout as usize) < MOST_LAYOUTS {
            let new = Credit {
                left: FIRST_CREDIT,
                rest: 0,
            };
            self.credits.resize(layout as usize + 1, new);
        }
    }

    /// What was written of the segment before.
    #[inline]
    pub(super) fn get(&mut self, key: &Key) -> Option<&[u8]> {
        let entry = self.entries.get(key.place).filter(|entry| {
            entry.layout == key.layout
                && entry.len == key.len
                && entry.epoch == self.epoch
                && differences(&entry.words, &key.words) == 0
        });
        if let Some(credit) = self.credits.get_mut(key.layout as usize) {
            credit.left = if entry.is_some() {
                (credit.left + PAYS).min(MOST_CREDIT)
            } else {
                credit.left.saturating_sub(1)
            };
        }
        entry.map(|entry| &entry.text[..usize::from(entry.written)])
    }

    /// Keeps what was written of a segment, where it is short.
    pub(super) fn keep(&mut self, key: &Key, written: &[u8]) {
        /// No segment is written as nothing.
        const NONE: Entry = Entry {
            layout: u32::MAX,
            epoch: 0,
            len: 0,
            written: 0,
            words: [0; WORDS],
            text: [0; MOST_WRITTEN],
        };
        if self.entries.is_empty() {
            self.entries.resize(ENTRIES, NONE);
        }
        if let Some(entry) = self.entries.get_mut(key.place)
            && let Some(text) = entry.text.get_mut(..written.len())
        {
            text.copy_from_slice(written);
            entry.written = written.len() as u8;
            (entry.layout, entry.epoch) = (key.layout, self.epoch);
            (entry.len, entry.words) = (key.len, key.words);
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
    use super::*;

    const DATA: &[u8] = b"LOC+9+CNSHA:139:6'LOC+9+CNSHB:139:6'LOC+9+CNSHA:139:6'..................................................";

    #[test]
    fn finds_what_was_kept_until_it_forgets() {
        let mut repeated = Repeated::default();
        assert!(repeated.key(7, DATA, 4, 17).is_none(), "a layout met first");
        let first = repeated.key(7, DATA, 4, 17).unwrap();
        assert!(repeated.get(&first).is_none());
        repeated.keep(&first, b"<S_LOC/>");
        let other = repeated.key(7, DATA, 22, 35).unwrap();
        assert!(repeated.get(&other).is_none());
        let again = repeated.key(7, DATA, 40, 53).unwrap();
        assert_eq!(repeated.get(&again), Some(&b"<S_LOC/>"[..]));
        assert!(repeated.key(8, DATA, 40, 53).is_none());
        let elsewhere = repeated.key(8, DATA, 40, 53).unwrap();
        assert!(repeated.get(&elsewhere).is_none());
        repeated.forget();
        assert!(repeated.get(&again).is_none());
    }

    #[test]
    fn looks_no_longer_where_nothing_repeats() {
        let mut repeated = Repeated::default();
        let mut looked = 0;
        for number in 0..1000_u32 {
            let data = format!("{number:04}+{}", " ".repeat(64));
            if let Some(key) = repeated.key(0, data.as_bytes(), 0, 5) {
                looked += 1;
                assert!(repeated.get(&key).is_none());
                repeated.keep(&key, b"<S_X/>");
            }
        }
        assert!(looked < 200, "{looked}");
    }

    #[test]
    fn keeps_nothing_long() {
        let mut repeated = Repeated::default();
        let _ = repeated.key(0, DATA, 4, 17);
        let key = repeated.key(0, DATA, 4, 17).unwrap();
        repeated.keep(&key, &[b'x'; 300]);
        assert!(repeated.get(&key).is_none());
        assert!(repeated.key(0, DATA, 0, 50).is_none());
    }
}
