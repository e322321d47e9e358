//! What the text of a map says, before it is checked against the specs.

use std::sync::Arc;

use crate::spec::model::Label;
use crate::spec::text::Verb;

/// Where something stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The file, as it is to be shown.
    pub file: Arc<str>,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
}

/// The way a row, a condition or a total goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arrow {
    /// `<->`: both ways.
    Both,
    /// `->`: from left to right.
    Forth,
    /// `<-`: from right to left.
    Back,
}

impl Arrow {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Both => "<->",
            Self::Forth => "->",
            Self::Back => "<-",
        }
    }

    /// Whether it is run in a direction.
    #[must_use]
    pub const fn runs(self, direction: Direction) -> bool {
        match (self, direction) {
            (Self::Both, _) => true,
            (Self::Forth, Direction::Forth) | (Self::Back, Direction::Back) => true,
            (Self::Forth, Direction::Back) | (Self::Back, Direction::Forth) => false,
        }
    }
}

/// The direction of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The left message becomes the right one.
    Forth,
    /// The right message becomes the left one.
    Back,
}

/// An entry of a file of maps.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A map, and what a layer does with it.
    Map(Option<Verb>, Box<Map>),
    /// Rows that maps include.
    Fragment(Option<Verb>, Fragment),
}

impl Entry {
    /// What a layer does with it.
    #[must_use]
    pub fn verb(&self) -> Option<Verb> {
        match self {
            Self::Map(verb, _) | Self::Fragment(verb, _) => *verb,
        }
    }

    /// `map` or `fragment`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Map(..) => "map",
            Self::Fragment(..) => "fragment",
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Map(_, map) => &map.name,
            Self::Fragment(_, fragment) => &fragment.name,
        }
    }
}

/// A map as it is written.
#[derive(Clone, Debug)]
pub struct Map {
    /// Its name: `cuscar-mt1101`.
    pub name: Box<str>,
    /// Names for people.
    pub label: Label,
    /// The messages of both sides; empty in an extension, which has those of its base.
    pub sides: [Option<Named>; 2],
    /// Values that callers give.
    pub params: Vec<Param>,
    /// What holds for all rows that say nothing else.
    pub limits: Limits,
    /// Rows and loops, and what is known not to be carried.
    pub items: Vec<Item>,
    /// The sides that are written without the signature that they want, and who makes it.
    pub unsigned: [Option<Label>; 2],
    /// Rows of the base that an extension takes away: their targets or names.
    pub drops: Vec<(Box<str>, At)>,
    /// Where its head stands.
    pub at: At,
}

/// A message by name, and where that stands.
#[derive(Clone, Debug)]
pub struct Named {
    /// `CUSCAR@D95B`, `MT1101_9@V1.1`, `flat IFCSUM`.
    pub name: Box<str>,
    /// Where.
    pub at: At,
}

/// A value that the caller gives.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: Box<str>,
    /// What it is where the caller gives none; `None`: it must be given.
    pub default: Option<Box<str>>,
    /// Whether it counts on with every message.
    pub counter: bool,
    /// Names for people.
    pub label: Label,
    /// Where.
    pub at: At,
}

/// Rows that maps include, as text whose `$names` are put in where they are included.
#[derive(Clone, Debug)]
pub struct Fragment {
    /// Its name.
    pub name: Box<str>,
    /// Its lines: their indentation, their numbers, their text.
    pub lines: Vec<(usize, u32, Box<str>)>,
    /// Where its head stands.
    pub at: At,
}

impl Fragment {
    /// Whether its lines include another.
    pub(crate) fn includes(&self, name: &str) -> bool {
        self.lines.iter().any(|(_, _, line)| {
            let mut words = line.split_whitespace();
            words.next() == Some("include") && words.next() == Some(name)
        })
    }
}

/// A source path that is known not to be carried, and why.
#[derive(Clone, Debug)]
pub struct Uncarried {
    /// 0 left, 1 right.
    pub side: usize,
    /// Names from the group of the loop around on; what is below belongs to it.
    pub path: Path,
    /// Why, for people.
    pub reason: Label,
}

/// A row or a loop.
#[derive(Clone, Debug)]
pub enum Item {
    /// A row.
    Row(Box<Row>),
    /// A loop.
    Each(Box<Each>),
    /// A running total.
    Total(Total),
    /// A path that is known not to be carried.
    Uncarried(Uncarried),
    /// Rows of a fragment, to be put here.
    Include {
        /// The fragment.
        name: Box<str>,
        /// What its `$names` stand for.
        with: Vec<(Box<str>, Box<str>)>,
        /// Where.
        at: At,
    },
}

/// A correspondence.
#[derive(Clone, Debug)]
pub struct Row {
    /// What stands left and right.
    pub sides: [Operand; 2],
    /// Which way it goes.
    pub arrow: Arrow,
    /// What happens to the value on its way.
    pub steps: Vec<Step>,
    /// Conditions.
    pub when: Vec<(Arrow, Cel)>,
    /// What is written where the source has nothing.
    pub default: Vec<(Arrow, Box<str>)>,
    /// It may lose something, and what.
    pub lossy: Option<Label>,
    /// A number is added to the one that is there.
    pub adds: bool,
    /// It writes only where nothing stands yet.
    pub if_empty: bool,
    /// What happens at the limits of the target.
    pub limits: Limits,
    /// Its name, by which a layer replaces it.
    pub name: Option<Box<str>>,
    /// Where it stands.
    pub at: At,
    /// As it is written.
    pub text: Box<str>,
}

/// A loop: a group of one side for a group of the other.
#[derive(Clone, Debug)]
pub struct Each {
    /// What stands left and right.
    pub sides: [Path; 2],
    /// Which way it goes.
    pub arrow: Arrow,
    /// Conditions.
    pub when: Vec<(Arrow, Cel)>,
    /// Keys: groups of the source that have the same keys become one group of the target.
    pub by: Vec<Row>,
    /// Its rows and loops.
    pub items: Vec<Item>,
    /// Its name, by which a layer replaces it.
    pub name: Option<Box<str>>,
    /// Where it stands.
    pub at: At,
    /// As it is written.
    pub text: Box<str>,
}

/// A running total.
#[derive(Clone, Debug)]
pub struct Total {
    /// Its name.
    pub name: Box<str>,
    /// In which direction it is kept.
    pub arrow: Arrow,
    /// How.
    pub fold: Fold,
    /// Of what; nothing to count only.
    pub of: Option<Path>,
    /// Where it stands.
    pub at: At,
}

/// How values become a total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// How many times the loop was run, or how many values there were.
    Count,
    /// Their sum.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

impl Fold {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
        }
    }
}

/// What stands on one side of a row.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A place.
    Path(Path),
    /// Several places, whose values are joined or cut.
    Paths(Vec<Path>),
    /// A value.
    Text(Box<str>),
    /// A value that the caller gives.
    Param(Box<str>, At),
    /// The number of the loop's run, from 1.
    Number,
    /// A running total.
    Total(Box<str>, At),
    /// The time of the run: CCYYMMDDhhmmss.
    Now,
    /// All values of a path as one number.
    Fold(Fold, Path),
    /// An expression.
    Cel(Cel),
}

/// An expression of CEL.
#[derive(Clone, Debug)]
pub struct Cel {
    /// Its text.
    pub text: Box<str>,
    /// Where it begins.
    pub at: At,
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum From {
    /// At the group of the loop.
    Here,
    /// So many loops further out.
    Up(u32),
    /// At the message.
    Message,
}

/// A path.
#[derive(Clone, Debug)]
pub struct Path {
    /// Where it begins.
    pub from: From,
    /// Its steps; none is the place where it begins.
    pub steps: Vec<PathStep>,
    /// Where it stands in the text.
    pub at: At,
}

/// A step of a path.
#[derive(Clone, Debug)]
pub struct PathStep {
    /// A name: `S_LOC`, `@unit`.
    pub name: Box<str>,
    /// Which of that name.
    pub selector: Option<Selector>,
    /// Where it stands in the text.
    pub at: At,
}

/// Which of several of a name.
#[derive(Clone, Debug)]
pub enum Selector {
    /// The one of that number, from 1.
    Nth(u32),
    /// The first for which all of these hold.
    All(Vec<Test>),
}

/// What a selector asks.
#[derive(Clone, Debug)]
pub struct Test {
    /// Names from the group on.
    pub path: Vec<PathStep>,
    /// What the value is compared with.
    pub against: Against,
}

/// What a selector compares with.
#[derive(Clone, Debug)]
pub enum Against {
    /// One of these; the first is written.
    Values(Vec<Box<str>>),
    /// None of these, and there.
    NoneOf(Vec<Box<str>>),
    /// The value at a path from the loop's group.
    This(Path),
    /// The place holds something.
    Present,
    /// The place holds nothing.
    Absent,
}

/// What happens to a value on its way from left to right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `crosswalk A B`: the code of one table that stands for that of another.
    Crosswalk(Box<str>, Box<str>),
    /// `codes "1"="A" "2"="B"`: the same, said here.
    Codes(Vec<(Box<str>, Box<str>)>),
    /// `date A B`: a date of one pattern in another.
    Date(Box<str>, Box<str>),
    /// `decimals N`: a number with at most so many decimals.
    Decimals(u32),
    /// `times F`: a number multiplied.
    Times(Box<str>),
    /// `pad N "0"`: filled up from the left.
    Pad(u32, char),
    /// `prefix "X"`: with that before it.
    Prefix(Box<str>),
    /// `strip-prefix "X"`: without that before it.
    StripPrefix(Box<str>),
    /// `suffix "X"`: with that behind it.
    Suffix(Box<str>),
    /// `strip-suffix "X"`: without that behind it.
    StripSuffix(Box<str>),
    /// `join "X"`: several values in one.
    Join(Box<str>),
    /// `split "X"`: one value in several.
    Split(Box<str>),
    /// `cut N`: one text in pieces of so many characters.
    Cut(u32, Unit),
    /// `glue N`: pieces in one text.
    Glue(u32, Unit),
    /// `upper`.
    Upper,
    /// `lower`.
    Lower,
    /// `trim`: without blanks around it.
    Trim,
    /// `part FROM LEN`: some of its characters, counted from 1.
    Part(u32, u32),
    /// `name TABLE LANG`: what a code of a table means.
    Name(Box<str>, Box<str>),
}

/// What pieces are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Characters.
    Characters,
    /// Bytes of the target's character set.
    Bytes,
}

/// What happens at the limits of the target. `None`: as the map says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// A value is longer than the target allows.
    pub long: Option<OnLong>,
    /// A code has no counterpart.
    pub missing: Option<OnMissing>,
    /// The target's character set lacks a character.
    pub charset: Option<OnCharset>,
}

/// What happens to a value that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLong {
    /// It is written, and told as an error.
    Keep,
    /// It is cut, and told as a warning.
    Cut,
    /// It is left out, and told as an error.
    Drop,
}

/// What happens to a code without a counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMissing {
    /// It is written as it is, and told as a warning.
    Keep,
    /// It is left out, and told as an error.
    Drop,
}

/// What happens to characters that the target's character set lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCharset {
    /// They are written, and told as an error.
    Keep,
    /// Others that look alike are written, and told as a warning.
    Transliterate,
    /// The value is left out, and told as an error.
    Drop,
}

impl Limits {
    /// These, and of others what these do not say.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            long: self.long.or(others.long),
            missing: self.missing.or(others.missing),
            charset: self.charset.or(others.charset),
        }
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.from {
            From::Here => {}
            From::Up(levels) => (0..levels).try_for_each(|_| f.write_str("../"))?,
            From::Message => f.write_str("/")?,
        }
        if self.steps.is_empty() && self.from != From::Message {
            return f.write_str(".");
        }
        for (at, step) in self.steps.iter().enumerate() {
            if at > 0 {
                f.write_str("/")?;
            }
            write!(f, "{step}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for PathStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        match &self.selector {
            None => Ok(()),
            Some(Selector::Nth(nth)) => write!(f, "[{nth}]"),
            Some(Selector::All(tests)) => {
                f.write_str("[")?;
                for (at, test) in tests.iter().enumerate() {
                    if at > 0 {
                        f.write_str(" && ")?;
                    }
                    write!(f, "{test}")?;
                }
                f.write_str("]")
            }
        }
    }
}

impl std::fmt::Display for Test {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if matches!(self.against, Against::Absent) {
            f.write_str("!")?;
        }
        for (at, step) in self.path.iter().enumerate() {
            if at > 0 {
                f.write_str("/")?;
            }
            write!(f, "{step}")?;
        }
        let list = |f: &mut std::fmt::Formatter<'_>, values: &[Box<str>], sign: &str| {
            write!(f, " {sign} ")?;
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    f.write_str(" | ")?;
                }
                write!(f, "{value:?}")?;
            }
            Ok(())
        };
        match &self.against {
            Against::Values(values) => list(f, values, "=="),
            Against::NoneOf(values) => list(f, values, "!="),
            Against::This(path) => write!(f, " == this/{path}"),
            Against::Present | Against::Absent => Ok(()),
        }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = |unit: &Unit| match unit {
            Unit::Characters => "",
            Unit::Bytes => " bytes",
        };
        match self {
            Self::Crosswalk(from, to) => write!(f, "crosswalk {from} {to}"),
            Self::Codes(pairs) => {
                f.write_str("codes")?;
                pairs
                    .iter()
                    .try_for_each(|(from, to)| write!(f, " {from:?}={to:?}"))
            }
            Self::Date(from, to) => write!(f, "date {from} {to}"),
            Self::Decimals(places) => write!(f, "decimals {places}"),
            Self::Times(factor) => write!(f, "times {factor}"),
            Self::Pad(len, with) => write!(f, "pad {len} \"{with}\""),
            Self::Prefix(text) => write!(f, "prefix {text:?}"),
            Self::StripPrefix(text) => write!(f, "strip-prefix {text:?}"),
            Self::Suffix(text) => write!(f, "suffix {text:?}"),
            Self::StripSuffix(text) => write!(f, "strip-suffix {text:?}"),
            Self::Join(text) => write!(f, "join {text:?}"),
            Self::Split(text) => write!(f, "split {text:?}"),
            Self::Cut(len, unit) => write!(f, "cut {len}{}", bytes(unit)),
            Self::Glue(len, unit) => write!(f, "glue {len}{}", bytes(unit)),
            Self::Upper => f.write_str("upper"),
            Self::Lower => f.write_str("lower"),
            Self::Trim => f.write_str("trim"),
            Self::Part(from, len) => write!(f, "part {from} {len}"),
            Self::Name(table, lang) => write!(f, "name {table} {lang}"),
        }
    }
}

/// Whether paths are the places of one name: `D_4440`, `D_4440_2`, ….
fn is_range(paths: &[Path]) -> bool {
    let texts: Vec<String> = paths.iter().map(ToString::to_string).collect();
    let numbered = |(at, text): (usize, &String)| *text == format!("{}_{}", texts[0], at + 1);
    texts.len() > 1 && texts.iter().enumerate().skip(1).all(numbered)
}

impl std::fmt::Display for Operand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Paths(paths) if is_range(paths) => write!(f, "{}..{}", paths[0], paths.len()),
            Self::Paths(paths) => {
                for (at, path) in paths.iter().enumerate() {
                    f.write_str(if at == 0 { "(" } else { ", " })?;
                    path.fmt(f)?;
                }
                f.write_str(")")
            }
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Param(name, _) => write!(f, "param.{name}"),
            Self::Number => f.write_str("number"),
            Self::Total(name, _) => write!(f, "total.{name}"),
            Self::Now => f.write_str("now"),
            Self::Fold(fold, path) => write!(f, "{} {path}", fold.as_str()),
            Self::Cel(cel) => write!(f, "= {}", cel.text),
        }
    }
}
