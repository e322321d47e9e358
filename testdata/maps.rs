//! Maps: cases of the language, every finding, every load error, the maps that ship and their laws.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use baowen::check::Checker;
use baowen::finding::{Code, Finding, Lang, Severity, Syntax};
use baowen::map::{Direction, Map, Options, Outputs, Totals, Trace, Translator};
use baowen::spec::Specs;

fn room() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/maps")
}

fn layered() -> Specs {
    Specs::base().with_dir(room().join("layer")).unwrap()
}

/// The files of a folder of this room, sorted.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(room().join(folder)).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_file());
    found.sort();
    assert!(!found.is_empty(), "{folder}");
    found
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// The parts of a case: each begins with a line `--- name`.
fn parts(path: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut parts = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some(next) = line.strip_prefix("--- ") {
            name = next.trim().to_owned();
            parts.insert(name.clone(), String::new());
        } else if let Some(part) = parts.get_mut(&name) {
            part.push_str(line);
            part.push('\n');
        }
    }
    parts
}

fn options(params: &str) -> Options {
    let mut options = Options {
        now: Some("20261125093000".into()),
        line_breaks: true,
        ..Options::default()
    };
    for line in params.lines() {
        if let Some((name, value)) = line.split_once('=') {
            options = options.with_param(name, value);
        }
    }
    options
}

/// What a writer was given, kept when it is gone.
#[derive(Clone, Default)]
struct Kept(Rc<RefCell<Vec<Vec<u8>>>>);

impl Kept {
    fn next(&self) -> One {
        self.0.borrow_mut().push(Vec::new());
        One(self.clone(), self.0.borrow().len() - 1)
    }
}

struct One(Kept, usize);

impl Write for One {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.0.borrow_mut()[self.1].extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Gives a few bytes at a time.
struct Slow<'a>(&'a [u8]);

impl std::io::Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.0.len().min(buffer.len()).min(1021);
        buffer[..len].copy_from_slice(&self.0[..len]);
        self.0 = &self.0[len..];
        Ok(len)
    }
}

struct Translated {
    outputs: Vec<Vec<u8>>,
    findings: Vec<Finding>,
    totals: Totals,
}

fn translate(
    map: &Arc<Map>,
    direction: Direction,
    options: &Options,
    input: &[u8],
    from: Syntax,
) -> Translated {
    let translator = Translator::new(map, direction, options.clone()).unwrap();
    let kept = Kept::default();
    let mut findings = Vec::new();
    let given = kept.clone();
    let mut outputs =
        move |_: u64| -> baowen::Result<Box<dyn Write>> { Ok(Box::new(given.next())) };
    let totals = translator
        .read(Slow(input), from, &mut outputs, &mut findings)
        .unwrap();
    let outputs = kept.0.take();
    let count = |severity| findings.iter().filter(|of| of.severity == severity).count() as u64;
    assert_eq!(totals.errors, count(Severity::Error));
    assert_eq!(totals.warnings, count(Severity::Warning));
    Translated {
        outputs,
        findings,
        totals,
    }
}

fn syntax(name: &str) -> Syntax {
    match name {
        "edi" => Syntax::Edifact,
        "xml" => Syntax::Xml,
        "json" => Syntax::Json,
        _ => Syntax::Flat,
    }
}

/// A finding as a reviewer reads it.
fn line(finding: &Finding) -> String {
    format!(
        "{}:{} {} {} {} {}\n  {}\n  {}\n",
        finding.at.line,
        finding.at.column,
        finding.severity.as_str(),
        finding.code,
        finding.place.path.as_deref().unwrap_or("-"),
        finding.rule.as_deref().unwrap_or("-"),
        finding.message(Lang::En, false),
        finding.message(Lang::Zh, false),
    )
}

fn shown(translated: &Translated) -> String {
    let mut text = String::new();
    for (at, output) in translated.outputs.iter().enumerate() {
        text.push_str(&format!("-- output {}\n", at + 1));
        text.push_str(&String::from_utf8_lossy(output));
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    if !translated.findings.is_empty() {
        text.push_str("-- findings\n");
    }
    for finding in &translated.findings {
        text.push_str(&line(finding));
    }
    text
}

/// Runs the inputs of a case: `forth xml`, `back edi`, each perhaps with a number behind.
fn run_case(specs: &Specs, path: &Path) -> (String, Vec<Finding>) {
    let parts = parts(path);
    let name = stem(path);
    let text = parts.get("map").unwrap_or_else(|| panic!("{name}: no map"));
    let mut maps = specs
        .maps_of(&format!("{name}.txt"), text)
        .unwrap_or_else(|error| {
            panic!("{name}: {error}");
        });
    let map = Arc::new(maps.pop().unwrap());
    let options = options(parts.get("params").map_or("", String::as_str));
    let mut all = Vec::new();
    let mut text = format!("== {name}\n");
    for direction in [Direction::Forth, Direction::Back] {
        if let Some(class) = map.class(direction, Lang::En) {
            text.push_str(&format!("{direction:?} {class}\n"));
        }
    }
    for lint in map.lints() {
        text.push_str(&format!("lint {}: {}\n", lint.at.line, lint.en));
    }
    for (key, input) in &parts {
        let mut words = key.split(' ');
        let direction = match words.next() {
            Some("forth") => Direction::Forth,
            Some("back") => Direction::Back,
            _ => continue,
        };
        let from = syntax(words.next().unwrap());
        let translated = translate(&map, direction, &options, input.as_bytes(), from);
        text.push_str(&format!("- {key}\n{}", shown(&translated)));
        all.extend(translated.findings);
    }
    (text, all)
}

fn snapshot(folder: &str) -> Vec<(String, Vec<Finding>)> {
    let specs = layered();
    let mut all = Vec::new();
    let mut text = String::new();
    for path in files(folder) {
        let (shown, findings) = run_case(&specs, &path);
        text.push_str(&shown);
        all.push((stem(&path), findings));
    }
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(format!("maps-{folder}"), text);
    });
    all
}

#[test]
fn cases() {
    snapshot("cases");
}

#[test]
fn every_finding_has_a_case() {
    let cases = snapshot("findings");
    for (name, findings) in &cases {
        let there = findings.iter().any(|finding| finding.code.as_str() == name);
        assert!(there, "{name}");
    }
    // What needs an input of many megabytes is tested by itself.
    let without = ["map-memory"];
    let of_maps = |code: &Code| code.as_str().starts_with("map-");
    for code in Code::all().filter(of_maps) {
        let held = cases.iter().any(|(name, _)| name == code.as_str());
        assert_ne!(held, without.contains(&code.as_str()), "{code}");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    let specs = layered();
    let mut text = String::new();
    for path in files("errors") {
        let source = std::fs::read_to_string(&path).unwrap();
        // Several mistakes stand in one file, each behind a line of its own.
        for case in source.split("\n---\n") {
            let error = match specs.maps_of(&stem(&path), case) {
                Ok(_) => panic!("no mistake was found in\n{case}"),
                Err(error) => error,
            };
            assert!(error.is_spec(), "{error}");
            let at = error.position().map(|(_, line, _)| line).unwrap_or(0);
            let shown = case
                .lines()
                .nth(at.saturating_sub(1) as usize)
                .unwrap_or("");
            text.push_str(&format!("{shown}\n  {error}\n"));
        }
    }
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("maps-errors", text);
    });
}

/// A map that ships, its samples, and the parameters of the tests.
struct Shipped {
    name: String,
    map: Arc<Map>,
    options: Options,
    forth: Vec<PathBuf>,
    back: Vec<PathBuf>,
}

fn shipped() -> Vec<Shipped> {
    let specs = Specs::base();
    let mut all = Vec::new();
    for listed in specs.maps().unwrap() {
        let name = listed.name;
        let map = specs.map(&name).unwrap();
        let folder = room().join("shipped").join(&*name);
        let params = std::fs::read_to_string(folder.join("params")).unwrap_or_default();
        let samples = |of: &str| {
            let entries = std::fs::read_dir(folder.join(of)).into_iter().flatten();
            let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
            found.sort();
            found
        };
        let (forth, back) = (samples("forth"), samples("back"));
        all.push(Shipped {
            name: name.into(),
            options: options(&params),
            map,
            forth,
            back,
        });
    }
    all
}

fn of_file(path: &Path) -> Syntax {
    syntax(&path.extension().unwrap().to_string_lossy())
}

fn of_format(map: &Map, direction: Direction) -> Syntax {
    use baowen::convert::Format;
    match map.format(direction) {
        Format::Edifact => Syntax::Edifact,
        Format::Flat => Syntax::Flat,
        Format::Json | Format::JsonLines => Syntax::Json,
        Format::Xml => Syntax::Xml,
    }
}

fn other(direction: Direction) -> Direction {
    match direction {
        Direction::Forth => Direction::Back,
        Direction::Back => Direction::Forth,
    }
}

/// Errors of the target's own spec: structure and values. Of a draft a signature may be missing, which
/// is told.
fn check(input: &[u8], from: Syntax, draft: bool) -> Vec<String> {
    if from == Syntax::Json {
        return Vec::new();
    }
    let mut options = baowen::check::Options::default();
    options.xml.unsigned = draft;
    let checker = Checker::new(&Specs::base(), options).unwrap();
    let (mut errors, mut unsigned) = (Vec::new(), 0);
    let mut sink = |finding: Finding| {
        unsigned += u32::from(finding.code == Code::XSD_UNSIGNED);
        if finding.severity == Severity::Error {
            errors.push(line(&finding));
        }
    };
    checker.slice(input, &mut sink).unwrap();
    assert_eq!(unsigned, u32::from(draft));
    errors
}

/// A to B, back, and again gives B; and what is carried of A comes back as it was.
fn laws(of: &Shipped, direction: Direction, input: &[u8], from: Syntax, what: &str) {
    let back = other(direction);
    if !of.map.runs(back) {
        return;
    }
    let to = of_format(&of.map, direction);
    let of_a = of_format(&of.map, back);
    let first = translate(&of.map, direction, &of.options, input, from);
    for b in &first.outputs {
        let a2 = translate(&of.map, back, &of.options, b, to);
        let [a2] = a2.outputs.as_slice() else {
            panic!("{what}: one output leads back to {}", a2.outputs.len());
        };
        let b2 = translate(&of.map, direction, &of.options, a2, of_a);
        assert_eq!(
            String::from_utf8_lossy(b),
            String::from_utf8_lossy(&b2.outputs[0]),
            "{what}: there, back and there again"
        );
        let a3 = translate(&of.map, back, &of.options, &b2.outputs[0], to);
        assert_eq!(
            String::from_utf8_lossy(a2),
            String::from_utf8_lossy(&a3.outputs[0]),
            "{what}: back again"
        );
    }
}

#[test]
fn maps_that_ship() {
    for of in shipped() {
        let mut text = String::new();
        let mut any = false;
        for (direction, samples) in [(Direction::Forth, &of.forth), (Direction::Back, &of.back)] {
            for path in samples {
                any = true;
                let input = std::fs::read(path).unwrap();
                let from = of_file(path);
                let what = format!("{} {direction:?} {}", of.name, stem(path));
                let translated = translate(&of.map, direction, &of.options, &input, from);
                assert!(translated.totals.messages > 0, "{what}");
                text.push_str(&format!(
                    "== {direction:?} {}\n{}",
                    stem(path),
                    shown(&translated)
                ));
                let to = of_format(&of.map, direction);
                for output in &translated.outputs {
                    let draft = of.map.unsigned(direction).is_some();
                    let errors = check(output, to, draft);
                    assert!(errors.is_empty(), "{what}: {}", errors.join(""));
                }
                laws(&of, direction, &input, from, &what);
            }
        }
        // Maps of services are shown with these.
        if any {
            insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(format!("maps-shipped-{}", of.name), text);
            });
        }
    }
}

/// Keeps outputs, and which of them were told to fit their schema.
struct Fitting {
    kept: Kept,
    fits: Vec<u64>,
}

impl<'o> Outputs<'o> for Fitting {
    fn next(&mut self, _: u64) -> baowen::Result<Box<dyn Write + 'o>> {
        Ok(Box::new(self.kept.next()))
    }

    fn fits(&mut self, number: u64) {
        self.fits.push(number);
    }
}

/// The same input with one of its values changed: left out, made long, or of other characters.
fn changed(input: &str, number: u64) -> String {
    let is_value = |c: char| c.is_alphanumeric() || matches!(c, '.' | ' ');
    let random = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let from = input.ceil_char_boundary((random >> 16) as usize % input.len());
    let begin = from + input[from..].find(is_value).unwrap_or(0);
    let len = input[begin..].find(|c| !is_value(c));
    let (before, rest) = input.split_at(begin);
    let (value, behind) = rest.split_at(len.unwrap_or(rest.len()));
    let value = match random % 7 {
        0 => String::new(),
        1 => value.repeat(60),
        2 => format!("{value}\u{7f}"),
        3 => format!("?+ {value}?:\t &amp; \""),
        4 => "舱单".to_owned(),
        5 => "-0".to_owned(),
        _ => format!(" {value} "),
    };
    format!("{before}{value}{behind}")
}

#[test]
fn of_documents_that_fit_their_schema_the_check_says_nothing() {
    const CHANGES: u64 = 24;
    let (mut fit, mut good, mut all) = (0, 0, 0);
    for of in shipped() {
        for (direction, samples) in [(Direction::Forth, &of.forth), (Direction::Back, &of.back)] {
            if !of.map.runs(direction) || of_format(&of.map, direction) != Syntax::Xml {
                continue;
            }
            let mut options = baowen::check::Options::default();
            options.xml.unsigned = of.map.unsigned(direction).is_some();
            let checker = Checker::new(&Specs::base(), options).unwrap();
            let target = of.map.sides()[usize::from(direction == Direction::Forth)];
            let schema = checker.schema_of(target).unwrap();
            assert!(schema.is_some(), "{target}");
            let with_schema = Options {
                schema: schema.clone(),
                ..of.options.clone()
            };
            let translator = Translator::new(&of.map, direction, with_schema).unwrap();
            for path in samples {
                // Flat files may be in other character sets.
                let Ok(input) = std::fs::read_to_string(path) else {
                    continue;
                };
                let changes = (0..CHANGES).map(|number| changed(&input, number));
                for input in std::iter::once(input.clone()).chain(changes) {
                    let mut outputs = Fitting {
                        kept: Kept::default(),
                        fits: Vec::new(),
                    };
                    let mut none = |_: Finding| {};
                    let from = of_file(path);
                    let reading = Slow(input.as_bytes());
                    translator
                        .read(reading, from, &mut outputs, &mut none)
                        .unwrap();
                    let plain = translate(&of.map, direction, &of.options, input.as_bytes(), from);
                    let written = outputs.kept.0.take();
                    assert_eq!(written, plain.outputs, "{}", of.name);
                    for (at, output) in written.iter().enumerate() {
                        let mut told = Vec::new();
                        let mut sink = |finding: Finding| {
                            if finding.severity >= Severity::Warning {
                                told.push(line(&finding));
                            }
                        };
                        checker.slice(output, &mut sink).unwrap();
                        let against = checker
                            .is_against(schema.as_ref().unwrap(), output)
                            .unwrap();
                        let fits = outputs.fits.contains(&(at as u64 + 1)) && against;
                        let shown = String::from_utf8_lossy(output);
                        assert!(!fits || told.is_empty(), "{told:?}\n{shown}\n{input}");
                        all += 1;
                        good += u32::from(told.is_empty());
                        fit += u32::from(fits);
                    }
                }
            }
        }
    }
    // Of most good documents it is known that they are.
    assert!(
        fit * 10 > good * 9 && good < all,
        "{fit} of {good} of {all}"
    );
}

/// A cargo report of many bills of few shapes, each with other values.
fn bills() -> String {
    let mut text = "UNH+1+CUSCAR:D:95B:UN'BGM+785+MAN00000001+9'\
        TDT+20+0001E+1++EXLN+++9074729:::EXAMPLE STAR'DTM+132:202611260600:203'\
        DTM+133:202611241830:203'"
        .to_owned();
    for number in 0..4 {
        text.push_str(&format!(
            "EQD+CN+EXLU000000{number}+22G1+2++5'SEL+S00000{number}+CA'"
        ));
    }
    for number in 1..=24 {
        let (bill, weight) = (format!("EXLN{number:08}"), 100 + number);
        let receipt = if number % 4 < 3 { "LOC+7+KRPUS'" } else { "" };
        text.push_str(&format!(
            "CNI+{number}+{bill}'CNT+7:{weight}.5:KGM'CNT+11:{number}'RFF+BM:{bill}'\
             LOC+9+KRPUS'LOC+11+CNSHA'{receipt}CPI++ZZZ'\
             NAD+CN+++SAMPLE IMPORTS {number} INC+{number} TEST STREET+SHANGHAI++200000+CN'\
             NAD+CZ+++EXAMPLE TEXTILES {number} LTD+{number} SAMPLE ROAD+BUSAN++48900+KR'"
        ));
        text.push_str(&format!(
            "GID+1+{number}:CT'FTX+AAA+++COTTON SHIRTS, LOT {number}'MEA+AAE+G+KGM:{weight}.5'\
             SGP+EXLU000000{}'CST++61091000'",
            number % 4
        ));
        // What has to be looked at more closely: another unit, a container that is named twice.
        if number % 4 == 2 {
            text.push_str(&format!(
                "GID+2+{number}:CT'FTX+AAA+++SHIRTS'MEA+AAE+G+TNE:{number}'\
                 SGP+EXLU000000{}'SGP+EXLU000000{}'CST++61091000'",
                number % 3,
                (number + 1) % 4
            ));
        }
    }
    let count = text.matches('\'').count() + 1;
    format!("UNB+UNOC:3+A+B+261123:1200+1'{text}UNT+{count}+1'UNZ+1+1'")
}

#[test]
fn groups_of_a_shape_that_came_before_are_written_as_others() {
    let map = Specs::base().map("cuscar-mt1101").unwrap();
    let checker = Checker::new(&Specs::base(), baowen::check::Options::default()).unwrap();
    let schema = checker.schema_of(map.sides()[1]).unwrap();
    assert!(schema.is_some());
    let options = Options {
        schema: schema.clone(),
        ..options("sender=LINE\nreceiver=2225\ncarrier=LINE\ncustoms=2225")
    };
    let translator = Translator::new(&map, Direction::Forth, options).unwrap();
    let input = bills();
    let changes = (0..100).map(|number| changed(&input, number));
    let (mut fit, mut told_of) = (0, 0);
    for input in std::iter::once(input.clone()).chain(changes) {
        let (mut findings, mut of_traced) = (Vec::new(), Vec::new());
        let mut outputs = Fitting {
            kept: Kept::default(),
            fits: Vec::new(),
        };
        let reading = input.as_bytes();
        translator
            .read(reading, Syntax::Edifact, &mut outputs, &mut findings)
            .unwrap();
        let written = outputs.kept.0.take();
        // Values that are traced are found for each group anew, and written one after the other.
        let mut traced = Fitting {
            kept: Kept::default(),
            fits: Vec::new(),
        };
        let trace = &mut |_: Trace| {};
        translator
            .traced(reading, Syntax::Edifact, &mut traced, &mut of_traced, trace)
            .unwrap();
        assert_eq!(written, traced.kept.0.take(), "{input}");
        let lines = |of: &[Finding]| of.iter().map(line).collect::<Vec<_>>();
        assert_eq!(lines(&findings), lines(&of_traced), "{input}");
        for (at, output) in written.iter().enumerate() {
            let mut told = Vec::new();
            let mut sink = |finding: Finding| {
                if finding.severity >= Severity::Warning {
                    told.push(line(&finding));
                }
            };
            checker.slice(output, &mut sink).unwrap();
            let fits = outputs.fits.contains(&(at as u64 + 1));
            let shown = String::from_utf8_lossy(output);
            assert!(!fits || told.is_empty(), "{told:?}\n{shown}\n{input}");
            fit += u32::from(fits);
            told_of += u32::from(!told.is_empty());
        }
    }
    // Of most good documents it is known that they are.
    assert!(fit > 50 && told_of > 20, "{fit} {told_of}");
}

#[test]
fn segments_are_taken_in_one_pass_as_by_their_events() {
    let told = |of: &Translated| -> Vec<String> {
        // What could not be read is of other lengths.
        let findings = of.findings.iter();
        let findings = findings.filter(|of| of.code.as_str().starts_with("map-"));
        let told = findings.map(|of| format!("{} {}", of.code, of.message(Lang::En, false)));
        told.collect()
    };
    let mut segments = 0;
    for of in shipped() {
        for (direction, samples) in [(Direction::Forth, &of.forth), (Direction::Back, &of.back)] {
            for path in samples {
                if of_file(path) != Syntax::Edifact {
                    continue;
                }
                let input = std::fs::read_to_string(path).unwrap();
                let changes = (0..12).map(|number| changed(&input, number));
                for input in std::iter::once(input.clone()).chain(changes) {
                    // With line breaks inside them they are taken one event after the other.
                    let head = if input.starts_with("UNA") { 9 } else { 0 };
                    let wrapped = input[head..].replace("?'", "\0").replace('\'', "\n'");
                    let wrapped = format!("{}{}", &input[..head], wrapped.replace('\0', "?'"));
                    segments += wrapped.matches("\n'").count();
                    let [plain, wrapped] = [&input, &wrapped].map(|input| {
                        let (options, from) = (&of.options, Syntax::Edifact);
                        translate(&of.map, direction, options, input.as_bytes(), from)
                    });
                    assert_eq!(plain.outputs, wrapped.outputs, "{}: {input}", of.name);
                    assert_eq!(told(&plain), told(&wrapped), "{}: {input}", of.name);
                }
            }
        }
    }
    assert!(segments > 1000);
}

#[test]
fn laws_hold_on_generated_messages() {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, TestRunner};
    let of = shipped()
        .into_iter()
        .find(|of| of.name == "cuscar-mt1101")
        .unwrap();
    let text = || "[A-Z][A-Z0-9 ,.]{0,10}[A-Z0-9]";
    let party = (text(), proptest::option::of(text()));
    let item = (
        1..99_999_u32,
        "[A-Z]{2}",
        proptest::option::of(text()),
        1..9_999_999_u64,
        0..1000_u32,
        proptest::collection::vec("[A-Z]{4}[0-9]{7}", 0..3),
    );
    let bill = (
        "[A-Z0-9]{5,15}",
        "[A-Z]{5}",
        proptest::collection::vec(item, 1..4),
        proptest::option::of(party),
        any::<bool>(),
    );
    let cases = (proptest::collection::vec(bill, 1..5), "[A-Z0-9]{1,17}");
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..60 {
        let (bills, voyage) = cases.new_tree(&mut runner).unwrap().current();
        let mut text = format!(
            "UNH+1+CUSCAR:D:95B:UN'BGM+785+M1+9'TDT+20+{voyage}+1++LINE+++9074729:::SHIP'DTM+133:202611240815:203'"
        );
        let boxes: std::collections::BTreeSet<&String> = bills
            .iter()
            .flat_map(|bill| bill.2.iter().flat_map(|item| &item.5))
            .collect();
        for id in boxes {
            text.push_str(&format!("EQD+CN+{id}+22G1+1++5'SEL+{}+CA'", &id[..6]));
        }
        for (at, (number, port, items, party, totals)) in bills.iter().enumerate() {
            text.push_str(&format!("CNI+{}+{number}'", at + 1));
            if *totals {
                text.push_str("CNT+7:5000.5:KGM'CNT+11:12'");
            }
            text.push_str(&format!("RFF+BM:{number}'LOC+9+{port}'LOC+11+CNSHA'"));
            if let Some((name, city)) = party {
                let city = city.as_deref().unwrap_or("");
                text.push_str(&format!("NAD+CZ+++{name}++{city}'"));
            }
            for (nth, (count, kind, text_of, weight, decimals, boxes)) in items.iter().enumerate() {
                text.push_str(&format!("GID+{}+{count}:{kind}'", nth + 1));
                if let Some(of) = text_of {
                    text.push_str(&format!("FTX+AAA+++{of}'"));
                }
                text.push_str(&format!("MEA+AAE+G+KGM:{weight}.{decimals:03}'"));
                for id in boxes {
                    text.push_str(&format!("SGP+{id}'"));
                }
            }
        }
        let count = text.matches('\'').count() + 1;
        text.push_str(&format!("UNT+{count}+1'"));
        laws(
            &of,
            Direction::Forth,
            text.as_bytes(),
            Syntax::Edifact,
            &text,
        );
    }
}

#[test]
fn a_layer_changes_rows_of_a_map() {
    let specs = layered();
    let map = specs.map("cuscar-mt1101").unwrap();
    let base = Specs::base().map("cuscar-mt1101").unwrap();
    let input = std::fs::read(room().join("../messages/cuscar.edi")).unwrap();
    let options = options("sender=A\nreceiver=B\ncarrier=C\ncustoms=0001");
    let with = |map: &Arc<Map>, options: &Options| {
        let made = translate(map, Direction::Forth, options, &input, Syntax::Edifact);
        String::from_utf8(made.outputs[0].clone()).unwrap()
    };
    let before = with(&base, &options);
    assert!(before.contains("<Version>1.1</Version>"));
    assert!(before.contains("<ReceiverID>B</ReceiverID>"));
    // The layer gives the receiver a default, so it need not be given.
    let mut less = options.clone();
    less.params.retain(|(name, _)| &**name != "receiver");
    let after = with(&map, &less);
    assert!(after.contains("<Version>2.0</Version>"), "{after}");
    assert!(after.contains("<ReceiverID>PORT</ReceiverID>"), "{after}");
    assert!(
        after.contains("<CustomsStatusCode>B</CustomsStatusCode>"),
        "{after}"
    );
    assert!(!after.contains("<Carrier>"), "{after}");
    assert!(Translator::new(&base, Direction::Forth, less).is_err());
}

#[test]
fn a_layer_changes_rows_that_come_from_fragments() {
    let base = Specs::base().map("ifcsum-flat-ifcsum").unwrap();
    let map = layered().map("ifcsum-flat-ifcsum").unwrap();
    // In the place of rows, not beside them.
    assert_eq!(base.explain().rows.len() + 1, map.explain().rows.len());
    let folder = room().join("shipped/ifcsum-flat-ifcsum/forth");
    let path = std::fs::read_dir(folder).unwrap().next().unwrap();
    let input = std::fs::read(path.unwrap().path()).unwrap();
    let options = options("");
    let with = |map: &Arc<Map>| {
        let made = translate(map, Direction::Forth, &options, &input, Syntax::Flat);
        String::from_utf8(made.outputs[0].clone()).unwrap()
    };
    let (before, after) = (with(&base), with(&map));
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let (before, after) = (lines(&before), lines(&after));
    let changed = after.iter().filter(|line| !before.contains(line));
    let changed: Vec<&str> = changed.map(String::as_str).collect();
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("maps-layer-fragments", changed.join("\n"));
    });
}

#[test]
fn a_shipped_file_is_read_in_its_own_place() {
    let specs = Specs::base();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/maps");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    // It has fragments, which are not there twice, and layers still change it.
    let text = read("ifcsum-flat-ifcsum.txt");
    let map = specs.maps_of("my.txt", &text).unwrap().pop().unwrap();
    let rows = map.explain().rows.len();
    assert_eq!(map.name(), "ifcsum-flat-ifcsum");
    let map = layered().maps_of("my.txt", &text).unwrap().pop().unwrap();
    assert_eq!(map.explain().rows.len(), rows + 1);
    // Of fragments alone, the maps that include them.
    let text = read("vessel-call-envelope.txt");
    assert!(specs.maps_of("my.txt", &text).unwrap().len() > 1);
    // A file of a layer stands for that of the layer.
    let file = room().join("layer/maps/ifcsum.txt");
    let text = std::fs::read_to_string(&file).unwrap();
    let name = file.display().to_string();
    let mut maps = layered().maps_of(&name, &text).unwrap();
    assert_eq!(maps.pop().unwrap().explain().rows.len(), rows + 1);
    // A row that is not there cannot be dropped.
    let text = format!("{text}  drop  R_12/F_99\n");
    assert!(layered().maps_of(&name, &text).unwrap_err().is_spec());
}

#[test]
fn every_value_that_is_written_is_traced() {
    let map = Specs::base().map("cuscar-mt1101").unwrap();
    let input = std::fs::read(room().join("../messages/cuscar.edi")).unwrap();
    let options = options("sender=A\nreceiver=B\ncarrier=C\ncustoms=0001");
    let translator = Translator::new(&map, Direction::Forth, options).unwrap();
    let mut traces = Vec::new();
    let mut none = |_: Finding| {};
    let mut outputs = |_: u64| -> baowen::Result<Box<dyn Write>> { Ok(Box::new(std::io::sink())) };
    translator
        .traced(
            input.as_slice(),
            Syntax::Edifact,
            &mut outputs,
            &mut none,
            &mut |trace: Trace| traces.push(trace),
        )
        .unwrap();
    let of = |target: &str| {
        traces
            .iter()
            .find(|trace| &*trace.target == target)
            .unwrap()
    };
    let name = of("Declaration/Consignment/Consignee/Name");
    assert_eq!(
        name.source.as_deref(),
        Some("G_SG4/G_SG5/G_SG7[2]/S_NAD/C_C080/D_3036")
    );
    assert_eq!(name.at.line, 21);
    assert_eq!(&input[name.span.start as usize..][..6], b"NAD+CN");
    assert_eq!(of("Head/MessageType").source, None);
}

#[test]
fn no_content_is_an_error() {
    let map = Specs::base().map("cuscar-mt1101").unwrap();
    let options = options("sender=A\nreceiver=B\ncarrier=C\ncustoms=0001");
    for (direction, from, input) in [
        (Direction::Forth, Syntax::Edifact, &b""[..]),
        (
            Direction::Forth,
            Syntax::Edifact,
            b"UNH+1+CUSCAR:D:95B:UN'CNI'CNI'CNI+1+X",
        ),
        (
            Direction::Forth,
            Syntax::Edifact,
            b"UNB'UNH'UNT'UNZ'UNB'UNH+1+CUSCAR:D:95B:UN'GID+1'GID+2'",
        ),
        (
            Direction::Forth,
            Syntax::Edifact,
            b"\xFF\xFE\x00junk UNH+1+CUSCAR",
        ),
        (
            Direction::Back,
            Syntax::Xml,
            b"<Manifest><Declaration><Consignment>",
        ),
        (Direction::Back, Syntax::Xml, b"<Manifest/>"),
        (Direction::Back, Syntax::Xml, b"no xml at all"),
        (
            Direction::Back,
            Syntax::Json,
            b"{\"Manifest\": {\"Head\": [1, [2, {\"MessageID\": null}]]}}",
        ),
        (Direction::Back, Syntax::Json, b"[[[[{"),
        (Direction::Forth, Syntax::Flat, b"00:NOTHING'"),
    ] {
        translate(&map, direction, &options, input, from);
    }
    // Deep nesting neither overflows nor is lost.
    let deep = format!(
        "<Manifest>{}{}</Manifest>",
        "<a>".repeat(3000),
        "</a>".repeat(3000)
    );
    translate(
        &map,
        Direction::Back,
        &options,
        deep.as_bytes(),
        Syntax::Xml,
    );
}

#[test]
fn memory_of_a_message_that_does_not_stream_is_bounded() {
    let map = Specs::base().map("cuscar-mt1101").unwrap();
    let mut options = options("sender=A\nreceiver=B\ncarrier=C\ncustoms=0001");
    (options.memory, options.least_memory) = (0, 100_000);
    let bill = "<Consignment><TransportContractDocument><ID>B1</ID></TransportContractDocument></Consignment>";
    let input = format!(
        "<Manifest><Head><MessageID>1</MessageID></Head><Declaration>{}</Declaration></Manifest>",
        bill.repeat(5000)
    );
    let translated = translate(
        &map,
        Direction::Back,
        &options,
        input.as_bytes(),
        Syntax::Xml,
    );
    let codes: Vec<Code> = translated.findings.iter().map(|of| of.code).collect();
    assert!(codes.contains(&Code::MAP_MEMORY), "{codes:?}");
    // The way that streams needs little for any number of consignments.
    let mut edi = "UNH+1+CUSCAR:D:95B:UN'BGM+785+M1+9'".to_owned();
    edi.push_str(&"CNI+1+B1'RFF+BM:B1'GID+1+5:CT'".repeat(20_000));
    edi.push_str("UNT+9+1'");
    let translated = translate(
        &map,
        Direction::Forth,
        &options,
        edi.as_bytes(),
        Syntax::Edifact,
    );
    let codes: Vec<Code> = translated.findings.iter().map(|of| of.code).collect();
    assert!(!codes.contains(&Code::MAP_MEMORY), "{codes:?}");
    let xml = String::from_utf8_lossy(&translated.outputs[0]);
    assert_eq!(xml.matches("<Consignment>").count(), 20_000);
}
