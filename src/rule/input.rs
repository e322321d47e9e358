//! One input that is watched: what rules remember from one of its messages to the next.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::keys::{Keys, Met};
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
    /// Keys that are unique in all messages, by rule.
    keys: Mutex<HashMap<usize, Keys>>,
}

impl Input {
    pub(crate) fn new(
        name: &str,
        origin: &Arc<Origin>,
        outside: &Arc<Outside>,
        together: Option<&Arc<Together>>,
        memory: usize,
    ) -> Self {
        Self {
            origin: origin.clone(),
            number: together.map_or(0, |together| together.file(name)),
            outside: outside.clone(),
            memory,
            together: together.cloned(),
            keys: Mutex::default(),
        }
    }

    /// Takes in a key of a rule.
    pub(crate) fn meet(&self, rule: usize, key: &str, spot: Spot) -> Met {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.entry(rule).or_default().meet(key, spot)
    }
}

impl WatchInput for Input {
    fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    fn finish(&self, _: &mut dyn Say) {}

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
