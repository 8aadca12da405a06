//! `lookout tail`: follows alerts like a small command centre, and acknowledges them if asked.
//!
//! For people a line per revision, with `--json` the messages as they came. Repeats (delivery is at least
//! once) are not shown. Must never print what comes over the network to a terminal unfiltered.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Failure;
use crate::analysis::time::Timestamp;
use crate::mqtt::Version;
use crate::mqtt::centre::{Alert, Centre, Follow, Heard};

/// Follow alerts as they arrive.
///
/// Exit code 0 only if what was asked for was seen: with --until-acknowledged or --ack an alert whose
/// acknowledgement came back, with --seconds an alert. Ctrl-C ends it.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Broker: mqtt://host:1883, or mqtts://host:8883 with TLS
    #[arg(long, value_name = "URL", default_value = "mqtt://127.0.0.1:1883")]
    pub url: String,
    /// Only this area (county code); all by default
    #[arg(long)]
    pub area: Option<String>,
    /// Only this box; all by default
    #[arg(long = "box", value_name = "BOX")]
    pub box_name: Option<String>,
    /// First part of the topics
    #[arg(long, default_value = "lookout/v1")]
    pub prefix: String,
    /// Speak MQTT 5 instead of 3.1.1
    #[arg(long)]
    pub mqtt5: bool,
    /// Print messages as they come, one JSON object per line
    #[arg(long)]
    pub json: bool,
    /// Acknowledge every new alert
    #[arg(long)]
    pub ack: bool,
    /// Acknowledge every new alert in this name
    #[arg(long, value_name = "NAME")]
    pub ack_as: Option<String>,
    /// Send marks: the boxes then keep everything until this command centre has it
    #[arg(long)]
    pub mark: bool,
    /// End after so many seconds
    #[arg(long, value_name = "N")]
    pub seconds: Option<u64>,
    /// Acknowledge, and end when the first acknowledgement came back in the alert's next revision
    #[arg(long)]
    pub until_acknowledged: bool,
    /// Private key that signs acknowledgements and marks, as `lookout keys make` writes it
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// User name at the broker
    #[arg(long)]
    pub user: Option<String>,
    /// File with the user's password
    #[arg(long, value_name = "FILE", requires = "user")]
    pub password_file: Option<PathBuf>,
    /// Certificate authority that signed the broker's certificate, PEM; the system's by default
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

impl Default for Args {
    /// Everything on the broker of this machine, shown only.
    fn default() -> Self {
        Args {
            url: "mqtt://127.0.0.1:1883".to_owned(),
            area: None,
            box_name: None,
            prefix: "lookout/v1".to_owned(),
            mqtt5: false,
            json: false,
            ack: false,
            ack_as: None,
            mark: false,
            seconds: None,
            until_acknowledged: false,
            key: None,
            user: None,
            password_file: None,
            ca: None,
        }
    }
}

/// What was seen when it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Different alerts.
    pub alerts: usize,
    /// Of them, those whose acknowledgement came back in a revision.
    pub acknowledged: usize,
    /// Whether it was ended by Ctrl-C.
    pub interrupted: bool,
}

/// Runs the command.
///
/// # Errors
/// The arguments cannot work, or what was asked for was not seen.
pub fn run(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    let paint = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut screen = Screen { out: io::stdout(), talk: io::stderr(), json: args.json, paint };
    let outcome = runtime.block_on(follow(&args, &mut screen))?;
    judge(&args, &outcome)
}

/// Whether what was asked for was seen.
fn judge(args: &Args, outcome: &Outcome) -> Result<(), Failure> {
    let acknowledges = args.ack || args.ack_as.is_some() || args.until_acknowledged;
    let ended_by_hand = outcome.interrupted && !args.until_acknowledged;
    if ended_by_hand {
        return Ok(());
    }
    if outcome.alerts == 0 {
        return Err(Failure::failed(
            "no alert was seen\n  hint: `mosquitto_sub -t 'lookout/#' -v` shows whether anything is published at all",
        ));
    }
    if acknowledges && outcome.acknowledged == 0 {
        return Err(Failure::failed("no acknowledgement came back"));
    }
    Ok(())
}

/// Follows until it is over, printing to `screen`.
///
/// # Errors
/// The arguments cannot work, or the output is gone.
pub async fn follow<O: Write, T: Write>(args: &Args, screen: &mut Screen<O, T>) -> Result<Outcome, Failure> {
    let key = args.key.as_deref().map(super::keys::read_private).transpose()?.map(Arc::new);
    let mut centre = Centre::start(&Follow {
        url: args.url.clone(),
        version: if args.mqtt5 { Version::V5 } else { Version::V311 },
        prefix: args.prefix.clone(),
        area: args.area.clone(),
        box_name: args.box_name.clone(),
        ca_file: args.ca.clone(),
        user: args.user.clone(),
        password_file: args.password_file.clone(),
        mark: args.mark,
        key,
    })
    .map_err(Failure::invalid)?;
    let ack_as = args
        .ack_as
        .clone()
        .or_else(|| (args.ack || args.until_acknowledged).then(|| "lookout tail".to_owned()));
    let mut desk = Desk::default();
    let over = async {
        match args.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(over);
    loop {
        let heard = tokio::select! {
            heard = centre.next() => match heard {
                Some(heard) => heard,
                None => return Err(Failure::failed("the connection to the broker ended for good")),
            },
            () = &mut over => return Ok(desk.outcome(false)),
            _ = tokio::signal::ctrl_c() => return Ok(desk.outcome(true)),
        };
        let step = desk.take(heard);
        screen.show(&step).map_err(|error| Failure::failed(format!("cannot print: {error}")))?;
        if let (Step::Revision { alert, first: true, .. }, Some(by)) = (&step, &ack_as)
            && alert.acknowledged_by.is_none()
            && !matches!(alert.phase.as_str(), "end" | "retract")
        {
            let request_id = centre.acknowledge(alert, by, None).await;
            desk.asked.insert(request_id, alert.alert_id.clone());
        }
        if args.until_acknowledged && !desk.acknowledged.is_empty() {
            return Ok(desk.outcome(false));
        }
    }
}

/// What is known of the alerts so far.
#[derive(Debug, Default)]
struct Desk {
    /// Highest revision of each alert.
    alerts: BTreeMap<String, u64>,
    /// Alerts whose acknowledgement came back.
    acknowledged: BTreeSet<String>,
    /// Alert by `request_id`.
    asked: BTreeMap<String, String>,
    /// What the broker was said to be like, so that it is not repeated.
    trouble: Option<String>,
}

/// Something to show.
#[derive(Debug)]
enum Step {
    /// `first`: this alert was not known; `newly_acknowledged`: its acknowledgement just came back.
    Revision {
        alert: Box<Alert>,
        first: bool,
        newly_acknowledged: bool,
    },
    /// Data that is no alert: replies, gaps and time fixes, as they came.
    Data(String, Value),
    Talk(String),
    Nothing,
}

impl Desk {
    fn take(&mut self, heard: Heard) -> Step {
        match heard {
            Heard::Connected => {
                self.trouble = None;
                Step::Talk("connected; waiting for alerts".to_owned())
            }
            Heard::Lost(trouble) => {
                let text = trouble.to_string();
                if self.trouble.as_ref() == Some(&text) {
                    return Step::Nothing;
                }
                self.trouble = Some(text.clone());
                Step::Talk(text)
            }
            Heard::Alert(alert) => {
                let known = self.alerts.get(&alert.alert_id).copied();
                if known.is_some_and(|rev| rev >= alert.rev) {
                    // An older revision that came late says nothing new.
                    return Step::Nothing;
                }
                self.alerts.insert(alert.alert_id.clone(), alert.rev);
                let newly_acknowledged =
                    alert.acknowledged_by.is_some() && self.acknowledged.insert(alert.alert_id.clone());
                Step::Revision { alert, first: known.is_none(), newly_acknowledged }
            }
            Heard::Reply(body) => self.reply(body),
            Heard::Gap(body) => Step::Data("gap".to_owned(), body),
            Heard::TimeFix(body) => Step::Data("time_fix".to_owned(), body),
            Heard::State(area, box_name, state) => Step::Talk(format!("{area}/{box_name} is {state}")),
            Heard::Nonsense(what) => Step::Talk(format!("not understood: {what}")),
            Heard::Repeat(_) | Heard::Sent(_) => Step::Nothing,
        }
    }

    /// Only refusals are worth a line; an accepted acknowledgement shows in the alert.
    fn reply(&self, body: Value) -> Step {
        let data = body.get("data").unwrap_or(&body);
        let ours = data["request_id"].as_str().is_some_and(|id| self.asked.contains_key(id));
        let refused = matches!(data["outcome"].as_str(), Some("refused" | "failed"));
        if !(ours && refused) {
            return Step::Nothing;
        }
        let message = data["message"].as_str().unwrap_or("no reason given");
        Step::Talk(format!("an acknowledgement was refused: {message}"))
    }

    fn outcome(&self, interrupted: bool) -> Outcome {
        Outcome { alerts: self.alerts.len(), acknowledged: self.acknowledged.len(), interrupted }
    }
}

/// Where lines go: data to `out`, talk to `talk`.
#[derive(Debug)]
pub struct Screen<O, T> {
    /// Standard output.
    pub out: O,
    /// Standard error.
    pub talk: T,
    /// Messages as they came.
    pub json: bool,
    /// Whether colours may be used.
    pub paint: bool,
}

impl<O: Write, T: Write> Screen<O, T> {
    fn show(&mut self, step: &Step) -> io::Result<()> {
        match step {
            Step::Nothing => Ok(()),
            Step::Talk(text) => writeln!(self.talk, "{}", clean(text, true)),
            Step::Revision { alert, .. } if self.json => writeln!(self.out, "{}", alert.raw),
            Step::Data(_, body) if self.json => writeln!(self.out, "{body}"),
            Step::Revision { alert, newly_acknowledged, .. } => {
                let line = line(alert, *newly_acknowledged, self.paint);
                writeln!(self.out, "{line}")
            }
            Step::Data(what, body) => writeln!(self.out, "{what}: {}", clean(&body.to_string(), false)),
        }?;
        self.out.flush()
    }
}

/// One revision in one line.
fn line(alert: &Alert, newly_acknowledged: bool, paint: bool) -> String {
    let data = alert.raw.get("data").unwrap_or(&alert.raw);
    let time = alert.raw["time"].as_str().or(data["last_seen_at"].as_str());
    let level = format!("{:<6}", alert.level);
    let level = match (paint, alert.level.as_str()) {
        (true, "red") => format!("\x1b[1;31m{level}\x1b[0m"),
        (true, "orange") => format!("\x1b[38;5;208m{level}\x1b[0m"),
        (true, "yellow") => format!("\x1b[33m{level}\x1b[0m"),
        (true, "blue") => format!("\x1b[34m{level}\x1b[0m"),
        _ => clean(&level, false),
    };
    let what = match (alert.title.as_str(), alert.kind.as_str()) {
        ("", "") => "an alert".to_owned(),
        ("", kind) => kind.to_owned(),
        (title, "") => title.to_owned(),
        (title, kind) => format!("{title} ({kind})"),
    };
    let mut parts = vec![what, place(data), format!("{} rev {}", alert.phase, alert.rev)];
    if let Some(confidence) = data["confidence"].as_f64() {
        parts.push(format!("{:.0} %", confidence * 100.0));
    }
    parts.extend(why(data));
    let mode = data["mode"].as_str().filter(|mode| *mode != "actual");
    parts.extend(mode.map(|mode| mode.to_uppercase()));
    if let Some(by) = &alert.acknowledged_by {
        let verb = if newly_acknowledged { "ACKNOWLEDGED by" } else { "acknowledged by" };
        parts.push(format!("{verb} {by}"));
    }
    parts.push(format!("[{} {}]", alert.box_name, alert.alert_id));
    let parts: Vec<String> =
        parts.into_iter().filter(|part| !part.trim().is_empty()).map(|part| clean(&part, false)).collect();
    format!("{}  {level}  {}", clock(time), parts.join(" · "))
}

fn place(data: &Value) -> String {
    let place = &data["place"];
    let address = place["address"].as_str().unwrap_or_default();
    match (address, place["grid"].as_str().unwrap_or_default()) {
        ("", grid) => grid.to_owned(),
        (address, _) => address.to_owned(),
    }
}

/// The explanation in a few words: the condition, or else the rule and its threshold.
fn why(data: &Value) -> Option<String> {
    let why = data.get("why")?;
    let text = |key: &str| why[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let condition = text("condition").or_else(|| {
        let rule = text("rule").or_else(|| text("fusion"))?;
        Some(match why["threshold"].as_f64() {
            Some(threshold) => format!("{rule}, threshold {threshold}"),
            None => rule,
        })
    })?;
    let signals = why.get("signals").and_then(Value::as_array);
    match signals.and_then(|signals| signals.first()?.get("value")?.as_f64()) {
        Some(value) => Some(format!("{condition} (measured {value:.1})")),
        None => Some(condition),
    }
}

/// Local time of day; what does not parse is shown as a dash.
fn clock(time: Option<&str>) -> String {
    let Some(at) = time.and_then(|time| time.parse::<Timestamp>().ok()) else { return "--:--:--".to_owned() };
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string()
}

/// Without control characters: what comes over the network must not steer a terminal.
fn clean(text: &str, lines: bool) -> String {
    text.chars().map(|c| if c.is_control() && !(lines && c == '\n') { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alert(rev: u64, acknowledged_by: Option<&str>, data: Value) -> Alert {
        Alert {
            area: "530127".into(),
            box_name: "box-1".into(),
            id: format!("A.{rev}"),
            alert_id: "A".into(),
            rev,
            phase: "new".into(),
            level: "orange".into(),
            kind: "fire_lane_blocked".into(),
            title: "Fire lane blocked".into(),
            acknowledged_by: acknowledged_by.map(str::to_owned),
            seq: None,
            raw: json!({ "data": data }),
        }
    }

    #[test]
    fn a_revision_is_one_line_with_what_somebody_needs_to_go_there() {
        let data = json!({
            "place": { "grid": "530127", "address": "lane 3, east gate" },
            "confidence": 0.874, "mode": "exercise",
            "why": { "rule": "r", "condition": "a car stays for 120 s", "threshold": 120.0,
                     "signals": [{ "source": "rule:r", "value": 121.25 }] },
        });
        assert_eq!(
            line(&alert(1, None, data), false, false),
            "--:--:--  orange  Fire lane blocked (fire_lane_blocked) · lane 3, east gate · new rev 1 · 87 % · \
             a car stays for 120 s (measured 121.2) · EXERCISE · [box-1 A]"
        );
    }

    #[test]
    fn what_came_over_the_network_cannot_steer_the_terminal() {
        let data = json!({ "place": { "address": "lane\u{1b}[2J\nfake" } });
        let line = line(&alert(1, Some("x\u{7}"), data), true, true);
        assert!(!line.contains("\u{1b}[2J") && !line.contains('\n') && !line.contains('\u{7}'), "{line:?}");
    }

    #[test]
    fn an_acknowledgement_counts_when_it_comes_back_in_a_revision() {
        let mut desk = Desk::default();
        desk.take(Heard::Alert(Box::new(alert(1, None, json!({})))));
        assert_eq!(desk.outcome(false), Outcome { alerts: 1, acknowledged: 0, interrupted: false });
        let step = desk.take(Heard::Alert(Box::new(alert(2, Some("desk-2"), json!({})))));
        assert!(matches!(step, Step::Revision { first: false, newly_acknowledged: true, .. }));
        assert_eq!(desk.outcome(false).acknowledged, 1);
    }

    #[test]
    fn a_revision_that_comes_late_is_not_shown() {
        let mut desk = Desk::default();
        desk.take(Heard::Alert(Box::new(alert(2, None, json!({})))));
        assert!(matches!(desk.take(Heard::Alert(Box::new(alert(1, None, json!({}))))), Step::Nothing));
    }

    #[test]
    fn it_fails_when_what_was_asked_for_was_not_seen() {
        let seen = |alerts, acknowledged| Outcome { alerts, acknowledged, interrupted: false };
        let plain = Args { seconds: Some(1), ..Args::default() };
        assert!(judge(&plain, &seen(0, 0)).is_err());
        assert!(judge(&plain, &seen(1, 0)).is_ok());
        let ack = Args { ack: true, ..plain };
        assert!(judge(&ack, &seen(1, 0)).is_err());
        assert!(judge(&ack, &seen(1, 1)).is_ok());
        let interrupted = Outcome { interrupted: true, ..seen(0, 0) };
        assert!(judge(&ack, &interrupted).is_ok(), "the user ended it");
        let until = Args { until_acknowledged: true, ..Args::default() };
        assert!(judge(&until, &interrupted).is_err());
    }
}
