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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::{History, Limits, Source, edifact};

    const RULE: &str = "----------------------------------------------------------------------";

    /// A directory of one message in the layout of the years after 1997.
    fn new_layout(folder: &Path, group_line: &str) {
        let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
        write(
            "EDED.25A",
            format!(
                "{RULE}\n\n     1001  Document name code                 [C]\n\n     Desc: x.\n\n     Repr: an..3\n\n{RULE}\n\n\
                 +    1004  Document identifier                [C]\n\n     Repr: an..70\n\n{RULE}\n\n     1131  Code list code  [C]\n\n     Repr: an..17\n"
            ),
        );
        write(
            "EDCD.25A",
            format!(
                "{RULE}\n\n       C002 DOCUMENT NAME\n\n       Desc: x\n\n010    1001  Document name code     C      an..3\n020    1131  Code list code         C      an..17\n"
            ),
        );
        write(
            "EDSD.25A",
            format!(
                "{RULE}\n\n       BGM  BEGINNING OF MESSAGE\n\n       Function: To begin.\n\n010    C002 DOCUMENT NAME                 M    1\n       1001  Document name code          C      an..3\n       1131  Code list code              C      an..17\n\n\
                 020    1004 DOCUMENT IDENTIFIER\n            CONTINUED                     C    9 an..70\n\n       Dependency note:\n       020  D5(020,010) If first, then all\n\n{RULE}\n"
            ),
        );
        write(
            "UNCL.25A",
            format!(
                "{RULE}\n\n*    1001  Document name code   [C]\n\n     Desc: x.\n\n     Repr: an..3\n\n     1     First name of\n           two lines\n              What it is.\n\n+    380   Invoice\n              What it is.\n\n{RULE}\n"
            ),
        );
        write(
            "SAMPLE_D.25A",
            format!(
                "                 Sample message\n\n              Message Type : SAMPLE\n\n4.3.1  Segment table\n\nPos     Tag Name          S   R\n\n00010   UNH Header         M   1\n\n{group_line}\n00030   BGM Beginning      M   1-----------+\n00040   UNT Trailer        M   1\n"
            ),
        );
    }

    const GROUP: &str = "00020       ---- Segment group 1  -------- C   99999-------+";

    #[test]
    fn a_directory_becomes_text_and_the_same_text_again() {
        let (source, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        new_layout(source.path(), GROUP);
        let import = || {
            let (published, faults) =
                edifact::read(&Source::read(source.path(), Limits::default()).unwrap()).unwrap();
            assert!(faults.is_empty(), "{faults:?}");
            assert_eq!(published.counts(), [1, 0, 1, 0, 1, 0, 3, 1, 2]);
            let mut history = History::read(out.path()).unwrap();
            history.import(&published);
            history.write(out.path()).unwrap()
        };
        assert_eq!(import(), 6);
        assert_eq!(import(), 0);
        let read = |name: &str| std::fs::read_to_string(out.path().join(name)).unwrap();
        assert_eq!(
            read("segments.txt"),
            "segment BGM\n  D25A..  Beginning of message\n    C002  M\n    1004  C  x9\n    D5  2 1\n"
        );
        assert_eq!(
            read("codes/1001.txt"),
            "codes 1001\n  1    D25A..      First name of two lines\n  380  D25A..      Invoice\n"
        );
        assert_eq!(
            read("messages/SAMPLE.txt"),
            "message SAMPLE\n  D25A..  Sample message\n    UNH  M  1\n    group 1  C  99999\n      BGM  M  1\n    UNT  M  1\n"
        );
    }

    #[test]
    fn the_old_layout_is_read_too() {
        let source = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &[u8]| std::fs::write(source.path().join(name), text).unwrap();
        write(
            "TRED.93A",
            format!("{RULE}\n\n  1001  Name, coded\n\n  Repr: an..3\n").as_bytes(),
        );
        write(
            "TRCD.93A",
            format!("{RULE}\n\n  C002  NAME\n\n  1001  Name, coded      C an..3\n").as_bytes(),
        );
        write("TRSD.93A", format!("{RULE}\n\nX BGM  BEGINNING\n\n  Function: x\n\n  C002 NAME               C\n  1001   Name, coded      C an..3\n\n").as_bytes());
        write("UNCL-1.93A", format!("{RULE}\n\n* 1001  Name, coded\n\n  Repr: an..3\n\n        1 First\n             Text.\n+     380 Invoice\n             Text.\n").as_bytes());
        // Code page 437 draws the boxes.
        write(
            "SAMPLE_D.93A",
            b"4.3.1  Segment table\n\n0010   UNH Header   M   1\n0020       \xC4\xC4\xC4 Segment group 1 \xC4\xC4 C   9\xC4\xC4\xC4\xBF\n0030   BGM Beginning  M   1\xC4\xC4\xC4\xD9\n0040   UNT Trailer  M   1\n",
        );
        let (published, faults) =
            edifact::read(&Source::read(source.path(), Limits::default()).unwrap()).unwrap();
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(
            (published.release.as_str(), published.counts()),
            ("D93A", [1, 0, 1, 0, 1, 0, 1, 1, 2])
        );
    }

    #[test]
    fn what_cannot_be_right_is_located() {
        let source = tempfile::tempdir().unwrap();
        new_layout(source.path(), &GROUP.replace("group 1", "group 2"));
        let faults = |source: &Path| {
            edifact::read(&Source::read(source, Limits::default()).unwrap())
                .unwrap()
                .1
        };
        let text = faults(source.path())[0].to_string();
        assert!(
            text.contains("SAMPLE_D.25A:11: segment group 2 follows segment group 0"),
            "{text}"
        );
        new_layout(source.path(), &GROUP.replace("-+", "-+|"));
        assert!(faults(source.path())[0].to_string().contains("drawing"));
        new_layout(source.path(), GROUP);
        std::fs::write(
            source.path().join("EDED.25A"),
            format!("{RULE}\n\n     1001  Name  [C]\n\n     Repr: an..4\n"),
        )
        .unwrap();
        let all: Vec<String> = faults(source.path())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(
            all.iter()
                .any(|text| text.contains("C002: 1001 differs from its definition (an..4)")),
            "{all:?}"
        );
        assert!(
            all.iter()
                .any(|text| text.contains("BGM holds 1004, which is not defined")),
            "{all:?}"
        );
        let empty = tempfile::tempdir().unwrap();
        assert!(edifact::read(&Source::read(empty.path(), Limits::default()).unwrap()).is_err());
    }
}
