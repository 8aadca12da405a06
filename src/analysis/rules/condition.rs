//! [`Condition`]: what a rule waits for, with its parameters, and the sentence it reads as.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::analysis::detection::Class;
use crate::types::direction::Direction;

/// What must be seen. Zones and lines are names in the [`CameraPlan`](super::CameraPlan); that they exist there was
/// checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Anything of these classes in the zone, without a gap longer than flicker, for that long.
    Present {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How long.
        for_at_least: Duration,
    },
    /// The *same* thing stays in the zone for that long.
    Dwell {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How long.
        for_at_least: Duration,
    },
    /// Something crosses the line.
    Line {
        /// Line name.
        line: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// Which way.
        direction: Direction,
    },
    /// At least so many at once in the zone, and so dense where that is asked, for that long.
    Crowd {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How many.
        at_least: usize,
        /// Which part of the zone they must cover, 0..1, as the camera sees it.
        density: Option<f32>,
        /// How long.
        for_at_least: Duration,
    },
    /// The same vehicle stays *still* in the zone for that long.
    Parked {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How long.
        for_at_least: Duration,
    },
    /// Something moves against the permitted direction for that long.
    WrongWay {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// The permitted direction in the picture, degrees: 0 to the right, 90 up, 180 to the left, 270 down.
        heading_deg: f32,
        /// How far a movement may be from exactly opposite and still count, degrees, 0..90.
        tolerance_deg: f32,
        /// How long.
        for_at_least: Duration,
    },
    /// A thing appears, stays still, and whoever brought it has been away for that long.
    LeftBehind {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// Whether somebody who stays beside it keeps it from counting.
        owner_away: bool,
        /// How long.
        for_at_least: Duration,
    },
    /// A thing that stood there steadily has been missing for that long.
    Gone {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How long.
        for_at_least: Duration,
    },
    /// Somebody upright went down within a moment and has been down for that long.
    Fallen {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How low they must be, in parts of their upright height.
        low: f32,
        /// How long.
        for_at_least: Duration,
    },
    /// Several people close together move fast and irregularly for that long.
    Scuffle {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How many.
        people: usize,
        /// How irregularly they must move, in body heights per second.
        unrest: f32,
        /// How long.
        for_at_least: Duration,
    },
    /// At least so many run at once for that long.
    Rush {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How many.
        at_least: usize,
        /// What counts as running, in body heights per second.
        speed: f32,
        /// How long.
        for_at_least: Duration,
    },
    /// Open flame, confirmed over that long.
    Fire {
        /// Zone name.
        zone: Arc<str>,
        /// The class of flames.
        classes: Vec<Class>,
        /// How long.
        for_at_least: Duration,
    },
    /// Smoke, confirmed over that long.
    Smoke {
        /// Zone name.
        zone: Arc<str>,
        /// The class of smoke.
        classes: Vec<Class>,
        /// How long.
        for_at_least: Duration,
    },
    /// A vehicle is inside an entrance for that long.
    Indoors {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How long.
        for_at_least: Duration,
    },
    /// A vehicle stands for that long with people round it.
    Vending {
        /// Zone name.
        zone: Arc<str>,
        /// What a stall is made of; with `person` among them somebody must be beside it.
        classes: Vec<Class>,
        /// How long.
        for_at_least: Duration,
    },
    /// Several stay and are busy, on and off, for that long.
    Works {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How many at once.
        at_least: usize,
        /// How long.
        for_at_least: Duration,
    },
}

impl Condition {
    /// Name of the zone or line it is about.
    pub fn place(&self) -> &Arc<str> {
        match self {
            Condition::Present { zone, .. }
            | Condition::Dwell { zone, .. }
            | Condition::Crowd { zone, .. }
            | Condition::Parked { zone, .. }
            | Condition::WrongWay { zone, .. }
            | Condition::LeftBehind { zone, .. }
            | Condition::Gone { zone, .. }
            | Condition::Fallen { zone, .. }
            | Condition::Scuffle { zone, .. }
            | Condition::Rush { zone, .. }
            | Condition::Fire { zone, .. }
            | Condition::Smoke { zone, .. }
            | Condition::Indoors { zone, .. }
            | Condition::Vending { zone, .. }
            | Condition::Works { zone, .. } => zone,
            Condition::Line { line, .. } => line,
        }
    }

    /// Classes that count.
    pub fn classes(&self) -> &[Class] {
        match self {
            Condition::Present { classes, .. }
            | Condition::Dwell { classes, .. }
            | Condition::Crowd { classes, .. }
            | Condition::Parked { classes, .. }
            | Condition::WrongWay { classes, .. }
            | Condition::LeftBehind { classes, .. }
            | Condition::Gone { classes, .. }
            | Condition::Fallen { classes, .. }
            | Condition::Scuffle { classes, .. }
            | Condition::Rush { classes, .. }
            | Condition::Fire { classes, .. }
            | Condition::Smoke { classes, .. }
            | Condition::Indoors { classes, .. }
            | Condition::Vending { classes, .. }
            | Condition::Works { classes, .. }
            | Condition::Line { classes, .. } => classes,
        }
    }

    /// How long it must last; zero for crossings, which are instants.
    pub fn lasting(&self) -> Duration {
        match self {
            Condition::Present { for_at_least, .. }
            | Condition::Dwell { for_at_least, .. }
            | Condition::Crowd { for_at_least, .. }
            | Condition::Parked { for_at_least, .. }
            | Condition::WrongWay { for_at_least, .. }
            | Condition::LeftBehind { for_at_least, .. }
            | Condition::Gone { for_at_least, .. }
            | Condition::Fallen { for_at_least, .. }
            | Condition::Scuffle { for_at_least, .. }
            | Condition::Rush { for_at_least, .. }
            | Condition::Fire { for_at_least, .. }
            | Condition::Smoke { for_at_least, .. }
            | Condition::Indoors { for_at_least, .. }
            | Condition::Vending { for_at_least, .. }
            | Condition::Works { for_at_least, .. } => *for_at_least,
            Condition::Line { .. } => Duration::ZERO,
        }
    }

    /// What must be passed, in the unit of [`Observation::value`](super::Observation::value): a count for lines,
    /// crowds and rushes, a share of the zone for dense crowds, body heights per second for scuffles,
    /// seconds for everything else.
    pub fn threshold(&self) -> f64 {
        match self {
            Condition::Line { .. } => 1.0,
            Condition::Crowd { density: Some(density), .. } => f64::from(*density),
            Condition::Crowd { at_least, .. } | Condition::Rush { at_least, .. } => *at_least as f64,
            Condition::Scuffle { unrest, .. } => f64::from(*unrest),
            _ => self.lasting().as_secs_f64(),
        }
    }

    /// Its name in the configuration: the kind of its alerts where the rule names none.
    pub fn name(&self) -> &'static str {
        match self {
            Condition::Present { .. } => "present",
            Condition::Dwell { .. } => "dwell",
            Condition::Line { .. } => "line",
            Condition::Crowd { .. } => "crowd",
            Condition::Parked { .. } => "parked",
            Condition::WrongWay { .. } => "wrong_way",
            Condition::LeftBehind { .. } => "left_behind",
            Condition::Gone { .. } => "gone",
            Condition::Fallen { .. } => "fallen",
            Condition::Scuffle { .. } => "scuffle",
            Condition::Rush { .. } => "rush",
            Condition::Fire { .. } => "fire",
            Condition::Smoke { .. } => "smoke",
            Condition::Indoors { .. } => "indoors",
            Condition::Vending { .. } => "vending",
            Condition::Works { .. } => "works",
        }
    }
}

/// The condition in words and numbers: `car, truck or bus stays still in fire-lane for 120 s`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (classes, place) = (Names(self.classes()), self.place());
        match self {
            Condition::Present { .. } => write!(f, "{classes} is in {place}")?,
            Condition::Dwell { .. } => write!(f, "the same {classes} stays in {place}")?,
            Condition::Parked { .. } => write!(f, "{classes} stays still in {place}")?,
            Condition::Crowd { at_least, density, .. } => {
                write!(f, "at least {at_least} of {classes} are in {place}")?;
                if let Some(density) = density {
                    write!(f, " and cover {:.0} % of it", f64::from(*density) * 100.0)?;
                }
            }
            Condition::Line { direction, .. } => {
                let way = match direction {
                    Direction::LeftToRight => " from left to right",
                    Direction::RightToLeft => " from right to left",
                    Direction::Both => "",
                };
                return write!(f, "{classes} crosses {place}{way}");
            }
            Condition::WrongWay { heading_deg, .. } => {
                write!(f, "{classes} moves against {heading_deg} degrees in {place}")?;
            }
            Condition::LeftBehind { owner_away, .. } => {
                let alone = if *owner_away { " with nobody beside it" } else { "" };
                write!(f, "{classes} is left in {place}{alone}")?;
            }
            Condition::Gone { .. } => write!(f, "{classes} that stood in {place} is missing")?,
            Condition::Fallen { .. } => write!(f, "{classes} went down in {place} and stays down")?,
            Condition::Scuffle { people, unrest, .. } => {
                write!(
                    f,
                    "at least {people} of {classes} close together move by {unrest} body heights a second to and fro in {place}"
                )?;
            }
            Condition::Rush { at_least, speed, .. } => {
                write!(
                    f,
                    "at least {at_least} of {classes} run at {speed} body heights a second in {place}"
                )?;
            }
            Condition::Fire { .. } => write!(f, "flames burn in {place}")?,
            Condition::Smoke { .. } => write!(f, "smoke rises in {place}")?,
            Condition::Indoors { .. } => write!(f, "{classes} is inside {place}")?,
            Condition::Vending { classes, .. } => {
                let (people, things): (Vec<Class>, Vec<Class>) =
                    classes.iter().partition(|class| **class == Class::PERSON);
                let round = if people.is_empty() { "" } else { " with people round it" };
                write!(f, "{} stands in {place}{round}", Names(&things))?;
            }
            Condition::Works { at_least, .. } => {
                write!(f, "at least {at_least} of {classes} are busy in {place}")?;
            }
        }
        match self.lasting() {
            Duration::ZERO => Ok(()),
            lasting => write!(f, " for {} s", lasting.as_secs_f64()),
        }
    }
}

/// `car, truck or bus`.
struct Names<'a>(&'a [Class]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, class) in self.0.iter().enumerate() {
            let joint = match i {
                0 => "",
                _ if i + 1 == self.0.len() => " or ",
                _ => ", ",
            };
            write!(f, "{joint}{class}")?;
        }
        Ok(())
    }
}
