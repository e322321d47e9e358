//! Reading a document: quick-xml finds markup, this holds it to XML 1.0 and Namespaces in XML 1.0
//! and says what happens.

use quick_xml::events::Event;
use quick_xml::parser::{ElementParser, Parser};
use rustc_hash::FxHashMap;

use super::attributes::{self, Attribute, Entities, Fault};
use super::chars;
use super::input::{Input, Source};
use super::names::{NameId, Names, NamespaceId, XML, XMLNS};
use super::scene::{Scene, valued};
use crate::Result;
use crate::finding::tally::Tally;
use crate::finding::{Code, Finding, Sink, Syntax};
use crate::span::Span;

/// Bounds of reading, and what to read as.
#[derive(Clone, Debug)]
pub struct Options {
    /// The encoding, whatever the document says.
    pub(crate) charset: Option<&'static encoding_rs::Encoding>,
    /// Elements within each other at most. Default 1,000.
    pub depth: usize,
    /// Bytes of one tag, instruction or declaration at most. Default 8 MiB.
    pub markup: usize,
    /// At most so many findings of one code are sent; the rest are counted. Default 1,000.
    pub most_findings: u64,
    /// Whether findings carry the text around them.
    pub excerpts: bool,
    /// Whether a DTD may define entities of plain text, as some schemas do; nothing else of it is
    /// looked at.
    pub(crate) entities: bool,
    /// Bytes kept to compare identity constraints and references. Default 64 MiB.
    pub identity: usize,
    /// Whether documents are drafts: of one that lacks nothing but its signature (XML Signature) a hint
    /// says that it is to be signed, and no error. Default no.
    pub unsigned: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            charset: None,
            depth: 1000,
            markup: 8 << 20,
            most_findings: 1000,
            excerpts: false,
            entities: false,
            identity: 64 << 20,
            unsigned: false,
        }
    }
}

impl Options {
    /// The options with an encoding in force whatever the document says: a label of the WHATWG
    /// encoding standard, as `gb18030`. `None` where it is not known.
    #[must_use]
    pub fn with_charset(mut self, label: &str) -> Option<Self> {
        self.charset = Some(encoding_rs::Encoding::for_label(label.as_bytes())?);
        Some(self)
    }
}

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Elements.
    pub elements: u64,
    /// Bytes of input.
    pub bytes: u64,
    /// Findings of severity error.
    pub errors: u64,
    /// Findings of severity warning.
    pub warnings: u64,
    /// Findings of severity hint.
    pub hints: u64,
    /// Evaluations of rules that could not be made.
    pub not_evaluated: u64,
}

/// Prefixes in scope.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    bound: Vec<(Box<str>, NamespaceId)>,
}

impl Bindings {
    /// The namespace that `prefix` stands for; the empty prefix for names without one.
    pub(crate) fn find(&self, prefix: &str) -> Option<NamespaceId> {
        if prefix == "xml" {
            return Some(NamespaceId::XML);
        }
        let found = self
            .bound
            .iter()
            .rev()
            .find(|(bound, _)| **bound == *prefix);
        match found {
            Some((_, NamespaceId::NONE)) if !prefix.is_empty() => None,
            Some((_, namespace)) => Some(*namespace),
            None if prefix.is_empty() => Some(NamespaceId::NONE),
            None => None,
        }
    }

    /// Every prefix in scope, the innermost binding of each first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, NamespaceId)> {
        let own = std::iter::once(("xml", NamespaceId::XML));
        own.chain(
            self.bound
                .iter()
                .rev()
                .map(|(prefix, namespace)| (&**prefix, *namespace)),
        )
    }
}

/// A start tag, or an empty element.
pub struct Start<'t> {
    pub(crate) tag: &'t str,
    pub(crate) raw: &'t str,
    pub(crate) local: &'t str,
    pub(crate) id: NameId,
    pub(crate) namespace: NamespaceId,
    pub(crate) attributes: &'t [Attribute],
    pub(crate) values: &'t str,
    pub(crate) at: u64,
    pub(crate) names: &'t Names,
    pub(crate) bindings: &'t Bindings,
}

impl<'t> Start<'t> {
    /// The name as written, with its prefix.
    #[must_use]
    pub fn name(&self) -> &'t str {
        self.raw
    }

    /// The name without its prefix.
    #[must_use]
    pub fn local(&self) -> &'t str {
        self.local
    }

    /// The namespace; empty where there is none.
    #[must_use]
    pub fn namespace(&self) -> &'t str {
        self.names.uri(self.namespace)
    }

    /// Name as written and normalised value of each attribute, namespace declarations among them.
    pub fn attributes(&self) -> impl Iterator<Item = (&'t str, &'t str)> + '_ {
        let each = self.attributes.iter();
        each.map(|attribute| (self.attribute_name(attribute), self.value(attribute)))
    }

    /// Whether a prefix stands for a namespace here.
    pub(crate) fn is_bound(&self, prefix: &str, namespace: &str) -> bool {
        let bound = self.bindings.find(prefix);
        bound.is_some_and(|bound| self.names.uri(bound) == namespace)
    }

    /// Where the tag stands in the text, and its length.
    pub(crate) fn place(&self) -> (u64, u64) {
        (self.at, self.tag.len() as u64 + 2)
    }

    pub(crate) fn attribute_name(&self, attribute: &Attribute) -> &'t str {
        &self.tag[attribute.name.0 as usize..attribute.name.1 as usize]
    }

    pub(crate) fn value(&self, attribute: &Attribute) -> &'t str {
        match attribute.normalised {
            Some((start, end)) => &self.values[start as usize..end as usize],
            None => &self.tag[attribute.raw.0 as usize..attribute.raw.1 as usize],
        }
    }

    /// Offset of an attribute's value in the text.
    pub(crate) fn value_at(&self, attribute: &Attribute) -> u64 {
        self.at + 1 + u64::from(attribute.raw.0)
    }
}

/// What is told of a document, in its order.
pub trait Handler {
    /// An element begins. An empty element begins and ends.
    fn start(&mut self, start: &Start<'_>, scene: &mut Scene<'_, '_>);
    /// Text, with references resolved and line breaks as line feeds. Text between two tags may
    /// come in several pieces. `at` is its offset in the text, `len` its length there.
    fn text(&mut self, text: &str, at: u64, len: u64, scene: &mut Scene<'_, '_>);
    /// The innermost open element ends; `at` and `len` are those of its end tag.
    fn end(&mut self, at: u64, len: u64, scene: &mut Scene<'_, '_>);
    /// An element begins, behind whose start tag stands `rest`, as far as that was read; at most
    /// `deepest` more may be open inside. Gives how much of `rest` was looked at with it, up to its end
    /// tag, and how many elements that holds: nothing more is told of these. Where that is nothing, the
    /// element has only begun.
    fn whole(
        &mut self,
        start: &Start<'_>,
        rest: &str,
        deepest: usize,
        scene: &mut Scene<'_, '_>,
    ) -> (usize, u64) {
        let _ = (rest, deepest);
        self.start(start, scene);
        (0, 0)
    }
    /// An element without markup or references inside: it begins, holds `text`, which stands at
    /// `at`, and ends with the end tag at `end`.
    fn leaf(
        &mut self,
        start: &Start<'_>,
        text: &str,
        at: u64,
        end: u64,
        scene: &mut Scene<'_, '_>,
    ) {
        self.start(start, scene);
        if !text.is_empty() {
            self.text(text, at, text.len() as u64, scene);
        }
        self.end(end, start.name().len() as u64 + 3, scene);
    }
    /// A comment, or where it is long a piece of one; `last` with the last piece.
    fn comment(&mut self, _text: &str, _last: bool) {}
    /// A processing instruction.
    fn instruction(&mut self, _text: &str) {}
    /// The document ended, or what follows cannot be read.
    fn finish(&mut self, _complete: bool, _scene: &mut Scene<'_, '_>) {}
    /// What findings name as the type of the message, once it is known.
    fn message_type(&self) -> Option<Box<str>> {
        None
    }
}

/// Two that are told of a document, one after the other; the first names the type of the message.
pub(crate) struct Beside<'h, A, B>(pub(crate) &'h mut A, pub(crate) &'h mut B);

impl<A: Handler, B: Handler> Handler for Beside<'_, A, B> {
    fn start(&mut self, start: &Start<'_>, scene: &mut Scene<'_, '_>) {
        self.0.start(start, scene);
        self.1.start(start, scene);
    }

    fn text(&mut self, text: &str, at: u64, len: u64, scene: &mut Scene<'_, '_>) {
        self.0.text(text, at, len, scene);
        self.1.text(text, at, len, scene);
    }

    fn end(&mut self, at: u64, len: u64, scene: &mut Scene<'_, '_>) {
        self.0.end(at, len, scene);
        self.1.end(at, len, scene);
    }

    fn leaf(
        &mut self,
        start: &Start<'_>,
        text: &str,
        at: u64,
        end: u64,
        scene: &mut Scene<'_, '_>,
    ) {
        self.0.leaf(start, text, at, end, scene);
        self.1.leaf(start, text, at, end, scene);
    }

    fn comment(&mut self, text: &str, last: bool) {
        self.0.comment(text, last);
        self.1.comment(text, last);
    }

    fn instruction(&mut self, text: &str) {
        self.0.instruction(text);
        self.1.instruction(text);
    }

    fn finish(&mut self, complete: bool, scene: &mut Scene<'_, '_>) {
        self.0.finish(complete, scene);
        self.1.finish(complete, scene);
    }

    fn message_type(&self) -> Option<Box<str>> {
        self.0.message_type().or_else(|| self.1.message_type())
    }
}

/// A name resolved before.
struct Resolved {
    raw: Box<str>,
    /// Where its local part begins.
    local: u32,
    context: u32,
    id: NameId,
    namespace: NamespaceId,
    bound: bool,
    valid: bool,
}

/// Names remembered at most.
const MOST_NAMES: usize = 1 << 16;
const SLOTS: usize = 1 << 10;

/// Where markup was cut by the end of the window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Content,
    Comment,
    Section,
}

/// Reads documents.
pub(crate) struct Reader<'o> {
    options: &'o Options,
    names: Names,
    bindings: Bindings,
    /// Number of the bindings in force, the depth where they began, and how many there were before.
    contexts: Vec<(u32, usize, usize)>,
    known_contexts: FxHashMap<(u32, Box<str>), u32>,
    next_context: u32,
    context: u32,
    resolved: Vec<Resolved>,
    slots: Vec<u32>,
    /// The names of open elements, one after the other, and where each begins.
    open: String,
    open_at: Vec<u32>,
    attributes: Vec<Attribute>,
    values: String,
    faults: Vec<(usize, Fault)>,
    entities: Entities,
    elements: u64,
    had_root: bool,
    began: bool,
    inside: Inside,
    /// Whether reading cannot go on.
    fatal: bool,
    /// Bytes of the last window that were read.
    used: usize,
    message_type: Option<Box<str>>,
    said_looks_like: bool,
}

impl<'o> Reader<'o> {
    /// A reader whose names begin with those of `names`.
    pub(crate) fn new(names: Names, options: &'o Options) -> Self {
        Self {
            options,
            names,
            bindings: Bindings::default(),
            contexts: Vec::new(),
            known_contexts: FxHashMap::default(),
            next_context: 1,
            context: 0,
            resolved: Vec::new(),
            slots: vec![u32::MAX; SLOTS],
            open: String::new(),
            open_at: Vec::new(),
            attributes: Vec::new(),
            values: String::new(),
            faults: Vec::new(),
            entities: Entities::default(),
            elements: 0,
            had_root: false,
            began: false,
            inside: Inside::Content,
            fatal: false,
            used: 0,
            message_type: None,
            said_looks_like: false,
        }
    }

    /// Reads a document and tells `handler`.
    pub(crate) fn run(
        &mut self,
        source: Source<'_>,
        handler: &mut impl Handler,
        sink: &mut dyn Sink,
    ) -> Result<Counts> {
        let mut input = Input::new(source, self.options.charset)?;
        let mut tally = Tally::new(sink, self.options.most_findings, Syntax::Xml);
        input.more()?;
        self.encoding(&input, &mut tally);
        loop {
            self.characters(&mut input, &mut tally);
            let used = self.window(&input, handler, &mut tally);
            if self.fatal {
                self.used = used;
                break;
            }
            let (last, all) = (input.is_last(), used == input.text().len());
            input.consume(used);
            if last {
                if all || used == 0 {
                    break;
                }
                continue;
            }
            input.more()?;
        }
        self.finish(&mut input, handler, &mut tally)?;
        Ok(Counts {
            elements: self.elements,
            bytes: input.decoded(),
            errors: tally.errors,
            warnings: tally.warnings,
            hints: tally.hints,
            not_evaluated: tally.rules.not_evaluated,
        })
    }

    fn finish(
        &mut self,
        input: &mut Input<'_>,
        handler: &mut impl Handler,
        tally: &mut Tally<'_>,
    ) -> Result<()> {
        let end = input.base() + input.text().len() as u64;
        let open = self
            .open_at
            .last()
            .map(|at| self.open[*at as usize..].to_owned());
        let mut scene = self.scene(input, tally);
        if !self.fatal {
            match open {
                Some(open) => scene.report(Code::XML_UNCLOSED, end, 0, |finding| {
                    finding.with_content("element", &open)
                }),
                None if !self.had_root => {
                    scene.report(Code::XML_NO_ROOT, end, 0, |finding| finding)
                }
                None => {}
            }
        }
        let complete = !self.fatal && self.open_at.is_empty() && self.had_root;
        handler.finish(complete, &mut scene);
        let at = input.base() + self.used as u64;
        let place = input.locate(at);
        let start = input.original(at);
        let total = input.drain()?;
        if self.fatal && total > start && tally.count(Code::XML_UNREAD) {
            let mut finding = Finding::new(Code::XML_UNREAD, Span::new(start, total - start));
            finding = finding.with("count", total - start);
            finding.at = place;
            tally.send(finding);
        }
        let place = input.locate(u64::MAX);
        tally.finish(total, place);
        Ok(())
    }

    fn scene<'a, 's>(&'a self, input: &'a Input<'_>, tally: &'a mut Tally<'s>) -> Scene<'a, 's> {
        Scene {
            input,
            tally,
            excerpts: self.options.excerpts,
            message_type: &self.message_type,
            open: (&self.open, &self.open_at),
        }
    }

    /// What is to be said about the encoding.
    fn encoding(&mut self, input: &Input<'_>, tally: &mut Tally<'_>) {
        let Some(declared) = input.seen.declared.clone() else {
            return;
        };
        let at = input.text().find(&declared).unwrap_or(0) as u64;
        let mut scene = self.scene(input, tally);
        if input.seen.unknown {
            scene.about(Code::XML_UNKNOWN_ENCODING, at, &declared);
        } else if input.seen.mismatch {
            scene.report(
                Code::XML_ENCODING_MISMATCH,
                at,
                declared.len() as u64,
                |finding| valued(finding, &declared).with("found", input.encoding()),
            );
        }
    }

    /// What is to be said about single characters of the window.
    fn characters(&mut self, input: &mut Input<'_>, tally: &mut Tally<'_>) {
        if input.malformed.is_empty() && input.illegal.is_empty() {
            return;
        }
        let malformed = std::mem::take(&mut input.malformed);
        let illegal = std::mem::take(&mut input.illegal);
        for bad in &malformed {
            let shown: Vec<String> = bad.bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            let mut scene = self.scene(input, tally);
            scene.report(Code::XML_UNDECODABLE, bad.text, 3, |finding| {
                finding
                    .with("bytes", shown.join(" "))
                    .with("charset", input.encoding())
            });
        }
        for at in &illegal {
            let from = (*at - input.base()) as usize;
            let c = input.text()[from..].chars().next().unwrap_or_default();
            let mut scene = self.scene(input, tally);
            scene.report(
                Code::XML_ILLEGAL_CHARACTER,
                *at,
                c.len_utf8() as u64,
                |finding| finding.with("character", format_args!("U+{:04X}", u32::from(c))),
            );
        }
        if !malformed.is_empty() && !self.said_looks_like && input.encoding() == "UTF-8" {
            self.said_looks_like = true;
            let looks = malformed.iter().all(|bad| bad.bytes[0] >= 0x81);
            if looks {
                let mut scene = self.scene(input, tally);
                scene.report(Code::LOOKS_LIKE, malformed[0].text, 3, |finding| {
                    finding.with("charset", "gb18030").with("declared", "UTF-8")
                });
            }
        }
    }

    /// Reads what the window holds; gives how many bytes of it were read to their end.
    fn window(
        &mut self,
        input: &Input<'_>,
        handler: &mut impl Handler,
        tally: &mut Tally<'_>,
    ) -> usize {
        let text = input.text();
        let mut used = 0;
        loop {
            if self.inside != Inside::Content {
                let done = self.section(input, used, handler, tally);
                used = done.0;
                if !done.1 {
                    return used;
                }
            }
            used = self.content(input, used, handler, tally);
            if self.fatal {
                return used;
            }
            // Long comments and sections are read piece by piece.
            let rest = &text[used..];
            if rest.starts_with("<!--") {
                self.inside = Inside::Comment;
                used += 4;
            } else if rest.starts_with("<![CDATA[") {
                if self.open_at.is_empty() {
                    self.outside(input, used, "<![CDATA[", tally);
                }
                self.inside = Inside::Section;
                used += 9;
            } else {
                if rest.len() > self.options.markup {
                    self.fatal = true;
                    let limit = self.options.markup;
                    let mut scene = self.scene(input, tally);
                    let at = input.base() + used as u64;
                    scene.report(Code::XML_LIMIT, at, 0, |finding| {
                        finding.with("limit", limit).with("option", "markup")
                    });
                } else if input.is_last() && !rest.is_empty() {
                    self.unterminated(input, used, tally);
                }
                return used;
            }
        }
    }

    /// The document ends inside markup.
    fn unterminated(&mut self, input: &Input<'_>, used: usize, tally: &mut Tally<'_>) {
        let rest = &input.text()[used..];
        let at = input.base() + used as u64;
        self.fatal = true;
        let mut scene = self.scene(input, tally);
        if rest.starts_with('&') {
            let len = rest.len() as u64;
            scene.report(Code::XML_REFERENCE, at, len, |finding| valued(finding, "&"));
            return;
        }
        let expected = if rest.starts_with("<?") {
            "?>"
        } else if rest.starts_with("<!") && !rest.starts_with("<!D") {
            "<!--, <![CDATA["
        } else {
            ">"
        };
        let end = at + rest.len() as u64;
        scene.report(Code::XML_UNTERMINATED, end, 0, |finding| {
            finding.with("expected", expected)
        });
    }

    /// Reads a comment or a CDATA section that goes on at `used`; whether it ended.
    fn section(
        &mut self,
        input: &Input<'_>,
        mut used: usize,
        handler: &mut impl Handler,
        tally: &mut Tally<'_>,
    ) -> (usize, bool) {
        let comment = self.inside == Inside::Comment;
        let end = if comment { "--" } else { "]]>" };
        loop {
            let rest = &input.text()[used..];
            let at = input.base() + used as u64;
            let Some(len) = memchr::memmem::find(rest.as_bytes(), end.as_bytes()) else {
                break;
            };
            if !comment {
                self.emit_text(input, used, &rest[..len], handler, tally);
                self.inside = Inside::Content;
                return (used + len + 3, true);
            }
            if rest.len() < len + 3 && !input.is_last() {
                return (used + len, false);
            }
            if rest.as_bytes().get(len + 2) == Some(&b'>') {
                handler.comment(&rest[..len], true);
                self.inside = Inside::Content;
                return (used + len + 3, true);
            }
            let mut scene = self.scene(input, tally);
            scene.report(Code::XML_COMMENT, at + len as u64, 2, |finding| finding);
            // The second hyphen may begin the end.
            handler.comment(&rest[..len + 1], false);
            used += len + 1;
        }
        let rest = &input.text()[used..];
        if input.is_last() {
            self.fatal = true;
            let expected = if comment { "-->" } else { "]]>" };
            let at = input.base() + (used + rest.len()) as u64;
            let mut scene = self.scene(input, tally);
            scene.report(Code::XML_UNTERMINATED, at, 0, |finding| {
                finding.with("expected", expected)
            });
            return (used, false);
        }
        // What may be the beginning of the end stays in the window.
        let keep = rest.floor_char_boundary(rest.len().saturating_sub(2));
        let keep = keep - usize::from(rest[..keep].ends_with('\r'));
        if comment {
            handler.comment(&rest[..keep], false);
        } else {
            self.emit_text(input, used, &rest[..keep], handler, tally);
        }
        (used + keep, false)
    }

    /// Reads markup and text from `from` of the window on.
    fn content(
        &mut self,
        input: &Input<'_>,
        from: usize,
        handler: &mut impl Handler,
        tally: &mut Tally<'_>,
    ) -> usize {
        let window = &input.text()[from..];
        let bytes = window.as_bytes();
        let last = input.is_last();
        let mut at = 0;
        while !self.fatal && at < bytes.len() {
            let place = from + at;
            let rest = &bytes[at..];
            match rest {
                [b'<', b'/', ..] => {
                    let open = self.open_at.last().map_or(0, |at| *at as usize);
                    let open = &self.open.as_bytes()[open..];
                    let name = open.len();
                    let fits = !open.is_empty()
                        && rest.get(name + 2) == Some(&b'>')
                        && same(&rest[2..name + 2], open);
                    if fits {
                        let place = input.base() + place as u64;
                        handler.end(place, name as u64 + 3, &mut self.scene(input, tally));
                        self.close();
                        at += name + 3;
                    } else {
                        let Some(end) = memchr::memchr(b'>', rest) else {
                            return place;
                        };
                        self.end(input, place, &window[at + 2..at + end], handler, tally);
                        at += end + 1;
                    }
                }
                [b'<', b'!' | b'?', ..] | [b'<'] => {
                    let Some(len) = self.other(input, place, &window[at..], handler, tally) else {
                        return place;
                    };
                    at += len;
                }
                [b'<', ..] => {
                    let in_name =
                        |byte: &u8| !matches!(byte, b'>' | b' ' | b'/' | b'\n' | b'\t' | b'\r');
                    let name = 1 + rest[1..].iter().take_while(|byte| in_name(byte)).count();
                    let end = match rest.get(name) {
                        None => return place,
                        Some(b'>') => name,
                        Some(_) => match ElementParser::Outside.feed(&rest[name..]) {
                            Some(end) => name + end,
                            None => return place,
                        },
                    };
                    let empty = rest[end - 1] == b'/' && end > 1;
                    let tag = &window[at + 1..at + end - usize::from(empty)];
                    let raw = &tag[..(name - 1).min(tag.len())];
                    if !empty
                        && let Some(text) = leaf_text(&window[at + end + 1..], raw)
                        && self.is_plain(input, text)
                    {
                        self.leaf(input, place, tag, raw, text, handler, tally);
                        at += end + 1 + text.len() + raw.len() + 3;
                        continue;
                    }
                    at += end + 1;
                    let rest = (!empty).then(|| &window[at..]);
                    at += self.start(input, place, tag, raw, rest, handler, tally);
                }
                [b'&', ..] => {
                    let found = memchr::memchr3(b';', b'&', b'<', &rest[1..]);
                    match found {
                        Some(len) if rest[len + 1] == b';' => {
                            let text = &window[at..at + len + 2];
                            self.reference(input, place, text, handler, tally);
                            at += len + 2;
                        }
                        // A reference that the window cuts.
                        None if rest.len() < 512 && !last => return place,
                        _ => {
                            let mut scene = self.scene(input, tally);
                            let place = input.base() + place as u64;
                            scene.about(Code::XML_REFERENCE, place, "&");
                            at += 1;
                        }
                    }
                }
                _ => {
                    let len = memchr::memchr2(b'<', b'&', rest).unwrap_or(rest.len());
                    let text = &window[at..at + len];
                    if len == rest.len() && !last {
                        // Text goes on in the next window; what may be the beginning of
                        // something is kept back.
                        let keep = text.trim_end_matches([']', '\r']).len();
                        let keep = keep.max(text.floor_char_boundary(len.saturating_sub(2)));
                        self.text(input, place, &text[..keep], handler, tally);
                        return place + keep;
                    }
                    self.text(input, place, text, handler, tally);
                    at += len;
                }
            }
            self.began = true;
        }
        from + at
    }

    /// Reads what begins with `<!` or `<?`; gives its length, or `None` where it is cut or wrong.
    fn other(
        &mut self,
        input: &Input<'_>,
        place: usize,
        rest: &str,
        handler: &mut impl Handler,
        tally: &mut Tally<'_>,
    ) -> Option<usize> {
        let mut xml = quick_xml::Reader::from_str(rest);
        let event = xml.read_event();
        let len = xml.buffer_position() as usize;
        match event {
            Ok(Event::CData(_)) => {
                if self.open_at.is_empty() {
                    self.outside(input, place, "<![CDATA[", tally);
                }
                self.emit_text(input, place + 9, &rest[9..len - 3], handler, tally);
            }
            Ok(Event::Comment(_)) => {
                let text = &rest[4..len - 3];
                if text.contains("--") || text.ends_with('-') {
                    let dash = text.find("--").unwrap_or(text.len() - 1) + 4;
                    let place = input.base() + (place + dash) as u64;
                    let mut scene = self.scene(input, tally);
                    scene.report(Code::XML_COMMENT, place, 2, |finding| finding);
                }
                handler.comment(text, true);
            }
            Ok(Event::PI(_)) => self.instruction(input, place, &rest[..len], handler, tally),
            Ok(Event::Decl(_)) => self.declaration(input, place, &rest[..len], tally),
            Ok(Event::DocType(text)) if self.options.entities => {
                self.entities.define(&text.into_inner());
            }
            Ok(Event::DocType(_)) => {
                let place = input.base() + place as u64;
                let mut scene = self.scene(input, tally);
                scene.report(Code::XML_DOCTYPE, place, len as u64, |finding| finding);
            }
            _ => return None,
        }
        Some(len)
    }

    #[allow(clippy::too_many_arguments)]
    /// A start tag, behind which stands `rest` if it is not an empty element; gives how much of that
    /// was read with it.
    fn start(
        &mut self,
        input: &Input<'_>,
        place: usize,
        tag: &str,
        raw: &str,
        rest: Option<&str>,
        handler: &mut impl Handler,
        tally: &mut Tally<'_>,
    ) -> usize {
        let at = input.base() + place as u64;
        if self.open_at.is_empty() {
            if self.had_root {
                self.fatal = true;
                let mut scene = self.scene(input, tally);
                scene.report(Code::XML_SECOND_ROOT, at, tag.len() as u64 + 2, |finding| {
                    finding.with_content("element", raw)
                });
                return 0;
            }
            self.had_root = true;
        }
        if self.open_at.len() >= self.options.depth {
            self.fatal = true;
            let limit = self.options.depth;
            let mut scene = self.scene(input, tally);
            scene.report(Code::XML_LIMIT, at, 0, |finding| {
                finding.with("limit", limit).with("option", "depth")
            });
            return 0;
        }
        self.elements += 1;
        self.attributes.clear();
        if tag.len() > raw.len() {
            self.read_attributes(input, at, tag, raw.len(), tally);
        }
        let (id, namespace, local) = self.resolve(input, at + 1, raw, true, tally);
        self.open_at.push(self.open.len() as u32);
        self.open.push_str(raw);
        let mut read = (0, 0);
        {
            let start = Start {
                tag,
                raw,
                local: &raw[local as usize..],
                id,
                namespace,
                attributes: &self.attributes,
                values: &self.values,
                at,
                names: &self.names,
                bindings: &self.bindings,
            };
            let mut scene = Scene {
                input,
                tally,
                excerpts: self.options.excerpts,
                message_type: &self.message_type,
                open: (&self.open, &self.open_at),
            };
            // What is rare in text is looked for by those who read it piece by piece.
            match rest.filter(|_| !input.has_section_end) {
                Some(rest) => {
                    let deepest = self.options.depth - self.open_at.len();
                    read = handler.whole(&start, rest, deepest, &mut scene);
                }
                None => handler.start(&start, &mut scene),
            }
        }
        if self.open_at.len() == 1 {
            self.message_type = handler.message_type();
        }
        if rest.is_none() {
            let end = at + tag.len() as u64 + 3;
            handler.end(end, 0, &mut self.scene(input, tally));
            self.close();
        }
        if read.0 > 0 {
            self.elements += read.1;
            self.close();
        }
        read.0
    }

    /// Whether text inside an element is told as it stands.
    fn is_plain(&self, input: &Input<'_>, text: &str) -> bool {
        let room = !self.open_at.is_empty() && self.open_at.len() < self.options.depth;
        room && !(input.has_return && text.contains('\r'))
            && !(input.has_section_end && text.contains("]]>"))
    }

    /// An element that holds `text` and nothing else.
    #[allow(clippy::too_many_arguments)]
    fn leaf(
        &mut self,
        input: &Input<'_>,
        place: usize,
        tag: &str,
        raw: &str,
        text: &str,
        handler: &mut impl Handler,
        tally: &mut Tally<'_>,
    ) {
        let at = input.base() + place as u64;
        self.elements += 1;
        self.attributes.clear();
        if tag.len() > raw.len() {
            self.read_attributes(input, at, tag, raw.len(), tally);
        }
        let (id, namespace, local) = self.resolve(input, at + 1, raw, true, tally);
        let start = Start {
            tag,
            raw,
            local: &raw[local as usize..],
            id,
            namespace,
            attributes: &self.attributes,
            values: &self.values,
            at,
            names: &self.names,
            bindings: &self.bindings,
        };
        self.open_at.push(self.open.len() as u32);
        self.open.push_str(raw);
        let mut scene = Scene {
            input,
            tally,
            excerpts: self.options.excerpts,
            message_type: &self.message_type,
            open: (&self.open, &self.open_at),
        };
        let text_at = at + tag.len() as u64 + 2;
        let end = text_at + text.len() as u64;
        handler.leaf(&start, text, text_at, end, &mut scene);
        self.close();
    }

    /// The innermost element was ended.
    fn close(&mut self) {
        if let Some(at) = self.open_at.pop() {
            self.open.truncate(at as usize);
        }
        while let Some((before, depth, count)) = self.contexts.last().copied()
            && depth > self.open_at.len()
        {
            self.contexts.pop();
            self.context = before;
            self.bindings.bound.truncate(count);
        }
    }

    fn end(
        &mut self,
        input: &Input<'_>,
        place: usize,
        name: &str,
        handler: &mut impl Handler,
        tally: &mut Tally<'_>,
    ) {
        let at = input.base() + place as u64;
        let len = name.len() as u64 + 3;
        let Some(open) = self.open_at.last() else {
            self.fatal = true;
            let mut scene = self.scene(input, tally);
            return scene.about(Code::XML_UNEXPECTED_END, at + 2, name);
        };
        let open = &self.open[*open as usize..];
        if open != name && open != name.trim_end_matches([' ', '\t', '\n', '\r']) {
            self.fatal = true;
            let open = open.to_owned();
            let mut scene = self.scene(input, tally);
            scene.report(
                Code::XML_END_MISMATCH,
                at + 2,
                name.len() as u64,
                |finding| valued(finding, name).with_content("expected", &open),
            );
            return;
        }
        handler.end(at, len, &mut self.scene(input, tally));
        self.close();
    }

    /// Something that may stand only inside the root element.
    fn outside(&mut self, input: &Input<'_>, place: usize, what: &str, tally: &mut Tally<'_>) {
        let shown = &what[..what.floor_char_boundary(what.len().min(40))];
        let mut scene = self.scene(input, tally);
        scene.about(Code::XML_OUTSIDE_ROOT, input.base() + place as u64, shown);
        self.fatal = !self.had_root;
    }

    fn text(
        &mut self,
        input: &Input<'_>,
        place: usize,
        text: &str,
        handler: &mut impl Handler,
        tally: &mut Tally<'_>,
    ) {
        if text.is_empty() {
            return;
        }
        if input.has_section_end
            && let Some(found) = text.find("]]>")
        {
            let at = input.base() + (place + found) as u64;
            let mut scene = self.scene(input, tally);
            scene.report(Code::XML_CDATA_END, at, 3, |finding| finding);
        }
        if self.open_at.is_empty() {
            if !chars::is_blank(text) {
                let trimmed = chars::trim(text);
                let ahead = text.find(trimmed).unwrap_or(0);
                self.outside(input, place + ahead, trimmed, tally);
            }
            return;
        }
        self.emit_text(input, place, text, handler, tally);
    }

    fn emit_text(
        &mut self,
        input: &Input<'_>,
        place: usize,
        text: &str,
        handler: &mut impl Handler,
        tally: &mut Tally<'_>,
    ) {
        if self.open_at.is_empty() || text.is_empty() {
            return;
        }
        let at = input.base() + place as u64;
        let len = text.len() as u64;
        let mut scene = self.scene(input, tally);
        if input.has_return && text.contains('\r') {
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            handler.text(&text, at, len, &mut scene);
        } else {
            handler.text(text, at, len, &mut scene);
        }
    }

    fn reference(
        &mut self,
        input: &Input<'_>,
        place: usize,
        text: &str,
        handler: &mut impl Handler,
        tally: &mut Tally<'_>,
    ) {
        if self.open_at.is_empty() {
            return self.outside(input, place, text, tally);
        }
        let at = input.base() + place as u64;
        if let Some(value) = self.entities.find(text) {
            let value = value.to_owned();
            let len = text.len() as u64;
            return handler.text(&value, at, len, &mut self.scene(input, tally));
        }
        let (result, _) = attributes::reference(text);
        match result {
            Ok(c) => {
                let mut buffer = [0; 4];
                let len = text.len() as u64;
                handler.text(
                    c.encode_utf8(&mut buffer),
                    at,
                    len,
                    &mut self.scene(input, tally),
                );
            }
            Err(fault) => {
                self.fault(input, at, &fault, tally);
                // What cannot be resolved is text for those who read on.
                handler.text(text, at, text.len() as u64, &mut self.scene(input, tally));
            }
        }
    }

    fn instruction(
        &mut self,
        input: &Input<'_>,
        place: usize,
        text: &str,
        handler: &mut impl Handler,
        tally: &mut Tally<'_>,
    ) {
        let inner = &text[2..text.len() - 2];
        let end = inner.find([' ', '\t', '\n', '\r']).unwrap_or(inner.len());
        let target = &inner[..end];
        if !chars::is_ncname(target) || target.eq_ignore_ascii_case("xml") {
            let at = input.base() + place as u64 + 2;
            let mut scene = self.scene(input, tally);
            scene.about(Code::XML_TARGET, at, target);
        }
        handler.instruction(inner);
    }

    /// The XML declaration (production 23).
    fn declaration(&mut self, input: &Input<'_>, place: usize, text: &str, tally: &mut Tally<'_>) {
        let at = input.base() + place as u64;
        let len = text.len() as u64;
        let inner = &text[2..text.len() - 2];
        let (mut found, mut buffer, mut faults) = (Vec::new(), String::new(), Vec::new());
        attributes::scan(
            inner,
            3,
            &self.entities,
            &mut found,
            &mut buffer,
            &mut faults,
        );
        let part = |(start, end): (u32, u32)| &inner[start as usize..end as usize];
        let mut expected = ["version", "encoding", "standalone"].iter();
        let ordered = found.iter().all(|attribute| {
            expected.any(|name| *name == part(attribute.name))
                && match part(attribute.name) {
                    "standalone" => matches!(part(attribute.raw), "yes" | "no"),
                    "encoding" => {
                        let value = part(attribute.raw);
                        value.starts_with(|c: char| c.is_ascii_alphabetic())
                            && value
                                .chars()
                                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
                    }
                    _ => true,
                }
        });
        let version = found.first().filter(|first| part(first.name) == "version");
        let sound = place == 0 && input.base() == 0 && !self.began && faults.is_empty() && ordered;
        let mut scene = self.scene(input, tally);
        let Some(version) = version.filter(|_| sound) else {
            return scene.report(Code::XML_DECLARATION, at, len, |finding| finding);
        };
        let value = part(version.raw);
        if value != "1.0" {
            let known = value.strip_prefix("1.").is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
            });
            let code = if known {
                Code::XML_VERSION
            } else {
                Code::XML_DECLARATION
            };
            scene.about(code, at + 2 + u64::from(version.raw.0), value);
        }
    }

    #[cold]
    fn fault(&mut self, input: &Input<'_>, at: u64, fault: &Fault, tally: &mut Tally<'_>) {
        let mut scene = self.scene(input, tally);
        match fault {
            Fault::Space => scene.report(Code::XML_SPACE, at, 0, |finding| finding),
            Fault::Expected(what) => scene.report(Code::XML_TAG, at, 0, |finding| {
                finding.with("expected", what)
            }),
            Fault::LessThan => scene.report(Code::XML_LESS_THAN, at, 1, |finding| finding),
            Fault::Reference(text) => scene.about(Code::XML_REFERENCE, at, text),
            Fault::Entity(text) => scene.about(Code::XML_ENTITY, at, text),
            Fault::Character(text) => scene.about(Code::XML_CHARACTER_REFERENCE, at, text),
        }
    }

    /// Reads the attributes of a tag, takes in its namespace declarations and resolves the rest.
    fn read_attributes(
        &mut self,
        input: &Input<'_>,
        at: u64,
        tag: &str,
        from: usize,
        tally: &mut Tally<'_>,
    ) {
        self.values.clear();
        let mut attributes = std::mem::take(&mut self.attributes);
        let (values, faults) = (&mut self.values, &mut self.faults);
        attributes::scan(tag, from, &self.entities, &mut attributes, values, faults);
        for (place, fault) in std::mem::take(&mut self.faults) {
            self.fault(input, at + 1 + place as u64, &fault, tally);
        }
        self.declare(input, at, tag, &mut attributes, tally);
        for attribute in attributes
            .iter_mut()
            .filter(|attribute| !attribute.declares)
        {
            let (start, end) = attribute.name;
            let raw = &tag[start as usize..end as usize];
            let place = at + 1 + u64::from(start);
            attribute.id = self.resolve(input, place, raw, false, tally).0;
        }
        self.duplicates(input, at, tag, &attributes, tally);
        self.attributes = attributes;
    }

    /// Takes in the namespace declarations among the attributes.
    fn declare(
        &mut self,
        input: &Input<'_>,
        at: u64,
        tag: &str,
        attributes: &mut [Attribute],
        tally: &mut Tally<'_>,
    ) {
        let before = (
            self.context,
            self.open_at.len() + 1,
            self.bindings.bound.len(),
        );
        let mut key = String::new();
        for attribute in attributes {
            let (start, end) = attribute.name;
            let Some(rest) = tag[start as usize..end as usize].strip_prefix("xmlns") else {
                continue;
            };
            let prefix = match rest.strip_prefix(':') {
                Some(prefix) => prefix,
                None if rest.is_empty() => "",
                None => continue,
            };
            attribute.declares = true;
            let uri = match attribute.normalised {
                Some((start, end)) => &self.values[start as usize..end as usize],
                None => &tag[attribute.raw.0 as usize..attribute.raw.1 as usize],
            };
            let fixed = match (prefix, uri) {
                ("xml", XML) => false,
                ("xml" | "xmlns", _) | (_, XML | XMLNS) => true,
                (prefix, "") => !prefix.is_empty(),
                _ => false,
            };
            if fixed || rest.starts_with(':') && !chars::is_ncname(prefix) {
                let (prefix, uri) = (prefix.to_owned(), uri.to_owned());
                let place = at + 1 + u64::from(attribute.raw.0);
                let mut scene = self.scene(input, tally);
                scene.report(Code::XML_NAMESPACE, place, uri.len() as u64, |finding| {
                    valued(finding, &uri).with_content("prefix", &prefix)
                });
                continue;
            }
            key.push_str(prefix);
            key.push('=');
            key.push_str(uri);
            key.push(' ');
            let namespace = self.names.namespace(uri);
            self.bindings.bound.push((prefix.into(), namespace));
        }
        if self.bindings.bound.len() == before.2 {
            return;
        }
        self.contexts.push(before);
        let key = (self.context, key.into_boxed_str());
        self.context = match self.known_contexts.get(&key) {
            Some(context) => *context,
            None => {
                let context = self.next_context;
                self.next_context += 1;
                if self.known_contexts.len() >= MOST_NAMES {
                    self.known_contexts.clear();
                }
                self.known_contexts.insert(key, context);
                context
            }
        };
    }

    /// Finds attributes whose name another one of the tag has.
    fn duplicates(
        &mut self,
        input: &Input<'_>,
        at: u64,
        tag: &str,
        attributes: &[Attribute],
        tally: &mut Tally<'_>,
    ) {
        let raw =
            |attribute: &Attribute| &tag[attribute.name.0 as usize..attribute.name.1 as usize];
        let mut report = |attribute: &Attribute| {
            let mut scene = self.scene(input, tally);
            let place = at + 1 + u64::from(attribute.name.0);
            scene.about(Code::XML_DUPLICATE_ATTRIBUTE, place, raw(attribute));
        };
        let same = |a: &Attribute, b: &Attribute| {
            raw(a) == raw(b) || a.id == b.id && a.id != NameId::OTHER && !a.declares && !b.declares
        };
        if attributes.len() <= 16 {
            for (place, attribute) in attributes.iter().enumerate().skip(1) {
                if attributes[..place]
                    .iter()
                    .any(|other| same(other, attribute))
                {
                    report(attribute);
                }
            }
            return;
        }
        let mut raws = std::collections::HashSet::new();
        let mut ids = std::collections::HashSet::new();
        for attribute in attributes {
            let known = !attribute.declares && attribute.id != NameId::OTHER;
            if !raws.insert(raw(attribute)) || known && !ids.insert(attribute.id) {
                report(attribute);
            }
        }
    }

    /// The expanded name of a name as written.
    fn resolve(
        &mut self,
        input: &Input<'_>,
        at: u64,
        raw: &str,
        element: bool,
        tally: &mut Tally<'_>,
    ) -> (NameId, NamespaceId, u32) {
        // Attributes without prefix are in no namespace, whatever the context.
        let prefixed = memchr::memchr(b':', raw.as_bytes()).is_some();
        let context = if element || prefixed {
            self.context
        } else {
            u32::MAX
        };
        let slot = slot(raw, context);
        if let Some(known) = self.resolved.get(self.slots[slot] as usize)
            && known.context == context
            && same(known.raw.as_bytes(), raw.as_bytes())
        {
            let found = (known.id, known.namespace, known.local);
            if !known.valid || !known.bound {
                let (valid, bound) = (known.valid, known.bound);
                self.complain(input, at, raw, valid, bound, tally);
            }
            return found;
        }
        let valid = chars::is_qname(raw);
        let (prefix, local) = raw.split_once(':').unwrap_or(("", raw));
        let namespace = if prefix.is_empty() && !element {
            Some(NamespaceId::NONE)
        } else {
            self.bindings.find(prefix)
        };
        let bound = namespace.is_some();
        let namespace = namespace.unwrap_or(NamespaceId::NONE);
        let id = self.names.name(namespace, local);
        if !valid || !bound {
            self.complain(input, at, raw, valid, bound, tally);
        }
        if self.resolved.len() >= MOST_NAMES {
            self.resolved.clear();
            self.slots.fill(u32::MAX);
        }
        self.slots[slot] = self.resolved.len() as u32;
        let local = (raw.len() - local.len()) as u32;
        self.resolved.push(Resolved {
            raw: raw.into(),
            local,
            context,
            id,
            namespace,
            bound,
            valid,
        });
        (id, namespace, local)
    }

    #[cold]
    fn complain(
        &mut self,
        input: &Input<'_>,
        at: u64,
        raw: &str,
        valid: bool,
        bound: bool,
        tally: &mut Tally<'_>,
    ) {
        let mut scene = self.scene(input, tally);
        if !valid {
            scene.about(Code::XML_NAME, at, raw);
        } else if !bound {
            let prefix = raw.split_once(':').map_or("", |(prefix, _)| prefix);
            scene.report(
                Code::XML_UNDECLARED_PREFIX,
                at,
                raw.len() as u64,
                |finding| valued(finding, raw).with_content("prefix", prefix),
            );
        }
    }
}

/// The text in front of an element's end tag, where nothing else stands before that.
#[inline]
fn leaf_text<'t>(rest: &'t str, raw: &str) -> Option<&'t str> {
    let bytes = rest.as_bytes();
    let len = memchr::memchr2(b'<', b'&', bytes)?;
    let end = bytes.get(len..len + raw.len() + 3)?;
    let fits = end[0] == b'<'
        && end[1] == b'/'
        && end[raw.len() + 2] == b'>'
        && same(&end[2..raw.len() + 2], raw.as_bytes());
    fits.then(|| &rest[..len])
}

/// Whether two names are the same: they are short, and a call would cost more.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    fn word(bytes: &[u8]) -> u64 {
        bytes.try_into().map_or(0, u64::from_ne_bytes)
    }
    if a.len() != b.len() {
        return false;
    }
    if a.len() < 8 {
        return a.iter().zip(b).all(|(a, b)| a == b);
    }
    let tail = a.len() - 8;
    a.chunks_exact(8)
        .zip(b.chunks_exact(8))
        .all(|(a, b)| word(a) == word(b))
        && word(&a[tail..]) == word(&b[tail..])
}

fn slot(raw: &str, context: u32) -> usize {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = rustc_hash::FxBuildHasher.build_hasher();
    hasher.write(raw.as_bytes());
    hasher.write_u32(context);
    (hasher.finish() >> 20) as usize & (SLOTS - 1)
}
