//! What the file of every kind of rule uses.

pub(super) use std::sync::Arc;
pub(super) use std::time::Duration;

pub(super) use schemars::JsonSchema;
pub(super) use serde::Deserialize;

pub(super) use super::Condition;
pub(super) use super::evaluator::{Observation, Scene};
pub(super) use super::kind::{Alert, Drawn, Evaluate, RuleKind, Scope, ZoneOrLine, any_of};
pub(super) use super::required_rate::RuleView;
pub(super) use super::typed::{Check, DEFAULT_PEOPLE, Typed};
pub(super) use crate::analysis::detection::Class;
pub(super) use crate::analysis::geometry::Polygon;
pub(super) use crate::text::{Sentence, fields, sentences};
pub(super) use crate::types::at::{At, Names, secs, secs_or, value_of};
pub(super) use crate::types::level::Level;
