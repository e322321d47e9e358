//! The scalar lexer: the reference.

use super::{CharacterLength, Class, Index, Lexer};

/// Lexes byte by byte.
pub(super) fn lex(lexer: &mut Lexer, data: &[u8], at: u32, index: &mut Index) {
    for (position, &byte) in (at..).zip(data) {
        step(lexer, byte, position, index);
    }
}

#[inline]
fn step(lexer: &mut Lexer, byte: u8, position: u32, index: &mut Index) {
    if lexer.escaping {
        if byte == b'\r' || byte == b'\n' {
            index.specials.push(position);
        } else {
            lexer.escaping = false;
        }
        return;
    }
    match lexer.classes[byte as usize] {
        Class::Data => {}
        Class::Separator => {
            let ends = byte != lexer.separators.component;
            index.push(position, ends);
        }
        Class::Terminator => {
            index.ends.push(index.separators.len() as u32);
            index.push(position, true);
        }
        Class::Release => {
            index.specials.push(position);
            lexer.escaping = true;
        }
        Class::Control => index.specials.push(position),
    }
}

/// Lexes character by character: only the first byte of each can be a separator.
pub(super) fn lex_characters(
    lexer: &mut Lexer,
    length: CharacterLength,
    data: &[u8],
    at: u32,
    index: &mut Index,
) {
    let mut from = lexer.inside.min(data.len());
    lexer.inside -= from;
    while from < data.len() {
        let len = length(data, from).max(1);
        if len == 1 {
            step(lexer, data[from], at + from as u32, index);
        } else {
            lexer.escaping = false;
        }
        from += len;
    }
    lexer.inside += from - data.len().min(from);
}
