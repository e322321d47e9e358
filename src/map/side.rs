//! One side of a map: what its message may hold, whatever its syntax, as named fields.

use std::sync::Arc;

use crate::spec::flat::Layout;
use crate::spec::model::{Class, CodeList, Content, Label, Model, Particle, Role, TypeId};
use crate::spec::release::MessageName;
use crate::spec::xml::{self, Codes, Format, Holds, Part};
use crate::spec::{Home, Specs};
use crate::xml::{SIGNATURE, Schema, Wants, Written};
use crate::{Error, Result};

/// A field of a [`Side`]; 0 is the message.
pub(super) type FieldId = u32;

/// ISO 9735 syntax version of what is written where the map does not say which.
pub(super) const SYNTAX: u8 = 3;

/// What a message may hold.
#[derive(Clone, Debug)]
pub(super) struct Side {
    /// As `CUSCAR@D95B`.
    pub(super) name: Box<str>,
    pub(super) of: Of,
    pub(super) fields: Vec<Field>,
    models: Vec<Arc<Model>>,
}

/// The syntax of a side and its definition.
#[derive(Clone, Debug)]
pub(super) enum Of {
    Edifact {
        message: Box<str>,
        release: Box<str>,
    },
    Flat(Arc<Layout>),
    Xml(Arc<xml::Message>),
}

/// A group, segment, element, record, field or attribute.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: Box<str>,
    pub(super) parent: FieldId,
    /// Place among its siblings.
    pub(super) order: u32,
    /// Its name stands again in a later place of the group.
    pub(super) again: bool,
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    pub(super) label: Label,
    pub(super) role: Role,
    pub(super) attribute: bool,
    pub(super) value: Option<Value>,
    /// Anything may stand in it.
    pub(super) open: bool,
    children: Vec<FieldId>,
    /// The type whose children were not looked at yet.
    later: Option<(usize, TypeId)>,
}

/// What a value may be.
#[derive(Clone, Debug, Default)]
pub(super) struct Value {
    pub(super) numeric: bool,
    /// Greatest length: of a number its digits.
    pub(super) max: Option<u32>,
    /// Whether lengths count bytes as GBK writes them.
    pub(super) in_bytes: bool,
    pub(super) decimals: Option<u32>,
    /// Patterns of a date.
    pub(super) patterns: Vec<Box<str>>,
    pub(super) codes: Option<CodeList>,
    /// What it counts is counted when it is written.
    pub(super) counts: bool,
}

impl Side {
    /// The side that a name means: `CUSCAR@D95B`, `MT1101_9`, `flat IFCSUM`; of UN/EDIFACT with the
    /// service segments of a syntax version.
    ///
    /// # Errors
    /// When nothing has that name, with what is near, or a spec is broken.
    pub(super) fn find(specs: &Specs, name: &str, syntax: u8) -> Result<Self> {
        let (kind, plain) = match name.split_once(' ') {
            Some((kind @ ("flat" | "xml" | "edifact"), rest)) => (kind, rest),
            _ => ("", name),
        };
        if kind == "flat" {
            return match specs.flat(plain)? {
                Some(layout) => Ok(Self::flat(layout)),
                None => {
                    let known = specs.flats()?;
                    let known = known.iter().map(|layout| &*layout.message);
                    Err(unknown("flat file", plain, known))
                }
            };
        }
        if kind != "edifact"
            && let Some(message) = specs.xml_message(plain)?.into_iter().next()
        {
            return Ok(Self::xml(message));
        }
        if kind != "xml"
            && let Some((message, release)) = plain.split_once('@')
            && specs.knows_message(message)
        {
            return Self::edifact(specs, plain, (message, release), syntax);
        }
        if kind.is_empty()
            && let Some(layout) = specs.flat(plain)?
        {
            return Ok(Self::flat(layout));
        }
        if kind != "xml" && specs.knows_message(plain) {
            return Err(Error::unknown(format!(
                "of {plain} the release is missing: {plain}@D95B"
            )));
        }
        let all = specs.xml_messages()?;
        let mut known: Vec<String> = all.iter().map(|listed| listed.id.to_string()).collect();
        if let Some((_, release)) = plain.split_once('@')
            && let Some(found) = specs.releases().find(release)
        {
            let messages = specs.messages(found)?.into_iter();
            known.extend(messages.map(|(message, _)| format!("{message}@{release}")));
        }
        Err(unknown("message", plain, known.iter().map(String::as_str)))
    }

    fn edifact(
        specs: &Specs,
        name: &str,
        (message, release): (&str, &str),
        syntax: u8,
    ) -> Result<Self> {
        let parsed: MessageName = name.parse()?;
        let release = parsed.release.as_deref().unwrap_or(release);
        let home = match specs.releases().find(release) {
            Some(found) => Home::Edifact(found),
            None if specs.syntax_versions().find(release).is_some() => Home::Service,
            None => {
                let known = specs.releases();
                let known = known.iter().map(|release| known.name(release));
                return Err(unknown("release", release, known));
            }
        };
        let Some(spec) = specs.message(&parsed.message, home, syntax)? else {
            return Err(Error::unknown(format!(
                "release {release} has no message {message}; `baowen show {release}` lists them"
            )));
        };
        let label = Label {
            en: spec.name.clone(),
            zh: "".into(),
        };
        let of = Of::Edifact {
            message: spec.message,
            release: spec.release.clone(),
        };
        let mut side = Self::new(&format!("{message}@{}", spec.release), label, of);
        let root = spec.model.roots()[0].of;
        side.models.push(Arc::new(spec.model));
        side.fields[0].later = Some((0, root));
        side.expand(0);
        // The envelope stands beside the segments of the message.
        for tag in ["UNB", "UNG", "UNE", "UNZ"] {
            if let Some(model) = specs.segment(tag, None, syntax)? {
                let of = model.roots()[0].of;
                side.models.push(Arc::new(model));
                let id = side.add(0, &format!("S_{tag}"), Role::Segment);
                let last = side.models.len() - 1;
                let label = side.models[last].get(of).label.clone();
                let field = &mut side.fields[id as usize];
                (field.later, field.label) = (Some((last, of)), label);
            }
        }
        Ok(side)
    }

    fn flat(layout: Arc<Layout>) -> Self {
        let label = layout.label.clone();
        let root = layout.model.roots()[0].of;
        let model = Arc::new(layout.model.clone());
        let in_bytes = layout.lengths == crate::spec::flat::Lengths::Bytes;
        let mut side = Self::new(&layout.message.clone(), label, Of::Flat(layout.clone()));
        side.models.push(model);
        side.fields[0].later = Some((0, root));
        side.expand(0);
        let mut at = 0;
        while at < side.fields.len() {
            side.expand(at as FieldId);
            at += 1;
        }
        for field in &mut side.fields {
            if let Some(value) = &mut field.value {
                value.in_bytes = in_bytes && !value.numeric;
            }
        }
        for record in &layout.records {
            for of in record.fields.iter().filter(|of| !of.counts.is_empty()) {
                let name = format!("F_{}", of.number);
                let owner = format!("R_{}", record.id);
                let found = (0..side.fields.len()).find(|at| {
                    let parent = side.fields[*at].parent as usize;
                    *side.fields[*at].name == *name && *side.fields[parent].name == *owner
                });
                if let Some(value) = found.and_then(|at| side.fields[at].value.as_mut()) {
                    value.counts = true;
                }
            }
        }
        side
    }

    fn xml(message: Arc<xml::Message>) -> Self {
        let mut side = Self::new(
            &message.id(),
            message.label.clone(),
            Of::Xml(message.clone()),
        );
        side.fields[0].name = message.root.tag.clone();
        side.element(0, &message.root);
        side
    }

    fn new(name: &str, label: Label, of: Of) -> Self {
        let root = Field {
            name: name.into(),
            parent: 0,
            order: 0,
            again: false,
            min: 1,
            max: Some(1),
            label,
            role: Role::Message,
            attribute: false,
            value: None,
            open: false,
            children: Vec::new(),
            later: None,
        };
        Self {
            name: name.into(),
            of,
            fields: vec![root],
            models: Vec::new(),
        }
    }

    fn add(&mut self, parent: FieldId, name: &str, role: Role) -> FieldId {
        let id = self.fields.len() as FieldId;
        let order = self.fields[parent as usize].children.len() as u32;
        if let Some(before) = self.known(parent, name) {
            self.fields[before as usize].again = true;
        }
        self.fields.push(Field {
            name: name.into(),
            parent,
            order,
            again: false,
            min: 0,
            max: Some(1),
            label: Label::default(),
            role,
            attribute: false,
            value: None,
            open: false,
            children: Vec::new(),
            later: None,
        });
        self.fields[parent as usize].children.push(id);
        id
    }

    fn known(&self, parent: FieldId, name: &str) -> Option<FieldId> {
        let mut children = self.fields[parent as usize].children.iter().copied();
        children.find(|child| *self.fields[*child as usize].name == *name)
    }

    /// Where the one of that field stands of which `before` are written before it: what is more than one
    /// place of a name may have stands in the next place of that name.
    pub(super) fn place(&self, id: FieldId, before: u32) -> u32 {
        let field = self.get(id);
        let (mut order, mut left) = (field.order, before);
        for child in &self.fields[field.parent as usize].children {
            let child = self.get(*child);
            if child.name != field.name {
                continue;
            }
            order = child.order;
            match child.max {
                Some(max) if left >= max => left -= max,
                _ => break,
            }
        }
        order
    }

    /// What a schema wants of the fields of a message in XML, as it is written. `None` where documents have
    /// to be read to be checked.
    pub(super) fn wants(&self, schema: &Arc<Schema>) -> Option<Wants> {
        let Of::Xml(message) = &self.of else {
            return None;
        };
        let namespace = message.namespaces.first().map_or("", |of| &**of);
        let names = self.fields.iter().map(|field| Written {
            parent: field.parent,
            name: field.name.strip_prefix('@').unwrap_or(&field.name),
            attribute: field.attribute,
        });
        Wants::new(schema, namespace, names)
    }

    /// Looks at the children of a field, once.
    fn expand(&mut self, id: FieldId) {
        let Some((at, of)) = self.fields[id as usize].later.take() else {
            return;
        };
        let model = self.models[at].clone();
        match &model.get(of).content {
            Content::Empty => {}
            Content::Value(simple) => {
                self.fields[id as usize].value = Some(Value {
                    numeric: simple.class == Class::Numeric,
                    max: simple.max,
                    in_bytes: false,
                    decimals: simple.decimals,
                    patterns: simple.patterns.clone(),
                    codes: simple.codes.clone(),
                    counts: false,
                });
            }
            Content::Children(particle) | Content::Mixed(particle) => {
                self.particle(id, at, &model, particle, 1, Some(1));
            }
        }
    }

    fn particle(
        &mut self,
        parent: FieldId,
        at: usize,
        model: &Model,
        particle: &Particle,
        min: u32,
        max: Option<u32>,
    ) {
        match particle {
            Particle::Node(node) => {
                let id = self.add(parent, &node.name, node.role);
                let label = model.get(node.of).label.clone();
                let field = &mut self.fields[id as usize];
                (field.min, field.max, field.label) = (min, max, label);
                field.later = Some((at, node.of));
                // A value has no children to be looked at later.
                if matches!(model.get(node.of).content, Content::Value(_)) {
                    self.expand(id);
                }
            }
            Particle::Sequence(items) | Particle::All(items) => {
                for item in items {
                    self.particle(parent, at, model, item, min, max);
                }
            }
            Particle::Choice(items) => {
                for item in items {
                    self.particle(parent, at, model, item, 0, max);
                }
            }
            Particle::Repeat {
                min: least,
                max: most,
                of,
            } => {
                let most = max.zip(*most).map(|(a, b)| a.saturating_mul(b));
                self.particle(parent, at, model, of, min.min(*least), most);
            }
            Particle::Wildcard(_) => self.fields[parent as usize].open = true,
        }
    }

    fn element(&mut self, id: FieldId, of: &xml::Element) {
        self.fields[id as usize].label = of.label.clone();
        for attribute in &of.attributes {
            let child = self.add(id, &format!("@{}", attribute.name), Role::Xml);
            let field = &mut self.fields[child as usize];
            field.min = u32::from(attribute.mandatory);
            field.label = attribute.label.clone();
            field.attribute = true;
            field.value = Some(value_of(&attribute.value));
        }
        match &of.holds {
            Holds::Value(value) => self.fields[id as usize].value = Some(value_of(value)),
            Holds::Parts { parts, .. } => {
                for part in parts {
                    self.part(id, part, 1, Some(1));
                }
            }
            Holds::Anything => {
                let field = &mut self.fields[id as usize];
                field.value = Some(Value::default());
                field.open = true;
            }
        }
    }

    fn part(&mut self, parent: FieldId, part: &Part, min: u32, max: Option<u32>) {
        let times = |of: &xml::Occurs| {
            let most = max.zip(of.max).map(|(a, b)| a.saturating_mul(b));
            (min.min(of.min), most)
        };
        match part {
            Part::Element(element) => {
                let (min, max) = times(&element.occurs);
                let id = self.add(parent, &element.tag, Role::Xml);
                let field = &mut self.fields[id as usize];
                (field.min, field.max) = (min, max);
                self.element(id, element);
            }
            Part::Choice(occurs, parts) => {
                let (_, max) = times(occurs);
                for part in parts {
                    self.part(parent, part, 0, max);
                }
            }
            Part::Sequence(occurs, parts) => {
                let (min, max) = times(occurs);
                for part in parts {
                    self.part(parent, part, min, max);
                }
            }
            Part::Anything(..) => self.fields[parent as usize].open = true,
        }
    }

    /// Whether a signature has a place in it: an element of XML Signature.
    pub(super) fn is_signed(&self) -> bool {
        fn within(element: &xml::Element) -> bool {
            matches!(&element.holds, Holds::Parts { parts, .. } if parts.iter().any(part))
        }
        fn part(of: &Part) -> bool {
            match of {
                Part::Element(element) => within(element),
                Part::Choice(_, parts) | Part::Sequence(_, parts) => parts.iter().any(part),
                Part::Anything(_, namespace) => namespace.as_deref() == Some(SIGNATURE),
            }
        }
        matches!(&self.of, Of::Xml(message) if within(&message.root))
    }

    pub(super) fn get(&self, id: FieldId) -> &Field {
        &self.fields[id as usize]
    }

    /// The children of a field, in their order.
    pub(super) fn children(&mut self, id: FieldId) -> Vec<FieldId> {
        self.expand(id);
        self.fields[id as usize].children.clone()
    }

    /// The child of that name that the spec tells of.
    pub(super) fn known_child(&mut self, id: FieldId, name: &str) -> Option<FieldId> {
        self.children(id)
            .into_iter()
            .find(|child| *self.fields[*child as usize].name == *name)
    }

    /// The child of that name; where anything may stand, any name is one.
    pub(super) fn child(&mut self, id: FieldId, name: &str) -> Option<FieldId> {
        let found = self.known_child(id, name);
        if found.is_some() || !self.fields[id as usize].open {
            return found;
        }
        let child = self.add(id, name, Role::Xml);
        let field = &mut self.fields[child as usize];
        (field.max, field.open) = (None, true);
        field.value = Some(Value::default());
        field.attribute = name.starts_with('@');
        Some(child)
    }

    /// `F_2_3` where the spec has no such name, but `F_2` several times: that field, and which of them.
    pub(super) fn numbered(&mut self, id: FieldId, name: &str) -> Option<(FieldId, u32)> {
        if self.known_child(id, name).is_some() {
            return None;
        }
        let (name, nth) = name.rsplit_once('_')?;
        let nth = nth.parse().ok().filter(|nth| *nth > 1)?;
        let child = self.known_child(id, name)?;
        (self.get(child).max != Some(1)).then_some((child, nth))
    }

    /// Names or paths that may have been meant: the same name further in, or in the message; else names
    /// that differ little.
    pub(super) fn near(&mut self, id: FieldId, name: &str) -> Vec<String> {
        let mut found = self.below(id, name);
        if found.is_empty() && id != 0 {
            found = self.below(0, name);
            found.iter_mut().for_each(|path| path.insert(0, '/'));
        }
        if !found.is_empty() {
            return found;
        }
        let children = self.children(id);
        let names = children
            .iter()
            .map(|child| self.fields[*child as usize].name.to_string());
        near(name, &names.collect::<Vec<_>>())
    }

    /// The paths from a field on to those of that name, or of that name without its prefix (`EQD` for
    /// `S_EQD`): the nearest three.
    fn below(&mut self, id: FieldId, name: &str) -> Vec<String> {
        /// Fields that are looked at.
        const MOST: usize = 10_000;
        let base = self.path(id);
        let mut queue = std::collections::VecDeque::from([id]);
        let (mut found, mut looked) = (Vec::new(), 0);
        while let Some(at) = queue.pop_front() {
            for child in self.children(at) {
                let own = &*self.fields[child as usize].name;
                let plain = match own.split_at_checked(2) {
                    Some((prefix, plain)) if prefix.ends_with('_') => plain,
                    _ => own.trim_start_matches('@'),
                };
                if own == name || plain == name {
                    let path = self.path(child);
                    let path = path.strip_prefix(&*base).unwrap_or(&path);
                    found.push(path.trim_start_matches('/').to_owned());
                }
                queue.push_back(child);
                looked += 1;
            }
            if found.len() >= 3 || looked > MOST {
                break;
            }
        }
        found.truncate(3);
        found
    }

    /// The names that lead to a field.
    pub(super) fn path(&self, mut id: FieldId) -> String {
        let mut names = Vec::new();
        while id != 0 {
            names.push(&*self.fields[id as usize].name);
            id = self.fields[id as usize].parent;
        }
        names.reverse();
        names.join("/")
    }

    /// The names for people of a field: its own, else that of the group around it.
    pub(super) fn label(&self, id: FieldId) -> &Label {
        &self.fields[id as usize].label
    }
}

fn value_of(value: &xml::Value) -> Value {
    let mut made = Value::default();
    match &value.format {
        Format::Text { class, max, .. } => {
            made.numeric = *class == Class::Numeric;
            made.max = *max;
        }
        Format::Number { digits, decimals } => {
            made.numeric = true;
            made.max = *digits;
            // A number of no stated length has no stated decimals either.
            made.decimals = (*decimals).or((*digits).map(|_| 0));
        }
        Format::Moment(patterns) => {
            made.max = patterns.iter().map(|pattern| pattern.len() as u32).max();
            made.patterns.clone_from(patterns);
        }
        Format::Builtin(name) => {
            made.numeric = matches!(
                &**name,
                "decimal" | "integer" | "int" | "long" | "nonNegativeInteger" | "positiveInteger"
            );
        }
    }
    made.codes = match &value.codes {
        Codes::None => None,
        Codes::Values(values) => Some(CodeList::Values(
            values
                .iter()
                .map(|(code, label)| (code.clone(), label.en.clone()))
                .collect(),
        )),
        Codes::Table(table) | Codes::In(table) => Some(CodeList::Table(table.clone())),
    };
    made
}

fn unknown<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> Error {
    let known: Vec<String> = known.map(str::to_owned).collect();
    let near = near(name, &known);
    let hint = match near.is_empty() {
        true => String::new(),
        false => format!("; did you mean {}?", near.join(", ")),
    };
    Error::unknown(format!("no {what} {name}{hint}"))
}

/// The names that differ least from one, at most three.
pub(super) fn near(name: &str, known: &[String]) -> Vec<String> {
    let found = crate::near::near(name, known.iter().map(String::as_str), 3);
    found.into_iter().map(str::to_owned).collect()
}
