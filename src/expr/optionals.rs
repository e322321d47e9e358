//! Optional values: what is made of one that may be absent.

use cel::IdedExpr;

use super::Type;
use super::compile::{Compiled, Compiler, Typed};
use super::op::{Leaf, Op};
use super::operators::{joined, numeric};

impl Compiler<'_, '_> {
    /// A value that is optional, with the type of what it may hold.
    pub(super) fn optional_of(
        &mut self,
        expr: &IdedExpr,
        name: &str,
    ) -> Result<(Typed, Type), super::Fault> {
        let typed = self.place(expr)?;
        self.optional(typed, name)
    }

    pub(super) fn optional(
        &mut self,
        mut typed: Typed,
        name: &str,
    ) -> Result<(Typed, Type), super::Fault> {
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
    pub(super) fn or_value(&mut self, of: &IdedExpr, other: &IdedExpr) -> Compiled {
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
