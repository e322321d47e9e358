//! Receipts by `specs/receipts`: filled from the message that is answered and what was found in it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::report::{Note, Report};
use super::values::{self, Node};
use super::{Answered, Reason, Unanswered, Writer};
use crate::charset::Charset;
use crate::check::{self, Checker};
use crate::finding::{Code, Finding, Lang, Severity, Syntax};
use crate::flat::{self, Reading, Separators};
use crate::span::Span;
use crate::spec::Specs;
use crate::spec::receipt::{Given, Holds, Known, Part, Receipt};
use crate::{Error, Result, xml};

/// Rounds in which values that the receipt's own spec refuses are replaced or left out.
const ROUNDS: usize = 8;

/// A message that is to be answered, or an answer that is to be read, as values.
pub(super) struct Source {
    pub(super) root: Node,
    pub(super) flat: bool,
    pub(super) charset: Charset,
}

impl Source {
    /// Reads XML or a flat file; `None` where it is neither.
    pub(super) fn of(
        specs: &Specs,
        options: &check::Options,
        input: &[u8],
    ) -> Result<Option<Self>> {
        let checker = Checker::new(specs, options.clone())?;
        Ok(match checker.syntax(input)? {
            Syntax::Xml => Some(Self {
                root: values::of_document(input, &options.xml)?,
                flat: false,
                charset: Charset::for_label("utf-8").unwrap_or(no_charset()?),
            }),
            Syntax::Flat => {
                let layout = options.message.as_ref().map(|name| &*name.message);
                let reading = Reading::of(input, specs, layout, options.charset)?;
                Some(Self {
                    root: values::of_records(input, &reading),
                    flat: true,
                    charset: reading.charset,
                })
            }
            Syntax::Edifact | Syntax::Json => None,
        })
    }

    fn has(&self, known: &Known) -> bool {
        let mut found = false;
        self.root.find(&known.path, &mut |node| {
            let value = node.text.trim();
            found |= known.values.is_empty() || known.values.iter().any(|of| **of == *value);
        });
        found
    }
}

fn no_charset() -> Result<Charset> {
    Charset::for_label("UNOY").ok_or_else(|| Error::misuse("no UTF-8"))
}

/// The receipts that answer a message.
fn answering(specs: &Specs, source: &Source) -> Result<Vec<Arc<Receipt>>> {
    let mut all = specs.receipts()?;
    all.retain(|receipt| {
        !receipt.parts.is_empty()
            && receipt.flat == source.flat
            && receipt.answers.iter().any(|known| source.has(known))
            && !receipt.unless.iter().any(|known| source.has(known))
    });
    Ok(all)
}

impl Writer {
    /// The receipt for a message in XML or a flat file: `input` is what `report` was read from,
    /// with these `options`. `name` chooses one of several that answer it; without, the first does.
    ///
    /// # Errors
    /// When a spec is broken, the report lacks findings, no receipt is known for the message, or
    /// what has to be mirrored from it cannot be.
    pub fn receipt(
        &self,
        report: &Report,
        input: &[u8],
        options: &check::Options,
        name: Option<&str>,
    ) -> Result<Answered> {
        report.complete()?;
        let nothing = |reason| Answered {
            unanswered: vec![Unanswered {
                interchange: 0,
                reason,
            }],
            ..Answered::default()
        };
        let Some(source) = Source::of(&self.specs, options, input)? else {
            return Ok(nothing(Reason::Nothing));
        };
        let all = answering(&self.specs, &source)?;
        let chosen = match name {
            Some(name) => all
                .iter()
                .find(|receipt| receipt.name.eq_ignore_ascii_case(name)),
            None => all.first(),
        };
        let Some(receipt) = chosen else {
            let known: Vec<&str> = all.iter().map(|receipt| &*receipt.name).collect();
            let Some(name) = name else {
                return Ok(nothing(Reason::Nothing));
            };
            return Err(Error::unknown(format!(
                "no receipt {name:?} answers this message; these do: {}",
                if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                }
            )));
        };
        let mut fill = Fill {
            receipt,
            source: &source,
            report,
            now: self.options.now,
            seed: seed(input),
            made: 0,
            refused: HashSet::new(),
            mirrored: BTreeMap::new(),
            findings: Vec::new(),
            loose: loose(receipt, &source, &report.notes),
        };
        let checker = Checker::new(&self.specs, check::Options::default())?;
        for _ in 0..ROUNDS {
            let bytes = fill.document()?;
            let mut errors: Vec<Finding> = Vec::new();
            checker.slice(&bytes, &mut errors)?;
            errors.retain(|finding| finding.severity == Severity::Error);
            if errors.is_empty() {
                return Ok(Answered {
                    bytes,
                    unanswered: Vec::new(),
                    findings: fill.findings,
                });
            }
            if !fill.refuse(&errors) {
                let first = errors[0].message(Lang::En, false);
                let path = errors[0].place.path.as_deref().unwrap_or("").to_owned();
                return Err(Error::misuse(format!(
                    "{} cannot be made of this message: {path}: {first}",
                    receipt.name
                )));
            }
        }
        Err(Error::misuse(format!(
            "{} cannot be made of this message",
            receipt.name
        )))
    }
}

fn seed(input: &[u8]) -> u64 {
    let start = &input[..input.len().min(1 << 16)];
    start.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

struct Fill<'a> {
    receipt: &'a Receipt,
    source: &'a Source,
    report: &'a Report,
    now: super::Moment,
    seed: u64,
    made: u64,
    /// Places where what was mirrored cannot stand, and which of the givens it was.
    refused: HashSet<(String, usize)>,
    /// What stands where: its place, and the given it came from.
    mirrored: BTreeMap<String, usize>,
    findings: Vec<Finding>,
    /// Of each note, whether it stands in nothing that the receipt has a part for each of: it
    /// counts for all.
    loose: Vec<bool>,
}

/// Whether an error stands inside something.
fn inside(span: Span, note: &Note) -> bool {
    note.offset >= span.start && note.offset < span.end().max(span.start + 1)
}

/// Of each error, whether it stands in none of the parts that are answered one by one.
fn loose(receipt: &Receipt, source: &Source, notes: &[Note]) -> Vec<bool> {
    let mut spans = Vec::new();
    for part in &receipt.parts {
        each_path(part, &mut |path| {
            source.root.find(path, &mut |node| spans.push(node.span))
        });
    }
    let of = |note: &Note| !spans.iter().any(|span| inside(*span, note));
    notes.iter().map(of).collect()
}

/// Where in the source a part stands, and what was found there.
#[derive(Clone, Copy)]
struct At<'n> {
    item: &'n Node,
    within: Option<&'n Node>,
}

/// A part as it is written.
struct Written {
    name: String,
    text: Option<String>,
    parts: Vec<Written>,
}

impl Fill<'_> {
    fn document(&mut self) -> Result<Vec<u8>> {
        self.made = 0;
        self.mirrored.clear();
        self.findings.clear();
        let source = self.source;
        let at = At {
            item: &source.root,
            within: None,
        };
        let receipt = self.receipt;
        let parts = self.parts(&receipt.parts, "", at);
        match receipt.flat {
            true => self.records(&parts),
            false => self.xml(&parts),
        }
    }

    fn parts(&mut self, parts: &[Part], path: &str, at: At<'_>) -> Vec<Written> {
        let mut written: Vec<Written> = Vec::new();
        for part in parts {
            let Some((each, most)) = &part.each else {
                written.extend(self.part(part, path, 1, at));
                continue;
            };
            let mut items = Vec::new();
            match each.strip_prefix("./") {
                Some(each) => at.item.find(each, &mut |node| items.push(node)),
                None => self.source.root.find(each, &mut |node| items.push(node)),
            }
            let left = items.len().saturating_sub(*most as usize);
            if left > 0 {
                let finding = Finding::new(Code::ACK_LEFT_OUT, items[*most as usize].span);
                let mut finding = finding
                    .with("count", left)
                    .with("name", &part.name)
                    .with("max", most);
                finding.at = items[*most as usize].at;
                self.findings.push(finding);
            }
            for (number, item) in items.into_iter().take(*most as usize).enumerate() {
                let at = At {
                    item,
                    within: Some(item),
                };
                written.extend(self.part(part, path, number + 1, at));
            }
        }
        written
    }

    fn part(&mut self, part: &Part, path: &str, number: usize, at: At<'_>) -> Option<Written> {
        let mut place = match path {
            "" => part.name.to_string(),
            path => format!("{path}/{}", part.name),
        };
        if number > 1 {
            place.push_str(&format!("[{number}]"));
        }
        let mut written = Written {
            name: part.name.to_string(),
            text: None,
            parts: Vec::new(),
        };
        match &part.holds {
            Holds::Parts(parts) => {
                written.parts = self.parts(parts, &place, at);
                if written.parts.is_empty() && !path.is_empty() {
                    return None;
                }
            }
            Holds::Value(accepted, rejected) => {
                let given = if self.is_rejected(at) {
                    rejected
                } else {
                    accepted
                };
                let (number, text) = given
                    .iter()
                    .enumerate()
                    .filter(|(number, _)| !self.refused.contains(&(place.clone(), *number)))
                    .map(|(number, given)| (number, given.clone()))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .find_map(|(number, given)| Some((number, self.given(&given, at)?)))?;
                written.text = Some(text);
                self.mirrored.insert(place, number);
            }
        }
        Some(written)
    }

    /// The errors that count at a place: those inside the item, and those in no item.
    fn notes(&self, at: At<'_>) -> Vec<&Note> {
        let notes = self.report.notes.iter();
        let Some(within) = at.within else {
            return notes.collect();
        };
        let mine = |note: &Note| inside(within.span, note);
        let each = notes.zip(&self.loose);
        each.filter(|(note, loose)| **loose || mine(note))
            .map(|(note, _)| note)
            .collect()
    }

    fn is_rejected(&self, at: At<'_>) -> bool {
        // Where not all errors were kept, any may be meant.
        self.report.totals.errors > self.report.notes.len() as u64 || !self.notes(at).is_empty()
    }

    fn given(&mut self, given: &Given, at: At<'_>) -> Option<String> {
        match given {
            Given::Text(text) => Some(text.to_string()),
            Given::From(path) => {
                let found = match path.strip_prefix("./") {
                    Some(path) => at.item.first(path),
                    None => self.source.root.first(path),
                };
                found.map(|node| node.text.trim().to_owned())
            }
            Given::Now(pattern) => Some(self.now.written(pattern)),
            Given::New(Some(length)) => Some(self.new_text(*length, 36)),
            Given::New(None) => {
                let hex = self.new_text(32, 16);
                let cuts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
                Some(cuts.map(|(from, to)| &hex[from..to]).join("-"))
            }
            Given::Findings(most, bytes, behind) => {
                let texts = self.notes(at);
                let texts = texts.iter().map(|note| note.text.as_str());
                let text = texts.collect::<Vec<_>>().join("; ");
                let text = text.replace(['\r', '\n'], " ");
                Some(cut(&format!("{behind}{text}"), *most as usize, *bytes))
            }
            Given::Code => self.notes(at).first().map(|note| match &note.rule {
                Some(rule) => rule.to_string(),
                None => note.code.to_string(),
            }),
            Given::Records => Some(RECORDS.to_owned()),
        }
    }

    /// An identifier that is new, yet the same for the same input.
    fn new_text(&mut self, length: u32, base: u64) -> String {
        self.made += 1;
        let mut state = self.seed ^ self.made.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (0..length)
            .map(|_| {
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                let digit = ((mixed ^ (mixed >> 31)) % base) as usize;
                char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit])
            })
            .collect()
    }

    /// Refuses what stands where these errors are; whether there was something.
    fn refuse(&mut self, errors: &[Finding]) -> bool {
        let before = self.refused.len();
        for finding in errors {
            let Some(path) = finding.place.path.as_deref() else {
                continue;
            };
            // A path may lead below a value's element, or name its occurrence with [1].
            let exact = self.mirrored.get(path);
            if let Some(number) = exact {
                self.refused.insert((path.to_owned(), *number));
                continue;
            }
            let plain = without_indices(path);
            let alike: Vec<(String, usize)> = self
                .mirrored
                .iter()
                .filter(|(held, _)| without_indices(held) == plain)
                .map(|(held, number)| (held.clone(), *number))
                .collect();
            self.refused.extend(alike);
        }
        self.refused.len() > before
    }

    fn xml(&self, parts: &[Written]) -> Result<Vec<u8>> {
        let mut writer = xml::Writer::new(Vec::new()).with_indent(2);
        writer.declaration()?;
        for root in parts {
            element(&mut writer, root, Some(&self.receipt.namespace))?;
        }
        writer.finish()
    }

    fn records(&self, parts: &[Written]) -> Result<Vec<u8>> {
        let separators = Separators::default();
        let charset = self.source.charset;
        let all = [separators.field, separators.terminator];
        let all = all.into_iter().chain(separators.release);
        let mut writer = flat::Writer::new(Vec::new(), separators)
            .with_character_length(charset.character_length(all));
        for record in parts {
            let mut fields: Vec<String> = Vec::new();
            fields.push(record.name.trim_start_matches("R_").to_owned());
            for field in &record.parts {
                let number = field.name.trim_start_matches("F_").parse::<usize>();
                let number = number.unwrap_or(0).min(1000);
                if fields.len() < number {
                    fields.resize(number, String::new());
                }
                if let (Some(text), Some(slot)) =
                    (&field.text, fields.get_mut(number.wrapping_sub(1)))
                {
                    *slot = match text.as_str() {
                        RECORDS => parts.len().to_string(),
                        text => text.replace(['\r', '\n'], " "),
                    };
                }
            }
            let encoded: Vec<Vec<u8>> = fields
                .iter()
                .map(|field| match charset.encode(field) {
                    Some(bytes) => bytes.into_owned(),
                    None => field.bytes().filter(u8::is_ascii).collect(),
                })
                .collect();
            writer.record(encoded)?;
        }
        writer.finish()
    }
}

/// Stands for the number of records until all are known.
const RECORDS: &str = "\u{0}records";

/// The paths by which parts are repeated.
fn each_path<'p>(part: &'p Part, each: &mut dyn FnMut(&'p str)) {
    if let Some((path, _)) = &part.each {
        each(path);
    }
    if let Holds::Parts(parts) = &part.holds {
        for part in parts {
            each_path(part, each);
        }
    }
}

fn element(
    writer: &mut xml::Writer<Vec<u8>>,
    part: &Written,
    namespace: Option<&str>,
) -> Result<()> {
    writer.start(&part.name)?;
    if let Some(namespace) = namespace.filter(|namespace| !namespace.is_empty()) {
        writer.attribute("xmlns", namespace)?;
    }
    for attribute in part.parts.iter() {
        if let Some(name) = attribute.name.strip_prefix('@') {
            writer.attribute(name, attribute.text.as_deref().unwrap_or(""))?;
        }
    }
    if let Some(text) = part.text.as_deref().filter(|text| !text.is_empty()) {
        writer.text(text)?;
    }
    for child in part
        .parts
        .iter()
        .filter(|child| !child.name.starts_with('@'))
    {
        element(writer, child, None)?;
    }
    writer.end()
}

/// A path without `[2]`.
fn without_indices(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            _ if !inside => plain.push(c),
            _ => {}
        }
    }
    plain
}

/// The beginning of a text within so many characters, or bytes as GBK has them.
pub(super) fn cut(text: &str, most: usize, bytes: bool) -> String {
    let weight = |c: char| if bytes && !c.is_ascii() { 2 } else { 1 };
    let whole: usize = text.chars().map(weight).sum();
    if whole <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(weight('…'));
    let mut used = 0;
    let mut out: String = text
        .chars()
        .take_while(|c| {
            used += weight(*c);
            used <= room
        })
        .collect();
    out.push('…');
    out
}
