//! The expression language on a small spec and message: what expressions give, what is wrong with others.
//!
//! `testdata/expr/spec.txt` is the spec, `facts.txt` the message; each line of `values.txt` and `faults.txt` is a
//! case, and the snapshots hold what becomes of it.

#[path = "expr/host.rs"]
mod host;

use std::fmt::Write;

use baowen::expr::{
    Env, Expr, Facts, Kind, Limits, NoHost, Presence, Scope, Shape, TroubleKind, Type, Value,
};
use baowen::finding::Lang;
use host::{Naming, Spec, World, checks, message};

/// Names in the order in which they are bound: the message, an absent value, two texts.
fn bind(env: &mut Env) {
    env.bind("this", Kind::Record(Shape(0)), Presence::Always);
    env.bind("maybe", Kind::Text, Presence::Maybe);
    env.bind("many", Kind::Text, Presence::Many);
}

fn with_env<T>(use_it: impl FnOnce(&mut Env, &std::cell::RefCell<Spec>) -> T) -> T {
    let spec = std::cell::RefCell::new(Spec::read(include_str!("expr/spec.txt")));
    let functions = checks();
    let mut shapes = Naming(&spec);
    let mut env = Env::new(&mut shapes)
        .with_tables(&World)
        .with_functions(&functions);
    bind(&mut env);
    use_it(&mut env, &spec)
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[test]
fn expressions_have_these_values() {
    let mut told = String::new();
    with_env(|env, spec| {
        let exprs: Vec<Expr> = lines(include_str!("expr/values.txt"))
            .map(|text| Expr::compile(text, env).unwrap_or_else(|fault| panic!("{text}: {fault}")))
            .collect();
        let (facts, this) = message(&spec.borrow(), include_str!("expr/facts.txt"));
        let bound = [
            Value::Record(this),
            Value::Optional(None),
            Value::List([Value::Text("a".into()), Value::Text("b".into())].into()),
        ];
        let scope = Scope {
            facts: &facts,
            bound: &bound,
            host: &World,
            limits: Limits::default(),
        };
        for expr in &exprs {
            let text = expr.text();
            let outcome = match expr.eval(&scope) {
                Ok(value) => host::words(&value),
                Err(trouble) => format!("! {trouble} in {:?}", &text[trouble.span()]),
            };
            writeln!(told, "{text}\n  {}: {outcome}", expr.kind()).unwrap();
        }
    });
    insta::assert_snapshot!("expr_values", told);
}

#[test]
fn faults_say_what_is_wrong() {
    let mut told = String::new();
    with_env(|env, _| {
        for text in lines(include_str!("expr/faults.txt")) {
            let Err(fault) = Expr::condition(text, env) else {
                panic!("no fault in {text}")
            };
            let span = &fault.span;
            let marked = format!(
                "{}⟦{}⟧{}",
                &text[..span.start],
                &text[span.clone()],
                &text[span.end..]
            );
            writeln!(
                told,
                "{marked}\n  {}\n  {}",
                fault.words(Lang::En),
                fault.words(Lang::Zh)
            )
            .unwrap();
        }
    });
    insta::assert_snapshot!("expr_faults", told);
}

#[test]
fn paths_and_presence_are_told() {
    let cases = [
        "has(this.voyage) && this.voyage == this.id",
        "this.consignment.exists(c, c.G_SG7.exists(g, g.qty > c.packages))",
        "this.consignment[0].consignee.name == this.id",
        "this.consignment.filter(c, has(c.weight)).map(c, c.weight).sum() > 3",
        "this.consignment.map(c, c.G_SG7).flatten().all(g, g.code != '')",
        "has(this.voyage) || has(this.consignor.country)",
        "(has(this.voyage) && this.total > 1) || (has(this.voyage) && this.total > 2)",
        "!(!has(this.voyage) || !has(this.consignor))",
        "this.voyage.hasValue() && maybe.hasValue()",
    ];
    let mut told = String::new();
    with_env(|env, _| {
        for text in cases {
            let expr = Expr::condition(text, env).unwrap();
            writeln!(told, "{text}").unwrap();
            for (what, paths) in [("reads", expr.paths()), ("has", expr.presence_facts())] {
                for path in paths {
                    let steps: Vec<String> = path
                        .steps
                        .iter()
                        .map(|step| match step.index {
                            Some(index) => format!(".{}[{index}]", step.name),
                            None if step.presence == Presence::Many => format!(".{}[]", step.name),
                            None => format!(".{}", step.name),
                        })
                        .collect();
                    writeln!(told, "  {what} {}{}", path.root.0, steps.concat()).unwrap();
                }
            }
        }
    });
    insta::assert_snapshot!("expr_paths", told);
}

#[test]
fn what_when_has_established_is_known() {
    with_env(|env, _| {
        let must = "this.voyage.startsWith('V') && this.consignor.name != ''";
        assert!(Expr::condition(must, env).is_err());
        let when = Expr::condition("has(this.voyage) && has(this.consignor)", env).unwrap();
        env.know(when.presence_facts());
        Expr::condition(must, env).unwrap();
        env.forget();
        assert!(Expr::condition(must, env).is_err());
        env.let_absent(true);
        let lenient = Expr::condition(must, env).unwrap();
        let facts = Facts::new();
        let trouble = lenient.holds(&Scope {
            facts: &facts,
            bound: &[],
            host: &NoHost,
            limits: Limits::default(),
        });
        assert_eq!(trouble.unwrap_err().kind, TroubleKind::Missing);
    });
}

#[test]
fn facts_follow_stack_discipline() {
    let mut facts = Facts::new();
    let root = facts.root(2);
    facts.value(root, 0, "first", Default::default());
    for turn in 1..=3 {
        let mark = facts.mark();
        let bytes = facts.bytes();
        let group = facts.open(root, 1, 1, Default::default());
        facts.value(group, 0, "held", Default::default());
        assert_eq!(facts.value(group, 0, "", Default::default()), None);
        assert_eq!((facts.occurrence(group), facts.seen(group, 0)), (turn, 2));
        assert_eq!(facts.children(root, 1).collect::<Vec<_>>(), [group]);
        facts.release(mark);
        assert_eq!((facts.bytes(), facts.first(root, 1)), (bytes, None));
    }
    // What stood before the mark is linked on.
    let kept = facts.open(root, 1, 0, Default::default());
    let mark = facts.mark();
    facts.open(root, 1, 0, Default::default());
    facts.open(root, 1, 0, Default::default());
    facts.release(mark);
    let next = facts.open(root, 1, 0, Default::default());
    assert_eq!(facts.children(root, 1).collect::<Vec<_>>(), [kept, next]);
    assert_eq!((facts.occurrence(kept), facts.occurrence(next)), (4, 7));
    // A slot that the record was not opened with takes nothing.
    let stray = facts.value(root, 9, "stray", Default::default()).unwrap();
    assert_eq!((facts.first(root, 9), facts.text(stray)), (None, "stray"));
}

#[test]
fn every_function_is_in_the_page() {
    let pages = [
        include_str!("../specs/rules/EXPRESSIONS.md"),
        include_str!("../specs/rules/EXPRESSIONS.zh-CN.md"),
    ];
    for name in baowen::expr::Functions::default().names() {
        let last = name.rsplit('.').next().unwrap();
        for page in pages {
            let found = ["`", "."].iter().any(|before| {
                ["`", "("]
                    .iter()
                    .any(|after| page.contains(&format!("{before}{last}{after}")))
            });
            assert!(
                found || page.contains(&format!("`{last} ")),
                "{name} is in no table"
            );
        }
    }
}

/// Evaluates with nothing bound but `n`, a list of a million whole numbers.
fn hostile(text: &str) -> Result<String, TroubleKind> {
    let mut shapes = baowen::expr::NoShapes;
    let mut env = Env::new(&mut shapes);
    env.bind_type("n", Type::List(Box::new(Type::Int)), Presence::Always);
    env.bind_type("any", Type::Any, Presence::Always);
    let expr = Expr::compile(text, &mut env).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    let facts = Facts::new();
    let bound = [
        Value::List((0..1_000_000).map(Value::Int).collect()),
        Value::Text("(a{1000}){1000}".into()),
    ];
    let value = expr.eval(&Scope {
        facts: &facts,
        bound: &bound,
        host: &NoHost,
        limits: Limits {
            steps: 4_000_000,
            memory: 8 << 20,
        },
    });
    value
        .map(|value| host::words(&value))
        .map_err(|trouble| trouble.kind)
}

#[test]
fn hostile_expressions_meet_their_limits() {
    let begin = std::time::Instant::now();
    assert_eq!(hostile("n.exists(x, x < 0)").as_deref(), Ok("false"));
    assert_eq!(
        hostile("n.all(x, n.exists(y, y == x + 1))"),
        Err(TroubleKind::Steps)
    );
    assert_eq!(
        hostile("n.map(x, 1).map(x, 1).map(x, 1).size()"),
        Err(TroubleKind::Memory)
    );
    assert_eq!(
        hostile(
            "n.map(x, 'aaaaaaaaaaaaaaaa' + string(x)).join('').size() > 0 && n.map(x, n).flatten().size() > 0"
        ),
        Err(TroubleKind::Memory)
    );
    let doubled = (0..40).fold("'a'".to_owned(), |text, _| {
        format!("cel.bind(x, {text}, x + x)")
    });
    assert_eq!(hostile(&doubled), Err(TroubleKind::Memory));
    let doubled = (0..40).fold("[1]".to_owned(), |text, _| {
        format!("cel.bind(x, {text}, [x, x])")
    });
    // Shared, and compared without walking all of it again and again.
    assert_eq!(
        hostile(&format!("{doubled} == {doubled}")),
        Err(TroubleKind::Steps)
    );
    assert_eq!(
        hostile("pad('', 9223372036854775807, 'x')"),
        Err(TroubleKind::Memory)
    );
    assert_eq!(
        hostile("lists.range(9223372036854775807).size()"),
        Err(TroubleKind::Memory)
    );
    assert_eq!(
        hostile("'aaaaaaaaaa'.replace('', pad('', 9000000, 'x'))"),
        Err(TroubleKind::Memory)
    );
    assert_eq!(hostile("'a'.matches(any)"), Err(TroubleKind::Pattern));
    assert_eq!(
        hostile("n.all(x, 'a'.matches(string(x)) || true)"),
        Err(TroubleKind::Steps)
    );
    assert_eq!(
        hostile("1 / (n.size() - 1000000)"),
        Err(TroubleKind::DivisionByZero)
    );
    assert_eq!(hostile("any + 1"), Err(TroubleKind::NoOverload));
    assert_eq!(
        hostile("'%.101f'.format([1.0])"),
        Err(TroubleKind::BadArgument)
    );
    assert_eq!(hostile("n[1000000]"), Err(TroubleKind::Missing));
    assert!(begin.elapsed().as_secs() < 30);
}

#[test]
fn hostile_texts_are_faults() {
    let texts = [
        "(".repeat(5_000),
        "[".repeat(900),
        "!".repeat(900),
        vec!["1"; 990].join("+"),
        format!("this{}", ".a".repeat(900)),
        format!("this{}", "[0]".repeat(900)),
        vec!["a?b"; 300].join(":"),
        "\0\u{feff}'\u{202e}".to_owned(),
        "x".repeat(40_000),
        "\"\\".to_owned(),
        "`".to_owned(),
        "a.`".to_owned(),
        "1u8".to_owned(),
        "99999999999999999999".to_owned(),
        "'\\ud800'".to_owned(),
        "1e999999999999".to_owned(),
        "1.5e-999999999999".to_owned(),
        "cel.bind(1, 2, 3)".to_owned(),
        "[1].map(x.y, 1)".to_owned(),
        "has(1)".to_owned(),
        "[1].exists(x)".to_owned(),
        String::new(),
    ];
    for text in texts {
        let mut shapes = baowen::expr::NoShapes;
        let fault = Expr::compile(&text, &mut Env::new(&mut shapes)).expect_err(&text);
        assert!(text.get(fault.span.clone()).is_some(), "{text}: {fault:?}");
    }
}
