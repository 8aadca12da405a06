//! The walk test: somebody walks before a camera, the page colours where they were found and where not, and the box keeps
//! the result with the camera.
//!
//! One task per camera that is walked looks at it as a page does, but at no picture; no more cameras are looked at than
//! ever. Results stay in the page's folder, the latest of each camera. Must never keep a picture.

mod grid;

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::Site;
use super::accounts::Role;
use super::files;
use super::in_force::InForce;
use super::layout::{Shell, token};
use super::request::{OwnForm, Refused, Visitor, at_least};
use crate::contract::words::{Language, Time};
use crate::text::{Sentence, log_error, log_warn, page, page_live as say};
use crate::view::{Follow, MOST_LIVE, Next, NoLook, Sighting};
use grid::{COLUMNS, Cells, ROWS, WalkGrid, Walker};

/// A walk test ends by itself.
const LASTS_FOR: Duration = Duration::from_secs(5 * 60);
/// How often it is looked whether it ends.
const LOOK_WITHIN: Duration = Duration::from_secs(2);
/// Results, within the page's folder.
const FILE: &str = "walk-tests.json";
/// Largest such file, bytes: a hundred cameras with every cell.
const MOST_BYTES: u64 = 4 << 20;
/// Cameras of which a result is kept; that of the one that was walked longest ago goes first.
const MOST_RESULTS: usize = 200;
/// What the audit log says happened.
const BEGUN: &str = "page_walk_test";
/// Who walks is found by this.
const PERSON: &str = "person";

/// The walk tests of all cameras.
pub(super) struct Walks {
    folder: PathBuf,
    running: Mutex<BTreeMap<String, Running>>,
    /// Never held while anything waits for the disk.
    results: Mutex<BTreeMap<String, Walked>>,
    /// Held while they are written: the latest stay.
    writing: Mutex<()>,
}

struct Running {
    by: String,
    ends: tokio::time::Instant,
    grid: Arc<Mutex<WalkGrid>>,
    stop: watch::Sender<bool>,
}

/// What is kept of a walk test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Walked {
    at: Time,
    by: String,
    cells: Cells,
    smallest: Option<f32>,
}

impl Walks {
    /// Those that were kept.
    pub(super) fn within(folder: &FilePath) -> Self {
        let results = match files::read(&folder.join(FILE), MOST_BYTES) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                log_warn!(say::log_walks_unreadable(); %error);
                BTreeMap::new()
            }),
            Err(error) => {
                if error.kind() != std::io::ErrorKind::NotFound {
                    log_warn!(say::log_walks_unreadable(); %error);
                }
                BTreeMap::new()
            }
        };
        Walks {
            folder: folder.to_owned(),
            running: Mutex::default(),
            results: Mutex::new(results),
            writing: Mutex::default(),
        }
    }

    /// Whether somebody has walked before that camera and was found.
    pub(super) fn has(&self, camera: &str) -> bool {
        self.results.lock().get(camera).is_some_and(|walked| walked.cells.coverage().is_some())
    }

    /// Waits for the disk; nobody who reads results does.
    fn keep(&self, camera: &str, walked: Walked) {
        let _one_after_the_other = self.writing.lock();
        self.write(self.take_in(camera, walked));
    }

    /// Forgets the results of cameras that are not there any more: another one may get the name. Waits for the disk.
    fn forget(&self, is_there: impl Fn(&str) -> bool) {
        let _one_after_the_other = self.writing.lock();
        let bytes = {
            let mut results = self.results.lock();
            let before = results.len();
            results.retain(|camera, _| is_there(camera));
            (results.len() < before).then(|| serde_json::to_vec(&*results))
        };
        if let Some(bytes) = bytes {
            self.write(bytes);
        }
    }

    fn write(&self, bytes: serde_json::Result<Vec<u8>>) {
        let written = bytes
            .map_err(std::io::Error::other)
            .and_then(|bytes| files::write_private(&self.folder, FILE, &bytes));
        if let Err(error) = written {
            log_error!(say::log_walk_not_kept(); %error);
        }
    }

    /// The file with one more.
    fn take_in(&self, camera: &str, walked: Walked) -> serde_json::Result<Vec<u8>> {
        let mut results = self.results.lock();
        results.insert(camera.to_owned(), walked);
        while results.len() > MOST_RESULTS {
            let oldest =
                results.iter().min_by_key(|(_, walked)| walked.at.0).map(|(camera, _)| camera.clone());
            oldest.and_then(|camera| results.remove(&camera));
        }
        serde_json::to_vec(&*results)
    }
}

impl Walked {
    /// What is known after a walk; `None` where the camera gave no frame meanwhile: what was known before stays.
    fn after(grid: &WalkGrid, at: Time, by: String) -> Option<Self> {
        grid.has_looked().then(|| Walked { at, by, cells: grid.cells().clone(), smallest: grid.smallest() })
    }
}

/// Forgets the walk tests of cameras that left the configuration, until the runtime stops. What is only tried may come back.
pub(super) async fn forget(site: Arc<Site>) {
    let mut in_force = site.parts.in_force.clone();
    // What the page begins with may be a trial of before a restart; the daemon says so a moment later.
    while in_force.changed().await.is_ok() {
        let InForce { config, trial, .. } = in_force.borrow_and_update().clone();
        if trial.is_none() {
            let site = site.clone();
            let forget = move || site.walks.forget(|camera| config.camera(camera).is_some());
            // A panic in it is in the log; the next change comes all the same.
            let _ = tokio::task::spawn_blocking(forget).await;
        }
    }
}

/// Walk tests are for those who may change something.
fn only_operators(form: &OwnForm) -> Result<(), Refused> {
    at_least(Role::Operator, &form.visitor, page::role_does_not_allow(), form.reader)
}

pub(super) async fn begin(
    State(site): State<Arc<Site>>,
    Path(camera): Path<String>,
    form: OwnForm,
) -> Result<Response, Refused> {
    only_operators(&form)?;
    let OwnForm { visitor, reader, .. } = form;
    if site.walks.running.lock().contains_key(&camera) {
        return Ok(back(&site, &visitor, &camera, say::walk_goes_on_already()));
    }
    let follow = site.parts.viewer.follow(&camera).map_err(|no| match no {
        NoLook::NoSuchCamera => Refused::new(StatusCode::NOT_FOUND, say::no_such_camera(), reader),
        NoLook::TooMany => {
            Refused::new(StatusCode::SERVICE_UNAVAILABLE, say::too_many_cameras(MOST_LIVE), reader)
        }
    })?;
    site.note(BEGUN, &visitor.by(), Some(camera.clone()), reader).await?;
    let (stop, stopped) = watch::channel(false);
    let ends = tokio::time::Instant::now() + LASTS_FOR;
    let grid = Arc::new(Mutex::new(WalkGrid::default()));
    let running = Running { by: visitor.person.name.clone(), ends, grid: grid.clone(), stop };
    {
        let mut all = site.walks.running.lock();
        // Somebody else may have begun one in the meantime.
        if all.contains_key(&camera) {
            drop(all);
            return Ok(back(&site, &visitor, &camera, say::walk_goes_on_already()));
        }
        all.insert(camera.clone(), running);
    }
    tokio::spawn(walk(site.clone(), camera.clone(), follow, grid, stopped, ends));
    Ok(back(&site, &visitor, &camera, say::walk_began()))
}

pub(super) async fn end(
    State(site): State<Arc<Site>>,
    Path(camera): Path<String>,
    form: OwnForm,
) -> Result<Response, Refused> {
    only_operators(&form)?;
    let OwnForm { visitor, reader, .. } = form;
    // Only a camera of now has a page to go back to.
    if !site.parts.viewer.has(&camera) {
        return Err(Refused::new(StatusCode::NOT_FOUND, say::no_such_camera(), reader));
    }
    let stop = site.walks.running.lock().get(&camera).map(|running| running.stop.clone());
    let word = match stop {
        Some(stop) => {
            stop.send_replace(true);
            // The result is there when the page is shown again, unless the disk is slow.
            let _ = tokio::time::timeout(LOOK_WITHIN, stop.closed()).await;
            say::walk_ends()
        }
        None => say::walk_is_over_already(),
    };
    Ok(back(&site, &visitor, &camera, word))
}

fn back(site: &Site, visitor: &Visitor, camera: &str, word: Sentence) -> Response {
    site.sessions.lock().say_next(visitor.key, word);
    Redirect::to(&format!("/cameras/{camera}#walk")).into_response()
}

/// Looks until the time is over, somebody ends it, or the camera goes away.
async fn walk(
    site: Arc<Site>,
    camera: String,
    mut follow: Follow,
    grid: Arc<Mutex<WalkGrid>>,
    mut stopped: watch::Receiver<bool>,
    ends: tokio::time::Instant,
) {
    let mut latest = 0;
    loop {
        let next = tokio::select! {
            next = follow.next(latest, LOOK_WITHIN) => next,
            _ = stopped.wait_for(|stopped| *stopped) => break,
            () = tokio::time::sleep_until(ends) => break,
        };
        match next {
            Next::New(sighting) => {
                latest = sighting.number;
                grid.lock().see(site.now().mono, &walkers(&sighting));
            }
            Next::NothingYet => {}
            Next::Gone => break,
        }
    }
    drop(follow);
    let Some(by) = site.walks.running.lock().get(&camera).map(|running| running.by.clone()) else { return };
    let walked = Walked::after(&grid.lock(), Time(site.now().utc), by);
    // Nothing is kept of a camera that went away.
    if let Some(walked) = walked.filter(|_| site.config().camera(&camera).is_some()) {
        let (keeping, of) = (site.clone(), camera.clone());
        let kept = tokio::task::spawn_blocking(move || keeping.walks.keep(&of, walked));
        if let Err(error) = kept.await {
            log_error!(say::log_walk_not_kept(); %error);
        }
    }
    site.walks.running.lock().remove(&camera);
    // The event of the end goes to its viewer now.
    drop(stopped);
}

fn walkers(sighting: &Sighting) -> Vec<Walker> {
    let people = sighting.seen.boxes.iter().filter(|one| one.class == PERSON);
    people
        .filter_map(|one| {
            Some(Walker { track: one.track?, area: one.box_in_frame, height: one.height, score: one.score })
        })
        .collect()
}

/// What the script shows of a walk test that goes on; null where none does.
pub(super) fn event(site: &Site, camera: &str, language: Language) -> Value {
    let running = site.walks.running.lock();
    let Some(running) = running.get(camera) else { return Value::Null };
    let left = running.ends.saturating_duration_since(tokio::time::Instant::now()).as_secs();
    let grid = running.grid.lock();
    let cells = grid.cells();
    let word = match cells.coverage() {
        Some(percent) => say::walk_so_far(percent, left),
        None => say::walk_nobody_yet(left),
    };
    json!({
        "columns": COLUMNS,
        "rows": ROWS,
        "found": cells.found.iter().collect::<Vec<_>>(),
        "lost": cells.lost,
        "word": word.in_language(language),
    })
}

/// The part of a camera's page that is about its walk test.
pub(super) fn section(site: &Site, camera: &str, shell: &Shell<'_>, visitor: &Visitor) -> Markup {
    let by = site.walks.running.lock().get(camera).map(|running| running.by.clone());
    let walked = site.walks.results.lock().get(camera).cloned();
    let may_walk = visitor.may(Role::Operator);
    let form = |action: &str, name: Sentence| {
        html! {
            form method="post" action={ "/cameras/" (camera) "/walk" (action) } {
                (token(visitor.form_token()))
                button type="submit" { (shell.say(name)) }
            }
        }
    };
    html! {
        section #walk aria-labelledby="walk-test" {
            h2 #walk-test { (shell.say(say::walk_test())) }
            p.hint { (shell.say(say::about_walk_test(LASTS_FOR.as_secs() / 60))) }
            @if let Some(by) = &by {
                p.notice { (shell.say(say::walk_goes_on(by.as_str()))) " " span #walk-word {} }
                @if may_walk { (form("/end", say::end_walk())) }
            } @else if may_walk {
                (form("", say::begin_walk()))
            } @else {
                p.hint { (shell.say(say::only_operators_walk())) }
            }
            @match &walked {
                Some(walked) => (result(site, camera, walked, shell)),
                None => p.empty { (shell.say(say::never_walked())) },
            }
        }
    }
}

fn result(site: &Site, camera: &str, walked: &Walked, shell: &Shell<'_>) -> Markup {
    let Walked { at: Time(at), by, cells, smallest } = walked;
    let height = smallest.map(|height| format!("{:.0}", height * 100.0));
    let time = at.to_zoned(site.time_zone()).strftime("%Y-%m-%d %H:%M").to_string();
    html! {
        div.walked {
            p {
                time datetime=(format!("{at:.0}")) {
                    (shell.say(say::walked_on(time, by.as_str())))
                }
            }
            @match cells.coverage() {
                Some(percent) => {
                    p {
                        @match height {
                            Some(height) => (shell.say(say::walk_promise(percent, height))),
                            None => (shell.say(say::walk_found(percent))),
                        }
                    }
                    p.hint {
                        @if cells.lost.is_empty() {
                            (shell.say(say::walk_lost_nowhere()))
                        } @else {
                            (shell.say(say::walk_lost_at(cells.lost.len())))
                        }
                    }
                    (picture(camera, cells, shell))
                }
                None => p { (shell.say(say::walk_nobody())) },
            }
        }
    }
}

/// Found is filled, the surer the fuller; lost is hatched.
fn picture(camera: &str, cells: &Cells, shell: &Shell<'_>) -> Markup {
    let place = |cell: &usize| (cell % COLUMNS, cell / COLUMNS);
    html! {
        div.screen {
            img src={ "/cameras/" (camera) "/picture.jpg" } loading="lazy" width="640" height="360" alt="";
            svg.coverage viewBox={ "0 0 " (COLUMNS) " " (ROWS) } preserveAspectRatio="none" role="img"
                aria-label=(shell.say(say::walk_picture(camera))) {
                @for (cell, percent) in &cells.found {
                    @let (x, y) = place(cell);
                    rect.found x=(x) y=(y) width="1" height="1" fill-opacity=(opacity(*percent)) {}
                }
                @for cell in &cells.lost {
                    @let (x, y) = place(cell);
                    g.lost {
                        rect x=(x) y=(y) width="1" height="1" {}
                        path d={ "M" (x) " " (y + 1) "L" (x + 1) " " (y) } {}
                    }
                }
            }
        }
    }
}

fn opacity(percent: u8) -> String {
    format!("{:.2}", 0.25 + f32::from(percent.min(100)) / 200.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(at: i64) -> Walked {
        let mut grid = WalkGrid::default();
        let area = [0.4, 0.2, 0.5, 0.6];
        grid.see(Duration::ZERO, &[Walker { track: 1, area, height: 0.4, score: 0.75 }]);
        let at = Time(jiff::Timestamp::from_second(at).unwrap());
        Walked::after(&grid, at, "li".to_owned()).expect("somebody walked")
    }

    #[test]
    fn a_walk_before_a_camera_that_gave_no_frame_leaves_what_was_known() {
        let mut grid = WalkGrid::default();
        let at = Time(jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(Walked::after(&grid, at, "li".to_owned()), None);
        grid.see(Duration::ZERO, &[]);
        let nobody = Walked::after(&grid, at, "li".to_owned()).expect("frames came, and nobody was in them");
        assert_eq!(nobody.cells.coverage(), None);
    }

    #[test]
    fn a_walk_in_which_nobody_was_found_is_to_be_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let walks = Walks::within(folder.path());
        let mut grid = WalkGrid::default();
        grid.see(Duration::ZERO, &[]);
        let at = Time(jiff::Timestamp::UNIX_EPOCH);
        walks.keep("cam-31", Walked::after(&grid, at, "li".to_owned()).expect("frames came"));
        assert!(walks.results.lock().contains_key("cam-31") && !walks.has("cam-31"));
        walks.keep("cam-31", walked(1));
        assert!(walks.has("cam-31"));
    }

    #[test]
    fn a_camera_that_gets_the_name_of_one_that_left_has_not_been_walked() {
        let folder = tempfile::tempdir().unwrap();
        let walks = Walks::within(folder.path());
        for camera in ["cam-01", "cam-31"] {
            walks.keep(camera, walked(1));
        }
        walks.forget(|camera| camera != "cam-31");
        for walks in [&walks, &Walks::within(folder.path())] {
            assert!(walks.has("cam-01") && !walks.has("cam-31"));
            assert!(!walks.results.lock().contains_key("cam-31"));
        }
    }

    #[test]
    fn the_latest_result_of_each_camera_is_kept_over_a_restart_within_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let walks = Walks::within(folder.path());
        assert!(walks.results.lock().is_empty(), "no file is nothing to tell");
        walks.keep("cam-01", walked(1));
        walks.keep("cam-01", walked(2));
        let again = Walks::within(folder.path());
        assert_eq!(*again.results.lock(), BTreeMap::from([("cam-01".to_owned(), walked(2))]));
        for number in 0..MOST_RESULTS {
            again.keep(&format!("other-{number}"), walked(3));
        }
        assert_eq!(again.results.lock().len(), MOST_RESULTS);
        assert!(!again.results.lock().contains_key("cam-01"));
        std::fs::write(folder.path().join(FILE), b"{ half").unwrap();
        assert!(Walks::within(folder.path()).results.lock().is_empty());
    }
}
