//! Rows by the hash of a key: open addressing, without a copy of the keys.

use std::hash::Hasher;

/// The rows of a text or of a crosswalk, found by what they are looked up by. Several rows may
/// have one key: they are met in their order.
#[derive(Debug)]
pub(super) struct Index {
    /// The first row of a key, one added; zero is none. A power of two, half full at most.
    slots: Box<[u32]>,
    /// The next row with the key of a row, one added; empty where no key has several.
    next: Box<[u32]>,
}

/// The hash of a key.
#[inline]
pub(super) fn hash(key: &str) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(key.as_bytes());
    hasher.finish()
}

impl Index {
    /// The index of `count` rows by their keys; a row without one is not found.
    pub(super) fn new<'k>(count: usize, key: impl Fn(u32) -> Option<&'k str>) -> Self {
        let size = (count * 2).next_power_of_two().max(2);
        let mut slots = vec![0; size].into_boxed_slice();
        let mut next: Vec<u32> = Vec::new();
        // The last row of a key whose first is known, one added.
        let mut last: Vec<u32> = Vec::new();
        for row in 0..count as u32 {
            let Some(own) = key(row) else { continue };
            let mut at = hash(own) as usize & (size - 1);
            while slots[at] != 0 && key(slots[at] - 1) != Some(own) {
                at = (at + 1) & (size - 1);
            }
            let Some(first) = u32::checked_sub(slots[at], 1) else {
                slots[at] = row + 1;
                continue;
            };
            next.resize(count, 0);
            last.resize(count, 0);
            let end = last[first as usize].checked_sub(1).unwrap_or(first);
            next[end as usize] = row + 1;
            last[first as usize] = row + 1;
        }
        Self {
            slots,
            next: next.into(),
        }
    }

    /// The rows of a key, in order; `has` says whether a row has it.
    #[inline]
    pub(super) fn find(&self, key: &str, has: impl Fn(u32) -> bool) -> Found<'_> {
        let mask = self.slots.len() - 1;
        let mut at = hash(key) as usize & mask;
        loop {
            let row = self.slots[at];
            if row == 0 || has(row - 1) {
                return Found { index: self, row };
            }
            at = (at + 1) & mask;
        }
    }
}

/// Rows of one key.
#[derive(Clone)]
pub(super) struct Found<'i> {
    index: &'i Index,
    /// One added; zero is the end.
    row: u32,
}

impl Iterator for Found<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        let row = self.row.checked_sub(1)?;
        self.row = self.index.next.get(row as usize).copied().unwrap_or(0);
        Some(row)
    }
}
