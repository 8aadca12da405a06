//! A model file that nobody has described yet: what it says of itself.
//!
//! For `lookout models add`, which asks before it describes. The file is untrusted: it is opened like any model,
//! on the CPU, and nothing in it may panic. What it says here is only compared and shown; whether it works is
//! [`Model::load`](super::Model::load)'s question.

use std::fmt;
use std::path::Path;

use ort::value::{Outlet, ValueType};

use super::heads::{Shape, Stranger};
use super::model::{ModelError, Named, open_with, read, refuse_weights_elsewhere};
use super::onnx_file::OnnxFile;
use super::runtime::Runtime;
use crate::text::{Sentence, model as say};
use crate::types::hex::hex;
use crate::types::provider::Provider;

/// What a model file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Network {
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// What it is fed.
    pub inputs: Vec<Port>,
    /// What it puts out, in the file's order.
    pub outputs: Vec<Port>,
    /// What it is for, where its exporter says so and that is not finding boxes.
    pub stranger: Option<Stranger>,
}

/// An input or an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name in the file.
    pub name: String,
    /// Its sizes; empty if it is no tensor.
    pub shape: Shape,
    /// What its values are: `f32`, `f16`, `u8`, ...; empty if it is no tensor.
    pub values: String,
}

/// The only values that Lookout reads, and nearly the only ones that it feeds.
const FLOATS: &str = "f32";

/// What to try with a network that is not fed one picture as Lookout feeds it.
pub(super) fn fed_otherwise(inputs: &[Port]) -> Option<Sentence> {
    let [input] = inputs else { return Some(say::try_one_input()) };
    if is_half(input) {
        return Some(say::try_floats());
    }
    match input.shape.as_slice() {
        [_, _, _, Some(1 | 3)] => Some(say::try_channels_first()),
        [Some(2..), ..] => Some(say::try_one_picture()),
        [_, Some(1), _, _] => Some(say::try_colours()),
        _ => None,
    }
}

/// What to try with a network whose output is not read.
pub(super) fn put_out_otherwise(output: &Port) -> Option<Sentence> {
    is_half(output).then(say::try_floats)
}

fn is_half(port: &Port) -> bool {
    matches!(port.values.as_str(), "f16" | "bf16")
}

impl Network {
    /// Opens a model file. `name` is for messages.
    ///
    /// # Errors
    /// [`ModelError::Runtime`], [`ModelError::Unreadable`], [`ModelError::NoModelFile`], [`ModelError::Load`].
    pub(crate) fn open(name: &str, file: &Path) -> Result<Network, ModelError> {
        let named = Named { name: name.to_owned(), file: file.to_owned() };
        let (bytes, digest) = read(&named, file)?;
        refuse_weights_elsewhere(&named, &bytes)?;
        let session = open_with(Runtime::get()?, &bytes, Provider::Cpu)
            .map_err(|message| ModelError::load(&named, &bytes, &message))?;
        let task = OnnxFile::read(&bytes).and_then(|file| file.task);
        Ok(Network {
            bytes: bytes.len() as u64,
            sha256: hex(&digest),
            inputs: session.inputs().iter().map(port).collect(),
            outputs: session.outputs().iter().map(port).collect(),
            stranger: task.and_then(|task| stranger_of(&task)),
        })
    }

    /// What to try where it is fed something else than one picture.
    pub(crate) fn fed_otherwise(&self) -> Option<Sentence> {
        fed_otherwise(&self.inputs)
    }

    /// What to try where its outputs cannot be read.
    pub(crate) fn put_out_otherwise(&self) -> Option<Sentence> {
        self.outputs.iter().find_map(put_out_otherwise)
    }

    /// Width and height of its one picture, `1 x 3 x height x width`; each `None` where the file leaves it open.
    /// `None` where it is fed something else.
    pub(crate) fn picture_size(&self) -> Option<(Option<usize>, Option<usize>)> {
        let [Port { shape, values, .. }] = self.inputs.as_slice() else { return None };
        if values != FLOATS {
            return None;
        }
        match shape.as_slice() {
            [None | Some(1), None | Some(3), height, width] => Some((*width, *height)),
            _ => None,
        }
    }
}

pub(super) fn port(outlet: &Outlet) -> Port {
    let (shape, values) = match outlet.dtype() {
        ValueType::Tensor { ty, shape, .. } => {
            (shape.iter().map(|size| usize::try_from(*size).ok()).collect(), ty.to_string())
        }
        _ => (Shape::new(), String::new()),
    };
    Port { name: outlet.name().to_owned(), shape, values }
}

/// By the word of Ultralytics' exporter.
fn stranger_of(task: &str) -> Option<Stranger> {
    match task {
        "segment" => Some(Stranger::Segmentation),
        "pose" => Some(Stranger::Pose),
        "obb" => Some(Stranger::TurnedBoxes),
        "classify" => Some(Stranger::Classifier),
        _ => None,
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> =
            self.shape.iter().map(|size| size.map_or("?".to_owned(), |s| s.to_string())).collect();
        write!(
            f,
            "{} {}",
            self.name,
            if sizes.is_empty() { "(no tensor)".to_owned() } else { sizes.join("x") }
        )?;
        if self.values == FLOATS || sizes.is_empty() { Ok(()) } else { write!(f, " of {}", self.values) }
    }
}
