//! An entry document: JSON as it was filled in, and the XML that maps and rules read.

use serde_json::Value;

use crate::convert::{Converter, Options, Places};
use crate::finding::{Code, Excerpt, Finding, Place, Sink, Syntax};
use crate::span::{LineColumn, Span};
use crate::spec::Specs;
use crate::{Error, Result};

/// Characters of an excerpt before and behind what it is about, and of that itself.
const AROUND: usize = 80;
const INSIDE: usize = 160;

/// An entry that was read.
#[derive(Debug)]
pub(super) struct Entry<'b> {
    /// As it was filled in.
    pub(super) json: &'b [u8],
    /// The same as XML.
    pub(super) xml: Vec<u8>,
    places: Places,
    /// The name of its root, as far as it has one.
    pub(super) root: Box<str>,
}

impl<'b> Entry<'b> {
    /// Reads an entry; what is wrong with it as JSON goes to `sink`.
    pub(super) fn read(json: &'b [u8], specs: &Specs, sink: &mut dyn Sink) -> Result<Self> {
        let first = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
        if matches!(first.trim_ascii_start().first(), Some(b'<' | b'[')) {
            return Err(Error::misuse(
                "an entry is an object of JSON; `baowen convert --to json` makes one from XML",
            ));
        }
        let mut xml = Vec::new();
        let mut broken = false;
        let mut told = |mut finding: Finding| {
            // An entry is one object: what is wrong behind the first mistake follows from it.
            if broken {
                return;
            }
            broken = finding.code == Code::JSON_SYNTAX;
            finding.excerpt = excerpt(json, finding.span);
            sink.finding(finding);
        };
        let converter = Converter::new(specs, Options::default());
        let (_, places) = converter.json_places(json, &mut xml, &mut told)?;
        let paths = places.paths();
        let root = paths
            .first()
            .map_or("", |path| path.split('/').next().unwrap_or(""));
        let root = root.into();
        Ok(Self {
            json,
            xml,
            places,
            root,
        })
    }

    /// What its root holds; `None` where it is no JSON.
    pub(super) fn content(&self) -> Option<Value> {
        let json = self.json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(self.json);
        let mut whole: Value = serde_json::from_slice(json).ok()?;
        whole.get_mut(&*self.root).map(Value::take)
    }

    /// A finding about the XML as one about the entry: its path tells where that is.
    pub(super) fn put(&self, finding: &mut Finding) {
        finding.syntax = Syntax::Json;
        let path = finding.place.path.clone().unwrap_or_default();
        let (span, at) = self.at(&path);
        finding.span = span;
        finding.at = at;
        finding.excerpt = excerpt(self.json, span);
    }

    /// A finding about a message as one about a field of the entry, by its path from the root's children
    /// on.
    pub(super) fn tell_of(&self, finding: &mut Finding, path: &str, message: &str) {
        let path = match path {
            "" => self.root.to_string(),
            path => format!("{}/{path}", self.root),
        };
        finding.place = Place {
            message_type: Some(message.into()),
            path: Some(path.into()),
            ..Place::default()
        };
        self.put(finding);
    }

    /// The first place, with its indexes, of a path without, from the root's children on.
    pub(super) fn first(&self, path: &str) -> String {
        let root = format!("{}/", self.root);
        let inside = |of: &&&str| {
            of.strip_prefix(&*root)
                .is_some_and(|rest| super::origin::plain(rest) == path)
        };
        let paths = self.places.paths();
        let first = paths.iter().filter(inside).min_by_key(|of| self.at(of).0);
        first.map_or(path, |of| &of[root.len()..]).to_owned()
    }

    /// How many there are of a path without indexes.
    pub(super) fn count(&self, path: &str) -> usize {
        let root = format!("{}/", self.root);
        let paths = self.places.paths();
        let inside = |of: &&&str| {
            of.strip_prefix(&*root)
                .is_some_and(|rest| super::origin::plain(rest) == path)
        };
        paths.iter().filter(inside).count()
    }

    /// Where something of a path stands, or else what it would stand in.
    pub(super) fn at(&self, path: &str) -> (Span, LineColumn) {
        match self.places.nearest(path) {
            Some((_, span, at)) => (span, at),
            None => (Span::at(0), LineColumn { line: 1, column: 1 }),
        }
    }
}

/// The text around a span.
fn excerpt(input: &[u8], span: Span) -> Option<Box<Excerpt>> {
    let start = usize::try_from(span.start).ok()?;
    let (before, rest) = input.split_at_checked(start)?;
    let line = before.iter().rposition(|byte| *byte == b'\n');
    let before = String::from_utf8_lossy(&before[line.map_or(0, |at| at + 1)..]);
    let end = rest.iter().position(|byte| *byte == b'\n');
    let rest = &rest[..end.unwrap_or(rest.len())];
    let len = usize::try_from(span.len).ok()?.min(rest.len());
    let (inside, after) = rest.split_at(len);
    let inside = String::from_utf8_lossy(inside);
    let after = String::from_utf8_lossy(after);
    let after = after.trim_end_matches('\r');
    let left_out = before.chars().count().saturating_sub(AROUND);
    let head = |text: &str, most: usize| -> (Box<str>, bool) {
        let kept: String = text.chars().take(most).collect();
        let cut = kept.len() < text.len();
        (kept.into(), cut)
    };
    let (inside, cut_inside) = head(&inside, INSIDE);
    let (after, cut_after) = head(after, AROUND);
    Some(Box::new(Excerpt {
        before: before.chars().skip(left_out).collect::<String>().into(),
        inside,
        after,
        cut_before: left_out > 0,
        cut_inside,
        cut_after,
    }))
}
