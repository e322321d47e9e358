//! Operators: which types they take, and the operation that is quickest for them.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr as Ast, operators as names};

use super::compile::{Compiled, Compiler, Place, Typed};
use super::op::{Arithmetic, Leaf, Node, Op, Relation};
use super::{Fault, Number, Type, Value};

/// Whether a value of this type is a number.
pub(super) const fn numeric(of: &Type) -> bool {
    matches!(of, Type::Int | Type::Uint | Type::Double | Type::Number)
}

/// The type of a value that is of one type or of another.
pub(super) fn joined(a: &Type, b: &Type) -> Type {
    match (a, b) {
        (a, b) if a == b => a.clone(),
        (Type::Number, Type::Int | Type::Uint) | (Type::Int | Type::Uint, Type::Number) => {
            Type::Number
        }
        (Type::Optional(a), Type::Optional(b)) => Type::Optional(Box::new(joined(a, b))),
        (Type::List(a), Type::List(b)) => Type::List(Box::new(joined(a, b))),
        (Type::Map(a, c), Type::Map(b, d)) => {
            Type::Map(Box::new(joined(a, b)), Box::new(joined(c, d)))
        }
        _ => Type::Any,
    }
}

/// Whether values of two types can be equal.
pub(super) fn comparable(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Any | Type::Null, _) | (_, Type::Any | Type::Null) => true,
        (Type::Double, Type::Number) | (Type::Number, Type::Double) => false,
        (Type::Loose, other) | (other, Type::Loose) => {
            numeric(other) || matches!(other, Type::Text | Type::Loose)
        }
        (a, b) if numeric(a) && numeric(b) => true,
        (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => comparable(a, b),
        (Type::Map(a, c), Type::Map(b, d)) => comparable(a, b) && comparable(c, d),
        (a, b) => a == b,
    }
}

fn ordered(a: &Type, b: &Type) -> bool {
    let one = |of: &Type| {
        numeric(of)
            || matches!(
                of,
                Type::Any
                    | Type::Loose
                    | Type::Text
                    | Type::Bool
                    | Type::Bytes
                    | Type::Moment
                    | Type::Period
            )
    };
    one(a) && one(b) && comparable(a, b)
}

impl Compiler<'_, '_> {
    pub(super) fn call(&mut self, call: &CallExpr, span: (u32, u32)) -> Compiled {
        let args = &call.args;
        let relation = match call.func_name.as_str() {
            names::EQUALS => Some(Relation::Equal),
            names::NOT_EQUALS => Some(Relation::NotEqual),
            names::LESS => Some(Relation::Less),
            names::LESS_EQUALS => Some(Relation::LessEqual),
            names::GREATER => Some(Relation::Greater),
            names::GREATER_EQUALS => Some(Relation::GreaterEqual),
            _ => None,
        };
        let arithmetic = match call.func_name.as_str() {
            names::ADD => Some(Arithmetic::Add),
            names::SUBSTRACT => Some(Arithmetic::Subtract),
            names::MULTIPLY => Some(Arithmetic::Multiply),
            names::DIVIDE => Some(Arithmetic::Divide),
            names::MODULO => Some(Arithmetic::Remainder),
            _ => None,
        };
        match (call.func_name.as_str(), args.as_slice()) {
            (_, [left, right]) if relation.is_some() && call.target.is_none() => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.compare(relation.unwrap_or(Relation::Equal), left, right, span)
            }
            (_, [left, right]) if arithmetic.is_some() && call.target.is_none() => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.arithmetic(arithmetic.unwrap_or(Arithmetic::Add), left, right, span)
            }
            (names::LOGICAL_AND, [left, right]) => self.both(left, right),
            (names::LOGICAL_OR, [left, right]) => self.either(left, right),
            (names::LOGICAL_NOT, [of]) => {
                let of = self.truth(of)?;
                let span = (span.0, of.node.end);
                let mut typed = Typed::new(self.node(Op::Not(Box::new(of.node)), span), Type::Bool);
                (typed.yes, typed.no) = (of.no, of.yes);
                Ok(typed)
            }
            (names::CONDITIONAL, [test, yes, no]) => self.conditional(test, yes, no),
            (names::NEGATE, [of]) => self.minus(of, span),
            (names::IN, [of, list]) => self.within(of, list, span),
            (names::INDEX, [of, index]) => self.index(of, index, span),
            (names::OPT_INDEX, [of, index]) => {
                let mut typed = self.index(of, index, span)?;
                typed.node.op = match typed.node.op {
                    Op::Index(pair) => {
                        typed.of = match typed.of {
                            Type::Optional(of) => Type::Optional(of),
                            of => Type::Optional(Box::new(of)),
                        };
                        Op::IndexPerhaps(pair)
                    }
                    op => {
                        typed.optional = true;
                        op
                    }
                };
                Ok(typed)
            }
            (names::OPT_SELECT, [of, name]) => {
                let Ast::Literal(cel::common::ast::LiteralValue::String(name)) = &name.expr else {
                    return Err(self.fault(span, "a field name is expected", "应为字段名"));
                };
                let name = self.names.original(name.inner());
                self.optional_field(of, name, span)
            }
            _ => self.function(call, span),
        }
    }

    fn optional_field(&mut self, of: &IdedExpr, name: &str, span: (u32, u32)) -> Compiled {
        let of = self.place(of)?;
        if matches!(of.of, Type::Record(_))
            || of.beside.is_some() && !matches!(of.of, Type::List(_))
        {
            let mut typed = self.field(of, name, span)?;
            typed.optional = true;
            return Ok(typed);
        }
        let mut typed = self.field(of, name, span)?;
        if let Op::Field(of, name) = typed.node.op {
            typed.node.op = Op::FieldPerhaps(of, name);
            typed.of = Type::Optional(Box::new(typed.of));
        }
        Ok(typed)
    }

    /// A value that has to be true or false.
    pub(super) fn truth(&mut self, expr: &IdedExpr) -> Compiled {
        let typed = self.value(expr)?;
        match typed.of {
            Type::Bool | Type::Any => Ok(typed),
            _ if self.env.plain => Ok(typed),
            ref other => {
                let mut fault = self.fault(
                    typed.span(),
                    format!("{} is {other}", self.words(typed.span())),
                    format!("{} 为 {other}", self.words(typed.span())),
                );
                fault.expected = Some(Type::Bool.to_string());
                Err(fault)
            }
        }
    }

    fn both(&mut self, left: &IdedExpr, right: &IdedExpr) -> Compiled {
        let left = self.truth(left)?;
        self.known.extend_from_slice(&left.yes);
        let right = self.truth(right)?;
        let span = (left.node.start, right.node.end);
        let pair = Box::new([left.node, right.node]);
        let mut typed = Typed::new(self.node(Op::And(pair), span), Type::Bool);
        typed.yes = union(left.yes, right.yes);
        typed.no = common(&left.no, &right.no);
        Ok(typed)
    }

    fn either(&mut self, left: &IdedExpr, right: &IdedExpr) -> Compiled {
        let left = self.truth(left)?;
        self.known.extend_from_slice(&left.no);
        let right = self.truth(right)?;
        let span = (left.node.start, right.node.end);
        let pair = Box::new([left.node, right.node]);
        let mut typed = Typed::new(self.node(Op::Or(pair), span), Type::Bool);
        typed.yes = common(&left.yes, &right.yes);
        typed.no = union(left.no, right.no);
        Ok(typed)
    }

    fn conditional(&mut self, test: &IdedExpr, yes: &IdedExpr, no: &IdedExpr) -> Compiled {
        let test = self.truth(test)?;
        let known = self.known.len();
        self.known.extend_from_slice(&test.yes);
        let yes = self.value(yes)?;
        self.known.truncate(known);
        self.known.extend_from_slice(&test.no);
        let no = self.value(no)?;
        self.known.truncate(known);
        let span = (test.node.start, no.node.end);
        let of = joined(&yes.of, &no.of);
        let mut typed = Typed::new(
            self.node(Op::If(Box::new([test.node, yes.node, no.node])), span),
            of,
        );
        typed.yes = common(
            &union(test.yes.clone(), yes.yes),
            &union(test.no.clone(), no.yes),
        );
        typed.no = common(&union(test.yes, yes.no), &union(test.no, no.no));
        Ok(typed)
    }

    /// Text whose use makes it a number.
    pub(super) fn as_number(&self, typed: Typed) -> Node {
        let Node { op, start, end } = typed.node;
        let op = match (typed.of, op) {
            (Type::Loose, Op::Read(mut read)) => {
                read.leaf = Leaf::Number;
                Op::Read(read)
            }
            (Type::Loose | Type::Any, op) => Op::AsNumber(Box::new(Node { op, start, end })),
            (_, Op::Const(Value::Int(value))) => Op::Const(Value::Number(Number::from_int(value))),
            (_, op) => op,
        };
        Node { op, start, end }
    }

    /// What is read as a number or either way, as the text that it is.
    pub(super) fn as_text(&self, typed: Typed) -> Node {
        let Node { op, start, end } = typed.node;
        let op = match (typed.of, op) {
            (Type::Loose | Type::Number, Op::Read(mut read)) => {
                read.leaf = Leaf::Text;
                Op::Read(read)
            }
            (Type::Loose, op) => Op::AsText(Box::new(Node { op, start, end })),
            (_, op) => op,
        };
        Node { op, start, end }
    }

    fn compare(
        &mut self,
        relation: Relation,
        left: Typed,
        right: Typed,
        token: (u32, u32),
    ) -> Compiled {
        let span = (left.node.start, right.node.end);
        let fits = if relation.is_equality() {
            comparable(&left.of, &right.of)
        } else {
            ordered(&left.of, &right.of)
        };
        if !fits && !self.env.plain {
            return Err(self.mismatch(&left, &right, token));
        }
        if (&left.of, &right.of) == (&Type::Loose, &Type::Loose) && !relation.is_equality() {
            return Err(self.ambiguous(&left, &right));
        }
        let op = match (&left.of, &right.of) {
            (a, b) if self.exact(a, b) => {
                let pair = [self.as_number(left), self.as_number(right)];
                numbers(relation, pair)
            }
            (Type::Text | Type::Loose, Type::Text | Type::Loose) if relation.is_equality() => {
                let pair = [self.as_text(left), self.as_text(right)];
                texts(relation == Relation::Equal, pair)
            }
            (Type::Text | Type::Loose, Type::Text | Type::Loose) => Op::Compare(
                relation,
                Box::new([self.as_text(left), self.as_text(right)]),
            ),
            _ => Op::Compare(relation, Box::new([left.node, right.node])),
        };
        Ok(Typed::new(self.node(op, span), Type::Bool))
    }

    /// Whether two values are compared or computed as exact decimals.
    fn exact(&self, a: &Type, b: &Type) -> bool {
        let one = |a: &Type, b: &Type| {
            matches!(a, Type::Number)
                && matches!(b, Type::Int | Type::Uint | Type::Number | Type::Loose)
                || matches!(a, Type::Loose) && matches!(b, Type::Int | Type::Uint | Type::Number)
        };
        one(a, b) || one(b, a)
    }

    pub(super) fn mismatch(&self, left: &Typed, right: &Typed, token: (u32, u32)) -> Fault {
        let span = (left.node.start, right.node.end);
        let operator = self.words(token);
        let advice = match (&left.of, &right.of) {
            (Type::Optional(_), _) | (_, Type::Optional(_)) => (
                "; an optional value needs orValue(..)",
                "；可选值须用 orValue(..)",
            ),
            (Type::Text, other) | (other, Type::Text) if numeric(other) => (
                "; write the number in quotes, or decimal(text), or string(number)",
                "；数字加引号，或用 decimal(文本)、string(数)",
            ),
            (Type::Double, Type::Number) | (Type::Number, Type::Double) => {
                ("; use decimal(..)", "；请用 decimal(..)")
            }
            _ => ("", ""),
        };
        self.fault(
            span,
            format!(
                "{operator} does not take {} and {}{}",
                left.of, right.of, advice.0
            ),
            format!(
                "{operator} 不适用于 {} 与 {}{}",
                left.of, right.of, advice.1
            ),
        )
    }

    fn ambiguous(&self, left: &Typed, right: &Typed) -> Fault {
        self.fault(
            (left.node.start, right.node.end),
            "the spec does not say whether these are texts or numbers: write decimal(..) or string(..)",
            "规范未说明二者是文本还是数：请写 decimal(..) 或 string(..)",
        )
    }

    fn arithmetic(
        &mut self,
        of: Arithmetic,
        left: Typed,
        right: Typed,
        token: (u32, u32),
    ) -> Compiled {
        let span = (left.node.start, right.node.end);
        let result = self.result(of, &left.of, &right.of);
        let exact = self.exact(&left.of, &right.of);
        if of == Arithmetic::Divide && exact && !self.env.plain {
            let mut fault = self.fault(
                span,
                "/ does not say how a decimal is rounded",
                "小数的 / 未说明如何舍入",
            );
            fault.expected = Some(format!(
                "div({}, {}, 2, \"half-up\")",
                self.words(left.span()),
                self.words(right.span())
            ));
            return Err(fault);
        }
        let Some(result) = result else {
            if (&left.of, &right.of) == (&Type::Loose, &Type::Loose) {
                return Err(self.ambiguous(&left, &right));
            }
            return Err(self.mismatch(&left, &right, token));
        };
        let pair = match result {
            Type::Number if exact => [self.as_number(left), self.as_number(right)],
            Type::Text => [self.as_text(left), self.as_text(right)],
            _ => [left.node, right.node],
        };
        Ok(Typed::new(
            self.node(Op::Arithmetic(of, Box::new(pair)), span),
            result,
        ))
    }

    /// The type of what an operator makes; `None` where it does not take these.
    fn result(&self, of: Arithmetic, left: &Type, right: &Type) -> Option<Type> {
        use Arithmetic::{Add, Divide, Remainder, Subtract};
        Some(match (left, right) {
            (Type::Any, _) | (_, Type::Any) => Type::Any,
            (a, b) if self.exact(a, b) => Type::Number,
            (Type::Int, Type::Int) => Type::Int,
            (Type::Uint, Type::Uint) => Type::Uint,
            (Type::Double, Type::Double) if of != Remainder => Type::Double,
            (Type::Text | Type::Loose, Type::Text) | (Type::Text, Type::Loose) if of == Add => {
                Type::Text
            }
            (Type::Bytes, Type::Bytes) if of == Add => Type::Bytes,
            (Type::List(a), Type::List(b)) if of == Add => Type::List(Box::new(joined(a, b))),
            (Type::Moment, Type::Period) if matches!(of, Add | Subtract) => Type::Moment,
            (Type::Period, Type::Moment) if of == Add => Type::Moment,
            (Type::Moment, Type::Moment) if of == Subtract => Type::Period,
            (Type::Period, Type::Period) if matches!(of, Add | Subtract) => Type::Period,
            (Type::Number, Type::Number) if of != Divide => Type::Number,
            _ if self.env.plain => Type::Any,
            _ => return None,
        })
    }

    fn minus(&mut self, of: &IdedExpr, span: (u32, u32)) -> Compiled {
        let of = self.value(of)?;
        let span = (span.0, of.node.end);
        let result = match &of.of {
            Type::Loose => Type::Number,
            Type::Int | Type::Double | Type::Number | Type::Any | Type::Period => of.of.clone(),
            _ if self.env.plain => Type::Any,
            other => {
                return Err(self.fault(
                    span,
                    format!("- does not take {other}"),
                    format!("- 不适用于 {other}"),
                ));
            }
        };
        let node = if result == Type::Number {
            self.as_number(of)
        } else {
            of.node
        };
        Ok(Typed::new(
            self.node(Op::Minus(Box::new(node)), span),
            result,
        ))
    }
}

/// The comparison of two exact numbers that is quickest.
fn numbers(relation: Relation, pair: [Node; 2]) -> Op {
    match pair {
        [
            Node {
                op: Op::Read(read), ..
            },
            Node {
                op: Op::Const(Value::Number(number)),
                ..
            },
        ] => Op::NumberIs(relation, read, number),
        [
            Node {
                op: Op::Const(Value::Number(number)),
                ..
            },
            Node {
                op: Op::Read(read), ..
            },
        ] => Op::NumberIs(relation.turned(), read, number),
        pair => Op::CompareNumbers(relation, Box::new(pair)),
    }
}

/// The comparison of two texts that is quickest.
fn texts(equal: bool, pair: [Node; 2]) -> Op {
    match pair {
        [
            Node {
                op: Op::Read(read), ..
            },
            Node {
                op: Op::Const(Value::Text(text)),
                ..
            },
        ]
        | [
            Node {
                op: Op::Const(Value::Text(text)),
                ..
            },
            Node {
                op: Op::Read(read), ..
            },
        ] => Op::TextIs(equal, read, text.into()),
        pair => Op::SameText(equal, Box::new(pair)),
    }
}

fn union(mut a: Vec<Place>, b: Vec<Place>) -> Vec<Place> {
    for place in b {
        if !a.contains(&place) {
            a.push(place);
        }
    }
    a
}

fn common(a: &[Place], b: &[Place]) -> Vec<Place> {
    a.iter()
        .filter(|place| b.contains(place))
        .cloned()
        .collect()
}
