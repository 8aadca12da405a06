//! How times and durations are written.

use std::time::Duration;

use super::Sentence;

sentences! { "time";
    expected():
        "expected a time of RFC 3339 with an offset, such as 2026-11-21T03:04:05.678Z",
        "须是带时差的 RFC 3339 时间，例如 2026-11-21T03:04:05.678Z";
    seconds(count):
        "{count} s",
        "{count} 秒";
    milliseconds(count):
        "{count} ms",
        "{count} 毫秒";
}

/// A duration that somebody chose: in whole seconds, or else in milliseconds.
pub(crate) fn within(duration: Duration) -> Sentence {
    match duration.subsec_millis() {
        0 => seconds(duration.as_secs()),
        _ => milliseconds(duration.as_millis().to_string()),
    }
}
