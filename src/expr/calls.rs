//! Calls: functions by name, and those whose arguments are resolved when an expression is compiled.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr as Ast};

use super::compile::{Compiled, Compiler, Typed};
use super::functions::{self, Function, want};
use super::op::{Leaf, Node, Op};
use super::operators::{joined, numeric};
use super::syntax::near;
use super::{Kind, Type, Value};
use crate::finding::Lang;

/// Names that are no row of the table of functions because they are compiled in a way of their own.
const SPECIAL: [&str; 15] = [
    "matches",
    "lookup",
    "nameOf",
    "crosswalk",
    "register",
    "context",
    "today",
    "orValue",
    "hasValue",
    "value",
    "or",
    "optMap",
    "optFlatMap",
    "cel.bind",
    "dyn",
];

impl Compiler<'_, '_> {
    pub(super) fn function(&mut self, call: &CallExpr, span: (u32, u32)) -> Compiled {
        if let Some(typed) = self.numbered_loop(call, span) {
            return typed;
        }
        let begin = self.begin_of_name(span.0, &call.func_name);
        // `valid.uscc(..)`: the target is the first part of the name.
        let spaced = call.target.as_ref().and_then(|target| {
            let space = self.namespace(target)?;
            let name = format!("{space}.{}", call.func_name);
            let known = functions::find(&name).next().is_some()
                || self.env.functions.check(&name).is_some()
                || SPECIAL.contains(&name.as_str());
            known.then_some((name, space.len() as u32 + 1))
        });
        let mut args: Vec<&IdedExpr> = Vec::with_capacity(call.args.len() + 1);
        let (name, begin) = match &spaced {
            Some((name, length)) => (name.as_str(), begin.saturating_sub(*length)),
            None => {
                args.extend(call.target.as_deref());
                (call.func_name.as_str(), begin)
            }
        };
        args.extend(&call.args);
        let method = call.target.is_some() && spaced.is_none();
        let span = (begin, span.1);
        if let Some(check) = self.env.functions.check(name) {
            let mut typed = self.arguments(name, &args, &[want::TEXT], span)?;
            let node = typed.pop().map(|typed| self.as_text(typed));
            let node =
                node.ok_or_else(|| self.fault(span, "an argument is missing", "缺少参数"))?;
            let span = (span.0.min(node.start), self.closing(node.end));
            return Ok(Typed::new(
                self.node(Op::Check(check, Box::new(node)), span),
                Type::Bool,
            ));
        }
        if SPECIAL.contains(&name) {
            return self.special(name, call, &args, span);
        }
        let found = functions::find(name).find(|f| (f.least..=f.takes.len()).contains(&args.len()));
        let Some(function) = found else {
            if self.env.plain {
                return Ok(self.never(span));
            }
            return Err(self.unknown_function(name, args.len(), method, span));
        };
        self.apply(function, &args, span)
    }

    fn begin_of_name(&self, parenthesis: u32, name: &str) -> u32 {
        let before = self
            .text
            .get(..parenthesis as usize)
            .unwrap_or_default()
            .trim_end();
        if before.ends_with(name) {
            (before.len() - name.len()) as u32
        } else {
            parenthesis
        }
    }

    /// The names before a function, where they name no value.
    fn namespace(&self, expr: &IdedExpr) -> Option<String> {
        match &expr.expr {
            Ast::Ident(name) => {
                let value = self.locals.iter().any(|local| local.name == *name)
                    || self.env.bound.iter().any(|bound| &*bound.name == name);
                (!value).then(|| name.clone())
            }
            Ast::Select(select) if !select.test => Some(format!(
                "{}.{}",
                self.namespace(&select.operand)?,
                select.field
            )),
            _ => None,
        }
    }

    fn unknown_function(
        &self,
        name: &str,
        count: usize,
        method: bool,
        span: (u32, u32),
    ) -> super::Fault {
        if let Some(function) = functions::find(name).next() {
            let (takes, given) = (function.takes.len(), count);
            let less = usize::from(method);
            let least = function.least - less.min(function.least);
            let most = takes - less.min(takes);
            let wanted = if least == most {
                most.to_string()
            } else {
                format!("{least} to {most}")
            };
            return self.fault(
                span,
                format!("{name} takes {wanted} arguments, not {}", given - less),
                format!("{name} 须有 {wanted} 个参数，而不是 {} 个", given - less),
            );
        }
        let mut fault = self.fault(
            span,
            format!("there is no function {name}"),
            format!("没有函数 {name}"),
        );
        let checks = self
            .env
            .functions
            .checks
            .iter()
            .map(|(name, _)| (*name).to_owned());
        let own = functions::names().chain(SPECIAL).map(str::to_owned);
        fault.near = near(name, own.chain(checks));
        fault
    }

    /// Compiles arguments and holds them against what is wanted.
    fn arguments(
        &mut self,
        name: &str,
        args: &[&IdedExpr],
        takes: &[u32],
        span: (u32, u32),
    ) -> Result<Vec<Typed>, super::Fault> {
        if args.len() > takes.len() {
            let (given, wanted) = (args.len(), takes.len());
            return Err(self.fault(
                span,
                format!("{name} takes {wanted} arguments, not {given}"),
                format!("{name} 须有 {wanted} 个参数，而不是 {given} 个"),
            ));
        }
        let mut typed = Vec::with_capacity(args.len());
        for (arg, takes) in args.iter().zip(takes) {
            let arg = self.value(arg)?;
            typed.push(self.wanted(name, arg, *takes)?);
        }
        Ok(typed)
    }

    /// An argument as a function wants it.
    fn wanted(&self, name: &str, mut arg: Typed, takes: u32) -> Compiled {
        let text_only = takes & want::TEXT != 0 && takes & want::NUMBER == 0;
        let number_only = takes & want::NUMBER != 0 && takes & want::TEXT == 0;
        let read = matches!(arg.node.op, Op::Read(_));
        match (&arg.of, &arg.node.op) {
            (Type::Loose, _) if number_only => {
                return Ok(Typed::new(self.as_number(arg), Type::Number));
            }
            (Type::Loose, _) if text_only => {
                return Ok(Typed::new(self.as_text(arg), Type::Text));
            }
            // The digits as they stand.
            (Type::Number, _) if text_only && read => {
                return Ok(Typed::new(self.as_text(arg), Type::Text));
            }
            (Type::List(of), Op::Read(_))
                if **of == Type::Loose && takes & want::NUMBERS == want::NUMBERS =>
            {
                if let Op::Read(read) = &mut arg.node.op
                    && read.leaf == Leaf::Nodes(Kind::Any)
                {
                    read.leaf = Leaf::Nodes(Kind::Number);
                    arg.of = Type::List(Box::new(Type::Number));
                }
            }
            _ => {}
        }
        if self.env.plain || want::takes(takes, &arg.of) {
            return Ok(arg);
        }
        let mut fault = self.fault(
            arg.span(),
            format!("{name} does not take {}", arg.of),
            format!("{name} 不接受 {}", arg.of),
        );
        fault.expected = Some(want::words(takes));
        Err(fault)
    }

    fn apply(
        &mut self,
        function: &'static Function,
        args: &[&IdedExpr],
        span: (u32, u32),
    ) -> Compiled {
        let args = self.arguments(function.name, args, function.takes, span)?;
        let of: Vec<Type> = args.iter().map(|arg| arg.of.clone()).collect();
        let elements = args.first().and_then(|arg| arg.elements.clone());
        let given = args
            .first()
            .map(|arg| arg.given.clone())
            .unwrap_or_default();
        let nodes: Box<[Node]> = args.into_iter().map(|arg| arg.node).collect();
        let span = call_span(span, &nodes);
        let span = (span.0, self.closing(span.1));
        let of = (function.gives)(&of);
        let mut typed = Typed::new(self.node(Op::Call(function, nodes), span), of);
        if matches!(
            function.name,
            "unique" | "sorted" | "distinct" | "sort" | "reverse" | "slice" | "flatten"
        ) {
            (typed.elements, typed.given) = (elements, given);
        }
        Ok(typed)
    }

    fn special(
        &mut self,
        name: &str,
        call: &CallExpr,
        args: &[&IdedExpr],
        span: (u32, u32),
    ) -> Compiled {
        match (name, args) {
            ("today", []) => {
                let span = (span.0, self.closing(span.1));
                Ok(Typed::new(self.node(Op::Today, span), Type::Moment))
            }
            ("dyn", [of]) => {
                let mut typed = self.value(of)?;
                typed.of = Type::Any;
                Ok(typed)
            }
            ("cel.bind", _) => self.bind(call, span),
            ("matches", [_, _]) => self.matches(args, span),
            ("lookup", [table, rest @ ..]) if matches!(rest.len(), 1 | 2) => {
                self.lookup(table, rest, span)
            }
            ("nameOf", [table, rest @ ..]) if matches!(rest.len(), 1 | 2) => {
                self.name_of(table, rest, span)
            }
            ("crosswalk", [from, to, code]) => self.crosswalk(from, to, code, span),
            ("register", [register, key]) => self.register(register, key, span),
            ("context", [key]) => {
                let key = self.constant(key, "a key in quotes", "带引号的键")?;
                let op = Op::Context(key.into());
                let span = (span.0, self.closing(span.1));
                Ok(Typed::new(
                    self.node(op, span),
                    Type::Optional(Box::new(Type::Loose)),
                ))
            }
            ("orValue", [of, other]) => self.or_value(of, other),
            ("hasValue", [of]) => {
                let of = self.place(of)?;
                self.record(&of);
                if matches!(of.node.op, Op::Read(_)) {
                    return Ok(self.presence(of));
                }
                let (of, _) = self.optional(of, name)?;
                let nodes = Box::new([of.node]);
                let span = call_span(span, &*nodes);
                let mut typed = Typed::new(
                    self.node(Op::Call(&functions::HAS_VALUE, nodes), span),
                    Type::Bool,
                );
                typed.yes = of.place.into_iter().collect();
                Ok(typed)
            }
            ("value", [of]) => {
                let mut of = self.place(of)?;
                if matches!(of.node.op, Op::Read(_) | Op::BoundGiven(_)) {
                    of.optional = false;
                    of.maybe = false;
                    self.record(&of);
                    return Ok(of);
                }
                let (of, inner) = self.optional(of, name)?;
                let nodes = Box::new([of.node]);
                let span = call_span(span, &*nodes);
                Ok(Typed::new(
                    self.node(Op::Call(&functions::VALUE, nodes), span),
                    inner,
                ))
            }
            ("or", [of, other]) => {
                let (of, inner) = self.optional_of(of, name)?;
                let (other, alternative) = self.optional_of(other, name)?;
                let span = (of.node.start, self.closing(other.node.end));
                let result = Type::Optional(Box::new(joined(&inner, &alternative)));
                Ok(Typed::new(
                    self.node(Op::OrOptional(Box::new([of.node, other.node])), span),
                    result,
                ))
            }
            ("optMap" | "optFlatMap", [of, variable, body]) => {
                let (of, inner) = self.optional_of(of, name)?;
                let body = self.with_local(variable, &of, inner, body)?;
                let span = (of.node.start, self.closing(body.node.end));
                let pair = Box::new([of.node, body.node]);
                let (op, result) = match (name, body.of) {
                    ("optMap", of) => (Op::OptMap(pair), Type::Optional(Box::new(of))),
                    (_, of @ (Type::Optional(_) | Type::Any)) => (Op::OptFlatMap(pair), of),
                    (_, of) if self.env.plain => (Op::OptFlatMap(pair), of),
                    (_, other) => {
                        let mut fault = self.fault(
                            span,
                            format!("the expression is {other}"),
                            format!("表达式为 {other}"),
                        );
                        fault.expected = Some("optional".to_owned());
                        return Err(fault);
                    }
                };
                Ok(Typed::new(self.node(op, span), result))
            }
            _ => Err(self.fault(
                span,
                format!("{name} does not take {} arguments", call.args.len()),
                format!("{name} 不接受 {} 个参数", call.args.len()),
            )),
        }
    }

    /// A text that is known when the expression is compiled.
    fn constant(&mut self, expr: &IdedExpr, en: &str, zh: &str) -> Result<String, super::Fault> {
        let typed = self.value(expr)?;
        match &typed.node.op {
            Op::Const(Value::Text(text)) => Ok(text.to_string()),
            _ => Err(self.fault(
                typed.span(),
                format!(
                    "{} is not known before; {en} is expected",
                    self.words(typed.span())
                ),
                format!("{} 不是常量；应为{zh}", self.words(typed.span())),
            )),
        }
    }

    fn text_argument(&mut self, name: &str, expr: &IdedExpr) -> Result<Node, super::Fault> {
        let arg = self.value(expr)?;
        Ok(self.wanted(name, arg, want::TEXT)?.node)
    }

    fn matches(&mut self, args: &[&IdedExpr], span: (u32, u32)) -> Compiled {
        let typed = self.arguments("matches", args, &[want::TEXT, want::TEXT], span)?;
        let nodes: Box<[Node]> = typed.into_iter().map(|typed| typed.node).collect();
        let span = call_span(span, &nodes);
        let span = (span.0, self.closing(span.1));
        let nodes: [Node; 2] = match <Box<[Node; 2]>>::try_from(nodes) {
            Ok(nodes) => *nodes,
            Err(_) => {
                return Err(self.fault(
                    span,
                    "matches takes two arguments",
                    "matches 须有两个参数",
                ));
            }
        };
        let [text, pattern] = nodes;
        let op = match &pattern.op {
            Op::Const(Value::Text(known)) => {
                let regex = super::pattern::compile(known).map_err(|why| {
                    self.fault(
                        (pattern.start, pattern.end),
                        format!("the pattern cannot be used: {why}"),
                        format!("正则表达式不可用：{why}"),
                    )
                })?;
                Op::Matches(Box::new(text), regex)
            }
            _ => Op::Call(&functions::MATCHES, Box::new([text, pattern])),
        };
        Ok(Typed::new(self.node(op, span), Type::Bool))
    }

    fn table(&mut self, table: &IdedExpr) -> Result<super::TableId, super::Fault> {
        let name = self.constant(table, "the name of a table in quotes", "带引号的代码表名")?;
        self.env.tables.table(&name).ok_or_else(|| {
            let span = self.span(table);
            let mut fault = self.fault(
                span,
                format!("there is no table {name:?}"),
                format!("没有代码表 {name:?}"),
            );
            fault.near = near(&name, self.env.tables.table_names());
            fault
        })
    }

    fn lookup(&mut self, table: &IdedExpr, rest: &[&IdedExpr], span: (u32, u32)) -> Compiled {
        let id = self.table(table)?;
        let typed = self.arguments("lookup", rest, &[want::TEXT, want::MOMENT], span)?;
        let end = typed
            .iter()
            .map(|typed| typed.node.end)
            .max()
            .unwrap_or(span.1);
        let mut nodes = typed.into_iter().map(|typed| Box::new(typed.node));
        let (Some(code), on) = (nodes.next(), nodes.next()) else {
            return Err(self.fault(
                span,
                "lookup takes a table and a code",
                "lookup 须有代码表与代码",
            ));
        };
        let span = (span.0, self.closing(end));
        Ok(Typed::new(
            self.node(Op::Lookup(id, code, on), span),
            Type::Bool,
        ))
    }

    fn name_of(&mut self, table: &IdedExpr, rest: &[&IdedExpr], span: (u32, u32)) -> Compiled {
        let id = self.table(table)?;
        let code = self.text_argument("nameOf", rest[0])?;
        let lang = match rest.get(1) {
            None => Lang::En,
            Some(lang) => match self
                .constant(lang, "\"en\" or \"zh\"", "\"en\" 或 \"zh\"")?
                .as_str()
            {
                "zh" => Lang::Zh,
                "en" => Lang::En,
                other => {
                    let span = self.span(lang);
                    let mut fault = self.fault(
                        span,
                        format!("there is no language {other:?}"),
                        format!("没有语言 {other:?}"),
                    );
                    fault.expected = Some("\"en\", \"zh\"".to_owned());
                    return Err(fault);
                }
            },
        };
        let span = (span.0, self.closing(code.end));
        let of = Type::Optional(Box::new(Type::Text));
        Ok(Typed::new(
            self.node(Op::NameOf(id, Box::new(code), lang), span),
            of,
        ))
    }

    fn crosswalk(
        &mut self,
        from: &IdedExpr,
        to: &IdedExpr,
        code: &IdedExpr,
        span: (u32, u32),
    ) -> Compiled {
        let a = self.constant(
            from,
            "one side of a crosswalk in quotes",
            "带引号的对照表一侧",
        )?;
        let b = self.constant(
            to,
            "the other side of a crosswalk in quotes",
            "带引号的对照表另一侧",
        )?;
        let Some(id) = self.env.tables.crosswalk(&a, &b) else {
            let span = (span.0, self.span(to).1);
            let mut fault = self.fault(
                span,
                format!("there is no crosswalk from {a:?} to {b:?}"),
                format!("没有从 {a:?} 到 {b:?} 的对照表"),
            );
            let sides = self.env.tables.crosswalk_sides();
            fault.near = near(&a, sides.iter().cloned());
            fault.near.extend(near(&b, sides));
            fault.near.retain(|side| *side != a && *side != b);
            fault.near.dedup();
            return Err(fault);
        };
        let code = self.text_argument("crosswalk", code)?;
        let span = (span.0, self.closing(code.end));
        let of = Type::Optional(Box::new(Type::Text));
        Ok(Typed::new(
            self.node(Op::Crosswalk(id, Box::new(code)), span),
            of,
        ))
    }

    fn register(&mut self, register: &IdedExpr, key: &IdedExpr, span: (u32, u32)) -> Compiled {
        let name = self.constant(
            register,
            "the name of a register in quotes",
            "带引号的底账名",
        )?;
        let key = self.text_argument("register", key)?;
        let span = (span.0, self.closing(key.end));
        let op = Op::Register(name.into(), Box::new(key));
        Ok(Typed::new(
            self.node(op, span),
            Type::Optional(Box::new(Type::Row)),
        ))
    }

    /// A value that is optional, with the type of what it may hold.
    fn optional_of(&mut self, expr: &IdedExpr, name: &str) -> Result<(Typed, Type), super::Fault> {
        let typed = self.place(expr)?;
        self.optional(typed, name)
    }

    fn optional(&mut self, mut typed: Typed, name: &str) -> Result<(Typed, Type), super::Fault> {
        self.record(&typed);
        if typed.optional || matches!(typed.node.op, Op::Read(_) | Op::BoundGiven(_)) {
            typed.node.op = match typed.node.op {
                Op::Read(read) => Op::Perhaps(read),
                Op::BoundGiven(at) => Op::Bound(at),
                op => op,
            };
            let inner = typed.of.clone();
            return Ok((typed, inner));
        }
        match typed.of.clone() {
            Type::Optional(inner) => Ok((typed, *inner)),
            Type::Any => Ok((typed, Type::Any)),
            _ if self.env.plain => Ok((typed, Type::Any)),
            other => {
                let mut fault = self.fault(
                    typed.span(),
                    format!("{name} does not take {other}"),
                    format!("{name} 不接受 {other}"),
                );
                fault.expected = Some("optional".to_owned());
                Err(fault)
            }
        }
    }

    /// `of.orValue(other)`.
    fn or_value(&mut self, of: &IdedExpr, other: &IdedExpr) -> Compiled {
        let of = self.place(of)?;
        self.record(&of);
        let other = self.value(other)?;
        let span = (of.node.start, self.closing(other.node.end));
        let elements = of.elements.clone();
        let (inner, elements) = match (&of.of, &of.node.op) {
            (of, Op::Read(_) | Op::BoundGiven(_)) => (of.clone(), elements),
            (Type::Optional(inner), _) => ((**inner).clone(), None),
            (Type::Any, _) => (Type::Any, None),
            _ if self.env.plain => (Type::Any, None),
            (given, _) => {
                let mut fault = self.fault(
                    of.span(),
                    format!("orValue does not take {given}"),
                    format!("orValue 不接受 {given}"),
                );
                fault.expected = Some("optional".to_owned());
                return Err(fault);
            }
        };
        let loose_number = inner == Type::Loose && numeric(&other.of);
        let result = match (&inner, &other.of) {
            (Type::Loose, Type::Text | Type::Loose) => other.of.clone(),
            (Type::Loose, other) if numeric(other) => Type::Number,
            (a, b) if super::operators::comparable(a, b) || self.env.plain => joined(a, b),
            (a, b) => {
                let mut fault = self.fault(
                    other.span(),
                    format!("{} is {b}", self.words(other.span())),
                    format!("{} 为 {b}", self.words(other.span())),
                );
                fault.expected = Some(a.to_string());
                return Err(fault);
            }
        };
        let op = match of.node.op {
            Op::Read(mut read) => {
                if loose_number {
                    read.leaf = Leaf::Number;
                }
                Op::ReadOr(read, Box::new(other.node))
            }
            op => {
                let op = match op {
                    Op::BoundGiven(at) => Op::Bound(at),
                    op => op,
                };
                let first = self.node(op, (of.node.start, of.node.end));
                let op = Op::OrValue(Box::new([first, other.node]));
                match (&inner, &result) {
                    (Type::Loose, Type::Number) => Op::AsNumber(Box::new(self.node(op, span))),
                    (Type::Loose, Type::Text) => Op::AsText(Box::new(self.node(op, span))),
                    _ => op,
                }
            }
        };
        let mut typed = Typed::new(self.node(op, span), result);
        typed.elements = elements;
        Ok(typed)
    }
}

/// From the first argument, where that is before the name, to the end of the last.
fn call_span(span: (u32, u32), nodes: &[Node]) -> (u32, u32) {
    let start = nodes.first().map_or(span.0, |node| node.start.min(span.0));
    let end = nodes.iter().map(|node| node.end).max().unwrap_or(span.1);
    (start, end.max(span.1))
}
