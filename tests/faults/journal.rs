//! What the judge wrote down, and what follows from it: holes, repeats, revisions.
//!
//! Knows the contract from its published description only; must never use Lookout's types.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One numbered message as it came.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Line {
    /// When, in milliseconds by the judge's clock.
    pub t_ms: u64,
    pub stream: String,
    pub n: u64,
    pub id: String,
    pub kind: String,
    #[serde(default)]
    pub alert: Option<String>,
    #[serde(default)]
    pub rev: u64,
    #[serde(default)]
    pub phase: String,
    #[serde(default)]
    pub phase_reason: String,
    #[serde(default)]
    pub level: String,
    /// Of a gap record: whose numbers are missing, which, and why.
    #[serde(default)]
    pub missing_stream: String,
    #[serde(default)]
    pub missing: Vec<(u64, u64)>,
    #[serde(default)]
    pub reason: String,
    /// Digest of the whole body: a repeat has the same one.
    pub digest: String,
}

impl Line {
    /// From a CloudEvent; `None` for what has no number.
    pub fn of(body: &[u8], t_ms: u64) -> Option<Line> {
        let event: Value = serde_json::from_slice(body).ok()?;
        let data = &event["data"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let missing = data["missing"].as_array().into_iter().flatten();
        Some(Line {
            t_ms,
            stream: data["seq"]["stream"].as_str()?.to_owned(),
            n: data["seq"]["n"].as_u64()?,
            id: event["id"].as_str()?.to_owned(),
            kind: text(&event["type"]),
            alert: data["alert_id"].as_str().map(str::to_owned),
            rev: data["rev"].as_u64().unwrap_or(0),
            phase: text(&data["phase"]),
            phase_reason: text(&data["phase_reason"]),
            level: text(&data["level"]),
            missing_stream: text(&data["missing_stream"]),
            missing: missing.filter_map(|m| Some((m["from"].as_u64()?, m["to"].as_u64()?))).collect(),
            reason: text(&data["reason"]),
            digest: digest(body),
        })
    }

    pub fn is_gap(&self) -> bool {
        self.kind == "lookout.gap.v1"
    }
}

fn digest(body: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(body)[..8].iter().map(|b| format!("{b:02x}")).collect()
}

/// Reads a journal. The last line may be torn where the judge was killed; no other.
pub fn read(path: &Path) -> Vec<Line> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).expect("a line of the journal")).collect()
}

/// What a journal shows.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Distinct messages, by stream and number.
    pub numbered: BTreeMap<(String, u64), Line>,
    /// Messages that came again.
    pub repeats: u64,
    /// Numbers that gap records declare missing, and that did not come.
    pub declared: u64,
    /// Streams.
    pub streams: BTreeSet<String>,
    /// Streams whose numbers cannot all be known, as a gap record says.
    pub damaged: BTreeSet<String>,
    waiting: BTreeSet<(String, u64)>,
    /// What must not be.
    pub problems: Vec<String>,
}

impl Verdict {
    pub fn of(lines: &[Line]) -> Verdict {
        Self::while_waiting(lines, &BTreeSet::new())
    }

    /// `waiting` are still in the box's queue: that they did not come is no hole.
    pub fn while_waiting(lines: &[Line], waiting: &BTreeSet<(String, u64)>) -> Verdict {
        let mut verdict = Verdict { waiting: waiting.clone(), ..Verdict::default() };
        verdict.take(lines);
        verdict.holes();
        verdict.revisions();
        verdict
    }

    /// Identities of all alerts' revisions that came.
    pub fn ids(&self) -> BTreeSet<&str> {
        self.numbered.values().map(|line| line.id.as_str()).collect()
    }

    /// Which of these did not come.
    pub fn missing<'a>(&self, accepted: impl IntoIterator<Item = &'a String>) -> Vec<&'a String> {
        let came = self.ids();
        accepted.into_iter().filter(|id| !came.contains(id.as_str())).collect()
    }

    fn take(&mut self, lines: &[Line]) {
        let mut by_id: BTreeMap<String, (String, u64)> = BTreeMap::new();
        for line in lines {
            let place = (line.stream.clone(), line.n);
            self.streams.insert(line.stream.clone());
            match self.numbered.get(&place) {
                Some(known) if known.digest == line.digest => {
                    self.repeats += 1;
                    continue;
                }
                Some(known) => {
                    self.problems
                        .push(format!("number {place:?} was given twice: {} and {}", known.id, line.id));
                    continue;
                }
                None => {}
            }
            if let Some(other) = by_id.insert(line.id.clone(), place.clone()) {
                self.problems.push(format!("`{}` came as {other:?} and as {place:?}", line.id));
            }
            if line.is_gap() && line.reason == "damaged" {
                self.damaged.insert(line.missing_stream.clone());
            }
            self.numbered.insert(place, line.clone());
        }
    }

    /// Holes must be what gap records declare; of a damaged stream they cannot be known. (A number that was declared
    /// missing may have come: it was given up while only its mark was missing.)
    fn holes(&mut self) {
        let gaps: Vec<&Line> = self.numbered.values().filter(|line| line.is_gap()).collect();
        for stream in &self.streams {
            let came: BTreeSet<u64> = self
                .numbered
                .range((stream.clone(), 0)..=(stream.clone(), u64::MAX))
                .map(|(key, _)| key.1)
                .collect();
            let last = came.last().copied().unwrap_or(0);
            let holes: BTreeSet<u64> = (1..=last).filter(|n| !came.contains(n)).collect();
            let declared: BTreeSet<u64> = gaps
                .iter()
                .filter(|gap| gap.missing_stream == *stream)
                .flat_map(|gap| &gap.missing)
                .flat_map(|(from, to)| *from..=*to)
                .filter(|n| !came.contains(n))
                .collect();
            self.declared += declared.len() as u64;
            if self.damaged.contains(stream) {
                continue;
            }
            for n in holes.difference(&declared).filter(|n| !self.waiting.contains(&(stream.clone(), **n))) {
                self.problems.push(format!("number {n} of {stream} is missing, and no gap record says so"));
            }
        }
    }

    /// In the order of their numbers, revisions of an alert rise; by one, where nothing was given up.
    fn revisions(&mut self) {
        let gave_up = self.declared > 0 || !self.damaged.is_empty() || !self.waiting.is_empty();
        let mut last: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
        let mut problems = Vec::new();
        for line in self.numbered.values() {
            let Some(alert) = line.alert.as_deref().filter(|_| line.kind == "lookout.alert.v1") else {
                continue;
            };
            if self.streams.len() > 1 {
                // Streams have no order of their own.
                continue;
            }
            // What people did about it may be reported after the end, as the end again.
            let (rev, phase) = last.insert(alert, (line.rev, &line.phase)).unwrap_or((0, ""));
            let over = phase == "end" || phase == "retract";
            let published_again = phase == "end" && line.phase == "end" && line.phase_reason == "handled";
            if over && !published_again {
                problems.push(format!("`{}` follows the end of its alert", line.id));
            } else if line.rev <= rev || (!gave_up && line.rev != rev + 1) {
                problems.push(format!("`{}` follows revision {rev}", line.id));
            }
        }
        self.problems.extend(problems);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(n: u64, alert: &str, rev: u64) -> Line {
        let body = serde_json::json!({
            "id": format!("{alert}.{rev}"), "type": "lookout.alert.v1",
            "data": { "alert_id": alert, "rev": rev, "phase": "update", "seq": { "stream": "S", "n": n } },
        });
        Line::of(body.to_string().as_bytes(), 0).unwrap()
    }

    fn gap(n: u64, from: u64, to: u64) -> Line {
        let body = serde_json::json!({
            "id": format!("gap.{n}"), "type": "lookout.gap.v1",
            "data": { "seq": { "stream": "S", "n": n }, "missing_stream": "S", "reason": "row_limit",
                      "missing": [{ "from": from, "to": to }] },
        });
        Line::of(body.to_string().as_bytes(), 0).unwrap()
    }

    /// A judge that cannot find anything wrong is no judge.
    #[test]
    fn the_verdict_sees_what_is_wrong() {
        let good = [line(1, "a", 1), line(2, "b", 1), line(3, "a", 2), line(2, "b", 1)];
        let verdict = Verdict::of(&good);
        assert_eq!((verdict.problems.len(), verdict.repeats), (0, 1), "{:?}", verdict.problems);
        assert_eq!(verdict.missing(&["a.2".to_owned(), "c.1".to_owned()]), ["c.1"]);
        let says = |lines: &[Line], what: &str| {
            let problems = Verdict::of(lines).problems;
            assert!(problems.iter().any(|problem| problem.contains(what)), "{problems:?}");
        };
        says(&[line(1, "a", 1), line(3, "b", 1)], "number 2 of S is missing");
        says(&[line(1, "a", 1), line(1, "b", 1)], "was given twice");
        says(&[line(1, "a", 1), line(2, "a", 1)], "came as");
        says(&[line(1, "a", 1), line(2, "a", 3)], "follows revision 1");
        says(&[line(1, "a", 1), gap(3, 1, 1), line(4, "b", 1)], "number 2 of S is missing");
        let over = |n, phase: &str, phase_reason: &str| {
            let (phase, phase_reason) = (phase.to_owned(), phase_reason.to_owned());
            Line { phase, phase_reason, ..line(n, "a", n) }
        };
        let handled = [line(1, "a", 1), over(2, "end", "cleared"), over(3, "end", "handled")];
        assert_eq!(Verdict::of(&handled).problems, [""; 0]);
        says(&[line(1, "a", 1), over(2, "end", "cleared"), over(3, "end", "cleared")], "follows the end");
        says(&[line(1, "a", 1), over(2, "retract", "cleared"), over(3, "end", "handled")], "follows the end");
        let verdict = Verdict::of(&[line(1, "a", 1), gap(4, 2, 3), line(5, "b", 1)]);
        assert_eq!((verdict.problems.len(), verdict.declared), (0, 2), "{:?}", verdict.problems);
    }
}
