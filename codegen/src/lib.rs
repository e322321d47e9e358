//! Imports published message standards into baowen's text specs.
//!
//! [`edifact`] reads the directories that the United Nations publish and writes
//! `specs/edifact`: structures, formats, repetitions, dependency notes, code values and short
//! names, each with the releases it holds for. [`flat`] reads tables of flat files, [`message`] tables and schemas of messages in XML,
//! [`codes`] code tables. Definitions and notes are not carried over.

pub mod codes;
pub mod edifact;
mod fault;
pub mod flat;
mod history;
pub mod message;
pub mod service;
mod source;

pub use fault::{Fault, Result};
pub use history::History;
pub use source::{Limits, Source, SourceFile};
