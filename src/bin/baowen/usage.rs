//! What is wrong with the words of a command line, in Chinese: `clap` says it in English.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What `error` says; `None` where there are no words for it here.
pub(crate) fn in_chinese(error: &Error) -> Option<String> {
    let word = |kind| -> Option<String> {
        Some(match error.get(kind)? {
            ContextValue::String(word) => word.clone(),
            ContextValue::Strings(words) => words.join("、"),
            ContextValue::StyledStr(text) => text.to_string(),
            ContextValue::StyledStrs(texts) => {
                let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
                texts.join("、")
            }
            ContextValue::Number(number) => number.to_string(),
            _ => return None,
        })
    };
    let arg = word(ContextKind::InvalidArg).unwrap_or_default();
    let value = word(ContextKind::InvalidValue).unwrap_or_default();
    let mut said = match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => format!("{arg} 须给出值"),
        ErrorKind::InvalidValue => format!("{arg} 的值 '{value}' 无效"),
        ErrorKind::ValueValidation => format!("{arg} 的值 '{value}' 无效"),
        ErrorKind::UnknownArgument => format!("没有参数 '{arg}'"),
        ErrorKind::InvalidSubcommand => {
            let command = word(ContextKind::InvalidSubcommand)?;
            format!("没有命令 '{command}'")
        }
        ErrorKind::MissingRequiredArgument => format!("缺少必须给出的参数：{arg}"),
        ErrorKind::MissingSubcommand => "须给出命令".to_owned(),
        ErrorKind::ArgumentConflict => {
            let other = word(ContextKind::PriorArg)?;
            format!("{arg} 不能与 {other} 同时使用")
        }
        ErrorKind::TooManyValues => format!("{arg} 的值过多：'{value}'"),
        ErrorKind::WrongNumberOfValues | ErrorKind::TooFewValues => format!("{arg} 的值个数不对"),
        _ => return None,
    };
    let valid = word(ContextKind::ValidValue).filter(|valid| !valid.is_empty());
    if let Some(valid) = valid {
        said.push_str(&format!("\n  可用的值：{valid}"));
    }
    let near = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ];
    if let Some(near) = near.into_iter().find_map(word) {
        said.push_str(&format!("\n  是否指：{near}"));
    }
    said.push_str("\n（--help 显示用法）");
    Some(said)
}
