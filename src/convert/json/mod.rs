//! JSON: one form for the tree of any syntax.
//!
//! - A document is an object with one member: the root element.
//! - An element that holds text only is a string; one that holds nothing is `""`.
//! - Any other element is an object. Its attributes come first, as `"@name"`, then what it holds, in
//!   its order: elements under their names, text as `"#text"`, comments as `"#comment"`, processing
//!   instructions as `"#pi"`.
//! - What occurs several times in a row under one name is an array. Segments, groups and elements
//!   that their spec lets repeat are always arrays, so that a message has one shape; so is an
//!   element whose JSON is longer than 256 KiB, for what is that long is not held back to see whether
//!   another follows.
//! - A name that comes again after others gets a number: `"a"`, `"b"`, `"a#2"`. No name of XML holds
//!   `#`.
//! - Prefixes and namespace declarations stay what they are.
//!
//! JSON Lines has each piece of an interchange (a message, a service segment) or each record of a
//! flat file as a document of its own, one a line. The first line is what they would stand in, `List`
//! or `b:Flat`, with its attributes only.
//!
//! Reading takes all of this, and numbers, `true`, `false` and `null` (no text) for values.

mod reader;
mod writer;

pub(super) use reader::FromJson;
pub(super) use writer::ToJson;
