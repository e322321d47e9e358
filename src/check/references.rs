//! References that were used before.

use std::hash::{BuildHasher, RandomState};

use rustc_hash::FxHashMap;

use crate::span::Span;

/// References by their hash, under a limit.
#[derive(Debug, Default)]
pub(super) struct References {
    used: FxHashMap<u64, Span>,
    hasher: RandomState,
    full: bool,
}

/// What became of a reference.
#[derive(Clone, Copy, Debug)]
pub(super) enum Met {
    /// It is new, or not looked at as there is no room.
    Silent,
    /// It was used before, there.
    Before(Span),
    /// There is no room for more; this is said once.
    Full,
}

impl References {
    /// None, hashed as others are.
    pub(super) fn hashed_by(hasher: RandomState) -> Self {
        Self {
            hasher,
            ..Self::default()
        }
    }

    pub(super) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    pub(super) fn hash(&self, reference: &[u8]) -> u64 {
        self.hasher.hash_one(reference)
    }

    /// Takes in a reference by its hash; `most` are kept.
    pub(super) fn meet(&mut self, hash: u64, span: Span, most: usize) -> Met {
        if let Some(first) = self.used.get(&hash) {
            return Met::Before(*first);
        }
        if self.used.len() < most {
            self.used.insert(hash, span);
            return Met::Silent;
        }
        match std::mem::replace(&mut self.full, true) {
            false => Met::Full,
            true => Met::Silent,
        }
    }

    /// Forgets all: what is said once was said.
    pub(super) fn forget(&mut self) {
        self.used.clear();
    }
}
