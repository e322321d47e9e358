//! What a message may hold, as expressions see it: names, how often they stand, and what they are.

use crate::spec::model::{Class, Content, Model, Node, Particle};
use crate::spec::xml::{Attribute, Codes, Element, Format, Holds, Message, Part, Value};

/// The name of what stands where a spec leaves open what may stand there, as the signature of a
/// message.
pub(crate) const ANYTHING: &str = "*";

/// What something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Record,
    Text,
    Number,
    /// What the spec does not say: any name may stand in it.
    Anything,
}

/// Something that may stand in something.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    pub(crate) name: Box<str>,
    /// What it is: an index of [`Outline::kinds`].
    pub(crate) of: usize,
    pub(crate) min: u32,
    /// No bound is `u32::MAX`.
    pub(crate) max: u32,
    /// Places in the order of the record, from first to last; the same where the order is free.
    pub(crate) order: (u32, u32),
    /// Stands beside the value of an element.
    pub(crate) attribute: bool,
}

/// A kind of record or value.
#[derive(Clone, Debug)]
pub(crate) struct Of {
    pub(crate) holds: What,
    pub(crate) children: Vec<Child>,
}

/// What a message may hold.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    /// The name of the message's root.
    pub(crate) root: Box<str>,
    pub(crate) kinds: Vec<Of>,
    /// The kind of the root.
    pub(crate) top: usize,
}

/// Children as they are met.
#[derive(Default)]
struct Children(Vec<Child>);

impl Children {
    fn add(&mut self, child: Child) {
        match self.0.iter_mut().find(|held| held.name == child.name) {
            Some(held) => {
                held.min = held.min.saturating_add(child.min);
                held.max = held.max.saturating_add(child.max);
                held.order.0 = held.order.0.min(child.order.0);
                held.order.1 = held.order.1.max(child.order.1);
            }
            None => self.0.push(child),
        }
    }

    /// Adds what stands from `min` to `max` times.
    fn add_all(&mut self, inner: Self, (min, max): (u32, u32)) {
        for child in inner.0 {
            self.add(Child {
                min: child.min.saturating_mul(min),
                max: child.max.saturating_mul(max),
                ..child
            });
        }
    }

    /// One of several.
    fn either(branches: Vec<Self>) -> Self {
        let mut all = Self::default();
        let count = branches.len();
        let mut seen: Vec<(Box<str>, usize)> = Vec::new();
        for branch in branches {
            for child in branch.0 {
                match seen.iter_mut().find(|(name, _)| *name == child.name) {
                    Some((_, times)) => *times += 1,
                    None => seen.push((child.name.clone(), 1)),
                }
                match all.0.iter_mut().find(|held| held.name == child.name) {
                    Some(held) => {
                        held.min = held.min.min(child.min);
                        held.max = held.max.max(child.max);
                        held.order.0 = held.order.0.min(child.order.0);
                        held.order.1 = held.order.1.max(child.order.1);
                    }
                    None => all.0.push(child),
                }
            }
        }
        for child in &mut all.0 {
            let times = seen.iter().find(|(name, _)| *name == child.name);
            if times.is_some_and(|(_, times)| *times < count) {
                child.min = 0;
            }
        }
        all
    }
}

impl Outline {
    /// The outline of a message in UN/EDIFACT or a flat file.
    pub(crate) fn of_model(model: &Model) -> Self {
        let kinds = model.types().iter().map(|of| match &of.content {
            Content::Empty => Of {
                holds: What::Text,
                children: Vec::new(),
            },
            Content::Value(simple) => Of {
                holds: if simple.class == Class::Numeric {
                    What::Number
                } else {
                    What::Text
                },
                children: Vec::new(),
            },
            Content::Children(particle) | Content::Mixed(particle) => Of {
                holds: What::Record,
                children: of_particle(particle).0,
            },
        });
        let root = model.roots().first();
        Self {
            kinds: kinds.collect(),
            root: root.map_or_else(Box::default, |root| root.name.clone()),
            top: root.map_or(0, |root| root.of.index()),
        }
    }

    /// The outline of a message in XML.
    pub(crate) fn of_message(message: &Message) -> Self {
        let mut outline = Self {
            root: message.root.tag.clone(),
            kinds: Vec::new(),
            top: 0,
        };
        outline.top = outline.element(&message.root);
        outline
    }

    /// A record of named texts, each of which may be absent.
    pub(crate) fn of_names(root: &str, names: &[&str]) -> Self {
        let text = Of {
            holds: What::Text,
            children: Vec::new(),
        };
        let children = names.iter().map(|name| Child {
            name: (*name).into(),
            of: 0,
            min: 0,
            max: 1,
            order: (0, 0),
            attribute: false,
        });
        let record = Of {
            holds: What::Record,
            children: children.collect(),
        };
        Self {
            root: root.into(),
            kinds: vec![text, record],
            top: 1,
        }
    }

    fn push(&mut self, holds: What, children: Vec<Child>) -> usize {
        self.kinds.push(Of { holds, children });
        self.kinds.len() - 1
    }

    fn element(&mut self, element: &Element) -> usize {
        let mut children = Children::default();
        for attribute in &element.attributes {
            let child = self.attribute(attribute);
            children.add(child);
        }
        let holds = match &element.holds {
            Holds::Value(value) => of_value(value),
            Holds::Anything => What::Anything,
            Holds::Parts { parts, any_order } => {
                for (at, part) in (1..).zip(parts) {
                    let order = if *any_order { 1 } else { at };
                    let inner = self.part(part, order);
                    children.add_all(inner, (1, 1));
                }
                What::Record
            }
        };
        self.push(holds, children.0)
    }

    fn attribute(&mut self, attribute: &Attribute) -> Child {
        let of = self.push(of_value(&attribute.value), Vec::new());
        Child {
            name: format!("@{}", attribute.name).into(),
            of,
            min: u32::from(attribute.mandatory && !attribute.value.empty),
            max: 1,
            order: (0, 0),
            attribute: true,
        }
    }

    fn part(&mut self, part: &Part, order: u32) -> Children {
        let mut out = Children::default();
        match part {
            Part::Element(element) => {
                // What may be empty may as well be absent.
                let may_be_empty = matches!(&element.holds, Holds::Value(value) if value.empty);
                let of = self.element(element);
                out.add(Child {
                    name: element.tag.clone(),
                    of,
                    min: if may_be_empty { 0 } else { element.occurs.min },
                    max: element.occurs.max.unwrap_or(u32::MAX),
                    order: (order, order),
                    attribute: false,
                });
            }
            Part::Choice(occurs, parts) => {
                let branches = parts.iter().map(|part| self.part(part, order)).collect();
                let bounds = (occurs.min, occurs.max.unwrap_or(u32::MAX));
                out.add_all(Children::either(branches), bounds);
            }
            Part::Sequence(occurs, parts) => {
                let mut all = Children::default();
                for part in parts {
                    let inner = self.part(part, order);
                    all.add_all(inner, (1, 1));
                }
                out.add_all(all, (occurs.min, occurs.max.unwrap_or(u32::MAX)));
            }
            Part::Anything(occurs, _) => {
                let of = self.push(What::Record, Vec::new());
                out.add(Child {
                    name: ANYTHING.into(),
                    of,
                    min: occurs.min,
                    max: occurs.max.unwrap_or(u32::MAX),
                    order: (order, order),
                    attribute: false,
                });
            }
        }
        out
    }
}

fn of_value(value: &Value) -> What {
    let coded = !matches!(value.codes, Codes::None);
    match &value.format {
        Format::Number { .. } if !coded => What::Number,
        Format::Builtin(name) => {
            let number = [
                "decimal",
                "integer",
                "int",
                "long",
                "short",
                "byte",
                "nonNegativeInteger",
                "positiveInteger",
                "nonPositiveInteger",
                "negativeInteger",
                "unsignedInt",
                "unsignedLong",
                "unsignedShort",
                "unsignedByte",
            ];
            if !coded && number.contains(&&**name) {
                What::Number
            } else {
                What::Text
            }
        }
        _ => What::Text,
    }
}

fn of_node(node: &Node, (min, max): (u32, u32), order: u32) -> Child {
    Child {
        name: node.name.clone(),
        of: node.of.index(),
        min,
        max,
        order: (order, order),
        attribute: false,
    }
}

fn of_particle(particle: &Particle) -> Children {
    let mut children = Children::default();
    match particle {
        Particle::Sequence(items) => {
            for (order, item) in (1..).zip(items) {
                children.add_all(ordered(item, order), (1, 1));
            }
        }
        other => children = ordered(other, 1),
    }
    children
}

/// What stands at one place of the order.
fn ordered(particle: &Particle, order: u32) -> Children {
    let mut children = Children::default();
    match particle {
        Particle::Node(node) => children.add(of_node(node, (1, 1), order)),
        Particle::Sequence(items) | Particle::All(items) => {
            for item in items {
                children.add_all(ordered(item, order), (1, 1));
            }
        }
        Particle::Choice(items) => {
            let branches = items.iter().map(|item| ordered(item, order)).collect();
            children = Children::either(branches);
        }
        Particle::Repeat { min, max, of } => {
            children.add_all(ordered(of, order), (*min, max.unwrap_or(u32::MAX)));
        }
        Particle::Wildcard(_) => {}
    }
    children
}
