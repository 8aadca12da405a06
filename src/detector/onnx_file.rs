//! Inspects an ONNX file before it is loaded, and explains why ONNX Runtime refused it.
//!
//! Reads the outermost fields of `onnx.proto` and where weights lie, nothing else. The file is untrusted: every length
//! is checked, graphs in graphs are followed to a small depth, and what cannot be read is left out.

use super::runtime::one_line;
use crate::text::{Sentence, model as say};

/// Fields of `ModelProto`, `GraphProto`, `NodeProto`, `AttributeProto`, `TensorProto`, `OperatorSetIdProto` and
/// `StringStringEntryProto`.
mod field {
    pub(crate) const IR_VERSION: u64 = 1;
    pub(crate) const GRAPH: u64 = 7;
    pub(crate) const OPSET: u64 = 8;
    pub(crate) const METADATA: u64 = 14;
    pub(crate) const NODE: u64 = 1;
    pub(crate) const INITIALIZER: u64 = 5;
    pub(crate) const ATTRIBUTE: u64 = 5;
    pub(crate) const ATTRIBUTE_TENSOR: u64 = 5;
    pub(crate) const ATTRIBUTE_GRAPH: u64 = 6;
    pub(crate) const ATTRIBUTE_TENSORS: u64 = 10;
    pub(crate) const ATTRIBUTE_GRAPHS: u64 = 11;
    pub(crate) const EXTERNAL_DATA: u64 = 13;
    pub(crate) const DOMAIN: u64 = 1;
    pub(crate) const VERSION: u64 = 2;
    pub(super) const KEY: u64 = 1;
    pub(crate) const VALUE: u64 = 2;
}

/// What a file says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct OnnxFile {
    /// Version of the file format.
    ir_version: Option<u64>,
    /// Version of ONNX's own operators.
    opset: Option<u64>,
    /// The first other file in which weights lie.
    weights_in: Option<String>,
    /// What Ultralytics' exporter says that it is for: `detect`, `segment`, `pose`, `obb`, `classify`.
    pub task: Option<String>,
}

impl OnnxFile {
    /// `None` for bytes that are no `ModelProto`.
    pub(super) fn read(bytes: &[u8]) -> Option<OnnxFile> {
        let mut file = OnnxFile::default();
        let mut has_graph = false;
        for (number, value) in Fields::of(bytes) {
            match (number, value) {
                (field::IR_VERSION, Value::Number(version)) => file.ir_version = Some(version),
                (field::GRAPH, Value::Bytes(graph)) => {
                    has_graph = true;
                    file.weights_in = weights_in(graph, DEEPEST);
                }
                (field::OPSET, Value::Bytes(set)) => {
                    let (domain, version) = opset(set);
                    if domain.is_empty() || domain == "ai.onnx" {
                        file.opset = version;
                    }
                }
                (field::METADATA, Value::Bytes(entry))
                    if text(entry, field::KEY).as_deref() == Some("task") =>
                {
                    file.task = text(entry, field::VALUE);
                }
                _ => {}
            }
        }
        has_graph.then_some(file)
    }
}

/// The first byte of nearly every ONNX file: the key of its version.
const BEGINNING: u8 = 0x08;
/// Graphs in graphs that are looked into. Exporters make two or three.
const DEEPEST: usize = 8;

/// Why a file is refused before ONNX Runtime sees it: it would read the weights from a file of that name in the folder in
/// which Lookout happens to run, and nobody compared that file with anything.
pub(super) fn weights_elsewhere(bytes: &[u8]) -> Option<(Sentence, Option<Sentence>)> {
    let other = OnnxFile::read(bytes)?.weights_in?;
    Some((say::weights_elsewhere(other), Some(say::try_one_file())))
}

/// Why ONNX Runtime does not load these bytes, and what to try. `said` is what it says itself.
pub(super) fn why_not(bytes: &[u8], reason: &str) -> (Sentence, Option<Sentence>) {
    let reason = one_line(reason);
    let Some(file) = OnnxFile::read(bytes) else {
        let (what, hint) = what_it_is(bytes).unwrap_or_else(|| {
            let begins_well = bytes.first() == Some(&BEGINNING);
            let hint = if begins_well { say::try_complete_file() } else { say::try_onnx() };
            (say::not_loaded(reason), hint)
        });
        return (what, Some(hint));
    };
    if let Some(most) = number_after(&reason, "till opset ") {
        let what = match file.opset {
            Some(opset) => say::newer_operators_of(opset, most),
            None => say::newer_operators(most),
        };
        return (what, Some(say::try_older_opset(most.min(17))));
    }
    if let Some(most) = number_after(&reason, "max supported IR version: ") {
        let what = match file.ir_version {
            Some(version) => say::newer_format_of(version, most),
            None => say::newer_format(most),
        };
        return (what, Some(say::try_older_format(most)));
    }
    if let Some(operator) = unknown_operator(&reason) {
        return (say::unknown_operator(operator), Some(say::try_without_plugins()));
    }
    let is_cut = reason.contains("protobuf parsing failed");
    (say::not_loaded(reason), is_cut.then(say::try_complete_file))
}

/// The operator that ONNX Runtime misses, in one of the three ways in which it says so.
fn unknown_operator(reason: &str) -> Option<&str> {
    let before = reason.split_once(" is not a registered function/op").map(|(before, _)| before);
    let name = match before.and_then(|before| before.rsplit([' ', ':']).next()) {
        Some(name) => name,
        None => ["No Op registered for ", "Could not find an implementation for "]
            .iter()
            .find_map(|words| Some(reason.split_once(words)?.1))?,
    };
    name.split(['(', ' ']).next().filter(|name| !name.is_empty() && name.len() < 100)
}

fn number_after(text: &str, words: &str) -> Option<u64> {
    let (_, after) = text.split_once(words)?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// What a file is that is no model, by its first bytes, and what to do.
fn what_it_is(bytes: &[u8]) -> Option<(Sentence, Sentence)> {
    let begins = |with: &[u8]| bytes.starts_with(with);
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(64)]).trim_start().to_lowercase();
    Some(if begins(b"PK\x03\x04") || begins(b"\x80\x02") {
        (say::is_pytorch(), say::try_export())
    } else if bytes.get(4..8) == Some(b"TFL3") {
        (say::is_tflite(), say::try_tf2onnx())
    } else if begins(b"\x89HDF") {
        (say::is_keras(), say::try_tf2onnx())
    } else if begins(b"RKNN") || begins(b"ftrt") || begins(b"ptrt") {
        (say::is_for_accelerator(), say::try_its_onnx())
    } else if text.starts_with("version https://git-lfs") {
        (say::is_git_lfs(), say::try_git_lfs())
    } else if text.starts_with("<!doctype") || text.starts_with("<html") {
        (say::is_web_page(), say::try_direct_link())
    } else if text.starts_with("<?xml") {
        (say::is_xml(), say::try_its_onnx())
    } else {
        return None;
    })
}

/// The first file in which weights of a graph lie, also those in its nodes.
fn weights_in(graph: &[u8], deepest: usize) -> Option<String> {
    Fields::of(graph).find_map(|(number, value)| match (number, value) {
        (field::INITIALIZER, Value::Bytes(tensor)) => location(tensor),
        (field::NODE, Value::Bytes(node)) => {
            let mut attributes =
                Fields::of(node).filter_map(|(number, value)| value.bytes_of(number, field::ATTRIBUTE));
            attributes.find_map(|attribute| weights_of_attribute(attribute, deepest))
        }
        _ => None,
    })
}

fn weights_of_attribute(attribute: &[u8], deepest: usize) -> Option<String> {
    Fields::of(attribute).find_map(|(number, value)| match (number, value) {
        (field::ATTRIBUTE_TENSOR | field::ATTRIBUTE_TENSORS, Value::Bytes(tensor)) => location(tensor),
        (field::ATTRIBUTE_GRAPH | field::ATTRIBUTE_GRAPHS, Value::Bytes(graph)) if deepest > 0 => {
            weights_in(graph, deepest - 1)
        }
        _ => None,
    })
}

/// The file in which the values of a tensor lie.
fn location(tensor: &[u8]) -> Option<String> {
    Fields::of(tensor)
        .filter_map(|(number, value)| value.bytes_of(number, field::EXTERNAL_DATA))
        .filter(|entry| text(entry, field::KEY).as_deref() == Some("location"))
        .find_map(|entry| text(entry, field::VALUE))
}

fn opset(set: &[u8]) -> (String, Option<u64>) {
    let version = Fields::of(set).find_map(|(number, value)| match value {
        Value::Number(version) if number == field::VERSION => Some(version),
        Value::Number(_) | Value::Bytes(_) | Value::Other => None,
    });
    (text(set, field::DOMAIN).unwrap_or_default(), version)
}

/// A short text of a message, without what would spoil a log.
pub(super) fn text(message: &[u8], number: u64) -> Option<String> {
    let bytes = Fields::of(message).find_map(|(found, value)| value.bytes_of(found, number))?;
    let text = String::from_utf8_lossy(bytes);
    Some(text.chars().filter(|c| !c.is_control()).take(100).collect())
}

/// A value of a field.
pub(super) enum Value<'b> {
    Number(u64),
    Bytes(&'b [u8]),
    /// Of a fixed size, which nothing here needs.
    Other,
}

impl<'b> Value<'b> {
    pub(super) fn bytes_of(self, number: u64, wanted: u64) -> Option<&'b [u8]> {
        match self {
            Value::Bytes(bytes) if number == wanted => Some(bytes),
            Value::Bytes(_) | Value::Number(_) | Value::Other => None,
        }
    }
}

/// The fields of a message; ends where the bytes make no sense any more.
pub(super) struct Fields<'b> {
    rest: &'b [u8],
}

impl<'b> Fields<'b> {
    pub(super) fn of(message: &'b [u8]) -> Self {
        Fields { rest: message }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'b [u8] {
        self.rest
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for place in 0..10 {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f).checked_shl(7 * place)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, count: u64) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(count).ok()?)?;
        self.rest = rest;
        Some(taken)
    }
}

impl<'b> Iterator for Fields<'b> {
    type Item = (u64, Value<'b>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.take(8).map(|_| Value::Other)?,
            2 => {
                let count = self.varint()?;
                Value::Bytes(self.take(count)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            _ => return None,
        };
        Some((key >> 3, value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BUNDLED: &[u8] = include_bytes!("../../models/street-nano.onnx");

    #[test]
    fn a_real_file_says_what_it_is() {
        let file = OnnxFile::read(BUNDLED).expect("a model");
        assert!(file.opset.is_some_and(|opset| (7..=25).contains(&opset)), "{file:?}");
        assert!(file.ir_version.is_some() && file.weights_in.is_none(), "{file:?}");
    }

    #[test]
    fn weights_in_another_file_are_found_wherever_they_are_named() {
        let message = |number: u8, content: &[u8]| -> Vec<u8> {
            [&[number << 3 | 2, u8::try_from(content.len()).expect("a short one")], content].concat()
        };
        let entry = [message(1, b"location"), message(2, b"w.bin")].concat();
        let tensor = message(13, &entry);
        let in_a_node = message(1, &message(5, &message(5, &tensor)));
        let in_a_branch = message(1, &message(5, &message(6, &message(5, &tensor))));
        for graph in [message(5, &tensor), in_a_node, in_a_branch] {
            let why = weights_elsewhere(&message(7, &graph)).expect("they lie elsewhere").0;
            assert_eq!(why.to_string(), "its weights lie in another file, `w.bin`");
        }
        assert_eq!(weights_elsewhere(BUNDLED), None);
    }

    #[test]
    fn an_operator_that_is_missing_is_named() {
        for reason in [
            "This is an invalid model. Error: Fatal error: YoloLayer_TRT(-1) is not a registered function/op",
            "Could not find an implementation for YoloLayer_TRT(1) node with name ''",
            "This is an invalid model. In Node, (\"\") , Error No Op registered for YoloLayer_TRT with domain_version of 13",
        ] {
            assert_eq!(unknown_operator(reason), Some("YoloLayer_TRT"));
        }
        assert_eq!(unknown_operator("out of memory"), None);
    }

    #[test]
    fn what_is_no_model_is_named_by_its_first_bytes() {
        for (bytes, kind) in [
            (&b"PK\x03\x04data.pkl"[..], "a PyTorch file"),
            (b"\x1c\0\0\0TFL3\x14\0", "a TensorFlow Lite file"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "a pointer of Git LFS"),
            (b"\n<!DOCTYPE html><html>", "a web page"),
        ] {
            let (reason, hint) = why_not(bytes, "protobuf parsing failed");
            let is_named = reason.to_string().starts_with(&format!("it is {kind}"));
            assert!(is_named && hint.is_some(), "{reason} {hint:?}");
        }
        assert_eq!(
            why_not(b"nothing of the kind", "protobuf parsing failed").0.to_string(),
            "ONNX Runtime cannot load it: protobuf parsing failed"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..BUNDLED.len()) {
            let _ = why_not(&bytes, "till opset 999999999999999999999999 max supported IR version: ");
            let _ = OnnxFile::read(&BUNDLED[..cut]);
        }
    }
}
