//! XML: verdicts on small schemas and documents, the wording of every finding, bad input, and what
//! does not depend on how the input comes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use baowen::check::{self, Checker};
use baowen::finding::{Code, Finding, Lang};
use baowen::spec::Specs;
use baowen::xml::{Handler, Options, Scene, Schema, Start, Writer, read_slice, read_stream};
use proptest::prelude::*;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/xml")
        .join(name)
}

fn files(name: &str, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

/// A case of `verdicts/`.
struct Case {
    name: String,
    schema: String,
    lines: Vec<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for block in text.split("### ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        let (mut schema, mut extra, mut lines) = (String::new(), String::new(), Vec::new());
        for line in rest.lines() {
            match line.as_bytes().first() {
                Some(b'@') => extra.push_str(&line[1..]),
                Some(b'+' | b'-' | b'!') => lines.push(line.to_owned()),
                _ => schema.push_str(line),
            }
        }
        let schema = format!(
            "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"{extra}>{schema}</xs:schema>"
        );
        cases.push(Case {
            name: name.to_owned(),
            schema,
            lines,
        });
    }
    cases
}

fn findings(schema: &Schema, document: &[u8]) -> Vec<Finding> {
    let mut found = Vec::new();
    schema
        .check_slice(document, &Options::default(), &mut found)
        .unwrap();
    found
}

#[test]
fn verdicts() {
    let (mut wrong, mut count) = (String::new(), 0);
    for path in files("verdicts", "txt") {
        for case in cases(&std::fs::read_to_string(&path).unwrap()) {
            let schema = Schema::from_texts(&[("case.xsd", &case.schema)]);
            for line in &case.lines {
                count += 1;
                let (kind, rest) = line.split_at(2);
                let said = match (&schema, kind) {
                    (Err(error), "! ") if error.to_string().contains(rest) => continue,
                    (Err(error), _) => error.to_string(),
                    (Ok(schema), "+ ") => match findings(schema, rest.as_bytes()).first() {
                        None => continue,
                        Some(first) => first.message(Lang::En, false),
                    },
                    (Ok(schema), "- ") => {
                        let (code, document) = rest.split_once(' ').unwrap();
                        match findings(schema, document.as_bytes()).first() {
                            Some(first) if first.code.as_str() == code => continue,
                            Some(first) => {
                                format!("{}: {}", first.code, first.message(Lang::En, false))
                            }
                            None => "valid".to_owned(),
                        }
                    }
                    (Ok(_), _) => "the schema was accepted".to_owned(),
                };
                writeln!(wrong, "{} {line}\n    {said}", case.name).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count > 200);
}

/// A finding as a person would want it in a snapshot.
fn line(finding: &Finding) -> String {
    format!(
        "{}:{} +{} {} [{}]\n    {}\n    {}\n",
        finding.at.line,
        finding.at.column,
        finding.span.len,
        finding.code,
        finding.place.path.as_deref().unwrap_or(""),
        finding.message(Lang::En, false),
        finding.message(Lang::Zh, false),
    )
}

/// Findings that need more than a document.
const WITHOUT_CASE: [&str; 6] = [
    // No schema: `documents_without_a_schema`.
    "xml-no-schema",
    // A message of the specs: `faulty_documents` of `china.rs`.
    "xml-unknown-message",
    "xml-message-root",
    "xml-message-namespace",
    // A document that is checked as a draft: `a_draft_is_checked_as_one` of `cli.rs`.
    "xsd-unsigned",
    // A small limit: `identity_is_bounded`.
    "xsd-identity-limit",
];

#[test]
fn every_finding_has_a_case() {
    let schema = Schema::load(folder("layer/xml").join("shipment.xsd")).unwrap();
    let mut out = String::new();
    let mut held = Vec::new();
    for path in files("findings", "xml") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        writeln!(out, "== {name}").unwrap();
        let mut options = Options::default();
        options.depth = 20;
        let mut found: Vec<Finding> = Vec::new();
        schema.check_slice(&bytes, &options, &mut found).unwrap();
        for finding in &found {
            out.push_str(&line(finding));
        }
        let there = found.iter().any(|finding| finding.code.as_str() == name);
        assert!(there, "{name}:\n{out}");
        held.push(name);
    }
    for code in Code::all().map(Code::as_str) {
        if code.starts_with("xml-") || code.starts_with("xsd-") {
            let case = held.iter().any(|name| name == code);
            assert_ne!(case, WITHOUT_CASE.contains(&code), "{code}");
        }
    }
    insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("xml-findings", out);
    });
}

fn check(specs: &Specs, options: check::Options, document: &[u8]) -> Vec<Finding> {
    let checker = Checker::new(specs, options).unwrap();
    let (mut slice, mut stream): (Vec<Finding>, Vec<Finding>) = Default::default();
    checker.slice(document, &mut slice).unwrap();
    checker.read(document, &mut stream).unwrap();
    assert_eq!(slice, stream);
    slice
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|found| found.code.as_str()).collect()
}

#[test]
fn schemas_are_found_in_layers() {
    let sound = b"<Shipment xmlns='urn:example:shipment'><When>2026-11-23</When></Shipment>";
    let wrong = b"<Shipment xmlns='urn:example:shipment'><When/></Shipment>";
    let base = Specs::base();
    let found = check(&base, check::Options::default(), sound);
    assert_eq!(codes(&found), ["xml-no-schema"]);
    let layer = base.with_dir(folder("layer")).unwrap();
    let checked = |document| codes(&check(&layer, check::Options::default(), document));
    assert!(checked(sound).is_empty());
    assert_eq!(checked(wrong), ["xsd-union"]);
    // Another namespace is another root.
    assert_eq!(checked(b"<Shipment/>"), ["xml-no-schema"]);
    // What is broken in the text is said with and without a schema.
    assert_eq!(checked(b"<A>"), ["xml-no-schema", "xml-unclosed-element"]);
}

#[test]
fn identity_is_bounded() {
    let schema = Schema::load(folder("layer/xml").join("shipment.xsd")).unwrap();
    let mut document = "<Shipment xmlns='urn:example:shipment'><When>2026-11-23</When>".to_owned();
    for number in 0..1000 {
        write!(document, "<Box number='ABCU{number:07}'/>").unwrap();
    }
    document.push_str("</Shipment>");
    let mut options = Options::default();
    let mut found: Vec<Finding> = Vec::new();
    schema
        .check_slice(document.as_bytes(), &options, &mut found)
        .unwrap();
    assert!(found.is_empty());
    options.identity = 1000;
    schema
        .check_slice(document.as_bytes(), &options, &mut found)
        .unwrap();
    assert_eq!(codes(&found), ["xsd-identity-limit"]);
}

/// What a reader tells, one a line.
#[derive(Default)]
struct Told {
    lines: Vec<String>,
    text: String,
}

impl Told {
    fn line(&mut self, line: String) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            self.lines.push(format!("text {text:?}"));
        }
        self.lines.push(line);
    }
}

impl Handler for Told {
    fn start(&mut self, start: &Start<'_>, _: &mut Scene<'_, '_>) {
        let attributes: Vec<_> = start.attributes().collect();
        self.line(format!(
            "start {} {:?} {attributes:?}",
            start.name(),
            start.namespace()
        ));
    }

    fn text(&mut self, text: &str, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        self.text.push_str(text);
    }

    fn end(&mut self, _: u64, _: u64, _: &mut Scene<'_, '_>) {
        self.line("end".to_owned());
    }

    fn comment(&mut self, text: &str, _: bool) {
        self.line(format!("comment {text:?}"));
    }

    fn instruction(&mut self, text: &str) {
        self.line(format!("instruction {text:?}"));
    }
}

fn told(document: &[u8], options: &Options) -> (Vec<String>, Vec<Finding>) {
    let (mut told, mut found) = (Told::default(), Vec::new());
    read_slice(document, options, &mut told, &mut found).unwrap();
    told.line("the end".to_owned());
    (told.lines, found)
}

/// Some characters: of markup, of one to four bytes, white space.
fn characters() -> impl Strategy<Value = String> {
    let some = "ab <>&\"']\t\n\r-é中\u{85}\u{2028}\u{20BB7}"
        .chars()
        .collect::<Vec<_>>();
    proptest::collection::vec(proptest::sample::select(some), 0..8)
        .prop_map(|all| all.into_iter().collect())
}

/// A document: elements within each other, attributes, text, comments, instructions.
fn body() -> impl Strategy<Value = Vec<(u8, String, String)>> {
    proptest::collection::vec((0u8..6, characters(), characters()), 0..20)
}

fn write(mut writer: Writer<Vec<u8>>, steps: &[(u8, String, String)]) -> Vec<u8> {
    writer.declaration().unwrap();
    writer.start("根").unwrap();
    writer.attribute("xmlns:n", "urn:n").unwrap();
    let mut depth = 0;
    for (step, a, b) in steps {
        match step {
            0 => {
                writer.start("n:e").unwrap();
                writer.attribute("a", a).unwrap();
                writer.attribute("n:b", b).unwrap();
                depth += 1;
            }
            1 if depth > 0 => {
                writer.end().unwrap();
                depth -= 1;
            }
            2 => writer.comment(a).unwrap(),
            3 => writer
                .instruction(&format!("go {}", a.replace('\r', "").replace("?>", "")))
                .unwrap(),
            _ => writer.text(a).unwrap(),
        }
    }
    for _ in 0..=depth {
        writer.end().unwrap();
    }
    writer.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What is written is read as it was given, in any encoding, and copying keeps it.
    #[test]
    fn written_is_read(steps in body(), label in prop_oneof![Just("utf-8"), Just("gb18030"), Just("utf-16"), Just("gbk")]) {
        let new = || Writer::new(Vec::new()).with_encoding(label).unwrap();
        let written = write(new(), &steps);
        let (lines, found) = told(&written, &Options::default());
        prop_assert!(found.is_empty(), "{found:?}");
        let mut texts = Vec::new();
        for line in &lines {
            if let Some(text) = line.strip_prefix("text ") {
                texts.push(text.to_owned());
            }
        }
        let mut given = Told::default();
        let mut depth = 0;
        for (step, a, _) in &steps {
            match step {
                0 => { depth += 1; given.line(String::new()) }
                1 if depth > 0 => { depth -= 1; given.line(String::new()) }
                2 | 3 => given.line(String::new()),
                _ => given.text.push_str(a),
            }
        }
        given.line(String::new());
        given.lines.retain(|line| !line.is_empty());
        let given: Vec<_> = given.lines.iter().map(|line| line[5..].to_owned()).collect();
        prop_assert_eq!(texts, given);
        let mut copy = new();
        copy.declaration().unwrap();
        read_slice(&written, &Options::default(), &mut copy, &mut Vec::new()).unwrap();
        prop_assert_eq!(copy.finish().unwrap(), written);
    }

    /// A stream in pieces of any size tells the same as the whole.
    #[test]
    fn pieces_do_not_matter(steps in body(), size in 1usize..40, cut in 0usize..400) {
        let mut written = write(Writer::new(Vec::new()), &steps);
        written.truncate(written.len().saturating_sub(cut));
        let (whole, found) = told(&written, &Options::default());
        let (mut told, mut said) = (Told::default(), Vec::new());
        let stream = Pieces { rest: &written, size };
        read_stream(stream, &Options::default(), &mut told, &mut said).unwrap();
        told.line("the end".to_owned());
        prop_assert_eq!(told.lines, whole);
        prop_assert_eq!(said, found);
    }

    /// Bytes that are no document are only findings, the same from both doors.
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        Just(b"<a>".to_vec()), Just(b"</a>".to_vec()), Just(b"<!--".to_vec()), Just(b"-->".to_vec()),
        Just(b"<![CDATA[".to_vec()), Just(b"]]>".to_vec()), Just(b"&#x".to_vec()), Just(b"&amp;".to_vec()),
        Just(b"<?xml ".to_vec()), Just(b"?>".to_vec()), Just(b"<!DOCTYPE a [".to_vec()), Just(b" a=\"".to_vec()),
        Just(b"xmlns:p='".to_vec()), Just(vec![0xEF, 0xBB, 0xBF]), Just(vec![0xFF, 0xFE]), Just(vec![0x81, 0x30]),
    ], 0..40), size in 1usize..9) {
        let document = bytes.concat();
        let schema = schema();
        let (mut slice, mut stream): (Vec<Finding>, Vec<Finding>) = Default::default();
        schema.check_slice(&document, &Options::default(), &mut slice).unwrap();
        let pieces = Pieces { rest: &document, size };
        schema.check_stream(pieces, &Options::default(), &mut stream).unwrap();
        prop_assert_eq!(&slice, &stream);
        for finding in &slice {
            prop_assert!(finding.span.start + finding.span.len <= document.len() as u64);
        }
    }
}

fn schema() -> &'static Schema {
    static SCHEMA: std::sync::OnceLock<Schema> = std::sync::OnceLock::new();
    SCHEMA.get_or_init(|| Schema::load(folder("layer/xml").join("shipment.xsd")).unwrap())
}

/// Gives a few bytes at a time.
struct Pieces<'a> {
    rest: &'a [u8],
    size: usize,
}

impl std::io::Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.size.min(self.rest.len()).min(buffer.len());
        buffer[..len].copy_from_slice(&self.rest[..len]);
        self.rest = &self.rest[len..];
        Ok(len)
    }
}

/// A content model in small, and the text of its schema.
#[derive(Clone, Debug)]
enum Particle {
    Element(char),
    Sequence(Vec<Bounded>),
    Choice(Vec<Bounded>),
}

#[derive(Clone, Debug)]
struct Bounded(Particle, usize, Option<usize>);

impl Bounded {
    fn schema(&self, out: &mut String) {
        let max = self.2.map_or("unbounded".to_owned(), |max| max.to_string());
        let bounds = format!("minOccurs='{}' maxOccurs='{max}'", self.1);
        let (tag, items) = match &self.0 {
            Particle::Element(name) => {
                return write!(out, "<xs:element name='{name}' {bounds}/>").unwrap();
            }
            Particle::Sequence(items) => ("sequence", items),
            Particle::Choice(items) => ("choice", items),
        };
        write!(out, "<xs:{tag} {bounds}>").unwrap();
        items.iter().for_each(|item| item.schema(out));
        write!(out, "</xs:{tag}>").unwrap();
    }

    /// Where a match that begins at each of `from` may end.
    fn ends(&self, word: &[char], from: &[usize]) -> Vec<usize> {
        let mut all = Vec::new();
        let mut at = from.to_vec();
        let mut rounds = 0;
        loop {
            if rounds >= self.1 {
                all.extend(&at);
            }
            // Rounds beyond the length of the word that match can only be empty ones.
            let enough = self.1.max(word.len() + 1);
            if self.2.is_some_and(|max| rounds >= max) || rounds > enough || at.is_empty() {
                break;
            }
            at = self.0.ends(word, &at);
            at.sort_unstable();
            at.dedup();
            rounds += 1;
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Particle {
    fn ends(&self, word: &[char], from: &[usize]) -> Vec<usize> {
        match self {
            Self::Element(name) => {
                let fits = from.iter().filter(|at| word.get(**at) == Some(name));
                fits.map(|at| at + 1).collect()
            }
            Self::Sequence(items) => items
                .iter()
                .fold(from.to_vec(), |at, item| item.ends(word, &at)),
            Self::Choice(items) => items
                .iter()
                .flat_map(|item| item.ends(word, from))
                .collect(),
        }
    }
}

fn bounded(inner: impl Strategy<Value = Particle>) -> impl Strategy<Value = Bounded> {
    let bounds = prop_oneof![
        Just((1, Some(1))),
        Just((0, Some(1))),
        Just((0, None)),
        Just((1, None)),
        Just((2, Some(3))),
        Just((0, Some(2))),
        Just((2, Some(2))),
    ];
    (inner, bounds).prop_map(|(particle, (min, max))| Bounded(particle, min, max))
}

fn model() -> impl Strategy<Value = Bounded> {
    let leaf = proptest::char::range('a', 'd').prop_map(Particle::Element);
    let particle = leaf.prop_recursive(3, 12, 3, |inner| {
        let items = proptest::collection::vec(bounded(inner), 1..4);
        (any::<bool>(), items).prop_map(|(choice, items)| match choice {
            true => Particle::Choice(items),
            false => Particle::Sequence(items),
        })
    });
    let top = proptest::collection::vec(bounded(particle), 1..4);
    bounded(top.prop_map(Particle::Sequence))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    /// Counters accept the same sequences of children as trying everything does.
    #[test]
    fn content_models(model in model(), words in proptest::collection::vec("[abcd]{0,9}", 8)) {
        let mut text = String::from("<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='r'><xs:complexType>");
        model.schema(&mut text);
        text.push_str("</xs:complexType></xs:element></xs:schema>");
        // Models that are not certain which particle a child is are refused.
        let Ok(schema) = Schema::from_texts(&[("case.xsd", text.as_str())]) else {
            return Ok(());
        };
        for word in words {
            let letters: Vec<char> = word.chars().collect();
            let fits = model.ends(&letters, &[0]).contains(&letters.len());
            let children: String = letters.iter().map(|name| format!("<{name}/>")).collect();
            let found = findings(&schema, format!("<r>{children}</r>").as_bytes());
            prop_assert_eq!(found.is_empty(), fits, "{} {:?}\n{}", word, found, text);
        }
    }
}

fn assert_codes(document: &[u8], expected: &[&str]) {
    let found = findings(schema(), document);
    assert_eq!(codes(&found), expected);
}

#[test]
fn hostile_documents() {
    // Entities that grow: none is defined.
    let mut laughs = "<!DOCTYPE Shipment [<!ENTITY a \"ha\">".to_owned();
    for level in b'b'..=b'k' {
        let (level, below) = (level as char, (level - 1) as char);
        write!(
            laughs,
            "<!ENTITY {level} \"{}\">",
            format!("&{below};").repeat(10)
        )
        .unwrap();
    }
    laughs.push_str("]><Shipment xmlns='urn:example:shipment'><When>&k;</When></Shipment>");
    assert_codes(
        laughs.as_bytes(),
        &["xml-doctype", "xml-unknown-entity", "xsd-union"],
    );

    let deep = "<a>".repeat(10_000) + &"</a>".repeat(10_000);
    assert_codes(deep.as_bytes(), &["xsd-root", "xml-limit", "xml-unread"]);

    let mut huge = b"<Shipment xmlns='urn:example:shipment' a='".to_vec();
    huge.resize(huge.len() + (9 << 20), b'x');
    assert_codes(&huge, &["xml-limit", "xml-unread"]);

    let mut many = "<Shipment xmlns='urn:example:shipment'".to_owned();
    for number in 0..100_000 {
        write!(many, " a{number}=''").unwrap();
    }
    many.push_str("><When>2026-11-23</When></Shipment>");
    let found = findings(schema(), many.as_bytes());
    assert_eq!(found.len(), 1001);
    assert_eq!(found[1000].code.as_str(), "findings-cut");

    // Cut inside a character.
    let cut = &"<Shipment>纸".as_bytes()[..12];
    let found = findings(schema(), cut);
    assert!(codes(&found).contains(&"xml-undecodable"), "{found:?}");
    assert!(codes(&found).contains(&"xml-unclosed-element"), "{found:?}");
}

/// Offsets, lines and columns are those of the original bytes, in every encoding.
#[test]
fn places_in_every_encoding() {
    let text = "<?xml version=\"1.0\" encoding=\"ENC\"?>\r\n<Shipment xmlns='urn:example:shipment'>\n<!-- 承运人 😀 --><When>昨天</When></Shipment>\n";
    for (label, declared) in [
        ("utf-8", "UTF-8"),
        ("gb18030", "GB18030"),
        ("utf-16le", "UTF-16"),
        ("utf-16be", "UTF-16"),
    ] {
        let text = text.replace("ENC", declared);
        let encode = |text: &str| -> Vec<u8> {
            match label {
                "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                _ => encoding_rs::Encoding::for_label(label.as_bytes())
                    .unwrap()
                    .encode(text)
                    .0
                    .into_owned(),
            }
        };
        for mark in ["", "\u{FEFF}"] {
            // A mark tells UTF-16; GB18030 has one too, but no one writes it.
            if label == "gb18030" && !mark.is_empty() {
                continue;
            }
            let bytes = encode(&format!("{mark}{text}"));
            let found = findings(schema(), &bytes);
            assert_eq!(codes(&found), ["xsd-union"], "{label}");
            let span = found[0].span;
            let here = &bytes[span.start as usize..(span.start + span.len) as usize];
            assert_eq!(here, encode("昨天"), "{label}");
            assert_eq!(
                (found[0].at.line, found[0].at.column),
                (3, 21),
                "{label} {mark:?}"
            );
            // The same by the option, whatever is declared.
            if mark.is_empty() && label == "gb18030" {
                let bytes = encode(&text.replace("GB18030", "UTF-8"));
                let options = Options::default().with_charset(label).unwrap();
                let mut found: Vec<Finding> = Vec::new();
                schema().check_slice(&bytes, &options, &mut found).unwrap();
                assert!(codes(&found).contains(&"xsd-union"));
            }
        }
    }
}

/// What schemas may not do, and what they may ask for without end.
#[test]
fn hostile_schemas() {
    let head = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>";
    let load = |body: &str| {
        let text = format!("{head}{body}</xs:schema>");
        Schema::from_texts(&[("case.xsd", text.as_str())])
    };
    for place in [
        "http://example.com/a.xsd",
        "https://example.com/a.xsd",
        "file:///etc/passwd",
        "/etc/passwd",
        "..\\..\\a.xsd",
        "../../a.xsd",
        "C:\\a.xsd",
        "\\\\host\\a.xsd",
    ] {
        let error = load(&format!("<xs:include schemaLocation='{place}'/>")).unwrap_err();
        assert!(error.position().is_some(), "{place}: {error}");
    }
    let element = |type_: &str| format!("<xs:element name='r'>{type_}</xs:element>");
    let sequence = |items: &str| {
        element(&format!(
            "<xs:complexType><xs:sequence>{items}</xs:sequence></xs:complexType>"
        ))
    };
    // Counters need no copies.
    let many = load(&sequence(
        "<xs:element name='a' minOccurs='0' maxOccurs='999999999'/>",
    ))
    .unwrap();
    assert!(findings(&many, b"<r><a/><a/></r>").is_empty());
    let mut wide = String::new();
    for number in 0..100_000 {
        write!(wide, "<xs:element name='a{number}'/>").unwrap();
    }
    let wide = load(&sequence(&format!(
        "<xs:choice maxOccurs='unbounded'>{wide}</xs:choice>"
    )))
    .unwrap();
    assert!(findings(&wide, b"<r><a99999/><a0/></r>").is_empty());
    // A type that holds itself.
    let endless = load("<xs:complexType name='T'><xs:sequence><xs:element name='a' type='T' minOccurs='0'/></xs:sequence></xs:complexType><xs:element name='r' type='T'/>").unwrap();
    assert!(findings(&endless, b"<r><a><a/></a></r>").is_empty());
    // A schema that includes itself.
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.xsd");
    std::fs::write(
        &own,
        format!("{head}<xs:include schemaLocation='own.xsd'/><xs:element name='r'/></xs:schema>"),
    )
    .unwrap();
    assert!(findings(&Schema::load(&own).unwrap(), b"<r/>").is_empty());
    // Patterns that other engines take for ever to match.
    let pattern = load(&element("<xs:simpleType><xs:restriction base='xs:string'><xs:pattern value='((a+)+)+b'/></xs:restriction></xs:simpleType>")).unwrap();
    let value = "a".repeat(100_000);
    let found = findings(&pattern, format!("<r>{value}</r>").as_bytes());
    assert_eq!(codes(&found), ["xsd-pattern"]);
    // One that would need too much memory is refused when it is loaded.
    let bounds = element(
        "<xs:simpleType><xs:restriction base='xs:string'><xs:pattern value='((((a{1,99}){1,99}){1,99}){1,99}){1,99}'/></xs:restriction></xs:simpleType>",
    );
    assert!(load(&bounds).is_err());
}
