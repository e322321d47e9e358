//! The samples of a rule: what must pass and what must be found.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::input::Input;
use super::outside::{Columns, Outside, Register};
use super::program::{Program, Shared, Wish, projection};
use super::select::expand;
use super::set::{Held, Kind};
use super::text::{Sample, Selector};
use super::together::Together;
use super::{Rules, World};
use crate::finding::{Finding, Severity};
use crate::tree::gather::{Document, Origin, Say, Wants, WatchInput, gather_json};
use crate::{Error, Result};

/// What became of one sample in one message.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The message.
    pub message: String,
    /// Line of the sample in its file.
    pub line: u32,
    /// Whether it was to pass.
    pub passes: bool,
    /// What was found.
    pub findings: Vec<Finding>,
    /// What could not be evaluated.
    pub not_evaluated: u64,
    /// What is wrong with that; `None`: the sample is as it says.
    pub wrong: Option<String>,
}

/// Bytes that a sample may take.
const MEMORY: usize = 64 << 20;

/// Findings of a sample.
#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
    not_evaluated: u64,
}

impl Say for Found {
    fn wants(&mut self, _: &str, _: Severity) -> bool {
        true
    }

    fn say(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn not_evaluated(&mut self, count: u64) {
        self.not_evaluated += count;
    }
}

/// A register of a sample: `{"1": {"balance": "10"}}`.
#[derive(Debug)]
struct Given(HashMap<Box<str>, Columns>);

impl Register for Given {
    fn row(&self, key: &str) -> Option<Columns> {
        self.0.get(key).cloned()
    }
}

fn text(value: &Value) -> Box<str> {
    match value {
        Value::String(text) => text.as_str().into(),
        Value::Null => "".into(),
        value => value.to_string().into(),
    }
}

/// The texts of an object.
fn texts(value: Option<&Value>) -> HashMap<Box<str>, Box<str>> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    members
        .map(|(name, value)| (name.as_str().into(), text(value)))
        .collect()
}

fn registers(value: Option<&Value>) -> HashMap<Box<str>, Arc<dyn Register>> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    let each = members.map(|(name, rows)| {
        let rows = rows.as_object().into_iter().flatten();
        let rows = rows.map(|(key, row)| {
            let columns = row.as_object().into_iter().flatten();
            let columns = columns.map(|(name, value)| (name.as_str().into(), text(value)));
            (key.as_str().into(), columns.collect())
        });
        let register: Arc<dyn Register> = Arc::new(Given(rows.collect()));
        (name.as_str().into(), register)
    });
    each.collect()
}

/// A world without registers and context.
fn plain(rules: &Rules) -> Outside {
    Outside::new(rules.specs(), HashMap::new(), HashMap::new(), None)
}

/// What a sample says of the world: `$document`, `$context`, `$register` and `$today` beside the
/// content. What is compiled was so with `plain`.
fn outside(plain: &Outside, content: &Value) -> Arc<Outside> {
    let today = content.get("$today").and_then(Value::as_str);
    Arc::new(plain.other(
        registers(content.get("$register")),
        texts(content.get("$context")),
        today.and_then(super::day),
    ))
}

fn document(content: &Value, syntax: &str, message: &str) -> Document {
    let said = texts(content.get("$document"));
    let get = |name: &str| said.get(name).cloned().unwrap_or_default();
    Document {
        syntax: syntax.into(),
        origin: Arc::new(Origin {
            file: get("file"),
            archive: get("archive"),
            archive_bytes: get("archive_bytes"),
            archive_entries: get("archive_entries"),
            entry: get("entry"),
        }),
        root: get("root"),
        namespace: get("namespace"),
        encoding: get("encoding"),
        message: message.into(),
    }
}

/// Runs the samples of the rule at `of`: in every message it is about where it is a rule, in the first of
/// each side where it is a join.
pub(crate) fn run(rules: &Rules, of: usize) -> Result<Vec<Outcome>> {
    let held = &rules.held()[of];
    match &held.body {
        Kind::Rule(text) => {
            let mut outcomes = Vec::new();
            for key in expand(&text.messages, rules.specs(), &held.file)? {
                let Some(projection) = projection(rules.specs(), &key)? else {
                    continue;
                };
                let plain = plain(rules);
                let world = World {
                    tables: plain.tables(),
                    functions: rules.functions(),
                };
                let program = Program::new(
                    rules.specs(),
                    rules.held_arc(),
                    &key,
                    projection,
                    &world,
                    Wish::one(of, false),
                )?;
                let Some(program) = program else {
                    continue;
                };
                let program = Shared(Arc::new(program));
                let each = text.pass.iter().map(|sample| (true, sample));
                let each = each.chain(text.fail.iter().map(|sample| (false, sample)));
                for (passes, sample) in each {
                    let mut found = Found::default();
                    one(&plain, &program, sample, &mut found);
                    let message = program.0.message.to_string();
                    outcomes.push(outcome(message, passes, sample, found));
                }
            }
            Ok(outcomes)
        }
        Kind::Join(join) => {
            let each = join.pass.iter().map(|sample| (true, sample));
            let each = each.chain(join.fail.iter().map(|sample| (false, sample)));
            let each = each.map(|(passes, sample)| {
                let found = joined(rules, of, held, sample)?;
                Ok(outcome(held.about().id.to_string(), passes, sample, found))
            });
            each.collect()
        }
    }
}

/// Runs a sample through the rules of a program.
fn one(plain: &Outside, program: &Shared, sample: &Sample, found: &mut Found) {
    let content = sample.content();
    let input = Input::new(
        "",
        &Arc::default(),
        &outside(plain, &content),
        None,
        MEMORY,
        false,
    );
    let input: Arc<dyn WatchInput> = Arc::new(input);
    // An array is the messages of one input.
    let single = std::slice::from_ref(&content);
    let messages = content.get("$messages").and_then(Value::as_array);
    let messages = messages.map_or(single, Vec::as_slice);
    let mut listener = Some(program.listener(&input));
    for content in messages {
        let listener = listener.take().unwrap_or_else(|| program.listener(&input));
        gather_json(
            program.projection(),
            listener,
            &document(content, program.0.syntax.as_str(), &program.0.message),
            content,
            found,
        );
    }
}

fn joined(rules: &Rules, of: usize, held: &Held, sample: &Sample) -> Result<Found> {
    let Kind::Join(join) = &held.body else {
        return Ok(Found::default());
    };
    let together = Arc::new(Together::default());
    let content = sample.content();
    let outside = outside(&plain(rules), &content);
    let mut found = Found::default();
    for side in &join.sides {
        let selectors: &[Selector] = &side.messages;
        let keys = expand(selectors, rules.specs(), &held.file)?;
        let Some(key) = keys.first() else {
            continue;
        };
        let contents = content.get(&*side.name).and_then(Value::as_array);
        let Some(contents) = contents else {
            continue;
        };
        for content in contents {
            let Some(projection) = projection(rules.specs(), key)? else {
                continue;
            };
            let world = World {
                tables: outside.tables(),
                functions: rules.functions(),
            };
            let program = Program::new(
                rules.specs(),
                rules.held_arc(),
                key,
                projection,
                &world,
                Wish::one(of, true),
            )?;
            let Some(program) = program else {
                continue;
            };
            let program = Shared(Arc::new(program));
            let input = Input::new(
                &side.name,
                &Arc::default(),
                &outside,
                Some(&together),
                MEMORY,
                false,
            );
            let input: Arc<dyn WatchInput> = Arc::new(input);
            let document = document(content, program.0.syntax.as_str(), &program.0.message);
            let listener = program.listener(&input);
            gather_json(
                program.projection(),
                listener,
                &document,
                content,
                &mut found,
            );
        }
    }
    let joins = rules.joins(Some(of))?;
    let (findings, not_evaluated) = together.finish(&joins, rules.held(), &outside);
    found
        .findings
        .extend(findings.into_iter().map(|(_, finding)| finding));
    found.not_evaluated += not_evaluated;
    Ok(found)
}

fn outcome(message: String, passes: bool, sample: &Sample, found: Found) -> Outcome {
    let broken: Vec<&Finding> = found
        .findings
        .iter()
        .filter(|finding| finding.code == crate::finding::Code::RULE_BROKEN)
        .collect();
    let paths = || {
        let paths = broken
            .iter()
            .filter_map(|finding| finding.place.path.as_deref());
        paths.collect::<Vec<_>>().join(", ")
    };
    let count = broken.len();
    let trouble = found.findings.len() > count;
    let wrong = match (passes, sample.findings, &sample.at) {
        _ if trouble => Some("the rule cannot be evaluated".to_owned()),
        (true, ..) if count > 0 => Some(format!("it was to pass, and is broken at {}", paths())),
        (true, ..) => None,
        (false, Some(wanted), _) if count != wanted as usize => Some(format!(
            "it was to be found {wanted} times, and was {count} times"
        )),
        (false, None, _) if count == 0 => Some(match found.not_evaluated {
            0 => "it was to be found, and was not".to_owned(),
            _ => "it was to be found, and could not be evaluated".to_owned(),
        }),
        (false, _, Some(at)) if !broken.iter().any(|f| f.place.path.as_deref() == Some(at)) => {
            Some(format!(
                "it was to be found at {at}, and was at {}",
                paths()
            ))
        }
        _ => None,
    };
    Outcome {
        message,
        line: sample.line,
        passes,
        findings: found.findings,
        not_evaluated: found.not_evaluated,
        wrong,
    }
}

/// An error for samples that are not as they say.
pub(crate) fn error(held: &Held, outcome: &Outcome) -> Option<Error> {
    let wrong = outcome.wrong.as_ref()?;
    let what = if outcome.passes { "pass" } else { "fail" };
    let message = format!(
        "rule {}, {what} in {}: {wrong}",
        held.about().id,
        outcome.message
    );
    Some(Error::spec(&*held.file, outcome.line, 3, message))
}
