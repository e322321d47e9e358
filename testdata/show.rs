//! `baowen show` and `check` of Chinese messages, as a user runs them.

use std::process::{Command, Output};

use serde_json::Value;

fn baowen(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baowen"));
    command
        .args(words)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("LC_ALL", "C");
    command.output().unwrap()
}

fn out(words: &[&str]) -> String {
    let output = baowen(words);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{words:?} {text}");
    text
}

fn fails(words: &[&str]) -> String {
    let output = baowen(words);
    assert_eq!(output.status.code(), Some(2), "{words:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_there_is() {
    let text = out(&["show", "--lang", "zh"]);
    for line in [
        "D24A",
        "公路舱单",
        "  MT1401_9@V1.0  公路进口原始舱单申请",
        "  CEB621@2018-113  进口清单数据报文（电商企业或其代理人）",
        "平台文件",
        "  IFCSUM@flat  舱单",
    ] {
        assert!(text.lines().any(|held| held == line), "{line}");
    }
    let json: Value = serde_json::from_str(&out(&["show", "--format", "json"])).unwrap();
    assert_eq!(json["messages"].as_array().unwrap().len(), 241);
    let own = out(&["show", "--specs", "testdata/layers/port-xml"]);
    assert!(own.contains("Your own messages\n"), "{own}");
}

#[test]
fn a_message_of_many_variants() {
    assert_eq!(
        out(&["show", "MT1401", "--lang", "zh"]),
        "MT1401_3@V1.0  公路进口原始舱单删除申请\nMT1401_5@V1.0  公路进口原始舱单变更申请\nMT1401_9@V1.0  公路进口原始舱单申请\n"
    );
    let said = fails(&["show", "MT1401", "--format", "xsd"]);
    assert!(said.contains("MT1401_3@V1.0, MT1401_5@V1.0"), "{said}");
}

#[test]
fn messages_and_what_is_in_them() {
    let text = out(&["show", "ceb621@2018-113", "--depth", "1"]);
    assert!(text.starts_with("message CEB621  Declaration list, import\n  edition  2018-113\n"));
    assert!(
        text.contains("\n    <Inventory>  M  100  Inventory\n"),
        "{text}"
    );
    assert!(!text.contains("<InventoryHead>"), "{text}");
    for path in ["DecMessage/DecHead", "DecMessage/DecMessage/dechead"] {
        let text = out(&["show", path, "--lang", "zh"]);
        assert!(
            text.starts_with("<DecHead>  M  1  unordered  报关单表头信息\n"),
            "{text}"
        );
        assert!(
            text.contains("\n  <AgentCode>  M  1  an1..10  申报单位代码\n"),
            "{text}"
        );
    }
    let said = fails(&["show", "DecMessage/DecHead/AgentCde"]);
    assert!(said.contains("AgentCode"), "{said}");
    let said = fails(&["show", "MT1041_9"]);
    assert!(said.contains("MT1401_9"), "{said}");
    let json: Value =
        serde_json::from_str(&out(&["show", "MT1401_9/Head", "--format", "json"])).unwrap();
    assert_eq!(json["sequence"][1]["is"], "9");
}

#[test]
fn forms_of_publishing() {
    let markdown = out(&["show", "MT1401_9", "--format", "markdown", "--lang", "zh"]);
    assert!(
        markdown.starts_with("# MT1401\\_9@V1.0 公路进口原始舱单申请\n"),
        "{markdown}"
    );
    assert!(
        markdown.contains("| &emsp;Head | M 1 |  | 报文头 |  |\n"),
        "{markdown}"
    );
    for name in [
        "CUSCAR@D95B",
        "BGM@D95B",
        "8053@D95B",
        "IFCSUM@flat",
        "DecMessage/DecHead",
    ] {
        let text = out(&["show", name, "--format", "markdown"]);
        assert!(
            text.starts_with("# ") && text.contains("\n| --- |"),
            "{text}"
        );
    }
    for name in ["CUSCAR@D95B", "MT1401_9", "IFCSUM@flat", "CEB621"] {
        let text = out(&["show", name, "--format", "json-schema"]);
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["type"], "object");
    }
    for name in ["CUSCAR@D95B", "CEB621@2022-05"] {
        let text = out(&["show", name, "--format", "xsd"]);
        let schema = baowen::xml::Schema::from_texts(&[("x.xsd", &text)]).unwrap();
        assert!(!schema.roots().is_empty());
    }
    let schema = "testdata/xml/layer/xml/shipment.xsd";
    let text = out(&[
        "show",
        "--schema",
        schema,
        "Shipment",
        "--format",
        "json-schema",
    ]);
    assert!(text.contains("Shipment"));
    for words in [
        ["show", "IFCSUM@flat", "--format", "xsd"],
        ["show", "D95B", "--format", "xsd"],
        ["show", "MT1401_9/Head", "--format", "json-schema"],
    ] {
        fails(&words);
    }
}

/// A folder with every syntax, in one run.
#[test]
fn a_mixed_folder() {
    let output = baowen(&["check", "--lang", "zh", "testdata/mixed"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    for said in [
        "cuscar.edi:4:5  CUSCAR@D95B 1",
        "MT1401.xml:9:15  MT1401_9@V1.0",
        "CEB621.xml:40:7  CEB621@2022-05",
        "IFCSUM.txt:10:22  IFCSUM",
        "21 个错误，5 个警告，1 个提示：5 个文件",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
}
