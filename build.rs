//! Lists the files of `specs/` so that the library can embed them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("specs");
    println!("cargo::rerun-if-changed=specs");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    let mut names: Vec<(String, PathBuf)> = files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).expect("found below it");
            let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
            (parts.join("/"), path.clone())
        })
        .collect();
    names.sort();
    let mut out = String::from("pub(super) static FILES: &[(&str, &str)] = &[\n");
    for (name, path) in names {
        writeln!(
            out,
            "    ({name:?}, include_str!({:?})),",
            path.display().to_string()
        )
        .expect("a string");
    }
    out.push_str("];\n");
    fs::write(
        Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("embedded.rs"),
        out,
    )
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "txt" || extension == "toml")
        {
            files.push(path);
        }
    }
    Ok(())
}
