//! UN/EDIFACT directories: from the published files to `specs/edifact`.

mod blocks;
mod codes;
mod directory;
mod message;
pub(crate) mod parts;
mod patches;

pub use directory::{Published, read};
