//! The decode-and-infer loop, stage by stage.
fn main() {}
