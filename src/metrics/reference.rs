//! The metrics as tables in Markdown, for `lookout schema metrics` and the pages `deploy/METRICS.md`. Pure.

use std::fmt::Write as _;

use super::catalogue::{ALERTS, ALL, Family, Label, TEMPERATURE};
use crate::text::{Sentence, metrics as say};
use crate::types::language::Language;

/// What series are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Box,
    Camera,
    Sensor,
}

impl Of {
    pub(super) const ALL: [Of; 3] = [Of::Box, Of::Camera, Of::Sensor];

    fn families(self) -> impl Iterator<Item = &'static Family> {
        ALL.iter().copied().filter(move |family| self == Of::which(family))
    }

    fn which(family: &Family) -> Of {
        match family.labels.first() {
            Some(Label::Camera) => Of::Camera,
            Some(Label::Sensor) => Of::Sensor,
            Some(Label::Word(..) | Label::Named(_)) | None => Of::Box,
        }
    }

    /// How many series a box, a camera or a sensor has at most; of the box without kinds of alerts and temperatures, of which
    /// nobody knows how many there will be.
    pub(super) fn series(self) -> usize {
        let is_open = |family: &Family| [ALERTS.name, TEMPERATURE.name].contains(&family.name);
        self.families().filter(|family| !is_open(family)).map(series).sum()
    }

    fn cost(self) -> Sentence {
        let count = self.series().to_string();
        match self {
            Of::Box => say::series_of_box(count),
            Of::Camera => say::series_of_camera(count),
            Of::Sensor => say::series_of_sensor(count),
        }
    }

    /// What they cost, and a table of them.
    pub(super) fn table(self, language: Language) -> String {
        let (cost, columns) = (self.cost().in_language(language), say::columns().in_language(language));
        let mut table = format!("{cost}\n\n| {columns} |\n|---|---|---|---|\n");
        for family in self.families() {
            let labels: Vec<String> = family.labels.iter().map(label_in_words).collect();
            let (name, kind) = (family.sample_name(), family.kind.name());
            let what = (family.help)().in_language(language);
            // A `String` takes everything.
            let _ = writeln!(table, "| `{name}` | {kind} | {} | {what} |", labels.join("; "));
        }
        table
    }
}

/// Every combination of the words of its labels, for one camera, sensor or name.
fn series(family: &Family) -> usize {
    let words = family.labels.iter().map(|label| match label {
        Label::Word(_, words) => words.len(),
        Label::Camera | Label::Sensor | Label::Named(_) => 1,
    });
    words.product()
}

fn label_in_words(label: &Label) -> String {
    match label {
        Label::Camera | Label::Sensor | Label::Named(_) => format!("`{}`", label.name()),
        Label::Word(name, words) => {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            format!("`{name}`: {}", words.join(", "))
        }
    }
}

/// All tables: of the box, of each camera, of each sensor.
pub(crate) fn markdown(language: Language) -> String {
    Of::ALL.map(|of| of.table(language)).join("\n")
}
