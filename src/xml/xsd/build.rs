//! From documents to components: names are resolved, types derived, and the constraints of
//! part 1 of XML Schema 1.0 kept.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::builtin::{self, ANY_SIMPLE};
use super::component::{
    ANY_TYPE, AttributeDeclaration, AttributeUse, Complex, ComplexId, Components, Compositor,
    Constraint, ConstraintKind, Content, Derivations, Element, ElementId, Namespaces, Particle,
    Preset, Term, TypeId, UNBOUNDED, Wildcard,
};
use super::dom::{Node, NodeId};
use super::identity;
use super::load::{Loaded, Set};
use super::simple::{Prefixes, SimpleId, Variety};
use crate::spec::model::{Label, Process};
use crate::xml::chars;
use crate::xml::names::{NameId, NamespaceId, XML, XSD, XSI};
use crate::{Error, Result};

/// Kinds of things that have names of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Type,
    Element,
    Attribute,
    Group,
    AttributeGroup,
    Notation,
}

/// Where something is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) document: usize,
    pub(super) node: NodeId,
}

/// Types derived from each other, and groups within each other, at most.
const MOST_DERIVATION: u32 = 250;
/// Particles of one type, groups resolved, at most.
const MOST_PARTICLES: usize = 1_000_000;

/// Builds components.
pub(super) struct Builder<'s> {
    pub(super) loaded: &'s [Loaded],
    pub(super) out: Components,
    declared: HashMap<(Kind, NameId), Place>,
    /// What a redefinition replaced.
    originals: HashMap<Place, Place>,
    pub(super) types: HashMap<Place, TypeId>,
    building: HashSet<Place>,
    elements: HashMap<Place, ElementId>,
    groups: HashMap<Place, (Particle, usize)>,
    attribute_groups: HashMap<Place, (Vec<AttributeUse>, Option<Wildcard>)>,
    depth: u32,
    /// Complex types whose content is not built yet.
    waiting: Vec<(ComplexId, Place)>,
    /// Elements whose type is not known yet.
    untyped: Vec<(ElementId, Place)>,
    constraint_names: HashMap<NameId, u32>,
    refers: Vec<(u32, NameId, Place)>,
    /// Where complex types and elements come from, for messages.
    pub(super) complex_places: HashMap<ComplexId, Place>,
    element_places: HashMap<ElementId, Place>,
    heads: Vec<(ElementId, NameId, Place)>,
    notations: HashSet<NameId>,
    /// Particles made of a group or type, counted.
    particles: usize,
}

/// The prefixes in scope of an element of a schema.
pub(super) struct Scope<'n>(pub(super) &'n Node);

impl Prefixes for Scope<'_> {
    fn namespace(&self, prefix: &str) -> Option<&str> {
        self.0.namespace(prefix)
    }
}

/// Builds the components of all documents.
pub(super) fn build(set: &Set) -> Result<Components> {
    let mut builder = Builder {
        loaded: &set.loaded,
        out: Components::default(),
        declared: HashMap::new(),
        originals: HashMap::new(),
        types: HashMap::new(),
        building: HashSet::new(),
        elements: HashMap::new(),
        groups: HashMap::new(),
        attribute_groups: HashMap::new(),
        depth: 0,
        waiting: Vec::new(),
        untyped: Vec::new(),
        constraint_names: HashMap::new(),
        refers: Vec::new(),
        complex_places: HashMap::new(),
        element_places: HashMap::new(),
        heads: Vec::new(),
        notations: HashSet::new(),
        particles: 0,
    };
    builder.built_in();
    builder.declare()?;
    builder.build_all()?;
    builder.resolve_heads()?;
    builder.resolve_references()?;
    builder.check_elements()?;
    super::particles::check(&builder)?;
    Ok(builder.out)
}

impl<'s> Builder<'s> {
    pub(super) fn node(&self, place: Place) -> &'s Node {
        self.loaded[place.document].document.node(place.node)
    }

    pub(super) fn error(&self, place: Place, message: impl Into<String>) -> Error {
        self.loaded[place.document]
            .document
            .error_at(place.node, message)
    }

    pub(super) fn children(
        &self,
        place: Place,
    ) -> impl Iterator<Item = (Place, &'s Node)> + use<'s> {
        let document = place.document;
        let children = self.loaded[document].document.children(place.node);
        children.map(move |(node, found)| (Place { document, node }, found))
    }

    pub(super) fn child(&self, place: Place, name: &str) -> Option<Place> {
        self.children(place)
            .find(|(_, node)| *node.name == *name)
            .map(|(place, _)| place)
    }

    fn built_in(&mut self) {
        let names = &mut self.out.names;
        let xsd = names.namespace(XSD);
        let mut types = Vec::new();
        builtin::add(&mut self.out.simples, &mut |name, id| {
            types.push((name, id))
        });
        for (name, id) in types {
            let name = names.name(xsd, name);
            self.out.global_types.insert(name, TypeId::Simple(id));
        }
        let any = Arc::new(Wildcard {
            namespaces: Namespaces::Any,
            process: Process::Lax,
        });
        let particle = Particle {
            min: 0,
            max: UNBOUNDED,
            term: Term::Wildcard(any.clone()),
        };
        let name = names.name(xsd, "anyType");
        self.out
            .global_types
            .insert(name, TypeId::Complex(ANY_TYPE));
        self.out.complexes.push(Complex {
            name: Some(name),
            base: TypeId::Complex(ANY_TYPE),
            derivation: Derivations::RESTRICTION,
            is_abstract: false,
            closed: 0,
            block: 0,
            content: Content::Children {
                particle: Particle {
                    min: 1,
                    max: 1,
                    term: Term::Group(Compositor::Sequence, Arc::from([particle])),
                },
                mixed: true,
            },
            attributes: Vec::new(),
            wildcard: Some((*any).clone()),
            label: Label::default(),
            depth: 0,
        });
        let find = |types: &HashMap<NameId, TypeId>, name: NameId| match types.get(&name) {
            Some(TypeId::Simple(id)) => *id,
            _ => ANY_SIMPLE,
        };
        let xml = names.namespace(XML);
        for (name, of) in [
            ("lang", "language"),
            ("space", "NCName"),
            ("base", "anyURI"),
            ("id", "ID"),
        ] {
            let of = find(&self.out.global_types, names.name(xsd, of));
            let name = names.name(xml, name);
            let attribute = AttributeDeclaration { of, preset: None };
            self.out.global_attributes.insert(name, attribute);
        }
    }

    fn target(&mut self, document: usize) -> NamespaceId {
        let loaded = self.loaded;
        self.out.names.namespace(&loaded[document].target)
    }

    /// The name that an element declares at the top of a schema.
    fn own_name(&mut self, place: Place) -> NameId {
        let target = self.target(place.document);
        let local = self.node(place).get("name").unwrap_or("");
        self.out.names.name(target, local)
    }

    fn kind(name: &str) -> Option<Kind> {
        Some(match name {
            "simpleType" | "complexType" => Kind::Type,
            "element" => Kind::Element,
            "attribute" => Kind::Attribute,
            "group" => Kind::Group,
            "attributeGroup" => Kind::AttributeGroup,
            "notation" => Kind::Notation,
            _ => return None,
        })
    }

    /// Takes down what every document declares.
    fn declare(&mut self) -> Result<()> {
        for document in 0..self.loaded.len() {
            let root = Place { document, node: 0 };
            for (place, node) in self.children(root) {
                let Some(kind) = Self::kind(&node.name) else {
                    continue;
                };
                let name = self.own_name(place);
                if self.declared.contains_key(&(kind, name)) {
                    let message = format!(
                        "{} {:?} is declared twice",
                        node.name,
                        node.get("name").unwrap_or("")
                    );
                    return Err(self.error(place, message));
                }
                if kind == Kind::Notation {
                    self.notations.insert(name);
                }
                self.declared.insert((kind, name), place);
            }
        }
        // The outermost redefinition comes last, and holds.
        for document in (0..self.loaded.len()).rev() {
            for (redefine, of) in self.loaded[document].redefines.clone() {
                let redefine = Place {
                    document,
                    node: redefine,
                };
                for (place, node) in self.children(redefine) {
                    let Some(kind) = Self::kind(&node.name) else {
                        continue;
                    };
                    let name = self.own_name(place);
                    let Some(original) = self.declared.get(&(kind, name)).copied() else {
                        let message = format!(
                            "{:?} is not in what is redefined",
                            node.get("name").unwrap_or("")
                        );
                        return Err(self.error(place, message));
                    };
                    let _ = of;
                    if original.document == document {
                        let message = format!(
                            "{:?} is redefined twice, or in its own document",
                            node.get("name").unwrap_or("")
                        );
                        return Err(self.error(place, message));
                    }
                    self.originals.insert(place, original);
                    self.declared.insert((kind, name), place);
                }
            }
        }
        Ok(())
    }

    fn build_all(&mut self) -> Result<()> {
        let mut all: Vec<((Kind, NameId), Place)> = self
            .declared
            .iter()
            .map(|(key, place)| (*key, *place))
            .collect();
        all.sort_by_key(|(_, place)| (place.document, place.node));
        for ((kind, name), place) in all {
            match kind {
                Kind::Type => {
                    let of = self.type_at(place)?;
                    self.out.global_types.insert(name, of);
                }
                Kind::Element => {
                    let element = self.element_at(place)?;
                    self.out.global_elements.insert(name, element);
                }
                Kind::Attribute => {
                    self.global_attribute(name, place)?;
                }
                Kind::Group => {
                    self.group_at(place)?;
                }
                Kind::AttributeGroup => {
                    self.attribute_group_at(place)?;
                }
                Kind::Notation => {}
            }
            self.work()?;
        }
        Ok(())
    }

    /// Builds what waits.
    fn work(&mut self) -> Result<()> {
        loop {
            if let Some((id, place)) = self.untyped.pop() {
                let of = self.element_type(place)?;
                self.out.elements[id.0 as usize].of = of;
            } else if let Some((id, place)) = self.waiting.pop() {
                self.complete(id, place)?;
            } else {
                return Ok(());
            }
        }
    }

    /// Namespace and local part of a name in the value of an attribute.
    fn resolve(&mut self, place: Place, text: &str) -> Result<(NameId, bool)> {
        let (prefix, local) = text.split_once(':').unwrap_or(("", text));
        let loaded = &self.loaded[place.document];
        let uri = match self.node(place).namespace(prefix) {
            Some("") | None if prefix.is_empty() => {
                if loaded.chameleon {
                    &*loaded.target
                } else {
                    ""
                }
            }
            Some(uri) => uri,
            None => return Err(self.error(place, format!("the prefix {prefix} is not declared"))),
        };
        let visible = loaded.visible.iter().any(|visible| **visible == *uri) || uri == XML;
        let namespace = self.out.names.namespace(uri);
        Ok((self.out.names.name(namespace, local), visible))
    }

    fn missing(&self, place: Place, kind: &str, text: &str, visible: bool) -> Error {
        let why = if visible {
            "is not declared"
        } else {
            "is in a namespace that is not imported"
        };
        self.error(place, format!("{kind} {text} {why}"))
    }

    fn find(&mut self, kind: Kind, place: Place, text: &str, what: &str) -> Result<Place> {
        let (name, visible) = self.resolve(place, text)?;
        // Inside a redefinition its own name means what is redefined.
        let mut at = Some(place.node);
        while let Some(node) = at {
            let outer = Place { node, ..place };
            if let Some(original) = self.originals.get(&outer).copied()
                && Self::kind(&self.node(outer).name) == Some(kind)
                && self.own_name(outer) == name
            {
                return Ok(original);
            }
            at = self.node(outer).parent;
        }
        match self.declared.get(&(kind, name)) {
            Some(found) if visible => Ok(*found),
            _ => Err(self.missing(place, what, text, visible)),
        }
    }

    pub(super) fn type_named(&mut self, place: Place, text: &str) -> Result<TypeId> {
        let (name, visible) = self.resolve(place, text)?;
        if let Some(found) = self.out.global_types.get(&name)
            && !self.declared.contains_key(&(Kind::Type, name))
            && visible
        {
            return Ok(*found);
        }
        let found = self.find(Kind::Type, place, text, "type")?;
        self.type_at(found)
    }

    pub(super) fn simple_named(&mut self, place: Place, text: &str) -> Result<SimpleId> {
        match self.type_named(place, text)? {
            TypeId::Simple(id) => Ok(id),
            TypeId::Complex(_) => Err(self.error(place, format!("{text} is not a simple type"))),
        }
    }

    /// The type declared at a place.
    pub(super) fn type_at(&mut self, place: Place) -> Result<TypeId> {
        if let Some(known) = self.types.get(&place) {
            return Ok(*known);
        }
        if &*self.node(place).name == "simpleType" {
            if !self.building.insert(place) {
                return Err(self.error(place, "the type is derived from itself"));
            }
            if self.depth >= MOST_DERIVATION {
                return Err(self.error(place, "types are derived too deeply"));
            }
            self.depth += 1;
            let built = self.simple_type(place)?;
            self.depth -= 1;
            self.building.remove(&place);
            if self.node(place).get("name").is_some() {
                let name = self.own_name(place);
                let (namespace, local) = self.out.names.parts(name);
                // Of a value of a message of the specs people are told the format.
                let shown = self.node(place).own("shown").unwrap_or(local);
                let name = (self.out.names.uri(namespace).into(), shown.into());
                self.out.simples.set_name(built, name);
            }
            self.types.insert(place, TypeId::Simple(built));
            return Ok(TypeId::Simple(built));
        }
        let named = self.node(place).get("name").is_some();
        let name = named.then(|| self.own_name(place));
        let id = ComplexId(self.out.complexes.len() as u32);
        self.out.complexes.push(Complex {
            name,
            base: TypeId::Complex(ANY_TYPE),
            derivation: Derivations::RESTRICTION,
            is_abstract: false,
            closed: 0,
            block: 0,
            content: Content::Empty,
            attributes: Vec::new(),
            wildcard: None,
            depth: u32::MAX,
            label: self.node(place).label.clone(),
        });
        self.types.insert(place, TypeId::Complex(id));
        self.complex_places.insert(id, place);
        self.waiting.push((id, place));
        Ok(TypeId::Complex(id))
    }

    fn is_complete(&self, id: ComplexId) -> bool {
        self.out.complex(id).depth != u32::MAX
    }

    /// Completes a complex type, those it is derived from first.
    fn complete(&mut self, id: ComplexId, place: Place) -> Result<()> {
        let mut chain = vec![(id, place)];
        while let Some((id, place)) = chain.last().copied() {
            if self.is_complete(id) {
                chain.pop();
                continue;
            }
            let base = self.base_of(place)?;
            if let Some(TypeId::Complex(base)) = base
                && !self.is_complete(base)
            {
                let circular = chain.iter().any(|(known, _)| *known == base);
                if circular {
                    return Err(self.error(place, "the type is derived from itself"));
                }
                if chain.len() >= MOST_DERIVATION as usize {
                    return Err(self.error(place, "types are derived too deeply"));
                }
                chain.push((base, self.complex_places[&base]));
                continue;
            }
            self.particles = 0;
            let complex = self.complex_type(id, place, base)?;
            if complex.depth > MOST_DERIVATION {
                return Err(self.error(place, "types are derived too deeply"));
            }
            self.out.complexes[id.0 as usize] = complex;
            chain.pop();
        }
        Ok(())
    }

    /// The element that says how a complex type is derived, and whether its content is simple.
    fn derivation(&self, place: Place) -> Option<(Place, bool)> {
        let simple = self.child(place, "simpleContent");
        let content = simple.or_else(|| self.child(place, "complexContent"))?;
        let how = self.children(content).next()?;
        Some((how.0, simple.is_some()))
    }

    fn base_of(&mut self, place: Place) -> Result<Option<TypeId>> {
        let Some((how, _)) = self.derivation(place) else {
            return Ok(None);
        };
        let base = self.node(how).get("base").unwrap_or("");
        self.type_named(how, base).map(Some)
    }

    /// A set of ways of derivation that an attribute names.
    pub(super) fn ways(&self, place: Place, name: &str, default: &str, allowed: u8) -> u8 {
        let root = self.loaded[place.document].document.node(0);
        let text = self
            .node(place)
            .get(name)
            .or_else(|| root.get(default))
            .unwrap_or("");
        let ways = text.split_ascii_whitespace().map(|word| match word {
            "extension" => Derivations::EXTENSION,
            "restriction" => Derivations::RESTRICTION,
            "substitution" => Derivations::SUBSTITUTION,
            "list" => Derivations::LIST,
            "union" => Derivations::UNION,
            _ => u8::MAX,
        });
        ways.fold(0, |all, way| all | way) & allowed
    }

    fn flag(&self, place: Place, name: &str) -> bool {
        matches!(self.node(place).get(name), Some("true" | "1"))
    }

    fn complex_type(
        &mut self,
        id: ComplexId,
        place: Place,
        base: Option<TypeId>,
    ) -> Result<Complex> {
        const BOTH: u8 = Derivations::EXTENSION | Derivations::RESTRICTION;
        let mut complex = Complex {
            base: base.unwrap_or(TypeId::Complex(ANY_TYPE)),
            is_abstract: self.flag(place, "abstract"),
            closed: self.ways(place, "final", "finalDefault", BOTH),
            block: self.ways(place, "block", "blockDefault", BOTH),
            depth: 1,
            ..self.out.complex(id).clone()
        };
        if let TypeId::Complex(base) = complex.base {
            complex.depth = self.out.complex(base).depth + 1;
        }
        let Some((how, simple)) = self.derivation(place) else {
            let mixed = self.flag(place, "mixed");
            let particle = self.content_particle(place)?;
            complex.content = content(particle, mixed);
            (complex.attributes, complex.wildcard) = self.attributes(place)?;
            self.check_attributes(place, &complex.attributes)?;
            complex.attributes.retain(|attribute| !attribute.prohibited);
            return Ok(complex);
        };
        if let Some(original) = self.originals.get(&place)
            && self.types.get(original) != Some(&complex.base)
        {
            return Err(self.error(how, "a redefined type is derived from itself"));
        }
        let extension = &*self.node(how).name == "extension";
        complex.derivation = if extension {
            Derivations::EXTENSION
        } else {
            Derivations::RESTRICTION
        };
        let closed = match complex.base {
            TypeId::Complex(base) => self.out.complex(base).closed,
            TypeId::Simple(base) => self.out.simples.get(base).closed,
        };
        if closed & complex.derivation != 0 {
            return Err(self.error(how, "the base type is final for this derivation"));
        }
        if simple {
            self.simple_content(&mut complex, how, extension)?;
        } else {
            self.complex_content(&mut complex, place, how, extension)?;
        }
        self.derived_attributes(&mut complex, how, extension)?;
        Ok(complex)
    }

    fn simple_content(&mut self, complex: &mut Complex, how: Place, extension: bool) -> Result<()> {
        let base = match complex.base {
            TypeId::Simple(base) if extension => {
                complex.content = Content::Simple(base);
                return Ok(());
            }
            TypeId::Simple(_) => {
                return Err(self.error(
                    how,
                    "a simple type is restricted by simpleType, not by simpleContent",
                ));
            }
            TypeId::Complex(base) => self.out.complex(base).content.clone(),
        };
        complex.content = match base {
            Content::Simple(base) if extension => Content::Simple(base),
            Content::Simple(base) => {
                let from = match self.child(how, "simpleType") {
                    Some(inner) => {
                        let TypeId::Simple(inner) = self.type_at(inner)? else {
                            return Err(self.error(how, "a simple type expected"));
                        };
                        let derived = self
                            .out
                            .derivation(TypeId::Simple(inner), TypeId::Simple(base));
                        if derived.is_none() {
                            return Err(self.error(
                                how,
                                "the simple type is not derived from that of the base",
                            ));
                        }
                        inner
                    }
                    None => base,
                };
                Content::Simple(self.restrict(how, from)?)
            }
            Content::Children {
                particle,
                mixed: true,
            } if !extension && particle.is_nullable() => {
                let Some(inner) = self.child(how, "simpleType") else {
                    return Err(self.error(how, "a mixed base type needs a simpleType here"));
                };
                let TypeId::Simple(inner) = self.type_at(inner)? else {
                    return Err(self.error(how, "a simple type expected"));
                };
                Content::Simple(self.restrict(how, inner)?)
            }
            _ => return Err(self.error(how, "the base type has no simple content")),
        };
        Ok(())
    }

    fn complex_content(
        &mut self,
        complex: &mut Complex,
        place: Place,
        how: Place,
        extension: bool,
    ) -> Result<()> {
        let TypeId::Complex(base) = complex.base else {
            return Err(self.error(how, "the base of complexContent must be a complex type"));
        };
        let outer = self.child(place, "complexContent").unwrap_or(place);
        let mixed = match self.node(outer).get("mixed") {
            Some(mixed) => matches!(mixed, "true" | "1"),
            None => self.flag(place, "mixed"),
        };
        let own = self.content_particle(how)?;
        let base_content = self.out.complex(base).content.clone();
        if !extension {
            complex.content = content(own, mixed);
            return Ok(());
        }
        complex.content = match (base_content, own) {
            (Content::Simple(simple), None) => Content::Simple(simple),
            (Content::Simple(_), Some(_)) => {
                return Err(self.error(how, "the base type has simple content"));
            }
            (Content::Empty, own) => content(own, mixed),
            (base, None) => {
                // What adds nothing may leave out that the base is mixed.
                if mixed && !base.is_mixed() {
                    return Err(
                        self.error(how, "base and extension must both be mixed, or neither")
                    );
                }
                base
            }
            (
                Content::Children {
                    particle,
                    mixed: base_mixed,
                },
                Some(own),
            ) => {
                if base_mixed != mixed {
                    return Err(
                        self.error(how, "base and extension must both be mixed, or neither")
                    );
                }
                let all =
                    |particle: &Particle| matches!(particle.term, Term::Group(Compositor::All, _));
                if all(&particle) || all(&own) {
                    return Err(self.error(how, "all cannot be extended, nor extend something"));
                }
                let mut parts = Vec::new();
                // Sequences of sequences are one; long chains of extensions stay flat.
                match &particle {
                    Particle {
                        min: 1,
                        max: 1,
                        term: Term::Group(Compositor::Sequence, inner),
                    } => {
                        parts.extend(inner.iter().cloned());
                    }
                    _ => parts.push(particle),
                }
                parts.push(own);
                Content::Children {
                    particle: Particle {
                        min: 1,
                        max: 1,
                        term: Term::Group(Compositor::Sequence, parts.into()),
                    },
                    mixed,
                }
            }
        };
        Ok(())
    }

    /// The particle among the children of an element; `None` where there is none, or nothing can
    /// ever stand there.
    fn content_particle(&mut self, place: Place) -> Result<Option<Particle>> {
        let groups = ["group", "all", "choice", "sequence"];
        let found = self
            .children(place)
            .find(|(_, node)| groups.contains(&&*node.name));
        let Some((found, node)) = found else {
            return Ok(None);
        };
        let Some(particle) = self.particle(found)? else {
            return Ok(None);
        };
        let all = matches!(particle.term, Term::Group(Compositor::All, _));
        if all && particle.max > 1 {
            return Err(self.error(found, "all may stand at most once"));
        }
        let empty = matches!(&particle.term, Term::Group(_, parts) if parts.is_empty());
        let choice = matches!(particle.term, Term::Group(Compositor::Choice, _));
        // A choice of nothing cannot be satisfied, unless it may be left out.
        if empty && (!choice || particle.min == 0) && &*node.name != "group" {
            return Ok(None);
        }
        if empty && &*node.name == "group" && !choice {
            return Ok(None);
        }
        Ok(Some(particle))
    }

    fn occurs(&self, place: Place) -> Result<(u32, u32)> {
        let node = self.node(place);
        let number = |text: &str| {
            let digits = text.trim_start_matches(['+', '-']).trim_start_matches('0');
            // More than a document could hold.
            if digits.is_empty() {
                0
            } else {
                digits
                    .parse::<u32>()
                    .unwrap_or(UNBOUNDED - 1)
                    .min(UNBOUNDED - 1)
            }
        };
        let min = node.get("minOccurs").map_or(1, number);
        let max = match node.get("maxOccurs") {
            Some("unbounded") => UNBOUNDED,
            Some(text) => number(text),
            None => 1,
        };
        if max < min {
            return Err(self.error(place, "maxOccurs is less than minOccurs"));
        }
        Ok((min, max))
    }

    fn count(&mut self, place: Place, more: usize) -> Result<()> {
        self.particles += more;
        if self.particles > MOST_PARTICLES {
            let message = format!("more than {MOST_PARTICLES} particles in one type");
            return Err(self.error(place, message));
        }
        Ok(())
    }

    /// The particle of an element, wildcard or group; `None` where it may not stand at all.
    fn particle(&mut self, place: Place) -> Result<Option<Particle>> {
        let node = self.node(place);
        let (min, max) = self.occurs(place)?;
        self.count(place, 1)?;
        let term = match &*node.name {
            "element" => Term::Element(self.local_element(place)?),
            "any" => Term::Wildcard(Arc::new(self.wildcard(place)?)),
            "group" => {
                let text = node.get("ref").unwrap_or("");
                let found = self.find(Kind::Group, place, text, "group")?;
                let before = self.particles;
                let (group, size) = self.group_at(found)?;
                self.particles = before;
                self.count(place, size)?;
                group.term
            }
            name => {
                let compositor = match name {
                    "all" => Compositor::All,
                    "choice" => Compositor::Choice,
                    _ => Compositor::Sequence,
                };
                if compositor == Compositor::All && (max != 1 || min > 1) {
                    return Err(self.error(place, "all may stand at most once"));
                }
                Term::Group(compositor, self.parts(place, compositor)?.into())
            }
        };
        if max == 0 {
            return Ok(None);
        }
        Ok(Some(Particle { min, max, term }))
    }

    fn parts(&mut self, place: Place, compositor: Compositor) -> Result<Vec<Particle>> {
        let mut parts = Vec::new();
        let repeats = self.node(place).own("repeats").is_some();
        for (place, _) in self.children(place) {
            let Some(particle) = self.particle(place)? else {
                continue;
            };
            if matches!(particle.term, Term::Group(Compositor::All, _)) {
                return Err(self.error(place, "all cannot stand inside another group"));
            }
            if compositor == Compositor::All && particle.max > 1 && !repeats {
                return Err(self.error(place, "inside all an element may stand at most once"));
            }
            parts.push(particle);
        }
        Ok(parts)
    }

    /// The particle of a named group, and how many particles it holds.
    fn group_at(&mut self, place: Place) -> Result<(Particle, usize)> {
        if let Some(known) = self.groups.get(&place) {
            return Ok(known.clone());
        }
        if !self.building.insert(place) {
            return Err(self.error(place, "the group holds itself"));
        }
        if self.depth >= MOST_DERIVATION {
            return Err(self.error(place, "groups are nested too deeply"));
        }
        self.depth += 1;
        let before = self.particles;
        let inner = self.children(place).next();
        let Some((inner, _)) = inner else {
            return Err(self.error(place, "a group lacks content"));
        };
        let particle = self.particle(inner)?;
        let Some(particle) = particle else {
            return Err(self.error(place, "a group lacks content"));
        };
        self.depth -= 1;
        self.building.remove(&place);
        let size = self.particles - before;
        self.groups.insert(place, (particle.clone(), size));
        Ok((particle, size))
    }

    fn wildcard(&mut self, place: Place) -> Result<Wildcard> {
        let node = self.node(place);
        let target = self.target(place.document);
        let namespaces = match node.get("namespace").unwrap_or("##any") {
            "##any" => Namespaces::Any,
            "##other" => Namespaces::Not(target),
            list => {
                let words = list.split_ascii_whitespace().map(|word| match word {
                    "##targetNamespace" => target,
                    "##local" => NamespaceId::NONE,
                    uri => self.out.names.namespace(uri),
                });
                Namespaces::Of(words.collect())
            }
        };
        let process = match node.get("processContents") {
            Some("lax") => Process::Lax,
            Some("skip") => Process::Skip,
            _ => Process::Strict,
        };
        Ok(Wildcard {
            namespaces,
            process,
        })
    }

    fn is_qualified(&self, place: Place, default: &str) -> bool {
        let root = self.loaded[place.document].document.node(0);
        let form = self.node(place).get("form").or_else(|| root.get(default));
        form == Some("qualified")
    }

    fn local_element(&mut self, place: Place) -> Result<ElementId> {
        let node = self.node(place);
        match (node.get("ref"), node.get("name")) {
            (Some(text), None) => {
                let extra = ["nillable", "default", "fixed", "form", "block", "type"];
                if let Some(extra) = extra.iter().find(|name| node.get(name).is_some()) {
                    return Err(self.error(place, format!("an element with ref has no {extra}")));
                }
                if self.children(place).next().is_some() {
                    return Err(self.error(place, "an element with ref has no content"));
                }
                let found = self.find(Kind::Element, place, text, "element")?;
                self.element_at(found)
            }
            (None, Some(_)) => self.element_at(place),
            _ => Err(self.error(place, "an element has either name or ref")),
        }
    }

    fn element_at(&mut self, place: Place) -> Result<ElementId> {
        if let Some(known) = self.elements.get(&place) {
            return Ok(*known);
        }
        let node = self.node(place);
        let parent = node.parent.map(|parent| {
            self.node(Place {
                node: parent,
                ..place
            })
        });
        let global = parent.is_some_and(|parent| &*parent.name == "schema");
        let namespace = if global || self.is_qualified(place, "elementFormDefault") {
            self.target(place.document)
        } else {
            NamespaceId::NONE
        };
        let name = self
            .out
            .names
            .name(namespace, node.get("name").unwrap_or(""));
        if node.get("type").is_some()
            && self
                .children(place)
                .any(|(_, child)| child.name.ends_with("Type"))
        {
            return Err(self.error(
                place,
                "an element has a type either by name or inside, not both",
            ));
        }
        let preset = self.preset(place)?;
        let id = ElementId(self.out.elements.len() as u32);
        const BOTH: u8 = Derivations::EXTENSION | Derivations::RESTRICTION;
        let element = Element {
            name,
            of: TypeId::Complex(ANY_TYPE),
            nillable: self.flag(place, "nillable"),
            is_abstract: self.flag(place, "abstract"),
            preset,
            head: None,
            block: self.ways(
                place,
                "block",
                "blockDefault",
                BOTH | Derivations::SUBSTITUTION,
            ),
            closed: self.ways(place, "final", "finalDefault", BOTH),
            constraints: Vec::new(),
            label: self.node(place).label.clone(),
            table: node.own("table").map(Into::into),
        };
        self.out.elements.push(element);
        self.elements.insert(place, id);
        self.element_places.insert(id, place);
        self.untyped.push((id, place));
        if let Some(head) = node.get("substitutionGroup") {
            self.find(Kind::Element, place, head, "element")?;
            let (head, _) = self.resolve(place, head)?;
            self.heads.push((id, head, place));
        }
        self.constraints(id, place)?;
        Ok(id)
    }

    fn preset(&self, place: Place) -> Result<Option<Preset>> {
        let node = self.node(place);
        match (node.get("default"), node.get("fixed")) {
            (Some(_), Some(_)) => Err(self.error(place, "default and fixed exclude each other")),
            (Some(text), None) => Ok(Some(Preset {
                fixed: false,
                text: text.into(),
            })),
            (None, Some(text)) => Ok(Some(Preset {
                fixed: true,
                text: text.into(),
            })),
            (None, None) => Ok(None),
        }
    }

    /// The type of an element: its own, that of the head of its substitution group, or anyType.
    fn element_type(&mut self, place: Place) -> Result<TypeId> {
        let mut place = place;
        let mut seen = HashSet::new();
        loop {
            let node = self.node(place);
            if let Some(text) = node.get("type") {
                return self.type_named(place, text);
            }
            let inner = self
                .children(place)
                .find(|(_, child)| child.name.ends_with("Type"));
            if let Some((inner, _)) = inner {
                return self.type_at(inner);
            }
            let Some(head) = node.get("substitutionGroup") else {
                return Ok(TypeId::Complex(ANY_TYPE));
            };
            place = self.find(Kind::Element, place, head, "element")?;
            if !seen.insert(place) {
                return Err(self.error(place, "the element stands for itself"));
            }
        }
    }

    fn constraints(&mut self, element: ElementId, place: Place) -> Result<()> {
        for (place, node) in self.children(place) {
            if !matches!(&*node.name, "unique" | "key" | "keyref") {
                continue;
            }
            let name = self.own_name(place);
            let index = self.out.constraints.len() as u32;
            if self.constraint_names.insert(name, index).is_some() {
                let message = format!(
                    "two identity constraints are named {:?}",
                    node.get("name").unwrap_or("")
                );
                return Err(self.error(place, message));
            }
            let (mut selector, mut fields) = (Vec::new(), Vec::new());
            for (place, node) in self.children(place) {
                let field = &*node.name == "field";
                let mut found = HashMap::new();
                let text = node.get("xpath").unwrap_or("");
                let prefixes: Vec<&str> = text.split([':', '/', '|', '@', ' ', '.']).collect();
                for prefix in prefixes {
                    if let Some(uri) = self
                        .node(place)
                        .namespace(prefix)
                        .filter(|uri| !uri.is_empty())
                    {
                        found.insert(prefix.to_owned(), self.out.names.namespace(uri));
                    }
                }
                let paths = identity::parse(
                    text,
                    field,
                    &mut |prefix| found.get(prefix).copied(),
                    &mut self.out.names,
                );
                let paths = paths
                    .map_err(|message| self.error(place, format!("xpath {text:?}: {message}")))?;
                if field {
                    fields.push(paths);
                } else {
                    selector = paths;
                }
            }
            let kind = match &*node.name {
                "unique" => ConstraintKind::Unique,
                "key" => ConstraintKind::Key,
                _ => {
                    let text = node.get("refer").unwrap_or("");
                    let (refer, visible) = self.resolve(place, text)?;
                    if !visible {
                        return Err(self.missing(place, "key", text, visible));
                    }
                    self.refers.push((index, refer, place));
                    ConstraintKind::KeyRef(u32::MAX)
                }
            };
            self.out.constraints.push(Constraint {
                name,
                kind,
                selector,
                fields,
            });
            self.out.elements[element.0 as usize]
                .constraints
                .push(index);
        }
        Ok(())
    }

    fn resolve_references(&mut self) -> Result<()> {
        for (index, refer, place) in std::mem::take(&mut self.refers) {
            let of = self.constraint_names.get(&refer).copied();
            let of = of.filter(|of| {
                !matches!(
                    self.out.constraints[*of as usize].kind,
                    ConstraintKind::KeyRef(_)
                )
            });
            let Some(of) = of else {
                return Err(self.error(place, "refer names no key or unique constraint"));
            };
            let fields = |index: u32| self.out.constraints[index as usize].fields.len();
            if fields(of) != fields(index) {
                return Err(self.error(place, "a keyref has as many fields as its key"));
            }
            self.out.constraints[index as usize].kind = ConstraintKind::KeyRef(of);
        }
        Ok(())
    }

    fn resolve_heads(&mut self) -> Result<()> {
        let heads = std::mem::take(&mut self.heads);
        for (element, head, place) in &heads {
            let Some(head) = self.out.global_elements.get(head).copied() else {
                return Err(
                    self.error(*place, "the head of the substitution group is not declared")
                );
            };
            self.out.elements[element.0 as usize].head = Some(head);
        }
        for (element, _, place) in &heads {
            let (mut at, mut steps) = (*element, 0);
            while let Some(head) = self.out.element(at).head {
                steps += 1;
                if head == *element || steps > heads.len() {
                    return Err(self.error(*place, "the element stands for itself"));
                }
                self.out.members.entry(head).or_default().push(*element);
                at = head;
            }
            let head = self.out.element(*element).head.unwrap_or(*element);
            let (own, of) = (self.out.element(*element).of, self.out.element(head).of);
            match self.out.derivation(own, of) {
                Some(ways) if ways & self.out.element(head).closed == 0 => {}
                Some(_) => {
                    return Err(self.error(
                        *place,
                        "the head of the substitution group is final for this derivation",
                    ));
                }
                None => {
                    let message = format!(
                        "its type {} is not derived from {}, that of the head of its substitution group",
                        self.out.type_label(own),
                        self.out.type_label(of)
                    );
                    return Err(self.error(*place, message));
                }
            }
        }
        Ok(())
    }

    /// What can be checked only when all types are known.
    fn check_elements(&mut self) -> Result<()> {
        let places: Vec<(ElementId, Place)> = self
            .element_places
            .iter()
            .map(|(id, place)| (*id, *place))
            .collect();
        for (id, place) in places {
            let element = self.out.element(id);
            let Some(preset) = &element.preset else {
                self.check_notation(place, self.out.value_type(element.of))?;
                continue;
            };
            match self.out.value_type(element.of) {
                Some(simple) => {
                    if self.out.simples.is_id(simple) {
                        return Err(self.error(place, "a value of type ID has no default"));
                    }
                    self.check_preset(place, simple, &preset.text)?;
                }
                None => {
                    let TypeId::Complex(complex) = element.of else {
                        continue;
                    };
                    let fits = matches!(&self.out.complex(complex).content,
                        Content::Children { mixed: true, particle } if particle.is_nullable());
                    if !fits {
                        return Err(self.error(
                            place,
                            "a default needs simple content, or mixed content that may be empty",
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    fn check_notation(&self, place: Place, of: Option<SimpleId>) -> Result<()> {
        match of {
            Some(of)
                if self.out.simples.is_notation(of)
                    && self.out.simples.get(of).values.is_none() =>
            {
                Err(self.error(place, "NOTATION needs an enumeration"))
            }
            _ => Ok(()),
        }
    }

    fn check_preset(&self, place: Place, of: SimpleId, text: &str) -> Result<()> {
        let checked = self.out.simples.check(of, text, &Scope(self.node(place)));
        checked.map_err(|_| {
            let label = self.out.simples.label(of);
            self.error(place, format!("{text:?} is not a valid {label}"))
        })
    }

    // Attributes.

    fn attribute_type(&mut self, place: Place) -> Result<SimpleId> {
        let inner = self.child(place, "simpleType");
        match (self.node(place).get("type"), inner) {
            (Some(_), Some(_)) => Err(self.error(
                place,
                "an attribute has a type either by name or inside, not both",
            )),
            (Some(text), None) => self.simple_named(place, text),
            (None, Some(inner)) => match self.type_at(inner)? {
                TypeId::Simple(id) => Ok(id),
                TypeId::Complex(_) => Err(self.error(place, "a simple type expected")),
            },
            (None, None) => Ok(ANY_SIMPLE),
        }
    }

    fn check_attribute(
        &mut self,
        place: Place,
        name: NameId,
        of: SimpleId,
        preset: Option<&Preset>,
    ) -> Result<()> {
        let (namespace, local) = self.out.names.parts(name);
        if local == "xmlns" {
            return Err(self.error(place, "an attribute cannot be named xmlns"));
        }
        if self.out.names.uri(namespace) == XSI {
            return Err(self.error(place, "attributes of XMLSchema-instance are not declared"));
        }
        if let Some(preset) = preset {
            if self.out.simples.is_id(of) {
                return Err(self.error(place, "a value of type ID has no default"));
            }
            self.check_preset(place, of, &preset.text)?;
        }
        self.check_notation(place, Some(of))
    }

    fn global_attribute(&mut self, name: NameId, place: Place) -> Result<AttributeDeclaration> {
        if let Some(known) = self.out.global_attributes.get(&name) {
            return Ok(known.clone());
        }
        let of = self.attribute_type(place)?;
        let preset = self.preset(place)?;
        self.check_attribute(place, name, of, preset.as_ref())?;
        let declaration = AttributeDeclaration { of, preset };
        self.out.global_attributes.insert(name, declaration.clone());
        Ok(declaration)
    }

    fn attribute(&mut self, place: Place) -> Result<AttributeUse> {
        let node = self.node(place);
        let required = node.get("use") == Some("required");
        let prohibited = node.get("use") == Some("prohibited");
        let preset = self.preset(place)?;
        if node.get("default").is_some() && node.get("use").is_some_and(|of| of != "optional") {
            return Err(self.error(place, "an attribute with a default is optional"));
        }
        match (node.get("ref"), node.get("name")) {
            (Some(text), None) => {
                let extra = ["type", "form"]
                    .iter()
                    .find(|name| node.get(name).is_some());
                if extra.is_some() || self.children(place).next().is_some() {
                    return Err(self.error(place, "an attribute with ref has no type and no form"));
                }
                let (name, visible) = self.resolve(place, text)?;
                let declared = match self.declared.get(&(Kind::Attribute, name)).copied() {
                    Some(found) if visible => self.global_attribute(name, found)?,
                    _ => match self.out.global_attributes.get(&name) {
                        Some(found) if visible => found.clone(),
                        _ => return Err(self.missing(place, "attribute", text, visible)),
                    },
                };
                if let Some(preset) = &preset {
                    self.check_attribute(place, name, declared.of, Some(preset))?;
                }
                if let Some(fixed) = declared.preset.as_ref().filter(|preset| preset.fixed) {
                    let same = preset.as_ref().is_none_or(|own| {
                        own.fixed && self.same_value(declared.of, &own.text, &fixed.text)
                    });
                    if !same {
                        return Err(self.error(place, "the attribute has another fixed value"));
                    }
                }
                Ok(AttributeUse {
                    name,
                    of: declared.of,
                    required,
                    prohibited,
                    preset: preset.or(declared.preset),
                    table: None,
                })
            }
            (None, Some(local)) => {
                let namespace = if self.is_qualified(place, "attributeFormDefault") {
                    self.target(place.document)
                } else {
                    NamespaceId::NONE
                };
                let name = self.out.names.name(namespace, local);
                let of = self.attribute_type(place)?;
                self.check_attribute(place, name, of, preset.as_ref())?;
                Ok(AttributeUse {
                    name,
                    of,
                    required,
                    prohibited,
                    preset,
                    table: node.own("table").map(Into::into),
                })
            }
            _ => Err(self.error(place, "an attribute has either name or ref")),
        }
    }

    pub(super) fn same_value(&self, of: SimpleId, a: &str, b: &str) -> bool {
        let value = |text: &str| self.out.simples.value(of, text, &super::simple::NoPrefixes);
        match (value(a), value(b)) {
            (Some(a), Some(b)) => a.equals(&b),
            _ => a == b,
        }
    }

    /// The attributes among the children of an element, groups resolved, and the wildcard.
    fn attributes(&mut self, place: Place) -> Result<(Vec<AttributeUse>, Option<Wildcard>)> {
        let (mut uses, mut wildcard) = (Vec::new(), None::<Wildcard>);
        let mut own = None;
        for (place, node) in self.children(place) {
            match &*node.name {
                "attribute" => uses.push(self.attribute(place)?),
                "attributeGroup" => {
                    let text = node.get("ref").unwrap_or("");
                    let found = self.find(Kind::AttributeGroup, place, text, "attribute group")?;
                    let (more, other) = self.attribute_group_at(found)?;
                    uses.extend(more);
                    wildcard = self.intersect(place, wildcard, other)?;
                }
                "anyAttribute" => own = Some((place, self.wildcard(place)?)),
                _ => {}
            }
        }
        if let Some((place, own)) = own {
            // How content is processed is what the element itself says.
            let process = own.process;
            wildcard = self.intersect(place, Some(own), wildcard)?;
            if let Some(wildcard) = &mut wildcard {
                wildcard.process = process;
            }
        }
        Ok((uses, wildcard))
    }

    fn intersect(
        &self,
        place: Place,
        a: Option<Wildcard>,
        b: Option<Wildcard>,
    ) -> Result<Option<Wildcard>> {
        match (a, b) {
            (Some(a), Some(b)) => match a.namespaces.intersect(&b.namespaces) {
                Some(namespaces) => Ok(Some(Wildcard { namespaces, ..a })),
                None => Err(self.error(
                    place,
                    "what both attribute wildcards allow cannot be expressed",
                )),
            },
            (a, b) => Ok(a.or(b)),
        }
    }

    fn attribute_group_at(
        &mut self,
        place: Place,
    ) -> Result<(Vec<AttributeUse>, Option<Wildcard>)> {
        if let Some(known) = self.attribute_groups.get(&place) {
            return Ok(known.clone());
        }
        if !self.building.insert(place) {
            return Err(self.error(place, "the attribute group holds itself"));
        }
        if self.depth >= MOST_DERIVATION {
            return Err(self.error(place, "attribute groups are nested too deeply"));
        }
        self.depth += 1;
        let (attributes, wildcard) = self.attributes(place)?;
        self.depth -= 1;
        self.building.remove(&place);
        self.check_attributes(place, &attributes)?;
        self.attribute_groups
            .insert(place, (attributes.clone(), wildcard.clone()));
        Ok((attributes, wildcard))
    }

    /// No attribute twice, at most one ID (clause 3.4.6, ct-props-correct.4 and 5).
    fn check_attributes(&self, place: Place, attributes: &[AttributeUse]) -> Result<()> {
        let mut seen = HashSet::new();
        let mut ids = 0;
        for attribute in attributes.iter().filter(|attribute| !attribute.prohibited) {
            if !seen.insert(attribute.name) {
                let name = self.out.names.local(attribute.name);
                return Err(self.error(place, format!("the attribute {name} is declared twice")));
            }
            ids += usize::from(self.out.simples.is_id(attribute.of));
        }
        if ids > 1 {
            return Err(self.error(place, "two attributes have the type ID"));
        }
        Ok(())
    }

    fn derived_attributes(
        &mut self,
        complex: &mut Complex,
        how: Place,
        extension: bool,
    ) -> Result<()> {
        let (own, wildcard) = self.attributes(how)?;
        let (base, base_wildcard) = match complex.base {
            TypeId::Complex(base) => {
                let base = self.out.complex(base);
                (base.attributes.clone(), base.wildcard.clone())
            }
            TypeId::Simple(_) => (Vec::new(), None),
        };
        if extension {
            complex.wildcard = match (wildcard, base_wildcard) {
                (Some(own), Some(base)) => match own.namespaces.union(&base.namespaces) {
                    Some(namespaces) => Some(Wildcard {
                        namespaces,
                        process: own.process,
                    }),
                    None => {
                        return Err(self.error(
                            how,
                            "what either attribute wildcard allows cannot be expressed",
                        ));
                    }
                },
                (own, base) => own.or(base),
            };
            complex.attributes = base;
            complex
                .attributes
                .extend(own.into_iter().filter(|attribute| !attribute.prohibited));
            return self.check_attributes(how, &complex.attributes);
        }
        let from_any = complex.base == TypeId::Complex(ANY_TYPE);
        self.check_attributes(how, &own)?;
        for attribute in own.iter().filter(|_| !from_any) {
            let name = self.out.names.local(attribute.name).to_owned();
            let of = base.iter().find(|other| other.name == attribute.name);
            match of {
                Some(of) if attribute.prohibited => {
                    if of.required {
                        return Err(self
                            .error(how, format!("the attribute {name} is required by the base")));
                    }
                }
                Some(of) => {
                    if of.required && !attribute.required {
                        return Err(self
                            .error(how, format!("the attribute {name} is required by the base")));
                    }
                    let derived = self
                        .out
                        .derivation(TypeId::Simple(attribute.of), TypeId::Simple(of.of));
                    if derived.is_none() {
                        return Err(self.error(how, format!("the type of the attribute {name} is not derived from that of the base")));
                    }
                    if let Some(fixed) = of.preset.as_ref().filter(|preset| preset.fixed) {
                        let same = attribute.preset.as_ref().is_some_and(|own| {
                            own.fixed && self.same_value(of.of, &own.text, &fixed.text)
                        });
                        if !same {
                            return Err(self.error(
                                how,
                                format!(
                                    "the attribute {name} must keep the fixed value of the base"
                                ),
                            ));
                        }
                    }
                }
                None if attribute.prohibited => {}
                None => {
                    let namespace = self.out.names.parts(attribute.name).0;
                    let allowed = base_wildcard
                        .as_ref()
                        .is_some_and(|base| base.namespaces.allows(namespace));
                    if !allowed {
                        return Err(self.error(how, format!("the base has no attribute {name}")));
                    }
                }
            }
        }
        if let Some(own) = wildcard.as_ref().filter(|_| !from_any) {
            let fits = base_wildcard.as_ref().is_some_and(|base| {
                own.namespaces.is_within(&base.namespaces)
                    && strength(own.process) >= strength(base.process)
            });
            if !fits {
                return Err(self.error(
                    how,
                    "the attribute wildcard allows more than that of the base",
                ));
            }
        }
        complex.wildcard = wildcard;
        let kept = base
            .into_iter()
            .filter(|of| own.iter().all(|attribute| attribute.name != of.name));
        complex.attributes = kept.collect();
        complex
            .attributes
            .extend(own.into_iter().filter(|attribute| !attribute.prohibited));
        Ok(())
    }

    /// The notation that a value names, where it is declared.
    pub(super) fn is_notation(&mut self, place: Place, text: &str) -> bool {
        let resolved = self.resolve(place, chars::trim(text));
        resolved.is_ok_and(|(name, _)| self.notations.contains(&name))
    }

    pub(super) fn variety(&self, id: SimpleId) -> &Variety {
        &self.out.simples.get(id).variety
    }
}

/// How strictly content is processed, as a number that grows.
pub(super) fn strength(process: Process) -> u8 {
    match process {
        Process::Skip => 0,
        Process::Lax => 1,
        Process::Strict => 2,
    }
}

/// What a particle makes the content of a type.
fn content(particle: Option<Particle>, mixed: bool) -> Content {
    match particle {
        Some(particle) => Content::Children { particle, mixed },
        None if mixed => Content::Children {
            particle: Particle {
                min: 1,
                max: 1,
                term: Term::Group(Compositor::Sequence, Arc::from([])),
            },
            mixed,
        },
        None => Content::Empty,
    }
}
