//! Tables of publishers outside China.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::csv::Records;
use super::{Written, cell, read};
use crate::{Fault, Result};

/// What is known to be missing of tables that are made here or were made before.
pub(super) const GAPS: [(&str, &str, &str); 5] = [
    (
        "airports",
        "airports without an IATA code",
        "没有 IATA 代码的机场未收录",
    ),
    ("smdg-terminals", "no Chinese names", "无中文名称"),
    (
        "hs2022",
        "no Chinese names; the national digits behind the sixth",
        "无中文名称；第 6 位之后的本国子目未收录",
    ),
    (
        "un-numbers",
        "classes, packing groups and Chinese names: manifest-undg has classes and Chinese names of its numbers",
        "无类别、包装类和中文名称；manifest-undg 表有其中部分编号的类别和中文名称",
    ),
    (
        "unlocode",
        "no Chinese names; functions and coordinates are left out",
        "无中文名称；功能和坐标未收录",
    ),
];

fn gaps(id: &str) -> Vec<String> {
    let own = GAPS.iter().filter(|(held, ..)| *held == id);
    own.map(|(_, en, zh)| format!("{en} | {zh}")).collect()
}

fn records(path: &Path, needed: &str) -> Result<Records> {
    let read = Records::new(&read(path)?);
    let first = read
        .rows
        .first()
        .ok_or_else(|| Fault::published(&path.display().to_string(), 1, "no rows"))?;
    if read.get(first, needed).is_empty() {
        return Err(Fault::published(
            &path.display().to_string(),
            2,
            format!("no column {needed}"),
        ));
    }
    Ok(read)
}

/// The Harmonized System, with its sections from `sections.csv` beside it.
pub(super) fn harmonized_system(path: &Path) -> Result<Written> {
    let sections = Records::new(&read(&path.with_file_name("sections.csv"))?);
    let all = records(path, "hscode")?;
    let mut table = Written {
        id: "hs2022".to_owned(),
        title_en: "Harmonized System 2022: sections, chapters, headings, subheadings".to_owned(),
        title_zh: "商品名称及编码协调制度（2022 年版）：类、章、品目、子目".to_owned(),
        source: "World Customs Organization, Harmonized System 2022, from a data set in the public domain after UN Comtrade".to_owned(),
        trust: "official-copy".to_owned(),
        gaps: gaps("hs2022"),
        parent: "hs2022 first 4 2".to_owned(),
        columns: ["code", "en", "parent"].map(str::to_owned).to_vec(),
        ..Written::default()
    };
    let sentence = |name: &str| {
        let mut characters = name.chars();
        let first: String = characters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        first + characters.as_str()
    };
    for row in &sections.rows {
        table.rows.push(vec![
            sections.get(row, "section").to_owned(),
            sentence(&cell(sections.get(row, "name"))),
            String::new(),
        ]);
    }
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in &all.rows {
        let code = all.get(row, "hscode");
        if !code.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        // Chapters stand below sections; the others begin with what they stand below.
        let section = all.get(row, "section");
        let known = table.rows.iter().any(|row| row[0] == section);
        let parent = if code.len() == 2 && known {
            section
        } else {
            ""
        };
        rows.insert(
            code,
            vec![
                code.to_owned(),
                cell(all.get(row, "description")),
                parent.to_owned(),
            ],
        );
    }
    table.rows.extend(rows.into_values());
    Ok(table)
}

/// SMDG terminal codes, behind the UN/LOCODE of their place.
pub(super) fn terminals(path: &Path) -> Result<Written> {
    let all = records(path, "UNLOCODE")?;
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in &all.rows {
        let get = |name: &str| cell(all.get(row, name));
        let (place, terminal) = (get("UNLOCODE"), get("Terminal Code"));
        let code = format!("{place}{terminal}");
        let made = vec![
            code.clone(),
            get("Terminal Facility Name"),
            terminal,
            get("Valid From"),
            get("Valid Until"),
        ];
        // Of a terminal that stands twice, the one that is good longer.
        let longer = rows
            .get(&code)
            .is_none_or(|held| !held[4].is_empty() && (made[4].is_empty() || held[4] < made[4]));
        if longer {
            rows.insert(code, made);
        }
    }
    Ok(Written {
        id: "smdg-terminals".to_owned(),
        title_en: "Container terminals (SMDG)".to_owned(),
        title_zh: "集装箱码头代码（SMDG）".to_owned(),
        source: "SMDG Terminal Code List, © SMDG e.V., licensed under CC BY 4.0; code, facility name and validity are taken".to_owned(),
        trust: "official-copy".to_owned(),
        notes: vec!["The code is the UN/LOCODE and the terminal code behind it: a terminal code alone may stand for several places.".to_owned()],
        gaps: gaps("smdg-terminals"),
        open: true,
        // A few places are not in the edition of UN/LOCODE that is held: the country always is.
        parent: "country-iso3166 first 2".to_owned(),
        columns: ["code", "en", "terminal", "valid-from", "valid-to"].map(str::to_owned).to_vec(),
        rows: rows.into_values().collect(),
    })
}

/// Airports by their IATA codes.
pub(super) fn airports(path: &Path) -> Result<Written> {
    let all = records(path, "icao")?;
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in &all.rows {
        let code = all.get(row, "iata");
        if code.is_empty() {
            continue;
        }
        let name = cell(all.get(row, "name"));
        let short = name.strip_suffix(" Airport").unwrap_or(&name).to_owned();
        let city = cell(all.get(row, "city"));
        let city = if short.contains(&city) {
            String::new()
        } else {
            city
        };
        let icao = all.get(row, "icao");
        // What has four letters is a location indicator; others are codes of a country.
        let icao = if icao.len() == 4 && icao.bytes().all(|byte| byte.is_ascii_uppercase()) {
            icao
        } else {
            ""
        };
        rows.insert(
            code,
            vec![
                code.to_owned(),
                short,
                all.get(row, "country").to_owned(),
                icao.to_owned(),
                city,
            ],
        );
    }
    Ok(Written {
        id: "airports".to_owned(),
        title_en: "Airports (IATA and ICAO)".to_owned(),
        title_zh: "机场代码（IATA、ICAO）".to_owned(),
        source: "an airport data set under the MIT licence; IATA location codes, ICAO location indicators (Doc 7910)".to_owned(),
        trust: "third-party".to_owned(),
        notes: vec!["The word Airport at the end of a name is left out, and the city where the name has it.".to_owned()],
        gaps: gaps("airports"),
        open: true,
        parent: "country-iso3166".to_owned(),
        columns: ["code", "en", "parent", "icao", "city"].map(str::to_owned).to_vec(),
        rows: rows.into_values().collect(),
    })
}

/// UN numbers from a schema whose enumerations name them (`UN1203`, `NA1993`).
pub(super) fn un_numbers(path: &Path) -> Result<Written> {
    let text = read(path)?;
    let fault = |error: quick_xml::Error| {
        Fault::published(&path.display().to_string(), 1, error.to_string())
    };
    let mut names: BTreeMap<(bool, String), BTreeSet<String>> = BTreeMap::new();
    let mut reader = quick_xml::Reader::from_str(&text);
    let (mut value, mut inside, mut name) = (String::new(), false, String::new());
    loop {
        use quick_xml::events::Event;
        match reader.read_event().map_err(fault)? {
            Event::Start(start) if start.local_name().as_ref() == "enumeration" => {
                let attributes = start.attributes().flatten();
                let found = attributes
                    .into_iter()
                    .find(|attribute| attribute.key.as_ref() == "value");
                value =
                    found.map_or_else(String::new, |attribute| attribute.value.replace(' ', ""));
            }
            Event::Start(start) if start.local_name().as_ref() == "documentation" => {
                inside = true;
                name.clear();
            }
            Event::Text(part) if inside => name.push_str(&part),
            Event::GeneralRef(reference) if inside => {
                let resolved = match &*reference {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "apos" => "'",
                    _ => "",
                };
                name.push_str(resolved);
            }
            Event::End(end) if end.local_name().as_ref() == "documentation" => {
                inside = false;
                if !value.is_empty() {
                    let (national, code) = match value.strip_prefix("UN") {
                        Some(number) => (false, number.to_owned()),
                        None => (true, value.clone()),
                    };
                    names
                        .entry((national, code))
                        .or_default()
                        .insert(cell(&name));
                }
            }
            Event::End(end) if end.local_name().as_ref() == "enumeration" => value.clear(),
            Event::Eof => break,
            _ => {}
        }
    }
    if names.is_empty() {
        return Err(Fault::published(
            &path.display().to_string(),
            1,
            "expected enumerations with documentation",
        ));
    }
    let rows = names.into_iter().map(|((national, code), names)| {
        let status = if national { "national" } else { "" };
        vec![
            code,
            names.into_iter().collect::<Vec<_>>().join(" / "),
            status.to_owned(),
        ]
    });
    Ok(Written {
        id: "un-numbers".to_owned(),
        title_en: "UN numbers of dangerous goods".to_owned(),
        title_zh: "联合国危险货物编号".to_owned(),
        source: "49 CFR 172.101 (United States), as a public schema of the NIEM code set has it; proper shipping names".to_owned(),
        trust: "official-copy".to_owned(),
        notes: vec![
            "status: empty = UN number, as the Model Regulations, ADR and IMDG use it; national = NA and ID numbers of the".to_owned(),
            "United States and Canada. Where a number has several proper shipping names, they stand one after the other.".to_owned(),
        ],
        gaps: gaps("un-numbers"),
        columns: ["code", "en", "status"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
        ..Written::default()
    })
}
