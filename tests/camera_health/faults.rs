//! What is done to real pictures: faults of cameras, and what is none. Works on the pixels of a decoded
//! picture, before anything is measured.

use lookout::frame::{Layout, Matrix, Picture, PictureFormat, PixelAspect, Range};

/// The planes of a picture in broadcast range, 4:2:0, without padding.
#[derive(Clone)]
pub struct Image {
    pub width: usize,
    pub height: usize,
    pub y: Vec<u8>,
    pub u: Vec<u8>,
    pub v: Vec<u8>,
}

impl Image {
    pub fn of(picture: &Picture) -> Self {
        let format = picture.format();
        let cut = |plane: usize, width: usize, height: usize| -> Vec<u8> {
            let rows = picture.plane(plane).chunks(format.strides[plane]);
            rows.take(height).flat_map(|row| &row[..width]).copied().collect()
        };
        assert_eq!(format.layout, Layout::I420, "the clips are 4:2:0");
        let (cw, ch) = (format.width.div_ceil(2), format.height.div_ceil(2));
        Image {
            width: format.width,
            height: format.height,
            y: cut(0, format.width, format.height),
            u: cut(1, cw, ch),
            v: cut(2, cw, ch),
        }
    }

    pub fn picture(self) -> Picture {
        let format = PictureFormat {
            width: self.width,
            height: self.height,
            layout: Layout::I420,
            strides: [self.width, self.width.div_ceil(2), self.width.div_ceil(2)],
            range: Range::Limited,
            matrix: Matrix::Bt601,
            pixel_aspect: PixelAspect::SQUARE,
        };
        Picture::new(format, Box::new(vec![self.y, self.u, self.v])).expect("whole planes")
    }

    /// The luma of each pixel from its place (0..1 both ways) and old value.
    fn luma(mut self, mut pixel: impl FnMut(f32, f32, f32) -> f32) -> Self {
        let (w, h) = (self.width, self.height);
        for y in 0..h {
            for x in 0..w {
                let luma = &mut self.y[y * w + x];
                let new = pixel(x as f32 / w as f32, y as f32 / h as f32, f32::from(*luma));
                *luma = new.round().clamp(0.0, 255.0) as u8;
            }
        }
        self
    }

    /// The chroma of each sample from its place and old value.
    fn chroma(mut self, mut sample: impl FnMut(f32, f32, f32) -> f32) -> Self {
        let (w, h) = (self.width.div_ceil(2), self.height.div_ceil(2));
        for plane in [&mut self.u, &mut self.v] {
            for y in 0..h {
                for x in 0..w {
                    let value = &mut plane[y * w + x];
                    let new = sample(x as f32 / w as f32, y as f32 / h as f32, f32::from(*value));
                    *value = new.round().clamp(0.0, 255.0) as u8;
                }
            }
        }
        self
    }

    fn grey(self) -> Self {
        self.chroma(|_, _, _| 128.0)
    }

    /// Every pixel from another place of the same picture; beyond the border the picture is mirrored.
    fn moved(&self, from: impl Fn(f32, f32) -> (f32, f32)) -> Self {
        let warp = |plane: &[u8], w: usize, h: usize, scale: f32| -> Vec<u8> {
            let mirror = |at: f32, size: usize| {
                let size = size as f32;
                let at = at.rem_euclid(2.0 * size);
                (if at < size { at } else { 2.0 * size - 1e-3 - at }).clamp(0.0, size - 1.0)
            };
            let mut out = Vec::with_capacity(plane.len());
            for y in 0..h {
                for x in 0..w {
                    let (fx, fy) = from(x as f32 * scale, y as f32 * scale);
                    let (fx, fy) = (mirror(fx / scale, w), mirror(fy / scale, h));
                    let (x0, y0) = (fx as usize, fy as usize);
                    let (x1, y1) = ((x0 + 1).min(w - 1), (y0 + 1).min(h - 1));
                    let (ax, ay) = (fx.fract(), fy.fract());
                    let at = |x: usize, y: usize| f32::from(plane[y * w + x]);
                    let top = at(x0, y0) * (1.0 - ax) + at(x1, y0) * ax;
                    let bottom = at(x0, y1) * (1.0 - ax) + at(x1, y1) * ax;
                    out.push((top * (1.0 - ay) + bottom * ay).round() as u8);
                }
            }
            out
        };
        let (cw, ch) = (self.width.div_ceil(2), self.height.div_ceil(2));
        Image {
            width: self.width,
            height: self.height,
            y: warp(&self.y, self.width, self.height, 1.0),
            u: warp(&self.u, cw, ch, 2.0),
            v: warp(&self.v, cw, ch, 2.0),
        }
    }

    /// Gaussian blur as three boxes (Wells 1986); `sigma` at a width of 640.
    fn blurred(mut self, sigma: f32) -> Self {
        let sigma = sigma * self.width as f32 / 640.0;
        let radius = (((4.0 * sigma * sigma + 1.0).sqrt() - 1.0) / 2.0).round() as usize;
        let (w, h) = (self.width, self.height);
        for _ in 0..3 {
            box_blur(&mut self.y, w, h, radius);
            transpose(&mut self.y, w, h);
            box_blur(&mut self.y, h, w, radius);
            transpose(&mut self.y, h, w);
        }
        self
    }

    fn noise(self, dice: &mut Dice, sd: f32) -> Self {
        self.luma(|_, _, luma| luma + sd * dice.normal())
    }

    /// Laid over with `paint` where `cover` (0..1, by place) says so.
    fn painted(self, cover: impl Fn(f32, f32) -> f32, paint: impl Fn(f32, f32) -> f32) -> Self {
        self.luma(|x, y, luma| {
            let part = cover(x, y);
            luma * (1.0 - part) + paint(x, y) * part
        })
        .chroma(|x, y, value| value + (132.0 - value) * cover(x, y))
    }
}

fn box_blur(plane: &mut [u8], w: usize, h: usize, radius: usize) {
    let size = 2 * radius + 1;
    let mut row = vec![0u8; w];
    for y in 0..h {
        row.copy_from_slice(&plane[y * w..(y + 1) * w]);
        let at = |x: isize| usize::from(row[x.clamp(0, w as isize - 1) as usize]);
        let mut sum: usize = (0..size).map(|i| at(i as isize - radius as isize)).sum();
        for x in 0..w {
            plane[y * w + x] = ((sum + size / 2) / size) as u8;
            sum = sum + at((x + radius + 1) as isize) - at(x as isize - radius as isize);
        }
    }
}

fn transpose(plane: &mut [u8], w: usize, h: usize) {
    let old = plane.to_vec();
    for y in 0..h {
        for x in 0..w {
            plane[x * h + y] = old[y * w + x];
        }
    }
}

/// Repeatable chance (xorshift).
pub struct Dice(pub u64);

impl Dice {
    pub fn part(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }

    /// About normal: the sum of four.
    fn normal(&mut self) -> f32 {
        (self.part() + self.part() + self.part() + self.part() - 2.0) * 1.73
    }
}

/// Something that is wrong with a camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    Black,
    BlackWithNoise,
    WhiteOut,
    Frozen,
    FrozenWithClock,
    /// Uniform cloth, out of focus, over the whole lens.
    Cloth,
    /// A hand or leaf before this part of the lens, from the left, out of focus.
    Covered(f32),
    /// The camera turned to the side by this part of the picture.
    Shifted(f32),
    /// The camera turned about its axis, degrees.
    Turned(f32),
    /// Another place altogether.
    Elsewhere,
    /// Out of focus: sigma in pixels of a 640 wide picture.
    Blurred(f32),
    /// Drops of paint over this part of the lens.
    Sprayed(f32),
}

/// One seed for each picture, so that noise is new each time and every run the same.
pub fn apply(fault: Fault, live: &Image, kept: &Image, elsewhere: &Image, number: u64) -> Image {
    let mut dice = Dice(0x2545_F491_4F6C_DD1D ^ (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    match fault {
        Fault::Black => live.clone().luma(|_, _, _| 16.0).grey(),
        Fault::BlackWithNoise => live.clone().luma(|_, _, _| 20.0).grey().noise(&mut dice, 4.0),
        Fault::WhiteOut => live.clone().luma(|_, _, luma| luma * 0.03 + 232.0).grey().noise(&mut dice, 1.0),
        Fault::Frozen => kept.clone(),
        Fault::FrozenWithClock => with_clock(kept.clone(), number / 2),
        Fault::Cloth => live
            .clone()
            .luma(|x, y, _| 110.0 + 12.0 * (9.0 * x + 4.0 * y).sin() + 8.0 * (3.0 * x - 11.0 * y).cos())
            .chroma(|_, _, _| 131.0)
            .noise(&mut dice, 1.5),
        Fault::Covered(part) => {
            let edge = |x: f32, y: f32| smooth((part + 0.05 * (7.0 * y).sin() - x) / 0.12 + 0.5);
            live.clone().painted(edge, |x, y| 90.0 + 25.0 * (4.0 * x + 3.0 * y).sin()).noise(&mut dice, 1.0)
        }
        Fault::Shifted(part) => live.moved(|x, y| (x + part * live.width as f32, y)),
        Fault::Turned(degrees) => {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let (mx, my) = (live.width as f32 / 2.0, live.height as f32 / 2.0);
            live.moved(|x, y| (cos * (x - mx) - sin * (y - my) + mx, sin * (x - mx) + cos * (y - my) + my))
        }
        Fault::Elsewhere => {
            let (sx, sy) =
                (elsewhere.width as f32 / live.width as f32, elsewhere.height as f32 / live.height as f32);
            let at = |x: f32, y: f32| {
                let (x, y) = ((x * live.width as f32 * sx) as usize, (y * live.height as f32 * sy) as usize);
                elsewhere.y[y.min(elsewhere.height - 1) * elsewhere.width + x.min(elsewhere.width - 1)]
            };
            live.clone().luma(|x, y, _| f32::from(at(x, y))).noise(&mut dice, 1.0)
        }
        Fault::Blurred(sigma) => live.clone().blurred(sigma).noise(&mut dice, 0.7),
        Fault::Sprayed(part) => {
            let blobs = blobs(part);
            let cover = |x: f32, y: f32| {
                let near = blobs
                    .iter()
                    .map(|(bx, by, r)| smooth((r - (x - bx).hypot((y - by) * 0.6)) / (0.25 * r) + 0.5));
                near.fold(0.0, f32::max)
            };
            live.clone().painted(cover, |x, y| 130.0 + 20.0 * (5.0 * x + 8.0 * y).sin()).noise(&mut dice, 1.0)
        }
    }
}

fn smooth(at: f32) -> f32 {
    let at = at.clamp(0.0, 1.0);
    at * at * (3.0 - 2.0 * at)
}

/// Round drops until they cover `part` of the picture.
fn blobs(part: f32) -> Vec<(f32, f32, f32)> {
    let mut dice = Dice(77);
    let mut blobs: Vec<(f32, f32, f32)> = Vec::new();
    let covered = |blobs: &[(f32, f32, f32)]| {
        let hit = |i: usize| {
            let (x, y) = ((i % 40) as f32 / 40.0, (i / 40) as f32 / 40.0);
            blobs.iter().any(|(bx, by, r)| (x - bx).hypot((y - by) * 0.6) < *r)
        };
        (0..1600).filter(|i| hit(*i)).count() as f32 / 1600.0
    };
    while covered(&blobs) < part {
        blobs.push((dice.part(), dice.part(), 0.05 + 0.1 * dice.part()));
    }
    blobs
}

/// A clock as cameras draw it: white figures on the top left, another pattern each second.
pub fn with_clock(mut image: Image, second: u64) -> Image {
    let (w, h) = (image.width, image.height);
    let (figure_w, figure_h) = (w / 56, h / 22);
    let mut dice = Dice(0xABCD_EF01 ^ (second + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    for figure in 0..19 {
        // Only the last figures change.
        let mut own = Dice(977 + figure as u64);
        let dice = if figure < 17 { &mut own } else { &mut dice };
        let bars: Vec<bool> = (0..15).map(|_| dice.part() < 0.6).collect();
        for y in 0..figure_h {
            for x in 0..figure_w * 3 / 4 {
                if bars[y * 5 / figure_h * 3 + x * 4 / figure_w] {
                    image.y[(h / 40 + y) * w + w / 40 + figure * figure_w + x] = 235;
                }
            }
        }
    }
    image
}

/// What happens to cameras that are well.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Harmless {
    /// Day to night within ten minutes.
    Dusk,
    /// Night to day within ten minutes.
    Dawn,
    /// A lamp goes out: everything at half its brightness from one moment to the next.
    LampOut,
    /// A lamp goes on.
    LampOn,
    /// The camera switches to infrared: no colour, other light, noise.
    Infrared,
    /// A bus stands before half of the picture for 20 s.
    Bus,
    /// Headlights shine into the lens for 3 s out of 15.
    Headlights,
    /// A mast in the wind: up to three pixels of a 640 wide picture.
    Wind,
    /// The exposure swings up and down.
    Exposure,
    /// Flakes and streaks.
    Snow,
    /// A dark night with one lamp.
    NightWithLamp,
    /// Fog comes within ten minutes.
    Fog,
}

pub const HARMLESS: [Harmless; 12] = [
    Harmless::Dusk,
    Harmless::Dawn,
    Harmless::LampOut,
    Harmless::LampOn,
    Harmless::Infrared,
    Harmless::Bus,
    Harmless::Headlights,
    Harmless::Wind,
    Harmless::Exposure,
    Harmless::Snow,
    Harmless::NightWithLamp,
    Harmless::Fog,
];

impl Harmless {
    /// How long it is shown, seconds.
    pub fn lasts(self) -> f32 {
        match self {
            Harmless::Dusk | Harmless::Dawn | Harmless::Fog => 660.0,
            Harmless::Bus => 60.0,
            _ => 120.0,
        }
    }
}

/// `secs` after it began.
pub fn happen(what: Harmless, live: &Image, number: u64, secs: f32) -> Image {
    let mut dice = Dice(0x1234_5678_9ABC ^ (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let light = |gain: f32| move |_: f32, _: f32, luma: f32| 16.0 + (luma - 16.0) * gain;
    let ramp = (secs / 600.0).clamp(0.0, 1.0);
    match what {
        Harmless::Dusk => live
            .clone()
            .luma(light(1.0 - 0.8 * ramp))
            .chroma(|_, _, c| 128.0 + (c - 128.0) * (1.0 - 0.7 * ramp))
            .noise(&mut dice, 3.0 * ramp),
        Harmless::Dawn => live.clone().luma(light(0.2 + 0.8 * ramp)).noise(&mut dice, 3.0 * (1.0 - ramp)),
        Harmless::LampOut => live.clone().luma(light(0.45)).noise(&mut dice, 2.0),
        Harmless::LampOn => live.clone().luma(light(1.5)),
        Harmless::Infrared => live
            .clone()
            .luma(|x, y, luma| {
                // Lit from the camera: bright in the middle, dark at the border; leaves and cloth turn bright.
                let lamp = 1.5 * (-3.5 * ((x - 0.5).powi(2) + (y - 0.6).powi(2))).exp() + 0.15;
                let other = if luma > 150.0 { 300.0 - luma } else { luma };
                16.0 + (other - 16.0) * lamp
            })
            .grey()
            .noise(&mut dice, 3.0),
        Harmless::Bus => {
            let stands = (0.0..=20.0).contains(&(secs - 10.0));
            let left = if stands { 0.02 } else { 2.0 };
            live.clone()
                .luma(|x, y, luma| {
                    let (bx, by) = ((x - left) / 0.6, (y - 0.1) / 0.85);
                    if !(0.0..1.0).contains(&bx) || !(0.0..1.0).contains(&by) {
                        return luma;
                    }
                    let window = (0.15..0.5).contains(&by) && (bx * 6.0).fract() > 0.12;
                    let stripe = (0.7..0.74).contains(&by);
                    let shade = 20.0 * (1.0 - by);
                    if window {
                        45.0 + 15.0 * (bx * 40.0).sin()
                    } else if stripe {
                        60.0
                    } else {
                        170.0 + shade
                    }
                })
                .noise(&mut dice, 0.7)
        }
        Harmless::Headlights => {
            let glare = if secs % 15.0 < 3.0 { 1.0 } else { 0.0 };
            live.clone().luma(|x, y, luma| {
                luma + glare * (260.0 * (-6.0 * ((x - 0.4).powi(2) + (y - 0.5).powi(2))).exp() + 30.0)
            })
        }
        Harmless::Wind => {
            let scale = live.width as f32 / 640.0;
            let (dx, dy) = (6.0 * (dice.part() - 0.5) * scale, 6.0 * (dice.part() - 0.5) * scale);
            live.moved(|x, y| (x + dx, y + dy))
        }
        Harmless::Exposure => live.clone().luma(light(1.05 + 0.4 * (secs * 1.2).sin())),
        Harmless::Snow => {
            let mut image = live.clone();
            for _ in 0..400 {
                let (x, y) = (dice.part(), dice.part());
                let (w, h) = (image.width, image.height);
                let size = 1 + (dice.part() * w as f32 / 160.0) as usize;
                for dy in 0..size * 2 {
                    for dx in 0..size {
                        let (px, py) = ((x * w as f32) as usize + dx, (y * h as f32) as usize + dy);
                        if px < w && py < h {
                            image.y[py * w + px] = 215;
                        }
                    }
                }
            }
            image
        }
        Harmless::NightWithLamp => live
            .clone()
            .luma(|x, y, luma| {
                let lamp = (-40.0 * ((x - 0.3).powi(2) + 0.5 * (y - 0.3).powi(2))).exp();
                16.0 + (luma - 16.0) * (0.06 + 0.8 * lamp) + 40.0 * lamp
            })
            .noise(&mut dice, 2.0),
        Harmless::Fog => live.clone().luma(|_, y, luma| {
            let thick = ramp * (0.85 - 0.5 * y);
            luma * (1.0 - thick) + 170.0 * thick
        }),
    }
}
