//! Runs a program while the events of its source come: when a message is whole, or whenever a group
//! of the loop that streams is.

use std::collections::HashMap;
use std::io::Write;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::emit::{Emitter, Out, Trail};
use super::exec::{Frame, Work};
use super::gather::Gather;
use super::page::{Page, Shapes, Tags};
use super::program::{Class, EachOp, Op, Program, Source};
use super::side::{Of, Side};
use super::spool::Shared;
use super::{Outputs, Params, Settings, Trace};
use crate::Result;
use crate::charset::Charset;
use crate::convert::buffer::Buffer;
use crate::convert::{Converter, Format};
use crate::expr::{Mark, NodeId, Spot};
use crate::finding::{Code, Finding};
use crate::spec::model::Label;
use crate::xml::Along;

/// At most so many paths are named of those that are left out for one reason.
const SHOWN: usize = 4;

/// A run over one input.
pub(super) struct Run<'r, 'o> {
    pub(super) work: Work<'r>,
    pub(super) program: &'r Program,
    settings: &'r Settings,
    params: &'r Params,
    outputs: &'r mut dyn Outputs<'o>,
    converter: &'r Converter,
    format: Format,
    emitter: Option<Emitter<'r>>,
    /// Of a target in XML its tags, and memory for the next document.
    tags: Option<Rc<Tags>>,
    buffer: Option<Buffer>,
    shapes: Shapes,
    /// Holds documents against the schema of the settings.
    along: Option<Box<Along<'r>>>,
    documents: u64,
    pub(super) messages: u64,
    /// The frames of the program that stay for the message.
    bodies: Vec<Frame<'r>>,
    stream: Option<Stream<'r>>,
    trace: Option<&'r mut dyn FnMut(Trace)>,
    /// Where values came from whose facts are given back, by the nodes they were written to.
    paths: HashMap<u32, Box<str>>,
    /// What nothing read, by the wanted node: how many, and where the first stands.
    unread: FxHashMap<u32, (u64, Spot, Box<str>)>,
    chain: Vec<u32>,
}

/// The loop that streams.
struct Stream<'r> {
    each: &'r EachOp,
    early: &'r [bool],
    at: usize,
    spools: bool,
    begun: bool,
    number: i64,
    parent: u32,
    spool: Option<Shared>,
}

impl<'r, 'o: 'r> Run<'r, 'o> {
    #[allow(clippy::too_many_arguments, reason = "what a run is made of")]
    pub(super) fn new(
        work: Work<'r>,
        program: &'r Program,
        settings: &'r Settings,
        params: &'r Params,
        outputs: &'r mut dyn Outputs<'o>,
        converter: &'r Converter,
        format: Format,
        trace: Option<&'r mut dyn FnMut(Trace)>,
    ) -> Self {
        let stream = match &program.class {
            Class::Streams {
                each,
                early,
                spools,
            } => match &program.body.ops[*each] {
                Op::Each(op) => Some(Stream {
                    each: op,
                    early,
                    at: *each,
                    spools: *spools,
                    begun: false,
                    number: 0,
                    parent: 0,
                    spool: None,
                }),
                _ => None,
            },
            Class::Whole(_) => None,
        };
        let mut run = Self {
            work,
            program,
            settings,
            params,
            outputs,
            converter,
            format,
            emitter: None,
            tags: None,
            buffer: None,
            shapes: Shapes::default(),
            along: settings
                .wants
                .as_ref()
                .map(|wants| Along::new(wants).into()),
            documents: 0,
            messages: 0,
            bodies: Vec::new(),
            stream,
            trace,
            paths: HashMap::new(),
            unread: FxHashMap::default(),
            chain: Vec::new(),
        };
        if run.stream.is_some() {
            run.work.facts.tells_added();
        }
        run.work.origins = run.trace.is_some().then(Vec::new);
        run
    }

    /// The wanted node whose groups run by themselves.
    pub(super) fn streams(&self) -> Option<u32> {
        self.stream.as_ref().map(|stream| stream.each.from.node)
    }

    /// A message begins, its facts below `root`.
    pub(super) fn begin(&mut self, root: NodeId) {
        self.messages += 1;
        self.work.root = Some(root);
        let params = self.params.of_message(self.messages);
        self.work.now = self.settings.now.clone();
        self.work.charset = self.charset(&params);
        self.bodies = self.work.begin(params);
        self.paths.clear();
        if let Some(stream) = &mut self.stream {
            (stream.begun, stream.number) = (false, 0);
            stream.spool = stream.spools.then(Shared::default);
        }
    }

    /// The character set of what is written; `None`: it has all characters.
    fn charset(&self, params: &[Box<str>]) -> Option<Charset> {
        let Of::Edifact { .. } = &self.program.target.of else {
            return self.settings.charset;
        };
        let usual = || Charset::for_label("UNOC");
        let found = self.program.body.ops.iter().find_map(|op| match op {
            Op::Row(row) => {
                let path = self.program.target.path(*row.fields.first()?);
                (path == "S_UNB/C_S001/D_0001").then_some(&row.from)
            }
            _ => None,
        });
        let named = match found {
            Some(Source::Text(text)) => Charset::for_label(text),
            Some(Source::Param(at)) => Charset::for_label(&params[*at]),
            _ => None,
        };
        self.settings.charset.or(named).or_else(usual)
    }

    fn emitter(&mut self) -> Result<&mut Emitter<'r>> {
        if self.emitter.is_none() {
            self.documents += 1;
            let out: Box<dyn Write + 'r> = self.outputs.next(self.documents)?;
            let side: &'r Side = &self.program.target;
            let plain = matches!(side.of, Of::Xml(_))
                && self.format == Format::Xml
                && self.settings.charset.is_none()
                && self.trace.is_none();
            let out = match plain {
                true => {
                    let tags = self.tags.get_or_insert_with(|| Rc::new(Tags::of(side)));
                    let buffer = self.buffer.take().unwrap_or_else(Buffer::new);
                    let along = self.along.take();
                    let shapes = std::mem::take(&mut self.shapes);
                    let page = Page::new(side, tags.clone(), out, buffer, along, shapes);
                    Out::Page(Box::new(page))
                }
                false => Out::Events(self.converter.writer(self.format, out)?),
            };
            let mut emitter = Emitter::new(side, out);
            emitter.trail = self.trace.is_some().then(Trail::default);
            self.emitter = Some(emitter);
        }
        Ok(self.emitter.as_mut().expect("just made"))
    }

    /// Does what can be done before the groups of the loop that streams.
    fn begin_stream(&mut self) -> Result<()> {
        let (Some(root), Some(stream)) = (self.work.root, &mut self.stream) else {
            return Ok(());
        };
        stream.begun = true;
        for (at, op) in self.program.body.ops.iter().enumerate() {
            if stream.early[at] {
                self.work.op(op, &mut self.bodies, root);
            }
        }
        stream.parent = self.work.slot(&mut self.bodies, 0, stream.each.parent);
        self.chain.clear();
        let mut at = stream.parent;
        self.chain.push(at);
        while at != 0 {
            at = self.work.tree.get(at).parent;
            self.chain.push(at);
        }
        self.chain.reverse();
        let spools = stream.spools;
        if !spools {
            self.open()?;
        }
        Ok(())
    }

    fn open(&mut self) -> Result<()> {
        let Some(stream) = &self.stream else {
            return Ok(());
        };
        let field = stream.each.field;
        self.envelope();
        let chain = std::mem::take(&mut self.chain);
        self.emitter()?;
        let emitter = self.emitter.as_mut().expect("just made");
        emitter.open(&mut self.work.tree, &chain, field)?;
        self.chain = chain;
        self.told_by_writer();
        self.traced();
        Ok(())
    }

    /// A group of the loop that streams is whole; its facts begin at `mark`.
    pub(super) fn unit(&mut self, node: NodeId, mark: Mark, count: usize) -> Result<()> {
        self.work.see();
        if self.stream.as_ref().is_some_and(|stream| !stream.begun) {
            self.begin_stream()?;
        }
        self.work.unit = Some(count as u32);
        let Some(stream) = &mut self.stream else {
            return Ok(());
        };
        let scope = self.work.facts.parent(node).unwrap_or(node);
        let tree_mark = self.work.tree.mark();
        let last = self.work.tree.last_child(stream.parent);
        let mut course = None;
        if self.work.chooses(&stream.each.from, node, scope) {
            let mut number = stream.number;
            let (each, bodies) = (stream.each, &mut self.bodies);
            course = (self.work).streamed(each, (node, mark), bodies, &mut number);
            stream.number = number;
        }
        let parent = stream.parent;
        if self.work.tree.len() > tree_mark.0 && self.work.full.is_none() {
            let at = tree_mark.0 as u32;
            let spool = stream.spool.clone();
            self.emitter()?;
            let emitter = self.emitter.as_mut().expect("just made");
            match spool {
                Some(spool) => {
                    if let Some(trail) = &mut emitter.trail {
                        let tree = &self.work.tree;
                        trail.stand_in(self.chain.iter().map(|at| tree.get(*at).field));
                    }
                    let real = std::mem::replace(&mut emitter.out, Out::Spool(spool));
                    let written = emitter.whole(&mut self.work.tree, at);
                    emitter.out = real;
                    written?;
                }
                None => emitter.unit(&mut self.work.tree, at)?,
            }
            self.told_by_writer();
            self.traced();
        }
        self.settle(tree_mark.0, count);
        self.work.tree.release(tree_mark, parent, last);
        self.work.forget_unit();
        match course {
            Some(course) => {
                for (node, kind) in self.work.left_of(course) {
                    count_unread(&mut self.unread, &self.work, node, kind);
                }
            }
            None => self.left(count),
        }
        self.work.facts.release(mark);
        self.work.read.truncate(count);
        self.work.unit = None;
        Ok(())
    }

    /// Keeps where those values came from that a group wrote outside itself: nodes from `node` on, and
    /// facts from `count` on, are given back.
    fn settle(&mut self, node: usize, count: usize) {
        let Some(mut origins) = self.work.origins.take() else {
            return;
        };
        origins.retain(|origin| (origin.node as usize) < node);
        for origin in &mut origins {
            if let Some(fact) = origin.fact.filter(|fact| fact.index() >= count) {
                self.paths
                    .insert(origin.node, self.work.path_of(fact).into());
                origin.fact = None;
            }
        }
        self.work.origins = Some(origins);
    }

    /// A message is whole; its facts begin at `count`.
    pub(super) fn end(&mut self, count: usize) -> Result<()> {
        self.work.see();
        let Some(root) = self.work.root else {
            return Ok(());
        };
        if self.stream.is_some() {
            if self.stream.as_ref().is_some_and(|stream| !stream.begun) {
                self.begin_stream()?;
            }
            for (at, op) in self.program.body.ops.iter().enumerate() {
                let late = self
                    .stream
                    .as_ref()
                    .is_some_and(|stream| at != stream.at && !stream.early[at]);
                if late {
                    self.work.op(op, &mut self.bodies, root);
                }
            }
        } else {
            self.work
                .run(&self.program.body.ops, &mut self.bodies, root);
        }
        if self.work.full.is_some() {
            return self.give_up();
        }
        if self.stream.is_some() {
            self.replay()?;
        } else {
            self.envelope();
            self.emitter()?;
        }
        self.finish_message()?;
        self.left(count);
        self.work.root = None;
        Ok(())
    }

    /// Writes what was spooled, behind what stands before it.
    fn replay(&mut self) -> Result<()> {
        let spool = self.stream.as_mut().and_then(|stream| stream.spool.take());
        if let Some(spool) = spool {
            let trail = self
                .emitter
                .as_mut()
                .and_then(|emitter| emitter.trail.as_mut());
            if let Some(trail) = trail {
                trail.stand_out();
            }
            self.open()?;
            let emitter = self.emitter.as_mut().expect("just opened");
            spool.replay(&mut emitter.out)?;
        }
        Ok(())
    }

    /// Writes what is left of a message, and what ends it.
    fn finish_message(&mut self) -> Result<()> {
        // Where none could be made before, that error is on its way.
        let Some(emitter) = &mut self.emitter else {
            return Ok(());
        };
        emitter.close(&mut self.work.tree)?;
        emitter.reset();
        if !self.program.target.is_edifact() {
            emitter.end_document()?;
            emitter.out.finish()?;
            self.told_by_writer();
            self.traced();
            if let Some(Out::Page(page)) = self.emitter.take().map(|emitter| emitter.out) {
                let (buffer, along, shapes) = page.into_parts();
                self.shapes = shapes;
                if along.as_ref().is_some_and(|along| along.is_whole()) {
                    self.outputs.fits(self.documents);
                }
                (self.buffer, self.along) = (Some(buffer), along);
            }
        } else {
            self.told_by_writer();
            self.traced();
        }
        Ok(())
    }

    /// An interchange ends: so does what is written of it.
    pub(super) fn end_interchange(&mut self) -> Result<()> {
        if let Some(emitter) = &mut self.emitter {
            emitter.finish()?;
            emitter.out.finish()?;
            self.told_by_writer();
            self.emitter = None;
        }
        Ok(())
    }

    /// Puts the header and trailer of a message of UN/EDIFACT where rows have not.
    fn envelope(&mut self) {
        for field in &self.program.counting {
            let tree = &mut self.work.tree;
            if tree.child(0, *field, 0).is_none() {
                tree.add(0, *field, 0);
            }
        }
        let Of::Edifact {
            message, release, ..
        } = &self.program.target.of
        else {
            return;
        };
        let Some(fields) = &self.program.envelope else {
            return;
        };
        let tree = &mut self.work.tree;
        let header = tree
            .child(0, fields.header, 0)
            .unwrap_or_else(|| tree.add(0, fields.header, 0));
        let mut put = |parent: u32, field: u32, text: &str| {
            let at = tree
                .child(parent, field, 0)
                .unwrap_or_else(|| tree.add(parent, field, 0));
            match tree.text(at) {
                Some(held) => held.to_owned(),
                None => {
                    tree.set_text(at, text);
                    text.to_owned()
                }
            }
        };
        let reference = put(header, fields.reference, &self.messages.to_string());
        let identifier = match self.work.tree.child(header, fields.identifier, 0) {
            Some(at) => at,
            None => self.work.tree.add(header, fields.identifier, 0),
        };
        let (version, number) = release.split_at(release.len().min(1));
        let parts = [&**message, version, number, "UN"];
        for (field, text) in fields.parts.iter().zip(parts) {
            let tree = &mut self.work.tree;
            if tree.child(identifier, *field, 0).is_none() {
                let at = tree.add(identifier, *field, 0);
                tree.set_text(at, text);
            }
        }
        let tree = &mut self.work.tree;
        let trailer = tree.add(0, fields.trailer, 0);
        for (field, text) in [(fields.count, "0"), (fields.reference_again, &*reference)] {
            let at = tree.add(trailer, field, 0);
            tree.set_text(at, text);
        }
    }

    /// What the writer could not write goes to the findings.
    fn told_by_writer(&mut self) {
        let Some(emitter) = &mut self.emitter else {
            return;
        };
        if emitter.out.faults().is_empty() {
            return;
        }
        let spot = self
            .work
            .root
            .map_or(Spot::default(), |root| self.work.facts.spot(root));
        for mut finding in std::mem::take(emitter.out.faults()) {
            // A character that the set lacks was told where it came from.
            if finding.code == Code::CONVERT_CHARACTER {
                continue;
            }
            (finding.span, finding.at) = (spot.span, spot.at);
            self.work.outbox.tell(finding);
        }
    }

    fn traced(&mut self) {
        let (Some(trace), Some(emitter)) = (&mut self.trace, &mut self.emitter) else {
            return;
        };
        let Some(trail) = &mut emitter.trail else {
            return;
        };
        let origins = self.work.origins.as_deref().unwrap_or_default();
        let by_node: HashMap<u32, _> = origins.iter().map(|of| (of.node, of)).collect();
        for (node, path) in std::mem::take(&mut trail.paths) {
            let Some(origin) = by_node.get(&node) else {
                continue;
            };
            trace(Trace {
                message: self.messages,
                target: path.into(),
                source: match origin.fact {
                    Some(fact) => Some(self.work.path_of(fact).into()),
                    None => self.paths.get(&node).cloned(),
                },
                span: origin.spot.span,
                at: origin.spot.at,
                line: origin.line,
            });
        }
    }

    /// Counts the values that no row has read.
    fn left(&mut self, from: usize) {
        for (at, read) in self.work.read.iter().enumerate().skip(from) {
            let node = NodeId::at(at);
            if *read || !self.work.facts.has_text(node) {
                continue;
            }
            count_unread(&mut self.unread, &self.work, node, self.work.kind(node));
        }
    }

    /// Says what was not carried: once for each path, with how many values there were.
    pub(super) fn report(&mut self, gather: &Gather) {
        let mut all: Vec<(String, u64, Spot, Box<str>)> = Vec::new();
        for (kind, (count, spot, value)) in std::mem::take(&mut self.unread) {
            let field = self.program.wanted.nodes[kind as usize].field;
            all.push((self.program.source.path(field), count, spot, value));
        }
        all.extend(gather.unread.all(self.program));
        // What is counted when it is written is made anew, as the header of a message.
        let source = &self.program.source;
        let counted = |path: &str| {
            let mut fields = (0..source.fields.len() as u32).map(|at| (at, source.get(at)));
            fields.any(|(at, field)| {
                field.value.as_ref().is_some_and(|value| value.counts) && source.path(at) == *path
            })
        };
        all.retain(|(path, ..)| !path.starts_with("S_UNH/") && !counted(path));
        all.sort_by(|a, b| (a.2.span.start, &a.0).cmp(&(b.2.span.start, &b.0)));
        // What is left out for one reason is one finding, whatever stands below the declared paths.
        struct LeftOut {
            of: usize,
            finding: Finding,
            paths: Vec<String>,
            count: u64,
        }
        let mut left_out: Vec<LeftOut> = Vec::new();
        for (path, count, spot, value) in all {
            let uncarried = &self.program.uncarried;
            let known = uncarried.iter().position(|(field, _)| {
                let declared = self.program.source.path(*field);
                path.strip_prefix(&declared)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            let each = self.settings.each_left_out;
            if let Some(known) = known.filter(|_| !each) {
                let (field, reason) = &uncarried[known];
                let told = left_out
                    .iter_mut()
                    .find(|told| uncarried[told.of].1 == *reason);
                if let Some(told) = told {
                    let declared = self.program.source.path(*field);
                    if !told.paths.contains(&declared) {
                        told.paths.push(declared);
                    }
                    told.count += count;
                    continue;
                }
            }
            let code = match known {
                Some(_) => Code::MAP_LEFT_OUT,
                None => Code::MAP_NOT_CARRIED,
            };
            let mut finding = Finding::new(code, spot.span);
            finding.at = spot.at;
            finding.place.path = Some(path.as_str().into());
            finding.place.message_type = Some(self.program.source.name.clone());
            finding.value = Some(crate::finding::Value::Text(value));
            let Some(of) = known else {
                let finding = finding.with("path", path).with("count", count);
                self.work.outbox.tell(finding);
                continue;
            };
            let (field, reason) = &uncarried[of];
            let (en, zh) = reasons(reason);
            left_out.push(LeftOut {
                of,
                finding: finding.with("reason", en).with("reason_zh", zh),
                paths: vec![match each {
                    true => path,
                    false => self.program.source.path(*field),
                }],
                count,
            });
        }
        for told in left_out {
            // The list is in the map: a few names are enough here.
            let mut paths = told.paths.iter().take(SHOWN).cloned().collect::<Vec<_>>();
            if told.paths.len() > SHOWN {
                paths.push("…".to_owned());
            }
            let finding = told.finding.with("path", paths.join(", "));
            self.work.outbox.tell(finding.with("count", told.count));
        }
    }

    /// So many bytes of the message were read: whether the facts take more than they may.
    pub(super) fn is_full(&mut self, read: u64, spot: Spot) -> bool {
        let work = &mut self.work;
        work.limit = self.settings.limit(read);
        if work.full.is_none() && work.facts.bytes() + work.tree.bytes() > work.limit {
            work.full = Some(spot);
        }
        work.full.is_some()
    }

    /// The message takes more memory than it may: what of it is written already is closed.
    pub(super) fn give_up(&mut self) -> Result<()> {
        let spot = self.work.full.unwrap_or_default();
        let mut finding = Finding::new(Code::MAP_MEMORY, spot.span);
        finding.at = spot.at;
        finding.place.message_type = Some(self.program.source.name.clone());
        let finding = finding.with("limit", self.work.limit);
        self.work.outbox.tell(finding);
        if self.stream.as_ref().is_some_and(|stream| stream.begun) {
            self.replay()?;
            self.finish_message()?;
        }
        self.work.root = None;
        Ok(())
    }
}

/// Counts a value of a wanted node that no row has read.
fn count_unread(
    unread: &mut FxHashMap<u32, (u64, Spot, Box<str>)>,
    work: &Work<'_>,
    node: NodeId,
    kind: u32,
) {
    let entry = unread.entry(kind).or_insert_with(|| {
        let text = work.facts.text(node);
        let end = text.floor_char_boundary(text.len().min(4096));
        (0, work.facts.spot(node), text[..end].into())
    });
    entry.0 += 1;
}

/// A reason in English and in Chinese; where it is given in one language, that.
pub(super) fn reasons(of: &Label) -> (&str, &str) {
    match (&*of.en, &*of.zh) {
        ("", zh) => (zh, zh),
        (en, "") => (en, en),
        both => both,
    }
}
