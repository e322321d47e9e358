//! Keys that are to be unique, by their hash, under a limit of memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use crate::expr::{Spot, Value};
use crate::span::Span;

/// Keys of one rule that are kept at most: about 64 MiB.
const MOST: usize = (1 << 21) / 8 * 7;

/// What became of a key.
pub(crate) enum Met {
    /// It is new.
    New,
    /// It was met before, there.
    Before(Span),
    /// There is no room for more keys; this is said once.
    Full,
    /// There was no room before.
    Unchecked,
}

/// Where hashing starts: not known to whoever writes what is hashed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed([u64; 2]);

impl Default for Seed {
    fn default() -> Self {
        let state = RandomState::new();
        Self([state.hash_one(0), state.hash_one(1)])
    }
}

/// Both halves of a product, together.
#[inline]
fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    product as u64 ^ (product >> 64) as u64
}

impl Seed {
    /// The hash of a key: two halves that are made apart, so that two keys which have it in common
    /// are not met.
    fn hash(self, key: &[u8]) -> u128 {
        const ODD: [u64; 4] = [
            0x9E37_79B9_7F4A_7C15,
            0xD1B5_4A32_D192_ED03,
            0xA076_1D64_78BD_642F,
            0xE703_7ED1_A0B4_28DB,
        ];
        let [mut first, mut second] = self.0;
        let mut take = |one: u64, other: u64| {
            first = folded(first ^ one ^ ODD[0], first.rotate_left(32) ^ other ^ ODD[1]);
            second = folded(
                second ^ other ^ ODD[2],
                second.rotate_left(32) ^ one ^ ODD[3],
            );
        };
        let (blocks, rest) = key.as_chunks::<16>();
        let words = |block: &[u8; 16]| {
            let whole = u128::from_le_bytes(*block);
            (whole as u64, (whole >> 64) as u64)
        };
        for block in blocks {
            let (one, other) = words(block);
            take(one, other);
        }
        let mut last = [0; 16];
        last[..rest.len()].copy_from_slice(rest);
        let (one, other) = words(&last);
        take(one, other);
        take(key.len() as u64, 0);
        u128::from(first) << 64 | u128::from(second)
    }
}

/// Passes on what is a hash already.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }
}

/// The keys of one rule.
#[derive(Debug)]
pub(crate) struct Keys {
    met: HashMap<u128, (u64, u32), BuildHasherDefault<Hashed>>,
    seed: Seed,
    most: usize,
    full: bool,
}

impl Keys {
    pub(crate) fn new(seed: Seed) -> Self {
        Self {
            met: HashMap::default(),
            seed,
            most: MOST,
            full: false,
        }
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.met.clear();
        self.full = false;
    }

    /// Forgets all; whether the room is worth keeping, and not much more than was needed.
    pub(crate) fn empty(&mut self) -> bool {
        const MUCH: usize = 1 << 10;
        let (room, needed) = (self.met.capacity(), self.met.len());
        self.clear();
        room > 0 && (room <= MUCH || room / 8 <= needed)
    }

    /// Takes in a key at its place.
    pub(crate) fn meet(&mut self, key: &str, spot: Spot) -> Met {
        let hash = self.seed.hash(key.as_bytes());
        if let Some((start, len)) = self.met.get(&hash) {
            return Met::Before(Span::new(*start, u64::from(*len)));
        }
        if self.met.len() >= self.most {
            return match std::mem::replace(&mut self.full, true) {
                false => Met::Full,
                true => Met::Unchecked,
            };
        }
        let len = u32::try_from(spot.span.len).unwrap_or(u32::MAX);
        self.met.insert(hash, (spot.span.start, len));
        Met::New
    }

    /// Whether what became of keys that were met elsewhere would be the same behind these.
    pub(crate) fn is_apart(&self, met: &Self) -> bool {
        !met.full
            && self.met.len() + met.met.len() <= self.most
            && !met.met.keys().any(|hash| self.met.contains_key(hash))
    }

    /// Takes in keys that were met elsewhere.
    pub(crate) fn take(&mut self, met: Self) {
        self.met.extend(met.met);
        self.full |= met.full;
    }
}

/// The key as text: parts of a list are told apart. `None` where it is absent, or a part of it is.
pub(crate) fn key(value: &Value<'_>, out: &mut String) -> Option<()> {
    match value {
        Value::List(parts) => {
            for part in parts.iter() {
                key(part, out)?;
                out.push('\u{1f}');
            }
            Some(())
        }
        Value::Optional(Some(value)) => key(value, out),
        value => {
            let text = value.to_text()?;
            if text.is_empty() {
                return None;
            }
            out.push_str(&text);
            Some(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Keys, Met, Seed};
    use crate::expr::Spot;

    #[test]
    fn past_the_limit_it_is_said_once() {
        let mut keys = Keys {
            most: 2,
            ..Keys::new(Seed::default())
        };
        let spot = Spot::default();
        assert!(matches!(keys.meet("a", spot), Met::New));
        assert!(matches!(keys.meet("b", spot), Met::New));
        assert!(matches!(keys.meet("a", spot), Met::Before(_)));
        assert!(matches!(keys.meet("c", spot), Met::Full));
        assert!(matches!(keys.meet("d", spot), Met::Unchecked));
        assert!(matches!(keys.meet("b", spot), Met::Before(_)));
    }

    #[test]
    fn keys_that_differ_little_are_told_apart() {
        let mut keys = Keys::new(Seed::default());
        let spot = Spot::default();
        let mut texts: Vec<String> = (0..20_000)
            .map(|number| format!("EXLX{number:07}"))
            .collect();
        texts.extend((0..200).map(|len| "\0".repeat(len)));
        texts.extend((0..200).map(|len| format!("{}\u{1f}\u{1f}", "A".repeat(len))));
        for text in &texts {
            assert!(matches!(keys.meet(text, spot), Met::New), "{text:?}");
        }
        for text in &texts {
            assert!(matches!(keys.meet(text, spot), Met::Before(_)), "{text:?}");
        }
    }

    #[test]
    fn keys_met_apart_are_joined_where_none_was_met_before() {
        let seed = Seed::default();
        let of = |texts: &[&str]| {
            let mut keys = Keys::new(seed);
            for text in texts {
                keys.meet(text, Spot::default());
            }
            keys
        };
        let mut keys = of(&["a", "b"]);
        assert!(!keys.is_apart(&of(&["c", "b"])));
        assert!(keys.is_apart(&of(&["c", "d"])));
        keys.take(of(&["c", "d"]));
        assert!(matches!(keys.meet("d", Spot::default()), Met::Before(_)));
        keys.most = 4;
        assert!(!keys.is_apart(&of(&["e"])));
    }
}
