//! Why something that somebody asked for at the page was not done.

use crate::contract::command::Refusal;
use crate::text::{Sentence, page as say};

/// Why it was not done.
pub(super) fn refusal(code: Refusal) -> Sentence {
    match code {
        Refusal::UnknownAlert => say::refused_unknown_alert(),
        Refusal::AlertEnded => say::refused_alert_ended(),
        Refusal::Conflict => say::refused_conflict(),
        Refusal::Busy => say::too_many_at_once(),
        Refusal::NotAllowed => say::role_does_not_allow(),
        Refusal::Storage => say::refused_storage(),
        Refusal::Malformed | Refusal::Invalid => say::refused_invalid(),
        Refusal::Retained
        | Refusal::Expired
        | Refusal::Unsigned
        | Refusal::UnknownKey
        | Refusal::BadSignature
        | Refusal::Misdirected
        | Refusal::UnknownCommand
        | Refusal::Unavailable
        | Refusal::Gone
        | Refusal::NotGiven => say::did_not_work(),
    }
}
