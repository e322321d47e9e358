//! What no row wants: names and how often they held a value.

use super::program::{NONE, Program};
use crate::expr::Spot;

/// Names that no row reads, at most; more are counted with the group around them.
const MOST: usize = 10_000;

/// Names that no row reads.
#[derive(Default)]
pub(super) struct Unread {
    names: Vec<Unwanted>,
    /// Names that are not wanted inside each wanted node.
    beside: Vec<Vec<u32>>,
}

/// A name that no row reads.
struct Unwanted {
    name: Box<str>,
    /// The name around it that is not wanted either; else `NONE`.
    parent: u32,
    /// The wanted node around it.
    inside: u32,
    children: Vec<u32>,
    count: u64,
    spot: Spot,
    value: Box<str>,
}

impl Unread {
    /// Path and count of each, where the first value stands, and that value.
    pub(super) fn all(&self, program: &Program) -> Vec<(String, u64, Spot, Box<str>)> {
        let mut all = Vec::new();
        for of in &self.names {
            if of.count == 0 {
                continue;
            }
            let mut names = vec![&*of.name];
            let mut at = of;
            while at.parent != NONE {
                at = &self.names[at.parent as usize];
                names.push(&*at.name);
            }
            let field = program.wanted.nodes[at.inside as usize].field;
            let around = program.source.path(field);
            if !around.is_empty() {
                names.push(&around);
            }
            names.reverse();
            all.push((names.join("/"), of.count, of.spot, of.value.clone()));
        }
        all
    }

    /// The entry of a name that is not wanted: in the wanted node `inside`, and there in `parent`, or in
    /// none that is not wanted either.
    pub(super) fn entry(&mut self, inside: u32, parent: u32, name: &str) -> u32 {
        if self.beside.len() <= inside as usize {
            self.beside.resize(inside as usize + 1, Vec::new());
        }
        let held = match parent {
            NONE => &self.beside[inside as usize],
            parent => &self.names[parent as usize].children,
        };
        let found = held
            .iter()
            .find(|at| *self.names[**at as usize].name == *name);
        if let Some(found) = found {
            return *found;
        }
        if self.names.len() >= MOST && parent != NONE {
            return parent;
        }
        let id = self.names.len() as u32;
        self.names.push(Unwanted {
            name: name.into(),
            parent,
            inside,
            children: Vec::new(),
            count: 0,
            spot: Spot::default(),
            value: "".into(),
        });
        match parent {
            NONE => self.beside[inside as usize].push(id),
            parent => self.names[parent as usize].children.push(id),
        }
        id
    }

    /// A name held a value.
    #[inline]
    pub(super) fn count<'t>(&mut self, at: u32, text: impl FnOnce() -> &'t str, spot: Spot) {
        let Some(of) = self.names.get_mut(at as usize) else {
            return;
        };
        if of.count == 0 {
            let text = text();
            let end = text.floor_char_boundary(text.len().min(4096));
            (of.spot, of.value) = (spot, text[..end].into());
        }
        of.count += 1;
    }
}
