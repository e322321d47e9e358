//! `baowen show`: layouts of flat files.

use std::io::Write;

use baowen::convert::flat_json_schema;
use baowen::finding::Lang;
use baowen::spec::flat::{Field, Layout, Record};
use baowen::spec::model::CodeList;
use serde_json::{Value, json};

use crate::Failure;
use crate::show_form::{Form, head, name_of, no_such_form, row};

pub(crate) fn run(
    out: &mut dyn Write,
    layout: &Layout,
    form: Form,
    lang: Lang,
) -> Result<(), Failure> {
    let title = name_of(&layout.label, lang);
    match form {
        Form::Text => {
            writeln!(out, "flat {}  {title}", layout.message)?;
            for record in &layout.records {
                let indent = "  ".repeat(depth(layout, record) + 1);
                let times = most(record.max);
                let name = name_of(&record.label, lang);
                let status = status(record.mandatory);
                writeln!(
                    out,
                    "{indent}record {}  {status}  {times}  {name}",
                    record.id
                )?;
                for field in fields(record) {
                    let times = match field.max {
                        Some(1) => String::new(),
                        max => format!("  x{}", most(max)),
                    };
                    let name = name_of(&field.label, lang);
                    let status = self::status(field.mandatory);
                    let line = format!(
                        "{}  {status}  {}{times}  {name}",
                        field.number, field.picture
                    );
                    writeln!(out, "{indent}  {}{}", line.trim_end(), codes(field))?;
                }
            }
        }
        Form::Json => {
            let records = layout.records.iter().map(|record| {
                let fields = fields(record).map(|field| {
                    json!({"field": field.number, "status": status(field.mandatory),
                        "max": field.max, "format": field.picture.to_string(),
                        "name": name_of(&field.label, lang), "codes": codes(field).trim_start()})
                });
                json!({"record": record.id, "status": status(record.mandatory),
                    "max": record.max, "name": name_of(&record.label, lang),
                    "inside": record.parent.map(|at| &layout.records[at].id),
                    "fields": fields.collect::<Vec<Value>>()})
            });
            let value = json!({"flat": layout.message, "name": title, "open": layout.open,
                "records": records.collect::<Vec<Value>>()});
            writeln!(out, "{value}")?;
        }
        Form::Markdown => {
            writeln!(out, "# {} {title}\n", layout.message)?;
            head(
                out,
                &match lang {
                    Lang::En => ["Record, field", "Occurs", "Format", "Name", "Codes"],
                    Lang::Zh => ["记录、字段", "出现", "格式", "名称", "代码"],
                },
            )?;
            for record in &layout.records {
                let level = depth(layout, record);
                let occurs = format!("{} {}", status(record.mandatory), most(record.max));
                let name = name_of(&record.label, lang);
                row(out, level, &[&record.id, &occurs, "", name, ""])?;
                for field in fields(record) {
                    let number = format!("{}.{}", record.id, field.number);
                    let occurs = format!("{} {}", status(field.mandatory), most(field.max));
                    let name = name_of(&field.label, lang);
                    let picture = field.picture.to_string();
                    row(
                        out,
                        level + 1,
                        &[&number, &occurs, &picture, name, &codes(field)],
                    )?;
                }
            }
        }
        Form::JsonSchema => write!(out, "{}", flat_json_schema(layout))?,
        Form::Xsd => return Err(no_such_form(lang)),
    }
    Ok(())
}

/// The fields behind the id.
fn fields(record: &Record) -> impl Iterator<Item = &Field> {
    record.fields.iter().filter(|field| field.number > 1)
}

fn depth(layout: &Layout, record: &Record) -> usize {
    let above = |at: &usize| layout.records[*at].parent;
    std::iter::successors(record.parent, above).count()
}

fn status(mandatory: bool) -> &'static str {
    if mandatory { "M" } else { "C" }
}

fn most(max: Option<u32>) -> String {
    max.map_or("*".to_owned(), |max| max.to_string())
}

fn codes(field: &Field) -> String {
    match &field.codes {
        None => String::new(),
        Some(CodeList::Table(table) | CodeList::Directory(table)) => format!("  {table}"),
        Some(CodeList::Values(values)) => {
            let codes: Vec<&str> = values.iter().map(|(code, _)| &**code).collect();
            format!("  {}", codes.join("|"))
        }
    }
}
