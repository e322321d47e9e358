//! A schema as a model of the specs: names, children, values, as other syntaxes have them.

use std::collections::HashMap;

use super::component::{
    Components, Compositor, Content, ElementId, Namespaces, Particle, Term, TypeId, UNBOUNDED,
    Wildcard,
};
use super::schema::Schema;
use super::simple::{MomentKind, Primitive, SimpleId, Variety};
use crate::spec::model::{self, Class, CodeList, Label, Model, Node, Role, Simple, Type};
use crate::xml::names::{NameId, NamespaceId};

impl Schema {
    /// The schema as a [`Model`]: its elements as nodes of [`Role::Xml`], recursion as cycles, a
    /// head of a substitution group as a choice of what may stand for it. Roots are the elements
    /// that a document may begin with, by name.
    ///
    /// Annotations become labels. Values keep length, decimals, patterns and enumeration; what a
    /// [`Simple`] does not hold (bounds, identity constraints) is checked by the schema only.
    #[must_use]
    pub fn model(&self) -> Model {
        let mut export = Export {
            components: &self.components,
            model: Model::new(),
            known: HashMap::new(),
        };
        let mut roots: Vec<_> = self.components.global_elements.iter().collect();
        roots.sort_unstable_by_key(|(name, _)| self.components.names.local(**name));
        for (_, id) in roots {
            let element = self.components.element(*id);
            if !element.is_abstract {
                let node = export.node(*id);
                export.model.add_root(node);
            }
        }
        export.model
    }
}

struct Export<'c> {
    components: &'c Components,
    model: Model,
    known: HashMap<(TypeId, Option<ElementId>), model::TypeId>,
}

impl Export<'_> {
    fn name(&self, id: NameId) -> (Box<str>, Option<Box<str>>) {
        let names = &self.components.names;
        let (namespace, local) = names.parts(id);
        let uri = (namespace != NamespaceId::NONE).then(|| names.uri(namespace).into());
        (local.into(), uri)
    }

    fn node(&mut self, id: ElementId) -> Node {
        let element = self.components.element(id);
        let (name, namespace) = self.name(element.name);
        // A label of its own makes a type of its own.
        let own = element.label != Label::default();
        let of = self.of_type(element.of, own.then_some(id));
        Node {
            id: name.clone(),
            name,
            namespace,
            role: Role::Xml,
            of,
            identified_by: None,
        }
    }

    fn of_type(&mut self, id: TypeId, element: Option<ElementId>) -> model::TypeId {
        if let Some(known) = self.known.get(&(id, element)) {
            return *known;
        }
        let anonymous = matches!(id, TypeId::Complex(complex)
            if self.components.complex(complex).name.is_none());
        let name = match anonymous {
            true => String::new(),
            false => self.components.type_label(id),
        };
        let reserved = self.model.reserve(&name);
        self.known.insert((id, element), reserved);
        let mut of = match id {
            TypeId::Simple(simple) => Type::new(&name, model::Content::Value(self.simple(simple))),
            TypeId::Complex(complex) => {
                let complex = self.components.complex(complex);
                let content = match &complex.content {
                    Content::Empty => model::Content::Empty,
                    Content::Simple(simple) => model::Content::Value(self.simple(*simple)),
                    Content::Children { particle, mixed } => {
                        let particle = self.particle(particle);
                        match mixed {
                            true => model::Content::Mixed(particle),
                            false => model::Content::Children(particle),
                        }
                    }
                };
                let mut of = Type::new(&name, content);
                of.label = complex.label.clone();
                if let Some(name) = complex.name {
                    of.namespace = self.name(name).1;
                }
                for used in complex.attributes.iter().filter(|used| !used.prohibited) {
                    let (name, namespace) = self.name(used.name);
                    let attribute = model::Attribute {
                        name,
                        namespace,
                        required: used.required,
                        of: self.of_type(TypeId::Simple(used.of), None),
                    };
                    of.attributes.push(attribute);
                }
                of
            }
        };
        if let Some(element) = element {
            of.label = self.components.element(element).label.clone();
        }
        self.model.define(reserved, of);
        reserved
    }

    fn particle(&mut self, particle: &Particle) -> model::Particle {
        let inner = match &particle.term {
            Term::Element(id) => {
                let members = self.components.members.get(id);
                let mut each: Vec<ElementId> = members.cloned().unwrap_or_default();
                each.insert(0, *id);
                each.retain(|id| !self.components.element(*id).is_abstract);
                let mut nodes = each.into_iter().map(|id| self.node(id));
                let mut nodes: Vec<_> = nodes.by_ref().map(model::Particle::Node).collect();
                match nodes.len() {
                    1 => nodes.remove(0),
                    _ => model::Particle::Choice(nodes),
                }
            }
            Term::Wildcard(wildcard) => model::Particle::Wildcard(self.wildcard(wildcard)),
            Term::Group(compositor, items) => {
                let items = items.iter().map(|item| self.particle(item)).collect();
                match compositor {
                    Compositor::Sequence => model::Particle::Sequence(items),
                    Compositor::Choice => model::Particle::Choice(items),
                    Compositor::All => model::Particle::All(items),
                }
            }
        };
        if (particle.min, particle.max) == (1, 1) {
            return inner;
        }
        model::Particle::Repeat {
            min: particle.min,
            max: (particle.max != UNBOUNDED).then_some(particle.max),
            of: Box::new(inner),
        }
    }

    fn wildcard(&self, wildcard: &Wildcard) -> model::Wildcard {
        let uri = |id: &NamespaceId| -> Box<str> {
            match *id {
                NamespaceId::NONE => "".into(),
                id => self.components.names.uri(id).into(),
            }
        };
        let (namespaces, except) = match &wildcard.namespaces {
            Namespaces::Any => (None, Vec::new()),
            Namespaces::Not(NamespaceId::NONE) => (None, vec!["".into()]),
            Namespaces::Not(other) => (None, vec!["".into(), uri(other)]),
            Namespaces::Of(list) => (Some(list.iter().map(uri).collect()), Vec::new()),
        };
        model::Wildcard {
            namespaces,
            except,
            process: wildcard.process,
        }
    }

    fn simple(&self, id: SimpleId) -> Simple {
        let simple = self.components.simples.get(id);
        let class = match &simple.variety {
            Variety::Atomic(Primitive::Decimal | Primitive::Float | Primitive::Double) => {
                Class::Numeric
            }
            Variety::Atomic(Primitive::Moment(_)) => Class::Date,
            Variety::Atomic(Primitive::HexBinary | Primitive::Base64Binary) => Class::Binary,
            _ => Class::Alphanumeric,
        };
        let number = |length: u64| u32::try_from(length).unwrap_or(u32::MAX);
        let digits = simple.total_digits.filter(|_| class == Class::Numeric);
        let codes = simple.values.as_ref().map(|values| {
            let each = values.iter();
            CodeList::Values(each.map(|(_, text)| (text.clone(), "".into())).collect())
        });
        let form = match &simple.variety {
            Variety::Atomic(Primitive::Moment(kind)) => Some(match kind {
                MomentKind::DateTime => "CCYY-MM-DDThh:mm:ss",
                MomentKind::Time => "hh:mm:ss",
                MomentKind::Date => "CCYY-MM-DD",
                MomentKind::YearMonth => "CCYY-MM",
                MomentKind::Year => "CCYY",
                MomentKind::MonthDay => "--MM-DD",
                MomentKind::Day => "---DD",
                MomentKind::Month => "--MM",
            }),
            _ => None,
        };
        // Formats of messages of the specs: dates.
        let shown = simple.patterns.iter().flat_map(|step| step.iter());
        let shown = shown.filter_map(|pattern| pattern.format());
        let shown: Vec<&str> = shown.flat_map(|format| format.split('/')).collect();
        let class = match form.is_none() && !shown.is_empty() {
            true => Class::Date,
            false => class,
        };
        Simple {
            class,
            min: number(simple.length.or(simple.min_length).unwrap_or(0)),
            max: digits.or(simple.length.or(simple.max_length).map(number)),
            decimals: simple.fraction_digits.filter(|_| class == Class::Numeric),
            codes,
            patterns: form.into_iter().chain(shown).map(Into::into).collect(),
        }
    }
}
