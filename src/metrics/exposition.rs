//! The text that a scrape gets, in either of its two formats: OpenMetrics 1.0 (the OpenMetrics specification, "Text format"),
//! and the older Prometheus text format 0.0.4 for clients that do not ask for the other (`curl`, `promtool check metrics`).
//!
//! Pure: what is written comes from a [`Family`] and its samples. Must never write the same series twice by itself, and
//! never a label that could end its own quotes.
//!
//! Why no library: `prometheus-client` 0.26 (Apache-2.0 or MIT, well kept) writes OpenMetrics alone, and counts what it shows
//! itself: the daemon has its figures already, and a second copy of each would be filled at every scrape. What is left of it
//! then is this file.

use std::fmt::Write as _;

use super::catalogue::{Family, Kind};

/// How a scrape is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus text format 0.0.4.
    Text,
}

const OPEN_METRICS: &str = "application/openmetrics-text";

impl Format {
    /// What the header `Accept` allows (RFC 9110, 12.5.1): OpenMetrics where it is named with a weight above zero.
    pub(super) fn accepted(header: Option<&str>) -> Self {
        let is_wanted = |range: &str| {
            let mut parts = range.split(';').map(str::trim);
            let is_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(OPEN_METRICS));
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            is_it && weight.is_none_or(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0))
        };
        match header.is_some_and(|header| header.split(',').any(is_wanted)) {
            true => Format::OpenMetrics,
            false => Format::Text,
        }
    }

    /// The media type of the text.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// A number as it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// A count; of more than 2^53 a reader loses the last digits.
    Whole(u64),
    /// Any other.
    Real(f64),
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Value::Whole(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Real(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Whole(u64::from(value))
    }
}

/// The text as far as it is written.
pub(super) struct Exposition {
    format: Format,
    text: String,
}

impl Exposition {
    /// An empty one.
    pub(super) fn new(format: Format) -> Self {
        Exposition { format, text: String::with_capacity(16 * 1024) }
    }

    /// Begins a family. What it is stands before its first sample; one without a sample leaves no trace.
    pub(super) fn family(&mut self, family: &'static Family) -> Samples<'_> {
        Samples { exposition: self, family, is_begun: false }
    }

    /// A family of one sample without labels, where there is one.
    pub(super) fn single(&mut self, family: &'static Family, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.family(family).sample(&[], value);
        }
    }

    /// The whole text.
    pub(super) fn finish(mut self) -> String {
        match self.format {
            Format::OpenMetrics => self.text.push_str("# EOF\n"),
            Format::Text => {}
        }
        self.text
    }

    fn describe(&mut self, family: &Family) {
        let help = family.help_in_english();
        match self.format {
            Format::OpenMetrics => {
                let (name, kind) = (family.name, family.kind.name());
                self.line(format_args!("# TYPE {name} {kind}"));
                if let Some(unit) = family.unit() {
                    self.line(format_args!("# UNIT {name} {unit}"));
                }
                self.line(format_args!("# HELP {name} {}", escaped(&help, true)));
            }
            Format::Text => {
                // The older format has no family apart from its samples, and no type for facts.
                let (name, kind) = (family.sample_name(), family.kind.name_in_text());
                self.line(format_args!("# HELP {name} {}", escaped(&help, false)));
                self.line(format_args!("# TYPE {name} {kind}"));
            }
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // A `String` takes everything.
        let _ = writeln!(self.text, "{line}");
    }
}

/// The samples of one family.
pub(super) struct Samples<'e> {
    exposition: &'e mut Exposition,
    family: &'static Family,
    is_begun: bool,
}

impl Samples<'_> {
    /// One sample, with the values of the family's labels in their order.
    pub(super) fn sample(&mut self, labels: &[&str], value: impl Into<Value>) {
        if !self.is_begun {
            self.exposition.describe(self.family);
            self.is_begun = true;
        }
        let text = &mut self.exposition.text;
        text.push_str(&self.family.sample_name());
        debug_assert_eq!(labels.len(), self.family.labels.len(), "{}", self.family.name);
        for (number, (label, value)) in self.family.labels.iter().zip(labels).enumerate() {
            text.push(if number == 0 { '{' } else { ',' });
            let _ = write!(text, "{}=\"{}\"", label.name(), escaped(value, true));
        }
        if !self.family.labels.is_empty() {
            text.push('}');
        }
        let _ = match value.into() {
            Value::Whole(value) => writeln!(text, " {value}"),
            Value::Real(value) if value.is_nan() => writeln!(text, " NaN"),
            Value::Real(value) if value == f64::INFINITY => writeln!(text, " +Inf"),
            Value::Real(value) if value == f64::NEG_INFINITY => writeln!(text, " -Inf"),
            Value::Real(value) => writeln!(text, " {value}"),
        };
    }

    /// One sample for each state of a closed list: 1 for the one that holds, 0 for the others. `labels` come before the state.
    pub(super) fn states(&mut self, labels: &[&str], states: &[&str], holding: impl Fn(&str) -> bool) {
        for state in states {
            let all: Vec<&str> = labels.iter().chain([state]).copied().collect();
            self.sample(&all, holding(state));
        }
    }
}

/// With what would end a line or a pair of quotes written otherwise.
fn escaped(text: &str, also_quotes: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '"' if also_quotes => escaped.push_str("\\\""),
            c => escaped.push(c),
        }
    }
    escaped
}

impl Kind {
    /// The type in OpenMetrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Info => "info",
        }
    }

    /// The type in the older format.
    const fn name_in_text(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge | Kind::Info => "gauge",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::{CAMERA_FRAMES, DEGRADED, DISK_FREE, PROCESS_CPU};
    use super::*;

    fn written(format: Format, write: impl FnOnce(&mut Exposition)) -> String {
        let mut exposition = Exposition::new(format);
        write(&mut exposition);
        exposition.finish()
    }

    #[test]
    fn a_counter_has_its_suffix_on_samples_alone_in_open_metrics_and_everywhere_before() {
        let write = |out: &mut Exposition| out.family(&CAMERA_FRAMES).sample(&["cam-1"], 7_u64);
        let open = written(Format::OpenMetrics, write);
        let lines: Vec<&str> = open.lines().collect();
        assert_eq!(lines[0], "# TYPE lookout_camera_frames counter");
        assert!(lines[1].starts_with("# HELP lookout_camera_frames "), "{open}");
        assert_eq!(lines[2..], ["lookout_camera_frames_total{camera=\"cam-1\"} 7", "# EOF"]);
        let text = written(Format::Text, write);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("# HELP lookout_camera_frames_total "), "{text}");
        assert_eq!(lines[1], "# TYPE lookout_camera_frames_total counter");
        assert_eq!(lines[2..], ["lookout_camera_frames_total{camera=\"cam-1\"} 7"]);
    }

    #[test]
    fn a_unit_is_named_and_numbers_are_plain() {
        let open = written(Format::OpenMetrics, |out| {
            out.single(&PROCESS_CPU, Some(0.25));
            out.single(&DISK_FREE, None::<u64>);
        });
        assert!(open.contains("# UNIT process_cpu_seconds seconds\n"), "{open}");
        assert!(open.contains("\nprocess_cpu_seconds_total 0.25\n"), "{open}");
        assert!(!open.contains("disk"), "what has no sample is not described: {open}");
        for (value, expected) in [
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (1e21, "1000000000000000000000"),
        ] {
            let text = written(Format::Text, |out| out.single(&PROCESS_CPU, Some(value)));
            assert!(text.ends_with(&format!(" {expected}\n")), "{text}");
        }
    }

    #[test]
    fn no_label_ends_its_own_quotes_or_its_line() {
        let text = written(Format::Text, |out| out.family(&DEGRADED).sample(&["a\"b\\c\nd"], true));
        assert!(text.ends_with("lookout_degraded{part=\"a\\\"b\\\\c\\nd\"} 1\n"), "{text}");
        assert_eq!(
            escaped("say \"so\"\n", false),
            "say \"so\"\\n",
            "help in the older format keeps its quotes"
        );
    }

    #[test]
    fn only_who_wants_open_metrics_gets_it() {
        let prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                          text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        for (accept, expected) in [
            (Some(prometheus), Format::OpenMetrics),
            (Some("Application/OpenMetrics-Text"), Format::OpenMetrics),
            (Some("application/openmetrics-text;q=0, text/plain"), Format::Text),
            (Some("application/openmetrics-text;q=much"), Format::Text),
            (Some("application/openmetrics-textual"), Format::Text),
            (Some("*/*"), Format::Text),
            (Some(""), Format::Text),
            (None, Format::Text),
        ] {
            assert_eq!(Format::accepted(accept), expected, "{accept:?}");
        }
    }
}
