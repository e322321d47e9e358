//! Paths of rules, and when all that a rule reads is there.

use super::compile::{Class, base};
use super::text::Phrase;
use crate::expr::{Expr, Presence};
use crate::near::near;
use crate::tree::gather::{DOCUMENT, Projection, ROOT, WantedId};
use crate::{Error, Result};

/// Names of a path, and where each begins.
fn names(phrase: &Phrase) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for name in phrase.text.split('/') {
        found.push((at + (name.len() - name.trim_start().len()), name.trim()));
        at += name.len() + 1;
    }
    found
}

fn unknown(
    projection: &Projection,
    of: WantedId,
    phrase: &Phrase,
    (at, name): (usize, &str),
    file: &str,
) -> Error {
    let holder = match projection.path(of) {
        path if path.is_empty() => projection.wanted(of).name.to_string(),
        path => path,
    };
    let mut message = format!("{holder} has no {name:?}");
    let near = near(name, projection.may_hold(of), 3);
    if near.is_empty() {
        let all: Vec<&str> = projection.may_hold(of).take(12).collect();
        if !all.is_empty() {
            message.push_str("; expected one of: ");
            message.push_str(&all.join(", "));
        }
    } else {
        message.push_str("; did you mean ");
        message.push_str(&near.join(", "));
    }
    phrase.error(file, at, message)
}

/// The places that a path leads to from the message on; `*` is any name, `**` any number of names.
pub(super) fn anchors(
    projection: &mut Projection,
    phrase: &Phrase,
    file: &str,
) -> Result<Vec<WantedId>> {
    let names = names(phrase);
    if names.iter().all(|(_, name)| !name.contains('*')) {
        return inside(projection, ROOT, phrase, file).map(|anchor| vec![anchor]);
    }
    let pattern: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
    let found = projection.matching(&pattern);
    if found.is_empty() {
        return Err(phrase.error(file, 0, format!("nothing fits {}", phrase.text)));
    }
    Ok(found)
}

/// The one place that a path leads to from `of` on.
pub(super) fn inside(
    projection: &mut Projection,
    of: WantedId,
    phrase: &Phrase,
    file: &str,
) -> Result<WantedId> {
    let mut at = of;
    for name in names(phrase) {
        if matches!(name.1, "." | "message") && at == of {
            continue;
        }
        at = match projection.want(at, name.1) {
            Some(child) => child,
            None => return Err(unknown(projection, at, phrase, name, file)),
        };
    }
    Ok(at)
}

/// Where a path leads from the anchor on: what it begins at, and the steps from there. It may begin
/// with `this`, `parent` or `message`.
pub(super) fn steps(
    projection: &mut Projection,
    anchor: WantedId,
    phrase: &Phrase,
    file: &str,
) -> Result<(WantedId, Vec<WantedId>)> {
    let mut names = names(phrase).into_iter().peekable();
    let from = match names.peek().map(|(_, name)| *name) {
        Some("this" | ".") => anchor,
        Some("parent") => projection.wanted(anchor).parent,
        Some("message") => ROOT,
        _ => DOCUMENT,
    };
    let from = if from == DOCUMENT {
        anchor
    } else {
        names.next();
        from
    };
    let (mut at, mut steps) = (from, Vec::new());
    for name in names {
        at = match projection.want(at, name.1) {
            Some(child) => child,
            None => return Err(unknown(projection, at, phrase, name, file)),
        };
        steps.push(at);
    }
    Ok((from, steps))
}

/// The element around the anchor that a path from the message on names.
pub(super) fn around(
    projection: &mut Projection,
    anchor: WantedId,
    phrase: &Phrase,
    file: &str,
) -> Result<WantedId> {
    let found = match phrase.text.as_str() {
        "parent" => projection.wanted(anchor).parent,
        _ => inside(projection, ROOT, phrase, file)?,
    };
    let chain = projection.chain(anchor);
    if !chain[..chain.len() - 1].contains(&found) {
        let message = format!("{} is not around {}", phrase.text, projection.path(anchor));
        return Err(phrase.error(file, 0, message));
    }
    Ok(found)
}

/// When a rule can be judged, and what has to be kept until then.
#[derive(Debug)]
pub(super) struct Timing {
    /// When this closes, all that is read is there: the anchor, or something around it.
    pub(super) judged: WantedId,
    pub(super) class: Class,
    depth: usize,
    chain: Vec<WantedId>,
    keep: Vec<WantedId>,
    /// It reads lists, which are given back where memory ends.
    pub(super) lists: bool,
    /// Kept things of which there may be many, and the depth of what holds them.
    many: Vec<usize>,
}

impl Timing {
    pub(super) fn of<'x>(
        projection: &Projection,
        anchor: WantedId,
        exprs: impl Iterator<Item = &'x Expr>,
    ) -> Self {
        let chain = projection.chain(anchor);
        let mut timing = Self {
            judged: anchor,
            class: Class::Local,
            depth: chain.len() - 1,
            chain,
            keep: Vec::new(),
            lists: false,
            many: Vec::new(),
        };
        for path in exprs.flat_map(|expr| expr.paths()) {
            let Some(from) = base(projection, anchor, path.root) else {
                continue;
            };
            if from == DOCUMENT {
                continue;
            }
            let mut at = from;
            let mut steps = Vec::with_capacity(path.steps.len());
            for step in &path.steps {
                at = projection.wanted(at).children[step.slot as usize];
                steps.push(at);
            }
            timing.read(projection, from, &steps);
        }
        timing.settle(projection);
        timing
    }

    /// Takes in where findings point.
    pub(super) fn reach(
        &mut self,
        projection: &Projection,
        _anchor: WantedId,
        from: WantedId,
        steps: &[WantedId],
    ) {
        // What is only pointed at may be gone; it does not make a rule wait.
        let before = self.depth;
        self.read(projection, from, steps);
        self.depth = before;
        self.settle(projection);
    }

    fn read(&mut self, projection: &Projection, from: WantedId, steps: &[WantedId]) {
        let Some(mut level) = self.chain.iter().position(|id| *id == from) else {
            return;
        };
        let mut rest = steps;
        // Along what is open while the anchor is.
        while level + 1 < self.chain.len()
            && let Some((first, left)) = rest.split_first()
        {
            let next = self.chain[level + 1];
            let wanted = projection.wanted(*first);
            if *first == next && wanted.presence != Presence::Many {
                (level, rest) = (level + 1, left);
                continue;
            }
            if *first == next || !projection.is_before(*first, next) {
                self.depth = self.depth.min(level);
            }
            break;
        }
        let holder = level;
        for id in rest {
            self.keep.push(*id);
            self.lists |= projection.wanted(*id).presence == Presence::Many;
            if projection.wanted(*id).endless {
                self.many.push(holder);
            }
        }
    }

    /// What follows from when it is judged.
    fn settle(&mut self, projection: &Projection) {
        let anchor_depth = self.chain.len() - 1;
        for level in self.depth + 1..=anchor_depth {
            if self.depth < anchor_depth {
                let id = self.chain[level];
                self.keep.push(id);
                if projection.wanted(id).endless {
                    self.many.push(self.depth);
                }
            }
        }
        self.judged = self.chain[self.depth];
        // A list that is kept by something of which there is one grows with the message.
        let single = |holder: usize| {
            let around = &self.chain[1..=holder];
            around.iter().all(|id| !projection.wanted(*id).endless)
        };
        self.class = if self.many.iter().any(|holder| single(*holder)) {
            Class::Whole
        } else {
            Class::Local
        };
    }

    /// Marks what is kept.
    pub(super) fn keep(&self, projection: &mut Projection) {
        for id in &self.keep {
            projection.keep(*id);
        }
    }
}
