//! Expressions: a rule of five conditions over a record, beside the interpreter of the `cel` crate; compiling it.

use std::collections::HashMap;
use std::hint::black_box;

use baowen::expr::{
    Env, Expr, Facts, Field, Kind, Limits, NoHost, Presence, Scope, Shape, Shapes, Value,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const RULE: &str = "this.code == '380' && this.qty > 0 && this.unit in ['KGM', 'TNE', 'PCE'] \
                    && this.gross >= this.net && has(this.note)";

/// Reads two lists: the goods of a consignment against its packages.
const LOOP: &str = "this.goods.all(g, g.qty > 0) && this.goods.map(g, g.qty).sum() == this.qty";

/// One record with goods inside; a slot is the place of a name.
struct Goods;

const NAMES: [&str; 7] = ["code", "qty", "unit", "gross", "net", "note", "goods"];

impl Shapes for Goods {
    fn field(&mut self, of: Shape, name: &str) -> Option<Field> {
        let slot = NAMES.iter().position(|known| *known == name)?;
        let kind = match name {
            "qty" | "gross" | "net" => Kind::Number,
            "goods" => Kind::Record(Shape(of.0 + 1)),
            _ => Kind::Text,
        };
        let presence = match name {
            "note" => Presence::Maybe,
            "goods" => Presence::Many,
            _ => Presence::Always,
        };
        Some(Field::new(slot as u32, kind, presence))
    }

    fn names(&self, _: Shape) -> Vec<String> {
        NAMES.map(str::to_owned).to_vec()
    }

    fn label(&self, _: Shape) -> String {
        "goods".to_owned()
    }
}

fn compile(text: &str) -> Expr {
    let mut shapes = Goods;
    let mut env = Env::new(&mut shapes);
    env.bind("this", Kind::Record(Shape(0)), Presence::Always);
    Expr::condition(text, &mut env).unwrap_or_else(|fault| panic!("{fault}"))
}

fn theirs() -> cel::Context<'static, 'static> {
    let text = |text: &str| cel::Value::from(text.to_owned());
    let record: HashMap<String, cel::Value> = [
        ("code", text("380")),
        ("qty", cel::Value::Int(6000)),
        ("unit", text("TNE")),
        ("gross", cel::Value::Int(12_050)),
        ("net", cel::Value::Int(11_925)),
        ("note", text("fragile")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let goods: Vec<HashMap<String, cel::Value>> = (0..100)
        .map(|_| HashMap::from([("qty".to_owned(), cel::Value::Int(60))]))
        .collect();
    let mut record = record;
    record.insert("goods".to_owned(), goods.into());
    let mut context = cel::Context::default();
    context.add_variable_from_value("this", record);
    context
}

fn expressions(criterion: &mut Criterion) {
    let mut facts = Facts::new();
    let this = facts.root(NAMES.len() as u32);
    for (slot, text) in ["380", "6000", "TNE", "120.50", "119.250", "fragile"]
        .iter()
        .enumerate()
    {
        facts.value(this, slot as u32, text, Default::default());
    }
    for _ in 0..100 {
        let goods = facts.open(this, 6, NAMES.len() as u32, Default::default());
        facts.value(goods, 1, "60", Default::default());
    }
    let bound = [Value::Record(this)];
    let scope = Scope {
        facts: &facts,
        bound: &bound,
        host: &NoHost,
        limits: Limits::default(),
    };
    let context = theirs();
    let mut group = criterion.benchmark_group("expr");
    group.throughput(Throughput::Elements(1));
    let (ours, other) = (compile(RULE), cel::Program::compile(RULE).unwrap());
    assert_eq!(ours.holds(&scope), Ok(true));
    assert_eq!(other.execute(&context), Ok(cel::Value::Bool(true)));
    group.bench_function("five conditions/baowen", |bench| {
        bench.iter(|| black_box(&ours).holds(black_box(&scope)));
    });
    group.bench_function("five conditions/cel", |bench| {
        bench.iter(|| black_box(&other).execute(black_box(&context)));
    });
    let (ours, other) = (
        compile(LOOP),
        "this.goods.all(g, g.qty > 0) && this.goods.map(g, g.qty).size() == 100",
    );
    let other = cel::Program::compile(other).unwrap();
    assert_eq!(ours.holds(&scope), Ok(true));
    assert_eq!(other.execute(&context), Ok(cel::Value::Bool(true)));
    group.bench_function("a hundred goods/baowen", |bench| {
        bench.iter(|| black_box(&ours).holds(black_box(&scope)));
    });
    group.bench_function("a hundred goods/cel, without the sum", |bench| {
        bench.iter(|| black_box(&other).execute(black_box(&context)));
    });
    group.bench_function("compile", |bench| bench.iter(|| compile(black_box(RULE))));
    group.finish();
}

criterion_group!(benches, expressions);
criterion_main!(benches);
