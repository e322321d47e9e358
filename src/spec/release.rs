//! Directory releases and ranges of them.

use rustc_hash::FxHashMap;

use crate::{Error, Result};

/// A directory release by its place in the list of releases: later ones compare greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Release(u16);

impl Release {
    /// Its index in the list.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The releases of a directory in the order they were published, as `releases.txt` lists them.
#[derive(Clone, Debug, Default)]
pub struct Releases {
    names: Vec<Box<str>>,
    by_name: FxHashMap<Box<str>, Release>,
    codes_from: Vec<Vec<Release>>,
}

impl Releases {
    /// Adds the next release.
    pub(crate) fn push(&mut self, name: &str) -> Release {
        self.names.push(name.into());
        self.codes_from.push(Vec::new());
        let last = u16::try_from(self.names.len() - 1).expect("fewer than 65536 releases");
        self.by_name.entry(name.into()).or_insert(Release(last));
        Release(last)
    }

    /// Says whose code lists stand in for those that `release` was published without.
    pub(crate) fn set_codes_from(&mut self, release: Release, from: Vec<Release>) {
        self.codes_from[release.index()] = from;
    }

    /// The release of that name (`D95B`).
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Release> {
        self.by_name.get(name).copied()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self, release: Release) -> &str {
        &self.names[release.index()]
    }

    /// Releases whose code lists are used for `release`: itself, or the neighbours that stand in
    /// where it was published without code lists.
    #[must_use]
    pub fn codes_of(&self, release: Release) -> Vec<Release> {
        match self.codes_from.get(release.index()) {
            Some(from) if !from.is_empty() => from.clone(),
            _ => vec![release],
        }
    }

    /// Ranges with their releases looked up.
    pub(crate) fn spans(&self, ranges: &Ranges) -> Spans {
        let span = |(from, until): &(Box<str>, Until)| {
            let from = self.find(from)?;
            let to = match until {
                Until::Same => from,
                Until::Open => Release(u16::MAX),
                Until::Release(to) => self.find(to)?,
            };
            Some((from, to))
        };
        Spans(ranges.0.iter().filter_map(span).collect())
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Release> + ExactSizeIterator + use<> {
        (0..self.names.len() as u16).map(Release)
    }

    /// The newest.
    #[must_use]
    pub fn newest(&self) -> Option<Release> {
        self.iter().next_back()
    }
}

/// Ranges of releases as text writes them: `D93A..D96B`, `D97A..`, `D96A`, joined by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges(pub Vec<(Box<str>, Until)>);

/// The end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Until {
    /// One release only.
    Same,
    /// That release, included.
    Release(Box<str>),
    /// The newest and those to come.
    Open,
}

impl Ranges {
    /// Whether `release` lies in one of the ranges. Unknown names hold nothing.
    #[must_use]
    pub fn contains(&self, releases: &Releases, release: Release) -> bool {
        self.0.iter().any(|(from, until)| {
            let Some(from) = releases.find(from) else {
                return false;
            };
            match until {
                Until::Same => from == release,
                Until::Open => from <= release,
                Until::Release(to) => {
                    from <= release && releases.find(to).is_some_and(|to| release <= to)
                }
            }
        })
    }

    /// The first name in it that is not a release.
    pub(crate) fn unknown<'a>(&'a self, releases: &Releases) -> Option<&'a str> {
        self.0.iter().find_map(|(from, until)| {
            if releases.find(from).is_none() {
                return Some(&**from);
            }
            match until {
                Until::Release(to) if releases.find(to).is_none() => Some(to),
                _ => None,
            }
        })
    }
}

/// Ranges whose releases were looked up once ([`Releases::spans`]): first and last of each. They hold
/// for releases that come later as well.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Spans(Box<[(Release, Release)]>);

impl Spans {
    /// Whether `release` lies in one of them.
    pub(crate) fn contain(&self, release: Release) -> bool {
        let mut spans = self.0.iter();
        spans.any(|(from, to)| *from <= release && release <= *to)
    }
}

/// A message and its release as users write it: `CUSCAR@D95B`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageName {
    /// Message type.
    pub message: Box<str>,
    /// Release, when given.
    pub release: Option<Box<str>>,
}

impl std::str::FromStr for MessageName {
    type Err = Error;

    /// Reads `CUSCAR@D95B`, `CUSCAR@D.95B`, `cuscar@d95b` or `CUSCAR`.
    fn from_str(text: &str) -> Result<Self> {
        let (message, release) = match text.split_once('@') {
            Some((message, release)) => (message, Some(release)),
            None => (text, None),
        };
        if message.is_empty() || release.is_some_and(str::is_empty) {
            return Err(Error::unknown(format!(
                "{text:?} is not MESSAGE@RELEASE, as in CUSCAR@D95B"
            )));
        }
        Ok(Self {
            message: message.to_ascii_uppercase().into(),
            release: release.map(|r| r.replace('.', "").to_ascii_uppercase().into()),
        })
    }
}

impl std::fmt::Display for MessageName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        if let Some(release) = &self.release {
            write!(f, "@{release}")?;
        }
        Ok(())
    }
}
