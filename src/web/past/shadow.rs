//! The shadow on the page *Past*: a second configuration that judges beside the one that runs, what it found, and its end. It is
//! asked of the daemon as `lookout shadow` does. Must never show what it would have told as an alert.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Redirect;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::trying::operators_only;
use super::{Asked, PATH, View};
use crate::comparison::level_name;
use crate::shadow::{self, Begin, Request, ShownDifference, Summary, USUALLY_LASTS, WhatDiffers};
use crate::text::{Sentence, page as say_page, page_past as say, shadow as say_shadow};
use crate::web::Site;
use crate::web::accounts::Role;
use crate::web::layout::{clock, coded, token};
use crate::web::request::{OwnForm, Reader, Refused};

/// The box looks once a second; one that loads models takes longer to come to it.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Differences that are shown, the latest first.
const MOST: usize = 20;

impl View<'_> {
    pub(super) fn shadow(&self, summary: Option<&Summary>) -> Markup {
        html! {
            section aria-labelledby="shadow" {
                h2 #shadow { (self.say(say::shadow())) }
                @match summary {
                    None => p.empty { (self.say(say::no_shadow())) },
                    Some(summary) => {
                        (self.shadow_found(summary))
                    },
                }
            }
        }
    }

    fn shadow_found(&self, summary: &Summary) -> Markup {
        let (counts, zone) = (summary.counts, self.site.time_zone());
        let at = |at: crate::contract::words::Time| {
            at.0.to_zoned(zone.clone()).strftime("%m-%d %H:%M").to_string()
        };
        let (name, since) = (summary.name.as_str(), at(summary.since));
        let first = match &summary.ended {
            None => say_shadow::line_running(name, since, at(summary.until), summary.by.as_str()),
            Some(ended) => say_shadow::line_ended(name, since, at(ended.at), shadow::ending_words(ended.why)),
        };
        let lines = [
            Some(say_shadow::line_alerts(counts.alerts, counts.alerts_published, counts.revisions)),
            Some(say_shadow::line_counts(
                counts.same,
                counts.changed,
                counts.only_shadow,
                counts.only_published,
            )),
            (counts.missed > 0).then(|| say_shadow::line_missed(counts.missed)),
        ];
        html! {
            div.card {
                p { (coded(&self.say(first))) }
                p.quiet { (self.say(say_shadow::line_at(at(summary.at)))) }
                ul.lines { @for line in lines.into_iter().flatten() { li { (self.say(line)) } } }
                @if summary.is_running() && self.visitor.may(Role::Operator) {
                    form method="post" action={ (PATH) "/shadow/stop" } {
                        (token(self.visitor.form_token()))
                        button #stop-shadow.second type="submit" { (self.say(say::stop_shadow())) }
                    }
                }
            }
            @if !summary.differences.is_empty() {
                details #shadow-differences {
                    summary { (self.say(say_shadow::line_differences(summary.differences.len()))) }
                    ul.lines { @for one in summary.differences.iter().rev().take(MOST) { li { (self.shadow_difference(one, &zone)) } } }
                }
            }
            @if !summary.limits.is_empty() {
                details #shadow-limits {
                    summary { (self.say(say_shadow::line_limits())) }
                    ul.lines { @for limit in &summary.limits { li { (coded(limit.in_language(self.shell.language))) } } }
                }
            }
        }
    }

    fn shadow_difference(&self, one: &ShownDifference, zone: &TimeZone) -> Markup {
        let place = one.camera.as_ref().unwrap_or(&one.grid);
        let decided = one.rule.as_ref().unwrap_or(&one.kind);
        html! {
            (clock(one.at.0, zone)) " · " (place) " · " code { (decided) }
            p {
                (self.say(what_differs(one)))
                @if let Some(alert) = &one.alert_id { " " a href={ "/alerts/" (alert) } { (self.say(say::to_alert())) } }
            }
        }
    }

    /// The button that lets a change judge beside what runs.
    pub(super) fn shadow_form(&self, id: u64) -> Markup {
        html! {
            form method="post" action={ (PATH) "/" (id) "/shadow" } {
                (token(self.visitor.form_token()))
                button #begin-shadow.second type="submit" { (self.say(say::begin_shadow())) }
            }
            p.hint { (self.say(say::about_shadow())) }
        }
    }
}

fn what_differs(one: &ShownDifference) -> Sentence {
    let by = || format!("{:.1}", one.later_by_s.unwrap_or_default().abs());
    match (one.what, one.level_published, one.level_shadow) {
        (WhatDiffers::OnlyShadow, ..) => say_shadow::only_shadow(),
        (WhatDiffers::OnlyPublished, ..) => say_shadow::only_published(),
        (WhatDiffers::Earlier, ..) => say_shadow::earlier(by()),
        (WhatDiffers::Later, ..) => say_shadow::later(by()),
        (WhatDiffers::Level, Some(told), Some(shadow)) => {
            say_shadow::other_level(level_name(told), level_name(shadow))
        }
        (WhatDiffers::Level | WhatDiffers::PartOfAnother, ..) => say_shadow::part_of_another(),
    }
}

// ---- acting

/// Asks the daemon, and waits for its answer; `Err`: it was not done.
async fn asked(site: &Arc<Site>, request: Request, reader: Reader) -> Result<(), Refused> {
    let folder = site.parts.control_folder.clone();
    let (id, into) = (request.id.clone(), folder.clone());
    let sent = site.blocking(move |_| shadow::send_request(&into, &request), reader).await?;
    sent.map_err(|error| Refused::broken(error, reader))?;
    let until = tokio::time::Instant::now() + ANSWER_WITHIN;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let (from, of) = (folder.clone(), id.clone());
        let answer = site.blocking(move |_| shadow::answer(&from, &of), reader).await?;
        if let Some(answer) = answer {
            return match answer.refused {
                None => Ok(()),
                Some(why) => {
                    let why = say::not_shadowed(why.in_language(reader.0));
                    Err(Refused::new(StatusCode::CONFLICT, why, reader))
                }
            };
        }
        if tokio::time::Instant::now() >= until {
            site.blocking(move |_| shadow::forget_request(&folder), reader).await?;
            return Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, say_page::no_answer_yet(), reader));
        }
    }
}

/// The change of a report judges beside what runs.
pub(in crate::web) async fn begin(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let Asked { visitor, reader, one, .. } = Asked::of(&site, &id, form, operators_only)?;
    let path = site.parts.config_file.clone();
    let text = site.blocking(move |site| one.beside(&site.config()), reader).await?;
    let toml = text.map_err(|why| Refused::new(StatusCode::CONFLICT, why, reader))?;
    let begin = Some(Begin { path, toml, lasts_secs: USUALLY_LASTS.as_secs() });
    asked(&site, Request::new(visitor.by(), begin), reader).await?;
    site.sessions.lock().say_next(visitor.key, say::shadow_begun());
    Ok(Redirect::to(PATH))
}

pub(in crate::web) async fn stop(State(site): State<Arc<Site>>, form: OwnForm) -> Result<Redirect, Refused> {
    let OwnForm { visitor, reader, .. } = form;
    operators_only(&visitor, reader)?;
    asked(&site, Request::new(visitor.by(), None), reader).await?;
    site.sessions.lock().say_next(visitor.key, say_shadow::judges_no_more());
    Ok(Redirect::to(PATH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::shadow as text;

    #[test]
    fn every_difference_is_said_as_on_the_command_line() {
        let one = |what, by: Option<f64>| ShownDifference {
            what,
            at: crate::contract::words::Time(crate::analysis::time::Timestamp::UNIX_EPOCH),
            rule: Some("yard".to_owned()),
            kind: "presence".to_owned(),
            camera: Some("cam-1".to_owned()),
            grid: "53012700300102".to_owned(),
            level_published: None,
            level_shadow: None,
            later_by_s: by,
            alert_id: None,
        };
        assert_eq!(what_differs(&one(WhatDiffers::Later, Some(2.0))), text::later("2.0"));
        assert_eq!(what_differs(&one(WhatDiffers::Earlier, Some(-3.5))), text::earlier("3.5"));
        assert_eq!(what_differs(&one(WhatDiffers::OnlyPublished, None)), text::only_published());
        assert_eq!(what_differs(&one(WhatDiffers::Level, None)), text::part_of_another());
    }
}
