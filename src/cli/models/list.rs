//! `lookout models list`: the models that the manifest describes, and whether their files are there.

use serde::Serialize;

use super::print_table;
use crate::cli::{Failure, language, print_line};
use crate::detector::manifest::Manifest;
use crate::text::{Sentence, models as say};

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
    let localized = |sentence: Sentence| sentence.in_language(language::of_this_run());
    let head = [
        say::column_name(),
        say::column_head(),
        say::column_input(),
        say::column_licence(),
        say::column_file(),
        say::column_finds(),
    ];
    let mut rows = vec![head.map(localized)];
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
                localized(if listed.present { say::there() } else { say::missing() }),
                listed.classes.join(" "),
            ]);
        }
    }
    if json { Ok(()) } else { print_table(manifest, &rows) }
}
