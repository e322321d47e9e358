//! Regular expressions of `matches`, bounded in size.

use std::sync::Arc;

use regex_automata::meta::{Config, Regex};

/// Bytes of a pattern.
const LONGEST: usize = 4 << 10;
/// Bytes of what one is compiled to.
const LARGEST: usize = 1 << 20;

/// Compiles a pattern: the syntax of Rust's regex crate, RE2's in what CEL says of it. Matching takes
/// time in proportion to the text whatever the pattern is.
pub(super) fn compile(pattern: &str) -> Result<Arc<Regex>, String> {
    if pattern.len() > LONGEST {
        return Err("longer than 4 KiB".to_owned());
    }
    let config = Config::new()
        .nfa_size_limit(Some(LARGEST))
        .onepass_size_limit(Some(LARGEST))
        .hybrid_cache_capacity(LARGEST);
    let syntax = regex_automata::util::syntax::Config::new().nest_limit(100);
    Regex::builder()
        .configure(config)
        .syntax(syntax)
        .build(pattern)
        .map(Arc::new)
        .map_err(|error| match error.syntax_error() {
            Some(error) => error
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim()
                .to_owned(),
            None if error.size_limit().is_some() => "too large".to_owned(),
            None => error.to_string(),
        })
}
