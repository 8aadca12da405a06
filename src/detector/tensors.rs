//! The tensors of one model in one worker, and the call that runs the network on them.
//!
//! Inputs and outputs are made once and handed to every run, so a run allocates nothing of ours and copies
//! nothing. (`ort`'s `IoBinding` would copy the input when it is bound instead of when it runs on devices, and
//! needs the session exclusively.)

use std::ffi::c_char;
use std::fmt::Debug;
use std::ptr;

use ort::AsPointer;
use ort::memory::Allocator;
use ort::value::{PrimitiveTensorElementType, Tensor};

use super::denormals;
use super::heads::HeadOutput;
use super::model::Model;
use super::runtime::ort_message;
use crate::text::{Sentence, model as say};

/// Input and outputs of one model, for one thread.
#[derive(Debug)]
pub(super) struct Tensors {
    input: Input,
    outputs: Vec<Tensor<f32>>,
}

#[derive(Debug)]
enum Input {
    Floats(Tensor<f32>),
    Bytes(Tensor<u8>),
}

/// The input's values, channel by channel, as the network takes them.
#[derive(Debug)]
pub(super) enum InputValues<'a> {
    /// Normalised.
    Floats(&'a mut [f32]),
    /// As pictures are; such networks normalise for themselves.
    Bytes(&'a mut [u8]),
}

impl InputValues<'_> {
    /// Writes every value.
    pub(super) fn fill(self, mut value: impl FnMut(usize) -> f32) {
        match self {
            InputValues::Floats(values) => values.iter_mut().enumerate().for_each(|(i, v)| *v = value(i)),
            InputValues::Bytes(values) => {
                values.iter_mut().enumerate().for_each(|(i, v)| *v = value(i).round() as u8);
            }
        }
    }
}

impl Tensors {
    /// Tensors of the model's sizes, all zero.
    pub(super) fn new(model: &Model) -> Result<Self, Sentence> {
        let input = &model.entry().input;
        let outputs =
            model.outputs().iter().map(|o: &HeadOutput| zeroed(&o.shape)).collect::<Result<_, _>>()?;
        let shape = [1, 3, input.height, input.width];
        let input =
            if model.takes_bytes() { Input::Bytes(zeroed(&shape)?) } else { Input::Floats(zeroed(&shape)?) };
        Ok(Tensors { input, outputs })
    }

    /// The input's values, channel by channel.
    pub(super) fn input_mut(&mut self) -> Result<InputValues<'_>, Sentence> {
        let message = |error: ort::Error| ort_message(error.message());
        Ok(match &mut self.input {
            Input::Floats(input) => {
                InputValues::Floats(input.try_extract_tensor_mut::<f32>().map_err(message)?.1)
            }
            Input::Bytes(input) => {
                InputValues::Bytes(input.try_extract_tensor_mut::<u8>().map_err(message)?.1)
            }
        })
    }

    /// Values of all outputs, in the head's order.
    pub(super) fn outputs(&self) -> Result<Vec<&[f32]>, Sentence> {
        (0..self.outputs.len()).map(|number| self.output(number)).collect()
    }

    /// Values of one output.
    pub(super) fn output(&self, number: usize) -> Result<&[f32], Sentence> {
        let output = self.outputs.get(number).ok_or_else(say::no_such_output)?;
        output.try_extract_tensor::<f32>().map(|(_, values)| values).map_err(|e| ort_message(e.message()))
    }

    /// Runs `model` on the input; its outputs are then in here. `model` is the one these were made for.
    pub(super) fn run(&mut self, model: &Model) -> Result<(), Sentence> {
        let mut names = [ptr::null::<c_char>(); MOST_OUTPUTS];
        let mut values = [ptr::null_mut(); MOST_OUTPUTS];
        let count = self.outputs.len();
        if count != model.output_names().len() || count > MOST_OUTPUTS {
            return Err(say::tensors_of_another());
        }
        for (place, (name, output)) in model.output_names().iter().zip(&mut self.outputs).enumerate() {
            names[place] = name.as_ptr();
            values[place] = output.ptr_mut();
        }
        let input_names = [model.input_name().as_ptr()];
        let inputs = [match &self.input {
            Input::Floats(input) => input.ptr(),
            Input::Bytes(input) => input.ptr(),
        }];
        let _one_at_a_time = model.one_at_a_time().map(|lock| lock.lock());
        // SAFETY: the session lives as long as `model`; ONNX Runtime's `Run` does not change what callers can
        // see of it and may be called by several threads at once (C API, `OrtApi::Run`), and providers for
        // which that is in doubt are held to one run at a time by the lock. Names are NUL-terminated and live in
        // `model`; the arrays have `1` and `count` elements; every output value exists already and is ours alone
        // (`&mut self`), and ONNX Runtime checks its shape and type against what it computes.
        let status = denormals::flushed(|| unsafe {
            (ort::api().Run)(
                model.session().ptr().cast_mut(),
                ptr::null(),
                input_names.as_ptr(),
                inputs.as_ptr(),
                inputs.len(),
                names.as_ptr(),
                count,
                values.as_mut_ptr(),
            )
        });
        // SAFETY: `status` is what `Run` just returned, and nobody else takes it.
        unsafe { ort::Error::result_from_status(status) }.map_err(|error| ort_message(error.message()))
    }
}

/// Eight levels of three outputs: what a manifest can describe at most.
pub(super) const MOST_OUTPUTS: usize = 24;

fn zeroed<T>(shape: &[usize]) -> Result<Tensor<T>, Sentence>
where
    T: PrimitiveTensorElementType + Debug + Default + Clone,
{
    let shape: Vec<i64> = shape.iter().map(|size| *size as i64).collect();
    let message = |error: ort::Error| ort_message(error.message());
    let mut tensor = Tensor::<T>::new(&Allocator::default(), shape).map_err(message)?;
    tensor.try_extract_tensor_mut::<T>().map_err(message)?.1.fill(T::default());
    Ok(tensor)
}
