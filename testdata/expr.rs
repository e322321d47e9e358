//! The expression language: cases as data, equality with another interpreter, hostile inputs.

use baowen::expr::*;

#[test]
fn smoke() {
    let mut shapes = NoShapes;
    let mut env = Env::new(&mut shapes);
    for text in [
        "1 + 2 * 3",
        "1.5 + 2",
        "[1,2,3].exists(x, x > 2)",
        "\"abc\".substr(1,1)",
        "[1,2].sum()",
        "div(10, 3, 2, \"half-up\")",
        "date('20240230','CCYYMMDD')",
        "days(date('20240201','CCYYMMDD'), date('20240301','CCYYMMDD'))",
        "1/0",
        "-1.5 == -1.50",
        "-9223372036854775808",
    ] {
        match Expr::compile(text, &mut env) {
            Ok(e) => {
                let f = Facts::new();
                let s = Scope {
                    facts: &f,
                    bound: &[],
                    host: &NoHost,
                    limits: Limits::default(),
                };
                println!("{text} : {} = {:?}", e.kind(), e.eval(&s));
            }
            Err(f) => println!("{text} FAULT {f} {:?}", f.span),
        }
    }
}
