//! The values of a message that someone asks for: a trie of names, grown as expressions name fields.

use super::outline::{Child, Outline, What};
use crate::expr::{Field, Kind, Presence, Shape, Shapes};

/// Something that is wanted of a message, as an index of [`Projection`].
pub type WantedId = u32;

/// The root of the message.
pub const ROOT: WantedId = 0;
/// The facts of the document around it.
pub const DOCUMENT: WantedId = 1;

/// What is known of a document beside its message: fields of the bound name `document`.
pub const DOCUMENT_FIELDS: [&str; 10] = [
    "syntax",
    "file",
    "archive",
    "archive_bytes",
    "archive_entries",
    "entry",
    "root",
    "namespace",
    "encoding",
    "message",
];

/// A list that may have more items than this is not to be kept as a whole.
const MOST_HARMLESS: u32 = 999;

/// Something that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: Box<str>,
    /// Around it; the root is around itself.
    pub(crate) parent: WantedId,
    /// Its slot in the facts of its parent.
    pub(crate) slot: u32,
    /// What is wanted of it, by slot.
    pub(crate) children: Vec<WantedId>,
    /// Its kind in the outline.
    of: usize,
    pub(crate) what: What,
    pub(crate) presence: Presence,
    /// There may be so many that they fill the memory.
    pub(crate) endless: bool,
    pub(crate) order: (u32, u32),
    pub(crate) attribute: bool,
    /// Someone is told when one begins and ends.
    pub(crate) watched: bool,
    /// Its facts stay until those around it go.
    pub(crate) keep: bool,
}

/// The values that are wanted of one message: see [`Shapes`], by which expressions name them.
#[derive(Clone, Debug)]
pub struct Projection {
    message: Outline,
    document: Outline,
    wanted: Vec<Wanted>,
}

impl Projection {
    /// Nothing of that message yet.
    pub(crate) fn new(message: Outline) -> Self {
        let document = Outline::of_names("document", &DOCUMENT_FIELDS);
        let top = |outline: &Outline, id| Wanted {
            name: outline.root.clone(),
            parent: id,
            slot: 0,
            children: Vec::new(),
            of: outline.top,
            what: outline.kinds[outline.top].holds,
            presence: Presence::Always,
            endless: false,
            order: (0, 0),
            attribute: false,
            watched: false,
            keep: true,
        };
        let mut projection = Self {
            wanted: vec![top(&message, ROOT), top(&document, DOCUMENT)],
            message,
            document,
        };
        projection.want(DOCUMENT, "syntax");
        projection
    }

    /// Of a message in UN/EDIFACT or a flat file.
    #[must_use]
    pub fn of_model(model: &crate::spec::model::Model) -> Self {
        Self::new(Outline::of_model(model))
    }

    /// Of a message in XML.
    #[must_use]
    pub fn of_message(message: &crate::spec::xml::Message) -> Self {
        Self::new(Outline::of_message(message))
    }

    pub(crate) fn wanted(&self, id: WantedId) -> &Wanted {
        &self.wanted[id as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.wanted.len()
    }

    /// How many slots the facts of one have.
    pub(crate) fn slots(&self, id: WantedId) -> u32 {
        self.wanted(id).children.len() as u32
    }

    fn outline(&self, id: WantedId) -> &Outline {
        if self.root_of(id) == DOCUMENT {
            &self.document
        } else {
            &self.message
        }
    }

    fn root_of(&self, id: WantedId) -> WantedId {
        let mut at = id;
        while self.wanted(at).parent != at {
            at = self.wanted(at).parent;
        }
        at
    }

    /// From the root inwards, itself last.
    pub(crate) fn chain(&self, id: WantedId) -> Vec<WantedId> {
        let mut chain = vec![id];
        let mut at = id;
        while self.wanted(at).parent != at {
            at = self.wanted(at).parent;
            chain.push(at);
        }
        chain.reverse();
        chain
    }

    pub(crate) fn depth(&self, id: WantedId) -> usize {
        self.chain(id).len() - 1
    }

    /// Whether all of `a` stand before the first `b`, both of the same record.
    pub(crate) fn is_before(&self, a: WantedId, b: WantedId) -> bool {
        self.wanted(a).order.1 < self.wanted(b).order.0
    }

    /// The child of that name, where it is wanted.
    pub(crate) fn find(&self, of: WantedId, name: &str) -> Option<WantedId> {
        let mut children = self.wanted(of).children.iter();
        children
            .find(|id| *self.wanted(**id).name == *name)
            .copied()
    }

    /// The child of that name, wanted from now on; `None` where the spec has none.
    pub(crate) fn want(&mut self, of: WantedId, name: &str) -> Option<WantedId> {
        if let Some(found) = self.find(of, name) {
            return Some(found);
        }
        let outline = self.outline(of);
        let Child {
            name,
            of: kind,
            min,
            max,
            order,
            attribute,
        } = outline.kinds[self.wanted(of).of]
            .children
            .iter()
            .find(|child| *child.name == *name)?
            .clone();
        let what = outline.kinds[kind].holds;
        let id = self.wanted.len() as WantedId;
        self.wanted.push(Wanted {
            name,
            parent: of,
            slot: self.slots(of),
            children: Vec::new(),
            of: kind,
            what,
            presence: match (min, max) {
                (_, 2..) => Presence::Many,
                (0, _) => Presence::Maybe,
                _ => Presence::Always,
            },
            endless: max > MOST_HARMLESS,
            order,
            attribute,
            watched: false,
            keep: false,
        });
        self.wanted[of as usize].children.push(id);
        Some(id)
    }

    /// What may stand in one: name, how often at most, and its place in the order.
    pub(crate) fn outlined(&self, of: WantedId) -> &[Child] {
        &self.outline(of).kinds[self.wanted(of).of].children
    }

    /// The names that may stand in one.
    pub(crate) fn may_hold(&self, of: WantedId) -> impl Iterator<Item = &str> {
        let outline = self.outline(of);
        let children = outline.kinds[self.wanted(of).of].children.iter();
        children.map(|child| &*child.name)
    }

    /// What fits a path from the message on, wanted from now on: `*` is any name, `**` any number of
    /// names.
    pub(crate) fn matching(&mut self, pattern: &[&str]) -> Vec<WantedId> {
        /// Places that a pattern may fit, and levels that it may go down.
        const MOST: usize = 10_000;
        const DEEPEST: usize = 64;
        let mut found: Vec<Vec<Box<str>>> = Vec::new();
        let mut left: Vec<(usize, usize, Vec<Box<str>>)> = vec![(self.message.top, 0, Vec::new())];
        while let Some((kind, at, path)) = left.pop() {
            let Some(name) = pattern.get(at) else {
                found.push(path);
                continue;
            };
            if path.len() >= DEEPEST || found.len() + left.len() >= MOST {
                continue;
            }
            let any = *name == "**";
            if any {
                left.push((kind, at + 1, path.clone()));
            }
            for child in self.message.kinds[kind].children.iter().rev() {
                if any || *name == "*" || *name == &*child.name {
                    let mut path = path.clone();
                    path.push(child.name.clone());
                    left.push((child.of, if any { at } else { at + 1 }, path));
                }
            }
        }
        let mut ids: Vec<WantedId> = Vec::new();
        for path in found {
            let id = path.iter().try_fold(ROOT, |at, name| self.want(at, name));
            ids.extend(id.filter(|id| !ids.contains(id)));
        }
        ids
    }

    /// What it is to expressions.
    pub(crate) fn kind(&self, id: WantedId) -> Kind {
        match self.wanted(id).what {
            What::Record => Kind::Record(Shape(id)),
            What::Number => Kind::Number,
            What::Text | What::Anything => Kind::Text,
        }
    }

    pub(crate) fn watch(&mut self, id: WantedId) {
        self.wanted[id as usize].watched = true;
    }

    pub(crate) fn keep(&mut self, id: WantedId) {
        self.wanted[id as usize].keep = true;
    }

    /// The path of one from the root on, the root left out.
    pub(crate) fn path(&self, id: WantedId) -> String {
        let chain = self.chain(id);
        let names: Vec<&str> = chain[1..]
            .iter()
            .map(|id| &*self.wanted(*id).name)
            .collect();
        names.join("/")
    }
}

impl Shapes for Projection {
    fn field(&mut self, of: Shape, name: &str) -> Option<Field> {
        let id = self.want(of.0, name)?;
        let outline = self.outline(id);
        let wanted = self.wanted(id);
        let has_attributes = outline.kinds[wanted.of]
            .children
            .iter()
            .any(|child| child.attribute);
        Some(Field {
            slot: wanted.slot,
            kind: self.kind(id),
            presence: wanted.presence,
            beside: (wanted.what != What::Record && has_attributes).then_some(Shape(id)),
        })
    }

    fn names(&self, of: Shape) -> Vec<String> {
        self.may_hold(of.0).map(str::to_owned).collect()
    }

    fn label(&self, of: Shape) -> String {
        match self.path(of.0) {
            path if path.is_empty() => self.wanted(of.0).name.to_string(),
            path => path,
        }
    }
}
