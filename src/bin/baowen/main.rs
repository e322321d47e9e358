//! temp
use baowen::check::{Checker, Options};
use baowen::finding::{Finding, Lang};
use baowen::spec::Specs;
fn main() {
    let mut o = Options::default();
    o.excerpts = true;
    let c = Checker::new(&Specs::base(), o).unwrap();
    for f in std::env::args().skip(1) {
        let d = std::fs::read(&f).unwrap();
        println!("== {f}");
        let t = c.slice(&d, &mut |x: Finding| {
            println!("{}:{} {} {:?} {} | {}", x.at.line, x.at.column, x.code, x.place.segment_number, x.place.path.as_deref().unwrap_or("-"), x.message(Lang::En, false));
        });
        println!("{t:?}");
    }
}
