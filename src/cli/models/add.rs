//! `lookout models add`: a model that somebody brings gets its entry in the manifest.
//!
//! Opens the file, compares what it says of itself with what was said on the command line, completes the rest
//! with what is usual for its kind of head, loads it exactly as the daemon would, times it, lets it look at a
//! picture, and only then writes. Must never write an entry that `lookout models verify` would refuse, and
//! never one whose classes would say who somebody is.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use image::RgbImage;

use super::verify::shortest_run;
use super::{failed, provider, refused, trial};
use crate::analysis::detection::{Class, Detection};
use crate::cli::{EXIT_INVALID, Failure, detect, language, named_path, print_line};
use crate::detector::heads::{self, KINDS, Own};
use crate::detector::manifest::{Description, FILE_NAME, Input, Manifest, ManifestError, ModelEntry};
use crate::detector::{Detector as _, Inference, Model, Network, Thresholds};
use crate::input_file;
use crate::text::{Joint, Sentence, Words, foreign, model, models as say};
use crate::types::provider::Provider;

mod outputs;

use outputs::{compare_outputs, counted, listed, shortened, unread};

/// A frame of our own rendered clip, so that a look costs no footage: `tests/scenes/lane-day.mp4`, frame 240.
const TEST_PICTURE: &[u8] = include_bytes!("../../../models/test-picture.jpg");
/// Columns of a label in the report.
const LABEL_COLUMNS: usize = 9;
/// Size of the input where neither the file nor the command says one: 16:9 nearly, and whole cells of stride 64.
const USUAL_SIZE: (usize, usize) = (640, 384);

/// Measure an ONNX file of your own and describe it in the manifest
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The ONNX file; it stays where it is
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How its outputs are read
    #[arg(long, value_parser = PossibleValuesParser::new(KINDS.iter().map(|kind| kind.name)))]
    head: String,
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with = "classes_file", help = classes_help())]
    classes: Vec<String>,
    /// The same from a file, one in each line
    #[arg(long, value_name = "FILE")]
    classes_file: Option<PathBuf>,
    /// Our words for classes, `theirs=ours`; with it only what it names is reported [default: street words for
    /// COCO's names, every other name as it is]
    #[arg(long, value_name = "WORDS", value_delimiter = ',', value_parser = pair::<String>)]
    words: Vec<(String, String)>,
    /// What configuration calls the model [default: the file's name]
    #[arg(long)]
    name: Option<String>,
    /// Licence of the weights [default: not stated]
    #[arg(long)]
    licence: Option<String>,
    /// Who made them, from what [default: added from FILE]
    #[arg(long)]
    origin: Option<String>,
    /// Size of the input [default: the file's own; 640x384 where the file leaves it open]
    #[arg(long, value_name = "WxH", value_parser = size)]
    input: Option<(usize, usize)>,
    /// Order of the colour channels
    #[arg(long, value_parser = PossibleValuesParser::new(["rgb", "bgr"]))]
    colour: Option<String>,
    /// How a picture of another shape is fitted in
    #[arg(long, value_parser = PossibleValuesParser::new(["letterbox-top-left", "letterbox-centre", "stretch"]))]
    fit: Option<String>,
    /// Value of padding, 0..255
    #[arg(long, value_name = "VALUE")]
    pad: Option<f64>,
    /// Subtracted from values in 0..255: one number, or three in channel order
    #[arg(long, value_name = "A,B,C", value_parser = channels)]
    mean: Option<[f64; 3]>,
    /// Divided by afterwards (255 for a network that wants 0..1): one number, or three in channel order
    #[arg(long, value_name = "A,B,C", value_parser = channels)]
    std: Option<[f64; 3]>,
    /// Pixels per cell of each level [default: 8,16,32]
    #[arg(long, value_name = "PIXELS", value_delimiter = ',')]
    strides: Vec<i64>,
    #[command(flatten)]
    own: OwnOptions,
    /// Names of the outputs in the head's order [default: told by their shapes]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    outputs: Vec<String>,
    /// Recommended thresholds by our words, `person=0.4,car=0.3` [default: usual for the head]
    #[arg(long, value_name = "THRESHOLDS", value_delimiter = ',', value_parser = pair::<f64>)]
    thresholds: Vec<(String, f64)>,
    /// Boxes of one class that overlap more are one thing [default: usual for the head]
    #[arg(long, value_name = "0..1")]
    nms_iou: Option<f64>,
    /// Longest that opening and trying the file may take, in seconds
    #[arg(long, value_name = "SECS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    trial_secs: u64,
    /// Print the entry and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    target: Target,
}

/// Options for the parameters that one kind of head alone has.
#[derive(Debug)]
struct OwnOptions(Own);

impl clap::Args for OwnOptions {
    fn augment_args(command: clap::Command) -> clap::Command {
        heads::own_parameters().fold(command, |command, (kind, parameter)| {
            let help = format!("{}: {} [default: {}]", kind.name, (parameter.help)(), parameter.usual);
            let option = clap::Arg::new(parameter.key).long(parameter.option).value_name(parameter.value);
            let option = match parameter.is_whole {
                true => option.value_parser(clap::value_parser!(i64)),
                false => option.value_parser(clap::value_parser!(f64)),
            };
            command.arg(option.help(help))
        })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for OwnOptions {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let own = heads::own_parameters().filter_map(|(_, parameter)| {
            let value = match parameter.is_whole {
                true => matches.get_one::<i64>(parameter.key).map(|value| *value as f64),
                false => matches.get_one::<f64>(parameter.key).copied(),
            };
            Some((parameter.key, value?))
        });
        Ok(OwnOptions(own.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn classes_help() -> String {
    let of_faces: Vec<&str> =
        KINDS.iter().filter(|kind| kind.finds_faces_only).map(|kind| kind.name).collect();
    let (last, others) = of_faces.split_last().unwrap_or((&"none", &[]));
    crate::text::help::classes(&[others.join(", "), (*last).to_owned()].join(" and "))
}

/// Where an entry goes and how the model is tried; shared with `fetch`.
#[derive(Debug, clap::Args)]
pub(super) struct Target {
    /// The manifest that gets the entry, or its folder; made if it is not there [default: LOOKOUT_MODELS, models/,
    /// beside the program, /usr/share/lookout/models; where there is none, a new one beside the model]
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// A picture to look at, JPEG or PNG [default: a built-in one with people, a car and an e-bike]
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
    /// What runs the model, the first that can: cpu, openvino, openvino_bf16, cuda, tensorrt, xnnpack, acl
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "cpu", value_parser = provider)]
    pub providers: Vec<Provider>,
}

/// Runs the command.
///
/// # Errors
/// Where the file is no model, is not what was said of it, or the manifest cannot take it; nothing is written then.
pub(super) fn run(args: Args) -> Result<(), Failure> {
    let file = args.file.clone();
    named_path::no_pipe(say::the_model(file.display()), &file)?;
    named_path::need(say::the_model(file.display()), &file)?;
    let within = Duration::from_secs(args.trial_secs);
    trial::in_another_process(&file, within, || add(args))
}

fn add(args: Args) -> Result<(), Failure> {
    let classes = match &args.classes_file {
        Some(file) => classes_in(file)?,
        None => args.classes,
    };
    let manifest = match Manifest::locate(args.target.manifest.as_deref()) {
        Ok(manifest) => manifest,
        Err(_) => args.file.parent().unwrap_or(Path::new("")).join(FILE_NAME),
    };
    let some = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
    let mut description = Description {
        name: args.name,
        licence: args.licence,
        origin: args.origin,
        head: Some(args.head),
        strides: Some(args.strides).filter(|strides| !strides.is_empty()),
        outputs: some(args.outputs),
        classes,
        words: Some(args.words.into_iter().collect::<BTreeMap<_, _>>()).filter(|words| !words.is_empty()),
        thresholds: args.thresholds.into_iter().collect(),
        nms_iou: args.nms_iou,
        input: Input {
            width: args.input.map(|(width, _)| width),
            height: args.input.map(|(_, height)| height),
            colour: args.colour,
            fit: args.fit,
            pad: args.pad,
            mean: args.mean,
            std: args.std,
        },
        ..Description::default()
    };
    description.set_own(&args.own.0);
    plug_in(description, &args.file, &manifest, &args.target, args.dry_run)
}

/// Describes the model in `file`, tries it, and writes its entry into `manifest`.
pub(super) fn plug_in(
    mut description: Description,
    file: &Path,
    manifest: &Path,
    target: &Target,
    dry_run: bool,
) -> Result<(), Failure> {
    let name = match &description.name {
        Some(name) => name.clone(),
        None => file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    };
    description.name = Some(name.clone());
    name_is_free(&name, manifest)?;
    // Before the work: a picture that cannot be read should not cost a minute.
    let picture = Shown::open(target.picture.as_deref())?;
    let network = Network::open(&name, file).map_err(failed)?;
    describe(&mut description, &network, file, manifest)?;

    let alone = Manifest::parse(&description.to_toml(), manifest);
    alone.map_err(without_places)?;
    let (described, edit) = Manifest::with_entry(manifest, &description).map_err(refused)?;
    let entry = described.model(&name).map_err(refused)?;
    let model = Arc::new(Model::load(entry, &target.providers).map_err(failed)?);
    report(&model, &network, &description, &picture)?;

    print_line(description.to_toml().trim_end())?;
    if dry_run {
        talk(say::nothing_written(manifest.display()));
        return Ok(());
    }
    let added = match edit.makes_the_file() {
        true => say::added_to_new(&name, manifest.display()),
        false => say::added(&name, manifest.display()),
    };
    edit.write().map_err(|error| Failure::tried(error.sentence()).hint_if(error.hint()))?;
    talk(added);
    talk_below(say::try_detect(&name, manifest.display()));
    Ok(())
}

/// Whether the manifest, if there is one, has no model of that name yet.
pub(super) fn name_is_free(name: &str, manifest: &Path) -> Result<(), Failure> {
    if !manifest.exists() {
        return Ok(());
    }
    let there = Manifest::read(manifest).map_err(refused)?;
    if there.model(name).is_err() {
        return Ok(());
    }
    Err(Failure::refused(say::described_already(manifest.display(), name)).hint(say::try_other_name()))
}

/// Adds to the description what the file says of itself and what is usual; refuses what contradicts the file.
fn describe(
    description: &mut Description,
    network: &Network,
    file: &Path,
    manifest: &Path,
) -> Result<(), Failure> {
    let named = file.display().to_string();
    if let Some(stranger) = network.stranger {
        return Err(unread(&named, stranger));
    }
    let kind = description.head.as_deref().and_then(heads::kind_named);
    let reads_any_size = kind.is_some_and(|kind| kind.reads_any_size);
    // The size for which such a file was exported means nothing, nor do the sizes of its outputs.
    let own = if reads_any_size { Some((None, None)) } else { network.picture_size() };
    let Some((width, height)) = own else {
        let hint = network.fed_otherwise().unwrap_or_else(say::try_without_preprocessing);
        return Err(Failure::tried(say::fed_otherwise(named, listed(&network.inputs))).hint(hint));
    };
    let input = &mut description.input;
    let other_width = |own: usize, said: usize| say::other_width(&named, own, said);
    let other_height = |own: usize, said: usize| say::other_height(&named, own, said);
    let sides: [(_, _, &dyn Fn(usize, usize) -> Sentence); 2] =
        [(&mut input.width, width, &other_width), (&mut input.height, height, &other_height)];
    for (said, own, other) in sides {
        match (*said, own) {
            (Some(said), Some(own)) if said != own => {
                return Err(Failure::refused(other(own, said)).hint(say::try_without_input()));
            }
            (None, Some(own)) => *said = Some(own),
            _ => {}
        }
    }
    let size_is_open = input.width.is_none() || input.height.is_none();
    if size_is_open {
        talk(say::size_taken(&named, USUAL_SIZE.0, USUAL_SIZE.1));
    }
    let size = (*input.width.get_or_insert(USUAL_SIZE.0), *input.height.get_or_insert(USUAL_SIZE.1));
    description.sha256 = Some(network.sha256.clone());
    description.file = Some(path_from(manifest, file)?);
    description.licence.get_or_insert_with(not_stated);
    let file_name = file.file_name().unwrap_or_default().to_string_lossy();
    description.origin.get_or_insert_with(|| say::added_from(&*file_name).to_string());
    description.complete();
    if description.outputs.is_none() && !reads_any_size {
        compare_outputs(description, network, size, &named)?;
    }
    Ok(())
}

/// What an entry says of a licence that nobody has named: in English, as the whole manifest.
fn not_stated() -> String {
    say::not_stated().to_string()
}

/// How the manifest names the file: from its own folder if the file lies below it, otherwise by its whole path.
fn path_from(manifest: &Path, file: &Path) -> Result<String, Failure> {
    let whole = std::fs::canonicalize(file)
        .map_err(|error| named_path::unreadable(say::the_model(file.display()), file, &error))?;
    let folder = manifest.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let below =
        std::fs::canonicalize(folder).ok().and_then(|f| whole.strip_prefix(f).ok().map(Path::to_owned));
    let path = below.as_deref().unwrap_or(&whole);
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| Failure::refused(say::path_not_utf8(path.display())))
}

/// One class in each line; an empty line between others is a class that is never reported.
fn classes_in(file: &Path) -> Result<Vec<String>, Failure> {
    let text = input_file::read_text(file)
        .map_err(|error| named_path::unreadable(say::class_names(file.display()), file, &error))?;
    let classes: Vec<String> = text.trim_end().lines().map(|line| line.trim().to_owned()).collect();
    if classes.is_empty() {
        return Err(Failure::refused(say::class_names_empty(file.display())));
    }
    Ok(classes)
}

/// What is wrong with an entry that stands in no file yet: the same words without line and column.
fn without_places(error: ManifestError) -> Failure {
    let ManifestError::Problems { problems, .. } = &error else { return refused(error) };
    let language = language::of_this_run();
    let messages = problems.iter().map(|problem| problem.what.with_hint(problem.hint.as_ref(), language));
    Failure { code: EXIT_INVALID, ..Failure::several(&messages.collect::<Vec<_>>()) }
}

// ---- what is reported about it

/// A picture to look at, and what people call it.
struct Shown {
    image: RgbImage,
    called: Words,
}

impl Shown {
    fn open(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(file) = file else {
            let image = image::load_from_memory(TEST_PICTURE).map_err(Failure::failed)?.into_rgb8();
            return Ok(Shown { image, called: say::built_in_picture().into() });
        };
        named_path::need(crate::text::detect::the_picture(file.display()), file)?;
        let image = detect::read(file)
            .map_err(|what| Failure::refused(crate::text::detect::of(file.display(), what)))?;
        Ok(Shown { image, called: file.display().into() })
    }
}

fn report(
    model: &Arc<Model>,
    network: &Network,
    description: &Description,
    picture: &Shown,
) -> Result<(), Failure> {
    let entry = model.entry();
    let shortest = shortest_run(model).map_err(failed)?;
    let found = look(model, &picture.image)?;
    let silent = entry.classes.iter().filter(|class| class.is_none()).count();
    let reported = model::listed(entry.reported().map(Class::name));
    let reported = if silent == 0 { reported } else { say::some_never(reported, silent).into() };
    let levels: Vec<String> = entry.head.strides().iter().map(ToString::to_string).collect();
    let kib = network.bytes.div_ceil(1024);
    talk(say::file_and_digest(entry.file.display(), kib, &network.sha256));
    let line = |label: Sentence, value: Words| {
        let language = language::of_this_run();
        let label = language::padded(&label.in_language(language), LABEL_COLUMNS);
        say!("  {label} {}", value.in_language(language));
    };
    line(say::label_fed(), listed(&network.inputs));
    let (outputs, classes) = (shortened(&network.outputs), counted(entry.classes.len()));
    line(say::label_puts_out(), say::puts_out(outputs, entry.head.name(), levels.join(" "), classes).into());
    line(say::label_reports(), reported);
    let ms = format!("{:.1}", shortest.as_secs_f64() * 1000.0);
    line(say::label_one_run(), say::run_on(ms, model.provider().name()).into());
    line(say::label_found(), found_in_words(entry, &found));
    let on = say::looked_at(picture.called.clone()).in_language(language::of_this_run());
    say!("{}{on}", " ".repeat(LABEL_COLUMNS + 3));
    if found.is_empty() {
        talk_below(foreign::hint(say::try_other_feeding()));
    }
    if description.licence == Some(not_stated()) {
        talk_below(foreign::hint(say::try_licence()));
    }
    Ok(())
}

fn look(model: &Arc<Model>, image: &RgbImage) -> Result<Vec<Detection>, Failure> {
    let picture = detect::picture_of(image).map_err(Failure::tried)?;
    let mut inference = Inference::new(std::slice::from_ref(model)).map_err(failed)?;
    let mut found = Vec::new();
    inference
        .detect(&picture, None, &Thresholds::default(), &mut found)
        .map_err(|error| Failure::tried(error.sentence()))?;
    Ok(found)
}

/// `7 x person (0.91 to 0.42), 1 x car (0.88)`, in the order of the classes.
fn found_in_words(entry: &ModelEntry, found: &[Detection]) -> Words {
    let mut parts: Vec<Words> = Vec::new();
    for class in entry.reported() {
        let scores: Vec<f32> = found.iter().filter(|d| d.class == class).map(|d| d.score).collect();
        match scores.as_slice() {
            [] => {}
            [one] => parts.push(say::one_found(class.name(), format!("{one:.2}")).into()),
            several => {
                let (most, least) =
                    several.iter().fold((0f32, 1f32), |(most, least), s| (most.max(*s), least.min(*s)));
                let (most, least) = (format!("{most:.2}"), format!("{least:.2}"));
                parts.push(say::several_found(several.len(), class.name(), most, least).into());
            }
        }
    }
    if parts.is_empty() { say::nothing().into() } else { Words::List(parts, Joint::Clauses) }
}

/// Talk goes to standard error.
pub(super) fn talk(words: Sentence) {
    say!("{}", words.in_language(language::of_this_run()));
}

/// The same of what was said before.
pub(super) fn talk_below(words: Sentence) {
    say!("  {}", words.in_language(language::of_this_run()));
}

// ---- how options are read

fn pair<T: std::str::FromStr<Err: Display>>(text: &str) -> Result<(String, T), String> {
    let expected = || say::pair_expected().in_language(language::of_this_run());
    let (name, value) = text.split_once('=').ok_or_else(expected)?;
    let value = value.trim().parse().map_err(|error| format!("{error}"))?;
    Ok((name.trim().to_owned(), value))
}

fn size(text: &str) -> Result<(usize, usize), String> {
    let sides = text.split_once(['x', 'X']).and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    sides.ok_or_else(|| say::size_expected().in_language(language::of_this_run()))
}

fn channels(text: &str) -> Result<[f64; 3], String> {
    let language = language::of_this_run();
    let number = |number: &str| {
        let read = number.trim().parse::<f64>();
        read.map_err(|error| say::no_number(number, error.to_string()).in_language(language))
    };
    let numbers: Vec<f64> = text.split(',').map(number).collect::<Result<_, _>>()?;
    match numbers.as_slice() {
        [one] => Ok([*one; 3]),
        [a, b, c] => Ok([*a, *b, *c]),
        _ => Err(say::channels_expected().in_language(language)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_or_refused_with_a_sentence() {
        assert_eq!(size("416x256"), Ok((416, 256)));
        assert_eq!(channels("255"), Ok([255.0; 3]));
        assert_eq!(channels("103.53, 116.28,123.675"), Ok([103.53, 116.28, 123.675]));
        assert_eq!(pair::<f64>("person=0.4"), Ok(("person".to_owned(), 0.4)));
        assert_eq!(
            pair::<String>("traffic light = lamp"),
            Ok(("traffic light ".trim().to_owned(), "lamp".to_owned()))
        );
        for wrong in ["416", "416x", "axb", "-1x2"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "1,2", "1,2,3,4", "a"] {
            assert!(channels(wrong).is_err(), "{wrong}");
        }
        assert!(pair::<f64>("person").is_err() && pair::<f64>("person=high").is_err());
    }
}
