//! Comma-separated values with quotes (RFC 4180).

/// The records of a text; a record that is not well formed is read as far as it can be.
pub(super) fn records(text: &str) -> Vec<Vec<String>> {
    let (mut all, mut record, mut field, mut quoted) =
        (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                all.push(std::mem::take(&mut record));
            }
            _ => field.push(c),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        all.push(record);
    }
    all
}

/// The records behind the first, whose cells are looked up by the names of the first.
pub(super) struct Records {
    head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Records {
    pub(super) fn new(text: &str) -> Self {
        let mut rows = records(text);
        let head = if rows.is_empty() {
            Vec::new()
        } else {
            rows.remove(0)
        };
        Self { head, rows }
    }

    pub(super) fn get<'r>(&self, row: &'r [String], column: &str) -> &'r str {
        let place = self.head.iter().position(|name| name == column);
        place
            .and_then(|place| row.get(place))
            .map_or("", |cell| cell.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::Records;

    #[test]
    fn quotes_commas_and_line_ends() {
        let text = "a,b\r\n\"1,\"\"x\"\"\",2\n3";
        let read = Records::new(text);
        assert_eq!(read.rows.len(), 2);
        assert_eq!(read.get(&read.rows[0], "a"), "1,\"x\"");
        assert_eq!(
            (read.get(&read.rows[0], "b"), read.get(&read.rows[1], "b")),
            ("2", "")
        );
        assert_eq!(read.get(&read.rows[1], "c"), "");
    }
}
