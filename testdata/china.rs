//! Messages in XML by the specs: what is found in good and faulty documents of each family, what a
//! layer changes, what is wrong with a spec, and the published samples where they are at hand.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use baowen::check::{Checker, Options};
use baowen::finding::{Finding, Lang, Severity};
use baowen::spec::{Specs, xml};
use baowen::xml::Schema;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

fn files(name: &str, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn checker(specs: &Specs, message: Option<&str>) -> Checker {
    let message = message.map(|name| name.parse().unwrap());
    Checker::new(
        specs,
        Options {
            message,
            ..Options::default()
        },
    )
    .unwrap()
}

fn check(checker: &Checker, input: &[u8]) -> Vec<Finding> {
    let mut found = Vec::new();
    checker.slice(input, &mut found).unwrap();
    let mut streamed = Vec::new();
    checker.read(input, &mut streamed).unwrap();
    assert_eq!(found.len(), streamed.len());
    found
}

fn line(finding: &Finding) -> String {
    format!(
        "{}:{} {} {} {} {}\n  {}\n  {}\n",
        finding.at.line,
        finding.at.column,
        finding.severity.as_str(),
        finding.code,
        finding.place.message_type.as_deref().unwrap_or("-"),
        finding.place.path.as_deref().unwrap_or("-"),
        finding.message(Lang::En, false),
        finding.message(Lang::Zh, false),
    )
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn good_documents_have_no_findings() {
    let specs = Specs::base();
    let with_rules = baowen::checker(&specs, Options::default()).unwrap();
    for checker in [checker(&specs, None), with_rules] {
        for path in files("china/good", "xml") {
            let found = check(&checker, &std::fs::read(&path).unwrap());
            assert!(found.is_empty(), "{}: {found:?}", path.display());
        }
    }
}

#[test]
fn faulty_documents() {
    let checker = checker(&Specs::base(), None);
    let mut text = String::new();
    for path in files("china/faulty", "xml") {
        let _ = writeln!(text, "== {}", name(&path));
        for finding in check(&checker, &std::fs::read(&path).unwrap()) {
            text.push_str(&line(&finding));
        }
    }
    for code in [
        "xml-unknown-message",
        "xml-message-root",
        "xml-message-namespace",
    ] {
        assert!(text.contains(code), "{code}");
    }
    snapshot("china", &text);
}

/// Which message a document is taken for.
#[test]
fn a_document_is_known_by_what_it_says() {
    let specs = Specs::base();
    let taken = |named: Option<&str>, input: &str| {
        let found = check(&checker(&specs, named), input.as_bytes());
        let first = found.first().unwrap_or_else(|| panic!("{named:?} {input}"));
        first
            .place
            .message_type
            .as_deref()
            .unwrap_or("-")
            .to_owned()
    };
    let manifest = |kind: &str, function: &str, body: &str| {
        format!(
            "<Manifest><Head><FunctionCode>{function}</FunctionCode><MessageType>{kind}</MessageType></Head><{body}/></Manifest>"
        )
    };
    for (input, expected) in [
        (manifest("MT1401", "9", "Declaration"), "MT1401_9@V1.0"),
        (manifest("MT1401", "5", "Declaration"), "MT1401_5@V1.0"),
        (manifest("MT2101", "0", "Declaration"), "MT2101_0@2019"),
        (manifest("MT1401", "9", "Response"), "MT_Response_Road@V1.0"),
        (manifest("MT9998", "9", "Declaration"), "-"),
        ("<CEB621Message/>".to_owned(), "CEB621@2022-05"),
        ("<Nothing/>".to_owned(), "-"),
    ] {
        let found = check(&checker(&specs, None), input.as_bytes());
        let last = found.last().unwrap();
        assert_eq!(
            last.place.message_type.as_deref().unwrap_or("-"),
            expected,
            "{input}"
        );
    }
    let sea = manifest("MT1101", "9", "Declaration");
    for named in ["MT1101_9@V1.1", "ceb621@2018-113", "MT1401_9@V1.0"] {
        let found = check(&checker(&specs, Some(named)), sea.as_bytes());
        let kind = found.last().unwrap().place.message_type.clone().unwrap();
        assert!(kind.eq_ignore_ascii_case(named), "{kind} {named}");
    }
    // Of the variants of a name that which the document is.
    assert_eq!(taken(Some("MT1101"), &sea), "MT1101_9@2019");
}

#[test]
fn names_that_are_near_are_told() {
    for (named, said) in [
        (
            "CEB612@2018-113",
            "no message CEB612@2018-113 is known; `baowen show` lists them; near: CEB312, CEB412, CEB512, CEB621",
        ),
        (
            "CEB621@2018",
            "no message CEB621@2018 is known; there is CEB621@2022-05, CEB621@2018-113",
        ),
        (
            "CUSCARR@D95B",
            "no message CUSCARR@D95B is known; `baowen show` lists them; near: CUSCAR",
        ),
        (
            "IFCSUMM",
            "no message IFCSUMM is known; `baowen show` lists them; near: IFCSUM",
        ),
        (
            "CUSCAR@D99Z",
            "no release \"D99Z\" is known; `baowen show` lists them",
        ),
    ] {
        let options = Options {
            message: Some(named.parse().unwrap()),
            ..Options::default()
        };
        let error = Checker::new(&Specs::base(), options).unwrap_err();
        assert_eq!(error.to_string(), said);
    }
}

/// What ships is as the printer writes it, and its schema can be loaded.
#[test]
fn the_messages_that_ship() {
    let specs = Specs::base();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/china");
    let mut folders = vec![root];
    let (mut count, mut families) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path.file_name().unwrap() != "flat" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "txt") {
                let text = std::fs::read_to_string(&path).unwrap();
                let file = path.display().to_string();
                let messages = xml::read(&file, &text).unwrap();
                let (comment, rest) = text.split_once('\n').unwrap();
                assert!(comment.starts_with('#'), "{file}");
                let printed: String = messages.iter().map(xml::Message::to_text).collect();
                assert!(printed == rest, "{file} is not as it is printed");
                for message in &messages {
                    count += 1;
                    assert!(!message.label.en.is_empty(), "{file}");
                    assert!(!message.label.zh.is_empty(), "{file}");
                    assert!(!message.fidelity.is_empty(), "{file}");
                    assert!(!message.sources.is_empty(), "{file}");
                    let found = specs.xml_message(&message.id()).unwrap();
                    assert_eq!(found[0].id(), message.id());
                }
            }
        }
    }
    for listed in specs.xml_messages().unwrap() {
        if !families.contains(&listed.family) {
            families.push(listed.family);
        }
    }
    // Those of Chinese customs and ports, and entry documents.
    assert_eq!((count, families.len()), (235, 9));
}

/// The published form of a message finds what the checks of this crate find.
#[test]
fn published_schemas_say_the_same() {
    let specs = Specs::base();
    let codes = |table: &str| specs.table_list(table);
    let mut schemas = 0;
    for message in [
        "MT1401_9",
        "MT_Response_Road",
        "CEB621",
        "INV101",
        "DecMessage",
        "Certificate",
    ] {
        let message = &specs.xml_message(message).unwrap()[0];
        let text = message.to_xsd(&codes).unwrap();
        let schema = Schema::from_texts(&[("message.xsd", &text)]).unwrap();
        let good = folder("china/good").join(format!("{}.xml", message.name));
        let good = std::fs::read_to_string(good).unwrap();
        let root = &message.root.tag;
        for (document, fine) in [
            (good.clone(), true),
            (
                good.replace(&format!("</{root}>"), &format!("<X/></{root}>")),
                false,
            ),
            (
                good.replacen("<Name>", "<Nmae>", 1)
                    .replacen("</Name>", "</Nmae>", 1),
                !good.contains("<Name>"),
            ),
        ] {
            let mut found: Vec<Finding> = Vec::new();
            schema
                .check_slice(document.as_bytes(), &Default::default(), &mut found)
                .unwrap();
            assert_eq!(found.is_empty(), fine, "{} {found:?}", message.name);
            let found = check(&checker(&specs, None), document.as_bytes());
            assert_eq!(found.is_empty(), fine, "{} {found:?}", message.name);
            schemas += 1;
        }
    }
    assert_eq!(schemas, 18);
}

#[test]
fn what_is_wrong_with_a_spec_is_told() {
    let head = "message X  X\n  <X>  M  1\n";
    for (text, said) in [
        (
            "message\n",
            "x.txt:1:8: the line ends here; expected a blank and a name",
        ),
        (
            "message X\n",
            "x.txt:1:1: expected the root element, as <Name>  M  1",
        ),
        (
            "message X\n  <X>  M  1\n",
            "x.txt:2:3: expected a format, as an..35, or anything, empty, or elements below",
        ),
        (
            "message X\n  edtion  1\n",
            "x.txt:2:3: found \"edtion\"; expected one of: edition, valid, fidelity, source, namespace, when, <root element>",
        ),
        (
            "message X\n  <X>  Q  1\n",
            "x.txt:2:8: found \"Q\"; expected the status M, C, O or N",
        ),
        (&format!("{head}    <A>  M  1  an..\n"), ""),
        (
            &format!("{head}    <A>  M  0  an\n"),
            "x.txt:3:14: found \"an\"; expected at most as often as at least, and once",
        ),
        (
            &format!("{head}    <A>  M  1  an\n      cod  1\n"),
            "x.txt:4:7: found \"cod\"; expected one of: is,",
        ),
        (
            &format!("{head}    <A>  M  1  an\n      in  t\n      code  1\n"),
            "x.txt:5:7: the value has its codes already",
        ),
        (
            &format!("{head}    <A>  M  1  an\n      table  port:customs or port\n"),
            "",
        ),
        (
            &format!("{head}    <A>  M  1  an\n      table  port or\n"),
            "x.txt:4:",
        ),
        (
            &format!("{head}    <A>  M  1  an\n      table  port:\n"),
            "x.txt:4:14: found \"port:\"; expected a table of specs/codes, as port or port:customs; several with or between them",
        ),
        (
            &format!("{head}    <A>  M  1  an\n  <Y>  M  1  an\n"),
            "x.txt:4:3: a message has one root element",
        ),
        (
            &format!("{head}    <A>  M  1  an\n        <B>  M  1  an\n"),
            "x.txt:4:9: indented by 8 blanks; expected 6 or fewer",
        ),
        (
            "message X\n  when  X/B  1\n  <X>  M  1\n    <A>  M  1  an\n",
            "x.txt:1:1: when: the message has no element X/B",
        ),
        ("restrict message X\n", "x.txt:1:1: no change stands below"),
        (
            "restrict message X\n  under X\n",
            "x.txt:2:3: restrict may only narrow; more elements need extends",
        ),
        (
            "restrict message X\n  X/A\n",
            "x.txt:2:3: expected how often it stands, a format, or lines below",
        ),
    ] {
        match xml::read("x.txt", text) {
            Ok(_) => assert_eq!(said, "", "{text}"),
            Err(error) => {
                let error = error.to_string();
                assert!(
                    !said.is_empty() && error.starts_with(said),
                    "{text}\n{error}"
                );
            }
        }
    }
}

#[test]
fn values_are_held_to_their_tables() {
    let specs = layered(
        "new message GATEOUT  Gate-out report\n  namespace  none\n  <GateOut>  M  1\n\
         \x20   <Mode>  M  *  an..4\n      table  trade-mode or trade-mode-supplement\n\
         \x20     @pack  C  an..2\n        table  packaging:customs\n\
         \x20     @port  C  an..6\n        in  port:customs or port\n\
         \x20   <Whole>  O  1  an..6\n      table  port or no-such-table\n",
    );
    let checker = checker(&specs.unwrap(), None);
    let told = |body: &str| -> Vec<String> {
        let document = format!("<GateOut>{body}</GateOut>");
        let found = check(&checker, document.as_bytes());
        found.iter().map(line).collect()
    };
    for body in [
        r#"<Mode pack="4" port="1002">0110</Mode><Mode port="AFG001">9710</Mode>"#,
        // A table that is not held lacks nothing.
        "<Mode>0110</Mode><Whole>XXX999</Whole>",
    ] {
        assert!(told(body).is_empty(), "{body}: {:?}", told(body));
    }
    let found = told(r#"<Mode pack="00">971O</Mode>"#);
    assert_eq!(
        found,
        [
            "1:22 error unknown-code GATEOUT GateOut/Mode/@pack\n  \
             00 is not a code of @pack (table packaging:customs)\n  \
             00 不是 @pack 的代码（代码表 packaging:customs）\n",
            "1:26 warning not-in-table GATEOUT GateOut/Mode\n  \
             971O is not in table trade-mode or trade-mode-supplement, which Mode is taken from; near: 9710\n  \
             971O 不在 Mode 所用的代码表 trade-mode or trade-mode-supplement 中；相近的有：9710\n",
        ]
    );
    let found = told(r#"<Mode port="XXX999">0110</Mode>"#);
    assert!(
        found.len() == 1 && found[0].contains("xsd-enumeration"),
        "{found:?}"
    );
}

#[test]
fn near_codes_are_left_out_where_content_is_masked() {
    let text = std::fs::read_to_string(folder("china/good/CEB621.xml")).unwrap();
    let text = text.replace("<trafMode>4<", "<trafMode>O<");
    let found = check(&checker(&Specs::base(), None), text.as_bytes());
    let said: Vec<String> = found
        .iter()
        .map(|finding| finding.message(Lang::En, true))
        .collect();
    assert_eq!(
        said,
        ["* is not in table transport-mode, which ******** is taken from"]
    );
    assert!(found[0].message(Lang::En, false).ends_with("; near: 0"));
}

/// A table, or a column of one, that no file has holds nothing to anything: these are not public.
#[test]
fn tables_that_specs_name_are_there() {
    let specs = Specs::base();
    let mut missing = std::collections::BTreeSet::new();
    for listed in specs.xml_messages().unwrap() {
        let messages = specs.xml_message(&listed.id).unwrap();
        let text: String = messages.iter().map(|message| message.to_text()).collect();
        for line in text.lines() {
            let line = line.trim_start();
            let tables = line
                .strip_prefix("table  ")
                .or_else(|| line.strip_prefix("in  "));
            let Some(tables) = tables else { continue };
            match specs.table_list(tables) {
                Ok(Some(codes)) => assert!(!codes.is_empty(), "{tables}"),
                Ok(None) => drop(missing.insert(tables.to_owned())),
                Err(error) => panic!("{}: {error}", listed.id),
            }
        }
    }
    let missing: Vec<String> = missing.into_iter().collect();
    assert_eq!(
        missing,
        [
            "ciq-enterprise-qualification",
            "ciq-licence-type",
            "ciq-request-cert",
            "coo-cert-type",
            "correlation-reason",
            "dang-pack-type",
            "use-ciq",
        ]
    );
}

/// A layer over the base: `text` is a file of its folder `xml`.
fn layered(text: &str) -> Result<Specs, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("xml")).unwrap();
    std::fs::write(folder.path().join("xml/own.txt"), text).unwrap();
    let specs = Specs::base().with_dir(folder.path());
    specs.map_err(|error| {
        let error = error.to_string();
        error[error.find("own.txt").unwrap_or(0)..].to_owned()
    })
}

#[test]
fn a_port_adds_and_narrows() {
    let port = Specs::base().with_dir(folder("layers/port-xml")).unwrap();
    let own = checker(&port, None);
    for path in files("layers/port-xml/messages", "xml") {
        let found = check(&own, &std::fs::read(&path).unwrap());
        let codes: Vec<&str> = found.iter().map(|finding| finding.code.as_str()).collect();
        let expected: &[&str] = match name(&path).as_str() {
            "gatein" => &[],
            _ => &["xsd-pattern", "xsd-enumeration", "xsd-unexpected-element"],
        };
        assert_eq!(codes, expected);
    }
    // The base's message holds where the layer changes nothing of it.
    let text = std::fs::read_to_string(folder("china/good/MT1401_9.xml")).unwrap();
    assert!(check(&own, text.as_bytes()).is_empty());
    let long = format!("<Consignee>\n        <Name>{}</Name>", "长".repeat(41));
    let text = text.replacen(
        "<Consignee>\n        <Name>示例物流有限公司</Name>",
        &long,
        1,
    );
    let codes = |checker: &Checker, text: &str| -> Vec<String> {
        let found = check(checker, text.as_bytes());
        found
            .iter()
            .map(|finding| finding.code.to_string())
            .collect()
    };
    assert_eq!(codes(&own, &text), ["xsd-max-length"]);
    assert!(codes(&checker(&Specs::base(), None), &text).is_empty());
    let text = std::fs::read_to_string(folder("china/good/CEB621.xml")).unwrap();
    let noted = text.replace("</InventoryHead>", "<portNote>x</portNote></InventoryHead>");
    assert!(codes(&own, &noted).is_empty());
    assert_eq!(
        codes(&checker(&Specs::base(), None), &noted),
        ["xsd-unexpected-element"]
    );
}

#[test]
fn a_layer_may_only_narrow_where_it_restricts() {
    for (text, said) in [
        (
            "restrict message CEB6211\n  X  N\n",
            "own.txt:1:1: there is no message CEB6211 to change; near: CEB621, CEB311, CEB411, CEB511",
        ),
        (
            "restrict message CEB621\n  CEB621Message/Foo  N\n",
            "own.txt:2:1: message CEB621@2022-05 has no CEB621Message/Foo",
        ),
        (
            "restrict message CEB621@2018-113\n  CEB621Message/Inventory  C  9\n",
            "own.txt:2:1: restrict may only narrow: C 0..9 is not within M 1..100; say extends",
        ),
        (
            "restrict message CEB621\n  CEB621Message/Inventory/InventoryHead/copNo  C  1  an..60\n",
            "own.txt:2:1: restrict may only narrow: an..60 is not within an..20; say extends",
        ),
        (
            "restrict message CEB621\n  drop CEB621Message/Inventory\n",
            "own.txt:2:1: Inventory is mandatory: restrict cannot drop it",
        ),
        (
            "restrict message CEB621\n  CEB621Message/@guid  C\n",
            "own.txt:2:1: restrict may only narrow: C is not within M; say extends",
        ),
        (
            "restrict message MT1401_9\n  Manifest/Head/Version\n    code  2.0\n",
            "own.txt:2:1: 2.0 is none of its codes; more need extends",
        ),
        (
            "restrict message MT1401_9\n  Manifest/Head  M  1  an..3\n",
            "own.txt:2:1: Head has no value",
        ),
        (
            "extends message CEB621\n  under CEB621Message/Inventory\n    <InventoryHead>  C  1  an\n",
            "own.txt:2:1: InventoryHead is there already",
        ),
        (
            "message CEB621  X\n  <X>  M  1  an\n",
            "own.txt:1:1: a message of a layer begins with new, replace, restrict or extends",
        ),
        (
            "new message CEB621  X\n  edition  2022-05\n  <X>  M  1  an\n",
            "own.txt:1:1: message CEB621@2022-05 is already there; say replace",
        ),
        (
            "replace message CEB62X  X\n  <X>  M  1  an\n",
            "own.txt:1:1: there is no message CEB62X to replace; say new",
        ),
    ] {
        assert_eq!(layered(text).err().as_deref(), Some(said), "{text}");
    }
    for text in [
        "restrict message CEB621\n  CEB621Message/Inventory  M  2..9\n",
        "restrict message CEB621\n  CEB621Message/Inventory/InventoryHead/copNo  M  1  an1..10\n    pattern  [A-Z0-9]+\n",
        "extends message CEB621\n  CEB621Message/Inventory  C  *\n  CEB621Message/@guid  C  1  an..60\n",
    ] {
        let specs = layered(text).unwrap_or_else(|error| panic!("{error}"));
        assert!(!specs.overrides().is_empty());
    }
    // A restriction of a restriction narrows what is there then.
    let twice = "restrict message CEB621\n  CEB621Message/Inventory  M  9\nrestrict message CEB621\n  CEB621Message/Inventory  M  10\n";
    assert_eq!(
        layered(twice).err().as_deref(),
        Some("own.txt:4:1: restrict may only narrow: M 1..10 is not within M 1..9; say extends")
    );
}

/// The examples of the page on messages are texts that load, in both languages the same.
#[test]
fn the_page_says_what_works() {
    let mut pages = Vec::new();
    for page in ["README.md", "README.zh-CN.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("specs/china")
            .join(page);
        let text = std::fs::read_to_string(path).unwrap();
        let blocks = text.split("```text\n").skip(1);
        let blocks = blocks.map(|block| block.split("```").next().unwrap().to_owned());
        pages.push(blocks.collect::<Vec<_>>());
    }
    assert_eq!(pages[0], pages[1]);
    let [message, changes, flat] = pages[0].as_slice() else {
        panic!("three examples");
    };
    let specs = layered(&format!("{message}{changes}")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(specs.overrides().len(), 5);
    let good = "<GateIn xmlns=\"urn:example-port:gate-in\" version=\"1\"><Head><Kind>IN</Kind><SendTime>20260701083000</SendTime></Head><Container><Number>EXLU1234567</Number><State>F</State><Truck>A1</Truck></Container></GateIn>";
    let own = checker(&specs, None);
    assert!(check(&own, good.as_bytes()).is_empty());
    let found = check(&own, good.replace("<Truck>A1</Truck>", "").as_bytes());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(flat.starts_with("new flat GATEIN"));
    let layouts = baowen::spec::flat::read("GATEIN.txt", flat).unwrap();
    assert_eq!(layouts[0].records.len(), 3);
}

/// What shows only when a message is used is told with its place too.
#[test]
fn a_message_that_cannot_be_used() {
    let head = "new message GATEX  X\n  <GateX>  M  1\n";
    for (lines, said) in [
        (
            "    <A>  M  1  an..5\n      pattern  [A\n",
            "message GATEX: pattern \"[A\", character 3: ] expected",
        ),
        (
            "    <B>  C  1  n..3\n    <B>  C  1  an..3\n",
            "message GATEX: the element B stands here with two types",
        ),
    ] {
        let specs = layered(&format!("# Own.\n{head}{lines}")).unwrap();
        let error = checker(&specs, None)
            .slice(b"<GateX/>", &mut Vec::<Finding>::new())
            .unwrap_err();
        assert!(
            error.to_string().ends_with(&format!("own.txt:2:1: {said}")),
            "{error}"
        );
    }
}

/// With the published samples at hand: by their schema the verdict is that of other processors; by
/// our specs it differs only where `differences.tsv` says why.
#[test]
fn published_samples() {
    let Some(shared) = std::env::var_os("BAOWEN_SHARED").map(PathBuf::from) else {
        return;
    };
    let china = shared.join("data/china");
    let index = std::fs::read_to_string(china.join("samples/INDEX.tsv")).unwrap();
    let differences = std::fs::read_to_string(folder("china/differences.tsv")).unwrap();
    let (mut said, mut found) = (Vec::new(), Vec::new());
    let checker = checker(&Specs::base(), None);
    for row in differences
        .lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1)
    {
        let cells: Vec<&str> = row.split('\t').collect();
        assert_eq!(cells.len(), 4, "{row}");
        assert!(!cells[3].is_empty(), "{row}");
        said.push(cells[..3].join("\t"));
    }
    for row in index.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let input = std::fs::read(china.join(cells[0])).unwrap();
        let wrong = |found: &[Finding]| {
            let errors = found.iter().filter(|of| of.severity == Severity::Error);
            let errors: Vec<&str> = errors.map(|of| of.code.as_str()).collect();
            let mut codes = errors.clone();
            codes.sort_unstable();
            codes.dedup();
            match errors.is_empty() {
                true => "good".to_owned(),
                false => format!("{} of {}", errors.len(), codes.join(" ")),
            }
        };
        let by_schema = match cells[2] {
            "no-xsd" => "none".to_owned(),
            verdict => {
                let schema = Schema::load(china.join(cells[3])).unwrap();
                let mut found: Vec<Finding> = Vec::new();
                schema
                    .check_slice(&input, &Default::default(), &mut found)
                    .unwrap();
                let good = !found.iter().any(|of| of.severity == Severity::Error);
                assert_eq!(good, verdict == "Y", "{}: {found:?}", cells[0]);
                wrong(&found)
            }
        };
        let by_specs = wrong(&check(&checker, &input));
        if by_specs != "good" || by_schema != "good" && by_schema != "none" {
            found.push(format!("{}\t{by_schema}\t{by_specs}", cells[0]));
        }
    }
    said.sort();
    found.sort();
    assert_eq!(found.join("\n"), said.join("\n"));
}
