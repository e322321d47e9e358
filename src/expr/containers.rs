//! Lists and maps: literals, `in`, indices.

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, ListExpr, MapExpr};

use super::compile::{Compiled, Compiler, Typed, leaf};
use super::op::{Base, Entry, Item, Leaf, Node, Op, Read};
use super::operators::{comparable, joined, numeric};
use super::{Fault, Type, Value};

impl Compiler<'_, '_> {
    pub(super) fn within(&mut self, of: &IdedExpr, list: &IdedExpr, token: (u32, u32)) -> Compiled {
        let (of, list) = (self.value(of)?, self.value(list)?);
        let span = (of.node.start, list.node.end);
        let element = match &list.of {
            Type::List(element) | Type::Map(element, _) => (**element).clone(),
            Type::Any => Type::Any,
            _ if self.env.plain => Type::Any,
            _ => return Err(self.mismatch(&of, &list, token)),
        };
        if !comparable(&of.of, &element) && !self.env.plain {
            return Err(self.mismatch(&of, &list, token));
        }
        let plain_text = matches!(of.of, Type::Text | Type::Loose);
        if plain_text && let Some(texts) = constant_texts(&list.node) {
            let op = Op::InTexts(Box::new(self.as_text(of)), texts);
            return Ok(Typed::new(self.node(op, span), Type::Bool));
        }
        let of = match (&of.of, &element) {
            (Type::Loose, element) if numeric(element) => self.as_number(of),
            (Type::Loose, _) => self.as_text(of),
            _ => of.node,
        };
        let op = Op::In(Box::new([of, list.node]));
        Ok(Typed::new(self.node(op, span), Type::Bool))
    }

    pub(super) fn index(&mut self, of: &IdedExpr, index: &IdedExpr, span: (u32, u32)) -> Compiled {
        let of = self.place(of)?;
        let index = self.value(index)?;
        let end = self.text.get(index.node.end as usize..).unwrap_or_default();
        let close = end.find(']').map_or(0, |at| at as u32 + 1);
        let span = (of.node.start, (index.node.end + close).max(span.1));
        let key = index.of.clone();
        if let (Op::Read(read), Type::List(element)) = (&of.node.op, &of.of)
            && matches!(read.leaf, Leaf::Nodes(_))
        {
            if !matches!(key, Type::Int | Type::Any) {
                return Err(self.bad_index(&index));
            }
            self.record(&of);
            let element = (**element).clone();
            let at = match index.node.op {
                Op::Const(Value::Int(at)) => u32::try_from(at).ok(),
                _ => None,
            };
            let read = Read {
                base: Base::Nth(Box::new((read.clone(), index.node))),
                slots: Box::default(),
                leaf: leaf(&element),
            };
            let mut typed = Typed::new(self.node(Op::Read(read), span), element);
            typed.beside = of.beside;
            typed.optional = of.optional;
            // A place that is computed may be another one the next time.
            typed.place = of.place.filter(|_| at.is_some()).map(|mut place| {
                if let Some(step) = place.steps.last_mut() {
                    step.index = at;
                }
                place
            });
            return Ok(typed);
        }
        let of = self.settle(of)?;
        let (container, optional) = match of.of {
            Type::Optional(of) => (*of, true),
            of => (of, false),
        };
        let found = match &container {
            Type::List(element) if matches!(key, Type::Int | Type::Any) => (**element).clone(),
            Type::Map(wanted, value) if comparable(wanted, &key) => (**value).clone(),
            Type::Row if key == Type::Text => Type::Loose,
            Type::Any => Type::Any,
            _ if self.env.plain => Type::Any,
            Type::List(_) | Type::Map(..) | Type::Row => return Err(self.bad_index(&index)),
            other => {
                return Err(self.fault(
                    span,
                    format!("{other} has no index"),
                    format!("{other} 不能用下标"),
                ));
            }
        };
        let pair = Box::new([of.node, index.node]);
        if optional {
            let of = Type::Optional(Box::new(found));
            return Ok(Typed::new(self.node(Op::IndexPerhaps(pair), span), of));
        }
        Ok(Typed::new(self.node(Op::Index(pair), span), found))
    }

    pub(super) fn bad_index(&self, index: &Typed) -> Fault {
        let mut fault = self.fault(
            index.span(),
            format!("{} is {}", self.words(index.span()), index.of),
            format!("{} 为 {}", self.words(index.span()), index.of),
        );
        fault.expected = Some(Type::Int.to_string());
        fault
    }

    pub(super) fn list(&mut self, list: &ListExpr, span: (u32, u32)) -> Compiled {
        let mut element: Option<Type> = None;
        let mut items = Vec::with_capacity(list.elements.len());
        let mut end = span.1;
        for (at, item) in list.elements.iter().enumerate() {
            let item = self.value(item)?;
            end = end.max(item.node.end);
            let optional = list.optional_indices.contains(&at);
            let of = match item.of {
                Type::Optional(of) if optional => *of,
                of => of,
            };
            element = Some(element.map_or_else(|| of.clone(), |known| joined(&known, &of)));
            items.push(Item {
                value: item.node,
                optional,
            });
        }
        let rest = self.text.get(end as usize..).unwrap_or_default();
        if rest.trim_start().starts_with(']') {
            end += (rest.len() - rest.trim_start().len() + 1) as u32;
        }
        let of = Type::List(Box::new(element.unwrap_or(Type::Any)));
        let constant = items
            .iter()
            .all(|item| !item.optional && matches!(item.value.op, Op::Const(_)));
        let op = if constant {
            let values = items.into_iter().filter_map(|item| match item.value.op {
                Op::Const(value) => Some(value),
                _ => None,
            });
            Op::Const(Value::List(values.collect()))
        } else {
            Op::List(items.into())
        };
        Ok(Typed::new(self.node(op, (span.0, end)), of))
    }

    pub(super) fn map(&mut self, map: &MapExpr, span: (u32, u32)) -> Compiled {
        let mut of: Option<(Type, Type)> = None;
        let mut entries = Vec::with_capacity(map.entries.len());
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else {
                return Err(self.fault(span, "an entry of a map is expected", "应为映射项"));
            };
            let (key, value) = (self.value(&entry.key)?, self.value(&entry.value)?);
            let keys = matches!(
                key.of,
                Type::Any | Type::Bool | Type::Int | Type::Uint | Type::Text | Type::Loose
            );
            if !keys && !self.env.plain {
                let mut fault = self.fault(
                    key.span(),
                    format!("a key of a map is not {}", key.of),
                    format!("映射的键不能为 {}", key.of),
                );
                fault.expected = Some("text, int, bool".to_owned());
                return Err(fault);
            }
            let value_of = match value.of {
                Type::Optional(of) if entry.optional => *of,
                of => of,
            };
            of = Some(match of {
                None => (key.of, value_of),
                Some((a, b)) => (joined(&a, &key.of), joined(&b, &value_of)),
            });
            entries.push(Entry {
                key: key.node,
                value: value.node,
                optional: entry.optional,
            });
        }
        let (key, value) = of.unwrap_or((Type::Any, Type::Any));
        let of = Type::Map(Box::new(key), Box::new(value));
        Ok(Typed::new(self.node(Op::Map(entries.into()), span), of))
    }
}

/// The texts of a list that is known, in order.
fn constant_texts(list: &Node) -> Option<Box<[Box<str>]>> {
    let Op::Const(Value::List(values)) = &list.op else {
        return None;
    };
    let texts = values.iter().map(|value| match value {
        Value::Text(text) => Some(Box::from(&**text)),
        _ => None,
    });
    let mut texts: Vec<Box<str>> = texts.collect::<Option<_>>()?;
    texts.sort();
    texts.dedup();
    Some(texts.into())
}
