//! Calls that ask the world: tables, crosswalks and registers are resolved when an expression is compiled.

use cel::IdedExpr;

use super::Type;
use super::compile::{Compiled, Compiler, Typed};
use super::functions::want;
use super::op::Op;
use super::syntax::near;
use crate::finding::Lang;

impl Compiler<'_, '_> {
    pub(super) fn table(&mut self, table: &IdedExpr) -> Result<super::TableId, super::Fault> {
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

    pub(super) fn lookup(
        &mut self,
        table: &IdedExpr,
        rest: &[&IdedExpr],
        span: (u32, u32),
    ) -> Compiled {
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

    pub(super) fn name_of(
        &mut self,
        table: &IdedExpr,
        rest: &[&IdedExpr],
        span: (u32, u32),
    ) -> Compiled {
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

    pub(super) fn crosswalk(
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

    pub(super) fn register(
        &mut self,
        register: &IdedExpr,
        key: &IdedExpr,
        span: (u32, u32),
    ) -> Compiled {
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
}
