//! A schema as the text form of specs has it: an importer writes it to a file.

use super::component::{
    Complex, Components, Compositor, Content, ElementId, Namespaces, Particle, Preset, Term,
    TypeId, UNBOUNDED,
};
use super::schema::Schema;
use super::simple::{Primitive, SimpleId, Variety};
use crate::spec::model::{Class, Label};
use crate::spec::xml::{
    Attribute, Bound, Codes, Element, Format, Holds, Message, Occurs, Part, Status, Value,
};
use crate::xml::names::NamespaceId;
use crate::{Error, Result};

/// Elements of one message at most: types that are used in many places are written out in each.
const MOST: usize = 20_000;

impl Schema {
    /// The message whose root is that element: what the text form of specs cannot hold (identity
    /// constraints, derived types, unions, mixed text) is left out or becomes wider, never
    /// narrower. Labels are those of the annotations.
    ///
    /// # Errors
    /// When the schema declares no such root, or the message would have more than 20,000 elements.
    pub fn outline(&self, namespace: &str, root: &str) -> Result<Message> {
        let id = self.root(namespace, root).ok_or_else(|| {
            Error::unknown(format!(
                "the schema has no root element {{{namespace}}}{root}"
            ))
        })?;
        let home = self.components.names.find_namespace(namespace);
        let mut outline = Outline {
            components: &self.components,
            home: home.unwrap_or(NamespaceId::NONE),
            open: Vec::new(),
            left: MOST,
        };
        let once = Occurs {
            status: Status::Mandatory,
            min: 1,
            max: Some(1),
        };
        let element = outline.element(id, once)?;
        Ok(Message {
            name: root.into(),
            label: element.label.clone(),
            edition: "".into(),
            valid: "".into(),
            fidelity: "".into(),
            sources: Vec::new(),
            namespaces: vec![namespace.into()],
            when: Vec::new(),
            root: element,
        })
    }
}

struct Outline<'c> {
    components: &'c Components,
    /// Namespace of the message.
    home: NamespaceId,
    /// Types that are being written, for those that hold themselves.
    open: Vec<TypeId>,
    /// Elements that may still be written.
    left: usize,
}

fn occurs(min: u32, max: u32) -> Occurs {
    Occurs {
        status: match (min, max) {
            (_, 0) => Status::Absent,
            (0, _) => Status::Conditional,
            _ => Status::Mandatory,
        },
        min,
        max: (max != UNBOUNDED).then_some(max),
    }
}

impl Outline<'_> {
    fn element(&mut self, id: ElementId, occurs: Occurs) -> Result<Element> {
        if self.left == 0 {
            return Err(Error::unknown(format!(
                "the message has more than {MOST} elements"
            )));
        }
        self.left -= 1;
        let declared = self.components.element(id);
        let mut made = Element {
            tag: self.components.names.local(declared.name).into(),
            occurs,
            label: declared.label.clone(),
            attributes: Vec::new(),
            holds: Holds::Anything,
            condition: "".into(),
            wco: "".into(),
            required: "".into(),
        };
        match declared.of {
            TypeId::Simple(simple) => {
                made.holds = Holds::Value(self.value(simple, declared.preset.as_ref()));
            }
            TypeId::Complex(complex) => {
                let held = self.components.complex(complex);
                self.attributes(held, &mut made.attributes);
                if made.label == Label::default() {
                    made.label = held.label.clone();
                }
                // What holds itself, or text beside elements, is not looked into.
                if held.is_abstract || self.open.contains(&declared.of) {
                    return Ok(made);
                }
                self.open.push(declared.of);
                made.holds = match &held.content {
                    Content::Empty => Holds::Parts {
                        parts: Vec::new(),
                        any_order: false,
                    },
                    Content::Simple(simple) => {
                        Holds::Value(self.value(*simple, declared.preset.as_ref()))
                    }
                    Content::Children { mixed: true, .. } => Holds::Anything,
                    Content::Children { particle, .. } => self.children(particle)?,
                };
                self.open.pop();
            }
        }
        Ok(made)
    }

    fn children(&mut self, particle: &Particle) -> Result<Holds> {
        let (parts, any_order) = match &particle.term {
            Term::Group(Compositor::Sequence, items) if (particle.min, particle.max) == (1, 1) => {
                (self.parts(items)?, false)
            }
            Term::Group(Compositor::All, items) => {
                let mut parts = self.parts(items)?;
                if particle.min == 0 {
                    // All or nothing cannot be said: nothing is required.
                    for part in &mut parts {
                        if let Part::Element(element) = part {
                            element.occurs =
                                self::occurs(0, element.occurs.max.unwrap_or(UNBOUNDED));
                        }
                    }
                }
                (parts, true)
            }
            _ => (self.part(particle)?, false),
        };
        Ok(Holds::Parts { parts, any_order })
    }

    fn parts(&mut self, items: &[Particle]) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        for item in items {
            parts.extend(self.part(item)?);
        }
        Ok(parts)
    }

    fn part(&mut self, particle: &Particle) -> Result<Vec<Part>> {
        let bounds = occurs(particle.min, particle.max);
        Ok(match &particle.term {
            Term::Element(id) => {
                let name = self.components.element(*id).name;
                let (namespace, _) = self.components.names.parts(name);
                let members = self.components.members.get(id).cloned();
                if namespace != self.home {
                    // Parts of another publication (a signature) are not looked into.
                    let of = match namespace {
                        NamespaceId::NONE => None,
                        other => Some(self.components.names.uri(other).into()),
                    };
                    vec![Part::Anything(bounds, of)]
                } else if let Some(members) = members.filter(|members| !members.is_empty()) {
                    let mut each = vec![*id];
                    each.extend(members);
                    each.retain(|id| !self.components.element(*id).is_abstract);
                    let mut parts = Vec::new();
                    for id in each {
                        parts.push(Part::Element(self.element(id, occurs(1, 1))?));
                    }
                    vec![Part::Choice(bounds, parts)]
                } else {
                    vec![Part::Element(self.element(*id, bounds)?)]
                }
            }
            Term::Wildcard(wildcard) => {
                let of = match &wildcard.namespaces {
                    Namespaces::Of(list) if list.len() == 1 && list[0] != NamespaceId::NONE => {
                        Some(self.components.names.uri(list[0]).into())
                    }
                    _ => None,
                };
                vec![Part::Anything(bounds, of)]
            }
            Term::Group(Compositor::Choice, items) => {
                vec![Part::Choice(bounds, self.parts(items)?)]
            }
            Term::Group(_, items) if (particle.min, particle.max) == (1, 1) => self.parts(items)?,
            Term::Group(_, items) => {
                let parts = self.parts(items)?;
                match parts.is_empty() {
                    true => Vec::new(),
                    false => vec![Part::Sequence(bounds, parts)],
                }
            }
        })
    }

    fn attributes(&self, complex: &Complex, out: &mut Vec<Attribute>) {
        for used in complex.attributes.iter().filter(|used| !used.prohibited) {
            let (namespace, name) = self.components.names.parts(used.name);
            if namespace != NamespaceId::NONE {
                continue;
            }
            out.push(Attribute {
                name: name.into(),
                mandatory: used.required,
                label: Label::default(),
                value: self.value(used.of, used.preset.as_ref()),
            });
        }
    }

    fn value(&self, id: SimpleId, preset: Option<&Preset>) -> Value {
        let simples = &self.components.simples;
        let simple = simples.get(id);
        let number = |length: u64| u32::try_from(length).unwrap_or(u32::MAX);
        // The built-in type that it is derived from says more than its primitive.
        let above = std::iter::successors(Some(id), |id| simples.get(*id).base);
        let builtin = above
            .map(|id| simples.label(id))
            .find_map(|label| label.strip_prefix("xs:").map(str::to_owned));
        let builtin = builtin.unwrap_or_else(|| "anySimpleType".to_owned());
        let format = match (&simple.variety, &*builtin) {
            (Variety::Atomic(Primitive::String), "string") => Format::Text {
                class: Class::Alphanumeric,
                min: number(simple.length.or(simple.min_length).unwrap_or(0)),
                max: simple.length.or(simple.max_length).map(number),
            },
            (Variety::Atomic(Primitive::Decimal), "decimal") => Format::Number {
                digits: simple.total_digits,
                decimals: simple.fraction_digits,
            },
            (Variety::Atomic(_), name) => {
                let named = Format::parse(&format!("xs:{name}"));
                named.unwrap_or_else(|| Format::Builtin("string".into()))
            }
            // Lists and unions are text here.
            _ => Format::Builtin("anySimpleType".into()),
        };
        let mut value = Value::new(format);
        let atomic = matches!(simple.variety, Variety::Atomic(_));
        if let Some(preset) = preset {
            match preset.fixed {
                true => value.fixed = Some(preset.text.clone()),
                false => value.default = Some(preset.text.clone()),
            }
        }
        if !atomic {
            return value;
        }
        for step in &simple.patterns {
            let each: Vec<&str> = step.iter().map(super::regex::Pattern::source).collect();
            value.patterns.push(each.join("|").into());
        }
        if let Some(values) = &simple.values {
            let each = values.iter();
            value.codes = Codes::Values(
                each.map(|(_, text)| (text.clone(), Label::default()))
                    .collect(),
            );
        }
        for (bound, [within, beyond]) in [
            (&simple.min, [Bound::Min, Bound::Above]),
            (&simple.max, [Bound::Max, Bound::Below]),
        ] {
            // Those of a built-in type are its own.
            let own = bound.as_ref().filter(|_| !self.inherits_bounds(id));
            if let Some(bound) = own {
                let kind = if bound.inclusive { within } else { beyond };
                value.bounds.push((kind, bound.lexical.clone()));
            }
        }
        value
    }

    /// Whether the bounds of a type are those of the built-in type it is derived from.
    fn inherits_bounds(&self, id: SimpleId) -> bool {
        let simples = &self.components.simples;
        let mut above = std::iter::successors(Some(id), |id| simples.get(*id).base);
        let builtin =
            above.find(|id| simples.label(*id).starts_with("xs:") && simples.is_builtin(*id));
        let text = |id: SimpleId| {
            let of = simples.get(id);
            let lexical = |bound: &Option<super::simple::Bound>| {
                bound
                    .as_ref()
                    .map(|bound| (bound.inclusive, bound.lexical.clone()))
            };
            (lexical(&of.min), lexical(&of.max))
        };
        builtin.is_some_and(|builtin| text(builtin) == text(id))
    }
}
