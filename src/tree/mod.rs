//! Messages with every segment in its place, and as trees of named nodes; documents of XML and flat
//! files as trees too.
//!
//! ```
//! use baowen::spec::Specs;
//! use baowen::tree::{Piece, Pieces};
//!
//! let input = b"UNH+1+CUSCAR:D:95B:UN'BGM+85+M1'UNT+3+1'";
//! let mut pieces = Pieces::new(input, &Specs::base(), None, None);
//! let Some(Piece::Message(message)) = pieces.next()? else { panic!() };
//! let tree = message.tree();
//! assert_eq!(&*tree.name, "M_CUSCAR");
//! let name = &tree.children[1].children[0].children[0];
//! assert_eq!((&*name.name, name.value_text().as_deref()), ("D_1001", Some("85")));
//! # Ok::<(), baowen::Error>(())
//! ```

mod build;
mod document;
pub mod gather;
mod records;

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Arc;

use crate::Result;
use crate::charset::Charset;
use crate::edifact::{Item, Options, OwnedSegment, Reader, transcode};
use crate::finding::Value;
use crate::sequence::{Fault, Limits, Path, Placement, Plan, PositionId, Sequencer};
use crate::spec::declared::{Choice, Declared, choose};
use crate::spec::{Home, MessageSpec, Specs};
pub use document::of_document;
pub use records::of_records;

/// The pieces of an input: messages whole, the rest as it came.
pub struct Pieces<'d> {
    reader: Reader<'d>,
    is_transcoded: bool,
    specs: Specs,
    forced: Option<(Box<str>, Home)>,
    charset: Option<Charset>,
    current: Option<Charset>,
    definitions: HashMap<(String, Home, u8), Option<Arc<Definition>>>,
}

/// A piece of an input.
#[derive(Debug)]
pub enum Piece {
    /// UNA and its characters.
    Una(Vec<u8>),
    /// A service segment outside messages, or any other that stands there.
    Segment(Single),
    /// A message.
    Message(Message),
    /// A piece of the object between UNO and UNP.
    Object(Vec<u8>),
    /// Bytes that belong to no segment.
    Skipped(Vec<u8>),
}

/// A segment outside messages.
#[derive(Debug)]
pub struct Single {
    /// The segment.
    pub segment: OwnedSegment,
    charset: Charset,
    definition: Option<Arc<Definition>>,
}

/// A message: its segments, each in its place.
#[derive(Debug)]
pub struct Message {
    /// Its segments in the order in which they came.
    pub segments: Vec<Placed>,
    declared: String,
    charset: Charset,
    definition: Option<Arc<Definition>>,
}

/// A segment of a message and its place.
#[derive(Debug)]
pub struct Placed {
    /// The segment.
    pub segment: OwnedSegment,
    /// Names and occurrences of the groups around it, outermost first.
    pub groups: Vec<(Box<str>, u32)>,
    position: Option<PositionId>,
}

#[derive(Debug)]
struct Definition {
    spec: MessageSpec,
    plan: Plan,
}

/// A node of a tree: a message, segment group, segment, composite or element; a record or field of a
/// flat file; an element, attribute or text of XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Name by ISO/TS 20625: `M_CUSCAR`, `G_SG2`, `S_LOC`, `C_C517`, `D_3225`; `R_12` and `F_3` of flat
    /// files; of XML the name as written, `@name` of an attribute, `#text` of text beside elements.
    pub name: Box<str>,
    /// Published name; empty where the spec has none.
    pub label: Box<str>,
    /// Which one of its name it is among its siblings, counted from 1.
    pub occurrence: u32,
    /// Value of an element.
    pub value: Option<Value>,
    /// Published meaning of a coded value.
    pub meaning: Option<Box<str>>,
    /// Children in the order in which they came.
    pub children: Vec<Node>,
}

impl Node {
    /// The value as text; `None` where there is none or it does not decode.
    #[must_use]
    pub fn value_text(&self) -> Option<String> {
        match &self.value {
            Some(Value::Text(text)) => Some(text.to_string()),
            _ => None,
        }
    }
}

impl<'d> Pieces<'d> {
    /// The pieces of `input`. `message` is the definition of every message, whatever it declares,
    /// and `charset` the character set, where they are given. UTF-16 and ISO 2022 are read as UTF-8:
    /// so are the segments then, and their spans.
    #[must_use]
    pub fn new(
        input: &'d [u8],
        specs: &Specs,
        message: Option<(Box<str>, Home)>,
        charset: Option<Charset>,
    ) -> Self {
        let coding = match charset {
            Some(charset) => charset.transcoded(),
            None => transcode::detect(input),
        };
        let (reader, charset) = match coding {
            Some(coding) => {
                let text = transcode::Transcoded::new(input, coding).text;
                let reader = Reader::from_read(Cursor::new(text), Options::default());
                (reader, Charset::for_label("utf-8"))
            }
            None => (Reader::with_options(input, Options::default()), charset),
        };
        Self {
            reader,
            is_transcoded: coding.is_some(),
            specs: specs.clone(),
            forced: message,
            charset,
            current: charset,
            definitions: HashMap::new(),
        }
    }

    /// Whether the input was in UTF-16 or ISO 2022, and the pieces are in UTF-8.
    #[must_use]
    pub fn is_transcoded(&self) -> bool {
        self.is_transcoded
    }

    fn usual(&self) -> Charset {
        self.current
            .or_else(|| Charset::for_label("UNOC"))
            .expect("a character set of ISO 9735")
    }

    /// The next piece; blanks are passed over. `None` at the end.
    ///
    /// # Errors
    /// When a spec is broken.
    #[allow(clippy::should_implement_trait, reason = "fails")]
    pub fn next(&mut self) -> Result<Option<Piece>> {
        while self.reader.advance()? {
            let segment = match self.reader.current() {
                None | Some(Item::Blank(_)) => continue,
                Some(Item::Una(piece)) => {
                    return Ok(Some(Piece::Una(piece.bytes.trim_ascii_start().to_vec())));
                }
                Some(Item::Object(piece)) => return Ok(Some(Piece::Object(piece.bytes.to_vec()))),
                Some(Item::Skipped(piece)) => {
                    return Ok(Some(Piece::Skipped(piece.bytes.to_vec())));
                }
                Some(Item::Segment(segment)) => segment,
            };
            let tag = segment.tag();
            if matches!(tag, b"UNB" | b"UIB") && self.charset.is_none() {
                self.current =
                    Charset::of_syntax_identifier(&segment.get(0, 0).unwrap_or_default());
            }
            if matches!(tag, b"UNH" | b"UIH") || (self.forced.is_some() && !is_service(tag)) {
                return self.message().map(Some);
            }
            let owned = OwnedSegment::from(segment);
            let definition = self.segment_definition(&owned)?;
            return Ok(Some(Piece::Segment(Single {
                segment: owned,
                charset: self.usual(),
                definition,
            })));
        }
        Ok(None)
    }

    fn message(&mut self) -> Result<Piece> {
        let Some(Item::Segment(header)) = self.reader.current() else {
            unreachable!("the caller saw a segment")
        };
        let at = usize::from(header.tag() != b"UIH");
        let part = |component: usize| {
            String::from_utf8_lossy(&header.get(at, component).unwrap_or_default()).into_owned()
        };
        let declared = Declared {
            message: part(0),
            version: part(1),
            release: part(2),
            agency: part(3),
        };
        let mut segments = vec![OwnedSegment::from(header)];
        let definition = self.definition(&declared)?;
        loop {
            let ended = matches!(
                segments.last().map(|s| s.view().tag()),
                Some(b"UNT" | b"UIT")
            );
            if ended || !self.reader.advance()? {
                break;
            }
            match self.reader.current() {
                Some(Item::Segment(segment)) if !is_service(segment.tag()) => {
                    segments.push(OwnedSegment::from(segment))
                }
                Some(Item::Blank(_)) => {}
                _ => {
                    self.reader.unread();
                    break;
                }
            }
        }
        let name = declared.message;
        Ok(Piece::Message(Message::new(
            segments,
            name,
            self.usual(),
            definition,
        )))
    }

    fn definition(&mut self, declared: &Declared) -> Result<Option<Arc<Definition>>> {
        let (message, home) = match &self.forced {
            Some((message, home)) => (message.to_string(), *home),
            None => match choose(&self.specs, declared) {
                Choice::Home(home, _) => (declared.message.trim().to_owned(), home),
                _ => return Ok(None),
            },
        };
        let key = (message, home, self.reader.syntax());
        if let Some(held) = self.definitions.get(&key) {
            return Ok(held.clone());
        }
        let made = match self.specs.message(&key.0, home, key.2)? {
            Some(spec) => {
                let plan = Plan::new(&spec.model)?;
                Some(Arc::new(Definition { spec, plan }))
            }
            None => None,
        };
        self.definitions.insert(key, made.clone());
        Ok(made)
    }

    /// A service segment as a message of its own, so that its elements have names.
    fn segment_definition(&mut self, segment: &OwnedSegment) -> Result<Option<Arc<Definition>>> {
        let tag = String::from_utf8_lossy(segment.view().tag()).into_owned();
        let key = (
            format!("segment {tag}"),
            Home::Service,
            self.reader.syntax(),
        );
        if let Some(held) = self.definitions.get(&key) {
            return Ok(held.clone());
        }
        let model = self.specs.segment(&tag, None, key.2)?;
        let made = match model {
            Some(model) => {
                let spec = MessageSpec {
                    message: tag.as_str().into(),
                    release: "".into(),
                    name: "".into(),
                    home: Home::Service,
                    interactive: false,
                    model,
                };
                Some(Arc::new(Definition {
                    plan: Plan::of_segment(&spec.model)?,
                    spec,
                }))
            }
            None => None,
        };
        self.definitions.insert(key, made.clone());
        Ok(made)
    }
}

/// Segments that end a message whose trailer is missing.
fn is_service(tag: &[u8]) -> bool {
    matches!(
        tag,
        b"UNA"
            | b"UNB"
            | b"UIB"
            | b"UNZ"
            | b"UIZ"
            | b"UNG"
            | b"UNE"
            | b"UNH"
            | b"UIH"
            | b"UNO"
            | b"UNP"
    )
}

impl Message {
    fn new(
        segments: Vec<OwnedSegment>,
        declared: String,
        charset: Charset,
        definition: Option<Arc<Definition>>,
    ) -> Self {
        let placements = match &definition {
            Some(definition) => place(&definition.plan, &segments),
            None => vec![Placement::default(); segments.len()],
        };
        let plan = definition.as_ref().map(|definition| &definition.plan);
        let mut path = Path::new(plan.map_or(0, |plan| plan.positions().len()));
        let placed = segments
            .into_iter()
            .zip(placements)
            .map(|(segment, placement)| {
                let mut groups = Vec::new();
                if let Some(definition) = &definition {
                    path.follow(&definition.plan, &placement);
                    groups.extend(
                        path.open()
                            .map(|(group, nth)| (definition.plan.group(group).name.clone(), nth)),
                    );
                }
                let instead = matches!(placement.faults.last(), Some(Fault::InsteadOf(_)));
                Placed {
                    segment,
                    groups,
                    position: placement.position.filter(|_| !instead),
                }
            });
        Self {
            segments: placed.collect(),
            declared,
            charset,
            definition,
        }
    }

    /// Its definition, as `CUSCAR@D95B`; its declared type where none is known.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.definition {
            Some(definition) => format!("{}@{}", definition.spec.message, definition.spec.release),
            None => self.declared.clone(),
        }
    }
}

/// Places the segments of a message.
fn place(plan: &Plan, segments: &[OwnedSegment]) -> Vec<Placement> {
    let mut sequencer = Sequencer::new(plan, Limits::default());
    let tag = |at: usize| {
        segments
            .get(at)
            .and_then(|segment| segment.view().packed_tag())
    };
    let mut placements = Vec::with_capacity(segments.len());
    for (at, segment) in segments.iter().enumerate() {
        let view = segment.view();
        let next = tag(at + 1).and_then(|tag| plan.tag(tag));
        let id = tag(at).and_then(|tag| plan.tag(tag));
        // The qualifiers that tell positions apart stand first in their segments.
        let qualifier = |_: &str| view.token(0, 0).map(|token| token.bytes);
        match sequencer.push(id, next, &qualifier) {
            Some(place) => placements.push(place.into()),
            None => placements.extend(sequencer.resolved()),
        }
    }
    sequencer.finish();
    placements.extend(sequencer.resolved());
    placements
}
