//! Declarations, manifests and what customs number. None of these has a check digit of its own.

use super::{digits, is_capital_or_digit, is_day, organization, shaped, year_at};

/// Customs declaration number (报关单海关编号), 18 characters: district, year, 1 for imports or 0 for
/// exports (I and E where declarations are gathered), nine digits.
#[must_use]
pub fn declaration18(text: &str) -> bool {
    let shape = |mark: &str| shaped(text, &format!("ddxxdddd{mark}ddddddddd"));
    year_at(text, 4) && ["0", "1", "I", "E"].into_iter().any(shape)
}

/// Declaration number of an export with its item (21 digits), as tax refunds ask for: the number,
/// 0, and two digits of the item.
#[must_use]
pub fn declaration21(text: &str) -> bool {
    digits(text, 21)
        && year_at(text, 4)
        && text.as_bytes()[8] == b'0'
        && text.as_bytes()[18] == b'0'
}

/// Number of a customs tax bill (海关专用缴款书), 22 characters: the number of the import, `-` (or `/`
/// or `*` when it is printed again), A for duty, L for value added tax, Y for consumption tax, and
/// two digits.
#[must_use]
pub fn tax_bill(text: &str) -> bool {
    let shape = |mark: char, tax: char| shaped(text, &format!("dddddddd1ddddddddd{mark}{tax}dd"));
    year_at(text, 4)
        && ['-', '/', '*']
            .into_iter()
            .any(|mark| ['A', 'L', 'Y'].into_iter().any(|tax| shape(mark, tax)))
}

/// Number that the data centre gives (数据中心统一编号): I or E and 17 digits, or 18 digits.
#[must_use]
pub fn data_centre_number(text: &str) -> bool {
    match text.strip_prefix(['I', 'E']) {
        Some(rest) => digits(rest, 17) || digits(rest, 18),
        None => digits(text, 17) || digits(text, 18),
    }
}

/// Inspection declaration number (报检号): 15 digits.
#[must_use]
pub fn ciq_number(text: &str) -> bool {
    digits(text, 15)
}

/// Customs district: two digits of the district, two characters of its office.
#[must_use]
pub fn customs_district(text: &str) -> bool {
    shaped(text, "ddxx")
}

/// Batch number of road transport (货物运输批次号): an organization code, 1 for imports or 0 for
/// exports, and three characters.
#[must_use]
pub fn road_batch(text: &str) -> bool {
    shaped(text, "xxxxxxxxxdxxx")
        && organization(&text[..9])
        && matches!(text.as_bytes()[9], b'0' | b'1')
}

/// Load list number (载货清单号): 13 capitals or digits.
#[must_use]
pub fn load_list(text: &str) -> bool {
    shaped(text, "xxxxxxxxxxxxx")
}

/// Sender of a manifest: four characters of the customs district, an organization code, and the
/// client behind an underline.
#[must_use]
pub fn sender(text: &str) -> bool {
    let (Some(who), Some(client)) = (text.get(..13), text.get(13..)) else {
        return false;
    };
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"_*@./-".contains(&byte);
    let behind = client.is_empty() || client.starts_with('_') && client.bytes().all(named);
    who.is_ascii()
        && text.len() <= 64
        && shaped(&who[..4], "ddxx")
        && organization(&who[4..])
        && behind
}

/// Client of the data exchange platform: `DXP`, its kind, and ten characters.
#[must_use]
pub fn dxp(text: &str) -> bool {
    ["ESW", "ENT", "LGS", "PAY"]
        .into_iter()
        .any(|kind| shaped(text, &format!("DXP{kind}xxxxxxxxxx")))
}

/// File name of a manifest: `CN_MT1401_1p0_SENDER_20190101120000000.xml`, or `.zip`.
#[must_use]
pub fn manifest_file(text: &str) -> bool {
    let Some(name) = text
        .strip_suffix(".xml")
        .or_else(|| text.strip_suffix(".zip"))
    else {
        return false;
    };
    let parts: Vec<&str> = name.split('_').collect();
    let ["CN", kind, "1p0", who, client @ .., at] = parts.as_slice() else {
        return false;
    };
    let with_client = match client {
        [] => true,
        [client] => client
            .strip_prefix("DXP")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_capital_or_digit)),
        _ => false,
    };
    shaped(kind, "MTxxxx") && !who.is_empty() && with_client && digits(at, 17)
}

/// Bill number of goods landed or loaded beyond the manifest: `FDCA`, a batch number, a sequence.
#[must_use]
pub fn overlanded_bill(text: &str) -> bool {
    let (Some(batch), Some(sequence)) = (text.get(4..17), text.get(17..)) else {
        return false;
    };
    text.starts_with("FDCA")
        && load_list(batch)
        && (1..=18).contains(&sequence.len())
        && digits(sequence, sequence.len())
}

/// Identifier of a message of cross-border trade: a UUID in capitals.
#[must_use]
pub fn ceb_guid(text: &str) -> bool {
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'A'..=b'F');
    let fits = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => hexadecimal(byte),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// Number that the e-port gives to a cross-border list: B, the day, nine digits (O, P and R in
/// place of B are in use).
#[must_use]
pub fn ceb_prenumber(text: &str) -> bool {
    let starts = text.starts_with(['B', 'O', 'P', 'R']);
    starts && digits(&text[1..], 17) && is_day(&text[1..9])
}

/// Number of a cross-border list: district, year, I or E, nine digits.
#[must_use]
pub fn ceb_list(text: &str) -> bool {
    let shape = |mark: &str| shaped(text, &format!("ddxxdddd{mark}ddddddddd"));
    year_at(text, 4) && ["I", "E"].into_iter().any(shape)
}

/// Number of a bonded verification list (核注清单): QD, district, two digits of the year, I or E,
/// nine digits.
#[must_use]
pub fn bonded_list(text: &str) -> bool {
    ["I", "E"]
        .into_iter()
        .any(|mark| shaped(text, &format!("QDxxxxdd{mark}ddddddddd")))
}

/// Number of a gate pass (核放单): Z, district, I or E, the day in six digits, T (two steps) or a
/// digit, eleven digits.
#[must_use]
pub fn gate_pass(text: &str) -> bool {
    let shape =
        |mark: &str, step: &str| shaped(text, &format!("Zxxxx{mark}dddddd{step}ddddddddddd"));
    let shaped = ["I", "E"]
        .into_iter()
        .any(|mark| shape(mark, "T") || shape(mark, "d"));
    shaped && is_day(&format!("20{}", &text[6..12]))
}

/// Pre-entry number of processing trade and bonded areas: a year of this century and 14 digits.
#[must_use]
pub fn processing_prenumber(text: &str) -> bool {
    digits(text, 18) && text.starts_with("20")
}

/// Number of a manual or account of processing trade: a letter for its kind, four digits of the
/// district, seven characters.
#[must_use]
pub fn manual(text: &str) -> bool {
    shaped(text, "addddxxxxxxx")
}

/// Date, date and time, or these with thousandths or the zone 086: 8, 14 or 17 digits that exist.
#[must_use]
pub fn date_time(text: &str) -> bool {
    if !matches!(text.len(), 8 | 14 | 17) || !digits(text, text.len()) || !is_day(&text[..8]) {
        return false;
    }
    let two = |at: usize| {
        text.get(at..at + 2)
            .map_or(0, |part| part.parse::<u32>().unwrap_or(99))
    };
    two(8) < 24 && two(10) < 60 && two(12) < 60
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first are good, the others not.
    fn cases(check: fn(&str) -> bool, good: &[&str], wrong: &[&str]) {
        for text in good {
            assert!(check(text), "{text}");
        }
        for text in wrong {
            assert!(!check(text), "{text}");
        }
    }

    #[test]
    fn declarations() {
        cases(
            declaration18,
            &[
                "530120181012345678",
                "53A120240012345678",
                "53012024I012345678",
            ],
            &[
                "530118181012345678",
                "530120182012345678",
                "53012018101234567",
                "5301201810123456781",
            ],
        );
        cases(
            declaration21,
            &["530120180012345678001"],
            &[
                "530120181012345678001",
                "530120180012345678101",
                "53012018001234567800",
            ],
        );
        cases(
            tax_bill,
            &[
                "530120181012345678-L01",
                "530120181012345678-A02",
                "530120181012345678/L01",
            ],
            &[
                "530120180012345678-L01",
                "530120181012345678-B01",
                "530120181012345678L01",
                "530120181012345678-L0",
            ],
        );
        cases(
            data_centre_number,
            &[
                "E20240001310220743",
                "I20240000000000001",
                "202400000000000001",
            ],
            &["X20240001310220743", "2024"],
        );
        cases(
            ciq_number,
            &["110000118012345"],
            &["11000011801234", "11000011801234E"],
        );
        cases(
            customs_district,
            &["5301", "53A1"],
            &["530", "A301", "53a1"],
        );
    }

    #[test]
    fn manifests() {
        // 00000001-9 is an organization code.
        cases(
            road_batch,
            &["0000000191001", "000000019000A"],
            &["0000000181001", "0000000192001", "000000019100"],
        );
        cases(
            load_list,
            &["5345201902001"],
            &["534520190200", "534520190200a"],
        );
        cases(
            sender,
            &["5301000000019", "5301000000019_DXPESW0000000001"],
            &[
                "5301000000018",
                "5301000000019DXP",
                "X301000000019",
                "5301000000019_ ",
            ],
        );
        cases(
            dxp,
            &["DXPESW0000000001", "DXPENT000000000A"],
            &["DXPABC0000000001", "DXPESW000000001"],
        );
        cases(
            manifest_file,
            &[
                "CN_MT1401_1p0_5301000000019_20190101120000000.xml",
                "CN_MT1401_1p0_5301000000019_DXPESW0000000001_20190101120000000.zip",
            ],
            &[
                "CN_MT1401_1p0_5301000000019_20190101120000000.txt",
                "CN_XX1401_1p0_A_20190101120000000.xml",
                "CN_MT1401_1p0__20190101120000000.xml",
                "CN_MT1401_1p0_20190101120000000.xml",
            ],
        );
        cases(
            overlanded_bill,
            &["FDCA00000001910011"],
            &[
                "FDCA0000000191001",
                "ABCD00000001910011",
                "FDCA0000000191001A",
            ],
        );
    }

    #[test]
    fn bonded_and_cross_border() {
        cases(
            ceb_guid,
            &["4CDE1CFD-EDED-46B1-946C-B8022E42FC94"],
            &[
                "4cde1cfd-EDED-46B1-946C-B8022E42FC94",
                "4CDE1CFD-EDED-46B1-946CB8022E42FC94",
                "GCDE1CFD-EDED-46B1-946C-B8022E42FC94",
            ],
        );
        cases(
            ceb_prenumber,
            &["B20240131000000001", "R20240131000000001"],
            &[
                "B20240132000000001",
                "A20240131000000001",
                "B2024013100000000",
            ],
        );
        cases(
            ceb_list,
            &["53012024I000000001"],
            &["530120241000000001", "5301202 I000000001"],
        );
        cases(
            bonded_list,
            &["QD530124I000000001", "QD53A124E000000001"],
            &["QD530124X000000001", "QE530124I000000001"],
        );
        cases(
            gate_pass,
            &["Z5301I240131T00000000001", "Z5301E240131000000000001"],
            &[
                "Z5301I240132T00000000001",
                "Z5301X240131T00000000001",
                "Z5301I240131T0000000001",
            ],
        );
        cases(
            processing_prenumber,
            &["202400000000000001"],
            &["192400000000000001", "20240000000000001"],
        );
        cases(
            manual,
            &["T3111W000001", "B53012400001"],
            &["t3111W000001", "T311W0000011", "T3111W00001"],
        );
    }

    #[test]
    fn dates_and_times() {
        cases(
            date_time,
            &[
                "20240229",
                "20240229235959",
                "20240229235959086",
                "20240229235959999",
            ],
            &[
                "20230229",
                "202402292400",
                "20240229240000",
                "20240229236000",
                "2024-02-29",
                "20240229235960",
            ],
        );
    }
}
