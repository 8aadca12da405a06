//! The replay guard: remembers signed commands, so that none is carried out twice, also over a restart.
//!
//! `requests.jsonl`: one JSON object a line, on disk before the command takes effect. `begun` lines are followed by `done`
//! lines; one that was begun and not done when the power went may be carried out again, as every command may be
//! repeated while it is not known to be done. A request is forgotten when its `exp` has passed, because then it is refused
//! for that. Counters of keys are never forgotten. A torn last line is a command that did not take effect.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::envelope::CommandEnvelope;
use crate::analysis::time::Timestamp;
use crate::contract::words::Time;

/// Requests remembered at once; a desk that sends more than one a second all day is no desk.
const MOST: usize = 100_000;
/// After so many lines the file is written anew with what still counts.
const LINES: usize = 20_000;
/// A command is good so long after its `exp`: the envelope's grace, and more.
const GRACE_SECS: i64 = 120;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    exp: Option<Time>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    done: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    counter: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before the last restart, and not known to be done.
    Interrupted,
    /// Now.
    Running,
    Done,
}

/// The verdict about one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReplayVerdict {
    /// It is new.
    Fresh,
    /// It was carried out, or is being carried out.
    Already,
    /// Its counter is not above this one.
    CounterTooLow(u64),
    /// The memory of requests is full.
    TooMany,
}

/// The requests and counters that were carried out.
#[derive(Debug)]
pub(crate) struct ReplayGuard {
    path: PathBuf,
    file: File,
    lines: usize,
    requests: HashMap<(String, String), (Option<Timestamp>, Stage)>,
    counters: HashMap<String, u64>,
}

impl ReplayGuard {
    /// Opens the file in `folder`.
    ///
    /// # Errors
    /// The folder or the file cannot be used.
    pub(crate) fn open(folder: &Path) -> io::Result<ReplayGuard> {
        fs::create_dir_all(folder)?;
        let path = folder.join("requests.jsonl");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut requests = HashMap::new();
        let mut counters: HashMap<String, u64> = HashMap::new();
        for line in text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
            if let Some(counter) = line.counter {
                let highest = counters.entry(line.key.clone()).or_default();
                *highest = counter.max(*highest);
            }
            if let Some(request) = line.request {
                let stage = if line.done { Stage::Done } else { Stage::Interrupted };
                requests.insert((line.key, request), (line.exp.map(|exp| exp.0), stage));
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let mut seen = ReplayGuard { path, file, lines: 0, requests, counters };
        seen.write_anew()?;
        Ok(seen)
    }

    /// Takes note of a signed command before it takes effect.
    ///
    /// # Errors
    /// It could not be written, so the command must not take effect.
    pub(crate) fn begin(&mut self, key: &str, envelope: &CommandEnvelope) -> io::Result<ReplayVerdict> {
        if envelope.clock_is_set {
            self.forget(envelope.at);
        }
        let id = (key.to_owned(), envelope.request_id.clone());
        if let Some((_, Stage::Running | Stage::Done)) = self.requests.get(&id) {
            return Ok(ReplayVerdict::Already);
        }
        let highest = self.counters.get(key).copied();
        if !envelope.clock_is_set
            && let (Some(counter), Some(highest)) = (envelope.counter, highest)
            && counter <= highest
        {
            return Ok(ReplayVerdict::CounterTooLow(highest));
        }
        if self.requests.len() >= MOST {
            return Ok(ReplayVerdict::TooMany);
        }
        let (request, exp) = (Some(envelope.request_id.clone()), envelope.expires);
        self.append(&Line {
            key: key.to_owned(),
            request,
            exp: exp.map(Time),
            done: false,
            counter: envelope.counter,
        })?;
        self.requests.insert(id, (exp, Stage::Running));
        if let Some(counter) =
            envelope.counter.filter(|counter| highest.is_none_or(|highest| *counter > highest))
        {
            self.counters.insert(key.to_owned(), counter);
        }
        Ok(ReplayVerdict::Fresh)
    }

    /// Takes note of a signed command that may come again: its counter only.
    ///
    /// # Errors
    /// It could not be written, so the command must not take effect.
    pub(crate) fn count(&mut self, key: &str, envelope: &CommandEnvelope) -> io::Result<ReplayVerdict> {
        let highest = self.counters.get(key).copied();
        let Some(counter) = envelope.counter else { return Ok(ReplayVerdict::Fresh) };
        if let Some(highest) = highest.filter(|highest| counter <= *highest) {
            return Ok(if envelope.clock_is_set {
                ReplayVerdict::Fresh
            } else {
                ReplayVerdict::CounterTooLow(highest)
            });
        }
        self.append(&Line {
            key: key.to_owned(),
            request: None,
            exp: None,
            done: false,
            counter: Some(counter),
        })?;
        self.counters.insert(key.to_owned(), counter);
        // Nothing else does so where only such commands come.
        if self.lines > LINES + 2 * self.requests.len() {
            self.write_anew()?;
        }
        Ok(ReplayVerdict::Fresh)
    }

    /// It took effect, or will never: a repeat is answered `already`. `false`: it failed, and may be sent again.
    ///
    /// # Errors
    /// It could not be written; after a restart a repeat is carried out again.
    pub(crate) fn finish(&mut self, key: &str, request_id: &str, done: bool) -> io::Result<()> {
        let id = (key.to_owned(), request_id.to_owned());
        if !done {
            self.requests.remove(&id);
            return Ok(());
        }
        let exp = match self.requests.get_mut(&id) {
            Some((exp, stage)) => {
                *stage = Stage::Done;
                *exp
            }
            None => return Ok(()),
        };
        let request = Some(request_id.to_owned());
        self.append(&Line { key: key.to_owned(), request, exp: exp.map(Time), done: true, counter: None })?;
        if self.lines > LINES + 2 * self.requests.len() { self.write_anew() } else { Ok(()) }
    }

    fn append(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)?;
        self.lines += 1;
        self.file.sync_data()
    }

    /// What has expired is refused for that.
    fn forget(&mut self, now: Timestamp) {
        self.requests.retain(|_, (exp, _)| {
            exp.is_none_or(|exp| exp.as_second().saturating_add(GRACE_SECS) > now.as_second())
        });
    }

    /// Writes what still counts to a new file, which takes the old one's place.
    fn write_anew(&mut self) -> io::Result<()> {
        let aside = self.path.with_extension("new");
        let mut file = File::create(&aside)?;
        let mut text = Vec::new();
        let counters = self.counters.iter().map(|(key, counter)| Line {
            key: key.clone(),
            request: None,
            exp: None,
            done: false,
            counter: Some(*counter),
        });
        let requests = self.requests.iter().map(|((key, request), (exp, stage))| Line {
            key: key.clone(),
            request: Some(request.clone()),
            exp: exp.map(Time),
            done: *stage == Stage::Done,
            counter: None,
        });
        self.lines = 0;
        for line in counters.chain(requests) {
            serde_json::to_writer(&mut text, &line)?;
            text.push(b'\n');
            self.lines += 1;
        }
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&aside, &self.path)?;
        if let Some(folder) = self.path.parent() {
            File::open(folder)?.sync_all()?;
        }
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::commands;

    const KEY: &str = "desk-1";

    fn order(request: &str, at: &str, exp: &str, counter: Option<u64>) -> CommandEnvelope {
        CommandEnvelope {
            spec: commands::spec("selftest").unwrap(),
            request_id: request.to_owned(),
            by: "d".to_owned(),
            reason: None,
            signer: None,
            expires: Some(exp.parse().unwrap()),
            counter,
            clock_is_set: at > "2026",
            at: at.parse().unwrap(),
            retained: false,
            respond_to: None,
            local: None,
            ignored: Vec::new(),
        }
    }

    const AT: &str = "2026-01-01T08:00:00Z";
    const EXP: &str = "2026-01-01T09:00:00Z";

    #[test]
    fn a_command_is_carried_out_once_also_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut seen = ReplayGuard::open(folder.path()).unwrap();
        let one = order("r1", AT, EXP, None);
        assert_eq!(seen.begin(KEY, &one).unwrap(), ReplayVerdict::Fresh);
        assert_eq!(seen.begin(KEY, &one).unwrap(), ReplayVerdict::Already, "while it runs");
        assert_eq!(seen.begin("desk-2", &one).unwrap(), ReplayVerdict::Fresh, "another's may be named alike");
        seen.finish(KEY, "r1", true).unwrap();
        assert_eq!(seen.begin(KEY, &one).unwrap(), ReplayVerdict::Already);
        let mut again = ReplayGuard::open(folder.path()).unwrap();
        assert_eq!(again.begin(KEY, &one).unwrap(), ReplayVerdict::Already);
        assert_eq!(
            again.begin("desk-2", &one).unwrap(),
            ReplayVerdict::Fresh,
            "it was never known to be done"
        );
    }

    #[test]
    fn what_failed_may_be_sent_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut seen = ReplayGuard::open(folder.path()).unwrap();
        let one = order("r1", AT, EXP, None);
        seen.begin(KEY, &one).unwrap();
        seen.finish(KEY, "r1", false).unwrap();
        assert_eq!(seen.begin(KEY, &one).unwrap(), ReplayVerdict::Fresh);
    }

    #[test]
    fn a_request_is_forgotten_only_when_it_has_expired() {
        let folder = tempfile::tempdir().unwrap();
        let mut seen = ReplayGuard::open(folder.path()).unwrap();
        let one = order("r1", AT, EXP, None);
        seen.begin(KEY, &one).unwrap();
        seen.finish(KEY, "r1", true).unwrap();
        seen.begin(KEY, &order("r2", "2026-01-01T09:01:00Z", "2026-01-01T10:00:00Z", None)).unwrap();
        assert_eq!(seen.requests.len(), 2, "with grace");
        seen.begin(KEY, &order("r3", "2026-01-01T09:03:00Z", "2026-01-01T10:00:00Z", None)).unwrap();
        assert_eq!(seen.requests.len(), 2, "the first is gone");
    }

    #[test]
    fn without_a_clock_a_counter_must_rise_also_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let boot = "1970-01-01T00:01:00Z";
        let mut seen = ReplayGuard::open(folder.path()).unwrap();
        // With a clock it is noted, not judged.
        assert_eq!(seen.begin(KEY, &order("r1", AT, EXP, Some(5))).unwrap(), ReplayVerdict::Fresh);
        assert_eq!(seen.begin(KEY, &order("r2", AT, EXP, Some(4))).unwrap(), ReplayVerdict::Fresh);
        let mut seen = ReplayGuard::open(folder.path()).unwrap();
        assert_eq!(
            seen.begin(KEY, &order("r3", boot, EXP, Some(5))).unwrap(),
            ReplayVerdict::CounterTooLow(5)
        );
        assert_eq!(seen.begin(KEY, &order("r3", boot, EXP, Some(6))).unwrap(), ReplayVerdict::Fresh);
    }

    #[test]
    fn what_may_come_again_is_judged_by_its_counter_alone() {
        let folder = tempfile::tempdir().unwrap();
        let boot = "1970-01-01T00:01:00Z";
        let mut seen = ReplayGuard::open(folder.path()).unwrap();
        assert_eq!(seen.count(KEY, &order("r1", AT, EXP, Some(5))).unwrap(), ReplayVerdict::Fresh);
        assert_eq!(
            seen.count(KEY, &order("r1", AT, EXP, Some(5))).unwrap(),
            ReplayVerdict::Fresh,
            "with a clock"
        );
        assert!(seen.requests.is_empty());
        let mut seen = ReplayGuard::open(folder.path()).unwrap();
        assert_eq!(
            seen.count(KEY, &order("r1", boot, EXP, Some(5))).unwrap(),
            ReplayVerdict::CounterTooLow(5)
        );
        assert_eq!(seen.count(KEY, &order("r1", boot, EXP, Some(6))).unwrap(), ReplayVerdict::Fresh);
        assert_eq!(
            seen.count(KEY, &order("r1", boot, EXP, Some(6))).unwrap(),
            ReplayVerdict::CounterTooLow(6)
        );
    }

    #[test]
    fn a_torn_line_is_a_command_that_did_not_take_effect() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("requests.jsonl");
        fs::write(&path, "{\"key\":\"desk-1\",\"request\":\"r1\",\"done\":true}\n{\"key\":\"desk").unwrap();
        let mut seen = ReplayGuard::open(folder.path()).unwrap();
        assert_eq!(seen.begin(KEY, &order("r1", AT, EXP, None)).unwrap(), ReplayVerdict::Already);
        assert_eq!(seen.begin(KEY, &order("r2", AT, EXP, None)).unwrap(), ReplayVerdict::Fresh);
    }
}
