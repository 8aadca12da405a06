//! Recordings as people have them, made of the bundled clip with `ffmpeg`, and of bytes where nothing else writes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The bundled clip: 640 x 360, 10 pictures a second, 30 s.
pub fn lane() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes/lane-day.mp4")
}

/// Runs ffmpeg in a folder; panics with its words when it fails.
pub fn ffmpeg(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("ffmpeg");
    command.current_dir(folder).args(["-nostdin", "-v", "error", "-y"]).args(arguments);
    let output = command.output().expect("ffmpeg is installed: deploy/setup.sh --test");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The first `seconds` of the bundled clip, with these options before the file's name.
pub fn of_lane(folder: &Path, name: &str, seconds: &str, options: &[&str]) -> PathBuf {
    let lane = lane();
    let mut arguments = vec!["-i", lane.to_str().unwrap(), "-t", seconds];
    arguments.extend(options);
    arguments.push(name);
    ffmpeg(folder, &arguments);
    folder.join(name)
}

/// The clip stored on its side or upside down, with a display matrix that sets it upright.
pub fn turned(folder: &Path, name: &str, seconds: &str, degrees: u16) -> PathBuf {
    let (filter, (width, height)) = match degrees {
        90 => ("transpose=2", (360, 640)),
        180 => ("hflip,vflip", (640, 360)),
        270 => ("transpose=1", (360, 640)),
        _ => panic!("no quarter turn"),
    };
    let file = of_lane(folder, name, seconds, &["-vf", filter, "-c:v", "libx264", "-crf", "16"]);
    set_display_matrix(&file, degrees, width, height);
    file
}

fn set_display_matrix(file: &Path, degrees: u16, width: u32, height: u32) {
    const ONE: u32 = 1 << 16;
    const MINUS_ONE: u32 = ONE.wrapping_neg();
    let (a, b, c, d, x, y) = match degrees {
        90 => (0, ONE, MINUS_ONE, 0, height, 0),
        180 => (MINUS_ONE, 0, 0, MINUS_ONE, width, height),
        _ => (0, MINUS_ONE, ONE, 0, 0, width),
    };
    write_display_matrix(file, [a, b, 0, c, d, 0, x << 16, y << 16, 1 << 30]);
}

/// Writes the display matrix of the first track (ISO/IEC 14496-12, section 8.3.2): newer versions of ffmpeg have an option
/// for it, older ones another.
pub fn write_display_matrix(file: &Path, matrix: [u32; 9]) {
    let mut bytes = fs::read(file).unwrap();
    let header = bytes.windows(4).position(|name| name == b"tkhd").expect("a track");
    assert_eq!(bytes[header + 4], 0, "of the short form");
    let at = header + 4 + 40;
    for (place, value) in bytes[at..at + 36].chunks_exact_mut(4).zip(matrix) {
        place.copy_from_slice(&value.to_be_bytes());
    }
    fs::write(file, bytes).unwrap();
}

/// A recording of a Dahua recorder of these pictures, ten a second.
pub fn dahua(pictures: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"DAHUA".to_vec();
    file.resize(1024, 0);
    for (number, picture) in pictures.iter().enumerate() {
        let ms = 1_700 + number as u32 * 100;
        let date = 26 << 26 | 1 << 22 | 7 << 17 | 8 << 12 | (ms / 60_000) << 6 | (ms / 1000 % 60);
        let kind = if number == 0 { 0xfd } else { 0xfc };
        let extra = [0x80, 0, 80, 45];
        let length = (24 + extra.len() + picture.len() + 8) as u32;
        file.extend_from_slice(b"DHAV");
        file.extend_from_slice(&[kind, 0, 0, 0]);
        file.extend_from_slice(&(number as u32).to_le_bytes());
        file.extend_from_slice(&length.to_le_bytes());
        file.extend_from_slice(&date.to_le_bytes());
        file.extend_from_slice(&((ms & 0xffff) as u16).to_le_bytes());
        file.extend_from_slice(&[extra.len() as u8, 0]);
        file.extend_from_slice(&extra);
        file.extend_from_slice(picture);
        file.extend_from_slice(b"dhav");
        file.extend_from_slice(&length.to_le_bytes());
        // Sound between the pictures.
        let sound = 24 + 80 + 8u32;
        file.extend_from_slice(b"DHAV");
        file.extend_from_slice(&[0xf0, 0, 0, 0]);
        file.extend_from_slice(&0u32.to_le_bytes());
        file.extend_from_slice(&sound.to_le_bytes());
        file.extend_from_slice(&date.to_le_bytes());
        file.extend_from_slice(&[0, 0, 0, 0]);
        file.extend_from_slice(&[0x55; 80]);
        file.extend_from_slice(b"dhav");
        file.extend_from_slice(&sound.to_le_bytes());
    }
    file
}

/// What a Hikvision recorder writes before a program stream.
pub fn hikvision(program_stream: &[u8]) -> Vec<u8> {
    let mut file = b"IMKH\x01\x01\x00\x00\x02\x00\x00\x01".to_vec();
    file.resize(40, 0x81);
    file.extend_from_slice(program_stream);
    file
}
