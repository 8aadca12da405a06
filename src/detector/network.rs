//! A model file that nobody has described yet: what it says of itself.
//!
//! For `lookout models add`, which asks before it describes. The file is untrusted: it is opened like any model,
//! on the CPU, and nothing in it may panic. What it says here is only compared and shown; whether it works is
//! [`Model::load`](super::Model::load)'s question.

use std::fmt;
use std::path::Path;

use ort::value::{Outlet, TensorElementType, ValueType};

use super::heads::Shape;
use super::model::{ModelError, Named, hex, open_with, read};
use super::provider::Provider;
use super::runtime::Runtime;

/// What a model file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// What it is fed.
    pub inputs: Vec<Port>,
    /// What it puts out, in the file's order.
    pub outputs: Vec<Port>,
}

/// An input or an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name in the file.
    pub name: String,
    /// Its sizes; empty if it is no tensor.
    pub shape: Shape,
    /// Whether it is a tensor of 32-bit floats, the only kind that Lookout feeds and reads.
    pub is_f32: bool,
}

impl Network {
    /// Opens a model file. `name` is for messages.
    ///
    /// # Errors
    /// [`ModelError::Runtime`], [`ModelError::Unreadable`], [`ModelError::NoModelFile`], [`ModelError::Load`].
    pub fn open(name: &str, file: &Path) -> Result<Network, ModelError> {
        let named = Named { name: name.to_owned(), file: file.to_owned() };
        let (bytes, digest) = read(&named, file)?;
        let session = open_with(Runtime::get()?, &bytes, Provider::Cpu)
            .map_err(|message| ModelError::Load { model: named, message })?;
        Ok(Network {
            bytes: bytes.len() as u64,
            sha256: hex(&digest),
            inputs: session.inputs().iter().map(port).collect(),
            outputs: session.outputs().iter().map(port).collect(),
        })
    }

    /// Width and height of its one picture, `1 x 3 x height x width`; each `None` where the file leaves it open.
    /// `None` where it is fed something else.
    pub fn picture_size(&self) -> Option<(Option<usize>, Option<usize>)> {
        let [Port { shape, is_f32: true, .. }] = self.inputs.as_slice() else { return None };
        match shape.as_slice() {
            [None | Some(1), None | Some(3), height, width] => Some((*width, *height)),
            _ => None,
        }
    }
}

fn port(outlet: &Outlet) -> Port {
    let (shape, is_f32) = match outlet.dtype() {
        ValueType::Tensor { ty, shape, .. } => (
            shape.iter().map(|size| usize::try_from(*size).ok()).collect(),
            *ty == TensorElementType::Float32,
        ),
        _ => (Shape::new(), false),
    };
    Port { name: outlet.name().to_owned(), shape, is_f32 }
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
        if self.is_f32 || sizes.is_empty() { Ok(()) } else { f.write_str(" (not f32)") }
    }
}
