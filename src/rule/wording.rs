//! Wordings with values in them: `net weight {this.NetWt} is above gross weight {this.GrossWt}`.

use super::text::Phrase;
use crate::expr::{Env, Expr, Scope};
use crate::finding::Arg;
use crate::{Error, Result};

/// A piece of a wording.
#[derive(Clone, Debug)]
enum Piece {
    Plain(Box<str>),
    Value(Expr),
}

/// A wording made ready.
#[derive(Clone, Debug)]
pub(crate) struct Wording(Vec<Piece>);

impl Wording {
    /// Compiles the expressions in braces; a brace that is meant is doubled.
    pub(crate) fn compile(phrase: &Phrase, env: &mut Env<'_>, file: &str) -> Result<Self> {
        let text = &phrase.text;
        let (mut pieces, mut plain) = (Vec::new(), String::new());
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '{' | '}' if chars.peek().is_some_and(|(_, next)| *next == c) => {
                    chars.next();
                    plain.push(c);
                }
                '}' => return Err(phrase.error(file, at, "found }; expected }} or { before it")),
                '{' => {
                    let end = closing(text, at + 1).ok_or_else(|| {
                        phrase.error(file, at, "the brace is not closed; expected }")
                    })?;
                    if !plain.is_empty() {
                        pieces.push(Piece::Plain(std::mem::take(&mut plain).into()));
                    }
                    let expr = Expr::compile(&text[at + 1..end], env).map_err(|fault| {
                        phrase.error(file, at + 1 + fault.span.start, fault.to_string())
                    })?;
                    pieces.push(Piece::Value(expr));
                    while chars.next_if(|(at, _)| *at <= end).is_some() {}
                }
                // A wording goes on over lines.
                '\n' => plain.push(' '),
                c => plain.push(c),
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Plain(plain.into()));
        }
        Ok(Self(pieces))
    }

    /// The expressions in it.
    pub(crate) fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Value(expr) => Some(expr),
            Piece::Plain(_) => None,
        })
    }

    /// The wording with its values, which are content. What has no value is left out.
    pub(crate) fn fill(&self, scope: &Scope<'_>) -> Box<[Arg]> {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Plain(text) => Arg::Known(text.clone()),
            Piece::Value(expr) => {
                let value = expr.eval(scope).ok();
                let text = value.as_ref().and_then(|value| value.to_text());
                Arg::Content(text.as_deref().unwrap_or("").into())
            }
        });
        pieces.collect()
    }
}

/// Where the brace closes that an expression stands in: one inside a string or braces of its own
/// does not count.
fn closing(text: &str, from: usize) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    let mut chars = text[from..].char_indices();
    while let Some((at, c)) = chars.next() {
        match (c, quote) {
            ('\\', Some(_)) => {
                chars.next();
            }
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(c),
            ('{', None) => depth += 1,
            ('}', None) if depth == 0 => return Some(from + at),
            ('}', None) => depth -= 1,
            _ => {}
        }
    }
    None
}

/// An error about an expression in `phrase`.
pub(crate) fn fault(phrase: &Phrase, file: &str, fault: &crate::expr::Fault) -> Error {
    phrase.error(file, fault.span.start, fault.to_string())
}
