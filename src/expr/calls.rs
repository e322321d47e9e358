//! Calls: functions by name, and those whose arguments are resolved when an expression is compiled.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr as Ast};

use super::compile::{Compiled, Compiler, Typed};
use super::functions::{self, Function, want};
use super::op::{Leaf, Node, Op};
use super::operators::joined;
use super::syntax::near;
use super::{Kind, Type, Value};

/// Names that are no row of the table of functions because they are compiled in a way of their own.
pub(super) const SPECIAL: [&str; 15] = [
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
            let space = call
                .target
                .as_ref()
                .and_then(|target| self.namespace(target));
            let begin = self.begin_of_name(span.1.saturating_sub(1), &call.func_name);
            let (name, begin) = match space {
                Some(space) => (
                    format!("{space}.{name}"),
                    begin.saturating_sub(space.len() as u32 + 1),
                ),
                None => (name.to_owned(), begin),
            };
            let span = (begin, begin + name.len() as u32);
            return Err(self.unknown_function(&name, args.len(), method, span));
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
            let (en, zh) = match (least, most) {
                (1, 1) => ("1 argument".to_owned(), "1".to_owned()),
                (least, most) if least == most => (format!("{most} arguments"), most.to_string()),
                _ => (
                    format!("{least} to {most} arguments"),
                    format!("{least} 至 {most}"),
                ),
            };
            return self.fault(
                span,
                format!("{name} takes {en}, not {}", given - less),
                format!("{name} 须有 {zh} 个参数，而不是 {} 个", given - less),
            );
        }
        let mut fault = self.fault(
            span,
            format!("there is no function {name}"),
            format!("没有函数 {name}"),
        );
        fault.near = near(name, self.env.functions.names().map(str::to_owned));
        fault
    }

    /// Compiles arguments and holds them against what is wanted.
    pub(super) fn arguments(
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
                let end = self.span(key).1;
                let key = self.constant(key, "a key in quotes", "带引号的键")?;
                let op = Op::Context(key.into());
                let span = (span.0, self.closing(end));
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
    pub(super) fn constant(
        &mut self,
        expr: &IdedExpr,
        en: &str,
        zh: &str,
    ) -> Result<String, super::Fault> {
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

    pub(super) fn text_argument(
        &mut self,
        name: &str,
        expr: &IdedExpr,
    ) -> Result<Node, super::Fault> {
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
}

/// From the first argument, where that is before the name, to the end of the last.
fn call_span(span: (u32, u32), nodes: &[Node]) -> (u32, u32) {
    let start = nodes.first().map_or(span.0, |node| node.start.min(span.0));
    let end = nodes.iter().map(|node| node.end).max().unwrap_or(span.1);
    (start, end.max(span.1))
}
