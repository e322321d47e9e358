//! Sets of code values, made for look-ups in a few nanoseconds.

use rustc_hash::FxHashSet;

/// The values of a code list.
#[derive(Clone, Debug, Default)]
pub struct CodeSet {
    /// Values of up to 8 bytes, packed, in an open-addressed table at most half full.
    slots: Box<[u64]>,
    long: FxHashSet<Box<[u8]>>,
    len: usize,
}

/// `code` as a number, if it has from 1 to 8 bytes and no NUL.
#[inline]
fn pack(code: &[u8]) -> Option<u64> {
    if code.is_empty() || code.len() > 8 {
        return None;
    }
    let mut packed = 0u64;
    for &byte in code {
        packed = packed << 8 | u64::from(byte);
    }
    // A value that begins with NUL would pack like the shorter one after it.
    (code[0] != 0).then_some(packed)
}

#[inline]
fn slot(packed: u64, mask: usize) -> usize {
    (packed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask
}

impl CodeSet {
    /// The set of `codes`; doubles count once.
    pub fn new<'a>(codes: impl IntoIterator<Item = &'a str>) -> Self {
        let mut short = Vec::new();
        let mut long = FxHashSet::default();
        for code in codes {
            match pack(code.as_bytes()) {
                Some(packed) => short.push(packed),
                None if !code.is_empty() => {
                    long.insert(code.as_bytes().into());
                }
                None => {}
            }
        }
        let size = if short.is_empty() {
            0
        } else {
            (short.len() * 2).next_power_of_two()
        };
        let mut slots = vec![0u64; size].into_boxed_slice();
        let mask = size.wrapping_sub(1);
        let mut held = 0;
        for &packed in &short {
            let mut at = slot(packed, mask);
            while slots[at] != 0 && slots[at] != packed {
                at = (at + 1) & mask;
            }
            held += usize::from(slots[at] == 0);
            slots[at] = packed;
        }
        Self {
            slots,
            len: held + long.len(),
            long,
        }
    }

    /// Whether `code` (the bytes of a value, release characters removed) is one of the values.
    #[inline]
    #[must_use]
    pub fn contains(&self, code: &[u8]) -> bool {
        let Some(packed) = pack(code) else {
            return self.long.contains(code);
        };
        if self.slots.is_empty() {
            return false;
        }
        let mask = self.slots.len() - 1;
        let mut at = slot(packed, mask);
        loop {
            match self.slots[at] {
                0 => return false,
                found if found == packed => return true,
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none: nothing is known about the list, so nothing is checked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::CodeSet;

    #[test]
    fn holds_what_it_was_given_and_nothing_else() {
        let codes: Vec<String> = (0..2000).map(|n| format!("{n:X}")).collect();
        let set = CodeSet::new(codes.iter().map(String::as_str).chain([
            "A VERY LONG CODE",
            "380",
            "380",
        ]));
        assert_eq!(set.len(), 2001);
        for code in &codes {
            assert!(set.contains(code.as_bytes()), "{code}");
        }
        assert!(set.contains(b"A VERY LONG CODE"));
        for other in [
            &b""[..],
            b"7D0",
            b"x",
            b"\0",
            b"\x001",
            b"a very long code",
            b"380 ",
        ] {
            assert!(!set.contains(other), "{other:?}");
        }
        assert!(CodeSet::new([]).is_empty() && !CodeSet::new([]).contains(b"1"));
    }
}
