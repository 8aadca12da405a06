//! Looking at a picture allocates nothing of ours once the buffers have grown. (ONNX Runtime has its own
//! allocator, and reuses its memory too; that is not counted here.)

use std::alloc::{GlobalAlloc, Layout as MemoryLayout, System};
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use lookout::analysis::geometry::BBox;
use lookout::detector::manifest::Manifest;
use lookout::detector::{Detector, Inference, Model, Thresholds};
use lookout::frame::{Layout, Matrix, Picture, PictureFormat, PixelAspect, Range};
use lookout::types::provider::Provider;
use sha2::{Digest, Sha256};

struct Counting;

thread_local! {
    /// Allocations of this thread: tests and ONNX Runtime may have others.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count_one() {
    // A thread that is ending has no counter any more, and none of its allocations is of interest.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: MemoryLayout) -> *mut u8 {
        count_one();
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: MemoryLayout, new_size: usize) -> *mut u8 {
        count_one();
        unsafe { System.realloc(old, layout, new_size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: MemoryLayout) {
        unsafe { System.dealloc(old, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A picture with something to find: bright, so that every cell of the network scores.
fn picture(width: usize, height: usize, layout: Layout) -> Picture {
    let chroma = (width / 2, height / 2);
    let planes: Vec<Vec<u8>> = match layout {
        Layout::Nv12 => vec![vec![220; width * height], vec![128; chroma.0 * 2 * chroma.1]],
        _ => vec![vec![220; width * height], vec![128; chroma.0 * chroma.1], vec![128; chroma.0 * chroma.1]],
    };
    let strides = if layout == Layout::Nv12 { [width, width, 0] } else { [width, chroma.0, chroma.0] };
    let format = PictureFormat {
        width,
        height,
        layout,
        strides,
        range: Range::Limited,
        matrix: Matrix::Bt709,
        pixel_aspect: PixelAspect::SQUARE,
    };
    Picture::new(format, Box::new(planes)).expect("whole planes")
}

#[test]
fn a_worker_that_has_seen_its_cameras_allocates_nothing_more() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/detector/colours.onnx");
    let sha256: String = Sha256::digest(std::fs::read(&file).expect("the fixture"))
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let text = format!(
        r#"
[[model]]
name = "colours"
file = "{}"
sha256 = "{sha256}"
licence = "Apache-2.0"
origin = "a test"
head = "yolov8"
classes = ["person", "car", "fire"]
input = {{ width = 64, height = 32, colour = "rgb", fit = "letterbox-top-left", pad = 0 }}
"#,
        file.display()
    );
    let manifest = Manifest::parse(&text, Path::new("manifest.toml")).expect("a good manifest");
    let model = Arc::new(Model::load(&manifest.models()[0], &[Provider::Cpu]).expect("loads"));
    let mut inference = Inference::new(&[Arc::clone(&model), model]).expect("tensors");
    let thresholds = Thresholds::default().with(lookout::analysis::detection::Class::FIRE, 0.4);

    // Several cameras of different shapes in turns, whole and in part, as one worker gets them.
    let pictures =
        [picture(1280, 720, Layout::Nv12), picture(640, 352, Layout::I420), picture(704, 576, Layout::I420)];
    let regions = [None, Some(BBox::new(0.2, 0.3, 0.9, 0.8))];
    let mut found = Vec::new();
    let mut look_at_all = |found: &mut Vec<_>| {
        for picture in &pictures {
            for region in regions {
                inference.detect(picture, region, &thresholds, found).expect("runs");
                assert!(!found.is_empty());
            }
        }
    };
    look_at_all(&mut found);
    look_at_all(&mut found);
    let before = COUNT.get();
    for _ in 0..20 {
        look_at_all(&mut found);
    }
    let allocations = COUNT.get() - before;
    assert_eq!(allocations, 0, "{allocations} allocations in 120 pictures");
}
