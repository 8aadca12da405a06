//! The check of a manifest as it was typed: every problem of it at once.
//!
//! Each check reports what it finds and gives `None` where nothing useful is left.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::description::Number;
use super::identity;
use super::problems::line_and_column;
use super::{DEFAULT_NMS_IOU, DEFAULT_THRESHOLD, LONGEST_SIDE, ModelEntry, Problem};
use crate::analysis::detection::Class;
use crate::detector::convert::{Colour, Fit, ModelInput};
use crate::detector::heads::{self, Head, KINDS, Kind, Own, USUAL_STRIDES, with_own_parameters};
use crate::text::{Sentence, model as say};
use crate::types::hex::digest_from_hex;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManifestAsTyped {
    #[serde(default)]
    model: Vec<Spanned<ModelAsTyped>>,
}

macro_rules! model_as_typed {
    ($($own:ident: $kind:ty),+) => {
        /// Everything optional, so that everything that is missing can be reported at once.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct ModelAsTyped {
            name: Option<Spanned<String>>,
            file: Option<Spanned<String>>,
            sha256: Option<Spanned<String>>,
            licence: Option<Spanned<String>>,
            origin: Option<Spanned<String>>,
            head: Option<Spanned<String>>,
            strides: Option<Spanned<Vec<i64>>>,
            $($own: Option<Spanned<$kind>>,)+
            outputs: Option<Spanned<Vec<String>>>,
            classes: Option<Spanned<Vec<String>>>,
            words: Option<BTreeMap<Spanned<String>, Spanned<String>>>,
            #[serde(default)]
            thresholds: BTreeMap<Spanned<String>, Spanned<f64>>,
            nms_iou: Option<Spanned<f64>>,
            int8: Option<String>,
            input: Option<Spanned<InputAsTyped>>,
        }

        impl ModelAsTyped {
            /// The parameters that one head alone has: key, place and value.
            fn own(&self) -> Vec<(&'static str, Spanned<f64>)> {
                let own = [$((stringify!($own), as_number(&self.$own))),+];
                own.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
            }
        }
    };
}
with_own_parameters!(model_as_typed);

fn as_number<N: Number>(field: &Option<Spanned<N>>) -> Option<Spanned<f64>> {
    field.as_ref().map(|number| Spanned::new(number.span(), number.get_ref().to_f64()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputAsTyped {
    width: Option<Spanned<i64>>,
    height: Option<Spanned<i64>>,
    colour: Option<Spanned<String>>,
    fit: Option<Spanned<String>>,
    pad: Option<Spanned<f64>>,
    mean: Option<Spanned<[f64; 3]>>,
    std: Option<Spanned<[f64; 3]>>,
}

pub(super) struct Problems<'t> {
    pub(super) text: &'t str,
    pub(super) found: Vec<Problem>,
}

impl Problems<'_> {
    pub(super) fn add(&mut self, offset: usize, what: Sentence, hint: Option<Sentence>) {
        self.found.push(Problem { at: line_and_column(self.text, offset), what, hint });
    }
}

pub(super) fn check_all(typed: ManifestAsTyped, folder: &Path, problems: &mut Problems) -> Vec<ModelEntry> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut models = Vec::new();
    for (number, model) in typed.model.into_iter().enumerate() {
        let called = match &model.get_ref().name {
            Some(name) => say::called(name.get_ref()),
            None => say::numbered(number + 1),
        };
        if let Some(name) = &model.get_ref().name
            && let Some(first) = names.insert(name.get_ref().clone(), name.span().start)
        {
            let line = line_and_column(problems.text, first).0;
            problems.add(name.span().start, say::described_twice(called.clone(), line), None);
        }
        let mut check = Check { called, here: model.span().start, problems };
        models.extend(check.model(model.into_inner(), folder));
    }
    models
}

/// The checks of one model.
struct Check<'p, 't> {
    /// The model, as messages call it.
    called: Sentence,
    /// The place of a report about something missing.
    here: usize,
    problems: &'p mut Problems<'t>,
}

impl Check<'_, '_> {
    fn report<T>(&mut self, place: &Spanned<T>, what: Sentence, hint: Option<Sentence>) {
        let what = say::of(self.called.clone(), what);
        self.problems.add(place.span().start, what, hint);
    }

    fn model(&mut self, typed: ModelAsTyped, folder: &Path) -> Option<ModelEntry> {
        // Every check runs, whatever the others find; `?` comes afterwards.
        let name = self.text(&typed.name, "name");
        let file = self.text(&typed.file, "file");
        let sha256 = self.digest(&typed.sha256);
        let licence = self.text(&typed.licence, "licence");
        let origin = self.text(&typed.origin, "origin");
        let input = self.input(&typed.input);
        let head = self.head(&typed);
        let classes = self.classes(&typed);
        let thresholds = classes.as_deref().map(|classes| self.thresholds(&typed.thresholds, classes));
        let nms_iou = match &typed.nms_iou {
            None => Some(DEFAULT_NMS_IOU),
            Some(iou) => self.part(iou, "nms_iou"),
        };
        if let (Some(head), Some(input), Some(classes)) = (&head, &input, &classes) {
            self.fitting(&typed, head, input, classes.len());
        }
        Some(ModelEntry {
            name: name?,
            file: folder.join(file?),
            sha256: sha256?,
            licence: licence?,
            origin: origin?,
            input: input?,
            head: head?,
            outputs: typed.outputs.map(Spanned::into_inner),
            classes: classes?,
            thresholds: thresholds?,
            nms_iou: nms_iou?,
            int8: typed.int8,
        })
    }

    /// What concerns head, input and classes together.
    fn fitting(&mut self, typed: &ModelAsTyped, head: &Head, input: &ModelInput, classes: usize) {
        // The grids of a head cover the input exactly, or its cells do not lie where the network thinks.
        let coarsest = Some(head.coarsest_stride()).filter(|coarsest| !head.strides().contains(coarsest));
        for stride in head.strides().iter().copied().chain(coarsest) {
            if !input.width.is_multiple_of(stride) || !input.height.is_multiple_of(stride) {
                let place = typed.strides.as_ref().map_or(self.here, |p| p.span().start);
                let what = say::no_multiple(input.width, input.height, stride);
                self.problems.add(place, say::of(self.called.clone(), what), None);
            }
        }
        if let Some(place) = &typed.classes
            && head.kind().finds_faces_only
            && classes != 1
        {
            let hint = say::try_setting("classes", "[\"face\"]");
            self.report(place, say::one_class(head.name(), classes), Some(hint));
        }
        if let Some(outputs) = &typed.outputs {
            let (have, need) = (outputs.get_ref().len(), head.outputs(input, classes));
            if have != need.len() {
                let what = say::other_number_of_outputs(head.name(), need.len(), have);
                let order = say::listed(need.into_iter().map(|output| output.holds));
                self.report(outputs, what, Some(say::in_this_order(order)));
            }
        }
    }

    fn required<'a, T>(&mut self, field: &'a Option<Spanned<T>>, key: &str) -> Option<&'a Spanned<T>> {
        if field.is_none() {
            self.problems.add(self.here, say::missing(self.called.clone(), key), None);
        }
        field.as_ref()
    }

    fn text(&mut self, field: &Option<Spanned<String>>, key: &str) -> Option<String> {
        let value = self.required(field, key)?;
        if value.get_ref().trim().is_empty() {
            self.report(value, say::empty(key), None);
            return None;
        }
        Some(value.get_ref().clone())
    }

    fn digest(&mut self, field: &Option<Spanned<String>>) -> Option<[u8; 32]> {
        let value = self.required(field, "sha256")?;
        let digest = digest_from_hex(value.get_ref());
        if digest.is_none() {
            self.report(value, say::no_digest(), Some(say::try_sha256sum()));
        }
        digest
    }

    /// A part of 1 that is not 0.
    fn part(&mut self, value: &Spanned<f64>, key: &str) -> Option<f32> {
        let v = *value.get_ref();
        if v > 0.0 && v <= 1.0 {
            return Some(v as f32);
        }
        self.report(value, say::not_a_part(key, v.to_string()), None);
        None
    }

    fn whole(&mut self, value: &Spanned<i64>, key: &str, range: RangeInclusive<i64>) -> Option<usize> {
        let v = *value.get_ref();
        if range.contains(&v) {
            return usize::try_from(v).ok();
        }
        self.report(value, say::out_of_range(key, v, *range.start(), *range.end()), None);
        None
    }

    fn real(&mut self, value: &Spanned<f64>, key: &str, range: RangeInclusive<f64>) -> Option<f32> {
        let v = *value.get_ref();
        if range.contains(&v) {
            return Some(v as f32);
        }
        let (least, most) = (range.start().to_string(), range.end().to_string());
        self.report(value, say::out_of_range(key, v.to_string(), least, most), None);
        None
    }

    fn word<T: Copy>(
        &mut self,
        field: &Option<Spanned<String>>,
        key: &str,
        meanings: &[(&str, T)],
    ) -> Option<T> {
        let value = self.required(field, key)?;
        let meaning = meanings.iter().find(|(word, _)| word == value.get_ref()).map(|(_, meaning)| *meaning);
        if meaning.is_none() {
            let words = say::listed(meanings.iter().map(|(word, _)| format!("`{word}`")));
            self.report(value, say::unknown_word(key, value.get_ref()), Some(say::known_words(words)));
        }
        meaning
    }

    fn input(&mut self, field: &Option<Spanned<InputAsTyped>>) -> Option<ModelInput> {
        let typed = self.required(field, "[model.input]")?;
        let model = std::mem::replace(&mut self.here, typed.span().start);
        let typed = typed.get_ref();
        let width =
            self.required(&typed.width, "width").and_then(|v| self.whole(v, "width", 1..=LONGEST_SIDE));
        let height =
            self.required(&typed.height, "height").and_then(|v| self.whole(v, "height", 1..=LONGEST_SIDE));
        let colour = self.word(&typed.colour, "colour", &[("rgb", Colour::Rgb), ("bgr", Colour::Bgr)]);
        let fits = [
            ("letterbox-top-left", Fit::LetterboxTopLeft),
            ("letterbox-centre", Fit::LetterboxCentre),
            ("stretch", Fit::Stretch),
        ];
        let fit = self.word(&typed.fit, "fit", &fits);
        let pad = match &typed.pad {
            None => Some(114.0), // what YOLOX and YOLOv8 are trained with
            Some(pad) => self.real(pad, "pad", 0.0..=255.0),
        };
        let mean = self.channels(&typed.mean, "mean", 0.0, |_| true);
        let std = self.channels(&typed.std, "std", 1.0, |v| v != 0.0);
        self.here = model;
        Some(ModelInput {
            width: width?,
            height: height?,
            colour: colour?,
            mean: mean?,
            std: std?,
            fit: fit?,
            pad: pad?,
        })
    }

    fn channels(
        &mut self,
        field: &Option<Spanned<[f64; 3]>>,
        key: &str,
        default: f32,
        allowed: fn(f32) -> bool,
    ) -> Option<[f32; 3]> {
        let Some(value) = field else { return Some([default; 3]) };
        let channels = value.get_ref().map(|v| v as f32);
        if channels.iter().all(|v| v.is_finite() && allowed(*v)) {
            return Some(channels);
        }
        self.report(value, say::impossible_value(key, format!("{:?}", value.get_ref())), None);
        None
    }

    fn head(&mut self, typed: &ModelAsTyped) -> Option<Head> {
        let strides = self.strides(&typed.strides);
        let own = self.own_parameters(&typed.own());
        let kinds: Vec<(&str, &'static Kind)> = KINDS.iter().map(|kind| (kind.name, *kind)).collect();
        let kind = self.word(&typed.head, "head", &kinds)?;
        for (key, value) in typed.own() {
            let owner = heads::own_parameters().find(|(_, parameter)| parameter.key == key);
            if let Some((owner, _)) = owner.filter(|(owner, _)| owner.name != kind.name) {
                self.report(&value, say::key_of_other_head(key, owner.name, kind.name), None);
            }
        }
        let strides = strides?;
        if let (Some(place), Some(only)) = (&typed.strides, kind.only_stride)
            && strides != [only]
        {
            self.report(place, say::one_stride(kind.name, only), Some(say::try_without_strides()));
        }
        Some((kind.head)(strides, &own?))
    }

    /// The parameters that one head alone has, whichever it is; `None` if one is out of its range.
    fn own_parameters(&mut self, typed: &[(&'static str, Spanned<f64>)]) -> Option<Own> {
        let mut all = Some(Vec::new());
        for (key, value) in typed {
            let Some((_, parameter)) = heads::own_parameters().find(|(_, known)| known.key == *key) else {
                continue;
            };
            let v = *value.get_ref();
            if (parameter.least..=parameter.most).contains(&v) {
                if let Some(all) = &mut all {
                    all.push((*key, v));
                }
            } else {
                let (least, most) = (parameter.least.to_string(), parameter.most.to_string());
                self.report(value, say::out_of_range(*key, v.to_string(), least, most), None);
                all = None;
            }
        }
        all.map(Own::from_iter)
    }

    fn strides(&mut self, field: &Option<Spanned<Vec<i64>>>) -> Option<Vec<usize>> {
        let Some(value) = field else { return Some(USUAL_STRIDES.to_vec()) };
        let strides = value.get_ref();
        if (1..=12).contains(&strides.len()) && strides.iter().all(|s| (1..=256).contains(s)) {
            return Some(strides.iter().map(|s| *s as usize).collect());
        }
        self.report(value, say::no_strides(), None);
        None
    }

    /// Our word for each of the network's classes.
    fn classes(&mut self, typed: &ModelAsTyped) -> Option<Vec<Option<Class>>> {
        let labels = self.required(&typed.classes, "classes")?;
        let known = labels.get_ref();
        for (number, label) in known.iter().enumerate() {
            if !label.is_empty() && known[..number].contains(label) {
                self.report(labels, say::class_listed_twice(label), None);
            }
        }
        let words: BTreeMap<&str, &str> = typed
            .words
            .iter()
            .flatten()
            .map(|(label, word)| (label.get_ref().as_str(), word.get_ref().as_str()))
            .collect();
        for label in typed.words.iter().flatten().map(|(label, _)| label) {
            if !known.contains(label.get_ref()) {
                self.report(label, say::word_of_no_class(label.get_ref()), None);
            }
        }
        let word_for = |label: &str| match typed.words {
            None => Some(label.to_owned()),
            Some(_) => words.get(label).map(|word| (*word).to_owned()),
        };
        let classes: Vec<Option<Class>> = known
            .iter()
            .map(|label| word_for(label).filter(|word| !word.is_empty()).map(|word| Class::named(&word)))
            .collect();
        for word in classes.iter().flatten().map(|class| class.name()) {
            if let Some(sign) = identity::sign_in(word) {
                self.report(labels, say::class_identifies(word, sign), Some(say::try_as_a_thing()));
            }
        }
        if classes.iter().all(Option::is_none) {
            self.report(labels, say::nothing_reported(), None);
            return None;
        }
        Some(classes)
    }

    /// The recommended threshold of every word that is reported.
    fn thresholds(
        &mut self,
        typed: &BTreeMap<Spanned<String>, Spanned<f64>>,
        classes: &[Option<Class>],
    ) -> Vec<(Class, f32)> {
        let mut thresholds: Vec<(Class, f32)> = Vec::new();
        for class in classes.iter().copied().flatten() {
            if !thresholds.iter().any(|(known, _)| *known == class) {
                thresholds.push((class, DEFAULT_THRESHOLD));
            }
        }
        for (word, value) in typed {
            let Some(place) = thresholds.iter().position(|(class, _)| class.name() == word.get_ref()) else {
                let words = say::listed(thresholds.iter().map(|(class, _)| format!("`{class}`")));
                let what = say::threshold_of_no_class(word.get_ref());
                self.report(word, what, Some(say::it_reports(words)));
                continue;
            };
            if let Some(v) = self.part(value, &format!("thresholds.{}", word.get_ref())) {
                thresholds[place].1 = v;
            }
        }
        thresholds
    }
}
