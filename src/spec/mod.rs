//! What a message may contain: one model for every syntax.

pub mod model;
