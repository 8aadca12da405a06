//! What sensors said while a recording ran: the file of `--readings`, JSON lines. Input is its path; every mistake is told
//! with its line.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::super::{Failure, named_path};
use crate::config::Config;
use crate::input_file;
use crate::text::{Sentence, replay as say};

/// What sensors will say, in order of time since the beginning.
pub(in crate::cli) type Readings = VecDeque<(Duration, Arc<str>, f64)>;

/// One line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadingLine {
    secs: f64,
    sensor: String,
    value: f64,
}

/// Reads the file.
///
/// # Errors
/// It cannot be read, or a line is no reading of a sensor of this configuration.
pub(in crate::cli) fn read(file: &Path, config: &Config) -> Result<Readings, Failure> {
    let text = input_file::read_text(file)
        .map_err(|error| named_path::unreadable(say::the_readings(file.display()), file, &error))?;
    let mut readings = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |what: Sentence| {
            Failure::refused(say::reading(file.display(), number + 1, what)).hint(say::try_reading())
        };
        let reading: ReadingLine =
            serde_json::from_str(line).map_err(|error| wrong(say::no_reading(error.to_string())))?;
        let secs = Duration::try_from_secs_f64(reading.secs).map_err(|_| wrong(say::no_time()))?;
        let known = config.sensors.list.iter().find(|sensor| *sensor.plan.id == *reading.sensor);
        let sensor = known.ok_or_else(|| wrong(say::unknown_sensor(&reading.sensor)))?.plan.id.clone();
        readings.push((secs, sensor, reading.value));
    }
    readings.sort_by_key(|(secs, ..)| *secs);
    Ok(readings.into())
}
