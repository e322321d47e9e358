//! Generated expressions without decimals: our evaluator, plain and typed, equals the interpreter of the `cel` crate.

use std::fmt::Debug;

use baowen::expr::{Env, Expr, Facts, Limits, NoHost, NoShapes, Presence, Scope, Type, Value};
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest::test_runner::TestRunner;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Of {
    Bool,
    Int,
    Text,
    Ints,
    Texts,
}

/// Expressions of a type; `vars` of whole numbers and `words` of text are in scope.
fn expr(of: Of, depth: u32) -> BoxedStrategy<String> {
    let leaf: BoxedStrategy<String> = match of {
        Of::Bool => prop_oneof![Just("true"), Just("false"), Just("b")]
            .prop_map(str::to_owned)
            .boxed(),
        Of::Int => prop_oneof![
            (-4i64..12).prop_map(|number| if number < 0 {
                format!("({number})")
            } else {
                number.to_string()
            }),
            Just("n".to_owned()),
            Just("9223372036854775807".to_owned()),
            Just("(-9223372036854775808)".to_owned()),
        ]
        .boxed(),
        Of::Text => prop_oneof![
            "[ab报1]{0,3}".prop_map(|text| format!("'{text}'")),
            Just("s".to_owned()),
        ]
        .boxed(),
        Of::Ints => prop_oneof![Just("[]"), Just("l"), Just("[1, 2, 3]"), Just("[0, -1]")]
            .prop_map(str::to_owned)
            .boxed(),
        Of::Texts => prop_oneof![Just("['a', 'b']"), Just("['']"), Just("[s]")]
            .prop_map(str::to_owned)
            .boxed(),
    };
    if depth == 0 {
        return leaf;
    }
    let sub = |of| expr(of, depth - 1);
    let two = |of, operators: &'static [&'static str]| {
        (sub(of), proptest::sample::select(operators), sub(of))
            .prop_map(|(a, op, b)| format!("({a} {op} {b})"))
    };
    let cond =
        |of| (sub(Of::Bool), sub(of), sub(of)).prop_map(|(c, a, b)| format!("({c} ? {a} : {b})"));
    let mut all: Vec<BoxedStrategy<String>> = vec![leaf, cond(of).boxed()];
    // The body of a loop is built on its variable.
    let over = |list: Of, what: &'static str, body: BoxedStrategy<String>| {
        (sub(list), body)
            .prop_map(move |(list, body)| format!("{list}.{what}(x, {body})"))
            .boxed()
    };
    let x_test = prop_oneof![
        Just("x > 1"),
        Just("x == n"),
        Just("n / x > 0"),
        Just("x in l"),
        Just("x % 2 == 0")
    ];
    let x_test = x_test.prop_map(str::to_owned);
    let mixed = (x_test, prop_oneof![Just("&&"), Just("||")], sub(Of::Bool))
        .prop_map(|(a, op, b)| format!("{a} {op} {b}"));
    let mixed = mixed.boxed();
    match of {
        Of::Bool => {
            all.push(two(Of::Bool, &["&&", "||", "==", "!="]).boxed());
            all.push(two(Of::Int, &["==", "!=", "<", "<=", ">", ">="]).boxed());
            all.push(two(Of::Text, &["==", "!=", "<", "<=", ">", ">="]).boxed());
            all.push(two(Of::Ints, &["==", "!="]).boxed());
            all.push(sub(Of::Bool).prop_map(|a| format!("!{a}")).boxed());
            all.push(
                (sub(Of::Int), sub(Of::Ints))
                    .prop_map(|(a, l)| format!("({a} in {l})"))
                    .boxed(),
            );
            all.push(
                (sub(Of::Text), sub(Of::Texts))
                    .prop_map(|(a, l)| format!("({a} in {l})"))
                    .boxed(),
            );
            let test = prop_oneof![Just("startsWith"), Just("endsWith"), Just("contains")];
            all.push(
                (sub(Of::Text), test, sub(Of::Text))
                    .prop_map(|(a, f, b)| format!("{a}.{f}({b})"))
                    .boxed(),
            );
            for what in ["all", "exists", "exists_one"] {
                all.push(over(Of::Ints, what, mixed.clone()));
            }
        }
        Of::Int => {
            all.push(two(Of::Int, &["+", "-", "*", "/", "%"]).boxed());
            all.push(sub(Of::Int).prop_map(|a| format!("(-{a})")).boxed());
            all.push(sub(Of::Text).prop_map(|a| format!("size({a})")).boxed());
            all.push(sub(Of::Ints).prop_map(|a| format!("{a}.size()")).boxed());
            all.push(
                (sub(Of::Ints), sub(Of::Int))
                    .prop_map(|(l, a)| format!("{l}[{a}]"))
                    .boxed(),
            );
            all.push(sub(Of::Text).prop_map(|a| format!("int({a})")).boxed());
        }
        Of::Text => {
            all.push(two(Of::Text, &["+"]).boxed());
            all.push(sub(Of::Int).prop_map(|a| format!("string({a})")).boxed());
            all.push(
                (sub(Of::Texts), sub(Of::Int))
                    .prop_map(|(l, a)| format!("{l}[{a}]"))
                    .boxed(),
            );
        }
        Of::Ints => {
            all.push(two(Of::Ints, &["+"]).boxed());
            all.push(over(Of::Ints, "filter", mixed));
            all.push(over(Of::Ints, "map", Just("x + 1".to_owned()).boxed()));
            all.push(over(Of::Texts, "map", Just("size(x)".to_owned()).boxed()));
            all.push(
                (sub(Of::Int), sub(Of::Int))
                    .prop_map(|(a, b)| format!("[{a}, {b}]"))
                    .boxed(),
            );
        }
        Of::Texts => {
            all.push(two(Of::Texts, &["+"]).boxed());
            all.push(
                (sub(Of::Text), sub(Of::Text))
                    .prop_map(|(a, b)| format!("[{a}, {b}]"))
                    .boxed(),
            );
        }
    }
    Union::new(all).boxed()
}

fn any_expr() -> BoxedStrategy<String> {
    let kinds = [Of::Bool, Of::Int, Of::Text, Of::Ints, Of::Texts];
    Union::new(kinds.map(|of| expr(of, 3))).boxed()
}

fn ours(text: &str, n: i64, s: &str, plain: bool) -> Option<String> {
    let mut shapes = NoShapes;
    let mut env = Env::new(&mut shapes);
    if plain {
        env = env.plain();
    }
    env.bind_type("n", Type::Int, Presence::Always);
    env.bind_type("s", Type::Text, Presence::Always);
    env.bind_type("b", Type::Bool, Presence::Always);
    env.bind_type("l", Type::List(Box::new(Type::Int)), Presence::Always);
    let expr = Expr::compile(text, &mut env).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    let facts = Facts::new();
    let bound = [
        Value::Int(n),
        Value::Text(s.into()),
        Value::Bool(true),
        Value::List([2, 0, 5].map(Value::Int).into()),
    ];
    let value = expr.eval(&Scope {
        facts: &facts,
        bound: &bound,
        host: &NoHost,
        limits: Limits::default(),
    });
    value.ok().map(|value| words(&value))
}

fn words(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::List(values) => format!("{:?}", values.iter().map(words).collect::<Vec<_>>()),
        value => value.to_text().unwrap().into_owned(),
    }
}

fn theirs(text: &str, n: i64, s: &str) -> Option<String> {
    fn words(value: &cel::Value) -> String {
        match value {
            cel::Value::Bool(value) => value.to_string(),
            cel::Value::Int(value) => value.to_string(),
            cel::Value::String(text) => format!("{text:?}"),
            cel::Value::List(values) => {
                format!("{:?}", values.iter().map(words).collect::<Vec<_>>())
            }
            value => panic!("{value:?}"),
        }
    }
    let program = cel::Program::compile(text).unwrap();
    let mut context = cel::Context::default();
    context.add_variable_from_value("n", n);
    context.add_variable_from_value("s", s);
    context.add_variable_from_value("b", true);
    context.add_variable_from_value("l", vec![2i64, 0, 5]);
    program.execute(&context).ok().as_ref().map(words)
}

fn same(
    case: &impl Debug,
    ours: Option<String>,
    theirs: &Option<String>,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(&ours, theirs, "{:?}", case);
    Ok(())
}

#[test]
fn generated_expressions_have_the_same_value() {
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 1_500,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let valued = std::cell::Cell::new(0);
    let cases = (any_expr(), -3i64..4, "[ab1]{0,2}");
    let outcome = runner.run(&cases, |(text, n, s)| {
        let wanted = theirs(&text, n, &s);
        valued.set(valued.get() + u32::from(wanted.is_some()));
        same(&(&text, n, &s, "plain"), ours(&text, n, &s, true), &wanted)?;
        same(&(&text, n, &s, "typed"), ours(&text, n, &s, false), &wanted)
    });
    outcome.unwrap();
    // Errors alone would prove little.
    assert!(valued.get() > 600, "{valued:?}");
}

/// Any text: no panic, and a fault that lies within it.
fn told(text: &str) {
    let mut shapes = NoShapes;
    let mut env = Env::new(&mut shapes);
    env.bind_type("a", Type::Any, Presence::Always);
    if let Err(fault) = Expr::compile(text, &mut env) {
        assert!(text.get(fault.span.clone()).is_some(), "{text:?} {fault:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in "([a-c1-3 .,()\\[\\]{}+*/<>=!&|?:'\"`@报-]|has\\(|\\.map\\(|\\.all\\(a, |in |r'|\\\\|0x|1u|\\.\\?|\\[\\?|cel\\.bind\\(a, ){0,20}") {
        told(&text);
    }
}
