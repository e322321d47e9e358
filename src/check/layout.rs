//! The elements of a segment made ready for checking: flat tables, code sets looked up once.

use std::sync::{Arc, OnceLock};

use super::hot::{Hot, Shapes};
use crate::spec::model::{
    Class, CodeList, Content, Dependency, Model, Node, Particle, Role, Simple, TypeId,
};
use crate::spec::release::Release;
use crate::spec::{CodeSet, ShortCodes, Specs};

/// What a segment may hold.
#[derive(Debug)]
pub(super) struct Layout {
    pub hot: Hot,
    /// The components that are coded.
    pub known_of: Box<[usize]>,
    pub parts: Vec<PartRule>,
    pub components: Vec<ComponentRule>,
    pub dependencies: Vec<Dependency>,
    /// Bit of each of the first 64 parts that must be there.
    pub mandatory: u64,
}

/// An element of a segment: simple, or a composite.
#[derive(Clone, Debug)]
pub(super) struct PartRule {
    pub name: Box<str>,
    pub id: Box<str>,
    pub mandatory: bool,
    pub max: u32,
    /// Its components, as a range of [`Layout::components`]; a simple element has one, itself.
    pub components: std::ops::Range<usize>,
    pub composite: bool,
    pub dependencies: Vec<Dependency>,
    /// A date whose format another component names: indexes of 2380 and 2379.
    pub date: Option<(usize, usize)>,
    /// Bit of each of the first 64 components that must be there when the composite is.
    pub required: u64,
    /// Components whose code list others name.
    pub named: Vec<usize>,
    /// Whether some check needs several components at once.
    pub joined: bool,
}

/// A component, or a simple element.
#[derive(Debug)]
pub(super) struct ComponentRule {
    pub name: Box<str>,
    pub id: Box<str>,
    pub mandatory: bool,
    /// Left out by a layer: its place is kept, nothing may stand there.
    pub dropped: bool,
    pub class: Class,
    pub min: u32,
    pub max: u32,
    pub codes: Option<Codes>,
    /// Its code is checked with what names its list.
    pub named: bool,
    /// Indexes of 1131 and 3055 behind it, which name the list that its code is from.
    pub list_named_by: (Option<usize>, Option<usize>),
}

/// The code list of a component, loaded when first needed.
#[derive(Debug)]
pub(super) struct Codes {
    list: CodeList,
    release: Option<Release>,
    syntax: u8,
    own: OnceLock<Arc<CodeSet>>,
    bound: OnceLock<Vec<Bound>>,
}

/// The code lists of the coded components of a layout, loaded when first needed.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub known: Box<[OnceLock<Known>]>,
}

impl Lists {
    /// For so many components.
    pub(super) fn new(coded: usize) -> Self {
        Self {
            known: (0..coded).map(|_| OnceLock::new()).collect(),
        }
    }
}

/// What says which codes a component may have: its element, and its list.
pub(super) type ListKey = (Box<str>, CodeList, Option<Release>, u8);

/// The codes of a component at hand.
#[derive(Debug)]
pub(super) struct Known {
    /// The directory's own; empty when it has none.
    pub own: CodeSet,
    pub bound: Box<[KnownBound]>,
}

/// The codes of a list elsewhere.
#[derive(Debug)]
pub(super) struct KnownBound {
    /// Only beside this agency (3055).
    pub agency: Option<Box<[u8]>>,
    pub codes: CodeSet,
}

/// A list elsewhere that an element is bound to.
#[derive(Debug)]
pub(super) struct Bound {
    pub table: Box<str>,
    /// Only beside this element with this value.
    pub when: Option<(Box<str>, Box<str>)>,
    /// Its codes, and whether codes come up between its editions; loaded when first needed.
    loaded: OnceLock<(Arc<CodeSet>, bool)>,
}

impl Bound {
    /// The codes of the table, and whether more come up between its editions.
    pub(super) fn codes(&self, specs: &Specs) -> (&CodeSet, bool) {
        let (codes, open) = self
            .loaded
            .get_or_init(|| specs.table_codes(&self.table).unwrap_or_default());
        (codes, *open)
    }

    /// Whether it holds beside those values.
    pub(super) fn applies(&self, beside: &[(&str, std::borrow::Cow<'_, [u8]>)]) -> bool {
        self.when.as_ref().is_none_or(|(id, value)| {
            beside
                .iter()
                .any(|(held, found)| *held == &**id && **found == *value.as_bytes())
        })
    }
}

impl Codes {
    /// The directory's own list; empty when it has none.
    #[inline]
    pub(super) fn own(&self, specs: &Specs) -> &CodeSet {
        self.own.get_or_init(|| {
            specs
                .code_set(&self.list, self.release, self.syntax)
                .unwrap_or_default()
        })
    }

    /// The lists elsewhere that the element is bound to.
    pub(super) fn bound(&self, specs: &Specs, element: &str) -> &[Bound] {
        self.bound.get_or_init(|| {
            if !matches!(self.list, CodeList::Directory(_)) {
                return Vec::new();
            }
            let binds = specs.bound_tables(element).map(|(table, when)| Bound {
                table: table.into(),
                when: when.map(|(element, value)| (element.into(), value.into())),
                loaded: OnceLock::new(),
            });
            binds.collect()
        })
    }

    /// What says which codes these are, of an element.
    pub(super) fn key(&self, element: &str) -> ListKey {
        let key = (element.into(), self.list.clone());
        (key.0, key.1, self.release, self.syntax)
    }

    fn known(&self, specs: &Specs, element: &str) -> Known {
        let bound = self.bound(specs, element).iter().filter_map(|bound| {
            let agency = match &bound.when {
                // No other element is ever looked at.
                Some((id, _)) if &**id != "3055" => return None,
                Some((_, value)) => Some(value.as_bytes().into()),
                None => None,
            };
            Some(KnownBound {
                agency,
                codes: bound.codes(specs).0.clone(),
            })
        });
        Known {
            own: self.own(specs).clone(),
            bound: bound.collect(),
        }
    }
}

impl Layout {
    /// The layout of a segment's type. In syntax versions 1 to 3 an element that repeats takes
    /// as many places in the segment (there is no repetition separator).
    pub(super) fn new(
        model: &Model,
        of: TypeId,
        release: Option<Release>,
        syntax: u8,
        shapes: &mut Shapes,
    ) -> Self {
        let segment = model.get(of);
        let mut layout = Self {
            hot: Hot {
                shape: Arc::default(),
                lists: Arc::default(),
                coded_from: 0,
                listed_from: 0,
                dependent: false,
                id: 0,
            },
            known_of: [].into(),
            parts: Vec::new(),
            components: Vec::new(),
            dependencies: segment.dependencies.clone(),
            mandatory: 0,
        };
        let parts = children(&segment.content);
        layout.parts.reserve_exact(parts.len());
        let components = parts
            .iter()
            .map(|(node, ..)| match &model.get(node.of).content {
                Content::Value(_) => 1,
                content => children(content).len(),
            });
        layout.components.reserve_exact(components.sum());
        for (node, min, max) in parts {
            let start = layout.components.len();
            let composite = node.role == Role::Composite;
            let of = model.get(node.of);
            match &of.content {
                Content::Value(simple) => {
                    layout
                        .components
                        .push(component(node, simple, (min, max), release, syntax));
                }
                content => {
                    for (inner, min, max) in children(content) {
                        if let Content::Value(simple) = &model.get(inner.of).content {
                            layout.components.push(component(
                                inner,
                                simple,
                                (min, max),
                                release,
                                syntax,
                            ));
                        }
                    }
                }
            }
            let range = start..layout.components.len();
            let parts = &mut layout.components[range.clone()];
            for at in 0..parts.len() {
                let id = |at: usize| parts.get(at).map(|c| &*c.id);
                let named = match (id(at + 1), id(at + 2)) {
                    // They qualify the code before them, not themselves.
                    _ if matches!(id(at), Some("1131" | "3055")) => (None, None),
                    (Some("1131"), Some("3055")) => (Some(at + 1), Some(at + 2)),
                    (Some("1131"), _) => (Some(at + 1), None),
                    (Some("3055"), _) => (None, Some(at + 1)),
                    _ => (None, None),
                };
                parts[at].list_named_by = named;
            }
            let find = |id: &str| parts.iter().position(|c| &*c.id == id);
            let date = find("2380").zip(find("2379"));
            let required = bits(parts.iter().map(|c| c.mandatory));
            let joined = composite
                && (date.is_some()
                    || !of.dependencies.is_empty()
                    || parts
                        .iter()
                        .any(|c| c.codes.is_some() && c.list_named_by != (None, None)));
            let named: Vec<usize> = parts
                .iter()
                .enumerate()
                .filter(|(_, c)| composite && c.codes.is_some() && c.list_named_by != (None, None))
                .map(|(at, _)| at)
                .collect();
            for &at in &named {
                parts[at].named = parts[at].class == Class::Alphanumeric && !parts[at].dropped;
            }
            let part = PartRule {
                name: node.name.clone(),
                id: node.id.clone(),
                mandatory: min > 0,
                max,
                components: range,
                composite,
                dependencies: of.dependencies.clone(),
                date,
                required,
                named,
                joined,
            };
            if syntax >= 4 || max <= 1 {
                layout.parts.push(part);
                continue;
            }
            for place in 1..=max.min(MOST_PLACES) {
                let first = place == 1;
                layout.parts.push(PartRule {
                    name: if first {
                        part.name.clone()
                    } else {
                        format!("{}_{place}", part.name).into()
                    },
                    mandatory: part.mandatory && first,
                    max: 1,
                    ..part.clone()
                });
            }
        }
        layout.mandatory = bits(layout.parts.iter().map(|part| part.mandatory));
        layout.prepare(shapes);
        layout
    }

    /// Where the coded components of this layout end among those of all layouts.
    pub(super) fn coded_end(&self) -> u32 {
        self.hot.coded_from + self.known_of.len() as u32
    }

    /// Where its lists end among all that are not the same.
    pub(super) fn listed_end(&self) -> u32 {
        self.hot.listed_from + self.known_of.len() as u32 + 1
    }

    /// The codes of a component, by [`CloseRule::coded`](super::hot::CloseRule::coded).
    #[inline]
    pub(super) fn known(&self, at: u16, specs: &Specs) -> Option<&Known> {
        let held = self.hot.lists.known.get(usize::from(at))?;
        Some(held.get_or_init(|| self.load(at, specs)))
    }

    /// Codes of a component that are good whatever stands beside them: not all of them. They are
    /// loaded when first needed.
    #[cold]
    pub(super) fn short(&self, at: u16, specs: &Specs) -> Option<ShortCodes> {
        // A list elsewhere is never looked into where another list is meant: then nothing is known
        // of the code.
        let Known { own, bound } = self.known(at, specs)?;
        Some(match own.is_empty() && bound.len() == 1 {
            true => bound[0].codes.short(),
            false => own.short(),
        })
    }

    #[cold]
    fn load(&self, at: u16, specs: &Specs) -> Known {
        let rule = &self.components[self.known_of[usize::from(at)]];
        match &rule.codes {
            Some(codes) => codes.known(specs, &rule.id),
            None => Known {
                own: CodeSet::default(),
                bound: [].into(),
            },
        }
    }
}

impl Layout {
    /// The components of an element.
    #[inline]
    pub(super) fn components_of(&self, part: &PartRule) -> &[ComponentRule] {
        &self.components[part.components.clone()]
    }
}

/// More places than an element can repeat in any segment of the directories.
const MOST_PLACES: u32 = 999;

fn bits(flags: impl Iterator<Item = bool>) -> u64 {
    flags
        .take(64)
        .enumerate()
        .fold(0, |bits, (at, flag)| bits | u64::from(flag) << at)
}

fn component(
    node: &Node,
    simple: &Simple,
    (min, max): (u32, u32),
    release: Option<Release>,
    syntax: u8,
) -> ComponentRule {
    ComponentRule {
        name: node.name.clone(),
        id: node.id.clone(),
        mandatory: min > 0,
        dropped: max == 0,
        class: simple.class,
        min: simple.min,
        max: simple.max.unwrap_or(u32::MAX),
        codes: simple.codes.clone().map(|list| Codes {
            list,
            release,
            syntax,
            own: OnceLock::new(),
            bound: OnceLock::new(),
        }),
        named: false,
        list_named_by: (None, None),
    }
}

/// The named children of a sequence with their bounds.
fn children(content: &Content) -> Vec<(&Node, u32, u32)> {
    let Content::Children(Particle::Sequence(items)) = content else {
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| match item {
            Particle::Repeat { min, max, of } => match &**of {
                Particle::Node(node) => Some((node, *min, max.unwrap_or(u32::MAX))),
                _ => None,
            },
            Particle::Node(node) => Some((node, 1, 1)),
            _ => None,
        })
        .collect()
}
