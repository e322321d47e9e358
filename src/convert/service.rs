//! Service characters in a tree: UNA, and what holds without it.

use super::event::{Sink, from_hex, to_hex};
use crate::Result;
use crate::edifact::Separators;

/// The six characters of a service string advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Una(pub(super) [u8; 6]);

impl Una {
    /// The characters of `UNA` and six of printable ASCII; `None` for any other.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let six: [u8; 6] = bytes.strip_prefix(b"UNA")?.try_into().ok()?;
        let good = six.iter().all(|byte| (0x20..0x7F).contains(byte));
        good.then_some(Self(six))
    }

    /// Writes it as the segment `S_UNA`.
    pub(super) fn write<S: Sink + ?Sized>(&self, out: &mut S) -> Result<()> {
        out.start("S_UNA", false)?;
        for (at, byte) in self.0.iter().enumerate() {
            out.start(&format!("D_UNA{}", at + 1), false)?;
            out.text(char::from(*byte).encode_utf8(&mut [0; 4]))?;
            out.end()?;
        }
        out.end()
    }
}

/// The separators that hold by UNA and the syntax version (ISO 9735 clause 7, -1 clause 8.1).
pub(super) fn derived(una: Option<&Una>, syntax: u8) -> Separators {
    let Some(Una([component, element, decimal, release, repetition, terminator])) = una else {
        return Separators {
            repetition: (syntax >= 4).then_some(b'*'),
            ..Separators::default()
        };
    };
    Separators {
        component: *component,
        element: *element,
        decimal: *decimal,
        release: (*release != b' ').then_some(*release),
        repetition: (syntax >= 4 && *repetition != b' ').then_some(*repetition),
        terminator: *terminator,
    }
}

/// Separators as hexadecimal digits in the order of UNA, `00` for those there are not.
pub(super) fn written(separators: &Separators) -> String {
    to_hex(&[
        separators.component,
        separators.element,
        separators.decimal,
        separators.release.unwrap_or(0),
        separators.repetition.unwrap_or(0),
        separators.terminator,
    ])
}

/// What [`written`] wrote.
pub(super) fn read(text: &str) -> Option<Separators> {
    let bytes = from_hex(text)?;
    let [component, element, decimal, release, repetition, terminator] = *bytes.as_slice() else {
        return None;
    };
    let some = |byte: u8| (byte != 0).then_some(byte);
    Some(Separators {
        component,
        element,
        decimal,
        release: some(release),
        repetition: some(repetition),
        terminator,
    })
}
