//! Every rule on a whole document: one that is sound, changed in one place, gives the findings that the
//! case lists and no other.
//!
//! The cases stand in `testdata/rules/*/mutations.tsv` beside their documents. Its columns:
//!
//! - `document`: a file that gives no finding. A line without one changes more in the line above.
//! - `row`: the rule, or the row of the published collection, that is broken.
//! - `path`: as findings print it, from the root's children on: `DecLists/DecList[2]/GNo`,
//!   `G_SG2/S_LOC/C_C517/D_3225`, `R_12/R_41/F_4`, `Consignment/TotalPackageQuantity/@unitCode`. Without
//!   an index the first that there is.
//! - `value`: what comes there instead; `-` takes it out, `+` doubles it, `+text` adds one that is not
//!   there yet as the first in what is around it, or behind `Prior` if the path ends in `Prior+Name`;
//!   `+<…>` adds one that holds this markup. Where the path is an option of `given`, it is what the option
//!   says instead: what came from elsewhere is wrong, not the document.
//! - `findings`: what is found then: rules, or codes of findings; may be empty.
//! - `given`, where needed: what else is given, as on the command line: `--together FILE…` (the set of
//!   documents, of which `document` is changed), `--register NAME=FILE`, `--context NAME=VALUE`,
//!   `--on DATE`, `--as MESSAGE@EDITION`; and `--named FILE`, what the document is called;
//!   `--packed ARCHIVE,BYTES,ENTRIES,FILE`, the archive that it lies in as `FILE`.
//!
//! UN/EDIFACT, flat files and entry documents (JSON) are changed in their form in XML, see
//! `baowen convert --to xml`, and written back; entries are checked as XML, as rules read them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baowen::check::Checker;
use baowen::convert::{Converter, Format};
use baowen::finding::{Finding, Syntax};
use baowen::rule::{Options, Register, Rules, TableRegister};
use baowen::spec::Specs;
use quick_xml::events::Event;

fn room() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/rules")
}

/// An element and where it stands in the text: all of it, its start tag, and what is inside.
#[derive(Debug)]
struct Element {
    name: String,
    whole: Range<usize>,
    tag: Range<usize>,
    inner: Range<usize>,
    children: Vec<Element>,
}

impl Element {
    /// The root element of a document.
    fn root(document: &str) -> Self {
        let mut reader = quick_xml::Reader::from_str(document);
        let mut open: Vec<Self> = Vec::new();
        loop {
            let start = reader.buffer_position() as usize;
            let event = reader.read_event().unwrap();
            let end = reader.buffer_position() as usize;
            let closed = match event {
                Event::Start(tag) | Event::Empty(tag) => {
                    open.push(Self {
                        name: tag.local_name().as_ref().to_owned(),
                        whole: start..end,
                        tag: start..end,
                        inner: end..end,
                        children: Vec::new(),
                    });
                    document[..end].ends_with("/>")
                }
                Event::End(_) => {
                    let element = open.last_mut().unwrap();
                    element.inner.end = start;
                    element.whole.end = end;
                    true
                }
                Event::Eof => panic!("no root element"),
                _ => false,
            };
            if closed {
                let element = open.pop().unwrap();
                match open.last_mut() {
                    Some(around) => around.children.push(element),
                    None => return element,
                }
            }
        }
    }

    /// The name as written, with its prefix.
    fn written<'d>(&self, document: &'d str) -> &'d str {
        let tag = &document[self.tag.clone()][1..];
        let end = |letter: char| letter.is_whitespace() || letter == '/' || letter == '>';
        &tag[..tag.find(end).unwrap()]
    }

    /// Where an attribute stands in the text, with the blank before it, and where its value.
    fn attribute(&self, document: &str, name: &str) -> Option<(Range<usize>, Range<usize>)> {
        let tag = &document[self.tag.clone()];
        let given = format!("{name}=");
        let places = tag.match_indices(&given);
        let start = places
            .map(|(at, _)| at - 1)
            .find(|at| tag.as_bytes()[*at].is_ascii_whitespace())?;
        let value = start + 1 + name.len() + 2;
        let quote = char::from(tag.as_bytes()[value - 1]);
        let end = value + tag[value..].find(quote)?;
        let of = |start: usize, end: usize| self.tag.start + start..self.tag.start + end;
        Some((of(start, end + 1), of(value, end)))
    }
}

/// The first element of a path. Records of a flat file stand side by side: one is inside another that
/// stands before it.
fn find<'e>(among: &'e [Element], path: &[&str]) -> Option<&'e Element> {
    let (step, rest) = path.split_first()?;
    let (name, index) = match step.split_once('[') {
        Some((name, index)) => (name, Some(index.trim_end_matches(']').parse().unwrap())),
        None => (*step, None::<usize>),
    };
    let named = among.iter().enumerate();
    let named = named.filter(|(_, element)| element.name == name);
    let chosen = named
        .enumerate()
        .filter(|(nth, _)| index.is_none_or(|index| nth + 1 == index));
    let mut found = chosen.filter_map(|(_, (at, element))| match rest.first() {
        None => Some(element),
        Some(next) if next.starts_with("R_") => find(&among[at + 1..], rest),
        Some(_) => find(&element.children, rest),
    });
    found.next()
}

/// Markup with one thing changed, as the columns `path` and `value` say.
fn changed(document: &str, path: &str, value: &str) -> String {
    let root = Element::root(document);
    // Of UN/EDIFACT the message is meant, unless the path names what is beside it.
    let message = root
        .children
        .iter()
        .find(|child| child.name.starts_with("M_"));
    let top = message.unwrap_or(&root);
    let element = |path: &[&str]| match path {
        [] => top,
        path => find(&top.children, path)
            .or_else(|| find(&root.children, path))
            .unwrap_or_else(|| panic!("there is no {}", path.join("/"))),
    };
    let escaped = |text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        text.replace('"', "&quot;")
    };
    let put = |range: Range<usize>, text: &str| {
        let (before, after) = (&document[..range.start], &document[range.end..]);
        format!("{before}{text}{after}")
    };
    let steps: Vec<&str> = path.split('/').collect();
    let (last, around) = steps.split_last().unwrap();
    if let Some(name) = last.strip_prefix('@') {
        let of = element(around);
        let held = of.attribute(document, name);
        let held = || held.clone().unwrap_or_else(|| panic!("there is no {path}"));
        return match value.strip_prefix('+') {
            Some(added) => {
                let tag = document[of.tag.clone()].trim_end_matches('>');
                let end = of.tag.start + tag.trim_end_matches('/').len();
                put(end..end, &format!(" {name}=\"{}\"", escaped(added)))
            }
            None if value == "-" => put(held().0, ""),
            None => put(held().1, &escaped(value)),
        };
    }
    match value.strip_prefix('+') {
        Some("") => {
            let of = element(&steps).whole.clone();
            put(of.end..of.end, &document[of])
        }
        Some(added) => {
            let of = element(around);
            let (prior, name) = match last.split_once('+') {
                Some((prior, name)) => (Some(prior), name),
                None => (None, *last),
            };
            let prior = prior.map(|prior| element(&[around, &[prior]].concat()));
            let at = match prior {
                Some(prior) => prior.whole.end,
                None if name.starts_with("R_") && !around.is_empty() => of.whole.end,
                None => of.inner.start,
            };
            let prefix = match of.written(document).split_once(':') {
                Some((prefix, _)) if prefix != "b" => format!("{prefix}:"),
                _ => String::new(),
            };
            let added = match added.starts_with('<') {
                true => added.to_owned(),
                false => escaped(added),
            };
            put(at..at, &format!("<{prefix}{name}>{added}</{prefix}{name}>"))
        }
        None if value == "-" => put(element(&steps).whole.clone(), ""),
        None => {
            let of = element(&steps);
            let tag = document[of.tag.clone()].trim_end_matches('>');
            let (tag, name) = (tag.trim_end_matches('/'), of.written(document));
            put(
                of.whole.clone(),
                &format!("{tag}>{}</{name}>", escaped(value)),
            )
        }
    }
}

/// A document, as text of XML and in its own syntax.
struct Document {
    syntax: Syntax,
    markup: String,
    written: Vec<u8>,
}

/// What documents are checked with.
struct Check {
    rules: Rules,
    checker: Checker,
    converter: Converter,
    /// Files that make a set with the document.
    others: Vec<String>,
    /// What the document is called, if not by its own name.
    named: Option<String>,
    /// The archive it lies in: its name, bytes and entries, and the document's name in it.
    packed: Option<(String, u64, usize, String)>,
    /// The folder of the documents.
    share: PathBuf,
}

impl Check {
    /// By what is given besides the document.
    fn new(given: &str, share: &Path) -> Self {
        let mut options = Options::default();
        let mut of_check = baowen::check::Options::default();
        let (mut others, mut named, mut packed) = (Vec::new(), None, None);
        let mut words = given.split_whitespace().peekable();
        while let Some(word) = words.next() {
            let mut next = || words.next_if(|word| !word.starts_with("--"));
            let pair = |text: &str| {
                let (name, value) = text.split_once('=').unwrap();
                (Box::<str>::from(name), Box::<str>::from(value))
            };
            match word {
                "--together" => {
                    options.together = true;
                    others.extend(std::iter::from_fn(next).map(str::to_owned));
                }
                "--register" => {
                    let (name, file) = pair(next().unwrap());
                    let register = TableRegister::load(share.join(&*file)).unwrap();
                    let register: Arc<dyn Register> = Arc::new(register);
                    options.registers.insert(name, register);
                }
                "--context" => {
                    let (name, value) = pair(next().unwrap());
                    options.context.insert(name, value);
                }
                "--on" => {
                    let day = next().map(str::to_owned);
                    options.choice.on.clone_from(&day);
                    options.today = day;
                }
                "--as" => of_check.message = Some(next().unwrap().parse().unwrap()),
                "--named" => named = next().map(str::to_owned),
                "--packed" => {
                    let facts: Vec<&str> = next().unwrap().splitn(4, ',').collect();
                    let [archive, bytes, entries, entry] = facts[..] else {
                        panic!("--packed {facts:?}");
                    };
                    let (bytes, entries) = (bytes.parse().unwrap(), entries.parse().unwrap());
                    packed = Some((archive.to_owned(), bytes, entries, entry.to_owned()));
                }
                _ => panic!("{word} cannot be given"),
            }
        }
        let rules = Rules::load(&Specs::base(), options).unwrap();
        let checker = Checker::new(&Specs::base(), of_check).unwrap();
        Self {
            checker: checker.with_watch(Arc::new(rules.clone())),
            rules,
            converter: Converter::new(&Specs::base(), baowen::convert::Options::default()),
            others,
            named,
            packed,
            share: share.to_owned(),
        }
    }

    fn convert(&self, input: &[u8], from: Syntax, to: Format) -> Vec<u8> {
        let (mut out, mut findings) = (Vec::new(), Vec::<Finding>::new());
        self.converter
            .slice(input, from, to, &mut out, &mut findings)
            .unwrap();
        out
    }

    fn document(&self, file: &str) -> Document {
        let path = self.share.join(file);
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let syntax = match bytes.first() {
            Some(b'{') => Syntax::Json,
            _ => self.checker.syntax(&bytes).unwrap(),
        };
        let markup = match syntax {
            Syntax::Xml => bytes.clone(),
            _ => self.convert(&bytes, syntax, Format::Xml),
        };
        Document {
            syntax,
            written: match syntax {
                Syntax::Json => markup.clone(),
                _ => bytes,
            },
            markup: String::from_utf8(markup).unwrap(),
        }
    }

    /// Markup in the syntax of the document it was made of.
    fn written(&self, syntax: Syntax, markup: String) -> Vec<u8> {
        match syntax {
            Syntax::Edifact => self.convert(markup.as_bytes(), Syntax::Xml, Format::Edifact),
            Syntax::Flat => self.convert(markup.as_bytes(), Syntax::Xml, Format::Flat),
            _ => markup.into_bytes(),
        }
    }

    /// What is found in a document and those of its set: rules, and codes of findings, sorted.
    fn names(&self, file: &str, document: &[u8]) -> Vec<String> {
        let mut findings: Vec<Finding> = Vec::new();
        let mut check = |checker: Checker, bytes: &[u8]| {
            checker.slice(bytes, &mut findings).unwrap();
        };
        let checker = match &self.packed {
            Some((archive, bytes, entries, entry)) => {
                self.checker.unpacked(entry, archive, *bytes, *entries)
            }
            None => self.checker.named(self.named.as_deref().unwrap_or(file)),
        };
        check(checker, document);
        for other in &self.others {
            check(self.checker.named(other), &self.document(other).written);
        }
        if !self.others.is_empty() {
            let mut found = |_: &str, finding| findings.push(finding);
            self.rules.finish(&mut found).unwrap();
        }
        let names = findings.iter().map(|finding| finding.name().to_string());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

/// A case of a table.
#[derive(Debug)]
struct Case {
    line: usize,
    document: String,
    row: String,
    changes: Vec<(String, String)>,
    expected: Vec<String>,
    given: String,
}

/// The cases of every share, in order.
fn cases() -> Vec<(PathBuf, Vec<Case>)> {
    let shares = std::fs::read_dir(room()).unwrap();
    let mut shares: Vec<PathBuf> = shares.map(|share| share.unwrap().path()).collect();
    shares.retain(|share| share.join("mutations.tsv").is_file());
    shares.sort();
    let cases = shares.into_iter().map(|share| {
        let table = share.join("mutations.tsv");
        let mut cases: Vec<Case> = Vec::new();
        let text = std::fs::read_to_string(&table).unwrap();
        let lines = text.lines().enumerate();
        for (at, line) in lines.filter(|(_, line)| !line.starts_with('#')).skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let (file, row, path, value, expected, given) = match fields[..] {
                ["", "", path, value, ..] if !cases.is_empty() => {
                    let last = cases.last_mut().unwrap();
                    last.changes.push((path.to_owned(), value.to_owned()));
                    continue;
                }
                [file, row, path, value, expected] => (file, row, path, value, expected, ""),
                [file, row, path, value, expected, given] => {
                    (file, row, path, value, expected, given)
                }
                _ => panic!("{}:{}: {line}", table.display(), at + 1),
            };
            let mut expected: Vec<String> =
                expected.split_whitespace().map(str::to_owned).collect();
            expected.sort();
            cases.push(Case {
                line: at + 1,
                document: file.to_owned(),
                row: row.to_owned(),
                changes: vec![(path.to_owned(), value.to_owned())],
                expected,
                given: given.to_owned(),
            });
        }
        (share, cases)
    });
    cases.collect()
}

/// Cases of a share that do not give what is expected, told.
fn wrong(share: &Path, cases: &[Case]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut checks: HashMap<&str, Check> = HashMap::new();
    let mut documents: HashMap<(&str, &str), Document> = HashMap::new();
    for case in cases {
        let given = &*case.given;
        let check = checks
            .entry(given)
            .or_insert_with(|| Check::new(given, share));
        let (file, place) = (&*case.document, share.join("mutations.tsv"));
        let place = format!("{}:{}: {}", place.display(), case.line, case.row);
        let document = documents.entry((file, given)).or_insert_with(|| {
            let document = check.document(file);
            let found = check.names(file, &document.written);
            if !found.is_empty() {
                wrong.push(format!("{place}: unchanged {file} gives {found:?}"));
            }
            document
        });
        let mut markup = document.markup.clone();
        let mut given = given.to_owned();
        for (path, value) in &case.changes {
            match path.starts_with("--") {
                true => given = format!("{given} {path} {value}"),
                false => markup = changed(&markup, path, value),
            }
        }
        let written = check.written(document.syntax, markup);
        let found = match given == case.given {
            true => check.names(file, &written),
            false => Check::new(&given, share).names(file, &written),
        };
        if found != case.expected {
            wrong.push(format!("{place}: {found:?}, not {:?}", case.expected));
        }
    }
    wrong
}

#[test]
fn a_document_that_breaks_a_rule_gives_what_is_expected_and_nothing_else() {
    let shares = cases();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads = shares.iter();
        let threads = threads.map(|(share, cases)| scope.spawn(|| wrong(share, cases)));
        let threads: Vec<_> = threads.collect();
        let wrong = threads.into_iter().map(|thread| thread.join().unwrap());
        wrong.flatten().collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let tried: usize = shares.iter().map(|(_, cases)| cases.len()).sum();
    assert!(tried > 100);
}

#[test]
fn every_rule_has_a_document_that_breaks_it() {
    let cases = cases();
    let expected = cases.iter().flat_map(|(_, cases)| cases);
    let expected: BTreeSet<&str> = expected
        .flat_map(|case| case.expected.iter().map(|name| &**name))
        .collect();
    let rules = Rules::load(&Specs::base(), Options::default()).unwrap();
    let rules = rules.list(None).unwrap();
    let enforced: BTreeSet<&str> = rules
        .iter()
        .filter(|rule| rule.enforced)
        .map(|rule| &*rule.id)
        .collect();
    let text = std::fs::read_to_string(room().join("without-mutation.tsv")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    let without: BTreeMap<&str, &str> = lines.map(|line| line.split_once('\t').unwrap()).collect();
    let mut wrong = Vec::new();
    for rule in &enforced {
        match (expected.contains(rule), without.contains_key(rule)) {
            (false, false) => wrong.push(format!("no case expects {rule}")),
            (true, true) => wrong.push(format!("{rule} has a case, and is listed as without")),
            _ => {}
        }
    }
    for (rule, reason) in without {
        if !enforced.contains(rule) || reason.is_empty() {
            wrong.push(format!("{rule} without a case: {reason}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
