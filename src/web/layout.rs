//! The layout of every page: head, navigation, foot; and the small pieces that several pages share.

use std::time::Duration;

use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, html};

use super::changes::Banner;
use super::past;
use super::request::{TOKEN_FIELD, Visitor};
use super::site_page;
use crate::analysis::time::Timestamp;
use crate::contract::words::Language;
use crate::text::{Sentence, page as say, page_backup, page_live, page_past, page_rules, page_wizard};
use crate::types::level::Level;

/// All levels, the most urgent first.
pub(super) const LEVELS: [Level; 4] = [Level::Red, Level::Orange, Level::Yellow, Level::Blue];

/// Which part of the page is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Status,
    Alerts,
    Rules,
    Past,
    AddCamera,
}

/// What is known around a page.
pub(super) struct Shell<'a> {
    pub(super) language: Language,
    pub(super) title: Sentence,
    /// Path and query of this page, for the switch of languages.
    pub(super) here: String,
    pub(super) tab: Option<Tab>,
    pub(super) visitor: Option<&'a Visitor>,
    /// The site's name, or the box's.
    pub(super) name: String,
    /// Open alerts.
    pub(super) open: u64,
    /// Those that nobody took on.
    pub(super) waiting: u64,
    pub(super) notice: Option<Sentence>,
    /// What is tried, or waits to be.
    pub(super) banner: Option<Banner>,
    /// Of which time zone all times are, and how far that is from UTC.
    pub(super) times: Option<Sentence>,
}

impl Shell<'_> {
    /// For somebody who may not be logged in.
    pub(super) fn bare(language: Language, title: Sentence) -> Self {
        Shell {
            language,
            title,
            here: "/".to_owned(),
            tab: None,
            visitor: None,
            name: String::new(),
            open: 0,
            waiting: 0,
            notice: None,
            banner: None,
            times: None,
        }
    }

    pub(super) fn say(&self, sentence: Sentence) -> String {
        sentence.in_language(self.language)
    }

    /// A whole page of a test. `LOOKOUT_SCREENSHOTS` names a folder for whoever wants to look at it.
    #[cfg(test)]
    pub(super) fn page_to_look_at(&self, name: &str, body: Markup) -> String {
        let page = self.page(body).into_string();
        if let Some(folder) = std::env::var_os("LOOKOUT_SCREENSHOTS").map(std::path::PathBuf::from) {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("{name}-{}.html", self.language.tag())), &page).unwrap();
        }
        page
    }

    /// A whole page.
    pub(super) fn page(&self, body: Markup) -> Markup {
        let say = |sentence: Sentence| self.say(sentence);
        let waiting = if self.waiting > 0 { format!("({}) ", self.waiting) } else { String::new() };
        let name = if self.name.is_empty() { "Lookout" } else { &self.name };
        html! {
            (DOCTYPE)
            html lang=(self.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content=(concat!("light", " dark"));
                    title { (waiting) (say(self.title.clone())) " · " (name) }
                    link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                    link rel="stylesheet" href="/assets/page.css";
                    script src="/assets/page.js" defer {}
                }
                // What changes from here on is fetched, also what changed while the page was under way.
                body data-seen=[self.visitor.map(|visitor| visitor.seen.json())] {
                    a.skip href="#main" { (say(say::skip())) }
                    header.top {
                        div.brand {
                            span.mark aria-hidden="true" {}
                            span.name { (name) }
                        }
                        @if self.visitor.is_some() { (self.navigation()) }
                    }
                    main #main tabindex="-1" {
                        // There also while it is empty, so that it can be filled while the page is open.
                        @if let (Some(banner), Some(visitor)) = (&self.banner, self.visitor) {
                            div #trial data-live="status" { (banner.show(self, visitor)) }
                        }
                        // The script shows it while the box gives no answer; `{time}` is when it gave the last one.
                        @if self.visitor.is_some() {
                            div #no-answer.notice role="status" data-words=(say(page_live::no_answer_since("{time}")))
                                data-out=(say(page_live::logged_out_meanwhile())) data-log-in=(say(say::log_in())) {}
                        }
                        @if let Some(notice) = &self.notice {
                            p.notice role="status" { (coded(&notice.in_language(self.language))) }
                        }
                        (body)
                    }
                    (self.foot())
                }
            }
        }
    }

    fn navigation(&self) -> Markup {
        let tab = |tab: Tab, to: &str, name: Sentence, count: u64| {
            html! {
                a href=(to) aria-current=[(self.tab == Some(tab)).then_some("page")] {
                    (self.say(name))
                    @if count > 0 {
                        span.count { (count) span.unseen { " " (self.say(say::waiting_for_somebody())) } }
                    }
                }
            }
        };
        html! {
            nav aria-label=(self.say(say::navigation())) data-live="alerts" id="navigation" {
                (tab(Tab::Status, "/", say::tab_status(), 0))
                (tab(Tab::Alerts, "/alerts", say::tab_alerts(), self.waiting))
                (tab(Tab::Rules, "/rules", page_rules::title(), 0))
                (tab(Tab::Past, past::PATH, page_past::title(), 0))
                @if self.visitor.is_some_and(|visitor| visitor.may(super::accounts::Role::Installer)) {
                    (tab(Tab::AddCamera, "/add-camera", page_wizard::tab(), 0))
                }
            }
        }
    }

    fn foot(&self) -> Markup {
        let here: String = url::form_urlencoded::byte_serialize(self.here.as_bytes()).collect();
        html! {
            footer {
                nav.languages aria-label=(self.say(say::languages())) {
                    @for (language, name) in [(Language::Chinese, say::chinese()), (Language::English, say::english())] {
                        a href={ "/language/" (language.tag()) "?to=" (here) } lang=(language.tag())
                            aria-current=[(language == self.language).then_some("true")] { (name.in_language(language)) }
                    }
                }
                @if let Some(times) = &self.times { p.quiet { (self.say(times.clone())) } }
                @if let Some(visitor) = self.visitor {
                    div.who {
                        span { (visitor.person.name) " · " (self.say(role(visitor.person.role))) }
                        @if visitor.may(super::accounts::Role::Installer) {
                            a href=(site_page::PATH) { (self.say(page_wizard::site_in_short())) }
                            a href="/backup" { (self.say(page_backup::title())) }
                        }
                        form method="post" action="/logout" {
                            (token(visitor.form_token()))
                            button.plain type="submit" { (self.say(say::log_out())) }
                        }
                    }
                }
            }
        }
    }
}

/// One sentence and the way back.
pub(super) fn message(shell: &Shell<'_>, sentence: &Sentence) -> Markup {
    shell.page(html! {
        section.narrow {
            h1 { (shell.say(shell.title.clone())) }
            p { (coded(&sentence.in_language(shell.language))) }
            p { a.button href="/" { (shell.say(say::back_to_start())) } }
        }
    })
}

/// The hidden field of a form.
pub(super) fn token(token: &str) -> Markup {
    html! { input type="hidden" name=(TOKEN_FIELD) value=(token); }
}

/// What stands between a name and what is said of it.
pub(super) fn colon(language: Language) -> &'static str {
    match language {
        Language::English => ": ",
        Language::Chinese => "：",
    }
}

/// A text in which what stands in the file, or is typed, is between backticks.
pub(super) fn coded(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A level, in its colour and in words.
pub(super) fn level_badge(level: Level, language: Language) -> Markup {
    html! { span class={ "level " (level.name()) } { (level_name(level).in_language(language)) } }
}

pub(super) fn level_name(level: Level) -> Sentence {
    match level {
        Level::Blue => say::blue(),
        Level::Yellow => say::yellow(),
        Level::Orange => say::orange(),
        Level::Red => say::red(),
    }
}

pub(super) fn role(role: super::accounts::Role) -> Sentence {
    use super::accounts::Role;
    match role {
        Role::Viewer => say::role_viewer(),
        Role::Operator => say::role_operator(),
        Role::Installer => say::role_installer(),
    }
}

/// A moment as a clock at the site shows it.
pub(super) fn clock(at: Timestamp, zone: &TimeZone) -> Markup {
    let local = at.to_zoned(zone.clone());
    html! { time datetime=(format!("{at:.0}")) { (local.strftime("%Y-%m-%d %H:%M:%S")) } }
}

/// How long ago something was, in its largest unit.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> Sentence {
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        0..60 => say::seconds_ago(seconds),
        60..3_600 => say::minutes_ago(seconds / 60),
        3_600..86_400 => say::hours_ago(seconds / 3_600),
        86_400..172_800 => say::one_day_ago(),
        172_800.. | ..0 => say::days_ago(seconds / 86_400),
    }
}

/// How long something lasts, in its largest unit.
pub(super) fn lasting(duration: Duration) -> Sentence {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => say::seconds(seconds),
        60..3_600 => say::minutes(seconds / 60),
        3_600..86_400 => say::hours(seconds / 3_600),
        86_400..172_800 => say::one_day(),
        172_800.. => say::days(seconds / 86_400),
    }
}

/// Bytes for people.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (bytes as f64 / 1024.0, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_reported_in_their_largest_unit() {
        let at: Timestamp = "2026-11-29T08:00:00Z".parse().unwrap();
        let ago = |seconds: i64| ago(at, at + jiff::SignedDuration::from_secs(seconds)).to_string();
        assert_eq!([ago(0), ago(59), ago(60)], ["0 s ago", "59 s ago", "1 min ago"]);
        assert_eq!([ago(-5), ago(7_200), ago(200_000)], ["0 s ago", "2 h ago", "2 days ago"]);
        assert_eq!([ago(86_400), ago(172_799), ago(172_800)], ["1 day ago", "1 day ago", "2 days ago"]);
        assert_eq!(lasting(Duration::from_secs(90_000)).to_string(), "1 day");
        assert_eq!(size(1_536), "1.5 KiB");
        assert_eq!(size(3 << 30), "3.0 GiB");
    }
}
