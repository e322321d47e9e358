//! Layouts of flat files (平台文件) from tables, one row a record or field, into `specs/china/flat`.
//!
//! A table has tab-separated columns named in its first line: `path` (message/record/field),
//! `name_zh`, `name_en`, `kind` (record, field), `type` (`an..35`, `n..6`, `n..12,3`), `max_occurs`
//! (`*` is any), `status` (M, C), `code_table`, `condition`, `note`, `source`. What a table does not
//! say (which record stands inside which, values that were cut off) and what it says wrongly stands in
//! `flat-additions.txt`, each line with its reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::{Fault, Result};

/// What the tables leave out, shipped with the importer.
pub const ADDITIONS: &str = include_str!("flat-additions.txt");

/// One line of the additions: what is said of a path.
#[derive(Debug, PartialEq, Eq)]
struct Addition {
    path: String,
    what: String,
    value: String,
}

/// Lines `PATH  KEYWORD  value  # reason`.
fn additions(file: &str, text: &str) -> Result<Vec<Addition>> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let said = line.split('#').next().unwrap_or("").trim();
        if said.is_empty() {
            continue;
        }
        let word = |text: &str| {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            (text[..end].to_owned(), text[end..].trim_start().to_owned())
        };
        let (path, rest) = word(said);
        let (what, value) = word(&rest);
        if what.is_empty() {
            let message = "expected a path, a keyword and a value";
            return Err(Fault::published(file, number + 1, message));
        }
        if !line.contains('#') {
            return Err(Fault::published(file, number + 1, "a reason is missing"));
        }
        found.push(Addition { path, what, value });
    }
    Ok(found)
}

/// A row of a table, cells by the names of their columns.
struct Row {
    line: usize,
    cells: BTreeMap<String, String>,
}

impl Row {
    fn get(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", |cell| cell)
    }
}

fn rows(file: &str, text: &str) -> Result<Vec<Row>> {
    let mut lines = text.trim_start_matches('\u{FEFF}').lines().enumerate();
    let (_, head) = lines
        .next()
        .ok_or_else(|| Fault::published(file, 1, "the table is empty"))?;
    let columns: Vec<&str> = head.split('\t').collect();
    for needed in ["path", "kind", "type", "status"] {
        if !columns.contains(&needed) {
            return Err(Fault::published(file, 1, format!("no column {needed}")));
        }
    }
    let mut found = Vec::new();
    for (number, line) in lines {
        if line.trim().is_empty() {
            continue;
        }
        let cells: Vec<&str> = line.split('\t').collect();
        if cells.len() > columns.len() {
            let message = format!("{} cells; the head has {}", cells.len(), columns.len());
            return Err(Fault::published(file, number + 1, message));
        }
        let cells = columns.iter().zip(cells);
        found.push(Row {
            line: number + 1,
            cells: cells
                .map(|(name, cell)| ((*name).to_owned(), cell.trim().to_owned()))
                .collect(),
        });
    }
    Ok(found)
}

struct Field {
    number: u32,
    text: String,
}

struct Record {
    id: String,
    head: String,
    source: String,
    open: bool,
    dependencies: Vec<String>,
    fields: Vec<Field>,
}

/// The layout of one message as text. `file` names the table in errors.
///
/// # Errors
/// When the table or the additions cannot be understood: with file and line.
pub fn import(file: &str, table: &str, added: &str) -> Result<(String, String)> {
    let added = additions("flat-additions.txt", added)?;
    let rows = rows(file, table)?;
    let first = rows
        .first()
        .ok_or_else(|| Fault::published(file, 1, "the table has no rows"))?;
    let message = first.get("path").split('/').next().unwrap_or("").to_owned();
    let said = |path: &str, what: &str| {
        let hit = |held: &&Addition| held.path == path && held.what == what;
        added
            .iter()
            .filter(hit)
            .map(|held| held.value.as_str())
            .collect::<Vec<_>>()
    };
    let mut records: Vec<Record> = Vec::new();
    for row in &rows {
        let fault = |message: String| Fault::published(file, row.line, message);
        let parts: Vec<&str> = row.get("path").split('/').collect();
        match (parts.as_slice(), row.get("kind")) {
            ([of, id], "record") if *of == message => records.push(Record {
                id: (*id).to_owned(),
                head: format!(
                    "record {id}  {}  {}{}",
                    status(row.get("status")).map_err(fault)?,
                    if row.get("max_occurs").is_empty() {
                        "1"
                    } else {
                        row.get("max_occurs")
                    },
                    names(row, &said(row.get("path"), "name"), &said("*", "en")),
                ),
                source: row.get("source").to_owned(),
                open: false,
                dependencies: Vec::new(),
                fields: Vec::new(),
            }),
            ([of, id, number], "field") if *of == message => {
                let record = records
                    .iter_mut()
                    .find(|record| record.id == *id)
                    .ok_or_else(|| fault(format!("a field of record {id}, which is not there")))?;
                let number: u32 = number
                    .parse()
                    .map_err(|_| fault(format!("{number:?} is no number of a field")))?;
                if number == 1 && row.get("condition") == format!("={id}") {
                    continue;
                }
                if let Some(positions) = one_of(row.get("condition"), id) {
                    record
                        .dependencies
                        .push(format!("D3 {}", positions.join(" ")));
                }
                let text = field(row, number, &said).map_err(fault)?;
                match said(row.get("path"), "lines").first() {
                    None => record.fields.push(Field { number, text }),
                    Some(count) => {
                        let fields = lines(&text, number, count).map_err(fault)?;
                        record.fields.extend(fields);
                    }
                }
            }
            _ => {
                let message = format!("{:?} is no record or field of {message}", row.get("path"));
                return Err(fault(message));
            }
        }
    }
    for record in &mut records {
        record.open = record.fields.is_empty()
            || !said(&format!("{message}/{}", record.id), "open").is_empty();
    }
    let text = write(&message, &records, &said);
    Ok((message, text))
}

fn status(status: &str) -> std::result::Result<&str, String> {
    match status {
        "M" => Ok("M"),
        "C" | "O" => Ok("C"),
        _ => Err(format!("found status {status:?}; expected M or C")),
    }
}

/// ` English | 中文` after two blanks, or nothing.
fn names(row: &Row, instead: &[&str], english: &[&str]) -> String {
    if let [instead, ..] = instead {
        return format!("  {instead}");
    }
    let zh = row.get("name_zh");
    // A repetition number that slipped before the name.
    let zh = match zh.split_once(' ') {
        Some((digit, rest))
            if digit.bytes().all(|b| b.is_ascii_digit()) && rest.ends_with(digit) =>
        {
            rest
        }
        _ => zh,
    };
    let number = zh.chars().last().filter(char::is_ascii_digit);
    let known = !zh.is_empty() && !zh.bytes().all(|byte| byte.is_ascii_digit());
    let mut en = sentence(row.get("name_en"));
    if en.is_empty() {
        en = translated(zh, english).to_owned();
    }
    if !known && en == "Field" {
        return String::new();
    }
    if let Some(number) = number
        && !en.is_empty()
        && known
    {
        let _ = write!(en, " {number}");
    }
    match (en.is_empty(), known) {
        (true, true) => format!("  {zh}"),
        (false, true) => format!("  {en} | {zh}"),
        (false, false) => format!("  {en}"),
        (true, false) => String::new(),
    }
}

/// The English that the additions give for a Chinese name: `原始  Original`.
fn translated<'a>(zh: &str, english: &[&'a str]) -> &'a str {
    let mut pairs = english
        .iter()
        .filter_map(|pair| pair.split_once(char::is_whitespace));
    let found = pairs.find(|(held, _)| *held == zh);
    found.map_or("", |(_, en)| en.trim())
}

/// A name in capitals as a sentence; abbreviations of the trade stay.
fn sentence(name: &str) -> String {
    const KEPT: [&str; 7] = ["BL", "CTN", "ID", "UNDG", "ETA", "ETD", "FOB"];
    let words: Vec<String> = name
        .split(' ')
        .enumerate()
        .map(|(at, word)| {
            if KEPT.contains(&word) || word.chars().any(char::is_lowercase) {
                return word.to_owned();
            }
            let mut lower = word.to_lowercase();
            if at == 0
                && let Some(first) = lower.get_mut(..1)
            {
                first.make_ascii_uppercase();
            }
            lower
        })
        .collect();
    words.join(" ")
}

/// `exists(10.02) or exists(10.03)` as numbers of fields of the record.
fn one_of(condition: &str, id: &str) -> Option<Vec<String>> {
    let mut positions = Vec::new();
    for part in condition.split(" or ") {
        let inside = part.trim().strip_prefix("exists(")?.strip_suffix(')')?;
        let (record, number) = inside.split_once('.')?;
        (record == id).then_some(())?;
        positions.push(number.parse::<u32>().ok()?.to_string());
    }
    (positions.len() > 1).then_some(positions)
}

type Said<'a> = dyn Fn(&str, &str) -> Vec<&'a str> + 'a;

/// A field as text: its line, and those below it, each with its own indentation.
fn field(row: &Row, number: u32, said: &Said<'_>) -> std::result::Result<String, String> {
    let path = row.get("path");
    let (condition, note) = (row.get("condition"), row.get("note"));
    let picture = match said(path, "type").as_slice() {
        [instead, ..] => (*instead).to_owned(),
        [] => picture(row.get("type"), condition, note)?,
    };
    let mut text = format!("{number}  {}  {picture}", status(row.get("status"))?);
    let repeat = match said(path, "repeat").as_slice() {
        [instead, ..] => (*instead).to_owned(),
        [] => match row.get("max_occurs") {
            "" | "1" => String::new(),
            max => max.to_owned(),
        },
    };
    if !repeat.is_empty() {
        let _ = write!(text, "  x{repeat}");
    }
    text.push_str(&names(row, &said(path, "name"), &said("*", "en")));
    let instead = said(path, "code");
    if !instead.is_empty() {
        for code in instead {
            let _ = write!(text, "\n  code {code}");
        }
        return Ok(text);
    }
    let table = match said(path, "table").as_slice() {
        ["none", ..] => "",
        [instead, ..] => instead,
        [] => match row.get("code_table") {
            // Tables that are the same list, or lists that contain it, and are held.
            "port-unlocode" => "unlocode",
            "manifest-country" => "country-iso3166",
            "manifest-currency" => "currency-iso4217",
            "container-type" => "container-size-type",
            table => table,
        },
    };
    if !table.is_empty() {
        let _ = write!(text, "\n  table {table}");
    }
    if let Some(first) = condition.strip_prefix("enum=") {
        for (code, name) in values(first, note) {
            let _ = write!(text, "\n  code {code}");
            match translated(&name, &said("*", "en")) {
                "" if name.is_empty() => {}
                "" => {
                    let _ = write!(text, "  {name}");
                }
                en => {
                    let _ = write!(text, "  {en} | {name}");
                }
            }
        }
    } else if condition == "=count(records)" {
        let how = said(path, "count");
        let _ = write!(text, "\n  count {}", how.first().unwrap_or(&"all"));
    } else if let Some(value) = condition
        .strip_prefix('=')
        .filter(|value| !value.contains('('))
    {
        let _ = write!(text, "\n  is {value}");
    } else if !condition.is_empty() && condition != "date" && !condition.starts_with("exists(") {
        let _ = write!(text, "\n  condition {condition}");
    }
    Ok(text)
}

/// A field that is repeated, as fields for the first lines and one for those that follow; `count` says how
/// many fields there are.
fn lines(text: &str, first: u32, count: &str) -> std::result::Result<Vec<Field>, String> {
    let count = count.parse::<u32>().ok().filter(|count| *count > 1);
    let count = count.ok_or("lines says how many fields there are, 2 at least")?;
    let parts = text
        .split_once("  x*  ")
        .and_then(|(head, names)| Some((head.split_once("  ")?.1, names.split_once(" | ")?)));
    let (picture, (en, zh)) = parts.ok_or("lines is said of a repeated field with two names")?;
    let mut fields: Vec<Field> = (1..count)
        .map(|line| (first + line - 1, line))
        .map(|(number, line)| Field {
            number,
            text: format!("{number}  {picture}  {en}, line {line} | {zh}第 {line} 行"),
        })
        .collect();
    let number = first + count - 1;
    fields.push(Field {
        number,
        text: format!("{number}  {picture}  x*  {en}, further lines | {zh}其余各行"),
    });
    Ok(fields)
}

/// Values of a list whose names stand in the note: `9=原始 2=增加`, `E 空 F 整`, `Y/N/H`.
fn values(first: &str, note: &str) -> Vec<(String, String)> {
    let code = |text: &str| {
        !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let pairs: Vec<(String, String)> = note
        .split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .filter(|(left, _)| code(left))
        .map(|(left, right)| (left.to_owned(), right.to_owned()))
        .collect();
    if !pairs.is_empty() {
        return pairs;
    }
    let words: Vec<&str> = note.split_whitespace().collect();
    let alternate = words.len() > 1
        && words.len().is_multiple_of(2)
        && words.chunks(2).all(|pair| code(pair[0]) && !code(pair[1]));
    if alternate {
        return words
            .chunks(2)
            .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
            .collect();
    }
    let slashed: Vec<&str> = note.split('/').collect();
    if slashed.len() > 1 && slashed.iter().all(|part| code(part)) {
        return slashed
            .iter()
            .map(|part| ((*part).to_owned(), String::new()))
            .collect();
    }
    first
        .split('|')
        .map(|part| (part.to_owned(), String::new()))
        .collect()
}

/// `an..35` as `X(35)`; numbers that are dates as the patterns that their note names.
fn picture(kind: &str, condition: &str, note: &str) -> std::result::Result<String, String> {
    let unknown = || format!("found type {kind:?}; expected an..35, n..6 or n..12,3");
    let (class, length) = kind.split_once("..").ok_or_else(unknown)?;
    if class == "an" {
        let length: u32 = length.parse().map_err(|_| unknown())?;
        return Ok(format!("X({length})"));
    }
    if class != "n" {
        return Err(unknown());
    }
    if let Some((total, decimals)) = length.split_once(',') {
        let total: u32 = total.parse().map_err(|_| unknown())?;
        let decimals: u32 = decimals.parse().map_err(|_| unknown())?;
        let whole = total
            .checked_sub(decimals)
            .filter(|whole| *whole > 0)
            .ok_or_else(unknown)?;
        return Ok(format!("9({whole}).9({decimals})"));
    }
    let length: usize = length.parse().map_err(|_| unknown())?;
    let mut patterns: Vec<String> = note
        .split(|c: char| !c.is_ascii_uppercase())
        .filter_map(pattern)
        .collect();
    if patterns.is_empty() && condition != "date" {
        return Ok(format!("9({length})"));
    }
    let usual = match length {
        8 => "CCYYMMDD",
        10 => "YYMMDDhhmm",
        12 => "CCYYMMDDhhmm",
        14 => "CCYYMMDDhhmmss",
        _ => return Err(format!("no date has {length} digits")),
    };
    if !patterns.iter().any(|held| held == usual) {
        patterns.insert(0, usual.to_owned());
    }
    Ok(patterns.join("/"))
}

/// A pattern in capitals as a publisher writes it: the MM behind HH are minutes.
fn pattern(text: &str) -> Option<String> {
    let mut rest = text;
    let mut made = String::new();
    while !rest.is_empty() {
        let part = match rest.get(..2)? {
            "CC" | "YY" | "DD" => rest.get(..2)?,
            "MM" if made.contains("hh") => "mm",
            "MM" => "MM",
            "HH" => "hh",
            "SS" => "ss",
            _ => return None,
        };
        made.push_str(part);
        rest = &rest[2..];
    }
    (made.len() >= 6).then_some(made)
}

/// First line of every file.
const HEAD: &str =
    "# Made by codegen from a table of fields; what that lacks stands in its flat-additions.txt.\n";

fn write(message: &str, records: &[Record], said: &Said<'_>) -> String {
    let first = |what: &str| said(message, what).first().map(|text| (*text).to_owned());
    let mut text = String::from(HEAD);
    let _ = write!(text, "flat {message}");
    if let Some(name) = first("name") {
        let _ = write!(text, "  {name}");
    }
    text.push('\n');
    for what in ["edition", "valid", "fidelity", "separators", "lengths"] {
        if let Some(value) = first(what) {
            let _ = writeln!(text, "  {what}  {value}");
        }
    }
    // The source of most records is that of the layout.
    let mut sources: Vec<(&str, usize)> = Vec::new();
    for record in records {
        match sources.iter_mut().find(|(held, _)| *held == record.source) {
            Some((_, count)) => *count += 1,
            None => sources.push((&record.source, 1)),
        }
    }
    let usual = sources
        .iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map_or("", |(held, _)| held);
    if !usual.is_empty() {
        let _ = writeln!(text, "  source  {usual}");
    }
    if !said(message, "open").is_empty() {
        text.push_str("  open\n");
    }
    let inside = |id: &str| {
        said(&format!("{message}/{id}"), "in")
            .first()
            .map(|at| (*at).to_owned())
    };
    write_inside(&mut text, records, None, 2, usual, &inside);
    text
}

fn write_inside(
    text: &mut String,
    records: &[Record],
    parent: Option<&str>,
    indent: usize,
    usual: &str,
    inside: &dyn Fn(&str) -> Option<String>,
) {
    // Deeper than any layout nests; a record said to be inside itself is left out.
    if indent > 64 {
        return;
    }
    for record in records {
        if inside(&record.id).as_deref() != parent {
            continue;
        }
        let blanks = " ".repeat(indent);
        let _ = writeln!(text, "{blanks}{}", record.head);
        if record.source != usual {
            let _ = writeln!(text, "{blanks}  source  {}", record.source);
        }
        let mut fields: Vec<&Field> = record.fields.iter().collect();
        fields.sort_by_key(|field| field.number);
        for field in fields {
            for line in field.text.lines() {
                let _ = writeln!(text, "{blanks}  {line}");
            }
        }
        for dependency in &record.dependencies {
            let _ = writeln!(text, "{blanks}  {dependency}");
        }
        if record.open {
            let _ = writeln!(text, "{blanks}  open");
        }
        write_inside(text, records, Some(&record.id), indent + 2, usual, inside);
    }
}

/// Imports tables and writes one file a message into `out`; gives how many.
///
/// # Errors
/// When a file cannot be read or written, or a table cannot be understood.
pub fn import_files(
    tables: &[std::path::PathBuf],
    added: Option<&Path>,
    out: &Path,
) -> Result<usize> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| Fault::io(path, error));
    let added = match added {
        Some(path) => read(path)?,
        None => ADDITIONS.to_owned(),
    };
    let mut made = Vec::new();
    for path in tables {
        let shown = path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let (message, text) = import(&shown, &read(path)?, &added)?;
        let good = !message.is_empty() && message.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !good {
            let fault = format!("{message:?} cannot name a file");
            return Err(Fault::published(&shown, 2, fault));
        }
        made.push((message, text));
    }
    std::fs::create_dir_all(out).map_err(|error| Fault::io(out, error))?;
    for (message, text) in &made {
        let path = out.join(format!("{message}.txt"));
        std::fs::write(&path, text).map_err(|error| Fault::io(&path, error))?;
    }
    Ok(made.len())
}

#[cfg(test)]
mod tests {
    use super::import;

    const COLUMNS: &str = "path\ttag\tname_zh\tname_en\tkind\ttype\tmin_occurs\tmax_occurs\tstatus\tcode_table\tcondition\tnote\tsource\n";

    #[test]
    fn a_table_becomes_text() {
        let table = format!(
            "{COLUMNS}\
             DEMO/00\t00\t头记录\t\trecord\t\t1\t1\tM\t\t\t\tA\n\
             DEMO/00/01\t00.01\t记录类型标识\tRECORD ID\tfield\tn..2\t1\t1\tM\t\t=00\t\tA\n\
             DEMO/00/02\t00.02\t报文类型\tMESSAGE TYPE\tfield\tan..6\t1\t1\tM\t\t=DEMO\t\tA\n\
             DEMO/00/03\t00.03\t时间\tCREATE TIME\tfield\tn..12\t1\t1\tM\t\t\t也有 YYMMDDHHMM\tA\n\
             DEMO/50\t50\t箱\t\trecord\t\t0\t*\tC\t\t\t\tB\n\
             DEMO/50/02\t50.02\t箱状态\tCTN STATUS\tfield\tan..1\t1\t1\tM\t\tenum=E\tE 空 F 整\tB\n\
             DEMO/50/03\t50.03\t重量\tWEIGHT\tfield\tn..12,3\t0\t1\tC\t\texists(50.03) or exists(50.04)\t\tB\n\
             DEMO/50/04\t50.04\t港\tPORT CODE\tfield\tan..5\t0\t1\tC\tport-unlocode\t\t\tB\n\
             DEMO/51\t51\t铅封\t\trecord\t\t0\t3\tC\t\t\t\tB\n"
        );
        let added = "DEMO  name  Demonstration | 演示  # none is published\nDEMO/51 in 50  # seals of a container\n* en 空 Empty  # ours\n";
        let (message, text) = import("DEMO.tsv", &table, added).unwrap();
        assert_eq!(message, "DEMO");
        let expected = "\
flat DEMO  Demonstration | 演示
  source  B
  record 00  M  1  头记录
    source  A
    2  M  X(6)  Message type | 报文类型
      is DEMO
    3  M  CCYYMMDDhhmm/YYMMDDhhmm  Create time | 时间
  record 50  C  *  箱
    2  M  X(1)  CTN status | 箱状态
      code E  Empty | 空
      code F  整
    3  C  9(9).9(3)  Weight | 重量
    4  C  X(5)  Port code | 港
      table unlocode
    D3 3 4
    record 51  C  3  铅封
      open
";
        assert_eq!(text.strip_prefix(super::HEAD), Some(expected));
    }

    /// With the tables at hand: the layouts that ship are what the importer makes of them.
    #[test]
    fn the_layouts_are_fresh() {
        let Some(shared) = std::env::var_os("BAOWEN_SHARED") else {
            return;
        };
        let tables = std::path::Path::new(&shared).join("data/china/messages");
        let specs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/china/flat");
        for message in ["BAPLIE", "CTNJJD", "DANACK", "IFCSUM", "IFTIAG"] {
            let table = std::fs::read_to_string(tables.join(format!("{message}.tsv"))).unwrap();
            let (_, text) = import(message, &table, super::ADDITIONS).unwrap();
            let held = std::fs::read_to_string(specs.join(format!("{message}.txt"))).unwrap();
            assert_eq!(text, held, "{message}");
        }
    }

    /// Every line of the additions speaks of a layout that ships, and of a record that is there.
    #[test]
    fn additions_speak_of_what_is_there() {
        let specs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/china/flat");
        let added = super::additions("flat-additions.txt", super::ADDITIONS).unwrap();
        assert!(added.len() > 50);
        for addition in added.iter().filter(|addition| addition.path != "*") {
            let mut parts = addition.path.split('/');
            let file = specs.join(format!("{}.txt", parts.next().unwrap()));
            let text = std::fs::read_to_string(file).unwrap();
            if let Some(record) = parts.next() {
                assert!(text.contains(&format!("record {record}  ")), "{addition:?}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let fails = |rows: &str, what: &str| {
            let error = import("DEMO.tsv", &format!("{COLUMNS}{rows}"), "").unwrap_err();
            assert_eq!(error.to_string(), what);
        };
        fails("", "DEMO.tsv:1: the table has no rows");
        fails(
            "DEMO/00\t\t\t\trecord\t\t\t\tX\n",
            "DEMO.tsv:2: found status \"X\"; expected M or C",
        );
        fails(
            "DEMO/00/02\t\t\t\tfield\tan..6\t\t\tM\n",
            "DEMO.tsv:2: a field of record 00, which is not there",
        );
        fails(
            "DEMO/00\t\t\t\trecord\t\t\t\tM\nDEMO/00/02\t\t\t\tfield\tb..6\t\t\tM\n",
            "DEMO.tsv:3: found type \"b..6\"; expected an..35, n..6 or n..12,3",
        );
        let error = import("DEMO.tsv", COLUMNS, "DEMO name Demo\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "flat-additions.txt:1: a reason is missing"
        );
    }
}
