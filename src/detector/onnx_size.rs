//! A network's file with another size of picture written into it: some that would read pictures of any size were
//! exported for one, and ONNX Runtime holds them to it.
//!
//! Changes what the graph says of its input and its outputs and copies everything else byte by byte. The file is
//! untrusted, as in [`onnx_file`](super::onnx_file): what cannot be read is left as it is, for ONNX Runtime to refuse.

use std::collections::BTreeSet;

use super::onnx_file::{Fields, Value, text};

/// Fields of `ModelProto`, `GraphProto`, `TensorProto`, `ValueInfoProto`, `TypeProto`, `TypeProto.Tensor` and
/// `TensorShapeProto`.
mod field {
    pub(crate) const GRAPH: u64 = 7;
    pub(crate) const INITIALIZER: u64 = 5;
    pub(super) const INPUT: u64 = 11;
    pub(crate) const OUTPUT: u64 = 12;
    pub(crate) const VALUE_INFO: u64 = 13;
    pub(crate) const TENSOR_NAME: u64 = 8;
    pub(crate) const VALUE_NAME: u64 = 1;
    pub(crate) const VALUE_TYPE: u64 = 2;
    pub(crate) const TENSOR_TYPE: u64 = 1;
    pub(crate) const SHAPE: u64 = 2;
    pub(crate) const DIMENSION: u64 = 1;
    pub(crate) const DIMENSION_VALUE: u64 = 1;
}

/// The same file for one picture of that size, `1 x 3 x height x width`; what comes out follows from that and is left to
/// ONNX Runtime. `None` for bytes that cannot be read to their end.
pub(super) fn fed(bytes: &[u8], width: usize, height: usize) -> Option<Vec<u8>> {
    let shape: Vec<u8> = [1, 3, height, width]
        .into_iter()
        .flat_map(|size| message(field::DIMENSION, &number(field::DIMENSION_VALUE, size as u64)))
        .collect();
    rewritten(bytes, &mut |number, content| match number {
        field::GRAPH => graph(content, &shape).map_or(Part::Unreadable, Part::Becomes),
        _ => Part::Stays,
    })
}

fn graph(graph: &[u8], fed: &[u8]) -> Option<Vec<u8>> {
    // Older exporters list the weights among the inputs.
    let weights: BTreeSet<String> = Fields::of(graph)
        .filter_map(|(number, value)| value.bytes_of(number, field::INITIALIZER))
        .filter_map(|tensor| text(tensor, field::TENSOR_NAME))
        .collect();
    let is_weight = |input: &[u8]| text(input, field::VALUE_NAME).is_some_and(|name| weights.contains(&name));
    rewritten(graph, &mut |number, content| match number {
        field::INPUT if !is_weight(content) => with_shape(content, Some(fed)),
        field::OUTPUT => with_shape(content, None),
        // What lies between follows from the input as well.
        field::VALUE_INFO => Part::Goes,
        _ => Part::Stays,
    })
}

/// An input or output with another shape, or with none.
fn with_shape(value: &[u8], shape: Option<&[u8]>) -> Part {
    let of_tensor = |tensor: &[u8]| {
        rewritten(tensor, &mut |number, _| match (number, shape) {
            (field::SHAPE, Some(shape)) => Part::Becomes(shape.to_vec()),
            (field::SHAPE, None) => Part::Goes,
            _ => Part::Stays,
        })
    };
    let of_type = |kind: &[u8]| {
        rewritten(kind, &mut |number, tensor| match number {
            field::TENSOR_TYPE => of_tensor(tensor).map_or(Part::Unreadable, Part::Becomes),
            _ => Part::Stays,
        })
    };
    let changed = rewritten(value, &mut |number, kind| match number {
        field::VALUE_TYPE => of_type(kind).map_or(Part::Unreadable, Part::Becomes),
        _ => Part::Stays,
    });
    changed.map_or(Part::Unreadable, Part::Becomes)
}

/// What becomes of a field.
enum Part {
    Stays,
    Goes,
    Becomes(Vec<u8>),
    Unreadable,
}

/// A message with some of its fields changed; `None` where it cannot be read to its end.
fn rewritten(whole: &[u8], change: &mut dyn FnMut(u64, &[u8]) -> Part) -> Option<Vec<u8>> {
    let mut changed = Vec::with_capacity(whole.len() + 64);
    let mut fields = Fields::of(whole);
    while !fields.rest().is_empty() {
        let before = fields.rest();
        let (number, value) = fields.next()?;
        let as_it_was = &before[..before.len() - fields.rest().len()];
        let part = match value {
            Value::Bytes(content) => change(number, content),
            Value::Number(_) | Value::Other => Part::Stays,
        };
        match part {
            Part::Stays => changed.extend_from_slice(as_it_was),
            Part::Goes => {}
            Part::Becomes(content) => changed.extend(message(number, &content)),
            Part::Unreadable => return None,
        }
    }
    Some(changed)
}

fn varint(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

fn number(field: u64, value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    varint(field << 3, &mut bytes);
    varint(value, &mut bytes);
    bytes
}

fn message(field: u64, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(content.len() + 12);
    varint(field << 3 | 2, &mut bytes);
    varint(content.len() as u64, &mut bytes);
    bytes.extend_from_slice(content);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BUNDLED: &[u8] = include_bytes!("../../models/street-nano.onnx");

    /// Sizes of what is fed or put out, the weights left out.
    fn sizes(model: &[u8], of: u64) -> Vec<Vec<u64>> {
        let inside = |bytes: &[u8], wanted: u64| -> Vec<Vec<u8>> {
            Fields::of(bytes).filter_map(|(n, v)| v.bytes_of(n, wanted)).map(<[u8]>::to_vec).collect()
        };
        let graph = inside(model, field::GRAPH).remove(0);
        let values = inside(&graph, of);
        values
            .iter()
            .map(|value| {
                let kind = inside(value, field::VALUE_TYPE).remove(0);
                let tensor = inside(&kind, field::TENSOR_TYPE).remove(0);
                let shapes = inside(&tensor, field::SHAPE);
                let dims = shapes.iter().flat_map(|shape| inside(shape, field::DIMENSION));
                dims.map(|dim| {
                    let first = Fields::of(&dim).next();
                    match first {
                        Some((field::DIMENSION_VALUE, Value::Number(size))) => size,
                        Some(_) | None => 0,
                    }
                })
                .collect()
            })
            .collect()
    }

    #[test]
    fn the_picture_gets_its_size_and_the_rest_stays() {
        let changed = fed(BUNDLED, 640, 384).expect("a model");
        assert_eq!(sizes(&changed, field::INPUT)[0], [1, 3, 384, 640]);
        assert!(sizes(&changed, field::OUTPUT).iter().all(Vec::is_empty), "outputs follow from it");
        let again = fed(&changed, 416, 256).expect("a model");
        assert_eq!(sizes(&again, field::INPUT), sizes(BUNDLED, field::INPUT));
        assert!(BUNDLED.len() - again.len() < 4096, "more went than shapes");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..BUNDLED.len()) {
            let _ = fed(&bytes, 640, 384);
            prop_assert!(fed(&BUNDLED[..cut], 640, 384).is_none_or(|changed| changed.len() <= cut + 64));
        }
    }
}
