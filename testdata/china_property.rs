//! Random documents of the messages that ship: written by their spec they have no findings, and come
//! back from JSON as they were; with a mistake put in they have one.

use std::fmt::Write as _;

use baowen::check::{Checker, Options};
use baowen::convert::{self, Converter, Options as Conversion, message_json_schema};
use baowen::finding::{Finding, Severity, Syntax};
use baowen::spec::Specs;
use baowen::spec::model::Class;
use baowen::spec::xml::{Bound, Codes, Element, Format, Holds, Message, Occurs, Part, Value};
use baowen::tree::of_document;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Choices from a seed.
struct Dice {
    state: u64,
    runner: TestRunner,
}

impl Dice {
    fn new(seed: u64) -> Self {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self {
            state: seed | 1,
            runner: TestRunner::new_with_rng(Config::default(), rng),
        }
    }

    /// A number below `most`.
    fn below(&mut self, most: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % most.max(1)
    }

    fn often(&mut self, of: Occurs, deep: usize) -> u32 {
        let least = u64::from(of.min);
        let most = of.max.map_or(least + 2, u64::from).min(least + 2);
        // What is deep inside is mostly left out, so that documents stay small.
        if deep > 6 || self.below(3) > 0 {
            return of.min;
        }
        (least + self.below(most + 1 - least)) as u32
    }

    /// A text that matches an expression.
    fn matching(&mut self, pattern: &str) -> String {
        let strategy = proptest::string::string_regex(pattern).unwrap();
        strategy.new_tree(&mut self.runner).unwrap().current()
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('"', "&quot;").replace('\r', "&#13;")
}

/// A value, `None` where none was found: several patterns and a length need luck.
fn value(dice: &mut Dice, value: &Value) -> Option<String> {
    if let Some(fixed) = &value.fixed {
        return Some(fixed.to_string());
    }
    if let Codes::Values(values) = &value.codes {
        let at = dice.below(values.len() as u64) as usize;
        return Some(values[at].0.to_string());
    }
    if value.empty && dice.below(4) == 0 {
        return Some(String::new());
    }
    let (min, max) = match &value.format {
        Format::Text { min, max, .. } => (
            *min as usize,
            max.map_or(*min as usize + 9, |max| max as usize),
        ),
        _ => (0, usize::MAX),
    };
    if let Codes::In(tables) | Codes::Table(tables) = &value.codes {
        let codes = Specs::base().table_list(tables).unwrap();
        let patterns = value
            .patterns
            .iter()
            .map(|pattern| regex_automata::meta::Regex::new(&format!("^(?:{pattern})$")).unwrap());
        let patterns: Vec<_> = patterns.collect();
        let numeric = match &value.format {
            Format::Text { class, .. } => *class == Class::Numeric,
            Format::Number { .. } => true,
            _ => false,
        };
        let fits = |code: &String| {
            (min..=max).contains(&code.chars().count())
                && (!numeric || code.bytes().all(|byte| byte.is_ascii_digit()))
                && patterns.iter().all(|pattern| pattern.is_match(code))
        };
        let mut codes = codes.unwrap_or_default();
        codes.retain(fits);
        if !codes.is_empty() {
            return Some(codes.swap_remove(dice.below(codes.len() as u64) as usize));
        }
    }
    if !value.patterns.is_empty() {
        for _ in 0..200 {
            let at = dice.below(value.patterns.len() as u64) as usize;
            let found = dice.matching(&value.patterns[at]);
            let fits = value.patterns.iter().all(|pattern| {
                let whole = regex_automata::meta::Regex::new(&format!("^(?:{pattern})$"));
                whole.unwrap().is_match(&found)
            });
            let len = found.chars().count();
            if fits && len >= min && len <= max && found.chars().all(|c| c > ' ') {
                return Some(found);
            }
        }
        return None;
    }
    Some(match &value.format {
        Format::Text { class, .. } => {
            let len = min as u64 + dice.below((max - min) as u64 + 1).min(30);
            let letters: &[char] = match class {
                Class::Numeric => &['0', '7', '9'],
                Class::Alpha => &['A', 'z', 'Q'],
                _ => &['A', 'z', '7', '货', '&', '<', '>', '"', '\'', '?'],
            };
            let mut one = || letters[dice.below(letters.len() as u64) as usize];
            (0..len).map(|_| one()).collect()
        }
        Format::Number { digits, decimals } => {
            let decimals = u64::from(decimals.unwrap_or(3)).min(4);
            let digits = u64::from(digits.unwrap_or(9)).min(9).max(decimals + 1) - decimals;
            let above = value.bounds.iter().any(|(bound, text)| {
                *bound == Bound::Above && &**text == "0" || *bound == Bound::Min && &**text == "1"
            });
            let whole = dice
                .below(10_u64.pow(digits.min(6) as u32))
                .max(u64::from(above));
            match (value.bounds.is_empty(), decimals) {
                (true, 1..) => format!("{whole}.{}", dice.below(10)),
                _ => whole.to_string(),
            }
        }
        Format::Moment(patterns) => {
            let at = dice.below(patterns.len() as u64) as usize;
            let day = format!("{:02}", 1 + dice.below(28));
            patterns[at]
                .replace("CCYY", "2026")
                .replace("MM", "02")
                .replace("DD", &day)
                .replace("hh", "23")
                .replace("mm", "59")
                .replace("ss", "00")
                .replace("fff", "123")
        }
        Format::Builtin(name) => match &**name {
            "dateTime" => "2026-02-28T23:59:00".to_owned(),
            "date" => "2026-02-28".to_owned(),
            "time" => "23:59:00".to_owned(),
            "ID" | "Name" | "NCName" => format!("id{}", dice.below(u64::MAX)),
            "boolean" => "true".to_owned(),
            "base64Binary" => "AAAA".to_owned(),
            "string" | "token" | "normalizedString" | "anySimpleType" => "text".to_owned(),
            _ => "1".to_owned(),
        },
    })
}

/// Writes elements; what cannot be written is told by `None`.
struct Writer<'d> {
    dice: &'d mut Dice,
    out: String,
}

impl Writer<'_> {
    fn element(&mut self, element: &Element, namespace: Option<&str>, deep: usize) -> Option<()> {
        let _ = write!(self.out, "<{}", element.tag);
        if let Some(namespace) = namespace {
            let _ = write!(self.out, " xmlns=\"{namespace}\"");
        }
        for attribute in &element.attributes {
            if attribute.mandatory || self.dice.below(2) == 0 {
                let text = value(self.dice, &attribute.value)?;
                let _ = write!(self.out, " {}=\"{}\"", attribute.name, escaped(&text));
            }
        }
        self.out.push('>');
        match &element.holds {
            Holds::Value(held) => {
                let text = value(self.dice, held)?;
                self.out.push_str(&escaped(&text));
            }
            Holds::Anything => {}
            Holds::Parts { parts, any_order } => {
                let mut order: Vec<&Part> = parts.iter().collect();
                if *any_order {
                    for at in (1..order.len()).rev() {
                        order.swap(at, self.dice.below(at as u64 + 1) as usize);
                    }
                }
                for part in order {
                    self.part(part, deep + 1)?;
                }
            }
        }
        let _ = write!(self.out, "</{}>", element.tag);
        Some(())
    }

    fn part(&mut self, part: &Part, deep: usize) -> Option<()> {
        match part {
            Part::Element(element) => {
                for _ in 0..self.dice.often(element.occurs, deep) {
                    self.element(element, None, deep)?;
                }
            }
            Part::Choice(occurs, parts) => {
                for _ in 0..self.dice.often(*occurs, deep) {
                    let at = self.dice.below(parts.len() as u64) as usize;
                    self.part(&parts[at], deep)?;
                }
            }
            Part::Sequence(occurs, parts) => {
                for _ in 0..self.dice.often(*occurs, deep) {
                    parts
                        .iter()
                        .try_for_each(|part| self.part(part, deep).map(|_| ()))?;
                }
            }
            Part::Anything(occurs, namespace) => {
                let namespace = namespace.as_deref().unwrap_or("urn:example:other");
                for _ in 0..occurs.min {
                    let _ = write!(self.out, "<o:Other xmlns:o=\"{namespace}\"/>");
                }
            }
        }
        Some(())
    }
}

/// A document of a message.
fn document(message: &Message, seed: u64) -> Option<String> {
    let mut dice = Dice::new(seed);
    let mut writer = Writer {
        dice: &mut dice,
        out: String::new(),
    };
    let namespace = message.namespaces.first().filter(|of| !of.is_empty());
    writer.element(&message.root, namespace.map(|of| &**of), 0)?;
    Some(writer.out)
}

fn check(specs: &Specs, message: &Message, input: &str) -> Vec<Finding> {
    let options = Options {
        message: Some(message.id().parse().unwrap()),
        ..Options::default()
    };
    let mut found = Vec::new();
    let checker = Checker::new(specs, options).unwrap();
    checker.slice(input.as_bytes(), &mut found).unwrap();
    // What is in no table that is open is only unknown.
    found.retain(|finding| finding.severity == Severity::Error);
    found
}

fn convert(specs: &Specs, input: &[u8], from: Syntax, to: convert::Format) -> Vec<u8> {
    let converter = Converter::new(specs, Conversion::default());
    let (mut out, mut found) = (Vec::new(), Vec::<Finding>::new());
    converter
        .slice(input, from, to, &mut out, &mut found)
        .unwrap();
    assert!(found.is_empty(), "{found:?}");
    out
}

#[test]
fn every_message_has_a_document() {
    let specs = Specs::base();
    let mut without = Vec::new();
    for listed in specs.xml_messages().unwrap() {
        let message = &specs.xml_message(&listed.id).unwrap()[0];
        let found = (1..9).find_map(|seed| document(message, seed * 7919));
        let Some(text) = found else {
            without.push(listed.id);
            continue;
        };
        let found = check(&specs, message, &text);
        assert!(found.is_empty(), "{}: {:?}\n{text}", listed.id, found[0]);
    }
    assert!(without.is_empty(), "{without:?}");
}

/// Messages of every kind: sequences, choices, any order, attributes, patterns.
const SOME: [&str; 10] = [
    "MT1401_9",
    "MT1401_5",
    "MT_Response_Road",
    "MT1101_9@V1.1",
    "CEB621",
    "CEB303@2018-113",
    "DecMessage",
    "INV101",
    "Certificate",
    "GACC_MFT_ORIGINAL",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn written_by_the_spec_it_is_good_and_comes_back(which in 0..SOME.len(), seed in any::<u64>()) {
        let specs = Specs::base();
        let message = &specs.xml_message(SOME[which]).unwrap()[0];
        let Some(text) = document(message, seed) else { return Ok(()) };
        let found = check(&specs, message, &text);
        prop_assert!(found.is_empty(), "{:?}\n{}", found.first(), text);
        let json = convert(&specs, text.as_bytes(), Syntax::Xml, convert::Format::Json);
        let back = convert(&specs, &json, Syntax::Json, convert::Format::Xml);
        let tree = |input: &[u8]| {
            let mut none = Vec::<Finding>::new();
            let tree = of_document(input, &Default::default(), &mut none).unwrap();
            format!("{tree:?}")
        };
        prop_assert_eq!(tree(text.as_bytes()), tree(&back));
        // A member that the message does not have is found, and so is one more root.
        let end = format!("</{}>", message.root.tag);
        let faulty = text.replace(&end, &format!("<Nothing/>{end}"));
        let found = check(&specs, message, &faulty);
        prop_assert!(!found.is_empty());
    }

    /// No text makes the parser panic; what it reads it prints, and reads again as the same.
    #[test]
    fn changed_texts_are_read_or_refused(
        which in 0..SOME.len(),
        line in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        put in "[ -~\n|中]{0,6}",
        cut in 0_usize..4,
    ) {
        let specs = Specs::base();
        let text = specs.xml_message(SOME[which]).unwrap()[0].to_text();
        let lines: Vec<&str> = text.lines().take(40).collect();
        let line = line.index(lines.len());
        let mut changed = String::new();
        for (number, held) in lines.iter().enumerate() {
            let letters: Vec<char> = held.chars().collect();
            let at = at.index(letters.len() + 1);
            if number == line {
                changed.extend(&letters[..at]);
                changed.push_str(&put);
                changed.extend(letters.iter().skip(at + cut));
            } else {
                changed.push_str(held);
            }
            changed.push('\n');
        }
        match baowen::spec::xml::read("x.txt", &changed) {
            Err(error) => prop_assert!(error.to_string().starts_with("x.txt:"), "{}", error),
            Ok(messages) => for message in messages {
                let printed = message.to_text();
                let again = baowen::spec::xml::read("x.txt", &printed);
                let again = again.unwrap_or_else(|error| panic!("{error}\n{changed}\n{printed}"));
                prop_assert_eq!(again[0].to_text(), printed);
            }
        }
    }

    /// What is printed is read again as the same.
    #[test]
    fn messages_are_printed_and_read(which in 0..SOME.len()) {
        let specs = Specs::base();
        let message = &specs.xml_message(SOME[which]).unwrap()[0];
        let text = message.to_text();
        let again = baowen::spec::xml::read("x.txt", &text).unwrap();
        prop_assert_eq!(again.len(), 1);
        prop_assert_eq!(again[0].to_text(), text);
    }
}

/// The JSON Schema of every message is JSON that says what it is.
#[test]
fn json_schemas_can_be_made() {
    let specs = Specs::base();
    for name in SOME {
        let message = &specs.xml_message(name).unwrap()[0];
        let text = message_json_schema(&specs, message).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
        assert_eq!(value["title"], message.id());
        // Every reference leads somewhere.
        for part in text.split("#/$defs/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(value["$defs"].get(name).is_some(), "{name}");
        }
    }
}
