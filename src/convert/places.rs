//! Where what was converted stood in the source.

use std::collections::HashMap;

use super::event::Sink;
use crate::Result;
use crate::finding::Finding;
use crate::span::{LineColumn, Span};

/// Where elements and attributes of a document stood in the source it was converted from, by their
/// paths: `VesselCall/Crew[2]/Rank`, `List/@version`. An index counts from 1 and is left out for the
/// first.
#[derive(Clone, Debug, Default)]
pub struct Places {
    found: HashMap<Box<str>, (Span, LineColumn)>,
}

impl Places {
    /// Where an element or attribute stood.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<(Span, LineColumn)> {
        self.found.get(path).copied()
    }

    /// Where it stood, or else what it would have stood in: its path as far as there was something,
    /// and the place of that.
    #[must_use]
    pub fn nearest<'p>(&self, path: &'p str) -> Option<(&'p str, Span, LineColumn)> {
        let mut path = path;
        loop {
            if let Some((span, at)) = self.get(path) {
                return Some((path, span, at));
            }
            path = path.rsplit_once('/')?.0;
        }
    }

    /// All paths, sorted.
    #[must_use]
    pub fn paths(&self) -> Vec<&str> {
        let mut paths: Vec<&str> = self.found.keys().map(|path| &**path).collect();
        paths.sort_unstable();
        paths
    }
}

/// An element that is open: where its path ends, and how many of each name it has had.
#[derive(Debug, Default)]
struct Open {
    len: usize,
    had: HashMap<Box<str>, u32>,
}

/// Keeps the places of what goes through it to another sink.
pub(super) struct Placing<'p, S> {
    out: S,
    places: &'p mut Places,
    path: String,
    open: Vec<Open>,
    next: (Span, LineColumn),
}

impl<'p, S: Sink> Placing<'p, S> {
    pub(super) fn new(out: S, places: &'p mut Places) -> Self {
        Self {
            out,
            places,
            path: String::new(),
            open: vec![Open::default()],
            next: (Span::at(0), LineColumn::default()),
        }
    }
}

impl<S: Sink> Sink for Placing<'_, S> {
    fn start(&mut self, name: &str, many: bool) -> Result<()> {
        let len = self.path.len();
        if let Some(holder) = self.open.last_mut() {
            let had = holder.had.entry(name.into()).or_default();
            *had += 1;
            let number = *had;
            if len > 0 {
                self.path.push('/');
            }
            self.path.push_str(name);
            if number > 1 {
                self.path.push_str(&format!("[{number}]"));
            }
        }
        self.places
            .found
            .insert(self.path.as_str().into(), self.next);
        let had = HashMap::new();
        self.open.push(Open { len, had });
        self.out.start(name, many)
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        let path = format!("{}/@{name}", self.path);
        self.places.found.insert(path.into(), self.next);
        self.out.attribute(name, value)
    }

    fn text(&mut self, text: &str) -> Result<()> {
        self.out.text(text)
    }

    fn end(&mut self) -> Result<()> {
        if let Some(open) = self.open.pop() {
            self.path.truncate(open.len);
        }
        self.out.end()
    }

    fn comment(&mut self, text: &str) -> Result<()> {
        self.out.comment(text)
    }

    fn instruction(&mut self, text: &str) -> Result<()> {
        self.out.instruction(text)
    }

    fn asks_places(&self) -> bool {
        true
    }

    fn place(&mut self, span: Span, at: LineColumn) {
        self.next = (span, at);
    }

    fn faults(&mut self) -> &mut Vec<Finding> {
        self.out.faults()
    }

    fn finish(&mut self) -> Result<()> {
        self.out.finish()
    }
}
