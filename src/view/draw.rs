//! Draws on a redacted picture what the box made of it, as the page's script does in a browser: zones and lines, masks, boxes
//! with class and score, the trails of what is followed; below the picture the time and the state of every rule.
//!
//! Input are a picture that went through the redaction and what was [`Seen`] in it; output are the pixels of a picture of
//! always the same size. Letters are evidence's own alphabet, so names and states are written, and no sentences; the words are in
//! one language, as chosen by the caller. Must never be given a picture that was not redacted: its type sees to it.

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

use crate::analysis::detection::Class;
use crate::analysis::geometry::{BBox, Point, Polygon};
use crate::evidence::{self, MAX_WIDTH, Redacted, TEXT_HEIGHT};
use crate::text::{Sentence, drawing as say, page};
use crate::types::language::Language;
use crate::types::level::Level;

use super::{Seen, SeenBox, SeenLine, SeenZone};

/// Smaller pictures are enlarged to this width, pixels: letters are 14 pixels high, and their words have room beside one
/// another (looked at; with 640 and letters of 7 nobody reads them on a phone).
const LEAST_WIDTH: u32 = 960;
/// Pixels of a pixel of a letter.
const SCALE: u32 = 2;
/// Longest name of a rule that is written, letters.
const LONGEST_NAME: usize = 28;
/// Letters for the longest state.
const LONGEST_STATE: usize = 12;

/// Places where rules look: the page's colour.
const PLACE: Rgb<u8> = Rgb([111, 208, 196]);
const WHITE: Rgb<u8> = Rgb([255, 255, 255]);
const TEXT: Rgb<u8> = Rgb([214, 220, 224]);
const QUIET: Rgb<u8> = Rgb([122, 134, 142]);
const PANEL: Rgb<u8> = Rgb([18, 22, 25]);
const MASK: Rgb<u8> = Rgb([90, 98, 104]);
/// In place of a picture that could not be redacted.
const NO_PICTURE: Rgb<u8> = Rgb([128, 128, 128]);

/// What a rule, or a signal, makes of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleState {
    /// Its schedule is not in force.
    Off,
    /// Its condition does not hold.
    Watches,
    /// Its condition holds.
    Holds,
    /// Its alert is open.
    Alert(Level),
}

impl RuleState {
    fn word(self) -> Sentence {
        match self {
            RuleState::Off => say::off(),
            RuleState::Watches => say::watches(),
            RuleState::Holds => say::holds(),
            RuleState::Alert(Level::Blue) => say::alert(page::blue()),
            RuleState::Alert(Level::Yellow) => say::alert(page::yellow()),
            RuleState::Alert(Level::Orange) => say::alert(page::orange()),
            RuleState::Alert(Level::Red) => say::alert(page::red()),
        }
    }

    fn colour(self) -> Rgb<u8> {
        match self {
            RuleState::Off => Rgb([52, 60, 65]),
            RuleState::Watches => QUIET,
            RuleState::Holds => PLACE,
            RuleState::Alert(Level::Blue) => Rgb([86, 160, 255]),
            RuleState::Alert(Level::Yellow) => Rgb([255, 214, 64]),
            RuleState::Alert(Level::Orange) => Rgb([255, 146, 48]),
            RuleState::Alert(Level::Red) => Rgb([255, 82, 70]),
        }
    }
}

/// One rule below the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleRow {
    pub(crate) name: String,
    pub(crate) state: RuleState,
}

/// What is drawn of one moment.
pub(crate) struct Drawn<'a> {
    /// The picture; `None` where it could not be redacted.
    pub(crate) picture: Option<Redacted>,
    /// What the box made of it.
    pub(crate) seen: &'a Seen,
    /// Where nothing is looked at.
    pub(crate) masks: &'a [Polygon],
    /// As many as [`Canvas::new`] was told of.
    pub(crate) rules: &'a [RuleRow],
    /// Below the picture, at its left and at its right.
    pub(crate) heading: (&'a str, &'a str),
}

/// The form of all pictures of one video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Canvas {
    picture: (u32, u32),
    height: u32,
    columns: u32,
    column_width: u32,
    language: Language,
}

impl Canvas {
    /// For pictures that are shown in this size (width, height), with so many rules below them, and words in that language.
    pub(crate) fn new((width, height): (usize, usize), rules: &[RuleRow], language: Language) -> Self {
        let (width, height) = (width.max(1) as f64, height.max(1) as f64);
        let wanted = width.clamp(f64::from(LEAST_WIDTH), f64::from(MAX_WIDTH));
        // What encoders take: even sides, and rows of whole words.
        let picture_width = (wanted as u32).next_multiple_of(4);
        let picture_height = ((height * wanted / width) as u32).max(2).next_multiple_of(2);
        let longest = rules.iter().map(|rule| rule.name.len().min(LONGEST_NAME)).max().unwrap_or(0);
        let letters = (longest + LONGEST_STATE) as u32;
        let column_width = (letters * 6 + 16) * SCALE;
        let columns = (picture_width / column_width).clamp(1, rules.len().max(1) as u32);
        let rows = 1 + (rules.len() as u32).div_ceil(columns);
        let height = (picture_height + rows * line_height() + 6 * SCALE).next_multiple_of(2);
        Canvas { picture: (picture_width, picture_height), height, columns, column_width, language }
    }

    /// Width and height, pixels.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.picture.0, self.height)
    }

    /// The pixels, red, green and blue, row by row.
    pub(crate) fn draw(&self, drawn: Drawn<'_>) -> Vec<u8> {
        let Drawn { picture, seen, masks, rules, heading } = drawn;
        let (width, height) = self.picture;
        let mut image = match picture.map(Redacted::image) {
            Some(image) if image.dimensions() == self.picture => image,
            Some(image) => imageops::resize(&image, width, height, FilterType::Triangle),
            None => RgbImage::from_pixel(width, height, NO_PICTURE),
        };
        self.draw_places(&mut image, seen, masks);
        for one in &seen.boxes {
            self.draw_trail(&mut image, one);
        }
        for one in &seen.boxes {
            let [x0, y0, x1, y1] = one.box_in_frame;
            let class = Class::named(one.class);
            let text = format!("{} {:.2}", class.words().in_language(self.language), one.score);
            evidence::label_in_size(&mut image, BBox::new(x0, y0, x1, y1), class, &text, SCALE);
        }
        let mut whole = RgbImage::from_pixel(width, self.height, PANEL);
        imageops::replace(&mut whole, &image, 0, 0);
        self.draw_panel(&mut whole, rules, heading);
        whole.into_raw()
    }

    fn draw_places(&self, image: &mut RgbImage, seen: &Seen, masks: &[Polygon]) {
        for mask in masks {
            let corners: Vec<[f32; 2]> = mask.corners().iter().map(|point| [point.x, point.y]).collect();
            self.outline(image, &corners, true, 1.5, MASK);
        }
        for SeenZone { name, corners, is_lit, rule } in &seen.zones {
            let area = || Polygon::new(corners.iter().map(|[x, y]| Point::new(*x, *y)).collect());
            if *is_lit && let Some(area) = area() {
                tint(image, &area, PLACE, 0.25);
            }
            self.outline(image, corners, true, if *is_lit { 2.5 } else { 1.2 }, PLACE);
            self.name_place(image, corners, name, rule.as_deref());
        }
        for SeenLine { name, ends, is_lit, rule } in &seen.lines {
            self.outline(image, ends, false, if *is_lit { 4.0 } else { 1.8 }, PLACE);
            self.name_place(image, ends, name, rule.as_deref());
        }
    }

    /// The name of a zone or line at its uppermost point, and the rule that holds there.
    fn name_place(&self, image: &mut RgbImage, points: &[[f32; 2]], name: &str, rule: Option<&str>) {
        let Some([x, y]) = points.iter().copied().min_by(|a, b| a[1].total_cmp(&b[1])) else { return };
        let text = match rule {
            Some(rule) => [name, rule].join(": "),
            None => name.to_owned(),
        };
        let (width, height) = image.dimensions();
        let (text_width, text_height) = (evidence::text_width(&text, SCALE), (TEXT_HEIGHT + 4) * SCALE);
        let left = ((x.clamp(0.0, 1.0) * width as f32) as u32).min(width.saturating_sub(text_width));
        let top = ((y.clamp(0.0, 1.0) * height as f32) as u32).min(height.saturating_sub(text_height));
        for py in top..(top + text_height).min(height) {
            for px in left..(left + text_width + SCALE).min(width) {
                blend(image, i64::from(px), i64::from(py), PANEL, 0.6);
            }
        }
        let at = (left + SCALE, top + 2 * SCALE);
        evidence::text(image, at, SCALE, if rule.is_some() { PLACE } else { TEXT }, &text);
    }

    fn draw_trail(&self, image: &mut RgbImage, one: &SeenBox) {
        let colour = evidence::colour_of(Class::named(one.class));
        let parts = one.trail.len().saturating_sub(1).max(1) as f32;
        for (number, pair) in one.trail.windows(2).enumerate() {
            // The older, the fainter.
            let strength = 0.25 + 0.75 * (number + 1) as f32 / parts;
            self.stroke(image, pair[0], pair[1], 1.5, colour, strength);
        }
    }

    fn outline(&self, image: &mut RgbImage, points: &[[f32; 2]], closed: bool, wide: f32, colour: Rgb<u8>) {
        for pair in points.windows(2) {
            self.stroke(image, pair[0], pair[1], wide, colour, 0.9);
        }
        if closed && let (Some(first), Some(last)) = (points.first(), points.last()) {
            self.stroke(image, *last, *first, wide, colour, 0.9);
        }
    }

    /// A line between two points of the picture, given in parts of it, with smooth edges; `wide` in pixels of a letter.
    fn stroke(
        &self,
        image: &mut RgbImage,
        from: [f32; 2],
        to: [f32; 2],
        wide: f32,
        colour: Rgb<u8>,
        strength: f32,
    ) {
        let (width, height) = (image.width() as f32, image.height() as f32);
        let wide = wide * SCALE as f32;
        let ([x0, y0], [x1, y1]) = ([from[0] * width, from[1] * height], [to[0] * width, to[1] * height]);
        if ![x0, y0, x1, y1].iter().all(|at| at.is_finite()) {
            return;
        }
        let is_steep = (y1 - y0).abs() > (x1 - x0).abs();
        let ((a0, b0), (a1, b1)) = if is_steep { ((y0, x0), (y1, x1)) } else { ((x0, y0), (x1, y1)) };
        let ((a0, b0), (a1, b1)) = if a0 <= a1 { ((a0, b0), (a1, b1)) } else { ((a1, b1), (a0, b0)) };
        let slope = if a1 - a0 > f32::EPSILON { (b1 - b0) / (a1 - a0) } else { 0.0 };
        let half = wide / 2.0 * (1.0 + slope * slope).sqrt();
        let longest = width.max(height);
        let (first, last) = (a0.clamp(0.0, longest) as i64, a1.clamp(0.0, longest) as i64);
        for a in first..=last {
            let middle = b0 + slope * ((a as f32 + 0.5).clamp(a0, a1) - a0);
            if !(-longest..2.0 * longest).contains(&middle) {
                continue;
            }
            for b in (middle - half - 1.0).floor() as i64..=(middle + half + 1.0).ceil() as i64 {
                let covered = (half + 0.5 - (b as f32 + 0.5 - middle).abs()).clamp(0.0, 1.0);
                let (x, y) = if is_steep { (b, a) } else { (a, b) };
                blend(image, x, y, colour, covered * strength);
            }
        }
    }

    fn draw_panel(&self, image: &mut RgbImage, rules: &[RuleRow], (left, right): (&str, &str)) {
        let (scale, edge) = (SCALE, 6 * SCALE);
        let mut top = self.picture.1 + 5 * scale;
        evidence::text(image, (edge, top), scale, WHITE, left);
        let at_right = self.picture.0.saturating_sub(evidence::text_width(right, scale) + edge);
        evidence::text(image, (at_right, top), scale, QUIET, right);
        for row in rules.chunks(self.columns as usize) {
            top += line_height();
            for (column, rule) in (0..).zip(row) {
                self.draw_rule(image, (edge + column * self.column_width, top), rule);
            }
        }
    }

    fn draw_rule(&self, image: &mut RgbImage, (left, top): (u32, u32), rule: &RuleRow) {
        let (scale, RuleRow { name, state }) = (SCALE, rule);
        let side = TEXT_HEIGHT * scale;
        for y in top..top + side {
            for x in left..left + side {
                blend(image, i64::from(x), i64::from(y), state.colour(), 1.0);
            }
        }
        let name: String = name.chars().take(LONGEST_NAME).collect();
        let (name_colour, state_colour) = match state {
            RuleState::Off => (QUIET, QUIET),
            RuleState::Watches => (TEXT, QUIET),
            RuleState::Holds | RuleState::Alert(_) => (WHITE, state.colour()),
        };
        let name_left = left + side + 4 * scale;
        evidence::text(image, (name_left, top), scale, name_colour, &name);
        let state_left = name_left + evidence::text_width(&name, scale) + 5 * scale;
        let words = state.word().in_language(self.language);
        evidence::text(image, (state_left, top), scale, state_colour, &words);
    }
}

fn line_height() -> u32 {
    (TEXT_HEIGHT + 6) * SCALE
}

/// Colours an area a little.
fn tint(image: &mut RgbImage, area: &Polygon, colour: Rgb<u8>, strength: f32) {
    let (width, height) = image.dimensions();
    for y in 0..height {
        for x in 0..width {
            let point = Point::new((x as f32 + 0.5) / width as f32, (y as f32 + 0.5) / height as f32);
            if area.contains(point) {
                blend(image, i64::from(x), i64::from(y), colour, strength);
            }
        }
    }
}

/// Lays so much of a colour over a pixel; one outside of the picture is left out.
fn blend(image: &mut RgbImage, x: i64, y: i64, colour: Rgb<u8>, strength: f32) {
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
    let Some(pixel) = image.get_pixel_mut_checked(x, y) else { return };
    for (channel, new) in pixel.0.iter_mut().zip(colour.0) {
        let old = f32::from(*channel);
        *channel = (old + (f32::from(new) - old) * strength).round().clamp(0.0, 255.0) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: usize) -> Vec<RuleRow> {
        let row = |number| RuleRow { name: format!("rule-{number}"), state: RuleState::Watches };
        (0..count).map(row).collect()
    }

    fn drawn(canvas: &Canvas, seen: &Seen, rules: &[RuleRow]) -> RgbImage {
        let what = Drawn { picture: None, seen, masks: &[], rules, heading: ("08:00:00", "+1.0") };
        let (width, height) = canvas.size();
        RgbImage::from_raw(width, height, canvas.draw(what)).expect("as large as it says")
    }

    #[test]
    fn a_canvas_has_a_size_that_encoders_take_and_room_for_every_rule() {
        for size in [(1920, 1080), (640, 360), (352, 288), (479, 361), (1080, 1920), (1, 1)] {
            for count in [0, 1, 7, 40] {
                let canvas = Canvas::new(size, &rows(count), Language::Chinese);
                let (width, height) = canvas.size();
                assert!(width % 4 == 0 && height % 2 == 0, "{size:?}: {width} x {height}");
                assert!((LEAST_WIDTH..=MAX_WIDTH).contains(&width), "{size:?}: {width}");
                let lines = (count as u32).div_ceil(canvas.columns);
                assert!(height >= canvas.picture.1 + (lines + 1) * line_height(), "{size:?}, {count}");
            }
        }
    }

    #[test]
    fn zones_boxes_and_trails_lie_where_they_were_seen() {
        let zone = |is_lit| SeenZone {
            name: "yard".to_owned(),
            corners: vec![[0.5, 0.5], [0.9, 0.5], [0.9, 0.9], [0.5, 0.9]],
            is_lit,
            rule: is_lit.then(|| "rule-0".to_owned()),
        };
        let one = SeenBox {
            class: "person",
            score: 0.87,
            box_in_frame: [0.1, 0.2, 0.2, 0.6],
            height: 0.4,
            track: Some(1),
            trail: vec![[0.05, 0.7], [0.15, 0.7]],
        };
        let rules = rows(1);
        let canvas = Canvas::new((640, 360), &rules, Language::English);
        assert_eq!(canvas.picture, (960, 540));
        let dark = Seen { zones: vec![zone(false)], ..Seen::default() };
        let lit = Seen { zones: vec![zone(true)], boxes: vec![one], ..Seen::default() };
        let (dark, lit) = (drawn(&canvas, &dark, &rules), drawn(&canvas, &lit, &rules));
        let at = |image: &RgbImage, x: f32, y: f32| image.get_pixel((x * 960.0) as u32, (y * 540.0) as u32).0;
        assert_eq!(at(&dark, 0.3, 0.1), NO_PICTURE.0);
        assert_eq!(at(&dark, 0.7, 0.8), NO_PICTURE.0, "a zone where nothing holds is an outline");
        assert_ne!(at(&dark, 0.9, 0.7), NO_PICTURE.0);
        assert_ne!(at(&lit, 0.7, 0.8), NO_PICTURE.0);
        assert_ne!(at(&lit, 0.1, 0.4), NO_PICTURE.0, "the edge of the box");
        assert_eq!(at(&lit, 0.15, 0.4), NO_PICTURE.0, "within the box");
        assert_ne!(at(&lit, 0.12, 0.7), NO_PICTURE.0, "the trail");
    }

    #[test]
    fn what_lies_outside_of_the_picture_does_no_harm() {
        let line = |ends| SeenLine { name: "l".repeat(300), ends, is_lit: true, rule: Some("r".to_owned()) };
        let seen = Seen {
            lines: vec![
                line([[-5.0, -5.0], [6.0, 7.0]]),
                line([[f32::NAN, 0.0], [1.0, f32::INFINITY]]),
                line([[0.5, 0.5], [0.5, 0.5]]),
            ],
            ..Seen::default()
        };
        let rules = [RuleRow { name: "n".repeat(500), state: RuleState::Alert(Level::Red) }];
        drawn(&Canvas::new((1280, 720), &rules, Language::Chinese), &seen, &rules);
    }

    #[test]
    fn words_are_in_the_language_that_is_chosen() {
        let rules = [RuleRow { name: "yard".to_owned(), state: RuleState::Alert(Level::Red) }];
        let one = SeenBox {
            class: "person",
            score: 0.87,
            box_in_frame: [0.1, 0.2, 0.2, 0.6],
            height: 0.4,
            track: None,
            trail: Vec::new(),
        };
        let seen = Seen { boxes: vec![one], ..Seen::default() };
        let of = |language| drawn(&Canvas::new((1280, 720), &rules, language), &seen, &rules);
        let (english, chinese) = (of(Language::English), of(Language::Chinese));
        assert_eq!(english.dimensions(), chinese.dimensions());
        let differ = |top: u32, bottom: u32| {
            (top..bottom).any(|y| (0..1_280).any(|x| english.get_pixel(x, y) != chinese.get_pixel(x, y)))
        };
        assert!(differ(0, 720), "the word at the box");
        assert!(differ(720, english.height()), "the state of the rule");
    }
}
