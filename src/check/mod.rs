//! Checks: envelope, structure, representation, code lists. What they say is findings.

mod date;
mod element;
mod layout;
mod value;
