//! What tables write of formats, in the form of specs.

use baowen::spec::xml::Format;

/// The format that a table's `type` means; `None` where it is none. Nothing is `an`: any text.
pub(super) fn format(text: &str) -> Option<Format> {
    let text = text.trim().trim_end_matches(['.', '。']);
    let (plain, inside) = match text.split_once('(') {
        Some((plain, inside)) => (plain.trim(), Some(inside)),
        None => (text, None),
    };
    if let Some(inside) = inside {
        let inside = inside.split(')').next().unwrap_or("");
        if let Some(least) = inside.strip_prefix("minlen ") {
            let most = plain.strip_prefix("an..")?;
            return Format::parse(&format!("an{least}..{most}"));
        }
        match inside {
            "int" => return Format::parse("xs:int"),
            "float" => return Format::parse("xs:float"),
            _ => {}
        }
        // Zones of time have no pattern here.
        if let Some(moment) = moment(inside) {
            return Some(moment);
        }
        if plain == "datetime" {
            return Format::parse(&format!("an{inside}"));
        }
    }
    let text = plain;
    if let Some(pattern) = text
        .strip_prefix("datetime ")
        .or(text.strip_prefix("date "))
    {
        return moment(pattern).or_else(|| Format::parse("an"));
    }
    match text {
        "" | "date" | "datetime" | "string" => return Format::parse("an"),
        "base64" | "BLOB" => return Format::parse("xs:base64Binary"),
        "dateTime" => return Format::parse("xs:dateTime"),
        "D8" => return Format::parse("CCYYMMDD"),
        _ => {}
    }
    let lower = text.to_ascii_lowercase();
    // C is any character; a number with decimals needs none of the letters before it.
    let (letters, rest) = lower.split_at(
        lower
            .find(|c: char| !c.is_ascii_lowercase())
            .unwrap_or(lower.len()),
    );
    let class = match letters {
        "c" | "cn" => "an",
        other => other,
    };
    if class == "an" && rest.contains(',') {
        return Format::parse(&format!("n{rest}"));
    }
    // `n16..2` is sixteen digits with two decimals.
    if class == "n"
        && let Some((digits, decimals)) = rest.split_once("..")
        && !digits.is_empty()
    {
        return Format::parse(&format!("n..{digits},{decimals}"));
    }
    Format::parse(&format!("{class}{}", rest.replace("an.", "")).replace("an.1", "an..1"))
        .or_else(|| Format::parse(&format!("{class}..{}", rest.trim_start_matches('.'))))
}

/// A pattern of dates, as tables write it.
fn moment(text: &str) -> Option<Format> {
    let text = text
        .replace("YYYY", "CCYY")
        .replace("yyyy", "CCYY")
        .replace("dd", "DD");
    let (day, time) = match text.find(['H', 'h', 'T']) {
        Some(at) => text.split_at(at),
        None => (&*text, ""),
    };
    let time = time
        .replace("HH", "hh")
        .replace("MM", "mm")
        .replace("SS", "ss");
    Format::parse(&format!("{day}{time}"))
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn types_of_tables_are_formats() {
        for (table, spec) in [
            ("", "an"),
            ("an..35", "an..35"),
            ("an3", "an3"),
            ("C..32", "an..32"),
            ("C4", "an4"),
            ("n..14,2", "n..14,2"),
            ("n16..2", "n..16,2"),
            ("an..16,4", "n..16,4"),
            ("an..100 (minlen 3)", "an3..100"),
            ("date yyyyMMdd", "CCYYMMDD"),
            ("datetime CCYYMMDDhhmmssfff", "CCYYMMDDhhmmssfff"),
            ("an12(CCYYMMDDHHMM)", "CCYYMMDDhhmm"),
            ("an15(CCYYMMDDHHMMZZZ)", "an15"),
            ("n8 (CCYYMMDD)", "CCYYMMDD"),
            ("datetime(16)", "an16"),
            ("datetime()", "an"),
            ("n(int)", "xs:int"),
            ("a2.", "a2"),
            ("n..5。", "n..5"),
            ("an.100", "an..100"),
            ("D8", "CCYYMMDD"),
        ] {
            let found = format(table).unwrap_or_else(|| panic!("{table}"));
            assert_eq!(found.to_string(), spec, "{table}");
        }
    }
}
