//! Sets of code values, made for look-ups in a few nanoseconds.
//!
//! Most codes have up to four bytes, places have five: these are packed into 32 bits. Half a
//! cache line holds eight of them, and they are compared all at once.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashSet;

/// The values of a code list. A clone shares them.
#[derive(Clone, Debug, Default)]
pub struct CodeSet {
    /// Packed values; zero is none. A value that finds its bucket full is in the next.
    buckets: Arc<[Bucket]>,
    /// The short ones among them, made when first needed.
    short: Arc<OnceLock<ShortCodes>>,
    /// Values that cannot be packed.
    long: Option<Arc<FxHashSet<Box<[u8]>>>>,
    len: usize,
}

/// Aligned, so that it lies in one cache line.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(32))]
struct Bucket([u32; 8]);

impl Bucket {
    #[inline(always)]
    fn holds(&self, key: u32) -> bool {
        // All are compared, so that the compiler makes vectors of them.
        self.0
            .iter()
            .fold(false, |held, other| held | (*other == key))
    }

    fn is_full(&self) -> bool {
        self.0[7] != 0
    }
}

/// Which values of up to three capital letters and digits there are: a bit for each, so that the
/// many lists that one input needs stay in the cache.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShortCodes {
    words: Arc<[u64]>,
    /// How many words before these are left out: nothing is in them.
    before: u32,
}

impl ShortCodes {
    /// Whether a value of `len` bytes without NUL, given as [`little_endian`], is among these.
    /// Where it is not, the whole set may hold it all the same.
    #[inline(always)]
    pub(crate) fn hold(&self, packed: u64, len: u32) -> bool {
        let at = bit(packed, len);
        let word = self.words.get((at >> 6).wrapping_sub(self.before) as usize);
        word.is_some_and(|word| word >> (at & 63) & 1 == 1)
    }

    /// The same of the value of `len` bytes that begins at `from` in `data`.
    #[inline(always)]
    pub(crate) fn hold_at(&self, data: &[u8], from: usize, len: u32) -> bool {
        const KEPT: [u32; 4] = [0, 0xFF, 0xFFFF, 0xFF_FFFF];
        let Some(kept) = KEPT.get(len as usize) else {
            return false;
        };
        match data.get(from..).and_then(<[u8]>::first_chunk) {
            Some(chunk) => self.hold(u64::from(u32::from_le_bytes(*chunk) & kept), len),
            None => false,
        }
    }

    fn new(keys: impl Iterator<Item = u32>) -> Self {
        let mut bits: Vec<u32> = keys
            .filter(|key| key >> 24 == 0)
            .map(|key| bit(u64::from(key), 3))
            .filter(|bit| bit >> 31 == 0)
            .collect();
        bits.sort_unstable();
        let (Some(first), Some(last)) = (bits.first(), bits.last()) else {
            return Self::default();
        };
        let before = first >> 6;
        let mut words = vec![0u64; ((last >> 6) - before) as usize + 1];
        for bit in &bits {
            words[((bit >> 6) - before) as usize] |= 1 << (bit & 63);
        }
        Self {
            words: words.into(),
            before,
        }
    }
}

/// The bit of a value of up to three capital letters and digits; of another one that is no bit, as
/// its highest bit tells. Values that are near to each other, as numbers are, have bits that are.
#[inline(always)]
fn bit(packed: u64, len: u32) -> u32 {
    const OTHER: u8 = 0x80;
    const RADIX: u32 = 37;
    const DIGITS: [u8; 256] = {
        let mut digits = [OTHER; 256];
        // No byte at all.
        digits[0] = 0;
        let mut digit = 1;
        while digit < RADIX as u8 {
            let byte = match digit {
                1..=10 => b'0' + digit - 1,
                _ => b'A' + digit - 11,
            };
            digits[byte as usize] = digit;
            digit += 1;
        }
        digits
    };
    let digit = |at: u32| u32::from(DIGITS[usize::from((packed >> (8 * at)) as u8)]);
    let (a, b, c) = (digit(0), digit(1), digit(2));
    let at = if c == 0 {
        a + b * RADIX
    } else {
        ((1 + a) * RADIX + b) * RADIX + c
    };
    at | ((a | b | c) & u32::from(OTHER)) << 24 | u32::from(len > 3) << 31
}

/// The bytes of a value as a number, the first lowest: of values of up to eight bytes.
#[inline]
#[must_use]
pub(crate) fn little_endian(value: &[u8]) -> u64 {
    value
        .iter()
        .take(8)
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A value of `len` bytes, as [`little_endian`] gives it, in 32 bits: one of up to four bytes of
/// ASCII as it is; one of five bytes from space to underline (where capital letters and digits
/// are) with six bits for each, and the highest bit set. No NUL stands in it.
#[inline]
fn pack(value: u64, len: usize) -> Option<u32> {
    if len <= 4 {
        return (value != 0 && value & 0x8080_8080 == 0).then_some(value as u32);
    }
    const SPACES: u64 = 0x20_2020_2020;
    // Without a borrow between bytes: each is 0x20 or more.
    if len > 5 || value & 0x80_8080_8080 != 0 {
        return None;
    }
    let lifted = value.wrapping_add(0x60_6060_6060);
    if lifted & 0x80_8080_8080 != 0x80_8080_8080 {
        return None;
    }
    let bits = value - SPACES;
    if bits & 0xC0_C0C0_C0C0 != 0 {
        return None;
    }
    let pairs = bits & 0x3F_003F_003F | (bits & 0x3F00_3F00) >> 2;
    let packed = pairs & 0xFFF | (pairs >> 4) & 0xFF_F000 | (pairs >> 8) & 0x3F00_0000;
    Some(packed as u32 | 1 << 31)
}

fn pack_bytes(code: &[u8]) -> Option<u32> {
    if code.is_empty() || code.len() > 5 || code.contains(&0) {
        return None;
    }
    pack(little_endian(code), code.len())
}

/// The bucket a key is looked for in first.
#[inline]
fn bucket(key: u32, buckets: usize) -> usize {
    // The high bits of the product are the best.
    let hash = key.wrapping_mul(0x9E37_79B1);
    ((u64::from(hash) * buckets as u64) >> 32) as usize
}

impl CodeSet {
    /// The set of `codes`; doubles count once.
    pub fn new<'a>(codes: impl IntoIterator<Item = &'a str>) -> Self {
        let mut short = Vec::new();
        let mut long = FxHashSet::default();
        for code in codes {
            match pack_bytes(code.as_bytes()) {
                Some(key) => short.push(key),
                None if !code.is_empty() => {
                    long.insert(code.as_bytes().into());
                }
                None => {}
            }
        }
        // Five of eight places are taken, and one is free at least.
        let size = if short.is_empty() {
            0
        } else {
            short.len() / 5 + 1
        };
        let mut buckets = vec![Bucket::default(); size];
        let mut count = 0;
        for key in short {
            let mut at = bucket(key, size);
            // Up to the first free place: one that is there already stands before it.
            loop {
                let places = &mut buckets[at].0;
                if let Some(place) = places
                    .iter_mut()
                    .find(|place| **place == 0 || **place == key)
                {
                    count += usize::from(*place == 0);
                    *place = key;
                    break;
                }
                at = (at + 1) % size;
            }
        }
        Self {
            buckets: buckets.into(),
            short: Arc::default(),
            len: count + long.len(),
            long: (!long.is_empty()).then(|| Arc::new(long)),
        }
    }

    /// Whether `code` (the bytes of a value, release characters removed) is one of the values.
    #[inline]
    #[must_use]
    pub fn contains(&self, code: &[u8]) -> bool {
        match pack_bytes(code) {
            Some(key) => self.contains_key(key),
            None => self.contains_long(code),
        }
    }

    /// The same of a value without NUL that is also given as [`little_endian`].
    #[inline]
    pub(crate) fn contains_packed(&self, packed: u64, code: &[u8]) -> bool {
        if code.len() <= 5
            && let Some(key) = pack(packed, code.len())
        {
            return self.contains_key(key);
        }
        self.contains_long(code)
    }

    /// Its values of up to three capital letters and digits.
    pub(crate) fn short(&self) -> ShortCodes {
        let made = self.short.get_or_init(|| {
            let keys = self.buckets.iter().flat_map(|bucket| bucket.0);
            ShortCodes::new(keys.filter(|key| *key != 0))
        });
        made.clone()
    }

    fn contains_long(&self, code: &[u8]) -> bool {
        self.long.as_ref().is_some_and(|long| long.contains(code))
    }

    #[inline]
    fn contains_key(&self, key: u32) -> bool {
        if self.buckets.is_empty() {
            return false;
        }
        let mut at = bucket(key, self.buckets.len());
        loop {
            let held = &self.buckets[at];
            if held.holds(key) {
                return true;
            }
            if !held.is_full() {
                return false;
            }
            at += 1;
            if at == self.buckets.len() {
                at = 0;
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
        assert!(CodeSet::new(["CN", "CN1", "CNSHA", "CNSHAX"]).contains(b"CNSHA"));
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

    #[test]
    fn short_codes_are_those_of_the_set() {
        let alphabet = b"\0 -09AMZ_az";
        let value = |at: usize| -> Vec<u8> {
            let digits = [at, at / 11, at / 121, at / 1331].map(|at| alphabet[at % 11]);
            digits.into_iter().filter(|byte| *byte != 0).collect()
        };
        let values: Vec<Vec<u8>> = (1..11 * 11 * 11 * 11).map(value).collect();
        let given = values.iter().step_by(3);
        let set = CodeSet::new(given.map(|value| std::str::from_utf8(value).unwrap()));
        let short = set.short();
        for value in &values {
            let held = short.hold(super::little_endian(value), value.len() as u32);
            let is_short = (1..=3).contains(&value.len())
                && value
                    .iter()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            assert_eq!(held, is_short && set.contains(value), "{value:?}");
        }
        assert!(!CodeSet::new([]).short().hold(0x31, 1));
    }

    #[test]
    fn five_characters_are_packed_without_loss() {
        let held = ["CNSHA", "     ", "_____", "A B-C", "12345"];
        let set = CodeSet::new(held);
        for code in held {
            assert!(set.contains(code.as_bytes()), "{code}");
            assert!(set.contains_packed(super::little_endian(code.as_bytes()), code.as_bytes()));
        }
        for other in [
            "CNSHa", "cNSHA", "CNSH\0", "\0NSHA", "CNSH\x1F", "`NSHA", "CNSHAA", "NSHA",
        ] {
            assert!(!set.contains(other.as_bytes()), "{other:?}");
        }
        let odd = CodeSet::new(["a\u{e9}", "cnsha", "CN\u{e9}A"]);
        for code in ["a\u{e9}", "cnsha", "CN\u{e9}A"] {
            assert!(odd.contains(code.as_bytes()), "{code}");
        }
    }

    #[test]
    fn buckets_that_are_full_spill_over() {
        let codes: Vec<String> = (0..26 * 26 * 26)
            .map(|n| {
                let letter = |n: u32| char::from(b'A' + (n % 26) as u8);
                format!("X{}Y{}{}", letter(n), letter(n / 26), letter(n / 676))
            })
            .collect();
        let set = CodeSet::new(codes.iter().map(String::as_str));
        assert_eq!(set.len(), codes.len());
        assert!(codes.iter().all(|code| set.contains(code.as_bytes())));
        assert!((0..10_000).all(|n| !set.contains(format!("{n:05}").as_bytes())));
    }
}
