//! Facts from an XML document: a handler that stands beside the validator.

use std::sync::Arc;

use super::outline::ANYTHING;
use super::{Document, Gathering, ROOT, Say, WantedId, Wants, WatchInput, What};
use crate::expr::Spot;
use crate::finding::{Finding, Severity};
use crate::xml::{Handler, Scene, Start};

impl Say for Scene<'_, '_> {
    fn wants(&mut self, rule: &str, severity: Severity) -> bool {
        self.tally.count_rule(rule, severity)
    }

    fn say(&mut self, mut finding: Finding) {
        finding.place.message_type.clone_from(self.message_type);
        finding.excerpt = self.excerpt_of(finding.span).map(Box::new);
        self.tally.send(finding);
    }

    fn not_evaluated(&mut self, count: u64) {
        self.tally.rules.not_evaluated += count;
    }
}

/// An element that is open and wanted.
#[derive(Clone, Copy, Debug)]
struct Frame {
    wanted: WantedId,
    /// It holds a value and nothing beside: it becomes a fact when it ends.
    bare: bool,
    /// Where its text begins in the buffer, in the input, and how long it is there.
    text: usize,
    at: u64,
    len: u64,
    has_text: bool,
}

/// The children that are wanted of one element, by the symbols of their names.
type Children = Vec<(u32, WantedId)>;
/// The attributes that are wanted of one element, by name.
type Attributes = Box<[(Box<str>, WantedId)]>;

/// Gathers from one document.
pub(crate) struct XmlGatherer {
    gathering: Gathering,
    document: Document,
    input: Arc<dyn WatchInput>,
    /// Names of what is wanted, each once.
    symbols: Vec<Box<str>>,
    children: Vec<Children>,
    /// The attributes that are wanted of each, without `@`.
    attributes: Vec<Attributes>,
    /// Of each, what takes elements that its spec does not name.
    wildcards: Vec<Option<WantedId>>,
    /// By the number of a name in the document: its symbol, counted from 2; 1 is none of them, 0 not
    /// known yet.
    by_name: Vec<u32>,
    frames: Vec<Frame>,
    /// Open elements inside one that is not wanted.
    skipped: u32,
    text: String,
}

impl XmlGatherer {
    pub(crate) fn new(wants: &dyn Wants, input: &Arc<dyn WatchInput>, document: Document) -> Self {
        let projection = wants.projection().clone();
        let mut symbols: Vec<Box<str>> = Vec::new();
        let mut children: Vec<Children> = Vec::with_capacity(projection.len());
        let mut attributes = Vec::with_capacity(projection.len());
        let mut wildcards = vec![None; projection.len()];
        for id in 0..projection.len() as WantedId {
            let (mut own, mut beside) = (Vec::new(), Vec::new());
            for child in &projection.wanted(id).children {
                let of = projection.wanted(*child);
                if of.attribute {
                    beside.push((of.name[1..].into(), *child));
                    continue;
                }
                if &*of.name == ANYTHING {
                    wildcards[id as usize] = Some(*child);
                    continue;
                }
                let symbol = symbols.iter().position(|held| *held == of.name);
                let symbol = symbol.unwrap_or_else(|| {
                    symbols.push(of.name.clone());
                    symbols.len() - 1
                });
                own.push((symbol as u32 + 2, *child));
            }
            children.push(own);
            attributes.push(beside.into());
        }
        Self {
            gathering: Gathering::new(projection, wants.listener(input)),
            document,
            input: input.clone(),
            symbols,
            children,
            attributes,
            wildcards,
            by_name: Vec::new(),
            frames: Vec::new(),
            skipped: 0,
            text: String::new(),
        }
    }

    /// What an element is that begins inside `around`.
    #[inline]
    fn find(&mut self, around: WantedId, start: &Start<'_>) -> Option<WantedId> {
        let id = start.id.0 as usize;
        let symbol = match self.by_name.get(id) {
            Some(symbol) if *symbol != 0 => *symbol,
            _ => self.symbol(id, start.local()),
        };
        let children = &self.children[around as usize];
        let found = children.iter().find(|(of, _)| *of == symbol);
        match found {
            Some((_, child)) => Some(*child),
            None => self.anything(around, start.local()),
        }
    }

    /// What stands where the spec leaves open what may stand, if that is wanted.
    fn anything(&self, around: WantedId, local: &str) -> Option<WantedId> {
        let wildcard = self.wildcards[around as usize]?;
        let mut named = self.gathering.projection().may_hold(around);
        (!named.any(|name| name == local)).then_some(wildcard)
    }

    #[cold]
    fn symbol(&mut self, id: usize, local: &str) -> u32 {
        /// Numbers of names remembered at most.
        const MOST: usize = 1 << 20;
        let found = self.symbols.iter().position(|name| **name == *local);
        let symbol = found.map_or(1, |at| at as u32 + 2);
        if id < MOST {
            if self.by_name.len() <= id {
                self.by_name.resize(id + 1, 0);
            }
            self.by_name[id] = symbol;
        }
        symbol
    }

    fn spot(scene: &Scene<'_, '_>, at: u64, len: u64) -> Spot {
        let place = scene.remember(at, len);
        Spot {
            span: place.span,
            at: place.at,
        }
    }

    fn frame(&mut self, wanted: WantedId, bare: bool) {
        self.frames.push(Frame {
            wanted,
            bare,
            text: self.text.len(),
            at: 0,
            len: 0,
            has_text: false,
        });
    }

    fn has_attributes(&self, wanted: WantedId) -> bool {
        !self.attributes[wanted as usize].is_empty()
    }

    fn begin(&mut self, wanted: WantedId, start: &Start<'_>, scene: &mut Scene<'_, '_>) {
        let what = self.gathering.projection().wanted(wanted).what;
        if what != What::Record && !self.has_attributes(wanted) {
            self.frame(wanted, true);
            return;
        }
        let (at, len) = start.place();
        self.gathering.open(wanted, Self::spot(scene, at, len));
        self.attributes(wanted, start, scene);
        self.frame(wanted, false);
    }

    fn attributes(&mut self, wanted: WantedId, start: &Start<'_>, scene: &mut Scene<'_, '_>) {
        if start.attributes.is_empty() {
            return;
        }
        for (name, child) in &self.attributes[wanted as usize] {
            let found = start
                .attributes
                .iter()
                .find(|held| *start.attribute_name(held) == **name);
            if let Some(held) = found {
                let value = start.value(held);
                let spot = Self::spot(scene, start.value_at(held), value.len() as u64);
                self.gathering.value(*child, value, spot, scene);
            }
        }
    }

    fn value(&mut self, wanted: WantedId, text: &str, spot: Spot, scene: &mut Scene<'_, '_>) {
        let what = self.gathering.projection().wanted(wanted).what;
        let text = if what == What::Number {
            text.trim_matches([' ', '\t', '\r', '\n'])
        } else {
            text
        };
        self.gathering.value(wanted, text, spot, scene);
    }
}

impl Handler for XmlGatherer {
    fn start(&mut self, start: &Start<'_>, scene: &mut Scene<'_, '_>) {
        if self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        let Some(around) = self.frames.last().map(|frame| frame.wanted) else {
            let (at, len) = start.place();
            self.document.root = start.local().into();
            self.document.namespace = start.namespace().into();
            let spot = Self::spot(scene, at, len);
            self.gathering.begin(&self.document, spot);
            self.attributes(ROOT, start, scene);
            self.frame(ROOT, false);
            return;
        };
        match self.find(around, start) {
            Some(wanted) => self.begin(wanted, start, scene),
            None => self.skipped = 1,
        }
    }

    fn leaf(
        &mut self,
        start: &Start<'_>,
        text: &str,
        at: u64,
        end: u64,
        scene: &mut Scene<'_, '_>,
    ) {
        if self.skipped > 0 {
            return;
        }
        if let Some(around) = self.frames.last().map(|frame| frame.wanted) {
            let Some(wanted) = self.find(around, start) else {
                return;
            };
            let what = self.gathering.projection().wanted(wanted).what;
            if what != What::Record && !self.has_attributes(wanted) {
                let spot = Self::spot(scene, at, text.len() as u64);
                self.value(wanted, text, spot, scene);
                return;
            }
        }
        self.start(start, scene);
        if !text.is_empty() {
            self.text(text, at, text.len() as u64, scene);
        }
        self.end(end, start.name().len() as u64 + 3, scene);
    }

    fn text(&mut self, text: &str, at: u64, len: u64, _: &mut Scene<'_, '_>) {
        if self.skipped > 0 {
            return;
        }
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        if self.gathering.projection().wanted(frame.wanted).what == What::Record {
            return;
        }
        if !frame.has_text {
            (frame.has_text, frame.at) = (true, at);
        }
        frame.len = at + len - frame.at;
        self.text.push_str(text);
    }

    fn end(&mut self, at: u64, len: u64, scene: &mut Scene<'_, '_>) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let text = std::mem::take(&mut self.text);
        let own = &text[frame.text..];
        if frame.bare {
            let (at, len) = if frame.has_text {
                (frame.at, frame.len)
            } else {
                (at, len)
            };
            let spot = Self::spot(scene, at, len);
            self.value(frame.wanted, own, spot, scene);
        } else {
            if !own.is_empty() {
                let what = self.gathering.projection().wanted(frame.wanted).what;
                let own = if what == What::Number {
                    own.trim()
                } else {
                    own
                };
                self.gathering.set_text(own);
            }
            self.gathering.close(scene);
        }
        self.text = text;
        self.text.truncate(frame.text);
    }

    /// What a document that breaks off holds is judged as far as it goes.
    fn finish(&mut self, complete: bool, scene: &mut Scene<'_, '_>) {
        if complete {
            self.gathering.end(scene);
        }
        self.input.finish(scene);
    }
}
