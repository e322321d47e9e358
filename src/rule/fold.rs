//! What a `let` gathers over a list while it goes by.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::text::Gathers;
use crate::expr::{Number, TroubleKind, Value};

/// Different values that are told apart: about 64 MiB.
const MOST: usize = 1 << 22;

/// A value that grows.
#[derive(Clone, Debug)]
pub(crate) struct Fold {
    gathers: Gathers,
    count: i64,
    number: Option<Number>,
    met: HashSet<u64>,
    hasher: RandomState,
    /// What kept it from having a value.
    trouble: Option<TroubleKind>,
}

impl Fold {
    pub(crate) fn new(gathers: Gathers) -> Self {
        Self {
            gathers,
            count: 0,
            number: None,
            met: HashSet::new(),
            hasher: RandomState::new(),
            trouble: None,
        }
    }

    pub(crate) fn clear(&mut self) {
        (self.count, self.number, self.trouble) = (0, None, None);
        self.met.clear();
    }

    /// An item, whatever its value.
    pub(crate) fn count(&mut self) {
        self.count += 1;
    }

    pub(crate) fn trouble(&mut self, kind: TroubleKind) {
        self.trouble.get_or_insert(kind);
    }

    /// The value of an item.
    pub(crate) fn take(&mut self, value: &Value<'_>) {
        match self.gathers {
            Gathers::Count => {
                if value.to_text().is_some_and(|text| !text.is_empty()) {
                    self.count += 1;
                }
                return;
            }
            Gathers::Distinct => {
                let mut key = String::new();
                if super::keys::key(value, &mut key).is_some() {
                    if self.met.len() >= MOST {
                        return self.trouble(TroubleKind::Memory);
                    }
                    self.met.insert(self.hasher.hash_one(&key));
                }
                return;
            }
            Gathers::Sum | Gathers::Min | Gathers::Max => {}
        }
        let number = match number(value) {
            Ok(Some(number)) => number,
            Ok(None) => return,
            Err(kind) => return self.trouble(kind),
        };
        self.number = Some(match (self.number, self.gathers) {
            (None, _) => number,
            (Some(held), Gathers::Sum) => match held.plus(number) {
                Some(sum) => sum,
                None => return self.trouble(TroubleKind::Overflow),
            },
            (Some(held), Gathers::Min) => held.min(number),
            (Some(held), _) => held.max(number),
        });
    }

    /// What was gathered.
    pub(crate) fn value(&self) -> Result<Value<'static>, TroubleKind> {
        if let Some(kind) = self.trouble {
            return Err(kind);
        }
        Ok(match self.gathers {
            Gathers::Count => Value::Int(self.count),
            Gathers::Distinct => Value::Int(self.met.len() as i64),
            Gathers::Sum => Value::Number(self.number.unwrap_or_default()),
            Gathers::Min | Gathers::Max => {
                Value::Optional(self.number.map(|number| Box::new(Value::Number(number))))
            }
        })
    }
}

/// A value as a number; `None` where it is absent.
fn number(value: &Value<'_>) -> Result<Option<Number>, TroubleKind> {
    match value {
        Value::Number(number) => Ok(Some(*number)),
        Value::Int(value) => Ok(Some(Number::from_int(*value))),
        Value::Optional(None) | Value::Null => Ok(None),
        Value::Optional(Some(value)) => number(value),
        value => match value.to_text() {
            Some(text) if text.is_empty() => Ok(None),
            Some(text) => Number::read(&text).map(Some).ok_or(TroubleKind::NotANumber),
            None => Err(TroubleKind::NotANumber),
        },
    }
}
