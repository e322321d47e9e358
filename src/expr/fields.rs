//! Fields: one step along a path, and whether it leads anywhere.

use cel::IdedExpr;
use cel::common::ast::{Expr as Ast, SelectExpr};

use super::compile::{Compiled, Compiler, Typed, leaf, prefixes};
use super::op::{Base, Leaf, Node, Op, Read};
use super::syntax::near;
use super::{Fault, Field, Presence, Shape, Step, Type};

impl Compiler<'_, '_> {
    /// The name that a chain of fields spells, if one is bound so: `a.b` as one name.
    pub(super) fn dotted(&self, expr: &IdedExpr) -> Option<String> {
        match &expr.expr {
            Ast::Ident(name) => Some(name.clone()),
            Ast::Select(select) if !select.test => Some(format!(
                "{}.{}",
                self.dotted(&select.operand)?,
                select.field
            )),
            _ => None,
        }
    }

    pub(super) fn select(
        &mut self,
        expr: &IdedExpr,
        select: &SelectExpr,
        span: (u32, u32),
    ) -> Compiled {
        if self.env.bound.iter().any(|bound| bound.name.contains('.')) {
            let dotted = self.dotted(expr).and_then(|name| self.bound(&name, span));
            if let Some(typed) = dotted {
                return Ok(typed);
            }
        }
        let of = self.place(&select.operand)?;
        let name = self.names.original(&select.field);
        let span = (
            of.node.start.min(span.0),
            self.end_of_name(of.node.end, name),
        );
        if select.test {
            return self.has(of, name, span);
        }
        self.field(of, name, span)
    }

    /// Where a field name ends that begins after a point.
    pub(super) fn end_of_name(&self, from: u32, name: &str) -> u32 {
        let rest = self.text.get(from as usize..).unwrap_or_default();
        let found = rest.find(name).filter(|at| *at <= 64);
        found.map_or(from, |at| {
            let quoted = rest[at + name.len()..].starts_with('`');
            from + (at + name.len() + usize::from(quoted)) as u32
        })
    }

    /// A field of a value.
    pub(super) fn field(&mut self, of: Typed, name: &str, span: (u32, u32)) -> Compiled {
        let shape = match (&of.of, of.beside) {
            (Type::Record(shape), _) => *shape,
            (Type::Text | Type::Number | Type::Loose, Some(shape)) => shape,
            _ => return self.field_of_value(of, name, span),
        };
        let field = self.field_of_shape(shape, name, span)?;
        Ok(self.step(of, shape, name, field, span))
    }

    pub(super) fn field_of_shape(
        &mut self,
        shape: Shape,
        name: &str,
        span: (u32, u32),
    ) -> Result<Field, Fault> {
        if let Some(field) = self.env.shapes.field(shape, name) {
            return Ok(field);
        }
        let label = self.env.shapes.label(shape);
        let mut fault = self.fault(
            span,
            format!("{label} has no {name}"),
            format!("{label} 没有 {name}"),
        );
        let names = self.env.shapes.names(shape);
        fault.near = near(name, names.iter().cloned());
        if fault.near.is_empty() && names.len() <= 12 {
            fault.expected = Some(names.join(", "));
        }
        Err(fault)
    }

    /// One step further along a path.
    pub(super) fn step(
        &mut self,
        mut of: Typed,
        shape: Shape,
        name: &str,
        field: Field,
        span: (u32, u32),
    ) -> Typed {
        let element = Type::from(field.kind);
        let many = field.presence == Presence::Many;
        let leaf = if many {
            Leaf::Nodes(field.kind)
        } else {
            leaf(&element)
        };
        let start = of.node.start;
        let read = match of.node.op {
            Op::Read(mut read) if !matches!(read.leaf, Leaf::Nodes(_)) => {
                let mut slots = read.slots.into_vec();
                slots.push(field.slot);
                read.slots = slots.into();
                read.leaf = leaf;
                read
            }
            op => {
                let base = match op {
                    Op::Bound(at) | Op::BoundGiven(at) => Base::Bound(at),
                    Op::Local(at) => Base::Local(at),
                    op => Base::Node(Box::new(Node { op, ..of.node })),
                };
                Read {
                    base,
                    slots: Box::new([field.slot]),
                    leaf,
                }
            }
        };
        let mut typed = Typed::new(self.node(Op::Read(read), (start, span.1)), element);
        typed.beside = field.beside;
        typed.optional = of.optional;
        if let Some(place) = &mut of.place {
            place.steps.push(Step {
                of: shape,
                name: name.into(),
                slot: field.slot,
                presence: field.presence,
                index: None,
            });
        }
        typed.place = of.place;
        typed.maybe = of.maybe || field.presence == Presence::Maybe;
        if typed
            .place
            .as_ref()
            .is_some_and(|place| self.known.contains(place))
        {
            typed.maybe = false;
        }
        if many {
            typed.of = Type::List(Box::new(typed.of));
            // Of what is absent there are none.
            typed.maybe = false;
            typed.elements = typed.place.as_ref().and_then(|place| self.path(place));
        }
        typed
    }

    /// A field of what is no record of the spec: a row, a map, an optional value.
    pub(super) fn field_of_value(&mut self, of: Typed, name: &str, span: (u32, u32)) -> Compiled {
        let of = self.settle(of)?;
        let span = (of.node.start, span.1);
        let found = match &of.of {
            Type::Row => Type::Loose,
            Type::Map(_, value) => (**value).clone(),
            Type::Any => Type::Any,
            Type::Optional(inner) => {
                let inner = match &**inner {
                    Type::Row => Type::Loose,
                    Type::Map(_, value) => (**value).clone(),
                    Type::Any => Type::Any,
                    other => return Err(self.no_fields(other, name, span)),
                };
                let op = Op::FieldPerhaps(Box::new(of.node), name.into());
                return Ok(Typed::new(
                    self.node(op, span),
                    Type::Optional(Box::new(inner)),
                ));
            }
            other => return Err(self.no_fields(other, name, span)),
        };
        let op = Op::Field(Box::new(of.node), name.into());
        Ok(Typed::new(self.node(op, span), found))
    }

    pub(super) fn no_fields(&self, of: &Type, name: &str, span: (u32, u32)) -> Fault {
        if let Type::List(inner) = of
            && matches!(**inner, Type::Record(_))
        {
            return self.fault(
                span,
                format!("this repeats: say of which one {name} is asked, with exists(x, x.{name} ..), all, map, filter or [0]"),
                format!("此处可重复：须用 exists(x, x.{name} ..)、all、map、filter 或 [0] 指明取哪一个的 {name}"),
            );
        }
        self.fault(
            span,
            format!("{of} has no field {name}"),
            format!("{of} 没有字段 {name}"),
        )
    }

    /// `has(of.name)`.
    pub(super) fn has(&mut self, of: Typed, name: &str, span: (u32, u32)) -> Compiled {
        let is_value = matches!(of.of, Type::Text | Type::Number | Type::Loose);
        let is_record = matches!(of.of, Type::Record(_)) || is_value && of.beside.is_some();
        if !is_record {
            let of = self.settle(of)?;
            let span = (of.node.start, span.1);
            match &of.of {
                Type::Row | Type::Map(..) | Type::Any | Type::Optional(_) => {}
                other => return Err(self.no_fields(other, name, span)),
            }
            let op = Op::FieldPresent(Box::new(of.node), name.into());
            return Ok(Typed::new(self.node(op, span), Type::Bool));
        }
        let found = self.field(of, name, span)?;
        self.record(&found);
        Ok(self.presence(found))
    }

    /// Whether a path leads anywhere.
    pub(super) fn presence(&self, found: Typed) -> Typed {
        let span = found.span();
        let op = match found.node.op {
            Op::Read(read) => Op::Present(read),
            op => op,
        };
        let mut typed = Typed::new(self.node(op, span), Type::Bool);
        typed.yes = found.place.as_ref().map(prefixes).unwrap_or_default();
        typed
    }
}
