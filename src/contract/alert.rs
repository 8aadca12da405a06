//! What is published about an alert, and about the numbers that are missing between alerts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::handling::HandlingData;
use super::health::leave_out_all;
use super::words::{Crs, Eye, LocalTime, Mode, Time};
use super::{Payload, halve, is_zero, patterns};
use crate::types::gap::GapReason;
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};
use crate::types::responsible::Responsible;

/// So many cameras, sensors and pictures keep all their details in a message that is too large.
const DETAILED: usize = 16;

/// One revision of one alert. Each revision is complete: a consumer needs no earlier one.
///
/// How to consume: keep, per `alert_id`, the revision with the highest `rev`; drop lower and equal ones
/// (they are redeliveries or arrived late). After `end` only `end` again may follow, with a higher `rev` and the
/// `phase_reason` `handled`: people did something about it (`handling`). Whoever does not care may drop that. An alert is
/// known for a week after its end, of the last 1,024 that ended. After `retract` drop everything for that `alert_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertData {
    /// Identity of the alert, a ULID: 26 characters, unique over all boxes, sorted by time.
    #[schemars(length(min = 26, max = 26), regex(pattern = patterns::ULID))]
    pub alert_id: String,
    /// Number of this revision: 1 for `new`, then rising by one.
    #[schemars(range(min = 1))]
    pub rev: u32,
    /// Where in its life the alert is.
    pub phase: Phase,
    /// Why this revision was made.
    pub phase_reason: PhaseReason,
    /// Whether to act on it: `actual` is real, `exercise` is a drill, `test` is somebody setting up, or a test alert.
    pub mode: Mode,
    /// The kind of thing that happens: `fire_lane_blocked`, `crowd`, ... Stable: decide on this, not on `title`.
    pub kind: String,
    /// What people read, in the language of the site.
    pub title: String,
    /// Suggested level now.
    pub level: Level,
    /// `level` as a number: 1 blue, 2 yellow, 3 orange, 4 red. A greater number is more urgent; 4 is the most severe. Absent
    /// from boxes of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 1, max = 4))]
    pub severity: Option<u8>,
    /// Highest suggested level so far.
    pub level_max: Level,
    /// Who says so. Always `suggested`: an official warning is the government's to give.
    pub level_authority: LevelAuthority,
    /// How sure the box is, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub confidence: f64,
    /// When the condition began (not when it had lasted long enough to tell).
    pub started_at: Time,
    /// When it was last seen to hold.
    pub last_seen_at: Time,
    /// When it ended; only with `end` and `retract`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<Time>,
    /// Why it ended, as `phase_reason` said then; only with `end` and `retract`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub end_reason: Option<PhaseReason>,
    /// The same times as a clock at the site shows them. Absent from boxes of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub local: Option<LocalTimes>,
    /// Where.
    pub place: Place,
    /// Which cameras, zones and sensors it comes from.
    pub origin: Origin,
    /// What is in the picture and part of the alert.
    pub geometry: Geometry,
    /// The pictures that go with it. They travel on `up/evidence/{alert_id}/{id}`, later and with lower priority. Where the
    /// message would be too large, the oldest are not listed.
    pub evidence: Vec<Evidence>,
    /// Why the box thinks so.
    pub why: WhyData,
    /// Who took it on; absent until a `down/cmd/ack` was stored.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub acknowledged: Option<Acknowledged>,
    /// What people did about it: who has it, who is there, what it turned out to be, how it was settled. Absent until
    /// somebody did something.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub handling: Option<HandlingData>,
    /// To whom it was passed on because nobody acknowledged it in time; absent until that happens.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub escalated: Option<Escalated>,
    /// Somebody asked that no noise be made for it; absent otherwise, and never there while it is red.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub muted: Option<Muted>,
    /// The model that looked; on a box without cameras its name is `none`, and its digest empty.
    pub model: ModelRef,
    /// The configuration that was in force.
    pub config: ConfigRef,
    /// How far to trust the times.
    pub clock: ClockData,
    /// Its number among everything this box tells; see [`SeqData`].
    pub seq: SeqData,
    /// What delivery promises for this message.
    pub delivery: Delivery,
}

impl Payload for AlertData {
    const TYPE: &'static str = "lookout.alert.v1";
    const SCHEMA: &'static str = "alert";

    fn shrink(&mut self) -> bool {
        // Hundreds of sensors, cameras or pictures must leave room for what happens; `up/meta` has their details, too.
        self.origin.drop_details(DETAILED)
            || drop_oldest(&mut self.evidence, DETAILED)
            || drop_a_quarter(&mut self.geometry.objects, &mut self.geometry.omitted)
            || halve(&mut self.why.signals, &mut self.why.omitted)
            || drop_silent(&mut self.why.silent)
            || leave_out_all(&mut self.why.condition_args)
            || shorten(&mut self.why.condition)
            || shorten(&mut self.title)
            || self.acknowledged.as_mut().and_then(|a| a.note.as_mut()).is_some_and(shorten)
            || self.handling.as_mut().is_some_and(|handling| handling.notes().any(shorten))
            || self.place.address.as_mut().is_some_and(shorten)
            || self.origin.drop_details(0)
            || drop_oldest(&mut self.evidence, 1)
    }
}

/// Who gives a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LevelAuthority {
    /// The box suggests it; people decide.
    Suggested,
}

/// The times of an alert as a clock at the site shows them, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LocalTimes {
    /// The site's time zone, a name of the IANA database.
    pub time_zone: String,
    /// `started_at`.
    pub started_at: LocalTime,
    /// `last_seen_at`.
    pub last_seen_at: LocalTime,
    /// `ended_at`; only with `end` and `retract`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<LocalTime>,
}

/// Where it happens. `name`, `contact` and `officer` are those of the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Name of the site, where the configuration gives one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<String>,
    /// Grid code: county 6 digits, sub-district 3, community 3, grid 2 or more; shorter codes name the level above.
    #[schemars(regex(pattern = patterns::GRID))]
    pub grid: String,
    /// The same code cut at its levels, from the county down: `["530127","003","001","02"]`.
    pub path: Vec<String>,
    /// Address in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// Longitude and latitude of the camera in degrees (WGS 84), where the configuration gives them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lonlat: Option<[f64; 2]>,
    /// The coordinates in which `lonlat` is given; absent without `lonlat`, and from boxes of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub crs: Option<Crs>,
    /// The same place on a map of GCJ-02, longitude and latitude in degrees, where the site asks for it (`[site] also_gcj02`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lonlat_gcj02: Option<[f64; 2]>,
    /// What people call the grid, and who answers for it.
    #[serde(flatten)]
    pub grid_responsible: Responsible,
}

/// What the alert comes from. Names are those of the configuration, announced in `up/meta`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// Cameras.
    pub cameras: Vec<OriginCamera>,
    /// Zones and lines in those cameras' pictures.
    pub zones: Vec<String>,
    /// Sensors.
    pub sensors: Vec<String>,
    /// What the configuration says of those sensors that it says something of; absent where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sensor_details: Vec<OriginSensor>,
}

impl Origin {
    /// Leaves out the details of all but the first few cameras and sensors, never that they contributed; `false` when there
    /// are no more.
    fn drop_details(&mut self, keep: usize) -> bool {
        let nobody = Responsible::default();
        let mut dropped = self.sensor_details.len() > keep;
        self.sensor_details.truncate(keep);
        for camera in self.cameras.iter_mut().skip(keep) {
            dropped |= std::mem::take(&mut camera.responsible) != nobody;
        }
        dropped
    }
}

/// One camera that contributed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OriginCamera {
    /// Its id.
    pub id: String,
    /// Who owns it.
    pub eye: Eye,
    /// What people call it, and who answers for it.
    #[serde(flatten)]
    pub responsible: Responsible,
}

/// One sensor that contributed and that has a name or somebody who answers for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OriginSensor {
    /// Its id.
    pub id: String,
    /// What people call it, and who answers for it.
    #[serde(flatten)]
    pub responsible: Responsible,
}

/// What is in the picture, in parts of it: 0 to 1, origin at the top left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Geometry {
    /// The things that are part of the alert, at their latest place.
    pub objects: Vec<Object>,
    /// How many more there were than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub omitted: u32,
}

/// One thing in the picture. There is no number that follows a thing from message to message on purpose:
/// Lookout tells that something happens, not who does it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
// A plain `Object` is something else in many languages.
#[schemars(rename = "DetectedObject")]
pub struct Object {
    /// What it is: `person`, `car`, ...
    pub class: String,
    /// How sure the detector is, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub score: f64,
    /// Left, top, right, bottom, each 0 to 1.
    #[serde(rename = "box")]
    #[schemars(inner(range(min = 0.0, max = 1.0)))]
    pub box_in_frame: [f64; 4],
    /// The camera in whose picture it is. Absent from boxes of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub camera: Option<String>,
    /// The zone or line of `origin.zones` for which it counts; absent where it counts for the whole picture.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub zone: Option<String>,
    /// When the picture was taken in which it is. Absent from boxes of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub taken_at: Option<Time>,
}

/// A picture that goes with the alert. It leaves the box redacted (whoever may be in it pixelated) or
/// not at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Its number within the alert, from 1; the last part of its topic.
    #[schemars(range(min = 1))]
    pub id: u32,
    /// Media type, `image/jpeg`.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Size in bytes; 0 where there is no picture.
    pub bytes: u64,
    /// SHA-256 of the bytes in hexadecimal, to tell that the picture is the one that was meant; empty where
    /// there is no picture.
    #[schemars(regex(pattern = patterns::DIGEST_OR_NOTHING))]
    pub sha256: String,
    /// How it was redacted.
    pub redaction: Redaction,
    /// In which ways it was found what to pixelate; absent where nothing was. An open list: more words may come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redaction_ways: Vec<RedactionWay>,
    /// What became of it.
    pub state: EvidenceState,
    /// The camera that took it. Absent for pictures of an earlier version of the box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// The zone or line of `origin.zones` because of which it was taken; absent where it was the whole picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// When it was taken; where there is no picture, when it should have been. Absent for pictures of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Time>,
    /// Only on a picture of the camera's large stream (`url_main`): when it was taken, a moment after the alert began. It
    /// shows more detail and has no frames drawn; the revision after it is the first one that lists it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_stream_at: Option<Time>,
}

/// What was done so that nobody can be recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Redaction {
    /// What may show somebody is pixelated, masks are black; `redaction_ways` tells how that was found.
    Pixelated,
    /// Nothing had to be done: nobody was found, and the picture is what the camera sees when nobody is there.
    NobodyInPicture,
    /// It could not be done, so there is no picture.
    Failed,
}

/// How it was found what to pixelate. Several ways go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedactionWay {
    /// Faces and people whom the models found.
    Found,
    /// Whatever differs from what the camera sees when nobody is there, found or not. Vehicles that were found are
    /// pixelated more finely.
    Changed,
    /// The whole picture, coarsely: the box does not know yet what the camera sees when nobody is there, or most of the
    /// picture is different from it.
    Whole,
}

/// What became of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceState {
    /// Stored in the box; it follows when the line is free.
    Queued,
    /// There is none: redaction failed or no frame was at hand.
    None,
    /// It was dropped because space ran out.
    Dropped,
}

/// Why the box thinks so: what was wanted and what was got. Either one rule decided (`rule`), or the belief that
/// several sources together gave (`fusion`); of a test alert (`kind` `test_alert`) neither did, as nothing happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WhyData {
    /// Id of the rule in the configuration, where one rule decided.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    /// The signal whose belief decided, otherwise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fusion: Option<String>,
    /// The condition in words and numbers, in the language of the site.
    pub condition: String,
    /// Which sentence `condition` is, for programs: `rule.lasting`, `alert.nothing_happened`, ... An open list: more codes may
    /// come. Absent from boxes of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub condition_code: Option<String>,
    /// What stands in `condition`, by name: `by`, `secs`, ... Of a sentence within it, `NAME` is its text, `NAME.code` its code, and
    /// `NAME.` with a name what stands in that one. Of a list within it, `NAME.1`, `NAME.2`, ... are its parts, and `NAME.joint`
    /// says what stands before the last one. So it can be said in another language than the site's.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub condition_args: BTreeMap<String, String>,
    /// The threshold that was passed: of a rule in the unit of `signals[].value`, of a belief 0 to 1.
    pub threshold: f64,
    /// What contributed, the greatest part first.
    pub signals: Vec<SignalData>,
    /// Sources that belong to it and could not be heard: with them it might be more, or less.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub silent: Vec<String>,
    /// How many more contributed than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub omitted: u32,
}

/// One thing that contributed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignalData {
    /// Which one: `rule:fire-lane-blocked` (the rule that decided), `rule:smoke-yard@cam-03`, `sensor:drain-2`,
    /// `camera:cam-03:covered`.
    pub source: String,
    /// What was measured: seconds, a count or a score of a rule, a sensor's value in its unit.
    pub value: f64,
    /// The weight that the configuration gives it, in log-odds; 1 where one rule decided.
    pub weight: f64,
    /// Its share in what all of them contributed, 0 to 1.
    pub contribution: f64,
    /// Seconds since it was measured.
    pub age_s: f64,
    /// With `camera:...:no_video`: why no video comes, as far as that is known: `wrong_password`, `no_such_stream`,
    /// `unknown_host`, `connection_refused`, `unreachable`, `no_answer`, ... An open list: more words may come.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<String>,
}

/// Who took the alert on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acknowledged {
    /// Who, as the command centre named them: a desk or a role, for the audit trail.
    pub by: String,
    /// The key that signed the command; absent where the box asks for no signature.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key_id: Option<String>,
    /// When the box received it.
    pub at: Time,
    /// What they wrote.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

/// To whom an alert was passed on because nobody acknowledged it in time. Each level is passed on once for every
/// step up the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Escalated {
    /// The level at which it was passed on.
    pub level: Level,
    /// How many steps up the grid: 1 is the place above `place.grid`.
    #[schemars(range(min = 1))]
    pub step: u8,
    /// The code of the place that is told now.
    #[schemars(regex(pattern = patterns::GRID))]
    pub to: String,
    /// When.
    pub at: Time,
}

/// Somebody asked that no noise be made for such alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Muted {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Until when.
    pub until: Time,
}

/// Which model looked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelRef {
    /// Its name in the box's list of models.
    pub name: String,
    /// SHA-256 of its file in hexadecimal.
    #[schemars(regex(pattern = patterns::DIGEST_OR_NOTHING))]
    pub sha256: String,
}

impl ModelRef {
    /// On a box without cameras nothing looks.
    pub(crate) fn none() -> Self {
        ModelRef { name: "none".to_owned(), sha256: String::new() }
    }
}

/// Which configuration was in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigRef {
    /// SHA-256 over what the configuration says (comments and layout do not matter), in hexadecimal.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub sha256: String,
}

/// How far to trust the times in this message.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClockData {
    /// Whether the box's clock follows a time server.
    pub sync: ClockSync,
    /// Estimated largest error in milliseconds; absent where the box cannot tell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err_ms: Option<u64>,
}

/// Whether a clock follows a time server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockSync {
    /// It does.
    Synced,
    /// It does not: times may be wrong by any amount, durations are right.
    Unsynced,
    /// The box cannot tell.
    Unknown,
    /// Times are those of a recorded video that is played again.
    Replay,
}

/// The number of a message. Alerts, gap records and answers to commands of a box share one count without holes: a
/// missing number is still on its way, or was on another topic, or is named in a gap record (`lookout.gap.v1` on
/// `up/alert`). To tell that everything came, watch `up/alert`, `up/count` and `up/reply` together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeqData {
    /// Which count: a ULID. A new one begins, from 1, only when the box's queue was made anew (a new disk, a damaged
    /// file), and after a mark above every number given; numbers of different streams have nothing to do with one another.
    #[schemars(regex(pattern = patterns::ULID))]
    pub stream: String,
    /// The number, from 1, given in the moment in which the message was stored on disk.
    #[schemars(range(min = 1))]
    pub n: u64,
}

/// What delivery promises for this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// `at_least_once`: stored in the box until the receipt came back; may arrive more than once and out of
    /// order (urgent ones first after an outage). Drop by `id`, order by `rev` and `seq.n`.
    pub guarantee: Guarantee,
    /// Whether the box may give this message up when its disk is full during a long outage (a gap record
    /// then tells its number). Never for red, orange and the last revision of an alert.
    pub droppable: bool,
}

/// How often a message arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Guarantee {
    /// Once or more.
    AtLeastOnce,
}

/// Numbers that will never arrive, and why. Published on `up/alert` among the alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GapData {
    /// The number of this message itself.
    pub seq: SeqData,
    /// The stream whose numbers are missing; another one than `seq.stream` after the queue was damaged.
    #[schemars(regex(pattern = patterns::ULID))]
    pub missing_stream: String,
    /// The missing numbers. Empty where they cannot be told (`damaged`): then whatever has not arrived from
    /// `missing_stream` will not. With `damaged`, some of them may have arrived before the damage: those are not missing.
    pub missing: Vec<GapRange>,
    /// How many more ranges there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub missing_omitted: u32,
    /// Pictures dropped before they were sent; pictures have no number.
    pub pictures: u64,
    /// Why.
    pub reason: GapReason,
    /// When the dropping began.
    pub began_at: Time,
    /// When it was last added to.
    pub until_at: Time,
}

impl Payload for GapData {
    const TYPE: &'static str = "lookout.gap.v1";
    const SCHEMA: &'static str = "gap";

    fn shrink(&mut self) -> bool {
        halve(&mut self.missing, &mut self.missing_omitted)
    }
}

/// Missing numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GapRange {
    /// First missing number.
    #[schemars(range(min = 1))]
    pub from: u64,
    /// Last missing number.
    #[schemars(range(min = 1))]
    pub to: u64,
}

/// Objects are what fills a large message, and halving would leave out many that have room; `false` when there are none.
fn drop_a_quarter(objects: &mut Vec<Object>, omitted: &mut u32) -> bool {
    let dropped = objects.len().div_ceil(4);
    objects.truncate(objects.len() - dropped);
    *omitted = omitted.saturating_add(u32::try_from(dropped).unwrap_or(u32::MAX));
    dropped > 0
}

/// Keeps the latest pictures; `false` when there are no more. Each has its number.
fn drop_oldest(evidence: &mut Vec<Evidence>, keep: usize) -> bool {
    let dropped = evidence.len().saturating_sub(keep);
    evidence.drain(..dropped);
    dropped > 0
}

/// Keeps the first few names; `false` when there are no more.
fn drop_silent(silent: &mut Vec<String>) -> bool {
    let too_many = silent.len() > 8;
    silent.truncate(8);
    too_many
}

/// Halves a text of more than 120 characters; `false` when it is short already.
pub(super) fn shorten(text: &mut String) -> bool {
    let length = text.chars().count();
    if length <= 120 {
        return false;
    }
    *text = text.chars().take(length / 2).chain(['…']).collect();
    true
}

#[cfg(test)]
mod tests {
    use super::super::{Event, MAX_EVENT_BYTES, Sender, messages};
    use super::*;

    /// Comes from so many cameras, sensors and pictures, each with long details.
    fn of_many(many: u32, details: usize) -> AlertData {
        let event = messages::ALERT.example().unwrap().unwrap();
        let mut alert = serde_json::from_value::<Event<AlertData>>(event).unwrap().data;
        let text = || Some("x".repeat(details));
        let responsible = Responsible { name: text(), contact: text(), officer: text() };
        let camera = |n: u32| {
            let (id, responsible) = (format!("cam-{n}"), responsible.clone());
            OriginCamera { id, eye: Eye::Village, responsible }
        };
        let sensor = |n: u32| OriginSensor { id: format!("drain-{n}"), responsible: responsible.clone() };
        alert.origin.cameras = (0..many).map(camera).collect();
        alert.origin.sensor_details = (0..many).map(sensor).collect();
        let picture = alert.evidence[0].clone();
        alert.evidence = (1..=many).map(|id| Evidence { id, ..picture.clone() }).collect();
        alert
    }

    fn fitted(alert: AlertData) -> AlertData {
        let sender = Sender { area: "530127".to_owned(), box_id: "box-7f3a".to_owned() };
        let at = alert.started_at.0;
        let bytes = sender.event("a.1", None, at, alert).unwrap();
        assert!(bytes.len() <= MAX_EVENT_BYTES, "{} bytes", bytes.len());
        serde_json::from_slice::<Event<AlertData>>(&bytes).unwrap().data
    }

    #[test]
    fn details_of_hundreds_of_sources_and_pictures_leave_room_for_what_happens() {
        let alert = of_many(200, 40);
        let published = fitted(alert.clone());
        assert_eq!((&published.geometry, &published.why), (&alert.geometry, &alert.why));
        assert_eq!(published.origin.cameras.len(), 200, "all that contributed are named");
        assert_eq!(published.origin.cameras[..16], alert.origin.cameras[..16]);
        assert_eq!(published.origin.cameras[16].responsible, Responsible::default());
        assert_eq!(published.origin.sensor_details, alert.origin.sensor_details[..16]);
        assert_eq!(published.evidence, alert.evidence[184..], "the latest pictures");
    }

    #[test]
    fn details_that_do_not_fit_at_all_do_not_keep_an_alert_from_being_reported() {
        let published = fitted(of_many(3, 4_000));
        assert!(published.origin.sensor_details.is_empty());
        assert!(published.origin.cameras.iter().all(|camera| camera.responsible == Responsible::default()));
        assert_eq!(published.evidence.len(), 3);
    }
}
