//! Numbers that carry their own structure: identity numbers, container numbers, declaration
//! numbers, and their check digits.
//!
//! Each check is a pure function of the text as it is written: no blanks are cut, small letters
//! are no capitals. [`CHECKS`] names them all for the expression language (`valid.uscc(x)`).

mod declaration;
mod entity;
mod goods;
mod transport;
mod travel;

pub use declaration::*;
pub use entity::*;
pub use goods::*;
pub use transport::*;
pub use travel::*;

/// A check of [`CHECKS`].
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its name in expressions, as `valid.uscc`.
    pub name: &'static str,
    /// What defines it; where nothing is published, from what it was read.
    pub standard: &'static str,
    /// What it checks, in English.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
    /// Whether a check digit is computed, or only the structure looked at.
    pub check_digit: bool,
    /// The check.
    pub check: fn(&str) -> bool,
}

/// The check of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.name == name)
}

macro_rules! checks {
    ($($name:literal $check:ident $digit:literal $standard:literal $en:literal $zh:literal;)*) => {
        /// Every check, sorted by name.
        pub const CHECKS: &[Check] = &[$(Check {
            name: concat!("valid.", $name),
            standard: $standard,
            en: $en,
            zh: $zh,
            check_digit: $digit,
            check: $check,
        }),*];
    };
}

checks! {
    "aeo" aeo false "GACC declaration filling standard 2018-60, item 8" "AEO code of a foreign consignor or consignee" "境外收发货人 AEO 编码";
    "air_waybill" air_waybill true "IATA Resolution 600a" "air waybill number, 11 digits, with or without a hyphen" "航空运单号";
    "bay_position" bay_position false "BAPLIE files in use" "stowage position of seven digits: bay, row, tier" "BAPLIE 箱位（贝、列、层）";
    "bonded_list" bonded_list false "public programs for the bonded system" "bonded verification list number (QD…)" "核注清单编号";
    "ceb_guid" ceb_guid false "CEB message specification 2022-05" "identifier of a cross-border message: UUID in capitals" "跨境电商报文系统唯一序号（大写 UUID）";
    "ceb_list" ceb_list false "CEB message specification 2022-05" "cross-border list number" "跨境电商清单编号";
    "ceb_prenumber" ceb_prenumber false "CEB message specification 2022-05" "e-port number of a cross-border list" "跨境电商电子口岸编号";
    "ciq_number" ciq_number false "declaration system in use" "inspection declaration number, 15 digits" "报检号（15 位）";
    "ciq_registration" ciq_registration false "declaration system in use" "inspection registration number of an enterprise, 10 digits" "检验检疫备案号（10 位）";
    "commodity" commodity false "GACC declaration filling standard 2018-60, item 34" "commodity code of 8, 10 or 13 digits" "商品编号（8、10 或 13 位）";
    "container" container true "ISO 6346" "container number with check digit" "集装箱号";
    "container_type" container_type false "ISO 6346:1995; GB/T 1836" "container size and type code" "集装箱尺寸和类型代码";
    "customs_district" customs_district false "manifest schema CC011" "customs district code of four characters" "关区代码（4 位）";
    "customs_registration" customs_registration false "files in use" "customs registration code of an enterprise, 10 characters" "海关注册编码（10 位）";
    "data_centre_number" data_centre_number false "single window files in use" "number given by the data centre" "数据中心统一编号";
    "date_time" date_time false "manifest schema" "date, or date and time: 8, 14 or 17 digits" "日期时间（8、14 或 17 位）";
    "declaration18" declaration18 false "GACC declaration filling standard 2018-60" "customs declaration number, 18 characters" "报关单海关编号（18 位）";
    "declaration21" declaration21 false "export tax refund practice" "declaration number with item, 21 digits, for tax refunds" "出口退税用报关单号（21 位）";
    "dxp" dxp false "manifest head notes; CEB samples" "identifier of a data exchange client" "DXP 客户端编号";
    "ean13" ean13 true "GS1 General Specifications; GB 12904" "EAN-13 article number" "EAN-13 商品条码";
    "ean8" ean8 true "GS1 General Specifications; GB 12904" "EAN-8 article number" "EAN-8 商品条码";
    "export_manifest_name" manifest_file false "road manifest description V1.0" "file name of a manifest message" "舱单报文文件名";
    "gate_pass" gate_pass false "public programs for the bonded system" "gate pass number of a bonded area, 24 characters" "核放单编号";
    "gtin" gtin true "GS1 General Specifications" "GTIN of 8, 12, 13 or 14 digits" "全球贸易项目代码 GTIN";
    "identity15" identity15 false "GB 11643-1989" "citizen identity number, 15 digits" "公民身份号码（15 位）";
    "identity18" identity18 true "GB 11643-1999" "citizen identity number, 18 characters" "公民身份号码（18 位）";
    "imo" imo true "IMO resolution A.1117(30)" "IMO ship number, with or without IMO before it" "IMO 船舶编号";
    "load_list" load_list false "road manifest files in use" "load list number, 13 characters" "载货清单号（13 位）";
    "manual" manual false "declaration message format; files in use" "number of a processing trade manual or account, 12 characters" "加工贸易手册/账册编号";
    "mmsi" mmsi false "ITU-R M.585" "maritime mobile service identity" "水上移动业务标识 MMSI";
    "mrz" mrz true "ICAO Doc 9303, parts 4 to 7" "machine readable zone, its lines one after the other or with line ends" "旅行证件机读区";
    "mrz_line2" mrz_line2 true "ICAO Doc 9303, part 4" "second line of a passport's machine readable zone" "护照机读区第二行";
    "organization" organization true "GB 11714-1997" "organization code, with or without a hyphen" "组织机构代码";
    "overlanded_bill" overlanded_bill false "declaration filling notes, item 35" "bill number of goods landed beyond the manifest" "溢卸溢装运单号";
    "passport" passport false "ICAO Doc 9303, part 3" "travel document number, up to nine capitals and digits" "旅行证件号码";
    "plate" plate false "GA 36-2018" "vehicle plate number of the mainland" "机动车号牌号码";
    "processing_prenumber" processing_prenumber false "public programs for the bonded system" "pre-entry number of processing trade, 18 digits" "加贸/区域预录入统一编号";
    "road_batch" road_batch false "GACC announcement 2014-7" "batch number of road transport, 13 characters" "公路货物运输批次号";
    "seal" seal false "declaration filling notes, item 22" "container seal: kind, number and who sealed" "集装箱封志";
    "sender" sender false "road manifest schema, head" "sender of a manifest message" "舱单发送方 SenderID";
    "sscc" sscc true "GS1 General Specifications" "serial shipping container code, 18 digits" "系列货运包装箱代码 SSCC";
    "tax_bill" tax_bill false "third-party descriptions of the bill" "customs tax bill number, 22 characters" "海关专用缴款书号（22 位）";
    "undg" undg false "UN Model Regulations" "UN number, four digits, with or without UN before them" "联合国危险货物编号";
    "unlisted_port" unlisted_port false "manifest filling standard, item 6" "place code of an unlisted port, five characters" "未列名口岸地点代码";
    "unlocode" unlocode false "UNECE Recommendation 16" "UN/LOCODE, its form" "UN/LOCODE（格式）";
    "uscc" uscc true "GB 32100-2015" "unified social credit identifier" "统一社会信用代码";
    "vin" vin true "GB 16735-2019; ISO 3779" "vehicle identification number with check digit" "车辆识别代号";
}

/// The value of a digit.
fn digit(byte: u8) -> Option<u32> {
    byte.is_ascii_digit().then(|| u32::from(byte - b'0'))
}

/// Whether there are `len` bytes, all digits.
fn digits(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_capital_or_digit(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

/// Whether bytes follow one another in these classes: `d` a digit, `a` a capital, `x` a capital or
/// digit, anything else itself.
fn shaped(text: &str, shape: &str) -> bool {
    let fits = |(byte, class): (u8, u8)| match class {
        b'd' => byte.is_ascii_digit(),
        b'a' => byte.is_ascii_uppercase(),
        b'x' => is_capital_or_digit(byte),
        _ => byte == class,
    };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

/// Whether the digits of a year of this or the last century stand at `at`.
fn year_at(text: &str, at: usize) -> bool {
    matches!(text.get(at..at + 2), Some("19" | "20"))
        && digits(text.get(at + 2..at + 4).unwrap_or(""), 2)
}

/// Whether `CCYYMMDD` is a day.
fn is_day(text: &str) -> bool {
    text.len() == 8 && super::Day::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::{CHECKS, find};

    #[test]
    fn checks_are_sorted_and_described() {
        assert!(CHECKS.windows(2).all(|pair| pair[0].name < pair[1].name));
        for check in CHECKS {
            assert!(!check.en.is_empty() && !check.zh.is_empty() && !check.standard.is_empty());
            assert!(
                check
                    .name
                    .strip_prefix("valid.")
                    .is_some_and(|name| !name.is_empty())
            );
        }
        assert!(find("valid.uscc").is_some() && find("uscc").is_none());
    }

    /// No text makes a check panic, and none takes what is no identifier at all.
    #[test]
    fn odd_texts_are_not_valid() {
        let long = "9".repeat(10_000);
        let odd = [
            "",
            " ",
            "\0",
            "é",
            "中国",
            "中文字符中文字符中文字符",
            "１２３４５６７",
            "-",
            "/",
            "@",
            "💡💡💡💡💡",
            "-💡💡-",
            "-💡-----",
            "---💡---💡----",
            &long,
            "A中23456789012345",
            "12345中",
            "\u{FEFF}CSQU3054383",
            "CSQU3054383\n",
            "é1234567890123456",
            "123456é8901234567",
        ];
        for check in CHECKS {
            for text in odd {
                assert!(!(check.check)(text), "{} {text:.40}", check.name);
            }
        }
    }
}
