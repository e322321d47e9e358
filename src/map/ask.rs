//! Evaluates the expressions of rows and loops over the facts of a message.

use std::borrow::Cow;

use super::ast::At;
use super::exec::Work;
use super::program::{Condition, Formula};
use super::step::Carried;
use super::target::Origin;
use crate::expr::{Limits, NodeId, Number, Path, Scope, Trouble, TroubleKind, Type, Value};
use crate::finding::Code;

/// How the text of an expression came out that was put behind the text of the target.
pub(super) enum Written {
    /// It is there; it may be empty.
    Text,
    /// There is none, and what was to be told is told.
    Nothing,
    /// It is not put together of pieces: [`Work::eval`] tells its value.
    Not,
}

impl<'p> Work<'p> {
    #[inline]
    pub(super) fn all_hold(&mut self, conditions: &'p [Condition], scope: NodeId) -> bool {
        conditions.iter().all(|when| self.holds(when, scope))
    }

    pub(super) fn holds(&mut self, condition: &'p Condition, scope: NodeId) -> bool {
        let mut origin = Origin::default();
        let Condition { formula, at } = condition;
        if let Some((path, is_value)) = &formula.has {
            return self.is_there(path, *is_value, scope);
        }
        self.note_nothing();
        if *formula.expr.kind() != Type::Bool {
            let value = self.evaluate(formula, scope, at, &mut origin);
            return matches!(value, Some(Value::Bool(true)));
        }
        let Some((parent, root)) = self.reads(formula, scope, &mut origin) else {
            return false;
        };
        let holds = self.within(formula, (scope, parent, root), |of| formula.expr.holds(of));
        holds.unwrap_or_else(|trouble| {
            self.trouble(&trouble, formula, scope, at, &origin);
            false
        })
    }

    pub(super) fn eval(
        &mut self,
        formula: &'p Formula,
        scope: NodeId,
        at: &At,
        origin: &mut Origin,
    ) -> Option<Carried<'static>> {
        let value = self.evaluate(formula, scope, at, origin)?;
        let text = match value {
            Value::Text(text) => text.into_owned(),
            value => value.to_text()?.into_owned(),
        };
        (!text.is_empty()).then_some(Carried::One(Cow::Owned(text)))
    }

    /// Puts the text of an expression behind the text of the target.
    pub(super) fn write_formula(
        &mut self,
        formula: &'p Formula,
        scope: NodeId,
        at: &At,
        origin: &mut Origin,
    ) -> Written {
        if !formula.expr.is_pieces() {
            return Written::Not;
        }
        let Some((parent, root)) = self.reads(formula, scope, origin) else {
            return Written::Nothing;
        };
        let out = self.tree.text_mut();
        let begin = out.len();
        let bound = [scope, parent, root];
        let written = formula.expr.write(&self.facts, &bound, out);
        if !matches!(written, Some(Ok(()))) {
            out.truncate(begin);
        }
        let Some(written) = written else {
            return Written::Not;
        };
        match written {
            Ok(()) => Written::Text,
            Err(trouble) => {
                self.trouble(&trouble, formula, scope, at, origin);
                Written::Nothing
            }
        }
    }

    /// Whether a path leads somewhere; what it leads to counts as read.
    fn is_there(&mut self, path: &'p Path, is_value: bool, scope: NodeId) -> bool {
        let from = match path.root.0 {
            0 => Some(scope),
            1 => Some(self.facts.parent(scope).unwrap_or(scope)),
            _ => self.root,
        };
        let (Some(from), Some(_)) = (from, self.root) else {
            return false;
        };
        let first = match self.facts.only(from, &path.steps) {
            Some(found) => {
                if let Some(node) = found {
                    self.read[node.index()] = true;
                }
                found
            }
            None => {
                let read = &mut self.read;
                let mark = &mut |node: NodeId| read[node.index()] = true;
                self.facts.follow(from, &path.steps, mark);
                let mut steps = path.steps.iter();
                steps.try_fold(from, |node, step| self.facts.first(node, step.slot))
            }
        };
        first.is_some_and(|node| !is_value || self.facts.has_text(node))
    }

    /// What an expression reads counts as read; the first of it is where its value comes from. Gives
    /// the group around and that of the message.
    fn reads(
        &mut self,
        formula: &'p Formula,
        scope: NodeId,
        origin: &mut Origin,
    ) -> Option<(NodeId, NodeId)> {
        let root = self.root?;
        let parent = self.facts.parent(scope).unwrap_or(scope);
        for path in formula.expr.paths() {
            let from = match path.root.0 {
                0 => scope,
                1 => parent,
                2 => root,
                _ => continue,
            };
            if let Some(found) = self.facts.only(from, &path.steps) {
                if let Some(node) = found {
                    self.read[node.index()] = true;
                    origin.fact = origin.fact.or(found);
                }
                continue;
            }
            let read = &mut self.read;
            let mut first = None;
            self.facts.follow(from, &path.steps, &mut |node| {
                read[node.index()] = true;
                first = first.or(Some(node));
            });
            origin.fact = origin.fact.or(first);
        }
        Some((parent, root))
    }

    /// Calls `evaluate` with what an expression may ask for.
    fn within<R>(
        &mut self,
        formula: &Formula,
        (scope, parent, root): (NodeId, NodeId, NodeId),
        evaluate: impl FnOnce(&Scope<'_>) -> R,
    ) -> R {
        let (params, totals) = match formula.asks_maps {
            true => (self.bound_params.clone(), self.totals_as_value()),
            false => (Value::Null, Value::Null),
        };
        let of = |node: NodeId| {
            let kind = self.kind(node);
            let text = self.facts.text(node);
            let is_leaf = self.program.wanted.nodes[kind as usize].children.is_empty();
            match is_leaf && !text.is_empty() {
                true => Value::Text(Cow::Borrowed(text)),
                false => Value::Record(node),
            }
        };
        let bound = [
            of(scope),
            of(parent),
            Value::Record(root),
            params,
            totals,
            Value::Int(self.numbers.last().copied().unwrap_or(0)),
        ];
        evaluate(&Scope {
            facts: &self.facts,
            bound: &bound,
            host: &self.codes,
            limits: Limits::default(),
        })
    }

    fn totals_as_value(&mut self) -> Value<'static> {
        if let Some(totals) = &self.bound_totals {
            return totals.clone();
        }
        let names = self.program.totals.iter().zip(&self.totals);
        let totals = names.map(|(name, total)| {
            let name = Value::Text(Cow::Owned(name.to_string()));
            let number = Number::read(&total.to_string());
            (name, number.map_or(Value::Null, Value::Number))
        });
        let totals = Value::Map(totals.collect());
        self.bound_totals.insert(totals).clone()
    }

    /// The value of an expression; it is made to stand by itself where it is text.
    fn evaluate(
        &mut self,
        formula: &'p Formula,
        scope: NodeId,
        at: &At,
        origin: &mut Origin,
    ) -> Option<Value<'static>> {
        let (parent, root) = self.reads(formula, scope, origin)?;
        let value = self.within(formula, (scope, parent, root), |of| {
            Ok(match formula.expr.eval(of)? {
                Value::Bool(holds) => Some(Value::Bool(holds)),
                value => {
                    let text = value.to_text().map(Cow::into_owned);
                    text.map(|text| Value::Text(Cow::Owned(text)))
                }
            })
        });
        match value {
            Ok(value) => value,
            Err(trouble) => {
                self.trouble(&trouble, formula, scope, at, origin);
                None
            }
        }
    }

    /// Says why an expression has no value, unless something is just not there.
    #[cold]
    fn trouble(
        &mut self,
        trouble: &Trouble,
        formula: &Formula,
        scope: NodeId,
        at: &At,
        origin: &Origin,
    ) {
        if trouble.kind == TroubleKind::Missing {
            return;
        }
        let spot = origin
            .fact
            .map_or(self.facts.spot(scope), |fact| self.facts.spot(fact));
        let words = |lang| trouble.kind.words(lang);
        let finding = self
            .finding(Code::MAP_EXPRESSION, spot, origin.fact.or(Some(scope)), at)
            .with("expression", formula.expr.text())
            .with("trouble", words(crate::finding::Lang::En))
            .with("trouble_zh", words(crate::finding::Lang::Zh));
        self.outbox.tell(finding);
    }
}
