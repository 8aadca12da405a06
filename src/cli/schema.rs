//! `lookout schema`: Prints the published JSON Schemas.
