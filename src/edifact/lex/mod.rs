//! Lexing: where the separators stand.
//!
//! The lexer writes the position of every separator that no release character escapes. The
//! scalar lexer is the reference; the SIMD lexers, chosen at run time, equal it.

mod scalar;
mod simd;

use super::una::Separators;
pub(crate) use simd::{Work, on_this_machine};

/// Positions found in a stretch of input, relative to an origin that the reader keeps.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// Every component, element and repetition separator and every segment terminator.
    pub separators: Vec<u32>,
    /// Which of them separate no components.
    pub kinds: Kinds,
    /// Indexes into `separators` of the terminators.
    pub ends: Vec<u32>,
    /// Release characters that escape something, and control characters that are no separators.
    pub specials: Vec<u32>,
}

impl Index {
    /// Adds a separator; whether it ends an element.
    fn push(&mut self, position: u32, ends: bool) {
        let bits = Bits {
            ends: u64::from(ends),
            empty: u64::from(self.is_last(position.wrapping_sub(1))),
        };
        self.kinds.push(bits, 1);
        self.separators.push(position);
    }

    /// Whether the last separator stands at a position.
    #[inline]
    fn is_last(&self, position: u32) -> bool {
        self.separators.last() == Some(&position)
    }

    pub(super) fn clear(&mut self) {
        self.separators.clear();
        self.kinds.clear();
        self.ends.clear();
        self.specials.clear();
    }
}

/// What separators are, bits for each, so that it is told without a look at the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    /// Set where it separates no components: an element ends.
    pub ends: u64,
    /// Set where another separator stands just before it.
    pub empty: u64,
}

/// [`Bits`] of all separators, one behind the other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kinds {
    /// Two words more than are full.
    words: Vec<Bits>,
    len: usize,
}

impl Default for Kinds {
    fn default() -> Self {
        Self {
            words: vec![Bits::default(); 2],
            len: 0,
        }
    }
}

impl Kinds {
    fn clear(&mut self) {
        self.words.clear();
        self.words.resize(2, Bits::default());
        self.len = 0;
    }

    /// Adds the lowest `count` bits; all others are zero.
    #[inline]
    fn push(&mut self, bits: Bits, count: u32) {
        let at = self.len as u32 & 63;
        if let Some([last, behind]) = self.words.last_chunk_mut() {
            last.ends |= bits.ends << at;
            last.empty |= bits.empty << at;
            behind.ends = bits.ends >> 1 >> (63 - at);
            behind.empty = bits.empty >> 1 >> (63 - at);
        }
        if at + count >= 64 {
            self.words.push(Bits::default());
        }
        self.len += count as usize;
    }

    /// The bits of the 64 separators from `at` on; zero behind the last.
    #[inline]
    pub(super) fn window(&self, at: usize) -> Bits {
        let words = self.words.get(at / 64..at / 64 + 2);
        let Some([low, high]) = words.and_then(<[Bits]>::first_chunk) else {
            return Bits::default();
        };
        let shift = at as u32 & 63;
        Bits {
            ends: low.ends >> shift | high.ends << 1 << (63 - shift),
            empty: low.empty >> shift | high.empty << 1 << (63 - shift),
        }
    }

    /// Forgets the first `count` separators.
    pub(super) fn forget(&mut self, count: usize) {
        let left = self.len - count.min(self.len);
        for at in 0..=left / 64 {
            self.words[at] = self.window(count + at * 64);
        }
        self.words.truncate(left / 64 + 1);
        self.words.push(Bits::default());
        self.len = left;
    }
}

/// What a byte is to the lexer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Class {
    Data,
    Separator,
    Terminator,
    Release,
    Control,
}

/// For character sets in which the second byte of a character may look like a separator.
pub(super) use crate::charset::CharacterLength;

/// Bytes that are usual besides line breaks, as ranges, both ends included.
pub(super) type Usual = [(u8, u8); 4];

/// A lexer for one set of separators.
#[derive(Clone, Debug)]
pub(super) struct Lexer {
    classes: [Class; 256],
    separators: Separators,
    character_length: Option<CharacterLength>,
    /// A release character came last: the next byte that is no line break is data.
    escaping: bool,
    /// Bytes of a character that began in the last stretch and go on in this one.
    inside: usize,
    engine: simd::Engine,
}

impl Lexer {
    pub(super) fn new(separators: Separators, character_length: Option<CharacterLength>) -> Self {
        let mut classes = [Class::Data; 256];
        for class in classes.iter_mut().take(0x20) {
            *class = Class::Control;
        }
        if let Some(release) = separators.release {
            classes[release as usize] = Class::Release;
        }
        let separating = [
            Some(separators.component),
            Some(separators.element),
            separators.repetition,
        ];
        for separator in separating.into_iter().flatten() {
            classes[separator as usize] = Class::Separator;
        }
        classes[separators.terminator as usize] = Class::Terminator;
        Self {
            classes,
            separators,
            character_length,
            escaping: false,
            inside: 0,
            engine: simd::Engine::detect(),
        }
    }

    #[cfg(test)]
    pub(super) fn with_engine(mut self, engine: simd::Engine) -> Self {
        self.engine = engine;
        self
    }

    /// Forgets what was left open: the next stretch begins a segment.
    pub(super) fn restart(&mut self) {
        self.escaping = false;
        self.inside = 0;
    }

    /// Lexes `data`, whose first byte stands at `at` from the origin, and adds to `index`. `true`
    /// where it has seen on the way that all bytes are usual.
    pub(super) fn lex(&mut self, data: &[u8], at: u32, index: &mut Index, usual: &Usual) -> bool {
        match self.character_length {
            Some(length) => {
                scalar::lex_characters(self, length, data, at, index);
                false
            }
            None => simd::lex(self, data, at, index, usual),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::una::Separators;
    use super::{Bits, Index, Kinds, Lexer, simd::Engine};

    /// With ranges at both ends of all bytes.
    const USUAL: super::Usual = [(b'\'', b'C'), (0xF0, 0xFF), (b'\n', b'\n'), (0, 3)];

    fn lex(separators: Separators, engine: Engine, data: &[u8], cuts: &[usize]) -> Index {
        let mut lexer = Lexer::new(separators, None).with_engine(engine);
        let mut index = Index::default();
        let mut from = 0;
        for &cut in cuts.iter().chain([&data.len()]) {
            let cut = cut.clamp(from, data.len());
            let part = &data[from..cut];
            let usual = lexer.lex(part, from as u32, &mut index, &USUAL);
            let all = part.iter().all(|byte| {
                let in_range = |(first, last): &(u8, u8)| (*first..=*last).contains(byte);
                matches!(byte, b'\r' | b'\n') || USUAL.iter().any(in_range)
            });
            let seen = engine != Engine::Scalar && part.len().is_multiple_of(64);
            assert!(all || !usual, "{engine:?}");
            assert!(!(all && seen) || usual, "{engine:?}");
            from = cut;
        }
        index
    }

    fn separators() -> impl Strategy<Value = Separators> {
        prop_oneof![
            Just(Separators::default()),
            Just(Separators {
                repetition: Some(b'*'),
                ..Separators::default()
            }),
            Just(Separators {
                release: None,
                terminator: b'\n',
                ..Separators::default()
            }),
            Just(Separators {
                component: 0x1F,
                element: 0x1D,
                terminator: 0x1C,
                release: None,
                ..Separators::default()
            }),
        ]
    }

    proptest! {
        #[test]
        fn every_engine_equals_the_scalar_one(
            separators in separators(),
            data in prop::collection::vec(prop_oneof![
                6 => prop::sample::select(b"ABC012".to_vec()),
                3 => prop::sample::select(b"+:'*?\r\n\x1c\x1d\x1f".to_vec()),
                1 => any::<u8>(),
            ], 0..700),
            mut cuts in prop::collection::vec(0usize..700, 0..4),
        ) {
            cuts.sort_unstable();
            let expected = lex(separators, Engine::Scalar, &data, &[]);
            for (at, position) in expected.separators.iter().enumerate() {
                let bits = expected.kinds.window(at);
                let before = at.checked_sub(1).map(|at| expected.separators[at] + 1);
                let ends = data[*position as usize] != separators.component;
                prop_assert_eq!(bits.ends & 1, u64::from(ends));
                prop_assert_eq!(bits.empty & 1, u64::from(before == Some(*position)));
            }
            for engine in Engine::available() {
                prop_assert_eq!(&lex(separators, engine, &data, &[]), &expected, "{:?}", engine);
                prop_assert_eq!(&lex(separators, engine, &data, &cuts), &expected, "{:?} cut", engine);
            }
        }
    }

    proptest! {
        #[test]
        fn release_characters_in_a_row_release_each_other(
            data in prop::collection::vec(prop_oneof![
                20 => Just(b'?'),
                10 => prop::sample::select(b"+'A".to_vec()),
                1 => prop::sample::select(b"\r\n\x01".to_vec()),
            ], 0..400),
            mut cuts in prop::collection::vec(0usize..400, 0..4),
        ) {
            cuts.sort_unstable();
            let separators = Separators::default();
            let expected = lex(separators, Engine::Scalar, &data, &[]);
            for engine in Engine::available() {
                prop_assert_eq!(&lex(separators, engine, &data, &cuts), &expected, "{:?}", engine);
            }
        }
    }

    proptest! {
        #[test]
        fn usual_bytes_are_seen(
            mut data in prop::collection::vec(prop_oneof![
                400 => prop::sample::select(b"ABC01+:'*\r\n\xF0\xFF\x00\x03".to_vec()),
                1 => any::<u8>(),
            ], 0..300),
        ) {
            // The looks of `lex` are held to what it was told.
            for engine in Engine::available() {
                lex(Separators::default(), engine, &data, &[]);
            }
            data.truncate(data.len() / 64 * 64);
            for engine in Engine::available() {
                lex(Separators::default(), engine, &data, &[64, 128]);
            }
        }
    }

    proptest! {
        #[test]
        fn bits_stand_one_behind_the_other(
            runs in prop::collection::vec((any::<u64>(), any::<u64>(), 0u32..=64), 0..20),
            forgotten in 0usize..300,
        ) {
            let (mut kinds, mut all) = (Kinds::default(), Vec::new());
            for (ends, empty, count) in runs {
                let mask = (1u128 << count) as u64;
                let (ends, empty) = (ends & mask.wrapping_sub(1), empty & mask.wrapping_sub(1));
                kinds.push(Bits { ends, empty }, count);
                all.extend((0..count).map(|at| (ends >> at & 1, empty >> at & 1)));
            }
            let forgotten = forgotten.min(all.len());
            kinds.forget(forgotten);
            all.drain(..forgotten);
            for at in 0..all.len() + 2 {
                let mut expected = Bits::default();
                for ((ends, empty), at) in all.iter().skip(at).take(64).zip(0..) {
                    expected.ends |= ends << at;
                    expected.empty |= empty << at;
                }
                prop_assert_eq!(kinds.window(at), expected);
            }
        }
    }

    #[test]
    fn a_release_character_escapes_over_a_line_break() {
        let index = lex(Separators::default(), Engine::Scalar, b"A+?\r\n+??'", &[]);
        assert_eq!(
            (index.separators, index.ends, index.specials),
            (vec![1, 8], vec![1], vec![2, 3, 4, 6])
        );
    }
}
