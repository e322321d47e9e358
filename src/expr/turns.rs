//! Loops: one turn after the other, until they are decided.

use super::compute;
use super::eval::{Evaluation, Outcome};
use super::op::{Loop, Node, Turn};
use super::{Trouble, TroubleKind, Value};

#[derive(Default)]
struct State<'a> {
    keys: Vec<Value<'a>>,
    list: Vec<Value<'a>>,
    count: usize,
    decided: bool,
    trouble: Option<Trouble>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn turns(&mut self, turns: &'a Loop, node: &'a Node) -> Outcome<'a> {
        let over = self.value(&turns.over)?;
        let mut state = State::default();
        match over {
            Value::Nodes(first, kind) => {
                for (at, found) in self.siblings(first).enumerate() {
                    let value = if turns.lazy {
                        Value::Record(found)
                    } else {
                        compute::element(self.facts, found, kind)
                            .map_err(|kind| node.trouble(kind))?
                    };
                    if self.turn(turns, node, (Value::Int(at as i64), value), &mut state)? {
                        break;
                    }
                }
            }
            Value::List(values) => {
                for (at, value) in values.iter().enumerate() {
                    let pair = (Value::Int(at as i64), value.clone());
                    if self.turn(turns, node, pair, &mut state)? {
                        break;
                    }
                }
            }
            Value::Map(entries) => {
                for (key, value) in entries.iter() {
                    let value = if turns.two { value } else { key };
                    if self.turn(turns, node, (key.clone(), value.clone()), &mut state)? {
                        break;
                    }
                }
            }
            _ => return Err(turns.over.trouble(TroubleKind::NoOverload)),
        }
        match turns.what {
            Turn::List => return Ok(Value::List(state.list.into())),
            Turn::Map => return Ok(Value::Map(state.keys.into_iter().zip(state.list).collect())),
            Turn::All | Turn::Exists | Turn::ExistsOne => {}
        }
        if let (Some(trouble), false) = (state.trouble, state.decided) {
            return Err(trouble);
        }
        Ok(Value::Bool(match turns.what {
            Turn::All => !state.decided,
            Turn::Exists => state.decided,
            _ => state.count == 1,
        }))
    }

    /// One turn; whether the loop is decided.
    fn turn(
        &mut self,
        turns: &'a Loop,
        node: &Node,
        (key, value): (Value<'a>, Value<'a>),
        state: &mut State<'a>,
    ) -> Result<bool, Trouble> {
        self.step(u64::from(turns.cost) + 1)
            .map_err(|kind| node.trouble(kind))?;
        if turns.two {
            self.locals.push(key);
        }
        self.locals.push(value);
        let result = self.turn_of(turns, state);
        let value = self.locals.pop();
        let key = if turns.two { self.locals.pop() } else { None };
        let Some(made) = result? else {
            return Ok(state.decided);
        };
        self.take(size_of::<Value>())
            .map_err(|kind| node.trouble(kind))?;
        state.list.push(made.or(value).unwrap_or(Value::Null));
        if turns.what == Turn::Map {
            state.keys.push(key.unwrap_or(Value::Null));
        }
        Ok(false)
    }

    /// `Some(None)` takes the element as it is into the list.
    fn turn_of(
        &mut self,
        turns: &'a Loop,
        state: &mut State<'a>,
    ) -> Result<Option<Option<Value<'a>>>, Trouble> {
        let test = turns.test.as_ref().map(|test| self.truth(test));
        match (turns.what, test) {
            (Turn::List | Turn::Map, Some(Ok(false))) => Ok(None),
            (Turn::List | Turn::Map, Some(Err(trouble))) => Err(trouble),
            (Turn::List | Turn::Map, _) => match &turns.body {
                Some(body) => Ok(Some(Some(self.value(body)?))),
                None => Ok(Some(None)),
            },
            (Turn::ExistsOne, Some(Ok(true))) => {
                state.count += 1;
                Ok(None)
            }
            (Turn::ExistsOne, Some(Err(trouble))) => Err(trouble),
            (Turn::All, Some(Ok(false))) | (Turn::Exists, Some(Ok(true))) => {
                state.decided = true;
                Ok(None)
            }
            (_, Some(Err(trouble))) if trouble.kind.is_limit() => Err(trouble),
            (_, Some(Err(trouble))) => {
                state.trouble.get_or_insert(trouble);
                Ok(None)
            }
            _ => Ok(None),
        }
    }
}
