//! `lookout discover`: the cameras in the local networks, or what one of them offers and what of it to write into the
//! configuration.
//!
//! The report goes to standard output (`--json` for programs), talk to standard error. A password is never printed.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::{Failure, language, login, print_line};
use crate::contract::Language;
use crate::onvif::{
    self, AddressError, CameraAddress, Choice, Device, Found, Information, Login, OnvifError, Profile,
};
use crate::text::{Sentence, Words, onvif as text, probe};

/// Longer than this, reconnecting and patrol feel slow.
const LONG_KEYFRAME_SECONDS: f32 = 4.0;
/// A clock that differs by less does not matter here: pictures are stamped by this machine.
const CLOCK_MINUTES: i64 = 2;
/// Blanks between two columns.
const BETWEEN: usize = 2;

/// Arguments of `lookout discover`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One camera: 10.0.0.31, 10.0.0.31:8080 or the address of its ONVIF service; without it, all are looked for
    address: Option<String>,
    /// User name at the camera; the password is asked for
    #[arg(long, requires = "address")]
    user: Option<String>,
    /// File with the password, or with `user:password`
    #[arg(long, value_name = "FILE", conflicts_with = "secret", requires = "address")]
    secret_file: Option<PathBuf>,
    /// Name of a secret in the service's secrets folder
    #[arg(long, value_name = "NAME", requires = "address")]
    secret: Option<String>,
    /// Set the keyframe interval of the stream to watch to so many pictures, and read it back
    #[arg(long, value_name = "PICTURES", requires = "address", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    keyframes: Option<u32>,
    /// Seconds for cameras to answer, from 1 to 60
    #[arg(long, default_value_t = onvif::SEARCH_SECONDS, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs `lookout discover`.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let language = language::of_this_run();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::tried(text::no_runtime(error.to_string())))?;
    let done = match &args.address {
        None => runtime.block_on(all(&args, language)),
        Some(address) => login_of(&args, language)
            .and_then(|login| runtime.block_on(one(&args, address, login.as_ref(), language))),
    };
    match done {
        Err(failure) if args.json && !failure.message.is_empty() => {
            print_line(json!({ "error": failure.json() }))?;
            Err(failure)
        }
        done => done,
    }
}

fn failure(error: OnvifError) -> Failure {
    Failure::tried(error.sentence()).hint(error.hint())
}

/// What was typed cannot be asked: nothing was tried.
fn no_address(error: &OnvifError) -> Failure {
    Failure::refused(error.sentence()).hint(error.hint())
}

// ---- all cameras

async fn all(args: &Args, language: Language) -> Result<(), Failure> {
    say!("{}", text::looking(args.seconds).in_language(language));
    let found = onvif::discover(Duration::from_secs(args.seconds)).await.map_err(failure)?;
    if args.json {
        let cameras: Vec<Value> = found.iter().map(camera_json).collect();
        return print_line(json!({ "cameras": cameras }));
    }
    let Some(first) = found.first() else {
        return Err(Failure::tried(text::found_none()).hint(text::try_to_be_found()));
    };
    let or_none = |name: &Option<String>| name.as_ref().map_or_else(|| text::unnamed().into(), Words::from);
    let titles = [text::column_address(), text::column_name(), text::column_model(), text::column_service()];
    let rows = found.iter().map(|camera| {
        vec![
            camera.address.to_string().into(),
            or_none(&camera.name),
            or_none(&camera.model),
            camera.service.as_str().into(),
        ]
    });
    print_line(table(titles, rows, language))?;
    say!("{}", text::ask_one(first.address.to_string()).in_language(language));
    Ok(())
}

fn camera_json(camera: &Found) -> Value {
    let Found { address, service, name, model, scopes, endpoint } = camera;
    json!({
        "address": address, "service": service.as_str(), "name": name, "model": model, "endpoint": endpoint,
        "scopes": scopes,
    })
}

// ---- one camera

/// One view of a camera, and what Lookout would do with its streams.
struct View {
    streams: Vec<Profile>,
    choice: Choice,
    toml: String,
    /// What was asked for, and what it became.
    keyframes: Option<(u32, u32)>,
}

async fn one(args: &Args, address: &str, login: Option<&Login>, language: Language) -> Result<(), Failure> {
    let service = service_of(address).await?;
    say!("{}", text::asking(service.host_str().unwrap_or_default()).in_language(language));
    let device = Device::open(&service, login).await.map_err(failure)?;
    let profiles = device.profiles().await.map_err(failure)?;
    let mut views = Vec::new();
    let by_source = onvif::by_source(&profiles);
    let many = by_source.len() > 1;
    for (at, mut streams) in by_source.into_iter().enumerate() {
        let Some(mut choice) = onvif::choose(&streams) else { continue };
        let mut keyframes = None;
        if let Some(frames) = args.keyframes {
            let got = device.set_keyframe_interval(&choice.watch, frames).await.map_err(failure)?;
            let encoder = choice.watch.encoder_token.clone();
            let changed = streams.iter_mut().chain([&mut choice.watch]).chain(&mut choice.large);
            for stream in changed.filter(|stream| stream.encoder_token == encoder) {
                stream.keyframe_interval = Some(got);
            }
            keyframes = Some((frames, got));
        }
        let id = id_of(&service, many.then_some(at + 1));
        let toml = toml_of(&choice, &id, args, login, language);
        views.push(View { streams, choice, toml, keyframes });
    }
    if args.json {
        return print_line(device_json(&device, &views));
    }
    print_line(device_text(&device, &views, language))
}

/// The address as it was typed; where it names no port, as the camera itself says it.
async fn service_of(typed: &str) -> Result<Url, Failure> {
    let address = CameraAddress::read(typed).map_err(|error| match error {
        AddressError::NoAddress(given) => no_address(&OnvifError::NoAddress { given }),
        AddressError::HasLogin => Failure::refused(probe::password_in_address()).hint(text::try_login()),
    })?;
    address.service().await.map_err(failure)
}

fn login_of(args: &Args, language: Language) -> Result<Option<Login>, Failure> {
    let file = args.secret_file.as_deref();
    let known = login::from_file(file, args.secret.as_deref(), args.user.as_deref(), language)?;
    match (known, &args.user) {
        (Some((user, password)), _) => Ok(Some(Login { user, password })),
        (None, Some(user)) => Ok(Some(Login { user: user.clone(), password: login::asked()? })),
        (None, None) => Ok(None),
    }
}

/// `cam-31-2` for the second channel of a recorder.
fn id_of(service: &Url, channel: Option<usize>) -> String {
    let name = onvif::short_name(service.host_str().unwrap_or_default());
    match channel {
        Some(channel) => format!("{name}-{channel}"),
        None => name,
    }
}

fn toml_of(choice: &Choice, id: &str, args: &Args, login: Option<&Login>, language: Language) -> String {
    let quoted = |value: &str| toml::Value::from(value).to_string();
    let mut lines = vec![
        "[[camera]]".to_owned(),
        format!("id = {}", quoted(id)),
        format!("eye = \"village\"  # {}", text::comment_eye().in_language(language)),
        format!("url = {}", quoted(&choice.watch.url)),
    ];
    if let Some(large) = &choice.large {
        lines.push(format!("url_main = {}", quoted(&large.url)));
    }
    if let Some(login) = login {
        let secret = args.secret.clone().unwrap_or_else(|| id.to_owned());
        if args.user.is_some() {
            lines.push(format!("user = {}", quoted(&login.user)));
        }
        let written = text::comment_secret(secret.as_str()).in_language(language);
        lines.push(format!("secret = {}  # {written}", quoted(&secret)));
    }
    lines.push(format!("grid = \"\"  # {}", text::comment_grid().in_language(language)));
    lines.join("\n")
}

fn device_json(device: &Device, views: &[View]) -> Value {
    let Information { maker, model, firmware, serial } = device.information();
    let views: Vec<Value> = views
        .iter()
        .map(|view| {
            let streams: Vec<Value> = view.streams.iter().map(stream_json).collect();
            json!({
                "watch": view.choice.watch.token,
                "large": view.choice.large.as_ref().map(|large| &large.token),
                "keyframes_asked": view.keyframes.map(|(asked, _)| asked),
                "keyframes_got": view.keyframes.map(|(_, got)| got),
                "streams": streams,
                "toml": view.toml,
            })
        })
        .collect();
    json!({
        "service": device.service().as_str(),
        "maker": maker, "model": model, "firmware": firmware, "serial": serial,
        "clock_ahead_secs": device.clock_ahead().map(|ahead| ahead.as_secs()),
        "views": views,
    })
}

fn stream_json(stream: &Profile) -> Value {
    json!({
        "token": stream.token, "name": stream.name, "codec": stream.codec, "width": stream.width,
        "height": stream.height, "fps": stream.fps, "kbps": stream.kbps,
        "keyframe_interval": stream.keyframe_interval, "url": stream.url,
    })
}

fn device_text(device: &Device, views: &[View], language: Language) -> String {
    let Information { maker, model, firmware, serial } = device.information();
    let facts = [
        (text::label_maker(), maker),
        (text::label_model(), model),
        (text::label_firmware(), firmware),
        (text::label_serial(), serial),
    ];
    let facts: Vec<(String, &str)> = facts
        .into_iter()
        .filter_map(|(label, value)| Some((label.in_language(language), value.as_deref()?)))
        .collect();
    let width = facts.iter().map(|(label, _)| language::columns(label)).max().unwrap_or(0) + BETWEEN;
    let mut report = device.service().to_string();
    for (label, value) in facts {
        // Writing to a text cannot fail.
        let _ = write!(report, "\n  {}{value}", language::padded(&label, width));
    }
    let mut say = |sentence: Sentence| {
        let _ = write!(report, "\n{}", sentence.in_language(language));
    };
    let minutes = device.clock_ahead().map_or(0, |ahead| ahead.as_mins());
    match minutes {
        CLOCK_MINUTES.. => say(text::clock_ahead(minutes)),
        _ if minutes <= -CLOCK_MINUTES => say(text::clock_behind(-minutes)),
        _ => {}
    }
    for view in views {
        let _ = write!(report, "\n\n{}", streams_text(view, language));
        let watch = &view.choice.watch;
        let below = match view.keyframes {
            Some((asked, got)) if asked == got => Some(text::keyframes_set(&watch.name, got)),
            Some((asked, got)) => Some(text::keyframes_otherwise(&watch.name, asked, got)),
            None => keyframe_advice(watch),
        };
        if let Some(below) = below {
            let _ = write!(report, "\n{}", below.in_language(language));
        }
        let _ = write!(report, "\n{}\n\n{}", text::to_write().in_language(language), view.toml);
    }
    report
}

fn streams_text(view: &View, language: Language) -> String {
    let titles = [
        text::column_stream(),
        text::column_codec(),
        text::column_size(),
        text::column_rate(),
        text::column_bitrate(),
        text::column_keyframes(),
        text::column_use(),
    ];
    let rows = view.streams.iter().map(|stream| {
        let unknown = || Words::from(text::unnamed());
        let use_of = if stream.token == view.choice.watch.token {
            text::to_watch().into()
        } else if view.choice.large.as_ref().is_some_and(|large| large.token == stream.token) {
            text::for_evidence().into()
        } else {
            unknown()
        };
        vec![
            (&stream.name).into(),
            (&stream.codec).into(),
            text::size(stream.width, stream.height).into(),
            stream.fps.map_or_else(unknown, |fps| format!("{fps:.0}").into()),
            stream.kbps.map_or_else(unknown, |kbps| text::bitrate(kbps).into()),
            match (stream.keyframe_interval, stream.keyframe_seconds()) {
                (Some(frames), Some(seconds)) => {
                    text::keyframe_seconds(frames, format!("{seconds:.1}")).into()
                }
                (Some(frames), None) => text::keyframe_pictures(frames).into(),
                (None, _) => unknown(),
            },
            use_of,
        ]
    });
    table(titles, rows, language)
}

fn keyframe_advice(watch: &Profile) -> Option<Sentence> {
    let (seconds, frames) = watch.better_keyframes(LONG_KEYFRAME_SECONDS)?;
    Some(text::keyframes_far_apart(&watch.name, format!("{seconds:.0}"), frames))
}

/// Rows below titles, in columns.
fn table<const N: usize>(
    titles: [Sentence; N],
    rows: impl Iterator<Item = Vec<Words>>,
    language: Language,
) -> String {
    let titles: Vec<String> = titles.iter().map(|title| title.in_language(language)).collect();
    let rows = rows.map(|row| row.iter().map(|cell| cell.in_language(language)).collect());
    let lines: Vec<Vec<String>> = std::iter::once(titles).chain(rows).collect();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| language::columns(cell)).max().unwrap_or(0) + BETWEEN
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: &Vec<String>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| language::padded(cell, *width));
        padded.collect::<String>().trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}
