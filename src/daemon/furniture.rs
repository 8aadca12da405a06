//! Persistence of furniture, what never moves before the cameras: `furniture.json`, written at most every ten minutes
//! and when the daemon stops.
//!
//! ```text
//! {"version": 1, "cameras": {"cam-03": [{"box": [x0, y0, x1, y1], "is_furniture": true, "good_days": 3, "bad_days": 0,
//!   "hours": [looked, unchanged, found], "lights": [256 grey levels in base64, ..]}]}}
//! ```
//!
//! The file is replaced as a whole. One that cannot be read, or of another version, is put aside, and what never moves is
//! learnt anew: nothing else depends on it. Must never hold more of a picture than the analysis gives out.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::analysis::furniture::{Day, Furniture, Patch, PlaceMemory};
use crate::analysis::geometry::BBox;
use crate::text::{Sentence, box_log, daemon, foreign, log_info, log_warn};

const FILE: &str = "furniture.json";
/// The form of the file.
const VERSION: u32 = 1;
/// Minimum time between two writes: what is proven takes days.
const SAVE_EVERY: Duration = Duration::from_secs(600);

/// What is remembered, by camera.
pub(super) type Memories = BTreeMap<Arc<str>, Vec<PlaceMemory>>;

/// What the analysis last knew.
#[derive(Debug, Default)]
pub(super) struct KnownFurniture {
    /// How many places of each camera are left out.
    counts: BTreeMap<Arc<str>, u32>,
    /// What is remembered of every camera, also of those that are not configured for a while.
    memories: Memories,
    /// It is to be written.
    is_unsaved: bool,
}

impl KnownFurniture {
    /// What was kept when the daemon began.
    pub(super) fn kept(memories: Memories) -> Self {
        KnownFurniture { memories, ..KnownFurniture::default() }
    }

    /// Takes in what is remembered now.
    pub(super) fn learn<'a>(&mut self, now: impl Iterator<Item = (&'a Arc<str>, &'a Furniture)>) {
        let mut counts = BTreeMap::new();
        for (camera, furniture) in now {
            let count = u32::try_from(furniture.count()).unwrap_or(u32::MAX);
            if count != self.count(camera) {
                log_info!(box_log::furniture_known(); %camera, places = count);
            }
            counts.insert(camera.clone(), count);
            self.memories.insert(camera.clone(), furniture.memories().cloned().collect());
        }
        self.memories.retain(|_, places| !places.is_empty());
        (self.counts, self.is_unsaved) = (counts, true);
    }

    /// How many places of a camera are left out.
    pub(super) fn count(&self, camera: &str) -> u32 {
        self.counts.get(camera).copied().unwrap_or_default()
    }
}

/// The file on disk.
#[derive(Debug)]
pub(super) struct FurnitureFile {
    folder: PathBuf,
    /// Not before that, on the monotonic clock.
    save_at: Duration,
    is_failing: bool,
}

impl FurnitureFile {
    /// The one in `folder`.
    pub(super) fn within(folder: &Path) -> Self {
        FurnitureFile { folder: folder.to_owned(), save_at: Duration::ZERO, is_failing: false }
    }

    /// Writes what is new, if it is time.
    pub(super) fn look(&mut self, now: Duration, known: &parking_lot::Mutex<KnownFurniture>) {
        if now < self.save_at {
            return;
        }
        let memories = {
            let mut known = known.lock();
            if !std::mem::take(&mut known.is_unsaved) {
                return;
            }
            known.memories.clone()
        };
        self.save_at = now.saturating_add(SAVE_EVERY);
        let saved = save(&self.folder, &memories);
        if let Err(error) = &saved
            && !self.is_failing
        {
            let folder = self.folder.display();
            log_warn!(box_log::furniture_unsaved(); %folder, %error);
        }
        self.is_failing = saved.is_err();
        if self.is_failing {
            known.lock().is_unsaved = true;
        }
    }

    /// Writes what is new now: the daemon stops.
    pub(super) fn finish(&mut self, known: &parking_lot::Mutex<KnownFurniture>) {
        self.look(self.save_at, known);
    }
}

/// Reads what is kept in `folder`. What cannot be read is put aside and said in the second part.
pub(super) fn load(folder: &Path) -> (Memories, Option<Sentence>) {
    let path = folder.join(FILE);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (Memories::new(), None),
        Err(error) => {
            let why = foreign::words(error.to_string());
            return (Memories::new(), Some(daemon::file_unreadable(path.display(), why)));
        }
    };
    match read(&text) {
        Ok(memories) => (memories, None),
        Err(why) => {
            let aside = path.with_extension("damaged");
            let damage = match fs::rename(&path, &aside) {
                Ok(()) => daemon::file_moved(path.display(), why, aside.display()),
                Err(_) => daemon::file_unreadable(path.display(), why),
            };
            (Memories::new(), Some(damage))
        }
    }
}

/// What is remembered, as it is written.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    version: u32,
    cameras: BTreeMap<String, Vec<WrittenPlace>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WrittenPlace {
    #[serde(rename = "box")]
    box_in_frame: [f32; 4],
    is_furniture: bool,
    good_days: u8,
    bad_days: u8,
    hours: [u8; 3],
    lights: Vec<String>,
}

impl WrittenPlace {
    fn of(memory: &PlaceMemory) -> Self {
        let PlaceMemory { box_in_frame: b, is_furniture, good_days, bad_days, day, lights } = memory;
        WrittenPlace {
            box_in_frame: [b.x0, b.y0, b.x1, b.y1],
            is_furniture: *is_furniture,
            good_days: *good_days,
            bad_days: *bad_days,
            hours: [day.looked, day.unchanged, day.found],
            lights: lights.iter().map(|light| STANDARD.encode(light)).collect(),
        }
    }

    /// `None` where what a place looks like cannot be read.
    fn memory(&self) -> Option<PlaceMemory> {
        let [x0, y0, x1, y1] = self.box_in_frame;
        let [looked, unchanged, found] = self.hours;
        let light = |text: &String| -> Option<Patch> { STANDARD.decode(text).ok()?.try_into().ok() };
        Some(PlaceMemory {
            box_in_frame: BBox { x0, y0, x1, y1 },
            is_furniture: self.is_furniture,
            good_days: self.good_days,
            bad_days: self.bad_days,
            day: Day { looked, unchanged, found },
            lights: self.lights.iter().map(light).collect::<Option<Vec<Patch>>>()?,
        })
    }
}

fn read(text: &[u8]) -> Result<Memories, Sentence> {
    let written: Written = serde_json::from_slice(text).map_err(|error| foreign::words(error.to_string()))?;
    if written.version != VERSION {
        return Err(daemon::other_version(written.version, VERSION));
    }
    let mut memories = Memories::new();
    for (camera, places) in written.cameras {
        let places: Option<Vec<PlaceMemory>> = places.iter().map(WrittenPlace::memory).collect();
        let places = places.ok_or_else(|| daemon::camera_damaged(&camera))?;
        memories.insert(camera.into(), places);
    }
    Ok(memories)
}

/// Writes it; it is on disk when this returns.
fn save(folder: &Path, memories: &Memories) -> io::Result<()> {
    let of = |places: &Vec<PlaceMemory>| places.iter().map(WrittenPlace::of).collect();
    let cameras = memories.iter().map(|(camera, places)| (camera.to_string(), of(places))).collect();
    let path = folder.join(FILE);
    let aside = path.with_extension("new");
    let mut file = File::create(&aside)?;
    file.write_all(&serde_json::to_vec(&Written { version: VERSION, cameras })?)?;
    file.sync_all()?;
    fs::rename(&aside, &path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;
    use crate::analysis::furniture::SAMPLES;

    fn bench() -> PlaceMemory {
        PlaceMemory {
            box_in_frame: BBox::new(0.25, 0.5, 0.375, 0.75),
            is_furniture: true,
            good_days: 3,
            bad_days: 1,
            day: Day { looked: 7, unchanged: 6, found: 5 },
            lights: vec![std::array::from_fn(|sample| (sample % 251) as u8), [90; SAMPLES]],
        }
    }

    fn known(places: Vec<PlaceMemory>) -> Mutex<KnownFurniture> {
        let mut known = KnownFurniture::default();
        let camera: Arc<str> = "cam-03".into();
        known.learn([(&camera, &Furniture::of(places))].into_iter());
        Mutex::new(known)
    }

    #[test]
    fn what_never_moves_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()), (Memories::new(), None));
        let known = known(vec![bench()]);
        assert_eq!(known.lock().count("cam-03"), 1);
        assert_eq!(known.lock().count("cam-04"), 0);
        FurnitureFile::within(folder.path()).look(Duration::ZERO, &known);
        let (memories, damage) = load(folder.path());
        assert_eq!(damage, None);
        assert_eq!(memories, Memories::from([("cam-03".into(), vec![bench()])]));
    }

    #[test]
    fn a_camera_that_is_not_configured_for_a_while_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        FurnitureFile::within(folder.path()).look(Duration::ZERO, &known(vec![bench()]));
        let mut again = KnownFurniture::kept(load(folder.path()).0);
        let other: Arc<str> = "cam-07".into();
        again.learn([(&other, &Furniture::of(vec![bench()]))].into_iter());
        FurnitureFile::within(folder.path()).finish(&Mutex::new(again));
        let (memories, _) = load(folder.path());
        assert_eq!(memories.keys().map(|camera| &**camera).collect::<Vec<_>>(), ["cam-03", "cam-07"]);
    }

    #[test]
    fn it_is_written_every_ten_minutes_and_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut file = FurnitureFile::within(folder.path());
        file.look(Duration::from_secs(5), &known(vec![bench()]));
        assert!(path.exists());
        fs::remove_file(&path).unwrap();
        let next = known(vec![]);
        file.look(Duration::from_secs(604), &next);
        assert!(!path.exists(), "it is too soon");
        file.look(Duration::from_secs(605), &next);
        assert_eq!(load(folder.path()), (Memories::new(), None));
        assert!(path.exists());
        fs::remove_file(&path).unwrap();
        file.look(Duration::from_secs(9999), &next);
        assert!(!path.exists(), "nothing is new");
        let last = known(vec![bench()]);
        file.finish(&last);
        assert!(path.exists());
    }

    #[test]
    fn a_damaged_file_is_put_aside_and_reported() {
        let folder = tempfile::tempdir().unwrap();
        let place = |lights: &str| {
            format!(
                r#"{{"box":[0,0,1,1],"is_furniture":true,"good_days":3,"bad_days":0,"hours":[0,0,0],"lights":[{lights}]}}"#
            )
        };
        let of_camera = |place: String| format!(r#"{{"version":1,"cameras":{{"cam-03":[{place}]}}}}"#);
        for (text, why) in [
            ("{".to_owned(), "EOF"),
            (r#"{"version":2,"cameras":{}}"#.to_owned(), "version 2"),
            (of_camera(place("\"AAAA\"")), "camera `cam-03` is damaged"),
            (of_camera(place("\"?\"")), "camera `cam-03` is damaged"),
        ] {
            fs::write(folder.path().join(FILE), text).unwrap();
            let (memories, said) = load(folder.path());
            assert_eq!(memories, Memories::new());
            let said = said.unwrap().to_string();
            assert!(said.contains(why) && said.contains("furniture.damaged"), "{said}");
            assert_eq!(load(folder.path()), (Memories::new(), None), "it is begun anew");
        }
    }

    #[test]
    fn places_that_cannot_be_are_left_out() {
        let outside = PlaceMemory { box_in_frame: BBox::new(0.5, 0.5, 1.5, 0.9), ..bench() };
        let unseen = PlaceMemory { lights: vec![], ..bench() };
        let no_number =
            PlaceMemory { box_in_frame: BBox { x0: f32::NAN, y0: 0.0, x1: 1.0, y1: 1.0 }, ..bench() };
        let furniture = Furniture::of(vec![outside, unseen, no_number, bench()]);
        assert_eq!(furniture.memories().collect::<Vec<_>>(), [&bench()]);
    }
}
