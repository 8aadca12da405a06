//! Misses on the clip that comes with Lookout. What is in it, and where, is known exactly (`tests/scenes/lane-day.json`): places
//! are those of feet, sizes those of boxes.

use super::{Case, Clip};
use crate::support::film::Besides;

const ZONES: &str = r#"
[[camera.zone]]
id = "fire-lane"
polygon = [[0.007, 0.6005], [0.4135, 0.7042], [0.4988, 0.6028], [0.1352, 0.527]]
[[camera.zone]]
id = "lane"
polygon = [[0.0, 0.713], [0.8979, 0.9901], [0.9105, 0.8016], [0.0, 0.5781]]
[[camera.zone]]
id = "square"
polygon = [[0.0056, 0.9436], [0.1413, 1.0], [0.7752, 1.0], [0.7894, 0.9274], [0.209, 0.7541]]
[[camera.zone]]
id = "yard"
polygon = [[0.498, 0.541], [0.937, 0.622], [0.941, 0.526], [0.578, 0.47]]
[[camera.zone]]
id = "all"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
[[camera.line]]
id = "gate"
points = [[0.723, 0.6085], [0.585, 0.5816]]
"#;

/// Somebody in the yard for three seconds: the visitor goes in at 12.9, stands there from 15 on, and comes out at 27.9.
const YARD: &str = "present = { zone = \"yard\", classes = [\"person\"], for_secs = 3 }";
const SQUARE: &str = "present = { zone = \"square\", classes = [\"person\"], for_secs = 3 }";
const PARKED: &str = "parked = { zone = \"fire-lane\", for_secs = 8 }";

const IN: Case = Case {
    name: "",
    clip: Clip::Lane,
    camera: ZONES,
    rule: YARD,
    more: "",
    begins: "2026-11-30T10:00:00+08:00",
    besides: Besides::Nothing,
    at: 19.0,
    within: 5,
    stage: "",
    because: "",
};

/// The zones behind lines that belong to the camera itself.
macro_rules! with_zones {
    ($lines:literal) => {
        concat!(
            $lines,
            r#"
[[camera.zone]]
id = "fire-lane"
polygon = [[0.007, 0.6005], [0.4135, 0.7042], [0.4988, 0.6028], [0.1352, 0.527]]
[[camera.zone]]
id = "square"
polygon = [[0.0056, 0.9436], [0.1413, 1.0], [0.7752, 1.0], [0.7894, 0.9274], [0.209, 0.7541]]
[[camera.zone]]
id = "yard"
polygon = [[0.498, 0.541], [0.937, 0.622], [0.941, 0.526], [0.578, 0.47]]
"#
        )
    };
}

pub const CASES: &[Case] = &[
    // ---- the detector
    Case {
        name: "visitor, nearly certain is asked for",
        camera: with_zones!("thresholds = { person = 0.97 }"),
        stage: "below_threshold",
        because: "the visitor stands in the yard all the time; no detector is that certain of 60 pixels",
        ..IN
    },
    Case {
        name: "parked car, nearly certain is asked for",
        camera: with_zones!("thresholds = { car = 0.98, truck = 0.98, bus = 0.98 }"),
        rule: PARKED,
        at: 20.0,
        stage: "below_threshold",
        because: "the car stands in the fire lane from 7.9 on",
        ..IN
    },
    Case {
        name: "visitor by night, with the night's threshold",
        camera: with_zones!("night = { schedule = \"19:00-06:00\", thresholds = { person = 0.97 } }"),
        begins: "2026-11-30T21:00:00+08:00",
        stage: "below_threshold",
        because: "it is nine in the evening, and what is asked for by night is nearly certain",
        ..IN
    },
    Case {
        name: "fire, and nothing burns",
        rule: "fire = { zone = \"all\" }",
        at: 10.0,
        stage: "not_found",
        because: "nothing burns in the whole clip",
        ..IN
    },
    Case {
        name: "two-wheeler, and nobody rides yet",
        rule: "present = { zone = \"lane\", classes = [\"two_wheeler\"], for_secs = 1 }",
        at: 8.0,
        stage: "not_found",
        because: "the e-bike comes at 22.5; before that only people on foot and a car are there",
        ..IN
    },
    Case {
        name: "still picture, nothing of the kind in it",
        clip: Clip::LaneStill,
        rule: "present = { zone = \"lane\", classes = [\"two_wheeler\"], for_secs = 1 }",
        at: 7.0,
        within: 4,
        stage: "nothing_moved",
        because: "the picture stands still and no two-wheeler is in it",
        ..IN
    },
    // ---- filters
    Case {
        name: "people on the square, under a mask",
        camera: r#"
[[camera.zone]]
id = "square"
polygon = [[0.0056, 0.9436], [0.1413, 1.0], [0.7752, 1.0], [0.7894, 0.9274], [0.209, 0.7541]]
[[camera.mask]]
polygon = [[0.0, 0.57], [1.0, 0.7], [1.0, 1.0], [0.0, 1.0]]
"#,
        rule: SQUARE,
        at: 18.0,
        stage: "masked",
        because: "two people stand on the square, and the lower part of the picture is masked",
        ..IN
    },
    Case {
        name: "visitor, under a mask for people",
        camera: r#"
[[camera.zone]]
id = "yard"
polygon = [[0.498, 0.541], [0.937, 0.622], [0.941, 0.526], [0.578, 0.47]]
[[camera.mask]]
polygon = [[0.55, 0.3], [0.95, 0.3], [0.95, 0.57], [0.55, 0.57]]
classes = ["person"]
"#,
        stage: "masked",
        because: "the visitor stands in the yard, within the mask",
        ..IN
    },
    Case {
        name: "visitor, smaller than people may be here",
        camera: with_zones!("heights = { person = { min = 0.25 } }"),
        stage: "left_out",
        because: "the visitor is 0.17 of the picture tall in the yard, and the camera takes 0.25 and more",
        ..IN
    },
    Case {
        name: "people on the square, taller than people may be",
        camera: with_zones!("heights = { person = { max = 0.2 } }"),
        rule: SQUARE,
        at: 18.0,
        stage: "left_out",
        because: "who stands on the square is 0.29 and 0.34 tall",
        ..IN
    },
    // ---- place and size
    Case {
        name: "walker on the lane, not in the yard",
        rule: "present = { zone = \"yard\", classes = [\"person\"], for_secs = 1 }",
        at: 2.0,
        within: 2,
        stage: "outside",
        because: "the only person walks along the lane",
        ..IN
    },
    Case {
        name: "somebody passes before the fire lane",
        rule: "present = { zone = \"fire-lane\", classes = [\"person\"], for_secs = 1 }",
        at: 17.0,
        within: 2,
        stage: "outside",
        because: "a man walks past in front of the car, his feet below the marking",
        ..IN
    },
    Case {
        name: "the car is in the fire lane, not on the square",
        rule: "parked = { zone = \"square\", for_secs = 5 }",
        at: 20.0,
        stage: "outside",
        because: "the only car stands in the fire lane",
        ..IN
    },
    Case {
        name: "nobody comes near the gate",
        rule: "line = { line = \"gate\", classes = [\"person\"], direction = \"both\" }",
        at: 1.5,
        within: 2,
        stage: "outside",
        because: "the only person walks along the lane, far from the gate",
        ..IN
    },
    Case {
        name: "visitor, smaller than the rule takes",
        rule: "min_height = 0.3\npresent = { zone = \"yard\", classes = [\"person\"], for_secs = 3 }",
        stage: "too_small",
        because: "the visitor is 0.17 of the picture tall in the yard",
        ..IN
    },
    Case {
        name: "people on the square, larger than the rule takes",
        rule: "max_height = 0.2\npresent = { zone = \"square\", classes = [\"person\"], for_secs = 3 }",
        at: 18.0,
        stage: "too_large",
        because: "who stands on the square is 0.29 and 0.34 tall",
        ..IN
    },
    // ---- long enough, enough of it
    Case {
        name: "somebody on the square, asked for longer",
        rule: "present = { zone = \"square\", classes = [\"person\"], for_secs = 25 }",
        at: 20.0,
        stage: "too_short",
        because: "somebody is on the square from 13.5 to the end, 16 seconds",
        ..IN
    },
    Case {
        name: "visitor, asked for a minute",
        rule: "dwell = { zone = \"yard\", classes = [\"person\"], for_secs = 60 }",
        at: 22.0,
        stage: "too_short",
        because: "the visitor is in the yard for some fifteen seconds",
        ..IN
    },
    Case {
        name: "parked car, asked for a minute",
        rule: "parked = { zone = \"fire-lane\", for_secs = 60 }",
        at: 20.0,
        stage: "too_short",
        because: "the car stands from 7.9 to the end, 22 seconds",
        ..IN
    },
    Case {
        name: "walker on the lane, asked for ten seconds",
        rule: "present = { zone = \"lane\", classes = [\"person\"], for_secs = 10 }",
        at: 3.0,
        within: 3,
        stage: "too_short",
        because: "the walker leaves the lane at 4.4",
        ..IN
    },
    Case {
        name: "people gather, asked for a minute",
        rule: "crowd = { zone = \"square\", at_least = 3, for_secs = 60 }",
        at: 25.0,
        stage: "too_short",
        because: "four and five people stand on the square, for ten seconds",
        ..IN
    },
    Case {
        name: "people gather, fewer than asked for",
        rule: "crowd = { zone = \"square\", at_least = 8, for_secs = 2 }",
        at: 26.0,
        within: 3,
        stage: "too_little",
        because: "five people stand there",
        ..IN
    },
    Case {
        name: "two on the square are no crowd",
        rule: "crowd = { zone = \"square\", at_least = 5, for_secs = 1 }",
        at: 16.5,
        within: 2,
        stage: "too_little",
        because: "two people are on the square",
        ..IN
    },
    Case {
        name: "in through the gate, out is asked for",
        rule: "line = { line = \"gate\", classes = [\"person\"], direction = \"right_to_left\" }",
        at: 12.9,
        within: 3,
        stage: "too_little",
        because: "the visitor goes in through the gate, and only who comes out counts",
        ..IN
    },
    Case {
        name: "out through the gate, in is asked for",
        rule: "line = { line = \"gate\", classes = [\"person\"], direction = \"left_to_right\" }",
        at: 27.9,
        within: 2,
        stage: "too_little",
        because: "the visitor comes out through the gate, and only who goes in counts",
        ..IN
    },
    // ---- hours, cool-down, belief
    Case {
        name: "night rule by day",
        rule: concat!(
            "schedule = \"daily 22:00-06:00\"\n",
            "present = { zone = \"yard\", classes = [\"person\"], for_secs = 3 }"
        ),
        stage: "out_of_schedule",
        because: "it is ten in the morning",
        ..IN
    },
    Case {
        name: "workday rule on a Sunday",
        rule: "schedule = \"workdays 07:00-20:00\"\nparked = { zone = \"fire-lane\", for_secs = 8 }",
        begins: "2026-11-29T10:00:00+08:00",
        at: 20.0,
        stage: "out_of_schedule",
        because: "it is Sunday",
        ..IN
    },
    Case {
        name: "out through the gate, soon after in",
        rule: "hold_secs = 3\ncooldown_secs = 600\nline = { line = \"gate\", classes = [\"person\"], direction = \"both\" }",
        at: 27.9,
        within: 2,
        stage: "in_cooldown",
        because: "the visitor went in at 12.9, of which there was an alert, and comes out within ten minutes",
        ..IN
    },
    Case {
        name: "somebody else on the lane, soon after the walker",
        rule: "hold_secs = 2\ncooldown_secs = 300\npresent = { zone = \"lane\", classes = [\"person\"], for_secs = 1 }",
        at: 17.5,
        within: 2,
        stage: "in_cooldown",
        because: "of the walker there was an alert up to some seconds after 4.4; somebody else is there from 15.1 on",
        ..IN
    },
    Case {
        name: "visitor, a hint that is worth little",
        rule: concat!(
            "signal = \"yard_hint\"\n",
            "present = { zone = \"yard\", classes = [\"person\"], for_secs = 3 }"
        ),
        more: "[[signal]]\nkind = \"yard_trouble\"\nfrom = [{ kind = \"yard_hint\", weight = 1.0 }]\nlevels = { orange = 0.9 }",
        at: 21.0,
        stage: "below_level",
        because: "the visitor is there for long enough, and the hint alone is not worth an alert",
        ..IN
    },
    Case {
        name: "parked car, the second hint does not come",
        rule: "signal = \"lane_hint\"\nparked = { zone = \"fire-lane\", for_secs = 5 }",
        more: r#"
[[signal]]
kind = "lane_trouble"
from = [{ kind = "lane_hint", weight = 2.0 }, { sensor = "gas", above = 0.5, weight = 2.5 }]
levels = { yellow = 0.85 }
[[sensor]]
id = "gas"
quantity = "smoke"
unit = "0/1"
stale_after_secs = 7200
grid = "53012700300102"
mqtt_json = { topic = "field/gas", pointer = "/v" }
"#,
        at: 22.0,
        stage: "below_level",
        because: "the car stands there for long enough, and the sensor beside it says nothing",
        ..IN
    },
    // ---- people and the command centre
    Case {
        name: "visitor, the rule was muted before",
        besides: Besides::Muted(5.0, "rule", "rule"),
        at: 20.0,
        stage: "muted",
        because: "the alert came, and somebody had muted the rule fifteen seconds before",
        ..IN
    },
    Case {
        name: "visitor, the camera was muted meanwhile",
        besides: Besides::Muted(18.0, "camera", "cam"),
        at: 22.0,
        within: 3,
        stage: "muted",
        because: "the alert was open when somebody muted the camera",
        ..IN
    },
    Case {
        name: "parked car, its kind was muted",
        rule: "signal = \"fire_lane_blocked\"\nparked = { zone = \"fire-lane\", for_secs = 5 }",
        besides: Besides::Muted(2.0, "kind", "fire_lane_blocked"),
        at: 20.0,
        stage: "muted",
        because: "the alert came, and somebody had muted its kind",
        ..IN
    },
    Case {
        name: "visitor, the rule was switched off",
        besides: Besides::SwitchedOff(8.0, "rule"),
        more: "[[rule]]\nid = \"other\"\ncameras = [\"cam\"]\nparked = { zone = \"fire-lane\", for_secs = 60 }",
        at: 20.0,
        stage: "switched_off",
        because: "the command centre switched the rule off before the visitor came",
        ..IN
    },
    // ---- the camera
    Case {
        name: "no stream while the visitor is there",
        besides: Besides::StreamStops(8.0),
        at: 20.0,
        stage: "silent",
        because: "the camera gave no picture from 8 on",
        ..IN
    },
    Case {
        name: "no stream, not noticed yet",
        besides: Besides::StreamStops(16.0),
        at: 18.0,
        within: 20,
        stage: "silent",
        because: "the last picture was two seconds old, and none came after it",
        ..IN
    },
    Case {
        name: "the box was overloaded at the gate",
        rule: "line = { line = \"gate\", classes = [\"person\"], direction = \"both\" }",
        besides: Besides::Overloaded(9.0, 19.0),
        at: 12.9,
        stage: "not_decoded",
        because: "the visitor goes through the gate at 12.9, and nothing was looked at from 9 to 19",
        ..IN
    },
    Case {
        name: "nobody asked for the pictures",
        rule: "line = { line = \"gate\", classes = [\"person\"], direction = \"right_to_left\" }",
        besides: Besides::NotNeeded(20.0, 31.0),
        at: 27.9,
        within: 6,
        stage: "not_decoded",
        because: "the visitor comes out at 27.9, and nothing was looked at from 20 to the end",
        ..IN
    },
    Case {
        name: "something before the lens",
        clip: Clip::LaneCovered,
        rule: SQUARE,
        at: 55.0,
        stage: "blind",
        because: "from 40 on nothing can be seen but grey",
        ..IN
    },
    Case {
        name: "the light is out",
        clip: Clip::LaneDark,
        at: 22.0,
        stage: "blind",
        because: "from 10 on the picture is black",
        ..IN
    },
];
