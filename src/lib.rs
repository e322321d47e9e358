//! baowen (报文) parses, checks and translates trade messages.
//!
//! See `ARCHITECTURE.md` in the repository for the map of the code.

pub mod ack;
pub mod charset;
pub mod check;
pub mod convert;
pub mod edifact;
pub mod error;
pub mod finding;
pub mod flat;
mod lines;
pub mod sequence;
pub mod span;
pub mod spec;
pub mod tree;
pub mod xml;

pub use error::{Error, Result};
