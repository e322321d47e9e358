//! Values of data elements: codes from the lists, dates by their format, numbers, words.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use baowen::spec::Specs;
use baowen::spec::model::{Class, CodeList, Simple};
use baowen::spec::release::Release;

use super::random::Random;

/// Format codes of dates and their patterns.
pub type Dates = Arc<[(Box<str>, Box<str>)]>;

/// Where the value of an element comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// One of these codes.
    Codes(Arc<[Box<str>]>),
    /// A date, time or period of the pattern that stands beside its code.
    Date(Dates),
    /// A container number (ISO 6346).
    Container,
    /// A reference: letters and digits.
    Reference,
    /// Digits, as of a telephone.
    Digits,
    /// A number, with so many decimals at most.
    Number(u32),
    /// Words.
    Words,
    /// Letters only.
    Letters,
}

const WORDS: [&str; 48] = [
    "STEEL",
    "COILS",
    "FROZEN",
    "FISH",
    "COTTON",
    "YARN",
    "MACHINE",
    "PARTS",
    "PAPER",
    "ROLLS",
    "TIMBER",
    "RESIN",
    "BAGS",
    "CERAMIC",
    "TILES",
    "LED",
    "LAMPS",
    "TYRES",
    "COFFEE",
    "BEANS",
    "RICE",
    "PUMPS",
    "VALVES",
    "GLASS",
    "PANELS",
    "HARBOUR",
    "TERMINAL",
    "EAST",
    "WEST",
    "NORTH",
    "SOUTH",
    "QUAY",
    "WAREHOUSE",
    "LOGISTICS",
    "TRADING",
    "CO",
    "LTD",
    "ROAD",
    "STREET",
    "UNIT",
    "BLOCK",
    "FREIGHT",
    "LINES",
    "NO",
    "OF",
    "AND",
    "FOR",
    "WITH",
];

const OWNERS: [&str; 8] = [
    "BWNU", "QAYU", "TESU", "ZHGU", "LMNU", "PORU", "SEAU", "BOXU",
];

/// Codes of one element that a run uses.
const MOST_CODES: usize = 12;

/// Lists of one release, taken from the specs.
#[derive(Debug)]
pub struct Lists<'s> {
    specs: &'s Specs,
    release: Release,
    syntax: u8,
    dates: Option<Dates>,
    tables: HashMap<Box<str>, Arc<[Box<str>]>>,
    held: HashMap<Box<str>, Arc<[Box<str>]>>,
}

impl<'s> Lists<'s> {
    /// The lists of `release`.
    #[must_use]
    pub fn new(specs: &'s Specs, release: Release, syntax: u8) -> Self {
        Self {
            specs,
            release,
            syntax,
            dates: None,
            tables: HashMap::new(),
            held: HashMap::new(),
        }
    }

    /// The directory's own codes of an element.
    fn own(&mut self, element: &str) -> Arc<[Box<str>]> {
        if let Some(codes) = self.held.get(element) {
            return codes.clone();
        }
        let codes = self
            .specs
            .codes(element, Some(self.release), self.syntax)
            .unwrap_or_default();
        let codes: Arc<[Box<str>]> = codes.into_iter().map(|(code, _)| code).collect();
        self.held.insert(element.into(), codes.clone());
        codes
    }

    /// Codes of a table of `specs/codes` that are neither deleted nor whole countries.
    pub fn table(&mut self, id: &str) -> Arc<[Box<str>]> {
        if let Some(codes) = self.tables.get(id) {
            return codes.clone();
        }
        let mut codes = Vec::new();
        if let Ok(Some(table)) = self.specs.table(id) {
            let status = table
                .columns
                .iter()
                .position(|column| &**column == "status");
            for row in table.rows() {
                let row: Vec<&str> = row.collect();
                if status
                    .and_then(|at| row.get(at))
                    .is_none_or(|status| status.is_empty())
                {
                    codes.push(row[0].into());
                }
            }
        }
        let codes: Arc<[Box<str>]> = codes.into();
        self.tables.insert(id.into(), codes.clone());
        codes
    }

    /// The table an element is bound to beside an agency (3055), where its own list is empty.
    pub fn agency_of(&mut self, element: &str) -> Option<Box<str>> {
        if !self.own(element).is_empty() {
            return None;
        }
        match self.specs.bound_table(element)? {
            (_, Some(("3055", agency))) => Some(agency.into()),
            _ => None,
        }
    }

    /// Format codes of 2379 and their patterns, those that are usual first.
    pub fn dates(&mut self) -> Dates {
        const USUAL: [&str; 8] = ["102", "203", "201", "101", "204", "602", "401", "718"];
        if let Some(dates) = &self.dates {
            return dates.clone();
        }
        let own = self.own("2379");
        let mut dates = Vec::new();
        if let Ok(Some(table)) = self.specs.table("date-format-2379") {
            for code in USUAL {
                let pattern = table
                    .get(code)
                    .map(|row| Box::<str>::from(row.get("pattern")));
                if let Some(pattern) = pattern
                    && own.iter().any(|held| &**held == code)
                {
                    dates.push((code.into(), pattern));
                }
            }
        }
        let dates: Arc<[_]> = dates.into();
        self.dates = Some(dates.clone());
        dates
    }

    /// Where the values of an element come from. Codes that `except` names are left out.
    pub fn source(
        &mut self,
        id: &str,
        simple: &Simple,
        except: &[Box<str>],
        random: &mut Random,
    ) -> Source {
        if simple.codes.is_some() {
            let codes = self.codes(id, simple, except, random);
            if !codes.is_empty() {
                return Source::Codes(codes.into());
            }
        }
        match simple.class {
            Class::Alpha => Source::Letters,
            Class::Numeric => Source::Number(match id {
                "6314" | "5004" | "5118" | "6060" | "6162" | "6152" | "5402" | "5482" => 3,
                _ => 0,
            }),
            _ => match id {
                "8260" => Source::Container,
                "1154" | "1004" | "1050" | "7402" | "9308" | "8028" | "3039" | "7140" | "1056" => {
                    Source::Reference
                }
                "3148" | "3251" => Source::Digits,
                "6060" | "6314" | "5004" => Source::Number(3),
                _ => Source::Words,
            },
        }
    }

    fn codes(
        &mut self,
        id: &str,
        simple: &Simple,
        except: &[Box<str>],
        random: &mut Random,
    ) -> Vec<Box<str>> {
        let mut all: Arc<[Box<str>]> = match &simple.codes {
            Some(CodeList::Values(values)) => values.iter().map(|(code, _)| code.clone()).collect(),
            Some(CodeList::Table(table)) => self.table(table),
            Some(CodeList::Directory(element)) => self.own(element),
            None => return Vec::new(),
        };
        if all.is_empty() {
            let table = self
                .specs
                .bound_table(id)
                .map(|(table, _)| table.to_owned());
            all = table.map_or(all, |table| self.table(&table));
        }
        // Totals of these would have to be counted.
        let counted = if id == "6069" {
            self.table("control-total-6069")
        } else {
            [].into()
        };
        let fits = |code: &str| {
            let len = code.chars().count() as u32;
            let digits = code.bytes().all(|byte| byte.is_ascii_digit());
            len >= simple.min
                && simple.max.is_none_or(|max| len <= max)
                && code
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
                && (simple.class != Class::Numeric || digits)
                && (simple.class != Class::Alpha || !code.bytes().any(|byte| byte.is_ascii_digit()))
        };
        let good = |code: &str| {
            let among = |codes: &[Box<str>]| codes.iter().any(|held| &**held == code);
            fits(code) && !among(except) && !among(&counted)
        };
        if id.starts_with("32") && all.len() > 10_000 {
            // Places: some of very many.
            let tries = (0..400).map(|_| random.any(&all).clone());
            return tries.filter(|code| good(code)).collect();
        }
        let mut good: Vec<&Box<str>> = all.iter().filter(|code| good(code)).collect();
        let mut chosen = Vec::new();
        while chosen.len() < MOST_CODES && !good.is_empty() {
            let at = random.below(good.len() as u64) as usize;
            chosen.push(good.swap_remove(at).clone());
        }
        chosen
    }
}

/// A value of at least `min` and at most `max` characters; `beside` takes what must stand beside
/// it: the code of a date's format.
pub fn value(
    source: &Source,
    (min, max): (u32, u32),
    random: &mut Random,
    out: &mut String,
    beside: &mut String,
) {
    out.clear();
    match source {
        Source::Codes(codes) => {
            out.push_str(random.usual::<Box<str>>(codes));
        }
        Source::Date(formats) => {
            let (code, pattern) = random.usual(formats);
            date(pattern, random, out);
            beside.clear();
            beside.push_str(code);
        }
        Source::Container => container(random, out),
        Source::Reference => {
            for _ in 0..random.range(2, 4) {
                out.push(char::from(b'A' + random.below(26) as u8));
            }
            let _ = write!(out, "{:07}", random.below(10_000_000));
        }
        Source::Digits => {
            let _ = write!(out, "{}", random.range(1_000_000, 99_999_999));
        }
        Source::Number(decimals) => number((min, max), *decimals, random, out),
        Source::Words => {
            let most = u64::from(max.min(35));
            let target = random.range(most.min(4), most) as usize;
            words(target, random, out);
            if out.len() + 2 <= max as usize && random.chance(1) {
                out.push_str(if random.chance(50) { "'S" } else { "+1" });
            }
        }
        Source::Letters => {
            for _ in 0..random.range(u64::from(min.max(1)), u64::from(max.min(12))) {
                out.push(char::from(b'A' + random.below(26) as u8));
            }
        }
    }
    // Longer than the element takes, or shorter than it needs.
    if out.len() > max as usize {
        out.truncate(max as usize);
        out.truncate(out.trim_end().len());
    }
    while out.len() < min as usize {
        out.push(if matches!(source, Source::Letters) {
            'X'
        } else {
            '0'
        });
    }
}

fn words(target: usize, random: &mut Random, out: &mut String) {
    let first: &&str = random.any(&WORDS);
    out.push_str(first);
    while out.len() < target {
        let word: &&str = random.any(&WORDS);
        if out.len() + 1 + word.len() > target {
            break;
        }
        out.push(' ');
        out.push_str(word);
    }
}

fn number((min, max): (u32, u32), decimals: u32, random: &mut Random, out: &mut String) {
    let digits = if min == max {
        max
    } else {
        random.range(1, u64::from(max.min(6))) as u32
    };
    let _ = write!(out, "{}", random.range(1, 9));
    for _ in 1..digits.max(min) {
        out.push(char::from(b'0' + random.below(10) as u8));
    }
    if decimals > 0 && min < max && max >= digits + decimals && random.chance(30) {
        let _ = write!(
            out,
            ".{:0width$}",
            random.below(10u64.pow(decimals)),
            width = decimals as usize
        );
    }
}

/// A moment of the years 2024 to 2027 by a pattern of the table `date-format-2379`.
fn date(pattern: &str, random: &mut Random, out: &mut String) {
    let mut rest = pattern;
    while !rest.is_empty() {
        let (len, low, high) = match &rest[..rest.len().min(2)] {
            "CC" => (2, 20, 20),
            "YY" => (2, 24, 27),
            "MM" => (2, 1, 12),
            "DD" => (2, 1, 28),
            "hh" => (2, 0, 23),
            "mm" | "ss" => (2, 0, 59),
            _ => (1, 0, 0),
        };
        if len == 2 {
            let _ = write!(out, "{:02}", random.range(low, high));
        }
        rest = &rest[len..];
    }
}

/// A container number with its check digit (ISO 6346).
pub fn container(random: &mut Random, out: &mut String) {
    loop {
        out.clear();
        let _ = write!(out, "{}{:06}", random.any(&OWNERS), random.below(1_000_000));
        let sum: u64 = out
            .bytes()
            .enumerate()
            .map(|(at, byte)| {
                let worth = match byte {
                    b'0'..=b'9' => u64::from(byte - b'0'),
                    // Letters count from 10 up, 11, 22 and 33 left out.
                    _ => {
                        let letter = u64::from(byte - b'A');
                        10 + letter + letter.div_ceil(10)
                    }
                };
                worth << at
            })
            .sum();
        if sum % 11 < 10 {
            let _ = write!(out, "{}", sum % 11);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_their_pattern() {
        let mut random = Random::new(7);
        for (pattern, len) in [
            ("CCYYMMDD", 8),
            ("CCYYMMDDhhmm", 12),
            ("YYMMDD", 6),
            ("CCYYMMDD-CCYYMMDD", 16),
        ] {
            let mut out = String::new();
            date(pattern, &mut random, &mut out);
            assert_eq!(out.len(), len, "{pattern}: {out}");
        }
    }

    #[test]
    fn letters_of_container_numbers_have_their_worth() {
        // ISO 6346: A 10, B 12, K 21, L 23, U 32, V 34, Z 38.
        for (letter, worth) in [
            (b'A', 10),
            (b'B', 12),
            (b'K', 21),
            (b'L', 23),
            (b'U', 32),
            (b'V', 34),
            (b'Z', 38),
        ] {
            let at = u64::from(letter - b'A');
            assert_eq!(10 + at + at.div_ceil(10), worth);
        }
    }
}
