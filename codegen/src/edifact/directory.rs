//! A published directory as a whole, and the checks it must pass.

use std::collections::{BTreeMap, HashMap};

use baowen::spec::Format;
use baowen::spec::text::{Item, ItemKind};

use super::blocks::blocks;
use super::parts::{self, Parts, is_composite, is_element, is_segment};
use super::patches::Patches;
use super::{codes, message};
use crate::source::decode;
use crate::{Fault, Result, Source};

/// What one release says.
#[derive(Debug, Default)]
pub struct Published {
    /// Its name, as `D95B`.
    pub release: String,
    pub(crate) segments: BTreeMap<(bool, String), Parts>,
    pub(crate) composites: BTreeMap<(bool, String), Parts>,
    pub(crate) elements: BTreeMap<String, (Format, String)>,
    pub(crate) codes: BTreeMap<String, Vec<(String, String)>>,
    /// Codes listed twice in one list.
    pub doubles: usize,
    /// Type to interactive, name, structure.
    pub(crate) messages: BTreeMap<String, (bool, String, Vec<Item>)>,
}

impl Published {
    /// Counts: batch and interactive messages, segments, composites; elements, code lists, codes.
    #[must_use]
    pub fn counts(&self) -> [usize; 9] {
        let of = |map: &BTreeMap<(bool, String), Parts>, interactive| {
            map.keys().filter(|key| key.0 == interactive).count()
        };
        let messages = |interactive| {
            self.messages
                .values()
                .filter(|message| message.0 == interactive)
                .count()
        };
        [
            messages(false),
            messages(true),
            of(&self.segments, false),
            of(&self.segments, true),
            of(&self.composites, false),
            of(&self.composites, true),
            self.elements.len(),
            self.codes.len(),
            self.codes.values().map(Vec::len).sum(),
        ]
    }
}

/// Reads a published directory and checks it: segments are made of its composites and elements,
/// groups are numbered in order, drawings close what they open, messages use its segments.
/// Gives the release and what differs and is not known to.
///
/// # Errors
/// When a file cannot be understood: with its line.
pub fn read(source: &Source) -> Result<(Published, Vec<Fault>)> {
    let patches = Patches::shipped();
    let mut published = Published::default();
    let mut origins: HashMap<(bool, bool), String> = HashMap::new();
    let mut faults = Vec::new();
    let mut doubles = 0;
    for file in &source.files {
        let base = file
            .name
            .rsplit('/')
            .next()
            .unwrap_or("")
            .to_ascii_uppercase();
        let Some((stem, extension)) = base.rsplit_once('.') else {
            continue;
        };
        let is_release = extension.len() == 3
            && extension.as_bytes()[..2].iter().all(u8::is_ascii_digit)
            && extension.ends_with(|c: char| c.is_ascii_uppercase());
        if !is_release {
            continue;
        }
        let kind = match stem {
            "EDSD" | "TRSD" | "EDCD" | "TRCD" | "IDSD" | "IDCD" | "EDED" | "TRED" => stem,
            _ if stem.starts_with("UNCL") => "UNCL",
            _ if stem.len() == 8
                && stem.ends_with("_D")
                && stem[..6].bytes().all(|byte| byte.is_ascii_uppercase()) =>
            {
                "message"
            }
            _ => continue,
        };
        let release = format!("D{extension}");
        if published.release.is_empty() {
            published.release = release;
        } else if published.release != release {
            return Err(Fault::published(
                &file.name,
                1,
                format!("a file of {release} beside those of {}", published.release),
            ));
        }
        let deletes = patches.marks_deletions(&published.release);
        let text = decode(&file.bytes);
        let interactive = stem.starts_with('I');
        match kind {
            "EDSD" | "TRSD" | "IDSD" | "EDCD" | "TRCD" | "IDCD" => {
                let segment = stem.ends_with("SD");
                origins.insert((segment, interactive), file.name.clone());
                for block in blocks(&text, if segment { is_segment } else { is_composite }) {
                    // Service segments and composites are the syntax's, not the directory's.
                    if block.deleted && deletes
                        || matches!(block.id, "UNH" | "UNT")
                        || block.id.starts_with('S') && !segment
                    {
                        continue;
                    }
                    let parts = parts::parts(&file.name, &block, segment)?;
                    let map = if segment {
                        &mut published.segments
                    } else {
                        &mut published.composites
                    };
                    map.insert((interactive, parts.id.clone()), parts);
                }
            }
            "EDED" | "TRED" => {
                for block in blocks(&text, is_element)
                    .iter()
                    .filter(|block| !(block.deleted && deletes))
                {
                    let format = codes::format(&file.name, block)?;
                    published
                        .elements
                        .insert(block.id.to_owned(), (format, block.name.clone()));
                }
            }
            "UNCL" => {
                for block in blocks(&text, is_element)
                    .iter()
                    .filter(|block| !(block.deleted && deletes))
                {
                    let (codes, doubled) = codes::codes(block, deletes);
                    doubles += doubled;
                    published.codes.insert(block.id.to_owned(), codes);
                }
            }
            _ => {
                let id = &stem[..6];
                let structure =
                    message::structure(&file.name, &text, &published.release, id, &patches);
                match structure {
                    Ok(items) => {
                        let interactive =
                            matches!(&items[0].kind, ItemKind::Segment(tag) if &**tag == "UIH");
                        let name = message::name(&text).unwrap_or_default();
                        published
                            .messages
                            .insert(id.to_owned(), (interactive, name, items));
                    }
                    Err(fault) => faults.push(fault),
                }
            }
        }
    }
    if published.release.is_empty() {
        let message =
            "no file of a UN/EDIFACT directory is here (EDSD, EDCD, EDED, UNCL, messages)";
        return Err(Fault::Misuse(message.to_owned()));
    }
    published.doubles = doubles;
    check(&published, &origins, &patches, &mut faults);
    Ok((published, faults))
}

fn check(
    published: &Published,
    origins: &HashMap<(bool, bool), String>,
    patches: &Patches,
    faults: &mut Vec<Fault>,
) {
    let release = &published.release;
    let mut fault = |segment: bool, interactive: bool, line: usize, message: String| {
        let file = origins
            .get(&(segment, interactive))
            .map_or("", String::as_str);
        faults.push(Fault::published(file, line, message));
    };
    let mut element = |owner: &Parts, part: &parts::Part, segment: bool, interactive: bool| {
        let known = patches.is_known(release, &owner.id, &part.id);
        match published.elements.get(&part.id) {
            None if part.id.starts_with('0') => {}
            None => fault(
                segment,
                interactive,
                part.line,
                format!("{} holds {}, which is not defined", owner.id, part.id),
            ),
            Some((format, _)) if part.format.is_some_and(|own| own != *format) && !known => fault(
                segment,
                interactive,
                part.line,
                format!(
                    "{}: {} differs from its definition ({format})",
                    owner.id, part.id
                ),
            ),
            Some(_) => {}
        }
    };
    for ((interactive, _), composite) in &published.composites {
        for part in &composite.parts {
            element(composite, part, false, *interactive);
        }
    }
    for ((interactive, _), segment) in &published.segments {
        for part in segment.parts.iter().filter(|part| is_element(&part.id)) {
            element(segment, part, true, *interactive);
        }
    }
    for ((interactive, id), segment) in &published.segments {
        for part in segment.parts.iter().filter(|part| is_composite(&part.id)) {
            let Some(composite) = published.composites.get(&(*interactive, part.id.clone())) else {
                if !part.id.starts_with('S') {
                    fault(
                        true,
                        *interactive,
                        part.line,
                        format!("{id} holds {}, which is not defined", part.id),
                    );
                }
                continue;
            };
            let same = part.components.len() == composite.parts.len()
                && part
                    .components
                    .iter()
                    .zip(&composite.parts)
                    .all(|(own, defined)| {
                        own.id == defined.id
                            && own.mandatory == defined.mandatory
                            && own.format == defined.format
                    });
            if !same && !patches.is_known(release, id, &part.id) {
                fault(
                    true,
                    *interactive,
                    part.line,
                    format!(
                        "{id}: the components of {} differ from its definition",
                        part.id
                    ),
                );
            }
        }
    }
    for (id, (interactive, _, items)) in &published.messages {
        let mut missing = Vec::new();
        tags(items, &mut |tag| {
            if !tag.starts_with('U')
                && !published
                    .segments
                    .contains_key(&(*interactive, tag.to_owned()))
            {
                missing.push(tag.to_owned());
            }
        });
        for tag in missing {
            fault(
                true,
                *interactive,
                0,
                format!("message {id} has segment {tag}, which is not defined"),
            );
        }
    }
}

fn tags(items: &[Item], each: &mut impl FnMut(&str)) {
    for item in items {
        match &item.kind {
            ItemKind::Segment(tag) => each(tag),
            ItemKind::Group(_, inner) => tags(inner, each),
        }
    }
}
