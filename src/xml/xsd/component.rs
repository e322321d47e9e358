//! The components of a schema (part 1 of XML Schema 1.0, clause 3).

use std::sync::Arc;

use super::simple::{SimpleId, Simples};
use crate::spec::model::{Label, Process};
use crate::xml::names::{NameId, Names, NamespaceId};

/// Ways of derivation, as a set.
pub(crate) struct Derivations;

impl Derivations {
    pub(crate) const EXTENSION: u8 = 1;
    pub(crate) const RESTRICTION: u8 = 2;
    pub(crate) const SUBSTITUTION: u8 = 4;
    pub(crate) const LIST: u8 = 8;
    pub(crate) const UNION: u8 = 16;
}

/// A complex type: index into [`Components::complexes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ComplexId(pub(crate) u32);

/// anyType.
pub(crate) const ANY_TYPE: ComplexId = ComplexId(0);

/// An element declaration: index into [`Components::elements`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ElementId(pub(crate) u32);

/// A type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TypeId {
    Simple(SimpleId),
    Complex(ComplexId),
}

/// How often, at most: no bound.
pub(crate) const UNBOUNDED: u32 = u32::MAX;

/// A pattern of children.
#[derive(Clone, Debug)]
pub(crate) struct Particle {
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) term: Term,
}

/// What a particle repeats.
#[derive(Clone, Debug)]
pub(crate) enum Term {
    Element(ElementId),
    Wildcard(Arc<Wildcard>),
    Group(Compositor, Arc<[Particle]>),
}

/// How the particles of a group follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compositor {
    Sequence,
    Choice,
    All,
}

/// A wildcard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wildcard {
    pub(crate) namespaces: Namespaces,
    pub(crate) process: Process,
}

/// Namespaces that a wildcard allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Namespaces {
    Any,
    /// Any but this one, and not none.
    Not(NamespaceId),
    Of(Vec<NamespaceId>),
}

impl Namespaces {
    pub(crate) fn allows(&self, namespace: NamespaceId) -> bool {
        match self {
            Self::Any => true,
            Self::Not(other) => namespace != *other && namespace != NamespaceId::NONE,
            Self::Of(list) => list.contains(&namespace),
        }
    }

    /// Whether all that it allows is allowed by `other` (clause 3.10.6, cos-ns-subset).
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Any) => true,
            (Self::Any, _) => false,
            (Self::Not(a), Self::Not(b)) => a == b || *b == NamespaceId::NONE,
            (Self::Not(_), Self::Of(_)) => false,
            (Self::Of(list), other) => list.iter().all(|namespace| other.allows(*namespace)),
        }
    }

    /// What both allow (clause 3.10.6, cos-aw-intersect); `None` where it cannot be said.
    pub(crate) fn intersect(&self, other: &Self) -> Option<Self> {
        Some(match (self, other) {
            (Self::Any, other) | (other, Self::Any) => other.clone(),
            (Self::Not(a), Self::Not(b)) if a == b || *b == NamespaceId::NONE => Self::Not(*a),
            (Self::Not(a), Self::Not(b)) if *a == NamespaceId::NONE => Self::Not(*b),
            (Self::Not(_), Self::Not(_)) => return None,
            (Self::Of(list), other) | (other, Self::Of(list)) => Self::Of(
                list.iter()
                    .copied()
                    .filter(|namespace| other.allows(*namespace))
                    .collect(),
            ),
        })
    }

    /// What either allows (clause 3.10.6, cos-aw-union); `None` where it cannot be said.
    pub(crate) fn union(&self, other: &Self) -> Option<Self> {
        Some(match (self, other) {
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::Not(a), Self::Not(b)) if a == b => Self::Not(*a),
            (Self::Not(_), Self::Not(_)) => Self::Not(NamespaceId::NONE),
            (Self::Of(a), Self::Of(b)) => {
                let mut list = a.clone();
                list.extend(b.iter().filter(|namespace| !a.contains(namespace)));
                Self::Of(list)
            }
            (Self::Of(list), Self::Not(not)) | (Self::Not(not), Self::Of(list)) => {
                let (has, none) = (list.contains(not), list.contains(&NamespaceId::NONE));
                match (has, none) {
                    _ if *not == NamespaceId::NONE && none => Self::Any,
                    _ if *not == NamespaceId::NONE => Self::Not(*not),
                    (true, true) => Self::Any,
                    (true, false) => Self::Not(NamespaceId::NONE),
                    (false, true) => return None,
                    (false, false) => Self::Not(*not),
                }
            }
        })
    }

    /// Whether something is allowed by both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Of(list), other) | (other, Self::Of(list)) => {
                list.iter().any(|namespace| other.allows(*namespace))
            }
            _ => true,
        }
    }
}

/// A value that a declaration gives.
#[derive(Clone, Debug)]
pub(crate) struct Preset {
    pub(crate) fixed: bool,
    pub(crate) text: Box<str>,
}

/// An element declaration.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) name: NameId,
    pub(crate) of: TypeId,
    pub(crate) nillable: bool,
    pub(crate) is_abstract: bool,
    pub(crate) preset: Option<Preset>,
    /// The element it may stand for.
    pub(crate) head: Option<ElementId>,
    pub(crate) block: u8,
    pub(crate) closed: u8,
    pub(crate) constraints: Vec<u32>,
    pub(crate) label: Label,
    /// The table its value is looked up in, where the schema was made of a message of the specs.
    pub(crate) table: Option<Box<str>>,
}

/// An attribute of a complex type.
#[derive(Clone, Debug)]
pub(crate) struct AttributeUse {
    pub(crate) name: NameId,
    pub(crate) of: SimpleId,
    pub(crate) required: bool,
    /// Named only to take it from a restriction.
    pub(crate) prohibited: bool,
    pub(crate) preset: Option<Preset>,
    /// The table of a message's own that its values are looked up in.
    pub(crate) table: Option<Box<str>>,
}

/// A global attribute.
#[derive(Clone, Debug)]
pub(crate) struct AttributeDeclaration {
    pub(crate) of: SimpleId,
    pub(crate) preset: Option<Preset>,
}

/// What a complex type holds.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Empty,
    Simple(SimpleId),
    Children { particle: Particle, mixed: bool },
}

impl Content {
    pub(crate) fn is_mixed(&self) -> bool {
        matches!(self, Self::Children { mixed: true, .. })
    }
}

/// A complex type.
#[derive(Clone, Debug)]
pub(crate) struct Complex {
    /// Namespace and local name, where it has one.
    pub(crate) name: Option<NameId>,
    pub(crate) base: TypeId,
    /// Way of derivation from it.
    pub(crate) derivation: u8,
    pub(crate) is_abstract: bool,
    pub(crate) closed: u8,
    pub(crate) block: u8,
    pub(crate) content: Content,
    pub(crate) attributes: Vec<AttributeUse>,
    pub(crate) wildcard: Option<Wildcard>,
    /// Types it is derived from, one after the other.
    pub(crate) depth: u32,
    pub(crate) label: Label,
}

/// Kinds of identity constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConstraintKind {
    Unique,
    Key,
    /// Refers to the constraint of that index.
    KeyRef(u32),
}

/// An identity constraint.
#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    pub(crate) name: NameId,
    pub(crate) kind: ConstraintKind,
    pub(crate) selector: Vec<super::identity::Path>,
    pub(crate) fields: Vec<Vec<super::identity::Path>>,
}

/// All components of a schema.
#[derive(Debug, Default)]
pub(crate) struct Components {
    pub(crate) names: Names,
    pub(crate) simples: Simples,
    pub(crate) complexes: Vec<Complex>,
    pub(crate) elements: Vec<Element>,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) global_elements: std::collections::HashMap<NameId, ElementId>,
    pub(crate) global_attributes: std::collections::HashMap<NameId, AttributeDeclaration>,
    pub(crate) global_types: std::collections::HashMap<NameId, TypeId>,
    /// Of each element, those that may stand for it, itself left out.
    pub(crate) members: std::collections::HashMap<ElementId, Vec<ElementId>>,
}

impl Components {
    pub(crate) fn element(&self, id: ElementId) -> &Element {
        &self.elements[id.0 as usize]
    }

    pub(crate) fn complex(&self, id: ComplexId) -> &Complex {
        &self.complexes[id.0 as usize]
    }

    /// A name for people: `{namespace}local` is shortened to the local part.
    pub(crate) fn type_label(&self, id: TypeId) -> String {
        match id {
            TypeId::Simple(simple) => self.simples.label(simple),
            TypeId::Complex(ANY_TYPE) => "xs:anyType".to_owned(),
            TypeId::Complex(complex) => match self.complex(complex).name {
                Some(name) => self.names.local(name).to_owned(),
                None => self.type_label(self.complex(complex).base),
            },
        }
    }

    /// The type a type is derived from, and how.
    pub(crate) fn base(&self, id: TypeId) -> Option<(TypeId, u8)> {
        match id {
            TypeId::Complex(ANY_TYPE) => None,
            TypeId::Complex(complex) => {
                let complex = self.complex(complex);
                Some((complex.base, complex.derivation))
            }
            TypeId::Simple(simple) => match self.simples.get(simple).base {
                Some(base) => Some((TypeId::Simple(base), Derivations::RESTRICTION)),
                None => Some((TypeId::Complex(ANY_TYPE), Derivations::RESTRICTION)),
            },
        }
    }

    /// The ways of derivation on the way from `id` to `base`; `None` where it is not derived
    /// from it. A member of a union counts as derived from the union.
    pub(crate) fn derivation(&self, id: TypeId, base: TypeId) -> Option<u8> {
        let (mut at, mut ways) = (id, 0);
        while at != base {
            if let (TypeId::Simple(simple), TypeId::Simple(union)) = (at, base)
                && let super::simple::Variety::Union(members) = &self.simples.get(union).variety
                && members
                    .iter()
                    .any(|member| self.simples.derives(simple, *member))
            {
                return Some(ways | Derivations::RESTRICTION);
            }
            let (next, way) = self.base(at)?;
            ways |= way;
            at = next;
        }
        Some(ways)
    }

    /// The simple type of an element's value, where it has one.
    pub(crate) fn value_type(&self, id: TypeId) -> Option<SimpleId> {
        match id {
            TypeId::Simple(simple) => Some(simple),
            TypeId::Complex(complex) => match self.complex(complex).content {
                Content::Simple(simple) => Some(simple),
                _ => None,
            },
        }
    }
}

impl Particle {
    /// Whether it may hold nothing.
    pub(crate) fn is_nullable(&self) -> bool {
        self.min == 0
            || match &self.term {
                Term::Element(_) | Term::Wildcard(_) => false,
                Term::Group(Compositor::Choice, parts) => {
                    parts.is_empty() || parts.iter().any(Self::is_nullable)
                }
                Term::Group(_, parts) => parts.iter().all(Self::is_nullable),
            }
    }

    /// Whether nothing can ever stand there.
    pub(crate) fn is_void(&self) -> bool {
        self.max == 0
            || matches!(&self.term, Term::Group(_, parts) if parts.iter().all(Self::is_void))
    }
}
