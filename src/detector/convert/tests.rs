//! Conversion against a plain float reference, on pictures of every shape.

use proptest::prelude::*;

use super::tables::frame_from_model;
use super::*;
use crate::frame::{PictureFormat, PixelAspect};

/// A picture whose planes carry garbage between the rows' ends and the strides.
fn picture(format: PictureFormat, sample: impl Fn(usize, usize, usize) -> u8) -> Picture {
    let (sx, sy) = format.layout.chroma_shift().unwrap_or((0, 0));
    let planes: Vec<Vec<u8>> = (0..format.layout.planes())
        .map(|plane| {
            let (width, height) = if plane == 0 {
                (format.width, format.height)
            } else {
                ((format.width + (1 << sx) - 1) >> sx, (format.height + (1 << sy) - 1) >> sy)
            };
            let bytes = if plane == 1 && format.layout == Layout::Nv12 { width * 2 } else { width };
            let stride = format.strides[plane];
            let mut rows = vec![0xA5; stride * (height - 1) + bytes];
            for y in 0..height {
                for x in 0..bytes {
                    rows[y * stride + x] = sample(plane, x, y);
                }
            }
            rows
        })
        .collect();
    Picture::new(format, Box::new(planes)).expect("planes of the right size")
}

fn format(width: usize, height: usize, layout: Layout, padding: usize) -> PictureFormat {
    let (sx, _) = layout.chroma_shift().unwrap_or((0, 0));
    let chroma = (width + (1 << sx) - 1) >> sx;
    let chroma = if layout == Layout::Nv12 { chroma * 2 } else { chroma };
    PictureFormat {
        width,
        height,
        layout,
        strides: [width + padding, chroma + padding, chroma + padding],
        range: Range::Full,
        matrix: Matrix::Bt601,
        pixel_aspect: PixelAspect::SQUARE,
    }
}

fn plain_input(width: usize, height: usize, fit: Fit) -> ModelInput {
    ModelInput { width, height, colour: Colour::Rgb, mean: [0.0; 3], std: [1.0; 3], fit, pad: 114.0 }
}

fn converted(picture: &Picture, region: Option<BBox>, input: &ModelInput) -> (Vec<f32>, FrameFromModel) {
    let mut tensor = vec![f32::NAN; input.len()];
    let mapping =
        Converter::new(input.clone()).convert(picture, region, &mut tensor).expect("a region in the picture");
    (tensor, mapping)
}

// ---- The reference: the same promise in plain f64, sample by sample; shares nothing with the code under test.

/// Mean of `sample` over `low..low + scale` (shrinking) or linear between sample centres (enlarging).
fn resampled(low: f64, scale: f64, length: usize, sample: &dyn Fn(usize) -> f64) -> f64 {
    if scale > 1.0 {
        let (mut sum, mut weight) = (0.0, 0.0);
        for i in 0..length {
            let common = ((i + 1) as f64).min(low + scale) - (i as f64).max(low);
            if common > 0.0 {
                sum += sample(i) * common;
                weight += common;
            }
        }
        sum / weight
    } else {
        let centre = (low + scale / 2.0 - 0.5).clamp(0.0, (length - 1) as f64);
        let (i, part) = (centre.floor() as usize, centre.fract());
        sample(i) * (1.0 - part) + sample((i + 1).min(length - 1)) * part
    }
}

fn reference(
    picture: &Picture,
    (x0, x1): (usize, usize),
    (y0, y1): (usize, usize),
    input: &ModelInput,
) -> Vec<f64> {
    let f = picture.format();
    let (w, h) = ((x1 - x0) as f64, (y1 - y0) as f64);
    let ratio = (input.width as f64 / w).min(input.height as f64 / h);
    let (cw, ch) = match input.fit {
        Fit::Stretch => (input.width, input.height),
        _ => (((w * ratio).round() as usize).max(1), ((h * ratio).round() as usize).max(1)),
    };
    let (left, top) = match input.fit {
        Fit::LetterboxCentre => ((input.width - cw) / 2, (input.height - ch) / 2),
        _ => (0, 0),
    };
    let shift = f.layout.chroma_shift();
    let at = |plane: usize, ox: usize, oy: usize| -> f64 {
        let (sx, sy) = if plane == 0 { (0, 0) } else { shift.unwrap_or((0, 0)) };
        let (mx, my) = (f64::from(1 << sx), f64::from(1 << sy));
        let (pw, ph) = ((f.width + (1 << sx) - 1) >> sx, (f.height + (1 << sy) - 1) >> sy);
        let (scale_x, scale_y) = (w / mx / cw as f64, h / my / ch as f64);
        let sample = |x: usize, y: usize| -> f64 {
            let (plane, x) = match (f.layout, plane) {
                (Layout::Nv12, 1) => (1, 2 * x),
                (Layout::Nv12, 2) => (1, 2 * x + 1),
                (_, p) => (p, x),
            };
            f64::from(picture.plane(plane)[y * f.strides[plane] + x])
        };
        resampled(y0 as f64 / my + oy as f64 * scale_y, scale_y, ph, &|y| {
            resampled(x0 as f64 / mx + ox as f64 * scale_x, scale_x, pw, &|x| sample(x, y))
        })
    };
    let (kr, kb) = if f.matrix == Matrix::Bt601 { (0.299, 0.114) } else { (0.2126, 0.0722) };
    let mut tensor = vec![0.0; input.len()];
    for oy in 0..input.height {
        for ox in 0..input.width {
            let inside = ox >= left && ox < left + cw && oy >= top && oy < top + ch;
            let rgb = if inside {
                let mut y = at(0, ox - left, oy - top);
                let (mut u, mut v) = match shift {
                    None => (0.0, 0.0),
                    Some(_) => (at(1, ox - left, oy - top) - 128.0, at(2, ox - left, oy - top) - 128.0),
                };
                if f.range == Range::Limited {
                    y = (y - 16.0) * 255.0 / 219.0;
                    u *= 255.0 / 224.0;
                    v *= 255.0 / 224.0;
                }
                let r = y + 2.0 * (1.0 - kr) * v;
                let b = y + 2.0 * (1.0 - kb) * u;
                let g = (y - kr * r - kb * b) / (1.0 - kr - kb);
                [r, g, b].map(|c| c.clamp(0.0, 255.0))
            } else {
                [f64::from(input.pad); 3]
            };
            for channel in 0..3 {
                let value = if input.colour == Colour::Rgb { rgb[channel] } else { rgb[2 - channel] };
                let normalised = (value - f64::from(input.mean[channel])) / f64::from(input.std[channel]);
                tensor[(channel * input.height + oy) * input.width + ox] = normalised;
            }
        }
    }
    tensor
}

/// Largest difference in steps of 0..255 (times the channel's std).
fn worst_step(got: &[f32], want: &[f64], input: &ModelInput) -> f64 {
    let plane = input.width * input.height;
    got.iter()
        .zip(want)
        .enumerate()
        .map(|(i, (g, w))| (f64::from(*g) - w).abs() * f64::from(input.std[i / plane].abs()))
        .fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
}

fn layouts() -> impl Strategy<Value = Layout> {
    prop_oneof![
        Just(Layout::I420),
        Just(Layout::Nv12),
        Just(Layout::I422),
        Just(Layout::I444),
        Just(Layout::Gray)
    ]
}

fn fits() -> impl Strategy<Value = Fit> {
    prop_oneof![Just(Fit::LetterboxTopLeft), Just(Fit::LetterboxCentre), Just(Fit::Stretch)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn every_tensor_value_is_within_a_few_steps_of_exact_arithmetic(
        (width, height) in (1usize..150, 1usize..110),
        (out_width, out_height) in (10usize..48, 7usize..40),
        (layout, fit) in (layouts(), fits()),
        padding in 0usize..20,
        (limited, bt709, bgr) in any::<(bool, bool, bool)>(),
        (region, corners) in (any::<bool>(), any::<[u16; 4]>()),
        (seed, hard) in (any::<u32>(), any::<bool>()),
        mean in -20f32..140.0,
        std in 0.2f32..70.0,
    ) {
        let mut format = format(width, height, layout, padding);
        format.range = if limited { Range::Limited } else { Range::Full };
        format.matrix = if bt709 { Matrix::Bt709 } else { Matrix::Bt601 };
        let picture = picture(format, |plane, x, y| {
            // Noise, or (hard) only black and white, which shows rounding most.
            let mut n = seed ^ (plane as u32 * 977 + x as u32 * 131 + y as u32 * 3571);
            n = (n ^ (n >> 15)).wrapping_mul(0x2c1b_3c6d);
            n = (n ^ (n >> 12)).wrapping_mul(0x297a_2d39);
            let n = (n ^ (n >> 15)) as u8;
            if hard { if n > 127 { 255 } else { 0 } } else { n }
        });
        let input = ModelInput {
            width: out_width,
            height: out_height,
            colour: if bgr { Colour::Bgr } else { Colour::Rgb },
            mean: [mean, mean / 2.0, 3.0],
            std: [std, std * 2.0, 1.0],
            fit,
            pad: 114.0,
        };
        // Whole pixels, so that both sides mean the same region.
        let span = |a: u16, b: u16, length: usize| {
            let a = usize::from(a) % length;
            (a, a + 1 + usize::from(b) % (length - a))
        };
        let (x, y) = if region {
            (span(corners[0], corners[1], width), span(corners[2], corners[3], height))
        } else {
            ((0, width), (0, height))
        };
        let part = |v: usize, length: usize| v as f32 / length as f32;
        let region = region.then(|| BBox {
            x0: part(x.0, width), y0: part(y.0, height), x1: part(x.1, width), y1: part(y.1, height),
        });
        let (tensor, mapping) = converted(&picture, region, &input);
        let worst = worst_step(&tensor, &reference(&picture, x, y, &input), &input);
        // Measured on 6000 pictures: 0.7 steps in the middle, 3.9 at worst on noise, twice that on black and
        // white pixels. The row weights' rounding does it, magnified by colour (chroma times 2.1, plus luma).
        let allowed = if hard { 8.0 } else { 4.5 };
        prop_assert!(worst < allowed, "off by {worst} steps");
        prop_assert!((mapping.seen().x0 - part(x.0, width)).abs() < 1e-6);
        prop_assert!((mapping.seen().y1 - part(y.1, height)).abs() < 1e-6);
    }

    #[test]
    fn every_processor_makes_the_same_tensor_bit_for_bit(
        (width, height) in (1usize..900, 1usize..60),
        (out_width, out_height) in (1usize..150, 1usize..20),
        (layout, fit) in (layouts(), fits()),
        padding in 0usize..20,
        (limited, bgr, normalised) in any::<(bool, bool, bool)>(),
        corners in proptest::option::of(any::<[u16; 4]>()),
        seed in any::<u32>(),
    ) {
        let mut format = format(width, height, layout, padding);
        format.range = if limited { Range::Limited } else { Range::Full };
        let picture = picture(format, |plane, x, y| {
            let n = seed ^ (plane as u32 * 977 + x as u32 * 131 + y as u32 * 3571);
            ((n ^ (n >> 15)).wrapping_mul(0x2c1b_3c6d) >> 13) as u8
        });
        let mut input = plain_input(out_width, out_height, fit);
        input.colour = if bgr { Colour::Bgr } else { Colour::Rgb };
        if normalised {
            (input.mean, input.std) = ([103.53, 116.28, 123.675], [57.375, 57.12, 58.395]);
        }
        let region = corners.map(|corners| {
            let [a, b, c, d] = corners.map(|v| f32::from(v) / 65535.0);
            BBox::new(a, b, c, d)
        });
        let convert = |path: Path| {
            let mut converter = Converter { path, ..Converter::new(input.clone()) };
            let (mut floats, mut bytes) = (vec![-1.0f32; input.len()], vec![77u8; input.len()]);
            let mapping = converter.convert(&picture, region, &mut floats);
            prop_assert_eq!(&mapping, &converter.convert(&picture, region, &mut bytes));
            let bits: Vec<u32> = floats.iter().map(|v| v.to_bits()).collect();
            Ok((bits, bytes, floats))
        };
        let (bits, bytes, floats) = convert(Path::Plain)?;
        for path in Path::possible() {
            let (other_bits, other_bytes, _) = convert(path)?;
            prop_assert!(bits == other_bits, "{path:?}: other floats");
            // Bytes are for networks that take pictures as they are.
            prop_assert!(normalised || bytes == other_bytes, "{path:?}: other bytes");
        }
        if !normalised && floats[0] >= 0.0 {
            for (byte, float) in bytes.iter().zip(&floats) {
                prop_assert!((f32::from(*byte) - float).abs() <= 0.5, "{byte} of {float}");
            }
        }
    }

    #[test]
    fn a_box_comes_back_from_the_model_where_it_was(
        (width, height) in (1usize..3000, 1usize..2000),
        fit in fits(),
        corners in any::<[u16; 4]>(),
    ) {
        let format = format(width, height, Layout::Gray, 0);
        let source = Source::new(&format, None).expect("the whole picture");
        let placed = Placed::new(&source, &plain_input(416, 256, fit));
        let mapping = frame_from_model(&source, placed);
        let part = |v: u16| f32::from(v) / 65535.0;
        let in_frame = BBox::new(part(corners[0]), part(corners[1]), part(corners[2]), part(corners[3]));
        let back = mapping.box_in_frame(mapping.box_in_model(in_frame));
        for (a, b) in
            [(in_frame.x0, back.x0), (in_frame.y0, back.y0), (in_frame.x1, back.x1), (in_frame.y1, back.y1)]
        {
            // A model pixel may be a large part of a very flat frame; f32 keeps a thousandth of it.
            prop_assert!((a - b).abs() < 1e-3, "{in_frame:?} came back as {back:?}");
        }
    }

    #[test]
    fn any_region_is_converted_or_refused_but_never_read_past_the_planes(
        (width, height) in (1usize..40, 1usize..40),
        layout in layouts(),
        edges in any::<[f32; 4]>(),
        inside in any::<bool>(),
    ) {
        let picture = picture(format(width, height, layout, 3), |_, x, y| (x * 7 + y) as u8);
        let edges = if inside { edges.map(|e| e.fract().abs()) } else { edges };
        let region = BBox { x0: edges[0], y0: edges[1], x1: edges[2], y1: edges[3] };
        let input = plain_input(16, 12, Fit::LetterboxCentre);
        let mut tensor = vec![0.0; input.len()];
        if Converter::new(input).convert(&picture, Some(region), &mut tensor).is_ok() {
            prop_assert!(tensor.iter().all(|v| (0.0..=255.0).contains(v)));
        }
    }
}

#[test]
fn a_picture_of_the_models_size_passes_unchanged() {
    let picture =
        picture(
            format(8, 4, Layout::I444, 5),
            |plane, x, y| {
                if plane == 0 { (y * 8 + x) as u8 * 7 } else { 128 }
            },
        );
    let (tensor, _) = converted(&picture, None, &plain_input(8, 4, Fit::Stretch));
    for (i, value) in tensor.iter().take(32).enumerate() {
        assert!((value - (i * 7) as f32).abs() < 1e-3, "value {i} is {value}");
    }
}

#[test]
fn limited_range_white_is_255_and_black_0_in_both_matrices() {
    for matrix in [Matrix::Bt601, Matrix::Bt709] {
        for (luma, want) in [(16, 0.0), (235, 255.0), (255, 255.0), (0, 0.0)] {
            let format = PictureFormat { range: Range::Limited, matrix, ..format(6, 6, Layout::I420, 0) };
            let picture = picture(format, |plane, _, _| if plane == 0 { luma } else { 128 });
            let (tensor, _) = converted(&picture, None, &plain_input(3, 3, Fit::Stretch));
            assert!(tensor.iter().all(|v| (v - want).abs() < 0.01), "luma {luma}: {tensor:?}");
        }
    }
}

#[test]
fn pure_red_of_bt601_comes_out_first_in_rgb_and_last_in_bgr() {
    // ITU-R BT.601, full range: red is Y 76.2, U 84.97, V 255.5 (clipped to 255).
    let red = picture(format(4, 4, Layout::I420, 0), |plane, _, _| [76, 85, 255][plane]);
    let mut input = plain_input(2, 2, Fit::Stretch);
    let (rgb, _) = converted(&red, None, &input);
    assert!((rgb[0] - 254.0).abs() < 2.0 && rgb[4] < 3.0 && rgb[8] < 3.0, "{rgb:?}");
    input.colour = Colour::Bgr;
    let (bgr, _) = converted(&red, None, &input);
    assert!(bgr[0] < 3.0 && (bgr[8] - 254.0).abs() < 2.0, "{bgr:?}");
}

#[test]
fn the_letterbox_of_a_wide_picture_has_padding_below_or_on_both_sides() {
    let white = picture(format(16, 4, Layout::Gray, 0), |_, _, _| 255);
    let row_of = |tensor: &[f32], row: usize| tensor[row * 8];
    let (top_left, _) = converted(&white, None, &plain_input(8, 8, Fit::LetterboxTopLeft));
    assert_eq!([0, 1, 2, 7].map(|r| row_of(&top_left, r)), [255.0, 255.0, 114.0, 114.0]);
    let (centre, _) = converted(&white, None, &plain_input(8, 8, Fit::LetterboxCentre));
    assert_eq!([0, 2, 3, 4, 5, 7].map(|r| row_of(&centre, r)), [114.0, 114.0, 255.0, 255.0, 114.0, 114.0]);
}

#[test]
fn a_squeezed_picture_lies_in_the_letterbox_as_people_see_it() {
    // 8 x 8 pixels of twice their height in width are 16 x 8: half of the rows are padding.
    let squeezed = PictureFormat { pixel_aspect: PixelAspect::new(2, 1), ..format(8, 8, Layout::I420, 0) };
    let wide = picture(squeezed, |plane, x, _| if plane == 0 { x as u8 * 30 } else { 128 });
    let (tensor, mapping) = converted(&wide, None, &plain_input(8, 8, Fit::LetterboxTopLeft));
    assert!(tensor[4 * 8..8 * 8].iter().all(|v| (v - 114.0).abs() < 1e-3), "padding below");
    assert!(tensor[..4 * 8].iter().enumerate().all(|(i, v)| (v - (i % 8) as f32 * 30.0).abs() < 2.0));
    let whole = mapping.box_in_frame(BBox::new(0.0, 0.0, 8.0, 4.0));
    assert!((whole.x1 - 1.0).abs() < 1e-5 && (whole.y1 - 1.0).abs() < 1e-5, "{whole:?}");
    // A region of it keeps the same proportions.
    let left = BBox::new(0.0, 0.0, 0.5, 1.0);
    let (tensor, _) = converted(&wide, Some(left), &plain_input(8, 8, Fit::LetterboxTopLeft));
    assert!((tensor[7 * 8] - 0.0).abs() < 2.0, "4 x 8 such pixels are square: no padding");

    let plain =
        picture(format(16, 8, Layout::I420, 0), |plane, x, _| if plane == 0 { x as u8 * 15 } else { 128 });
    let mut converter = Converter::new(plain_input(8, 8, Fit::LetterboxCentre));
    let mut tensor = vec![0.0f32; converter.input().len()];
    for (picture, top) in [(&wide, 2.0), (&plain, 2.0), (&wide, 2.0)] {
        let mapping = converter.convert(picture, None, &mut tensor).expect("a picture");
        let y = mapping.box_in_model(BBox::new(0.0, 0.0, 1.0, 1.0)).y0;
        assert!((y - top).abs() < 1e-4, "tables follow the shape of pixels: {y}");
    }
}

#[test]
fn padding_is_normalised_like_pixels() {
    let white = picture(format(16, 4, Layout::Gray, 0), |_, _, _| 255);
    let mut input = plain_input(8, 8, Fit::LetterboxTopLeft);
    input.mean = [103.53, 116.28, 123.675];
    input.std = [57.375, 57.12, 58.395];
    let (tensor, _) = converted(&white, None, &input);
    for channel in 0..3 {
        let want = (114.0 - input.mean[channel]) / input.std[channel];
        assert!((tensor[channel * 64 + 63] - want).abs() < 1e-5);
    }
}

#[test]
fn a_box_in_a_letterboxed_region_lands_in_the_right_part_of_the_frame() {
    // The right half of a 200x100 frame is 100x100 pixels: in a 50x100 input it covers the rows 0..50.
    let picture = picture(format(200, 100, Layout::Gray, 0), |_, _, _| 0);
    let right_half = BBox::new(0.5, 0.0, 1.0, 1.0);
    let (_, mapping) = converted(&picture, Some(right_half), &plain_input(50, 100, Fit::LetterboxTopLeft));
    let got = mapping.box_in_frame(BBox::new(10.0, 20.0, 25.0, 30.0));
    for (got, want) in [(got.x0, 0.6), (got.y0, 0.4), (got.x1, 0.75), (got.y1, 0.6)] {
        assert!((got - want).abs() < 1e-5, "{got} where {want} was expected");
    }
    // What the model imagines beyond its region is cut off.
    let beyond = mapping.box_in_frame(BBox::new(-20.0, 40.0, 25.0, 90.0));
    assert_eq!((beyond.x0, beyond.y1), (0.5, 1.0));
}

#[test]
fn a_region_without_pixels_is_refused_with_a_sentence() {
    let picture = picture(format(10, 10, Layout::Gray, 0), |_, _, _| 0);
    let mut converter = Converter::new(plain_input(4, 4, Fit::Stretch));
    let mut tensor = vec![7.0; 48];
    let nan = BBox { x0: f32::NAN, y0: 0.0, x1: 1.0, y1: 1.0 };
    for region in [BBox::new(1.5, 0.0, 2.0, 1.0), BBox::new(0.3, 0.3, 0.3, 0.9), nan] {
        let error = converter.convert(&picture, Some(region), &mut tensor).expect_err("nothing to see");
        assert!(error.to_string().ends_with("holds nothing of a 10x10 picture"), "{error}");
    }
    let error = converter.convert(&picture, None, &mut tensor[..40]).expect_err("too small");
    insta::assert_snapshot!(error, @"the tensor holds 40 values where the model's input has 48");
    assert!(tensor.iter().all(|v| *v == 7.0), "the tensor was touched");
}

#[test]
fn pictures_of_changing_shape_give_what_a_fresh_converter_gives() {
    let input = plain_input(20, 12, Fit::LetterboxCentre);
    let mut reused = Converter::new(input.clone());
    let mut tensor = vec![0.0; input.len()];
    for (width, height, layout) in [
        (64, 48, Layout::I420),
        (9, 31, Layout::Nv12),
        (64, 48, Layout::I420),
        (33, 7, Layout::Gray),
        (64, 48, Layout::I444),
    ] {
        let picture = picture(format(width, height, layout, 2), |p, x, y| (p * 50 + x * 3 + y * 5) as u8);
        let mapping = reused.convert(&picture, None, &mut tensor).expect("the whole picture");
        assert_eq!((tensor.clone(), mapping), converted(&picture, None, &input));
    }
}
