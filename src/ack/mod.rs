//! Acknowledgements: what a receiver answers, and what an answer says.
//!
//! A [`Report`] keeps what the check of an input found. A [`Writer`] makes of it
//!
//! - CONTRL (ISO 9735, syntax versions 1 to 4): syntax errors, by level, code and position;
//! - APERAK (UN/EDIFACT, D.95A and later): what rules found;
//! - the receipts of Chinese platforms, as `specs/receipts` tells.
//!
//! ```
//! use baowen::ack::{Limits, Options, Report, Writer, checking};
//! use baowen::check::Checker;
//! use baowen::finding::{Finding, Lang};
//! use baowen::spec::Specs;
//!
//! let input = b"UNB+UNOA:3+SENDER+RECEIVER+261124:0930+REF1'UNH+1+CUSCAR:D:95B:UN'BGM+85+M1+9'UNT+4+1'UNZ+1+REF1'";
//! let specs = Specs::base();
//! let settings = (Lang::En, Limits::default());
//! let checker = Checker::new(&specs, checking(Default::default()))?;
//! let report = Report::read(&checker, &input[..], settings, &mut |_: Finding| {})?;
//! let options = Options {
//!     reference: Some("ACK1".to_owned()),
//!     now: "2026-11-24T10:30".parse()?,
//!     ..Options::default()
//! };
//! let answered = Writer::new(&specs, options).contrl(&report)?;
//! assert_eq!(
//!     String::from_utf8_lossy(&answered.bytes),
//!     "UNB+UNOA:3+RECEIVER+SENDER+261124:1030+ACK1'UNH+1+CONTRL:D:3:UN'\
//!      UCI+REF1+SENDER+RECEIVER+7'UCM+1+CUSCAR:D:95B:UN+4+29+UNT+2'UNT+4+1'UNZ+1+ACK1'"
//! );
//! # Ok::<(), baowen::Error>(())
//! ```
//!
//! # What is answered how
//!
//! One CONTRL for each interchange, none for an interchange of CONTRL. Every error-level finding
//! with a code of data element 0085 rejects its level: the interchange (UNA, UNB, UNZ, what stands
//! outside messages), the group (UNG, UNE), the message or package (its header and trailer, and
//! any segment in it). Of an interchange or group that is rejected for an error of its own, the levels
//! below are not told. What is not told is acknowledged.
//!
//! What rules find is in APERAK and receipts only, where the checker has rules (`baowen::checker`).
//!
//! Values are mirrored only as far as they may stand in the answer: optional ones that may not are
//! left out; where a mandatory one of UCF or UCM may not, the level above is rejected and names the
//! service segment; where one of UCI may not, there is no CONTRL, and [`Unanswered`] says why. A
//! character set that lacks what must be mirrored gives way to the next of UNOB, UNOC and, in
//! syntax version 4, UNOY.

mod aperak;
mod contrl;
mod moment;
mod read;
mod receipt;
mod report;
mod values;
mod vouch;

pub use moment::Moment;
pub use read::{Told, read};
pub use report::{Limits, Report};

use crate::check;
use crate::finding::{Finding, Lang};
use crate::spec::Specs;

/// The options of a check whose findings are to be acknowledged: every one is sent, in the order of
/// the input.
#[must_use]
pub fn checking(options: check::Options) -> check::Options {
    check::Options {
        most_findings: u64::MAX,
        jobs: 1,
        ..options
    }
}

/// How an acknowledgement is written.
#[derive(Clone, Debug)]
pub struct Options {
    /// Syntax version of CONTRL and APERAK; that of the interchange where not given.
    pub version: Option<u8>,
    /// The interchange control reference. Of several answers in one output, the second and
    /// further ones get `-2`, `-3` behind it. Not given: `A` and 13 characters made from the
    /// interchange's parties, reference and time, so that the same input gives the same.
    pub reference: Option<String>,
    /// When it is made.
    pub now: Moment,
    /// Whether a sound interchange is only said to be received (action 8), and nothing is said of
    /// what is in it.
    pub received: bool,
    /// The release of APERAK. Default D96A.
    pub release: String,
    /// The syntax identifier of APERAK, as `UNOY`; that of the interchange where not given.
    pub charset: Option<String>,
    /// The language of the report's texts, as APERAK names it. Default English.
    pub lang: Lang,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            version: None,
            reference: None,
            now: Moment::now(),
            received: false,
            release: "D96A".to_owned(),
            charset: None,
            lang: Lang::En,
        }
    }
}

/// Writes acknowledgements.
#[derive(Clone, Debug)]
pub struct Writer {
    specs: Specs,
    options: Options,
}

impl Writer {
    /// A writer by these specs.
    #[must_use]
    pub fn new(specs: &Specs, options: Options) -> Self {
        Self {
            specs: specs.clone(),
            options,
        }
    }
}

/// What was answered.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// The acknowledgement; empty where there is none.
    pub bytes: Vec<u8>,
    /// Interchanges that got none.
    pub unanswered: Vec<Unanswered>,
    /// What could not be written as it is.
    pub findings: Vec<Finding>,
}

/// An interchange without an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// 1-based ordinal of the interchange; 0 where the input has none.
    pub interchange: u64,
    /// Why.
    pub reason: Reason,
}

/// Why an interchange gets no acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It holds only CONTRL, which are never acknowledged.
    Control,
    /// It is interactive: CONTRL is of batch interchanges.
    Interactive,
    /// The header cannot be read: sender, recipient or reference are missing or cannot be
    /// mirrored.
    Header,
    /// Nothing in it calls for this kind of answer.
    Nothing,
}
