//! CONTRL, the syntax and service report message (ISO 9735-4; annexes of versions 1 to 3).

use super::report::{At, Fault, Group, Interchange, Message, Report, SegmentFault, UNSPECIFIED};
use super::vouch::{self, Vouch};
use super::{Answered, Options, Reason, Unanswered, Writer};
use crate::charset::Charset;
use crate::edifact;
use crate::spec::model::CodeList;
use crate::spec::{Home, Specs};
use crate::{Error, Result};

/// Greatest numbers that have room: 0096 (and other counts) and 0098, 0104.
const MOST_NUMBER: u64 = 999_999;
const MOST_POSITION: u32 = 999;

/// Actions of data element 0083.
const REJECTED: &str = "4";
const ACKNOWLEDGED: &str = "7";
const RECEIVED: &str = "8";

/// The parts of an answer's envelope.
pub(super) struct Envelope {
    pub(super) charset: Charset,
    pub(super) syntax: u8,
    /// Sender and recipient of the interchange as they are mirrored.
    pub(super) sender: Vec<String>,
    pub(super) recipient: Vec<String>,
    pub(super) reference: String,
}

impl Writer {
    /// CONTRL for every interchange of the report.
    ///
    /// # Errors
    /// When a spec is broken, a reference is too long, or the report lacks findings.
    pub fn contrl(&self, report: &Report) -> Result<Answered> {
        report.complete()?;
        let mut answered = Answered::default();
        let mut number = 0;
        if report.interchanges.is_empty() {
            answered.unanswered.push(Unanswered {
                interchange: 0,
                reason: Reason::Header,
            });
        }
        for interchange in &report.interchanges {
            let reason = match envelope(&self.specs, &self.options, interchange, number)? {
                _ if interchange.interactive => Reason::Interactive,
                _ if interchange.count > 0 && interchange.controls == interchange.count => {
                    Reason::Control
                }
                Some(envelope) => {
                    number += 1;
                    let bytes = std::mem::take(&mut answered.bytes);
                    let out = edifact::Writer::new(bytes, envelope.charset, envelope.syntax);
                    let mut contrl = Contrl {
                        specs: &self.specs,
                        options: &self.options,
                        vouch: vouch(&self.specs, &envelope),
                        envelope: &envelope,
                        out,
                        most: Most::of(&self.specs, envelope.syntax)?,
                    };
                    contrl.write(interchange)?;
                    answered.bytes = contrl.out.into_inner();
                    continue;
                }
                None => Reason::Header,
            };
            answered.unanswered.push(Unanswered {
                interchange: interchange.ordinal,
                reason,
            });
        }
        Ok(answered)
    }
}

pub(super) fn vouch<'s>(specs: &'s Specs, envelope: &Envelope) -> Vouch<'s> {
    Vouch {
        specs,
        release: None,
        syntax: envelope.syntax,
        charset: envelope.charset,
    }
}

/// The envelope of the answer to an interchange, the `number`th of an output from 0 on; `None`
/// where its header does not allow one.
pub(super) fn envelope(
    specs: &Specs,
    options: &Options,
    interchange: &Interchange,
    number: u64,
) -> Result<Option<Envelope>> {
    let syntax = match options.version {
        Some(version @ 1..=4) => version,
        Some(version) => {
            return Err(Error::misuse(format!(
                "there is no syntax version {version}; expected 1 to 4"
            )));
        }
        None => match interchange.syntax[1].as_bytes() {
            [version @ b'1'..=b'4', ..] => version - b'0',
            _ => 3,
        },
    };
    let identifiers = specs.code_set(&CodeList::Directory("0001".into()), None, syntax)?;
    for identifier in [interchange.syntax[0].as_str(), "UNOB", "UNOC", "UNOY"] {
        let known = identifiers.contains(identifier.as_bytes());
        // ISO 2022 is no character set to write in.
        let known = known && identifier != "UNOX";
        let Some(charset) = Charset::of_syntax_identifier(identifier.as_bytes()).filter(|_| known)
        else {
            continue;
        };
        let vouch = Vouch {
            specs,
            release: None,
            syntax,
            charset,
        };
        let (Some(sender), Some(recipient)) = (
            vouch.composite("S002", &interchange.sender)?,
            vouch.composite("S003", &interchange.recipient)?,
        ) else {
            continue;
        };
        if !vouch.element("0020", &interchange.reference)? {
            continue;
        }
        let reference = reference(options, interchange, number);
        if !vouch.element("0020", &reference)? {
            return Err(Error::misuse(format!(
                "{reference:?} is no interchange control reference: at most 14 characters of {}",
                charset.name()
            )));
        }
        return Ok(Some(Envelope {
            charset,
            syntax,
            sender,
            recipient,
            reference,
        }));
    }
    Ok(None)
}

/// The reference of an answer.
fn reference(options: &Options, interchange: &Interchange, number: u64) -> String {
    if let Some(reference) = &options.reference {
        return match number {
            0 => reference.clone(),
            _ => format!("{reference}-{}", number + 1),
        };
    }
    let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
    let parts = [&interchange.sender, &interchange.recipient];
    let parts = parts.into_iter().flatten();
    let rest = interchange.prepared.iter().chain([&interchange.reference]);
    for part in parts.chain(rest) {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }
    let mut text = vec![b'A'; 14];
    for place in text[1..].iter_mut().rev() {
        *place = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(hash % 36) as usize];
        hash /= 36;
    }
    String::from_utf8(text).unwrap_or_default()
}

/// Writes UNB and its kin around what an answer holds.
pub(super) fn begin<W: std::io::Write>(
    out: &mut edifact::Writer<W>,
    vouch: &Vouch<'_>,
    envelope: &Envelope,
    interchange: &Interchange,
    options: &Options,
) -> Result<()> {
    let (day, syntax) = match envelope.syntax {
        4 => ("CCYYMMDD", "4"),
        3 => ("YYMMDD", "3"),
        2 => ("YYMMDD", "2"),
        _ => ("YYMMDD", "1"),
    };
    // The address for reverse routing becomes the routing address.
    let from = vouch
        .composite("S002", &envelope.recipient)?
        .unwrap_or_default();
    let to = vouch
        .composite("S003", &envelope.sender)?
        .unwrap_or_default();
    let from: Vec<&str> = from.iter().map(String::as_str).collect();
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let test = if interchange.test == "1" { "1" } else { "" };
    out.segment(
        "UNB",
        &[
            &[envelope.charset.name(), syntax],
            &from,
            &to,
            &[&options.now.written(day), &options.now.written("hhmm")],
            &[&envelope.reference],
            &[],
            &[],
            &[],
            &[],
            &[],
            &[test],
        ],
    )
}

/// How often parts of CONTRL may stand.
struct Most {
    messages: usize,
    groups: usize,
    segments: usize,
    elements: usize,
}

impl Most {
    fn of(specs: &Specs, syntax: u8) -> Result<Self> {
        let spec = specs.message("CONTRL", Home::Service, syntax)?;
        let model = spec.map(|spec| spec.model);
        let most = |id: &str| {
            let most = model.as_ref().and_then(|model| vouch::most(model, id));
            most.map_or(1, |most| most as usize)
        };
        Ok(Self {
            messages: most("SG1"),
            groups: most("SG3"),
            segments: most("SG2"),
            elements: most("UCD"),
        })
    }
}

struct Contrl<'a> {
    specs: &'a Specs,
    options: &'a Options,
    vouch: Vouch<'a>,
    envelope: &'a Envelope,
    out: edifact::Writer<Vec<u8>>,
    most: Most,
}

/// An entry of a level below, or the fault that rejects the level above instead.
enum Entry<T> {
    Told(T),
    Above(Fault),
}

/// UCM: reference, identifier and the fault of its own.
type Named = (String, Vec<String>);

impl Contrl<'_> {
    fn write(&mut self, interchange: &Interchange) -> Result<()> {
        begin(
            &mut self.out,
            &self.vouch,
            self.envelope,
            interchange,
            self.options,
        )?;
        let before = self.out.segments();
        let service = if self.envelope.syntax == 4 {
            ["CONTRL", "4", "1", "UN"]
        } else {
            ["CONTRL", "D", "3", "UN"]
        };
        self.out.segment("UNH", &[&["1"], &service])?;
        self.levels(interchange)?;
        let count = (self.out.segments() - before + 1).to_string();
        self.out.segment("UNT", &[&[&count], &["1"]])?;
        self.out
            .segment("UNZ", &[&["1"], &[&self.envelope.reference]])
    }

    fn levels(&mut self, interchange: &Interchange) -> Result<()> {
        let mut fault = interchange.fault.clone();
        if interchange.cut {
            fault.get_or_insert(unspecified());
        }
        let (mut messages, mut groups) = (Vec::new(), Vec::new());
        if fault.is_none() && !self.options.received {
            for message in interchange.messages.iter().filter(|m| m.is_rejected()) {
                match self.named(message)? {
                    Entry::Told(named) => messages.push((message, named)),
                    Entry::Above(above) => _ = fault.get_or_insert(above),
                }
            }
            for group in &interchange.groups {
                match self.group(group)? {
                    None => {}
                    Some(Entry::Told(told)) => groups.push((group, told)),
                    Some(Entry::Above(above)) => _ = fault.get_or_insert(above),
                }
            }
            if messages.len() > self.most.messages || groups.len() > self.most.groups {
                fault.get_or_insert(unspecified());
            }
        }
        let action = match &fault {
            Some(_) => REJECTED,
            None if self.options.received => RECEIVED,
            None => ACKNOWLEDGED,
        };
        let (sender, recipient) = (
            self.envelope.sender.clone(),
            self.envelope.recipient.clone(),
        );
        let start = vec![vec![interchange.reference.clone()], sender, recipient];
        self.level("UCI", start, action, fault.as_ref(), &[])?;
        if fault.is_some() {
            return Ok(());
        }
        for (message, named) in messages {
            self.message(message, named)?;
        }
        for (group, (start, fault, messages)) in groups {
            let action = if fault.is_some() {
                REJECTED
            } else {
                ACKNOWLEDGED
            };
            self.level("UCF", start, action, fault.as_ref(), &[])?;
            if fault.is_none() {
                for (at, named) in messages {
                    self.message(&group.messages[at], named)?;
                }
            }
        }
        Ok(())
    }

    /// A group as it is told; `None` where nothing is to be told of it.
    #[allow(clippy::type_complexity)]
    fn group(
        &self,
        group: &Group,
    ) -> Result<Option<Entry<(Vec<Vec<String>>, Option<Fault>, Vec<(usize, Named)>)>>> {
        let mut fault = group.fault.clone();
        let mut messages = Vec::new();
        if fault.is_none() {
            let rejected = group.messages.iter().enumerate();
            for (at, message) in rejected.filter(|(_, message)| message.is_rejected()) {
                match self.named(message)? {
                    Entry::Told(named) => messages.push((at, named)),
                    Entry::Above(above) => _ = fault.get_or_insert(above),
                }
            }
            if messages.len() > self.most.messages {
                fault.get_or_insert(unspecified());
            }
        }
        if fault.is_none() && messages.is_empty() {
            return Ok(None);
        }
        let sender = self.vouch.composite("S006", &group.sender)?;
        let recipient = self.vouch.composite("S007", &group.recipient)?;
        let optional = self.envelope.syntax == 4;
        let named = self.vouch.element("0048", &group.reference)?;
        let (Some(sender), Some(recipient), true) = (
            sender.or(optional.then(Vec::new)),
            recipient.or(optional.then(Vec::new)),
            named,
        ) else {
            let above = fault.filter(|fault| fault.tag == "UNG");
            return Ok(Some(Entry::Above(above.unwrap_or(Fault {
                code: UNSPECIFIED,
                tag: "UNG".to_owned(),
                at: None,
            }))));
        };
        let start = vec![vec![group.reference.clone()], sender, recipient];
        Ok(Some(Entry::Told((start, fault, messages))))
    }

    /// Reference and identifier by which a message or package can be named.
    fn named(&self, message: &Message) -> Result<Entry<Named>> {
        let (reference, identifier) = match message.package {
            true => ("0800", "S020"),
            false => ("0062", "S009"),
        };
        // In versions 1 to 3 there are no packages to tell of.
        let told = !message.package || self.envelope.syntax == 4;
        let optional = self.envelope.syntax == 4;
        let values = self.vouch.composite(identifier, &message.identifier)?;
        let values = values.or(optional.then(Vec::new));
        if told
            && self.vouch.element(reference, &message.reference)?
            && let Some(values) = values
        {
            return Ok(Entry::Told((message.reference.clone(), values)));
        }
        let header = if message.package { "UNO" } else { "UNH" };
        let fault = message.fault.clone().filter(|fault| fault.tag == header);
        Ok(Entry::Above(fault.unwrap_or(Fault {
            code: message.first_code(),
            tag: header.to_owned(),
            at: None,
        })))
    }

    fn message(&mut self, message: &Message, (reference, identifier): Named) -> Result<()> {
        let (start, package) = match message.package {
            true => (vec![vec![], vec![]], vec![vec![reference], identifier]),
            false => (vec![vec![reference], identifier], Vec::new()),
        };
        self.level("UCM", start, REJECTED, message.fault.as_ref(), &package)?;
        let told = message.segments.iter();
        let mut told: Vec<&SegmentFault> =
            told.filter(|fault| fault.number <= MOST_NUMBER).collect();
        told.sort_by_key(|fault| fault.number);
        for fault in told.into_iter().take(self.most.segments) {
            self.segment(fault)?;
        }
        Ok(())
    }

    fn segment(&mut self, fault: &SegmentFault) -> Result<()> {
        let number = fault.number.to_string();
        let own = match (fault.own, fault.elements.as_slice()) {
            (Some(code), _) => Some(code),
            // Positions beyond what can be said are told of the segment.
            (None, [(code, at), ..]) if at.element >= MOST_POSITION => Some(*code),
            _ => None,
        };
        let own = own.map(|code| self.code(code)).transpose()?;
        let own = own.map(|code| code.to_string()).unwrap_or_default();
        self.out.segment("UCS", &[&[&number], &[&own]])?;
        let sayable = fault
            .elements
            .iter()
            .filter(|(_, at)| at.element < MOST_POSITION);
        for (code, at) in sayable.take(self.most.elements) {
            let code = self.code(*code)?.to_string();
            let at = self.position(*at);
            let at: Vec<&str> = at.iter().map(String::as_str).collect();
            self.out.segment("UCD", &[&[&code], &at])?;
        }
        Ok(())
    }

    /// Writes UCI, UCF or UCM.
    fn level(
        &mut self,
        tag: &str,
        start: Vec<Vec<String>>,
        action: &str,
        fault: Option<&Fault>,
        package: &[Vec<String>],
    ) -> Result<()> {
        let mut elements = start;
        elements.push(vec![action.to_owned()]);
        if let Some(fault) = fault {
            let id = if self.envelope.syntax == 4 {
                "0135"
            } else {
                "0013"
            };
            let told = !fault.tag.is_empty() && self.vouch.element(id, &fault.tag)?;
            elements.push(vec![self.code(fault.code)?.to_string()]);
            elements.push(vec![if told {
                fault.tag.clone()
            } else {
                String::new()
            }]);
            let at = fault.at.filter(|at| told && at.element < MOST_POSITION);
            elements.push(at.map(|at| self.position(at)).unwrap_or_default());
        } else if !package.is_empty() {
            elements.extend([vec![], vec![], vec![]]);
        }
        elements.extend_from_slice(package);
        let texts: Vec<Vec<&str>> = elements
            .iter()
            .map(|element| element.iter().map(String::as_str).collect())
            .collect();
        let slices: Vec<&[&str]> = texts.iter().map(Vec::as_slice).collect();
        self.out.segment(tag, &slices)
    }

    /// S011. The tag is position 1 of a segment.
    fn position(&self, at: At) -> Vec<String> {
        let component = at.component.filter(|at| *at <= MOST_POSITION);
        let repetition = at.repetition.filter(|_| self.envelope.syntax == 4);
        let text = |number: Option<u32>| number.map(|number| number.to_string());
        vec![
            (at.element + 1).to_string(),
            text(component).unwrap_or_default(),
            text(repetition.filter(|at| u64::from(*at) <= MOST_NUMBER)).unwrap_or_default(),
        ]
    }

    /// The code as the version of the answer has it.
    fn code(&self, code: u8) -> Result<u8> {
        /// Codes that one version has, and what comes nearest in the others.
        const NEAREST: [(u8, u8); 4] = [(19, 37), (38, 37), (34, 12), (46, 2)];
        let codes = CodeList::Directory("0085".into());
        let codes = self.specs.code_set(&codes, None, self.envelope.syntax)?;
        let nearest = NEAREST.iter().find(|(from, _)| *from == code);
        let known = |code: &u8| codes.contains(code.to_string().as_bytes());
        let found = [Some(code), nearest.map(|(_, to)| *to)];
        Ok(found
            .into_iter()
            .flatten()
            .find(known)
            .unwrap_or(UNSPECIFIED))
    }
}

fn unspecified() -> Fault {
    Fault {
        code: UNSPECIFIED,
        ..Fault::default()
    }
}

impl Message {
    /// Whether it has an error of syntax.
    fn is_rejected(&self) -> bool {
        self.fault.is_some() || !self.segments.is_empty()
    }

    fn first_code(&self) -> u8 {
        let of_segment = self.segments.first().and_then(|first| {
            let of_element = first.elements.first().map(|(code, _)| *code);
            first.own.or(of_element)
        });
        let own = self.fault.as_ref().map(|fault| fault.code);
        own.or(of_segment).unwrap_or(UNSPECIFIED)
    }
}
