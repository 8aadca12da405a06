//! The pages of adding a camera: one question, large targets, what is wrong with what to try, the way back.

use std::collections::BTreeMap;
use std::time::Duration;

use maud::{Markup, html};
use url::Url;

use super::super::Site;
use super::super::layout::{Shell, coded, token};
use super::super::next_step;
use super::super::request::Visitor;
use super::address::short_name;
use super::look::LOOK_WITHIN;
use super::state::{Doing, Looked, MOST_LOGIN_CHARS, Step, Task, Trouble, Wizard};
use super::{MOST_NAME_CHARS, MOST_PLACE_CHARS, PATH, SEARCH_FOR};
use crate::config::{Camera, CameraSource, Config};
use crate::contract::words::Eye;
use crate::onvif::{Found, Profile, known_paths};
use crate::text::{Sentence, Words, onvif, page as say_page, page_changes, page_wizard as say, probe};

/// What questions to a camera take; a recorder with many channels, or one that hardly answers, takes longer.
const ASK_WITHIN: Duration = Duration::from_secs(30);
/// Wider than what is needed for watching.
const LARGE_WIDTH: u32 = 1280;
/// Longer than this, reconnecting and patrol feel slow.
const LONG_KEYFRAME_INTERVAL: Duration = Duration::from_secs(4);

/// The page of a step that is reached.
pub(super) fn body(
    shell: &Shell<'_>,
    visitor: &Visitor,
    config: &Config,
    wizard: Option<&Wizard>,
    step: Step,
    now: Duration,
) -> Markup {
    let nothing = Wizard::default();
    let wizard = wizard.unwrap_or(&nothing);
    let task = wizard.task.filter(|task| task.doing.step() == step);
    let page = Page { shell, visitor, config, wizard };
    html! {
        section.narrow.wizard {
            p.quiet { (page.say(say::step(step.number(), Step::COUNT))) }
            @match task {
                Some(task) => { (page.waiting(task, now)) }
                None => { (page.step(step)) }
            }
        }
    }
}

struct Page<'a> {
    shell: &'a Shell<'a>,
    visitor: &'a Visitor,
    config: &'a Config,
    wizard: &'a Wizard,
}

impl Page<'_> {
    fn say(&self, sentence: Sentence) -> String {
        self.shell.say(sentence)
    }

    fn words(&self, words: &Words) -> String {
        words.in_language(self.shell.language)
    }

    fn form(&self, action: &str, fields: Markup) -> Markup {
        html! {
            form method="post" action={ (PATH) "/" (action) } {
                (token(self.visitor.form_token()))
                (fields)
            }
        }
    }

    /// A form that is nothing but a button.
    fn button(&self, action: &str, name: Sentence, is_second: bool) -> Markup {
        self.form(action, html! { button.second[is_second] type="submit" { (self.say(name)) } })
    }

    fn step(&self, step: Step) -> Markup {
        match step {
            Step::Find => self.find(),
            Step::Login => self.login(),
            Step::Maker => self.maker(),
            Step::Streams => self.streams(),
            Step::Picture => self.picture(),
            Step::Name => self.name(),
            Step::Place => self.place(),
        }
    }

    /// What is wrong at that step.
    fn fault(&self, step: Step) -> Markup {
        match &self.wizard.trouble {
            Some((at, trouble)) if *at == step => self.trouble(trouble),
            Some(_) | None => html! {},
        }
    }

    fn trouble(&self, trouble: &Trouble) -> Markup {
        html! {
            div.fault role="alert" {
                p { (coded(&self.words(&trouble.what))) }
                @if let Some(hint) = &trouble.hint { p { (coded(&self.say(say_page::try_this(hint.clone())))) } }
            }
        }
    }

    fn camera(&self) -> String {
        self.wizard.target.as_ref().map_or_else(|| self.say(say::unnamed()), |target| target.shown())
    }

    fn waiting(&self, task: Task, now: Duration) -> Markup {
        let (what, most) = match task.doing {
            Doing::Searching => (say::searching(), SEARCH_FOR),
            Doing::Opening => (say::asking(self.camera()), ASK_WITHIN),
            Doing::Setting => (say::setting(), ASK_WITHIN),
            Doing::Looking => (say::looking(self.camera()), LOOK_WITHIN),
        };
        let gone = now.saturating_sub(task.began).min(most).as_secs_f32();
        html! {
            div #wizard-wait {
                h1 { (self.say(what.clone())) }
                progress max=(most.as_secs()) value=(format!("{gone:.1}")) aria-label=(self.say(what)) {}
                p.hint role="status" { (self.say(say::usual_time(most.as_secs()))) }
                @if task.doing == Doing::Looking { p.hint { (self.say(say::about_looking())) } }
                (self.button("stop", say::give_up(), true))
            }
            noscript { meta http-equiv="refresh" content="1"; }
            script src="/assets/wizard.js" defer {}
        }
    }

    // ---- find

    fn find(&self) -> Markup {
        let found = self.wizard.found.as_deref();
        html! {
            h1 { (self.say(say::find())) }
            (self.fault(Step::Find))
            @match found {
                Some([]) => {
                    div.notice role="status" {
                        p { (self.say(say::found_none())) }
                        p { (self.say(say::try_to_be_found())) }
                    }
                    (self.button("search", say::search_again(), false))
                }
                Some(found) => {
                    p role="status" { (self.say(say::found(found.len()))) }
                    ul.choices { @for camera in found { li { (self.found(camera)) } } }
                    (self.button("search", say::search_again(), true))
                }
                None => {
                    (self.button("search", say::search(), false))
                    p.hint { (self.say(say::about_search())) }
                }
            }
            h2 { (self.say(say::type_address())) }
            (self.form("address", html! {
                label for="address" { (self.say(say::address_of_camera())) }
                input #address name="address" required maxlength="500" inputmode="url" autocomplete="off"
                    autocapitalize="none" spellcheck="false" aria-describedby="about-address";
                p.hint #about-address { (self.say(say::about_address())) }
                button.second type="submit" { (self.say(say::go_on())) }
            }))
        }
    }

    fn found(&self, camera: &Found) -> Markup {
        let Found { address, service, name, model, .. } = camera;
        let title = name.clone().or_else(|| model.clone()).unwrap_or_else(|| self.say(say::unnamed()));
        let model = model.as_ref().filter(|model| **model != title);
        // Two cameras behind one address differ in their port.
        let place = match service.port() {
            Some(port) => format!("{address}:{port}"),
            None => address.to_string(),
        };
        let host = service.host_str().unwrap_or_default();
        let here = self.config.cameras.iter().find(|camera| host_of(camera).as_deref() == Some(host));
        self.form(
            "choose",
            html! {
                input type="hidden" name="service" value=(service.as_str());
                button.choice-button type="submit" {
                    strong { (title) }
                    span { (place) @if let Some(model) = model { " · " (model) } }
                    @if let Some(here) = here {
                        @let name = here.responsible.name.as_deref().unwrap_or(&here.id);
                        span { (self.say(say::is_here_already(name))) }
                    }
                }
            },
        )
    }

    // ---- log in

    fn login(&self) -> Markup {
        let trouble = self.wizard.trouble.as_ref();
        let trouble = trouble.filter(|(at, trouble)| *at == Step::Login || trouble.is_login);
        let user = self.wizard.login.as_ref().map_or("", |login| &login.user);
        html! {
            h1 { (self.say(say::log_in())) }
            p { (self.say(say::at_camera(self.camera()))) }
            @if let Some((_, trouble)) = trouble { (self.trouble(trouble)) }
            (self.form("login", html! {
                label for="user" { (self.say(say::user())) }
                input #user name="user" value=(user) required maxlength=(MOST_LOGIN_CHARS) autocomplete="off"
                    autocapitalize="none" spellcheck="false";
                label for="camera-password" { (self.say(say::password())) }
                input #camera-password type="password" name="password" maxlength=(MOST_LOGIN_CHARS)
                    autocomplete="off" aria-describedby="about-login";
                p.hint #about-login { (self.say(say::about_login())) }
                button #log-in type="submit" { (self.say(say::go_on())) }
                button.second type="submit" name="without" value="1" formnovalidate { (self.say(say::without_login())) }
            }))
            p.back { a href=(Step::Find.path()) { (self.say(say::another_address())) } }
        }
    }

    // ---- the usual paths of makers

    fn maker(&self) -> Markup {
        html! {
            h1 { (self.say(say::maker())) }
            p { (self.say(say::at_camera(self.camera()))) }
            p.hint { (self.say(say::about_makers())) }
            ul.choices {
                @for (number, path) in known_paths().iter().enumerate() {
                    @let other = self.say(say::other_maker());
                    li {
                        (self.form("maker", html! {
                            input type="hidden" name="number" value=(number);
                            button.choice-button type="submit" {
                                strong { (if path.maker == "other" { &other } else { path.maker }) }
                                span { (path.path) }
                            }
                        }))
                    }
                }
            }
            p.back { a href=(Step::Find.path()) { (self.say(say::another_address())) } }
        }
    }

    // ---- streams

    fn streams(&self) -> Markup {
        let trouble = self.wizard.trouble.as_ref().filter(|(at, _)| *at == Step::Streams);
        if let Some((_, trouble)) = trouble {
            return html! {
                h1 { (self.say(say::cannot_be_asked())) }
                (self.trouble(trouble))
                (self.button("open", say::try_again(), false))
                p { a.button.second href=(Step::Maker.path()) { (self.say(say::by_maker())) } }
                p.hint { (self.say(say::by_maker_instead())) }
                (self.other_ways())
            };
        }
        if self.wizard.profiles().is_none() {
            return self.channels();
        }
        let Some(choice) = self.wizard.choice() else { return html! {} };
        let large = choice.large.as_ref();
        let streams = self.form(
            "streams",
            html! {
                dl.streams {
                    dt { (self.say(say::to_watch())) }
                    dd { (self.profile(&choice.watch)) }
                    dt { (self.say(say::for_evidence())) }
                    dd {
                        @match large {
                            Some(large) => { (self.profile(large)) }
                            None => { (self.say(say::none_for_evidence())) }
                        }
                    }
                }
                (self.otherwise(&choice.watch.token, large.map(|large| large.token.as_str())))
                button #show-picture type="submit" { (self.say(say::show_picture())) }
            },
        );
        html! {
            h1 { (self.say(say::streams())) }
            p { (self.say(say::at_camera(self.camera()))) }
            (self.keyframes())
            (streams)
            (self.other_ways())
        }
    }

    fn other_ways(&self) -> Markup {
        html! {
            p.back { a href=(Step::Login.path()) { (self.say(say::another_login())) } }
            p.back { a href=(Step::Find.path()) { (self.say(say::another_address())) } }
        }
    }

    fn channels(&self) -> Markup {
        let views = self.wizard.opened.as_ref().map_or(&[][..], |opened| &opened.views);
        html! {
            h1 { (self.say(say::channel())) }
            p.hint { (self.say(say::about_channels())) }
            ul.choices {
                @for (number, view) in views.iter().enumerate() {
                    li {
                        (self.form("channel", html! {
                            input type="hidden" name="number" value=(number);
                            button.choice-button type="submit" {
                                strong { (self.say(say::channel_number(number + 1))) }
                                @if let Some(first) = view.first() { span { (self.profile(first)) } }
                            }
                        }))
                    }
                }
            }
            (self.other_ways())
        }
    }

    /// `SubStream · 640 x 360 · H.264 · 25 pictures/s · a keyframe every 4.0 s`.
    fn profile(&self, profile: &Profile) -> String {
        let mut parts = vec![profile.name.clone()];
        if profile.width > 0 {
            parts.push(self.say(onvif::size(profile.width, profile.height)));
        }
        parts.push(profile.codec.clone());
        parts.extend(profile.fps.map(|fps| self.say(say::frames_a_second(format!("{fps:.0}")))));
        let seconds = profile.keyframe_seconds();
        parts.extend(seconds.map(|seconds| self.say(say::keyframe_every(format!("{seconds:.1}")))));
        parts.join(" · ")
    }

    fn otherwise(&self, watch: &str, large: Option<&str>) -> Markup {
        let profiles = self.wizard.profiles().unwrap_or_default();
        let radio = |field: &str, value: &str, is_chosen: bool, text: &str| {
            html! {
                label.choice {
                    input type="radio" name=(field) value=(value) checked[is_chosen];
                    span { (text) }
                }
            }
        };
        html! {
            details #otherwise {
                summary { (self.say(say::choose_otherwise())) }
                fieldset {
                    legend { (self.say(say::to_watch())) }
                    @for profile in profiles {
                        (radio("watch", &profile.token, profile.token == watch, &self.profile(profile)))
                    }
                }
                fieldset {
                    legend { (self.say(say::for_evidence())) }
                    (radio("large", "", large.is_none(), &self.say(say::none_for_evidence())))
                    @for profile in profiles {
                        (radio("large", &profile.token, large == Some(&profile.token), &self.profile(profile)))
                    }
                }
            }
        }
    }

    fn keyframes(&self) -> Markup {
        let watch = self.wizard.choice().map(|choice| choice.watch);
        let seconds = watch.as_ref().and_then(Profile::keyframe_seconds);
        let better = self.wizard.better_keyframes();
        html! {
            @match &self.wizard.keyframes {
                Some(Ok(set)) if set.asked == set.got => {
                    @let seconds = seconds.map(|seconds| format!("{seconds:.1}")).unwrap_or_default();
                    p #keyframes-set.notice role="status" { (self.say(say::keyframes_set(set.got, seconds))) }
                }
                Some(Ok(set)) => {
                    p #keyframes-set.notice role="status" { (self.say(say::keyframes_otherwise(set.asked, set.got))) }
                }
                Some(Err(trouble)) => {
                    h2 { (self.say(say::keyframes_not_set())) }
                    (self.trouble(trouble))
                }
                None => {}
            }
            // A camera that makes it otherwise would do so again.
            @if let Some((seconds, _)) = better && !matches!(self.wizard.keyframes, Some(Ok(_))) {
                div #keyframes {
                    p { (self.say(say::far_apart(format!("{seconds:.1}")))) }
                    (self.button("keyframes", say::set_keyframes(), true))
                }
            }
        }
    }

    // ---- picture

    fn picture(&self) -> Markup {
        let Some(looked) = &self.wizard.looked else {
            return html! {
                h1 { (self.say(say::no_picture())) }
                (self.fault(Step::Picture))
                (self.button("look", say::try_again(), false))
                @if self.wizard.opened.is_some() {
                    p { a.button.second href=(Step::Streams.path()) { (self.say(say::choose_otherwise())) } }
                }
                p { a.button.second href=(Step::Maker.path()) { (self.say(say::by_maker())) } }
                (self.other_ways())
            };
        };
        let source = format!("{PATH}/picture.jpg");
        html! {
            h1 { (self.say(say::picture())) }
            p { (self.say(say::at_camera(self.camera()))) }
            @match &looked.picture {
                Ok(_) => {
                    figure.pictures {
                        img #first-picture src=(source) width="640" height="360"
                            alt=(self.say(say::picture_of(self.camera())));
                        figcaption { (self.say(say::about_picture())) }
                    }
                }
                Err(why) => p.notice { (coded(&self.say(say::works_without_picture(why.clone())))) },
            }
            (self.facts(looked))
            p { a.button #it-is href=(Step::Name.path()) { (self.say(say::it_is())) } }
            p { a.button.second href=(Step::Find.path()) { (self.say(say::it_is_not())) } }
        }
    }

    fn facts(&self, looked: &Looked) -> Markup {
        let Looked { stream, measure, broke, .. } = looked;
        let tenths = |duration: Duration| format!("{:.1}", duration.as_secs_f32());
        let keyframes = match measure.keyframe_interval {
            Some(every) => probe::keyframe_every(tenths(every.median), tenths(every.min), tenths(every.max)),
            None => probe::no_second_keyframe(tenths(measure.span)),
        };
        let are_far_apart = match measure.keyframe_interval {
            Some(every) => every.max > LONG_KEYFRAME_INTERVAL,
            None => measure.span > LONG_KEYFRAME_INTERVAL,
        };
        let large = self.wizard.choice().and_then(|choice| choice.large);
        html! {
            dl.wide {
                dt { (self.say(say::codec())) } dd { (stream.codec) }
                dt { (self.say(say::size())) } dd { (self.say(probe::size(stream.width, stream.height))) }
                @if let Some(fps) = measure.fps {
                    dt { (self.say(say::rate())) }
                    dd { (self.say(say::frames_a_second(format!("{fps:.0}")))) }
                }
                dt { (self.say(say::keyframes())) } dd { (self.say(keyframes)) }
                @if let Some(large) = large {
                    dt { (self.say(say::large_stream())) } dd { (self.profile(&large)) }
                }
            }
            @if let Some(error) = broke { p.fault { (coded(&self.say(say::broke(error.clone())))) } }
            @if are_far_apart { p.hint { (self.say(say_page::try_this(say::try_keyframes_in_camera()))) } }
            @if stream.width > LARGE_WIDTH {
                p.hint { (self.say(say_page::try_this(say::try_smaller_stream()))) }
            }
        }
    }

    // ---- name

    fn name(&self) -> Markup {
        let host = self.wizard.target.as_ref().map_or("", |target| &target.host);
        let is_taken = |id: &str| self.config.camera(id).is_some();
        let named = self.wizard.named.clone().unwrap_or_default();
        let id = if named.id.is_empty() { short_name(host, is_taken) } else { named.id };
        html! {
            h1 { (self.say(say::name())) }
            (self.fault(Step::Name))
            (self.form("name", html! {
                label for="camera-name" { (self.say(say::camera_name())) }
                input #camera-name name="name" value=(named.name) required maxlength=(MOST_NAME_CHARS) autocomplete="off"
                    aria-describedby="about-name";
                p.hint #about-name { (self.say(say::about_name())) }
                label for="camera-id" { (self.say(say::short_name())) }
                input #camera-id name="id" value=(id) required maxlength="64" autocomplete="off" autocapitalize="none"
                    spellcheck="false" aria-describedby="about-id";
                p.hint #about-id { (coded(&self.say(say::about_short_name()))) }
                button #go-on type="submit" { (self.say(say::go_on())) }
            }))
            p.back { a href=(Step::Picture.path()) { (self.say(say::back())) } }
        }
    }

    // ---- place

    fn place(&self) -> Markup {
        let placed = &self.wizard.placed;
        let id = self.wizard.named.as_ref().map_or("", |named| &named.id);
        let last = self.config.cameras.last();
        let eye = match (placed.eye.as_str(), last) {
            ("", Some(last)) => last.eye.name(),
            (eye, _) => eye,
        };
        let grids = self.grids();
        let usual = last.map(|camera| camera.grid.as_str()).or_else(|| grids.keys().next().copied());
        let grid = if placed.grid.is_empty() { usual.unwrap_or_default() } else { &placed.grid };
        let eyes = [
            (Eye::Sky, say_page::eye_sky()),
            (Eye::Village, say_page::eye_village()),
            (Eye::Household, say_page::eye_household()),
        ];
        html! {
            h1 { (self.say(say::place())) }
            (self.fault(Step::Place))
            (self.form("place", html! {
                // Whose place it is, also where it is sent twice.
                input type="hidden" name="id" value=(id);
                fieldset #eyes {
                    legend { (self.say(say::eye())) }
                    @for (one, name) in eyes {
                        label.choice {
                            input id={ "eye-" (one.name()) } type="radio" name="eye" value=(one.name()) required
                                checked[one.name() == eye];
                            span { (self.say(name)) }
                        }
                    }
                }
                label for="grid" { (self.say(say::grid())) }
                input #grid name="grid" value=(grid) required maxlength="20" inputmode="numeric" list="grids"
                    autocomplete="off" aria-describedby="about-grid";
                datalist #grids {
                    @for (code, name) in &grids { option value=(code) { (name.unwrap_or_default()) } }
                }
                p.hint #about-grid { (self.say(say::about_grid(&*self.config.site.area))) }
                label for="place-address" { (self.say(say::address())) }
                input #place-address name="address" value=(placed.address) maxlength=(MOST_PLACE_CHARS) autocomplete="off"
                    aria-describedby="about-place";
                p.hint #about-place { (self.say(say::about_place_address())) }
                button #to-changes type="submit" { (self.say(say::to_the_changes())) }
            }))
            p.back { a href=(Step::Name.path()) { (self.say(say::back())) } }
        }
    }

    /// The grids that the configuration knows, with what they are called.
    fn grids(&self) -> BTreeMap<&str, Option<&str>> {
        let cameras = self.config.cameras.iter().map(|camera| camera.grid.as_str());
        let sensors = self.config.sensors.list.iter().map(|sensor| sensor.plan.grid.as_str());
        let mut grids: BTreeMap<&str, Option<&str>> =
            cameras.chain(sensors).map(|code| (code, None)).collect();
        for (code, grid) in &self.config.grids {
            grids.insert(code, grid.name.as_deref());
        }
        grids
    }
}

fn host_of(camera: &Camera) -> Option<String> {
    match &camera.source {
        CameraSource::Rtsp { url, .. } => Url::parse(url).ok()?.host_str().map(str::to_owned),
        CameraSource::File(_) => None,
    }
}

/// What comes after the proposal.
/// `tried_by`: who else tries it, while only they can keep it.
pub(super) fn done(site: &Site, shell: &Shell<'_>, id: &str, waits: bool, tried_by: Option<Words>) -> Markup {
    let in_force = site.in_force();
    let say = |sentence: Sentence| shell.say(sentence);
    let add = |name: Sentence| html! { p { a.button.second href=(PATH) { (say(name)) } } };
    let Some(camera) = in_force.config.camera(id) else {
        return html! {
            section #done.narrow.wizard data-live="status" {
                @if waits {
                    h1 { (say(say::is_not_tried())) }
                    p { a.button href="/changes" { (say(say::look_at_change())) } }
                } @else {
                    h1 { (say(say::is_not_here())) }
                    p { (say(page_changes::nothing_is_proposed())) }
                    (add(say::add_camera()))
                }
            }
        };
    };
    let others = shell.visitor.and_then(|visitor| in_force.tried_by_others(&visitor.person.name));
    let can_keep = in_force.trial.is_some() && others.is_none();
    let name = camera.responsible.name.as_deref().unwrap_or(&camera.id);
    let path = format!("/cameras/{}", camera.id);
    html! {
        section #done.narrow.wizard data-live="status" {
            h1 #added { (say(say::is_tried(name))) }
            @if let Some(who) = tried_by {
                p { (say(page_changes::is_tried_by(who))) }
            } @else {
                p { (say(if can_keep { say::is_on_trial() } else { say::is_kept() })) }
                h2 { (say(say::next())) }
                (next_step::all(site, shell, &in_force.config, camera))
            }
            p { a.button.second href=(path) { (say(say::see_it())) } }
            (add(say::add_another()))
        }
    }
}
