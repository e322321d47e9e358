//! A code table and its entries.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::index::{Found, Index};
use super::set::CodeSet;
use super::text::{self, Parent, Verb, Wording};
use super::{Day, near};
use crate::lines::find_near;
use crate::{Error, Result};

/// A code table. What looks are made ready for is made when it is first needed, once.
#[derive(Debug)]
pub struct CodeTable {
    /// Its id, as `country-iso3166`.
    pub id: Box<str>,
    /// Its title.
    pub title: Wording,
    /// Where it comes from.
    pub source: Box<str>,
    /// How far its rows can be trusted: a word (`official`, `official-copy`, `third-party`,
    /// `mixed`, `ours`), then what there is to say. Empty where nothing is said.
    pub trust: Box<str>,
    /// What is known to be missing.
    pub gaps: Box<[Wording]>,
    /// Whether codes come up between editions, so that one that is not here may be good.
    pub open: bool,
    /// Names of the columns; the first is `code`.
    pub columns: Box<[Box<str>]>,
    /// What its parents are codes of.
    pub parent: Option<Parent>,
    pub(super) file: Box<str>,
    text: Cow<'static, str>,
    places: Places,
    /// The line of the first row; of an extension, of its own first row.
    first_line: u32,
    /// Rows before those that `first_line` counts.
    base_rows: usize,
    rows: OnceLock<Rows>,
    set: OnceLock<Arc<CodeSet>>,
}

/// Where columns stand that the engine knows.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    en: Option<usize>,
    zh: Option<usize>,
    parent: Option<usize>,
    from: Option<usize>,
    to: Option<usize>,
}

/// Where rows begin, with one behind the last; and the index of their codes.
#[derive(Debug)]
struct Rows {
    starts: Box<[u32]>,
    index: Index,
}

/// A row of a table.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'t> {
    table: &'t CodeTable,
    line: &'t str,
}

impl CodeTable {
    /// Reads a table; `file` names it in errors. Rows are looked at by [`verify`](Self::verify).
    ///
    /// # Errors
    /// When the head is not as it should be: with file, line, column and what was expected.
    pub(super) fn parse(file: &str, text: Cow<'static, str>) -> Result<(text::Head, Self)> {
        let head = text::head(file, &text)?;
        let (start, first_line) = head.rows.unwrap_or((text.len(), 1));
        let rows = match text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[start..]),
            Cow::Owned(mut text) => Cow::Owned(text.split_off(start)),
        };
        let table = Self::with_rows(file, &head, head.columns.clone(), rows, first_line, 0);
        Ok((head, table))
    }

    /// A table of that head with other columns and rows, of which `base_rows` were there before.
    pub(super) fn with_rows(
        file: &str,
        head: &text::Head,
        columns: Vec<Box<str>>,
        rows: Cow<'static, str>,
        first_line: u32,
        base_rows: usize,
    ) -> Self {
        let place = |name: &str| columns.iter().position(|column| &**column == name);
        Self {
            id: head.id.clone(),
            title: head.title.clone(),
            source: head.source.clone(),
            trust: head.trust.clone(),
            gaps: head.gaps.clone().into(),
            open: head.open,
            places: Places {
                en: place("en"),
                zh: place("zh"),
                parent: place("parent"),
                from: place("valid-from"),
                to: place("valid-to"),
            },
            columns: columns.into(),
            parent: head.parent.clone(),
            file: file.into(),
            text: rows,
            first_line,
            base_rows,
            rows: OnceLock::new(),
            set: OnceLock::new(),
        }
    }

    /// Looks at every row: its width, its validity, and that no code stands twice at one time.
    ///
    /// # Errors
    /// With file, line, column and what was expected.
    pub(crate) fn verify(&self) -> Result<()> {
        let width = self.columns.len();
        let fault = |row: usize, cell: usize, line: &str, message: String| {
            let before = line
                .split('\t')
                .take(cell)
                .map(|cell| cell.chars().count() as u32 + 1);
            let line = self.first_line + row.saturating_sub(self.base_rows) as u32;
            Error::spec(&*self.file, line, before.sum::<u32>() + 1, message)
        };
        for (number, line) in self.text.lines().enumerate() {
            let cells = memchr::memchr_iter(b'\t', line.as_bytes()).count() + 1;
            if cells > width || line.is_empty() || line.starts_with('\t') {
                let message = format!(
                    "a row of {cells} cells; expected from 1 to {width}, the first not empty"
                );
                return Err(fault(number, 0, line, message));
            }
            if let Some(control) = line.chars().find(|c| c.is_control() && *c != '\t') {
                return Err(fault(
                    number,
                    0,
                    line,
                    format!("the row holds the control character {control:?}"),
                ));
            }
            let entry = Entry { table: self, line };
            for (place, first) in [(self.places.from, true), (self.places.to, false)] {
                let Some(place) = place else { continue };
                let cell = entry.at(Some(place));
                let read = if first {
                    Day::first(cell)
                } else {
                    Day::last(cell)
                };
                if !cell.is_empty() && read.is_none() {
                    let message = format!(
                        "found {cell:?}; expected a day, month or year, as 2024-12-31, 2024-12 or 2024"
                    );
                    return Err(fault(number, place, line, message));
                }
            }
            if let (Some(from), Some(to)) = (entry.valid_from(), entry.valid_to())
                && to < from
            {
                let message = format!(
                    "{} is good from {from} to {to}, which is before",
                    entry.code()
                );
                return Err(fault(number, self.places.to.unwrap_or(0), line, message));
            }
        }
        for (number, line) in self.text.lines().enumerate() {
            let entry = Entry { table: self, line };
            for other in self
                .rows_of(entry.code())
                .take_while(|at| *at < number as u32)
            {
                let other = self.entry(other);
                if !overlap(entry, other) {
                    continue;
                }
                let message = if self.dated() {
                    format!(
                        "the code {} stands twice, and {} overlaps {}",
                        entry.code(),
                        span(entry),
                        span(other)
                    )
                } else {
                    format!("the code {} stands twice", entry.code())
                };
                return Err(fault(number, 0, line, message));
            }
        }
        Ok(())
    }

    /// That every parent is a code of `parents`.
    ///
    /// # Errors
    /// With file, line and column.
    pub(crate) fn verify_parents(&self, parents: &Self) -> Result<()> {
        for (number, entry) in self.entries().enumerate() {
            if let Some(parent) = entry
                .parent()
                .filter(|parent| parents.get(parent).is_none())
            {
                let line = self.first_line + number.saturating_sub(self.base_rows) as u32;
                let message = format!(
                    "the parent {parent} of {} is no code of table {}",
                    entry.code(),
                    parents.id
                );
                return Err(Error::spec(&*self.file, line, 1, message));
            }
        }
        Ok(())
    }

    /// Entries that were there before an extension.
    pub(super) fn base_len(&self) -> usize {
        self.base_rows
    }

    fn rows_held(&self) -> &Rows {
        self.rows.get_or_init(|| {
            let mut starts = Vec::with_capacity(self.text.len() / 16);
            starts.push(0);
            starts.extend(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at as u32 + 1));
            if !self.text.is_empty() && !self.text.ends_with('\n') {
                starts.push(self.text.len() as u32 + 1);
            }
            let count = starts.len() - 1;
            let index = Index::new(count, |row| {
                Some(first_cell(line_of(&self.text, &starts, row)))
            });
            Rows {
                starts: starts.into(),
                index,
            }
        })
    }

    fn entry(&self, row: u32) -> Entry<'_> {
        let line = line_of(&self.text, &self.rows_held().starts, row);
        Entry { table: self, line }
    }

    /// The numbers of the rows of a code, in order.
    #[inline]
    fn rows_of(&self, code: &str) -> Found<'_> {
        let rows = self.rows_held();
        let text = self.text.as_bytes();
        rows.index.find(code, |row| {
            let line = &text[rows.starts[row as usize] as usize..];
            line.starts_with(code.as_bytes())
                && matches!(line.get(code.len()), None | Some(b'\t' | b'\r' | b'\n'))
                && !code.bytes().any(|byte| byte == b'\t' || byte == b'\n')
        })
    }

    fn dated(&self) -> bool {
        self.places.from.is_some() || self.places.to.is_some()
    }

    /// The entry of `code`; where it stood for several things, of the one that is good longest.
    #[inline]
    #[must_use]
    pub fn get(&self, code: &str) -> Option<Entry<'_>> {
        let mut found = self.rows_of(code);
        let mut best = self.entry(found.next()?);
        if self.dated() {
            for row in found {
                let entry = self.entry(row);
                let longer = match (best.valid_to(), entry.valid_to()) {
                    (Some(held), Some(to)) => held < to,
                    (held, to) => held.is_some() && to.is_none(),
                };
                if longer {
                    best = entry;
                }
            }
        }
        Some(best)
    }

    /// The entry of `code` that is good on that day.
    #[must_use]
    pub fn get_on(&self, code: &str, day: Day) -> Option<Entry<'_>> {
        self.rows_of(code)
            .map(|row| self.entry(row))
            .find(|entry| entry.is_valid_on(day))
    }

    /// Its entries, in their order.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        self.text.lines().map(|line| Entry { table: self, line })
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        let whole = memchr::memchr_iter(b'\n', self.text.as_bytes()).count();
        whole + usize::from(!self.text.is_empty() && !self.text.ends_with('\n'))
    }

    /// Whether it has no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The rows, each as its cells in the order of [`columns`](Self::columns); an empty cell is
    /// not known.
    pub fn rows(&self) -> impl Iterator<Item = impl Iterator<Item = &str>> {
        self.text.lines().map(|line| line.split('\t'))
    }

    /// The set of its codes, at whatever time they were good.
    #[must_use]
    pub fn codes(&self) -> &Arc<CodeSet> {
        self.set.get_or_init(|| {
            let mut rest = &*self.text;
            let firsts = std::iter::from_fn(move || {
                let (line, behind) = match find_near(b'\n', rest.as_bytes()) {
                    Some(end) => (&rest[..end], &rest[end + 1..]),
                    None => (std::mem::take(&mut rest), ""),
                };
                rest = behind;
                (!line.is_empty() || !rest.is_empty()).then(|| first_cell(line))
            });
            // A line takes some twenty bytes.
            Arc::new(CodeSet::with_room(firsts, self.text.len() / 16))
        })
    }

    /// Codes of the table that `code` may have been meant as, the likeliest first, `limit` at most.
    #[must_use]
    pub fn near(&self, code: &str, limit: usize) -> Vec<&str> {
        near::near(code, limit, |other| {
            self.get(other).map(|entry| entry.code())
        })
    }

    /// Entries that have `words` in their code or their names, in either language, or begin with
    /// these letters in pinyin (`zg` is 中国); the closest first.
    #[must_use]
    pub fn search(&self, words: &str) -> Vec<Entry<'_>> {
        super::search::search(self, words)
    }
}

impl<'t> Entry<'t> {
    /// The code.
    #[inline]
    #[must_use]
    pub fn code(&self) -> &'t str {
        first_cell(self.line)
    }

    /// English name; empty where none is held.
    #[must_use]
    pub fn en(&self) -> &'t str {
        self.at(self.table.places.en)
    }

    /// Chinese name; empty where none is held.
    #[must_use]
    pub fn zh(&self) -> &'t str {
        self.at(self.table.places.zh)
    }

    /// The cell of a column; empty where it is not known.
    #[must_use]
    pub fn get(&self, column: &str) -> &'t str {
        let mut columns = self.table.columns.iter();
        self.at(columns.position(|held| **held == *column))
    }

    /// The cells with the names of their columns, those that are known.
    pub fn cells(&self) -> impl Iterator<Item = (&'t str, &'t str)> {
        let columns = self.table.columns.iter().map(|column| &**column);
        columns
            .zip(self.line.split('\t'))
            .filter(|(_, cell)| !cell.is_empty())
    }

    /// The code of its parent.
    #[must_use]
    pub fn parent(&self) -> Option<&'t str> {
        let cell = self.at(self.table.places.parent);
        if !cell.is_empty() {
            return Some(cell);
        }
        let code = self.code();
        let mut first = self.table.parent.as_ref()?.first.iter();
        first.find_map(|len| code.get(..*len).filter(|parent| parent.len() < code.len()))
    }

    /// The first day on which it is good, where that is known.
    #[must_use]
    pub fn valid_from(&self) -> Option<Day> {
        Day::first(self.at(self.table.places.from))
    }

    /// The last day on which it is good, where that is known.
    #[must_use]
    pub fn valid_to(&self) -> Option<Day> {
        Day::last(self.at(self.table.places.to))
    }

    /// Whether it is good on that day.
    #[must_use]
    pub fn is_valid_on(&self, day: Day) -> bool {
        self.valid_from().is_none_or(|from| from <= day)
            && self.valid_to().is_none_or(|to| day <= to)
    }

    /// Its row, the cells with tabs between them.
    pub(super) fn line(&self) -> &'t str {
        self.line
    }

    fn at(&self, place: Option<usize>) -> &'t str {
        place
            .and_then(|place| self.line.split('\t').nth(place))
            .unwrap_or("")
    }
}

#[inline]
fn first_cell(line: &str) -> &str {
    find_near(b'\t', line.as_bytes()).map_or(line, |tab| &line[..tab])
}

#[inline]
fn line_of<'t>(text: &'t str, starts: &[u32], row: u32) -> &'t str {
    let line = &text[starts[row as usize] as usize..starts[row as usize + 1] as usize - 1];
    line.strip_suffix('\r').unwrap_or(line)
}

fn overlap(one: Entry<'_>, other: Entry<'_>) -> bool {
    let before = |a: Entry<'_>, b: Entry<'_>| matches!((a.valid_to(), b.valid_from()), (Some(to), Some(from)) if to < from);
    !before(one, other) && !before(other, one)
}

fn span(entry: Entry<'_>) -> String {
    let day = |day: Option<Day>| day.map_or_else(|| "…".to_owned(), |day| day.to_string());
    format!("{} to {}", day(entry.valid_from()), day(entry.valid_to()))
}

/// What a layer does to the table that is there.
pub(super) fn extend(
    base: &CodeTable,
    file: &str,
    head: &text::Head,
    own: &CodeTable,
) -> Result<CodeTable> {
    debug_assert_eq!(head.verb, Verb::Extends);
    let mut columns = base.columns.to_vec();
    let fault = |line: u32, message: String| Error::spec(file, line, 1, message);
    let column_line = own.first_line.saturating_sub(1).max(1);
    for column in &head.columns {
        if columns.contains(column) {
            continue;
        }
        if !matches!(&**column, "valid-from" | "valid-to") {
            let message = format!(
                "there is no column {column}; the base has {}",
                base.columns.join(" ")
            );
            return Err(fault(column_line, message));
        }
        columns.push(column.clone());
    }
    let valid_to: Box<str> = "valid-to".into();
    if !head.ends.is_empty() && !columns.contains(&valid_to) {
        columns.push(valid_to);
    }
    let to = columns
        .iter()
        .position(|column| &**column == "valid-to")
        .unwrap_or(0);
    let mut ends = rustc_hash::FxHashMap::default();
    for (code, day, cell, line) in &head.ends {
        let Some(entry) = base.get(code) else {
            let mut message = format!("table {} has no code {code}", base.id);
            let near = base.near(code, 3);
            if !near.is_empty() {
                message.push_str(&format!("; near are {}", near.join(", ")));
            }
            return Err(fault(*line, message));
        };
        if let Some(held) = entry.valid_to().filter(|held| held <= day) {
            return Err(fault(*line, format!("{code} ends already on {held}")));
        }
        if let Some(from) = entry.valid_from().filter(|from| day < from) {
            return Err(fault(*line, format!("{code} begins only on {from}")));
        }
        if ends.insert(entry.line, &**cell).is_some() {
            return Err(fault(*line, format!("{code} is ended twice")));
        }
    }
    let mut text = String::with_capacity(base.text.len() + own.text.len() + 64);
    let mut push = |cells: &[&str]| {
        let known = cells
            .iter()
            .rposition(|cell| !cell.is_empty())
            .map_or(0, |last| last + 1);
        text.push_str(&cells[..known].join("\t"));
        text.push('\n');
    };
    for entry in base.entries() {
        let mut cells: Vec<&str> = entry.line.split('\t').collect();
        if let Some(day) = ends.get(entry.line) {
            cells.resize(columns.len(), "");
            cells[to] = day;
        }
        push(&cells);
    }
    for entry in own.entries() {
        let mut cells = vec![""; columns.len()];
        for (column, cell) in entry.cells() {
            if let Some(place) = columns.iter().position(|held| **held == *column) {
                cells[place] = cell;
            }
        }
        push(&cells);
    }
    // What the extension says of the whole table counts; what it leaves out stays.
    let said = |own: &str, base: &str| Box::from(if own.is_empty() { base } else { own });
    let merged = text::Head {
        id: base.id.clone(),
        title: Wording {
            en: said(&head.title.en, &base.title.en),
            zh: said(&head.title.zh, &base.title.zh),
        },
        source: said(&head.source, &base.source),
        trust: said(&head.trust, &base.trust),
        gaps: base.gaps.iter().chain(&head.gaps).cloned().collect(),
        open: head.open || base.open,
        parent: head.parent.clone().or_else(|| base.parent.clone()),
        ..head.clone()
    };
    Ok(CodeTable::with_rows(
        file,
        &merged,
        columns,
        Cow::Owned(text),
        own.first_line,
        base.len(),
    ))
}
