use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::hub::{Job, Made, Views};
use super::maker::{EmptyViews, Maker, make};
use super::redaction::{RedactionSettings, StrictRedactor};
use super::*;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::empty_view::EmptyView;
use crate::analysis::geometry::{BBox, Point};
use crate::analysis::time::{Moment, Timestamp};
use crate::clock::Clock;
use crate::evidence;
use crate::evidence::test_support::{detail, view_of};
use crate::frame::test_support::gray;
use crate::text::evidence as of_evidence;

const SOON: Duration = Duration::from_secs(60);

/// The repository's own street, in grey.
fn street() -> Picture {
    let street = image::load_from_memory(include_bytes!("../../models/test-picture.jpg")).unwrap().to_luma8();
    let (width, height) = (street.width() as usize, street.height() as usize);
    gray(width, height, width, |x, y| street.get_pixel(x as u32, y as u32).0[0])
}

/// So full of detail that any pixel differs from its neighbours.
fn noise() -> Picture {
    gray(640, 360, 640, |x, y| ((y * 640 + x).wrapping_mul(2_654_435_761) >> 7) as u8)
}

fn settings(cameras: &[&str]) -> RedactionSettings {
    RedactionSettings {
        is_on: true,
        classes: vec![Class::PERSON],
        faces: Ok(None),
        masks: cameras.iter().map(|camera| (Arc::from(*camera), Vec::new())).collect(),
        finders: Arc::new(|| Err(of_evidence::empty())),
    }
}

fn views(cameras: &[&str]) -> Views {
    let views = Views::new(Clock::start());
    views.set(settings(cameras));
    views
}

fn person() -> Detection {
    Detection { class: Class::PERSON, score: 0.4, box_in_frame: BBox::new(0.4, 0.3, 0.5, 0.8) }
}

fn pending_of(picture: &Arc<Picture>, detections: Vec<Detection>) -> Pending {
    let at = Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::ZERO);
    Pending { picture: picture.clone(), detections, at, seen: Seen::default() }
}

/// As the analysis thread does with a frame; whether it was taken.
fn show(views: &Views, camera: &str, picture: &Arc<Picture>, now: Duration) -> bool {
    let tap = views.tap();
    let is_taken = tap.is_wanted() && tap.takes(camera, now);
    if is_taken {
        tap.offer(camera, pending_of(picture, Vec::new()), now);
    }
    is_taken
}

/// What the thread that makes pictures does next.
fn job(views: &Views) -> Job {
    views.0.next_job(|| panic!("nothing waits")).unwrap()
}

/// What was made, without making anything.
fn made() -> Made {
    let picture = || Some(Ok(ViewPicture { jpeg: [1].into(), width: 1, height: 1, is_coarse: false }));
    Made { live: picture(), still: picture(), shape: picture(), cpu: Duration::from_millis(5) }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

#[test]
fn while_nobody_looks_nothing_is_taken_made_or_kept() {
    let (views, picture) = (views(&["a", "b"]), Arc::new(noise()));
    let (tap, viewer) = (views.tap(), views.viewer());
    assert!(!tap.is_wanted() && !tap.takes("a", Duration::ZERO));
    tap.offer("a", pending_of(&picture, Vec::new()), Duration::ZERO);
    assert_eq!(Arc::strong_count(&picture), 1, "the frame is let go of");

    let look = viewer.look("a").unwrap();
    assert!(tap.is_wanted() && tap.is_live("a") && !tap.is_live("b"));
    assert!(!show(&views, "b", &picture, Duration::ZERO), "at another camera");
    assert!(show(&views, "a", &picture, Duration::ZERO));
    views.0.publish(job(&views), made(), Duration::ZERO);
    assert!(viewer.view("a", 1).is_some());
    assert!(show(&views, "a", &picture, Duration::from_secs(1)));
    drop(look);
    assert!(!tap.is_wanted() && !tap.is_live("a"));
    assert!(viewer.view("a", 1).is_none());
    assert_eq!(Arc::strong_count(&picture), 1, "nor is the frame that waited kept");
}

#[test]
fn who_follows_without_pictures_has_none_made() {
    let (views, picture) = (views(&["a"]), Arc::new(noise()));
    let mut follow = views.viewer().follow("a").unwrap();
    assert!(views.tap().is_live("a") && show(&views, "a", &picture, Duration::ZERO));
    assert_eq!(Arc::strong_count(&picture), 1, "nothing waits to be made");
    let Next::New(first) = runtime().block_on(follow.next(0, SOON)) else { panic!("no sighting") };
    assert!(!show(&views, "a", &picture, Duration::from_millis(100)), "three a second here, too");
    let nothing = runtime().block_on(follow.next(first.number, Duration::ZERO));
    assert!(matches!(nothing, Next::NothingYet));
    drop(follow);
    assert!(!views.tap().is_wanted());
}

#[test]
fn a_camera_gives_three_live_pictures_a_second_at_most() {
    let (views, picture) = (views(&["a"]), Arc::new(noise()));
    let viewer = views.viewer();
    let _looks = [viewer.look("a").unwrap(), viewer.look("a").unwrap()];
    let frames = (0..500).map(|n| Duration::from_millis(20 * n));
    let taken = frames.filter(|now| show(&views, "a", &picture, *now)).count();
    assert!((25..=30).contains(&taken), "{taken} in ten seconds");
}

#[test]
fn a_small_picture_is_made_every_ten_seconds_at_most_while_somebody_asks() {
    let (views, picture) = (views(&["a"]), Arc::new(noise()));
    assert!(views.viewer().still("a").is_none());
    let mut at = Vec::new();
    for second in 0..300 {
        let now = Duration::from_secs(second);
        if show(&views, "a", &picture, now) {
            views.0.publish(job(&views), made(), now);
            at.push(second);
        }
    }
    assert_eq!(at, [0, 10, 20, 30, 40], "until nobody has asked for a while");
    assert!(!views.tap().is_wanted());
    assert!(views.viewer().still("a").is_none(), "it is not kept");
}

#[test]
fn the_analysis_waits_for_nobody() {
    let (views, picture) = (views(&["a"]), Arc::new(noise()));
    let _look = views.viewer().look("a").unwrap();
    let tap = views.tap();
    let _somebody_holds_it = views.0.hold();
    assert!(tap.is_wanted());
    assert!(!tap.takes("a", Duration::ZERO) && !tap.is_live("a"));
    tap.offer("a", pending_of(&picture, Vec::new()), Duration::ZERO);
    assert_eq!(Arc::strong_count(&picture), 1);
}

#[test]
fn four_cameras_are_looked_at_at_once_by_as_many_as_want_to() {
    let views = views(&["a", "b", "c", "d", "e"]);
    let viewer = views.viewer();
    let mut looks: Vec<_> = ["a", "b", "c", "d"].map(|camera| viewer.look(camera).unwrap()).into();
    assert_eq!(viewer.look("e").err(), Some(NoLook::TooMany));
    assert_eq!(viewer.look("none").err(), Some(NoLook::NoSuchCamera));
    looks.push(viewer.look("a").unwrap());
    looks.remove(0);
    assert_eq!(viewer.look("e").err(), Some(NoLook::TooMany), "somebody still looks at it");
    looks.pop();
    assert!(viewer.look("e").is_ok());
}

#[test]
fn a_camera_that_goes_away_ends_the_look_and_so_does_the_end() {
    let runtime = runtime();
    let views = views(&["a", "b"]);
    let viewer = views.viewer();
    let (mut gone, mut stays) = (viewer.look("a").unwrap(), viewer.look("b").unwrap());
    views.set(settings(&["b"]));
    runtime.block_on(async {
        assert!(matches!(gone.next(0, SOON).await, Next::Gone));
        assert!(matches!(stays.next(0, Duration::ZERO).await, Next::NothingYet));
    });
    // It comes back as another one; the end of the old look does not end the look at it.
    views.set(settings(&["a", "b"]));
    let _again = viewer.look("a").unwrap();
    drop(gone);
    assert!(views.tap().is_live("a"));
    views.finish();
    runtime.block_on(async { assert!(matches!(stays.next(0, SOON).await, Next::Gone)) });
    assert!(!views.tap().is_wanted());
}

#[test]
fn what_was_made_with_other_masks_is_not_shown() {
    let (views, picture) = (views(&["a"]), Arc::new(noise()));
    let viewer = views.viewer();
    let _look = viewer.look("a").unwrap();
    viewer.still("a");
    show(&views, "a", &picture, Duration::ZERO);
    views.0.publish(job(&views), made(), Duration::ZERO);
    show(&views, "a", &picture, Duration::from_secs(1));
    let job = job(&views);
    views.set(settings(&["a"]));
    assert!(viewer.view("a", 1).is_none() && viewer.still("a").is_none(), "what was there before");
    views.0.publish(job, made(), Duration::from_secs(2));
    assert!(viewer.view("a", 2).is_none() && viewer.still("a").is_none(), "what was just being made");
}

#[test]
fn a_frame_that_waits_is_not_shown_once_the_configuration_is_another() {
    let (views, picture) = (views(&["a"]), Arc::new(noise()));
    let _look = views.viewer().look("a").unwrap();
    assert!(show(&views, "a", &picture, Duration::ZERO));
    assert_eq!(Arc::strong_count(&picture), 2, "it waits");
    views.set(settings(&["a"]));
    assert_eq!(Arc::strong_count(&picture), 1, "what was found in it was found by the models of before");
}

#[test]
fn a_camera_that_gives_no_frames_keeps_no_picture_either() {
    let (views, picture) = (views(&["a", "b"]), Arc::new(noise()));
    let viewer = views.viewer();
    for camera in ["a", "b"] {
        viewer.still(camera);
        assert!(show(&views, camera, &picture, Duration::ZERO));
        views.0.publish(job(&views), made(), Duration::ZERO);
    }
    views.0.forget(Duration::from_secs(3600));
    assert!(!views.tap().is_wanted());
    assert!(viewer.still("a").is_none() && viewer.still("b").is_none());
}

#[test]
fn while_nobody_looks_the_thread_lets_go_of_what_it_looks_with() {
    let views = views(&["a"]);
    let mut times = 0;
    let next = views.0.next_job(|| {
        times += 1;
        // Nobody waits for it meanwhile.
        views.finish();
    });
    assert!(next.is_none());
    assert_eq!(times, 1);
}

#[test]
fn what_moves_leaves_a_trail() {
    let (views, picture) = (views(&["a"]), Arc::new(noise()));
    let viewer = views.viewer();
    let mut look = viewer.look("a").unwrap();
    let mut latest = 0;
    for step in 0..3_u16 {
        let now = Duration::from_secs(u64::from(step));
        let x = f32::from(step) * 0.25;
        let one = SeenBox {
            class: "person",
            score: 0.9,
            box_in_frame: [x, 0.25, x + 0.25, 0.75],
            height: 0.5,
            track: Some(7),
            trail: Vec::new(),
        };
        let seen = Seen { boxes: vec![one], ..Seen::default() };
        views.tap().offer("a", Pending { seen, ..pending_of(&picture, Vec::new()) }, now);
        views.0.publish(job(&views), made(), now);
        let Next::New(view) = runtime().block_on(look.next(latest, SOON)) else { panic!("no view") };
        latest = view.number;
        assert_eq!(view.seen.boxes[0].trail.len(), usize::from(step) + 1);
        assert_eq!(view.seen.boxes[0].trail.last(), Some(&[x + 0.125, 0.75]));
        assert_eq!(view.cost.pictures, u64::from(step) + 1);
    }
}

/// All forms of a picture as they are made of this scene.
fn forms(
    settings: RedactionSettings,
    picture: Picture,
    found: Vec<Detection>,
    view: Option<EmptyView>,
) -> [Result<ViewPicture, Sentence>; 3] {
    let views = Views::new(Clock::start());
    views.set(settings);
    let viewer = views.viewer();
    let _look = viewer.look("a").unwrap();
    viewer.still("a");
    let _ = runtime().block_on(viewer.shape_picture("a", Duration::ZERO));
    views.tap().offer("a", pending_of(&Arc::new(picture), found), Duration::ZERO);
    let job = job(&views);
    let empty_views: EmptyViews = Box::new(move |_| view.clone());
    let made = make(&mut StrictRedactor::default(), &job, &empty_views);
    [made.live, made.still, made.shape].map(|form| form.expect("all three are wanted"))
}

fn decoded(picture: &ViewPicture) -> image::RgbImage {
    let image = image::load_from_memory(&picture.jpeg).unwrap().to_rgb8();
    assert_eq!(image.dimensions(), (picture.width, picture.height));
    image
}

#[test]
fn a_person_is_as_unrecognisable_as_in_evidence() {
    for (what, picture) in [("street", street as fn() -> Picture), ("noise", noise)] {
        let empty = view_of(&picture());
        let found = vec![person()];
        let scene = evidence::Scene {
            picture: &picture(),
            classes: &[Class::PERSON],
            seen: &found,
            shown: &[],
            masks: &[],
            view: Some(&empty),
        };
        let evidence = evidence::make(&scene).unwrap();
        let evidence = image::load_from_memory(&evidence.jpeg).unwrap().to_rgb8();
        let head = BBox::new(0.4, 0.3, 0.5, 0.45);
        let in_evidence = detail(&evidence, head);
        let before = detail(&evidence::rgb_from_picture(&picture()), head);
        for form in forms(settings(&["a"]), picture(), found.clone(), Some(empty.clone())) {
            let form = form.unwrap();
            assert!(!form.is_coarse);
            let left = detail(&decoded(&form), head);
            // JPEG of another size rounds otherwise.
            assert!(left <= in_evidence + 3.0, "{what}: {left}, in evidence {in_evidence}");
            assert!(what == "street" || left < before / 4.0, "{what}: {left} of {before}");
        }
        for form in forms(settings(&["a"]), picture(), Vec::new(), None) {
            let form = form.unwrap();
            assert!(form.is_coarse, "nothing is known of the view yet");
        }
    }
}

#[test]
fn masks_cover_every_form() {
    let corners = [(0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)].map(|(x, y)| Point::new(x, y)).to_vec();
    let masks = BTreeMap::from([(Arc::from("a"), vec![Polygon::new(corners).unwrap()])]);
    let masked = RedactionSettings { masks, ..settings(&[]) };
    for form in forms(masked, noise(), Vec::new(), Some(view_of(&noise()))) {
        let image = decoded(&form.unwrap());
        let pixel = image.get_pixel(image.width() * 3 / 4, image.height() * 3 / 4).0;
        assert!(pixel.iter().all(|channel| *channel < 16), "{pixel:?}");
    }
}

#[test]
fn where_a_model_does_not_look_there_is_no_picture_but_a_reason() {
    let blind = |faces| RedactionSettings { faces, ..settings(&["a"]) };
    let no_faces = blind(Err(of_evidence::faces_weaker()));
    let cannot = RedactionSettings { classes: vec![Class::CAR], ..settings(&["a"]) };
    let off = RedactionSettings { is_on: false, ..settings(&["a"]) };
    for (settings, code) in [
        (no_faces, "page_live.faces_not_looked_for"),
        (cannot, "config.and_also"),
        (off, "evidence.switched_off"),
    ] {
        for form in forms(settings, noise(), Vec::new(), Some(view_of(&noise()))) {
            assert_eq!(form.expect_err("no picture").code(), code);
        }
    }
}

#[test]
fn a_picture_of_no_camera_is_redacted_as_a_whole_or_there_is_none() {
    struct Finds(bool);
    impl crate::detector::Detector for Finds {
        fn detect(
            &mut self,
            _: &Picture,
            _: Option<BBox>,
            _: &crate::detector::Thresholds,
            out: &mut Vec<Detection>,
        ) -> Result<(), crate::detector::InferError> {
            assert!(self.0, "as the test demands");
            out.push(person());
            Ok(())
        }
    }
    let with = |finds: Option<bool>, faces: Result<(), ()>| {
        let finders = move || -> Result<Finders, Sentence> {
            let faces = faces.map(|()| None).map_err(|()| of_evidence::faces_weaker());
            let finds = finds.ok_or_else(of_evidence::empty)?;
            let thresholds = crate::detector::Thresholds::default();
            Ok(Finders { detector: Box::new(Finds(finds)), thresholds, classes: vec![Class::PERSON], faces })
        };
        let views = Views::new(Clock::start());
        views.set(RedactionSettings { finders: Arc::new(finders), ..settings(&[]) });
        redact_once(&views.viewer(), &noise(), &[])
    };
    let image = image::load_from_memory(&with(Some(true), Ok(())).unwrap()).unwrap().to_rgb8();
    let whole = BBox::new(0.0, 0.0, 1.0, 1.0);
    let (left, before) = (detail(&image, whole), detail(&evidence::rgb_from_picture(&noise()), whole));
    assert!(left < before / 4.0, "{left} of {before}");
    assert_eq!(with(Some(true), Err(())).expect_err("no faces").code(), "page_live.faces_not_looked_for");
    assert_eq!(with(Some(false), Ok(())).expect_err("it panicked").code(), "page_live.not_made");
    assert_eq!(with(None, Ok(())).expect_err("no models").code(), "evidence.empty");
}

#[test]
fn a_panic_costs_one_picture_and_the_thread_ends_when_it_is_to() {
    let (views, picture) = (views(&["a"]), Arc::new(noise()));
    let panics = AtomicBool::new(true);
    let empty_views: EmptyViews = Box::new(move |_| {
        assert!(!panics.swap(false, Ordering::SeqCst), "as the test demands");
        None
    });
    let maker = Maker::start(&views, empty_views).unwrap();
    let mut look = views.viewer().look("a").unwrap();
    let runtime = runtime();
    // The thread may hold the lock at this very moment; then a frame is not taken.
    let mut now = Duration::ZERO;
    let mut show_next = || {
        while !show(&views, "a", &picture, now) {
            now += Duration::from_secs(1);
        }
        now += Duration::from_secs(1);
    };
    show_next();
    let Next::New(first) = runtime.block_on(look.next(0, SOON)) else { panic!("no view") };
    assert_eq!(first.picture.as_ref().expect_err("it panicked").code(), "page_live.not_made");
    show_next();
    let Next::New(second) = runtime.block_on(look.next(first.number, SOON)) else { panic!("no view") };
    assert!(second.picture.as_ref().is_ok_and(|picture| picture.is_coarse));
    maker.stop(SOON);
    assert!(matches!(runtime.block_on(look.next(second.number, SOON)), Next::Gone));
}
