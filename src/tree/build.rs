//! From placed segments to nodes.

use super::{Definition, Message, Node, Single};
use crate::charset::Charset;
use crate::edifact::{End, Segment, Token};
use crate::finding::Value;
use crate::spec::Specs;
use crate::spec::model::{Content, Model, Particle, Type};

impl Node {
    fn new(name: &str, label: &str) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            occurrence: 1,
            value: None,
            meaning: None,
            children: Vec::new(),
        }
    }

    /// Adds a child and counts it among those of its name.
    fn add(&mut self, mut child: Node) -> &mut Node {
        let before = self
            .children
            .iter()
            .filter(|held| held.name == child.name)
            .count();
        child.occurrence = before as u32 + 1;
        self.children.push(child);
        self.children.last_mut().expect("just added")
    }
}

/// The children of a type, in order: name, type, whether they may repeat.
fn children(of: &Type) -> Vec<(&str, crate::spec::model::TypeId, u32)> {
    let Content::Children(Particle::Sequence(items)) = &of.content else {
        return Vec::new();
    };
    let child = |item| match item {
        &Particle::Repeat { max, ref of, .. } => match &**of {
            Particle::Node(node) => Some((&*node.name, node.of, max.unwrap_or(u32::MAX))),
            _ => None,
        },
        _ => None,
    };
    items.iter().filter_map(child).collect()
}

impl Message {
    /// The message as a tree. Segments without a place stand where they came.
    #[must_use]
    pub fn tree(&self) -> Node {
        self.tree_with(None)
    }

    /// The tree with the published meaning of coded values.
    #[must_use]
    pub fn tree_with(&self, specs: Option<&Specs>) -> Node {
        let label = self
            .definition
            .as_ref()
            .map_or("", |definition| &definition.spec.name);
        let name = match &self.definition {
            Some(definition) => format!("M_{}", definition.spec.message),
            None => format!("M_{}", self.declared),
        };
        let mut root = Node::new(&name, label);
        for placed in &self.segments {
            let mut at = &mut root;
            for (group, occurrence) in &placed.groups {
                let found = at
                    .children
                    .iter()
                    .rposition(|child| child.name == *group && child.occurrence == *occurrence);
                at = match found {
                    Some(found) => &mut at.children[found],
                    None => at.add(Node {
                        occurrence: *occurrence,
                        ..Node::new(group, "")
                    }),
                };
                at.occurrence = *occurrence;
            }
            let segment = placed.segment.view();
            let node = match (&self.definition, placed.position) {
                (Some(definition), Some(position)) => {
                    let of = definition.plan.position(position).of;
                    let version = &definition.spec;
                    segment_node(
                        &segment,
                        Some((&version.model, version.model.get(of))),
                        self.charset,
                        specs.map(|specs| (specs, &**definition)),
                    )
                }
                _ => segment_node(&segment, None, self.charset, None),
            };
            at.add(node);
        }
        root
    }
}

impl Single {
    /// The segment as a node.
    #[must_use]
    pub fn tree(&self) -> Node {
        let model = self
            .definition
            .as_ref()
            .map(|definition| &definition.spec.model);
        let of = model.and_then(|model| {
            model
                .roots()
                .first()
                .map(|root| (model, model.get(root.of)))
        });
        segment_node(&self.segment.view(), of, self.charset, None)
    }
}

fn segment_node(
    segment: &Segment<'_>,
    of: Option<(&Model, &Type)>,
    charset: Charset,
    meanings: Option<(&Specs, &Definition)>,
) -> Node {
    let tag = charset
        .decode_lossy(segment.tag())
        .replace(['\r', '\n'], "");
    let mut node = Node::new(&format!("S_{tag}"), of.map_or("", |(_, of)| &of.label.en));
    let parts = of.map(|(_, of)| children(of)).unwrap_or_default();
    // An element that may repeat where there is no repetition takes places one after the other.
    let repeats = segment.separators().repetition.is_some();
    let mut places: Vec<usize> = Vec::new();
    for (at, (_, _, max)) in parts.iter().enumerate() {
        let times = if repeats {
            1
        } else {
            (*max).clamp(1, 999) as usize
        };
        places.extend(std::iter::repeat_n(at, times));
    }
    let mut tokens = segment.element_tokens().peekable();
    let mut element = 0;
    while tokens.peek().is_some() {
        let mut components: Vec<Token<'_>> = Vec::new();
        let mut last = End::Terminator;
        for token in tokens.by_ref() {
            components.push(token);
            last = token.end;
            if token.end != End::Component {
                break;
            }
        }
        if components.iter().any(|token| !token.bytes.is_empty()) {
            let part = places.get(element).map(|at| parts[*at]);
            let child = element_node(
                &components,
                part,
                of.map(|(model, _)| model),
                element,
                charset,
                meanings,
            );
            node.add(child);
        }
        if last != End::Repetition {
            element += 1;
        }
    }
    node
}

fn element_node(
    components: &[Token<'_>],
    part: Option<(&str, crate::spec::model::TypeId, u32)>,
    model: Option<&Model>,
    element: usize,
    charset: Charset,
    meanings: Option<(&Specs, &Definition)>,
) -> Node {
    let of = part
        .zip(model)
        .map(|((name, of, _), model)| (name, model, model.get(of)));
    let (mut node, inner) = match of {
        Some((name, model, of)) => (Node::new(name, &of.label.en), Some((model, of))),
        None => (Node::new(&format!("E{}", element + 1), ""), None),
    };
    let composite = inner.is_some_and(|(_, of)| matches!(of.content, Content::Children(_)));
    if !composite && components.len() == 1 {
        set_value(&mut node, &components[0], charset, meanings);
        return node;
    }
    let names = inner.map(|(_, of)| children(of)).unwrap_or_default();
    for (at, token) in components
        .iter()
        .enumerate()
        .filter(|(_, token)| !token.bytes.is_empty())
    {
        let mut child = match (names.get(at), inner) {
            (Some((name, of, _)), Some((model, _))) => Node::new(name, &model.get(*of).label.en),
            _ => Node::new(&format!("{}_{}", node.name, at + 1), ""),
        };
        set_value(&mut child, token, charset, meanings);
        node.add(child);
    }
    node
}

fn set_value(
    node: &mut Node,
    token: &Token<'_>,
    charset: Charset,
    meanings: Option<(&Specs, &Definition)>,
) {
    let value = token.value();
    node.value = Some(match charset.decode(&value) {
        Some(text) => Value::Text(text.into()),
        None => match std::str::from_utf8(&value) {
            Ok(text) => Value::Text(text.into()),
            Err(_) => Value::Bytes(value.as_ref().into()),
        },
    });
    let Some((specs, definition)) = meanings else {
        return;
    };
    let id: String = node.name.trim_start_matches("D_").chars().take(4).collect();
    let (Some(text), crate::spec::Home::Edifact(release)) =
        (node.value_text(), definition.spec.home)
    else {
        return;
    };
    if node.name.starts_with("D_") {
        node.meaning = specs.code_name(&id, &text, Some(release), 4);
    }
}
