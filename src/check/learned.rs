//! What was learned while messages were checked, and is good for those that follow.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::compiled::CompiledMessage;
use super::glance::Memory;
use super::layout::Layout;
use crate::charset::Charset;
use crate::edifact::Separators;
use crate::tree::gather::Wants;

/// What a header that was met says. The names are no other thread's: who counts what it shares
/// waits for others who do.
#[derive(Debug)]
pub(super) struct Definition {
    /// The message type.
    pub message: Arc<str>,
    /// Its definition, and the name of that.
    pub name: Arc<str>,
    pub compiled: Arc<CompiledMessage>,
}

/// A message, and what a watcher wants of it.
pub(super) type Wanted = (Arc<CompiledMessage>, Option<Arc<dyn Wants>>);

/// What was learned: nothing of it changes what is found, but for what is said once of an input
/// ([`Memory::forget_said`]).
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// Codes and segments that were found good.
    pub memory: Memory,
    /// What decided how their bytes were read.
    pub meaning: Option<(Separators, u8, Charset)>,
    /// Message types and definitions by what headers say of them, where nothing is to be said; and
    /// the syntax version that they hold for.
    pub definitions: FxHashMap<Box<[u8]>, Arc<Definition>>,
    pub syntax: u8,
    /// Layouts of the service segments that were met, by tag and syntax version.
    pub services: Vec<(u64, u8, Option<Arc<Layout>>)>,
    /// What a watcher wants of the last message.
    pub wanted: Option<Wanted>,
    /// Bytes of the last stretch, to be used again.
    pub bytes: Vec<u8>,
}
