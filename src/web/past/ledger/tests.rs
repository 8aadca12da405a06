use std::path::Path;

use super::*;
use crate::web::worker::soon;

/// An hour of a day on which four cameras watched, of which the first gave no video for ten minutes.
fn line(number: u64) -> String {
    let hour = number - 1;
    format!(
        "{{\"n\":{number},\"at\":\"2026-11-30T{until:02}:00:00Z\",\"before\":\"{zeros}\",\"from\":\"2026-11-30T{hour:02}:00:00Z\",\
         \"until\":\"2026-11-30T{until:02}:00:00Z\",\"rules\":[\
         {{\"ms\":{{\"watched\":3000000,\"no_video\":600000}},\"of\":{{\"cam-1\":[\"yard\"]}}}},\
         {{\"ms\":{{\"watched\":3600000}},\"of\":{{\"cam-2\":[\"yard\"],\"cam-3\":[\"yard\"],\"cam-4\":[\"gate\"]}}}}]}}\n",
        until = hour + 1,
        zeros = "0".repeat(64),
    )
}

/// A ledger of some hours, with lines that nobody can read.
pub(in crate::web::past) fn write(folder: &Path, hours: u64, damaged: usize) {
    let text: String = (1..=hours).map(line).collect::<String>() + &"no line\n".repeat(damaged);
    std::fs::write(folder.join("0000000001-20261130.jsonl"), text).unwrap();
}

pub(in crate::web::past) fn wanted(folder: &Path, camera: Option<&str>) -> Wanted {
    Wanted {
        folder: folder.to_owned(),
        from: "2026-11-30T00:00:00Z".parse().unwrap(),
        zone: TimeZone::UTC,
        camera: camera.map(str::to_owned),
        rule: None,
    }
}

fn until() -> Timestamp {
    "2026-12-01T00:00:00Z".parse().unwrap()
}

fn reader() -> LedgerReader {
    LedgerReader::new(watch::Sender::new(0))
}

/// Asks again and again, as pages do.
pub(in crate::web::past) fn read(reader: &LedgerReader, wanted: &Wanted, now: Instant) -> Found {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        match runtime.block_on(soon(|| reader.ask(wanted, until(), now))) {
            Ok(found) => return found,
            Err(_) => assert!(Instant::now() < deadline, "it is never read"),
        }
    }
}

pub(in crate::web::past) fn calendar_of(folder: &Path, camera: Option<&str>) -> Arc<Calendar> {
    let reader = reader();
    let found = read(&reader, &wanted(folder, camera), Instant::now());
    reader.stop(Duration::from_secs(10));
    match found {
        Found::Calendar(calendar) => calendar,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_asked_about_alone_has_its_days_and_all_of_it_has_its_sums_the_lowest_first() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 3, 0);
    let all = calendar_of(folder.path(), None);
    let rows: Vec<(&str, usize)> = all.rows.iter().map(|row| (row.camera.as_str(), row.days.len())).collect();
    assert_eq!(rows[0], ("cam-1", 0), "{rows:?}");
    assert!(rows.len() == 4 && rows.iter().all(|(_, days)| *days == 0), "{rows:?}");
    let one = calendar_of(folder.path(), Some("cam-1"));
    let [row] = &one.rows[..] else { panic!("{one:?}") };
    assert_eq!((row.days[0].hours.len(), row.ms.total_ms()), (3, 3 * 3_600_000));
    assert_eq!(one.cameras.len(), 4, "what else there is can be chosen");
}

#[test]
fn the_same_is_read_once_for_all_who_ask_that_soon_and_something_else_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 1, 0);
    let (reader, now) = (reader(), Instant::now());
    let all = wanted(folder.path(), None);
    let hours = |found: Found| match found {
        Found::Calendar(calendar) => {
            calendar.rows.iter().map(|row| row.ms.total_ms()).sum::<u64>() / 3_600_000
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(hours(read(&reader, &all, now)), 4);
    write(folder.path(), 2, 0);
    assert_eq!(hours(read(&reader, &all, now)), 4, "it is as it was a moment ago");
    assert_eq!(hours(read(&reader, &all, now + AGAIN_AFTER * 2)), 8);

    let (go_on, waits) = std::sync::mpsc::channel::<()>();
    // What is read takes long.
    assert!(reader.worker.is_free_within(Duration::from_secs(60)));
    reader.worker.begin(move |_| assert!(waits.recv().is_err())).unwrap();
    let other = wanted(folder.path(), Some("cam-2"));
    assert!(reader.ask(&other, until(), now).is_err(), "one is read at a time");
    assert_eq!(hours(reader.ask(&all, until(), now).unwrap()), 8, "what is known is shown meanwhile");
    drop(go_on);
    assert_eq!(hours(read(&reader, &other, now)), 2);
    reader.stop(Duration::from_secs(10));
}

#[test]
fn a_folder_that_is_not_there_has_no_ledger_and_one_that_is_a_file_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let reader = reader();
    let found = |path: &Path| read(&reader, &wanted(path, None), Instant::now());
    assert!(matches!(found(&folder.path().join("none")), Found::Nothing));
    let file = folder.path().join("file");
    std::fs::write(&file, "no folder").unwrap();
    assert!(matches!(found(&file), Found::Unreadable(_)));
    reader.stop(Duration::from_secs(10));
}
