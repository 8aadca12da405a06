//! `lookout tail`: follows alerts like a small command centre, and acknowledges them if asked.
//!
//! For people a line per open alert at the start and then one per revision, in the site's language and time zone; with
//! `--json` the messages as they came. Repeats (delivery is at least once) are not shown. Must never print what comes over
//! the network to a terminal unfiltered.

mod desk;
mod screen;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Failure;
use crate::mqtt::Version;
use crate::mqtt::centre::{Centre, Follow};
use desk::Desk;
pub use screen::Screen;

/// Show the alerts that are open, then follow them as they arrive.
///
/// Exit code 0 only if what was asked for was seen: with --until-acknowledged an acknowledgement that came back in the
/// alert's next revision, with --ack that or nothing that was left to acknowledge, with --seconds an alert, open or new.
/// Ctrl-C ends it.
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
    /// Acknowledge every alert that is open and every new one, unless somebody did already
    #[arg(long)]
    pub ack: bool,
    /// The same, in this name
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
    /// Different alerts, those that were open at the start included.
    pub alerts: usize,
    /// Of them, those whose acknowledgement came back in a revision.
    pub acknowledged: usize,
    /// Of them, those that were asked for and that somebody else had taken on before.
    pub taken_before: usize,
    /// Acknowledgements that were asked for.
    pub asked: usize,
    /// Alerts that could not be acknowledged because their box is not there.
    pub out_of_reach: usize,
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
    let Outcome { alerts, acknowledged, taken_before, asked, out_of_reach, interrupted } = *outcome;
    if interrupted && !args.until_acknowledged {
        return Ok(());
    }
    let acknowledges = args.ack || args.ack_as.is_some();
    if alerts == 0 {
        return Err(Failure::failed(
            "no alert is open and none came\n  hint: `mosquitto_sub -t 'lookout/#' -v` shows whether anything is published at all",
        ));
    }
    if acknowledged > 0 || !(acknowledges || args.until_acknowledged) {
        return Ok(());
    }
    if out_of_reach > 0 {
        return Err(Failure::failed(format!(
            "nothing was acknowledged: the boxes of {out_of_reach} open alerts are not online\n  hint: without --seconds they are acknowledged as soon as their boxes are back"
        )));
    }
    if asked > taken_before {
        return Err(Failure::failed(format!(
            "{} acknowledgements were sent and none came back in an alert",
            asked - taken_before
        )));
    }
    if args.until_acknowledged {
        return Err(Failure::failed(
            "nothing was acknowledged: others have taken on every alert that was seen",
        ));
    }
    // Nothing was left to do.
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
    let mut desk = Desk::new(ack_as.is_some());
    let over = async {
        match args.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(over);
    let interrupted = loop {
        let heard = tokio::select! {
            heard = centre.next() => match heard {
                Some(heard) => heard,
                None => return Err(Failure::failed("the connection to the broker ended for good")),
            },
            () = &mut over => break false,
            _ = tokio::signal::ctrl_c() => break true,
        };
        for step in desk.take(heard) {
            screen.show(&step).map_err(cannot_print)?;
        }
        if let Some(by) = &ack_as {
            for alert in desk.take_wanted() {
                let request_id = centre.acknowledge(&alert.area, &alert.box_name, &alert.alert_id, by).await;
                desk.asked(request_id, alert);
            }
        }
        if args.until_acknowledged && desk.has_acknowledged() {
            break false;
        }
    };
    if let Some(step) = desk.closing_words() {
        screen.show(&step).map_err(cannot_print)?;
    }
    Ok(desk.outcome(interrupted))
}

fn cannot_print(error: io::Error) -> Failure {
    Failure::failed(format!("cannot print: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fails_when_what_was_asked_for_was_not_seen() {
        let seen = |alerts, acknowledged| Outcome { alerts, acknowledged, ..Outcome::default() };
        let said = |args: &Args, outcome: &Outcome| judge(args, outcome).unwrap_err().message;
        let plain = Args { seconds: Some(1), ..Args::default() };
        assert!(said(&plain, &seen(0, 0)).starts_with("no alert is open and none came"));
        assert!(judge(&plain, &seen(1, 0)).is_ok(), "open ones count");
        let ack = Args { ack: true, ..plain };
        assert!(judge(&ack, &seen(1, 1)).is_ok());
        let asked = Outcome { asked: 3, taken_before: 1, ..seen(3, 0) };
        assert_eq!(said(&ack, &asked), "2 acknowledgements were sent and none came back in an alert");
        let taken = Outcome { asked: 2, taken_before: 2, ..seen(2, 0) };
        assert!(judge(&ack, &taken).is_ok() && judge(&ack, &seen(2, 0)).is_ok(), "nothing was left to do");
        let away = Outcome { out_of_reach: 2, ..seen(2, 0) };
        assert!(said(&ack, &away).contains("the boxes of 2 open alerts are not online"));
        let interrupted = Outcome { interrupted: true, ..seen(0, 0) };
        assert!(judge(&ack, &interrupted).is_ok(), "the user ended it");
        let until = Args { until_acknowledged: true, ..Args::default() };
        assert!(judge(&until, &interrupted).is_err());
        assert!(said(&until, &taken).contains("others have taken on every alert"));
    }
}
