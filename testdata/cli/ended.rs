//! A program that is ended from outside.

use std::os::unix::process::ExitStatusExt;

use super::*;

/// What standard input gives first; the rest never comes.
const BEGINNING: &str = "testdata/messages/cuscar.edi";

fn ended_by(signal: i32, words: &[&str], beginning: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let left = || {
        let entries = std::fs::read_dir(folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().path()).next()
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_baowen"));
    let mut child = command
        .args(words)
        .arg("--out")
        .arg(folder.path().join("out"))
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(beginning).unwrap();
    while left().is_none() {
        assert!(child.try_wait().unwrap().is_none(), "{words:?} ended early");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = Command::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let status = child.wait().unwrap();
    drop(input);
    assert_eq!(status.signal(), Some(signal), "{words:?}");
    assert_eq!(left(), None, "{words:?}");
}

#[test]
fn nothing_is_left_behind() {
    let message = std::fs::read(root().join(BEGINNING)).unwrap();
    let (interrupt, terminate) = (2, 15);
    ended_by(interrupt, &["convert", "-", "--to", "xml"], &message);
    ended_by(terminate, &["convert", "-", "--to", "json"], &message);
    let words = ["translate", "-", "--map", "cuscar-mt1101"];
    let params = "--param sender=A --param receiver=B --param carrier=C --param customs=0000";
    let words: Vec<&str> = words.into_iter().chain(params.split(' ')).collect();
    // More than is looked at to tell the syntax.
    let many = message.repeat(1000);
    ended_by(interrupt, &words, &many);
    ended_by(terminate, &words, &many);
}
