//! Loops: the macros of CEL, and bindings.

use cel::IdedExpr;
use cel::common::ast::{
    CallExpr, ComprehensionExpr, Expr as Ast, LiteralValue, operators as names,
};

use super::compile::{Compiled, Compiler, Local, Place, Root, Typed};
use super::op::{Leaf, Loop, Op, Turn};
use super::{Fault, Type};

impl Compiler<'_, '_> {
    /// What the parser has expanded is recognized again, and evaluated as one operation.
    pub(super) fn comprehension(&mut self, of: &ComprehensionExpr, span: (u32, u32)) -> Compiled {
        let step = match &of.loop_step.expr {
            Ast::Call(call) => call,
            _ => return Err(self.unknown_loop(span)),
        };
        let (what, test, body) = match (
            &of.accu_init.expr,
            step.func_name.as_str(),
            step.args.as_slice(),
        ) {
            (Ast::Literal(LiteralValue::Boolean(_)), names::LOGICAL_AND, [_, test]) => {
                (Turn::All, Some(test), None)
            }
            (Ast::Literal(LiteralValue::Boolean(_)), names::LOGICAL_OR, [_, test]) => {
                (Turn::Exists, Some(test), None)
            }
            (Ast::Literal(LiteralValue::Int(_)), names::CONDITIONAL, [test, ..]) => {
                (Turn::ExistsOne, Some(test), None)
            }
            (Ast::List(_), names::CONDITIONAL, [test, then, _]) => match &then.expr {
                Ast::Call(call) => (Turn::List, Some(test), added(call)),
                _ => return Err(self.unknown_loop(span)),
            },
            (Ast::List(_), names::ADD, _) => (Turn::List, None, added(step)),
            _ => return Err(self.unknown_loop(span)),
        };
        // A filter gives what its variable is.
        let body = body.filter(|body| {
            !matches!(&body.expr, Ast::Ident(name) if *name == of.iter_var) || test.is_none()
        });
        let over = self.value(&of.iter_range)?;
        self.turn(over, (None, &of.iter_var), (what, test, body), span)
    }

    /// A macro with a variable for the place (from 0) or key and one for the value; `None` where `call` is none.
    pub(super) fn numbered_loop(&mut self, call: &CallExpr, span: (u32, u32)) -> Option<Compiled> {
        let over = call.target.as_ref()?;
        let [place, variable, rest @ ..] = call.args.as_slice() else {
            return None;
        };
        let (Ast::Ident(place), Ast::Ident(variable)) = (&place.expr, &variable.expr) else {
            return None;
        };
        let (what, test, body) = match (call.func_name.as_str(), rest) {
            (names::ALL, [test]) => (Turn::All, Some(test), None),
            (names::EXISTS, [test]) => (Turn::Exists, Some(test), None),
            (names::EXISTS_ONE | "existsOne", [test]) => (Turn::ExistsOne, Some(test), None),
            ("transformList", [body]) => (Turn::List, None, Some(body)),
            ("transformList", [test, body]) => (Turn::List, Some(test), Some(body)),
            ("transformMap", [body]) => (Turn::Map, None, Some(body)),
            ("transformMap", [test, body]) => (Turn::Map, Some(test), Some(body)),
            _ => return None,
        };
        let over = match self.value(over) {
            Ok(over) => over,
            Err(fault) => return Some(Err(fault)),
        };
        Some(self.turn(over, (Some(place), variable), (what, test, body), span))
    }

    fn unknown_loop(&self, span: (u32, u32)) -> Fault {
        self.fault(span, "this loop is not known", "不支持此循环")
    }

    fn turn(
        &mut self,
        over: Typed,
        (place, variable): (Option<&str>, &str),
        (what, test, body): (Turn, Option<&IdedExpr>, Option<&IdedExpr>),
        span: (u32, u32),
    ) -> Compiled {
        let (key, element) = match &over.of {
            Type::List(element) => (Type::Int, (**element).clone()),
            Type::Map(key, value) if place.is_some() => ((**key).clone(), (**value).clone()),
            Type::Map(key, _) => (Type::Any, (**key).clone()),
            Type::Any => (Type::Any, Type::Any),
            _ if self.env.plain => (Type::Any, Type::Any),
            other => {
                let mut fault = self.fault(
                    over.span(),
                    format!("{} is {other}", self.words(over.span())),
                    format!("{} 为 {other}", self.words(over.span())),
                );
                fault.expected = Some("list".to_owned());
                return Err(fault);
            }
        };
        let lazy = matches!(&over.node.op, Op::Read(read) if matches!(read.leaf, Leaf::Nodes(_)));
        if let Some(place) = place {
            self.enter(Local {
                name: place.to_owned(),
                number: self.numbered,
                of: key.clone(),
                beside: None,
                lazy: false,
                path: None,
                elements: None,
            });
        }
        let number = self.numbered;
        let before = self.cost;
        let known = self.known.len();
        self.known.extend(over.given.iter().map(|steps| Place {
            root: Root::Local(number),
            steps: steps.clone(),
        }));
        self.enter(Local {
            name: variable.to_owned(),
            number,
            of: element.clone(),
            beside: over.beside,
            lazy,
            path: over.elements.clone(),
            elements: None,
        });
        let test = test.map(|test| self.truth(test)).transpose();
        let yes = test.as_ref().map_or_else(
            |_| Vec::new(),
            |test| test.as_ref().map_or_else(Vec::new, |test| test.yes.clone()),
        );
        self.known.extend_from_slice(&yes);
        let body = body.map(|body| self.value(body)).transpose();
        let path = body
            .as_ref()
            .ok()
            .and_then(Option::as_ref)
            .and_then(|body| {
                let place = body.place.as_ref()?;
                self.path(place)
            });
        self.locals.pop();
        if place.is_some() {
            self.locals.pop();
        }
        self.known.truncate(known);
        let (test, body) = (test?, body?);
        let parts = [&test, &body];
        let end = parts
            .iter()
            .filter_map(|part| part.as_ref())
            .map(|part| part.node.end)
            .max();
        let end = self.closing(end.unwrap_or(span.1));
        let start = over.node.start.min(span.0);
        let of = match (what, &body) {
            (Turn::List, Some(body)) => Type::List(Box::new(body.of.clone())),
            (Turn::List, None) => Type::List(Box::new(element)),
            (Turn::Map, Some(body)) => Type::Map(Box::new(key), Box::new(body.of.clone())),
            _ => Type::Bool,
        };
        let bodied = body.is_some();
        let op = Op::Loop(Box::new(Loop {
            over: over.node,
            two: place.is_some(),
            lazy,
            test: test.map(|test| test.node),
            body: body.map(|body| body.node),
            what,
            cost: self.cost - before,
        }));
        let mut typed = Typed::new(self.node(op, (start, end)), of);
        if what == Turn::List && bodied {
            typed.elements = path;
        } else if what == Turn::List {
            typed.elements = over.elements;
            typed.given = over.given;
            let own = yes
                .into_iter()
                .filter(|place| place.root == Root::Local(number));
            typed.given.extend(own.map(|place| place.steps));
        }
        Ok(typed)
    }

    pub(super) fn enter(&mut self, local: Local) {
        self.numbered += 1;
        self.locals.push(local);
    }

    /// The end of a call whose last argument ends at `end`.
    pub(super) fn closing(&self, end: u32) -> u32 {
        let rest = self.text.get(end as usize..).unwrap_or_default();
        let skipped = rest.len() - rest.trim_start().len();
        if rest.trim_start().starts_with(')') {
            end + skipped as u32 + 1
        } else {
            end
        }
    }

    /// `cel.bind(name, value, body)`.
    pub(super) fn bind(&mut self, call: &CallExpr, span: (u32, u32)) -> Compiled {
        let [name, value, body] = call.args.as_slice() else {
            return Err(self.fault(
                span,
                "cel.bind takes a name, a value, an expression",
                "cel.bind 须有名称、值、表达式",
            ));
        };
        let value = self.value(value)?;
        let body = self.with_local(name, &value, value.of.clone(), body)?;
        let span = (span.0, self.closing(body.node.end));
        let pair = Box::new([value.node, body.node]);
        let mut typed = Typed::new(self.node(Op::Bind(pair), span), body.of);
        typed.elements = body.elements;
        Ok(typed)
    }

    /// Compiles `body` with a variable that stands for a value.
    pub(super) fn with_local(
        &mut self,
        name: &IdedExpr,
        value: &Typed,
        of: Type,
        body: &IdedExpr,
    ) -> Compiled {
        let Ast::Ident(name) = &name.expr else {
            let span = self.span(name);
            return Err(self.fault(span, "a simple name is expected", "应为简单名称"));
        };
        self.enter(Local {
            name: name.clone(),
            number: self.numbered,
            of,
            beside: None,
            lazy: false,
            path: value.place.as_ref().and_then(|place| self.path(place)),
            elements: value.elements.clone(),
        });
        let body = self.value(body);
        self.locals.pop();
        body
    }
}

/// What a step adds to a list.
fn added(call: &CallExpr) -> Option<&IdedExpr> {
    match call.args.as_slice() {
        [_, list] => match &list.expr {
            Ast::List(list) => list.elements.first(),
            _ => None,
        },
        _ => None,
    }
}
