//! Which messages a rule is about.

use super::text::Selector;
use crate::spec::release::Release;
use crate::spec::{Home, Specs};
use crate::{Error, Result};

/// One edition of one message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// Type, and where it is defined.
    Edifact(Box<str>, Home),
    /// Name and edition.
    Xml(Box<str>, Box<str>),
    Flat(Box<str>),
}

impl Key {
    /// As users write it.
    pub(crate) fn label(&self, specs: &Specs) -> String {
        match self {
            Self::Edifact(message, Home::Edifact(release)) => {
                format!("{message}@{}", specs.releases().name(*release))
            }
            Self::Xml(name, edition) if !edition.is_empty() => format!("{name}@{edition}"),
            Self::Flat(name) => format!("flat {name}"),
            Self::Edifact(name, _) | Self::Xml(name, _) => name.to_string(),
        }
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any characters.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(start) else {
        return false;
    };
    let mut rest = rest;
    while let Some((piece, after)) = rest.split_once('*') {
        match left.find(piece) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
        rest = after;
    }
    left.len() >= rest.len() && left.ends_with(rest)
}

/// Editions are written with or without dots.
fn plain(text: &str) -> String {
    text.replace('.', "").to_ascii_lowercase()
}

impl Selector {
    fn takes(&self, specs: &Specs, key: &Key) -> bool {
        match key {
            Key::Flat(name) => self.flat && fits(&self.name, name),
            Key::Xml(name, edition) => {
                !self.flat
                    && fits(&self.name, name)
                    && self
                        .edition
                        .as_ref()
                        .is_none_or(|of| fits(&plain(of), &plain(edition)))
            }
            Key::Edifact(name, home) => {
                !self.flat
                    && *self.name == **name
                    && match (&self.edition, &self.releases, home) {
                        (None, ..) => true,
                        (Some(_), Some(ranges), Home::Edifact(release)) => {
                            ranges.contains(specs.releases(), *release)
                        }
                        _ => false,
                    }
            }
        }
    }
}

/// Whether a rule with these selectors is about a message.
pub(crate) fn selects(selectors: &[Selector], specs: &Specs, key: &Key) -> bool {
    let mut taken = false;
    for selector in selectors {
        if selector.takes(specs, key) {
            taken = !selector.except;
        }
    }
    taken
}

/// Whether it may be about a message in UN/EDIFACT.
pub(crate) fn may_be_edifact(selectors: &[Selector], specs: &Specs) -> bool {
    let mut taken = selectors.iter().filter(|of| !of.except && !of.flat);
    taken.any(|of| specs.knows_message(&of.name))
}

/// All messages that a rule is about, in the order of the specs.
///
/// # Errors
/// A selector that no message fits: with what is near.
pub(crate) fn expand(selectors: &[Selector], specs: &Specs, file: &str) -> Result<Vec<Key>> {
    let mut all: Vec<Key> = Vec::new();
    for selector in selectors {
        let found = candidates(selector, specs)?;
        if found.is_empty() {
            return Err(unknown(selector, specs, file));
        }
        if !selector.except {
            all.extend(found);
        }
    }
    let mut kept: Vec<Key> = Vec::new();
    for key in all {
        if !kept.contains(&key) && selects(selectors, specs, &key) {
            kept.push(key);
        }
    }
    Ok(kept)
}

fn candidates(selector: &Selector, specs: &Specs) -> Result<Vec<Key>> {
    let mut found = Vec::new();
    if selector.flat {
        let flats = specs.flats()?;
        let names = flats.iter().map(|layout| Key::Flat(layout.message.clone()));
        found.extend(names.filter(|key| selector.takes(specs, key)));
        return Ok(found);
    }
    for head in specs.xml_heads()? {
        let key = Key::Xml(head.name.clone(), head.edition.clone());
        if selector.takes(specs, &key) {
            found.push(key);
        }
    }
    if specs.knows_message(&selector.name) {
        let releases: Vec<Release> = specs.releases().iter().collect();
        for release in releases {
            let home = Home::Edifact(release);
            let key = Key::Edifact(selector.name.clone(), home);
            if selector.takes(specs, &key) && specs.has_message(&selector.name, home, 3) {
                found.push(key);
            }
        }
        let service = Key::Edifact(selector.name.clone(), Home::Service);
        if selector.edition.is_none() && specs.has_message(&selector.name, Home::Service, 4) {
            found.push(service);
        }
    }
    Ok(found)
}

fn unknown(selector: &Selector, specs: &Specs, file: &str) -> Error {
    let mut names: Vec<String> = Vec::new();
    if selector.flat {
        let flats = specs.flats().unwrap_or_default();
        names.extend(flats.iter().map(|layout| layout.message.to_string()));
    } else {
        let heads = specs.xml_heads().unwrap_or_default();
        names.extend(heads.iter().map(|head| match &selector.edition {
            Some(_) => head.id(),
            None => head.name.to_string(),
        }));
        if let Some(newest) = specs.releases().newest() {
            let messages = specs.messages(newest).unwrap_or_default();
            names.extend(messages.into_iter().map(|(name, _)| name.to_string()));
        }
    }
    let said = match &selector.edition {
        Some(edition) => format!("{}@{edition}", selector.name),
        None => selector.name.to_string(),
    };
    let mut message = format!("no message {said:?} is known");
    if selector.edition.is_some() && !selector.flat && specs.knows_message(&selector.name) {
        message = format!(
            "{} is in no release of {:?}; expected releases, as D95B or D95B..D99B",
            selector.name,
            selector.edition.as_deref().unwrap_or("")
        );
        return Error::spec(file, selector.line, selector.column, message);
    }
    let near = crate::near::near(&said, names.iter().map(String::as_str), 3);
    if !near.is_empty() {
        message.push_str("; did you mean ");
        message.push_str(&near.join(", "));
    }
    Error::spec(file, selector.line, selector.column, message)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stand_for_any_letters() {
        assert!(fits("MT14*", "MT1401_9"));
        assert!(fits("*", "MT1401_9"));
        assert!(fits("MT*_9", "MT1401_9"));
        assert!(fits("MT1401_9", "MT1401_9"));
        assert!(!fits("MT*_9", "MT1401_5"));
        assert!(!fits("MT14", "MT1401_9"));
        assert!(!fits("*a*ab", "ab"));
    }
}
