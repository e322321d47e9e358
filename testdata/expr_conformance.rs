//! Conformance cases of CEL through plain mode, beside the interpreter of the `cel` crate.

use std::collections::BTreeMap;
use std::sync::Arc;

use baowen::expr::{Env, Expr, Facts, Limits, NoHost, NoShapes, Presence, Scope, Type, Value};

struct Case {
    name: &'static str,
    expr: String,
    bindings: Vec<(String, String)>,
    result: String,
}

fn cases() -> Vec<Case> {
    let unquoted = |column: &str| serde_json::from_str::<String>(column).unwrap();
    include_str!("expr/conformance.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let [name, expr, bindings, result] = columns[..] else {
                panic!("{line}")
            };
            let bindings = unquoted(bindings);
            let bindings = bindings.split(" ;; ").filter(|binding| !binding.is_empty());
            Case {
                name,
                expr: unquoted(expr),
                bindings: bindings
                    .map(|binding| {
                        let (name, value) = binding.split_once('=').unwrap();
                        (name.to_owned(), value.to_owned())
                    })
                    .collect(),
                result: unquoted(result),
            }
        })
        .collect()
}

/// A value in words that tell types apart.
fn words(value: &Value) -> String {
    match value {
        Value::List(values) => {
            let words: Vec<String> = values.iter().map(words).collect();
            format!("[{}]", words.join(", "))
        }
        Value::Map(entries) => {
            let sorted: BTreeMap<String, String> = entries
                .iter()
                .map(|(key, value)| (words(key), words(value)))
                .collect();
            format!("{sorted:?}")
        }
        Value::Optional(value) => format!("optional({:?})", value.as_deref().map(words)),
        Value::Text(text) => format!("text {text:?}"),
        Value::Bytes(bytes) => format!("bytes {bytes:?}"),
        Value::Type(name) => format!("type {name}"),
        value => format!("{value:?}"),
    }
}

fn ours(case: &Case) -> Result<String, String> {
    let facts = Facts::new();
    let constant = |text: &str| -> Result<String, String> { run(text, &[], &facts) };
    let result = run(&case.expr, &case.bindings, &facts);
    if case.result == "!" {
        return match result {
            Err(_) => Ok(String::new()),
            Ok(value) => Err(format!("{value} where an error is expected")),
        };
    }
    let wanted = match case.result.strip_prefix("type ") {
        Some(name) => format!("type {name}"),
        None => constant(&case.result)?,
    };
    let value = result?;
    if value == wanted {
        Ok(value)
    } else {
        Err(format!("{value} where {wanted} is expected"))
    }
}

fn run(text: &str, bindings: &[(String, String)], facts: &Facts) -> Result<String, String> {
    let mut shapes = NoShapes;
    let values: Vec<Expr> = bindings
        .iter()
        .map(|(_, value)| {
            Expr::compile(value, &mut Env::new(&mut shapes).plain()).map_err(|f| f.to_string())
        })
        .collect::<Result<_, _>>()?;
    let scope = |bound| Scope {
        facts,
        bound,
        host: &NoHost,
        limits: Limits::default(),
    };
    let values: Vec<Value> = values
        .iter()
        .map(|value| value.eval(&scope(&[])).map_err(|t| t.to_string()))
        .collect::<Result<_, _>>()?;
    let mut env = Env::new(&mut shapes).plain();
    for (name, _) in bindings {
        env.bind_type(name, Type::Any, Presence::Always);
    }
    let expr = Expr::compile(text, &mut env).map_err(|fault| format!("fault: {fault}"))?;
    match expr.eval(&Scope {
        facts,
        bound: &values,
        host: &NoHost,
        limits: Limits::default(),
    }) {
        Ok(value) => Ok(words(&value)),
        Err(trouble) => Err(format!("trouble: {trouble}")),
    }
}

fn theirs(case: &Case, extensions: bool) -> bool {
    let mut env = cel::Env::stdlib().with_optional_support(true);
    if extensions {
        env.add_extension(cel::extensions::lists).unwrap();
        env.add_extension(cel::extensions::math).unwrap();
        env.add_extension(cel::extensions::strings).unwrap();
        env.add_extension(cel::extensions::encoders).unwrap();
    }
    let env = Arc::new(env);
    let run = |text: &str, bindings: &[(String, String)]| {
        let mut context = cel::Context::with_env(env.clone());
        for (name, value) in bindings {
            let value = env
                .compile(value)
                .ok()?
                .execute(&cel::Context::with_env(env.clone()))
                .ok()?;
            context.add_variable_from_value(name.clone(), value);
        }
        env.compile(text).ok()?.execute(&context).ok()
    };
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let value = run(&case.expr, &case.bindings);
        if case.result == "!" {
            return value.is_none();
        }
        let wanted = run(case.result.trim_start_matches("type "), &[]);
        match (value, wanted) {
            (Some(value), Some(wanted)) => {
                value.type_of().to_string() == wanted.type_of().to_string()
                    && (value == wanted || format!("{value:?}") == format!("{wanted:?}"))
            }
            _ => false,
        }
    }));
    outcome.unwrap_or(false)
}

/// Where we differ on purpose: zones are distances from UTC, and differences of times as long as the calendar.
const DIFFERENT: [&str; 7] = [
    "timestamps/timestamp_selectors_tz/getDate",
    "timestamps/timestamp_selectors_tz/getDayOfMonth_name_pos",
    "timestamps/timestamp_selectors_tz/getDayOfMonth_name_neg",
    "timestamps/timestamp_selectors_tz/getDayOfYear",
    "timestamps/timestamp_selectors_tz/getMinutes",
    "timestamps/timestamp_range/sub_time_duration_over",
    "timestamps/timestamp_range/sub_time_duration_under",
];

#[test]
fn as_many_cases_as_the_crate() {
    std::panic::set_hook(Box::new(|_| {}));
    let cases = cases();
    let mut suites: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut behind = Vec::new();
    for case in &cases {
        let suite = suites
            .entry(case.name.split('/').next().unwrap())
            .or_default();
        let result = ours(case);
        let (plain, extended) = (theirs(case, false), theirs(case, true));
        suite[0] += 1;
        suite[1] += usize::from(result.is_ok());
        suite[2] += usize::from(plain);
        suite[3] += usize::from(extended);
        if let Err(why) = result {
            behind.push((case.name, why));
        }
    }
    let _ = std::panic::take_hook();
    let mut table = format!(
        "{:<18}{:>6}{:>6}{:>6}{:>8}\n",
        "suite", "cases", "ours", "cel", "cel+ext"
    );
    let mut sum = [0; 4];
    for (suite, counts) in &suites {
        let [all, ours, plain, extended] = counts;
        table += &format!("{suite:<18}{all:>6}{ours:>6}{plain:>6}{extended:>8}\n");
        sum.iter_mut()
            .zip(counts)
            .for_each(|(sum, count)| *sum += count);
    }
    let [all, ours, plain, extended] = sum;
    table += &format!("{:<18}{all:>6}{ours:>6}{plain:>6}{extended:>8}\n", "all");
    println!("{table}");
    let names: Vec<&str> = behind.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, DIFFERENT, "{behind:#?}");
    assert!(
        ours >= plain && ours >= extended,
        "{ours} of {all}; the crate has {plain}, {extended} with its extensions"
    );
}
