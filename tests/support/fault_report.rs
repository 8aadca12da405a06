//! One line of JSON for each row of the fault bench, for whoever prints the table: to the file that
//! `LOOKOUT_FAULTS_REPORT` names, and nowhere if it names none.

use std::fs::OpenOptions;
use std::io::Write;

use serde_json::{Value, json};

/// Rounds of a row: what `LOOKOUT_FAULT_ROUNDS` says, or enough for every day.
pub fn rounds(usual: usize) -> usize {
    match std::env::var("LOOKOUT_FAULT_ROUNDS") {
        Ok(text) => text.parse().expect("LOOKOUT_FAULT_ROUNDS is a number"),
        Err(_) => usual,
    }
}

/// Adds a row's outcome.
pub fn report(row: &str, rounds: usize, counts: Value, pass: bool, note: &str) {
    // As the rows of `tests/faults/bench.rs`.
    let is_long = std::env::var_os("LOOKOUT_FAULT_ROUNDS").is_some();
    let misses: Vec<&str> = if pass { Vec::new() } else { vec![note] };
    let line = json!({ "row": row, "passed": pass, "long": is_long, "rounds": rounds, "counts": counts,
        "misses": misses, "note": note });
    eprintln!("{line}");
    if let Some(file) = std::env::var_os("LOOKOUT_FAULTS_REPORT") {
        let mut file = OpenOptions::new().create(true).append(true).open(file).expect("the report opens");
        // One write, so that rows of tests that run at once do not mix.
        file.write_all(format!("{line}\n").as_bytes()).expect("the report is written");
    }
}
