//! What an input's findings and envelope say, kept for its acknowledgement.

use std::io::Read;

use crate::check::{Checker, Totals};
use crate::finding::{Code, Finding, Lang, Service, Severity, Sink};
use crate::{Error, Result};

/// Bounds of what a [`Report`] keeps.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes for headers and errors of rejected groups and messages. Past it the interchange is
    /// rejected as a whole, since a message that is not named would count as acknowledged.
    /// Default 256 MiB.
    pub bytes: usize,
    /// Errors kept for receipts, which have room for few. Default 1,000; all are counted.
    pub notes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            notes: 1000,
        }
    }
}

/// The findings of one input and what its envelope said, kept as far as an acknowledgement needs
/// them: a sink for a [`Checker`] with the options of [`checking`](super::checking).
#[derive(Debug, Default)]
pub struct Report {
    pub(super) interchanges: Vec<Interchange>,
    /// Errors in their order, of any syntax.
    pub(super) notes: Vec<Note>,
    pub(super) totals: Totals,
    limits: Limits,
    lang: Lang,
    bytes: usize,
    open: bool,
    group: Option<Group>,
    message: Option<Message>,
    /// Wrong service characters before an interchange.
    before: Option<Fault>,
    cut: bool,
}

/// One interchange.
#[derive(Debug, Default)]
pub(super) struct Interchange {
    pub(super) ordinal: u64,
    /// Whether it is interactive (UIB).
    pub(super) interactive: bool,
    pub(super) syntax: [String; 2],
    pub(super) sender: Vec<String>,
    pub(super) recipient: Vec<String>,
    pub(super) prepared: [String; 2],
    pub(super) reference: String,
    pub(super) test: String,
    pub(super) fault: Option<Fault>,
    pub(super) groups: Vec<Group>,
    /// Rejected messages and packages that are in no group, and those with rule errors.
    pub(super) messages: Vec<Message>,
    /// All messages and packages in it.
    pub(super) count: u64,
    /// How many of them are CONTRL.
    pub(super) controls: u64,
    /// Something of it was not kept.
    pub(super) cut: bool,
}

/// A functional group with an error in it.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) reference: String,
    pub(super) sender: Vec<String>,
    pub(super) recipient: Vec<String>,
    pub(super) fault: Option<Fault>,
    pub(super) messages: Vec<Message>,
}

/// A message or package with an error in it.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) package: bool,
    pub(super) reference: String,
    /// S009 of a message; S020 of a package.
    pub(super) identifier: Vec<String>,
    pub(super) fault: Option<Fault>,
    pub(super) segments: Vec<SegmentFault>,
    pub(super) rules: Vec<Note>,
}

/// An error in a service segment, or at a level as a whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Fault {
    pub(super) code: u8,
    /// The service segment; empty where there is none.
    pub(super) tag: String,
    pub(super) at: Option<At>,
}

/// Errors in one segment of a message.
#[derive(Clone, Debug)]
pub(super) struct SegmentFault {
    pub(super) number: u64,
    /// Of the segment itself; else those of its elements.
    pub(super) own: Option<u8>,
    pub(super) elements: Vec<(u8, At)>,
}

/// Where in a segment an error stands: element, component and repetition, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) element: u32,
    pub(super) component: Option<u32>,
    pub(super) repetition: Option<u32>,
}

/// An error as it is told to people.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) rule: Option<Box<str>>,
    pub(super) code: Code,
    /// In the language of the report, and in English.
    pub(super) text: String,
    pub(super) english: String,
    pub(super) path: String,
    pub(super) number: Option<u64>,
    pub(super) offset: u64,
}

impl Report {
    /// An empty report whose texts are in `lang`.
    #[must_use]
    pub fn new(lang: Lang, limits: Limits) -> Self {
        Self {
            lang,
            limits,
            ..Self::default()
        }
    }

    /// Checks a stream of any syntax and keeps what its acknowledgement needs. The options of
    /// `checker` are to be those of [`checking`](super::checking), so that every finding counts.
    /// Findings are given to `also`.
    ///
    /// # Errors
    /// When the stream cannot be read, or a spec is broken.
    pub fn read(
        checker: &Checker,
        input: impl Read,
        (lang, limits): (Lang, Limits),
        also: &mut dyn Sink,
    ) -> Result<Self> {
        let mut both = Both(Self::new(lang, limits), also);
        let totals = checker.read(input, &mut both)?;
        let mut report = both.0;
        report.finish(totals);
        Ok(report)
    }

    /// Ends the report with what the check counted.
    pub fn finish(&mut self, totals: Totals) {
        self.close_interchange();
        self.totals = totals;
    }

    /// What the check counted.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Says whether findings were kept back from the report, so that it cannot be answered by.
    pub(super) fn complete(&self) -> Result<()> {
        match self.cut {
            true => Err(Error::misuse(
                "findings were left out of the report: check with most_findings u64::MAX",
            )),
            false => Ok(()),
        }
    }

    fn interchange(&mut self) -> Option<&mut Interchange> {
        self.interchanges.last_mut().filter(|_| self.open)
    }

    /// Accounts for something that is to be kept; whether there is room.
    fn keep(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        let room = self.bytes <= self.limits.bytes;
        if !room && let Some(interchange) = self.interchange() {
            interchange.cut = true;
        }
        room
    }

    fn close_message(&mut self) {
        let Some(message) = self.message.take() else {
            return;
        };
        if message.fault.is_none() && message.segments.is_empty() && message.rules.is_empty() {
            return;
        }
        let texts = message
            .identifier
            .iter()
            .map(|part| part.len() + 24)
            .sum::<usize>();
        if !self.keep(size_of::<Message>() + message.reference.len() + texts) {
            return;
        }
        match (&mut self.group, self.interchanges.last_mut()) {
            (Some(group), _) => group.messages.push(message),
            (None, Some(interchange)) if self.open => interchange.messages.push(message),
            _ => {}
        }
    }

    fn close_group(&mut self) {
        self.close_message();
        let Some(group) = self.group.take() else {
            return;
        };
        if group.fault.is_none() && group.messages.is_empty() {
            return;
        }
        if self.keep(size_of::<Group>() + 200)
            && let Some(interchange) = self.interchange()
        {
            interchange.groups.push(group);
        }
    }

    fn close_interchange(&mut self) {
        self.close_group();
        self.open = false;
    }

    fn begin(&mut self, service: &Service<'_>, interactive: bool) {
        self.close_interchange();
        self.open = true;
        let ordinal = self.interchanges.len() as u64 + 1;
        self.interchanges.push(Interchange {
            ordinal,
            interactive,
            syntax: [value(service, 0, 0), value(service, 0, 1)],
            sender: values(service, 1, 4),
            recipient: values(service, 2, 4),
            prepared: [value(service, 3, 0), value(service, 3, 1)],
            reference: value(service, 4, 0),
            test: value(service, 10, 0),
            fault: self.before.take(),
            ..Interchange::default()
        });
    }

    fn begin_message(&mut self, service: &Service<'_>, package: bool) {
        self.close_message();
        let identifier = values(service, 1, 7);
        let control = !package && identifier[0] == "CONTRL";
        if let Some(interchange) = self.interchange() {
            interchange.count += 1;
            interchange.controls += u64::from(control);
        }
        // Nothing is ever said of a CONTRL.
        self.message = (!control).then(|| Message {
            package,
            reference: value(service, 0, 0),
            identifier,
            ..Message::default()
        });
    }

    /// Notes a syntax error at its level.
    fn fault(&mut self, code: u8, finding: &Finding) {
        let place = &finding.place;
        let tag = place.segment.as_deref().unwrap_or("");
        let at = place.element.map(|element| At {
            element,
            component: place.component,
            repetition: place.repetition,
        });
        let service = matches!(
            tag,
            "UNA" | "UNB" | "UNZ" | "UNG" | "UNE" | "UNH" | "UNT" | "UNO" | "UNP"
        ) || (tag.starts_with("US") && place.segment_number.is_none());
        let fault = Fault {
            code,
            tag: if service {
                tag.to_owned()
            } else {
                String::new()
            },
            at: at.filter(|_| service),
        };
        let whole = [Code::OUTSIDE_MESSAGE, Code::TRAILER_WITHOUT_HEADER].contains(&finding.code);
        if finding.code == Code::INCOMPLETE_UNA || finding.code == Code::SEPARATOR_CLASH {
            // Of the interchange that begins behind it.
            let fault = Fault {
                tag: "UNA".to_owned(),
                ..fault
            };
            self.before.get_or_insert(fault);
            return;
        }
        let of_interchange = matches!(tag, "UNB" | "UNZ") || finding.code == Code::MIXED_GROUPS;
        let of_group = matches!(tag, "UNG" | "UNE") || whole;
        if of_interchange {
            if let Some(interchange) = self.interchange() {
                interchange.fault.get_or_insert(fault);
            }
            return;
        }
        if !of_group {
            if let Some(message) = &mut self.message {
                if service || place.segment_number.is_none() {
                    message.fault.get_or_insert(fault);
                } else {
                    let missing = [Code::MISSING_SEGMENT, Code::MISSING_GROUP];
                    let number = place.segment_number.unwrap_or(1);
                    // Something missing is told at the segment before.
                    let before = missing.contains(&finding.code);
                    let number = number.saturating_sub(u64::from(before)).max(1);
                    if message.add(code, number, at.filter(|_| !before)) {
                        self.keep(size_of::<SegmentFault>() + size_of::<(u8, At)>());
                    }
                }
                return;
            }
            // What is wrong in a CONTRL is told to nobody.
            if place.message_ref.is_some() || place.segment_number.is_some() {
                return;
            }
        }
        match (&mut self.group, self.interchanges.last_mut()) {
            (Some(group), _) => _ = group.fault.get_or_insert(fault),
            (None, Some(interchange)) if self.open => {
                _ = interchange.fault.get_or_insert(fault);
            }
            _ => {}
        }
    }
}

/// 0085: an error that is not specified.
pub(super) const UNSPECIFIED: u8 = 18;

/// Segments of a message, and elements of a segment, whose errors are kept: CONTRL has room for 999
/// and 99.
const MOST: usize = 2000;

impl Message {
    /// Adds an error in a segment; whether it is kept.
    fn add(&mut self, code: u8, number: u64, at: Option<At>) -> bool {
        let room = self.segments.len() < MOST;
        let Some(at) = at else {
            let same = |held: &&SegmentFault| held.number == number && held.own == Some(code);
            let new = room && self.segments.iter().rev().take(8).find(same).is_none();
            if new {
                self.segments.push(SegmentFault {
                    number,
                    own: Some(code),
                    elements: Vec::new(),
                });
            }
            return new;
        };
        let held = self
            .segments
            .iter_mut()
            .rev()
            .take(8)
            .find(|held| held.number == number && held.own.is_none());
        match held {
            Some(held) => {
                let new = held.elements.len() < MOST && !held.elements.contains(&(code, at));
                if new {
                    held.elements.push((code, at));
                }
                new
            }
            None => {
                if room {
                    self.segments.push(SegmentFault {
                        number,
                        own: None,
                        elements: vec![(code, at)],
                    });
                }
                room
            }
        }
    }
}

fn value(service: &Service<'_>, element: usize, component: usize) -> String {
    (service.value)(element, component).unwrap_or_default()
}

fn values(service: &Service<'_>, element: usize, components: usize) -> Vec<String> {
    (0..components)
        .map(|component| value(service, element, component))
        .collect()
}

impl Sink for Report {
    fn finding(&mut self, finding: Finding) {
        if finding.code == Code::FINDINGS_CUT {
            self.cut = true;
        }
        if finding.severity != Severity::Error {
            return;
        }
        let note = || Note {
            rule: finding.rule.clone(),
            code: finding.code,
            text: finding.message(self.lang, false),
            english: finding.message(Lang::En, false),
            path: finding.place.path.as_deref().unwrap_or("").to_owned(),
            number: finding.place.segment_number,
            offset: finding.span.start,
        };
        if self.notes.len() < self.limits.notes {
            let note = note();
            self.notes.push(note);
        }
        if finding.rule.is_some() {
            let note = note();
            let bytes = size_of::<Note>() + note.text.len() + note.english.len() + note.path.len();
            if self.keep(bytes)
                && let Some(message) = &mut self.message
            {
                message.rules.push(note);
            }
        } else if let Some(code) = finding.code.syntax_error() {
            self.fault(code, &finding);
        }
    }

    fn service(&mut self, service: &Service<'_>) {
        match service.tag {
            b"UNB" => self.begin(service, false),
            b"UIB" => self.begin(service, true),
            b"UNZ" | b"UIZ" => self.close_interchange(),
            b"UNG" => {
                self.close_group();
                self.group = Some(Group {
                    reference: value(service, 4, 0),
                    sender: values(service, 1, 2),
                    recipient: values(service, 2, 2),
                    ..Group::default()
                });
            }
            b"UNE" => self.close_group(),
            b"UNH" => self.begin_message(service, false),
            b"UNO" => self.begin_message(service, true),
            b"UNT" | b"UNP" => self.close_message(),
            _ => {}
        }
    }
}

/// A report and another sink.
struct Both<'s>(Report, &'s mut dyn Sink);

impl Sink for Both<'_> {
    fn finding(&mut self, finding: Finding) {
        self.1.finding(finding.clone());
        self.0.finding(finding);
    }

    fn service(&mut self, service: &Service<'_>) {
        self.0.service(service);
        self.1.service(service);
    }
}
