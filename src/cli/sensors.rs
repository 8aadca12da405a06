//! `lookout sensors`: the readings of a configuration's sensors as they come, for the person who connects them.
//!
//! Starts the same sources as the daemon and publishes nothing. Each line says what came and whether it would be
//! believed. With the daemon running beside it, serial ports and the webhook's port are taken.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Failure, language, stream_line};
use crate::analysis::sensor::{RawReading, SensorReading, SensorState};
use crate::analysis::time::Timestamp;
use crate::clock::Clock;
use crate::config::{Broker, Config};
use crate::daemon::sensors::setup;
use crate::sensors::{SensorStats, SensorUpdate, Sensors};
use crate::text::{Joint, Sentence, Words, sensor_watch as say, tail};

/// Words that wait to be printed.
const QUEUE: usize = 64;
/// How often troubles of sources are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// What stopping may take.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// Print readings as they come. Exit code 0 if every sensor spoke, 1 if one was silent all the time.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration
    #[arg(long, short, default_value = "/etc/lookout/lookout.toml", value_name = "FILE")]
    config: PathBuf,
    /// Only this sensor; may be given several times
    #[arg(long, value_name = "ID")]
    sensor: Vec<String>,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
    /// How many seconds to listen
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
}

/// What is said of a sensor in a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// A reading that is believed.
    Good,
    /// One that is not.
    Bad,
    /// What is wrong with its source.
    Trouble,
}

impl Shown {
    /// For programs.
    fn name(self) -> &'static str {
        match self {
            Shown::Good => "good",
            Shown::Bad => "bad",
            Shown::Trouble => "trouble",
        }
    }

    fn sentence(self) -> Sentence {
        match self {
            Shown::Good => say::good(),
            Shown::Bad => say::bad(),
            Shown::Trouble => say::trouble(),
        }
    }
}

/// One sensor as it is shown.
struct Row {
    id: String,
    state: SensorState,
    spoke: bool,
    trouble: Option<Words>,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let config = Config::load(&args.config).map_err(Failure::from)?;
    let embedded = match config.mqtt.broker {
        Broker::Embedded { port } if port > 0 => Some(port),
        Broker::Embedded { .. } | Broker::Remote { .. } => None,
    };
    let mut setup = setup(&config.sensors, embedded);
    if let Some(unknown) = args.sensor.iter().find(|id| !setup.sensors.iter().any(|s| *s.plan.id == **id)) {
        return Err(Failure::refused(say::unknown(args.config.display(), unknown)));
    }
    if !args.sensor.is_empty() {
        setup.sensors.retain(|sensor| args.sensor.iter().any(|id| **id == *sensor.plan.id));
    }
    if setup.sensors.is_empty() {
        return Err(Failure::refused(say::none(args.config.display())).hint(say::try_adding()));
    }
    let row = |sensor: &crate::sensors::Sensor| Row {
        id: sensor.plan.id.to_string(),
        state: SensorState::new(sensor.plan.clone()),
        spoke: false,
        trouble: None,
    };
    let mut rows: Vec<Row> = setup.sensors.iter().map(row).collect();
    let (taken, words) = sync_channel::<SensorUpdate>(QUEUE);
    let out = Box::new(move |word| {
        // Fails only while the command ends.
        let _ = taken.send(word);
    });
    if std::io::stderr().is_terminal() {
        let listening = match rows.len() {
            1 => say::listening_to_one(args.seconds),
            several => say::listening(several, args.seconds),
        };
        say!("{}", listening.in_language(language::of_this_run()));
    }
    let clock = Clock::start();
    let sensors = Sensors::start(setup, clock, out)
        .map_err(|error| Failure::tried(tail::cannot_start(error.to_string())))?;
    listen(&sensors, &words, &mut rows, clock, &args)?;
    drop(words);
    sensors.stop(STOP_WITHIN);
    let silent: Vec<Words> = rows.iter().filter(|row| !row.spoke).map(|row| (&row.id).into()).collect();
    if silent.is_empty() {
        return Ok(());
    }
    Err(Failure::tried(say::silent(args.seconds, Words::List(silent, Joint::Row))).hint(say::try_longer()))
}

/// Shows what they say, as long as the command is to last.
fn listen(
    sensors: &Sensors,
    words: &Receiver<SensorUpdate>,
    rows: &mut [Row],
    clock: Clock,
    args: &Args,
) -> Result<(), Failure> {
    let until = Instant::now() + Duration::from_secs(args.seconds);
    let mut next_look = Instant::now();
    loop {
        let now = Instant::now();
        if now >= until {
            break;
        }
        if now >= next_look {
            next_look = now + LOOK_EVERY;
            for stats in sensors.stats() {
                if let Some(row) = rows.iter_mut().find(|row| *row.id == *stats.plan.id) {
                    row.look(&stats, args, clock.now().utc)?;
                }
            }
        }
        match words.recv_timeout(next_look.min(until).saturating_duration_since(now)) {
            Ok(word) => {
                if let Some(row) = rows.iter_mut().find(|row| *row.id == *word.sensor) {
                    row.take(&word, args)?;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(())
}

impl Row {
    fn take(&mut self, word: &SensorUpdate, args: &Args) -> Result<(), Failure> {
        self.spoke = true;
        self.trouble = None;
        self.state.take(word.at, &word.reading);
        let raw = match word.reading {
            RawReading::Value(raw) => Some(raw),
            RawReading::Unreadable(_) => None,
        };
        let reason = match self.state.reading() {
            SensorReading::Bad { reason, .. } => Some(reason.words()),
            SensorReading::Good { .. } | SensorReading::Silent { .. } => None,
        };
        let state = if reason.is_some() { Shown::Bad } else { Shown::Good };
        self.print(args, word.at.utc, state, raw, reason.as_ref())
    }

    /// Prints a trouble of its source when it is a new one.
    fn look(&mut self, stats: &SensorStats, args: &Args, at: Timestamp) -> Result<(), Failure> {
        if stats.trouble == self.trouble {
            return Ok(());
        }
        self.trouble.clone_from(&stats.trouble);
        match &stats.trouble {
            Some(trouble) => self.print(args, at, Shown::Trouble, None, Some(trouble)),
            None => Ok(()),
        }
    }

    fn print(
        &self,
        args: &Args,
        at: Timestamp,
        state: Shown,
        raw: Option<f64>,
        reason: Option<&Words>,
    ) -> Result<(), Failure> {
        let plan = self.state.plan();
        let value = self.state.reading().value().filter(|_| state == Shown::Good);
        let language = language::of_this_run();
        let reason = reason.map(|reason| reason.in_language(language));
        if args.json {
            let line: Value = json!({
                "at": at.to_string(),
                "sensor": self.id,
                "quantity": plan.quantity.name(),
                "state": state.name(),
                "value": value,
                "unit": &*plan.unit,
                "raw": raw,
                "reason": reason,
            });
            return stream_line(line);
        }
        let time = at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string();
        let shown = value.map_or_else(String::new, |value| format!("{value} {}", plan.unit));
        let state = language::padded(&state.sentence().in_language(language), 8);
        let (id, shown) = (language::padded(&self.id, 20), language::padded(&shown, 16));
        let reason = reason.as_deref().map_or_else(String::new, clean);
        stream_line(format!("{time}  {id} {state} {shown} {reason}").trim_end())
    }
}

/// Without control characters: what comes from outside must not steer a terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
