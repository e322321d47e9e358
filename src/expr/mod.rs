//! The expression language of rules and maps: CEL, the Common Expression Language, compiled to slots of
//! a spec.
//!
//! An [`Expr`] is text that was compiled with an [`Env`]: the names it may use, the [`Shapes`] of the
//! spec, the [`Tables`] that are held, the [`Functions`]. It is evaluated in a [`Scope`]: the [`Facts`] of
//! a message, a value for every bound name, a [`Host`], [`Limits`]. This room knows no spec, no rule and no
//! syntax; whoever uses it tells it.

mod calls;
mod compile;
mod compute;
mod env;
mod eval;
mod expression;
mod facts;
mod fault;
mod functions;
mod host;
mod loops;
mod number;
mod op;
mod operators;
mod path;
mod pattern;
mod shape;
mod syntax;
mod time;
mod value;

pub use env::{Check, Env, Functions, Name};
pub use expression::{Expr, Limits, Scope};
pub use facts::{Facts, Mark, NodeId, Spot};
pub use fault::{Fault, Trouble, TroubleKind};
pub use host::{Answer, Column, CrosswalkId, Day, Host, NoHost, NoTables, Row, TableId, Tables};
pub use number::Number;
pub use path::{Path, Step};
pub use shape::{Field, Kind, NoShapes, Presence, Shape, Shapes};
pub use time::{Moment, Period};
pub use value::{Type, Value};
