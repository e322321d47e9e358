//! Customs ports and UN/LOCODE, joined by name.
//!
//! Both lists name a country and a place. A port of customs is taken for a place of UN/LOCODE
//! where country and name are the same, letter for letter but for case, accents and punctuation, and
//! where no other port and no other place has that name; of several places the one that is a port.

use std::collections::BTreeMap;
use std::path::Path;

use baowen::spec::Specs;

use super::{csv, read};
use crate::{Fault, Result};

/// A name without what lists write differently.
fn plain(name: &str) -> String {
    let name = name.split(['(', '/']).next().unwrap_or(name);
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

/// The text of the crosswalk `port-unlocode`, from UN/LOCODE as published and the tables `port`
/// and `country` in force.
pub(super) fn crosswalk(path: &Path) -> Result<String> {
    let specs = Specs::base();
    let table = |id: &str| {
        specs
            .table(id)?
            .ok_or_else(|| Fault::Misuse(format!("table {id} is not there yet")))
    };
    let (ports, countries) = (table("port")?, table("country")?);
    let held = table("unlocode")?;
    // By country and name: the codes, those of ports apart.
    let mut places: BTreeMap<(String, String), (Vec<String>, Vec<String>)> = BTreeMap::new();
    for row in csv::records(&read(path)?) {
        let get = |at: usize| row.get(at).map_or("", |cell| cell.trim());
        let (country, place, name, function) = (get(1), get(2), get(4), get(6));
        let code = format!("{country}{place}");
        if place.is_empty() || get(0) == "X" || held.get(&code).is_none() {
            continue;
        }
        let (all, sea) = places.entry((country.to_owned(), plain(name))).or_default();
        all.push(code.clone());
        if function.starts_with('1') {
            sea.push(code);
        }
    }
    let mut by_name: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for port in ports.entries() {
        let Some(country) = port.parent().and_then(|parent| countries.get(parent)) else {
            continue;
        };
        let (alpha2, en) = (country.get("alpha2"), port.en());
        let place = en.rsplit_once(',').map_or(en, |(place, _)| place);
        // The row of a country as a whole names no place.
        if alpha2.is_empty() || plain(place).is_empty() || port.code().ends_with("000") {
            continue;
        }
        by_name
            .entry((alpha2.to_owned(), plain(place)))
            .or_default()
            .push(port.code());
    }
    let mut rows = BTreeMap::new();
    for (key, ports) in by_name {
        let ([port], Some((all, sea))) = (ports.as_slice(), places.get(&key)) else {
            continue;
        };
        if let ([code], _) | (_, [code]) = (all.as_slice(), sea.as_slice()) {
            rows.insert((*port).to_owned(), code.clone());
        }
    }
    let mut text = String::from(
        "# Made by name: a row stands where country and name are the same in both lists and only one port and one\n\
         # place (or one seaport) has them. Ours; a port without a row has no counterpart that is certain.\n\
         crosswalk port-unlocode\n  title-en  Ports of customs and UN/LOCODE\n  title-zh  海关港口与 UN/LOCODE\n  \
         source  tables port (2018) and unlocode (2023-2), joined by country and name\n  trust  ours\n  \
         sides  unified  unlocode\nrows\n",
    );
    for (port, code) in rows {
        text.push_str(&format!("{port}\t{code}\n"));
    }
    Ok(text)
}
