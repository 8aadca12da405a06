//! The real [`Detector`]: converts, runs and decodes with tensors and buffers of its own, so that workers
//! share nothing but the models. Allocates nothing per picture once its buffers have grown.

use std::sync::Arc;

use super::convert::{Converter, FrameFromModel};
use super::heads::{Candidate, SelectedClass, suppress_doubles};
use super::model::{Model, ModelError};
use super::tensors::{InputValues, MOST_OUTPUTS, Tensors};
use super::{Detector, InferError, Thresholds};
use crate::analysis::detection::Detection;
use crate::analysis::geometry::BBox;
use crate::frame::Picture;
use crate::text::Sentence;

/// Overlap beyond which boxes of one class that two models found are one thing. As for one model.
const SAME_THING_IOU: f32 = 0.5;

/// Runs one or several models on pictures. One per worker thread.
#[derive(Debug)]
pub struct Inference {
    stages: Vec<Stage>,
}

/// One model with everything it works on.
#[derive(Debug)]
struct Stage {
    model: Arc<Model>,
    converter: Converter,
    tensors: Tensors,
    wanted: Vec<SelectedClass>,
    candidates: Vec<Candidate>,
}

impl Inference {
    /// Prepares tensors and buffers for these models, which are run one after the other on every picture (a
    /// structure model and a face model, for example).
    ///
    /// # Errors
    /// `ModelError::Trial` where there is no memory for the tensors.
    pub fn new(models: &[Arc<Model>]) -> Result<Self, ModelError> {
        let stage = |model: &Arc<Model>| -> Result<Stage, ModelError> {
            let tensors = Tensors::new(model).map_err(|message| model.trial_error(message))?;
            Ok(Stage {
                converter: Converter::new(model.entry().input.clone()),
                tensors,
                wanted: Vec::with_capacity(model.entry().classes.len()),
                candidates: Vec::new(),
                model: Arc::clone(model),
            })
        };
        Ok(Inference { stages: models.iter().map(stage).collect::<Result<_, _>>()? })
    }

    /// The models, in the order in which they run.
    pub fn models(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.stages.iter().map(|stage| &stage.model)
    }
}

impl Detector for Inference {
    fn detect(
        &mut self,
        picture: &Picture,
        region: Option<BBox>,
        thresholds: &Thresholds,
        out: &mut Vec<Detection>,
    ) -> Result<(), InferError> {
        out.clear();
        for stage in &mut self.stages {
            if let Err(error) = stage.detect(picture, region, thresholds, out) {
                out.clear();
                return Err(error);
            }
        }
        if self.stages.len() > 1 {
            out.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
            drop_doubles(out);
        }
        Ok(())
    }
}

impl Stage {
    fn detect(
        &mut self,
        picture: &Picture,
        region: Option<BBox>,
        thresholds: &Thresholds,
        out: &mut Vec<Detection>,
    ) -> Result<(), InferError> {
        let entry = self.model.entry();
        let run_error = |message: Sentence| InferError::Run { model: entry.name.clone(), message };
        let converted = match self.tensors.input_mut().map_err(run_error)? {
            InputValues::Floats(tensor) => self.converter.convert(picture, region, tensor),
            InputValues::Bytes(tensor) => self.converter.convert(picture, region, tensor),
        };
        let frame_from_model =
            converted.map_err(|error| InferError::Convert { model: entry.name.clone(), error })?;
        self.tensors.run(&self.model).map_err(run_error)?;

        self.wanted.clear();
        for (column, class) in entry.classes.iter().enumerate() {
            let recommended = entry.thresholds.iter().find(|(known, _)| Some(*known) == *class);
            if let Some(&(class, recommended)) = recommended {
                let at_least = thresholds.of(class, recommended);
                self.wanted.push(SelectedClass { column, class, at_least });
            }
        }
        let mut outputs: [&[f32]; MOST_OUTPUTS] = [&[]; MOST_OUTPUTS];
        let count = self.model.outputs().len();
        for (number, output) in outputs.iter_mut().enumerate().take(count) {
            *output = self.tensors.output(number).map_err(run_error)?;
        }
        self.candidates.clear();
        entry.head.decode(&outputs[..count], &entry.input, &self.wanted, &mut self.candidates);
        suppress_doubles(&mut self.candidates, entry.nms_iou);
        out.extend(self.candidates.iter().filter_map(|candidate| in_frame(candidate, &frame_from_model)));
        Ok(())
    }
}

/// A candidate in parts of the frame; `None` if nothing of it lies in what was looked at.
fn in_frame(candidate: &Candidate, frame_from_model: &FrameFromModel) -> Option<Detection> {
    let box_in_frame = frame_from_model.box_in_frame(candidate.box_in_model);
    let detection = Detection { class: candidate.class, score: candidate.score, box_in_frame };
    (box_in_frame.area() > 0.0).then_some(detection)
}

/// Keeps the first of overlapping boxes of one class.
fn drop_doubles(detections: &mut Vec<Detection>) {
    let mut kept = 0;
    for next in 0..detections.len() {
        let detection = detections[next];
        let double = detections[..kept].iter().any(|k| {
            k.class == detection.class && k.box_in_frame.iou(&detection.box_in_frame) > SAME_THING_IOU
        });
        if !double {
            detections[kept] = detection;
            kept += 1;
        }
    }
    detections.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::detection::Class;

    #[test]
    fn what_two_models_found_twice_is_kept_once_and_with_the_higher_score() {
        let found =
            |class, score, x0| Detection { class, score, box_in_frame: BBox::new(x0, 0.1, x0 + 0.2, 0.4) };
        let mut detections = vec![
            found(Class::FACE, 0.9, 0.1),
            found(Class::PERSON, 0.8, 0.1),
            found(Class::FACE, 0.7, 0.11),
            found(Class::FACE, 0.6, 0.6),
        ];
        drop_doubles(&mut detections);
        let kept: Vec<(Class, f32)> = detections.iter().map(|d| (d.class, d.score)).collect();
        assert_eq!(kept, [(Class::FACE, 0.9), (Class::PERSON, 0.8), (Class::FACE, 0.6)]);
    }
}
