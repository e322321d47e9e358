//! The reader: from bytes to segments, objects, and what is neither.
//!
//! One kernel behind two doors: over a slice nothing is copied; over [`Read`] one buffer is
//! reused. Nothing in the content stops it: what belongs to no segment is skipped with a finding,
//! and reading goes on with the next segment or interchange.

mod pass;
mod unterminated;

use std::cell::Cell;
use std::io::Read;

use super::lex::{Bits, CharacterLength, Index, Lexer};
use super::other;
use super::segment::{OwnedSegment, Segment, is_tag};
use super::una::{self, Opening, SIGHT, Separators};
use crate::charset::Watch;
use crate::finding::{Code, Finding};
use crate::lines::{CountCharacters, LineCounter};
use crate::span::{LineColumn, Span};
use crate::{Error, Result};
pub(crate) use unterminated::{WRAPPED, breaks};

/// Bounds and settings of reading.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Longest segment in bytes; a longer one is passed over with a finding. Default 1 MiB.
    pub longest_segment: usize,
    /// Longest object of UNO in bytes. Default 256 MiB.
    pub longest_object: u64,
    /// For character sets in which the second byte of a character may look like a separator:
    /// gives the length of the character at a place. Default none.
    pub character_length: Option<CharacterLength>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            longest_segment: 1 << 20,
            longest_object: 256 << 20,
            character_length: None,
        }
    }
}

/// A piece of the input. Together the pieces are the whole input, byte for byte.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// A service string advice: UNA and its five or six characters, blanks before it included.
    Una(Piece<'a>),
    /// A segment, line breaks and blanks before it included ([`Segment::blank`]).
    Segment(Segment<'a>),
    /// A piece of the object between UNO and UNP, as it came.
    Object(Piece<'a>),
    /// Line breaks, blanks, empty segments and padding that belong to nothing.
    Blank(Piece<'a>),
    /// Bytes that belong to no segment. A finding says so.
    Skipped(Piece<'a>),
}

/// Bytes and where they stand.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Offset of the first from the start of the input.
    pub offset: u64,
}

enum Input<'d> {
    Slice(&'d [u8]),
    Stream {
        read: Box<dyn Read + 'd>,
        buffer: Buffer,
        ended: bool,
    },
}

/// What is known of the next segment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Peek {
    /// Its tag, packed as by [`Segment::packed_tag`].
    Tag(u64),
    /// Nothing that helps.
    Nothing,
    /// It was not lexed yet.
    OutOfSight,
}

/// What an input ends with where no terminator stands at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// That is the end.
    Input,
    /// The whole goes on with another segment: a terminator is missing.
    Segment,
    /// The whole goes on with another interchange: what stands before it is no segment.
    Skipped,
}

/// What is delivered next.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// Judge what begins here.
    Opening,
    Segments,
    /// So many bytes of an object are left.
    Object(u64),
    /// Up to the next opening nothing is understood.
    Lost,
    /// A segment beyond the limit goes on.
    Long,
    End,
}

/// What the kernel found, as positions in the window.
#[derive(Clone, Copy, Debug)]
enum Found {
    Una(usize, usize),
    /// The segment that `place` says.
    Segment,
    /// A segment that stands no longer in the index.
    Kept,
    Object(usize, usize),
    Blank(usize, usize),
    Skipped(usize, usize),
    End,
}

/// Where the segment that was found last stands, from the origin.
#[derive(Clone, Copy, Debug, Default)]
struct SegmentPlace {
    start: u32,
    tag_at: u32,
    /// Its first and last separator in the index.
    first: u32,
    last: u32,
    specials: bool,
    /// Its tag, packed, if that has three characters.
    tag: Option<u32>,
}

/// Bytes that are lexed at a time: they stay in the cache until the segments are looked at.
const BLOCK: usize = 8 << 10;
/// The first of them where reading is taken up again; each that follows is twice as long.
const FIRST_BLOCK: usize = 256;
/// Bytes that are looked at where what they are is judged.
const CHUNK: usize = 256 << 10;
/// Bytes that are read from a stream at a time: few, so that they do not drive all else out of the
/// cache.
const READ: usize = 64 << 10;

/// Bytes of a stream. Room that was used once is used again as it is.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// So many of them were read.
    end: usize,
}

impl Buffer {
    #[inline]
    fn filled(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    /// Room to read into.
    fn room(&mut self) -> &mut [u8] {
        let to = self.end + READ;
        if self.bytes.len() < to {
            self.bytes.resize(to, 0);
        }
        &mut self.bytes[self.end..to]
    }
}
/// Longest stretch that is still called a tag, though a wrong one.
const LONGEST_TAG: usize = 8;

/// Reads UN/EDIFACT (ISO 9735 syntax versions 1 to 4) piece by piece.
///
/// ```
/// use baowen::edifact::{Item, Reader};
///
/// let mut reader = Reader::new(b"UNA:+.? 'UNH+1+CUSCAR:D:95B:UN'UNT+2+1'");
/// let mut tags = Vec::new();
/// while let Some(item) = reader.next()? {
///     if let Item::Segment(segment) = item {
///         tags.push(String::from_utf8_lossy(segment.tag()).into_owned());
///     }
/// }
/// assert_eq!(tags, ["UNH", "UNT"]);
/// # Ok::<(), baowen::Error>(())
/// ```
pub struct Reader<'d> {
    input: Input<'d>,
    options: Options,
    /// Offset of the window's first byte from the start of the input.
    base: u64,
    /// Where the index counts from, in the window.
    origin: usize,
    /// Start of what was not delivered, from the origin.
    start: usize,
    /// End of what was lexed, from the origin.
    lexed: usize,
    /// Bytes that are lexed next: few where what was lexed ahead had to be forgotten, as it may
    /// have to be again.
    block: usize,
    /// Whether the last was a short one.
    short_before: bool,
    /// From one offset to another no `UNP` begins.
    without_unp: (u64, u64),
    index: Index,
    /// The next entry of `index.ends`, and the separator and special that come next.
    at_end: usize,
    at_separator: usize,
    at_special: usize,
    lexer: Lexer,
    opening: Opening,
    next: Next,
    /// The last item is delivered again.
    again: Option<Found>,
    last: Found,
    place: SegmentPlace,
    kept: Option<OwnedSegment>,
    /// Where the segment that was found last ends without a terminator, until it is told.
    unended: Option<u64>,
    ends: Ends,
    /// The beginning was judged together with the service string advice before it.
    after_una: bool,
    /// Something was understood.
    understood: bool,
    /// Where what is not understood began.
    lost_from: Option<u64>,
    /// What an input that begins with nothing of ours looks like.
    looks_like: Option<(&'static str, &'static str)>,
    lost_at: Option<LineColumn>,
    lines: Cell<LineCounter>,
    /// Whether bytes are as they should be; and whether those of the last block but one and the
    /// last were.
    watch: Watch,
    clean: (bool, bool),
    findings: Vec<Finding>,
    /// Codes of which findings are counted and not made, and how many there were.
    counted: Vec<(Code, u64)>,
}

impl<'d> Reader<'d> {
    /// Reads from a slice. Nothing is copied.
    #[must_use]
    pub fn new(input: &'d [u8]) -> Self {
        Self::with(Input::Slice(input), Options::default())
    }

    /// Reads from a slice with options.
    #[must_use]
    pub fn with_options(input: &'d [u8], options: Options) -> Self {
        Self::with(Input::Slice(input), options)
    }

    /// Reads from a stream with one reused buffer, which holds at most the longest segment and
    /// half a MiB more.
    #[must_use]
    pub fn from_read(read: impl Read + 'd, options: Options) -> Self {
        let input = Input::Stream {
            read: Box::new(read),
            buffer: Buffer::default(),
            ended: false,
        };
        Self::with(input, options)
    }

    fn with(input: Input<'d>, options: Options) -> Self {
        let opening = Opening {
            separators: Separators::default(),
            una: 0,
            syntax: 3,
            five: false,
            unheeded: None,
            clash: None,
        };
        Self {
            input,
            options,
            base: 0,
            origin: 0,
            start: 0,
            lexed: 0,
            block: BLOCK,
            short_before: false,
            without_unp: (0, 0),
            index: Index::default(),
            at_end: 0,
            at_separator: 0,
            at_special: 0,
            lexer: Lexer::new(opening.separators, options.character_length),
            opening,
            next: Next::Opening,
            again: None,
            last: Found::End,
            place: SegmentPlace::default(),
            kept: None,
            unended: None,
            ends: Ends::Input,
            after_una: false,
            understood: false,
            lost_from: None,
            looks_like: None,
            lost_at: None,
            lines: Cell::new(LineCounter::new(0)),
            watch: Watch {
                good: |_| false,
                usual: [Watch::NONE; 4],
            },
            clean: (false, false),
            findings: Vec::new(),
            counted: Vec::new(),
        }
    }

    /// Reads the middle of an interchange: its service characters and syntax version are known,
    /// and the input begins `offset` bytes after the start of the whole.
    #[must_use]
    pub(crate) fn continue_at(
        mut self,
        offset: u64,
        state: &Continuation,
        options: Options,
        ends: Ends,
    ) -> Self {
        self.options = options;
        self.ends = ends;
        self.base = offset;
        self.opening = state.0;
        self.lexer = Lexer::new(state.0.separators, options.character_length);
        self.next = Next::Segments;
        self.understood = true;
        self.lines = Cell::new(LineCounter::new(offset));
        self
    }

    /// What [`continue_at`](Self::continue_at) needs to go on from here.
    #[must_use]
    pub(crate) fn continuation(&self) -> Continuation {
        Continuation(self.opening)
    }

    /// The characters that separate, as far as is known.
    #[must_use]
    pub fn separators(&self) -> &Separators {
        &self.opening.separators
    }

    /// The syntax version in force, 1 to 4.
    #[must_use]
    pub fn syntax(&self) -> u8 {
        self.opening.syntax
    }

    /// Takes the findings of reading since the last call.
    pub fn take_findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// Has findings of a code only counted from here on, which [`take_counted`](Self::take_counted)
    /// gives: who has shown as many as he shows needs no more.
    pub(crate) fn only_count(&mut self, code: Code) {
        if self.counted.iter().all(|(held, _)| *held != code) {
            self.counted.push((code, 0));
        }
    }

    /// Takes how many findings were not made since the last call, of each code.
    pub(crate) fn take_counted(&mut self) -> impl Iterator<Item = (Code, u64)> {
        let counted = self.counted.iter_mut();
        counted.map(|(code, count)| (*code, std::mem::take(count)))
    }

    /// Counts a finding that need not be made.
    fn counts(&mut self, code: Code) -> bool {
        let held = self.counted.iter_mut().find(|(held, _)| *held == code);
        held.map(|(_, count)| *count += 1).is_some()
    }

    /// Whether there are findings to take.
    #[inline]
    #[must_use]
    pub fn has_findings(&self) -> bool {
        !self.findings.is_empty()
    }

    /// The input that is at hand, from offset `.0` on. It holds the last item.
    #[must_use]
    pub fn window(&self) -> (u64, &[u8]) {
        (self.base, self.bytes())
    }

    /// Line and column of `offset`, which lies in the window and not before the last item.
    pub(crate) fn locate(&self, offset: u64) -> LineColumn {
        self.counter_at(offset).at()
    }

    /// A counter at `offset`, as [`locate`](Self::locate) finds it.
    pub(crate) fn counter_at(&self, offset: u64) -> LineCounter {
        // What lies behind is counted once.
        let reached = self.base + (self.origin + self.start_of_last()) as u64;
        let mut lines = self.lines.get();
        self.count_to(&mut lines, reached.min(offset));
        self.lines.set(lines);
        self.count_to(&mut lines, offset);
        lines
    }

    /// Moves a counter on to `offset`, which lies in the window.
    pub(crate) fn count_on<'l>(
        &self,
        lines: &'l mut LineCounter,
        offset: u64,
    ) -> &'l mut LineCounter {
        self.count_to(lines, offset);
        lines
    }

    fn count_to(&self, lines: &mut LineCounter, offset: u64) {
        if offset > lines.offset && lines.offset >= self.base {
            let bytes = self.bytes();
            let to = ((offset - self.base) as usize).min(bytes.len());
            if let Some(between) = bytes.get((lines.offset - self.base) as usize..to) {
                lines.advance(between);
            }
        }
    }

    fn start_of_last(&self) -> usize {
        match self.last {
            Found::Segment => self.place.start as usize,
            Found::Una(from, _)
            | Found::Object(from, _)
            | Found::Blank(from, _)
            | Found::Skipped(from, _) => from,
            Found::Kept => {
                let kept = self.kept.as_ref().map(|kept| kept.view().start_offset());
                let origin = self.base + self.origin as u64;
                kept.unwrap_or(origin).saturating_sub(origin) as usize
            }
            Found::End => 0,
        }
    }

    /// Reads the last item again, with characters of other lengths.
    pub(crate) fn restart_item(&mut self, length: Option<CharacterLength>) {
        let start = self.start_of_last();
        self.options.character_length = length;
        self.lexer = Lexer::new(self.opening.separators, length);
        self.resume(start);
        self.unended = None;
        self.after_una = true;
    }

    /// Looks at every block of bytes from the next one on; see [`is_clean`](Self::is_clean).
    pub(crate) fn set_watch(&mut self, watch: Watch) {
        self.watch = watch;
        let ahead = self.ahead();
        let lexed = ahead.get(self.start_of_last()..self.lexed);
        let clean = lexed.is_some_and(watch.good);
        self.clean = (clean, clean);
    }

    /// Whether the last segment lies in blocks that the watch found nothing wrong with. A
    /// segment that is longer than a block never does.
    #[inline]
    pub(crate) fn is_clean(&self) -> bool {
        matches!(self.last, Found::Segment)
            && self.are_blocks_clean()
            && self.place.tag_at as usize + BLOCK > self.place_end()
    }

    /// Whether the last two blocks are clean: segments that are no longer than a block lie in
    /// these.
    #[inline]
    pub(crate) fn are_blocks_clean(&self) -> bool {
        self.clean.0 && self.clean.1
    }

    fn place_end(&self) -> usize {
        self.index
            .separators
            .get(self.place.last as usize)
            .map_or(usize::MAX, |end| *end as usize)
    }

    /// Counts the characters of a line otherwise from here on.
    pub(crate) fn set_counting(&mut self, count: CountCharacters) {
        self.lines.get_mut().set_counting(count);
    }

    /// Delivers the last item once more.
    pub fn unread(&mut self) {
        self.again = Some(self.last);
    }

    /// Sets how long characters are, from the next block of the input on.
    pub fn set_character_length(&mut self, length: Option<CharacterLength>) {
        self.options.character_length = length;
        self.lexer = Lexer::new(self.opening.separators, length);
        self.forget_lexed();
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// When the stream cannot be read. A slice never fails.
    #[inline]
    #[allow(clippy::should_implement_trait, reason = "lends what it gives")]
    pub fn next(&mut self) -> Result<Option<Item<'_>>> {
        self.advance()?;
        Ok(self.current())
    }

    /// Moves to the next piece; whether there is one.
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool> {
        if self.again.is_none()
            && self.unended.is_none()
            && let Next::Segments = self.next
            && let Some(&end) = self.index.ends.get(self.at_end)
            && self.usual_segment(end)
        {
            self.last = Found::Segment;
            if self.place.specials {
                self.end_before_envelope()?;
            }
            return Ok(true);
        }
        self.advance_slowly()
    }

    fn advance_slowly(&mut self) -> Result<bool> {
        if let Some(again) = self.again.take() {
            self.last = again;
        } else {
            self.say_unterminated();
            self.last = self.find_slowly()?;
            if self.may_be_broken() {
                self.end_before_envelope()?;
            }
        }
        Ok(!matches!(self.last, Found::End))
    }

    /// The piece that was delivered last.
    #[inline]
    pub(crate) fn current(&self) -> Option<Item<'_>> {
        self.item(self.last)
    }

    #[inline]
    fn segment_in_place(&self) -> Segment<'_> {
        let place = &self.place;
        Segment {
            data: self.ahead(),
            base: self.base + self.origin as u64,
            start: place.start,
            tag_at: place.tag_at,
            separators: &self.index.separators[place.first as usize..=place.last as usize],
            has_specials: place.specials,
            cut: false,
            service: &self.opening.separators,
        }
    }

    /// The last piece, where it is a segment.
    #[inline]
    pub(crate) fn current_segment(&self) -> Option<Segment<'_>> {
        match self.last {
            Found::Segment => Some(self.segment_in_place()),
            Found::Kept => Some(self.kept.as_ref()?.view()),
            _ => None,
        }
    }

    /// The packed tag of the last piece, where it is a segment.
    #[inline]
    pub(crate) fn current_tag(&self) -> Option<u64> {
        match self.last {
            Found::Segment => match self.place.tag {
                Some(tag) => Some(u64::from(tag)),
                None => Some(self.segment_in_place().packed_tag().unwrap_or(0)),
            },
            Found::Kept => match self.current() {
                Some(Item::Segment(segment)) => Some(segment.packed_tag().unwrap_or(0)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The tag of the segment after the last one, as far as it is in sight.
    #[inline]
    pub(crate) fn peek(&self) -> Peek {
        let Next::Segments = self.next else {
            return Peek::Nothing;
        };
        let Some(&end) = self.index.ends.get(self.at_end) else {
            return self.peek_unended();
        };
        let Some(tag_end) = self.index.separators.get(self.at_separator) else {
            return Peek::Nothing;
        };
        // Nearly always the tag stands where the last segment ended.
        if *tag_end as usize == self.start + 3
            && let [a, b, c] = self.bytes()[self.origin + self.start..][..3]
            && a > b' '
        {
            return Peek::Tag(u64::from(a) << 16 | u64::from(b) << 8 | u64::from(c));
        }
        let terminator = self.index.separators[end as usize];
        let bytes = &self.bytes()[self.origin + self.start..=self.origin + terminator as usize];
        let blanks = bytes
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t'))
            .count();
        let tag = bytes
            .get(blanks..(*tag_end as usize).saturating_sub(self.start))
            .unwrap_or(&[]);
        match *tag {
            [a, b, c] => Peek::Tag(u64::from(a) << 16 | u64::from(b) << 8 | u64::from(c)),
            _ => Peek::Nothing,
        }
    }

    /// The segments in sight that need no closer look, from the next one on.
    #[inline]
    pub(crate) fn lane(&self) -> (Lane<'_>, Coming) {
        // Those in the last segment are passed.
        let specials = self.index.specials.iter().skip(self.at_special);
        let passed = specials.take_while(|at| (**at as usize) < self.start);
        let special = self.at_special + passed.count();
        // Where letters or digits separate, a tag has no end that can be seen.
        let usual = self.again.is_none()
            && self.unended.is_none()
            && matches!(self.next, Next::Segments)
            && !self.opening.separators.are_alphanumeric();
        let lane = Lane {
            bytes: self.ahead(),
            base: self.base + self.origin as u64,
            index: &self.index,
            separators: &self.opening.separators,
            from: (self.at_end, self.start as u32),
        };
        let ahead = Coming {
            end: if usual { self.at_end } else { usize::MAX },
            separator: self.at_separator as u32,
            special: special as u32,
            start: self.start as u32,
        };
        (lane, ahead)
    }

    /// Goes on behind segments of a lane: the last of them is the last item.
    #[inline]
    pub(crate) fn leave_lane(&mut self, at: LanePlace) {
        self.at_end = at.end;
        self.at_separator = at.last.last as usize + 1;
        self.at_special = at.special;
        self.start = at.start;
        self.place = at.last;
        self.last = Found::Segment;
    }

    /// Passes over segments that are no service segments and need no closer look.
    pub(crate) fn pass_usual(&mut self) -> Result<()> {
        loop {
            let Next::Segments = self.next else {
                return Ok(());
            };
            let bytes = &self.bytes()[self.origin..];
            let (mut start, mut at_end) = (self.start, self.at_end);
            let mut specials = self.index.specials[self.at_special..].iter().peekable();
            let mut usual = true;
            while let Some(&end) = self.index.ends.get(at_end) {
                let terminator = self.index.separators[end as usize];
                let tag_at = tag_start(bytes, start, terminator);
                while specials.next_if(|at| (**at as usize) < tag_at).is_some() {}
                // A segment in which a line breaks may hold the next.
                usual = specials.peek().is_none_or(|at| **at >= terminator)
                    && tag_at + 4 <= bytes.len()
                    && tag_at + 3 <= terminator as usize
                    && bytes[tag_at] != b'U'
                    && is_tag_start(&bytes[tag_at..tag_at + 4]);
                if !usual {
                    break;
                }
                start = terminator as usize + 1;
                at_end += 1;
            }
            if at_end > self.at_end {
                self.at_separator = self.index.ends[at_end - 1] as usize + 1;
            }
            (self.start, self.at_end) = (start, at_end);
            if !usual || !self.lex_more()? {
                return Ok(());
            }
        }
    }

    /// Lexes on where no more than one segment is left in sight, so that it is not alone. The last
    /// item is no longer there. Whether there is more in sight.
    pub(crate) fn lex_ahead(&mut self) -> Result<bool> {
        let in_sight = self.index.ends.len() - self.at_end.min(self.index.ends.len());
        if in_sight > 1
            || self.again.is_some()
            || !matches!(self.next, Next::Segments)
            || self.lexed > self.start + self.options.longest_segment.min(2 * BLOCK)
        {
            return Ok(false);
        }
        self.lex_more()
    }

    /// Brings the next segment into sight. The last item is no longer there.
    pub(crate) fn look_ahead(&mut self) -> Result<()> {
        while matches!(self.peek(), Peek::OutOfSight) {
            if !self.lex_more()? {
                break;
            }
        }
        Ok(())
    }

    #[inline]
    fn item(&self, found: Found) -> Option<Item<'_>> {
        let piece = |from: usize, to: usize| Piece {
            bytes: &self.bytes()[self.origin + from..self.origin + to],
            offset: self.base + (self.origin + from) as u64,
        };
        Some(match found {
            Found::Segment => Item::Segment(self.segment_in_place()),
            Found::Una(from, to) => Item::Una(piece(from, to)),
            Found::Object(from, to) => Item::Object(piece(from, to)),
            Found::Blank(from, to) => Item::Blank(piece(from, to)),
            Found::Skipped(from, to) => Item::Skipped(piece(from, to)),
            Found::Kept => Item::Segment(self.kept.as_ref()?.view()),
            Found::End => return None,
        })
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        match &self.input {
            Input::Slice(slice) => slice,
            Input::Stream { buffer, .. } => buffer.filled(),
        }
    }

    /// The bytes from the origin.
    #[inline]
    fn ahead(&self) -> &[u8] {
        &self.bytes()[self.origin..]
    }

    fn find_slowly(&mut self) -> Result<Found> {
        loop {
            match self.next {
                Next::Segments => {
                    if let Some(&end) = self.index.ends.get(self.at_end) {
                        let terminator = self.index.separators[end as usize];
                        return self.segment(end, terminator);
                    }
                    if !self.lex_more()? {
                        match self.tail()? {
                            Some(found) => return Ok(found),
                            None => continue,
                        }
                    }
                }
                Next::Opening => return self.open(),
                Next::Object(left) => {
                    if let Some(found) = self.object(left)? {
                        return Ok(found);
                    }
                }
                Next::Lost => return self.search_opening(),
                Next::Long => return self.long_segment(),
                Next::End => return Ok(Found::End),
            }
        }
    }

    /// Takes the segment whose terminator is separator `end`, if nothing about it needs a closer
    /// look.
    #[inline]
    fn usual_segment(&mut self, end: u32) -> bool {
        let terminator = self.index.separators[end as usize];
        let bytes = &self.bytes()[self.origin..];
        let start = self.start as u32;
        let tag_at = tag_start(bytes, self.start, terminator);
        let Some(tag) = bytes.get(tag_at..tag_at + 4) else {
            return false;
        };
        if tag_at + 3 > terminator as usize
            || !is_tag_start(tag)
            || (tag[0] == b'U'
                && matches!(tag[1], b'N' | b'I')
                && (self.after_una || matches!(tag[2], b'A' | b'B' | b'O')))
        {
            return false;
        }
        let packed = u32::from_be_bytes([0, tag[0], tag[1], tag[2]]);
        self.take(start, tag_at as u32, end, terminator);
        // What follows the tag is no letter, but it may be a line break inside it.
        let tag_end = self.index.separators[self.place.first as usize];
        self.place.tag = (tag_end as usize == tag_at + 3).then_some(packed);
        true
    }

    /// The segment whose terminator is separator `end`.
    fn segment(&mut self, end: u32, terminator: u32) -> Result<Found> {
        if self.usual_segment(end) {
            return Ok(Found::Segment);
        }
        let tag_at = tag_start(&self.bytes()[self.origin..], self.start, terminator);
        self.unusual(end, terminator, tag_at)
    }

    /// Delivers a segment.
    #[inline]
    fn take(&mut self, start: u32, tag_at: u32, end: u32, terminator: u32) -> Found {
        // Where a blank separates, those before the tag separate nothing.
        while self.index.separators[self.at_separator] < tag_at {
            self.at_separator += 1;
        }
        let first = self.at_separator as u32;
        let specials = &self.index.specials;
        while specials.get(self.at_special).is_some_and(|at| *at < tag_at) {
            self.at_special += 1;
        }
        let special = specials
            .get(self.at_special)
            .is_some_and(|at| *at < terminator);
        self.at_separator = end as usize + 1;
        self.at_end += 1;
        self.start = terminator as usize + 1;
        self.place.start = start;
        self.place.tag_at = tag_at;
        self.place.first = first;
        self.place.last = end;
        self.place.specials = special;
        self.place.tag = None;
        Found::Segment
    }

    /// A service segment, an empty one, or one whose tag is none.
    #[inline(never)]
    fn unusual(&mut self, end: u32, terminator: u32, tag_at: usize) -> Result<Found> {
        let start = self.start;
        if tag_at == terminator as usize {
            if !self.counts(Code::EMPTY_SEGMENT) {
                let span = self.span(tag_at, tag_at + 1);
                self.say(Finding::new(Code::EMPTY_SEGMENT, span));
            }
            self.take(start as u32, tag_at as u32, end, terminator);
            return Ok(Found::Blank(start, tag_at + 1));
        }
        self.fill(self.origin + tag_at + SIGHT)?;
        let bytes = self.ahead();
        let opens = matches!(
            &bytes[tag_at..bytes.len().min(tag_at + 3)],
            b"UNA" | b"UNB" | b"UIB"
        );
        let opening = if opens && !self.after_una {
            una::opening(&bytes[tag_at..])
        } else {
            None
        };
        self.after_una = false;
        if let Some(opening) = opening {
            let was = self.opening.separators;
            self.begin(opening, tag_at);
            if was != opening.separators {
                self.lexer = Lexer::new(opening.separators, self.options.character_length);
            }
            if opening.una > 0 {
                let to = tag_at + opening.una;
                if was == opening.separators && terminator as usize + 1 == to {
                    self.take(start as u32, tag_at as u32, end, terminator);
                } else {
                    self.resume(to);
                }
                self.after_una = true;
                return Ok(Found::Una(start, to));
            }
            if was != opening.separators {
                self.resume(start);
                self.after_una = true;
                return self.find_slowly();
            }
        }
        while (self.index.separators[self.at_separator] as usize) < tag_at {
            self.at_separator += 1;
        }
        let tag_end = self.index.separators[self.at_separator] as usize;
        let bytes = self.ahead();
        let tag: Vec<u8> = bytes[tag_at..tag_end]
            .iter()
            .copied()
            .filter(|byte| !matches!(byte, b'\r' | b'\n'))
            .collect();
        if !is_tag(&tag) {
            let to = terminator as usize + 1;
            // What is no segment may hide the beginning of an interchange.
            let sight = bytes.len().min(to + SIGHT);
            if let Some(at) = una::find_opening(&bytes[tag_at..sight])
                .map(|at| tag_at + at)
                .filter(|at| *at > tag_at && *at < to)
            {
                self.say_skipped(tag_at, at);
                self.resume(at);
                self.next = Next::Opening;
                return Ok(Found::Skipped(start, at));
            }
            if !tag.first().is_some_and(u8::is_ascii_alphanumeric) || tag.len() > LONGEST_TAG {
                self.say_skipped(tag_at, to);
                self.take(start as u32, tag_at as u32, end, terminator);
                return Ok(Found::Skipped(start, to));
            }
        }
        let found = self.take(start as u32, tag_at as u32, end, terminator);
        if tag == b"UNO" {
            self.begin_object(found);
        }
        Ok(found)
    }

    /// An interchange begins at `at` from the origin.
    fn begin(&mut self, opening: Opening, at: usize) {
        let place = |from: usize, len: usize| self.span(at + from, at + from + len);
        let mut found = Vec::new();
        if opening.five {
            found.push(Finding::new(
                Code::FIVE_CHARACTER_UNA,
                place(0, opening.una),
            ));
        }
        if let Some(byte) = opening.unheeded {
            found.push(
                Finding::new(Code::REPETITION_UNHEEDED, place(7, 1))
                    .with_content("character", shown(byte))
                    .with("version", opening.syntax),
            );
        }
        if let Some(byte) = opening.clash.filter(|_| opening.una > 0) {
            found.push(
                Finding::new(Code::SEPARATOR_CLASH, place(3, opening.una - 3))
                    .with_content("character", shown(byte)),
            );
        }
        for finding in found {
            self.say(finding);
        }
        self.understood = true;
        if self.opening.separators.element != opening.separators.element {
            self.without_unp = (0, 0);
        }
        self.opening = opening;
    }

    /// Goes on at `to` from the origin; what was lexed ahead is forgotten.
    fn resume(&mut self, to: usize) {
        self.start = to;
        self.lexed = to;
        self.block = FIRST_BLOCK;
        self.index.clear();
        (self.at_end, self.at_separator, self.at_special) = (0, 0, 0);
        self.lexer.restart();
        self.next = Next::Segments;
    }

    /// Moves the origin to what was not delivered. Nothing is lexed ahead when this is called.
    fn settle(&mut self) {
        self.origin += self.start;
        (self.start, self.lexed) = (0, 0);
    }

    /// Judges what begins here.
    fn open(&mut self) -> Result<Found> {
        self.settle();
        self.fill(self.origin + CHUNK)?;
        let bytes = self.ahead();
        if bytes.is_empty() {
            return Ok(self.nothing_more());
        }
        let bytes = &bytes[..bytes.len().min(CHUNK)];
        let opening = una::opening(bytes);
        let broken_una = bytes.starts_with(b"UNA") && bytes.len() < 9;
        let len = bytes.len();
        let mark = if bytes.starts_with(b"\xEF\xBB\xBF") {
            3
        } else {
            0
        };
        let blanks = bytes[mark..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t'))
            .count();
        if mark > 0 {
            self.say(Finding::new(Code::BYTE_ORDER_MARK, self.span(0, mark)));
        }
        if mark + blanks > 0 {
            self.resume(mark + blanks);
            self.next = Next::Opening;
            return Ok(Found::Blank(0, mark + blanks));
        }
        let Some(opening) = opening else {
            if broken_una {
                self.say(Finding::new(Code::INCOMPLETE_UNA, self.span(0, len)));
            }
            self.next = Next::Lost;
            return self.search_opening();
        };
        self.begin(opening, 0);
        self.lexer = Lexer::new(opening.separators, self.options.character_length);
        self.resume(opening.una);
        self.after_una = true;
        if opening.una > 0 {
            return Ok(Found::Una(0, opening.una));
        }
        self.find_slowly()
    }

    fn nothing_more(&mut self) -> Found {
        self.next = Next::End;
        let end = self.base + self.origin as u64;
        if let Some(from) = self.lost_from.take() {
            let lost = Span::new(from, end - from);
            let finding = if self.understood {
                Finding::new(Code::SKIPPED_BYTES, lost).with("count", lost.len)
            } else {
                let finding = Finding::new(Code::UNRECOGNISED_INPUT, lost);
                match self.looks_like {
                    Some((en, zh)) => finding.with("what", en).with("what_zh", zh),
                    None => finding,
                }
            };
            self.say(finding);
        } else if !self.understood {
            self.say(Finding::new(Code::EMPTY_INPUT, Span::at(end)));
        }
        Found::End
    }

    /// Passes over what is not understood, up to the next opening.
    fn search_opening(&mut self) -> Result<Found> {
        self.settle();
        self.fill(self.origin + CHUNK)?;
        let ended = self.is_ended();
        let offset = self.base + self.origin as u64;
        let bytes = self.ahead();
        if bytes.is_empty() {
            return Ok(self.nothing_more());
        }
        let window = &bytes[..bytes.len().min(CHUNK)];
        let last = ended && window.len() == bytes.len();
        let found = una::find_opening(window).filter(|at| last || at + SIGHT <= window.len());
        let to = match found {
            Some(at) => at,
            None if last => window.len(),
            // What could be the beginning of an opening is kept in sight.
            None => window.len() - SIGHT,
        };
        if self.lost_from.is_none() && offset == 0 {
            self.looks_like = other::looks_like(window);
        }
        let from = *self.lost_from.get_or_insert(offset);
        if self.lost_at.is_none() {
            self.lost_at = Some(self.locate(from));
        }
        self.resume(to);
        if found.is_none() {
            self.next = Next::Lost;
            return Ok(Found::Skipped(0, to));
        }
        self.next = Next::Opening;
        self.lost_from = None;
        let lost = Span::new(from, offset + to as u64 - from);
        if lost.len == 0 {
            self.lost_at = None;
        } else {
            self.say(Finding::new(Code::SKIPPED_BYTES, lost).with("count", lost.len));
        }
        if to == 0 {
            self.open()
        } else {
            Ok(Found::Skipped(0, to))
        }
    }

    fn say_skipped(&mut self, from: usize, to: usize) {
        if self.counts(Code::SKIPPED_BYTES) {
            return;
        }
        let finding =
            Finding::new(Code::SKIPPED_BYTES, self.span(from, to)).with("count", to - from);
        self.say(finding);
    }

    /// Whether UNO declares an object whose bytes follow.
    fn begin_object(&mut self, found: Found) {
        let Some(Item::Segment(segment)) = self.item(found) else {
            return;
        };
        let declared = segment.get(3, 0);
        let span = segment.span();
        let length = declared
            .as_deref()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| digits.parse::<u64>().ok());
        match length {
            Some(length) if length <= self.options.longest_object => {
                self.next = Next::Object(length)
            }
            _ => {
                let declared = String::from_utf8_lossy(&declared.unwrap_or_default()).into_owned();
                if !self.counts(Code::OBJECT_LENGTH) {
                    let finding = Finding::new(Code::OBJECT_LENGTH, span);
                    self.say(finding.with_content("length", declared));
                }
            }
        }
    }

    /// Delivers the bytes of an object. The end of a long one, and all of a short one, is looked
    /// at first, so that a wrong length does not swallow what follows.
    fn object(&mut self, left: u64) -> Result<Option<Found>> {
        self.forget_lexed();
        self.settle();
        let limit = self.options.longest_segment as u64;
        if left > limit {
            self.fill(self.origin + CHUNK)?;
            let len = (self.ahead().len() as u64).min(CHUNK as u64).min(left) as usize;
            self.resume(len);
            if len == 0 {
                let finding =
                    Finding::new(Code::OBJECT_LENGTH, self.span(0, 0)).with_content("length", left);
                self.say(finding);
                return Ok(None);
            }
            self.next = Next::Object(left - len as u64);
            return Ok(Some(Found::Object(0, len)));
        }
        let len = left as usize;
        self.fill(self.origin + len + SIGHT)?;
        let behind = self.ahead().get(len..).unwrap_or(&[]);
        let blanks = behind
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let len = if behind[blanks..].starts_with(b"UNP") {
            len
        } else {
            // What is declared may go beyond the end of the input.
            let there = left.min(self.ahead().len() as u64);
            let finding = Finding::new(
                Code::OBJECT_LENGTH,
                Span::new(self.base + self.origin as u64, there),
            );
            self.say(finding.with_content("length", left));
            self.fill(self.origin + limit as usize)?;
            self.find_object_end(limit as usize).unwrap_or(0)
        };
        self.resume(len);
        Ok((len > 0).then_some(Found::Object(0, len)))
    }

    /// Where UNP begins among so many bytes. What was looked through once is not looked through
    /// again.
    fn find_object_end(&mut self, most: usize) -> Option<usize> {
        let from = self.base + self.origin as u64;
        let (start, end) = self.without_unp;
        let known = (start..end).contains(&from);
        let passed = if known { (end - from) as usize } else { 0 };
        let bytes = self.ahead();
        let most = bytes.len().min(most);
        let element = self.opening.separators.element;
        let unp = [b'U', b'N', b'P', element];
        let found = memchr::memmem::find(bytes.get(passed..most)?, &unp).map(|at| passed + at);
        if found.is_none() && most > unp.len() {
            self.without_unp = (from, from + (most - unp.len()) as u64);
        }
        found
    }

    /// Forgets what was lexed beyond the start of what was not delivered.
    fn forget_lexed(&mut self) {
        let start = self.start;
        self.resume(start);
    }

    /// Lexes the next block; whether there was one.
    fn lex_more(&mut self) -> Result<bool> {
        // The segment that is open moves to the front.
        let from = self.start;
        if from > 0 {
            let move_down = |positions: &mut Vec<u32>, first: usize| {
                positions.drain(..first);
                positions.iter_mut().for_each(|at| *at -= from as u32);
            };
            let passed = self.at_separator;
            move_down(&mut self.index.separators, passed);
            self.index.kinds.forget(passed);
            let ends = self.index.ends.iter_mut().skip(self.at_end);
            ends.for_each(|end| *end -= passed as u32);
            let first = self
                .index
                .specials
                .partition_point(|at| (*at as usize) < from);
            move_down(&mut self.index.specials, first);
            (self.at_separator, self.at_special) = (0, 0);
            self.origin += from;
            self.lexed -= from;
            self.start = 0;
            // The last item is no longer there: lines are counted up to the open segment.
            self.last = Found::Blank(0, 0);
        }
        // Those that were lexed ahead stay in sight.
        self.index.ends.drain(..self.at_end);
        let ahead = !self.index.ends.is_empty();
        self.at_end = 0;
        if self.lexed > self.options.longest_segment {
            let offset = self.base + self.origin as u64;
            self.lost_from = Some(offset);
            self.lost_at = Some(self.locate(offset));
            self.next = Next::Long;
            return Ok(true);
        }
        self.fill(self.origin + self.lexed + BLOCK)?;
        let bytes = match &self.input {
            Input::Slice(slice) => slice,
            Input::Stream { buffer, .. } => buffer.filled(),
        };
        let from = self.origin + self.lexed;
        let to = bytes.len().min(from + self.block);
        let after_short = self.block < BLOCK || self.short_before;
        self.short_before = self.block < BLOCK;
        self.block = BLOCK.min(2 * self.block);
        let block = &bytes[from..to];
        let lexed = self.lexed as u32;
        let usual = self
            .lexer
            .lex(block, lexed, &mut self.index, &self.watch.usual);
        if !block.is_empty() {
            // A segment may go over several short blocks.
            let before = self.clean.1 && (self.clean.0 || !ahead && !after_short);
            self.clean = (before, usual || (self.watch.good)(block));
        }
        self.lexed += to - from;
        Ok(from < to)
    }

    /// Passes over a segment beyond the limit, up to its terminator.
    fn long_segment(&mut self) -> Result<Found> {
        if self.lexed > self.start {
            // All that was lexed goes; the lexer's state stays.
            let to = self.lexed;
            self.drop_lexed();
            return Ok(Found::Skipped(0, to));
        }
        self.settle();
        self.fill(self.origin + BLOCK)?;
        let bytes = match &self.input {
            Input::Slice(slice) => slice,
            Input::Stream { buffer, .. } => buffer.filled(),
        };
        let block = &bytes[self.origin..bytes.len().min(self.origin + BLOCK)];
        let len = block.len();
        self.lexer.lex(block, 0, &mut self.index, &self.watch.usual);
        let end = self
            .index
            .ends
            .first()
            .map(|end| self.index.separators[*end as usize] as usize + 1);
        let to = end.unwrap_or(len);
        if end.is_some() || len == 0 {
            let from = self.lost_from.take().unwrap_or(self.base);
            let lost = Span::new(from, self.base + (self.origin + to) as u64 - from);
            let limit = self.options.longest_segment;
            self.say(Finding::new(Code::SEGMENT_TOO_LONG, lost).with("limit", limit));
            self.resume(to);
            if len == 0 {
                self.next = Next::End;
                return Ok(Found::End);
            }
            return Ok(Found::Skipped(0, to));
        }
        self.lexed = len;
        self.drop_lexed();
        Ok(Found::Skipped(0, to))
    }

    /// Counts all that was lexed as delivered, without a restart of the lexer.
    fn drop_lexed(&mut self) {
        self.start = self.lexed;
        self.index.clear();
        (self.at_end, self.at_separator, self.at_special) = (0, 0, 0);
    }

    /// What stands after the last terminator.
    fn tail(&mut self) -> Result<Option<Found>> {
        let start = self.start;
        self.next = Next::End;
        let bytes = self.ahead();
        let rest = &bytes[start..];
        let to = start + rest.len();
        if rest.is_empty() {
            return Ok(Some(Found::End));
        }
        if rest
            .iter()
            .all(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t' | 0 | 0x1A))
        {
            let padding = rest.iter().filter(|byte| matches!(byte, 0 | 0x1A)).count();
            if padding > 0 {
                let finding = Finding::new(Code::TRAILING_PADDING, self.span(start, to))
                    .with("count", padding);
                self.say(finding);
            }
            return Ok(Some(Found::Blank(start, to)));
        }
        let blanks = rest
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t'))
            .count();
        // Another interchange, with other service characters.
        let text = &rest[blanks..];
        let begins = matches!(text.get(..3), Some(b"UNA" | b"UNB" | b"UIB")) && !self.after_una;
        if begins
            && let Some(opening) = una::opening(text)
            && (opening.una > 0 || opening.separators != self.opening.separators)
        {
            self.resume(start);
            self.next = Next::Opening;
            return Ok(None);
        }
        let opening = una::find_opening(text).filter(|at| *at > 0);
        let first = self
            .index
            .separators
            .get(self.at_separator)
            .map_or(to, |at| *at as usize);
        let tagged = is_tag(&bytes[(start + blanks).min(first)..first]);
        // A message that begins in a segment has a line of its own, and where the whole goes on it
        // has been looked for.
        let tagged = tagged && self.ends != Ends::Skipped;
        let opening = opening.filter(|at| {
            let ahead = matches!(&text[*at..*at + 3], b"UNA" | b"UNB" | b"UIB");
            let line = matches!(text[*at - 1], b'\r' | b'\n');
            !tagged || self.ends == Ends::Input && (ahead || line)
        });
        // The last line, or that before another interchange, may have its end.
        let rest = &rest[..opening.map_or(rest.len(), |at| blanks + at)];
        let is_blank = |byte: &&u8| matches!(byte, b'\r' | b'\n' | b' ' | b'\t');
        let last = rest.len() - rest.iter().rev().take_while(is_blank).count();
        let line_end = memchr::memchr2(b'\r', b'\n', &rest[last..]).map(|at| last + at);
        if let Some(at) = opening.filter(|_| line_end.is_none() || !tagged) {
            let at = start + blanks + at;
            self.say_skipped(start + blanks, at);
            self.resume(at);
            self.next = Next::Opening;
            return Ok(Some(Found::Skipped(start, at)));
        }
        if !tagged {
            self.say_skipped(start + blanks, to);
            return Ok(Some(Found::Skipped(start, to)));
        }
        let end = line_end.unwrap_or(rest.len());
        let separators: Vec<u32> = self.index.separators[self.at_separator..]
            .iter()
            .map(|at| at - start as u32)
            .filter(|at| (*at as usize) < end)
            .collect();
        let last = start + end;
        let specials = self
            .index
            .specials
            .iter()
            .any(|at| (start + blanks..last).contains(&(*at as usize)));
        let base = self.base + (self.origin + start) as u64;
        let tail = OwnedSegment::cut(
            &rest[..end],
            base,
            blanks as u32,
            &separators,
            specials,
            self.opening.separators,
        );
        self.unended = Some(base + end as u64);
        self.kept = Some(tail);
        if last < to {
            self.resume(last);
        }
        if opening.is_some() {
            self.next = Next::Opening;
        }
        Ok(Some(Found::Kept))
    }

    fn is_ended(&self) -> bool {
        match &self.input {
            Input::Slice(_) => true,
            Input::Stream { ended, .. } => *ended,
        }
    }

    /// Has the window reach to `to`, or to the end of the input; whether anything was read.
    fn fill(&mut self, to: usize) -> Result<bool> {
        let Input::Stream {
            read,
            buffer,
            ended,
        } = &mut self.input
        else {
            return Ok(false);
        };
        if *ended || buffer.end >= to {
            return Ok(false);
        }
        let mut wanted = to;
        // What was delivered makes room.
        if self.origin >= READ {
            let lines = self.lines.get_mut();
            let counted = (lines.offset - self.base) as usize;
            if counted < self.origin {
                lines.advance(&buffer.bytes[counted..self.origin]);
            }
            buffer.bytes.copy_within(self.origin..buffer.end, 0);
            buffer.end -= self.origin;
            self.base += self.origin as u64;
            wanted -= self.origin;
            self.origin = 0;
        }
        let before = buffer.end;
        while buffer.end < wanted && !*ended {
            let got = loop {
                match read.read(buffer.room()) {
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    got => break got,
                }
            };
            let len = got.map_err(|error| Error::io("input", error))?;
            buffer.end += len.min(READ);
            *ended = len == 0;
        }
        Ok(buffer.end > before)
    }

    fn span(&self, from: usize, to: usize) -> Span {
        Span::new(self.base + (self.origin + from) as u64, (to - from) as u64)
    }

    #[cold]
    fn say(&mut self, mut finding: Finding) {
        finding.at = self
            .lost_at
            .take()
            .unwrap_or_else(|| self.locate(finding.span.start));
        self.findings.push(finding);
    }
}

/// The segments that a reader has in sight, one after the other, as long as each is as segments
/// usually are.
pub(crate) struct Lane<'r> {
    bytes: &'r [u8],
    base: u64,
    index: &'r Index,
    separators: &'r Separators,
    /// Where it began.
    from: (usize, u32),
}

/// The positions of the first separators of a segment, where no more are asked for.
pub(crate) type FirstSeparators = [u32; 65];

/// What comes next in a lane: apart from it, so that it stays in registers.
pub(crate) struct Coming {
    end: usize,
    separator: u32,
    special: u32,
    start: u32,
}

/// A segment of a lane: its packed tag, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaneSegment {
    pub tag: u32,
    tag_at: u32,
    /// Its first and last separator in the index.
    first: u32,
    last: u32,
}

/// How far a lane was followed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LanePlace {
    end: usize,
    special: usize,
    start: usize,
    last: SegmentPlace,
}

impl LaneSegment {
    /// How many separators it has, its terminator not counted.
    #[inline(always)]
    pub(crate) fn values(self) -> usize {
        self.last.wrapping_sub(self.first) as usize
    }

    /// Whether it may belong to the envelope.
    #[inline(always)]
    pub(crate) fn is_service(self) -> bool {
        matches!(self.tag >> 8, 0x55_4E | 0x55_49)
    }
}

impl<'r> Lane<'r> {
    /// The next segment. `None` where the next is not in sight, or holds release or control
    /// characters, and where it is longer than a block. Whether its tag is one is not looked at.
    #[inline(always)]
    pub(crate) fn next(&self, coming: &mut Coming) -> Option<LaneSegment> {
        let index = self.index;
        let last = *index.ends.get(coming.end)?;
        let terminator = *index.separators.get(last as usize)?;
        let mut tag_at = coming.start;
        let mut tag = self.four(tag_at)?;
        if tag[0] <= b' ' {
            let (at, separator, special) =
                self.pass_blanks(terminator, (tag_at, coming.separator, coming.special));
            (tag_at, coming.separator, coming.special) = (at, separator, special);
            tag = self.four(tag_at)?;
        }
        let first = coming.separator;
        let special = index.specials.get(coming.special as usize);
        // What follows the tag is no letter, but it may be a line break inside it.
        if *index.separators.get(first as usize)? != tag_at + 3
            || special.is_some_and(|at| *at < terminator)
            || terminator >= tag_at + BLOCK as u32
        {
            return None;
        }
        let segment = LaneSegment {
            tag: u32::from_be_bytes(*tag) >> 8,
            tag_at,
            first,
            last,
        };
        coming.end += 1;
        coming.separator = last + 1;
        coming.start = terminator + 1;
        Some(segment)
    }

    /// Four bytes from a position on.
    #[inline(always)]
    fn four(&self, at: u32) -> Option<&'r [u8; 4]> {
        let at = at as usize;
        self.bytes.get(at..at + 4)?.first_chunk()
    }

    /// What stands between the last segment and the next tag is passed by: where the tag begins,
    /// and what separator and special come next then.
    #[inline]
    fn pass_blanks(
        &self,
        terminator: u32,
        (start, mut separator, mut special): (u32, u32, u32),
    ) -> (u32, u32, u32) {
        let tag_at = tag_start(self.bytes, start as usize, terminator) as u32;
        let before = |positions: &[u32], at: u32| {
            let position = positions.get(at as usize);
            position.is_some_and(|position| *position < tag_at)
        };
        while before(&self.index.separators, separator) {
            separator += 1;
        }
        while before(&self.index.specials, special) {
            special += 1;
        }
        (tag_at, separator, special)
    }

    /// The bytes that positions count in.
    #[inline(always)]
    pub(crate) fn bytes(&self) -> &'r [u8] {
        self.bytes
    }

    /// The bytes of a segment, from its tag on and its terminator with them.
    #[inline]
    pub(crate) fn bytes_of(&self, at: LaneSegment) -> &'r [u8] {
        let terminator = self.index.separators[at.last as usize];
        &self.bytes[at.tag_at as usize..=terminator as usize]
    }

    /// The positions of the first separators of a segment, so many that others may stand behind its
    /// terminator, and the bits of the first 64 of them. `room` is for the last segments of a lane.
    #[inline(always)]
    pub(crate) fn separators<'w>(
        &'w self,
        at: LaneSegment,
        room: &'w mut FirstSeparators,
    ) -> (&'w FirstSeparators, Bits) {
        let first = at.first as usize;
        let wide = self.index.separators.get(first..first + room.len());
        let wide = match wide.and_then(<[u32]>::first_chunk) {
            Some(wide) => wide,
            None => self.last_separators(first, room),
        };
        (wide, self.index.kinds.window(first))
    }

    #[cold]
    fn last_separators<'w>(
        &self,
        first: usize,
        room: &'w mut FirstSeparators,
    ) -> &'w FirstSeparators {
        for (to, from) in room
            .iter_mut()
            .zip(self.index.separators.iter().skip(first))
        {
            *to = *from;
        }
        room
    }

    /// The characters that separate.
    #[inline]
    pub(crate) fn service(&self) -> &'r Separators {
        self.separators
    }

    /// A segment of it as a view; which of the segments of the lane it is.
    pub(crate) fn segment(&self, at: LaneSegment, number: u64) -> Segment<'r> {
        Segment {
            data: self.bytes,
            base: self.base,
            start: self.start_of(number),
            tag_at: at.tag_at,
            separators: &self.index.separators[at.first as usize..=at.last as usize],
            has_specials: false,
            cut: false,
            service: self.separators,
        }
    }

    /// Where segment `number` of the lane begins, blanks before its tag included.
    fn start_of(&self, number: u64) -> u32 {
        match number {
            0 => self.from.1,
            _ => {
                self.index.separators[self.index.ends[self.from.0 + number as usize - 1] as usize]
                    + 1
            }
        }
    }

    /// Where the reader is behind segment `number` of the lane.
    #[cold]
    pub(crate) fn behind(&self, at: LaneSegment, number: u64) -> LanePlace {
        let terminator = self.index.separators[at.last as usize];
        let specials = &self.index.specials;
        LanePlace {
            end: self.from.0 + number as usize + 1,
            special: specials.partition_point(|special| *special < terminator),
            start: terminator as usize + 1,
            last: SegmentPlace {
                start: self.start_of(number),
                tag_at: at.tag_at,
                first: at.first,
                last: at.last,
                specials: false,
                tag: Some(at.tag),
            },
        }
    }
}

/// What a reader in the middle of an interchange knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Continuation(Opening);

/// Where the tag begins behind blanks, at the latest at the terminator.
#[inline]
fn tag_start(bytes: &[u8], start: usize, terminator: u32) -> usize {
    let mut at = start;
    if bytes[at] > b' ' {
        return at;
    }
    while matches!(bytes[at], b'\n' | b'\r' | b' ' | b'\t') && (at as u32) < terminator {
        at += 1;
    }
    at
}

/// Whether a segment tag may begin here: three upper-case letters or digits, then none.
#[inline]
fn is_tag_start(bytes: &[u8]) -> bool {
    const UPPER: u8 = 1;
    const OTHER: u8 = 2;
    const KINDS: [u8; 256] = {
        let mut kinds = [OTHER; 256];
        let mut byte = 0;
        while byte < 256 {
            let at = byte as u8;
            if at.is_ascii_uppercase() || at.is_ascii_digit() {
                kinds[byte] = UPPER;
            } else if at.is_ascii_lowercase() {
                kinds[byte] = 0;
            }
            byte += 1;
        }
        kinds
    };
    let kind = |at: usize| KINDS[usize::from(bytes[at])];
    kind(0) & kind(1) & kind(2) & UPPER != 0 && kind(3) == OTHER
}

/// A byte for people.
pub(crate) fn shown(byte: u8) -> String {
    match byte {
        0x21..=0x7E => (byte as char).to_string(),
        b' ' => "space".to_owned(),
        _ => format!("0x{byte:02X}"),
    }
}
