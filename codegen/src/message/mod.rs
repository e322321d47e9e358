//! Messages in XML, from tables of fields and from XML Schema.
//!
//! A table has tab-separated columns named in its first line: `path` (names from the root on, joined
//! by `/`), `kind` (group, element, attribute), `type` (`an..35`, `n..14,4`, `date CCYYMMDD`),
//! `status` (M, C, O, N), and where known `name_zh`, `name_en`, `min_occurs`, `max_occurs` (`*` is
//! any), `code_table`, `condition`, `wco_id`, and `req:` with the name of a case.

pub mod china;
mod formats;
mod table;
mod words;

use std::path::{Path, PathBuf};

use baowen::spec::xml::{Element, Holds, Message, Part};
use baowen::xml::Schema;

use crate::{Fault, Result};
pub use table::{Order, read_table};

/// Writes a message for a layer, where it must say what it does.
fn write(message: &Message, folder: &Path) -> Result<()> {
    let path = folder.join(format!("{}.txt", message.name));
    let text = format!("new {}", message.to_text());
    std::fs::create_dir_all(folder).map_err(|error| Fault::io(folder, error))?;
    std::fs::write(&path, text).map_err(|error| Fault::io(&path, error))
}

/// Writes the messages of a schema, one for each of `roots` (all that it declares where none is
/// named), into a folder of a layer. Returns how many.
///
/// # Errors
/// When the schema is not valid, has no such root, or a file cannot be written.
pub fn import_schema(path: &Path, roots: &[String], folder: &Path) -> Result<usize> {
    let schema = Schema::load(path)?;
    let known: Vec<(String, String)> = schema
        .roots()
        .into_iter()
        .map(|(namespace, local)| (namespace.to_owned(), local.to_owned()))
        .collect();
    let mut written = 0;
    for root in roots {
        if known.iter().all(|(_, local)| local != root) {
            let names: Vec<&str> = known.iter().map(|(_, local)| &**local).collect();
            let message = format!("the schema has no root {root}; it has {}", names.join(", "));
            return Err(Fault::Misuse(message));
        }
    }
    for (namespace, local) in &known {
        if !roots.is_empty() && !roots.contains(local) {
            continue;
        }
        let outline = schema.outline(namespace, local);
        let mut message = outline?;
        message.fidelity = "project".into();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        message.sources.push(file.into());
        write(&message, folder)?;
        written += 1;
    }
    Ok(written)
}

/// Writes the messages of tables of fields, each named as its file, into a folder of a layer.
/// Returns how many.
///
/// # Errors
/// When a table cannot be read, lacks a column, or says what is none of its values.
pub fn import_tables(tables: &[PathBuf], folder: &Path) -> Result<usize> {
    for path in tables {
        let text = std::fs::read_to_string(path).map_err(|error| Fault::io(path, error))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut message = read_table(&path.to_string_lossy(), &name, &text, Order::AsListed)?;
        message.fidelity = "project".into();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        message.sources.push(file.into());
        write(&message, folder)?;
    }
    Ok(tables.len())
}

/// Every element with its path, for what changes them.
fn each_element(element: &mut Element, path: &str, visit: &mut dyn FnMut(&mut Element, &str)) {
    fn each_part(parts: &mut [Part], path: &str, visit: &mut dyn FnMut(&mut Element, &str)) {
        for part in parts {
            match part {
                Part::Element(element) => {
                    let path = format!("{path}/{}", element.tag);
                    each_element(element, &path, visit);
                }
                Part::Choice(_, parts) | Part::Sequence(_, parts) => each_part(parts, path, visit),
                Part::Anything(..) => {}
            }
        }
    }
    visit(element, path);
    if let Holds::Parts { parts, .. } = &mut element.holds {
        each_part(parts, path, visit);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use baowen::check::{Checker, Options};
    use baowen::finding::Finding;
    use baowen::spec::Specs;

    use super::{import_schema, import_tables};

    const TABLE: &str = "\
path\tkind\ttype\tstatus\tname_zh\tname_en\tmax_occurs\tcondition
GateIn\tgroup\t\tM\t进闸报文\tGate-in report\t1\t
GateIn/@version\tattribute\tan..3\tM\t版本\t\t\t
GateIn/SendTime\telement\tdatetime CCYYMMDDhhmmss\tM\t发送时间\tTime of sending\t1\t
GateIn/Container\tgroup\t\tM\t集装箱\t\t*\t
GateIn/Container/Number\telement\tan11\tM\t箱号\t\t1\tpattern=[A-Z]{4}[0-9]{7}
GateIn/Container/State\telement\tan1\tM\t空重\t\t1\tenum=E|F
GateIn/Container/Weight\telement\tn..9,3\tC\t毛重\t\t1\tif State = F then given
";

    const SCHEMA: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
 targetNamespace="urn:example" xmlns="urn:example" elementFormDefault="qualified">
 <xs:element name="Gate"><xs:annotation><xs:documentation xml:lang="en">A gate</xs:documentation></xs:annotation>
  <xs:complexType><xs:sequence>
   <xs:element name="Number" maxOccurs="9"><xs:simpleType><xs:restriction base="xs:string">
    <xs:maxLength value="11"/><xs:pattern value="[A-Z0-9]+"/></xs:restriction></xs:simpleType></xs:element>
   <xs:choice><xs:element name="In" type="xs:dateTime"/><xs:element name="Out" type="xs:date"/></xs:choice>
   <xs:element name="Weight" minOccurs="0"><xs:simpleType><xs:restriction base="xs:decimal">
    <xs:totalDigits value="9"/><xs:fractionDigits value="3"/><xs:minExclusive value="0"/></xs:restriction></xs:simpleType></xs:element>
   <xs:element name="Inner" type="Tree" minOccurs="0"/>
  </xs:sequence><xs:attribute name="kind" use="required"><xs:simpleType><xs:restriction base="xs:string">
   <xs:enumeration value="A"/><xs:enumeration value="B"/></xs:restriction></xs:simpleType></xs:attribute></xs:complexType>
 </xs:element>
 <xs:complexType name="Tree"><xs:sequence><xs:element name="Inner" type="Tree" minOccurs="0"/></xs:sequence></xs:complexType>
 <xs:element name="Other" type="xs:string"/>
</xs:schema>"#;

    fn codes(specs: &Specs, input: &str) -> Vec<String> {
        let checker = Checker::new(specs, Options::default()).unwrap();
        let mut found: Vec<Finding> = Vec::new();
        checker.slice(input.as_bytes(), &mut found).unwrap();
        found
            .iter()
            .map(|finding| finding.code.to_string())
            .collect()
    }

    /// What an importer writes into the folder `xml` of a layer, and the layer.
    fn layer(import: impl Fn(&Path, &Path)) -> (Specs, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let xml = folder.path().join("xml");
        import(folder.path(), &xml);
        let mut files: Vec<_> = std::fs::read_dir(&xml)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let texts = files
            .iter()
            .map(|file| std::fs::read_to_string(file).unwrap());
        let texts = texts.collect();
        (Specs::base().with_dir(folder.path()).unwrap(), texts)
    }

    #[test]
    fn a_table_becomes_a_message() {
        let (specs, texts) = layer(|folder, xml| {
            let table = folder.join("GATEIN.tsv");
            std::fs::write(&table, TABLE).unwrap();
            assert_eq!(import_tables(&[table], xml).unwrap(), 1);
        });
        assert_eq!(
            texts,
            ["new message GATEIN  Gate-in report | 进闸报文
  fidelity  project
  source  GATEIN.tsv
  <GateIn>  M  1  Gate-in report | 进闸报文
    @version  M  an1..3  Version | 版本
    <SendTime>  M  1  CCYYMMDDhhmmss  Time of sending | 发送时间
    <Container>  M  *  Container | 集装箱
      <Number>  M  1  an11  Number | 箱号
        pattern  [A-Z]{4}[0-9]{7}
      <State>  M  1  an1  State | 空重
        code  E
        code  F
      <Weight>  C  1  n..9,3?  Weight | 毛重
        condition  if State = F then given
"]
        );
        let good = "<GateIn version=\"1\"><SendTime>20260312090000</SendTime><Container><Number>EXLU1234567</Number><State>E</State></Container></GateIn>";
        assert_eq!(codes(&specs, good), [""; 0]);
        let faulty = good
            .replace("<State>E", "<State>X")
            .replace("090000", "096000");
        assert_eq!(codes(&specs, &faulty), ["xsd-pattern", "xsd-enumeration"]);
    }

    #[test]
    fn a_schema_becomes_messages() {
        let (specs, texts) = layer(|folder, xml| {
            let schema = folder.join("gate.xsd");
            std::fs::write(&schema, SCHEMA).unwrap();
            assert_eq!(import_schema(&schema, &[], xml).unwrap(), 2);
            let error = import_schema(&schema, &["Foo".to_owned()], xml).unwrap_err();
            assert!(error.to_string().contains("it has Gate, Other"), "{error}");
        });
        assert_eq!(
            texts[0],
            "new message Gate  A gate
  fidelity  project
  source  gate.xsd
  namespace  urn:example
  <Gate>  M  1  A gate
    @kind  M  an
      code  A
      code  B
    <Number>  M  9  an..11
      pattern  [A-Z0-9]+
    choice  M  1
      <In>  M  1  xs:dateTime
      <Out>  M  1  xs:date
    <Weight>  C  1  n..9,3
      above  0
    <Inner>  C  1
      <Inner>  C  1  anything
"
        );
        let good = "<Gate xmlns=\"urn:example\" kind=\"A\"><Number>A1</Number><Out>2026-03-12</Out><Weight>1.5</Weight></Gate>";
        assert_eq!(codes(&specs, good), [""; 0]);
        let faulty = good
            .replace(">1.5<", ">0<")
            .replace("kind=\"A\"", "kind=\"C\"");
        assert_eq!(codes(&specs, &faulty), ["xsd-enumeration", "xsd-minimum"]);
    }

    #[test]
    fn what_is_wrong_with_a_table_is_told() {
        let said = |table: &str| {
            let read = super::read_table("t.tsv", "T", table, super::Order::AsListed);
            read.unwrap_err().to_string()
        };
        assert_eq!(said(""), "t.tsv:1: the table is empty");
        assert_eq!(said("path\tkind\n"), "t.tsv:1: no column status");
        let head = "path\tkind\tstatus\ttype\n";
        assert_eq!(said(head), "t.tsv:1: the table has no rows");
        let rows = |rows: &str| said(&format!("{head}A\tgroup\tM\t\n{rows}"));
        assert_eq!(rows("B/C\telement\tM\tan\n"), "t.tsv:3: B/C is not below A");
        assert_eq!(
            rows("A/B/C\telement\tM\tan\n"),
            "t.tsv:3: no row B stands above it"
        );
        assert_eq!(
            rows("A/B\telement\tM\tzz9\n"),
            "t.tsv:3: unknown type \"zz9\""
        );
    }

    /// With the collection at hand: the messages that ship are what the importer makes of it.
    #[test]
    fn the_messages_are_fresh() {
        let Some(shared) = std::env::var_os("BAOWEN_SHARED") else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let codes = folder.path().join("codes");
        std::fs::create_dir(&codes).unwrap();
        let out = folder.path().join("china");
        let report =
            super::china::import(&Path::new(&shared).join("data/china"), &out, &codes).unwrap();
        let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/china");
        let mut folders = vec![out.clone()];
        let mut seen = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                seen += 1;
                let made = std::fs::read_to_string(&path).unwrap();
                let name = path.strip_prefix(&out).unwrap();
                let held = std::fs::read_to_string(specs.join(name)).unwrap();
                assert!(made == held, "{} is not fresh", name.display());
            }
        }
        assert_eq!(seen, report.messages);
    }
}
