//! Evaluates the expressions of rows and loops over the facts of a message.

use std::borrow::Cow;

use super::ast::At;
use super::exec::Work;
use super::program::Condition;
use super::step::Carried;
use super::target::Origin;
use crate::expr::{Expr, Kind, Limits, NodeId, Number, Scope, TroubleKind, Value};
use crate::finding::Code;

impl<'p> Work<'p> {
    pub(super) fn holds(&mut self, condition: &'p Condition, scope: NodeId) -> bool {
        let mut origin = Origin::default();
        match self.evaluate(&condition.expr, scope, &condition.at, &mut origin) {
            Some(Value::Bool(holds)) => holds,
            _ => false,
        }
    }

    pub(super) fn eval(
        &mut self,
        expr: &'p Expr,
        scope: NodeId,
        at: &At,
        origin: &mut Origin,
    ) -> Option<Carried<'static>> {
        let value = self.evaluate(expr, scope, at, origin)?;
        let text = match value {
            Value::Text(text) => text.into_owned(),
            value => value.to_text()?.into_owned(),
        };
        (!text.is_empty()).then_some(Carried::One(Cow::Owned(text)))
    }

    /// The value of an expression; it is made to stand by itself where it is text.
    fn evaluate(
        &mut self,
        expr: &'p Expr,
        scope: NodeId,
        at: &At,
        origin: &mut Origin,
    ) -> Option<Value<'static>> {
        let root = self.root?;
        let parent = self.facts.parent(scope).unwrap_or(scope);
        for path in expr.paths() {
            let from = match path.root.0 {
                0 => scope,
                1 => parent,
                2 => root,
                _ => continue,
            };
            let read = &mut self.read;
            let mut first = None;
            self.facts.follow(from, &path.steps, &mut |node| {
                read[node.index()] = true;
                first = first.or(Some(node));
            });
            origin.fact = origin.fact.or(first);
        }
        let totals = match &self.bound_totals {
            Some(totals) => totals.clone(),
            None => {
                let names = self.program.totals.iter().zip(&self.totals);
                let totals = names.map(|(name, total)| {
                    let name = Value::Text(Cow::Owned(name.to_string()));
                    let number = Number::read(&total.to_string());
                    (name, number.map_or(Value::Null, Value::Number))
                });
                let totals = Value::Map(totals.collect());
                self.bound_totals.insert(totals).clone()
            }
        };
        let record = |node: NodeId| {
            let kind = self.kinds[node.index()];
            let has_text = !self.facts.text(node).is_empty();
            let is_leaf = self.program.wanted.nodes[kind as usize].children.is_empty();
            match is_leaf && has_text {
                true => Value::Nodes(node, Kind::Text),
                false => Value::Record(node),
            }
        };
        let of = |node: NodeId| match record(node) {
            Value::Nodes(node, _) => Value::Text(Cow::Borrowed(self.facts.text(node))),
            other => other,
        };
        let bound = [
            of(scope),
            of(parent),
            Value::Record(root),
            self.bound_params.clone(),
            totals,
            Value::Int(self.numbers.last().copied().unwrap_or(0)),
        ];
        let scope_of = Scope {
            facts: &self.facts,
            bound: &bound,
            host: &self.codes,
            limits: Limits::default(),
        };
        let trouble = match expr.eval(&scope_of) {
            Ok(Value::Bool(holds)) => return Some(Value::Bool(holds)),
            Ok(Value::Text(text)) => return Some(Value::Text(Cow::Owned(text.into_owned()))),
            Ok(value) => {
                let text = value.to_text()?.into_owned();
                return Some(Value::Text(Cow::Owned(text)));
            }
            Err(trouble) => trouble,
        };
        if trouble.kind == TroubleKind::Missing {
            return None;
        }
        let spot = origin
            .fact
            .map_or(self.facts.spot(scope), |fact| self.facts.spot(fact));
        let words = |lang| trouble.kind.words(lang);
        let finding = self
            .finding(Code::MAP_EXPRESSION, spot, origin.fact.or(Some(scope)), at)
            .with("expression", expr.text())
            .with("trouble", words(crate::finding::Lang::En))
            .with("trouble_zh", words(crate::finding::Lang::Zh));
        self.outbox.tell(finding);
        None
    }
}
