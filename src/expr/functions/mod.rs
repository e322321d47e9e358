//! The functions of the language, one row each: name, what it takes, what it gives.

mod convert;
mod dates;
mod format;
mod lists;
mod math;
mod numbers;
mod text;

use std::fmt;

use super::eval::Evaluation;
use super::{TroubleKind, Type, Value};

pub(super) use convert::TYPES;

/// A function. Its receiver is its first argument: `size(x)` and `x.size()` are the same.
pub(super) struct Function {
    pub(super) name: &'static str,
    /// What each argument may be, as bits of [`want`].
    pub(super) takes: &'static [u32],
    /// How many arguments it has at least.
    pub(super) least: usize,
    pub(super) gives: fn(&[Type]) -> Type,
    pub(super) run: Run,
}

pub(super) type Run = for<'r, 'a> fn(&'r mut Evaluation<'a>, &'r mut [Value<'a>]) -> Outcome<'a>;
pub(super) type Outcome<'a> = Result<Value<'a>, TroubleKind>;

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What an argument may be.
pub(super) mod want {
    use super::Type;

    pub(crate) const BOOL: u32 = 1;
    pub(crate) const INT: u32 = 1 << 1;
    pub(crate) const UINT: u32 = 1 << 2;
    pub(crate) const DOUBLE: u32 = 1 << 3;
    pub(crate) const DECIMAL: u32 = 1 << 4;
    pub(crate) const TEXT: u32 = 1 << 5;
    pub(crate) const BYTES: u32 = 1 << 6;
    pub(crate) const MOMENT: u32 = 1 << 7;
    pub(crate) const PERIOD: u32 = 1 << 8;
    pub(crate) const LIST: u32 = 1 << 9;
    pub(crate) const MAP: u32 = 1 << 10;
    pub(crate) const NUMBER: u32 = INT | UINT | DECIMAL;
    /// A list of numbers or of periods.
    pub(crate) const NUMBERS: u32 = 1 << 11;
    /// A list of what can be put in order.
    pub(crate) const ORDERED: u32 = 1 << 12;
    /// A list of texts.
    pub(crate) const TEXTS: u32 = 1 << 13;
    pub(crate) const ANY: u32 = u32::MAX;

    /// Whether a value of this type may be given.
    pub(crate) fn takes(wanted: u32, of: &Type) -> bool {
        let bit = match of {
            Type::Any => return true,
            _ if wanted == ANY => return true,
            Type::Loose => TEXT | NUMBER,
            Type::Bool => BOOL,
            Type::Int => INT,
            Type::Uint => UINT,
            Type::Double => DOUBLE,
            Type::Number => DECIMAL,
            Type::Text => TEXT,
            Type::Bytes => BYTES,
            Type::Moment => MOMENT,
            Type::Period => PERIOD,
            Type::Map(..) => MAP,
            Type::List(of) => {
                let numbers = matches!(
                    **of,
                    Type::Any | Type::Int | Type::Uint | Type::Double | Type::Number | Type::Period
                );
                let ordered =
                    numbers || matches!(**of, Type::Text | Type::Bool | Type::Bytes | Type::Moment);
                let texts = matches!(**of, Type::Any | Type::Text | Type::Loose);
                let bit = |is: bool, bit: u32| if is { bit } else { 0 };
                LIST | bit(numbers, NUMBERS) | bit(ordered, ORDERED) | bit(texts, TEXTS)
            }
            Type::Null | Type::Record(_) | Type::Row | Type::Optional(_) | Type::Type => 0,
        };
        wanted & bit != 0
    }

    /// What is wanted, in the names of types.
    pub(crate) fn words(wanted: u32) -> String {
        let names = [
            (BOOL, "bool"),
            (INT, "int"),
            (DECIMAL, "number"),
            (TEXT, "text"),
            (BYTES, "bytes"),
            (MOMENT, "time"),
            (PERIOD, "duration"),
            (LIST, "list"),
            (MAP, "map"),
            (NUMBERS, "list(number)"),
            (ORDERED, "list of texts, numbers or times"),
            (TEXTS, "list(text)"),
        ];
        let words = names
            .iter()
            .filter(|(bit, _)| wanted & bit != 0)
            .map(|(_, name)| *name);
        words.collect::<Vec<_>>().join(", ")
    }
}

fn row(
    name: &'static str,
    takes: &'static [u32],
    gives: fn(&[Type]) -> Type,
    run: Run,
) -> Function {
    Function {
        name,
        takes,
        least: takes.len(),
        gives,
        run,
    }
}

/// A row whose last arguments may be left out.
fn short(least: usize, function: Function) -> Function {
    Function { least, ..function }
}

fn bool(_: &[Type]) -> Type {
    Type::Bool
}

fn int(_: &[Type]) -> Type {
    Type::Int
}

fn number(_: &[Type]) -> Type {
    Type::Number
}

fn text(_: &[Type]) -> Type {
    Type::Text
}

fn texts(_: &[Type]) -> Type {
    Type::List(Box::new(Type::Text))
}

fn moment(_: &[Type]) -> Type {
    Type::Moment
}

fn any(_: &[Type]) -> Type {
    Type::Any
}

/// What the first argument is.
fn same(of: &[Type]) -> Type {
    of.first().cloned().unwrap_or(Type::Any)
}

/// What the elements of the first argument are.
fn element(of: &[Type]) -> Type {
    match of.first() {
        Some(Type::List(of)) => (**of).clone(),
        _ => Type::Any,
    }
}

static TABLE: std::sync::LazyLock<Vec<Function>> = std::sync::LazyLock::new(|| {
    let mut table = Vec::new();
    text::add(&mut table);
    lists::add(&mut table);
    numbers::add(&mut table);
    dates::add(&mut table);
    format::add(&mut table);
    convert::add(&mut table);
    math::add(&mut table);
    table.sort_by_key(|function| function.name);
    table
});

/// The rows of a name.
pub(super) fn find(name: &str) -> impl Iterator<Item = &'static Function> + use<'_> {
    let begin = TABLE.partition_point(|function| function.name < name);
    TABLE[begin..]
        .iter()
        .take_while(move |function| function.name == name)
}

/// All names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|function| function.name)
}

/// `matches` with a pattern that is not known before.
pub(super) static MATCHES: Function = Function {
    name: "matches",
    takes: &[want::TEXT, want::TEXT],
    least: 2,
    gives: bool,
    run: |run, args| match args {
        [Value::Text(text), Value::Text(pattern)] => {
            // Compiling costs far more than matching does.
            run.step(1_000 + pattern.len() as u64 * 100 + text.len() as u64 / 16)?;
            let regex = super::pattern::compile(pattern).map_err(|_| TroubleKind::Pattern)?;
            Ok(Value::Bool(regex.is_match(&**text)))
        }
        _ => Err(TroubleKind::NoOverload),
    },
};

/// `hasValue` of an optional value.
pub(super) static HAS_VALUE: Function = Function {
    name: "hasValue",
    takes: &[want::ANY],
    least: 1,
    gives: bool,
    run: |_, args| match args {
        [Value::Optional(value)] => Ok(Value::Bool(value.is_some())),
        _ => Err(TroubleKind::NoOverload),
    },
};

/// `value` of an optional value.
pub(super) static VALUE: Function = Function {
    name: "value",
    takes: &[want::ANY],
    least: 1,
    gives: any,
    run: |_, args| match args {
        [Value::Optional(Some(value))] => Ok(std::mem::replace(&mut **value, Value::Null)),
        [Value::Optional(None)] => Err(TroubleKind::Missing),
        _ => Err(TroubleKind::NoOverload),
    },
};
