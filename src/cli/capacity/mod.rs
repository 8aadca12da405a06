//! `lookout capacity`: how many cameras this machine holds, found out by adding cameras until one misses its target.
//!
//! The cameras are copies of the site's, opened at the cameras themselves, or of one clip that a second process plays
//! through an RTSP server on the loopback address (whose processor time is counted apart, since a real box does not
//! spend it). Nothing is published or stored. Must never be run beside the daemon: both would measure each other.

mod search;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::config::{Config, Surroundings};
use crate::daemon::load_test::{Figures, LoadTest, multiplied};
use crate::daemon::loaded_models::LoadedModels;
use crate::text::{Rendered, Sentence, Words, capacity as say, demo};
use crate::video::{Auth, Mount, Play, RtspServer};

use self::search::{Forecast, Search};
use super::{Failure, language, models, named_path, print_line};

/// What is watched without a configuration: one of each of the first rules on the whole picture.
const ANY_CONFIG: &str = include_str!("../../../config/demo.toml");
/// How many cameras are tried first: enough to measure one, few enough for any box.
const FIRST: usize = 4;
/// What new cameras get to show their first picture.
const START_WITHIN: Duration = Duration::from_secs(60);
/// Most part of the frames that may be late, pushed out, or given up: an event is seen over several of them.
const MOST_MISSED: f64 = 0.02;
/// Cores that a host takes away from a virtual machine without being worth a word.
const STOLEN: f64 = 0.02;
/// Cores that are too many to be taken away for a measurement to say something about cameras.
const DISTURBED: f64 = 0.1;
/// How often one number of cameras is watched at most.
const MOST_WATCHED: u32 = 4;
const LABEL_COLUMNS: usize = 10;
/// Places of a clip at which copies begin. Each that is watched costs the server a reading of the clip.
const PLACES: usize = 32;

/// Arguments of `lookout capacity`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The site whose cameras are copied; without it every camera has one of each of the first rules
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Copies of this clip in place of the site's cameras: mp4, mkv or avi
    #[arg(long, value_name = "FILE")]
    clip: Option<PathBuf>,
    /// The model to use [default: the configuration's]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// The model manifest, or its folder [default: the configuration's, else LOOKOUT_MODELS, models/, beside the program,
    /// /usr/share/lookout/models]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// How long each number of cameras is watched. A busy street needs longer than an empty one
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    seconds: u64,
    /// Try no more than so many
    #[arg(long, value_name = "N", default_value_t = 256)]
    most: usize,
    /// Watch only this number of cameras and say whether it holds
    #[arg(long, value_name = "N")]
    only: Option<usize>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// Play a clip to whoever asks, until standard input ends
    #[arg(long, hide = true, value_name = "FILE", exclusive = true)]
    serve: Option<PathBuf>,
}

/// What was found out.
#[derive(Debug, Serialize)]
struct Outcome {
    /// Cameras that this machine holds.
    cameras: usize,
    /// The smallest number that was tried and did not hold; absent if all did.
    too_many: Option<usize>,
    /// How many were forecast before so many were tried; absent where none held.
    forecast: Option<Forecast>,
    /// What was measured with the cameras that it holds.
    figures: Option<Figures>,
    /// Cores that the server of the clip used then.
    server_cores: Option<f64>,
    /// Milliseconds of processor time per second and camera.
    ms_per_camera: f64,
    /// What most of it goes into; absent where nothing was measured.
    bottleneck: Option<Part>,
    /// What would make it hold more, most important first.
    advice: Vec<String>,
    /// The same as sentences.
    advice_told: Vec<Rendered>,
}

/// What processor time goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    Decoding,
    Looking,
    Receiving,
}

impl Part {
    fn sentence(self) -> Sentence {
        match self {
            Part::Decoding => say::decoding(),
            Part::Looking => say::looking(),
            Part::Receiving => say::receiving(),
        }
    }
}

/// Runs it.
///
/// # Errors
/// A configuration with problems, a model or clip that cannot be read, a camera that does not start, or not even the
/// first few cameras that hold.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    if let Some(clip) = &args.serve {
        return serve(clip);
    }
    let config = config(&args)?;
    if config.cameras.is_empty() {
        return Err(Failure::refused(say::no_camera()).hint(say::try_clip()));
    }
    let loaded_models = LoadedModels::load(&config, args.manifest.as_deref(), args.model.as_deref())
        .map_err(models::not_loaded)?;
    config.check_classes(&loaded_models.classes()).map_err(Failure::from)?;
    let server = args.clip.as_deref().map(ClipServer::start).transpose()?;
    let urls = server.as_ref().map(ClipServer::urls).unwrap_or_default();
    let most = args.only.unwrap_or(args.most).max(1);
    let many = multiplied(&config, most, &urls);
    let mut load_test = LoadTest::start(&many, &loaded_models).map_err(Failure::failed)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let begins = say::begins(cores.to_string(), args.seconds);
    say!("{}", begins.in_language(language::of_this_run()));
    say!("{}", head());
    let mut trial = Trial {
        load_test: &mut load_test,
        server: server.as_ref(),
        seconds: args.seconds,
        figures: Vec::new(),
    };
    let outcome = match args.only {
        Some(count) => trial.only(count, cores)?,
        None => trial.search(most, cores)?,
    };
    if args.json {
        let text = serde_json::to_string(&outcome).map_err(Failure::failed)?;
        return print_line(text);
    }
    report(&outcome)
}

fn config(args: &Args) -> Result<Config, Failure> {
    match (&args.config, &args.clip) {
        (Some(path), _) => Config::load_in(path, &Surroundings::elsewhere(path)).map_err(Failure::from),
        (None, Some(_)) => {
            let folder = tempfile_folder()?;
            let path = folder.join("capacity.toml");
            std::fs::write(&path, ANY_CONFIG).map_err(|error| named_path::unwritable(&path, &error))?;
            Config::load_in(&path, &Surroundings::elsewhere(&path)).map_err(Failure::from)
        }
        (None, None) => Err(Failure::refused(say::nothing_to_watch()).hint(say::try_config_or_clip())),
    }
}

/// The heads of the columns.
fn head() -> String {
    let columns: [(Words, usize); 7] = [
        (say::column_cameras().into(), 8),
        (say::column_cores().into(), 7),
        (say::column_decoding().into(), 9),
        (say::column_looking().into(), 8),
        (say::column_server().into(), 8),
        ("MB".into(), 7),
        (say::column_late().into(), 6),
    ];
    let language = language::of_this_run();
    let cells = columns.map(|(name, width)| language::padded_left(&name.in_language(language), width));
    cells.join(" ")
}

fn tempfile_folder() -> Result<PathBuf, Failure> {
    let path = std::env::temp_dir().join(format!("lookout-capacity-{}", std::process::id()));
    std::fs::create_dir_all(&path).map_err(|error| named_path::folder_not_made(&path, &error))?;
    Ok(path)
}

struct Trial<'a> {
    load_test: &'a mut LoadTest,
    server: Option<&'a ClipServer>,
    seconds: u64,
    figures: Vec<(usize, Figures, Option<f64>, bool)>,
}

impl Trial<'_> {
    fn only(&mut self, count: usize, cores: f64) -> Result<Outcome, Failure> {
        let mut search = Search::new(count, usize::MAX);
        self.try_out(count, cores, &mut search)?;
        Ok(self.outcome(&search, cores))
    }

    fn search(&mut self, most: usize, cores: f64) -> Result<Outcome, Failure> {
        let mut search = Search::new(FIRST, most);
        while let Some(count) = search.next() {
            let before = search.forecast;
            self.try_out(count, cores, &mut search)?;
            if let Some(forecast) = search.forecast.filter(|_| search.forecast != before) {
                let forecast = say::forecast_so_far(forecast.cameras);
                say!("         {}", forecast.in_language(language::of_this_run()));
            }
        }
        if search.holds == 0 {
            return Err(Failure::tried(say::none_holds()).hint(say::try_less()));
        }
        Ok(self.outcome(&search, cores))
    }

    fn try_out(&mut self, count: usize, cores: f64, search: &mut Search) -> Result<(), Failure> {
        if self.holds(count)? {
            search.held(count, self.room_for(count, cores));
        } else {
            search.was_too_many(count);
        }
        Ok(())
    }

    /// Whether so many cameras are all watched as they should be. Something that is missed is only believed the second
    /// time: a machine pauses now and then for other reasons than cameras ([`Doubts`]).
    fn holds(&mut self, count: usize) -> Result<bool, Failure> {
        self.load_test.play(count).map_err(Failure::failed)?;
        let deadline = Instant::now() + START_WITHIN;
        while self.load_test.running() < count {
            if Instant::now() > deadline {
                let why = self.load_test.trouble().map_or_else(|| say::no_picture().into(), Words::from);
                let warning = say::not_all_give_pictures(why);
                say!("{count:>8} {}", warning.in_language(language::of_this_run()));
                return Ok(false);
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
        // The first looks at a new camera cost more than the others.
        std::thread::sleep(Duration::from_secs(6));
        let mut doubts = Doubts::default();
        while !self.watch(count, &mut doubts) {
            if doubts.are_settled() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Watches for the time that was asked for and reports the figures; whether nothing was missed.
    fn watch(&mut self, count: usize, doubts: &mut Doubts) -> bool {
        self.load_test.figures();
        let server_before = self.server.and_then(ClipServer::cpu_secs);
        let began = Instant::now();
        std::thread::sleep(Duration::from_secs(self.seconds.max(1)));
        let figures = self.load_test.figures();
        let passed = began.elapsed().as_secs_f64();
        let server_now = self.server.and_then(ClipServer::cpu_secs);
        let server = server_now.zip(server_before).map(|(now, before)| (now - before) / passed);
        let missed = why_not(&figures);
        if missed.is_some() {
            doubts.missed(figures.cores_stolen > DISTURBED);
        }
        let meaning = missed.clone().map(|why| {
            let why = with_stolen(why, &figures);
            if doubts.are_settled() { say::too_many(why) } else { say::watched_once_more(why) }
        });
        let meaning = meaning.map(|meaning| format!("   {}", meaning.in_language(language::of_this_run())));
        say!(
            "{:>8} {:>7.2} {:>9.2} {:>8.2} {:>8} {:>7} {:>5.1}%{}",
            count,
            figures.cores,
            figures.cores_decoding,
            figures.cores_looking,
            server.map_or("-".to_owned(), |cores| format!("{cores:.2}")),
            figures.memory_bytes.map_or("-".to_owned(), |bytes| (bytes / 1_000_000).to_string()),
            figures.late * 100.0,
            meaning.unwrap_or_default(),
        );
        self.figures.push((count, figures, server, missed.is_none()));
        missed.is_none()
    }

    /// How many cameras like these there is room for, by what `count` of them cost when they were watched last. Frames
    /// begin to wait when 95 % of the cores are used, and beside twice as many others a camera costs that much less:
    /// measured on two cores with four clips, the one makes up for the other.
    fn room_for(&self, count: usize, cores: f64) -> usize {
        let Some((_, figures, server, _)) = self.figures.iter().rev().find(|(n, ..)| *n == count) else {
            return count;
        };
        let each = (figures.cores + server.unwrap_or(0.0)) / count as f64;
        if each > 0.0 { ((cores / each).round() as usize).max(1) } else { count }
    }

    fn outcome(&self, search: &Search, cores: f64) -> Outcome {
        let &Search { holds: cameras, too_many, forecast, .. } = search;
        let measured = self.figures.iter().rev().find(|(count, ..)| *count == cameras.max(1));
        let measured = measured.or(self.figures.last());
        let Some((count, figures, server, _)) = measured else {
            return Outcome {
                cameras,
                too_many,
                forecast,
                figures: None,
                server_cores: None,
                ms_per_camera: 0.0,
                bottleneck: None,
                advice: Vec::new(),
                advice_told: Vec::new(),
            };
        };
        let (bottleneck, advice) = advice(figures, cores);
        let language = language::of_this_run();
        Outcome {
            cameras,
            too_many,
            forecast,
            figures: Some(*figures),
            server_cores: *server,
            ms_per_camera: (figures.cores * 1000.0 / *count as f64 * 10.0).round() / 10.0,
            bottleneck: Some(bottleneck),
            advice: advice.iter().map(|advice| advice.in_language(language)).collect(),
            advice_told: advice.iter().map(|advice| advice.rendered(language)).collect(),
        }
    }
}

/// How often something was missed with one number of cameras. Once is not believed, and not at all while the host of a
/// virtual machine took much of it away, unless it always does.
#[derive(Default)]
struct Doubts {
    watched: u32,
    believed: u32,
}

impl Doubts {
    fn missed(&mut self, was_disturbed: bool) {
        self.watched += 1;
        self.believed += u32::from(!was_disturbed);
    }

    fn are_settled(&self) -> bool {
        self.believed >= 2 || self.watched >= MOST_WATCHED
    }
}

/// With a word on the host of a virtual machine that did not leave it its time.
fn with_stolen(why: Sentence, figures: &Figures) -> Sentence {
    match figures.cores_stolen > STOLEN {
        true => say::while_disturbed(why, format!("{:.2}", figures.cores_stolen)),
        false => why,
    }
}

/// What a camera missed, if one did.
fn why_not(figures: &Figures) -> Option<Sentence> {
    if figures.not_running > 0 || figures.reconnects > 0 {
        return Some(say::stream_lost());
    }
    if figures.given_up > MOST_MISSED {
        return Some(say::decoders_behind());
    }
    if figures.overload > MOST_MISSED {
        return Some(say::frames_pushed_out());
    }
    (figures.late > MOST_MISSED).then(say::frames_late)
}

/// What most of the time goes into, and what would save some of it.
fn advice(figures: &Figures, cores: f64) -> (Part, Vec<Sentence>) {
    let receiving = (figures.cores - figures.cores_decoding - figures.cores_looking).max(0.0);
    let mut advice = Vec::new();
    if figures.forced > 0 {
        advice.push(say::keyframes_far_apart(figures.forced, figures.cameras));
    }
    let parts = [
        (Part::Decoding, figures.cores_decoding),
        (Part::Looking, figures.cores_looking),
        (Part::Receiving, receiving),
    ];
    let most = parts.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(Part::Decoding, |(part, _)| part);
    match most {
        Part::Decoding => {
            advice.push(say::smaller_streams());
            if figures.in_burst * 3 > figures.cameras {
                advice.push(say::fewer_fast_rules());
            }
        }
        Part::Looking => advice.push(say::lighter_detection()),
        Part::Receiving => advice.push(say::lower_rates()),
    }
    if figures.cores_stolen > STOLEN {
        advice.push(say::measure_undisturbed());
    } else if figures.cores < cores * 0.6 {
        advice.push(say::look_elsewhere());
    }
    (most, advice)
}

fn report(outcome: &Outcome) -> Result<(), Failure> {
    if outcome.cameras == 0 {
        return Err(Failure::tried(say::too_many_for_this(cameras(outcome.too_many.unwrap_or_default()))));
    }
    let language = language::of_this_run();
    let holds = match outcome.too_many {
        Some(many) => say::holds(cameras(outcome.cameras), many),
        None => say::holds_at_least(cameras(outcome.cameras)),
    };
    print_line(holds.in_language(language))?;
    let line = |label: Sentence, value: Words| {
        let label = language::padded(&label.in_language(language), LABEL_COLUMNS);
        print_line(format!("  {label}  {}", value.in_language(language)))
    };
    if let Some(Forecast { cameras, made_with }) = outcome.forecast {
        line(say::label_forecast(), say::forecast(cameras, made_with).into())?;
    }
    if let Some(figures) = &outcome.figures {
        let each = |cores: f64| format!("{:.1}", cores * 1000.0 / figures.cameras.max(1) as f64);
        let receiving = (figures.cores - figures.cores_decoding - figures.cores_looking).max(0.0);
        let cost = say::cost(
            format!("{:.1}", outcome.ms_per_camera),
            each(receiving),
            each(figures.cores_decoding),
            each(figures.cores_looking),
        );
        line(say::label_a_camera(), cost.into())?;
        line(say::label_cameras(), say::decoded_in_full(figures.forced, figures.in_burst).into())?;
    }
    let bottleneck = outcome.bottleneck.map_or_else(say::nothing_measured, Part::sentence);
    line(say::label_bottleneck(), bottleneck.into())?;
    for advice in &outcome.advice {
        line(say::label_to_change(), advice.into())?;
    }
    Ok(())
}

fn cameras(count: usize) -> Sentence {
    if count == 1 { say::one_camera() } else { say::cameras(count) }
}

/// A second process that plays a clip.
struct ClipServer {
    child: Child,
    port: u16,
}

impl ClipServer {
    fn start(clip: &Path) -> Result<Self, Failure> {
        let what = demo::the_clip(clip.display());
        named_path::need(what.clone(), clip)?;
        let clip = std::fs::canonicalize(clip).map_err(|error| named_path::unreadable(what, clip, &error))?;
        let failed = |error: std::io::Error| Failure::tried(say::clip_server_not_started(error.to_string()));
        let mut child = Command::new(std::env::current_exe().map_err(failed)?)
            .args(["capacity", "--serve"])
            .arg(clip)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line).map_err(failed)?;
        }
        match line.trim().parse() {
            Ok(port) => Ok(ClipServer { child, port }),
            Err(_) => {
                // It said why on standard error, which is ours too.
                let _ = child.wait();
                Err(Failure::tried(say::clip_not_played()))
            }
        }
    }

    /// The same clip from different places on: cameras that see the same at the same moment would all be busy at
    /// once, and no site is like that.
    fn urls(&self) -> Vec<String> {
        (0..PLACES).map(|place| format!("rtsp://127.0.0.1:{}{}", self.port, mount_path(place))).collect()
    }

    /// Processor time it has used.
    fn cpu_secs(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        let after_name = stat.rsplit_once(')')?.1;
        let mut fields = after_name.split_whitespace().skip(11);
        let (user, system) = (fields.next()?.parse::<f64>().ok()?, fields.next()?.parse::<f64>().ok()?);
        // Ticks of the kernel's interface to programs, a hundred a second.
        Some((user + system) / 100.0)
    }
}

impl Drop for ClipServer {
    fn drop(&mut self) {
        // Its input ends, and so does it.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn mount_path(place: usize) -> String {
    format!("/clip-{place}")
}

fn serve(clip: &Path) -> Result<(), Failure> {
    let mount = |place: usize| {
        // Golden parts: evenly spread however many of them are watched.
        let from = (place as f64 * 0.618_033_988_75).fract();
        let play = Play::File { path: clip.to_owned(), repeat: true, from };
        Mount { path: mount_path(place), play, auth: Auth::None }
    };
    let server = RtspServer::start(0, (0..PLACES).map(mount).collect())
        .map_err(|error| Failure::tried(demo::server_not_started(error.sentence())))?;
    print_line(server.port())?;
    std::io::stdout().flush().map_err(Failure::failed)?;
    let mut nothing = Vec::new();
    // The parent process closes this when it is done, or is gone.
    let _ = std::io::stdin().read_to_end(&mut nothing);
    drop(server);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled_after(misses: &[bool]) -> Option<usize> {
        let mut doubts = Doubts::default();
        misses.iter().position(|was_disturbed| {
            doubts.missed(*was_disturbed);
            doubts.are_settled()
        })
    }

    #[test]
    fn what_is_missed_is_believed_the_second_time_and_not_while_the_host_takes_the_machine_away() {
        assert_eq!(settled_after(&[false]), None);
        assert_eq!(settled_after(&[false, false]), Some(1));
        assert_eq!(settled_after(&[true, false, true, false]), Some(3));
        assert_eq!(settled_after(&[true, true, true]), None);
        assert_eq!(
            settled_after(&[true, true, true, true]),
            Some(3),
            "a host that always takes is the truth"
        );
    }
}
