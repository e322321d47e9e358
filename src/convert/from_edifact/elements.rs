//! The elements of a segment: by their names, and by numbers where there are none.

use crate::Result;
use crate::charset::Charset;
use crate::charset::alternatives;
use crate::convert::event::{Sink, fault, fault_about, is_text, to_hex};
use crate::convert::names::{Layout, Name, Part};
use crate::edifact::{End, Segment, Token};
use crate::finding::{Code, Finding};
use crate::span::Span;

/// Names of what a definition does not have.
pub(super) struct BeyondNames {
    element: Name,
    component: Name,
}

impl BeyondNames {
    pub(super) fn new() -> Self {
        Self {
            element: Name::new("b:E", true),
            component: Name::new("b:C", true),
        }
    }
}

/// Writes the elements of one segment.
pub(super) struct Elements<'a, S: Sink> {
    pub(super) out: &'a mut S,
    beyond: &'a BeyondNames,
    layout: Option<&'a Layout>,
    charset: Charset,
    /// Whether elements may repeat in one place.
    repeats: bool,
    pub(super) at: Cursor,
    pub(super) faults: Vec<Finding>,
}

/// Where writing stands among the elements of a segment.
#[derive(Default)]
pub(super) struct Cursor {
    /// The element, its repetition, its component.
    pub(super) place: usize,
    pub(super) repetition: u32,
    component: usize,
    /// An element of components is open.
    open: bool,
    /// What the element is written as, and how many of the same were written before.
    part: usize,
    written: u32,
}

/// Elements by number have numbers of parts that no layout has.
const BY_NUMBER: usize = usize::MAX / 2;

impl<'a, S: Sink> Elements<'a, S> {
    #[inline]
    pub(super) fn new(
        out: &'a mut S,
        beyond: &'a BeyondNames,
        segment: &Segment<'_>,
        layout: Option<&'a Layout>,
        charset: Charset,
    ) -> Self {
        let (_, _, service) = segment.raw();
        Self {
            out,
            beyond,
            layout,
            charset,
            repeats: service.repetition.is_some(),
            at: Cursor::default(),
            faults: Vec::new(),
        }
    }

    /// Writes all of them.
    pub(super) fn write(&mut self, segment: &Segment<'_>) -> Result<()> {
        for token in segment.element_tokens() {
            if !token.bytes.is_empty() {
                self.token(&token)?;
            }
            self.behind(token.end)?;
        }
        Ok(())
    }

    /// The part of the layout that stands at this place.
    #[inline]
    pub(super) fn part(&self) -> Option<(usize, &'a Part)> {
        let layout = self.layout?;
        let number = match self.repeats {
            true => self.at.place,
            false => usize::from(*layout.places.get(self.at.place)?),
        };
        Some((number, layout.parts.get(number)?))
    }

    /// Whether a repetition of this element before was written by its number: so are the others.
    #[inline]
    pub(super) fn is_by_number(&self) -> bool {
        self.at.part == BY_NUMBER + self.at.place
    }

    /// An element of `part` is to be written: those of its name before it that are empty are first.
    #[inline(always)]
    pub(super) fn begin(&mut self, number: usize, part: &Part) -> Result<()> {
        if part.times == 1 && !self.repeats {
            return Ok(());
        }
        self.begin_repeated(number, part)
    }

    fn begin_repeated(&mut self, number: usize, part: &Part) -> Result<()> {
        let nth = match self.repeats {
            true => self.at.repetition,
            false => self.at.place as u32 - part.first,
        };
        if self.at.part != number {
            (self.at.part, self.at.written) = (number, 0);
        }
        for _ in self.at.written..nth {
            self.out.leaf(&part.name, "")?;
        }
        self.at.written = nth + 1;
        Ok(())
    }

    /// Writes a value that is not empty.
    pub(super) fn token(&mut self, token: &Token<'_>) -> Result<()> {
        let part = self.part().filter(|_| !self.is_by_number());
        let Some((number, part)) = part else {
            return self.by_number(token);
        };
        let Some(names) = &part.components else {
            if !self.is_simple(token) {
                return self.by_number(token);
            }
            self.begin(number, part)?;
            return self.value(&part.name, token);
        };
        if !self.at.open {
            self.begin(number, part)?;
            self.out.start_known(&part.name)?;
            self.at.open = true;
        }
        match names.get(self.at.component) {
            Some(name) => self.value(name, token),
            None => self.beyond_component(self.at.component, token),
        }
    }

    /// A component, counted from 0, for which the composite has no name.
    #[cold]
    pub(super) fn beyond_component(&mut self, index: usize, token: &Token<'_>) -> Result<()> {
        self.beyond_spec();
        self.numbered(&self.beyond.component, index, token)
    }

    /// Goes on behind a token.
    pub(super) fn behind(&mut self, end: End) -> Result<()> {
        if end == End::Component {
            self.at.component += 1;
            return Ok(());
        }
        self.end_element()?;
        if end == End::Repetition {
            self.at.repetition += 1;
        } else {
            (self.at.place, self.at.repetition) = (self.at.place + 1, 0);
        }
        Ok(())
    }

    pub(super) fn end_element(&mut self) -> Result<()> {
        if std::mem::take(&mut self.at.open) {
            self.out.end()?;
        } else if self.at.component > 0 {
            self.empty_composite()?;
        }
        self.at.component = 0;
        Ok(())
    }

    /// A composite that is there, with its separators, and holds nothing.
    #[cold]
    fn empty_composite(&mut self) -> Result<()> {
        match self.part() {
            Some((number, part)) if part.components.is_some() => {
                self.begin(number, part)?;
                self.out.leaf(&part.name, "")
            }
            _ => Ok(()),
        }
    }

    /// Whether a token is all of its element.
    #[inline]
    fn is_simple(&self, token: &Token<'_>) -> bool {
        self.at.component == 0 && token.end != End::Component
    }

    #[cold]
    fn beyond_spec(&mut self) {
        let told = |held: &Finding| held.code == Code::CONVERT_BEYOND;
        if !self.faults.iter().any(told) {
            let finding = fault(Code::CONVERT_BEYOND).with("position", self.at.place + 1);
            self.faults.push(finding);
        }
    }

    /// An element for which there is no name, or which is not of the kind that its name says.
    #[cold]
    fn by_number(&mut self, token: &Token<'_>) -> Result<()> {
        let number = BY_NUMBER + self.at.place;
        if self.layout.is_some() {
            self.beyond_spec();
        }
        let beyond = self.beyond;
        if !self.at.open {
            if self.at.part != number {
                // Repetitions that were written by name count.
                if self.at.part != self.at.place || self.at.repetition == 0 {
                    self.at.written = 0;
                }
                self.at.part = number;
            }
            for _ in self.at.written..self.at.repetition {
                self.start_at(&beyond.element, self.at.place)?;
                self.out.end()?;
            }
            self.at.written = self.at.repetition + 1;
            if self.is_simple(token) {
                return self.numbered(&beyond.element, self.at.place, token);
            }
            self.start_at(&beyond.element, self.at.place)?;
            self.at.open = true;
        }
        self.numbered(&beyond.component, self.at.component, token)
    }

    fn start_at(&mut self, name: &Name, index: usize) -> Result<()> {
        self.out.start_known(name)?;
        self.out.attribute("at", &(index + 1).to_string())
    }

    #[cold]
    fn numbered(&mut self, name: &Name, index: usize, token: &Token<'_>) -> Result<()> {
        self.start_at(name, index)?;
        self.content(token)?;
        self.out.end()
    }

    fn value(&mut self, name: &Name, token: &Token<'_>) -> Result<()> {
        self.out.start_known(name)?;
        self.content(token)?;
        self.out.end()
    }

    /// The text of a token; its bytes where they are no text.
    fn content(&mut self, token: &Token<'_>) -> Result<()> {
        let value = token.value();
        let text = match self.charset.decode(&value) {
            Some(text) => Some(text),
            None => std::str::from_utf8(&value).ok().map(Into::into),
        };
        match text {
            Some(text) if is_text(&text) => {
                if let Some(hidden) = self.charset.hides(&value) {
                    let mut looks = Finding::new(Code::LOOKS_LIKE, Span::at(0))
                        .with("charset", hidden.name())
                        .with("declared", self.charset.name());
                    let chinese = hidden.name() == "gb18030";
                    if let Some(others) = alternatives(&value).filter(|_| chinese) {
                        looks = looks.with("others", others);
                    }
                    self.faults.push(looks);
                }
                self.out.text(&text)
            }
            _ => {
                let told = self.charset.decode_lossy(&value).into_owned();
                self.faults.push(fault_about(Code::CONVERT_BYTES, &told));
                self.out.attribute("b:hex", &to_hex(&value))
            }
        }
    }
}
