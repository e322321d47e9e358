//! Enter once, declare to many (一次录入、分别申报): one entry document becomes every message that a
//! service sends.
//!
//! A [`System`] is a text of `specs/systems`: the entry document, and the messages that maps make of
//! it. A [`Declarer`] checks an entry, makes the messages, checks each, and tells what is wrong of the
//! fields of the entry, since these are what its author can change.
//!
//! ```
//! use baowen::declare::{Declarer, Options, system};
//! use baowen::finding::Finding;
//! use baowen::spec::Specs;
//!
//! let specs = Specs::base();
//! let options = Options {
//!     params: vec![("sender".into(), "EXAMPLEPORT01".into())],
//!     ..Options::default()
//! };
//! let declarer = Declarer::new(&specs, system(&specs, "sea-manifest")?, options)?;
//! let mut findings: Vec<Finding> = Vec::new();
//! let entry = br#"{"SeaManifest": {"Reference": "M1", "Direction": "I"}}"#;
//! let totals = declarer.declare(
//!     entry,
//!     &mut |sent| {
//!         println!("{} {:?}", sent.file, sent.bytes.map(<[u8]>::len));
//!         Ok(())
//!     },
//!     &mut findings,
//! )?;
//! assert_eq!(totals.messages, 1);
//! assert!(totals.errors > 0);
//! # Ok::<(), baowen::Error>(())
//! ```

mod across;
mod due;
mod entry;
mod origin;
mod run;
mod system;

pub use run::{Declarer, Options, Sent, Totals};
pub use system::{Against, Each, Message, Param, Said, System, system, systems};
