//! A camera as it is typed, with its zones, lines, masks and what is left out of its pictures.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{At, Names};
use crate::analysis::plausible::LARGEST_BOX;
use crate::contract::words::Eye;
use crate::types::camera_condition::CameraCondition;
use crate::types::decoding::{DecodePolicy, Decoder};
use crate::types::transport::Transport;

/// One camera.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["url"]}, {"required": ["file"]}]))]
pub struct CameraDocument {
    /// Its name, unique in the file: lower-case letters, digits, `-` and `_`.
    #[schemars(required, extend("pattern" = "^[a-z0-9][a-z0-9_-]{0,63}$", "examples" = ["cam-03"]))]
    pub id: Option<At<String>>,
    /// Its `[[camera_type]]`, by id: what this camera does not say itself is taken from there. What neither says is taken from
    /// `[defaults.camera]`; required is what none of them says.
    #[schemars(extend("pattern" = "^[a-z0-9][a-z0-9_-]{0,63}$", "examples" = ["lane"]))]
    pub like: Option<At<String>>,
    /// Who owns it: `sky` (public street), `village` (lane, square) or `household` (shop, yard).
    #[schemars(required)]
    pub eye: Option<At<Eye>>,
    /// The stream: `rtsp://host/path`, `rtsps://` (encrypted) or `file:///path`. Either this or `file`. Never with
    /// a password inside: where the device wants the login as part of the address, `{user}` and `{password}` are filled
    /// in from the secret file, as in `rtsp://host/user={user}&password={password}&channel=1`. Take the camera's small
    /// stream where it has one.
    #[schemars(extend("examples" = ["rtsp://10.0.0.31/stream2"]))]
    pub url: Option<At<String>>,
    /// The large stream of the same camera, at the same host as `url`. It is opened for a moment when an alert begins, and
    /// one picture of it, redacted, goes with the alert; it must show the same view, because masks are the same.
    #[schemars(extend("examples" = ["rtsp://10.0.0.31/stream1"]))]
    pub url_main: Option<At<String>>,
    /// A video file that is played at real-time pace instead of a stream.
    pub file: Option<At<String>>,
    /// User name at the camera, where the secret file holds only the password.
    #[schemars(length(max = 256))]
    pub user: Option<At<String>>,
    /// Name of the secret file that holds `user:password`, or only the password when `user` is given.
    pub secret: Option<At<String>>,
    /// How the pictures travel: `tcp` (reliable) or `udp`.
    #[schemars(extend("default" = "tcp"))]
    pub transport: Option<At<Transport>>,
    /// PEM file with the authority that signed the camera's certificate, for an `rtsps://` address whose camera has one of
    /// a private authority. Without it, the authorities of this machine.
    pub ca_file: Option<At<String>>,
    /// SHA-256 fingerprint of the camera's own certificate, 64 hexadecimal digits with or without colons, for an
    /// `rtsps://` address: that certificate is believed and no other, whatever it says of itself. `lookout probe` prints it.
    #[schemars(extend("pattern" = "^[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}$"))]
    pub certificate_sha256: Option<At<String>>,
    /// Seconds that the camera gets for one answer while the stream is opened. Without it 5, and 30 after an answer came
    /// too late: a camera that sleeps may need half a minute to wake up. Meanwhile it is asked anew every 5 s on a second
    /// connection, because one that restarts answers only what it is asked afterwards; there are never more than two.
    #[schemars(range(min = 1.0, max = 30.0))]
    pub answer_within_secs: Option<At<f64>>,
    /// Its place as a grid code: county 6 digits, sub-district 3, community 3, grid 2 or more.
    #[schemars(required, extend("pattern" = "^[0-9]{6}([0-9]{3}([0-9]{3}([0-9]{2,8})?)?)?$", "examples" = ["53012700300102"]))]
    pub grid: Option<At<String>>,
    /// Address in words; goes into every alert.
    #[schemars(length(max = 200), extend("examples" = ["Yangqiao, lane 3, east gate"]))]
    pub address: Option<At<String>>,
    /// Longitude and latitude in degrees (WGS 84), in this order.
    #[schemars(extend("examples" = [[102.912, 25.046]]))]
    pub lonlat: Option<At<[f64; 2]>>,
    /// What people call it; goes into its alerts.
    #[schemars(length(max = 100), extend("examples" = ["East gate, fixed camera"]))]
    pub name: Option<At<String>>,
    /// How to reach whoever answers for it, such as the telephone number of a desk; goes into its alerts.
    #[schemars(length(max = 100), extend("examples" = ["0871-5550100"]))]
    pub contact: Option<At<String>>,
    /// Who answers for it; goes into its alerts.
    #[schemars(length(max = 100), extend("examples" = ["property office, lane 3"]))]
    pub officer: Option<At<String>>,
    /// How many pictures per second are looked at.
    #[schemars(range(min = 0.1, max = 30.0), extend("default" = DEFAULT_ANALYSIS_FPS))]
    pub analysis_fps: Option<At<f64>>,
    /// How much it counts beside the other cameras when the box has not time for all: one with 2 gets twice the time that
    /// one with 1 gets.
    #[schemars(range(min = 0.1, max = 10.0), extend("default" = 1.0))]
    pub weight: Option<At<f64>>,
    /// How sure the detector must be, per class, 0 to 1. Classes that are not named use the model's own value.
    #[schemars(extend("examples" = [{"person": 0.3, "car": 0.4}]))]
    pub thresholds: Option<At<BTreeMap<String, At<f64>>>>,
    /// Other thresholds at other hours, for a picture that is noisier or darker then.
    pub night: Option<At<NightDocument>>,
    /// How tall boxes of a class may be, in parts of the picture's height, with `min`, `max` or both: what is smaller or
    /// taller is no detection. Who is cut off above or below by a border of the picture, or stands behind something
    /// nearer, is never too small. For one rule only: its `min_height` and `max_height`.
    #[schemars(extend("examples" = [{"person": {"max": 0.7, "min": 0.05}}]))]
    pub heights: Option<At<BTreeMap<String, At<HeightsDocument>>>>,
    /// Where level ground meets the sky. With the camera's height it tells how tall a thing is that stands somewhere: people
    /// below 0.5 m and above 2.6 m, two-wheelers below 0.4 m and above 3 m, cars below 0.6 m and above 5 m, trucks and buses
    /// below 0.6 m and above 8 m are left out, and so are those that stand above the horizon. Who lies, is cut off below or
    /// stands behind something nearer is never too small. Only for a camera that looks along level ground, tilted down by no
    /// more than about 30 degrees: leave it out on slopes, stairs and bridges, with a fisheye lens, and where people at windows
    /// or on roofs count.
    pub horizon: Option<At<HorizonDocument>>,
    /// Which decoder: `auto` takes a hardware decoder where there is one, `software` never does.
    #[schemars(extend("default" = "auto"))]
    pub decoder: Option<At<Decoder>>,
    /// Clockwise degrees by which its pictures must be turned to stand upright: 90, 180 or 270, for a camera that is mounted
    /// on its side (corridor mode) or upside down. Zones, lines and masks are drawn on the upright picture. A recording that
    /// says itself how it must be turned is turned so. Costs a copy of every picture that is looked at; a camera that can turn
    /// its pictures itself should. `0` takes back what a layer says.
    #[schemars(extend("examples" = [90]))]
    pub rotate: Option<At<u16>>,
    /// Width to height of the upright picture as people see it, such as `"16:9"`, for a stream that is squeezed and does
    /// not say so: 960 x 1080 or 704 x 576 of many recorders. Detectors and evidence then see true proportions.
    #[schemars(extend("pattern" = "^[1-9][0-9]{0,2}:[1-9][0-9]{0,2}$", "examples" = ["16:9"]))]
    pub display_aspect: Option<At<String>>,
    /// How much of the stream is decoded: `auto` keyframes while nothing is in view that a rule must see more often,
    /// and everything (also what led to it) when there is; `full` always everything; `keyframes` never more. A camera
    /// whose keyframes are too far apart for `auto` is decoded in full, and the health report says so.
    #[schemars(extend("default" = "auto"))]
    pub policy: Option<At<DecodePolicy>>,
    /// Where nothing moved in the picture, what was found before is taken as still there instead of looked for again
    /// (for 40 seconds at most).
    #[schemars(extend("default" = true))]
    pub skip_still: Option<At<bool>>,
    /// Where something moved in a small part of the picture and nothing was found there, that part is looked at once
    /// more, enlarged: people far away are found. Needs a picture of at least 320 pixels in either direction.
    #[schemars(extend("default" = true))]
    pub look_closer: Option<At<bool>>,
    /// Whether it is learnt what is taken for a person and is none, such as a bench or a post: what has stood there for three
    /// days, in a picture that did not change, is left out from then on, as long as it does not change. Only what is taken for
    /// people is learnt; a vehicle or a thing that never moves is told until it leaves.
    #[schemars(extend("default" = true))]
    pub learn_furniture: Option<At<bool>>,
    /// Seconds without a picture after which the stream is opened again.
    #[schemars(range(min = 1.0, max = 3600.0), extend("default" = DEFAULT_STALL_SECS))]
    pub stall_after_secs: Option<At<f64>>,
    /// What is usual for this camera and no trouble, for example `["moved"]` for one that is steered: `no_video`,
    /// `frozen`, `dark`, `over_exposed`, `covered`, `moved`, `blurred`, `sprayed`.
    #[schemars(extend("examples" = [["moved"]]))]
    pub ignore_conditions: Option<At<Vec<At<CameraCondition>>>>,
    /// A box that covers more than this part of the picture and touches three of its borders is no detection: an unsure
    /// detector takes an empty street for one large car. Up to 0.6, an unsure vehicle that covers more than 0.4 and is
    /// cut below and at one more border is none either. Flames and smoke excepted. Raise it where vehicles stand right
    /// before the lens; 1 lets boxes of any size count.
    #[schemars(range(min = 0.1, max = 1.0), extend("default" = LARGEST_BOX))]
    pub largest_box: Option<At<f64>>,
    /// Areas that rules refer to.
    #[serde(default)]
    pub zone: Vec<At<ZoneDocument>>,
    /// Lines that rules refer to.
    #[serde(default)]
    pub line: Vec<At<LineDocument>>,
    /// Areas that are never looked at and are black in evidence; with `classes`, areas where some things are left out.
    #[serde(default)]
    pub mask: Vec<At<MaskDocument>>,
}

/// A point in the picture: x from the left edge, y from the top edge, both 0 to 1.
pub type PointDocument = At<[f64; 2]>;

/// An area that rules refer to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneDocument {
    /// Its name, unique in the camera.
    #[schemars(required, extend("pattern" = "^[a-z0-9][a-z0-9_-]{0,63}$", "examples" = ["fire-lane"]))]
    pub id: Option<At<String>>,
    /// Its corners in order, each `[x, y]` in parts of the picture (0 to 1, origin top left): at least three, at
    /// most 64, no edge crossing another.
    #[schemars(required, extend("minItems" = 3, "maxItems" = 64))]
    pub polygon: Option<At<Vec<PointDocument>>>,
    /// Whether to publish, every minute on `up/count`, how many of each class entered it, left it and were in it at
    /// once: numbers only.
    #[schemars(extend("default" = false))]
    pub count: Option<At<bool>>,
}

/// A line that rules refer to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineDocument {
    /// Its name, unique in the camera.
    #[schemars(required, extend("pattern" = "^[a-z0-9][a-z0-9_-]{0,63}$", "examples" = ["gate"]))]
    pub id: Option<At<String>>,
    /// Its two ends, `[[x, y], [x, y]]` in parts of the picture. Left and right are those of somebody who walks from
    /// the first to the second.
    #[schemars(required, extend("minItems" = 2, "maxItems" = 2))]
    pub points: Option<At<Vec<PointDocument>>>,
}

/// An area that is never looked at and is black in evidence; with `classes`, one where only these are left out.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaskDocument {
    /// Its corners in order, each `[x, y]` in parts of the picture (0 to 1, origin top left).
    #[schemars(required, extend("minItems" = 3, "maxItems" = 64))]
    pub polygon: Option<At<Vec<PointDocument>>>,
    /// What is left out there, such as the people on a poster; everything else is still looked for, and evidence shows the
    /// area. Without it nothing is looked for, and the area is black in evidence.
    #[schemars(extend("examples" = [["person"]]))]
    pub classes: Option<Names>,
}

/// From how tall to how tall boxes of a class may be.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeightsDocument {
    /// Least height, in parts of the picture's height, above 0 to 1.
    pub min: Option<At<f64>>,
    /// Greatest height, in parts of the picture's height, above 0 to 1.
    pub max: Option<At<f64>>,
}

/// Where level ground meets the sky.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HorizonDocument {
    /// Two to 16 points of it, `[[x, y], [x, y]]` in parts of the picture, from left to right. They may lie outside the
    /// picture: a camera that looks down has its horizon above the upper edge, where y is below 0. Edges of the road that
    /// run side by side, prolonged, meet on it.
    #[schemars(required, extend("minItems" = 2, "maxItems" = 16, "examples" = [[[0.0, 0.3], [1.0, 0.3]]]))]
    pub points: Option<At<Vec<PointDocument>>>,
    /// How high the camera hangs over the ground that it looks at, in metres, above 0 to 100.
    #[schemars(required, extend("examples" = [3.5]))]
    pub camera_height_m: Option<At<f64>>,
}

/// Other thresholds at other hours.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NightDocument {
    /// When they are in force, in the site's time zone, written as the `schedule` of a rule.
    #[schemars(required, extend("examples" = ["daily 19:00-06:00"]))]
    pub schedule: Option<At<String>>,
    /// How sure the detector must be then, per class, 0 to 1. Classes that are not named keep their usual value.
    #[schemars(required, extend("examples" = [{"person": 0.5}]))]
    pub thresholds: Option<At<BTreeMap<String, At<f64>>>>,
}

/// What `rotate` may be, clockwise degrees.
pub(crate) const ROTATIONS: [u16; 4] = [0, 90, 180, 270];
/// Enough for walking people; Frigate's default as well.
pub(crate) const DEFAULT_ANALYSIS_FPS: f64 = 5.0;
/// Several keyframe intervals of usual cameras (1 to 4 s).
pub(crate) const DEFAULT_STALL_SECS: f64 = 10.0;
