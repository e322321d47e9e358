//! Whether a message of a service is due for an entry, and how many times.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use super::system::{Message, Said};
use crate::expr::{Env, Expr, Limits, NoHost, Presence, Scope, Value};
use crate::spec::{near, xml};
use crate::tree::gather::{
    Document, Listener, Projection, ROOT, Say, Silent, Told, WantedId, gather_json,
};
use crate::{Error, Result};

/// When a message is due.
#[derive(Debug)]
pub(super) struct Due {
    when: Option<When>,
    /// Names that lead to the values it is written for.
    each: Option<Vec<Box<str>>>,
    /// Paths of the entry that the condition and these names read.
    asks: Vec<String>,
}

#[derive(Debug)]
struct When {
    expr: Arc<Expr>,
    projection: Arc<Projection>,
}

impl Due {
    /// When a message is due for entries of that spec.
    ///
    /// # Errors
    /// When its condition does not compile, or its path leads nowhere.
    pub(super) fn new(entry: &xml::Message, message: &Message) -> Result<Self> {
        let when = message.when.as_ref().map(|when| condition(entry, when));
        let each = message.each.as_ref().map(|each| names(entry, &each.path));
        let (when, each) = (when.transpose()?, each.transpose()?);
        let mut asks = Vec::new();
        if let Some(When { projection, .. }) = &when {
            asks.extend((0..projection.len() as WantedId).map(|id| projection.path(id)));
        }
        asks.extend(each.iter().map(|names| names.join("/")));
        Ok(Self { when, each, asks })
    }

    /// Paths of the entry that decide whether it is due.
    pub(super) fn asks(&self) -> impl Iterator<Item = &str> {
        self.asks.iter().map(String::as_str)
    }

    /// What it is to be written for: nothing where it is not due, `None` once where it is for no
    /// value.
    pub(super) fn of(&self, content: &Json) -> Vec<Option<String>> {
        if self.when.as_ref().is_some_and(|when| !when.holds(content)) {
            return Vec::new();
        }
        match &self.each {
            None => vec![None],
            Some(names) => {
                let mut found = Vec::new();
                values(content, names, &mut found);
                found.into_iter().map(Some).collect()
            }
        }
    }
}

fn condition(entry: &xml::Message, when: &Said) -> Result<When> {
    let mut projection = Projection::of_message(entry);
    let kind = projection.kind(ROOT);
    let mut env = Env::new(&mut projection);
    env.bind("this", kind, Presence::Always);
    env.bind("message", kind, Presence::Always);
    let expr = Expr::condition(&when.text, &mut env).map_err(|fault| {
        let before = when.text.get(..fault.span.start).unwrap_or_default();
        let mut message = fault.message.clone();
        if let Some(expected) = &fault.expected {
            message.push_str(&format!("; expected {expected}"));
        }
        if !fault.near.is_empty() {
            message.push_str(&format!("; did you mean {}?", fault.near.join(", ")));
        }
        // The text begins behind its quote.
        let column = when.column + 1 + before.chars().count() as u32;
        Error::spec(&*when.file, when.line, column, message)
    })?;
    for id in 0..projection.len() as WantedId {
        projection.keep(id);
    }
    projection.watch(ROOT);
    Ok(When {
        expr: Arc::new(expr),
        projection: Arc::new(projection),
    })
}

fn names(entry: &xml::Message, path: &Said) -> Result<Vec<Box<str>>> {
    let mut projection = Projection::of_message(entry);
    let mut at = ROOT;
    for name in path.text.split('/') {
        let Some(found) = projection.want(at, name) else {
            let known: Vec<String> = projection.may_hold(at).map(str::to_owned).collect();
            let near = near(name, known.iter().map(String::as_str), 3);
            let hint = match near.is_empty() {
                true => format!("; there are {}", known.join(", ")),
                false => format!("; did you mean {}?", near.join(", ")),
            };
            return Err(path.fault(format!("the entry has no {name} there{hint}")));
        };
        at = found;
    }
    Ok(path.text.split('/').map(Box::from).collect())
}

/// The texts that names lead to.
fn values(content: &Json, names: &[Box<str>], found: &mut Vec<String>) {
    match (content, names) {
        (Json::Array(items), _) => items.iter().for_each(|item| values(item, names, found)),
        (Json::Object(members), [name, rest @ ..]) => {
            if let Some(value) = members.get(&**name) {
                values(value, rest, found);
            }
        }
        (Json::String(text), []) => found.push(text.clone()),
        (Json::Number(number), []) => found.push(number.to_string()),
        _ => {}
    }
}

impl When {
    fn holds(&self, content: &Json) -> bool {
        let holds = Arc::new(Mutex::new(false));
        let judge = Judge {
            expr: self.expr.clone(),
            holds: holds.clone(),
        };
        let document = Document {
            syntax: "json".into(),
            ..Document::default()
        };
        let judge = Box::new(judge);
        gather_json(&self.projection, judge, &document, content, &mut Silent);
        *holds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Judges a condition when all of an entry is there.
struct Judge {
    expr: Arc<Expr>,
    holds: Arc<Mutex<bool>>,
}

impl Listener for Judge {
    fn open(&mut self, _: &Told<'_>) {}

    fn close(&mut self, told: &Told<'_>, _: &mut dyn Say) {
        let bound = [Value::Record(told.root), Value::Record(told.root)];
        let scope = Scope {
            facts: told.facts,
            bound: &bound,
            host: &NoHost,
            limits: Limits::default(),
        };
        let mut holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        *holds = self.expr.holds(&scope).unwrap_or(false);
    }
}
