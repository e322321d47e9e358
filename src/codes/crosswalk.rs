//! Crosswalks: what a code of one table is in another.

use std::ops::Range;

use super::Wording;
use super::index::{Found, Index};

/// Codes that mean the same, side by side: each row has one code a side, or none where there is
/// no counterpart.
#[derive(Debug)]
pub struct Crosswalk {
    /// Its name, as `country`.
    pub name: Box<str>,
    /// Its title.
    pub title: Wording,
    /// Where it comes from.
    pub source: Box<str>,
    /// How far it can be trusted; see [`CodeTable::trust`](super::CodeTable::trust).
    pub trust: Box<str>,
    sides: Box<[Box<str>]>,
    /// All codes one after the other, and where each cell lies: the sides of a row together.
    text: Box<str>,
    cells: Box<[(u32, u32)]>,
    /// By side.
    indexes: Box<[Index]>,
    /// From side to side.
    relations: Box<[Relation]>,
}

/// What becomes of the codes of one side on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// Each code has one counterpart at most, and each counterpart one code: nothing is lost.
    OneToOne,
    /// Several codes have the same counterpart: the way back is not certain.
    Narrowing,
    /// A code has several counterparts: one must be chosen. The way back is certain.
    Widening,
    /// Both.
    ManyToMany,
}

impl Relation {
    /// `one-to-one`, `narrowing`, `widening` or `many-to-many`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneToOne => "one-to-one",
            Self::Narrowing => "narrowing",
            Self::Widening => "widening",
            Self::ManyToMany => "many-to-many",
        }
    }

    /// The relation of the way back.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Self::Narrowing => Self::Widening,
            Self::Widening => Self::Narrowing,
            same => same,
        }
    }
}

/// A side of a crosswalk; only of the one that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side(usize);

impl Crosswalk {
    /// A crosswalk of rows that have a cell for each side.
    pub(super) fn new(
        (name, title, source, trust): (Box<str>, Wording, Box<str>, Box<str>),
        sides: Vec<Box<str>>,
        rows: &[Vec<Box<str>>],
    ) -> Self {
        let (mut text, mut cells) = (String::new(), Vec::new());
        for cell in rows.iter().flatten() {
            let from = text.len() as u32;
            text.push_str(cell);
            cells.push((from, text.len() as u32));
        }
        let width = sides.len();
        let index = |side: usize| {
            let key = |row: u32| Some(&*rows[row as usize][side]).filter(|cell| !cell.is_empty());
            Index::new(rows.len(), key)
        };
        let indexes = (0..width).map(index).collect();
        let mut made = Self {
            name,
            title,
            source,
            trust,
            sides: sides.into(),
            text: text.into(),
            cells: cells.into(),
            indexes,
            relations: Box::default(),
        };
        let pairs = (0..width * width).map(|at| made.relate(Side(at / width), Side(at % width)));
        made.relations = pairs.collect();
        made
    }

    fn relate(&self, from: Side, to: Side) -> Relation {
        let several = |from: Side, to: Side| {
            let mut first = rustc_hash::FxHashMap::default();
            self.rows(from).any(|row| {
                let other = self.cell(row, to);
                !other.is_empty() && *first.entry(self.cell(row, from)).or_insert(other) != other
            })
        };
        match (several(from, to), several(to, from)) {
            (false, false) => Relation::OneToOne,
            (false, true) => Relation::Narrowing,
            (true, false) => Relation::Widening,
            (true, true) => Relation::ManyToMany,
        }
    }

    /// The names of its sides, in their order.
    pub fn sides(&self) -> impl ExactSizeIterator<Item = (Side, &str)> {
        self.sides
            .iter()
            .enumerate()
            .map(|(at, name)| (Side(at), &**name))
    }

    /// The side of that name.
    #[must_use]
    pub fn side(&self, name: &str) -> Option<Side> {
        self.sides.iter().position(|side| **side == *name).map(Side)
    }

    /// What becomes of the codes of a side on another.
    #[must_use]
    pub fn relation(&self, from: Side, to: Side) -> Relation {
        self.relations[from.0 * self.sides.len() + to.0]
    }

    /// Whether a side has that code.
    #[must_use]
    pub fn has(&self, side: Side, code: &str) -> bool {
        self.rows_of(side, code).next().is_some()
    }

    /// The counterparts of a code, each once.
    pub fn all(&self, from: Side, to: Side, code: &str) -> impl Iterator<Item = &str> {
        let rows = self.rows_of(from, code);
        let found = rows.clone().filter(move |row| {
            let cell = self.cell(*row, to);
            let mut before = rows.clone().take_while(|other| other < row);
            !cell.is_empty() && before.all(|other| self.cell(other, to) != cell)
        });
        found.map(move |row| self.cell(row, to))
    }

    /// The counterpart of a code; `None` where it has none, or several.
    #[inline]
    #[must_use]
    pub fn get(&self, from: Side, to: Side, code: &str) -> Option<&str> {
        let mut one = None;
        for row in self.rows_of(from, code) {
            let cell = self.cell(row, to);
            match one {
                _ if cell.is_empty() => {}
                None => one = Some(cell),
                Some(held) if held == cell => {}
                Some(_) => return None,
            }
        }
        one
    }

    /// Codes of a side that `code` may have been meant as, the likeliest first, `limit` at most.
    #[must_use]
    pub fn near(&self, side: Side, code: &str, limit: usize) -> Vec<&str> {
        super::near::near(code, limit, |other| {
            let row = self.rows_of(side, other).next()?;
            Some(self.cell(row, side))
        })
    }

    /// All pairs of two sides, each once, in the order of the rows.
    pub fn pairs(&self, from: Side, to: Side) -> impl Iterator<Item = (&str, &str)> {
        self.rows(from).flat_map(move |row| {
            let code = self.cell(row, from);
            let first = self.rows_of(from, code).next() == Some(row);
            self.all(from, to, code)
                .filter(move |_| first)
                .map(move |other| (code, other))
        })
    }

    /// The codes of a side, each once.
    pub fn codes(&self, side: Side) -> impl Iterator<Item = &str> {
        self.pairs(side, side).map(|(code, _)| code)
    }

    /// The rows in which a side has a code.
    fn rows(&self, side: Side) -> impl Iterator<Item = u32> + '_ {
        let rows = (self.cells.len() / self.sides.len().max(1)) as u32;
        (0..rows).filter(move |row| !self.cell(*row, side).is_empty())
    }

    #[inline]
    fn rows_of(&self, side: Side, code: &str) -> Found<'_> {
        self.indexes[side.0].find(code, |row| self.cell(row, side) == code)
    }

    #[inline]
    fn cell(&self, row: u32, side: Side) -> &str {
        let (from, to) = self.cells[row as usize * self.sides.len() + side.0];
        let range: Range<usize> = from as usize..to as usize;
        &self.text[range]
    }
}
