//! What is wrong with an expression, and what kept one from being evaluated.

use std::fmt;
use std::ops::Range;

use crate::finding::Lang;

/// Why a text is no expression that can be used. Whoever holds the text makes it a
/// [`crate::Error`] with file, line and column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where in the text, in bytes.
    pub span: Range<usize>,
    /// What was found.
    pub message: String,
    /// The same in Chinese.
    pub message_zh: String,
    /// What was expected, where that can be said: a type, an argument.
    pub expected: Option<String>,
    /// Names like the one that is not known.
    pub near: Vec<String>,
}

impl Fault {
    /// The fault in words: what was found, what was expected, what may be meant.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let (message, expected, near, comma) = match lang {
            Lang::En => (&self.message, "; expected ", "; did you mean ", ", "),
            Lang::Zh => (&self.message_zh, "；应为 ", "；是否为 ", "、"),
        };
        let mut words = message.clone();
        if let Some(what) = &self.expected {
            words.push_str(expected);
            words.push_str(what);
        }
        if !self.near.is_empty() {
            words.push_str(near);
            words.push_str(&self.near.join(comma));
        }
        words
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(Lang::En))
    }
}

impl std::error::Error for Fault {}

/// Why an expression has no value for these data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    /// Division by zero, or a remainder of it.
    DivisionByZero,
    /// A number, time or duration beyond what can be held exactly.
    Overflow,
    /// What the spec demands, or an optional value that is taken as given, is absent; also an index past
    /// the end of a list, and the least or greatest of none.
    Missing,
    /// A text is read as a number and is none.
    NotANumber,
    /// A text is read as a date or duration and is none.
    NotADate,
    /// More steps than the limit allows.
    Steps,
    /// More memory than the limit allows.
    Memory,
    /// A pattern that is built from data and is none, or is larger than the limit allows.
    Pattern,
    /// The register is not available: not evaluated.
    NoRegister,
    /// The context has no such key, or the host has no today: not evaluated.
    NoContext,
    /// A map has no such key.
    NoSuchKey,
    /// No operation for values of these types; only where a type is not known before.
    NoOverload,
    /// An argument that the function cannot take.
    BadArgument,
}

impl TroubleKind {
    /// What happened, in words.
    #[must_use]
    pub const fn words(self, lang: Lang) -> &'static str {
        let (en, zh) = match self {
            Self::DivisionByZero => ("division by zero", "除数为零"),
            Self::Overflow => ("the result is too large", "结果超出范围"),
            Self::Missing => ("a value is missing", "缺少数据"),
            Self::NotANumber => ("the text is not a number", "不是数字"),
            Self::NotADate => ("the text is not a date or duration", "不是日期或时长"),
            Self::Steps => ("too many steps", "步数超限"),
            Self::Memory => ("too much memory", "内存超限"),
            Self::Pattern => ("the pattern is broken or too large", "正则表达式有误或过大"),
            Self::NoRegister => ("the register is not available", "底账不可用"),
            Self::NoContext => ("the context does not say", "缺少上下文信息"),
            Self::NoSuchKey => ("no such key", "没有该键"),
            Self::NoOverload => ("no operation for values of these types", "数据类型不适用"),
            Self::BadArgument => ("an argument cannot be taken", "参数不适用"),
        };
        match lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// Whether the world, not the data, did not say: such an expression counts as not evaluated.
    #[must_use]
    pub const fn is_not_held(self) -> bool {
        matches!(self, Self::NoRegister | Self::NoContext)
    }

    /// Whether a limit was reached.
    #[must_use]
    pub const fn is_limit(self) -> bool {
        matches!(self, Self::Steps | Self::Memory | Self::Pattern)
    }

    /// Whether the data lack a value or hold one that cannot be read, which the check of structure and
    /// representation tells.
    #[must_use]
    pub const fn is_data(self) -> bool {
        matches!(self, Self::Missing | Self::NotANumber | Self::NotADate)
    }
}

/// What kept an expression from having a value, and where in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Trouble {
    /// What happened.
    pub kind: TroubleKind,
    /// First byte of the part of the text that met it.
    pub start: u32,
    /// The byte after its last.
    pub end: u32,
}

impl Trouble {
    /// The part of the expression that met it, as a range of its text.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.words(Lang::En))
    }
}

impl std::error::Error for Trouble {}
