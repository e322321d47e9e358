//! Whether an input is a flat file, and of which layout.

use std::sync::Arc;

use super::{Options, Piece, Pieces, Record};
use crate::charset::{self, Charset};
use crate::spec::Specs;
use crate::spec::flat::Layout;
use crate::{Error, Result};

/// So many bytes from the start are enough to see what an input is.
pub const SIGHT: usize = 4096;

/// What the beginning of a flat file says.
#[derive(Clone, Debug)]
pub enum Detected {
    /// It is of this layout.
    Layout(Arc<Layout>),
    /// It looks like a flat file of a message for which no layout is known.
    Unknown(Box<str>),
}

/// What an input that begins with `start` is, when it is a flat file: the layout whose first
/// record it begins with, or a header `00:MESSAGE:` of a message that is not known. Of several
/// layouts the one with most fields that must have one value is taken, a layer's before the
/// base's.
///
/// # Errors
/// When a spec is broken.
pub fn detect(start: &[u8], specs: &Specs) -> Result<Option<Detected>> {
    let start = &start[..start.len().min(SIGHT)];
    let mut best: Option<(usize, Arc<Layout>)> = None;
    for layout in specs.flats()? {
        let marks = match first_record(start, &layout) {
            Some(record) => matching(&record, &layout),
            None => None,
        };
        if let Some(marks) = marks
            && best.as_ref().is_none_or(|(most, _)| marks > *most)
        {
            best = Some((marks, layout));
        }
    }
    if let Some((_, layout)) = best {
        return Ok(Some(Detected::Layout(layout)));
    }
    let record = Pieces::new(start, Options::default()).find_map(|piece| match piece {
        Piece::Record(record) => Some(record),
        _ => None,
    });
    Ok(record.as_ref().and_then(header).map(Detected::Unknown))
}

/// How a flat file is to be read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Its layout, where one is known.
    pub layout: Option<Arc<Layout>>,
    /// The message it says it is; empty where it says nothing.
    pub message: Box<str>,
    /// Its character set.
    pub charset: Charset,
    /// How its records are cut.
    pub options: Options,
}

impl Reading {
    /// How an input that begins with `start` is to be read: by the layout and in the character set
    /// that are given, or by what its beginning says.
    ///
    /// # Errors
    /// When a spec is broken, or the character set is one that has to be transcoded.
    pub fn of(
        start: &[u8],
        specs: &Specs,
        layout: Option<&str>,
        charset: Option<Charset>,
    ) -> Result<Self> {
        let layout = match layout {
            Some(layout) => specs.flat(layout)?.map(Detected::Layout),
            None => detect(start, specs)?,
        };
        if charset.and_then(Charset::transcoded).is_some() {
            let message = "a flat file is read in UTF-8, GB18030 or another set of ASCII's kind";
            return Err(Error::misuse(message));
        }
        let charset = charset
            .or_else(|| charset::decide(start))
            .or_else(|| Charset::for_label("gb18030"))
            .ok_or_else(|| Error::misuse("no character set"))?;
        let (layout, message) = match layout {
            Some(Detected::Layout(layout)) => {
                let message = layout.message.clone();
                (Some(layout), message)
            }
            Some(Detected::Unknown(message)) => (None, message),
            None => (None, Box::default()),
        };
        let mut options = Options::default();
        if let Some(layout) = &layout {
            let ids = layout.records.iter();
            options.separators = layout.separators;
            options.starts = ids.map(|record| record.id.as_bytes().into()).collect();
        }
        let separators = options.separators;
        let all = [separators.field, separators.terminator];
        let all = all.into_iter().chain(separators.release);
        options.character_length = charset.character_length(all);
        Ok(Self {
            layout,
            message,
            charset,
            options,
        })
    }
}

/// Whether an input that begins with `start` is a flat file. Broken specs know none.
#[must_use]
pub fn looks_like(start: &[u8], specs: &Specs) -> bool {
    detect(start, specs).is_ok_and(|found| found.is_some())
}

fn first_record<'a>(start: &'a [u8], layout: &Layout) -> Option<Record<'a>> {
    let options = Options {
        separators: layout.separators,
        ..Options::default()
    };
    Pieces::new(start, options).find_map(|piece| match piece {
        Piece::Record(record) => Some(record),
        _ => None,
    })
}

/// How many fields of a record say that it begins a message of the layout; `None` where one says
/// that it does not.
pub(crate) fn matching(record: &Record<'_>, layout: &Layout) -> Option<usize> {
    let mut count = 0;
    for (number, value) in layout.marks() {
        let field = record.field(usize::from(number))?;
        if *field.value() != *value.as_bytes() {
            return None;
        }
        count += 1;
    }
    // An id alone means something only where a field stands behind it.
    let fields = record.fields().take(2).count();
    (count > 0 && fields > 1).then_some(count)
}

/// The message of a record `00:MESSAGE:…` as the family of platform files has it.
pub(crate) fn header(record: &Record<'_>) -> Option<Box<str>> {
    let mut fields = record.fields();
    if fields.next()?.raw != b"00" {
        return None;
    }
    let message = fields.next()?.raw;
    fields.next()?;
    let good = (4..=8).contains(&message.len())
        && message[0].is_ascii_uppercase()
        && message
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    good.then(|| String::from_utf8_lossy(message).into())
}
