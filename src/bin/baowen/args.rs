//! The command line and its help, in both languages.

use baowen::finding::Lang;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, value_parser};

use crate::lang::pick;
use crate::show_form::Form;

/// The whole command.
pub(crate) fn command(lang: Lang) -> Command {
    let t = |en, zh| pick(lang, en, zh);
    let specs = || {
        Arg::new("specs")
            .long("specs")
            .value_name("DIR")
            .action(ArgAction::Append)
            .value_parser(value_parser!(std::path::PathBuf))
            .help(t(
                "A folder of your own specs, layered over those that ship; may be repeated",
                "自有规范的文件夹，叠加在内置规范之上；可重复",
            ))
    };
    let message = || {
        Arg::new("as")
            .long("as")
            .value_name("MESSAGE@RELEASE")
            .help(t(
                "Take every message for this one, as CUSCAR@D95B or CEB621@2018-113, whatever its header says",
                "不论报文头如何声明，一律按该报文处理，如 CUSCAR@D95B、CEB621@2018-113",
            ))
    };
    let schema = || {
        Arg::new("schema")
            .long("schema")
            .value_name("XSD")
            .action(ArgAction::Append)
            .value_parser(value_parser!(std::path::PathBuf))
            .help(t(
                "Check XML documents against this XML Schema; several files make one schema",
                "按此 XML Schema 校验 XML 文档；多个文件组成一个模式",
            ))
    };
    let disable = || {
        Arg::new("disable")
            .long("disable")
            .value_name("RULE")
            .action(ArgAction::Append)
            .help(t(
                "Do not apply this rule; may be repeated",
                "不执行该规则；可重复",
            ))
    };
    let on = || {
        Arg::new("on")
            .long("on")
            .value_name("DATE")
            .value_parser(|text: &str| {
                let day = text.parse::<chrono::NaiveDate>();
                day.map(|day| day.to_string())
                    .map_err(|error| error.to_string())
            })
            .help(t(
                "The day for which rules are chosen, as 2026-11-25; default today (UTC)",
                "按该日期选用规则，如 2026-11-25；默认今天（UTC）",
            ))
    };
    let charset = || {
        Arg::new("charset")
            .long("charset")
            .value_name("CHARSET")
            .help(t(
                "The character set, whatever the interchange says: gb18030, utf-8, UNOC, …",
                "字符集，不论交换如何声明：gb18030、utf-8、UNOC 等",
            ))
    };
    let format = |values: &'static [&'static str]| {
        Arg::new("format")
            .long("format")
            .value_name("FORMAT")
            .default_value("text")
            .value_parser(PossibleValuesParser::new(values))
            .help(t("How to print", "输出格式"))
    };
    let redact = || {
        Arg::new("redact")
            .long("redact")
            .action(ArgAction::SetTrue)
            .help(t(
                "Mask values: messages carry names and passport numbers",
                "遮蔽数据值：报文中可能含有姓名和证件号码",
            ))
    };
    let report = || {
        Arg::new("report")
            .long("report")
            .value_name("FILE")
            .value_parser(value_parser!(std::path::PathBuf))
            .help(t(
                "Write what was found to this file too: .json (an object a line) or .sarif",
                "另将发现的问题写入该文件：.json（每行一个对象）或 .sarif",
            ))
    };
    let file = || {
        Arg::new("file")
            .value_name("FILE")
            .required(true)
            .value_parser(value_parser!(std::path::PathBuf))
            .help(t("The file; - is standard input", "文件；- 表示标准输入"))
    };
    let command = Command::new("baowen")
        .version(env!("CARGO_PKG_VERSION"))
        .about(t("Parses, checks and translates trade messages", "解析、校验和转换贸易报文"))
        .long_about(t(
            "Parses, checks and translates trade messages: UN/EDIFACT from D.93A to D.24A (ISO 9735 syntax versions 1 to 4), XML of Chinese customs and the single window, flat files of ports.\n\n\
             Exit codes: 0 nothing of severity error was found, 1 something was, 2 something could not be done.",
            "解析、校验和转换贸易报文：UN/EDIFACT D.93A 至 D.24A（ISO 9735 语法版本 1 至 4）、中国海关与单一窗口的 XML 报文、口岸平台文件。\n\n\
             退出码：0 未发现错误级问题，1 发现错误级问题，2 有操作未能完成。",
        ))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(
            Arg::new("lang")
                .long("lang")
                .global(true)
                .value_name("LANG")
                .value_parser(PossibleValuesParser::new(["en", "zh"]))
                .help(t("Language of messages; default from the locale", "界面语言；默认取自系统区域设置")),
        )
        .subcommand(
            Command::new("check")
                .about(t("Checks files and folders, and prints what it finds", "校验文件和文件夹，并输出发现的问题"))
                .arg(
                    Arg::new("paths")
                        .value_name("FILE|DIR|-")
                        .num_args(0..)
                        .value_parser(value_parser!(std::path::PathBuf))
                        .help(t(
                            "Files, folders (read in order, hidden files and links passed over), or - for standard input",
                            "文件、文件夹（按顺序读取，跳过隐藏文件和链接），或 - 表示标准输入",
                        )),
                )
                .arg(specs())
                .arg(message())
                .arg(schema())
                .arg(charset())
                .arg(format(&["text", "json", "sarif"]))
                .arg(
                    Arg::new("level")
                        .long("level")
                        .value_name("LEVEL")
                        .default_value("hint")
                        .value_parser(PossibleValuesParser::new(["error", "warning", "hint"]))
                        .help(t(
                            "Print findings of this severity and above; the exit code stays the same",
                            "只输出该级别及以上的问题；不影响退出码",
                        )),
                )
                .arg(
                    Arg::new("rules")
                        .long("rules")
                        .value_name("RULES")
                        .action(ArgAction::Append)
                        .help(t(
                            "Rules to apply: base (the default: all that ship and those of --specs), none, the name of a set, or a file of rules; may be repeated",
                            "适用的规则：base（默认：全部内置规则及 --specs 中的规则）、none、规则集名称或规则文件；可重复",
                        )),
                )
                .arg(disable())
                .arg(
                    Arg::new("register")
                        .long("register")
                        .value_name("NAME=FILE")
                        .action(ArgAction::Append)
                        .help(t(
                            "A register that rules may ask, from a CSV or JSON file whose first column is the key; may be repeated",
                            "规则可查询的底账，取自 CSV 或 JSON 文件，首列为键；可重复",
                        )),
                )
                .arg(
                    Arg::new("context")
                        .long("context")
                        .value_name("NAME=VALUE")
                        .action(ArgAction::Append)
                        .help(t(
                            "A fact of the transmission that rules may ask, as sender=…; may be repeated",
                            "规则可使用的传输信息，如 sender=…；可重复",
                        )),
                )
                .arg(on())
                .arg(
                    Arg::new("together")
                        .long("together")
                        .action(ArgAction::SetTrue)
                        .help(t(
                            "Take all inputs as one set: rules across documents are judged too",
                            "将全部输入视为一套单证：同时执行跨单证规则",
                        )),
                )
                .arg(
                    Arg::new("unsigned")
                        .long("unsigned")
                        .action(ArgAction::SetTrue)
                        .help(t(
                            "The documents are drafts: a signature that is still missing is a hint, no error",
                            "所查为草稿：尚缺的签名只作提示，不算错误",
                        )),
                )
                .arg(
                    Arg::new("jobs")
                        .long("jobs")
                        .short('j')
                        .value_name("N")
                        .value_parser(value_parser!(u16).range(1..=1024))
                        .help(t("Threads; default one for each core", "线程数；默认每核一个")),
                )
                .arg(
                    Arg::new("max-findings")
                        .long("max-findings")
                        .value_name("N")
                        .default_value("1000")
                        .value_parser(value_parser!(u64))
                        .help(t(
                            "Print at most so many findings of one code for a file",
                            "每个文件同一代码最多输出的条数",
                        )),
                )
                .arg(redact())
                .arg(
                    Arg::new("quiet")
                        .long("quiet")
                        .short('q')
                        .action(ArgAction::SetTrue)
                        .help(t("Print nothing; the exit code tells", "不输出任何内容，仅以退出码表示结果")),
                ),
        )
        .subcommand(
            Command::new("tree")
                .about(t("Prints messages as named trees", "以带名称的树形显示报文"))
                .arg(file())
                .arg(specs())
                .arg(message())
                .arg(charset())
                .arg(format(&["text", "json"]))
                .arg(redact()),
        )
        .subcommand(
            Command::new("fmt")
                .about(t("Prints one segment a line, indented by group", "每行一段、按段组缩进输出"))
                .arg(file())
                .arg(specs())
                .arg(message())
                .arg(charset())
                .arg(
                    Arg::new("minify")
                        .long("minify")
                        .action(ArgAction::SetTrue)
                        .help(t("No line breaks between segments", "段与段之间不换行")),
                )
                .arg(
                    Arg::new("output")
                        .long("out")
                        .alias("output")
                        .short('o')
                        .value_name("FILE")
                        .value_parser(value_parser!(std::path::PathBuf))
                        .help(t("Write to a file, all of it or nothing", "写入文件，要么完整写入，要么不写")),
                ),
        )
        .subcommand(
            Command::new("convert")
                .about(t("Writes messages in another syntax", "将报文转换为其他语法"))
                .long_about(t(
                    "Writes messages in another syntax. UN/EDIFACT in XML is ISO/TS 20625; JSON has one form for all. What has no name there is written in a way that leads back, and told.\n\n  baowen convert --to xml m.edi\n  baowen convert --to edifact m.xml --out m.edi\n  baowen convert --to json folder --out as-json",
                    "将报文转换为其他语法。UN/EDIFACT 的 XML 形式遵循 ISO/TS 20625；各种语法的 JSON 形式统一。没有名称的内容以可还原的方式写出，并给出提示。\n\n  baowen convert --to xml m.edi\n  baowen convert --to edifact m.xml --out m.edi\n  baowen convert --to json folder --out as-json",
                ))
                .arg(
                    Arg::new("paths")
                        .value_name("FILE|DIR|-")
                        .num_args(1..)
                        .required(true)
                        .value_parser(value_parser!(std::path::PathBuf))
                        .help(t(
                            "A file, - for standard input, or files and folders, which --out puts into a folder",
                            "一个文件，- 表示标准输入；或多个文件和文件夹，由 --out 放入一个文件夹",
                        )),
                )
                .arg(
                    Arg::new("to")
                        .long("to")
                        .value_name("SYNTAX")
                        .required(true)
                        .value_parser(PossibleValuesParser::new(["edifact", "xml", "json", "jsonl", "flat"]))
                        .help(t(
                            "The syntax to write; jsonl is JSON Lines, a message or record a line",
                            "目标语法；jsonl 为 JSON Lines，每行一个报文或记录",
                        )),
                )
                .arg(
                    Arg::new("out")
                        .long("out")
                        .short('o')
                        .value_name("FILE|DIR")
                        .value_parser(value_parser!(std::path::PathBuf))
                        .help(t("Write here, each file whole or not at all", "写入此处，每个文件要么完整写入，要么不写")),
                )
                .arg(
                    Arg::new("lines")
                        .long("lines")
                        .action(ArgAction::SetTrue)
                        .help(t("Write one segment of UN/EDIFACT a line", "UN/EDIFACT 每行一段")),
                )
                .arg(specs())
                .arg(message())
                .arg(charset())
                .arg(report())
                .arg(redact()),
        )
        .subcommand(
            Command::new("ack")
                .about(t("Writes acknowledgements, and reads them", "生成回执，解读回执"))
                .long_about(t(
                    "Checks a file and writes its acknowledgement: CONTRL (syntax errors), APERAK (what rules found), or the receipt of a Chinese platform. --read says what an acknowledgement says.\n\n  baowen ack m.edi --out contrl.edi\n  baowen ack m.edi --kind aperak --release D01B --write-charset UNOC\n  baowen ack ceb621.xml --kind receipt\n  baowen ack --read contrl.edi --original m.edi\n\nExit code: 0 acknowledged, 1 rejected in whole or in part, 2 could not be answered.",
                    "校验文件并生成回执：CONTRL（语法错误）、APERAK（规则发现的问题）或国内平台回执。--read 用于解读回执。\n\n  baowen ack m.edi --out contrl.edi\n  baowen ack m.edi --kind aperak --release D01B --write-charset UNOC\n  baowen ack ceb621.xml --kind receipt\n  baowen ack --read contrl.edi --original m.edi\n\n退出码：0 已确认，1 全部或部分被拒绝，2 无法回执。",
                ))
                .arg(
                    Arg::new("file")
                        .value_name("FILE|-")
                        .value_parser(value_parser!(std::path::PathBuf))
                        .conflicts_with("read")
                        .help(t("The file to acknowledge; - is standard input", "要回执的文件；- 表示标准输入")),
                )
                .arg(
                    Arg::new("kind")
                        .long("kind")
                        .value_name("KIND")
                        .default_value("contrl")
                        .value_parser(PossibleValuesParser::new(["contrl", "aperak", "receipt"]))
                        .help(t("What to write", "回执种类")),
                )
                .arg(
                    Arg::new("version")
                        .long("version")
                        .value_name("1-4")
                        .value_parser(value_parser!(u8).range(1..=4))
                        .help(t("Syntax version to write; default that of the interchange", "写出的语法版本；默认与交换相同")),
                )
                .arg(
                    Arg::new("reference")
                        .long("reference")
                        .value_name("REF")
                        .help(t(
                            "Its interchange control reference (0020); default made from the interchange that is answered",
                            "回执的交换控制参考号（0020）；默认由被回执的交换导出",
                        )),
                )
                .arg(
                    Arg::new("now")
                        .long("now")
                        .value_name("TIME")
                        .help(t("When it is made, as 2026-11-24T10:30; default now, UTC", "生成时间，如 2026-11-24T10:30；默认当前时间（UTC）")),
                )
                .arg(
                    Arg::new("received")
                        .long("received")
                        .action(ArgAction::SetTrue)
                        .help(t("CONTRL: only say that the interchange was received (action 8)", "CONTRL：仅确认收到交换（动作 8）")),
                )
                .arg(
                    Arg::new("release")
                        .long("release")
                        .value_name("RELEASE")
                        .help(t("APERAK: its directory; default D96A", "APERAK：所用目录；默认 D96A")),
                )
                .arg(
                    Arg::new("write-charset")
                        .long("write-charset")
                        .value_name("UNOX")
                        .help(t(
                            "APERAK: its syntax identifier, as UNOC or UNOY; default that of the interchange",
                            "APERAK：语法标识，如 UNOC、UNOY；默认与交换相同",
                        )),
                )
                .arg(
                    Arg::new("receipt")
                        .long("receipt")
                        .value_name("NAME")
                        .help(t("Receipt: which one, where several answer the message, as DEC_RESULT", "平台回执：有多种时指定其名称，如 DEC_RESULT")),
                )
                .arg(
                    Arg::new("out")
                        .long("out")
                        .short('o')
                        .value_name("FILE")
                        .value_parser(value_parser!(std::path::PathBuf))
                        .help(t("Write to a file, all of it or nothing", "写入文件，要么完整写入，要么不写")),
                )
                .arg(
                    Arg::new("read")
                        .long("read")
                        .value_name("FILE")
                        .value_parser(value_parser!(std::path::PathBuf))
                        .help(t("Read this acknowledgement instead", "改为解读此回执")),
                )
                .arg(
                    Arg::new("original")
                        .long("original")
                        .value_name("FILE")
                        .requires("read")
                        .value_parser(value_parser!(std::path::PathBuf))
                        .help(t("What it answers: errors are located there", "被回执的原文：在其中定位错误")),
                )
                .arg(
                    Arg::new("rules")
                        .long("rules")
                        .value_name("RULES")
                        .action(ArgAction::Append)
                        .help(t("APERAK and receipts: rules to apply, as for check", "APERAK 和平台回执：适用的规则，同 check")),
                )
                .arg(disable())
                .arg(on())
                .arg(specs())
                .arg(message())
                .arg(charset())
                .arg(format(&["text", "json"]).help(t("How to print what --read says", "--read 的输出格式")))
                .arg(redact()),
        )
        .subcommand(
            Command::new("translate")
                .about(t("Makes one message of another by a map", "按映射将一种报文转换为另一种报文"))
                .long_about(t(
                    "Makes one message of another by a map. `baowen map` lists the maps, `baowen map explain NAME` says what one does. What is written is checked against its spec.\n\n  baowen translate cuscar.edi --map cuscar-mt1101 --param sender=LINE --param receiver=2225 --param carrier=LINE --param customs=2225 --out manifest.xml\n  baowen translate manifest.xml --map cuscar-mt1101 --reverse --param sender=LINE --param receiver=PORT\n  baowen translate folder --map codeco-d95b-status --out events",
                    "按映射将一种报文转换为另一种报文。baowen map 列出映射，baowen map explain 名称 说明其内容。输出按其规范校验。\n\n  baowen translate cuscar.edi --map cuscar-mt1101 --param sender=LINE --param receiver=2225 --param carrier=LINE --param customs=2225 --out manifest.xml\n  baowen translate manifest.xml --map cuscar-mt1101 --reverse --param sender=LINE --param receiver=PORT\n  baowen translate folder --map codeco-d95b-status --out events",
                ))
                .arg(
                    Arg::new("paths")
                        .value_name("FILE|DIR|-")
                        .num_args(1..)
                        .required(true)
                        .value_parser(value_parser!(std::path::PathBuf))
                        .help(t(
                            "A file, - for standard input, or files and folders, which --out puts into a folder",
                            "一个文件，- 表示标准输入；或多个文件和文件夹，由 --out 放入一个文件夹",
                        )),
                )
                .arg(
                    Arg::new("map")
                        .long("map")
                        .short('m')
                        .value_name("NAME")
                        .required(true)
                        .help(t("The map", "映射名称")),
                )
                .arg(
                    Arg::new("reverse")
                        .long("reverse")
                        .action(ArgAction::SetTrue)
                        .help(t("From the map's right message to its left", "由映射的右侧报文转为左侧")),
                )
                .arg(
                    Arg::new("param")
                        .long("param")
                        .short('p')
                        .value_name("NAME=VALUE")
                        .action(ArgAction::Append)
                        .help(t("A value that the map asks for", "映射所需的参数")),
                )
                .arg(
                    Arg::new("out")
                        .long("out")
                        .short('o')
                        .value_name("FILE|DIR")
                        .value_parser(value_parser!(std::path::PathBuf))
                        .help(t("Write here, each file whole or not at all", "写入此处，每个文件要么完整写入，要么不写")),
                )
                .arg(
                    Arg::new("format")
                        .long("format")
                        .value_name("FORMAT")
                        .value_parser(PossibleValuesParser::new(["xml", "json", "jsonl"]))
                        .help(t("Write XML messages in this form", "XML 报文以此形式写出")),
                )
                .arg(
                    Arg::new("strict")
                        .long("strict")
                        .action(ArgAction::SetTrue)
                        .help(t(
                            "Write nothing where anything of severity error was found, in what is read (by its own spec) or written",
                            "所读内容（按其自身规范）或所写内容中发现错误级问题时，不写出任何内容",
                        )),
                )
                .arg(
                    Arg::new("no-check")
                        .long("no-check")
                        .action(ArgAction::SetTrue)
                        .help(t("Do not check what is written", "不校验输出")),
                )
                .arg(
                    Arg::new("memory")
                        .long("memory")
                        .value_name("TIMES")
                        .value_parser(value_parser!(u32))
                        .help(t(
                            "How many times its own bytes a message may take in memory where a map does not stream; default 4, and 256 MiB for a short one",
                            "映射不能流式处理时，报文占用内存为其字节数的倍数上限；默认 4，短报文为 256 MiB",
                        )),
                )
                .arg(
                    Arg::new("now")
                        .long("now")
                        .value_name("CCYYMMDDhhmmss")
                        .help(t("The time that is written; default the clock's, in UTC", "写入的时间；默认取系统时钟（UTC）")),
                )
                .arg(
                    Arg::new("to-charset")
                        .long("to-charset")
                        .value_name("CHARSET")
                        .help(t(
                            "The character set that is written: flat files (usually gb18030), XML (utf-8), UN/EDIFACT in one that no header names (gb18030); UNOC and its like are parameters of maps",
                            "写出的字符集：平台文件（默认 gb18030）、XML（默认 utf-8）、交换头无法声明字符集的 UN/EDIFACT（gb18030）；UNOC 等由映射的参数指定",
                        )),
                )
                .arg(
                    Arg::new("lines")
                        .long("lines")
                        .action(ArgAction::SetTrue)
                        .help(t("Write one segment of UN/EDIFACT a line", "UN/EDIFACT 每行一段")),
                )
                .arg(
                    Arg::new("trace")
                        .long("trace")
                        .action(ArgAction::SetTrue)
                        .help(t(
                            "Say on standard error where every value came from",
                            "在标准错误上列出每个值的来源",
                        )),
                )
                .arg(specs())
                .arg(message())
                .arg(charset())
                .arg(report())
                .arg(redact()),
        )
        .subcommand(
            Command::new("map")
                .about(t("Lists, checks and explains maps", "列出、检查和说明映射"))
                .arg(specs())
                .subcommand(
                    Command::new("lint")
                        .about(t("Checks maps against the specs of both sides", "按两侧规范检查映射"))
                        .arg(
                            Arg::new("names")
                                .value_name("NAME|FILE")
                                .num_args(0..)
                                .help(t("Maps, or files of maps; none: all", "映射名称或映射文件；省略则检查全部")),
                        )
                        .arg(specs()),
                )
                .subcommand(
                    Command::new("explain")
                        .about(t("Prints a map as a table", "以表格说明映射"))
                        .arg(Arg::new("name").value_name("NAME|FILE").required(true).help(t("The map", "映射名称或文件")))
                        .arg(specs())
                        .arg(format(&["text", "json", "markdown"])),
                ),
        )
        .subcommand(crate::declare::command(lang, [specs(), redact()]))
        .subcommand(
            Command::new("explain")
                .about(t("Says what a finding's code or a rule means", "说明问题代码或规则的含义"))
                .arg(Arg::new("code").value_name("CODE|RULE").help(t("A code, as missing-segment, or the id of a rule; none lists all codes", "代码（如 missing-segment）或规则编号；省略则列出全部代码")))
                .arg(specs()),
        )
        .subcommand(
            Command::new("rules")
                .about(t("Lists rules: all, or those about a message", "列出规则：全部，或某一报文的规则"))
                .long_about(t(
                    "Lists rules: all, or those about a message.\n\n  baowen rules\n  baowen rules DecMessage --format json\n  baowen rules --specs my-port --test   compile every rule and run its samples\n  baowen explain DEC-041                one rule: wording, source, expression, samples",
                    "列出规则：全部，或某一报文的规则。\n\n  baowen rules\n  baowen rules DecMessage --format json\n  baowen rules --specs my-port --test   编译每条规则并运行其样例\n  baowen explain DEC-041                单条规则：措辞、来源、表达式、样例",
                ))
                .arg(Arg::new("message").value_name("MESSAGE").help(t("A message, as DecMessage, CEB621@2022-05, CUSCAR@D95B, IFCSUM", "报文，如 DecMessage、CEB621@2022-05、CUSCAR@D95B、IFCSUM")))
                .arg(specs())
                .arg(
                    Arg::new("rules")
                        .long("rules")
                        .value_name("RULES")
                        .action(ArgAction::Append)
                        .help(t("As for check", "同 check")),
                )
                .arg(disable())
                .arg(on())
                .arg(
                    Arg::new("test")
                        .long("test")
                        .action(ArgAction::SetTrue)
                        .help(t("Compile every rule and run its samples", "编译每条规则并运行其样例")),
                )
                .arg(format(&["text", "json"])),
        )
        .subcommand(
            Command::new("show")
                .about(t("Shows the published standards", "显示已发布的标准"))
                .long_about(t(
                    "Shows the published standards.\n\n  baowen show                    the releases, the Chinese messages, the flat files\n  baowen show D95B               the messages of a release\n  baowen show CUSCAR@D95B        a message\n  baowen show CUSCAR@D95B --format xsd\n                                 its XML Schema by ISO/TS 20625\n  baowen show BGM@D95B           a segment\n  baowen show C002@D95B          a composite\n  baowen show 1001@D95B          an element and its codes\n  baowen show 1001@D95B 85       one code\n  baowen show MT1401             the variants of a Chinese message\n  baowen show MT1401_9           one; CEB621@2018-113 an edition\n  baowen show DecMessage/DecHead an element of it\n  baowen show IFCSUM@flat        a flat file\n  baowen show --schema my.xsd    the root elements of an XML Schema\n  baowen show --schema my.xsd Manifest/Consignment\n                                 an element and what it holds",
                    "显示已发布的标准。\n\n  baowen show                    各版目录、中国报文、平台文件\n  baowen show D95B               某版目录的报文\n  baowen show CUSCAR@D95B        报文\n  baowen show CUSCAR@D95B --format xsd\n                                 其 ISO/TS 20625 XML Schema\n  baowen show BGM@D95B           段\n  baowen show C002@D95B          复合数据元\n  baowen show 1001@D95B          数据元及其代码\n  baowen show 1001@D95B 85       单个代码\n  baowen show MT1401             中国报文的各变体\n  baowen show MT1401_9           单个报文；CEB621@2018-113 为指定版本\n  baowen show DecMessage/DecHead 其中的元素\n  baowen show IFCSUM@flat        平台文件\n  baowen show --schema my.xsd    XML Schema 的根元素\n  baowen show --schema my.xsd Manifest/Consignment\n                                 某元素及其内容",
                ))
                .arg(Arg::new("name").value_name("NAME").help(t("What to show", "要显示的内容")))
                .arg(Arg::new("code").value_name("CODE").help(t("One code of the element", "该数据元的一个代码")))
                .arg(schema().help(t("Show this XML Schema; several files make one schema", "显示此 XML Schema；多个文件组成一个模式")))
                .arg(
                    Arg::new("depth")
                        .long("depth")
                        .value_name("N")
                        .value_parser(value_parser!(u32))
                        .help(t("Levels of XML elements that are shown (of a schema, default 3)", "XML 元素显示的层数（模式默认 3）")),
                )
                .arg(specs())
                .arg(format(&Form::NAMES)),
        )
        .subcommand(
            Command::new("codes")
                .about(t("Looks up code tables and crosswalks", "查询代码表和代码对照"))
                .long_about(t(
                    "Looks up code tables and crosswalks.\n\n  baowen codes                       the tables\n  baowen codes country               a table\n  baowen codes country CHN KOR       codes, with all that is known of them\n  baowen codes country --search hg   by name in either language, pinyin initials or another code\n  baowen codes --crosswalks          what leads where, one-to-one or not\n  baowen codes --crosswalk country:alpha3 country:customs KOR\n                                     what a code is elsewhere; without codes, all\n\nExit codes: 0 found, 1 not found, 2 misuse.",
                    "查询代码表和代码对照。\n\n  baowen codes                       全部代码表\n  baowen codes country               一个代码表\n  baowen codes country CHN KOR       代码及其全部信息\n  baowen codes country --search 韩国  按中英文名称、拼音首字母或其他代码查找\n  baowen codes --crosswalks          全部对照及其类型（一对一等）\n  baowen codes --crosswalk country:alpha3 country:customs KOR\n                                     代码在另一体系中的对应；省略代码则列出全部\n\n退出码：0 找到，1 未找到，2 用法错误。",
                ))
                .arg(
                    Arg::new("names")
                        .value_name("TABLE|CODE")
                        .num_args(0..)
                        .help(t("A table, and codes of it; codes only with --crosswalk", "代码表及其代码；与 --crosswalk 合用时只写代码")),
                )
                .arg(
                    Arg::new("search")
                        .long("search")
                        .short('s')
                        .value_name("WORDS")
                        .help(t("Look for a name, pinyin initials or another code", "按名称、拼音首字母或其他代码查找")),
                )
                .arg(
                    Arg::new("crosswalk")
                        .long("crosswalk")
                        .num_args(2)
                        .value_names(["FROM", "TO"])
                        .conflicts_with_all(["search", "on"])
                        .help(t("What codes of one side are on the other, as country:alpha3 country:customs", "一方代码在另一方的对应，如 country:alpha3 country:customs")),
                )
                .arg(
                    Arg::new("crosswalks")
                        .long("crosswalks")
                        .action(ArgAction::SetTrue)
                        .conflicts_with_all(["search", "on", "crosswalk", "names"])
                        .help(t("List the crosswalks", "列出全部代码对照")),
                )
                .arg(
                    Arg::new("on")
                        .long("on")
                        .value_name("DATE")
                        .help(t("Only what is valid on that day, as 2024-01-31", "只显示该日有效的代码，如 2024-01-31")),
                )
                .arg(specs())
                .arg(format(&["text", "json", "csv"])),
        )
        .subcommand(
            Command::new("specs")
                .about(t("Loads specs, says whether they are sound, and lists what layers change", "加载规范，检查其正确性，并列出各层的改动"))
                .arg(specs())
                .arg(
                    Arg::new("layers")
                        .long("layers")
                        .action(ArgAction::SetTrue)
                        .help(t("List every override", "列出所有覆盖项")),
                ),
        )
        .subcommand(
            Command::new("completions")
                .about(t("Prints shell completions", "输出命令行补全脚本"))
                .arg(
                    Arg::new("shell")
                        .value_name("SHELL")
                        .help(t("The shell", "命令行解释器"))
                        .required(true)
                        .value_parser(value_parser!(clap_complete::Shell)),
                ),
        )
        .subcommand(
            Command::new("man")
                .about(t("Writes man pages into a folder", "将手册页写入文件夹"))
                .arg(
                    Arg::new("folder")
                        .value_name("DIR")
                        .help(t("The folder", "文件夹"))
                        .required(true)
                        .value_parser(value_parser!(std::path::PathBuf)),
                ),
        );
    match lang {
        Lang::En => command,
        Lang::Zh => in_chinese(command),
    }
}

/// The headings of the help, and what is in every help.
fn in_chinese(command: Command) -> Command {
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help("显示帮助");
    let version = command.get_version().map(|_| {
        Arg::new("version")
            .short('V')
            .long("version")
            .action(ArgAction::Version)
            .help("显示版本")
    });
    command
        .help_template("{before-help}{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}")
        .subcommand_help_heading("命令")
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(help)
        .args(version)
        .mut_args(|arg| {
            let heading = if arg.is_positional() {
                "参数"
            } else {
                "选项"
            };
            arg.help_heading(heading)
        })
        .mut_subcommands(in_chinese)
}
