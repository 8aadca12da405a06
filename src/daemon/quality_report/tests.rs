use super::*;
use crate::analysis::alert::Revision;

/// Figures with some alerts in them: what the file of an earlier run says.
fn some(alerts: usize) -> Quality {
    let alerts: serde_json::Map<String, serde_json::Value> = (0..alerts)
        .map(|n| {
            let of = serde_json::json!({ "rule": "r", "kind": "crowd", "camera": "cam-1", "sensor": null });
            let entry = serde_json::json!({ "of": of, "told_ms": at(0).utc.as_millisecond(),
                "accepted_after_ms": 90_000, "closed_after_ms": null, "verdict": "false_alarm" });
            (format!("{n:026}"), entry)
        })
        .collect();
    serde_json::from_value(serde_json::json!({ "alerts": alerts })).unwrap()
}

fn at(secs: u64) -> Moment {
    let origin: Timestamp = "2026-11-21T03:00:00Z".parse().unwrap();
    Moment::after_origin(origin, Duration::from_secs(secs))
}

fn sender() -> Sender {
    Sender { area: "530127".to_owned(), box_id: "box-1".to_owned() }
}

/// The first revision of an alert, from its message.
fn revision(id: &str) -> Revision {
    let message = crate::contract::messages::ALERT.example().unwrap().unwrap();
    let text = serde_json::to_vec(&message).unwrap();
    let (revision, _) = crate::alerts::alert_state::from_published(&text, at(0)).unwrap();
    Revision { alert: crate::analysis::alert::AlertId(id.into()), rev: 1, ..revision }
}

#[test]
fn it_is_reported_at_the_start_once_a_day_and_after_a_change_at_most_once_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = QualityReport::within(folder.path());
    let quality = Mutex::new(Quality::default());
    let mut published = Vec::new();
    for secs in 0..200_000 {
        match secs {
            1000 | 1010 | 1020 => quality.lock().see(&revision(&format!("A{secs}"))),
            _ => {}
        }
        if let Some(message) = report.look(&quality, &sender(), at(secs)) {
            message.unwrap();
            published.push(secs);
        }
    }
    let day = 86_400;
    assert_eq!(published, [0, 1000, 1060, 1060 + day, 1060 + 2 * day]);
}

#[test]
fn the_message_has_the_figures_and_the_targets() {
    let folder = tempfile::tempdir().unwrap();
    let message = QualityReport::within(folder.path()).look(&Mutex::new(some(3)), &sender(), at(60));
    let message: serde_json::Value = serde_json::from_slice(&message.unwrap().unwrap()).unwrap();
    let data = &message["data"];
    assert_eq!((&data["accept_target_s"], &data["close_target_s"]), (&180.into(), &600.into()));
    assert_eq!((&data["all"]["told"], &data["all"]["false_alarm"]), (&3.into(), &3.into()));
    assert_eq!(
        (&data["rows"][0]["camera"], &data["rows"][0]["counts"]["accept_median_s"]),
        (&"cam-1".into(), &90.0.into())
    );
}

#[test]
fn the_figures_are_there_after_a_restart_and_a_damaged_file_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let quality = Mutex::new(recall(folder.path()));
    assert_eq!(quality.lock().all().raised, 0);
    quality.lock().see(&revision("A1"));
    QualityReport::within(folder.path()).finish(&quality);
    assert_eq!(recall(folder.path()).all().raised, 1);
    fs::write(folder.path().join(FILE), "{").unwrap();
    assert_eq!(recall(folder.path()).all().raised, 0);
    assert_eq!(fs::read(folder.path().join("quality.json.damaged")).unwrap(), b"{");
}
