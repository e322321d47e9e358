//! Text that is put together of pieces: they are written one behind the other, and no text is made of
//! those so far.

use super::eval::Evaluation;
use super::op::{Arithmetic, Leaf, Node, Op};
use super::{Trouble, Value};

impl Node {
    /// Whether [`write`](Evaluation::write) can write it.
    pub(super) fn is_pieces(&self) -> bool {
        match &self.op {
            Op::Const(value) => matches!(value, Value::Text(_)),
            Op::Read(read) => read.leaf == Leaf::Text,
            Op::ReadOr(read, other) => read.leaf == Leaf::Text && other.is_pieces(),
            Op::If(parts) => parts[1].is_pieces() && parts[2].is_pieces(),
            Op::Arithmetic(Arithmetic::Add, pair) => pair.iter().all(Self::is_pieces),
            _ => false,
        }
    }
}

impl<'a> Evaluation<'a> {
    /// Puts a text at the end of `out`: the same that [`value`](Self::value) makes, for as many steps and
    /// bytes.
    pub(super) fn write(&mut self, node: &'a Node, out: &mut String) -> Result<(), Trouble> {
        match &node.op {
            Op::Const(Value::Text(text)) => out.push_str(text),
            Op::Read(read) if read.leaf == Leaf::Text => out.push_str(self.read_text(read, node)?),
            Op::ReadOr(read, other) if read.leaf == Leaf::Text => {
                let found = self.node(read)?;
                match found.map_or("", |found| self.facts.text(found)) {
                    "" => self.write(other, out)?,
                    text => out.push_str(text),
                }
            }
            Op::If(parts) => {
                let [test, yes, no] = &**parts;
                match self.truth(test)? {
                    true => self.write(yes, out)?,
                    false => self.write(no, out)?,
                }
            }
            Op::Arithmetic(Arithmetic::Add, pair) => {
                let begin = out.len();
                self.write(&pair[0], out)?;
                self.write(&pair[1], out)?;
                self.take(out.len() - begin)
                    .map_err(|kind| node.trouble(kind))?;
            }
            _ => out.push_str(&self.cow(node)?),
        }
        Ok(())
    }
}
