//! Tables of Chinese customs: a folder of tab-separated files and their `INDEX.tsv` (columns
//! `table`, `title_zh`, `rows`, `source`, `date`, `trust`, `used_by`, `gaps`). What they leave out
//! stands in `tables.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Written, cell, read};
use crate::{Fault, Result};

/// What the tables leave out, shipped with the importer.
const ADDITIONS: &str = include_str!("tables.txt");

/// What `tables.txt` says of a table: keys and values, in order.
type Said<'t> = Vec<(&'t str, &'t str)>;

fn additions(text: &str) -> Result<BTreeMap<&str, Said<'_>>> {
    let mut all: BTreeMap<&str, Said<'_>> = BTreeMap::new();
    let mut table = "";
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if !line.starts_with(' ') {
            table = line.trim();
            if all.insert(table, Vec::new()).is_some() {
                return Err(Fault::published(
                    "tables.txt",
                    number,
                    format!("{table} stands twice"),
                ));
            }
            continue;
        }
        let pair = line
            .trim()
            .split_once(' ')
            .map(|(key, value)| (key, value.trim()));
        let (Some(pair), Some(said)) = (pair, all.get_mut(table)) else {
            return Err(Fault::published(
                "tables.txt",
                number,
                "expected a key and a value below a table",
            ));
        };
        if ![
            "title-en", "trust", "source", "parent", "nest", "column", "note", "gap",
        ]
        .contains(&pair.0)
        {
            return Err(Fault::published(
                "tables.txt",
                number,
                format!("unknown key {}", pair.0),
            ));
        }
        said.push(pair);
    }
    Ok(all)
}

/// Lines of tab-separated cells, the first by the names of the others.
fn separated(path: &Path) -> Result<(Vec<String>, Vec<Vec<String>>)> {
    let text = read(path)?;
    let mut lines = text
        .lines()
        .map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    let head = lines.next().unwrap_or_default();
    Ok((
        head,
        lines
            .filter(|row| row.iter().any(|cell| !cell.is_empty()))
            .collect(),
    ))
}

/// The tables of a folder, and a page about what is missing.
///
/// # Errors
/// When a file cannot be read or lacks what is needed, or a table has no English title.
pub(super) fn tables(folder: &Path) -> Result<(Vec<Written>, String)> {
    let said = additions(ADDITIONS)?;
    let (head, index) = separated(&folder.join("INDEX.tsv"))?;
    let column = |name: &str| head.iter().position(|held| held == name);
    let mut made = Vec::new();
    let mut missing = Vec::new();
    let mut sources = BTreeMap::new();
    for (row, line) in index.iter().zip(2..) {
        let get = |name: &str| {
            column(name)
                .and_then(|at| row.get(at))
                .map_or("", |cell| cell.trim())
        };
        let id = get("table");
        let Some(own) = said.get(id) else {
            return Err(Fault::published(
                "INDEX.tsv",
                line,
                format!("tables.txt says nothing of {id}"),
            ));
        };
        let one = |key: &str| {
            own.iter()
                .find(|(held, _)| *held == key)
                .map(|(_, value)| *value)
        };
        let all = |key: &str| {
            own.iter()
                .filter(|(held, _)| *held == key)
                .map(|(_, value)| (*value).to_owned())
                .collect()
        };
        let mut table = Written {
            id: id.to_owned(),
            title_en: one("title-en").unwrap_or("").to_owned(),
            title_zh: get("title_zh").to_owned(),
            source: match one("source") {
                Some(source) => source.to_owned(),
                None if get("source").contains(get("date")) => get("source").to_owned(),
                None => format!("{} ({})", get("source"), get("date")),
            },
            trust: one("trust")
                .unwrap_or_else(|| trust(get("trust")))
                .to_owned(),
            notes: all("note"),
            gaps: all("gap"),
            ..Written::default()
        };
        if table.title_en.is_empty() {
            return Err(Fault::published(
                "INDEX.tsv",
                line,
                format!("{id} has no English title"),
            ));
        }
        let path = folder.join(format!("{id}.tsv"));
        if get("rows") == "0" && !path.exists() {
            missing.push((table, get("used_by").to_owned()));
            continue;
        }
        let (names, rows) = separated(&path)?;
        fill(&mut table, own, &names, rows, id)?;
        sources.insert(table.id.clone(), made.len());
        made.push(table);
    }
    for (id, own) in &said {
        for (key, value) in own {
            if let ("nest", Some(at)) = (*key, sources.get(*id)) {
                nest(&mut made, &sources, *at, value)?;
            }
        }
    }
    let page = gaps(&made, &missing);
    Ok((made, page))
}

/// How far a table can be trusted, in one word.
fn trust(text: &str) -> &'static str {
    match text {
        _ if text.contains("official (third-party copy") => "official-copy",
        _ if text.starts_with("official + ")
            || text.starts_with("code official")
            || text.starts_with("mixed") =>
        {
            "mixed"
        }
        _ if text.starts_with("official") => "official",
        _ => "third-party",
    }
}

/// Takes in columns and rows.
fn fill(
    table: &mut Written,
    own: &Said<'_>,
    names: &[String],
    rows: Vec<Vec<String>>,
    id: &str,
) -> Result<()> {
    let renamed = |name: &str| {
        let mut said = own.iter().filter(|(key, _)| *key == "column");
        let said =
            said.find_map(|(_, value)| value.split_once(' ').filter(|(old, _)| *old == name));
        if let Some((_, new)) = said {
            return new.to_owned();
        }
        match name {
            "name_zh" => "zh".to_owned(),
            "name_en" => "en".to_owned(),
            "code_customs_old" => "customs".to_owned(),
            "name_customs_old" => "customs-zh".to_owned(),
            "code_ciq_old" => "ciq".to_owned(),
            "name_ciq_old" => "ciq-zh".to_owned(),
            _ => name.replace('_', "-"),
        }
    };
    let found: Vec<String> = names.iter().map(|name| renamed(name)).collect();
    // The code first, then the names as every table has them.
    let mut columns: Vec<String> = ["code", "en", "zh"].map(str::to_owned).to_vec();
    columns.extend(
        found
            .iter()
            .filter(|name| !["code", "en", "zh"].contains(&name.as_str()))
            .cloned(),
    );
    let places: Vec<Option<usize>> = columns
        .iter()
        .map(|name| found.iter().position(|held| held == name))
        .collect();
    let mut seen = BTreeSet::new();
    for (row, line) in rows.iter().zip(2..) {
        let cells: Vec<String> = places
            .iter()
            .map(|place| {
                place
                    .and_then(|place| row.get(place))
                    .map_or_else(String::new, |text| cell(text))
            })
            .collect();
        if cells[0].is_empty() || !seen.insert(cells[0].clone()) {
            let message = format!("the code {:?} is missing or stands twice", cells[0]);
            return Err(Fault::published(&format!("{id}.tsv"), line, message));
        }
        table.rows.push(cells);
    }
    // Columns that nothing is known of, but names.
    let known: Vec<bool> = (0..columns.len())
        .map(|at| at < 3 || table.rows.iter().any(|row| !row[at].is_empty()))
        .collect();
    let keep = |row: &Vec<String>| {
        row.iter()
            .zip(&known)
            .filter(|(_, known)| **known)
            .map(|(cell, _)| cell.clone())
            .collect()
    };
    table.rows = table.rows.iter().map(keep).collect();
    table.columns = keep(&columns);
    if let Some((_, parent)) = own.iter().find(|(key, _)| *key == "parent") {
        table.parent = (*parent).to_owned();
    }
    Ok(())
}

/// Gives codes their parents by the characters they begin with.
fn nest(
    made: &mut [Written],
    sources: &BTreeMap<String, usize>,
    at: usize,
    value: &str,
) -> Result<()> {
    let mut words = value.split_whitespace();
    let of = words.next().unwrap_or("");
    let lens: Vec<usize> = words.filter_map(|word| word.parse().ok()).collect();
    let Some(parents) = sources.get(of).map(|at| &made[*at]) else {
        return Err(Fault::Misuse(format!(
            "tables.txt: nest names {of}, which is not there"
        )));
    };
    let codes: BTreeSet<String> = parents.rows.iter().map(|row| row[0].clone()).collect();
    let width = codes.iter().next().map_or(0, String::len);
    let table = &mut made[at];
    table.parent = of.to_owned();
    table.columns.insert(3, "parent".to_owned());
    for row in &mut table.rows {
        let parent = lens.iter().find_map(|len| {
            let begins = row[0].get(..*len)?;
            let candidate = format!("{begins:0<width$}");
            (candidate != row[0] && codes.contains(&candidate)).then_some(candidate)
        });
        row.insert(3, parent.unwrap_or_default());
    }
    Ok(())
}

/// The page about what is missing.
fn gaps(made: &[Written], missing: &[(Written, String)]) -> String {
    let mut page = String::from(
        "# What is missing 缺口\n\nTables that fields name and that are not held, because no public copy is known. Their values are not\n\
         checked, or only their form. A port that has one adds it in its own folder under the same id.\n\
         以下代码表被报文字段引用但未收录（无公开文本）。相应的值不校验或仅校验格式；口岸可在自己的文件夹中以相同的标识补充。\n\n\
         | table | title | 名称 | fields | remark 备注 |\n|---|---|---|---|---|\n",
    );
    for (table, fields) in missing {
        let remark = table.gaps.join("; ").replace(" | ", " · ");
        let fields = fields.split(" — ").next().unwrap_or("");
        page.push_str(&format!(
            "| {} | {} | {} | {fields} | {remark} |\n",
            table.id, table.title_en, table.title_zh
        ));
    }
    page.push_str("\nTables that are held and are known to lack something.\n以下代码表已收录，但已知不全。\n\n| table | what is missing | 缺口 |\n|---|---|---|\n");
    for table in made {
        for gap in &table.gaps {
            let (en, zh) = gap.split_once(" | ").unwrap_or((gap, gap));
            page.push_str(&format!("| {} | {en} | {zh} |\n", table.id));
        }
    }
    for (id, en, zh) in super::international::GAPS {
        page.push_str(&format!("| {id} | {en} | {zh} |\n"));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    const HEAD: &str = "table\ttitle_zh\trows\tsource\tdate\ttrust\tused_by\tgaps\n";

    #[test]
    fn columns_parents_and_what_is_missing() {
        let index = format!(
            "{HEAD}admin-division\t行政区划\t3\tA list\t2018\tofficial\tDEST\t\n\
             currency\t币制\t1\tA list\t2018\tthird-party copy\tCURR\t\nuse-ciq\t用途\t0\t\t\tmissing\tPurpose\t\n"
        );
        let files = [
            ("INDEX.tsv", index.as_str()),
            (
                "admin-division.tsv",
                "code\tname_zh\tname_en\n110000\t北京市\t\n110101\t东城区\t\n130100\t石家庄市\t\n",
            ),
            (
                "currency.tsv",
                "code\tname_zh\tname_en\tcode_customs_old\tcode_ciq_old\nHKD\t港币\tHong Kong Dollar\t110\t\n",
            ),
        ];
        // Parents of others lead to tables that this folder lacks: only those that are there are nested.
        let (made, page) = tables(folder(&files).path()).unwrap();
        assert_eq!(made[0].columns, ["code", "en", "zh", "parent"]);
        assert_eq!(made[0].rows[1], ["110101", "", "东城区", "110000"]);
        assert_eq!(made[0].rows[2], ["130100", "", "石家庄市", ""]);
        assert_eq!(made[1].columns, ["code", "en", "zh", "customs"]);
        assert_eq!(
            (made[1].trust.as_str(), made[0].trust.as_str()),
            ("third-party", "official")
        );
        assert!(
            made[1]
                .text()
                .ends_with("rows\nHKD\tHong Kong Dollar\t港币\t110\n")
        );
        assert!(
            page.contains("| use-ciq | Use of goods (inspection, annex 27) | 用途 | Purpose |")
        );
    }

    #[test]
    fn a_code_twice_and_an_unknown_table_are_faults() {
        let index = format!("{HEAD}ie-flag\t进出口\t2\tA\t2018\tofficial\tx\t\n");
        let twice = folder(&[
            ("INDEX.tsv", &index),
            ("ie-flag.tsv", "code\tname_zh\nI\t进口\nI\t进口\n"),
        ]);
        assert!(
            tables(twice.path())
                .unwrap_err()
                .to_string()
                .starts_with("ie-flag.tsv:3: the code")
        );
        let index = format!("{HEAD}no-such\tx\t2\tA\t2018\tofficial\tx\t\n");
        let unknown = folder(&[("INDEX.tsv", &index)]);
        assert!(
            tables(unknown.path())
                .unwrap_err()
                .to_string()
                .contains("says nothing of no-such")
        );
    }
}
