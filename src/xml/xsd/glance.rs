//! A quick look at an element with all that is in it: where it is as the schema wants it, and written
//! as most are, nothing is to be said about it, and it need not be taken apart.
//!
//! What this does not know for certain it leaves to those who do: they begin where it began.

use super::component::{
    Complex, Components, Compositor, Content, ElementId, Particle, Term, TypeId,
};
use super::schema::Schema;
use super::simple::{NoPrefixes, Quick, SimpleId};
use crate::xml::chars::is_space;
use crate::xml::names::NamespaceId;

/// Elements within each other that are looked at at once.
const DEEPEST: usize = 32;
/// Looks at elements of one declaration that may come to nothing before no more are made; one that
/// comes to something makes up for one that does not.
const TRIES: u8 = 64;
/// A value so short is remembered when it was good.
const SHORT: usize = 16;
/// Values that are remembered.
const REMEMBERED: usize = 1 << 9;

/// The content of a type where that is a sequence of elements, each of another name.
#[derive(Debug)]
pub(crate) struct Sequence {
    /// The namespace of all its elements.
    pub(super) namespace: NamespaceId,
    pub(super) parts: Box<[Part]>,
    /// Whether from each part on one is required.
    needed: Box<[bool]>,
}

#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: Box<str>,
    /// The first bytes of the name, which bits they take, and its last bytes.
    head: u64,
    mask: u64,
    tail: u64,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) element: ElementId,
    holds: Holds,
}

/// What an element holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holds {
    Value {
        of: SimpleId,
        quick: Quick,
        /// No attribute has to be there.
        bare: bool,
    },
    Children,
    /// Any text, and more.
    Anything {
        bare: bool,
    },
    Other,
}

impl Sequence {
    /// What can be looked at quickly of a type; `None` where that is nothing.
    pub(crate) fn of(components: &Components, complex: &Complex) -> Option<Self> {
        let Content::Children {
            particle,
            mixed: false,
        } = &complex.content
        else {
            return None;
        };
        if !is_usual(complex) {
            return None;
        }
        let mut parts = Vec::new();
        let mut namespace = None;
        gather(components, particle, &mut namespace, &mut parts)?;
        let mut names: Vec<&str> = parts.iter().map(|part| &*part.name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return None;
        }
        let needed = (0..=parts.len()).map(|from| parts[from..].iter().any(|part| part.min > 0));
        Some(Self {
            namespace: namespace?,
            needed: needed.collect(),
            parts: parts.into(),
        })
    }

    /// How many of the first so many parts are required.
    pub(super) fn needed_before(&self, at: usize) -> u32 {
        let needed = self.parts[..at].iter().filter(|part| part.min > 0);
        needed.count() as u32
    }
}

fn gather(
    components: &Components,
    particle: &Particle,
    namespace: &mut Option<NamespaceId>,
    parts: &mut Vec<Part>,
) -> Option<()> {
    match &particle.term {
        Term::Group(Compositor::Sequence, of) if (particle.min, particle.max) == (1, 1) => of
            .iter()
            .try_for_each(|part| gather(components, part, namespace, parts)),
        Term::Element(id) => {
            let element = components.element(*id);
            let (own, local) = components.names.parts(element.name);
            let stands_in = components.members.get(id).is_some_and(|of| !of.is_empty());
            if *namespace.get_or_insert(own) != own || stands_in {
                return None;
            }
            let mut bytes = [0; 8];
            let len = local.len().min(8);
            bytes[..len].copy_from_slice(&local.as_bytes()[..len]);
            parts.push(Part {
                name: local.into(),
                head: u64::from_le_bytes(bytes),
                mask: u64::MAX >> (64 - 8 * len.max(1)),
                tail: local.as_bytes().last_chunk().map_or(0, word),
                min: particle.min,
                max: particle.max,
                element: *id,
                holds: holds(components, *id),
            });
            Some(())
        }
        _ => None,
    }
}

/// Whether there is nothing about a type but its content and attributes.
fn is_usual(complex: &Complex) -> bool {
    let prohibited = complex.attributes.iter().any(|of| of.prohibited);
    !complex.is_abstract && !prohibited && complex.attributes.len() <= 64
}

fn holds(components: &Components, id: ElementId) -> Holds {
    match &components.element(id).preset {
        Some(_) => Holds::Other,
        None => content(components, id),
    }
}

/// What an element holds that has no default or fixed value, or says more than that.
pub(super) fn content(components: &Components, id: ElementId) -> Holds {
    let element = components.element(id);
    if element.is_abstract {
        return Holds::Other;
    }
    let mut bare = true;
    if let TypeId::Complex(complex) = element.of {
        let complex = components.complex(complex);
        bare = !complex.attributes.iter().any(|of| of.required);
        if !is_usual(complex) {
            return Holds::Other;
        }
        if let Content::Children { mixed, particle } = &complex.content {
            return match mixed {
                true if particle.is_nullable() => Holds::Anything { bare },
                true => Holds::Other,
                false => Holds::Children,
            };
        }
    }
    let simples = &components.simples;
    match components.value_type(element.of) {
        Some(of) if !simples.has_identity(of) && !simples.has_names(of) => Holds::Value {
            of,
            quick: simples.quick(of),
            bare,
        },
        _ => Holds::Other,
    }
}

/// An open element.
struct Level<'s> {
    name: &'s str,
    of: &'s Sequence,
    /// The part where it stands, and how many there were of it.
    at: usize,
    count: u32,
}

/// Looks at elements of one document.
pub(crate) struct Glance<'s> {
    schema: &'s Schema,
    open: Vec<Level<'s>>,
    /// Of each element, how many looks are left.
    tries: Vec<u8>,
    remembered: Remembered,
}

/// Short values that were good, by the elements that held them.
#[derive(Debug, Default)]
pub(super) struct Remembered(Box<[(u32, u128)]>);

impl Remembered {
    /// Whether a value of type `of` is as the schema wants it of an element.
    #[inline]
    pub(super) fn is_good(
        &mut self,
        schema: &Schema,
        id: ElementId,
        of: SimpleId,
        quick: Quick,
        value: &str,
    ) -> bool {
        let tables = schema.guide.as_ref();
        let table = tables.is_some_and(|guide| guide.has_table(id));
        if !table && quick.takes(value) {
            return true;
        }
        if self.0.is_empty() {
            self.0 = vec![(u32::MAX, 0); REMEMBERED].into();
        }
        let key = short(value.as_bytes());
        let mut slot = 0;
        if let Some(key) = key {
            let (low, high) = (key as u64, (key >> 64) as u64);
            let mixed = (low ^ high.rotate_left(29) ^ u64::from(id.0) << 7)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15);
            slot = (mixed >> 55) as usize % REMEMBERED;
            if self.0[slot] == (id.0, key) {
                return true;
            }
        }
        let simples = &schema.components.simples;
        let good = simples.check(of, value, &NoPrefixes).is_ok()
            && tables.is_none_or(|guide| guide.lacks(id, value).is_none());
        if let Some(key) = key.filter(|_| good) {
            self.0[slot] = (id.0, key);
        }
        good
    }
}

/// A short value and its length as a number.
#[inline]
fn short(value: &[u8]) -> Option<u128> {
    let len = value.len();
    // What the last bytes have in common with the first is the same.
    let packed = if let (Some(first), Some(last)) = (first(value), value.last_chunk()) {
        u128::from(first) | u128::from(word(last)) << (8 * (len.min(SHORT) - 8))
    } else if let (Some(first), Some(last)) = (value.first_chunk(), value.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        u128::from(first) | u128::from(last) << (8 * (len - 4))
    } else {
        let bytes = value.iter().rev();
        bytes.fold(0, |packed, byte| packed << 8 | u128::from(*byte))
    };
    (len < SHORT).then_some(packed | (len as u128) << 120)
}

impl<'s> Glance<'s> {
    pub(crate) fn new(schema: &'s Schema) -> Self {
        Self {
            schema,
            open: Vec::new(),
            tries: Vec::new(),
            remembered: Remembered::default(),
        }
    }

    /// Looks at an element whose start tag, without attributes or prefix, was read, and behind which
    /// stands `text`. Where all is well: how long that is with the end tag, and how many elements are
    /// inside. `deepest` levels may be open inside at most.
    pub(crate) fn whole(
        &mut self,
        id: ElementId,
        name: &'s str,
        namespace: NamespaceId,
        text: &str,
        deepest: usize,
    ) -> Option<(usize, u64)> {
        let of = self.children(id)?;
        if of.namespace != namespace || deepest == 0 {
            return None;
        }
        if self.tries.is_empty() {
            self.tries
                .resize(self.schema.components.elements.len(), TRIES);
        }
        let left = &mut self.tries[id.0 as usize];
        *left = left.checked_sub(1)?;
        self.open.clear();
        self.open.push(Level {
            name,
            of,
            at: 0,
            count: 0,
        });
        let found = self.run(namespace, text, deepest.min(DEEPEST))?;
        self.tries[id.0 as usize] = (self.tries[id.0 as usize] + 2).min(TRIES);
        Some(found)
    }

    /// The content of an element without required attributes, where it is known.
    fn children(&self, id: ElementId) -> Option<&'s Sequence> {
        let element = self.schema.components.element(id);
        let TypeId::Complex(complex) = element.of else {
            return None;
        };
        if element.is_abstract || element.preset.is_some() {
            return None;
        }
        let compiled = self.schema.compiled(complex);
        match compiled.required {
            0 => compiled.sequence.as_ref(),
            _ => None,
        }
    }

    fn run(&mut self, namespace: NamespaceId, text: &str, deepest: usize) -> Option<(usize, u64)> {
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut elements = 0;
        loop {
            at = blank(bytes, at);
            // What is near the end of the window may be cut: it is read in the next.
            let rest: &[u8; 8] = bytes.get(at..)?.first_chunk()?;
            if rest[0] != b'<' {
                return None;
            }
            if rest[1] == b'/' {
                let level = self.open.last()?;
                let name = level.name.as_bytes();
                let end = at + 2 + name.len();
                let fits = bytes.get(at + 2..end)? == name && *bytes.get(end)? == b'>';
                if !fits || !level.may_end() {
                    return None;
                }
                at = end + 1;
                self.open.pop();
                if self.open.is_empty() {
                    return Some((at, elements));
                }
                continue;
            }
            at += 1;
            let head = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
            let part = self.open.last_mut()?.next(head, &bytes[at..])?;
            at += part.name.len();
            elements += 1;
            let mut plain = true;
            if bytes[at] != b'>' {
                at = self.attributes(part, bytes, at)?;
                plain = false;
            } else {
                at += 1;
            }
            // An element that is empty in its tag.
            let empty = !plain && bytes[at - 2] == b'/';
            match part.holds {
                Holds::Value { bare, .. } | Holds::Anything { bare } => {
                    if plain && !bare {
                        return None;
                    }
                    let len = match empty {
                        true => 0,
                        false => memchr::memchr3(b'<', b'&', b'\r', &bytes[at..])?,
                    };
                    if let Holds::Value { of, quick, .. } = part.holds
                        && !self.remembered.is_good(
                            self.schema,
                            part.element,
                            of,
                            quick,
                            text.get(at..at + len)?,
                        )
                    {
                        return None;
                    }
                    at += len;
                    if !empty {
                        if !part.is_ended(&bytes[at..]) {
                            return None;
                        }
                        at += part.name.len() + 3;
                    }
                }
                Holds::Children if !empty && self.open.len() < deepest => {
                    let TypeId::Complex(complex) = self.schema.components.element(part.element).of
                    else {
                        return None;
                    };
                    let compiled = self.schema.compiled(complex);
                    let of = compiled.sequence.as_ref()?;
                    if of.namespace != namespace || plain && compiled.required > 0 {
                        return None;
                    }
                    self.open.push(Level {
                        name: &part.name,
                        of,
                        at: 0,
                        count: 0,
                    });
                }
                Holds::Children | Holds::Other => return None,
            }
        }
    }

    /// Reads the attributes behind the name of a tag; gives where its content begins.
    fn attributes(&self, part: &Part, bytes: &[u8], mut at: usize) -> Option<usize> {
        let components = &self.schema.components;
        let (uses, required) = match components.element(part.element).of {
            TypeId::Simple(_) => (&[][..], 0),
            TypeId::Complex(complex) => {
                let compiled = self.schema.compiled(complex);
                (compiled.attributes.as_slice(), compiled.required)
            }
        };
        let (mut seen, mut found) = (0u64, 0);
        loop {
            let before = at;
            at = blank(bytes, at);
            match bytes.get(at)? {
                b'>' => break at += 1,
                b'/' if *bytes.get(at + 1)? == b'>' => break at += 2,
                _ if at == before => return None,
                _ => {}
            }
            let rest = &bytes[at..];
            let len = memchr::memchr2(b'=', b'>', rest)?;
            let name = std::str::from_utf8(&rest[..len]).ok()?;
            let quote = *rest.get(len + 1).filter(|_| rest[len] == b'=')?;
            if !matches!(quote, b'"' | b'\'') {
                return None;
            }
            let value = &rest[len + 2..];
            let end = memchr::memchr2(quote, b'<', value)?;
            let odd = |byte: &u8| matches!(byte, b'&' | b'\t' | b'\n' | b'\r');
            if value[end] != quote || value[..end].iter().any(odd) {
                return None;
            }
            let value = std::str::from_utf8(&value[..end]).ok()?;
            let index = uses
                .iter()
                .position(|of| components.names.parts(of.name) == (NamespaceId::NONE, name))?;
            let of = &uses[index];
            let simples = &components.simples;
            let known = of.preset.is_none()
                && seen & 1 << index == 0
                && !simples.has_identity(of.of)
                && !simples.has_names(of.of);
            if !known || simples.check(of.of, value, &NoPrefixes).is_err() {
                return None;
            }
            if let (Some(guide), Some(table)) = (&self.schema.guide, &of.table)
                && guide.lacks_in(table, value).is_some()
            {
                return None;
            }
            seen |= 1 << index;
            found += usize::from(of.required);
            at += len + 3 + end;
        }
        (found == required).then_some(at)
    }
}

impl<'s> Level<'s> {
    /// The part whose name begins `rest`, where it may come next.
    #[inline]
    fn next(&mut self, head: u64, rest: &[u8]) -> Option<&'s Part> {
        let of = self.of;
        let mut at = self.at;
        let mut count = self.count;
        loop {
            let part = of.parts.get(at)?;
            if part.begins(head, rest) {
                if count >= part.max {
                    return None;
                }
                (self.at, self.count) = (at, count + 1);
                return Some(part);
            }
            if count < part.min {
                return None;
            }
            (at, count) = (at + 1, 0);
        }
    }

    fn may_end(&self) -> bool {
        match self.of.parts.get(self.at) {
            Some(part) => self.count >= part.min && !self.of.needed[self.at + 1],
            None => true,
        }
    }
}

impl Part {
    /// Whether `rest`, whose first bytes are `head`, begins with the name and what ends one.
    #[inline]
    fn begins(&self, head: u64, rest: &[u8]) -> bool {
        let len = self.name.len();
        head & self.mask == self.head
            && rest
                .get(len)
                .is_some_and(|byte| *byte == b'>' || *byte == b'/' || is_space(*byte))
            && self.ends(&rest[..len])
    }

    /// Whether a text as long as the name, with the same first bytes, is the name.
    #[inline]
    fn ends(&self, text: &[u8]) -> bool {
        let len = text.len();
        len <= 8
            || text.last_chunk().map_or(0, word) == self.tail
                && (len <= 16 || text[8..len - 8] == self.name.as_bytes()[8..len - 8])
    }

    /// Whether `rest` begins with the end tag.
    #[inline]
    fn is_ended(&self, rest: &[u8]) -> bool {
        let len = self.name.len();
        let (Some(tag), Some(head)) = (rest.get(..len + 3), rest.get(2..).and_then(first)) else {
            return false;
        };
        tag[0] == b'<'
            && tag[1] == b'/'
            && tag[len + 2] == b'>'
            && head & self.mask == self.head
            && self.ends(&tag[2..len + 2])
    }
}

fn word(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
}

/// The first eight bytes.
#[inline]
fn first(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(word)
}

/// Where what stands behind white space begins.
#[inline]
fn blank(bytes: &[u8], mut at: usize) -> usize {
    const BLANKS: u64 = u64::from_le_bytes(*b"        ");
    if bytes.get(at) == Some(&b'\n') {
        at += 1;
    }
    while let Some(eight) = bytes.get(at..).and_then(first) {
        let blanks = (eight ^ BLANKS).trailing_zeros() as usize / 8;
        at += blanks;
        if blanks < 8 {
            break;
        }
    }
    while bytes.get(at).is_some_and(|byte| is_space(*byte)) {
        at += 1;
    }
    at
}
