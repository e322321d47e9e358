//! What rules say of themselves.

use super::Rules;
use super::compile::Class;
use super::select::{Key, expand, selects};
use super::set::{Held, Kind};
use super::text::{Phrase, Sample, Selector};
use crate::Result;
use crate::finding::{Lang, Severity};

/// A rule, as it is listed.
#[derive(Clone, Debug)]
pub struct Info {
    /// Its id.
    pub id: String,
    /// Its title in both languages.
    pub title: (String, String),
    /// Rows of published collections that it enforces.
    pub rows: Vec<String>,
    /// Names of the messages it is about, without editions.
    pub messages: Vec<String>,
    /// Its severity, with what layers change.
    pub severity: Severity,
    /// How much of a message it needs at once.
    pub class: Class,
    /// Whether it is applied.
    pub enforced: bool,
    /// Where it comes from.
    pub sources: Vec<String>,
    /// The code of a receipt that stands for it.
    pub receipt: Option<String>,
    /// First and last day.
    pub valid: (Option<String>, Option<String>),
    /// Remarks.
    pub notes: Vec<String>,
    /// Wordings in English and Chinese, with expressions in braces.
    pub wording: (String, String),
    /// What it is made of, line by line: keyword and text.
    pub parts: Vec<(&'static str, String)>,
    /// Samples that pass and samples that fail.
    pub samples: (Vec<String>, Vec<String>),
    /// File and line.
    pub place: (String, u32),
}

fn text(phrase: &Phrase) -> String {
    phrase.text.clone()
}

fn samples(samples: &[Sample]) -> Vec<String> {
    samples.iter().map(|sample| sample.text.clone()).collect()
}

fn selectors(selectors: &[Selector]) -> String {
    let each = selectors.iter().map(|of| {
        let edition = of
            .edition
            .as_ref()
            .map_or(String::new(), |of| format!("@{of}"));
        let except = if of.except { "!" } else { "" };
        let flat = if of.flat { "flat " } else { "" };
        format!("{except}{flat}{}{edition}", of.name)
    });
    each.collect::<Vec<_>>().join(" ")
}

impl Rules {
    /// The rules, those that are not applied among them: all, or those about a message. `name` is a name
    /// with or without edition, as `DecMessage`, `CUSCAR@D95B`, `flat IFCSUM`.
    ///
    /// # Errors
    /// When a rule is broken.
    pub fn list(&self, name: Option<&str>) -> Result<Vec<Info>> {
        let keys = match name {
            Some(name) => Some(self.keys(name)?),
            None => None,
        };
        let mut all = Vec::new();
        for (of, held) in self.held().iter().enumerate() {
            let about = |key: &Key| match &held.body {
                Kind::Rule(rule) => selects(&rule.messages, self.specs(), key),
                Kind::Join(join) => join
                    .sides
                    .iter()
                    .any(|side| selects(&side.messages, self.specs(), key)),
            };
            if keys.as_ref().is_none_or(|keys| keys.iter().any(about)) {
                all.push(self.info(of, held)?);
            }
        }
        Ok(all)
    }

    /// One rule.
    ///
    /// # Errors
    /// When there is none of that id, with what is near, or it is broken.
    pub fn get(&self, id: &str) -> Result<Info> {
        let of = self.find(id)?;
        self.info(of, &self.held()[of])
    }

    /// Whether there is a rule of that id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.find(id).is_ok()
    }

    /// The ids of all rules, in their order.
    pub fn ids(&self) -> impl Iterator<Item = &str> + '_ {
        self.held().iter().map(|held| &*held.about().id)
    }

    fn keys(&self, name: &str) -> Result<Vec<Key>> {
        let (flat, name) = match name.strip_prefix("flat ") {
            Some(name) => (true, name),
            None => (false, name),
        };
        let (name, edition) = match name.split_once('@') {
            Some((name, edition)) => (name, Some(edition)),
            None => (name, None),
        };
        let selector = |flat| {
            let releases = edition.map(|edition| edition.replace('.', "").to_ascii_uppercase());
            Selector {
                except: false,
                flat,
                name: name.into(),
                edition: edition.map(Box::from),
                releases: releases.map(|release| {
                    use crate::spec::release::{Ranges, Until};
                    Ranges(vec![(release.into(), Until::Same)])
                }),
                line: 1,
                column: 1,
            }
        };
        let found = expand(&[selector(flat)], self.specs(), "");
        match found {
            // A name alone may be that of a flat file.
            Err(_) if !flat => expand(&[selector(true)], self.specs(), "")
                .or_else(|_| expand(&[selector(flat)], self.specs(), ""))
                .map_err(unplaced),
            Ok(mut keys) if !flat => {
                keys.extend(expand(&[selector(true)], self.specs(), "").unwrap_or_default());
                Ok(keys)
            }
            found => found.map_err(unplaced),
        }
    }

    fn info(&self, of: usize, held: &Held) -> Result<Info> {
        let about = held.about();
        let mut messages: Vec<String> = Vec::new();
        let mut parts: Vec<(&'static str, String)> = Vec::new();
        let mut class = Class::Join;
        let mut add = |keys: &[Key]| {
            for key in keys {
                let label = key.label(self.specs());
                let name = label.split('@').next().unwrap_or(&label).to_owned();
                if !messages.contains(&name) {
                    messages.push(name);
                }
            }
        };
        let (pass, fail) = match &held.body {
            Kind::Rule(rule) => {
                let keys = expand(&rule.messages, self.specs(), &held.file)?;
                add(&keys);
                class = Class::Local;
                if let Some(key) = keys.first() {
                    let program = self.compile(key, of, false)?;
                    let found = program.and_then(|program| program.class(of));
                    class = found.unwrap_or(class);
                }
                parts.push(("message", selectors(&rule.messages)));
                parts.extend(rule.at.iter().map(|at| ("at", text(at))));
                for of in &rule.lets {
                    let mut said =
                        format!("{} = {} {}", of.name, of.gathers.as_str(), of.over.text);
                    if let Some(value) = &of.value {
                        said.push_str(": ");
                        said.push_str(&value.text);
                    }
                    if let Some(filter) = &of.filter {
                        said.push_str(" where ");
                        said.push_str(&filter.text);
                    }
                    parts.push(("let", said));
                }
                parts.extend(rule.when.iter().map(|when| ("when", text(when))));
                parts.extend(rule.must.iter().map(|must| ("must", text(must))));
                parts.extend(rule.unique.iter().map(|key| ("unique", text(key))));
                parts.extend(rule.within.iter().map(|within| ("within", within.text())));
                parts.extend(rule.on.iter().map(|on| ("on", text(on))));
                (&rule.pass, &rule.fail)
            }
            Kind::Join(join) => {
                for side in &join.sides {
                    add(&expand(&side.messages, self.specs(), &held.file)?);
                    parts.push(("side", side.name.to_string()));
                    parts.push(("  message", selectors(&side.messages)));
                    parts.extend(side.at.iter().map(|at| ("  at", text(at))));
                    parts.extend(side.when.iter().map(|when| ("  when", text(when))));
                    parts.extend(side.key.iter().map(|key| ("  key", text(key))));
                    let takes = side.takes.iter();
                    parts.extend(
                        takes.map(|(name, of)| ("  take", format!("{name} = {}", of.text))),
                    );
                }
                for (keyword, lacks) in [("missing", &join.missing), ("doubled", &join.doubled)] {
                    let lacks = lacks.iter();
                    parts.extend(lacks.map(|lack| {
                        (
                            keyword,
                            format!("{}  {}", lack.side, lack.severity.as_str()),
                        )
                    }));
                }
                parts.extend(join.when.iter().map(|when| ("when", text(when))));
                parts.extend(join.must.iter().map(|must| ("must", text(must))));
                (&join.pass, &join.fail)
            }
        };
        let owned = |texts: &[Box<str>]| texts.iter().map(|text| text.to_string()).collect();
        let word = |phrase: &Option<Phrase>| {
            let text = phrase.as_ref().map_or("", |phrase| &phrase.text);
            text.replace('\n', " ")
        };
        let day = |day: &Option<Box<str>>| day.as_ref().map(|day| day.to_string());
        Ok(Info {
            id: about.id.to_string(),
            title: (about.title.en.to_string(), about.title.zh.to_string()),
            rows: owned(&about.rows),
            messages,
            severity: held.severity,
            class,
            enforced: !held.disabled,
            sources: owned(&about.sources),
            receipt: about.receipt.as_ref().map(|code| code.to_string()),
            valid: (day(&about.valid.0), day(&about.valid.1)),
            notes: owned(&about.note),
            wording: (word(&about.en), word(&about.zh)),
            parts,
            samples: (samples(pass), samples(fail)),
            place: (held.file.to_string(), about.line),
        })
    }
}

impl Info {
    /// Its title in a language.
    #[must_use]
    pub fn title(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.title.0,
            Lang::Zh => &self.title.1,
        }
    }
}

/// A name of the command line has no place in a file.
fn unplaced(error: crate::Error) -> crate::Error {
    let text = error.to_string();
    let text = text
        .splitn(4, ':')
        .nth(3)
        .unwrap_or(&text)
        .trim()
        .to_owned();
    crate::Error::unknown(text)
}
