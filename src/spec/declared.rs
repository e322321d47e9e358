//! Which directory a message means, from S009 of its header (ISO 9735 UNH), with the tolerance
//! that real traffic needs.

use super::{Home, Specs};

/// What a message header says of its definition, or a user instead of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Declared {
    pub(crate) message: String,
    pub(crate) version: String,
    pub(crate) release: String,
    pub(crate) agency: String,
}

/// The definition that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// That one; `.1` says whether it was written in an unusual way.
    Home(Home, bool),
    /// The directory is known, the message is not in it.
    UnknownMessage(String),
    /// The directory is not known.
    UnknownRelease(String),
}

impl Declared {
    /// As it was written, for people.
    pub(crate) fn written(&self) -> String {
        let mut text = format!("{}:{}", self.version, self.release);
        if !self.agency.is_empty() {
            text.push(':');
            text.push_str(&self.agency);
        }
        text
    }
}

/// The year and letter of a directory in some text: `96A`, `D96A`, `D.96A`.
fn directory(text: &str) -> Option<String> {
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '.')
        .collect();
    let text = text.to_ascii_uppercase();
    let text = text.strip_prefix(['D', 'S']).unwrap_or(&text);
    let fits = text.len() == 3
        && text.as_bytes()[..2].iter().all(u8::is_ascii_digit)
        && text.as_bytes()[2].is_ascii_uppercase();
    fits.then(|| format!("D{text}"))
}

/// Chooses the definition of a message.
pub(crate) fn choose(specs: &Specs, declared: &Declared) -> Choice {
    let message = declared.message.trim();
    let in_edifact = |name: &str| {
        let release = specs.releases().find(name)?;
        let held = specs.has_message(message, Home::Edifact(release), 4);
        Some((release, held))
    };
    // The usual way, then the release where it is, then where it should not be.
    let usual = declared.version == "D" && declared.release.len() == 3;
    let candidates = [directory(&declared.release), directory(&declared.version)];
    for name in candidates.iter().flatten() {
        match in_edifact(name) {
            Some((release, true)) => return Choice::Home(Home::Edifact(release), !usual),
            Some((_, false)) if specs.has_message(message, Home::Service, 4) => break,
            Some((_, false)) => return Choice::UnknownMessage(name.clone()),
            None => {}
        }
    }
    // A layer may name its releases as it likes.
    let own = format!("{}{}", declared.version.trim(), declared.release.trim());
    if let Some((release, true)) = in_edifact(&own) {
        return Choice::Home(Home::Edifact(release), false);
    }
    if specs.has_message(message, Home::Service, 4) {
        return Choice::Home(Home::Service, false);
    }
    Choice::UnknownRelease(
        candidates
            .into_iter()
            .flatten()
            .next()
            .unwrap_or_else(|| declared.written()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_headers() {
        let specs = Specs::base();
        let choose = |message: &str, version: &str, release: &str| {
            let declared = Declared {
                message: message.to_owned(),
                version: version.to_owned(),
                release: release.to_owned(),
                agency: String::new(),
            };
            match super::choose(&specs, &declared) {
                Choice::Home(Home::Edifact(release), unusual) => {
                    format!(
                        "{}{}",
                        specs.releases().name(release),
                        if unusual { "?" } else { "" }
                    )
                }
                Choice::Home(Home::Service, _) => "service".to_owned(),
                Choice::UnknownMessage(release) => format!("no message in {release}"),
                Choice::UnknownRelease(release) => format!("no release {release}"),
            }
        };
        assert_eq!(choose("CUSCAR", "D", "95B"), "D95B");
        assert_eq!(choose("ORDERS", "D", " 96A"), "D96A?");
        assert_eq!(choose("ORDERS", "93A", "D"), "D93A?");
        assert_eq!(choose("ORDERS", "S", "93A"), "D93A?");
        assert_eq!(choose("ORDERS", "4", "04B"), "D04B?");
        assert_eq!(choose("CONTRL", "D", "3"), "service");
        assert_eq!(choose("CONTRL", "D", "96A"), "service");
        assert_eq!(choose("AUTACK", "4", "1"), "service");
        assert_eq!(choose("PNRGOV", "11", "1"), "no release 11:1");
        assert_eq!(choose("NOSUCH", "D", "96A"), "no message in D96A");
        assert_eq!(choose("ORDERS", "D", "92A"), "no release D92A");
    }
}
