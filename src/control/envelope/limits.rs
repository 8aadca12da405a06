//! From when to when a command counts, by the clock of the box and, where that was never set, by its counter.

use serde_json::Value;

use super::{Fault, Inbound, Judge, malformed, or_fault, time};
use crate::analysis::time::Timestamp;
use crate::contract::command::Refusal as RefusalKind;
use crate::contract::words::LocalTime;
use crate::control::commands::Replay;
use crate::text::command as say;

/// A command is good so long after its `exp`, for clocks that differ.
const CLOCK_SLACK_SECS: i64 = 30;
/// And may have been issued so long after now. More than the above: nothing takes effect too late by it.
const EARLY_SECS: i64 = 300;
/// Longest time from `iat` to `exp`: so long the box remembers what it carried out.
const GOOD_FOR_SECS: i64 = 24 * 60 * 60;
/// This software did not exist before 2026: a clock that says so was never set.
const CLOCK_IS_SET_AFTER: i64 = 1_767_225_600;

/// When the command ends, and its counter.
pub(super) type Limits = (Option<Timestamp>, Option<u64>);

pub(super) fn clock_is_set(now: Timestamp) -> bool {
    now.as_second() > CLOCK_IS_SET_AFTER
}

pub(super) fn limits(
    data: &Value,
    inbound: &Inbound<'_>,
    replay: Replay,
    judge: Judge<'_>,
    faults: &mut Vec<Fault>,
) -> Limits {
    let (zone, is_at_box) = match judge {
        Judge::Box(addressee) => (addressee.time_zone, true),
        Judge::Writer(zone) => (zone, false),
    };
    let local = |at: Timestamp| LocalTime::new(at, zone).to_string();
    let (issued, expires) = (or_fault(faults, time(data, "iat")), or_fault(faults, time(data, "exp")));
    let counter = match data.get("counter") {
        None | Some(Value::Null) => None,
        Some(value) => or_fault(faults, value.as_u64().ok_or_else(|| say::no_whole_number("counter", 0_u32))),
    };
    let (Some(issued), Some(expires)) = (issued, expires) else { return (None, counter) };
    if let (Some(issued), Some(expires)) = (issued, expires)
        && expires < issued
    {
        faults.push(malformed(say::expires_before_issued()));
    }
    let now = inbound.now;
    if inbound.signer.is_some() {
        has_times(issued, expires, replay, faults);
        if !clock_is_set(now) {
            // Who writes it with such a clock knows nothing of the box's.
            if counter.is_none() && is_at_box {
                faults.push((RefusalKind::Expired, say::clock_not_set()));
            }
            return (expires, counter);
        }
        if let Some(issued) =
            issued.filter(|issued| issued.as_second() > now.as_second().saturating_add(EARLY_SECS))
        {
            let why = match is_at_box {
                true => say::issued_later(local(issued), local(now)),
                false => say::issued_later_here(local(issued), local(now)),
            };
            faults.push((RefusalKind::Expired, why));
        }
    }
    if let Some(expires) = expires
        && now.as_second() > expires.as_second().saturating_add(CLOCK_SLACK_SECS)
    {
        let why = match is_at_box {
            true => say::expired(local(expires), local(now)),
            false => say::expired_here(local(expires), local(now)),
        };
        faults.push((RefusalKind::Expired, why));
    }
    (expires, counter)
}

/// A signed command says when it begins and ends, and is not good for long.
fn has_times(issued: Option<Timestamp>, expires: Option<Timestamp>, replay: Replay, faults: &mut Vec<Fault>) {
    if issued.is_none() {
        faults.push(malformed(say::without_time("iat")));
    }
    // The version of a configuration says what `exp` says of a command.
    if replay == Replay::ByVersion {
        return;
    }
    if expires.is_none() {
        faults.push(malformed(say::without_time("exp")));
    }
    if let (Some(issued), Some(expires)) = (issued, expires)
        && expires.as_second().saturating_sub(issued.as_second()) > GOOD_FOR_SECS
    {
        faults.push(malformed(say::good_for_too_long()));
    }
}
