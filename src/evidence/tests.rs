//! Redaction, masks, size: what must hold of every picture that leaves.

use sha2::{Digest, Sha256};

use super::test_support::{detail, view_of};
use super::*;
use crate::analysis::geometry::{BBox, Point};
use crate::frame::test_support::gray;
use crate::frame::{Layout, Matrix, PictureFormat, PixelAspect, Range};

const WIDTH: usize = 320;
const HEIGHT: usize = 240;

/// A picture so full of detail that any pixel differs from its neighbours.
fn detailed_picture() -> Picture {
    let luma = (0..WIDTH * HEIGHT).map(|i| ((i * 2_654_435_761) >> 7) as u8).collect();
    let chroma = || vec![128u8; (WIDTH / 2) * (HEIGHT / 2)];
    let format = PictureFormat {
        width: WIDTH,
        height: HEIGHT,
        layout: Layout::I420,
        strides: [WIDTH, WIDTH / 2, WIDTH / 2],
        range: Range::Full,
        matrix: Matrix::Bt601,
        pixel_aspect: PixelAspect::SQUARE,
    };
    Picture::new(format, Box::new(vec![luma, chroma(), chroma()])).expect("planes fit")
}

/// Makes evidence where the detailed picture is what the camera sees when nobody is there.
fn make_known(
    classes: &[Class],
    seen: &[Detection],
    shown: &[Shown],
    masks: &[Polygon],
) -> Result<Evidence, EvidenceError> {
    let (picture, view) = (detailed_picture(), view_of(&detailed_picture()));
    make(&Scene { picture: &picture, classes, seen, shown, masks, view: Some(&view) })
}

/// Makes evidence of what was found in a picture.
fn made(picture: &Picture, seen: &[Detection], view: Option<&EmptyView>) -> Evidence {
    let scene = Scene { picture, classes: &[Class::PERSON], seen, shown: &[], masks: &[], view };
    make(&scene).expect("a picture")
}

fn detection(class: Class, x0: f32, y0: f32, x1: f32, y1: f32) -> Detection {
    Detection { class, score: 0.4, box_in_frame: BBox::new(x0, y0, x1, y1) }
}

fn decoded(evidence: &Evidence) -> RgbImage {
    image::load_from_memory(&evidence.jpeg).expect("a JPEG").to_rgb8()
}

#[test]
fn without_a_model_that_finds_people_no_picture_leaves() {
    let result = make_known(&[Class::CAR, Class::FIRE], &[], &[], &[]);
    assert_eq!(result, Err(EvidenceError::CannotRedact));
}

#[test]
fn faces_and_people_are_gone_and_the_rest_is_kept() {
    let person = detection(Class::PERSON, 0.1, 0.1, 0.3, 0.9);
    let face = detection(Class::FACE, 0.6, 0.4, 0.7, 0.55);
    let evidence = make_known(&[Class::PERSON, Class::FACE], &[person, face], &[], &[]).expect("a picture");
    assert_eq!(evidence.redacted, 2);
    let image = decoded(&evidence);
    let street = detail(&image, BBox::new(0.8, 0.1, 1.0, 0.9));
    assert_eq!(evidence.covered, Covered::Nothing);
    for (what, gone) in [("person", person.box_in_frame), ("face", face.box_in_frame)] {
        let left = detail(&image, gone);
        assert!(left < street / 4.0, "{what}: detail {left} where the street has {street}");
    }
}

#[test]
fn who_lies_is_pixelated_whole() {
    let lying = detection(Class::PERSON, 0.2, 0.6, 0.7, 0.8);
    let image = decoded(&make_known(&[Class::PERSON], &[lying], &[], &[]).expect("a picture"));
    let street = detail(&image, BBox::new(0.0, 0.0, 1.0, 0.4));
    assert!(detail(&image, lying.box_in_frame) < street / 3.0);
}

#[test]
fn somebody_whom_only_the_alert_shows_is_redacted_too() {
    let shown = Shown { class: Class::PERSON, score: 0.9, box_in_frame: BBox::new(0.4, 0.1, 0.55, 0.9) };
    let evidence = make_known(&[Class::PERSON], &[], &[shown], &[]).expect("a picture");
    assert_eq!(evidence.redacted, 1);
}

#[test]
fn masked_areas_are_black() {
    let corners = [(0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)].map(|(x, y)| Point::new(x, y)).to_vec();
    let mask = Polygon::new(corners).expect("a polygon");
    let image = decoded(&make_known(&[Class::PERSON], &[], &[], &[mask]).expect("a picture"));
    let pixel = image.get_pixel(WIDTH as u32 * 3 / 4, HEIGHT as u32 * 3 / 4).0;
    assert!(pixel.iter().all(|c| *c < 16), "{pixel:?}");
}

#[test]
fn a_large_noisy_picture_is_made_to_fit_the_contract() {
    let (width, height) = (2560, 1440);
    let noise = |x: usize, y: usize| ((y * width + x).wrapping_mul(2_654_435_761) >> 9) as u8;
    let picture = gray(width, height, width, noise);
    let evidence = made(&picture, &[], Some(&view_of(&picture)));
    assert!(evidence.jpeg.len() <= MAX_BYTES && evidence.width <= MAX_WIDTH);
    let digest: String = Sha256::digest(&evidence.jpeg).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(evidence.sha256, digest);
}

#[test]
fn boxes_that_are_not_numbers_or_outside_are_harmless() {
    let wild = [
        detection(Class::FACE, f32::NAN, 0.0, 1.0, f32::INFINITY),
        detection(Class::PERSON, -5.0, -5.0, -4.0, 9.0),
        detection(Class::PERSON, 0.5, 0.5, 0.5, 0.5),
    ];
    assert!(make_known(&[Class::PERSON], &wild, &[], &[]).is_ok());
}

#[test]
fn white_black_and_red_survive_both_ranges() {
    for (range, white, black) in [(Range::Full, 255, 0), (Range::Limited, 235, 16)] {
        let format = PictureFormat {
            width: 2,
            height: 1,
            layout: Layout::I444,
            strides: [2, 2, 2],
            range,
            matrix: Matrix::Bt601,
            pixel_aspect: PixelAspect::SQUARE,
        };
        let planes = vec![vec![white, black], vec![128, 128], vec![128, 128]];
        let image = rgb_from_picture(&Picture::new(format, Box::new(planes)).expect("planes fit"));
        assert_eq!(image.get_pixel(0, 0).0, [255; 3]);
        assert_eq!(image.get_pixel(1, 0).0, [0; 3]);
    }
}

#[test]
fn evidence_of_a_squeezed_picture_has_true_proportions_and_hides_the_same_heads() {
    let squeezed = detailed_picture().with_pixel_aspect(PixelAspect::new(2, 1));
    let person = detection(Class::PERSON, 0.1, 0.1, 0.3, 0.9);
    let evidence = made(&squeezed, &[person], Some(&view_of(&squeezed)));
    assert_eq!((evidence.width, evidence.height), (2 * WIDTH as u32, HEIGHT as u32));
    let image = decoded(&evidence);
    let head = detail(&image, BBox::new(0.12, 0.12, 0.28, 0.3));
    let elsewhere = detail(&image, BBox::new(0.5, 0.12, 0.9, 0.3));
    assert!(head < elsewhere / 3.0, "head {head}, elsewhere {elsewhere}");
    let high = detailed_picture().with_pixel_aspect(PixelAspect::new(1, 2));
    let evidence = made(&high, &[person], None);
    assert_eq!((evidence.width, evidence.height), (WIDTH as u32, 2 * HEIGHT as u32));
}

/// The detailed picture with an even patch in it.
fn with_patch(b: BBox) -> Picture {
    let (luma, format) = (detailed_picture().plane(0).to_vec(), *detailed_picture().format());
    let mut luma = luma;
    for (at, sample) in luma.iter_mut().enumerate() {
        let (x, y) = ((at % WIDTH) as f32 / WIDTH as f32, (at / WIDTH) as f32 / HEIGHT as f32);
        if x >= b.x0 && x < b.x1 && y >= b.y0 && y < b.y1 {
            *sample = 40 + *sample / 8 + (at % 2) as u8 * 80;
        }
    }
    let chroma = || vec![128u8; (WIDTH / 2) * (HEIGHT / 2)];
    Picture::new(format, Box::new(vec![luma, chroma(), chroma()])).expect("planes fit")
}

#[test]
fn who_is_not_found_is_pixelated_because_they_differ_from_the_empty_view() {
    let somebody = BBox::new(0.3, 0.3, 0.45, 0.7);
    let view = view_of(&detailed_picture());
    let evidence = made(&with_patch(somebody), &[], Some(&view));
    assert_eq!((evidence.redacted, evidence.covered), (0, Covered::Parts));
    let image = decoded(&evidence);
    let elsewhere = detail(&image, BBox::new(0.6, 0.1, 1.0, 0.9));
    let there = detail(&image, BBox::new(0.32, 0.33, 0.43, 0.67));
    assert!(there < elsewhere / 5.0, "{there} of {elsewhere}");
}

#[test]
fn without_an_empty_view_and_where_most_differs_the_whole_picture_is_coarse() {
    let whole = BBox::new(0.0, 0.0, 1.0, 1.0);
    let view = view_of(&detailed_picture());
    for (picture, view) in [(detailed_picture(), None), (with_patch(whole), Some(&view))] {
        let evidence = made(&picture, &[], view);
        assert_eq!((evidence.redacted, evidence.covered), (0, Covered::Everything));
        let before = detail(&rgb_from_picture(&picture), whole);
        let after = detail(&decoded(&evidence), whole);
        assert!(after < before / 5.0, "{after} of {before}");
    }
}

#[test]
fn a_vehicle_stays_clearer_than_the_rest_but_for_a_person_before_it_and_never_as_it_was() {
    let car = Detection { score: 0.8, ..detection(Class::CAR, 0.1, 0.2, 0.9, 0.8) };
    let doubtful = Detection { score: 0.3, ..car };
    let rider = detection(Class::TWO_WHEELER, 0.6, 0.3, 0.8, 0.8);
    let details = |seen: &[Detection]| {
        let evidence = made(&detailed_picture(), seen, None);
        let image = decoded(&evidence);
        let detail = |x0, x1| detail(&image, BBox::new(x0, 0.3, x1, 0.7));
        (detail(0.15, 0.5), detail(0.62, 0.78))
    };
    let before = detail(&rgb_from_picture(&detailed_picture()), car.box_in_frame);
    let (side, other_side) = details(&[car]);
    let (coarse, _) = details(&[doubtful]);
    assert!(side > 1.5 * coarse && side < before / 2.0, "{side}, {coarse}, {before}");
    let (beside, behind_rider) = details(&[car, rider]);
    assert!(beside > 1.5 * coarse && behind_rider < other_side / 1.5, "{behind_rider}, {other_side}");
}
