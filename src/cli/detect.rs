//! `lookout detect`: the boxes found in pictures, as JSON lines.
//!
//! Shows what a model sees before it is trusted with a camera: the same conversion, model
//! and thresholds as in the daemon, on JPEG and PNG files. Must never change a picture it was given.

use std::collections::BTreeSet;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::{DynamicImage, ImageDecoder, ImageReader, RgbImage};
use serde::Serialize;

use super::{EXIT_FAILED, EXIT_INVALID, Failure, language, models, named_path, print_line, stream_line};
use crate::analysis::detection::Detection;
use crate::detector::{Detector, Inference, Model, Thresholds};
use crate::evidence;
use crate::frame::{Layout, Matrix, Picture, PictureFormat, PixelAspect, Range};
use crate::input_file;
use crate::text::{Sentence, argument, command_line, detect as say, foreign};

/// Print the boxes found in pictures as JSON lines
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// JPEG or PNG files
    #[arg(required = true, value_name = "PICTURE")]
    pictures: Vec<PathBuf>,
    /// A model of the manifest; several run together [default: the manifest's first]
    #[arg(long = "model", value_name = "NAME")]
    models: Vec<String>,
    /// Also write the pictures with boxes and labels into this folder (not redacted: for your own eyes)
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// The lowest score that counts, for every class [default: what the manifest recommends]
    #[arg(long, value_name = "0..1", value_parser = score)]
    threshold: Option<f32>,
    #[command(flatten)]
    source: models::Source,
}

/// One line of the output.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    class: &'static str,
    score: f64,
    #[serde(rename = "box")]
    edges: [f64; 4],
}

/// Runs the command.
///
/// # Errors
/// Where no model can be loaded, nothing is tried; a picture that cannot be read is reported, the others are
/// done, and the command fails at the end, as invalid where no more was wrong than names of files.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let models = load(&args)?;
    let thresholds: Thresholds = match args.threshold {
        None => Thresholds::default(),
        Some(at_least) => {
            models.iter().flat_map(|m| m.entry().reported()).map(|class| (class, at_least)).collect()
        }
    };
    let mut inference = Inference::new(&models).map_err(models::failed)?;
    if let Some(folder) = &args.save {
        named_path::make_folder("--save", folder)?;
    }
    let (mut failures, mut saved_names, mut found) = (Vec::new(), BTreeSet::new(), Vec::new());
    let (mut code, language) = (EXIT_INVALID, language::of_this_run());
    for file in &args.pictures {
        if let Err((what, hint)) = named_path::check(say::the_picture(file.display()), file) {
            failures.push(what.with_hint(Some(&hint), language));
            continue;
        }
        let outcome = read(file).and_then(|image| {
            inference
                .detect(&picture_of(&image)?, None, &thresholds, &mut found)
                .map_err(|error| error.sentence())?;
            Ok(image)
        });
        match outcome {
            Ok(image) => {
                // Pictures are kept and failures reported, with or without a reader.
                let goes_on = args.save.is_some() || !failures.is_empty();
                print_found(file, &found, if goes_on { print_line } else { stream_line })?;
                if let Some(folder) = &args.save {
                    save(image, &found, &free_name(folder, file, &mut saved_names))?;
                }
            }
            Err(what) => {
                code = EXIT_FAILED;
                failures.push(say::of(file.display(), what).in_language(language));
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(Failure { code, ..Failure::several(&failures) }) }
}

fn load(args: &Args) -> Result<Vec<Arc<Model>>, Failure> {
    let manifest = args.source.manifest()?;
    let names = match manifest.models().first() {
        Some(first) if args.models.is_empty() => vec![first.name.clone()],
        _ => args.models.clone(),
    };
    if names.is_empty() {
        return Err(Failure::refused(models::none_in(&manifest)));
    }
    let providers = args.source.providers();
    names
        .iter()
        .map(|name| {
            let entry = manifest.model(name).map_err(models::refused)?;
            Model::load(entry, providers).map(Arc::new).map_err(models::failed)
        })
        .collect()
}

fn print_found(
    file: &Path,
    found: &[Detection],
    print: fn(String) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // Four digits are a tenth of a pixel of a large picture; f32's own would look more certain than they are.
    let rounded = |v: f32| (f64::from(v) * 10_000.0).round() / 10_000.0;
    let name = file.to_string_lossy();
    for detection in found {
        let b = detection.box_in_frame;
        let line = Line {
            file: &name,
            class: detection.class.name(),
            score: rounded(detection.score),
            edges: [b.x0, b.y0, b.x1, b.y1].map(rounded),
        };
        print(serde_json::to_string(&line).map_err(Failure::failed)?)?;
    }
    Ok(())
}

/// The picture upright, as its camera's orientation tag says.
pub(super) fn read(file: &Path) -> Result<RgbImage, Sentence> {
    let message = |error: image::ImageError| say::no_picture(error.to_string());
    let mut decoder = input_file::open_plain(file)
        .and_then(|file| ImageReader::new(BufReader::new(file)).with_guessed_format())
        .map_err(|error| say::unread(argument::why_unread(&error)))?
        .into_decoder()
        .map_err(message)?;
    let orientation = decoder.orientation().map_err(message)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(message)?;
    image.apply_orientation(orientation);
    Ok(image.into_rgb8())
}

/// The pixels as a decoder would give them: full range, BT.601, full chroma (what JPEG holds, not thinned).
pub(super) fn picture_of(image: &RgbImage) -> Result<Picture, Sentence> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let mut planes = [0; 3].map(|_| Vec::with_capacity(width * height));
    for pixel in image.pixels() {
        let [r, g, b] = pixel.0.map(f32::from);
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        let yuv = [y, 128.0 + (b - y) / 1.772, 128.0 + (r - y) / 1.402];
        for (plane, value) in planes.iter_mut().zip(yuv) {
            plane.push(value.round() as u8);
        }
    }
    let format = PictureFormat {
        width,
        height,
        layout: Layout::I444,
        strides: [width; 3],
        range: Range::Full,
        matrix: Matrix::Bt601,
        pixel_aspect: PixelAspect::SQUARE,
    };
    Picture::new(format, Box::new(Vec::from(planes))).map_err(|error| foreign::words(error.to_string()))
}

/// The picture's name in `folder`; numbered where two pictures share it.
fn free_name(folder: &Path, picture: &Path, taken: &mut BTreeSet<PathBuf>) -> PathBuf {
    let stem = picture.file_stem().unwrap_or_default().to_string_lossy();
    let numbered = |number: usize| match number {
        1 => folder.join(format!("{stem}.png")),
        _ => folder.join(format!("{stem}-{number}.png")),
    };
    let name = (1..).map(numbered).find(|name| !taken.contains(name)).unwrap_or_else(|| numbered(1));
    taken.insert(name.clone());
    name
}

fn save(mut image: RgbImage, found: &[Detection], file: &Path) -> Result<(), Failure> {
    for detection in found {
        let text = format!("{} {:.2}", detection.class, detection.score);
        evidence::label(&mut image, detection.box_in_frame, detection.class, &text);
    }
    image.save(file).map_err(|error| match error {
        image::ImageError::IoError(error) => named_path::unwritable(file, &error),
        error => Failure::tried(command_line::unwritten(file.display(), error.to_string())),
    })
}

fn score(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(score) if score > 0.0 && score <= 1.0 => Ok(score),
        _ => Err(say::score_expected().in_language(language::of_this_run())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_one_name_do_not_overwrite_each_other() {
        let mut taken = BTreeSet::new();
        let mut name = |picture: &str| free_name(Path::new("out"), Path::new(picture), &mut taken);
        assert_eq!(name("a/lane.jpg"), Path::new("out/lane.png"));
        assert_eq!(name("b/lane.jpg"), Path::new("out/lane-2.png"));
        assert_eq!(name("b/gate.png"), Path::new("out/gate.png"));
    }

    #[test]
    fn a_threshold_is_a_score() {
        assert_eq!(score("0.45"), Ok(0.45));
        for text in ["0", "1.1", "-0.2", "NaN", "high"] {
            assert!(score(text).is_err(), "{text}");
        }
    }
}
