//! What an acknowledgement says, as findings.

use std::collections::HashMap;

use super::receipt::Source;
use super::values::Node;
use crate::charset::Charset;
use crate::check;
use crate::edifact::{Item, Reader, Segment};
use crate::finding::{Code, Finding, Related, Syntax, Value};
use crate::span::Span;
use crate::spec::Specs;
use crate::spec::receipt::{self, Outcome, Receipt};
use crate::{Error, Result};

/// One thing that an acknowledgement says.
#[derive(Clone, Debug)]
pub struct Told {
    /// What. Its place names the message, segment and element of the original.
    pub finding: Finding,
    /// Whether its span, line and column are those of the original; else they are those of the
    /// acknowledgement. Where they are, a related place leads to the acknowledgement.
    pub located: bool,
}

/// Reads CONTRL, APERAK, or a receipt of `specs/receipts`, and locates what it says in `original`
/// where that is given.
///
/// Code, level and position come back. What does not: values, paths and wording of syntax errors
/// (CONTRL has no room for them; segment, line and column are found in the original), whatever the
/// sender left out because a list was full or a level above was rejected, and findings that have
/// no code of data element 0085.
///
/// # Errors
/// When a spec is broken.
pub fn read(
    specs: &Specs,
    input: &[u8],
    original: Option<&[u8]>,
    options: &check::Options,
) -> Result<Vec<Told>> {
    let mut said = Said {
        specs,
        told: Vec::new(),
        wanted: Vec::new(),
        level: Level::default(),
    };
    let own = check::Options::default();
    match Source::of(specs, &own, input)? {
        Some(source) => said.receipt(&source)?,
        None => said.segments(input)?,
    }
    if said.told.is_empty() {
        said.say(Finding::new(Code::ACK_UNREAD, Span::at(0)), None);
    }
    if let Some(original) = original {
        match Source::of(specs, options, original)? {
            Some(source) => said.locate_values(&source.root),
            None => said.locate_segments(original, options)?,
        }
    }
    Ok(said.told)
}

/// Where in the original something is: keys of the best place and of the next best.
type Wanted = Option<(String, String)>;

struct Said<'s> {
    specs: &'s Specs,
    told: Vec<Told>,
    wanted: Vec<Wanted>,
    level: Level,
}

/// What UCI, UCF and UCM named last.
#[derive(Clone, Debug, Default)]
struct Level {
    interchange: String,
    group: String,
    message: String,
    kind: String,
    package: bool,
    segment: Option<u64>,
}

const LEVELS: [(&str, &str); 4] = [
    ("interchange", "交换"),
    ("group", "功能组"),
    ("message", "报文"),
    ("package", "数据包"),
];

/// A finding about a level.
fn about(code: Code, segment: &Segment<'_>, (level, name): (usize, &str)) -> Finding {
    let (en, zh) = LEVELS[level];
    Finding::new(code, segment.span())
        .with("level", en)
        .with("level_zh", zh)
        .with_content("name", name)
}

fn key(interchange: &str, group: &str, message: &str, what: &str) -> String {
    format!("{interchange}\0{group}\0{message}\0{what}")
}

impl Said<'_> {
    fn say(&mut self, finding: Finding, wanted: Wanted) {
        self.told.push(Told {
            finding,
            located: false,
        });
        self.wanted.push(wanted);
    }

    /// CONTRL and APERAK.
    fn segments(&mut self, input: &[u8]) -> Result<()> {
        let mut reader = Reader::new(input);
        let mut charset = latin()?;
        let mut syntax = 3;
        let mut kind = String::new();
        let mut aperak = Aperak::default();
        while reader.advance()? {
            let Some(Item::Segment(segment)) = reader.current() else {
                continue;
            };
            let decoded = charset;
            let text = |element: usize, component: usize| {
                let value = segment.get(element, component).unwrap_or_default();
                decoded.decode_lossy(&value).into_owned()
            };
            match segment.tag() {
                b"UNB" => {
                    let identifier = segment.get(0, 0).unwrap_or_default();
                    charset = Charset::of_syntax_identifier(&identifier).unwrap_or(charset);
                    syntax = if text(0, 1).starts_with('4') { 4 } else { 3 };
                    self.level = Level::default();
                }
                b"UNH" => {
                    kind = text(1, 0);
                    aperak = Aperak::default();
                }
                b"UNT" => self.end_aperak(&mut aperak),
                tag if kind == "CONTRL" => self.contrl(tag, &segment, syntax, &text),
                tag if kind == "APERAK" => {
                    if tag == b"ERC" {
                        self.end_error(&mut aperak);
                    }
                    aperak.take(tag, &segment, &text);
                    if tag == b"BGM" {
                        aperak.header = Some((segment.span(), text(3, 0)));
                    }
                }
                _ => {}
            }
        }
        self.end_aperak(&mut aperak);
        let mut places: Vec<usize> = (0..self.told.len())
            .filter(|at| self.told[*at].finding.span.start > 0)
            .collect();
        places.sort_by_key(|at| self.told[*at].finding.span.start);
        let mut lines = crate::lines::LineCounter::new(0);
        lines.set_counting(charset.counter());
        for at in places {
            let start = self.told[at].finding.span.start as usize;
            let from = lines.offset as usize;
            lines.advance(&input[from.min(start)..start.min(input.len())]);
            self.told[at].finding.at = lines.at();
        }
        Ok(())
    }

    fn contrl(
        &mut self,
        tag: &[u8],
        segment: &Segment<'_>,
        syntax: u8,
        text: &dyn Fn(usize, usize) -> String,
    ) {
        let level = match tag {
            b"UCI" => {
                self.level = Level {
                    interchange: text(0, 0),
                    ..Level::default()
                };
                0
            }
            b"UCF" => {
                self.level.group = text(0, 0);
                self.level.message.clear();
                1
            }
            b"UCM" => {
                let package = syntax == 4 && text(0, 0).is_empty() && !text(6, 0).is_empty();
                self.level.package = package;
                self.level.message = text(if package { 6 } else { 0 }, 0);
                self.level.segment = None;
                self.level.kind = match (text(1, 0), text(1, 1), text(1, 2)) {
                    (kind, version, release) if !release.is_empty() => {
                        format!("{kind}@{version}{release}")
                    }
                    (kind, ..) => kind,
                };
                2 + usize::from(package)
            }
            b"UCS" => {
                self.level.segment = text(0, 0).parse().ok();
                let code = text(1, 0);
                if !code.is_empty() {
                    self.error(segment, &code, (None, None, None), None);
                }
                return;
            }
            b"UCD" => {
                let at = position(text, 1);
                return self.error(segment, &text(0, 0), at, None);
            }
            _ => return,
        };
        let (action, code, service, at) = (
            match level {
                0 | 1 => text(3, 0),
                _ => text(2, 0),
            },
            text(if level < 2 { 4 } else { 3 }, 0),
            text(if level < 2 { 5 } else { 4 }, 0),
            position(text, if level < 2 { 6 } else { 5 }),
        );
        self.level.segment = None;
        let name = self.name(level).to_owned();
        let (rejected, meaning) = match action.as_str() {
            "4" => (true, ("", "")),
            "8" => (false, ("received", "已收到")),
            _ => (false, ("acknowledged", "已接受")),
        };
        let finding = match rejected {
            true => about(Code::ACK_REJECTED, segment, (level, &name)),
            false => about(Code::ACK_ACCEPTED, segment, (level, &name))
                .with("meaning", meaning.0)
                .with("meaning_zh", meaning.1),
        };
        let header = self.header(level);
        self.say(self.placed(finding), Some((header.clone(), header)));
        if !code.is_empty() {
            self.error(segment, &code, at, Some(&service));
        }
    }

    fn name(&self, level: usize) -> &str {
        match level {
            0 => &self.level.interchange,
            1 => &self.level.group,
            _ => &self.level.message,
        }
    }

    /// The level that is being told of.
    fn current(&self) -> usize {
        match () {
            () if !self.level.message.is_empty() => 2 + usize::from(self.level.package),
            () if !self.level.group.is_empty() => 1,
            () => 0,
        }
    }

    fn header(&self, level: usize) -> String {
        let Level {
            interchange,
            group,
            message,
            ..
        } = &self.level;
        match level {
            0 => key(interchange, "", "", "UNB"),
            1 => key(interchange, group, "", "UNG"),
            2 => key(interchange, group, message, "UNH"),
            _ => key(interchange, group, message, "UNO"),
        }
    }

    /// The finding with what is known of its place.
    fn placed(&self, mut finding: Finding) -> Finding {
        let some = |text: &str| (!text.is_empty()).then(|| text.into());
        finding.place.message_ref = some(&self.level.message);
        finding.place.message_type =
            some(&self.level.kind).filter(|_| !self.level.message.is_empty());
        finding.place.segment_number = self.level.segment;
        finding
    }

    /// An error that CONTRL names.
    fn error(
        &mut self,
        segment: &Segment<'_>,
        code: &str,
        (element, component, repetition): (Option<u32>, Option<u32>, Option<u32>),
        service: Option<&str>,
    ) {
        let level = self.current();
        let name = self.name(level).to_owned();
        let meaning = self.specs.code_name("0085", code, None, 4);
        let meaning = meaning.or_else(|| self.specs.code_name("0085", code, None, 3));
        let meaning = meaning.as_deref().unwrap_or("?");
        let mut finding = about(Code::ACK_ERROR, segment, (level, &name))
            .with_content("code", code)
            .with("meaning", meaning)
            .with("meaning_zh", meaning);
        finding.ack_code = Some(code.into());
        let mut finding = self.placed(finding);
        // The tag is position 1 of a segment.
        finding.place.element = element.and_then(|element| element.checked_sub(1));
        finding.place.component = component;
        finding.place.repetition = repetition;
        let service = service.filter(|tag| !tag.is_empty());
        finding.place.segment = service.map(Into::into);
        let Level {
            interchange,
            group,
            message,
            ..
        } = &self.level;
        let of_level = |what: &str| match what {
            "UNA" | "UNB" | "UNZ" => key(interchange, "", "", what),
            "UNG" | "UNE" => key(interchange, group, "", what),
            _ => key(interchange, group, message, what),
        };
        let best = match (self.level.segment, service) {
            (Some(number), _) => of_level(&number.to_string()),
            (None, Some(tag)) => of_level(tag),
            (None, None) => self.header(level),
        };
        let header = self.header(level);
        self.say(finding, Some((best, header)));
    }

    fn end_aperak(&mut self, aperak: &mut Aperak) {
        self.end_error(aperak);
        let Some((span, response)) = aperak.header.take() else {
            return;
        };
        let code = match response.as_str() {
            "RE" => Code::ACK_REJECTED,
            // It names errors and does not say what becomes of the message.
            "" if aperak.errors => return,
            _ => Code::ACK_ACCEPTED,
        };
        let (en, zh) = LEVELS[2];
        let mut finding = Finding::new(code, span)
            .with("level", en)
            .with("level_zh", zh)
            .with_content("name", aperak.name())
            .with("meaning", "acknowledged")
            .with("meaning_zh", "已接受");
        finding.place.message_ref =
            (!aperak.message.is_empty()).then(|| aperak.message.as_str().into());
        let header = key(&aperak.interchange, "", &aperak.message, "UNH");
        self.say(finding, Some((header.clone(), header)));
    }

    fn end_error(&mut self, aperak: &mut Aperak) {
        let Some(error) = aperak.error.take() else {
            return;
        };
        let (en, zh) = LEVELS[2];
        let mut meaning = error.text.as_str();
        let mut finding = Finding::new(Code::ACK_ERROR, error.span)
            .with("level", en)
            .with("level_zh", zh)
            .with_content("name", aperak.name())
            .with_content("code", &error.code);
        // As this program writes it: the rule, a colon, what it says.
        if let Some((rule, text)) = error.text.split_once(": ")
            && !rule.contains(' ')
        {
            finding.rule = Some(rule.into());
            meaning = text;
        }
        finding = finding
            .with_content("meaning", meaning)
            .with_content("meaning_zh", meaning);
        finding.ack_code = Some(error.code.as_str().into());
        finding.value = Some(Value::Text(meaning.into()));
        finding.place.message_ref =
            (!aperak.message.is_empty()).then(|| aperak.message.as_str().into());
        finding.place.segment_number = error.number;
        finding.place.path = (!error.path.is_empty()).then(|| error.path.as_str().into());
        let what = match error.number {
            Some(number) => number.to_string(),
            None => "UNH".to_owned(),
        };
        let best = key(&aperak.interchange, "", &aperak.message, &what);
        let header = key(&aperak.interchange, "", &aperak.message, "UNH");
        self.say(finding, Some((best, header)));
    }

    fn receipt(&mut self, source: &Source) -> Result<()> {
        for receipt in self.specs.receipts()? {
            let mut statuses = Vec::new();
            source
                .root
                .find(&receipt.status, &mut |node| statuses.push(node));
            if receipt.flat != source.flat || statuses.is_empty() {
                continue;
            }
            let list = |path: &str| {
                let mut all = Vec::new();
                source.root.find(path, &mut |node| all.push(node));
                all
            };
            let texts = list(&receipt.text);
            let names = receipt.names.iter().map(|path| list(path));
            let names = names.reduce(|held, next| if held.is_empty() { next } else { held });
            let names = names.unwrap_or_default();
            for (at, status) in statuses.iter().enumerate() {
                let beside = |all: &[&Node]| {
                    let own = all.len() == statuses.len();
                    let node = all.get(if own { at } else { 0 });
                    let words = node.map(|node| node.text.split_whitespace().collect::<Vec<_>>());
                    words.unwrap_or_default().join(" ")
                };
                self.status(
                    &receipt,
                    status,
                    &beside(&texts),
                    &beside(&names),
                    source.flat,
                );
            }
            return Ok(());
        }
        Ok(())
    }

    fn status(&mut self, receipt: &Receipt, node: &Node, text: &str, name: &str, flat: bool) {
        let (en, zh) = LEVELS[2];
        let status = node.text.trim();
        let finding = |code: Code| {
            let mut finding = Finding::new(code, node.span)
                .with("level", en)
                .with("level_zh", zh)
                .with_content("name", if name.is_empty() { "-" } else { name });
            finding.at = node.at;
            finding.syntax = if flat { Syntax::Flat } else { Syntax::Xml };
            finding.ack_code = Some(status.into());
            finding.value = Some(Value::Text(status.into()));
            finding.place.message_type = Some(receipt.name.clone());
            finding.place.message_ref = (!name.is_empty()).then(|| name.into());
            finding
        };
        let meaning = receipt.meaning(status);
        let both = |label: &str, other: &str| {
            let label = if label.is_empty() { other } else { label };
            match text {
                "" => label.to_owned(),
                text => format!("{label}; {text}"),
            }
        };
        let worded = |found: Finding, code: &receipt::Code| {
            found
                .with_content("meaning", both(&code.label.en, &code.label.zh))
                .with_content("meaning_zh", both(&code.label.zh, &code.label.en))
        };
        let wanted = (!name.is_empty()).then(|| (name.to_owned(), name.to_owned()));
        match meaning {
            None => self.say(finding(Code::ACK_STATUS), wanted),
            Some(code) => match code.outcome {
                Outcome::Accepted => self.say(worded(finding(Code::ACK_ACCEPTED), code), wanted),
                Outcome::Progress => self.say(worded(finding(Code::ACK_PROGRESS), code), wanted),
                Outcome::Rejected => {
                    self.say(finding(Code::ACK_REJECTED), wanted.clone());
                    let mut error = finding(Code::ACK_ERROR).with_content("code", status);
                    if !text.is_empty() {
                        error.value = Some(Value::Text(text.into()));
                    }
                    self.say(worded(error, code), wanted);
                }
            },
        }
    }

    /// Finds the names of a receipt in the message that it answers.
    fn locate_values(&mut self, root: &Node) {
        let mut first: HashMap<&str, &Node> = HashMap::new();
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            if !node.text.trim().is_empty() {
                let held = first.entry(node.text.trim()).or_insert(node);
                if node.span.start < held.span.start {
                    *held = node;
                }
            }
            open.extend(&node.children);
        }
        let wanted = std::mem::take(&mut self.wanted);
        for (told, wanted) in self.told.iter_mut().zip(&wanted) {
            let found = wanted
                .as_ref()
                .and_then(|(name, _)| first.get(name.as_str()));
            if let Some(node) = found {
                move_to(told, node.span, node.at);
            }
        }
        self.missing(&wanted);
    }

    /// Finds segments in the interchange that is answered.
    fn locate_segments(&mut self, original: &[u8], options: &check::Options) -> Result<()> {
        let wanted = std::mem::take(&mut self.wanted);
        let mut keys: HashMap<&str, Vec<(usize, bool)>> = HashMap::new();
        for (at, wanted) in wanted.iter().enumerate() {
            if let Some((best, next)) = wanted {
                keys.entry(best).or_default().push((at, true));
                if next != best {
                    keys.entry(next).or_default().push((at, false));
                }
            }
        }
        // Of APERAK groups are not known.
        let grouped = wanted
            .iter()
            .flatten()
            .any(|(best, _)| best.split('\0').nth(1) != Some(""));
        let mut best = vec![false; self.told.len()];
        let mut reader = Reader::with_options(original, options.reading);
        let (mut interchange, mut group, mut message) =
            (String::new(), String::new(), String::new());
        let mut charset = latin()?;
        let (mut number, mut ordinal) = (0u64, 0u64);
        while reader.advance()? {
            let Some(Item::Segment(segment)) = reader.current() else {
                continue;
            };
            let decoded = charset;
            let text = |element: usize, component: usize| {
                let value = segment.get(element, component).unwrap_or_default();
                decoded.decode_lossy(&value).into_owned()
            };
            let tag = segment.tag();
            number += 1;
            match tag {
                b"UNB" => {
                    let identifier = segment.get(0, 0).unwrap_or_default();
                    charset = options
                        .charset
                        .or_else(|| Charset::of_syntax_identifier(&identifier))
                        .unwrap_or(charset);
                    ordinal += 1;
                    interchange = text(4, 0);
                    group.clear();
                    message.clear();
                }
                b"UNG" => {
                    group = if grouped { text(4, 0) } else { String::new() };
                    message.clear();
                }
                b"UNH" | b"UNO" => {
                    message = text(0, 0);
                    number = 1;
                }
                _ => {}
            }
            let name = String::from_utf8_lossy(tag).into_owned();
            let tagged = match tag {
                b"UNB" | b"UNZ" => Some(key(&interchange, "", "", &name)),
                b"UNG" | b"UNE" => Some(key(&interchange, &group, "", &name)),
                b"UNH" | b"UNT" | b"UNO" | b"UNP" => {
                    Some(key(&interchange, &group, &message, &name))
                }
                _ => None,
            };
            let numbered = (!message.is_empty())
                .then(|| key(&interchange, &group, &message, &number.to_string()));
            for key in tagged.iter().chain(&numbered) {
                for (at, is_best) in keys.get(key.as_str()).into_iter().flatten() {
                    let told = &mut self.told[*at];
                    if told.located && (!is_best || best[*at]) {
                        continue;
                    }
                    best[*at] = *is_best;
                    let span = if *is_best {
                        place_in(&segment, &told.finding)
                    } else {
                        Span::new(segment.offset(), tag.len() as u64)
                    };
                    move_to(told, span, reader.locate(span.start));
                    told.finding.place.interchange = Some(ordinal);
                    if *is_best {
                        told.finding.place.segment = Some(name.as_str().into());
                    }
                }
            }
            match tag {
                b"UNT" | b"UNP" => message.clear(),
                b"UNE" => group.clear(),
                _ => {}
            }
        }
        self.missing(&wanted);
        Ok(())
    }

    /// Says what the original does not have, once for each name.
    fn missing(&mut self, wanted: &[Wanted]) {
        let mut names = std::collections::HashSet::new();
        let mut more = Vec::new();
        for (told, wanted) in self.told.iter().zip(wanted) {
            let Some((_, header)) = wanted else { continue };
            if !told.located && names.insert(header.clone()) {
                let mut finding = Finding::new(Code::ACK_NOT_FOUND, told.finding.span);
                finding.at = told.finding.at;
                finding.syntax = told.finding.syntax;
                let named = |name: &&(&str, _)| ["level", "level_zh", "name"].contains(&name.0);
                let args = told.finding.args.iter();
                let args = args.filter(|arg| named(&&(arg.0, ())));
                finding.args = args.cloned().collect();
                finding.place.message_ref = told.finding.place.message_ref.clone();
                more.push(finding);
            }
        }
        for finding in more {
            self.say(finding, None);
        }
    }
}

/// Moves a finding to its place in the original.
fn move_to(told: &mut Told, span: Span, at: crate::span::LineColumn) {
    if !told.located {
        told.finding.related.push(Related {
            file: None,
            span: told.finding.span,
            path: None,
            code: Code::ACK_HERE,
        });
    }
    told.located = true;
    told.finding.span = span;
    told.finding.at = at;
}

/// Where in a segment a finding stands.
fn place_in(segment: &Segment<'_>, finding: &Finding) -> Span {
    let missing = finding.ack_code.as_deref() == Some("13");
    let place = &finding.place;
    let Some(element) = place.element else {
        return match missing && finding.place.segment.is_none() {
            true => Span::at(segment.span().end()),
            false => Span::new(segment.offset(), segment.tag().len() as u64),
        };
    };
    let component = place.component.map_or(0, |component| component - 1);
    let token = segment.token(element.saturating_sub(1) as usize, component as usize);
    match token.filter(|_| place.repetition.is_none()) {
        Some(token) => Span::new(token.offset, token.bytes.len() as u64),
        None => Span::at(segment.end()),
    }
}

/// S011: element, component, repetition.
fn position(
    text: &dyn Fn(usize, usize) -> String,
    at: usize,
) -> (Option<u32>, Option<u32>, Option<u32>) {
    let number = |component: usize| text(at, component).parse().ok().filter(|at| *at > 0);
    (number(0), number(1), number(2))
}

fn latin() -> Result<Charset> {
    Charset::for_label("UNOC").ok_or_else(|| Error::misuse("UNOC is a character set"))
}

/// What an APERAK says, as far as it was read.
#[derive(Default)]
struct Aperak {
    interchange: String,
    message: String,
    /// Where BGM stands, and its response type.
    header: Option<(Span, String)>,
    error: Option<ApplicationError>,
    /// Whether it names errors.
    errors: bool,
}

#[derive(Default)]
struct ApplicationError {
    span: Span,
    code: String,
    text: String,
    number: Option<u64>,
    path: String,
}

impl Aperak {
    fn name(&self) -> &str {
        match self.message.as_str() {
            "" => "-",
            name => name,
        }
    }

    fn take(&mut self, tag: &[u8], segment: &Segment<'_>, text: &dyn Fn(usize, usize) -> String) {
        match (tag, &mut self.error) {
            (b"ERC", _) => {
                self.errors = true;
                self.error = Some(ApplicationError {
                    span: segment.span(),
                    code: text(0, 0),
                    ..ApplicationError::default()
                });
            }
            (b"RFF", Some(error)) => error.number = text(0, 2).parse().ok(),
            (b"RFF", None) => match text(0, 0).as_str() {
                "ACW" => self.message = text(0, 1),
                "ALL" => self.interchange = text(0, 1),
                _ => {}
            },
            (b"FTX", Some(error)) => {
                // A line that is not full ends with a word.
                const FULL: usize = 70;
                let lines = (0..5).map(|line| text(3, line));
                let whole = lines
                    .filter(|line| !line.is_empty())
                    .reduce(|mut whole, line| {
                        if !whole.chars().count().is_multiple_of(FULL) && !whole.ends_with(' ') {
                            whole.push(' ');
                        }
                        whole + &line
                    });
                let whole = whole.unwrap_or_default();
                match text(0, 0).as_str() {
                    "ACB" => error.path = super::aperak::path_read(&whole),
                    _ => error.text.push_str(&whole),
                }
            }
            _ => {}
        }
    }
}
