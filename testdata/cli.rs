//! The command line as a user runs it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

#[cfg(unix)]
#[path = "cli/ended.rs"]
mod ended;
#[path = "cli/laid_out.rs"]
mod laid_out;
#[path = "cli/terminal.rs"]
mod terminal;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn baowen(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baowen"));
    command
        .args(words)
        .current_dir(root())
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    command.output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn with_input(words: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baowen"));
    command.args(words).current_dir(root()).env("LC_ALL", "C");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

const SOUND: &str = "testdata/messages/cuscar.edi";
const FAULTY: &str = "testdata/faulty/cuscar.edi";

#[test]
fn exit_codes() {
    assert_eq!(code(&baowen(&["check", SOUND])), 0);
    assert_eq!(code(&baowen(&["check", FAULTY])), 1);
    assert_eq!(code(&baowen(&["check", "--level", "error", FAULTY])), 1);
    // Filtering changes what is printed, never the code.
    let hints = "testdata/dialects/asterisk-is-data-v3.edi";
    assert_eq!(code(&baowen(&["check", hints])), 0);
    assert!(
        out(&baowen(&["check", "--level", "error", hints]))
            .starts_with("0 errors, 0 warnings, 1 hint")
    );
    assert_eq!(code(&baowen(&["check", "--quiet", FAULTY])), 1);
    assert_eq!(out(&baowen(&["check", "--quiet", FAULTY])), "");
    assert_eq!(code(&baowen(&["check", "--no-such-option"])), 2);
    assert_eq!(code(&baowen(&["check", "--as", "CUSCAR@D99Z", SOUND])), 2);
    assert_eq!(code(&with_input(&["check", "-"], b"")), 1);
    assert_eq!(code(&with_input(&["check"], b"\x7fELF\0\0\0")), 1);
}

#[test]
fn what_cannot_be_read_does_not_stop_the_rest() {
    let output = baowen(&["check", "--format", "json", "testdata/no-such-file", FAULTY]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("testdata/no-such-file"));
    let lines: Vec<String> = out(&output).lines().map(str::to_owned).collect();
    assert!(lines.len() > 3);
    let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!(last["summary"]["files"], 1);
    // One that opens and cannot be read is none that was checked.
    if cfg!(target_os = "linux") {
        let output = baowen(&["check", "--format", "json", "/proc/self/mem", SOUND]);
        assert_eq!(code(&output), 2);
        let last: Value = serde_json::from_str(&out(&output)).unwrap();
        assert_eq!(last["summary"]["files"], 1);
    }
}

/// The types that a schema allows for a field.
fn fits(schema: &Value, value: &Value) -> bool {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match &schema["type"] {
        Value::String(only) => only == kind || only == "number" && kind == "integer",
        Value::Array(any) => any.iter().any(|one| one == kind),
        _ => true,
    }
}

#[test]
fn json_lines_are_as_the_schema_says() {
    let schema: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("src/finding/finding.schema.json")).unwrap(),
    )
    .unwrap();
    let finding = &schema["$defs"]["finding"];
    let output = out(&baowen(&[
        "check",
        "--format",
        "json",
        "--jobs",
        "1",
        "testdata/faulty",
        "testdata/findings",
    ]));
    let mut lines = 0;
    for line in output.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        let (kind, value) = match value.get("summary") {
            Some(summary) => (&schema["$defs"]["summary"], summary.clone()),
            None => (finding, value),
        };
        let object = value.as_object().unwrap();
        for name in kind["required"].as_array().unwrap() {
            assert!(
                object.contains_key(name.as_str().unwrap()),
                "{name} in {line}"
            );
        }
        for (name, value) in object {
            let known = &kind["properties"][name];
            assert!(!known.is_null(), "{name} is not in the schema");
            assert!(fits(known, value), "{name}: {value}");
        }
        lines += 1;
    }
    assert!(lines > 60);
    assert!(output.lines().last().unwrap().starts_with("{\"summary\""));
}

#[test]
fn sarif_is_one_document() {
    let output = baowen(&[
        "check",
        "--format",
        "sarif",
        "testdata/faulty",
        "testdata/mixed",
    ]);
    let value: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(value["version"], "2.1.0");
    let run = &value["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    let mut seen = Vec::new();
    for result in results {
        assert_ne!(result["message"]["text"], "");
        assert!(matches!(
            result["level"].as_str(),
            Some("error" | "warning" | "note")
        ));
        if let Some(at) = result.get("ruleIndex") {
            let at = usize::try_from(at.as_u64().unwrap()).unwrap();
            assert_eq!(rules[at]["id"], result["ruleId"]);
        }
        let place = &result["locations"][0]["physicalLocation"];
        let file = place["artifactLocation"]["uri"].as_str().unwrap();
        let bytes = std::fs::read(root().join(file)).unwrap();
        let region = &place["region"];
        let number = |name: &str| usize::try_from(region[name].as_u64().unwrap()).unwrap();
        assert!(number("startLine") >= 1 && number("startColumn") >= 1);
        let (start, len) = (number("byteOffset"), number("byteLength"));
        assert!(start + len <= bytes.len());
        // The end is exclusive: without one, a region is all of the line that is left.
        let inside = String::from_utf8_lossy(&bytes[start..start + len]);
        if len == 0 || !inside.contains('\n') {
            let columns = number("endColumn") - number("startColumn");
            assert_eq!(columns, inside.chars().count(), "{result}");
        }
        seen.push(result["ruleId"].as_str().unwrap());
    }
    assert!(seen.contains(&"missing-segment") && seen.contains(&"EDI-CONTAINER"));
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn sarif_is_a_document_whatever_happens() {
    let output = baowen(&["check", "--format", "sarif", SOUND]);
    let value: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(value["runs"][0]["results"], Value::Array(Vec::new()));
    let output = baowen(&[
        "check",
        "--format",
        "sarif",
        "testdata/no-such-file",
        FAULTY,
    ]);
    assert_eq!(code(&output), 2);
    let value: Value = serde_json::from_str(&out(&output)).unwrap();
    let run = &value["runs"][0];
    assert!(!run["results"].as_array().unwrap().is_empty());
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let told = &invocation["toolExecutionNotifications"][0]["message"]["text"];
    assert!(told.as_str().unwrap().contains("no-such-file"));
}

#[test]
fn sarif_tells_other_places() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("twice.edi");
    let message = "UNH+1+CUSCAR:D:95B:UN'BGM+785+1+9'UNT+3+1'";
    let header = "UNB+UNOA:2+A+B+261126:0930+1'";
    std::fs::write(&file, format!("{header}{message}{message}UNZ+2+1'")).unwrap();
    let output = baowen(&["check", "--format", "sarif", file.to_str().unwrap()]);
    let value: Value = serde_json::from_str(&out(&output)).unwrap();
    let results = value["runs"][0]["results"].as_array().unwrap();
    let related = results
        .iter()
        .find_map(|result| result.get("relatedLocations"))
        .unwrap();
    assert_ne!(related[0]["message"]["text"], "");
    assert_eq!(
        related[0]["physicalLocation"]["artifactLocation"]["uri"],
        format!("file://{}", file.display())
    );
}

#[test]
fn folders_are_walked_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let faulty = std::fs::read(root().join(FAULTY)).unwrap();
    for name in ["b.edi", "a.edi", ".hidden.edi", "sub/c.edi"] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &faulty).unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("a.edi"), folder.path().join("link.edi"))
        .unwrap();
    let path = folder.path().display().to_string();
    let one = out(&baowen(&[
        "check", "--format", "json", "--jobs", "1", &path,
    ]));
    let two = out(&baowen(&[
        "check", "--format", "json", "--jobs", "2", &path,
    ]));
    let files = |text: &str| {
        let mut files: Vec<String> = text
            .lines()
            .filter_map(|line| {
                serde_json::from_str::<Value>(line).ok()?["file"]
                    .as_str()
                    .map(str::to_owned)
            })
            .map(|file| {
                Path::new(&file)
                    .file_name()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        files.dedup();
        files
    };
    assert_eq!(files(&one), ["a.edi", "b.edi", "c.edi"]);
    let findings = |text: &str| {
        text.lines()
            .filter(|line| !line.starts_with("{\"summary\""))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(findings(&one), findings(&two));
}

#[test]
fn redacted_output_shows_no_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.edi");
    let secret = "ZHANGSAN";
    let text = format!(
        "UNB+UNOA:2+A+B+261123:0930+1'UNH+1+PAXLST:D:95B:UN'BGM+{secret}+1'NAD+{secret}{secret}'UNT+4+1'UNZ+1+1'"
    );
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    for format in ["text", "json", "sarif"] {
        let plain = out(&baowen(&["check", "--format", format, &path]));
        assert!(plain.contains(secret), "{format}");
        let masked = out(&baowen(&["check", "--redact", "--format", format, &path]));
        assert!(!masked.contains(secret), "{format}: {masked}");
    }
    assert!(!out(&baowen(&["tree", "--redact", &path])).contains(secret));
}

/// Values of a file, as long as a name or a number that says something: what is not service or
/// code but content.
fn values(input: &[u8]) -> Vec<String> {
    let mut values = Vec::new();
    let mut reader = baowen::edifact::Reader::new(input);
    while let Some(item) = reader.next().unwrap() {
        let baowen::edifact::Item::Segment(segment) = item else {
            continue;
        };
        if segment.tag().starts_with(b"UN") || segment.tag().starts_with(b"UI") {
            continue;
        }
        for token in segment.element_tokens() {
            if let Ok(value) = String::from_utf8(token.value().into_owned())
                && value.chars().count() >= 5
            {
                values.push(value);
            }
        }
    }
    values
}

#[test]
fn no_case_shows_a_value_when_redacted() {
    let mut tried = 0;
    for room in ["testdata/findings", "testdata/faulty", "testdata/dialects"] {
        for entry in std::fs::read_dir(root().join(room)).unwrap() {
            let path = entry.unwrap().path();
            let values = values(&std::fs::read(&path).unwrap());
            let file = path.display().to_string();
            for format in ["text", "json", "sarif"] {
                let text = out(&baowen(&["check", "--redact", "--format", format, &file]));
                for value in &values {
                    assert!(!text.contains(value), "{file}, {format}: {value}\n{text}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn a_value_that_breaks_off_a_segment_is_redacted() {
    // An apostrophe that should have been released makes a tag of what follows.
    for name in ["SECRETNAME", "SECRETLY", "Secrets"] {
        let input = format!(
            "UNB+UNOA:2+A+B+261123:0930+1'UNH+1+PAXLST:D:95B:UN'BGM+745'\
             NAD+FL+++O'{name}+X'UNT+5+1'UNZ+1+1'"
        );
        for format in ["text", "json", "sarif"] {
            let args = ["check", "--redact", "--format", format, "-"];
            let masked = out(&with_input(&args, input.as_bytes()));
            assert!(!masked.contains(name), "{format}: {masked}");
        }
    }
}

#[test]
fn what_is_cut_of_transcoded_input_is_said() {
    let segments = "FTX+AAA+++\x1b$Z1\x1b(Q'".repeat(6);
    let input = format!(
        "UNB+UNOX:4+A+B+20261123:0930+1'UNH+1+CUSCAR:D:95B:UN'BGM+785+1'{segments}UNT+9+1'UNZ+1+1'"
    );
    let args = ["check", "--max-findings", "2", "--lang", "en", "-"];
    let text = out(&with_input(&args, input.as_bytes()));
    let shown = text.matches("[unknown-escape-sequence]").count();
    assert_eq!(shown, 2, "{text}");
    let more = "10 more findings of unknown-escape-sequence not shown";
    assert!(text.contains(more), "{text}");
}

#[test]
fn escape_sequences_do_not_reach_the_terminal() {
    let input = "UNB+UNOA:2+A+B+261123:0930+1'UNH+1+CUSCAR:D:95B:UN'BGM+\x1b[2J\u{202e}\x07+1'UNT+3+1'UNZ+1+1'";
    let text = out(&with_input(&["check", "-"], input.as_bytes()));
    assert!(
        !text.contains('\x1b') && !text.contains('\u{202e}') && !text.contains('\x07'),
        "{text:?}"
    );
    assert!(text.contains("\\u{1b}"));
    let tree = out(&with_input(&["tree", "-"], input.as_bytes()));
    assert!(!tree.contains('\x1b') && !tree.contains('\u{202e}'));
}

#[test]
fn both_languages() {
    assert!(out(&baowen(&["check", "--lang", "zh", FAULTY])).contains("错误[unknown-code]"));
    assert!(out(&baowen(&["--lang", "zh", "check", "--help"])).contains("校验文件和文件夹"));
    assert!(out(&baowen(&["explain", "missing-segment", "--lang", "zh"])).contains("缺少必备段"));
    let output = Command::new(env!("CARGO_BIN_EXE_baowen"))
        .args(["check", FAULTY])
        .current_dir(root())
        .env("LC_ALL", "zh_CN.UTF-8")
        .output()
        .unwrap();
    assert!(out(&output).contains("错误"));
    let help = out(&baowen(&["check", "--lang", "zh", "--help"]));
    for heading in ["用法：", "参数:", "选项:", "显示帮助"] {
        assert!(help.contains(heading), "{help}");
    }
    assert!(
        !help.contains("Options") && !help.contains("Print"),
        "{help}"
    );
    for (words, told) in [
        (
            &["check", "--level", "x"] as &[&str],
            "--level <LEVEL> 的值 'x' 无效",
        ),
        (&["check", "--level", "x"], "可用的值：error、warning、hint"),
        (&["check", "--lvel", "x"], "是否指：--level"),
        (&["chek"], "没有命令 'chek'"),
        (&["tree"], "缺少必须给出的参数：<FILE>"),
        (&["check", "--jobs", "0"], "--jobs <N> 的值 '0' 无效"),
        (
            &["check", "--on", "2026-13-01"],
            "--on <DATE> 的值 '2026-13-01' 无效",
        ),
        (&["check", "--level"], "--level <LEVEL> 须给出值"),
    ] {
        let output = baowen(&[&["--lang", "zh"], words].concat());
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains(told), "{}", err(&output));
    }
    let version = out(&baowen(&["--lang", "zh", "--version"]));
    assert!(version.starts_with("baowen "), "{version}");
}

#[test]
fn layers() {
    let layer = "testdata/layers/port-baplie";
    let baplie = "testdata/messages/baplie.edi";
    assert_eq!(code(&baowen(&["check", baplie])), 0);
    let text = out(&baowen(&["specs", "--specs", layer, "--layers"]));
    assert!(
        text.contains("restrict message BAPLIE") && text.contains("3 overrides"),
        "{text}"
    );
    let input = std::fs::read_to_string(root().join(baplie)).unwrap();
    let changed = input
        .replacen("MEA+WT", "DIM+1+CMT:1:2:3'MEA+WT", 1)
        .replacen("LOC+9+", "LOC+76+", 1);
    let found = with_input(
        &["check", "--specs", layer, "--format", "json", "-"],
        changed.as_bytes(),
    );
    let text = out(&found);
    assert!(
        text.contains("\"code\":\"unknown-code\"") && text.contains("76"),
        "{text}"
    );
    assert!(
        text.contains("unknown-segment")
            || text.contains("unexpected-segment")
            || text.contains("too-many-segments"),
        "{text}"
    );
    assert!(out(&baowen(&["show", "8053@D95B", "XPC", "--specs", layer])).contains("Port crane"));
    assert_eq!(code(&baowen(&["show", "8053@D95B", "XPC"])), 2);
}

#[test]
fn a_broken_layer_is_located() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("edifact")).unwrap();
    let path = folder.path().display().to_string();
    for (text, place) in [
        (
            "restrict message BAPLIE  D95B\n  SG2/RFF  X  1\n",
            ":2:12: ",
        ),
        ("restrict message BAPLIE  D95B\n  SG2  C  99999\n", ":2:"),
        ("restrict message NOSUCH  D95B\n  drop BGM\n", ":1:"),
        ("new message BAPLIE\n  D95B  Mine\n    UNH  M  1\n", ":2:"),
        ("message X\n", ":1:"),
    ] {
        std::fs::write(folder.path().join("edifact/x.txt"), text).unwrap();
        let output = baowen(&["check", "--specs", &path, SOUND]);
        assert_eq!(code(&output), 2, "{text}");
        assert!(
            err(&output).contains(&format!("x.txt{place}")),
            "{}",
            err(&output)
        );
    }
}

#[test]
fn published_standards() {
    let json = |words: &[&str]| -> Value { serde_json::from_str(&out(&baowen(words))).unwrap() };
    assert!(out(&baowen(&["show"])).lines().count() > 62);
    assert!(
        json(&["show", "D95B", "--format", "json"])["messages"]
            .as_array()
            .unwrap()
            .len()
            > 100
    );
    let message = json(&["show", "CUSCAR@D95B", "--format", "json"]);
    assert_eq!(
        message["structure"][1],
        serde_json::json!({"segment": "BGM", "status": "M", "max": 1})
    );
    let group = message["structure"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["group"] == 1)
        .unwrap();
    assert_eq!(
        (&group["status"], &group["max"]),
        (&Value::from("C"), &Value::from(9))
    );
    let segment = json(&["show", "BGM@D95B", "--format", "json"]);
    assert_eq!(segment["elements"][0]["components"][0]["format"], "an..3");
    let codes = json(&["show", "1001@D95B", "--format", "json"]);
    assert_eq!(codes["codes"]["380"], "Commercial invoice");
    assert_eq!(
        json(&["show", "1001@D95B", "380", "--format", "json"])["codes"]
            .as_object()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(code(&baowen(&["show", "NOSUCH@D95B"])), 2);
    // A code is asked of an element; what has none says so.
    for name in ["D95B", "CUSCAR@D95B", "BGM@D95B", "MT1401_9", "IFCSUM@flat"] {
        let output = baowen(&["show", name, "85"]);
        assert_eq!((code(&output), out(&output).as_str()), (2, ""), "{name}");
        assert!(err(&output).contains("1001@D95B 85"), "{}", err(&output));
    }
    let markdown = out(&baowen(&["show", "D95B", "--format", "markdown"]));
    assert!(markdown.contains("| BAPLIE | Bayplan"), "{markdown}");
    for (name, told) in [
        ("IFCSUMX@flat", "near: IFCSUM"),
        ("CEB621@1999", "it has 2022-05, 2018-113"),
        ("CEB612", "near: CEB"),
        ("MT9999", "nothing is called"),
    ] {
        let output = baowen(&["show", name]);
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains(told), "{}", err(&output));
    }
    let near = baowen(&["explain", "missing-segmnt"]);
    assert_eq!(code(&near), 2);
    assert!(err(&near).contains("did you mean: missing-segment"));
    assert!(out(&baowen(&["show", "UNB@S4"])).contains("S001"));
}

#[test]
fn xml_schemas() {
    let schema = "testdata/xml/layer/xml/shipment.xsd";
    let faulty = "testdata/xml/findings/xsd-enumeration.xml";
    // Without a schema only the form is looked at, and a hint says so.
    let output = baowen(&["check", faulty]);
    assert_eq!(code(&output), 0);
    assert!(out(&output).contains("xml-no-schema"));
    let by_layer = baowen(&["check", "--specs", "testdata/xml/layer", faulty]);
    for output in [by_layer, baowen(&["check", "--schema", schema, faulty])] {
        assert_eq!(code(&output), 1);
        assert!(out(&output).contains("KG of @unit is none of: KGM, TNE"));
        assert!(
            out(&output).contains(":3:35  Shipment, Shipment/Box/@unit"),
            "{}",
            out(&output)
        );
    }
    let json = baowen(&["check", "--schema", schema, faulty, "--format", "json"]);
    let first: Value = serde_json::from_str(out(&json).lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["syntax"], &first["path"]),
        (&Value::from("xml"), &Value::from("Shipment/Box/@unit"))
    );
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.xsd");
    std::fs::write(&broken, "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\n <xs:element name='a' type='b'/></xs:schema>").unwrap();
    let output = baowen(&["check", "--schema", broken.to_str().unwrap(), faulty]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("broken.xsd:2:2"), "{}", err(&output));

    let shown = out(&baowen(&["show", "--schema", schema, "Shipment/Box"]));
    assert_eq!(
        shown,
        "Box  C  *\n  @number  C  Number\n  @unit  C  Unit  KGM|TNE\n  Weight  C  1  Weight  n..6,2\n  Seal  C  2  xs:string\n"
            .replacen("C  *", "M  1", 1)
    );
    let json = out(&baowen(&[
        "show", "--schema", schema, "shipment", "--format", "json",
    ]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["content"]["sequence"][0]["element"], "When");
    let missing = baowen(&["show", "--schema", schema, "Shipment/Boxx"]);
    assert_eq!(code(&missing), 2);
    assert!(
        err(&missing).contains("Carrier, Box, Bill"),
        "{}",
        err(&missing)
    );
}

#[test]
fn trees_and_format() {
    let tree = out(&baowen(&["tree", SOUND]));
    assert!(
        tree.contains("D_1001  Document/message name, coded = 785"),
        "{tree}"
    );
    let json = out(&baowen(&["tree", "--format", "json", SOUND]));
    let message: Value = serde_json::from_str(json.lines().nth(1).unwrap()).unwrap();
    assert_eq!(message["name"], "M_CUSCAR");
    let formatted = out(&baowen(&["fmt", SOUND]));
    assert!(
        formatted.contains("\n    RFF+BM:EXLNSHA0001'\n"),
        "{formatted}"
    );
    let small = out(&baowen(&["fmt", "--minify", SOUND]));
    assert_eq!(small.lines().count(), 1);
    // Both say the same as the original.
    let bare = |text: &str| text.lines().map(str::trim_start).collect::<String>();
    let original = std::fs::read_to_string(root().join(SOUND)).unwrap();
    assert_eq!(bare(&formatted), bare(&original));
    assert_eq!(small, bare(&original));
}

#[test]
fn pages_are_generated() {
    assert!(out(&baowen(&["completions", "bash"])).contains("baowen"));
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        code(&baowen(&["man", &folder.path().display().to_string()])),
        0
    );
    assert!(folder.path().join("baowen-check.1").exists());
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_is_quiet() {
    let mut input =
        Vec::from(&b"UNB+UNOA:2+A+B+261123:0930+1'UNH+1+CUSCAR:D:95B:UN'BGM+785+1'"[..]);
    for _ in 0..20_000 {
        input.extend_from_slice(b"BGM+785+1'");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.edi");
    std::fs::write(&path, input).unwrap();
    let script = format!(
        "'{}' check --max-findings 100000 '{}' | head -1",
        env!("CARGO_BIN_EXE_baowen"),
        path.display()
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(err(&output), "");
}

#[test]
fn acknowledgements() {
    let folder = tempfile::tempdir().unwrap();
    let contrl = folder.path().join("contrl.edi");
    let contrl = contrl.to_str().unwrap();
    let faulty = "testdata/ack/contrl/segments.edi";
    let now = ["--now", "2026-11-24T10:30"];
    let written = baowen(&[&["ack", faulty, "--out", contrl][..], &now].concat());
    assert_eq!((code(&written), err(&written)), (1, String::new()));
    let read = baowen(&[
        "ack",
        "--read",
        contrl,
        "--original",
        faulty,
        "--format",
        "json",
    ]);
    assert_eq!(code(&read), 1);
    let lines: Vec<Value> = out(&read)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let first = lines
        .iter()
        .find(|line| line["code"] == "ack-error")
        .unwrap();
    let said = |name: &str| first[name].clone();
    assert_eq!(said("ack_code"), "12");
    assert_eq!(
        (said("file"), said("line"), said("column")),
        (faulty.into(), 3.into(), 5.into())
    );
    assert_eq!(
        (said("segment_number"), said("element")),
        (2.into(), 1.into())
    );
    assert_eq!(first["related"][0]["file"], contrl);
    let sound = baowen(&[&["ack", "testdata/ack/contrl/sound.edi"][..], &now].concat());
    assert_eq!(code(&sound), 0);
    assert!(out(&sound).contains("UCI+REF1"));
    // No answer, and no file of one.
    let none = folder.path().join("none.edi");
    let unreadable = "testdata/ack/contrl/header-unreadable.edi";
    let failed = baowen(&["ack", unreadable, "--out", none.to_str().unwrap()]);
    assert_eq!(code(&failed), 2);
    assert!(
        err(&failed).contains("no acknowledgement"),
        "{}",
        err(&failed)
    );
    assert!(!none.exists());
    let piped = with_input(&["ack", "-"], &std::fs::read(root().join(faulty)).unwrap());
    assert_eq!(code(&piped), 1);
    for wrong in [
        &["ack"][..],
        &["ack", "no-such-file.edi"],
        &["ack", faulty, "--now", "today"],
        &["ack", faulty, "--kind", "aperak", "--release", "D93A"],
        &["ack", faulty, "--reference", "FAR-TOO-LONG-A-REFERENCE"],
        &["ack", faulty, "--read", faulty],
        &["ack", "--read", "no-such-file.edi"],
    ] {
        let output = baowen(wrong);
        assert_eq!(code(&output), 2, "{wrong:?}");
        assert!(!err(&output).is_empty(), "{wrong:?}");
    }
    let zh = baowen(&["--lang", "zh", "ack", "--help"]);
    assert!(out(&zh).contains("生成回执"));
}

const PORT_CODES: &str = "testdata/layers/port-codes";

#[test]
fn codes_are_listed_and_looked_up() {
    let list = out(&baowen(&["codes"]));
    assert!(list.lines().count() > 85);
    assert!(list.lines().any(|line| line.starts_with("country ")
        && line.contains("264  Countries and regions (customs)  [official-copy]")));
    let found = baowen(&["codes", "country", "CHN", "KOR"]);
    assert_eq!(code(&found), 0);
    assert_eq!(
        out(&found),
        "CHN  China  中国\n  customs  142\n  ciq  156\n  alpha2  CN\n\
         KOR  Korea (the Republic of)  韩国\n  customs  133\n  ciq  410\n  alpha2  KR\n"
    );
    let nested = out(&baowen(&["codes", "hs2022", "0101"]));
    assert!(nested.contains("  parent  01  Animals; live\n"), "{nested}");
    let table = out(&baowen(&["--lang", "zh", "codes", "ie-flag"]));
    assert!(
        table.starts_with("ie-flag  进出口标志\n") && table.ends_with("I  进口\nE  出口\n"),
        "{table}"
    );
    let json: Value = serde_json::from_str(&out(&baowen(&[
        "codes", "country", "CHN", "--format", "json",
    ])))
    .unwrap();
    assert_eq!(
        (&json["table"], &json["code"], &json["zh"], &json["customs"]),
        (
            &"country".into(),
            &"CHN".into(),
            &"中国".into(),
            &"142".into()
        )
    );
    let csv = out(&baowen(&["codes", "packaging", "22", "--format", "csv"]));
    assert!(
        csv.starts_with("code,en,zh,customs,customs-zh,ciq,ciq-zh\r\n22,,纸制或纤维板制盒/箱,2,"),
        "{csv}"
    );
    let quoted = out(&baowen(&["codes", "hs2022", "010121", "--format", "csv"]));
    assert!(
        quoted.contains("\"Horses; live, pure-bred breeding animals\""),
        "{quoted}"
    );
    for line in out(&baowen(&["codes", "--format", "json"])).lines() {
        let table: Value = serde_json::from_str(line).unwrap();
        assert!(
            table["rows"].as_u64().unwrap() > 0 && table["trust"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn codes_that_are_not_there_are_told_with_near_ones() {
    let unknown = baowen(&["codes", "country", "CHX", "CHN"]);
    assert_eq!(code(&unknown), 1);
    assert!(out(&unknown).starts_with("CHN  China"));
    assert_eq!(
        err(&unknown),
        "baowen: \"CHX\" is not a code of country; did you mean CHE, CHL, CHN\n"
    );
    let elsewhere = baowen(&["codes", "country", "CN"]);
    assert_eq!(
        (code(&elsewhere), err(&elsewhere)),
        (
            1,
            "baowen: \"CN\" is not a code of country; did you mean CHN (alpha2 CN), CAN, PCN\n"
                .to_owned()
        )
    );
    let ended = baowen(&["codes", "currency-iso4217", "DEM", "--on", "2024-01-01"]);
    assert_eq!(
        (code(&ended), err(&ended)),
        (
            1,
            "baowen: DEM is not valid on 2024-01-01  (valid to 2002-03-31)\n".to_owned()
        )
    );
    assert_eq!(
        code(&baowen(&[
            "codes",
            "currency-iso4217",
            "DEM",
            "--on",
            "20020331"
        ])),
        0
    );
    for (words, said) in [
        (
            vec!["codes", "contry"],
            "there is no table \"contry\"; did you mean country",
        ),
        (
            vec!["codes", "币制"],
            "there is no table \"币制\"; did you mean currency",
        ),
        (
            vec!["codes", "country", "--on", "yesterday"],
            "is no day, as 2024-01-31",
        ),
        (vec!["codes", "--search", "x"], "--search needs a table"),
        (
            vec!["codes", "country", "CHN", "--search", "x"],
            "--search takes the place of codes",
        ),
        (
            vec!["codes", "--crosswalk", "country:alpha3", "unit:rec20"],
            "country and unit are two crosswalks",
        ),
        (
            vec!["codes", "--crosswalk", "country:alpha3", "country:no"],
            "country has no side \"no\"; it has alpha3, alpha2, customs, ciq, numeric",
        ),
        (
            vec!["codes", "--crosswalk", "country", "country:ciq"],
            "is no side of a crosswalk, as country:alpha3",
        ),
        (
            vec!["codes", "--crosswalk", "country:ciq"],
            "2 values required",
        ),
    ] {
        let output = baowen(&words);
        assert_eq!(code(&output), 2, "{words:?}");
        assert!(err(&output).contains(said), "{words:?} {}", err(&output));
    }
}

#[test]
fn codes_are_searched_and_translated() {
    assert_eq!(
        out(&baowen(&["codes", "country", "--search", "韩国"])),
        "KOR  Korea (the Republic of)  韩国\n"
    );
    assert!(out(&baowen(&["codes", "country", "--search", "hg"])).starts_with("KOR"));
    assert_eq!(
        code(&baowen(&["codes", "country", "--search", "no such land"])),
        1
    );
    let one = baowen(&[
        "codes",
        "--crosswalk",
        "country:alpha3",
        "country:customs",
        "KOR",
    ]);
    assert_eq!((code(&one), out(&one)), (0, "KOR  133\n".to_owned()));
    let several = out(&baowen(&[
        "codes",
        "--crosswalk",
        "transport-mode:unified",
        "transport-mode:rec19",
        "2",
        "--format",
        "json",
    ]));
    let several: Value = serde_json::from_str(&several).unwrap();
    assert_eq!(several["counterparts"], serde_json::json!(["1", "8"]));
    assert_eq!(several["relation"], "widening");
    let none = baowen(&[
        "codes",
        "--crosswalk",
        "transport-mode:unified",
        "transport-mode:rec19",
        "L",
        "Q",
    ]);
    assert_eq!(code(&none), 1);
    assert!(
        err(&none).contains("L has no counterpart in transport-mode:rec19")
            && err(&none).contains("\"Q\" is not a code of transport-mode:unified")
    );
    let all = out(&baowen(&[
        "codes",
        "--crosswalk",
        "currency:alpha",
        "currency:customs",
        "--format",
        "csv",
    ]));
    assert!(
        all.starts_with("currency:alpha,currency:customs\r\nHKD,110\r\n")
            && all.lines().count() == 23
    );
    assert!(
        out(&baowen(&["codes", "--crosswalks"]))
            .contains("  country:alpha3 → country:customs  narrowing  264/264\n")
    );
}

#[test]
fn codes_of_a_layer() {
    let on = |day| baowen(&["codes", "berth", "B02", "--on", day, "--specs", PORT_CODES]);
    assert!(out(&on("2023-06-30")).starts_with("B02  Berth 2, river side"));
    assert!(out(&on("2023-07-01")).starts_with("B02  Berth 2, sea side"));
    assert!(out(&baowen(&["codes", "berth", "--specs", PORT_CODES, "--on", "2025-01-01"])).ends_with(
        "T1  Terminal one  一号码头\nB01  Berth 1  一号泊位\nB02  Berth 2, sea side  二号泊位（外海）  (valid from 2023-07-01)\n"
    ));
    let ended = baowen(&[
        "codes",
        "domestic-port",
        "110001",
        "--specs",
        PORT_CODES,
        "--on",
        "2026-01-01",
    ]);
    assert_eq!(code(&ended), 1);
    let translated = out(&baowen(&[
        "codes",
        "--crosswalk",
        "berth:port",
        "berth:operator",
        "B01",
        "--specs",
        PORT_CODES,
    ]));
    assert_eq!(translated, "B01  Q-1\n");
    let layers = out(&baowen(&["specs", "--layers", "--specs", PORT_CODES]));
    assert!(
        layers.contains("extends table domestic-port: 2 added, 1 ended"),
        "{layers}"
    );
}

#[test]
fn rules_are_listed_explained_and_tested() {
    let listed = baowen(&["rules", "DecMessage", "--format", "json"]);
    assert_eq!(code(&listed), 0);
    let rules: Vec<Value> = out(&listed)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let rule = rules.iter().find(|rule| rule["id"] == "DEC-041").unwrap();
    assert_eq!(rule["messages"], serde_json::json!(["DecMessage"]));
    assert_eq!(
        (&rule["severity"], &rule["class"], &rule["enforced"]),
        (&"error".into(), &"local".into(), &true.into())
    );
    assert!(
        rules
            .iter()
            .all(|rule| rule["source_rule"] == rule["source_rules"][0])
    );
    let of_rows = rules.iter().filter(|rule| rule["source_rule"].is_string());
    assert!(of_rows.count() > rules.len() / 2);
    let text = out(&baowen(&[
        "--lang",
        "zh",
        "rules",
        "flat IFCSUM",
        "--disable",
        "PF-018",
    ]));
    assert!(
        text.contains("未启用") && text.contains("提单号重复"),
        "{text}"
    );
    let explained = out(&baowen(&["explain", "DEC-041"]));
    for part in [
        "this.NetWt <= this.GrossWet",
        "GACC",
        "pass",
        "fail",
        "rules/declaration-head.txt:",
    ] {
        assert!(explained.contains(part), "{part}: {explained}");
    }
    let unknown = baowen(&["explain", "EC-041"]);
    assert_eq!(code(&unknown), 2);
    assert!(err(&unknown).contains("DEC-041"), "{}", err(&unknown));
    let layer = "testdata/layers/port-rules";
    let tested = baowen(&["rules", "--specs", layer, "--test"]);
    assert_eq!(code(&tested), 0, "{}", out(&tested));
    let wrong = baowen(&["rules", "--rules", "testdata/rules/errors/unknown-path.txt"]);
    assert_eq!(code(&wrong), 2);
    assert!(
        err(&wrong).contains("unknown-path.txt:4:9"),
        "{}",
        err(&wrong)
    );
}

#[test]
fn rules_are_applied_chosen_and_counted() {
    let file = "testdata/rules/check/licence.xml";
    let summary = |words: &[&str]| -> Value {
        let words = [&["check", "--format", "json", file], words].concat();
        let lines = out(&baowen(&words));
        let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        last["summary"].clone()
    };
    let of_rules = |words: &[&str]| -> Vec<String> {
        let words = [&["check", "--format", "json", file], words].concat();
        let lines = out(&baowen(&words));
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .filter_map(|line| line["rule"].as_str().map(str::to_owned))
            .collect()
    };
    let register = "licence=testdata/rules/licence.csv";
    assert_eq!(of_rules(&["--register", register]), ["DEC-LICENCE-BALANCE"]);
    assert!(
        summary(&[])["not_evaluated"].as_u64()
            > summary(&["--register", register])["not_evaluated"].as_u64()
    );
    assert_eq!(summary(&["--rules", "none"])["not_evaluated"], 0);
    let disabled = of_rules(&["--register", register, "--disable", "DEC-LICENCE-BALANCE"]);
    assert!(disabled.is_empty());
    for (words, said) in [
        (["--register", "licence"], "NAME=VALUE"),
        (["--register", "licence=no-such.csv"], "no-such.csv"),
        (["--rules", "declaratoin"], "did you mean declaration"),
        (["--disable", "DEC-O41"], "did you mean DEC-041"),
        (["--on", "2026-13-01"], "2026-13-01"),
    ] {
        let failed = baowen(&[&["check", file], &words[..]].concat());
        assert_eq!(code(&failed), 2, "{words:?}");
        assert!(err(&failed).contains(said), "{}", err(&failed));
    }
    let sarif = out(&baowen(&[
        "check",
        "--format",
        "sarif",
        "testdata/rules/check/DecMessage.xml",
    ]));
    assert!(sarif.contains("\"ruleId\":\"DEC-041\""));
    let redacted = out(&baowen(&[
        "check",
        "--redact",
        "testdata/rules/check/DecMessage.xml",
    ]));
    assert!(redacted.contains("net weight **** is above"), "{redacted}");
}

#[test]
fn documents_are_checked_together() {
    let together = baowen(&[
        "check",
        "--together",
        "--format",
        "json",
        "testdata/rules/together",
    ]);
    let lines = out(&together);
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let joined: Vec<&Value> = lines
        .iter()
        .filter(|line| {
            line["rule"]
                .as_str()
                .is_some_and(|rule| rule.starts_with("ACROSS-"))
        })
        .collect();
    assert!(!joined.is_empty());
    let differing = joined
        .iter()
        .find(|line| {
            line["message"]
                .as_str()
                .unwrap()
                .starts_with("the manifest has")
        })
        .unwrap();
    assert_eq!(differing["file"], "testdata/rules/together/manifest.xml");
    assert_eq!(
        differing["related"][0]["file"],
        "testdata/rules/together/tally.xml"
    );
    let apart = out(&baowen(&[
        "check",
        "--format",
        "json",
        "testdata/rules/together",
    ]));
    assert!(!apart.contains("ACROSS-"));
}

const PORT_MAP: &str = "testdata/layers/port-map";

#[test]
fn maps_are_listed_checked_and_explained() {
    let listed = baowen(&["map"]);
    assert_eq!(code(&listed), 0);
    assert!(out(&listed).contains("CUSCAR@D95B ⇄ MT1101_9@2019"));
    let listed = baowen(&["map", "--specs", PORT_MAP, "--lang", "zh"]);
    assert!(out(&listed).contains("靠泊申请"), "{}", out(&listed));
    let unknown = baowen(&["map", "lint", "cuscar-mt1101", "no-such-map", "no-such.txt"]);
    assert_eq!(code(&unknown), 2);
    assert!(out(&unknown).contains("cuscar-mt1101: "));
    assert!(err(&unknown).contains("no-such-map") && err(&unknown).contains("no-such.txt"));
    let linted = baowen(&["map", "lint", "cuscar-mt1101"]);
    assert_eq!(code(&linted), 0);
    assert!(out(&linted).contains("rows, sound"), "{}", out(&linted));
    let explained = baowen(&["map", "explain", "berth-berman", "--specs", PORT_MAP]);
    let text = out(&explained);
    assert!(
        text.contains("remark <-> S_FTX[D_4451 == \"AAI\"]/C_C108/D_4440..5"),
        "{text}"
    );
    assert!(text.contains("cut 70 | lossy: A remark is cut"), "{text}");
    let json = baowen(&["map", "explain", "cuscar-mt1101", "--format", "json"]);
    let json: Value = serde_json::from_str(&out(&json)).unwrap();
    assert_eq!(json["left"], "CUSCAR@D95B");
    assert!(json["forth"].as_str().unwrap().starts_with("streams"));
    let markdown = baowen(&[
        "map",
        "explain",
        "cuscar-mt1101",
        "--format",
        "markdown",
        "--lang",
        "zh",
    ]);
    assert!(out(&markdown).contains("| `S_BGM/D_1004` |"));
    // A shipped file is read in the place of what ships, and its fragments are not there twice.
    let linted = baowen(&["map", "lint", "specs/maps/ifcsum-flat-ifcsum.txt"]);
    let text = out(&linted);
    assert_eq!(code(&linted), 0, "{text}");
    assert!(text.contains("ifcsum-flat-ifcsum: "), "{text}");
    assert!(!text.contains("S_UNH"), "{text}");
    let unknown = baowen(&["map", "explain", "cuscar-mt1102"]);
    assert_eq!(code(&unknown), 2);
    assert!(err(&unknown).contains("did you mean cuscar-mt1101"));
}

#[test]
fn fields_that_stand_several_times_keep_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let [file, json] = ["note.txt", "note.json"].map(|name| folder.path().join(name));
    let (file, json) = (file.to_str().unwrap(), json.to_str().unwrap());
    // An empty one stands between two of a field, and at the end of another.
    let flat = "00:NOTE:N1'\n14:A::MARK3:KIND:L1::L3::'\n99:3'\n";
    std::fs::write(file, flat).unwrap();
    let layer = ["--specs", "testdata/maps/layer"];
    let tree = baowen(&["tree", layer[0], layer[1], file]);
    let tree = out(&tree);
    for line in [
        "F_2  Marks = A",
        "F_2[3]  Marks = MARK3",
        "F_5  Kind = KIND",
        "F_6[3]  Lines = L3",
    ] {
        assert!(tree.contains(line), "{line}\n{tree}");
    }
    let made = baowen(&[
        "convert", layer[0], layer[1], "--to", "json", file, "--out", json,
    ]);
    assert_eq!(code(&made), 0, "{}", err(&made));
    let text = std::fs::read_to_string(json).unwrap();
    let fields = r#"{"F_2":["A","","MARK3"],"F_5": "KIND","F_6":["L1","","L3","",""]}"#;
    assert!(text.contains(fields), "{text}");
    let back = baowen(&["convert", "--to", "flat", json]);
    assert_eq!(out(&back), flat, "{}", err(&back));
}

/// Parameters of the sample of a shipped map, as arguments.
fn params_of(map: &str) -> Vec<String> {
    let file = format!("testdata/maps/shipped/{map}/params");
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| format!("--param={line}")).collect()
}

#[test]
fn what_is_written_may_be_in_another_character_set() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.xml");
    let file = file.to_str().unwrap();
    let params = params_of("ceb303-ceb603");
    let order = "testdata/maps/shipped/ceb303-ceb603/forth/order.xml";
    let run = |more: &[&str]| {
        let mut words = vec!["translate", order, "--map", "ceb303-ceb603", "--out", file];
        words.extend(params.iter().map(String::as_str));
        words.extend(more);
        baowen(&words)
    };
    let plain = run(&[]);
    assert_eq!(code(&plain), 0, "{}", err(&plain));
    let utf8 = std::fs::read_to_string(file).unwrap();
    assert!(utf8.contains("示例物流"), "{utf8}");
    let other = run(&["--to-charset", "gb18030"]);
    assert_eq!(code(&other), 0, "{}", err(&other));
    let bytes = std::fs::read(file).unwrap();
    assert!(bytes.starts_with(b"<?xml version=\"1.0\" encoding=\"gb18030\"?>"));
    let (text, _, broken) = encoding_rs::GB18030.decode(&bytes);
    assert!(!broken);
    let body = |text: &str| text.split_once("?>").unwrap().1.to_owned();
    assert_eq!(body(&text), body(&utf8));
    assert_eq!(code(&baowen(&["check", "--rules", "none", file])), 0);
    let json = run(&["--to-charset", "gb18030", "--format", "json"]);
    assert_eq!(code(&json), 2);
    assert!(err(&json).contains("UTF-8"), "{}", err(&json));

    // A flat file is written in GB18030 where nothing is said, and in UTF-8 where it is asked for.
    let flat = "testdata/maps/shipped/ifcsum-flat-ifcsum/back";
    let input = std::fs::read_dir(flat)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let input = input.to_str().unwrap();
    let words = [
        "translate",
        input,
        "--map",
        "ifcsum-flat-ifcsum",
        "--reverse",
        "--out",
        file,
    ];
    let mut utf8 = words.to_vec();
    utf8.extend(["--to-charset", "utf-8"]);
    assert!(code(&baowen(&words)) < 2);
    let written = std::fs::read(file).unwrap();
    assert!(code(&baowen(&utf8)) < 2);
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(encoding_rs::GB18030.decode(&written).0, text);
    // UNB names the character set of an interchange: that is a row's, and a parameter of the map.
    let words = [
        "translate",
        "x.txt",
        "--map",
        "ifcsum-flat-ifcsum",
        "--to-charset",
        "UNOY",
    ];
    let named = baowen(&words);
    assert_eq!(code(&named), 2);
    assert!(
        err(&named).contains("parameter of the map"),
        "{}",
        err(&named)
    );
}

#[test]
fn a_draft_is_checked_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.xml");
    let file = file.to_str().unwrap();
    let order = "testdata/maps/shipped/ceb311-ceb621/forth/order.xml";
    let params = params_of("ceb311-ceb621");
    let mut words = vec!["translate", order, "--map", "ceb311-ceb621", "--out", file];
    words.extend(params.iter().map(String::as_str));
    let written = baowen(&words);
    assert_eq!(code(&written), 0, "{}", err(&written));
    assert!(err(&written).contains("map-unsigned"), "{}", err(&written));
    let unsigned = baowen(&["check", "--rules", "none", file]);
    assert_eq!(code(&unsigned), 1);
    let draft = baowen(&["check", "--rules", "none", "--unsigned", file]);
    assert_eq!(code(&draft), 0, "{}", out(&draft));
    assert!(out(&draft).contains("xsd-unsigned"), "{}", out(&draft));
    // Whatever else is missing is missing.
    let text = std::fs::read_to_string(file).unwrap();
    let from = text.find("<BaseTransfer>").unwrap();
    let to = text.find("</BaseTransfer>").unwrap() + "</BaseTransfer>".len();
    std::fs::write(file, format!("{}{}", &text[..from], &text[to..])).unwrap();
    assert_eq!(
        code(&baowen(&["check", "--rules", "none", "--unsigned", file])),
        1
    );
    // Signed, it is complete.
    let signature =
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/></CEB621Message>";
    std::fs::write(file, text.replace("</CEB621Message>", signature)).unwrap();
    let signed = baowen(&["check", "--rules", "none", file]);
    assert_eq!(code(&signed), 0, "{}", out(&signed));
}

#[test]
fn an_entry_becomes_a_message_and_an_entry_again() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("berman.edi");
    let to = to.to_str().unwrap();
    let words = [
        "translate",
        "testdata/layers/port-map/berth.json",
        "--map",
        "berth-berman",
        "--specs",
        PORT_MAP,
        "--param",
        "sender=AGENT",
        "--param",
        "receiver=PORT",
        "--now",
        "20261125093000",
        "--lines",
        "--out",
        to,
    ];
    let translated = baowen(&words);
    assert_eq!(code(&translated), 0, "{}", err(&translated));
    let text = std::fs::read_to_string(to).unwrap();
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("maps-berman", text);
    });
    let back = baowen(&[
        "translate",
        to,
        "--map",
        "berth-berman",
        "--reverse",
        "--specs",
        PORT_MAP,
        "--param",
        "sender=AGENT",
        "--param",
        "receiver=PORT",
    ]);
    assert_eq!(code(&back), 0, "{}", err(&back));
    let entry: Value = serde_json::from_str(&out(&back)).unwrap();
    assert_eq!(entry["BerthRequest"]["vessel"]["name"], "EXAMPLE STAR");
    assert_eq!(entry["BerthRequest"]["draught"], "12.35");
    assert_eq!(entry["BerthRequest"]["No"], "2026-1125");
}

#[test]
fn memory_of_a_translation_is_a_multiple_of_the_message() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "<Manifest><Head><MessageID>1</MessageID></Head><Declaration/></Manifest>";
    let from = folder.path().join("manifest.xml");
    std::fs::write(&from, manifest).unwrap();
    let to = folder.path().join("report.edi");
    let args = [
        "translate",
        from.to_str().unwrap(),
        "--map",
        "cuscar-mt1101",
        "--reverse",
        "--param",
        "sender=A",
        "--param",
        "receiver=B",
        "--param",
        "carrier=C",
        "--param",
        "customs=0000",
        "--no-check",
        "--out",
        to.to_str().unwrap(),
    ];
    // A short message may take 64 MiB, whatever the multiple.
    let run = baowen(&[&args[..], &["--memory", "0"]].concat());
    assert!(!err(&run).contains("map-memory"), "{}", err(&run));
    assert!(to.exists(), "{}", err(&run));
    let run = baowen(&[&args[..], &["--memory", "much"]].concat());
    assert_eq!(code(&run), 2, "{}", err(&run));
}

#[test]
fn translating_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out.xml");
    let base = ["translate", FAULTY, "--map", "cuscar-mt1101"];
    // A parameter is missing.
    let missing = baowen(&base);
    assert_eq!(code(&missing), 2);
    assert!(
        err(&missing).contains("--param sender=…"),
        "{}",
        err(&missing)
    );
    let with = |more: &[&str]| {
        let mut words = base.to_vec();
        words.extend([
            "--param",
            "sender=A",
            "--param",
            "receiver=B",
            "--param",
            "carrier=C",
            "--param",
            "customs=0000",
            "--out",
        ]);
        words.push(to.to_str().unwrap());
        words.extend(more);
        baowen(&words)
    };
    let strict = with(&["--strict"]);
    assert_eq!(code(&strict), 1, "{}", err(&strict));
    // What is wrong with the source by its own spec, which no row reads.
    assert!(err(&strict).contains("control-count"), "{}", err(&strict));
    assert!(
        err(&strict).contains("nothing is written"),
        "{}",
        err(&strict)
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let lenient = with(&[]);
    assert_eq!(code(&lenient), 1);
    assert!(to.is_file());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let wrong = with(&["--param", "sendr=X"]);
    assert!(
        err(&wrong).contains("did you mean sender?"),
        "{}",
        err(&wrong)
    );
    let nothing = baowen(&[
        "translate",
        "testdata/messages/baplie.edi",
        "--map",
        "cuscar-mt1101",
        "--param",
        "sender=A",
        "--param",
        "receiver=B",
        "--param",
        "carrier=C",
        "--param",
        "customs=0000",
    ]);
    assert_eq!(code(&nothing), 1);
    assert!(
        err(&nothing).contains("map-other-message"),
        "{}",
        err(&nothing)
    );
}

#[test]
fn an_entry_becomes_all_messages_of_a_service() {
    let listed = baowen(&["declare", "--lang", "zh"]);
    assert_eq!(code(&listed), 0);
    assert!(out(&listed).contains("进出境船舶联检"), "{}", out(&listed));
    let shown = baowen(&["declare", "road-manifest"]);
    assert!(out(&shown).contains("packing-list"), "{}", out(&shown));
    let unknown = baowen(&["declare", "road-manifst", "x.json", "--out", "x"]);
    assert_eq!(code(&unknown), 2);
    assert!(
        err(&unknown).contains("near are road-manifest"),
        "{}",
        err(&unknown)
    );
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out");
    let to = to.to_str().unwrap();
    let names = || {
        let found = std::fs::read_dir(to).unwrap();
        let mut names: Vec<String> = found
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let entry = |name: &str| format!("testdata/systems/road-manifest/{name}.json");
    let made = baowen(&[
        "declare",
        "road-manifest",
        &entry("complete-export"),
        "--out",
        to,
    ]);
    assert_eq!(code(&made), 0, "{}", out(&made));
    assert_eq!(
        names(),
        [
            "carriage-export.xml",
            "packing-list-1.xml",
            "packing-list-2.xml",
            "pre-allocated-manifest.xml"
        ]
    );
    let checked = baowen(&["check", to]);
    assert_eq!(code(&checked), 0, "{}", out(&checked));
    // The messages of the other direction take the place of these.
    let wrong = entry("wrong");
    let made = baowen(&[
        "declare",
        "road-manifest",
        &wrong,
        "--out",
        to,
        "--format",
        "json",
    ]);
    assert_eq!(code(&made), 1);
    assert_eq!(names(), ["carriage-import.xml", "original-manifest.xml"]);
    let lines: Vec<Value> = out(&made)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["path"], "RoadManifest/Truck/Driver/Persons");
    assert_eq!(lines[0]["file"], wrong);
    assert_eq!(lines[0]["related"][0]["file"], "carriage-import.xml");
    assert_eq!(lines[lines.len() - 1]["summary"]["errors"], 1);
    // What others say of the same bills.
    let complete = entry("complete");
    let held = |with: &str| {
        let words = [
            "declare",
            "road-manifest",
            &complete,
            "--out",
            to,
            "--against",
            with,
        ];
        baowen(&words)
    };
    let held_against = held("testdata/against");
    assert_eq!(code(&held_against), 1);
    let told = out(&held_against);
    assert!(told.contains("testdata/against/tally.xml"), "{told}");
    assert!(told.contains("RoadManifest/Bill"), "{told}");
    assert_eq!(code(&held("testdata/no-such")), 2);
    let zip = folder.path().join("others.zip");
    let tally = std::fs::read("testdata/against/tally.xml").unwrap();
    archive(&zip, &[("tally.xml", &tally)]);
    let zip = zip.to_str().unwrap();
    let packed = held(zip);
    assert_eq!(code(&packed), 1, "{}", err(&packed));
    let place = format!("{zip}/tally.xml");
    assert!(out(&packed).contains(&place), "{}", out(&packed));
    std::fs::write(zip, "PK\u{3}\u{4}").unwrap();
    let damaged = held(zip);
    assert_eq!(code(&damaged), 2, "{}", out(&damaged));
    let missing = baowen(&["declare", "road-manifest", "no-such.json", "--out", to]);
    assert_eq!(code(&missing), 2);
    let param = baowen(&[
        "declare",
        "road-manifest",
        &wrong,
        "--out",
        to,
        "--param",
        "x",
    ]);
    assert_eq!(code(&param), 2);
}

#[test]
fn outputs_are_where_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let convert = |to: &Path| {
        let to = to.to_str().unwrap();
        let output = baowen(&["convert", SOUND, "--to", "json", "--out", to]);
        assert_eq!(code(&output), 0, "{}", err(&output));
    };
    convert(&at("new.json"));
    let written = std::fs::read(at("new.json")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let mode = |name: &str| {
            let metadata = std::fs::metadata(at(name)).unwrap();
            metadata.permissions().mode() & 0o777
        };
        // As any new file is made here; one that stands there keeps what it has, and its name in a link.
        std::fs::write(at("plain"), "").unwrap();
        assert_eq!(mode("new.json"), mode("plain"));
        std::fs::set_permissions(at("plain"), PermissionsExt::from_mode(0o640)).unwrap();
        symlink(at("plain"), at("link")).unwrap();
        convert(&at("link"));
        assert!(at("link").is_symlink());
        assert_eq!(std::fs::read(at("plain")).unwrap(), written);
        assert_eq!(mode("plain"), 0o640);
        // A pipe stays one.
        let pipe = at("pipe");
        if Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .is_ok_and(|of| of.success())
        {
            let reading = pipe.clone();
            let reader = std::thread::spawn(move || std::fs::read(reading).unwrap());
            convert(&pipe);
            assert_eq!(reader.join().unwrap(), written);
        }
    }
    let sound = std::fs::read(root().join(SOUND)).unwrap();
    let words = ["convert", "-", "--to", "json", "--out"];
    let out = with_input(
        &[&words[..], &[folder.path().to_str().unwrap()]].concat(),
        &sound,
    );
    assert_eq!(code(&out), 0, "{}", err(&out));
    assert_eq!(std::fs::read(at("stdin.json")).unwrap(), written);
    let nowhere = at("no/such.json");
    let out = baowen(&[
        "convert",
        SOUND,
        "--to",
        "json",
        "--out",
        nowhere.to_str().unwrap(),
    ]);
    assert_eq!(code(&out), 2);
    assert!(!err(&out).contains("at path"), "{}", err(&out));
    let moment = ["translate", SOUND, "--map", "codeco-d95b-status", "--now"];
    for now in ["2026", "20260230101010", "tomorrow"] {
        let out = baowen(&[&moment[..], &[now]].concat());
        assert_eq!(code(&out), 2, "{now}");
        assert!(err(&out).starts_with("baowen: --now"), "{}", err(&out));
    }
}

#[test]
fn files_in_archives_are_converted_and_translated() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let sound = std::fs::read(root().join(SOUND)).unwrap();
    let files: [(&str, &[u8]); 3] = [
        ("a.edi", &sound),
        ("in/a.edi", &sound),
        ("../../outside.edi", &sound),
    ];
    archive(&at("day.zip"), &files);
    let (zip, out) = (at("day.zip"), at("out"));
    let (zip, out) = (zip.to_str().unwrap(), out.to_str().unwrap());
    let several = baowen(&["convert", zip, "--to", "json"]);
    assert_eq!(code(&several), 2);
    let converted = baowen(&["convert", zip, "--to", "json", "--out", out]);
    assert_eq!(code(&converted), 0, "{}", err(&converted));
    let base = ["translate", zip, "--map", "cuscar-mt1101", "--out", out];
    let params = ["sender=A", "receiver=B", "carrier=C", "customs=0000"];
    let mut words = base.to_vec();
    words.extend(params.iter().flat_map(|param| ["--param", param]));
    let translated = baowen(&words);
    assert_eq!(code(&translated), 0, "{}", err(&translated));
    for name in ["a", "in/a"] {
        for extension in ["json", "xml"] {
            let path = at(&format!("out/day/{name}.{extension}"));
            assert!(path.is_file(), "{}", path.display());
        }
    }
    // What a name in an archive leads to outside is no place to write.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    let bytes = std::fs::read(zip).unwrap();
    std::fs::write(at("cut.zip"), &bytes[..bytes.len() / 2]).unwrap();
    let cut = at("cut.zip");
    let cut = baowen(&[
        "convert",
        cut.to_str().unwrap(),
        "--to",
        "json",
        "--out",
        out,
    ]);
    assert_eq!(code(&cut), 1);
    assert!(err(&cut).contains("archive-damaged"), "{}", err(&cut));
}

#[test]
fn signatures_do_not_hold_for_what_is_written_anew() {
    let edifact = "UNB+UNOC:4+A+B+20261101:1000+1'UNH+1+CUSCAR:D:95B:UN'\nUSH+1+1+3'BGM+785+M1+9'UST+1+2'UNT+5+1'UNZ+1+1'";
    // Columns are characters.
    let chinese = "UNB+UNOW:4+港口+B+20261101:1000+1'UNH+1+CUSCAR:D:95B:UN'USH+1+1+3'BGM+785+M1+9'UST+1+2'UNT+5+1'UNZ+1+1'";
    let ds = "http://www.w3.org/2000/09/xmldsig#";
    let xml = format!("<a>\n<b/><ds:Signature xmlns:ds=\"{ds}\"/></a>");
    let plain = format!("<Package xmlns=\"{ds}\"><b/></Package>");
    for (input, at) in [
        (edifact, Some(":2:1: ")),
        (chinese, Some(":1:55: ")),
        (&xml, Some(":2:5: ")),
        (&plain, None),
    ] {
        for words in [&["convert", "--to", "json", "-"][..], &["fmt", "-"]] {
            let told = err(&with_input(words, input.as_bytes()));
            let told = told.lines().find(|line| line.contains("convert-signature"));
            assert_eq!(told.is_some(), at.is_some(), "{words:?} {input}");
            let told = told.unwrap_or_default();
            assert!(told.contains(at.unwrap_or_default()), "{told}");
        }
    }
}

#[test]
fn chinese_under_latin_letters_is_told() {
    let input = b"UNB+UNOC:3+A+B+261101:1000+1'UNH+1+CUSCAR:D:95B:UN'BGM+785+M1+9'FTX+AAI+++\xC3\xDE\xB3\xC4\xC9\xC0'UNT+4+1'UNZ+1+1'";
    for words in [
        &["check", "-"][..],
        &["convert", "--to", "json", "-"],
        &["translate", "-m", "codeco-d95b-status", "-"],
    ] {
        let output = with_input(words, input);
        let told = out(&output) + &err(&output);
        assert!(
            told.contains("can be read as gb18030; declared is UNOC"),
            "{told}"
        );
    }
}

#[test]
fn what_was_found_is_kept_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let input = "testdata/maps/shipped/road-manifest-mt1401/back/manifest.xml";
    let run = |report: &str, more: &[&str]| {
        let words = [
            "translate",
            input,
            "--map",
            "road-manifest-mt1401",
            "--reverse",
        ];
        let to = at("entry.json");
        let to = ["--out", &to, "--report", report];
        baowen(&[&words[..], &to, more].concat())
    };
    // An entry that is made of a manifest lacks what the manifest has no place for.
    let json = at("found.json");
    assert_eq!(code(&run(&json, &[])), 1);
    let text = std::fs::read_to_string(&json).unwrap();
    let found: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let missing = |of: &&Value| of["code"] == "xsd-missing-element";
    let missing = found.iter().find(missing).unwrap();
    assert!(
        missing["file"]
            .as_str()
            .unwrap()
            .ends_with("→ RoadManifest@1")
    );
    assert_eq!(missing["path"], "RoadManifest/Truck");
    assert!(missing["column"].as_u64().unwrap() > 1);
    assert_eq!(code(&run(&json, &["--no-check"])), 0);
    let sarif = at("found.sarif");
    assert_eq!(code(&run(&sarif, &["--lang", "zh"])), 1);
    let sarif: Value = serde_json::from_slice(&std::fs::read(&sarif).unwrap()).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), found.len());
    assert_eq!(code(&run(&at("found.txt"), &[])), 2);
}

#[test]
fn a_direction_asks_for_what_it_reads() {
    // The carrier is asked for on the way to the manifest only.
    let folder = tempfile::tempdir().unwrap();
    let xml = folder.path().join("m.xml");
    let xml = xml.to_str().unwrap();
    let base = ["translate", "--map", "cuscar-mt1101"];
    let parties = ["--param", "sender=A", "--param", "receiver=B"];
    let forth = [&base[..], &[SOUND, "--out", xml], &parties].concat();
    let missing = baowen(&forth);
    assert_eq!(code(&missing), 2);
    let told = "map cuscar-mt1101 needs --param carrier=… --param customs=…";
    assert!(err(&missing).contains(told), "{}", err(&missing));
    let more = ["--param", "carrier=C", "--param", "customs=0000"];
    let whole = baowen(&[&forth[..], &more].concat());
    assert_eq!(code(&whole), 0, "{}", err(&whole));
    let back = baowen(&[&base[..], &[xml, "--reverse"], &parties].concat());
    assert_eq!(code(&back), 0, "{}", err(&back));
    let explained = baowen(&["map", "explain", "cuscar-mt1101"]);
    let line =
        "--param carrier=…  Name of who transmits the manifest (must be given; only → reads it)";
    assert!(
        out(&explained).lines().any(|of| of == line),
        "{}",
        out(&explained)
    );
}

/// A ZIP archive with these files.
fn archive(path: &Path, files: &[(&str, &[u8])]) {
    let mut writer = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, content) in files {
        let plain = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, plain).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap();
}

/// Codes or rules of what is found, each with the last part of its file's name.
fn told(path: &Path) -> (i32, Vec<(String, String)>) {
    let output = baowen(&["check", "--format", "json", path.to_str().unwrap()]);
    assert_eq!(err(&output), "");
    let text = out(&output);
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line.get("summary").is_none())
        .map(|line| {
            let name = line["rule"].as_str().or(line["code"].as_str()).unwrap();
            let file = line["file"].as_str().unwrap();
            let file = file.rsplit('/').next().unwrap();
            (name.to_owned(), file.to_owned())
        });
    (code(&output), lines.collect())
}

#[test]
fn files_in_archives_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let manifest = std::fs::read(root().join("testdata/rules/road/MT1401_9.xml")).unwrap();
    let pair = |name: &str, file: &str| (name.to_owned(), file.to_owned());

    archive(&at("one.zip"), &[("one.xml", &manifest)]);
    assert_eq!(told(&at("one.zip")), (0, vec![]));

    archive(
        &at("two.zip"),
        &[("two.xml", &manifest), ("in/other.xml", &manifest)],
    );
    let each = [
        pair("MFT-003", "two.xml"),
        pair("MFT-003", "other.xml"),
        pair("MFT-004", "other.xml"),
    ];
    let (code, mut found) = told(&at("two.zip"));
    found.sort_by(|a, b| (&b.1, &a.0).cmp(&(&a.1, &b.0)));
    assert_eq!((code, found), (1, each.to_vec()));

    // A password, as the flags of both headers say.
    let mut bytes = std::fs::read(at("one.zip")).unwrap();
    let central = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[central + 8] |= 1;
    std::fs::write(at("secret.zip"), &bytes).unwrap();
    assert_eq!(
        told(&at("secret.zip")),
        (1, vec![pair("archive-encrypted", "one.xml")])
    );

    // Cut off: its directory is lost. Broken within: what stands before is checked.
    let bytes = std::fs::read(at("one.zip")).unwrap();
    std::fs::write(at("cut.zip"), &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(
        told(&at("cut.zip")),
        (1, vec![pair("archive-damaged", "cut.zip")])
    );
    let mut bytes = bytes;
    bytes[central / 2..central / 2 + 40].fill(0xFF);
    std::fs::write(at("broken.zip"), &bytes).unwrap();
    let (code, found) = told(&at("broken.zip"));
    assert_eq!(code, 1);
    assert_eq!(found.last(), Some(&pair("archive-damaged", "one.xml")));

    archive(&at("empty.zip"), &[]);
    assert_eq!(
        told(&at("empty.zip")),
        (1, vec![pair("empty-input", "empty.zip")])
    );

    let mut bomb = b"<a>".to_vec();
    bomb.resize(128 << 20, b' ');
    archive(&at("bomb.zip"), &[("bomb.xml", &bomb)]);
    let (code, found) = told(&at("bomb.zip"));
    assert_eq!(code, 1);
    assert_eq!(found.last(), Some(&pair("archive-too-large", "bomb.xml")));

    // So it is whatever its header says of how much is packed.
    let mut bytes = std::fs::read(at("bomb.zip")).unwrap();
    let central = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    bytes[central + 20..central + 24].fill(0x7F);
    std::fs::write(at("liar.zip"), &bytes).unwrap();
    let (code, found) = told(&at("liar.zip"));
    assert_eq!(code, 1);
    assert_eq!(found.last(), Some(&pair("archive-too-large", "bomb.xml")));
}
