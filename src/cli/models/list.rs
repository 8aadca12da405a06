//! `lookout models list`: the models that the manifest describes, and whether their files are there.

use serde::Serialize;

use super::print_table;
use crate::cli::{Failure, print_line};
use crate::detector::manifest::Manifest;

/// One model of `list --json`.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    head: &'static str,
    input: [usize; 2],
    classes: Vec<&'static str>,
    licence: &'a str,
    origin: &'a str,
    file: String,
    present: bool,
}

/// Prints the models, as a table or as JSON lines.
pub(super) fn list(manifest: &Manifest, json: bool) -> Result<(), Failure> {
    let mut rows = vec![["NAME", "HEAD", "INPUT", "LICENCE", "FILE", "FINDS"].map(String::from)];
    for model in manifest.models() {
        let listed = Listed {
            name: &model.name,
            head: model.head.name(),
            input: [model.input.width, model.input.height],
            classes: model.reported().map(|class| class.name()).collect(),
            licence: &model.licence,
            origin: &model.origin,
            file: model.file.display().to_string(),
            present: model.file.is_file(),
        };
        if json {
            print_line(serde_json::to_string(&listed).map_err(Failure::failed)?)?;
        } else {
            let [width, height] = listed.input;
            rows.push([
                listed.name.to_owned(),
                listed.head.to_owned(),
                format!("{width}x{height}"),
                listed.licence.to_owned(),
                if listed.present { "there".to_owned() } else { "missing".to_owned() },
                listed.classes.join(" "),
            ]);
        }
    }
    if json { Ok(()) } else { print_table(manifest, &rows) }
}
