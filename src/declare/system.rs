//! A service, as text: what is entered, and what becomes of it.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use crate::spec::model::Label;
use crate::spec::{Specs, near};
use crate::{Error, Result};

/// A service: one entry document, the messages it becomes.
#[derive(Clone, Debug)]
pub struct System {
    /// Its name: `vessel-call`.
    pub name: Box<str>,
    /// Names for people.
    pub label: Label,
    /// The message in XML of which its entry is the JSON form: `VesselCall`.
    pub entry: Said,
    /// Values that whoever sends the messages gives.
    pub params: Vec<Param>,
    /// What it becomes, in order.
    pub messages: Vec<Message>,
    /// Code tables that its fields take values from, for people.
    pub tables: Vec<Box<str>>,
    /// What the messages are checked against where it is at hand.
    pub against: Vec<Against>,
}

/// Something that a file of a service says, and where.
#[derive(Clone, Debug)]
pub struct Said {
    /// What.
    pub text: Box<str>,
    /// The file.
    pub file: Arc<str>,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
}

impl Said {
    pub(super) fn fault(&self, message: impl Into<String>) -> Error {
        Error::spec(&*self.file, self.line, self.column, message)
    }
}

/// A value that whoever sends the messages gives.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name: `sender`.
    pub name: Box<str>,
    /// Names for people.
    pub label: Label,
    /// What it is where none is given; `None`: it must be given.
    pub default: Option<Box<str>>,
}

/// A message that an entry becomes.
#[derive(Clone, Debug)]
pub struct Message {
    /// What its file is named, without extension.
    pub name: Said,
    /// Names for people.
    pub label: Label,
    /// Who gets it, for people.
    pub to: Label,
    /// The map that writes it.
    pub map: Said,
    /// An expression over the entry: without it, or where it is true, the message is written.
    pub when: Option<Said>,
    /// The message is written once for each value of the entry, which is a parameter of the map.
    pub each: Option<Each>,
    /// Parameters of the map, beside those that are given.
    pub params: Vec<(Box<str>, Box<str>)>,
}

/// What a message is written once for.
#[derive(Clone, Debug)]
pub struct Each {
    /// A path of the entry: `Container/Number`.
    pub path: Said,
    /// The map's parameter that its value is.
    pub param: Box<str>,
}

/// What messages are checked against.
#[derive(Clone, Debug)]
pub struct Against {
    /// A message.
    pub message: Box<str>,
    /// By what, for people.
    pub by: Label,
}

/// A file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// In a layer: `new`, `replace` or `extends`.
    layer: Option<Spanned<String>>,
    name: Spanned<String>,
    #[serde(default)]
    en: String,
    #[serde(default)]
    zh: String,
    entry: Option<Spanned<String>>,
    #[serde(default)]
    tables: Vec<String>,
    #[serde(default, rename = "param")]
    params: Vec<ParamText>,
    #[serde(default, rename = "message")]
    messages: Vec<MessageText>,
    #[serde(default)]
    against: Vec<AgainstText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParamText {
    name: String,
    #[serde(default)]
    en: String,
    #[serde(default)]
    zh: String,
    default: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageText {
    name: Spanned<String>,
    #[serde(default)]
    en: String,
    #[serde(default)]
    zh: String,
    #[serde(default)]
    to: LabelText,
    map: Spanned<String>,
    when: Option<Spanned<String>>,
    each: Option<EachText>,
    #[serde(default)]
    params: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EachText {
    path: Spanned<String>,
    param: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgainstText {
    message: String,
    #[serde(default)]
    by: LabelText,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelText {
    #[serde(default)]
    en: String,
    #[serde(default)]
    zh: String,
}

impl From<LabelText> for Label {
    fn from(text: LabelText) -> Self {
        Self {
            en: text.en.into(),
            zh: text.zh.into(),
        }
    }
}

/// A file as it was read, for the places of what it says.
struct Source<'t> {
    file: &'t Arc<str>,
    text: &'t str,
}

impl Source<'_> {
    fn at(&self, offset: usize) -> (u32, u32) {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line as u32, column as u32)
    }

    fn fault(&self, span: &Range<usize>, message: impl Into<String>) -> Error {
        let (line, column) = self.at(span.start);
        Error::spec(&**self.file, line, column, message)
    }

    fn said(&self, text: Spanned<String>) -> Said {
        let (line, column) = self.at(text.span().start);
        Said {
            text: text.into_inner().into(),
            file: self.file.clone(),
            line,
            column,
        }
    }

    fn read(&self) -> Result<File> {
        toml::from_str(self.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            self.fault(&span, error.message())
        })
    }

    fn message(&self, text: MessageText) -> Result<Message> {
        let name = text.name.get_ref();
        if !is_file_name(name) {
            let message = format!(
                "{name:?} names no file: expected small letters, digits and - between them"
            );
            return Err(self.fault(&text.name.span(), message));
        }
        Ok(Message {
            name: self.said(text.name),
            label: Label {
                en: text.en.into(),
                zh: text.zh.into(),
            },
            to: text.to.into(),
            map: self.said(text.map),
            when: text.when.map(|when| self.said(when)),
            each: text.each.map(|each| Each {
                path: self.said(each.path),
                param: each.param.into(),
            }),
            params: text
                .params
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        })
    }
}

/// Whether a name is one of a file everywhere: small letters, digits, hyphens between them.
fn is_file_name(name: &str) -> bool {
    const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];
    let usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let device = |kind: &str| {
        name.strip_prefix(kind)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|c| c.is_ascii_digit()))
    };
    (1..=64).contains(&name.len())
        && name.chars().all(usual)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !RESERVED.contains(&name)
        && !device("com")
        && !device("lpt")
}

/// All services, by name: those that ship and those of layers.
///
/// # Errors
/// When a file is none of a service, or a layer says what it may not: with file, line and column.
pub fn systems(specs: &Specs) -> Result<Vec<System>> {
    let mut found: Vec<System> = Vec::new();
    for (file, text, of_layer) in specs.systems() {
        let source = Source {
            file: &file,
            text: &text,
        };
        take(&mut found, &source, source.read()?, of_layer)?;
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The service of that name.
///
/// # Errors
/// As [`systems`], and when there is none of that name: with those that are near.
pub fn system(specs: &Specs, name: &str) -> Result<System> {
    let mut all = systems(specs)?;
    if let Some(at) = all.iter().position(|system| *system.name == *name) {
        return Ok(all.swap_remove(at));
    }
    let names: Vec<&str> = all.iter().map(|system| &*system.name).collect();
    let near = near(name, names.iter().copied(), 3);
    let known = match near.is_empty() {
        true => format!("there are {}", names.join(", ")),
        false => format!("near are {}", near.join(", ")),
    };
    Err(Error::unknown(format!(
        "no service is called {name:?}; {known}"
    )))
}

fn take(found: &mut Vec<System>, source: &Source<'_>, file: File, of_layer: bool) -> Result<()> {
    let name = file.name.get_ref().clone();
    let held = found.iter().position(|system| *system.name == *name);
    let said = file.layer.as_ref().map(|layer| layer.get_ref().as_str());
    let fault = |message: String| Err(source.fault(&file.name.span(), message));
    let extends = match (of_layer, said, held) {
        (false, None, None) | (true, Some("new"), None) | (true, Some("replace"), Some(_)) => false,
        (true, Some("extends"), Some(_)) => true,
        (true, Some("new"), Some(_)) => {
            return fault(format!(
                "the service {name} is already there; say replace or extends"
            ));
        }
        (true, Some("replace" | "extends"), None) => {
            return fault(format!("there is no service {name} to change; say new"));
        }
        (false, None, Some(_)) => return fault(format!("the service {name} is there twice")),
        (false, Some(_), _) => {
            return fault("what ships is no layer: leave `layer` out".to_owned());
        }
        (true, ..) => {
            let message = "a service of a layer says layer = \"new\", \"replace\" or \"extends\"";
            return fault(message.to_owned());
        }
    };
    let mut messages = Vec::new();
    for text in file.messages {
        messages.push(source.message(text)?);
    }
    let params = file.params.into_iter().map(|text| Param {
        name: text.name.into(),
        label: Label {
            en: text.en.into(),
            zh: text.zh.into(),
        },
        default: text.default.map(Box::from),
    });
    let against = file.against.into_iter().map(|text| Against {
        message: text.message.into(),
        by: text.by.into(),
    });
    let tables = file.tables.into_iter().map(Box::from);
    if let (true, Some(at)) = (extends, held) {
        if let Some(entry) = &file.entry {
            let message = "a layer that extends a service keeps its entry; say replace";
            return Err(source.fault(&entry.span(), message));
        }
        let base = &mut found[at];
        base.params.extend(params);
        base.tables.extend(tables);
        base.against.extend(against);
        for message in messages {
            // One of the same name takes its place.
            match base
                .messages
                .iter_mut()
                .find(|held| held.name.text == message.name.text)
            {
                Some(held) => *held = message,
                None => base.messages.push(message),
            }
        }
        return Ok(());
    }
    for (at, message) in messages.iter().enumerate() {
        if messages[..at]
            .iter()
            .any(|held| held.name.text == message.name.text)
        {
            let text = format!("two messages are called {}", message.name.text);
            return Err(message.name.fault(text));
        }
    }
    let Some(entry) = file.entry else {
        return fault("expected entry = \"…\": the message that is entered".to_owned());
    };
    let system = System {
        name: name.into(),
        label: Label {
            en: file.en.into(),
            zh: file.zh.into(),
        },
        entry: source.said(entry),
        params: params.collect(),
        messages,
        tables: tables.collect(),
        against: against.collect(),
    };
    match held {
        Some(at) => found[at] = system,
        None => found.push(system),
    }
    Ok(())
}
