//! The values of a parameter of a rule, on the last days: the form that asks what each would have made, and the one of them that
//! becomes a change which is tried. What can be turned is `tune`'s to say.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Redirect;
use maud::{Markup, html};

use super::backtest::{Backtest, Made, State as Of, ToPropose, Turned};
use super::slider::Value;
use super::trying::{
    DAYS_FIELD, begin_edits, begun, days_choice, days_of, here, nothing_would_change, operators_only,
};
use super::{Asked, path_of};
use crate::analysis::rules::Rule;
use crate::config::Config;
use crate::text::{Sentence, page_coverage, page_curve as say};
use crate::tune::{self, Parameter, Recommended};
use crate::web::Site;
use crate::web::layout::{Shell, token};
use crate::web::request::{Fields, OwnForm, Reader, Refused, Visitor};

/// The fields with the camera and the parameter of which the values are tried, and with a value of it.
const CAMERA_FIELD: &str = "curve-camera";
const PARAMETER_FIELD: &str = "curve-parameter";
pub(super) const VALUE_FIELD: &str = "value";

/// The form that asks what each value of a parameter of a rule would have made, as that runs.
pub(in crate::web) fn form(
    shell: &Shell<'_>,
    visitor: &Visitor,
    running: &Config,
    rule: &Rule,
    action: &str,
) -> Markup {
    let Some(first) = rule.cameras.first() else { return html! {} };
    let select = |name: &str, title: Sentence, all: &[(String, String)]| {
        html! {
            div {
                label for=(name) { (shell.say(title)) }
                select id=(name) name=(name) autocomplete="off" {
                    @for (value, name) in all { option value=(value) { (name) } }
                }
            }
        }
    };
    let cameras: Vec<_> = rule.cameras.iter().map(|id| (id.to_string(), id.to_string())).collect();
    let parameters: Vec<_> = tune::parameters(running, &rule.id, first)
        .iter()
        .map(|parameter| (parameter.name(), parameter.sentence().in_language(shell.language)))
        .collect();
    html! {
        section aria-labelledby="each-value" {
            h2 #each-value { (shell.say(say::title())) }
            p.hint { (shell.say(say::about())) }
            form #values-form method="post" action=(action) {
                (token(visitor.form_token()))
                div.past-days {
                    (select(PARAMETER_FIELD, say::which(), &parameters))
                    @if let [(only, _)] = &cameras[..] {
                        input type="hidden" name=(CAMERA_FIELD) value=(only);
                    } @else {
                        (select(CAMERA_FIELD, page_coverage::camera(), &cameras))
                    }
                    (days_choice(shell, "curve-days"))
                    button.second type="submit" { (shell.say(say::ask())) }
                }
            }
        }
    }
}

fn no_such(reader: Reader) -> Refused {
    Refused::new(StatusCode::BAD_REQUEST, say::no_such(), reader)
}

/// The parameter of that name; `None` where that rule has none there.
fn parameter_of(config: &Config, rule: &str, camera: &str, name: &str) -> Option<Parameter> {
    tune::parameters(config, rule, camera).into_iter().find(|parameter| parameter.name() == name)
}

/// Tries the values of a parameter of a rule, as it runs.
pub(in crate::web) async fn begin(
    State(site): State<Arc<Site>>,
    Path(rule): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    operators_only(&visitor, reader)?;
    let config = site.config();
    if config.rules.iter().all(|one| *one.id != *rule) {
        return Err(site.not_there(&visitor, reader));
    }
    let camera = fields.get(CAMERA_FIELD).unwrap_or_default().to_owned();
    let name = fields.get(PARAMETER_FIELD).unwrap_or_default();
    let parameter = parameter_of(&config, &rule, &camera, name).ok_or_else(|| no_such(reader))?;
    let (here, days, by) = (here(&site, reader)?, days_of(&fields), visitor.person.name.clone());
    let turned = Turned { rule, camera, parameter };
    let text = config.text().to_owned();
    begun(&site, reader, move |site| site.backtests.begin_values(&by, days, &text, turned, here)).await
}

/// The value that was chosen of those that were tried, and what the model recommended where they were.
fn chosen(one: &Backtest, typed: &str) -> Option<(Value, Recommended)> {
    match &one.state {
        Of::Done(made) => match &**made {
            Made::Slider(slider, recommended) => {
                let value = slider.values.iter().find(|value| value.typed == typed)?;
                Some((value.clone(), recommended.clone()))
            }
            Made::Report(_) => None,
        },
        Of::Running(_) | Of::Failed(..) | Of::Cancelled => None,
    }
}

/// One of the values becomes a change that is tried.
pub(in crate::web) async fn try_one(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let Asked { visitor, fields, reader, one } = Asked::of(&site, &id, form, operators_only)?;
    let value = chosen(&one, fields.get(VALUE_FIELD).unwrap_or_default());
    let (Some((value, recommended)), Some(turned)) = (value, one.turned) else { return Err(no_such(reader)) };
    let back_to = path_of(one.id);
    if value.in_force {
        return Ok(nothing_would_change(&site, &visitor, &back_to));
    }
    let Turned { rule, camera, parameter } = turned;
    let typed = value.typed.parse().map_err(|_| no_such(reader))?;
    let of_rule = (rule.as_str(), camera.as_str());
    let (edits, cameras) = tune::edits(&site.config(), &recommended, of_rule, &parameter.name(), typed);
    let name = say::of_rule(rule, camera.as_str(), parameter.sentence());
    let proposal = ToPropose { edits, why: say::is_set(name, value.shown), back_to };
    let cameras = move |_: &Config| cameras.clone();
    let days = Fields::read(format!("{DAYS_FIELD}={}", one.days).as_bytes());
    begin_edits(&site, &visitor, reader, &days, proposal, cameras).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_has_can_be_turned_at_the_cameras_that_it_watches_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let text = crate::retune::tests::text("", folder.path());
        let path = folder.path().join("site.toml");
        let surroundings = crate::config::Surroundings::elsewhere(&path);
        let config = Config::from_text(&path, &text, &surroundings).unwrap_or_else(|why| panic!("{why}"));
        let named = |camera: &str, name: &str| parameter_of(&config, "person-in-lane", camera, name);
        let threshold = named("cam-2", "thresholds.person").unwrap();
        assert_eq!(threshold.sentence().to_string(), "threshold for person");
        assert!(named("cam-2", "for_secs").is_some() && named("cam-2", "min_height").is_some());
        for (camera, name) in
            [("cam-2", ""), ("cam-2", "for_ever"), ("cam-2", "at_least"), ("cam-77", "for_secs")]
        {
            assert!(named(camera, name).is_none(), "{camera} {name}");
        }
        assert!(parameter_of(&config, "gate", "cam-2", "for_secs").is_none());
    }
}
