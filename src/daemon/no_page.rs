//! A program that was built without the page has this in its place: nothing is served, and nothing is kept for it.

use std::time::Duration;

use super::report::{Readings, Report};
use super::running::Running;
use super::stages::{CommandStage, Context, Storage};
use crate::config::Config;
use crate::control::LocalDesk;
use crate::text::Sentence;

/// No page.
pub struct PageStage;

impl PageStage {
    /// Nothing is served.
    pub fn start(_: Context<'_>, _: &Storage, _: &CommandStage, _: LocalDesk) -> Self {
        PageStage
    }

    /// Nothing changes.
    pub fn set(&mut self, _: &Config) {}

    /// Nothing can be wrong.
    pub fn trouble(&self) -> Option<(Sentence, Option<Sentence>)> {
        None
    }

    /// Nothing ends.
    pub fn stop(self, _: Duration) {}
}

impl Running {
    /// Nobody looks.
    pub fn show_on_page(&self, _: &Report, _: &Readings) {}
}
