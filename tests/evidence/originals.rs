//! Originals are sealed so that the program the centre would use opens them: Debian's `age`, which is not ours.

use std::path::Path;
use std::process::Command;

use lookout::evidence::{Kept, Recipient, Store, original};
use lookout::frame::{Layout, Matrix, Picture, PictureFormat, PixelAspect, Range};

/// A key pair made by the centre's own program: the file with the secret one, and the public one.
fn key_pair(folder: &Path) -> (std::path::PathBuf, String) {
    let file = folder.join("centre.key");
    let made = Command::new("age-keygen").arg("-o").arg(&file).output().expect("deploy/test.sh installs age");
    assert!(made.status.success(), "{made:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    let public = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned();
    (file, public)
}

#[test]
fn the_centres_own_program_opens_an_original_and_another_key_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (centre, public) = key_pair(folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let (stranger, _) = key_pair(elsewhere.path());
    let format = PictureFormat {
        width: 320,
        height: 180,
        layout: Layout::Gray,
        strides: [320, 0, 0],
        range: Range::Full,
        matrix: Matrix::Bt601,
        pixel_aspect: PixelAspect::SQUARE,
    };
    let pixels = (0..320 * 180).map(|i| (i % 251) as u8).collect();
    let picture = Picture::new(format, Box::new(vec![pixels])).unwrap();
    let recipient: Recipient = public.parse().unwrap();
    let sealed = original(&picture, &[], &recipient).unwrap();

    // As the box keeps it.
    let originals = folder.path().join("originals");
    let week = std::time::Duration::from_secs(7 * 86_400);
    let mut store = Store::open(Kept::Sealed, &originals, week, 1 << 20).unwrap();
    let file = store.keep("01M80BCYYJXPY84WEZM4Q9BTPQ", 1, jiff::Timestamp::now(), &sealed).unwrap();
    assert_eq!(store.read("01M80BCYYJXPY84WEZM4Q9BTPQ", 1).unwrap(), Some(sealed));
    assert_eq!(store.read("../originals/01M80BCYYJXPY84WEZM4Q9BTPQ", 1).unwrap(), None, "an id is no path");

    let open = |key: &Path| Command::new("age").arg("-d").arg("-i").arg(key).arg(&file).output().unwrap();
    assert!(!open(&stranger).status.success());
    let opened = open(&centre);
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
    let image = image::load_from_memory(&opened.stdout).unwrap();
    assert_eq!((image.width(), image.height()), (320, 180));
}
