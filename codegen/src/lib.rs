//! Imports published message standards into the text form of `specs/`.
