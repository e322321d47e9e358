//! Messages passed over, to be read by others: only where they begin and end is looked for.
//!
//! What may end a message stands behind a segment terminator and begins with `UN` or `UI`: these
//! two letters are searched for, and little else is lexed. Where anything is not as it usually is,
//! the passing stops before that segment, and the reader reads it as any other.

use super::{BLOCK, Found, Next, Reader};
use crate::Result;
use crate::edifact::on_this_machine;
use crate::edifact::una::{self, SIGHT, Separators};

/// What was passed over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed {
    /// Messages that began.
    pub begun: u64,
    /// Offset behind the last trailer, if one was passed.
    pub ended: Option<u64>,
    /// Whether a message is open where the passing stopped.
    pub inside: bool,
}

/// What stands where `UN` or `UI` was found.
enum Mark {
    /// Data, or a segment that may stand in a message.
    Nothing,
    /// The trailer of a message, which ends here.
    Trailer(usize),
    /// Something that is to be read, in a segment that begins here.
    Other(usize),
    /// It is not all in sight.
    OutOfSight,
}

impl Reader<'_> {
    /// Passes over the rest of the message that is open, and over messages that follow it, until one
    /// ends at or behind the offset `full`. [`advance`](Self::advance) gives what comes next; the last
    /// item is no longer there.
    pub(crate) fn pass_messages(&mut self, full: u64) -> Result<Passed> {
        let mut passed = Passed {
            begun: 0,
            ended: None,
            inside: true,
        };
        // Whoever reads the message tells it.
        self.forget_unended();
        if self.again.is_some() || !matches!(self.next, Next::Segments) {
            return Ok(passed);
        }
        if self.options.character_length.is_some() || !is_usual(&self.opening.separators) {
            self.pass_usual()?;
            return Ok(passed);
        }
        self.forget_lexed();
        self.settle();
        self.last = Found::Blank(0, 0);
        // From the origin: where a segment begins, and how far was looked.
        let (mut segment, mut at) = (0, 0);
        loop {
            let bytes = self.ahead();
            let mark = match candidate(&bytes[at..]) {
                Some(found) => {
                    at += found;
                    let mark = mark(bytes, segment, at, &self.opening.separators);
                    let in_sight = at + SIGHT <= bytes.len() || self.is_ended();
                    if in_sight { mark } else { Mark::OutOfSight }
                }
                None => {
                    at = bytes.len().saturating_sub(1).max(at);
                    Mark::OutOfSight
                }
            };
            match mark {
                Mark::Nothing => at += 1,
                Mark::Other(from) => {
                    self.resume(from);
                    return Ok(passed);
                }
                Mark::Trailer(to) => {
                    let end = self.base + (self.origin + to) as u64;
                    (passed.ended, passed.inside) = (Some(end), false);
                    (segment, at) = (to, to);
                    if end >= full {
                        self.resume(to);
                        return Ok(passed);
                    }
                    let header = loop {
                        if let Some(header) =
                            header(&self.ahead()[segment..], &self.opening.separators)
                        {
                            break header;
                        }
                        if !self.see_more(&mut segment, &mut at)? {
                            break 0;
                        }
                    };
                    if header == 0 {
                        self.resume(segment);
                        return Ok(passed);
                    }
                    passed.begun += 1;
                    passed.inside = true;
                    segment += header;
                    at = segment;
                }
                Mark::OutOfSight => {
                    segment = last_start(self.ahead(), segment, at, &self.opening.separators);
                    let long = self.ahead().len() - segment > self.options.longest_segment;
                    if long || !self.see_more(&mut segment, &mut at)? {
                        self.resume(segment);
                        return Ok(passed);
                    }
                }
            }
        }
    }

    /// Has more of the input in sight; whether there is more. What stands before the segment goes.
    fn see_more(&mut self, segment: &mut usize, at: &mut usize) -> Result<bool> {
        self.origin += *segment;
        *at -= *segment;
        *segment = 0;
        let end = self.bytes().len();
        self.fill(end + 1)
    }
}

/// Whether no service character could be taken for a letter, a digit or a blank.
fn is_usual(separators: &Separators) -> bool {
    separators.clash().is_none()
        && separators
            .bytes()
            .all(|byte| !byte.is_ascii_alphanumeric() && !is_blank(byte))
}

#[inline]
fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b' ' | b'\t')
}

#[inline]
fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Whether one of the separators that end a tag.
#[inline]
fn ends_tag(byte: u8, separators: &Separators) -> bool {
    byte == separators.element
        || byte == separators.terminator
        || byte == separators.component
        || Some(byte) == separators.repetition
}

/// The first place where a tag of the envelope may begin: `UN` or `UI`, or `U` before a line break,
/// which counts for nothing in a tag.
fn candidate(bytes: &[u8]) -> Option<usize> {
    const STEP: usize = 64;
    on_this_machine(
        #[inline(always)]
        || {
            let mut at = 0;
            while let (Some(these), Some(next)) =
                (bytes.get(at..at + STEP), bytes.get(at + 1..at + 1 + STEP))
            {
                // All are looked at, so that the compiler makes vectors of them.
                let mut found = false;
                for (this, next) in these.iter().zip(next) {
                    found |= is_candidate(*this, *next);
                }
                if found {
                    break;
                }
                at += STEP;
            }
            let rest = bytes.get(at..)?;
            let mut pairs = rest.iter().zip(rest.get(1..)?);
            Some(at + pairs.position(|(this, next)| is_candidate(*this, *next))?)
        },
    )
}

#[inline(always)]
fn is_candidate(this: u8, next: u8) -> bool {
    (this == b'U') & ((next == b'N') | (next == b'I') | (next == b'\n') | (next == b'\r'))
}

/// Judges what stands at `at`, behind a place where a segment begins.
fn mark(bytes: &[u8], segment: usize, at: usize, separators: &Separators) -> Mark {
    let Some(&[_, second, third, behind]) = bytes.get(at..).and_then(<[u8]>::first_chunk) else {
        return Mark::OutOfSight;
    };
    let before = bytes[segment..at].iter().rev();
    let start = at - before.take_while(|byte| is_blank(**byte)).count();
    let starts = start == segment
        || bytes[start - 1] == separators.terminator
            && !is_released(bytes, segment, start - 1, separators);
    let this = |starts: bool| match starts {
        true => Mark::Other(start),
        false => Mark::Other(last_start(bytes, segment, at, separators)),
    };
    if starts
        && [second, third, behind]
            .iter()
            .any(|b| matches!(b, b'\r' | b'\n'))
    {
        return this(true);
    }
    let tag = [b'U', second, third];
    // A segment that lost its terminator may stand before it on a line of its own.
    let broken = !starts && bytes[start..at].iter().any(|byte| is_break(*byte));
    if broken && behind == separators.element && matches!(second, b'N' | b'I') {
        return this(false);
    }
    if starts && ends_tag(behind, separators) {
        match &tag {
            b"UNT" | b"UIT" => {
                return match end_of_segment(bytes, segment, at + 3, separators) {
                    Some(end) if bytes[at..end].iter().any(|byte| is_break(*byte)) => this(true),
                    Some(end) => Mark::Trailer(end),
                    None if bytes.len() < at + BLOCK => Mark::OutOfSight,
                    None => this(true),
                };
            }
            b"UNA" | b"UNB" | b"UIB" | b"UNZ" | b"UIZ" | b"UNG" | b"UNE" | b"UNH" | b"UIH"
            | b"UNO" => return this(true),
            _ => {}
        }
    }
    // An interchange may begin in what is no segment.
    let opens = matches!(&tag, b"UNA" | b"UNB" | b"UIB" | b"UNG" | b"UNH" | b"UIH")
        && (starts || !bytes[at - 1].is_ascii_alphanumeric())
        && una::opening(&bytes[at..]).is_some();
    if opens { this(starts) } else { Mark::Nothing }
}

/// Behind the header of a message, where one begins here, blanks before it passed by; 0 where
/// something else does. `None` where it is not all in sight.
fn header(bytes: &[u8], separators: &Separators) -> Option<usize> {
    let blanks = bytes.iter().take_while(|byte| is_blank(**byte)).count();
    if blanks >= BLOCK {
        return Some(0);
    }
    let [tag @ .., behind] = bytes.get(blanks..)?.first_chunk::<4>()?;
    if !matches!(tag, b"UNH" | b"UIH") || !ends_tag(*behind, separators) {
        return Some(0);
    }
    match end_of_segment(bytes, 0, blanks + 3, separators) {
        Some(end) if bytes[blanks..end].iter().any(|byte| is_break(*byte)) => Some(0),
        Some(end) => Some(end),
        None => (bytes.len() >= blanks + BLOCK).then_some(0),
    }
}

/// Behind the terminator of a segment whose tag ends at `from`; it is not looked for very far.
fn end_of_segment(
    bytes: &[u8],
    segment: usize,
    from: usize,
    separators: &Separators,
) -> Option<usize> {
    let to = bytes.len().min(from + BLOCK);
    memchr::memchr_iter(separators.terminator, &bytes[from..to])
        .map(|at| from + at)
        .find(|at| !is_released(bytes, segment, *at, separators))
        .map(|at| at + 1)
}

/// Where the segment begins in which `at` stands, as far back as another place where one begins.
fn last_start(bytes: &[u8], segment: usize, at: usize, separators: &Separators) -> usize {
    memchr::memrchr_iter(separators.terminator, &bytes[segment..at])
        .map(|found| segment + found)
        .find(|found| !is_released(bytes, segment, *found, separators))
        .map_or(segment, |found| found + 1)
}

/// Whether the character at `at` has its plain meaning: a release character, which works over line
/// breaks, stands before it, and is not itself released.
fn is_released(bytes: &[u8], segment: usize, at: usize, separators: &Separators) -> bool {
    let Some(release) = separators.release else {
        return false;
    };
    let before = bytes[segment..at].iter().rev();
    let before = before.take_while(|byte| **byte == release || matches!(**byte, b'\r' | b'\n'));
    before.filter(|byte| **byte == release).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Options, Reader};
    use crate::edifact::Item;

    /// Hands out so many bytes at a time.
    struct Dribble<'b>(&'b [u8], usize);

    impl std::io::Read for Dribble<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let len = self.1.min(self.0.len()).min(buffer.len());
            buffer[..len].copy_from_slice(&self.0[..len]);
            self.0 = &self.0[len..];
            Ok(len)
        }
    }

    /// Service segments of the envelope and their offsets; `passing` passes over messages where it can.
    fn envelope(mut reader: Reader<'_>, full: Option<u64>) -> (Vec<(Vec<u8>, u64)>, u64, u64) {
        let (mut found, mut begun, mut passed) = (Vec::new(), 0, 0);
        let mut inside = false;
        while reader.advance().unwrap() {
            let Some(Item::Segment(segment)) = reader.current() else {
                continue;
            };
            let tag: Vec<u8> = segment
                .tag()
                .iter()
                .copied()
                .filter(|b| *b >= b' ')
                .collect();
            match &tag[..] {
                b"UNH" | b"UIH" => {
                    begun += 1;
                    inside = true;
                }
                b"UNT" | b"UIT" => inside = false,
                b"UNB" | b"UIB" | b"UNZ" | b"UIZ" | b"UNG" | b"UNE" | b"UNO" => {
                    inside = false;
                    found.push((tag.clone(), segment.offset()));
                }
                _ => {}
            }
            if let (true, Some(full)) = (inside, full) {
                let over = reader.pass_messages(full).unwrap();
                begun += over.begun;
                passed += over.begun;
                inside = over.inside;
            }
        }
        (found, begun, passed)
    }

    fn pieces() -> impl Strategy<Value = String> {
        let message = "UNH+1+CUSCAR:D:95B:UN'BGM+785+A'UNT+3+1'";
        let piece = prop_oneof![
            8 => Just(message.to_owned()),
            8 => Just(message.replace('\'', "'\r\n")),
            4 => (0usize..3).prop_map(move |lost| {
                let mut ends = message.match_indices('\'').map(|(at, _)| at);
                let mut text = message.to_owned();
                text.replace_range(ends.nth(lost).map_or(0..0, |at| at..at + 1), "\n");
                text
            }),
            1 => Just("UNZ+1+1\nUNB+UNOA:2+A+B+261123:1200+1\n".to_owned()),
            2 => Just("UNB+UNOA:2+A+B+261123:1200+1'".to_owned()),
            1 => Just("UNA:+.? '\nUNB+UNOA:2+A+B+261123:1200+1'".to_owned()),
            1 => Just("UNA|^.! ~UNB^UNOA|2^A~".to_owned()),
            1 => Just("UNZ+1+1'".to_owned()),
            1 => Just("UNG+CUSCAR'".to_owned()),
            1 => Just("UNE+1+1'".to_owned()),
            1 => Just("UNH+2+CUSCAR:D:95B:UN'BGM+785+A'".to_owned()),
            1 => Just("UNT+3+1'".to_owned()),
            1 => Just("UNO+1++5'a'b'cUNP+5+1'".to_owned()),
            2 => Just("FTX+AAA+++IT?'UNT+ ??'".to_owned()),
            2 => Just("FTX+AAA+++UNB+UNOA:2+UNH+'".to_owned()),
            1 => Just("?".to_owned()),
            1 => Just("?\r\n".to_owned()),
            1 => Just("U\nNT+1'UN\r\nH+1'".to_owned()),
            1 => Just("UNS+D'UNITED'U'UN'".to_owned()),
            1 => Just("~~junk UNB+UNOA:2+A'".to_owned()),
            1 => Just("'".to_owned()),
            1 => "[ \r\n'?+:UNTBHZIA*]{1,9}",
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn passing_over_messages_meets_the_same_envelope(
            text in pieces(),
            full in 0u64..3000,
            at_a_time in 1usize..400,
        ) {
            let input = text.as_bytes();
            let (expected, begun, _) = envelope(Reader::new(input), None);
            let (found, passed, _) = envelope(Reader::new(input), Some(full));
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(passed, begun);
            let reader = Reader::from_read(Dribble(input, at_a_time), Options::default());
            let (found, passed, _) = envelope(reader, Some(full));
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(passed, begun);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        #[test]
        fn what_comes_into_sight_late_is_met_as_well(
            text in pieces(),
            before in 0usize..300,
            at_a_time in prop_oneof![Just(usize::MAX), 1000usize..9000],
        ) {
            // A stream is asked for so many bytes at a time.
            let filler = "A".repeat(super::super::CHUNK - before);
            let input = format!("UNH+1+CUSCAR:D:95B:UN'BGM+785+{filler}'UNT+3+1'{text}");
            let input = input.as_bytes();
            let (expected, begun, _) = envelope(Reader::new(input), None);
            let reader = Reader::from_read(Dribble(input, at_a_time), Options::default());
            let (found, passed, _) = envelope(reader, Some(u64::MAX));
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(passed, begun);
        }
    }

    #[test]
    fn messages_are_passed_over() {
        let input = "UNH+1+CUSCAR:D:95B:UN'BGM+785+A'UNT+3+1'\n".repeat(100_000);
        let (_, begun, passed) = envelope(Reader::new(input.as_bytes()), Some(u64::MAX));
        assert_eq!((begun, passed), (100_000, 99_999));
        let reader = Reader::from_read(input.as_bytes(), Options::default());
        let (_, begun, passed) = envelope(reader, Some(u64::MAX));
        assert_eq!(begun, 100_000);
        // The end is looked at closely.
        assert!(passed > 99_990, "{passed}");
    }
}
