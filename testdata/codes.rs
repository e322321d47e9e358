//! Code tables, crosswalks and layers of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use baowen::codes::{Day, Relation, identifier};
use baowen::spec::Specs;
use proptest::prelude::*;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

#[test]
fn every_table_and_crosswalk_that_ships_is_whole() {
    let specs = Specs::base();
    specs.verify_codes().unwrap();
    let ids = specs.table_ids();
    assert!(ids.len() > 85, "{} tables", ids.len());
    const TRUST: [&str; 5] = ["official", "official-copy", "third-party", "mixed", "ours"];
    for id in ids {
        let table = specs.table(id).unwrap().unwrap();
        assert_eq!(&*table.id, id);
        for (what, text) in [
            ("title-en", &table.title.en),
            ("title-zh", &table.title.zh),
            ("source", &table.source),
        ] {
            assert!(!text.is_empty(), "{id}: {what}");
        }
        assert!(table.title.en.is_ascii(), "{id}: {}", table.title.en);
        let word = table.trust.split(' ').next().unwrap();
        assert!(TRUST.contains(&word), "{id}: trust {word:?}");
        assert!(!table.is_empty(), "{id}");
        assert_eq!(
            table.codes().len(),
            table.len(),
            "{id}: a code stands twice"
        );
        assert_eq!(table.entries().count(), table.len(), "{id}");
        for entry in table.entries() {
            assert!(
                entry.cells().all(|(_, cell)| cell == cell.trim()),
                "{id} {}: blanks at an end",
                entry.code()
            );
            assert_eq!(
                table.get(entry.code()).map(|found| found.code()),
                Some(entry.code())
            );
        }
    }
}

#[test]
fn what_is_missing_is_on_the_page() {
    let page =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/specs/codes/GAPS.md")).unwrap();
    let specs = Specs::base();
    let mut gaps = 0;
    for id in specs.table_ids() {
        for gap in &specs.table(id).unwrap().unwrap().gaps {
            assert!(
                page.contains(&format!("| {id} | {} | {} |", gap.en, gap.zh)),
                "{id}: {}",
                gap.en
            );
            gaps += 1;
        }
        assert!(!page.contains(&format!("\n| {id} | ")) || gaps > 0);
    }
    assert!(gaps > 20);
}

#[test]
fn every_table_has_a_source() {
    let page =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/specs/SOURCES.md")).unwrap();
    let specs = Specs::base();
    let named: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .flat_map(|line| line.split(" |").next().unwrap_or("").split(", "))
        .collect();
    for id in specs.table_ids() {
        assert!(named.contains(id), "{id} is not in SOURCES.md");
    }
    for name in specs.crosswalk_names() {
        assert!(
            named.contains(format!("crosswalk {name}").as_str()),
            "crosswalk {name} is not in SOURCES.md"
        );
    }
}

#[test]
fn tables_hold_current_and_historic_codes() {
    let specs = Specs::base();
    let cell = |table: &str, code: &str, column: &str| {
        let table = specs.table(table).unwrap().unwrap();
        table.get(code).unwrap().get(column).to_owned()
    };
    for (table, code, column, expected) in [
        ("country-iso3166", "CN", "alpha3", "CHN"),
        ("country-iso3166", "CN", "status", ""),
        ("country-iso3166", "YU", "status", "withdrawn"),
        ("country-iso3166", "XK", "status", "user-assigned"),
        ("currency-iso4217", "CNY", "zh", "人民币"),
        ("currency-iso4217", "JPY", "minor-unit", "0"),
        ("currency-iso4217", "DEM", "status", "historic"),
        ("unit-rec20", "KGM", "symbol", "kg"),
        ("unit-rec20", "XBX", "status", "package"),
        ("package-rec21", "CT", "en", "Carton"),
        ("incoterms", "DDU", "status", "historic"),
        ("transport-mode-rec19", "30", "status", "two-digit"),
        ("unlocode", "USNYC", "en", "New York"),
        ("country", "CHN", "zh", "中国"),
        ("country", "CHN", "customs", "142"),
        ("currency", "USD", "customs", "502"),
        ("unit", "035", "zh", "千克"),
        ("trade-mode", "0110", "zh", "一般贸易"),
        ("manifest-fullness", "5", "zh", "重箱"),
        ("container-type", "22G1", "size-ft", "20"),
        (
            "hs2022",
            "010121",
            "en",
            "Horses; live, pure-bred breeding animals",
        ),
        ("un-numbers", "1005", "en", "Ammonia, anhydrous"),
        ("airports", "PVG", "icao", "ZSPD"),
    ] {
        assert_eq!(
            cell(table, code, column),
            expected,
            "{table} {code} {column}"
        );
    }
    let has = |table: &str, code: &str| specs.table(table).unwrap().unwrap().get(code).is_some();
    for code in ["22G1", "45R1", "L5G1", "22GP", "42G9", "4500", "2210"] {
        assert!(has("container-size-type", code), "{code}");
    }
    for (table, code) in [
        ("country-iso3166", "CHN"),
        ("currency-iso4217", "RMB"),
        ("unit-rec20", "PCS"),
        ("container-size-type", "40HC"),
        ("unlocode", "CNXXX"),
        ("country", "chn"),
        ("country", ""),
        ("country", "CHN\tChina"),
        ("country", "CHN\t"),
    ] {
        assert!(!has(table, code), "{table} {code}");
    }
}

#[test]
fn parents_and_validity() {
    let specs = Specs::base();
    let parent = |table: &str, code: &str| {
        let table = specs.table(table).unwrap().unwrap();
        table.get(code).unwrap().parent().map(str::to_owned)
    };
    for (table, code, above) in [
        ("hs2022", "010121", Some("0101")),
        ("hs2022", "0101", Some("01")),
        ("hs2022", "01", Some("I")),
        ("hs2022", "I", None),
        ("unlocode", "CNSHA", Some("CN")),
        ("unlocode", "CN", None),
        ("admin-division", "110101", Some("110000")),
        ("port", "AFG001", Some("AFG")),
        ("smdg-terminals", "AEJEADPWJ2", Some("AE")),
    ] {
        assert_eq!(parent(table, code).as_deref(), above, "{table} {code}");
    }
    let currencies = specs.table("currency-iso4217").unwrap().unwrap();
    assert_eq!(
        currencies.get("DEM").unwrap().valid_to(),
        Some(day("2002-03-31"))
    );
    assert!(currencies.get_on("DEM", day("2002-03-31")).is_some());
    assert!(currencies.get_on("DEM", day("2002-04-01")).is_none());
    assert!(currencies.get_on("CNY", day("2024-01-01")).is_some());
}

#[test]
fn near_codes() {
    let specs = Specs::base();
    let near = |table: &str, code: &str| {
        let table = specs.table(table).unwrap().unwrap();
        table
            .near(code, 3)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(near("country", "chn")[0], "CHN");
    assert_eq!(near("country", "CNH")[0], "CHN");
    assert_eq!(near("country", "CHNN")[0], "CHN");
    assert_eq!(near("unit", "35")[0], "035");
    assert_eq!(near("unlocode", "CN SHA")[0], "CNSHA");
    assert_eq!(near("unlocode", "CNSHAA")[0], "CNSHA");
    assert_eq!(near("un-numbers", "12O3")[0], "1203");
    assert!(near("country", "").is_empty() && near("country", &"A".repeat(1000)).is_empty());
    // Each exists, and none twice.
    for wrong in ["CNXXX", "ZZZZZ", "中国", "CN\0HA", "É", "ßß"] {
        let table = specs.table("unlocode").unwrap().unwrap();
        let found = table.near(wrong, 9);
        let once: BTreeSet<_> = found.iter().collect();
        assert!(
            once.len() == found.len() && found.iter().all(|code| table.get(code).is_some()),
            "{wrong}"
        );
    }
}

#[test]
fn search_by_name_and_pinyin() {
    let specs = Specs::base();
    let search = |table: &str, words: &str| {
        let table = specs.table(table).unwrap().unwrap();
        table
            .search(words)
            .iter()
            .map(|entry| entry.code().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(search("country", "韩国"), ["KOR"]);
    assert_eq!(search("country", "hg")[0], "KOR");
    assert_eq!(search("country", "korea")[..2], ["PRK", "KOR"]);
    assert_eq!(search("country", "els")[0], "RUS");
    assert_eq!(search("country", "142")[0], "CHN");
    assert_eq!(search("country", "CN")[0], "CHN");
    assert!(search("hs2022", "horses").contains(&"010121".to_owned()));
    assert!(search("unlocode", "shanghai").contains(&"CNSHA".to_owned()));
    assert!(search("country", "  ").is_empty() && search("country", "no such place").is_empty());
}

/// What a crosswalk says of its pairs is what its pairs are, and the way back is the inverse.
#[test]
fn crosswalk_laws() {
    let specs = Specs::base();
    let mut relations = BTreeSet::new();
    for name in specs.crosswalk_names() {
        let held = specs.crosswalk(name).unwrap().unwrap();
        assert_eq!(&*held.name, name);
        assert!(
            !held.title.en.is_empty()
                && !held.title.zh.is_empty()
                && !held.source.is_empty()
                && !held.trust.is_empty()
        );
        for (from, from_name) in held.sides() {
            assert!(held.codes(from).count() > 0, "{name}:{from_name}");
            for (to, to_name) in held.sides() {
                let mut there: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
                let mut back: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
                let mut pairs = 0;
                for (code, other) in held.pairs(from, to) {
                    pairs += 1;
                    assert!(
                        there.entry(code).or_default().insert(other),
                        "{name}: {code} {other} twice"
                    );
                    back.entry(other).or_default().insert(code);
                }
                assert!(pairs > 0, "{name}:{from_name} leads nowhere in {to_name}");
                let several =
                    |of: &BTreeMap<&str, BTreeSet<&str>>| of.values().any(|all| all.len() > 1);
                let expected = match (several(&there), several(&back)) {
                    (false, false) => Relation::OneToOne,
                    (false, true) => Relation::Narrowing,
                    (true, false) => Relation::Widening,
                    (true, true) => Relation::ManyToMany,
                };
                assert_eq!(
                    held.relation(from, to),
                    expected,
                    "{name}:{from_name} {to_name}"
                );
                assert_eq!(held.relation(to, from), expected.inverse());
                if from != to {
                    relations.insert(expected.as_str());
                }
                for (code, others) in &there {
                    let all: BTreeSet<&str> = held.all(from, to, code).collect();
                    assert_eq!(&all, others);
                    let one = (others.len() == 1).then(|| *others.first().unwrap());
                    assert_eq!(held.get(from, to, code), one);
                    for other in others {
                        assert!(held.all(to, from, other).any(|back| back == *code));
                    }
                }
            }
        }
    }
    assert_eq!(relations.len(), 4, "{relations:?}");
}

/// Where a crosswalk leads to codes of a table, the table has them.
#[test]
fn crosswalks_lead_to_codes() {
    let specs = Specs::base();
    for (side, table) in [
        ("unit:customs", "unit"),
        ("unit:rec20", "unit-rec20"),
        ("packaging:rec21", "package-rec21"),
        ("transport-mode:rec19", "transport-mode-rec19"),
        ("port:unlocode", "unlocode"),
        ("port-unlocode:unified", "port"),
        ("container:iso6346", "container-size-type"),
        ("container:declaration", "container-spec"),
        ("country:alpha2", "country-iso3166"),
        ("currency:alpha", "currency-iso4217"),
        ("packaging-rec21:unified", "packaging"),
        ("transport-mode-rec19:unified", "transport-mode"),
        ("container-declaration:cn007", "container-type"),
    ] {
        let (held, one, _) = specs.crosswalk_between(side, side).unwrap();
        let table = specs.table(table).unwrap().unwrap();
        for code in held.codes(one) {
            assert!(
                table.get(code).is_some(),
                "{side} {code} is not in {}",
                table.id
            );
        }
    }
    let one = |from: &str, to: &str, code: &str| {
        let (held, from, to) = specs.crosswalk_between(from, to).unwrap();
        held.get(from, to, code).map(str::to_owned)
    };
    assert_eq!(
        one("country:alpha3", "country:customs", "KOR").as_deref(),
        Some("133")
    );
    assert_eq!(
        one("country:customs", "country:alpha2", "142").as_deref(),
        Some("CN")
    );
    assert_eq!(
        one("country:ciq", "country:numeric", "156").as_deref(),
        Some("156")
    );
    assert_eq!(
        one("currency:alpha", "currency:customs", "CNY").as_deref(),
        Some("142")
    );
    assert_eq!(
        one("unit:customs", "unit:rec20", "035").as_deref(),
        Some("KGM")
    );
    assert_eq!(
        one("transport-mode:rec19", "transport-mode:unified", "8").as_deref(),
        Some("2")
    );
    assert_eq!(
        one("transport-mode:unified", "transport-mode:rec19", "2"),
        None
    );
    assert_eq!(
        one("container:iso6346", "container:declaration", "22G1").as_deref(),
        Some("21")
    );
    for (from, to) in [
        ("country", "country:alpha2"),
        ("country:alpha2", "unit:rec20"),
        ("country:no", "country:alpha2"),
        ("no:a", "no:b"),
    ] {
        assert!(specs.crosswalk_between(from, to).is_err(), "{from} {to}");
    }
}

const LAYER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/layers/port-codes");

#[test]
fn a_layer_adds_ends_and_translates() {
    let specs = Specs::base().with_dir(LAYER).unwrap();
    specs.verify_codes().unwrap();
    let berths = specs.table("berth").unwrap().unwrap();
    assert_eq!(berths.len(), 5);
    assert_eq!(berths.get("B02").unwrap().en(), "Berth 2, sea side");
    assert_eq!(
        berths.get_on("B02", day("2023-06-30")).unwrap().en(),
        "Berth 2, river side"
    );
    assert_eq!(
        berths
            .get_on("B02", day("2009-12-31"))
            .map(|entry| entry.en()),
        None
    );
    let ports = specs.table("domestic-port").unwrap().unwrap();
    let base = Specs::base().table("domestic-port").unwrap().unwrap();
    assert_eq!(ports.len(), base.len() + 2);
    assert_eq!(
        (
            ports.get("990101").unwrap().zh(),
            ports.get("990101").unwrap().en()
        ),
        ("示例港区一", "Example port area 1")
    );
    assert_eq!(
        ports.get("990101").unwrap().valid_from(),
        Some(day("2024-01-01"))
    );
    assert!(
        ports.get_on("110001", day("2025-12-31")).is_some()
            && ports.get_on("110001", day("2026-01-01")).is_none()
    );
    assert_eq!(
        ports.get("110001").unwrap().zh(),
        base.get("110001").unwrap().zh()
    );
    assert!(base.get("990101").is_none() && base.get("110001").unwrap().valid_to().is_none());
    assert!(ports.codes().contains(b"990102") && ports.codes().contains(b"110001"));
    let (held, port, operator) = specs
        .crosswalk_between("berth:port", "berth:operator")
        .unwrap();
    assert_eq!(held.relation(port, operator), Relation::Narrowing);
    let what: Vec<&str> = specs
        .overrides()
        .iter()
        .map(|change| &*change.what)
        .collect();
    assert_eq!(
        what,
        [
            "table berth",
            "crosswalk berth",
            "table domestic-port: 2 added, 1 ended"
        ]
    );
}

/// Layers that say what cannot be: the files, and what the error says.
#[test]
fn broken_layers_are_told_with_their_place() {
    let head = "new table own\n  columns  code  en  valid-from  valid-to\nrows\n";
    let text = |rows: &str| format!("{head}{rows}");
    let cases: Vec<(&str, String, &str)> = vec![
        ("own", text("A\tOne\nA\tTwo\n"), ":5:1: the code A stands twice, and … to … overlaps … to …"),
        ("own", text("A\tOne\t2020\t2023-06\nA\tTwo\t2023-06-30\n"), ":5:1: the code A stands twice, and 2023-06-30 to … overlaps 2020-01-01 to 2023-06-30"),
        ("own", text("A\tOne\t2020-13\n"), ":4:7: found \"2020-13\"; expected a day, month or year"),
        ("own", text("A\tOne\t2021\t2020\n"), ":4:12: A is good from 2021-01-01 to 2020-12-31, which is before"),
        ("own", text("A\tOne\t\t\t\n"), ":4:1: a row of 5 cells; expected from 1 to 4"),
        ("own", text("\tOne\n"), ":4:1: a row of 2 cells"),
        ("own", text("A\n\nB\n"), ":5:1: a row of 1 cells"),
        ("own", text("A\t\u{1b}[31m\n"), ":4:1: the row holds the control character"),
        ("own", "new table own\n  columns  code\nrows\nA\nA\n".to_owned(), ":5:1: the code A stands twice"),
        ("own", "new table own\n  columns  name\nrows\nA\n".to_owned(), ":1:1: a table has columns, of which the first is `code`"),
        ("own", "new table own\n  columns  code  en  en\nrows\nA\n".to_owned(), ":2:3: the column en stands twice"),
        ("own", "new table own\n  colums  code\nrows\nA\n".to_owned(), ":2:3: found \"colums\"; expected title-en"),
        ("own", "new table own\n  open  maybe\n".to_owned(), ":2:3: found \"maybe\"; expected yes or no"),
        ("own", "new table own\n  columns  code\n".to_owned(), ":1:1: expected a line `rows`"),
        ("own", "new table\n".to_owned(), ":1:1: expected the id of the table"),
        ("own", "tabel own\n".to_owned(), ":1:1: expected `table` and its id"),
        ("own", "table own\n  columns  code\nrows\nA\n".to_owned(), ":1:1: a table of a layer begins with new, extends or replace"),
        ("own", "new table own\n  parent  nowhere\n  columns  code\nrows\nA\n".to_owned(), ":2:1: the parents are of table nowhere, which is not there"),
        ("own", "new table own\n  parent  country\n  columns  code  parent\nrows\nA\tCHN\nB\tCNH\n".to_owned(), ":6:1: the parent CNH of B is no code of table country"),
        ("own", "new table own\n  parent  own first 0\n".to_owned(), ":2:3: found \"own first 0\"; expected a table"),
        ("own", "new table own\n  columns  code\n  ends\nA  2024\nrows\nA\n".to_owned(), ":4:1: only `extends table` ends codes"),
        ("country", "new table country\n  columns  code\nrows\nA\n".to_owned(), ":1:1: table country is already there; say extends or replace"),
        ("own", "extends table own\n  columns  code\nrows\nA\n".to_owned(), ":1:1: the base has no table own; say new"),
        ("country", "extends table country\n  columns  code  zh\nrows\nXAA\t甲\nCHN\t乙\n".to_owned(), ":5:1: the code CHN stands twice"),
        ("country", "extends table country\n  columns  code  colour\nrows\nXAA\tred\n".to_owned(), ":3:1: there is no column colour; the base has code en zh"),
        ("country", "extends table country\n  ends\nCNH  2024-12-31\n".to_owned(), ":3:1: table country has no code CNH; near are CHN"),
        ("country", "extends table country\n  ends\nCHN  31.12.2024\n".to_owned(), ":3:1: found \"31.12.2024\"; expected a code and the last day"),
        ("country", "extends table country\n  ends\nCHN  2024\nCHN  2025\n".to_owned(), ":4:1: CHN is ended twice"),
        ("currency", "extends table currency-iso4217\n  ends\nDEM  2024\n".to_owned(), ":3:1: DEM ends already on 2002-03-31"),
        ("country", "extends table country\n  columns  code\n  ends\nCHN  2024-12-31\nrows\nCHN\n".to_owned(), ":6:1: the code CHN stands twice, and … to … overlaps … to 2024-12-31"),
        ("own", "new crosswalk own\n  sides  a  b\nrows\nA\tB\nA\tB\n".to_owned(), ":5:1: the row A B stands twice"),
        ("own", "new crosswalk own\n  sides  a  b\nrows\nA\tB\tC\n".to_owned(), ":4:1: a row of 3 cells; expected 2 at most"),
        ("own", "new crosswalk own\n  sides  a  a\nrows\nA\tB\n".to_owned(), ":2:1: the side a stands twice"),
        ("own", "new crosswalk own\n  sides  a\nrows\nA\n".to_owned(), ":4:1: a crosswalk has two sides at least"),
        ("own", "new crosswalk own\n  table  nowhere\n  side  a  code\n  side  b  en\n".to_owned(), ":2:1: there is no table nowhere"),
        ("own", "new crosswalk own\n  table  country\n  side  a  code\n  side  b  colour\n".to_owned(), ":4:1: table country has no column colour; it has code"),
        ("own", "new crosswalk own\n  table  country\n  side  a  via b country zh\n  side  b  via a country en\n".to_owned(), ":3:1: the side a is via a side that does not lead to a column: unknown, or a cycle"),
        ("own", "new crosswalk own\n  table  country\n  side  a  code\n  side  b  via a own:a own:b\n".to_owned(), ":3:1: a cycle of crosswalks: own own"),
        ("own", "new crosswalk own\n  table  country\n  side  a  code\n  side  b  via a unit:customs unit:no\n".to_owned(), ":4:1: unit has no side no; it has customs rec20"),
        ("country", "extends crosswalk country\nrows\nA\tB\n".to_owned(), ":1:1: this crosswalk has the rows of a table: extend the table"),
        ("unit", "extends crosswalk unit\nrows\n035\tKGM\n".to_owned(), ":3:1: the row 035 KGM stands twice"),
        ("unit", "new crosswalk unit\n  sides  a  b\nrows\n1\t2\n".to_owned(), ":1:1: crosswalk unit is already there"),
    ];
    for (name, text, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("codes")).unwrap();
        let path = folder.path().join(format!("codes/{name}.txt"));
        fs::write(&path, &text).unwrap();
        let error = Specs::base()
            .with_dir(folder.path())
            .expect_err(&text)
            .to_string();
        let expected = format!("{}{expected}", path.display());
        assert!(error.starts_with(&expected), "{text}\n{error}\n{expected}");
    }
}

#[test]
fn two_crosswalks_that_need_each_other_are_a_cycle() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("codes")).unwrap();
    for (one, other) in [("one", "two"), ("two", "one")] {
        let text = format!(
            "new crosswalk {one}\n  table  country\n  side  a  code\n  side  b  via a {other}:a {other}:b\n"
        );
        fs::write(folder.path().join(format!("codes/{one}.txt")), text).unwrap();
    }
    let error = Specs::base()
        .with_dir(folder.path())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("one.txt:3:1: a cycle of crosswalks: one two one"),
        "{error}"
    );
}

#[test]
fn a_crosswalk_is_extended_and_later_layers_see_earlier_ones() {
    let first = tempfile::tempdir().unwrap();
    fs::create_dir(first.path().join("codes")).unwrap();
    fs::write(
        first.path().join("codes/unit.txt"),
        "extends crosswalk unit\nrows\n001\tC62\n",
    )
    .unwrap();
    fs::write(
        first.path().join("codes/table.txt"),
        "extends table country\r\n  columns  code  zh  customs\r\nrows\r\nXAA\t甲地\t999\r\n",
    )
    .unwrap();
    let specs = Specs::base().with_dir(first.path()).unwrap();
    let (held, from, to) = specs
        .crosswalk_between("unit:customs", "unit:rec20")
        .unwrap();
    assert_eq!(held.get(from, to, "001"), Some("C62"));
    let (held, from, to) = specs
        .crosswalk_between("country:customs", "country:alpha3")
        .unwrap();
    assert_eq!(
        held.get(from, to, "999"),
        Some("XAA"),
        "built of the table with the layer"
    );
    let (held, from, to) = Specs::base()
        .crosswalk_between("country:customs", "country:alpha3")
        .unwrap();
    assert_eq!(held.get(from, to, "999"), None);
    let second = tempfile::tempdir().unwrap();
    fs::create_dir(second.path().join("codes")).unwrap();
    fs::write(
        second.path().join("codes/table.txt"),
        "extends table country\n  ends\nXAA  2024\n",
    )
    .unwrap();
    let specs = specs.with_dir(second.path()).unwrap();
    let ended = specs.table("country").unwrap().unwrap();
    assert_eq!(
        ended.get("XAA").unwrap().valid_to(),
        Some(day("2024-12-31"))
    );
    // Again, and the code begins anew.
    let third = tempfile::tempdir().unwrap();
    fs::create_dir(third.path().join("codes")).unwrap();
    fs::write(
        third.path().join("codes/table.txt"),
        "extends table country\n  columns  code  zh  valid-from\nrows\nXAA\t乙地\t2025\n",
    )
    .unwrap();
    let specs = specs.with_dir(third.path()).unwrap();
    let again = specs.table("country").unwrap().unwrap();
    assert_eq!(again.get("XAA").unwrap().zh(), "乙地");
    assert_eq!(again.get_on("XAA", day("2024-06-01")).unwrap().zh(), "甲地");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The index finds what a search from the beginning finds.
    #[test]
    fn look_ups_equal_a_search_from_the_beginning(code in "[A-Z0-9]{1,5}|[0-9]{1,6}|.{0,6}") {
        let specs = Specs::base();
        for id in ["country", "unit", "unlocode", "hs2022", "container-size-type"] {
            let table = specs.table(id).unwrap().unwrap();
            let slow = table.rows().any(|mut row| row.next() == Some(&code));
            prop_assert_eq!(table.get(&code).is_some(), slow, "{} {}", id, code);
            prop_assert_eq!(table.codes().contains(code.as_bytes()), slow);
        }
    }

    /// No text makes a check or a search panic.
    #[test]
    fn any_text_may_be_asked(text in ".{0,40}|[A-Z0-9<\n]{0,90}") {
        for check in identifier::CHECKS {
            let _ = (check.check)(&text);
        }
        let specs = Specs::base();
        let table = specs.table("country").unwrap().unwrap();
        let _ = (table.near(&text, 5), table.search(&text), Day::parse(&text));
    }

    /// A text that is no table is an error with a place, never a panic.
    #[test]
    fn any_text_may_be_a_layer(text in "(new|extends|replace|) ?(table|crosswalk) (own|country|unit)\n( (columns|side|sides|table|parent|ends|open)  [a-z: 0-9]{0,20}\n){0,4}(rows\n)?([A-Z\t]{0,9}\n){0,4}|.{0,80}") {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("codes")).unwrap();
        fs::write(folder.path().join("codes/own.txt"), &text).unwrap();
        if let Err(error) = Specs::base().with_dir(folder.path()) {
            prop_assert!(error.to_string().contains("own.txt:"), "{}", error);
        }
    }
}
