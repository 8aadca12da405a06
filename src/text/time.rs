//! How a time is written.

sentences! { "time";
    expected():
        "expected a time of RFC 3339 with an offset, such as 2026-11-21T03:04:05.678Z",
        "须是带时差的 RFC 3339 时间，例如 2026-11-21T03:04:05.678Z";
}
