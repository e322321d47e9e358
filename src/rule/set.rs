//! The rules in force: those of the base and of layers, what layers change, what options choose.

use std::collections::HashMap;
use std::sync::Arc;

use super::join_text::JoinText;
use super::text::{About, Body, RuleText, Verb, parse};
use crate::finding::Severity;
use crate::near::near;
use crate::spec::{RuleFile, Specs};
use crate::{Error, Result};

/// A rule in force.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) file: Arc<str>,
    /// The file without folder and extension: a name for `--rules`.
    pub(crate) set: Box<str>,
    pub(crate) body: Kind,
    pub(crate) severity: Severity,
    /// It is not of the base: mistakes in it are looked for at once.
    pub(crate) own: bool,
    /// An option or a layer has taken it out.
    pub(crate) disabled: bool,
}

/// The kinds of rules.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Rule(Arc<RuleText>),
    Join(Arc<JoinText>),
}

impl Held {
    pub(crate) fn about(&self) -> &About {
        match &self.body {
            Kind::Rule(rule) => &rule.about,
            Kind::Join(join) => &join.about,
        }
    }
}

/// Which rules are applied.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// `base` (those that ship and those of layers), the name of a file of rules (`manifest`), or the path
    /// of a file of your own. Empty: `base`.
    pub sets: Vec<String>,
    /// Ids of rules that are not applied.
    pub disable: Vec<String>,
    /// The day for which rules are chosen, `CCYY-MM-DD`. Without, those that have an end are left out.
    pub on: Option<String>,
}

/// Rules by id, in their order.
#[derive(Debug, Default)]
struct Set {
    rules: Vec<Held>,
    by_id: HashMap<Box<str>, usize>,
}

impl Set {
    fn add_file(&mut self, of: &RuleFile) -> Result<()> {
        let file: Arc<str> = of.file.clone();
        for entry in parse(&file, &of.text)? {
            let fault = |message: String| Error::spec(&*file, entry.line, 1, message);
            let body = match entry.body {
                Body::Rule(rule) => Kind::Rule(Arc::from(rule)),
                Body::Join(join) => Kind::Join(Arc::from(join)),
                Body::Disable(id) => {
                    let at = self.find(&id).map_err(fault)?;
                    self.rules[at].disabled = true;
                    continue;
                }
                Body::Severity(id, severity) => {
                    let at = self.find(&id).map_err(fault)?;
                    self.rules[at].severity = severity;
                    continue;
                }
            };
            let held = Held {
                file: file.clone(),
                set: of.name.clone(),
                severity: Severity::Error,
                own: of.layer > 0,
                disabled: false,
                body,
            };
            let severity = held.about().severity.unwrap_or(Severity::Error);
            let held = Held { severity, ..held };
            let id = held.about().id.clone();
            match (self.by_id.get(&id), entry.verb) {
                (Some(at), Some(Verb::Replace)) => self.rules[*at] = held,
                (Some(at), _) => {
                    let other = &self.rules[*at];
                    return Err(fault(format!(
                        "rule {id} is already there ({}:{}); say replace",
                        other.file,
                        other.about().line
                    )));
                }
                (None, Some(Verb::Replace)) => {
                    return Err(fault(format!("{}; say new", self.unknown(&id))));
                }
                (None, _) => {
                    self.by_id.insert(id, self.rules.len());
                    self.rules.push(held);
                }
            }
        }
        Ok(())
    }

    fn find(&self, id: &str) -> std::result::Result<usize, String> {
        self.by_id.get(id).copied().ok_or_else(|| self.unknown(id))
    }

    fn unknown(&self, id: &str) -> String {
        let mut message = format!("there is no rule {id}");
        let near = near(id, self.by_id.keys().map(|id| &**id), 3);
        if !near.is_empty() {
            message.push_str("; did you mean ");
            message.push_str(&near.join(", "));
        }
        message
    }
}

/// The rules in force, those that are taken out among them.
///
/// # Errors
/// A file that cannot be read or is broken, a set or an id that is not known.
pub(crate) fn load(specs: &Specs, choice: &Choice) -> Result<Vec<Held>> {
    let files = specs.rule_files();
    let mut set = Set::default();
    for file in &files {
        set.add_file(file)?;
    }
    let mut own: Vec<Box<str>> = Vec::new();
    let is_set = |name: &str| {
        let inside =
            |file: &&RuleFile| *file.name == *name || file.name.starts_with(&format!("{name}/"));
        files.iter().any(|file| inside(&file))
    };
    for name in &choice.sets {
        if matches!(name.as_str(), "base" | "none") || is_set(name) {
            continue;
        }
        let path = std::path::Path::new(name);
        if !path.exists() {
            return Err(unknown_set(name, &files));
        }
        let text = std::fs::read_to_string(path).map_err(|error| Error::io(path, error))?;
        set.add_file(&RuleFile {
            layer: u32::MAX,
            file: name.as_str().into(),
            name: name.as_str().into(),
            text: text.into(),
        })?;
        own.push(name.as_str().into());
    }
    for id in &choice.disable {
        let at = set.find(id).map_err(Error::unknown)?;
        set.rules[at].disabled = true;
    }
    let all = choice.sets.is_empty() || choice.sets.iter().any(|name| name == "base");
    for held in &mut set.rules {
        let chosen = all
            || own.contains(&held.set)
            || choice
                .sets
                .iter()
                .any(|name| *held.set == **name || held.set.starts_with(&format!("{name}/")));
        let (from, to) = &held.about().valid;
        let in_force = match &choice.on {
            // Days compare as text does.
            Some(on) => {
                from.as_ref().is_none_or(|from| **from <= **on)
                    && to.as_ref().is_none_or(|to| **on <= **to)
            }
            None => to.is_none(),
        };
        held.disabled |= !chosen || !in_force;
    }
    Ok(set.rules)
}

fn unknown_set(name: &str, files: &[RuleFile]) -> Error {
    let mut names: Vec<&str> = files.iter().map(|file| &*file.name).collect();
    names.extend(["base", "none"]);
    let near = near(name, names.iter().copied(), 3);
    let mut message =
        format!("no rules {name:?}: expected base, none, the name of a set, or a file of rules");
    if !near.is_empty() {
        message.push_str("; did you mean ");
        message.push_str(&near.join(", "));
    }
    Error::unknown(message)
}
