//! [`Times`]: how long each state lasted, of one rule at one camera. Must never lose a millisecond.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::types::coverage_state::CoverageState;

/// Milliseconds by state. As JSON an object of those that are not zero: `{"watched": 3590000, "no_video": 10000}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Times([u64; CoverageState::ALL.len()]);

impl Times {
    /// So long in one state, milliseconds.
    pub fn of(state: CoverageState, ms: u64) -> Self {
        let mut times = Times::default();
        times.add(state, ms);
        times
    }

    /// How long that state lasted, milliseconds.
    pub fn ms(&self, state: CoverageState) -> u64 {
        self.0[state as usize]
    }

    /// All states together, milliseconds.
    pub fn total_ms(&self) -> u64 {
        self.0.iter().fold(0, |sum, ms| sum.saturating_add(*ms))
    }

    /// How long the rule was to watch, milliseconds: all but what it was not in force.
    pub fn wanted_ms(&self) -> u64 {
        self.total_ms() - self.ms(CoverageState::NotInForce)
    }

    /// The states that lasted, each with its milliseconds.
    pub fn lasting(&self) -> impl Iterator<Item = (CoverageState, u64)> + use<> {
        CoverageState::ALL.into_iter().zip(self.0).filter(|(_, ms)| *ms > 0)
    }

    /// That state lasted longer.
    pub(crate) fn add(&mut self, state: CoverageState, ms: u64) {
        let sum = &mut self.0[state as usize];
        *sum = sum.saturating_add(ms);
    }

    /// And all of these.
    pub(crate) fn add_all(&mut self, more: &Times) {
        more.lasting().for_each(|(state, ms)| self.add(state, ms));
    }
}

impl Serialize for Times {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.lasting().map(|(state, ms)| (state.name(), ms)))
    }
}

impl<'de> Deserialize<'de> for Times {
    /// What a later version knows and this one does not is unknown here.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut times = Times::default();
        for (name, ms) in BTreeMap::<String, u64>::deserialize(deserializer)? {
            times.add(CoverageState::named(&name).unwrap_or(CoverageState::Unknown), ms);
        }
        Ok(times)
    }
}
