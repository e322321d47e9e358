//! Lexing: where the separators stand.
//!
//! The lexer writes the position of every separator that no release character escapes. The
//! scalar lexer is the reference; the SIMD lexers, chosen at run time, equal it.

mod scalar;
mod simd;

use super::una::Separators;
pub(crate) use simd::on_this_machine;

/// Positions found in a stretch of input, relative to an origin that the reader keeps.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Every component, element and repetition separator and every segment terminator.
    pub separators: Vec<u32>,
    /// Indexes into `separators` of the terminators.
    pub ends: Vec<u32>,
    /// Release characters that escape something, and control characters that are no separators.
    pub specials: Vec<u32>,
}

impl Index {
    pub(super) fn clear(&mut self) {
        self.separators.clear();
        self.ends.clear();
        self.specials.clear();
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

    /// Lexes `data`, whose first byte stands at `at` from the origin, and adds to `index`.
    pub(super) fn lex(&mut self, data: &[u8], at: u32, index: &mut Index) {
        match self.character_length {
            Some(length) => scalar::lex_characters(self, length, data, at, index),
            None => simd::lex(self, data, at, index),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::una::Separators;
    use super::{Index, Lexer, simd::Engine};

    fn lex(separators: Separators, engine: Engine, data: &[u8], cuts: &[usize]) -> [Vec<u32>; 3] {
        let mut lexer = Lexer::new(separators, None).with_engine(engine);
        let mut index = Index::default();
        let mut from = 0;
        for &cut in cuts.iter().chain([&data.len()]) {
            let cut = cut.clamp(from, data.len());
            lexer.lex(&data[from..cut], from as u32, &mut index);
            from = cut;
        }
        [index.separators, index.ends, index.specials]
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
            for engine in Engine::available() {
                prop_assert_eq!(&lex(separators, engine, &data, &[]), &expected, "{:?}", engine);
                prop_assert_eq!(&lex(separators, engine, &data, &cuts), &expected, "{:?} cut", engine);
            }
        }
    }

    #[test]
    fn a_release_character_escapes_over_a_line_break() {
        let [separators, ends, specials] =
            lex(Separators::default(), Engine::Scalar, b"A+?\r\n+??'", &[]);
        assert_eq!(
            (separators, ends, specials),
            (vec![1, 8], vec![1], vec![2, 3, 4, 6])
        );
    }
}
