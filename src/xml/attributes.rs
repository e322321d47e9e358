//! The attributes of one tag.

use super::chars::is_space;
use super::names::NameId;

/// An attribute of a start tag: places in the tag's text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    /// Its name as written.
    pub(crate) name: (u32, u32),
    /// Its value as written, between the quotation marks.
    pub(crate) raw: (u32, u32),
    /// Its normalised value, where that differs: a place in the buffer of values.
    pub(crate) normalised: Option<(u32, u32)>,
    /// Its expanded name.
    pub(crate) id: NameId,
    /// Whether it declares a namespace.
    pub(crate) declares: bool,
}

/// What is wrong with a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No white space before an attribute.
    Space,
    /// Something else stands where this was expected.
    Expected(&'static str),
    /// `<` in a value.
    LessThan,
    /// What follows `&` is no reference.
    Reference(String),
    /// A reference to an entity no one has defined.
    Entity(String),
    /// A reference to a character that XML does not have.
    Character(String),
}

/// The attributes in `text` from `from` on, which is all of a tag but `<` and `>`; values that
/// must be normalised are put into `buffer`. Each fault is given with its place, and reading goes
/// on where that is possible.
pub(crate) fn scan(
    text: &str,
    from: usize,
    entities: &Entities,
    found: &mut Vec<Attribute>,
    buffer: &mut String,
    faults: &mut Vec<(usize, Fault)>,
) {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        let before = at;
        while at < bytes.len() && is_space(bytes[at]) {
            at += 1;
        }
        if at == bytes.len() {
            return;
        }
        if at == before {
            faults.push((at, Fault::Space));
        }
        let name = at;
        while at < bytes.len() && !is_space(bytes[at]) && !matches!(bytes[at], b'=' | b'"' | b'\'')
        {
            at += 1;
        }
        let name = (name as u32, at as u32);
        while at < bytes.len() && is_space(bytes[at]) {
            at += 1;
        }
        if name.0 == name.1 {
            faults.push((at, Fault::Expected("name")));
            return;
        }
        if bytes.get(at) != Some(&b'=') {
            faults.push((at, Fault::Expected("=")));
            return;
        }
        at += 1;
        while at < bytes.len() && is_space(bytes[at]) {
            at += 1;
        }
        let Some(quote @ (b'"' | b'\'')) = bytes.get(at).copied() else {
            faults.push((at, Fault::Expected("\"")));
            return;
        };
        at += 1;
        let Some(len) = memchr::memchr(quote, &bytes[at..]) else {
            faults.push((bytes.len(), Fault::Expected("\"")));
            return;
        };
        let raw = (at as u32, (at + len) as u32);
        let normalised = normalise(text, raw, entities, buffer, faults);
        at += len + 1;
        found.push(Attribute {
            name,
            raw,
            normalised,
            id: NameId::OTHER,
            declares: false,
        });
    }
}

/// Normalises a value (XML 1.0 clause 3.3.3, type CDATA): white space to spaces, references to
/// what they stand for.
fn normalise(
    text: &str,
    raw: (u32, u32),
    entities: &Entities,
    buffer: &mut String,
    faults: &mut Vec<(usize, Fault)>,
) -> Option<(u32, u32)> {
    let (start, end) = (raw.0 as usize, raw.1 as usize);
    let value = &text[start..end];
    let odd = |byte: u8| matches!(byte, b'&' | b'<' | b'\t' | b'\n' | b'\r');
    value.bytes().position(odd)?;
    let begin = buffer.len() as u32;
    let mut at = 0;
    while let Some(next) = value[at..].bytes().position(odd) {
        buffer.push_str(&value[at..at + next]);
        at += next;
        match value.as_bytes()[at] {
            b'&' => {
                let (result, len) = reference(&value[at..]);
                match result {
                    Err(_) if let Some(known) = entities.find(&value[at..at + len]) => {
                        buffer.push_str(known);
                    }
                    Ok(c) => buffer.push(c),
                    Err(fault) => faults.push((start + at, fault)),
                }
                at += len;
            }
            b'<' => {
                faults.push((start + at, Fault::LessThan));
                buffer.push('<');
                at += 1;
            }
            b'\r' => {
                at += 1 + usize::from(value.as_bytes().get(at + 1) == Some(&b'\n'));
                buffer.push(' ');
            }
            _ => {
                buffer.push(' ');
                at += 1;
            }
        }
    }
    buffer.push_str(&value[at..]);
    Some((begin, buffer.len() as u32))
}

/// The character that the reference at the beginning of `text` stands for, and its length.
pub(crate) fn reference(text: &str) -> (Result<char, Fault>, usize) {
    // The longest character reference that means something is far shorter.
    let near = text.bytes().take(512).position(|byte| byte == b';');
    let Some(end) = near else {
        return (Err(Fault::Reference("&".to_owned())), 1);
    };
    let name = &text[1..end];
    let whole = || text[..=end].to_owned();
    if let Some(number) = name.strip_prefix('#') {
        let (digits, radix) = match number.strip_prefix('x') {
            Some(digits) => (digits, 16),
            None => (number, 10),
        };
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            return (Err(Fault::Reference(whole())), end + 1);
        }
        let code = digits.trim_start_matches('0');
        let code = if code.len() > 8 {
            None
        } else {
            u32::from_str_radix(code, radix).ok()
        };
        let c = code
            .and_then(char::from_u32)
            .filter(|c| super::chars::is_char(*c));
        return (c.ok_or_else(|| Fault::Character(whole())), end + 1);
    }
    let c = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        _ if super::chars::is_name(name) => return (Err(Fault::Entity(whole())), end + 1),
        _ => return (Err(Fault::Reference("&".to_owned())), 1),
    };
    (Ok(c), end + 1)
}

/// Entities that the DTD of a schema defines: plain text only, so that they cannot grow.
#[derive(Debug, Default)]
pub(crate) struct Entities(Vec<(String, String)>);

/// Entities of a document, and characters of one, at most.
const MOST_ENTITIES: usize = 64;
const MOST_TEXT: usize = 4096;

impl Entities {
    /// Takes in the entities that the internal subset of a document type declaration defines.
    pub(crate) fn define(&mut self, declaration: &str) {
        let mut rest = declaration;
        while let Some(at) = rest.find("<!ENTITY") {
            rest = &rest[at + 8..];
            let words = rest.trim_start();
            let end = words
                .find(|c: char| c.is_ascii_whitespace())
                .unwrap_or(words.len());
            let (name, value) = (&words[..end], words[end..].trim_start());
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            let Some(quote) = quote.filter(|_| super::chars::is_ncname(name)) else {
                continue;
            };
            let text = value[1..].split(quote).next().unwrap_or("");
            let plain = !text.contains(['&', '<', '%']) && text.len() <= MOST_TEXT;
            if plain && self.0.len() < MOST_ENTITIES {
                self.0.push((name.to_owned(), text.to_owned()));
            }
        }
    }

    /// The text of the entity that a reference, with its `&` and `;`, names.
    pub(crate) fn find(&self, reference: &str) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        let name = reference.strip_prefix('&')?.strip_suffix(';')?;
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, text)| text.as_str())
    }
}
