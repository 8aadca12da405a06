//! Redaction, masks, size: what must hold of every picture that leaves.

use super::*;
use crate::analysis::geometry::{BBox, Point};
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

fn detection(class: Class, x0: f32, y0: f32, x1: f32, y1: f32) -> Detection {
    Detection { class, score: 0.4, box_in_frame: BBox::new(x0, y0, x1, y1) }
}

fn decoded(evidence: &Evidence) -> RgbImage {
    image::load_from_memory(&evidence.jpeg).expect("a JPEG").to_rgb8()
}

/// Standard deviation of the luma in a part of the picture: detail that is left.
fn detail(image: &RgbImage, b: BBox) -> f32 {
    let (w, h) = (image.width() as f32, image.height() as f32);
    let mut values = Vec::new();
    for y in (b.y0 * h) as u32..(b.y1 * h) as u32 {
        for x in (b.x0 * w) as u32..(b.x1 * w) as u32 {
            values.push(f32::from(image.get_pixel(x, y).0[1]));
        }
    }
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32).sqrt()
}

#[test]
fn without_a_model_that_finds_people_no_picture_leaves() {
    let result = make(&detailed_picture(), &[Class::CAR, Class::FIRE], &[], &[], &[]);
    assert_eq!(result, Err(EvidenceError::CannotRedact));
}

#[test]
fn faces_and_the_heads_of_people_are_gone_and_the_rest_is_kept() {
    let person = detection(Class::PERSON, 0.1, 0.1, 0.3, 0.9);
    let face = detection(Class::FACE, 0.6, 0.4, 0.7, 0.55);
    let evidence = make(&detailed_picture(), &[Class::PERSON, Class::FACE], &[person, face], &[], &[])
        .expect("a picture");
    assert_eq!(evidence.redacted, 2);
    let image = decoded(&evidence);
    let street = detail(&image, BBox::new(0.8, 0.1, 1.0, 0.9));
    for (what, gone) in [("head", BBox::new(0.1, 0.1, 0.3, 0.32)), ("face", face.box_in_frame)] {
        let left = detail(&image, gone);
        assert!(left < street / 4.0, "{what}: detail {left} where the street has {street}");
    }
    let legs = detail(&image, BBox::new(0.1, 0.5, 0.3, 0.85));
    assert!(legs > street / 2.0, "the legs were redacted too: {legs} of {street}");
}

#[test]
fn who_lies_is_pixelated_whole() {
    let lying = detection(Class::PERSON, 0.2, 0.6, 0.7, 0.8);
    let image = decoded(&make(&detailed_picture(), &[Class::PERSON], &[lying], &[], &[]).expect("a picture"));
    let street = detail(&image, BBox::new(0.0, 0.0, 1.0, 0.4));
    assert!(detail(&image, lying.box_in_frame) < street / 3.0);
}

#[test]
fn somebody_whom_only_the_alert_shows_is_redacted_too() {
    let shown = Shown { class: Class::PERSON, score: 0.9, box_in_frame: BBox::new(0.4, 0.1, 0.55, 0.9) };
    let evidence = make(&detailed_picture(), &[Class::PERSON], &[], &[shown], &[]).expect("a picture");
    assert_eq!(evidence.redacted, 1);
}

#[test]
fn masked_areas_are_black() {
    let corners = [(0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)].map(|(x, y)| Point::new(x, y)).to_vec();
    let mask = Polygon::new(corners).expect("a polygon");
    let image = decoded(&make(&detailed_picture(), &[Class::PERSON], &[], &[], &[mask]).expect("a picture"));
    let pixel = image.get_pixel(WIDTH as u32 * 3 / 4, HEIGHT as u32 * 3 / 4).0;
    assert!(pixel.iter().all(|c| *c < 16), "{pixel:?}");
}

#[test]
fn a_large_noisy_picture_is_made_to_fit_the_contract() {
    let (width, height) = (2560, 1440);
    let format = PictureFormat {
        width,
        height,
        layout: Layout::Gray,
        strides: [width, 0, 0],
        range: Range::Full,
        matrix: Matrix::Bt709,
        pixel_aspect: PixelAspect::SQUARE,
    };
    let noise = (0..width * height).map(|i: usize| (i.wrapping_mul(2_654_435_761) >> 9) as u8).collect();
    let picture = Picture::new(format, Box::new(vec![noise])).expect("planes fit");
    let evidence = make(&picture, &[Class::PERSON], &[], &[], &[]).expect("a picture");
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
    assert!(make(&detailed_picture(), &[Class::PERSON], &wild, &[], &[]).is_ok());
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
    let evidence = make(&squeezed, &[Class::PERSON], &[person], &[], &[]).expect("a picture");
    assert_eq!((evidence.width, evidence.height), (2 * WIDTH as u32, HEIGHT as u32));
    let image = decoded(&evidence);
    let head = detail(&image, BBox::new(0.12, 0.12, 0.28, 0.3));
    let elsewhere = detail(&image, BBox::new(0.5, 0.12, 0.9, 0.3));
    assert!(head < elsewhere / 3.0, "head {head}, elsewhere {elsewhere}");
    let high = detailed_picture().with_pixel_aspect(PixelAspect::new(1, 2));
    let evidence = make(&high, &[Class::PERSON], &[person], &[], &[]).expect("a picture");
    assert_eq!((evidence.width, evidence.height), (WIDTH as u32, 2 * HEIGHT as u32));
}
