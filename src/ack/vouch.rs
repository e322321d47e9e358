//! Whether a value may stand where it is to be written: what comes from a faulty interchange may
//! be faulty itself, and an acknowledgement is not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Result;
use crate::charset::Charset;
use crate::spec::Specs;
use crate::spec::model::{Class, CodeList, Content, Model, Particle, Role, Simple, Type};
use crate::spec::release::Release;

/// Judges values by the specs of a release and syntax version, in a character set.
#[derive(Clone, Copy)]
pub(super) struct Vouch<'s> {
    pub(super) specs: &'s Specs,
    /// `None`: the service directory.
    pub(super) release: Option<Release>,
    pub(super) syntax: u8,
    pub(super) charset: Charset,
}

impl Vouch<'_> {
    /// Whether the character set has the text.
    pub(super) fn writes(&self, text: &str) -> bool {
        !text.contains(['\r', '\n', char::REPLACEMENT_CHARACTER])
            && self
                .charset
                .encode(text)
                .is_some_and(|bytes| self.charset.holds(&bytes))
    }

    /// Whether a value of the data element `id` may be written.
    pub(super) fn element(&self, id: &str, value: &str) -> Result<bool> {
        let Some((format, _)) = self.specs.element(id, self.release, self.syntax)? else {
            return Ok(false);
        };
        let codes = CodeList::Directory(id.into());
        Ok(self.writes(value)
            && fits(format.class, format.min, Some(format.max), value)
            && self.is_code(&codes, value)?)
    }

    fn is_code(&self, list: &CodeList, value: &str) -> Result<bool> {
        let set = self.specs.code_set(list, self.release, self.syntax)?;
        Ok(set.is_empty() || set.contains(value.as_bytes()))
    }

    fn value(&self, simple: &Simple, value: &str) -> Result<bool> {
        Ok(self.writes(value)
            && fits(simple.class, simple.min, simple.max, value)
            && match &simple.codes {
                Some(list) => self.is_code(list, value)?,
                None => true,
            })
    }

    /// The components of the composite `id` as they may be written: those that may not are empty,
    /// and what the composite has no place for is left out. `None` where a mandatory one may not.
    pub(super) fn composite(&self, id: &str, values: &[String]) -> Result<Option<Vec<String>>> {
        let mut written = Vec::new();
        for (at, (simple, mandatory)) in self.components(id)?.iter().enumerate() {
            let value = values.get(at).map_or("", String::as_str);
            let holds = match simple {
                Some(simple) => !value.is_empty() && self.value(simple, value)?,
                None => false,
            };
            if !holds && *mandatory {
                return Ok(None);
            }
            written.push(if holds {
                value.to_owned()
            } else {
                String::new()
            });
        }
        Ok((!written.is_empty()).then_some(written))
    }

    /// The components of a composite, made ready once; none where it is not known.
    fn components(&self, id: &str) -> Result<Arc<Components>> {
        let prepared: Arc<Prepared> = self.specs.compiled();
        let mut held = prepared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (id.into(), self.release, self.syntax);
        if let Some(made) = held.get(&key) {
            return Ok(made.clone());
        }
        let mut components = Components::new();
        if let Some(model) = self.specs.composite(id, self.release, self.syntax)?
            && let Some(root) = model.roots().first()
        {
            each_child(&model, model.get(root.of), &mut |child, mandatory, max| {
                let simple = match &child.content {
                    Content::Value(simple) if max != Some(0) => Some(simple.clone()),
                    _ => None,
                };
                components.push((simple, mandatory));
            });
        }
        let made = Arc::new(components);
        held.insert(key, made.clone());
        Ok(made)
    }
}

/// The values of a composite, where they may be used, and whether they are mandatory.
type Components = Vec<(Option<Simple>, bool)>;

/// A composite's id, its release and the syntax version.
type Key = (Box<str>, Option<Release>, u8);

/// Composites made ready.
#[derive(Default)]
struct Prepared(Mutex<HashMap<Key, Arc<Components>>>);

fn fits(class: Class, min: u32, max: Option<u32>, value: &str) -> bool {
    let length = value.chars().count() as u32;
    let characters = match class {
        Class::Numeric => value.bytes().all(|byte| byte.is_ascii_digit()),
        Class::Alpha => !value.bytes().any(|byte| byte.is_ascii_digit()),
        _ => true,
    };
    characters && length > 0 && length >= min && max.is_none_or(|max| length <= max)
}

/// The children of a type in order: their types, whether they are mandatory, how often they may be.
fn each_child<'m>(
    model: &'m Model,
    of: &'m Type,
    each: &mut dyn FnMut(&'m Type, bool, Option<u32>),
) {
    fn walk<'m>(
        model: &'m Model,
        particle: &'m Particle,
        occurs: (u32, Option<u32>),
        each: &mut dyn FnMut(&'m Type, bool, Option<u32>),
    ) {
        match particle {
            Particle::Node(node) => each(model.get(node.of), occurs.0 > 0, occurs.1),
            Particle::Sequence(parts) | Particle::All(parts) | Particle::Choice(parts) => {
                for part in parts {
                    walk(model, part, (1, Some(1)), each);
                }
            }
            Particle::Repeat { min, max, of } => walk(model, of, (*min, *max), each),
            Particle::Wildcard(_) => {}
        }
    }
    if let Content::Children(particle) | Content::Mixed(particle) = &of.content {
        walk(model, particle, (1, Some(1)), each);
    }
}

/// How often the group or segment `id` may stand in its message or group; `None` where it is not
/// there, or has no bound.
pub(super) fn most(model: &Model, id: &str) -> Option<u32> {
    fn search(model: &Model, particle: &Particle, id: &str, max: Option<u32>) -> Option<u32> {
        match particle {
            Particle::Node(node) if &*node.id == id => max,
            Particle::Node(node) if node.role == Role::Group => {
                inside(model, model.get(node.of), id)
            }
            Particle::Node(_) | Particle::Wildcard(_) => None,
            Particle::Sequence(parts) | Particle::All(parts) | Particle::Choice(parts) => parts
                .iter()
                .find_map(|part| search(model, part, id, Some(1))),
            Particle::Repeat { max, of, .. } => search(model, of, id, *max),
        }
    }
    fn inside(model: &Model, of: &Type, id: &str) -> Option<u32> {
        match &of.content {
            Content::Children(particle) | Content::Mixed(particle) => {
                search(model, particle, id, Some(1))
            }
            _ => None,
        }
    }
    let root = model.roots().first()?;
    inside(model, model.get(root.of), id)
}
