//! From what a map says to what it does: paths checked against the specs of both sides, steps turned
//! round, loops made ready.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use super::ast::{
    Against, Arrow, At, Cel, Direction, Each, From, Item, Limits, Operand, Path, PathStep, Row,
    Selector, Total,
};
use super::date::Patterns;
use super::program::{
    Ask, BASE, Begin, Body, Compare, Condition, EachOp, Envelope, Formula, Known, NONE, Op, Pick,
    Program, Quick, RowOp, Slot, Source, SourcePath, SourceStep, TotalOp, Wanted,
};
use super::side::{FieldId, Side};
use super::step::{Act, Unready};
use super::{Lint, Text};
use crate::expr::{Env, Expr, Functions, Kind, Presence, Shape, Shapes, Type};
use crate::spec::model::{Label, Role};
use crate::tables::CodeTables;
use crate::{Error, Result};

/// Makes one direction of a map ready. What is not wrong but may not be meant goes to `lints`.
pub(super) fn compile(
    text: &Text,
    sides: &[Side; 2],
    direction: Direction,
    codes: &CodeTables,
    lints: &mut Vec<Lint>,
) -> Result<Program> {
    let at = match direction {
        Direction::Forth => [0, 1],
        Direction::Back => [1, 0],
    };
    let source = sides[at[0]].clone();
    let wanted = Wanted::new(&source);
    let mut compiler = Compiler {
        text,
        direction,
        source,
        target: sides[at[1]].clone(),
        sides: at,
        wanted,
        codes,
        totals: Vec::new(),
        loops: Vec::new(),
        asks: 0,
        keyed: Vec::new(),
        shared: Vec::new(),
        uncarried: Vec::new(),
        lints,
    };
    compiler.declare_totals(&text.map.items);
    let mut body = Body::default();
    let scope = Scope {
        node: 0,
        target: 0,
        top: true,
        shared: false,
    };
    compiler.items(&text.map.items, &scope, &mut body)?;
    body.finish();
    compiler.count_together(&mut body);
    let counting = compiler.counting(&body);
    let envelope = compiler.envelope();
    compiler.mandatory(&body, &counting, envelope.as_ref());
    let class = compiler.class(&body);
    let unsigned = text.map.unsigned[at[1]].clone();
    if unsigned.is_some() && !compiler.target.is_signed() {
        let message = format!("{} has no place for a signature", compiler.target.name);
        return Err(wrong(&text.map.at, message));
    }
    compiler.wanted.finish();
    Ok(Program {
        source: Arc::new(compiler.source),
        target: Arc::new(compiler.target),
        wanted: compiler.wanted,
        body,
        uncarried: compiler.uncarried,
        totals: compiler.totals,
        class,
        envelope,
        unsigned,
        counting,
    })
}

pub(super) struct Compiler<'c> {
    text: &'c Text,
    direction: Direction,
    pub(super) source: Side,
    pub(super) target: Side,
    /// Which side of the text is source and which target.
    sides: [usize; 2],
    pub(super) wanted: Wanted,
    codes: &'c CodeTables,
    totals: Vec<Box<str>>,
    /// The source groups of the loops around, outermost first.
    loops: Vec<u32>,
    asks: u32,
    /// Targets of keyed loops.
    keyed: Vec<(FieldId, u32)>,
    /// Fields of groups that several bodies may write below one group.
    shared: Vec<FieldId>,
    /// Paths that are known not to be carried.
    uncarried: Vec<(FieldId, Label)>,
    lints: &'c mut Vec<Lint>,
}

/// Where rows stand.
struct Scope {
    /// The source group.
    node: u32,
    /// The target group.
    target: FieldId,
    /// Outside all loops.
    top: bool,
    /// What is written may stand in a group that was written before, by the same loop or another.
    shared: bool,
}

impl Compiler<'_> {
    fn lint(&mut self, at: &At, en: String, zh: String) {
        let lint = Lint::new(at, en, zh);
        if !self.lints.contains(&lint) {
            self.lints.push(lint);
        }
    }
}

fn wrong(at: &At, message: impl Into<String>) -> Error {
    Error::spec(&*at.file, at.line, at.column, message)
}

impl Compiler<'_> {
    fn declare_totals(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Total(total)
                    if total.arrow.runs(self.direction) && !self.totals.contains(&total.name) =>
                {
                    self.totals.push(total.name.clone());
                }
                Item::Each(each) if each.arrow.runs(self.direction) => {
                    self.declare_totals(&each.items);
                }
                _ => {}
            }
        }
    }

    fn items(&mut self, items: &[Item], scope: &Scope, body: &mut Body) -> Result<()> {
        for item in items {
            match item {
                Item::Row(row) => {
                    if row.arrow.runs(self.direction) {
                        self.row(row, scope, body)?;
                    }
                }
                Item::Each(each) if each.arrow.runs(self.direction) => {
                    let mut op = self.each(each, scope, body)?;
                    if !scope.top {
                        op.chain = body.chain(op.from.from, &op.from.steps);
                    }
                    body.ops.push(Op::Each(Box::new(op)));
                }
                Item::Total(total) if total.arrow.runs(self.direction) => {
                    let op = self.total(total, scope)?;
                    body.ops.push(Op::Total(op));
                }
                Item::Uncarried(entry) if entry.side == self.sides[0] => {
                    let field = self.plain(&entry.path, scope)?;
                    self.uncarried.push((field, entry.reason.clone()));
                }
                Item::Each(_) | Item::Total(_) | Item::Uncarried(_) | Item::Include { .. } => {}
            }
        }
        Ok(())
    }

    fn total(&mut self, total: &Total, scope: &Scope) -> Result<TotalOp> {
        let of = match &total.of {
            Some(path) => Some(self.source_path(path, scope)?),
            None => None,
        };
        let found = self.totals.iter().position(|name| *name == total.name);
        Ok(TotalOp {
            total: found.unwrap_or(0),
            fold: total.fold,
            of,
        })
    }

    fn row(&mut self, row: &Row, scope: &Scope, body: &mut Body) -> Result<()> {
        let (from, to) = (&row.sides[self.sides[0]], &row.sides[self.sides[1]]);
        let known = |value| (matches!(from, Operand::Path(_) | Operand::Paths(_))).then_some(value);
        let value = match to {
            Operand::Path(_) | Operand::Paths(_) => None,
            Operand::Text(text) => known(Some(text.clone())),
            _ => known(None),
        };
        if let Some(value) = value {
            let paths = match from {
                Operand::Path(path) => std::slice::from_ref(path),
                Operand::Paths(paths) => paths,
                _ => &[],
            };
            for path in paths {
                let mut path = self.source_path(path, scope)?;
                if !scope.top {
                    path.share(body);
                }
                body.ops.push(Op::Known(Known {
                    path,
                    value: value.clone(),
                }));
            }
            return Ok(());
        }
        let mut op = self.row_op(row, scope, body)?;
        // What the outermost rows read may still come when others of them have run.
        if !scope.top {
            let paths = match &mut op.from {
                Source::Path(path) | Source::Fold(_, path) => std::slice::from_mut(path),
                Source::Paths(paths) => paths,
                _ => &mut [],
            };
            paths.iter_mut().for_each(|path| path.share(body));
        }
        body.ops.push(Op::Row(Box::new(op)));
        Ok(())
    }

    fn row_op(&mut self, row: &Row, scope: &Scope, body: &mut Body) -> Result<RowOp> {
        let (from, to) = (&row.sides[self.sides[0]], &row.sides[self.sides[1]]);
        let mut when = Vec::new();
        let mut known = Vec::new();
        for (arrow, cel) in &row.when {
            if arrow.runs(self.direction) {
                let condition = self.condition(cel, scope, &known)?;
                known.extend_from_slice(condition.formula.expr.presence_facts());
                when.push(condition);
            }
        }
        let source = match from {
            Operand::Path(path) => Source::Path(self.source_path(path, scope)?),
            Operand::Paths(paths) => {
                let paths = paths.iter().map(|path| self.source_path(path, scope));
                Source::Paths(paths.collect::<Result<_>>()?)
            }
            Operand::Text(text) => Source::Text(text.clone()),
            Operand::Param(name, at) => Source::Param(self.param(name, at)?),
            Operand::Total(name, at) => {
                let Some(total) = self.totals.iter().position(|held| held == name) else {
                    let near = super::side::near(name, &names(&self.totals));
                    let message = format!("no total {name} is kept this way{}", hint(&near));
                    return Err(wrong(at, message));
                };
                Source::Total(total)
            }
            Operand::Number => Source::Number,
            Operand::Now => Source::Now,
            Operand::Fold(fold, path) => Source::Fold(*fold, self.source_path(path, scope)?),
            Operand::Cel(cel) => {
                let expr = self.expression(cel, scope, &known, false)?;
                Source::Expr(Box::new(Formula::new(expr)))
            }
        };
        let targets = match to {
            Operand::Path(path) => std::slice::from_ref(path),
            Operand::Paths(paths) => paths,
            _ => return Err(wrong(&row.at, "what is written to must be a path")),
        };
        let mut slots = Vec::new();
        for path in targets {
            let slot = self.target_path(path, scope, body, row.arrow)?;
            let field = slot_field(body, slot, scope.target);
            if self.target.get(field).value.is_none() {
                let message = format!("{path} holds no value of its own: go on to one inside it");
                return Err(wrong(&path.at, message));
            }
            slots.push(slot);
        }
        let counts = matches!(source, Source::Fold(super::ast::Fold::Count, _));
        for path in paths_of(&source).iter().filter(|_| !counts) {
            let field = self.wanted.nodes[path.node as usize].field;
            if self.source.get(field).value.is_none() {
                let message = format!(
                    "{} holds no value of its own: go on to one inside it",
                    self.source.path(field)
                );
                return Err(wrong(&row.at, message));
            }
        }
        let acts = self.acts(row, &source, slots.len())?;
        self.fits(
            row,
            &source,
            &acts,
            slot_field(body, slots[0], scope.target),
        )?;
        let simple = match acts.as_slice() {
            [] | [Act::Decimals(_) | Act::Date(..)] => !matches!(source, Source::Paths(_)),
            [Act::Glue] => true,
            _ => false,
        };
        let is_quick = simple && slots.len() == 1 && !matches!(source, Source::Total(_));
        let quick = is_quick.then(|| {
            let field = slot_field(body, slots[0], scope.target);
            let value = self.target.get(field).value.as_ref();
            // A message of UN/EDIFACT says nothing of decimals that holds for its numbers.
            let decimals = value.and_then(|value| value.decimals);
            let decimals = decimals.filter(|_| !self.target.is_edifact());
            Quick {
                to: slots[0],
                numeric: value.is_some_and(|value| value.numeric),
                max: value.and_then(|value| value.max).unwrap_or(u32::MAX),
                decimals: decimals.unwrap_or(u32::MAX),
            }
        });
        let copies = quick.is_some()
            && matches!((&source, acts.as_slice()), (Source::Path(_), []))
            && when.is_empty();
        let mut defaults = row.default.iter();
        let default = defaults.find(|(arrow, _)| arrow.runs(self.direction));
        Ok(RowOp {
            from: source,
            acts,
            when,
            default: default.map(|(_, value)| value.clone()),
            limits: row.limits.or(self.text.map.limits),
            adds: row.adds,
            if_empty: row.if_empty,
            copies,
            quick,
            fields: slots
                .iter()
                .map(|slot| slot_field(body, *slot, scope.target))
                .collect(),
            to: slots,
            at: row.at.clone(),
        })
    }

    /// The steps of a row in this direction.
    fn acts(&mut self, row: &Row, source: &Source, places: usize) -> Result<Vec<Act>> {
        let told = |of: Unready| wrong(&row.at, of.0);
        let mut acts = Vec::new();
        let narrows = row.steps.iter().find_map(|step| step.narrows(self.codes));
        if let Some(reason) = narrows
            && row.arrow == Arrow::Both
            && row.lossy.is_none()
        {
            let message = format!(
                "a row with <-> must lead back: {reason}; write -> and <- rows, or say lossy below"
            );
            return Err(wrong(&row.at, message));
        }
        let mut many = matches!(source, Source::Paths(_));
        let back = row.arrow == Arrow::Both && self.direction == Direction::Back;
        let steps: Vec<_> = match back {
            true => row.steps.iter().rev().collect(),
            false => row.steps.iter().collect(),
        };
        for step in steps {
            let act = match back {
                true => step.back(self.codes).map_err(told)?,
                false => Some(step.forth(self.codes).map_err(told)?),
            };
            match step.many().map(|makes| makes != back) {
                Some(false) => many = false,
                Some(true) => many = true,
                None => {}
            }
            acts.extend(act);
        }
        if many && places == 1 {
            let message = "several values for one place: say join \"…\" or glue N";
            return Err(wrong(&row.at, message));
        }
        if !many && places > 1 {
            let message = "one value for several places: say split \"…\" or cut N";
            return Err(wrong(&row.at, message));
        }
        Ok(acts)
    }

    /// Whether what is written can fit at all.
    fn fits(&mut self, row: &Row, source: &Source, acts: &[Act], field: FieldId) -> Result<()> {
        let name = self.target.path(field);
        let Some(value) = self.target.get(field).value.clone() else {
            return Ok(());
        };
        if let (Source::Text(text), []) = (source, acts) {
            if value
                .max
                .is_some_and(|max| text.chars().count() > max as usize)
            {
                let max = value.max.unwrap_or(0);
                let message = format!("{text:?} is longer than {name} allows: {max}");
                return Err(wrong(&row.at, message));
            }
            if let Some(crate::spec::model::CodeList::Values(values)) = &value.codes
                && values.iter().all(|(code, _)| code != text)
            {
                let lint = format!("{text:?} is none of the codes of {name}");
                let zh = format!("{text:?} 不在 {name} 的代码之列");
                self.lint(&row.at, lint, zh);
            }
        }
        if let Some(Act::Date(_, to, _)) = acts.last() {
            let long = value.max.is_some_and(|max| to.longest() > max as usize);
            if long {
                let message = format!("a date of that pattern is longer than {name} allows");
                return Err(wrong(&row.at, message));
            }
        }
        let Source::Path(path) = source else {
            return Ok(());
        };
        let from = self.wanted.nodes[path.node as usize].field;
        let from = self.source.get(from).value.clone().unwrap_or_default();
        let to = value;
        if acts.is_empty() && !from.patterns.is_empty() && !to.patterns.is_empty() {
            let parts = |of: &[Box<str>]| Patterns::parse(&of.join("/"));
            if let (Some(a), Some(b)) = (parts(&from.patterns), parts(&to.patterns))
                && a != b
            {
                let (a, b) = (from.patterns.join("/"), to.patterns.join("/"));
                let lint = format!("{a} is written where {b} is meant: is `date {a} {b}` missing?");
                let zh = format!("{a} 写入了 {b} 的位置：是否缺少 `date {a} {b}`？");
                self.lint(&row.at, lint, zh);
            }
        }
        if acts.is_empty()
            && row.limits.or(self.text.map.limits).long.is_none()
            && row.lossy.is_none()
            && let (Some(a), Some(b)) = (from.max, to.max)
            && a > b
            && to.patterns.is_empty()
            && to.codes.is_none()
        {
            let lint =
                format!("a value may have {a} characters, {name} has room for {b}: say on-long");
            let zh = format!("数据可长达 {a}，{name} 只容 {b}：请用 on-long 说明");
            self.lint(&row.at, lint, zh);
        }
        Ok(())
    }

    fn each(&mut self, each: &Each, scope: &Scope, body: &mut Body) -> Result<EachOp> {
        let from = self.source_path(&each.sides[self.sides[0]], scope)?;
        let node = from.node;
        let field = self.wanted.nodes[node as usize].field;
        self.wanted.nodes[node as usize].is_loop |= self.source.get(field).value.is_none();
        let path = &each.sides[self.sides[1]];
        let mut op = EachOp {
            from,
            chain: NONE,
            when: Vec::new(),
            parent: BASE,
            field: scope.target,
            sets: Vec::new(),
            inline: path.steps.is_empty(),
            by: Vec::new(),
            keyed: NONE,
            counter: NONE,
            body: Body::default(),
            at: each.at.clone(),
        };
        let mut target = scope.target;
        if let Some((last, around)) = path.steps.split_last() {
            if path.from != From::Here && !(scope.top && path.from == From::Message) {
                let message = "what is written stands inside the group of the loop around";
                return Err(wrong(&path.at, message));
            }
            let mut parent = BASE;
            for step in around {
                parent = self.target_step(step, parent, scope.target, body, each.arrow)?;
            }
            op.parent = parent;
            let around = slot_field(body, parent, scope.target);
            target = self.target_child(around, last)?;
            op.field = target;
            match scope.shared {
                true => self.shared.push(target),
                false => op.counter = body.counter(parent, target),
            }
            self.selector_sets(last, target, &mut op.body, &mut op.sets, each.arrow)?;
        }
        let inner = Scope {
            node,
            target,
            top: false,
            shared: op.inline || !each.by.is_empty(),
        };
        self.loops.push(node);
        for (arrow, cel) in &each.when {
            if arrow.runs(self.direction) {
                op.when.push(self.condition(cel, &inner, &[])?);
            }
        }
        let mut made = std::mem::take(&mut op.body);
        for row in &each.by {
            op.by.push(self.row_op(row, &inner, &mut made)?);
        }
        if !op.by.is_empty() {
            let held = self.keyed.iter().position(|key| *key == (target, node));
            let same = self.keyed.iter().position(|(of, _)| *of == target);
            op.keyed = held.or(same).unwrap_or(self.keyed.len()) as u32;
            self.keyed.push((target, node));
        }
        self.items(&each.items, &inner, &mut made)?;
        made.finish();
        op.body = made;
        self.loops.pop();
        if self.target.get(target).max == Some(1)
            && !op.inline
            && op.by.is_empty()
            && self.wanted_many(&op.from)
            && !picks_one(&op.from)
        {
            let name = self.target.path(target);
            let lint = format!("{name} may stand only once, and the loop may run several times");
            let zh = format!("{name} 只能出现一次，而循环可能执行多次");
            self.lint(&each.at, lint, zh);
        }
        Ok(op)
    }

    /// Groups that more than one body may write below one group are counted for all of them.
    fn count_together(&self, body: &mut Body) {
        for op in &mut body.ops {
            if let Op::Each(each) = op {
                if self.shared.contains(&each.field) {
                    each.counter = NONE;
                }
                self.count_together(&mut each.body);
            }
        }
    }

    /// Whether a path may lead to several nodes.
    fn wanted_many(&self, path: &SourcePath) -> bool {
        let mut node = path.node;
        let mut steps = path.steps.len();
        while steps > 0 {
            let of = &self.wanted.nodes[node as usize];
            if self.source.get(of.field).max != Some(1) {
                return true;
            }
            node = of.parent;
            steps -= 1;
        }
        false
    }

    fn param(&self, name: &str, at: &At) -> Result<usize> {
        let params = &self.text.map.params;
        if let Some(found) = params.iter().position(|param| *param.name == *name) {
            return Ok(found);
        }
        let known: Vec<String> = params.iter().map(|param| param.name.to_string()).collect();
        let near = super::side::near(name, &known);
        Err(wrong(at, format!("no parameter {name}{}", hint(&near))))
    }

    /// A field of the source by its names only.
    fn plain(&mut self, path: &Path, scope: &Scope) -> Result<FieldId> {
        let mut field = match path.from {
            From::Message => 0,
            From::Here => self.wanted.nodes[scope.node as usize].field,
            From::Up(levels) => {
                let node = self.node_above(scope.node, levels, path)?;
                self.wanted.nodes[node as usize].field
            }
        };
        for step in &path.steps {
            let Some(child) = self.source.child(field, &step.name) else {
                return Err(self.no_field(true, field, step));
            };
            field = child;
        }
        Ok(field)
    }

    #[cold]
    fn no_field(&mut self, source: bool, field: FieldId, step: &PathStep) -> Error {
        let side = match source {
            true => &mut self.source,
            false => &mut self.target,
        };
        let near = side.near(field, &step.name);
        let inside = match side.path(field) {
            path if path.is_empty() => side.name.to_string(),
            path => format!("{path} of {}", side.name),
        };
        let message = format!("{inside} has no {}{}", step.name, hint(&near));
        wrong(&step.at, message)
    }

    /// The group so many levels around one.
    fn node_above(&self, mut node: u32, levels: u32, path: &Path) -> Result<u32> {
        for _ in 0..levels {
            if node == 0 {
                return Err(wrong(&path.at, "../ leads out of the message"));
            }
            node = self.wanted.nodes[node as usize].parent;
        }
        Ok(node)
    }

    fn source_path(&mut self, path: &Path, scope: &Scope) -> Result<SourcePath> {
        let (mut node, begin) = match path.from {
            From::Here => (scope.node, Begin::Up(0)),
            From::Message => (0, Begin::Message),
            From::Up(levels) => {
                let node = self.node_above(scope.node, levels, path)?;
                (node, Begin::Up(levels))
            }
        };
        let mut steps = Vec::new();
        for step in &path.steps {
            let around = self.wanted.nodes[node as usize].field;
            let step = &*numbered(&mut self.source, around, step);
            let (slot, child) = self.source_child(node, step)?;
            let pick = self.pick(step, child, scope)?;
            steps.push(SourceStep { slot, pick });
            node = child;
        }
        Ok(SourcePath {
            from: begin,
            steps,
            node,
            chain: NONE,
        })
    }

    fn source_child(&mut self, node: u32, step: &PathStep) -> Result<(u32, u32)> {
        let field = self.wanted.nodes[node as usize].field;
        match self.source.child(field, &step.name) {
            Some(child) => Ok(self.wanted.want(node, child, &self.source)),
            None => Err(self.no_field(true, field, step)),
        }
    }

    fn pick(&mut self, step: &PathStep, node: u32, scope: &Scope) -> Result<Pick> {
        let tests = match &step.selector {
            None => return Ok(Pick::Any),
            Some(Selector::Nth(nth)) => return Ok(Pick::Nth(*nth)),
            Some(Selector::All(tests)) => tests,
        };
        let mut asks = Vec::new();
        for test in tests {
            let mut at = node;
            let mut steps = Vec::new();
            for step in &test.path {
                let (slot, child) = self.source_child(at, step)?;
                let pick = self.pick(step, child, scope)?;
                steps.push(SourceStep { slot, pick });
                at = child;
            }
            let against = match &test.against {
                Against::Values(values) => Compare::Values(values.clone()),
                Against::NoneOf(values) => Compare::NoneOf(values.clone()),
                Against::Present => Compare::Present,
                Against::Absent => Compare::Absent,
                Against::This(path) => Compare::This(Box::new(self.source_path(path, scope)?)),
            };
            self.asks += 1;
            asks.push(Ask {
                steps,
                against,
                index: self.asks - 1,
            });
        }
        Ok(Pick::Where(asks))
    }

    fn target_path(
        &mut self,
        path: &Path,
        scope: &Scope,
        body: &mut Body,
        arrow: Arrow,
    ) -> Result<u32> {
        if path.from != From::Here && !(scope.top && path.from == From::Message) {
            let message = "what is written stands inside the group of the loop around";
            return Err(wrong(&path.at, message));
        }
        let mut slot = BASE;
        for step in &path.steps {
            let around = slot_field(body, slot, scope.target);
            let step = numbered(&mut self.target, around, step);
            slot = self.target_step(&step, slot, scope.target, body, arrow)?;
        }
        Ok(slot)
    }

    fn target_child(&mut self, field: FieldId, step: &PathStep) -> Result<FieldId> {
        match self.target.child(field, &step.name) {
            Some(child) => Ok(child),
            None => Err(self.no_field(false, field, step)),
        }
    }

    fn target_step(
        &mut self,
        step: &PathStep,
        parent: u32,
        base: FieldId,
        body: &mut Body,
        arrow: Arrow,
    ) -> Result<u32> {
        let around = slot_field(body, parent, base);
        let field = self.target_child(around, step)?;
        let which: Box<str> = match &step.selector {
            Some(_) => step.to_string().into(),
            None => "".into(),
        };
        let same =
            |slot: &Slot| slot.parent == parent && slot.field == field && slot.which == which;
        if let Some(found) = body.slots.iter().position(same) {
            return Ok(found as u32);
        }
        let id = body.slots.len() as u32;
        body.slots.push(Slot {
            parent,
            field,
            mark: super::target::which(&which),
            which,
            sets: Vec::new(),
        });
        let mut sets = Vec::new();
        self.sets_below(step, id, field, body, &mut sets, arrow)?;
        body.slots[id as usize].sets = sets;
        Ok(id)
    }

    /// What a loop's selector writes into each of its groups.
    fn selector_sets(
        &mut self,
        step: &PathStep,
        field: FieldId,
        body: &mut Body,
        sets: &mut Vec<(u32, Box<str>)>,
        arrow: Arrow,
    ) -> Result<()> {
        self.sets_below(step, BASE, field, body, sets, arrow)
    }

    fn sets_below(
        &mut self,
        step: &PathStep,
        slot: u32,
        field: FieldId,
        body: &mut Body,
        sets: &mut Vec<(u32, Box<str>)>,
        arrow: Arrow,
    ) -> Result<()> {
        let Some(Selector::All(tests)) = &step.selector else {
            return Ok(());
        };
        for test in tests {
            let value = match &test.against {
                Against::Values(values) => values[0].clone(),
                Against::Absent => continue,
                Against::Present if arrow == Arrow::Both => continue,
                _ => {
                    let message =
                        "a target is chosen by path == \"value\": that is what is written";
                    return Err(wrong(&step.at, message));
                }
            };
            let mut at = slot;
            for inner in &test.path {
                at = self.target_step(inner, at, field, body, arrow)?;
            }
            sets.push((at, value));
        }
        Ok(())
    }

    fn condition(
        &mut self,
        cel: &Cel,
        scope: &Scope,
        known: &[crate::expr::Path],
    ) -> Result<Condition> {
        let formula = Formula::new(self.expression(cel, scope, known, true)?);
        let at = cel.at.clone();
        Ok(Condition { formula, at })
    }

    fn expression(
        &mut self,
        cel: &Cel,
        scope: &Scope,
        known: &[crate::expr::Path],
        condition: bool,
    ) -> Result<Expr> {
        let parent = match scope.node {
            0 => 0,
            node => self.wanted.nodes[node as usize].parent,
        };
        let has_fields = |side: &mut Side, field| !side.children(field).is_empty();
        let kind = |compiler: &mut Self, node: u32| {
            let field = compiler.wanted.nodes[node as usize].field;
            match has_fields(&mut compiler.source, field) {
                true => Kind::Record(Shape(node)),
                false => kind_of(&compiler.source, field),
            }
        };
        let (this, around) = (kind(self, scope.node), kind(self, parent));
        let texts = || Type::Map(Box::new(Type::Text), Box::new(Type::Text));
        let mut view = View {
            side: &mut self.source,
            wanted: &mut self.wanted,
        };
        let mut env = Env::new(&mut view)
            .with_tables(self.codes)
            .with_functions(checks());
        env.bind("this", this, Presence::Always);
        env.bind("parent", around, Presence::Always);
        env.bind("message", Kind::Record(Shape(0)), Presence::Always);
        env.bind_type("param", texts(), Presence::Always);
        let totals = Type::Map(Box::new(Type::Text), Box::new(Type::Number));
        env.bind_type("total", totals, Presence::Always);
        env.bind_type("number", Type::Int, Presence::Always);
        env.know(known);
        env.let_absent(true);
        let made = match condition {
            true => Expr::condition(&cel.text, &mut env),
            false => Expr::compile(&cel.text, &mut env),
        };
        made.map_err(|fault| {
            let before = cel.text.get(..fault.span.start).unwrap_or_default();
            let column = cel.at.column + before.chars().count() as u32;
            Error::spec(&*cel.at.file, cel.at.line, column, fault.to_string())
        })
    }

    /// Mandatory records of a flat file that no row writes, and that hold nothing mandatory but what
    /// is counted.
    fn counting(&mut self, body: &Body) -> Vec<FieldId> {
        let mut written = HashSet::new();
        collect(body, 0, &mut written);
        let mut found = Vec::new();
        for record in self.target.children(0) {
            let of = self.target.get(record);
            if of.role != Role::Record || of.min == 0 || written.contains(&record) {
                continue;
            }
            let inside = self.target.children(record);
            let counts = |field: &FieldId| {
                let value = &self.target.get(*field).value;
                value.as_ref().is_some_and(|value| value.counts)
            };
            let only = inside.iter().all(|field| {
                self.target.get(*field).min == 0
                    || self.target.is_record_id(*field)
                    || counts(field)
            });
            if only && inside.iter().any(counts) {
                found.push(record);
            }
        }
        found
    }

    /// Says which mandatory fields nothing writes.
    fn mandatory(&mut self, body: &Body, counting: &[FieldId], envelope: Option<&Envelope>) {
        let mut written = HashSet::from([0]);
        collect(body, 0, &mut written);
        let mut groups: Vec<FieldId> = written.iter().copied().collect();
        // What leads there is written too.
        let mut at = 0;
        while at < groups.len() {
            let parent = self.target.get(groups[at]).parent;
            if written.insert(parent) {
                groups.push(parent);
            }
            at += 1;
        }
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            for child in self.target.children(group) {
                let field = self.target.get(child);
                let counted = field.value.as_ref().is_some_and(|value| value.counts);
                let by_writer = envelope.is_some_and(|of| of.holds(child))
                    || self.target.is_record_id(child)
                    || counting.contains(&child)
                    || counted;
                if field.min == 0 || written.contains(&child) || by_writer {
                    continue;
                }
                let path = self.target.path(child);
                let en = format!("{path} is mandatory and never written");
                let zh = format!("{path} 为必填项，但未被写入");
                self.lint(&self.text.map.at, en, zh);
            }
        }
    }

    /// The header and trailer of a message of UN/EDIFACT.
    fn envelope(&mut self) -> Option<Envelope> {
        if !self.target.is_edifact() {
            return None;
        }
        let side = &mut self.target;
        let header = side.child(0, "S_UNH")?;
        let reference = side.child(header, "D_0062")?;
        let identifier = side.child(header, "C_S009")?;
        let mut parts = [0; 4];
        for (part, name) in parts
            .iter_mut()
            .zip(["D_0065", "D_0052", "D_0054", "D_0051"])
        {
            *part = side.child(identifier, name)?;
        }
        let trailer = side.child(0, "S_UNT")?;
        Some(Envelope {
            header,
            reference,
            identifier,
            parts,
            trailer,
            count: side.child(trailer, "D_0074")?,
            reference_again: side.child(trailer, "D_0062")?,
        })
    }
}

/// The checks of numbers that expressions call by name.
fn checks() -> &'static Functions {
    static CHECKS: OnceLock<Functions> = OnceLock::new();
    CHECKS.get_or_init(|| {
        let all = crate::codes::identifier::CHECKS.iter();
        let all: Vec<_> = all.map(|check| (check.name, check.check)).collect();
        Functions::with_checks(&all)
    })
}

/// The spec as expressions see it.
struct View<'v> {
    side: &'v mut Side,
    wanted: &'v mut Wanted,
}

impl Shapes for View<'_> {
    fn field(&mut self, of: Shape, name: &str) -> Option<crate::expr::Field> {
        let around = self.wanted.nodes.get(of.0 as usize)?.field;
        // An attribute may be named without its sign, where no element is called the same.
        let field = match self.side.known_child(around, name) {
            Some(field) => field,
            None => match self.side.known_child(around, &format!("@{name}")) {
                Some(field) => field,
                None => self.side.child(around, name)?,
            },
        };
        let has_fields = !self.side.children(field).is_empty() || self.side.get(field).open;
        let (slot, node) = self.wanted.want(of.0, field, self.side);
        let held = self.side.get(field);
        let presence = match (held.min, held.max) {
            (_, None | Some(2..)) => Presence::Many,
            (0, _) => Presence::Maybe,
            _ => Presence::Always,
        };
        let (kind, beside) = match (&held.value, has_fields) {
            (None, _) => (Kind::Record(Shape(node)), None),
            (Some(_), true) => (kind_of(self.side, field), Some(Shape(node))),
            (Some(_), false) => (kind_of(self.side, field), None),
        };
        Some(crate::expr::Field {
            beside,
            ..crate::expr::Field::new(slot, kind, presence)
        })
    }

    fn names(&self, of: Shape) -> Vec<String> {
        let Some(node) = self.wanted.nodes.get(of.0 as usize) else {
            return Vec::new();
        };
        let mut side = self.side.clone();
        let children = side.children(node.field);
        let names = children
            .iter()
            .map(|child| side.get(*child).name.to_string());
        names.collect()
    }

    fn label(&self, of: Shape) -> String {
        let node = self.wanted.nodes.get(of.0 as usize);
        match node.map(|node| self.side.path(node.field)) {
            Some(path) if !path.is_empty() => path,
            _ => self.side.name.to_string(),
        }
    }
}

fn kind_of(side: &Side, field: FieldId) -> Kind {
    match &side.get(field).value {
        Some(_) if side.get(field).open => Kind::Any,
        Some(value) if value.numeric => Kind::Number,
        _ => Kind::Text,
    }
}

fn names(of: &[Box<str>]) -> Vec<String> {
    of.iter().map(|name| name.to_string()).collect()
}

fn hint(near: &[String]) -> String {
    match near.is_empty() {
        true => String::new(),
        false => format!("; did you mean {}?", near.join(", ")),
    }
}

/// A step as it is meant: `F_2_3` is `F_2[3]` where a field may stand several times, so that ranges
/// name its values as they do the places of one name in a segment.
fn numbered<'s>(side: &mut Side, around: FieldId, step: &'s PathStep) -> Cow<'s, PathStep> {
    match side.numbered(around, &step.name) {
        Some((field, nth)) if step.selector.is_none() => Cow::Owned(PathStep {
            name: side.get(field).name.clone(),
            selector: Some(Selector::Nth(nth)),
            at: step.at.clone(),
        }),
        _ => Cow::Borrowed(step),
    }
}

/// The field of a slot.
pub(super) fn slot_field(body: &Body, slot: u32, base: FieldId) -> FieldId {
    match slot {
        BASE => base,
        slot => body.slots[slot as usize].field,
    }
}

fn picks_one(path: &SourcePath) -> bool {
    path.steps
        .iter()
        .all(|step| !matches!(step.pick, Pick::Any))
}

pub(super) fn paths_of(source: &Source) -> &[SourcePath] {
    match source {
        Source::Path(path) | Source::Fold(_, path) => std::slice::from_ref(path),
        Source::Paths(paths) => paths,
        _ => &[],
    }
}

/// All fields that a body writes.
fn collect(body: &Body, base: FieldId, written: &mut HashSet<FieldId>) {
    written.insert(base);
    written.extend(body.slots.iter().map(|slot| slot.field));
    for op in &body.ops {
        if let Op::Each(each) = op {
            collect(&each.body, each.field, written);
        }
    }
}

/// What holds for a row that says nothing of the target's limits.
pub(super) fn limits_of(
    limits: Limits,
) -> (
    super::ast::OnLong,
    super::ast::OnMissing,
    super::ast::OnCharset,
) {
    (
        limits.long.unwrap_or(super::ast::OnLong::Keep),
        limits.missing.unwrap_or(super::ast::OnMissing::Drop),
        limits.charset.unwrap_or(super::ast::OnCharset::Keep),
    )
}

impl Side {
    pub(super) fn is_edifact(&self) -> bool {
        matches!(self.of, super::side::Of::Edifact { .. })
    }

    /// Whether a field is the id of a record, which the writer knows.
    pub(super) fn is_record_id(&self, field: FieldId) -> bool {
        let of = self.get(field);
        of.role == Role::Field && &*of.name == "F_1"
    }
}
