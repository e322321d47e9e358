//! edifact-rs beside us: its own placement and format validation, with definitions made from the
//! same specs, as it ships none.

use std::collections::HashMap;
use std::sync::Arc;

use baowen::spec::model::{Class, Content, Model, Node, Role, Simple};
use baowen::spec::{Home, Specs};
use baowen_benches::corpus::{MIXED, message::children};
use edifact_rs::{
    DirectoryValidator, DirectoryValidatorBuilder, Entry, GroupDef, GroupSchema, OwnedComponentRef,
    OwnedElementRef, OwnedSegmentDef, PlacementValidator, Repr, SegmentPlace, Status,
    ValidationReport, ValidationRuleContext, Validator, message_windows,
};

/// A validator for each message type of the corpora.
pub(crate) struct Rival {
    validators: HashMap<(String, String), (PlacementValidator, DirectoryValidator)>,
}

impl Rival {
    /// Validators for all messages of the corpora.
    pub(crate) fn new(specs: &Specs) -> Self {
        let validators = MIXED.iter().map(|(message, release)| {
            let at = specs
                .releases()
                .find(release)
                .expect("the base has the releases");
            let spec = specs
                .message(message, Home::Edifact(at), 3)
                .expect("the base is sound");
            let spec = spec.expect("the base has the messages");
            let root = &spec.model.get(spec.model.roots()[0].of).content;
            let schema =
                GroupSchema::ordered(*message, entries(&spec.model, root)).expect("a sound schema");
            let mut segments = HashMap::new();
            collect(&spec.model, root, &mut segments);
            let directory = DirectoryValidatorBuilder::new(*release)
                .add_segments(segments.into_values())
                .build();
            let placement = PlacementValidator::new(Arc::new(schema));
            (
                ((*message).to_owned(), release[1..].to_owned()),
                (placement, directory.structure_only()),
            )
        });
        Self {
            validators: validators.collect(),
        }
    }

    /// Parses and validates all messages of an input: messages, and what it has to say of them.
    pub(crate) fn validate(&self, input: &[u8]) -> (u64, ValidationReport) {
        let (mut messages, mut report) = (0, ValidationReport::default());
        let context = ValidationRuleContext::empty();
        for window in message_windows(input) {
            let window = window.expect("the corpora are valid");
            messages += 1;
            let identifier = window.segments[0].get_element(1);
            let part = |at| {
                identifier
                    .and_then(|element| element.get_component(at))
                    .unwrap_or_default()
                    .to_owned()
            };
            let (placement, directory) = self
                .validators
                .get(&(part(0), part(2)))
                .expect("one of the corpora");
            placement.validate_batch(&window.segments, &mut report, &context);
            directory.validate_batch(&window.segments, &mut report, &context);
        }
        (messages, report)
    }
}

fn place(node: &Node, min: u32, max: u32) -> SegmentPlace {
    SegmentPlace::owned(&*node.id).with_min(min).with_max(max)
}

fn entries(model: &Model, content: &Content) -> Vec<Entry> {
    let entries = children(content).map(|(node, min, max)| match node.role {
        Role::Group => Entry::Group(group(model, node, min, max)),
        _ => Entry::Segment(place(node, min, max)),
    });
    entries.collect()
}

fn group(model: &Model, node: &Node, min: u32, max: u32) -> GroupDef {
    let content = &model.get(node.of).content;
    let (trigger, least, most) = children(content).next().expect("a group has a trigger");
    let mut builder = GroupDef::builder(&*node.id, place(trigger, least, most))
        .min(min)
        .max(max)
        .ordered();
    for entry in entries(model, content).into_iter().skip(1) {
        builder = match entry {
            Entry::Group(group) => builder.group(group),
            Entry::Segment(place) => builder.segment(place),
            _ => builder,
        };
    }
    builder.build().expect("a sound group")
}

fn collect(model: &Model, content: &Content, segments: &mut HashMap<Box<str>, OwnedSegmentDef>) {
    for (node, ..) in children(content) {
        let of = &model.get(node.of).content;
        if node.role == Role::Group {
            collect(model, of, segments);
        } else if !segments.contains_key(&node.id) {
            segments.insert(node.id.clone(), segment(model, node, of));
        }
    }
}

fn segment(model: &Model, node: &Node, content: &Content) -> OwnedSegmentDef {
    let mut elements = Vec::new();
    for (part, min, max) in children(content) {
        // Without a repetition separator each repetition has a place of its own.
        for place in 0..max.clamp(1, 99) {
            let Ok(position) = u8::try_from(elements.len() + 1) else {
                break;
            };
            let status = status(min > 0 && place == 0);
            let element = OwnedElementRef::new_unchecked(position, part.id.to_string(), status, 1);
            elements.push(match &model.get(part.of).content {
                Content::Value(simple) => element.with_repr(repr(simple)),
                content => {
                    element.with_components(components(model, content, min > 0 && place == 0))
                }
            });
        }
    }
    OwnedSegmentDef::new_unchecked(node.id.to_string(), node.id.to_string(), elements)
}

/// An empty element counts as a present composite there, whose mandatory components it then
/// misses: hundreds of thousands of false alarms, which would slow it down. So components are
/// mandatory only in mandatory composites.
fn components(model: &Model, content: &Content, mandatory: bool) -> Vec<OwnedComponentRef> {
    let parts = children(content)
        .zip(1u8..)
        .map(|((inner, min, _), position)| {
            let component = OwnedComponentRef::new_unchecked(
                position,
                inner.id.to_string(),
                status(mandatory && min > 0),
            );
            match &model.get(inner.of).content {
                Content::Value(simple) => component.with_repr(repr(simple)),
                _ => component,
            }
        });
    parts.collect()
}

fn status(mandatory: bool) -> Status {
    if mandatory {
        Status::Mandatory
    } else {
        Status::Conditional
    }
}

fn repr(simple: &Simple) -> Repr {
    let max = simple
        .max
        .and_then(|max| u16::try_from(max).ok())
        .unwrap_or(u16::MAX);
    let fixed = simple.min > 0 && simple.max == Some(simple.min);
    match (simple.class, fixed) {
        (Class::Alpha, true) => Repr::a(max),
        (Class::Alpha, false) => Repr::a_up_to(max),
        (Class::Numeric, true) => Repr::n(max),
        (Class::Numeric, false) => Repr::n_up_to(max),
        (_, true) => Repr::an(max),
        (_, false) => Repr::an_up_to(max),
    }
}
