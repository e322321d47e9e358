//! Which message of the specs a document in XML is.

use std::cmp::Reverse;

use crate::Result;
use crate::spec::near;
use crate::spec::xml::{Element, Head, Message, When};
use crate::xml::Beginning;

/// How well a message fits: its namespace is told, all that it is known by is there, how much of it,
/// and whether the root is in one of its namespaces.
type Rank = (bool, bool, usize, bool);

/// The message that a document is, by root, namespace and what tells it from others. Of several the
/// one with most in common; of editions the latest.
///
/// # Errors
/// When a spec is broken.
pub(super) fn choose<'h>(heads: &[&'h Head], seen: &Beginning) -> Result<Option<&'h Head>> {
    let Some((namespace, local)) = &seen.root else {
        return Ok(None);
    };
    let same = heads.iter().filter(|head| *head.root == **local);
    let mut found = best(same.copied(), seen);
    if found.is_empty() {
        // A root whose name is cut short, in a namespace that is known.
        let known = |head: &Head| head.namespaces.iter().any(|of| **of == **namespace);
        let short = |head: &Head| {
            let (a, b) = (&*head.root, local.as_str());
            a.len().min(b.len()) >= 4 && (a.starts_with(b) || b.starts_with(a))
        };
        let near = heads
            .iter()
            .filter(|head| !namespace.is_empty() && known(head) && short(head));
        found = best(near.copied(), seen);
    }
    let variants = found.iter().any(|(_, head)| head.name != found[0].1.name);
    if variants && !found[0].0.1 {
        return closest(&found, seen).map(Some);
    }
    Ok(found.first().map(|(_, head)| *head))
}

/// Those that fit best, in their order.
fn best<'h>(heads: impl Iterator<Item = &'h Head>, seen: &Beginning) -> Vec<(Rank, &'h Head)> {
    let ranked = heads.filter_map(|head| Some((rank(head, seen)?, head)));
    let mut ranked: Vec<_> = ranked.collect();
    let most = ranked.iter().map(|(rank, _)| *rank).max();
    ranked.retain(|(rank, _)| Some(*rank) == most);
    ranked
}

fn rank(head: &Head, seen: &Beginning) -> Option<Rank> {
    let (namespace, local) = seen.root.as_ref()?;
    let holds = |of: &str| head.namespaces.iter().any(|held| **held == *of);
    let named = holds(namespace);
    let inside = seen.inside.as_deref().unwrap_or("");
    let told = named && !namespace.is_empty() || holds(inside) && !inside.is_empty();
    let meets = |when: &&When| {
        // The root may have another name than the message's own.
        let path = when.path.split_once('/').map_or("", |(_, rest)| rest);
        let value = seen.value(&format!("{local}/{path}"));
        match &when.value {
            Some(wanted) => value == Some(&**wanted),
            None => value.is_some(),
        }
    };
    // What is said first is what the message is called by.
    if !told && head.when.first().is_some_and(|first| !meets(&first)) {
        return None;
    }
    let met = head.when.iter().filter(meets).count();
    // A receipt repeats the head of what it answers, so that all is more than much.
    Some((told, met == head.when.len(), met, named))
}

/// Of variants of a message that a document does not tell apart, that which has most of its
/// elements and lacks least.
fn closest<'h>(found: &[(Rank, &'h Head)], seen: &Beginning) -> Result<&'h Head> {
    let mut ranked = Vec::new();
    for (_, head) in found {
        let message = head.read()?;
        let strange = strange(&message, seen);
        ranked.push((strange, Reverse(message.root.children().len()), *head));
    }
    ranked.sort_by_key(|(strange, size, _)| (*strange, *size));
    Ok(ranked[0].2)
}

/// How many of the first elements of a document a message does not have.
fn strange(message: &Message, seen: &Beginning) -> usize {
    // The elements around the one at hand, as far as the message has them.
    let mut around: Vec<(usize, Option<&Element>)> = Vec::new();
    let mut strange = 0;
    for path in seen.paths() {
        let (outer, name) = path.rsplit_once('/').unwrap_or(("", path));
        while around.last().is_some_and(|(len, _)| *len > outer.len()) {
            around.pop();
        }
        let found = match around.last() {
            None => Some(&message.root),
            Some((_, outer)) => outer
                .and_then(|outer| outer.child(name))
                .filter(|child| child.occurs.max != Some(0)),
        };
        strange += usize::from(found.is_none());
        around.push((path.len(), found));
    }
    strange
}

/// Messages that a document might be meant to be: of those of the same root what is near to what it
/// calls itself, else those of a similar root.
pub(super) fn near_messages(heads: &[&Head], seen: &Beginning) -> Vec<String> {
    const MOST: usize = 4;
    let Some((_, local)) = &seen.root else {
        return Vec::new();
    };
    let mut found: Vec<String> = Vec::new();
    let same = heads.iter().filter(|head| *head.root == **local);
    let firsts: Vec<_> = same.filter_map(|head| head.when.first()).collect();
    for when in &firsts {
        if let Some(said) = seen.value(&when.path) {
            let values = firsts.iter().filter(|of| of.path == when.path);
            let values = values.filter_map(|of| of.value.as_deref());
            found = near(said, values, MOST)
                .into_iter()
                .map(str::to_owned)
                .collect();
            break;
        }
    }
    if found.is_empty() {
        // A document that does not say what it is may be any of that root.
        let same = heads.iter().filter(|head| *head.root == **local);
        let mut same: Vec<String> = same.map(|head| head.name.to_string()).collect();
        same.dedup();
        found = same;
    }
    if found.is_empty() {
        let roots = near(local, heads.iter().map(|head| &*head.root), MOST);
        for root in roots {
            let same = heads.iter().filter(|head| *head.root == *root);
            let mut same: Vec<&str> = same.map(|head| &*head.name).collect();
            same.dedup();
            found.push(match same.as_slice() {
                [one] if *one != root => format!("{one} (<{root}>)"),
                [_] => root.to_owned(),
                _ => format!("<{root}>"),
            });
        }
    }
    found.truncate(MOST);
    found
}
