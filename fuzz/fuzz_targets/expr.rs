//! No text makes the expression language panic: faults lie within it, evaluation ends under its limits.
#![no_main]

use baowen::expr::{Env, Expr, Facts, Limits, NoHost, NoShapes, Presence, Scope, Type, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let facts = Facts::new();
    let bound = [
        Value::Text("报文 12.5".into()),
        Value::List([1, -2, 3].map(Value::Int).into()),
        Value::Optional(None),
    ];
    for plain in [false, true] {
        let mut shapes = NoShapes;
        let mut env = Env::new(&mut shapes);
        if plain {
            env = env.plain();
        }
        env.bind_type("a", Type::Any, Presence::Always);
        env.bind_type("l", Type::List(Box::new(Type::Int)), Presence::Always);
        env.bind_type("m", Type::Text, Presence::Maybe);
        match Expr::compile(text, &mut env) {
            Err(fault) => assert!(text.get(fault.span.clone()).is_some(), "{fault:?}"),
            Ok(expr) => {
                let limits = Limits {
                    steps: 20_000,
                    memory: 1 << 20,
                };
                let scope = Scope {
                    facts: &facts,
                    bound: &bound,
                    host: &NoHost,
                    limits,
                };
                if let Err(trouble) = expr.eval(&scope) {
                    assert!(trouble.span().end <= text.len());
                }
            }
        }
    }
});
