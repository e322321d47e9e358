//! What an input is that is not UN/EDIFACT, by how it begins.

/// Beginnings of what traders and carriers send one another beside UN/EDIFACT, with their names in
/// English and Chinese.
const BEGINNINGS: &[(&[u8], &str, &str)] = &[
    (b"STX=", "TRADACOMS", "TRADACOMS"),
    (b"MSH|", "HL7", "HL7"),
    (b"{1:F", "SWIFT FIN", "SWIFT FIN"),
    (b"EDI_DC40", "an IDoc", "IDoc"),
    (b"%PDF-", "PDF", "PDF"),
    (b"PK\x03\x04", "a ZIP archive", "ZIP 压缩包"),
    (b"\x1F\x8B", "gzip", "gzip 压缩"),
    (b"Rar!", "a RAR archive", "RAR 压缩包"),
    (b"7z\xBC\xAF", "a 7z archive", "7z 压缩包"),
    (b"\x89PNG", "an image", "图片"),
    (b"\xFF\xD8\xFF", "an image", "图片"),
    (b"\xD0\xCF\x11\xE0", "an office document", "办公文档"),
    (b"-----BEGIN ", "signed or encrypted", "已签名或加密"),
    // "UN" and "UI" in EBCDIC.
    (b"\xE4\xD5", "EBCDIC", "EBCDIC"),
    (b"\xE4\xC9", "EBCDIC", "EBCDIC"),
    (b"{", "JSON", "JSON"),
    (b"[", "JSON", "JSON"),
];

/// Cargo-IMP messages of IATA, which begin with their name, `/` and a version.
const CARGO_IMP: &[&[u8; 3]] = &[
    b"FBL", b"FBR", b"FFA", b"FFM", b"FFR", b"FHL", b"FMA", b"FNA", b"FSA", b"FSR", b"FSU", b"FWB",
];

/// What `start`, the first bytes of an input, looks like, in English and Chinese.
pub(super) fn looks_like(start: &[u8]) -> Option<(&'static str, &'static str)> {
    let start = start.trim_ascii_start();
    let same = |name| Some((name, name));
    if start.starts_with(b"ISA")
        && start
            .get(3)
            .is_some_and(|byte| !byte.is_ascii_alphanumeric())
    {
        // The element separator stands behind the tag, and has its place again.
        return (start.get(6) == start.get(3)).then_some(("ANSI X12", "ANSI X12"));
    }
    let tag = start.get(..3).unwrap_or_default();
    if CARGO_IMP.iter().any(|name| tag == &name[..])
        && start.get(3) == Some(&b'/')
        && start.get(4).is_some_and(u8::is_ascii_digit)
    {
        return same("Cargo-IMP");
    }
    let upper = tag.to_ascii_uppercase();
    if matches!(&*upper, b"UNA" | b"UNB" | b"UIB" | b"UNG" | b"UNH" | b"UIH") && upper != tag {
        return Some((
            "UN/EDIFACT with tags in lower case",
            "段标记为小写的 UN/EDIFACT",
        ));
    }
    BEGINNINGS
        .iter()
        .find(|(beginning, ..)| start.starts_with(beginning))
        .map(|(_, en, zh)| (*en, *zh))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings() {
        let name = |bytes: &[u8]| looks_like(bytes).map(|(en, _)| en);
        let envelope = b"ISA*00*          *00*          *ZZ*SENDER";
        assert_eq!(name(envelope), Some("ANSI X12"));
        assert_eq!(name(b"ISABEL,1"), None);
        assert_eq!(name(b"\r\nSTX=ANA:1+5000000000000"), Some("TRADACOMS"));
        assert_eq!(name(b"FWB/16\n160-12345675"), Some("Cargo-IMP"));
        assert_eq!(name(b"FWB is a name"), None);
        assert_eq!(
            name(b"unb+unoa:1"),
            Some("UN/EDIFACT with tags in lower case")
        );
        assert_eq!(name(b"\xE4\xD5\xC2\x4E"), Some("EBCDIC"));
        assert_eq!(name(b""), None);
        assert_eq!(name(b"a,b,c"), None);
    }
}
