//! A model's entry before it is one: what somebody said of a model, completed with what its kind of head is
//! usually fed, as text for a manifest, and put into the file without touching what stands there.
//!
//! Input: options of a command or a catalogue. Must never leave half a manifest behind: the file is replaced in
//! one step, or not at all. Whether what it says is right is decided by [`Manifest::parse`] (the entry) and by
//! [`Model::load`](crate::detector::Model::load) (the model).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Manifest, ManifestError};
use crate::analysis::detection::Class;
use crate::detector::heads::{self, Own, with_own_parameters};
use crate::input_file;

macro_rules! description {
    ($($own:ident: $kind:ty),+) => {
        /// What is known of a model, in the manifest's own words; `None` is left to [`complete`](Description::complete)
        /// and then to the manifest's defaults.
        #[derive(Debug, Clone, Default, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct Description {
            /// What configuration calls it.
            pub name: Option<String>,
            /// Its file, beside the manifest or with its whole path.
            pub file: Option<String>,
            /// SHA-256 of the file, in hex.
            pub sha256: Option<String>,
            /// Licence of the weights.
            pub licence: Option<String>,
            /// Who made them, from what.
            pub origin: Option<String>,
            /// Kind of head.
            pub head: Option<String>,
            /// Pixels per cell of each level.
            pub strides: Option<Vec<i64>>,
            $(
                /// A parameter that one head alone has.
                pub $own: Option<$kind>,
            )+
            /// Names of the outputs in the head's order.
            pub outputs: Option<Vec<String>>,
            /// What the network's classes are called, in its order; `coco` alone stands for COCO's eighty.
            pub classes: Vec<String>,
            /// Our words for them.
            pub words: Option<BTreeMap<String, String>>,
            /// Recommended thresholds, by our words.
            pub thresholds: BTreeMap<String, f64>,
            /// Boxes of one class that overlap more are one thing.
            pub nms_iou: Option<f64>,
            /// Name of the same network with 8-bit numbers.
            pub int8: Option<String>,
            /// What it wants to be fed.
            pub input: Input,
        }

        impl Description {
            /// The parameters that one head alone has, as far as they are known.
            pub(crate) fn own(&self) -> Own {
                let own = [$((stringify!($own), self.$own.map(Number::to_f64))),+];
                own.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
            }

            /// Says the parameters that one head alone has.
            pub(crate) fn set_own(&mut self, own: &Own) {
                $(self.$own = own.get(stringify!($own)).map(<$kind as Number>::of);)+
            }
        }
    };
}
with_own_parameters!(description);

/// A number as a manifest types it.
pub(super) trait Number: Copy {
    fn of(value: f64) -> Self;

    fn to_f64(self) -> f64;
}

impl Number for i64 {
    fn of(value: f64) -> Self {
        value as i64
    }

    fn to_f64(self) -> f64 {
        self as f64
    }
}

impl Number for f64 {
    fn of(value: f64) -> Self {
        value
    }

    fn to_f64(self) -> f64 {
        self
    }
}

/// What a model wants to be fed, as far as somebody said.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    /// Columns of the tensor.
    pub width: Option<usize>,
    /// Rows of the tensor.
    pub height: Option<usize>,
    /// `rgb` or `bgr`.
    pub colour: Option<String>,
    /// `letterbox-top-left`, `letterbox-centre` or `stretch`.
    pub fit: Option<String>,
    /// Value of padding, 0..255.
    pub pad: Option<f64>,
    /// Subtracted, in channel order.
    pub mean: Option<[f64; 3]>,
    /// Divided by, in channel order.
    pub std: Option<[f64; 3]>,
}

impl Description {
    /// Fills in what the head's family is usually fed, and our words for the names that data sets give to the
    /// things of a street. Of COCO's eighty classes only those are reported; of any other list all are.
    pub(crate) fn complete(&mut self) {
        let kind = self.head.as_deref().and_then(heads::kind_named);
        if self.classes.is_empty() && kind.is_some_and(|kind| kind.finds_faces_only) {
            self.classes = vec![Class::FACE.name().to_owned()];
        }
        if self.classes.len() == 1 && self.classes[0].eq_ignore_ascii_case("coco") {
            self.classes = COCO.map(str::to_owned).to_vec();
        }
        if self.words.is_none() {
            self.words = words_for(&self.classes);
        }
        let Some(usual) = kind.map(|kind| &kind.usual) else { return };
        let input = &mut self.input;
        input.colour.get_or_insert_with(|| usual.colour.to_owned());
        input.fit.get_or_insert_with(|| usual.fit.to_owned());
        input.pad.get_or_insert(usual.pad);
        input.mean.get_or_insert(usual.mean);
        input.std.get_or_insert(usual.std);
        self.nms_iou.get_or_insert(usual.nms_iou);
        for word in self.reported() {
            self.thresholds.entry(word).or_insert(usual.threshold);
        }
    }

    /// Our words that it reports, each once, in the order of the network's classes.
    pub(crate) fn reported(&self) -> Vec<String> {
        let mut reported: Vec<String> = Vec::new();
        for label in &self.classes {
            let word = match &self.words {
                None => Some(label),
                Some(words) => words.get(label),
            };
            if let Some(word) = word.filter(|word| !word.is_empty() && !reported.contains(word)) {
                reported.push(word.clone());
            }
        }
        reported
    }

    /// The entry as text, in the manifest's layout.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::from("[[model]]\n");
        let texts = [
            ("name", &self.name),
            ("file", &self.file),
            ("sha256", &self.sha256),
            ("licence", &self.licence),
            ("origin", &self.origin),
            ("head", &self.head),
        ];
        for (key, value) in texts {
            line(&mut text, key, value.as_deref().map(quoted));
        }
        line(&mut text, "strides", self.strides.as_ref().map(|v| format!("{v:?}")));
        let own = self.own();
        for (_, parameter) in heads::own_parameters() {
            line(&mut text, parameter.key, own.get(parameter.key).map(number));
        }
        line(&mut text, "outputs", self.outputs.as_deref().map(array));
        line(&mut text, "classes", Some(array(&self.classes)));
        let words = self.words.as_ref().map(|words| {
            let pairs = self.classes.iter().filter_map(|label| Some((label, quoted(words.get(label)?))));
            // What names no class at all comes last, for the manifest's check to report.
            let strangers = words.iter().filter(|(label, _)| !self.classes.contains(label));
            pairs.chain(strangers.map(|(label, word)| (label, quoted(word)))).collect::<Vec<_>>()
        });
        let thresholds = self.reported().into_iter().filter_map(|word| {
            let value = number(*self.thresholds.get(&word)?);
            Some((word, value))
        });
        let mut thresholds: Vec<(String, String)> = thresholds.collect();
        let strangers =
            self.thresholds.iter().filter(|(word, _)| !thresholds.iter().any(|(w, _)| w == *word));
        let strangers: Vec<_> = strangers.map(|(word, value)| (word.clone(), number(*value))).collect();
        thresholds.extend(strangers);
        let mut tables = String::new();
        if let Some(words) = words {
            table(&mut text, &mut tables, "words", &words);
        }
        if !thresholds.is_empty() {
            let pairs: Vec<_> = thresholds.iter().map(|(word, value)| (word, value.clone())).collect();
            table(&mut text, &mut tables, "thresholds", &pairs);
        }
        line(&mut text, "nms_iou", self.nms_iou.map(number));
        line(&mut text, "int8", self.int8.as_deref().map(quoted));
        line(&mut text, "input", Some(self.input.to_toml()));
        text + &tables
    }
}

impl Input {
    fn to_toml(&self) -> String {
        let three = |v: [f64; 3]| format!("[{}]", v.map(number).join(", "));
        let parts = [
            self.width.map(|v| format!("width = {v}")),
            self.height.map(|v| format!("height = {v}")),
            self.colour.as_deref().map(|v| format!("colour = {}", quoted(v))),
            self.fit.as_deref().map(|v| format!("fit = {}", quoted(v))),
            self.pad.map(|v| format!("pad = {}", number(v))),
            self.mean.filter(|v| *v != [0.0; 3]).map(|v| format!("mean = {}", three(v))),
            self.std.filter(|v| *v != [1.0; 3]).map(|v| format!("std = {}", three(v))),
        ];
        format!("{{ {} }}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// Our words for names of data sets; `None` where every name is ours already.
fn words_for(classes: &[String]) -> Option<BTreeMap<String, String>> {
    let is_coco = classes.len() == COCO.len()
        && classes
            .iter()
            .zip(COCO)
            .all(|(class, coco)| class.trim().to_lowercase().replace(' ', "_") == coco);
    let mut words = BTreeMap::new();
    for label in classes.iter().filter(|label| !label.is_empty()) {
        let known = street_word(label);
        if let Some(word) = known.map(Class::name).or((!is_coco).then_some(label.as_str())) {
            words.insert(label.clone(), word.to_owned());
        }
    }
    words.iter().any(|(label, word)| label != word).then_some(words)
}

/// The street vocabulary's class for a name that data sets use.
fn street_word(label: &str) -> Option<Class> {
    let label = label.trim().to_lowercase().replace([' ', '-'], "_");
    Some(match label.as_str() {
        "pedestrian" | "people" | "human" => Class::PERSON,
        "human_face" => Class::FACE,
        "bicycle" | "bike" | "motorcycle" | "motorbike" | "scooter" | "e_bike" | "ebike" => {
            Class::TWO_WHEELER
        }
        "coach" => Class::BUS,
        "van" | "lorry" => Class::TRUCK,
        "flame" => Class::FIRE,
        own => return Class::STREET.into_iter().find(|class| class.name() == own),
    })
}

impl Manifest {
    /// What a manifest's text becomes with one more entry at its end, and the models it then describes. Every
    /// byte that stands there stays. A file that is not there counts as an empty one.
    ///
    /// # Errors
    /// [`ManifestError::Read`]; [`ManifestError::Problems`], also of what stood there before.
    pub(crate) fn with_entry(
        file: &Path,
        description: &Description,
    ) -> Result<(Manifest, Edit), ManifestError> {
        let before = match input_file::read_text(file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(ManifestError::Read { file: file.to_owned(), error }),
        };
        let mut after = before
            .clone()
            .unwrap_or_else(|| "# Models for Lookout. See src/detector/manifest.rs.\n".to_owned());
        if !after.is_empty() {
            // Entries stand a line apart, whatever the file ended with.
            after.push_str(if after.ends_with('\n') { "\n" } else { "\n\n" });
        }
        after.push_str(&description.to_toml());
        let manifest = Manifest::parse(&after, file)?;
        Ok((manifest, Edit { file: file.to_owned(), before, after }))
    }
}

/// A manifest's text before and after, not yet written.
#[derive(Debug)]
pub(crate) struct Edit {
    file: PathBuf,
    before: Option<String>,
    after: String,
}

impl Edit {
    /// Whether there was no file before.
    pub(crate) fn makes_the_file(&self) -> bool {
        self.before.is_none()
    }

    /// Replaces the file in one step: a reader sees the old text or the new one, also after a crash.
    /// Makes its folder if there is none. A symbolic link stays one.
    ///
    /// # Errors
    /// [`ManifestError::Changed`] where the file is no longer what it was, [`ManifestError::Write`].
    pub(crate) fn write(self) -> Result<(), ManifestError> {
        let write_error = |error| ManifestError::Write { file: self.file.clone(), error };
        let file = fs::canonicalize(&self.file).unwrap_or_else(|_| self.file.clone());
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        fs::create_dir_all(&folder).map_err(write_error)?;
        let mut name = std::ffi::OsString::from(".");
        name.push(file.file_name().unwrap_or_default());
        name.push(format!(".{}.part", std::process::id()));
        let part = folder.join(name);
        let written = write_through(&part, self.after.as_bytes(), &file).and_then(|()| {
            if fs::read_to_string(&file).ok() != self.before {
                return Ok(false);
            }
            fs::rename(&part, &file)?;
            // The new name survives a power cut once the folder is on disk; a file system that cannot promise it
            // has replaced the file all the same.
            let _ = File::open(&folder).and_then(|folder| folder.sync_all());
            Ok(true)
        });
        if !matches!(written, Ok(true)) {
            // It may not even have been made.
            let _ = fs::remove_file(&part);
        }
        match written {
            Ok(true) => Ok(()),
            Ok(false) => Err(ManifestError::Changed { file: self.file }),
            Err(error) => Err(write_error(error)),
        }
    }
}

/// Writes a file to disk, with the permissions of the one it is to replace.
fn write_through(part: &Path, bytes: &[u8], replaces: &Path) -> io::Result<()> {
    let mut out = File::create(part)?;
    if let Ok(metadata) = fs::metadata(replaces) {
        out.set_permissions(metadata.permissions())?;
    }
    out.write_all(bytes)?;
    out.sync_all()
}

// ---- how it is written

/// Longest line of an array; then it is broken, as in the manifest that comes with Lookout.
const LINE_CHARS: usize = 108;
/// Maximum number of pairs that stand in one line; a TOML inline table may not be broken.
const PAIRS_IN_LINE: usize = 8;

fn line(text: &mut String, key: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{key} = {value}");
    }
}

/// Pairs in one line of the entry, or as a table of their own behind it.
fn table<K: AsRef<str>>(text: &mut String, tables: &mut String, name: &str, pairs: &[(K, String)]) {
    let pairs = pairs.iter().map(|(k, v)| format!("{} = {v}", key(k.as_ref())));
    let pairs: Vec<String> = pairs.collect();
    if pairs.len() <= PAIRS_IN_LINE {
        line(text, name, Some(format!("{{ {} }}", pairs.join(", "))));
    } else {
        let _ = writeln!(tables, "[model.{name}]\n{}", pairs.join("\n"));
    }
}

fn array(values: &[String]) -> String {
    let quoted: Vec<String> = values.iter().map(|v| quoted(v)).collect();
    let in_line = format!("[{}]", quoted.join(", "));
    if in_line.chars().count() + "classes = ".len() <= LINE_CHARS {
        return in_line;
    }
    let mut lines = vec![String::from("   ")];
    for value in quoted {
        let last = lines.last().map_or(0, |l| l.chars().count());
        if last > 4 && last + value.chars().count() + 2 > LINE_CHARS {
            lines.push(String::from("   "));
        }
        if let Some(last) = lines.last_mut() {
            let _ = write!(last, " {value},");
        }
    }
    format!("[\n{}\n]", lines.join("\n"))
}

fn quoted(text: &str) -> String {
    // A basic string in one line, whatever is in it.
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

fn key(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !text.is_empty() && text.chars().all(bare) { text.to_owned() } else { quoted(text) }
}

/// TOML knows `114` and `0.5`; infinity and NaN come out as it writes them and are refused by the check.
fn number(value: f64) -> String {
    if value.is_finite() { format!("{value}") } else { format!("{value}").to_lowercase() }
}

/// The classes of COCO (Lin et al. 2014) in the order of the eighty that detectors are trained on.
pub const COCO: [&str; 80] = [
    "person",
    "bicycle",
    "car",
    "motorcycle",
    "airplane",
    "bus",
    "train",
    "truck",
    "boat",
    "traffic_light",
    "fire_hydrant",
    "stop_sign",
    "parking_meter",
    "bench",
    "bird",
    "cat",
    "dog",
    "horse",
    "sheep",
    "cow",
    "elephant",
    "bear",
    "zebra",
    "giraffe",
    "backpack",
    "umbrella",
    "handbag",
    "tie",
    "suitcase",
    "frisbee",
    "skis",
    "snowboard",
    "sports_ball",
    "kite",
    "baseball_bat",
    "baseball_glove",
    "skateboard",
    "surfboard",
    "tennis_racket",
    "bottle",
    "wine_glass",
    "cup",
    "fork",
    "knife",
    "spoon",
    "bowl",
    "banana",
    "apple",
    "sandwich",
    "orange",
    "broccoli",
    "carrot",
    "hot_dog",
    "pizza",
    "donut",
    "cake",
    "chair",
    "couch",
    "potted_plant",
    "bed",
    "dining_table",
    "toilet",
    "tv",
    "laptop",
    "mouse",
    "remote",
    "keyboard",
    "cell_phone",
    "microwave",
    "oven",
    "toaster",
    "sink",
    "refrigerator",
    "book",
    "clock",
    "vase",
    "scissors",
    "teddy_bear",
    "hair_drier",
    "toothbrush",
];

#[cfg(test)]
mod tests;
