//! The XML Schema of a message as ISO/TS 20625 has it: what [`Converter`](super::Converter) writes of
//! a message without errors is valid by it.
//!
//! Lengths are those of the directory, in characters; numbers keep the decimal mark of the
//! interchange, which may be a comma. Code lists are not in it, nor is what stands in the namespace
//! [`NAMESPACE`](super::NAMESPACE). Service segments are those of syntax
//! version 4, wide enough for versions 1 to 3. Where a segment or group stands twice with nothing between
//! that must be there, no schema could tell which of the two is meant (unique particle
//! attribution): there the stretch from the first to the last may come in any order.

use std::collections::{HashMap, HashSet};

use crate::Result;
use crate::spec::model::{Class, Content, Label, Model, Node, Particle, Simple, Type, TypeId};
use crate::spec::{Home, Specs};
use crate::xml::Writer;

/// The schema of a message: a document for UTF-8 files. `None` where there is no such message.
///
/// ```
/// use baowen::convert::xsd;
/// use baowen::spec::{Home, Specs};
/// use baowen::xml::Schema;
///
/// let specs = Specs::base();
/// let d95b = specs.releases().find("D95B").unwrap();
/// let text = xsd(&specs, "CUSCAR", Home::Edifact(d95b))?.unwrap();
/// assert!(Schema::from_texts(&[("cuscar.xsd", &text)])?.has_root("", "M_CUSCAR"));
/// # Ok::<(), baowen::Error>(())
/// ```
///
/// # Errors
/// When a spec is broken.
pub fn xsd(specs: &Specs, message: &str, home: Home) -> Result<Option<String>> {
    let Some(spec) = specs.message(message, home, 4)? else {
        return Ok(None);
    };
    let Some(root) = spec.model.roots().first() else {
        return Ok(None);
    };
    let mut schema = Schema {
        specs,
        out: Writer::new(Vec::new()).with_indent(2),
        written: HashSet::new(),
        names: HashMap::new(),
    };
    schema.begin(&format!("{}@{}", spec.message, spec.release))?;
    let message = format!("M_{}", spec.message);
    let interactive = children(spec.model.get(root.of))
        .first()
        .is_some_and(|child| &*child.node.name == "S_UIH");
    schema.list(&message, interactive)?;
    schema.una()?;
    let envelope: &[&str] = match interactive {
        true => &["UIB", "UIZ"],
        false => &["UNB", "UNG", "UNE", "UNZ"],
    };
    for tag in envelope {
        if let Some(model) = specs.segment(tag, None, 4)?
            && let Some(root) = model.roots().first()
        {
            schema.declare(&model, &root.name, root.of)?;
            // The types of another model have other numbers.
            schema.names.clear();
        }
    }
    schema.declare(&spec.model, &message, root.of)?;
    schema.out.end()?;
    let bytes = schema.out.finish()?;
    Ok(String::from_utf8(bytes).ok())
}

/// A child of a type, with its bounds; no `max` is no bound.
#[derive(Clone)]
struct Child<'m> {
    node: &'m Node,
    min: u32,
    max: Option<u32>,
}

fn children(of: &Type) -> Vec<Child<'_>> {
    let Content::Children(Particle::Sequence(items)) = &of.content else {
        return Vec::new();
    };
    let child = |item| match item {
        &Particle::Repeat { min, max, ref of } => match &**of {
            Particle::Node(node) => Some(Child { node, min, max }),
            _ => None,
        },
        Particle::Node(node) => Some(Child {
            node,
            min: 1,
            max: Some(1),
        }),
        _ => None,
    };
    items.iter().filter_map(child).collect()
}

/// Children that stand in a row; several are in any order.
struct Stretch<'m> {
    children: Vec<Child<'m>>,
    min: u32,
    max: Option<u32>,
}

impl Stretch<'_> {
    fn shares(&self, other: &Self) -> bool {
        self.children.iter().any(|one| {
            let mut others = other.children.iter();
            others.any(|other| one.node.name == other.node.name)
        })
    }
}

/// Children in order, such that of each element it is certain which of them it is.
fn certain(children: Vec<Child<'_>>) -> Vec<Stretch<'_>> {
    let mut all: Vec<Stretch<'_>> = children
        .into_iter()
        .map(|child| Stretch {
            min: child.min,
            max: child.max,
            children: vec![child],
        })
        .collect();
    let mut at = 0;
    while at < all.len() {
        let after = &all[at + 1..];
        // As far as the next that must be there, itself with it.
        let reach = after.iter().position(|held| held.min > 0);
        let reach = reach.map_or(after.len(), |last| last + 1);
        let again = after[..reach]
            .iter()
            .rposition(|held| held.shares(&all[at]));
        let open_ended = all[at].max != Some(all[at].min);
        let Some(last) = again.filter(|_| open_ended) else {
            at += 1;
            continue;
        };
        let merged: Vec<Stretch<'_>> = all.drain(at..=at + 1 + last).collect();
        let mut stretch = Stretch {
            children: Vec::new(),
            min: 0,
            max: Some(0),
        };
        for held in merged {
            stretch.min += held.min;
            stretch.max = stretch
                .max
                .zip(held.max)
                .map(|(one, other)| one.saturating_add(other));
            for child in held.children {
                if stretch
                    .children
                    .iter()
                    .all(|there| there.node.name != child.node.name)
                {
                    stretch.children.push(child);
                }
            }
        }
        all.insert(at, stretch);
        // What stands before may now be uncertain too.
        at = 0;
    }
    all
}

struct Schema<'s> {
    specs: &'s Specs,
    out: Writer<Vec<u8>>,
    /// Names of types that were declared.
    written: HashSet<String>,
    /// The types that a name of the model stands for, the first of which has the name.
    names: HashMap<String, Vec<TypeId>>,
}

impl Schema<'_> {
    fn begin(&mut self, label: &str) -> Result<()> {
        self.out.declaration()?;
        self.out.comment(&format!(" {label}, ISO/TS 20625 "))?;
        self.out.start("xsd:schema")?;
        self.out
            .attribute("xmlns:xsd", "http://www.w3.org/2001/XMLSchema")?;
        // Numbers: with a point or comma, which their lengths do not count.
        self.start("simpleType", &[("name", "number")])?;
        self.start("restriction", &[("base", "xsd:string")])?;
        self.leaf(
            "pattern",
            &[("value", "-?([0-9]+([.,][0-9]+)?|[.,][0-9]+)")],
        )?;
        self.out.end()?;
        self.out.end()
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<()> {
        self.out.start(&format!("xsd:{name}"))?;
        attributes
            .iter()
            .try_for_each(|(name, value)| self.out.attribute(name, value))
    }

    fn leaf(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<()> {
        self.start(name, attributes)?;
        self.out.end()
    }

    fn reference(&mut self, name: &str, min: u32, max: Option<u32>) -> Result<()> {
        self.start("element", &[("ref", name)])?;
        self.bounds(min, max)?;
        self.out.end()
    }

    fn bounds(&mut self, min: u32, max: Option<u32>) -> Result<()> {
        if min != 1 {
            self.out.attribute("minOccurs", &min.to_string())?;
        }
        match max {
            Some(1) => Ok(()),
            Some(max) => self.out.attribute("maxOccurs", &max.to_string()),
            None => self.out.attribute("maxOccurs", "unbounded"),
        }
    }

    /// `List`: messages alone, or interchanges.
    fn list(&mut self, message: &str, interactive: bool) -> Result<()> {
        self.start("element", &[("name", "List")])?;
        self.start("complexType", &[])?;
        self.start("sequence", &[])?;
        self.reference("S_UNA", 0, Some(1))?;
        self.start("choice", &[])?;
        self.reference(message, 1, None)?;
        self.start("sequence", &[])?;
        self.interchange(message, interactive)?;
        self.start(
            "sequence",
            &[("minOccurs", "0"), ("maxOccurs", "unbounded")],
        )?;
        self.reference("S_UNA", 0, Some(1))?;
        self.interchange(message, interactive)?;
        self.ends(6)
    }

    fn interchange(&mut self, message: &str, interactive: bool) -> Result<()> {
        if interactive {
            self.reference("S_UIB", 1, Some(1))?;
            self.reference(message, 0, None)?;
            return self.reference("S_UIZ", 0, Some(1));
        }
        self.reference("S_UNB", 1, Some(1))?;
        self.start("choice", &[("minOccurs", "0")])?;
        self.reference(message, 1, None)?;
        self.start("sequence", &[("maxOccurs", "unbounded")])?;
        self.reference("S_UNG", 1, Some(1))?;
        self.reference(message, 1, None)?;
        self.reference("S_UNE", 1, Some(1))?;
        self.ends(2)?;
        self.reference("S_UNZ", 0, Some(1))
    }

    fn ends(&mut self, count: u32) -> Result<()> {
        (0..count).try_for_each(|_| self.out.end())
    }

    fn una(&mut self) -> Result<()> {
        self.start("element", &[("name", "S_UNA")])?;
        self.start("complexType", &[])?;
        self.start("sequence", &[])?;
        for at in 1..=6 {
            let name = format!("D_UNA{at}");
            self.leaf("element", &[("name", &name), ("type", "character")])?;
        }
        self.ends(3)?;
        self.start("simpleType", &[("name", "character")])?;
        self.start("restriction", &[("base", "xsd:string")])?;
        self.leaf("length", &[("value", "1")])?;
        self.out.end()?;
        self.out.end()
    }

    /// The name that a type is declared by where it is called `name`.
    fn name_of(&mut self, name: &str, of: TypeId) -> (String, bool) {
        let all = self.names.entry(name.to_owned()).or_default();
        let at = match all.iter().position(|held| *held == of) {
            Some(at) => at,
            None => {
                all.push(of);
                all.len() - 1
            }
        };
        match at {
            0 => (name.to_owned(), true),
            _ => (format!("{name}.{}", at + 1), false),
        }
    }

    /// Declares an element and what it holds, once.
    fn declare(&mut self, model: &Model, name: &str, of: TypeId) -> Result<()> {
        let (type_name, global) = self.name_of(name, of);
        if !self.written.insert(type_name.clone()) {
            return Ok(());
        }
        let held = model.get(of);
        if global {
            self.start("element", &[("name", name), ("type", name)])?;
            self.label(&held.label)?;
            self.out.end()?;
        }
        if let Content::Value(simple) = &held.content {
            return self.value(&type_name, name, simple);
        }
        let inside = children(held);
        self.start("complexType", &[("name", &type_name)])?;
        self.start("sequence", &[])?;
        for stretch in certain(inside.clone()) {
            match stretch.children.as_slice() {
                [child] => self.child(child.node, stretch.min, stretch.max)?,
                several => {
                    self.start("choice", &[])?;
                    self.bounds(stretch.min, stretch.max)?;
                    for child in several {
                        self.child(child.node, 1, Some(1))?;
                    }
                    self.out.end()?;
                }
            }
        }
        self.out.end()?;
        self.out.end()?;
        inside
            .iter()
            .try_for_each(|child| self.declare(model, &child.node.name, child.node.of))
    }

    fn child(&mut self, node: &Node, min: u32, max: Option<u32>) -> Result<()> {
        match self.name_of(&node.name, node.of) {
            (_, true) => self.reference(&node.name, min, max),
            (type_name, false) => {
                self.start("element", &[("name", &node.name), ("type", &type_name)])?;
                self.bounds(min, max)?;
                self.out.end()
            }
        }
    }

    fn label(&mut self, label: &Label) -> Result<()> {
        if label.en.is_empty() && label.zh.is_empty() {
            return Ok(());
        }
        self.start("annotation", &[])?;
        for (lang, text) in [("en", &label.en), ("zh", &label.zh)] {
            if !text.is_empty() {
                self.start("documentation", &[("xml:lang", lang)])?;
                self.out.text(text)?;
                self.out.end()?;
            }
        }
        self.out.end()
    }

    /// The type of a data element.
    fn value(&mut self, type_name: &str, name: &str, simple: &Simple) -> Result<()> {
        let (mut min, mut max) = (simple.min, simple.max);
        let mut number = simple.class == Class::Numeric;
        // Service elements as any syntax version has them.
        let id = name.get(2..6).filter(|id| id.starts_with('0'));
        for syntax in 1..4 {
            if let Some(id) = id
                && let Some((format, _)) = self.specs.element(id, None, syntax)?
            {
                min = min.min(format.min);
                max = max.map(|max| max.max(format.max));
                number &= format.class == Class::Numeric;
            }
        }
        self.start("simpleType", &[("name", type_name)])?;
        let base = if number { "number" } else { "xsd:string" };
        self.start("restriction", &[("base", base)])?;
        let least = min.max(1);
        if number {
            let most = max.map_or(String::new(), |max| max.to_string());
            let digits = format!("-?[.,]?([0-9][.,]?){{{least},{most}}}");
            self.leaf("pattern", &[("value", &digits)])?;
        } else {
            self.leaf("minLength", &[("value", &least.to_string())])?;
            if let Some(max) = max {
                self.leaf("maxLength", &[("value", &max.to_string())])?;
            }
        }
        self.out.end()?;
        self.out.end()
    }
}
