//! What stands above every page: what is tried, by whom and until when; how a trial ended that nobody ended; and that something
//! waits to be tried.

use std::time::Duration;

use maud::{Markup, html};

use super::super::Site;
use super::super::accounts::Role;
use super::super::in_force::{InForce, OnTrial};
use super::super::layout::{Shell, lasting, token};
use super::super::request::Visitor;
use super::PATH;
use crate::control::overrides::{TrialEnd, WhyEnded};
use crate::text::{Sentence, Words, page_changes as say};

/// For so long every page shows an installer how a trial ended; the page of changes does until another one begins. A guess:
/// one who went for lunch comes back.
const SHOWN_FOR_SECS: i64 = 60 * 60;

/// What stands above every page while something is tried, or waits to be, or was tried a moment ago.
#[derive(Debug)]
pub(in super::super) struct Banner {
    trial: Option<Trial>,
    /// How a trial ended by itself, and whether that is news.
    ended: Option<(Sentence, bool)>,
    /// Whether something is proposed that is not tried yet.
    has_proposal: bool,
}

/// What is tried now.
#[derive(Debug)]
struct Trial {
    /// How long it goes on.
    left: Duration,
    /// Until when, at a clock of the site.
    until: String,
    of: OnTrial,
    /// The digest of what is tried.
    sha256: String,
    /// Whether somebody else than who looks tries it at the page.
    is_others: bool,
}

/// The author of a trial, where that is known.
pub(super) fn who(by: Option<&str>) -> Words {
    by.map_or_else(|| say::somebody().into(), Words::from)
}

/// How a trial ended by itself, in words; `path` is the file.
fn ended(end: &TrialEnd, path: String, time: String) -> Sentence {
    let who = who(end.by.as_deref());
    match end.why {
        WhyEnded::FileEdited => say::ended_by_the_file(who, time, path),
        WhyEnded::EditNotTakenUp => say::ended_by_an_edit(who, time, path),
        WhyEnded::NobodyKeptIt => say::ended_unkept(who, time),
    }
}

impl Banner {
    pub(in super::super) fn of(site: &Site, visitor: &Visitor) -> Self {
        // The answer to a trial may have come late.
        site.forget_done(visitor.key, None);
        let InForce { config, trial, ended: end, .. } = site.in_force();
        let (now, zone) = (site.now(), site.time_zone());
        let trial = trial.map(|of| {
            let left = of.ends.saturating_sub(now.mono);
            let until = now.utc.checked_add(left).unwrap_or(now.utc).to_zoned(zone.clone());
            Trial {
                left,
                until: until.strftime("%H:%M").to_string(),
                sha256: config.sha256.clone(),
                is_others: of.from_page && !of.is_of(&visitor.person.name),
                of,
            }
        });
        let end = end.filter(|_| trial.is_none() && visitor.may(Role::Installer));
        let ended = end.map(|end| {
            let time = end.at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string();
            let is_news = now.utc.duration_since(end.at).as_secs() < SHOWN_FOR_SECS;
            (ended(&end, site.parts.config_file.display().to_string(), time), is_news)
        });
        Banner { trial, ended, has_proposal: site.proposals.lock().has(visitor.key) }
    }

    pub(in super::super) fn show(&self, shell: &Shell<'_>, visitor: &Visitor) -> Markup {
        let say = |sentence: Sentence| shell.say(sentence);
        let is_here = shell.here == PATH;
        html! {
            @if let Some(trial) = &self.trial { (trial.show(shell, visitor, is_here)) }
            @if let Some((ended, is_news)) = &self.ended && (*is_news || is_here) {
                p.trial { (say(ended.clone())) }
            }
            @if self.has_proposal && !is_here {
                p.trial { (say(say::waits_to_be_tried())) " " a href=(PATH) { (say(say::look_at_it())) } }
            }
        }
    }
}

impl Trial {
    fn show(&self, shell: &Shell<'_>, visitor: &Visitor, is_here: bool) -> Markup {
        let Trial { left, until, of, sha256, is_others } = self;
        let say = |sentence: Sentence| shell.say(sentence);
        html! {
            section.trial aria-label=(say(say::on_trial_heading())) {
                @if of.from_page {
                    p {
                        strong { (say(say::on_trial(lasting(*left)))) } " "
                        (say(say::tried_by(who(of.by.as_deref()), until.as_str()))) " "
                        (say(say::about_trial()))
                    }
                    @if visitor.may(Role::Installer) {
                        @if *is_others { p { (say(say::is_of_others())) } }
                        div.buttons {
                            (decision(shell, visitor, "keep", sha256, say::keep(), *is_others))
                            (decision(shell, visitor, "back", sha256, say::go_back(), true))
                            @if !is_here { a.button.second href=(PATH) { (say(say::look_at_it())) } }
                        }
                    }
                } @else {
                    p { (say(say::centre_on_trial(lasting(*left)))) }
                }
            }
        }
    }
}

fn decision(
    shell: &Shell<'_>,
    visitor: &Visitor,
    action: &str,
    sha256: &str,
    name: Sentence,
    is_second: bool,
) -> Markup {
    html! {
        form method="post" action={ (PATH) "/" (action) } {
            (token(visitor.form_token()))
            input type="hidden" name="config" value=(sha256);
            input type="hidden" name="to" value=(shell.here);
            // Named, so that it keeps the focus when this part of the page is renewed.
            button.second[is_second] id={ "trial-" (action) } type="submit" { (shell.say(name)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::time::Timestamp;
    use crate::contract::words::Language;

    #[test]
    fn how_a_trial_ended_is_said_with_whose_it_was_and_why() {
        let end =
            |by: Option<&str>, why| TrialEnd { by: by.map(str::to_owned), at: Timestamp::UNIX_EPOCH, why };
        let said = |end: &TrialEnd, language| {
            ended(end, "site.toml".to_owned(), "20:15".to_owned()).in_language(language)
        };
        let edited = said(&end(Some("li"), WhyEnded::FileEdited), Language::English);
        assert!(
            edited.contains("li") && edited.contains("20:15") && edited.contains("site.toml"),
            "{edited}"
        );
        let broken = said(&end(Some("li"), WhyEnded::EditNotTakenUp), Language::English);
        assert!(broken.contains("li") && broken.contains("is not taken up"), "{broken}");
        let unkept = said(&end(None, WhyEnded::NobodyKeptIt), Language::Chinese);
        assert!(unkept.contains("20:15") && unkept.contains("无人保存"), "{unkept}");
        assert_ne!(unkept, said(&end(None, WhyEnded::FileEdited), Language::Chinese));
    }
}
