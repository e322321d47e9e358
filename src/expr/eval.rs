//! Evaluation: a walk over the operations.

use std::borrow::Cow;

use super::compute;
use super::op::{Leaf, Node, Op, Turn};
use super::{
    Answer, Column, Facts, Host, Kind, Limits, Moment, Number, Row, Scope, Trouble, TroubleKind,
    Value,
};

/// One evaluation of one expression.
pub(super) struct Evaluation<'a> {
    pub(super) facts: &'a Facts,
    pub(super) bound: &'a [Value<'a>],
    pub(super) host: &'a dyn Host,
    pub(super) locals: Vec<Value<'a>>,
    steps: u64,
    memory: usize,
}

pub(super) type Outcome<'a> = Result<Value<'a>, Trouble>;

impl<'a> Evaluation<'a> {
    pub(super) fn new(scope: &Scope<'a>) -> Self {
        let Limits { steps, memory } = scope.limits;
        Self {
            facts: scope.facts,
            bound: scope.bound,
            host: scope.host,
            locals: Vec::new(),
            steps,
            memory,
        }
    }

    /// Counts steps.
    pub(super) fn step(&mut self, count: u64) -> Result<(), TroubleKind> {
        match self.steps.checked_sub(count) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => {
                self.steps = 0;
                Err(TroubleKind::Steps)
            }
        }
    }

    /// Counts bytes, and the steps that it takes to write them.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), TroubleKind> {
        match self.memory.checked_sub(bytes) {
            Some(left) => self.memory = left,
            None => {
                self.memory = 0;
                return Err(TroubleKind::Memory);
            }
        }
        self.step(bytes as u64 / 64)
    }

    /// Makes a list.
    pub(super) fn list(&mut self, values: Vec<Value<'a>>) -> Result<Value<'a>, TroubleKind> {
        self.take(values.len() * size_of::<Value>())?;
        Ok(Value::List(values.into()))
    }

    /// Makes a text.
    pub(super) fn text(&mut self, text: String) -> Result<Value<'a>, TroubleKind> {
        self.take(text.len())?;
        Ok(Value::Text(Cow::Owned(text)))
    }

    /// Whether a condition holds.
    pub(super) fn truth(&mut self, node: &'a Node) -> Result<bool, Trouble> {
        match &node.op {
            Op::And(pair) => match self.truth(&pair[0]) {
                Ok(false) => Ok(false),
                Ok(true) => self.truth(&pair[1]),
                Err(trouble) => self.decided(trouble, &pair[1], false),
            },
            Op::Or(pair) => match self.truth(&pair[0]) {
                Ok(true) => Ok(true),
                Ok(false) => self.truth(&pair[1]),
                Err(trouble) => self.decided(trouble, &pair[1], true),
            },
            Op::Not(of) => Ok(!self.truth(of)?),
            Op::TextIs(equal, read, text) => Ok((self.read_text(read, node)? == &**text) == *equal),
            Op::NumberIs(relation, read, number) => {
                let value = self.read_number(read, node)?;
                Ok(relation.holds(value.cmp(number)))
            }
            Op::Present(read) => Ok(self.present(read)),
            Op::InTexts(of, texts) => {
                let of = self.cow(of)?;
                Ok(among(&of, texts))
            }
            Op::SameText(equal, pair) => {
                let (a, b) = (self.cow(&pair[0])?, self.cow(&pair[1])?);
                Ok((a == b) == *equal)
            }
            Op::CompareNumbers(relation, pair) => {
                let (a, b) = (self.number(&pair[0])?, self.number(&pair[1])?);
                Ok(relation.holds(a.cmp(&b)))
            }
            Op::Check(check, of) => Ok(check(&self.cow(of)?)),
            Op::Matches(of, regex) => {
                let of = self.cow(of)?;
                self.step(of.len() as u64 / 16)
                    .map_err(|kind| node.trouble(kind))?;
                Ok(regex.is_match(&*of))
            }
            Op::Lookup(table, code, on) => {
                let on = match on {
                    Some(on) => match self.value(on)? {
                        Value::Moment(moment) => Some(moment.day()),
                        _ => return Err(on.trouble(TroubleKind::NoOverload)),
                    },
                    None => None,
                };
                let code = self.cow(code)?;
                Ok(self.host.lookup(*table, &code, on))
            }
            Op::Compare(relation, pair) => {
                let (a, b) = (self.value(&pair[0])?, self.value(&pair[1])?);
                compute::relation(self, *relation, &a, &b).map_err(|kind| node.trouble(kind))
            }
            Op::Loop(turns) if !matches!(turns.what, Turn::List | Turn::Map) => self
                .turns(turns, node)?
                .as_bool()
                .ok_or(node.trouble(TroubleKind::NoOverload)),
            _ => match self.value(node)? {
                Value::Bool(value) => Ok(value),
                _ => Err(node.trouble(TroubleKind::NoOverload)),
            },
        }
    }

    /// The other side of an operator that met trouble may decide it all the same.
    #[cold]
    fn decided(&mut self, trouble: Trouble, other: &'a Node, by: bool) -> Result<bool, Trouble> {
        if trouble.kind.is_limit() {
            return Err(trouble);
        }
        match self.truth(other) {
            Ok(value) if value == by => Ok(by),
            Err(other) if other.kind.is_limit() => Err(other),
            _ => Err(trouble),
        }
    }

    /// A value.
    pub(super) fn value(&mut self, node: &'a Node) -> Outcome<'a> {
        match &node.op {
            Op::Const(value) => Ok(constant(value)),
            Op::Bound(at) => self
                .bound
                .get(*at as usize)
                .cloned()
                .ok_or(node.trouble(TroubleKind::Missing)),
            Op::BoundGiven(at) => match self.bound.get(*at as usize) {
                Some(Value::Optional(Some(value))) => Ok((**value).clone()),
                Some(Value::Optional(None)) | None => Err(node.trouble(TroubleKind::Missing)),
                Some(value) => Ok(value.clone()),
            },
            Op::Local(at) => self
                .locals
                .get(*at as usize)
                .cloned()
                .ok_or(node.trouble(TroubleKind::Missing)),
            Op::Read(read) => self.read(read, node),
            Op::Perhaps(read) => Ok(Value::Optional(self.perhaps(read, node)?.map(Box::new))),
            Op::ReadOr(read, other) => match self.perhaps(read, node)? {
                Some(value) => Ok(value),
                None => self.value(other),
            },
            Op::If(parts) => {
                let [test, yes, no] = &**parts;
                if self.truth(test)? {
                    self.value(yes)
                } else {
                    self.value(no)
                }
            }
            Op::Arithmetic(..) | Op::Minus(_) | Op::AsNumber(_) | Op::AsText(_) => {
                self.computed(node)
            }
            Op::Never(kind) => Err(node.trouble(*kind)),
            Op::Call(function, args) => self.call(function, args, node),
            Op::Loop(turns) => self.turns(turns, node),
            Op::List(_) | Op::Map(_) => self.made(node),
            Op::Bind(pair) => {
                let value = self.value(&pair[0])?;
                self.with(value, &pair[1])
            }
            Op::OptMap(pair) => match self.optional(&pair[0])? {
                Some(value) => Ok(Value::Optional(Some(Box::new(self.with(value, &pair[1])?)))),
                None => Ok(Value::Optional(None)),
            },
            Op::OptFlatMap(pair) => match self.optional(&pair[0])? {
                Some(value) => match self.with(value, &pair[1])? {
                    value @ Value::Optional(_) => Ok(value),
                    _ => Err(node.trouble(TroubleKind::NoOverload)),
                },
                None => Ok(Value::Optional(None)),
            },
            Op::OrValue(pair) => match self.optional(&pair[0])? {
                Some(value) => Ok(value),
                None => self.value(&pair[1]),
            },
            Op::OrOptional(pair) => match self.optional(&pair[0])? {
                Some(value) => Ok(Value::Optional(Some(Box::new(value)))),
                None => match self.value(&pair[1])? {
                    value @ Value::Optional(_) => Ok(value),
                    _ => Err(pair[1].trouble(TroubleKind::NoOverload)),
                },
            },
            Op::Index(_)
            | Op::IndexPerhaps(_)
            | Op::Field(..)
            | Op::FieldPresent(..)
            | Op::FieldPerhaps(..)
            | Op::In(_) => self.part(node),
            Op::Crosswalk(..) | Op::NameOf(..) | Op::Register(..) | Op::Context(_) | Op::Today => {
                self.asked(node)
            }
            Op::Present(_)
            | Op::And(_)
            | Op::Or(_)
            | Op::Not(_)
            | Op::Compare(..)
            | Op::CompareNumbers(..)
            | Op::SameText(..)
            | Op::TextIs(..)
            | Op::NumberIs(..)
            | Op::InTexts(..)
            | Op::Check(..)
            | Op::Matches(..)
            | Op::Lookup(..) => self.truth(node).map(Value::Bool),
        }
    }

    fn with(&mut self, value: Value<'a>, body: &'a Node) -> Outcome<'a> {
        self.locals.push(value);
        let result = self.value(body);
        self.locals.pop();
        result
    }

    fn optional(&mut self, node: &'a Node) -> Result<Option<Value<'a>>, Trouble> {
        match self.value(node)? {
            Value::Optional(value) => Ok(value.map(|value| *value)),
            _ => Err(node.trouble(TroubleKind::NoOverload)),
        }
    }

    /// A text, borrowed where that can be.
    pub(super) fn cow(&mut self, node: &'a Node) -> Result<Cow<'a, str>, Trouble> {
        match &node.op {
            Op::Const(Value::Text(text)) => Ok(Cow::Borrowed(text)),
            Op::Read(read) if read.leaf == Leaf::Text => {
                self.read_text(read, node).map(Cow::Borrowed)
            }
            _ => match self.value(node)? {
                Value::Text(text) => Ok(text),
                _ => Err(node.trouble(TroubleKind::NoOverload)),
            },
        }
    }

    /// An exact decimal, also from a whole number.
    fn number(&mut self, node: &'a Node) -> Result<Number, Trouble> {
        match &node.op {
            Op::Const(Value::Number(number)) => Ok(*number),
            Op::Read(read) if read.leaf == Leaf::Number => self.read_number(read, node),
            _ => compute::exact(&self.value(node)?).ok_or(node.trouble(TroubleKind::NoOverload)),
        }
    }

    fn computed(&mut self, node: &'a Node) -> Outcome<'a> {
        let result = match &node.op {
            Op::Arithmetic(of, pair) => {
                let (a, b) = (self.value(&pair[0])?, self.value(&pair[1])?);
                compute::arithmetic(self, *of, a, b)
            }
            Op::Minus(of) => compute::minus(self.value(of)?),
            Op::AsNumber(of) => match self.value(of)? {
                Value::Text(text) => Number::read(&text)
                    .map(Value::Number)
                    .ok_or(TroubleKind::NotANumber),
                value @ (Value::Number(_) | Value::Int(_) | Value::Uint(_)) => Ok(value),
                _ => Err(TroubleKind::NoOverload),
            },
            Op::AsText(of) => match self.value(of)? {
                Value::Text(text) => Ok(Value::Text(text)),
                Value::Number(number) => self.text(number.to_string()),
                _ => Err(TroubleKind::NoOverload),
            },
            _ => Err(TroubleKind::NoOverload),
        };
        result.map_err(|kind| node.trouble(kind))
    }

    fn call(
        &mut self,
        function: &'static super::functions::Function,
        args: &'a [Node],
        node: &Node,
    ) -> Outcome<'a> {
        // No function has more than four arguments but those that take any number.
        let mut few = [Value::Null, Value::Null, Value::Null, Value::Null];
        let mut many = Vec::new();
        let values = if args.len() <= few.len() {
            for (value, arg) in few.iter_mut().zip(args) {
                *value = self.value(arg)?;
            }
            &mut few[..args.len()]
        } else {
            for arg in args {
                many.push(self.value(arg)?);
            }
            many.as_mut_slice()
        };
        (function.run)(self, values).map_err(|kind| node.trouble(kind))
    }

    fn made(&mut self, node: &'a Node) -> Outcome<'a> {
        match &node.op {
            Op::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    match (self.value(&item.value)?, item.optional) {
                        (Value::Optional(value), true) => values.extend(value.map(|value| *value)),
                        (_, true) => return Err(item.value.trouble(TroubleKind::NoOverload)),
                        (value, false) => values.push(value),
                    }
                }
                self.list(values).map_err(|kind| node.trouble(kind))
            }
            Op::Map(entries) => {
                let mut made: Vec<(Value, Value)> = Vec::with_capacity(entries.len());
                for entry in entries {
                    let key = self.value(&entry.key)?;
                    let value = match (self.value(&entry.value)?, entry.optional) {
                        (Value::Optional(Some(value)), true) => *value,
                        (Value::Optional(None), true) => continue,
                        (_, true) => return Err(entry.value.trouble(TroubleKind::NoOverload)),
                        (value, false) => value,
                    };
                    let keys = matches!(
                        key,
                        Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Text(_)
                    );
                    let mut wrong = !keys;
                    for (known, _) in &made {
                        let same = self
                            .step(1)
                            .and_then(|()| compute::equal(self, known, &key));
                        wrong |= same.map_err(|kind| node.trouble(kind))?;
                    }
                    if wrong {
                        return Err(entry.key.trouble(TroubleKind::BadArgument));
                    }
                    made.push((key, value));
                }
                self.take(made.len() * size_of::<(Value, Value)>())
                    .map_err(|kind| node.trouble(kind))?;
                Ok(Value::Map(made.into()))
            }
            _ => Err(node.trouble(TroubleKind::NoOverload)),
        }
    }

    fn part(&mut self, node: &'a Node) -> Outcome<'a> {
        let result = match &node.op {
            Op::In(pair) => {
                let (of, list) = (self.value(&pair[0])?, self.value(&pair[1])?);
                compute::within(self, &of, &list).map(Value::Bool)
            }
            Op::Index(pair) => {
                let (of, key) = (self.value(&pair[0])?, self.value(&pair[1])?);
                match compute::index(self, &of, &key) {
                    Ok(Some(value)) => Ok(value),
                    Ok(None) if matches!(of, Value::Map(_)) => Err(TroubleKind::NoSuchKey),
                    Ok(None) => Err(TroubleKind::Missing),
                    Err(kind) => Err(kind),
                }
            }
            Op::IndexPerhaps(pair) => {
                let (of, key) = (self.value(&pair[0])?, self.value(&pair[1])?);
                let of = match of {
                    Value::Optional(None) => return Ok(Value::Optional(None)),
                    Value::Optional(Some(of)) => *of,
                    of => of,
                };
                compute::index(self, &of, &key).map(|found| Value::Optional(found.map(Box::new)))
            }
            Op::Field(of, name) => {
                let of = self.value(of)?;
                match compute::field(&of, name) {
                    Ok(Some(value)) => Ok(value),
                    Ok(None) if matches!(of, Value::Row(_)) => Err(TroubleKind::Missing),
                    Ok(None) => Err(TroubleKind::NoSuchKey),
                    Err(kind) => Err(kind),
                }
            }
            Op::FieldPresent(of, name) => {
                let of = self.value(of)?;
                compute::field(&of, name).map(|found| match found {
                    Some(Value::Optional(value)) if matches!(of, Value::Optional(_)) => {
                        Value::Bool(value.is_some())
                    }
                    found => Value::Bool(found.is_some()),
                })
            }
            Op::FieldPerhaps(of, name) => {
                compute::field(&self.value(of)?, name).map(|found| match found {
                    Some(value @ Value::Optional(_)) => value,
                    found => Value::Optional(found.map(Box::new)),
                })
            }
            _ => Err(TroubleKind::NoOverload),
        };
        result.map_err(|kind| node.trouble(kind))
    }

    /// What the host is asked.
    fn asked(&mut self, node: &'a Node) -> Outcome<'a> {
        let found = match &node.op {
            Op::Crosswalk(id, code) => {
                let code = self.cow(code)?;
                self.host.crosswalk(*id, &code).map(Value::Text)
            }
            Op::NameOf(table, code, lang) => {
                let code = self.cow(code)?;
                self.host.name(*table, &code, *lang).map(Value::Text)
            }
            Op::Register(name, key) => {
                let key = self.cow(key)?;
                match self.host.register(name, &key) {
                    Answer::NotAvailable => return Err(node.trouble(TroubleKind::NoRegister)),
                    Answer::NoSuchKey => None,
                    Answer::Row(row) => Some(Value::Row(row)),
                }
            }
            Op::Context(key) => match self.host.context(key) {
                None => return Err(node.trouble(TroubleKind::NoContext)),
                Some(text) if text.is_empty() => None,
                Some(text) => Some(Value::Text(text)),
            },
            Op::Today => {
                let today = self.host.today().and_then(Moment::of_day);
                return today
                    .map(Value::Moment)
                    .ok_or(node.trouble(TroubleKind::NoContext));
            }
            _ => return Err(node.trouble(TroubleKind::NoOverload)),
        };
        Ok(Value::Optional(found.map(Box::new)))
    }
}

/// A constant, borrowed.
fn constant<'a>(value: &'a Value<'static>) -> Value<'a> {
    match value {
        Value::Text(text) => Value::Text(Cow::Borrowed(text)),
        Value::Bytes(bytes) => Value::Bytes(Cow::Borrowed(bytes)),
        value => value.clone(),
    }
}

/// Whether a text is one of some in order.
fn among(text: &str, texts: &[Box<str>]) -> bool {
    if texts.len() <= 8 {
        return texts.iter().any(|known| **known == *text);
    }
    texts.binary_search_by(|known| (**known).cmp(text)).is_ok()
}

/// The value of a column; an empty one is absent.
pub(super) fn column<'v>(row: &'v Row, name: &str) -> Option<Value<'v>> {
    let (_, column) = row.columns.iter().find(|(known, _)| **known == *name)?;
    match column {
        Column::Text(text) if text.is_empty() => None,
        Column::Text(text) => Some(Value::Text(Cow::Borrowed(text))),
        Column::Number(number) => Some(Value::Number(*number)),
    }
}

/// What a kind is read as.
pub(super) const fn leaf_of(kind: Kind) -> Leaf {
    match kind {
        Kind::Record(_) => Leaf::Record,
        Kind::Number => Leaf::Number,
        Kind::Text | Kind::Any => Leaf::Text,
    }
}
