//! The log for programs.

use std::process::Command;

use serde_json::Value;

use super::here::{SOON, SmallBox};
use super::support::daemon::Daemon;
use super::support::site::bundled_models;

#[test]
fn a_log_for_programs_has_a_code_and_what_stands_in_the_sentence() {
    let site = SmallBox::new("");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(["run", "--language", "en", "--log-format", "json", "--config"]).arg(&site.config);
    command.arg("--manifest").arg(bundled_models());
    let daemon = Daemon::spawn(command);
    daemon.wait_for_log("metrics can be read", SOON);
    let (code, log) = daemon.stop_for_log(SOON);
    assert_eq!(code, 0, "{log}");
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let served = lines.iter().find(|line| line["code"] == "metrics.log_served").unwrap();
    assert_eq!(served["level"], "INFO");
    assert_eq!(served["message"], "metrics can be read");
    assert_eq!(served["address"], site.address.to_string());
    served["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let with_args = lines.iter().filter_map(|line| line["args"].as_str());
    for args in with_args {
        assert!(serde_json::from_str::<Value>(args).unwrap().is_object(), "{args}");
    }
    let silent =
        lines.iter().filter(|line| line["code"] == "metrics.log_served" && line.get("args").is_some());
    assert_eq!(silent.count(), 0, "a sentence in which nothing stands has no `args`");
}
