//! `lookout why-not` on misses whose reason somebody saw in the pictures: the stage that it names must be that one.
//!
//! A case is a clip, how its camera and rule are set, a moment, and what a person who looks at the picture says of it, written
//! down before `why-not` was asked. That some are set so that they miss is what operators meet. Each clip is decoded and looked
//! at once (`support/film.rs`); a journal is written per case, with its configuration, and the program is asked as a user does.
//!
//! Of the first hundred it named ninety rightly when it was first asked. In seven of the other ten an alert was open after all (a
//! hold that lasted longer, a detector that saw what is not there): those were set differently, and are misses now. What it still
//! gets wrong: something beside a footway that the detector takes for a car, just below the threshold; a car too small for its
//! rule, of which it says that it did not stand for long enough; a person where there is none.
//!
//! ```sh
//! cargo test --test clips why_not:: -- --include-ignored --nocapture
//! ```

mod lane;
mod real;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use lookout::analysis::time::Timestamp;
use lookout::config::document::DEFAULT_MODEL;
use serde_json::Value;

use crate::support::clips::shared;
use crate::support::film::{Besides, Film};
use crate::support::recordings::{ffmpeg, lane as lane_clip};

/// What part of the cases must be named rightly, in percent.
const RIGHT: usize = 95;
/// How far around a moment is looked where nobody says how far, in seconds.
const AROUND: u32 = 60;
/// Cases altogether.
const AT_LEAST: usize = 60;

/// A miss, and what somebody who looks at the pictures says of it.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub clip: Clip,
    /// Lines of the camera.
    pub camera: &'static str,
    /// Lines of the rule, which is called `rule`.
    pub rule: &'static str,
    /// What stands behind it: signals, sensors.
    pub more: &'static str,
    /// When the clip begins.
    pub begins: &'static str,
    pub besides: Besides,
    /// The moment that is asked about, in seconds of the clip.
    pub at: f64,
    /// How far around it, in seconds.
    pub within: u32,
    pub stage: &'static str,
    /// Why a person says so.
    pub because: &'static str,
}

/// A clip, as it is or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clip {
    Lane,
    /// Twice the lane; from second 40 on something lies before the lens.
    LaneCovered,
    /// The lane, in which the light goes out at second 10.
    LaneDark,
    /// A picture of the lane in which nothing moves, for 15 s.
    LaneStill,
    /// A real clip, and up to which second.
    Real(&'static str, u32),
    /// The same; from second 25 on something lies before the lens.
    RealCovered(&'static str),
}

const NO_FURTHER: f64 = 1e6;

impl Clip {
    /// Its file, and up to which second it is looked at. What is changed is made in the folder.
    fn file(self, folder: &Path) -> (PathBuf, f64) {
        let made = |name: &str, input: &[&str], filter: &str| {
            let encode = ["-an", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", name];
            let filter = if filter.is_empty() { vec![] } else { vec!["-vf", filter] };
            ffmpeg(folder, &[input, &filter, &encode].concat());
            (folder.join(name), NO_FURTHER)
        };
        let of_lane = lane_clip();
        let of_lane = of_lane.to_str().unwrap();
        let covered = |from: u32| {
            format!(
                "gblur=sigma=60:enable='gte(t,{from})',eq=contrast=0.3:brightness=-0.2:enable='gte(t,{from})'"
            )
        };
        match self {
            Clip::Lane => (lane_clip(), NO_FURTHER),
            Clip::LaneCovered => made("covered.mp4", &["-stream_loop", "1", "-i", of_lane], &covered(40)),
            Clip::LaneDark => made("dark.mp4", &["-i", of_lane], "drawbox=c=black:t=fill:enable='gte(t,10)'"),
            Clip::LaneStill => {
                ffmpeg(folder, &["-ss", "29", "-i", of_lane, "-frames:v", "1", "still.png"]);
                let input =
                    ["-loop", "1", "-framerate", "10", "-i", "still.png", "-t", "15", "-pix_fmt", "yuv420p"];
                made("still.mp4", &input, "")
            }
            Clip::Real(name, until) => (videos(name), f64::from(until)),
            Clip::RealCovered(name) => {
                made("covered-real.mp4", &["-i", videos(name).to_str().unwrap()], &covered(25))
            }
        }
    }
}

fn videos(name: &str) -> PathBuf {
    shared().join("videos").join(format!("{name}.mp4"))
}

impl Case {
    fn text(&self) -> String {
        let Case { camera, rule, more, .. } = self;
        format!(
            r#"[site]
box = "box-1"
area = "530127"
language = "en"
time_zone = "Asia/Shanghai"

[fusion]
camera_trouble = false

[[camera]]
id = "cam"
eye = "village"
url = "rtsp://127.0.0.1:9/none"
grid = "53012700300102"
analysis_fps = 5
{camera}

[[rule]]
id = "rule"
cameras = ["cam"]
{rule}
{more}
"#
        )
    }

    /// What the program says of the moment, and of the minutes around it: its answers, or what it says instead.
    fn asked(&self, film: &Film) -> [Value; 2] {
        let folder = tempfile::tempdir().unwrap();
        let begins: Timestamp = self.begins.parse().unwrap();
        film.journal(folder.path(), &self.text(), begins, self.besides);
        let at = begins + Duration::from_secs_f64(self.at);
        let asked = |within: u32| {
            let output = Command::new(env!("CARGO_BIN_EXE_lookout"))
                .args([
                    "why-not",
                    "--json",
                    "--language",
                    "en",
                    "--camera",
                    "cam",
                    "--rule",
                    "rule",
                    "--data",
                ])
                .arg(folder.path())
                .args(["--at", &at.to_string(), "--within", &format!("{within}s")])
                .output()
                .unwrap();
            serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&output.stderr).into_owned()))
        };
        [asked(self.within), asked(AROUND)]
    }
}

/// Asks about all of them, each clip on a thread of its own, two at a time; their answers in their order.
fn answers(cases: &[Case]) -> Vec<[Value; 2]> {
    let mut clips: Vec<Clip> = Vec::new();
    for case in cases {
        if !clips.contains(&case.clip) {
            clips.push(case.clip);
        }
    }
    let none = vec![[Value::Null, Value::Null]; cases.len()];
    let (waiting, answers) = (Mutex::new(VecDeque::from(clips)), Mutex::new(none));
    let work = || {
        while let Some(clip) = { waiting.lock().unwrap().pop_front() } {
            let folder = tempfile::tempdir().unwrap();
            let (file, until) = clip.file(folder.path());
            let film = Film::of(&file, until, DEFAULT_MODEL);
            for (number, case) in cases.iter().enumerate().filter(|(_, case)| case.clip == clip) {
                let answer = case.asked(&film);
                answers.lock().unwrap()[number] = answer;
            }
        }
    };
    thread::scope(|threads| {
        let other = threads.spawn(work);
        work();
        other.join().unwrap();
    });
    answers.into_inner().unwrap()
}

/// Prints the table, and fails where too many stages are not what somebody saw.
fn judge(cases: &[Case]) {
    lookout::video::init().unwrap();
    let (mut wrong, mut right_around) = (Vec::new(), 0);
    eprintln!("{:50} {:>6}  {:16} {:16} said of two minutes", "case", "at", "expected", "said");
    for (case, [answer, around]) in cases.iter().zip(answers(cases)) {
        let said = answer["stage"].as_str().unwrap_or("no answer");
        let around = around["stage"].as_str().unwrap_or("no answer");
        right_around += usize::from(around == case.stage);
        let is_right = said == case.stage;
        let mark = if is_right { "" } else { "  <--" };
        eprintln!("{:50} {:>6.1}  {:16} {said:16} {around}{mark}", case.name, case.at, case.stage);
        if !is_right {
            let why = answer["why"]["text"].as_str().or(answer.as_str()).unwrap_or_default().to_owned();
            wrong.push(format!("{}: {}\n    `{said}`: {why}", case.name, case.because));
        }
    }
    let right = cases.len() - wrong.len();
    eprintln!("{right} of {} as somebody saw it; {right_around} of the time around it", cases.len());
    assert!(right * 100 >= RIGHT * cases.len(), "{right} of {}:\n{}", cases.len(), wrong.join("\n"));
}

#[test]
fn misses_on_the_bundled_clip_are_explained_as_a_person_who_looks_explains_them() {
    judge(lane::CASES);
}

#[test]
#[ignore = "needs ../shared: clips"]
fn misses_on_real_clips_are_explained_as_a_person_who_looks_explains_them() {
    judge(real::CASES);
}

#[test]
fn there_are_enough_cases_of_every_stage_and_each_is_written_down_once() {
    let all: Vec<&Case> = lane::CASES.iter().chain(real::CASES).collect();
    assert!(all.len() >= AT_LEAST && real::CASES.len() * 2 >= AT_LEAST, "{} cases", all.len());
    for stage in [
        "not_decoded",
        "nothing_moved",
        "not_found",
        "below_threshold",
        "masked",
        "left_out",
        "outside",
        "too_small",
        "too_large",
        "too_short",
        "too_little",
        "out_of_schedule",
        "in_cooldown",
        "below_level",
        "muted",
        "switched_off",
        "blind",
        "silent",
    ] {
        assert!(all.iter().any(|case| case.stage == stage), "no case of {stage}");
    }
    let mut names: Vec<&str> = all.iter().map(|case| case.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all.len(), "each name once");
}
