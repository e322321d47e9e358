//! Code tables: what they hold, when it is good, and what it is elsewhere.
//!
//! A [`CodeTable`] is text of `specs/codes` or of a layer (`Specs::table` gives it): a head and
//! rows. Reading it costs nothing but its head; an index is made when a code is first looked up. A
//! [`Crosswalk`] says what a code of one list is in another (`Specs::crosswalk`). [`identifier`]
//! holds the numbers that carry their own structure and check digits.
//!
//! ```
//! use baowen::spec::Specs;
//!
//! let specs = Specs::base();
//! let countries = specs.table("country")?.expect("ships with the crate");
//! assert_eq!(countries.get("CHN").map(|entry| entry.zh()), Some("中国"));
//! assert_eq!(countries.search("hg")[0].code(), "KOR");
//!
//! let crosswalk = specs.crosswalk("country")?.expect("ships with the crate");
//! let (alpha3, customs) = (crosswalk.side("alpha3").unwrap(), crosswalk.side("customs").unwrap());
//! assert_eq!(crosswalk.get(alpha3, customs, "KOR"), Some("133"));
//! # Ok::<(), baowen::Error>(())
//! ```

mod crosswalk;
mod crosswalk_text;
mod day;
pub mod identifier;
mod index;
mod layer;
mod near;
mod pinyin;
mod search;
mod set;
mod table;
mod text;

pub use crosswalk::{Crosswalk, Relation, Side};
pub use day::Day;
pub(crate) use layer::Tables;
pub use set::CodeSet;
pub(crate) use set::{ShortCodes, ShortLine, little_endian};
pub use table::{CodeTable, Entry};
pub use text::{Parent, Wording};
