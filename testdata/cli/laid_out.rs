//! `fmt` of what holds nothing to lay out, and of what is not read byte by byte.

use super::*;

#[test]
fn what_holds_no_segment_is_an_error_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("kept");
    std::fs::write(&to, "kept").unwrap();
    for input in [
        b"" as &[u8],
        b"UNA:+.? '",
        b"\x7fELF\0\x1b[31m",
        b"<a><b></a>",
    ] {
        let shown = with_input(&["fmt", "-"], input);
        assert_eq!((code(&shown), out(&shown).as_str()), (1, ""), "{input:?}");
        assert_ne!(err(&shown), "");
        let written = with_input(&["fmt", "-", "--out", to.to_str().unwrap()], input);
        assert_eq!(code(&written), 1);
        assert_eq!(std::fs::read_to_string(&to).unwrap(), "kept");
    }
    // What stands before the first segment goes with it.
    let shown = with_input(&["fmt", "-"], b"garbage UNH+1+CUSCAR:D:95B:UN'UNT+2+1'");
    assert_eq!(
        out(&shown),
        "garbage\nUNH+1+CUSCAR:D:95B:UN'\nUNT+2+1'\n",
        "{}",
        err(&shown)
    );
}

#[test]
fn the_character_set_may_be_said() {
    // Under ISO 2022 a byte of a character may be a separator.
    let text = b"UNB+UNOX:3+A+B+261126:0930+1'UNH+1+CUSCAR:D:95B:UN'FTX+AAA+++\x1b$B'\"$$\x1b(B'UNT+3+1'UNZ+1+1'";
    let shown = with_input(&["fmt", "-", "--charset", "ISO-2022-JP"], text);
    assert_eq!(code(&shown), 0, "{}", err(&shown));
    assert_eq!(shown.stdout.split(|byte| *byte == b'\n').count(), 6);
    let unknown = baowen(&["fmt", SOUND, "--charset", "nonsense"]);
    assert_eq!(code(&unknown), 2);
}

#[test]
fn utf_16_and_iso_2022_are_read_as_they_are_checked() {
    let wide = "testdata/dialects/utf-16.edi";
    let shown = baowen(&["fmt", wide]);
    assert_eq!(code(&shown), 0, "{}", err(&shown));
    assert!(out(&shown).contains("\nBGM+785+M1+9'\n"), "{}", out(&shown));
    assert!(err(&shown).contains("UTF-8"), "{}", err(&shown));
    let tree = baowen(&["tree", wide]);
    assert_eq!(code(&tree), 0, "{}", err(&tree));
    assert!(out(&tree).contains("D_1004  Document/message number = M1"));
    let switching = "testdata/dialects/iso-2022-under-unox.edi";
    for words in [&["tree", switching] as &[&str], &["fmt", switching]] {
        let output = baowen(words);
        assert_eq!(code(&output), 0, "{}", err(&output));
        assert!(out(&output).contains("上海哀"), "{}", out(&output));
    }
    // The escape sequences stand further in than the header.
    let params = "--param sender=A --param receiver=B --param carrier=C --param customs=0000";
    let words = [
        "translate",
        switching,
        "--map",
        "cuscar-mt1101",
        "--no-check",
    ];
    let words: Vec<&str> = words.into_iter().chain(params.split(' ')).collect();
    let translated = baowen(&words);
    let told = err(&translated);
    assert!(told.contains("the first is 上海哀"), "{told}");
    assert!(!told.contains("skipped-bytes"), "{told}");
}

#[test]
fn what_is_laid_out_is_read_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for file in std::fs::read_dir(root().join("testdata/dialects")).unwrap() {
        let file = file.unwrap().path();
        let name = file.to_str().unwrap();
        // Bytes that belong to no segment, here the half of one, end where the line does.
        if name.ends_with("cut-off.edi") {
            continue;
        }
        let once = baowen(&["fmt", "--minify", name]);
        if code(&once) != 0 {
            continue;
        }
        seen += 1;
        let laid_out = folder.path().join("laid-out");
        let to = laid_out.to_str().unwrap();
        assert_eq!(code(&baowen(&["fmt", name, "-o", to])), 0);
        let back = baowen(&["fmt", "--minify", to]);
        assert!(once.stdout == back.stdout, "{name}");
    }
    assert!(seen > 40);
}
