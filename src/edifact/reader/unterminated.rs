//! Segments that lost their terminator before a line break.
//!
//! In ISO 9735 a line break is nothing, and lines that are wrapped in the middle of a value are
//! read as such. Where each segment has a line of its own, the break behind one without a
//! terminator is the only trace of its end. The reader goes by it alone before tags of the envelope,
//! which no value is likely to hold between a line break and a separator, and behind the header of
//! a message; all else is for those to judge who know the message.

use super::{BLOCK, Ends, Found, Peek, Reader, shown, tag_start};
use crate::Result;
use crate::edifact::segment::{OwnedSegment, Segment, is_tag, pack};
use crate::edifact::una::{self, SIGHT};
use crate::finding::{Code, Finding};
use crate::span::Span;

/// Lines of this many bytes and more may have been wrapped.
pub(crate) const WRAPPED: usize = 70;

/// Line breaks in a segment: where there are more, it is no segment a line.
const MOST_BREAKS: usize = 16;

/// A line break in a segment, behind which another segment may begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Break {
    /// Offset of the line break.
    pub at: u64,
    /// The tag behind it, packed as by [`Segment::packed_tag`], and its offset.
    pub tag: u64,
    pub tag_at: u64,
    /// Bytes of the line that ends here.
    pub line: usize,
}

impl Break {
    /// Whether the tag is one of the envelope.
    fn is_envelope(&self) -> bool {
        matches!(
            &self.tag.to_be_bytes()[5..],
            b"UNB"
                | b"UNZ"
                | b"UNG"
                | b"UNE"
                | b"UNH"
                | b"UNT"
                | b"UNO"
                | b"UNP"
                | b"UIB"
                | b"UIZ"
                | b"UIH"
                | b"UIT"
        )
    }
}

/// The places in a segment where a line ends in a value, and what follows looks like a tag.
pub(crate) fn breaks<'s>(segment: &Segment<'s>) -> impl Iterator<Item = Break> + use<'s> {
    let bytes = segment.bytes();
    let (data, separators, service) = (segment.data, segment.separators, segment.service);
    let (tag_at, offset) = (segment.tag_at, segment.offset());
    let usual = !service.are_alphanumeric()
        && !matches!(service.terminator, b'\r' | b'\n')
        && bytes.len() <= BLOCK
        && memchr::memchr2_iter(b'\r', b'\n', bytes)
            .nth(MOST_BREAKS)
            .is_none();
    let looked_at = if usual { bytes } else { &[] };
    let is_separator = move |at: usize| separators.binary_search(&(tag_at + at as u32)).is_ok();
    let tag_end = separators.first().map_or(0, |at| (at - tag_at) as usize);
    let release = service.release;
    let mut line = 0;
    memchr::memchr2_iter(b'\r', b'\n', looked_at).filter_map(move |at| {
        let start = std::mem::replace(&mut line, at + 1);
        if at <= tag_end || matches!(bytes[at - 1], b'\r' | b'\n') || is_separator(at - 1) {
            return None;
        }
        // What a release character stands before is data, over line breaks too.
        let released = bytes[..at].iter().rev();
        let released = released.take_while(|byte| Some(**byte) == release).count();
        let blanks = bytes[at..].iter();
        let blanks = blanks.take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | b'\t'));
        let next = at + blanks.count();
        let tag = bytes.get(next..next + 3)?;
        let una = tag == b"UNA";
        let ended = data.get(tag_at as usize + next + 3) == Some(&service.element)
            && is_separator(next + 3);
        if released % 2 == 1 || !is_tag(tag) || !(ended || una) {
            return None;
        }
        Some(Break {
            at: offset + at as u64,
            tag: pack(tag),
            tag_at: offset + next as u64,
            line: at - start,
        })
    })
}

impl Reader<'_> {
    /// Whether the last piece is a segment in which there may be a line break.
    #[inline]
    pub(crate) fn may_be_broken(&self) -> bool {
        match self.last {
            Found::Segment => self.place.specials,
            Found::Kept => true,
            _ => false,
        }
    }

    /// Ends the last segment at the line break where the envelope, or a message behind its header,
    /// goes on.
    #[cold]
    #[inline(never)]
    pub(super) fn end_before_envelope(&mut self) -> Result<()> {
        let Some(segment) = self.current_segment() else {
            return Ok(());
        };
        let Some(first) = breaks(&segment).next() else {
            return Ok(());
        };
        let header = matches!(segment.tag(), b"UNH" | b"UIH");
        let mut found: Option<Break> = breaks(&segment).find(Break::is_envelope);
        let una = breaks(&segment).find(|a| a.tag.to_be_bytes()[5..] == *b"UNA");
        if let Some(una) = una.filter(|una| found.is_none_or(|found| una.at < found.at)) {
            self.fill((una.tag_at - self.base) as usize + SIGHT)?;
            let bytes = &self.bytes()[(una.tag_at - self.base) as usize..];
            if una::opening(bytes).is_some_and(|opening| opening.una > 0) {
                found = Some(una);
            }
        }
        if header && first.line < WRAPPED && found.is_none_or(|found| first.at < found.at) {
            let una = una.is_some_and(|una| una.at == first.at);
            if !una && self.ends_line()? {
                found = Some(first);
            }
        }
        if let Some(found) = found {
            self.end_last(found.at);
        }
        Ok(())
    }

    /// Whether the line ends behind the last segment.
    pub(crate) fn ends_line(&mut self) -> Result<bool> {
        const BLANKS: usize = 4;
        let Some(segment) = self.current_segment() else {
            return Ok(false);
        };
        let end = segment.span().end();
        self.fill((end - self.base) as usize + BLANKS)?;
        let behind = &self.bytes()[(end - self.base) as usize..];
        let mut behind = behind.iter().filter(|byte| **byte != b' ');
        Ok(behind
            .next()
            .is_none_or(|byte| matches!(byte, b'\r' | b'\n')))
    }

    /// Ends the last segment at offset `at`, as if its terminator stood there; what is behind is
    /// read again.
    pub(crate) fn end_last(&mut self, at: u64) {
        let Some(segment) = self.current_segment() else {
            return;
        };
        let kept = OwnedSegment::ended_at(&segment, at);
        let to = (at - self.base) as usize - self.origin;
        self.kept = Some(kept);
        self.last = Found::Kept;
        self.resume(to);
        self.unended = Some(at);
    }

    /// The tag of a segment that the input ends in.
    #[cold]
    pub(super) fn peek_unended(&self) -> Peek {
        let bytes = self.ahead();
        let ended = self.is_ended() && self.lexed == bytes.len() && self.ends != Ends::Skipped;
        let first = self.index.separators.get(self.at_separator);
        let Some(&first) = first.filter(|_| ended) else {
            return Peek::OutOfSight;
        };
        let tag = &bytes[tag_start(bytes, self.start, first)..first as usize];
        match is_tag(tag) {
            true => Peek::Tag(pack(tag)),
            false => Peek::OutOfSight,
        }
    }

    /// Has it not told that the last segment lacks its terminator: others tell it.
    pub(crate) fn forget_unended(&mut self) {
        self.unended = None;
    }

    /// Says behind the last segment that it lacks its terminator.
    pub(super) fn say_unterminated(&mut self) {
        if let Some(end) = self.unended.take() {
            let terminator = shown(self.opening.separators.terminator);
            let finding = Finding::new(Code::UNTERMINATED_SEGMENT, Span::at(end));
            self.say(finding.with("terminator", terminator));
        }
    }
}
