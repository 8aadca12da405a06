//! The page on which zones, lines, masks and the horizon of a camera are drawn: over its redacted picture, with what is found
//! in it now, and with the rules that use each.
//!
//! What is drawn becomes a change of the configuration that somebody sees, tries and keeps like any other
//! (`super::changes`). Whether it makes sense is asked of `config`, never answered here. Without its script the page shows
//! the same as numbers, in the same form.

use std::collections::BTreeMap;
use std::iter::repeat_n;
use std::sync::Arc;

use axum::extract::{Extension, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Serialize;
use serde_json::{Value, json};

use super::Site;
use super::accounts::Role;
use super::in_force::OnTrial;
use super::layout::{Shell, Tab, token};
use super::next_step::{self, NextStep};
use super::request::{Fields, OwnForm, Reader, Refused, Visitor, installers_only};
use crate::analysis::detection::Class;
use crate::config::edit::{self, Edit};
use crate::config::{Config, Explained, Problem, Severity, Surroundings};
use crate::contract::words::Language;
use crate::text::{Sentence, Words, page_changes, page_live, page_shapes as say};

mod drawn;

use drawn::{Drawn, Named};

/// Rows for shapes that come in addition, where the page works without its script.
const SPARE_ROWS: usize = 2;
/// The usual shape of a picture until there is one; the script asks the picture itself.
const USUAL_SIZE: (u32, u32) = (1280, 720);

/// The rules that use zones of the camera, and those that use lines.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Uses {
    zone: Vec<Use>,
    line: Vec<Use>,
}

/// A rule that uses a zone or a line.
#[derive(Debug, PartialEq, Serialize)]
struct Use {
    /// What it calls it.
    name: String,
    rule: String,
    /// Whether it watches this camera alone, so that it follows a new name.
    follows: bool,
}

/// What the page shows of a camera.
struct Board {
    drawn: Drawn,
    uses: Uses,
    /// What people call the camera.
    title: String,
    /// Whether it runs, so that there may be a picture.
    is_running: bool,
}

/// A camera's name in a path.
fn is_id(text: &str) -> bool {
    let is_usual =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    !text.is_empty() && text.len() <= 64 && text.bytes().all(is_usual)
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(camera): Path<String>,
    request: Request,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, request.headers());
    let (asked, of) = (camera.clone(), visitor.clone());
    let board = site.blocking(move |site| board(site, &of, &asked), reader).await?;
    let board = board.map_err(|error| Refused::broken(error, reader))?;
    let board = board.ok_or_else(|| site.not_there(&visitor, reader))?;
    let here = request.uri().path().to_owned();
    let title = say::title(&board.title);
    let mut shell = site.shell(reader, title, here, request.headers(), &visitor).await?;
    shell.tab = Some(Tab::Status);
    let may_edit = visitor.may(Role::Installer);
    let next = next_step::after(&site, &shell, &camera, NextStep::Zones);
    let in_force = site.in_force();
    let others = in_force.tried_by_others(&visitor.person.name).filter(|_| !board.is_running);
    let tried_by = others.map(OnTrial::who);
    let view = View { camera: &camera, board: &board, shell: &shell, may_edit, tried_by };
    Ok(Html(shell.page(view.body(&visitor, &next)).into_string()))
}

/// What stands in the text that would be changed, or runs, for a reader who may only look; `None`: it has no such camera.
fn board(site: &Site, visitor: &Visitor, camera: &str) -> Result<Option<Board>, Sentence> {
    if !is_id(camera) {
        return Ok(None);
    }
    let running = site.config();
    let text = match visitor.may(Role::Installer) {
        true => site.text_to_change(visitor)?,
        false => running.text().to_owned(),
    };
    let path = &site.parts.config_file;
    let Ok(explained) = Explained::of(path, &text, camera) else { return Ok(None) };
    // Of a text with mistakes: the rules that run.
    let read = Config::from_text(path, &text, &Surroundings::of(path));
    let name = running.camera(camera).and_then(|camera| camera.responsible.name.clone());
    Ok(Some(Board {
        drawn: Drawn::of(&explained),
        uses: uses(read.as_ref().unwrap_or(&running), camera),
        title: name.unwrap_or_else(|| camera.to_owned()),
        is_running: running.camera(camera).is_some(),
    }))
}

fn uses(config: &Config, camera: &str) -> Uses {
    let mut uses = Uses::default();
    for rule in config.rules.iter().filter(|rule| rule.cameras.iter().any(|id| **id == *camera)) {
        let of_kind = if rule.when.zone().is_some() { &mut uses.zone } else { &mut uses.line };
        of_kind.push(Use {
            name: rule.when.place().to_string(),
            rule: rule.id.to_string(),
            follows: rule.cameras.len() == 1,
        });
    }
    uses
}

// ---- what is drawn comes back

/// Asks what the box says of what is drawn so far.
pub(super) async fn check(
    State(site): State<Arc<Site>>,
    Path(camera): Path<String>,
    form: OwnForm,
) -> Result<Response, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    installers_only(&visitor, reader)?;
    let problems =
        site.blocking(move |site| problems(site, &visitor, &camera, &fields, reader.0), reader).await?;
    let body = json!({ "problems": problems }).to_string();
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// Everything that is wrong with it: in what is drawn, and in the rules that use it.
fn problems(site: &Site, visitor: &Visitor, camera: &str, fields: &Fields, language: Language) -> Vec<Value> {
    let of_nothing = |why: Sentence| vec![json!({ "isError": true, "text": why.in_language(language) })];
    let shapes = match Drawn::posted(fields).and_then(|drawn| drawn.shapes()) {
        Ok(shapes) => shapes,
        Err(why) => return of_nothing(why),
    };
    let change = Edit::SetShapes { camera: camera.to_owned(), shapes };
    let text = match site.text_to_change(visitor).and_then(|text| edit::apply(&text, &[change])) {
        Ok(text) => text,
        Err(why) => return of_nothing(why),
    };
    let path = &site.parts.config_file;
    let problems = match Config::from_text(path, &text, &Surroundings::of(path)) {
        Ok(config) => config.warnings,
        Err(problems) => problems.list,
    };
    problems.iter().filter_map(|problem| described(problem, camera, language)).collect()
}

/// A problem as the script shows it, with the shape that it is about; `None`: it is about something else, and no error.
fn described(problem: &Problem, camera: &str, language: Language) -> Option<Value> {
    let about = about(problem, camera);
    let is_error = problem.severity == Severity::Error;
    if about.is_none() && !is_error {
        return None;
    }
    let mut described = json!({
        "isError": is_error,
        "text": problem.what.in_language(language),
        "hint": problem.hint.as_ref().map(|hint| hint.in_language(language)),
    });
    if let Some((kind, name, value)) = about {
        described["kind"] = json!(kind);
        described[name] = value;
    }
    Some(described)
}

/// Kind and name, or kind and number, of the shape that a problem is about.
fn about(problem: &Problem, camera: &str) -> Option<(&'static str, &'static str, Value)> {
    if !problem.is_of_camera(camera) {
        return None;
    }
    let named = |code: &str, argument: &str| Some(problem.what.first_of(code)?.value(argument)?.to_string());
    for (code, kind) in [("config.zone", "zone"), ("config.line", "line")] {
        if let Some(name) = named(code, "id") {
            return Some((kind, "name", json!(name)));
        }
    }
    for (code, kind) in [
        ("config_check.zone_number", "zone"),
        ("config_check.line_number", "line"),
        ("config_check.mask_number", "mask"),
    ] {
        if let Some(number) = named(code, "number").and_then(|number| number.parse::<usize>().ok()) {
            return Some((kind, "number", json!(number)));
        }
    }
    let is_horizon = named("config.field_of", "name").is_some_and(|name| name == "horizon");
    is_horizon.then(|| ("horizon", "number", json!(1)))
}

/// Proposes what is drawn.
pub(super) async fn propose(
    State(site): State<Arc<Site>>,
    Path(camera): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    installers_only(&visitor, reader)?;
    if !is_id(&camera) {
        return Err(Refused::not_found(reader));
    }
    let here = format!("/cameras/{camera}/shapes");
    let refused = |why: Sentence| Refused::new(StatusCode::BAD_REQUEST, why, reader);
    let shapes = Drawn::posted(&fields).and_then(|drawn| drawn.shapes()).map_err(refused)?;
    let why = say::why(&camera);
    site.propose(&visitor, reader, vec![Edit::SetShapes { camera, shapes }], why, here).await
}

// ---- the page

struct View<'a> {
    camera: &'a str,
    board: &'a Board,
    shell: &'a Shell<'a>,
    may_edit: bool,
    /// Who tries a configuration without this camera.
    tried_by: Option<Words>,
}

impl View<'_> {
    fn say(&self, sentence: Sentence) -> String {
        self.shell.say(sentence)
    }

    fn body(&self, visitor: &Visitor, next: &Markup) -> Markup {
        let View { camera, board, may_edit, .. } = *self;
        let path = format!("/cameras/{camera}");
        let about = json!({ "shapes": board.drawn, "uses": board.uses }).to_string();
        html! {
            p.back { a href=(path) { (self.say(say::back())) } }
            h1 { (self.say(self.shell.title.clone())) }
            @if !may_edit { p.notice { (self.say(say::only_installers())) } }
            @if !board.is_running {
                @let why = self.tried_by.clone().map_or_else(say::camera_is_new, page_changes::is_tried_without);
                p.notice { (self.say(why)) }
            }
            (next)
            div.board #shapes data-about=(about) data-words=(self.words()) data-check={ (path) "/shapes/check" }
                data-boxes={ (path) "/live" } {
                div {
                    @if may_edit { (self.tools()) }
                    (self.stage(&path))
                    @if may_edit { (self.pen()) }
                    p #said.hint role="status" {}
                    (self.views())
                    @if may_edit { (self.kinds()) }
                }
                section #list aria-labelledby="what-is-drawn" hidden {
                    h2 #what-is-drawn { (self.say(say::list())) }
                    p #nothing-drawn.empty hidden { (self.say(say::nothing_drawn())) }
                    ul #shape-list.shapes {}
                    template #shape-row { (self.row()) }
                    @if may_edit { ul #problems.troubles aria-label=(self.say(say::problems())) aria-live="polite" {} }
                }
            }
            @if may_edit { (self.form(visitor, &path)) } @else { (self.table()) }
            script src="/assets/shapes.js" defer {}
        }
    }

    /// What the script says.
    fn words(&self) -> String {
        let word = |sentence: Sentence| Value::String(self.say(sentence));
        // The script puts in what only it knows.
        let (count, number, name, x, y) = ("{count}", "{number}", "{name}", "{x}", "{y}");
        let (rules, rule) = ("{rules}", "{rule}");
        let class = |class: Class| (class.name(), class.words().in_language(self.shell.language));
        let classes: BTreeMap<&str, String> = Class::STREET.into_iter().map(class).collect();
        json!({
            "zone": word(say::zone()), "line": word(say::line()), "mask": word(say::mask()),
            "horizon": word(say::horizon()),
            "classes": classes, "percent": word(page_live::percent("{number}")),
            "left": word(say::left()), "right": word(say::right()),
            "draw": {
                "zone": word(say::draw_zone(count)), "line": word(say::draw_line()),
                "mask": word(say::draw_mask(count)), "horizon": word(say::draw_horizon(count)),
            },
            "draw_by_keys": word(say::draw_by_keys()),
            "crosshair": word(say::crosshair(x, y)),
            "corner": word(say::corner(number, name, x, y)),
            "between": word(say::between(number, name)),
            "whole": word(say::whole(name)),
            "least": word(say::least(count)),
            "drawn": word(say::drawn()), "deleted": word(say::deleted(name)),
            "used_by": word(say::used_by(rules)), "rule_more": word(say::rule_more(rules, rule)),
            "unused": word(say::unused()),
            "from_a_layer": word(say::from_a_layer("{layer}")),
            "finish_first": word(say::finish_first()), "no_numbers": word(say::no_numbers()),
            "not_checked": word(say::not_checked()), "not_live": word(say::not_live()),
        })
        .to_string()
    }

    fn tools(&self) -> Markup {
        let kinds = [
            ("zone", say::add_zone()),
            ("line", say::add_line()),
            ("mask", say::add_mask()),
            ("horizon", say::add_horizon()),
        ];
        html! {
            div #tools.tools role="group" aria-label=(self.say(say::tools())) hidden {
                @for (kind, name) in kinds {
                    button.button.second type="button" data-add=(kind) { (self.say(name)) }
                }
            }
        }
    }

    /// While something is drawn. Right behind the picture, where the keyboard goes next.
    fn pen(&self) -> Markup {
        html! {
            div #pen.tools hidden {
                button #finish type="button" { (self.say(say::finish())) }
                button #cancel.button.second type="button" { (self.say(say::cancel())) }
            }
        }
    }

    fn kinds(&self) -> Markup {
        let kinds = [
            (say::zone(), say::about_zone()),
            (say::line(), say::about_line()),
            (say::mask(), say::about_mask()),
            (say::horizon(), say::about_horizon()),
        ];
        html! {
            details {
                summary { (self.say(say::about_kinds())) }
                dl.wide {
                    @for (kind, about) in kinds { dt { (self.say(kind)) } dd { (self.say(about)) } }
                }
            }
        }
    }

    fn stage(&self, path: &str) -> Markup {
        let picture = format!("{path}/picture.jpg");
        let (width, height) = USUAL_SIZE;
        html! {
            p #no-picture.notice hidden { (self.say(say::no_picture())) }
            // One that is enlarged is moved by the arrow keys, too.
            div #stage.stage tabindex="0" role="group" aria-label=(self.say(say::canvas(&self.board.title))) {
                div #sheet.sheet {
                    img #picture src=(picture) data-src=(picture) width=(width) height=(height)
                        alt=(self.say(say::picture_of(&self.board.title)));
                    (self.drawing())
                }
            }
        }
    }

    /// As it is seen without the script; with it, the script draws.
    fn drawing(&self) -> Markup {
        let Drawn { zones, lines, masks, horizon } = &self.board.drawn;
        let list = |points: &[[f64; 2]]| {
            let points = points.iter().map(|[x, y]| format!("{},{}", x * 1000.0, y * 1000.0));
            points.collect::<Vec<_>>().join(" ")
        };
        let open = lines.iter().map(|line| ("line", &line.points));
        let open = open.chain(horizon.iter().map(|horizon| ("horizon", &horizon.points)));
        let closed = zones.iter().map(|zone| ("zone", &zone.points));
        let closed = closed.chain(masks.iter().map(|mask| ("mask", &mask.points)));
        html! {
            svg #drawing viewBox="0 0 1000 1000" preserveAspectRatio="none" {
                @for (kind, points) in closed {
                    g class={ "drawn " (kind) } {
                        polygon.halo points=(list(points)) {}
                        polygon.edge points=(list(points)) {}
                    }
                }
                @for (kind, points) in open {
                    g class={ "drawn " (kind) } {
                        polyline.halo points=(list(points)) {}
                        polyline.edge points=(list(points)) {}
                    }
                }
            }
        }
    }

    fn views(&self) -> Markup {
        html! {
            div #views hidden {
                div.tools {
                    @if self.may_edit {
                        button #undo.button.second type="button" disabled { (self.say(say::undo())) }
                        button #redo.button.second type="button" disabled { (self.say(say::redo())) }
                    }
                    button #nearer.button.second type="button" { (self.say(say::nearer())) }
                    button #farther.button.second type="button" { (self.say(say::farther())) }
                    button #new-picture.button.second type="button" { (self.say(say::new_picture())) }
                }
                label.choice { input #show-found type="checkbox" autocomplete="off"; (self.say(say::show_found())) }
                p.hint { (self.say(say::about_found())) }
                ul #found-now.lines {}
            }
        }
    }

    /// What the script makes the entries of the list of. Each keeps what is for its kind.
    fn row(&self) -> Markup {
        html! {
            li.shape {
                button.plain.pick type="button" aria-expanded="false" { span.title {} }
                " " span.quiet.uses.of-zone.of-line {}
                p.hint.note hidden {}
                div.body hidden {
                    label.of-zone.of-line {
                        (self.say(say::name()))
                        input.name maxlength="64" autocapitalize="none" autocomplete="off" spellcheck="false";
                    }
                    p.hint.of-zone.of-line { (self.say(say::about_name())) }
                    label.choice.of-zone { input.counted type="checkbox" autocomplete="off"; (self.say(say::count())) }
                    p.hint.of-zone { (self.say(say::about_count())) }
                    label.of-mask {
                        (self.say(say::classes()))
                        input.classes autocapitalize="none" autocomplete="off" spellcheck="false";
                    }
                    p.hint.of-mask { (self.say(say::about_classes())) }
                    label.of-horizon {
                        (self.say(say::metres()))
                        input.metres type="number" min="0.1" max="100" step="0.1" inputmode="decimal" autocomplete="off";
                    }
                    details {
                        summary { (self.say(say::numbers())) }
                        label {
                            span.unseen { (self.say(say::numbers())) }
                            textarea.numbers rows="5" autocomplete="off" spellcheck="false" {}
                        }
                        p.hint { (self.say(say::about_numbers())) }
                    }
                    div.buttons {
                        button.button.second.turn.of-line type="button" { (self.say(say::turn())) }
                        button.button.second.delete type="button" { (self.say(say::delete())) }
                    }
                }
            }
        }
    }

    fn form(&self, visitor: &Visitor, path: &str) -> Markup {
        html! {
            form #shapes-form method="post" action={ (path) "/shapes" } {
                (token(visitor.form_token()))
                input #shapes-field type="hidden" name="shapes" autocomplete="off";
                fieldset #numbers {
                    legend { (self.say(say::numbers())) }
                    p.hint { (self.say(say::about_numbers())) " " (self.say(say::about_rows())) }
                    (self.rows())
                }
                p.hint { (self.say(say::about())) }
                button type="submit" { (self.say(say::see_changes())) }
            }
        }
    }

    fn rows(&self) -> Markup {
        let Drawn { zones, lines, masks, horizon } = &self.board.drawn;
        let named = |kind: &'static str, title: Sentence, all: &[Named]| {
            html! {
                @for (number, one) in all.iter().map(Some).chain(repeat_n(None, SPARE_ROWS)).enumerate() {
                    fieldset.shape-row {
                        legend { (self.say(title.clone())) " " (number + 1) }
                        @if let Some(one) = one {
                            input type="hidden" name=(format!("{kind}-{number}-was")) value=(one.name);
                        }
                        label { (self.say(say::name()))
                            input name=(format!("{kind}-{number}-name")) value=(one.map_or("", |one| one.name.as_str())) maxlength="64"
                                autocapitalize="none" autocomplete="off" spellcheck="false"; }
                        (self.corners_field(kind, number, one.map_or(&[][..], |one| &one.points[..])))
                        @if kind == "zone" {
                            label.choice {
                                input type="checkbox" name=(format!("zone-{number}-count")) value="on"
                                    checked[one.is_some_and(|one| one.count)] autocomplete="off";
                                (self.say(say::count()))
                            }
                        }
                    }
                }
            }
        };
        html! {
            (named("zone", say::zone(), zones))
            (named("line", say::line(), lines))
            @for (number, one) in masks.iter().map(Some).chain(repeat_n(None, SPARE_ROWS)).enumerate() {
                fieldset.shape-row {
                    legend { (self.say(say::mask())) " " (number + 1) }
                    (self.corners_field("mask", number, one.map_or(&[][..], |one| &one.points[..])))
                    label { (self.say(say::classes()))
                        input name=(format!("mask-{number}-classes"))
                            value=(one.map_or_else(String::new, |one| one.classes.join(", "))) autocapitalize="none"; }
                    p.hint { (self.say(say::about_classes())) }
                }
            }
            fieldset.shape-row {
                legend { (self.say(say::horizon())) }
                (self.corners_field("horizon", 0, horizon.as_ref().map_or(&[][..], |one| &one.points[..])))
                label { (self.say(say::metres()))
                    input name="horizon-0-metres" inputmode="decimal"
                        value=(horizon.as_ref().and_then(|one| one.metres).map_or_else(String::new, |m| m.to_string())); }
            }
        }
    }

    fn corners_field(&self, kind: &str, number: usize, points: &[[f64; 2]]) -> Markup {
        let lines: Vec<String> = points.iter().map(|[x, y]| format!("{x} {y}")).collect();
        html! {
            label { (self.say(say::numbers()))
                textarea name=(format!("{kind}-{number}-points")) rows=(points.len().clamp(2, 6)) autocomplete="off"
                    spellcheck="false" { (lines.join("\n")) } }
        }
    }

    /// For a reader who may look and no more.
    fn table(&self) -> Markup {
        let Drawn { zones, lines, masks, horizon } = &self.board.drawn;
        let named =
            |kind: Sentence, one: &Named| (format!("{} {}", self.say(kind), one.name), one.points.clone());
        let zones = zones.iter().map(|one| named(say::zone(), one));
        let lines = lines.iter().map(|one| named(say::line(), one));
        let masks = masks.iter().enumerate();
        let masks =
            masks.map(|(at, one)| (format!("{} {}", self.say(say::mask()), at + 1), one.points.clone()));
        let horizon = horizon.iter().map(|one| (self.say(say::horizon()), one.points.clone()));
        let all: Vec<(String, Vec<[f64; 2]>)> = zones.chain(lines).chain(masks).chain(horizon).collect();
        html! {
            @if !all.is_empty() {
                details {
                    summary { (self.say(say::numbers())) }
                    p.hint { (self.say(say::about_numbers())) }
                    dl.wide {
                        @for (name, points) in all {
                            dt { (name) }
                            dd { @for [x, y] in points { "[" (x) ", " (y) "] " } }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path as FilePath;

    use super::*;

    /// Each shape has a mistake.
    const TEXT: &str = r#"
[site]
box = "box-1"
area = "530127"
[[camera]]
id = "cam-1"
eye = "village"
url = "rtsp://10.0.0.31/s"
grid = "53012700300102"
horizon = { points = [[0.0, 1.2], [1.0, 1.2]], camera_height_m = 4 }
[[camera.zone]]
id = "gate"
polygon = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]
[[camera.zone]]
id = "Yard"
polygon = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]
[[camera.line]]
id = "door"
points = [[0.1, 0.1], [0.1, 0.1]]
[[camera.mask]]
polygon = [[0.5, 0.5], [0.505, 0.5], [0.505, 0.505]]
"#;

    #[test]
    fn a_rule_that_uses_a_zone_follows_its_new_name_where_it_watches_this_camera_alone() {
        let camera = |id: &str, more: &str| {
            format!(
                "[[camera]]\nid = \"{id}\"\n{more}url = \"rtsp://10.0.0.3/{id}\"\ngrid = \"53012700300102\"\n\
                 zone = [{{ id = \"gate\", polygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]] }}]\n\
                 line = [{{ id = \"gate\", points = [[0.1, 0.5], [0.9, 0.5]] }}]\n"
            )
        };
        let rule =
            |id: &str, cameras: &str, what: &str| format!("[[rule]]\nid = \"{id}\"\n{cameras}\n{what}\n");
        let crowd = "crowd = { zone = \"gate\", at_least = 3, for_secs = 5 }";
        let crossed = "line = { line = \"gate\", classes = [\"person\"], direction = \"both\" }";
        let text = [
            "[site]\nbox = \"box-1\"\narea = \"530127\"\n[[camera_type]]\nid = \"lane\"\n".to_owned(),
            camera("cam-1", "eye = \"village\"\nlike = \"lane\"\n"),
            camera("cam-2", "eye = \"household\"\n"),
            rule("one", "cameras = [\"cam-1\"]", crowd),
            rule("both", "cameras = [\"*\"]", crowd),
            rule("crossed", "cameras = [\"lane/*\"]", crossed),
            rule("other", "eye = \"household\"", crowd),
        ]
        .concat();
        let path = FilePath::new("site.toml");
        let config = Config::from_text(path, &text, &Surroundings::elsewhere(path)).unwrap();
        let used = |rule: &str, follows| Use { name: "gate".to_owned(), rule: rule.to_owned(), follows };
        let wanted =
            Uses { zone: vec![used("one", true), used("both", false)], line: vec![used("crossed", true)] };
        assert_eq!(uses(&config, "cam-1"), wanted);
    }

    #[test]
    fn a_problem_leads_to_the_shape_that_it_is_about() {
        let path = FilePath::new("site.toml");
        let problems = Config::from_text(path, TEXT, &Surroundings::elsewhere(path)).unwrap_err().list;
        let found: Vec<_> = problems.iter().filter_map(|problem| about(problem, "cam-1")).collect();
        let wanted = [
            ("horizon", "number", json!(1)),
            ("zone", "name", json!("gate")),
            ("zone", "number", json!(2)),
            ("line", "name", json!("door")),
            ("mask", "number", json!(1)),
        ];
        assert_eq!(found, wanted, "{problems:#?}");
        assert!(problems.iter().all(|problem| about(problem, "cam-2").is_none()));
        // What is wrong with the name of a zone is reported, too, though of no shape in particular.
        let described: Vec<Value> =
            problems.iter().filter_map(|problem| described(problem, "cam-1", Language::English)).collect();
        assert!(described.iter().any(|one| one["kind"].is_null() && one["isError"] == true), "{described:?}");
        assert!(described.iter().all(|one| one["text"].as_str().is_some_and(|text| !text.is_empty())));
    }
}
