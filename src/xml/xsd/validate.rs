//! A document against a schema, as it is read.

use super::component::{
    ANY_TYPE, AttributeUse, ComplexId, Components, Content, Derivations, ElementId, Preset, TypeId,
    Wildcard,
};
use super::constraints::Identities;
use super::content::{Model, State, Taken};
use super::glance::Glance;
use super::schema::{Compiled, Schema};
use super::simple::{Fault, Identity, Prefixes, SimpleId};
use crate::finding::{Code, Finding};
use crate::spec::model::Process;
use crate::xml::chars;
use crate::xml::names::{NameId, Names, NamespaceId, SIGNATURE};
use crate::xml::reader::{Bindings, Handler, Options, Start};
use crate::xml::scene::{Scene, valued};

/// How an element is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Not at all, nor what is inside.
    Skip,
    /// It has no declaration: what is inside is looked at where it has one.
    Lax,
    /// It has a value only.
    Value(SimpleId),
    /// It must be empty.
    Empty,
    /// It has children.
    Children { mixed: bool },
}

/// An open element.
struct Frame {
    mode: Mode,
    of: TypeId,
    declaration: Option<ElementId>,
    nil: bool,
    /// Whether its content had a fault already that makes its end uncertain.
    broken: bool,
    /// Where its content stood when a child was met that the model does not have.
    stranger: Option<Box<State>>,
    /// Where its name begins among the labels.
    label: u32,
    /// Its number among those of its name.
    ordinal: u32,
    /// Where the counts of its children begin.
    counts: u32,
    /// One bit for some of the names among them: where it is not set, the name is new.
    named: u128,
    /// Whether it had children.
    parent: bool,
}

/// Prefixes in scope of the document, for values that are names.
struct InScope<'a> {
    bindings: &'a Bindings,
    names: &'a Names,
}

impl Prefixes for InScope<'_> {
    fn namespace(&self, prefix: &str) -> Option<&str> {
        self.bindings
            .find(prefix)
            .map(|namespace| self.names.uri(namespace))
    }
}

/// Prefixes that were in scope where an element began.
#[derive(Default)]
struct Kept(Vec<(Box<str>, Box<str>)>);

impl Prefixes for Kept {
    fn namespace(&self, prefix: &str) -> Option<&str> {
        let found = self.0.iter().find(|(bound, _)| **bound == *prefix);
        found.map(|(_, uri)| &**uri)
    }
}

/// Checks a document against a schema.
pub(crate) struct Validator<'s> {
    schema: &'s Schema,
    components: &'s Components,
    frames: Vec<Frame>,
    /// Where the content model of each open element stands; kept to be used again.
    states: Vec<State>,
    /// More states, of the few models whose counting is not certain.
    many: Vec<Vec<State>>,
    /// Names of open elements.
    path: Vec<NameId>,
    labels: String,
    /// Children of open elements by name.
    counts: Vec<(NameId, u32)>,
    text: String,
    text_at: u64,
    text_len: u64,
    prefixes: Kept,
    identities: Identities<'s>,
    has_constraints: bool,
    root_label: Option<Box<str>>,
    seen: Vec<bool>,
    glance: Glance<'s>,
    /// Whether a signature may still be missing.
    unsigned: bool,
}

/// Children of one element told apart by name for paths.
const MOST_COUNTED: usize = 256;

impl<'s> Validator<'s> {
    pub(crate) fn new(schema: &'s Schema, options: &Options) -> Self {
        let components = &schema.components;
        Self {
            schema,
            components,
            frames: Vec::new(),
            states: Vec::new(),
            many: Vec::new(),
            path: Vec::new(),
            labels: String::new(),
            counts: Vec::new(),
            text: String::new(),
            text_at: 0,
            text_len: 0,
            prefixes: Kept::default(),
            identities: Identities::new(components, options.identity),
            unsigned: options.unsigned,
            has_constraints: !components.constraints.is_empty(),
            root_label: None,
            seen: Vec::new(),
            glance: Glance::new(schema),
        }
    }

    fn place(&self) -> String {
        let mut path = String::new();
        for (at, frame) in self.frames.iter().enumerate() {
            let end = self
                .frames
                .get(at + 1)
                .map_or(self.labels.len(), |next| next.label as usize);
            if at > 0 {
                path.push('/');
            }
            path.push_str(&self.labels[frame.label as usize..end]);
            if frame.ordinal > 1 {
                path.push_str(&format!("[{}]", frame.ordinal));
            }
        }
        path
    }

    fn label(&self) -> &str {
        self.frames
            .last()
            .map_or("", |frame| &self.labels[frame.label as usize..])
    }

    /// The finding with the place of the innermost open element.
    fn placed(&self, mut finding: Finding, attribute: Option<&str>) -> Finding {
        let mut path = self.place();
        if let Some(attribute) = attribute {
            path.push_str("/@");
            path.push_str(attribute);
        }
        finding.place.path = Some(path.into());
        finding.place.segment = Some(self.label().into());
        finding
    }

    /// The finding with the place of a child that is not open.
    fn placed_child(&self, mut finding: Finding, local: &str) -> Finding {
        finding.place.path = Some(format!("{}/{local}", self.place()).into());
        finding.place.segment = Some(local.into());
        finding
    }

    /// The names that may come next, for people; one whose local part is `local` is given with
    /// its namespace.
    fn expected(&self, model: &Model, state: &State, local: &str) -> String {
        let names = &self.components.names;
        let (mut shown, mut any): (Vec<String>, bool) = (Vec::new(), false);
        model.expected(state, &mut |id| match id {
            None => any = true,
            Some(id) => {
                let (namespace, name) = names.parts(self.components.element(id).name);
                let text = if name == local && namespace != NamespaceId::NONE {
                    format!("{{{}}}{name}", names.uri(namespace))
                } else {
                    name.to_owned()
                };
                if !shown.contains(&text) {
                    shown.push(text);
                }
            }
        });
        // What is near to what was written is likely meant: it stands first.
        let near = crate::near::near(local, shown.iter().map(String::as_str), 3);
        let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
        shown.sort_by_key(|name| near.iter().position(|of| of == name).unwrap_or(near.len()));
        if any {
            shown.push("*".to_owned());
        }
        if shown.is_empty() {
            shown.push("—".to_owned());
        }
        const MOST: usize = 10;
        if shown.len() > MOST {
            shown.truncate(MOST);
            shown.push("…".to_owned());
        }
        shown.join(", ")
    }

    /// Counts a child of the innermost element: its number among those of its name.
    fn count(&mut self, id: NameId) -> u32 {
        let Some(frame) = self.frames.last_mut() else {
            return 1;
        };
        frame.parent = true;
        let bit = 1u128 << (id.0 & 127);
        let new = frame.named & bit == 0;
        frame.named |= bit;
        if !new {
            let own = frame.counts as usize;
            let from = own.max(self.counts.len().saturating_sub(MOST_COUNTED));
            let mut latest = self.counts[from..].iter_mut().rev();
            if let Some((_, count)) = latest.find(|(name, _)| *name == id) {
                *count += 1;
                return *count;
            }
        }
        self.counts.push((id, 1));
        1
    }

    /// Opens the frame of an element, so that findings name it.
    fn push(&mut self, start: &Start<'_>) {
        let ordinal = self.count(start.id);
        self.open(start, ordinal);
    }

    fn open(&mut self, start: &Start<'_>, ordinal: u32) {
        let label = self.labels.len() as u32;
        self.labels.push_str(start.local());
        self.path.push(start.id);
        self.frames.push(Frame {
            mode: Mode::Skip,
            of: TypeId::Complex(ANY_TYPE),
            declaration: None,
            nil: false,
            broken: false,
            stranger: None,
            label,
            ordinal,
            counts: self.counts.len() as u32,
            named: 0,
            parent: false,
        });
    }

    /// What the element around takes the new one for.
    fn take(&mut self, start: &Start<'_>, scene: &mut Scene<'_, '_>) -> Role {
        let depth = self.frames.len();
        let Some(outer) = depth.checked_sub(1).map(|at| &self.frames[at]) else {
            return self.take_root(start, scene);
        };
        match outer.mode {
            Mode::Skip => Role::Skip,
            Mode::Lax => Role::Wildcard(Process::Lax),
            Mode::Value(_) | Mode::Empty => {
                if !outer.broken {
                    let (parent, code) = match outer.mode {
                        Mode::Value(_) => (self.label().to_owned(), Code::XSD_CHILD_IN_VALUE),
                        _ => (self.label().to_owned(), Code::XSD_UNEXPECTED),
                    };
                    let code = if outer.nil {
                        Code::XSD_NIL_CONTENT
                    } else {
                        code
                    };
                    let finding = |finding: Finding| {
                        let finding = finding.with("expected", "—").with("parent", &parent);
                        let element = if code == Code::XSD_NIL_CONTENT {
                            &parent
                        } else {
                            start.local()
                        };
                        self.placed_child(finding.with_content("element", element), start.local())
                    };
                    scene.report(code, start.at, start.tag.len() as u64 + 2, finding);
                }
                self.frames[depth - 1].broken = true;
                Role::Skip
            }
            Mode::Children { .. } => self.take_child(start, scene),
        }
    }

    fn take_root(&mut self, start: &Start<'_>, scene: &mut Scene<'_, '_>) -> Role {
        if let Some(guide) = &self.schema.guide {
            if let Some(remark) = &guide.remark {
                let finding = |mut finding: Finding| {
                    finding.place.path = Some(start.local().into());
                    finding.place.segment = Some(start.local().into());
                    finding.place.message_type = Some(guide.label.clone());
                    finding
                        .with_content("element", start.local())
                        .with_content("namespace", &*remark.namespace)
                        .with("expected", remark.expected.to_string())
                };
                scene.report(remark.code, start.at, start.tag.len() as u64 + 2, finding);
            }
            return Role::Element(guide.root);
        }
        if let Some(id) = self.components.global_elements.get(&start.id) {
            return Role::Element(*id);
        }
        // A document may say its type itself.
        let typed = start
            .attributes
            .iter()
            .any(|attribute| start.names.parts(attribute.id) == (NamespaceId::XSI, "type"));
        if !typed {
            let roots = self.schema.roots();
            let same = roots.iter().filter(|(_, local)| *local == start.local());
            let mut shown: Vec<String> = same
                .map(|(namespace, local)| format!("{{{namespace}}}{local}"))
                .collect();
            if shown.is_empty() {
                shown = roots
                    .iter()
                    .take(8)
                    .map(|(_, local)| (*local).to_owned())
                    .collect();
                if roots.len() > 8 {
                    shown.push("…".to_owned());
                }
            }
            let element = match start.namespace() {
                "" => start.local().to_owned(),
                namespace => format!("{{{namespace}}}{}", start.local()),
            };
            let expected = shown.join(", ");
            scene.report(
                Code::XSD_ROOT,
                start.at,
                start.tag.len() as u64 + 2,
                |mut finding| {
                    finding.place.path = Some(start.local().into());
                    finding.place.segment = Some(start.local().into());
                    finding
                        .with_content("element", element)
                        .with("expected", expected)
                },
            );
            return Role::Skip;
        }
        Role::Wildcard(Process::Lax)
    }

    fn take_child(&mut self, start: &Start<'_>, scene: &mut Scene<'_, '_>) -> Role {
        let depth = self.frames.len() - 1;
        let TypeId::Complex(complex) = self.frames[depth].of else {
            return Role::Skip;
        };
        let compiled: &'s Compiled = self.schema.compiled(complex);
        let Some(model) = &compiled.model else {
            return Role::Skip;
        };
        let namespace = start.namespace;
        let taken = if model.is_ambiguous_model() {
            let taken = model.step_all(&mut self.many[depth], start.id, namespace);
            if let Some(first) = self.many[depth].first() {
                self.states[depth] = first.clone();
            }
            taken
        } else {
            model.step(&mut self.states[depth], start.id, namespace)
        };
        match taken {
            Some(Taken::Element(id)) => {
                if self.components.element(id).name == start.id {
                    Role::Element(id)
                } else {
                    self.stand_in(id, start, scene)
                }
            }
            Some(Taken::Wildcard(wildcard)) => Role::Wildcard(wildcard.process),
            None => self.unexpected(model, depth, start, scene),
        }
    }

    /// An element that stands for another of its substitution group.
    fn stand_in(&mut self, head: ElementId, start: &Start<'_>, scene: &mut Scene<'_, '_>) -> Role {
        let Some(id) = self.components.global_elements.get(&start.id).copied() else {
            return Role::Skip;
        };
        let of = self.components.element(head);
        let mut block = of.block;
        if let TypeId::Complex(of) = of.of {
            block |= self.components.complex(of).block;
        }
        let ways = self
            .components
            .derivation(self.components.element(id).of, of.of)
            .unwrap_or(0);
        if of.block & Derivations::SUBSTITUTION != 0
            || ways & block & !Derivations::SUBSTITUTION != 0
        {
            let expected = self.components.names.local(of.name);
            let finding = |finding: Finding| {
                self.placed_child(
                    finding
                        .with_content("element", start.local())
                        .with("expected", expected),
                    start.local(),
                )
            };
            scene.report(
                Code::XSD_SUBSTITUTION,
                start.at,
                start.tag.len() as u64 + 2,
                finding,
            );
        }
        Role::Element(id)
    }

    fn unexpected(
        &mut self,
        model: &'s Model,
        depth: usize,
        start: &Start<'_>,
        scene: &mut Scene<'_, '_>,
    ) -> Role {
        let state = &self.states[depth];
        let len = start.tag.len() as u64 + 2;
        let local = start.local();
        match model.exhausted(state, start.id) {
            Some(max) => {
                let finding = |finding: Finding| {
                    self.placed_child(
                        finding.with_content("element", local).with("max", max),
                        start.local(),
                    )
                };
                scene.report(Code::XSD_TOO_MANY, start.at, len, finding);
            }
            None => {
                let expected = self.expected(model, state, local);
                let was = self.frames[depth].stranger.as_deref() == Some(state);
                let instead = was && !expected.contains(", ") && model.leads_to(state, start.id);
                let named = expected
                    .split(", ")
                    .any(|text| text.ends_with(&format!("}}{local}")));
                let element = match start.namespace() {
                    "" => local.to_owned(),
                    namespace if named => format!("{{{namespace}}}{local}"),
                    _ => local.to_owned(),
                };
                let finding = |finding: Finding| {
                    self.placed_child(
                        finding
                            .with_content("element", element)
                            .with("expected", expected),
                        start.local(),
                    )
                };
                // A child of another name stood for the one that is missing: that was told.
                if !instead {
                    scene.report(Code::XSD_UNEXPECTED, start.at, len, finding);
                }
            }
        }
        // Reading goes on after it, where it has a place further on.
        let before = self.states[depth].clone();
        let found = model.resume(&mut self.states[depth], start.id);
        if model.is_ambiguous_model() {
            self.many[depth] = vec![self.states[depth].clone()];
        }
        let frame = &mut self.frames[depth];
        match found {
            Some((id, later)) => {
                frame.broken |= !later;
                Role::Element(id)
            }
            None => {
                frame.broken = true;
                frame.stranger = Some(Box::new(before));
                Role::Skip
            }
        }
    }

    /// The type that `xsi:type` names, where it may stand for the declared one.
    fn named_type(
        &self,
        start: &Start<'_>,
        value: &str,
        at: u64,
        declared: Option<(TypeId, u8)>,
        scene: &mut Scene<'_, '_>,
    ) -> Option<TypeId> {
        let text = chars::trim(value);
        let (prefix, local) = text.split_once(':').unwrap_or(("", text));
        let namespace = start.bindings.find(prefix);
        let name = namespace.and_then(|namespace| {
            let own = self
                .components
                .names
                .find_namespace(start.names.uri(namespace))?;
            self.components.names.find(own, local)
        });
        let Some(of) = name.and_then(|name| self.schema.global_type(name)) else {
            let finding = |finding: Finding| self.placed(valued(finding, text), Some("xsi:type"));
            scene.report(Code::XSD_TYPE_UNKNOWN, at, value.len() as u64, finding);
            return None;
        };
        let Some((declared, block)) = declared else {
            return Some(of);
        };
        let mut block = block;
        if let TypeId::Complex(complex) = declared {
            block |= self.components.complex(complex).block;
        }
        let ways = self.components.derivation(of, declared);
        let fits = ways.is_some_and(|ways| ways & block & !Derivations::SUBSTITUTION == 0);
        if !fits {
            let expected = self.components.type_label(declared);
            let finding = |finding: Finding| {
                self.placed(
                    valued(finding, text).with("expected", expected),
                    Some("xsi:type"),
                )
            };
            scene.report(Code::XSD_TYPE_DERIVED, at, value.len() as u64, finding);
            return None;
        }
        Some(of)
    }

    /// Makes the innermost frame ready for what its type may hold.
    fn enter(&mut self, of: TypeId, nil: bool) {
        let depth = self.frames.len() - 1;
        let mode = match of {
            TypeId::Simple(simple) => Mode::Value(simple),
            TypeId::Complex(complex) => match &self.components.complex(complex).content {
                Content::Empty => Mode::Empty,
                Content::Simple(simple) => Mode::Value(*simple),
                Content::Children { mixed, .. } => Mode::Children { mixed: *mixed },
            },
        };
        if let (Mode::Children { .. }, TypeId::Complex(complex)) = (mode, of)
            && let Some(model) = &self.schema.compiled(complex).model
        {
            if self.states.len() <= depth {
                self.states.resize_with(depth + 1, || model.start());
                self.many.resize_with(depth + 1, Vec::new);
            }
            model.reset(&mut self.states[depth]);
            if model.is_ambiguous_model() {
                self.many[depth] = vec![self.states[depth].clone()];
            }
        }
        let frame = &mut self.frames[depth];
        frame.mode = if nil { Mode::Empty } else { mode };
        frame.of = of;
        frame.nil = nil;
        if matches!(frame.mode, Mode::Value(_) | Mode::Children { mixed: true }) {
            self.text.clear();
            self.text_len = 0;
        }
    }

    /// Says why a value is not valid.
    #[cold]
    fn fault(
        &self,
        fault: &Fault,
        value: &str,
        attribute: Option<&str>,
        at: u64,
        len: u64,
        scene: &mut Scene<'_, '_>,
    ) {
        let name = attribute.map_or_else(|| self.label().to_owned(), |name| format!("@{name}"));
        let fill = |finding: Finding| {
            let key = match fault.code {
                Code::XSD_VALUE | Code::XSD_UNION => "type",
                _ => "expected",
            };
            let mut finding = valued(finding, value)
                .with("name", name)
                .with(key, &fault.expected);
            if let Some(length) = fault.length {
                finding = finding.with("length", length);
            }
            self.placed(finding, attribute)
        };
        scene.report(fault.code, at, len, fill);
    }

    fn check_fixed(
        &self,
        of: SimpleId,
        text: &str,
        preset: &Preset,
        prefixes: &dyn Prefixes,
    ) -> bool {
        if !preset.fixed {
            return true;
        }
        let simples = &self.components.simples;
        let (own, fixed) = (
            simples.value(of, text, prefixes),
            simples.value(of, &preset.text, prefixes),
        );
        match (own, fixed) {
            (Some(own), Some(fixed)) => own.equals(&fixed),
            _ => text == &*preset.text,
        }
    }

    fn attributes(&mut self, start: &Start<'_>, of: TypeId, scene: &mut Scene<'_, '_>) {
        let compiled = match of {
            TypeId::Complex(complex) => Some((complex, self.schema.compiled(complex))),
            TypeId::Simple(_) => None,
        };
        let uses: &'s [AttributeUse] = compiled.map_or(&[], |(_, compiled)| &compiled.attributes);
        let (mut required, mut had_id) =
            (compiled.map_or(0, |(_, compiled)| compiled.required), false);
        self.seen.clear();
        self.seen.resize(uses.len(), false);
        for attribute in start.attributes {
            if attribute.declares {
                continue;
            }
            let value = start.value(attribute);
            let name = start.attribute_name(attribute);
            let at = start.value_at(attribute);
            let len = u64::from(attribute.raw.1 - attribute.raw.0);
            let found = match uses {
                [one] if one.name == attribute.id => Some(0),
                [_] => None,
                _ => uses.binary_search_by_key(&attribute.id, |of| of.name).ok(),
            };
            if let Some(index) = found {
                // An attribute may stand twice: reading goes on after that finding.
                let first = !std::mem::replace(&mut self.seen[index], true);
                required -= usize::from(first && uses[index].required);
                let (of, preset) = (uses[index].of, uses[index].preset.as_ref());
                let table = uses[index].table.as_deref();
                self.attribute_value(
                    start,
                    attribute.id,
                    of,
                    preset,
                    table,
                    name,
                    value,
                    at,
                    len,
                    scene,
                );
                continue;
            }
            let (namespace, local) = start.names.parts(attribute.id);
            if namespace == NamespaceId::XSI
                && matches!(
                    local,
                    "type" | "nil" | "schemaLocation" | "noNamespaceSchemaLocation"
                )
            {
                continue;
            }
            let wildcard = match compiled {
                Some((complex, _)) => self.components.complex(complex).wildcard.as_ref(),
                None => None,
            };
            let wildcard: Option<&'s Wildcard> =
                wildcard.filter(|wildcard| wildcard.namespaces.allows(namespace));
            let Some(wildcard) = wildcard else {
                let element = self.label();
                let finding = |finding: Finding| {
                    let finding = finding
                        .with_content("attribute", name)
                        .with_content("element", element);
                    self.placed(finding, Some(name))
                };
                let place = start.at + 1 + u64::from(attribute.name.0);
                scene.report(Code::XSD_ATTRIBUTE, place, name.len() as u64, finding);
                continue;
            };
            if wildcard.process == Process::Skip {
                continue;
            }
            match self.components.global_attributes.get(&attribute.id) {
                Some(declared) => {
                    let (of, preset) = (declared.of, declared.preset.clone());
                    let is_id = self.components.simples.is_id(of);
                    if is_id && had_id {
                        let element = self.label();
                        let finding = |finding: Finding| {
                            let finding = finding
                                .with_content("attribute", name)
                                .with_content("element", element);
                            self.placed(finding, Some(name))
                        };
                        scene.report(Code::XSD_ATTRIBUTE, at, len, finding);
                    }
                    had_id |= is_id;
                    self.attribute_value(
                        start,
                        attribute.id,
                        of,
                        preset.as_ref(),
                        None,
                        name,
                        value,
                        at,
                        len,
                        scene,
                    );
                }
                None if wildcard.process == Process::Strict => {
                    let finding = |finding: Finding| {
                        self.placed(finding.with_content("attribute", name), Some(name))
                    };
                    let place = start.at + 1 + u64::from(attribute.name.0);
                    scene.report(
                        Code::XSD_UNDECLARED_ATTRIBUTE,
                        place,
                        name.len() as u64,
                        finding,
                    );
                }
                None => {}
            }
        }
        if required > 0 {
            self.missing_attributes(start, uses, scene);
        }
        if compiled.is_some_and(|(_, compiled)| compiled.presets) && !self.identities.is_idle() {
            self.default_attributes(uses, scene, start);
        }
    }

    #[cold]
    fn missing_attributes(
        &self,
        start: &Start<'_>,
        uses: &[AttributeUse],
        scene: &mut Scene<'_, '_>,
    ) {
        for (of, seen) in uses.iter().zip(&self.seen) {
            if !of.required || *seen {
                continue;
            }
            let name = self.components.names.local(of.name);
            let element = self.label();
            let finding = |finding: Finding| {
                let finding = finding
                    .with("attribute", name)
                    .with_content("element", element);
                self.placed(finding, Some(name))
            };
            scene.report(
                Code::XSD_MISSING_ATTRIBUTE,
                start.at,
                start.raw.len() as u64 + 1,
                finding,
            );
        }
    }

    /// Values that absent attributes have by default, where a constraint may ask for them.
    fn default_attributes(
        &mut self,
        uses: &'s [AttributeUse],
        scene: &mut Scene<'_, '_>,
        start: &Start<'_>,
    ) {
        for (index, of) in uses.iter().enumerate() {
            let Some(preset) = of.preset.as_ref().filter(|_| !self.seen[index]) else {
                continue;
            };
            let simples = &self.components.simples;
            let mut value =
                || key_of_value(simples, of.of, &preset.text, &super::simple::NoPrefixes);
            self.identities.attribute(
                &self.components.names,
                &self.path,
                of.name,
                &mut value,
                scene,
                start.at,
            );
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn attribute_value(
        &mut self,
        start: &Start<'_>,
        id: NameId,
        of: SimpleId,
        preset: Option<&Preset>,
        table: Option<&str>,
        name: &str,
        value: &str,
        at: u64,
        len: u64,
        scene: &mut Scene<'_, '_>,
    ) {
        let prefixes = InScope {
            bindings: start.bindings,
            names: start.names,
        };
        let simples = &self.components.simples;
        if let Err(fault) = simples.check(of, value, &prefixes) {
            if !self.identities.is_idle() {
                let mut key = || Some(key_of_unfit(value));
                self.identities.attribute(
                    &self.components.names,
                    &self.path,
                    id,
                    &mut key,
                    scene,
                    at,
                );
            }
            return self.fault(&fault, value, Some(name), at, len, scene);
        }
        if let Some(preset) = preset
            && !self.check_fixed(of, value, preset, &prefixes)
        {
            let fault = Fault {
                code: Code::XSD_FIXED,
                expected: preset.text.to_string(),
                length: None,
            };
            self.fault(&fault, value, Some(name), at, len, scene);
        }
        if let (Some(guide), Some(table)) = (&self.schema.guide, table)
            && let Some(table) = guide.lacks_in(table, value)
        {
            self.lacking(table, value, Some(name), at, len, scene);
        }
        if simples.has_identity(of) {
            self.identity(of, value, &prefixes, at, len, scene);
        }
        if !self.identities.is_idle() {
            let mut key = || key_of_value(simples, of, value, &prefixes);
            self.identities
                .attribute(&self.components.names, &self.path, id, &mut key, scene, at);
        }
    }

    fn identity(
        &mut self,
        of: SimpleId,
        text: &str,
        prefixes: &dyn Prefixes,
        at: u64,
        len: u64,
        scene: &mut Scene<'_, '_>,
    ) {
        let mut found = Vec::new();
        self.components
            .simples
            .identities(of, text, prefixes, &mut |kind, word| {
                found.push((kind, word.to_owned()));
            });
        for (kind, word) in found {
            match kind {
                Identity::Id => self.identities.id(&word, at, len, scene),
                Identity::IdRef => self.identities.reference(&word, at, len, scene),
                // Without a DTD no entity is declared.
                Identity::Entity => {
                    let fault = Fault {
                        code: Code::XSD_VALUE,
                        expected: "xs:ENTITY".to_owned(),
                        length: None,
                    };
                    self.fault(&fault, &word, None, at, len, scene);
                }
                Identity::None => {}
            }
        }
    }

    /// The value of the innermost element, when it ends.
    fn value(
        &mut self,
        simple: SimpleId,
        at: u64,
        scene: &mut Scene<'_, '_>,
    ) -> Option<(String, Box<str>)> {
        let depth = self.frames.len() - 1;
        let frame = &self.frames[depth];
        let preset = frame
            .declaration
            .and_then(|id| self.components.element(id).preset.as_ref());
        if self.text_len == 0 {
            self.text_at = at;
        }
        let (text_at, text_len) = (self.text_at, self.text_len);
        let text = std::mem::take(&mut self.text);
        let mut key = None;
        let simples = &self.components.simples;
        let empty = text.is_empty() && !frame.parent;
        if let Some(preset) = preset.filter(|_| empty) {
            // A default was checked when the schema was loaded, against the declared type.
            let wanted = self.identities.wants_value(depth);
            if wanted {
                key = key_of_value(simples, simple, &preset.text, &self.prefixes);
            }
            if let Err(fault) = simples.check(simple, &preset.text, &self.prefixes) {
                self.fault(&fault, &preset.text, None, text_at, text_len, scene);
            }
        } else {
            match simples.check(simple, &text, &self.prefixes) {
                Err(fault) => {
                    self.fault(&fault, &text, None, text_at, text_len, scene);
                    key = Some(key_of_unfit(&text));
                }
                Ok(()) => {
                    if let Some(preset) = preset
                        && !self.check_fixed(simple, &text, preset, &self.prefixes)
                    {
                        let expected = preset.text.to_string();
                        let fault = Fault {
                            code: Code::XSD_FIXED,
                            expected,
                            length: None,
                        };
                        self.fault(&fault, &text, None, text_at, text_len, scene);
                    }
                    let declared = self.frames[depth].declaration;
                    let guide = self.schema.guide.as_ref().zip(declared);
                    if let Some(table) = guide.and_then(|(guide, id)| guide.lacks(id, &text)) {
                        self.lacking(table, &text, None, text_at, text_len, scene);
                    }
                    if simples.has_identity(simple) {
                        let prefixes = std::mem::take(&mut self.prefixes);
                        self.identity(simple, &text, &prefixes, text_at, text_len, scene);
                        self.prefixes = prefixes;
                    }
                    if self.identities.wants_value(depth) {
                        key = key_of_value(simples, simple, &text, &self.prefixes);
                    }
                }
            }
        }
        self.text = text;
        self.text.clear();
        key
    }

    /// Opens an element that was taken for something.
    fn begin(&mut self, role: Role, start: &Start<'_>, scene: &mut Scene<'_, '_>) {
        self.push(start);
        let depth = self.frames.len() - 1;
        if depth == 0 {
            self.root_label = Some(start.local().into());
        }
        let declaration = match role {
            Role::Element(id) => Some(id),
            Role::Wildcard(Process::Skip) | Role::Skip => return,
            Role::Wildcard(process) => {
                let found = self.components.global_elements.get(&start.id).copied();
                if found.is_none() && process == Process::Strict {
                    let typed = start.attributes.iter().any(|attribute| {
                        start.names.parts(attribute.id) == (NamespaceId::XSI, "type")
                    });
                    if !typed {
                        let local = start.local();
                        let finding = |finding: Finding| {
                            self.placed(finding.with_content("element", local), None)
                        };
                        scene.report(
                            Code::XSD_UNDECLARED,
                            start.at,
                            start.tag.len() as u64 + 2,
                            finding,
                        );
                        return;
                    }
                }
                found
            }
        };
        let element = declaration.map(|id| self.components.element(id));
        let mut of = element.map(|element| element.of);
        let (mut nil, mut unknown) = (false, false);
        if !start.attributes.is_empty() {
            for attribute in start.attributes {
                let (namespace, local) = start.names.parts(attribute.id);
                if namespace != NamespaceId::XSI || attribute.declares {
                    continue;
                }
                let value = start.value(attribute);
                let at = start.value_at(attribute);
                match local {
                    "type" => {
                        let declared = element.map(|element| (element.of, element.block));
                        let named = self.named_type(start, value, at, declared, scene);
                        unknown = named.is_none();
                        of = named.or(of);
                    }
                    "nil" => {
                        let flag = super::value::boolean(chars::trim(value));
                        nil = flag == Some(true);
                        if flag.is_none() {
                            let expected = "xs:boolean".to_owned();
                            let fault = Fault {
                                code: Code::XSD_VALUE,
                                expected,
                                length: None,
                            };
                            self.fault(
                                &fault,
                                value,
                                Some("xsi:nil"),
                                at,
                                value.len() as u64,
                                scene,
                            );
                        }
                        let allowed = element.is_none_or(|element| {
                            element.nillable
                                && !(nil
                                    && element.preset.as_ref().is_some_and(|preset| preset.fixed))
                        });
                        if !allowed {
                            let local = start.local();
                            let finding = |finding: Finding| {
                                self.placed(finding.with_content("element", local), Some("xsi:nil"))
                            };
                            scene.report(Code::XSD_NIL, at, value.len() as u64, finding);
                            nil = nil && element.is_some_and(|element| element.nillable);
                        }
                    }
                    _ => {}
                }
            }
        }
        let frame = &mut self.frames[depth];
        frame.declaration = declaration;
        let Some(of) = of else {
            // Laxly: as anyType, whose attributes and children are looked at where declared.
            frame.mode = Mode::Lax;
            self.attributes(start, TypeId::Complex(ANY_TYPE), scene);
            return;
        };
        let is_abstract = match of {
            TypeId::Complex(complex) => self.components.complex(complex).is_abstract,
            TypeId::Simple(_) => false,
        };
        if is_abstract && unknown {
            // What it may hold is not known.
            self.frames[depth].mode = Mode::Skip;
            return;
        }
        if is_abstract || element.is_some_and(|element| element.is_abstract) {
            let local = start.local();
            let finding =
                |finding: Finding| self.placed(finding.with_content("element", local), None);
            scene.report(
                Code::XSD_ABSTRACT,
                start.at,
                start.tag.len() as u64 + 2,
                finding,
            );
        }
        self.enter(of, nil);
        if self.has_constraints {
            if let Some(element) = element.filter(|element| !element.constraints.is_empty()) {
                self.identities.open(&element.constraints, depth);
            }
            if !self.identities.is_idle() {
                self.identities.start(
                    &self.components.names,
                    &self.path,
                    start.at,
                    start.tag.len() as u64 + 2,
                );
            }
        }
        let bare = start.attributes.is_empty();
        let requires = matches!(of, TypeId::Complex(complex) if self.needs_attributes(complex));
        if !bare || requires {
            self.attributes(start, of, scene);
        }
        if let Mode::Value(simple) = self.frames[depth].mode
            && self.components.simples.has_names(simple)
        {
            let kept = start
                .bindings
                .all()
                .map(|(prefix, namespace)| (prefix.into(), start.names.uri(namespace).into()));
            self.prefixes = Kept(kept.collect());
        }
    }

    fn close(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.labels.truncate(frame.label as usize);
            self.counts.truncate(frame.counts as usize);
        }
        self.path.pop();
    }
}

/// The key of a valid value, and as it is shown.
fn key_of_value(
    simples: &super::simple::Simples,
    of: SimpleId,
    text: &str,
    prefixes: &dyn Prefixes,
) -> Option<(String, Box<str>)> {
    let value = simples.value(of, text, prefixes)?;
    let mut key = String::new();
    value.key(&mut key);
    Some((key, shown(text)))
}

/// The key of a value that is not valid: it is there, so that no field is missing.
fn key_of_unfit(text: &str) -> (String, Box<str>) {
    (format!("?{text}"), shown(text))
}

fn shown(text: &str) -> Box<str> {
    let text = chars::trim(text);
    text[..text.floor_char_boundary(text.len().min(80))].into()
}

/// What an element is to the one around it.
enum Role {
    Element(ElementId),
    Wildcard(Process),
    Skip,
}

impl<'s> Handler for Validator<'s> {
    fn start(&mut self, start: &Start<'_>, scene: &mut Scene<'_, '_>) {
        let role = self.take(start, scene);
        self.begin(role, start, scene);
    }

    fn whole(
        &mut self,
        start: &Start<'_>,
        rest: &str,
        deepest: usize,
        scene: &mut Scene<'_, '_>,
    ) -> (usize, u64) {
        let role = self.take(start, scene);
        if let Role::Element(id) = role
            && !self.has_constraints
            && !self.frames.is_empty()
            && start.attributes.is_empty()
            && start.raw.len() == start.local.len()
        {
            let schema: &'s Schema = self.schema;
            let name = schema
                .components
                .names
                .local(schema.components.element(id).name);
            let namespace = start.namespace;
            if let Some(found) = self.glance.whole(id, name, namespace, rest, deepest) {
                self.count(start.id);
                return found;
            }
        }
        self.begin(role, start, scene);
        (0, 0)
    }

    /// Most elements hold a value and nothing else: they need not be opened and closed.
    fn leaf(
        &mut self,
        start: &Start<'_>,
        text: &str,
        text_at: u64,
        end: u64,
        scene: &mut Scene<'_, '_>,
    ) {
        let role = self.take(start, scene);
        let simple = match role {
            Role::Element(id) if start.attributes.is_empty() && self.identities.is_idle() => {
                self.schema.leaf(id)
            }
            _ => None,
        };
        let Some(simple) = simple else {
            self.begin(role, start, scene);
            if !text.is_empty() {
                self.text(text, text_at, text.len() as u64, scene);
            }
            return self.end(end, 3 + start.raw.len() as u64, scene);
        };
        let ordinal = self.count(start.id);
        if let Err(fault) = self
            .components
            .simples
            .check(simple, text, &super::simple::NoPrefixes)
        {
            self.open(start, ordinal);
            self.fault(&fault, text, None, text_at, text.len() as u64, scene);
            self.close();
        } else if let Some(guide) = &self.schema.guide
            && let Role::Element(id) = role
            && let Some(table) = guide.lacks(id, text)
        {
            self.open(start, ordinal);
            self.lacking(table, text, None, text_at, text.len() as u64, scene);
            self.close();
        }
    }

    fn text(&mut self, text: &str, at: u64, len: u64, scene: &mut Scene<'_, '_>) {
        let Some(depth) = self.frames.len().checked_sub(1) else {
            return;
        };
        let frame = &self.frames[depth];
        match frame.mode {
            Mode::Value(_) => {
                if self.text_len == 0 {
                    self.text_at = at;
                }
                self.text_len = at + len - self.text_at;
                self.text.push_str(text);
            }
            Mode::Children { mixed: true } => {
                let preset = frame
                    .declaration
                    .and_then(|id| self.components.element(id).preset.as_ref());
                if preset.is_some_and(|preset| preset.fixed) {
                    self.text.push_str(text);
                }
            }
            Mode::Children { mixed: false } => {
                if !chars::is_blank(text) && !frame.broken {
                    let trimmed = chars::trim(text);
                    let ahead = text.find(trimmed).unwrap_or(0) as u64;
                    let element = self.label();
                    let finding = |finding: Finding| {
                        self.placed(
                            valued(finding, trimmed).with_content("element", element),
                            None,
                        )
                    };
                    scene.report(Code::XSD_TEXT, at + ahead, trimmed.len() as u64, finding);
                }
            }
            Mode::Empty => {
                if !frame.broken {
                    let code = if frame.nil {
                        Code::XSD_NIL_CONTENT
                    } else {
                        Code::XSD_NOT_EMPTY
                    };
                    let element = self.label();
                    let finding = |finding: Finding| {
                        self.placed(valued(finding, text).with_content("element", element), None)
                    };
                    scene.report(code, at, len, finding);
                    self.frames[depth].broken = true;
                }
            }
            Mode::Skip | Mode::Lax => {}
        }
    }

    fn end(&mut self, at: u64, len: u64, scene: &mut Scene<'_, '_>) {
        let Some(frame) = self.frames.last() else {
            return;
        };
        let depth = self.frames.len() - 1;
        let mut key = None;
        let mut simple = true;
        match frame.mode {
            Mode::Value(of) => key = self.value(of, at, scene),
            Mode::Children { mixed } => {
                simple = false;
                self.end_children(depth, mixed, at, len, scene);
            }
            Mode::Empty => simple = frame.nil,
            Mode::Skip | Mode::Lax => simple = false,
        }
        if self.has_constraints && !self.identities.is_idle() {
            self.identities.value(depth, key, simple, at, scene);
            self.identities.end(depth, at, scene);
        }
        self.close();
    }

    fn finish(&mut self, complete: bool, scene: &mut Scene<'_, '_>) {
        if complete {
            self.identities.finish(scene);
        }
    }

    fn message_type(&self) -> Option<Box<str>> {
        if let Some(guide) = &self.schema.guide {
            return Some(guide.label.clone());
        }
        self.root_label.clone()
    }
}

impl Validator<'_> {
    fn lacking(
        &self,
        table: &str,
        text: &str,
        attribute: Option<&str>,
        at: u64,
        len: u64,
        scene: &mut Scene<'_, '_>,
    ) {
        let name = attribute.map_or_else(|| self.label().to_owned(), |name| format!("@{name}"));
        let finding = |finding: Finding| {
            let mut finding = valued(finding, text)
                .with_content("element", &name)
                .with("table", table);
            let guide = self.schema.guide.as_ref();
            let near = guide.map_or_else(String::new, |guide| guide.near(table, text));
            if !near.is_empty() {
                finding = finding.with_content("near", near);
            }
            self.placed(finding, attribute)
        };
        let guide = self.schema.guide.as_ref();
        let code = guide.map_or(Code::NOT_IN_TABLE, |guide| guide.lacking(table));
        scene.report(code, at, len, finding);
    }

    fn needs_attributes(&self, complex: ComplexId) -> bool {
        let compiled = self.schema.compiled(complex);
        compiled.required > 0 || compiled.presets && !self.identities.is_idle()
    }

    /// Whether the content of the innermost element would be complete with a signature behind it.
    fn lacks_signature(&self, model: &Model, depth: usize) -> bool {
        let names = &self.components.names;
        let Some(namespace) = names.find_namespace(SIGNATURE) else {
            return false;
        };
        let name = names.find(namespace, "Signature").unwrap_or(NameId::OTHER);
        if model.is_ambiguous_model() {
            let mut states = self.many[depth].clone();
            return model.step_all(&mut states, name, namespace).is_some()
                && states.iter().any(|state| model.accepts(state));
        }
        let mut state = self.states[depth].clone();
        model.step(&mut state, name, namespace).is_some() && model.accepts(&state)
    }

    fn end_children(
        &mut self,
        depth: usize,
        mixed: bool,
        at: u64,
        len: u64,
        scene: &mut Scene<'_, '_>,
    ) {
        let frame = &self.frames[depth];
        let TypeId::Complex(complex) = frame.of else {
            return;
        };
        let Some(model) = &self.schema.compiled(complex).model else {
            return;
        };
        let preset = frame
            .declaration
            .and_then(|id| self.components.element(id).preset.as_ref());
        if let Some(preset) = preset.filter(|preset| mixed && preset.fixed)
            && (frame.parent || !self.text.is_empty() && *self.text != *preset.text)
        {
            let fault = Fault {
                code: Code::XSD_FIXED,
                expected: preset.text.to_string(),
                length: None,
            };
            let text = std::mem::take(&mut self.text);
            self.fault(&fault, &text, None, at, len, scene);
        }
        let complete = if model.is_ambiguous_model() {
            self.many[depth].iter().any(|state| model.accepts(state))
        } else {
            model.accepts(&self.states[depth])
        };
        if complete || frame.broken {
            return;
        }
        let element = self.label();
        if self.unsigned && self.lacks_signature(model, depth) {
            let finding =
                |finding: Finding| self.placed(finding.with_content("element", element), None);
            scene.report(Code::XSD_UNSIGNED, at, 0, finding);
            return;
        }
        let expected = self.expected(model, &self.states[depth], "");
        let finding = |finding: Finding| {
            self.placed(
                finding
                    .with_content("element", element)
                    .with("expected", expected),
                None,
            )
        };
        // What is missing has no length, and stands where it was expected.
        scene.report(Code::XSD_MISSING, at, 0, finding);
    }
}
