//! The short codes of all lists that are looked into, close together. Messages of many directory
//! releases need thousands of lists, but of most there are few that differ: what is the same in
//! them is here once, so that all of it stays in the cache.

use rustc_hash::FxHashMap;

use crate::spec::{ShortCodes, ShortLine};

/// Short codes of many lists, each at its place.
#[derive(Debug)]
pub(super) struct ShortLists {
    lists: Vec<List>,
    /// Of each list its lines, one behind the other, by their places in `lines`.
    rows: Vec<u16>,
    /// The first is empty.
    lines: Vec<Line>,
    /// Where in `rows` the lines of a list begin, and where in `lines` a line is.
    rows_at: FxHashMap<Box<[u16]>, u32>,
    lines_at: FxHashMap<ShortLine, u16>,
}

/// Where the lines of a list are.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(8))]
struct List {
    from: u32,
    /// How many lines before these are left out.
    before: u8,
    /// Its last line, which is empty.
    last: u8,
    is_here: bool,
}

/// Fills one line of the cache.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Line(ShortLine);

impl Default for ShortLists {
    fn default() -> Self {
        Self {
            lists: Vec::new(),
            rows: vec![0],
            lines: vec![Line::default()],
            rows_at: FxHashMap::from_iter([([0].into(), 0)]),
            lines_at: FxHashMap::from_iter([(ShortLine::default(), 0)]),
        }
    }
}

impl ShortLists {
    /// Makes room for lists up to this one.
    pub(super) fn reach(&mut self, end: u32) {
        if self.lists.len() < end as usize {
            self.lists.resize(end as usize, List::default());
        }
    }

    /// Whether a list is here.
    #[inline]
    pub(super) fn has(&self, list: u32) -> bool {
        let held = self.lists.get(list as usize);
        held.is_some_and(|held| held.is_here)
    }

    /// Takes the codes of a list; `None` stands for no codes.
    #[cold]
    pub(super) fn take(&mut self, list: u32, codes: Option<&ShortCodes>) {
        let lines = codes.map_or(&[][..], ShortCodes::lines);
        let (before, end) = match lines {
            [(first, _), ..] => (*first, lines[lines.len() - 1].0 + 1),
            [] => (0, 0),
        };
        let last = end - before;
        let mut row = vec![0; usize::from(last) + 1];
        for (at, line) in lines {
            row[usize::from(at - before)] = self.line(line);
        }
        let from = match self.rows_at.get(&row[..]) {
            Some(from) => *from,
            None => {
                let from = self.rows.len() as u32;
                self.rows.extend_from_slice(&row);
                self.rows_at.insert(row.into(), from);
                from
            }
        };
        if let Some(held) = self.lists.get_mut(list as usize) {
            *held = List {
                from,
                before,
                last,
                is_here: true,
            };
        }
    }

    /// Where a line is. Where there is no room for it, its codes are not here, and looked for
    /// in their list.
    fn line(&mut self, line: &ShortLine) -> u16 {
        let Ok(next) = u16::try_from(self.lines.len()) else {
            return self.lines_at.get(line).copied().unwrap_or(0);
        };
        *self.lines_at.entry(*line).or_insert_with(|| {
            self.lines.push(Line(*line));
            next
        })
    }

    /// Whether a value is among the short codes of a list, as [`ShortCodes::bit`] takes it. Where it
    /// is not, the list may have it all the same.
    #[inline(always)]
    pub(super) fn hold(&self, list: u32, packed: u64, len: u32) -> bool {
        let bit = ShortCodes::bit(packed, len);
        let Some(list) = self.lists.get(list as usize) else {
            return false;
        };
        let line = (bit / ShortCodes::LINE).wrapping_sub(u32::from(list.before));
        let at = list.from + line.min(u32::from(list.last));
        let line = self.rows.get(at as usize);
        let line = line.and_then(|line| self.lines.get(usize::from(*line)));
        line.is_some_and(|line| line.0[(bit >> 6 & 7) as usize] >> (bit & 63) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::ShortLists;
    use crate::spec::{CodeSet, little_endian};

    #[test]
    fn short_codes_are_those_of_the_set() {
        let alphabet = b"\0 -09AMZ_az";
        let value = |at: usize| -> Vec<u8> {
            let digits = [at, at / 11, at / 121, at / 1331].map(|at| alphabet[at % 11]);
            digits.into_iter().filter(|byte| *byte != 0).collect()
        };
        let values: Vec<Vec<u8>> = (1..11 * 11 * 11 * 11).map(value).collect();
        let every = |step: usize| {
            let given = values.iter().step_by(step);
            CodeSet::new(given.map(|value| std::str::from_utf8(value).unwrap()))
        };
        let sets = [every(3), every(97), CodeSet::new([]), every(3)];
        let mut lists = ShortLists::default();
        lists.reach(5);
        for (list, set) in (1..).zip(&sets) {
            assert!(!lists.has(list));
            lists.take(list, Some(&set.short()));
            assert!(lists.has(list));
        }
        // What is the same is here once.
        assert_eq!(lists.lists[1].from, lists.lists[4].from);
        for value in &values {
            let is_short = (1..=3).contains(&value.len())
                && value
                    .iter()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            // What stands behind counts for nothing.
            let packed = little_endian(&[&value[..], b"7Z'+1A0B"].concat());
            for (list, set) in (1..).zip(&sets) {
                let held = lists.hold(list, packed, value.len() as u32);
                assert_eq!(held, is_short && set.contains(value), "{list} {value:?}");
            }
        }
        assert!(!lists.hold(0, little_endian(b"0"), 1));
        assert!(!lists.hold(9, little_endian(b"0"), 1));
    }
}
