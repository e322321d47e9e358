//! Messages from the spec: a plan made once of a message's structure, then as many messages of
//! it as are asked for.

use baowen::Result;
use baowen::spec::model::{
    Content, Dependency, DependencyKind, Model, Node, Particle, Role, TypeId,
};
use baowen::spec::{Home, Specs};

use super::random::Random;
use super::segment::Writer;
use super::values::{self, Lists, Source};

/// A message type in a release, ready to be written.
#[derive(Debug)]
pub struct Plan {
    /// Message type.
    pub message: Box<str>,
    /// Release, as `D95B`.
    pub release: Box<str>,
    items: Vec<Item>,
}

#[derive(Debug)]
struct Item {
    min: u32,
    max: u32,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Segment(Segment),
    Group { items: Vec<Item>, bulk: bool },
}

#[derive(Debug)]
struct Segment {
    tag: Box<str>,
    elements: Vec<Element>,
    dependencies: Vec<Dependency>,
}

#[derive(Debug)]
struct Element {
    mandatory: bool,
    max: u32,
    fields: Vec<Field>,
    dependencies: Vec<Dependency>,
    /// Fields that always stand together when the element is there: a place and who codes it, a
    /// date and its format.
    together: Vec<usize>,
}

#[derive(Debug)]
struct Field {
    id: Box<str>,
    mandatory: bool,
    min: u32,
    max: u32,
    source: Source,
}

impl Plan {
    /// The plan of a message; `None` when the release does not have it.
    ///
    /// # Errors
    /// When a spec is broken.
    pub fn new(specs: &Specs, message: &str, release: &str, seed: u64) -> Result<Option<Self>> {
        let Some(at) = specs.releases().find(release) else {
            return Ok(None);
        };
        let Some(spec) = specs.message(message, Home::Edifact(at), 3)? else {
            return Ok(None);
        };
        let mut planner = Planner {
            model: &spec.model,
            lists: Lists::new(specs, at, 3),
            random: Random::new(seed ^ hash(message) ^ hash(release)),
            identified: Vec::new(),
        };
        let root = spec.model.get(spec.model.roots()[0].of);
        planner.find_identified(&root.content);
        let mut items = planner.items(&root.content);
        // Most of a message is one group, many times.
        let bulk = items.iter_mut().filter_map(|item| match &mut item.kind {
            Kind::Group { bulk, .. } => Some((item.max, bulk)),
            Kind::Segment(_) => None,
        });
        if let Some((_, bulk)) = bulk.max_by_key(|(max, _)| *max) {
            *bulk = true;
        }
        Ok(Some(Self {
            message: message.into(),
            release: release.into(),
            items,
        }))
    }

    /// Writes one message with the reference `reference`; `bulk` instances of its largest group.
    pub fn write(&self, reference: u64, bulk: u64, random: &mut Random, out: &mut Writer) {
        let before = out.segments;
        let mut run = Run {
            random,
            out,
            sections: 0,
            two_sections: self.has_two_sections(),
            bulk,
        };
        let (version, release) = self.release.split_at(1);
        run.out.raw(format_args!(
            "UNH+{reference}+{}:{version}:{release}:UN",
            self.message
        ));
        run.items(&self.items, 0);
        let segments = out.segments - before + 1;
        out.raw(format_args!("UNT+{segments}+{reference}"));
    }

    fn has_two_sections(&self) -> bool {
        let sections = self.items.iter().filter(|item| match &item.kind {
            Kind::Segment(segment) => &*segment.tag == "UNS",
            Kind::Group { .. } => false,
        });
        sections.count() > 1
    }
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// Tag, element, qualifiers.
type Identified = (Box<str>, Box<str>, Vec<Box<str>>);

struct Planner<'a> {
    model: &'a Model,
    lists: Lists<'a>,
    random: Random,
    /// Tag, element and qualifiers that identify a position of the message.
    identified: Vec<Identified>,
}

impl<'a> Planner<'a> {
    fn find_identified(&mut self, content: &'a Content) {
        for (node, ..) in children(content) {
            if let Some((element, values)) = &node.identified_by {
                self.identified
                    .push((node.id.clone(), element.clone(), values.clone()));
            }
            if node.role == Role::Group {
                self.find_identified(&self.model.get(node.of).content);
            }
        }
    }

    fn items(&mut self, content: &'a Content) -> Vec<Item> {
        let mut items = Vec::new();
        for (node, min, max) in children(content) {
            let kind = match node.role {
                Role::Group => Kind::Group {
                    items: self.items(&self.model.get(node.of).content),
                    bulk: false,
                },
                _ if matches!(&*node.id, "UNH" | "UNT") => continue,
                _ => Kind::Segment(self.segment(node)),
            };
            items.push(Item { min, max, kind });
        }
        items
    }

    fn segment(&mut self, node: &'a Node) -> Segment {
        let of = self.model.get(node.of);
        let elements = children(&of.content)
            .map(|(part, min, max)| self.element(node, part, min > 0, max))
            .collect();
        Segment {
            tag: node.id.clone(),
            elements,
            dependencies: of.dependencies.clone(),
        }
    }

    fn element(&mut self, segment: &'a Node, part: &'a Node, mandatory: bool, max: u32) -> Element {
        let fields = self.fields(segment, part, part.of);
        let mut element = Element {
            mandatory,
            max,
            fields,
            dependencies: self.model.get(part.of).dependencies.clone(),
            together: Vec::new(),
        };
        let at = |id: &str| element.fields.iter().position(|field| &*field.id == id);
        if let (Some(value), Some(format)) = (at("2380"), at("2379")) {
            let dates = self.lists.dates();
            if !dates.is_empty() {
                element.together = vec![value, format];
                element.fields[value].source = Source::Date(dates);
            }
            return element;
        }
        // A place and the like: who codes it stands beside it.
        let Some(agency_at) = at("3055") else {
            return element;
        };
        let agency = element.fields[..agency_at]
            .iter()
            .find_map(|field| self.lists.agency_of(&field.id));
        if let Some(agency) = agency {
            element.fields[agency_at].source = Source::Codes([agency].into());
            element.together = vec![0, agency_at];
        }
        element
    }

    fn fields(&mut self, segment: &'a Node, part: &'a Node, of: TypeId) -> Vec<Field> {
        match &self.model.get(of).content {
            Content::Value(_) => vec![self.field(segment, part, true)],
            content => children(content)
                .map(|(inner, min, _)| self.field(segment, inner, min > 0))
                .collect(),
        }
    }

    fn field(&mut self, segment: &'a Node, node: &'a Node, mandatory: bool) -> Field {
        let Content::Value(simple) = &self.model.get(node.of).content else {
            return Field {
                id: node.id.clone(),
                mandatory,
                min: 0,
                max: 0,
                source: Source::Words,
            };
        };
        if let Some((element, values)) = &segment.identified_by
            && *element == node.id
        {
            let source = Source::Codes(values.clone().into());
            return Field {
                id: node.id.clone(),
                mandatory: true,
                min: 0,
                max: 35,
                source,
            };
        }
        // What identifies another position of the same tag cannot stand here.
        let mut except = Vec::new();
        for (tag, element, values) in &self.identified {
            if *tag == segment.id && *element == node.id {
                except.extend(values.iter().cloned());
            }
        }
        let source = self
            .lists
            .source(&node.id, simple, &except, &mut self.random);
        Field {
            id: node.id.clone(),
            mandatory,
            min: simple.min,
            max: simple.max.unwrap_or(35),
            source,
        }
    }
}

struct Run<'r, 'w> {
    random: &'r mut Random,
    out: &'w mut Writer,
    sections: u32,
    two_sections: bool,
    bulk: u64,
}

impl Run<'_, '_> {
    fn items(&mut self, items: &[Item], depth: u32) {
        for (at, item) in items.iter().enumerate() {
            let trigger = depth > 0 && at == 0;
            let (first, more) = match &item.kind {
                Kind::Segment(_) => (30, 15),
                Kind::Group { .. } => (40 - 5 * u64::from(depth.min(4)), 35),
            };
            let mut count = u64::from(item.min.max(u32::from(trigger)));
            if let Kind::Group { bulk: true, .. } = item.kind {
                count = self.bulk.min(u64::from(item.max));
            } else {
                if count == 0 && self.random.chance(first) {
                    count = 1;
                }
                while !trigger
                    && count > 0
                    && count < u64::from(item.max.min(9))
                    && self.random.chance(more)
                {
                    count += 1;
                }
            }
            for _ in 0..count {
                match &item.kind {
                    Kind::Segment(segment) => self.segment(segment),
                    Kind::Group { items, .. } => self.items(items, depth + 1),
                }
            }
        }
    }

    fn segment(&mut self, segment: &Segment) {
        if &*segment.tag == "UNS" {
            self.sections += 1;
            let section = if self.two_sections && self.sections == 1 {
                "D"
            } else {
                "S"
            };
            return self.out.raw(format_args!("UNS+{section}"));
        }
        let present = self.presence(
            segment.elements.len(),
            |at| segment.elements[at].mandatory,
            &segment.dependencies,
            |at| if at < 2 { 60 } else { 20 },
        );
        self.out.tag(&segment.tag);
        for (at, element) in segment.elements.iter().enumerate() {
            let times = element.max.clamp(1, 99);
            for place in 1..=times {
                self.out.element();
                // Without a repetition separator each repetition has a place of its own.
                if present >> at.min(63) & 1 == 1
                    && (place == 1 || (place <= 3 && self.random.chance(10)))
                {
                    self.element(element);
                }
            }
        }
        self.out.end();
    }

    fn element(&mut self, element: &Element) {
        let fields = &element.fields;
        let mut present = self.presence(
            fields.len(),
            |at| fields[at].mandatory,
            &element.dependencies,
            |at| match at {
                0 => 90,
                1 => 40,
                _ => 15,
            },
        );
        for &at in &element.together {
            present |= 1 << at;
        }
        let (mut text, mut beside) = (String::new(), String::new());
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                self.out.component();
            }
            if present >> at & 1 == 0 {
                continue;
            }
            if &*field.id == "2379" && !beside.is_empty() {
                self.out.value(&beside);
                continue;
            }
            values::value(
                &field.source,
                (field.min, field.max),
                self.random,
                &mut text,
                &mut beside,
            );
            self.out.value(&text);
        }
    }

    /// Which of `len` children are there: those that must be, some of the others, as the
    /// dependency notes allow; at least one.
    fn presence(
        &mut self,
        len: usize,
        mandatory: impl Fn(usize) -> bool,
        dependencies: &[Dependency],
        percent: impl Fn(usize) -> u64,
    ) -> u64 {
        let len = len.min(63);
        let must = (0..len)
            .filter(|at| mandatory(*at))
            .fold(0, |bits, at| bits | 1u64 << at);
        let mut bits = must;
        for _ in 0..64 {
            bits = must;
            for at in 0..len {
                if self.random.chance(percent(at)) {
                    bits |= 1 << at;
                }
            }
            if bits != 0
                && dependencies
                    .iter()
                    .all(|dependency| holds(dependency, bits))
            {
                return bits;
            }
        }
        bits.max(1)
    }
}

fn holds(dependency: &Dependency, present: u64) -> bool {
    let there = |position: &u16| (1..=64).contains(position) && present >> (position - 1) & 1 == 1;
    let count = dependency
        .positions
        .iter()
        .filter(|position| there(position))
        .count();
    let Some((first, others)) = dependency.positions.split_first() else {
        return true;
    };
    let other = others.iter().filter(|position| there(position)).count();
    match dependency.kind {
        DependencyKind::OneAndOnlyOne => count == 1,
        DependencyKind::AllOrNone => count == 0 || count == dependency.positions.len(),
        DependencyKind::OneOrMore => count >= 1,
        DependencyKind::OneOrNone => count <= 1,
        DependencyKind::IfFirstThenAll => !there(first) || other == others.len(),
        DependencyKind::IfFirstThenAtLeastOne => !there(first) || other >= 1,
        DependencyKind::IfFirstThenNone => !there(first) || other == 0,
    }
}

/// The children of a sequence and how often they may stand there.
pub fn children(content: &Content) -> impl Iterator<Item = (&Node, u32, u32)> {
    let items: &[Particle] = match content {
        Content::Children(Particle::Sequence(items)) => items,
        _ => &[],
    };
    items.iter().filter_map(|item| match item {
        Particle::Node(node) => Some((node, 1, 1)),
        Particle::Repeat { min, max, of } => match &**of {
            Particle::Node(node) => Some((node, *min, max.unwrap_or(u32::MAX))),
            _ => None,
        },
        _ => None,
    })
}
