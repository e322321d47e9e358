//! Reading paths from facts.

use std::borrow::Cow;

use super::eval::{Evaluation, Outcome};
use super::op::{Base, Leaf, Node, Read};
use super::{NodeId, Number, Trouble, TroubleKind, Value};

impl<'a> Evaluation<'a> {
    /// Where a path begins.
    pub(super) fn base(&mut self, base: &'a Base) -> Result<Option<NodeId>, Trouble> {
        let (value, owner);
        match base {
            Base::Bound(at) => value = self.bound.get(*at as usize),
            Base::Local(at) => value = self.locals.get(*at as usize),
            Base::Node(node) => {
                owner = self.value(node)?;
                value = Some(&owner);
            }
            Base::Nth(list) => return self.nth(&list.0, &list.1),
        }
        Ok(match value {
            Some(Value::Record(node)) => Some(*node),
            Some(Value::Optional(Some(value))) => match **value {
                Value::Record(node) => Some(node),
                _ => None,
            },
            _ => None,
        })
    }

    pub(super) fn nth(
        &mut self,
        list: &'a Read,
        index: &'a Node,
    ) -> Result<Option<NodeId>, Trouble> {
        let at = match self.value(index)? {
            Value::Int(at) => at,
            _ => return Err(index.trouble(TroubleKind::NoOverload)),
        };
        let Ok(at) = usize::try_from(at) else {
            return Ok(None);
        };
        let Some(first) = self.node(list)? else {
            return Ok(None);
        };
        self.step(at as u64).map_err(|kind| index.trouble(kind))?;
        Ok(self.siblings(first).nth(at))
    }

    /// A node and those after it in its slot.
    pub(super) fn siblings(&self, first: NodeId) -> impl Iterator<Item = NodeId> + use<'a> {
        let facts = self.facts;
        std::iter::successors(Some(first), move |node| facts.next(*node))
    }

    /// The node at the end of a path.
    #[inline]
    pub(super) fn node(&mut self, read: &'a Read) -> Result<Option<NodeId>, Trouble> {
        let begin = match &read.base {
            Base::Bound(at) => match self.bound.get(*at as usize) {
                Some(Value::Record(node)) => Some(*node),
                _ => self.base(&read.base)?,
            },
            base => self.base(base)?,
        };
        let Some(mut node) = begin else {
            return Ok(None);
        };
        for slot in &read.slots {
            match self.facts.first(node, *slot) {
                Some(child) => node = child,
                None => return Ok(None),
            }
        }
        Ok(Some(node))
    }

    #[inline]
    pub(super) fn read_text(&mut self, read: &'a Read, node: &Node) -> Result<&'a str, Trouble> {
        let text = self.node(read)?.map_or("", |found| self.facts.text(found));
        if text.is_empty() {
            Err(node.trouble(TroubleKind::Missing))
        } else {
            Ok(text)
        }
    }

    pub(super) fn read_number(&mut self, read: &'a Read, node: &Node) -> Result<Number, Trouble> {
        let text = self.read_text(read, node)?;
        Number::read(text).ok_or(node.trouble(TroubleKind::NotANumber))
    }

    pub(super) fn read(&mut self, read: &'a Read, node: &Node) -> Outcome<'a> {
        match self.perhaps(read, node)? {
            Some(value) => Ok(value),
            None if matches!(read.leaf, Leaf::Nodes(_)) => Ok(Value::List([].into())),
            None => Err(node.trouble(TroubleKind::Missing)),
        }
    }

    pub(super) fn perhaps(
        &mut self,
        read: &'a Read,
        node: &Node,
    ) -> Result<Option<Value<'a>>, Trouble> {
        let Some(found) = self.node(read)? else {
            return Ok(None);
        };
        let text = match read.leaf {
            Leaf::Record => return Ok(Some(Value::Record(found))),
            Leaf::Nodes(kind) => return Ok(Some(Value::Nodes(found, kind))),
            Leaf::Text | Leaf::Number => self.facts.text(found),
        };
        if text.is_empty() {
            return Ok(None);
        }
        if read.leaf == Leaf::Number {
            let number = Number::read(text).ok_or(node.trouble(TroubleKind::NotANumber))?;
            return Ok(Some(Value::Number(number)));
        }
        Ok(Some(Value::Text(Cow::Borrowed(text))))
    }

    pub(super) fn present(&mut self, read: &'a Read) -> bool {
        match self.node(read) {
            Ok(Some(found)) => {
                matches!(read.leaf, Leaf::Record | Leaf::Nodes(_))
                    || !self.facts.text(found).is_empty()
            }
            _ => false,
        }
    }
}
