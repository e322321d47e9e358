//! Every message structure of every release: instances made from the spec are placed without a
//! fault, one past a limit is one fault, and a single mistake is one fault at the right segment.
//! Whether an instance is legal is decided by an acceptor of this file's own.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use baowen::sequence::{Fault, Limits, Plan, Sequencer, pack_tag};
use baowen::spec::model::{Content, Model, Particle, Role, Type};
use baowen::spec::{Home, MessageSpec, Specs};

/// A structure as the spec states it.
#[derive(Debug)]
enum Item {
    Segment {
        tag: String,
        min: u32,
        max: u32,
        identified: Option<String>,
    },
    Group {
        min: u32,
        max: u32,
        items: Vec<Item>,
    },
}

/// A segment: tag and qualifier.
type Segment = (String, Option<String>);

fn items(model: &Model, of: &Type) -> Vec<Item> {
    let Content::Children(Particle::Sequence(children)) = &of.content else {
        panic!("no sequence")
    };
    let item = |child: &Particle| {
        let Particle::Repeat { min, max, of } = child else {
            panic!("no repetition")
        };
        let Particle::Node(node) = &**of else {
            panic!("no node")
        };
        let (min, max) = (*min, max.unwrap_or(u32::MAX));
        match node.role {
            Role::Group => Item::Group {
                min,
                max,
                items: items(model, model.get(node.of)),
            },
            _ => Item::Segment {
                tag: node.id.to_string(),
                min,
                max,
                identified: node
                    .identified_by
                    .as_ref()
                    .map(|(_, codes)| codes[0].to_string()),
            },
        }
    };
    children.iter().map(item).collect()
}

fn bounds(item: &Item) -> (u32, u32) {
    match item {
        Item::Segment { min, max, .. } | Item::Group { min, max, .. } => (*min, *max),
    }
}

/// Adds an instance: each item as often as `times` says of its bounds.
fn instance(items: &[Item], times: &dyn Fn(u32, u32) -> u32, out: &mut Vec<Segment>) {
    for item in items {
        let (min, max) = bounds(item);
        for _ in 0..times(min, max) {
            match item {
                Item::Segment {
                    tag, identified, ..
                } => out.push((tag.clone(), identified.clone())),
                Item::Group { items, .. } => instance(items, times, out),
            }
        }
    }
}

/// Where a match of `items` that begins at `from` may end.
fn ends(items: &[Item], from: usize, input: &[Segment]) -> BTreeSet<usize> {
    let mut at = BTreeSet::from([from]);
    for item in items {
        let (min, max) = bounds(item);
        let mut frontier = at.clone();
        let mut reached = if min == 0 { at } else { BTreeSet::new() };
        let mut times = 0;
        while times < max && !frontier.is_empty() {
            let mut next = BTreeSet::new();
            for &position in &frontier {
                match item {
                    Item::Segment {
                        tag, identified, ..
                    } => {
                        let fits = input.get(position).is_some_and(|(held, qualifier)| {
                            held == tag
                                && identified
                                    .as_ref()
                                    .is_none_or(|code| qualifier.as_ref() == Some(code))
                        });
                        if fits {
                            next.insert(position + 1);
                        }
                    }
                    Item::Group { items, .. } => {
                        next.extend(
                            ends(items, position, input)
                                .into_iter()
                                .filter(|end| *end > position),
                        );
                    }
                }
            }
            times += 1;
            if times >= min {
                let before = reached.len();
                reached.extend(next.iter().copied());
                if before == reached.len() && times > min {
                    break;
                }
            }
            frontier = next;
        }
        at = reached;
        if at.is_empty() {
            break;
        }
    }
    at
}

fn accepts(items: &[Item], input: &[Segment]) -> bool {
    ends(items, 0, input).contains(&input.len())
}

/// Faults and the segments they stand at.
fn place(plan: &Plan, input: &[Segment]) -> Vec<(usize, Fault)> {
    let mut sequencer = Sequencer::new(plan, Limits::default());
    let tag = |at: usize| {
        input
            .get(at)
            .and_then(|(tag, _)| plan.tag(pack_tag(tag.as_bytes())?))
    };
    let mut faults = Vec::new();
    let mut placed = 0;
    for (at, (_, qualifier)) in input.iter().enumerate() {
        let value = |_: &str| Some(qualifier.as_deref().unwrap_or("?").as_bytes());
        if sequencer.push(tag(at), tag(at + 1), &value).is_some() {
            placed += 1;
        }
        for placement in sequencer.resolved() {
            faults.extend(placement.faults.iter().map(|fault| (placed, *fault)));
            placed += 1;
        }
    }
    let missing = sequencer.finish();
    for placement in sequencer.resolved() {
        faults.extend(placement.faults.iter().map(|fault| (placed, *fault)));
        placed += 1;
    }
    assert_eq!(placed, input.len());
    faults.extend(missing.into_iter().map(|fault| (input.len(), fault)));
    faults
}

/// Every different structure: a name for it, its spec and items.
fn structures() -> Vec<(String, Plan, Vec<Item>)> {
    let specs = Specs::base();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    let mut add = |name: String, spec: MessageSpec| {
        let items = items(&spec.model, spec.model.get(spec.model.roots()[0].of));
        if seen.insert(format!("{items:?}")) {
            found.push((name, Plan::new(&spec.model).unwrap(), items));
        }
    };
    for release in specs.releases().iter() {
        for (message, _) in specs.messages(release).unwrap() {
            let spec = specs
                .message(&message, Home::Edifact(release), 4)
                .unwrap()
                .unwrap();
            add(format!("{message}@{}", spec.release), spec);
        }
    }
    for syntax in 1..=4 {
        for (message, _) in specs.service_messages(syntax).unwrap() {
            let spec = specs
                .message(&message, Home::Service, syntax)
                .unwrap()
                .unwrap();
            add(format!("{message}@S{syntax}"), spec);
        }
    }
    found
}

#[test]
fn instances_of_every_structure_have_no_fault() {
    let structures = structures();
    assert!(structures.len() > 800, "{}", structures.len());
    let mut faulty = Vec::new();
    for (name, plan, items) in &structures {
        let mut smallest = Vec::new();
        instance(items, &|min, _| min, &mut smallest);
        let mut all_once = Vec::new();
        instance(items, &|_, max| max.min(1), &mut all_once);
        let mut widest = Vec::new();
        widest_instance(items, &mut widest);
        for (what, input) in [
            ("smallest", smallest),
            ("everything once", all_once),
            ("widest", widest),
        ] {
            let faults = place(plan, &input);
            if !faults.is_empty() {
                faulty.push(format!(
                    "{name}, {what} ({} segments): {faults:?}",
                    input.len()
                ));
            }
        }
    }
    assert!(faulty.is_empty(), "{}\n{}", faulty.len(), faulty.join("\n"));
}

/// Everything twice where it may be; of a structure whose groups nest deep enough to make that
/// hundreds of thousands of segments, the inner repetition once.
fn widest_instance(items: &[Item], out: &mut Vec<Segment>) {
    const MOST: u64 = 3_000;
    fn size(items: &[Item]) -> u64 {
        let of = |item: &Item| {
            let times = u64::from(bounds(item).1.min(2));
            match item {
                Item::Segment { .. } => times,
                Item::Group { items, .. } => times * size(items),
            }
        };
        items.iter().map(of).sum()
    }
    let small = size(items) <= MOST;
    for item in items {
        let (_, max) = bounds(item);
        for time in 0..max.min(2) {
            match item {
                Item::Segment {
                    tag, identified, ..
                } => out.push((tag.clone(), identified.clone())),
                Item::Group { items, .. } if small => instance(items, &|_, max| max.min(2), out),
                Item::Group { items, .. } if time == 0 => widest_instance(items, out),
                Item::Group { items, .. } => instance(items, &|_, max| max.min(1), out),
            }
        }
    }
}

/// An instance in which the item at `path` occurs `times`, with all around it once.
fn with_item(
    items: &[Item],
    path: &[usize],
    times: u32,
    out: &mut Vec<Segment>,
) -> Option<(usize, usize)> {
    let mut stretch = None;
    for (at, item) in items.iter().enumerate() {
        let (min, _) = bounds(item);
        let here = path.first() == Some(&at);
        let count = match (here, path.len()) {
            (true, 1) => times,
            (true, _) => 1,
            _ => min,
        };
        let from = out.len();
        let mut last = from;
        for _ in 0..count {
            last = out.len();
            match item {
                Item::Segment {
                    tag, identified, ..
                } => out.push((tag.clone(), identified.clone())),
                Item::Group { items, .. } if here && path.len() > 1 => {
                    stretch = with_item(items, &path[1..], times, out);
                }
                Item::Group { items, .. } => instance(items, &|min, _| min, out),
            }
        }
        if here && path.len() == 1 {
            stretch = Some((last, out.len()));
        }
    }
    stretch
}

fn paths(items: &[Item], before: &mut Vec<usize>, found: &mut Vec<(Vec<usize>, u32)>) {
    for (at, item) in items.iter().enumerate() {
        before.push(at);
        found.push((before.clone(), bounds(item).1));
        if let Item::Group { items, .. } = item {
            paths(items, before, found);
        }
        before.pop();
    }
}

#[test]
fn one_past_a_limit_is_one_fault() {
    let (mut limits, mut legal) = (0, 0);
    let mut wrong = Vec::new();
    // One structure of a message stands for those of other releases that differ little.
    let mut by_message: BTreeMap<String, (String, Plan, Vec<Item>)> = BTreeMap::new();
    for (name, plan, items) in structures() {
        by_message.insert(
            name.split('@').next().unwrap().to_owned(),
            (name, plan, items),
        );
    }
    for (name, plan, items) in by_message.values() {
        let mut all = Vec::new();
        paths(items, &mut Vec::new(), &mut all);
        for (path, max) in all.into_iter().filter(|(_, max)| (2..=999).contains(max)) {
            // Of hundreds of items with the limit 99, a few in each message.
            if max > 9 && path.len() > 2 && path.last().is_some_and(|at| at % 4 != 0) {
                continue;
            }
            let mut at_limit = Vec::new();
            with_item(items, &path, max, &mut at_limit);
            assert_eq!(
                place(plan, &at_limit),
                [],
                "{name} {path:?} at its limit {max}"
            );
            let mut past = Vec::new();
            let Some((last, end)) = with_item(items, &path, max + 1, &mut past) else {
                panic!("{name} {path:?}")
            };
            let faults = place(plan, &past);
            limits += 1;
            if accepts(items, &past) {
                legal += 1;
                assert_eq!(faults, [], "{name} {path:?} past {max} is legal");
            } else if faults.len() != 1 || !(last..=end).contains(&faults[0].0) {
                wrong.push(format!(
                    "{name} {path:?} past {max}: {faults:?}, expected at {last}"
                ));
            }
        }
    }
    println!(
        "{limits} limits, {legal} of them legal elsewhere, {} not as they should be",
        wrong.len()
    );
    assert!(limits > 3_000);
    // Where the one too many also begins another group of the same trigger, two readings cost
    // the same.
    assert!(
        wrong.len() * 50 < limits,
        "{}",
        wrong[..wrong.len().min(20)].join("\n")
    );
}

/// A generator of numbers that is the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }
}

#[test]
fn single_mistakes_are_single_faults() {
    let mut numbers = Numbers(20_261_123);
    let mut rates: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut misses = Vec::new();
    let mut messages = HashSet::new();
    for (name, plan, items) in structures().iter().step_by(7) {
        messages.insert(name.split('@').next().unwrap().to_owned());
        for round in 0..12 {
            let mut sound = Vec::new();
            let twice = round % 2;
            instance(items, &|min, max| max.min(1 + twice).max(min), &mut sound);
            if sound.len() < 4 || sound.len() > 600 {
                continue;
            }
            // Neither header nor trailer.
            let at = 1 + numbers.below(sound.len() - 2);
            let mut input = sound.clone();
            let kind = match round % 4 {
                0 => {
                    input.remove(at);
                    "drop"
                }
                1 => {
                    input.insert(at, sound[at].clone());
                    "duplicate"
                }
                2 if at + 2 < sound.len() => {
                    input.swap(at, at + 1);
                    "swap"
                }
                _ => {
                    input[at] = ("ZZZ".to_owned(), None);
                    "rename"
                }
            };
            let faults = place(plan, &input);
            let legal = accepts(items, &input);
            let near = |found: usize| (at.saturating_sub(1)..=at + 2).contains(&found);
            let good = if legal {
                faults.is_empty()
            } else {
                faults.len() == 1 && near(faults[0].0)
            };
            let rate = rates.entry(kind).or_default();
            rate.0 += 1;
            rate.1 += u32::from(good);
            if !good {
                let around: Vec<&str> = input[at.saturating_sub(3)..(at + 4).min(input.len())]
                    .iter()
                    .map(|(tag, _)| tag.as_str())
                    .collect();
                misses.push(format!(
                    "{name} {kind} {} at {at} in {around:?}: {faults:?}",
                    sound[at].0
                ));
            }
        }
    }
    println!("{} message types, {rates:?}", messages.len());
    for miss in misses.iter().take(30) {
        println!("{miss}");
    }
    let (all, good) = rates
        .values()
        .fold((0, 0), |sum, rate| (sum.0 + rate.0, sum.1 + rate.1));
    assert!(messages.len() >= 40 && all > 1_000);
    assert!(good * 100 >= all * 95, "{good} of {all}");
}

#[test]
fn a_dropped_reference_in_a_bay_plan_does_not_cascade() {
    let specs = Specs::base();
    let release = specs.releases().find("D95B").unwrap();
    let spec = specs
        .message("BAPLIE", Home::Edifact(release), 2)
        .unwrap()
        .unwrap();
    let plan = Plan::new(&spec.model).unwrap();
    let segment = |tag: &str, qualifier: &str| (tag.to_owned(), Some(qualifier.to_owned()));
    let mut input = vec![
        segment("UNH", ""),
        segment("BGM", ""),
        segment("DTM", "137"),
        segment("TDT", "20"),
    ];
    input.extend([
        segment("LOC", "5"),
        segment("LOC", "61"),
        segment("DTM", "132"),
    ]);
    let mut dropped = 0;
    for bay in 0..50 {
        input.extend([
            segment("LOC", "147"),
            segment("MEA", "WT"),
            segment("LOC", "9"),
            segment("LOC", "11"),
        ]);
        if bay == 20 {
            dropped = input.len();
        } else {
            input.push(segment("RFF", "BM"));
        }
        input.extend([segment("EQD", "CN"), segment("NAD", "CA")]);
    }
    input.push(segment("UNT", ""));
    let faults = place(&plan, &input);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].0, dropped);
    assert!(
        matches!(faults[0].1, Fault::MissingSegment(position) if &*plan.position(position).tag == "RFF")
    );
}
