//! `baowen tree`.

use std::io::{self, BufWriter, Write};

use baowen::check::home;
use baowen::finding::{Lang, Syntax, Value, mask, push_escaped};
use baowen::flat::Reading;
use baowen::spec::release::MessageName;
use baowen::spec::{Home, Specs};
use baowen::tree::{Node, Piece, Pieces, of_document, of_records};
use clap::ArgMatches;
use serde_json::{Map, json};

use crate::{Failure, Outcome, inputs};

/// The definition that `--as` names.
pub(crate) fn forced(
    matches: &ArgMatches,
    specs: &Specs,
) -> Result<Option<(Box<str>, Home)>, Failure> {
    let Some(name) = matches.get_one::<String>("as") else {
        return Ok(None);
    };
    let name: MessageName = name.parse()?;
    let home = home(specs, &name)?;
    Ok(Some((name.message, home)))
}

pub(crate) fn run(matches: &ArgMatches, lang: Lang) -> Result<Outcome, Failure> {
    let specs = inputs::specs(matches)?;
    let charset = inputs::charset(matches, lang)?;
    let (name, bytes) = inputs::whole_file(matches)?;
    let printed = Printed {
        redact: matches.get_flag("redact"),
        as_json: matches
            .get_one::<String>("format")
            .is_some_and(|format| format == "json"),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let any = match inputs::syntax(matches, &specs, charset, &bytes)? {
        Syntax::Xml => {
            let mut wrong = inputs::Wrong::new(&name, lang, printed.redact);
            let options = inputs::reading(matches);
            let tree = of_document(&bytes, &options, &mut wrong.sink())?;
            if let Some(tree) = &tree {
                printed.node(&mut out, tree, "")?;
            }
            out.flush()?;
            if wrong.any() {
                return Ok(Outcome::Found);
            }
            tree.is_some()
        }
        Syntax::Flat => {
            let layout = matches.get_one::<String>("as").map(String::as_str);
            let reading = Reading::of(&bytes, &specs, layout, charset)?;
            let tree = of_records(&bytes, &reading, lang)?;
            printed.node(&mut out, &tree, "")?;
            !tree.children.is_empty()
        }
        Syntax::Json => return Err(inputs::json_is_converted(&name, lang)),
        Syntax::Edifact => {
            let forced = forced(matches, &specs)?;
            let mut pieces = Pieces::new(&bytes, &specs, forced, charset);
            let mut any = false;
            while let Some(piece) = pieces.next()? {
                let (title, node) = match piece {
                    Piece::Message(message) => (message.name(), message.tree_with(Some(&specs))),
                    Piece::Segment(single) => (String::new(), single.tree()),
                    Piece::Una(_) | Piece::Object(_) | Piece::Skipped(_) => continue,
                };
                any = true;
                printed.node(&mut out, &node, &title)?;
            }
            any
        }
    };
    out.flush()?;
    if any {
        return Ok(Outcome::Clean);
    }
    inputs::nothing_found(&name, lang);
    Ok(Outcome::Found)
}

/// How trees are printed.
struct Printed {
    redact: bool,
    as_json: bool,
}

impl Printed {
    fn node(&self, out: &mut dyn Write, node: &Node, title: &str) -> io::Result<()> {
        if !self.as_json {
            return to_text(out, node, title, 0, self.redact);
        }
        let mut object = to_json(node, self.redact);
        if !title.is_empty() {
            object.insert("message".to_owned(), json!(title));
        }
        writeln!(out, "{}", serde_json::Value::Object(object))
    }
}

fn value(node: &Node, redact: bool) -> Option<String> {
    let text = match node.value.as_ref()? {
        Value::Text(text) => text.to_string(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("\\x{byte:02X}")).collect(),
    };
    Some(if redact { mask(&text) } else { text })
}

fn to_json(node: &Node, redact: bool) -> Map<String, serde_json::Value> {
    let mut object = Map::new();
    object.insert("name".to_owned(), json!(node.name));
    if !node.label.is_empty() {
        object.insert("label".to_owned(), json!(node.label));
    }
    if node.occurrence > 1 {
        object.insert("occurrence".to_owned(), json!(node.occurrence));
    }
    if let Some(value) = value(node, redact) {
        object.insert("value".to_owned(), json!(value));
    }
    if let Some(meaning) = node.meaning.as_ref().filter(|_| !redact) {
        object.insert("meaning".to_owned(), json!(meaning));
    }
    if !node.children.is_empty() {
        let children = node
            .children
            .iter()
            .map(|child| serde_json::Value::Object(to_json(child, redact)));
        object.insert("children".to_owned(), children.collect());
    }
    object
}

fn to_text(
    out: &mut dyn Write,
    node: &Node,
    title: &str,
    depth: usize,
    redact: bool,
) -> io::Result<()> {
    let mut line = "  ".repeat(depth);
    line.push_str(if title.is_empty() { &node.name } else { title });
    if node.occurrence > 1 {
        line.push_str(&format!("[{}]", node.occurrence));
    }
    if !node.label.is_empty() {
        line.push_str("  ");
        line.push_str(&node.label);
    }
    if let Some(value) = value(node, redact) {
        line.push_str(" = ");
        value.chars().for_each(|c| push_escaped(c, &mut line));
        if let Some(meaning) = node.meaning.as_ref().filter(|_| !redact) {
            line.push_str(&format!("  ({meaning})"));
        }
    }
    writeln!(out, "{line}")?;
    for child in &node.children {
        to_text(out, child, "", depth + 1, redact)?;
    }
    Ok(())
}
