//! `lookout probe`: says what a camera sends, in words, with advice; or what is wrong.
//!
//! The report goes to standard output (`--json` for programs), talk to standard error, one picture to a
//! file. A password inside the address is used and never printed.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use serde_json::json;

use super::{Failure, language, login, named_path, print_line};
use crate::contract::{Language, stream_address};
use crate::evidence::rgb_from_picture;
use crate::text::{Rendered, Sentence, Words, probe as text};
use crate::types::hex::sha256_hex;
use crate::types::transport::Transport;
use crate::video::{
    Codec, Credentials, Fingerprint, Location, Orientation, Pace, PictureShape, ProbeReport, RtspUrl, Source,
    Trust, UrlError, probe, redact,
};

/// An installer on a ladder waits this long.
const DEFAULT_SECONDS: u64 = 15;
/// Below this there is no time to connect, see a keyframe and close.
const FEWEST_SECONDS: u64 = 5;
/// Every stream shows a fault sooner than this; more is no longer a probe.
const MOST_SECONDS: u64 = 300;
/// What a camera gets for an answer without `--answer-within`.
const USUAL_ANSWER_SECONDS: u64 = 5;
/// Longer than this, reconnecting and patrol feel slow.
const LONG_KEYFRAME_INTERVAL: Duration = Duration::from_secs(4);

/// Arguments of `lookout probe`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address of the camera (rtsp://host/path), or a video file
    target: Target,
    /// User name at the camera
    #[arg(long)]
    user: Option<String>,
    /// File with the password, or with `user:password`
    #[arg(long, value_name = "FILE", conflicts_with = "secret")]
    secret_file: Option<PathBuf>,
    /// Name of a secret in the service's secrets folder: `CREDENTIALS_DIRECTORY`, else /etc/lookout/secrets
    #[arg(long, value_name = "NAME")]
    secret: Option<String>,
    /// How the packets travel
    #[arg(long, default_value = "tcp", value_parser = TransportParser)]
    transport: Transport,
    /// PEM file with the authority of the camera's certificate (rtsps://)
    #[arg(long, value_name = "FILE", conflicts_with = "certificate_sha256")]
    ca_file: Option<PathBuf>,
    /// SHA-256 fingerprint of the camera's own certificate (rtsps://)
    #[arg(long, value_name = "HEX", value_parser = fingerprint)]
    certificate_sha256: Option<Fingerprint>,
    /// Seconds that the camera gets for one answer, from 1 to 30 [default: 5]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=30))]
    answer_within: Option<u64>,
    /// Where the picture is saved; without it, in a file named after the address, such as probe-10.0.0.31-stream2.jpg
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Clockwise degrees by which the picture is turned before it is saved, as `rotate` of a camera does
    #[arg(long, value_name = "DEGREES", value_parser = ["90", "180", "270"])]
    rotate: Option<String>,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
    /// Longest time it may take, from 5 to 300
    #[arg(long, default_value_t = DEFAULT_SECONDS, value_parser = clap::value_parser!(u64).range(FEWEST_SECONDS..=MOST_SECONDS))]
    seconds: u64,
}

/// What to look at; it may hold a password, which `Debug` hides.
#[derive(Clone)]
struct Target(String);

impl FromStr for Target {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Target(text.to_owned()))
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&redact(&self.0, &[]))
    }
}

/// Reads a transport. Of any other word it says which there are; the library would guess, and takes `http` for `tcp`.
#[derive(Clone)]
struct TransportParser;

impl TypedValueParser for TransportParser {
    type Value = Transport;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Transport, clap::Error> {
        if let Some(transport) = value.to_str().and_then(Transport::named) {
            return Ok(transport);
        }
        let names = Transport::ALL.map(|transport| transport.name().to_owned()).to_vec();
        let mut error = clap::Error::new(ErrorKind::InvalidValue).with_cmd(command);
        if let Some(argument) = argument {
            error.insert(ContextKind::InvalidArg, ContextValue::String(argument.to_string()));
        }
        let typed = value.to_string_lossy().into_owned();
        error.insert(ContextKind::InvalidValue, ContextValue::String(typed));
        error.insert(ContextKind::ValidValue, ContextValue::Strings(names));
        Err(error)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Transport::ALL.map(Transport::name).into_iter().map(PossibleValue::new)))
    }
}

fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    let read = stream_address::fingerprint(text).map(Fingerprint::new);
    read.ok_or_else(|| text::fingerprint_expected().in_language(language::of_this_run()))
}

/// Runs `lookout probe`.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let language = language::of_this_run();
    let (address, report) = match watched(&args, language) {
        Ok(watched) => watched,
        Err(failure) => {
            if args.json {
                print_line(json!({ "error": failure.json() }))?;
            }
            return Err(failure);
        }
    };
    let picture = args.save.clone().unwrap_or_else(|| picture_file(&address));
    let saved = save(&report, &picture).map_err(Failure::tried);
    let saved_name = saved.is_ok().then_some(picture.as_path());
    if args.json {
        print_line(as_json(&address, &report, saved_name, language))?;
    } else {
        print_line(as_text(&address, &report, saved_name, language))?;
    }
    saved?;
    match report.broke {
        Some(broke) => Err(Failure::tried(text::broke(broke.sentence())).hint_if(broke.fault.hint())),
        None => Ok(()),
    }
}

/// The address as people read it, and what came from there.
fn watched(args: &Args, language: Language) -> Result<(String, ProbeReport), Failure> {
    if let Some(file) = &args.ca_file {
        let name = text::named_file("--ca-file", file.display());
        named_path::no_pipe(name.clone(), file)?;
        named_path::check(name, file).map_err(|(what, hint)| Failure::refused(what).hint(hint))?;
    }
    let location = location(args, language)?;
    let (name, address) = match &location {
        Location::Rtsp { url, .. } => (url.host().to_owned(), url.to_string()),
        Location::File { path, .. } => (stem(path), path.display().to_string()),
    };
    // A camera that may take its time for an answer needs as much more.
    let seconds =
        args.seconds + args.answer_within.map_or(0, |answer| 3 * answer.saturating_sub(USUAL_ANSWER_SECONDS));
    say!("{}", text::looking(&address, seconds).in_language(language));
    let mut source = Source::new(name.as_str(), location);
    let degrees = args.rotate.as_deref().and_then(|degrees| degrees.parse().ok()).unwrap_or(0);
    source.shape.orientation = Orientation::clockwise(degrees).unwrap_or_default();
    source.answer_within = args.answer_within.map(Duration::from_secs);
    source.trust = match (&args.ca_file, args.certificate_sha256) {
        (_, Some(pinned)) => Trust::Pinned(pinned),
        // GLib takes no relative one.
        (Some(file), None) => Trust::Authority(std::path::absolute(file).unwrap_or_else(|_| file.clone())),
        (None, None) => Trust::System,
    };
    let report = probe(source, Duration::from_secs(seconds))
        .map_err(|error| Failure::tried(error.sentence()).hint_if(error.fault.hint()))?;
    Ok((address, report))
}

// ---- what is looked at

fn location(args: &Args, language: Language) -> Result<Location, Failure> {
    let of_address = |error: UrlError| Failure::refused(error.sentence()).hint_if(error.hint());
    let path = Path::new(&args.target.0);
    if !args.target.0.contains("://") && path.exists() {
        return Ok(Location::File { path: path.to_owned(), pace: Pace::AsFastAsPossible, repeat: false });
    }
    if let Some(signs) = full_width_signs(&args.target.0) {
        let quoted =
            |signs: &[char]| signs.iter().map(|sign| format!("`{sign}`")).collect::<Vec<_>>().join(" ");
        let meant: Vec<char> = signs.iter().copied().map(half_width).collect();
        let what = text::full_width_signs(quoted(&signs));
        return Err(Failure::refused(what).hint(text::try_half_width(quoted(&meant))));
    }
    if !args.target.0.contains("://") {
        // `rtsp:/10.0.0.31` was meant as an address. It is not repeated, as it may hold a password.
        let target = args.target.0.to_ascii_lowercase();
        return Err(match target.starts_with("rtsp:") || target.starts_with("rtsps:") {
            true => of_address(UrlError::Scheme),
            false => Failure::refused(text::no_target()).hint(text::try_address_or_name()),
        });
    }
    if stream_address::has_places(&args.target.0) {
        let login = credentials(args, args.user.as_deref(), language)?;
        let url = RtspUrl::parse_and_fill(&args.target.0, login.as_ref()).map_err(of_address)?;
        return Ok(Location::Rtsp { url, transport: args.transport, credentials: login });
    }
    if let Some(place) = stream_address::unknown_place(&args.target.0) {
        return Err(of_address(UrlError::UnknownPlace(place.chars().take(20).collect())));
    }
    let (url, in_address) = RtspUrl::parse_with_credentials(&args.target.0).map_err(of_address)?;
    if in_address.as_ref().is_some_and(|known| !known.password.reveal().is_empty()) {
        login::warn(text::password_in_address(), text::try_secret_file(), language);
    }
    let user = args.user.clone().or_else(|| in_address.as_ref().map(|known| known.user.clone()));
    let credentials = credentials(args, user.as_deref(), language)?.or(in_address);
    Ok(Location::Rtsp { url, transport: args.transport, credentials })
}

/// Full-width characters, as a Chinese input method writes them, where an address can have none: in `rtsp://`, the host and
/// its port. Each of them once; nothing where there is none.
fn full_width_signs(address: &str) -> Option<Vec<char>> {
    let half: String = address.chars().map(half_width).collect();
    let begin = half.find("://").map(|at| half[..at].chars().count() + 3)?;
    let behind: String = address.chars().skip(begin).collect();
    let authority = behind.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.split_inclusive(['／', '？', '＃']).next().unwrap_or_default();
    // What stands before it is a login, in which any sign may stand, a slash as well; of a password none is named.
    let is_at = |c: char| matches!(c, '@' | '＠');
    let (at, host) = match authority.rfind(is_at) {
        Some(at) => {
            let mut behind = authority[at..].chars();
            (behind.next(), behind.as_str())
        }
        None if behind.contains(is_at) => (None, ""),
        None => (None, authority),
    };
    let mut signs: Vec<char> = Vec::new();
    for sign in address.chars().take(begin).chain(at).chain(host.chars()) {
        if half_width(sign) != sign && !signs.contains(&sign) {
            signs.push(sign);
        }
    }
    (!signs.is_empty()).then_some(signs)
}

/// The same character as keyboards without an input method write it.
fn half_width(sign: char) -> char {
    match sign {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(sign) - 0xfee0).unwrap_or(sign),
        '\u{3002}' => '.',
        _ => sign,
    }
}

/// User and password from the file that the arguments name.
fn credentials(args: &Args, user: Option<&str>, language: Language) -> Result<Option<Credentials>, Failure> {
    let known = login::from_file(args.secret_file.as_deref(), args.secret.as_deref(), user, language)?;
    if known.is_none() && args.user.is_some() {
        return Err(Failure::refused(text::user_without_password()).hint(text::try_secret_file()));
    }
    Ok(known.map(|(user, password)| Credentials { user, password }))
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "file".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// File names may be longer, but nobody reads them then.
const LONGEST_NAME: usize = 100;

/// The file for the picture of what was looked at: another one for each channel of a recorder, which differ only in
/// port, path and query. `address` is as people read it, so it holds no password.
fn picture_file(address: &str) -> PathBuf {
    let place = address.split_once("://").map_or(address, |(_, place)| place);
    let welcome = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_');
    let words: Vec<&str> = place.split(|c| !welcome(c)).filter(|word| word.contains(|c| c != '.')).collect();
    let name = words.join("-");
    if name.chars().count() <= LONGEST_NAME {
        return PathBuf::from(format!("probe-{name}.jpg"));
    }
    let digest = sha256_hex(place.as_bytes());
    let start: String = name.chars().take(LONGEST_NAME - 9).collect();
    PathBuf::from(format!("probe-{start}-{}.jpg", &digest[..8]))
}

fn save(report: &ProbeReport, path: &Path) -> Result<(), Sentence> {
    let picture = rgb_from_picture(&report.picture);
    picture
        .save_with_format(path, image::ImageFormat::Jpeg)
        .map_err(|error| text::cannot_save(path.display(), error.to_string()))
}

// ---- what is said

/// Columns of a label in the report.
const LABEL_COLUMNS: usize = 14;

fn as_text(address: &str, report: &ProbeReport, saved: Option<&Path>, language: Language) -> String {
    let (stream, measure) = (&report.stream, &report.measure);
    let mut lines = vec![match stream.transport {
        Some(transport) => text::over(address, transport.name()).in_language(language),
        None => address.to_owned(),
    }];
    let mut line = |label: Sentence, value: Words| {
        let label = language::padded(&label.in_language(language), LABEL_COLUMNS);
        lines.push(format!("  {label} {}", value.in_language(language)));
    };
    match (&report.server, &stream.name) {
        (Some(server), Some(name)) => {
            line(text::label_server(), text::server_and_stream(server, name).into());
        }
        (Some(server), None) => line(text::label_server(), server.into()),
        (None, Some(name)) => line(text::label_server(), text::server_unknown(name).into()),
        (None, None) => {}
    }
    if let Some(to) = &report.redirected_to {
        line(text::label_redirected(), text::redirected_to(to).into());
    }
    if let Some(fingerprint) = &report.certificate {
        line(text::label_certificate(), format!("SHA-256 {fingerprint}").into());
    }
    let codec = stream.codec.to_string();
    line(
        text::label_codec(),
        match &stream.profile {
            Some(profile) => text::profile(codec, profile).into(),
            None => codec.into(),
        },
    );
    line(text::label_size(), size(report).into());
    line(text::label_frame_rate(), frame_rate(measure.fps, stream.fps).into());
    line(text::label_keyframes(), keyframes(report).into());
    let bitrate = measure.kbit_per_s.map(|rate| text::bitrate(format!("{rate:.0}")));
    line(text::label_bitrate(), bitrate.unwrap_or_else(text::too_few_pictures).into());
    line(text::label_decoder(), (&stream.decoder).into());
    line(
        text::label_first_picture(),
        text::first_picture_after(in_tenths(report.first_picture_after)).into(),
    );
    line(text::label_watched(), text::watched(report.frames, in_tenths(report.watched)).into());
    if let Some(path) = saved {
        line(text::label_picture(), text::saved(path.display()).into());
    }
    let notes = stream.remarks.iter().map(|remark| text::note(remark.clone()));
    let below = notes.chain(advice(report).into_iter().map(text::advice));
    lines.extend(below.map(|sentence| sentence.in_language(language)));
    lines.join("\n")
}

fn frame_rate(measured: Option<f64>, announced: Option<f64>) -> Sentence {
    let tenths = |value: f64| format!("{value:.1}");
    match (measured, announced) {
        (Some(measured), Some(announced)) => {
            text::rate_measured_and_announced(tenths(measured), tenths(announced))
        }
        (Some(measured), None) => text::rate_measured(tenths(measured)),
        (None, Some(announced)) => text::rate_announced(tenths(announced)),
        (None, None) => text::too_few_pictures(),
    }
}

/// Seconds with one digit.
fn in_tenths(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f32())
}

/// As it is sent, and as people see it where that is another.
fn size(report: &ProbeReport) -> Sentence {
    let (stream, shown) = (&report.stream, report.picture.format().shown_size());
    let mut size = text::size(stream.width, stream.height);
    if !stream.orientation.is_upright() {
        size = text::size_oriented(size, stream.orientation.sentence());
    }
    if !stream.pixel_aspect.is_square() {
        size = text::size_of_pixels(size, stream.pixel_aspect.to_string());
    }
    if (stream.width as usize, stream.height as usize) != shown {
        size = text::size_shown(size, shown.0, shown.1);
    }
    size
}

fn keyframes(report: &ProbeReport) -> Sentence {
    match report.measure.keyframe_interval {
        Some(every) if report.stream.codec == Codec::Mjpeg => {
            text::every_picture(format!("{:.2}", every.median.as_secs_f32()))
        }
        Some(every) => {
            text::keyframe_every(in_tenths(every.median), in_tenths(every.min), in_tenths(every.max))
        }
        None => text::no_second_keyframe(in_tenths(report.measure.span)),
    }
}

/// What the installer should change, most important first.
fn advice(report: &ProbeReport) -> Vec<Sentence> {
    let (stream, measure) = (&report.stream, &report.measure);
    let mut advice = Vec::new();
    let interval = measure.keyframe_interval;
    let never = interval.is_none() && measure.span > LONG_KEYFRAME_INTERVAL;
    if never || interval.is_some_and(|every| every.max > LONG_KEYFRAME_INTERVAL) {
        advice.push(text::keyframes_far_apart());
    }
    if interval.is_some_and(|every| every.max > every.min * 2 + Duration::from_millis(500)) {
        advice.push(text::keyframe_interval_changes());
    }
    if let (Some(measured), Some(announced)) = (measure.fps, stream.fps)
        && measured < announced * 0.7
    {
        advice.push(text::fewer_pictures_than_announced());
    }
    if stream.seems_squeezed(&PictureShape::default()) {
        advice.push(text::probably_squeezed(stream.width, stream.height));
    }
    if stream.width > 1280 {
        advice.push(text::main_stream());
    }
    if stream.codec == Codec::Mjpeg && stream.transport.is_some() {
        advice.push(text::mjpeg());
    }
    advice
}

fn as_json(
    address: &str,
    report: &ProbeReport,
    saved: Option<&Path>,
    language: Language,
) -> serde_json::Value {
    let (stream, measure) = (&report.stream, &report.measure);
    let seconds = |duration: Duration| (duration.as_secs_f64() * 1000.0).round() / 1000.0;
    let shown = report.picture.format().shown_size();
    let tenths = |value: f64| (value * 10.0).round() / 10.0;
    let advice = advice(report);
    let texts = |sentences: &[Sentence]| -> Vec<String> {
        sentences.iter().map(|sentence| sentence.in_language(language)).collect()
    };
    let rendered = |sentences: &[Sentence]| -> Vec<Rendered> {
        sentences.iter().map(|sentence| sentence.rendered(language)).collect()
    };
    json!({
        "address": address,
        "transport": stream.transport.map(Transport::name),
        "server": report.server,
        "redirected_to": report.redirected_to,
        "certificate_sha256": report.certificate.map(|fingerprint| fingerprint.to_string()),
        "stream_name": stream.name,
        "codec": stream.codec.name(),
        "profile": stream.profile,
        "width": stream.width,
        "height": stream.height,
        "pixel_aspect": stream.pixel_aspect.to_string(),
        "rotate": stream.orientation.degrees(),
        "shown_width": shown.0,
        "shown_height": shown.1,
        "notes": texts(&stream.remarks),
        "notes_told": rendered(&stream.remarks),
        "fps_measured": measure.fps.map(tenths),
        "fps_announced": stream.fps.map(tenths),
        "keyframe_interval_s": measure.keyframe_interval.map(|every| json!({
            "min": seconds(every.min), "median": seconds(every.median), "max": seconds(every.max),
        })),
        "kbit_per_s": measure.kbit_per_s.map(f64::round),
        "decoder": stream.decoder,
        "first_picture_after_s": seconds(report.first_picture_after),
        "watched_s": seconds(report.watched),
        "frames": report.frames,
        "picture": saved.map(|path| path.display().to_string()),
        "advice": texts(&advice),
        "advice_told": rendered(&advice),
        "broke": report.broke.as_ref().map(|error| json!({
            "kind": error.kind(),
            "message": error.sentence().in_language(language),
            "told": error.fault.sentence().rendered(language),
        })),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::frame::{Layout, Matrix, Picture, PictureFormat, PixelAspect, Range};
    use crate::video::{KeyframeIntervals, StreamInfo, StreamMeasure};

    fn report(keyframe_s: &[f32], width: u32, fps: (f64, f64)) -> ProbeReport {
        let format = PictureFormat {
            width: width as usize,
            height: 360,
            layout: Layout::Gray,
            strides: [width as usize, 0, 0],
            range: Range::Limited,
            matrix: Matrix::Bt601,
            pixel_aspect: PixelAspect::SQUARE,
        };
        let secs = Duration::from_secs_f32;
        ProbeReport {
            stream: StreamInfo {
                codec: Codec::H264,
                profile: Some("high".into()),
                width,
                height: 360,
                pixel_aspect: PixelAspect::SQUARE,
                orientation: Orientation::UPRIGHT,
                remarks: Vec::new(),
                fps: Some(fps.1),
                decoder: "avdec_h264".into(),
                transport: Some(Transport::Tcp),
                name: Some("Media Presentation".into()),
            },
            measure: StreamMeasure {
                units: 200,
                keyframes: keyframe_s.len() as u64,
                span: secs(8.0),
                fps: Some(fps.0),
                kbit_per_s: Some(512.4),
                keyframe_interval: (!keyframe_s.is_empty()).then(|| KeyframeIntervals {
                    min: secs(keyframe_s[0]),
                    median: secs(keyframe_s[keyframe_s.len() / 2]),
                    max: secs(keyframe_s[keyframe_s.len() - 1]),
                }),
            },
            server: Some("Hikvision-Webs".into()),
            redirected_to: None,
            certificate: None,
            first_picture_after: secs(1.23),
            watched: secs(8.0),
            frames: 199,
            picture: Arc::new(Picture::new(format, Box::new(vec![vec![0u8; width as usize * 360]])).unwrap()),
            broke: None,
        }
    }

    fn english(report: &ProbeReport) -> Vec<String> {
        advice(report).iter().map(Sentence::to_string).collect()
    }

    #[test]
    fn a_stream_is_described_in_chinese() {
        let text = as_text(
            "rtsp://10.0.0.31/stream2",
            &report(&[2.0, 2.0], 1920, (25.0, 25.0)),
            Some(Path::new("p.jpg")),
            Language::Chinese,
        );
        assert_eq!(
            text,
            "rtsp://10.0.0.31/stream2，通过 tcp\n\
             \x20 服务器         Hikvision-Webs，视频流“Media Presentation”\n\
             \x20 编码           H.264，档次（profile）high\n\
             \x20 分辨率         1920 x 360\n\
             \x20 帧率           实测 25.0，标称 25.0\n\
             \x20 关键帧         每 2.0 秒一个（最短 2.0，最长 2.0）\n\
             \x20 码率           512 kbit/s\n\
             \x20 解码器         avdec_h264\n\
             \x20 首帧           1.2 秒后出现\n\
             \x20 检查时长       8.0 秒内 199 帧\n\
             \x20 画面           已保存到 p.jpg\n\
             建议：这大概是摄像机的主码流：较小的子码流（约 640 x 360）已够用，计算量只有五分之一"
        );
    }

    #[test]
    fn a_good_stream_is_described_without_advice() {
        let text = as_text(
            "rtsp://10.0.0.31/stream2",
            &report(&[2.0, 2.0], 640, (25.0, 25.0)),
            Some(Path::new("p.jpg")),
            Language::English,
        );
        assert_eq!(
            text,
            "rtsp://10.0.0.31/stream2 over tcp\n\
             \x20 server         Hikvision-Webs, stream \"Media Presentation\"\n\
             \x20 codec          H.264, profile high\n\
             \x20 size           640 x 360\n\
             \x20 frame rate     25.0 measured, 25.0 announced\n\
             \x20 keyframes      every 2.0 s (shortest 2.0, longest 2.0)\n\
             \x20 bitrate        512 kbit/s\n\
             \x20 decoder        avdec_h264\n\
             \x20 first picture  after 1.2 s\n\
             \x20 watched        199 pictures in 8.0 s\n\
             \x20 picture        saved to p.jpg"
        );
    }

    #[test]
    fn a_picture_that_is_turned_or_squeezed_is_said_to_be() {
        let mut report = report(&[2.0, 2.0], 960, (25.0, 25.0));
        report.stream.height = 1080;
        let squeezed = "a picture of 960 x 1080 is probably squeezed";
        let given = english(&report);
        assert!(
            given.len() == 1 && given[0].starts_with(squeezed) && given[0].contains("display_aspect"),
            "{given:?}"
        );
        report.stream.pixel_aspect = PixelAspect::new(2, 1);
        assert_eq!(advice(&report), [], "it says so itself");
        report.stream.orientation = Orientation::clockwise(90).unwrap();
        assert!(
            size(&report)
                .to_string()
                .starts_with("960 x 1080, turned clockwise by 90 degrees, pixels 2:1: shown as ")
        );
        assert_eq!(
            as_json("rtsp://10.0.0.31/stream2", &report, None, Language::English)["pixel_aspect"],
            "2:1"
        );
    }

    #[test]
    fn advice_names_what_to_change() {
        for (keyframes, width, fps, expected) in [
            (&[10.0, 10.0][..], 640, (25.0, 25.0), vec!["keyframes are far apart"]),
            (&[], 640, (25.0, 25.0), vec!["keyframes are far apart"]),
            (&[1.0, 2.0, 3.9], 640, (25.0, 25.0), vec!["the keyframe interval changes"]),
            (&[2.0], 1920, (25.0, 25.0), vec!["this is probably the camera's main stream"]),
            (&[2.0], 640, (9.0, 25.0), vec!["far fewer pictures come than announced"]),
            (&[2.0], 640, (20.0, 25.0), vec![]),
        ] {
            let given = english(&report(keyframes, width, fps));
            assert_eq!(given.len(), expected.len(), "{given:?}");
            for (given, expected) in given.iter().zip(expected) {
                assert!(given.starts_with(expected), "{given}");
            }
        }
    }

    #[test]
    fn a_program_reads_the_same_figures() {
        let report = report(&[10.0, 10.0], 640, (24.96, 25.0));
        let json = as_json("rtsp://10.0.0.31/stream2", &report, None, Language::Chinese);
        assert_eq!(json["advice_told"][0]["code"], "probe.keyframes_far_apart");
        assert_eq!(json["advice_told"][0]["text"], json["advice"][0]);
        assert_eq!(json["fps_measured"], 25.0);
        assert_eq!(json["keyframe_interval_s"]["max"], 10.0);
        assert_eq!(json["transport"], "tcp");
        assert_eq!(json["picture"], serde_json::Value::Null);
    }

    #[test]
    fn every_channel_of_a_recorder_has_a_picture_of_its_own() {
        let long = format!("rtsp://10.0.0.9/{}", "a".repeat(200));
        let addresses = [
            "rtsp://10.0.0.9/Streaming/Channels/101",
            "rtsp://10.0.0.9/Streaming/Channels/201",
            "rtsp://10.0.0.9/cam/realmonitor?channel=1&subtype=0",
            "rtsp://10.0.0.9/cam/realmonitor?channel=2&subtype=0",
            "rtsp://10.0.0.9:8554/live",
            "rtsp://10.0.0.9:8555/live",
            "rtsp://[fe80::1]/live",
            "rtsp://[fe80::2]/live",
            "/export/ch01/2026-01-07.mp4",
            "/export/ch02/2026-01-07.mp4",
            "../2026-01-07.dav",
            &format!("{long}1"),
            &format!("{long}2"),
        ];
        let files: std::collections::BTreeSet<PathBuf> =
            addresses.iter().map(|address| picture_file(address)).collect();
        assert_eq!(files.len(), addresses.len(), "{files:?}");
        assert_eq!(picture_file(addresses[0]), Path::new("probe-10.0.0.9-Streaming-Channels-101.jpg"));
        assert_eq!(picture_file(addresses[10]), Path::new("probe-2026-01-07.dav.jpg"));
        for file in files {
            assert_eq!(file.components().count(), 1, "a file in this folder: {file:?}");
            assert!(file.as_os_str().len() < 128, "{file:?}");
        }
    }

    #[test]
    fn full_width_characters_of_an_address_are_named() {
        for (address, signs) in [
            ("rtsp://10.0.0.31：554/stream2", "："),
            ("rtsp://１０.0.0.31:５５４/stream2", "１０５４"),
            ("rtsp：／／10。0。0.31/stream2", "：／。"),
            ("rtsp://admin@10.0.0.31／stream2", "／"),
            ("rtsp://admin:ｐｗ＠10.0.0.31/stream2", "＠"),
            ("rtsp：//admin:ｐ／ｗ@10.0.0.31/stream2", "："),
        ] {
            let found = full_width_signs(address).unwrap_or_default();
            assert_eq!(found.into_iter().collect::<String>(), signs, "{address}");
        }
        for good in [
            "rtsp://10.0.0.31:554/通道１",
            "rtsp://admin:密码：１@10.0.0.31/stream2",
            "rtsp://admin:ｐ＠ｗ@10.0.0.31/stream2",
            "rtsp://admin:ｐ/ｗ@10.0.0.31/stream2",
            "rtsp://东门.local/stream2",
            "录像：１.mp4",
        ] {
            assert_eq!(full_width_signs(good), None, "{good}");
        }
        let args = args_of("rtsp://10.0.0.31：554/stream2");
        let failure = location(&args, Language::English).unwrap_err();
        assert_eq!(
            failure.in_language(Language::English).message,
            "the address has full-width characters: `：`\n  hint: set the input method to half-width, and write `:`"
        );
    }

    #[test]
    fn a_failure_is_one_object_with_a_code_for_programs() {
        let mut args = args_of("rtsp://10.0.0.31/stream2");
        args.user = Some("admin".to_owned());
        let failure = location(&args, Language::English).unwrap_err().in_language(Language::Chinese);
        let json = failure.json();
        assert_eq!(json["code"], "probe.user_without_password");
        assert_eq!(json["text"], "--user 需要密码");
        assert_eq!(json["args"], json!({}));
        assert!(json["hint"].as_str().unwrap().contains("`lookout secret set NAME`"), "{json}");
    }

    fn args_of(target: &str) -> Args {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            args: Args,
        }
        use clap::Parser as _;
        Line::parse_from(["probe", target]).args
    }

    #[test]
    fn a_password_in_a_path_is_in_no_file_name() {
        let (url, _) =
            RtspUrl::parse_with_credentials("rtsp://10.0.0.9/user=admin_password=geheim_channel=1").unwrap();
        assert_eq!(
            picture_file(&url.to_string()),
            Path::new("probe-10.0.0.9-user-admin_password-_channel-1.jpg")
        );
    }
}
