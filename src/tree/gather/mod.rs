//! The values that rules and maps ask for, gathered from a message of any syntax while it is read.
//!
//! A [`Projection`] says what is wanted. A gatherer of the syntax tells a [`Gathering`] what it meets of
//! it, which builds [`Facts`] and tells a [`Listener`] when something it watches begins and ends. What
//! nobody further out wants is given back when it ends, so that a message of any length needs little
//! memory. This room knows no rule and no map.

mod groups;
mod json;
mod outline;
mod projection;
mod records;
mod segments;
mod xml;

use std::sync::Arc;

use crate::Result;
use crate::expr::{Facts, Mark, NodeId, Spot};
use crate::finding::{Finding, Severity};
use crate::spec::{Home, flat, xml as xml_spec};

pub use json::gather_json;
pub(crate) use outline::What;
pub use projection::{DOCUMENT, DOCUMENT_FIELDS, Projection, ROOT, WantedId};
pub(crate) use records::{RecordGatherer, RecordPlan};
pub(crate) use segments::{SegmentGatherer, SegmentPlan};
pub(crate) use xml::XmlGatherer;

/// Where an input comes from, in the words that rules see; each is empty where nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Name of the file, without folders.
    pub file: Box<str>,
    /// Name of the archive it lies in, without folders.
    pub archive: Box<str>,
    /// Length of the archive in bytes, as a number.
    pub archive_bytes: Box<str>,
    /// How many files and folders the archive holds, as a number.
    pub archive_entries: Box<str>,
    /// Name of the file inside the archive, with its folders.
    pub entry: Box<str>,
}

/// What is known of a document beside its message: the fields of `document`.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// `edifact`, `xml`, `flat` or `json`.
    pub syntax: Box<str>,
    /// Where it comes from.
    pub origin: Arc<Origin>,
    /// Name of the root element.
    pub root: Box<str>,
    /// Its namespace.
    pub namespace: Box<str>,
    /// The character encoding that holds.
    pub encoding: Box<str>,
    /// Name and edition of the message, as `CUSCAR@D95B`.
    pub message: Box<str>,
}

impl Document {
    fn field(&self, name: &str) -> &str {
        match name {
            "syntax" => &self.syntax,
            "file" => &self.origin.file,
            "archive" => &self.origin.archive,
            "archive_bytes" => &self.origin.archive_bytes,
            "archive_entries" => &self.origin.archive_entries,
            "entry" => &self.origin.entry,
            "root" => &self.root,
            "namespace" => &self.namespace,
            "encoding" => &self.encoding,
            _ => &self.message,
        }
    }
}

/// A message that was recognised.
#[derive(Clone, Copy, Debug)]
pub enum Known<'m> {
    /// In UN/EDIFACT: its type, where it is defined, and the syntax version.
    Edifact(&'m str, Home, u8),
    /// In XML: its definition.
    Xml(&'m Arc<xml_spec::Message>),
    /// A flat file.
    Flat(&'m Arc<flat::Layout>),
}

/// Where what a listener finds goes.
pub trait Say {
    /// Whether another finding of this rule would still be shown; one that is not is counted.
    fn wants(&mut self, rule: &str, severity: Severity) -> bool;
    /// Takes a finding that was wanted.
    fn say(&mut self, finding: Finding);
    /// Counts what could not be evaluated.
    fn not_evaluated(&mut self, count: u64);
}

/// What is told of the facts of a message.
pub struct Told<'f> {
    /// What was wanted.
    pub projection: &'f Projection,
    /// The values so far.
    pub facts: &'f Facts,
    /// Root of the message.
    pub root: NodeId,
    /// Where it stands.
    pub root_spot: Spot,
    /// The document around it.
    pub document: NodeId,
    /// What begins or ends.
    pub wanted: WantedId,
    /// Its node.
    pub node: NodeId,
    /// Its number in the message, where segments or records are numbered.
    pub number: Option<u64>,
    /// Whether facts were given back that should have stayed, as memory has a limit.
    pub cut: bool,
}

impl Told<'_> {
    /// Whether the document is XML, whose paths begin with the root.
    #[must_use]
    pub fn is_xml(&self) -> bool {
        self.projection
            .find(DOCUMENT, "syntax")
            .map(|id| self.projection.wanted(id).slot)
            .and_then(|slot| self.facts.first(self.document, slot))
            .is_some_and(|node| self.facts.text(node) == "xml")
    }
}

/// Who is told when something watched begins and ends.
pub trait Listener {
    /// A message begins.
    fn begin(&mut self) {}
    /// Bytes that facts of one message may take; past them lists are no longer kept.
    fn memory(&self) -> usize {
        64 << 20
    }
    /// Something watched begins.
    fn open(&mut self, told: &Told<'_>);
    /// Something watched ends, before its facts are given back.
    fn close(&mut self, told: &Told<'_>, say: &mut dyn Say);
}

/// Watches all inputs of a check.
pub trait Watch: Send + Sync + std::fmt::Debug {
    /// What is wanted of a message; `None`: nothing.
    ///
    /// # Errors
    /// When a spec is broken.
    fn wants(&self, message: Known<'_>) -> Result<Option<Arc<dyn Wants>>>;
    /// Watches one input, which may be read by several threads.
    ///
    /// `name` is what messages about it call it; empty where it has none.
    fn input(&self, name: &str, origin: &Arc<Origin>) -> Arc<dyn WatchInput>;
}

/// What is wanted of one message.
pub trait Wants: Send + Sync + std::fmt::Debug {
    /// The values.
    fn projection(&self) -> &Arc<Projection>;
    /// Whoever is told of them, in one input.
    fn listener(&self, input: &Arc<dyn WatchInput>) -> Box<dyn Listener>;
    /// Plans that were made for it.
    fn plans(&self) -> &Plans;
}

/// Watches one input.
pub trait WatchInput: Send + Sync + std::fmt::Debug {
    /// Where it comes from.
    fn origin(&self) -> &Arc<Origin>;
    /// The input ends.
    fn finish(&self, say: &mut dyn Say);
    /// Watches a stretch of the input apart from what comes before it; `None` where what comes before
    /// changes nothing.
    fn apart(&self) -> Option<Arc<dyn WatchInput>> {
        None
    }
    /// Takes in, in the order of the input, what was met apart. Where what came before changes what is
    /// to be said of it, nothing is taken in, and the stretch is to be told again to whoever is given
    /// here.
    fn follow(self: Arc<Self>, _apart: Arc<dyn WatchInput>) -> Option<Arc<dyn WatchInput>> {
        None
    }
    /// For whoever made it.
    fn into_any(self: Arc<Self>) -> Arc<dyn std::any::Any + Send + Sync>;
}

/// How positions of a message's plan give values: made once for each.
#[derive(Debug, Default)]
pub struct Plans {
    pub(crate) segments: std::sync::OnceLock<SegmentPlan>,
    pub(crate) records: std::sync::OnceLock<RecordPlan>,
}

/// Something open.
#[derive(Clone, Copy, Debug)]
struct Open {
    wanted: WantedId,
    node: NodeId,
    mark: Mark,
    number: Option<u64>,
}

/// Facts as they are gathered, of one message after the other.
pub(crate) struct Gathering {
    projection: Arc<Projection>,
    listener: Box<dyn Listener>,
    facts: Facts,
    open: Vec<Open>,
    document: NodeId,
    root_spot: Spot,
    /// Bytes that facts may take; past them lists are no longer kept.
    limit: usize,
    cut: bool,
    number: Option<u64>,
}

impl Gathering {
    pub(crate) fn new(projection: Arc<Projection>, listener: Box<dyn Listener>) -> Self {
        let mut facts = Facts::new();
        let document = facts.root(0);
        Self {
            limit: listener.memory(),
            projection,
            listener,
            facts,
            open: Vec::new(),
            document,
            root_spot: Spot::default(),
            cut: false,
            number: None,
        }
    }

    pub(crate) fn projection(&self) -> &Projection {
        &self.projection
    }

    /// A message begins.
    pub(crate) fn begin(&mut self, document: &Document, spot: Spot) {
        self.facts.clear();
        self.open.clear();
        self.cut = false;
        self.document = self.facts.root(self.projection.slots(DOCUMENT));
        for (slot, id) in (0..).zip(&self.projection.wanted(DOCUMENT).children) {
            let text = document.field(&self.projection.wanted(*id).name);
            self.facts.value(self.document, slot, text, spot);
        }
        let mark = self.facts.mark();
        let node = self.facts.root(self.projection.slots(ROOT));
        self.root_spot = spot;
        self.open.push(Open {
            wanted: ROOT,
            node,
            mark,
            number: self.number,
        });
        self.listener.begin();
        if self.projection.wanted(ROOT).watched {
            self.tell_open();
        }
    }

    /// What begins from now on stands in this segment or record.
    pub(crate) fn set_number(&mut self, number: Option<u64>) {
        self.number = number;
    }

    fn tell_open(&mut self) {
        let Some(open) = self.open.last() else {
            return;
        };
        let told = Told {
            projection: &self.projection,
            facts: &self.facts,
            root: self.open[0].node,
            root_spot: self.root_spot,
            document: self.document,
            wanted: open.wanted,
            node: open.node,
            number: open.number,
            cut: self.cut,
        };
        self.listener.open(&told);
    }

    /// A record begins inside what is open.
    pub(crate) fn open(&mut self, wanted: WantedId, spot: Spot) {
        let Some(around) = self.open.last().map(|open| open.node) else {
            return;
        };
        let mark = self.facts.mark();
        let slot = self.projection.wanted(wanted).slot;
        let node = self
            .facts
            .open(around, slot, self.projection.slots(wanted), spot);
        self.open.push(Open {
            wanted,
            node,
            mark,
            number: self.number,
        });
        if self.projection.wanted(wanted).watched {
            self.tell_open();
        }
    }

    /// A value of its own of the innermost record.
    pub(crate) fn set_text(&mut self, text: &str) {
        if let Some(open) = self.open.last() {
            self.facts.set_text(open.node, text);
        }
    }

    /// A value inside what is open.
    pub(crate) fn value(&mut self, wanted: WantedId, text: &str, spot: Spot, say: &mut dyn Say) {
        let Some(around) = self.open.last().map(|open| open.node) else {
            return;
        };
        let of = self.projection.wanted(wanted);
        if !of.watched && (of.keep || of.presence != crate::expr::Presence::Many) {
            self.facts.value(around, of.slot, text, spot);
            return;
        }
        let mark = self.facts.mark();
        let Some(node) = self.facts.value(around, of.slot, text, spot) else {
            return;
        };
        self.open.push(Open {
            wanted,
            node,
            mark,
            number: self.number,
        });
        if of.watched {
            self.tell_open();
        }
        self.close(say);
    }

    /// The innermost record ends.
    pub(crate) fn close(&mut self, say: &mut dyn Say) {
        let Some(open) = self.open.last().copied() else {
            return;
        };
        let of = self.projection.wanted(open.wanted);
        let (watched, keep, many) = (
            of.watched,
            of.keep,
            of.presence == crate::expr::Presence::Many,
        );
        if watched {
            let told = Told {
                projection: &self.projection,
                facts: &self.facts,
                root: self.open[0].node,
                root_spot: self.root_spot,
                document: self.document,
                wanted: open.wanted,
                node: open.node,
                number: open.number,
                cut: self.cut,
            };
            self.listener.close(&told, say);
        }
        self.open.pop();
        if self.open.is_empty() {
            return;
        }
        if keep && many && self.facts.bytes() > self.limit {
            self.cut = true;
        }
        if !keep || (many && self.cut) {
            self.facts.release(open.mark);
        }
    }

    /// The message ends: all that is open does.
    pub(crate) fn end(&mut self, say: &mut dyn Say) {
        while !self.open.is_empty() {
            self.close(say);
        }
    }
}

/// Says nothing: for what cannot be told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Say for Silent {
    fn wants(&mut self, _: &str, _: Severity) -> bool {
        false
    }

    fn say(&mut self, _: Finding) {}

    fn not_evaluated(&mut self, _: u64) {}
}

/// The path of a node, from the message on: names, with the occurrence of what is not the first.
#[must_use]
pub fn path_of(projection: &Projection, facts: &Facts, wanted: WantedId, node: NodeId) -> String {
    let chain = projection.chain(wanted);
    let mut nodes = vec![node];
    let mut at = node;
    while let Some(around) = facts.parent(at) {
        nodes.push(around);
        at = around;
    }
    nodes.reverse();
    let mut path = String::new();
    for (id, node) in chain.iter().zip(&nodes).skip(1) {
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&projection.wanted(*id).name);
        let occurrence = facts.occurrence(*node);
        if occurrence > 1 {
            path.push_str(&format!("[{occurrence}]"));
        }
    }
    path
}
