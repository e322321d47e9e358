//! The rules of one message, made ready.

use std::sync::Arc;

use super::compile::{self, Asks, Class, Reach, Ready, ReadySide, World};
use super::input::Input;
use super::run::Judge;
use super::select::{Key, selects};
use super::set::{Held, Kind};
use crate::Result;
use crate::finding::Syntax;
use crate::spec::{Home, Specs};
use crate::tree::gather::{Known, Listener, Plans, Projection, ROOT, WantedId, Wants, WatchInput};

/// What happens where something begins or ends: places of rules, and of their lets.
#[derive(Clone, Debug, Default)]
pub(super) struct Actions {
    pub(super) fresh_lets: Vec<(usize, usize)>,
    pub(super) fresh_keys: Vec<usize>,
    pub(super) gathered: Vec<(usize, usize)>,
    pub(super) anchors: Vec<usize>,
    pub(super) settled: Vec<usize>,
    pub(super) sides: Vec<usize>,
    pub(super) settled_sides: Vec<usize>,
}

/// The rules of one message.
#[derive(Debug)]
pub(crate) struct Program {
    pub(super) held: Arc<[Held]>,
    pub(super) rules: Vec<Ready>,
    pub(super) sides: Vec<ReadySide>,
    /// By what is wanted.
    pub(super) actions: Vec<Actions>,
    projection: Arc<Projection>,
    plans: Plans,
    /// The message as users write it.
    pub(super) message: Arc<str>,
    pub(super) syntax: Syntax,
}

/// A message that is known by its key.
pub(crate) fn projection(specs: &Specs, key: &Key) -> Result<Option<(Projection, Syntax)>> {
    Ok(match key {
        Key::Edifact(message, home) => {
            let syntax = if *home == Home::Service { 4 } else { 3 };
            let spec = specs.message(message, *home, syntax)?;
            spec.map(|spec| (Projection::of_model(&spec.model), Syntax::Edifact))
        }
        Key::Xml(name, edition) => {
            let found = specs.xml_heads()?.into_iter();
            let mut found = found.filter(|head| head.name == *name && head.edition == *edition);
            match found.next() {
                Some(head) => Some((Projection::of_message(&*head.read()?), Syntax::Xml)),
                None => None,
            }
        }
        Key::Flat(name) => {
            let layout = specs.flat(name)?;
            layout.map(|layout| (Projection::of_model(&layout.model), Syntax::Flat))
        }
    })
}

/// The key of a message that was met, and a projection of it.
pub(crate) fn met(specs: &Specs, known: Known<'_>) -> Result<Option<(Key, Projection, Syntax)>> {
    Ok(match known {
        Known::Edifact(message, home, syntax) => {
            let spec = specs.message(message, home, syntax)?;
            spec.map(|spec| {
                let key = Key::Edifact(message.into(), home);
                (key, Projection::of_model(&spec.model), Syntax::Edifact)
            })
        }
        Known::Xml(message) => Some((
            Key::Xml(message.name.clone(), message.edition.clone()),
            Projection::of_message(message),
            Syntax::Xml,
        )),
        Known::Flat(layout) => Some((
            Key::Flat(layout.message.clone()),
            Projection::of_model(&layout.model),
            Syntax::Flat,
        )),
    })
}

/// Which rules a program holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// One of them, in force or not.
    pub(crate) only: Option<usize>,
    /// Joins too.
    pub(crate) joins: bool,
    /// Everything is kept, and judged when the message ends.
    pub(crate) at_the_end: bool,
}

impl Wish {
    /// One rule.
    pub(crate) const fn one(of: usize, joins: bool) -> Self {
        Self {
            only: Some(of),
            joins,
            at_the_end: false,
        }
    }
}

impl Program {
    /// The rules that are about a message, made ready; `None` where there are none.
    pub(crate) fn new(
        specs: &Specs,
        held: &Arc<[Held]>,
        key: &Key,
        (mut projection, syntax): (Projection, Syntax),
        world: &World<'_>,
        wish: Wish,
    ) -> Result<Option<Self>> {
        let label = key.label(specs);
        let (mut rules, mut sides) = (Vec::new(), Vec::new());
        for (of, rule) in held.iter().enumerate() {
            if wish.only.map_or(rule.disabled, |only| only != of) {
                continue;
            }
            match &rule.body {
                Kind::Rule(text) => {
                    if selects(&text.messages, specs, key) {
                        let ready = compile::rule(of, rule, &mut projection, world, &label)?;
                        rules.extend(ready);
                    }
                }
                Kind::Join(text) if wish.joins => {
                    for (side, of_side) in text.sides.iter().enumerate() {
                        if selects(&of_side.messages, specs, key) {
                            let at = (of, side);
                            sides.extend(compile::side(at, rule, &mut projection, world, &label)?);
                        }
                    }
                }
                Kind::Join(_) => {}
            }
        }
        if rules.is_empty() && sides.is_empty() {
            return Ok(None);
        }
        if wish.at_the_end {
            for rule in &mut rules {
                // Keys are forgotten where what they are unique in ends.
                rule.judged = match rule.asks {
                    Asks::Unique {
                        within: Reach::Element(within),
                        ..
                    } => within,
                    _ => ROOT,
                };
            }
            for id in 0..projection.len() as WantedId {
                projection.keep(id);
            }
        }
        let mut actions = vec![Actions::default(); projection.len()];
        let mut on = |id: WantedId, act: &mut dyn FnMut(&mut Actions)| {
            act(&mut actions[id as usize]);
            projection.watch(id);
        };
        for (at, rule) in rules.iter().enumerate() {
            for (number, of) in rule.lets.iter().enumerate() {
                on(rule.anchor, &mut |actions| {
                    actions.fresh_lets.push((at, number));
                });
                on(of.item, &mut |actions| actions.gathered.push((at, number)));
            }
            if let Asks::Unique {
                within: Reach::Element(within),
                ..
            } = rule.asks
            {
                on(within, &mut |actions| actions.fresh_keys.push(at));
            }
            on(rule.anchor, &mut |actions| actions.anchors.push(at));
            if rule.judged != rule.anchor {
                on(rule.judged, &mut |actions| actions.settled.push(at));
            }
        }
        for (at, side) in sides.iter().enumerate() {
            on(side.anchor, &mut |actions| actions.sides.push(at));
            if side.judged != side.anchor {
                on(side.judged, &mut |actions| actions.settled_sides.push(at));
            }
        }
        Ok(Some(Self {
            held: held.clone(),
            rules,
            sides,
            actions,
            projection: Arc::new(projection),
            plans: Plans::default(),
            message: label.into(),
            syntax,
        }))
    }

    /// The most that a rule needs at once, in this message.
    pub(crate) fn class(&self, of: usize) -> Option<Class> {
        let rules = self.rules.iter().filter(|rule| rule.of == of);
        rules.map(|rule| rule.class).max()
    }
}

/// A program that is shared: what it is of a message's rules.
#[derive(Clone, Debug)]
pub(crate) struct Shared(pub(crate) Arc<Program>);

impl Wants for Shared {
    fn projection(&self) -> &Arc<Projection> {
        &self.0.projection
    }

    fn listener(&self, input: &Arc<dyn WatchInput>) -> Box<dyn Listener> {
        match input.clone().into_any().downcast::<Input>() {
            Ok(input) => Box::new(Judge::new(self.0.clone(), input)),
            Err(_) => Box::new(Nobody),
        }
    }

    fn plans(&self) -> &Plans {
        &self.0.plans
    }
}

/// Listens to an input that is watched by someone else.
struct Nobody;

impl Listener for Nobody {
    fn open(&mut self, _: &crate::tree::gather::Told<'_>) {}

    fn close(&mut self, _: &crate::tree::gather::Told<'_>, _: &mut dyn crate::tree::gather::Say) {}
}
