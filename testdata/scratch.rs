use baowen::spec::Specs;
use baowen::map::{Direction,Options,Translator};
use baowen::finding::{Finding,Syntax,Lang};
#[test]
fn maps() {
    let specs = Specs::base();
    let only = std::env::var("ONLY").unwrap_or_default();
    for (name, _, sides) in specs.maps().unwrap() {
        if !name.contains(&*only) { continue }
        match specs.map(&name) {
            Ok(map) => { println!("ok {name} {sides:?}"); for l in map.lints() { println!("  lint {}:{} {}", l.at.line,l.at.column, l.en) } }
            Err(e) => println!("BAD {name}: {e}"),
        }
    }
}
#[test]
fn run() {
    let specs = Specs::base();
    let (name,file)=(std::env::var("MAP").unwrap(),std::env::var("FILE").unwrap());
    let map=specs.map(&name).unwrap();
    let mut o=Options::default(); o.line_breaks=true;
    for (p,must,_) in map.params() { if must { o=o.with_param(p, match p {"container"=>"XMTU4000016","sender"=>"5345999900011_DXPESW0000000001",_=>"EPORT"}) } }
    let t=Translator::new(&map,if std::env::var("BACK").is_ok(){Direction::Back}else{Direction::Forth},o).unwrap();
    let input=std::fs::read(file).unwrap();
    let (mut out,mut f)=(Vec::new(),Vec::<Finding>::new());
    let syntax = match input[0] { b'{'=>Syntax::Json, b'<'=>Syntax::Xml, _=>Syntax::Edifact};
    t.slice(&input,syntax,&mut out,&mut f).unwrap();
    println!("{}",String::from_utf8_lossy(&out));
    for f in &f { println!("{} {} {:?} {}",f.at.line,f.code,f.place.path,f.message(Lang::En,false)) }
    let c=baowen::check::Checker::new(&specs,Default::default()).unwrap();
    let mut f=Vec::<Finding>::new();
    c.slice(&out,&mut f).unwrap();
    for f in &f { println!("CHECK {} {} {:?} {}",f.at.line,f.code,f.place.path,f.message(Lang::En,false)) }
}
