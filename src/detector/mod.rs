//! Finds things in pictures; the only place that names ONNX Runtime.
