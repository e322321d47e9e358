//! From the tree of the grammar to operations: names, paths, presence.

use cel::IdedExpr;
use cel::common::ast::{Expr as Ast, LiteralValue, SourceInfo};

use super::names::Names;
use super::op::{Base, Leaf, Node, Op, Read};
use super::syntax::{fault, near};
use super::{Env, Fault, Name, Number, Path, Presence, Shape, Step, TroubleKind, Type, Value};

/// How deep operations may be nested.
const DEEPEST: u32 = 80;

pub(super) struct Compiler<'c, 'e> {
    pub(super) env: &'c mut Env<'e>,
    pub(super) text: &'c str,
    pub(super) info: &'c SourceInfo,
    pub(super) names: &'c Names,
    pub(super) locals: Vec<Local>,
    /// Paths that are present where the compiler stands.
    pub(super) known: Vec<Place>,
    pub(super) paths: Vec<Path>,
    pub(super) cost: u32,
    depth: u32,
    pub(super) numbered: u32,
}

/// A variable of a loop or binding.
pub(super) struct Local {
    pub(super) name: String,
    /// Its number among all locals of the expression.
    pub(super) number: u32,
    pub(super) of: Type,
    pub(super) beside: Option<Shape>,
    /// It is held as a node, and what it is is read from that.
    pub(super) lazy: bool,
    /// The path of what it stands for, from a bound name.
    pub(super) path: Option<Path>,
    /// The same of its elements, where it is a list.
    pub(super) elements: Option<Path>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Bound(u32),
    Local(u32),
}

/// A path from a name or from a local.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) root: Root,
    pub(super) steps: Vec<Step>,
}

/// An operation with what is known of its value.
pub(super) struct Typed {
    pub(super) node: Node,
    pub(super) of: Type,
    pub(super) beside: Option<Shape>,
    pub(super) place: Option<Place>,
    /// It may be absent, and nothing says that it is not.
    pub(super) maybe: bool,
    /// It was reached by `.?`: the value is optional.
    pub(super) optional: bool,
    /// Paths that are present when it is true, and when it is false.
    pub(super) yes: Vec<Place>,
    pub(super) no: Vec<Place>,
    /// Path of the elements, where it is a list.
    pub(super) elements: Option<Path>,
    /// Paths from each element that are present.
    pub(super) given: Vec<Vec<Step>>,
}

pub(super) type Compiled = Result<Typed, Fault>;

impl Typed {
    pub(super) const fn new(node: Node, of: Type) -> Self {
        Self {
            node,
            of,
            beside: None,
            place: None,
            maybe: false,
            optional: false,
            yes: Vec::new(),
            no: Vec::new(),
            elements: None,
            given: Vec::new(),
        }
    }

    pub(super) const fn span(&self) -> (u32, u32) {
        (self.node.start, self.node.end)
    }
}

impl<'c, 'e> Compiler<'c, 'e> {
    pub(super) fn new(
        env: &'c mut Env<'e>,
        text: &'c str,
        (info, names): (&'c SourceInfo, &'c Names),
    ) -> Self {
        let known = env.known.iter().map(|path| Place {
            root: Root::Bound(path.root.0),
            steps: path.steps.clone(),
        });
        Self {
            known: known.collect(),
            env,
            text,
            info,
            names,
            locals: Vec::new(),
            paths: Vec::new(),
            cost: 0,
            depth: 0,
            numbered: 0,
        }
    }

    /// An expression whose value is used: what may be absent is a fault.
    pub(super) fn value(&mut self, expr: &IdedExpr) -> Compiled {
        let typed = self.place(expr)?;
        self.settle(typed)
    }

    /// An expression as it stands: a path may be absent.
    pub(super) fn place(&mut self, expr: &IdedExpr) -> Compiled {
        self.depth += 1;
        self.cost = self.cost.saturating_add(1);
        let span = self.span(expr);
        if self.depth > DEEPEST {
            return Err(fault(
                span.0 as usize,
                span.1 as usize,
                "the expression is nested too deeply",
                "表达式嵌套过深",
            ));
        }
        let known = self.known.len();
        let typed = self.any(expr, span);
        self.known.truncate(known);
        self.depth -= 1;
        typed
    }

    fn any(&mut self, expr: &IdedExpr, span: (u32, u32)) -> Compiled {
        match &expr.expr {
            Ast::Literal(literal) => self.literal(literal, span),
            Ast::Ident(name) => self.name(name, span),
            Ast::Select(select) => self.select(expr, select, span),
            Ast::Call(call) => self.call(call, span),
            Ast::List(list) => self.list(list, span),
            Ast::Map(map) => self.map(map, span),
            Ast::Comprehension(of) => self.comprehension(of, span),
            Ast::Struct(_) => Err(self.fault(
                span,
                "messages of protocol buffers are not made here",
                "不支持构造 protobuf 消息",
            )),
            Ast::Unspecified => Err(self.fault(span, "the expression is empty", "表达式为空")),
        }
    }

    /// Where a node of the grammar stands: the token that the parser names, as far as known.
    pub(super) fn span(&self, expr: &IdedExpr) -> (u32, u32) {
        let length = self.text.len() as u32;
        self.info
            .offset_for(expr.id)
            .map_or((0, length), |(start, last)| {
                let start = start.min(length);
                (start, last.saturating_add(1).clamp(start, length))
            })
    }

    pub(super) fn fault(
        &self,
        span: (u32, u32),
        en: impl Into<String>,
        zh: impl Into<String>,
    ) -> Fault {
        fault(span.0 as usize, span.1 as usize, en, zh)
    }

    fn literal(&mut self, literal: &LiteralValue, span: (u32, u32)) -> Compiled {
        let (value, of) = match literal {
            LiteralValue::Boolean(value) => (Value::Bool(*value.inner()), Type::Bool),
            LiteralValue::Int(value) => (Value::Int(*value.inner()), Type::Int),
            LiteralValue::UInt(value) => (Value::Uint(*value.inner()), Type::Uint),
            LiteralValue::Double(value) if self.env.plain => {
                (Value::Double(*value.inner()), Type::Double)
            }
            LiteralValue::Double(_) => (Value::Number(self.decimal(span)?), Type::Number),
            LiteralValue::String(value) => {
                (Value::Text(value.inner().to_owned().into()), Type::Text)
            }
            LiteralValue::Bytes(value) => {
                (Value::Bytes(value.inner().to_vec().into()), Type::Bytes)
            }
            LiteralValue::Null => (Value::Null, Type::Null),
        };
        Ok(Typed::new(self.node(Op::Const(value), span), of))
    }

    /// A literal with a point, from its text: the parser has made it binary.
    fn decimal(&self, span: (u32, u32)) -> Result<Number, Fault> {
        let text = self
            .text
            .get(span.0 as usize..span.1 as usize)
            .unwrap_or_default();
        Number::read_scientific(text.trim()).ok_or_else(|| {
            self.fault(
                span,
                "a decimal has at most 28 digits",
                "十进制数最多 28 位",
            )
        })
    }

    pub(super) const fn node(&self, op: Op, span: (u32, u32)) -> Node {
        Node {
            op,
            start: span.0,
            end: span.1,
        }
    }

    /// A name: the innermost local, then what is bound, then a type.
    fn name(&mut self, name: &str, span: (u32, u32)) -> Compiled {
        if let Some(at) = self.locals.iter().rposition(|local| local.name == name) {
            return Ok(self.local(at, span));
        }
        if let Some(typed) = self.bound(name, span) {
            return Ok(typed);
        }
        if super::functions::TYPES.contains(&name) {
            let value = Value::Type(name.to_owned().into());
            return Ok(Typed::new(self.node(Op::Const(value), span), Type::Type));
        }
        if self.env.plain {
            return Ok(self.never(span));
        }
        let mut fault = self.fault(
            span,
            format!("there is no name {name:?} here"),
            format!("此处没有名称 {name:?}"),
        );
        let bound = self.env.bound.iter().map(|bound| bound.name.to_string());
        let names: Vec<String> = bound
            .chain(self.locals.iter().map(|l| l.name.clone()))
            .collect();
        fault.near = near(name, names.iter().cloned());
        if fault.near.is_empty() && !names.is_empty() {
            fault.expected = Some(names.join(", "));
        }
        Err(fault)
    }

    /// What plain CEL finds wrong only when it is evaluated.
    pub(super) fn never(&self, span: (u32, u32)) -> Typed {
        Typed::new(
            self.node(Op::Never(TroubleKind::NoOverload), span),
            Type::Any,
        )
    }

    fn local(&self, at: usize, span: (u32, u32)) -> Typed {
        let local = &self.locals[at];
        let op = if local.lazy {
            Op::Read(Read {
                base: Base::Local(at as u32),
                slots: Box::default(),
                leaf: leaf(&local.of),
            })
        } else {
            Op::Local(at as u32)
        };
        let mut typed = Typed::new(self.node(op, span), local.of.clone());
        typed.beside = local.beside;
        typed.place = Some(Place {
            root: Root::Local(local.number),
            steps: Vec::new(),
        });
        typed.elements = local.elements.clone();
        typed
    }

    pub(super) fn bound(&self, name: &str, span: (u32, u32)) -> Option<Typed> {
        let at = self
            .env
            .bound
            .iter()
            .rposition(|bound| &*bound.name == name)?;
        let bound = &self.env.bound[at];
        let place = Place {
            root: Root::Bound(at as u32),
            steps: Vec::new(),
        };
        let mut typed = Typed::new(self.node(Op::Bound(at as u32), span), bound.of.clone());
        match bound.presence {
            Presence::Always => {}
            Presence::Maybe => {
                typed.node.op = Op::BoundGiven(at as u32);
                typed.maybe = !self.known.contains(&place);
            }
            Presence::Many => {
                typed.of = Type::List(Box::new(typed.of));
                typed.elements = Some(Path {
                    root: Name(at as u32),
                    steps: Vec::new(),
                });
            }
        }
        typed.place = Some(place);
        Some(typed)
    }

    /// The value of what was named: its path is noted, and what may be absent is a fault.
    pub(super) fn settle(&mut self, mut typed: Typed) -> Compiled {
        self.record(&typed);
        if typed.optional {
            typed.node.op = match typed.node.op {
                Op::Read(read) => Op::Perhaps(read),
                op => op,
            };
            typed.of = Type::Optional(Box::new(typed.of));
            typed.optional = false;
            typed.maybe = false;
            typed.place = None;
            typed.beside = None;
            return Ok(typed);
        }
        if typed.maybe && !self.env.absent {
            let text = self.words(typed.span());
            let named = typed
                .place
                .as_ref()
                .is_some_and(|place| place.steps.is_empty());
            let ask = if named {
                format!("{text}.hasValue()")
            } else {
                format!("has({text})")
            };
            return Err(self.fault(
                typed.span(),
                format!("{text} may be absent: ask {ask} first, or say {text}.orValue(..)"),
                format!("{text} 可能不存在：须先用 {ask} 判断，或写 {text}.orValue(..)"),
            ));
        }
        typed.maybe = false;
        Ok(typed)
    }

    /// A stretch of the text.
    pub(super) fn words(&self, span: (u32, u32)) -> &'c str {
        self.text
            .get(span.0 as usize..span.1 as usize)
            .unwrap_or_default()
            .trim()
    }

    /// Notes the path that is read.
    pub(super) fn record(&mut self, typed: &Typed) {
        let Some(path) = typed.place.as_ref().and_then(|place| self.path(place)) else {
            return;
        };
        if !self.paths.contains(&path) {
            self.paths.push(path);
        }
    }

    /// A place as a path from a bound name; a local goes on from what it stands for.
    pub(super) fn path(&self, place: &Place) -> Option<Path> {
        let mut path = match place.root {
            Root::Bound(at) => Path {
                root: Name(at),
                steps: Vec::new(),
            },
            Root::Local(number) => {
                let local = self.locals.iter().find(|local| local.number == number)?;
                local.path.clone()?
            }
        };
        path.steps.extend_from_slice(&place.steps);
        Some(path)
    }
}

/// A place and all places on the way to it.
pub(super) fn prefixes(place: &Place) -> Vec<Place> {
    (0..=place.steps.len())
        .map(|length| Place {
            root: place.root,
            steps: place.steps[..length].to_vec(),
        })
        .collect()
}

/// How what is of a type is read from a node.
pub(super) const fn leaf(of: &Type) -> Leaf {
    match of {
        Type::Number => Leaf::Number,
        Type::Text | Type::Loose => Leaf::Text,
        _ => Leaf::Record,
    }
}
