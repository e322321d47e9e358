//! What a layer changes of a message in XML, without writing it anew.
//!
//! ```text
//! restrict message MT1401_9
//!   Manifest/Declaration/Consignment/Freight  M  1
//!   Manifest/Declaration/Consignment/Consignee/Name  M  1  an1..40
//!   Manifest/Declaration/Consignment/Freight/PaymentMethodCode
//!     code  1  Prepaid | 预付
//!   drop Manifest/Declaration/AdditionalInformation
//! extends message CEB621
//!   CEB621Message/Inventory/InventoryHead/note  C  1  an..2000
//!   under CEB621Message/Inventory/InventoryHead
//!     <portNote>  C  1  an..100  Note of the port | 口岸备注
//! ```
//!
//! `restrict` may only narrow: what it lets through the base lets through as well.

use nom::branch::alt;
use nom::character::complete::space1;
use nom::combinator::{map, opt, verify};
use nom::sequence::preceded;

use super::super::model::Class;
use super::super::text::{Line, Source, Verb, expect, split, word};
use super::text::{format, occurs, part, qualify, status};
use super::{Bound, Codes, Element, Format, Holds, Message, Occurs, Part, Status, Value};
use crate::{Error, Result};

/// What was done, or why not.
type Said = std::result::Result<(), String>;

/// The changes of one message.
#[derive(Debug)]
pub(in crate::spec) struct Patch {
    pub(in crate::spec) verb: Verb,
    /// Name of the message, with its edition where that is said.
    pub(in crate::spec) message: Box<str>,
    pub(in crate::spec) line: u32,
    pub(in crate::spec) changes: Vec<Change>,
}

/// A change.
#[derive(Debug)]
pub(in crate::spec) struct Change {
    pub(in crate::spec) line: u32,
    pub(in crate::spec) path: Box<str>,
    what: What,
}

#[derive(Debug)]
enum What {
    /// The element is not to stand.
    Drop,
    /// More elements inside it, behind those it has.
    Under(Vec<Part>),
    /// How often it stands, its format (and whether it may be empty), and what more holds for its
    /// value.
    Set {
        occurs: Option<Occurs>,
        format: Option<(Format, bool)>,
        more: Box<Value>,
    },
}

/// Reads the changes of a message behind its verb.
pub(super) fn read<'a>(source: &mut Source<'a>, line: Line<'a>, verb: Verb) -> Result<Patch> {
    let (_, rest) = split(line.text);
    let (keyword, name) = split(rest);
    if keyword != "message" {
        return Err(source.error(line, rest, "expected `message` and a name"));
    }
    let one = expect("a name, as CEB621 or CEB621@2022-05", word);
    let message = source.parse(line, name, one)?.into();
    let mut changes = Vec::new();
    while let Some(line) = source.next_at(2)? {
        changes.push(change(source, line, verb)?);
    }
    if changes.is_empty() {
        return Err(source.error(line, line.text, "no change stands below"));
    }
    Ok(Patch {
        verb,
        message,
        line: line.number,
        changes,
    })
}

fn change<'a>(source: &mut Source<'a>, line: Line<'a>, verb: Verb) -> Result<Change> {
    let (keyword, rest) = split(line.text);
    let a_path = || {
        let is_path = |text: &str| text.split('/').all(|name| !name.is_empty());
        expect(
            "a path from the root on, as Manifest/Head/Version",
            verify(word, is_path),
        )
    };
    let made = |path: &str, what| Change {
        line: line.number,
        path: path.into(),
        what,
    };
    match (keyword, verb) {
        ("drop", _) => Ok(made(source.parse(line, rest, a_path())?, What::Drop)),
        ("under", Verb::Extends) => {
            let path = source.parse(line, rest, a_path())?;
            let mut parts = Vec::new();
            while let Some(line) = source.next_at(4)? {
                parts.push(part(source, line, 4, 2)?);
            }
            if parts.is_empty() {
                return Err(source.error(line, line.text, "no element stands below"));
            }
            Ok(made(path, What::Under(parts)))
        }
        ("under", _) => {
            let message = "restrict may only narrow; more elements need extends";
            Err(source.error(line, line.text, message))
        }
        _ => {
            // Attributes have a status only.
            let alone = map(status, |status| Occurs {
                status,
                min: u32::from(status == Status::Mandatory),
                max: Some(1),
            });
            let occurs = opt(preceded(space1, alt((occurs, alone))));
            let format = opt(preceded(space1, format));
            let (path, occurs, format) =
                source.parse(line, line.text, (a_path(), occurs, format))?;
            let mut more = Value::new(Format::Text {
                class: Class::Alphanumeric,
                min: 0,
                max: None,
            });
            let plain = more.clone();
            while let Some(line) = source.next_at(4)? {
                qualify(source, line, &mut more)?;
            }
            if occurs.is_none() && format.is_none() && more == plain {
                let message = "expected how often it stands, a format, or lines below";
                return Err(source.error(line, line.text, message));
            }
            let more = Box::new(more);
            Ok(made(
                path,
                What::Set {
                    occurs,
                    format,
                    more,
                },
            ))
        }
    }
}

impl Patch {
    /// Changes a message. `file` is where the changes stand.
    pub(in crate::spec) fn apply(&self, message: &mut Message, file: &str) -> Result<()> {
        for change in &self.changes {
            let id = message.id();
            let fault = |said: String| Error::spec(file, change.line, 1, said);
            let gone = || fault(format!("message {id} has no {}", change.path));
            let mut names = change.path.split('/');
            if names.next() != Some(&*message.root.tag) {
                return Err(gone());
            }
            let names: Vec<&str> = names.collect();
            match names.split_last() {
                Some((last, above)) if last.starts_with('@') => {
                    let element = at(&mut message.root, above).ok_or_else(gone)?;
                    let name = &last[1..];
                    let mut all = element.attributes.iter_mut();
                    let found = all.find(|attribute| *attribute.name == *name);
                    let attribute = found.ok_or_else(gone)?;
                    let What::Set {
                        occurs,
                        format,
                        more,
                    } = &change.what
                    else {
                        return Err(fault("an attribute is not dropped".to_owned()));
                    };
                    if let Some(occurs) = occurs {
                        let mandatory = occurs.status == Status::Mandatory;
                        if self.verb == Verb::Restrict && attribute.mandatory && !mandatory {
                            return Err(fault(wider("C", "M")));
                        }
                        attribute.mandatory = mandatory;
                    }
                    self.value(&mut attribute.value, format.as_ref(), more)
                        .map_err(fault)?;
                }
                _ => {
                    let element = at(&mut message.root, &names).ok_or_else(gone)?;
                    self.element(element, &change.what).map_err(fault)?;
                }
            }
        }
        Ok(())
    }

    fn element(&self, element: &mut Element, what: &What) -> Said {
        let narrow = self.verb == Verb::Restrict;
        match what {
            What::Drop => {
                if narrow && element.occurs.min > 0 {
                    return Err(format!(
                        "{} is mandatory: restrict cannot drop it",
                        element.tag
                    ));
                }
                element.occurs = Occurs {
                    status: Status::Absent,
                    min: 0,
                    max: Some(0),
                };
            }
            What::Under(more) => match &mut element.holds {
                Holds::Parts { parts, any_order } => {
                    let only = more.iter().all(|part| matches!(part, Part::Element(_)));
                    if *any_order && !only {
                        return Err("only elements may come in any order".to_owned());
                    }
                    for part in more {
                        let Part::Element(new) = part else { continue };
                        let there = |part: &Part| matches!(part, Part::Element(held) if held.tag == new.tag);
                        if parts.iter().any(there) {
                            return Err(format!("{} is there already", new.tag));
                        }
                    }
                    parts.extend(more.iter().cloned());
                }
                _ => return Err(format!("{} holds no elements", element.tag)),
            },
            What::Set {
                occurs,
                format,
                more,
            } => {
                if let Some(occurs) = occurs {
                    let held = element.occurs;
                    let fits = occurs.min >= held.min
                        && held
                            .max
                            .is_none_or(|held| occurs.max.is_some_and(|max| max <= held));
                    if narrow && !fits {
                        return Err(wider(&shown(*occurs), &shown(held)));
                    }
                    element.occurs = *occurs;
                }
                let Holds::Value(value) = &mut element.holds else {
                    let nothing = format.is_none() && **more == Value::new(more.format.clone());
                    return match nothing {
                        true => Ok(()),
                        false => Err(format!("{} has no value", element.tag)),
                    };
                };
                self.value(value, format.as_ref(), more)?;
            }
        }
        Ok(())
    }

    fn value(&self, held: &mut Value, format: Option<&(Format, bool)>, more: &Value) -> Said {
        let narrow = self.verb == Verb::Restrict;
        if let Some((format, empty)) = format {
            if narrow && !(narrower(format, &held.format) && (!empty || held.empty)) {
                return Err(wider(&format.to_string(), &held.format.to_string()));
            }
            held.format = format.clone();
            held.empty = *empty;
        }
        if let Some(fixed) = &more.fixed {
            if narrow && held.fixed.as_ref().is_some_and(|held| held != fixed) {
                return Err(format!("the value is {:?} already", held.fixed));
            }
            held.fixed = Some(fixed.clone());
        }
        if more.default.is_some() {
            held.default.clone_from(&more.default);
        }
        held.patterns.extend(more.patterns.iter().cloned());
        if !more.means.is_empty() {
            held.means.clone_from(&more.means);
        }
        held.bounds.extend(more.bounds.iter().cloned());
        one_bound_of_a_kind(&mut held.bounds, narrow)?;
        match (&more.codes, &mut held.codes) {
            (Codes::None, _) => {}
            (Codes::Values(new), Codes::Values(codes)) if narrow => {
                let known = |code: &str| codes.iter().any(|(held, _)| **held == *code);
                if let Some((code, _)) = new.iter().find(|(code, _)| !known(code)) {
                    return Err(format!("{code} is none of its codes; more need extends"));
                }
                codes.retain(|(held, _)| new.iter().any(|(code, _)| code == held));
            }
            (Codes::Values(new), Codes::Values(codes)) => {
                for (code, label) in new {
                    codes.retain(|(held, _)| held != code);
                    codes.push((code.clone(), label.clone()));
                }
            }
            (Codes::In(_) | Codes::Table(_), Codes::Values(_) | Codes::In(_)) if narrow => {
                return Err("its codes are closed: another table needs extends".to_owned());
            }
            (new, held) => *held = new.clone(),
        }
        Ok(())
    }
}

/// Of bounds of one kind the last counts, which XML Schema wants narrower.
fn one_bound_of_a_kind(bounds: &mut Vec<(Bound, Box<str>)>, narrow: bool) -> Said {
    let mut last: Vec<(Bound, Box<str>)> = Vec::new();
    for (kind, text) in bounds.drain(..) {
        match last.iter_mut().find(|(held, _)| *held == kind) {
            None => last.push((kind, text)),
            Some((_, held)) => {
                let numbers = held.parse::<f64>().ok().zip(text.parse::<f64>().ok());
                let fits = numbers.is_some_and(|(old, new)| match kind {
                    Bound::Min | Bound::Above => new >= old,
                    Bound::Max | Bound::Below => new <= old,
                });
                if narrow && !fits {
                    return Err(wider(
                        &format!("{} {text}", kind.as_str()),
                        &format!("{} {held}", kind.as_str()),
                    ));
                }
                *held = text;
            }
        }
    }
    *bounds = last;
    Ok(())
}

fn wider(new: &str, held: &str) -> String {
    format!("restrict may only narrow: {new} is not within {held}; say extends")
}

fn shown(of: Occurs) -> String {
    let max = of.max.map_or("*".to_owned(), |max| max.to_string());
    format!("{} {}..{max}", of.status.as_str(), of.min)
}

/// Whether every value of a format is one of another.
fn narrower(new: &Format, held: &Format) -> bool {
    let least = |new: Option<u32>, held: Option<u32>| {
        held.is_none_or(|held| new.is_some_and(|new| new <= held))
    };
    match (new, held) {
        (
            Format::Text { class, min, max },
            Format::Text {
                class: of,
                min: held_min,
                max: held_max,
            },
        ) => {
            (class == of || *of == Class::Alphanumeric) && min >= held_min && least(*max, *held_max)
        }
        (
            Format::Number { digits, decimals },
            Format::Number {
                digits: held_digits,
                decimals: held_decimals,
            },
        ) => least(*digits, *held_digits) && least(*decimals, *held_decimals),
        (Format::Moment(new), Format::Moment(held)) => new.iter().all(|of| held.contains(of)),
        // A date is a text of its length.
        (Format::Moment(new), Format::Text { class, min, max }) => {
            let fits = |of: &str| {
                let len = of.len() as u32;
                len >= *min && max.is_none_or(|max| len <= max)
            };
            *class == Class::Alphanumeric && new.iter().all(|of| fits(of))
        }
        _ => new == held,
    }
}

/// The element at a path of names below another, choices looked through.
fn at<'e>(element: &'e mut Element, names: &[&str]) -> Option<&'e mut Element> {
    fn among<'e>(parts: &'e mut [Part], name: &str) -> Option<&'e mut Element> {
        parts.iter_mut().find_map(|part| match part {
            Part::Element(element) => (*element.tag == *name).then_some(element),
            Part::Choice(_, parts) | Part::Sequence(_, parts) => among(parts, name),
            Part::Anything(..) => None,
        })
    }
    let Some((first, rest)) = names.split_first() else {
        return Some(element);
    };
    match &mut element.holds {
        Holds::Parts { parts, .. } => at(among(parts, first)?, rest),
        _ => None,
    }
}
