//! How a map can run: group by group as a stream, or with the message held as a whole; told by what its
//! rows read.

use super::compile::{Compiler, paths_of, slot_field};
use super::program::{Body, Class, Compare, NONE, Op, Pick, RowOp, Source, SourcePath, Why};
use super::side::FieldId;
use crate::expr::Expr;

impl Compiler<'_> {
    /// How the map can run.
    pub(super) fn class(&self, body: &Body) -> Class {
        let weight = |op: &Op| match op {
            Op::Each(each) if !each.inline => Some(weight_of(&each.body)),
            _ => None,
        };
        let loops = body.ops.iter().enumerate();
        let heaviest = loops
            .filter_map(|(at, op)| Some((weight(op)?, at)))
            .max_by_key(|(weight, at)| (*weight, std::cmp::Reverse(*at)));
        let Some((_, at)) = heaviest else {
            return Class::Whole(Why::NoLoop);
        };
        let Op::Each(each) = &body.ops[at] else {
            return Class::Whole(Why::NoLoop);
        };
        if !each.by.is_empty() {
            return Class::Whole(Why::Keyed);
        }
        let group = each.from.node;
        let selects = each
            .from
            .steps
            .iter()
            .take(each.from.steps.len().saturating_sub(1));
        let plain = selects
            .into_iter()
            .all(|step| matches!(step.pick, Pick::Any));
        if !plain || self.wanted_outer_many(&each.from) {
            return Class::Whole(Why::ReadsBehind);
        }
        let begins = self.wanted.orders(group, &self.source);
        let early_enough = |node: u32| self.wanted.orders(node, &self.source) < begins || node == 0;
        let mut reads = Vec::new();
        body_reads(&each.body, &mut reads);
        each.when
            .iter()
            .for_each(|condition| expr_reads(&condition.formula.expr, self, group, &mut reads));
        expr_reads_of(&each.body, self, group, &mut reads);
        let fine = |node: &u32| self.wanted.is_within(*node, group) || early_enough(*node);
        if !reads.iter().all(fine) {
            return Class::Whole(Why::ReadsBehind);
        }
        let mut early = Vec::new();
        let mut spools = false;
        let target = self.orders_of(each.field);
        for (other, op) in body.ops.iter().enumerate() {
            if other == at {
                early.push(false);
                continue;
            }
            let mut reads = Vec::new();
            let single = std::slice::from_ref(op);
            ops_read(single, &mut reads);
            ops_expr_reads(single, self, 0, &mut reads);
            let inside = |node: &u32| self.wanted.is_within(*node, group);
            if reads.iter().any(inside) {
                return Class::Whole(Why::ReadInside);
            }
            let totals = reads_totals(single);
            let is_early = !totals && reads.iter().all(|node| early_enough(*node));
            early.push(is_early);
            if !is_early {
                let mut slots = Vec::new();
                op_fields(op, body, &mut slots);
                spools |= slots.iter().any(|field| self.orders_of(*field) < target);
            }
        }
        Class::Streams {
            each: at,
            early,
            spools,
        }
    }

    /// Whether something around the group of a loop may be there several times.
    fn wanted_outer_many(&self, path: &SourcePath) -> bool {
        let mut node = self.wanted.nodes[path.node as usize].parent;
        while node != 0 && node != NONE {
            let of = &self.wanted.nodes[node as usize];
            if self.source.get(of.field).max != Some(1) {
                return true;
            }
            node = of.parent;
        }
        false
    }

    fn orders_of(&self, mut field: FieldId) -> Vec<u32> {
        let mut orders = Vec::new();
        while field != 0 {
            orders.push(self.target.get(field).order);
            field = self.target.get(field).parent;
        }
        orders.reverse();
        orders
    }
}

fn weight_of(body: &Body) -> usize {
    let inner = body.ops.iter().map(|op| match op {
        Op::Each(each) => 1 + weight_of(&each.body),
        _ => 1,
    });
    inner.sum()
}

fn path_reads(path: &SourcePath, reads: &mut Vec<u32>) {
    reads.push(path.node);
    for step in &path.steps {
        if let Pick::Where(asks) = &step.pick {
            for ask in asks {
                if let Compare::This(path) = &ask.against {
                    path_reads(path, reads);
                }
            }
        }
    }
}

fn body_reads(body: &Body, reads: &mut Vec<u32>) {
    ops_read(&body.ops, reads);
}

fn ops_read(ops: &[Op], reads: &mut Vec<u32>) {
    for op in ops {
        match op {
            Op::Row(row) => {
                let paths = paths_of(&row.from).iter();
                paths.for_each(|path| path_reads(path, reads));
            }
            Op::Each(each) => {
                path_reads(&each.from, reads);
                for row in &each.by {
                    let paths = paths_of(&row.from).iter();
                    paths.for_each(|path| path_reads(path, reads));
                }
                body_reads(&each.body, reads);
            }
            Op::Total(total) => {
                if let Some(path) = &total.of {
                    path_reads(path, reads);
                }
            }
            Op::Known(known) => path_reads(&known.path, reads),
        }
    }
}

/// The nodes that an expression in a group reads.
fn expr_reads(expr: &Expr, compiler: &Compiler<'_>, scope: u32, reads: &mut Vec<u32>) {
    for path in expr.paths() {
        let mut node = match path.root.0 {
            0 => scope,
            1 => match scope {
                0 => 0,
                scope => compiler.wanted.nodes[scope as usize].parent,
            },
            2 => 0,
            _ => continue,
        };
        for step in &path.steps {
            let children = &compiler.wanted.nodes[node as usize].children;
            match children.get(step.slot as usize) {
                Some(child) => node = *child,
                None => break,
            }
        }
        reads.push(node);
    }
}

fn expr_reads_of(body: &Body, compiler: &Compiler<'_>, scope: u32, reads: &mut Vec<u32>) {
    ops_expr_reads(&body.ops, compiler, scope, reads);
}

fn ops_expr_reads(ops: &[Op], compiler: &Compiler<'_>, scope: u32, reads: &mut Vec<u32>) {
    for op in ops {
        match op {
            Op::Row(row) => row_expr_reads(row, compiler, scope, reads),
            Op::Each(each) => {
                let group = each.from.node;
                for condition in &each.when {
                    expr_reads(&condition.formula.expr, compiler, group, reads);
                }
                for row in &each.by {
                    row_expr_reads(row, compiler, group, reads);
                }
                expr_reads_of(&each.body, compiler, group, reads);
            }
            Op::Total(_) | Op::Known(_) => {}
        }
    }
}

fn row_expr_reads(row: &RowOp, compiler: &Compiler<'_>, scope: u32, reads: &mut Vec<u32>) {
    if let Source::Expr(formula) = &row.from {
        expr_reads(&formula.expr, compiler, scope, reads);
    }
    for condition in &row.when {
        expr_reads(&condition.formula.expr, compiler, scope, reads);
    }
}

/// Whether running totals are read.
fn reads_totals(ops: &[Op]) -> bool {
    let of_expr = |expr: &Expr| expr.paths().iter().any(|path| path.root.0 == 4);
    let of_row = |row: &RowOp| {
        matches!(row.from, Source::Total(_))
            || matches!(&row.from, Source::Expr(formula) if of_expr(&formula.expr) || formula.expr.text().contains("total"))
            || row
                .when
                .iter()
                .any(|condition| of_expr(&condition.formula.expr))
    };
    ops.iter().any(|op| match op {
        Op::Row(row) => of_row(row),
        Op::Each(each) => each.by.iter().any(of_row) || reads_totals(&each.body.ops),
        Op::Total(_) | Op::Known(_) => false,
    })
}

/// The fields that an operation of the outermost body writes.
fn op_fields(op: &Op, body: &Body, fields: &mut Vec<FieldId>) {
    match op {
        Op::Row(row) => fields.extend(row.to.iter().map(|slot| slot_field(body, *slot, 0))),
        Op::Each(each) => fields.push(each.field),
        Op::Total(_) | Op::Known(_) => {}
    }
}
