//! Measurements of baowen beside its peers; see README.md in this folder for the method.

pub mod corpus;
