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

    pub(crate) fn index(self) -> usize {
        self.0 as usize
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
        en "the input holds no segment"
        zh "输入中没有任何段"
        explain_en "There is nothing to read: the file has no bytes, only blanks and line breaks, or only UNA."
        explain_zh "没有可读取的内容：文件长度为零，只有空白和换行，或只有 UNA。";
    UNRECOGNISED_INPUT "unrecognised-input" Error
        en "nothing in the input begins an interchange or a message"
        zh "输入中没有任何交换或报文的开头"
        explain_en "Neither UNA, UNB, UIB, UNG, UNH nor UIH was found. The file may be of another kind, be compressed, or have lost its beginning."
        explain_zh "未找到 UNA、UNB、UIB、UNG、UNH 或 UIH。该文件可能是其他格式、已压缩，或开头丢失。";
    BYTE_ORDER_MARK "byte-order-mark" Hint
        en "a byte order mark stands before the interchange"
        zh "交换之前有字节序标记（BOM）"
        explain_en "ISO 9735 knows no byte order mark. It is passed over; partners may not do so."
        explain_zh "ISO 9735 没有字节序标记。此处已跳过，但其他系统未必如此处理。";
    INCOMPLETE_UNA "incomplete-una" Error
        en "the service string advice UNA is incomplete"
        zh "服务串通知 UNA 不完整"
        explain_en "UNA is followed by exactly six characters: component separator, element separator, decimal mark, release character, repetition separator (or a blank) and segment terminator (ISO 9735 clause 7)."
        explain_zh "UNA 之后必须正好是六个字符：成分分隔符、元素分隔符、小数点、转义符、重复分隔符（或空格）、段终止符（ISO 9735 第 7 条）。";
    FIVE_CHARACTER_UNA "five-character-una" Warning
        en "UNA has five characters instead of six"
        zh "UNA 只有五个字符，应为六个"
        explain_en "The reserved character before the terminator was left out. It was read as if a blank stood there."
        explain_zh "段终止符之前的保留字符被省略，此处按空格处理。";
    REPETITION_UNHEEDED "repetition-separator-unheeded" Hint
        en "UNA names {character} as repetition separator; syntax version {version} has none, so it is data"
        zh "UNA 指定 {character} 为重复分隔符；语法版本 {version} 没有重复分隔符，按普通数据处理"
        explain_en "Repetition of elements came with syntax version 4. Before it the fifth character of UNA is reserved and of no effect."
        explain_zh "数据元重复自语法版本 4 起才有。此前 UNA 的第五个字符为保留字符，不起作用。";
    SEPARATOR_CLASH "separator-clash" Error
        en "{character} has two meanings in UNA, or is a letter or digit"
        zh "UNA 中的 {character} 有两种含义，或是字母、数字"
        explain_en "Each service character must differ from the others and from letters and digits. The first meaning was used."
        explain_zh "各服务字符必须互不相同，且不得为字母或数字。此处采用第一种含义。";
    UNTERMINATED_SEGMENT "unterminated-segment" Error
        en "the input ends inside a segment: the terminator {terminator} is missing"
        zh "输入在段中间结束：缺少段终止符 {terminator}"
        explain_en "The file was probably cut off. What stands there was read as far as it goes."
        explain_zh "文件很可能被截断。已按现有内容读取。";
    EMPTY_SEGMENT "empty-segment" Warning
        en "a segment terminator with no segment before it"
        zh "段终止符之前没有段"
        explain_en "Two terminators follow each other. Remove one of them."
        explain_zh "两个段终止符相连，应删除其中一个。";
    SEGMENT_TOO_LONG "segment-too-long" Error
        en "a segment is longer than {limit} bytes; it was passed over"
        zh "段长度超过 {limit} 字节，已跳过"
        explain_en "A segment is read up to a limit (an option), so that a file without terminators cannot fill the memory."
        explain_zh "段的长度有上限（可设置），以免没有段终止符的文件耗尽内存。";
    SKIPPED_BYTES "skipped-bytes" Error
        en "{count} bytes belong to no segment and were skipped"
        zh "{count} 个字节不属于任何段，已跳过"
        explain_en "What stands here is neither a segment nor a blank. Reading went on where the next segment or interchange begins."
        explain_zh "此处内容既不是段也不是空白。已从下一个段或交换处继续读取。";
    TRAILING_PADDING "trailing-padding" Hint
        en "{count} padding characters (NUL or control-Z) follow the last segment"
        zh "最后一个段之后有 {count} 个填充字符（NUL 或 Ctrl-Z）"
        explain_en "They come from old file transfers and mean nothing."
        explain_zh "它们来自旧的文件传输方式，没有含义。";
    INVALID_TAG "invalid-segment-tag" Error 12
        en "{value} is not a segment tag"
        zh "{value} 不是段标记"
        explain_en "A segment tag has three upper-case letters or digits and begins with a letter (ISO 9735 clause 10)."
        explain_zh "段标记由三个大写字母或数字组成，以字母开头（ISO 9735 第 10 条）。";
    LINE_BREAK_IN_VALUE "line-break-in-value" Hint
        en "line breaks stand inside segments; they were passed over"
        zh "段内有换行，已忽略"
        explain_en "Some systems wrap lines at 80 columns. Inside a value a line break has no meaning in ISO 9735; it was removed from the value. Said once in an interchange."
        explain_zh "有些系统按 80 列折行。ISO 9735 中值内的换行没有含义，已从值中去除。每个交换只提示一次。";
    OBJECT_LENGTH "object-length" Error
        en "the object of UNO has not the {length} bytes it declares"
        zh "UNO 的对象长度与其声明的 {length} 字节不符"
        explain_en "After the declared number of bytes UNP must follow. Reading went on at the next UNP or message."
        explain_zh "在声明的字节数之后必须是 UNP。已从下一个 UNP 或报文处继续读取。";
    NO_INTERCHANGE_HEADER "no-interchange-header" Warning
        en "there is no interchange header ({header}) before this"
        zh "此前没有交换头（{header}）"
        explain_en "Messages may be stored without their interchange. Service characters and character set are taken to be the usual ones."
        explain_zh "报文可以脱离交换单独保存。服务字符和字符集按默认值处理。";
    MISSING_TRAILER "missing-trailer" Error 13
        en "{header} is not closed: {trailer} is missing"
        zh "{header} 未结束：缺少 {trailer}"
        explain_en "Every header has its trailer: UNB UNZ, UNG UNE, UNH UNT, UIB UIZ, UIH UIT, UNO UNP."
        explain_zh "每个头段都有对应的尾段：UNB UNZ、UNG UNE、UNH UNT、UIB UIZ、UIH UIT、UNO UNP。";
    TRAILER_WITHOUT_HEADER "trailer-without-header" Error 33
        en "{trailer} closes nothing: its {header} is missing"
        zh "{trailer} 没有对应的 {header}"
        explain_en "The trailer stands where its header is not open."
        explain_zh "尾段出现时其头段并未打开。";
    OUTSIDE_MESSAGE "segment-outside-message" Error 33
        en "segment {segment} stands outside a message"
        zh "段 {segment} 位于报文之外"
        explain_en "Only service segments may stand between messages."
        explain_zh "报文之间只能出现服务段。";
    MIXED_GROUPS "groups-and-messages-mixed" Error 30
        en "functional groups and messages outside groups are mixed in one interchange"
        zh "同一交换中混有功能组和组外报文"
        explain_en "An interchange holds either functional groups or messages (ISO 9735 clause 6)."
        explain_zh "一个交换只能全部为功能组，或全部为报文（ISO 9735 第 6 条）。";
    NOTHING_INSIDE "nothing-inside" Error 32
        en "{header} and {trailer} hold no message"
        zh "{header} 与 {trailer} 之间没有报文"
        explain_en "An interchange or functional group holds at least one message."
        explain_zh "交换或功能组至少包含一个报文。";
    CONTROL_COUNT "control-count" Error 29
        en "{trailer} says {value}, counted were {counted}"
        zh "{trailer} 声明为 {value}，实际为 {counted}"
        explain_en "The trailer gives the number of segments of the message (header and trailer included), of the messages in the group, or of the messages or groups in the interchange."
        explain_zh "尾段给出报文的段数（含头段和尾段）、组内报文数，或交换内的报文数或组数。";
    REFERENCE_MISMATCH "reference-mismatch" Error 28
        en "the reference {value} in {trailer} is not that of {header}"
        zh "{trailer} 中的参考号 {value} 与 {header} 不一致"
        explain_en "Header and trailer carry the same reference."
        explain_zh "头段和尾段的参考号必须相同。";
    DUPLICATE_REFERENCE "duplicate-reference" Error 26
        en "the reference {value} was already used"
        zh "参考号 {value} 已被使用"
        explain_en "References are unique: of messages within the group or interchange, of groups within the interchange."
        explain_zh "参考号必须唯一：报文在组或交换内唯一，组在交换内唯一。";
    FIRST_USED "first-used" Hint
        en "first used here"
        zh "首次使用于此"
        explain_en "The other place of a duplicate."
        explain_zh "重复项的另一处位置。";
    HEADER_HERE "header-here" Hint
        en "the header stands here"
        zh "头段在此"
        explain_en "The header that belongs to the trailer."
        explain_zh "与尾段对应的头段。";
    REFERENCES_UNCHECKED "references-unchecked" Warning
        en "from here on duplicate references are not looked for: the limit of memory is reached"
        zh "由此开始不再检查参考号重复：已达到内存上限"
        explain_en "The limit is an option; raise it for interchanges with very many messages."
        explain_zh "该上限可设置；对报文极多的交换可以提高。";
    UNKNOWN_SYNTAX_IDENTIFIER "unknown-syntax-identifier" Error 2
        en "the syntax identifier {value} is not known"
        zh "语法标识 {value} 未知"
        explain_en "Known are UNOA to UNOL, UNOW, UNOX and UNOY (ISO 9735 element 0001). The interchange was read as if it said UNOC."
        explain_zh "已知的有 UNOA 至 UNOL、UNOW、UNOX、UNOY（ISO 9735 数据元 0001）。此处按 UNOC 读取。";
    UNKNOWN_SYNTAX_VERSION "unknown-syntax-version" Error 2
        en "the syntax version {value} is not known"
        zh "语法版本 {value} 未知"
        explain_en "Known are 1 to 4 (ISO 9735 element 0002). The interchange was read as version 3."
        explain_zh "已知的为 1 至 4（ISO 9735 数据元 0002）。此处按版本 3 读取。";
    UNKNOWN_RELEASE "unknown-release" Error 12
        en "no directory {release} is known for message {message}; its structure was not checked"
        zh "没有适用于报文 {message} 的目录 {release}；未检查其结构"
        explain_en "The message header names a directory that is not held. Choose one with --as MESSAGE@RELEASE."
        explain_zh "报文头指定的目录未收录。可用 --as 报文@目录 指定。";
    UNKNOWN_MESSAGE "unknown-message" Error 12
        en "message {message} is not in directory {release}; its structure was not checked"
        zh "目录 {release} 中没有报文 {message}；未检查其结构"
        explain_en "The directory is held but does not have this message type. It may be a user's own: add it with --specs."
        explain_zh "该目录已收录，但没有此报文类型。若为自定义报文，可用 --specs 添加。";
    RELEASE_READ_AS "release-read-as" Hint
        en "the directory written {value} was read as {release}"
        zh "目录写作 {value}，按 {release} 读取"
        explain_en "The message header writes its directory in an unusual way; what it means is clear."
        explain_zh "报文头以不规范的方式书写目录，但含义明确。";
    MISSING_SEGMENT "missing-segment" Error 13
        en "the mandatory segment {segment} is missing"
        zh "缺少必备段 {segment}"
        explain_en "The structure of the message requires the segment at this place. The path says where it belongs."
        explain_zh "报文结构要求此处有该段。路径指明其位置。";
    MISSING_GROUP "missing-group" Error 13
        en "the mandatory segment group {group} is missing: it begins with {segment}"
        zh "缺少必备段组 {group}，该组以 {segment} 开头"
        explain_en "The structure of the message requires the group at this place."
        explain_zh "报文结构要求此处有该段组。";
    TOO_MANY_SEGMENTS "too-many-segments" Error 35
        en "segment {segment} may stand here at most {max} times"
        zh "段 {segment} 在此最多出现 {max} 次"
        explain_en "One more stands here. Said once for a run of them."
        explain_zh "此处多出。同一连续序列只报告一次。";
    TOO_MANY_GROUPS "too-many-groups" Error 36
        en "segment group {group} may stand here at most {max} times"
        zh "段组 {group} 在此最多出现 {max} 次"
        explain_en "One more begins here. Said once for a run of them."
        explain_zh "此处多出一组。同一连续序列只报告一次。";
    OUT_OF_ORDER "out-of-order" Error 15
        en "segment {segment} stands too late: its place was before"
        zh "段 {segment} 出现过晚：其位置应在前面"
        explain_en "Segments of a group stand in the order of its definition."
        explain_zh "组内各段必须按定义的顺序出现。";
    UNEXPECTED_SEGMENT "unexpected-segment" Error 15
        en "segment {segment} cannot stand here"
        zh "段 {segment} 不能出现在此处"
        explain_en "The message has this segment elsewhere, but not at this place."
        explain_zh "报文在其他位置有该段，但此处不允许。";
    UNKNOWN_SEGMENT "unknown-segment" Error 15
        en "message {message} has no segment {segment}"
        zh "报文 {message} 中没有段 {segment}"
        explain_en "The tag does not occur in the structure of the message."
        explain_zh "该段标记不在报文结构中。";
    INSTEAD_OF "instead-of" Error 15
        en "segment {segment} stands where {expected} was expected"
        zh "此处应为 {expected}，实际为段 {segment}"
        explain_en "The segment stands in the place of another, and what follows fits that other one. Perhaps its tag was mistyped."
        explain_zh "该段占据了另一段的位置，且后续内容与那一段相符。可能是段标记写错。";
    NESTING_MISMATCH "nesting-mismatch" Error 34
        en "the explicit nesting {value} is not the place of the segment: {expected}"
        zh "显式嵌套 {value} 与该段的位置不符：应为 {expected}"
        explain_en "The tag carries the number of its repetition and of those of its groups; they are not what the order of segments says."
        explain_zh "段标记带有自身及所在组的重复次数，但与段的实际顺序不符。";
    MISSING_ELEMENT "missing-element" Error 13
        en "the mandatory element {element} is missing"
        zh "缺少必备数据元 {element}"
        explain_en "The segment requires the element."
        explain_zh "该段要求有此数据元。";
    MISSING_COMPONENT "missing-component" Error 13
        en "the mandatory component {element} is missing"
        zh "缺少必备成分 {element}"
        explain_en "The composite is used, so its mandatory components must be there. An absent conditional composite needs none of them."
        explain_zh "复合数据元已使用，其必备成分必须存在。未使用的条件复合数据元不要求其成分。";
    EXCESS_ELEMENT "excess-element" Error 16
        en "{value} stands beyond the last element: the segment has {expected}"
        zh "{value} 超出最后一个数据元：该段只有 {expected} 个"
        explain_en "The directory defines fewer elements for this segment."
        explain_zh "目录为该段定义的数据元较少。";
    EXCESS_COMPONENT "excess-component" Error 16
        en "{value} stands beyond the last component: there are {expected}"
        zh "{value} 超出最后一个成分：只有 {expected} 个"
        explain_en "The directory defines fewer components here; a simple element has none."
        explain_zh "目录在此定义的成分较少；简单数据元没有成分。";
    TOO_MANY_REPETITIONS "too-many-repetitions" Error 35
        en "the element may be repeated at most {max} times"
        zh "该数据元最多重复 {max} 次"
        explain_en "One more repetition stands here."
        explain_zh "此处多出一次重复。";
    TRAILING_SEPARATOR "trailing-separator" Warning 45
        en "separators stand behind the last value"
        zh "最后一个值之后有多余的分隔符"
        explain_en "Separators that nothing follows are left out (ISO 9735 clause 9, omission)."
        explain_zh "之后没有内容的分隔符应省略（ISO 9735 第 9 条 省略规则）。";
    DEPENDENCY "dependency-note" Error 48
        en "the dependency note {note} on {elements} is not satisfied"
        zh "未满足关于 {elements} 的依存注 {note}"
        explain_en "D1 one and only one, D2 all or none, D3 one or more, D4 one or none, D5 if first then all, D6 if first then at least one more, D7 if first then none of the others (ISO 9735-1 clause 11)."
        explain_zh "D1 有且仅有一个，D2 全有或全无，D3 至少一个，D4 至多一个，D5 有第一个则全有，D6 有第一个则至少另有一个，D7 有第一个则其余全无（ISO 9735-1 第 11 条）。";
    NOT_USED "not-used" Error 12
        en "{element} is not used here"
        zh "此处不使用 {element}"
        explain_en "An implementation guide leaves this element out."
        explain_zh "实施指南不使用该数据元。";
    UNKNOWN_CODE "unknown-code" Error 12
        en "{value} is not a code of {element}"
        zh "{value} 不是 {element} 的代码"
        explain_en "The code list of the directory in force does not hold the value. See `baowen show {element}`."
        explain_zh "所用目录的代码表中没有该值。可用 baowen show 查看代码表。";
    NOT_IN_TABLE "not-in-table" Warning 12
        en "{value} is not in table {table}, which {element} is taken from"
        zh "{value} 不在 {element} 所用的代码表 {table} 中"
        explain_en "The list lives outside the directory and grows between its editions, so the value may be good: compare with the newest edition, or add it with --specs."
        explain_zh "该代码表在目录之外维护，各版本会增加代码，因此该值可能有效：请核对最新版本，或用 --specs 添加。";
    CODE_LIST_NOT_HELD "code-list-not-held" Hint
        en "the code {value} of {element} was not checked: list {list}, agency {agency}, is not held"
        zh "{element} 的代码 {value} 未检查：未收录代码表 {list}（机构 {agency}）"
        explain_en "Elements 1131 and 3055 name a code list that the specs do not have. Add it with --specs. Said once for each list."
        explain_zh "数据元 1131 和 3055 指定的代码表未收录。可用 --specs 添加。每个代码表只提示一次。";
    TOO_LONG "too-long" Error 39
        en "{value} has {length} characters; at most {max} are allowed in {element}"
        zh "{value} 有 {length} 个字符；{element} 最多 {max} 个"
        explain_en "In numbers sign, decimal mark and exponent mark are not counted."
        explain_zh "数值中符号、小数点和指数标记不计入长度。";
    TOO_SHORT "too-short" Error 40
        en "{value} has {length} characters; {element} has exactly {min}"
        zh "{value} 有 {length} 个字符；{element} 应为 {min} 个"
        explain_en "The format is of fixed length."
        explain_zh "该格式为定长。";
    NOT_ALPHABETIC "not-alphabetic" Error 37
        en "{value} holds digits; {element} is alphabetic"
        zh "{value} 含有数字；{element} 为字母型"
        explain_en "The format is `a`."
        explain_zh "该格式为 a（字母型）。";
    NOT_NUMERIC "not-numeric" Error 37
        en "{value} is not a number; {element} is numeric"
        zh "{value} 不是数值；{element} 为数值型"
        explain_en "A number has digits, at most one decimal mark, perhaps a minus sign before and an exponent behind; no blanks, no plus sign, no thousands separator (ISO 9735 clause 10)."
        explain_zh "数值由数字和至多一个小数点组成，可有前置负号和指数；不得有空格、正号或千位分隔符（ISO 9735 第 10 条）。";
    DECIMAL_MARK "decimal-mark" Error 19
        en "the decimal mark of {value} is not the one in force, or nothing stands behind it"
        zh "{value} 的小数点不是当前有效的小数点，或其后没有数字"
        explain_en "In syntax versions 1 to 3 UNA names the decimal mark, else it is the point; version 4 accepts point and comma."
        explain_zh "语法版本 1 至 3 的小数点由 UNA 指定，默认为句点；版本 4 接受句点和逗号。";
    NO_DIGIT_BEFORE_MARK "no-digit-before-decimal-mark" Error 38
        en "no digit stands before the decimal mark of {value}"
        zh "{value} 的小数点之前没有数字"
        explain_en "Write 0.5, not .5."
        explain_zh "应写作 0.5，而不是 .5。";
    INVALID_DATE "invalid-date" Error 12
        en "{value} is not a date or time of format {format} ({pattern}) that exists"
        zh "{value} 不是格式 {format}（{pattern}）的有效日期或时间"
        explain_en "Element 2379 names the format; the value must have its length and be a day and a time that exist."
        explain_zh "数据元 2379 指定格式；值的长度必须相符，且日期和时间必须存在。";
    CONTROL_TOTAL "control-total" Error 29
        en "the control total {qualifier} says {value}; the message has {counted} {what}"
        zh "控制总数 {qualifier} 为 {value}；报文中有 {counted} 个{what_zh}"
        explain_en "CNT gives totals of the message. This one is defined as a count of segments or groups, and differs."
        explain_zh "CNT 给出报文的总数。此项定义为段或段组的数量，与实际不符。";
    SECTION_ORDER "section-control" Error 15
        en "{segment} separates the sections of the message: {expected} was expected"
        zh "{segment} 用于分隔报文的各节：此处应为 {expected}"
        explain_en "UNS+D begins the detail section, UNS+S the summary section."
        explain_zh "UNS+D 开始明细节，UNS+S 开始汇总节。";
    INVALID_CHARACTER "invalid-character" Error 21
        en "the character {value} is not in the character set {charset}"
        zh "字符 {value} 不在字符集 {charset} 中"
        explain_en "The syntax identifier names the repertoire of the interchange. Said once for each value. Choose another character set with --charset."
        explain_zh "语法标识规定了交换的字符集。每个值只报告一次。可用 --charset 指定其他字符集。";
    UNDECODABLE "undecodable" Error 21
        en "bytes that are no character in {charset}"
        zh "字节在 {charset} 中不是字符"
        explain_en "The value does not decode in the character set in force."
        explain_zh "该值无法按当前字符集解码。";
    LOOKS_LIKE "looks-like-other-charset" Hint
        en "the bytes look like {charset}, which {declared} does not allow"
        zh "字节看起来是 {charset} 编码，而 {declared} 不允许"
        explain_en "Many files declare UNOA and hold Chinese text. If that is meant, use --charset {charset}. Said once in an interchange."
        explain_zh "很多文件声明 UNOA 却含有中文。如属此情况，可使用 --charset {charset}。每个交换只提示一次。";
    UNKNOWN_ESCAPE "unknown-escape-sequence" Error 21
        en "the escape sequence {value} names no character set that is known"
        zh "转义序列 {value} 指定的字符集未知"
        explain_en "Under UNOX, escape sequences of ISO 2022 switch the character set."
        explain_zh "UNOX 使用 ISO 2022 转义序列切换字符集。";
    FINDINGS_CUT "findings-cut" Hint
        en "{count} more findings of {code} were not shown"
        zh "另有 {count} 条 {code} 未显示"
        explain_en "Of one code only so many findings are shown for a file (--max-findings); all are counted."
        explain_zh "每个文件同一代码只显示有限条数（--max-findings），但全部计数。";
}
