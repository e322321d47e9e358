//! Constraints on content models: one type for one name (clause 3.8.6, Element Declarations
//! Consistent), unique particle attribution (appendix H), and restriction (clause 3.9.6).

use std::collections::HashMap;
use std::sync::Arc;

use super::build::{Builder, strength};
use super::component::{
    ANY_TYPE, Complex, Components, Compositor, Content, Derivations, ElementId, Particle, Term,
    TypeId, UNBOUNDED, Wildcard,
};
use crate::Result;
use crate::xml::names::NameId;

/// Holds every complex type to the constraints.
pub(super) fn check(builder: &Builder<'_>) -> Result<()> {
    let mut ids: Vec<_> = builder.complex_places.iter().collect();
    ids.sort_by_key(|(id, _)| **id);
    for (id, place) in ids {
        let complex = builder.out.complex(*id);
        let wrong = check_type(&builder.out, complex);
        wrong.map_err(|message| builder.error(*place, message))?;
    }
    Ok(())
}

fn check_type(components: &Components, complex: &Complex) -> std::result::Result<(), String> {
    if let Content::Children { particle, .. } = &complex.content {
        let mut types = HashMap::new();
        consistent(components, particle, &mut types)?;
        Attribution { components }.check(particle, 0)?;
    }
    if complex.derivation == Derivations::RESTRICTION
        && let TypeId::Complex(base) = complex.base
        && base != ANY_TYPE
    {
        restricts(components, complex, components.complex(base))?;
    }
    Ok(())
}

fn label(components: &Components, name: NameId) -> &str {
    components.names.local(name)
}

/// Elements of one name have one type.
fn consistent(
    components: &Components,
    particle: &Particle,
    types: &mut HashMap<NameId, ElementId>,
) -> std::result::Result<(), String> {
    match &particle.term {
        Term::Element(id) => {
            let members = components.members.get(id).map_or(&[][..], Vec::as_slice);
            for id in std::iter::once(id).chain(members) {
                let element = components.element(*id);
                let other = *types.entry(element.name).or_insert(*id);
                if components.element(other).of != element.of {
                    return Err(format!(
                        "the element {} stands here with two types",
                        label(components, element.name)
                    ));
                }
            }
            Ok(())
        }
        Term::Wildcard(_) => Ok(()),
        Term::Group(_, parts) => parts
            .iter()
            .try_for_each(|part| consistent(components, part, types)),
    }
}

/// What may come next, and the particle it would belong to.
#[derive(Clone, Default)]
struct Next {
    names: HashMap<NameId, usize>,
    wildcards: Vec<(Arc<Wildcard>, usize)>,
}

struct Attribution<'c> {
    components: &'c Components,
}

/// A particle's content: what it may begin with, what may follow it as part of it, and whether it
/// may hold nothing.
struct Shape {
    first: Next,
    more: Next,
    nullable: bool,
}

type Checked<T> = std::result::Result<T, String>;

impl Attribution<'_> {
    fn check(&self, particle: &Particle, at: usize) -> Checked<()> {
        let mut counter = at;
        self.shape(particle, &mut counter).map(|_| ())
    }

    /// Joins two sets of which no name may belong to two particles.
    fn join(&self, into: &mut Next, from: &Next) -> Checked<()> {
        self.conflict(into, from)?;
        into.names.extend(&from.names);
        let known = into.wildcards.len();
        for wildcard in &from.wildcards {
            if !into.wildcards[..known]
                .iter()
                .any(|(_, at)| *at == wildcard.1)
            {
                into.wildcards.push(wildcard.clone());
            }
        }
        Ok(())
    }

    fn conflict(&self, a: &Next, b: &Next) -> Checked<()> {
        let (small, large) = if a.names.len() < b.names.len() {
            (a, b)
        } else {
            (b, a)
        };
        for (name, at) in &small.names {
            if large.names.get(name).is_some_and(|other| other != at) {
                return Err(format!(
                    "it is not clear which particle an element {} belongs to (unique particle attribution)",
                    label(self.components, *name)
                ));
            }
        }
        for (names, wildcards) in [(&a.names, &b.wildcards), (&b.names, &a.wildcards)] {
            for (wildcard, at) in wildcards {
                for (name, other) in names {
                    let namespace = self.components.names.parts(*name).0;
                    if other != at && wildcard.namespaces.allows(namespace) {
                        return Err(format!(
                            "an element {} may belong to a wildcard too (unique particle attribution)",
                            label(self.components, *name)
                        ));
                    }
                }
            }
        }
        for (wildcard, at) in &a.wildcards {
            let other = b.wildcards.iter().find(|(other, place)| {
                place != at && other.namespaces.overlaps(&wildcard.namespaces)
            });
            if other.is_some() {
                return Err(
                    "two wildcards allow the same element (unique particle attribution)".to_owned(),
                );
            }
        }
        Ok(())
    }

    fn shape(&self, particle: &Particle, counter: &mut usize) -> Checked<Shape> {
        let mut shape = match &particle.term {
            Term::Element(id) => {
                *counter += 1;
                let mut first = Next::default();
                let members = self
                    .components
                    .members
                    .get(id)
                    .map_or(&[][..], Vec::as_slice);
                for id in std::iter::once(id).chain(members) {
                    first
                        .names
                        .insert(self.components.element(*id).name, *counter);
                }
                Shape {
                    first,
                    more: Next::default(),
                    nullable: false,
                }
            }
            Term::Wildcard(wildcard) => {
                *counter += 1;
                let mut first = Next::default();
                first.wildcards.push((wildcard.clone(), *counter));
                Shape {
                    first,
                    more: Next::default(),
                    nullable: false,
                }
            }
            Term::Group(Compositor::Choice, parts) => {
                let mut all = Shape {
                    first: Next::default(),
                    more: Next::default(),
                    nullable: parts.is_empty(),
                };
                for part in parts.iter() {
                    let part = self.shape(part, counter)?;
                    self.join(&mut all.first, &part.first)?;
                    // Only one branch is taken: what goes on in one does not meet another.
                    all.more.names.extend(&part.more.names);
                    all.more.wildcards.extend(part.more.wildcards);
                    all.nullable |= part.nullable;
                }
                all
            }
            Term::Group(Compositor::All, parts) => {
                let mut all = Shape {
                    first: Next::default(),
                    more: Next::default(),
                    nullable: true,
                };
                for part in parts.iter() {
                    let part = self.shape(part, counter)?;
                    self.join(&mut all.first, &part.first)?;
                    all.nullable &= part.nullable;
                }
                all.more = all.first.clone();
                all
            }
            Term::Group(Compositor::Sequence, parts) => {
                let mut first = Next::default();
                let (mut open, mut nullable) = (Next::default(), true);
                for part in parts.iter() {
                    let part = self.shape(part, counter)?;
                    self.conflict(&open, &part.first)?;
                    if nullable {
                        first.names.extend(&part.first.names);
                        first.wildcards.extend(part.first.wildcards.iter().cloned());
                    }
                    if part.nullable {
                        self.join(&mut open, &part.first)?;
                        open.names.extend(&part.more.names);
                        open.wildcards.extend(part.more.wildcards);
                    } else {
                        open = part.more;
                    }
                    nullable &= part.nullable;
                }
                Shape {
                    first,
                    more: open,
                    nullable,
                }
            }
        };
        if particle.max > 1 {
            self.conflict(&shape.more, &shape.first)?;
            if particle.max > particle.min || shape.nullable {
                shape.more.names.extend(&shape.first.names);
                shape
                    .more
                    .wildcards
                    .extend(shape.first.wildcards.iter().cloned());
            }
        }
        shape.nullable |= particle.min == 0;
        Ok(shape)
    }
}

// Restriction.

fn restricts(components: &Components, derived: &Complex, base: &Complex) -> Checked<()> {
    match (&derived.content, &base.content) {
        (Content::Empty, Content::Empty) => Ok(()),
        (Content::Empty, Content::Children { particle, .. }) => {
            if particle.is_nullable() {
                Ok(())
            } else {
                Err("the base type does not allow empty content".to_owned())
            }
        }
        (Content::Simple(_), Content::Simple(_) | Content::Children { .. }) => Ok(()),
        (
            Content::Children { particle, mixed },
            Content::Children {
                particle: of,
                mixed: of_mixed,
            },
        ) => {
            if *mixed && !of_mixed {
                return Err("the base type is not mixed".to_owned());
            }
            let empty = particle.is_void();
            if empty {
                return if of.is_nullable() {
                    Ok(())
                } else {
                    Err("the base type does not allow empty content".to_owned())
                };
            }
            let mut restriction = Restriction {
                components,
                steps: 0,
            };
            let (derived, base) = (pointless(particle), pointless(of));
            if restriction.holds(&derived, &base) {
                Ok(())
            } else {
                Err("its content is not a restriction of that of the base type".to_owned())
            }
        }
        (Content::Children { particle, .. }, Content::Empty) if particle.is_void() => Ok(()),
        _ => Err("its content is not a restriction of that of the base type".to_owned()),
    }
}

/// The particle without groups that mean nothing (clause 3.9.6, pointless occurrences).
fn pointless(particle: &Particle) -> Particle {
    let Term::Group(compositor, parts) = &particle.term else {
        return particle.clone();
    };
    let mut kept: Vec<Particle> = Vec::new();
    for part in parts.iter() {
        let part = pointless(part);
        match &part.term {
            Term::Group(_, inner) if inner.is_empty() && *compositor != Compositor::Choice => {}
            Term::Group(inner, parts) if inner == compositor && part.min == 1 && part.max == 1 => {
                kept.extend(parts.iter().cloned());
            }
            _ => kept.push(part),
        }
    }
    if let [only] = kept.as_slice() {
        if particle.min == 1 && particle.max == 1 {
            return only.clone();
        }
        if only.min == 1 && only.max == 1 {
            return Particle {
                term: only.term.clone(),
                ..particle.clone()
            };
        }
    }
    Particle {
        term: Term::Group(*compositor, kept.into()),
        ..particle.clone()
    }
}

struct Restriction<'c> {
    components: &'c Components,
    steps: u32,
}

/// Comparisons of two particles at most; past it the restriction is taken as right.
const MOST_STEPS: u32 = 200_000;

fn within(derived: (u32, u32), base: (u32, u32)) -> bool {
    derived.0 >= base.0 && derived.1 <= base.1
}

fn times(a: u32, b: u32) -> u32 {
    if a == 0 || b == 0 {
        0
    } else if a == UNBOUNDED || b == UNBOUNDED {
        UNBOUNDED
    } else {
        a.saturating_mul(b)
    }
}

/// The least and the greatest number of elements that a particle holds (clause 3.8.6).
fn total(particle: &Particle) -> (u32, u32) {
    let (min, max) = match &particle.term {
        Term::Element(_) | Term::Wildcard(_) => (1, 1),
        Term::Group(Compositor::Choice, parts) => {
            let each = parts.iter().map(total);
            let min = each.clone().map(|(min, _)| min).min().unwrap_or(0);
            (min, each.map(|(_, max)| max).max().unwrap_or(0))
        }
        Term::Group(_, parts) => parts.iter().map(total).fold((0u32, 0u32), |sum, part| {
            (
                sum.0.saturating_add(part.0).min(UNBOUNDED - 1),
                sum.1.saturating_add(part.1),
            )
        }),
    };
    (
        times(particle.min, min).min(UNBOUNDED - 1),
        times(particle.max, max),
    )
}

impl Restriction<'_> {
    /// Whether `derived` is a valid restriction of `base` (Particle Valid (Restriction)).
    fn holds(&mut self, derived: &Particle, base: &Particle) -> bool {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return true;
        }
        let occurs = within((derived.min, derived.max), (base.min, base.max));
        match (&derived.term, &base.term) {
            (Term::Element(a), Term::Element(b)) => occurs && self.name_and_type(*a, *b),
            (Term::Element(a), Term::Wildcard(wildcard)) => {
                let namespace = self
                    .components
                    .names
                    .parts(self.components.element(*a).name)
                    .0;
                occurs && wildcard.namespaces.allows(namespace)
            }
            (Term::Wildcard(a), Term::Wildcard(b)) => {
                occurs
                    && a.namespaces.is_within(&b.namespaces)
                    && strength(a.process) >= strength(b.process)
            }
            (Term::Group(..), Term::Wildcard(wildcard)) => {
                within(total(derived), (base.min, base.max)) && self.all_within(derived, wildcard)
            }
            (Term::Element(_), Term::Group(compositor, _)) => {
                let alone = Particle {
                    min: 1,
                    max: 1,
                    term: Term::Group(*compositor, Arc::from([derived.clone()])),
                };
                self.groups(&alone, base)
            }
            (Term::Group(..), Term::Group(..)) => self.groups(derived, base),
            (Term::Group(..), Term::Element(head)) => {
                // A choice of members may stand for the head of their group.
                let members = self
                    .components
                    .members
                    .get(head)
                    .cloned()
                    .unwrap_or_default();
                if members.is_empty() {
                    return false;
                }
                let each = std::iter::once(*head).chain(members);
                let choice = Particle {
                    min: base.min,
                    max: base.max,
                    term: Term::Group(
                        Compositor::Choice,
                        each.map(|id| Particle {
                            min: 1,
                            max: 1,
                            term: Term::Element(id),
                        })
                        .collect(),
                    ),
                };
                self.groups(derived, &choice)
            }
            (Term::Wildcard(_), _) => false,
        }
    }

    fn name_and_type(&self, a: ElementId, b: ElementId) -> bool {
        let (derived, base) = (self.components.element(a), self.components.element(b));
        if a == b {
            return true;
        }
        if derived.name != base.name {
            // An element may stand for the head of its substitution group.
            return self
                .components
                .members
                .get(&b)
                .is_some_and(|members| members.contains(&a))
                && base.block & Derivations::SUBSTITUTION == 0;
        }
        if derived.nillable && !base.nillable {
            return false;
        }
        if let Some(fixed) = base.preset.as_ref().filter(|preset| preset.fixed) {
            let own = derived.preset.as_ref().filter(|preset| preset.fixed);
            let same = own.is_some_and(|own| match self.components.value_type(base.of) {
                Some(of) => {
                    let value = |text: &str| {
                        self.components
                            .simples
                            .value(of, text, &super::simple::NoPrefixes)
                    };
                    match (value(&own.text), value(&fixed.text)) {
                        (Some(a), Some(b)) => a.equals(&b),
                        _ => own.text == fixed.text,
                    }
                }
                None => own.text == fixed.text,
            });
            if !same {
                return false;
            }
        }
        if base.block & !derived.block != 0 {
            return false;
        }
        let more = derived.constraints.iter().any(|own| {
            let own = &self.components.constraints[*own as usize];
            !base.constraints.iter().any(|of| {
                let of = &self.components.constraints[*of as usize];
                of.selector == own.selector && of.fields == own.fields
            })
        });
        if more {
            return false;
        }
        let ways = self.components.derivation(derived.of, base.of);
        ways.is_some_and(|ways| ways & Derivations::EXTENSION == 0)
            || base.of == TypeId::Complex(ANY_TYPE)
    }

    fn all_within(&mut self, particle: &Particle, wildcard: &Arc<Wildcard>) -> bool {
        match &particle.term {
            Term::Group(_, parts) => parts.iter().all(|part| self.all_within(part, wildcard)),
            _ => {
                let any = Particle {
                    min: 0,
                    max: UNBOUNDED,
                    term: Term::Wildcard(wildcard.clone()),
                };
                self.holds(particle, &any)
            }
        }
    }

    fn groups(&mut self, derived: &Particle, base: &Particle) -> bool {
        let (Term::Group(own, parts), Term::Group(of, of_parts)) = (&derived.term, &base.term)
        else {
            return false;
        };
        use Compositor::{All, Choice, Sequence};
        let occurs = within((derived.min, derived.max), (base.min, base.max));
        match (own, of) {
            (All, All) | (Sequence, Sequence) => occurs && self.in_order(parts, of_parts),
            (Choice, Choice) => occurs && self.branches(parts, of_parts),
            (Sequence, All) => occurs && self.unordered(parts, of_parts),
            (Sequence, Choice) => {
                let count = u32::try_from(parts.len()).unwrap_or(UNBOUNDED - 1);
                let range = (times(derived.min, count), times(derived.max, count));
                within(range, (base.min, base.max))
                    && parts
                        .iter()
                        .all(|part| of_parts.iter().any(|of| self.holds(part, of)))
            }
            _ => false,
        }
    }

    /// Each part restricts one of the base, in order; what is passed over may be left out.
    fn in_order(&mut self, parts: &[Particle], of: &[Particle]) -> bool {
        let mut at = 0;
        for part in parts {
            loop {
                let Some(base) = of.get(at) else {
                    return false;
                };
                at += 1;
                if self.holds(part, base) {
                    break;
                }
                if !base.is_nullable() {
                    return false;
                }
            }
        }
        of[at..].iter().all(Particle::is_nullable)
    }

    fn branches(&mut self, parts: &[Particle], of: &[Particle]) -> bool {
        let mut at = 0;
        for part in parts {
            loop {
                let Some(base) = of.get(at) else {
                    return false;
                };
                at += 1;
                if self.holds(part, base) {
                    break;
                }
            }
        }
        true
    }

    fn unordered(&mut self, parts: &[Particle], of: &[Particle]) -> bool {
        let mut used = vec![false; of.len()];
        for part in parts {
            let found = (0..of.len()).find(|at| !used[*at] && self.holds(part, &of[*at]));
            match found {
                Some(at) => used[at] = true,
                None => return false,
            }
        }
        of.iter()
            .zip(used)
            .all(|(base, used)| used || base.is_nullable())
    }
}
