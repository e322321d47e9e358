//! The short codes of all lists that are looked into, close together. Messages of many directory
//! releases need thousands of lists, but of most there are few that differ: what is the same in
//! them is here once, so that all of it stays in the cache.

use rustc_hash::FxHashMap;

use crate::spec::{ShortCodes, ShortLine};

/// Short codes of many lists, each at its place.
#[derive(Debug)]
pub(super) struct ShortLists {
    /// Where in `rows` the lines of each list begin; zero where the list is not here.
    lists: Vec<u32>,
    /// Rows of all lines there may be, one behind the other, by their places in `lines`. The first is
    /// for lists that are not here, the second for those without short codes.
    rows: Vec<u16>,
    /// The first is empty.
    lines: Vec<Line>,
    /// Where in `rows` a row begins, and where in `lines` a line is.
    rows_at: FxHashMap<Box<[u16; LINES]>, u32>,
    lines_at: FxHashMap<ShortLine, u16>,
}

/// Fills one line of the cache.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Line(ShortLine);

const LINES: usize = ShortCodes::LINES;

impl Default for ShortLists {
    fn default() -> Self {
        Self {
            lists: Vec::new(),
            rows: vec![0; 2 * LINES],
            lines: vec![Line::default()],
            rows_at: FxHashMap::from_iter([(Box::new([0; LINES]), LINES as u32)]),
            lines_at: FxHashMap::from_iter([(ShortLine::default(), 0)]),
        }
    }
}

impl ShortLists {
    /// Makes room for lists up to this one.
    pub(super) fn reach(&mut self, end: u32) {
        if self.lists.len() < end as usize {
            self.lists.resize(end as usize, 0);
        }
    }

    /// Whether a list is here.
    #[inline]
    pub(super) fn has(&self, list: u32) -> bool {
        let held = self.lists.get(list as usize);
        held.is_some_and(|from| *from != 0)
    }

    /// Takes the codes of a list; `None` stands for no codes.
    #[cold]
    pub(super) fn take(&mut self, list: u32, codes: Option<&ShortCodes>) {
        let mut row = Box::new([0; LINES]);
        for (at, line) in codes.map_or(&[][..], ShortCodes::lines) {
            row[usize::from(*at)] = self.line(line);
        }
        let from = match self.rows_at.get(&row) {
            Some(from) => *from,
            None => {
                let from = self.rows.len() as u32;
                self.rows.extend_from_slice(&*row);
                self.rows_at.insert(row, from);
                from
            }
        };
        if let Some(held) = self.lists.get_mut(list as usize) {
            *held = from;
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
        let Some(from) = self.lists.get(list as usize) else {
            return false;
        };
        let line = self.rows.get((from + bit / ShortCodes::LINE) as usize);
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
        assert_eq!(lists.lists[1], lists.lists[4]);
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
