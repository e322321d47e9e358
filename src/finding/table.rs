//! The one table of findings: code, severity, ISO 9735 error code (data element 0085), wording
//! and explanation in English and Chinese.
//!
//! Codes are stable: a row may be reworded, never renamed or reused. Placeholders `{name}` are
//! filled from the finding; `{value}` is the value concerned.

use super::{Lang, Severity};

/// A row of the table.
#[derive(Debug)]
struct Row {
    code: &'static str,
    severity: Severity,
    syntax_error: Option<u8>,
    en: &'static str,
    zh: &'static str,
    explain_en: &'static str,
    explain_zh: &'static str,
}

/// A finding's code: a row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(u16);

impl Code {
    fn row(self) -> &'static Row {
        &ROWS[self.0 as usize]
    }

    /// The stable name, as `missing-segment`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().code
    }

    /// Severity, where nothing changes it.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.row().severity
    }

    /// Code of ISO 9735 data element 0085 (syntax error, coded), where one fits.
    #[must_use]
    pub fn syntax_error(self) -> Option<u8> {
        self.row().syntax_error
    }

    /// The wording, with placeholders in braces.
    #[must_use]
    pub fn wording(self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.row().en,
            Lang::Zh => self.row().zh,
        }
    }

    /// What it means and what to do about it.
    #[must_use]
    pub fn explanation(self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.row().explain_en,
            Lang::Zh => self.row().explain_zh,
        }
    }

    /// Every code, in the order of the table.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0..ROWS.len() as u16).map(Self)
    }

    /// The code of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::all().find(|code| code.as_str() == name)
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! findings {
    ($( $name:ident $code:literal $severity:ident $($syntax_error:literal)?
        en $en:literal
        zh $zh:literal
        explain_en $explain_en:literal
        explain_zh $explain_zh:literal; )*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Order { $($name),* }

        impl Code {
            $(#[doc = concat!("`", $code, "`: ", $en)]
            pub const $name: Self = Self(Order::$name as u16);)*
        }

        static ROWS: &[Row] = &[$(Row {
            code: $code,
            severity: Severity::$severity,
            syntax_error: findings!(@optional $($syntax_error)?),
            en: $en,
            zh: $zh,
            explain_en: $explain_en,
            explain_zh: $explain_zh,
        }),*];
    };
    (@optional) => { None };
    (@optional $value:literal) => { Some($value) };
}

findings! {
    EMPTY_INPUT "empty-input" Error
        en "the input is empty"
        zh "输入为空"
        explain_en "There is nothing to read: the file has no bytes, or only blanks and line breaks."
        explain_zh "没有可读取的内容：文件长度为零，或只有空白和换行。";
}
