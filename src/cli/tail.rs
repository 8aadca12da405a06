//! `lookout tail`: follows alerts like a small command centre, and acknowledges them if asked.
//!
//! For people a line per open alert at the start and then one per revision, in the site's time zone, and in Chinese where
//! the site or the terminal is; with `--json` the messages as they came. Repeats (delivery is at least once) are not shown. Must never print what comes over
//! the network to a terminal unfiltered.

mod desk;
mod screen;
mod words;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Failure, language, named_path};
use crate::contract::Language;
use crate::contract::signature::PrivateKey;
use crate::mqtt::centre::{Centre, Follow};
use crate::text::{argument, probe, tail as say};
use crate::types::mqtt::Version;
use desk::Desk;
pub use screen::Screen;

/// How often it is looked whether somebody still reads.
const LOOK_FOR_READER_EVERY: Duration = Duration::from_millis(300);

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
    /// The language of everything that is said; Chinese where the terminal or the site is, else English, by default.
    #[arg(skip = language::asked())]
    pub language: Option<Language>,
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
            language: None,
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
    /// The broker to which there was no connection all the while.
    pub out_of_touch_with: Option<String>,
    /// Whether it was ended by Ctrl-C.
    pub interrupted: bool,
    /// Whether the reader of the alerts has gone away.
    pub reader_is_gone: bool,
    /// The language of the last words.
    pub language: Option<Language>,
}

/// Runs the command.
///
/// # Errors
/// The arguments cannot work, or what was asked for was not seen.
pub fn run(args: Args) -> Result<(), Failure> {
    let spoken = spoken(&args).unwrap_or(Language::English);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::tried(say::cannot_start(error.to_string())).in_language(spoken))?;
    let paint = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut screen = Screen { out: io::stdout(), talk: io::stderr(), json: args.json, paint };
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = follow(&args, &mut screen) => outcome,
            () = nobody_reads() => Ok(Outcome { reader_is_gone: true, ..Outcome::default() }),
        }
    })?;
    judge(&args, &outcome)
}

/// Ends when standard output is a pipe whose reader has gone (`| head -1`): the next alert may be hours away.
async fn nobody_reads() {
    loop {
        tokio::time::sleep(LOOK_FOR_READER_EVERY).await;
        let out = io::stdout();
        let mut polled = [PollFd::new(&out, PollFlags::empty())];
        let is_known = poll(&mut polled, Some(&Timespec::default())).is_ok();
        if is_known && polled[0].revents().contains(PollFlags::ERR) {
            return;
        }
    }
}

/// Whether what was asked for was seen.
fn judge(args: &Args, outcome: &Outcome) -> Result<(), Failure> {
    if outcome.reader_is_gone || (outcome.interrupted && !args.until_acknowledged) {
        return Ok(());
    }
    let language = outcome.language.unwrap_or(Language::English);
    match words::verdict(args, outcome) {
        Some((why, hint)) => Err(Failure::tried(why).hint_if(hint).in_language(language)),
        None => Ok(()),
    }
}

/// The language that was asked for, or Chinese where this terminal is; else the sites' is known later.
fn spoken(args: &Args) -> Option<Language> {
    let of_here = Some(language::of_the_terminal()).filter(|language| *language == Language::Chinese);
    args.language.or(of_here)
}

/// Whether the files that the arguments name can be used, so that nobody waits in vain for a connection.
fn check_files(args: &Args, language: Language) -> Result<(), Failure> {
    if args.ca.is_some() && args.url.starts_with("mqtt://") {
        return Err(Failure::refused(say::ca_without_tls()).hint(say::try_mqtts()).in_language(language));
    }
    for (option, file) in [("--ca", &args.ca), ("--password-file", &args.password_file)] {
        if let Some(file) = file {
            named_path::check(probe::named_file(option, file.display()), file)
                .map_err(|(what, hint)| Failure::refused(what).hint(hint).in_language(language))?;
        }
    }
    Ok(())
}

/// Follows until it is over, printing to `screen`.
///
/// # Errors
/// The arguments cannot work, or the output is gone.
pub async fn follow<O: Write, T: Write>(args: &Args, screen: &mut Screen<O, T>) -> Result<Outcome, Failure> {
    let language = spoken(args);
    let at_start = language.unwrap_or(Language::English);
    check_files(args, at_start)?;
    let read_key = |path| super::keys::read_private(path, at_start);
    let key = args.key.as_deref().map(read_key).transpose()?.map(Arc::new);
    let mut centre = Centre::start(&what_to_follow(args, key)).map_err(|trouble| {
        let failure = Failure::refused(trouble.sentence().clone()).hint_if(trouble.hint().cloned());
        failure.in_language(at_start)
    })?;
    let ack_as = args.ack_as.clone().or_else(|| {
        (args.ack || args.until_acknowledged).then(|| format!("{} tail", env!("CARGO_PKG_NAME")))
    });
    let mut desk = Desk::new(ack_as.is_some(), words::broker(&args.url), language);
    let over = async {
        match args.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(over);
    let interrupted = loop {
        let event = tokio::select! {
            event = centre.next() => match event {
                Some(event) => event,
                None => {
                    return Err(Failure::tried(say::ended()).in_language(desk.language()));
                }
            },
            () = &mut over => break false,
            _ = tokio::signal::ctrl_c() => break true,
        };
        for step in desk.take(event) {
            match screen.show(&step) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    return Ok(Outcome { reader_is_gone: true, ..desk.outcome(false) });
                }
                Err(error) => {
                    let failure = Failure::tried(argument::output_unwritable(error.to_string()));
                    return Err(failure.in_language(desk.language()));
                }
            }
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
    if let Some(text) = desk.closing_words() {
        screen.say(&text);
    }
    Ok(desk.outcome(interrupted))
}

fn what_to_follow(args: &Args, key: Option<Arc<PrivateKey>>) -> Follow {
    Follow {
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
    }
}

#[cfg(test)]
mod tests {
    use super::super::EXIT_INVALID;
    use super::*;

    /// In both languages at once: nobody listens there, so nothing else could end it.
    #[test]
    fn a_file_that_cannot_be_used_is_reported_before_anything_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("empty.pem"), "hello").unwrap();
        let plain = Args { seconds: Some(1), url: "mqtt://127.0.0.1:9".to_owned(), ..Args::default() };
        let tls = |ca: PathBuf| Args { url: "mqtts://127.0.0.1:9".to_owned(), ca: Some(ca), ..plain.clone() };
        let user = Some("centre".to_owned());
        let gone = path("gone").display().to_string();
        for (args, code, english, chinese) in [
            (
                tls(path("gone")),
                EXIT_INVALID,
                format!(
                    "`--ca`: the file {gone} cannot be read: there is no such file\n  hint: check the name"
                ),
                format!("--ca 指定的文件 {gone} 无法读取：没有这个文件\n  提示：请检查文件名"),
            ),
            (
                tls(folder.path().to_owned()),
                EXIT_INVALID,
                "cannot be read: it is a folder\n  hint: ".to_owned(),
                "无法读取：这是一个目录\n  提示：".to_owned(),
            ),
            (
                tls(path("empty.pem")),
                EXIT_INVALID,
                "empty.pem holds no certificate\n  hint: ".to_owned(),
                "empty.pem 里没有证书\n  提示：".to_owned(),
            ),
            (
                Args { ca: Some(path("empty.pem")), ..plain.clone() },
                EXIT_INVALID,
                "not encrypted\n  hint: begin --url with mqtts://".to_owned(),
                "不是加密地址\n  提示：--url 请以 mqtts:// 开头".to_owned(),
            ),
            (
                Args { user, password_file: Some(path("gone")), ..plain.clone() },
                EXIT_INVALID,
                format!("`--password-file`: the file {gone} cannot be read: there is no such file"),
                format!("--password-file 指定的文件 {gone} 无法读取：没有这个文件"),
            ),
            (
                Args { key: Some(path("gone")), ..plain.clone() },
                EXIT_INVALID,
                format!("the key {gone} cannot be read: there is no such file\n  hint: `lookout keys make"),
                format!("密钥 {gone} 无法读取：没有这个文件\n  提示：用 `lookout keys make"),
            ),
            (
                Args { key: Some(path("empty.pem")), ..plain.clone() },
                EXIT_INVALID,
                "it is no private Ed25519 key as a JWK".to_owned(),
                "empty.pem 不可用：不是 JWK 格式的 Ed25519 私钥".to_owned(),
            ),
        ] {
            for (language, start, wanted, other) in [
                (Language::English, "error: ", &english, "提示"),
                (Language::Chinese, "错误：", &chinese, "hint: "),
            ] {
                let args = Args { language: Some(language), ..args.clone() };
                let mut screen = Screen { out: Vec::new(), talk: Vec::new(), json: false, paint: false };
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let failure = runtime.block_on(follow(&args, &mut screen)).unwrap_err();
                let report = failure.report();
                assert!(report.starts_with(start) && report.contains(wanted.as_str()), "{report}");
                assert!(!report.contains(other) && failure.code == code, "{report}");
            }
        }
        let verdict = judge(&plain, &Outcome { language: Some(Language::Chinese), ..Outcome::default() });
        assert!(verdict.unwrap_err().report().starts_with("错误：没有未结束的预警"));
    }

    #[test]
    fn it_fails_when_what_was_asked_for_was_not_seen() {
        let seen = |alerts, acknowledged| Outcome { alerts, acknowledged, ..Outcome::default() };
        let said = |args: &Args, outcome: &Outcome| judge(args, outcome).unwrap_err().message;
        let plain = Args { seconds: Some(1), ..Args::default() };
        assert!(said(&plain, &seen(0, 0)).starts_with("no alert is open and none came"));
        assert!(judge(&plain, &seen(1, 0)).is_ok(), "open ones count");
        let ack = Args { ack: true, ..plain.clone() };
        assert!(judge(&ack, &seen(1, 1)).is_ok());
        let asked = Outcome { asked: 3, taken_before: 1, ..seen(3, 0) };
        assert_eq!(said(&ack, &asked), "2 acknowledgements were sent and none came back in an alert");
        let taken = Outcome { asked: 2, taken_before: 2, ..seen(2, 0) };
        assert!(judge(&ack, &taken).is_ok() && judge(&ack, &seen(2, 0)).is_ok(), "nothing was left to do");
        let away = Outcome { out_of_reach: 2, ..seen(2, 0) };
        assert!(said(&ack, &away).contains("the boxes of 2 open alerts are not online"));
        let deaf = Outcome { out_of_touch_with: Some("centre:1883".into()), ..seen(0, 0) };
        assert!(said(&plain, &deaf).starts_with("there was no connection to centre:1883: whether an alert"));
        let gone = Outcome { reader_is_gone: true, ..seen(0, 0) };
        assert!(judge(&ack, &gone).is_ok(), "`| head -1` has seen enough");
        let chinese = Outcome { language: Some(Language::Chinese), ..seen(0, 0) };
        assert!(said(&plain, &chinese).starts_with("没有未结束的预警"));
        let interrupted = Outcome { interrupted: true, ..seen(0, 0) };
        assert!(judge(&ack, &interrupted).is_ok(), "the user ended it");
        let until = Args { until_acknowledged: true, ..Args::default() };
        assert!(judge(&until, &interrupted).is_err());
        assert!(said(&until, &taken).contains("others have taken on every alert"));
    }
}
