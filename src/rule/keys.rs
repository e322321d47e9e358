//! Keys that are to be unique, by their hash, under a limit of memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

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

/// The keys of one rule.
#[derive(Debug)]
pub(crate) struct Keys {
    met: HashMap<u128, (u64, u32)>,
    hashers: (RandomState, RandomState),
    most: usize,
    full: bool,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            met: HashMap::new(),
            hashers: (RandomState::new(), RandomState::new()),
            most: MOST,
            full: false,
        }
    }
}

impl Keys {
    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.met.clear();
        self.full = false;
    }

    /// Takes in a key at its place.
    pub(crate) fn meet(&mut self, key: &str, spot: Spot) -> Met {
        let hash = u128::from(self.hashers.0.hash_one(key)) << 64
            | u128::from(self.hashers.1.hash_one(key));
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
    use super::{Keys, Met};
    use crate::expr::Spot;

    #[test]
    fn past_the_limit_it_is_said_once() {
        let mut keys = Keys {
            most: 2,
            ..Keys::default()
        };
        let spot = Spot::default();
        assert!(matches!(keys.meet("a", spot), Met::New));
        assert!(matches!(keys.meet("b", spot), Met::New));
        assert!(matches!(keys.meet("a", spot), Met::Before(_)));
        assert!(matches!(keys.meet("c", spot), Met::Full));
        assert!(matches!(keys.meet("d", spot), Met::Unchecked));
        assert!(matches!(keys.meet("b", spot), Met::Before(_)));
    }
}
