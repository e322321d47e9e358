//! A document is held against its schema while it is written: where it is as the schema wants it, it
//! need not be read again to know that.
//!
//! As with the [glance](super::glance), what this does not know for certain is left to those who do:
//! then the document is read.

use std::sync::Arc;

use super::component::{ElementId, Preset, TypeId};
use super::content::{Model, State, Taken};
use super::glance::{Holds, Remembered};
use super::schema::{Compiled, Schema};
use super::simple::{NoPrefixes, Quick, SimpleId};
use crate::xml::chars;
use crate::xml::names::{NameId, NamespaceId};

/// A name that a writer writes: what it stands in, and its own.
pub(crate) struct Written<'w> {
    /// The number of the element around it; of the root its own, which is 0.
    pub(crate) parent: u32,
    pub(crate) name: &'w str,
    /// It is an attribute.
    pub(crate) attribute: bool,
}

/// What a schema wants of the elements and attributes that a writer has numbers for.
#[derive(Debug)]
pub(crate) struct Wants {
    schema: Arc<Schema>,
    /// The namespace of all elements.
    own: NamespaceId,
    fits: Box<[Fit]>,
}

/// What is wanted of one of them.
#[derive(Clone, Copy, Debug)]
struct Fit {
    kind: Kind,
    /// Which of the parts around it is, and how many of those before it are needed.
    part: u32,
    before: u32,
    min: u32,
    max: u32,
    /// How many of its own parts are needed, and of its attributes.
    parts: u32,
    attributes: u32,
    element: ElementId,
    name: NameId,
    of: SimpleId,
    quick: Quick,
    /// A table tells the values.
    table: bool,
    /// It has a default or fixed value.
    preset: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing is known.
    Unknown,
    Value,
    /// Elements in an order, each of another name.
    Children,
    /// Elements as a model says.
    Model,
    /// Any text, and more.
    Anything,
    /// An attribute: of its element's, in their order, this.
    Attribute(u16),
}

/// An open element.
#[derive(Clone, Copy, Debug)]
struct Level<'w> {
    number: u32,
    /// What its content is held against; `None` where parts are counted.
    model: Option<&'w Model>,
    /// The part where it stands, from 1, and how many there were of it.
    part: u32,
    count: u32,
    min: u32,
    /// Needed parts up to that one.
    needed: u32,
    /// Needed attributes that were met, and those that were met at all.
    attributes: u32,
    met: u64,
}

/// Text beyond this is left to reading.
const LONG: usize = 1 << 16;

impl Wants {
    /// What `schema` wants of the names of a writer, the root first and each behind what it stands in, all
    /// in `namespace`. `None` where documents have to be read.
    pub(crate) fn new<'w>(
        schema: &Arc<Schema>,
        namespace: &str,
        names: impl Iterator<Item = Written<'w>>,
    ) -> Option<Self> {
        let components = &schema.components;
        let mut names = names.peekable();
        let root = names.peek()?;
        let root = match &schema.guide {
            Some(guide) if guide.remark.is_none() => guide.root,
            Some(_) => return None,
            None => schema.root(namespace, root.name)?,
        };
        if !components.constraints.is_empty() {
            return None;
        }
        let own = match namespace {
            "" => NamespaceId::NONE,
            namespace => components.names.find_namespace(namespace)?,
        };
        let mut fits: Vec<Fit> = Vec::new();
        for written in names {
            let fit = match fits.get(written.parent as usize) {
                None => {
                    let (of, local) = components.names.parts(components.element(root).name);
                    if of != own || *local != *written.name {
                        return None;
                    }
                    Fit::of(schema, own, root)
                }
                Some(around) if written.attribute => {
                    Fit::attribute(schema, around.element, around.kind, written.name)
                }
                Some(around) => match around.kind {
                    Kind::Children => Fit::part(schema, own, around.element, written.name),
                    Kind::Model => Fit::of_model(schema, own, around.element, written.name),
                    _ => None,
                }
                .unwrap_or(Fit::UNKNOWN),
            };
            fits.push(fit);
        }
        matches!(fits.first()?.kind, Kind::Children | Kind::Model).then(|| Self {
            schema: schema.clone(),
            own,
            fits: fits.into(),
        })
    }
}

impl Fit {
    const UNKNOWN: Self = Self {
        kind: Kind::Unknown,
        part: 0,
        before: 0,
        min: 0,
        max: 0,
        parts: 0,
        attributes: 0,
        element: ElementId(0),
        name: NameId(0),
        of: SimpleId(0),
        quick: Quick::Never,
        table: false,
        preset: false,
    };

    /// An element, wherever it stands.
    fn of(schema: &Schema, own: NamespaceId, element: ElementId) -> Self {
        let components = &schema.components;
        let mut fit = Self {
            element,
            name: components.element(element).name,
            table: schema
                .guide
                .as_ref()
                .is_some_and(|guide| guide.has_table(element)),
            preset: components.element(element).preset.is_some(),
            ..Self::UNKNOWN
        };
        let compiled = compiled(schema, element);
        fit.attributes = compiled.map_or(0, |compiled| compiled.required as u32);
        fit.kind = match super::glance::content(components, element) {
            Holds::Value { of, quick, .. } => {
                (fit.of, fit.quick) = (of, quick);
                Kind::Value
            }
            Holds::Anything { .. } if fit.preset => Kind::Unknown,
            Holds::Anything { .. } => Kind::Anything,
            Holds::Children => match compiled {
                Some(Compiled {
                    sequence: Some(sequence),
                    ..
                }) if sequence.namespace == own => {
                    fit.parts = sequence.needed_before(sequence.parts.len());
                    Kind::Children
                }
                Some(compiled) => match &compiled.model {
                    Some(model) if !model.is_ambiguous_model() => Kind::Model,
                    _ => Kind::Unknown,
                },
                None => Kind::Unknown,
            },
            Holds::Other => Kind::Unknown,
        };
        fit
    }

    /// A part of the sequence that an element holds.
    fn part(schema: &Schema, own: NamespaceId, around: ElementId, name: &str) -> Option<Self> {
        let of = compiled(schema, around)?.sequence.as_ref()?;
        let at = of.parts.iter().position(|part| *part.name == *name)?;
        let part = &of.parts[at];
        Some(Self {
            part: at as u32 + 1,
            before: of.needed_before(at),
            min: part.min,
            max: part.max,
            ..Self::of(schema, own, part.element)
        })
    }

    /// An element of the model of another.
    fn of_model(schema: &Schema, own: NamespaceId, around: ElementId, name: &str) -> Option<Self> {
        let model = compiled(schema, around)?.model.as_ref()?;
        let name = schema.components.names.find(own, name)?;
        Some(Self::of(schema, own, model.declaration(name)?))
    }

    fn attribute(schema: &Schema, element: ElementId, around: Kind, name: &str) -> Self {
        let components = &schema.components;
        let TypeId::Complex(complex) = components.element(element).of else {
            return Self::UNKNOWN;
        };
        let uses = &schema.compiled(complex).attributes;
        let of_name = |of: NamespaceId, local: &str| of == NamespaceId::NONE && *local == *name;
        let found = uses.iter().position(|used| {
            let (of, local) = components.names.parts(used.name);
            of_name(of, local)
        });
        let (Some(at), true) = (found, around != Kind::Unknown) else {
            return Self::UNKNOWN;
        };
        let (used, simples) = (&uses[at], &components.simples);
        let known = !simples.has_identity(used.of) && !simples.has_names(used.of);
        match known && at < 64 {
            false => Self::UNKNOWN,
            true => Self {
                kind: Kind::Attribute(at as u16),
                element,
                of: used.of,
                quick: simples.quick(used.of),
                attributes: u32::from(used.required),
                ..Self::UNKNOWN
            },
        }
    }
}

/// What was made ready of the type of an element.
fn compiled(schema: &Schema, element: ElementId) -> Option<&Compiled> {
    match schema.components.element(element).of {
        TypeId::Complex(complex) => Some(schema.compiled(complex)),
        TypeId::Simple(_) => None,
    }
}

/// Holds documents against a schema, one after the other.
#[derive(Debug)]
pub(crate) struct Along<'w> {
    wants: &'w Wants,
    levels: Vec<Level<'w>>,
    /// Where the models of open elements stand; more are kept to be used again.
    states: Vec<State>,
    models: usize,
    /// Text of the element that is open.
    text: String,
    /// All was well so far.
    good: bool,
    /// The root was closed.
    ended: bool,
    remembered: Remembered,
}

impl<'w> Along<'w> {
    pub(crate) fn new(wants: &'w Wants) -> Self {
        Self {
            wants,
            levels: Vec::new(),
            states: Vec::new(),
            models: 0,
            text: String::new(),
            good: true,
            ended: false,
            remembered: Remembered::default(),
        }
    }

    /// Another document begins.
    pub(crate) fn begin(&mut self) {
        self.levels.clear();
        self.models = 0;
        self.text.clear();
        (self.good, self.ended) = (true, false);
    }

    /// Whether all was well so far.
    #[inline]
    pub(crate) fn is_good(&self) -> bool {
        self.good
    }

    /// Whether a document was written from its root to its end, and nothing is to be said about it.
    pub(crate) fn is_whole(&self) -> bool {
        self.good && self.ended
    }

    /// Something was written that is not known here.
    #[cold]
    pub(crate) fn give_up(&mut self) {
        self.good = false;
    }

    /// An element begins in that which is open.
    #[inline]
    pub(crate) fn open(&mut self, number: u32) {
        let Some(fit) = self.wants.fits.get(number as usize) else {
            return self.give_up();
        };
        let fits = match self.levels.is_empty() {
            true => number == 0 && !self.ended,
            false => self.step(fit),
        };
        self.good &= fits && self.text.is_empty();
        let mut model = None;
        if fit.kind == Kind::Model {
            model = compiled(&self.wants.schema, fit.element).and_then(|of| of.model.as_ref());
            match (model, self.states.get_mut(self.models)) {
                (Some(model), Some(state)) => model.reset(state),
                (Some(model), None) => self.states.push(model.start()),
                (None, _) => return self.give_up(),
            }
            self.models += 1;
        }
        self.levels.push(Level {
            number,
            model,
            part: 0,
            count: 0,
            min: 0,
            needed: 0,
            attributes: 0,
            met: 0,
        });
    }

    /// Whether an element may come next in that which is open; it was met.
    #[inline]
    fn step(&mut self, fit: &Fit) -> bool {
        let Some(level) = self.levels.last_mut() else {
            return false;
        };
        let Some(model) = level.model else {
            return level.step(fit);
        };
        let Some(state) = self.models.checked_sub(1).map(|at| &mut self.states[at]) else {
            return false;
        };
        level.part = 1;
        let taken = model.step(state, fit.name, self.wants.own);
        fit.kind != Kind::Unknown && matches!(taken, Some(Taken::Element(of)) if of == fit.element)
    }

    /// An attribute of the element that has just begun.
    pub(crate) fn attribute(&mut self, number: u32, value: &str) {
        let wants = self.wants;
        let fit = wants.fits.get(number as usize);
        let (Some(fit), Some(level)) = (fit, self.levels.last_mut()) else {
            return self.give_up();
        };
        let Kind::Attribute(at) = fit.kind else {
            return self.give_up();
        };
        let around = &wants.fits[level.number as usize];
        self.good &= around.element == fit.element
            && level.met & 1 << at == 0
            && wants.is_attribute(fit, value);
        level.met |= 1 << at;
        level.attributes += fit.attributes;
    }

    /// Text of the element that is open.
    pub(crate) fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The element that is open ends; it held children, or the text that was told, or nothing.
    #[inline]
    pub(crate) fn close(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.close_with(&text);
            self.text = text;
            return self.text.clear();
        }
        let Some(level) = self.levels.pop() else {
            return self.give_up();
        };
        let fit = &self.wants.fits[level.number as usize];
        self.good &= match fit.kind {
            Kind::Children => level.may_end(fit),
            Kind::Model => {
                self.models -= 1;
                let state = &self.states[self.models];
                let ends = level.model.is_some_and(|model| model.accepts(state));
                ends && level.attributes == fit.attributes
            }
            // Nothing inside is a value too.
            Kind::Value | Kind::Anything => return self.close_value(level, fit, ""),
            Kind::Unknown | Kind::Attribute(_) => false,
        };
        self.ended = self.levels.is_empty();
    }

    /// As [`close`](Self::close), of an element that held a text, or nothing.
    #[inline]
    pub(crate) fn close_with(&mut self, text: &str) {
        let Some(level) = self.levels.pop() else {
            return self.give_up();
        };
        let fit = &self.wants.fits[level.number as usize];
        self.models -= usize::from(fit.kind == Kind::Model);
        self.close_value(level, fit, text);
    }

    /// As [`close`](Self::close), of an element that held children, and `text` before them.
    #[inline]
    pub(crate) fn close_around(&mut self, text: &str) {
        self.good &= text.is_empty();
        self.close();
    }

    fn close_value(&mut self, level: Level<'w>, fit: &'w Fit, text: &str) {
        self.good &= level.part == 0
            && level.attributes == fit.attributes
            && self.is_value(fit, text, false);
        self.ended = self.levels.is_empty();
    }

    /// An element without attributes that holds a text, in that which is open; `plain` says that the text
    /// is printable ASCII without what XML writes as something else.
    #[inline]
    pub(crate) fn leaf(&mut self, number: u32, text: &str, plain: bool) {
        let wants = self.wants;
        let fit = wants.fits.get(number as usize);
        let Some(fit) = fit else {
            return self.give_up();
        };
        self.good &= self.step(fit) && fit.attributes == 0 && self.is_value(fit, text, plain);
    }

    /// Whether an element is open.
    pub(crate) fn is_inside(&self) -> bool {
        !self.levels.is_empty()
    }

    /// An element with all that is in it, in that which is open, as one that was good but for the values:
    /// these are told by [`value_again`](Self::value_again) and
    /// [`attribute_again`](Self::attribute_again).
    pub(crate) fn again(&mut self, number: u32) {
        let wants = self.wants;
        match wants.fits.get(number as usize) {
            Some(fit) => self.good &= self.step(fit) && self.text.is_empty(),
            None => self.give_up(),
        }
    }

    /// The value of an element, as of [`leaf`](Self::leaf).
    #[inline]
    pub(crate) fn value_again(&mut self, number: u32, text: &str, plain: bool) {
        let wants = self.wants;
        match wants.fits.get(number as usize) {
            Some(fit) => self.good &= self.is_value(fit, text, plain),
            None => self.give_up(),
        }
    }

    /// The value of an attribute.
    pub(crate) fn attribute_again(&mut self, number: u32, value: &str) {
        match self.wants.fits.get(number as usize) {
            Some(fit) => self.good &= self.wants.is_attribute(fit, value),
            None => self.give_up(),
        }
    }

    #[inline]
    fn is_value(&mut self, fit: &Fit, text: &str, plain: bool) -> bool {
        if fit.preset {
            let element = self.wants.schema.components.element(fit.element);
            if !element.preset.as_ref().is_some_and(|of| takes(of, text)) {
                return false;
            }
        }
        match fit.kind {
            Kind::Value => {
                !fit.table && fit.quick.takes_of(text, plain)
                    || (plain && text.len() <= LONG || is_text(text))
                        && self.remembered.is_good(
                            &self.wants.schema,
                            fit.element,
                            fit.of,
                            Quick::Never,
                            text,
                        )
            }
            Kind::Anything => is_text(text),
            Kind::Children | Kind::Model | Kind::Unknown | Kind::Attribute(_) => false,
        }
    }
}

impl Wants {
    /// Whether an attribute may have a value.
    fn is_attribute(&self, fit: &Fit, value: &str) -> bool {
        let Kind::Attribute(at) = fit.kind else {
            return false;
        };
        let odd = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r');
        let simples = &self.schema.components.simples;
        !value.bytes().any(odd)
            && is_text(value)
            && simples.check(fit.of, value, &NoPrefixes).is_ok()
            && self.takes(fit.element, at, value)
    }

    /// Whether the table of an attribute holds a value, and it is the fixed one where there is one.
    fn takes(&self, element: ElementId, at: u16, value: &str) -> bool {
        let TypeId::Complex(complex) = self.schema.components.element(element).of else {
            return false;
        };
        let of = &self.schema.compiled(complex).attributes[usize::from(at)];
        let held = match (&self.schema.guide, &of.table) {
            (Some(guide), Some(table)) => guide.lacks_in(table, value).is_none(),
            _ => true,
        };
        held && of.preset.as_ref().is_none_or(|of| takes(of, value))
    }
}

/// Whether a value may stand where there is a default or fixed one: of values that are fixed the same
/// text.
fn takes(preset: &Preset, text: &str) -> bool {
    !text.is_empty() && (!preset.fixed || *text == *preset.text)
}

impl Level<'_> {
    /// Whether the element may come next; it was met.
    #[inline]
    fn step(&mut self, fit: &Fit) -> bool {
        if fit.part == self.part {
            self.count = self.count.saturating_add(1);
            return self.count <= fit.max && fit.part > 0;
        }
        let fits = fit.part > self.part && self.count >= self.min && fit.before == self.needed;
        self.part = fit.part;
        self.count = 1;
        self.min = fit.min;
        self.needed = fit.before + u32::from(fit.min > 0);
        fits && fit.max > 0
    }

    fn may_end(&self, fit: &Fit) -> bool {
        self.count >= self.min && self.needed == fit.parts && self.attributes == fit.attributes
    }
}

/// Whether a text stands in XML as it is, and the same is read.
fn is_text(text: &str) -> bool {
    let usual = |byte: u8| byte >= b' ' && byte != 0xEF || matches!(byte, b'\t' | b'\n');
    text.len() <= LONG && text.bytes().fold(true, |all, byte| all & usual(byte))
        || text.len() <= LONG && !text.contains('\r') && text.chars().all(chars::is_char)
}
