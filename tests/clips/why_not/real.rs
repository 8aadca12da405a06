//! Misses on real clips (`../shared/videos`). Who is where and when was read from the pictures (`tests/data/clips.md` has the
//! tables of three of them).

use super::{Case, Clip};
use crate::places;
use crate::support::film::Besides;

const PEOPLE: Clip = Clip::Real("people-one-by-one", 96);
const STREET: Clip = Clip::Real("street-cars", 38);
const WALKWAY: Clip = Clip::Real("walkway-small-people", 32);
const OFFICE: Clip = Clip::Real("office-wide", 22);
const PLAZA: Clip = Clip::Real("plaza-crowd", 14);
const SHOP: Clip = Clip::Real("shop-hevc-1080p", 20);
const WORKER: Clip = Clip::Real("worker-in-zone-1080p", 11);
const TUNNEL: Clip = Clip::Real("motorway-tunnel", 15);

const IN_ROOM: Case = Case {
    name: "",
    clip: PEOPLE,
    camera: places::ROOM,
    rule: "present = { zone = \"room\", classes = [\"person\"], for_secs = 3 }",
    more: "",
    begins: "2026-11-30T10:00:00+08:00",
    besides: Besides::Nothing,
    at: 30.0,
    within: 5,
    stage: "",
    because: "",
};

const ON_STREET: Case = Case {
    clip: STREET,
    camera: places::STREET,
    rule: "parked = { zone = \"drive\", classes = [\"car\", \"truck\", \"bus\"], for_secs = 3 }",
    at: 20.0,
    ..IN_ROOM
};

const ON_WALKWAY: Case = Case {
    clip: WALKWAY,
    camera: concat!(
        whole!("all"),
        r#"
[[camera.zone]]
id = "right"
polygon = [[0.7, 0.45], [0.9, 0.45], [0.9, 0.75], [0.7, 0.75]]
[[camera.zone]]
id = "grass"
polygon = [[0.0, 0.62], [0.25, 0.7], [0.55, 0.9], [0.6, 1.0], [0.0, 1.0]]
"#
    ),
    rule: "present = { zone = \"all\", classes = [\"person\"], for_secs = 2 }",
    at: 20.0,
    ..IN_ROOM
};

const IN_OFFICE: Case = Case {
    clip: OFFICE,
    camera: concat!(
        whole!("all"),
        r#"
[[camera.zone]]
id = "left"
polygon = [[0.0, 0.72], [0.1, 0.72], [0.1, 1.0], [0.0, 1.0]]
"#
    ),
    rule: "present = { zone = \"all\", classes = [\"person\"], for_secs = 2 }",
    at: 10.0,
    ..IN_ROOM
};

const ON_PLAZA: Case = Case {
    clip: PLAZA,
    camera: places::PLAZA,
    rule: "crowd = { zone = \"plaza\", at_least = 6, for_secs = 3 }",
    at: 7.0,
    ..IN_ROOM
};

const IN_SHOP: Case = Case { clip: SHOP, camera: places::ALL, at: 10.0, ..ON_WALKWAY };

const AT_WORK: Case = Case {
    clip: WORKER,
    camera: concat!(
        whole!("all"),
        r#"
[[camera.zone]]
id = "left"
polygon = [[0.0, 0.4], [0.2, 0.4], [0.2, 1.0], [0.0, 1.0]]
"#
    ),
    rule: "present = { zone = \"all\", classes = [\"person\"], for_secs = 1 }",
    at: 6.0,
    within: 3,
    ..IN_ROOM
};

pub const CASES: &[Case] = &[
    // ---- the room
    Case {
        name: "room: nearly certain is asked for",
        camera: concat!("thresholds = { person = 0.98 }", whole!("room")),
        stage: "below_threshold",
        because: "a man in black stands at the table, his back to the camera",
        ..IN_ROOM
    },
    Case {
        name: "room: she stays for 14 of 20 seconds",
        rule: "present = { zone = \"room\", classes = [\"person\"], for_secs = 20 }",
        at: 12.0,
        stage: "too_short",
        because: "the first woman is there from 6.4 to 19.7",
        ..IN_ROOM
    },
    Case {
        name: "room: at the table for nine of 14 seconds",
        rule: "dwell = { zone = \"table\", classes = [\"person\"], for_secs = 14 }",
        at: 80.0,
        stage: "too_short",
        because: "the man in the T-shirt stands at the table from 76.0 to 85.1",
        ..IN_ROOM
    },
    Case {
        name: "room: at the table for 17 of 60 seconds",
        rule: "dwell = { zone = \"table\", classes = [\"person\"], for_secs = 60 }",
        at: 60.0,
        stage: "too_short",
        because: "the woman with long hair stands at the table from 51.6 to 68.3",
        ..IN_ROOM
    },
    Case {
        name: "room: he stands at the table, not at the window",
        rule: "present = { zone = \"window\", classes = [\"person\"], for_secs = 2 }",
        stage: "outside",
        because: "the man stands at the table, far from the window",
        ..IN_ROOM
    },
    Case {
        name: "room: nobody walks off",
        rule: "line = { line = \"way-out\", classes = [\"person\"], direction = \"left_to_right\" }",
        stage: "outside",
        because: "the man stands at the table from 24 to 43, a fifth of the picture from the line",
        ..IN_ROOM
    },
    Case {
        name: "room: out, and in is asked for",
        rule: "line = { line = \"way-out\", classes = [\"person\"], direction = \"right_to_left\" }",
        at: 43.9,
        within: 3,
        stage: "too_little",
        because: "the man leaves over the line from left to right",
        ..IN_ROOM
    },
    Case {
        name: "room: she leaves, and in is asked for",
        rule: "line = { line = \"way-out\", classes = [\"person\"], direction = \"right_to_left\" }",
        at: 18.8,
        within: 3,
        stage: "too_little",
        because: "the first woman leaves over the line from left to right",
        ..IN_ROOM
    },
    Case {
        name: "room: taller than the rule takes",
        rule: "max_height = 0.5\npresent = { zone = \"room\", classes = [\"person\"], for_secs = 3 }",
        stage: "too_large",
        because: "the man fills nine tenths of the picture",
        ..IN_ROOM
    },
    Case {
        name: "room: under a mask",
        camera: concat!(
            whole!("room"),
            "[[camera.mask]]\npolygon = [[0.3, 0.0], [0.8, 0.0], [0.8, 1.0], [0.3, 1.0]]\n"
        ),
        stage: "masked",
        because: "the man stands at the table, and all around it is masked",
        ..IN_ROOM
    },
    Case {
        name: "room: taller than people may be",
        camera: concat!("heights = { person = { max = 0.5 } }", whole!("room")),
        stage: "left_out",
        because: "the man fills nine tenths of the picture, and the camera takes half",
        ..IN_ROOM
    },
    Case {
        name: "room: empty between two people",
        at: 47.5,
        within: 1,
        rule: "hold_secs = 0.5\npresent = { zone = \"room\", classes = [\"person\"], for_secs = 1 }",
        stage: "nothing_moved",
        because: "the man is gone since 44.9, the next comes at 50.2, and the room stands still",
        ..IN_ROOM
    },
    Case {
        name: "room: empty before the last one",
        at: 89.5,
        within: 1,
        rule: "hold_secs = 0.5\npresent = { zone = \"room\", classes = [\"person\"], for_secs = 1 }",
        stage: "nothing_moved",
        because: "the man is gone since 86.6, the next comes at 92.2, and the room stands still",
        ..IN_ROOM
    },
    Case {
        name: "room: empty at the beginning",
        at: 3.5,
        within: 1,
        rule: "hold_secs = 0.5\npresent = { zone = \"room\", classes = [\"person\"], for_secs = 1 }",
        stage: "nothing_moved",
        because: "the first one comes at 6.0, and the room stands still",
        ..IN_ROOM
    },
    Case {
        name: "room: no vehicle in it",
        rule: "present = { zone = \"room\", classes = [\"bus\", \"truck\"], for_secs = 1 }",
        stage: "not_found",
        because: "a man stands in a room",
        at: 24.0,
        within: 3,
        ..IN_ROOM
    },
    Case {
        name: "room: night rule by day",
        rule: "schedule = \"daily 22:00-06:00\"\npresent = { zone = \"room\", classes = [\"person\"], for_secs = 3 }",
        at: 60.0,
        stage: "out_of_schedule",
        because: "it is ten in the morning",
        ..IN_ROOM
    },
    Case {
        name: "room: day rule by night",
        rule: "schedule = \"07:00-20:00\"\npresent = { zone = \"room\", classes = [\"person\"], for_secs = 3 }",
        begins: "2026-11-30T23:00:00+08:00",
        stage: "out_of_schedule",
        because: "it is eleven at night",
        ..IN_ROOM
    },
    Case {
        name: "room: the second soon after the first",
        rule: "hold_secs = 1\ncooldown_secs = 600\npresent = { zone = \"room\", classes = [\"person\"], for_secs = 2 }",
        stage: "in_cooldown",
        because: "of the woman there was an alert until about 20.7; the man comes within ten minutes",
        ..IN_ROOM
    },
    Case {
        name: "room: a hint that is worth little",
        rule: "signal = \"room_hint\"\npresent = { zone = \"room\", classes = [\"person\"], for_secs = 3 }",
        more: "[[signal]]\nkind = \"room_trouble\"\nfrom = [{ kind = \"room_hint\", weight = 0.8 }]\nlevels = { yellow = 0.7 }",
        at: 60.0,
        stage: "below_level",
        because: "the woman is there for long enough, and the hint alone is not worth an alert",
        ..IN_ROOM
    },
    Case {
        name: "room: the rule was muted",
        besides: Besides::Muted(48.0, "rule", "rule"),
        at: 60.0,
        stage: "muted",
        because: "the alert came, and somebody had muted the rule before",
        ..IN_ROOM
    },
    Case {
        name: "room: the stream stopped",
        besides: Besides::StreamStops(21.0),
        at: 60.0,
        stage: "silent",
        because: "no picture came from 21 on",
        ..IN_ROOM
    },
    Case {
        name: "room: overloaded while he was there",
        besides: Besides::Overloaded(22.0, 46.0),
        stage: "not_decoded",
        because: "the man is there from 23 to 45, and nothing was looked at from 22 to 46",
        ..IN_ROOM
    },
    Case {
        name: "room: she is at the table for 17 of 30 seconds",
        rule: "present = { zone = \"table\", classes = [\"person\"], for_secs = 30 }",
        at: 65.0,
        stage: "too_short",
        because: "somebody stands at the table from 51.6 to 68.3",
        ..IN_ROOM
    },
    Case {
        name: "room: by night nearly certain is asked for",
        camera: concat!(
            "night = { schedule = \"19:00-06:00\", thresholds = { person = 0.98 } }",
            whole!("room")
        ),
        begins: "2026-11-30T23:00:00+08:00",
        at: 60.0,
        stage: "below_threshold",
        because: "the woman stands at the table, and it is eleven at night",
        ..IN_ROOM
    },
    Case {
        name: "room: its kind was muted while she was there",
        rule: "signal = \"visitor\"\npresent = { zone = \"room\", classes = [\"person\"], for_secs = 3 }",
        besides: Besides::Muted(56.0, "kind", "visitor"),
        at: 62.0,
        stage: "muted",
        because: "the alert of the woman was open when somebody muted its kind",
        ..IN_ROOM
    },
    // ---- the street
    Case {
        name: "street: cars pass, none stops",
        rule: "parked = { zone = \"lane\", classes = [\"car\", \"truck\", \"bus\"], for_secs = 5 }",
        at: 5.0,
        within: 3,
        stage: "too_short",
        because: "they all drive on",
        ..ON_STREET
    },
    Case {
        name: "street: in the drive, asked for ten minutes",
        rule: "parked = { zone = \"drive\", classes = [\"car\", \"truck\", \"bus\"], for_secs = 600 }",
        stage: "too_short",
        because: "it stands there all the time, which is 38 seconds",
        ..ON_STREET
    },
    Case {
        name: "street: down the lane, up is asked for",
        rule: "line = { line = \"across\", classes = [\"car\", \"truck\", \"bus\"], direction = \"right_to_left\" }",
        at: 17.3,
        within: 2,
        stage: "too_little",
        because: "the black off-roader comes down the lane, from left to right",
        ..ON_STREET
    },
    Case {
        name: "street: the second car soon after the first",
        rule: "hold_secs = 0.5\ncooldown_secs = 600\nline = { line = \"across\", classes = [\"car\", \"truck\", \"bus\"], direction = \"left_to_right\" }",
        at: 17.3,
        within: 1,
        stage: "in_cooldown",
        because: "several vehicles crossed before, of the first of which there was an alert",
        ..ON_STREET
    },
    Case {
        name: "street: nothing burns",
        rule: "fire = { zone = \"all\" }",
        stage: "not_found",
        because: "nothing burns",
        ..ON_STREET
    },
    Case {
        name: "street: nearly certain is asked for",
        camera: concat!("thresholds = { car = 0.98, truck = 0.98, bus = 0.98 }", drive!()),
        stage: "below_threshold",
        because: "a car stands in the drive, small and half in the shade",
        ..ON_STREET
    },
    Case {
        name: "street: cars on the road, none on the footway",
        rule: "present = { zone = \"footway\", classes = [\"car\", \"truck\", \"bus\"], for_secs = 1 }",
        at: 8.5,
        within: 3,
        stage: "outside",
        because: "vehicles drive and wait on the road",
        ..ON_STREET
    },
    Case {
        name: "street: the drive is masked",
        camera: concat!(
            drive!(),
            "[[camera.mask]]\npolygon = [[0.88, 0.35], [1.0, 0.35], [1.0, 0.6], [0.88, 0.6]]\n"
        ),
        stage: "masked",
        because: "the car in the drive stands within the mask",
        ..ON_STREET
    },
    Case {
        name: "street: smaller than the rule takes",
        rule: "min_height = 0.3\nparked = { zone = \"drive\", classes = [\"car\", \"truck\", \"bus\"], for_secs = 3 }",
        stage: "too_small",
        because: "the car in the drive is an eighth of the picture tall",
        ..ON_STREET
    },
    Case {
        name: "street: a rule for the night",
        rule: "schedule = \"22:00-06:00\"\nparked = { zone = \"drive\", classes = [\"car\", \"truck\", \"bus\"], for_secs = 3 }",
        stage: "out_of_schedule",
        because: "it is ten in the morning",
        ..ON_STREET
    },
    Case {
        name: "street: its kind was muted",
        rule: "signal = \"illegal_parking\"\nparked = { zone = \"drive\", classes = [\"car\", \"truck\", \"bus\"], for_secs = 3 }",
        besides: Besides::Muted(10.0, "kind", "illegal_parking"),
        stage: "muted",
        because: "the alert was open when somebody muted its kind",
        ..ON_STREET
    },
    Case {
        name: "street: something before the lens",
        clip: Clip::RealCovered("street-cars"),
        rule: "hold_secs = 0.5\nline = { line = \"across\", classes = [\"car\", \"truck\", \"bus\"], direction = \"both\" }",
        at: 37.0,
        within: 2,
        stage: "blind",
        because: "from 25 on nothing can be seen but grey",
        ..ON_STREET
    },
    Case {
        name: "street: overloaded while one drove by",
        rule: "hold_secs = 0.5\nline = { line = \"across\", classes = [\"car\", \"truck\", \"bus\"], direction = \"left_to_right\" }",
        besides: Besides::Overloaded(12.0, 19.0),
        at: 17.3,
        within: 4,
        stage: "not_decoded",
        because: "the black off-roader crosses at 17.3, and nothing was looked at from 12 to 19",
        ..ON_STREET
    },
    Case {
        name: "street: the stream stopped before one drove by",
        rule: "hold_secs = 0.5\nline = { line = \"across\", classes = [\"car\", \"truck\", \"bus\"], direction = \"left_to_right\" }",
        besides: Besides::StreamStops(12.0),
        at: 17.3,
        within: 4,
        stage: "silent",
        because: "no picture came from 12 on; that was noticed at 20",
        ..ON_STREET
    },
    // ---- the walkway
    Case {
        name: "walkway: nobody on the grass",
        rule: "present = { zone = \"grass\", classes = [\"person\"], for_secs = 1 }",
        stage: "outside",
        because: "they all keep to the path; the first comes over the grass at 48",
        ..ON_WALKWAY
    },
    Case {
        name: "walkway: smaller than the rule takes",
        rule: "min_height = 0.5\npresent = { zone = \"right\", classes = [\"person\"], for_secs = 1 }",
        within: 1,
        stage: "too_small",
        because: "a man walks there by himself, a fifth of the picture tall",
        ..ON_WALKWAY
    },
    Case {
        name: "walkway: no crowd of thirty",
        rule: "crowd = { zone = \"all\", at_least = 30, for_secs = 1 }",
        at: 5.0,
        stage: "too_little",
        because: "some eight people are there",
        ..ON_WALKWAY
    },
    Case {
        name: "walkway: nearly certain is asked for",
        camera: concat!("thresholds = { person = 0.98 }", whole!("all")),
        stage: "below_threshold",
        because: "people are forty pixels tall",
        ..ON_WALKWAY
    },
    Case {
        name: "walkway: nobody stays for two minutes",
        rule: "dwell = { zone = \"all\", classes = [\"person\"], for_secs = 120 }",
        stage: "too_short",
        because: "they all walk through",
        ..ON_WALKWAY
    },
    Case {
        name: "walkway: the camera was muted",
        besides: Besides::Muted(4.0, "camera", "cam"),
        stage: "muted",
        because: "the alert came, and somebody had muted the camera",
        ..ON_WALKWAY
    },
    Case {
        name: "walkway: a hint that is worth little",
        rule: "signal = \"path_hint\"\npresent = { zone = \"all\", classes = [\"person\"], for_secs = 2 }",
        more: "[[signal]]\nkind = \"path_trouble\"\nfrom = [{ kind = \"path_hint\", weight = 1.0 }]\nlevels = { yellow = 0.8 }",
        stage: "below_level",
        because: "people are there all the time, and the hint alone is not worth an alert",
        ..ON_WALKWAY
    },
    // ---- the office
    Case {
        name: "office: nobody at the left",
        rule: "present = { zone = \"left\", classes = [\"person\"], for_secs = 1 }",
        at: 3.0,
        within: 2,
        stage: "outside",
        because: "they sit and stand at the desk and walk behind it; the floor at the left is empty",
        ..IN_OFFICE
    },
    Case {
        name: "office: no crowd of forty",
        rule: "crowd = { zone = \"all\", at_least = 40, for_secs = 1 }",
        stage: "too_little",
        because: "some fifteen people are there",
        ..IN_OFFICE
    },
    Case {
        name: "office: larger than the rule takes",
        rule: "max_height = 0.05\npresent = { zone = \"all\", classes = [\"person\"], for_secs = 1 }",
        stage: "too_large",
        because: "even those at the back are a tenth of the picture tall",
        ..IN_OFFICE
    },
    Case {
        name: "office: the whole of it is masked",
        camera: concat!(
            whole!("all"),
            "[[camera.mask]]\npolygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]\n"
        ),
        stage: "masked",
        because: "everybody is within the mask",
        ..IN_OFFICE
    },
    Case {
        name: "office: no bus in it",
        rule: "present = { zone = \"all\", classes = [\"bus\"], for_secs = 1 }",
        stage: "not_found",
        because: "people and desks",
        ..IN_OFFICE
    },
    Case {
        name: "office: taller than people may be",
        camera: concat!("heights = { person = { max = 0.05 } }", whole!("all")),
        stage: "left_out",
        because: "even those at the back are a tenth of the picture tall, and the camera takes a twentieth",
        ..IN_OFFICE
    },
    // ---- the plaza
    Case {
        name: "plaza: fewer than thirty",
        rule: "crowd = { zone = \"plaza\", at_least = 30, for_secs = 1 }",
        at: 4.0,
        stage: "too_little",
        because: "twelve to fourteen people are on it",
        ..ON_PLAZA
    },
    Case {
        name: "plaza: six for longer than the clip",
        rule: "crowd = { zone = \"plaza\", at_least = 5, for_secs = 60 }",
        at: 8.0,
        stage: "too_short",
        because: "seven and more are there all the time, for fourteen seconds",
        ..ON_PLAZA
    },
    Case {
        name: "plaza: nearly certain is asked for",
        camera: concat!("thresholds = { person = 0.98 }", plaza!()),
        rule: "present = { zone = \"plaza\", classes = [\"person\"], for_secs = 1 }",
        stage: "below_threshold",
        because: "people seen from above, a tenth of the picture tall",
        ..ON_PLAZA
    },
    Case {
        name: "plaza: nobody rides",
        rule: "present = { zone = \"plaza\", classes = [\"bus\", \"truck\"], for_secs = 1 }",
        stage: "not_found",
        because: "everybody is on foot",
        ..ON_PLAZA
    },
    // ---- the shop
    Case {
        name: "shop: no crowd of twenty-five",
        rule: "crowd = { zone = \"all\", at_least = 25, for_secs = 1 }",
        stage: "too_little",
        because: "eight people are in it",
        ..IN_SHOP
    },
    Case {
        name: "shop: nobody stays for two minutes",
        rule: "dwell = { zone = \"all\", classes = [\"person\"], for_secs = 120 }",
        stage: "too_short",
        because: "the clip has twenty seconds",
        ..IN_SHOP
    },
    Case {
        name: "shop: a rule for the night",
        rule: "schedule = \"21:00-06:00\"\npresent = { zone = \"all\", classes = [\"person\"], for_secs = 2 }",
        stage: "out_of_schedule",
        because: "it is ten in the morning",
        ..IN_SHOP
    },
    Case {
        name: "shop: the rule was switched off",
        besides: Besides::SwitchedOff(3.0, "rule"),
        more: "[[rule]]\nid = \"other\"\ncameras = [\"cam\"]\nparked = { zone = \"all\", for_secs = 60 }",
        stage: "switched_off",
        because: "the command centre had switched it off",
        ..IN_SHOP
    },
    // ---- the worker
    Case {
        name: "worker: not at the left",
        rule: "present = { zone = \"left\", classes = [\"person\"], for_secs = 0.5 }",
        stage: "outside",
        because: "he comes in at the middle and walks to the right",
        ..AT_WORK
    },
    Case {
        name: "worker: there for six of 30 seconds",
        rule: "present = { zone = \"all\", classes = [\"person\"], for_secs = 30 }",
        stage: "too_short",
        because: "he is there from 2.5 to 9",
        ..AT_WORK
    },
    Case {
        name: "worker: the stream stopped before",
        besides: Besides::StreamStops(2.0),
        within: 20,
        stage: "silent",
        because: "no picture came from 2 on; that was noticed at 10",
        ..AT_WORK
    },
    Case {
        name: "worker: nearly certain is asked for",
        camera: concat!("thresholds = { person = 0.99 }", whole!("all")),
        stage: "below_threshold",
        because: "the worker walks through the hall",
        ..AT_WORK
    },
    Case {
        name: "worker: the hall is masked",
        camera: concat!(
            whole!("all"),
            "[[camera.mask]]\npolygon = [[0.0, 0.2], [1.0, 0.2], [1.0, 1.0], [0.0, 1.0]]\n"
        ),
        stage: "masked",
        because: "the worker walks where it is masked",
        ..AT_WORK
    },
    // ---- the motorway
    Case {
        name: "motorway: nobody on foot",
        clip: TUNNEL,
        camera: places::ALL,
        rule: "present = { zone = \"all\", classes = [\"person\"], for_secs = 1 }",
        at: 8.0,
        stage: "not_found",
        because: "cars and trucks, nobody on foot",
        ..IN_ROOM
    },
    Case {
        name: "motorway: under a mask",
        clip: TUNNEL,
        camera: concat!(
            whole!("all"),
            "[[camera.mask]]\npolygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]\n"
        ),
        rule: "present = { zone = \"all\", classes = [\"truck\"], for_secs = 1 }",
        at: 12.0,
        within: 2,
        stage: "masked",
        because: "two trucks drive at the left, within the mask",
        ..IN_ROOM
    },
    Case {
        name: "motorway: nothing stops",
        clip: TUNNEL,
        camera: "\n[[camera.zone]]\nid = \"right\"\npolygon = [[0.76, 0.45], [0.86, 0.45], [1.0, 0.9], [0.7, 0.9]]\n",
        rule: "parked = { zone = \"right\", classes = [\"car\", \"truck\", \"bus\"], for_secs = 5 }",
        at: 5.0,
        within: 2,
        stage: "too_short",
        because: "everything drives",
        ..IN_ROOM
    },
];
