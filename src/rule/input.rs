//! One input that is watched: what rules remember from one of its messages to the next.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use super::keys::{Keys, Met, Seed};
use super::outside::Outside;
use super::together::Together;
use crate::expr::Spot;
use crate::tree::gather::{Origin, Say, WatchInput};

/// One input.
#[derive(Debug)]
pub(crate) struct Input {
    origin: Arc<Origin>,
    /// Its number among the inputs that are checked together.
    pub(crate) number: u32,
    pub(crate) outside: Arc<Outside>,
    /// Bytes that the facts of one message may take.
    pub(crate) memory: usize,
    pub(crate) together: Option<Arc<Together>>,
    /// Whether rules remember something from one message to the next.
    ordered: bool,
    /// Whether it is told again what it was told.
    pub(crate) again: bool,
    seed: Seed,
    /// Keys that are unique in all messages, by rule.
    keys: Arc<Mutex<HashMap<usize, Keys>>>,
    /// Room for keys that are unique in a message, to be used again.
    room: Arc<Mutex<Vec<Keys>>>,
}

impl Input {
    pub(crate) fn new(
        name: &str,
        origin: &Arc<Origin>,
        outside: &Arc<Outside>,
        together: Option<&Arc<Together>>,
        memory: usize,
        ordered: bool,
    ) -> Self {
        Self {
            origin: origin.clone(),
            number: together.map_or(0, |together| together.file(name)),
            outside: outside.clone(),
            memory,
            together: together.cloned(),
            ordered,
            again: false,
            seed: Seed::default(),
            keys: Arc::default(),
            room: Arc::default(),
        }
    }

    /// The same input, with keys of its own or the same.
    fn with_keys(&self, keys: Arc<Mutex<HashMap<usize, Keys>>>, again: bool) -> Self {
        Self {
            origin: self.origin.clone(),
            number: self.number,
            outside: self.outside.clone(),
            memory: self.memory,
            together: self.together.clone(),
            ordered: self.ordered,
            again,
            seed: self.seed,
            keys,
            room: self.room.clone(),
        }
    }

    /// Room for the keys of a message.
    pub(crate) fn room(&self) -> Keys {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.pop().unwrap_or_else(|| Keys::new(self.seed))
    }

    /// Gives room back.
    pub(crate) fn give_back(&self, mut keys: Keys) {
        const MOST: usize = 64;
        if keys.empty() {
            let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
            if room.len() < MOST {
                room.push(keys);
            }
        }
    }

    /// Takes in a key of a rule.
    pub(crate) fn meet(&self, rule: usize, key: &str, spot: Spot) -> Met {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = keys.entry(rule).or_insert_with(|| Keys::new(self.seed));
        keys.meet(key, spot)
    }
}

impl WatchInput for Input {
    fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    fn finish(&self, _: &mut dyn Say) {}

    fn apart(&self) -> Option<Arc<dyn WatchInput>> {
        self.ordered
            .then(|| -> Arc<dyn WatchInput> { Arc::new(self.with_keys(Arc::default(), false)) })
    }

    fn follow(self: Arc<Self>, apart: Arc<dyn WatchInput>) -> Option<Arc<dyn WatchInput>> {
        let apart = apart.into_any().downcast::<Self>().ok()?;
        let mut apart = apart.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let mut met = apart.iter();
        let again = met.any(|(rule, met)| keys.get(rule).is_some_and(|keys| !keys.is_apart(met)));
        if again {
            return Some(Arc::new(self.with_keys(self.keys.clone(), true)));
        }
        for (rule, met) in apart.drain() {
            match keys.entry(rule) {
                Entry::Vacant(entry) => {
                    entry.insert(met);
                }
                Entry::Occupied(mut entry) => entry.get_mut().take(met),
            }
        }
        None
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
