//! Facts from the JSON form of a message, as samples of rules have it: the content of the root, with
//! no look at structure.

use serde_json::Value;

use super::{Document, Gathering, Projection, ROOT, Say, WantedId};
use super::{Listener, What};
use crate::expr::Spot;
use std::sync::Arc;

/// Gathers from `content`, the children of the root. Names that the projection does not want are passed
/// over; texts, numbers and truth values are values, arrays are occurrences, and an element with
/// attributes holds its text under `#text`.
pub fn gather_json(
    projection: &Arc<Projection>,
    listener: Box<dyn Listener>,
    document: &Document,
    content: &Value,
    say: &mut dyn Say,
) {
    let mut gathering = Gathering::new(projection.clone(), listener);
    gathering.begin(document, Spot::default());
    children(&mut gathering, projection, ROOT, content, say);
    gathering.end(say);
}

fn children(
    gathering: &mut Gathering,
    projection: &Projection,
    of: WantedId,
    content: &Value,
    say: &mut dyn Say,
) {
    let Value::Object(members) = content else {
        return;
    };
    // Facts come in the order of the spec, however the text has them.
    let known = members.iter().filter_map(|(name, value)| {
        let name = name.split('#').next().unwrap_or(name);
        Some((projection.find(of, name)?, value))
    });
    let mut known: Vec<(WantedId, &Value)> = known.collect();
    known.sort_by_key(|(wanted, _)| projection.wanted(*wanted).order);
    for (wanted, value) in known {
        match value {
            Value::Array(items) => {
                for item in items {
                    child(gathering, projection, wanted, item, say);
                }
            }
            value => child(gathering, projection, wanted, value, say),
        }
    }
}

fn child(
    gathering: &mut Gathering,
    projection: &Projection,
    wanted: WantedId,
    value: &Value,
    say: &mut dyn Say,
) {
    let is_record = projection.wanted(wanted).what == What::Record;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Object(members) => {
            gathering.open(wanted, Spot::default());
            children(gathering, projection, wanted, value, say);
            if let Some(Value::String(text)) = members.get("#text") {
                gathering.set_text(text);
            }
            gathering.close(say);
            return;
        }
        Value::Array(_) | Value::Null => return,
    };
    if is_record {
        gathering.open(wanted, Spot::default());
        gathering.close(say);
    } else {
        gathering.value(wanted, &text, Spot::default(), say);
    }
}
