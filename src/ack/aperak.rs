//! APERAK, the application error and acknowledgement message: what rules found.

use super::contrl::{self, begin, envelope};
use super::receipt::cut;
use super::report::{Interchange, Message, Note, Report};
use super::vouch::{self, Vouch};
use super::{Answered, Reason, Unanswered, Writer};
use crate::charset::Charset;
use crate::edifact;
use crate::finding::{Code, Finding, Value};
use crate::spec::model::{CodeList, Content, Model};
use crate::spec::release::Release;
use crate::spec::{Home, MessageSpec};
use crate::{Error, Result};

/// Lines of a free text (C108).
const LINES: usize = 5;

impl Writer {
    /// An interchange of APERAK for every interchange of the report with errors that rules found:
    /// one APERAK for each message that has any. The release is [`Options::release`].
    ///
    /// [`Options::release`]: super::Options::release
    ///
    /// # Errors
    /// When a spec is broken, the release has no APERAK, a reference is too long, or the report
    /// lacks findings.
    pub fn aperak(&self, report: &Report) -> Result<Answered> {
        report.complete()?;
        let mut answered = Answered::default();
        let mut number = 0;
        let form = Form::of(self)?;
        if report.interchanges.is_empty() {
            answered.unanswered.push(Unanswered {
                interchange: 0,
                reason: Reason::Header,
            });
        }
        for interchange in &report.interchanges {
            let mut unanswered = |reason| {
                answered.unanswered.push(Unanswered {
                    interchange: interchange.ordinal,
                    reason,
                });
            };
            let of_groups = interchange.groups.iter().flat_map(|group| &group.messages);
            let messages = interchange.messages.iter().chain(of_groups);
            let messages: Vec<&Message> = messages
                .filter(|message| !message.rules.is_empty())
                .collect();
            if messages.is_empty() {
                unanswered(Reason::Nothing);
                continue;
            }
            if interchange.interactive {
                unanswered(Reason::Interactive);
                continue;
            }
            let Some(mut envelope) = envelope(&self.specs, &self.options, interchange, number)?
            else {
                unanswered(Reason::Header);
                continue;
            };
            number += 1;
            if let Some(charset) = &self.options.charset {
                let named = Charset::of_syntax_identifier(charset.as_bytes());
                envelope.charset = named.ok_or_else(|| {
                    Error::unknown(format!(
                        "{charset:?} is no syntax identifier, as UNOC or UNOY"
                    ))
                })?;
            }
            let service = contrl::vouch(&self.specs, &envelope);
            if !service.element("0001", envelope.charset.name())? {
                return Err(Error::unknown(format!(
                    "syntax version {} has no {}; choose version 4",
                    envelope.syntax,
                    envelope.charset.name()
                )));
            }
            let bytes = std::mem::take(&mut answered.bytes);
            let mut aperak = Aperak {
                form: &form,
                vouch: Vouch {
                    release: Some(form.release),
                    ..service
                },
                out: edifact::Writer::new(bytes, envelope.charset, envelope.syntax),
                now: &self.options.now,
                findings: Vec::new(),
            };
            begin(
                &mut aperak.out,
                &service,
                &envelope,
                interchange,
                &self.options,
            )?;
            for (at, message) in messages.iter().enumerate() {
                aperak.message(interchange, message, at + 1, &envelope.reference)?;
            }
            let count = messages.len().to_string();
            aperak
                .out
                .segment("UNZ", &[&[&count], &[&envelope.reference]])?;
            answered.findings.append(&mut aperak.findings);
            answered.bytes = aperak.out.into_inner();
        }
        Ok(answered)
    }
}

/// What APERAK is in a release.
struct Form {
    release: Release,
    /// S009: version and release.
    named: [String; 2],
    errors: usize,
    references: bool,
    line: usize,
    lang: &'static str,
}

impl Form {
    fn of(writer: &Writer) -> Result<Self> {
        let specs = &writer.specs;
        let name = writer.options.release.as_str();
        let release = specs.releases().find(name);
        let spec = match release {
            Some(release) => specs.message("APERAK", Home::Edifact(release), 4)?,
            None => None,
        };
        let (Some(release), Some(spec)) = (release, spec) else {
            return Err(Error::unknown(format!(
                "release {name:?} has no message APERAK; D95A and later have"
            )));
        };
        let MessageSpec { model, .. } = &spec;
        let group = trigger(model, "ERC").unwrap_or_default();
        let below = trigger_below(model, &group, "RFF").unwrap_or_default();
        let most = |id: &str| vouch::most(model, id).map_or(1, |most| most as usize);
        let text = specs.element("4440", Some(release), 4)?;
        let lang = match writer.options.lang {
            crate::finding::Lang::En => "EN",
            crate::finding::Lang::Zh => "ZH",
        };
        let name = specs.releases().name(release);
        Ok(Self {
            named: [name[..1].to_owned(), name[1..].to_owned()],
            release,
            errors: most(&group),
            references: !below.is_empty(),
            line: text.map_or(70, |(format, _)| format.max as usize),
            lang,
        })
    }
}

/// The id of the group that `tag` begins.
fn trigger(model: &Model, tag: &str) -> Option<String> {
    let root = model.get(model.roots().first()?.of);
    group_of(model, root, tag)
}

fn trigger_below(model: &Model, group: &str, tag: &str) -> Option<String> {
    let name = format!("G_{group}");
    let of = model.types().iter().find(|of| *of.name == *name)?;
    group_of(model, of, tag)
}

/// The group right below `of` whose first segment is `tag`.
fn group_of(model: &Model, of: &crate::spec::model::Type, tag: &str) -> Option<String> {
    use crate::spec::model::{Particle, Role};
    fn nodes<'m>(particle: &'m Particle, all: &mut Vec<&'m crate::spec::model::Node>) {
        match particle {
            Particle::Node(node) => all.push(node),
            Particle::Sequence(parts) | Particle::All(parts) | Particle::Choice(parts) => {
                parts.iter().for_each(|part| nodes(part, all));
            }
            Particle::Repeat { of, .. } => nodes(of, all),
            Particle::Wildcard(_) => {}
        }
    }
    let Content::Children(particle) = &of.content else {
        return None;
    };
    let mut children = Vec::new();
    nodes(particle, &mut children);
    children
        .into_iter()
        .filter(|child| child.role == Role::Group)
        .find(|child| {
            let mut inside = Vec::new();
            if let Content::Children(particle) = &model.get(child.of).content {
                nodes(particle, &mut inside);
            }
            inside.first().is_some_and(|first| &*first.id == tag)
        })
        .map(|child| child.id.to_string())
}

struct Aperak<'a> {
    form: &'a Form,
    vouch: Vouch<'a>,
    out: edifact::Writer<Vec<u8>>,
    now: &'a super::Moment,
    findings: Vec<Finding>,
}

impl Aperak<'_> {
    fn message(
        &mut self,
        interchange: &Interchange,
        message: &Message,
        number: usize,
        reference: &str,
    ) -> Result<()> {
        let before = self.out.segments();
        let own = number.to_string();
        let [version, release] = &self.form.named;
        self.out
            .segment("UNH", &[&[&own], &["APERAK", version, release, "UN"]])?;
        let name = if self.is_code("1001", "313")? {
            "313"
        } else {
            ""
        };
        let document = format!("{reference}-{own}");
        self.out
            .segment("BGM", &[&[name], &[&document], &["27"], &["RE"]])?;
        let time = self.now.written("CCYYMMDDhhmm");
        self.out.segment("DTM", &[&["137", &time, "203"]])?;
        self.reference("ACW", &message.reference, None)?;
        self.reference("ALL", &interchange.reference, None)?;
        for note in message.rules.iter().take(self.form.errors) {
            self.error(message, note)?;
        }
        let count = (self.out.segments() - before + 1).to_string();
        self.out.segment("UNT", &[&[&count], &[&own]])
    }

    fn is_code(&self, element: &str, code: &str) -> Result<bool> {
        let list = CodeList::Directory(element.into());
        let codes = self.vouch.specs.code_set(&list, self.vouch.release, 4)?;
        Ok(codes.contains(code.as_bytes()))
    }

    /// RFF, where the value can be written.
    fn reference(&mut self, qualifier: &str, value: &str, line: Option<u64>) -> Result<()> {
        if value.is_empty() || !self.vouch.element("1154", value)? {
            return Ok(());
        }
        let line = line.filter(|line| *line <= 999_999);
        let line = line.map(|line| line.to_string()).unwrap_or_default();
        self.out.segment("RFF", &[&[qualifier, value, &line]])
    }

    /// A group of ERC: the rule, what it says, and where.
    fn error(&mut self, message: &Message, note: &Note) -> Result<()> {
        let rule = note.rule.as_deref().unwrap_or("");
        let code = self.short(rule)?;
        self.out.segment("ERC", &[&[&code]])?;
        let (text, lang) = match self.written(&note.text) {
            Some(text) => (text, self.form.lang),
            None => {
                let mut finding = Finding::new(Code::ACK_REWORDED, Default::default())
                    .with("charset", self.vouch.charset.name());
                finding.value = Some(Value::Text(note.text.as_str().into()));
                finding.rule = note.rule.clone();
                self.findings.push(finding);
                (self.reworded(&note.english), "EN")
            }
        };
        let rule = self.written(rule).unwrap_or_else(|| code.clone());
        self.text("AAO", &format!("{rule}: {text}"), lang)?;
        if self.form.references {
            self.reference("ACW", &message.reference, note.number)?;
            // The segment group begins with RFF: without one there is no place for a path.
            if !message.reference.is_empty()
                && self.vouch.element("1154", &message.reference)?
                && let Some(path) = self.path(&note.path)
            {
                self.text("ACB", &path, "")?;
            }
        }
        Ok(())
    }

    /// A rule's name within the eight characters of 9321: as it is, or a number made of it.
    fn short(&self, rule: &str) -> Result<String> {
        if !rule.is_empty() && self.vouch.element("9321", rule)? {
            return Ok(rule.to_owned());
        }
        let hash = rule.bytes().fold(0x811C_9DC5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        Ok(format!("R{:07}", hash % 10_000_000))
    }

    /// The text as the character set has it; level A has no small letters. `None` where it lacks
    /// characters.
    fn written(&self, text: &str) -> Option<String> {
        let text = match self.vouch.charset.name() {
            "UNOA" => text.to_uppercase(),
            _ => text.to_owned(),
        };
        self.vouch.writes(&text).then_some(text)
    }

    /// A path. Levels A and B have neither `_` nor brackets: there `G_SG2[3]/S_LOC` is
    /// `G.SG2(3)/S.LOC`.
    fn path(&self, path: &str) -> Option<String> {
        let plain = || path.replace('_', ".").replace('[', "(").replace(']', ")");
        let written = match self.vouch.writes(path) {
            true => Some(path.to_owned()),
            false => self.written(&plain()),
        };
        written.filter(|path| !path.is_empty())
    }

    /// The text with a full stop for each character that the set lacks.
    fn reworded(&self, text: &str) -> String {
        let each = text.chars().map(|c| {
            let one = self.written(c.encode_utf8(&mut [0; 4]));
            one.unwrap_or_else(|| ".".to_owned())
        });
        each.collect()
    }

    /// FTX: a text in lines, cut where they are full.
    fn text(&mut self, subject: &str, text: &str, lang: &str) -> Result<()> {
        let text = cut(text, self.form.line * LINES, false);
        let text = self.written(&text).unwrap_or_else(|| self.reworded(&text));
        let characters: Vec<char> = text.chars().collect();
        let lines: Vec<String> = characters
            .chunks(self.form.line)
            .take(LINES)
            .map(|line| line.iter().collect())
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let lang = if self.vouch.element("3453", lang)? {
            lang
        } else {
            ""
        };
        self.out
            .segment("FTX", &[&[subject], &[], &[], &lines, &[lang]])
    }
}

/// The path that was written so.
pub(super) fn path_read(text: &str) -> String {
    match text.as_bytes() {
        [b'G' | b'S' | b'C' | b'D', b'.', ..] => {
            text.replace('.', "_").replace('(', "[").replace(')', "]")
        }
        _ => text.to_owned(),
    }
}
