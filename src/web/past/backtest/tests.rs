use std::path::Path;

use super::*;
use crate::analysis::detection::Class;
use crate::contract::words::Language;
use crate::journal::write_all;
use crate::retune::tests::{HIGHER, HOURS, after, afternoon, text};

fn here(folder: &Path) -> Here {
    Here {
        file: folder.join("site.toml"),
        journal: folder.join("journal"),
        set_values: None,
        now: after(HOURS * 3_600),
    }
}

fn change(text: String) -> Change {
    Change { text, whys: Vec::new(), cameras: Vec::new(), proposal: None, ran: None }
}

fn backtests() -> Backtests {
    Backtests::new(watch::Sender::new(0))
}

/// Begins one and waits for its end.
fn tried(backtests: &Backtests, text: String, here: Here) -> State {
    let id = backtests.begin("li", 1, change(text), here).unwrap_or_else(|why| panic!("{why}"));
    ended(backtests, id)
}

fn ended(backtests: &Backtests, id: u64) -> State {
    let until = std::time::Instant::now() + Duration::from_secs(120);
    loop {
        match backtests.get(id).unwrap().state {
            State::Running(_) if std::time::Instant::now() < until => {
                std::thread::park_timeout(Duration::from_millis(5));
            }
            state => return state,
        }
    }
}

fn report_of(state: &State) -> &Report {
    match state {
        State::Done(made) => match &**made {
            Made::Report(report) => report,
            Made::Slider(slider, _) => panic!("{slider:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn running(id: u64) -> Backtest {
    Backtest {
        id,
        by: "wang".to_owned(),
        at: after(0),
        days: 1,
        cameras: Vec::new(),
        whys: Vec::new(),
        text: "".into(),
        proposal: None,
        ran: None,
        turned: None,
        state: State::Running(Progress::BEGUN),
    }
}

#[test]
fn a_higher_threshold_is_tried_on_the_last_day_and_its_report_names_pictures_as_they_were_published() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    std::fs::create_dir(&evidence).unwrap();
    let entries = afternoon(&evidence);
    let picture = image::RgbImage::new(64, 36);
    for entry in &entries {
        if let crate::journal::Entry::Published(one) = entry {
            let path = evidence.join(format!("{}-1.jpg", one.alert.0));
            picture.save_with_format(&path, image::ImageFormat::Jpeg).unwrap();
        }
    }
    write_all(&folder.path().join("journal"), entries);
    let backtests = backtests();
    let state = tried(&backtests, text(HIGHER, &evidence), here(folder.path()));
    let report = report_of(&state);
    let summary: Vec<String> = report.summary.iter().map(ToString::to_string).collect();
    assert!(summary[0].starts_with("Alerts: ") && !report.changes_nothing, "{summary:?}");
    assert!(report.html.contains("src=\"/alerts/"), "{}", report.html);
    assert!(report.html.contains("/pictures/1\"") && !report.html.contains("data:"), "{}", report.html);
    assert!(!report.html.contains(" style=") && !report.html.contains("<style"), "{}", report.html);
    assert!(report.html.contains("New: with the change"), "{}", report.html);
    for language in Language::ALL {
        let shell = crate::web::layout::Shell::bare(language, say::report());
        let page = shell.page_to_look_at(
            "report",
            maud::html! {
                link rel="stylesheet" href="/assets/report.css";
                (maud::PreEscaped(report.html.as_str()))
            },
        );
        assert!(page.contains("class=\"report\""), "{page}");
    }
    backtests.stop(Duration::from_secs(10));
}

#[test]
fn a_change_that_changes_no_alert_says_so() {
    let folder = tempfile::tempdir().unwrap();
    write_all(&folder.path().join("journal"), afternoon(folder.path()));
    let backtests = backtests();
    // Nobody is that small.
    let new = text("", folder.path()).replace("cameras = [", "min_height = 0.02\ncameras = [");
    // Before the reload, which changed something.
    let here = Here { now: after(7_900), ..here(folder.path()) };
    let state = tried(&backtests, new, here);
    assert!(report_of(&state).changes_nothing, "{:?}", report_of(&state).summary);
    backtests.stop(Duration::from_secs(10));
}

#[test]
fn a_box_without_a_journal_and_one_whose_files_are_damaged_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let backtests = backtests();
    let why = |state: State| match state {
        State::Failed(why, _) => why.to_string(),
        other => panic!("{other:?}"),
    };
    let none = why(tried(&backtests, text(HIGHER, folder.path()), here(folder.path())));
    assert!(none.starts_with("Nothing is recorded yet."), "{none}");
    let journal = folder.path().join("journal");
    std::fs::create_dir(&journal).unwrap();
    std::fs::write(journal.join("0000000001-20261116T06Z.journal"), b"lookoutJ nonsense").unwrap();
    let damaged = why(tried(&backtests, text(HIGHER, folder.path()), here(folder.path())));
    assert!(damaged.starts_with("Nothing is recorded yet."), "{damaged}");
    write_all(&journal, afternoon(folder.path()).into_iter().take(50));
    let mut later = here(folder.path());
    later.now = after(30 * 86_400);
    let too_late = why(tried(&backtests, text(HIGHER, folder.path()), later));
    assert!(too_late.contains("It begins at 2026-11-16 14:00"), "{too_late}");
    backtests.stop(Duration::from_secs(10));
}

#[test]
fn a_journal_of_which_a_part_is_damaged_is_judged_and_the_report_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    write_all(&journal, afternoon(folder.path()));
    let mut files: Vec<_> = std::fs::read_dir(&journal).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut bytes = std::fs::read(&files[1]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&files[1], bytes).unwrap();
    let backtests = backtests();
    let state = tried(&backtests, text(HIGHER, folder.path()), here(folder.path()));
    let report = report_of(&state);
    assert!(report.html.contains("Places where records are missing"), "{}", report.html);
    backtests.stop(Duration::from_secs(10));
}

/// What runs, with another duration or without a rule that there was.
fn runs(text: &str) -> Config {
    let path = Path::new("/etc/lookout/lookout.toml");
    Config::from_text(path, text, &Surroundings::elsewhere(path))
        .unwrap_or_else(|problems| panic!("{problems}"))
}

/// A report of a change of the smallest height, which somebody made in the text that ran.
fn of_height(text: &str) -> Backtest {
    let set = Edit::SetRule {
        id: "person-in-lane".to_owned(),
        key: edit::path(&["min_height"]),
        value: Some(edit::number_value(0.2)),
    };
    let why = page_changes::nothing_would_change();
    let text = edit::apply(text, std::slice::from_ref(&set)).unwrap().into();
    let proposal = Some(ToPropose { edits: vec![set], why, back_to: "/rules".to_owned() });
    Backtest { text, proposal, ..running(1) }
}

#[test]
fn what_judges_beside_what_runs_keeps_what_others_changed_since_it_was_tried() {
    let folder = tempfile::tempdir().unwrap();
    let before = text("", folder.path());
    let one = of_height(&before);
    assert_eq!(one.beside(&runs(&before)).unwrap(), *one.text);
    let by_others = before.replace("for_secs = 3", "for_secs = 30");
    let beside = one.beside(&runs(&by_others)).unwrap();
    assert!(beside.contains("for_secs = 30") && beside.contains("min_height = 0.2"), "{beside}");
    assert_eq!(one.beside(&runs(&beside)).unwrap_err(), page_changes::nothing_would_change());
    let without = by_others.replace("person-in-lane", "somebody");
    assert!(one.beside(&runs(&without)).is_err(), "the rule is gone");
}

#[test]
fn a_change_that_goes_on_from_others_judges_beside_nothing_but_what_ran_when_it_was_tried() {
    let folder = tempfile::tempdir().unwrap();
    let before = text("", folder.path());
    let (ran, by_others) = (runs(&before), runs(&before.replace("for_secs = 3", "for_secs = 30")));
    let one = Backtest { ran: Some(ran.sha256.clone()), ..of_height(&before) };
    assert_eq!(one.beside(&ran).unwrap(), *one.text);
    assert_eq!(one.beside(&by_others).unwrap_err(), say::changed_since());
}

#[test]
fn one_is_tried_at_a_time_and_the_second_learns_whose_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let backtests = backtests();
    backtests.list.lock().push_front(running(7));
    let why = backtests.begin("li", 1, change(text("", folder.path())), here(folder.path())).unwrap_err();
    assert!(why.to_string().starts_with("Something of wang is being tried"), "{why}");
    backtests.cancel(7);
    assert!(matches!(backtests.get(7).unwrap().state, State::Cancelled));
    let id = backtests.begin("li", 1, change(text("", folder.path())), here(folder.path())).unwrap();
    assert!(id > 7, "an old address shows nothing else");
    backtests.stop(Duration::from_secs(10));
}

#[test]
fn what_was_cancelled_stays_so_and_what_is_done_cannot_be_cancelled() {
    let backtests = backtests();
    let made = Made::Report(Report { summary: Vec::new(), changes_nothing: false, html: String::new() });
    backtests.list.lock().push_front(Backtest { state: State::Done(Arc::new(made)), ..running(1) });
    backtests.cancel(1);
    assert!(matches!(backtests.get(1).unwrap().state, State::Done(_)));
    backtests.remove(1);
    assert!(backtests.get(1).is_none());
}

#[test]
fn a_change_that_cannot_be_used_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let backtests = backtests();
    let why =
        backtests.begin("li", 1, change("[site]\nbox = 1".to_owned()), here(folder.path())).unwrap_err();
    assert!(why.to_string().starts_with("This change cannot be judged: "), "{why}");
    assert!(backtests.all().is_empty());
}

#[test]
fn a_week_is_not_tried_where_somebody_types_another_number_of_days() {
    let folder = tempfile::tempdir().unwrap();
    let backtests = backtests();
    let id = backtests.begin("li", 9_999, change(text("", folder.path())), here(folder.path())).unwrap();
    assert_eq!(backtests.get(id).unwrap().days, USUAL_DAYS);
    backtests.stop(Duration::from_secs(10));
}

#[test]
fn reports_have_a_bound_together_and_the_oldest_go() {
    let report = |bytes: usize| {
        let html = "x".repeat(bytes);
        State::Done(Arc::new(Made::Report(Report { summary: Vec::new(), changes_nothing: false, html })))
    };
    let one = |id: u64, bytes: usize| Backtest { state: report(bytes), ..running(id) };
    let mut list: VecDeque<Backtest> = [one(3, ALL_BYTES / 2), one(2, ALL_BYTES / 2), one(1, 1)].into();
    forget_the_oldest(&mut list);
    assert_eq!(list.iter().map(|one| one.id).collect::<Vec<_>>(), [3, 2]);
}

fn turned() -> Turned {
    Turned {
        rule: "person-in-lane".to_owned(),
        camera: "cam-1".to_owned(),
        parameter: Parameter::Threshold { camera: "cam-1".into(), class: Class::PERSON },
    }
}

#[test]
fn each_value_of_a_threshold_says_how_many_alerts_it_would_have_made() {
    let folder = tempfile::tempdir().unwrap();
    write_all(&folder.path().join("journal"), afternoon(folder.path()));
    let backtests = backtests();
    let begun = |turned: Turned| {
        let id = backtests.begin_values("li", 1, &text("", folder.path()), turned, here(folder.path()));
        ended(&backtests, id.unwrap_or_else(|why| panic!("{why}")))
    };
    let state = begun(turned());
    let State::Done(made) = &state else { panic!("{state:?}") };
    let Made::Slider(slider, _) = &**made else { panic!("{made:?}") };
    let told: Vec<u64> = slider.values.iter().map(|value| value.told).collect();
    // Of the visits at this camera one was of somebody who was seen badly (0.4).
    assert!(told.len() > 3 && told[0] > told[2] && told[2] > 0, "{slider:?}");
    assert!(told.is_sorted_by(|a, b| a >= b), "{told:?}");
    assert_eq!(slider.parameter.to_string(), "threshold for person");
    assert!(matches!(begun(Turned { rule: "gate".to_owned(), ..turned() }), State::Failed(..)));
    backtests.stop(Duration::from_secs(10));
}

#[test]
fn values_that_would_make_too_many_alerts_end_with_a_reason_and_not_with_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    write_all(&folder.path().join("journal"), afternoon(folder.path()));
    let few = |most: Held| Backtests { most, ..backtests() };
    let failed = |state: State| match state {
        State::Failed(why, hint) => (why, hint),
        other => panic!("{other:?}"),
    };
    let backtests = few(Held { alerts: 3, ..MOST_HELD });
    let id = backtests.begin_values("li", 1, &text("", folder.path()), turned(), here(folder.path()));
    let ended = ended(&backtests, id.unwrap_or_else(|why| panic!("{why}")));
    assert_eq!(failed(ended), (page_curve::too_many_alerts("3"), Some(page_curve::try_fewer_days())));
    backtests.stop(Duration::from_secs(10));

    let backtests = few(Held { revisions: 3, ..MOST_HELD });
    let ended = tried(&backtests, text(HIGHER, folder.path()), here(folder.path()));
    assert_eq!(failed(ended), (say::too_many_alerts("3"), Some(say::try_less())));
    backtests.stop(Duration::from_secs(10));
}
