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

    /// The wording, with placeholders in braces: `{count}`, or `{count|byte|bytes}` for a number and
    /// what is said of one and of several.
    #[must_use]
    pub fn wording(self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.row().en,
            Lang::Zh => self.row().zh,
        }
    }

    /// The wording as a list of codes shows it: of several.
    #[must_use]
    pub fn listed_wording(self, lang: Lang) -> String {
        let mut out = String::new();
        let mut rest = self.wording(lang);
        while let Some((before, (inside, behind))) = rest
            .split_once('{')
            .and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            let mut parts = inside.split('|');
            let (name, several) = (parts.next().unwrap_or(""), parts.next_back());
            out.push_str(&format!("{before}{{{name}}}"));
            if let Some(several) = several {
                out.push_str(&format!(" {several}"));
            }
            rest = behind;
        }
        out + rest
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
        en "nothing in the input begins an interchange or a message[; it looks like {what}]"
        zh "输入中没有任何交换或报文的开头[；看起来是“{what_zh}”]"
        explain_en "Neither UNA, UNB, UIB, UNG, UNH nor UIH was found. The file may be of another kind, be compressed, or have lost its beginning."
        explain_zh "未找到 UNA、UNB、UIB、UNG、UNH 或 UIH。该文件可能是其他格式、已压缩，或开头丢失。";
    ARCHIVE_DAMAGED "archive-damaged" Error
        en "the archive cannot be unpacked from here on"
        zh "压缩包从此处起无法解压"
        explain_en "It is damaged or cut, split into volumes, or packed by a method other than deflate. What could be unpacked was checked."
        explain_zh "压缩包损坏、被截断、分卷，或使用了 deflate 以外的压缩方法。已解压的部分已经校验。";
    ARCHIVE_ENCRYPTED "archive-encrypted" Error
        en "the file in the archive needs a password"
        zh "压缩包中的文件设有密码"
        explain_en "Archives are read without passwords: customs takes none."
        explain_zh "压缩包按无密码读取，海关不接收加密的压缩包。";
    ARCHIVE_TOO_LARGE "archive-too-large" Error
        en "the file in the archive unpacks to far more than messages do; the rest was not read"
        zh "压缩包中的文件解压后远大于正常报文，其余部分未读取"
        explain_en "A file may unpack to 64 MiB and 200 bytes more for each byte that is packed; a message packs to a tenth or a fiftieth. What stands before was checked."
        explain_zh "文件解压后最多为 64 MiB 加压缩后每字节 200 字节；报文通常压缩到十分之一至五十分之一。此前的内容已经校验。";
    BYTE_ORDER_MARK "byte-order-mark" Hint
        en "a byte order mark stands before the interchange"
        zh "交换之前有字节序标记（BOM）"
        explain_en "ISO 9735 knows no byte order mark. It is passed over; partners may not do so."
        explain_zh "ISO 9735 没有字节序标记。此处已跳过，但其他系统未必如此处理。";
    INCOMPLETE_UNA "incomplete-una" Error 22
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
    SEPARATOR_CLASH "separator-clash" Error 20
        en "{character} has two meanings in UNA, or is a letter or digit"
        zh "UNA 中的 {character} 有两种含义，或是字母、数字"
        explain_en "Each service character must differ from the others and from letters and digits. The first meaning was used."
        explain_zh "各服务字符必须互不相同，且不得为字母或数字。此处采用第一种含义。";
    UNTERMINATED_SEGMENT "unterminated-segment" Error 18
        en "the segment terminator {terminator} is missing here"
        zh "此处缺少段终止符 {terminator}"
        explain_en "The input ends inside a segment, and was probably cut off; or each segment has a line of its own and this one lacks its terminator. Reading went on as if the terminator stood here. Lines that are wrapped inside a value are not meant."
        explain_zh "输入在段中间结束，很可能被截断；或者每段各占一行，而该段缺少终止符。已按此处有段终止符继续读取。值内的折行不在此列。";
    EMPTY_SEGMENT "empty-segment" Warning
        en "a segment terminator with no segment before it"
        zh "段终止符之前没有段"
        explain_en "Two terminators follow each other. Remove one of them."
        explain_zh "两个段终止符相连，应删除其中一个。";
    SEGMENT_TOO_LONG "segment-too-long" Error 18
        en "a segment is longer than {limit|byte|bytes}; it was passed over"
        zh "段长度超过 {limit} 字节，已跳过"
        explain_en "A segment is read up to a limit (an option), so that a file without terminators cannot fill the memory."
        explain_zh "段的长度有上限（可设置），以免没有段终止符的文件耗尽内存。";
    SKIPPED_BYTES "skipped-bytes" Error 18
        en "{count|byte belongs to no segment and was skipped|bytes belong to no segment and were skipped}"
        zh "{count} 个字节不属于任何段，已跳过"
        explain_en "What stands here is neither a segment nor a blank. Reading went on where the next segment or interchange begins."
        explain_zh "此处内容既不是段也不是空白。已从下一个段或交换处继续读取。";
    TRAILING_PADDING "trailing-padding" Hint
        en "{count|padding character (NUL or control-Z) follows|padding characters (NUL or control-Z) follow} the last segment"
        zh "最后一个段之后有 {count} 个填充字符（NUL 或 Ctrl-Z）"
        explain_en "They come from old file transfers and mean nothing."
        explain_zh "它们来自旧的文件传输方式，没有含义。";
    INVALID_TAG "invalid-segment-tag" Error 12
        en "{value} is not a segment tag[; {expected} was expected here]"
        zh "{value} 不是段标记[；此处应为 {expected}]"
        explain_en "A segment tag has three upper-case letters or digits and begins with a letter (ISO 9735 clause 10)."
        explain_zh "段标记由三个大写字母或数字组成，以字母开头（ISO 9735 第 10 条）。";
    LINE_BREAK_IN_VALUE "line-break-in-value" Hint
        en "line breaks stand inside segments; they were passed over"
        zh "段内有换行，已忽略"
        explain_en "Some systems wrap lines at 80 columns. Inside a value a line break has no meaning in ISO 9735; it was removed from the value. Said once in an interchange."
        explain_zh "有些系统按 80 列折行。ISO 9735 中值内的换行没有含义，已从值中去除。每个交换只提示一次。";
    OBJECT_LENGTH "object-length" Error 29
        en "the object of UNO has not the {length|byte|bytes} it declares"
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
        explain_en "Known are UNOA to UNOL, UNOW, UNOX and UNOY (ISO 9735 element 0001). The interchange was read as if it said UNOC. The first three letters name the agency whose syntax it is; another agency than UNO, as IAT of IATA, is a warning."
        explain_zh "已知的有 UNOA 至 UNOL、UNOW、UNOX、UNOY（ISO 9735 数据元 0001）。此处按 UNOC 读取。前三个字母表示语法所属机构；其他机构（如 IATA 的 IAT）只作警告。";
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
        en "segment {segment} may stand here at most {max|time|times}"
        zh "段 {segment} 在此最多出现 {max} 次"
        explain_en "One more stands here. Said once for a run of them."
        explain_zh "此处多出。同一连续序列只报告一次。";
    TOO_MANY_GROUPS "too-many-groups" Error 36
        en "segment group {group} may stand here at most {max|time|times}"
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
    ORDER_GIVEN_UP "order-given-up" Warning
        en "the message is out of order in so many places that from here on each segment is taken to stand in the nearest place"
        zh "报文顺序错误过多，自此处起每个段按最近的位置处理"
        explain_en "Where the order is wrong, the placement with the fewest errors is searched for. Past 4,000 segments with errors in one message that is given up, so that a message that is wrong as a whole is checked in reasonable time: what is missing or stands in excess may be told otherwise from here on."
        explain_zh "顺序有误时，程序寻找错误最少的排列。同一报文中有错误的段超过 4000 个后不再寻找，使整体错乱的报文也能在合理时间内检查完；自此处起，缺少或多余的段可能有不同的报告。";
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
        en "the element may be repeated at most {max|time|times}"
        zh "该数据元最多重复 {max} 次"
        explain_en "One more repetition stands here."
        explain_zh "此处多出一次重复。";
    REPETITION_AS_ELEMENT "repetition-as-element" Warning
        en "repetitions of {element} are written as elements of their own"
        zh "{element} 的重复写成了单独的数据元"
        explain_en "The last element of the segment may be repeated. In syntax version 4 the repetition separator stands between repetitions; some guides, that of passenger lists among them, write them as further elements, as versions 1 to 3 do. They were checked as repetitions."
        explain_zh "该段最后一个数据元可以重复。语法版本 4 的重复之间使用重复分隔符；有些实施指南（如旅客名单）像版本 1 至 3 那样把重复写成后续数据元。已按重复校验。";
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
        en "{value} is not a code of {element}[ (table {table})][; near: {near}]"
        zh "{value} 不是 {element} 的代码[（代码表 {table}）][；相近的有：{near}]"
        explain_en "The code list of the directory in force, or the whole code table, does not hold the value. See `baowen show {element}`, or `baowen codes`."
        explain_zh "所用目录的代码表或完整的代码表中没有该值。可用 baowen show 或 baowen codes 查看。";
    NOT_IN_TABLE "not-in-table" Warning 12
        en "{value} is not in table {table}, which {element} is taken from[; near: {near}]"
        zh "{value} 不在 {element} 所用的代码表 {table} 中[；相近的有：{near}]"
        explain_en "The list grows between its editions, or is held with gaps (`baowen codes TABLE` tells of them), so the value may be good: compare with the newest edition, or add it with --specs."
        explain_zh "该代码表的各版本会增加代码，或收录有缺漏（见 baowen codes 表名），因此该值可能有效：请核对最新版本，或用 --specs 添加。";
    CODE_LIST_NOT_HELD "code-list-not-held" Hint
        en "the code {value} of {element} was not checked: its list is not held[ (1131: {list})][ (3055: {agency})]"
        zh "{element} 的代码 {value} 未检查：未收录其代码表[（1131：{list}）][（3055：{agency}）]"
        explain_en "Elements 1131 and 3055 name a code list that the specs do not have. Add it with --specs. Said once for each list."
        explain_zh "数据元 1131 和 3055 指定的代码表未收录。可用 --specs 添加。每个代码表只提示一次。";
    TOO_LONG "too-long" Error 39
        en "{value} has {length|character|characters}; at most {max} are allowed in {element}"
        zh "{value} 有 {length} 个字符；{element} 最多 {max} 个"
        explain_en "In numbers sign, decimal mark and exponent mark are not counted."
        explain_zh "数值中符号、小数点和指数标记不计入长度。";
    TOO_SHORT "too-short" Error 40
        en "{value} has {length|character|characters}; {element} has exactly {min}"
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
    CONTROL_TOTALS_UNCHECKED "control-totals-unchecked" Warning
        en "from here on control totals are not compared: the message has more than are kept"
        zh "由此开始不再核对控制总数：报文中的控制总数多于可保留的数量"
        explain_en "Totals are compared at the end of the message; of one message 100,000 are kept for that."
        explain_zh "控制总数在报文结束时核对；每个报文最多保留 100000 个。";
    SECTION_ORDER "section-control" Error 15
        en "{segment} separates the sections of the message: {expected} was expected"
        zh "{segment} 用于分隔报文的各节：此处应为 {expected}"
        explain_en "UNS+D begins the detail section, UNS+S the summary section."
        explain_zh "UNS+D 开始明细节，UNS+S 开始汇总节。";
    INVALID_CHARACTER "invalid-character" Error 21
        en "{value} is not in the character set {charset}"
        zh "{value} 不在字符集 {charset} 中"
        explain_en "The syntax identifier names the repertoire of the interchange. Said once for each value. Choose another character set with --charset."
        explain_zh "语法标识规定了交换的字符集。每个值只报告一次。可用 --charset 指定其他字符集。";
    UNDECODABLE "undecodable" Error 21
        en "bytes that are no character in {charset}"
        zh "字节在 {charset} 中不是字符"
        explain_en "The value does not decode in the character set in force."
        explain_zh "该值无法按当前字符集解码。";
    LOOKS_LIKE "looks-like-other-charset" Hint
        en "the bytes can be read as {charset}[ or {others}]; declared is {declared}"
        zh "字节可按 {charset}[ 或 {others}] 解读，而声明的字符集是 {declared}"
        explain_en "Many files declare UNOA or UNOC and hold Chinese text. If the text is right when it is read so, use --charset {charset}; bytes of Big5, EUC-KR and other code pages can often be read so too, and then are nonsense. Said once in an interchange."
        explain_zh "很多文件声明 UNOA 或 UNOC 却含有中文。如按此解读文字正确，可使用 --charset {charset}；Big5、EUC-KR 等编码的字节往往也能这样解读，但结果无意义。每个交换只提示一次。";
    UNKNOWN_ESCAPE "unknown-escape-sequence" Error 21
        en "the escape sequence {value} names no character set that is known"
        zh "转义序列 {value} 指定的字符集未知"
        explain_en "Under UNOX, escape sequences of ISO 2022 switch the character set."
        explain_zh "UNOX 使用 ISO 2022 转义序列切换字符集。";
    FINDINGS_CUT "findings-cut" Hint
        en "{count|more finding|more findings} of {code} not shown"
        zh "另有 {count} 条 {code} 未显示"
        explain_en "Of one code only so many findings are shown for a file (--max-findings); all are counted."
        explain_zh "每个文件同一代码只显示有限条数（--max-findings），但全部计数。";
    // Rules: the wording is the rule's own.
    RULE_BROKEN "rule-broken" Error
        en "{wording}"
        zh "{wording}"
        explain_en "A rule of the specs is broken. `baowen explain` with the id of the rule shows its wording, source and expression; severity is the rule's."
        explain_zh "违反了规范中的一条规则。用 baowen explain 加规则编号可查看其措辞、来源和表达式；级别由规则决定。";
    RULE_TROUBLE "rule-trouble" Warning
        en "rule {rule} cannot be evaluated here: {trouble}"
        zh "规则 {rule} 在此无法求值：{trouble_zh}"
        explain_en "An expression of the rule divides by zero, overflows, or takes more steps or memory than it may. It is counted as not evaluated."
        explain_zh "规则的表达式除以零、溢出，或超出步数、内存上限。计为未评估。";
    RULE_INCOMPLETE "rule-incomplete" Warning
        en "from here on {rule} is not complete: the limit of memory is reached"
        zh "由此开始 {rule} 的检查不完整：已达到内存上限"
        explain_en "Keys that are to be unique, or lists that a rule needs as a whole, take more memory than they may."
        explain_zh "需要唯一的键或规则需要整体保留的列表超出内存上限。";
    COMPARED_HERE "compared-here" Hint
        en "compared with this"
        zh "与此处比对"
        explain_en "The other document of a rule across documents."
        explain_zh "跨单证规则中的另一份单证。";
    // XML 1.0 and Namespaces in XML 1.0.
    XML_NO_ROOT "xml-no-root" Error
        en "the document has no root element"
        zh "文档没有根元素"
        explain_en "An XML document has exactly one root element (XML 1.0, production 1)."
        explain_zh "XML 文档必须恰有一个根元素（XML 1.0 产生式 1）。";
    XML_UNKNOWN_ENCODING "xml-unknown-encoding" Error
        en "the encoding {value} that the document declares is not known"
        zh "文档声明的编码 {value} 未知"
        explain_en "UTF-8, UTF-16, GB18030, GBK and the other encodings of the WHATWG standard are read. Say with --charset what it is."
        explain_zh "支持 UTF-8、UTF-16、GB18030、GBK 及 WHATWG 标准中的其他编码。可用 --charset 指定实际编码。";
    XML_ENCODING_MISMATCH "xml-encoding-mismatch" Error
        en "the document declares the encoding {value}, but its bytes are {found}"
        zh "文档声明编码 {value}，但其字节为 {found}"
        explain_en "The byte order mark or the first bytes tell another encoding than the XML declaration. The document was read by its bytes."
        explain_zh "字节顺序标记或起始字节与 XML 声明的编码不一致，已按实际字节读取。";
    XML_UNDECODABLE "xml-undecodable" Error
        en "the bytes {bytes} are no character in {charset}"
        zh "字节 {bytes} 在 {charset} 中不是字符"
        explain_en "The encoding is declared wrongly, or a character is cut off. Files that declare UTF-8 and hold GBK can be read with --charset gb18030."
        explain_zh "编码声明有误或字符被截断。声明 UTF-8 而实际为 GBK 的文件可用 --charset gb18030 读取。";
    XML_ILLEGAL_CHARACTER "xml-illegal-character" Error
        en "the character {character} cannot stand in XML"
        zh "XML 中不能出现字符 {character}"
        explain_en "Control characters other than tab, line feed and carriage return, U+FFFE and U+FFFF are no characters of XML 1.0 (production 2)."
        explain_zh "除制表符、换行和回车外的控制字符以及 U+FFFE、U+FFFF 不是 XML 1.0 的字符（产生式 2）。";
    XML_DECLARATION "xml-declaration" Error
        en "the XML declaration is wrong, or not at the very beginning"
        zh "XML 声明有误，或不在文档最开头"
        explain_en "Write <?xml version=\"1.0\" encoding=\"UTF-8\"?> as the first bytes: version, encoding, standalone, in this order."
        explain_zh "应以 <?xml version=\"1.0\" encoding=\"UTF-8\"?> 作为最初的字节，依次为 version、encoding、standalone。";
    XML_VERSION "xml-version" Warning
        en "the document says XML version {value}; it is read as 1.0"
        zh "文档声明 XML 版本 {value}，按 1.0 读取"
        explain_en "Version 1.1 is hardly used, and partners may refuse it."
        explain_zh "1.1 版很少使用，其他系统可能拒收。";
    XML_DOCTYPE "xml-doctype" Error
        en "a document type declaration (DTD) is not accepted"
        zh "不接受文档类型声明（DTD）"
        explain_en "A DTD can define entities that fetch files or grow without bound. Messages need none. It was passed over."
        explain_zh "DTD 可以定义读取文件或无限膨胀的实体，报文不需要它。已跳过。";
    XML_NAME "xml-name" Error
        en "{value} is not a name of XML"
        zh "{value} 不是合法的 XML 名称"
        explain_en "A name begins with a letter or underscore, goes on with letters, digits, hyphens, underscores and periods, and has at most one colon, after its prefix."
        explain_zh "名称以字母或下划线开头，其后为字母、数字、连字符、下划线和句点，至多有一个冒号（位于前缀之后）。";
    XML_TAG "xml-tag" Error
        en "the tag is broken: {expected} was expected here"
        zh "标签有误：此处应为 {expected}"
        explain_en "An attribute is written name=\"value\"; a tag ends with > or />."
        explain_zh "属性写作 name=\"value\"；标签以 > 或 /> 结束。";
    XML_SPACE "xml-space-between-attributes" Error
        en "white space is missing before the attribute"
        zh "属性之前缺少空白"
        explain_en "Attributes are separated from each other and from the element name by white space."
        explain_zh "属性之间以及属性与元素名之间须以空白分隔。";
    XML_LESS_THAN "xml-less-than-in-attribute" Error
        en "< cannot stand in an attribute value"
        zh "属性值中不能出现 <"
        explain_en "Write &lt; instead. Perhaps a quotation mark is missing before it."
        explain_zh "应写作 &lt;。也可能前面缺少引号。";
    XML_DUPLICATE_ATTRIBUTE "xml-duplicate-attribute" Error
        en "the attribute {value} stands twice in one tag"
        zh "属性 {value} 在同一标签中出现两次"
        explain_en "Two attributes of an element may not have the same namespace and local name."
        explain_zh "一个元素的两个属性不得具有相同的命名空间和本地名。";
    XML_END_MISMATCH "xml-end-tag-mismatch" Error
        en "the end tag {value} does not fit: {expected} is open"
        zh "结束标签 {value} 不匹配：当前打开的是 {expected}"
        explain_en "Elements are closed in the reverse order of opening."
        explain_zh "元素必须按与打开相反的顺序关闭。";
    XML_UNEXPECTED_END "xml-unexpected-end-tag" Error
        en "the end tag {value} closes nothing"
        zh "结束标签 {value} 没有对应的开始标签"
        explain_en "No element is open here."
        explain_zh "此处没有打开的元素。";
    XML_UNCLOSED "xml-unclosed-element" Error
        en "the document ends while {element} is open"
        zh "文档结束时 {element} 尚未关闭"
        explain_en "The file was probably cut off."
        explain_zh "文件可能被截断。";
    XML_UNTERMINATED "xml-unterminated" Error
        en "the document ends inside markup: {expected} was expected"
        zh "文档在标记内部结束：此处应有 {expected}"
        explain_en "The file was probably cut off, or a quotation mark is missing."
        explain_zh "文件可能被截断，或缺少引号。";
    XML_COMMENT "xml-comment" Error
        en "-- cannot stand inside a comment"
        zh "注释中不能出现 --"
        explain_en "A comment ends with -->; two hyphens may not stand before that."
        explain_zh "注释以 --> 结束，其内部不得有两个连续的连字符。";
    XML_TARGET "xml-instruction-target" Error
        en "{value} cannot be the target of a processing instruction"
        zh "{value} 不能作为处理指令的目标"
        explain_en "The target is a name without colon, and not xml in any case of letters."
        explain_zh "目标为不含冒号的名称，且不得为任何大小写形式的 xml。";
    XML_CDATA_END "xml-cdata-end-in-text" Error
        en "]]> cannot stand in text"
        zh "文本中不能出现 ]]>"
        explain_en "Write ]]&gt; instead."
        explain_zh "应写作 ]]&gt;。";
    XML_OUTSIDE_ROOT "xml-text-outside-root" Error
        en "{value} stands outside the root element"
        zh "{value} 位于根元素之外"
        explain_en "Outside the root element only white space, comments and processing instructions may stand."
        explain_zh "根元素之外只能有空白、注释和处理指令。";
    XML_SECOND_ROOT "xml-second-root" Error
        en "{element} is a second root element"
        zh "{element} 是第二个根元素"
        explain_en "An XML document has exactly one root element. Perhaps several documents were joined."
        explain_zh "XML 文档恰有一个根元素。可能是多个文档被拼接在一起。";
    XML_ENTITY "xml-unknown-entity" Error
        en "the entity {value} is not defined"
        zh "实体 {value} 未定义"
        explain_en "Without a DTD only &lt; &gt; &amp; &apos; and &quot; are defined. A plain & is written &amp;."
        explain_zh "没有 DTD 时只定义了 &lt; &gt; &amp; &apos; &quot;。单独的 & 应写作 &amp;。";
    XML_REFERENCE "xml-reference" Error
        en "{value} begins no reference; & is written &amp;"
        zh "{value} 不是引用的开头；& 应写作 &amp;"
        explain_en "A reference is & and a name or # and a number, then a semicolon."
        explain_zh "引用由 &、名称或 # 加数字，以及分号组成。";
    XML_CHARACTER_REFERENCE "xml-character-reference" Error
        en "{value} refers to a character that cannot stand in XML"
        zh "{value} 引用了 XML 不允许的字符"
        explain_en "Characters that XML does not have cannot be written as references either."
        explain_zh "XML 不允许的字符也不能以引用形式书写。";
    XML_UNDECLARED_PREFIX "xml-undeclared-prefix" Error
        en "the prefix {prefix} of {value} is not declared"
        zh "{value} 的前缀 {prefix} 未声明"
        explain_en "A prefix is bound by an attribute xmlns:prefix on this or an outer element."
        explain_zh "前缀须由本元素或外层元素的 xmlns:前缀 属性绑定。";
    XML_NAMESPACE "xml-namespace-declaration" Error
        en "the prefix {prefix} cannot be bound to {value}"
        zh "前缀 {prefix} 不能绑定到 {value}"
        explain_en "xml and xmlns and their namespaces are reserved; a prefix cannot be bound to nothing."
        explain_zh "xml、xmlns 及其命名空间为保留；前缀不能绑定为空。";
    XML_LIMIT "xml-limit" Error
        en "more than the limit of {limit} ({option})"
        zh "超过限制 {limit}（{option}）"
        explain_en "The limit keeps hostile documents from using up memory: depth is elements within each other, markup the bytes of one tag."
        explain_zh "该限制防止恶意文档耗尽内存：depth 为元素嵌套层数，markup 为单个标签的字节数。";
    XML_UNREAD "xml-unread" Warning
        en "from here on {count|byte was not read|bytes were not read}"
        zh "此处起有 {count} 字节未读取"
        explain_en "After an error of structure the rest of an XML document means nothing certain."
        explain_zh "发生结构性错误后，XML 文档的其余部分已无确定含义。";
    XML_NO_SCHEMA "xml-no-schema" Hint
        en "no schema is known for {element}: only well-formedness was checked"
        zh "没有 {element} 的模式：仅校验了格式良好性"
        explain_en "Name a schema with --schema, or put one into the folder xml of --specs."
        explain_zh "请用 --schema 指定模式，或将其放入 --specs 文件夹的 xml 子目录。";
    XML_UNKNOWN_MESSAGE "xml-unknown-message" Hint
        en "{element} is not a known message: only well-formedness was checked; near: {expected}"
        zh "{element} 不是已知报文：仅校验了格式良好性；相近的有：{expected}"
        explain_en "No message has this root, namespace and head. --as names the message that is meant, --schema a schema."
        explain_zh "没有报文具有该根元素、命名空间和报文头。可用 --as 指定报文，或用 --schema 指定模式。";
    XML_MESSAGE_ROOT "xml-message-root" Error
        en "the root element is {element}; {expected} expected"
        zh "根元素为 {element}；应为 {expected}"
        explain_en "Namespace and content are those of a known message, whose root has a similar name. The rest was checked as that message."
        explain_zh "命名空间和内容属于已知报文，其根元素名称相近。其余内容已按该报文校验。";
    XML_MESSAGE_NAMESPACE "xml-message-namespace" Error
        en "{element} is in namespace \"{namespace}\"; expected: {expected}"
        zh "{element} 的命名空间为“{namespace}”；应为：{expected}"
        explain_en "The message is known by its root element and head, but its namespace is missing or another one. The rest was checked as that message."
        explain_zh "根元素和报文头属于已知报文，但命名空间缺失或不同。其余内容已按该报文校验。";
    // XML Schema 1.0.
    XSD_ROOT "xsd-root" Error
        en "{element} is not a root element of the schema; it declares {expected}"
        zh "{element} 不是该模式声明的根元素；模式声明了 {expected}"
        explain_en "The root element and its namespace must be declared at the top level of the schema (cvc-elt.1). Perhaps the namespace is missing or spelt otherwise."
        explain_zh "根元素及其命名空间必须在模式顶层声明（cvc-elt.1）。可能是命名空间缺失或拼写不同。";
    XSD_UNEXPECTED "xsd-unexpected-element" Error
        en "{element} cannot stand here; expected: {expected}"
        zh "此处不能出现 {element}；应为：{expected}"
        explain_en "The element is unknown here, out of order, or in another namespace (cvc-complex-type.2.4)."
        explain_zh "该元素在此处未知、顺序不对，或命名空间不同（cvc-complex-type.2.4）。";
    XSD_TOO_MANY "xsd-too-many" Error
        en "{element} stands more than {max|time|times} in a row"
        zh "{element} 连续出现超过 {max} 次"
        explain_en "The schema limits how often it may stand (maxOccurs)."
        explain_zh "模式限制了其出现次数（maxOccurs）。";
    XSD_MISSING "xsd-missing-element" Error
        en "{element} ends too early; expected: {expected}"
        zh "{element} 过早结束；应有：{expected}"
        explain_en "Mandatory content is missing (cvc-complex-type.2.4)."
        explain_zh "缺少必需的内容（cvc-complex-type.2.4）。";
    XSD_UNSIGNED "xsd-unsigned" Hint
        en "{element} is complete but for its signature: it is to be signed before it is sent"
        zh "{element} 除签名外内容完整：发送前须签名"
        explain_en "The document is checked as a draft (--unsigned, or a map that leaves the signature to whoever signs). The mandatory signature is made over what is written, by the device of the sender."
        explain_zh "按草稿检查该文件（--unsigned，或映射声明由签名方签名）。必需的签名由发送方的设备对所写内容生成。";
    XSD_UNDECLARED "xsd-undeclared-element" Error
        en "{element} is not declared in the schema"
        zh "{element} 未在模式中声明"
        explain_en "What stands at the place of a strict wildcard must be declared."
        explain_zh "严格通配符位置上的元素必须已声明。";
    XSD_TEXT "xsd-text" Error
        en "{element} holds elements only; {value} cannot stand here"
        zh "{element} 只能包含元素；此处不能出现 {value}"
        explain_en "The type of the element has no text between its children (cvc-complex-type.2.3)."
        explain_zh "该元素的类型不允许子元素之间出现文本（cvc-complex-type.2.3）。";
    XSD_NOT_EMPTY "xsd-not-empty" Error
        en "{element} must be empty"
        zh "{element} 必须为空"
        explain_en "The type of the element allows neither text nor children (cvc-complex-type.2.1)."
        explain_zh "该元素的类型既不允许文本也不允许子元素（cvc-complex-type.2.1）。";
    XSD_CHILD_IN_VALUE "xsd-element-in-value" Error
        en "{parent} holds a value only; {element} cannot stand in it"
        zh "{parent} 只能包含值；其中不能出现 {element}"
        explain_en "The type of the outer element is simple (cvc-complex-type.2.2)."
        explain_zh "外层元素的类型为简单类型（cvc-complex-type.2.2）。";
    XSD_ATTRIBUTE "xsd-attribute" Error
        en "the attribute {attribute} is not allowed on {element}"
        zh "{element} 不允许有属性 {attribute}"
        explain_en "The type of the element does not have it (cvc-complex-type.3.2)."
        explain_zh "该元素的类型没有此属性（cvc-complex-type.3.2）。";
    XSD_MISSING_ATTRIBUTE "xsd-missing-attribute" Error
        en "{element} lacks the attribute {attribute}"
        zh "{element} 缺少属性 {attribute}"
        explain_en "The attribute is required (cvc-complex-type.4)."
        explain_zh "该属性为必填（cvc-complex-type.4）。";
    XSD_UNDECLARED_ATTRIBUTE "xsd-undeclared-attribute" Error
        en "the attribute {attribute} is not declared in the schema"
        zh "属性 {attribute} 未在模式中声明"
        explain_en "What stands at the place of a strict attribute wildcard must be declared."
        explain_zh "严格属性通配符位置上的属性必须已声明。";
    XSD_FIXED "xsd-fixed" Error
        en "{value} of {name} must be {expected}"
        zh "{name} 的值 {value} 必须为 {expected}"
        explain_en "The schema fixes the value (cvc-elt.5.2.2, cvc-au)."
        explain_zh "模式规定了固定值（cvc-elt.5.2.2、cvc-au）。";
    XSD_VALUE "xsd-value" Error
        en "{value} of {name} is not a valid {type}"
        zh "{name} 的值 {value} 不是有效的 {type}"
        explain_en "The value does not have the form of its type (cvc-datatype-valid.1)."
        explain_zh "该值不符合其类型的形式（cvc-datatype-valid.1）。";
    XSD_UNION "xsd-union" Error
        en "{value} of {name} fits none of the types {type}"
        zh "{name} 的值 {value} 不符合 {type} 中的任何类型"
        explain_en "The value must be valid for one of the member types of a union."
        explain_zh "该值必须符合联合类型的某个成员类型。";
    XSD_LENGTH "xsd-length" Error
        en "{value} of {name} has length {length}, expected {expected}"
        zh "{name} 的值 {value} 长度为 {length}，应为 {expected}"
        explain_en "Text is counted in characters, binary values in bytes, lists in items (cvc-length-valid)."
        explain_zh "文本按字符、二进制值按字节、列表按项计数（cvc-length-valid）。";
    XSD_MIN_LENGTH "xsd-min-length" Error
        en "{value} of {name} has length {length}, at least {expected} is needed"
        zh "{name} 的值 {value} 长度为 {length}，至少应为 {expected}"
        explain_en "Text is counted in characters, binary values in bytes, lists in items (cvc-minLength-valid)."
        explain_zh "文本按字符、二进制值按字节、列表按项计数（cvc-minLength-valid）。";
    XSD_MAX_LENGTH "xsd-max-length" Error
        en "{value} of {name} has length {length}, at most {expected} is allowed"
        zh "{name} 的值 {value} 长度为 {length}，至多为 {expected}"
        explain_en "Text is counted in characters, binary values in bytes, lists in items (cvc-maxLength-valid)."
        explain_zh "文本按字符、二进制值按字节、列表按项计数（cvc-maxLength-valid）。";
    XSD_PATTERN "xsd-pattern" Error
        en "{value} of {name} does not match the pattern {expected}"
        zh "{name} 的值 {value} 不匹配模式 {expected}"
        explain_en "The pattern is a regular expression of XML Schema: it must match all of the value (cvc-pattern-valid)."
        explain_zh "该模式为 XML Schema 正则表达式，须匹配整个值（cvc-pattern-valid）。";
    XSD_ENUMERATION "xsd-enumeration" Error
        en "{value} of {name} is none of: {expected}"
        zh "{name} 的值 {value} 不在允许值之内：{expected}"
        explain_en "The schema lists the values allowed (cvc-enumeration-valid)."
        explain_zh "模式列出了允许的值（cvc-enumeration-valid）。";
    XSD_MINIMUM "xsd-minimum" Error
        en "{value} of {name} is too small: it must be {expected}"
        zh "{name} 的值 {value} 过小：必须 {expected}"
        explain_en "The schema bounds the value from below (cvc-minInclusive-valid, cvc-minExclusive-valid)."
        explain_zh "模式规定了该值的下限（cvc-minInclusive-valid、cvc-minExclusive-valid）。";
    XSD_MAXIMUM "xsd-maximum" Error
        en "{value} of {name} is too great: it must be {expected}"
        zh "{name} 的值 {value} 过大：必须 {expected}"
        explain_en "The schema bounds the value from above (cvc-maxInclusive-valid, cvc-maxExclusive-valid)."
        explain_zh "模式规定了该值的上限（cvc-maxInclusive-valid、cvc-maxExclusive-valid）。";
    XSD_TOTAL_DIGITS "xsd-total-digits" Error
        en "{value} of {name} has {length|digit|digits}, at most {expected} are allowed"
        zh "{name} 的值 {value} 有 {length} 位数字，至多 {expected} 位"
        explain_en "Leading zeros, and zeros at the end of the decimals, are not counted (cvc-totalDigits-valid)."
        explain_zh "前导零和小数末尾的零不计（cvc-totalDigits-valid）。";
    XSD_FRACTION_DIGITS "xsd-fraction-digits" Error
        en "{value} of {name} has {length|decimal|decimals}, at most {expected} are allowed"
        zh "{name} 的值 {value} 有 {length} 位小数，至多 {expected} 位"
        explain_en "Zeros at the end are not counted (cvc-fractionDigits-valid)."
        explain_zh "末尾的零不计（cvc-fractionDigits-valid）。";
    XSD_ABSTRACT "xsd-abstract" Error
        en "{element} is abstract: something that stands for it is needed"
        zh "{element} 为抽象：须使用其替代者"
        explain_en "An abstract element is replaced by one of its substitution group, an abstract type by xsi:type (cvc-elt.2, cvc-type.2)."
        explain_zh "抽象元素须由其替换组成员替代，抽象类型须由 xsi:type 指定（cvc-elt.2、cvc-type.2）。";
    XSD_SUBSTITUTION "xsd-substitution" Error
        en "{element} cannot stand for {expected} here"
        zh "此处 {element} 不能替代 {expected}"
        explain_en "The schema blocks this substitution (block, cos-equiv-derived-ok)."
        explain_zh "模式禁止此替换（block，cos-equiv-derived-ok）。";
    XSD_NIL "xsd-nil" Error
        en "{element} cannot be nil"
        zh "{element} 不能为 nil"
        explain_en "xsi:nil is allowed only where the schema says nillable, and not together with a fixed value (cvc-elt.3)."
        explain_zh "仅在模式声明 nillable 时允许 xsi:nil，且不得与固定值同用（cvc-elt.3）。";
    XSD_NIL_CONTENT "xsd-nil-content" Error
        en "{element} is nil, so it must be empty"
        zh "{element} 为 nil，必须为空"
        explain_en "An element with xsi:nil=\"true\" has neither text nor children (cvc-elt.3.2.1)."
        explain_zh "带有 xsi:nil=\"true\" 的元素不得有文本或子元素（cvc-elt.3.2.1）。";
    XSD_TYPE_UNKNOWN "xsd-type-unknown" Error
        en "the type {value} that xsi:type names is not in the schema"
        zh "xsi:type 指定的类型 {value} 不在模式中"
        explain_en "The value is a name with the prefix of its namespace (cvc-elt.4.2)."
        explain_zh "该值为带有命名空间前缀的名称（cvc-elt.4.2）。";
    XSD_TYPE_DERIVED "xsd-type-derived" Error
        en "the type {value} cannot stand for {expected}"
        zh "类型 {value} 不能替代 {expected}"
        explain_en "The type that xsi:type names must be derived from the declared one, and not be blocked (cvc-elt.4.3)."
        explain_zh "xsi:type 指定的类型须由声明的类型派生，且未被禁止（cvc-elt.4.3）。";
    XSD_ID "xsd-duplicate-id" Error
        en "the identifier {value} is used twice"
        zh "标识 {value} 使用了两次"
        explain_en "Values of type ID are unique in a document (cvc-id.2)."
        explain_zh "ID 类型的值在文档内必须唯一（cvc-id.2）。";
    XSD_IDREF "xsd-unknown-idref" Error
        en "nothing has the identifier {value}"
        zh "没有标识为 {value} 的元素"
        explain_en "A value of type IDREF names an ID of the document (cvc-id.1)."
        explain_zh "IDREF 类型的值须指向文档内的某个 ID（cvc-id.1）。";
    XSD_DUPLICATE_KEY "xsd-duplicate-key" Error
        en "{value} occurs twice for {constraint}"
        zh "{constraint} 的值 {value} 重复"
        explain_en "The schema asks for values that differ (cvc-identity-constraint.4.1, 4.2.2)."
        explain_zh "模式要求该值互不相同（cvc-identity-constraint.4.1、4.2.2）。";
    XSD_KEY_FIELD "xsd-key-field" Error
        en "a field of the key {constraint} is missing"
        zh "键 {constraint} 缺少字段"
        explain_en "Every field of a key must be present and not nil (cvc-identity-constraint.4.2.1)."
        explain_zh "键的每个字段都必须存在且不为 nil（cvc-identity-constraint.4.2.1）。";
    XSD_FIELD_COUNT "xsd-field-count" Error
        en "a field of {constraint} stands for more than one value"
        zh "{constraint} 的字段对应多个值"
        explain_en "A field selects at most one element or attribute with a simple type (cvc-identity-constraint.3)."
        explain_zh "字段至多选取一个具有简单类型的元素或属性（cvc-identity-constraint.3）。";
    XSD_KEYREF "xsd-keyref" Error
        en "{value} of {constraint} is not a value of {expected}"
        zh "{constraint} 的值 {value} 不是 {expected} 的值"
        explain_en "The schema asks that what is referred to exists (cvc-identity-constraint.4.3)."
        explain_zh "模式要求被引用的值存在（cvc-identity-constraint.4.3）。";
    XSD_IDENTITY_LIMIT "xsd-identity-limit" Warning
        en "from here on identity constraints are not checked: their values need more than {limit|byte|bytes}"
        zh "此处起不再校验唯一性约束：其取值所需内存超过 {limit} 字节"
        explain_en "Values are kept to compare them, under a limit."
        explain_zh "为比较取值须保留数据，并设有上限。";

    // Flat files (平台文件).

    UNKNOWN_LAYOUT "unknown-layout" Error 12
        en "no layout is known for the flat file {message}; its records were not checked"
        zh "没有平台文件 {message} 的格式定义；未检查其记录"
        explain_en "The header names a message for which the specs hold no layout. Add one with --specs, in a folder `flat`."
        explain_zh "头记录所示报文没有格式定义。可将其写入 flat 文件夹，并用 --specs 添加。";
    PARTIAL_LAYOUT "partial-layout" Hint
        en "the layout of {message} is known in part only: {what} was not checked"
        zh "{message} 的格式仅部分已知：未检查{what_zh}"
        explain_en "What is published of this layout does not cover all records and fields. Said once in a message, at the first that is not covered."
        explain_zh "该格式已公开的部分未覆盖全部记录和字段。每个报文只在首次遇到时提示一次。";
    EMPTY_RECORD "empty-record" Warning
        en "a record terminator with no record before it"
        zh "记录结束符之前没有记录"
        explain_en "Two terminators follow each other. Remove one of them, or put the release character before it where it is part of a value."
        explain_zh "两个记录结束符相连。应删除其中一个；若属于值的一部分，应在其前加转义符。";
    UNTERMINATED_RECORD "unterminated-record" Error
        en "record {record} is not ended: the terminator {terminator} is missing"
        zh "记录 {record} 未结束：缺少记录结束符 {terminator}"
        explain_en "The next line begins another record, or the input ends. What stands there was read as far as it goes."
        explain_zh "下一行开始了另一条记录，或输入到此为止。已按现有内容读取。";
    RECORD_TOO_LONG "record-too-long" Error
        en "a record is longer than {limit|byte|bytes}; it was passed over"
        zh "记录长度超过 {limit} 字节，已跳过"
        explain_en "A record is read up to a limit (an option), so that a file without terminators cannot fill the memory."
        explain_zh "记录的长度有上限（可设置），以免没有结束符的文件耗尽内存。";
    LINE_BREAK_IN_RECORD "line-break-in-record" Hint
        en "line breaks stand inside records; they were passed over"
        zh "记录内有换行，已忽略"
        explain_en "Line breaks between records mean nothing; inside a value they were removed from it. Said once in a message."
        explain_zh "记录之间的换行没有含义；值内的换行已从值中去除。每个报文只提示一次。";
    MISSING_RECORD "missing-record" Error 13
        en "the mandatory record {record} is missing"
        zh "缺少必备记录 {record}"
        explain_en "The layout requires the record at this place. The path says where it belongs."
        explain_zh "格式要求此处有该记录。路径指明其位置。";
    TOO_MANY_RECORDS "too-many-records" Error 35
        en "record {record} may stand here at most {max|time|times}"
        zh "记录 {record} 在此最多出现 {max} 次"
        explain_en "One more stands here. Said once for a run of them."
        explain_zh "此处多出。同一连续序列只报告一次。";
    RECORD_OUT_OF_ORDER "record-out-of-order" Error 15
        en "record {record} stands too late: its place was before"
        zh "记录 {record} 出现过晚：其位置应在前面"
        explain_en "Records stand in the order of the layout."
        explain_zh "各记录必须按格式定义的顺序出现。";
    UNEXPECTED_RECORD "unexpected-record" Error 15
        en "record {record} cannot stand here"
        zh "记录 {record} 不能出现在此处"
        explain_en "The layout has this record elsewhere, but not at this place."
        explain_zh "格式在其他位置有该记录，但此处不允许。";
    UNKNOWN_RECORD "unknown-record" Error 15
        en "the layout of {message} has no record {record}"
        zh "{message} 的格式中没有记录 {record}"
        explain_en "What stands before the first separator is no id of a record. Where a value holds the terminator, the release character must stand before it."
        explain_zh "第一个分隔符之前的内容不是记录标识。若值中含有结束符，应在其前加转义符。";
    RECORD_INSTEAD_OF "record-instead-of" Error 15
        en "record {record} stands where {expected} was expected"
        zh "此处应为记录 {expected}，实际为 {record}"
        explain_en "The record stands in the place of another, and what follows fits that other one. Perhaps its id was mistyped."
        explain_zh "该记录占据了另一记录的位置，且后续内容与之相符。可能是记录标识写错。";
    MISSING_FIELD "missing-field" Error 13
        en "the mandatory field {field} is missing"
        zh "缺少必备字段 {field}"
        explain_en "The record requires the field. A field of blanks only is empty."
        explain_zh "该记录要求有此字段。只含空格的字段视为空。";
    EXCESS_FIELD "excess-field" Error 16
        en "{value} stands beyond the last field: record {record} has {expected}"
        zh "{value} 超出最后一个字段：记录 {record} 只有 {expected} 个"
        explain_en "The layout defines fewer fields for this record. Empty ones behind the last do no harm."
        explain_zh "格式为该记录定义的字段较少。最后一个字段之后的空字段不影响。";
    FIELD_TOO_LONG "field-too-long" Error 39
        en "{value} takes {length} {unit}; {field} is {format}"
        zh "{value} 占 {length} 个{unit_zh}；{field} 为 {format}"
        explain_en "X(n) holds at most n bytes as GBK writes them: one for a character of ASCII, two for a Chinese one, whatever the character set of the file. A layout may count characters instead."
        explain_zh "X(n) 最多容纳 n 个字节，按 GBK 计：ASCII 字符一个，汉字两个，与文件字符集无关。格式也可以规定按字符计。";
    FIELD_FORMAT "field-format" Error 37
        en "{value} is not written as {format}, the format of {field}"
        zh "{value} 不符合 {field} 的格式 {format}"
        explain_en "9(n) is at most n digits, 9(n).9(m) at most n before the point and m behind it; no sign, blank or thousands separator."
        explain_zh "9(n) 最多 n 位数字；9(n).9(m) 整数最多 n 位，小数最多 m 位；不得有正负号、空格或千位分隔符。";
    FIELD_DATE "field-date" Error 37
        en "{value} is not a date or time that exists of the form {format} ({field})"
        zh "{value} 不是格式为 {format} 的有效日期或时间（{field}）"
        explain_en "CC is the century, YY the year, MM the month, DD the day, hh, mm and ss the time. The day and the time must exist."
        explain_zh "CC 为世纪，YY 为年，MM 为月，DD 为日，hh、mm、ss 为时间。日期和时间必须存在。";

    // Entry documents and what becomes of them.

    ENTRY_OTHER "entry-other" Error
        en "{value} is not the entry document of {system}: that is {expected}"
        zh "{value} 不是 {system} 的录入单证：应为 {expected}"
        explain_en "An entry is an object of JSON with one member, which is named as the entry document of the service. `baowen declare SYSTEM` says what that is, `baowen show` what it holds."
        explain_zh "录入单证为 JSON 对象，唯一的成员以该服务的录入单证命名。baowen declare 服务名 可查看其名称，baowen show 可查看其内容。";
    ENTRY_UNUSED "entry-unused" Hint
        en "no message carries {path}"
        zh "没有报文使用 {path}"
        explain_en "Of the messages that are due for this entry none takes that field. It may be one of another kind of declaration, or filled in the wrong place."
        explain_zh "本次应发的报文都不使用该字段。它可能属于另一种申报，或填错了位置。";
    ENTRY_MESSAGE "entry-message" Hint
        en "so it is written in"
        zh "写入的位置："
        explain_en "Where in the message that was made of an entry the value stands."
        explain_zh "该值在由录入单证生成的报文中的位置。";

    // Conversion.

    MAP_OTHER_MESSAGE "map-other-message" Error
        en "{found} is not what map {map} reads: {expected}"
        zh "{found} 不是映射 {map} 所读的报文：{expected}"
        explain_en "A map reads one message. Others in the same input are passed over; they need a map of their own."
        explain_zh "一个映射只读一种报文。同一输入中的其他报文已跳过，需使用各自的映射。";
    MAP_NOT_CARRIED "map-not-carried" Warning
        en "{path} is not carried by map {map}: {count} in all, the first is {value}"
        zh "映射 {map} 未转换 {path}（{count} 处），首处为 {value}"
        explain_en "No row of the map read these values, or the selectors of its rows chose others. They are not in what was written. A map may declare a path as uncarried, with the reason."
        explain_zh "映射的任何一行都未读取这些数据，或行上的选择条件选中了别处。输出中没有它们。映射可用 uncarried 声明某路径不转换并说明原因。";
    MAP_LEFT_OUT "map-left-out" Hint
        en "map {map} leaves out {path}, {count} in all: {reason}"
        zh "映射 {map} 有意不转换 {path}（{count} 处）：{reason_zh}"
        explain_en "The map declares that it does not carry these values, and says why. What is left out for one reason is told once; `baowen map explain` lists all of it."
        explain_zh "映射已声明不转换这些数据，并说明了原因。同一原因只报告一次，完整清单见 baowen map explain。";
    MAP_NO_CODE "map-no-code" Error
        en "{value} has no counterpart in {table}, so {target} is left out"
        zh "{value} 在 {table} 中没有对应代码，{target} 未写出"
        explain_en "A crosswalk or the codes of a row do not have this value. `on-missing keep` writes it as it is, `default` writes another."
        explain_zh "对照表或该行的 codes 中没有此值。on-missing keep 可原样写出，default 可写出其他值。";
    MAP_CODE_KEPT "map-code-kept" Warning
        en "{value} has no counterpart in {table}; {target} has it as it is"
        zh "{value} 在 {table} 中没有对应代码，{target} 原样写出"
        explain_en "The map says on-missing keep: a code without a counterpart is written unchanged."
        explain_zh "映射规定 on-missing keep：没有对应的代码原样写出。";
    MAP_DATE "map-date" Error
        en "{value} is no date of pattern {pattern}, so {target} is left out"
        zh "{value} 不是 {pattern} 格式的日期，{target} 未写出"
        explain_en "The value does not fit the pattern, or the date is not in the calendar."
        explain_zh "该值与格式不符，或日历上没有这一天。";
    MAP_NUMBER "map-number" Error
        en "{value} is no number that {target} can hold"
        zh "{value} 不是 {target} 可容纳的数字"
        explain_en "A step or the target needs a number: digits, a sign, a decimal point."
        explain_zh "转换步骤或目标要求数字：数位、正负号、小数点。";
    MAP_OUT_OF_RANGE "map-out-of-range" Error
        en "{value} has more digits than {target} allows: {max}, {decimals} of them behind the point"
        zh "{value} 超出 {target} 的位数：共 {max} 位，小数 {decimals} 位"
        explain_en "It is written as it is, and the receiver will refuse it. `decimals N` rounds, `times F` changes the unit."
        explain_zh "已原样写出，接收方会拒收。decimals N 可舍入，times F 可换算单位。";
    MAP_ROUNDED "map-rounded" Warning
        en "{value} is rounded to {places} decimals for {target}"
        zh "{value} 按 {places} 位小数舍入后写入 {target}"
        explain_en "The map's step decimals keeps only so many places; a half is rounded away from zero."
        explain_zh "映射的 decimals 步骤只保留这些小数位，四舍五入。";
    MAP_TOO_LONG "map-too-long" Error
        en "{value} has {length|character|characters}; {target} has room for {max}"
        zh "{value} 长 {length}，{target} 只容 {max}"
        explain_en "The value is longer than the target allows. The map says by on-long whether it is written, cut or left out."
        explain_zh "数据超过目标允许的长度。映射的 on-long 规定原样写出、截断或舍去。";
    MAP_CUT "map-cut" Warning
        en "{value} has {length|character|characters} and is cut for {target}, which has room for {max}"
        zh "{value} 长 {length}，{target} 只容 {max}，已截断"
        explain_en "The map says that a longer text is cut: what is behind is not in what was written."
        explain_zh "映射规定过长的文本要截断：其后的内容不在输出中。";
    MAP_SEPARATOR "map-separator" Warning
        en "{value} holds {separator}, which joins values in {target}: they come apart elsewhere on the way back"
        zh "{value} 含有用于连接 {target} 的 {separator}：逆向时会在别处拆开"
        explain_en "Several values are joined by a sign that one of them holds itself."
        explain_zh "多个值以某符号连接，而其中一个值本身含有该符号。";
    MAP_CHARACTER "map-character" Error
        en "{value} holds characters that {charset} lacks, for {target}"
        zh "{value} 含有 {charset} 没有的字符，目标为 {target}"
        explain_en "The character set of the target cannot write this text, as UNOA no small letters and no Chinese. on-charset says what is done: keep, transliterate or drop."
        explain_zh "目标字符集无法书写该文本，例如 UNOA 没有小写字母和汉字。on-charset 规定处理方式：keep、transliterate 或 drop。";
    MAP_TRANSLITERATED "map-transliterated" Warning
        en "{value} is written in other characters for {target}: {charset} lacks some"
        zh "{value} 已换用其他字符写入 {target}：{charset} 缺少部分字符"
        explain_en "Characters that the set lacks are written by others that look alike, those that are like none by a full stop."
        explain_zh "字符集中没有的字符以相近的字符代替，没有相近者写为句点。";
    MAP_TOO_MANY "map-too-many" Error
        en "{target} may stand {max|time|times}; map {map} writes more"
        zh "{target} 最多出现 {max} 次，映射 {map} 写出了更多"
        explain_en "The source has more groups than the target allows. All are written, and the receiver will refuse them: split the message before it is translated."
        explain_zh "源报文的组多于目标所允许。已全部写出，但接收方会拒收：请在转换前拆分报文。";
    MAP_TWICE "map-twice" Warning
        en "{target} already holds {held}; {value} is not written there too"
        zh "{target} 已有 {held}，{value} 未再写入"
        explain_en "Two rows write the same place, or groups that were put together by a key differ in it. The first stays; `add` below a row writes the sum of numbers."
        explain_zh "两行写入同一位置，或按键归并的组在此处不一致。保留先写入的；行下的 add 可将数字相加。";
    MAP_NO_KEY "map-no-key" Warning
        en "the group has no key, so map {map} leaves it out"
        zh "该组没有键值，映射 {map} 未转换该组"
        explain_en "A loop with `by` puts groups together that have the same key; this one has none."
        explain_zh "带 by 的循环将键相同的组归并，而该组没有键值。";
    MAP_EXPRESSION "map-expression" Error
        en "the expression {expression} has no value here: {trouble}"
        zh "表达式 {expression} 在此处没有值：{trouble_zh}"
        explain_en "What the map computes cannot be computed from these data. Nothing is written for the row."
        explain_zh "映射的计算式无法用这些数据求值。该行未写出任何内容。";
    MAP_SIGNATURE "map-signature" Warning
        en "the message is signed; the signature does not hold for what was written"
        zh "报文带有签名；签名对转换结果不再有效"
        explain_en "A signature is over the bytes of the source. What is written has others and must be signed anew."
        explain_zh "签名针对源报文的字节。转换结果的字节不同，须重新签名。";
    MAP_UNSIGNED "map-unsigned" Hint
        en "map {map} leaves the signature out: {reason}"
        zh "映射 {map} 不写签名：{reason_zh}"
        explain_en "What is written is a draft. The target wants a signature, which whoever sends the message makes over it."
        explain_zh "所写内容为草稿。目标报文须带签名，由发送方对其生成。";
    MAP_MEMORY "map-memory" Error
        en "the message takes more than {limit|byte|bytes} of memory; from here on it is not translated"
        zh "报文占用内存超过{limit}字节，自此处起未转换"
        explain_en "A map that has to hold a message as a whole may take four times the bytes of the message, and 64 MiB for a short one (`--memory` sets how many times). `baowen map explain` says why it does not stream. Of a message that was held nothing is written; of one that streams, what was written before is closed."
        explain_zh "须整报文处理的映射，内存限额为报文字节数的四倍，短报文至少64 MiB（倍数由 --memory 设定）。baowen map explain 会说明为何不能流式处理。整报文处理的不写出任何内容；流式处理的，此前已写出的部分予以收尾。";
    JSON_SYNTAX "json-syntax" Error
        en "this is not JSON: {expected} was expected"
        zh "不是 JSON：此处应为{expected_zh}"
        explain_en "JSON is written as RFC 8259 has it. What stands before this was converted; reading goes on at the next line."
        explain_zh "JSON 须符合 RFC 8259。此前的内容已转换；从下一行继续读取。";
    MAP_OTHER_RELEASE "map-other-release" Warning
        en "the message is {message}, but {expected} is expected: what differs between the two may be missing"
        zh "报文为 {message}，而此处应为 {expected}：两者的差异之处可能缺失"
        explain_en "A map is written for one directory. Between directories segments move to other groups, and elements get other names. `baowen translate --as {expected}` reads the message by the directory of the map; or a layer has a map for this one."
        explain_zh "映射针对一版目录编写。不同目录间，段会移入别的组，数据元名称也会变化。可用 baowen translate --as {expected} 按映射的目录读取该报文，或在自己的层中为此目录另写映射。";
    CONVERT_SIGNATURE "convert-signature" Warning
        en "the message is signed; the signature does not hold for what is written anew"
        zh "报文已签名；重新写出后签名不再有效"
        explain_en "A signature (ds:Signature of XML, USH to UST of UN/EDIFACT) is made over what was read as it stood. What is laid out anew or written in another syntax must be signed anew."
        explain_zh "签名（XML 的 ds:Signature、UN/EDIFACT 的 USH 至 UST）针对所读内容的原样。重新排版或以其他语法写出后须重新签名。";
    CONVERT_UNPLACED "convert-unplaced" Warning
        en "segment {segment} has no place in {message}; it is written by its tag and numbers"
        zh "段 {segment} 在 {message} 中没有位置；按段标记和序号写出"
        explain_en "Only what stands in its place has names. Nothing is lost: the way back gives the same segment. `baowen check` says what is wrong."
        explain_zh "只有位置正确的段才有名称。内容没有丢失：反向转换可得到同一段。可用 baowen check 查看原因。";
    CONVERT_UNKNOWN_MESSAGE "convert-unknown-message" Warning
        en "no definition is known of the message {message}; its segments are written by tag and numbers"
        zh "没有报文 {message} 的定义；其段按段标记和序号写出"
        explain_en "Names come from the directory that the header names. Add one with --specs, or say which message it is with --as."
        explain_zh "名称取自头段所示的目录。可用 --specs 添加目录，或用 --as 指定报文。";
    CONVERT_BEYOND "convert-beyond-spec" Warning
        en "element {position} of segment {segment} is not as its definition says; it is written by its number"
        zh "段 {segment} 的第 {position} 个数据元与定义不符；按序号写出"
        explain_en "There are more elements or components than the definition has, or components where it has a simple element. Nothing is lost."
        explain_zh "数据元或成分多于定义，或在简单数据元处出现成分。内容没有丢失。";
    CONVERT_BYTES "convert-bytes" Warning
        en "{value} cannot be written as text; it is written in hexadecimal"
        zh "{value} 无法写成文本；以十六进制写出"
        explain_en "The bytes do not decode in the character set of the interchange, or hold control characters that XML does not have. The way back gives the same bytes."
        explain_zh "字节不符合交换的字符集，或含有 XML 不允许的控制字符。反向转换可得到相同字节。";
    CONVERT_NAME "convert-unknown-name" Error
        en "{value} has no place in segment {segment} as its definition says"
        zh "{value} 在段 {segment} 的定义中没有位置"
        explain_en "The name is not that of an element of the segment, stands behind elements it comes before, or occurs too often. A value is written behind the one before it. `-` is what stands outside segments."
        explain_zh "该名称不是此段的数据元，或顺序有误，或出现次数过多。其值写在前一值之后。“-”表示不在段内。";
    CONVERT_SHAPE "convert-shape" Error
        en "{value} cannot be converted: it is not of the form that is documented"
        zh "{value} 无法转换：不符合规定的形式"
        explain_en "The tree is read as the library's page on conversion describes it: names, attributes, where text stands. This was passed over."
        explain_zh "树的形式见转换文档：名称、属性及文本的位置。此处已跳过。";
    CONVERT_CHARACTER "convert-character" Error
        en "the character set {charset} does not have all characters of {value}; it is written in UTF-8"
        zh "字符集 {charset} 不含 {value} 的全部字符；以 UTF-8 写出"
        explain_en "Choose a syntax identifier, or --charset, that has the characters."
        explain_zh "请选用含有这些字符的语法标识，或用 --charset 指定字符集。";
    CONVERT_LINE_BREAK "convert-line-break" Error
        en "line breaks in {value} mean nothing in UN/EDIFACT: a reader will leave them out"
        zh "{value} 中的换行在 UN/EDIFACT 中没有含义：读取时会被忽略"
        explain_en "Put the lines into components or repetitions of their own, as FTX has them."
        explain_zh "请将各行放入各自的成分或重复项中，如 FTX 段。";
    CONVERT_SEPARATOR "convert-separator" Error
        en "{value} cannot be written so that it is read again: it holds a separator or a line break, and nothing releases it"
        zh "{value} 写出后无法还原：其中含有分隔符或换行，且没有转义符"
        explain_en "The service characters in force name no release character, or the syntax has none for line breaks. Choose other separators."
        explain_zh "现行服务字符中没有转义符，或该语法无法转义换行。请改用其他分隔符。";

    // Acknowledgements.

    ACK_REJECTED "ack-rejected" Error
        en "{level} {name} was rejected"
        zh "{level_zh} {name} 被拒绝"
        explain_en "The receiver's acknowledgement refuses it. Further findings say where and why, as far as it tells; correct it and send it again."
        explain_zh "接收方的回执拒绝了它。其余问题在回执所示范围内说明位置和原因；请更正后重新发送。";
    ACK_ERROR "ack-error" Error
        en "{level} {name}: the receiver reports error {code}, {meaning}"
        zh "{level_zh} {name}：接收方报告错误 {code}，{meaning_zh}"
        explain_en "The code is that of the acknowledgement: data element 0085 in CONTRL, 9321 in APERAK. Of CONTRL only code and position come back, not the value nor our own wording."
        explain_zh "该代码取自回执：CONTRL 为数据元 0085，APERAK 为 9321。CONTRL 只能还原代码和位置，不含取值和原有说明。";
    ACK_ACCEPTED "ack-accepted" Hint
        en "{level} {name}: {meaning}"
        zh "{level_zh} {name}：{meaning_zh}"
        explain_en "The receiver takes it in. What an acknowledgement does not name is acknowledged with the level above it."
        explain_zh "接收方已接受。回执未提及的内容随其上一级一并确认。";
    ACK_PROGRESS "ack-progress" Hint
        en "{level} {name} is under way: {meaning}"
        zh "{level_zh} {name} 处理中：{meaning_zh}"
        explain_en "The receipt is not the last one: another will say how it ends."
        explain_zh "此回执并非最终结果，之后还会有回执。";
    ACK_STATUS "ack-unknown-status" Warning
        en "{level} {name}: the status {value} is not known"
        zh "{level_zh} {name}：未知状态 {value}"
        explain_en "Neither accepted nor rejected can be told from it. Add it to the receipt in a folder `receipts` of your own."
        explain_zh "无法据此判断接受或拒绝。可在自己的 receipts 文件夹中补充该状态。";
    ACK_NOT_FOUND "ack-not-in-original" Warning
        en "the original holds no {level} {name}"
        zh "原文中没有{level_zh} {name}"
        explain_en "The acknowledgement names something that the given original does not have: perhaps it answers another file."
        explain_zh "回执所指内容在所给原文中不存在：可能是另一文件的回执。";
    ACK_UNREAD "ack-unread" Error
        en "this is no acknowledgement that is known"
        zh "不是已知的回执"
        explain_en "CONTRL, APERAK and the receipts of `specs/receipts` are read."
        explain_zh "可读取 CONTRL、APERAK 以及 specs/receipts 中的回执。";
    ACK_HERE "ack-here" Hint
        en "the acknowledgement says so here"
        zh "回执在此处说明"
        explain_en "Said only beside a finding that was located in the original."
        explain_zh "仅作为定位到原文的问题的相关位置出现。";
    ACK_LEFT_OUT "ack-left-out" Warning
        en "{count} of {name} were left out of the receipt, which has room for {max}"
        zh "回执只能容纳 {max} 个 {name}，略去 {count} 个"
        explain_en "Send smaller messages, or acknowledge the rest apart."
        explain_zh "请发送较小的报文，或另行回执其余部分。";
    ACK_REWORDED "ack-reworded" Warning
        en "the character set {charset} does not have the characters of {value}; it is told in English, other characters as a full stop"
        zh "字符集 {charset} 不含 {value} 的字符；改用英文说明，其余字符以句点代替"
        explain_en "Ask for UNOY (UTF-8) where the receiver can read it."
        explain_zh "若接收方支持，可改用 UNOY（UTF-8）。";
}
