//! baowen (报文) parses, checks and translates trade messages.
//!
//! See `ARCHITECTURE.md` in the repository for the map of the code.

pub mod ack;
pub mod charset;
pub mod check;
pub mod codes;
pub mod convert;
pub mod declare;
pub mod edifact;
pub mod error;
pub mod expr;
pub mod finding;
pub mod flat;
mod lines;
pub mod map;
mod near;
pub mod rule;
pub mod sequence;
pub mod span;
pub mod spec;
mod tables;
pub mod tree;
pub mod xml;

pub use error::{Error, Result};

use std::sync::Arc;

/// A checker with the rules in force: those that ship and those of layers. Without rules it is
/// [`check::Checker::new`]; with others, [`check::Checker::with_watch`] and [`rule::Rules::load`].
///
/// ```
/// let specs = baowen::spec::Specs::base();
/// let checker = baowen::checker(&specs, Default::default())?;
/// let input = br#"<DecMessage xmlns="http://www.chinaport.gov.cn/dec"><DecHead><NetWt>3</NetWt><GrossWet>2</GrossWet></DecHead></DecMessage>"#;
/// let mut findings = Vec::new();
/// checker.slice(input, &mut findings)?;
/// assert!(findings.iter().any(|finding| finding.rule.as_deref() == Some("DEC-041")));
/// # Ok::<(), baowen::Error>(())
/// ```
///
/// # Errors
/// When options name what the specs do not have, or a spec or a rule is broken.
pub fn checker(specs: &spec::Specs, options: check::Options) -> Result<check::Checker> {
    let rules = rule::Rules::load(specs, rule::Options::default())?;
    Ok(check::Checker::new(specs, options)?.with_watch(Arc::new(rules)))
}
