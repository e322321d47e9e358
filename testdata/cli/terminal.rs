//! What reaches a terminal.

use super::*;

fn with(variables: &[(&str, &str)], words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baowen"));
    command
        .args(words)
        .current_dir(root())
        .env("LC_ALL", "C")
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn colours_are_as_the_environment_wants() {
    let coloured = |variables: &[(&str, &str)], words: &[&str]| {
        out(&with(variables, words)).contains("\u{1b}[1;31m")
    };
    let folder = tempfile::tempdir().unwrap();
    let entry = "testdata/systems/declaration/wrong.json";
    let into = folder.path().to_str().unwrap();
    for words in [
        &["check", FAULTY] as &[&str],
        &["declare", "declaration", entry, "--out", into],
    ] {
        assert!(!coloured(&[], words));
        assert!(coloured(&[("CLICOLOR_FORCE", "1")], words));
        assert!(!coloured(
            &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
            words
        ));
    }
}

#[test]
fn names_of_files_do_not_reach_it_raw() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("a\u{1b}[31m\u{202e}.edi");
    let name = name.to_str().unwrap();
    for words in [
        &["check", name] as &[&str],
        &["tree", name],
        &["convert", name, "--to", "xml"],
    ] {
        let output = baowen(words);
        assert_eq!(code(&output), 2);
        let told = err(&output);
        assert!(told.contains("\\u{1b}[31m\\u{202e}.edi"), "{told}");
        assert!(!told.contains('\u{1b}') && !told.contains('\u{202e}'));
    }
}
