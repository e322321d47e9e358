//! The paths of identity constraints (part 1, clause 3.11.6): a small part of XPath 1.0.

use crate::xml::chars;
use crate::xml::names::{NameId, Names, NamespaceId};

/// A test of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    Name(NameId),
    /// `*`
    Any,
    /// `prefix:*`
    In(NamespaceId),
}

impl Test {
    fn holds(self, names: &Names, name: NameId) -> bool {
        match self {
            Self::Name(test) => test == name,
            Self::Any => true,
            Self::In(namespace) => names.parts(name).0 == namespace,
        }
    }
}

/// One alternative of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// Whether it begins with `.//`.
    pub(crate) anywhere: bool,
    pub(crate) steps: Vec<Test>,
    pub(crate) attribute: Option<Test>,
}

impl Path {
    /// Whether the elements from the context (left out) down to one make this path.
    pub(crate) fn leads_to(&self, names: &Names, below: &[NameId]) -> bool {
        let count = self.steps.len();
        if below.len() < count || !self.anywhere && below.len() != count {
            return false;
        }
        let tail = &below[below.len() - count..];
        self.steps
            .iter()
            .zip(tail)
            .all(|(test, name)| test.holds(names, *name))
    }

    /// Whether its last step names this attribute.
    pub(crate) fn names_attribute(&self, names: &Names, name: NameId) -> bool {
        self.attribute.is_some_and(|test| test.holds(names, name))
    }
}

/// Reads the XPath of a selector or of a field.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(
    text: &str,
    field: bool,
    resolve: &mut dyn FnMut(&str) -> Option<NamespaceId>,
    names: &mut Names,
) -> Result<Vec<Path>, String> {
    let mut paths = Vec::new();
    for part in text.split('|') {
        paths.push(alternative(part, field, resolve, names)?);
    }
    Ok(paths)
}

fn alternative(
    text: &str,
    field: bool,
    resolve: &mut dyn FnMut(&str) -> Option<NamespaceId>,
    names: &mut Names,
) -> Result<Path, String> {
    let mut path = Path {
        anywhere: false,
        steps: Vec::new(),
        attribute: None,
    };
    let tokens = tokens(text)?;
    let mut at = 0;
    if let [".", "//", ..] = tokens.as_slice() {
        path.anywhere = true;
        at = 2;
    }
    loop {
        let token = *tokens.get(at).ok_or("a step expected")?;
        at += 1;
        if token == "." {
            // Stays where it is.
        } else {
            let attribute = token == "@" || token == "attribute" && tokens.get(at) == Some(&"::");
            let child = token == "child" && tokens.get(at) == Some(&"::");
            let mut name = token;
            if attribute || child {
                at += usize::from(tokens.get(at) == Some(&"::"));
                name = tokens.get(at).ok_or("a name expected")?;
                at += 1;
            }
            let test = test(name, attribute, resolve, names)?;
            if attribute {
                if !field {
                    return Err("a selector cannot select attributes".to_owned());
                }
                path.attribute = Some(test);
            } else {
                path.steps.push(test);
            }
        }
        match tokens.get(at) {
            None => return Ok(path),
            Some(&"/") if path.attribute.is_none() => at += 1,
            Some(token) => return Err(format!("{token} cannot stand here")),
        }
    }
}

fn test(
    name: &str,
    attribute: bool,
    resolve: &mut dyn FnMut(&str) -> Option<NamespaceId>,
    names: &mut Names,
) -> Result<Test, String> {
    if name == "*" {
        return Ok(Test::Any);
    }
    let _ = attribute;
    let unknown = |prefix: &str| format!("the prefix {prefix} is not declared");
    if let Some(prefix) = name.strip_suffix(":*")
        && chars::is_ncname(prefix)
    {
        return Ok(Test::In(resolve(prefix).ok_or_else(|| unknown(prefix))?));
    }
    if !chars::is_qname(name) {
        return Err(format!("{name} is no name"));
    }
    // XPath 1.0: a name without prefix is in no namespace.
    let (namespace, local) = match name.split_once(':') {
        Some((prefix, local)) => (resolve(prefix).ok_or_else(|| unknown(prefix))?, local),
        None => (NamespaceId::NONE, name),
    };
    Ok(Test::Name(names.name(namespace, local)))
}

/// The tokens of a path; white space between them means nothing.
fn tokens(text: &str) -> Result<Vec<&str>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', '\n', '\r']);
    while let Some(c) = rest.chars().next() {
        let len = if rest.starts_with("//") || rest.starts_with("::") {
            2
        } else if matches!(c, '/' | '@' | '*' | '.') {
            1
        } else if chars::is_name_start(c) {
            let mut len = rest
                .find(|c: char| !chars::is_name_char(c))
                .unwrap_or(rest.len());
            // A prefix, but not an axis.
            if rest[len..].starts_with(':') && !rest[len..].starts_with("::") {
                let local = &rest[len + 1..];
                let more = if local.starts_with('*') {
                    1
                } else {
                    local
                        .find(|c: char| !chars::is_name_char(c))
                        .unwrap_or(local.len())
                };
                if more == 0 {
                    return Err("a name expected after the colon".to_owned());
                }
                len += 1 + more;
            }
            len
        } else {
            return Err(format!("{c} cannot stand here"));
        };
        tokens.push(&rest[..len]);
        rest = rest[len..].trim_start_matches([' ', '\t', '\n', '\r']);
    }
    Ok(tokens)
}
