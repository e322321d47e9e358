//! Characters outside the character set of the interchange.

use super::message::tag_text;
use super::out::{Context, Out};
use crate::charset::{alternatives, guess};
use crate::edifact::{End, Segment};
use crate::finding::{Code, Finding, Severity};
use crate::span::Span;

/// Looks at the values of a segment that holds something outside the character set, or what may be
/// text in another: one finding for each value that is outside, and once in an interchange what the bytes look like.
#[cold]
#[inline(never)]
pub(super) fn report(
    out: &mut Out<'_>,
    segment: &Segment<'_>,
    context: &Context<'_, '_>,
    number: Option<u64>,
    guessed: &mut bool,
) {
    let tag = tag_text(segment);
    let charset = out.charset;
    let mut at = (0u32, 1u32, 1u32);
    let (mut composite, mut last) = (false, (0, 0, 0));
    for token in segment.tokens() {
        let here = at;
        match token.end {
            End::Component if here.0 > 0 => at.2 += 1,
            End::Component => {}
            End::Repetition => (at.1, at.2) = (at.1 + 1, 1),
            _ => at = (at.0 + 1, 1, 1),
        }
        composite = here.0 > 0
            && (token.end == End::Component || composite && (here.0, here.1) == (last.0, last.1));
        last = here;
        let here = (here, composite);
        let value = token.value();
        let held = charset.holds(&value);
        let guess = match held {
            true if *guessed => None,
            true => charset.hides(&value),
            false => guess(&value).filter(|guess| *guess != charset),
        };
        if !*guessed && let Some(guess) = guess {
            *guessed = true;
            let span = Span::new(token.offset, token.bytes.len() as u64);
            let mut finding = Finding::new(Code::LOOKS_LIKE, span)
                .with("charset", guess.name())
                .with("declared", charset.name());
            let others = alternatives(&value).filter(|_| guess.name() == "gb18030");
            if let Some(others) = others {
                finding = finding.with("others", others);
            }
            place(&mut finding, &tag, number, here);
            out.send(finding, context);
        }
        if held {
            continue;
        }
        if charset.name() == "UNOX"
            && let Some(at) = token.bytes.iter().position(|byte| *byte == 0x1B)
        {
            let len = (token.bytes.len() - at).min(4);
            let span = Span::new(token.offset + at as u64, len as u64);
            let mut finding = Finding::new(Code::UNKNOWN_ESCAPE, span);
            finding.value = Some(out.value(&token.bytes[at..at + len]));
            place(&mut finding, &tag, number, here);
            out.send(finding, context);
            continue;
        }
        let decoded = charset.decode(&value);
        let code = match decoded {
            None if !charset.is_level() => Code::UNDECODABLE,
            _ => Code::INVALID_CHARACTER,
        };
        if !out.wants(code) {
            out.count(code, Severity::Error);
            continue;
        }
        // From the first character that is not in the set to the last.
        let bad = |byte: &u8| !charset.holds(&[*byte]);
        let mut offset = token.bytes.iter().position(bad).unwrap_or(0);
        let mut end = offset + 1;
        if !token.bytes[offset].is_ascii() {
            let last = token.bytes.iter().rposition(bad);
            end = last.map_or(token.bytes.len(), |last| last + 1);
            if guess.is_some() {
                // Of another character set: with its first byte and its last.
                let high = |byte: &&u8| !byte.is_ascii();
                offset -= token.bytes[..offset].iter().rev().take_while(high).count();
                end += token.bytes[end..].iter().take_while(high).count();
            }
        }
        let mut finding = match code {
            Code::UNDECODABLE => {
                let mut finding =
                    Finding::new(code, Span::new(token.offset, token.bytes.len() as u64));
                finding.value = Some(out.value(&value));
                finding
            }
            _ => {
                let span = Span::new(token.offset + offset as u64, (end - offset) as u64);
                let mut finding = Finding::new(code, span);
                finding.value = Some(out.value(&token.bytes[offset..end]));
                finding
            }
        };
        finding = finding.with("charset", charset.name());
        place(&mut finding, &tag, number, here);
        out.send(finding, context);
    }
}

/// Where a value stands: element, repetition and component counted from 1, the tag as element 0;
/// whether other components stand beside it.
type At = ((u32, u32, u32), bool);

fn place(finding: &mut Finding, tag: &str, number: Option<u64>, (at, composite): At) {
    if at.0 > 0 {
        finding.place.element = Some(at.0);
        finding.place.repetition = (at.1 > 1).then_some(at.1);
        finding.place.component = composite.then_some(at.2);
    }
    finding.place.segment_number = number;
    finding.place.segment = Some(tag.into());
}
