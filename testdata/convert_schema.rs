//! The XML Schemas of messages: sound, and right about what conversion writes.

use std::path::Path;

use baowen::check::{Checker, Options as Checking};
use baowen::convert::{Converter, Format, Options, xsd};
use baowen::finding::{Finding, Severity, Syntax};
use baowen::spec::model::{Content, Model, Node, Particle};
use baowen::spec::release::MessageName;
use baowen::spec::{Home, Specs};
use baowen::xml::{Options as Reading, Schema};

fn home(specs: &Specs, release: &str) -> Home {
    Home::Edifact(specs.releases().find(release).unwrap())
}

fn schema(specs: &Specs, message: &str, release: &str) -> Schema {
    let text = xsd(specs, message, home(specs, release)).unwrap().unwrap();
    let loaded = Schema::from_texts(&[("message.xsd", &text)]);
    loaded.unwrap_or_else(|error| panic!("{message}@{release}: {error}"))
}

/// What is wrong with a document.
fn wrong(schema: &Schema, xml: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut sink = |finding: Finding| {
        if finding.severity == Severity::Error {
            found.push(format!(
                "{}: {:?} {:?}",
                finding.code, finding.at, finding.value
            ));
        }
    };
    schema
        .check_slice(xml, &Reading::default(), &mut sink)
        .unwrap();
    found
}

fn to_xml(specs: &Specs, input: &[u8]) -> (Vec<u8>, Vec<Finding>) {
    let converter = Converter::new(specs, Options::default());
    let (mut xml, mut findings) = (Vec::new(), Vec::new());
    let to = converter.slice(input, Syntax::Edifact, Format::Xml, &mut xml, &mut findings);
    to.unwrap();
    (xml, findings)
}

#[test]
fn every_message_has_a_sound_schema() {
    let specs = Specs::base();
    let mut count = 0;
    for release in ["D93A", "D95B", "D01B", "D14B", "D24A"] {
        let found = specs.releases().find(release).unwrap();
        for (message, _) in specs.messages(found).unwrap() {
            let loaded = schema(&specs, &message, release);
            assert!(loaded.has_root("", &format!("M_{message}")), "{message}");
            assert!(loaded.has_root("", "List"));
            count += 1;
        }
    }
    assert!(count > 700, "{count}");
    let none = xsd(&specs, "NOSUCH", home(&specs, "D95B")).unwrap();
    assert!(none.is_none());
}

/// Every message of a folder that is found sound is valid by its schema.
fn sound_messages(folder: &Path) -> usize {
    let specs = Specs::base();
    let checker = Checker::new(&specs, Checking::default()).unwrap();
    let mut paths = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => paths.push(path),
            }
        }
    }
    paths.sort();
    let mut count = 0;
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        if bytes.len() > 1_000_000 || checker.syntax(&bytes).unwrap() != Syntax::Edifact {
            continue;
        }
        let mut errors = 0;
        let mut sink = |finding: Finding| errors += u32::from(finding.severity == Severity::Error);
        let totals = checker.slice(&bytes, &mut sink).unwrap();
        let (xml, findings) = to_xml(&specs, &bytes);
        // What is in a namespace of its own is beyond ISO/TS 20625.
        let xml_text = String::from_utf8_lossy(&xml);
        let beyond = xml_text.contains(" b:") || xml_text.contains("<b:");
        if errors > 0 || totals.messages == 0 || !findings.is_empty() || beyond {
            continue;
        }
        // One kind of message: its header says which.
        let text = String::from_utf8_lossy(&bytes).replace(['\r', '\n'], "");
        let names: std::collections::BTreeSet<String> = text
            .split("UNH+")
            .skip(1)
            .filter_map(|header| header.split('+').nth(1))
            .map(|name| {
                let parts: Vec<&str> = name.split([':', '\'']).collect();
                format!("{}@{}{}", parts[0], parts[1], parts[2])
            })
            .collect();
        let [name] = Vec::from_iter(names).try_into().unwrap_or_default();
        let Ok(name): Result<MessageName, _> = name.parse() else {
            continue;
        };
        let Ok(home) = baowen::check::home(&specs, &name) else {
            continue;
        };
        let Some(text) = xsd(&specs, &name.message, home).unwrap() else {
            continue;
        };
        let schema = Schema::from_texts(&[("message.xsd", &text)]).unwrap();
        let wrong = wrong(&schema, &xml);
        assert!(wrong.is_empty(), "{}: {wrong:#?}", path.display());
        count += 1;
    }
    count
}

#[test]
fn what_is_written_is_valid() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let ours = sound_messages(&testdata);
    assert!(ours > 5, "{ours}");
    if let Some(shared) = std::env::var_os("BAOWEN_SHARED") {
        let theirs = sound_messages(&Path::new(&shared).join("samples/edifact"));
        println!("valid by our schemas: {ours} of ours, {theirs} shared");
        assert!(theirs > 5, "{theirs}");
    }
}

#[test]
fn what_is_not_of_the_message_is_not_valid() {
    let specs = Specs::base();
    let schema = schema(&specs, "CUSCAR", "D95B");
    let input = |rest: &str| {
        let input = format!("UNH+1+CUSCAR:D:95B:UN'BGM+785+1'{rest}UNT+3+1'");
        to_xml(&specs, input.as_bytes()).0
    };
    assert_eq!(wrong(&schema, &input("")), [""; 0]);
    for rest in [
        "CNT+11:A'",
        "DTM+137:20261123:102:7'",
        "DTM+1371:20261123:102'",
        "XYZ+1'",
    ] {
        assert_ne!(wrong(&schema, &input(rest)), [""; 0], "{rest}");
    }
    // Numbers as ISO 9735 has them.
    for (number, good) in [
        ("12", true),
        ("-12,5", true),
        (".5", true),
        ("1.2.3", false),
        ("123456789012345678", true),
        ("1234567890123456789", false),
    ] {
        let xml = input(&format!("CNT+11:{number}'"));
        assert_eq!(wrong(&schema, &xml).is_empty(), good, "{number}");
    }
}

/// Names and bounds below a node, by path.
fn lines(model: &Model, node: &Node, depth: u32, all: &mut Vec<String>) {
    fn walk(model: &Model, particle: &Particle, depth: u32, bounds: &str, all: &mut Vec<String>) {
        match particle {
            Particle::Node(node) => {
                let blanks = "  ".repeat(depth as usize);
                all.push(format!("{blanks}{} {bounds}", node.name));
                lines(model, node, depth + 1, all);
            }
            Particle::Sequence(items) | Particle::Choice(items) | Particle::All(items) => {
                for item in items {
                    walk(model, item, depth, "1..1", all);
                }
            }
            Particle::Repeat { min, max, of } => {
                let max = max.map_or("*".to_owned(), |max| max.to_string());
                walk(model, of, depth, &format!("{min}..{max}"), all);
            }
            Particle::Wildcard(_) => {}
        }
    }
    match &model.get(node.of).content {
        Content::Children(particle) | Content::Mixed(particle) => {
            walk(model, particle, depth, "1..1", all);
        }
        _ => {}
    }
}

#[test]
fn a_published_schema_says_the_same() {
    let Some(shared) = std::env::var_os("BAOWEN_SHARED") else {
        return;
    };
    let path = Path::new(&shared).join("data/xml/INVOIC_D14B_ISO20625.xsd");
    let theirs = Schema::load(path).unwrap();
    let ours = schema(&Specs::base(), "INVOIC", "D14B");
    let of = |schema: &Schema| {
        let model = schema.model();
        let mut all = Vec::new();
        let roots = model.roots().iter();
        for root in roots.filter(|root| &*root.name == "M_INVOIC") {
            lines(&model, root, 0, &mut all);
        }
        all
    };
    let (theirs, ours) = (of(&theirs), of(&ours));
    // Theirs has no header of syntax version 4; ours has packages in a namespace of its own.
    let packages = theirs.iter().position(|line| line.starts_with("P_OBJECT"));
    let version_4 = ["D_0110", "D_0113", "C_S016", "C_S017", "C_S018"];
    let mut inside = false;
    let ours: Vec<&String> = ours
        .iter()
        .filter(|line| {
            let name = line.trim_start();
            let depth = line.len() - name.len();
            inside = depth > 2 && inside || version_4.iter().any(|added| name.starts_with(added));
            !inside
        })
        .collect();
    let theirs: Vec<&String> = theirs[..packages.unwrap()].iter().collect();
    assert!(theirs.len() > 2000);
    assert_eq!(ours, theirs);
}
