//! Bayplans (BAPLIE D.95B) as ships' planners send them: thousands of containers, each in its
//! slot with weight, ports, equipment and carrier; some reefers, some dangerous goods.

use std::sync::Arc;

use baowen::spec::Specs;

use super::random::Random;
use super::segment::Writer;
use super::values::{self, Lists};

/// Most containers of one message: group 2 of BAPLIE D.95B repeats 9,999 times.
pub const MOST_CONTAINERS: u64 = 9_999;

const CARRIERS: [&str; 6] = ["BWL", "QAY", "ZHG", "SEA", "LMN", "POR"];
const HAZARDS: [(&str, u16, &str); 6] = [
    ("3", 1993, "F-E"),
    ("8", 1789, "F-A"),
    ("9", 3480, "F-A"),
    ("2.1", 1950, "F-D"),
    ("4.1", 1325, "F-A"),
    ("6.1", 2810, "F-A"),
];

/// Writes bayplans.
#[derive(Debug)]
pub struct Bayplan {
    ports: Vec<Box<str>>,
    sizes: Arc<[Box<str>]>,
    text: String,
}

impl Bayplan {
    /// Bayplans between forty ports, which `seed` chooses.
    ///
    /// # Panics
    /// When the specs have no release D95B, no places or no container sizes.
    #[must_use]
    pub fn new(specs: &Specs, seed: u64) -> Self {
        let release = specs.releases().find("D95B").expect("the base has D.95B");
        let mut lists = Lists::new(specs, release, 3);
        let (all, sizes) = (lists.table("unlocode"), lists.table("container-size-type"));
        let mut random = Random::new(seed);
        let ports = (0..40).map(|_| random.any(&all).clone()).collect();
        // 20 and 40 foot boxes, high ones, reefers and tanks.
        const USUAL: [&str; 8] = [
            "22G1", "45G1", "42G1", "45R1", "22R1", "22T1", "L5G1", "22U1",
        ];
        let mut held: Vec<Box<str>> = sizes
            .iter()
            .filter(|size| USUAL.contains(&&***size))
            .cloned()
            .collect();
        held.sort_by_key(|size| USUAL.iter().position(|usual| *usual == &**size));
        assert!(!held.is_empty(), "the base has container sizes");
        Self {
            ports,
            sizes: held.into(),
            text: String::new(),
        }
    }

    /// What stands before the containers of a message.
    pub fn begin(&mut self, reference: u64, random: &mut Random, out: &mut Writer) {
        let voyage = random.range(100, 999);
        let day = random.range(1, 28);
        out.raw(format_args!("UNH+{reference}+BAPLIE:D:95B:UN:SMDG20"));
        out.raw(format_args!("BGM++BP{reference:06}+9"));
        out.raw(format_args!("DTM+137:2611{day:02}0930:201"));
        out.raw(format_args!(
            "TDT+20+{voyage}E+1++BWL:172:20+++BWNA7:103::MV BAOWEN"
        ));
        out.raw(format_args!("LOC+5+{}:139:6", random.any(&self.ports)));
        out.raw(format_args!("LOC+61+{}:139:6", random.any(&self.ports)));
        out.raw(format_args!("DTM+178:2611{day:02}1800:201"));
        out.raw(format_args!("DTM+132:2612{day:02}0600:201"));
        out.raw(format_args!("RFF+VON:{voyage}E"));
    }

    /// A container in its slot.
    pub fn container(&mut self, random: &mut Random, out: &mut Writer) {
        let size = random.usual(&self.sizes).clone();
        let reefer = size.contains('R');
        let full = random.chance(80);
        let (bay, row, tier) = (
            random.range(1, 98),
            random.range(0, 20),
            2 * random.range(1, 48),
        );
        out.raw(format_args!("LOC+147+{bay:03}{row:02}{tier:02}::5"));
        if random.chance(20) {
            out.raw(format_args!(
                "FTX+HAN+++{}",
                if random.chance(50) {
                    "KEEP DRY"
                } else {
                    "AWAY FROM HEAT"
                }
            ));
        }
        if full {
            out.raw(format_args!("MEA+WT++KGM:{}", random.range(40, 320) * 100));
        } else {
            out.raw(format_args!(
                "MEA+WT++KGM:{}",
                if size.starts_with('2') { 2300 } else { 3900 }
            ));
        }
        if reefer && full {
            out.raw(format_args!("TMP+2+-018:CEL"));
        }
        out.raw(format_args!("LOC+9+{}:139:6", random.usual(&self.ports)));
        out.raw(format_args!("LOC+11+{}:139:6", random.usual(&self.ports)));
        out.raw(format_args!("LOC+83+{}:139:6", random.usual(&self.ports)));
        out.raw(format_args!("RFF+BM:1"));
        values::container(random, &mut self.text);
        out.raw(format_args!(
            "EQD+CN+{}+{size}:102:5+++{}",
            self.text,
            if full { 5 } else { 4 }
        ));
        out.raw(format_args!("NAD+CA+{}:172:20", random.usual(&CARRIERS)));
        if full && random.chance(5) {
            let (class, number, page) = random.any(&HAZARDS);
            out.raw(format_args!(
                "DGS+IMD+{class}+{number:04}+023:CEL+{}+{page}",
                random.range(1, 3)
            ));
        }
    }
}
