//! Every message structure of every release: instances made from the spec are placed without a
//! fault, one past a limit is one fault, and a single mistake is one fault at the right segment.
//! Whether an instance is legal is decided by an acceptor of this file's own.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::OnceLock;

use baowen::sequence::{Fault, GroupId, Limits, Plan, PositionId, Sequencer, pack_tag};
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

/// Where a match of `items` that begins at `from` may end. `reached` is raised to the number of
/// segments that some reading takes: what they begin can still become a legal message, as all
/// before them is complete.
fn ends(items: &[Item], from: usize, input: &[Segment], reached: &mut usize) -> BTreeSet<usize> {
    let mut at = BTreeSet::from([from]);
    for item in items {
        let (min, max) = bounds(item);
        let mut frontier = at.clone();
        let mut enough = if min == 0 { at } else { BTreeSet::new() };
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
                            *reached = (*reached).max(position + 1);
                        }
                    }
                    Item::Group { items, .. } => {
                        next.extend(
                            ends(items, position, input, reached)
                                .into_iter()
                                .filter(|end| *end > position),
                        );
                    }
                }
            }
            times += 1;
            if times >= min {
                let before = enough.len();
                enough.extend(next.iter().copied());
                if before == enough.len() && times > min {
                    break;
                }
            }
            frontier = next;
        }
        at = enough;
        if at.is_empty() {
            break;
        }
    }
    at
}

/// Whether the input is legal; if not, the index of the first segment at which that shows.
fn accepts(items: &[Item], input: &[Segment]) -> Result<(), usize> {
    let mut reached = 0;
    let legal = ends(items, 0, input, &mut reached).contains(&input.len());
    if legal { Ok(()) } else { Err(reached) }
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

/// Every different structure: a name for it, its plan and items. Made once for all tests.
fn structures() -> &'static [(String, Plan, Vec<Item>)] {
    static ALL: OnceLock<Vec<(String, Plan, Vec<Item>)>> = OnceLock::new();
    ALL.get_or_init(all_structures)
}

fn all_structures() -> Vec<(String, Plan, Vec<Item>)> {
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
    for (name, plan, items) in structures {
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

/// What an item is to the plan: positions and groups are both counted from 0 in the order of the
/// standard, the message itself being group 0.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Id {
    Position(PositionId),
    Group(GroupId),
}

impl Id {
    /// The fault of one too many.
    fn too_many(self) -> Fault {
        match self {
            Self::Position(position) => Fault::TooManySegments(position),
            Self::Group(group) => Fault::TooManyGroups(group),
        }
    }
}

/// An item with a limit, by the indexes that lead to it.
struct Limited {
    path: Vec<usize>,
    max: u32,
    id: Id,
    /// The group that it begins.
    begins: Option<GroupId>,
    /// The item of the message that it is in, whole, and its place there.
    like: String,
}

/// All items of a structure, in the order of the standard.
fn limited(items: &[Item], before: &mut Limited, next: &mut (u16, u16), out: &mut Vec<Limited>) {
    for (at, item) in items.iter().enumerate() {
        if before.path.is_empty() {
            before.like = format!("{item:?}");
        }
        before.path.push(at);
        let id = match item {
            Item::Segment { .. } => {
                next.0 += 1;
                Id::Position(next.0 - 1)
            }
            Item::Group { .. } => {
                next.1 += 1;
                Id::Group(next.1)
            }
        };
        out.push(Limited {
            path: before.path.clone(),
            max: bounds(item).1,
            id,
            begins: (at == 0 && before.begins.is_some()).then_some(next.1),
            like: format!("{} {:?}", before.like, &before.path[1..]),
        });
        if let Item::Group { items, .. } = item {
            let around = before.begins.replace(next.1);
            limited(items, before, next, out);
            before.begins = around;
        }
        before.path.pop();
    }
}

/// Twice the first segment of a group is the same input as a group too many, or as a group
/// whose mandatory content is missing before the next.
fn is_group_begun(begins: Option<GroupId>, faults: &[(usize, Fault)], last: usize) -> bool {
    let (Some(group), [(at, fault)]) = (begins, faults) else {
        return false;
    };
    let fits = match fault {
        Fault::TooManyGroups(found) => *found == group,
        Fault::MissingSegment(_) | Fault::MissingGroup(_) => true,
        _ => false,
    };
    *at == last && fits
}

/// For every repeat limit up to 999 of every structure: at the limit nothing is wrong, and one
/// past it is exactly one fault, one too many, at the first segment of it. Where the one too many is legal
/// because another item of the structure takes it (as `accepts` proves), nothing is wrong.
///
/// A limit is tried once for a message and its top-level group: where releases hold the same
/// group at the same place, one stands for all.
#[test]
fn one_past_a_limit_is_one_fault() {
    let (mut limits, mut legal, mut exact, mut begun) = (0u32, 0u32, 0u32, 0u32);
    let mut wrong = Vec::new();
    let mut other = Vec::new();
    let mut seen = HashSet::new();
    for (name, plan, items) in structures() {
        let message = name.split('@').next().unwrap();
        let mut all = Vec::new();
        let mut start = Limited {
            path: Vec::new(),
            max: 0,
            id: Id::Group(0),
            begins: None,
            like: String::new(),
        };
        limited(items, &mut start, &mut (0, 0), &mut all);
        for item in all.into_iter().filter(|item| item.max <= 999) {
            if !seen.insert(format!("{message} {} {}", item.max, item.like)) {
                continue;
            }
            let (path, max) = (&item.path, item.max);
            let mut at_limit = Vec::new();
            with_item(items, path, max, &mut at_limit);
            let faults = place(plan, &at_limit);
            assert_eq!(faults, [], "{name} {path:?} at its limit {max}");
            let mut past = Vec::new();
            let (last, end) = with_item(items, path, max + 1, &mut past).unwrap();
            let faults = place(plan, &past);
            limits += 1;
            let said = || {
                format!(
                    "{name} {path:?} past {max}: {faults:?}, expected {:?} at {last}",
                    item.id
                )
            };
            let Err(shows) = accepts(items, &past) else {
                legal += 1;
                if !faults.is_empty() {
                    wrong.push(said());
                }
                continue;
            };
            match faults.as_slice() {
                [(at, fault)] if *at == last && *fault == item.id.too_many() => exact += 1,
                _ if is_group_begun(item.begins, &faults, last) => begun += 1,
                [(at, _)] if (last..end.max(shows + 1)).contains(at) => other.push(said()),
                _ => wrong.push(said()),
            }
        }
    }
    println!(
        "{limits} limits: {exact} exact, {begun} another group begun, {legal} legal elsewhere, {} otherwise",
        other.len()
    );
    for said in &other {
        println!("{said}");
    }
    assert!(limits > 50_000, "{limits}");
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
    // A later item of the same tag may take the one too many at the same price: then the fault
    // is of another kind, or stands where the message can no longer be legal.
    assert!(other.len() as u32 * 1000 < limits, "{}", other.len());
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

/// Adds an instance in which every item occurs a drawn number of times, at most three.
fn drawn_instance(items: &[Item], numbers: &mut Numbers, out: &mut Vec<Segment>) {
    for item in items {
        let (min, max) = bounds(item);
        let most = max.min(3).max(min);
        let times = min + numbers.below((most - min + 1) as usize) as u32;
        for _ in 0..times {
            match item {
                Item::Segment {
                    tag, identified, ..
                } => out.push((tag.clone(), identified.clone())),
                Item::Group { items, .. } => drawn_instance(items, numbers, out),
            }
        }
    }
}

/// How many single mistakes were made, how many of them got the right verdict; of these, how many
/// left a legal message, and how many are reported at the very segment concerned.
#[derive(Debug, Default)]
struct Rate {
    made: u32,
    found: u32,
    legal: u32,
    at_once: u32,
}

/// Drop, duplicate, swap and rename in instances with everything once, everything twice, and
/// drawn at random. The right verdict is one fault, at the segment concerned or after it up to the
/// first segment at which the message can no longer be legal (`accepts` says which). A mistake
/// that leaves a legal message must give no fault.
#[test]
fn single_mistakes_are_single_faults() {
    const KINDS: [&str; 4] = ["drop", "duplicate", "swap", "rename"];
    const SHAPES: [&str; 3] = ["once", "twice", "drawn"];
    let mut numbers = Numbers(20_261_123);
    let mut rates: BTreeMap<(&str, &str), Rate> = BTreeMap::new();
    let mut misses = Vec::new();
    let (mut messages, mut releases) = (HashSet::new(), HashSet::new());
    for (name, plan, items) in structures().iter().step_by(5) {
        let (message, release) = name.split_once('@').unwrap();
        messages.insert(message);
        releases.insert(release);
        for (kind, shape) in KINDS
            .iter()
            .flat_map(|kind| SHAPES.map(|shape| (*kind, shape)))
        {
            let mut sound = Vec::new();
            match shape {
                "once" => instance(items, &|min, max| max.min(1).max(min), &mut sound),
                "twice" => instance(items, &|min, max| max.min(2).max(min), &mut sound),
                _ => drawn_instance(items, &mut numbers, &mut sound),
            }
            if sound.len() < 5 || sound.len() > 600 {
                continue;
            }
            // Neither header nor trailer, nor past the last that has a neighbour.
            let at = 1 + numbers.below(sound.len() - 3);
            let mut input = sound.clone();
            let right = match kind {
                "drop" => {
                    input.remove(at);
                    at..=at
                }
                "duplicate" => {
                    input.insert(at, sound[at].clone());
                    at..=at + 1
                }
                "swap" => {
                    input.swap(at, at + 1);
                    at..=at + 1
                }
                _ => {
                    input[at] = ("ZZZ".to_owned(), None);
                    at..=at
                }
            };
            let faults = place(plan, &input);
            let legal = accepts(items, &input);
            let rate = rates.entry((kind, shape)).or_default();
            rate.made += 1;
            let good = match (faults.as_slice(), legal) {
                ([], Ok(())) => {
                    rate.legal += 1;
                    true
                }
                ([(found, _)], Err(shows)) => {
                    rate.at_once += u32::from(right.contains(found));
                    (at..=shows.max(*right.end())).contains(found)
                }
                _ => false,
            };
            if good {
                rate.found += 1;
                continue;
            }
            let around: Vec<&str> = input[at.saturating_sub(3)..(at + 4).min(input.len())]
                .iter()
                .map(|(tag, _)| tag.as_str())
                .collect();
            misses.push(format!(
                "{name} {shape} {kind} {} at {at} in {around:?}, {legal:?}: {faults:?}",
                sound[at].0
            ));
        }
    }
    let (made, found) = rates
        .values()
        .fold((0, 0), |sum, rate| (sum.0 + rate.made, sum.1 + rate.found));
    println!(
        "{found} of {made} single mistakes ({:.2} %) in {} message types of {} releases",
        f64::from(found) * 100.0 / f64::from(made),
        messages.len(),
        releases.len()
    );
    for (what, rate) in &rates {
        println!("{what:?} {rate:?}");
    }
    for miss in misses.iter().take(60) {
        println!("{miss}");
    }
    assert!(messages.len() >= 40 && releases.len() >= 5 && made > 1_000);
    assert!(found * 100 >= made * 95, "{found} of {made}");
    // Nor may one kind of mistake hide behind the others.
    for kind in KINDS {
        let (made, found) = rates
            .iter()
            .filter(|((of, _), _)| *of == kind)
            .fold((0, 0), |sum, (_, rate)| {
                (sum.0 + rate.made, sum.1 + rate.found)
            });
        assert!(found * 100 >= made * 90, "{kind}: {found} of {made}");
    }
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
