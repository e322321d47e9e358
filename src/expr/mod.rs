//! The expression language of rules and maps: CEL, the Common Expression Language, compiled to slots of
//! a spec.
//!
//! An [`Expr`] is text that was compiled with an [`Env`]: the names it may use, the [`Shapes`] of the
//! spec, the [`Tables`] that are held, the [`Functions`]. It is evaluated in a [`Scope`]: the [`Facts`] of
//! a message, a value for every bound name, a [`Host`], [`Limits`]. This room knows no spec, no rule and no
//! syntax; whoever uses it tells it.
//!
//! ```
//! use baowen::expr::{
//!     Env, Expr, Facts, Field, Kind, Limits, NoHost, Presence, Scope, Shape, Shapes, Value,
//! };
//!
//! /// A spec with one record of two fields.
//! struct Goods;
//!
//! impl Shapes for Goods {
//!     fn field(&mut self, _: Shape, name: &str) -> Option<Field> {
//!         match name {
//!             "packages" => Some(Field::new(0, Kind::Number, Presence::Always)),
//!             "weight" => Some(Field::new(1, Kind::Number, Presence::Maybe)),
//!             _ => None,
//!         }
//!     }
//!     fn names(&self, _: Shape) -> Vec<String> {
//!         vec!["packages".to_owned(), "weight".to_owned()]
//!     }
//!     fn label(&self, _: Shape) -> String {
//!         "goods".to_owned()
//!     }
//! }
//!
//! let mut spec = Goods;
//! let mut env = Env::new(&mut spec);
//! env.bind("this", Kind::Record(Shape(0)), Presence::Always);
//! let fault = Expr::condition("this.packages > 0 && this.weight < 1", &mut env).unwrap_err();
//! assert!(fault.message.contains("this.weight may be absent"));
//! let rule = Expr::condition("this.packages > 0 && (!has(this.weight) || this.weight < 30.5)", &mut env)?;
//!
//! let mut facts = Facts::new();
//! let this = facts.root(2);
//! facts.value(this, 0, "12", Default::default());
//! facts.value(this, 1, "30.500", Default::default());
//! let bound = [Value::Record(this)];
//! let scope = Scope { facts: &facts, bound: &bound, host: &NoHost, limits: Limits::default() };
//! assert_eq!(rule.holds(&scope), Ok(false));
//! # Ok::<(), baowen::expr::Fault>(())
//! ```
//!
//! # The language
//!
#![doc = include_str!("../../specs/rules/EXPRESSIONS.md")]

mod calls;
mod compile;
mod compute;
mod containers;
mod env;
mod eval;
mod expression;
mod facts;
mod fault;
mod fields;
mod functions;
mod host;
mod loops;
mod names;
mod number;
mod op;
mod operators;
mod optionals;
mod path;
mod pattern;
mod pieces;
mod read;
mod shape;
mod syntax;
mod time;
mod turns;
mod value;
mod world;

pub use env::{Check, Env, Functions, Name};
pub use expression::{Expr, Limits, Scope};
pub(crate) use facts::{At, Form, Outline};
pub use facts::{Facts, Mark, NodeId, Spot};
pub use fault::{Fault, Trouble, TroubleKind};
pub use host::{Answer, Column, CrosswalkId, Day, Host, NoHost, NoTables, Row, TableId, Tables};
pub use number::Number;
pub use path::{Path, Step};
pub use shape::{Field, Kind, NoShapes, Presence, Shape, Shapes};
pub use time::{Moment, Period};
pub use value::{Type, Value};
