//! Rules judged while a message goes by.

use std::sync::Arc;

use super::compile::{Asks, Let, Reach, Ready, ReadySide, Target};
use super::fold::Fold;
use super::input::Input;
use super::keys::{Keys, Met, key};
use super::program::Program;
use super::together::Row;
use crate::expr::{Expr, Kind, Limits, NodeId, Number, Scope, Spot, Trouble, TroubleKind, Value};
use crate::finding::{Code, Finding, Lang, Related, Said, Value as Shown};
use crate::tree::gather::{Listener, ROOT, Say, Told, WantedId, path_of};

/// Something to be judged when something around it closes.
struct Pending {
    node: NodeId,
    number: Option<u64>,
    lets: Vec<Result<Value<'static>, TroubleKind>>,
}

/// What is kept of a rule while a message goes by.
struct State {
    lets: Vec<Fold>,
    pending: Vec<Pending>,
    keys: Option<Keys>,
    /// It was said that it cannot be evaluated.
    troubled: bool,
    /// It was said that it is not complete.
    cut: bool,
}

impl State {
    fn forget_keys(&mut self) {
        if let Some(keys) = &mut self.keys {
            keys.clear();
        }
    }
}

/// Judges the rules of one message after the other.
pub(super) struct Judge {
    program: Arc<Program>,
    input: Arc<Input>,
    states: Vec<State>,
    sides: Vec<Vec<Pending>>,
    /// A key, to be written again.
    text: String,
}

/// How many names are always bound.
const NAMES: usize = 4;

/// Where a rule is judged.
struct Here<'t, 'f> {
    told: &'t Told<'f>,
    /// Its anchor.
    node: NodeId,
    number: Option<u64>,
}

impl Judge {
    pub(super) fn new(program: Arc<Program>, input: Arc<Input>) -> Self {
        let states = program.rules.iter().map(|rule| State {
            lets: rule.lets.iter().map(|of| Fold::new(of.gathers)).collect(),
            pending: Vec::new(),
            keys: None,
            troubled: false,
            cut: false,
        });
        Self {
            states: states.collect(),
            sides: program.sides.iter().map(|_| Vec::new()).collect(),
            program,
            input,
            text: String::new(),
        }
    }

    /// The values of names: `this`, `parent`, `message`, `document`.
    fn bound<'f>(told: &Told<'f>, anchor: WantedId, node: NodeId) -> [Value<'f>; NAMES] {
        let facts = told.facts;
        let of = told.projection.kind(anchor);
        let parent = facts.parent(node).unwrap_or(node);
        let this = match of {
            Kind::Record(_) => Value::Record(node),
            Kind::Number => match Number::read(facts.text(node)) {
                Some(number) => Value::Number(number),
                None => Value::Null,
            },
            Kind::Text | Kind::Any => Value::Text(facts.text(node).into()),
        };
        [
            this,
            Value::Record(parent),
            Value::Record(told.root),
            Value::Record(told.document),
        ]
    }

    /// Takes an item into what a `let` gathers.
    fn gather(&mut self, program: &Program, at: (usize, usize), told: &Told<'_>) {
        let of: &Let = &program.rules[at.0].lets[at.1];
        let bound = Self::bound(told, of.item, told.node);
        let scope = Scope {
            facts: told.facts,
            bound: &bound,
            host: &*self.input.outside,
            limits: Limits::default(),
        };
        let fold = &mut self.states[at.0].lets[at.1];
        if let Some(filter) = &of.filter {
            match filter.holds(&scope) {
                Ok(true) => {}
                Ok(false) => return,
                Err(trouble) => return fold.trouble(trouble.kind),
            }
        }
        match &of.value {
            None => fold.count(),
            Some(value) => match value.eval(&scope) {
                Ok(value) => fold.take(&value),
                Err(trouble) if trouble.kind == TroubleKind::Missing => {}
                Err(trouble) => fold.trouble(trouble.kind),
            },
        }
    }

    /// An anchor closes.
    fn reach(&mut self, program: &Program, at: usize, told: &Told<'_>, say: &mut dyn Say) {
        let state = &mut self.states[at];
        let pending = Pending {
            node: told.node,
            number: told.number,
            lets: state.lets.iter().map(Fold::value).collect(),
        };
        let rule = &program.rules[at];
        if rule.judged == rule.anchor {
            self.judge(program, at, &pending, told, say);
        } else {
            state.pending.push(pending);
        }
    }

    /// What all pending ones of a rule wait for closes.
    fn settle(&mut self, program: &Program, at: usize, told: &Told<'_>, say: &mut dyn Say) {
        let pending = std::mem::take(&mut self.states[at].pending);
        if told.cut && !pending.is_empty() {
            return self.incomplete(at, pending.len() as u64, told, say);
        }
        for one in &pending {
            self.judge(program, at, one, told, say);
        }
        let mut pending = pending;
        pending.clear();
        self.states[at].pending = pending;
    }

    /// Lists that the rule needs were given back.
    #[cold]
    fn incomplete(&mut self, at: usize, count: u64, told: &Told<'_>, say: &mut dyn Say) {
        say.not_evaluated(count);
        if std::mem::replace(&mut self.states[at].cut, true) {
            return;
        }
        let id = self.id(at);
        let severity = Code::RULE_INCOMPLETE.severity();
        if say.wants(&id, severity) {
            let spot = spot(told, told.node);
            let mut finding = Finding::new(Code::RULE_INCOMPLETE, spot.span).with("rule", &id);
            finding.at = spot.at;
            finding.rule = Some(id);
            say.say(finding);
        }
    }

    fn id(&self, at: usize) -> Box<str> {
        let of = self.program.rules[at].of;
        self.program.held[of].about().id.clone()
    }

    fn judge(
        &mut self,
        program: &Program,
        at: usize,
        pending: &Pending,
        told: &Told<'_>,
        say: &mut dyn Say,
    ) {
        let rule = &program.rules[at];
        if told.cut && rule.lists {
            return self.incomplete(at, 1, told, say);
        }
        let here = Here {
            told,
            node: pending.node,
            number: pending.number,
        };
        let names = Self::bound(told, rule.anchor, pending.node);
        if matches!(names[0], Value::Null) {
            return say.not_evaluated(1);
        }
        let more: Vec<Value<'_>>;
        let bound: &[Value<'_>] = if pending.lets.is_empty() {
            &names
        } else {
            let lets = pending.lets.iter().cloned();
            match names.into_iter().map(Ok).chain(lets).collect() {
                Ok(all) => more = all,
                Err(kind) => {
                    let (start, end) = (0, 0);
                    return self.trouble(at, &Trouble { kind, start, end }, &here, say);
                }
            }
            &more
        };
        let input = self.input.clone();
        let scope = Scope {
            facts: told.facts,
            bound,
            host: &*input.outside,
            limits: Limits::default(),
        };
        match all(&rule.when, &scope) {
            Ok(true) => {}
            Ok(false) => return,
            Err(trouble) => return self.trouble(at, &trouble, &here, say),
        }
        match &rule.asks {
            Asks::Must(must) => match all(must, &scope) {
                Ok(true) => {}
                Ok(false) => self.broken(rule, &here, &scope, None, say),
                Err(trouble) => self.trouble(at, &trouble, &here, say),
            },
            Asks::Unique { key: of, within } => {
                let value = match of.eval(&scope) {
                    Ok(value) => value,
                    Err(trouble) if trouble.kind == TroubleKind::Missing => return,
                    Err(trouble) => return self.trouble(at, &trouble, &here, say),
                };
                let mut text = std::mem::take(&mut self.text);
                text.clear();
                let there = key(&value, &mut text).is_some() && !text.is_empty();
                let met = there.then(|| {
                    let spot = pointed_spot(&rule.target, rule.anchor, &here);
                    match within {
                        Reach::Element(_) => {
                            let keys = &mut self.states[at].keys;
                            keys.get_or_insert_with(|| input.room()).meet(&text, spot)
                        }
                        Reach::Input => input.meet(rule.of, &text, spot),
                    }
                });
                if let (Reach::Input, Some(Met::New), Some(together)) =
                    (within, &met, &input.together)
                {
                    let mut finding = self.finding(rule, &here, &scope);
                    finding.syntax = self.program.syntax;
                    finding.place.message_type = Some((&*self.program.message).into());
                    if !together.meet(rule.of, &text, input.number, finding) {
                        say.not_evaluated(1);
                    }
                }
                self.text = text;
                let Some(met) = met else {
                    return;
                };
                match met {
                    Met::New => {}
                    Met::Before(span) => self.broken(rule, &here, &scope, Some(span), say),
                    Met::Full => self.incomplete(at, 1, told, say),
                    Met::Unchecked => say.not_evaluated(1),
                }
            }
        }
    }

    /// What kept a rule from being judged.
    #[cold]
    fn trouble(&mut self, at: usize, trouble: &Trouble, here: &Here<'_, '_>, say: &mut dyn Say) {
        say.not_evaluated(1);
        let kind = trouble.kind;
        if kind.is_data() || kind.is_not_held() {
            return;
        }
        if std::mem::replace(&mut self.states[at].troubled, true) {
            return;
        }
        let rule = &self.program.rules[at];
        let id = self.id(at);
        if !say.wants(&id, Code::RULE_TROUBLE.severity()) {
            return;
        }
        let at = pointed(&rule.target, rule.anchor, here);
        let mut finding = Finding::new(Code::RULE_TROUBLE, at.spot.span)
            .with("rule", &id)
            .with("trouble", kind.words(Lang::En))
            .with("trouble_zh", kind.words(Lang::Zh));
        at.place(&mut finding, here);
        finding.rule = Some(id);
        say.say(finding);
    }

    /// A rule is broken.
    #[cold]
    fn broken(
        &self,
        rule: &Ready,
        here: &Here<'_, '_>,
        scope: &Scope<'_>,
        before: Option<crate::span::Span>,
        say: &mut dyn Say,
    ) {
        let about = self.program.held[rule.of].about();
        if !say.wants(&about.id, rule.severity) {
            return;
        }
        let mut finding = self.finding(rule, here, scope);
        finding.related.extend(before.map(|span| Related {
            file: None,
            span,
            path: None,
            code: Code::FIRST_USED,
        }));
        say.say(finding);
    }

    /// What is said of a rule that is broken.
    #[cold]
    fn finding(&self, rule: &Ready, here: &Here<'_, '_>, scope: &Scope<'_>) -> Finding {
        let about = self.program.held[rule.of].about();
        let at = pointed(&rule.target, rule.anchor, here);
        let mut finding = Finding::new(Code::RULE_BROKEN, at.spot.span);
        at.place(&mut finding, here);
        finding.severity = rule.severity;
        finding.rule = Some(about.id.clone());
        finding.said = Some(Box::new(Said {
            en: rule.en.fill(scope),
            zh: rule.zh.fill(scope),
        }));
        if let Some(receipt) = &about.receipt {
            finding = finding.with("receipt", receipt);
        }
        finding
    }

    /// A side of a join: its key and columns are kept.
    fn row(&self, of: &ReadySide, pending: &Pending, told: &Told<'_>, say: &mut dyn Say) {
        let Some(together) = &self.input.together else {
            return;
        };
        let here = Here {
            told,
            node: pending.node,
            number: pending.number,
        };
        let bound = Self::bound(told, of.anchor, pending.node);
        let scope = Scope {
            facts: told.facts,
            bound: &bound,
            host: &*self.input.outside,
            limits: Limits::default(),
        };
        match all(&of.when, &scope) {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => return say.not_evaluated(1),
        }
        let mut text = String::new();
        match of.key.eval(&scope) {
            Ok(value) => {
                if key(&value, &mut text).is_none() || text.is_empty() {
                    return;
                }
            }
            Err(trouble) if trouble.kind == TroubleKind::Missing => return,
            Err(_) => return say.not_evaluated(1),
        }
        let takes = of.takes.iter().map(|of| column(of, &scope));
        let at = pointed(&of.target, of.anchor, &here);
        let row = Row {
            takes: takes.collect(),
            file: self.input.number,
            span: at.spot.span,
            at: at.spot.at,
            path: at.path.into(),
            message: self.program.message.clone(),
            syntax: self.program.syntax,
        };
        if !self.input.again && !together.take(of.of, of.side, text, row) {
            say.not_evaluated(1);
        }
    }
}

/// Whether all hold.
fn all<'a>(exprs: &'a [Expr], scope: &Scope<'a>) -> Result<bool, Trouble> {
    for expr in exprs {
        if !expr.holds(scope)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The value of a column as text; `None` where it is absent.
fn column<'a>(of: &'a Expr, scope: &Scope<'a>) -> Option<Box<str>> {
    let value = of.eval(scope).ok()?;
    let text = value.to_text()?;
    (!text.is_empty()).then(|| text.into())
}

fn spot(told: &Told<'_>, node: NodeId) -> Spot {
    if node == told.root {
        told.root_spot
    } else {
        told.facts.spot(node)
    }
}

/// Where a finding stands.
struct Pointed {
    spot: Spot,
    path: String,
    name: Box<str>,
    text: Option<Box<str>>,
}

impl Pointed {
    fn place(&self, finding: &mut Finding, here: &Here<'_, '_>) {
        finding.at = self.spot.at;
        finding.place.path = Some(self.path.as_str().into());
        finding.place.segment = Some(self.name.clone());
        finding.place.segment_number = here.number;
        finding.value = self.text.clone().map(Shown::Text);
    }
}

/// Follows the target as far as it goes: what is there, and the names of what is not.
fn follow(target: &Target, anchor: WantedId, here: &Here<'_, '_>) -> (WantedId, NodeId, String) {
    let told = here.told;
    let (mut of, mut node) = (anchor, here.node);
    while of != target.from && told.projection.wanted(of).parent != of {
        of = told.projection.wanted(of).parent;
        node = told.facts.parent(node).unwrap_or(told.root);
    }
    let mut missing = String::new();
    for step in &target.steps {
        let wanted = told.projection.wanted(*step);
        let child = told.facts.first(node, wanted.slot);
        match child.filter(|_| missing.is_empty()) {
            Some(child) => (of, node) = (*step, child),
            None => {
                missing.push('/');
                missing.push_str(&wanted.name);
            }
        }
    }
    (of, node, missing)
}

fn pointed_spot(target: &Target, anchor: WantedId, here: &Here<'_, '_>) -> Spot {
    let (_, node, _) = follow(target, anchor, here);
    spot(here.told, node)
}

fn pointed(target: &Target, anchor: WantedId, here: &Here<'_, '_>) -> Pointed {
    let told = here.told;
    let (of, node, missing) = follow(target, anchor, here);
    let mut path = path_of(told.projection, told.facts, of, node);
    path.push_str(&missing);
    // The paths of XML begin with the root.
    let root = &told.projection.wanted(ROOT).name;
    let path = match path.trim_start_matches('/') {
        "" => root.to_string(),
        path if told.is_xml() => format!("{root}/{path}"),
        path => path.to_owned(),
    };
    let text = told.facts.text(node);
    Pointed {
        spot: spot(told, node),
        name: segment(&path).into(),
        text: (missing.is_empty() && !text.is_empty()).then(|| text.into()),
        path,
    }
}

/// The tag of the segment or the id of the record in a path, or the name of the element.
pub(super) fn segment(path: &str) -> &str {
    let mut names = path
        .rsplit('/')
        .map(|name| name.split('[').next().unwrap_or(""));
    let own = names.clone().find_map(|name| {
        let own = name
            .strip_prefix("S_")
            .or_else(|| name.strip_prefix("R_"))?;
        Some(own.split('_').next().unwrap_or(own))
    });
    own.or_else(|| names.find(|name| !name.starts_with('@')))
        .unwrap_or("")
}

impl Drop for Judge {
    fn drop(&mut self) {
        for keys in self.states.iter_mut().filter_map(|state| state.keys.take()) {
            self.input.give_back(keys);
        }
    }
}

impl Listener for Judge {
    fn memory(&self) -> usize {
        self.input.memory
    }

    fn begin(&mut self) {
        if let Some(together) = &self.input.together {
            for side in &self.program.sides {
                together.see(side.of, side.side);
            }
        }
        for state in &mut self.states {
            state.pending.clear();
            state.forget_keys();
            (state.troubled, state.cut) = (false, false);
        }
        for pending in &mut self.sides {
            pending.clear();
        }
    }

    fn open(&mut self, told: &Told<'_>) {
        let program = self.program.clone();
        let actions = &program.actions[told.wanted as usize];
        for at in &actions.fresh_lets {
            self.states[at.0].lets[at.1].clear();
        }
        for at in &actions.fresh_keys {
            self.states[*at].forget_keys();
        }
    }

    fn close(&mut self, told: &Told<'_>, say: &mut dyn Say) {
        let program = self.program.clone();
        let actions = &program.actions[told.wanted as usize];
        for at in &actions.gathered {
            self.gather(&program, *at, told);
        }
        for at in &actions.anchors {
            self.reach(&program, *at, told, say);
        }
        for at in &actions.settled {
            self.settle(&program, *at, told, say);
        }
        for at in &actions.sides {
            let pending = Pending {
                node: told.node,
                number: told.number,
                lets: Vec::new(),
            };
            let of = &program.sides[*at];
            if of.judged == of.anchor {
                self.row(of, &pending, told, say);
            } else {
                self.sides[*at].push(pending);
            }
        }
        for at in &actions.settled_sides {
            let pending = std::mem::take(&mut self.sides[*at]);
            if told.cut {
                say.not_evaluated(pending.len() as u64);
                continue;
            }
            for one in &pending {
                self.row(&program.sides[*at], one, told, say);
            }
        }
    }
}
