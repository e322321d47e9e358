//! Services: every entry of `testdata/systems` becomes messages that are sound, and what is wrong with
//! one is told of the entry's fields.

use std::path::{Path, PathBuf};

use baowen::check::{Checker, Options as Checking};
use baowen::declare::{Declarer, Options, Totals, system, systems};
use baowen::finding::{Finding, Lang, Severity};
use baowen::rule::{Class, Rules};
use baowen::spec::Specs;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn room() -> PathBuf {
    root().join("testdata/systems")
}

/// What became of an entry.
struct Declared {
    totals: Totals,
    findings: Vec<Finding>,
    /// Names of files; those of messages that are due with their text.
    files: Vec<(String, Option<String>)>,
}

fn declare(specs: &Specs, name: &str, entry: &[u8], options: Options) -> Declared {
    let declarer = Declarer::new(specs, system(specs, name).unwrap(), options).unwrap();
    let (mut findings, mut files) = (Vec::new(), Vec::new());
    let mut sent = |sent: &baowen::declare::Sent<'_>| {
        let text = sent.bytes.map(|bytes| String::from_utf8(bytes.to_vec()));
        files.push((sent.file.clone(), text.map(Result::unwrap)));
        Ok(())
    };
    let totals = declarer.declare(entry, &mut sent, &mut findings).unwrap();
    Declared {
        totals,
        findings,
        files,
    }
}

/// A finding in a line, in both languages.
fn line(finding: &Finding) -> String {
    let related = finding.related.iter().map(|related| {
        format!(
            " [{} {}]",
            related.file.as_deref().unwrap_or(""),
            related.path.as_deref().unwrap_or("")
        )
    });
    format!(
        "{}:{} {} {} {}{}\n    {}\n    {}\n",
        finding.at.line,
        finding.at.column,
        finding.severity.as_str(),
        finding.rule.as_deref().unwrap_or(finding.code.as_str()),
        finding.place.path.as_deref().unwrap_or(""),
        related.collect::<String>(),
        finding.message(Lang::En, false),
        finding.message(Lang::Zh, false),
    )
}

fn entries(system: &str) -> Vec<PathBuf> {
    let found = std::fs::read_dir(room().join(system)).unwrap();
    let mut found: Vec<PathBuf> = found.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn complete_entries_become_sound_messages() {
    let specs = Specs::base();
    for system in systems(&specs).unwrap() {
        for path in entries(&system.name) {
            let name = stem(&path);
            if !name.starts_with("complete") {
                continue;
            }
            let entry = std::fs::read(&path).unwrap();
            let declared = declare(&specs, &system.name, &entry, Options::default());
            let told: String = declared.findings.iter().map(line).collect();
            let what = format!("{} {name}", system.name);
            assert_eq!(told, "", "{what}");
            let mut text = String::new();
            for (file, message) in &declared.files {
                text.push_str(&format!("== {file}\n"));
                let Some(message) = message else {
                    text.push_str("not due\n");
                    continue;
                };
                // Checked once more as anybody would.
                let checker = Checker::new(&specs, Checking::default()).unwrap();
                let mut findings: Vec<Finding> = Vec::new();
                let totals = checker.slice(message.as_bytes(), &mut findings).unwrap();
                assert_eq!(totals.messages, 1, "{what} {file}");
                let worst = findings.iter().map(|finding| finding.severity).max();
                assert_ne!(worst, Some(Severity::Error), "{what} {file}: {findings:?}");
                text.push_str(&message.replace("'", "'\n"));
                text.push('\n');
            }
            let due = declared
                .files
                .iter()
                .filter(|(_, message)| message.is_some());
            assert_eq!(due.count() as u64, declared.totals.messages, "{what}");
            snapshot(&format!("declare-{}-{name}", system.name), &text);
        }
    }
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn what_one_authority_refuses_stands_at_the_field_of_the_entry() {
    let specs = Specs::base();
    let mut text = String::new();
    for system in systems(&specs).unwrap() {
        for path in entries(&system.name) {
            if !stem(&path).starts_with("wrong") {
                continue;
            }
            let entry = std::fs::read(&path).unwrap();
            let declared = declare(&specs, &system.name, &entry, Options::default());
            assert!(declared.totals.errors > 0, "{}", path.display());
            text.push_str(&format!("== {} {}\n", system.name, stem(&path)));
            for finding in &declared.findings {
                text.push_str(&line(finding));
                // The finding is of bytes of the entry.
                let start = finding.span.start as usize;
                let excerpt = finding.excerpt.as_ref().unwrap();
                assert!(entry[start..].starts_with(excerpt.inside.as_bytes()));
                assert!(!excerpt.inside.is_empty());
            }
        }
    }
    snapshot("declare-wrong", &text);
}

#[test]
fn every_service_has_entries_and_names_of_its_own() {
    let specs = Specs::base();
    for system in systems(&specs).unwrap() {
        let names: Vec<String> = entries(&system.name)
            .iter()
            .map(|path| stem(path))
            .collect();
        assert!(names.contains(&"complete".to_owned()), "{}", system.name);
        assert!(names.contains(&"wrong".to_owned()), "{}", system.name);
        for label in [&system.label]
            .into_iter()
            .chain(system.messages.iter().map(|message| &message.label))
        {
            assert!(
                !label.en.is_empty() && !label.zh.is_empty(),
                "{}",
                system.name
            );
        }
        let rules = Rules::load(&specs, Default::default()).unwrap();
        let rules = rules.list(None).unwrap();
        for against in &system.against {
            let writes = |message: &str| {
                let maps = system
                    .messages
                    .iter()
                    .map(|of| specs.map(&of.map.text).unwrap());
                let mut targets = maps.map(|map| map.sides()[1].to_owned());
                targets.any(|target| target.split('@').next() == Some(message))
            };
            let joins = rules.iter().filter(|rule| rule.class == Class::Join);
            let known = joins.map(|rule| &rule.messages).any(|messages| {
                messages.iter().any(|of| *of == *against.message)
                    && messages.iter().any(|of| writes(of))
            });
            assert!(known, "{}: no rule for {}", system.name, against.message);
        }
        for table in &system.tables {
            let held = specs.table(table).unwrap().is_some();
            assert!(held, "{}: {table}", system.name);
        }
    }
}

/// Entries that are wrong as entries: what is told, and that nothing is told twice.
#[test]
fn entries_that_are_none() {
    let specs = Specs::base();
    let cases = [
        ("other root", r#"{"Manifest": {}}"#),
        ("no object", r#"{"SeaManifest": ["#),
        ("empty", r#"{"SeaManifest": {}}"#),
        ("unknown field", r#"{"SeaManifest": {"Refrence": "1"}}"#),
        ("two roots", r#"{"SeaManifest": {}, "RoadManifest": {}}"#),
        ("nothing", ""),
        ("a remark", "// by hand\n{\"SeaManifest\": {}}"),
        // What follows from the first mistake is not told.
        (
            "no comma",
            "{\"SeaManifest\": {\"Reference\": \"1\"\n\"Direction\": \"I\",\n\"Agent\": 1}}",
        ),
        ("something behind", "{\"SeaManifest\": {}}\n}\n}"),
    ];
    let mut text = String::new();
    for (what, entry) in cases {
        let declared = declare(&specs, "sea-manifest", entry.as_bytes(), Options::default());
        text.push_str(&format!(
            "== {what}: {} messages\n",
            declared.totals.messages
        ));
        declared
            .findings
            .iter()
            .for_each(|finding| text.push_str(&line(finding)));
    }
    snapshot("declare-none", &text);
    let declarer = Declarer::new(
        &specs,
        system(&specs, "sea-manifest").unwrap(),
        Options::default(),
    );
    let mut findings: Vec<Finding> = Vec::new();
    let refused = declarer
        .unwrap()
        .declare(b"<SeaManifest/>", &mut |_| Ok(()), &mut findings)
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("an entry is an object of JSON"),
        "{refused}"
    );
}

/// A whole entry with one thing changed: what is told, at which field.
#[test]
fn mistakes_in_entries() {
    let specs = Specs::base();
    let cases = [
        ("vessel-call", r#""Imo": "9999993""#, r#""Imo": "9999994""#),
        ("vessel-call", r#""CrewCount": "3""#, r#""CrewCount": "4""#),
        (
            "vessel-call",
            r#""DepartureAt": "2026-12-11T22:00""#,
            r#""DepartureAt": "2026-12-09T22:00""#,
        ),
        ("vessel-call", r#""Rank": "BOSUN","#, ""),
        ("vessel-call", r#""Class": "3""#, r#""Class": "3x""#),
        (
            "vessel-call",
            r#""Date": "2026-10-20""#,
            r#""Date": "2026-02-30""#,
        ),
        (
            "vessel-call",
            r#""FlashPoint": "18""#,
            r#""FlashPoint": "18.25""#,
        ),
        (
            "sea-manifest",
            r#", "DepartureAt": "2026-12-05T12:40:00""#,
            "",
        ),
        (
            "sea-manifest",
            r#""Packages": "640""#,
            r#""Packages": "641""#,
        ),
        ("sea-manifest", r#""Fullness": "8""#, r#""Fullness": "Z""#),
        ("road-manifest", r#""UnloadingPlace": "5345","#, ""),
        (
            "road-manifest",
            r#""Direction": "I""#,
            r#""Direction": "X""#,
        ),
        (
            "declaration",
            r#""NetWeight": "13880""#,
            r#""NetWeight": "33880""#,
        ),
        ("declaration", r#""Total": "80000""#, r#""Total": "90000""#),
        // A field that is near to one of many.
        ("vessel-call", r#""Telephone": "#, r#""Telefone": "#),
        (
            "vessel-call",
            r#""TonnageDuesLicence""#,
            r#""TonnageDuesLicense""#,
        ),
        // A value of another type, one that is twice there.
        (
            "vessel-call",
            r#""Movement": "I""#,
            r#""Movement": {"Kind": "I"}"#,
        ),
        ("vessel-call", r#""Movement": "I""#, r#""Movement": true"#),
        (
            "vessel-call",
            r#""Movement": "I""#,
            r#""Movement": "I", "Movement": "I""#,
        ),
    ];
    let mut text = String::new();
    for (name, from, to) in cases {
        let entry = std::fs::read_to_string(room().join(name).join("complete.json")).unwrap();
        assert!(entry.contains(from), "{name} {from}");
        let entry = entry.replacen(from, to, 1);
        let declared = declare(&specs, name, entry.as_bytes(), Options::default());
        assert!(!declared.findings.is_empty(), "{name} {to}");
        text.push_str(&format!("== {name}: {from} becomes {to}\n"));
        declared
            .findings
            .iter()
            .for_each(|finding| text.push_str(&line(finding)));
    }
    snapshot("declare-mistakes", &text);
}

#[test]
fn what_no_message_takes_is_a_hint() {
    let specs = Specs::base();
    let entry = std::fs::read_to_string(room().join("road-manifest/complete.json")).unwrap();
    let entry = entry.replace(
        r#""Tare": "2200""#,
        r#""Tare": "2200", "StuffedAt": "2026-11-30T16:00:00""#,
    );
    let declared = declare(
        &specs,
        "road-manifest",
        entry.as_bytes(),
        Options::default(),
    );
    let [unused] = declared.findings.as_slice() else {
        panic!("{:?}", declared.findings);
    };
    assert_eq!(unused.code.as_str(), "entry-unused");
    assert_eq!(
        unused.place.path.as_deref(),
        Some("RoadManifest/Container/StuffedAt")
    );
}

/// A tally and a declaration that say something else than the entry.
#[test]
fn documents_of_others_that_disagree_are_told_at_the_entry() {
    let specs = Specs::base();
    let entry = std::fs::read(room().join("road-manifest/complete.json")).unwrap();
    let run = |names: &[&str], strict: bool| {
        let mut options = Options {
            strict,
            ..Options::default()
        };
        options.rules.together = true;
        let system = system(&specs, "road-manifest").unwrap();
        let declarer = Declarer::new(&specs, system, options).unwrap();
        for name in names {
            let file = std::fs::File::open(root().join("testdata/against").join(name)).unwrap();
            declarer.take_in(name, file).unwrap();
        }
        let mut findings: Vec<Finding> = Vec::new();
        let mut written = Vec::new();
        let mut sent = |sent: &baowen::declare::Sent<'_>| {
            written.extend(sent.bytes.map(|_| sent.file.clone()));
            Ok(())
        };
        let totals = declarer.declare(&entry, &mut sent, &mut findings).unwrap();
        // What was taken in is forgotten: the entry by itself is sound.
        let mut again: Vec<Finding> = Vec::new();
        let mut sent = |_: &baowen::declare::Sent<'_>| Ok(());
        declarer.declare(&entry, &mut sent, &mut again).unwrap();
        assert!(again.is_empty(), "{again:?}");
        (findings, written, totals)
    };
    let (findings, written, totals) = run(&["tally.xml", "declaration.xml"], false);
    assert_eq!(written.len() as u64, totals.messages);
    assert!(written.contains(&"original-manifest.xml".to_owned()));
    let told: String = findings.iter().map(line).collect();
    snapshot("declare-against", &told);
    let (_, written, _) = run(&["tally.xml"], true);
    assert!(!written.contains(&"original-manifest.xml".to_owned()));
    let (findings, _, totals) = run(&[], false);
    assert!(findings.is_empty(), "{findings:?}");
    assert!(totals.not_evaluated > 0);
    // Without rules across documents there is nothing to hold them against.
    let system = system(&specs, "road-manifest").unwrap();
    let declarer = Declarer::new(&specs, system, Options::default()).unwrap();
    assert!(declarer.take_in("tally.xml", &b"<Manifest/>"[..]).is_err());
}

#[test]
fn strictly_nothing_wrong_is_written() {
    let specs = Specs::base();
    let entry = std::fs::read(room().join("road-manifest/wrong.json")).unwrap();
    let options = Options {
        strict: true,
        ..Options::default()
    };
    let declared = declare(&specs, "road-manifest", &entry, options);
    let written = declared
        .files
        .iter()
        .filter(|(_, message)| message.is_some());
    let written: Vec<&str> = written.map(|(file, _)| &**file).collect();
    assert_eq!(written, ["original-manifest.xml"]);
}

#[test]
fn a_layer_brings_services_of_its_own() {
    let layer = root().join("testdata/layers/port-systems");
    let specs = Specs::base().with_dir(layer).unwrap();
    let entry = br#"{"GateIn": {"Truck": "LONGPLATE01", "At": "2026-12-10T06:30", "Container": [
  {"Number": "XMTU1234561", "GrossWeight": 21000},
  {"Number": "XMTU1234577", "GrossWeight": 121000}]}}"#;
    let declared = declare(&specs, "gate-in", entry, Options::default());
    let told: String = declared.findings.iter().map(line).collect();
    let mut text = told;
    for (file, message) in &declared.files {
        text.push_str(&format!(
            "== {file}\n{}\n",
            message.as_deref().unwrap_or("")
        ));
    }
    snapshot("declare-layer", &text);
    let changed = specs
        .overrides()
        .iter()
        .map(|of| format!("{} {}", of.verb, of.what));
    let changed: Vec<String> = changed.filter(|of| of.contains("service")).collect();
    assert_eq!(
        changed,
        ["new service gate-in", "extends service vessel-call"]
    );
    // A service of the base with one more message.
    let entry = std::fs::read(room().join("vessel-call/complete.json")).unwrap();
    let options = Options {
        params: vec![("sender".into(), "AGENT1".into())],
        ..Options::default()
    };
    let declared = declare(&specs, "vessel-call", &entry, options);
    assert!(declared.files.iter().any(|(file, message)| {
        file == "port-report.xml" && message.as_ref().is_some_and(|of| of.contains("D5XX9"))
    }));
}

#[test]
fn broken_services_are_told_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("systems/own.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let entry = "layer = \"new\"\nname = \"own\"\nentry = \"SeaManifest\"\n";
    let message = "[[message]]\nname = \"m\"\nmap = \"sea-manifest-mt1101\"\n";
    let cases = [
        ("layer = \"new\"\nname = ", ":2:8:"),
        (
            "name = \"own\"\nentry = \"SeaManifest\"\n",
            ":1:8: a service of a layer says layer",
        ),
        (
            "layer = \"new\"\nname = \"vessel-call\"\nentry = \"VesselCall\"\n",
            "is already there",
        ),
        (
            "layer = \"extends\"\nname = \"vessel-cal\"\n",
            "there is no service",
        ),
        (
            "layer = \"new\"\nname = \"own\"\nentri = \"SeaManifest\"\n",
            ":3:1: unknown field",
        ),
        (
            &format!("{entry}{}", message.replace("\"m\"", "\"../m\"")),
            ":5:8: \"../m\" names no file",
        ),
        (
            &format!("{entry}{message}{message}"),
            "two messages are called m",
        ),
        (
            &format!("{entry}{}", message.replace("mt1101", "mt1102")),
            ":6:7: no map sea-manifest-mt1102",
        ),
        (
            &format!(
                "{entry}{}",
                message.replace("sea-manifest-mt1101", "vessel-call-plan")
            ),
            "is from VesselCall@1, not from SeaManifest@1",
        ),
        (
            &format!("{entry}{message}when = \"this.Directon == 'I'\"\n"),
            ":7:9: SeaManifest has no Directon",
        ),
        (
            &format!("{entry}{message}each = {{ path = \"Bill/Nummer\", param = \"sender\" }}\n"),
            "did you mean Number?",
        ),
        (
            "layer = \"new\"\nname = \"own\"\nentry = \"SeaManifst\"\n",
            ":3:9: no entry document is called SeaManifst",
        ),
    ];
    for (text, expected) in cases {
        std::fs::write(&file, text).unwrap();
        let specs = Specs::base().with_dir(folder.path()).unwrap();
        let made =
            system(&specs, "own").and_then(|of| Declarer::new(&specs, of, Options::default()));
        let told = made.unwrap_err().to_string();
        assert!(told.contains(expected), "{text}\n{told}");
        assert!(told.contains("own.toml:"), "{told}");
    }
    let none = system(&Specs::base(), "vesel-call")
        .unwrap_err()
        .to_string();
    assert!(none.contains("near are vessel-call"), "{none}");
}

#[test]
fn parameters_are_those_of_the_service() {
    let specs = Specs::base();
    let options = Options {
        params: vec![("sendr".into(), "X".into())],
        ..Options::default()
    };
    let of = system(&specs, "vessel-call").unwrap();
    let told = Declarer::new(&specs, of, options).unwrap_err().to_string();
    assert!(told.contains("did you mean sender?"), "{told}");
}
