//! The fields of one record: presence, format, codes.

use super::message::{Count, MessageCheck};
use super::run::Held;
use crate::Result;
use crate::charset::Charset;
use crate::check::date;
use crate::check::out::Out;
use crate::finding::{Code, Finding};
use crate::flat;
use crate::sequence::PositionId;
use crate::span::Span;
use crate::spec::flat::{Field, Lengths, Picture, Record};
use crate::spec::model::CodeList;

/// A record of the layout and where one of it stands.
pub(super) struct Fields<'c> {
    /// Its index in the layout.
    pub(super) at: usize,
    pub(super) spec: &'c Record,
    pub(super) position: PositionId,
    /// Its number in the message.
    pub(super) number: u64,
}

/// A field that stands there.
struct Here<'c, 'a> {
    spec: &'c Field,
    /// Its index in the record's layout.
    index: usize,
    repetition: u32,
    field: flat::Field<'a>,
}

/// `12.03`: the number of a field as publications write it.
fn tag(record: &Record, number: u16) -> String {
    format!("{}.{number:02}", record.id)
}

/// Checks the fields of a record that stands at its place.
pub(super) fn check(
    message: &mut MessageCheck<'_>,
    out: &mut Out<'_>,
    held: &Held,
    fields: &Fields<'_>,
) -> Result<()> {
    let record = held.record();
    let specs = &fields.spec.fields;
    let mut present: Vec<u16> = Vec::with_capacity(specs.len());
    let (mut index, mut repetition) = (0, 0);
    let mut end = record.offset();
    let mut beyond = false;
    for field in record.fields() {
        end = field.offset + field.raw.len() as u64;
        if let Some(spec) = specs.get(index)
            && spec.max.is_some_and(|max| repetition >= max)
        {
            (index, repetition) = (index + 1, 0);
        }
        repetition += 1;
        let value = field.value();
        let empty = value.iter().all(|byte| *byte == b' ');
        let Some(spec) = specs.get(index) else {
            if !empty && !std::mem::replace(&mut beyond, true) {
                excess(message, out, held, fields, &field);
            }
            continue;
        };
        let here = Here {
            spec,
            index,
            repetition,
            field,
        };
        if !empty {
            present.push(spec.number);
            // The id was looked at when the record was placed.
            if spec.number > 1 {
                check_value(message, out, held, fields, &here, &value)?;
            }
        } else if repetition == 1 && spec.mandatory {
            let span = Span::new(field.offset, field.raw.len() as u64);
            missing(message, out, held, fields, spec, span);
        }
    }
    for spec in specs.iter().skip(index + 1).filter(|spec| spec.mandatory) {
        missing(message, out, held, fields, spec, Span::at(end));
    }
    for dependency in &fields.spec.dependencies {
        if dependency.holds(|number| present.contains(&number)) {
            continue;
        }
        let names = dependency.positions.iter();
        let names: Vec<String> = names.map(|number| tag(fields.spec, *number)).collect();
        let first = dependency.positions.first().copied().unwrap_or(1);
        let at = record.field(usize::from(first));
        let span = at.map_or(Span::at(end), |field| {
            Span::new(field.offset, field.raw.len() as u64)
        });
        let finding = Finding::new(Code::DEPENDENCY, span)
            .with("note", dependency.kind.as_str())
            .with("elements", names.join(", "));
        send(message, out, held, fields, finding, Some((first, 1)));
    }
    Ok(())
}

/// Sends a finding with its place: that of the record, or of a field and its repetition.
fn send(
    message: &MessageCheck<'_>,
    out: &mut Out<'_>,
    held: &Held,
    fields: &Fields<'_>,
    mut finding: Finding,
    field: Option<(u16, u32)>,
) {
    if out.wants(finding.code) {
        finding.place = place(message, fields, field);
    }
    out.send(finding, &held.context());
}

fn place(
    message: &MessageCheck<'_>,
    fields: &Fields<'_>,
    field: Option<(u16, u32)>,
) -> crate::finding::Place {
    let mut path = message
        .path
        .segment(&message.compiled.plan, fields.position);
    if let Some((number, repetition)) = field {
        path.push_str(&format!("/F_{number}"));
        if repetition > 1 {
            path.push_str(&format!("[{repetition}]"));
        }
    }
    crate::finding::Place {
        segment_number: Some(fields.number),
        segment: Some(fields.spec.id.clone()),
        path: Some(path.into()),
        ..Default::default()
    }
}

fn missing(
    message: &MessageCheck<'_>,
    out: &mut Out<'_>,
    held: &Held,
    fields: &Fields<'_>,
    spec: &Field,
    span: Span,
) {
    let finding =
        Finding::new(Code::MISSING_FIELD, span).with("field", tag(fields.spec, spec.number));
    send(message, out, held, fields, finding, Some((spec.number, 1)));
}

/// A value behind the last field that the layout has.
fn excess(
    message: &mut MessageCheck<'_>,
    out: &mut Out<'_>,
    held: &Held,
    fields: &Fields<'_>,
    field: &flat::Field<'_>,
) {
    let span = Span::new(field.offset, field.raw.len() as u64);
    if fields.spec.open {
        let name = tag(
            fields.spec,
            fields.spec.fields.last().map_or(1, |field| field.number),
        );
        let what = (
            format!("what stands behind {name}"),
            format!(" {name} 之后的字段"),
        );
        message.not_whole(out, held, fields.number, span, what);
        return;
    }
    let specs = fields.spec.fields.iter();
    let expected: u32 = specs.map(|field| field.max.unwrap_or(1)).sum();
    let mut finding = Finding::new(Code::EXCESS_FIELD, span)
        .with("record", &fields.spec.id)
        .with("expected", expected);
    finding.value = Some(out.value(&field.value()));
    send(message, out, held, fields, finding, None);
}

/// Checks a value that is there.
fn check_value(
    message: &mut MessageCheck<'_>,
    out: &mut Out<'_>,
    held: &Held,
    fields: &Fields<'_>,
    here: &Here<'_, '_>,
    value: &[u8],
) -> Result<()> {
    let spec = here.spec;
    let span = Span::new(here.field.offset, here.field.raw.len() as u64);
    let at = Some((spec.number, here.repetition));
    let name = || tag(fields.spec, spec.number);
    if !value.is_ascii() && out.charset.decode(value).is_none() {
        let finding = Finding::new(Code::UNDECODABLE, span).with("charset", out.charset.name());
        send(message, out, held, fields, finding, at);
    }
    if let Some(finding) = wrong_format(message, out.charset, spec, value, span) {
        let mut finding = finding.with("format", &spec.picture).with("field", name());
        finding.value = Some(out.value(value));
        send(message, out, held, fields, finding, at);
        return Ok(());
    }
    let specs = &message.checker.specs;
    let finding = match &spec.codes {
        Some(CodeList::Values(values)) => {
            let held = values.iter().any(|(code, _)| code.as_bytes() == value);
            (!held).then(|| Finding::new(Code::UNKNOWN_CODE, span))
        }
        Some(CodeList::Table(table)) => {
            let place = (fields.at, here.index);
            let lacks = message.compiled.lacks(specs, place, spec, value)?;
            lacks.then(|| {
                let code = specs.lacking(table);
                let finding = Finding::new(code, span).with("table", table);
                let text = std::str::from_utf8(value).unwrap_or_default();
                match out.wants(code).then(|| specs.near_codes(table, text)) {
                    Some(near) if !near.is_empty() => finding.with_content("near", near),
                    _ => finding,
                }
            })
        }
        _ => None,
    };
    if let Some(finding) = finding {
        let mut finding = finding.with("element", name());
        finding.value = Some(out.value(value));
        send(message, out, held, fields, finding, at);
    }
    if !spec.counts.is_empty()
        && let Some(said) = std::str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse().ok())
    {
        let mut finding = Finding::new(Code::CONTROL_COUNT, span).with("trailer", name());
        finding.value = Some(out.value(value));
        finding.place = place(message, fields, at);
        message.counts.push(Count {
            finding,
            said,
            counted: spec.counts.clone(),
            lines: held.lines,
            bytes: held.record().bytes().to_vec(),
        });
    }
    Ok(())
}

/// What is wrong with the format of a value.
fn wrong_format(
    message: &MessageCheck<'_>,
    charset: Charset,
    spec: &Field,
    value: &[u8],
    span: Span,
) -> Option<Finding> {
    match &spec.picture {
        Picture::Text(max) => {
            let lengths = message.compiled.layout.lengths;
            let length = length(lengths, charset, value);
            let (unit, unit_zh) = match lengths {
                Lengths::Bytes => ("bytes", "字节"),
                Lengths::Characters => ("characters", "字符"),
            };
            (length > *max as usize).then(|| {
                Finding::new(Code::FIELD_TOO_LONG, span)
                    .with("length", length)
                    .with("unit", unit)
                    .with("unit_zh", unit_zh)
            })
        }
        Picture::Number(max, decimals) => {
            let good = is_number(value, *max as usize, decimals.map(|max| max as usize));
            (!good).then(|| Finding::new(Code::FIELD_FORMAT, span))
        }
        Picture::Date(patterns) => {
            let good = patterns.iter().any(|pattern| date::matches(pattern, value));
            (!good).then(|| Finding::new(Code::FIELD_DATE, span))
        }
    }
}

/// What `X(n)` counts of a value.
fn length(lengths: Lengths, charset: Charset, value: &[u8]) -> usize {
    if value.is_ascii() {
        return value.len();
    }
    let Some(text) = charset.decode(value) else {
        return value.len();
    };
    match lengths {
        Lengths::Characters => text.chars().count(),
        Lengths::Bytes => encoding_rs::GB18030.encode(&text).0.len(),
    }
}

/// Digits, with at most one point where decimals are allowed; there may be none before it.
fn is_number(value: &[u8], max: usize, decimals: Option<usize>) -> bool {
    let digits = |part: &[u8], max: usize| part.len() <= max && part.iter().all(u8::is_ascii_digit);
    match (memchr::memchr(b'.', value), decimals) {
        (Some(point), Some(decimals)) => {
            let (before, behind) = (&value[..point], &value[point + 1..]);
            digits(before, max) && digits(behind, decimals) && !behind.is_empty()
        }
        (Some(_), None) => false,
        (None, _) => digits(value, max),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_number, length};
    use crate::charset::Charset;
    use crate::spec::flat::Lengths;

    #[test]
    fn numbers() {
        for good in ["0", "007", "123456", "12.5", ".000", "1.123"] {
            assert!(is_number(good.as_bytes(), 6, Some(3)), "{good}");
        }
        for bad in [
            "1234567", "1.1234", "5.", ".", "-1", "+1", "1,5", "1 0", "12A", "1.2.3", "1E5",
        ] {
            assert!(!is_number(bad.as_bytes(), 6, Some(3)), "{bad}");
        }
        assert!(!is_number(b"1.0", 6, None));
    }

    #[test]
    fn bytes_are_those_of_gbk_whatever_the_file_is_in() {
        let (utf8, gbk) = (
            Charset::for_label("utf-8").unwrap(),
            Charset::for_label("gbk").unwrap(),
        );
        let text = "上海A";
        let as_gbk = encoding_rs::GBK.encode(text).0.into_owned();
        assert_eq!(length(Lengths::Bytes, utf8, text.as_bytes()), 5);
        assert_eq!(length(Lengths::Bytes, gbk, &as_gbk), 5);
        assert_eq!(length(Lengths::Characters, utf8, text.as_bytes()), 3);
        assert_eq!(length(Lengths::Characters, gbk, &as_gbk), 3);
    }
}
