//! The configuration: the document as typed, with spans, becomes a checked configuration.
