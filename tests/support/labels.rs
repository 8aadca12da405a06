//! Pictures with labels, and how well detections fit them.

use std::fs;
use std::path::{Path, PathBuf};

use lookout::analysis::detection::Detection;
use lookout::analysis::geometry::BBox;
use lookout::frame::{Layout, Matrix, Picture, PictureFormat, PixelAspect, Range};
use serde::Deserialize;

/// Labels below this are uncertain (README.md of the pictures): what lies on one counts neither way.
pub const CERTAIN: f32 = 0.4;
/// Overlap from which on a box is that of a label.
const SAME: f32 = 0.5;

#[derive(Deserialize)]
pub struct Labelled {
    pub image: String,
    pub split: String,
    pub boxes: Vec<Label>,
    /// Whether people looked for fire and smoke.
    fire_smoke_complete: bool,
    #[serde(skip)]
    folder: PathBuf,
}

#[derive(Deserialize)]
pub struct Label {
    #[serde(rename = "box")]
    edges: [f32; 4],
    pub class: String,
    pub score: f32,
}

impl Label {
    fn place(&self) -> BBox {
        let [x0, y0, x1, y1] = self.edges;
        BBox { x0, y0, x1, y1 }
    }
}

impl Labelled {
    /// The picture, in full resolution of colour.
    pub fn picture(&self) -> Picture {
        picture(&self.folder.join("images").join(&self.image), [0.0; 4])
    }

    /// The picture of a camera that trembles: cut by that part of its size at the left, the top, the right and the bottom.
    pub fn cut(&self, by: [f32; 4]) -> Picture {
        picture(&self.folder.join("images").join(&self.image), by)
    }

    /// Whether people searched for fire and smoke and found none.
    pub fn shows_no_fire(&self) -> bool {
        let is_one = |label: &Label| ["fire", "smoke"].contains(&&*label.class);
        self.fire_smoke_complete && !self.boxes.iter().any(is_one)
    }

    /// Whether people searched for fire and smoke and found some.
    pub fn shows_fire(&self) -> bool {
        self.fire_smoke_complete && !self.shows_no_fire()
    }
}

/// The pictures of a folder that nothing was trained on.
pub fn held_out(folder: &Path) -> Vec<Labelled> {
    let file = folder.join("labels.jsonl");
    let labels = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let all = labels.lines().map(|line| {
        let labelled = serde_json::from_str::<Labelled>(line).expect("a label");
        Labelled { folder: folder.to_owned(), ..labelled }
    });
    all.filter(|labelled| labelled.split == "val").collect()
}

fn picture(file: &Path, cut: [f32; 4]) -> Picture {
    let image = image::open(file).expect("a picture").into_rgb8();
    let [left, top, right, bottom] = cut;
    let (across, down) = (image.width() as f32, image.height() as f32);
    let (x, y) = ((left * across) as u32, (top * down) as u32);
    let size = (((1.0 - left - right) * across) as u32, ((1.0 - top - bottom) * down) as u32);
    let image = image::imageops::crop_imm(&image, x, y, size.0, size.1).to_image();
    let (width, height) = (image.width() as usize, image.height() as usize);
    let mut planes = [0; 3].map(|_| Vec::with_capacity(width * height));
    for pixel in image.pixels() {
        let [r, g, b] = pixel.0.map(f32::from);
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        for (plane, value) in planes.iter_mut().zip([y, 128.0 + (b - y) / 1.772, 128.0 + (r - y) / 1.402]) {
            plane.push(value.round() as u8);
        }
    }
    let format = PictureFormat {
        width,
        height,
        layout: Layout::I444,
        strides: [width; 3],
        range: Range::Full,
        matrix: Matrix::Bt601,
        pixel_aspect: PixelAspect::SQUARE,
    };
    Picture::new(format, Box::new(Vec::from(planes))).expect("a picture")
}

/// Hits and misses of one class in every picture, to be ranked by score.
pub struct Score {
    class: &'static str,
    pub labels: usize,
    ranked: Vec<(f32, bool)>,
}

impl Score {
    pub fn of(class: &'static str) -> Score {
        Score { class, labels: 0, ranked: Vec::new() }
    }

    /// Takes in what was found in a picture.
    pub fn add(&mut self, found: &[Detection], labelled: &Labelled) {
        if ["fire", "smoke"].contains(&self.class) && !labelled.fire_smoke_complete {
            return;
        }
        let (certain, unsure): (Vec<&Label>, Vec<&Label>) = labelled
            .boxes
            .iter()
            .filter(|label| label.class == self.class)
            .partition(|label| label.score >= CERTAIN);
        self.labels += certain.len();
        let mut taken = vec![false; certain.len()];
        let mut found: Vec<&Detection> = found.iter().filter(|d| d.class.name() == self.class).collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        for thing in found {
            let iou = |label: &Label| label.place().iou(&thing.box_in_frame);
            let free = (0..certain.len()).filter(|number| !taken[*number]);
            let best = free.max_by(|a, b| iou(certain[*a]).total_cmp(&iou(certain[*b])));
            match best.filter(|number| iou(certain[*number]) >= SAME) {
                Some(number) => {
                    taken[number] = true;
                    self.ranked.push((thing.score, true));
                }
                None if unsure.iter().any(|label| iou(label) >= SAME) => {}
                None => self.ranked.push((thing.score, false)),
            }
        }
    }

    /// Average precision with the precision made monotonous, as PASCAL VOC computes it since 2010; and recall.
    pub fn ap_and_recall(&mut self) -> (f64, f64) {
        self.ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut hits = 0;
        let points: Vec<(f64, f64)> = (1..)
            .zip(&self.ranked)
            .map(|(count, (_, hit))| {
                hits += usize::from(*hit);
                (f64::from(hits as u32) / self.labels as f64, f64::from(hits as u32) / f64::from(count))
            })
            .collect();
        let (mut area, mut best, mut right) = (0.0, 0.0f64, points.last().map_or(0.0, |p| p.0));
        let recall = right;
        for (at, precision) in points.iter().rev() {
            area += (right - at) * best;
            (right, best) = (*at, best.max(*precision));
        }
        (area + right * best, recall)
    }
}
