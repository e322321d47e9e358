//! Where in an entry something of a message came from.

use crate::finding::Syntax;
use crate::map::{Map, Trace};

/// A place of the entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Names from the root's children on; empty where only the entry as a whole is known.
    pub(super) path: String,
    /// Whether the value itself came from there.
    pub(super) exact: bool,
}

/// What rows write, without indexes: for what was not written.
#[derive(Debug)]
pub(super) struct Origins {
    /// Target and source.
    rows: Vec<(String, String)>,
}

impl Origins {
    pub(super) fn new(map: &Map) -> Self {
        let mut rows = Vec::new();
        // The groups of the loops around: target and source.
        let mut around: Vec<(String, String)> = Vec::new();
        for row in map.explain().rows {
            around.truncate(row.depth);
            if row.arrow == "<-" {
                if row.is_loop {
                    around.push(around.last().cloned().unwrap_or_default());
                }
                continue;
            }
            let (outer_target, outer_source) = around.last().cloned().unwrap_or_default();
            let target = joined(&outer_target, &row.right.0, &around, |of| &of.0);
            let source = joined(&outer_source, &row.left.0, &around, |of| &of.1);
            match (target, source) {
                (Some(target), Some(source)) if row.is_loop => around.push((target, source)),
                (Some(target), Some(source)) => rows.push((target, source)),
                _ if row.is_loop => around.push((outer_target, outer_source)),
                _ => {}
            }
        }
        Self { rows }
    }

    /// What a row reads that writes there; where several write into it, what holds all that they read,
    /// or the first.
    fn source(&self, target: &str) -> Option<String> {
        if let Some((_, source)) = self.rows.iter().find(|(of, _)| *of == *target) {
            return Some(source.clone());
        }
        let inside = |of: &&(String, String)| {
            let rest = of.0.strip_prefix(target);
            !target.is_empty() && rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let within = self.rows.iter().filter(inside).map(|(_, source)| &**source);
        // What several read that share nothing is best known by the first of them.
        let first = within.clone().next()?;
        let all = within.reduce(shared)?;
        Some(if all.is_empty() { first } else { all }.to_owned())
    }

    /// Where something at a path of a message came from; of what is `missing` there, where it would
    /// come from.
    pub(super) fn of(
        &self,
        path: &str,
        missing: Option<&str>,
        syntax: Syntax,
        traces: &[Trace],
    ) -> Origin {
        // Paths of XML begin with the root.
        let path = match syntax {
            Syntax::Xml => path.split_once('/').map_or("", |(_, rest)| rest),
            _ => path,
        };
        let traced = |of: &&Trace| *of.target == *path && of.source.is_some();
        if let Some(source) = traces
            .iter()
            .find(traced)
            .and_then(|of| of.source.as_deref())
        {
            return Origin {
                path: source.to_owned(),
                exact: true,
            };
        }
        // What was written near it: inside it, or else inside what holds it.
        let mut outer = path;
        let near = loop {
            let inside = |of: &&Trace| {
                of.source.is_some()
                    && (outer.is_empty()
                        || of
                            .target
                            .strip_prefix(outer)
                            .is_some_and(|rest| rest.starts_with('/')))
            };
            match traces
                .iter()
                .find(inside)
                .and_then(|of| of.source.as_deref())
            {
                Some(source) => break source,
                None if outer.is_empty() => break "",
                None => outer = outer.rsplit_once('/').map_or("", |(outer, _)| outer),
            }
        };
        let plain = plain(path);
        let wanted = missing.map(|missing| format!("{plain}/{missing}"));
        let wanted = wanted.as_deref();
        let row = [wanted, Some(&*plain)].into_iter().flatten();
        let row = row.filter_map(|target| self.source(target)).next();
        let path = match row {
            Some(source) => indexed(&source, near),
            // The group of the entry that what is near came from.
            None if outer.is_empty() => String::new(),
            None => near
                .rsplit_once('/')
                .map_or("", |(group, _)| group)
                .to_owned(),
        };
        Origin { path, exact: false }
    }
}

/// A path of a row from the message on; `None` where it is none.
fn joined<'a>(
    outer: &str,
    operand: &str,
    around: &'a [(String, String)],
    side: impl Fn(&'a (String, String)) -> &'a String,
) -> Option<String> {
    let quoted = operand.starts_with(['"', '=']);
    let other = ["param.", "total."]
        .iter()
        .any(|of| operand.starts_with(of));
    if quoted || other || operand == "number" || operand == "now" {
        return None;
    }
    // Of several places the first.
    let first = operand.trim_start_matches('(');
    let first = plain(first);
    let first = first.split([',', ')']).next().unwrap_or("").trim();
    let (outer, rest) = match first.strip_prefix('/') {
        Some(rest) => ("", rest),
        None => {
            let ups = first.matches("../").count();
            let from = match ups {
                0 => outer,
                ups => around.iter().rev().nth(ups).map_or("", |of| side(of)),
            };
            (from, &first[ups * 3..])
        }
    };
    Some(match (outer, rest) {
        (outer, "." | "") => outer.to_owned(),
        ("", rest) => rest.to_owned(),
        (outer, rest) => format!("{outer}/{rest}"),
    })
}

/// A path without what stands in brackets.
pub(super) fn plain(path: &str) -> String {
    let mut depth = 0;
    let kept = path.chars().filter(|c| match c {
        '[' => {
            depth += 1;
            false
        }
        ']' => {
            depth -= 1;
            false
        }
        _ => depth == 0,
    });
    kept.collect()
}

/// What two paths begin with both.
fn shared<'p>(a: &'p str, b: &str) -> &'p str {
    let mut len = 0;
    for (name, other) in a.split('/').zip(b.split('/')) {
        if name != other {
            break;
        }
        len += name.len() + 1;
    }
    &a[..len.saturating_sub(1)]
}

/// A path with the indexes that another has, as far as both go the same way.
fn indexed(path: &str, like: &str) -> String {
    let mut like = like.split('/');
    let mut same = true;
    let names = path.split('/').map(|name| {
        let with = like.next().filter(|with| same && plain(with) == name);
        same = with.is_some();
        with.unwrap_or(name)
    });
    names.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_brackets_and_take_indexes() {
        assert_eq!(
            plain("G_SG3[S_LOC/D_3227 == \"9\"]/S_LOC[2]"),
            "G_SG3/S_LOC"
        );
        assert_eq!(
            indexed("Crew/Rank", "Crew[2]/Document/Type"),
            "Crew[2]/Rank"
        );
        assert_eq!(indexed("Vessel/Name", "Crew[2]/Rank"), "Vessel/Name");
        assert_eq!(shared("Vessel/Operator/Name", "Vessel/Flag"), "Vessel");
        assert_eq!(shared("Vessel/Name", "Crew/Rank"), "");
    }
}
