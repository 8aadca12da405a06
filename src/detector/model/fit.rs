//! Whether a network is what the manifest says: its inputs and outputs, their types and shapes.

use std::ffi::CString;

use ort::session::Session;
use ort::value::{Outlet, TensorElementType, ValueType};

use super::{MOST_VALUES, ModelError, Named};
use crate::detector::heads::{Head, HeadOutput, Shape, stranger};
use crate::detector::manifest::ModelEntry;
use crate::detector::network::{self, Port, port};
use crate::text::{Sentence, Words, model as say};

/// The head, turned where the output that it reads lies turned.
pub(super) fn as_it_lies(entry: &ModelEntry, session: &Session) -> Head {
    let classes = entry.classes.len();
    let named = entry.outputs.as_ref().and_then(|names| names.first());
    let outlet = session.outputs().iter().find(|outlet| named.is_none_or(|name| outlet.name() == name));
    let reads = |head: &Head| match (outlet, head.outputs(&entry.input, classes).first()) {
        (Some(outlet), Some(wanted)) => fits(outlet.dtype(), TensorElementType::Float32, &wanted.shape),
        _ => false,
    };
    let turned = entry.head.turned().filter(|turned| !reads(&entry.head) && reads(turned));
    turned.unwrap_or_else(|| entry.head.clone())
}

/// Compares the network's inputs and outputs with the manifest's; gives the names to run it with.
pub(super) fn check_description(
    named: &Named,
    entry: &ModelEntry,
    session: &Session,
    outputs: &[HeadOutput],
) -> Result<(CString, Vec<CString>), ModelError> {
    let refused = |what: Sentence| ModelError::Described { model: named.clone(), what, hint: None };
    let input = &entry.input;
    let values = outputs.iter().map(|o| o.shape.iter().fold(1usize, |a, b| a.saturating_mul(*b)));
    let values = values.fold(input.len(), usize::saturating_add);
    if values > MOST_VALUES {
        return Err(refused(say::too_many_values(MOST_VALUES, values)));
    }
    let ports: Vec<Port> = session.inputs().iter().map(port).collect();
    let fed_otherwise = |expected: Words| ModelError::Described {
        model: named.clone(),
        what: say::other_input(expected, list(session.inputs())),
        hint: network::fed_otherwise(&ports),
    };
    let [fed] = session.inputs() else { return Err(fed_otherwise(say::one_picture().into())) };
    let wanted = [1, 3, input.height, input.width];
    let bytes = is_of_bytes(fed.dtype());
    if !fits(fed.dtype(), if bytes { TensorElementType::Uint8 } else { TensorElementType::Float32 }, &wanted)
    {
        return Err(fed_otherwise(shape(&wanted).into()));
    }
    if bytes && (input.mean != [0.0; 3] || input.std != [1.0; 3]) {
        return Err(refused(say::other_input(say::of_floats(), list(session.inputs()))));
    }
    let chosen: Vec<&Outlet> = match &entry.outputs {
        Some(names) => {
            let by_name = |name: &String| {
                let found = session.outputs().iter().find(|o| o.name() == name);
                found.ok_or_else(|| refused(say::no_output(name, list(session.outputs()))))
            };
            names.iter().map(by_name).collect::<Result<_, _>>()?
        }
        None => session.outputs().iter().collect(),
    };
    if chosen.len() < outputs.len() {
        let found = list(session.outputs());
        return Err(refused(say::too_few_outputs(outputs.len(), entry.head.name(), found)));
    }
    for (outlet, wanted) in chosen.iter().zip(outputs) {
        if !fits(outlet.dtype(), TensorElementType::Float32, &wanted.shape) {
            return Err(other_output(named, entry, session, outlet, wanted));
        }
    }
    let c_name = |outlet: &Outlet| CString::new(outlet.name()).map_err(|_| refused(say::zero_byte()));
    let output_names = chosen.iter().take(outputs.len()).map(|o| c_name(o)).collect::<Result<_, _>>()?;
    Ok((c_name(fed)?, output_names))
}

/// Why an output of the network is not what the manifest's head reads.
fn other_output(
    named: &Named,
    entry: &ModelEntry,
    session: &Session,
    outlet: &Outlet,
    wanted: &HeadOutput,
) -> ModelError {
    let shapes: Vec<Shape> = session.outputs().iter().map(|outlet| port(outlet).shape).collect();
    if let Some(stranger) = stranger(&entry.head, &entry.input, entry.classes.len(), &shapes) {
        return ModelError::Stranger { model: named.clone(), stranger };
    }
    let (name, holds, head) = (outlet.name(), wanted.holds.clone(), entry.head.name());
    let (expected, found) = (shape(&wanted.shape), outlet.dtype().to_string());
    ModelError::Described {
        model: named.clone(),
        what: say::other_output(name, holds, head, expected, found),
        hint: network::put_out_otherwise(&port(outlet)),
    }
}

pub(super) fn is_of_bytes(dtype: &ValueType) -> bool {
    matches!(dtype, ValueType::Tensor { ty: TensorElementType::Uint8, .. })
}

/// Whether a tensor of the network can be of that shape and type. Sizes that the network leaves open fit.
fn fits(dtype: &ValueType, wanted: TensorElementType, shape: &[usize]) -> bool {
    let ValueType::Tensor { ty, shape: has, .. } = dtype else { return false };
    *ty == wanted
        && has.len() == shape.len()
        && has.iter().zip(shape).all(|(has, want)| *has < 0 || *has == *want as i64)
}

fn shape(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("Tensor<f32>({})", sizes.join(", "))
}

fn list(outlets: &[Outlet]) -> Words {
    if outlets.is_empty() {
        return say::none().into();
    }
    say::listed(outlets.iter().map(|outlet| format!("`{}` {}", outlet.name(), outlet.dtype())))
}
