//! Findings for people: a snippet with a caret, in a window that fits the terminal.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use baowen::check::Totals;
use baowen::finding::{Finding, Lang, Severity};
use unicode_width::UnicodeWidthChar;

use crate::lang::pick;

/// Columns of a snippet: what comes before the finding, and all of it. A terminal that is narrower gets less.
const BEFORE: usize = 24;
const WINDOW: usize = 76;

/// Columns that a snippet has on the narrowest terminal.
const NARROW: usize = 20;

/// Colours, and the columns of the terminal where the output is one.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    colours: bool,
    columns: Option<usize>,
}

impl Style {
    /// As standard output and the environment want it.
    pub(crate) fn of_stdout() -> Self {
        let stdout = io::stdout();
        let size = terminal_size::terminal_size_of(&stdout);
        Self {
            colours: has_colours(stdout.is_terminal(), &|name| std::env::var_os(name)),
            columns: size.map(|(width, _)| usize::from(width.0)),
        }
    }

    /// Columns of a snippet beside line numbers of that many digits.
    fn window(self, digits: usize) -> usize {
        // What stands around it: a blank, the bar, a blank, an ellipsis at either end.
        let around = digits + 5;
        self.columns.map_or(WINDOW, |columns| {
            columns.saturating_sub(around).clamp(NARROW, WINDOW)
        })
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colours {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn severity(self, severity: Severity, text: &str) -> String {
        match severity {
            Severity::Error => self.paint("1;31", text),
            Severity::Warning => self.paint("1;33", text),
            Severity::Hint => self.paint("1;36", text),
        }
    }
}

/// Whether there are colours: `NO_COLOR` takes them away, `CLICOLOR_FORCE` wants them wherever the output
/// goes; else they are for terminals that know them.
fn has_colours(is_terminal: bool, variable: &dyn Fn(&str) -> Option<OsString>) -> bool {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        return false;
    }
    if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    let unwanted = set("CLICOLOR").is_some_and(|value| value == "0");
    let dumb = set("TERM").is_some_and(|value| value == "dumb");
    is_terminal && !unwanted && !dumb
}

/// The word for a severity.
pub(crate) fn severity(severity: Severity, lang: Lang) -> &'static str {
    match severity {
        Severity::Error => pick(lang, "error", "错误"),
        Severity::Warning => pick(lang, "warning", "警告"),
        Severity::Hint => pick(lang, "hint", "提示"),
    }
}

/// Text as it is shown: what a terminal would act on is escaped, content masked where asked for.
fn shown(text: &str, redact: bool) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if redact && c.is_alphanumeric() {
            out.push('*');
        } else if c == '\t' {
            out.push(' ');
        } else {
            baowen::finding::push_escaped(c, &mut out);
        }
    }
    out
}

/// Says a line on standard error. Names of files come from others too: what a terminal would act on is
/// escaped.
pub(crate) fn say(message: &str) {
    let mut line = String::with_capacity(message.len() + 1);
    for c in message.chars() {
        match c {
            '\n' | '\t' => line.push(c),
            _ => baowen::finding::push_escaped(c, &mut line),
        }
    }
    line.push('\n');
    let _ = io::stderr().write_all(line.as_bytes());
}

fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The beginning of `text`, at most `most` columns; whether something was left out.
fn head(text: &str, most: usize) -> (&str, bool) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > most {
            return (&text[..at], true);
        }
    }
    (text, false)
}

/// The end of `text`, at most `most` columns; whether something was left out.
fn tail(text: &str, most: usize) -> (&str, bool) {
    let mut used = 0;
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > most {
            return (&text[at + c.len_utf8()..], true);
        }
    }
    (text, false)
}

/// Writes a finding.
pub(crate) fn finding(
    out: &mut dyn Write,
    finding: &Finding,
    file: &str,
    lang: Lang,
    redact: bool,
    style: Style,
) -> io::Result<()> {
    let word = severity(finding.severity, lang);
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}: {}",
        style.severity(finding.severity, &format!("{word}[{}]", finding.name())),
        finding.message(lang, redact)
    );
    let number = finding.at.line.to_string();
    let margin = " ".repeat(number.len());
    let _ = write!(
        text,
        "{margin}{} {}:{}:{}",
        style.paint("34", "-->"),
        shown(file, false),
        finding.at.line,
        finding.at.column
    );
    let place = place(finding, lang, redact);
    if !place.is_empty() {
        let _ = write!(text, "  {place}");
    }
    text.push('\n');
    if let Some(excerpt) = &finding.excerpt {
        let bar = style.paint("34", "|");
        let before = shown(&excerpt.before, redact);
        let inside = shown(&excerpt.inside, redact);
        let after = shown(&excerpt.after, redact);
        let window = style.window(number.len());
        let most = BEFORE.min(window / 3);
        let (before, cut_before) = tail(&before, most);
        let cut_before = cut_before || excerpt.cut_before;
        let (inside, cut_inside) = head(&inside, window - most);
        let left = window.saturating_sub(width(before) + width(inside));
        let (after, cut_after) = head(&after, left);
        let ellipsis = |cut: bool| if cut { "…" } else { "" };
        let more = cut_inside || excerpt.cut_inside;
        let after = if more { "" } else { after };
        let _ = writeln!(text, "{margin} {bar}");
        let _ = writeln!(
            text,
            "{} {bar} {}{before}{inside}{after}{}",
            style.paint("34", &number),
            ellipsis(cut_before),
            ellipsis(more || cut_after || excerpt.cut_after),
        );
        let carets = "^".repeat(width(inside).max(1));
        let indent = " ".repeat(width(before) + usize::from(cut_before));
        let _ = writeln!(
            text,
            "{margin} {bar} {indent}{}",
            style.severity(finding.severity, &carets)
        );
    }
    for related in &finding.related {
        let file = related.file.as_deref().map(|file| shown(file, false));
        let path = related.path.as_deref().map(|path| shown(path, false));
        let place: Vec<String> = file.into_iter().chain(path).collect();
        let offset = match lang {
            Lang::En => format!("offset {}", related.span.start),
            Lang::Zh => format!("偏移 {}", related.span.start),
        };
        // Of another file the place may be known by its path only.
        let known = related.span.len > 0 || related.span.start > 0 || place.is_empty();
        let offset = known.then_some(offset);
        let place = place
            .into_iter()
            .chain(offset)
            .collect::<Vec<_>>()
            .join(", ");
        let place = match lang {
            Lang::En => format!(" ({place})"),
            Lang::Zh => format!("（{place}）"),
        };
        let _ = writeln!(text, "{margin} = {}{place}", related.code.wording(lang));
    }
    out.write_all(text.as_bytes())
}

/// Where in the structure.
fn place(finding: &Finding, lang: Lang, redact: bool) -> String {
    let place = &finding.place;
    let mut parts = Vec::new();
    if let Some(message) = &place.message_type {
        let mut text = shown(message, false);
        if let Some(reference) = &place.message_ref {
            let _ = write!(text, " {}", shown(reference, false));
        }
        parts.push(text);
    }
    if let Some(number) = place.segment_number {
        parts.push(format!(
            "{} {number}",
            pick(lang, "segment", "第段").replace("第段", "段")
        ));
    }
    if let (_, Some(path)) = finding.shown_place(redact) {
        parts.push(shown(&path, false));
    }
    parts.join(", ")
}

/// What English adds to a noun that is counted.
pub(crate) fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Writes the totals at the end.
pub(crate) fn summary(
    out: &mut dyn Write,
    files: u64,
    totals: &Totals,
    lang: Lang,
    style: Style,
) -> io::Result<()> {
    let severity = if totals.errors > 0 {
        Severity::Error
    } else if totals.warnings > 0 {
        Severity::Warning
    } else {
        Severity::Hint
    };
    let text = match lang {
        Lang::En => format!(
            "{} error{}, {} warning{}, {} hint{}: {files} file{}, {} interchange{}, {} message{}, {} segment{}",
            totals.errors,
            plural(totals.errors),
            totals.warnings,
            plural(totals.warnings),
            totals.hints,
            plural(totals.hints),
            plural(files),
            totals.interchanges,
            plural(totals.interchanges),
            totals.messages,
            plural(totals.messages),
            totals.segments,
            plural(totals.segments),
        ),
        Lang::Zh => format!(
            "{} 个错误，{} 个警告，{} 个提示：{files} 个文件，{} 个交换，{} 个报文，{} 个段",
            totals.errors,
            totals.warnings,
            totals.hints,
            totals.interchanges,
            totals.messages,
            totals.segments,
        ),
    };
    writeln!(out, "{}", style.severity(severity, &text))?;
    if totals.not_evaluated > 0 {
        let count = totals.not_evaluated;
        let text = match lang {
            Lang::En => format!(
                "{count} evaluation{} of rules could not be made: what they ask for was not given",
                plural(count)
            ),
            Lang::Zh => format!("{count} 次规则评估未能进行：缺少所需的底账、传输信息或数据"),
        };
        writeln!(out, "{text}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_unless_the_environment_says_else() {
        let asked = |is_terminal, set: &[(&str, &str)]| {
            has_colours(is_terminal, &|name| {
                let found = set.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| value.into())
            })
        };
        assert!(asked(true, &[]) && !asked(false, &[]));
        assert!(asked(true, &[("NO_COLOR", ""), ("CLICOLOR_FORCE", "0")]));
        assert!(!asked(true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(asked(false, &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")]));
        assert!(!asked(true, &[("CLICOLOR", "0")]));
        assert!(!asked(true, &[("TERM", "dumb")]));
    }

    #[test]
    fn a_snippet_fits_the_terminal() {
        let excerpt = baowen::finding::Excerpt {
            before: "NAD+CZ+++示例纺织有限公司上海分公司+".into(),
            inside: "中山路一号".into(),
            after: "+SHANGHAI+++CN'NAD+CN+++SAMPLE IMPORTS INC+2 TEST STREET'".into(),
            ..Default::default()
        };
        let mut found = Finding::new(baowen::finding::Code::TOO_LONG, Default::default());
        found.at.line = 1234;
        found.excerpt = Some(Box::new(excerpt));
        for columns in [1, 40, 80, 200] {
            let style = Style {
                colours: false,
                columns: Some(columns),
            };
            let mut out = Vec::new();
            finding(&mut out, &found, "m.edi", Lang::En, false, style).unwrap();
            let text = String::from_utf8(out).unwrap();
            let lines: Vec<&str> = text.lines().skip(3).collect();
            let at = lines[0].find("中").map(|at| width(&lines[0][..at]));
            assert_eq!(lines[1].find('^'), at, "{text}");
            assert!(width(lines[0]) <= columns.max(NARROW + 9), "{text}");
        }
    }
}
