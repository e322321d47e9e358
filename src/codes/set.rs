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
    /// Those that are codes of places, where there are many; they are in no bucket.
    places: Option<Arc<PlaceCodes>>,
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

/// Which values of up to three capital letters and digits there are: a bit for each, in lines of 512,
/// and only those lines in which there are some.
#[derive(Clone, Debug)]
pub(crate) struct ShortCodes {
    lines: Arc<[(u8, ShortLine)]>,
}

/// The bits of 512 values next to each other.
pub(crate) type ShortLine = [u64; 8];

impl ShortCodes {
    /// Bits of a line.
    pub(crate) const LINE: u32 = 512;
    /// Lines of the bits of all values, short or not.
    pub(crate) const LINES: usize = (3 * BITS / Self::LINE + 1) as usize;

    /// Which bit stands for a value of `len` bytes without NUL, given as [`little_endian`]; what
    /// stands behind it counts for nothing. That of a value which is not short is beyond the bits
    /// of all lines.
    #[inline(always)]
    pub(crate) fn bit(packed: u64, len: u32) -> u32 {
        bit(packed.wrapping_shl(0u32.wrapping_sub(8 * len)), len)
    }

    /// The lines in which there are values, and which of all lines they are, in this order.
    pub(crate) fn lines(&self) -> &[(u8, ShortLine)] {
        &self.lines
    }

    fn new(keys: impl Iterator<Item = u32>) -> Self {
        let bits = keys.filter(|key| key >> 24 == 0).map(|key| {
            let len = 4 - key.leading_zeros() / 8;
            bit(u64::from(key) << (64 - 8 * len), len)
        });
        let mut bits: Vec<u32> = bits.filter(|bit| *bit < BITS).collect();
        bits.sort_unstable();
        let lines = bits.chunk_by(|a, b| a / Self::LINE == b / Self::LINE);
        let lines = lines.map(|bits| {
            let mut line = [0; 8];
            for bit in bits {
                line[(bit >> 6 & 7) as usize] |= 1 << (bit & 63);
            }
            ((bits[0] / Self::LINE) as u8, line)
        });
        Self {
            lines: lines.collect(),
        }
    }
}

/// Codes of five characters as those of places (UN/LOCODE): two capital letters, of the country,
/// and three capital letters and digits. All of them take a third of what they would as numbers, so
/// that those of any input stay in the cache.
#[derive(Debug)]
struct PlaceCodes {
    /// Of each country, the first of its rows; zero where it has none.
    countries: Box<[u16]>,
    /// Of each country one for each third character: a bit for each fourth one of which there are
    /// codes, and above these how many such bits stand in the rows before.
    rows: Box<[u64]>,
    /// For each such bit, a bit for each fifth character.
    ends: Box<[u64]>,
}

impl PlaceCodes {
    /// Capital letters and digits.
    const CHARACTERS: [u8; Self::RADIX] = *b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const RADIX: usize = 36;
    /// In a row, bits of fourth characters.
    const FOURTH: u64 = (1 << Self::RADIX) - 1;
    /// Where fewer than this are, they are looked for as others.
    const FEWEST: usize = 1024;

    /// Which two letters, and which three characters follow; `None` where it is no such code.
    #[inline]
    fn parts(packed: u64) -> Option<(usize, [u8; 3])> {
        const OTHER: u8 = 0x80;
        // In the order of their bytes, as lists are.
        const DIGITS: [u8; 256] = {
            let mut digits = [OTHER; 256];
            let mut at = 0;
            while at < PlaceCodes::RADIX {
                digits[PlaceCodes::CHARACTERS[at] as usize] = at as u8;
                at += 1;
            }
            digits
        };
        let digit = |at: u32| DIGITS[usize::from((packed >> (8 * at)) as u8)];
        let letter = |at: u32| digit(at).wrapping_sub(10);
        let (first, second) = (letter(0), letter(1));
        let rest = [digit(2), digit(3), digit(4)];
        let is_place = (first < 26) & (second < 26) & ((rest[0] | rest[1] | rest[2]) < OTHER);
        let country = usize::from(first) * 26 + usize::from(second);
        is_place.then_some((country, rest))
    }

    /// The code as a number: one that comes later in the order of bytes has a greater one.
    #[inline]
    fn number(packed: u64) -> Option<u32> {
        let (country, [third, fourth, fifth]) = Self::parts(packed)?;
        let rest = u32::from(third) << 12 | u32::from(fourth) << 6 | u32::from(fifth);
        Some((country as u32) << 18 | rest)
    }

    /// The code of a number, as [`little_endian`] gives it.
    fn packed(number: u32) -> u64 {
        let country = number >> 18;
        let rest = [number >> 12, number >> 6, number].map(|digit| digit & 63);
        let digits = [
            10 + country / 26,
            10 + country % 26,
            rest[0],
            rest[1],
            rest[2],
        ];
        little_endian(&digits.map(|digit| Self::CHARACTERS[digit as usize]))
    }

    /// The codes of `numbers`, which are in order.
    fn new(numbers: &[u32]) -> Self {
        let mut countries = vec![0u16; 26 * 26];
        // The first rows are empty.
        let mut rows = vec![0u64; Self::RADIX];
        let mut ends = Vec::with_capacity(numbers.len() / 2);
        let (mut end, mut before) = (0, None);
        for number in numbers {
            let place = number >> 6;
            if before.replace(place) != Some(place) {
                ends.push(std::mem::take(&mut end));
                let country = &mut countries[(number >> 18) as usize];
                if *country == 0 {
                    *country = rows.len() as u16;
                    rows.resize(rows.len() + Self::RADIX, 0);
                }
                rows[usize::from(*country) + (place >> 6 & 63) as usize] |= 1 << (place & 63);
            }
            end |= 1 << (number & 63);
        }
        ends.push(end);
        let mut before = 0;
        for row in &mut rows {
            let held = u64::from(row.count_ones());
            *row |= before << Self::RADIX;
            before += held;
        }
        Self {
            countries: countries.into(),
            rows: rows.into(),
            // The first was pushed before there was one.
            ends: ends[1..].into(),
        }
    }

    /// Where the fifth characters are of a fourth one.
    #[inline]
    fn end(row: u64, fourth: u8) -> usize {
        let before = row & Self::FOURTH & ((1 << u32::from(fourth)) - 1);
        (row >> Self::RADIX) as usize + before.count_ones() as usize
    }

    /// How many there are.
    fn len(&self) -> usize {
        self.ends.iter().map(|end| end.count_ones() as usize).sum()
    }

    /// Whether a value of five bytes, given as [`little_endian`], is among these.
    #[inline]
    fn hold(&self, packed: u64) -> bool {
        let Some((country, [third, fourth, fifth])) = Self::parts(packed) else {
            return false;
        };
        let row = usize::from(self.countries[country]) + usize::from(third);
        let row = self.rows.get(row).copied().unwrap_or(0);
        let end = self.ends.get(Self::end(row, fourth)).copied().unwrap_or(0);
        row >> u32::from(fourth) & 1 & (end >> u32::from(fifth)) == 1
    }
}

/// The bit of a value of up to three capital letters and digits, `top`: its `len` bytes, which are
/// one at least, are the highest, and those below are zero where it is so short. Of another value
/// a number beyond all of these. Values that are near to each other, as numbers are, have bits that
/// are.
#[inline(always)]
fn bit(top: u64, len: u32) -> u32 {
    const OTHER: u16 = BITS as u16;
    const RADIX: u32 = 37;
    /// What a byte counts in its place; together less than `OTHER` where all may be so.
    const fn worth(place: u16) -> [u16; 256] {
        let mut worth = [OTHER; 256];
        // No byte at all.
        worth[0] = 0;
        let mut digit = 1;
        while digit < RADIX as u16 {
            let byte = match digit as u8 {
                digit @ 1..=10 => b'0' + digit - 1,
                digit => b'A' + digit - 11,
            };
            worth[byte as usize] = digit * place;
            digit += 1;
        }
        worth
    }
    static WORTH: [[u16; 256]; 3] = [worth((RADIX * RADIX) as u16), worth(RADIX as u16), worth(1)];
    let [first, second, third] = &WORTH;
    let byte = |at: u32| usize::from((top >> (8 * at)) as u8);
    // Of shorter values the last digits too: their bits are near to each other.
    let at = u32::from(first[byte(5)]) + u32::from(second[byte(6)]) + u32::from(third[byte(7)]);
    if len > 3 { BITS } else { at }
}

/// More than any bit.
const BITS: u32 = 37 * 37 * 37;

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
        Self::with_room(codes, 0)
    }

    /// The same, of about so many.
    pub(super) fn with_room<'a>(codes: impl IntoIterator<Item = &'a str>, about: usize) -> Self {
        let mut short = Vec::new();
        let mut places: Vec<u32> = Vec::with_capacity(about);
        let mut sorted = true;
        let mut long = FxHashSet::default();
        for code in codes {
            let code = code.as_bytes();
            if let &[a, b, c, d, e] = code {
                let packed = u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]);
                if let Some(number) = PlaceCodes::number(packed) {
                    sorted &= places.last().is_none_or(|last| *last <= number);
                    places.push(number);
                    continue;
                }
            }
            match pack_bytes(code) {
                Some(key) => short.push(key),
                None if !code.is_empty() => {
                    long.insert(code.into());
                }
                None => {}
            }
        }
        let held = match places.len() < PlaceCodes::FEWEST {
            true => {
                let packed = places.iter().map(|number| PlaceCodes::packed(*number));
                short.extend(packed.filter_map(|packed| pack(packed, 5)));
                None
            }
            false => {
                if !sorted {
                    places.sort_unstable();
                }
                Some(Arc::new(PlaceCodes::new(&places)))
            }
        };
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
            len: count + long.len() + held.as_ref().map_or(0, |held| held.len()),
            places: held,
            long: (!long.is_empty()).then(|| Arc::new(long)),
        }
    }

    /// Whether `code` (the bytes of a value, release characters removed) is one of the values.
    #[inline]
    #[must_use]
    pub fn contains(&self, code: &[u8]) -> bool {
        match pack_bytes(code) {
            Some(key) => self.contains_key(key) || self.contains_place(little_endian(code), code),
            None => self.contains_long(code),
        }
    }

    /// Whether a code of places.
    #[inline]
    fn contains_place(&self, packed: u64, code: &[u8]) -> bool {
        let places = self.places.as_ref().filter(|_| code.len() == 5);
        places.is_some_and(|places| places.hold(packed))
    }

    /// The same of a value without NUL that is also given as [`little_endian`].
    #[inline]
    pub(crate) fn contains_packed(&self, packed: u64, code: &[u8]) -> bool {
        if code.len() <= 5
            && let Some(key) = pack(packed, code.len())
        {
            return self.contains_place(packed, code) || self.contains_key(key);
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
    fn codes_of_places_are_those_it_was_given() {
        let alphabet = b"AKZ059";
        let value = |at: usize| -> String {
            let digits = [at, at / 6, at / 36, at / 216, at / 1296];
            digits
                .map(|at| char::from(alphabet[at % 6]))
                .iter()
                .collect()
        };
        let all: Vec<String> = (0..6 * 6 * 6 * 6 * 6).map(value).collect();
        for step in [2, 3, 7, 60] {
            let given = all.iter().step_by(step).map(String::as_str);
            let set = CodeSet::new(given.clone().chain(["380", "KAK59", "cnsha", "KA K5"]));
            let mut len = 0;
            for (at, code) in all.iter().enumerate() {
                let held = at % step == 0 || code == "KAK59";
                len += usize::from(held);
                assert_eq!(set.contains(code.as_bytes()), held, "{code}");
                let packed = super::little_endian(code.as_bytes());
                assert_eq!(set.contains_packed(packed, code.as_bytes()), held, "{code}");
            }
            assert_eq!(set.len(), len + 3);
            for other in [
                "KA", "KAK", "KAKK", "KAK5", "KAK5 ", "KAK59A", "kak59", "KA!59",
            ] {
                assert!(!set.contains(other.as_bytes()), "{other}");
            }
            assert!(set.contains(b"cnsha") && set.contains(b"KA K5") && set.contains(b"380"));
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
