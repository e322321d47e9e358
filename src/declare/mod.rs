//! Enter once, declare to many: one entry document becomes every message a service sends.
//!
//! A [`System`] is a text of `specs/systems`: the entry document, and the messages that maps make
//! of it.

mod system;

pub use system::{Against, Each, Message, Param, Said, System, system, systems};
