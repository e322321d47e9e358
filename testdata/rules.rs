//! Rules: samples, load errors, layers, joins, registers, and what a check finds by them.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baowen::check::{Checker, Totals};
use baowen::finding::{Finding, Lang, Severity};
use baowen::rule::{Choice, Class, Options, Rules, TableRegister};
use baowen::spec::Specs;
use proptest::prelude::*;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

/// The files of a folder, sorted.
fn files(name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    assert!(!files.is_empty());
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn base() -> Rules {
    Rules::load(&Specs::base(), Options::default()).unwrap()
}

fn only(file: &str) -> Options {
    Options {
        choice: Choice {
            sets: vec![folder(file).display().to_string()],
            ..Choice::default()
        },
        ..Options::default()
    }
}

fn checker(rules: Rules) -> Checker {
    let checker = Checker::new(&Specs::base(), baowen::check::Options::default()).unwrap();
    checker.with_watch(Arc::new(rules))
}

/// What rules find in bytes; both doors find the same.
fn found(checker: &Checker, input: &[u8]) -> (Vec<Finding>, Totals) {
    let mut findings: Vec<Finding> = Vec::new();
    let totals = checker.slice(input, &mut findings).unwrap();
    let mut streamed: Vec<Finding> = Vec::new();
    let again = checker.read(input, &mut streamed).unwrap();
    assert_eq!((&findings, totals), (&streamed, again));
    findings.retain(|finding| finding.rule.is_some());
    (findings, totals)
}

/// A finding as a reviewer reads it.
fn line(finding: &Finding) -> String {
    let related = finding.related.iter();
    let related: Vec<String> = related
        .map(|related| {
            format!(
                "\n  {} {} {}",
                related.code,
                related.file.as_deref().unwrap_or("-"),
                related.span.start
            )
        })
        .collect();
    format!(
        "{}:{} {}+{} {} {} {} {}\n  {}\n  {}{}",
        finding.at.line,
        finding.at.column,
        finding.span.start,
        finding.span.len,
        finding.severity.as_str(),
        finding.name(),
        finding.place.segment.as_deref().unwrap_or("-"),
        finding.place.path.as_deref().unwrap_or("-"),
        finding.message(Lang::En, false),
        finding.message(Lang::Zh, true),
        related.join("")
    )
}

macro_rules! snapshot {
    ($name:literal, $text:expr) => {
        insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}

#[test]
fn every_rule_compiles_and_every_sample_is_as_it_says() {
    let rules = base();
    let mut wrong = Vec::new();
    let mut classes = Vec::new();
    for id in rules.ids().map(str::to_owned).collect::<Vec<_>>() {
        match rules.verify(&id).and_then(|()| rules.try_samples(&id)) {
            Ok(count) => assert!(count >= 2, "{id}"),
            Err(error) => wrong.push(error.to_string()),
        }
        classes.push(rules.get(&id).unwrap().class);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Rules of every class ship.
    for class in [Class::Local, Class::Aggregate, Class::Join] {
        assert!(classes.contains(&class), "{class:?}");
    }
}

#[test]
fn what_is_wrong_with_a_rule_is_told_with_its_place() {
    let mut text = String::new();
    for path in files("rules/errors") {
        let options = Options {
            choice: Choice {
                sets: vec![path.display().to_string()],
                ..Choice::default()
            },
            ..Options::default()
        };
        let error = Rules::load(&Specs::base(), options)
            .unwrap_err()
            .to_string();
        let place = format!("{}:", path.display());
        let error = error
            .strip_prefix(&place)
            .unwrap_or_else(|| panic!("{error}"));
        let error = error.replace(&path.display().to_string(), &name(&path));
        text.push_str(&format!("{}:{error}\n", name(&path)));
    }
    snapshot!("rule_errors", text);
}

#[test]
fn what_a_check_finds_by_rules() {
    let rules = base();
    let mut text = String::new();
    for path in files("rules/check") {
        let checker = checker(rules.clone()).named(&path.display().to_string());
        let (findings, totals) = found(&checker, &std::fs::read(&path).unwrap());
        text.push_str(&format!(
            "== {}, {} not evaluated\n",
            name(&path),
            totals.not_evaluated
        ));
        for finding in &findings {
            text.push_str(&line(finding));
            text.push('\n');
        }
    }
    snapshot!("rule_findings", text);
}

/// With the published samples at hand: rules find something only where `rules-on-samples.tsv` says why.
#[test]
fn published_samples_break_the_rules_that_are_listed() {
    let Some(shared) = std::env::var_os("BAOWEN_SHARED").map(PathBuf::from) else {
        return;
    };
    let china = shared.join("data/china");
    let index = std::fs::read_to_string(china.join("samples/INDEX.tsv")).unwrap();
    let checker = checker(base());
    let mut broken: BTreeSet<(String, String)> = BTreeSet::new();
    for row in index.lines().skip(1) {
        let sample = row.split('\t').next().unwrap();
        let input = std::fs::read(china.join(sample)).unwrap();
        let mut findings: Vec<Finding> = Vec::new();
        checker.slice(&input, &mut findings).unwrap();
        let sample = sample.strip_prefix("samples/").unwrap();
        let rules = findings.into_iter().filter_map(|finding| finding.rule);
        broken.extend(rules.map(|rule| (rule.to_string(), sample.to_owned())));
    }
    let text = std::fs::read_to_string(folder("china/rules-on-samples.tsv")).unwrap();
    let mut listed = BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let [rule, samples, reason] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        assert!(!reason.is_empty(), "{line}");
        listed.extend(
            samples
                .split(' ')
                .map(|sample| (rule.to_owned(), sample.to_owned())),
        );
    }
    assert_eq!(broken, listed);
}

#[test]
fn a_register_decides_or_is_not_evaluated() {
    let input = std::fs::read(folder("rules/check/licence.xml")).unwrap();
    let checked = |register: Option<&str>| {
        let registers = register.map(|text| {
            let register = TableRegister::from_csv("licence.csv", text).unwrap();
            let register: Arc<dyn baowen::rule::Register> = Arc::new(register);
            ("licence".into(), register)
        });
        let options = Options {
            registers: registers.into_iter().collect::<HashMap<_, _>>(),
            ..Options::default()
        };
        let rules = Rules::load(&Specs::base(), options).unwrap();
        let (findings, totals) = found(&checker(rules), &input);
        let findings = findings.into_iter();
        let findings: Vec<Finding> = findings
            .filter(|finding| finding.rule.as_deref() == Some("DEC-LICENCE-BALANCE"))
            .collect();
        (findings, totals.not_evaluated)
    };
    let (findings, not_evaluated) = checked(None);
    assert!(findings.is_empty());
    assert!(not_evaluated > 0);
    let without = not_evaluated;
    let (findings, not_evaluated) = checked(Some("no,balance\n26-AB-100001,100.00001\n"));
    assert!(findings.is_empty());
    assert_eq!(not_evaluated, without - 2);
    let (findings, not_evaluated) = checked(Some("no,balance\n26-AB-100001,100\n"));
    assert_eq!(not_evaluated, without - 2);
    assert_eq!(findings.len(), 1);
    assert_eq!(
        findings[0].message(Lang::En, false),
        "the declared quantity 100.00001 is beyond what the licence leaves"
    );
    assert_eq!(
        findings[0].message(Lang::En, true),
        "the declared quantity ********* is beyond what the licence leaves"
    );
}

#[test]
fn a_port_layers_its_rules() {
    let specs = Specs::base().with_dir(folder("layers/port-rules")).unwrap();
    let changes: Vec<String> = specs
        .overrides()
        .iter()
        .map(|change| format!("{} {}", change.verb, change.what))
        .collect();
    for change in [
        "new rule PORT-001",
        "replace rule CEB-053",
        "disable rule DEC-077",
        "severity rule DEC-041: warning",
    ] {
        assert!(changes.iter().any(|held| held == change), "{change}");
    }
    let rules = Rules::load(&specs, Options::default()).unwrap();
    for id in ["PORT-001", "PORT-002", "CEB-053"] {
        assert!(rules.get(id).unwrap().enforced);
        rules.try_samples(id).unwrap();
    }
    assert!(!rules.get("DEC-077").unwrap().enforced);
    assert_eq!(rules.get("DEC-041").unwrap().severity, Severity::Warning);
    let checker = Checker::new(&specs, baowen::check::Options::default()).unwrap();
    let checker = checker.with_watch(Arc::new(rules));
    let mut text = String::new();
    for file in ["manifest.xml", "DecMessage.xml", "ceb621.xml"] {
        let input = std::fs::read(folder("rules/check").join(file)).unwrap();
        text.push_str(&format!("== {file}\n"));
        for finding in found(&checker, &input).0 {
            text.push_str(&line(&finding));
            text.push('\n');
        }
    }
    snapshot!("rule_layer", text);
}

#[test]
fn documents_are_joined_whatever_their_order() {
    let mut paths = files("rules/together");
    let joined = |paths: &[PathBuf]| {
        let options = Options {
            together: true,
            ..Options::default()
        };
        let rules = Rules::load(&Specs::base(), options).unwrap();
        let checker = checker(rules.clone());
        for path in paths {
            let mut none = |_: Finding| {};
            let checker = checker.named(&name(path));
            checker
                .slice(&std::fs::read(path).unwrap(), &mut none)
                .unwrap();
        }
        let mut text = String::new();
        let not_evaluated = rules
            .finish(&mut |file, finding| {
                text.push_str(&format!("{file} {}\n", line(&finding)));
            })
            .unwrap();
        format!("{text}{not_evaluated} not evaluated\n")
    };
    let first = joined(&paths);
    snapshot!("rule_joins", &first);
    paths.reverse();
    assert_eq!(first, joined(&paths));
    paths.rotate_left(1);
    assert_eq!(first, joined(&paths));
    // Without documents of a side, what asks for it is not evaluated.
    let alone: Vec<PathBuf> = paths
        .into_iter()
        .filter(|path| name(path) == "manifest.xml")
        .collect();
    assert_eq!(joined(&alone), "3 not evaluated\n");
}

#[test]
fn rules_that_cannot_be_evaluated_are_told_and_never_fail() {
    let rules = Rules::load(&Specs::base(), only("rules/hostile.txt")).unwrap();
    let head = |guid: &str| {
        format!("<Inventory><InventoryHead><guid>{guid}</guid></InventoryHead></Inventory>")
    };
    let guid = "123456789012345678901234567890123456";
    let pattern = "(((((((a{1,99}){1,99}){1,99}){1,99}){1,99}){1,99}){1,99})";
    let heads: String = (0..60)
        .map(|_| head(guid))
        .chain([head(pattern), head("x")])
        .collect();
    let input =
        format!("<CEB621Message xmlns=\"http://www.chinaport.gov.cn/ceb\">{heads}</CEB621Message>");
    let (findings, totals) = found(&checker(rules), input.as_bytes());
    let of = |id: &str, code: &str| {
        let of = findings.iter();
        of.filter(|finding| finding.rule.as_deref() == Some(id) && finding.code.as_str() == code)
            .count()
    };
    // Each is told once, and every case is counted.
    assert_eq!(of("HOSTILE-ZERO", "rule-trouble"), 1);
    assert_eq!(of("HOSTILE-LOOP", "rule-trouble"), 1);
    assert_eq!(of("HOSTILE-PATTERN", "rule-trouble"), 1);
    assert_eq!(of("HOSTILE-MISSING", "rule-trouble"), 0);
    // 60 zeros, 62 missing, 1 loop, 1 pattern.
    assert_eq!(totals.not_evaluated, 60 + 62 + 1 + 1);
}

#[test]
fn lists_beyond_the_limit_are_told_and_memory_stays() {
    let options = Options {
        memory: Some(64 << 10),
        ..only("rules/twin.txt")
    };
    let rules = Rules::load(&Specs::base(), options).unwrap();
    let inventory = "<Inventory><InventoryHead><grossWeight>1</grossWeight><netWeight>2</netWeight></InventoryHead></Inventory>";
    let input = format!(
        "<CEB621Message xmlns=\"http://www.chinaport.gov.cn/ceb\">{}</CEB621Message>",
        inventory.repeat(3000)
    );
    let (findings, totals) = found(&checker(rules), input.as_bytes());
    let of = |id: &str, code: &str| {
        let of = findings.iter();
        of.filter(|finding| finding.rule.as_deref() == Some(id) && finding.code.as_str() == code)
            .count()
    };
    // What needs the whole message is told once; what needs one repetition goes on, and is capped.
    assert_eq!(of("TWIN-WHOLE", "rule-incomplete"), 1);
    assert_eq!(of("TWIN-WHOLE", "rule-broken"), 0);
    assert_eq!(of("TWIN-LOCAL", "rule-broken"), 1000);
    assert!(totals.errors >= 3000 && totals.not_evaluated >= 1);
}

/// An interchange of bay plans, each with containers in these cells.
fn bay_plans(messages: usize, cells: &[u32]) -> String {
    let mut text = String::from("UNB+UNOA:2+EXAMPLELINE+CNSHAPORT+261123:0935+1'\n");
    for number in 1..=messages {
        text.push_str(&format!(
            "UNH+{number}+BAPLIE:D:95B:UN:SMDG20'\nBGM++X{number}+9'\nDTM+137:2611230930:201'\nTDT+20+0123E+++EXLN:172:20+++EXST:103::EXAMPLE STAR'\nLOC+5+CNSHA:139:6'\nLOC+61+USLAX:139:6'\nDTM+133:2611240600:201'\nDTM+132:2612080800:201'\n"
        ));
        for (index, cell) in cells.iter().enumerate() {
            text.push_str(&format!(
                "LOC+147+{cell:07}::5'\nMEA+WT++KGM:18500'\nLOC+9+CNSHA:139:6'\nLOC+11+USLAX:139:6'\nRFF+BM:1'\nEQD+CN+EXLX{index:07}+22G1+++5'\nNAD+CA+EXLN:172:20'\n"
            ));
        }
        let segments = 9 + cells.len() * 7;
        text.push_str(&format!("UNT+{segments}+{number}'\n"));
    }
    text.push_str(&format!("UNZ+{messages}+1'\n"));
    text
}

#[test]
fn several_threads_find_the_same_by_rules() {
    let cells: Vec<u32> = (0..40).map(|number| number % 39 * 2).collect();
    let input = bay_plans(1200, &cells);
    assert!(input.len() > 4 << 20);
    let by = |jobs: usize| {
        let options = baowen::check::Options {
            jobs,
            ..Default::default()
        };
        let checker = Checker::new(&Specs::base(), options).unwrap();
        let checker = checker.with_watch(Arc::new(base()));
        let mut findings: Vec<Finding> = Vec::new();
        let totals = checker.slice(input.as_bytes(), &mut findings).unwrap();
        (findings, totals)
    };
    let (findings, totals) = by(1);
    assert_eq!(totals.errors, 1200);
    assert_eq!(findings.len(), 1001);
    assert_eq!((findings, totals), by(3));
}

#[test]
fn several_threads_find_keys_that_come_again_in_an_input() {
    let cells: Vec<u32> = (0..40).map(|number| number * 2).collect();
    let input = bay_plans(1200, &cells)
        .replace("BGM++X900+9", "BGM++X7+9")
        .replace("BGM++X901+9", "BGM++X899+9")
        .replace("BGM++X1200+9", "BGM++X900+9")
        .replace("BGM++X1100+9", "BGM++X7+9");
    let by = |jobs: usize| {
        let options = baowen::check::Options {
            jobs,
            ..Default::default()
        };
        let rules = Rules::load(&Specs::base(), only("rules/input.txt")).unwrap();
        let checker = Checker::new(&Specs::base(), options).unwrap();
        let checker = checker.with_watch(Arc::new(rules));
        let mut findings: Vec<Finding> = Vec::new();
        let totals = checker.slice(input.as_bytes(), &mut findings).unwrap();
        (findings, totals)
    };
    let (findings, totals) = by(1);
    assert_eq!(findings.len(), 3);
    assert_eq!((findings, totals), by(3));
}

#[test]
fn keys_are_unique_in_all_messages_of_an_input() {
    let rules = Rules::load(&Specs::base(), only("rules/input.txt")).unwrap();
    rules.try_samples("INPUT-PLAN").unwrap();
    let input = bay_plans(3, &[2]).replace("X3", "X1");
    let (findings, _) = found(&checker(rules), input.as_bytes());
    let lines: Vec<String> = findings.iter().map(line).collect();
    assert_eq!(findings.len(), 1, "{lines:?}");
    assert_eq!(findings[0].place.message_ref.as_deref(), Some("3"));
    assert_eq!(
        findings[0].related[0].span.start as usize,
        input.find("BGM++X1").unwrap() + 5
    );
}

#[test]
fn keys_are_unique_in_all_files_that_are_read_together() {
    let options = Options {
        together: true,
        ..only("rules/input.txt")
    };
    let rules = Rules::load(&Specs::base(), options).unwrap();
    let checker = checker(rules.clone());
    let plan = bay_plans(2, &[2]);
    let other = plan.replace("X2", "X3");
    for order in [["a.edi", "b.edi"], ["b.edi", "a.edi"]] {
        for file in order {
            let input = if file == "a.edi" { &plan } else { &other };
            let mut findings: Vec<Finding> = Vec::new();
            let checker = checker.named(file);
            checker.slice(input.as_bytes(), &mut findings).unwrap();
            assert_eq!(findings.len(), 0, "{findings:?}");
        }
        let mut found = Vec::new();
        rules
            .finish(&mut |file, finding| {
                found.push(format!("{file} {}", line(&finding)));
            })
            .unwrap();
        let [finding] = &found[..] else {
            panic!("{found:?}");
        };
        assert!(finding.starts_with("b.edi 3:"), "{finding}");
        let first = plan.find("BGM++X1").unwrap() + 5;
        let first = format!("first-used a.edi {first}");
        assert!(finding.ends_with(&first), "{finding}");
    }
}

#[test]
fn sets_and_ids_are_chosen_and_mistakes_have_near_names() {
    let load = |sets: &[&str], disable: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let choice = Choice {
            sets: owned(sets),
            disable: owned(disable),
            on: None,
        };
        let options = Options {
            choice,
            ..Options::default()
        };
        Rules::load(&Specs::base(), options)
    };
    let applied = |rules: Rules| -> Vec<String> {
        let list = rules.list(None).unwrap();
        let applied = list.into_iter().filter(|info| info.enforced);
        applied.map(|info| info.id).collect()
    };
    let flat = applied(load(&["platform-files"], &["PF-018"]).unwrap());
    assert!(flat.iter().all(|id| id.starts_with("PF-")), "{flat:?}");
    assert!(flat.contains(&"PF-009".to_owned()) && !flat.contains(&"PF-018".to_owned()));
    let own = folder("rules/hostile.txt").display().to_string();
    let own = applied(load(&[&own, "base"], &[]).unwrap());
    assert!(own.contains(&"HOSTILE-ZERO".to_owned()) && own.contains(&"DEC-041".to_owned()));
    let error = load(&["platform-file"], &[]).unwrap_err().to_string();
    assert!(error.contains("did you mean platform-files"), "{error}");
    let error = load(&[], &["DEC-O41"]).unwrap_err().to_string();
    assert!(error.contains("did you mean DEC-041"), "{error}");
    let rules = base();
    let about: Vec<String> = rules
        .list(Some("IFCSUM"))
        .unwrap()
        .into_iter()
        .map(|info| info.id)
        .collect();
    assert!(about.contains(&"PF-018".to_owned()));
    let error = rules.list(Some("DecMesage")).unwrap_err().to_string();
    assert!(error.contains("did you mean DecMessage"), "{error}");
}

/// A list of goods: whether number, weights and second unit are given, and which.
fn inventory() -> impl Strategy<Value = String> {
    let item = (
        0..4u8,
        proptest::option::of(0..3u8),
        proptest::option::of(0..2u8),
    )
        .prop_map(|(number, unit, quantity)| {
            let unit = unit.map_or(String::new(), |unit| format!("<unit2>{unit}</unit2>"));
            let quantity = quantity.map_or(String::new(), |of| format!("<qty2>{of}</qty2>"));
            format!("<InventoryList><gnum>{number}</gnum>{quantity}{unit}</InventoryList>")
        });
    let items = proptest::collection::vec(item, 0..5);
    (0..3u8, 0..3u8, items).prop_map(|(gross, net, items)| {
        format!(
            "<Inventory><InventoryHead><grossWeight>{gross}</grossWeight><netWeight>{net}</netWeight></InventoryHead>{}</Inventory>",
            items.concat()
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Rules judged while a message goes by find what they find when everything is kept to its end.
    #[test]
    fn streaming_equals_the_whole(inventories in proptest::collection::vec(inventory(), 0..6)) {
        let input = format!(
            "<CEB621Message xmlns=\"http://www.chinaport.gov.cn/ceb\">{}</CEB621Message>",
            inventories.concat()
        );
        let by = |at_the_end: bool| {
            let options = Options { at_the_end, ..only("rules/twin.txt") };
            let rules = Rules::load(&Specs::base(), options).unwrap();
            let (findings, totals) = found(&checker(rules), input.as_bytes());
            let mut lines: Vec<String> = findings.iter().map(line).collect();
            lines.sort();
            (lines, totals.not_evaluated)
        };
        prop_assert_eq!(by(false), by(true));
    }
}
