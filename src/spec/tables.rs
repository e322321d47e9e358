//! Where the codes of a value stand: a table, a column of one, or several of these.

use std::sync::Arc;

use super::{CodeSet, Specs, near};
use crate::Result;
use crate::codes::CodeTable;
use crate::finding::Code;

/// The codes of tables, and whether more may be in force: see [`is_open`].
type TableCodes = (Arc<CodeSet>, bool);

/// Codes that are near a wrong one are shown up to this number.
const MOST_NEAR: usize = 3;

/// The parts of `packaging:customs or port`: tables, each with the column that is meant where it is
/// not that of the codes.
fn parts(tables: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    tables.split(" or ").map(|part| match part.split_once(':') {
        Some((table, column)) => (table, Some(column)),
        None => (part, None),
    })
}

impl Specs {
    /// The codes of `tables` ([`Codes::Table`](super::xml::Codes::Table)), in their order; `None`
    /// where one of them is not held.
    ///
    /// # Errors
    /// When a file is broken, or a table lacks a column that is named.
    pub fn table_list(&self, tables: &str) -> Result<Option<Vec<String>>> {
        let mut codes = Vec::new();
        for (id, column) in parts(tables) {
            let Some(table) = self.table(id)? else {
                return Ok(None);
            };
            let column = column.unwrap_or("code");
            let at = table.columns.iter().position(|held| **held == *column);
            let Some(at) = at else {
                return Err(crate::Error::unknown(format!(
                    "table {id} has no column {column}; it has {}",
                    table.columns.join(", ")
                )));
            };
            let cells = table.rows().filter_map(|mut row| row.nth(at));
            codes.extend(cells.filter(|code| !code.is_empty()).map(str::to_owned));
        }
        Ok(Some(codes))
    }

    /// The same as a set, for look-ups, and whether one of the tables [is open](is_open). Where a table is not
    /// held the set is empty.
    pub(crate) fn table_codes(&self, tables: &str) -> Result<TableCodes> {
        if let Some((id, None)) = only(parts(tables)) {
            let found = self.table(id)?;
            let set = |table: Arc<CodeTable>| (table.codes().clone(), is_open(&table));
            return Ok(found.map_or_else(TableCodes::default, set));
        }
        let Some(codes) = self.table_list(tables)? else {
            return Ok(TableCodes::default());
        };
        let mut open = false;
        for (id, _) in parts(tables) {
            open |= self.table(id)?.is_some_and(|table| is_open(&table));
        }
        let set = CodeSet::new(codes.iter().map(String::as_str));
        Ok((Arc::new(set), open))
    }

    /// What a code is called that `tables` lack: wrong, or only unknown where one of them is open.
    pub(crate) fn lacking(&self, tables: &str) -> Code {
        match self.table_codes(tables) {
            Ok((_, false)) => Code::UNKNOWN_CODE,
            _ => Code::NOT_IN_TABLE,
        }
    }

    /// Codes of `tables` that `code`, which they lack, may have been meant as, the likeliest first;
    /// empty where there is none.
    pub(crate) fn near_codes(&self, tables: &str, code: &str) -> String {
        let mut found: Vec<String> = Vec::new();
        for (id, column) in parts(tables) {
            let part = match column {
                None => self.table(id).ok().flatten().map(|table| {
                    let found = table.near(code, MOST_NEAR);
                    found.into_iter().map(str::to_owned).collect()
                }),
                Some(column) => {
                    let codes = self.table_list(&format!("{id}:{column}"));
                    let codes = codes.ok().flatten().unwrap_or_default();
                    let near = near(code, codes.iter().map(String::as_str), MOST_NEAR);
                    Some(near.into_iter().map(str::to_owned).collect())
                }
            };
            let part: Vec<String> = part.unwrap_or_default();
            found.extend(
                part.into_iter()
                    .filter(|code| !found.contains(code))
                    .collect::<Vec<_>>(),
            );
        }
        found.truncate(MOST_NEAR);
        found.join(", ")
    }
}

/// Whether codes may be in force that a table does not hold: more come up between its editions, it has
/// gaps, or it was taken from someone else than who publishes it.
fn is_open(table: &CodeTable) -> bool {
    table.open || !table.gaps.is_empty() || &*table.trust == "third-party"
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_tables_and_columns_are_one_list() {
        let specs = Specs::base();
        let modes = "trade-mode or trade-mode-supplement";
        let (set, _) = specs.table_codes(modes).unwrap();
        for code in ["0110", "9710"] {
            assert!(set.contains(code.as_bytes()), "{code}");
        }
        assert!(!set.contains(b"9999"));
        let (set, _) = specs.table_codes("packaging:customs").unwrap();
        assert!(set.contains(b"4") && !set.contains(b"00"));
        let list = specs.table_list("packaging:customs or incoterms").unwrap();
        let list = list.unwrap();
        assert!(list.iter().any(|code| code == "7") && list.iter().any(|code| code == "FOB"));
        let error = specs.table_list("packaging:weight").unwrap_err();
        assert!(error.to_string().contains("no column weight"), "{error}");
        assert!(
            specs
                .table_list("packaging or no-such-table")
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn near_codes_come_from_all_of_them() {
        let specs = Specs::base();
        let near = specs.near_codes("trade-mode or trade-mode-supplement", "971O");
        assert!(near.contains("9710"), "{near}");
        let near = specs.near_codes("country:customs", "1O2");
        assert!(near.contains("102"), "{near}");
        assert_eq!(specs.near_codes("trade-mode", "quite another"), "");
    }
}
